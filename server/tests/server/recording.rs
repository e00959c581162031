//! `--record FILE`: what is in it; `tests/browser/server.test.js` plays it again.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::process::{Folder, Server, redstart};

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[test]
fn a_session_is_recorded_as_it_happens() {
    let folder = Folder::new();
    let file = folder.path("session.redstart");
    let path = file.to_string_lossy().into_owned();
    let server = Server::start(&["--record", &path, "--hz", "33"]);
    let mut client = server.client();
    assert_eq!(client.ask("SET recorded 1"), "+OK");
    // It is written within a round: nothing that was answered a while ago is missing if the process dies.
    crate::process::eventually("the command is in the file", || {
        contains(&fs::read(&file).unwrap(), b"SET recorded 1\r\n")
    });
    let large = vec![b'x'; 3_000_000];
    client.send(format!("*3\r\n$3\r\nSET\r\n$5\r\nlarge\r\n${}\r\n", large.len()));
    client.send(&large);
    client.send("\r\n");
    client.expect("+OK\r\n");
    client.send("QUIT\r\n");
    client.expect("+OK\r\n");
    assert_eq!(server.client().ask("STRLEN large"), ":3000000");
    let recording = fs::read(&file).unwrap();
    assert!(recording.starts_with(b"\x08redstart\x01"));
    assert!(contains(&recording, b"hz\x0033\x00"), "the parameters are there");
    assert!(recording.len() > large.len() && recording.len() < large.len() + 20_000);
}

/// Passwords are in it, for a replay must let in whom the server has.
#[test]
fn a_recording_is_its_owners_alone() {
    let folder = Folder::new();
    let file = folder.path("session.redstart");
    let path = file.to_string_lossy().into_owned();
    let server = Server::start(&["--record", &path, "--requirepass", "secret"]);
    assert_eq!(server.client().ask("AUTH secret"), "+OK");
    let mode = fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "{mode:o}");
}

#[test]
fn what_a_recording_cannot_hold_is_refused() {
    let folder = Folder::new();
    let path = folder.path("r").to_string_lossy().into_owned();
    let refused = |flags: &[&str]| {
        let output = redstart().args(["--port", "0"]).args(flags).output().unwrap();
        assert!(!output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };
    let text = refused(&["--record", &path, "--rename-command", "GET", "FETCH"]);
    assert!(text.contains("recordings support neither ACL users nor renamed commands"), "{text}");
    let text = refused(&["--record", "/none/such/file"]);
    assert!(text.contains("cannot record to /none/such/file: "), "{text}");
}
