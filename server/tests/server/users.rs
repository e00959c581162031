//! Users: in the configuration file, as flags, and in a file of their own.

use std::fs;

use crate::process::{Folder, Server, redstart};

const ALL: &str = "on nopass sanitize-payload ~* &* +@all";

#[test]
fn the_configuration_tells_users() {
    let folder = Folder::new();
    let text = "port 0\nbind 127.0.0.1\n# ours\nuser alice on >secret ~a* (+get ~b) +@read\nuser bob off\n";
    let file = folder.write("redis.conf", text);
    let mut command = redstart();
    command.arg(&file).args(["--user", "carol", "on", "nopass", "+ping", "--hz", "20"]);
    let server = Server::spawn(command);
    let mut client = server.client();
    assert_eq!(client.ask("AUTH alice secret"), "+OK");
    assert_eq!(client.ask("GET a1"), "$-1");
    assert_eq!(client.ask("GET b"), "$-1");
    assert_eq!(client.ask("GET c"), "-NOPERM No permissions to access a key");
    assert_eq!(
        client.ask("AUTH bob x"),
        "-WRONGPASS invalid username-password pair or user is disabled."
    );
    assert_eq!(client.ask("AUTH carol x"), "+OK");
    assert_eq!(client.ask("PING"), "+PONG");
    let mut client = server.client();
    assert_eq!(client.ask("ACL DELUSER bob"), ":1");
    assert_eq!(client.ask("ACL SETUSER alice off"), "+OK");
    assert_eq!(client.ask("CONFIG REWRITE"), "+OK");
    let text = fs::read_to_string(&file).unwrap();
    let hash = "#2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b";
    let alice = format!(
        "# ours\nuser alice off sanitize-payload {hash} ~a* resetchannels -@all +@read (~b resetchannels -@all +get)\n"
    );
    assert!(text.contains(&alice), "{text}");
    assert!(text.contains("\nuser carol on nopass ") && !text.contains("user bob"), "{text}");
    assert!(!text.contains("user default"), "{text}");
}

#[test]
fn the_default_user_may_be_limited_from_the_start() {
    let mut server =
        Server::start(&["--user", "default", "on", "nopass", "~*", "+@all", "-flushdb"]);
    let mut client = server.client();
    let denied = "-NOPERM User default has no permissions to run the 'flushdb' command";
    assert_eq!(client.ask("FLUSHDB"), denied);
    assert_eq!(client.ask("PUBLISH a b"), "-NOPERM No permissions to access a channel");
    client.send("SHUTDOWN\r\n");
    server.wait();
}

#[test]
fn users_have_a_file() {
    let folder = Folder::new();
    let text = format!("user alice on nopass ~* +@all\n\nuser default {ALL}\n");
    let file = folder.write("users.acl", &text);
    let dir = folder.path(".");
    let server = Server::start(&["--dir", dir.to_str().unwrap(), "--aclfile", "users.acl"]);
    let (mut client, mut alice) = (server.client(), server.client());
    assert_eq!(alice.ask("AUTH alice x"), "+OK");
    assert_eq!(client.ask("ACL SETUSER bob on +get"), "+OK");
    assert_eq!(client.ask("ACL SAVE"), "+OK");
    let saved = fs::read_to_string(&file).unwrap();
    let users = [
        "user alice on nopass sanitize-payload ~* resetchannels +@all\n",
        "user bob on sanitize-payload resetchannels -@all +get\n",
        &format!("user default {ALL}\n"),
    ];
    assert_eq!(saved, users.concat());
    // Another file takes effect as a whole, or not at all.
    fs::write(&file, "user bob on +nosuch\n").unwrap();
    let error = client.ask("ACL LOAD");
    let reason = "Error in applying operation '+nosuch': Unknown command or category name in ACL.";
    assert!(error.starts_with("-ERR ") && error.contains(reason), "{error}");
    assert_eq!(alice.ask("ACL WHOAMI"), "$5");
    assert_eq!(alice.line(), "alice");
    fs::write(&file, "user carol on\n").unwrap();
    assert_eq!(client.ask("ACL LOAD"), "+OK");
    alice.expect_end();
    client.send("ACL USERS\r\n");
    client.expect("*2\r\n$5\r\ncarol\r\n$7\r\ndefault\r\n");
    fs::remove_file(&file).unwrap();
    let missing = "-ERR Error loading ACLs, opening file 'users.acl': No such file or directory";
    assert_eq!(client.ask("ACL LOAD"), missing);
}

#[test]
fn wrong_users_end_the_start() {
    let folder = Folder::new();
    let file = folder.write("users.acl", "user alice +nosuch\n");
    let aclfile = file.to_str().unwrap();
    for (flags, reason) in [
        (&["--user", "a", "on", "--user", "a"][..], "Duplicate user found"),
        (&["--user", "a", "+nosuch"], "Unknown command or category"),
        (&["--user", "a", "(+get"], "Unmatched parenthesis"),
        (&["--aclfile", aclfile], "Unknown command or category"),
        (&["--aclfile", "/nosuch/file"], "Error loading ACLs, opening file '/nosuch/file'"),
        (&["--aclfile", aclfile, "--user", "a"], "define users here or in the aclfile, not both"),
    ] {
        let output = redstart().args(["--port", "0"]).args(flags).output().unwrap();
        let errors = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && errors.contains(reason), "{flags:?}: {errors}");
    }
}

#[test]
fn passwords_that_are_made_up_differ() {
    let server = Server::start(&[]);
    let mut client = server.client();
    let passwords: Vec<String> = (0..20).map(|_| client.ask_bulk("ACL GENPASS")).collect();
    assert!(passwords.iter().all(|password| password.len() == 64));
    let mut distinct = passwords.clone();
    distinct.sort();
    distinct.dedup();
    assert_eq!(distinct.len(), passwords.len());
    assert_eq!(client.ask_bulk("ACL GENPASS 5").len(), 2);
}

#[test]
fn a_server_that_is_open_to_all_says_so_aloud() {
    let warning = "ANYBODY who can reach this server";
    let open = ["--protected-mode", "no", "--bind", "0.0.0.0"];
    assert!(Server::start(&open).log().contains(warning));
    for flags in [
        &["--bind", "0.0.0.0"][..],
        &["--protected-mode", "no", "--bind", "127.0.0.1", "-::1"],
        &["--protected-mode", "no", "--bind", "0.0.0.0", "--requirepass", "x"],
        &["--protected-mode", "no", "--bind", "0.0.0.0", "--user", "default", "off"],
    ] {
        let log = Server::start(flags).log();
        assert!(!log.contains(warning), "{flags:?}: {log}");
    }
}
