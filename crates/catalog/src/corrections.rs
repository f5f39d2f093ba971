//! What is wrong in the articles, what is true, and how that is known.
//!
//! An edition's rows record what its text says. Where the text is wrong the row
//! names a correction ([`Flow::fixes`], [`Flow::truth`]), and the corrected reading
//! follows it; a mistake that changes no row is a correction in words alone.
//!
//! [`Flow::fixes`]: crate::Flow::fixes
//! [`Flow::truth`]: crate::Flow::truth

use crate::about::About;
use crate::edition::Editions;
use crate::flow::Flow;
use crate::flows::FLOWS;
use crate::role::{
    CERTIFICATE_REGISTRATION_POINT, CLIENT, CMG_CONNECTION_POINT, DISTRIBUTION_POINT,
    DISTRIBUTION_POINT_PXE, GLOBAL_CATALOG_DOMAIN_CONTROLLER, INTUNE, MANAGEMENT_POINT,
    SITE_SERVER, SOFTWARE_UPDATE_POINT, SQL_SERVER, STATE_MIGRATION_POINT, WSUS_SQL_SERVER,
};
use crate::service::{
    DHCP_REPLY, EXPRESS_UPDATES, KERBEROS, LDAPS, LDAPS_UDP, TFTP, WAKE_ON_LAN, WAKE_UP_PROXY,
    WSUS_HTTPS,
};
use crate::source::{Source, in_2020, in_all, note_in_all};

/// One correction.
#[derive(Debug)]
#[non_exhaustive]
pub struct Correction {
    pub id: &'static str,
    /// What the text says, in our words.
    pub says: &'static str,
    /// What is true.
    pub truth: &'static str,
    /// How that is known.
    pub because: &'static str,
    /// The editions whose text is wrong; none where it is one of the two articles
    /// about clients.
    pub editions: Editions,
    /// Where the wrong text stands.
    pub at: &'static [Source],
    /// What shows it: an RFC, another article, a reader's report, or another
    /// section of the same.
    pub source: &'static [Source],
    pub about: &'static [About],
}

const TABLES: &str = "The article's own tables say so.";
const MICROSOFT: Editions = Editions::MICROSOFT;
const SINCE_2002: Editions = Editions::SINCE_2002;

