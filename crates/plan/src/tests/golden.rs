//! Two hierarchies whose flows were written from the articles, before the plan could
//! read their files.

use catalog::Reading;

use crate::show::{COLUMNS, tsv};

#[track_caller]
fn check(file: &str, reading: Reading, want: &str) {
    let estate = super::estate(file);
    let (plan, _) = crate::plan_as(&estate, reading).unwrap_or_else(|why| panic!("{why:#?}"));
    let rows = plan.rows(plan.flows());
    let cells: Vec<[&str; 5]> = rows.iter().map(crate::Row::cells).collect();
    let have = tsv(COLUMNS, &cells);
    let only = |one: &str, other: &str| -> Vec<String> {
        let other: std::collections::BTreeSet<&str> = other.lines().collect();
        one.lines().filter(|line| !other.contains(line)).map(str::to_owned).collect()
    };
    let (missing, more) = (only(want, &have), only(&have, want));
    assert!(missing.is_empty() && more.is_empty(), "missing {missing:#?}\nmore {more:#?}");
    assert_eq!(have, want, "the order of bytes");
}

#[test]
fn a_microsoft_hierarchy() {
    let file = include_str!("golden/hierarchy-2006.toml");
    check(file, Reading::Documented, include_str!("golden/hierarchy-2006.tsv"));
}

#[test]
fn a_portolan_site_with_branches_and_roaming_clients() {
    let file = include_str!("golden/branches-portolan.toml");
    check(file, Reading::Corrected, include_str!("golden/branches-portolan.tsv"));
}
