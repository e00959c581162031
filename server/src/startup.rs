//! Startup: from the command line to a running server, and its shutdown.

use core::cell::RefCell;
use core::hash::{BuildHasher, Hasher};
use std::env;
use std::ffi::OsStr;
use std::hash::RandomState;
use std::io;
use std::net::IpAddr;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;
use std::rc::Rc;

use mio::Poll;
use redstart_core::config::{Config, printable};
use redstart_core::engine::Engine;
use redstart_core::instance::host::Host;
use redstart_core::random::Seed;
use redstart_core::{REDIS_VERSION, VERSION};
use signal_hook::low_level::signal_name;

use crate::allocator;
use crate::banner;
use crate::clock::{self, Stopwatch};
use crate::config_file::{self, Source};
use crate::crash;
use crate::directive::{Applied, Directive, accumulates};
use crate::event_loop::{End, EventLoop};
use crate::fatal::{Fatal, plain};
use crate::file_limit;
use crate::host::ServerHost;
use crate::listener::Listeners;
use crate::log::{Field, Log};
use crate::oom_score::OomScore;
use crate::pid_file::PidFile;
use crate::process::Facts;
use crate::recorder::Recorder;
use crate::supervisor::Supervisor;

/// Runs a server until it is stopped.
pub(crate) fn serve(
    source: Option<Source>,
    flags: Vec<Directive>,
    record: Option<PathBuf>,
) -> Result<(), Fatal> {
    allocator::purge_in_background();
    let mut configured = configure(source.as_ref(), flags)?;
    if configured.config.disable_thp {
        allocator::disable_huge_pages();
    }
    enter_dir(&mut configured.config)?;
    let log = open_log(&configured.config)?;
    crash::log_panics(configured.config.crash_log_enabled, log.file());
    let config_file = match source {
        Some(Source::File(path)) => Some(path),
        _ => None,
    };
    let result = run(configured, config_file, record, &log);
    if let (Err(fatal), Some(_)) = (&result, log.file()) {
        log.warning(&fatal.to_string(), &[]);
    }
    result
}

fn run(
    configured: Configured,
    config_file: Option<PathBuf>,
    record: Option<PathBuf>,
    log: &Rc<Log>,
) -> Result<(), Fatal> {
    let Configured { mut config, users, renames, ignored } = configured;
    let system = |error| Fatal::new(format!("cannot create the event poll: {}", plain(&error)));
    let poll = Poll::new().map_err(system)?;
    let registry = poll.registry().try_clone().map_err(system)?;
    limit_clients(&mut config, log);
    let listeners = Listeners::open(&config, registry, Rc::clone(log))?;
    // With port 0 the system may have chosen a port, which clients can query.
    if config.port == 0 {
        config.port = listeners.tcp_port().into();
    }
    announce(&config, &listeners, config_file.as_ref(), &ignored, log);
    let _pid_file = pid_file(&config, log);
    let supervisor = Supervisor::find(&config, Rc::clone(log));
    let listeners = Rc::new(RefCell::new(listeners));
    let (seed, start) = (seed(), clock::now());
    let recorder = match &record {
        Some(_) if !users.is_empty() || !renames.is_empty() || !config.aclfile.is_empty() => {
            return Err(Fatal::new(
                "--record: recordings support neither ACL users nor renamed commands",
            ));
        }
        Some(path) => Some(Recorder::create(path, seed, &config, start).map_err(|error| {
            Fatal::new(format!("cannot record to {}: {}", path.display(), plain(&error)))
        })?),
        None => None,
    };
    let host = ServerHost {
        log: Rc::clone(log),
        listeners: Rc::clone(&listeners),
        config_file,
        facts: Facts::gather(),
        stopwatch: Stopwatch::new(),
        recorded: recorder.as_ref().map(Recorder::stopwatch),
        oom_score: OomScore::default(),
    };
    // A failure has been logged, and the server can run without it.
    let _ = host.configure("oom-score-adj", &config);
    let has_acl_file = !config.aclfile.is_empty();
    let mut engine = Engine::with_host(config, seed, Box::new(host), start);
    if has_acl_file {
        engine.load_users().map_err(|errors| {
            Fatal::new(format!("Aborting Redis startup because of ACL errors: {errors}"))
        })?;
    }
    for rename in &renames {
        rename_command(&mut engine, rename)?;
    }
    engine
        .define_users(users.iter().map(|user| user.words.as_slice()))
        .map_err(|(index, reason)| Fatal::new(format!("{}: {reason}", users[index])))?;
    if engine.needs_no_password() {
        warn_of_strangers(engine.config(), log);
    }
    let event_loop = EventLoop::new(engine, poll, Rc::clone(&listeners), Rc::clone(log), recorder)
        .map_err(system)?;
    ready(&listeners.borrow(), log);
    supervisor.ready();
    let end = event_loop.run().map_err(system)?;
    supervisor.stopping();
    say_goodbye(end, log);
    Ok(())
}

