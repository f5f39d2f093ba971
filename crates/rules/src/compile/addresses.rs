//! Who has which addresses, as a firewall sees them.

use std::net::IpAddr;
use std::sync::{Arc, LazyLock};

use plan::{Cidr, End, Plan, PlannedHost, PlannedNetwork};

use crate::rule::Version;
use crate::space::Space;
use crate::wires::Wires;

/// Blocks that are written in the standards; a test holds that each text is one.
fn blocks(version: Version, texts: &[&str]) -> Space {
    let parsed: Vec<Cidr> = texts.iter().filter_map(|text| Cidr::parse(text).ok()).collect();
    Space::of_blocks(version, &parsed)
}

macro_rules! blocks {
    ($($(#[$doc:meta])* $name:ident = $version:ident $texts:expr;)*) => {
        $($(#[$doc])* pub(super) static $name: LazyLock<Space> =
            LazyLock::new(|| blocks(Version::$version, $texts));)*
    };
}

blocks! {
    /// All machines on the wire (RFC 919, section 7).
    EVERYBODY = V4 &["255.255.255.255/32"];
    /// This machine, before it has an address (RFC 1122, section 3.2.1.3).
    NOBODY_V4 = V4 &["0.0.0.0/32"];
    /// The same (RFC 4291, section 2.5.2).
    NOBODY_V6 = V6 &["::/128"];
    /// Groups of machines (RFC 5771, section 3).
    GROUPS_V4 = V4 &["224.0.0.0/4"];
    /// The same (RFC 4291, section 2.7).
    GROUPS_V6 = V6 &["ff00::/8"];
    /// Groups on one wire (RFC 4291, section 2.7: scope 2).
    GROUPS_ON_LINK = V6 &["ff02::/16"];
    /// What every machine has beside its addresses (RFC 4291, section 2.5.6).
    ON_LINK = V6 &["fe80::/10"];
    /// Addresses that nobody on the internet can have (RFC 6890, section 2.2.2; groups,
    /// and what is reserved). Those for examples stand in estates that are examples,
    /// and are left.
    NOT_PUBLIC_V4 = V4 &[
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
        "172.16.0.0/12", "192.168.0.0/16", "224.0.0.0/3",
    ];
    /// What no machine has alone: this network, itself, its wire, groups and what is
    /// reserved (RFC 6890, section 2.2.2).
    NOT_ONE_V4 = V4 &["0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3"];
    /// What machines have: on the internet (RFC 4291, section 2.4) or at home (RFC 4193).
    ONE_V6 = V6 &["2000::/3", "fc00::/7"];
    /// What is given out on the internet (RFC 4291, section 2.4; IANA's registry).
    PUBLIC_V6 = V6 &["2000::/3"];
}

/// Everybody on the internet: who is said to be there and has no prefixes.
fn internet(version: Version) -> Space {
    match version {
        Version::V4 => Space::all(Version::V4).difference(&NOT_PUBLIC_V4),
        Version::V6 => PUBLIC_V6.clone(),
    }
}

/// Whether the machines of a network are somewhere on the internet.
fn roams(network: &PlannedNetwork) -> bool {
    network.cidr.is_empty() && network.zone.as_deref() == Some("internet")
}

/// One address, if it is of this version.
pub(super) fn one(address: IpAddr, version: Version) -> Space {
    let block = Cidr::around(address, if address.is_ipv4() { 32 } else { 128 });
    Space::of_blocks(version, block.as_ref())
}

/// The addresses of every party, by version.
#[derive(Debug)]
pub(super) struct Addresses<'p> {
    plan: &'p Plan,
    hosts: Vec<[Space; 2]>,
    networks: Vec<[Space; 2]>,
    /// By host, the network in which its first address is.
    homes: Vec<Option<u32>>,
    pub(super) wires: Arc<Wires>,
}

impl<'p> Addresses<'p> {
    pub(super) fn of(plan: &'p Plan) -> Self {
        let hosts =
            plan.hosts().iter().map(|host| Version::ALL.map(|version| of_host(host, version)));
        let networks = plan.networks().iter().map(|network| {
            Version::ALL.map(|version| match roams(network) {
                true => internet(version),
                false => Space::of_blocks(version, &network.cidr),
            })
        });
        let (homes, wires) = (homes(plan), Arc::new(Wires::of(plan)));
        Self { plan, hosts: hosts.collect(), networks: networks.collect(), homes, wires }
    }

    /// From where an end's packets come.
    pub(super) fn opening(&self, end: End, version: Version) -> Space {
        let of = |table: &[[Space; 2]], n: u32| {
            table.get(n as usize).and_then(|both| both.get(version as usize)).cloned()
        };
        let all = |parts: &mut dyn Iterator<Item = Space>| {
            parts.fold(Space::default(), |all, one| all.union(&one))
        };
        match end {
            End::Address(n) => of(&self.hosts, n).unwrap_or_default(),
            End::Network(n) => of(&self.networks, n).unwrap_or_default(),
            End::Group(n) => {
                let cluster = self.plan.clusters().get(n as usize);
                let members = cluster.into_iter().flat_map(|cluster| &cluster.hosts);
                let members = all(&mut members.filter_map(|host| of(&self.hosts, *host)));
                members.union(&self.answering(end, version))
            }
            End::Cloud(n) => {
                let cloud = self.plan.clouds().get(n as usize);
                let addresses = cloud.into_iter().flat_map(|cloud| &cloud.addresses);
                all(&mut addresses.map(|address| one(*address, version)))
            }
            _ => Space::default(),
        }
    }

    /// What the machines of an end have themselves. Who roams sits behind somebody's
    /// translation, and has any address that one machine can have.
    pub(super) fn own(&self, end: End, version: Version) -> Space {
        let End::Network(n) = end else { return self.opening(end, version) };
        let roams = self.plan.networks().get(n as usize).is_some_and(roams);
        match version {
            Version::V4 if roams => Space::all(Version::V4).difference(&NOT_ONE_V4),
            Version::V6 if roams => ONE_V6.clone(),
            _ => self.opening(end, version),
        }
    }

    /// Where an end is asked.
    pub(super) fn answering(&self, end: End, version: Version) -> Space {
        match end {
            End::Group(n) => {
                let cluster = self.plan.clusters().get(n as usize);
                cluster.map(|cluster| one(cluster.listener, version)).unwrap_or_default()
            }
            _ => self.opening(end, version),
        }
    }

    /// The addresses at which all machines on an end's own wires are meant.
    pub(super) fn broadcasts(&self, end: End) -> Space {
        self.wires.broadcasts(&self.opening(end, Version::V4))
    }

    /// The network that an end is in.
    pub(super) fn home(&self, end: End) -> Option<u32> {
        match end {
            End::Network(n) => Some(n),
            End::Address(n) => self.homes.get(n as usize).copied().flatten(),
            _ => None,
        }
    }

    /// What the site file would have to say so that an end has an address; none where
    /// it has one.
    pub(super) fn lacking(&self, end: End) -> Option<String> {
        if Version::ALL.iter().any(|version| !self.opening(end, *version).is_empty()) {
            return None;
        }
        let message = match end {
            End::Cloud(n) => {
                let cloud = self.plan.clouds().get(n as usize)?;
                let (name, names) = (&cloud.name, cloud.names.join(", "));
                if names.is_empty() {
                    format!(
                        "cloud {name} has neither names nor addresses: say `addresses` in [cloud.{name}]"
                    )
                } else {
                    format!(
                        "cloud {name} is known by name only ({names}): say `addresses` in \
                         [cloud.{name}], or let `portolan plan resolve` look them up"
                    )
                }
            }
            End::Network(n) => {
                let name = &self.plan.networks().get(n as usize)?.name;
                format!("network {name} has no prefixes: say `cidr` in [network.{name}]")
            }
            _ => format!("{} has no address that others can reach", self.plan.party(end)),
        };
        Some(message)
    }
}

/// Its addresses on a wire: no firewall sees its loopback.
fn of_host(host: &PlannedHost, version: Version) -> Space {
    let seen = host.addresses.iter().filter(|address| !address.is_loopback());
    seen.fold(Space::default(), |all, address| all.union(&one(*address, version)))
}

fn homes(plan: &Plan) -> Vec<Option<u32>> {
    let mut blocks: Vec<(Cidr, u32)> = Vec::new();
    for (n, network) in (0u32..).zip(plan.networks()) {
        blocks.extend(network.cidr.iter().map(|block| (*block, n)));
    }
    blocks.sort();
    // Networks do not overlap, so the last block that begins before is the one.
    let home = |address: IpAddr| {
        let after = blocks.partition_point(|(block, _)| block.first() <= address);
        let (block, n) = blocks.get(after.checked_sub(1)?)?;
        block.contains(address).then_some(*n)
    };
    plan.hosts().iter().map(|host| home(host.address)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_block_of_the_standards_is_one() {
        let counts = [
            (&EVERYBODY, 1),
            (&NOBODY_V4, 1),
            (&GROUPS_V4, 1),
            (&NOT_PUBLIC_V4, 8),
            (&NOT_ONE_V4, 4),
        ];
        for (space, blocks) in counts {
            assert_eq!(space.blocks(Version::V4).len(), blocks);
        }
        for space in [&NOBODY_V6, &GROUPS_V6, &GROUPS_ON_LINK, &ON_LINK, &PUBLIC_V6] {
            assert_eq!(space.blocks(Version::V6).len(), 1);
        }
    }

    #[test]
    fn the_internet_holds_nobody_of_ours() {
        let internet = internet(Version::V4);
        let ours =
            [[10, 1, 0, 10], [192, 168, 7, 7], [127, 0, 0, 1], [169, 254, 1, 1], [224, 0, 0, 1]];
        for private in ours {
            assert!(!internet.meets(&one(private.into(), Version::V4)), "{private:?}");
        }
        assert!(internet.meets(&one([203, 0, 113, 7].into(), Version::V4)));
    }
}
