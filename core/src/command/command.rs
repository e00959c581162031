//! `COMMAND`: reports the command table to clients.

use alloc::vec::Vec;

use super::context::{Context, Outcome};
use super::help;
use super::key_specs::{BeginSearch, FindKeys, KeySpec};
use super::spec::{Argument, Category, Flag, Spec};
use super::table::Command;
use crate::error::{self, Error};
use crate::glob::{self, Case};
use crate::resp::args::Args;
use crate::resp::reply::Reply;

type Handled = Result<Outcome, Error>;

pub(super) fn command(ctx: &mut Context<'_>, _args: Args<'_>) -> Handled {
    let specs: Vec<&Spec> = ctx.commands.top_level().map(|command| command.spec).collect();
    ctx.reply.array(specs.len());
    for spec in specs {
        describe(&mut ctx.reply, spec);
    }
    Ok(Outcome::Done)
}

pub(super) fn count(ctx: &mut Context<'_>, _args: Args<'_>) -> Handled {
    ctx.reply.count(ctx.commands.top_level().count());
    Ok(Outcome::Done)
}

pub(super) fn info(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    if args.len() == 2 {
        return command(ctx, args);
    }
    ctx.reply.array(args.len() - 2);
    for name in args.iter().skip(2) {
        match ctx.commands.find_full(name) {
            Some(command) => describe(&mut ctx.reply, command.spec),
            None => ctx.reply.null(),
        }
    }
    Ok(Outcome::Done)
}

pub(super) fn list(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let names: Vec<&str> = match args.get(2) {
        None => ctx.commands.iter().map(|command| command.spec.name).collect(),
        Some(word) if args.len() == 5 && word.eq_ignore_ascii_case(b"FILTERBY") => {
            let matches = filter(&args[3], &args[4])?;
            ctx.commands
                .iter()
                .filter(|command| matches(command))
                .map(|command| command.spec.name)
                .collect()
        }
        Some(_) => return Err(error::SYNTAX),
    };
    ctx.reply.array(names.len());
    for name in names {
        ctx.reply.bulk(name.as_bytes());
    }
    Ok(Outcome::Done)
}

fn filter<'a>(kind: &[u8], value: &'a [u8]) -> Result<impl Fn(&Command) -> bool + use<'a>, Error> {
    enum Filter {
        Module,
        Category(Option<Category>),
        Pattern,
    }
    let filter = match kind.to_ascii_uppercase().as_slice() {
        b"MODULE" => Filter::Module,
        b"ACLCAT" => Filter::Category(Category::named(value)),
        b"PATTERN" => Filter::Pattern,
        _ => return Err(error::SYNTAX),
    };
    Ok(move |command: &Command| match &filter {
        Filter::Module => false,
        Filter::Category(category) => {
            category.is_some_and(|category| command.spec.acl_categories().has(category))
        }
        Filter::Pattern => glob::matches(value, command.spec.name.as_bytes(), Case::Insensitive),
    })
}

pub(super) fn docs(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let specs: Vec<&Spec> = if args.len() == 2 {
        ctx.commands.top_level().map(|command| command.spec).collect()
    } else {
        args.iter()
            .skip(2)
            .filter_map(|name| ctx.commands.find_full(name))
            .map(|command| command.spec)
            .collect()
    };
    ctx.reply.map(specs.len());
    for spec in specs {
        ctx.reply.bulk(spec.name.as_bytes());
        document(&mut ctx.reply, spec);
    }
    Ok(Outcome::Done)
}

pub(super) fn getkeys(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    reply_keys(ctx, args.slice(2..), false)
}

pub(super) fn getkeysandflags(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    reply_keys(ctx, args.slice(2..), true)
}