/// The configuration from the file and the flags.
struct Configured {
    config: Config,
    /// User definitions: a name and rules each.
    users: Vec<Directive>,
    /// Renamed commands: the name and the new name each.
    renames: Vec<Directive>,
    /// Names of unsupported parameters.
    ignored: Vec<String>,
}

/// Combines the file and the flags. A flag overrides the file's value, even an invalid one.
fn configure(source: Option<&Source>, flags: Vec<Directive>) -> Result<Configured, Fatal> {
    let mut directives = source.map(config_file::read).transpose()?.unwrap_or_default();
    let canonical = |name: &str| {
        Config::parameter(name.as_bytes())
            .map_or_else(|| name.to_owned(), |found| found.name.to_owned())
    };
    directives.retain(|directive| {
        let name = canonical(&directive.name);
        accumulates(&directive.name) || !flags.iter().any(|flag| canonical(&flag.name) == name)
    });
    directives.extend(flags);
    let mut config = Config::default();
    let (mut users, mut renames, mut ignored) = (Vec::new(), Vec::new(), Vec::new());
    for directive in directives {
        if directive.name == "user" {
            users.push(directive);
        } else if directive.name == "rename-command" {
            renames.push(directive);
        } else if directive.apply(&mut config)? == Applied::Ignored {
            ignored.push(directive.name);
        }
    }
    if let (Some(user), false) = (users.first(), config.aclfile.is_empty()) {
        return Err(Fatal::new(format!("{user}: define users here or in the aclfile, not both")));
    }
    Ok(Configured { config, users, renames, ignored })
}

fn rename_command(engine: &mut Engine, rename: &Directive) -> Result<(), Fatal> {
    let result = match rename.words.as_slice() {
        [name, new_name] => engine.rename_command(name, new_name),
        _ => Err("wrong number of arguments"),
    };
    result.map_err(|reason| Fatal::new(format!("{rename}: {reason}")))
}

/// Changes to the working directory, and stores its absolute path in the configuration.
fn enter_dir(config: &mut Config) -> Result<(), Fatal> {
    let shown = printable(&config.dir);
    if !config.dir.is_empty() {
        env::set_current_dir(OsStr::from_bytes(&config.dir)).map_err(|error| {
            Fatal::new(format!("cannot change to the directory {shown}: {}", plain(&error)))
        })?;
    }
    if let Ok(dir) = env::current_dir() {
        config.dir = dir.into_os_string().into_vec();
    }
    Ok(())
}

fn open_log(config: &Config) -> Result<Rc<Log>, Fatal> {
    let log = Log::open(config).map_err(|error| {
        Fatal::new(format!(
            "cannot open the log file {}: {}",
            printable(&config.logfile),
            plain(&error)
        ))
    })?;
    Ok(Rc::new(log))
}

