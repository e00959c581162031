//! `DEBUG`: inspection and fault injection for test suites.

use alloc::format;

use super::config;
use super::context::{Context, Outcome};
use super::digest::Digest;
use super::parse;
use super::reload;
use crate::dataset::event::Event;
use crate::error::{self, Error};
use crate::keyspace::access::{self, AccessPolicy};
use crate::number;
use crate::resp::args::Args;
use crate::resp::reply::{Protocol, Reply};
use crate::value::{ValueRef, string::StringRef};

type Handled = Result<Outcome, Error>;

pub(super) fn debug(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let name = args[1].to_ascii_uppercase();
    match (name.as_slice(), args.len()) {
        (b"HELP", 2) => help(ctx),
        (b"SLEEP", 3) => sleep(ctx, &args[2]),
        (b"SET-ACTIVE-EXPIRE", 3) => {
            ctx.instance.active_expire = parse::integer(&args[2])? != 0;
            ctx.reply.ok();
            Ok(Outcome::Done)
        }
        (b"SET-SKIP-CHECKSUM-VALIDATION", 3) => {
            ctx.instance.skips_checksums = parse::integer(&args[2])? != 0;
            ctx.reply.ok();
            Ok(Outcome::Done)
        }
        (b"RELOAD", _) => reload::reload(ctx, args),
        (b"OBJECT", 3 | 4) => object(ctx, &args[2]),
        (b"CONFIG-REWRITE-FORCE-ALL", 2) => config::rewrite_all(ctx),
        (b"LOG", 3) => {
            ctx.instance.host.log(&[b"DEBUG LOG: ", &args[2]].concat());
            ctx.reply.ok();
            Ok(Outcome::Done)
        }
        (b"PAUSE-CRON", 3) => {
            ctx.instance.pauses_cron = parse::integer(&args[2])? != 0;
            ctx.reply.ok();
            Ok(Outcome::Done)
        }
        (b"POPULATE", 3..=5) => populate(ctx, args),
        (b"PROTOCOL", 3) => protocol(ctx, &args[2]),
        (b"QUICKLIST-PACKED-THRESHOLD", 3) => packed_threshold(ctx, &args[2]),
        (b"REPLYBUFFER", 4) => {
            ctx.reply.ok();
            Ok(Outcome::Done)
        }
        (b"ERROR", 3) => Err(Error::made(args[2].to_vec())),
        (b"DIGEST-VALUE", _) => {
            ctx.reply.array(args.len() - 2);
            for key in args.iter().skip(2) {
                let digest = Digest::of_value(ctx.keys.db().find(key));
                ctx.reply.simple(&digest.hex());
            }
            Ok(Outcome::Done)
        }
        (b"DIGEST", 2) => {
            let digest = Digest::of_keyspace(&ctx.keys.dataset.keyspace);
            ctx.reply.simple(&digest.hex());
            Ok(Outcome::Done)
        }
        _ => Err(error::subcommand_syntax("debug", &args[1])),
    }
}

const HELP: &[(&str, &str)] = &[
    (
        "CONFIG-REWRITE-FORCE-ALL",
        "Like CONFIG REWRITE, but also writes parameters that have their defaults.",
    ),
    ("DIGEST", "Returns a digest of all databases; equal data has equal digests."),
    ("DIGEST-VALUE <key> [<key> ...]", "Returns the digest of each value."),
    ("ERROR <text>", "Replies with this error."),
    ("LOG <text>", "Writes a line to the server log."),
    ("OBJECT <key>", "Describes the encoding of a value."),
    ("PAUSE-CRON <0|1>", "Pauses or resumes all background work."),
    (
        "POPULATE <count> [<prefix>] [<size>]",
        "Creates the keys prefix:0 .. prefix:count-1, except those that exist.",
    ),
    ("PROTOCOL <type>", "Replies with a sample of a protocol type."),
    (
        "QUICKLIST-PACKED-THRESHOLD <size>",
        "No effect: an element longer than a chunk of a list always has a chunk of its own.",
    ),
    (
        "RELOAD [MERGE] [NOFLUSH] [NOSAVE]",
        "Serializes all data as a snapshot and loads it again, without a file.",
    ),
    (
        "REPLYBUFFER <PEAK-RESET-TIME|RESIZING> <value>",
        "No effect: a client has a reply buffer only while output is pending.",
    ),
    ("SET-ACTIVE-EXPIRE <0|1>", "Disables or enables the active expiry of keys."),
    ("SET-SKIP-CHECKSUM-VALIDATION <0|1>", "Makes RESTORE accept payloads with a wrong checksum."),
    ("SLEEP <seconds>", "Blocks the server for a while."),
];

fn help(ctx: &mut Context<'_>) -> Handled {
    ctx.reply.array(1 + 2 * HELP.len());
    ctx.reply.simple("DEBUG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:");
    for (form, summary) in HELP {
        ctx.reply.simple(form);
        ctx.reply.simple(&format!("    {summary}"));
    }
    Ok(Outcome::Done)
}

