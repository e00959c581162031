//! Parameters: the name and kind of each, and how values are parsed and printed.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::Config;
use super::client_limits::OutputLimits;
use super::events::EventClasses;
use crate::number;

/// One parameter of the configuration.
#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    /// The name, as in Redis.
    pub name: &'static str,
    /// An older name that is still accepted.
    pub alias: Option<&'static str>,
    /// A one-sentence description.
    pub summary: &'static str,
    /// The type of the value, with access to the field that holds it.
    pub kind: Kind,
    /// Set if the parameter is fixed once the server runs.
    pub immutable: bool,
    /// Set if `CONFIG SET` requires `enable-protected-configs`.
    pub protected: bool,
    /// Set if the front end must apply changes.
    pub external: bool,
    /// Set if the value is a secret, which must not appear in logs or `MONITOR`.
    pub secret: bool,
}

/// The type of a parameter: the field that stores it, and how its text is parsed.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// `yes` or `no`.
    Bool(fn(&mut Config) -> &mut bool),
    /// An integer within bounds.
    Integer {
        /// The field.
        field: fn(&mut Config) -> &mut i64,
        /// The minimum.
        min: i64,
        /// The maximum.
        max: i64,
        /// The format of the number.
        unit: Unit,
    },
    /// An integer that is clamped to its bounds.
    Clamped {
        /// The field.
        field: fn(&mut Config) -> &mut i64,
        /// The minimum.
        min: i64,
        /// The maximum.
        max: i64,
    },
    /// One of several keywords.
    Enum {
        /// The field.
        field: fn(&mut Config) -> &mut &'static str,
        /// The keywords.
        names: &'static [&'static str],
    },
    /// Keywords, each of which sets bits of a number. Keywords with equal bits are synonyms.
    Words {
        /// The field.
        field: fn(&mut Config) -> &mut u8,
        /// The keywords with their bits.
        names: &'static [(&'static str, u8)],
        /// The maximum number of keywords in a value.
        most: usize,
    },
    /// Any bytes.
    Text(fn(&mut Config) -> &mut Vec<u8>),
    /// Limits on output buffers: four words per class of clients.
    OutputLimits(fn(&mut Config) -> &mut OutputLimits),
    /// Letters, each of which is a class of keyspace notifications.
    Events(fn(&mut Config) -> &mut EventClasses),
    /// Percentiles from 0 to 100, separated by spaces.
    Percentiles(fn(&mut Config) -> &mut Vec<f64>),
    /// OOM score adjustments of the process as a master, as a replica and as a background child.
    OomScores(fn(&mut Config) -> &mut [i64; 3]),
    /// `no` only: this version does not support the feature.
    Never {
        /// The field.
        field: fn(&mut Config) -> &mut bool,
        /// The reason why `yes` is rejected.
        why: &'static str,
    },
    /// Empty text only.
    Empty {
        /// The field.
        field: fn(&mut Config) -> &mut Vec<u8>,
        /// The reason why other text is rejected.
        why: &'static str,
    },
}

/// The format of an integer parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A plain number; the parameter's name and summary explain the unit.
    Plain,
    /// Bytes, with an optional unit (`64mb`). As in Redis, a number that needs all 64 bits counts
    /// as negative.
    Memory,
    /// Bytes, where a number that needs all 64 bits counts as the maximum.
    WideMemory,
    /// Bytes, or a percentage (`5%`), which is stored as a negative number.
    MemoryOrPercent,
    /// A file mode in octal.
    Octal,
}

/// The reason why a text is not a valid value of a parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid(Cow<'static, str>);

impl Invalid {
    /// Returns the reason, in Redis's words where Redis has the same error.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.0
    }

    /// Creates a reason.
    pub fn new(reason: impl Into<Cow<'static, str>>) -> Self {
        Self(reason.into())
    }
}

