//! The slow log: the latest commands that took longer than `slowlog-log-slower-than`.

use alloc::collections::VecDeque;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::resp::args::Args;

/// The maximum number of arguments kept per entry.
const MAX_ARGS: usize = 32;
/// The maximum length kept of each argument.
const MAX_ARG_LEN_BYTES: usize = 128;

/// The log, newest entry first.
#[derive(Debug, Default)]
pub(crate) struct Slowlog {
    entries: VecDeque<SlowlogEntry>,
    next_id: i64,
}

/// One slow command.
#[derive(Debug)]
pub(crate) struct SlowlogEntry {
    pub(crate) id: i64,
    pub(crate) unix_seconds: u64,
    pub(crate) duration_us: u64,
    pub(crate) args: Vec<Vec<u8>>,
    pub(crate) client_address: String,
    pub(crate) client_name: Vec<u8>,
}

impl Slowlog {
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &SlowlogEntry> {
        self.entries.iter()
    }

    pub(crate) fn clear(&mut self) {
        self.entries.clear();
    }

    /// Adds an entry and assigns its id. Removes the oldest entries beyond `max_len`.
    pub(crate) fn push(&mut self, mut entry: SlowlogEntry, max_len: usize) {
        entry.id = self.next_id;
        self.next_id += 1;
        self.entries.push_front(entry);
        self.entries.truncate(max_len);
    }
}

/// Returns the arguments as stored in an entry: long arguments and long lists are truncated, with a
/// note of the omitted length.
pub(crate) fn shortened(args: Args<'_>, is_hidden: impl Fn(usize) -> bool) -> Vec<Vec<u8>> {
    let kept = if args.len() > MAX_ARGS { MAX_ARGS - 1 } else { args.len() };
    let shown =
        |(index, arg)| if is_hidden(index) { b"(redacted)".to_vec() } else { shortened_arg(arg) };
    let mut texts: Vec<Vec<u8>> = args.iter().enumerate().take(kept).map(shown).collect();
    if kept < args.len() {
        texts.push(format!("... ({} more arguments)", args.len() - kept).into_bytes());
    }
    texts
}

fn shortened_arg(arg: &[u8]) -> Vec<u8> {
    if arg.len() <= MAX_ARG_LEN_BYTES {
        return arg.to_vec();
    }
    let mut text = arg[..MAX_ARG_LEN_BYTES].to_vec();
    text.extend_from_slice(
        format!("... ({} more bytes)", arg.len() - MAX_ARG_LEN_BYTES).as_bytes(),
    );
    text
}
