//! What is asked of the servers: requests built once, of which only the digits of the keys change,
//! and the replies they must bring.

use std::fmt;

use redstart_core::random::Random;

/// `count` keys, `prefix` and a number that starts at a power of ten: all names are of one length, so a request
/// changes its key by overwriting digits in place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Keys {
    pub(crate) prefix: &'static str,
    pub(crate) count: u64,
    first: u64,
    digits: usize,
}

impl Keys {
    pub(crate) const NONE: Self = Self { prefix: "", count: 0, first: 0, digits: 0 };

    /// `count` keys such as `key:1000000`.
    pub(crate) fn new(prefix: &'static str, count: u64) -> Self {
        let digits = count.max(2).ilog10() as usize + 1;
        let digits = if count > 9 * 10u64.pow(digits as u32 - 1) { digits + 1 } else { digits };
        Self { prefix, count, first: 10u64.pow(digits as u32 - 1), digits }
    }

    /// The names that redis-benchmark gives to `count` keys, such as `key:000000000042`.
    pub(crate) fn of_redis_benchmark(prefix: &'static str, count: u64) -> Self {
        Self { prefix, count, first: 0, digits: 12 }
    }

    /// One of them.
    pub(crate) fn example(self) -> String {
        format!("{}{}", self.prefix, self.first)
    }

    fn write_digits(self, number: u64, at: &mut [u8]) {
        let mut rest = self.first + number;
        for digit in at.iter_mut().rev() {
            *digit = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
    }
}

/// An argument of a request: fixed bytes, or a key that changes each time.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Arg<'a> {
    Word(&'a [u8]),
    Key,
}

/// A pipeline of requests as it goes over the wire.
#[derive(Clone, Debug)]
pub(crate) struct Batch {
    pub(crate) bytes: Vec<u8>,
    keys: Keys,
    digits_at: Vec<usize>,
}

impl Batch {
    pub(crate) fn new(request: &[Arg<'_>], keys: Keys, pipeline: usize) -> Self {
        let mut batch = Self { bytes: Vec::new(), keys, digits_at: Vec::new() };
        for _ in 0..pipeline {
            batch.bytes.extend(format!("*{}\r\n", request.len()).bytes());
            request.iter().for_each(|&arg| batch.push(arg));
        }
        batch
    }

    /// The commands in turn, each as its words: `#` in a word is a number that changes each time,
    /// `@` is 16 bytes of text.
    pub(crate) fn of_commands(commands: &[&str], numbers: u64, pipeline: usize) -> Self {
        let keys = Keys::new("", numbers);
        let mut batch = Self { bytes: Vec::new(), keys, digits_at: Vec::new() };
        for command in commands.iter().cycle().take(pipeline.next_multiple_of(commands.len())) {
            batch.bytes.extend(format!("*{}\r\n", command.split(' ').count()).bytes());
            command.split(' ').for_each(|word| batch.push_word(word));
        }
        batch
    }

    fn push_word(&mut self, word: &str) {
        if word == "@" {
            return self.push(Arg::Word(&value(16)));
        }
        let numbers = word.matches('#').count();
        let len = word.len() - numbers + numbers * self.keys.digits;
        self.bytes.extend(format!("${len}\r\n").bytes());
        for (at, text) in word.split('#').enumerate() {
            if at > 0 {
                self.digits_at.push(self.bytes.len());
                self.bytes.extend(vec![b'0'; self.keys.digits]);
            }
            self.bytes.extend(text.bytes());
        }
        self.bytes.extend(b"\r\n");
    }

    /// How many numbers there are to name.
    pub(crate) fn numbers(&self) -> usize {
        self.digits_at.len()
    }

    fn push(&mut self, arg: Arg<'_>) {
        let bytes = &mut self.bytes;
        match arg {
            Arg::Word(word) => {
                bytes.extend(format!("${}\r\n", word.len()).bytes());
                bytes.extend(word);
            }
            Arg::Key => {
                let Keys { prefix, digits, .. } = self.keys;
                bytes.extend(format!("${}\r\n{prefix}", prefix.len() + digits).bytes());
                self.digits_at.push(bytes.len());
                bytes.extend(vec![b'0'; digits]);
            }
        }
        bytes.extend(b"\r\n");
    }

    /// Gives each key of the batch its next number.
    pub(crate) fn name_keys(&mut self, mut next: impl FnMut() -> u64) {
        for &at in &self.digits_at {
            self.keys.write_digits(next(), &mut self.bytes[at..at + self.keys.digits]);
        }
    }

    /// Gives each key of the batch a random number.
    pub(crate) fn draw_keys(&mut self, random: &mut Random) {
        let count = self.keys.count as usize;
        self.name_keys(|| random.below(count) as u64);
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Command {
    Ping,
    Set,
    Get,
    Incr,
    /// Ten keys a request.
    Mset,
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ping => "PING",
            Self::Set => "SET",
            Self::Get => "GET",
            Self::Incr => "INCR",
            Self::Mset => "MSET (10 keys)",
        })
    }
}

/// One row of the table: a command on values of one length over some keys, so many in flight on a
/// connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Workload {
    pub(crate) command: Command,
    pub(crate) value_len: usize,
    pub(crate) pipeline: usize,
    pub(crate) keys: Keys,
}

