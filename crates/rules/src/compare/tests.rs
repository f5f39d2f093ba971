//! The algebra of packets is held against a slow evaluator that looks at one packet at
//! a time, and our own rules, written as others would, against themselves.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use proptest::prelude::*;

use super::judge::{Doubt, judge};
use super::*;
use crate::read::packets::{one, protocol};
use crate::read::{Base, Chain, ForeignRule, Format, Hook, Verdict};
use crate::rule::Version;
use crate::space::Space;
use crate::tests::{BRANCHES, HIERARCHY, plan_of};
use crate::{Compiler, Decided, Dialect, Place};

/// One packet: a number for each field, in the order of [`Field::ALL`].
type Packet = [u128; Field::ALL.len()];

fn has(packets: &Packets, packet: Packet) -> bool {
    let mut fields = Field::ALL.iter().zip(packet);
    fields.all(|(field, number)| packets.space(*field).holds(&one(number)))
}

/// What becomes of a packet, as the kernel would find out: rule by rule. `yes` says
/// whether a rule that was understood in part meets what it seems to be about.
struct Slow<'f> {
    foreign: &'f Foreign,
    yes: &'f dyn Fn(usize, usize) -> bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Became {
    Passed,
    Blocked,
    Back,
}

impl Slow<'_> {
    fn passes(&self, packet: Packet) -> bool {
        self.foreign.bases.iter().all(|base| match self.walk(base.chain, packet) {
            Became::Passed => true,
            Became::Blocked => false,
            Became::Back => base.accepts,
        })
    }

    fn walk(&self, chain: usize, packet: Packet) -> Became {
        for (n, rule) in self.foreign.chains[chain].rules.iter().enumerate() {
            let about = rule.packets.iter().any(|packets| has(packets, packet));
            if !about || !rule.unknown.is_empty() && !(self.yes)(chain, n) {
                continue;
            }
            match rule.verdict {
                Verdict::Accept => return Became::Passed,
                Verdict::Drop => return Became::Blocked,
                Verdict::Return => return Became::Back,
                Verdict::Goto(target) => return self.walk(target, packet),
                Verdict::Jump(target) => match self.walk(target, packet) {
                    Became::Back => {}
                    decided => return decided,
                },
                Verdict::Continue | Verdict::Unknown => {}
            }
        }
        Became::Back
    }
}

fn space() -> impl Strategy<Value = Space> {
    let range = (0u128..5, 0u128..3).prop_map(|(first, more)| (first, first + more));
    prop::collection::vec(range, 1..3).prop_map(Space::new)
}

fn packets() -> impl Strategy<Value = Packets> {
    (space(), space(), space()).prop_map(|(ports, source, destination)| {
        Packets::all(Version::V4)
            .with(Field::Ports, ports)
            .with(Field::Source, source)
            .with(Field::Destination, destination)
    })
}

/// Chains that call only later ones, as the kernel demands that they end.
fn foreign(unsure: bool) -> impl Strategy<Value = Foreign> {
    const CHAINS: usize = 4;
    let rule = move |chain: usize| {
        let calls = (chain + 1..CHAINS + 1).prop_map(move |target| target.min(CHAINS - 1));
        let verdict = (0..8u8, calls).prop_map(move |(kind, target)| match kind {
            0..=1 => Verdict::Accept,
            2..=3 => Verdict::Drop,
            4 => Verdict::Return,
            5 if target > chain => Verdict::Goto(target),
            6..=7 if target > chain => Verdict::Jump(target),
            _ => Verdict::Continue,
        });
        (prop::collection::vec(packets(), 1..3), verdict, 0..4u8).prop_map(
            move |(packets, verdict, doubt)| ForeignRule {
                at: String::new(),
                text: String::new(),
                packets,
                unknown: if unsure && doubt == 0 { vec!["?".to_owned()] } else { Vec::new() },
                interfaces: Vec::new(),
                verdict,
            },
        )
    };
    let chain = move |n| {
        prop::collection::vec(rule(n), 0..5)
            .prop_map(move |rules| Chain { name: n.to_string(), rules })
    };
    let base = |(chain, accepts): (usize, bool)| Base {
        chain,
        hook: Hook::Input,
        priority: 0,
        accepts,
        versions: Version::ALL.to_vec(),
    };
    let bases = prop::collection::vec((0..2usize, any::<bool>()).prop_map(base), 0..3);
    ((chain(0), chain(1), chain(2), chain(3)), bases).prop_map(|((a, b, c, d), bases)| Foreign {
        format: Format::NftJson,
        versions: Version::ALL.to_vec(),
        chains: vec![a, b, c, d],
        bases,
        notes: Vec::new(),
        digests: Vec::new(),
    })
}

/// Every packet of a small world.
fn world() -> impl Iterator<Item = Packet> {
    (0..512u128).map(|n| [0, 6, 0, n % 8, 0, n / 8 % 8, n / 64])
}

