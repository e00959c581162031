//! HyperLogLog: counts distinct elements in at most 12 KiB, with a standard error of 0.81 %.
//!
//! Fourteen bits of an element's hash select one of 16384 registers; the register stores the
//! longest run of zeros at the beginning of the other 50 bits, plus one. The cardinality is
//! estimated from the number of registers with each value. The value is a string, byte for byte the
//! same as Redis would write:
//!
//! ```text
//!  0      4          5        8                     16
//! +------+----------+--------+---------------------+-----------+
//! | HYLL | encoding | unused | cached cardinality  | registers |
//! +------+----------+--------+---------------------+-----------+
//! ```
//!
//! The cardinality is little-endian; its highest bit marks it as out of date. `dense` registers
//! have 6 bits each, the first in the low bits of the first byte. `sparse` registers are runs of
//! equal values: see `run`.

mod estimate;
mod run;

use alloc::vec::Vec;

use crate::number::NumberText;
use estimate::estimate;
use run::{Run, Runs, len_of_eight};

/// Number of registers.
pub const REGISTERS: usize = 1 << INDEX_BITS;

/// The values of all registers, one byte each.
pub type Registers = [u8; REGISTERS];

/// Number of hash bits that select a register.
const INDEX_BITS: u32 = 14;
/// Number of hash bits whose leading zeros are counted.
const RUN_BITS: u32 = 64 - INDEX_BITS;
const MAGIC: &[u8] = b"HYLL";
const ENCODING: usize = 4;
const DENSE: u8 = 0;
const SPARSE: u8 = 1;
/// Range of the cached cardinality; the high bit of its last byte marks it as out of date.
const CACHE: core::ops::Range<usize> = 8..16;
const HEADER_LEN: usize = 16;
const DENSE_LEN: usize = HEADER_LEN + REGISTERS * 6 / 8;
/// The greatest value of a sparse register.
const SPARSE_MAX: u8 = 32;

/// The string is not a `HyperLogLog`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotHyperLogLog;

/// The string begins like a `HyperLogLog`, but has the wrong number of sparse registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Corrupt;

/// A read-only `HyperLogLog`.
#[derive(Clone, Copy, Debug)]
pub struct HyperLogLogRef<'a>(&'a [u8]);

/// A mutable `HyperLogLog`: the bytes of its string.
#[derive(Debug)]
pub struct HyperLogLog<'a>(&'a mut Vec<u8>);

/// A hashed element: its register, and the lower bound that it sets for the register's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Element {
    index: usize,
    value: u8,
}

impl Element {
    /// Hashes the bytes of an element.
    #[must_use]
    pub fn new(bytes: &[u8]) -> Self {
        /// The seed of Redis's hash.
        const SEED: u64 = 0xadc8_3b19;
        let hash = murmur_hash64a(bytes, SEED);
        // If all other bits of the hash are zero, the value is one more.
        let rest = hash >> INDEX_BITS | 1 << RUN_BITS;
        Self { index: hash as usize % REGISTERS, value: rest.trailing_zeros() as u8 + 1 }
    }
}

impl<'a> HyperLogLogRef<'a> {
    /// Interprets a string as a `HyperLogLog`.
    ///
    /// # Errors
    ///
    /// If it does not begin like one, or if it is dense and has the wrong length.
    pub fn new(bytes: &'a [u8]) -> Result<Self, NotHyperLogLog> {
        let is_one = bytes.starts_with(MAGIC)
            && bytes.len() >= HEADER_LEN
            && match bytes[ENCODING] {
                DENSE => bytes.len() == DENSE_LEN,
                encoding => encoding == SPARSE,
            };
        is_one.then_some(Self(bytes)).ok_or(NotHyperLogLog)
    }

