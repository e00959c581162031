//! The arguments of a command: what the protocol hands to the engine.
//!
//! Arguments are spans of the bytes a client sent, or of bytes of their own when they do not lie there as they are: unescaped
//! words of an inline request, a command that waits in a transaction, a command made up by the engine. Handlers see
//! [`Args`] and cannot tell.

use alloc::rc::Rc;
use alloc::vec::Vec;
use core::fmt;
use core::ops::Index;
use core::slice::SliceIndex;

use super::big_arg::BigArg;
use crate::limits;
use crate::memory::allocated;

/// The arguments of a command, its name first: what every handler receives.
#[derive(Clone, Copy)]
pub struct Args<'a> {
    bytes: &'a [u8],
    spans: &'a [Span],
    big: &'a [BigArg],
}

/// The arguments of one request, owned by the caller and reused for the next.
#[derive(Clone, Debug, Default)]
pub struct Request {
    pub(super) spans: Vec<Span>,
    /// The arguments that lie apart, in order.
    pub(super) big: Vec<BigArg>,
    /// The arguments' bytes, where they do not lie in the input.
    own_bytes: Vec<u8>,
    owns: bool,
}

/// A stretch of bytes, relative to the start of its request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub(super) start: u32,
    pub(super) len: u32,
}

impl<'a> Args<'a> {
    /// How many there are.
    #[inline]
    #[must_use]
    pub fn len(self) -> usize {
        self.spans.len()
    }

    /// Whether there are none.
    #[inline]
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.spans.is_empty()
    }

    /// The argument at `index`; zero is the command's name.
    #[inline]
    #[must_use]
    pub fn get(self, index: usize) -> Option<&'a [u8]> {
        self.spans.get(index).map(|&span| self.at(span))
    }

    /// The argument at `index`, if it has a buffer of its own: to be kept without a copy.
    #[inline]
    #[must_use]
    pub fn shared(self, index: usize) -> Option<&'a Rc<Vec<u8>>> {
        BigArg::of(*self.spans.get(index)?, self.big).map(|big| &big.bytes)
    }

    /// Some of them, as in `args.slice(1..)`.
    ///
    /// # Panics
    ///
    /// If the range does not lie within them.
    #[inline]
    #[must_use]
    pub fn slice(self, range: impl SliceIndex<[Span], Output = [Span]>) -> Self {
        Self { spans: &self.spans[range], ..self }
    }

    /// One after the other.
    #[inline]
    pub fn iter(self) -> impl DoubleEndedIterator<Item = &'a [u8]> + ExactSizeIterator + Clone {
        self.spans.iter().map(move |&span| self.at(span))
    }

    #[inline]
    fn at(self, span: Span) -> &'a [u8] {
        let bytes = self.bytes.get(span.start as usize..);
        bytes.and_then(|bytes| bytes.get(..span.len as usize)).unwrap_or_else(|| self.apart(span))
    }

    #[cold]
    fn apart(self, span: Span) -> &'a [u8] {
        &BigArg::of(span, self.big).expect("an argument lies in the input or apart").bytes
    }
}

impl Request {
    /// A request that owns the bytes of its arguments: a queued command, or one that no client sent.
    ///
    /// ```
    /// use redstart_core::resp::args::Request;
    /// let request = Request::of([&b"DEL"[..], b"key"]);
    /// assert_eq!(&request.args(b"")[1], b"key");
    /// ```
    ///
    /// # Panics
    ///
    /// If the arguments together are above [`REQUEST_LEN_BYTES`](crate::limits::REQUEST_LEN_BYTES).
    #[must_use]
    pub fn of<'a>(args: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut request = Self { owns: true, ..Self::default() };
        for arg in args {
            request.push_own(|bytes| bytes.extend_from_slice(arg));
        }
        request
    }

    /// The arguments; `input` as it was given to [`RequestReader::read`](super::request::RequestReader::read).
    #[inline]
    #[must_use]
    pub fn args<'a>(&'a self, input: &'a [u8]) -> Args<'a> {
        Args {
            bytes: if self.owns { &self.own_bytes } else { input },
            spans: &self.spans,
            big: &self.big,
        }
    }

    /// Lets go of the arguments that lie apart: by now they belong to whoever has kept them.
    pub(crate) fn release(&mut self) {
        self.big.clear();
    }

    /// What its own bytes and the places of its arguments take.
    pub(crate) fn memory_bytes(&self) -> usize {
        allocated(self.own_bytes.capacity()) + allocated(self.spans.capacity() * size_of::<Span>())
    }

    /// Forgets the arguments, to find new ones in the input.
    #[inline]
    pub(super) fn borrow(&mut self) {
        self.owns = false;
        self.big.clear();
        self.spans.clear();
        if self.spans.capacity() > limits::ARGS_KEPT_COUNT {
            self.spans = Vec::new();
        }
    }

    /// Forgets the arguments, to own new ones.
    pub(super) fn own(&mut self) {
        self.owns = true;
        self.own_bytes.clear();
        self.big.clear();
        self.spans.clear();
    }

    /// Makes an argument of what `write` appends to the own bytes.
    pub(super) fn push_own<T>(&mut self, write: impl FnOnce(&mut Vec<u8>) -> T) -> T {
        let start = self.own_bytes.len();
        let result = write(&mut self.own_bytes);
        let offset = |bytes| u32::try_from(bytes).expect("arguments of less than 4 GiB");
        self.spans
            .push(Span { start: offset(start), len: offset(self.own_bytes.len()) - offset(start) });
        result
    }
}

impl Index<usize> for Args<'_> {
    type Output = [u8];

    #[inline]
    fn index(&self, index: usize) -> &[u8] {
        self.at(self.spans[index])
    }
}

impl fmt::Debug for Args<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.iter().map(<[u8]>::escape_ascii).map(|arg| alloc::format!("{arg}")))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    #[test]
    fn owned_arguments() {
        let request = Request::of([&b"a"[..], b"", b"ccc"]);
        let args = request.args(b"");
        assert_eq!((args.len(), args.get(0), args.get(3)), (3, Some(&b"a"[..]), None));
        assert_eq!(args.slice(1..).iter().rev().collect::<Vec<_>>(), [&b"ccc"[..], b""]);
        assert!(args.slice(3..).is_empty());
        assert_eq!(&args[2], b"ccc");
        assert_eq!(format!("{args:?}"), r#"["a", "", "ccc"]"#);
    }
}
