//! The configuration: a struct of typed fields, and a table that gives each of them its Redis name.
//!
//! `CONFIG GET`, `CONFIG SET`, `CONFIG REWRITE`, the configuration file and the server's flags all
//! use [`Config::set`] and [`Config::text`]. Parameters mean what they mean in [Redis's
//! configuration](https://redis.io/docs/latest/operate/oss_and_stack/management/config/).

mod client_limits;
pub mod events;
mod parameter;
mod process;
mod table;
mod tls;

use alloc::string::String;
use alloc::vec::Vec;

use events::EventClasses;

pub use client_limits::{ClientClass, OutputLimit, OutputLimits};
pub use parameter::{Invalid, Kind, Parameter, Unit};
pub use process::{OOM_SCORE_ABSOLUTE, OOM_SCORE_RELATIVE};
pub use table::PARAMETERS;

/// All parameters, with Redis's defaults. [`PARAMETERS`] has the name, range and meaning of each.
#[derive(Clone, Debug, PartialEq)]
#[expect(
    missing_docs,
    reason = "each field is a parameter: PARAMETERS documents it under the same name"
)]
pub struct Config {
    // Network: listeners and sockets of the front end.
    pub port: i64,
    pub bind: Vec<u8>,
    pub unixsocket: Vec<u8>,
    pub unixsocketperm: i64,
    pub tcp_backlog: i64,
    pub tcp_keepalive: i64,
    pub timeout: i64,
    pub maxclients: i64,
    pub protected_mode: bool,
    pub requirepass: Vec<u8>,
    pub aclfile: Vec<u8>,
    pub acl_pubsub_default: &'static str,
    pub acllog_max_len: i64,

    // TLS, implemented by the front end.
    pub tls_port: i64,
    pub tls_cert_file: Vec<u8>,
    pub tls_key_file: Vec<u8>,
    pub tls_key_file_pass: Vec<u8>,
    pub tls_ca_cert_file: Vec<u8>,
    pub tls_ca_cert_dir: Vec<u8>,
    pub tls_auth_clients: &'static str,
    pub tls_dh_params_file: Vec<u8>,
    pub tls_protocols: Vec<u8>,
    pub tls_ciphers: Vec<u8>,
    pub tls_ciphersuites: Vec<u8>,
    pub tls_prefer_server_ciphers: bool,
    pub tls_session_caching: bool,
    pub tls_session_cache_size: i64,
    pub tls_session_cache_timeout: i64,

    // Limits on clients' requests and pending output.
    pub proto_max_bulk_len: i64,
    pub client_query_buffer_limit: i64,
    pub client_output_buffer_limit: OutputLimits,
    pub client_output_run_limit: i64,

    // Data.
    pub databases: i64,
    pub maxmemory: i64,
    /// The limit on the memory of all data and clients, in bytes, for small address spaces. Not a
    /// parameter: the front end sets it. Unlike `maxmemory`, it also holds while a command runs.
    pub memory_ceiling: Option<usize>,
    pub maxmemory_clients: i64,
    pub maxmemory_eviction_tenacity: i64,
    pub maxmemory_policy: &'static str,
    pub maxmemory_samples: i64,
    pub lfu_log_factor: i64,
    pub lfu_decay_time: i64,
    pub hll_sparse_max_bytes: i64,
    pub hz: i64,
    pub hash_max_listpack_entries: i64,
    pub hash_max_listpack_value: i64,
    pub rdbcompression: bool,
    pub set_max_intset_entries: i64,
    pub set_max_listpack_entries: i64,
    pub set_max_listpack_value: i64,
    pub list_max_listpack_size: i64,
    pub list_compress_depth: i64,
    pub stream_node_max_bytes: i64,
    pub stream_node_max_entries: i64,
    pub zset_max_listpack_entries: i64,
    pub zset_max_listpack_value: i64,

    // Observability.
    pub slowlog_log_slower_than: i64,
    pub slowlog_max_len: i64,
    pub latency_monitor_threshold: i64,
    pub latency_tracking: bool,
    pub latency_tracking_info_percentiles: Vec<f64>,
    pub notify_keyspace_events: EventClasses,
    pub tracking_table_max_keys: i64,

