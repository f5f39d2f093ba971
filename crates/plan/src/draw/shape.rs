//! Boxes, texts and lines, in pixels; y grows downwards.

use super::kind::Kind;
use super::picture::Part;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rect {
    pub(super) x: i32,
    pub(super) y: i32,
    pub(super) w: i32,
    pub(super) h: i32,
}

/// One line of text, which begins at `x` and stands on `y`.
#[derive(Debug, Clone)]
pub(super) struct Text {
    pub(super) x: i32,
    pub(super) y: i32,
    pub(super) size: i32,
    pub(super) bold: bool,
    /// In the stylesheet.
    pub(super) class: &'static str,
    pub(super) text: String,
}

/// A network.
#[derive(Debug, Clone)]
pub(super) struct Frame {
    pub(super) rect: Rect,
    pub(super) texts: Vec<Text>,
    pub(super) hint: String,
}

/// A card.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) rect: Rect,
    pub(super) part: Part,
    pub(super) texts: Vec<Text>,
    pub(super) hint: String,
    /// The file that shows more of it.
    pub(super) link: Option<String>,
    pub(super) chips: Vec<Chip>,
}

/// One of a crowd on a card.
#[derive(Debug, Clone)]
pub(super) struct Chip {
    pub(super) rect: Rect,
    pub(super) text: Text,
    pub(super) hint: String,
    pub(super) link: Option<String>,
}

/// What is drawn of a bus in one piece.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) kind: Kind,
    pub(super) hint: String,
    pub(super) trunks: Vec<Trunk>,
    /// Level, through the middle column: from x to x at a y.
    pub(super) crossing: Option<(i32, i32, i32)>,
    pub(super) stubs: Vec<Stub>,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Trunk {
    pub(super) x: i32,
    pub(super) top: i32,
    pub(super) bottom: i32,
}

/// From a card's edge at `from` to a trunk at `to`.
#[derive(Debug, Clone)]
pub(super) struct Stub {
    pub(super) from: i32,
    pub(super) to: i32,
    pub(super) y: i32,
    pub(super) hint: String,
    /// The ports that its card answers on, in their box; there is an arrow then.
    pub(super) ports: Option<(Rect, Text)>,
}

/// A colour and what it means.
#[derive(Debug, Clone)]
pub(super) struct Sample {
    pub(super) kind: Kind,
    pub(super) x: i32,
    pub(super) y: i32,
    pub(super) text: Text,
}

/// Everything, in its place.
#[derive(Debug, Clone)]
pub(super) struct Chart {
    pub(super) width: i32,
    pub(super) height: i32,
    pub(super) title: Text,
    pub(super) facts: Text,
    /// The file that the title leads to.
    pub(super) up: Option<String>,
    pub(super) frames: Vec<Frame>,
    pub(super) nodes: Vec<Node>,
    pub(super) lines: Vec<Line>,
    pub(super) legend: Vec<Sample>,
    /// How the chart is read.
    pub(super) notes: Vec<Text>,
}

impl Text {
    pub(super) fn new(x: i32, y: i32, size: i32, class: &'static str, text: String) -> Self {
        Self { x, y, size, bold: false, class, text }
    }

    pub(super) fn at(&self, x: i32, y: i32) -> Self {
        Self { x: self.x + x, y: self.y + y, ..self.clone() }
    }
}

impl Chip {
    pub(super) fn at(&self, x: i32, y: i32) -> Self {
        let rect = Rect { x: self.rect.x + x, y: self.rect.y + y, ..self.rect };
        Self { rect, text: self.text.at(x, y), ..self.clone() }
    }
}
