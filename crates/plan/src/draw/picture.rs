//! What is to be seen: frames, cards in them, and who speaks with whom.
//!
//! What stays within one host, or within one subnet, is no line: it is told on
//! the card, or on the frame, that it belongs to.

use std::collections::{BTreeMap, BTreeSet};

use catalog::role::{NEIGHBOUR, SITE_SERVER};
use catalog::{Role, RunBy, Where};

use super::kind::Kind;
use crate::planned::{End, Plan, Planned, PlannedHost, PlannedNetwork};

/// A chart before anything has a place.
#[derive(Debug, Default)]
pub(super) struct Picture {
    pub(super) title: String,
    pub(super) facts: String,
    pub(super) areas: Vec<Area>,
    pub(super) cards: Vec<Card>,
    pub(super) pairs: Vec<Pair>,
}

/// A frame.
#[derive(Debug, Clone, Default)]
pub(super) struct Area {
    pub(super) title: String,
    pub(super) notes: Vec<String>,
    /// What passes within it.
    pub(super) within: Vec<Word>,
}

/// What a card stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    Clients,
    SiteServer,
    Site,
    Other,
}

#[derive(Debug, Clone)]
pub(super) struct Card {
    /// Its frame's place.
    pub(super) area: usize,
    pub(super) part: Part,
    pub(super) title: String,
    /// What others call it, in the text of a line.
    pub(super) name: String,
    pub(super) notes: Vec<String>,
    /// Shown as one text that is wrapped.
    pub(super) items: Vec<String>,
    /// What it says to itself.
    pub(super) within: Vec<Word>,
    /// The file that shows more of it.
    pub(super) link: Option<String>,
}

/// Something that is spoken.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Word {
    pub(super) service: &'static str,
    pub(super) protocol: String,
    /// `-` where there are none.
    pub(super) ports: String,
    pub(super) sentence: &'static str,
    /// What a list of numbers is sorted by.
    order: Option<(u16, u16)>,
}

/// All that two cards say to each other, there and back.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Speech {
    pub(super) kind: Kind,
    pub(super) there: Vec<Word>,
    pub(super) back: Vec<Word>,
}

#[derive(Debug, Clone)]
pub(super) struct Pair {
    pub(super) opener: usize,
    pub(super) answerer: usize,
    pub(super) speech: Speech,
}

impl Word {
    fn of(planned: &Planned) -> Self {
        Self {
            service: planned.flow.service.slug,
            protocol: planned.flow.service.protocol.to_string(),
            ports: planned.ports_text(),
            sentence: planned.flow.sentence,
            order: planned.ports,
        }
    }

    /// Something spoken at a port, whichever.
    #[cfg(test)]
    pub(super) fn sample(port: u16) -> Self {
        let order = Some((port, port));
        let (protocol, ports) = ("tcp".to_owned(), port.to_string());
        Self { service: "sample", protocol, ports, sentence: "", order }
    }

    /// What stands at the arrow: `443`, or `icmp` where there is no port.
    pub(super) fn short(&self) -> &str {
        if self.ports == "-" { &self.protocol } else { &self.ports }
    }
}

/// `443, 8531 +3`.
pub(super) fn label(words: &[Word]) -> String {
    let mut shorts: Vec<(Option<(u16, u16)>, &str)> =
        words.iter().map(|word| (word.order, word.short())).collect();
    // Numbers first, then what has none.
    shorts.sort_by_key(|(order, short)| (order.is_none(), *order, *short));
    shorts.dedup();
    let shown: Vec<&str> = shorts.iter().take(2).map(|(_, short)| *short).collect();
    let more = shorts.len().saturating_sub(shown.len());
    let text = shown.join(", ");
    if more == 0 { text } else { format!("{text} +{more}") }
}

impl Picture {
    pub(super) fn of(plan: &Plan) -> Self {
        let mut made = Maker { picture: Self::default(), of: BTreeMap::new() };
        let others = made.frames(plan);
        let mut spoken: BTreeMap<(usize, usize), Speech> = BTreeMap::new();
        for planned in plan.flows() {
            if made.keeps_within(plan, planned) {
                continue;
            }
            let opener = made.card(plan, planned.opener, others);
            let answerer = made.card(plan, planned.answerer, others);
            let kind = Kind::of(planned);
            let turned = spoken.contains_key(&(answerer, opener));
            let key = if turned { (answerer, opener) } else { (opener, answerer) };
            let silence = Speech { kind, there: Vec::new(), back: Vec::new() };
            let speech = spoken.entry(key).or_insert(silence);
            speech.kind = speech.kind.min(kind);
            let said = if turned { &mut speech.back } else { &mut speech.there };
            said.push(Word::of(planned));
        }
        let mut picture = made.picture;
        for ((opener, answerer), mut speech) in spoken {
            speech.there = sorted(speech.there);
            speech.back = sorted(speech.back);
            picture.pairs.push(Pair { opener, answerer, speech });
        }
        for within in picture
            .cards
            .iter_mut()
            .map(|card| &mut card.within)
            .chain(picture.areas.iter_mut().map(|area| &mut area.within))
        {
            *within = sorted(std::mem::take(within));
        }
        picture
    }
}

fn sorted(words: Vec<Word>) -> Vec<Word> {
    words.into_iter().collect::<BTreeSet<_>>().into_iter().collect()
}

struct Maker {
    picture: Picture,
    /// The card of each end.
    of: BTreeMap<End, usize>,
}