impl Kind {
    pub(super) fn store(&self, config: &mut Config, text: &[u8]) -> Result<(), Invalid> {
        match self {
            Self::Bool(field) => *field(config) = yes_or_no(text)?,
            Self::Integer { field, min, max, unit } => {
                *field(config) = integer(text, *min, *max, *unit)?;
            }
            Self::Clamped { field, min, max } => {
                let value = integer(text, 0, i64::from(i32::MAX), Unit::Plain)?;
                *field(config) = value.clamp(*min, *max);
            }
            Self::Enum { field, names } => {
                let name = names.iter().find(|name| name.as_bytes().eq_ignore_ascii_case(text));
                *field(config) = name.ok_or_else(|| none_of(names))?;
            }
            Self::Words { field, names, most } => {
                *field(config) = bits(text, names, *most).ok_or_else(|| {
                    none_of(&names.iter().map(|(name, _)| *name).collect::<Vec<_>>())
                })?;
            }
            Self::Text(field) => *field(config) = text.to_vec(),
            Self::OutputLimits(field) => field(config).update(text)?,
            Self::Events(field) => {
                *field(config) = EventClasses::parse(text)
                    .ok_or(Invalid::new("Invalid event class character. Use 'Ag$lshzxeKEtmdn'."))?;
            }
            Self::Percentiles(field) => *field(config) = percentiles(text)?,
            Self::OomScores(field) => *field(config) = oom_scores(text)?,
            Self::Never { why, .. } => {
                if yes_or_no(text)? {
                    return Err(Invalid::new(*why));
                }
            }
            Self::Empty { why, .. } => {
                if !text.is_empty() {
                    return Err(Invalid::new(*why));
                }
            }
        }
        Ok(())
    }

    pub(super) fn load(&self, config: &mut Config) -> Vec<u8> {
        let yes_no = |value: bool| if value { b"yes".to_vec() } else { b"no".to_vec() };
        match self {
            Self::Bool(field) | Self::Never { field, .. } => yes_no(*field(config)),
            Self::Integer { field, unit: Unit::Octal, .. } => {
                format!("{:o}", *field(config)).into_bytes()
            }
            Self::Integer { field, unit: Unit::MemoryOrPercent, .. } if *field(config) < 0 => {
                format!("{}%", field(config).unsigned_abs()).into_bytes()
            }
            Self::Integer { field, .. } | Self::Clamped { field, .. } => {
                itoa::Buffer::new().format(*field(config)).as_bytes().to_vec()
            }
            Self::Enum { field, .. } => field(config).as_bytes().to_vec(),
            Self::Words { field, names, .. } => words(*field(config), names).into_bytes(),
            Self::OomScores(field) => {
                field(config).map(|score| format!("{score}")).join(" ").into_bytes()
            }
            Self::Text(field) | Self::Empty { field, .. } => field(config).clone(),
            Self::OutputLimits(field) => field(config).text(),
            Self::Events(field) => field(config).text(),
            Self::Percentiles(field) => {
                let texts: Vec<String> = field(config).iter().map(|p| format!("{p}")).collect();
                texts.join(" ").into_bytes()
            }
        }
    }
}

fn none_of(names: &[&str]) -> Invalid {
    Invalid::new(format!("argument(s) must be one of the following: {}", names.join(", ")))
}

/// Splits text at every single space. Empty text has no words.
fn split(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|&byte| byte == b' ').filter(|_| !text.is_empty())
}

/// Returns the combined bits of all words; `None` if a word is unknown, or if there are none or too
/// many.
fn bits(text: &[u8], names: &[(&str, u8)], most: usize) -> Option<u8> {
    let count = split(text).count();
    let mut all = (1..=most).contains(&count).then_some(0)?;
    for word in split(text) {
        all |= names.iter().find(|(name, _)| name.as_bytes().eq_ignore_ascii_case(word))?.1;
    }
    Some(all)
}

/// Returns the single word for these bits if there is one, otherwise a word for each bit.
fn words(bits: u8, names: &[(&str, u8)]) -> String {
    if let Some((name, _)) = names.iter().find(|(_, all)| *all == bits) {
        return String::from(*name);
    }
    let each = names.iter().filter(|(_, bit)| bits & bit != 0).map(|(name, _)| *name);
    each.collect::<Vec<_>>().join(" ")
}

fn yes_or_no(text: &[u8]) -> Result<bool, Invalid> {
    if text.eq_ignore_ascii_case(b"yes") {
        Ok(true)
    } else if text.eq_ignore_ascii_case(b"no") {
        Ok(false)
    } else {
        Err(Invalid::new("argument must be 'yes' or 'no'"))
    }
}

