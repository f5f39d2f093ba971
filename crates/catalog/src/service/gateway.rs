//! The channel between a cloud management gateway and the site: three forms, of
//! which one is used. The gateway never calls in; the site's side calls out.

use super::{Service, Share};
use crate::port::Ports;
use crate::source::Source;

pub static GATEWAY_CHANNEL: Service = Service {
    slug: "gateway-channel",
    name: "Gateway channel",
    ports: Ports::Series { key: "gateway-channel", first: 10140, last: 10155 },
    sentence: "TLS straight over TCP, one port for each machine of the gateway, at most sixteen.",
    source: Source::ports_2006("#bkmk_cmgcp-cmg"),
    ..Service::TCP
};

pub static GATEWAY_HTTPS: Service = Service {
    slug: "gateway-https",
    name: "Gateway over HTTPS",
    ports: Ports::movable("gateway-https", 443),
    share: Share::HttpHost,
    sentence: "HTTPS at the gateway: for clients, and for the channel where the gateway is one virtual machine.",
    source: Source::ports_2006("#bkmk_cmgcp-cmg"),
    ..Service::TCP
};

pub static GATEWAY_HTTPS_MANY: Service = Service {
    slug: "gateway-https-many",
    name: "Gateway channel over HTTPS, several machines",
    ports: Ports::Series { key: "gateway-https-many", first: 10124, last: 10139 },
    share: Share::HttpHost,
    sentence: "The channel in HTTPS, one port for each machine of the gateway, where there are two or more.",
    source: Source::ports_2006("#bkmk_cmgcp-cmg"),
    ..Service::TCP
};
