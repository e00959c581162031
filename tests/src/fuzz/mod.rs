//! Properties that hold for any bytes, one function per target.
//!
//! The same functions serve libFuzzer (`tests/fuzz/run`), which finds new paths by coverage, and a
//! short seeded loop in the tests ([`exercise`]). Each takes bytes, derives what it needs from them
//! with a [`Source`], and panics if its property does not hold.

mod acl;
mod glob;
mod intset;
mod listpack;
mod number;
pub(crate) mod rdb;
mod request;
mod sorted_set;
mod source;
mod stream;
mod value;

use std::{
    env, fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    time::{Duration, Instant},
};

use redstart_core::random::{Random, Seed};
pub use source::Source;

use crate::attack;

/// A property and its name.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// The name, also of the folder with its seeds.
    pub name: &'static str,
    /// Checks the property for an input.
    pub check: fn(&[u8]),
}

/// Serialized values.
pub(crate) const RDB: Target = Target { name: "rdb", check: rdb::check };

/// All targets.
pub const TARGETS: &[Target] = &[
    Target { name: "request", check: request::check },
    Target { name: "value", check: value::check },
    Target { name: "engine", check: attack::check },
    Target { name: "glob", check: glob::check },
    Target { name: "number", check: number::check },
    Target { name: "listpack", check: listpack::check },
    RDB,
    Target { name: "intset", check: intset::check },
    Target { name: "acl", check: acl::check },
    Target { name: "sorted-set", check: sorted_set::check },
    Target { name: "stream", check: stream::check },
];

/// Returns the target that the environment variable `FUZZ_TARGET` names.
#[must_use]
pub fn target_of_environment() -> Option<Target> {
    let name = env::var("FUZZ_TARGET").ok()?;
    TARGETS.iter().copied().find(|target| target.name == name)
}

/// Returns the initial inputs: the files in `tests/fuzz/corpus/<name>`.
#[must_use]
pub fn seeds(target: Target) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target.name);
    let mut paths: Vec<_> =
        fs::read_dir(folder).into_iter().flatten().flatten().map(|file| file.path()).collect();
    paths.sort();
    paths.iter().filter_map(|path| fs::read(path).ok()).collect()
}

/// Checks the seeds and mutated copies of them for `time`. Returns the number of inputs.
///
/// # Panics
/// The property does not hold; the message contains the input.
#[must_use]
pub fn exercise(target: Target, seed: Seed, time: Duration) -> usize {
    let mut random = Random::new(seed);
    let mut inputs = seeds(target);
    inputs.push(Vec::new());
    let started = Instant::now();
    let mut count = 0;
    while count < inputs.len() || started.elapsed() < time {
        let input = match inputs.get(count) {
            Some(input) => input.clone(),
            None => {
                let mut input = inputs[random.below(inputs.len())].clone();
                for _ in 0..1 + random.below(8) {
                    mutate(&mut input, &inputs, &mut random);
                }
                input
            }
        };
        let result = catch_unwind(AssertUnwindSafe(|| (target.check)(&input)));
        assert!(result.is_ok(), "target {}, input b\"{}\"", target.name, input.escape_ascii());
        count += 1;
    }
    count
}

/// Mutates an input: flips a bit, changes a byte, or removes, repeats or replaces a range.
fn mutate(input: &mut Vec<u8>, others: &[Vec<u8>], random: &mut Random) {
    const LONGEST: usize = 4_096;
    let at = random.below(input.len() + 1);
    let len = random.below(1 + 20.min(input.len() - at));
    match random.below(6) {
        0 if at < input.len() => input[at] ^= 1 << random.below(8),
        1 if at < input.len() => input[at] = random.next_u64() as u8,
        2 => input.insert(at, b"\r\n\0 *$-10\"'\\[]^?x"[random.below(17)]),
        3 => drop(input.drain(at..at + len)),
        4 => {
            let part = input[at..at + len].to_vec();
            input.splice(at..at, part);
        }
        _ => {
            let other = &others[random.below(others.len())];
            let from = random.below(other.len() + 1);
            let part = other[from..other.len().min(from + 40)].to_vec();
            input.splice(at..at, part);
        }
    }
    input.truncate(LONGEST);
}
