//! `[silenced]`: findings that somebody has looked at, each with the reason why it
//! need not be said again.

use std::collections::BTreeMap;

use crate::estate::Said;
use crate::mistake::{Kind, Mistake};

use super::fields::{Fields, did_you_mean, show};

pub(super) fn silenced(
    root: &Fields<'_>,
    mistakes: &mut Vec<Mistake>,
) -> BTreeMap<Kind, Said<String>> {
    let Some(table) = root.table("silenced", mistakes) else { return BTreeMap::new() };
    let known: Vec<&str> = Kind::ALL.iter().map(|kind| kind.slug()).collect();
    let mut silenced = BTreeMap::new();
    for field in table.all() {
        let Some(kind) = Kind::ALL.iter().find(|kind| kind.slug() == field.key) else {
            let message = format!("there is no finding `{}`", show(field.key));
            let meant = catalog::nearest(field.key, known.iter().copied());
            mistakes.push(
                Mistake::new(field.key_at.clone(), message).help(did_you_mean(meant, &known)),
            );
            continue;
        };
        if let Some(reason) = field.text(mistakes) {
            silenced.insert(*kind, reason);
        }
    }
    silenced
}
