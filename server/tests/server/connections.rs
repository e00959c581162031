//! Clients of every kind: slow, large, many, rude, gone.

use core::time::Duration;
use std::fs;
use std::io::Read;
use std::net::{Ipv6Addr, TcpListener};
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::process::Command;
use std::thread;
use std::time::Instant;

use nix::sys::signal::Signal;

use crate::process::{Client, Server, eventually, redstart, request};

#[test]
fn half_a_request_waits_for_its_other_half() {
    let server = Server::start(&[]);
    let (mut slow, mut other) = (server.client(), server.client());
    slow.send("*2\r\n$4\r\nEC");
    thread::sleep(Duration::from_millis(300));
    assert_eq!(other.ask("PING"), "+PONG");
    slow.send("HO\r\n$5\r\nhello\r\nPING\r\n");
    slow.expect("$5\r\nhello\r\n+PONG\r\n");
}

#[test]
fn a_request_may_come_byte_by_byte() {
    let server = Server::start(&[]);
    let mut client = server.client();
    for byte in request(&[b"SET", b"key", b"value"]) {
        client.send([byte]);
    }
    client.expect("+OK\r\n");
}

#[test]
fn garbage_is_answered_and_ends_the_connection() {
    let server = Server::start(&[]);
    let mut client = server.client();
    client.send("PING\r\n*zzz\r\nPING\r\n");
    client.expect("+PONG\r\n-ERR Protocol error: invalid multibulk length\r\n");
    client.expect_end();
    // No line break in more than a line may hold.
    let mut client = server.client();
    let _ = std::io::Write::write_all(&mut client.0, &[0xff; 200_000]);
    let mut rest = Vec::new();
    let _ = client.0.read_to_end(&mut rest);
    assert_eq!(server.client().ask("PING"), "+PONG");
}

#[test]
fn commands_may_be_typed_by_hand() {
    let server = Server::start(&[]);
    let mut client = server.client();
    client.send("set greeting \"hello world\"\r\n\r\nget greeting\nPING\r\n\n");
    client.expect("+OK\r\n$11\r\nhello world\r\n+PONG\r\n");
}

#[test]
fn a_large_value_goes_in_and_comes_out() {
    let server = Server::start(&[]);
    server.client().exchange(64 << 20);
}

#[test]
fn large_and_small_requests_take_turns() {
    let server = Server::start(&[]);
    let mut client = server.client();
    for round in 0..3 {
        for len in [1, 2_000, 32_767, 32_768, 65_536, 65_536, 1 << 20, (1 << 20) + 1, 65_536, 3] {
            let value: String = ('a'..='z').cycle().skip(round).take(len).collect();
            let set = format!("*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n${len}\r\n{value}\r\n");
            client.send(format!("{set}{set}{}{set}", "INCR n\r\n".repeat(500)));
            assert_eq!([client.line(), client.line()], ["+OK", "+OK"]);
            for _ in 0..500 {
                assert!(client.line().starts_with(':'));
            }
            assert_eq!(client.line(), "+OK");
            assert_eq!(client.ask_bulk("GET key"), value);
        }
    }
}

#[test]
fn a_thousand_clients_are_served() {
    let server = Server::start(&[]);
    let mut clients: Vec<_> = (0..1_000).map(|_| server.client()).collect();
    for client in &mut clients {
        client.send("INCR visits\r\n");
    }
    for client in &mut clients {
        assert!(client.line().starts_with(':'));
    }
    assert_eq!(clients[500].ask("INCR visits"), ":1001");
    drop(clients);
    let mut last = server.client();
    eventually("the clients are gone", || {
        last.ask_bulk("INFO clients").contains("connected_clients:1\r\n")
    });
}

#[test]
fn a_long_pipeline_does_not_keep_others_waiting() {
    const REQUESTS: usize = 400_000;
    let server = Server::start(&[]);
    let mut greedy = server.client();
    let mut reader = Client(greedy.0.try_clone().unwrap());
    let sending = thread::spawn(move || greedy.send("INCR n\r\n".repeat(REQUESTS)));
    let mut other = server.client();
    let reading =
        thread::spawn(move || (0..REQUESTS).for_each(|_| assert!(reader.line().starts_with(':'))));
    let mut worst = Duration::ZERO;
    let mut rounds = 0;
    while !reading.is_finished() {
        let start = Instant::now();
        assert_eq!(other.ask("PING"), "+PONG");
        worst = worst.max(start.elapsed());
        rounds += 1;
    }
    reading.join().unwrap();
    sending.join().unwrap();
    assert!(
        rounds > 20 && worst < Duration::from_millis(500),
        "{rounds} rounds, the worst of {worst:?}"
    );
    assert_eq!(other.ask_bulk("GET n"), REQUESTS.to_string());
}

