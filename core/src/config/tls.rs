//! TLS parameters. The engine does not use them: the front end reads and applies them.

use super::parameter::{Kind, Parameter, Unit};
use super::table::{MAX_INT, PLAIN};

const EXTERNAL: Parameter = Parameter { external: true, ..PLAIN };

pub(super) const TLS: &[Parameter] = &[
    Parameter {
        name: "tls-port",
        summary: "The port to listen on for TLS clients; 0 for none.",
        kind: Kind::Integer { field: |c| &mut c.tls_port, min: 0, max: 65_535, unit: Unit::Plain },
        ..EXTERNAL
    },
    Parameter {
        name: "tls-cert-file",
        summary: "The file with the server's certificate chain, in PEM.",
        kind: Kind::Text(|c| &mut c.tls_cert_file),
        ..EXTERNAL
    },
    Parameter {
        name: "tls-key-file",
        summary: "The file with the certificate's private key, in PEM.",
        kind: Kind::Text(|c| &mut c.tls_key_file),
        ..EXTERNAL
    },
    Parameter {
        name: "tls-key-file-pass",
        summary: "The private key's password. Encrypted keys are not supported.",
        kind: Kind::Empty {
            field: |c| &mut c.tls_key_file_pass,
            why: "private keys with a password are not supported; remove it with openssl pkey",
        },
        secret: true,
        ..EXTERNAL
    },
    Parameter {
        name: "tls-ca-cert-file",
        summary: "The file with the certificates of the trusted client CAs, in PEM.",
        kind: Kind::Text(|c| &mut c.tls_ca_cert_file),
        ..EXTERNAL
    },
    Parameter {
        name: "tls-ca-cert-dir",
        summary: "A directory of CA certificate files, in PEM.",
        kind: Kind::Text(|c| &mut c.tls_ca_cert_dir),
        ..EXTERNAL
    },
    Parameter {
        name: "tls-auth-clients",
        summary: "Whether clients must present a certificate (yes), may (optional), or are not asked (no).",
        kind: Kind::Enum { field: |c| &mut c.tls_auth_clients, names: &["no", "yes", "optional"] },
        ..EXTERNAL
    },
    Parameter {
        name: "tls-dh-params-file",
        summary: "Diffie-Hellman parameters. Not supported: key exchange uses elliptic curves only.",
        kind: Kind::Empty {
            field: |c| &mut c.tls_dh_params_file,
            why: "keys are exchanged on elliptic curves only, which need no parameters",
        },
        ..EXTERNAL
    },
    Parameter {
        name: "tls-protocols",
        summary: "The TLS versions to accept: TLSv1.2, TLSv1.3, or both; empty for both.",
        kind: Kind::Text(|c| &mut c.tls_protocols),
        ..EXTERNAL
    },
    Parameter {
        name: "tls-ciphers",
        summary: "The TLSv1.2 ciphers by their OpenSSL names, separated by colons; empty for all secure ones.",
        kind: Kind::Text(|c| &mut c.tls_ciphers),
        ..EXTERNAL
    },
    Parameter {
        name: "tls-ciphersuites",
        summary: "The TLSv1.3 ciphers, separated by colons; empty for all.",
        kind: Kind::Text(|c| &mut c.tls_ciphersuites),
        ..EXTERNAL
    },
    Parameter {
        name: "tls-prefer-server-ciphers",
        summary: "Prefers the server's order of ciphers to the client's.",
        kind: Kind::Bool(|c| &mut c.tls_prefer_server_ciphers),
        ..EXTERNAL
    },
    Parameter {
        name: "tls-session-caching",
        summary: "Enables session resumption for returning clients.",
        kind: Kind::Bool(|c| &mut c.tls_session_caching),
        ..EXTERNAL
    },
    Parameter {
        name: "tls-session-cache-size",
        summary: "The maximum number of cached sessions; 0 for no limit.",
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
        summary: "The number of seconds for which a session can be resumed.",
        kind: Kind::Integer {
            field: |c| &mut c.tls_session_cache_timeout,
            min: 0,
            max: MAX_INT,
            unit: Unit::Plain,
        },
        ..EXTERNAL
    },
];
