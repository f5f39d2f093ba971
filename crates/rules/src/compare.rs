//! What a rule set that exists does to a plan: which planned flows it lets pass, which
//! it blocks, and what it opens that no flow needs.
//!
//! Only what is new is compared, and that answers come back: what belongs to something
//! that has passed is the firewall's own affair. A fault is told once, with its cause:
//! a rule that names the wrong network blocks one thing and opens another, and is one
//! fault.

use std::collections::BTreeSet;

use catalog::Cast;

use crate::read::Foreign;
use crate::read::packets::{Field, Packets, State, joined, without};
use crate::rule::{Direction, Rule, RuleSet};

mod fault;
mod judge;
mod plans;
mod scope;
#[cfg(test)]
mod tests;
mod words;

pub use fault::{Fault, Kind, There};
pub use judge::Unjudgeable;
pub use plans::{Change, Changed, plans};

use judge::{By, Doubt, judge};
use scope::Scope;

/// What was found.
#[derive(Debug, Clone)]
pub struct Report {
    /// One for each rule that the plan needs here, in their order.
    pub holes: Vec<Hole>,
    /// What is wrong, each once: what is blocked, then what is open.
    pub faults: Vec<Fault>,
    /// What a person has to know beside that.
    pub notes: Vec<String>,
    /// Of which other plans the rules say that they were made; none where they say
    /// this one, or nothing.
    pub drift: Vec<String>,
}

/// What becomes of a rule that the plan needs.
#[derive(Debug, Clone)]
pub struct Hole {
    /// Its place in [`RuleSet::rules`].
    pub rule: usize,
    pub passes: Passes,
    /// Which rules let it pass, wholly or in part.
    pub by: Vec<There>,
}

/// How much of a hole passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Passes {
    Whole,
    Part,
    Nothing,
}

impl Passes {
    pub fn slug(self) -> &'static str {
        match self {
            Self::Whole => "passes",
            Self::Part => "in part",
            Self::Nothing => "blocked",
        }
    }
}

/// A hole of which something does not surely pass.
#[derive(Debug, Clone)]
struct Lack {
    rule: usize,
    packets: Vec<Packets>,
    by: BTreeSet<By>,
}

/// What a rule opens, and nothing needs.
#[derive(Debug, Clone)]
struct Opening {
    by: By,
    direction: Direction,
    excess: Vec<Packets>,
    /// Some of what it opens is needed.
    needed: bool,
}

/// Holds a rule set against what the plan needs at a place.
///
/// # Errors
/// When the rule set cannot be judged.
pub fn compare(set: &RuleSet<'_>, foreign: &Foreign) -> Result<Report, Unjudgeable> {
    compared(set, &Scope::of(set), foreign)
}

/// The same of what passes between two parties, whichever begins. `set` is what they
/// need of a border, and `border` what all need of it: what others need is not called
/// superfluous.
///
/// # Errors
/// When the rule set cannot be judged.
pub fn compare_between(
    set: &RuleSet<'_>,
    border: &RuleSet<'_>,
    parties: [&str; 2],
    foreign: &Foreign,
) -> Result<Report, Unjudgeable> {
    compared(set, &Scope::between(border, parties), foreign)
}

fn compared(
    set: &RuleSet<'_>,
    scope: &Scope<'_>,
    foreign: &Foreign,
) -> Result<Report, Unjudgeable> {
    let (mut holes, mut lacks, mut unanswered) = (Vec::new(), Vec::new(), Vec::new());
    for (n, rule) in set.rules.iter().enumerate() {
        let asked = scope.required(rule);
        if asked.is_empty() || !foreign.versions.contains(&rule.version) {
            continue;
        }
        let judged = judge(foreign, rule.direction, asked.clone(), Doubt::Blocks)?;
        let by: BTreeSet<By> = judged.passed.iter().map(|part| part.by).collect();
        let passes = match (judged.passed.is_empty(), judged.blocked.is_empty()) {
            (_, true) => Passes::Whole,
            (true, false) => Passes::Nothing,
            (false, false) => Passes::Part,
        };
        let by = by.into_iter().map(|by| There::of(foreign, by)).collect();
        holes.push(Hole { rule: n, passes, by });
        if passes != Passes::Whole {
            let by = judged.blocked.iter().map(|part| part.by).collect();
            let packets = joined(judged.blocked.into_iter().map(|part| part.packets).collect());
            lacks.push(Lack { rule: n, packets, by });
        } else if is_answered(set, rule) {
            unanswered.extend(answers_lacking(set, foreign, n, &asked)?);
        }
    }
    let mut openings = Vec::new();
    for direction in &set.directions {
        openings.extend(opened(scope, foreign, *direction)?);
    }
    let faults = fault::faults(set, foreign, lacks, unanswered, openings)?;
    let drift = foreign.digests.iter().filter(|digest| **digest != set.digest.to_string());
    let same = foreign.digests.iter().any(|digest| *digest == set.digest.to_string());
    let drift = if same { Vec::new() } else { drift.cloned().collect() };
    Ok(Report { holes, faults, notes: foreign.notes.clone(), drift })
}

