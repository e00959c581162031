//! What the engine counts as used memory is what the allocator has handed out, within 5 %.
#![cfg(feature = "jemalloc")]

use std::fmt::Write as _;

use crate::process::{Client, Server, eventually};

/// Kinds of data, each with a command that makes it, in which `#` counts up and `@` is 20 bytes of
/// text, and how often it is sent.
const KINDS: &[(&str, &str, usize)] = &[
    ("small strings", "SET key:# @", 300_000),
    ("numbers", "SET n:# 123#", 300_000),
    ("strings with deadlines", "SET mortal:# @ EX 1000", 200_000),
    ("strings of 150 bytes", "SET k:# @@@@@@@#", 100_000),
    ("strings of 900 bytes", "SETRANGE middle:# 900 x", 30_000),
    ("long strings", "SETRANGE long:# 5000 x", 5_000),
    ("small hashes", "HSET h:# name @ age # mail @", 100_000),
    ("a large hash", "HSET large f:# @", 300_000),
    ("middling hashes", "HSET hash:%200 f:# @@@@", 100_000),
    ("a large set", "SADD members member:#", 300_000),
    ("small sets", "SADD s:# 1 2 3 4 #", 100_000),
    ("a large sorted set", "ZADD board %977 member:#", 300_000),
    ("a sorted set in order", "ZADD log # member:#", 300_000),
    ("small sorted sets", "ZADD z:# 1 @ 2 b", 100_000),
    ("a long list", "RPUSH list @#", 500_000),
    ("a long list of what has nothing in common", "LPUSH mixed @#x@%7", 200_000),
    ("small lists", "RPUSH l:# @ @ @", 100_000),
    ("a stream", "XADD stream * name @ number #", 200_000),
    ("small streams", "XADD x:# * name @ number #", 100_000),
    ("middling lists", "RPUSH queue:%2000 @@@@@", 200_000),
];

#[test]
fn used_memory_is_what_the_allocator_says() {
    let server = Server::start(&[]);
    let mut client = server.client();
    let mut complaints = String::new();
    // The first round is for what the process and its allocator do once.
    for (kind, command, times) in KINDS.iter().take(1).chain(KINDS) {
        let before = figures(&mut client);
        fill(&mut client, command, *times);
        let after = figures(&mut client);
        let [counted, real] = [0, 1].map(|at| after[at].saturating_sub(before[at]) as f64);
        println!("{kind}: {counted} bytes counted, {real} allocated: {:.3}", counted / real);
        if !(0.95..1.05).contains(&(counted / real)) {
            let _ = writeln!(complaints, "{kind}: {counted} of {real}, {:.3}", counted / real);
        }
        client.ask("FLUSHALL SYNC");
        eventually("all is freed", || {
            client.ask_bulk("INFO memory").contains("lazyfree_pending_objects:0")
        });
        let emptied = figures(&mut client)[0];
        assert!(emptied < before[0] + 10_000, "{kind}: {emptied} bytes of nothing");
    }
    assert!(complaints.is_empty(), "{complaints}");
}

/// What is counted, and what the allocator has handed out.
fn figures(client: &mut Client<std::net::TcpStream>) -> [u64; 2] {
    let info = client.ask_bulk("INFO memory");
    ["used_memory", "allocator_allocated"].map(|field| {
        let line = info.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
        line.unwrap().parse().unwrap()
    })
}

fn fill(client: &mut Client<std::net::TcpStream>, command: &str, times: usize) {
    const PIPELINE: usize = 500;
    for start in (0..times).step_by(PIPELINE) {
        let mut requests = String::new();
        for number in start..start + PIPELINE {
            let mut command =
                command.replace('#', &number.to_string()).replace('@', "text-of-twenty-bytes");
            if let Some((head, tail)) = command.split_once('%') {
                let digits = tail.find(|c: char| !c.is_ascii_digit()).unwrap_or(tail.len());
                let bound: usize = tail[..digits].parse().unwrap();
                // Far from in order.
                let number = number.wrapping_mul(2_654_435_761) % bound;
                command = format!("{head}{number}{}", &tail[digits..]);
            }
            let words: Vec<&str> = command.split(' ').collect();
            let _ = write!(requests, "*{}\r\n", words.len());
            for word in words {
                let _ = write!(requests, "${}\r\n{word}\r\n", word.len());
            }
        }
        client.send(requests);
        for _ in 0..PIPELINE {
            let reply = client.line();
            assert!(!reply.starts_with('-'), "{reply}");
            if reply.starts_with('$') {
                client.line();
            }
        }
    }
}
