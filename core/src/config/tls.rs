//! The parameters of TLS. The engine knows nothing of it: the front end reads them, and acts when they change.

use super::parameter::{Kind, Parameter, Unit};
use super::table::{MAX_INT, PLAIN};

const EXTERNAL: Parameter = Parameter { external: true, ..PLAIN };

pub(super) const TLS: &[Parameter] = &[
    Parameter {
        name: "tls-port",
        summary: "The port to listen on for clients that speak TLS; 0 for none.",
        kind: Kind::Integer { field: |c| &mut c.tls_port, min: 0, max: 65_535, unit: Unit::Plain },
        ..EXTERNAL
    },
    Parameter {
        name: "tls-cert-file",
        summary: "The server's certificate, in PEM, with those that vouch for it.",
        kind: Kind::Text(|c| &mut c.tls_cert_file),
        ..EXTERNAL
    },
    Parameter {
        name: "tls-key-file",
        summary: "The certificate's private key, in PEM.",
        kind: Kind::Text(|c| &mut c.tls_key_file),
        ..EXTERNAL
    },
    Parameter {
        name: "tls-key-file-pass",
        summary: "The private key's password. Keys with a password are not supported.",
        kind: Kind::Empty {
            field: |c| &mut c.tls_key_file_pass,
            why: "private keys with a password are not supported; openssl pkey removes it",
        },
        secret: true,
        ..EXTERNAL
    },
    Parameter {
        name: "tls-ca-cert-file",
        summary: "The authorities whose clients are trusted, in PEM.",
        kind: Kind::Text(|c| &mut c.tls_ca_cert_file),
        ..EXTERNAL
    },
    Parameter {
        name: "tls-ca-cert-dir",
        summary: "A directory of such files.",
        kind: Kind::Text(|c| &mut c.tls_ca_cert_dir),
        ..EXTERNAL
    },
    Parameter {
        name: "tls-auth-clients",
        summary: "Whether clients must show a certificate, or may.",
        kind: Kind::Enum { field: |c| &mut c.tls_auth_clients, names: &["no", "yes", "optional"] },
        ..EXTERNAL
    },
    Parameter {
        name: "tls-dh-params-file",
        summary: "Diffie-Hellman parameters. Keys are exchanged on elliptic curves only, which need none.",
        kind: Kind::Empty {
            field: |c| &mut c.tls_dh_params_file,
            why: "keys are exchanged on elliptic curves only, which need no parameters",
        },
        ..EXTERNAL
    },
    Parameter {
        name: "tls-protocols",
        summary: "The versions that are spoken: TLSv1.2, TLSv1.3, or both; empty for both.",
        kind: Kind::Text(|c| &mut c.tls_protocols),
        ..EXTERNAL
    },
    Parameter {
        name: "tls-ciphers",
        summary: "The ciphers of TLSv1.2, by OpenSSL's names, separated by colons; empty for all that are safe.",
        kind: Kind::Text(|c| &mut c.tls_ciphers),
        ..EXTERNAL
    },
    Parameter {
        name: "tls-ciphersuites",
        summary: "The ciphers of TLSv1.3, separated by colons; empty for all.",
        kind: Kind::Text(|c| &mut c.tls_ciphersuites),
        ..EXTERNAL
    },
    Parameter {
        name: "tls-prefer-server-ciphers",
        summary: "Whether the server's order of ciphers counts, not the client's.",
        kind: Kind::Bool(|c| &mut c.tls_prefer_server_ciphers),
        ..EXTERNAL
    },
    Parameter {
        name: "tls-session-caching",
        summary: "Whether a client that comes again may resume its session.",
        kind: Kind::Bool(|c| &mut c.tls_session_caching),
        ..EXTERNAL
    },
    Parameter {
        name: "tls-session-cache-size",
        summary: "How many sessions are remembered; 0 for no limit.",
        kind: Kind::Integer {
            field: |c| &mut c.tls_session_cache_size,
            min: 0,
            max: MAX_INT,
            unit: Unit::Plain,
        },
        ..EXTERNAL
    },
    Parameter {
        name: "tls-session-cache-timeout",
        summary: "For how many seconds a session may be resumed.",
        kind: Kind::Integer {
            field: |c| &mut c.tls_session_cache_timeout,
            min: 0,
            max: MAX_INT,
            unit: Unit::Plain,
        },
        ..EXTERNAL
    },
];
