//! What touches the machine: sockets, TLS, the clock, signals, files that must
//! be private, child processes, privileges. One file per facility of the
//! operating system; a file that names none belongs in another crate.
//!
//! Why one crate: whoever reads `node` has read every place where Portolan can
//! open a socket, learn the time or start a program. The rest of the workspace
//! is handed results, and can therefore be tested without a machine.
//!
//! The law of this crate: **no socket without a declared flow.** [`net::listen`]
//! takes a `plan::Listen`, [`net::dial`] takes a [`net::Dial`], and neither can
//! be made out of an address and a number.
//!
//! What differs between operating systems is in `os/` and nowhere else.

// The other crates are told to come here (clippy.toml).
#![allow(clippy::disallowed_methods)]

pub mod clock;
pub mod control;
pub mod files;
pub mod hangup;
pub mod holder;
pub mod http;
pub mod interfaces;
pub mod log;
pub mod net;
mod os;
pub mod privilege;
pub mod process;
#[cfg(test)]
mod sample;
pub mod service;
#[cfg(target_os = "linux")]
pub mod session;
pub mod stop;
pub mod task;
pub mod tls;
