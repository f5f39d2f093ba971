//! The estate: what the site file said, and where it said it.
//!
//! Nothing is derived here. Where the file is silent, so is the estate; what
//! silence means is the plan's business.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::ops::Range;

use catalog::{Edition, Role, Service};

use crate::cidr::Cidr;
use crate::mistake::Kind;

/// A value with its place in the site file, in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said<T> {
    pub value: T,
    pub at: Range<usize>,
}

/// A site file, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Estate {
    /// Ours where nothing was said.
    pub edition: Said<Edition>,
    /// At least one; sorted by code.
    pub sites: Vec<Site>,
    pub settings: ClientSettings,
    /// In the file's order, as are all that follow.
    pub networks: Vec<Network>,
    pub hosts: Vec<Host>,
    pub groups: Vec<BoundaryGroup>,
    pub clusters: Vec<Cluster>,
    pub clouds: Vec<Cloud>,
    /// What was switched on, and where that was said.
    pub features: BTreeMap<&'static str, Range<usize>>,
    /// Of each group of alternatives, the rank that was chosen.
    pub alternatives: BTreeMap<&'static str, Said<u8>>,
    /// The kinds of findings that nobody wants to hear again, each with its reason.
    pub silenced: BTreeMap<Kind, Said<String>>,
}

/// `[site.P01]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// Three letters or digits: `P01`.
    pub code: Said<String>,
    /// For people; the code where nothing was said.
    pub name: String,
    /// The site above.
    pub parent: Option<Said<String>>,
    /// What it is, where its place among the others does not say so.
    pub kind: Option<Said<SiteKind>>,
    pub ports: Ports,
    /// Where it was said that it is being installed.
    pub installing: Option<Range<usize>>,
}

/// What a site is in a hierarchy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SiteKind {
    /// The central administration site, above primaries; it has no clients.
    Central,
    /// Clients are assigned to it.
    Primary,
    /// Serves the clients of the primary above it in one place.
    Secondary,
}

/// What was said about ports, by the service's key.
pub type Ports = BTreeMap<&'static str, PortSetting>;

/// `https = 8443` or `https = { default = 8443, alternate = 9443 }`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortSetting {
    pub service: &'static Service,
    pub default: Option<Said<u16>>,
    pub alternate: Option<Said<u16>>,
}

/// `[client-settings]`: intervals in seconds, each from 1 second to 30 days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientSettings {
    /// Between two looks for policy.
    pub poll: u32,
    pub heartbeat: u32,
    pub inventory: u32,
}

impl Default for ClientSettings {
    fn default() -> Self {
        Self { poll: 60, heartbeat: 60 * 60, inventory: 24 * 60 * 60 }
    }
}

/// `[network.here]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Network {
    /// `here`.
    pub name: Said<String>,
    pub cidr: Vec<Said<Cidr>>,
    /// The site whose clients live here.
    pub clients: Option<Said<String>>,
    /// The groups by which clients in this network find content.
    pub groups: Vec<Said<String>>,
    /// A word for networks between which addresses are translated; `internet` is
    /// where nobody can be reached.
    pub zone: Option<Said<String>>,
    pub addresses: Option<Said<Addresses>>,
    /// Who gives out its addresses, where that was said.
    pub dhcp: Vec<Said<IpAddr>>,
    /// What its clients are; members of a domain where nothing was said.
    pub members: Option<Said<Members>>,
}

/// The zone in which everybody is a stranger.
pub(crate) const INTERNET: &str = "internet";

impl Network {
    /// Whether its machines are somewhere on the internet.
    pub fn roams(&self) -> bool {
        self.zone.as_ref().is_some_and(|zone| zone.value == INTERNET)
    }
}

/// How the machines of a network get their addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Addresses {
    Static,
    Dhcp,
    /// Either.
    Any,
}

/// What the clients of a network are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Members {
    Domain,
    Workgroup,
    InternetOnly,
}

impl Members {
    /// As the site file and the catalog's conditions write it.
    pub fn slug(self) -> &'static str {
        match self {
            Self::Domain => "domain",
            Self::Workgroup => "workgroup",
            Self::InternetOnly => "internet-only",
        }
    }
}

/// `[cluster.db]`: several hosts behind one address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cluster {
    pub name: Said<String>,
    /// What they are together, with its ports.
    pub on: HostRole,
    pub hosts: Vec<Said<String>>,
    /// The address at which they answer.
    pub listener: Said<IpAddr>,
    /// The listener's DNS name.
    pub dns: Option<Said<String>>,
}

