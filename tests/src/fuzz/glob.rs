//! Glob patterns: matches are those of Redis's recursive matcher.

use redstart_core::glob::{Case, matches};

use super::Source;

pub(super) fn check(data: &[u8]) {
    let mut source = Source::new(data);
    let is_insensitive = source.below(2) == 1;
    let case = if is_insensitive { Case::Insensitive } else { Case::Sensitive };
    let len = source.below(24);
    let pattern = source.take(len);
    let text = source.take(24);
    // The naive matcher needs exponential time.
    if pattern.iter().filter(|&&byte| byte == b'*').count() > 4 {
        let _ = matches(pattern, text, case);
        return;
    }
    assert_eq!(
        matches(pattern, text, case),
        naive(pattern, text, is_insensitive),
        "pattern b\"{}\", text b\"{}\"",
        pattern.escape_ascii(),
        text.escape_ascii()
    );
}

/// `stringmatchlen` of `util.c`, without its limit on recursion.
fn naive(mut pattern: &[u8], mut text: &[u8], nocase: bool) -> bool {
    let fold = |byte: u8| if nocase { byte.to_ascii_lowercase() } else { byte };
    while !pattern.is_empty() && !text.is_empty() {
        match pattern[0] {
            b'*' => {
                while pattern.get(1) == Some(&b'*') {
                    pattern = &pattern[1..];
                }
                if pattern.len() == 1 {
                    return true;
                }
                while !text.is_empty() {
                    if naive(&pattern[1..], text, nocase) {
                        return true;
                    }
                    text = &text[1..];
                }
                return false;
            }
            b'?' => text = &text[1..],
            b'[' => {
                let (found, rest) = class(&pattern[1..], text[0], nocase);
                if !found {
                    return false;
                }
                // Leaves one byte before the rest, as the other branches do.
                pattern = &pattern[pattern.len() - rest.len() - 1..];
                text = &text[1..];
            }
            mut byte => {
                if byte == b'\\' && pattern.len() >= 2 {
                    pattern = &pattern[1..];
                    byte = pattern[0];
                }
                if fold(byte) != fold(text[0]) {
                    return false;
                }
                text = &text[1..];
            }
        }
        pattern = &pattern[1..];
        if text.is_empty() {
            while pattern.first() == Some(&b'*') {
                pattern = &pattern[1..];
            }
            break;
        }
    }
    pattern.is_empty() && text.is_empty()
}

/// Returns whether a class contains a byte, and the pattern after the class.
fn class(mut pattern: &[u8], byte: u8, nocase: bool) -> (bool, &[u8]) {
    let fold = |byte: u8| if nocase { byte.to_ascii_lowercase() } else { byte };
    let negated = pattern.first() == Some(&b'^');
    if negated {
        pattern = &pattern[1..];
    }
    let mut found = false;
    let rest = loop {
        match pattern {
            // Escaped bytes are compared exactly.
            [b'\\', literal, rest @ ..] => {
                found |= *literal == byte;
                pattern = rest;
            }
            [b']', rest @ ..] => break rest,
            [] => break pattern,
            [start, b'-', end, rest @ ..] => {
                let (low, high) = ((*start as i8).min(*end as i8), (*start as i8).max(*end as i8));
                let range = fold(low as u8) as i8..=fold(high as u8) as i8;
                found |= range.contains(&(fold(byte) as i8));
                pattern = rest;
            }
            [literal, rest @ ..] => {
                found |= fold(*literal) == fold(byte);
                pattern = rest;
            }
        }
    };
    (found != negated, rest)
}
