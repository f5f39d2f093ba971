//! Package mirrors: whence apt takes what a package depends on.

use std::net::{IpAddr, SocketAddr};

use catalog::role::PACKAGE_MIRROR;
use catalog::service;

use crate::derive::port::{self, Answers};
use crate::derive::sites::{Member, Sites};
use crate::estate::Estate;

/// A package mirror, as apt needs to know it. Every text is one word of apt's
/// lists.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct PackageMirror {
    /// The host's key in the site file.
    pub host: String,
    pub address: IpAddr,
    pub port: u16,
    /// Begins with a slash.
    pub path: String,
    /// `bookworm`.
    pub suite: String,
    /// At least one.
    pub components: Vec<String>,
    /// The key ring that its lists are signed with; apt's own where none.
    pub signed_by: Option<String>,
    /// Whether clients may use it by themselves.
    pub clients: bool,
}

impl PackageMirror {
    /// `http://10.1.0.40/debian`; with a port where it is not the usual one.
    pub fn url(&self) -> String {
        let Self { address, port, path, .. } = self;
        if service::PACKAGE_MIRROR.default_port() != Some(*port) {
            return format!("http://{}{path}", SocketAddr::new(*address, *port));
        }
        match address {
            IpAddr::V4(address) => format!("http://{address}{path}"),
            IpAddr::V6(address) => format!("http://[{address}]{path}"),
        }
    }
}

/// Sorted by host.
pub(crate) fn mirrors(estate: &Estate) -> Vec<PackageMirror> {
    let sites = Sites::of(estate);
    let mirror = |(host, on): (&crate::Host, &crate::estate::HostRole)| {
        let mirror = on.mirror.as_ref()?;
        let member = sites.member(&host.sites);
        let who = Answers { on: Some(on), sites: Member::sites(&member), dynamic: None };
        let place = port::places(&sites, who, &service::PACKAGE_MIRROR).into_iter().next()?;
        let (port, _) = place.ports?;
        Some(PackageMirror {
            host: host.name.value.clone(),
            address: host.address.value,
            port,
            path: mirror.path.clone(),
            suite: mirror.suite.clone(),
            components: mirror.components.clone(),
            signed_by: mirror.signed_by.clone(),
            clients: mirror.clients.is_some(),
        })
    };
    let mut mirrors: Vec<_> = estate.with_role(&PACKAGE_MIRROR).filter_map(mirror).collect();
    mirrors.sort();
    mirrors
}
