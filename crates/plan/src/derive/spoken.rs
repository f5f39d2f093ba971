//! What there is to know of everybody's addresses before packets are sent: asked once
//! of each party rather than of each pair.

use std::net::IpAddr;

use catalog::Family;

use super::party::{Parties, Who};

/// Of some addresses, what they have in common. Who has none is known by name only.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spoken {
    v4: bool,
    v6: bool,
    /// Nobody on the internet has a way to any of them.
    pub(super) private: bool,
    /// Only their own machine can reach them.
    pub(super) loopback: bool,
}

/// Of every party, by its place in the tables of [`Parties`].
#[derive(Default)]
pub(super) struct Voices {
    hosts: Vec<Spoken>,
    networks: Vec<Spoken>,
    clusters: Vec<Spoken>,
    clouds: Vec<Spoken>,
}

impl Voices {
    /// Of a network, those are known that begin its blocks.
    pub(super) fn of(parties: &Parties<'_>) -> Self {
        let hosts = parties.hosts.iter();
        let networks = parties.networks.iter();
        let clouds = parties.clouds.iter();
        let clusters = parties.clusters.iter();
        Self {
            hosts: hosts.map(|one| Spoken::of(one.addresses().map(|said| said.value))).collect(),
            networks: networks
                .map(|one| Spoken::of(one.cidr.iter().map(|block| block.value.first())))
                .collect(),
            clusters: clusters.map(|one| Spoken::of([one.listener.value])).collect(),
            clouds: clouds
                .map(|one| Spoken::of(one.addresses.iter().map(|said| said.value)))
                .collect(),
        }
    }

    pub(super) fn of_party(&self, who: Who) -> Spoken {
        let spoken = match who {
            Who::Host(n) | Who::Own(n) => self.hosts.get(n),
            Who::Network(n) => self.networks.get(n),
            Who::Group(n) => self.clusters.get(n),
            Who::Cloud(n) => self.clouds.get(n),
        };
        spoken.copied().unwrap_or_else(|| Spoken::of([]))
    }
}

impl Spoken {
    pub(super) fn of(addresses: impl IntoIterator<Item = IpAddr>) -> Self {
        let mut spoken = Self { v4: false, v6: false, private: true, loopback: true };
        for address in addresses {
            spoken.v4 |= address.is_ipv4();
            spoken.v6 |= address.is_ipv6();
            spoken.private &= is_private(&address);
            spoken.loopback &= address.is_loopback();
        }
        spoken
    }

    fn by_name(self) -> bool {
        !self.v4 && !self.v6
    }

    /// Whether whoever has these addresses can speak a version of IP; who is known by
    /// name only may.
    pub(super) fn speaks(self, family: Family) -> bool {
        self.by_name()
            || match family {
                Family::Any => true,
                Family::V4 => self.v4,
                Family::V6 => self.v6,
            }
    }

    /// Whether two have a version of IP in common, or may have.
    pub(super) fn meets(self, other: Self) -> bool {
        let common = (self.v4 && other.v4) || (self.v6 && other.v6);
        common || self.by_name() || other.by_name()
    }
}

/// Whether nobody on the internet has a way to the address.
fn is_private(address: &IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_private() || v4.is_loopback() || v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_unique_local() || v6.is_loopback(),
    }
}
