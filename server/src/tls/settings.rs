//! Conversion of the TLS parameters to rustls's configuration.
//!
//! Redis passes them to OpenSSL. rustls omits some features for security (old versions, weak
//! ciphers, key exchange without elliptic curves). A configuration that requires them is rejected
//! with the reason.

use core::time::Duration;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;

use redstart_core::config::{Config, printable};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientCertVerifierBuilder, NoServerSessionStorage, WebPkiClientVerifier};
use rustls::{
    CipherSuite, RootCertStore, ServerConfig, SupportedCipherSuite, SupportedProtocolVersion,
    version,
};

use super::sessions::Sessions;
use crate::fatal::{Fatal, plain};

/// OpenSSL's names of the TLSv1.2 ciphers; the names of the TLSv1.3 ciphers are those of the
/// standard.
const CIPHERS: [(&str, CipherSuite); 6] = [
    ("ECDHE-ECDSA-AES256-GCM-SHA384", CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384),
    ("ECDHE-ECDSA-AES128-GCM-SHA256", CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256),
    ("ECDHE-ECDSA-CHACHA20-POLY1305", CipherSuite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256),
    ("ECDHE-RSA-AES256-GCM-SHA384", CipherSuite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384),
    ("ECDHE-RSA-AES128-GCM-SHA256", CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256),
    ("ECDHE-RSA-CHACHA20-POLY1305", CipherSuite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256),
];
const CIPHERSUITES: [(&str, CipherSuite); 3] = [
    ("TLS_AES_256_GCM_SHA384", CipherSuite::TLS13_AES_256_GCM_SHA384),
    ("TLS_AES_128_GCM_SHA256", CipherSuite::TLS13_AES_128_GCM_SHA256),
    ("TLS_CHACHA20_POLY1305_SHA256", CipherSuite::TLS13_CHACHA20_POLY1305_SHA256),
];
/// The supported versions and their names.
const PROTOCOLS: [(&str, &SupportedProtocolVersion); 2] =
    [("TLSv1.2", &version::TLS12), ("TLSv1.3", &version::TLS13)];

type Result<T> = core::result::Result<T, Fatal>;

/// Reads the settings, including the files that the configuration names.
pub(super) fn read(config: &Config) -> Result<ServerConfig> {
    let certificates = named("tls-cert-file", &config.tls_cert_file, certificates)?;
    let key = named("tls-key-file", &config.tls_key_file, private_key)?;
    let provider = Arc::new(provider(config)?);
    let wrong = |what: &str, error: &dyn core::fmt::Display| Fatal::new(format!("{what}: {error}"));
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&protocols(&config.tls_protocols)?)
        .map_err(|error| wrong("tls-protocols", &error))?;
    let builder = match client_verifier(config, provider)? {
        None => builder.with_no_client_auth(),
        Some(verifier) => builder.with_client_cert_verifier(
            verifier.build().map_err(|error| wrong("tls-ca-cert-file", &error))?,
        ),
    };
    let mut settings = builder
        .with_single_cert(certificates, key)
        .map_err(|error| wrong("tls-cert-file and tls-key-file", &error))?;
    settings.ignore_client_order = config.tls_prefer_server_ciphers;
    if config.tls_session_caching {
        let natural = |number: i64| u64::try_from(number).unwrap_or(0);
        settings.session_storage = Arc::new(Sessions::new(
            natural(config.tls_session_cache_size) as usize,
            Duration::from_secs(natural(config.tls_session_cache_timeout)),
        ));
    } else {
        settings.session_storage = Arc::new(NoServerSessionStorage {});
        settings.send_tls13_tickets = 0;
    }
    Ok(settings)
}

/// Reads the file named by a required parameter.
fn named<T>(name: &str, path: &[u8], read: fn(&Path) -> Result<T>) -> Result<T> {
    if path.is_empty() {
        return Err(Fatal::new(format!("tls-port requires {name}, which is not set")));
    }
    let read = read(Path::new(OsStr::from_bytes(path)));
    read.map_err(|fatal| Fatal::new(format!("{name}: {fatal}")))
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let certificates: Vec<_> = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect)
        .map_err(|error| unreadable(path, &error, "certificate"))?;
    if certificates.is_empty() {
        return Err(unreadable(path, &pem::Error::NoItemsFound, "certificate"));
    }
    Ok(certificates)
}

fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>> {
    PrivateKeyDer::from_pem_file(path)
        .map_err(|error| unreadable(path, &error, "private key (encrypted keys are not supported)"))
}

fn unreadable(path: &Path, error: &pem::Error, missing: &str) -> Fatal {
    let path = path.display();
    Fatal::new(match error {
        pem::Error::NoItemsFound => format!("{path}: no PEM-encoded {missing} found"),
        pem::Error::Io(error) => format!("{path}: {}", plain(error)),
        error => format!("{path}: {error}"),
    })
}

