//! The service map: the signed document that tells clients where every service
//! of the site is now.
//!
//! [`ServiceMap`] is what the site server writes. What a client holds is a
//! [`VerifiedMap`], which only a believed envelope can become; its entries are
//! the ground on which a client dials anything. Rows for roles and services that
//! this program's catalog does not have are left out, so that a site may be
//! newer than its clients.

use std::net::IpAddr;

use catalog::flow::Flow;
use catalog::role::Role;
use catalog::service::Service;
use minicbor::{Decode, Encode};

use crate::Fingerprint;
use crate::certificate::role_name;
use crate::envelope::{self, Expect, Expiry, Kind, Refusal};
use crate::way::{Ground, Way};

/// Rows of one map. A map is at most 256 KiB as it is sent.
pub const ROW_LIMIT: usize = 4096;
/// The keys of the body that this program understands.
const KNOWN: &[u32] = &[0, 1, 2, 3];

/// The body of a service map, as the site server writes it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ServiceMap {
    /// The site's code.
    #[n(0)]
    pub site: String,
    #[n(1)]
    pub rows: Vec<Row>,
    /// The fingerprint of a root that will follow this one.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub next_root: Option<[u8; 32]>,
    /// The recovery key's hash.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub recovery: [u8; 32],
}

/// One service of one role at one address.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Row {
    /// The role's slug.
    #[n(0)]
    pub role: String,
    /// The service's slug.
    #[n(1)]
    pub service: String,
    /// The host's name in the site file, for people.
    #[n(2)]
    pub host: String,
    #[n(3)]
    pub address: IpAddr,
    #[n(4)]
    pub port: u16,
    /// The alternate port, where the site has one.
    #[n(5)]
    pub alternate: Option<u16>,
    /// The name in the role's certificate; [`role_name`].
    #[n(6)]
    pub certificate: String,
}

impl ServiceMap {
    /// The body of an envelope of kind [`Kind::Map`].
    pub fn encode(&self) -> Vec<u8> {
        envelope::encoded(self)
    }
}

impl Row {
    /// A row for a role of this catalog.
    pub fn new(
        role: &Role,
        service: &Service,
        site: &str,
        host: &str,
        address: IpAddr,
        port: u16,
        alternate: Option<u16>,
    ) -> Self {
        Self {
            role: role.slug.to_owned(),
            service: service.slug.to_owned(),
            host: host.to_owned(),
            address,
            port,
            alternate,
            certificate: role_name(role, site),
        }
    }
}

/// A service map that was believed.
#[derive(Debug, Clone)]
pub struct VerifiedMap {
    site: String,
    number: u64,
    issued: i64,
    expires: i64,
    expired: bool,
    entries: Vec<Entry>,
    skipped: usize,
    next_root: Option<Fingerprint>,
    recovery: Fingerprint,
}

/// One service of one role at one address, believed.
#[derive(Debug, Clone)]
pub struct Entry {
    role: &'static Role,
    service: &'static Service,
    host: String,
    address: IpAddr,
    port: u16,
    alternate: Option<u16>,
    certificate: String,
}

impl VerifiedMap {
    /// Believes a map that arrived, or refuses it. `after` is the highest
    /// number accepted so far; an expired map is accepted and says so.
    pub fn open(
        bytes: &[u8],
        root: &Fingerprint,
        site: &str,
        now: i64,
        after: u64,
    ) -> Result<Self, Refusal> {
        Self::read(bytes, root, site, now, after, Expiry::Soft)
    }

    /// Reads a map that this client accepted in its time and has kept where
    /// nobody else can write. However long the machine was off, it may try the
    /// places it knew.
    pub fn recall(bytes: &[u8], root: &Fingerprint, site: &str, now: i64) -> Result<Self, Refusal> {
        Self::read(bytes, root, site, now, 0, Expiry::Kept)
    }

