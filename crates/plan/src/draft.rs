//! The first site file of a new site, as a person would have written it.
//!
//! `portolan up` writes it once and never again: from then on the file belongs
//! to the administrator. So it is short, says why each line is there, and
//! leaves out whatever the defaults say anyway.

use std::net::IpAddr;

use catalog::role::{DISTRIBUTION_POINT, MANAGEMENT_POINT, SITE_SERVER, SMS_PROVIDER};
use catalog::{Edition, Reading, Role, Service, Where};
use toml_edit::Value;

use crate::cidr::{Cidr, NotCidr};
use crate::derive::rows;

/// What the first host of a site does.
const ROLES: [&Role; 4] = [&SITE_SERVER, &MANAGEMENT_POINT, &DISTRIBUTION_POINT, &SMS_PROVIDER];

/// What is known of a site before it has a file.
#[derive(Debug, Clone)]
pub struct Draft<'a> {
    /// Three letters or digits, upper case.
    pub code: String,
    /// For people.
    pub name: String,
    /// What the machine calls itself; its key in the file is made from it.
    pub host: String,
    pub address: IpAddr,
    /// The network whose machines are to be clients; it holds `address`. An
    /// interface's own `10.7.0.5/16` will do for `10.7.0.0/16`.
    pub network_cidr: String,
    /// Where each service is to be found; those at their default, and those that
    /// nobody comes for to a site of one host, are left out.
    pub ports: &'a [(&'static Service, u16)],
}

/// The text of the file, which [`read`](crate::read) accepts when the draft
/// keeps what its fields promise.
pub fn draft(draft: &Draft<'_>) -> String {
    let Draft { code, address, .. } = draft;
    let name: String = draft.name.chars().filter(|c| !c.is_control()).collect();
    let name = quoted(if name.is_empty() { code } else { &name });
    let ports = ports(draft.ports);
    let network = match Cidr::parse(&draft.network_cidr) {
        Ok(network) | Err(NotCidr::Inside(network)) => network.to_string(),
        Err(_) => draft.network_cidr.clone(),
    };
    let network = quoted(&network);
    let host = key(&draft.host);
    let roles = ROLES.map(|role| quoted(role.slug)).join(", ");
    format!(
        r#"# What this site is. It is yours to edit: `portolan plan` shows what follows
# from it, and `portolan plan explain` why.
edition = "portolan"

[site.{code}]
name = {name}
{ports}
# Machines in these networks are clients of the site.
[network.here]
cidr = [{network}]
clients = "{code}"

# This machine, and what it does for the site.
[host.{host}]
address = "{address}"
roles = [{roles}]
"#
    )
}

fn ports(ports: &[(&'static Service, u16)]) -> String {
    let moved: Vec<String> = ports
        .iter()
        .filter(|(service, port)| service.default_port() != Some(*port) && is_answered(service))
        .filter_map(|(service, port)| Some(format!("{} = {port}", service.key()?)))
        .collect();
    if moved.is_empty() {
        return String::new();
    }
    format!(
        "# The usual ports were taken, or need rights that this user lacks.\nports = {{ {} }}\n",
        moved.join(", ")
    )
}

/// Whether somebody comes for the service to a site of one host.
fn is_answered(service: &Service) -> bool {
    rows(Edition::Portolan, Reading::Corrected).any(|flow| {
        flow.service == service && ROLES.contains(&flow.to) && flow.scope != Where::OtherHost
    })
}

fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// A machine's own name as a key: its first label, and nothing that a key
/// cannot hold.
fn key(host: &str) -> String {
    let label = host.split('.').next().unwrap_or_default().to_ascii_lowercase();
    let plain = |c: char| if c.is_ascii_lowercase() || c.is_ascii_digit() { c } else { '-' };
    let key: String = label.chars().map(plain).take(63).collect();
    match key.trim_matches('-') {
        "" => "here".to_owned(),
        key => key.to_owned(),
    }
}
