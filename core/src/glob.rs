//! Glob patterns, as in `KEYS`, `SCAN ... MATCH`, `PSUBSCRIBE` and `CONFIG GET`.
//!
//! `?` is any byte, `*` any bytes, `[a-z_]` one of a class, `[^a-z]` none of it, `\` takes the special meaning of what follows.
//! Malformed patterns match what they match in Redis: a class that is not closed ends with the pattern, a backslash at the end
//! is itself, and the empty text matches the empty pattern alone, not even `*`.
//!
//! Everything but `*` takes exactly one byte of the text. So when the part behind a `*` fails, only moving that part on can
//! help, never an earlier `*`, which would merely leave it less text. One place to go back to is enough: no recursion,
//! and time bounded by the product of the lengths.

use crate::limits;

/// Whether letters differ from their other case; only ASCII has any.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Case {
    /// `a` is not `A`.
    Sensitive,
    /// `a` is `A`.
    Insensitive,
}

/// Whether the whole `text` matches the `pattern`.
///
/// ```
/// use redstart_core::glob::{Case, matches};
/// assert!(matches(b"user:[0-9]*", b"user:1000", Case::Sensitive));
/// assert!(matches(b"MAX*-?", b"maxmemory-x", Case::Insensitive));
/// assert!(!matches(b"h[^e]llo", b"hello", Case::Sensitive));
/// ```
#[must_use]
pub fn matches(pattern: &[u8], text: &[u8], case: Case) -> bool {
    if text.is_empty() {
        return pattern.is_empty();
    }
    let (mut pattern, mut text) = (pattern, text);
    // What stands behind the last star, and the text it was last tried on.
    let mut retry: Option<(&[u8], &[u8])> = None;
    let mut stars = 0;
    while let Some((&byte, text_rest)) = text.split_first() {
        if pattern.first() == Some(&b'*') {
            pattern = skip_stars(pattern);
            if pattern.is_empty() {
                return true;
            }
            stars += 1;
            if stars > limits::GLOB_STARS {
                return false;
            }
            retry = Some((pattern, text));
        }
        if let Some(pattern_rest) = match_one(pattern, byte, case) {
            (pattern, text) = (pattern_rest, text_rest);
        } else if let Some((behind_star, [_, tried_rest @ ..])) = retry {
            (pattern, text) = (behind_star, tried_rest);
            retry = Some((pattern, text));
        } else {
            return false;
        }
    }
    skip_stars(pattern).is_empty()
}

/// What is left of the pattern if its first element takes `byte`.
#[inline]
fn match_one(pattern: &[u8], byte: u8, case: Case) -> Option<&[u8]> {
    match pattern {
        [] => None,
        [b'?', rest @ ..] => Some(rest),
        [b'[', class @ ..] => {
            let (negated, class) =
                class.strip_prefix(b"^").map_or((false, class), |class| (true, class));
            let (found, rest) = match_class(class, byte, case);
            (found != negated).then_some(rest)
        }
        [b'\\', literal, rest @ ..] | [literal, rest @ ..] => {
            case.eq(*literal, byte).then_some(rest)
        }
    }
}

/// Whether `byte` is in the class, and what follows it. Redis compares ranges as signed bytes and escapes as they are.
fn match_class(mut class: &[u8], byte: u8, case: Case) -> (bool, &[u8]) {
    let mut found = false;
    loop {
        (found, class) = match class {
            [b'\\', literal, rest @ ..] => (found || *literal == byte, rest),
            [b']', rest @ ..] => return (found, rest),
            [] => return (found, class),
            [start, b'-', end, rest @ ..] => (found || case.in_range(*start, *end, byte), rest),
            [literal, rest @ ..] => (found || case.eq(*literal, byte), rest),
        };
    }
}

fn skip_stars(pattern: &[u8]) -> &[u8] {
    &pattern[pattern.iter().take_while(|&&byte| byte == b'*').count()..]
}

impl Case {
    #[inline]
    fn eq(self, a: u8, b: u8) -> bool {
        self.fold(a) == self.fold(b)
    }

