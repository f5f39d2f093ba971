//! The host plan: the signed document that tells a host of the site what it
//! listens on and whom it may dial. It stands in for the site file, which only
//! the site server's host holds.
//!
//! [`HostPlan`] is what the site server writes, out of its plan. What a host
//! holds is a [`VerifiedHostPlan`], which only a believed envelope can become. Its
//! [`Post`]s are the ground on which the host listens, its [`Way`]s the ground on
//! which it dials; neither can be made but from it. Flows and roles that this
//! program's catalog does not have are left out, so that a site may be newer than
//! its hosts; so is what does not belong to the host's roles.
//!
//! ```
//! fn ports(plan: &trust::host_plan::VerifiedHostPlan) -> Vec<u16> {
//!     plan.posts().iter().map(|post| post.port()).collect()
//! }
//! ```
//!
//! Nobody makes a post from nothing,
//!
//! ```compile_fail,E0451
//! fn forge(host: String) -> trust::host_plan::Post {
//!     trust::host_plan::Post { host, address: [127, 0, 0, 1].into(), port: 1, answers: vec![] }
//! }
//! ```
//!
//! nor bends one,
//!
//! ```compile_fail,E0616
//! fn bend(mut post: trust::host_plan::Post) -> trust::host_plan::Post {
//!     post.port = 1;
//!     post
//! }
//! ```
//!
//! nor takes a plan for believed that was only written.
//!
//! ```compile_fail,E0308
//! fn believe(plan: trust::host_plan::HostPlan) -> trust::host_plan::VerifiedHostPlan {
//!     plan
//! }
//! ```

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use catalog::role::{DISTRIBUTION_POINT, SITE_SERVER, SITE_SYSTEM};
use catalog::{Flow, Protocol, Role, RunBy};
use minicbor::{Decode, Encode};
use plan::Plan;

use crate::Fingerprint;
use crate::envelope::{self, Expect, Expiry, Kind, Opened, Refusal};
use crate::way::{Ground, Way};

#[cfg(test)]
mod tests;

/// Listeners and dials of one plan, each. A host plan is at most 64 KiB as it is
/// sent.
pub const ROW_LIMIT: usize = 512;
/// A host plan is at most this long, in bytes.
pub const LIMIT: usize = 64 * 1024;
/// The keys of the body that this program understands.
const KNOWN: &[u32] = &[0, 1, 2, 3, 4, 5, 6, 7];

/// The body of a host plan, as the site server writes it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct HostPlan {
    /// The site's code.
    #[n(0)]
    pub site: String,
    /// The site's name, for people.
    #[n(1)]
    pub name: String,
    /// The host's key in the site file.
    #[n(2)]
    pub host: String,
    #[n(3)]
    pub address: IpAddr,
    /// The host's own name, where it has one.
    #[n(4)]
    pub dns: Option<String>,
    /// Slugs of what the host does for the site.
    #[n(5)]
    pub roles: Vec<String>,
    #[n(6)]
    pub listens: Vec<Listening>,
    #[n(7)]
    pub dials: Vec<Dialling>,
}

/// One socket to listen on.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Listening {
    /// Ids of the flows that arrive here, all of one protocol.
    #[n(0)]
    pub flows: Vec<String>,
    #[n(1)]
    pub address: IpAddr,
    #[n(2)]
    pub port: u16,
}

/// One place that may be dialled.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Dialling {
    /// The flow's id.
    #[n(0)]
    pub flow: String,
    /// The answering host's key in the site file.
    #[n(1)]
    pub host: String,
    #[n(2)]
    pub address: IpAddr,
    #[n(3)]
    pub port: u16,
    /// 0 for the port to try first, 1 for the alternate.
    #[n(4)]
    pub rank: u8,
}

/// Why a host cannot have a host plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoHostPlan {
    #[error("the site file names no host {0}; add [host.{0}] with its address and roles")]
    NoSuchHost(String),
    #[error("host {0} is the site server: it holds the site file, and needs no invitation")]
    SiteServer(String),
    #[error("the site file gives host {0} no role of the site; nothing would run there")]
    NoRole(String),
    #[error(
        "host {host} cannot run {role}: beside the site server that needs a database which several hosts share (PostgreSQL), and this version has none; a host of its own can be a distribution-point"
    )]
    NeedsDatabase { host: String, role: &'static str },
}

