//! Which packets a rule set lets pass: its chains, asked as the kernel asks them.
//!
//! Where a rule was understood in part, two answers are needed. What *surely* passes
//! takes such a rule for one that accepts nothing and drops all that it may be about;
//! what *may* pass takes it the other way round. Between them lies the truth.

use crate::read::packets::Packets;
use crate::read::{Base, Foreign, Hook, Verdict};
use crate::rule::Direction;

/// The kernel follows no more jumps than this (NFT_JUMP_STACK_SIZE).
const DEPTH: usize = 16;

/// More steps (a rule asked about a part of the packets) than any rule set of a
/// machine needs.
const STEPS: usize = 4_000_000;

/// A rule set that cannot be judged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unjudgeable {
    #[error(
        "chain {0} is more than {DEPTH} jumps deep: the kernel would not load that, so give the rules as they are loaded"
    )]
    TooDeep(String),
    #[error(
        "the rules overlap too much to be compared: give one place's rules, or fewer at a time"
    )]
    TooMany,
}

/// How what is not understood is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Doubt {
    /// What is left surely passes.
    Blocks,
    /// What is left may pass.
    Passes,
}

/// What decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum By {
    /// A rule, by its chain's place and its own in it.
    Rule(usize, usize),
    /// What a chain does with what no rule decides.
    Policy(usize),
    /// No chain looks at such packets.
    Nobody,
}

/// Packets, and what decided about them.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    pub(crate) packets: Packets,
    pub(crate) by: By,
}

/// What becomes of packets.
#[derive(Debug, Default)]
pub(crate) struct Judged {
    pub(crate) passed: Vec<Part>,
    pub(crate) blocked: Vec<Part>,
}

/// Follows packets through all chains on their way.
pub(crate) fn judge(
    foreign: &Foreign,
    direction: Direction,
    packets: Vec<Packets>,
    doubt: Doubt,
) -> Result<Judged, Unjudgeable> {
    let mut judge = Judge { foreign, doubt, steps: 0 };
    let mut passed: Vec<Part> =
        packets.into_iter().map(|packets| Part { packets, by: By::Nobody }).collect();
    let mut blocked = Vec::new();
    for base in on_the_way(foreign, direction) {
        let sees = |part: &Part| base.versions.contains(&part.packets.version());
        let (seen, mut next): (Vec<Part>, Vec<Part>) = passed.into_iter().partition(sees);
        let found = judge.base(base, seen)?;
        next.extend(found.passed);
        passed = next;
        blocked.extend(found.blocked);
    }
    Ok(Judged { passed, blocked })
}

/// The chains that packets meet, in order; `foreign` has them sorted.
fn on_the_way(foreign: &Foreign, direction: Direction) -> impl Iterator<Item = &Base> {
    // Not in the order of the hooks' names: what goes out meets no input.
    let hooks: &[Hook] = Hook::on_the_way(direction);
    hooks.iter().flat_map(|hook| foreign.bases.iter().filter(move |base| base.hook == *hook))
}

struct Judge<'f> {
    foreign: &'f Foreign,
    doubt: Doubt,
    steps: usize,
}

/// What a chain did.
#[derive(Default)]
struct Walked {
    passed: Vec<Part>,
    blocked: Vec<Part>,
    /// To where the chain was called from.
    back: Vec<Part>,
}

