//! A site file: anybody's text. It is read into an estate and, by both readings, into a
//! plan that can be listed and compared; or all of its mistakes are told, each at its
//! place.

use std::collections::BTreeSet;
use std::ops::Range;

use catalog::role::DISTRIBUTION_POINT;
use catalog::{Edition, Reading};
use plan::diff::{diff, with_edition};
use plan::{Cause, Estate, Mistake, Plan};

/// See the module.
pub fn site_file(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let estate = match plan::read(text) {
        Ok(estate) => estate,
        Err(mistakes) => return told(&mistakes, text),
    };
    let readings = [Reading::Documented, Reading::Corrected].map(|reading| {
        let planned = planned(&estate, reading, text);
        if let Err(mistakes) = &planned {
            told(mistakes, text);
        }
        planned.ok()
    });
    let [documented, corrected] = &readings;
    for plan in readings.iter().flatten() {
        whole(plan, text);
        located(plan);
        compared(plan, plan);
    }
    if let (Some(documented), Some(corrected)) = (documented, corrected) {
        compared(documented, corrected);
    }
    // A comment says nothing: the same text gives the same plan.
    let more = format!("{text}\n# The end.");
    let again = plan::read(&more).map(|estate| planned(&estate, Reading::Corrected, &more).ok());
    assert_eq!(again.as_ref(), Ok(corrected), "the plan changed with a comment");
    // Another edition may have mistakes in store, and nothing worse.
    for edition in Edition::ALL {
        let other = with_edition(text, edition);
        match plan::read(&other) {
            Ok(estate) => drop(planned(&estate, Reading::Documented, &other)),
            Err(mistakes) => told(&mistakes, &other),
        }
    }
}

fn planned(estate: &Estate, reading: Reading, text: &str) -> Result<Plan, Vec<Mistake>> {
    let (plan, findings) = plan::plan_as(estate, reading)?;
    for finding in findings {
        assert!(!finding.message.is_empty());
        finding.at.iter().for_each(|at| inside(at, text));
    }
    Ok(plan)
}

/// What differs between two plans is in the one or in the other; between a plan and
/// itself nothing does.
fn compared(one: &Plan, other: &Plan) {
    let [before, after] = [one, other].map(|plan| plan.rows(plan.flows()));
    for rows in [&before, &after] {
        assert!(rows.is_sorted_by(|one, other| one < other), "not sorted, or twice: {rows:?}");
        let cells = rows.iter().flat_map(|row| row.cells());
        let torn = |cell: &str| cell.is_empty() || cell.contains(['\t', '\n']);
        assert!(!cells.into_iter().any(torn), "{rows:?}");
    }
    let found = diff(one, other);
    assert_eq!(found.is_empty(), before == after, "{found:?}");
    assert!(found.opened.iter().all(|row| after.contains(row) && !before.contains(row)));
    assert!(found.closed.iter().all(|row| before.contains(row) && !after.contains(row)));
    assert!(found.moved.iter().all(|moved| after.contains(&moved.row)));
}

/// A refusal names every mistake, at a place that can be shown.
fn told(mistakes: &[Mistake], text: &str) {
    assert!(!mistakes.is_empty(), "refused without a mistake");
    for mistake in mistakes {
        inside(&mistake.at, text);
        assert!(!mistake.message.is_empty());
        let said = mistake.to_string();
        assert!(!said.chars().any(char::is_control), "{said:?} would upset a terminal");
    }
}

/// Every flow has its reasons, every socket its flows.
fn whole(plan: &Plan, text: &str) {
    let mut ids = BTreeSet::new();
    for planned in plan.flows() {
        assert!(planned.because.iter().any(|cause| matches!(cause, Cause::Row(_))));
        for end in [planned.opener, planned.answerer] {
            assert!(!plan.party_name(end).is_empty(), "{planned:?}");
        }
        assert!(planned.ports.is_none_or(|(first, last)| 0 < first && first <= last));
        ids.insert(planned.flow.id());
    }
    for id in ids {
        let explained = plan.explain(&id, text);
        assert!(!explained.is_empty(), "{id} cannot be explained");
        for reason in explained.iter().flat_map(|explained| &explained.reasons) {
            assert!(!reason.text.is_empty());
            reason.at.iter().for_each(|at| inside(at, text));
        }
        assert!(explained.iter().all(|explained| !explained.reasons.is_empty()), "{id}");
    }
    for host in plan.hosts() {
        assert_eq!(plan.host_at(&[host.address]), Some(host));
        for listen in plan.listens(&host.name) {
            assert!(!listen.flows().is_empty() && !listen.roles().is_empty(), "{listen}");
            assert!(host.addresses.contains(&listen.address()), "{listen}");
            assert_eq!(listen.host(), host.name);
        }
    }
}

/// Wherever a client is, it is sent to distribution points, each once.
fn located(plan: &Plan) {
    let here = plan.networks().iter().flat_map(|network| &network.cidr).map(|block| block.first());
    for at in here.map(Some).chain([None]) {
        let locations = plan.locations(&at.into_iter().collect::<Vec<_>>());
        let mut hosts = BTreeSet::new();
        for place in &locations.points {
            let host = plan.host(&place.host);
            assert!(host.is_some_and(|host| host.roles.contains(&&DISTRIBUTION_POINT)));
            assert!(hosts.insert(&place.host), "{locations:?}");
        }
        assert!(locations.points.is_sorted() && locations.groups.is_sorted());
    }
    for mirror in plan.package_mirrors() {
        let words = [&mirror.suite, &mirror.path].into_iter().chain(&mirror.components);
        for word in words.chain(&mirror.signed_by) {
            assert!(!word.is_empty() && !word.contains([' ', '[', ']', '\n', '"']), "{word:?}");
        }
    }
}

fn inside(at: &Range<usize>, text: &str) {
    assert!(text.get(at.clone()).is_some(), "{at:?} is no part of the text");
}
