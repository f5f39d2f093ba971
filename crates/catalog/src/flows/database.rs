//! Who asks the database, and how the databases of two sites stay alike.
//!
//! A distribution point has no row to the database: it needs none, and a stolen
//! one must not have it.

use crate::edition::Editions;
use crate::flow::{Flow, Opens, Proof, Truth, When, Where};
use crate::role::{
    APPLICATION_CATALOG_WEB_SERVICE_POINT, ASSET_INTELLIGENCE_SYNCHRONIZATION_POINT,
    CERTIFICATE_REGISTRATION_POINT, DATA_WAREHOUSE_SERVICE_POINT, ENDPOINT_PROTECTION_POINT,
    ENROLLMENT_POINT, MANAGEMENT_POINT, REPORTING_SERVICES_POINT, Role, SITE_DATABASE_SERVER,
    SITE_SERVER, SMS_PROVIDER, SOFTWARE_UPDATE_POINT, SQL_SERVER, STATE_MIGRATION_POINT,
    WSUS_SQL_SERVER,
};
use crate::service::{
    DATABASE_REPLICATION, RPC, RPC_ENDPOINT_MAPPER, RPC_ENDPOINT_MAPPER_UDP, SITE_DATABASE, SMB,
    SQL, SQL_WSUS,
};
use crate::source::{Source, in_2020, in_all};

const WITH_POSTGRESQL: When = When::Setting("database", "postgresql");

pub static SITE_SERVER_TO_SITE_DATABASE: Flow = Flow {
    when: WITH_POSTGRESQL,
    source: &[Source::ours("#the-site-database")],
    sentence: "The site server reads and writes what the site knows.",
    ..Flow::new(&SITE_SERVER, &SITE_DATABASE_SERVER, &SITE_DATABASE)
};

pub static MANAGEMENT_POINT_TO_SITE_DATABASE: Flow = Flow {
    when: WITH_POSTGRESQL,
    source: &[Source::ours("#the-site-database")],
    sentence: "The management point reads policy and writes reports.",
    ..Flow::new(&MANAGEMENT_POINT, &SITE_DATABASE_SERVER, &SITE_DATABASE)
};

pub static SMS_PROVIDER_TO_SITE_DATABASE: Flow = Flow {
    when: WITH_POSTGRESQL,
    source: &[Source::ours("#the-site-database")],
    sentence: "The SMS provider reads state and writes what administrators want.",
    ..Flow::new(&SMS_PROVIDER, &SITE_DATABASE_SERVER, &SITE_DATABASE)
};

/// A role that asks SQL Server.
const fn asks(role: &'static Role) -> Flow {
    Flow { editions: Editions::MICROSOFT, notes: &[2], ..Flow::new(role, &SQL_SERVER, &SQL) }
}

const INSTALLING: Flow = Flow {
    when: When::Installing,
    notes: &[],
    source: &in_all("#BKMK_PortsSite-SQL"),
    ..asks(&SITE_SERVER)
};

const TO_WSUS_DATABASE: Flow = Flow {
    editions: Editions::SINCE_2002,
    when: When::Feature("wsus-cleanup"),
    notes: &[3],
    source: &in_2020("#BKMK_PortsSite-SQL-WSUS"),
    sentence: "Cleans the database of WSUS: adds indexes, deletes obsolete updates.",
    ..Flow::new(&SITE_SERVER, &WSUS_SQL_SERVER, &SQL_WSUS)
};

const BETWEEN_SITES: Flow = Flow {
    scope: Where::ParentOrChild,
    source: &in_all("#BKMK_PortsSQL-SQL"),
    ..asks(&SQL_SERVER)
};

const REPLICA: Flow = Flow {
    sentence: "The databases of a site and of its parent or child talk to each other.",
    ..BETWEEN_SITES
};

const BROKER: Flow = Flow {
    service: &DATABASE_REPLICATION,
    sentence: "Changes of one site's database, on their way to its parent or child.",
    ..BETWEEN_SITES
};

const BOTH_WAYS: Option<&str> = Some("sql-replication-both-ways");

