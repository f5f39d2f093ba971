//! The plan: what is meant. Every concrete flow, party to party, with the
//! causes that made it.
//!
//! Its parts are kept in sorted tables and named by their place in them, so
//! that a plan of a hundred thousand flows stays small, and so that two plans
//! can be compared line by line. Equality leaves the causes out: a comment, or
//! tables in another order, change nothing.

use std::net::IpAddr;
use std::ops::Range;
use std::sync::Arc;

use catalog::{Edition, Flow, Ports, Role, RunBy, Service, Source};

use crate::boundary::Boundaries;
use crate::cidr::Cidr;
use crate::estate::{Addresses, ClientSettings, SiteKind};
use crate::mirror::PackageMirror;
use crate::socket::{self, Endpoint, Listen, Target};

/// A plan. Only [`plan()`](crate::plan()) makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    pub(crate) edition: Edition,
    pub(crate) site_code: String,
    pub(crate) name: String,
    pub(crate) settings: ClientSettings,
    pub(crate) sites: Vec<PlannedSite>,
    pub(crate) hosts: Vec<PlannedHost>,
    pub(crate) networks: Vec<PlannedNetwork>,
    pub(crate) clusters: Vec<PlannedCluster>,
    pub(crate) clouds: Vec<PlannedCloud>,
    pub(crate) flows: Vec<Planned>,
    pub(crate) boundaries: Boundaries,
    pub(crate) mirrors: Vec<PackageMirror>,
}

/// A host, and what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PlannedHost {
    /// Its key in the site file.
    pub name: String,
    pub address: IpAddr,
    /// Sorted.
    pub roles: Vec<&'static Role>,
    pub dns: Option<String>,
    /// All its addresses, `address` first.
    pub addresses: Vec<IpAddr>,
    /// The codes of the sites that it belongs to; sorted. None where it serves all.
    pub sites: Vec<String>,
    /// How others see it; sorted.
    pub nat: Vec<PlannedNat>,
    /// The range from which its system takes dynamic ports, where it was said.
    pub dynamic: Option<(u16, u16)>,
}

/// How a host is seen from another zone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct PlannedNat {
    /// The zone from which it is seen so.
    pub zone: String,
    pub address: IpAddr,
    /// By service key, the port before translation. Where there is none, ports are
    /// not translated.
    pub ports: Vec<(&'static str, u16)>,
}

/// A site, and its place in the hierarchy.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PlannedSite {
    pub code: String,
    pub name: String,
    /// The code of the site above.
    pub parent: Option<String>,
    pub kind: SiteKind,
}

/// Several hosts behind one address.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PlannedCluster {
    /// Its key in the site file.
    pub name: String,
    pub role: &'static Role,
    /// The hosts behind it, by their places in [`Plan::hosts`]; sorted.
    pub hosts: Vec<u32>,
    pub listener: IpAddr,
    pub dns: Option<String>,
}

/// Somebody who is known by name.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PlannedCloud {
    /// Its key in the site file.
    pub name: String,
    pub role: &'static Role,
    /// Sorted; may be none, as may the addresses.
    pub names: Vec<String>,
    pub addresses: Vec<IpAddr>,
}

/// A network, and whether clients live there.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PlannedNetwork {
    /// Its key in the site file.
    pub name: String,
    /// Sorted.
    pub cidr: Vec<Cidr>,
    pub clients: bool,
    /// The boundary groups that clients here are in; sorted.
    pub groups: Vec<String>,
    /// The site whose clients live here.
    pub site: Option<String>,
    /// A word for networks between which addresses are translated.
    pub zone: Option<String>,
    /// How its machines get their addresses; any way where nothing was said. A rule
    /// for machines with changing addresses names the network.
    pub addresses: Addresses,
}

/// An end of a planned flow: a place in the plan's tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum End {
    /// A host, by its place in [`Plan::hosts`].
    Address(u32),
    /// Every machine of a network, by its place in [`Plan::networks`].
    Network(u32),
    /// A host that speaks to itself: a listener, and no rule.
    Loopback(u32),
    /// Hosts behind one address, by their place in [`Plan::clusters`].
    Group(u32),
    /// Somebody known by name, by his place in [`Plan::clouds`].
    Cloud(u32),
}

