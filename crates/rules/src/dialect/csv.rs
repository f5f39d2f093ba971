//! CSV (RFC 4180): a line for each hole, with who, to whom, which port, and why.
//!
//! Lines end as the RFC has it, with CR and LF. A spreadsheet takes a cell that begins
//! with `=` for a formula; see [`tame`].

use csv::{Terminator, WriterBuilder};

use super::{Written, words};
use crate::decided::Decided;
use crate::rule::{Ends, Rule, RuleSet, range_text};

/// The columns, by their names.
const COLUMNS: [&str; 14] = [
    "id",
    "direction",
    "version",
    "source",
    "source-addresses",
    "source-ports",
    "destination",
    "destination-addresses",
    "protocol",
    "ports",
    "connections",
    "decided-by",
    "remark",
    "plan",
];

pub(super) fn write(set: &RuleSet<'_>, decided: &Decided) -> Written {
    let mut lines = vec![COLUMNS.map(str::to_owned)];
    lines.extend(set.rules.iter().map(|rule| line(set, rule, decided)));
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
    for line in lines {
        let line = line.map(tame);
        // Into memory, and all lines are equally long: neither can fail.
        if writer.write_record(&line).is_err() {
            break;
        }
    }
    let bytes = writer.into_inner().unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    Written::one(format!("{}.csv", set.place.stem()), text)
}

fn line(set: &RuleSet<'_>, rule: &Rule, decided: &Decided) -> [String; COLUMNS.len()] {
    let parties = |ends: &Ends| ends.parties.join(" ");
    let blocks =
        |ends: &Ends| ends.blocks.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    [
        rule.id.clone(),
        rule.direction.slug().to_owned(),
        rule.version.slug().to_owned(),
        parties(&rule.source),
        blocks(&rule.source),
        rule.source_ports.map(range_text).unwrap_or_default(),
        parties(&rule.destination),
        blocks(&rule.destination),
        rule.protocol.slug().to_owned(),
        ports(rule),
        set.connections(rule).join(" "),
        decided.of(set, rule),
        remark(rule).to_owned(),
        set.digest.to_string(),
    ]
}

/// A cell that a spreadsheet would compute gets an apostrophe before it, which makes it
/// a text there. Neither names nor ids can begin so, so that programs that read the
/// file meet none.
fn tame(cell: String) -> String {
    let computed = cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    if computed { format!("'{cell}") } else { cell }
}

/// What is not as with other holes.
fn remark(rule: &Rule) -> &'static str {
    let answers = if rule.reply { "answers, from a port that nobody asked" } else { "" };
    words::not_needed(rule).unwrap_or(answers)
}

/// Of ICMP the types.
fn ports(rule: &Rule) -> String {
    if rule.types.is_empty() {
        return rule.ports_text();
    }
    let types: Vec<String> = rule.types.iter().map(u8::to_string).collect();
    format!("type {}", types.join(","))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;
    use crate::tests::{BRANCHES, HIERARCHY, plan_of};
    use crate::{Compiler, Place};

    /// What another reader of CSV makes of it.
    fn read(text: &str) -> Vec<Vec<String>> {
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(false)
            .from_reader(text.as_bytes());
        let records = reader.records().map(Result::unwrap);
        records.map(|record| record.iter().map(str::to_owned).collect()).collect()
    }

    #[test]
    fn what_is_read_back_is_what_the_rules_say() {
        for text in [BRANCHES, HIERARCHY] {
            let (plan, decided) = (plan_of(text), Decided::new(text));
            let compiler = Compiler::new(&plan);
            for place in compiler.places().into_iter().chain([Place::Border]) {
                let set = compiler.rules(&place).unwrap();
                let written = write(&set, &decided);
                let text = &written.files.first().unwrap().text;
                let (head, lines) = (COLUMNS.join(","), text.split_inclusive("\r\n"));
                assert!(lines.clone().all(|line| line.matches(['\r', '\n']).count() == 2));
                assert_eq!(lines.clone().next().unwrap().trim_end(), head);
                let have = read(text);
                let want: Vec<_> =
                    set.rules.iter().map(|rule| line(&set, rule, &decided)).collect();
                assert_eq!(have.get(1..).unwrap(), want, "{place}");
            }
        }
    }

    proptest! {
        #[test]
        fn no_cell_is_computed_or_gets_out_of_its_place(name in "[=+@\"',;\r\n\t a-z|-]{0,12}") {
            let plan = plan_of(BRANCHES);
            let mut set = Compiler::new(&plan).rules(&Place::Border).unwrap();
            set.rules.truncate(3);
            for rule in &mut set.rules {
                rule.source.parties = vec![name.clone()];
                rule.id.clone_from(&name);
            }
            let written = write(&set, &Decided::new(BRANCHES));
            let cells = read(&written.files.first().unwrap().text);
            prop_assert_eq!(cells.len(), set.rules.len() + 1);
            for line in cells.get(1..).unwrap() {
                prop_assert_eq!(line.len(), COLUMNS.len());
                prop_assert!(!line.iter().any(|cell| cell.starts_with(['=', '+', '-', '@', '\t', '\r'])));
                let said = line.first().unwrap();
                let tamed = format!("'{name}");
                prop_assert!(*said == name || *said == tamed);
            }
        }
    }
}
