//! The plan once more, slowly and obviously: every row with every pair of parties, and
//! each rule said in the words of the design, the site file's reference and the
//! catalog. It shares the reading of the file and the catalog with the plan, and
//! nothing of how the plan finds who meets whom, and where.
//!
//! [`again`] is that second plan; [`fleet`] makes estates up.

mod again;
mod fleet;

use std::collections::BTreeSet;

use catalog::Reading;
use proptest::prelude::*;

fn planned(text: &str, reading: Reading) -> BTreeSet<String> {
    let told = |mistakes: Vec<crate::Mistake>| -> String {
        mistakes.iter().map(|one| format!("{}: {one}\n", one.line(text))).collect()
    };
    let estate = crate::read(text).unwrap_or_else(|all| panic!("{}\n{text}", told(all)));
    let plan =
        crate::plan_as(&estate, reading).unwrap_or_else(|all| panic!("{}\n{text}", told(all)));
    let rows = plan.0.rows(plan.0.flows());
    rows.iter().map(|row| row.cells().join(" ")).collect()
}

fn same(text: &str, reading: Reading) -> Result<(), TestCaseError> {
    let have = planned(text, reading);
    let want = again::planned(&super::estate(text), reading);
    let only = |sign: &str, one: &BTreeSet<String>, other: &BTreeSet<String>| -> String {
        one.difference(other).map(|line| format!("{sign} {line}\n")).collect()
    };
    let differences = only("- missing:", &want, &have) + &only("+ too much:", &have, &want);
    prop_assert!(
        differences.is_empty(),
        "{}\nby the {} reading of\n{}",
        differences,
        reading.slug(),
        text
    );
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn rows_and_pairs_are_the_plan(fleet in fleet::fleet(), corrected in any::<bool>()) {
        same(&fleet.text(), if corrected { Reading::Corrected } else { Reading::Documented })?;
    }
}

/// Estates that people wrote say what chance does not.
#[test]
fn rows_and_pairs_are_the_plans_of_people() {
    let files =
        [super::HARBOUR, super::VOYAGE].into_iter().chain(super::order::FILES.iter().copied());
    for text in files.filter(|text| !text.contains("127.0.0.0")) {
        for reading in [Reading::Documented, Reading::Corrected] {
            same(text, reading).unwrap();
        }
    }
}
