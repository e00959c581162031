//! Resumable sessions, which save client and server the expensive part of a handshake.

use core::time::Duration;
use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use redstart_core::time::UnixMicros;
use rustls::server::StoresServerSessions;

use crate::clock;

/// The latest sessions, each with an expiry.
#[derive(Debug)]
pub(super) struct Sessions {
    capacity: usize,
    timeout: Duration,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    sessions: HashMap<Vec<u8>, Session>,
    /// The ids of the sessions and their expiries, oldest first. The id of a session that has been
    /// taken remains until it expires.
    order: VecDeque<(Vec<u8>, UnixMicros)>,
}

#[derive(Debug)]
struct Session {
    secrets: Vec<u8>,
    until: UnixMicros,
}

impl Sessions {
    /// Creates a store for `capacity` sessions; zero means no limit.
    pub(super) fn new(capacity: usize, timeout: Duration) -> Self {
        let capacity = if capacity == 0 { usize::MAX } else { capacity };
        Self { capacity, timeout, kept: Mutex::default() }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put_at(&self, key: Vec<u8>, secrets: Vec<u8>, now: UnixMicros) {
        let timeout_us = u64::try_from(self.timeout.as_micros()).unwrap_or(u64::MAX);
        let until = UnixMicros(now.0.saturating_add(timeout_us));
        let mut kept = self.kept();
        let Kept { sessions, order } = &mut *kept;
        while let Some((oldest, end)) = order.front()
            && (*end <= now || order.len() >= self.capacity)
        {
            // The id of a taken session may have been reused by another session.
            if sessions.get(oldest).is_some_and(|session| session.until == *end) {
                sessions.remove(oldest);
            }
            order.pop_front();
        }
        order.push_back((key.clone(), until));
        sessions.insert(key, Session { secrets, until });
    }

    fn find_at(&self, key: &[u8], now: UnixMicros) -> Option<Vec<u8>> {
        let kept = self.kept();
        let session = kept.sessions.get(key).filter(|session| now < session.until)?;
        Some(session.secrets.clone())
    }

    fn take_at(&self, key: &[u8], now: UnixMicros) -> Option<Vec<u8>> {
        let session = self.kept().sessions.remove(key).filter(|session| now < session.until)?;
        Some(session.secrets)
    }
}

impl StoresServerSessions for Sessions {
    fn put(&self, key: Vec<u8>, value: Vec<u8>) -> bool {
        self.put_at(key, value, clock::now());
        true
    }

    fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.find_at(key, clock::now())
    }

    fn take(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.take_at(key, clock::now())
    }

    fn can_cache(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: u8) -> Vec<u8> {
        vec![number]
    }

    #[test]
    fn sessions_expire() {
        let sessions = Sessions::new(0, Duration::from_secs(300));
        let at = |seconds: u64| UnixMicros(seconds * 1_000_000);
        sessions.put_at(key(1), key(11), at(0));
        assert_eq!(sessions.find_at(&key(1), at(299)), Some(key(11)));
        assert_eq!(sessions.find_at(&key(1), at(300)), None);
        sessions.put_at(key(2), key(12), at(300));
        assert_eq!(sessions.kept().order.len(), 1, "expired sessions are dropped");
    }

    #[test]
    fn a_full_store_drops_the_oldest_session() {
        let sessions = Sessions::new(2, Duration::from_secs(300));
        let now = UnixMicros(5);
        for number in 1..=3 {
            sessions.put_at(key(number), key(number), now);
        }
        assert_eq!(sessions.find_at(&key(1), now), None);
        assert_eq!(sessions.take_at(&key(2), now), Some(key(2)));
        assert_eq!(sessions.take_at(&key(2), now), None, "a session can be taken only once");
        assert_eq!(sessions.find_at(&key(3), now), Some(key(3)));
    }
}
