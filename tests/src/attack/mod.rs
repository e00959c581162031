//! Random calls of every command with extreme arguments, over several connections, with jumps in
//! time.
//!
//! A seed determines a session, which runs in this process ([`play`]) or in WebAssembly
//! ([`play_in_wasm`]). A session that fails is shrunk until every step is needed. The bytes of a
//! fuzzer also determine a session.

mod hostile;
mod stage;
mod steps;
mod wasm;

use std::{
    any::Any,
    panic::{self, AssertUnwindSafe},
    time::{Duration, Instant},
};

use redstart_core::random::{Random, Seed};

pub use stage::play;
pub use steps::{Step, steps};
pub use wasm::play_in_wasm;

/// The maximum number of clients at a time.
const CLIENTS: usize = 4;

/// The number of random bytes that a session is made from: about a hundred steps or more.
const SESSION_BYTES: usize = 8 * 1024;

/// The time limit for shrinking a failure.
const SHORTENING: Duration = Duration::from_secs(20);

/// Returns the session of a seed.
#[must_use]
pub fn session(seed: Seed) -> Vec<Step> {
    let mut random = Random::new(seed);
    let data: Vec<u8> = (0..SESSION_BYTES).map(|_| random.next_u64() as u8).collect();
    steps(&data)
}

/// Plays the session that a fuzzer's input determines.
pub(crate) fn check(data: &[u8]) {
    play(&steps(data));
}

/// A session that fails.
#[derive(Debug)]
pub struct Failure {
    /// The failure.
    pub message: String,
    /// A part of the session that is enough to reproduce it.
    pub steps: Vec<Step>,
}

/// Plays a session in this process. Returns the failure, if there is one, after shrinking.
#[must_use]
pub fn failure(session: Vec<Step>) -> Option<Failure> {
    let message = message(&session)?;
    let before = panic::take_hook();
    // Otherwise each attempt that still fails would be printed.
    panic::set_hook(Box::new(|_| {}));
    let steps = shortened(session);
    panic::set_hook(before);
    Some(Failure { message, steps })
}

fn message(session: &[Step]) -> Option<String> {
    panic::catch_unwind(AssertUnwindSafe(|| play(session))).err().map(|panic| text(&*panic))
}

fn text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref().copied()).unwrap_or("a panic without a text").to_owned()
}

/// Removes steps, first halves, then ever fewer, as long as the session still fails.
fn shortened(mut session: Vec<Step>) -> Vec<Step> {
    let deadline = Instant::now() + SHORTENING;
    let mut len = session.len().div_ceil(2);
    while len > 0 && Instant::now() < deadline {
        let mut end = session.len();
        while end > 0 && Instant::now() < deadline {
            let start = end.saturating_sub(len);
            let mut shorter = session.clone();
            shorter.drain(start..end);
            if message(&shorter).is_some() {
                session = shorter;
            }
            end = start;
        }
        len = if len == 1 { 0 } else { len.div_ceil(2) };
    }
    session
}
