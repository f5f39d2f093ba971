//! How a client finds home, and never gives up.
//!
//! Pure: the clock comes in, and what to do next goes out. So years of
//! searching by ten thousand clients can be simulated in a second, and the
//! agent's loop is only the hands of what is decided here.
//!
//! - [`ladder`]: which place to try next, and when.
//! - [`backoff`]: how long to wait when every place has failed.
//! - [`interval`]: how to do something regularly without everybody doing it at
//!   once.
//! - [`random`]: the little randomness that the three need, from a seed.

pub mod backoff;
pub mod interval;
pub mod ladder;
pub mod random;
#[cfg(test)]
mod simulation;
