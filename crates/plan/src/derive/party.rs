//! Who plays a role.
//!
//! A host plays the roles that the file gives it, but for those that it plays
//! behind a cluster's listener. Clients are networks, because their addresses come
//! and go; a host in such a network is a client too, of itself where it carries the
//! role it asks. Administrators of ours work on the SMS provider's own host, and on
//! every host that is a `console`.

use std::net::IpAddr;
use std::ops::Range;

use catalog::role::{CLIENT, CONSOLE, NEIGHBOUR, SITE_SYSTEM, SMS_PROVIDER};
use catalog::{Edition, Role, RunBy};

use crate::estate::{Cloud, Cluster, Estate, Host, HostRole, Network, Said};
use crate::planned::End;
use crate::subnets::Subnets;

use super::sites::{Member, Sites};
use super::spoken::Voices;

/// Somebody who plays a role, and where the file says so.
#[derive(Debug, Clone)]
pub(super) struct Party<'a> {
    pub(super) who: Who,
    pub(super) at: Range<usize>,
    /// The role, where the file gives it to him.
    pub(super) on: Option<&'a HostRole>,
    pub(super) member: Member,
}

/// By their places in the tables of [`Parties`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Who {
    Host(usize),
    /// A host that plays the role towards itself only.
    Own(usize),
    Network(usize),
    Group(usize),
    Cloud(usize),
}

/// Everything in the estate that can be a party, each table sorted by name.
pub(super) struct Parties<'a> {
    pub(super) edition: Edition,
    pub(super) sites: Sites<'a>,
    pub(super) hosts: Vec<&'a Host>,
    pub(super) networks: Vec<&'a Network>,
    pub(super) clusters: Vec<&'a Cluster>,
    pub(super) clouds: Vec<&'a Cloud>,
    /// Of each host, the networks that it has an address in; that of its first
    /// address before the others.
    legs: Vec<Vec<usize>>,
    /// Of each network, itself.
    itself: Vec<usize>,
    pub(super) voices: Voices,
}

/// Everybody who plays one role, and who of them is where.
#[derive(Default)]
pub(super) struct Players<'a> {
    pub(super) all: Vec<Party<'a>>,
    pub(super) by_site: Places,
    /// Those that serve every site.
    pub(super) shared: Vec<usize>,
    /// By the network that they are in, or are.
    pub(super) by_home: Places,
    pub(super) by_host: Places,
    /// Clusters and clouds.
    pub(super) others: Vec<usize>,
}

fn sorted<T>(all: &[T], name: impl Fn(&T) -> &Said<String>) -> Vec<&T> {
    let mut sorted: Vec<&T> = all.iter().collect();
    sorted.sort_by(|one, other| name(one).value.cmp(&name(other).value));
    sorted
}

impl<'a> Parties<'a> {
    pub(super) fn of(estate: &'a Estate) -> Self {
        let hosts = sorted(&estate.hosts, |host| &host.name);
        let networks = sorted(&estate.networks, |network| &network.name);
        let (subnets, _) = Subnets::of(&estate.networks);
        let leg = |address: &Said<IpAddr>| {
            let (_, home) = subnets.home(address.value)?;
            networks.binary_search_by(|network| network.name.value.cmp(&home.name.value)).ok()
        };
        let legs = |host: &&Host| {
            let mut legs: Vec<usize> = Vec::new();
            for leg in host.addresses().filter_map(leg) {
                if !legs.contains(&leg) {
                    legs.push(leg);
                }
            }
            legs
        };
        let legs = hosts.iter().map(legs).collect();
        let mut parties = Self {
            edition: estate.edition.value,
            sites: Sites::of(estate),
            clusters: sorted(&estate.clusters, |cluster| &cluster.name),
            clouds: sorted(&estate.clouds, |cloud| &cloud.name),
            hosts,
            itself: (0..networks.len()).collect(),
            networks,
            legs,
            voices: Voices::default(),
        };
        parties.voices = Voices::of(&parties);
        parties
    }

