//! All rows, filed as a newcomer would ask: what does a client need
//! ([`client`]), what does an administrator need ([`administration`]), what do
//! the site's own hosts need ([`site`]), and what does every machine need
//! anyway ([`platform`]).

pub mod administration;
pub mod client;
pub mod platform;
pub mod site;

pub use administration::CONSOLE_TO_SMS_PROVIDER_HTTPS;
pub use client::{
    CLIENT_TO_DISTRIBUTION_POINT_HTTPS, CLIENT_TO_MANAGEMENT_POINT_HTTP,
    CLIENT_TO_MANAGEMENT_POINT_HTTPS, CLIENT_TO_PACKAGE_MIRROR,
};
pub use site::{
    MANAGEMENT_POINT_TO_SITE_DATABASE, SITE_SERVER_TO_PACKAGE_MIRROR, SITE_SERVER_TO_SITE_DATABASE,
    SITE_SYSTEM_TO_SITE_SERVER_LINK, SMS_PROVIDER_TO_SITE_DATABASE,
};

use crate::flow::Flow;

/// Every flow that exists.
pub static FLOWS: &[&Flow] = &[
    &CLIENT_TO_MANAGEMENT_POINT_HTTPS,
    &CLIENT_TO_MANAGEMENT_POINT_HTTP,
    &CLIENT_TO_DISTRIBUTION_POINT_HTTPS,
    &CONSOLE_TO_SMS_PROVIDER_HTTPS,
    &SITE_SYSTEM_TO_SITE_SERVER_LINK,
    &SITE_SERVER_TO_SITE_DATABASE,
    &MANAGEMENT_POINT_TO_SITE_DATABASE,
    &SMS_PROVIDER_TO_SITE_DATABASE,
    &SITE_SERVER_TO_PACKAGE_MIRROR,
    &CLIENT_TO_PACKAGE_MIRROR,
    &platform::CLIENT_TO_DNS,
    &platform::CLIENT_TO_DNS_TCP,
    &platform::SITE_SYSTEM_TO_DNS,
    &platform::SITE_SYSTEM_TO_DNS_TCP,
    &platform::CLIENT_TO_NTP,
    &platform::SITE_SYSTEM_TO_NTP,
    &platform::CLIENT_TO_DHCP,
    &platform::DHCP_REPLY_TO_CLIENT,
    &platform::CLIENT_TO_ARP,
    &platform::SITE_SYSTEM_TO_ARP,
    &platform::CLIENT_TO_NEIGHBOUR_DISCOVERY,
    &platform::SITE_SYSTEM_TO_NEIGHBOUR_DISCOVERY,
    &platform::CLIENT_TO_IGMP,
    &platform::SITE_SYSTEM_TO_IGMP,
    &platform::CLIENT_TO_MLD,
    &platform::SITE_SYSTEM_TO_MLD,
    &platform::CLIENT_TO_SITE_SYSTEM_ECHO,
    &platform::SITE_SYSTEM_TO_CLIENT_ECHO,
    &platform::CLIENT_TO_SITE_SYSTEM_ECHO_V6,
    &platform::SITE_SYSTEM_TO_CLIENT_ECHO_V6,
    &platform::ROUTER_TO_CLIENT_ERRORS,
    &platform::ROUTER_TO_SITE_SYSTEM_ERRORS,
    &platform::ROUTER_TO_CLIENT_ERRORS_V6,
    &platform::ROUTER_TO_SITE_SYSTEM_ERRORS_V6,
];