#[test]
fn unread_replies_are_bounded_by_the_run_limit() {
    const REQUESTS: usize = 50_000;
    let server = Server::start(&["--client-output-run-limit", "16mb"]);
    let mut client = server.client();
    let value = vec![b'x'; 10_000];
    client.send(request(&[b"SET", b"key", &value]));
    client.expect("+OK\r\n");
    // Many times what the sockets' buffers hold.
    client.send(request(&[b"GET", b"key"]).repeat(REQUESTS));
    let mut other = server.client();
    for _ in 0..20 {
        assert_eq!(other.ask("PING"), "+PONG");
        thread::sleep(Duration::from_millis(10));
    }
    let resident_mb = server.resident_bytes() >> 20;
    assert!(resident_mb < 60, "{resident_mb} MB are held for a client that does not read");
    let reply = [b"$10000\r\n".as_slice(), &value, b"\r\n"].concat();
    for _ in 0..REQUESTS {
        client.expect(&reply);
    }
    assert_eq!(client.ask("PING"), "+PONG");
}

#[test]
fn a_client_may_write_all_its_requests_before_it_reads() {
    const REQUESTS: usize = 2_000;
    let value = vec![b'x'; 10_000];
    for limit in ["64mb", "1mb"] {
        let server = Server::start(&["--client-output-run-limit", limit]);
        let mut client = server.client();
        let set_and_get = [request(&[b"SET", b"key", &value]), request(&[b"GET", b"key"])];
        client.send(set_and_get.concat().repeat(REQUESTS));
        let replies = [b"+OK\r\n$10000\r\n".as_slice(), &value, b"\r\n"].concat();
        for _ in 0..REQUESTS {
            client.expect(&replies);
        }
    }
}

#[test]
fn a_client_may_write_all_its_requests_behind_one_that_blocks() {
    const REQUESTS: usize = 2_000;
    let server = Server::start(&[]);
    let (mut client, mut other) = (server.client(), server.client());
    client.send("BLPOP list 0\r\n");
    client.send(request(&[b"SET", b"key", &vec![b'x'; 10_000]]).repeat(REQUESTS));
    assert_eq!(other.ask("RPUSH list x"), ":1");
    client.expect("*2\r\n$4\r\nlist\r\n$1\r\nx\r\n");
    client.expect("+OK\r\n".repeat(REQUESTS));
}

#[test]
fn requests_beyond_the_query_buffer_limit_close_the_client() {
    let server = Server::start(&["--client-query-buffer-limit", "1mb"]);
    let (mut client, mut other) = (server.client(), server.client());
    let requests = [b"BLPOP list 0\r\n".to_vec(), b"PING\r\n".repeat(1 << 20)].concat();
    let _ = std::io::Write::write_all(&mut client.0, &requests);
    eventually("the client was closed", || {
        let stats = other.ask_bulk("INFO stats");
        stats.contains("client_query_buffer_limit_disconnections:1\r\n")
    });
    assert!(other.ask_bulk("INFO clients").contains("connected_clients:1\r\n"));
}

#[test]
fn a_client_that_has_sent_all_is_served_by_turns_to_the_end() {
    const REQUESTS: usize = 30_000;
    let server = Server::start(&["--client-output-run-limit", "100kb"]);
    let mut client = server.client();
    let len = 8 << 20;
    assert_eq!(client.ask(&format!("SETRANGE key {} x", len - 1)), format!(":{len}"));
    // More than the sockets' buffers hold, so that the requests behind it wait.
    client.send(["GET key\r\n".to_owned(), "INCR n\r\n".repeat(REQUESTS)].concat());
    client.end_sending();
    thread::sleep(Duration::from_millis(200));
    client.expect(format!("${len}\r\n"));
    let mut value = vec![0; len + 2];
    client.0.read_exact(&mut value).unwrap();
    for number in 1..=REQUESTS {
        assert_eq!(client.line(), format!(":{number}"));
    }
    client.expect_end();
}

