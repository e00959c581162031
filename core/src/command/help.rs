//! The `HELP` of containers, generated from the table: each subcommand with its arguments and
//! summary.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::context::{Context, Outcome};
use super::spec::{Argument, ArgumentFlag, ArgumentKind};
use crate::error::Error;

/// Replies with the help of the running subcommand's container.
pub(super) fn reply(ctx: &mut Context<'_>) -> Result<Outcome, Error> {
    let name = ctx.command.spec.container().unwrap_or(ctx.command.spec.name);
    let upper = name.to_ascii_uppercase();
    let mut lines =
        Vec::from([format!("{upper} <subcommand> [<arg> [value] [opt] ...]. Subcommands are:")]);
    if let Some(container) = ctx.commands.find_own(name.as_bytes()) {
        for subcommand in container.spec.subcommands {
            let own_name = subcommand.own_name().to_ascii_uppercase();
            let mut line = own_name;
            for argument in subcommand.arguments {
                line.push(' ');
                line.push_str(&synopsis(argument));
            }
            lines.push(line);
            lines.push(format!("    {}", subcommand.summary));
        }
    }
    ctx.reply.array(lines.len());
    for line in lines {
        ctx.reply.simple(&line);
    }
    Ok(Outcome::Done)
}

/// Formats an argument as in manuals: `[EX seconds]`, `key [key ...]`, `<NX | XX>`.
pub(super) fn synopsis(argument: &Argument) -> String {
    let shown = argument.display_text().unwrap_or(argument.name);
    let parts = || argument.arguments.iter().map(synopsis).collect::<Vec<_>>();
    let mut value = match argument.kind {
        ArgumentKind::OneOf => parts().join(" | "),
        ArgumentKind::Block => parts().join(" "),
        ArgumentKind::PureToken => String::new(),
        _ => String::from(shown),
    };
    let is_optional = argument.flags.has(ArgumentFlag::Optional);
    if argument.kind == ArgumentKind::OneOf && !is_optional {
        value = format!("<{value}>");
    }
    let mut text = match (argument.token, value.is_empty()) {
        (Some(token), true) => String::from(token),
        (Some(token), false) => format!("{token} {value}"),
        (None, _) => value.clone(),
    };
    if argument.flags.has(ArgumentFlag::Multiple) {
        let repeated = if argument.flags.has(ArgumentFlag::MultipleToken) { &text } else { &value };
        text = format!("{text} [{repeated} ...]");
    }
    if is_optional { format!("[{text}]") } else { text }
}
