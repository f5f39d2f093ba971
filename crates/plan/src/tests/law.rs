//! What holds whatever the file says.

use proptest::prelude::*;

use super::{HARBOUR, KEEL, lines, plan};
use crate::Cause;

/// The top-level tables of a site file, each with its lines.
fn tables(text: &str) -> Vec<String> {
    let mut tables = vec![String::new()];
    for line in text.lines() {
        if line.starts_with('[') {
            tables.push(String::new());
        }
        let last = tables.last_mut().unwrap();
        last.push_str(line);
        last.push('\n');
    }
    tables
}

/// Pieces of site files, right and wrong, from which to make one.
const PIECES: &[&str] = &[
    "[site.P01]\n",
    "[network.a]\n",
    "[host.a]\n",
    "[[host]]\n",
    "[client-settings]\n",
    "ports = ",
    "cidr = ",
    "clients = ",
    "address = ",
    "roles = ",
    "role.",
    "role = ",
    "https",
    " = ",
    "name = ",
    "\"P01\"\n",
    "[\"10.0.0.0/8\"]\n",
    "[\"::/0\", \"10.0.0.0/8\"]\n",
    "\"10.0.0.1\"\n",
    "[\"site-server\", \"management-point\"]\n",
    "[\"console\", \"client\", \"dns-server\"]\n",
    "{ https = 1, x = [] }\n",
    "{ default = 1 }\n",
    "1\n",
    "-1\n",
    "1979-05-27\n",
    "[]\n",
    "{}\n",
    "\"",
    "\n",
    ".",
    "ä",
    "'''",
    "#",
    "[",
    "]",
    "{",
    "}",
    ",",
    "policy-poll = ",
    "\"1h\"\n",
];

fn never_panics(text: &str) {
    match crate::read(text) {
        Ok(estate) => {
            if let Ok((plan, _)) = crate::plan(&estate) {
                every_flow_is_founded(&plan, text);
            }
        }
        Err(mistakes) => {
            assert!(!mistakes.is_empty());
            for mistake in mistakes {
                assert!(text.get(mistake.at.clone()).is_some(), "{mistake:?} is outside {text:?}");
                assert!(!mistake.message.chars().any(char::is_control), "{mistake:?}");
            }
        }
    }
}

fn every_flow_is_founded(plan: &crate::Plan, text: &str) {
    for planned in plan.flows() {
        assert!(planned.because.iter().any(|cause| matches!(cause, Cause::Row(_))), "{planned:?}");
        assert!(
            planned.because.iter().any(|cause| matches!(cause, Cause::Setting(_))),
            "{planned:?}"
        );
        assert!(catalog::find_flow(&planned.flow.id()).is_some());
        assert!(!plan.party_name(planned.opener).is_empty());
        assert!(!plan.party_name(planned.answerer).is_empty());
        for explained in plan.explain(&planned.flow.id(), text) {
            assert!(!explained.reasons.is_empty());
        }
    }
    for host in plan.hosts() {
        for listen in plan.listens(&host.name) {
            assert!(!listen.flows().is_empty());
            assert_eq!(listen.address(), host.address);
        }
    }
}

#[test]
fn deep_text_never_overflows() {
    for deep in ["[", "{ a = ", "a.", "[[a.", "[a]\n[a."] {
        let deep = deep.repeat(50_000);
        never_panics(&deep);
        never_panics(&format!("site = {deep}"));
    }
    never_panics(&format!("{}a = 1", "a.".repeat(50_000)));
    never_panics(&format!("[{}a]", "a.".repeat(50_000)));
}

#[test]
fn every_planned_flow_has_a_cause_and_a_row() {
    for text in [KEEL, HARBOUR] {
        every_flow_is_founded(&plan(text).0, text);
    }
}

#[test]
fn the_plan_is_sorted_and_says_nothing_twice() {
    let (plan, _) = plan(HARBOUR);
    let keys: Vec<_> = plan.flows().iter().map(crate::Planned::key).collect();
    assert!(keys.windows(2).all(|two| two[0] < two[1]));
}

proptest! {
    #[test]
    fn arbitrary_text_never_panics(text in any::<String>()) {
        never_panics(&text);
    }

    #[test]
    fn nearly_right_text_never_panics(
        pieces in prop::collection::vec(prop::sample::select(PIECES), 0..40)
    ) {
        never_panics(&pieces.concat());
    }

    #[test]
    fn a_cut_in_a_right_file_never_panics(at in 0..HARBOUR.len(), length in 0..60_usize) {
        let end = (at + length).min(HARBOUR.len());
        never_panics(&[&HARBOUR[..at], &HARBOUR[end..]].concat());
    }

    #[test]
    fn the_order_of_tables_changes_nothing(
        shuffled in Just(tables(HARBOUR)).prop_shuffle().prop_map(|tables| tables.concat())
    ) {
        let (want, want_findings) = plan(HARBOUR);
        let (have, have_findings) = plan(&shuffled);
        prop_assert_eq!(lines(&have), lines(&want));
        let words = |findings: Vec<crate::Finding>| -> Vec<String> {
            findings.into_iter().map(|finding| finding.message).collect()
        };
        prop_assert_eq!(words(have_findings), words(want_findings));
        prop_assert_eq!(have, want);
    }
}
