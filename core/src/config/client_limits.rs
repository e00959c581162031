//! `client-output-buffer-limit`: limits on the pending output of each class of clients.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::parameter::Invalid;
use crate::number;

/// The class of a client, which determines its output limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientClass {
    /// Sends requests and reads replies.
    Normal,
    /// Receives a copy of every write.
    Replica,
    /// Subscribed to channels.
    PubSub,
}

impl ClientClass {
    const ALL: [(Self, &'static str); 3] =
        [(Self::Normal, "normal"), (Self::Replica, "slave"), (Self::PubSub, "pubsub")];

    fn parse(name: &[u8]) -> Option<Self> {
        if name.eq_ignore_ascii_case(b"replica") {
            return Some(Self::Replica);
        }
        Self::ALL
            .into_iter()
            .find(|(_, known)| known.as_bytes().eq_ignore_ascii_case(name))
            .map(|(class, _)| class)
    }
}

/// The limit of one class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OutputLimit {
    /// Above this many bytes, the client is closed at once; zero means no limit.
    pub hard_bytes: u64,
    /// Above this many bytes for `soft_seconds` without interruption, the client is closed; zero
    /// means no limit.
    pub soft_bytes: u64,
    /// The time in seconds for which the soft limit may be exceeded.
    pub soft_seconds: u64,
}

/// The limits of all classes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputLimits([OutputLimit; 3]);

impl Default for OutputLimits {
    fn default() -> Self {
        let limit = |hard_mb: u64, soft_mb: u64, soft_seconds| OutputLimit {
            hard_bytes: hard_mb << 20,
            soft_bytes: soft_mb << 20,
            soft_seconds,
        };
        Self([limit(0, 0, 0), limit(256, 64, 60), limit(32, 8, 60)])
    }
}

impl OutputLimits {
    /// Returns the limit of a class.
    #[must_use]
    pub const fn of(&self, class: ClientClass) -> OutputLimit {
        self.0[class as usize]
    }

    pub(super) fn update(&mut self, text: &[u8]) -> Result<(), Invalid> {
        let words: Vec<&[u8]> =
            text.split(|&byte| byte == b' ').filter(|word| !word.is_empty()).collect();
        if !words.len().is_multiple_of(4) {
            return Err(Invalid::new("Wrong number of arguments in buffer limit configuration."));
        }
        let mut changed = self.clone();
        for words in words.chunks_exact(4) {
            let class = ClientClass::parse(words[0]).ok_or(Invalid::new(
                "Invalid client class specified in buffer limit configuration.",
            ))?;
            let limit = || -> Option<OutputLimit> {
                Some(OutputLimit {
                    hard_bytes: number::parse_memory_bytes(words[1])?,
                    soft_bytes: number::parse_memory_bytes(words[2])?,
                    soft_seconds: u64::try_from(number::parse_i64(words[3])?).ok()?,
                })
            };
            changed.0[class as usize] = limit().ok_or(Invalid::new(
                "Error in hard, soft or soft_seconds setting in buffer limit configuration.",
            ))?;
        }
        *self = changed;
        Ok(())
    }

    pub(super) fn text(&self) -> Vec<u8> {
        let classes: Vec<String> = ClientClass::ALL
            .iter()
            .map(|&(class, name)| {
                let limit = self.of(class);
                format!("{name} {} {} {}", limit.hard_bytes, limit.soft_bytes, limit.soft_seconds)
            })
            .collect();
        classes.join(" ").into_bytes()
    }
}
