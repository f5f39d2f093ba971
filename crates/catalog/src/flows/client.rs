//! What a client needs to be managed: everything that it dials.

use crate::edition::Editions;
use crate::flow::{Flow, Truth, When, Where};
use crate::role::{
    APPLICATION_CATALOG_WEBSITE_POINT, CLIENT, CLOUD_DISTRIBUTION_POINT, CLOUD_MANAGEMENT_GATEWAY,
    DISTRIBUTION_POINT, FALLBACK_STATUS_POINT, MANAGEMENT_POINT, NDES_POLICY_MODULE,
    PACKAGE_MIRROR as MIRROR, STATE_MIGRATION_POINT,
};
use crate::service::{
    APPLICATION_CATALOG_HTTP, APPLICATION_CATALOG_HTTPS, CLIENT_NOTIFICATION, EXPRESS_UPDATES,
    GATEWAY_HTTPS, HTTP, HTTPS, PACKAGE_MIRROR, SMB, WEB_HTTP, WEB_HTTPS,
};
use crate::source::{Source, in_2020, in_all, in_all_and_ours};

/// In Microsoft's editions and, served or not, in ours.
const TAKEN_OVER: Editions = Editions::MICROSOFT.and(Editions::LATER);

pub static CLIENT_TO_MANAGEMENT_POINT_HTTPS: Flow = Flow {
    editions: Editions::MICROSOFT.and(Editions::PORTOLAN),
    notes: &[2],
    source: &in_all_and_ours("#BKMK_PortsClient-MP", "#the-http-host"),
    sentence: "Enrolment, where services are, policy, and all reports.",
    ..Flow::new(&CLIENT, &MANAGEMENT_POINT, &HTTPS)
};

pub static CLIENT_TO_MANAGEMENT_POINT_HTTP: Flow = Flow {
    editions: Editions::MICROSOFT.and(Editions::PORTOLAN),
    notes: &[2],
    source: &in_all_and_ours("#BKMK_PortsClient-MP", "#the-http-host"),
    sentence: "What may travel in the clear; of ours the agent's own package alone, fetched by its digest.",
    ..Flow::new(&CLIENT, &MANAGEMENT_POINT, &HTTP)
};

pub static CLIENT_TO_DISTRIBUTION_POINT_HTTPS: Flow = Flow {
    editions: Editions::MICROSOFT.and(Editions::PORTOLAN),
    scope: Where::BoundaryGroup,
    notes: &[2],
    source: &in_all_and_ours("#BKMK_PortsClient-DP", "#the-http-host"),
    sentence: "Content, by digest and in ranges.",
    ..Flow::new(&CLIENT, &DISTRIBUTION_POINT, &HTTPS)
};

pub static CLIENT_TO_PACKAGE_MIRROR: Flow = Flow {
    when: When::Setting("package-mirror-for", "clients"),
    source: &[Source::ours("#where-packages-come-from")],
    sentence: "Where clients may fetch by themselves what a package depends on.",
    ..Flow::new(&CLIENT, &MIRROR, &PACKAGE_MIRROR)
};

const TO_MANAGEMENT_POINT: Flow = Flow {
    editions: TAKEN_OVER,
    source: &in_all("#BKMK_PortsClient-MP"),
    ..Flow::new(&CLIENT, &MANAGEMENT_POINT, &CLIENT_NOTIFICATION)
};

const TO_DISTRIBUTION_POINT: Flow = Flow {
    editions: TAKEN_OVER,
    scope: Where::BoundaryGroup,
    source: &in_all("#BKMK_PortsClient-DP"),
    ..Flow::new(&CLIENT, &DISTRIBUTION_POINT, &HTTP)
};

const TO_STATE_MIGRATION_POINT: Flow = Flow {
    editions: TAKEN_OVER,
    scope: Where::BoundaryGroup,
    source: &in_all("#BKMK_PortsClient-SMP"),
    ..Flow::new(&CLIENT, &STATE_MIGRATION_POINT, &HTTP)
};

