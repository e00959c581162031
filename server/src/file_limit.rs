//! How many files the process may open, which bounds how many clients it can have.

use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// Descriptors that are no client's: listeners, the log, files that are read and written.
const RESERVED: u64 = 32;

/// Makes room for `maxclients` connections. Returns how many there is room for: fewer, if the system allows no more.
pub(crate) fn make_room(maxclients: u64) -> u64 {
    let wanted = maxclients + RESERVED;
    let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else { return maxclients };
    if soft >= wanted {
        return maxclients;
    }
    // Only a privileged process may raise the hard limit as well.
    let raised = if setrlimit(Resource::RLIMIT_NOFILE, wanted, hard.max(wanted)).is_ok() {
        wanted
    } else if setrlimit(Resource::RLIMIT_NOFILE, hard.min(wanted), hard).is_ok() {
        hard.min(wanted)
    } else {
        soft
    };
    maxclients.min(raised.saturating_sub(RESERVED))
}