pub static CORRECTIONS: &[Correction] = &[
    Correction {
        id: "express-updates-stay-on-the-client",
        says: "Clients connect to distribution points on TCP 8005.",
        truth: "The client itself listens there, on its loopback address, and its own update agent asks it: no firewall needs a rule. The bytes come from the distribution point over HTTP or HTTPS. (The port collides with Apache Tomcat's.)",
        because: "The setting is named after what clients receive, and a reader had asked for the port because it was taken.",
        editions: SINCE_2002,
        at: &in_2020("#BKMK_PortsClient-DP"),
        source: &[
            Source::other(
                "about-client-settings",
                "#port-that-clients-use-to-receive-requests-for-delta-content",
            ),
            Source::other("sccmdocs", "#2091"),
        ],
        about: &[About::Connection(&CLIENT, &DISTRIBUTION_POINT), About::Service(&EXPRESS_UPDATES)],
    },
    Correction {
        id: "wsus-https-is-http-plus-one",
        says: "Where WSUS does not use 80, its HTTPS port is “1 or higher”.",
        truth: "It is the HTTP port plus one; where HTTP is 80, it is 443.",
        because: "The article about the clients' firewall has the rule ungarbled, and both give 8530 and 8531 as the example.",
        editions: MICROSOFT,
        at: &note_in_all("#bkmk_note3"),
        source: &[Source::client_firewall("#notes")],
        about: &[About::Note(3), About::Service(&WSUS_HTTPS)],
    },
    Correction {
        id: "pxe-offer-goes-to-the-client",
        says: "Machines that boot send to the distribution point on UDP 68, as they do on UDP 67.",
        truth: "A machine without an address sends from UDP 68 to UDP 67, and the boot server's offer comes back to UDP 68: the distribution point sends it. It is often broadcast, so a stateful firewall does not know it for an answer.",
        because: "The protocol gives port 67 to servers and port 68 to clients.",
        editions: MICROSOFT,
        at: &in_all("#BKMK_PortsClient-DP3"),
        source: &[Source::rfc("RFC 2131", "#section-4.1")],
        about: &[About::Connection(&CLIENT, &DISTRIBUTION_POINT_PXE), About::Service(&DHCP_REPLY)],
    },
    Correction {
        id: "rfc-1350",
        says: "TFTP is defined by RFC 350.",
        truth: "It is RFC 1350; RFC 350 is about something else.",
        because: "The RFC, and the later texts.",
        editions: Editions::V1802,
        at: &[Source::ports_1802("#BKMY_PortNotes")],
        source: &[Source::rfc("RFC 1350", "#section-1"), Source::ports_2006("#bkmk_note4")],
        about: &[About::Note(4), About::Service(&TFTP)],
    },
    Correction {
        id: "state-migration-point-needs-dynamic-rpc",
        says: "Site server and state migration point need SMB and the endpoint mapper.",
        truth: "Dynamic RPC too: the endpoint mapper only says on which port the call itself arrives.",
        because: "The mapper alone serves nothing, and every other site system with it has the dynamic ports beside it.",
        editions: MICROSOFT,
        at: &in_all("#BKMK_PortsSite-SMP"),
        source: &[
            Source::ports_2006("#bkmk_note6"),
            Source::other("windows-service-overview", "#832017"),
        ],
        about: &[About::Connection(&SITE_SERVER, &STATE_MIGRATION_POINT)],
    },
    Correction {
        id: "software-update-point-asks-the-database",
        says: "Nothing leads from the software update point to the site's database.",
        truth: "It connects to SQL Server, TCP 1433 or the port that is set.",
        because: "Readers found it blocked, and reported it.",
        editions: MICROSOFT,
        at: &in_all("#BKMK_SQLPorts"),
        source: &[Source::other("memdocs", "#1686")],
        about: &[
            About::Connection(&SOFTWARE_UPDATE_POINT, &SQL_SERVER),
            About::List("sql-server-connections"),
        ],
    },
    Correction {
        id: "roles-that-ask-the-database",
        says: "The list of roles that talk to SQL Server names the certificate registration point, which has no table to it; it leaves out Asset Intelligence, Endpoint Protection, state migration and data warehouse points, which have one.",
        truth: "All of them connect to TCP 1433 or the port that is set.",
        because: "List and tables of one article contradict each other; each is incomplete.",
        editions: MICROSOFT,
        at: &in_all("#BKMK_SQLPorts"),
        source: &[
            Source::ports_2006("#BKMK_SQLPorts"),
            Source::ports_2006("#BKMK_PortsAI-to-SQL"),
            Source::ports_2006("#BKMK_PortsEP-to-SQL"),
            Source::ports_2006("#BKMK_PortsStateMigrationPoint-to-SQL"),
            Source::ports_2006("#BKMK_PortsDWSPSQL"),
        ],
        about: &[
            About::Connection(&CERTIFICATE_REGISTRATION_POINT, &SQL_SERVER),
            About::List("sql-server-connections"),
        ],
    },
    Correction {
        id: "gateway-asks-by-http-too",
        says: "The CMG connection point asks management points on 443 only.",
        truth: "On 80 too, where management points take clients of the gateway over enhanced HTTP.",
        because: "The row was there before, a reader missed it, and it came back in 2021.",
        editions: SINCE_2002,
        at: &in_2020("#bkmk_cmgcp-mp"),
        source: &[
            Source::other("memdocs", "#1658"),
            Source::other("plan-cloud-management-gateway", "#ports-and-data-flow"),
        ],
        about: &[About::Connection(&CMG_CONNECTION_POINT, &MANAGEMENT_POINT)],
    },
    Correction {
        id: "gateway-follows-the-update-point",
        says: "The CMG connection point asks software update points on 443 and 80, depending on the point.",
        truth: "On 8531 and 8530 as well, which are that point's defaults.",
        because: "The ports are those of WSUS (note 3), and a change of the article added them.",
        editions: SINCE_2002,
        at: &in_2020("#bkmk_cmgcp-sup"),
        source: &[Source::other("memdocs", "#950"), Source::ports_2006("#bkmk_note3")],
        about: &[About::Connection(&CMG_CONNECTION_POINT, &SOFTWARE_UPDATE_POINT)],
    },
    Correction {
        id: "sql-replication-both-ways",
        says: "The heading's arrow points one way, from SQL Server to SQL Server.",
        truth: "Either side opens: the parent's database and the child's.",
        because: "The section itself says that a site's server talks with its parent's or its child's.",
        editions: MICROSOFT,
        at: &in_all("#BKMK_PortsSQL-SQL"),
        source: &[Source::ports_2006("#BKMK_PortsSQL-SQL"), Source::ports_2006("#BKMK_SQLPorts")],
        about: &[About::Connection(&SQL_SERVER, &SQL_SERVER)],
    },
    Correction {
        id: "ldaps-is-tcp",
        says: "LDAP over TLS needs 636 by TCP and by UDP.",
        truth: "TCP only: nobody speaks LDAP over TLS by datagram. (Plain LDAP by UDP 389 exists: it finds a domain controller.)",
        because: "TLS needs a stream; the registered UDP number has no protocol.",
        editions: SINCE_2002,
        at: &[Source::ports_2006("#BKMK_PortsMP-DC"), Source::ports_2006("#BKMK_PortsSite-DC")],
        source: &[Source::rfc("RFC 4511", "#section-5.1"), Source::rfc("RFC 4513", "#section-3")],
        about: &[About::Service(&LDAPS_UDP), About::Service(&LDAPS)],
    },
    Correction {
        id: "kerberos-by-udp-too",
        says: "Kerberos needs TCP 88.",
        truth: "UDP 88 too: small requests go by datagram.",
        because: "Every key distribution centre must take both.",
        editions: SINCE_2002,
        at: &in_2020("#BKMK_ServerPorts"),
        source: &[Source::rfc("RFC 4120", "#section-7.2")],
        about: &[About::List("windows-server-ports"), About::Service(&KERBEROS)],
    },
    Correction {
        id: "other-installations-use-smb-too",
        says: "Installation by hand and by Group Policy need no SMB and no RPC.",
        truth: "Their own tables list TCP 445 for both. By hand it can be avoided: start CCMSetup from local media, without `/source`.",
        because: TABLES,
        editions: Editions::NONE,
        at: &[Source::client_firewall(
            "#ports-used-during-configuration-manager-client-deployment",
        )],
        source: &[
            Source::client_firewall("#ports-that-are-used-with-group-policy-based-installation"),
            Source::client_firewall(
                "#ports-that-are-used-with-manual-installation-and-logon-script-based-installation",
            ),
        ],
        about: &[About::Method("manual"), About::Method("group-policy")],
    },
    Correction {
        id: "wake-up-proxy-comes-in-too",
        says: "The wake-up proxy needs UDP 25536 and UDP 9 outbound.",
        truth: "Inbound as well: what one client sends, its neighbour has to let in.",
        because: "The traffic is from client to client; and the exception that the product sets by itself is for what arrives.",
        editions: Editions::NONE,
        at: &[Source::client_firewall("#wake-up-proxy")],
        source: &in_all("#BKMK_PortsClient-ClientWakeUp"),
        about: &[
            About::Exceptions("wake-up-proxy"),
            About::Service(&WAKE_UP_PROXY),
            About::Service(&WAKE_ON_LAN),
        ],
    },
    Correction {
        id: "clients-do-become-unmanaged",
        says: "Clients that are not told of a changed port do not become unmanaged.",
        truth: "They do become unmanaged: the negation is the translation's.",
        because: "The next paragraph begins with how to keep them from becoming so.",
        editions: Editions::NONE,
        at: &[Source::client_ports(
            "#how-to-configure-client-communication-ports-in-system-center-configuration-manager",
        )],
        source: &[Source::client_ports(
            "#how-to-configure-client-communication-ports-in-system-center-configuration-manager",
        )],
        about: &[About::PortChange],
    },
    Correction {
        id: "intune-is-gone",
        says: "Connections to Microsoft Intune are among those whose ports are fixed.",
        truth: "Nothing leads to Intune any more: its two connections are gone from the tables.",
        because: TABLES,
        editions: SINCE_2002,
        at: &in_2020("#BKMK_NonConfigurablePorts"),
        source: &in_2020("#BKMK_CommunicationPorts"),
        about: &[About::Role(&INTUNE)],
    },
    Correction {
        id: "wsus-database-note",
        says: "The port of the WSUS database cites note 3, under note 2's title “alternate port available”.",
        truth: "Note 2 is meant: another port can be set.",
        because: "The cell's own words; note 3 only adds when the connection is used.",
        editions: SINCE_2002,
        at: &in_2020("#BKMK_PortsSite-SQL-WSUS"),
        source: &in_2020("#bkmk_note2"),
        about: &[About::Connection(&SITE_SERVER, &WSUS_SQL_SERVER)],
    },
    Correction {
        id: "within-a-site",
        says: "The database is asked by the roles of a site, and needs a static port, for communication between sites.",
        truth: "Within a site.",
        because: "The German text and the Dutch one have the word; the Swedish translation lost it twice.",
        editions: SINCE_2002,
        at: &[Source::ports_2006("#BKMK_SQLPorts")],
        source: &[Source::ports_1802("#BKMK_SQLPorts")],
        about: &[About::List("sql-server-connections")],
    },
    Correction {
        id: "diskless-machines",
        says: "TFTP was made for boot environments with disks.",
        truth: "Without disks.",
        because: "The German text has it, and it is why TFTP exists.",
        editions: SINCE_2002,
        at: &in_2020("#bkmk_note4"),
        source: &[Source::ports_1802("#BKMY_PortNotes")],
        about: &[About::Note(4), About::Connection(&CLIENT, &DISTRIBUTION_POINT_PXE)],
    },
    Correction {
        id: "internet-only-clients",
        says: "A client does not contact a global catalog when it is set up for communication over the internet.",
        truth: "When it is set up for communication over the internet only.",
        because: "The Dutch translation lost the word; the other two have it.",
        editions: SINCE_2002,
        at: &[in_2020("#BKMK_PortsClient-GCDC")[0]],
        source: &[
            Source::ports_1802("#BKMK_PortsClient-GCDC"),
            Source::ports_2006("#BKMK_PortsClient-GCDC"),
        ],
        about: &[About::Connection(&CLIENT, &GLOBAL_CATALOG_DOMAIN_CONTROLLER)],
    },
];

impl Correction {
    /// The rows that it adds, takes away or replaces.
    pub fn flows(&self) -> impl Iterator<Item = &'static Flow> {
        let id = self.id;
        FLOWS.iter().copied().filter(move |flow| flow.corrections().any(|one| one == id))
    }
}

/// The correction with this id.
pub fn find(id: &str) -> Option<&'static Correction> {
    CORRECTIONS.iter().find(|correction| correction.id == id)
}
