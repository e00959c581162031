//! The configuration: files, flags, `CONFIG SET` of what the sockets depend on, `CONFIG REWRITE`.

use std::fs;
use std::io::Write;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::Stdio;

use nix::sys::signal::Signal;
use redstart_core::config::{Config, Kind, PARAMETERS, Parameter};

use crate::process::{Client, Folder, Server, eventually, redstart};

#[test]
fn flags_take_the_place_of_what_the_file_says() {
    let folder = Folder::new();
    let text = "port 1\nbind 127.0.0.1\ndaemonize yes\nmaxclients 50\nrdbchecksum yes\nhz 33\n";
    let file = folder.write("redis.conf", text);
    let mut command = redstart();
    command.arg(&file).args(["--port", "0", "--daemonize", "no", "--maxclients", "60"]);
    let server = Server::spawn(command);
    let mut client = server.client();
    client.send("CONFIG GET maxclients\r\nCONFIG GET hz\r\n");
    client.expect("*2\r\n$10\r\nmaxclients\r\n$2\r\n60\r\n*2\r\n$2\r\nhz\r\n$2\r\n33\r\n");
    let log = server.log();
    assert!(log.contains("does not support parameters=rdbchecksum\n"), "{log}");
    assert!(
        client.ask_bulk("INFO server").contains(&format!("config_file:{}\r\n", file.display()))
    );
}

#[test]
fn the_configuration_may_come_from_standard_input() {
    let folder = Folder::new();
    let log = folder.path("log");
    let mut child =
        redstart().arg("-").stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    let text = format!("port 0\nbind 127.0.0.1\nlogfile {}\n", log.display());
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let ready = || fs::read_to_string(&log).unwrap_or_default();
    eventually("the server is ready", || ready().contains("Ready to accept connections"));
    let text = ready();
    let port = text.trim_end().rsplit("port=").next().unwrap().parse().unwrap();
    let mut client = Client::tcp(port);
    assert_eq!(client.ask("CONFIG REWRITE"), "-ERR The server is running without a config file");
    client.send("SHUTDOWN\r\n");
    assert!(child.wait().unwrap().success());
}

/// The numeric parameters except the ports, each with its smallest and largest value.
fn numeric_parameters() -> impl Iterator<Item = (&'static Parameter, [String; 2])> {
    let text = |parameter: &Parameter, number| {
        let mut config = Config::default();
        if let Kind::Integer { field, .. } | Kind::Clamped { field, .. } = parameter.kind {
            *field(&mut config) = number;
        }
        String::from_utf8(config.text(parameter)).unwrap()
    };
    PARAMETERS
        .iter()
        .filter(|parameter| !["port", "tls-port"].contains(&parameter.name))
        .filter_map(move |parameter| match parameter.kind {
            Kind::Integer { min, max, .. } | Kind::Clamped { min, max, .. } => {
                Some((parameter, [min, max].map(|number| text(parameter, number))))
            }
            _ => None,
        })
}

#[test]
fn clients_can_connect_whatever_a_numeric_parameter_is_set_to() {
    let server = Server::start(&[]);
    let set = |name: &str, value: &str| {
        let reply = server.client().ask(&format!("CONFIG SET {name} {value}"));
        // The descriptors that the system grants bound the clients.
        let is_too_much = name == "maxclients" && reply.contains("The operating system");
        assert!(reply == "+OK" || is_too_much, "{name} {value}: {reply}");
    };
    for (parameter, extremes) in numeric_parameters() {
        if parameter.immutable {
            continue;
        }
        let name = parameter.name;
        for value in extremes {
            set(name, &value);
            // With room for one client, the last one may still be connected.
            eventually(&format!("{name} {value} lets a client in"), || {
                server.client().ask("PING") == "+PONG"
            });
        }
        set(name, &String::from_utf8(Config::default().text(parameter)).unwrap());
    }
}

#[test]
fn clients_can_connect_whatever_a_numeric_parameter_is_at_the_start() {
    for (parameter, extremes) in numeric_parameters().filter(|(parameter, _)| parameter.immutable) {
        for value in extremes {
            // No machine has memory for that many databases.
            if parameter.name == "databases" && value.len() > 3 {
                continue;
            }
            let server = Server::start(&[&format!("--{}", parameter.name), &value]);
            assert_eq!(server.client().ask("PING"), "+PONG", "{} {value}", parameter.name);
        }
    }
}

#[test]
fn an_option_of_a_socket_that_the_system_refuses_is_logged() {
    let server = Server::start(&["--tcp-keepalive", "86400"]);
    assert_eq!(server.client().ask("PING"), "+PONG");
    let log = server.log();
    assert!(
        log.contains("Cannot set an option of a client's socket option=tcp-keepalive"),
        "{log}"
    );
}

