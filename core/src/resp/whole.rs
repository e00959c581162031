//! A fast path for complete requests in the form that every client library sends, which covers
//! nearly all requests.
//!
//! The grammar is that of [`request`](super::request) without the rare cases: split or long lines,
//! unusual numbers, clients that are not authenticated. The remainder is stateless and reads each
//! byte of a header once, in a few instructions. Any request rejected here is read from its start
//! by the general reader, so no reason is returned.

use nom::bytes::streaming::take;
use nom::{IResult, Parser};

use super::args::{Request, Span};
use super::request::Limits;

/// The first number with so many digits that it is rare enough to be left to the general reader.
const RARE_NUMBER: u32 = 10_000_000;

/// Finds the arguments of the request at the start of `input`. Returns its length, or `None` if the
/// fast path does not apply; `request` may then contain some arguments.
#[inline]
pub(super) fn read(input: &[u8], limits: &Limits, request: &mut Request) -> Option<usize> {
    if !limits.authenticated || input.len() > u32::MAX as usize {
        return None;
    }
    let (mut rest, count) = number(b'*').parse(input).ok()?;
    if count > limits.multibulk_count {
        return None;
    }
    for _ in 0..count {
        let (bytes, len) = number(b'$').parse(rest).ok()?;
        if u64::from(len) > limits.bulk_len_bytes {
            return None;
        }
        let (behind, _) = take::<_, _, ()>(len + 2).parse(bytes).ok()?;
        request.spans.push(Span { start: (input.len() - bytes.len()) as u32, len });
        rest = behind;
    }
    Some(input.len() - rest.len())
}

/// Parses a line of a `marker`, a number in canonical form and the line end, whose second byte is
/// not checked.
#[inline]
fn number<'a>(marker: u8) -> impl Fn(&'a [u8]) -> IResult<&'a [u8], u32, ()> {
    move |line| match line {
        [first, ones @ b'0'..=b'9', b'\r', _, rest @ ..] if *first == marker => {
            Ok((rest, digit(*ones)))
        }
        [first, tens @ b'1'..=b'9', ones @ b'0'..=b'9', b'\r', _, rest @ ..]
            if *first == marker =>
        {
            Ok((rest, digit(*tens) * 10 + digit(*ones)))
        }
        [first, b'1'..=b'9', ..] if *first == marker => long_number(&line[1..]),
        _ => Err(nom::Err::Error(())),
    }
}

fn long_number(line: &[u8]) -> IResult<&[u8], u32, ()> {
    let (mut rest, mut number) = (line, 0);
    while let [digit_char @ b'0'..=b'9', behind @ ..] = rest
        && number < RARE_NUMBER
    {
        number = number * 10 + digit(*digit_char);
        rest = behind;
    }
    match rest {
        [b'\r', _, behind @ ..] => Ok((behind, number)),
        _ => Err(nom::Err::Error(())),
    }
}

#[inline]
fn digit(char: u8) -> u32 {
    u32::from(char - b'0')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args_of(input: &[u8]) -> Option<(usize, alloc::vec::Vec<alloc::vec::Vec<u8>>)> {
        let mut request = Request::default();
        let len = read(input, &Limits::default(), &mut request)?;
        Some((len, request.args(input).iter().map(<[u8]>::to_vec).collect()))
    }

    #[test]
    fn requests_of_client_libraries_take_the_fast_path() {
        let input = b"*2\r\n$3\r\nGET\r\n$12\r\nkey:12345678\r\n*1\r\n";
        assert_eq!(
            args_of(input),
            Some((32, [&b"GET"[..], b"key:12345678"].map(<[u8]>::to_vec).to_vec()))
        );
        let input = [&b"*1\r\n$1234\r\n"[..], &[b'x'; 1234], b"\r\n"].concat();
        assert_eq!(args_of(&input), Some((input.len(), [[b'x'; 1234].to_vec()].to_vec())));
        assert_eq!(args_of(b"*1\r\n$0\r\n\r\n"), Some((10, [[].to_vec()].to_vec())));
        assert_eq!(args_of(b"*0\r\n"), Some((4, [].to_vec())));
    }

    #[test]
    fn unusual_requests_are_left_to_the_reader() {
        let whole = b"*2\r\n$3\r\nGET\r\n$12\r\nkey:12345678\r\n";
        for len in 0..whole.len() {
            assert_eq!(args_of(&whole[..len]), None, "{len} bytes");
        }
        for odd in ["PING\r\n", "*-1\r\n", "*01\r\n$1\r\nx\r\n", "*1\r\n$01\r\nx\r\n", "*1\r\nx"] {
            assert_eq!(args_of(odd.as_bytes()), None, "{odd}");
        }
        let limits = Limits { authenticated: false, ..Limits::default() };
        assert_eq!(read(whole, &limits, &mut Request::default()), None);
    }
}
