//! The servers that Redstart is compared with, started for one suite and ended with it.

use core::{fmt, str::FromStr, time::Duration};
use std::{
    env, fs, io,
    net::{Ipv4Addr, TcpListener},
    path::{Path, PathBuf},
    process::{self, Child, Command, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::Instant,
};

use crate::{driver::TcpDriver, resp::Reply};

/// A server that Redstart is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reference {
    /// Redis 7.0, from which the corpus is recorded.
    Redis,
    /// Redict, a fork of Redis 7.2.4 with some fixes of 7.4.
    Redict,
    /// Valkey 8, a fork of Redis 7.2.4 with new commands, options and texts.
    Valkey,
}

impl Reference {
    /// Every reference, the first one to ask first.
    pub const ALL: [Self; 3] = [Self::Redis, Self::Redict, Self::Valkey];

    /// Name of the product.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Redis => "redis",
            Self::Redict => "redict",
            Self::Valkey => "valkey",
        }
    }

    /// Version of Redis that it stands for.
    #[must_use]
    pub fn version(self) -> &'static str {
        match self {
            Self::Redis => "7.0",
            Self::Redict | Self::Valkey => "7.2",
        }
    }

    /// The program to run: the one that `REDIS_SERVER`, `REDICT_SERVER` or `VALKEY_SERVER` names,
    /// else the one in `PATH`.
    #[must_use]
    pub fn program(self) -> Option<PathBuf> {
        let variable = format!("{}_SERVER", self.name().to_uppercase());
        env::var_os(variable).map(PathBuf::from).or_else(|| {
            let path = env::var_os("PATH")?;
            let mut candidates = env::split_paths(&path).map(|folder| folder.join(self.file()));
            candidates.find(|candidate| candidate.is_file())
        })
    }

    /// Starts its program, or returns `None`, and says so, on a machine without it.
    ///
    /// # Errors
    /// When the program does not start, or is of another version.
    pub fn start(self) -> io::Result<Option<Server>> {
        let Some(program) = self.program() else {
            eprintln!("skipped: {} is not in PATH", self.file());
            return Ok(None);
        };
        Server::start(self, &program).map(Some)
    }

    fn file(self) -> String {
        format!("{}-server", self.name())
    }

    /// Arguments that it needs to answer as Redis does.
    fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::Redis | Self::Redict => &[],
            Self::Valkey => VALKEY_ARGUMENTS,
        }
    }
}

/// Valkey names itself, and frees values in the background, unless it is told otherwise.
const VALKEY_ARGUMENTS: &[&str] = &[
    "--extended-redis-compatibility",
    "yes",
    "--lazyfree-lazy-eviction",
    "no",
    "--lazyfree-lazy-expire",
    "no",
    "--lazyfree-lazy-server-del",
    "no",
    "--lazyfree-lazy-user-del",
    "no",
    "--lazyfree-lazy-user-flush",
    "no",
];

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Reference {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|reference| reference.name() == name);
        found.ok_or_else(|| format!("unknown reference '{name}': expected redis, redict or valkey"))
    }
}

/// A running reference that keeps nothing and allows everything, on a free port of this machine.
pub struct Server {
    process: Child,
    folder: PathBuf,
    /// The address that it listens on.
    pub address: String,
}

impl Server {
    /// Starts `program` as `reference`.
    ///
    /// # Errors
    /// When it does not start, or is of another version.
    pub fn start(reference: Reference, program: &Path) -> io::Result<Self> {
        static STARTED: AtomicUsize = AtomicUsize::new(0);
        let number = STARTED.fetch_add(1, Ordering::Relaxed);
        let folder = env::temp_dir().join(format!("redstart-reference-{}-{number}", process::id()));
        fs::create_dir_all(&folder)?;
        // Another program may take the port before the server does. Then the server ends at once,
        // and the next port is tried.
        for _ in 0..5 {
            let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
            let process = Command::new(program)
                .args(["--port", &port.to_string(), "--bind", "127.0.0.1"])
                .args(["--save", "", "--appendonly", "no"])
                .args(["--enable-debug-command", "yes", "--enable-protected-configs", "yes"])
                .args(reference.arguments())
                .current_dir(&folder)
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()?;
            let mut server =
                Self { process, folder: folder.clone(), address: format!("127.0.0.1:{port}") };
            if server.wait_until_ready()? {
                server.expect(reference.version())?;
                return Ok(server);
            }
        }
        Err(io::Error::other(format!("{} does not start", program.display())))
    }

    fn wait_until_ready(&mut self) -> io::Result<bool> {
        let deadline = Instant::now() + Duration::from_secs(10);
        while Instant::now() < deadline && self.process.try_wait()?.is_none() {
            if TcpDriver::new(&self.address).is_ok() {
                return Ok(true);
            }
            thread::sleep(Duration::from_millis(5));
        }
        Ok(false)
    }

    /// Checks the version: the markers of the corpus hold for one.
    fn expect(&self, version: &str) -> io::Result<()> {
        let Reply::Bulk(info) = TcpDriver::new(&self.address)?.ask(&[b"INFO", b"server"])? else {
            return Err(io::Error::other("expected a bulk string from INFO"));
        };
        let info = String::from_utf8_lossy(&info);
        let found = info.lines().find_map(|line| line.strip_prefix("redis_version:"));
        let found = found.unwrap_or_default();
        match found.strip_prefix(version) {
            Some(rest) if rest.starts_with('.') => Ok(()),
            _ => Err(io::Error::other(format!("expected redis_version {version}, found {found}"))),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // There is nothing to save, and nothing to do if the process has ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}
