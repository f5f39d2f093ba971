//! The log: lines on standard error, as much as `PORTOLAN_LOG` asks for
//! (`info`, `debug`, `node=trace,info`, …), or as the command usually writes.

use std::io::{self, IsTerminal as _};

use tracing_subscriber::EnvFilter;

/// The variable that says how much is logged.
pub const VARIABLE: &str = "PORTOLAN_LOG";

/// Why nothing will be logged as asked.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The variable cannot be read as a filter.
    #[error("{VARIABLE} is not a log filter (try: info, debug, or node=debug,info)")]
    Filter(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Something else has set up the log of this process before.
    #[error("the log was set up twice")]
    Twice(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Sets up the log of this process. Called once, first thing in `main`. `usual`
/// is the filter where the variable says nothing: `info` for what runs on and
/// on, `warn` for what does one thing and says so itself.
///
/// Colour only on a terminal; no time stamp where systemd's journal keeps one
/// itself.
///
/// # Errors
/// When [`VARIABLE`] is not understood, or when called twice.
pub fn init(usual: &str) -> Result<(), LogError> {
    let wanted = std::env::var(VARIABLE).unwrap_or_else(|_| usual.to_owned());
    let filter = EnvFilter::try_new(wanted).map_err(|error| LogError::Filter(error.into()))?;
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal());
    let journal = std::env::var_os("JOURNAL_STREAM").is_some();
    let set = if journal { lines.without_time().try_init() } else { lines.try_init() };
    set.map_err(LogError::Twice)
}
