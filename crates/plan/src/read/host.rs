//! `[network.…]` and `[host.…]`.

use std::net::IpAddr;

use crate::check::UNREAD;
use crate::cidr::{Cidr, NotCidr};
use crate::estate::{Host, Network, Said};
use crate::mistake::Mistake;

use super::fields::{Field, Fields, show};
use super::{role, word};

pub(super) fn networks(root: &Fields<'_>, mistakes: &mut Vec<Mistake>) -> Vec<Network> {
    let Some(table) = root.table("network", mistakes) else { return Vec::new() };
    table.all().iter().filter_map(|field| network(field, mistakes)).collect()
}

fn network(field: &Field<'_>, mistakes: &mut Vec<Mistake>) -> Option<Network> {
    let name = key(field, "network", mistakes);
    let fields = field.table(mistakes)?;
    let later = ["zone", "addresses", "dhcp-servers"];
    fields.only(&["cidr", "clients", "boundary-groups"], &later, mistakes);
    let clients = fields.text("clients", mistakes);
    let groups = fields.get("boundary-groups").and_then(|list| list.texts(mistakes));
    let blocks = match fields.get("cidr") {
        None => {
            let message = format!("network {} has no `cidr`", show(&name.value));
            mistakes.push(
                Mistake::new(name.at.clone(), message).help("for example cidr = [\"10.7.0.0/16\"]"),
            );
            Vec::new()
        }
        Some(list) => {
            let blocks = list.texts(mistakes).unwrap_or_default();
            blocks.into_iter().filter_map(|text| block(text, mistakes)).collect()
        }
    };
    Some(Network { name, cidr: blocks, clients, groups: groups.unwrap_or_default() })
}

fn block(text: Said<String>, mistakes: &mut Vec<Mistake>) -> Option<Said<Cidr>> {
    let (why, help) = match Cidr::parse(&text.value) {
        Ok(value) => return Some(Said { value, at: text.at }),
        Err(NotCidr::Form) => {
            ("is no network", "write address/length, such as 10.7.0.0/16".to_owned())
        }
        Err(NotCidr::TooLong(bits)) => {
            ("has too long a prefix", format!("an address of this family has {bits} bits"))
        }
        Err(NotCidr::Inside(network)) => {
            ("is an address inside a network", format!("did you mean {network}?"))
        }
    };
    mistakes.push(Mistake::new(text.at, format!("{} {why}", show(&text.value))).help(help));
    None
}

/// The hosts, and whether every role in the file was understood.
pub(super) fn hosts(root: &Fields<'_>, mistakes: &mut Vec<Mistake>) -> (Vec<Host>, bool) {
    let Some(table) = root.table("host", mistakes) else { return (Vec::new(), true) };
    let mut all_roles = true;
    let mut hosts = Vec::new();
    for field in table.all() {
        match host(&field, &mut all_roles, mistakes) {
            Some(host) => hosts.push(host),
            None => all_roles = false,
        }
    }
    (hosts, all_roles)
}

fn host(field: &Field<'_>, all_roles: &mut bool, mistakes: &mut Vec<Mistake>) -> Option<Host> {
    let name = key(field, "host", mistakes);
    let fields = field.table(mistakes)?;
    fields.only(&["name", "address", "roles", "role"], &["nat"], mistakes);
    let dns = fields.text("name", mistakes).filter(|dns| {
        let fine = word::is_dns_name(&dns.value);
        if !fine {
            let message = format!("`{}` is no DNS name", show(&dns.value));
            mistakes
                .push(Mistake::new(dns.at.clone(), message).help("for example keel.example.org"));
        }
        fine
    });
    let address = address(&fields, &name, mistakes);
    let roles = role::roles(&fields, all_roles, mistakes);
    Some(Host { name, dns, address, roles })
}

fn address(fields: &Fields<'_>, host: &Said<String>, mistakes: &mut Vec<Mistake>) -> Said<IpAddr> {
    let unread = Said { value: UNREAD, at: host.at.clone() };
    let Some(field) = fields.get("address") else {
        let message = format!("host {} has no `address`", show(&host.value));
        let help = "the plan resolves no names; write its IP address";
        mistakes.push(Mistake::new(host.at.clone(), message).help(help));
        return unread;
    };
    let Some(text) = field.text(mistakes) else { return unread };
    let (message, help) = match text.value.parse::<IpAddr>() {
        Ok(value) => match word::unfit(value) {
            None => return Said { value, at: text.at },
            Some(why) => (format!("no host can have {value}: it {why}"), None),
        },
        Err(_) => {
            let help = match text.value.split_once('/') {
                Some((address, _)) if address.parse::<IpAddr>().is_ok() => {
                    format!("did you mean {address}?")
                }
                _ => "for example 10.1.0.10 or 2001:db8::10; the plan resolves no names".to_owned(),
            };
            (format!("`{}` is no IP address", show(&text.value)), Some(help))
        }
    };
    mistakes.push(Mistake::new(text.at, message).maybe(help));
    unread
}

/// The name of a host, a network or a boundary group.
pub(super) fn key(field: &Field<'_>, what: &str, mistakes: &mut Vec<Mistake>) -> Said<String> {
    if !word::is_key(field.key) {
        let message = format!("`{}` is no name for a {what}", show(field.key));
        mistakes.push(
            Mistake::new(field.key_at.clone(), message)
                .help("at most 63 lower-case letters, digits, and hyphens between them"),
        );
    }
    Said { value: field.key.to_owned(), at: field.key_at.clone() }
}
