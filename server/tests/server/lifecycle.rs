//! How the server starts, how it does not, and how it ends.

use core::sync::atomic::{AtomicBool, Ordering};
use std::net::{Ipv4Addr, TcpListener};
use std::process::Output;
use std::sync::Arc;
use std::thread;

use nix::sys::signal::Signal;

use crate::process::{Folder, Server, redstart, request};

/// Runs the binary to its end; it must end by itself.
fn run(args: &[&str]) -> Output {
    redstart().args(args).output().unwrap()
}

/// Expects exit code 1 and one line on standard error, which is returned.
fn refused(args: &[&str]) -> String {
    let output = run(args);
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{args:?}: {text}");
    assert_eq!(text.lines().count(), 1, "{text}");
    text.trim_end().to_owned()
}

#[test]
fn help_and_version_are_printed() {
    let help = run(&["--help"]);
    let text = String::from_utf8_lossy(&help.stdout).into_owned();
    assert!(help.status.success() && text.contains("--maxclients"), "{text}");
    for flag in ["-v", "--version"] {
        let version = run(&[flag]);
        assert!(version.status.success());
        assert!(String::from_utf8_lossy(&version.stdout).contains(env!("CARGO_PKG_VERSION")));
    }
}

#[test]
fn port_zero_is_chosen_and_told() {
    let server = Server::start(&[]);
    assert!(server.port > 0);
    let mut client = server.client();
    assert!(client.ask_bulk("INFO server").contains(&format!("tcp_port:{}\r\n", server.port)));
    let log = server.log();
    assert_eq!(log.matches("Ready to accept connections").count(), 1, "{log}");
}

#[test]
fn what_is_wrong_is_told_in_one_line() {
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    assert_eq!(
        refused(&["--port", &port, "--bind", "127.0.0.1"]),
        format!("redstart: Failed listening on port {port}: 127.0.0.1: Address already in use")
    );
    let folder = Folder::new();
    let log = folder.path("log").display().to_string();
    refused(&["--port", &port, "--bind", "127.0.0.1", "--logfile", &log]);
    let logged = std::fs::read_to_string(folder.path("log")).unwrap();
    assert!(logged.contains("Address already in use"), "{logged}");

    assert!(refused(&["--nosuch", "1"]).contains("--nosuch"));
    assert!(
        refused(&["--port", "seven"])
            .contains("--port: argument couldn't be parsed into an integer")
    );
    assert!(refused(&["/nonexistent/redis.conf"]).contains("No such file"));
    assert!(refused(&["--dir", "/nonexistent"]).contains("/nonexistent"));
    assert!(refused(&["--bind", "192.0.2.77", "--port", "0"]).contains("192.0.2.77"));
    for (text, line) in [
        ("port 1\nnosuch 1\n", ":2: nosuch: unknown parameter"),
        ("port 1\nport \"2\n", ":2: unbalanced quotes"),
        ("save 900 1\n", ":1: save: "),
        ("replicaof 127.0.0.1 6379\n", ":1: replicaof: replication is not supported"),
        ("appendonly yes\n", ":1: appendonly: "),
    ] {
        let file = folder.write("wrong.conf", text);
        let error = refused(&[file.to_str().unwrap()]);
        assert!(error.contains(line), "{error}");
    }
}

#[test]
fn signals_and_shutdown_end_it_cleanly() {
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        let mut server = Server::start(&[]);
        server.signal(signal);
        assert_eq!(server.wait().code(), Some(0));
        assert!(server.log().contains(&format!("Received {signal}")), "{}", server.log());
    }
    let mut server = Server::start(&[]);
    let mut client = server.client();
    client.send("SET key value\r\nSHUTDOWN\r\n");
    client.expect("+OK\r\n");
    client.expect_end();
    assert_eq!(server.wait().code(), Some(0));
    assert!(server.log().contains("bye bye"));
}

#[test]
fn a_signal_ends_it_under_load() {
    let mut server = Server::start(&[]);
    let is_over = Arc::new(AtomicBool::new(false));
    let clients: Vec<_> = (0..4)
        .map(|_| {
            let (mut client, is_over) = (server.client(), Arc::clone(&is_over));
            thread::spawn(move || {
                use std::io::{Read, Write};
                let pipeline = request(&[b"SET", b"key", b"value"]).repeat(200);
                let mut replies = vec![0; 200 * 5];
                let mut rounds = 0;
                while client.0.write_all(&pipeline).is_ok()
                    && client.0.read_exact(&mut replies).is_ok()
                {
                    rounds += 1;
                }
                assert!(is_over.load(Ordering::SeqCst), "the connection ended before the server");
                rounds
            })
        })
        .collect();
    thread::sleep(core::time::Duration::from_millis(200));
    is_over.store(true, Ordering::SeqCst);
    server.signal(Signal::SIGTERM);
    assert_eq!(server.wait().code(), Some(0));
    let rounds: u64 = clients.into_iter().map(|client| client.join().unwrap()).sum();
    assert!(rounds > 0);
}