const TO_APPLICATION_CATALOG: Flow = Flow {
    editions: Editions::MICROSOFT,
    source: &in_all("#BKMK_PortsClient-AppCatalogWebsitePoint"),
    ..Flow::new(&CLIENT, &APPLICATION_CATALOG_WEBSITE_POINT, &APPLICATION_CATALOG_HTTP)
};

const TO_NDES: Flow = Flow {
    editions: Editions::MICROSOFT,
    when: When::Feature("certificate-profiles"),
    source: &in_all("#BKMK_PortsClient-PolicyModule"),
    ..Flow::new(&CLIENT, &NDES_POLICY_MODULE, &WEB_HTTP)
};

pub(super) static ROWS: &[&Flow] = &[
    &CLIENT_TO_MANAGEMENT_POINT_HTTPS,
    &CLIENT_TO_MANAGEMENT_POINT_HTTP,
    &CLIENT_TO_DISTRIBUTION_POINT_HTTPS,
    &CLIENT_TO_PACKAGE_MIRROR,
    &Flow {
        notes: &[2],
        sentence: "Kept open by the client, so that the site can tell it at once what to do; where it fails, HTTP or HTTPS serve instead.",
        ..TO_MANAGEMENT_POINT
    },
    &Flow {
        notes: &[2],
        sentence: "Content, where it need not be secret.",
        ..TO_DISTRIBUTION_POINT
    },
    &Flow {
        service: &EXPRESS_UPDATES,
        editions: Editions::SINCE_2002,
        when: When::Feature("express-updates"),
        notes: &[2],
        source: &in_2020("#BKMK_PortsClient-DP"),
        truth: Truth::Never("express-updates-stay-on-the-client"),
        sentence: "Ranges of large update files, by the text; in truth the client asks itself.",
        ..TO_DISTRIBUTION_POINT
    },
    &Flow {
        notes: &[2],
        sentence: "Asks for a place to keep a user's state.",
        ..TO_STATE_MIGRATION_POINT
    },
    &Flow {
        service: &HTTPS,
        notes: &[2],
        sentence: "Asks for a place to keep a user's state.",
        ..TO_STATE_MIGRATION_POINT
    },
    &Flow {
        service: &SMB,
        editions: Editions::MICROSOFT,
        sentence: "The state itself, encrypted, to a share and back.",
        ..TO_STATE_MIGRATION_POINT
    },
    &Flow {
        editions: TAKEN_OVER,
        when: When::Setting("fallback-status-point", "assigned"),
        notes: &[2],
        source: &in_all("#BKMK_PortsClient-FSP"),
        sentence: "Reports of a client that cannot reach its management point, in the clear.",
        ..Flow::new(&CLIENT, &FALLBACK_STATUS_POINT, &HTTP)
    },
    &Flow { notes: &[2], sentence: "A user looks for software.", ..TO_APPLICATION_CATALOG },
    &Flow {
        service: &APPLICATION_CATALOG_HTTPS,
        notes: &[2],
        sentence: "A user looks for software.",
        ..TO_APPLICATION_CATALOG
    },
    &Flow { sentence: "A request for a certificate.", ..TO_NDES },
    &Flow { service: &WEB_HTTPS, sentence: "A request for a certificate.", ..TO_NDES },
    &Flow {
        editions: Editions::MICROSOFT,
        source: &in_all("#BKMK_PortsClient-CloudDP"),
        sentence: "Content, from the cloud.",
        ..Flow::new(&CLIENT, &CLOUD_DISTRIBUTION_POINT, &WEB_HTTPS)
    },
    &Flow {
        editions: Editions::SINCE_2002.and(Editions::LATER),
        source: &in_2020("#bkmk_client-cmg"),
        sentence: "A client on the internet reaches the site through the gateway.",
        ..Flow::new(&CLIENT, &CLOUD_MANAGEMENT_GATEWAY, &GATEWAY_HTTPS)
    },
];