    /// Returns the name of the encoding.
    #[must_use]
    pub const fn encoding(self) -> &'static str {
        if self.is_sparse() { "sparse" } else { "dense" }
    }

    /// Returns `true` if the registers are stored as runs.
    #[must_use]
    pub const fn is_sparse(self) -> bool {
        self.0[ENCODING] == SPARSE
    }

    /// Returns the cached cardinality, if it is up to date.
    #[must_use]
    pub fn cached(self) -> Option<u64> {
        let (cached, _) = self.0[CACHE].as_chunks();
        let cached = u64::from_le_bytes(cached[0]);
        (cached >> 63 == 0).then_some(cached)
    }

    /// Computes the cardinality from the registers.
    ///
    /// # Errors
    ///
    /// If the registers are corrupt.
    pub fn count(self) -> Result<u64, Corrupt> {
        let mut histogram = [0; 64];
        if self.is_sparse() {
            self.runs(|run| histogram[usize::from(run.value)] += run.len as u32)?;
        } else {
            // Equal registers tend to be adjacent; several histograms, used in turn, avoid a
            // dependency between their increments.
            let mut turns = [[0; 64]; 8];
            for values in self.dense_values() {
                for (turn, value) in turns.iter_mut().zip(values) {
                    turn[usize::from(value)] += 1;
                }
            }
            for turn in turns {
                histogram
                    .iter_mut()
                    .zip(turn)
                    .for_each(|(sum, count): (&mut u32, u32)| *sum += count);
            }
        }
        Ok(estimate(&histogram))
    }

    /// Raises each of `registers` to at least its value here.
    ///
    /// # Errors
    ///
    /// If the registers here are corrupt; some of `registers` may have been raised.
    pub fn raise(self, registers: &mut Registers) -> Result<(), Corrupt> {
        if self.is_sparse() {
            let mut rest = &mut registers[..];
            return self.runs(|run| {
                let these = rest.split_off_mut(..run.len.min(rest.len())).unwrap_or_default();
                these.iter_mut().for_each(|register| *register = run.value.max(*register));
            });
        }
        let (registers, _) = registers.as_chunks_mut::<8>();
        for (registers, values) in registers.iter_mut().zip(self.dense_values()) {
            registers
                .iter_mut()
                .zip(values)
                .for_each(|(register, value)| *register = value.max(*register));
        }
        Ok(())
    }

    /// Returns `true` if adding the element would change anything.
    ///
    /// # Errors
    ///
    /// If the register does not exist.
    pub fn would_change(self, element: Element) -> Result<bool, Corrupt> {
        if self.is_sparse() {
            Ok(self.find(Place::START, element.index)?.run.value < element.value)
        } else {
            Ok(dense_value(&self.0[HEADER_LEN..], element.index) < element.value)
        }
    }

    /// Returns the runs of a sparse one as `PFDEBUG DECODE` prints them, even if they have the
    /// wrong number of registers. If the second byte of a run is missing, it is taken as zero.
    #[must_use]
    pub fn decode(self) -> Vec<u8> {
        let (mut text, mut bytes) = (Vec::new(), &self.0[HEADER_LEN..]);
        while let [first, ..] = *bytes {
            let Some(run) = Run::read(bytes).or_else(|| Run::read(&[first, 0])) else { break };
            text.extend_from_slice(match run {
                Run { value: 1.., .. } => b" v:",
                Run { bytes: 1, .. } => b" z:",
                Run { .. } => b" Z:",
            });
            if run.value > 0 {
                text.extend_from_slice(&NumberText::from(i64::from(run.value)));
                text.push(b',');
            }
            text.extend_from_slice(&NumberText::from(run.len as i64));
            bytes = bytes.get(run.bytes..).unwrap_or_default();
        }
        text.drain(..text.len().min(1));
        text
    }

    /// Returns dense registers, eight at a time.
    fn dense_values(self) -> impl Iterator<Item = [u8; 8]> {
        let (groups, _) = self.0[HEADER_LEN..].as_chunks::<6>();
        groups.iter().map(|&[a, b, c, d, e, f]| {
            let word = u64::from_le_bytes([a, b, c, d, e, f, 0, 0]);
            core::array::from_fn(|at| (word >> (6 * at)) as u8 & 0x3f)
        })
    }

    /// Passes all runs to `see`. Fails if they do not have exactly the right number of registers.
    fn runs(self, mut see: impl FnMut(Run)) -> Result<(), Corrupt> {
        let (mut bytes, mut seen) = (&self.0[HEADER_LEN..], 0);
        while !bytes.is_empty() {
            let run = Run::read(bytes).ok_or(Corrupt)?;
            seen += run.len;
            if seen > REGISTERS {
                return Err(Corrupt);
            }
            see(run);
            bytes = &bytes[run.bytes..];
        }
        if seen == REGISTERS { Ok(()) } else { Err(Corrupt) }
    }

    /// Finds the run that contains a register, beginning at `from`.
    fn find(self, from: Place, index: usize) -> Result<Found, Corrupt> {
        let (mut place, mut previous) = (from, from.at);
        loop {
            let bytes = &self.0[place.at..];
            if let Some(word) = bytes.first_chunk()
                && let Some(len) = len_of_eight(u64::from_le_bytes(*word))
                && place.first + len <= index
            {
                previous = place.at + 7;
                place = Place { at: place.at + 8, first: place.first + len };
                continue;
            }
            let run = Run::read(bytes).ok_or(Corrupt)?;
            if index < place.first + run.len {
                if place.at == from.at && from.at > HEADER_LEN {
                    // The previous run is before `from`.
                    return self.find(Place::START, index);
                }
                let before = Run::read(&self.0[previous..]).filter(|_| previous < place.at);
                let first = place.first - before.map_or(0, |before| before.len);
                return Ok(Found { place, previous: Place { at: previous, first }, run });
            }
            previous = place.at;
            place = Place { at: place.at + run.bytes, first: place.first + run.len };
        }
    }
}

