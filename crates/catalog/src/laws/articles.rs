//! The rows say what the articles say: as many, and the same as a parser reads there
//! that knows nothing of them.

use std::collections::BTreeSet;

use crate::diff::diff;
use crate::edition::Edition;
use crate::firewall::FEATURES;
use crate::flow::Reading;
use crate::install::{self, METHODS};
use crate::lists::LISTS;
use crate::settings::{self, COMMUNICATIONS};
use crate::table;

#[test]
fn the_editions_have_as_many_rows_as_their_articles() {
    for (edition, connections, ports) in
        [(Edition::V1802, 62, 143), (Edition::V2002, 70, 167), (Edition::V2006, 70, 167)]
    {
        let rows = table::connections(edition, Reading::Documented, false);
        let pairs: BTreeSet<_> = rows.iter().map(|flow| (flow.from, flow.to)).collect();
        assert_eq!((pairs.len(), rows.len()), (connections, ports), "{edition}");
        let with_prose = table::connections(edition, Reading::Documented, true);
        assert_eq!(with_prose.len(), ports + 1, "{edition}");
    }
}

/// Another reading of the articles, by a parser that knows nothing of the rows.
const READINGS: [(Edition, &str, &str); 3] = [
    (
        Edition::V1802,
        include_str!("../../../../xtask/seeds/1802.tsv"),
        include_str!("../../../../xtask/seeds/1802.prose.tsv"),
    ),
    (
        Edition::V2002,
        include_str!("../../../../xtask/seeds/2002.tsv"),
        include_str!("../../../../xtask/seeds/2002.prose.tsv"),
    ),
    (
        Edition::V2006,
        include_str!("../../../../xtask/seeds/2006.tsv"),
        include_str!("../../../../xtask/seeds/2006.prose.tsv"),
    ),
];

/// Says what one text has more than the other, line by line.
fn check_same(what: &str, ours: &str, read: &str) {
    let lines = |text| -> BTreeSet<&str> { str::lines(text).collect() };
    let (have, want) = (lines(ours), lines(read));
    let more: Vec<_> = have.difference(&want).collect();
    let less: Vec<_> = want.difference(&have).collect();
    assert!(more.is_empty() && less.is_empty(), "{what}: only rows {more:#?}, only text {less:#?}");
    assert_eq!(ours, read, "{what}: the same lines in another order");
}

#[test]
fn the_rows_equal_an_independent_reading_of_the_articles() {
    for (edition, tables, prose) in READINGS {
        let ours = table::tsv(edition, Reading::Documented, false);
        check_same(edition.slug(), &ours, tables);
        let ours = table::tsv(edition, Reading::Documented, true);
        let all: BTreeSet<&str> = tables.lines().chain(prose.lines()).collect();
        assert_eq!(ours.lines().collect::<BTreeSet<_>>(), all, "{edition} with prose");
    }
}

#[test]
fn what_installation_needs_equals_an_independent_reading() {
    let lines = METHODS.iter().flat_map(|method| method.lines(false));
    let lines: Vec<String> = lines.map(|line| line.join("\t") + "\n").collect();
    assert_eq!((METHODS.len(), lines.len()), (6, 22));
    let ours = install::COLUMNS.join("\t") + "\n" + &lines.concat();
    check_same("installation", &ours, include_str!("../../../../xtask/seeds/client-firewall.tsv"));
}

#[test]
fn the_lists_are_as_long_as_in_the_articles() {
    let count = |slug, edition| {
        let list = LISTS.iter().find(|list| list.slug == slug);
        list.map(|list| list.entries(edition, Reading::Documented).count())
    };
    for (slug, old, new) in [("external-connections", 10, 11), ("discovery-and-publishing", 6, 7)] {
        assert_eq!(count(slug, Edition::V1802), Some(old), "{slug}");
        assert_eq!(count(slug, Edition::V2002), Some(new), "{slug}");
        assert_eq!(count(slug, Edition::V2006), Some(new), "{slug}");
    }
    for (configurable, old, new) in [(true, 8, 9), (false, 5, 5)] {
        let count = |edition| {
            let ours = COMMUNICATIONS.iter().filter(|one| one.configurable == configurable);
            ours.filter(|one| one.editions.contains(edition)).count()
        };
        assert_eq!(Edition::MICROSOFT.map(count), [old, new, new]);
    }
    assert_eq!(FEATURES.len(), 9);
    let headings: BTreeSet<_> = table::connections(Edition::V2006, Reading::Documented, false)
        .into_iter()
        .filter(|flow| flow.reversible)
        .map(|flow| (flow.from, flow.to))
        .collect();
    assert_eq!(headings.len(), 6, "note 5 stands at six headings");
}

/// What the texts say of a single port agrees with where ports can be set.
#[test]
fn a_port_with_note_2_can_be_set_and_one_without_a_note_cannot() {
    // Its port is the management point's, which has the note elsewhere.
    let elsewhere = "cmg-connection-point>management-point/https";
    for edition in Edition::MICROSOFT {
        for flow in table::connections(edition, Reading::Documented, false) {
            let set = settings::movable(flow.service, edition);
            match flow.notes {
                [2] => assert!(set, "{edition}: {flow} has note 2 and no setting"),
                [] if flow.id() != elsewhere => {
                    assert!(!set, "{edition}: {flow} has a setting and no note");
                }
                _ => {}
            }
        }
    }
}

#[test]
fn from_1802_to_2006_ten_connections_came_two_went_and_four_changed() {
    let documented = |edition| (edition, Reading::Documented);
    let found = diff(documented(Edition::V1802), documented(Edition::V2006));
    assert_eq!((found.added.len(), found.removed.len(), found.changed.len()), (10, 2, 4));
    assert!(found.changed.values().all(|change| change.moved_notes.is_empty()));
    assert!(diff(documented(Edition::V2002), documented(Edition::V2006)).is_empty());
    let corrected = diff(documented(Edition::V2006), (Edition::V2006, Reading::Corrected));
    let moved: Vec<_> = corrected.changed.values().flat_map(|one| &one.moved_notes).collect();
    assert_eq!(moved.len(), 1, "the note of the WSUS database");
}