/// Writes the PID file if one is configured. A failure is logged and does not prevent startup.
fn pid_file(config: &Config, log: &Log) -> Option<PidFile> {
    let path = Some(&config.pidfile).filter(|path| !path.is_empty())?;
    let failed = |error: &io::Error| {
        let path = printable(path);
        log.warning("Cannot write the PID file", &[("pidfile", &path), ("error", &plain(error))]);
    };
    PidFile::write(path).inspect_err(failed).ok()
}

/// Raises the limit of open files for all clients; if that fails, lowers `maxclients`.
fn limit_clients(config: &mut Config, log: &Log) {
    let wanted = u64::try_from(config.maxclients).expect("the configuration bounds maxclients");
    let possible = file_limit::make_room(wanted).max(1);
    if possible < wanted {
        log.warning(
            "The limit of open files is too low (see ulimit -n), maxclients has been reduced",
            &[("wanted", &wanted), ("maxclients", &possible)],
        );
        config.maxclients = possible.cast_signed();
    }
}

fn announce(
    config: &Config,
    listeners: &Listeners,
    config_file: Option<&PathBuf>,
    ignored: &[String],
    log: &Log,
) {
    let pid = std::process::id();
    if log.is_terminal() || config.always_show_logo {
        let unix = listeners.unix_path().map(|path| format!(" {}", path.display()));
        let places = format!("port={}{}", listeners.port(), unix.unwrap_or_default());
        log.plain(&banner::text(&places, log.is_terminal()));
    }
    log.notice(
        &format!("Redstart is starting PID: {pid}"),
        &[
            ("version", &VERSION),
            ("redis_version", &REDIS_VERSION),
            ("port", &listeners.port()),
            ("bind", &printable(&config.bind)),
        ],
    );
    match config_file {
        Some(path) => log.notice("Configuration loaded", &[("file", &path.display())]),
        None => log.notice("No configuration file: using the defaults and the command line", &[]),
    }
    if !ignored.is_empty() {
        log.warning(
            "Ignoring Redis parameters that this version does not support",
            &[("parameters", &ignored.join(" "))],
        );
    }
    log.warning("This version does not write to disk: all data is lost when the process ends", &[]);
}

/// Warns about the exposure of a server without a password.
fn warn_of_strangers(config: &Config, log: &Log) {
    let is_far = |address: &&[u8]| {
        let address = address.strip_prefix(b"-").unwrap_or(address);
        let address = String::from_utf8_lossy(address);
        address != "localhost" && !address.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
    };
    let addresses = config.bind.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    if config.port == 0 && config.tls_port == 0
        || !addresses.clone().any(|address| is_far(&address))
    {
        return;
    }
    if config.protected_mode {
        log.notice("No password is set: protected mode accepts local clients only", &[]);
    } else {
        log.warning(
            "WARNING: ANYBODY who can reach this server may READ AND DESTROY ALL ITS DATA: no password is set, and protected-mode is off. Set requirepass, or bind to 127.0.0.1",
            &[("bind", &printable(&config.bind))],
        );
    }
}

fn ready(listeners: &Listeners, log: &Log) {
    let (port, tls_port) = (listeners.tcp_port(), listeners.tls_port());
    let unix = listeners.unix_path().map(|path| path.display().to_string()).unwrap_or_default();
    let mut fields: Vec<Field<'_>> = vec![("port", &port)];
    if tls_port > 0 {
        fields.push(("tls-port", &tls_port));
    }
    if !unix.is_empty() {
        fields.push(("unixsocket", &unix));
    }
    log.notice("Ready to accept connections", &fields);
}

fn say_goodbye(end: End, log: &Log) {
    let why = match end {
        End::Command => "SHUTDOWN",
        End::Signal(signal) => signal_name(signal).unwrap_or("a signal"),
    };
    log.notice(&format!("Received {why}, Redstart is now ready to exit, bye bye..."), &[]);
}

/// Returns an unpredictable seed: the hash keys of the standard library come from the system's
/// entropy.
fn seed() -> Seed {
    Seed(RandomState::new().build_hasher().finish())
}
