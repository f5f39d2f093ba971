//! What an administrator needs: with ours one API, whatever the tool; with
//! Configuration Manager a console that talks to many.

use crate::edition::Editions;
use crate::flow::{Flow, Proof, When};
use crate::role::{
    CLIENT, CONSOLE, INTERNET, REPORTING_SERVICES_POINT, SITE_SERVER, SITE_SYSTEM, SMS_PROVIDER,
};
use crate::service::{
    HTTPS, PROBE_RESPONDER, REMOTE_ASSISTANCE, REMOTE_CONTROL, REPORTING_HTTP, REPORTING_HTTPS,
    RPC, RPC_ENDPOINT_MAPPER, RPC_ENDPOINT_MAPPER_UDP, WEB_HTTP, WEB_HTTPS,
};
use crate::source::{Source, in_all};

pub static CONSOLE_TO_SMS_PROVIDER_HTTPS: Flow = Flow {
    source: &[Source::ours("#the-http-host")],
    sentence: "Every act of an administrator, by command line, browser or script.",
    ..Flow::new(&CONSOLE, &SMS_PROVIDER, &HTTPS)
};

const TO_CLIENT: Flow = Flow {
    editions: Editions::MICROSOFT,
    source: &in_all("#BKMK_PortsConsole-Client"),
    ..Flow::new(&CONSOLE, &CLIENT, &REMOTE_CONTROL)
};

const TO_INTERNET: Flow = Flow {
    editions: Editions::MICROSOFT,
    source: &in_all("#BKMK_PortsConsole-Internet"),
    sentence: "Updates for deployment packages, feedback, and links to documentation.",
    ..Flow::new(&CONSOLE, &INTERNET, &WEB_HTTP)
};

const TO_REPORTS: Flow = Flow {
    editions: Editions::MICROSOFT,
    source: &in_all("#BKMK_PortsConsole-RSP"),
    sentence: "Reports, in the console.",
    ..Flow::new(&CONSOLE, &REPORTING_SERVICES_POINT, &REPORTING_HTTP)
};

const TO_PROVIDER: Flow = Flow {
    editions: Editions::MICROSOFT,
    source: &in_all("#BKMK_PortsConsole-Provider"),
    ..Flow::new(&CONSOLE, &SMS_PROVIDER, &RPC)
};

/// Whoever proves a flow asks the host at its end to confirm.
const PROBE: Flow = Flow {
    editions: Editions::LATER,
    when: When::Feature("probe"),
    source: &[Source::ours("#what-is-declared-and-not-yet-served")],
    sentence: "Confirms what a probe sent, for as long as the probe lasts.",
    ..Flow::new(&CONSOLE, &SITE_SYSTEM, &PROBE_RESPONDER)
};

pub(super) static ROWS: &[&Flow] = &[
    &CONSOLE_TO_SMS_PROVIDER_HTTPS,
    &Flow {
        editions: Editions::MICROSOFT.and(Editions::LATER),
        when: When::Feature("remote-control"),
        sentence: "An administrator sees and works a user's screen.",
        ..TO_CLIENT
    },
    &Flow {
        service: &REMOTE_ASSISTANCE,
        when: When::Feature("remote-assistance"),
        sentence: "Windows' own help for a user, begun from the console.",
        ..TO_CLIENT
    },
    &TO_INTERNET,
    &Flow { service: &WEB_HTTPS, ..TO_INTERNET },
    &Flow { notes: &[2], ..TO_REPORTS },
    &Flow { service: &REPORTING_HTTPS, notes: &[2], ..TO_REPORTS },
    &Flow {
        editions: Editions::MICROSOFT,
        source: &in_all("#BKMK_PortsConsole-Site"),
        sentence: "Asks the site server by WMI on which host the SMS provider is.",
        ..Flow::new(&CONSOLE, &SITE_SERVER, &RPC_ENDPOINT_MAPPER)
    },
    &Flow {
        service: &RPC_ENDPOINT_MAPPER,
        sentence: "Asks on which port the provider's WMI listens.",
        ..TO_PROVIDER
    },
    &Flow {
        service: &RPC_ENDPOINT_MAPPER_UDP,
        proof: Proof::Ask("an endpoint look-up by datagram"),
        sentence: "Asks on which port the provider's WMI listens.",
        ..TO_PROVIDER
    },
    &Flow {
        notes: &[6],
        sentence: "All that an administrator sees and does, by WMI.",
        ..TO_PROVIDER
    },
    &PROBE,
    &Flow { to: &CLIENT, ..PROBE },
    &Flow { from: &SITE_SYSTEM, ..PROBE },
    &Flow { from: &SITE_SYSTEM, to: &CLIENT, ..PROBE },
    &Flow { from: &CLIENT, ..PROBE },
];
