//! `[boundary-group.…]`.

use crate::estate::{BoundaryGroup, Neighbour};
use crate::mistake::Mistake;

use super::fields::{Field, Fields, show};
use super::{name, site};

/// Two hours, as in Configuration Manager.
const AFTER: u32 = 2 * 60 * 60;

pub(super) fn groups(root: &Fields<'_>, mistakes: &mut Vec<Mistake>) -> Vec<BoundaryGroup> {
    let Some(table) = root.table("boundary-group", mistakes) else { return Vec::new() };
    table.all().iter().filter_map(|field| group(field, mistakes)).collect()
}

fn group(field: &Field<'_>, mistakes: &mut Vec<Mistake>) -> Option<BoundaryGroup> {
    let name = name::key(field, "boundary group", mistakes);
    let fields = field.table(mistakes)?;
    fields.only(&["hosts", "neighbours"], mistakes);
    let hosts = fields.get("hosts").and_then(|field| field.texts(mistakes)).unwrap_or_default();
    let neighbours = fields.get("neighbours").map(|field| field.tables(mistakes));
    let neighbours = neighbours.unwrap_or_default();
    let neighbours = neighbours.iter().filter_map(|fields| neighbour(fields, mistakes)).collect();
    Some(BoundaryGroup { name, hosts, neighbours })
}

fn neighbour(fields: &Fields<'_>, mistakes: &mut Vec<Mistake>) -> Option<Neighbour> {
    fields.only(&["group", "after"], mistakes);
    let Some(group) = fields.get("group") else {
        let message = format!("`{}` names no `group`", show(fields.path()));
        mistakes.push(
            Mistake::new(fields.at.clone(), message)
                .help("for example { group = \"head-office\", after = \"2h\" }"),
        );
        return None;
    };
    let group = group.text(mistakes)?;
    let after = fields.get("after").and_then(|field| site::seconds(&field, 0, mistakes));
    Some(Neighbour { group, after: after.unwrap_or(AFTER) })
}