    fn in_range(self, start: u8, end: u8, byte: u8) -> bool {
        let signed = |byte: u8| byte as i8;
        let (low, high) = if signed(start) <= signed(end) { (start, end) } else { (end, start) };
        (signed(self.fold(low))..=signed(self.fold(high))).contains(&signed(self.fold(byte)))
    }

    #[inline]
    fn fold(self, byte: u8) -> u8 {
        match self {
            Self::Sensitive => byte,
            Self::Insensitive => byte.to_ascii_lowercase(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As `KEYS` of the reference server matches.
    #[test]
    fn rows() {
        let rows: &[(&str, &str, bool)] = &[
            ("", "", true),
            ("", "a", false),
            ("*", "", false),
            ("**", "", false),
            ("*", "a", true),
            ("a**", "a", true),
            ("a*", "a", true),
            ("*a", "aba", true),
            ("*ab", "aaab", true),
            ("*ab*b", "aab", false),
            ("a*b*c", "a-b-b-c-c", true),
            ("a*b*c", "a-c-b", false),
            ("?", "", false),
            ("a?c", "abc", true),
            ("a?", "a", false),
            ("[abc]", "b", true),
            ("[abc]", "d", false),
            ("[^abc]", "d", true),
            ("[^abc]", "b", false),
            ("[a-c]x", "bx", true),
            ("[c-a]x", "bx", true),
            ("[a-c]", "d", false),
            ("[a-]", "-", false),
            ("[a-]", "_", true),
            ("[-a]", "-", true),
            ("[]", "]", false),
            ("[^]", "]", true),
            ("[]a]", "a]", false),
            ("[a^]", "^", true),
            ("[", "[", false),
            ("[^", "x", true),
            ("[a", "a", true),
            ("[ab", "b", true),
            ("[a-", "-", true),
            ("[\\", "\\", true),
            ("[\\]]", "]", true),
            ("[\\a-c]", "b", false),
            ("[\\a-c]", "-", true),
            ("[a-\\]]", "\\]", true),
            ("\\", "\\", true),
            ("a\\", "a\\", true),
            ("\\*", "*", true),
            ("\\*", "a", false),
            ("\\a", "a", true),
            ("\\\\", "\\", true),
            ("*\\", "a\\", true),
            ("h[^e]llo", "hello", false),
        ];
        for (pattern, text, expected) in rows {
            assert_eq!(
                matches(pattern.as_bytes(), text.as_bytes(), Case::Sensitive),
                *expected,
                "{pattern:?} {text:?}"
            );
        }
    }

    #[test]
    fn ranges_are_signed() {
        assert!(matches(b"[a-\xff]", b"A", Case::Sensitive));
        assert!(matches(b"[a-\xff]", b"\xff", Case::Sensitive));
        assert!(!matches(b"[a-\xff]", b"b", Case::Sensitive));
        assert!(matches(b"[\x80-\xff]", b"\x90", Case::Sensitive));
    }

    #[test]
    fn case() {
        let rows = [
            ("MaxMemory*", "maxmemory-policy", true),
            ("[A-C]", "b", true),
            ("[^A-C]", "b", false),
            ("[X]", "x", true),
            ("[\\X]", "x", false),
            ("\\X", "x", true),
            // Ordered before folding: `Z` to `a` is `z` to `a`, which nothing is between.
            ("[Z-a]", "b", false),
            ("[a-Z]", "z", false),
        ];
        for (pattern, text, expected) in rows {
            let matched = matches(pattern.as_bytes(), text.as_bytes(), Case::Insensitive);
            assert_eq!(matched, expected, "{pattern:?} {text:?}");
        }
        assert!(!matches(b"A", b"a", Case::Sensitive));
    }

    #[test]
    fn stars() {
        let text = [b'a'; 1100];
        for (stars, expected) in [(1000, true), (1001, false)] {
            assert_eq!(matches(&b"*a".repeat(stars), &text, Case::Sensitive), expected);
        }
        assert!(matches(&[b"*a".repeat(1000), b"*".to_vec()].concat(), &text, Case::Sensitive));
    }

    /// Takes ages if every star is tried everywhere.
    #[test]
    fn no_exponential_time() {
        let pattern = [b"*a".repeat(100), b"b".to_vec()].concat();
        assert!(!matches(&pattern, &[b'a'; 100_000], Case::Sensitive));
    }
}
