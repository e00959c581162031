//! Replies in the corpus. They have a decoder of their own, so that it cannot hide mistakes of the
//! engine's decoder. Doubles keep their text, which is part of Redis's behaviour.

/// A reply in RESP2 or RESP3.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// `+OK`
    Status(Vec<u8>),
    /// `-ERR ..`, or RESP3's `!`
    Error(Vec<u8>),
    /// `:1`
    Integer(i64),
    /// `$3`
    Bulk(Vec<u8>),
    /// `=15`, without its format
    Verbatim(Vec<u8>),
    /// RESP3's `_`
    Null,
    /// RESP2's `$-1`
    NullBulk,
    /// RESP2's `*-1`
    NullArray,
    /// `,3.14`, as written
    Double(Vec<u8>),
    /// `#t`
    Boolean(bool),
    /// `(123`
    BigNumber(Vec<u8>),
    /// `*`
    Array(Vec<Reply>),
    /// `~`
    Set(Vec<Reply>),
    /// `>`
    Push(Vec<Reply>),
    /// `%`
    Map(Vec<(Reply, Reply)>),
    /// `|`: attributes of the reply that follows
    Attribute(Vec<(Reply, Reply)>),
}

/// Bytes that no server may send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAReply;

/// Decodes the first reply in `input`. Returns it with its length, or `None` if it is incomplete.
///
/// # Errors
/// The bytes cannot become a reply, whatever follows.
pub fn decode(input: &[u8]) -> Result<Option<(Reply, usize)>, NotAReply> {
    let mut rest = input;
    match reply(&mut rest) {
        Ok(reply) => Ok(Some((reply, input.len() - rest.len()))),
        Err(Stop::Incomplete) => Ok(None),
        Err(Stop::Malformed) => Err(NotAReply),
    }
}

enum Stop {
    Incomplete,
    Malformed,
}

fn reply(rest: &mut &[u8]) -> Result<Reply, Stop> {
    let line = line(rest)?;
    let (&kind, text) = line.split_first().ok_or(Stop::Malformed)?;
    Ok(match kind {
        b'+' => Reply::Status(text.to_vec()),
        b'-' => Reply::Error(text.to_vec()),
        b':' => Reply::Integer(integer(text)?),
        b'$' => {
            length(text)?.map_or(Ok(Reply::NullBulk), |len| bulk(rest, len).map(Reply::Bulk))?
        }
        b'!' => Reply::Error(bulk(rest, length(text)?.ok_or(Stop::Malformed)?)?),
        b'=' => {
            let bytes = bulk(rest, length(text)?.ok_or(Stop::Malformed)?)?;
            Reply::Verbatim(bytes.get(4..).ok_or(Stop::Malformed)?.to_vec())
        }
        b'_' if text.is_empty() => Reply::Null,
        b',' => Reply::Double(text.to_vec()),
        b'#' if text == b"t" || text == b"f" => Reply::Boolean(text == b"t"),
        b'(' => Reply::BigNumber(text.to_vec()),
        b'*' => length(text)?
            .map_or(Ok(Reply::NullArray), |len| replies(rest, len).map(Reply::Array))?,
        b'~' => Reply::Set(replies(rest, length(text)?.ok_or(Stop::Malformed)?)?),
        b'>' => Reply::Push(replies(rest, length(text)?.ok_or(Stop::Malformed)?)?),
        b'%' => Reply::Map(pairs(rest, length(text)?.ok_or(Stop::Malformed)?)?),
        b'|' => Reply::Attribute(pairs(rest, length(text)?.ok_or(Stop::Malformed)?)?),
        _ => return Err(Stop::Malformed),
    })
}

fn line<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8], Stop> {
    let end = rest.windows(2).position(|pair| pair == b"\r\n").ok_or(Stop::Incomplete)?;
    let (line, tail) = (&rest[..end], &rest[end + 2..]);
    *rest = tail;
    Ok(line)
}

fn integer(text: &[u8]) -> Result<i64, Stop> {
    str::from_utf8(text).ok().and_then(|text| text.parse().ok()).ok_or(Stop::Malformed)
}

fn length(text: &[u8]) -> Result<Option<usize>, Stop> {
    match integer(text)? {
        -1 => Ok(None),
        length => usize::try_from(length).map(Some).map_err(|_| Stop::Malformed),
    }
}

fn bulk(rest: &mut &[u8], len: usize) -> Result<Vec<u8>, Stop> {
    if rest.len() < len.saturating_add(2) {
        return Err(Stop::Incomplete);
    }
    let (bytes, tail) = rest.split_at(len);
    *rest = tail.strip_prefix(b"\r\n").ok_or(Stop::Malformed)?;
    Ok(bytes.to_vec())
}

fn replies(rest: &mut &[u8], len: usize) -> Result<Vec<Reply>, Stop> {
    (0..len).map(|_| reply(rest)).collect()
}

fn pairs(rest: &mut &[u8], len: usize) -> Result<Vec<(Reply, Reply)>, Stop> {
    (0..len).map(|_| Ok((reply(rest)?, reply(rest)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SESSION: &[u8] = b"+OK\r\n$-1\r\n*-1\r\n*2\r\n:1\r\n$4\r\na\r\nb\r\n%1\r\n+k\r\n~1\r\n#t\r\n=7\r\ntxt:abc\r\n,inf\r\n_\r\n";

    #[test]
    fn a_session_decodes_and_every_cut_is_incomplete() {
        let mut rest = SESSION;
        let mut seen = Vec::new();
        while !rest.is_empty() {
            let (reply, len) = decode(rest).unwrap().unwrap();
            for cut in 0..len {
                assert_eq!(decode(&rest[..cut]), Ok(None));
            }
            seen.push(reply);
            rest = &rest[len..];
        }
        assert_eq!(
            seen,
            [
                Reply::Status(b"OK".to_vec()),
                Reply::NullBulk,
                Reply::NullArray,
                Reply::Array(vec![Reply::Integer(1), Reply::Bulk(b"a\r\nb".to_vec())]),
                Reply::Map(vec![(
                    Reply::Status(b"k".to_vec()),
                    Reply::Set(vec![Reply::Boolean(true)])
                )]),
                Reply::Verbatim(b"abc".to_vec()),
                Reply::Double(b"inf".to_vec()),
                Reply::Null,
            ]
        );
    }

    #[test]
    fn invalid_bytes_are_refused() {
        for bytes in [
            &b"hello\r\n"[..],
            b"\r\n",
            b":x\r\n",
            b"$-2\r\n",
            b"$1\r\nabc\r\n",
            b"#x\r\n",
            b"%-1\r\n",
        ] {
            assert_eq!(decode(bytes), Err(NotAReply), "{bytes:?}");
        }
    }
}
