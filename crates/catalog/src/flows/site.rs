//! What the site server needs of others and the site's hosts of it, and what a
//! distribution point needs of its management point.
//!
//! Ours is one link to each host and opened from there. Configuration Manager's
//! way, files and remote calls in both directions, is in [`super::site_systems`];
//! who asks the database, in [`super::database`].

use crate::edition::Editions;
use crate::flow::{Flow, Opens, Proof, When, Where};
use crate::role::{
    CLIENT, CLOUD_DISTRIBUTION_POINT, DISTRIBUTION_POINT, INTERNET,
    ISSUING_CERTIFICATION_AUTHORITY, MANAGEMENT_POINT, OBJECT_STORE as STORE,
    PACKAGE_MIRROR as MIRROR, REMOTE_CONTENT_LIBRARY, SITE_SERVER, SITE_SYSTEM,
};
use crate::service::{
    HTTP, HTTPS, OBJECT_STORE, PACKAGE_MIRROR, RPC, RPC_ENDPOINT_MAPPER, RPC_ENDPOINT_MAPPER_UDP,
    SITE_LINK, SMB, SSH, WAKE_ON_LAN, WEB_HTTP, WEB_HTTPS,
};
use crate::source::{Source, in_2020, in_all};

pub use super::database::{
    MANAGEMENT_POINT_TO_SITE_DATABASE, SITE_SERVER_TO_SITE_DATABASE, SMS_PROVIDER_TO_SITE_DATABASE,
};

pub static SITE_SYSTEM_TO_SITE_SERVER_LINK: Flow = Flow {
    reversible: true,
    scope: Where::OtherHost,
    source: &[Source::ours("#the-site-link")],
    sentence: "A host of the site takes its plan, its certificate and content, and reports.",
    ..Flow::new(&SITE_SYSTEM, &SITE_SERVER, &SITE_LINK)
};

pub static SITE_SERVER_TO_PACKAGE_MIRROR: Flow = Flow {
    source: &[Source::ours("#where-packages-come-from")],
    sentence: "What a published package depends on, found and fetched by apt.",
    ..Flow::new(&SITE_SERVER, &MIRROR, &PACKAGE_MIRROR)
};

const DP_TO_MP: Flow = Flow {
    editions: Editions::MICROSOFT,
    source: &in_all("#BKMK_PortsDist_MP"),
    sentence: "Reports: prestaged content, usage, validation, and a pull point's downloads.",
    ..Flow::new(&DISTRIBUTION_POINT, &MANAGEMENT_POINT, &HTTP)
};

const TO_ISSUING_CA: Flow = Flow {
    editions: Editions::MICROSOFT,
    opens: Opens::Either,
    when: When::Feature("certificate-profiles"),
    scope: Where::TopSite,
    source: &in_all("#BKMK_PortsIssuingCA_SiteServer"),
    ..Flow::new(&SITE_SERVER, &ISSUING_CERTIFICATION_AUTHORITY, &RPC)
};

const TO_OBJECT_STORE: Flow = Flow {
    editions: Editions::LATER,
    source: &[Source::ours("#what-is-declared-and-not-yet-served")],
    ..Flow::new(&SITE_SERVER, &STORE, &OBJECT_STORE)
};

pub(super) static ROWS: &[&Flow] = &[
    &SITE_SYSTEM_TO_SITE_SERVER_LINK,
    &SITE_SERVER_TO_PACKAGE_MIRROR,
    &Flow { notes: &[2], ..DP_TO_MP },
    &Flow { service: &HTTPS, notes: &[2], ..DP_TO_MP },
    &Flow {
        editions: Editions::MICROSOFT,
        opens: Opens::Either,
        scope: Where::ParentOrChild,
        source: &in_all("#BKMK_PortsSite-Site"),
        sentence: "Files between a site and its parent or child: content, and what is not in the database.",
        ..Flow::new(&SITE_SERVER, &SITE_SERVER, &SMB)
    },
    &Flow {
        editions: Editions::MICROSOFT.and(Editions::LATER),
        when: When::Feature("wake-on-lan"),
        notes: &[2],
        source: &in_all("#BKMK_PortsSite-Client"),
        proof: Proof::Observe("the machine that was asleep starts"),
        sentence: "The site server wakes a client before a deadline.",
        ..Flow::new(&SITE_SERVER, &CLIENT, &WAKE_ON_LAN)
    },
    &Flow {
        editions: Editions::MICROSOFT,
        source: &in_all("#BKMK_PortsSiteServer-CloudDP"),
        sentence: "Content, to the cloud.",
        ..Flow::new(&SITE_SERVER, &CLOUD_DISTRIBUTION_POINT, &WEB_HTTPS)
    },
    &Flow {
        editions: Editions::MICROSOFT,
        via_proxy: true,
        notes: &[1],
        source: &in_all("#BKMK_PortSite-Internet"),
        sentence: "Downloads of the site server: updates, and lists of what there is.",
        ..Flow::new(&SITE_SERVER, &INTERNET, &WEB_HTTP)
    },
    &Flow {
        editions: Editions::SINCE_2002,
        when: When::Feature("remote-content-library"),
        source: &in_2020("#BKMK_PortsSite-RCL"),
        sentence: "The content library, on another server than the site server's own disk.",
        ..Flow::new(&SITE_SERVER, &REMOTE_CONTENT_LIBRARY, &SMB)
    },
    &Flow {
        service: &RPC_ENDPOINT_MAPPER,
        sentence: "Asks on which port the certification authority's DCOM listens.",
        ..TO_ISSUING_CA
    },
    &Flow {
        service: &RPC_ENDPOINT_MAPPER_UDP,
        proof: Proof::Ask("an endpoint look-up by datagram"),
        sentence: "Asks on which port the certification authority's DCOM listens.",
        ..TO_ISSUING_CA
    },
    &Flow {
        notes: &[6],
        sentence: "Certificates are issued and revoked, by DCOM.",
        ..TO_ISSUING_CA
    },
    &Flow { sentence: "Content into storage that others hold.", ..TO_OBJECT_STORE },
    &Flow {
        from: &DISTRIBUTION_POINT,
        sentence: "Content out of storage that others hold.",
        ..TO_OBJECT_STORE
    },
    &Flow {
        editions: Editions::LATER,
        when: When::Installing,
        source: &[Source::ours("#what-is-declared-and-not-yet-served")],
        sentence: "The agent is put on a machine that has none.",
        ..Flow::new(&SITE_SERVER, &CLIENT, &SSH)
    },
];