fn passed(foreign: &Foreign, doubt: Doubt) -> Vec<Packets> {
    let judged = judge(foreign, Direction::In, vec![Packets::all(Version::V4)], doubt).unwrap();
    judged.passed.into_iter().map(|part| part.packets).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_understood_passes_as_the_kernel_would_have_it(foreign in foreign(false)) {
        let slow = Slow { foreign: &foreign, yes: &|_, _| true };
        for doubt in [Doubt::Blocks, Doubt::Passes] {
            let passed = passed(&foreign, doubt);
            for packet in world() {
                let fast = passed.iter().any(|packets| has(packets, packet));
                prop_assert_eq!(fast, slow.passes(packet), "{:?}", packet);
            }
        }
    }

    /// Whatever the parts mean that were not understood, the truth lies between.
    #[test]
    fn the_truth_lies_between_the_two_answers(foreign in foreign(true), seed in any::<u64>()) {
        let yes = move |chain: usize, n: usize| seed >> ((chain * 8 + n) % 64) & 1 == 1;
        let slow = Slow { foreign: &foreign, yes: &yes };
        let (surely, maybe) = (passed(&foreign, Doubt::Blocks), passed(&foreign, Doubt::Passes));
        for packet in world() {
            let truth = slow.passes(packet);
            prop_assert!(truth || !surely.iter().any(|packets| has(packets, packet)), "{packet:?}");
            prop_assert!(!truth || maybe.iter().any(|packets| has(packets, packet)), "{packet:?}");
        }
    }
}

/// Every firewall of both estates, in the dialects that are read too.
#[test]
fn our_own_rules_have_no_fault() {
    let mut read = 0;
    for (text, dialect, format) in [BRANCHES, HIERARCHY].into_iter().flat_map(|text| {
        [(Dialect::Csv, Format::Csv), (Dialect::Iptables, Format::Iptables)]
            .map(|(dialect, format)| (text, dialect, format))
    }) {
        let (plan, decided) = (plan_of(text), Decided::new(text));
        let compiler = Compiler::new(&plan);
        for place in compiler.places().into_iter().chain([Place::Border]) {
            let set = compiler.rules(&place).unwrap();
            if set.rules.is_empty() {
                continue;
            }
            let Ok(written) = dialect.write(&set, &decided) else { continue };
            // What iptables-save adds: the chains that are always there, and whose it is.
            let built_in = "*filter\n:INPUT ACCEPT\n:FORWARD ACCEPT\n:OUTPUT ACCEPT\n";
            let texts = written.files.iter().map(|file| {
                let six =
                    if file.name.ends_with(".v6") { "# Generated by ip6tables-save\n" } else { "" };
                six.to_owned() + &file.text.replace("*filter\n", built_in)
            });
            let all = texts.collect::<Vec<_>>().join("\n");
            let mut foreign = Foreign::read(&all, format).expect(&all);
            foreign.settle(&[]);
            let report = compare(&set, &foreign).unwrap();
            let told: Vec<String> = report
                .faults
                .iter()
                .map(|fault| {
                    format!(
                        "{} {:?} lacking {} excess {}",
                        fault.kind.slug(),
                        fault.there,
                        fault.lacking_text(),
                        fault.excess_text()
                    )
                })
                .collect();
            assert!(told.is_empty(), "{dialect} of {place}: {told:#?}\n{all}");
            assert!(report.holes.iter().all(|hole| hole.passes == Passes::Whole));
            assert!(report.drift.is_empty(), "{:?}", report.drift);
            read += 1;
        }
    }
    assert!(read > 40, "{read}");
}

/// A packet of each of our rules, and of each just beside it, is judged as the rules say.
#[test]
fn a_rule_left_out_is_the_one_that_is_missing() {
    let plan = plan_of(HIERARCHY);
    let (compiler, decided) = (Compiler::new(&plan), Decided::new(HIERARCHY));
    let place = Place::Host("p01-mp".to_owned());
    let set = compiler.rules(&place).unwrap();
    for n in 0..set.rules.len() {
        let mut fewer = set.clone();
        let gone = fewer.rules.remove(n);
        let written = Dialect::Csv.write(&fewer, &decided).unwrap();
        let mut foreign = Foreign::read(&written.files[0].text, Format::Csv).unwrap();
        foreign.settle(&[]);
        let report = compare(&set, &foreign).unwrap();
        let [fault] = report.faults.as_slice() else { panic!("{}: {:?}", gone.id, report.faults) };
        assert_eq!((fault.kind, &fault.holes), (Kind::Missing, &vec![n]), "{}", gone.id);
        // And the other way round it is the one that nothing needs.
        let written = Dialect::Csv.write(&set, &decided).unwrap();
        let mut foreign = Foreign::read(&written.files[0].text, Format::Csv).unwrap();
        foreign.settle(&[]);
        let report = compare(&fewer, &foreign).unwrap();
        let [fault] = report.faults.as_slice() else { panic!("{}: {:?}", gone.id, report.faults) };
        assert_eq!((fault.kind, fault.there.len()), (Kind::Superfluous, 1), "{}", gone.id);
        let number = u128::from(protocol(gone.protocol.slug()).unwrap());
        assert!(
            fault
                .excess
                .iter()
                .all(|one| one.space(Field::Protocol).holds(&crate::read::packets::one(number)))
        );
    }
}