fn integer(text: &[u8], min: i64, max: i64, unit: Unit) -> Result<i64, Invalid> {
    let value = match unit {
        Unit::Plain => number::parse_i64(text)
            .ok_or(Invalid::new("argument couldn't be parsed into an integer"))?,
        Unit::Memory | Unit::WideMemory => memory(text)
            .map(|bytes| match unit {
                Unit::WideMemory => i64::try_from(bytes).unwrap_or(i64::MAX),
                _ => bytes as i64,
            })
            .ok_or(Invalid::new("argument must be a memory value"))?,
        Unit::MemoryOrPercent => memory(text)
            .map(|bytes| bytes as i64)
            .or_else(|| {
                let percent = number::parse_i64(text.strip_suffix(b"%")?)?;
                (percent >= 0).then_some(-percent)
            })
            .ok_or(Invalid::new("argument must be a memory or percent value"))?,
        Unit::Octal => core::str::from_utf8(text)
            .ok()
            .and_then(|text| i64::from_str_radix(text, 8).ok())
            .ok_or(Invalid::new("argument couldn't be parsed as an octal number"))?,
    };
    if (min..=max).contains(&value) {
        return Ok(value);
    }
    Err(Invalid::new(match unit {
        Unit::Octal => format!("argument must be between {min:o} and {max:o} inclusive"),
        Unit::MemoryOrPercent => format!("percentage argument must be less or equal to {}", -min),
        _ => format!("argument must be between {min} and {max} inclusive"),
    }))
}

fn memory(text: &[u8]) -> Option<u64> {
    // Redis reads this as a C string, which a NUL ends.
    let text = text.split(|&byte| byte == 0).next()?;
    number::parse_memory_bytes(text)
}

fn percentiles(text: &[u8]) -> Result<Vec<f64>, Invalid> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    text.split(|&byte| byte == b' ')
        .map(|word| {
            let value = number::parse_f64(word)
                .ok_or(Invalid::new("Invalid latency-tracking-info-percentiles parameters"))?;
            Some(value).filter(|value| (0.0..=100.0).contains(value)).ok_or(Invalid::new(
                "latency-tracking-info-percentiles parameters should sit between [0.0,100.0]",
            ))
        })
        .collect()
}

fn oom_scores(text: &[u8]) -> Result<[i64; 3], Invalid> {
    let mut scores = [0; 3];
    if split(text).count() != scores.len() {
        return Err(Invalid::new("wrong number of arguments"));
    }
    for (score, word) in scores.iter_mut().zip(split(text)) {
        *score = number::parse_i64(word).filter(|score| (-2000..=2000).contains(score)).ok_or(
            Invalid::new("Invalid oom-score-adj-values, elements must be between -2000 and 2000."),
        )?;
    }
    Ok(scores)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sets a parameter. Returns its new text, or the reason for the rejection.
    fn set(name: &str, text: &str) -> Result<String, String> {
        let mut config = Config::default();
        let parameter = Config::parameter(name.as_bytes()).expect("a known parameter");
        match config.set(parameter, text.as_bytes()) {
            Ok(()) => Ok(String::from_utf8(config.text(parameter)).expect("ASCII")),
            Err(invalid) => Err(String::from(invalid.reason())),
        }
    }

    #[test]
    fn keywords_combine_up_to_the_limit() {
        assert_eq!(set("shutdown-on-sigint", "nosave FORCE now"), Ok("nosave now force".into()));
        assert_eq!(set("shutdown-on-sigterm", "default"), Ok("default".into()));
        assert_eq!(set("oom-score-adj", "relative"), Ok("yes".into()));
        let reason = "argument(s) must be one of the following: no, yes, relative, absolute";
        for wrong in ["", "yes absolute", "maybe"] {
            assert_eq!(set("oom-score-adj", wrong), Err(reason.into()));
        }
        assert!(
            set("shutdown-on-sigint", "").is_err() && set("shutdown-on-sigint", "save").is_err()
        );
    }

    #[test]
    fn oom_scores_are_three_numbers_within_bounds() {
        assert_eq!(set("oom-score-adj-values", "-2000 0 2000"), Ok("-2000 0 2000".into()));
        for wrong in ["1 2", "1  2 3", ""] {
            let reason = "wrong number of arguments";
            assert_eq!(set("oom-score-adj-values", wrong), Err(reason.into()));
        }
        assert!(set("oom-score-adj-values", "1 2 2001").is_err());
    }
}