/// One concrete flow.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Planned {
    pub flow: &'static Flow,
    pub opener: End,
    pub answerer: End,
    /// [`Flow::to`] opens, and [`Flow::from`] answers: because either side may, or
    /// because the site file turned it round.
    pub reversed: bool,
    /// First and last; none where the protocol has no ports, or the operating
    /// system gives out any. Behind a translation, those of the host itself.
    pub ports: Option<(u16, u16)>,
    /// The opener sees the answering host by this entry of [`PlannedHost::nat`].
    pub nat: Option<u16>,
    /// 0 for the port to try first, 1 for the alternate.
    pub rank: u8,
    /// Flows of the same pair share them where they are the same.
    pub because: Arc<[Cause]>,
}

/// Why a flow is in the plan, or has the port it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// The catalog's row rests on this text.
    Row(Source),
    /// The site file says so, in these bytes.
    Setting(Range<usize>),
    /// The site file is silent, so the catalog's port stands.
    Default,
    /// A correction of an edition's text.
    Fix(&'static str),
}

impl Plan {
    pub fn edition(&self) -> Edition {
        self.edition
    }

    /// Why this version plans what the file says and cannot run it; none where it
    /// can.
    pub fn only_planned(&self) -> Option<String> {
        if self.edition != Edition::Portolan {
            return Some(format!(
                "edition {} can be planned, not run: what runs is `{}`",
                self.edition,
                Edition::Portolan
            ));
        }
        if let [_, second, ..] = self.sites.as_slice() {
            return Some(format!(
                "a hierarchy can be planned, not run: one primary site runs, and {} is another",
                second.code
            ));
        }
        let cluster = self.clusters.first()?;
        Some(format!("cluster {} can be planned, not run", cluster.name))
    }

    /// `P01`; of a hierarchy the site at the top.
    pub fn site_code(&self) -> &str {
        &self.site_code
    }

