//! Clients behind TLS: the same server, with certificates.

use core::time::Duration;
use std::net::{Ipv4Addr, TcpStream};
use std::process::Command;
use std::sync::Arc;
use std::thread;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use redstart_core::random::{Random, Seed};
use rustls::client::Resumption;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{
    ClientConfig, ClientConnection, HandshakeKind, ProtocolVersion, RootCertStore, StreamOwned,
    SupportedProtocolVersion, version,
};

use crate::process::{Client, Folder, Server, Socket, eventually, redstart, request};

type TlsSocket = StreamOwned<ClientConnection, TcpStream>;
impl Socket for TlsSocket {}

const ALL_VERSIONS: &[&SupportedProtocolVersion] = &[&version::TLS12, &version::TLS13];

/// Somebody whom clients trust, and who trusts clients.
struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, "an authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    /// A certificate for this machine, and its key, in PEM.
    fn issue(&self) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
        let mut params = CertificateParams::new(names).unwrap();
        params.distinguished_name.push(DnType::CommonName, "a holder");
        let certificate = params.signed_by(&key, &self.0).unwrap();
        (certificate.pem(), key.serialize_pem())
    }
}

/// The files of one authority, and how its clients connect.
struct Place {
    folder: Folder,
    authority: Authority,
}

impl Place {
    fn new() -> Self {
        let (folder, authority) = (Folder::new(), Authority::new());
        let (certificate, key) = authority.issue();
        folder.write("ca.crt", &authority.0.pem());
        folder.write("server.crt", &certificate);
        folder.write("server.key", &key);
        Self { folder, authority }
    }

    fn path(&self, name: &str) -> String {
        self.folder.path(name).display().to_string()
    }

    /// A server with both ports, and that of TLS. It asks clients for no certificate unless more
    /// flags say otherwise.
    fn start(&self, flags: &[&str]) -> (Server, u16) {
        let mut command = redstart();
        command.args(["--port", "0", "--bind", "127.0.0.1", "--tls-auth-clients", "no"]);
        command.args(["--tls-cert-file", &self.path("server.crt")]);
        command.args(["--tls-key-file", &self.path("server.key")]);
        command.args(["--tls-ca-cert-file", &self.path("ca.crt")]);
        let server = Server::spawn({
            command.args(flags);
            command
        });
        // A port that nobody has: the system has just given it away, and taken it back.
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let reply = server_set(&server, &format!("tls-port {port} port {}", server.port));
        assert_eq!(reply, "+OK", "{}", server.log());
        (server, port)
    }

