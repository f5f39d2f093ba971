//! Names, addresses and the sites that things belong to.

use std::net::IpAddr;

use crate::estate::Said;
use crate::lock::Lock;
use crate::mistake::Mistake;

use super::fields::{Field, Fields, show};
use super::word;

/// The name of a host, a network, or anything else that has a table of its own.
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

/// A DNS name.
pub(super) fn dns(text: Said<String>, mistakes: &mut Vec<Mistake>) -> Option<Said<String>> {
    if word::is_dns_name(&text.value) {
        return Some(text);
    }
    let message = format!("`{}` is no DNS name", show(&text.value));
    mistakes.push(Mistake::new(text.at, message).help("for example keel.example.org"));
    None
}

/// An address that a machine can have.
pub(super) fn address(text: Said<String>, mistakes: &mut Vec<Mistake>) -> Option<Said<IpAddr>> {
    let (message, help) = match text.value.parse::<IpAddr>() {
        Ok(value) => match word::unfit(value) {
            None => return Some(Said { value, at: text.at }),
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
    None
}

/// What the lock has for a name; said where the name is.
pub(super) fn locked<'a>(
    names: impl IntoIterator<Item = &'a Said<String>>,
    lock: &Lock,
) -> Vec<Said<IpAddr>> {
    let each = names.into_iter().flat_map(|name| {
        lock.addresses(&name.value).map(|value| Said { value, at: name.at.clone() })
    });
    each.collect()
}

/// What to do about a missing address; `write` is what to write.
pub(super) fn how_to_resolve(dns: Option<&Said<String>>, write: &str) -> String {
    match dns {
        None => write.to_owned(),
        Some(name) => {
            format!("{write}, or ask for {} with `portolan plan resolve`", show(&name.value))
        }
    }
}

/// The texts under `key`, one or several; none where it is absent.
pub(super) fn texts(
    fields: &Fields<'_>,
    key: &str,
    mistakes: &mut Vec<Mistake>,
) -> Vec<Said<String>> {
    fields.get(key).map(|field| field.one_or_more(mistakes)).unwrap_or_default()
}
