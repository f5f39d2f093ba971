//! What stands around the chart itself: title, legend, and how it is read.

use super::bundle::Bus;
use super::kind::Kind;
use super::measure;
use super::picture::Picture;
use super::place::MARGIN;
use super::shape::{Chart, Sample, Text};

const TITLE: i32 = 24;
const PLAIN: i32 = 12;
/// A sample of a line.
pub(super) const SAMPLE: i32 = 28;
/// No chart is narrower, so that title and legend have room.
const NARROWEST: i32 = 640;

/// How the chart is read.
const READING: &str = "An arrow points at who answers, with the ports it answers on.";

const LEADING: &str = "A site's card leads to the chart of that site.";

const LEADING_TOO: &str = "A site's card, or its code, leads to the chart of that site.";

/// A chart that lacks nothing but what it is about, which ends at `right` and
/// `bottom`.
pub(super) fn of(picture: &Picture, buses: &[Bus], right: i32, bottom: i32) -> Chart {
    let width = right.max(NARROWEST);
    let room = width - 2 * MARGIN;
    let title = measure::cut(&picture.title, room, |text| measure::bold(text, TITLE));
    let title = Text { bold: true, ..Text::new(MARGIN, 48, TITLE, "", title) };
    let facts = measure::cut(&picture.facts, room, |text| measure::width(text, PLAIN));
    let facts = Text::new(MARGIN, 72, PLAIN, "soft", facts);
    let (mut x, mut y) = (MARGIN, bottom + 40);
    let mut legend = Vec::new();
    for kind in Kind::ALL {
        if !buses.iter().any(|bus| bus.speech.kind == kind) {
            continue;
        }
        let wide = SAMPLE + 8 + measure::width(kind.words(), PLAIN);
        if x > MARGIN && x + wide > width - MARGIN {
            (x, y) = (MARGIN, y + 20);
        }
        let text = Text::new(x + SAMPLE + 8, y, PLAIN, "", kind.words().to_owned());
        legend.push(Sample { kind, x, y: y - 4, text });
        x += wide + 24;
    }
    let mut notes = Vec::new();
    if !legend.is_empty() {
        y += 20;
        notes.push(Text::new(MARGIN, y, PLAIN, "soft", READING.to_owned()));
    }
    if picture.cards.iter().any(|card| card.link.is_some()) {
        y += 20;
        let crowded = picture.cards.iter().any(|card| !card.crowd.is_empty());
        let leading = if crowded { LEADING_TOO } else { LEADING };
        notes.push(Text::new(MARGIN, y, PLAIN, "soft", leading.to_owned()));
    }
    let height = y + 28;
    Chart {
        width,
        height,
        title,
        facts,
        up: picture.up.clone(),
        frames: Vec::new(),
        nodes: Vec::new(),
        lines: Vec::new(),
        legend,
        notes,
    }
}