fn reply_keys(ctx: &mut Context<'_>, args: Args<'_>, with_flags: bool) -> Handled {
    let command = ctx.commands.resolve(args).ok_or(error::INVALID_COMMAND)?;
    if !command.spec.takes_keys() {
        return Err(error::NO_KEY_ARGUMENTS);
    }
    if !command.spec.accepts(args.len()) {
        return Err(error::GETKEYS_ARITY);
    }
    let keys = command.spec.keys_of(args);
    let keys: Vec<_> = keys.map_err(|_| error::GETKEYS_INVALID)?.collect();
    if keys.is_empty() {
        return Err(error::GETKEYS_INVALID);
    }
    ctx.reply.array(keys.len());
    for key in keys {
        if with_flags {
            ctx.reply.array(2);
        }
        ctx.reply.bulk(&args[key.position]);
        if with_flags {
            ctx.reply.set(key.flags.len());
            key.flags.iter().for_each(|flag| ctx.reply.simple(flag.name()));
        }
    }
    Ok(Outcome::Done)
}

pub(super) fn help(ctx: &mut Context<'_>, _args: Args<'_>) -> Handled {
    help::reply(ctx)
}

/// Replies with a command in the format of `COMMAND INFO`: ten fields.
fn describe(reply: &mut Reply<'_>, spec: &Spec) {
    let keys = spec.legacy_keys();
    reply.array(10);
    reply.bulk(spec.name.as_bytes());
    reply.integer(i64::from(spec.arity));
    let flags: Vec<Flag> = spec.reported_flags().iter().filter(|flag| !flag.is_hidden()).collect();
    reply.set(flags.len());
    flags.iter().for_each(|flag| reply.simple(flag.name()));
    for position in [keys.first, keys.last, keys.step] {
        reply.integer(i64::from(position));
    }
    let categories: Vec<Category> = spec.acl_categories().iter().collect();
    reply.set(categories.len());
    for category in categories {
        reply.simple(&alloc::format!("@{}", category.name()));
    }
    reply.set(spec.tips.len());
    spec.tips.iter().for_each(|tip| reply.bulk(tip.as_bytes()));
    reply.set(spec.keys.len());
    spec.keys.iter().for_each(|key| describe_keys(reply, key));
    reply.set(spec.subcommands.len());
    spec.subcommands.iter().for_each(|subcommand| describe(reply, subcommand));
}

fn describe_keys(reply: &mut Reply<'_>, keys: &KeySpec) {
    let field = |reply: &mut Reply<'_>, name: &str, value: i64| {
        reply.bulk(name.as_bytes());
        reply.integer(value);
    };
    reply.map(3 + usize::from(keys.notes.is_some()));
    if let Some(notes) = keys.notes {
        reply.bulk(b"notes");
        reply.bulk(notes.as_bytes());
    }
    reply.bulk(b"flags");
    reply.set(keys.flags.len());
    keys.flags.iter().for_each(|flag| reply.simple(flag.name()));

    reply.bulk(b"begin_search");
    reply.map(2);
    reply.bulk(b"type");
    match keys.begin_search {
        BeginSearch::Unknown => {
            reply.bulk(b"unknown");
            reply.bulk(b"spec");
            reply.map(0);
        }
        BeginSearch::Index(index) => {
            reply.bulk(b"index");
            reply.bulk(b"spec");
            reply.map(1);
            field(reply, "index", i64::from(index));
        }
        BeginSearch::Keyword { keyword, start_from } => {
            reply.bulk(b"keyword");
            reply.bulk(b"spec");
            reply.map(2);
            reply.bulk(b"keyword");
            reply.bulk(keyword.as_bytes());
            field(reply, "startfrom", i64::from(start_from));
        }
    }
    reply.bulk(b"find_keys");
    reply.map(2);
    reply.bulk(b"type");
    match keys.find_keys {
        FindKeys::Unknown => {
            reply.bulk(b"unknown");
            reply.bulk(b"spec");
            reply.map(0);
        }
        FindKeys::Range { last_key, key_step, limit } => {
            reply.bulk(b"range");
            reply.bulk(b"spec");
            reply.map(3);
            field(reply, "lastkey", i64::from(last_key));
            field(reply, "keystep", i64::from(key_step));
            field(reply, "limit", i64::from(limit));
        }
        FindKeys::KeyNum { key_num_index, first_key, key_step } => {
            reply.bulk(b"keynum");
            reply.bulk(b"spec");
            reply.map(3);
            field(reply, "keynumidx", i64::from(key_num_index));
            field(reply, "firstkey", i64::from(first_key));
            field(reply, "keystep", i64::from(key_step));
        }
    }
}

