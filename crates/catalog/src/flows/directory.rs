//! Who asks the directory: where services are, who is in the domain, and where the
//! site publishes itself.

use crate::edition::Editions;
use crate::flow::{Flow, Proof, Truth, When};
use crate::role::{
    CLIENT, DIRECTORY, DOMAIN_CONTROLLER, GLOBAL_CATALOG_DOMAIN_CONTROLLER, MANAGEMENT_POINT,
    SITE_SERVER,
};
use crate::service::{
    GLOBAL_CATALOG, LDAP, LDAP_UDP, LDAPS, LDAPS_UDP, RPC, RPC_ENDPOINT_MAPPER,
    RPC_ENDPOINT_MAPPER_UDP,
};
use crate::source::{Source, in_2020, in_all};

const IN_A_DOMAIN: When = When::All(&[
    When::Not(&When::Setting("client", "workgroup")),
    When::Not(&When::Setting("client", "internet-only")),
]);

const MP_TO_DC: Flow = Flow {
    editions: Editions::MICROSOFT,
    source: &in_all("#BKMK_PortsMP-DC"),
    ..Flow::new(&MANAGEMENT_POINT, &DOMAIN_CONTROLLER, &LDAP)
};

const SITE_TO_DC: Flow = Flow {
    editions: Editions::MICROSOFT,
    source: &in_all("#BKMK_PortsSite-DC"),
    ..Flow::new(&SITE_SERVER, &DOMAIN_CONTROLLER, &LDAP)
};

const SINCE_2002: Editions = Editions::SINCE_2002;
const NOBODY: Truth = Truth::Never("ldaps-is-tcp");
const OURS: Flow = Flow {
    editions: Editions::LATER,
    when: When::Feature("directory"),
    source: &[Source::ours("#what-is-declared-and-not-yet-served")],
    ..Flow::new(&SITE_SERVER, &DIRECTORY, &LDAP)
};
const HINTS: Flow = Flow {
    from: &CLIENT,
    sentence: "Hints where a site is; believed only with its signature.",
    ..OURS
};

const ASK: Proof = Proof::Ask("for whom the domain controller answers");
const SILENCE: Proof = Proof::Observe("no answer: nobody listens there");
const LOOK_UP: Proof = Proof::Ask("an endpoint look-up by datagram");

const FOR_CLIENTS: &str = "Looks up clients and their accounts.";
const FIND: &str = "Finds a domain controller that answers.";
const SIGNED: &str = "The same over TLS, where controllers demand signing and channel binding.";
const FOREST: &str = "Looks up what may be anywhere in the forest.";
const MAPPER: &str = "Asks on which port the domain controller's remote calls arrive.";
const CALLS: &str = "Remote calls to the domain controller.";
const PUBLISH: &str = "Discovers computers and users, and publishes the site.";

pub(super) static ROWS: &[&Flow] = &[
    &Flow {
        editions: Editions::MICROSOFT,
        when: IN_A_DOMAIN,
        source: &in_all("#BKMK_PortsClient-GCDC"),
        sentence: "A client of a domain looks up where its site is.",
        ..Flow::new(&CLIENT, &GLOBAL_CATALOG_DOMAIN_CONTROLLER, &GLOBAL_CATALOG)
    },
    &Flow { sentence: FOR_CLIENTS, ..MP_TO_DC },
    &Flow {
        service: &LDAP_UDP,
        editions: SINCE_2002,
        source: &in_2020("#BKMK_PortsMP-DC"),
        proof: ASK,
        sentence: FIND,
        ..MP_TO_DC
    },
    &Flow {
        service: &LDAPS,
        editions: SINCE_2002,
        source: &in_2020("#BKMK_PortsMP-DC"),
        sentence: SIGNED,
        ..MP_TO_DC
    },
    &Flow {
        service: &LDAPS_UDP,
        editions: SINCE_2002,
        source: &in_2020("#BKMK_PortsMP-DC"),
        truth: NOBODY,
        proof: SILENCE,
        sentence: SIGNED,
        ..MP_TO_DC
    },
    &Flow { service: &GLOBAL_CATALOG, sentence: FOREST, ..MP_TO_DC },
    &Flow { service: &RPC_ENDPOINT_MAPPER, sentence: MAPPER, ..MP_TO_DC },
    &Flow {
        service: &RPC_ENDPOINT_MAPPER_UDP,
        editions: Editions::V1802,
        source: &[Source::ports_1802("#BKMK_PortsMP-DC")],
        proof: LOOK_UP,
        sentence: MAPPER,
        ..MP_TO_DC
    },
    &Flow { service: &RPC, notes: &[6], sentence: CALLS, ..MP_TO_DC },
    &Flow { sentence: PUBLISH, ..SITE_TO_DC },
    &Flow {
        service: &LDAP_UDP,
        editions: SINCE_2002,
        source: &in_2020("#BKMK_PortsSite-DC"),
        proof: ASK,
        sentence: FIND,
        ..SITE_TO_DC
    },
    &Flow {
        service: &LDAPS,
        editions: SINCE_2002,
        source: &in_2020("#BKMK_PortsSite-DC"),
        sentence: SIGNED,
        ..SITE_TO_DC
    },
    &Flow {
        service: &LDAPS_UDP,
        editions: SINCE_2002,
        source: &in_2020("#BKMK_PortsSite-DC"),
        truth: NOBODY,
        proof: SILENCE,
        sentence: SIGNED,
        ..SITE_TO_DC
    },
    &Flow { service: &GLOBAL_CATALOG, sentence: FOREST, ..SITE_TO_DC },
    &Flow { service: &RPC_ENDPOINT_MAPPER, sentence: MAPPER, ..SITE_TO_DC },
    &Flow {
        service: &RPC_ENDPOINT_MAPPER_UDP,
        editions: Editions::V1802,
        source: &[Source::ports_1802("#BKMK_PortsSite-DC")],
        proof: LOOK_UP,
        sentence: MAPPER,
        ..SITE_TO_DC
    },
    &Flow { service: &RPC, notes: &[6], sentence: CALLS, ..SITE_TO_DC },
    &Flow { sentence: PUBLISH, ..OURS },
    &Flow { service: &LDAPS, sentence: PUBLISH, ..OURS },
    &Flow { service: &GLOBAL_CATALOG, sentence: FOREST, ..OURS },
    &HINTS,
    &Flow { service: &LDAPS, ..HINTS },
    &Flow { service: &GLOBAL_CATALOG, ..HINTS },
];
