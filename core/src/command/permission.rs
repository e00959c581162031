//! Checks requests against the permissions of their users.

use super::client::describe;
use super::key_specs::{Key, KeyFlag, KeyFlags};
use super::spec::{Channels, Flag};
use super::table::Command;
use crate::acl::log::Event;
use crate::acl::{Access, Denial, Reason, Selector, User};
use crate::client::ClientId;
use crate::instance::Instance;
use crate::resp::args::Args;
use crate::time::UnixMicros;

const CHANGED: KeyFlags = KeyFlags::of(&[KeyFlag::Insert, KeyFlag::Delete, KeyFlag::Update]);

/// Checks that a user may run a command.
///
/// # Errors
/// The missing permission. With several selectors, the denial of the one that got furthest.
pub(crate) fn check(user: &User, command: &Command, args: Args<'_>) -> Result<(), Denial> {
    let mut worst = Denial { reason: Reason::Command, position: 0 };
    for selector in user.selectors() {
        match check_selector(selector, command, args) {
            Ok(()) => return Ok(()),
            Err(denial) => worst = worst.max(denial),
        }
    }
    Err(worst)
}

/// Returns `true` if a user may run a command that reads keys it does not name, as `SORT BY` does:
/// this needs read access to all keys.
pub(crate) fn may_read_any_key(user: &User, command: &Command, args: Args<'_>) -> bool {
    let reads = Access { reads: true, writes: false };
    user.selectors().iter().any(|selector| {
        selector.permits_all_keys(reads) && check_selector(selector, command, args).is_ok()
    })
}

fn check_selector(selector: &Selector, command: &Command, args: Args<'_>) -> Result<(), Denial> {
    let spec = command.spec;
    let denied = |reason, position| Err(Denial { reason, position });
    let first_argument = args.get(if spec.container().is_some() { 2 } else { 1 });
    if !spec.flags.has(Flag::NoAuth) && !selector.permits_command(command.index, first_argument) {
        return denied(Reason::Command, 0);
    }
    if let Some(key) = keys(command, args).find(|key| {
        let access =
            Access { reads: key.flags.has(KeyFlag::Access), writes: key.flags.intersects(CHANGED) };
        !selector.permits_key(&args[key.position], access)
    }) {
        return denied(Reason::Key, key.position);
    }
    let (positions, is_pattern) = match spec.channels {
        None => return Ok(()),
        Some(Channels::Published) => (1..2, false),
        Some(Channels::Subscribed) => (1..args.len(), false),
        Some(Channels::Patterns) => (1..args.len(), true),
    };
    let mut channels = positions.filter(|&at| !selector.permits_channel(&args[at], is_pattern));
    channels.next().map_or(Ok(()), |position| denied(Reason::Channel, position))
}

/// Returns the keys that a request names; none if they cannot be determined.
fn keys<'a>(command: &Command, args: Args<'a>) -> impl Iterator<Item = Key> + use<'a> {
    command.spec.keys_of(args).into_iter().flatten()
}

/// Adds a denial to the ACL log. `object` is the denied object; `user` is the client's user, or the
/// name it tried to authenticate as.
pub(crate) fn log(
    instance: &mut Instance,
    client: ClientId,
    reason: Reason,
    object: &[u8],
    user: &[u8],
    now: UnixMicros,
) {
    instance.stats.denials[reason as usize] += 1;
    let session = &instance.clients[client];
    let event = Event {
        reason,
        is_in_transaction: session.transaction.is_some() || session.is_in_exec,
        object: object.to_vec(),
        user: user.to_vec(),
    };
    let max_len = usize::try_from(instance.config.acllog_max_len).unwrap_or(usize::MAX);
    let client_info = describe(session, now);
    instance.acl.log.push(event, client_info, now.millis(), max_len);
}
