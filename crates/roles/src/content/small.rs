//! Small content, in memory. Scripts and small packages are most of what is
//! asked for, and opening a file costs more than sending what is in it. The
//! bytes are those whose digest was verified when they came; they never change,
//! and are forgotten when the content is removed.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;

use super::Digest;

/// Content of at most so many bytes is kept.
pub(super) const SMALL: u64 = 64 * 1024;
/// So much of it at most, in bytes.
const ROOM: usize = 16 * 1024 * 1024;

#[derive(Debug, Default)]
pub(super) struct Small(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    by_digest: HashMap<Digest, Bytes>,
    /// In the order in which they came: the oldest goes first.
    order: VecDeque<Digest>,
    bytes: usize,
}

impl Small {
    pub(super) fn find(&self, digest: Digest) -> Option<Bytes> {
        self.kept().by_digest.get(&digest).cloned()
    }

    pub(super) fn remember(&self, digest: Digest, bytes: &Bytes) {
        let mut kept = self.kept();
        if bytes.len() as u64 > SMALL || kept.by_digest.contains_key(&digest) {
            return;
        }
        kept.bytes += bytes.len();
        kept.by_digest.insert(digest, bytes.clone());
        kept.order.push_back(digest);
        while kept.bytes > ROOM
            && let Some(oldest) = kept.order.pop_front()
        {
            kept.let_go(oldest);
        }
    }

    pub(super) fn forget(&self, digest: Digest) {
        let mut kept = self.kept();
        kept.let_go(digest);
        kept.order.retain(|other| *other != digest);
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn let_go(&mut self, digest: Digest) {
        if let Some(gone) = self.by_digest.remove(&digest) {
            self.bytes -= gone.len();
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_oldest_makes_room_and_what_is_large_is_not_kept() {
        let small = Small::default();
        let key = |n: usize| Digest::of(&n.to_le_bytes());
        let piece = |n: usize| Bytes::from(vec![n as u8; SMALL as usize]);
        let fits = ROOM / SMALL as usize;
        for n in 0..fits {
            small.remember(key(n), &piece(n));
        }
        assert_eq!(small.find(key(0)), Some(piece(0)));
        small.forget(key(9));
        small.remember(key(fits), &Bytes::from(vec![0; SMALL as usize + 1]));
        assert!(small.find(key(fits)).is_none());
        small.remember(key(fits), &piece(fits));
        assert!(small.find(key(0)).is_some(), "what was forgotten has made room");
        small.remember(key(fits + 1), &Bytes::from_static(b"x"));
        assert!(small.find(key(0)).is_none());
        assert_eq!(small.find(key(fits + 1)), Some(Bytes::from_static(b"x")));
    }
}
