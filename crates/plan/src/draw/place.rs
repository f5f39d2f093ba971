//! Where everything stands.
//!
//! Heights first, from top to bottom of each column; then the levels at which
//! lines leave the cards; then the tracks of the channels, and with them all
//! widths. Boxes stand on a grid of eight pixels. Lines that leave a card to
//! its right run on the grid, those to its left halfway between, and those
//! through a gap at a quarter: so no two level lines ever meet.

use std::collections::BTreeMap;

use super::bundle::Bus;
use super::column::{self, Piece};
use super::content::{self, CARD, Content, PAD, SMALL};
use super::picture::{self, Picture};
use super::route::{self, Branch, Run};
use super::shape::{Chart, Frame, Line, Node, Rect, Stub, Text, Trunk};
use super::stack::Stack;
use super::track::{Levels, Widths};
use super::{measure, page};

pub(super) const BETWEEN_CARDS: i32 = 16;
pub(super) const BETWEEN_FRAMES: i32 = 24;
/// Where the frames begin.
pub(super) const TOP: i32 = 104;
/// A frame's width.
pub(super) const FRAME: i32 = CARD + 2 * PAD;
/// Around everything.
pub(super) const MARGIN: i32 = 32;
/// More cards than these are drawn small.
const MANY: usize = 30;
/// Half the height of a box with ports.
const HALF: i32 = 7;

/// What has been found out, step by step.
pub(super) struct Placing<'a> {
    picture: &'a Picture,
    buses: &'a [Bus],
    pub(super) columns: Vec<Vec<Piece>>,
    column_of: Vec<usize>,
    contents: Vec<Content>,
    /// Whether there are many cards, so that each has to be small.
    dense: bool,
    /// The cards', lines counted.
    heights: Vec<i32>,
    pub(super) runs: Vec<Run>,
}

pub(super) fn place(picture: &Picture, buses: &[Bus]) -> Chart {
    let placing = Placing::new(picture, buses);
    let stack = |gaps: &[usize]| Stack::of(&placing.columns, &placing.heights, gaps);
    let gaps = placing.gaps(&stack(&[]));
    let stack = stack(&gaps.values().copied().collect::<Vec<_>>());
    let levels = Levels::of(&placing, &stack, &gaps);
    let widths = Widths::of(&placing, &levels);
    Chart {
        frames: placing.frames(&stack, &widths),
        nodes: placing.nodes(&stack, &widths),
        lines: placing.lines(&levels, &widths),
        ..page::of(picture, buses, widths.right, stack.bottom)
    }
}

impl<'a> Placing<'a> {
    fn new(picture: &'a Picture, buses: &'a [Bus]) -> Self {
        let dense = picture.cards.len() > MANY;
        let contents: Vec<Content> =
            picture.cards.iter().map(|card| content::card(card, dense)).collect();
        let mut heights: Vec<i32> = contents.iter().map(|content| content.height).collect();
        let columns = column::columns(picture, &heights);
        let mut column_of = vec![0; picture.cards.len()];
        for (n, column) in columns.iter().enumerate() {
            for card in column.iter().flat_map(|piece| &piece.cards) {
                if let Some(of) = column_of.get_mut(*card) {
                    *of = n;
                }
            }
        }
        let runs = route::runs(buses, &column_of, columns.len());
        let mut placing =
            Self { picture, buses, columns, column_of, contents, dense, heights: Vec::new(), runs };
        for ((card, _), leaving) in placing.sides() {
            if let Some(height) = heights.get_mut(card) {
                *height = (*height).max(placing.span(&leaving) + 24);
            }
        }
        placing.heights = heights;
        placing
    }

    pub(super) fn column(&self, card: usize) -> usize {
        self.column_of.get(card).copied().unwrap_or_default()
    }

    /// Whether a branch leaves its card to the right.
    pub(super) fn to_the_right(&self, branch: &Branch) -> bool {
        branch.channel == self.column(branch.card)
    }

    /// What leaves each card on each side, `true` for the right.
    pub(super) fn sides(&self) -> BTreeMap<(usize, bool), Vec<(usize, Branch)>> {
        let mut sides: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (n, run) in self.runs.iter().enumerate() {
            for branch in &run.branches {
                let side = (branch.card, self.to_the_right(branch));
                sides.entry(side).or_default().push((n, *branch));
            }
        }
        sides
    }

    /// The ports that stand at the card's end of a branch.
    pub(super) fn ports(&self, run: usize, branch: &Branch) -> Option<String> {
        let bus = self.buses.get(self.runs.get(run)?.bus)?;
        let said = if branch.answers { &bus.speech.there } else { &bus.speech.back };
        (!said.is_empty()).then(|| picture::label(said))
    }

    /// Between two neighbours on one side of a card.
    pub(super) fn step(&self, one: &(usize, Branch), other: &(usize, Branch)) -> i32 {
        let labelled =
            [one, other].iter().filter(|(run, branch)| self.ports(*run, branch).is_some()).count();
        if labelled > usize::from(self.dense) { 16 } else { 8 }
    }

    /// From the first to the last on one side of a card, in whatever order they
    /// come to stand.
    fn span(&self, leaving: &[(usize, Branch)]) -> i32 {
        let labelled = leaving.iter().filter(|(n, branch)| self.ports(*n, branch).is_some());
        let labelled = i32::try_from(labelled.count()).unwrap_or(i32::MAX / 64);
        let all = i32::try_from(leaving.len()).unwrap_or(i32::MAX / 64);
        let beside = if self.dense { (labelled - 1).max(0) } else { 2 * labelled };
        8 * (all - 1 + beside.min(all - 1))
    }