impl HostPlan {
    /// What the plan says of one host.
    pub fn of(plan: &Plan, host: &str) -> Result<Self, NoHostPlan> {
        let of = plan.host(host).ok_or_else(|| NoHostPlan::NoSuchHost(host.to_owned()))?;
        let ours = of.roles.iter().filter(|role| role.run_by == RunBy::Site);
        let roles: Vec<String> = ours.clone().map(|role| role.slug.to_owned()).collect();
        if of.roles.contains(&&SITE_SERVER) {
            return Err(NoHostPlan::SiteServer(host.to_owned()));
        }
        if let Some(role) = ours.clone().find(|role| **role != &DISTRIBUTION_POINT) {
            return Err(NoHostPlan::NeedsDatabase { host: host.to_owned(), role: role.slug });
        }
        if roles.is_empty() {
            return Err(NoHostPlan::NoRole(host.to_owned()));
        }
        let listening = |listen: &plan::Listen| Listening {
            flows: listen.flows().iter().map(|flow| flow.id()).collect(),
            address: listen.address(),
            port: listen.port(),
        };
        let dialling = |target: &plan::Target| Dialling {
            flow: target.flow().id(),
            host: target.host().to_owned(),
            address: target.address(),
            port: target.port(),
            rank: target.rank(),
        };
        Ok(Self {
            site: plan.site_code().to_owned(),
            name: plan.name().to_owned(),
            host: of.name.clone(),
            address: of.address,
            dns: of.dns.clone(),
            roles,
            listens: plan.listens(host).iter().map(listening).collect(),
            dials: plan.dials_of(host).iter().map(dialling).collect(),
        })
    }

    /// The body of an envelope of kind [`Kind::HostPlan`].
    pub fn encode(&self) -> Vec<u8> {
        envelope::encoded(self)
    }
}

/// A host plan that was believed.
#[derive(Debug, Clone)]
pub struct VerifiedHostPlan {
    site: String,
    name: String,
    host: String,
    address: IpAddr,
    dns: Option<String>,
    roles: Vec<&'static Role>,
    posts: Vec<Post>,
    ways: Vec<(u8, Way)>,
    skipped: usize,
    number: u64,
    issued: i64,
    expires: i64,
    expired: bool,
}

/// One socket to listen on, by order of a verified host plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Post {
    host: String,
    address: IpAddr,
    port: u16,
    /// Each flow, and the role that answers it here; never empty.
    answers: Vec<(&'static Flow, &'static Role)>,
}

impl VerifiedHostPlan {
    /// Believes a plan for this host that arrived, or refuses it. `after` is the
    /// highest number accepted so far; an expired plan is accepted and says so.
    pub fn open(
        bytes: &[u8],
        root: &Fingerprint,
        site: &str,
        host: &str,
        now: i64,
        after: u64,
    ) -> Result<Self, Refusal> {
        Self::read(bytes, root, site, host, (now, after, Expiry::Soft))
    }

    /// Reads a plan that this host accepted in its time and has kept where
    /// nobody else can write.
    pub fn recall(
        bytes: &[u8],
        root: &Fingerprint,
        site: &str,
        host: &str,
        now: i64,
    ) -> Result<Self, Refusal> {
        Self::read(bytes, root, site, host, (now, 0, Expiry::Kept))
    }

    /// The site's code.
    pub fn site(&self) -> &str {
        &self.site
    }

    /// The site's name, for people.
    pub fn site_name(&self) -> &str {
        &self.name
    }

    /// The host's key in the site file.
    pub fn host(&self) -> &str {
        &self.host
    }

    pub const fn address(&self) -> IpAddr {
        self.address
    }

    pub fn dns(&self) -> Option<&str> {
        self.dns.as_deref()
    }

    /// What the host does for the site, without `site-system`; sorted.
    pub fn roles(&self) -> &[&'static Role] {
        &self.roles
    }

    /// Everything to listen on.
    pub fn posts(&self) -> &[Post] {
        &self.posts
    }

    /// Every way for a flow: default ports first, then alternate ones.
    pub fn ways(&self, flow: &'static Flow) -> Vec<Way> {
        self.ways.iter().map(|(_, way)| *way).filter(|way| way.flow() == flow).collect()
    }

    /// Listeners' flows, dials and roles left out, because this program does not
    /// know them or they are not this host's.
    pub const fn skipped(&self) -> usize {
        self.skipped
    }

    pub const fn number(&self) -> u64 {
        self.number
    }

    /// Unix milliseconds.
    pub const fn issued(&self) -> i64 {
        self.issued
    }

    /// Unix milliseconds.
    pub const fn expires(&self) -> i64 {
        self.expires
    }

    /// The plan's date had passed when it was opened. It still counts: a host
    /// that was off for long must find its site.
    pub const fn expired(&self) -> bool {
        self.expired
    }

