//! Rules → the paper. Rows are grouped by whom they lead to, and what needs no rule
//! comes last.

use std::collections::{BTreeMap, BTreeSet};

use catalog::corrections;
use catalog::{Article, Edition};
use plan::{Cause, Plan, PlannedNetwork};

use super::paper::{Missing, Paper, Party, Piece, Row, Section, Words, words};
use super::{proof, reason};
use crate::decided::Decided;
use crate::rule::{Ends, Finding, Kind, Rule, RuleSet, range_text};

/// So many names stand in a title.
const NAMED: usize = 3;
/// So many connections stand with what is missing.
const SHOWN: usize = 4;

const BY_STATE: &str = "Errors about packets that passed. A firewall that keeps state lets them \
                        pass without a rule; any other needs these.";
const WITHIN: &str = "Both ends are in one network: no network firewall sees it, and the machines' \
                      own firewalls decide.";

const STATEFUL: &str = "Whatever answers a packet that passed belongs to it: the way back needs no \
                        row. Where answers come from a port that nobody asked, as those of TFTP \
                        do, they have a row of their own.";
const ROWS: &str = "One row is one hole: who may begin to speak to whom, and at which port. Nothing \
                    is open but what stands here. The number is for talking about it; the id stays \
                    the same as long as the hole does.";
const DECIDED: &str = "“Decided by” names the lines of the site file, the default, or the \
                       correction of an article that gave a row its parties and its port. The same \
                       site file gives the same rows; another plan digest is another plan.";

impl Paper {
    pub(in crate::dialect) fn of(set: &RuleSet<'_>, decided: &Decided) -> Self {
        let (apart, open): (Vec<&Rule>, Vec<&Rule>) =
            set.rules.iter().partition(|rule| rule.within || rule.by_state);
        let (within, by_state): (Vec<&Rule>, Vec<&Rule>) =
            apart.into_iter().partition(|rule| rule.within);
        let facts = facts(set, [open.len(), by_state.len(), within.len()]);
        let mut making = Making::new(set, decided);
        let sections = making.by_destination(&open);
        let apart = [
            ("by-state", "Passes by state", BY_STATE, by_state),
            ("within", "Stays within one network", WITHIN, within),
        ];
        let apart = apart.into_iter().filter(|(.., rules)| !rules.is_empty());
        let apart = apart.map(|(anchor, title, about, rules)| Section {
            anchor: anchor.to_owned(),
            title: title.to_owned(),
            about: about.to_owned(),
            rows: rules.into_iter().map(|rule| making.row(rule)).collect(),
        });
        let apart = apart.collect();
        let articles = making.documents.iter().filter_map(|name| article(name)).collect();
        Self {
            site: format!("{}, {}", set.plan.site_code(), set.plan.name()),
            facts,
            reading: reading(set.plan.edition()),
            missing: missing(set),
            sections,
            apart,
            articles,
            corrections: making.fixes.iter().filter_map(|id| corrections::find(id)).collect(),
        }
    }
}

struct Making<'a, 'p> {
    set: &'a RuleSet<'p>,
    decided: &'a Decided,
    /// What parties are called that are no hosts.
    called: BTreeMap<&'p str, String>,
    number: usize,
    /// What rows cite.
    documents: BTreeSet<&'static str>,
    fixes: BTreeSet<&'static str>,
}

impl<'a, 'p> Making<'a, 'p> {
    fn new(set: &'a RuleSet<'p>, decided: &'a Decided) -> Self {
        Self {
            set,
            decided,
            called: called(set.plan),
            number: 0,
            documents: BTreeSet::new(),
            fixes: BTreeSet::new(),
        }
    }

    /// Single parties first, each by name; then those who are asked alike.
    fn by_destination(&mut self, rules: &[&Rule]) -> Vec<Section> {
        let mut groups: BTreeMap<(bool, &[String]), Vec<&Rule>> = BTreeMap::new();
        for rule in rules {
            let parties = rule.destination.parties.as_slice();
            groups.entry((parties.len() > 1, parties)).or_default().push(rule);
        }
        let mut anchors = BTreeSet::new();
        let mut sections = Vec::new();
        for ((_, parties), rules) in groups {
            let rows = rules.into_iter().map(|rule| self.row(rule)).collect();
            let (title, about) = (title(parties), self.about(parties));
            sections.push(Section { anchor: anchor(parties, &mut anchors), title, about, rows });
        }
        sections
    }

