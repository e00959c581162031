//! TLS beside redis-server's: the load goes by redis-benchmark, which speaks TLS; what a handshake
//! takes of the server's CPU, and what a connection takes of its memory, is measured with rustls's
//! client.

use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::sleep;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::client::Resumption;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned, crypto};

use crate::Result;
use crate::load::{self, Plan, With};
use crate::process::{Program, Server};
use crate::report::{Report, Table, progress, short};

const HANDSHAKES: usize = 500;
const CONNECTIONS: usize = 1000;
/// Time for a server to shrink the buffers of idle clients.
const IDLE: Duration = Duration::from_secs(5);

/// An authority and what it has issued, in files of their own: keys on the curve P-256.
#[derive(Clone, Debug)]
pub(crate) struct Certificates {
    folder: Arc<Folder>,
    authority: PathBuf,
    root: CertificateDer<'static>,
}

#[derive(Debug)]
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl Certificates {
    pub(crate) fn new() -> Result<Self> {
        let path = std::env::temp_dir().join(format!("redstart-bench-tls-{}", std::process::id()));
        fs::create_dir_all(&path)?;
        let folder = Arc::new(Folder(path));
        let mut params = CertificateParams::new(Vec::new())?;
        params.distinguished_name.push(DnType::CommonName, "an authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;
        let mut params =
            CertificateParams::new(vec!["localhost".to_owned(), "127.0.0.1".to_owned()])?;
        params.distinguished_name.push(DnType::CommonName, "a server");
        let key = KeyPair::generate()?;
        fs::write(folder.0.join("authority"), authority.pem())?;
        fs::write(folder.0.join("certificate"), params.signed_by(&key, &authority)?.pem())?;
        fs::write(folder.0.join("key"), key.serialize_pem())?;
        let (authority, root) = (folder.0.join("authority"), authority.der().clone());
        Ok(Self { folder, authority, root })
    }

    /// The file of the authority that clients trust.
    pub(crate) fn authority(&self) -> &Path {
        &self.authority
    }

    /// Starts a server that listens for TLS as well; where it does.
    pub(crate) fn start(
        &self,
        program: &Program,
        options: &[&str],
    ) -> Result<(Server, SocketAddr)> {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let path = |name: &str| self.folder.0.join(name).display().to_string();
        let (port_text, certificate, key) = (port.to_string(), path("certificate"), path("key"));
        let tls =
            ["--tls-port", &port_text, "--tls-cert-file", &certificate, "--tls-key-file", &key];
        let more = ["--tls-auth-clients", "no"];
        let server = program.start(&[&tls[..], &more, options].concat())?;
        Ok((server, (Ipv4Addr::LOCALHOST, port).into()))
    }

    /// A client's configuration, without what would let it resume a session.
    fn client(&self) -> Result<Arc<ClientConfig>> {
        let mut roots = RootCertStore::empty();
        roots.add(self.root.clone())?;
        let provider = Arc::new(crypto::ring::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.resumption = Resumption::disabled();
        Ok(Arc::new(config))
    }
}

/// The load, then what connections take.
pub(crate) fn compare(programs: [&Program; 3], plan: Plan, report: &mut Report) -> Result<()> {
    let plan = Plan { with: With::RedisBenchmark, ..plan };
    load::compare(programs, None, &plan, report)?;
    let Some(certificates) = &plan.tls else { return Ok(()) };
    let [reference, subject, _] = programs;
    let mut table =
        Table::new("Connections over TLS", &["", &reference.label, &subject.label, "ratio"]);
    let mut row = |what: &str, [reference, subject]: [f64; 2]| {
        table.row(vec![
            what.to_owned(),
            short(reference),
            short(subject),
            short(subject / reference),
        ]);
    };
    let [reference, subject] =
        [reference, subject].map(|program| connections(program, certificates));
    let (reference, subject) = (reference?, subject?);
    row("CPU µs a full handshake, a PING and the end (TLSv1.3, P-256)", [reference.0, subject.0]);
    row("bytes of resident memory an idle connection", [reference.1, subject.1]);
    report.table(&table)
}

/// CPU microseconds a connection that comes and goes, and bytes of one that stays.
fn connections(program: &Program, certificates: &Certificates) -> Result<(f64, f64)> {
    progress(&format!("{}: handshakes and idle connections", program.label));
    // Sessions to resume would be memory of their own.
    let (server, address) = certificates.start(program, &["--tls-session-caching", "no"])?;
    let config = certificates.client()?;
    (0..HANDSHAKES / 10).try_for_each(|_| connect(&config, address).map(drop))?;
    let before = server.cpu()?;
    (0..HANDSHAKES).try_for_each(|_| connect(&config, address).map(drop))?;
    let (user, system) = server.cpu()?.since(before);
    let empty = server.rss()?;
    let open = (0..CONNECTIONS).map(|_| connect(&config, address)).collect::<Result<Vec<_>>>()?;
    sleep(IDLE);
    let bytes = server.rss()?.saturating_sub(empty) as f64 / CONNECTIONS as f64;
    drop(open);
    Ok(((user + system) * 1e6 / HANDSHAKES as f64, bytes))
}

/// A connection that has seen an answer.
fn connect(
    config: &Arc<ClientConfig>,
    address: SocketAddr,
) -> Result<StreamOwned<ClientConnection, TcpStream>> {
    let socket = TcpStream::connect(address)?;
    socket.set_nodelay(true)?;
    let session = ClientConnection::new(Arc::clone(config), ServerName::try_from("localhost")?)?;
    let mut stream = StreamOwned::new(session, socket);
    stream.write_all(b"PING\r\n")?;
    let mut pong = [0; 7];
    stream.read_exact(&mut pong)?;
    if &pong != b"+PONG\r\n" {
        return Err(format!("PING: {}", pong.escape_ascii()).into());
    }
    Ok(stream)
}
