//! Pub/Sub beside redis-server's: ten thousand subscribers, a thousand publishes a second.
//!
//! Two ways to share them out. In the first each message has ten receivers, and publishes come at
//! their times, whether or not the server keeps up: latency counts from when a message was due. In
//! the second each message goes to all ten thousand, which no server does a thousand times a second
//! on one CPU, so the next is sent when all have the last.

use std::io::{ErrorKind, Read, Write};
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};

use crate::Result;
use crate::latency::{nanoseconds, quantile_us};
use crate::process::{Program, Server};
use crate::report::{Report, Table, progress, short, thousands};

const SUBSCRIBERS: usize = 10_000;
const RECEIVERS: usize = 10;
const PUBLISHES_PER_SECOND: u32 = 1000;
/// Publishes to all in one round.
const TO_ALL: usize = 20;
/// A server that delivers nothing for so long has lost a message.
const SILENCE_LIMIT: Duration = Duration::from_secs(30);
const PUBLISHER: Token = Token(usize::MAX);

/// What one round says.
const FIGURES: [&str; 7] = [
    "1 000 publishes/s to 10 each: CPU µs a publish",
    "1 000 publishes/s to 10 each: p50 µs until delivered",
    "1 000 publishes/s to 10 each: p99 µs until delivered",
    "to all 10 000: CPU µs a publish",
    "to all 10 000: p50 µs until delivered",
    "to all 10 000: p99 µs until delivered",
    "resident KiB a subscriber",
];

#[derive(Clone, Copy, Debug)]
struct Sample([f64; FIGURES.len()]);

/// Measures both servers in turn, so many rounds of such a window.
pub(crate) fn compare(
    programs: [&Program; 2],
    rounds: usize,
    window: Duration,
    report: &mut Report,
) -> Result<()> {
    // A process may not have open what both servers' subscribers take, so each round starts them
    // anew.
    let mut samples = [Vec::new(), Vec::new()];
    for round in 0..rounds {
        for turn in 0..2 {
            let side = (round + turn) % 2;
            samples[side].push(Sample::of(programs[side], window)?);
        }
    }
    let [reference, subject] = programs;
    let mut table =
        Table::new("Pub/Sub, 10 000 subscribers", &["", &reference.label, &subject.label, "ratio"]);
    for (figure, what) in FIGURES.iter().enumerate() {
        let [reference, subject] = [0, 1].map(|side: usize| median(&samples[side], figure));
        let ratio = short(subject / reference);
        table.row(vec![(*what).to_owned(), figure_of(reference), figure_of(subject), ratio]);
    }
    report.table(&table)?;
    report.text(&format!("{rounds} rounds of {window:?}; to all, of {TO_ALL} publishes.\n"))
}

fn figure_of(number: f64) -> String {
    if number < 1000.0 { short(number) } else { thousands(number) }
}

