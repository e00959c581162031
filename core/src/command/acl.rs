//! `ACL`: reads and changes users. The rules and their checks are in [`crate::acl`].

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::context::{Context, Outcome};
use super::help;
use super::parse;
use super::permission;
use super::spec::Category;
use super::table::Commands;
use crate::acl::{Acl, Reason, Selector, User, generate_password, has_blanks};
use crate::config::printable;
use crate::error::{self, Error};
use crate::instance::Instance;
use crate::resp::args::Args;
use crate::resp::reply::Reply;

type Handled = Result<Outcome, Error>;

/// The maximum length of a generated password, in bits.
const MOST_PASSWORD_BITS: i64 = 4096;

// ---- users --------------------------------------------------------------------------------------

pub(super) fn setuser(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let name = &args[2];
    if has_blanks(name) {
        return Err(error::USER_NAME);
    }
    let rules = ctx.commands.rules(&ctx.instance.config);
    let changed = ctx.instance.acl.changed(name, args.iter().skip(3), &rules);
    let user = changed.map_err(|text| Error::made([b"ERR ", text.as_slice()].concat()))?;
    ctx.instance.set_user(user);
    ctx.reply.ok();
    Ok(Outcome::Done)
}

pub(super) fn deluser(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let names = args.slice(2..);
    if names.iter().any(|name| name == crate::acl::DEFAULT) {
        return Err(error::REMOVE_DEFAULT_USER);
    }
    let removed = names.iter().filter(|name| ctx.instance.remove_user(name)).count();
    ctx.reply.count(removed);
    Ok(Outcome::Done)
}

pub(super) fn getuser(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let Some(user) = ctx.instance.acl.user(&args[2]) else {
        ctx.reply.null();
        return Ok(Outcome::Done);
    };
    let reply = &mut ctx.reply;
    reply.map(6);
    reply.bulk(b"flags");
    reply.set(user.flags().count());
    user.flags().for_each(|flag| reply.bulk(flag.as_bytes()));
    reply.bulk(b"passwords");
    reply.array(user.passwords().len());
    user.passwords().for_each(|digits| reply.bulk(&digits));
    let (root, others) = user.selectors().split_first().expect("a user has a selector");
    describe(reply, root);
    reply.bulk(b"selectors");
    reply.array(others.len());
    for selector in others {
        reply.map(3);
        describe(reply, selector);
    }
    Ok(Outcome::Done)
}

/// Replies with three map entries that describe a selector.
fn describe(reply: &mut Reply<'_>, selector: &Selector) {
    reply.bulk(b"commands");
    reply.bulk(&selector.commands_text());
    reply.bulk(b"keys");
    reply.bulk(&selector.keys_text());
    reply.bulk(b"channels");
    reply.bulk(&selector.channels_text());
}

pub(super) fn list(ctx: &mut Context<'_>, _args: Args<'_>) -> Handled {
    apply_users(ctx, Acl::line)
}

pub(super) fn users(ctx: &mut Context<'_>, _args: Args<'_>) -> Handled {
    apply_users(ctx, |user| user.name().to_vec())
}

fn apply_users(ctx: &mut Context<'_>, text: fn(&User) -> Vec<u8>) -> Handled {
    let users = ctx.instance.acl.users();
    ctx.reply.array(users.len());
    users.for_each(|user| ctx.reply.bulk(&text(user)));
    Ok(Outcome::Done)
}

pub(super) fn whoami(ctx: &mut Context<'_>, _args: Args<'_>) -> Handled {
    ctx.reply.bulk(ctx.instance.clients[ctx.client].user.name());
    Ok(Outcome::Done)
}

// ---- the ACL file -------------------------------------------------------------------------------

pub(super) fn load(ctx: &mut Context<'_>, _args: Args<'_>) -> Handled {
    if ctx.instance.config.aclfile.is_empty() {
        return Err(error::NO_ACL_FILE);
    }
    let users = read_file(ctx.instance, ctx.commands)
        .map_err(|reason| Error::made(format!("ERR {reason}")))?;
    ctx.instance.replace_users(users);
    ctx.reply.ok();
    Ok(Outcome::Done)
}

/// Returns the users that the ACL file defines.
///
/// # Errors
/// The reason why the file cannot be read, or its first mistake.
pub(crate) fn read_file(instance: &Instance, commands: &Commands) -> Result<Vec<User>, String> {
    let path = printable(&instance.config.aclfile);
    let text = instance
        .host
        .acl_file(&instance.config.aclfile)
        .map_err(|reason| format!("Error loading ACLs, opening file '{path}': {reason}"))?;
    Acl::parse_file(&text, &path, &commands.rules(&instance.config))
}

pub(super) fn save(ctx: &mut Context<'_>, _args: Args<'_>) -> Handled {
    let path = &ctx.instance.config.aclfile;
    if path.is_empty() {
        return Err(error::NO_ACL_FILE);
    }
    let result = ctx.instance.host.save_acl_file(path, &ctx.instance.acl.file());
    result.map_err(|_| error::ACL_SAVE)?;
    ctx.reply.ok();
    Ok(Outcome::Done)
}

