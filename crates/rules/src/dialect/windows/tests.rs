//! Every file of every estate that the plan's goldens describe is PowerShell that Windows
//! would take, as far as that can be seen without one; and it says what the model says,
//! no more and no less.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet};

use catalog::Edition;
use catalog::firewall::{Allows, Direction as Said};
use plan::Cidr;

use super::super::Dialect;
use super::super::powershell::check::{Call, Value, check};
use super::given;
use crate::rule::{Direction, Kind, Place, Rule, RuleSet};
use crate::space::Space;
use crate::tests::{BRANCHES, ESTATES, plan_of};
use crate::{Compiler, Decided};

/// Does something with each set of rules and the calls in its file.
fn each(mut judge: impl FnMut(&RuleSet<'_>, &[Call])) {
    for text in ESTATES {
        let (plan, decided) = (plan_of(text), Decided::new(text));
        let compiler = Compiler::new(&plan);
        for place in compiler.places() {
            let set = compiler.rules(&place).unwrap();
            let written = Dialect::Windows.write(&set, &decided).unwrap();
            let file = &written.files[0];
            let calls = check(&file.text).unwrap_or_else(|faults| {
                panic!("{}: {}\n{}", file.name, faults.join("\n"), file.text)
            });
            judge(&set, &calls);
        }
    }
}

/// The calls that make rules, by the rules' names.
fn made(calls: &[Call]) -> BTreeMap<String, &Call> {
    let new = calls.iter().filter(|call| call.cmdlet == "New-NetFirewallRule");
    new.map(|call| (texts(call, "Name").concat(), call)).collect()
}

fn texts(call: &Call, parameter: &str) -> Vec<String> {
    match call.parameters.get(parameter) {
        Some(Value::Texts(texts)) => texts.clone(),
        _ => Vec::new(),
    }
}

#[test]
fn each_file_says_what_its_set_says_and_is_powershell() {
    let given = groups();
    let mut seen = BTreeSet::new();
    each(|set, calls| {
        let made = made(calls);
        assert_eq!(made.len(), set.rules.len());
        for rule in &set.rules {
            is_the_same(set, rule, made[&rule.id]);
            says_who(set, rule, made[&rule.id]);
        }
        for call in calls.iter().filter(|call| call.cmdlet == "Enable-NetFirewallRule") {
            assert!(Edition::MICROSOFT.contains(&set.plan.edition()));
            seen.insert(is_in_the_article(call, &given));
        }
    });
    assert!(given.keys().copied().eq(seen.iter().map(String::as_str)), "{seen:?}");
}

fn is_the_same(set: &RuleSet<'_>, rule: &Rule, call: &Call) {
    let direction = if rule.direction == Direction::In { "Inbound" } else { "Outbound" };
    assert_eq!(texts(call, "Direction"), [direction]);
    assert_eq!(texts(call, "Protocol"), [given::protocol(rule.protocol)]);
    assert_eq!(texts(call, "Action"), ["Allow"]);
    let types: Vec<String> = rule.types.iter().map(u8::to_string).collect();
    assert_eq!(texts(call, "IcmpType"), types);
    let (local, remote) = match rule.direction {
        Direction::In => (&rule.destination, &rule.source),
        _ => (&rule.source, &rule.destination),
    };
    for (parameter, ends) in [("LocalAddress", local), ("RemoteAddress", remote)] {
        let blocks: Vec<Cidr> = texts(call, parameter).iter().map(|one| block(one)).collect();
        let space = |blocks: &[Cidr]| Space::of_blocks(rule.version, blocks);
        assert_eq!(space(&blocks), space(&ends.blocks));
    }
    let from = rule.source_ports.map(crate::rule::range_text).unwrap_or_default();
    let (here, there) = match rule.direction {
        Direction::In => (rule.ports_text(), from),
        _ => (from, rule.ports_text()),
    };
    assert_eq!(texts(call, "LocalPort").join(","), here);
    assert_eq!(texts(call, "RemotePort").join(","), there);
    let description = texts(call, "Description").concat();
    for word in [set.digest.to_string(), rule.id.clone()] {
        assert!(description.contains(&word), "{description}");
    }
    assert!(texts(call, "Group").concat().starts_with("Portolan: "));
}

fn block(text: &str) -> Cidr {
    Cidr::parse(text)
        .or_else(|_| Cidr::parse(&format!("{text}/{}", if text.contains(':') { 128 } else { 32 })))
        .unwrap()
}

/// Each party and each connection, as far as a description has room.
fn says_who(set: &RuleSet<'_>, rule: &Rule, call: &Call) {
    let description = texts(call, "Description").concat();
    let parties = rule.source.parties.iter().chain(&rule.destination.parties);
    for word in parties.chain(&set.connections(rule)) {
        let cut = description.contains("...");
        assert!(cut || description.contains(word.as_str()), "{word}: {description}");
    }
}

/// The groups of the article, and the directions that it gives for each.
fn groups() -> BTreeMap<&'static str, Vec<Said>> {
    let mut given: BTreeMap<_, Vec<Said>> = BTreeMap::new();
    for exception in catalog::firewall::FEATURES.iter().flat_map(|feature| feature.exceptions) {
        if let Allows::Group(_, id) = exception.allows {
            given.entry(id).or_default().push(exception.direction);
        }
    }
    given
}

