//! What is to be seen: frames, cards in them, and who speaks with whom.
//!
//! What stays within one card, or within one frame, is no line: it is told on the
//! card, or on the frame.

use std::collections::{BTreeMap, BTreeSet};

use super::kind::Kind;
use crate::planned::Planned;

/// A chart before anything has a place.
#[derive(Debug, Default)]
pub(super) struct Picture {
    pub(super) title: String,
    pub(super) facts: String,
    /// The file that shows the whole of which this is a part.
    pub(super) up: Option<String>,
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
    /// Whether it comes after all others.
    pub(super) last: bool,
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
    /// Others that it stands for too.
    pub(super) crowd: Vec<Small>,
}

/// One of a crowd: no more than a word, which leads further.
#[derive(Debug, Clone)]
pub(super) struct Small {
    pub(super) word: String,
    pub(super) hint: String,
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
    pub(super) fn of(planned: &Planned) -> Self {
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

/// What is said between cards, while flows are gone through.
#[derive(Debug, Default)]
pub(super) struct Talk(BTreeMap<(usize, usize), Speech>);

impl Talk {
    pub(super) fn add(&mut self, opener: usize, answerer: usize, planned: &Planned) {
        let kind = Kind::of(planned);
        let turned = self.0.contains_key(&(answerer, opener));
        let key = if turned { (answerer, opener) } else { (opener, answerer) };
        let silence = Speech { kind, there: Vec::new(), back: Vec::new() };
        let speech = self.0.entry(key).or_insert(silence);
        speech.kind = speech.kind.min(kind);
        let said = if turned { &mut speech.back } else { &mut speech.there };
        said.push(Word::of(planned));
    }
}

impl Picture {
    /// With all that is said on it, in order and once.
    pub(super) fn spoken(mut self, talk: Talk) -> Self {
        for ((opener, answerer), mut speech) in talk.0 {
            sort(&mut speech.there);
            sort(&mut speech.back);
            self.pairs.push(Pair { opener, answerer, speech });
        }
        self.cards.iter_mut().for_each(|card| sort(&mut card.within));
        self.areas.iter_mut().for_each(|area| sort(&mut area.within));
        self
    }
}

fn sort(words: &mut Vec<Word>) {
    let once: BTreeSet<Word> = std::mem::take(words).into_iter().collect();
    words.extend(once);
}

/// `1 host`, `2 hosts`.
pub(super) fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}
