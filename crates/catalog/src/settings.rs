//! Which ports can be changed, and where.
//!
//! For ours the answer is the same everywhere: in the site file, under `ports`, by
//! the service's key. For Configuration Manager each service has a place of its own.
//! Beside it the articles' two lists of *communications*, which do not match the
//! connections one to one and are therefore a table of their own.

use crate::edition::{Edition, Editions};
use crate::role::Role;
use crate::role::{
    APPLICATION_CATALOG_WEB_SERVICE_POINT, APPLICATION_CATALOG_WEBSITE_POINT, CLIENT, CONSOLE,
    ENROLLMENT_POINT, ENROLLMENT_PROXY_POINT, INTERNET, PROXY_SERVER, REPORTING_SERVICES_POINT,
    SITE_SERVER, SITE_SYSTEM, SMS_PROVIDER, SOFTWARE_UPDATE_POINT, SQL_SERVER,
    UPSTREAM_WSUS_SERVER, WSUS_SQL_SERVER,
};
use crate::service::{
    APPLICATION_CATALOG_HTTP, APPLICATION_CATALOG_HTTPS, APPLICATION_CATALOG_SERVICE_HTTP,
    APPLICATION_CATALOG_SERVICE_HTTPS, CERTIFICATE_REGISTRATION_HTTPS, CLIENT_NOTIFICATION,
    DATABASE_REPLICATION, ENROLLMENT_HTTPS, EXPRESS_UPDATES, HTTP, HTTPS, REPORTING_HTTP,
    REPORTING_HTTPS, SQL, SQL_WSUS, Service, WAKE_ON_LAN, WAKE_UP_PROXY, WSUS_HTTP, WSUS_HTTPS,
};
use crate::source::{Source, in_2020, in_all, note_in_all};

/// A place in Configuration Manager where a port is set.
#[derive(Debug)]
#[non_exhaustive]
pub struct Setting {
    pub service: &'static Service,
    /// Where, in words that lead there.
    pub place: &'static str,
    /// What to know before changing it.
    pub sentence: &'static str,
    /// Whether a second port can be named that is tried when the first fails.
    pub alternate: bool,
    pub editions: Editions,
    pub source: &'static [Source],
}

const SITE_PORTS: &str =
    "setup, or Administration › Site Configuration › Sites › (primary site) › Properties › Ports";
const ROLE: &str = "properties of the role (the articles say that it can be set, not where)";
const SSRS: &str = "SQL Server Reporting Services Configuration Manager, on the reporting point";
const SQL_TOOL: &str =
    "SQL Server Configuration Manager, on the database server: a static port for the instance";
const POWER: &str = "client settings › Power Management";
const BEGIN: &[Source] = &[
    Source::client_ports("#to-configure-the-client-communication-port-numbers-for-a-site"),
    Source::ports_2006("#BKMK_ConfigurablePorts"),
];

const CAN: &[Source] = &in_all("#BKMK_ConfigurablePorts");
const CANNOT: &[Source] = &in_all("#BKMK_NonConfigurablePorts");

const fn set(service: &'static Service, place: &'static str) -> Setting {
    Setting {
        service,
        place,
        sentence: "",
        alternate: false,
        editions: Editions::MICROSOFT,
        source: CAN,
    }
}

