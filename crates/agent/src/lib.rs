//! What an endpoint does. It asks its management point what should be on this
//! machine, makes it so, and says what came of it; it never opens a port.
//!
//! Two things decide its shape. It may be killed at any moment, so whatever
//! must not be lost or done twice stands in the [`journal`] first, and an
//! installer runs in a process that does not die with it ([`action`]). And it
//! runs on every machine for years, so it is one thread, one small file and a
//! few buffers, and everything that comes from outside has a limit.
//!
//! - [`agent`]: one loop over a closed list of events.
//! - [`home`]: visits to the management point, over a [`link`]; [`policy`] and
//!   [`identity`] are what comes of them.
//! - [`assignments`]: makes the machine what policy says, with [`content`],
//!   [`detect`], [`dpkg`], [`script`] and [`action`].
//! - [`inventory`], [`heartbeat`]: what is told without being asked.
//! - [`install`], [`enrol`], [`cli`], [`control`], [`parent`]: how a person, or `portolan up`,
//!   comes in.
//! - [`platform`]: the only place that knows the operating system.

pub mod action;
pub mod agent;
pub mod assignments;
pub mod cli;
pub mod content;
pub mod control;
pub mod detect;
pub mod dpkg;
pub mod enrol;
pub mod folder;
pub mod heartbeat;
pub mod home;
pub mod identity;
pub mod install;
pub mod inventory;
pub mod journal;
pub mod link;
pub mod parent;
pub mod platform;
pub mod policy;
pub mod script;
mod words;

/// This agent's version.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
