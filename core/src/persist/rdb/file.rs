//! A snapshot of all data: Redis's `dump.rdb`.
//!
//! ```text
//!  REDIS0010   parts ...   ff   checksum          the version in four digits; u64, or 0 for none
//!
//!  fa name value           something to know of the file: who wrote it, when
//!  fe index                the database that what follows belongs to
//!  fb keys expiring        how many keys it has
//!  [fc u64 | fd u32] [f8 seconds] [f9 u8] kind key value
//!                          a key, with its deadline in milliseconds or seconds and how long it was not used or how often
//! ```
//!
//! The version that is written is the oldest that can tell all values: see [`dump`](super::dump) for why. Neither side does I/O: whoever writes
//! takes what is there by now as often as it likes, and whoever reads passes what it has.

use alloc::{borrow::Cow, vec::Vec};
use core::mem;

use super::{Corrupt, Kind, Limits, Loaded, Reader, Version, Writer, crc64, load, lzf, save};
use crate::{time::UnixMillis, value::record::Record};

const MAGIC: &[u8; 5] = b"REDIS";
const VERSION_DIGITS: usize = 4;

const FUNCTION: u8 = 0xf5;
const IDLE: u8 = 0xf8;
const FREQUENCY: u8 = 0xf9;
const AUXILIARY: u8 = 0xfa;
const SIZES: u8 = 0xfb;
const DEADLINE_MS: u8 = 0xfc;
const DEADLINE_SECONDS: u8 = 0xfd;
const DATABASE: u8 = 0xfe;
const END: u8 = 0xff;

/// When or how often a key was used, as far as a file tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Usage {
    /// It does not.
    Unknown,
    /// Seconds since the last use.
    Idle(u64),
    /// The counter of uses.
    Frequency(u8),
}

/// A part of a file.
#[derive(Debug)]
pub enum Part<'a> {
    /// Something to know of the file.
    Auxiliary(Cow<'a, [u8]>, Cow<'a, [u8]>),
    /// The database of the keys that follow.
    Database(u64),
    /// How many keys the database has, and how many of them expire.
    Sizes(u64, u64),
    /// A library of functions.
    Function(Cow<'a, [u8]>),
    /// A key.
    Record {
        /// The key.
        key: Cow<'a, [u8]>,
        /// Its value.
        value: Loaded<'a>,
        /// When it expires.
        deadline: Option<UnixMillis>,
        /// When it was used.
        usage: Usage,
    },
    /// There is no more.
    End,
}

/// Writes a file.
#[derive(Debug)]
pub struct FileWriter<'a> {
    writer: Writer<'a>,
    version: Version,
    checksum: crc64::Sum,
}

impl<'a> FileWriter<'a> {
    /// A file for readers of `version`; with a compressor, long strings are compressed.
    #[must_use]
    pub fn new(version: Version, compressor: Option<&'a mut lzf::Compressor>) -> Self {
        let mut writer = Writer::new(Vec::new(), compressor);
        writer.bytes(MAGIC);
        let Version(number) = version;
        writer.bytes(&[1000, 100, 10, 1].map(|place| b'0' + (number / place % 10) as u8));
        Self { writer, version, checksum: crc64::Sum::default() }
    }

    /// Something to know of the file.
    pub fn auxiliary(&mut self, name: &[u8], value: &[u8]) {
        self.writer.byte(AUXILIARY);
        self.writer.string(name);
        self.writer.string(value);
    }

    /// The database of the keys that follow, how many it has and how many of them expire.
    pub fn database(&mut self, index: usize, keys: usize, expiring: usize) {
        self.writer.byte(DATABASE);
        self.writer.count(index);
        self.writer.byte(SIZES);
        self.writer.count(keys);
        self.writer.count(expiring);
    }

    /// A key. Its value must be one that the version [can tell](Kind::since).
    pub fn record(&mut self, record: &Record, usage: Usage) {
        if let Some(deadline) = record.deadline() {
            self.writer.byte(DEADLINE_MS);
            self.writer.millis(deadline.0 as i64);
        }
        match usage {
            Usage::Unknown => {}
            Usage::Idle(seconds) => {
                self.writer.byte(IDLE);
                self.writer.length(seconds);
            }
            Usage::Frequency(counter) => self.writer.bytes(&[FREQUENCY, counter]),
        }
        let kind = Kind::of(record.value(), self.version);
        self.writer.byte(kind as u8);
        self.writer.string(record.key());
        save(record.value(), kind, &mut self.writer);
    }