impl<'a> HyperLogLog<'a> {
    /// Writes an empty one to `bytes`.
    pub fn empty(bytes: &'a mut Vec<u8>) -> Self {
        bytes.clear();
        bytes.extend_from_slice(MAGIC);
        bytes.resize(HEADER_LEN, 0);
        bytes[ENCODING] = SPARSE;
        Runs::default().with(0, REGISTERS).append_to(bytes);
        Self(bytes)
    }

    /// Interprets a string as a `HyperLogLog`.
    ///
    /// # Errors
    ///
    /// As for [`HyperLogLogRef::new`].
    pub fn new(bytes: &'a mut Vec<u8>) -> Result<Self, NotHyperLogLog> {
        HyperLogLogRef::new(bytes)?;
        Ok(Self(bytes))
    }

    /// Returns a read-only view.
    #[must_use]
    pub fn as_ref(&self) -> HyperLogLogRef<'_> {
        HyperLogLogRef(self.0)
    }

    /// Adds an element and returns `true` if that changed anything. A sparse one becomes dense when
    /// it would exceed `sparse_max_bytes`.
    ///
    /// # Errors
    ///
    /// If the registers are corrupt.
    pub fn add(&mut self, element: Element, sparse_max_bytes: usize) -> Result<bool, Corrupt> {
        let has_changed = if self.as_ref().is_sparse() {
            self.raise_sparse(Place::START, element, sparse_max_bytes)?.is_some()
        } else {
            self.raise_dense(element)
        };
        Ok(has_changed)
    }

    /// Sets the registers to `registers`, none of which may be less than the current value.
    ///
    /// # Errors
    ///
    /// If the current registers are corrupt.
    pub fn assign(
        &mut self,
        registers: &Registers,
        sparse_max_bytes: usize,
    ) -> Result<(), Corrupt> {
        let mut from = Place::START;
        let mut rest = registers.iter().enumerate().filter(|&(_, &value)| value > 0);
        while self.as_ref().is_sparse()
            && let Some((index, &value)) = rest.next()
        {
            let place = self.raise_sparse(from, Element { index, value }, sparse_max_bytes)?;
            from = place.unwrap_or(from);
        }
        if !self.as_ref().is_sparse() {
            self.write_dense(registers);
        }
        Ok(())
    }

    /// Makes a sparse one dense.
    ///
    /// # Errors
    ///
    /// If the registers are corrupt.
    pub fn make_dense(&mut self) -> Result<(), Corrupt> {
        if self.as_ref().is_sparse() {
            let mut registers = [0; REGISTERS];
            self.as_ref().raise(&mut registers)?;
            self.0.resize(DENSE_LEN, 0);
            self.0[ENCODING] = DENSE;
            self.write_dense(&registers);
        }
        Ok(())
    }

    /// Caches the cardinality until the next change.
    pub fn cache(&mut self, count: u64) {
        self.0[CACHE].copy_from_slice(&count.to_le_bytes());
    }

    /// Marks the cached cardinality as out of date.
    pub fn invalidate(&mut self) {
        self.0[CACHE.end - 1] |= 0x80;
    }

    fn write_dense(&mut self, registers: &Registers) {
        let (groups, _) = self.0[HEADER_LEN..].as_chunks_mut::<6>();
        let (registers, _) = registers.as_chunks::<8>();
        for (group, registers) in groups.iter_mut().zip(registers) {
            let word =
                registers.iter().rev().fold(0u64, |word, &value| word << 6 | u64::from(value));
            group.copy_from_slice(&word.to_le_bytes()[..6]);
        }
    }

    fn raise_dense(&mut self, Element { index, value }: Element) -> bool {
        let registers = &mut self.0[HEADER_LEN..];
        let is_higher = dense_value(registers, index) < value;
        if is_higher {
            let (at, shift) = (index * 6 / 8, index * 6 % 8);
            let field = (u16::from(value) << shift).to_le_bytes();
            let rest = (!(0x3fu16 << shift)).to_le_bytes();
            registers[at] = registers[at] & rest[0] | field[0];
            if shift > 2 {
                registers[at + 1] = registers[at + 1] & rest[1] | field[1];
            }
        }
        is_higher
    }

    /// Raises a register that is not before `from`. If that changed anything, returns a place
    /// before which nothing has changed.
    fn raise_sparse(
        &mut self,
        from: Place,
        element: Element,
        sparse_max_bytes: usize,
    ) -> Result<Option<Place>, Corrupt> {
        let Element { index, value } = element;
        if value <= SPARSE_MAX {
            let Found { place, previous, run } = self.as_ref().find(from, index)?;
            if value <= run.value {
                return Ok(None);
            }
            let split = Runs::default()
                .with(run.value, index - place.first)
                .with(value, 1)
                .with(run.value, place.first + run.len - 1 - index);
            let len = self.0.len() + split.len - run.bytes;
            if split.len <= run.bytes || len <= sparse_max_bytes {
                self.0.splice(place.at..place.at + run.bytes, split.bytes());
                self.join(previous.at);
                return Ok(Some(previous));
            }
        }
        self.make_dense()?;
        self.raise_dense(element);
        Ok(Some(from))
    }

    /// Joins equal neighbours among the few runs from `at` on. It examines as many as Redis does,
    /// because this determines the bytes that Redis writes.
    fn join(&mut self, mut at: usize) {
        const LOOKED_AT: usize = 5;
        for _ in 0..LOOKED_AT {
            let Some(run) = self.0.get(at..).and_then(Run::read) else { return };
            let next = (run.value > 0).then(|| Run::read(&self.0[at + 1..])).flatten();
            match next {
                Some(next) if next.value == run.value && run.len + next.len <= Run::VAL_MAX_LEN => {
                    let joined = Runs::default().with(run.value, run.len + next.len);
                    self.0.splice(at..at + 2, joined.bytes());
                }
                _ => at += run.bytes,
            }
        }
    }
}

