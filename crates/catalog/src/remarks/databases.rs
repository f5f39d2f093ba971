//! About SQL Server: who asks, on which ports, and what is not needed.

use super::Remark;
use crate::about::About::{Connection, List, Port, Role, Service};
use crate::edition::Editions;
use crate::role::{LOAD_BALANCER, SITE_SERVER, SQL_SERVER, WSUS_SQL_SERVER};
use crate::service::{DATABASE_REPLICATION, SQL, SQL_WSUS};
use crate::source::{in_2020, in_all};

pub(super) static REMARKS: &[Remark] = &[
    Remark {
        source: &in_all("#BKMK_PortsSQL-SQL"),
        ..Remark::new(
            &[Connection(&SQL_SERVER, &SQL_SERVER), Service(&DATABASE_REPLICATION)],
            "Only between a site and its parent or child: between sites 4022 and 1433, within a site 1433 alone.",
        )
    },
    Remark {
        source: &in_all("#BKMK_PortsSQL-SQL"),
        ..Remark::new(
            &[Port(1434), Service(&SQL), Role(&SQL_SERVER)],
            "SQL Server Browser (UDP 1434) is not needed: the product goes to a static port.",
        )
    },
    Remark {
        source: &in_all("#BKMK_SQLPorts"),
        ..Remark::new(
            &[Service(&SQL), Role(&SQL_SERVER), List("sql-server-connections")],
            "Dynamic ports are not supported. A named instance takes one by default: give it a static port by hand.",
        )
    },
    Remark {
        source: &in_all("#BKMK_SQLPorts"),
        ..Remark::new(
            &[Service(&SQL), Role(&SQL_SERVER), List("sql-server-connections")],
            "A server with the databases of several sites needs an instance for each, and each instance its own static ports.",
        )
    },
    Remark {
        source: &in_all("#BKMK_SQLPorts"),
        ..Remark::new(
            &[Role(&SQL_SERVER), List("sql-server-connections")],
            "Every replica of an availability group is asked like an instance that stands alone: the same ports, to each.",
        )
    },
    Remark {
        source: &in_all("#BKMK_SQLPorts"),
        ..Remark::new(
            &[
                Role(&SQL_SERVER),
                Role(&LOAD_BALANCER),
                List("load-balancer"),
                List("sql-server-connections"),
            ],
            "In Azure, behind an internal or external load balancer: exceptions in the firewall of each replica, and balancing rules, both for TCP 1433, 4022, 445 and 135.",
        )
    },
    Remark {
        source: &in_all("#BKMK_SQLPorts"),
        ..Remark::new(
            &[Role(&SQL_SERVER), List("sql-server-connections")],
            "The firewall on the SQL Server's own host and those between have to pass the ports that are set.",
        )
    },
    Remark {
        source: &in_all("#BKMK_PortsSite-SQL"),
        ..Remark::new(
            &[Connection(&SITE_SERVER, &SQL_SERVER)],
            "SMB, the endpoint mapper and dynamic RPC only while a site with a remote database server is being installed; after that SQL alone.",
        )
    },
    Remark {
        editions: Editions::SINCE_2002,
        source: &in_2020("#bkmk_note3"),
        ..Remark::new(
            &[Connection(&SITE_SERVER, &WSUS_SQL_SERVER), Service(&SQL_WSUS)],
            "Only with one of two options of WSUS clean-up: “add non-clustered indexes to the WSUS database” or “remove obsolete updates from the WSUS database”.",
        )
    },
];
