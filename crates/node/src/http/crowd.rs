//! How many connections each address has. One host that is broken or hostile
//! must not take all the seats; many machines behind one router still fit.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};

/// The connections that are open, counted by address. Clones are the same.
#[derive(Debug, Clone, Default)]
pub(super) struct Crowd(Arc<Mutex<HashMap<IpAddr, usize>>>);

/// One connection, counted until it is dropped.
#[derive(Debug)]
pub(super) struct Guest {
    crowd: Crowd,
    from: IpAddr,
}

impl Crowd {
    /// `None` when the address has `most` already.
    pub(super) fn enter(&self, from: IpAddr, most: usize) -> Option<Guest> {
        let from = one_party(from);
        let mut crowd = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = crowd.entry(from).or_default();
        if *count >= most {
            return None;
        }
        *count += 1;
        Some(Guest { crowd: self.clone(), from })
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        let mut crowd = self.crowd.0.lock().unwrap_or_else(PoisonError::into_inner);
        match crowd.get_mut(&self.from) {
            Some(count) if *count > 1 => *count -= 1,
            _ => drop(crowd.remove(&self.from)),
        }
    }
}

/// Whoever has one IPv6 address has 2^64 of them.
fn one_party(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn an_address_has_so_many_and_no_more() {
        let crowd = Crowd::default();
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        let first = crowd.enter(address("2001:db8::1"), 2);
        let second = crowd.enter(address("2001:db8::ffff:2"), 2);
        assert!(first.is_some() && second.is_some());
        assert!(crowd.enter(address("2001:db8::3"), 2).is_none());
        assert!(crowd.enter(address("2001:db8:0:1::3"), 2).is_some());
        assert!(crowd.enter(address("192.0.2.1"), 2).is_some());
        drop(first);
        assert!(crowd.enter(address("2001:db8::3"), 2).is_some());
        drop(second);
        assert!(crowd.0.lock().unwrap().is_empty());
    }
}
