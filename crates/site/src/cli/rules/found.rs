//! What a comparison found, for people and for programs.

use ::rules::compare::{Fault, Passes, Report, There};
use ::rules::{Rule, RuleSet};
use serde_json::{Value, json};

use crate::show;

/// For people: what passes in one line, each fault, then what they have to know.
pub(super) fn table(set: &RuleSet<'_>, report: &Report) {
    show::line(sum(set, report));
    for (n, fault) in report.faults.iter().enumerate() {
        show::line("");
        for (line, text) in lines(set, fault).into_iter().enumerate() {
            let begin = if line == 0 { format!("{}.", n + 1) } else { String::new() };
            show::line(format!("{begin:<4}{text}"));
        }
    }
    let drift = drift(set, report);
    for (n, note) in report.notes.iter().chain(&drift).enumerate() {
        show::line(format!("{}note: {note}", if n == 0 { "\n" } else { "" }));
    }
}

/// That the rules were made from another plan.
fn drift(set: &RuleSet<'_>, report: &Report) -> Option<String> {
    let others = report.drift.join(", ");
    (!others.is_empty()).then(|| {
        format!("drift: the rules there say plan {others}, and this one is {}", set.digest)
    })
}

fn sum(set: &RuleSet<'_>, report: &Report) -> String {
    let count = |passes| report.holes.iter().filter(|hole| hole.passes == passes).count();
    let (whole, part, nothing) =
        (count(Passes::Whole), count(Passes::Part), count(Passes::Nothing));
    let faults = show::counted(report.faults.len() as u64, "fault");
    format!(
        "{}: of {} that the plan needs {whole} pass, {part} in part, {nothing} not; {faults}",
        set.place,
        show::counted(report.holes.len() as u64, "hole"),
    )
}

fn lines(set: &RuleSet<'_>, fault: &Fault) -> Vec<String> {
    let mut lines = vec![format!("{} ({})", fault.kind.slug(), fault.direction.slug())];
    lines.extend(fault.there.iter().map(|there| format!("  there:    {there}")));
    if !fault.holes.is_empty() {
        let [from, to] = fault.parties(set);
        lines.push(format!("  planned:  {} ({from} to {to})", fault.connections(set).join(", ")));
        lines.push(format!("  lacking:  {}", fault.lacking_text()));
    }
    if !fault.excess.is_empty() {
        lines.push(format!("  too much: {}", fault.excess_text()));
    }
    lines.extend(fault.perhaps.iter().map(|there| format!("  perhaps:  {there}")));
    lines
}

/// For programs.
pub(super) fn json(set: &RuleSet<'_>, report: &Report) -> Value {
    let holes = report.holes.iter().filter_map(|hole| {
        let rule = set.rules.get(hole.rule)?;
        let mut value = planned(set, rule);
        value["passes"] = hole.passes.slug().into();
        value["by"] = hole.by.iter().map(there).collect();
        Some(value)
    });
    let faults = report.faults.iter().map(|fault| {
        let rules = fault.holes.iter().filter_map(|hole| set.rules.get(*hole));
        json!({
            "kind": fault.kind.slug(),
            "direction": fault.direction.slug(),
            "there": fault.there.iter().map(there).collect::<Vec<_>>(),
            "planned": rules.map(|rule| planned(set, rule)).collect::<Vec<_>>(),
            "connections": match fault.holes.is_empty() {
                true => Vec::new(),
                false => fault.connections(set),
            },
            "lacking": fault.lacking_text(),
            "excess": if fault.excess.is_empty() { String::new() } else { fault.excess_text() },
            "perhaps": fault.perhaps,
        })
    });
    json!({
        "place": set.place.to_string(),
        "plan": set.digest.to_string(),
        "same": report.faults.is_empty(),
        "holes": holes.collect::<Vec<_>>(),
        "faults": faults.collect::<Vec<_>>(),
        "notes": report.notes,
        "drift": report.drift,
    })
}

fn planned(set: &RuleSet<'_>, rule: &Rule) -> Value {
    json!({
        "id": rule.id,
        "direction": rule.direction.slug(),
        "source": rule.source.parties,
        "destination": rule.destination.parties,
        "protocol": rule.protocol_text(),
        "ports": rule.ports_text(),
        "connections": set.connections(rule),
    })
}

fn there(there: &There) -> Value {
    json!({ "chain": there.chain, "at": there.at, "text": there.text })
}
