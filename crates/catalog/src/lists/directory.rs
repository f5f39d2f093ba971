//! What the site server needs of the directory, and of the sites from which it
//! migrates.

use super::{Entry, List, Stated};
use crate::edition::Editions;
use crate::port::Protocol;
use crate::role::{DISTRIBUTION_POINT, DOMAIN_CONTROLLER, SITE_SERVER, SOURCE_SITE};
use crate::service::{GLOBAL_CATALOG, LDAP, LDAPS, RPC, RPC_ENDPOINT_MAPPER};
use crate::source::{Source, in_2020, in_all};

const ASKS: Entry = Entry {
    from: Some(&SITE_SERVER),
    to: Some(&DOMAIN_CONTROLLER),
    source: &in_all("#bkmk_discovery"),
    ..Entry::new("LDAP", Stated::NoTransport(&LDAP))
};

pub static DISCOVERY_AND_PUBLISHING: List = List {
    slug: "discovery-and-publishing",
    name: "Discovery and publishing",
    sentence: "Finding computers and users in Active Directory, and writing there where the site is. For the first lines the article names a number and no transport.",
    source: &in_all("#bkmk_discovery"),
    entries: &[
        ASKS,
        Entry {
            what: "LDAP over TLS, for signing and channel binding",
            ports: Stated::NoTransport(&LDAPS),
            editions: Editions::SINCE_2002,
            source: &in_2020("#bkmk_discovery"),
            ..ASKS
        },
        Entry { what: "Global catalog", ports: Stated::NoTransport(&GLOBAL_CATALOG), ..ASKS },
        Entry {
            what: "RPC endpoint mapper",
            ports: Stated::NoTransport(&RPC_ENDPOINT_MAPPER),
            ..ASKS
        },
        Entry { what: "RPC, dynamic high ports", ports: Stated::Service(&RPC), ..ASKS },
        Entry {
            what: "Dynamic ports of old systems",
            ports: Stated::Range(Protocol::Tcp, 1024, 5000),
            ..ASKS
        },
        Entry {
            what: "Dynamic ports since Windows Server 2008",
            ports: Stated::Range(Protocol::Tcp, 49152, 65535),
            ..ASKS
        },
    ],
};

const COPIES: Entry = Entry {
    from: Some(&SITE_SERVER),
    to: Some(&SOURCE_SITE),
    editions: Editions::V1802,
    source: &[Source::ports_1802("#BKMK_MigrationPorts")],
    ..Entry::new("Data out of the source site's SQL Server", Stated::Nothing)
};

pub static MIGRATION: List = List {
    slug: "migration",
    name: "Migration",
    sentence: "The site server that migrates connects to sites of another hierarchy by several ports. The articles give none, and the catalog invents none.",
    source: &in_all("#BKMK_MigrationPorts"),
    entries: &[
        COPIES,
        Entry { what: "Distribution points are shared", to: Some(&DISTRIBUTION_POINT), ..COPIES },
        Entry {
            what: "Whatever a migration needs",
            editions: Editions::SINCE_2002,
            source: &in_2020("#BKMK_MigrationPorts"),
            ..COPIES
        },
    ],
};
