//! `SORT`: sorts the elements of a list, a set or a sorted set, by themselves or by the values of
//! other keys.
//!
//! Elements are copied first, since the values that they are sorted by or replaced with may be in
//! any key. The elements and their sort texts share a single buffer; the items to sort are
//! positions in it.

use crate::sort;
use alloc::vec::Vec;
use core::cmp::Ordering;
use core::ops::Range;

use super::context::{Context, Outcome};
use super::list;
use super::parse;
use super::permission;
use crate::dataset::event::Event;
use crate::dataset::keys::Keys;
use crate::error::{self, Error};
use crate::number::parse_f64;
use crate::resp::args::Args;
use crate::session::Auth;
use crate::value::hash::Hash;
use crate::value::list::{End, List};
use crate::value::listpack::Entry;
use crate::value::set::Set;
use crate::value::sorted_set::SortedSet;
use crate::value::{Collection, Type};

type Handled = Result<Outcome, Error>;

pub(super) fn sort(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    run(ctx, args, true)
}

pub(super) fn sort_ro(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    run(ctx, args, false)
}

/// The parsed arguments.
#[derive(Default)]
struct Options<'a> {
    is_descending: bool,
    is_alpha: bool,
    limit: Option<(i64, i64)>,
    by: Option<Pattern<'a>>,
    /// Set if the elements keep their order: a `BY` pattern is the same for all of them.
    keeps_order: bool,
    shown: Vec<Pattern<'a>>,
    destination: Option<&'a [u8]>,
}

impl<'a> Options<'a> {
    fn parse(args: Args<'a>, may_store: bool, may_read_any_key: bool) -> Result<Self, Error> {
        let mut options = Self::default();
        let mut at = 2;
        while let Some(word) = args.get(at) {
            let (next, after) = (args.get(at + 1), args.get(at + 2));
            at += match (word.to_ascii_uppercase().as_slice(), next) {
                (b"ASC", _) => {
                    options.is_descending = false;
                    1
                }
                (b"DESC", _) => {
                    options.is_descending = true;
                    1
                }
                (b"ALPHA", _) => {
                    options.is_alpha = true;
                    1
                }
                (b"LIMIT", Some(start)) => {
                    let count = after.ok_or(error::SYNTAX)?;
                    options.limit = Some((parse::integer(start)?, parse::integer(count)?));
                    3
                }
                (b"STORE", Some(key)) if may_store => {
                    options.destination = Some(key);
                    2
                }
                (b"BY", Some(pattern)) => {
                    let by = Pattern::new(pattern);
                    if by.star.is_some() && !may_read_any_key {
                        return Err(error::SORT_BY_PERMISSION);
                    }
                    options.keeps_order |= by.star.is_none();
                    options.by = Some(by);
                    2
                }
                (b"GET", Some(pattern)) => {
                    if !may_read_any_key {
                        return Err(error::SORT_GET_PERMISSION);
                    }
                    options.shown.push(Pattern::new(pattern));
                    2
                }
                _ => return Err(error::SYNTAX),
            };
        }
        Ok(options)
    }

    /// Returns the indexes of the elements to read, in their original order.
    fn native_range(&self, len: usize) -> Range<usize> {
        let Range { start, end } = self.range(len);
        match (self.keeps_order, self.is_descending) {
            (false, _) => 0..len,
            (true, false) => start..end,
            (true, true) => len - end..len - start,
        }
    }

    /// Compares texts. Redis compares the elements of a reply as C strings, and those that it
    /// stores byte by byte.
    fn collate(&self, left: &[u8], right: &[u8]) -> Ordering {
        let c_string = |text: &[u8]| text.iter().position(|&byte| byte == 0).unwrap_or(text.len());
        if self.destination.is_some() {
            left.cmp(right)
        } else {
            left[..c_string(left)].cmp(&right[..c_string(right)])
        }
    }

    /// Returns the range of the sorted elements that `LIMIT` selects.
    fn range(&self, len: usize) -> Range<usize> {
        let (start, count) = self.limit.unwrap_or((0, -1));
        let start = usize::try_from(start.max(0)).unwrap_or(usize::MAX).min(len);
        // A negative count means no limit.
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        start..start.saturating_add(count).min(len)
    }
}

/// A pattern of `BY` or `GET`: the value of a key, or of a field of a hash, whose name contains the
/// element in place of a `*`.
#[derive(Clone, Copy)]
struct Pattern<'a> {
    text: &'a [u8],
    /// The position of the `*`; `None` if there is none.
    star: Option<usize>,
    /// The hash field.
    field: Option<&'a [u8]>,
}