    fn row(&mut self, rule: &Rule) -> Row {
        self.number += 1;
        let connections = reason::connections(self.set, rule);
        for planned in self.set.flows(rule) {
            for cause in planned.because.iter() {
                match cause {
                    Cause::Row(source) => _ = self.documents.insert(source.document),
                    Cause::Fix(id) => _ = self.fixes.insert(id),
                    Cause::Setting(_) | Cause::Default => {}
                }
            }
        }
        Row {
            number: self.number,
            id: rule.id.clone(),
            from: self.party(&rule.source, rule.source_ports),
            to: self.party(&rule.destination, None),
            port: port(rule),
            why: reason::why(&connections),
            decided: self.decided.of(self.set, rule),
            tests: proof::tests(self.set, rule, &connections),
            refused: reason::refused(self.set, rule, &connections),
            needed: reason::needed(&connections),
            state: reason::state(self.set, rule, &connections),
        }
    }

    fn party(&self, ends: &Ends, ports: Option<(u16, u16)>) -> Party {
        let named = |name: &String| self.called.get(name.as_str()).unwrap_or(name).clone();
        let mut names: Vec<String> = ends.parties.iter().map(named).collect();
        if names.is_empty() {
            names.push("neighbours".to_owned());
        }
        let addresses = ends.blocks.iter().map(|block| {
            let whole = block.first() == block.last();
            if whole { block.first().to_string() } else { block.to_string() }
        });
        Party { names, addresses: addresses.collect(), ports: ports.map(range_text) }
    }

    /// What a party is there for.
    fn about(&self, parties: &[String]) -> String {
        let plan = self.set.plan;
        let [name] = parties else { return String::new() };
        if let Some(host) = plan.host(name) {
            let roles: Vec<&str> = host.roles.iter().map(|role| role.name).collect();
            let name = host.dns.iter().cloned();
            let sites = (!host.sites.is_empty()).then(|| format!("of {}", host.sites.join(", ")));
            let roles = (!roles.is_empty()).then(|| roles.join(", "));
            return name.chain(roles).chain(sites).collect::<Vec<_>>().join(" · ");
        }
        if let Some(cluster) = plan.clusters().iter().find(|one| one.name == *name) {
            return format!("Cluster · {}", cluster.role.name);
        }
        if let Some(cloud) = plan.clouds().iter().find(|one| one.name == *name) {
            return format!("Cloud · {}", cloud.role.name);
        }
        let network = plan.networks().iter().find(|network| network.name == *name);
        let site = network.and_then(|network| network.site.as_ref());
        site.map(|site| format!("Network · clients of {site}")).unwrap_or_default()
    }
}

/// By name; a host is what everybody takes a party for.
fn called(plan: &Plan) -> BTreeMap<&str, String> {
    let network = |network: &PlannedNetwork| match &network.zone {
        Some(zone) => format!("network {} in zone {zone}", network.name),
        None => format!("network {}", network.name),
    };
    let networks = plan.networks().iter().map(|one| (one.name.as_str(), network(one)));
    let clouds = plan.clouds().iter().map(|one| (one.name.as_str(), format!("cloud {}", one.name)));
    let clusters =
        plan.clusters().iter().map(|one| (one.name.as_str(), format!("cluster {}", one.name)));
    let mut called: BTreeMap<&str, String> = clouds.chain(clusters).chain(networks).collect();
    plan.hosts().iter().for_each(|host| _ = called.remove(host.name.as_str()));
    called
}

/// `dp1, dp2, dp3 and 7 more`.
fn title(parties: &[String]) -> String {
    let shown = parties.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    match parties.len().checked_sub(NAMED) {
        _ if parties.is_empty() => "Neighbours".to_owned(),
        Some(more) if more > 0 => format!("{shown} and {more} more"),
        _ => shown,
    }
}

fn anchor(parties: &[String], known: &mut BTreeSet<String>) -> String {
    let fit = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let name: String = match parties {
        [one] => one.chars().filter(|c| fit(*c)).collect(),
        _ => "several".to_owned(),
    };
    let first = format!("to-{name}");
    let others = (2..).map(|n: u32| format!("to-{name}-{n}"));
    let free = std::iter::once(first).chain(others).find(|one| !known.contains(one));
    let free = free.unwrap_or_default();
    known.insert(free.clone());
    free
}

