//! The clock: the only place where the time of day is read. Everything below
//! `node` is handed `now`, so that it can be tested at any hour.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The time now, in Unix milliseconds. Before 1970, it is 0.
pub fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// A stretch of time that no change of the wall clock can bend.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts to measure.
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// What has passed since the start.
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }

    /// What has passed since the start, in milliseconds.
    pub fn millis(&self) -> i64 {
        i64::try_from(self.elapsed().as_millis()).unwrap_or(i64::MAX)
    }
}

/// Waits for a while.
pub async fn sleep(during: Duration) {
    tokio::time::sleep(during).await;
}

/// Waits until the wall clock shows `at` (Unix milliseconds). Looks again every
/// half minute: a machine that was suspended, or whose clock was set forward, is
/// not late by more than that. One whose clock was set back waits as long as it
/// seemed at the start, and no longer.
pub async fn sleep_until(at: i64) {
    const LOOK: Duration = Duration::from_secs(30);
    let watch = Stopwatch::start();
    let longest = at.saturating_sub(now());
    let left = || at.saturating_sub(now()).min(longest.saturating_sub(watch.millis()));
    while let Ok(left @ 1..) = u64::try_from(left()) {
        tokio::time::sleep(Duration::from_millis(left).min(LOOK)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_past_is_not_waited_for() {
        sleep_until(i64::MIN).await;
        let at = now() + 20;
        sleep_until(at).await;
        assert!(now() >= at);
        sleep_until(at).await;
    }
}
