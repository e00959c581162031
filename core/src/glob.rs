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
    search(pattern, text, |pattern, byte| match_one(pattern, byte, case))
}

/// The search itself; `match_one` returns what is left of a pattern if its first element takes a
/// byte.
#[inline]
fn search<'p>(
    pattern: &'p [u8],
    text: &[u8],
    mut match_one: impl FnMut(&'p [u8], u8) -> Option<&'p [u8]>,
) -> bool {
    if text.is_empty() {
        return pattern.is_empty();
    }
    let (mut pattern, mut text) = (pattern, text);
    // What stands behind the last star, and the text it was last tried on.
    let mut retry: Option<(&'p [u8], &[u8])> = None;
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
        if let Some(pattern_rest) = match_one(pattern, byte) {
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
    use alloc::string::String;
    use alloc::vec::Vec;

    use super::*;
    use crate::random::{Random, Seed};

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

    /// Matches as Redis does, by recursion at each star with its cut (once the text has ended
    /// behind a star, no earlier one is moved on); counts the elements that are tried.
    fn recursive(mut pattern: &[u8], mut text: &[u8], tried: &mut u64, is_cut: &mut bool) -> bool {
        while !pattern.is_empty() && !text.is_empty() {
            if pattern[0] == b'*' {
                pattern = skip_stars(pattern);
                if pattern.is_empty() {
                    return true;
                }
                while !text.is_empty() {
                    if recursive(pattern, text, tried, is_cut) {
                        return true;
                    }
                    if *is_cut {
                        return false;
                    }
                    text = &text[1..];
                }
                *is_cut = true;
                return false;
            }
            *tried += 1;
            match match_one(pattern, text[0], Case::Sensitive) {
                Some(rest) => (pattern, text) = (rest, &text[1..]),
                None => return false,
            }
        }
        if text.is_empty() && pattern.is_empty() {
            return true;
        }
        // Redis skips stars at the end only behind an element that has taken the last byte.
        text.is_empty() && skip_stars(pattern).is_empty()
    }

    /// Matches, and counts the elements that are tried.
    fn counted(pattern: &[u8], text: &[u8]) -> (bool, u64) {
        let mut tried = 0;
        let matched = search(pattern, text, |pattern, byte| {
            tried += u64::from(!pattern.is_empty());
            match_one(pattern, byte, Case::Sensitive)
        });
        (matched, tried)
    }

    #[test]
    fn matching_is_what_recursion_finds_and_tries_no_more_elements() {
        let mut random = Random::new(Seed(7));
        let pieces: [&[u8]; 12] =
            [b"*", b"*", b"*", b"a", b"a", b"b", b"?", b"[ab]", b"[^a]", b"\\*", b"[a", b"\\a"];
        for _ in 0..200_000 {
            let pattern: Vec<u8> = (0..random.below(9))
                .flat_map(|_| pieces[random.below(pieces.len())].iter().copied())
                .collect();
            let text: Vec<u8> =
                (0..1 + random.below(12)).map(|_| b"aab*"[random.below(4)]).collect();
            let mut reference_tried = 0;
            let expected = recursive(&pattern, &text, &mut reference_tried, &mut false);
            let (matched, tried) = counted(&pattern, &text);
            assert_eq!(
                matched,
                expected,
                "{:?} {:?}",
                String::from_utf8_lossy(&pattern),
                String::from_utf8_lossy(&text)
            );
            assert!(
                tried <= reference_tried,
                "{tried} > {reference_tried}: {:?} {:?}",
                String::from_utf8_lossy(&pattern),
                String::from_utf8_lossy(&text)
            );
        }
    }

    #[test]
    fn many_stars_over_a_long_text_cost_no_more_than_their_product() {
        let text = [b'a'; 10_000];
        for pattern in [
            [b"a*".repeat(500), b"b".to_vec()].concat(),
            [b"*a".repeat(500), b"b".to_vec()].concat(),
            [b"*".to_vec(), b"a".repeat(1000), b"b".to_vec()].concat(),
            [b"*?".repeat(500), b"b".to_vec()].concat(),
            [b"*[a-c]".repeat(500), b"b".to_vec()].concat(),
        ] {
            let (matched, tried) = counted(&pattern, &text);
            assert!(!matched);
            assert!(tried <= (pattern.len() * text.len()) as u64, "{tried}");
        }
    }
}
