//! The estate: what the site file said, and where it said it.
//!
//! Nothing is derived here. Where the file is silent, so is the estate; what
//! silence means is the plan's business.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::ops::Range;

use catalog::{Edition, Role, Service};

use crate::cidr::Cidr;

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
    pub site: Site,
    pub settings: ClientSettings,
    /// In the file's order, as are the hosts and the groups.
    pub networks: Vec<Network>,
    pub hosts: Vec<Host>,
    pub groups: Vec<BoundaryGroup>,
}

/// The one primary site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// Three letters or digits: `P01`.
    pub code: Said<String>,
    /// For people; the code where nothing was said.
    pub name: String,
    pub ports: Ports,
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
    pub roles: Vec<HostRole>,
}

/// A role on a host, with what was said about it there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostRole {
    pub role: Said<&'static Role>,
    pub ports: Ports,
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
        Self { role, ports: Ports::new(), link: None, mirror: None }
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

    /// Whether the host carries `role`.
    pub fn role(&self, role: &Role) -> Option<&HostRole> {
        self.roles.iter().find(|on| on.role.value == role)
    }
}

impl Estate {
    /// Every host that carries `role`, with where that was said.
    pub fn with_role(&self, role: &'static Role) -> impl Iterator<Item = (&Host, &HostRole)> {
        self.hosts.iter().filter_map(move |host| Some((host, host.role(role)?)))
    }
}
