//! Prints replies as `redis-cli` does in a terminal, line by line.
//!
//! The corpus shows more where `redis-cli` is silent or hides a difference that clients see: a push
//! is numbered `1>` (not `1)`), RESP3's null is `(null)` and RESP2's null array `(nil array)` (not
//! `(nil)`), big numbers are `(big number) 1`, attributes are numbered `1|`. The space after a `=>`
//! that ends a line and the `\r` of raw text are omitted, and raw bytes that are not text are
//! escaped.

use crate::{quoting::quote, resp::Reply};

/// Returns the lines that `redis-cli` prints for `reply`. `raw` is for the few commands whose bulk
/// strings it prints unquoted.
///
/// ```
/// use redstart_tests::{print::lines, resp::Reply};
/// let inner = Reply::Array(vec![Reply::NullBulk, Reply::Bulk(b"a\n".to_vec())]);
/// let nested = Reply::Array(vec![Reply::Integer(1), inner]);
/// assert_eq!(lines(&nested, false), ["1) (integer) 1", "2) 1) (nil)", r#"   2) "a\n""#]);
/// ```
#[must_use]
pub fn lines(reply: &Reply, raw: bool) -> Vec<String> {
    let text = match reply {
        Reply::Bulk(bytes) if raw => text(bytes.strip_suffix(b"\n").unwrap_or(bytes)),
        reply => format(reply, ""),
    };
    text.split('\n').map(str::to_owned).collect()
}

/// Returns `true` if `redis-cli` prints the bulk string reply of this command unquoted.
#[must_use]
pub fn is_raw(arguments: &[Vec<u8>]) -> bool {
    let word = |index: usize| {
        arguments.get(index).map_or(String::new(), |word| text(word).to_ascii_lowercase())
    };
    let (command, subcommand) = (word(0), word(1));
    match command.as_str() {
        "info" | "lolwut" => true,
        "debug" => matches!(subcommand.as_str(), "htstats" | "htstats-key" | "client-eviction"),
        "memory" => matches!(subcommand.as_str(), "malloc-stats" | "doctor"),
        "cluster" => matches!(subcommand.as_str(), "nodes" | "info"),
        "client" => matches!(subcommand.as_str(), "list" | "info"),
        "latency" => matches!(subcommand.as_str(), "graph" | "doctor"),
        _ => false,
    }
}

/// Sorts the elements of the innermost aggregates, for replies whose order depends on the hash
/// table.
pub fn sort_innermost(reply: &mut Reply) {
    let is_aggregate = |reply: &Reply| {
        matches!(reply, Reply::Array(_) | Reply::Set(_) | Reply::Push(_) | Reply::Map(_))
    };
    match reply {
        Reply::Array(elements) | Reply::Set(elements) | Reply::Push(elements) => {
            if elements.iter().any(is_aggregate) {
                elements.iter_mut().for_each(sort_innermost);
            } else {
                elements.sort_by_cached_key(|element| format(element, ""));
            }
        }
        Reply::Map(pairs) => {
            if pairs.iter().any(|(_, value)| is_aggregate(value)) {
                pairs.iter_mut().for_each(|(_, value)| sort_innermost(value));
            }
            pairs.sort_by_cached_key(|(key, _)| format(key, ""));
        }
        _ => {}
    }
}

/// Prints `reply`; lines after the first begin with `indent`.
fn format(reply: &Reply, indent: &str) -> String {
    match reply {
        Reply::Status(bytes) | Reply::Verbatim(bytes) => text(bytes),
        Reply::Error(bytes) => format!("(error) {}", text(bytes)),
        Reply::Integer(number) => format!("(integer) {number}"),
        Reply::Bulk(bytes) => quote(bytes),
        Reply::Null => "(null)".to_owned(),
        Reply::NullBulk => "(nil)".to_owned(),
        Reply::NullArray => "(nil array)".to_owned(),
        Reply::Double(bytes) => format!("(double) {}", text(bytes)),
        Reply::Boolean(truth) => format!("({truth})"),
        Reply::BigNumber(bytes) => format!("(big number) {}", text(bytes)),
        Reply::Array(elements) => numbered(elements, "(empty array)", ')', indent),
        Reply::Set(elements) => numbered(elements, "(empty set)", '~', indent),
        Reply::Push(elements) => numbered(elements, "(empty push)", '>', indent),
        Reply::Map(pairs) => paired(pairs, "(empty hash)", '#', indent),
        Reply::Attribute(pairs) => paired(pairs, "(empty attribute)", '|', indent),
    }
}

