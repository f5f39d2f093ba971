//! Whether a packet gets there: zones, translation, and the versions of IP.

use std::net::IpAddr;

use catalog::{Family, Flow};

use super::{Again, Party, Who};
use crate::estate::Nat;

impl<'a> Again<'a> {
    pub(super) fn reaches(&self, flow: &Flow, opener: &Party<'a>, answerer: &Party<'a>) -> bool {
        if opener.host().zip(answerer.host()).is_some_and(|(one, other)| one.name == other.name) {
            return true;
        }
        if let Who::Network(network) = answerer.who
            && network.roams()
        {
            return false;
        }
        let (from, to) = (opener.addresses(), answerer.addresses());
        if let Some(nat) = self.translation(opener, answerer) {
            let passes = flow.service.key().is_some_and(|key| nat.ports.contains_key(key));
            if !nat.ports.is_empty() && !passes {
                return false;
            }
            let to = [nat.address.value];
            return spoken(flow.service.family, &from) && spoken(flow.service.family, &to);
        }
        let inside = matches!(answerer.who, Who::Host(_) | Who::Cluster(_));
        if self.zone(opener) == Some("internet") && inside && to.iter().all(is_private) {
            return false;
        }
        let common = from.is_empty()
            || to.is_empty()
            || from.iter().any(|one| to.iter().any(|other| one.is_ipv4() == other.is_ipv4()));
        common && spoken(flow.service.family, &from) && spoken(flow.service.family, &to)
    }

    /// Between which translations he stands; whoever is a cloud is on the internet.
    fn zone(&self, party: &Party<'a>) -> Option<&'a str> {
        match party.who {
            Who::Cloud(_) => Some("internet"),
            _ => Some(self.subnets(party).first()?.zone.as_ref()?.value.as_str()),
        }
    }

    pub(super) fn translation(&self, opener: &Party<'a>, answerer: &Party<'a>) -> Option<&'a Nat> {
        let zone = self.zone(opener)?;
        match answerer.who {
            Who::Host(host) => host.nat.iter().find(|nat| nat.from.value == zone),
            _ => None,
        }
    }
}

/// Who is known by name only may speak any version of IP.
fn spoken(family: Family, addresses: &[IpAddr]) -> bool {
    addresses.is_empty()
        || match family {
            Family::Any => true,
            Family::V4 => addresses.iter().any(IpAddr::is_ipv4),
            Family::V6 => addresses.iter().any(IpAddr::is_ipv6),
        }
}

fn is_private(address: &IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_private(),
        IpAddr::V6(address) => address.is_unique_local(),
    }
}
