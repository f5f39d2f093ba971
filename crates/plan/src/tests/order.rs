//! Whatever order a person writes a file in, it says the same: keys within every
//! table, tables within the file, and whether a table has a header of its own or
//! stands in braces.

use proptest::prelude::*;
use toml_edit::{DocumentMut, Item, TableLike, Value};

use crate::show::{COLUMNS, tsv};

pub(super) const FILES: &[&str] = &[
    super::KEEL,
    super::HARBOUR,
    super::VOYAGE,
    include_str!("golden/hierarchy-2006.toml"),
    include_str!("golden/branches-portolan.toml"),
    include_str!("golden/words/addresses.toml"),
    include_str!("golden/words/assigned-clients.toml"),
    include_str!("golden/words/dual-stack.toml"),
    include_str!("golden/words/features.toml"),
    include_str!("golden/words/inherited-ports.toml"),
    include_str!("golden/words/load-balancer.toml"),
    include_str!("golden/words/loopback.toml"),
    include_str!("golden/words/nat.toml"),
    include_str!("golden/words/ours-hierarchy.toml"),
    include_str!("golden/words/silenced.toml"),
    include_str!("golden/words/wsus-pair.toml"),
];

/// Chance that can be had again: a small generator (splitmix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % bound.max(1) as u64).unwrap()
    }

    fn shuffle<T>(&mut self, all: &mut [T]) {
        for last in (1..all.len()).rev() {
            all.swap(last, self.below(last + 1));
        }
    }
}

/// A file in another order that says the same.
fn rewritten(text: &str, dice: &mut Dice) -> String {
    let document: DocumentMut = text.parse().unwrap();
    let mut tables = Vec::new();
    let before = body(document.as_table(), "", dice, &mut tables);
    dice.shuffle(&mut tables);
    before + &tables.concat()
}

/// The lines of a table that stand under its own header. Tables within it go to
/// `tables`, each with a header, or into braces.
fn body(table: &dyn TableLike, path: &str, dice: &mut Dice, tables: &mut Vec<String>) -> String {
    let mut lines = Vec::new();
    for (key, item) in table.iter() {
        let within = if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
        match item.as_table_like() {
            Some(inner) if path.is_empty() || dice.below(2) == 0 => {
                let lines = body(inner, &within, dice, tables);
                tables.push(format!("[{within}]\n{lines}"));
            }
            Some(inner) => lines.push(format!("{key} = {}\n", braced(inner, dice))),
            None => lines.push(format!("{key} = {}\n", plain(item, dice))),
        }
    }
    dice.shuffle(&mut lines);
    lines.concat()
}

fn braced(table: &dyn TableLike, dice: &mut Dice) -> String {
    let each = table.iter().map(|(key, item)| match item.as_table_like() {
        Some(inner) => format!("{key} = {}", braced(inner, dice)),
        None => format!("{key} = {}", plain(item, dice)),
    });
    let mut each: Vec<String> = each.collect();
    dice.shuffle(&mut each);
    format!("{{ {} }}", each.join(", "))
}

/// What is no table. In a list the order is said, and stays.
fn plain(item: &Item, dice: &mut Dice) -> String {
    let Some(list) = item.as_array() else { return item.to_string().trim().to_owned() };
    let each = list.iter().map(|value| match value {
        Value::InlineTable(table) => braced(table, dice),
        other => other.to_string().trim().to_owned(),
    });
    format!("[{}]", each.collect::<Vec<_>>().join(", "))
}

/// All that a person reads of a file, but for places in it.
fn said(text: &str) -> (crate::Plan, String, Vec<String>) {
    let (plan, findings) = super::plan(text);
    let rows = plan.rows(plan.flows());
    let cells: Vec<[&str; 5]> = rows.iter().map(crate::Row::cells).collect();
    let words = findings
        .iter()
        .map(|one| format!("{} {} {}", one.severity.slug(), one.kind.slug(), one.message));
    let (flows, words) = (tsv(COLUMNS, &cells), words.collect());
    (plan, flows, words)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn the_order_of_keys_and_tables_changes_nothing(
        file in prop::sample::select(FILES),
        seed in any::<u64>()
    ) {
        let other = rewritten(file, &mut Dice(seed));
        let (want, want_flows, want_words) = said(file);
        let (have, flows, words) = said(&other);
        prop_assert_eq!(flows, want_flows, "{}", other);
        prop_assert_eq!(words, want_words, "{}", other);
        prop_assert!(have == want, "{}", other);
    }
}
