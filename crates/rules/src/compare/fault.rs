//! What is wrong with a rule set: what is blocked and what is open, put together by
//! its cause.

use super::judge::{By, Doubt, Unjudgeable, judge};
use super::{Lack, Opening, parties, words};
use crate::read::packets::{Field, Packets, joined};
use crate::read::{Foreign, Verdict};
use crate::rule::{Direction, Rule, RuleSet};

/// What kind of fault it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Kind {
    /// No rule lets it pass.
    Missing,
    /// A rule drops it that is asked before the one that would let it pass.
    Dropped,
    /// A rule lets something else pass that differs in one thing.
    Wrong,
    /// What begins passes, and the answers to it do not.
    NoAnswers,
    /// A rule opens what is needed, and more.
    Wider,
    /// A rule opens what no flow needs.
    Superfluous,
    /// Nothing is asked about such packets, or what no rule decides passes.
    Unfiltered,
}

impl Kind {
    pub fn slug(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Dropped => "dropped",
            Self::Wrong => "wrong",
            Self::NoAnswers => "no-answers",
            Self::Wider => "wider",
            Self::Superfluous => "superfluous",
            Self::Unfiltered => "unfiltered",
        }
    }

    /// Whether planned flows fail by it.
    pub fn blocks(self) -> bool {
        matches!(self, Self::Missing | Self::Dropped | Self::Wrong | Self::NoAnswers)
    }
}

/// A rule of the other set, or what a chain of it does by itself.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct There {
    /// `inet filter input`; empty where there is no chain.
    pub chain: String,
    /// `handle 12`, `line 7`, `policy`.
    pub at: String,
    /// As it was written.
    pub text: String,
}

impl There {
    pub(super) fn of(foreign: &Foreign, by: By) -> Self {
        let name = |chain: usize| {
            foreign.chains.get(chain).map(|chain| chain.name.clone()).unwrap_or_default()
        };
        match by {
            By::Rule(chain, rule) => {
                let found = foreign.chains.get(chain).and_then(|chain| chain.rules.get(rule));
                let (at, text) =
                    found.map(|rule| (rule.at.clone(), rule.text.clone())).unwrap_or_default();
                Self { chain: name(chain), at, text }
            }
            By::Policy(chain) => Self {
                chain: name(chain),
                at: "policy".to_owned(),
                text: "what no rule decides".to_owned(),
            },
            By::Nobody => Self {
                chain: String::new(),
                at: "nothing".to_owned(),
                text: "no chain sees it".to_owned(),
            },
        }
    }
}

impl std::fmt::Display for There {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.chain.as_str() {
            "" => write!(f, "{} ({})", self.at, self.text),
            chain => write!(f, "{} of {chain} ({})", self.at, self.text),
        }
    }
}

/// One fault.
#[derive(Debug, Clone)]
pub struct Fault {
    pub kind: Kind,
    pub direction: Direction,
    /// The rules of the other set that it lies in; none where one is missing.
    pub there: Vec<There>,
    /// The rules of ours that do not wholly pass, by their places in
    /// [`RuleSet::rules`].
    pub holes: Vec<usize>,
    /// What should pass and does not.
    pub lacking: Vec<Packets>,
    /// What passes and no flow needs.
    pub excess: Vec<Packets>,
    /// Why it may pass and is not counted: what of the rules was not understood.
    pub perhaps: Vec<String>,
}

impl Fault {
    /// `tcp 443 from 10.12.0.0/16 to 10.0.1.11`; empty where nothing is lacking.
    pub fn lacking_text(&self) -> String {
        words::packets(&self.lacking)
    }

    /// The same of what is open and not needed.
    pub fn excess_text(&self) -> String {
        match self.kind {
            Kind::Unfiltered => format!("whatever no rule decides ({})", self.direction.slug()),
            _ => words::packets(&self.excess),
        }
    }