fn median(samples: &[Sample], figure: usize) -> f64 {
    let mut figures: Vec<f64> = samples.iter().map(|sample| sample.0[figure]).collect();
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

impl Sample {
    fn of(program: &Program, window: Duration) -> Result<Self> {
        progress(&format!("{}: {SUBSCRIBERS} subscribers", program.label));
        let server = program.start(&["--maxclients", "20000"])?;
        let empty = server.rss()?;
        let mut audience = Audience::connect(&server)?;
        let kib = server.rss()?.saturating_sub(empty) as f64 / 1024.0 / SUBSCRIBERS as f64;
        let to_some = measure(&server, |latency| audience.publish_on_time(window, latency))?;
        let to_all = measure(&server, |latency| audience.publish_to_all(latency))?;
        let mut figures = [kib; FIGURES.len()];
        figures[..3].copy_from_slice(&to_some);
        figures[3..6].copy_from_slice(&to_all);
        Ok(Self(figures))
    }
}

/// CPU microseconds a publish, and the quantiles of the time until a message was delivered.
fn measure(
    server: &Server,
    publish: impl FnOnce(&mut Histogram<u64>) -> Result<usize>,
) -> Result<[f64; 3]> {
    let (before, mut latency) = (server.cpu()?, nanoseconds());
    let publishes = publish(&mut latency)?;
    let (user, system) = server.cpu()?.since(before);
    let cpu = (user + system) * 1e6 / publishes as f64;
    Ok([cpu, quantile_us(&latency, 0.5), quantile_us(&latency, 0.99)])
}

/// All subscribers, and the one who publishes.
struct Audience {
    poll: Poll,
    events: Events,
    subscribers: Vec<Subscriber>,
    publisher: TcpStream,
    buffer: Vec<u8>,
    began: Instant,
}

struct Subscriber {
    stream: TcpStream,
    /// The start of a message whose rest has not come.
    partial: Vec<u8>,
}

impl Audience {
    /// Each subscriber listens to a channel with nine others, and to the one of all.
    fn connect(server: &Server) -> Result<Self> {
        let poll = Poll::new()?;
        let mut subscribers = Vec::with_capacity(SUBSCRIBERS);
        for index in 0..SUBSCRIBERS {
            let mut stream = std::net::TcpStream::connect(server.address())?;
            let channel = channel(index % (SUBSCRIBERS / RECEIVERS));
            write!(stream, "SUBSCRIBE {channel} all\r\n")?;
            let reply = |name: &str, count| {
                format!("*3\r\n$9\r\nsubscribe\r\n${}\r\n{name}\r\n:{count}\r\n", name.len())
            };
            let expected = reply(&channel, 1) + &reply("all", 2);
            let mut heard = vec![0; expected.len()];
            stream.read_exact(&mut heard)?;
            if heard != expected.as_bytes() {
                return Err(format!("SUBSCRIBE: {}", heard.escape_ascii()).into());
            }
            stream.set_nonblocking(true)?;
            let mut stream = TcpStream::from_std(stream);
            poll.registry().register(&mut stream, Token(index), Interest::READABLE)?;
            subscribers.push(Subscriber { stream, partial: Vec::new() });
        }
        let publisher = std::net::TcpStream::connect(server.address())?;
        publisher.set_nodelay(true)?;
        publisher.set_nonblocking(true)?;
        let mut publisher = TcpStream::from_std(publisher);
        poll.registry().register(&mut publisher, PUBLISHER, Interest::READABLE)?;
        let (events, buffer) = (Events::with_capacity(1024), vec![0; 64 * 1024]);
        Ok(Self { poll, events, subscribers, publisher, buffer, began: Instant::now() })
    }

    /// Publishes at the times that the rate asks for, to one channel after the other, and waits
    /// until all is heard.
    fn publish_on_time(&mut self, window: Duration, latency: &mut Histogram<u64>) -> Result<usize> {
        let start = Instant::now();
        let interval = Duration::from_secs(1) / PUBLISHES_PER_SECOND;
        let count = (window.as_nanos() / interval.as_nanos()) as usize;
        let mut heard = 0;
        for number in 0..count {
            let due = start + interval * number as u32;
            heard += self.hear(usize::MAX, Some(due), latency)?;
            self.publish(&channel(number % (SUBSCRIBERS / RECEIVERS)), due)?;
        }
        self.hear((count * RECEIVERS).saturating_sub(heard), None, latency)?;
        Ok(count)
    }

    /// Publishes to the channel of all, one after the other is heard.
    fn publish_to_all(&mut self, latency: &mut Histogram<u64>) -> Result<usize> {
        for _ in 0..TO_ALL {
            self.publish("all", Instant::now())?;
            self.hear(SUBSCRIBERS, None, latency)?;
        }
        Ok(TO_ALL)
    }

    /// A message that tells when it was due.
    fn publish(&mut self, channel: &str, due: Instant) -> Result<()> {
        let stamp = (due - self.began).as_nanos();
        let request = format!(
            "*3\r\n$7\r\nPUBLISH\r\n${}\r\n{channel}\r\n$16\r\n{stamp:016}\r\n",
            channel.len()
        );
        // The socket's buffer has room for thousands of these.
        Ok(self.publisher.write_all(request.as_bytes())?)
    }

    /// Reads what comes until so many messages have, or until that time; returns how many have.
    fn hear(
        &mut self,
        wanted: usize,
        until: Option<Instant>,
        latency: &mut Histogram<u64>,
    ) -> Result<usize> {
        let mut heard = 0;
        while heard < wanted {
            let poll_timeout = until
                .map_or(SILENCE_LIMIT, |until| until.saturating_duration_since(Instant::now()));
            self.poll.poll(&mut self.events, Some(poll_timeout))?;
            for event in &self.events {
                if event.token() == PUBLISHER {
                    // How many each message was delivered to; the messages themselves are counted.
                    while self.publisher.read(&mut self.buffer).is_ok_and(|len| len > 0) {}
                    continue;
                }
                let subscriber = &mut self.subscribers[event.token().0];
                heard += subscriber.hear(&mut self.buffer, self.began, latency)?;
            }
            match until {
                Some(until) if Instant::now() >= until => break,
                None if self.events.is_empty() => return Err("a message was lost".into()),
                _ => {}
            }
        }
        Ok(heard)
    }
}

impl Subscriber {
    fn hear(
        &mut self,
        buffer: &mut [u8],
        began: Instant,
        latency: &mut Histogram<u64>,
    ) -> Result<usize> {
        let mut heard = 0;
        loop {
            match self.stream.read(buffer) {
                Ok(0) => return Err("the server closed a subscriber".into()),
                Ok(len) => self.partial.extend_from_slice(&buffer[..len]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(heard),
                Err(error) => return Err(error.into()),
            }
            let now = (Instant::now() - began).as_nanos() as u64;
            // A message ends with its payload, which alone is of sixteen digits.
            const TAIL: &[u8] = b"\r\n$16\r\n";
            while let Some(at) = self.partial.windows(TAIL.len()).position(|bytes| bytes == TAIL) {
                let start = at + TAIL.len();
                let Some(stamp) = self.partial.get(start..start + 16) else { break };
                let stamp: u64 = str::from_utf8(stamp)?.parse()?;
                if self.partial.len() < start + 18 {
                    break;
                }
                self.partial.drain(..start + 18);
                latency.saturating_record(now.saturating_sub(stamp));
                heard += 1;
            }
        }
    }
}

fn channel(number: usize) -> String {
    format!("channel:{number:04}")
}
