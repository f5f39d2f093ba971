//! The plan: what is meant. Every concrete flow, party to party, with the
//! causes that made it.
//!
//! Its parts are kept in sorted tables and named by their place in them, so
//! that a plan of a hundred thousand flows stays small, and so that two plans
//! can be compared line by line. Equality leaves the causes out: a comment, or
//! tables in another order, change nothing.

use std::net::IpAddr;
use std::ops::Range;

use catalog::{Flow, Role, RunBy, Service, Source};

use crate::boundary::Boundaries;
use crate::cidr::Cidr;
use crate::estate::ClientSettings;
use crate::mirror::PackageMirror;
use crate::socket::{self, Endpoint, Listen, Target};

/// A plan. Only [`plan()`](crate::plan()) makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    pub(crate) site_code: String,
    pub(crate) name: String,
    pub(crate) settings: ClientSettings,
    pub(crate) hosts: Vec<PlannedHost>,
    pub(crate) networks: Vec<PlannedNetwork>,
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
}

/// One concrete flow.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Planned {
    pub flow: &'static Flow,
    pub opener: End,
    pub answerer: End,
    /// The site file turned it round: [`Flow::to`] opens, and [`Flow::from`]
    /// answers.
    pub reversed: bool,
    /// First and last; none where the protocol has no ports.
    pub ports: Option<(u16, u16)>,
    /// 0 for the port to try first, 1 for the alternate.
    pub rank: u8,
    pub because: Box<[Cause]>,
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
    /// `P01`.
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
        self.hosts.iter().find(|host| addresses.contains(&host.address))
    }

    /// `keel`, or `network branch-7`.
    pub fn party_name(&self, end: End) -> String {
        let name = match end {
            End::Address(_) | End::Loopback(_) => self.host_of(end).map(|host| host.name.clone()),
            End::Network(n) => {
                self.networks.get(n as usize).map(|network| format!("network {}", network.name))
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
            End::Network(_) => None,
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

    /// `443`, `49152-65535`, or `-` where there are no ports.
    pub fn ports_text(&self) -> String {
        match self.ports {
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
}

impl PartialEq for Planned {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Planned {}
