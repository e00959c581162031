//! `CLIENT TRACKING` and related commands: invalidation messages for client-side caches.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use super::context::{Context, Outcome};
use super::parse;
use crate::client::ClientId;
use crate::dataset::tracking::{TrackingMode, TrackingState};
use crate::error::{self, Error};
use crate::resp::args::Args;

type Handled = Result<Outcome, Error>;

/// The options after `ON` or `OFF`.
#[derive(Default)]
struct Options<'a> {
    redirect: Option<ClientId>,
    prefixes: Vec<&'a [u8]>,
    broadcast: bool,
    opt_in: bool,
    opt_out: bool,
    no_loop: bool,
}

impl<'a> Options<'a> {
    fn parse(ctx: &Context<'_>, args: Args<'a>) -> Result<Self, Error> {
        let mut options = Self::default();
        let mut at = 3;
        while let Some(option) = args.get(at) {
            let value = args.get(at + 1);
            at += 1;
            match (option.to_ascii_uppercase().as_slice(), value) {
                (b"REDIRECT", Some(value)) => {
                    if options.redirect.is_some() {
                        return Err(error::TRACKING_ONE_REDIRECT);
                    }
                    options.redirect = Some(client(ctx, parse::integer(value)?)?);
                    at += 1;
                }
                (b"PREFIX", Some(value)) => {
                    options.prefixes.push(value);
                    at += 1;
                }
                (b"BCAST", _) => options.broadcast = true,
                (b"OPTIN", _) => options.opt_in = true,
                (b"OPTOUT", _) => options.opt_out = true,
                (b"NOLOOP", _) => options.no_loop = true,
                _ => return Err(error::SYNTAX),
            }
        }
        Ok(options)
    }

    fn mode(&self) -> TrackingMode {
        match (self.broadcast, self.opt_in, self.opt_out) {
            (true, ..) => TrackingMode::Broadcast,
            (_, true, _) => TrackingMode::OptIn,
            (_, _, true) => TrackingMode::OptOut,
            _ => TrackingMode::Default,
        }
    }
}

fn client(ctx: &Context<'_>, serial: i64) -> Result<ClientId, Error> {
    let mut ids = ctx.instance.clients.iter().map(|session| session.id);
    let own = Some(ctx.client).filter(|id| id.serial() as i64 == serial);
    own.or_else(|| ids.find(|id| id.serial() as i64 == serial)).ok_or(error::TRACKING_NO_CLIENT)
}

pub(super) fn tracking(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let options = Options::parse(ctx, args)?;
    if parse::is(&args[2], "ON") {
        begin(ctx, &options)?;
    } else if parse::is(&args[2], "OFF") {
        end(ctx);
    } else {
        return Err(error::SYNTAX);
    }
    ctx.reply.ok();
    Ok(Outcome::Done)
}

fn begin(ctx: &mut Context<'_>, options: &Options<'_>) -> Result<(), Error> {
    if !options.broadcast && !options.prefixes.is_empty() {
        return Err(error::TRACKING_PREFIX_NEEDS_BROADCAST);
    }
    let old = ctx.session_mut().tracking.take();
    let checked = check(options, old.as_deref());
    if let Err(error) = checked {
        ctx.session_mut().tracking = old;
        return Err(error);
    }
    let tracking = &mut ctx.keys.dataset.observers.tracking;
    let mut prefixes = match old {
        Some(old) => old.prefixes,
        None => {
            tracking.clients += 1;
            BTreeSet::new()
        }
    };
    if options.broadcast && options.prefixes.is_empty() {
        prefixes.insert(Vec::new());
    }
    prefixes.extend(options.prefixes.iter().map(|prefix| prefix.to_vec()));
    for prefix in &prefixes {
        tracking.add_prefix(prefix, ctx.client);
    }
    ctx.session_mut().tracking = Some(alloc::boxed::Box::new(TrackingState {
        mode: options.mode(),
        no_loop: options.no_loop,
        redirect: options.redirect,
        is_redirect_broken: false,
        caching: None,
        prefixes,
    }));
    Ok(())
}

