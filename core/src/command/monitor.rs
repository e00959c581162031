//! `MONITOR`: formats each command that runs as a line.

use alloc::format;
use alloc::vec::Vec;

use super::context::{Context, Outcome};
use super::secrets;
use super::spec::Spec;
use crate::client::Transport;
use crate::error::Error;
use crate::resp::args::Args;
use crate::session::{Role, Session};
use crate::time::UnixMicros;

pub(super) fn monitor(ctx: &mut Context<'_>, _args: Args<'_>) -> Result<Outcome, Error> {
    if ctx.session().role != Role::Monitor {
        ctx.session_mut().role = Role::Monitor;
        ctx.instance.monitors.push(ctx.client);
    }
    ctx.reply.ok();
    Ok(Outcome::Done)
}

/// Returns the line that monitors receive for a command: its time, database, client address and
/// quoted arguments.
pub(crate) fn line(session: &Session, spec: &Spec, args: Args<'_>, now: UnixMicros) -> Vec<u8> {
    let place = match session.peer.transport {
        Transport::Unix => format!("unix:{}", session.peer.local_address),
        Transport::Tcp | Transport::InProcess => session.peer.address.clone(),
    };
    let mut line =
        format!("+{}.{:06} [{} {place}]", now.seconds(), now.0 % 1_000_000, session.database)
            .into_bytes();
    let is_hidden = secrets::hidden(spec, args);
    for (index, arg) in args.iter().enumerate() {
        line.push(b' ');
        quote(if is_hidden(index) { secrets::REDACTED } else { arg }, &mut line);
    }
    line.extend_from_slice(b"\r\n");
    line
}

/// Appends bytes in double quotes, with escapes for everything but printable ASCII, as Redis does.
pub(super) fn quote(bytes: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    for &byte in bytes {
        match byte {
            b'\\' | b'"' => out.extend_from_slice(&[b'\\', byte]),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            0x07 => out.extend_from_slice(b"\\a"),
            0x08 => out.extend_from_slice(b"\\b"),
            b' '..=b'~' => out.push(byte),
            other => out.extend_from_slice(format!("\\x{other:02x}").as_bytes()),
        }
    }
    out.push(b'"');
}
