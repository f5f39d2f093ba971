//! `[cluster.…]` and `[cloud.…]`: whoever is reached behind one address, or known
//! by name only.

use catalog::{Edition, Role, RunBy};

use crate::check::UNREAD;
use crate::estate::{Cloud, Cluster, HostRole, Said};
use crate::lock::Lock;
use crate::mistake::Mistake;

use super::fields::{Field, Fields, show};
use super::{name, role, site};

pub(super) fn clusters(
    root: &Fields<'_>,
    edition: Edition,
    lock: &Lock,
    mistakes: &mut Vec<Mistake>,
) -> (Vec<Cluster>, bool) {
    all(root, "cluster", mistakes, |field, mistakes| cluster(field, edition, lock, mistakes))
}

pub(super) fn clouds(
    root: &Fields<'_>,
    edition: Edition,
    lock: &Lock,
    mistakes: &mut Vec<Mistake>,
) -> (Vec<Cloud>, bool) {
    all(root, "cloud", mistakes, |field, mistakes| cloud(field, edition, lock, mistakes))
}

/// All tables under `key`, and whether each could be read.
fn all<T>(
    root: &Fields<'_>,
    key: &str,
    mistakes: &mut Vec<Mistake>,
    read: impl Fn(&Field<'_>, &mut Vec<Mistake>) -> Option<T>,
) -> (Vec<T>, bool) {
    let Some(table) = root.table(key, mistakes) else { return (Vec::new(), true) };
    let fields = table.all();
    let found: Vec<T> = fields.iter().filter_map(|field| read(field, mistakes)).collect();
    let complete = found.len() == fields.len();
    (found, complete)
}

fn cluster(
    field: &Field<'_>,
    edition: Edition,
    lock: &Lock,
    mistakes: &mut Vec<Mistake>,
) -> Option<Cluster> {
    let name = name::key(field, "cluster", mistakes);
    let fields = field.table(mistakes)?;
    fields.only(&["name", "role", "site", "hosts", "listener", "ports"], mistakes);
    let dns = fields.text("name", mistakes).and_then(|text| name::dns(text, mistakes));
    let on = played(&fields, &name, "cluster", edition, mistakes);
    let hosts = name::texts(&fields, "hosts", mistakes);
    if hosts.is_empty() {
        let message = format!("cluster {} names no `hosts`", show(&name.value));
        mistakes.push(
            Mistake::new(name.at.clone(), message).help("for example hosts = [\"db1\", \"db2\"]"),
        );
    }
    let listener = match fields.text("listener", mistakes) {
        Some(text) => name::address(text, mistakes),
        None => name::locked(&dns, lock).into_iter().next(),
    };
    if fields.get("listener").is_none() && listener.is_none() {
        let message = format!("cluster {} has no `listener`", show(&name.value));
        let write = "write the address at which it answers, whichever host that is";
        mistakes.push(
            Mistake::new(name.at.clone(), message).help(name::how_to_resolve(dns.as_ref(), write)),
        );
    }
    let listener = listener.unwrap_or_else(|| Said { value: UNREAD, at: name.at.clone() });
    Some(Cluster { name, on: on?, hosts, listener, dns })
}

fn cloud(
    field: &Field<'_>,
    edition: Edition,
    lock: &Lock,
    mistakes: &mut Vec<Mistake>,
) -> Option<Cloud> {
    let name = name::key(field, "cloud", mistakes);
    let fields = field.table(mistakes)?;
    fields.only(&["role", "site", "names", "addresses", "ports"], mistakes);
    let on = played(&fields, &name, "cloud", edition, mistakes);
    let names = name::texts(&fields, "names", mistakes);
    let names: Vec<Said<String>> =
        names.into_iter().filter_map(|text| name::dns(text, mistakes)).collect();
    let addresses = match fields.get("addresses") {
        None => name::locked(&names, lock),
        Some(field) => {
            let texts = field.one_or_more(mistakes);
            texts.into_iter().filter_map(|text| name::address(text, mistakes)).collect()
        }
    };
    let on = on?;
    let role = on.role.value;
    if role.run_by != RunBy::Others {
        let message = format!("cloud {}: a cloud is no {role}", show(&name.value));
        mistakes.push(
            Mistake::new(on.role.at.clone(), message)
                .help(format!("give {role} to a host; a cloud is run by others")),
        );
    }
    Some(Cloud { name, on, names, addresses })
}

/// The one role of a cluster or a cloud, with its ports and its sites.
fn played(
    fields: &Fields<'_>,
    name: &Said<String>,
    what: &str,
    edition: Edition,
    mistakes: &mut Vec<Mistake>,
) -> Option<HostRole> {
    let Some(field) = fields.get("role") else {
        let message = format!("{what} {} has no `role`", show(&name.value));
        mistakes.push(
            Mistake::new(name.at.clone(), message).help("one word, as in the `roles` of a host"),
        );
        return None;
    };
    let text = field.text(mistakes)?;
    let said: Said<&'static Role> = role::role(text, edition, mistakes)?;
    let ports = site::ports(fields, &role::answers(said.value, edition), mistakes);
    let sites = name::texts(fields, "site", mistakes);
    Some(HostRole { ports, sites, ..HostRole::new(said) })
}
