//! A snapshot of all data: Redis's `dump.rdb`.
//!
//! ```text
//!  REDIS0010   parts ...   ff   checksum          the version in four digits; u64, or 0 for none
//!
//!  fa name value           metadata of the file: its writer, its time
//!  fe index                the database of the following keys
//!  fb keys expiring        its number of keys, and of those with an expiry
//!  [fc u64 | fd u32] [f8 seconds] [f9 u8] kind key value
//!                          a key, with its expiry in milliseconds or seconds,
//!                          and its idle time or its access counter
//! ```
//!
//! A file is written in the oldest version that can represent all its values: see
//! [`dump`](super::dump) for the reason. Neither side does I/O: the caller of the writer takes the
//! bytes written so far at any time, and the caller of the reader passes the bytes that it has.

use alloc::{borrow::Cow, vec::Vec};
use core::mem;

use super::{
    Corrupt, Kind, Limits, Loaded, Reader, Version, Writer, crc64, load, lzf, save, skip::skip,
};
use crate::{
    time::UnixMillis,
    value::{Type, record::Record},
};

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

/// The access statistics of a key, as far as the file contains them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Usage {
    /// No statistics.
    Unknown,
    /// Seconds since the last access.
    Idle(u64),
    /// The access counter.
    Frequency(u8),
}

/// A part of a file.
#[derive(Debug)]
pub enum Part<'a> {
    /// An auxiliary field: metadata of the file.
    Auxiliary(Cow<'a, [u8]>, Cow<'a, [u8]>),
    /// The database of the keys that follow.
    Database(u64),
    /// The number of keys in the database, and of those with an expiry.
    Sizes(u64, u64),
    /// A library of functions.
    Function(Cow<'a, [u8]>),
    /// A key.
    Record {
        /// The key.
        key: Cow<'a, [u8]>,
        /// Its value.
        value: Loaded<'a>,
        /// The expiry.
        deadline: Option<UnixMillis>,
        /// The access statistics.
        usage: Usage,
    },
    /// A key whose value cannot be decoded. The value was skipped.
    Undecodable {
        /// The key.
        key: Cow<'a, [u8]>,
        /// The type of its value.
        value_type: Type,
        /// The reason.
        reason: Corrupt,
    },
    /// The end of the file.
    End {
        /// Set if the checksum is correct or absent.
        is_intact: bool,
    },
}

/// A writer of files.
#[derive(Debug)]
pub struct FileWriter<'a> {
    writer: Writer<'a>,
    version: Version,
    checksum: crc64::Sum,
}

impl<'a> FileWriter<'a> {
    /// Starts a file for readers of `version`; with a compressor, long strings are compressed.
    #[must_use]
    pub fn new(version: Version, compressor: Option<&'a mut lzf::Compressor>) -> Self {
        let mut writer = Writer::new(Vec::new(), compressor);
        writer.bytes(MAGIC);
        let Version(number) = version;
        writer.bytes(&[1000, 100, 10, 1].map(|place| b'0' + (number / place % 10) as u8));
        Self { writer, version, checksum: crc64::Sum::default() }
    }

    /// Writes an auxiliary field.
    pub fn auxiliary(&mut self, name: &[u8], value: &[u8]) {
        self.writer.byte(AUXILIARY);
        self.writer.string(name);
        self.writer.string(value);
    }

    /// Writes the database of the keys that follow, its number of keys, and the number of those
    /// with an expiry.
    pub fn database(&mut self, index: usize, keys: usize, expiring: usize) {
        self.writer.byte(DATABASE);
        self.writer.count(index);
        self.writer.byte(SIZES);
        self.writer.count(keys);
        self.writer.count(expiring);
    }

    /// Writes a key. The version must [support](Kind::since) its value.
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
    pub fn untaken_bytes(&mut self) -> usize {
        self.writer.out().len()
    }

    /// Returns the bytes written since the last call.
    pub fn take(&mut self) -> Vec<u8> {
        let written = mem::take(self.writer.out());
        self.checksum.add(&written);
        written
    }

    /// Writes the end of the file, and returns the remaining bytes.
    #[must_use]
    pub fn finish(mut self) -> Vec<u8> {
        self.writer.byte(END);
        let mut written = self.take();
        written.extend_from_slice(&self.checksum.total().to_le_bytes());
        written
    }
}

/// A reader of files, part by part.
#[derive(Debug, Default)]
pub struct FileReader {
    version: Option<Version>,
    checksum: crc64::Sum,
}

impl FileReader {
    /// Reads the next part of the file from `input`, and advances `input` past it.
    ///
    /// # Errors
    ///
    /// Returns an error if there is no complete part. `input` is then unchanged, so a caller with
    /// only the start of a file can retry with more input. A complete value that cannot be decoded
    /// is not an error but [`Part::Undecodable`].
    pub fn part<'a>(&mut self, input: &mut &'a [u8], limits: &Limits) -> Result<Part<'a>, Corrupt> {
        let mut rest = *input;
        let mut version = self.version;
        if version.is_none() {
            version = Some(header(&mut rest)?);
        }
        let mut reader = Reader::limited(rest, limits.expansion_bytes);
        let mut part = part(&mut reader, limits)?;
        let used = input.len() - reader.left();
        let mut checksum = self.checksum.clone();
        checksum.add(&input[..used]);
        if let Part::End { is_intact } = &mut part
            && version >= Some(Version(5))
        {
            let written = u64::from_le_bytes(reader.array()?);
            *is_intact = written == 0 || written == checksum.total();
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
    version.ok_or(Corrupt("not an RDB file of a known version"))
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
            END => return Ok(Part::End { is_intact: true }),
            DEADLINE_MS => deadline = Some(UnixMillis(reader.millis()?.max(0) as u64)),
            DEADLINE_SECONDS => {
                let seconds = u32::from_le_bytes(reader.array()?);
                deadline = Some(UnixMillis(u64::from(seconds) * 1_000));
            }
            IDLE => usage = Usage::Idle(reader.length()?),
            FREQUENCY => usage = Usage::Frequency(reader.byte()?),
            kind => {
                let kind = Kind::from_byte(kind).ok_or(Corrupt("unknown kind of value"))?;
                let key = reader.string()?;
                let mut rest = reader.clone();
                return match load(kind, reader, limits) {
                    Ok(value) => Ok(Part::Record { key, value, deadline, usage }),
                    Err(reason) => {
                        // This also fails if the value ends early.
                        skip(kind, &mut rest)?;
                        *reader = rest;
                        Ok(Part::Undecodable { key, value_type: kind.value_type(), reason })
                    }
                };
            }
        }
    }
}
