//! The limit of open files, which bounds the number of clients.

use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// Descriptors not used by clients: listeners, the log, files.
const RESERVED: u64 = 32;

/// Raises the limit for `maxclients` connections. Returns the number of connections possible, which
/// is lower if the system does not allow the limit.
pub(crate) fn make_room(maxclients: u64) -> u64 {
    let wanted = maxclients + RESERVED;
    let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else { return maxclients };
    if soft >= wanted {
        return maxclients;
    }
    // Only a privileged process may raise the hard limit.
    let raised = if setrlimit(Resource::RLIMIT_NOFILE, wanted, hard.max(wanted)).is_ok() {
        wanted
    } else if setrlimit(Resource::RLIMIT_NOFILE, hard.min(wanted), hard).is_ok() {
        hard.min(wanted)
    } else {
        soft
    };
    maxclients.min(raised.saturating_sub(RESERVED))
}
