//! Every file of every estate is PowerShell that Windows would take, as far as that can
//! be seen without one; and each port of each rule is either secured, or in a finding.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet};

use super::super::Dialect;
use super::super::powershell::check::{Call, Value, check};
use super::given;
use crate::rule::{Direction, Kind, Place, range_text};
use crate::tests::{BRANCHES, ESTATES, plan_of};
use crate::{Compiler, Decided};

fn texts(call: &Call, parameter: &str) -> Vec<String> {
    match call.parameters.get(parameter) {
        Some(Value::Texts(texts)) => texts.clone(),
        _ => Vec::new(),
    }
}

#[test]
fn each_port_of_each_rule_is_secured_or_in_a_finding() {
    let (mut secured, mut ranges) = (0, false);
    for text in ESTATES {
        let (plan, decided) = (plan_of(text), Decided::new(text));
        let compiler = Compiler::new(&plan);
        for place in compiler.places() {
            let set = compiler.rules(&place).unwrap();
            let written = Dialect::Ipsec.write(&set, &decided).unwrap();
            let file = &written.files[0];
            let calls = check(&file.text).unwrap_or_else(|faults| {
                panic!("{}: {}\n{}", file.name, faults.join("\n"), file.text)
            });
            let made: BTreeMap<String, &Call> = calls
                .iter()
                .filter(|call| call.cmdlet == "New-NetIPsecRule")
                .map(|call| (texts(call, "IPsecRuleName").concat(), call))
                .collect();
            assert!(written.findings.iter().all(|one| one.kind == Kind::NotSayable));
            ranges |= written.findings.iter().any(|one| one.message.contains("range of ports"));
            let not: BTreeSet<u32> =
                written.findings.iter().flat_map(|one| one.flows.clone()).collect();
            for rule in &set.rules {
                let call = made.get(&rule.id);
                let port = if rule.direction == Direction::In { "LocalPort" } else { "RemotePort" };
                let ports = call.map(|call| texts(call, port)).unwrap_or_default();
                let all: Vec<String> = rule.ports.iter().map(|one| range_text(*one)).collect();
                let left = ports != all || all.is_empty();
                assert!(!left || rule.serves.iter().all(|n| not.contains(n)), "{rule:?}");
                let Some(call) = call else { continue };
                secured += 1;
                assert!(ports.iter().all(|one| !one.contains('-') && all.contains(one)));
                assert_eq!(texts(call, "Protocol"), [given::protocol(rule.protocol)]);
                assert_eq!(call.parameters["InboundSecurity"], Value::Computed);
                let description = texts(call, "Description").concat();
                assert!(description.contains(&set.digest.to_string()), "{description}");
            }
            assert!(made.keys().all(|id| set.rules.iter().any(|rule| rule.id == *id)));
        }
    }
    assert!(secured > 100 && ranges, "{secured} rules");
}

#[test]
fn nobody_is_asked_for_a_ticket_on_the_way_to_the_one_who_gives_it() {
    let text = crate::tests::HIERARCHY;
    let plan = plan_of(text);
    let set = Compiler::new(&plan).rules(&Place::Host("p01".into())).unwrap();
    let file = Dialect::Ipsec.write(&set, &Decided::new(text)).unwrap().files.remove(0);
    let made = check(&file.text).unwrap();
    let made = made.iter().filter(|call| call.cmdlet == "New-NetIPsecRule");
    let descriptions: Vec<String> = made.map(|call| texts(call, "Description").concat()).collect();
    assert!(descriptions.iter().any(|one| one.contains("sql-server/sql")), "{descriptions:?}");
    assert!(!descriptions.iter().any(|one| one.contains("domain-controller")), "{descriptions:?}");
}

#[test]
fn a_border_is_no_end_of_a_flow() {
    let plan = plan_of(BRANCHES);
    let set = Compiler::new(&plan).rules(&Place::Border).unwrap();
    assert!(Dialect::Ipsec.write(&set, &Decided::new("")).is_err());
}