fn sleep(ctx: &mut Context<'_>, seconds: &[u8]) -> Handled {
    let seconds = number::parse_f64(seconds).unwrap_or(0.0);
    let micros = (seconds.max(0.0) * 1e6) as u64;
    ctx.instance.host.sleep(micros);
    ctx.instance.awake_at = ctx.instance.awake_at.max(ctx.now).after_us(micros);
    ctx.reply.ok();
    Ok(Outcome::Done)
}

fn packed_threshold(ctx: &mut Context<'_>, size: &[u8]) -> Handled {
    const MOST_BYTES: u64 = (1 << 32) - (1 << 20);
    let size = number::parse_memory_bytes(size).filter(|size| *size <= MOST_BYTES);
    size.ok_or(error::PACKED_THRESHOLD)?;
    ctx.reply.ok();
    Ok(Outcome::Done)
}

fn object(ctx: &mut Context<'_>, key: &[u8]) -> Handled {
    let (now, policy) = (ctx.now, ctx.keys.dataset.access_policy);
    let record = ctx.keys.peek_in(ctx.keys.database, key).ok_or(error::NO_SUCH_KEY)?;
    let value = record.value();
    let len_bytes = match value {
        ValueRef::String(string) => string.len(),
        ValueRef::Packed(_, bytes) => bytes.len(),
        ValueRef::Object(object) => object.memory_bytes(),
    };
    let line = format!(
        "Value at:0x0 refcount:1 encoding:{} serializedlength:{} lru:{} lru_seconds_idle:{}",
        value.encoding_name(),
        len_bytes + 1,
        record.clock().bits(),
        match policy {
            AccessPolicy::Recency => access::idle_seconds(record.clock(), now),
            AccessPolicy::Frequency { .. } => 0,
        },
    );
    ctx.reply.simple(&line);
    Ok(Outcome::Done)
}

/// The size of a populated record in bytes, without its prefix and padding.
const RECORD_BYTES: usize = 64;

fn populate(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let count = parse::count(&args[2], 0, error::MUST_BE_POSITIVE)?;
    let prefix = args.get(3).unwrap_or(b"key");
    let size = args.get(4).map(|size| parse::count(size, 0, error::MUST_BE_POSITIVE));
    let size = size.transpose()?.unwrap_or(0);
    if size as u64 > ctx.instance.config.proto_max_bulk_len as u64 {
        return Err(error::STRING_TOO_LONG);
    }
    let record_bytes = prefix.len().saturating_add(size).saturating_add(RECORD_BYTES);
    ctx.check_growth(count.saturating_mul(record_bytes))?;
    for index in 0..count {
        let mut key = prefix.to_vec();
        key.extend_from_slice(format!(":{index}").as_bytes());
        if ctx.keys.consider(&key).is_some() {
            continue;
        }
        let mut value = format!("value:{index}").into_bytes();
        if size > 0 {
            value.resize(size, 0);
        }
        ctx.keys.put(&key, StringRef::text(&value), None, Event::SET);
    }
    ctx.reply.ok();
    Ok(Outcome::Done)
}

/// Replies with a sample of a protocol type, for tests of client libraries.
#[expect(clippy::approx_constant, reason = "Redis sends this number and client tests expect it")]
fn protocol(ctx: &mut Context<'_>, kind: &[u8]) -> Handled {
    let reply = &mut ctx.reply;
    match kind.to_ascii_lowercase().as_slice() {
        b"string" => reply.bulk(b"Hello World"),
        b"integer" => reply.integer(12_345),
        b"double" => reply.double(3.141),
        b"null" => reply.null(),
        b"array" => {
            reply.array(3);
            (0..3).for_each(|n| reply.integer(n));
        }
        b"set" => {
            reply.set(3);
            (0..3).for_each(|n| reply.integer(n));
        }
        b"map" => {
            reply.map(3);
            for n in 0..3 {
                reply.integer(n);
                reply.boolean(n == 1);
            }
        }
        b"attrib" => {
            if reply.attribute(1) {
                reply.bulk(b"key-popularity");
                reply.array(2);
                reply.bulk(b"key:123");
                reply.integer(90);
            }
            reply.bulk(b"Some real reply following the attribute");
        }
        b"push" if reply.protocol() == Protocol::Resp2 => return Err(error::NEEDS_RESP3),
        b"push" => {
            reply.bulk(b"Some real reply following the push reply");
            // A client reads its own pushes after the reply.
            let session = ctx.session_mut();
            let mut push = Reply::new(&mut session.output, session.protocol);
            push.push(2);
            push.bulk(b"server-cpu-usage");
            push.integer(42);
        }
        b"bignum" => reply.big_number("1234567999999999999999999999999999999"),
        b"true" => reply.boolean(true),
        b"false" => reply.boolean(false),
        b"verbatim" => reply.verbatim("txt", b"This is a verbatim\nstring"),
        _ => return Err(error::PROTOCOL_TYPE),
    }
    Ok(Outcome::Done)
}