    /// A card's top and height.
    pub(super) fn upright(&self, card: usize, stack: &Stack) -> (i32, i32) {
        let top = stack.cards.get(card).copied().unwrap_or_default();
        (top, self.heights.get(card).copied().unwrap_or_default())
    }

    /// About where a branch goes on to, so that those that go up leave higher.
    pub(super) fn heads_for(&self, run: usize, branch: &Branch, stack: &Stack) -> i32 {
        let Some(run) = self.runs.get(run) else { return 0 };
        let others = run.branches.iter().filter(|other| other.card != branch.card);
        self.middle(others, stack)
    }

    /// The nearest gap of the middle column for each run that has to cross it.
    fn gaps(&self, rough: &Stack) -> BTreeMap<usize, usize> {
        let crossing = self.runs.iter().enumerate().filter(|(_, run)| run.crosses);
        let nearest = |run: &Run| {
            let middle = self.middle(run.branches.iter(), rough);
            let far = |(_, level): &(usize, &i32)| (**level - middle).abs();
            rough.gaps.iter().enumerate().min_by_key(far).map_or(0, |(gap, _)| gap)
        };
        crossing.map(|(n, run)| (n, nearest(run))).collect()
    }

    /// About where the cards of some branches are.
    fn middle<'b>(&self, branches: impl Iterator<Item = &'b Branch>, stack: &Stack) -> i32 {
        let (mut sum, mut many) = (0, 0);
        for branch in branches {
            let (top, height) = self.upright(branch.card, stack);
            sum += top + height / 2;
            many += 1;
        }
        sum / many.max(1)
    }

    fn frames(&self, stack: &Stack, widths: &Widths) -> Vec<Frame> {
        let mut frames = Vec::new();
        let columns = self.columns.iter().zip(widths.columns.iter().copied()).zip(&stack.frames);
        for ((column, x), standing) in columns {
            for (piece, (top, height)) in column.iter().zip(standing) {
                let head = content::head(&piece.title, &piece.notes, &piece.within);
                frames.push(Frame {
                    rect: Rect { x, y: *top, w: FRAME, h: *height },
                    texts: head.texts.iter().map(|text| text.at(x, *top)).collect(),
                    hint: content::head_hint(&piece.title, &piece.notes, &piece.within),
                });
            }
        }
        frames
    }

    fn nodes(&self, stack: &Stack, widths: &Widths) -> Vec<Node> {
        let cards = self.picture.cards.iter().zip(&self.contents);
        cards
            .enumerate()
            .map(|(n, (card, content))| {
                let frame = widths.columns.get(self.column(n)).copied().unwrap_or_default();
                let x = frame + PAD;
                let (y, h) = self.upright(n, stack);
                // What is higher for its lines has its texts in the middle.
                let down = y + (h - content.height) / 2;
                Node {
                    rect: Rect { x, y, w: CARD, h },
                    part: card.part,
                    texts: content.texts.iter().map(|text| text.at(x, down)).collect(),
                    hint: content::card_hint(card),
                    link: card.link.clone(),
                    chips: content.chips.iter().map(|chip| chip.at(x, down)).collect(),
                }
            })
            .collect()
    }

    fn lines(&self, levels: &Levels, widths: &Widths) -> Vec<Line> {
        let mut lines: Vec<Line> =
            (0..self.runs.len()).filter_map(|n| self.line(n, levels, widths)).collect();
        // What matters more lies above.
        lines.sort_by_key(|line| std::cmp::Reverse(line.kind));
        lines
    }

    fn line(&self, n: usize, levels: &Levels, widths: &Widths) -> Option<Line> {
        let run = self.runs.get(n)?;
        let bus = self.buses.get(run.bus)?;
        let track = |channel| widths.tracks.get(&(channel, n)).copied();
        let trunks = (0..2).filter_map(|channel| {
            let (top, bottom) = levels.trunks.get(&(channel, n)).copied()?;
            Some(Trunk { x: track(channel)?, top, bottom })
        });
        let crossing = levels.crossings.get(&n).and_then(|y| Some((track(0)?, track(1)?, *y)));
        let stub = |branch: &Branch| {
            let y = levels.branches.get(&(n, *branch)).copied()?;
            let frame = widths.columns.get(self.column(branch.card)).copied()?;
            let right = self.to_the_right(branch);
            let alone = [branch.card];
            let (openers, answerers): (&[usize], &[usize]) =
                if branch.answers { (&bus.openers, &alone) } else { (&alone, &bus.answerers) };
            Some(Stub {
                from: if right { frame + PAD + CARD } else { frame + PAD },
                to: track(branch.channel)?,
                y,
                hint: content::line_hint(self.picture, openers, answerers, &bus.speech),
                ports: self.ports(n, branch).map(|text| {
                    let w = measure::width(&text, SMALL) + 8;
                    let x = if right { frame + FRAME + 4 } else { frame - 4 - w };
                    let rect = Rect { x, y: y - HALF, w, h: 2 * HALF };
                    (rect, Text::new(x + 4, y + 4, SMALL, bus.speech.kind.class(), text))
                }),
            })
        };
        Some(Line {
            kind: bus.speech.kind,
            hint: content::line_hint(self.picture, &bus.openers, &bus.answerers, &bus.speech),
            trunks: trunks.collect(),
            crossing,
            stubs: run.branches.iter().filter_map(stub).collect(),
        })
    }
}
