//! About clients: what they ask, when they do not, how they boot and are woken.

use super::Remark;
use crate::about::About::{self, Connection, Everything, List, Port, PortChange, Service};
use crate::edition::Editions;
use crate::role::{
    CLIENT, CONSOLE, DISTRIBUTION_POINT, DISTRIBUTION_POINT_PXE, FALLBACK_STATUS_POINT,
    GLOBAL_CATALOG_DOMAIN_CONTROLLER, MANAGEMENT_POINT, NDES_POLICY_MODULE, SOFTWARE_UPDATE_POINT,
    STATE_MIGRATION_POINT,
};
use crate::service::{
    CLIENT_NOTIFICATION, DHCP_REPLY, EXPRESS_UPDATES, HTTP, HTTPS, ICMP_ECHO, PEER_CACHE,
    PEER_CACHE_DISCOVERY, REMOTE_ASSISTANCE, REMOTE_CONTROL, TFTP, WAKE_ON_LAN, WAKE_UP_PROXY,
};
use crate::source::{Source, in_2020, in_all};

const PXE: About = Connection(&CLIENT, &DISTRIBUTION_POINT_PXE);
const TO_MP: About = Connection(&CLIENT, &MANAGEMENT_POINT);

pub(super) static REMARKS: &[Remark] = &[
    Remark {
        source: &in_all("#BKMK_PortsClient-MP"),
        ..Remark::new(
            &[Service(&CLIENT_NOTIFICATION)],
            "Where 10123 is blocked nothing breaks: clients fall back to HTTP or HTTPS of the management point by themselves. So a blocked port is noticed late, as slower actions and more work for the management point.",
        )
    },
    Remark {
        editions: Editions::NONE,
        source: &[Source::client_ports(
            "#how-to-configure-client-communication-ports-in-system-center-configuration-manager",
        )],
        ..Remark::new(
            &[Service(&CLIENT_NOTIFICATION), PortChange],
            "Notification over HTTP or HTTPS costs the management point more processor time and memory than the port of its own.",
        )
    },
    Remark {
        source: &in_all("#BKMK_ConfigurablePorts"),
        ..Remark::new(
            &[Service(&HTTP), Service(&HTTPS)],
            "Set at setup or in the site's properties, for all site systems with IIS at once; each has a default and may have an alternate.",
        )
    },
    Remark {
        editions: Editions::NONE,
        source: &[Source::client_ports(
            "#how-to-configure-client-communication-ports-in-system-center-configuration-manager",
        )],
        ..Remark::new(
            &[Service(&HTTP), Service(&HTTPS), TO_MP],
            "Clients that can read Active Directory follow a changed port by themselves. Four groups do not: workgroup, another forest, internet-only, and on the internet at the moment (`portolan catalog port-change`).",
        )
    },
    Remark {
        source: &in_all("#BKMK_CommunicationPorts"),
        ..Remark::new(
            &[Everything, Service(&HTTPS)],
            "Internet-based clients behind SSL bridging: beside the ports, certain HTTP verbs and headers may have to be let through.",
        )
    },
    Remark {
        source: &in_all("#BKMK_PortsClient-GCDC"),
        ..Remark::new(
            &[Connection(&CLIENT, &GLOBAL_CATALOG_DOMAIN_CONTROLLER)],
            "Not a client of a workgroup, and not one that is set up for the internet only.",
        )
    },
    Remark {
        editions: Editions::NONE,
        source: &[Source::client_firewall("#ports-that-are-used-for-all-installation-methods")],
        ..Remark::new(
            &[Connection(&CLIENT, &FALLBACK_STATUS_POINT)],
            "Only when the client has been assigned a fallback status point; then with every method of installation.",
        )
    },
    Remark {
        source: &in_all("#BKMK_PortsClient-ClientWakeUp"),
        ..Remark::new(
            &[Service(&ICMP_ECHO), Service(&WAKE_UP_PROXY), Service(&WAKE_ON_LAN)],
            "Clients ask each other by ICMP echo whether they are awake. It stands in prose, since ICMP has no port; every host firewall of these clients and every device in the subnet has to pass it.",
        )
    },
    Remark {
        editions: Editions::NONE,
        source: &[Source::client_firewall("#wake-up-proxy")],
        ..Remark::new(
            &[Service(&WAKE_UP_PROXY), Service(&WAKE_ON_LAN)],
            "The ports are client settings (Power Management). Windows Firewall is opened by itself only with another client setting beside them; any other firewall by hand.",
        )
    },
    Remark {
        editions: Editions::NONE,
        source: &[Source::client_ports(
            "#how-to-configure-client-communication-ports-in-system-center-configuration-manager",
        )],
        ..Remark::new(
            &[Service(&WAKE_ON_LAN), PortChange],
            "The port of traditional wake-up packets is set for each site; the one for packets among clients is a client setting. Nothing keeps the two alike.",
        )
    },
    Remark {
        editions: Editions::SINCE_2002,
        source: &in_2020("#BKMK_PortsClient-ClientWakeUp"),
        ..Remark::new(
            &[Service(&PEER_CACHE), Service(&PEER_CACHE_DISCOVERY)],
            "Peer cache of Windows PE: found by a broadcast on UDP 8004, fetched by TCP 8003.",
        )
    },
    Remark {
        editions: Editions::SINCE_2002,
        source: &in_2020("#BKMK_PortsClient-DP"),
        ..Remark::new(
            &[Service(&EXPRESS_UPDATES)],
            "The port is the client setting for requests of delta content.",
        )
    },
    Remark {
        editions: Editions::SINCE_2002,
        source: &in_2020("#BKMK_PortsClient-DP3"),
        ..Remark::new(
            &[PXE],
            "When a distribution point is given PXE, the product opens inbound rules of Windows Firewall, never outbound ones.",
        )
    },
    Remark {
        editions: Editions::SINCE_2002,
        source: &in_2020("#BKMK_PortsClient-DP3"),
        ..Remark::new(
            &[PXE],
            "A host firewall on such a distribution point has to let it send and receive on all of these ports.",
        )
    },
    Remark {
        source: &in_all("#BKMK_PortsClient-DP3"),
        ..Remark::new(
            &[PXE, Service(&DHCP_REPLY)],
            "Port 68 is the machine's own: the distribution point answers to it. The article gives it in one cell with 67, under one arrow.",
        )
    },
    Remark {
        source: &[Source::ports_1802("#BKMY_PortNotes"), Source::ports_2006("#bkmk_note4")],
        ..Remark::new(
            &[Service(&TFTP)],
            "A firewall that follows TFTP passes the answers; one that does not needs the high ports of both sides, or a server that answers from 69.",
        )
    },
    Remark {
        source: &in_all("#BKMK_PortsClient-PolicyModule"),
        ..Remark::new(
            &[Connection(&CLIENT, &NDES_POLICY_MODULE)],
            "The network device enrolment server is a Windows role, whose ports the product does not set.",
        )
    },
    Remark {
        source: &in_all("#BKMK_PortsClient-SUP"),
        ..Remark::new(
            &[Connection(&CLIENT, &SOFTWARE_UPDATE_POINT)],
            "One pair of ports, not both: 8530 with 8531, or 80 with 443 (note 3).",
        )
    },
    Remark {
        source: &in_all("#BKMK_PortsClient-SMP"),
        ..Remark::new(
            &[Connection(&CLIENT, &STATE_MIGRATION_POINT)],
            "The request goes by HTTP or HTTPS, the data by SMB: both have to pass.",
        )
    },
    Remark {
        source: &in_all("#BKMK_PortsConsole-Client"),
        ..Remark::new(
            &[Service(&REMOTE_CONTROL), Service(&REMOTE_ASSISTANCE), Connection(&CONSOLE, &CLIENT)],
            "The client answers: its firewall needs the rule inbound.",
        )
    },
    Remark {
        source: &in_all("#BKMK_PortsDist_MP"),
        ..Remark::new(
            &[Connection(&DISTRIBUTION_POINT, &MANAGEMENT_POINT)],
            "In four cases: status of prestaged content, a summary of usage, results of content validation, and, from pull distribution points only, the state of downloads.",
        )
    },
    Remark {
        source: &in_all("#BKMK_ClientShares"),
        ..Remark::new(
            &[List("client-shares"), Port(445)],
            "Clients come to shares when setup is given `/source`, and when Endpoint Protection fetches definitions from a path on the network.",
        )
    },
];
