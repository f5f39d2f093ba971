//! Roles: what a host is to the system. Also parties that others run.
//!
//! Const rows rather than an enum: a role is a fact of the catalog, and code
//! that asks for one names its row. Here are the roles that Portolan itself
//! plays or meets; beside them [`site_systems`], the roles of a Configuration
//! Manager site, and [`parties`], whom those talk to.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

pub mod parties;
pub mod site_systems;

pub use parties::*;
pub use site_systems::*;

/// One role. Two roles are equal when their slugs are.
#[derive(Debug)]
#[non_exhaustive]
pub struct Role {
    /// `management-point`: in site files, ids and JSON.
    pub slug: &'static str,
    /// `Management point`: for people.
    pub name: &'static str,
    /// What it is there for.
    pub sentence: &'static str,
    pub run_by: RunBy,
}

/// Who runs the program that plays a role. It decides who listens: Portolan
/// opens sockets for [`RunBy::Site`] and [`RunBy::Agent`] alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunBy {
    /// A part of the site, started by `portolan serve`.
    Site,
    /// The agent on a managed machine.
    Agent,
    /// A person, with a tool.
    Person,
    /// Somebody else: the network, the operating system, a product beside ours.
    Others,
}

pub static SITE_SERVER: Role = Role {
    slug: "site-server",
    name: "Site server",
    sentence: "Decides, and works the site's other servers; of ours the only role that holds the keys.",
    run_by: RunBy::Site,
};

pub static MANAGEMENT_POINT: Role = Role {
    slug: "management-point",
    name: "Management point",
    sentence: "Enrols clients, hands them policy and takes their reports.",
    run_by: RunBy::Site,
};

pub static DISTRIBUTION_POINT: Role = Role {
    slug: "distribution-point",
    name: "Distribution point",
    sentence: "Hands content to clients.",
    run_by: RunBy::Site,
};

pub static SMS_PROVIDER: Role = Role {
    slug: "sms-provider",
    name: "SMS provider",
    sentence: "What administrators' tools talk to: ours by REST, Configuration Manager's by WMI.",
    run_by: RunBy::Site,
};

pub static SITE_SYSTEM: Role = Role {
    slug: "site-system",
    name: "Site system",
    sentence: "Any host that carries a role of the site.",
    run_by: RunBy::Site,
};

pub static CLIENT: Role = Role {
    slug: "client",
    name: "Client",
    sentence: "A managed machine, with the agent on it.",
    run_by: RunBy::Agent,
};

pub static CONSOLE: Role = Role {
    slug: "console",
    name: "Console",
    sentence: "Where an administrator works: browser, command line or script.",
    run_by: RunBy::Person,
};

pub static SITE_DATABASE_SERVER: Role = Role {
    slug: "site-database-server",
    name: "Site database server",
    sentence: "A PostgreSQL server that holds the site's database, when several hosts share it.",
    run_by: RunBy::Others,
};

pub static PACKAGE_MIRROR: Role = Role {
    slug: "package-mirror",
    name: "Package mirror",
    sentence: "A mirror of Debian's archive, from which the site takes what its packages depend on.",
    run_by: RunBy::Others,
};

pub static DNS_SERVER: Role = Role {
    slug: "dns-server",
    name: "DNS server",
    sentence: "Resolves names.",
    run_by: RunBy::Others,
};

pub static TIME_SERVER: Role = Role {
    slug: "time-server",
    name: "Time server",
    sentence: "Tells the time by NTP; certificates and schedules depend on it.",
    run_by: RunBy::Others,
};

pub static DHCP_SERVER: Role = Role {
    slug: "dhcp-server",
    name: "DHCP server",
    sentence: "Gives machines their addresses.",
    run_by: RunBy::Others,
};

pub static NEIGHBOUR: Role = Role {
    slug: "neighbour",
    name: "Neighbour",
    sentence: "Every other machine on the same subnet, its routers and switches among them.",
    run_by: RunBy::Others,
};

pub static ROUTER: Role = Role {
    slug: "router",
    name: "Router",
    sentence: "A device on the way that forwards packets, and says so when it cannot.",
    run_by: RunBy::Others,
};

/// Every role: the site's first, then who uses them, then the others; after them
/// the roles and the parties of a Configuration Manager site.
pub static ROLES: &[&Role] = &[
    &SITE_SERVER,
    &MANAGEMENT_POINT,
    &DISTRIBUTION_POINT,
    &SMS_PROVIDER,
    &SITE_SYSTEM,
    &CLIENT,
    &CONSOLE,
    &SITE_DATABASE_SERVER,
    &PACKAGE_MIRROR,
    &DNS_SERVER,
    &TIME_SERVER,
    &DHCP_SERVER,
    &NEIGHBOUR,
    &ROUTER,
    &APPLICATION_CATALOG_WEB_SERVICE_POINT,
    &APPLICATION_CATALOG_WEBSITE_POINT,
    &ASSET_INTELLIGENCE_SYNCHRONIZATION_POINT,
    &CERTIFICATE_REGISTRATION_POINT,
    &CMG_CONNECTION_POINT,
    &DATA_WAREHOUSE_SERVICE_POINT,
    &DISTRIBUTION_POINT_MULTICAST,
    &DISTRIBUTION_POINT_PXE,
    &ENDPOINT_PROTECTION_POINT,
    &ENROLLMENT_POINT,
    &ENROLLMENT_PROXY_POINT,
    &EXCHANGE_SERVER_CONNECTOR,
    &FALLBACK_STATUS_POINT,
    &REPORTING_SERVICES_POINT,
    &SERVICE_CONNECTION_POINT,
    &SOFTWARE_UPDATE_POINT,
    &STATE_MIGRATION_POINT,
    &AZURE,
    &CLOUD_DISTRIBUTION_POINT,
    &CLOUD_MANAGEMENT_GATEWAY,
    &DIRECTORY,
    &DOMAIN_CONTROLLER,
    &EXCHANGE_ONLINE,
    &EXCHANGE_SERVER,
    &FILE_SERVER,
    &GLOBAL_CATALOG_DOMAIN_CONTROLLER,
    &INTERNET,
    &INTUNE,
    &ISSUING_CERTIFICATION_AUTHORITY,
    &LOAD_BALANCER,
    &MAC_COMPUTER,
    &MICROSOFT,
    &MOBILE_DEVICE,
    &NDES_POLICY_MODULE,
    &NETWORK_BOOT_FIRMWARE,
    &OBJECT_STORE,
    &PROXY_SERVER,
    &REMOTE_CONTENT_LIBRARY,
    &SOURCE_SITE,
    &SQL_SERVER,
    &UPSTREAM_WSUS_SERVER,
    &WINS_SERVER,
    &WSUS_SQL_SERVER,
];

impl PartialEq for Role {
    fn eq(&self, other: &Self) -> bool {
        self.slug == other.slug
    }
}

impl Eq for Role {}

impl PartialOrd for Role {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Role {
    fn cmp(&self, other: &Self) -> Ordering {
        self.slug.cmp(other.slug)
    }
}

impl Hash for Role {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.slug.hash(state);
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.slug)
    }
}