    /// Everybody who plays `role`, in the order of the tables.
    pub(super) fn playing(&self, role: &'static Role) -> Players<'a> {
        let mut parties = self.carriers(role);
        if *role == CLIENT {
            parties.extend(self.client_networks());
            parties.extend(self.own_clients());
        } else if *role == CONSOLE && self.edition == Edition::Portolan {
            let provider = self.carriers(&SMS_PROVIDER);
            parties.extend(provider.into_iter().filter_map(Party::towards_itself));
        } else if *role == NEIGHBOUR {
            parties.extend(self.subnets());
        } else if *role == SITE_SYSTEM {
            parties.extend(self.site_systems());
        }
        Players::of(parties, self)
    }

    fn carriers(&self, role: &'static Role) -> Vec<Party<'a>> {
        let member = |on: &HostRole, host: &[Said<String>]| {
            self.sites.member(if on.sites.is_empty() { host } else { &on.sites })
        };
        let behind: Vec<&str> = self
            .clusters
            .iter()
            .filter(|cluster| cluster.on.role.value == role)
            .flat_map(|cluster| cluster.hosts.iter().map(|host| host.value.as_str()))
            .collect();
        let alone = self.hosts.iter().enumerate();
        let alone = alone.filter(|(_, host)| !behind.contains(&host.name.value.as_str()));
        let hosts = alone.flat_map(|(n, host)| {
            let on = host.roles.iter().filter(|on| on.role.value == role);
            on.map(move |on| (Who::Host(n), on, host.sites.as_slice()))
        });
        let clusters = self.clusters.iter().enumerate();
        let clusters = clusters.map(|(n, cluster)| (Who::Group(n), &cluster.on, [].as_slice()));
        let clouds = self.clouds.iter().enumerate();
        let clouds = clouds.map(|(n, cloud)| (Who::Cloud(n), &cloud.on, [].as_slice()));
        hosts
            .chain(clusters.chain(clouds).filter(|(_, on, _)| on.role.value == role))
            .map(|(who, on, host)| {
                let at = on.role.at.clone();
                Party { who, at, on: Some(on), member: member(on, host) }
            })
            .collect()
    }

    fn site_systems(&self) -> impl Iterator<Item = Party<'a>> + '_ {
        self.hosts.iter().enumerate().filter_map(|(n, host)| {
            let ours = || host.roles.iter().filter(|on| on.role.value.run_by == RunBy::Site);
            let said = |on: &'a HostRole| if on.sites.is_empty() { &host.sites } else { &on.sites };
            let sites: Vec<Said<String>> = ours().flat_map(said).cloned().collect();
            let member = self.sites.member(&sites);
            let at = ours().next()?.role.at.clone();
            Some(Party { who: Who::Host(n), at, on: None, member })
        })
    }

    fn client_networks(&self) -> impl Iterator<Item = Party<'a>> + '_ {
        self.networks.iter().enumerate().filter_map(|(n, network)| {
            let said = network.clients.as_ref().filter(|_| !is_loopback(network))?;
            let member = self.sites.of_clients(said);
            Some(Party { who: Who::Network(n), at: said.at.clone(), on: None, member })
        })
    }

    fn own_clients(&self) -> impl Iterator<Item = Party<'a>> + '_ {
        self.hosts.iter().enumerate().filter_map(|(n, _)| {
            let said = self.network(Who::Own(n))?.clients.as_ref()?;
            let member = self.sites.of_clients(said);
            Some(Party { who: Who::Own(n), at: said.at.clone(), on: None, member })
        })
    }

    fn subnets(&self) -> impl Iterator<Item = Party<'a>> + '_ {
        self.networks.iter().enumerate().filter_map(|(n, network)| {
            let at = network.name.at.clone();
            let wired = !is_loopback(network) && !network.cidr.is_empty();
            wired.then_some(Party { who: Who::Network(n), at, on: None, member: Member::All })
        })
    }

    /// The host that a party is, where it is one.
    pub(super) fn host(&self, who: Who) -> Option<&'a Host> {
        match who {
            Who::Host(n) | Who::Own(n) => self.hosts.get(n).copied(),
            Who::Network(_) | Who::Group(_) | Who::Cloud(_) => None,
        }
    }

    /// The networks that a party is in, or the one that it is.
    pub(super) fn legs(&self, who: Who) -> &[usize] {
        match who {
            Who::Host(n) | Who::Own(n) => self.legs.get(n).map(Vec::as_slice),
            Who::Network(n) => self.itself.get(n..=n),
            Who::Group(_) | Who::Cloud(_) => None,
        }
        .unwrap_or_default()
    }

    /// The one of them that counts where one must: that of its first address; of a
    /// client, the first that has clients.
    pub(super) fn home(&self, who: Who) -> Option<usize> {
        let legs = self.legs(who);
        let has_clients =
            |n: &&usize| self.networks.get(**n).is_some_and(|network| network.clients.is_some());
        let of_clients = legs.iter().find(has_clients).filter(|_| matches!(who, Who::Own(_)));
        of_clients.or_else(|| legs.first()).copied()
    }

    pub(super) fn network(&self, who: Who) -> Option<&'a Network> {
        self.networks.get(self.home(who)?).copied()
    }