/// `[cloud.gateway]`: somebody who is known by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cloud {
    pub name: Said<String>,
    pub on: HostRole,
    pub names: Vec<Said<String>>,
    /// Where they were said; names are never resolved.
    pub addresses: Vec<Said<IpAddr>>,
}

/// `[boundary-group.branches]`: which distribution points serve some networks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoundaryGroup {
    /// `branches`.
    pub name: Said<String>,
    /// The distribution points of its own.
    pub hosts: Vec<Said<String>>,
    pub neighbours: Vec<Neighbour>,
}

/// `{ group = "head-office", after = "2h" }`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Neighbour {
    pub group: Said<String>,
    /// Seconds, from 0 to 30 days, for which a client looks in its own groups
    /// first; two hours where nothing was said.
    pub after: u32,
}

/// `[host.keel]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    /// `keel`.
    pub name: Said<String>,
    /// `keel.example.org`.
    pub dns: Option<Said<String>>,
    pub address: Said<IpAddr>,
    /// Its other addresses, in the file's order.
    pub more: Vec<Said<IpAddr>>,
    /// The sites that its roles belong to; none where nothing was said.
    pub sites: Vec<Said<String>>,
    pub nat: Vec<Nat>,
    /// The range from which its system takes dynamic ports.
    pub dynamic: Option<Said<(u16, u16)>>,
    pub roles: Vec<HostRole>,
}

/// `nat = [{ from = "internet", address = "203.0.113.7" }]`: how others see a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nat {
    /// The zone from which it is seen so.
    pub from: Said<String>,
    pub address: Said<IpAddr>,
    /// By service key, the port before translation. Where any is said, what is not
    /// named does not pass; where none is, everything passes unchanged.
    pub ports: BTreeMap<&'static str, Said<u16>>,
}

/// A role on a host, with what was said about it there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostRole {
    pub role: Said<&'static Role>,
    pub ports: Ports,
    /// The sites that it belongs to here; the host's where nothing was said.
    pub sites: Vec<Said<String>>,
    /// Of a database server, the instance.
    pub instance: Option<Said<String>>,
    /// Who opens the host's site link, where that was said.
    pub link: Option<Said<Opener>>,
    /// Of a package mirror, what it has.
    pub mirror: Option<Mirror>,
}

/// `site-link = "site-server-opens"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opener {
    Host,
    SiteServer,
}

/// `role.package-mirror = { suite = "bookworm" }`. No value holds white space or
/// anything else that apt would take for more than one word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mirror {
    /// Begins with a slash: `/debian`.
    pub path: String,
    pub suite: String,
    /// At least one.
    pub components: Vec<String>,
    /// The key ring that its lists are signed with, an absolute path on the
    /// machines that use it; apt's own where nothing was said.
    pub signed_by: Option<String>,
    /// Where it was said that clients may use it by themselves.
    pub clients: Option<Range<usize>>,
}

impl HostRole {
    pub(crate) fn new(role: Said<&'static Role>) -> Self {
        let ports = Ports::new();
        Self { role, ports, sites: Vec::new(), instance: None, link: None, mirror: None }
    }
}

impl Host {
    /// Where it was said that the site server opens this host's site link.
    pub(crate) fn reversed(&self) -> Option<(&HostRole, &Range<usize>)> {
        self.roles.iter().find_map(|on| {
            let said = on.link.as_ref().filter(|said| said.value == Opener::SiteServer)?;
            Some((on, &said.at))
        })
    }

    /// Every address, the first one first.
    pub fn addresses(&self) -> impl Iterator<Item = &Said<IpAddr>> {
        [&self.address].into_iter().chain(&self.more)
    }

    /// Whether the host carries `role`.
    pub fn role(&self, role: &Role) -> Option<&HostRole> {
        self.roles.iter().find(|on| on.role.value == role)
    }
}

impl Estate {
    /// The site with this code.
    pub fn site(&self, code: &str) -> Option<&Site> {
        self.sites.iter().find(|site| site.code.value == code)
    }

    /// The site at the top: the one that runs where there is but one.
    pub fn top(&self) -> Option<&Site> {
        self.sites.iter().find(|site| site.parent.is_none()).or_else(|| self.sites.first())
    }

    /// Every host that carries `role`, with where that was said.
    pub fn with_role(&self, role: &'static Role) -> impl Iterator<Item = (&Host, &HostRole)> {
        self.hosts.iter().filter_map(move |host| Some((host, host.role(role)?)))
    }
}
