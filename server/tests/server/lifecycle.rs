//! How the server starts, how it does not, and how it ends.

use core::sync::atomic::{AtomicBool, Ordering};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::net::UnixDatagram;
use std::process::Output;
use std::sync::Arc;
use std::thread;

use nix::sys::signal::Signal;

use crate::process::{Folder, PATIENCE, Server, redstart, request};

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
    assert!(!text.contains('\x1b'), "what is no terminal gets no colours: {text}");
    for flag in ["-v", "--version"] {
        let version = run(&[flag]);
        assert!(version.status.success());
        let text = String::from_utf8_lossy(&version.stdout).into_owned();
        assert!(text.contains(env!("CARGO_PKG_VERSION")) && text.contains("Redis 7.2"), "{text}");
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
            .contains("'port \"seven\"': argument couldn't be parsed into an integer")
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
    for (shutdown, refused) in [
        ("SHUTDOWN", ""),
        ("SHUTDOWN SAVE\r\nSHUTDOWN SAVE FORCE", "-ERR Errors trying to SHUTDOWN. Check logs.\r\n"),
    ] {
        let mut client = server.client();
        client.send(format!("SET key value\r\n{shutdown}\r\n"));
        client.expect(format!("+OK\r\n{refused}"));
        client.expect_end();
        assert_eq!(server.wait().code(), Some(0));
        assert!(server.log().contains("bye bye"));
        assert_eq!(server.log().contains("this version saves nothing"), !refused.is_empty());
        server = Server::start(&[]);
    }
}

#[test]
fn a_terminal_that_closes_does_not_end_it() {
    let server = Server::start(&[]);
    server.signal(Signal::SIGHUP);
    let mut client = server.client();
    assert_eq!(client.ask("PING"), "+PONG");
    server.signal(Signal::SIGHUP);
    assert_eq!(client.ask("PING"), "+PONG");
}

#[test]
fn the_process_number_is_in_its_file() {
    let folder = Folder::new();
    let (file, dir) = (folder.path("pid"), folder.path(".").display().to_string());
    let mut server = Server::start(&["--pidfile", "pid", "--dir", &dir]);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), format!("{}\n", server.id()));
    // One that does not start leaves it as it is.
    let port = server.port.to_string();
    refused(&["--port", &port, "--bind", "127.0.0.1", "--pidfile", "pid", "--dir", &dir]);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), format!("{}\n", server.id()));
    server.signal(Signal::SIGTERM);
    server.wait();
    assert!(!file.exists());
    let server = Server::start(&["--pidfile", "/nonexistent/pid"]);
    assert!(server.log().contains("Cannot write the PID file"));
}

#[test]
fn huge_pages_are_disabled_unless_they_are_wanted() {
    for (wanted, disabled) in [("yes", "0"), ("no", "1")] {
        let server = Server::start(&["--disable-thp", wanted]);
        let status = std::fs::read_to_string(format!("/proc/{}/status", server.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("THP_enabled:")).unwrap();
        assert_eq!(line.trim(), disabled, "{wanted}");
    }
}

#[test]
fn a_supervisor_is_told() {
    let folder = Folder::new();
    let place = folder.path("notify");
    let heard = UnixDatagram::bind(&place).unwrap();
    heard.set_read_timeout(Some(PATIENCE)).unwrap();
    let next = || {
        let mut message = [0; 100];
        let len = heard.recv(&mut message).unwrap();
        String::from_utf8(message[..len].to_vec()).unwrap()
    };
    let start = |supervised: &str| {
        let mut command = redstart();
        command.args(["--port", "0", "--bind", "127.0.0.1", "--supervised", supervised]);
        command.env("NOTIFY_SOCKET", &place);
        Server::spawn(command)
    };
    for supervised in ["systemd", "auto"] {
        let mut server = start(supervised);
        assert!(next().ends_with("\nREADY=1\n"));
        server.signal(Signal::SIGTERM);
        assert_eq!(next(), "STOPPING=1\n");
        server.wait();
    }
    drop(start("no"));
    heard.set_nonblocking(true).unwrap();
    assert!(heard.recv(&mut [0]).is_err(), "who is not asked for is not told");
    let alone = Server::start(&["--supervised", "systemd"]);
    assert!(alone.log().contains("supervised: systemd did not start this process"));
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
