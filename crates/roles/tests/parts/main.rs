//! The site's parts as their callers meet them: requests into the router of
//! one HTTP host, with a real store, a real content library, a real site
//! server behind them, and no socket.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on says so by ending"
)]

mod content;
mod enrolment;
mod hosts;
mod identity;
mod link;
mod locations;
mod messages;
mod policy;
mod rest;
mod world;