/// Every port that Configuration Manager lets one set.
pub static SETTINGS: &[Setting] = &[
    Setting {
        alternate: true,
        sentence: "One setting for all site systems with IIS. Secondary sites inherit it; repeat it for each primary.",
        source: BEGIN,
        ..set(&HTTP, SITE_PORTS)
    },
    Setting {
        alternate: true,
        sentence: "One setting for all site systems with IIS. On the internet, other ports than the default may be blocked by devices of others.",
        source: BEGIN,
        ..set(&HTTPS, SITE_PORTS)
    },
    Setting {
        sentence: "Where it cannot be opened, leave it: clients fall back to HTTP or HTTPS, at a cost for the management point.",
        source: BEGIN,
        ..set(&CLIENT_NOTIFICATION, SITE_PORTS)
    },
    Setting {
        sentence: "Of the site server's own packets. The clients' packets have a setting of their own, and the two must be kept alike by hand.",
        source: BEGIN,
        ..set(&WAKE_ON_LAN, SITE_PORTS)
    },
    Setting {
        sentence: "Of the packets by which clients wake each other.",
        source: &[Source::client_firewall("#wake-up-proxy")],
        ..set(&WAKE_ON_LAN, POWER)
    },
    Setting {
        sentence: "Clients with Windows Firewall are opened by another setting beside it; other firewalls are not.",
        source: &[Source::client_firewall("#wake-up-proxy")],
        ..set(&WAKE_UP_PROXY, POWER)
    },
    Setting {
        sentence: "The port that clients use to receive requests for delta content.",
        editions: Editions::SINCE_2002,
        source: &in_2020("#BKMK_PortsClient-DP"),
        ..set(&EXPRESS_UPDATES, "client settings › Software Updates")
    },
    Setting {
        sentence: "The port of the whole web site of the role.",
        source: &in_all("#BKMK_PortsClient-AppCatalogWebsitePoint"),
        ..set(&APPLICATION_CATALOG_HTTP, ROLE)
    },
    Setting {
        sentence: "The port of the whole web site of the role.",
        source: &in_all("#BKMK_PortsClient-AppCatalogWebsitePoint"),
        ..set(&APPLICATION_CATALOG_HTTPS, ROLE)
    },
    Setting {
        sentence: "Website point and web service point must name the same.",
        ..set(&APPLICATION_CATALOG_SERVICE_HTTP, ROLE)
    },
    Setting {
        sentence: "Website point and web service point must name the same.",
        ..set(&APPLICATION_CATALOG_SERVICE_HTTPS, ROLE)
    },
    Setting {
        sentence: "Only the way behind the proxy point: devices come to the proxy point on a fixed port.",
        ..set(&ENROLLMENT_HTTPS, ROLE)
    },
    Setting {
        sentence: "The NDES policy module has to be told the same.",
        source: &in_all("#BKMK_PortsCertificateRegistationPoint_PolicyModule"),
        ..set(&CERTIFICATE_REGISTRATION_HTTPS, ROLE)
    },
    Setting {
        sentence: "Configuration Manager uses what is set there; look it up before writing IPsec filters or firewall rules.",
        ..set(&REPORTING_HTTP, SSRS)
    },
    Setting {
        sentence: "Configuration Manager uses what is set there; look it up before writing IPsec filters or firewall rules.",
        ..set(&REPORTING_HTTPS, SSRS)
    },
    Setting {
        sentence: "Where HTTP is 80, HTTPS is 443; else HTTPS is HTTP plus one. Servers of one hierarchy may differ. HTTP stays open beside HTTPS.",
        source: &note_in_all("#bkmk_note3"),
        ..set(&WSUS_HTTP, "WSUS itself, at its installation or after")
    },
    Setting {
        sentence: "Follows the HTTP port.",
        source: &note_in_all("#bkmk_note3"),
        ..set(&WSUS_HTTPS, "WSUS itself, at its installation or after")
    },
    Setting {
        sentence: "No dynamic ports: a named instance needs a static one, set by hand, and each instance its own.",
        source: &in_all("#BKMK_SQLPorts"),
        ..set(&SQL, SQL_TOOL)
    },
    Setting {
        sentence: "The site server has to reach the port that is set.",
        editions: Editions::SINCE_2002,
        source: &in_2020("#bkmk_note3"),
        ..set(&SQL_WSUS, SQL_TOOL)
    },
    Setting {
        sentence: "Between sites only; each instance on a server needs its own.",
        source: &in_all("#BKMK_SQLPorts"),
        ..set(
            &DATABASE_REPLICATION,
            "setup of the site (the articles say that it can be set, not where)",
        )
    },
];

