//! How often a cache that is too small has what it is asked for: both servers keep the same trace
//! of keys, of which few are popular and many are not, under the same policy, at the same time.
//!
//! A key that is not there is set, as a program does with a cache. The limit of memory is that of
//! so many keys in each server, so that the policies are compared and not the memory of a key; then
//! it is one limit for both, which is what a user meets. What else takes memory differs from what
//! it was when the limit was found, so the first kind is corrected by the keys that are there while
//! the caches warm up. The clocks of both tell seconds, so the trace is slow enough for keys to
//! grow old.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::thread::sleep;
use std::time::{Duration, Instant};

use redstart_core::random::{Random, Seed};

use crate::process::{Program, Server};
use crate::report::{Report, Table, progress};
use crate::{Result, aims};

/// Different keys of the trace.
const KEYS: usize = 200_000;
/// How many of them there is room for.
const ROOM: usize = 20_000;
/// The k-th key is asked for in proportion to `k` to the power of minus this.
const EXPONENT: f64 = 0.99;
const PIPELINE: usize = 100;
const ASKED_A_SECOND: usize = 12_000;
/// Limits are corrected so often, as long as the caches warm up: in the first third.
const CORRECTIONS: usize = 15;
const VALUE: &str = "sixteen-bytes...";

/// Shows the hit rates of each policy.
pub(crate) fn compare(
    programs: [&Program; 2],
    seconds: u64,
    seed: u64,
    report: &mut Report,
) -> Result<()> {
    let [reference, subject] = programs;
    let mut table = Table::new(
        "Eviction",
        &["keys found", "limit", &reference.label, &subject.label, "ratio", "aim"],
    );
    let limits = [Limit::of(reference)?, Limit::of(subject)?];
    let same_bytes = Limit { bytes_a_key: 0, ..limits[0] };
    for policy in ["allkeys-lru", "allkeys-lfu", "allkeys-random"] {
        for (limit, limits) in
            [(format!("{ROOM} keys"), limits), ("the same bytes".to_owned(), [same_bytes; 2])]
        {
            progress(&format!("{policy}: {limit}, {seconds} s"));
            let servers = [reference.start(&[])?, subject.start(&[])?];
            let mut caches = Vec::new();
            for (server, limit) in servers.iter().zip(limits) {
                caches.push(Cache::new(server, policy, limit)?);
            }
            let [found, asked] = play(&mut caches, seconds, seed)?;
            let rates = [0, 1].map(|at| found[at] as f64 / asked[at] as f64);
            let mut keys = [String::new(), String::new()];
            for (keys, server) in keys.iter_mut().zip(&servers) {
                *keys = server.client()?.command(&["DBSIZE"])?;
            }
            table.row(vec![
                policy.to_owned(),
                limit,
                format!("{:.2} % ({} keys)", 100.0 * rates[0], keys[0]),
                format!("{:.2} % ({} keys)", 100.0 * rates[1], keys[1]),
                format!("{:.3}", rates[1] / rates[0]),
                aims::verdict_at_least(rates[1] / rates[0], aims::HIT_RATIO),
            ]);
        }
    }
    report.table(&table)?;
    report.text(&format!(
        "{KEYS} keys, Zipf with exponent {EXPONENT}, {ASKED_A_SECOND} requests a second for {seconds} s, of which the last two \
         thirds count, seed {seed}.\n"
    ))
}

/// How much memory a cache may take.
#[derive(Clone, Copy)]
struct Limit {
    bytes: u64,
    /// By how much it is moved for each key that is missing of [`ROOM`].
    bytes_a_key: u64,
}

impl Limit {
    const NONE: Self = Self { bytes: 0, bytes_a_key: 0 };

    /// What a server says it uses when it has [`ROOM`] keys.
    fn of(program: &Program) -> Result<Self> {
        let server = program.start(&[])?;
        let mut cache = Cache::new(&server, "noeviction", Self::NONE)?;
        let empty = used_memory(&server)?;
        for start in (0..ROOM).step_by(PIPELINE) {
            cache.set(start..start + PIPELINE)?;
        }
        let bytes = used_memory(&server)?;
        Ok(Self { bytes, bytes_a_key: (bytes - empty) / ROOM as u64 })
    }
}

fn used_memory(server: &Server) -> Result<u64> {
    let used = server.client()?.info_number("memory", "used_memory")?;
    Ok(used.ok_or("INFO memory without used_memory")?)
}