    // The process.
    pub loglevel: &'static str,
    pub logfile: Vec<u8>,
    pub syslog_enabled: bool,
    pub syslog_ident: Vec<u8>,
    pub syslog_facility: &'static str,
    pub crash_log_enabled: bool,
    pub always_show_logo: bool,
    pub pidfile: Vec<u8>,
    pub supervised: &'static str,
    pub daemonize: bool,
    pub shutdown_timeout: i64,
    pub shutdown_on_sigint: u8,
    pub shutdown_on_sigterm: u8,
    pub oom_score_adj: u8,
    pub oom_score_adj_values: [i64; 3],
    pub disable_thp: bool,
    pub dir: Vec<u8>,
    pub enable_debug_command: &'static str,
    pub enable_protected_configs: &'static str,

    // Accepted so that a configuration file for Redis loads; `table.rs` explains why each has no
    // effect.
    pub save: Vec<u8>,
    pub sanitize_dump_payload: &'static str,
    pub appendonly: bool,
    pub lazyfree_lazy_eviction: bool,
    pub lazyfree_lazy_expire: bool,
    pub lazyfree_lazy_server_del: bool,
    pub lazyfree_lazy_user_del: bool,
    pub lazyfree_lazy_user_flush: bool,
    pub activerehashing: bool,
    pub io_threads: i64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            port: 6379,
            bind: b"* -::*".to_vec(),
            unixsocket: Vec::new(),
            unixsocketperm: 0,
            tcp_backlog: 511,
            tcp_keepalive: 300,
            timeout: 0,
            maxclients: 10_000,
            protected_mode: true,
            requirepass: Vec::new(),
            aclfile: Vec::new(),
            acl_pubsub_default: "resetchannels",
            acllog_max_len: 128,
            tls_port: 0,
            tls_cert_file: Vec::new(),
            tls_key_file: Vec::new(),
            tls_key_file_pass: Vec::new(),
            tls_ca_cert_file: Vec::new(),
            tls_ca_cert_dir: Vec::new(),
            tls_auth_clients: "yes",
            tls_dh_params_file: Vec::new(),
            tls_protocols: Vec::new(),
            tls_ciphers: Vec::new(),
            tls_ciphersuites: Vec::new(),
            tls_prefer_server_ciphers: false,
            tls_session_caching: true,
            tls_session_cache_size: 20 * 1024,
            tls_session_cache_timeout: 300,
            proto_max_bulk_len: 512 << 20,
            client_query_buffer_limit: 1 << 30,
            client_output_buffer_limit: OutputLimits::default(),
            client_output_run_limit: 64 << 20,
            databases: 16,
            maxmemory: 0,
            memory_ceiling: None,
            maxmemory_clients: 0,
            maxmemory_eviction_tenacity: 10,
            maxmemory_policy: "noeviction",
            maxmemory_samples: 5,
            lfu_log_factor: 10,
            lfu_decay_time: 1,
            hll_sparse_max_bytes: 3000,
            hz: 10,
            hash_max_listpack_entries: 512,
            hash_max_listpack_value: 64,
            rdbcompression: true,
            set_max_intset_entries: 512,
            set_max_listpack_entries: 128,
            set_max_listpack_value: 64,
            list_max_listpack_size: -2,
            list_compress_depth: 0,
            stream_node_max_bytes: 4096,
            stream_node_max_entries: 100,
            zset_max_listpack_entries: 128,
            zset_max_listpack_value: 64,
            slowlog_log_slower_than: 10_000,
            slowlog_max_len: 128,
            latency_monitor_threshold: 0,
            latency_tracking: true,
            latency_tracking_info_percentiles: alloc::vec![50.0, 99.0, 99.9],
            notify_keyspace_events: EventClasses::default(),
            tracking_table_max_keys: 1_000_000,
            loglevel: "notice",
            logfile: Vec::new(),
            syslog_enabled: false,
            syslog_ident: b"redis".to_vec(),
            syslog_facility: "local0",
            crash_log_enabled: true,
            always_show_logo: false,
            pidfile: Vec::new(),
            supervised: "no",
            daemonize: false,
            shutdown_timeout: 10,
            shutdown_on_sigint: 0,
            shutdown_on_sigterm: 0,
            oom_score_adj: 0,
            oom_score_adj_values: [0, 200, 800],
            disable_thp: true,
            dir: Vec::new(),
            enable_debug_command: "no",
            enable_protected_configs: "no",
            save: Vec::new(),
            sanitize_dump_payload: "no",
            appendonly: false,
            lazyfree_lazy_eviction: false,
            lazyfree_lazy_expire: false,
            lazyfree_lazy_server_del: false,
            lazyfree_lazy_user_del: false,
            lazyfree_lazy_user_flush: false,
            activerehashing: true,
            io_threads: 1,
        }
    }
}