/// No group is switched on that the article does not name, nor in a direction of ours.
fn is_in_the_article(call: &Call, given: &BTreeMap<&'static str, Vec<Said>>) -> String {
    let id = texts(call, "Group").concat();
    let said = &given[id.as_str()];
    let direction = texts(call, "Direction");
    let right = match direction.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] => call.parameters["Direction"] == Value::Computed && said.contains(&Said::NotSaid),
        ["Inbound"] => said.contains(&Said::In),
        ["Outbound"] => said.contains(&Said::Out),
        _ => said.contains(&Said::Both),
    };
    assert!(right, "{id} {direction:?}");
    id
}

/// A site file with a feature that has groups, among clients and consoles.
const ASSISTED: &str = r#"
edition = "2006"
[site.P01]
name = "Head office"
[network.servers]
cidr = ["10.0.0.0/24"]
[network.office]
cidr = ["10.1.0.0/16"]
clients = "P01"
[host.p01]
address = "10.0.0.10"
roles = ["site-server", "management-point", "console"]
[features]
remote-assistance = true
"#;

#[test]
fn what_the_article_leaves_open_is_a_finding_where_the_feature_is_on() {
    let plan = plan_of(ASSISTED);
    let compiler = Compiler::new(&plan);
    let set = compiler.rules(&Place::Clients("office".into())).unwrap();
    let written = Dialect::Windows.write(&set, &Decided::new(ASSISTED)).unwrap();
    assert!(written.files[0].text.contains("$Features = @('remote-assistance')"));
    assert!(written.findings.iter().all(|one| one.kind == Kind::NotSayable));
    let messages: Vec<&str> = written.findings.iter().map(|one| one.message.as_str()).collect();
    for word in ["Helpsvc.exe", "@FirewallAPI.dll,-33002", "@FirewallAPI.dll,-28752"] {
        assert!(messages.iter().any(|message| message.contains(word)), "{messages:?}");
    }
    let set = compiler.rules(&Place::Host("p01".into())).unwrap();
    let console = Dialect::Windows.write(&set, &Decided::new(ASSISTED)).unwrap();
    assert!(console.files[0].text.contains("Statview.exe"));
}

#[test]
fn a_border_is_no_windows() {
    let plan = plan_of(BRANCHES);
    let set = Compiler::new(&plan).rules(&Place::Border).unwrap();
    assert!(Dialect::Windows.write(&set, &Decided::new("")).is_err());
}

/// A name is for people, and may be anything that holds no control character.
#[test]
fn a_site_s_name_runs_nothing() {
    let names = [
        "'; Remove-Item C: -Recurse; '",
        "$(Get-Date)",
        "`nRemove-Item x",
        "\u{2019}; evil; \u{2018}",
        "#> evil <#",
        "@' evil '@",
        "caf\u{e9} \u{452}",
    ];
    for name in names {
        let text = BRANCHES.replacen("name = \"", &format!("name = \"{name}"), 1);
        let plan = plan_of(&text);
        let compiler = Compiler::new(&plan);
        let set = compiler.rules(&compiler.places()[0]).unwrap();
        let file = Dialect::Windows.write(&set, &Decided::new(&text)).unwrap().files.remove(0);
        let calls = check(&file.text).unwrap_or_else(|faults| panic!("{name}: {faults:?}"));
        assert_eq!(made(&calls).len(), set.rules.len());
        assert!(file.text.lines().nth(1).unwrap().starts_with("# Site "));
    }
}
