//! Patterns in transcripts, for text that varies: `<any>`, `<1..100>`, `<$name>`, and `<...>` for
//! any number of lines.

use std::collections::BTreeMap;

/// Captured texts of a scenario, by the name in `<$name>`.
pub type Captures = BTreeMap<String, String>;

/// Returns `true` if `expected`, which may contain patterns, matches `shown`. Text under a new
/// `<$name>` is captured; under a known name it must be the same again.
pub fn matches(expected: &[String], shown: &[String], captures: &mut Captures) -> bool {
    let mut kept = captures.clone();
    let matched = lines_match(expected, shown, &mut kept);
    if matched {
        *captures = kept;
    }
    matched
}

/// Returns `text` with every known `<$name>` replaced by the captured text.
///
/// ```
/// use redstart_tests::pattern::{matches, substitute};
/// let mut captures = Default::default();
/// assert!(matches(&["(integer) <$id>".into()], &["(integer) 42".into()], &mut captures));
/// assert_eq!(substitute("CLIENT KILL ID <$id>", &captures), "CLIENT KILL ID 42");
/// ```
#[must_use]
pub fn substitute(text: &str, captures: &Captures) -> String {
    captures
        .iter()
        .fold(text.to_owned(), |text, (name, value)| text.replace(&format!("<${name}>"), value))
}

fn lines_match(expected: &[String], shown: &[String], captures: &mut Captures) -> bool {
    match (expected, shown) {
        ([], []) => true,
        ([gap, rest @ ..], _) if gap.trim_start() == "<...>" => {
            (0..=shown.len()).any(|skipped| lines_match(rest, &shown[skipped..], captures))
        }
        ([line, rest @ ..], [text, tail @ ..]) => {
            line_matches(line, text, captures) && lines_match(rest, tail, captures)
        }
        _ => false,
    }
}

/// A part of a line that varies.
enum Hole<'a> {
    Any,
    Between(i128, i128),
    Named(&'a str),
}

fn line_matches(pattern: &str, text: &str, captures: &mut Captures) -> bool {
    let Some((literal, hole, rest)) = first_hole(pattern) else {
        return pattern == text;
    };
    let Some(text) = text.strip_prefix(literal) else {
        return false;
    };
    let ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
    for end in ends {
        let (held, tail) = text.split_at(end);
        let fits = match &hole {
            Hole::Any => true,
            Hole::Between(low, high) => {
                held.parse::<i128>().is_ok_and(|number| (*low..=*high).contains(&number))
            }
            Hole::Named(name) => captures.get(*name).is_none_or(|known| known == held),
        };
        if fits && line_matches(rest, tail, captures) {
            if let Hole::Named(name) = hole {
                captures.entry(name.to_owned()).or_insert_with(|| held.to_owned());
            }
            return true;
        }
    }
    false
}

/// Returns the text before the first hole of `pattern`, the hole, and the text after it.
fn first_hole(pattern: &str) -> Option<(&str, Hole<'_>, &str)> {
    pattern.match_indices('<').find_map(|(start, _)| {
        let (inside, rest) = pattern[start + 1..].split_once('>')?;
        let hole = if inside == "any" {
            Hole::Any
        } else if let Some(name) = inside.strip_prefix('$') {
            Hole::Named(name)
        } else {
            let (low, high) = inside.split_once("..")?;
            Hole::Between(low.parse().ok()?, high.parse().ok()?)
        };
        Some((&pattern[..start], hole, rest))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(expected: &[&str], shown: &[&str]) -> bool {
        let owned = |lines: &[&str]| lines.iter().map(|&line| line.to_owned()).collect::<Vec<_>>();
        matches(&owned(expected), &owned(shown), &mut Captures::new())
    }

    #[test]
    fn holes_match_text_of_their_kind() {
        assert!(fits(&["(integer) <1..100>"], &["(integer) 100"]));
        assert!(!fits(&["(integer) <1..100>"], &["(integer) 101"]));
        assert!(!fits(&["(integer) <1..100>"], &["(integer) 1x"]));
        assert!(fits(&["(integer) <-5..-1>"], &["(integer) -3"]));
        assert!(fits(&["id=<1..9> addr=<any> name=x"], &["id=3 addr=127.0.0.1:1 name=x"]));
        assert!(!fits(&["id=<1..9> addr=<any> name=x"], &["id=3 addr=127.0.0.1:1 name=y"]));
        assert!(fits(&["a < b <c> <1..x>"], &["a < b <c> <1..x>"]));
    }

    #[test]
    fn a_gap_matches_any_number_of_lines() {
        assert!(fits(&["a", "<...>", "b"], &["a", "b"]));
        assert!(fits(&["a", "<...>", "b"], &["a", "x", "b", "y", "b"]));
        assert!(!fits(&["a", "<...>", "b"], &["a", "x"]));
    }

    #[test]
    fn a_name_matches_the_same_text_everywhere() {
        assert!(fits(&["<$x>-<$x>"], &["ab-ab"]));
        assert!(!fits(&["<$x>", "<$x>"], &["a", "b"]));
    }
}