impl Maker {
    /// Frames for the networks, cards for the hosts and for the networks'
    /// clients. Returns the frame of whoever is in no network.
    fn frames(&mut self, plan: &Plan) -> usize {
        let hosts = plan.hosts().len();
        self.picture.title = plan.name().to_owned();
        self.picture.facts = format!(
            "site {} · {} · {} · {}",
            plan.site_code(),
            counted(hosts, "host"),
            counted(plan.networks().len(), "network"),
            counted(plan.flows().len(), "flow"),
        );
        for (n, network) in plan.networks().iter().enumerate() {
            let area = self.picture.areas.len();
            self.picture.areas.push(Area {
                title: network.name.clone(),
                notes: network.cidr.iter().map(ToString::to_string).collect(),
                within: Vec::new(),
            });
            if network.clients && !network.cidr.iter().all(crate::Cidr::is_loopback) {
                self.network_card(network, End::Network(place(n)), area);
            }
        }
        let others = self.picture.areas.len();
        self.picture.areas.push(Area { title: "elsewhere".to_owned(), ..Area::default() });
        for (n, host) in plan.hosts().iter().enumerate() {
            let home = home(plan, host).unwrap_or(others);
            self.host_card(host, place(n), home);
        }
        others
    }

    fn network_card(&mut self, network: &PlannedNetwork, end: End, area: usize) {
        self.of.insert(end, self.picture.cards.len());
        let (title, items) = if network.clients {
            let groups = network.groups.iter().map(|group| format!("group {group}"));
            ("clients", groups.collect())
        } else {
            ("machines", Vec::new())
        };
        self.picture.cards.push(Card {
            area,
            part: Part::Clients,
            title: title.to_owned(),
            name: format!("network {}", network.name),
            notes: vec![format!("any machine of {}", network.name)],
            items,
            within: Vec::new(),
            link: None,
        });
    }

    fn host_card(&mut self, host: &PlannedHost, n: u32, area: usize) {
        self.of.insert(End::Address(n), self.picture.cards.len());
        self.of.insert(End::Loopback(n), self.picture.cards.len());
        let part = if host.roles.contains(&&SITE_SERVER) {
            Part::SiteServer
        } else if host.roles.iter().any(|role| role.run_by == RunBy::Site) {
            Part::Site
        } else {
            Part::Other
        };
        self.picture.cards.push(Card {
            area,
            part,
            title: host.name.clone(),
            name: host.name.clone(),
            notes: std::iter::once(host.address.to_string()).chain(host.dns.clone()).collect(),
            items: host.roles.iter().map(|role| in_a_list(role)).collect(),
            within: Vec::new(),
            link: None,
        });
    }

    /// The card of an end; one is made for whoever has none yet.
    fn card(&mut self, plan: &Plan, end: End, others: usize) -> usize {
        if let Some(card) = self.of.get(&end) {
            return *card;
        }
        if let End::Network(n) = end
            && let Some(network) = plan.networks().get(n as usize)
        {
            self.network_card(network, end, n as usize);
        } else {
            self.of.insert(end, self.picture.cards.len());
            self.picture.cards.push(Card {
                area: others,
                part: Part::Other,
                title: plan.party_name(end),
                name: plan.party_name(end),
                notes: Vec::new(),
                items: Vec::new(),
                within: Vec::new(),
                link: None,
            });
        }
        self.picture.cards.len() - 1
    }

    /// Notes what passes within one card or one frame, if this does.
    fn keeps_within(&mut self, plan: &Plan, planned: &Planned) -> bool {
        let subnet = matches!(planned.flow.scope, Where::SameSubnet)
            || [planned.opening(), planned.answering()].contains(&&NEIGHBOUR);
        if subnet && let Some(area) = self.area(plan, planned) {
            area.within.push(Word::of(planned));
            return true;
        }
        if planned.opener == planned.answerer
            && let Some(card) = self.of.get(&planned.opener)
            && let Some(card) = self.picture.cards.get_mut(*card)
        {
            card.within.push(Word::of(planned));
            return true;
        }
        false
    }

    /// The frame of the subnet that a flow stays in.
    fn area(&mut self, plan: &Plan, planned: &Planned) -> Option<&mut Area> {
        let area = [planned.opener, planned.answerer].into_iter().find_map(|end| {
            if let End::Network(n) = end {
                Some(n as usize)
            } else {
                home(plan, plan.host_of(end)?)
            }
        });
        self.picture.areas.get_mut(area?)
    }
}

/// The frame of the network that the host is in: the one with the narrowest
/// prefix.
fn home(plan: &Plan, host: &PlannedHost) -> Option<usize> {
    let blocks = plan.networks().iter().enumerate().flat_map(|(n, network)| {
        network
            .cidr
            .iter()
            .filter(|block| block.contains(host.address))
            .map(move |block| (block, n))
    });
    blocks.max_by_key(|(block, _)| block.first()).map(|(_, n)| n)
}

fn place(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// `site server`, but `SMS provider`.
fn in_a_list(role: &Role) -> String {
    let mut letters = role.name.chars();
    match (letters.next(), letters.next()) {
        (Some(first), Some(second)) if second.is_lowercase() => {
            format!("{}{second}{}", first.to_lowercase(), letters.as_str())
        }
        _ => role.name.to_owned(),
    }
}

/// `1 host`, `2 hosts`.
pub(super) fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}
