//! Who plays a role, and which two can meet.
//!
//! A host plays the roles that the file gives it. Clients are networks, because
//! their addresses come and go; a host in such a network is a client too, of
//! itself where it carries the role it asks. Administrators work on the SMS
//! provider's own host, and on every host that is a `console`.

use std::net::IpAddr;
use std::ops::Range;

use catalog::role::{CLIENT, CONSOLE, NEIGHBOUR, SITE_SYSTEM, SMS_PROVIDER};
use catalog::{Family, Flow, Role, RunBy, Where};

use crate::boundary::Boundaries;
use crate::estate::{Estate, Host, Network};
use crate::planned::{End, PlannedHost, PlannedNetwork};
use crate::subnets::Subnets;

/// Somebody who plays a role, and where the file says so.
#[derive(Debug, Clone)]
pub(super) struct Party {
    who: Who,
    pub(super) at: Range<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    Host(usize),
    /// A host that plays the role towards itself only.
    Own(usize),
    Network(usize),
}

/// What becomes of an opener and an answerer.
pub(super) enum Meeting {
    Ends(End, End),
    /// The row does not join these two.
    Never,
    /// The row joins them, but no packet could.
    Apart(String),
}

/// The estate's hosts and networks, sorted by name.
pub(super) struct Parties<'a> {
    /// Of each network, the places where its clients find content.
    places: Vec<Vec<String>>,
    hosts: Vec<&'a Host>,
    networks: Vec<&'a Network>,
    /// Of each host, the network it is in.
    homes: Vec<Option<usize>>,
}

impl<'a> Parties<'a> {
    pub(super) fn of(estate: &'a Estate, boundaries: &Boundaries) -> Self {
        let mut hosts: Vec<&Host> = estate.hosts.iter().collect();
        hosts.sort_by(|one, other| one.name.value.cmp(&other.name.value));
        let mut networks: Vec<&Network> = estate.networks.iter().collect();
        networks.sort_by(|one, other| one.name.value.cmp(&other.name.value));
        let (subnets, _) = Subnets::of(&estate.networks);
        let homes = hosts
            .iter()
            .map(|host| {
                let (_, home) = subnets.home(host.address.value)?;
                networks.binary_search_by(|network| network.name.value.cmp(&home.name.value)).ok()
            })
            .collect();
        let places = networks
            .iter()
            .map(|network| {
                let groups = network.groups.iter().map(|group| group.value.as_str()).collect();
                let points = boundaries.locate(groups).points;
                points.into_iter().map(|place| place.host).collect()
            })
            .collect();
        Self { places, hosts, networks, homes }
    }

    /// Everybody who plays `role`, in the order of the tables.
    pub(super) fn playing(&self, role: &'static Role) -> Vec<Party> {
        let mut parties = self.carriers(role);
        if *role == CLIENT {
            parties.extend(self.client_networks());
            parties.extend(self.own_clients());
        } else if *role == CONSOLE {
            let provider = self.carriers(&SMS_PROVIDER);
            parties.extend(provider.into_iter().filter_map(Party::towards_itself));
        } else if *role == NEIGHBOUR {
            parties.extend(self.subnets());
        } else if *role == SITE_SYSTEM {
            parties.extend(self.site_systems());
        }
        parties
    }

    fn carriers(&self, role: &'static Role) -> Vec<Party> {
        let carrier = |(n, host): (usize, &&Host)| {
            Some(Party { who: Who::Host(n), at: host.role(role)?.role.at.clone() })
        };
        self.hosts.iter().enumerate().filter_map(carrier).collect()
    }

    fn site_systems(&self) -> impl Iterator<Item = Party> {
        self.hosts.iter().enumerate().filter_map(|(n, host)| {
            let ours = host.roles.iter().find(|on| on.role.value.run_by == RunBy::Site)?;
            Some(Party { who: Who::Host(n), at: ours.role.at.clone() })
        })
    }

