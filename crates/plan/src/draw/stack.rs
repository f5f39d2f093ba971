//! Where boxes stand from top to bottom, and where a line can pass between them.

use super::column::Piece;
use super::content::{self, PAD};
use super::place::{BETWEEN_CARDS, BETWEEN_FRAMES, TOP};

#[derive(Debug, Default)]
pub(super) struct Stack {
    /// The top of each card.
    pub(super) cards: Vec<i32>,
    /// Of each column's frames, top and height.
    pub(super) frames: Vec<Vec<(i32, i32)>>,
    /// The first level of each gap in the middle column: above the first frame,
    /// between two, below the last.
    pub(super) gaps: Vec<i32>,
    pub(super) bottom: i32,
}

/// One column, from wherever it begins.
#[derive(Default)]
struct Pile {
    cards: Vec<(usize, i32)>,
    frames: Vec<(i32, i32)>,
    gaps: Vec<i32>,
    end: i32,
}

impl Stack {
    /// `crossings` names the gap of each line that passes the middle column.
    pub(super) fn of(columns: &[Vec<Piece>], heights: &[i32], crossings: &[usize]) -> Self {
        let pile = |n: usize, column: &Vec<Piece>, from: i32| {
            pile(column, heights, if n == 1 { crossings } else { &[] }, from)
        };
        let tall = |n, column| pile(n, column, 0).end;
        let all = columns.iter().enumerate();
        let highest = all.clone().map(|(n, column)| tall(n, column)).max().unwrap_or_default();
        let mut stack = Self { cards: vec![TOP; heights.len()], ..Self::default() };
        for (n, column) in all {
            let from = TOP + (highest - tall(n, column)) / 16 * 8;
            let pile = pile(n, column, from);
            for (card, top) in pile.cards {
                if let Some(at) = stack.cards.get_mut(card) {
                    *at = top;
                }
            }
            if n == 1 {
                stack.gaps = pile.gaps;
            }
            stack.frames.push(pile.frames);
        }
        stack.bottom = TOP + highest;
        stack
    }
}

fn pile(column: &[Piece], heights: &[i32], crossings: &[usize], from: i32) -> Pile {
    let lines = |gap: usize| {
        let lines = crossings.iter().filter(|crossed| **crossed == gap).count();
        i32::try_from(lines).unwrap_or(i32::MAX / 64)
    };
    let outside = |gap: usize| if lines(gap) == 0 { 0 } else { lines(gap) * 8 + 16 };
    let mut pile = Pile::default();
    let mut y = from;
    for (n, piece) in column.iter().enumerate() {
        pile.gaps.push(y + 10);
        y += if n == 0 { outside(0) } else { BETWEEN_FRAMES.max(outside(n)) };
        let top = y;
        y += content::head(&piece.title, &piece.notes, &piece.within).height;
        for (place, card) in piece.cards.iter().enumerate() {
            y += if place == 0 { 0 } else { BETWEEN_CARDS };
            pile.cards.push((*card, y));
            y += heights.get(*card).copied().unwrap_or_default();
        }
        y += if piece.cards.is_empty() { 0 } else { PAD };
        pile.frames.push((top, y - top));
    }
    pile.gaps.push(y + 10);
    pile.end = y + outside(column.len());
    pile
}
