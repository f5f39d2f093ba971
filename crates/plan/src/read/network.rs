//! `[network.…]`.

use crate::cidr::{Cidr, NotCidr};
use crate::estate::{Addresses, INTERNET, Members, Network, Said};
use crate::mistake::Mistake;

use super::fields::{Field, Fields, show};
use super::name;

const KEYS: &[&str] =
    &["cidr", "clients", "boundary-groups", "zone", "addresses", "dhcp-servers", "clients-are"];
const ADDRESSES: &[(&str, Addresses)] =
    &[("static", Addresses::Static), ("dhcp", Addresses::Dhcp), ("any", Addresses::Any)];
const MEMBERS: &[(&str, Members)] = &[
    ("domain", Members::Domain),
    ("workgroup", Members::Workgroup),
    ("internet-only", Members::InternetOnly),
];

pub(super) fn networks(root: &Fields<'_>, mistakes: &mut Vec<Mistake>) -> Vec<Network> {
    let Some(table) = root.table("network", mistakes) else { return Vec::new() };
    table.all().iter().filter_map(|field| network(field, mistakes)).collect()
}

fn network(field: &Field<'_>, mistakes: &mut Vec<Mistake>) -> Option<Network> {
    let name = name::key(field, "network", mistakes);
    let fields = field.table(mistakes)?;
    fields.only(KEYS, mistakes);
    let clients = fields.text("clients", mistakes);
    let groups = fields.get("boundary-groups").and_then(|list| list.texts(mistakes));
    let zone = fields.text("zone", mistakes);
    let addresses = fields.get("addresses").and_then(|field| field.word(ADDRESSES, mistakes));
    let members = fields.get("clients-are").and_then(|field| field.word(MEMBERS, mistakes));
    let dhcp = name::texts(&fields, "dhcp-servers", mistakes);
    let dhcp = dhcp.into_iter().filter_map(|text| name::address(text, mistakes)).collect();
    let roams = zone.as_ref().is_some_and(|zone| zone.value == INTERNET);
    let cidr = match fields.get("cidr") {
        // Who roams has any address.
        None if roams => Vec::new(),
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
    let groups = groups.unwrap_or_default();
    Some(Network { name, cidr, clients, groups, zone, addresses, dhcp, members })
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
