//! `[host.…]`.

use std::collections::BTreeMap;
use std::net::IpAddr;

use catalog::Edition;

use crate::check::UNREAD;
use crate::estate::{Host, Nat, Said};
use crate::lock::Lock;
use crate::mistake::Mistake;

use super::fields::{Field, Fields, show};
use super::{name, role, site, word};

const KEYS: &[&str] = &["name", "address", "roles", "role", "site", "nat", "dynamic-ports"];

/// The hosts, and whether every role in the file was understood.
pub(super) fn hosts(
    root: &Fields<'_>,
    edition: Edition,
    lock: &Lock,
    mistakes: &mut Vec<Mistake>,
) -> (Vec<Host>, bool) {
    let Some(table) = root.table("host", mistakes) else { return (Vec::new(), true) };
    let mut all_roles = true;
    let mut hosts = Vec::new();
    for field in table.all() {
        match host(&field, edition, lock, &mut all_roles, mistakes) {
            Some(host) => hosts.push(host),
            None => all_roles = false,
        }
    }
    (hosts, all_roles)
}

fn host(
    field: &Field<'_>,
    edition: Edition,
    lock: &Lock,
    all_roles: &mut bool,
    mistakes: &mut Vec<Mistake>,
) -> Option<Host> {
    let name = name::key(field, "host", mistakes);
    let fields = field.table(mistakes)?;
    fields.only(KEYS, mistakes);
    let dns = fields.text("name", mistakes).and_then(|text| name::dns(text, mistakes));
    let mut addresses = addresses(&fields, &name, dns.as_ref(), lock, mistakes).into_iter();
    let address = addresses.next().unwrap_or_else(|| Said { value: UNREAD, at: name.at.clone() });
    let more = addresses.collect();
    let sites = name::texts(&fields, "site", mistakes);
    let nat = fields.get("nat").map(|field| field.tables(mistakes)).unwrap_or_default();
    let nat = nat.iter().filter_map(|fields| translated(fields, edition, mistakes)).collect();
    let dynamic = fields.get("dynamic-ports").and_then(|field| range(&field, mistakes));
    let roles = role::roles(&fields, edition, all_roles, mistakes);
    Some(Host { name, dns, address, more, sites, nat, dynamic, roles })
}

/// None where no address could be read.
fn addresses(
    fields: &Fields<'_>,
    host: &Said<String>,
    dns: Option<&Said<String>>,
    lock: &Lock,
    mistakes: &mut Vec<Mistake>,
) -> Vec<Said<IpAddr>> {
    let Some(field) = fields.get("address") else {
        let found = name::locked(dns, lock);
        if found.is_empty() {
            let message = format!("host {} has no `address`", show(&host.value));
            let help =
                name::how_to_resolve(dns, "the plan resolves no names; write its IP address");
            mistakes.push(Mistake::new(host.at.clone(), message).help(help));
        }
        return found;
    };
    let texts = field.one_or_more(mistakes);
    if texts.is_empty() && field.is_list() {
        let message = format!("`{}` names none", show(&field.path));
        mistakes.push(Mistake::new(field.at(), message).help("for example [\"10.1.0.10\"]"));
    }
    texts.into_iter().filter_map(|text| name::address(text, mistakes)).collect()
}

/// One `{ from = "internet", address = "203.0.113.7", ports = { https = 8443 } }`.
fn translated(fields: &Fields<'_>, edition: Edition, mistakes: &mut Vec<Mistake>) -> Option<Nat> {
    fields.only(&["from", "address", "ports"], mistakes);
    let mut missing = |key: &str| {
        let message = format!("`{}` names no `{key}`", show(fields.path()));
        mistakes.push(
            Mistake::new(fields.at.clone(), message)
                .help("for example { from = \"internet\", address = \"203.0.113.7\" }"),
        );
    };
    let (from, address) = (fields.get("from"), fields.get("address"));
    if from.is_none() {
        missing("from");
    }
    if address.is_none() {
        missing("address");
    }
    let ports = ports(fields, edition, mistakes);
    let from = from.and_then(|field| field.text(mistakes));
    let address = address.and_then(|field| field.text(mistakes));
    let address = address.and_then(|text| name::address(text, mistakes));
    Some(Nat { from: from?, address: address?, ports })
}

fn ports(
    fields: &Fields<'_>,
    edition: Edition,
    mistakes: &mut Vec<Mistake>,
) -> BTreeMap<&'static str, Said<u16>> {
    let allowed = site::configurable(edition);
    let said = site::ports(fields, &allowed, mistakes);
    said.into_iter().filter_map(|(key, setting)| Some((key, setting.default?))).collect()
}

/// `"49152-65535"`.
fn range(field: &Field<'_>, mistakes: &mut Vec<Mistake>) -> Option<Said<(u16, u16)>> {
    let text = field.text(mistakes)?;
    if let Some(value) = word::range(&text.value) {
        return Some(Said { value, at: text.at });
    }
    let message = format!("`{}`: {} is no range of ports", show(&field.path), show(&text.value));
    mistakes.push(
        Mistake::new(text.at, message)
            .help("write the first and the last, such as \"50000-50999\""),
    );
    None
}