    pub(super) fn name(&self, who: Who) -> String {
        match who {
            Who::Host(n) | Who::Own(n) => self.hosts.get(n).map(|one| ("host", &one.name)),
            Who::Network(n) => self.networks.get(n).map(|one| ("network", &one.name)),
            Who::Group(n) => self.clusters.get(n).map(|one| ("cluster", &one.name)),
            Who::Cloud(n) => self.clouds.get(n).map(|one| ("cloud", &one.name)),
        }
        .map_or_else(String::new, |(what, name)| format!("{what} {}", name.value))
    }
}

impl Party<'_> {
    fn towards_itself(self) -> Option<Self> {
        match self.who {
            Who::Host(n) => Some(Self { who: Who::Own(n), on: None, ..self }),
            _ => None,
        }
    }
}

impl Who {
    pub(super) fn place(self) -> u32 {
        let (Self::Host(n) | Self::Own(n) | Self::Network(n) | Self::Group(n) | Self::Cloud(n)) =
            self;
        u32::try_from(n).unwrap_or(u32::MAX)
    }

    pub(super) fn end(self) -> End {
        match self {
            Self::Host(_) | Self::Own(_) => End::Address(self.place()),
            Self::Network(_) => End::Network(self.place()),
            Self::Group(_) => End::Group(self.place()),
            Self::Cloud(_) => End::Cloud(self.place()),
        }
    }
}

impl<'a> Players<'a> {
    fn of(all: Vec<Party<'a>>, parties: &Parties<'_>) -> Self {
        let mut players = Players::default();
        let (mut sites, mut homes, mut hosts) = (Vec::new(), Vec::new(), Vec::new());
        for (n, party) in all.iter().enumerate() {
            match &party.member {
                Member::All => players.shared.push(n),
                Member::Of(of) => sites.extend(of.iter().map(|site| (*site, n))),
            }
            homes.extend(parties.legs(party.who).iter().map(|leg| (*leg, n)));
            match party.who {
                Who::Host(host) | Who::Own(host) => hosts.push((host, n)),
                Who::Group(_) | Who::Cloud(_) => players.others.push(n),
                Who::Network(_) => {}
            }
        }
        players.by_site = Places::of(sites);
        players.by_home = Places::of(homes);
        players.by_host = Places::of(hosts);
        players.all = all;
        players
    }
}

/// Places in a table, by something else's place in its own.
#[derive(Default)]
pub(super) struct Places {
    /// Sorted.
    all: Vec<(usize, usize)>,
}

impl Places {
    fn of(mut all: Vec<(usize, usize)>) -> Self {
        all.sort_unstable();
        Self { all }
    }

    /// Sorted.
    pub(super) fn at(&self, key: usize) -> impl Iterator<Item = usize> + '_ {
        let start = self.all.partition_point(|(one, _)| *one < key);
        let from_there = self.all.get(start..).unwrap_or_default().iter();
        from_there.take_while(move |(one, _)| *one == key).map(|(_, n)| *n)
    }

    /// Sorted; as often as they are there.
    pub(super) fn keys(&self) -> impl Iterator<Item = usize> + '_ {
        self.all.iter().map(|(key, _)| *key)
    }
}

fn is_loopback(network: &Network) -> bool {
    !network.cidr.is_empty() && network.cidr.iter().all(|block| block.value.is_loopback())
}