/// Asks every cache for the same keys; how many of these were found, and how many were asked for.
fn play(caches: &mut [Cache], seconds: u64, seed: u64) -> Result<[[u64; 2]; 2]> {
    let mut random = Random::new(Seed(seed));
    let zipf = Zipf::new(KEYS);
    let (mut found, mut asked) = ([0; 2], [0; 2]);
    let began = Instant::now();
    let batches = seconds as usize * ASKED_A_SECOND / PIPELINE;
    for batch in 0..batches {
        let due = Duration::from_secs_f64((batch * PIPELINE) as f64 / ASKED_A_SECOND as f64);
        sleep(due.saturating_sub(began.elapsed()));
        let keys: Vec<usize> = (0..PIPELINE).map(|_| zipf.draw(&mut random)).collect();
        let corrects = batch < batches / 3 && batch % (batches / CORRECTIONS) == 0 && batch > 0;
        for (at, cache) in caches.iter_mut().enumerate() {
            if corrects {
                cache.correct()?;
            }
            let missing = cache.missing(&keys)?;
            if batch > batches / 3 {
                found[at] += (keys.len() - missing.len()) as u64;
                asked[at] += keys.len() as u64;
            }
            cache.set(missing.into_iter())?;
        }
    }
    Ok([found, asked])
}

/// A server that is used as a cache.
struct Cache {
    stream: BufReader<TcpStream>,
    limit: Limit,
}

impl Cache {
    fn new(server: &Server, policy: &str, limit: Limit) -> Result<Self> {
        let mut client = server.client()?;
        client.command(&["CONFIG", "SET", "maxmemory-policy", policy])?;
        client.command(&["CONFIG", "SET", "maxmemory", &limit.bytes.to_string()])?;
        let stream = TcpStream::connect(server.address())?;
        stream.set_nodelay(true)?;
        Ok(Self { stream: BufReader::new(stream), limit })
    }

    /// Moves the limit by what the keys that are missing, or too many, take.
    fn correct(&mut self) -> Result<()> {
        self.stream.get_mut().write_all(b"DBSIZE\r\n")?;
        let keys: u64 = self.line()?.trim_start_matches(':').parse()?;
        let Limit { bytes, bytes_a_key } = &mut self.limit;
        *bytes = (*bytes + ROOM as u64 * *bytes_a_key).saturating_sub(keys * *bytes_a_key);
        let command = format!("CONFIG SET maxmemory {bytes}\r\n");
        self.stream.get_mut().write_all(command.as_bytes())?;
        self.line()?;
        Ok(())
    }

    /// Those of the keys that are not there.
    fn missing(&mut self, keys: &[usize]) -> Result<Vec<usize>> {
        let requests: String = keys.iter().map(|key| format!("GET key:{key}\r\n")).collect();
        self.stream.get_mut().write_all(requests.as_bytes())?;
        let mut missing = Vec::new();
        for &key in keys {
            if self.line()? == "$-1" {
                missing.push(key);
            } else {
                self.stream.read_exact(&mut [0; VALUE.len() + 2])?;
            }
        }
        missing.sort_unstable();
        missing.dedup();
        Ok(missing)
    }

    fn set(&mut self, keys: impl Iterator<Item = usize> + Clone) -> Result<()> {
        let set = |key| format!("SET key:{key} {VALUE}\r\n");
        self.stream.get_mut().write_all(keys.clone().map(set).collect::<String>().as_bytes())?;
        for _ in keys {
            let reply = self.line()?;
            if reply != "+OK" {
                return Err(format!("SET: {reply}").into());
            }
        }
        Ok(())
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        self.stream.read_line(&mut line)?;
        Ok(line.trim_end().to_owned())
    }
}

/// Draws numbers from 0 on, the lower the more often.
struct Zipf(Vec<f64>);

impl Zipf {
    fn new(len: usize) -> Self {
        let mut sum = 0.0;
        let add = |number: usize| {
            sum += (number as f64).powf(-EXPONENT);
            sum
        };
        Self((1..=len).map(add).collect())
    }

    fn draw(&self, random: &mut Random) -> usize {
        let unit = (random.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
        let at = unit * self.0.last().copied().unwrap_or(0.0);
        self.0.partition_point(|&sum| sum <= at).min(self.0.len() - 1)
    }
}
