//! A server under measurement: started on a free loopback port in a directory of its own, read from
//! outside (CPU time, resident memory), ended by its process id.

use std::fs;
use std::io::{Error, ErrorKind};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::sched::{CpuSet, sched_setaffinity};
use nix::sys::signal::{Signal, kill};
use nix::time::{ClockId, clock_getcpuclockid};
use nix::unistd::Pid;

use crate::Result;
use crate::client::Client;

/// How long a server may take to answer its first `PING`: callgrind makes it fifty times slower.
const POLL_EVERY: Duration = Duration::from_micros(200);
const START_LIMIT: Duration = Duration::from_secs(60);
const STOP_LIMIT: Duration = Duration::from_secs(60);

/// What to run: a command line to which the options of one run are appended.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    pub(crate) label: String,
    pub(crate) command: Vec<String>,
    /// The CPU that the server is bound to.
    pub(crate) cpu: Option<usize>,
}

impl Program {
    pub(crate) fn new(label: &str, path: &str, options: &[&str], cpu: Option<usize>) -> Self {
        // Each server runs in a directory of its own, so a relative path must be made absolute; a
        // bare name is left to PATH.
        let absolute = Path::new(path).canonicalize().ok().filter(|_| path.contains('/'));
        let path = absolute.map_or_else(|| path.to_owned(), |path| path.display().to_string());
        let options = options.iter().map(ToString::to_string);
        Self {
            label: label.to_owned(),
            command: std::iter::once(path).chain(options).collect(),
            cpu,
        }
    }

    /// The same program under another one, such as valgrind.
    pub(crate) fn under(&self, outer: &[String]) -> Self {
        Self { command: [outer, &self.command].concat(), ..self.clone() }
    }

    /// The first line that the program prints for `--version`.
    pub(crate) fn version(&self) -> Result<String> {
        version_of(&self.command[0])
    }

    pub(crate) fn start(&self, options: &[&str]) -> Result<Server> {
        Server::start(self, options)
    }
}

/// The first line that `path --version` prints.
pub(crate) fn version_of(path: &str) -> Result<String> {
    let output =
        Command::new(path).arg("--version").output().map_err(|error| format!("{path}: {error}"))?;
    Ok(String::from_utf8_lossy(&output.stdout).lines().next().unwrap_or_default().to_owned())
}

/// A running server. Dropping it ends the process and removes its directory.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    address: SocketAddr,
    directory: PathBuf,
    clock: ClockId,
}

impl Server {
    fn start(program: &Program, options: &[&str]) -> Result<Self> {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let directory = std::env::temp_dir().join(format!("redstart-bench-{port}"));
        fs::create_dir_all(&directory)?;
        let log = fs::File::create(directory.join("log"))?;
        let child = Command::new(&program.command[0])
            .args(&program.command[1..])
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1"])
            .args(options)
            .current_dir(&directory)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .map_err(|error| format!("{}: {error}", program.command[0]))?;
        let pid = pid_of(&child);
        let address = (Ipv4Addr::LOCALHOST, port).into();
        let mut server = Self { child, address, directory, clock: clock_getcpuclockid(pid)? };
        if let Some(cpu) = program.cpu {
            bind_to_cpu(pid, cpu)?;
        }
        server.await_ready(&program.label)?;
        Ok(server)
    }

    fn await_ready(&mut self, label: &str) -> Result<()> {
        let limit = Instant::now() + START_LIMIT;
        loop {
            if let Ok(mut client) = self.client()
                && client.command(&["PING"]).is_ok()
            {
                return Ok(());
            }
            let ended = self.child.try_wait()?.map(|status| status.to_string());
            if ended.is_some() || Instant::now() > limit {
                let log = fs::read_to_string(self.directory.join("log")).unwrap_or_default();
                let how = ended.unwrap_or_else(|| "no answer to PING".to_owned());
                return Err(format!("{label} did not start: {how}\n{log}").into());
            }
            sleep(POLL_EVERY);
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    /// The CPU clock of the process, to the nanosecond.
    pub(crate) fn clock(&self) -> ClockId {
        self.clock
    }

    pub(crate) fn client(&self) -> Result<Client> {
        Client::connect(self.address)
    }

    pub(crate) fn cpu(&self) -> Result<Cpu> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        let (_, fields) = stat.rsplit_once(')').ok_or("/proc/PID/stat without a name")?;
        let mut times = fields.split_whitespace().skip(11).map(str::parse);
        let (Some(user), Some(system)) = (times.next(), times.next()) else {
            return Err("/proc/PID/stat without CPU times".into());
        };
        Ok(Cpu { run: Duration::from(self.clock.now()?), user_ticks: user?, system_ticks: system? })
    }

    /// Resident memory in bytes.
    pub(crate) fn rss(&self) -> Result<u64> {
        let smaps = fs::read_to_string(format!("/proc/{}/smaps_rollup", self.child.id()))?;
        let line = smaps
            .lines()
            .find_map(|line| line.strip_prefix("Rss:"))
            .ok_or("smaps_rollup without Rss")?;
        Ok(line.trim().trim_end_matches("kB").trim().parse::<u64>()? * 1024)
    }

    /// Asks the process to end and waits for it, so that what it writes at exit is complete.
    pub(crate) fn stop(&mut self) -> Result<()> {
        if self.child.try_wait()?.is_none() {
            kill(pid_of(&self.child), Signal::SIGTERM)?;
        }
        let limit = Instant::now() + STOP_LIMIT;
        while self.child.try_wait()?.is_none() {
            if Instant::now() > limit {
                return Err(Error::new(ErrorKind::TimedOut, "the server ignores SIGTERM").into());
            }
            sleep(Duration::from_millis(2));
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.stop().is_err() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
        let _ = fs::remove_dir_all(&self.directory);
    }
}

/// CPU time that a process has taken. The total is exact; how it splits into user and system time
/// is known in ticks of 10 ms, which the kernel scales to the total.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cpu {
    run: Duration,
    user_ticks: u64,
    system_ticks: u64,
}

impl Cpu {
    /// Seconds of user and system time since `earlier`.
    pub(crate) fn since(self, earlier: Self) -> (f64, f64) {
        let run = (self.run - earlier.run).as_secs_f64();
        let user = self.user_ticks.saturating_sub(earlier.user_ticks) as f64;
        let system = self.system_ticks.saturating_sub(earlier.system_ticks) as f64;
        let share = if user + system > 0.0 { user / (user + system) } else { 1.0 };
        (run * share, run * (1.0 - share))
    }
}

/// Binds a process, and what it starts from now on, to one CPU.
pub(crate) fn bind_to_cpu(pid: Pid, cpu: usize) -> Result<()> {
    let mut set = CpuSet::new();
    set.set(cpu)?;
    Ok(sched_setaffinity(pid, &set)?)
}

fn pid_of(child: &Child) -> Pid {
    Pid::from_raw(child.id().cast_signed())
}
