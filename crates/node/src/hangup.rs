//! The one signal that asks for something else than the end: SIGHUP, by which
//! a service is told to read its configuration again (systemd: `ExecReload=`).
//! Whoever listens for it no longer ends by it.

use std::io;

use crate::os;

/// Each asking, one after the other. On Windows nobody ever asks.
pub struct Hangups(os::Hangups);

impl Hangups {
    /// Needs a running tokio runtime.
    ///
    /// # Errors
    /// When the signal handler cannot be installed.
    pub fn new() -> io::Result<Self> {
        os::Hangups::new().map(Self)
    }

    /// Waits for the next. Safe to drop and to ask again.
    pub async fn next(&mut self) {
        self.0.next().await;
    }
}
