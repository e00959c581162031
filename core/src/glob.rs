//! Glob patterns, as in `KEYS`, `SCAN ... MATCH`, `PSUBSCRIBE` and `CONFIG GET`.
//!
//! `?` matches any byte, `*` any number of bytes, `[a-z_]` one byte of a class, `[^a-z]` one byte
//! that is not in it, and `\` makes the next byte literal. Malformed patterns match what they match
//! in Redis: a class that is not closed ends with the pattern, a backslash at the end is literal,
//! and the empty text matches the empty pattern only, not even `*`.
//!
//! Every element except `*` consumes exactly one byte of the text. So if the part after a `*`
//! fails, only the last `*` needs to be retried further on; an earlier one would merely leave it
//! less text. A single position to go back to is enough: no recursion, and the time is bounded by
//! the product of the lengths.

use crate::limits;

/// Whether matching is case-sensitive. Only ASCII letters have case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Case {
    /// `a` does not match `A`.
    Sensitive,
    /// `a` matches `A`.
    Insensitive,
}

/// Returns `true` if the whole `text` matches the `pattern`.
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

/// Searches for a match; `match_one` returns the rest of a pattern if its first element consumes a
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
    // The pattern after the last star, and the text at which it was last tried.
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

/// Returns the rest of the pattern if its first element consumes `byte`.
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

/// Returns whether `byte` is in the class, and the pattern after it. Redis compares ranges as
/// signed bytes, and escaped bytes exactly.
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

    /// The expected results are those of `KEYS` in the reference server.
    #[test]
    fn patterns_match_as_in_redis() {
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
    fn case_insensitive_matching_folds_ascii_letters() {
        let rows = [
            ("MaxMemory*", "maxmemory-policy", true),
            ("[A-C]", "b", true),
            ("[^A-C]", "b", false),
            ("[X]", "x", true),
            ("[\\X]", "x", false),
            ("\\X", "x", true),
            // Ranges are ordered before folding: `Z` to `a` becomes `z` to `a`, which is empty.
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
    fn patterns_with_more_than_a_thousand_stars_do_not_match() {
        let text = [b'a'; 1100];
        for (stars, expected) in [(1000, true), (1001, false)] {
            assert_eq!(matches(&b"*a".repeat(stars), &text, Case::Sensitive), expected);
        }
        assert!(matches(&[b"*a".repeat(1000), b"*".to_vec()].concat(), &text, Case::Sensitive));
    }

    /// Matches as Redis does: by recursion at each star, and once the text has ended after a star,
    /// earlier ones are not tried again. Counts the elements that are tried.
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
        // Redis skips stars at the end only after an element that has consumed the last byte.
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
    fn matches_equal_those_of_recursion_and_try_no_more_elements() {
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
    fn time_is_bounded_by_the_product_of_the_lengths() {
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