    /// The site's name, for people.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn settings(&self) -> &ClientSettings {
        &self.settings
    }

    /// Sorted by name.
    pub fn hosts(&self) -> &[PlannedHost] {
        &self.hosts
    }

    /// Sorted by code.
    pub fn sites(&self) -> &[PlannedSite] {
        &self.sites
    }

    /// Sorted by name.
    pub fn clusters(&self) -> &[PlannedCluster] {
        &self.clusters
    }

    /// Sorted by name.
    pub fn clouds(&self) -> &[PlannedCloud] {
        &self.clouds
    }

    /// Where the opener of a flow sends its packets, where they are translated on
    /// the way: the address, and the port where the flow has a single one.
    pub fn translated(&self, planned: &Planned) -> Option<(IpAddr, Option<u16>)> {
        let host = self.host_of(planned.answerer)?;
        let nat = host.nat.get(usize::from(planned.nat?))?;
        let key = planned.flow.service.key();
        let moved = nat.ports.iter().find(|(moved, _)| Some(*moved) == key).map(|(_, port)| *port);
        let own = planned.ports.filter(|(first, last)| first == last).map(|(port, _)| port);
        Some((nat.address, moved.or(own)))
    }

    /// Sorted by name.
    pub fn networks(&self) -> &[PlannedNetwork] {
        &self.networks
    }

    /// Sorted by flow, opener, answerer and rank.
    pub fn flows(&self) -> &[Planned] {
        &self.flows
    }

    /// Sorted by host.
    pub fn package_mirrors(&self) -> &[PackageMirror] {
        &self.mirrors
    }

    /// The host with this key.
    pub fn host(&self, name: &str) -> Option<&PlannedHost> {
        self.hosts.iter().find(|host| host.name == name)
    }

    /// The host that has one of these addresses: the answer to "which one am
    /// I".
    pub fn host_at(&self, addresses: &[IpAddr]) -> Option<&PlannedHost> {
        self.hosts.iter().find(|host| host.addresses.iter().any(|one| addresses.contains(one)))
    }

    /// `keel`, `network branch-7`, `cluster db` or `cloud gateway`.
    pub fn party_name(&self, end: End) -> String {
        let name = match end {
            End::Address(_) | End::Loopback(_) => self.host_of(end).map(|host| host.name.clone()),
            End::Network(n) => {
                self.networks.get(n as usize).map(|network| format!("network {}", network.name))
            }
            End::Group(n) => {
                self.clusters.get(n as usize).map(|cluster| format!("cluster {}", cluster.name))
            }
            End::Cloud(n) => {
                self.clouds.get(n as usize).map(|cloud| format!("cloud {}", cloud.name))
            }
        };
        name.unwrap_or_default()
    }

    /// What the roles on `host` listen on: one for each socket, however many
    /// roles and flows share it. Sorted.
    pub fn listens(&self, host: &str) -> Vec<Listen> {
        socket::listens(self, host)
    }

    /// Where `role` answers `service`, whoever asks. Sorted.
    pub fn endpoints(&self, role: &'static Role, service: &'static Service) -> Vec<Endpoint> {
        socket::endpoints(self, role, service)
    }

    /// Where a dial for `flow` may go: what to try first comes first.
    pub fn dial_targets(&self, flow: &'static Flow) -> Vec<Target> {
        socket::targets(self, |planned| planned.flow == flow)
    }

    /// Everything that `role` may dial.
    pub fn dials_from(&self, role: &'static Role) -> Vec<Target> {
        socket::targets(self, |planned| planned.opening() == role)
    }

    /// Everything that the site's roles on `host` may dial.
    pub fn dials_of(&self, host: &str) -> Vec<Target> {
        socket::targets(self, |planned| {
            planned.opening().run_by == RunBy::Site
                && self.host_of(planned.opener).is_some_and(|opener| opener.name == host)
        })
    }

    pub(crate) fn host_of(&self, end: End) -> Option<&PlannedHost> {
        match end {
            End::Address(n) | End::Loopback(n) => self.hosts.get(n as usize),
            End::Network(_) | End::Group(_) | End::Cloud(_) => None,
        }
    }

    /// The addresses from which an end opens, where they are known; of a network
    /// the first of each block.
    pub(crate) fn addresses_of(&self, end: End) -> Vec<IpAddr> {
        match end {
            End::Address(_) | End::Loopback(_) => {
                self.host_of(end).map(|host| host.addresses.clone()).unwrap_or_default()
            }
            End::Network(n) => {
                let network = self.networks.get(n as usize).into_iter();
                network.flat_map(|network| &network.cidr).map(|block| block.first()).collect()
            }
            End::Group(n) => {
                self.clusters.get(n as usize).map(|one| one.listener).into_iter().collect()
            }
            End::Cloud(_) => Vec::new(),
        }
    }
}

impl Planned {
    /// The role that starts the connection.
    pub fn opening(&self) -> &'static Role {
        if self.reversed { self.flow.to } else { self.flow.from }
    }

    /// The role that listens.
    pub fn answering(&self) -> &'static Role {
        if self.reversed { self.flow.from } else { self.flow.to }
    }

    /// `443`, `49152-65535`, `dynamic`, or `-` where there are no ports.
    pub fn ports_text(&self) -> String {
        match self.ports {
            None if self.flow.service.ports == Ports::Dynamic => "dynamic".to_owned(),
            None => "-".to_owned(),
            Some((first, last)) if first == last => first.to_string(),
            Some((first, last)) => format!("{first}-{last}"),
        }
    }

    /// By what the plan is sorted, and all that equality looks at.
    #[allow(clippy::type_complexity, reason = "a sort key is a tuple, and is named nowhere else")]
    pub(crate) fn key(&self) -> (&'static Flow, End, End, u8, Option<(u16, u16)>) {
        (self.flow, self.opener, self.answerer, self.rank, self.ports)
    }

    /// The same among flows of one row.
    pub(crate) fn key_in_row(&self) -> (End, End, u8, Option<(u16, u16)>) {
        (self.opener, self.answerer, self.rank, self.ports)
    }
}

impl PartialEq for Planned {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Planned {}
