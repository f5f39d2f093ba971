//! Laws over the rules of the estates that the plan's goldens describe.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod estates;
mod exact;

pub(crate) use estates::ESTATES;

pub(crate) const BRANCHES: &str =
    include_str!("../../plan/src/tests/golden/branches-portolan.toml");
pub(crate) const HIERARCHY: &str = include_str!("../../plan/src/tests/golden/hierarchy-2006.toml");

pub(crate) fn plan_of(text: &str) -> plan::Plan {
    let estate = plan::read(text).expect("a golden has no mistakes");
    plan::plan(&estate).expect("a golden can be planned").0
}

#[test]
fn every_flow_between_addresses_has_its_rule_on_both_sides_and_at_the_border() {
    for text in [BRANCHES, HIERARCHY] {
        let plan = plan_of(text);
        let compiler = crate::Compiler::new(&plan);
        let places = compiler.places().into_iter().chain([crate::Place::Border]);
        let mut served = std::collections::BTreeSet::new();
        let mut lacking = std::collections::BTreeSet::new();
        for place in places {
            let set = compiler.rules(&place).unwrap();
            served.extend(set.rules.iter().flat_map(|rule| rule.serves.clone()));
            let none = set.findings.iter().filter(|one| one.kind == crate::Kind::NoAddress);
            lacking.extend(none.flat_map(|one| one.flows.clone()));
        }
        for (n, planned) in (0u32..).zip(plan.flows()) {
            let wire = !matches!(planned.opener, plan::End::Loopback(_))
                && planned.flow.service.protocol != catalog::Protocol::Arp;
            let row = plan.row(planned);
            assert_eq!(served.contains(&n), wire && !lacking.contains(&n), "{row:?}");
        }
    }
}

#[test]
fn between_two_blocks_of_a_network_there_may_be_a_border() {
    let border = |text: &str| {
        let plan = plan_of(text);
        let set = crate::Compiler::new(&plan).rules(&crate::Place::Border).unwrap();
        let dns = |rule: &&crate::Rule| {
            rule.source.parties == ["head"] && rule.destination.parties == ["ns"]
        };
        set.rules.iter().filter(dns).map(|rule| rule.within).collect::<Vec<bool>>()
    };
    let one = border(BRANCHES);
    assert!(!one.is_empty() && one.iter().all(|within| *within));
    let two = BRANCHES.replace("\"10.1.0.0/24\"", "\"10.1.0.0/26\", \"10.1.0.64/26\"");
    assert!(border(&two).iter().all(|within| !within));
}

#[test]
fn who_roams_has_a_private_address_at_home_and_a_public_one_for_others() {
    let plan = plan_of(BRANCHES);
    let compiler = crate::Compiler::new(&plan);
    let home: std::net::IpAddr = [192, 168, 7, 7].into();
    let holds = |place: crate::Place, party: &str| {
        let set = compiler.rules(&place).unwrap();
        let theirs = set.rules.iter().filter(|rule| rule.source.parties.contains(&party.into()));
        theirs.map(|rule| rule.source.blocks.iter().any(|block| block.contains(home))).collect()
    };
    let own: Vec<bool> = holds(crate::Place::Clients("roaming".into()), "roaming");
    let border: Vec<bool> = holds(crate::Place::Border, "roaming");
    assert!(!own.is_empty() && own.iter().all(|holds| *holds));
    assert!(!border.is_empty() && border.iter().all(|holds| !holds));
}