/// Replies with a command in the format of `COMMAND DOCS`: only the fields that apply.
fn document(reply: &mut Reply<'_>, spec: &Spec) {
    let map = reply.begin();
    let mut fields = 0;
    let mut text = |reply: &mut Reply<'_>, name: &str, value: &str| {
        if !value.is_empty() {
            reply.bulk(name.as_bytes());
            reply.bulk(value.as_bytes());
            fields += 1;
        }
    };
    text(reply, "summary", spec.summary);
    text(reply, "since", spec.since);
    text(reply, "group", spec.group.name());
    text(reply, "complexity", spec.complexity);
    let doc_flags: Vec<&str> =
        [("deprecated", spec.deprecated.is_some()), ("syscmd", spec.is_system)]
            .into_iter()
            .filter(|(_, is_set)| *is_set)
            .map(|(name, _)| name)
            .collect();
    if !doc_flags.is_empty() {
        reply.bulk(b"doc_flags");
        reply.set(doc_flags.len());
        doc_flags.iter().for_each(|flag| reply.simple(flag));
        fields += 1;
    }
    if let Some(deprecated) = spec.deprecated {
        reply.bulk(b"deprecated_since");
        reply.bulk(deprecated.since.as_bytes());
        reply.bulk(b"replaced_by");
        reply.bulk(deprecated.replaced_by.as_bytes());
        fields += 2;
    }
    if !spec.history.is_empty() {
        reply.bulk(b"history");
        reply.set(spec.history.len());
        for (version, change) in spec.history {
            reply.array(2);
            reply.bulk(version.as_bytes());
            reply.bulk(change.as_bytes());
        }
        fields += 1;
    }
    if !spec.arguments.is_empty() {
        reply.bulk(b"arguments");
        document_arguments(reply, spec.arguments);
        fields += 1;
    }
    if !spec.subcommands.is_empty() {
        reply.bulk(b"subcommands");
        reply.map(spec.subcommands.len());
        for subcommand in spec.subcommands {
            reply.bulk(subcommand.name.as_bytes());
            document(reply, subcommand);
        }
        fields += 1;
    }
    reply.end_map(map, fields);
}

fn document_arguments(reply: &mut Reply<'_>, arguments: &[Argument]) {
    reply.array(arguments.len());
    for argument in arguments {
        let map = reply.begin();
        let mut fields = 2;
        reply.bulk(b"name");
        reply.bulk(argument.name.as_bytes());
        reply.bulk(b"type");
        reply.bulk(argument.kind.name().as_bytes());
        let mut text = |reply: &mut Reply<'_>, name: &str, value: Option<&str>| {
            if let Some(value) = value {
                reply.bulk(name.as_bytes());
                reply.bulk(value.as_bytes());
                fields += 1;
            }
        };
        text(reply, "display_text", argument.display_text());
        if let Some(index) = argument.key_spec_index {
            reply.bulk(b"key_spec_index");
            reply.integer(i64::from(index));
        }
        text(reply, "token", argument.token);
        text(reply, "summary", argument.summary);
        text(reply, "since", argument.since);
        text(reply, "deprecated_since", argument.deprecated_since);
        fields += usize::from(argument.key_spec_index.is_some());
        if !argument.flags.is_empty() {
            reply.bulk(b"flags");
            reply.set(argument.flags.len());
            argument.flags.iter().for_each(|flag| reply.simple(flag.name()));
            fields += 1;
        }
        if !argument.arguments.is_empty() {
            reply.bulk(b"arguments");
            document_arguments(reply, argument.arguments);
            fields += 1;
        }
        reply.end_map(map, fields);
    }
}