/// The beginning of a run: its first byte and its first register.
#[derive(Clone, Copy)]
struct Place {
    at: usize,
    first: usize,
}

impl Place {
    const START: Self = Self { at: HEADER_LEN, first: 0 };
}

/// The run that contains a register.
struct Found {
    place: Place,
    /// The previous run, or the run itself if it is the first.
    previous: Place,
    run: Run,
}

/// Returns the value of a dense register.
fn dense_value(registers: &[u8], index: usize) -> u8 {
    let (at, shift) = (index * 6 / 8, index * 6 % 8);
    let high = registers.get(at + 1).copied().unwrap_or(0);
    (u16::from_le_bytes([registers[at], high]) >> shift) as u8 & 0x3f
}

/// `MurmurHash64A` (Austin Appleby), with words read as little-endian on every processor.
fn murmur_hash64a(bytes: &[u8], seed: u64) -> u64 {
    const M: u64 = 0xc6a4_a793_5bd1_e995;
    const R: u32 = 47;
    let mut hash = seed ^ (bytes.len() as u64).wrapping_mul(M);
    let (words, tail) = bytes.as_chunks();
    for word in words {
        let word = u64::from_le_bytes(*word).wrapping_mul(M);
        hash = (hash ^ (word ^ word >> R).wrapping_mul(M)).wrapping_mul(M);
    }
    if !tail.is_empty() {
        let word = tail.iter().rev().fold(0, |word, &byte| word << 8 | u64::from(byte));
        hash = (hash ^ word).wrapping_mul(M);
    }
    hash = (hash ^ hash >> R).wrapping_mul(M);
    hash ^ hash >> R
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Random, Seed};
    use alloc::format;
    use alloc::vec;

    const SPARSE_MAX_BYTES: usize = 3000;

    fn element(number: usize) -> Element {
        Element::new(format!("element:{number}").as_bytes())
    }

    /// Computes the registers directly, without an encoding.
    fn naive(elements: impl Iterator<Item = Element>) -> Registers {
        let mut registers = [0; REGISTERS];
        for Element { index, value } in elements {
            registers[index] = registers[index].max(value);
        }
        registers
    }

    fn registers(bytes: &[u8]) -> Registers {
        let mut registers = [0; REGISTERS];
        HyperLogLogRef::new(bytes).unwrap().raise(&mut registers).unwrap();
        registers
    }

    #[test]
    fn sparse_and_dense_hold_the_same_registers() {
        let mut random = Random::new(Seed(1));
        for below in [10, 100, 1_000, 5_000, 100_000] {
            let (mut sparse, mut dense) = (vec![], vec![]);
            HyperLogLog::empty(&mut sparse);
            HyperLogLog::empty(&mut dense).make_dense().unwrap();
            let added: Vec<_> = (0..2_000).map(|_| element(random.below(below))).collect();
            for &element in &added {
                let would = HyperLogLogRef::new(&sparse).unwrap().would_change(element);
                // The limit is so high that it stays sparse.
                let has = HyperLogLog::new(&mut sparse).unwrap().add(element, usize::MAX);
                assert_eq!(would, has);
                assert_eq!(HyperLogLogRef::new(&dense).unwrap().would_change(element), has);
                assert_eq!(HyperLogLog::new(&mut dense).unwrap().add(element, 0), has);
            }
            let expected = naive(added.iter().copied());
            assert!(registers(&sparse) == expected && registers(&dense) == expected);
            let (sparse, dense) = [&sparse, &dense].map(|b| HyperLogLogRef::new(b).unwrap()).into();
            assert_eq!((sparse.encoding(), dense.encoding()), ("sparse", "dense"));
            assert_eq!(sparse.count(), dense.count());
        }
    }

    #[test]
    fn any_number_of_registers_past_the_last_is_corrupt() {
        let longest_runs = [0x7f, 0xff].repeat(1 << 18);
        let bytes = [MAGIC, &[SPARSE], &[0; 11], longest_runs.as_slice()].concat();
        let log = HyperLogLogRef::new(&bytes).unwrap();
        assert_eq!(log.count(), Err(Corrupt));
        assert_eq!(log.raise(&mut [0; REGISTERS]), Err(Corrupt));
    }

    #[test]
    fn the_estimate_is_close_to_the_cardinality() {
        let mut bytes = vec![];
        HyperLogLog::empty(&mut bytes);
        let mut checkpoint = 1;
        for number in 1..=100_000 {
            HyperLogLog::new(&mut bytes).unwrap().add(element(number), SPARSE_MAX_BYTES).unwrap();
            if number == checkpoint {
                let count = HyperLogLogRef::new(&bytes).unwrap().count().unwrap();
                let error = (count as f64 - number as f64).abs() / number as f64;
                assert!(error < 0.03, "{count} of {number}");
                checkpoint *= 10;
            }
        }
        assert_eq!(bytes.len(), DENSE_LEN);
    }

    #[test]
    fn sparse_registers_become_dense_when_too_long_or_too_high() {
        let mut bytes = vec![];
        HyperLogLog::empty(&mut bytes);
        assert_eq!(bytes, b"HYLL\x01\0\0\0\0\0\0\0\0\0\0\0\x7f\xff");
        let mut log = HyperLogLog::new(&mut bytes).unwrap();
        assert_eq!(log.add(Element { index: 0, value: 32 }, 20), Ok(true));
        assert_eq!(log.0[HEADER_LEN..], *b"\xfc\x7f\xfe");
        assert_eq!(log.add(Element { index: 100, value: 1 }, 20), Ok(true));
        assert!(!log.as_ref().is_sparse());

        HyperLogLog::empty(&mut bytes).add(Element { index: 16383, value: 33 }, 3000).unwrap();
        assert_eq!(bytes.len(), DENSE_LEN);
        assert_eq!(registers(&bytes)[16383], 33);
    }

    #[test]
    fn equal_neighbouring_runs_are_joined() {
        let mut bytes = vec![];
        let mut log = HyperLogLog::empty(&mut bytes);
        for index in [10, 12, 11, 13, 14] {
            log.add(Element { index, value: 7 }, 3000).unwrap();
        }
        assert_eq!(log.as_ref().decode(), b"z:10 v:7,4 v:7,1 Z:16369");
        log.add(Element { index: 11, value: 9 }, 3000).unwrap();
        assert_eq!(log.as_ref().decode(), b"z:10 v:7,1 v:9,1 v:7,3 Z:16369");
    }

    #[test]
    fn merging_keeps_the_greatest_value_of_each_register() {
        let mut random = Random::new(Seed(2));
        for (left, right) in [(50, 50), (50, 20_000), (20_000, 50), (1, 0)] {
            let mut union = [0; REGISTERS];
            let mut all = vec![];
            for many in [left, right] {
                let added: Vec<_> = (0..many).map(|_| element(random.below(1_000_000))).collect();
                let mut bytes = vec![];
                let mut log = HyperLogLog::empty(&mut bytes);
                for &element in &added {
                    log.add(element, SPARSE_MAX_BYTES).unwrap();
                }
                log.as_ref().raise(&mut union).unwrap();
                all.extend(added);
            }
            let mut bytes = vec![];
            HyperLogLog::empty(&mut bytes).assign(&union, SPARSE_MAX_BYTES).unwrap();
            assert!(union == naive(all.into_iter()) && registers(&bytes) == union);
        }
    }

    #[test]
    fn a_change_invalidates_the_cached_cardinality() {
        let mut bytes = vec![];
        let mut log = HyperLogLog::empty(&mut bytes);
        assert_eq!(log.as_ref().cached(), Some(0));
        log.cache(1234);
        assert_eq!(log.as_ref().cached(), Some(1234));
        log.invalidate();
        assert_eq!(log.as_ref().cached(), None);
    }

    #[test]
    fn invalid_bytes_are_rejected() {
        let mut bytes = vec![];
        HyperLogLog::empty(&mut bytes);
        for len in 0..HEADER_LEN {
            assert_eq!(HyperLogLogRef::new(&bytes[..len]).err(), Some(NotHyperLogLog));
        }
        for runs in [&b""[..], b"\x7f", b"\x7f\xfe", b"\x7f\xff\x00", b"\xff\x7f\xff"] {
            bytes.truncate(HEADER_LEN);
            bytes.extend_from_slice(runs);
            let read = HyperLogLogRef::new(&bytes).unwrap();
            assert_eq!(read.count(), Err(Corrupt), "{runs:?}");
            assert_eq!(read.raise(&mut [0; REGISTERS]), Err(Corrupt));
            let mut log = HyperLogLog::new(&mut bytes).unwrap();
            assert_eq!(log.make_dense(), Err(Corrupt));
        }
        bytes[ENCODING] = DENSE;
        assert_eq!(HyperLogLogRef::new(&bytes).err(), Some(NotHyperLogLog));
        bytes[ENCODING] = 2;
        assert_eq!(HyperLogLogRef::new(&bytes).err(), Some(NotHyperLogLog));
    }

    #[test]
    fn editing_arbitrary_bytes_does_not_panic() {
        let mut random = Random::new(Seed(3));
        for _ in 0..20_000 {
            let mut bytes = vec![];
            HyperLogLog::empty(&mut bytes);
            bytes.truncate(HEADER_LEN);
            let len = random.below(40);
            bytes.extend((0..len).map(|_| random.below(256) as u8));
            for _ in 0..5 {
                let element =
                    Element { index: random.below(REGISTERS), value: 1 + random.below(51) as u8 };
                let read = HyperLogLogRef::new(&bytes).unwrap();
                let would = read.would_change(element);
                let added = HyperLogLog::new(&mut bytes).unwrap().add(element, 60);
                assert!(added == would || added == Err(Corrupt));
            }
        }
    }
}
