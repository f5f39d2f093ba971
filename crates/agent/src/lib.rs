//! What an endpoint does.

pub mod action;
pub mod dpkg;
pub mod inventory;
pub mod journal;
mod platform;