/// Checks that the options are compatible with each other and with the current tracking mode.
fn check(options: &Options<'_>, old: Option<&TrackingState>) -> Result<(), Error> {
    if let Some(old) = old
        && (old.mode == TrackingMode::Broadcast) != options.broadcast
    {
        return Err(error::TRACKING_BROADCAST_SWITCH);
    }
    if options.broadcast && (options.opt_in || options.opt_out) {
        return Err(error::TRACKING_BROADCAST_OPT);
    }
    if options.opt_in && options.opt_out {
        return Err(error::TRACKING_BOTH_OPT);
    }
    if let Some(old) = old
        && (options.opt_in && old.mode == TrackingMode::OptOut
            || options.opt_out && old.mode == TrackingMode::OptIn)
    {
        return Err(error::TRACKING_OPT_SWITCH);
    }
    if options.broadcast {
        check_prefixes(options, old)?;
    }
    Ok(())
}

/// Checks that the prefixes of a client do not overlap.
fn check_prefixes(options: &Options<'_>, old: Option<&TrackingState>) -> Result<(), Error> {
    for (at, prefix) in options.prefixes.iter().enumerate() {
        let overlaps = |other: &[u8]| other.starts_with(prefix) || prefix.starts_with(other);
        if let Some(known) = old.and_then(|old| old.prefixes.iter().find(|known| overlaps(known))) {
            return Err(error::prefix_overlaps(prefix, "an existing", known));
        }
        if let Some(other) = options.prefixes[at + 1..].iter().find(|other| overlaps(other)) {
            return Err(error::prefix_overlaps(prefix, "another provided", other));
        }
    }
    Ok(())
}

/// Ends the client's tracking, if it is on.
pub(super) fn end(ctx: &mut Context<'_>) {
    if let Some(state) = ctx.session_mut().tracking.take() {
        ctx.keys.dataset.observers.tracking.forget(ctx.client, &state);
    }
}

pub(super) fn caching(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let state = ctx.session_mut().tracking.as_mut().ok_or(error::CACHING_MODE)?;
    state.caching = match (args.get(2), state.mode) {
        (Some(word), TrackingMode::OptIn) if parse::is(word, "YES") => Some(true),
        (Some(word), _) if parse::is(word, "YES") => return Err(error::CACHING_YES),
        (Some(word), TrackingMode::OptOut) if parse::is(word, "NO") => Some(false),
        (Some(word), _) if parse::is(word, "NO") => return Err(error::CACHING_NO),
        _ => return Err(error::SYNTAX),
    };
    ctx.reply.ok();
    Ok(Outcome::Done)
}

pub(super) fn getredir(ctx: &mut Context<'_>, _args: Args<'_>) -> Handled {
    let redirect = redirect(ctx);
    ctx.reply.integer(redirect);
    Ok(Outcome::Done)
}

/// Returns the client that receives the caller's invalidation messages: 0 for the caller itself, -1
/// if tracking is off.
fn redirect(ctx: &Context<'_>) -> i64 {
    match &ctx.session().tracking {
        None => -1,
        Some(state) => state.redirect.map_or(0, |client| client.serial() as i64),
    }
}

pub(super) fn trackinginfo(ctx: &mut Context<'_>, _args: Args<'_>) -> Handled {
    let redirect = redirect(ctx);
    let (flags, prefixes): (Vec<&str>, Vec<&[u8]>) =
        match &ctx.instance.clients[ctx.client].tracking {
            None => (Vec::from(["off"]), Vec::new()),
            Some(state) => (flags(state), state.prefixes.iter().map(Vec::as_slice).collect()),
        };
    let reply = &mut ctx.reply;
    reply.map(3);
    reply.bulk(b"flags");
    reply.set(flags.len());
    flags.iter().for_each(|flag| reply.bulk(flag.as_bytes()));
    reply.bulk(b"redirect");
    reply.integer(redirect);
    reply.bulk(b"prefixes");
    reply.array(prefixes.len());
    prefixes.iter().for_each(|prefix| reply.bulk(prefix));
    Ok(Outcome::Done)
}

fn flags(state: &TrackingState) -> Vec<&'static str> {
    let all = [
        ("on", true),
        ("bcast", state.mode == TrackingMode::Broadcast),
        ("optin", state.mode == TrackingMode::OptIn),
        ("caching-yes", state.caching == Some(true)),
        ("optout", state.mode == TrackingMode::OptOut),
        ("caching-no", state.caching == Some(false)),
        ("noloop", state.no_loop),
        ("broken_redirect", state.is_redirect_broken),
    ];
    all.into_iter().filter(|(_, is_set)| *is_set).map(|(flag, _)| flag).collect()
}
