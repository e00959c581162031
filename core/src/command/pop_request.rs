//! What `LMPOP`, `ZMPOP` and their blocking forms ask for.

use super::args;
use crate::error::{self, Error};
use crate::resp::args::Args;

/// Up to `count` elements from one end of the first of the keys that is there.
pub(super) struct PopRequest<'a, E> {
    pub(super) keys: Args<'a>,
    pub(super) end: E,
    pub(super) count: usize,
}

impl<'a, E> PopRequest<'a, E> {
    /// Reads from the number of keys at `at` on; `which` knows the words for the ends.
    pub(super) fn parse(
        args: Args<'a>,
        at: usize,
        which: fn(&[u8]) -> Result<E, Error>,
    ) -> Result<Self, Error> {
        let keys = args::count(&args[at], 1, error::NUMKEYS_NOT_POSITIVE)?;
        let end_at = keys.checked_add(at + 1).filter(|end_at| *end_at < args.len());
        let end_at = end_at.ok_or(error::SYNTAX)?;
        let end = which(&args[end_at])?;
        let mut count = 1;
        if let Some(word) = args.get(end_at + 1) {
            let value = args.get(end_at + 2).filter(|_| args::is(word, "COUNT"));
            count = args::count(value.ok_or(error::SYNTAX)?, 1, error::COUNT_NOT_POSITIVE)?;
        }
        if args.len() > end_at + 3 {
            return Err(error::SYNTAX);
        }
        Ok(Self { keys: args.slice(at + 1..end_at), end, count })
    }
}
