//! About what leaves one's own network: gateways, clouds, the internet.

use super::Remark;
use crate::about::About::{Connection, Everything, List, Role};
use crate::edition::Editions;
use crate::role::{
    AZURE, CLOUD_MANAGEMENT_GATEWAY, CMG_CONNECTION_POINT, CONSOLE, DISTRIBUTION_POINT,
    FALLBACK_STATUS_POINT, INTERNET, INTUNE, MANAGEMENT_POINT, SERVICE_CONNECTION_POINT,
    SITE_SERVER, SITE_SYSTEM, SOFTWARE_UPDATE_POINT,
};
use crate::source::{Source, in_2020, in_all};

pub(super) static REMARKS: &[Remark] = &[
    Remark {
        editions: Editions::SINCE_2002,
        source: &in_2020("#bkmk_cmgcp-cmg"),
        ..Remark::new(
            &[Connection(&CMG_CONNECTION_POINT, &CLOUD_MANAGEMENT_GATEWAY)],
            "Three alternatives, of which one is used: TLS over TCP is preferred; where that fails HTTPS, on 443 with one virtual machine, on 10124–10139 with two or more.",
        )
    },
    Remark {
        editions: Editions::SINCE_2002,
        source: &in_2020("#bkmk_cmgcp-cmg"),
        ..Remark::new(
            &[Connection(&CMG_CONNECTION_POINT, &CLOUD_MANAGEMENT_GATEWAY)],
            "The connection point calls out and holds the channel: nothing has to be opened towards the inside.",
        )
    },
    Remark {
        editions: Editions::SINCE_2002,
        source: &in_2020("#bkmk_cmgcp-sup"),
        ..Remark::new(
            &[Connection(&CMG_CONNECTION_POINT, &SOFTWARE_UPDATE_POINT)],
            "Which port is used depends on how the software update point is set up. It is the CMG connection point that asks, not the gateway.",
        )
    },
    Remark {
        editions: Editions::SINCE_2002,
        source: &in_2020("#bkmk_scp-cmg"),
        ..Remark::new(
            &[Connection(&SERVICE_CONNECTION_POINT, &AZURE)],
            "To deploy the cloud management gateway.",
        )
    },
    Remark {
        source: &in_all("#BKMK_PortsConsole-Internet"),
        ..Remark::new(
            &[Connection(&CONSOLE, &INTERNET)],
            "For three purposes: downloading updates from Microsoft Update for deployment packages, the feedback item, and links to documentation.",
        )
    },
    Remark {
        editions: Editions::V1802,
        source: &[Source::ports_1802("#BKMK_PortsIntuneConnector-WindowsIntune")],
        ..Remark::new(
            &[Role(&INTUNE)],
            "In 1802 mobile devices and the service connection point connect to Intune by HTTPS. Both connections are gone in 2020.",
        )
    },
    Remark {
        source: &in_all("#BKMK_External"),
        ..Remark::new(
            &[List("external-connections")],
            "Shorter than the tables: the site server to the internet, clients to clouds and connectors to Exchange leave the network too, and are not listed.",
        )
    },
    Remark {
        editions: Editions::SINCE_2002,
        source: &in_2020("#BKMK_IBCMports"),
        ..Remark::new(
            &[List("internet-based-clients")],
            "For that feature only: it does not hold for the cloud management gateway.",
        )
    },
    Remark {
        source: &in_all("#BKMK_IBCMports"),
        ..Remark::new(
            &[
                List("internet-based-clients"),
                Role(&MANAGEMENT_POINT),
                Role(&DISTRIBUTION_POINT),
                Role(&SOFTWARE_UPDATE_POINT),
                Role(&FALLBACK_STATUS_POINT),
            ],
            "Site systems that serve clients on the internet need more ports from the site server, for installation and for repair (`portolan catalog lists internet-based-clients`).",
        )
    },
    Remark {
        source: &in_all("#BKMK_IBCMports"),
        ..Remark::new(
            &[List("internet-based-clients"), Connection(&SITE_SERVER, &SITE_SYSTEM)],
            "Secure the traffic between site server and site systems with IPsec. Where dynamic ports are too many, rpccfg.exe limits RPC to a range.",
        )
    },
    Remark {
        source: &in_all("#BKMK_IBCMports"),
        ..Remark::new(
            &[List("internet-based-clients")],
            "Before installation the Remote Registry service has to run on the server, and a site system installation account has to be given where the server is in another forest without a trust.",
        )
    },
    Remark {
        editions: Editions::SINCE_2002,
        source: &in_2020("#BKMK_IBCMports"),
        ..Remark::new(
            &[List("internet-based-clients")],
            "Distribution points, both standard and pull, remote SQL Servers and the Application Catalog use Remote Registry.",
        )
    },
    Remark {
        editions: Editions::V1802,
        source: &[Source::ports_1802("#BKMK_CommunicationPorts")],
        ..Remark::new(
            &[Everything, List("windows-server-ports")],
            "The tables leave out Windows' own services, such as Group Policy in Active Directory and Kerberos.",
        )
    },
];
