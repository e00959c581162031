//! Secret arguments, which `MONITOR` and the slow log redact.

use super::parse;
use super::spec::Spec;
use crate::config::Config;
use crate::resp::args::Args;

/// The replacement for a secret.
pub(crate) const REDACTED: &[u8] = b"(redacted)";

/// Returns a predicate that is `true` for the indexes of secret arguments.
pub(crate) fn hidden<'a>(spec: &Spec, args: Args<'a>) -> impl Fn(usize) -> bool + use<'a> {
    let is_hidden: fn(Args<'_>, usize) -> bool = match spec.name {
        "auth" => |_, index| index > 0,
        "acl|setuser" => |_, index| index > 1,
        "hello" => is_login,
        "config|set" => {
            |args, index| index > 2 && index % 2 == 1 && Config::is_secret(&args[index - 1])
        }
        _ => |_, _| false,
    };
    move |index| is_hidden(args, index)
}

/// Returns `true` if an argument of `HELLO` is the user name or password after `AUTH`.
fn is_login(arguments: Args<'_>, index: usize) -> bool {
    let mut at = 1;
    while at < index {
        at += match &arguments[at] {
            option if parse::is(option, "AUTH") && index <= at + 2 => return true,
            option if parse::is(option, "AUTH") => 3,
            option if parse::is(option, "SETNAME") => 2,
            _ => 1,
        };
    }
    false
}