impl Config {
    /// Finds a parameter by its name or alias, ignoring case.
    #[must_use]
    pub fn parameter(name: &[u8]) -> Option<&'static Parameter> {
        PARAMETERS.iter().find(|parameter| {
            parameter.name.as_bytes().eq_ignore_ascii_case(name)
                || parameter.alias.is_some_and(|alias| alias.as_bytes().eq_ignore_ascii_case(name))
        })
    }

    /// Returns `true` if the parameter's value must not be shown. An unknown parameter may hold a
    /// secret, too: Redis has more of them, and a name may be misspelled.
    ///
    /// ```
    /// use redstart_core::config::Config;
    /// assert!(Config::is_secret(b"requirepass") && Config::is_secret(b"masterauth"));
    /// assert!(!Config::is_secret(b"timeout"));
    /// ```
    #[must_use]
    pub fn is_secret(name: &[u8]) -> bool {
        Self::parameter(name).is_none_or(|parameter| parameter.secret)
    }

    /// Sets a parameter from text, as in a configuration file or `CONFIG SET`.
    ///
    /// ```
    /// use redstart_core::config::Config;
    /// let mut config = Config::default();
    /// let limit = Config::parameter(b"proto-max-bulk-len").expect("a known parameter");
    /// config.set(limit, b"100mb").expect("a valid size");
    /// assert_eq!(config.proto_max_bulk_len, 100 * 1024 * 1024);
    /// assert_eq!(config.text(limit), b"104857600");
    /// ```
    ///
    /// # Errors
    /// Returns the reason if the text is not a valid value. The configuration is then unchanged.
    pub fn set(&mut self, parameter: &Parameter, text: &[u8]) -> Result<(), Invalid> {
        parameter.kind.store(self, text)
    }

    /// Returns a parameter as text, as `CONFIG GET` prints it.
    #[must_use]
    pub fn text(&mut self, parameter: &Parameter) -> Vec<u8> {
        parameter.kind.load(self)
    }

    /// Returns `true` if the access bits of a record count frequency (LFU) instead of time (LRU).
    #[must_use]
    pub fn counts_frequency(&self) -> bool {
        self.maxmemory_policy.ends_with("lfu")
    }

    /// Returns the number of bytes above which keys are evicted, or commands rejected, before the
    /// next command runs. Under a ceiling, this leaves headroom for what that command adds.
    #[must_use]
    pub fn memory_limit(&self) -> Option<u64> {
        let maxmemory = u64::try_from(self.maxmemory).ok().filter(|&bytes| bytes > 0);
        let ceiling = self.memory_ceiling.map(|bytes| (bytes - bytes / 8) as u64);
        maxmemory.into_iter().chain(ceiling).min()
    }

    /// Returns the number of bytes that the requests or replies of one client may use under a
    /// memory ceiling; both are copied on their way.
    #[must_use]
    pub fn client_ceiling(&self) -> Option<usize> {
        self.memory_ceiling.map(|bytes| bytes / 4)
    }

    /// Returns the number of bytes above which the largest clients are disconnected, if there is
    /// such a limit: `maxmemory-clients`, and half of a memory ceiling.
    #[must_use]
    pub fn client_memory_limit(&self) -> Option<u64> {
        /// The minimum that is needed to run any command at all.
        const LEAST_BYTES: u64 = 128 * 1024;
        let configured = match u64::try_from(self.maxmemory_clients) {
            Ok(0) => None,
            Ok(bytes) => Some(bytes),
            Err(_) if self.maxmemory == 0 => None,
            Err(_) => {
                let share = u128::from(self.maxmemory_clients.unsigned_abs());
                Some((self.maxmemory as u128 * share / 100) as u64)
            }
        };
        let ceiling = self.memory_ceiling.map(|bytes| bytes as u64 / 2);
        configured.map(|bytes| bytes.max(LEAST_BYTES)).into_iter().chain(ceiling).min()
    }

    /// Returns the parameters that differ from their defaults, with their text: those that `CONFIG
    /// REWRITE` must write.
    #[must_use]
    pub fn changed(&mut self) -> Vec<(&'static Parameter, Vec<u8>)> {
        let mut default = Self::default();
        PARAMETERS
            .iter()
            .map(|parameter| (parameter, self.text(parameter)))
            .filter(|(parameter, text)| *text != default.text(parameter))
            .collect()
    }
}

/// Converts a value to readable text. Invalid UTF-8 becomes the replacement character.
#[must_use]
pub fn printable(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
