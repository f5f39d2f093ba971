//! What a host is: `roles = […]` and `role.X = { … }`.

use catalog::role::WSUS_SQL_SERVER;
use catalog::role::{
    CLIENT, DISTRIBUTION_POINT, NEIGHBOUR, PACKAGE_MIRROR, SITE_SYSTEM, SQL_SERVER,
};
use catalog::service::SITE_LINK;
use catalog::{Edition, FLOWS, Flow, Role, Service};

use crate::estate::{HostRole, Opener, Said};
use crate::mistake::Mistake;

use super::fields::{Field, Fields, did_you_mean, show};
use super::{mirror, name, site};

const OPENERS: &[(&str, Opener)] =
    &[("host-opens", Opener::Host), ("site-server-opens", Opener::SiteServer)];

/// `roles = […]` and `role.X = { … }`, of which either or both may name a role.
pub(super) fn roles(
    fields: &Fields<'_>,
    edition: Edition,
    all_roles: &mut bool,
    mistakes: &mut Vec<Mistake>,
) -> Vec<HostRole> {
    let mut roles: Vec<HostRole> = Vec::new();
    let list = fields.get("roles").map(|field| field.texts(mistakes));
    *all_roles &= !matches!(list, Some(None));
    for text in list.flatten().unwrap_or_default() {
        let Some(role) = role(text, edition, mistakes) else {
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
            let Some(role) = role(named, edition, mistakes) else {
                *all_roles = false;
                continue;
            };
            let said = all_settings(&field, &role, edition, mistakes);
            match roles.iter().position(|on| on.role.value == role.value) {
                Some(listed) => {
                    let role = roles.remove(listed).role;
                    let said = said.into_iter().map(|on| HostRole { role: role.clone(), ..on });
                    roles.splice(listed..listed, said);
                }
                None => roles.extend(said),
            }
        }
    }
    for on in roles.iter().filter(|on| on.role.value == &PACKAGE_MIRROR && on.mirror.is_none()) {
        mirror::suite_is_missing(on.role.at.clone(), mistakes);
    }
    roles
}

/// `role.X = { … }`; or `role.X = [{ … }, { … }]`, where a host plays it for several
/// sites and not alike.
fn all_settings(
    field: &Field<'_>,
    role: &Said<&'static Role>,
    edition: Edition,
    mistakes: &mut Vec<Mistake>,
) -> Vec<HostRole> {
    let tables = if field.is_list() {
        field.tables(mistakes)
    } else {
        field.table(mistakes).into_iter().collect()
    };
    if tables.is_empty() {
        return vec![HostRole::new(role.clone())];
    }
    tables.iter().map(|fields| settings(fields, role.clone(), edition, mistakes)).collect()
}

fn settings(
    fields: &Fields<'_>,
    role: Said<&'static Role>,
    edition: Edition,
    mistakes: &mut Vec<Mistake>,
) -> HostRole {
    let mut on = HostRole::new(role);
    let role = on.role.value;
    let may_turn = turns(role, edition);
    let mut own: Vec<&str> = match role {
        role if role == &PACKAGE_MIRROR => mirror::KEYS.to_vec(),
        role if role == &SQL_SERVER || role == &WSUS_SQL_SERVER => vec!["ports", "instance"],
        _ => vec!["ports"],
    };
    if may_turn {
        own.push("site-link");
    }
    own.push("site");
    fields.only(&own, mistakes);
    on.sites = name::texts(fields, "site", mistakes);
    if role == &PACKAGE_MIRROR {
        on.mirror = Some(mirror::mirror(fields, mistakes));
    }
    if may_turn {
        on.link = fields.get("site-link").and_then(|field| field.word(OPENERS, mistakes));
    }
    if own.contains(&"instance") {
        on.instance = fields.text("instance", mistakes);
    }
    let mut services = answers(role, edition);
    // Where it was misspelt, one mistake is enough.
    let host_opens = on.link.as_ref().is_some_and(|said| said.value == Opener::Host);
    let turned = fields.get("site-link").is_some() && !host_opens;
    if role == &DISTRIBUTION_POINT && edition == Edition::Portolan && turned {
        services.push(&SITE_LINK);
    }
    on.ports = site::ports(fields, &services, mistakes);
    on
}

/// Whether it can be said of `role` who opens its connection with the site server.
pub(super) fn turns(role: &Role, edition: Edition) -> bool {
    if edition == Edition::Portolan {
        return role == &DISTRIBUTION_POINT;
    }
    rows(edition).any(|flow| flow.reversible && (flow.from == role || flow.to == role))
}

/// What hosts do for each other and for clients.
fn rows(edition: Edition) -> impl Iterator<Item = &'static Flow> {
    FLOWS.iter().copied().filter(move |flow| flow.editions.contains(edition))
}

/// The services with a port to set that `role` answers.
pub(super) fn answers(role: &'static Role, edition: Edition) -> Vec<&'static Service> {
    let answered = rows(edition).filter(|flow| flow.to == role).map(|flow| flow.service);
    let mut services: Vec<_> = answered.filter(|service| service.key().is_some()).collect();
    services.sort();
    services.dedup();
    services
}

/// The roles that an edition has and that a host can be given, in the order of
/// the catalog.
pub(super) fn known(edition: Edition) -> Vec<&'static str> {
    let used: std::collections::BTreeSet<&Role> =
        rows(edition).flat_map(|flow| [flow.from, flow.to]).collect();
    let known = catalog::ROLES.iter().filter(|role| used.contains(**role));
    known.filter(|role| !implied(role, edition)).map(|role| role.slug).collect()
}

/// Nobody is given these: they follow from other things that are said.
fn implied(role: &Role, edition: Edition) -> bool {
    let client = role == &CLIENT && edition != Edition::Portolan;
    role == &SITE_SYSTEM || role == &NEIGHBOUR || client
}

pub(super) fn role(
    text: Said<String>,
    edition: Edition,
    mistakes: &mut Vec<Mistake>,
) -> Option<Said<&'static Role>> {
    let known = known(edition);
    let found = catalog::find_role(&text.value);
    let mistake = match found {
        Some(value) if known.contains(&value.slug) => return Some(Said { value, at: text.at }),
        Some(role) if implied(role, edition) => {
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
