//! A blocking client for what surrounds a measurement: one command at a time, and filling the
//! keyspace.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::ops::Range;

use crate::Result;
use crate::workload::{Arg, Batch, Keys};

/// Requests in flight while the keyspace is filled.
const FILL_PIPELINE: usize = 64;

#[derive(Debug)]
pub(crate) struct Client {
    stream: BufReader<TcpStream>,
}

impl Client {
    pub(crate) fn connect(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        Ok(Self { stream: BufReader::new(stream) })
    }

    /// Sends one command and returns the text of its reply; an error reply is an error.
    pub(crate) fn command(&mut self, words: &[&str]) -> Result<String> {
        let args: Vec<Arg<'_>> = words.iter().map(|word| Arg::Word(word.as_bytes())).collect();
        self.stream.get_mut().write_all(&Batch::new(&args, Keys::NONE, 1).bytes)?;
        self.reply().map_err(|error| format!("{}: {error}", words.join(" ")).into())
    }

    fn reply(&mut self) -> Result<String> {
        let mut line = String::new();
        if self.stream.read_line(&mut line)? == 0 {
            return Err("the server closed the connection".into());
        }
        let (kind, text) =
            line.trim_end().split_at_checked(1).ok_or("an empty line for a reply")?;
        match kind {
            "+" | ":" => Ok(text.to_owned()),
            "$" => {
                let len: usize = text.parse().map_err(|_| "no such bulk")?;
                let mut bulk = vec![0; len + 2];
                self.stream.read_exact(&mut bulk)?;
                bulk.truncate(len);
                Ok(String::from_utf8(bulk)?)
            }
            _ => Err(line.trim_end().into()),
        }
    }

    /// Sends `request` once for each key of `numbers`, in order, pipelined. Every reply must be
    /// `+OK`.
    pub(crate) fn fill(
        &mut self,
        request: &[Arg<'_>],
        keys: Keys,
        mut numbers: Range<u64>,
    ) -> Result<()> {
        let mut replies = [0; FILL_PIPELINE * 5];
        while !numbers.is_empty() {
            let count = FILL_PIPELINE.min((numbers.end - numbers.start) as usize);
            let mut batch = Batch::new(request, keys, count);
            while numbers.end - numbers.start >= count as u64 && !numbers.is_empty() {
                batch.name_keys(|| numbers.next().unwrap_or_default());
                self.stream.get_mut().write_all(&batch.bytes)?;
                let replies = &mut replies[..count * 5];
                self.stream.read_exact(replies)?;
                if let Some(wrong) = replies.chunks(5).find(|reply| reply != b"+OK\r\n") {
                    return Err(format!("filling: {}", String::from_utf8_lossy(wrong)).into());
                }
            }
        }
        Ok(())
    }

    /// Sends `command` so many times, pipelined, with `#` counting up from zero.
    pub(crate) fn prepare(&mut self, times: u64, command: &str) -> Result<()> {
        let mut sent = 0;
        while sent < times {
            let count = (times - sent).min(FILL_PIPELINE as u64);
            let mut batch = Batch::of_commands(&[command], times, count as usize);
            let numbers = (batch.numbers() as u64 / count).max(1);
            let mut number = sent * numbers..;
            batch.name_keys(|| number.next().unwrap_or_default() / numbers);
            self.stream.get_mut().write_all(&batch.bytes)?;
            for _ in 0..count {
                self.skip_reply().map_err(|error| format!("{command}: {error}"))?;
            }
            sent += count;
        }
        Ok(())
    }

    /// Sends a batch and counts the lines of its replies.
    pub(crate) fn lines_of(&mut self, batch: &Batch, requests: usize) -> Result<usize> {
        self.stream.get_mut().write_all(&batch.bytes)?;
        (0..requests).map(|_| self.skip_reply()).sum()
    }

    /// Reads a reply and counts its lines; an error reply is an error.
    fn skip_reply(&mut self) -> Result<usize> {
        let (mut replies, mut lines) = (1, 0);
        while replies > 0 {
            let mut line = String::new();
            if self.stream.read_line(&mut line)? == 0 {
                return Err("the server closed the connection".into());
            }
            replies -= 1;
            lines += 1;
            let (kind, text) = line.trim_end().split_at_checked(1).ok_or("an empty line")?;
            match kind {
                "-" => return Err(line.trim_end().into()),
                "*" => replies += text.parse::<usize>().unwrap_or(0),
                "$" if text != "-1" => {
                    let mut bulk = vec![0; text.parse::<usize>()? + 2];
                    self.stream.read_exact(&mut bulk)?;
                    lines += 1;
                }
                _ => {}
            }
        }
        Ok(lines)
    }

    /// A number of `INFO`, where the server has it.
    pub(crate) fn info_number(&mut self, section: &str, field: &str) -> Result<Option<u64>> {
        let info = self.command(&["INFO", section])?;
        let value = info.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
        Ok(value.and_then(|value| value.trim().parse().ok()))
    }
}
