//! A site file: anybody's text. It is read into an estate and a plan, or all
//! of its mistakes are told, each at its place.

use std::collections::BTreeSet;
use std::ops::Range;

use catalog::role::DISTRIBUTION_POINT;
use plan::{Cause, Mistake, Plan};

/// See the module.
pub fn site_file(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let planned = match read(text) {
        Ok(planned) => planned,
        Err(mistakes) => return told(&mistakes, text),
    };
    whole(&planned, text);
    located(&planned);
    // A comment says nothing: the same text gives the same plan.
    let again = read(&format!("{text}\n# The end."));
    assert_eq!(again.as_ref(), Ok(&planned), "the plan changed with a comment");
}

fn read(text: &str) -> Result<Plan, Vec<Mistake>> {
    let estate = plan::read(text)?;
    let (plan, findings) = plan::plan(&estate)?;
    for finding in findings {
        assert!(!finding.message.is_empty());
        finding.at.iter().for_each(|at| inside(at, text));
    }
    Ok(plan)
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
            assert_eq!(listen.address(), host.address);
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