#[test]
fn who_does_not_read_is_closed_at_the_output_limit() {
    let server = Server::start(&["--client-output-buffer-limit", "normal", "500kb", "0", "0"]);
    let mut client = server.client();
    client.send(request(&[b"SET", b"key", &vec![b'x'; 200_000]]));
    client.expect("+OK\r\n");
    let mut other = server.client();
    let _ = std::io::Write::write_all(&mut client.0, &request(&[b"GET", b"key"]).repeat(1_000));
    eventually("the client was closed", || {
        other.ask_bulk("INFO clients").contains("connected_clients:1\r\n")
    });
    assert!(
        other.ask_bulk("INFO stats").contains("client_output_buffer_limit_disconnections:1\r\n")
    );
}

#[test]
fn what_a_client_sent_before_it_went_is_done() {
    let server = Server::start(&[]);
    let mut other = server.client();
    assert_eq!(other.ask("SET n 0"), "+OK");
    for round in 1..=20 {
        let mut client = server.client();
        client.send("INCR n\r\n".repeat(1_000));
        // Replies that nobody reads reset the connection, in the middle of its requests or behind
        // them.
        drop(client);
        let expected = (round * 1_000).to_string();
        eventually("all is done", || other.ask_bulk("GET n") == expected);
    }
}

#[test]
fn what_cannot_be_answered_is_done_as_well() {
    const REQUESTS: usize = 15_000;
    let server = Server::start(&["--unixsocket", "socket", "--enable-debug-command", "yes"]);
    let mut other = Client::unix(&server.path("socket"));
    let mut client = Client::unix(&server.path("socket"));
    other.send("SET n 0\r\nDEBUG SLEEP 0.3\r\n");
    other.expect("+OK\r\n");
    // More than one read takes; the first reply meets a closed socket.
    client.send("INCR n\r\n".repeat(REQUESTS));
    drop(client);
    other.expect("+OK\r\n");
    eventually("all is done", || other.ask_bulk("GET n") == REQUESTS.to_string());
}

#[test]
fn who_has_sent_all_still_reads_all() {
    let server = Server::start(&[]);
    let mut client = server.client();
    let value = vec![b'x'; 100_000];
    client.send(request(&[b"SET", b"key", &value]));
    client.expect("+OK\r\n");
    client.send(request(&[b"GET", b"key"]).repeat(200));
    client.end_sending();
    thread::sleep(Duration::from_millis(200));
    let reply = [b"$100000\r\n".as_slice(), &value, b"\r\n"].concat();
    for _ in 0..200 {
        client.expect(&reply);
    }
    client.expect_end();
}

#[test]
fn who_hangs_up_while_it_waits_is_gone_whatever_else_it_has_sent() {
    let server = Server::start(&[]);
    let mut other = server.client();
    let mut client = server.client();
    client.send(["BLPOP list 0\r\n".to_owned(), "PING\r\n".repeat(30_000)].concat());
    let mut clients = || other.ask_bulk("INFO clients");
    eventually("it waits", || clients().contains("blocked_clients:1\r\n"));
    drop(client);
    eventually("it is gone", || clients().contains("connected_clients:1\r\n"));
}

#[test]
fn quit_is_answered_and_ends_the_connection() {
    let server = Server::start(&[]);
    let mut client = server.client();
    client.send("QUIT\r\nPING\r\n");
    client.expect("+OK\r\n");
    client.expect_end();
}

#[test]
fn more_than_maxclients_are_turned_away() {
    let server = Server::start(&["--maxclients", "2"]);
    let (mut first, mut second) = (server.client(), server.client());
    assert_eq!((first.ask("PING"), second.ask("PING")), ("+PONG".into(), "+PONG".into()));
    let mut third = server.client();
    third.expect("-ERR max number of clients reached\r\n");
    third.expect_end();
    drop(first);
    eventually("there is room", || server.client().ask("PING") == "+PONG");
    assert_eq!(second.ask("CONFIG SET maxclients 3"), "+OK");
    let mut clients = [server.client(), server.client()];
    clients.iter_mut().for_each(|client| assert_eq!(client.ask("PING"), "+PONG"));
}

#[test]
fn the_idle_are_closed() {
    let server = Server::start(&["--timeout", "1"]);
    let start = Instant::now();
    server.client().expect_end();
    let waited = start.elapsed();
    assert!(waited > Duration::from_millis(900) && waited < Duration::from_secs(5), "{waited:?}");
}

#[test]
fn keys_expire_without_being_asked_for() {
    let server = Server::start(&[]);
    let mut client = server.client();
    assert_eq!(client.ask("SET key value PX 50"), "+OK");
    eventually("the key is gone", || client.ask("DBSIZE") == ":0");
    assert!(client.ask_bulk("INFO stats").contains("expired_keys:1\r\n"));
}

