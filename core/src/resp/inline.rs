//! The quoting syntax of inline requests and configuration files.
//!
//! Words are separated by blanks. `"a b\x00\n"` may contain blanks and escapes; `'a b'` may contain
//! blanks, and `\'` is its only escape. A quote may open within a word; the closing quote ends the
//! word.

use alloc::vec::Vec;

use nom::branch::alt;
use nom::bytes::complete::tag;
use nom::combinator::{map_opt, not, value, verify};
use nom::multi::fold_many0;
use nom::number::complete::u8 as any_byte;
use nom::sequence::{delimited, preceded};
use nom::{IResult, Parser};

use super::args::Request;

/// A quote is not closed, or its closing quote is not followed by a blank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnbalancedQuotes;

/// Splits a line into words and stores them as the arguments of `request`.
///
/// ```
/// use redstart_core::resp::{args::Request, inline::split_words};
/// let mut request = Request::default();
/// assert!(split_words(br#"set greeting "hello\tworld""#, &mut request).is_ok());
/// assert_eq!(&request.args(b"")[2], b"hello\tworld");
/// ```
///
/// # Errors
///
/// The quotes are not balanced.
pub fn split_words(line: &[u8], request: &mut Request) -> Result<(), UnbalancedQuotes> {
    request.own();
    let mut rest = skip_blanks(line);
    while !rest.is_empty() {
        let (behind, ()) = request.push_own(|out| word(rest, out)).map_err(|_| UnbalancedQuotes)?;
        rest = skip_blanks(behind);
    }
    Ok(())
}

/// Parses one word and unescapes it into `out`: plain bytes up to a blank, or up to the end of a
/// quoted part.
fn word<'a>(mut input: &'a [u8], out: &mut Vec<u8>) -> IResult<&'a [u8], (), ()> {
    loop {
        match input.split_first() {
            None | Some((b' ' | b'\t' | b'\r' | b'\n', _)) => return Ok((input, ())),
            Some((b'"', _)) => return quoted("\"", double_quoted_byte, out).parse(input),
            Some((b'\'', _)) => return quoted("'", single_quoted_byte, out).parse(input),
            Some((&plain, rest)) => {
                out.push(plain);
                input = rest;
            }
        }
    }
}

/// Parses bytes between two `quote`s that are followed by a blank or the end of input.
fn quoted<'a>(
    quote: &'static str,
    inner: impl Parser<&'a [u8], Output = u8, Error = ()>,
    out: &mut Vec<u8>,
) -> impl Parser<&'a [u8], Output = (), Error = ()> {
    let bytes = fold_many0(inner, || (), |(), byte| out.push(byte));
    delimited(tag(quote), bytes, (tag(quote), not(verify(any_byte, |&byte| !is_blank(byte)))))
}

/// Parses a byte within double quotes: an escape such as `\xHH` or `\n`, a backslash and the byte
/// it stands for, or a plain byte.
fn double_quoted_byte(input: &[u8]) -> IResult<&[u8], u8, ()> {
    let hex =
        map_opt((any_byte, any_byte), |(high, low)| Some(hex_digit(high)? << 4 | hex_digit(low)?));
    let escaped = any_byte.map(|byte| match byte {
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'b' => 8,
        b'a' => 7,
        other => other,
    });
    alt((
        preceded(tag("\\x"), hex),
        preceded(tag("\\"), escaped),
        verify(any_byte, |&byte| byte != b'"'),
    ))
    .parse(input)
}

/// Parses a byte within single quotes, where `\'` is the only escape.
fn single_quoted_byte(input: &[u8]) -> IResult<&[u8], u8, ()> {
    alt((value(b'\'', tag("\\'")), verify(any_byte, |&byte| byte != b'\''))).parse(input)
}

fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// Returns `true` for the bytes that are whitespace in the C locale.
fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

fn skip_blanks(line: &[u8]) -> &[u8] {
    &line[line.iter().take_while(|&&byte| is_blank(byte)).count()..]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &[u8]) -> Result<Vec<Vec<u8>>, UnbalancedQuotes> {
        let mut request = Request::default();
        split_words(line, &mut request)?;
        Ok(request.args(b"").iter().map(<[u8]>::to_vec).collect())
    }

    #[test]
    fn balanced_quotes_are_unescaped() {
        let rows: &[(&str, &[&str])] = &[
            ("", &[]),
            (" \t\x0b\r\n", &[]),
            ("ECHO hi", &["ECHO", "hi"]),
            ("  a\tb ", &["a", "b"]),
            ("a\x0bb \x0cc", &["a\x0bb", "c"]),
            ("a\rb", &["a", "b"]),
            ("\"a b\" 'c d' \"\" ''", &["a b", "c d", "", ""]),
            ("a\"b c\" a'b c'", &["ab c", "ab c"]),
            ("\"a\"\x0bb", &["a", "b"]),
            ("\"a\rb\"", &["a\rb"]),
            (r#""\x41\n\r\t\b\a\q\"\\" "\xZ1" "\x4""#, &["A\n\r\t\x08\x07q\"\\", "xZ1", "x4"]),
            (
                r#"'a\'b' '\n\x41' '"' "'" \x41 a\b"#,
                &["a'b", r"\n\x41", "\"", "'", r"\x41", r"a\b"],
            ),
        ];
        for (line, expected) in rows {
            let expected: Vec<Vec<u8>> =
                expected.iter().map(|word| word.as_bytes().to_vec()).collect();
            assert_eq!(words(line.as_bytes()), Ok(expected), "{line:?}");
        }
        assert_eq!(words(b"\"\\xaF\\xff\""), Ok([b"\xaf\xff".to_vec()].into()));
    }

    #[test]
    fn unbalanced_quotes_are_rejected() {
        for line in
            ["\"a", "\"a\"b", "a\"b", "'a'b", "'a", r"'a\'", "\"\\", r#""a\""#, "'a\\", "\"a\"'b'"]
        {
            assert_eq!(words(line.as_bytes()), Err(UnbalancedQuotes), "{line:?}");
        }
    }
}
