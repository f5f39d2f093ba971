//! Which frame stands in which column: clients on the left, the site server in
//! the middle, the others on the right.
//!
//! A small estate has no more columns than it needs. In a large one frames move
//! over until the outer columns are about as high as each other, and a frame
//! with very many cards is continued in further ones.

use super::content::{self, PAD};
use super::picture::{Card, Part, Picture, Word};
use super::place::{BETWEEN_CARDS, BETWEEN_FRAMES};

/// A frame, or what continues one.
#[derive(Debug, Clone)]
pub(super) struct Piece {
    pub(super) title: String,
    pub(super) notes: Vec<String>,
    pub(super) within: Vec<Word>,
    /// Places in the picture's list, from top to bottom.
    pub(super) cards: Vec<usize>,
    /// About, before lines make cards higher.
    height: i32,
}

/// Cards in one frame, at most.
const MOST: usize = 14;
/// Up to here the outer columns need not be balanced, in pixels.
const LOW: i32 = 560;

/// From left to right, at least one; `heights` are the cards'.
pub(super) fn columns(picture: &Picture, heights: &[i32]) -> Vec<Vec<Piece>> {
    let (mut left, mut middle, mut right) = (Vec::new(), Vec::new(), Vec::new());
    for piece in pieces(picture, heights) {
        let holds = |part| piece.cards.iter().any(|n| is(&picture.cards, *n, part));
        if holds(Part::SiteServer) {
            middle.push(piece);
        } else if holds(Part::Clients) {
            left.push(piece);
        } else {
            right.push(piece);
        }
    }
    if middle.is_empty() {
        std::mem::swap(&mut middle, &mut right);
    }
    balance(&mut left, &mut right);
    balance(&mut right, &mut left);
    let columns: Vec<_> =
        [left, middle, right].into_iter().filter(|column| !column.is_empty()).collect();
    if columns.is_empty() { vec![Vec::new()] } else { columns }
}

/// Moves frames over from a column that is too high.
fn balance(from: &mut Vec<Piece>, to: &mut Vec<Piece>) {
    let mut moved = Vec::new();
    while let Some(last) = from.last()
        && height(from) > LOW
        && height(to) + height(&moved) + last.height < height(from)
    {
        moved.extend(from.pop());
    }
    moved.reverse();
    to.append(&mut moved);
}

fn height(column: &[Piece]) -> i32 {
    column.iter().map(|piece| piece.height + BETWEEN_FRAMES).sum()
}

fn is(cards: &[Card], n: usize, part: Part) -> bool {
    cards.get(n).is_some_and(|card| card.part == part)
}

fn pieces(picture: &Picture, heights: &[i32]) -> Vec<Piece> {
    let mut pieces = Vec::new();
    // A frame with nobody in it comes out as no piece.
    let mut areas: Vec<_> = picture.areas.iter().enumerate().collect();
    areas.sort_by_key(|(n, area)| (area.last, natural(&area.title), *n));
    for (n, area) in areas {
        let mut cards: Vec<(Part, (&str, u64), usize)> = picture
            .cards
            .iter()
            .enumerate()
            .filter(|(_, card)| card.area == n)
            .map(|(n, card)| (card.part, natural(&card.title), n))
            .collect();
        cards.sort();
        let cards: Vec<usize> = cards.into_iter().map(|(_, _, n)| n).collect();
        // As many in each as in the others, about.
        let parts = cards.len().div_ceil(MOST).max(1);
        for (part, cards) in cards.chunks(cards.len().div_ceil(parts).max(1)).enumerate() {
            let title =
                if part == 0 { area.title.clone() } else { format!("{} (continued)", area.title) };
            let within = if part == 0 { area.within.clone() } else { Vec::new() };
            let own =
                cards.iter().filter_map(|n| heights.get(*n)).map(|height| height + BETWEEN_CARDS);
            let head = content::head(&title, &area.notes, &within).height;
            let height = head + own.sum::<i32>() + PAD;
            let notes = area.notes.clone();
            pieces.push(Piece { title, notes, within, cards: cards.to_vec(), height });
        }
    }
    pieces
}

/// By what people sort names: `dp2` comes before `dp10`.
fn natural(name: &str) -> (&str, u64) {
    let text = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let number = name.get(text.len()..).and_then(|digits| digits.parse().ok());
    (text, number.unwrap_or_default())
}
