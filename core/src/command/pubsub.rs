//! Pub/Sub: `SUBSCRIBE`, `PUBLISH` and related commands. Delivery of messages is in
//! [`crate::pubsub`].

use alloc::vec::Vec;

use super::context::{Context, Outcome};
use super::help;
use crate::error::{self, Error};
use crate::glob::{self, Case};
use crate::pubsub::Topic;
use crate::resp::args::Args;
use crate::resp::reply::Reply;

type Handled = Result<Outcome, Error>;

pub(super) fn subscribe(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    subscribe_to(ctx, args, Topic::Channel)
}

pub(super) fn psubscribe(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    subscribe_to(ctx, args, Topic::Pattern)
}

pub(super) fn ssubscribe(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    if ctx.session().is_in_exec {
        return Err(error::SSUBSCRIBE_IN_EXEC);
    }
    subscribe_to(ctx, args, Topic::Shard)
}

pub(super) fn unsubscribe(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    unsubscribe_from(ctx, args, Topic::Channel)
}

pub(super) fn punsubscribe(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    unsubscribe_from(ctx, args, Topic::Pattern)
}

pub(super) fn sunsubscribe(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    unsubscribe_from(ctx, args, Topic::Shard)
}

fn subscribe_to(ctx: &mut Context<'_>, args: Args<'_>, topic: Topic) -> Handled {
    for name in args.iter().skip(1) {
        let session = &mut ctx.instance.clients[ctx.client];
        let subscriptions = session.subscriptions.get_or_insert_default();
        if subscriptions.add(topic, name) {
            ctx.instance.pubsub.subscribe(topic, name, ctx.client);
        }
        let count = subscriptions.count(topic);
        confirm(ctx, topic.subscribed(), Some(name), count);
    }
    Ok(Outcome::Done)
}

fn unsubscribe_from(ctx: &mut Context<'_>, args: Args<'_>, topic: Topic) -> Handled {
    let mut subscriptions = ctx.session_mut().subscriptions.take().unwrap_or_default();
    let names: Vec<Vec<u8>> = if args.len() > 1 {
        args.iter().skip(1).map(<[u8]>::to_vec).collect()
    } else {
        subscriptions.of(topic).iter().cloned().collect()
    };
    for name in &names {
        if subscriptions.remove(topic, name) {
            ctx.instance.pubsub.unsubscribe(topic, name, ctx.client);
        }
        confirm(ctx, topic.unsubscribed(), Some(name), subscriptions.count(topic));
    }
    if names.is_empty() {
        confirm(ctx, topic.unsubscribed(), None, subscriptions.count(topic));
    }
    ctx.session_mut().subscriptions = (!subscriptions.is_empty()).then_some(subscriptions);
    Ok(Outcome::Done)
}

/// Reports a change to the client's subscriptions with a push message, which is sent even if the
/// client has turned replies off.
fn confirm(ctx: &mut Context<'_>, change: &str, name: Option<&[u8]>, count: usize) {
    let write = |reply: &mut Reply<'_>| {
        reply.push(3);
        reply.bulk(change.as_bytes());
        match name {
            Some(name) => reply.bulk(name),
            None => reply.null(),
        }
        reply.count(count);
    };
    if ctx.session().reply_mode.is_muted() {
        let session = ctx.session_mut();
        write(&mut Reply::new(&mut session.output, session.protocol));
    } else {
        write(&mut ctx.reply);
    }
}

pub(super) fn publish(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    publish_to(ctx, args, Topic::Channel)
}

pub(super) fn spublish(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    publish_to(ctx, args, Topic::Shard)
}

fn publish_to(ctx: &mut Context<'_>, args: Args<'_>, topic: Topic) -> Handled {
    let sent = ctx.instance.publish(topic, &args[1], &args[2], ctx.now);
    ctx.reply.count(sent);
    Ok(Outcome::Done)
}

pub(super) fn channels(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    list(ctx, args, Topic::Channel)
}

pub(super) fn shardchannels(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    list(ctx, args, Topic::Shard)
}

fn list(ctx: &mut Context<'_>, args: Args<'_>, topic: Topic) -> Handled {
    if args.len() > 3 {
        return Err(error::subcommand_syntax("pubsub", &args[1]));
    }
    let pattern = args.get(2);
    let is_match =
        |name: &&[u8]| pattern.is_none_or(|pattern| glob::matches(pattern, name, Case::Sensitive));
    let names: Vec<&[u8]> = ctx.instance.pubsub.names(topic).filter(is_match).collect();
    ctx.reply.array(names.len());
    for name in names {
        ctx.reply.bulk(name);
    }
    Ok(Outcome::Done)
}

pub(super) fn numsub(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    count(ctx, args, Topic::Channel)
}

pub(super) fn shardnumsub(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    count(ctx, args, Topic::Shard)
}

fn count(ctx: &mut Context<'_>, args: Args<'_>, topic: Topic) -> Handled {
    let names = args.slice(2..);
    ctx.reply.array(names.len() * 2);
    for name in names.iter() {
        ctx.reply.bulk(name);
        ctx.reply.count(ctx.instance.pubsub.subscribers(topic, name));
    }
    Ok(Outcome::Done)
}

pub(super) fn numpat(ctx: &mut Context<'_>, _args: Args<'_>) -> Handled {
    let patterns = ctx.instance.pubsub.names(Topic::Pattern).len();
    ctx.reply.count(patterns);
    Ok(Outcome::Done)
}

pub(super) fn help(ctx: &mut Context<'_>, _args: Args<'_>) -> Handled {
    help::reply(ctx)
}