/// Returns the verifier of client certificates; `None` if clients are not asked for a certificate.
fn client_verifier(
    config: &Config,
    provider: Arc<CryptoProvider>,
) -> Result<Option<ClientCertVerifierBuilder>> {
    if config.tls_auth_clients == "no" {
        return Ok(None);
    }
    let mut authorities = RootCertStore::empty();
    if !config.tls_ca_cert_file.is_empty() {
        let name = "tls-ca-cert-file";
        for certificate in named(name, &config.tls_ca_cert_file, certificates)? {
            authorities.add(certificate).map_err(|error| Fatal::new(format!("{name}: {error}")))?;
        }
    }
    if !config.tls_ca_cert_dir.is_empty() {
        add_directory(Path::new(OsStr::from_bytes(&config.tls_ca_cert_dir)), &mut authorities)?;
    }
    if authorities.is_empty() {
        return Err(Fatal::new("tls-auth-clients requires tls-ca-cert-file or tls-ca-cert-dir"));
    }
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(authorities), provider);
    let is_optional = config.tls_auth_clients == "optional";
    Ok(Some(if is_optional { verifier.allow_unauthenticated() } else { verifier }))
}

/// Adds the certificates of a directory, skipping other files.
fn add_directory(path: &Path, authorities: &mut RootCertStore) -> Result<()> {
    let entries = fs::read_dir(path).map_err(|error| {
        Fatal::new(format!("tls-ca-cert-dir: {}: {}", path.display(), plain(&error)))
    })?;
    for file in entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| path.is_file()) {
        if let Ok(certificates) = certificates(&file) {
            authorities.add_parsable_certificates(certificates);
        }
    }
    Ok(())
}

fn protocols(text: &[u8]) -> Result<Vec<&'static SupportedProtocolVersion>> {
    let text = printable(text);
    if text.trim().is_empty() {
        return Ok(PROTOCOLS.map(|(_, protocol)| protocol).to_vec());
    }
    let of_name =
        |name: &str| match PROTOCOLS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
            Some((_, protocol)) => Ok(*protocol),
            None => Err(Fatal::new(format!(
                "tls-protocols: {name} is not supported, use TLSv1.2 or TLSv1.3"
            ))),
        };
    text.split_ascii_whitespace().map(of_name).collect()
}

/// Returns rustls's crypto provider with the permitted ciphers, in order.
fn provider(config: &Config) -> Result<CryptoProvider> {
    let mut provider = ring::default_provider();
    let newer = ciphers("tls-ciphersuites", &config.tls_ciphersuites, &CIPHERSUITES)?;
    let older = ciphers("tls-ciphers", &config.tls_ciphers, &CIPHERS)?;
    let supported = |wanted: &CipherSuite| -> Option<SupportedCipherSuite> {
        provider.cipher_suites.iter().find(|suite| suite.suite() == *wanted).copied()
    };
    provider.cipher_suites = newer.iter().chain(&older).filter_map(supported).collect();
    Ok(provider)
}

/// Returns the listed ciphers; all for an empty list, or for OpenSSL's `DEFAULT`.
fn ciphers(
    parameter: &str,
    text: &[u8],
    known: &[(&str, CipherSuite)],
) -> Result<Vec<CipherSuite>> {
    let text = printable(text);
    if text.is_empty() || text == "DEFAULT" {
        return Ok(known.iter().map(|(_, suite)| *suite).collect());
    }
    let of_name = |name: &str| match known.iter().find(|(known, _)| *known == name) {
        Some((_, suite)) => Ok(*suite),
        None => {
            let names: Vec<_> = known.iter().map(|(name, _)| *name).collect();
            let names = names.join(" ");
            Err(Fatal::new(format!("{parameter}: {name} is not supported, use any of {names}")))
        }
    };
    text.split(':').map(of_name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error<T>(result: Result<T>) -> String {
        result.map(|_| ()).expect_err("refused").to_string()
    }

    #[test]
    fn the_versions_are_those_listed_or_all() {
        let names = |text: &[u8]| {
            protocols(text).map(|list| list.iter().map(|p| p.version).collect::<Vec<_>>())
        };
        let (older, newer) = (version::TLS12.version, version::TLS13.version);
        assert_eq!(names(b"").expect("the default"), [older, newer]);
        assert_eq!(names(b"tlsv1.3").expect("one"), [newer]);
        assert_eq!(
            error(protocols(b"TLSv1.1 TLSv1.2")),
            "tls-protocols: TLSv1.1 is not supported, use TLSv1.2 or TLSv1.3"
        );
    }

    #[test]
    fn ciphers_keep_the_configured_order() {
        let mut config = Config {
            tls_ciphers: b"ECDHE-RSA-CHACHA20-POLY1305".to_vec(),
            tls_ciphersuites: b"TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256".to_vec(),
            ..Config::default()
        };
        let suites: Vec<_> = provider(&config)
            .expect("all ciphers are supported")
            .cipher_suites
            .iter()
            .map(SupportedCipherSuite::suite)
            .collect();
        assert_eq!(suites, [CIPHERSUITES[2].1, CIPHERSUITES[1].1, CIPHERS[5].1]);
        config.tls_ciphers = b"HIGH:!aNULL".to_vec();
        assert!(
            error(provider(&config)).starts_with("tls-ciphers: HIGH is not supported, use any of ")
        );
        let all = provider(&Config::default()).expect("the default").cipher_suites;
        assert_eq!(all.len(), CIPHERS.len() + CIPHERSUITES.len(), "rustls supports every name");
    }

    #[test]
    fn a_missing_parameter_is_named() {
        let mut config = Config::default();
        assert_eq!(error(read(&config)), "tls-port requires tls-cert-file, which is not set");
        config.tls_cert_file = b"/nonexistent".to_vec();
        assert!(error(read(&config)).starts_with("tls-cert-file: /nonexistent: "));
    }
}