/// Whether what passes is answered from where it went to, so that the answers have to
/// pass by state.
fn is_answered(set: &RuleSet<'_>, rule: &Rule) -> bool {
    let one_to_one = set.flows(rule).any(|planned| planned.flow.cast == Cast::Unicast);
    let ports = matches!(rule.protocol, catalog::Protocol::Tcp | catalog::Protocol::Udp);
    one_to_one && ports && !rule.reply && !rule.by_state
}

/// The answers that do not come back, though what they answer passes.
fn answers_lacking(
    set: &RuleSet<'_>,
    foreign: &Foreign,
    rule: usize,
    asked: &[Packets],
) -> Result<Option<(Direction, Lack)>, Unjudgeable> {
    let back = match set.rules.get(rule).map(|rule| rule.direction) {
        Some(Direction::In) => Direction::Out,
        Some(Direction::Out) => Direction::In,
        _ => Direction::Through,
    };
    if !set.directions.contains(&back) {
        return Ok(None);
    }
    let answers = asked.iter().map(Packets::answers).collect();
    let judged = judge(foreign, back, answers, Doubt::Blocks)?;
    if judged.blocked.is_empty() {
        return Ok(None);
    }
    let by = judged.blocked.iter().map(|part| part.by).collect();
    let packets = joined(judged.blocked.into_iter().map(|part| part.packets).collect());
    Ok(Some((back, Lack { rule, packets, by })))
}

/// What passes, and no flow needs, by what lets it.
fn opened(
    scope: &Scope<'_>,
    foreign: &Foreign,
    direction: Direction,
) -> Result<Vec<Opening>, Unjudgeable> {
    let mut all = scope.all(direction);
    all.retain(|one| foreign.versions.contains(&one.version()));
    let judged = judge(foreign, direction, all, Doubt::Passes)?;
    // A rule with a map of verdicts is read as several.
    let same =
        |one: By, other: By| one == other || There::of(foreign, one) == There::of(foreign, other);
    let mut openings: Vec<Opening> = Vec::new();
    for part in judged.passed {
        let excess = without(vec![part.packets.clone()], scope.needed(direction));
        let needed = excess != [part.packets];
        match openings.iter_mut().find(|one| same(one.by, part.by)) {
            Some(one) => {
                one.excess.extend(excess);
                one.needed |= needed;
            }
            None => openings.push(Opening { by: part.by, direction, excess, needed }),
        }
    }
    openings.retain(|one| !one.excess.is_empty());
    for one in &mut openings {
        one.excess = joined(std::mem::take(&mut one.excess));
    }
    openings.sort_by_key(|one| one.by);
    Ok(openings)
}

/// What the plan says of the parties of some packets that a rule of ours lets pass:
/// only those whose addresses are among them.
pub(crate) fn parties<'r>(
    set: &RuleSet<'_>,
    names: &'r [String],
    field: Field,
    packets: &[Packets],
) -> Vec<&'r str> {
    let meets = |name: &&String| {
        let spaces = scope::addresses(set.plan, name);
        spaces.iter().all(|(_, space)| space.is_empty())
            || packets.iter().any(|one| {
                spaces.iter().any(|(version, space)| {
                    *version == one.version() && one.space(field).meets(space)
                })
            })
    };
    let found: Vec<&str> = names.iter().filter(meets).map(String::as_str).collect();
    if found.is_empty() { names.iter().map(String::as_str).collect() } else { found }
}

/// What a rule of ours lets pass, as the firewall sees it when it begins.
pub(crate) fn beginning(rule: &Rule) -> Packets {
    let state = if rule.by_state { State::Related } else { State::New };
    Packets::of_rule(rule, state)
}
