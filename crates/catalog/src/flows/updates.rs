//! Where updates and lists of software come from: WSUS, and the internet.

use crate::edition::Editions;
use crate::flow::{Flow, When, Where};
use crate::role::{
    ASSET_INTELLIGENCE_SYNCHRONIZATION_POINT, CLIENT, ENDPOINT_PROTECTION_POINT, INTERNET,
    MICROSOFT, SOFTWARE_UPDATE_POINT, UPSTREAM_WSUS_SERVER,
};
use crate::service::{WEB_HTTP, WEB_HTTPS, WSUS_HTTP, WSUS_HTTP_80, WSUS_HTTPS, WSUS_HTTPS_443};
use crate::source::in_all;

const TAKEN_OVER: Editions = Editions::MICROSOFT.and(Editions::LATER);

const SCAN: Flow = Flow {
    editions: Editions::MICROSOFT,
    scope: Where::BoundaryGroup,
    notes: &[3],
    source: &in_all("#BKMK_PortsClient-SUP"),
    sentence: "A client asks which updates it lacks.",
    ..Flow::new(&CLIENT, &SOFTWARE_UPDATE_POINT, &WSUS_HTTP)
};

const UPSTREAM: Flow = Flow {
    editions: Editions::MICROSOFT,
    notes: &[3],
    source: &in_all("#BKMK_PortsSUP-WSUS"),
    sentence: "The catalogue of updates, from the server above.",
    ..Flow::new(&SOFTWARE_UPDATE_POINT, &UPSTREAM_WSUS_SERVER, &WSUS_HTTP)
};

const DEFAULT_PAIR: When = When::OneOf { group: "wsus-ports", rank: 0 };
const OLD_PAIR: When = When::OneOf { group: "wsus-ports", rank: 1 };

pub(super) static ROWS: &[&Flow] = &[
    &Flow { when: DEFAULT_PAIR, editions: TAKEN_OVER, ..SCAN },
    &Flow { service: &WSUS_HTTPS, when: DEFAULT_PAIR, editions: TAKEN_OVER, ..SCAN },
    &Flow { service: &WSUS_HTTP_80, when: OLD_PAIR, ..SCAN },
    &Flow { service: &WSUS_HTTPS_443, when: OLD_PAIR, ..SCAN },
    &Flow { when: DEFAULT_PAIR, editions: TAKEN_OVER, ..UPSTREAM },
    &Flow { service: &WSUS_HTTPS, when: DEFAULT_PAIR, editions: TAKEN_OVER, ..UPSTREAM },
    &Flow { service: &WSUS_HTTP_80, when: OLD_PAIR, ..UPSTREAM },
    &Flow { service: &WSUS_HTTPS_443, when: OLD_PAIR, ..UPSTREAM },
    &Flow {
        editions: Editions::MICROSOFT,
        via_proxy: true,
        notes: &[1],
        source: &in_all("#BKMK_PortsSUP-Internet"),
        sentence: "The catalogue of updates, from Microsoft itself.",
        ..Flow::new(&SOFTWARE_UPDATE_POINT, &INTERNET, &WEB_HTTP)
    },
    &Flow {
        editions: Editions::MICROSOFT,
        source: &in_all("#BKMK_PortsEndpointProtection_Internet"),
        sentence: "What malware protection needs from Microsoft.",
        ..Flow::new(&ENDPOINT_PROTECTION_POINT, &INTERNET, &WEB_HTTP)
    },
    &Flow {
        editions: Editions::MICROSOFT,
        source: &in_all("#BKMK_PortsAI"),
        sentence: "The catalogue of software titles.",
        ..Flow::new(&ASSET_INTELLIGENCE_SYNCHRONIZATION_POINT, &MICROSOFT, &WEB_HTTPS)
    },
];
