//! Parses command lines and quotes strings as `redis-cli` does, with the same escapes in both
//! directions.

/// Splits a command line into arguments as `redis-cli` does. Returns `None` if its quotes are
/// unbalanced.
///
/// ```
/// use redstart_tests::quoting::split;
/// let words = split(r#"SET "a key" 'it\'s' "\x00\n""#).unwrap();
/// assert_eq!(words, [&b"SET"[..], b"a key", b"it's", b"\0\n"]);
/// assert_eq!(split(r#"GET "k"x"#), None);
/// ```
#[must_use]
pub fn split(line: &str) -> Option<Vec<Vec<u8>>> {
    split_bytes(line.as_bytes())
}

/// Splits a line that need not be text.
#[must_use]
pub fn split_bytes(line: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut rest = line.trim_ascii();
    let mut arguments = Vec::new();
    while !rest.is_empty() {
        let (argument, tail) = argument(rest)?;
        arguments.push(argument);
        rest = tail.trim_ascii_start();
    }
    Some(arguments)
}

/// Returns the first argument of `input`, and the rest of the input.
fn argument(input: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut out = Vec::new();
    let mut rest = input;
    loop {
        rest = match rest {
            [] | [b' ' | b'\t' | b'\r' | b'\n' | 0, ..] => return Some((out, rest)),
            [b'"', tail @ ..] => closed(double_quoted(tail, &mut out)?)?,
            [b'\'', tail @ ..] => closed(single_quoted(tail, &mut out)?)?,
            [byte, tail @ ..] => {
                out.push(*byte);
                tail
            }
        };
    }
}

/// A closing quote must end its argument.
fn closed(rest: &[u8]) -> Option<&[u8]> {
    rest.first().is_none_or(u8::is_ascii_whitespace).then_some(rest)
}

fn double_quoted<'a>(mut rest: &'a [u8], out: &mut Vec<u8>) -> Option<&'a [u8]> {
    loop {
        rest = match rest {
            [] => return None,
            [b'"', tail @ ..] => return Some(tail),
            [b'\\', b'x', high, low, tail @ ..]
                if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() =>
            {
                out.push(hex(*high) << 4 | hex(*low));
                tail
            }
            [b'\\', escape, tail @ ..] => {
                out.push(match escape {
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    b'b' => 0x08,
                    b'a' => 0x07,
                    other => *other,
                });
                tail
            }
            [byte, tail @ ..] => {
                out.push(*byte);
                tail
            }
        };
    }
}

fn single_quoted<'a>(mut rest: &'a [u8], out: &mut Vec<u8>) -> Option<&'a [u8]> {
    loop {
        rest = match rest {
            [] => return None,
            [b'\\', b'\'', tail @ ..] => {
                out.push(b'\'');
                tail
            }
            [b'\'', tail @ ..] => return Some(tail),
            [byte, tail @ ..] => {
                out.push(*byte);
                tail
            }
        };
    }
}

fn hex(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        _ => (digit | 0x20) - b'a' + 10,
    }
}

/// Quotes a string as `redis-cli` does in a terminal: bytes that are not printable ASCII are
/// escaped.
///
/// ```
/// assert_eq!(redstart_tests::quoting::quote(b"a\"\r\n\xff"), r#""a\"\r\n\xff""#);
/// ```
#[must_use]
pub fn quote(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() + 2);
    out.push('"');
    for &byte in bytes {
        match byte {
            b'\\' | b'"' => out.extend(['\\', char::from(byte)]),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            0x07 => out.push_str("\\a"),
            0x08 => out.push_str("\\b"),
            b' '..=b'~' => out.push(char::from(byte)),
            _ => out.push_str(&format!("\\x{byte:02x}")),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_survives_quoting_and_splitting() {
        let all: Vec<u8> = (0..=255).collect();
        assert_eq!(split(&quote(&all)).unwrap(), [all]);
    }

    #[test]
    fn unbalanced_quotes_are_refused() {
        for line in [r#"""#, r#""a"#, "'a", r#"'a'b"#, r#""a""b""#, r#""\"#] {
            assert_eq!(split(line), None, "{line}");
        }
        assert_eq!(split("").unwrap(), Vec::<Vec<u8>>::new());
        assert_eq!(split(r#"a"" '' """#).unwrap(), [&b"a"[..], b"", b""]);
    }
}
