//! What a host is: `roles = […]` and `role.X = { … }`.

use catalog::role::{DISTRIBUTION_POINT, NEIGHBOUR, PACKAGE_MIRROR, SITE_SYSTEM};
use catalog::service::SITE_LINK;
use catalog::{Edition, Flow, Role, Service};

use crate::derive::rows;
use crate::estate::{HostRole, Opener, Said};
use crate::mistake::Mistake;

use super::fields::{Field, Fields, did_you_mean, show};
use super::{mirror, site};

/// `roles = […]` and `role.X = { … }`, of which either or both may name a role.
pub(super) fn roles(
    fields: &Fields<'_>,
    all_roles: &mut bool,
    mistakes: &mut Vec<Mistake>,
) -> Vec<HostRole> {
    let mut roles: Vec<HostRole> = Vec::new();
    let list = fields.get("roles").map(|field| field.texts(mistakes));
    *all_roles &= !matches!(list, Some(None));
    for text in list.flatten().unwrap_or_default() {
        let Some(role) = role(text, mistakes) else {
            *all_roles = false;
            continue;
        };
        if roles.iter().any(|on| on.role.value == role.value) {
            let message = format!("the role {} stands here twice", role.value);
            mistakes.push(Mistake::new(role.at, message));
        } else {
            roles.push(HostRole::new(role));
        }
    }
    if let Some(table) = fields.table("role", mistakes) {
        for field in table.all() {
            let named = Said { value: field.key.to_owned(), at: field.key_at.clone() };
            let Some(role) = role(named, mistakes) else {
                *all_roles = false;
                continue;
            };
            let said = settings(&field, role, mistakes);
            match roles.iter_mut().find(|on| on.role.value == said.role.value) {
                Some(on) => *on = HostRole { role: on.role.clone(), ..said },
                None => roles.push(said),
            }
        }
    }
    for on in roles.iter().filter(|on| on.role.value == &PACKAGE_MIRROR && on.mirror.is_none()) {
        mirror::suite_is_missing(on.role.at.clone(), mistakes);
    }
    roles
}

/// One `role.X = { … }`.
fn settings(field: &Field<'_>, role: Said<&'static Role>, mistakes: &mut Vec<Mistake>) -> HostRole {
    let mut on = HostRole::new(role);
    let role = on.role.value;
    let Some(fields) = field.table(mistakes) else { return on };
    let own: &[&str] = match role {
        role if role == &DISTRIBUTION_POINT => &["ports", "site-link"],
        role if role == &PACKAGE_MIRROR => mirror::KEYS,
        _ => &["ports"],
    };
    fields.only(own, &["pull", "instance"], mistakes);
    if role == &PACKAGE_MIRROR {
        on.mirror = Some(mirror::mirror(&fields, mistakes));
    } else if role == &DISTRIBUTION_POINT {
        on.link = fields.get("site-link").and_then(|field| opener(&field, mistakes));
    }
    let mut services = answers(role);
    // Where it was misspelt, one mistake is enough.
    let host_opens = on.link.as_ref().is_some_and(|said| said.value == Opener::Host);
    if role == &DISTRIBUTION_POINT && fields.get("site-link").is_some() && !host_opens {
        services.push(&SITE_LINK);
    }
    on.ports = site::ports(&fields, &services, mistakes);
    on
}

fn opener(field: &Field<'_>, mistakes: &mut Vec<Mistake>) -> Option<Said<Opener>> {
    const KNOWN: [(&str, Opener); 2] =
        [("host-opens", Opener::Host), ("site-server-opens", Opener::SiteServer)];
    let text = field.text(mistakes)?;
    if let Some((_, value)) = KNOWN.into_iter().find(|(word, _)| *word == text.value) {
        return Some(Said { value, at: text.at });
    }
    let known = KNOWN.map(|(word, _)| word);
    let meant = catalog::nearest(&text.value, known);
    let message = format!("`{}` cannot be `{}`", show(&field.path), show(&text.value));
    mistakes.push(Mistake::new(text.at, message).help(did_you_mean(meant, &known)));
    None
}

/// What hosts do for each other and for clients. `check` lets no other edition
/// through.
fn served() -> impl Iterator<Item = &'static Flow> {
    rows(Edition::Portolan)
}

/// The services with a port to set that `role` answers.
fn answers(role: &'static Role) -> Vec<&'static Service> {
    let answered = served().filter(|flow| flow.to == role).map(|flow| flow.service);
    let mut services: Vec<_> = answered.filter(|service| service.key().is_some()).collect();
    services.sort();
    services.dedup();
    services
}

/// The roles that an edition has and that a host can be given, in the order of
/// the catalog.
fn known() -> Vec<&'static str> {
    let implied = [&SITE_SYSTEM, &NEIGHBOUR];
    let used: std::collections::BTreeSet<&Role> =
        served().flat_map(|flow| [flow.from, flow.to]).collect();
    let known = catalog::ROLES.iter().filter(|role| used.contains(**role));
    known.filter(|role| !implied.contains(role)).map(|role| role.slug).collect()
}

fn role(text: Said<String>, mistakes: &mut Vec<Mistake>) -> Option<Said<&'static Role>> {
    let known = known();
    let found = catalog::find_role(&text.value);
    let mistake = match found {
        Some(value) if known.contains(&value.slug) => return Some(Said { value, at: text.at }),
        Some(role) if [&SITE_SYSTEM, &NEIGHBOUR].contains(&role) => {
            Mistake::new(text.at, format!("the role {role} is not given to a host"))
                .help(format!("{} is: {}", role.slug, role.sentence))
        }
        Some(role) => Mistake::new(text.at, format!("this edition has no role {role}"))
            .help(did_you_mean(None, &known)),
        None => {
            let meant = catalog::nearest(&text.value, known.iter().copied());
            Mistake::new(text.at, format!("unknown role `{}`", show(&text.value)))
                .help(did_you_mean(meant, &known))
        }
    };
    mistakes.push(mistake);
    None
}