pub(super) static ROWS: &[&Flow] = &[
    &SITE_SERVER_TO_SITE_DATABASE,
    &MANAGEMENT_POINT_TO_SITE_DATABASE,
    &SMS_PROVIDER_TO_SITE_DATABASE,
    &Flow {
        source: &in_all("#BKMK_PortsSite-SQL"),
        sentence: "The site server reads and writes what the site knows.",
        ..asks(&SITE_SERVER)
    },
    &Flow {
        service: &SMB,
        sentence: "Files, while a site with a remote database is installed.",
        ..INSTALLING
    },
    &Flow {
        service: &RPC_ENDPOINT_MAPPER,
        sentence: "Remote calls, while a site with a remote database is installed.",
        ..INSTALLING
    },
    &Flow {
        service: &RPC_ENDPOINT_MAPPER_UDP,
        proof: Proof::Ask("an endpoint look-up by datagram"),
        sentence: "Remote calls, while a site with a remote database is installed.",
        ..INSTALLING
    },
    &Flow {
        service: &RPC,
        notes: &[6],
        sentence: "Remote calls, while a site with a remote database is installed.",
        ..INSTALLING
    },
    &Flow {
        source: &in_all("#BKMK_PortsMP-SQL"),
        sentence: "The management point reads policy and where services are.",
        ..asks(&MANAGEMENT_POINT)
    },
    &Flow {
        source: &in_all("#BKMK_PortsProvider-SQL"),
        sentence: "The SMS provider reads state and writes what administrators want.",
        ..asks(&SMS_PROVIDER)
    },
    &Flow {
        source: &in_all("#BKMK_PortsAI-to-SQL"),
        sentence: "The catalogue of software titles, into the site's database.",
        ..asks(&ASSET_INTELLIGENCE_SYNCHRONIZATION_POINT)
    },
    &Flow {
        source: &in_all("#BKMK_PortsAppCatalogService-SQL"),
        sentence: "What a user may install.",
        ..asks(&APPLICATION_CATALOG_WEB_SERVICE_POINT)
    },
    &Flow {
        editions: Editions::SINCE_2002,
        source: &in_2020("#BKMK_PortsDWSPSQL"),
        sentence: "History, copied out of the site's database.",
        ..asks(&DATA_WAREHOUSE_SERVICE_POINT)
    },
    &Flow {
        source: &in_all("#BKMK_PortsEP-to-SQL"),
        sentence: "The state of malware protection.",
        ..asks(&ENDPOINT_PROTECTION_POINT)
    },
    &Flow {
        source: &in_all("#BKMK_PortsEnrollmentEnrollmentSQL"),
        sentence: "Devices that enrol, into the site's database.",
        ..asks(&ENROLLMENT_POINT)
    },
    &Flow {
        source: &in_all("#BKMK_PortsRSP-SQL"),
        sentence: "What reports are made of.",
        ..asks(&REPORTING_SERVICES_POINT)
    },
    &Flow {
        source: &in_all("#BKMK_PortsStateMigrationPoint-to-SQL"),
        sentence: "Which state belongs to which machine.",
        ..asks(&STATE_MIGRATION_POINT)
    },
    &Flow {
        source: &in_all("#BKMK_SQLPorts"),
        fixes: Some("roles-that-ask-the-database"),
        sentence: "Which certificate was ordered for whom.",
        ..asks(&CERTIFICATE_REGISTRATION_POINT)
    },
    &Flow {
        source: &[Source::other("memdocs", "#1686")],
        fixes: Some("software-update-point-asks-the-database"),
        sentence: "What the software update point knows of the site.",
        ..asks(&SOFTWARE_UPDATE_POINT)
    },
    &Flow {
        truth: Truth::Instead(&Flow {
            notes: &[2],
            fixes: Some("wsus-database-note"),
            ..TO_WSUS_DATABASE
        }),
        ..TO_WSUS_DATABASE
    },
    &Flow {
        truth: Truth::Instead(&Flow { opens: Opens::Either, fixes: BOTH_WAYS, ..REPLICA }),
        ..REPLICA
    },
    &Flow {
        truth: Truth::Instead(&Flow { opens: Opens::Either, fixes: BOTH_WAYS, ..BROKER }),
        ..BROKER
    },
    &Flow {
        editions: Editions::LATER,
        opens: Opens::Either,
        scope: Where::ParentOrChild,
        source: &in_all("#BKMK_PortsSQL-SQL"),
        sentence: "Changes of one site's database, on their way to its parent or child.",
        ..Flow::new(&SITE_DATABASE_SERVER, &SITE_DATABASE_SERVER, &DATABASE_REPLICATION)
    },
];
