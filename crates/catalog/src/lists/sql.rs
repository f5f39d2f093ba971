//! Who talks to SQL Server, and what a load balancer before it has to pass.

use super::{Entry, List, Stated};
use crate::edition::Editions;
use crate::role::{
    APPLICATION_CATALOG_WEB_SERVICE_POINT, ASSET_INTELLIGENCE_SYNCHRONIZATION_POINT,
    CERTIFICATE_REGISTRATION_POINT, DATA_WAREHOUSE_SERVICE_POINT, ENDPOINT_PROTECTION_POINT,
    ENROLLMENT_POINT, LOAD_BALANCER as BALANCER, MANAGEMENT_POINT, REPORTING_SERVICES_POINT, Role,
    SITE_SERVER, SITE_SYSTEM, SMS_PROVIDER, SQL_SERVER, STATE_MIGRATION_POINT,
};
use crate::service::{DATABASE_REPLICATION, RPC_ENDPOINT_MAPPER, SMB, SQL};
use crate::source::{Source, in_2020, in_all};

const HERE: &[Source] = &in_all("#BKMK_SQLPorts");

const fn asks(role: &'static Role) -> Entry {
    Entry {
        from: Some(role),
        to: Some(&SQL_SERVER),
        source: HERE,
        ..Entry::new("Within a site: the role asks the database", Stated::Service(&SQL))
    }
}

/// A role that has a table, and is missing from the list.
const fn missing(role: &'static Role, table: &'static [Source]) -> Entry {
    Entry { fixes: Some("roles-that-ask-the-database"), source: table, ..asks(role) }
}

pub static SQL_SERVER_CONNECTIONS: List = List {
    slug: "sql-server-connections",
    name: "Connections to SQL Server",
    sentence: "The database of a site, asked from within the site and from its parent or child.",
    source: HERE,
    entries: &[
        Entry {
            what: "Between sites: Service Broker",
            ports: Stated::Service(&DATABASE_REPLICATION),
            ..asks(&SQL_SERVER)
        },
        Entry { what: "Between sites: SQL Server itself", ..asks(&SQL_SERVER) },
        asks(&APPLICATION_CATALOG_WEB_SERVICE_POINT),
        asks(&CERTIFICATE_REGISTRATION_POINT),
        asks(&ENROLLMENT_POINT),
        asks(&MANAGEMENT_POINT),
        asks(&SITE_SERVER),
        asks(&REPORTING_SERVICES_POINT),
        asks(&SMS_PROVIDER),
        missing(&ASSET_INTELLIGENCE_SYNCHRONIZATION_POINT, &in_all("#BKMK_PortsAI-to-SQL")),
        missing(&ENDPOINT_PROTECTION_POINT, &in_all("#BKMK_PortsEP-to-SQL")),
        missing(&STATE_MIGRATION_POINT, &in_all("#BKMK_PortsStateMigrationPoint-to-SQL")),
        Entry {
            editions: Editions::SINCE_2002,
            ..missing(&DATA_WAREHOUSE_SERVICE_POINT, &in_2020("#BKMK_PortsDWSPSQL"))
        },
    ],
};

const BALANCED: Entry = Entry {
    from: Some(&SITE_SYSTEM),
    to: Some(&BALANCER),
    source: HERE,
    ..Entry::new("SQL over TCP", Stated::Service(&SQL))
};

const REPLICA: Entry = Entry { from: Some(&BALANCER), to: Some(&SQL_SERVER), ..BALANCED };

pub static LOAD_BALANCER: List = List {
    slug: "load-balancer",
    name: "A load balancer before the site's database, in Azure",
    sentence: "Two things are needed for each of the four ports: a balancing rule, and an exception in the firewall of every replica.",
    source: HERE,
    entries: &[
        BALANCED,
        Entry { what: "Service Broker", ports: Stated::Service(&DATABASE_REPLICATION), ..BALANCED },
        Entry { what: "SMB", ports: Stated::Service(&SMB), ..BALANCED },
        Entry {
            what: "RPC endpoint mapper",
            ports: Stated::Service(&RPC_ENDPOINT_MAPPER),
            ..BALANCED
        },
        REPLICA,
        Entry { what: "Service Broker", ports: Stated::Service(&DATABASE_REPLICATION), ..REPLICA },
        Entry { what: "SMB", ports: Stated::Service(&SMB), ..REPLICA },
        Entry {
            what: "RPC endpoint mapper",
            ports: Stated::Service(&RPC_ENDPOINT_MAPPER),
            ..REPLICA
        },
    ],
};