fn numbered(elements: &[Reply], empty: &str, mark: char, indent: &str) -> String {
    list(elements, empty, mark, indent, format)
}

fn paired(pairs: &[(Reply, Reply)], empty: &str, mark: char, indent: &str) -> String {
    list(pairs, empty, mark, indent, |(key, value), inner| {
        let gap = if is_multiline(value) { format!("\n{inner}") } else { " ".to_owned() };
        format!("{} =>{gap}{}", format(key, inner), format(value, inner))
    })
}

fn list<T>(
    items: &[T],
    empty: &str,
    mark: char,
    indent: &str,
    show: impl Fn(&T, &str) -> String,
) -> String {
    if items.is_empty() {
        return empty.to_owned();
    }
    let width = items.len().to_string().len();
    let inner = format!("{indent}{:width$}", "", width = width + 2);
    let shown = items
        .iter()
        .enumerate()
        .map(|(index, item)| format!("{:>width$}{mark} {}", index + 1, show(item, &inner)));
    shown.collect::<Vec<_>>().join(&format!("\n{indent}"))
}

/// Returns `true` if `redis-cli` starts a new line for a map's value: a single nested element still
/// fits beside its key.
fn is_multiline(value: &Reply) -> bool {
    match value {
        Reply::Array(elements) | Reply::Set(elements) | Reply::Push(elements) => {
            elements.len() > 1 || elements.first().is_some_and(is_multiline)
        }
        Reply::Map(pairs) => {
            pairs.len() > 1 || pairs.first().is_some_and(|(_, value)| is_multiline(value))
        }
        _ => false,
    }
}

/// Returns text unchanged, except that invalid bytes and control characters other than line ends
/// are escaped.
fn text(bytes: &[u8]) -> String {
    let mut out = String::new();
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars().filter(|&character| character != '\r') {
            match character {
                '\n' => out.push('\n'),
                _ if character.is_control() => {
                    out.push_str(&format!("\\x{:02x}", u32::from(character)))
                }
                _ => out.push(character),
            }
        }
        chunk.invalid().iter().for_each(|byte| out.push_str(&format!("\\x{byte:02x}")));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resp::decode;

    fn shown(bytes: &[u8]) -> String {
        lines(&decode(bytes).unwrap().unwrap().0, false).join("\n")
    }

    #[test]
    fn numbers_are_aligned_and_nests_indented() {
        let ten = [&b"*10\r\n"[..], &b":0\r\n".repeat(9), b"*2\r\n*1\r\n:1\r\n*0\r\n"].concat();
        assert!(
            shown(&ten).ends_with(" 9) (integer) 0\n10) 1) 1) (integer) 1\n    2) (empty array)")
        );
    }

    #[test]
    fn a_map_breaks_the_line_before_a_long_value() {
        let map = b"%3\r\n+a\r\n%1\r\n+c\r\n:1\r\n$1\r\ne\r\n%2\r\n+y\r\n~2\r\n:1\r\n_\r\n+x\r\n,1.5\r\n+d\r\n*0\r\n";
        let expected = "1# a => 1# c => (integer) 1\n2# \"e\" =>\n   1# y =>\n      1~ (integer) 1\n      2~ (null)\n   2# x => (double) 1.5\n3# d => (empty array)";
        assert_eq!(shown(map), expected);
    }

    #[test]
    fn innermost_aggregates_are_sorted() {
        let mut scan = decode(b"*2\r\n$1\r\n0\r\n*2\r\n$1\r\nb\r\n$1\r\na\r\n").unwrap().unwrap().0;
        sort_innermost(&mut scan);
        assert_eq!(lines(&scan, false), [r#"1) "0""#, r#"2) 1) "a""#, r#"   2) "b""#]);
    }

    #[test]
    fn raw_text_keeps_its_lines() {
        let info = Reply::Bulk(b"# Server\r\nrun:1\r\n\xff\x01\r\n".to_vec());
        assert_eq!(lines(&info, true), ["# Server", "run:1", "\\xff\\x01"]);
    }
}