impl<'a> Pattern<'a> {
    fn new(pattern: &'a [u8]) -> Self {
        // Redis searches for `*` and `->` as in a C string.
        let end = pattern.iter().position(|&byte| byte == 0).unwrap_or(pattern.len());
        let star = pattern[..end].iter().position(|&byte| byte == b'*');
        let arrow = star.and_then(|star| {
            let arrow =
                star + 1 + pattern[star + 1..end].windows(2).position(|two| two == b"->")?;
            (arrow + 2 < end).then_some(arrow)
        });
        let field = arrow.map(|arrow| &pattern[arrow + 2..]);
        Self { text: &pattern[..arrow.unwrap_or(pattern.len())], star, field }
    }

    /// Returns `true` if the pattern is `#`, which means the element itself.
    fn is_element(&self) -> bool {
        self.text == b"#" || self.text.starts_with(b"#\0")
    }

    /// Calls `read` with the value for an element, if it exists.
    fn look_up<R>(
        &self,
        keys: &mut Keys<'_>,
        element: &[u8],
        read: impl FnOnce(&[u8]) -> R,
    ) -> Option<R> {
        if self.is_element() {
            return Some(read(element));
        }
        let star = self.star?;
        let key = [&self.text[..star], element, &self.text[star + 1..]].concat();
        let now = keys.now_ms();
        let record = keys.read(&key)?;
        let value = match self.field {
            Some(field) => record.collection::<Hash>()?.find(field, now)?,
            None if record.value_type() == Type::String => record.string(),
            None => return None,
        };
        Some(read(value.bytes(&mut itoa::Buffer::new())))
    }
}

/// Concatenated texts.
#[derive(Default)]
struct Texts {
    bytes: Vec<u8>,
}

/// The position of a text.
type Span = Range<usize>;

impl Texts {
    fn push(&mut self, text: &[u8]) -> Span {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(text);
        start..self.bytes.len()
    }

    fn get(&self, span: &Span) -> &[u8] {
        &self.bytes[span.clone()]
    }
}

/// An element to be sorted.
struct Item {
    element: Span,
    /// The sort key of a numeric sort.
    score: f64,
    /// The sort key of an alphabetic sort. Elements without one come first.
    weight: Option<Span>,
}

impl Item {
    const fn new(element: Span) -> Self {
        Self { element, score: 0.0, weight: None }
    }
}

fn run(ctx: &mut Context<'_>, args: Args<'_>, may_store: bool) -> Handled {
    let session = ctx.session();
    let may_read_any_key = session.auth == Auth::Unrestricted
        || permission::may_read_any_key(&session.user, ctx.command, args);
    let mut options = Options::parse(args, may_store, may_read_any_key)?;
    let mut texts = Texts::default();
    let mut items = elements(&mut ctx.keys, &args[1], &mut options, &mut texts)?;
    if !options.keeps_order {
        let headroom = ctx.headroom();
        weigh(&mut ctx.keys, &options, &mut texts, &mut items, headroom)?;
        put_in_order(&options, &texts, &mut items);
        let wanted = options.range(items.len());
        items.truncate(wanted.end);
        items.drain(..wanted.start);
    }
    match options.destination {
        Some(destination) => store(ctx, destination, &options, &texts, &items)?,
        None => reply(ctx, &options, &texts, &items),
    }
    Ok(Outcome::Done)
}

/// Reads the elements of a key: the selected ones if they keep their order, otherwise all.
fn elements(
    keys: &mut Keys<'_>,
    key: &[u8],
    options: &mut Options<'_>,
    texts: &mut Texts,
) -> Result<Vec<Item>, Error> {
    let Some(record) = keys.read(key) else { return Ok(Vec::new()) };
    let mut items = Vec::new();
    let mut push =
        |entry: Entry<'_>| items.push(Item::new(texts.push(entry.text(&mut itoa::Buffer::new()))));
    // Lists and sorted sets can be read in reverse. A set has no order.
    let mut is_backwards = options.keeps_order && options.is_descending;
    if let Some(list) = record.collection::<List>() {
        let range = options.native_range(list.len());
        list.for_each(End::Head, range.start, range.len(), push);
    } else if let Some(set) = record.collection::<SortedSet>() {
        set.range(options.native_range(set.len())).for_each(|(_, member)| push(member));
    } else if let Some(set) = record.collection::<Set>() {
        is_backwards = false;
        if options.keeps_order && options.destination.is_some() {
            // A stored result must not depend on the order of a hash table.
            options.by = None;
            options.keeps_order = false;
            options.is_alpha = true;
        }
        options.is_descending &= !options.keeps_order;
        let range = options.native_range(set.len());
        set.iter().skip(range.start).take(range.len()).for_each(push);
    } else {
        return Err(error::WRONG_TYPE);
    }
    if is_backwards {
        items.reverse();
    }
    Ok(items)
}