// ---- permissions --------------------------------------------------------------------------------

pub(super) fn cat(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    match (args.get(2), args.len()) {
        (None, _) => {
            ctx.reply.array(Category::ALL.len());
            Category::ALL.iter().for_each(|category| ctx.reply.bulk(category.name().as_bytes()));
        }
        (Some(name), 3) => {
            let members = ctx.commands.members(name).ok_or_else(|| {
                error::quoted("ERR Unknown category '", &name[..name.len().min(128)], "'")
            })?;
            ctx.reply.array(members.len());
            for index in members {
                ctx.reply.bulk(ctx.commands.command(index).spec.name.as_bytes());
            }
        }
        _ => return Err(error::subcommand_syntax("acl", &args[1])),
    }
    Ok(Outcome::Done)
}

/// Replies whether a user may run a command, and if not why, as readable text.
pub(super) fn dryrun(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let (name, request) = (&args[2], args.slice(3..));
    let user = ctx.instance.acl.user(name);
    let user = user.ok_or_else(|| error::quoted("ERR User '", name, "' not found"))?;
    let command = ctx.commands.resolve(request);
    let command =
        command.ok_or_else(|| error::quoted("ERR Command '", &request[0], "' not found"))?;
    if !command.spec.accepts(request.len()) {
        return Err(error::wrong_arity(command.spec.name));
    }
    let Err(denial) = permission::check(user, command, request) else {
        ctx.reply.ok();
        return Ok(Outcome::Done);
    };
    let (action, object, kind): (&[u8], &[u8], &[u8]) = match denial.reason {
        Reason::Key => (b"access the '", &request[denial.position], b"' key"),
        Reason::Channel => (b"access the '", &request[denial.position], b"' channel"),
        Reason::Command | Reason::Auth => {
            (b"run the '", command.spec.name.as_bytes(), b"' command")
        }
    };
    let text = [b"User ", user.name(), b" has no permissions to ", action, object, kind];
    ctx.reply.bulk(&text.concat());
    Ok(Outcome::Done)
}

/// Replies with the log of denied requests.
pub(super) fn log(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let count = match args.get(2) {
        None => 10,
        Some(_) if args.len() > 3 => return Err(error::subcommand_syntax("acl", &args[1])),
        Some(word) if parse::is(word, "RESET") => {
            ctx.instance.acl.log.clear();
            ctx.reply.ok();
            return Ok(Outcome::Done);
        }
        Some(count) => parse::count_of(parse::integer(count)?).unwrap_or(0),
    };
    let (log, reply) = (&ctx.instance.acl.log, &mut ctx.reply);
    let now = ctx.now.millis();
    let shown = count.min(log.len());
    reply.array(shown);
    for entry in log.iter().take(shown) {
        let event = &entry.event;
        let context = if event.is_in_transaction { "multi" } else { "toplevel" };
        reply.map(10);
        reply.bulk(b"count");
        reply.integer(entry.count);
        for (name, value) in [
            ("reason", event.reason.name().as_bytes()),
            ("context", context.as_bytes()),
            ("object", &event.object),
            ("username", &event.user),
        ] {
            reply.bulk(name.as_bytes());
            reply.bulk(value);
        }
        reply.bulk(b"age-seconds");
        reply.double(now.0.saturating_sub(entry.updated_at.0) as f64 / 1000.0);
        reply.bulk(b"client-info");
        reply.bulk(&entry.client_info);
        for (name, value) in [
            ("entry-id", entry.id),
            ("timestamp-created", entry.created_at.0 as i64),
            ("timestamp-last-updated", entry.updated_at.0 as i64),
        ] {
            reply.bulk(name.as_bytes());
            reply.integer(value);
        }
    }
    Ok(Outcome::Done)
}

// ---- other subcommands --------------------------------------------------------------------------

/// Generates a password of hexadecimal digits.
pub(super) fn genpass(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let bits = match args.get(2) {
        None => 256,
        Some(_) if args.len() > 3 => return Err(error::subcommand_syntax("acl", &args[1])),
        Some(bits) => parse::integer(bits)?,
    };
    if !(1..=MOST_PASSWORD_BITS).contains(&bits) {
        return Err(error::GENPASS_BITS);
    }
    let digits = (bits as usize).div_ceil(4);
    // The engine's own generator is reproducible from its seed. A password must be unpredictable,
    // so it uses the host's entropy.
    let mut secret = ctx.instance.host.entropy().to_vec();
    secret.extend_from_slice(&ctx.keys.dataset.random.next_u64().to_le_bytes());
    ctx.reply.bulk(&generate_password(&secret, digits));
    Ok(Outcome::Done)
}

pub(super) fn help(ctx: &mut Context<'_>, _args: Args<'_>) -> Handled {
    help::reply(ctx)
}
