//! The request reader: its results do not depend on how the input is split, and are those of a
//! naive parser.

use redstart_core::{
    number::parse_i64,
    resp::{
        args::Request,
        request::{Limits, Progress, ProtocolError, RequestReader},
    },
};

use super::Source;
use crate::quoting;

/// The requests of an input, and the error at its end, if there is one.
type Read = (Vec<Vec<Vec<u8>>>, Option<ProtocolError>);

pub(super) fn check(data: &[u8]) {
    let mut source = Source::new(data);
    let limits = Limits {
        inline_len_bytes: 16 + source.below(100),
        multibulk_count: 1 + source.below(30) as u32,
        bulk_len_bytes: source.number() % 100_000,
        authenticated: source.below(2) == 0,
    };
    let cuts: Vec<usize> = (0..4).map(|_| 1 + source.below(40)).collect();
    // The naive quoting of the corpus does not support vertical tabs and form feeds.
    let known = |&byte: &u8| if matches!(byte, 0x0b | 0x0c) { b' ' } else { byte };
    let input: Vec<u8> = source.rest().iter().map(known).collect();

    let naive = naive(&input, &limits);
    assert_eq!(read(&[&input], &limits), naive, "in one piece");
    let mut pieces = Vec::new();
    let mut rest = input.as_slice();
    for len in cuts.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (piece, behind) = rest.split_at((*len).min(rest.len()));
        pieces.push(piece);
        rest = behind;
    }
    assert_eq!(read(&pieces, &limits), naive, "in pieces");
}

/// Returns the results of the reader for input that arrives in pieces.
fn read(pieces: &[&[u8]], limits: &Limits) -> Read {
    let (mut reader, mut request) = (RequestReader::default(), Request::default());
    let (mut requests, mut input) = (Vec::new(), Vec::new());
    for piece in pieces {
        input.extend_from_slice(piece);
        loop {
            match reader.read(&input, limits, &mut request) {
                Ok(Progress::Complete { consumed }) => {
                    assert!(consumed > 0 && consumed <= input.len() && reader.is_idle());
                    requests.push(request.args(&input).iter().map(<[u8]>::to_vec).collect());
                    input.drain(..consumed);
                }
                Ok(Progress::Incomplete { needed }) => {
                    assert!(needed > 0);
                    break;
                }
                Err(error) => return (requests, Some(error)),
            }
        }
    }
    (requests, None)
}

/// Parses as `networking.c` does, with the complete input.
fn naive(mut input: &[u8], limits: &Limits) -> Read {
    let mut requests = Vec::new();
    while !input.is_empty() {
        let mut rest = input;
        let request =
            if input[0] == b'*' { multibulk(&mut rest, limits) } else { inline(&mut rest, limits) };
        match request {
            Ok(Some(request)) => requests.push(request),
            Ok(None) => break,
            Err(error) => return (requests, Some(error)),
        }
        input = rest;
    }
    (requests, None)
}

fn multibulk(rest: &mut &[u8], limits: &Limits) -> Result<Option<Vec<Vec<u8>>>, ProtocolError> {
    let Some(line) = line(rest, b'\r', limits, ProtocolError::TooBigMultibulkCountString)? else {
        return Ok(None);
    };
    let count = parse_i64(&line[1..])
        .filter(|count| *count <= i64::from(limits.multibulk_count))
        .ok_or(ProtocolError::InvalidMultibulkLength)?;
    if count > 10 && !limits.authenticated {
        return Err(ProtocolError::UnauthenticatedMultibulkLength);
    }
    let mut arguments = Vec::new();
    for _ in 0..count {
        let Some(line) = self::line(rest, b'\r', limits, ProtocolError::TooBigBulkCountString)?
        else {
            return Ok(None);
        };
        if line.first() != Some(&b'$') {
            return Err(ProtocolError::ExpectedDollar(line.first().copied().unwrap_or(b'\r')));
        }
        let len = parse_i64(&line[1..])
            .and_then(|len| u64::try_from(len).ok())
            .filter(|len| *len <= limits.bulk_len_bytes)
            .ok_or(ProtocolError::InvalidBulkLength)?;
        if len > 16_384 && !limits.authenticated {
            return Err(ProtocolError::UnauthenticatedBulkLength);
        }
        let len = len as usize;
        if rest.len() < len + 2 {
            return Ok(None);
        }
        arguments.push(rest[..len].to_vec());
        *rest = &rest[len + 2..];
    }
    Ok(Some(arguments))
}

fn inline(rest: &mut &[u8], limits: &Limits) -> Result<Option<Vec<Vec<u8>>>, ProtocolError> {
    let Some(line) = line(rest, b'\n', limits, ProtocolError::TooBigInlineRequest)? else {
        return Ok(None);
    };
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    quoting::split_bytes(line).map(Some).ok_or(ProtocolError::UnbalancedQuotes)
}

/// Returns the line at the start of `rest`, and moves `rest` past it, and past one more byte after
/// a carriage return.
fn line<'a>(
    rest: &mut &'a [u8],
    end: u8,
    limits: &Limits,
    too_big: ProtocolError,
) -> Result<Option<&'a [u8]>, ProtocolError> {
    let stop = rest.iter().position(|&byte| byte == end || byte == 0).filter(|&at| rest[at] == end);
    if stop.unwrap_or(rest.len()) > limits.inline_len_bytes {
        return Err(too_big);
    }
    let Some(at) = stop else { return Ok(None) };
    let behind = at + 1 + usize::from(end == b'\r');
    if behind > rest.len() {
        return Ok(None);
    }
    let line = &rest[..at];
    *rest = &rest[behind..];
    Ok(Some(line))
}