    /// Returns the number of bytes written since the last [`take`](Self::take).
    #[must_use]
    pub fn len(&mut self) -> usize {
        self.writer.out().len()
    }

    /// What was written since the last time.
    pub fn take(&mut self) -> Vec<u8> {
        let written = mem::take(self.writer.out());
        self.checksum.add(&written);
        written
    }

    /// The end of the file.
    #[must_use]
    pub fn finish(mut self) -> Vec<u8> {
        self.writer.byte(END);
        let mut written = self.take();
        written.extend_from_slice(&self.checksum.total().to_le_bytes());
        written
    }
}

/// Reads a file, part by part.
#[derive(Debug, Default)]
pub struct FileReader {
    version: Option<Version>,
    checksum: crc64::Sum,
}

impl FileReader {
    /// The next part of the file, which `input` goes on with; `input` is then what follows it.
    ///
    /// # Errors
    /// There is no part there. `input` has not moved, so if it ends before the file does, the same can be tried with more of it.
    pub fn part<'a>(&mut self, input: &mut &'a [u8], limits: &Limits) -> Result<Part<'a>, Corrupt> {
        let mut rest = *input;
        let mut version = self.version;
        if version.is_none() {
            version = Some(header(&mut rest)?);
        }
        let mut reader = Reader::limited(rest, limits.expansion_bytes);
        let part = part(&mut reader, limits)?;
        let used = input.len() - reader.left();
        let mut checksum = self.checksum.clone();
        checksum.add(&input[..used]);
        if matches!(part, Part::End) && version >= Some(Version(5)) {
            let written = u64::from_le_bytes(reader.array()?);
            if written != 0 && written != checksum.total() {
                return Err(Corrupt);
            }
        }
        *input = &input[input.len() - reader.left()..];
        (self.version, self.checksum) = (version, checksum);
        Ok(part)
    }
}

fn header(rest: &mut &[u8]) -> Result<Version, Corrupt> {
    let mut reader = Reader::new(rest);
    let is_magic = reader.array()? == *MAGIC;
    let digits: [u8; VERSION_DIGITS] = reader.array()?;
    let number = digits.iter().try_fold(0, |number, digit| {
        digit.is_ascii_digit().then(|| number * 10 + u16::from(digit - b'0'))
    });
    let version = number.map(Version).filter(|&version| is_magic && version <= Version::NEWEST);
    *rest = &rest[MAGIC.len() + VERSION_DIGITS..];
    version.ok_or(Corrupt)
}

fn part<'a>(reader: &mut Reader<'a>, limits: &Limits) -> Result<Part<'a>, Corrupt> {
    let mut deadline = None;
    let mut usage = Usage::Unknown;
    loop {
        match reader.byte()? {
            AUXILIARY => return Ok(Part::Auxiliary(reader.string()?, reader.string()?)),
            DATABASE => return Ok(Part::Database(reader.length()?)),
            SIZES => return Ok(Part::Sizes(reader.length()?, reader.length()?)),
            FUNCTION => return Ok(Part::Function(reader.string()?)),
            END => return Ok(Part::End),
            DEADLINE_MS => deadline = Some(UnixMillis(reader.millis()?.max(0) as u64)),
            DEADLINE_SECONDS => {
                let seconds = u32::from_le_bytes(reader.array()?);
                deadline = Some(UnixMillis(u64::from(seconds) * 1_000));
            }
            IDLE => usage = Usage::Idle(reader.length()?),
            FREQUENCY => usage = Usage::Frequency(reader.byte()?),
            kind => {
                let kind = Kind::from_byte(kind).ok_or(Corrupt)?;
                let key = reader.string()?;
                return Ok(Part::Record {
                    key,
                    value: load(kind, reader, limits)?,
                    deadline,
                    usage,
                });
            }
        }
    }
}
