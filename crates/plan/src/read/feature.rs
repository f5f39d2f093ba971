//! `[features]` and `[alternatives]`: what an administrator switched on, and which of
//! several ways he chose. Both know the words of the catalog's conditions alone.

use std::collections::BTreeMap;
use std::ops::Range;

use catalog::{Edition, FLOWS, Flow, Service, When};

use crate::estate::Said;
use crate::mistake::Mistake;

use super::fields::{Field, Fields, did_you_mean, show};

/// The features that are on.
pub(super) fn features(
    root: &Fields<'_>,
    edition: Edition,
    mistakes: &mut Vec<Mistake>,
) -> BTreeMap<&'static str, Range<usize>> {
    let Some(table) = root.table("features", mistakes) else { return BTreeMap::new() };
    let known = known(edition);
    let mut on = BTreeMap::new();
    for field in table.all() {
        let Some(feature) = known.iter().find(|known| **known == field.key) else {
            mistakes.push(unknown(&field, edition, &known));
            continue;
        };
        if switched_on(&field, mistakes) {
            on.insert(*feature, field.key_at.clone());
        }
    }
    on
}

/// `true`, or a list of its parts, of which any will do.
fn switched_on(field: &Field<'_>, mistakes: &mut Vec<Mistake>) -> bool {
    if field.is_list() {
        return field.texts(mistakes).is_some_and(|parts| !parts.is_empty());
    }
    field.boolean(mistakes).is_some_and(|said| said.value)
}

fn unknown(field: &Field<'_>, edition: Edition, here: &[&'static str]) -> Mistake {
    let editions = Edition::ALL.into_iter().filter(|one| known(*one).contains(&field.key));
    let editions: Vec<&str> = editions.map(Edition::slug).collect();
    if !editions.is_empty() {
        let message = format!("edition {edition} has no feature {}", show(field.key));
        return Mistake::new(field.key_at.clone(), message)
            .help(format!("it is one of {}", editions.join(", ")));
    }
    let message = format!("unknown feature `{}`", show(field.key));
    let meant = catalog::nearest(field.key, here.iter().copied());
    Mistake::new(field.key_at.clone(), message).help(did_you_mean(meant, here))
}

/// The rank that was chosen of each group.
pub(super) fn alternatives(
    root: &Fields<'_>,
    edition: Edition,
    mistakes: &mut Vec<Mistake>,
) -> BTreeMap<&'static str, Said<u8>> {
    let Some(table) = root.table("alternatives", mistakes) else { return BTreeMap::new() };
    let ways = ways(edition);
    let groups: Vec<&str> = ways.keys().copied().collect();
    let mut chosen = BTreeMap::new();
    for field in table.all() {
        let Some((group, services)) = ways.get_key_value(field.key) else {
            let message = format!("there are no alternatives called `{}`", show(field.key));
            let meant = catalog::nearest(field.key, groups.iter().copied());
            mistakes.push(
                Mistake::new(field.key_at.clone(), message).help(did_you_mean(meant, &groups)),
            );
            continue;
        };
        let words: Vec<(&str, u8)> = services.iter().map(|(one, rank)| (one.slug, *rank)).collect();
        if let Some(said) = field.word(&words, mistakes) {
            chosen.insert(*group, said);
        }
    }
    chosen
}

fn rows(edition: Edition) -> impl Iterator<Item = &'static Flow> {
    FLOWS.iter().copied().filter(move |flow| flow.editions.contains(edition))
}

/// The features that an edition's rows ask for; sorted.
pub(super) fn known(edition: Edition) -> Vec<&'static str> {
    let mut known = Vec::new();
    for flow in rows(edition) {
        collect(&flow.when, &mut known);
    }
    known.sort_unstable();
    known.dedup();
    known
}

/// The features that a row asks for.
pub(super) fn needed(flow: &'static Flow) -> Vec<&'static str> {
    let mut needed = Vec::new();
    collect(&flow.when, &mut needed);
    needed
}

fn collect(when: &'static When, into: &mut Vec<&'static str>) {
    match when {
        When::Feature(feature) => into.push(feature),
        When::All(all) => all.iter().for_each(|when| collect(when, into)),
        When::Not(when) => collect(when, into),
        When::Always | When::Setting(..) | When::Installing | When::OneOf { .. } => {}
    }
}

/// The groups of alternatives, each with its services and their ranks. The ports of
/// WSUS are none of them: they are chosen by setting one.
pub(super) fn ways(edition: Edition) -> BTreeMap<&'static str, Vec<(&'static Service, u8)>> {
    let mut ways: BTreeMap<&'static str, Vec<(&'static Service, u8)>> = BTreeMap::new();
    for flow in rows(edition) {
        if let When::OneOf { group, rank } = flow.when
            && group != "wsus-ports"
        {
            let services = ways.entry(group).or_default();
            if !services.contains(&(flow.service, rank)) {
                services.push((flow.service, rank));
            }
        }
    }
    ways
}
