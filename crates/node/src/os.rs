//! The only fork between operating systems in this crate: both sides offer the
//! same functions, so that the rest of `node` is written once.
//!
//! Windows is there so that the agent compiles for it from the first day; what
//! is not built there yet fails with an error that says so, and pretends
//! nothing.

#[cfg(unix)]
mod unix;
#[cfg(unix)]
pub(crate) use unix::*;

#[cfg(windows)]
mod windows;
#[cfg(windows)]
pub(crate) use windows::*;
