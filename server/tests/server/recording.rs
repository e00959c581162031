//! `--record FILE`: what is in it; `tests/browser/server.test.js` plays it again.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown, symlink};

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
    // It is written within a round: nothing that was answered a while ago is missing if the process
    // dies.
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

/// A recording holds passwords: a replay needs them to let the same clients in.
#[test]
fn only_the_owner_can_read_a_recording() {
    let folder = Folder::new();
    let existing = folder.write("existing.redstart", &"x".repeat(10_000));
    fs::set_permissions(&existing, fs::Permissions::from_mode(0o666)).unwrap();
    let link = folder.path("link.redstart");
    let target = folder.write("target.redstart", "");
    symlink(&target, &link).unwrap();
    for file in [folder.path("new.redstart"), existing, link] {
        let server =
            Server::start(&["--record", &file.to_string_lossy(), "--requirepass", "secret"]);
        assert_eq!(server.client().ask("AUTH secret"), "+OK");
        let found = fs::metadata(&file).unwrap();
        assert_eq!(found.permissions().mode() & 0o777, 0o600, "{}", file.display());
        assert!(found.len() < 10_000, "what was in the file is gone");
    }
}

#[test]
fn a_recording_is_not_written_into_the_file_of_another_user() {
    let folder = Folder::new();
    let file = folder.write("theirs.redstart", "theirs");
    // Only root can give a file away, and nobody else may open it then.
    if chown(&file, Some(65_534), None).is_err() {
        return;
    }
    let output = redstart().args(["--port", "0", "--record"]).arg(&file).output().unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains("the file belongs to another user"), "{text}");
    assert_eq!(fs::read(&file).unwrap(), b"theirs");
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
