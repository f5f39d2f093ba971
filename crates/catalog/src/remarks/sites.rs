//! About the site's own servers, the directory, and migration.

use super::Remark;
use crate::about::About::{Connection, List, Note, Port, Role, Service};
use crate::edition::Editions;
use crate::role::{
    CONSOLE, DISTRIBUTION_POINT, INTERNET, ISSUING_CERTIFICATION_AUTHORITY, MANAGEMENT_POINT,
    REMOTE_CONTENT_LIBRARY, REPORTING_SERVICES_POINT, SITE_SERVER, SITE_SYSTEM, SMS_PROVIDER,
    SOFTWARE_UPDATE_POINT,
};
use crate::service::{LDAP_UDP, LDAPS, REPORTING_HTTP, REPORTING_HTTPS, RPC};
use crate::source::{Source, in_2020, in_all};

pub(super) static REMARKS: &[Remark] = &[
    Remark {
        source: &in_all("#BKMK_PortsConsole-Site"),
        ..Remark::new(
            &[Connection(&CONSOLE, &SITE_SERVER), Connection(&CONSOLE, &SMS_PROVIDER)],
            "The console first asks the site server, on 135, on which host the SMS provider is, and then talks to that host.",
        )
    },
    Remark {
        source: &in_all("#BKMK_PortsIssuingCA_SiteServer"),
        ..Remark::new(
            &[Connection(&SITE_SERVER, &ISSUING_CERTIFICATION_AUTHORITY)],
            "Only the site server at the top of the hierarchy, and only where certificate profiles are deployed through the certificate registration point.",
        )
    },
    Remark {
        source: &in_all("#BKMK_PortsSite-DP"),
        ..Remark::new(
            &[Connection(&SITE_SERVER, &DISTRIBUTION_POINT), Role(&DISTRIBUTION_POINT)],
            "A distribution point sends the site server no status: one-way, although note 5 stands at the heading.",
        )
    },
    Remark {
        editions: Editions::SINCE_2002,
        source: &in_2020("#BKMK_PortsClient-DP"),
        ..Remark::new(
            &[Role(&DISTRIBUTION_POINT)],
            "The texts of 2020 say of each table that it holds for standard and for pull distribution points alike; 1802 knows one kind.",
        )
    },
    Remark {
        source: &in_all("#BKMK_PortsSite-RSP"),
        ..Remark::new(
            &[Connection(&SITE_SERVER, &REPORTING_SERVICES_POINT)],
            "A reporting point sends the site server no status.",
        )
    },
    Remark {
        source: &in_all("#BKMK_ConfigurablePorts"),
        ..Remark::new(
            &[Service(&REPORTING_HTTP), Service(&REPORTING_HTTPS), Role(&REPORTING_SERVICES_POINT)],
            "The ports are those of SQL Server Reporting Services; look there before writing IPsec filters or firewall rules.",
        )
    },
    Remark {
        editions: Editions::SINCE_2002,
        source: &in_2020("#BKMK_PortsSite-RCL"),
        ..Remark::new(
            &[Connection(&SITE_SERVER, &REMOTE_CONTENT_LIBRARY)],
            "Where the content library of a central or primary site server was moved to another server, to free its disk.",
        )
    },
    Remark {
        source: &[Source::ports_1802("#BKMY_PortNotes"), Source::ports_2006("#bkmk_note1")],
        ..Remark::new(
            &[Connection(&SITE_SERVER, &INTERNET), Connection(&SOFTWARE_UPDATE_POINT, &INTERNET)],
            "Through a proxy if one is configured; then the proxy's port is what firewalls see.",
        )
    },
    Remark {
        source: &[Source::ports_1802("#BKMY_PortNotes"), Source::ports_2006("#bkmk_note5")],
        ..Remark::new(
            &[Connection(&MANAGEMENT_POINT, &SITE_SERVER), Note(5)],
            "Where the site server is to begin, its installation account must be able to log on to the role's host, and the role's own connections are not made.",
        )
    },
    Remark {
        source: &in_all("#BKMK_IBCMports"),
        ..Remark::new(
            &[Service(&RPC), Connection(&SITE_SERVER, &SITE_SYSTEM)],
            "Microsoft's rpccfg.exe limits dynamic RPC to a range; it acts on the whole machine. A firewall that follows RPC needs the endpoint mapper alone.",
        )
    },
    Remark {
        editions: Editions::V1802,
        source: &[Source::ports_1802("#bkmk_discovery")],
        ..Remark::new(
            &[List("discovery-and-publishing")],
            "For three lines no transport is named; LDAP over TLS is missing.",
        )
    },
    Remark {
        editions: Editions::SINCE_2002,
        source: &in_2020("#bkmk_discovery"),
        ..Remark::new(
            &[List("discovery-and-publishing"), Service(&LDAPS)],
            "For four lines no transport is named. LDAP over TLS on 636 is in the texts of 2020 only, for signing and channel binding.",
        )
    },
    Remark {
        editions: Editions::SINCE_2002,
        source: &in_2020("#BKMK_PortsMP-DC"),
        ..Remark::new(
            &[Service(&LDAP_UDP)],
            "In the texts of 2020 only. The datagram finds a domain controller; all else goes by TCP.",
        )
    },
    Remark {
        source: &in_all("#bkmk_discovery"),
        ..Remark::new(
            &[List("discovery-and-publishing"), Port(1024), Port(49152)],
            "Two dynamic ranges are named: 1024–5000 and 49152–65535, of old and of present Windows.",
        )
    },
    Remark {
        source: &in_all("#BKMK_MigrationPorts"),
        ..Remark::new(
            &[List("migration")],
            "No port is given, in any edition; each refers to the article on what migration requires.",
        )
    },
    Remark {
        source: &in_all("#BKMK_ServerPorts"),
        ..Remark::new(
            &[List("windows-server-ports")],
            "Kerberos (TCP 88) stands there since the texts of 2020 only.",
        )
    },
];