    fn client_networks(&self) -> impl Iterator<Item = Party> {
        self.networks.iter().enumerate().filter_map(|(n, network)| {
            let at = network.clients.as_ref()?.at.clone();
            (!is_loopback(network)).then_some(Party { who: Who::Network(n), at })
        })
    }

    fn own_clients(&self) -> impl Iterator<Item = Party> {
        self.homes.iter().enumerate().filter_map(|(n, home)| {
            let at = self.networks.get((*home)?)?.clients.as_ref()?.at.clone();
            Some(Party { who: Who::Own(n), at })
        })
    }

    fn subnets(&self) -> impl Iterator<Item = Party> {
        self.networks.iter().enumerate().filter_map(|(n, network)| {
            let at = network.name.at.clone();
            (!is_loopback(network)).then_some(Party { who: Who::Network(n), at })
        })
    }

    /// The host that a party is, where it is one.
    pub(super) fn host(&self, party: &Party) -> Option<&'a Host> {
        match party.who {
            Who::Host(n) | Who::Own(n) => self.hosts.get(n).copied(),
            Who::Network(_) => None,
        }
    }

    /// Whether, and as which ends, `opener` and `answerer` meet on `flow`.
    pub(super) fn meeting(&self, flow: &Flow, opener: &Party, answerer: &Party) -> Meeting {
        let itself = match (opener.who, answerer.who) {
            (Who::Host(a) | Who::Own(a), Who::Host(b) | Who::Own(b)) => a == b,
            _ => false,
        };
        if itself {
            let end = End::Loopback(opener.who.place());
            return match flow.scope {
                Where::SameSubnet | Where::OtherHost => Meeting::Never,
                Where::BoundaryGroup if !self.in_scope(flow, opener.who, answerer.who) => {
                    Meeting::Never
                }
                _ => Meeting::Ends(end, end),
            };
        }
        let alone = [opener.who, answerer.who].iter().any(|who| matches!(who, Who::Own(_)));
        if alone || !self.in_scope(flow, opener.who, answerer.who) {
            return Meeting::Never;
        }
        if !self.speaks(flow.service.family, opener.who)
            || !self.speaks(flow.service.family, answerer.who)
        {
            return Meeting::Never;
        }
        match self.apart(opener.who, answerer.who) {
            Some(why) => Meeting::Apart(why),
            None => Meeting::Ends(opener.who.end(), answerer.who.end()),
        }
    }

    fn in_scope(&self, flow: &Flow, opener: Who, answerer: Who) -> bool {
        let networks = matches!((opener, answerer), (Who::Network(_), Who::Network(_)));
        match flow.scope {
            Where::SameHost => false,
            Where::SameSubnet => {
                self.home(opener).is_some_and(|home| Some(home) == self.home(answerer))
            }
            Where::BoundaryGroup => {
                let places = self.home(opener).and_then(|home| self.places.get(home));
                let host = match answerer {
                    Who::Host(n) | Who::Own(n) => self.hosts.get(n),
                    Who::Network(_) => None,
                };
                places.zip(host).is_some_and(|(places, host)| places.contains(&host.name.value))
            }
            // Client to client exists within a subnet only.
            _ => !networks,
        }
    }

    /// Where the file puts the opener into boundary groups, if they decide whom
    /// it meets on the flow.
    pub(super) fn groups(&self, flow: &Flow, opener: &Party) -> impl Iterator<Item = Range<usize>> {
        let decides = matches!(flow.scope, Where::BoundaryGroup);
        let home = self.home(opener.who).filter(|_| decides);
        let network = home.and_then(|home| self.networks.get(home)).into_iter();
        network.flat_map(|network| &network.groups).map(|group| group.at.clone())
    }

    fn home(&self, who: Who) -> Option<usize> {
        match who {
            Who::Host(n) | Who::Own(n) => self.homes.get(n).copied().flatten(),
            Who::Network(n) => Some(n),
        }
    }

    fn firsts(&self, who: Who) -> Vec<IpAddr> {
        match who {
            Who::Host(n) | Who::Own(n) => {
                self.hosts.get(n).map(|host| host.address.value).into_iter().collect()
            }
            Who::Network(n) => {
                let network = self.networks.get(n).into_iter();
                network.flat_map(|network| &network.cidr).map(|block| block.value.first()).collect()
            }
        }
    }

    fn speaks(&self, family: Family, who: Who) -> bool {
        self.firsts(who).iter().any(|address| match family {
            Family::Any => true,
            Family::V4 => address.is_ipv4(),
            Family::V6 => address.is_ipv6(),
        })
    }

    /// Why no packet can go from one to the other.
    fn apart(&self, opener: Who, answerer: Who) -> Option<String> {
        for (one, other) in [(opener, answerer), (answerer, opener)] {
            if let Some(address) = self.loopback(one)
                && self.loopback(other).is_none()
            {
                let (one, other) = (self.name(one), self.name(other));
                return Some(format!(
                    "{one} cannot be reached from {other}: {address} is a loopback address"
                ));
            }
        }
        let (from, to) = (self.firsts(opener), self.firsts(answerer));
        let common = from.iter().any(|one| to.iter().any(|other| one.is_ipv4() == other.is_ipv4()));
        (!common).then(|| {
            let (from, to) = (self.name(opener), self.name(answerer));
            format!("{to} cannot be reached from {from}: one has IPv4, the other IPv6")
        })
    }

    /// The address of a host that only its own machine can reach. Two such hosts
    /// are on one machine.
    fn loopback(&self, who: Who) -> Option<IpAddr> {
        match who {
            Who::Host(n) | Who::Own(n) => {
                self.hosts.get(n).map(|host| host.address.value).filter(IpAddr::is_loopback)
            }
            Who::Network(_) => None,
        }
    }

    fn name(&self, who: Who) -> String {
        match who {
            Who::Host(n) | Who::Own(n) => self
                .hosts
                .get(n)
                .map_or_else(String::new, |host| format!("host {}", host.name.value)),
            Who::Network(n) => self
                .networks
                .get(n)
                .map_or_else(String::new, |network| format!("network {}", network.name.value)),
        }
    }

    pub(super) fn planned_hosts(&self) -> Vec<PlannedHost> {
        let planned = |host: &&Host| {
            let mut roles: Vec<_> = host.roles.iter().map(|on| on.role.value).collect();
            roles.sort();
            PlannedHost {
                name: host.name.value.clone(),
                address: host.address.value,
                roles,
                dns: host.dns.as_ref().map(|dns| dns.value.clone()),
            }
        };
        self.hosts.iter().map(planned).collect()
    }

    pub(super) fn planned_networks(&self) -> Vec<PlannedNetwork> {
        let planned = |network: &&Network| {
            let mut cidr: Vec<_> = network.cidr.iter().map(|block| block.value).collect();
            cidr.sort();
            let clients = network.clients.is_some();
            let mut groups: Vec<_> =
                network.groups.iter().map(|group| group.value.clone()).collect();
            groups.sort();
            groups.dedup();
            PlannedNetwork { name: network.name.value.clone(), cidr, clients, groups }
        };
        self.networks.iter().map(planned).collect()
    }
}

impl Party {
    fn towards_itself(self) -> Option<Self> {
        match self.who {
            Who::Host(n) => Some(Self { who: Who::Own(n), at: self.at }),
            Who::Own(_) | Who::Network(_) => None,
        }
    }
}

impl Who {
    fn place(self) -> u32 {
        let (Self::Host(n) | Self::Own(n) | Self::Network(n)) = self;
        u32::try_from(n).unwrap_or(u32::MAX)
    }

    fn end(self) -> End {
        match self {
            Self::Host(_) | Self::Own(_) => End::Address(self.place()),
            Self::Network(_) => End::Network(self.place()),
        }
    }
}

fn is_loopback(network: &Network) -> bool {
    network.cidr.iter().all(|block| block.value.is_loopback())
}
