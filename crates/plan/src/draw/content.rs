//! What stands on a card and at the head of a frame, and how high that makes it.

use super::measure;
use super::picture::{self, Card, Picture, Word};
use super::shape::{Chip, Rect, Text};

/// Texts whose places count from the box's upper left corner, and the height
/// that they need, in steps of the grid.
#[derive(Debug, Clone)]
pub(super) struct Content {
    pub(super) texts: Vec<Text>,
    pub(super) chips: Vec<Chip>,
    pub(super) height: i32,
}

/// A card's width.
pub(super) const CARD: i32 = 224;
/// From a frame's edge to its cards.
pub(super) const PAD: i32 = 16;
/// The smallest text there is.
pub(super) const SMALL: i32 = 11;
const TITLE: i32 = 13;
/// From one line of text to the next.
const STEP: i32 = 15;
const INSET: i32 = 14;
/// The first line of text.
const FIRST: i32 = 22;
/// The box of one of a crowd: five stand in a row.
const CHIP: (i32, i32) = (36, 16); // not a port: pixels
const BETWEEN_CHIPS: i32 = 4;

/// A card with its crowd under its texts.
pub(super) fn card(card: &Card, dense: bool) -> Content {
    let mut content = texts(card, dense);
    if card.crowd.is_empty() {
        return content;
    }
    let (wide, high) = CHIP;
    let (mut x, mut y) = (INSET, content.height - 2);
    for small in &card.crowd {
        if x + wide > CARD - INSET {
            (x, y) = (INSET, y + high + BETWEEN_CHIPS);
        }
        let word = measure::cut(&small.word, wide, |text| measure::width(text, SMALL));
        let within = (wide - measure::width(&word, SMALL)) / 2;
        content.chips.push(Chip {
            rect: Rect { x, y, w: wide, h: high },
            text: Text::new(x + within, y + 12, SMALL, "soft", word),
            hint: small.hint.clone(),
            link: small.link.clone(),
        });
        x += wide + BETWEEN_CHIPS;
    }
    content.height = (y + high + 8 + 7) / 8 * 8;
    content
}

/// The texts of a card. Where there are many cards, they are `dense`: no more
/// than two lines, and the rest is told to who points at it.
fn texts(card: &Card, dense: bool) -> Content {
    let small = |text: &str| measure::width(text, SMALL);
    let room = CARD - 2 * INSET;
    let mut lines: Vec<(&str, String)> =
        measure::wrap(&card.items, room, SMALL).into_iter().map(|line| ("", line)).collect();
    let address = card.notes.first().map(|address| measure::cut(address, room, small));
    if dense {
        if lines.len() > 1 {
            let all = measure::cut(&card.items.join(" · "), room, small);
            lines = vec![("", all)];
        }
        if lines.is_empty() {
            lines.extend(address.map(|address| ("soft", address)));
            return stacked(title(&card.title, room), INSET, lines);
        }
        let wide = address.as_deref().map_or(0, |text| small(text) + INSET);
        // A long address would leave too little of the name.
        let wide = if wide * 2 > room { 0 } else { wide };
        let mut content = stacked(title(&card.title, room - wide), INSET, lines);
        if let Some(address) = address.filter(|_| wide > 0) {
            let x = CARD - wide;
            content.texts.push(Text::new(x, FIRST, SMALL, "soft", address));
        }
        return content;
    }
    if let Some(address) = address {
        lines.insert(0, ("soft", address));
    }
    if !card.within.is_empty() {
        let text = format!("{}: {}", inside(card), picture::label(&card.within));
        lines.push(("soft", measure::cut(&text, room, small)));
    }
    stacked(title(&card.title, room), INSET, lines)
}

fn title(text: &str, room: i32) -> String {
    measure::cut(text, room, |text| measure::bold(text, TITLE))
}

/// The head of a frame.
pub(super) fn head(title: &str, notes: &[String], within: &[Word]) -> Content {
    let room = CARD + 2 * PAD - 2 * INSET;
    let mut lines: Vec<_> =
        measure::wrap(notes, room, SMALL).into_iter().map(|line| ("soft", line)).collect();
    if lines.len() > 2 {
        lines.truncate(2);
        if let Some((_, last)) = lines.last_mut() {
            let longer = format!("{last} · and more");
            *last = measure::cut(&longer, room, |text| measure::width(text, SMALL));
        }
    }
    if !within.is_empty() {
        let text = format!("within: {}", picture::label(within));
        lines.push(("soft", measure::cut(&text, room, |text| measure::width(text, SMALL))));
    }
    stacked(self::title(title, room), INSET, lines)
}

fn stacked(title: String, x: i32, lines: Vec<(&'static str, String)>) -> Content {
    let mut y = FIRST;
    let mut texts = vec![Text { bold: true, ..Text::new(x, y, TITLE, "", title) }];
    for (class, line) in lines {
        y += STEP;
        texts.push(Text::new(x, y, SMALL, class, line));
    }
    // To the next step of 8.
    Content { texts, chips: Vec::new(), height: (y + 10 + 7) / 8 * 8 }
}

/// What a card says when it is pointed at.
pub(super) fn card_hint(card: &Card) -> String {
    let mut lines = vec![card.name.clone()];
    lines.extend(card.notes.iter().cloned());
    lines.extend(card.items.iter().cloned());
    within(&mut lines, inside(card), &card.within);
    lines.join("\n")
}

/// What a frame says.
pub(super) fn head_hint(title: &str, notes: &[String], words: &[Word]) -> String {
    let mut lines = vec![format!("network {title}")];
    lines.extend(notes.iter().cloned());
    within(&mut lines, "within it", words);
    lines.join("\n")
}

/// What a line says: who meets whom, and on what.
pub(super) fn line_hint(
    picture: &Picture,
    openers: &[usize],
    answerers: &[usize],
    speech: &picture::Speech,
) -> String {
    let names = |cards: &[usize]| {
        let names: Vec<&str> = cards
            .iter()
            .filter_map(|card| picture.cards.get(*card))
            .map(|card| card.name.as_str())
            .collect();
        names.join(", ")
    };
    let mut lines = Vec::new();
    for (from, to, said) in
        [(openers, answerers, &speech.there), (answerers, openers, &speech.back)]
    {
        if !said.is_empty() {
            lines.push(format!("{} → {}", names(from), names(to)));
            lines.extend(said.iter().map(word));
        }
    }
    lines.join("\n")
}

/// What passes inside of what a card stands for.
fn inside(card: &Card) -> &'static str {
    if card.crowd.is_empty() { "to itself" } else { "among them" }
}

fn within(lines: &mut Vec<String>, how: &str, words: &[Word]) {
    if !words.is_empty() {
        lines.push(format!("{how}:"));
        lines.extend(words.iter().map(word));
    }
}

fn word(word: &Word) -> String {
    let ports = if word.ports == "-" { String::new() } else { format!(" {}", word.ports) };
    format!("  {}: {}{ports}. {}", word.service, word.protocol, word.sentence)
}