    pub fn site(&self) -> &str {
        &self.site
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

    /// The map's date had passed when it was opened: it is a way home, and no
    /// more.
    pub const fn expired(&self) -> bool {
        self.expired
    }

    /// In the order of the document.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Rows left out because this program does not know their role or service.
    pub const fn skipped(&self) -> usize {
        self.skipped
    }

    /// The root that will follow this one, if the site says so.
    pub const fn next_root(&self) -> Option<&Fingerprint> {
        self.next_root.as_ref()
    }

    /// The recovery key's hash.
    pub const fn recovery(&self) -> &Fingerprint {
        &self.recovery
    }

    /// The entries that a flow leads to.
    pub fn entries_for(&self, flow: &'static Flow) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(move |entry| entry.serves(flow))
    }

    /// Every way for a flow: default ports first, then alternate ones.
    pub fn ways(&self, flow: &'static Flow) -> Vec<Way> {
        let defaults = self.entries_for(flow).filter_map(|entry| entry.way(flow));
        let alternates = self.entries_for(flow).filter_map(|entry| entry.alternate_way(flow));
        defaults.chain(alternates).collect()
    }

    /// A way to a place that worked before, although the map may have moved
    /// on. `None` where the map has no such service, or for port 0.
    pub fn remembered(&self, flow: &'static Flow, address: IpAddr, port: u16) -> Option<Way> {
        self.entries_for(flow).next()?;
        (port != 0).then(|| Way::new(flow, address, port, Ground::Remembered))
    }

    fn read(
        bytes: &[u8],
        root: &Fingerprint,
        site: &str,
        now: i64,
        after: u64,
        expiry: Expiry,
    ) -> Result<Self, Refusal> {
        let expect = Expect { kind: Kind::Map, site, root, now, after, expiry, known: KNOWN };
        let opened = envelope::open(bytes, &expect)?;
        let body: ServiceMap = envelope::decoded(&opened.body, "service map")?;
        if body.site != site {
            return Err(Refusal::site(Kind::Map, site, &body.site));
        }
        if body.rows.len() > ROW_LIMIT {
            return Err(Refusal::TooMany {
                what: "services in one map",
                limit: ROW_LIMIT,
                found: body.rows.len(),
            });
        }
        let rows = body.rows.len();
        let entries: Vec<Entry> = body.rows.into_iter().filter_map(Entry::of).collect();
        Ok(Self {
            site: body.site,
            number: opened.number,
            issued: opened.issued,
            expires: opened.expires,
            expired: opened.expired,
            skipped: rows - entries.len(),
            entries,
            next_root: body.next_root.map(Fingerprint),
            recovery: Fingerprint(body.recovery),
        })
    }
}

impl Entry {
    pub const fn role(&self) -> &'static Role {
        self.role
    }

    pub const fn service(&self) -> &'static Service {
        self.service
    }

    /// The host's name in the site file, for people.
    pub fn host(&self) -> &str {
        &self.host
    }

    pub const fn address(&self) -> IpAddr {
        self.address
    }

    pub const fn port(&self) -> u16 {
        self.port
    }

    pub const fn alternate(&self) -> Option<u16> {
        self.alternate
    }

    /// The name in the role's certificate.
    pub fn certificate(&self) -> &str {
        &self.certificate
    }

    /// Address and port, then address and alternate port.
    pub fn candidates(&self) -> impl Iterator<Item = (IpAddr, u16)> {
        std::iter::once(self.port).chain(self.alternate).map(|port| (self.address, port))
    }

    /// Whether a flow leads to this entry: same role, same service.
    pub fn serves(&self, flow: &Flow) -> bool {
        flow.to.slug == self.role.slug && flow.service.slug == self.service.slug
    }

    /// The way to the default port; `None` where the flow leads elsewhere.
    pub fn way(&self, flow: &'static Flow) -> Option<Way> {
        self.serves(flow).then(|| Way::new(flow, self.address, self.port, Ground::Mapped))
    }

    /// The way to the alternate port, where there is one.
    pub fn alternate_way(&self, flow: &'static Flow) -> Option<Way> {
        let port = self.alternate.filter(|_| self.serves(flow))?;
        Some(Way::new(flow, self.address, port, Ground::Mapped))
    }

    /// `None` for what this program does not know, and for port 0, where
    /// nothing can be.
    fn of(row: Row) -> Option<Self> {
        let role = catalog::find_role(&row.role)?;
        let service = catalog::find_service(&row.service)?;
        (row.port != 0).then_some(())?;
        Some(Self {
            role,
            service,
            host: row.host,
            address: row.address,
            port: row.port,
            alternate: row.alternate.filter(|port| *port != 0),
            certificate: row.certificate,
        })
    }
}

#[cfg(test)]
mod tests;
