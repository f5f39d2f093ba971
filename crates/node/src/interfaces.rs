//! The network interfaces of this machine: which addresses it has now. A role
//! finds itself in the plan by them, and a client reports them.

use std::io;
use std::net::IpAddr;

/// One address on one interface that is up.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Interface {
    /// The system's name for it, such as `eth0`.
    pub name: String,
    /// An address that it has.
    pub address: IpAddr,
    /// The length of its network's prefix, in bits.
    pub prefix: u8,
}

/// Every address of every interface that is up, sorted; loopback included.
///
/// # Errors
/// When the system does not tell.
pub fn all() -> io::Result<Vec<Interface>> {
    let mut all: Vec<Interface> = if_addrs::get_if_addrs()?
        .into_iter()
        .filter(|found| found.is_oper_up() || found.is_loopback())
        .map(|found| {
            let prefix = match &found.addr {
                if_addrs::IfAddr::V4(v4) => v4.prefixlen,
                if_addrs::IfAddr::V6(v6) => v6.prefixlen,
            };
            Interface { address: found.ip(), name: found.name, prefix }
        })
        .collect();
    all.sort();
    all.dedup();
    Ok(all)
}

/// The addresses at which others may reach this machine, sorted, loopback last.
/// IPv6 link-local addresses are left out: without an interface they mean nothing.
///
/// # Errors
/// When the system does not tell.
pub fn addresses() -> io::Result<Vec<IpAddr>> {
    let mut addresses: Vec<IpAddr> = all()?
        .into_iter()
        .map(|interface| interface.address)
        .filter(|address| !matches!(address, IpAddr::V6(v6) if v6.is_unicast_link_local()))
        .collect();
    addresses.sort_by_key(|address| (address.is_loopback(), *address));
    addresses.dedup();
    Ok(addresses)
}

/// What this machine calls itself, without its domain.
pub fn hostname() -> String {
    let name = crate::os::hostname();
    name.split('.').next().filter(|first| !first.is_empty()).unwrap_or("localhost").to_owned()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn loopback_is_there_and_last() {
        let addresses = addresses().unwrap();
        assert!(addresses.last().unwrap().is_loopback(), "{addresses:?}");
        let first_loopback = addresses.iter().position(IpAddr::is_loopback).unwrap();
        assert!(addresses[first_loopback..].iter().all(IpAddr::is_loopback));
    }
}