impl Workload {
    pub(crate) fn batch(&self) -> Batch {
        let value = value(self.value_len);
        let request = match self.command {
            Command::Ping => vec![Arg::Word(b"PING")],
            Command::Set => vec![Arg::Word(b"SET"), Arg::Key, Arg::Word(&value)],
            Command::Get => vec![Arg::Word(b"GET"), Arg::Key],
            Command::Incr => vec![Arg::Word(b"INCR"), Arg::Key],
            Command::Mset => {
                [vec![Arg::Word(b"MSET")], [Arg::Key, Arg::Word(&value)].repeat(10)].concat()
            }
        };
        Batch::new(&request, self.keys, self.pipeline)
    }

    /// What a batch must bring back when each key of [`Workload::fill`] is there.
    pub(crate) fn replies(&self) -> Replies {
        let reply = match self.command {
            Command::Ping => b"+PONG\r\n".to_vec(),
            Command::Set | Command::Mset => b"+OK\r\n".to_vec(),
            Command::Get => {
                let value = value(self.value_len);
                [format!("${}\r\n", value.len()).as_bytes(), &value, b"\r\n"].concat()
            }
            Command::Incr => return Replies::Integers(self.pipeline),
        };
        Replies::Exactly(reply.repeat(self.pipeline))
    }

    /// The value that each key holds before the load starts, so that `SET` overwrites, `GET` hits
    /// and `INCR` counts.
    pub(crate) fn fill(&self) -> Vec<u8> {
        match self.command {
            Command::Incr => b"1000000".to_vec(),
            _ => value(self.value_len),
        }
    }
}

/// A value of `len` bytes that no server can take for a number or compress.
pub(crate) fn value(len: usize) -> Vec<u8> {
    let letters = b"Redstart sings from the top of the oldest tree; ".iter().copied();
    letters.cycle().take(len).collect()
}

/// The replies to one batch.
#[derive(Clone, Debug)]
pub(crate) enum Replies {
    Exactly(Vec<u8>),
    /// So many integers, whatever their value.
    Integers(usize),
    /// So many lines, whatever they say.
    Lines(usize),
}

impl Replies {
    /// Takes the next bytes of a batch of which `seen` units (bytes or lines) had come, and returns
    /// the new count. None when they are not what was asked for.
    #[inline]
    pub(crate) fn scan(&self, seen: usize, bytes: &[u8]) -> Option<usize> {
        match self {
            Self::Exactly(expected) => {
                let end = seen + bytes.len();
                (expected.get(seen..end)? == bytes).then_some(end)
            }
            Self::Lines(_) => Some(seen + bytes.iter().filter(|&&byte| byte == b'\n').count()),
            Self::Integers(_) => {
                let lines = bytes.iter().filter(|&&byte| byte == b'\n').count();
                (!bytes.contains(&b'-')).then_some(seen + lines)
            }
        }
    }

    /// How many units make the whole.
    #[inline]
    pub(crate) fn whole(&self) -> usize {
        match self {
            Self::Exactly(expected) => expected.len(),
            Self::Integers(count) | Self::Lines(count) => *count,
        }
    }
}

#[cfg(test)]
mod tests {
    use redstart_core::random::Seed;

    use super::*;

    #[test]
    fn a_batch_names_its_keys_in_place() {
        let keys = Keys::new("key:", 1_000_000);
        let mut batch = Batch::new(&[Arg::Word(b"GET"), Arg::Key], keys, 2);
        let mut numbers = 7..;
        batch.name_keys(|| numbers.next().unwrap());
        let text =
            "*2\r\n$3\r\nGET\r\n$11\r\nkey:1000007\r\n*2\r\n$3\r\nGET\r\n$11\r\nkey:1000008\r\n";
        assert_eq!(String::from_utf8(batch.bytes).unwrap(), text);
    }

    #[test]
    fn drawn_keys_stay_in_range_and_keep_their_length() {
        for count in [1, 9, 10, 95, 1000, 1_000_000] {
            let keys = Keys::new("", count);
            let mut batch = Batch::new(&[Arg::Key], keys, 1);
            let mut random = Random::new(Seed(1));
            for _ in 0..1000 {
                batch.draw_keys(&mut random);
                let digits = &batch.bytes[batch.digits_at[0]..][..keys.digits];
                let number: u64 = std::str::from_utf8(digits).unwrap().parse().unwrap();
                assert!((keys.first..keys.first + count).contains(&number), "{number} of {count}");
            }
        }
    }

    #[test]
    fn replies_are_scanned_in_pieces_and_errors_are_seen() {
        let ok = Replies::Exactly(b"+OK\r\n+OK\r\n".to_vec());
        let seen = ok.scan(0, b"+OK\r\n+O").unwrap();
        assert_eq!(ok.scan(seen, b"K\r\n"), Some(ok.whole()));
        assert_eq!(ok.scan(0, b"-ERR no\r\n"), None);
        assert_eq!(ok.scan(seen, b"K\r\n+OK\r\n"), None, "more than was asked for");
        let integers = Replies::Integers(2);
        assert_eq!(integers.scan(integers.scan(0, b":17\r\n:").unwrap(), b"18\r\n"), Some(2));
        assert_eq!(integers.scan(0, b"-ERR no\r\n"), None);
    }
}
