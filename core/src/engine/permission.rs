//! Whether a client may do what it asks for: the last of the checks on a client before its command runs, for those that
//! are not cleared for everything.

use super::Engine;
use crate::acl::{Denial, Reason};
use crate::command::permission;
use crate::error::{self, Error};
use crate::resp::args::Args;
use crate::session::{Clearance, Session};
use crate::time::UnixMicros;

impl Engine {
    /// Whether a client must log in before it does anything else.
    #[inline]
    pub(super) fn needs_login(session: &Session) -> bool {
        session.clearance == Clearance::Stranger
    }

    /// What a client lacks to run a command.
    #[cold]
    pub(super) fn denial(&self, session: &Session, index: usize, args: Args<'_>) -> Option<Denial> {
        permission::check(&session.user, self.commands.command(index), args).err()
    }

    /// Why a client may not run a command that it was once free to ask for: one that it has queued, or that has waited.
    #[inline]
    pub(super) fn denied_since(
        &mut self,
        session: &Session,
        index: usize,
        args: Args<'_>,
        now: UnixMicros,
    ) -> Option<Error> {
        if session.clearance == Clearance::Full {
            return None;
        }
        let denial = self.denial(session, index, args)?;
        self.log_denial(session, index, args, denial, now);
        Some(if session.is_in_exec {
            error::no_permission_in_exec(match denial.reason {
                Reason::Key => "no permission to touch the specified keys",
                Reason::Channel => "no permission to access one of the channels used as arguments",
                Reason::Command | Reason::Auth => {
                    "no permission to execute the command or subcommand"
                }
            })
        } else {
            self.no_permission(session, index, denial)
        })
    }

    /// The error that tells a client what it lacks.
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

    /// Notes that a request was denied.
    #[cold]
    pub(super) fn log_denial(
        &mut self,
        session: &Session,
        index: usize,
        args: Args<'_>,
        denial: Denial,
        now: UnixMicros,
    ) {
        let object = match denial.reason {
            Reason::Command => self.commands.command(index).spec.name.as_bytes(),
            _ => &args[denial.position],
        };
        let user = session.user.name();
        permission::log(&mut self.instance, session, denial.reason, object, user, now);
    }
}
