//! Small sorted sets: a listpack of members, each followed by its score, in ascending order.
//!
//! An integral score is stored as an integer and any other as the text that Redis prints, because
//! Redis does so and reads these bytes.

use core::cmp::Ordering;
use core::ops::Range;

use super::super::listpack::{Entry, Listpack, ListpackRef};
use crate::number::{NumberText, parse_f64};

/// The greatest size of a pair without the bytes of its member: two heads, two backlens, a score.
pub(super) const MAX_OVERHEAD: usize = 48;

/// A double-ended iterator over the pairs of a listpack.
#[derive(Clone)]
pub struct Pairs<'a> {
    list: ListpackRef<'a>,
    /// The position of the next member.
    front: usize,
    /// The position after the last score.
    back: usize,
    left: usize,
}

impl<'a> Iterator for Pairs<'a> {
    type Item = (f64, Entry<'a>);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let mut entries = self.list.iter_from(self.front);
        let (member, score) = (entries.next()?, entries.next()?);
        self.front = entries.position();
        Some((score_of(score), member))
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl DoubleEndedIterator for Pairs<'_> {
    #[inline]
    fn next_back(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let score = self.list.prev(self.back)?;
        self.back = self.list.prev(score)?;
        Some((score_of(self.list.get(score)), self.list.get(self.back)))
    }
}

/// Returns all pairs.
#[inline]
pub(super) fn pairs(list: ListpackRef<'_>) -> Pairs<'_> {
    let front = list.first().unwrap_or(list.end());
    Pairs { list, front, back: list.end(), left: list.len() / 2 }
}

/// Returns the pairs in a range of ranks.
pub(super) fn range(list: ListpackRef<'_>, ranks: Range<usize>) -> Pairs<'_> {
    let len = list.len() / 2;
    assert!(ranks.start <= ranks.end && ranks.end <= len, "the range exceeds the listpack");
    Pairs {
        list,
        front: position(list, ranks.start),
        back: position(list, ranks.end),
        left: ranks.len(),
    }
}

/// Returns the position of the member at a rank, or the end.
fn position(list: ListpackRef<'_>, rank: usize) -> usize {
    i64::try_from(2 * rank).ok().and_then(|index| list.seek(index)).unwrap_or(list.end())
}

/// Returns the position of a member, and its score.
#[inline]
pub(super) fn find(list: ListpackRef<'_>, member: &[u8]) -> Option<(usize, f64)> {
    let at = list.find(member, 1)?;
    Some((at, score_of(list.get(list.next(at)?))))
}

/// Returns the number of pairs before that of a member, and its score.
pub(super) fn rank(list: ListpackRef<'_>, member: &[u8]) -> Option<(usize, f64)> {
    let member = Entry::encode(member);
    pairs(list)
        .enumerate()
        .find_map(|(rank, (score, other))| (other == member).then_some((rank, score)))
}

pub(super) fn partition_point(
    list: ListpackRef<'_>,
    score: f64,
    is_before: impl Fn(&[u8]) -> bool,
) -> usize {
    let is_before = |&(other, member): &(f64, Entry<'_>)| {
        other < score || other == score && is_before(member.text(&mut itoa::Buffer::new()))
    };
    pairs(list).take_while(is_before).count()
}

pub(super) fn partition_point_by_member(
    list: ListpackRef<'_>,
    is_before: impl Fn(&[u8]) -> bool,
) -> usize {
    let members = list.iter().step_by(2);
    members.take_while(|member| is_before(member.text(&mut itoa::Buffer::new()))).count()
}

/// Adds a member that is not in the set.
pub(super) fn insert(list: &mut Listpack, member: &[u8], score: f64) {
    let mut rest = pairs(list.as_ref());
    let mut at = rest.front;
    // Members of a growing set often arrive in order.
    if rest.clone().next_back().is_some_and(|last| is_before(last, score, member)) {
        at = rest.back;
    } else {
        while rest.next().is_some_and(|pair| is_before(pair, score, member)) {
            at = rest.front;
        }
    }
    let mut digits = None;
    let score = entry_of(score, &mut digits);
    list.insert(at, score);
    list.insert(at, Entry::encode(member));
}

/// Adds a member that comes after all others.
pub(super) fn push(list: &mut Listpack, member: &[u8], score: f64) {
    let mut digits = None;
    list.push_back(Entry::encode(member));
    list.push_back(entry_of(score, &mut digits));
}

pub(super) fn remove_range(list: &mut Listpack, ranks: Range<usize>) {
    let at = range(list.as_ref(), ranks.clone()).front;
    list.remove(at, 2 * ranks.len());
}

/// Returns an integral score as an integer, up to half the range of 64 bits.
fn whole(score: f64) -> Option<i64> {
    const HALF: f64 = (i64::MAX / 2) as f64;
    ((-HALF..=HALF).contains(&score) && score as i64 as f64 == score).then_some(score as i64)
}

/// Returns the entry of a score, whose text is written to `digits`.
fn entry_of(score: f64, digits: &mut Option<NumberText>) -> Entry<'_> {
    match whole(score) {
        Some(whole) => Entry::Int(whole),
        None => Entry::Bytes(digits.insert(NumberText::from(score))),
    }
}

#[inline]
fn score_of(entry: Entry<'_>) -> f64 {
    match entry {
        Entry::Int(whole) => whole as f64,
        // Text that is not a number can only come from untrusted bytes, and counts as zero.
        Entry::Bytes(text) => parse_f64(text).unwrap_or(0.0),
    }
}

#[inline]
fn is_before((score, member): (f64, Entry<'_>), other_score: f64, other: &[u8]) -> bool {
    match score.partial_cmp(&other_score) {
        Some(Ordering::Less) => true,
        Some(Ordering::Equal) => member.text(&mut itoa::Buffer::new()) < other,
        _ => false,
    }
}
