//! `CONFIG`: reads and sets parameters.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::vec::Vec;

use super::context::{Context, Outcome};
use super::help;
use crate::config::{Config, PARAMETERS, Parameter};
use crate::error::{self, Error};
use crate::glob::{self, Case};
use crate::resp::args::Args;

type Handled = Result<Outcome, Error>;

/// Replies with the matching parameters. A name without wildcards is echoed as requested; for
/// patterns, the names are those of the table.
pub(super) fn get(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let mut found: Vec<(&[u8], &Parameter)> = Vec::new();
    for asked in args.iter().skip(2) {
        if !asked.iter().any(|byte| b"[?*".contains(byte)) {
            found.extend(Config::parameter(asked).map(|parameter| (asked, parameter)));
            continue;
        }
        for parameter in PARAMETERS {
            let names = [Some(parameter.name), parameter.alias];
            let names = names.into_iter().flatten().map(str::as_bytes);
            let matching = names.filter(|name| glob::matches(asked, name, Case::Insensitive));
            found.extend(matching.map(|name| (name, parameter)));
        }
    }
    let mut told = BTreeSet::new();
    found.retain(|(name, _)| told.insert(name.to_ascii_lowercase()));
    ctx.reply.map(found.len());
    for (name, parameter) in found {
        ctx.reply.bulk(name);
        let text = ctx.instance.config.text(parameter);
        ctx.reply.bulk(&text);
    }
    Ok(Outcome::Done)
}

/// Sets all given parameters, or none of them.
pub(super) fn set(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    if args.len() % 2 == 1 {
        return Err(error::SYNTAX);
    }
    let mut pairs: Vec<(&Parameter, &str, &[u8])> = Vec::new();
    for at in (2..args.len()).step_by(2) {
        let name = &args[at];
        let parameter = Config::parameter(name).ok_or_else(|| {
            error::quoted("ERR Unknown option or number of arguments for CONFIG SET - '", name, "'")
        })?;
        if parameter.immutable {
            return Err(failed(name, "can't set immutable config"));
        }
        if parameter.protected && !may_set_protected(ctx) {
            return Err(failed(name, "can't set protected config"));
        }
        if pairs.iter().any(|(known, ..)| known.name == parameter.name) {
            return Err(failed(name, "duplicate parameter"));
        }
        let alias = parameter.alias.filter(|alias| alias.as_bytes().eq_ignore_ascii_case(name));
        pairs.push((parameter, alias.unwrap_or(parameter.name), &args[at + 1]));
    }
    let password = ctx.instance.config.requirepass.clone();
    let before = ctx.instance.config.clone();
    let result = apply(ctx, &pairs);
    if result.is_err() {
        ctx.instance.config = before;
        // Also reverts parameters that the host has already applied. The old values were valid
        // before and still are.
        for (parameter, ..) in pairs.iter().filter(|(parameter, ..)| parameter.external) {
            let _ = ctx.instance.host.configure(parameter.name, &ctx.instance.config);
        }
    }
    result?;
    ctx.instance.apply_config();
    ctx.keys.dataset.apply_config(&ctx.instance.config);
    if ctx.instance.config.requirepass != password {
        ctx.instance.require_password();
    }
    ctx.reply.ok();
    Ok(Outcome::Done)
}

/// Sets parameters. Errors use the names that the client sent.
fn apply(ctx: &mut Context<'_>, pairs: &[(&Parameter, &str, &[u8])]) -> Result<(), Error> {
    for (parameter, name, text) in pairs {
        let result = ctx.instance.config.set(parameter, text);
        result.map_err(|invalid| failed(name.as_bytes(), invalid.reason()))?;
    }
    for (parameter, ..) in pairs.iter().filter(|(parameter, ..)| parameter.external) {
        let result = ctx.instance.host.configure(parameter.name, &ctx.instance.config);
        result.map_err(|reason| failed(parameter.name.as_bytes(), &reason))?;
    }
    Ok(())
}

fn may_set_protected(ctx: &Context<'_>) -> bool {
    match ctx.instance.config.enable_protected_configs {
        "yes" => true,
        "local" => ctx.session().peer.is_local,
        _ => false,
    }
}

fn failed(name: &[u8], reason: &str) -> Error {
    error::quoted(
        "ERR CONFIG SET failed (possibly related to argument '",
        name,
        &format!("') - {reason}"),
    )
}

pub(super) fn rewrite(ctx: &mut Context<'_>, _args: Args<'_>) -> Handled {
    let changed = ctx.instance.config.changed();
    rewrite_with(ctx, changed.into_iter().map(|(parameter, text)| (parameter.name, text)).collect())
}

/// `DEBUG CONFIG-REWRITE-FORCE-ALL`: also writes parameters that have their defaults.
pub(super) fn rewrite_all(ctx: &mut Context<'_>) -> Handled {
    let config = &mut ctx.instance.config;
    let all = PARAMETERS.iter().map(|parameter| (parameter.name, config.text(parameter)));
    let all = all.collect();
    rewrite_with(ctx, all)
}

fn rewrite_with(ctx: &mut Context<'_>, mut parameters: Vec<(&str, Vec<u8>)>) -> Handled {
    if ctx.instance.host.process().config_file.is_empty() {
        return Err(error::NO_CONFIG_FILE);
    }
    if ctx.instance.config.aclfile.is_empty() {
        let users = ctx.instance.acl.config_lines(&ctx.instance.config.requirepass);
        parameters.extend(users.into_iter().map(|line| ("user", line)));
    }
    ctx.instance
        .host
        .rewrite_config(&parameters)
        .map_err(|reason| Error::made(format!("ERR Rewriting config file: {reason}")))?;
    ctx.reply.ok();
    Ok(Outcome::Done)
}

pub(super) fn resetstat(ctx: &mut Context<'_>, _args: Args<'_>) -> Handled {
    ctx.instance.stats.reset();
    ctx.keys.dataset.stats.reset();
    ctx.keys.dataset.keyspace.lazyfree.reset_freed();
    ctx.reply.ok();
    Ok(Outcome::Done)
}

pub(super) fn help(ctx: &mut Context<'_>, _args: Args<'_>) -> Handled {
    help::reply(ctx)
}