fn port(rule: &Rule) -> String {
    let protocol = rule.protocol_text();
    let types: Vec<String> = rule.types.iter().map(u8::to_string).collect();
    match (rule.ports_text().replace(',', ", "), types.join(", ")) {
        (ports, _) if !ports.is_empty() => format!("{protocol} {ports}"),
        (_, types) if !types.is_empty() => format!("{protocol} type {types}"),
        _ => protocol.to_owned(),
    }
}

fn facts(set: &RuleSet<'_>, [open, by_state, within]: [usize; 3]) -> Vec<(&'static str, String)> {
    let plan = set.plan;
    let served: BTreeSet<u32> = set.rules.iter().flat_map(|rule| rule.serves.clone()).collect();
    let mut holes = vec![format!("{open} to open")];
    holes.extend((by_state > 0).then(|| format!("{by_state} by state alone")));
    holes.extend((within > 0).then(|| format!("{within} within one network")));
    let questions = match set.findings.len() {
        0 => "nothing is missing".to_owned(),
        1 => "1 fact is missing".to_owned(),
        many => format!("{many} facts are missing"),
    };
    vec![
        ("Edition", plan.edition().slug().to_owned()),
        ("Plan digest", set.digest.to_string()),
        ("For", set.place.to_string()),
        ("Holes", holes.join("; ")),
        ("Flows", format!("{} of the plan's {} need them", served.len(), plan.flows().len())),
        ("Before you approve", questions),
    ]
}

fn reading(edition: Edition) -> Vec<Words> {
    let plain = |text: &str| vec![Piece::Plain(text.to_owned())];
    let (here, there) = ("nc -vz ADDRESS PORT", "Test-NetConnection ADDRESS -Port PORT");
    let test = |first: &str, second: &str, where_: &str| {
        vec![
            Piece::Plain("Every row says how to test it from the opener: ".to_owned()),
            Piece::Code(first.to_owned()),
            Piece::Plain(format!(" connects and says so. {where_} the same is ")),
            Piece::Code(second.to_owned()),
            Piece::Plain(
                ". A datagram that nobody answers proves nothing, so there the row says what to \
                 ask, or what to watch for."
                    .to_owned(),
            ),
        ]
    };
    let test = match edition {
        Edition::Portolan => test(here, there, "On Windows"),
        _ => test(there, here, "Elsewhere"),
    };
    vec![plain(ROWS), plain(STATEFUL), plain(DECIDED), test]
}

/// What is missing. Of parties that lack the same it is said once.
fn missing(set: &RuleSet<'_>) -> Vec<Missing> {
    let mut alike: BTreeMap<(Kind, &str), Vec<&Finding>> = BTreeMap::new();
    for finding in &set.findings {
        let Finding { kind, party, message, .. } = finding;
        let rest = message.strip_prefix(party.as_str()).filter(|rest| rest.starts_with(' '));
        alike.entry((*kind, rest.unwrap_or(message))).or_default().push(finding);
    }
    let rows = alike.into_iter().map(|((kind, rest), findings)| {
        let flows = findings.iter().flat_map(|one| &one.flows);
        let flows = flows.filter_map(|n| set.plan.flows().get(*n as usize));
        let ids: BTreeSet<String> = flows.map(|planned| planned.flow.id()).collect();
        let what = match kind {
            Kind::NoAddress => "No address, so no row",
            Kind::UsualRange => "Wide, because nobody said",
            _ => "Cannot be said here",
        };
        let message = match findings.as_slice() {
            [one] => one.message.as_str(),
            _ => rest.trim_start(),
        };
        Missing {
            what,
            parties: findings.iter().map(|one| one.party.clone()).collect(),
            message: words(message),
            more: ids.len().saturating_sub(SHOWN),
            connections: ids.into_iter().take(SHOWN).collect(),
        }
    });
    rows.collect()
}

fn article(name: &'static str) -> Option<(&'static str, String)> {
    let article = catalog::ARTICLES.iter().find(|article| article.name == name)?;
    let Article { title, date, .. } = article;
    Some((name, format!("“{title}”, {date}")))
}