/// A kind of communication that the articles call configurable or not.
#[derive(Debug)]
#[non_exhaustive]
pub struct Communication {
    pub from: &'static Role,
    pub to: &'static Role,
    pub configurable: bool,
    pub sentence: &'static str,
    pub editions: Editions,
    pub source: &'static [Source],
}

const fn can(from: &'static Role, to: &'static Role, sentence: &'static str) -> Communication {
    Communication {
        from,
        to,
        configurable: true,
        sentence,
        editions: Editions::MICROSOFT,
        source: CAN,
    }
}

const fn cannot(from: &'static Role, to: &'static Role, sentence: &'static str) -> Communication {
    Communication { configurable: false, source: CANNOT, ..can(from, to, sentence) }
}

/// The articles' two lists. Some entries are no connection of the tables: a client's
/// way to the internet is a setting of a proxy.
pub static COMMUNICATIONS: &[Communication] = &[
    can(
        &APPLICATION_CATALOG_WEBSITE_POINT,
        &APPLICATION_CATALOG_WEB_SERVICE_POINT,
        "Between the two halves of the Application Catalog.",
    ),
    can(&ENROLLMENT_PROXY_POINT, &ENROLLMENT_POINT, "Enrolment, behind the proxy point."),
    can(&CLIENT, &SITE_SYSTEM, "Clients and the site systems that run IIS."),
    can(
        &CLIENT,
        &PROXY_SERVER,
        "To the internet, as the settings of a proxy: no connection of the tables.",
    ),
    can(
        &SOFTWARE_UPDATE_POINT,
        &PROXY_SERVER,
        "To the internet, as the settings of a proxy; the port behind it is fixed (note 1).",
    ),
    can(
        &SOFTWARE_UPDATE_POINT,
        &UPSTREAM_WSUS_SERVER,
        "To the WSUS server, whose ports are set there (note 3).",
    ),
    can(&SITE_SERVER, &SQL_SERVER, "To the site's database."),
    Communication {
        editions: Editions::SINCE_2002,
        source: &in_2020("#BKMK_ConfigurablePorts"),
        ..can(&SITE_SERVER, &WSUS_SQL_SERVER, "To the database of WSUS.")
    },
    can(
        &CONSOLE,
        &REPORTING_SERVICES_POINT,
        "To reporting points, whose ports are set in SQL Server Reporting Services.",
    ),
    cannot(&SITE_SERVER, &SITE_SERVER, "Site to site."),
    cannot(&SITE_SERVER, &SITE_SYSTEM, "Site server to site system."),
    cannot(&CONSOLE, &SMS_PROVIDER, "Console to SMS provider."),
    cannot(&CONSOLE, &INTERNET, "Console to the internet."),
    cannot(
        &SITE_SYSTEM,
        &INTERNET,
        "To cloud services such as Microsoft Intune and cloud distribution points.",
    ),
];

/// Where the port of a service is set in an edition; nowhere where it is fixed. (Of
/// ours: in the site file.)
pub fn of(service: &Service, edition: Edition) -> impl Iterator<Item = &'static Setting> {
    SETTINGS.iter().filter(move |setting| {
        setting.service.slug == service.slug && setting.editions.contains(edition)
    })
}

/// Whether the port of a service is set once for all site systems of a site. Of
/// ours: whatever can be set can be set there.
pub fn of_the_site(service: &Service, edition: Edition) -> bool {
    match edition {
        Edition::Portolan => service.key().is_some(),
        _ => of(service, edition).any(|setting| setting.place == SITE_PORTS),
    }
}

/// Whether an administrator can change the port of a service.
pub fn movable(service: &Service, edition: Edition) -> bool {
    match edition {
        Edition::Portolan => service.key().is_some(),
        _ => of(service, edition).next().is_some(),
    }
}

/// Every role that a communication names.
#[cfg(test)]
pub(crate) fn roles() -> impl Iterator<Item = &'static Role> {
    COMMUNICATIONS.iter().flat_map(|one| [one.from, one.to])
}
