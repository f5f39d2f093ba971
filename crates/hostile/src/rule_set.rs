//! A rule set: what a firewall, or the people who keep it, print. It is read in every
//! format and held against a plan; or it is refused, with the place.

use std::sync::LazyLock;

use plan::Plan;
use rules::compare::{Passes, compare};
use rules::read::{Foreign, Format};
use rules::{Compiler, Place, RuleSet};

static PLAN: LazyLock<Option<Plan>> = LazyLock::new(|| {
    let estate =
        plan::read(include_str!("../../plan/src/tests/golden/hierarchy-2006.toml")).ok()?;
    Some(plan::plan(&estate).ok()?.0)
});
static SETS: LazyLock<Vec<RuleSet<'static>>> = LazyLock::new(|| {
    let Some(plan) = PLAN.as_ref() else { return Vec::new() };
    let compiler = Compiler::new(plan);
    let places = [Place::Host("p01-dp".to_owned()), Place::Border];
    places.iter().filter_map(|place| compiler.rules(place)).collect()
});

/// See the module.
pub fn rule_set(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    assert!(!SETS.is_empty(), "the golden can be planned");
    for format in Format::ALL {
        match Foreign::read(text, format) {
            Ok(foreign) => compared(foreign),
            Err(error) => {
                assert_eq!(Foreign::read(text, format).as_ref(), Err(&error), "another reason");
                assert!(
                    !error.at.is_empty() && !error.problem.is_empty() && !error.next.is_empty()
                );
                printable(&error.to_string());
            }
        }
    }
}

fn compared(mut foreign: Foreign) {
    foreign.settle(&[]);
    foreign.notes.iter().for_each(|note| printable(note));
    for set in SETS.iter() {
        // Too much to be compared is a word of its own, and no fault.
        let Ok(report) = compare(set, &foreign) else { continue };
        let blocked = report.faults.iter().any(|fault| fault.kind.blocks());
        let whole = report.holes.iter().all(|hole| hole.passes == Passes::Whole);
        assert!(whole || blocked, "something does not pass, and no fault says so");
        for fault in &report.faults {
            assert!(!fault.lacking.is_empty() || !fault.excess.is_empty(), "{fault:?}");
            assert_eq!(fault.holes.is_empty(), fault.lacking.is_empty(), "{fault:?}");
            for text in [fault.lacking_text(), fault.excess_text()] {
                printable(&text);
            }
            fault.there.iter().for_each(|there| printable(&there.to_string()));
            if !fault.holes.is_empty() {
                assert!(!fault.connections(set).is_empty(), "{fault:?}");
            }
        }
    }
}

fn printable(text: &str) {
    assert!(!text.chars().any(char::is_control), "{text:?} would upset a terminal");
}
