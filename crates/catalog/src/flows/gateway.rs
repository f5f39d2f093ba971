//! The cloud management gateway: the site's side always calls out. (How a client
//! reaches the gateway is in [`super::client`].)

use crate::edition::Editions;
use crate::flow::{Flow, Truth, When};
use crate::role::{
    AZURE, CLOUD_MANAGEMENT_GATEWAY, CMG_CONNECTION_POINT, MANAGEMENT_POINT,
    SERVICE_CONNECTION_POINT, SOFTWARE_UPDATE_POINT,
};
use crate::service::{
    GATEWAY_CHANNEL, GATEWAY_HTTPS, GATEWAY_HTTPS_MANY, HTTP, HTTPS, WEB_HTTPS, WSUS_HTTP,
    WSUS_HTTP_80, WSUS_HTTPS, WSUS_HTTPS_443,
};
use crate::source::{Source, in_2020};

const CHANNEL: Flow = Flow {
    editions: Editions::SINCE_2002.and(Editions::LATER),
    source: &in_2020("#bkmk_cmgcp-cmg"),
    ..Flow::new(&CMG_CONNECTION_POINT, &CLOUD_MANAGEMENT_GATEWAY, &GATEWAY_CHANNEL)
};

const fn form(rank: u8) -> When {
    When::OneOf { group: "gateway-channel", rank }
}

const TO_MP: Flow = Flow {
    editions: Editions::SINCE_2002,
    source: &in_2020("#bkmk_cmgcp-mp"),
    sentence: "What clients on the internet ask of the management point, handed in from the channel.",
    ..Flow::new(&CMG_CONNECTION_POINT, &MANAGEMENT_POINT, &HTTPS)
};

const TO_SUP: Flow = Flow {
    editions: Editions::SINCE_2002,
    source: &in_2020("#bkmk_cmgcp-sup"),
    sentence: "What clients on the internet ask of the software update point; its port is that point's.",
    ..Flow::new(&CMG_CONNECTION_POINT, &SOFTWARE_UPDATE_POINT, &WSUS_HTTP_80)
};

const DEFAULT_PAIR: When = When::OneOf { group: "wsus-ports", rank: 0 };
const OLD_PAIR: When = When::OneOf { group: "wsus-ports", rank: 1 };
const REAL_PORTS: Option<&str> = Some("gateway-follows-the-update-point");

pub(super) static ROWS: &[&Flow] = &[
    &Flow {
        when: form(0),
        sentence: "The channel as preferred: no proxy can stand between.",
        ..CHANNEL
    },
    &Flow {
        service: &GATEWAY_HTTPS,
        when: form(1),
        sentence: "The channel where the preferred one fails and the gateway is one machine.",
        ..CHANNEL
    },
    &Flow {
        service: &GATEWAY_HTTPS_MANY,
        when: form(2),
        sentence: "The channel where the preferred one fails and the gateway is several machines.",
        ..CHANNEL
    },
    &TO_MP,
    &Flow {
        service: &HTTP,
        source: &[Source::other("memdocs", "#1658")],
        fixes: Some("gateway-asks-by-http-too"),
        ..TO_MP
    },
    &Flow {
        truth: Truth::Instead(&Flow { when: OLD_PAIR, fixes: REAL_PORTS, ..TO_SUP }),
        ..TO_SUP
    },
    &Flow {
        service: &WSUS_HTTPS_443,
        truth: Truth::Instead(&Flow {
            service: &WSUS_HTTPS_443,
            when: OLD_PAIR,
            fixes: REAL_PORTS,
            ..TO_SUP
        }),
        ..TO_SUP
    },
    &Flow { service: &WSUS_HTTP, when: DEFAULT_PAIR, fixes: REAL_PORTS, ..TO_SUP },
    &Flow { service: &WSUS_HTTPS, when: DEFAULT_PAIR, fixes: REAL_PORTS, ..TO_SUP },
    &Flow {
        editions: Editions::SINCE_2002,
        source: &in_2020("#bkmk_scp-cmg"),
        sentence: "The gateway is set up in the cloud and watched there.",
        ..Flow::new(&SERVICE_CONNECTION_POINT, &AZURE, &WEB_HTTPS)
    },
];
