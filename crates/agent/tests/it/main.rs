//! The agent's hands, with real processes: one test binary.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod assignments;
mod content;
mod runner;

use std::path::PathBuf;

/// The program whose `act` runs an action.
fn program() -> PathBuf {
    env!("CARGO_BIN_EXE_portolan-agent").into()
}
