//! Databases, and what keeps those of several sites alike.

use super::{Service, Share};
use crate::port::{Family, Ports, Protocol};
use crate::source::Source;

pub static SITE_DATABASE: Service = Service {
    slug: "site-database",
    name: "Site database",
    protocol: Protocol::Tcp,
    family: Family::Any,
    ports: Ports::Setting {
        key: "site-database",
        default: 5432,
        unprivileged: 5432,
        alternate: false,
    },
    types: &[],
    share: Share::Own,
    served: true,
    sentence: "PostgreSQL's protocol. With the built-in database nothing crosses a wire.",
    source: Source::ours("#the-site-database"),
};

pub static SQL: Service = Service {
    slug: "sql",
    name: "SQL over TCP",
    ports: Ports::movable("sql", 1433),
    sentence: "SQL Server's protocol, to an instance with a static port.",
    source: Source::ports_2006("#BKMK_SQLPorts"),
    ..Service::TCP
};

pub static SQL_WSUS: Service = Service {
    slug: "sql-wsus",
    name: "SQL over TCP, for WSUS",
    ports: Ports::movable("sql-wsus", 1433),
    sentence: "SQL Server's protocol, to the instance that holds the database of WSUS.",
    source: Source::ports_2006("#BKMK_PortsSite-SQL-WSUS"),
    ..Service::TCP
};

pub static DATABASE_REPLICATION: Service = Service {
    slug: "database-replication",
    name: "Database replication",
    ports: Ports::movable("database-replication", 4022),
    sentence: "Changes between the databases of two sites: SQL Server's Service Broker.",
    source: Source::ports_2006("#BKMK_PortsSQL-SQL"),
    ..Service::TCP
};