    /// The connections that fail by it: `client>management-point/https`; sorted, each
    /// once.
    pub fn connections(&self, set: &RuleSet<'_>) -> Vec<String> {
        let mut all: Vec<String> = Vec::new();
        for rule in self.rules(set) {
            let ends = self.ends(set, rule);
            let touched = set.flows(rule).filter(|planned| {
                let (opener, answerer) =
                    (set.plan.party(planned.opener), set.plan.party(planned.answerer));
                let [from, to] = &ends;
                let (from, to) = if rule.reply { (to, from) } else { (from, to) };
                from.contains(&opener.as_str()) && to.contains(&answerer.as_str())
            });
            let ids: Vec<String> = touched.map(|planned| planned.flow.id()).collect();
            all.extend(if ids.is_empty() { set.connections(rule) } else { ids });
        }
        all.sort();
        all.dedup();
        all
    }

    /// Who sends what does not pass, and to whom: `hq, branch-1`, `p01-mp`.
    pub fn parties(&self, set: &RuleSet<'_>) -> [String; 2] {
        let mut both: [Vec<String>; 2] = Default::default();
        for rule in self.rules(set) {
            for (all, names) in both.iter_mut().zip(self.ends(set, rule)) {
                all.extend(names.into_iter().map(str::to_owned));
            }
        }
        both.map(|mut names| {
            names.sort();
            names.dedup();
            names.join(", ")
        })
    }

    fn rules<'r>(&'r self, set: &'r RuleSet<'_>) -> impl Iterator<Item = &'r Rule> {
        self.holes.iter().filter_map(|hole| set.rules.get(*hole))
    }

    fn ends<'r>(&self, set: &RuleSet<'_>, rule: &'r Rule) -> [Vec<&'r str>; 2] {
        // Answers go the other way.
        let (source, destination) = match self.kind {
            Kind::NoAnswers => (Field::Destination, Field::Source),
            _ => (Field::Source, Field::Destination),
        };
        [
            parties(set, &rule.source.parties, source, &self.lacking),
            parties(set, &rule.destination.parties, destination, &self.lacking),
        ]
    }
}

/// Puts together what has one cause.
pub(super) fn faults(
    set: &RuleSet<'_>,
    foreign: &Foreign,
    lacks: Vec<Lack>,
    unanswered: Vec<(Direction, Lack)>,
    openings: Vec<Opening>,
) -> Result<Vec<Fault>, Unjudgeable> {
    let mut making = Making { foreign, faults: Vec::new(), openings };
    for lack in lacks {
        let direction = set.rules.get(lack.rule).map_or(Direction::Through, |rule| rule.direction);
        making.lack(direction, lack)?;
    }
    for (direction, lack) in unanswered {
        making.add(Kind::NoAnswers, direction, lack.by.first().copied(), lack);
    }
    making.open();
    let mut faults: Vec<Fault> = making.faults.into_iter().map(|(_, fault)| fault).collect();
    for fault in &mut faults {
        fault.lacking = joined(std::mem::take(&mut fault.lacking));
    }
    faults.sort_by(|one, other| {
        (!one.kind.blocks(), one.direction).cmp(&(!other.kind.blocks(), other.direction))
    });
    Ok(faults)
}

struct Making<'f> {
    foreign: &'f Foreign,
    /// With the cause: what has the same is one.
    faults: Vec<(Option<By>, Fault)>,
    openings: Vec<Opening>,
}