impl Judge<'_> {
    fn base(&mut self, base: &Base, packets: Vec<Part>) -> Result<Judged, Unjudgeable> {
        let walked = self.chain(base.chain, packets, 0)?;
        let (mut passed, mut blocked) = (walked.passed, walked.blocked);
        let policy = walked.back.into_iter().map(|part| match (base.accepts, part.by) {
            // A rule of an earlier chain tells people more than a policy.
            (true, By::Rule(..)) => part,
            _ => Part { by: By::Policy(base.chain), ..part },
        });
        if base.accepts {
            passed.extend(policy)
        } else {
            blocked.extend(policy)
        }
        Ok(Judged { passed, blocked })
    }

    fn chain(
        &mut self,
        chain: usize,
        mut left: Vec<Part>,
        depth: usize,
    ) -> Result<Walked, Unjudgeable> {
        let Some(asked) = self.foreign.chains.get(chain) else { return Ok(Walked::default()) };
        if depth > DEPTH {
            return Err(Unjudgeable::TooDeep(asked.name.clone()));
        }
        let mut walked = Walked::default();
        for (n, rule) in asked.rules.iter().enumerate() {
            if left.is_empty() {
                break;
            }
            if rule.verdict == Verdict::Continue {
                continue;
            }
            let (met, missed) = self.met(left, &rule.packets)?;
            left = missed;
            if !met.is_empty() {
                let sure = rule.unknown.is_empty();
                left.extend(self.decide(
                    &rule.verdict,
                    sure,
                    By::Rule(chain, n),
                    met,
                    depth,
                    &mut walked,
                )?);
            }
        }
        walked.back.extend(left);
        Ok(walked)
    }

    /// What a rule does with the packets that it is about. Gives back those that the
    /// next rule is asked about.
    fn decide(
        &mut self,
        verdict: &Verdict,
        sure: bool,
        by: By,
        met: Vec<Part>,
        depth: usize,
        walked: &mut Walked,
    ) -> Result<Vec<Part>, Unjudgeable> {
        let decided = |met: Vec<Part>| met.into_iter().map(move |part| Part { by, ..part });
        let passes = self.doubt == Doubt::Passes;
        Ok(match verdict {
            Verdict::Continue => met,
            Verdict::Accept if sure => {
                walked.passed.extend(decided(met));
                Vec::new()
            }
            Verdict::Accept | Verdict::Unknown if passes => {
                walked.passed.extend(decided(met.clone()));
                met
            }
            Verdict::Accept => met,
            Verdict::Drop if !sure && passes => met,
            Verdict::Drop | Verdict::Unknown => {
                walked.blocked.extend(decided(met));
                Vec::new()
            }
            Verdict::Return if sure => {
                walked.back.extend(met);
                Vec::new()
            }
            // It may return, and it may not: what happens then must pass both ways.
            Verdict::Return if passes => {
                walked.back.extend(met.clone());
                met
            }
            Verdict::Return => {
                walked.blocked.extend(decided(met));
                Vec::new()
            }
            Verdict::Jump(target) | Verdict::Goto(target) => {
                let goes = matches!(verdict, Verdict::Goto(_));
                let kept = (!sure && passes).then(|| met.clone());
                let inner = self.chain(*target, met, depth + 1)?;
                walked.blocked.extend(inner.blocked);
                match (sure, passes) {
                    (true, _) => {
                        walked.passed.extend(inner.passed);
                        match goes {
                            true => walked.back.extend(inner.back),
                            false => return Ok(inner.back),
                        }
                        Vec::new()
                    }
                    (false, true) => {
                        walked.passed.extend(inner.passed);
                        if goes {
                            walked.back.extend(inner.back);
                        }
                        kept.unwrap_or_default()
                    }
                    (false, false) if goes => {
                        walked.blocked.extend(decided(inner.back));
                        walked.blocked.extend(decided(inner.passed));
                        Vec::new()
                    }
                    // What surely passes there has still to pass here, in case it
                    // never came there.
                    (false, false) => inner.passed.into_iter().chain(inner.back).collect(),
                }
            }
        })
    }

    /// Those that a rule is about, and the others.
    fn met(
        &mut self,
        left: Vec<Part>,
        about: &[Packets],
    ) -> Result<(Vec<Part>, Vec<Part>), Unjudgeable> {
        let (mut met, mut left) = (Vec::new(), left);
        for one in about {
            let mut missed = Vec::with_capacity(left.len());
            self.steps += left.len();
            if self.steps > STEPS {
                return Err(Unjudgeable::TooMany);
            }
            for part in left {
                match part.packets.intersection(one) {
                    None => missed.push(part),
                    Some(both) => {
                        let outside = part.packets.difference(one).into_iter();
                        missed.extend(outside.map(|packets| Part { packets, by: part.by }));
                        met.push(Part { packets: both, by: part.by });
                    }
                }
            }
            left = missed;
        }
        Ok((met, left))
    }
}
