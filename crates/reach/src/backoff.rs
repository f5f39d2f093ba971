//! How long to wait after failures: longer each time, never less than a second,
//! never more than five minutes, and anywhere between (*full jitter*), because
//! clients that lost one server together would otherwise come back together.
//! It never says "give up".

use crate::random::between;

/// The shortest wait, in milliseconds.
pub const SHORTEST: i64 = 1_000;
/// The longest wait, in milliseconds.
pub const LONGEST: i64 = 5 * 60 * 1_000;

/// A count of failures in a row.
#[derive(Debug, Clone, Default)]
pub struct Backoff {
    failures: u32,
}

impl Backoff {
    /// After one more failure: how many milliseconds to wait, between
    /// [`SHORTEST`] and a ceiling that doubles from 2 s up to [`LONGEST`].
    pub fn failed(&mut self, random: u64) -> i64 {
        self.failures = self.failures.saturating_add(1);
        // Nine doublings are past the longest wait.
        let ceiling = (SHORTEST << self.failures.min(9)).min(LONGEST);
        between(SHORTEST, ceiling, random)
    }

    /// After a success.
    pub const fn succeeded(&mut self) {
        self.failures = 0;
    }

    /// Failures in a row.
    pub const fn failures(&self) -> u32 {
        self.failures
    }
}