impl Making<'_> {
    fn lack(&mut self, direction: Direction, lack: Lack) -> Result<(), Unjudgeable> {
        for by in lack.by.clone() {
            // Without the rule that drops it: is there one that lets it pass?
            let Some(others) = without_drop(self.foreign, by) else { continue };
            let judged = judge(&others, direction, lack.packets.clone(), Doubt::Blocks)?;
            if !judged.passed.is_empty() {
                self.add(Kind::Dropped, direction, Some(by), lack);
                return Ok(());
            }
        }
        let near = self.openings.iter().find(|one| is_near(one, direction, &lack.packets));
        match near.map(|one| one.by) {
            Some(by) => self.add(Kind::Wrong, direction, Some(by), lack),
            None => {
                let perhaps = perhaps(self.foreign, direction, &lack.packets)?;
                self.add(Kind::Missing, direction, None, lack);
                if let Some((_, fault)) = self.faults.last_mut() {
                    fault.perhaps = perhaps;
                }
            }
        }
        Ok(())
    }

    fn add(&mut self, kind: Kind, direction: Direction, by: Option<By>, lack: Lack) {
        let same = |(one, fault): &&mut (Option<By>, Fault)| {
            by.is_some() && *one == by && fault.kind == kind
        };
        if let Some((_, fault)) = self.faults.iter_mut().find(same) {
            fault.holes.push(lack.rule);
            fault.lacking.extend(lack.packets);
            return;
        }
        let there = by.map(|by| There::of(self.foreign, by)).into_iter().collect();
        let fault = Fault {
            kind,
            direction,
            there,
            holes: vec![lack.rule],
            lacking: lack.packets,
            excess: Vec::new(),
            perhaps: Vec::new(),
        };
        self.faults.push((by, fault));
    }

    /// What is open: with what it was meant for, or by itself.
    fn open(&mut self) {
        for opening in std::mem::take(&mut self.openings) {
            let meant = self
                .faults
                .iter_mut()
                .find(|(by, fault)| *by == Some(opening.by) && fault.kind == Kind::Wrong);
            if let Some((_, fault)) = meant {
                fault.excess = opening.excess;
                continue;
            }
            let kind = match (opening.by, opening.needed) {
                (By::Policy(_) | By::Nobody, _) => Kind::Unfiltered,
                (By::Rule(..), true) => Kind::Wider,
                (By::Rule(..), false) => Kind::Superfluous,
            };
            let fault = Fault {
                kind,
                direction: opening.direction,
                there: vec![There::of(self.foreign, opening.by)],
                holes: Vec::new(),
                lacking: Vec::new(),
                excess: opening.excess,
                perhaps: Vec::new(),
            };
            self.faults.push((Some(opening.by), fault));
        }
    }
}

/// The rule set without one rule, if that is one that drops.
fn without_drop(foreign: &Foreign, by: By) -> Option<Foreign> {
    let By::Rule(chain, rule) = by else { return None };
    let mut others = foreign.clone();
    let rule = others.chains.get_mut(chain)?.rules.get_mut(rule)?;
    if rule.verdict != Verdict::Drop {
        return None;
    }
    rule.verdict = Verdict::Continue;
    Some(others)
}

/// Rules that may let it pass, and of which something was not understood.
fn perhaps(
    foreign: &Foreign,
    direction: Direction,
    packets: &[Packets],
) -> Result<Vec<String>, Unjudgeable> {
    let judged = judge(foreign, direction, packets.to_vec(), Doubt::Passes)?;
    let mut found: Vec<String> = Vec::new();
    for part in judged.passed {
        let text = There::of(foreign, part.by).to_string();
        if !found.contains(&text) {
            found.push(text);
        }
    }
    Ok(found)
}

/// Whether what a rule opens is what is lacking but for one thing: the protocol, the
/// port, one of the ends, or which of them begins.
fn is_near(opening: &Opening, direction: Direction, lacking: &[Packets]) -> bool {
    if !matches!(opening.by, By::Rule(..)) {
        return false;
    }
    lacking.iter().all(|lack| {
        opening.excess.iter().any(|open| {
            let turned = open.answers().with(Field::State, open.space(Field::State).clone());
            let turned = turned
                .with(Field::Ports, open.space(Field::Ports).clone())
                .with(Field::SourcePorts, open.space(Field::SourcePorts).clone());
            (opening.direction == direction && apart(open, lack) == 1) || apart(&turned, lack) == 0
        })
    })
}

/// In how many fields nothing is common to both.
fn apart(one: &Packets, other: &Packets) -> usize {
    if one.version() != other.version() {
        return Field::ALL.len();
    }
    let fields =
        [Field::Protocol, Field::Ports, Field::SourcePorts, Field::Source, Field::Destination];
    fields.into_iter().filter(|field| !one.space(*field).meets(other.space(*field))).count()
}