#[test]
fn the_file_is_rewritten_with_its_comments() {
    let folder = Folder::new();
    let file = folder
        .write("redis.conf", "# ours\nport 0\nbind 127.0.0.1\n\ntimeout 100 \nappendfsync no\n");
    let start = || {
        let mut command = redstart();
        command.arg(&file);
        Server::spawn(command)
    };
    let mut server = start();
    let mut client = server.client();
    assert_eq!(client.ask("CONFIG SET timeout 200 hz 50 requirepass \"a b\""), "+OK");
    assert_eq!(client.ask("CONFIG REWRITE"), "+OK");
    let text = fs::read_to_string(&file).unwrap();
    let beginning = format!(
        "# ours\nport {}\nbind 127.0.0.1\n\ntimeout 200\nappendfsync no\n\n# Generated by CONFIG REWRITE\n",
        server.port
    );
    assert!(text.starts_with(&beginning), "{text}");
    assert!(text.contains("\nrequirepass \"a b\"\n") && text.contains("\nhz 50\n"), "{text}");
    // Its directory, which the file names now, goes with `server`, at the end.
    server.signal(Signal::SIGTERM);
    server.wait();
    let second = start();
    let mut client = second.client();
    assert_eq!(client.ask("AUTH \"a b\""), "+OK");
    client.send("CONFIG GET timeout\r\n");
    client.expect("*2\r\n$7\r\ntimeout\r\n$3\r\n200\r\n");
    // A second time changes nothing.
    assert_eq!(client.ask("CONFIG REWRITE"), "+OK");
    assert_eq!(fs::read_to_string(&file).unwrap(), text);
    let files = fs::read_dir(folder.path(".")).unwrap().count();
    assert_eq!(files, 1, "no temporary file stays");
}

#[test]
fn users_of_an_included_file_are_not_told_twice() {
    let folder = Folder::new();
    let users = folder.write("users.conf", "hz 20\nuser ann on nopass +get ~*\n");
    let text = format!("port 0\nbind 127.0.0.1\ninclude {}\n", users.display());
    let file = folder.write("redis.conf", &text);
    let mut command = redstart();
    command.arg(&file);
    let server = Server::spawn(command);
    let expected = format!(
        "-ERR Rewriting config file: {}:2: user: users of an included file cannot be rewritten",
        users.display()
    );
    assert_eq!(server.client().ask("CONFIG REWRITE"), expected);
    assert_eq!(fs::read_to_string(&file).unwrap(), text);
}

#[test]
fn what_cannot_be_applied_takes_all_back() {
    let server = Server::start(&[]);
    let mut client = server.client();
    let score = || fs::read_to_string(format!("/proc/{}/oom_score_adj", server.id())).unwrap();
    let before = score();
    let raised = |by: i64| format!("{}\n", before.trim().parse::<i64>().unwrap() + by);
    let adjust = "oom-score-adj yes oom-score-adj-values \"7 8 9\"";
    assert_eq!(
        client.ask(&format!("CONFIG SET hz 50 {adjust} bind 192.0.2.77")),
        "-ERR CONFIG SET failed (possibly related to argument 'bind') - Failed to bind to specified addresses."
    );
    assert_eq!(score(), before);
    client.send("CONFIG GET oom-score-adj\r\nCONFIG GET hz\r\n");
    client.expect("*2\r\n$13\r\noom-score-adj\r\n$2\r\nno\r\n*2\r\n$2\r\nhz\r\n$2\r\n10\r\n");
    assert_eq!(server.client().ask("PING"), "+PONG");

    assert_eq!(client.ask(&format!("CONFIG SET {adjust}")), "+OK");
    assert_eq!(score(), raised(7));
    assert_eq!(client.ask("CONFIG SET oom-score-adj-values \"9 9 9\""), "+OK");
    assert_eq!(score(), raised(9));
    assert_eq!(client.ask("CONFIG SET oom-score-adj absolute"), "+OK");
    assert_eq!(score(), "9\n");
    assert_eq!(client.ask("CONFIG SET oom-score-adj no"), "+OK");
    assert_eq!(score(), before);
    let adjusted =
        Server::start(&["--oom-score-adj", "yes", "--oom-score-adj-values", "3", "4", "5"]);
    let score = fs::read_to_string(format!("/proc/{}/oom_score_adj", adjusted.id())).unwrap();
    assert_eq!(score, raised(3));
}