#[test]
fn a_monitor_sees_what_others_do() {
    let server = Server::start(&[]);
    let (mut monitor, mut other) = (server.client(), server.client());
    assert_eq!(monitor.ask("MONITOR"), "+OK");
    assert_eq!(other.ask("SET key value"), "+OK");
    let line = monitor.line();
    assert!(line.ends_with("\"SET\" \"key\" \"value\""), "{line}");
}

#[test]
fn a_paused_client_goes_on_by_itself() {
    let server = Server::start(&[]);
    let mut client = server.client();
    assert_eq!(client.ask("CLIENT PAUSE 200 ALL"), "+OK");
    let start = Instant::now();
    client.send("PING\r\n".repeat(50_000));
    client.expect("+PONG\r\n".repeat(50_000));
    assert!(start.elapsed() > Duration::from_millis(150));
}

#[test]
fn a_unix_socket_serves_as_well() {
    let mut server =
        Server::start(&["--unixsocket", "socket", "--unixsocketperm", "700", "--port", "0"]);
    let path = server.path("socket");
    let metadata = fs::symlink_metadata(&path).unwrap();
    assert!(metadata.file_type().is_socket());
    assert_eq!(metadata.permissions().mode() & 0o777, 0o700);
    assert_eq!(server.port, 0, "port 0 beside a Unix socket is no TCP");
    let mut client = Client::unix(&path);
    assert_eq!(client.ask("PING"), "+PONG");
    let list = client.ask_bulk("CLIENT LIST");
    assert!(
        list.contains(&format!("addr={}:0 ", path.canonicalize().unwrap().display())),
        "{list}"
    );
    let value = vec![b'x'; 3 << 20];
    client.send(request(&[b"SET", b"key", &value]));
    client.expect("+OK\r\n");
    client.send("GET key\r\n");
    client.expect([b"$3145728\r\n".as_slice(), &value, b"\r\n"].concat());
    // A second server must not take it over, ...
    let second = redstart().args(["--port", "0", "--unixsocket"]).arg(&path).output().unwrap();
    assert_eq!(second.status.code(), Some(1));
    assert_eq!(client.ask("PING"), "+PONG");
    server.signal(Signal::SIGTERM);
    assert!(server.wait().success());
    assert!(!path.exists());
}

#[test]
fn a_stale_unix_socket_is_replaced() {
    let mut server = Server::start(&["--unixsocket", "socket"]);
    let path = server.path("socket");
    server.signal(Signal::SIGKILL);
    server.wait();
    assert!(path.exists());
    let _next = Server::start(&["--unixsocket", path.to_str().unwrap()]);
    assert_eq!(Client::unix(&path).ask("PING"), "+PONG");
}

#[test]
fn both_families_share_a_port() {
    if TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_err() {
        return;
    }
    let server = Server::start(&["--bind", "127.0.0.1", "-::1", "-192.0.2.77"]);
    let mut client = Client::to((Ipv6Addr::LOCALHOST, server.port).into());
    assert!(client.ask_bulk("CLIENT LIST").contains(&format!(" laddr=[::1]:{} ", server.port)));
    assert_eq!(server.client().ask("PING"), "+PONG");
}

#[test]
fn running_out_of_descriptors_is_survived() {
    let server = Server::start(&[]);
    let mut first = server.client();
    assert_eq!(first.ask("PING"), "+PONG");
    let open = fs::read_dir(format!("/proc/{}/fd", server.id())).unwrap().count();
    let limited = Command::new("prlimit")
        .arg(format!("--pid={}", server.id()))
        .arg(format!("--nofile={}:20000", open + 2))
        .status();
    if !limited.is_ok_and(|status| status.success()) {
        return;
    }
    let mut clients: Vec<_> = (0..6).map(|_| server.client()).collect();
    eventually("it has noticed", || server.log().contains("Cannot accept a client for now"));
    assert_eq!(first.ask("PING"), "+PONG");
    assert_eq!(clients[0].ask("PING"), "+PONG");
    let busy = |server: &Server| {
        let stat = fs::read_to_string(format!("/proc/{}/stat", server.id())).unwrap();
        stat.split(' ').skip(13).take(2).map(|ticks| ticks.parse::<u64>().unwrap()).sum::<u64>()
    };
    let before = busy(&server);
    thread::sleep(Duration::from_millis(500));
    assert!(busy(&server) - before < 10, "it does not spin");
    // Each client that goes makes room for one that waits.
    let mut waiting = clients.pop().unwrap();
    drop(clients);
    assert_eq!(waiting.ask("PING"), "+PONG");
}
