//! The lab: an estate on one machine, out of namespaces and real processes.
//!
//! [`Lab`] has networks with routers between them, and [`Machine`]s with a root
//! file system of their own. Nothing leads out of it. What goes wrong in a real
//! estate is a function here: [`Machine::cut`], [`Lab::loss`], [`Machine::delay`],
//! [`Machine::reset_connections`], [`Machine::corrupt`], [`Running::kill`]. Every
//! frame is captured, and [`law`] holds the capture against the plan.
//!
//! Nothing can be left behind: there is no name in the kernel or on the disk,
//! only processes, and each of them ends when the pipe closes that the test's
//! process holds, however that process dies.
//!
//! Tests use this crate and the product never does, so it panics with clear
//! words where something cannot be had. Considered and rejected: a simulated
//! network behind a trait (it would prove the simulation), containers by a
//! container engine (not everywhere, and its daemon outlives the test), and
//! `ip netns add` (it leaves names behind).

// A test that waits in vain shall fail, so waiting is bounded by the clock.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods)]

pub mod capture;
pub mod document;
pub mod law;

mod archive;
mod boot;
mod cell;
mod delay;
mod fault;
mod machine;
mod network;
mod packet;
mod place;
mod rules;
mod running;
mod said;
mod switch;
mod trials;

pub use archive::{Release, Upgrade, upgrade};
pub use capture::Capture;
pub use machine::Machine;
pub use network::{Lab, Network, Router};
pub use packet::{Packet, What};
pub use place::{folder, obstacle, obstacle_to_alone, obstacle_to_unpacked, repository};
pub use running::Running;
pub use said::Said;
pub use trials::{Test, run};

use std::time::Duration;

/// Longer than anything takes on a loaded machine; a test that waits so long
/// has failed.
pub const PATIENCE: Duration = Duration::from_secs(120);