#[test]
fn a_log_that_is_moved_away_is_begun_again() {
    let folder = Folder::new();
    let (log, old) = (folder.path("log"), folder.path("log.1"));
    let mut command = redstart();
    let flags = ["--port", "0", "--unixsocket", "s", "--loglevel", "verbose", "--logfile"];
    let mut server = command.current_dir(folder.path(".")).args(flags).arg(&log).spawn().unwrap();
    let logged = || fs::read_to_string(&log).unwrap_or_default();
    eventually("the server is ready", || logged().contains("Ready to accept"));
    fs::rename(&log, &old).unwrap();
    let mut client = Client::unix(&folder.path("s"));
    assert_eq!(client.ask("PING"), "+PONG");
    assert!(logged().contains("Accepted") && !logged().contains("Ready"), "{}", logged());
    client.send("SHUTDOWN\r\n");
    assert!(server.wait().unwrap().success());
    assert!(!fs::read_to_string(&old).unwrap().contains("Accepted"));
}

#[test]
fn the_port_can_be_changed() {
    let server = Server::start(&[]);
    let mut client = server.client();
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let taken_port = taken.local_addr().unwrap().port();
    assert_eq!(
        client.ask(&format!("CONFIG SET port {taken_port}")),
        "-ERR CONFIG SET failed (possibly related to argument 'port') - Unable to listen on this port. Check server logs."
    );
    assert_eq!(server.client().ask("PING"), "+PONG");
    drop(taken);
    assert_eq!(client.ask(&format!("CONFIG SET port {taken_port}")), "+OK");
    assert_eq!(Client::tcp(taken_port).ask("PING"), "+PONG");
    assert_eq!(client.ask("PING"), "+PONG");
    assert!(TcpStream::connect((Ipv4Addr::LOCALHOST, server.port)).is_err());
    assert!(client.ask_bulk("INFO server").contains(&format!("tcp_port:{taken_port}\r\n")));
}

#[test]
fn the_addresses_can_be_changed() {
    let server = Server::start(&[]);
    let mut client = server.client();
    assert_eq!(
        client.ask("CONFIG SET bind 192.0.2.77"),
        "-ERR CONFIG SET failed (possibly related to argument 'bind') - Failed to bind to specified addresses."
    );
    assert_eq!(server.client().ask("PING"), "+PONG");
    assert_eq!(client.ask("CONFIG SET bind \"127.0.0.2 127.0.0.1\""), "+OK");
    assert_eq!(Client::to(([127, 0, 0, 2], server.port).into()).ask("PING"), "+PONG");
    assert_eq!(server.client().ask("PING"), "+PONG");
}

#[test]
fn the_log_follows_its_level() {
    let server = Server::start(&[]);
    let mut client = server.client();
    assert!(!server.log().contains("Accepted"));
    assert_eq!(client.ask("CONFIG SET loglevel verbose"), "+OK");
    server.client();
    eventually("a connection is logged", || {
        server.log().contains("verbose Accepted address=127.0.0.1:")
    });
}

#[test]
fn commands_have_the_names_that_the_file_gives_them() {
    let folder = Folder::new();
    let text = "port 0\nbind 127.0.0.1\nrename-command get Fetch\nrename-command FLUSHALL \"\"\n";
    let file = folder.write("redis.conf", text);
    let start = || {
        let mut command = redstart();
        command.arg(&file).args(["--rename-command", "fetch", "take"]);
        Server::spawn(command)
    };
    let mut server = start();
    let mut client = server.client();
    assert_eq!(client.ask("SET k v"), "+OK");
    assert_eq!(client.ask_bulk("TAKE k"), "v");
    assert_eq!(client.ask("take"), "-ERR wrong number of arguments for 'get' command");
    for gone in ["get", "fetch", "flushall"] {
        assert!(client.ask(&format!("{gone} k")).starts_with("-ERR unknown command"), "{gone}");
    }
    // What is told of names in the file stays there.
    assert_eq!(client.ask("CONFIG REWRITE"), "+OK");
    server.signal(Signal::SIGTERM);
    server.wait();
    let server = start();
    assert_eq!(server.client().ask("take"), "-ERR wrong number of arguments for 'get' command");
    for (rename, reason) in [
        (["nosuch", "x"], "No such command in rename-command"),
        (["get", "set"], "Target command name already exists"),
    ] {
        let output = redstart().args(["--port", "0", "--rename-command"]).args(rename).output();
        let said = String::from_utf8(output.unwrap().stderr).unwrap();
        assert!(said.contains("'rename-command ") && said.ends_with(&format!("': {reason}\n")));
    }
}