    fn config(&self, versions: &[&'static SupportedProtocolVersion]) -> ClientConfig {
        self.builder(versions).with_no_client_auth()
    }

    /// A client that shows a certificate of `authority`.
    fn config_as(&self, authority: &Authority) -> ClientConfig {
        let (certificate, key) = authority.issue();
        let certificate = CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap();
        let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
        self.builder(ALL_VERSIONS).with_client_auth_cert(vec![certificate], key).unwrap()
    }

    fn builder(
        &self,
        versions: &[&'static SupportedProtocolVersion],
    ) -> rustls::ConfigBuilder<ClientConfig, rustls::client::WantsClientCert> {
        let mut roots = RootCertStore::empty();
        roots.add(self.authority.0.der().clone()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(versions)
            .unwrap()
            .with_root_certificates(roots)
    }

    fn client(&self, port: u16) -> Client<TlsSocket> {
        connect(&Arc::new(self.config(ALL_VERSIONS)), port)
    }
}

fn server_set(server: &Server, pairs: &str) -> String {
    server.client().ask(&format!("CONFIG SET {pairs}"))
}

fn connect(config: &Arc<ClientConfig>, port: u16) -> Client<TlsSocket> {
    let socket = Client::tcp(port).0;
    let name = ServerName::try_from("localhost").unwrap();
    let session = ClientConnection::new(Arc::clone(config), name).unwrap();
    Client(StreamOwned::new(session, socket))
}

/// Whether the server lets such a client in, which it shows by its answer.
fn is_welcome(config: ClientConfig, port: u16) -> bool {
    use std::io::{Read, Write};
    let Client(mut stream) = connect(&Arc::new(config), port);
    let mut reply = [0; 7];
    stream.write_all(b"PING\r\n").is_ok()
        && stream.read_exact(&mut reply).is_ok()
        && &reply == b"+PONG\r\n"
}

#[test]
fn both_ports_serve_the_same_data() {
    let place = Place::new();
    let (server, port) = place.start(&[]);
    for version in ALL_VERSIONS {
        let mut client = connect(&Arc::new(place.config(&[version])), port);
        assert_eq!(client.ask("SET greeting hello"), "+OK");
        assert_eq!(client.0.conn.protocol_version(), Some(version.version));
        assert_eq!(server.client().ask_bulk("GET greeting"), "hello");
        client.send("QUIT\r\n");
        client.expect("+OK\r\n");
        // Nobody can have cut it off: the end is announced.
        client.expect_end();
    }
    // A listener that nobody speaks to is closed, the clients it let in stay.
    let mut client = place.client(port);
    assert_eq!(client.ask("CONFIG SET port 0"), "+OK");
    assert!(TcpStream::connect((Ipv4Addr::LOCALHOST, server.port)).is_err());
    assert!(client.ask_bulk("INFO server").contains(&format!("tcp_port:{port}\r\n")));
    assert_eq!(client.ask("CONFIG SET port 0 tls-port 0"), "+OK");
    assert!(TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err());
    assert_eq!(client.ask("PING"), "+PONG");
}

#[test]
fn redis_cli_speaks_to_it() {
    let place = Place::new();
    let (_server, port) = place.start(&["--tls-auth-clients", "yes"]);
    let (certificate, key) = place.authority.issue();
    place.folder.write("client.crt", &certificate);
    place.folder.write("client.key", &key);
    let cli = |words: &[&str]| {
        let mut command = Command::new("redis-cli");
        command.args(["--tls", "-p", &port.to_string(), "--cacert", &place.path("ca.crt")]);
        command.args(["--cert", &place.path("client.crt"), "--key", &place.path("client.key")]);
        let output = command.args(words).output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
        said
    };
    assert_eq!(cli(&["INCRBY", "n", "41"]), "41\n");
    assert_eq!(cli(&["-r", "3", "INCR", "n"]), "42\n43\n44\n");
}

#[test]
fn records_may_be_of_any_size() {
    let place = Place::new();
    let (_server, port) = place.start(&[]);
    for version in ALL_VERSIONS {
        let mut config = place.config(&[version]);
        config.max_fragment_size = Some(32 + 5);
        let mut client = connect(&Arc::new(config), port);
        let value = vec![b'x'; 200_000];
        client.send(request(&[b"SET", b"key", &value]));
        client.expect("+OK\r\n");
        for byte in b"PING\r\n" {
            client.send([*byte]);
        }
        client.expect("+PONG\r\n");
    }
}

#[test]
fn a_large_value_goes_in_and_comes_out() {
    let place = Place::new();
    let (_server, port) = place.start(&[]);
    place.client(port).exchange(32 << 20);
}

#[test]
fn who_does_not_read_is_waited_for_and_misses_nothing() {
    const REQUESTS: usize = 300;
    let place = Place::new();
    let (server, port) = place.start(&[]);
    let mut slow = place.client(port);
    let value = vec![b'v'; 50_000];
    slow.send(request(&[b"SET", b"key", &value]));
    slow.expect("+OK\r\n");
    let mut expected = format!("${}\r\n", value.len()).into_bytes();
    expected.extend_from_slice(&value);
    expected.extend_from_slice(b"\r\n");
    slow.send("GET key\r\n".repeat(REQUESTS));
    let mut other = place.client(port);
    thread::sleep(Duration::from_millis(300));
    assert_eq!(other.ask("PING"), "+PONG");
    (0..REQUESTS).for_each(|_| slow.expect(&expected));
    assert_eq!(slow.ask("PING"), "+PONG");
    // One that never reads goes when its limit says so.
    assert_eq!(server_set(&server, "client-output-buffer-limit \"pubsub 1mb 0 0\""), "+OK");
    assert_eq!(slow.ask("SUBSCRIBE channel"), "*3");
    for _ in 0..200 {
        other.send(request(&[b"PUBLISH", b"channel", &value]));
        other.line();
    }
    eventually("the subscriber is cut off", || {
        other.ask_bulk("INFO clients").contains("connected_clients:1\r\n")
    });
}

#[test]
fn clients_show_who_they_are() {
    let place = Place::new();
    let (server, port) = place.start(&["--tls-auth-clients", "yes"]);
    let stranger = Authority::new();
    let anonymous = || place.config(ALL_VERSIONS);
    let known = || place.config_as(&place.authority);
    let unknown = || place.config_as(&stranger);
    assert!(is_welcome(known(), port));
    assert!(!is_welcome(anonymous(), port) && !is_welcome(unknown(), port));
    assert_eq!(server_set(&server, "tls-auth-clients optional"), "+OK");
    assert!(is_welcome(known(), port) && is_welcome(anonymous(), port));
    assert!(!is_welcome(unknown(), port), "who shows something must show what is trusted");
    assert_eq!(server_set(&server, "tls-auth-clients no"), "+OK");
    assert!(is_welcome(anonymous(), port) && is_welcome(unknown(), port));
    // Authorities may lie in a directory, with other files beside them.
    let authorities = Folder::new();
    authorities.write("theirs.pem", &stranger.0.pem());
    authorities.write("README", "not a certificate");
    let directory = authorities.path(".").display().to_string();
    let pairs = format!("tls-auth-clients yes tls-ca-cert-file \"\" tls-ca-cert-dir {directory}");
    assert_eq!(server_set(&server, &pairs), "+OK");
    assert!(is_welcome(unknown(), port) && !is_welcome(known(), port));
    let refused = server_set(&server, "tls-ca-cert-dir \"\"");
    assert!(
        refused.contains("Unable to update TLS configuration. Check server logs."),
        "{refused}"
    );
    assert!(
        server.log().contains("tls-auth-clients requires tls-ca-cert-file or tls-ca-cert-dir"),
        "{}",
        server.log()
    );
    assert!(is_welcome(unknown(), port));
}

#[test]
fn certificates_are_replaced_while_clients_stay() {
    let place = Place::new();
    let (server, port) = place.start(&[]);
    let mut old = place.client(port);
    assert_eq!(old.ask("PING"), "+PONG");
    let shown = |client: &Client<TlsSocket>| client.0.conn.peer_certificates().unwrap()[0].clone();
    let (certificate, key) = place.authority.issue();
    place.folder.write("server.crt", &certificate);
    // The old key does not go with it.
    let path = place.path("server.crt");
    let refused = server_set(&server, &format!("tls-cert-file {path}"));
    assert!(refused.starts_with("-ERR CONFIG SET failed"), "{refused}");
    let mut before = place.client(port);
    assert_eq!(before.ask("PING"), "+PONG");
    assert!(shown(&before) == shown(&old), "what was right before still counts");
    place.folder.write("server.key", &key);
    assert_eq!(server_set(&server, &format!("tls-cert-file {path}")), "+OK");
    let mut new = place.client(port);
    assert_eq!(new.ask("PING"), "+PONG");
    assert!(shown(&new) != shown(&old));
    assert!(shown(&new) == CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap());
    assert_eq!(old.ask("PING"), "+PONG");
}

#[test]
fn sessions_may_be_resumed() {
    let place = Place::new();
    let (server, port) = place.start(&[]);
    for version in ALL_VERSIONS {
        let mut config = place.config(&[version]);
        config.resumption = Resumption::in_memory_sessions(10);
        let config = Arc::new(config);
        let kind = || {
            let mut client = connect(&config, port);
            assert_eq!(client.ask("PING"), "+PONG");
            client.0.conn.handshake_kind().unwrap()
        };
        assert_eq!(server_set(&server, "tls-session-caching yes"), "+OK");
        assert_eq!((kind(), kind()), (HandshakeKind::Full, HandshakeKind::Resumed));
        assert_eq!(server_set(&server, "tls-session-caching no"), "+OK");
        assert_eq!((kind(), kind()), (HandshakeKind::Full, HandshakeKind::Full));
        assert_eq!(
            server_set(&server, "tls-session-caching yes tls-session-cache-timeout 0"),
            "+OK"
        );
        assert_eq!((kind(), kind()), (HandshakeKind::Full, HandshakeKind::Full));
        assert_eq!(server_set(&server, "tls-session-cache-timeout 300"), "+OK");
    }
}

#[test]
fn versions_and_ciphers_are_the_servers_to_choose() {
    let place = Place::new();
    let (server, port) = place.start(&["--tls-protocols", "TLSv1.2"]);
    assert!(!is_welcome(place.config(&[&version::TLS13]), port));
    let mut client = place.client(port);
    assert_eq!(client.ask("PING"), "+PONG");
    assert_eq!(client.0.conn.protocol_version(), Some(ProtocolVersion::TLSv1_2));
    let chosen = || {
        let mut client = place.client(port);
        assert_eq!(client.ask("PING"), "+PONG");
        client.0.conn.negotiated_cipher_suite().unwrap().suite()
    };
    let cipher = "ECDHE-ECDSA-CHACHA20-POLY1305";
    assert_eq!(server_set(&server, &format!("tls-ciphers {cipher}")), "+OK");
    assert_eq!(chosen(), rustls::CipherSuite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256);
    let both = "TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256";
    let pairs = format!("tls-protocols \"\" tls-ciphersuites {both}");
    assert_eq!(server_set(&server, &pairs), "+OK");
    assert_eq!(chosen(), rustls::CipherSuite::TLS13_AES_128_GCM_SHA256, "as the client prefers");
    assert_eq!(server_set(&server, "tls-prefer-server-ciphers yes"), "+OK");
    assert_eq!(chosen(), rustls::CipherSuite::TLS13_CHACHA20_POLY1305_SHA256);
    for refused in ["tls-ciphers HIGH", "tls-protocols TLSv1.1", "tls-key-file-pass x"] {
        let reply = server_set(&server, refused);
        assert!(reply.starts_with("-ERR CONFIG SET failed"), "{refused}: {reply}");
    }
    assert_eq!(chosen(), rustls::CipherSuite::TLS13_CHACHA20_POLY1305_SHA256);
}

#[test]
fn garbage_ends_its_connection_only() {
    let place = Place::new();
    let (server, port) = place.start(&["--loglevel", "verbose"]);
    let mut client = place.client(port);
    assert_eq!(client.ask("PING"), "+PONG");
    let mut plain = Client::tcp(port);
    plain.send("*1\r\n$4\r\nPING\r\n");
    // A fatal alert, in the clear: unexpected message.
    plain.expect([21, 3, 3, 0, 2, 2]);
    eventually("the log says so", || server.log().contains("TLS failed address=127.0.0.1:"));
    // A record that nobody sealed.
    client.0.sock.set_nodelay(true).unwrap();
    std::io::Write::write_all(&mut client.0.sock, &[23, 3, 3, 0, 32]).unwrap();
    std::io::Write::write_all(&mut client.0.sock, &[7; 32]).unwrap();
    let mut rest = Vec::new();
    assert!(std::io::Read::read_to_end(&mut client.0, &mut rest).is_err() && rest.is_empty());
    // One that says nothing, and one that stops in the middle of its handshake.
    let _silent = Client::tcp(port);
    let mut half = Client::tcp(port);
    half.send([22, 3, 1, 2, 0, 1]);
    assert_eq!(place.client(port).ask("PING"), "+PONG");
}

/// What comes may be torn, cut off or changed anywhere, before the handshake and in it.
#[test]
fn no_bytes_harm_the_server() {
    use std::io::{Read, Write};
    const ROUNDS: u64 = 300;
    let place = Place::new();
    let (_server, port) = place.start(&["--tls-auth-clients", "optional"]);
    let whole = place.config_as(&place.authority);
    let mut in_fragments = whole.clone();
    in_fragments.max_fragment_size = Some(200);
    let configs = [Arc::new(whole), Arc::new(in_fragments)];
    for seed in 0..ROUNDS {
        let config = &configs[seed as usize % 2];
        let mut random = Random::new(Seed(seed));
        let mut socket = Client::tcp(port).0;
        socket.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        let mut session = ClientConnection::new(Arc::clone(config), name).unwrap();
        // Flights of the handshake, then data, until one is spoilt.
        for _ in 0..4 {
            let _ = session.writer().write_all(b"PING\r\n");
            let mut bytes = Vec::new();
            while session.wants_write() {
                session.write_tls(&mut bytes).unwrap();
            }
            let is_spoilt = !bytes.is_empty() && random.below(3) == 0;
            for _ in 0..if is_spoilt { 1 + random.below(3) } else { 0 } {
                let at = random.below(bytes.len());
                match random.below(3) {
                    0 => bytes[at] ^= 1 << random.below(8),
                    1 => bytes.truncate(at + 1),
                    _ => drop(bytes.splice(at..at, [22, 3, 3, 0, 1, 24])),
                }
            }
            let mut rest = bytes.as_slice();
            while !rest.is_empty() {
                let (piece, more) = rest.split_at(rest.len().min(1 + random.below(200)));
                if socket.write_all(piece).is_err() {
                    break;
                }
                rest = more;
                thread::sleep(Duration::from_micros(random.below(300) as u64));
            }
            let mut answer = vec![0; 16 * 1024];
            match socket.read(&mut answer) {
                Ok(0) => break,
                Ok(len) => {
                    let _ = session.read_tls(&mut &answer[..len]);
                    if session.process_new_packets().is_err() {
                        break;
                    }
                }
                Err(_) if is_spoilt => break,
                Err(_) => {}
            }
        }
    }
    assert_eq!(place.client(port).ask("PING"), "+PONG");
}

#[test]
fn an_idle_client_is_little_more_than_its_keys() {
    const CLIENTS: usize = 500;
    let place = Place::new();
    let (server, port) = place.start(&["--tls-session-caching", "no"]);
    let config = Arc::new(place.config(ALL_VERSIONS));
    let greet = || {
        let mut client = connect(&config, port);
        assert_eq!(client.ask("PING"), "+PONG");
        client
    };
    let _first: Vec<_> = (0..50).map(|_| greet()).collect();
    let before = server.resident_bytes();
    let _more: Vec<_> = (0..CLIENTS).map(|_| greet()).collect();
    let each = server.resident_bytes().saturating_sub(before) / CLIENTS as u64;
    assert!(each < 8 * 1024, "{each} bytes a client");
}

#[test]
fn what_cannot_be_is_refused_at_once() {
    let place = Place::new();
    let (certificate, key) = (place.path("server.crt"), place.path("server.key"));
    let other_key = place.folder.write("other.key", &KeyPair::generate().unwrap().serialize_pem());
    let other_key = other_key.display().to_string();
    let nothing = place.folder.write("empty", "").display().to_string();
    let with = |flags: &[&str]| {
        let base =
            ["--port", "0", "--bind", "127.0.0.1", "--tls-port", "1", "--tls-auth-clients", "no"];
        let output = redstart().args(base).args(flags).output().unwrap();
        assert!(!output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };
    for (flags, reason) in [
        (&[][..], "tls-port requires tls-cert-file, which is not set"),
        (&["--tls-cert-file", &certificate], "tls-port requires tls-key-file"),
        (&["--tls-cert-file", "/no/such", "--tls-key-file", &key], "/no/such: No such file"),
        (
            &["--tls-cert-file", &nothing, "--tls-key-file", &key],
            "no PEM-encoded certificate found",
        ),
        (&["--tls-cert-file", &certificate, "--tls-key-file", &other_key], "tls-key-file: keys"),
        (&["--tls-key-file-pass", "secret"], "private keys with a password are not supported"),
        (&["--tls-dh-params-file", &nothing], "keys are exchanged on elliptic curves only"),
        (&["--tls-replication", "yes"], "replication is not supported"),
    ] {
        let said = with(flags);
        assert!(said.contains(reason) && said.lines().count() == 1, "{flags:?}: {said}");
    }
}
