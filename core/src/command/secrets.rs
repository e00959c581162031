//! Which arguments are secrets, so that neither `MONITOR` nor the slow log shows them.

use super::spec::Spec;
use crate::resp::args::Args;

/// What is shown in a secret's place.
pub(crate) const REDACTED: &[u8] = b"(redacted)";

/// Whether the argument at an index is a secret.
pub(crate) fn hidden<'a>(spec: &Spec, args: Args<'a>) -> impl Fn(usize) -> bool + use<'a> {
    enum Secrets {
        None,
        /// All after the command's name.
        All,
        /// All from this one on.
        From(usize),
        /// The two after this word.
        Login(usize),
        /// The values of parameters that hold passwords.
        Parameters,
    }
    let secrets = match spec.name {
        "auth" => Secrets::All,
        "hello" => args
            .iter()
            .position(|arg| arg.eq_ignore_ascii_case(b"AUTH"))
            .map_or(Secrets::None, Secrets::Login),
        "acl|setuser" => Secrets::From(2),
        "config|set" => Secrets::Parameters,
        _ => Secrets::None,
    };
    move |index| match secrets {
        Secrets::None => false,
        Secrets::All => index > 0,
        Secrets::From(first) => index >= first,
        Secrets::Login(word) => index == word + 1 || index == word + 2,
        Secrets::Parameters => {
            index > 2 && index % 2 == 1 && args[index - 1].eq_ignore_ascii_case(b"requirepass")
        }
    }
}
