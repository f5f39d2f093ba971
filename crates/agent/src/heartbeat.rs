//! What the agent says of itself: that it is here, where, and what it cannot
//! do.

use std::net::IpAddr;

use wire::client::Heartbeat;

use crate::{VERSION, dpkg};

/// Addresses that are told; a machine with more of them has enough.
const ADDRESSES: usize = 64;

/// The heartbeat of this moment. `policy` is the number of the policy that the
/// agent acts on.
pub fn now(policy: u64) -> Heartbeat {
    Heartbeat {
        name: node::interfaces::hostname(),
        agent_version: VERSION.to_owned(),
        addresses: addresses(),
        limits: limits(),
        policy,
    }
}

/// Where this machine is.
pub(crate) fn addresses() -> Vec<String> {
    let addresses = node::interfaces::addresses().unwrap_or_default();
    addresses.iter().take(ADDRESSES).map(IpAddr::to_string).collect()
}

/// What this agent cannot do, in plain words.
pub fn limits() -> Vec<String> {
    let mut limits = Vec::new();
    if !node::privilege::is_root() {
        limits.push("cannot install or remove packages: it does not run as root".to_owned());
    }
    if !std::path::Path::new(dpkg::STATUS).exists() {
        limits.push("cannot install Debian packages: there is no dpkg on this system".to_owned());
    }
    if !std::path::Path::new(dpkg::apt::PROGRAM).exists() {
        limits.push("cannot install what a package depends on: there is no apt".to_owned());
    }
    limits
}
