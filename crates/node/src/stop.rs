//! The one way to end: a [`Stop`] that everybody holds and anybody may pull.
//!
//! Level-triggered, so that nobody can miss it by looking at the wrong moment:
//! once pulled it stays pulled, and whoever asks later is told at once.

use std::io::{self, Read as _};
use std::sync::Arc;

use tokio::sync::watch;

use crate::os;

/// Says when to end. Clones are the same stop.
#[derive(Clone, Debug)]
pub struct Stop {
    pulled: Arc<watch::Sender<bool>>,
}

impl Stop {
    /// A stop that nobody has pulled yet.
    pub fn new() -> Self {
        Self { pulled: Arc::new(watch::Sender::new(false)) }
    }

    /// Tells everybody to end. Calling it again changes nothing.
    pub fn stop(&self) {
        self.pulled.send_replace(true);
    }

    /// Whether somebody has pulled it.
    pub fn is_stopped(&self) -> bool {
        *self.pulled.borrow()
    }

    /// Waits until somebody pulls it. Safe to drop and to ask again.
    pub async fn stopped(&self) {
        // The sender lives in `self`, so waiting cannot fail.
        let mut seen = self.pulled.subscribe();
        drop(seen.wait_for(|pulled| *pulled).await);
    }

    /// Pulls the stop when standard input ends: how a child learns that its
    /// parent is gone, however the parent died ([`crate::process::Child`]).
    ///
    /// # Errors
    /// When the thread that reads cannot be started.
    pub fn when_stdin_closes(&self) -> io::Result<()> {
        let stop = self.clone();
        // A thread of its own: tokio's standard input would keep the runtime
        // from ending until somebody pressed Enter.
        std::thread::Builder::new().name("stdin".to_owned()).spawn(move || {
            let mut sink = [0u8; 64];
            let mut stdin = io::stdin().lock();
            loop {
                match stdin.read(&mut sink) {
                    Ok(1..) => {}
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Ok(0) | Err(_) => break,
                }
            }
            tracing::info!("standard input has closed: stopping");
            stop.stop();
        })?;
        Ok(())
    }
}

impl Default for Stop {
    fn default() -> Self {
        Self::new()
    }
}

/// A stop that SIGTERM and SIGINT pull (on Windows: Ctrl-C). Needs a running
/// tokio runtime.
///
/// # Errors
/// When the signal handlers cannot be installed.
pub fn on_signals() -> io::Result<Stop> {
    let stop = Stop::new();
    let signal = os::stop_signal()?;
    let pull = stop.clone();
    tokio::spawn(async move {
        let name = signal.await;
        tracing::info!("{name} received: stopping");
        pull.stop();
    });
    Ok(stop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_late_asker_is_told_at_once() {
        let stop = Stop::new();
        let waiter = stop.clone();
        let waiting = tokio::spawn(async move { waiter.stopped().await });
        assert!(!stop.is_stopped());
        stop.stop();
        assert!(waiting.await.is_ok());
        stop.stopped().await;
        assert!(stop.clone().is_stopped());
    }
}