    fn read(
        bytes: &[u8],
        root: &Fingerprint,
        site: &str,
        host: &str,
        (now, after, expiry): (i64, u64, Expiry),
    ) -> Result<Self, Refusal> {
        if bytes.len() > LIMIT {
            let found = bytes.len();
            return Err(Refusal::TooLarge { what: "host plan", limit: LIMIT, found });
        }
        let expect = Expect { kind: Kind::HostPlan, site, root, now, after, expiry, known: KNOWN };
        let opened = envelope::open(bytes, &expect)?;
        let body: HostPlan = envelope::decoded(&opened.body, "host plan")?;
        if body.site != site {
            return Err(Refusal::site(Kind::HostPlan, site, &body.site));
        }
        if body.host != host {
            return Err(Refusal::host(Kind::HostPlan, host, &body.host));
        }
        for found in [body.listens.len(), body.dials.len(), body.roles.len()] {
            if found > ROW_LIMIT {
                let what = "rows in one host plan";
                return Err(Refusal::TooMany { what, limit: ROW_LIMIT, found });
            }
        }
        Ok(Self::of(body, &opened))
    }

    /// What of a believed body this program knows.
    fn of(body: HostPlan, opened: &Opened) -> Self {
        let said = body.roles.len()
            + body.dials.len()
            + body.listens.iter().map(|listening| listening.flows.len()).sum::<usize>();
        let known = body.roles.iter().filter_map(|slug| catalog::find_role(slug));
        let mut roles: Vec<_> = known.filter(|role| role.run_by == RunBy::Site).collect();
        roles.sort();
        roles.dedup();
        let post = |listening| Post::of(listening, &body.host, &roles);
        let posts: Vec<Post> = body.listens.iter().filter_map(post).collect();
        let mut ways: Vec<_> = body.dials.iter().filter_map(|dial| dial.way(&roles)).collect();
        ways.sort_by_key(|(rank, _)| *rank);
        let kept =
            roles.len() + ways.len() + posts.iter().map(|post| post.answers.len()).sum::<usize>();
        Self {
            site: body.site,
            name: body.name,
            host: body.host,
            address: body.address,
            dns: body.dns,
            roles,
            posts,
            ways,
            skipped: said - kept,
            number: opened.number,
            issued: opened.issued,
            expires: opened.expires,
            expired: opened.expired,
        }
    }
}

impl Dialling {
    fn way(&self, roles: &[&'static Role]) -> Option<(u8, Way)> {
        let flow = catalog::find_flow(&self.flow).filter(|_| self.port != 0)?;
        side(flow, flow.from, flow.to, roles)?;
        Some((self.rank, Way::new(flow, self.address, self.port, Ground::Ordered)))
    }
}

impl Post {
    /// The host's key in the site file.
    pub fn host(&self) -> &str {
        &self.host
    }

    pub const fn address(&self) -> IpAddr {
        self.address
    }

    pub const fn port(&self) -> u16 {
        self.port
    }

    /// TCP or UDP.
    pub fn protocol(&self) -> Protocol {
        self.answers.first().map_or(Protocol::Tcp, |(flow, _)| flow.service.protocol)
    }

    /// The flows that arrive here: at least one, sorted.
    pub fn flows(&self) -> Vec<&'static Flow> {
        self.answers.iter().map(|(flow, _)| *flow).collect()
    }

    /// The roles that answer here: at least one, sorted.
    pub fn roles(&self) -> Vec<&'static Role> {
        let mut roles: Vec<_> = self.answers.iter().map(|(_, role)| *role).collect();
        roles.sort();
        roles.dedup();
        roles
    }

    fn of(listening: &Listening, host: &str, roles: &[&'static Role]) -> Option<Self> {
        let answered = |id: &String| {
            let flow = catalog::find_flow(id)?;
            Some((flow, side(flow, flow.to, flow.from, roles)?))
        };
        let mut answers: Vec<_> = listening.flows.iter().filter_map(answered).collect();
        let (first, _) = answers.first()?;
        let protocol = first.service.protocol;
        answers.retain(|(flow, _)| flow.service.protocol == protocol);
        answers.sort();
        answers.dedup();
        let listens = listening.port != 0 && protocol.has_ports();
        let (address, port) = (listening.address, listening.port);
        listens.then(|| Self { host: host.to_owned(), address, port, answers })
    }
}

/// Which role of a host with these `roles` is at an end of a flow: `usual`, or,
/// where the site file reversed the flow, `other`.
fn side(
    flow: &Flow,
    usual: &'static Role,
    other: &'static Role,
    roles: &[&'static Role],
) -> Option<&'static Role> {
    let ours = |role: &'static Role| role == &SITE_SYSTEM || roles.contains(&role);
    [Some(usual), flow.reversible.then_some(other)].into_iter().flatten().find(|role| ours(role))
}

impl fmt::Display for Post {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.protocol(), SocketAddr::new(self.address, self.port))
    }
}
