//! ACL checks: the last of the checks before a command runs, for clients that are restricted.

use alloc::rc::Rc;

use super::Engine;
use super::turn::{Call, Turn};
use crate::acl::{Denial, Reason};
use crate::command::permission;
use crate::error::{self, Error};
use crate::resp::args::Args;
use crate::session::{Auth, Session};

impl Engine {
    /// Returns `true` if a client must log in before it does anything else.
    #[inline]
    pub(super) fn needs_login(session: &Session) -> bool {
        session.auth == Auth::Required
    }

    /// Returns the permission that a client lacks to run a command, if any.
    #[cold]
    pub(super) fn denial(&self, session: &Session, index: usize, args: Args<'_>) -> Option<Denial> {
        permission::check(&session.user, self.commands.command(index), args).err()
    }

    /// Checks again a command that was permitted when it was queued or blocked. Returns the error
    /// if it is denied by now.
    #[inline]
    pub(super) fn denied_since(&mut self, turn: &Turn, call: Call<'_>) -> Option<Error> {
        let session = &self.instance.clients[turn.client];
        if session.auth == Auth::Unrestricted {
            return None;
        }
        let denial = self.denial(session, call.index, call.args)?;
        self.log_denial(turn, call, denial);
        let session = &self.instance.clients[turn.client];
        Some(if session.is_in_exec {
            error::no_permission_in_exec(match denial.reason {
                Reason::Key => "no permission to touch the specified keys",
                Reason::Channel => "no permission to access one of the channels used as arguments",
                Reason::Command | Reason::Auth => {
                    "no permission to execute the command or subcommand"
                }
            })
        } else {
            self.no_permission(session, call.index, denial)
        })
    }

    /// Returns the error for a denied command.
    #[cold]
    pub(super) fn no_permission(&self, session: &Session, index: usize, denial: Denial) -> Error {
        match denial.reason {
            Reason::Key => error::NO_KEY_PERMISSION,
            Reason::Channel => error::NO_CHANNEL_PERMISSION,
            Reason::Command | Reason::Auth => {
                let name = self.commands.command(index).spec.name;
                error::no_command_permission(session.user.name(), name)
            }
        }
    }

    /// Adds a denied request to the ACL log.
    #[cold]
    pub(super) fn log_denial(
        &mut self,
        turn: &Turn,
        Call { index, args, .. }: Call<'_>,
        denial: Denial,
    ) {
        let object = match denial.reason {
            Reason::Command => self.commands.command(index).spec.name.as_bytes(),
            _ => &args[denial.position],
        };
        let user = Rc::clone(&self.instance.clients[turn.client].user);
        let instance = &mut self.instance;
        permission::log(instance, turn.client, denial.reason, object, user.name(), turn.now);
    }
}
