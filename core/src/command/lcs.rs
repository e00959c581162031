//! `LCS`: the longest common subsequence of two strings, by the classic table of prefix lengths.

use alloc::vec;
use alloc::vec::Vec;

use super::context::{Context, Outcome};
use super::parse;
use crate::error::{self, Error};
use crate::resp::args::Args;

/// A common run of both strings, as the positions of its first and last byte in each.
struct Match {
    a: (usize, usize),
    b: (usize, usize),
}

impl Match {
    const fn len(&self) -> usize {
        self.a.1 - self.a.0 + 1
    }
}

pub(super) fn lcs(ctx: &mut Context<'_>, args: Args<'_>) -> Result<Outcome, Error> {
    let mut text = |key: &[u8]| -> Result<Vec<u8>, Error> {
        let value = ctx.keys.read_string(key).map_err(|_| error::LCS_NOT_STRINGS)?;
        Ok(value.map_or_else(Vec::new, |value| value.bytes(&mut itoa::Buffer::new()).to_vec()))
    };
    let (a, b) = (text(&args[1])?, text(&args[2])?);
    let (mut wants_len, mut wants_matches, mut with_len, mut min_len) = (false, false, false, 0);
    let mut at = 3;
    while let Some(option) = args.get(at) {
        match option.to_ascii_uppercase().as_slice() {
            b"IDX" => wants_matches = true,
            b"LEN" => wants_len = true,
            b"WITHMATCHLEN" => with_len = true,
            b"MINMATCHLEN" if at + 1 < args.len() => {
                at += 1;
                min_len = usize::try_from(parse::integer(&args[at])?.max(0)).unwrap_or(usize::MAX);
            }
            _ => return Err(error::SYNTAX),
        }
        at += 1;
    }
    if wants_len && wants_matches {
        return Err(error::LCS_LEN_AND_IDX);
    }
    let cells = cells(&a, &b, ctx.instance.config.proto_max_bulk_len)?;
    ctx.check_growth(cells * CELL_BYTES)?;
    let table = Table::new(&a, &b, cells);
    let reply = &mut ctx.reply;
    if wants_len {
        reply.count(table.len());
    } else if wants_matches {
        let (_, matches) = table.walk(&a, &b);
        let matches: Vec<Match> =
            matches.into_iter().filter(|found| found.len() >= min_len).collect();
        reply.map(2);
        reply.bulk(b"matches");
        reply.array(matches.len());
        for found in matches {
            reply.array(2 + usize::from(with_len));
            for (first, last) in [found.a, found.b] {
                reply.array(2);
                reply.count(first);
                reply.count(last);
            }
            if with_len {
                reply.count(found.len());
            }
        }
        reply.bulk(b"len");
        reply.count(table.len());
    } else {
        reply.bulk(&table.walk(&a, &b).0);
    }
    Ok(Outcome::Done)
}

/// The lengths of the longest common subsequences of all pairs of prefixes.
struct Table {
    lengths: Vec<u32>,
    width: usize,
}

/// The size of a table cell in bytes.
const CELL_BYTES: usize = 4;

/// Returns the number of table cells for two strings; fails if they need more than `limit_bytes`.
fn cells(a: &[u8], b: &[u8], limit_bytes: i64) -> Result<usize, Error> {
    if a.len() >= u32::MAX as usize - 1 || b.len() >= u32::MAX as usize - 1 {
        return Err(error::LCS_TOO_LONG);
    }
    let is_allowed = |cells: &usize| {
        cells.checked_mul(CELL_BYTES).is_some_and(|bytes| bytes as u64 <= limit_bytes as u64)
    };
    let cells = (a.len() + 1).checked_mul(b.len() + 1);
    cells.filter(is_allowed).ok_or(error::LCS_OUT_OF_MEMORY)
}

impl Table {
    fn new(a: &[u8], b: &[u8], cells: usize) -> Self {
        let width = b.len() + 1;
        let mut lengths = vec![0_u32; cells];
        for (i, byte_a) in a.iter().enumerate() {
            let (above, row) = lengths[i * width..].split_at_mut(width);
            for (j, byte_b) in b.iter().enumerate() {
                row[j + 1] = if byte_a == byte_b { above[j] + 1 } else { above[j + 1].max(row[j]) };
            }
        }
        Self { lengths, width }
    }

    fn at(&self, i: usize, j: usize) -> u32 {
        self.lengths[i * self.width + j]
    }

    fn len(&self) -> usize {
        self.lengths.last().map_or(0, |&len| len as usize)
    }

    /// Walks back from the end. Returns the subsequence and its runs, last run first.
    fn walk(&self, a: &[u8], b: &[u8]) -> (Vec<u8>, Vec<Match>) {
        let (mut i, mut j) = (a.len(), b.len());
        let (mut subsequence, mut matches) = (Vec::with_capacity(self.len()), Vec::<Match>::new());
        while i > 0 && j > 0 {
            if a[i - 1] == b[j - 1] {
                subsequence.push(a[i - 1]);
                (i, j) = (i - 1, j - 1);
                match matches.last_mut() {
                    Some(run) if run.a.0 == i + 1 && run.b.0 == j + 1 => {
                        (run.a.0, run.b.0) = (i, j)
                    }
                    _ => matches.push(Match { a: (i, i), b: (j, j) }),
                }
            } else if self.at(i - 1, j) > self.at(i, j - 1) {
                i -= 1;
            } else {
                j -= 1;
            }
        }
        subsequence.reverse();
        (subsequence, matches)
    }
}