/// Looks up the sort key of each element.
fn weigh(
    keys: &mut Keys<'_>,
    options: &Options<'_>,
    texts: &mut Texts,
    items: &mut [Item],
    headroom: usize,
) -> Result<(), Error> {
    let mut are_numbers = true;
    let mut key = Vec::new();
    for item in items {
        let Some(by) = options.by else {
            if !options.is_alpha {
                let score = number(texts.get(&item.element));
                are_numbers &= score.is_some();
                item.score = score.unwrap_or(0.0);
            }
            continue;
        };
        key.clear();
        key.extend_from_slice(texts.get(&item.element));
        if options.is_alpha {
            item.weight = by.look_up(keys, &key, |text| texts.push(text));
            if texts.bytes.len() > headroom {
                return Err(error::OUT_OF_MEMORY);
            }
        } else if let Some(score) = by.look_up(keys, &key, number) {
            are_numbers &= score.is_some();
            item.score = score.unwrap_or(0.0);
        }
    }
    if are_numbers { Ok(()) } else { Err(error::SORT_NOT_A_DOUBLE) }
}

fn put_in_order(options: &Options<'_>, texts: &Texts, items: &mut [Item]) {
    let compare = |left: &Item, right: &Item| {
        let (element, other) = (texts.get(&left.element), texts.get(&right.element));
        let order = match (options.is_alpha, options.by) {
            (false, _) => {
                let by_score = left.score.partial_cmp(&right.score).unwrap_or(Ordering::Equal);
                by_score.then_with(|| element.cmp(other))
            }
            (true, None) => options.collate(element, other),
            (true, Some(_)) => match (&left.weight, &right.weight) {
                (Some(weight), Some(other)) => options.collate(texts.get(weight), texts.get(other)),
                (weight, other) => weight.is_some().cmp(&other.is_some()),
            },
        };
        if options.is_descending { order.reverse() } else { order }
    };
    sort::stable_by(items, compare);
}

fn reply(ctx: &mut Context<'_>, options: &Options<'_>, texts: &Texts, items: &[Item]) {
    ctx.reply.array(items.len() * options.shown.len().max(1));
    for item in items {
        if ctx.reply.proceed().is_break() {
            break;
        }
        let element = texts.get(&item.element);
        if options.shown.is_empty() {
            ctx.reply.bulk(element);
        }
        for pattern in &options.shown {
            let reply = &mut ctx.reply;
            if pattern.look_up(&mut ctx.keys, element, |value| reply.bulk(value)).is_none() {
                ctx.reply.null();
            }
        }
    }
}

fn store(
    ctx: &mut Context<'_>,
    key: &[u8],
    options: &Options<'_>,
    texts: &Texts,
    items: &[Item],
) -> Result<(), Error> {
    let headroom = ctx.headroom();
    let limits = list::limits(&ctx.instance.config);
    let mut list = List::default();
    for item in items {
        let mut push = |element: &[u8]| {
            list.grow(element.len(), 1, &limits);
            list.push(End::Tail, element);
        };
        let element = texts.get(&item.element);
        if options.shown.is_empty() {
            push(element);
        }
        for pattern in &options.shown {
            if pattern.look_up(&mut ctx.keys, element, &mut push).is_none() {
                push(b"");
            }
        }
        if list.memory_bytes() > headroom {
            return Err(error::OUT_OF_MEMORY);
        }
    }
    let count = list.view().len();
    ctx.keys.store(key, (count > 0).then(|| list.into_value()), Event::SORT_STORE);
    ctx.reply.count(count);
    Ok(())
}

/// Parses a number as C's `strtod` does: it may have leading blanks, empty text is zero, and a NUL
/// ends the text.
fn number(text: &[u8]) -> Option<f64> {
    let text = text.split(|&byte| byte == 0).next().unwrap_or_default();
    if text.is_empty() {
        return Some(0.0);
    }
    let blanks = text.iter().take_while(|byte| matches!(byte, b' ' | 9..=13)).count();
    // In C, a subnormal number is out of range.
    parse_f64(&text[blanks..]).filter(|number| !number.is_subnormal())
}
