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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_doubles_from_a_second_to_five_minutes_and_stays_there() {
        let mut backoff = Backoff::default();
        let longest: Vec<i64> = (0..12).map(|_| backoff.failed(u64::MAX) / 1000).collect();
        assert_eq!(longest, [2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300, 300]);
        assert_eq!(backoff.failed(0), SHORTEST);
        backoff.failures = u32::MAX;
        assert_eq!(backoff.failed(u64::MAX), LONGEST);
        backoff.succeeded();
        assert_eq!(backoff.failed(u64::MAX), 2 * SHORTEST);
    }
}
