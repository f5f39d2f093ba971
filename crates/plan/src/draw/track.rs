//! At which level a line leaves its cards, on which track it runs, and how wide
//! all that is.

use std::collections::BTreeMap;

use super::content::SMALL;
use super::measure;
use super::place::{FRAME, MARGIN, Placing};
use super::route::{Branch, Upright, tracks};
use super::stack::Stack;

/// The y of everything level, and from where to where everything upright goes.
#[derive(Debug, Default)]
pub(super) struct Levels {
    /// Of each branch of each run.
    pub(super) branches: BTreeMap<(usize, Branch), i32>,
    /// Of each run that crosses the middle column.
    pub(super) crossings: BTreeMap<usize, i32>,
    /// Of each channel and run, top and bottom.
    pub(super) trunks: BTreeMap<(usize, usize), (i32, i32)>,
}

/// The x of everything upright.
#[derive(Debug, Default)]
pub(super) struct Widths {
    /// The left edge of each column's frames.
    pub(super) columns: Vec<i32>,
    /// Of each channel and run.
    pub(super) tracks: BTreeMap<(usize, usize), i32>,
    pub(super) right: i32,
}

/// The width that a chart keeps to, if it can.
const WIDTH: i32 = 1600;
/// Between two tracks: where there is room, and where there is none.
const WIDE: i32 = 12;
const NARROW: i32 = 3;
/// From a box with ports to the first track.
const CLEAR: i32 = 12;

impl Levels {
    pub(super) fn of(placing: &Placing<'_>, stack: &Stack, gaps: &BTreeMap<usize, usize>) -> Self {
        let mut levels = Self::default();
        let mut used: BTreeMap<usize, i32> = BTreeMap::new();
        for (run, gap) in gaps {
            let lines = used.entry(*gap).or_default();
            let first = stack.gaps.get(*gap).copied().unwrap_or_default();
            levels.crossings.insert(*run, first + 8 * *lines);
            *lines += 1;
        }
        for ((card, right), mut leaving) in placing.sides() {
            leaving.sort_by_key(|(run, branch)| (placing.heads_for(*run, branch, stack), *run));
            let steps: Vec<i32> = leaving
                .windows(2)
                .map(|pair| match pair {
                    [one, other] => placing.step(one, other),
                    _ => 0,
                })
                .collect();
            let (top, height) = placing.upright(card, stack);
            let first = top + (height - steps.iter().sum::<i32>()) / 2;
            let mut y = first.div_euclid(8) * 8 + if right { 0 } else { 4 };
            for (leaving, step) in leaving.into_iter().zip(steps.into_iter().chain([0])) {
                levels.branches.insert(leaving, y);
                y += step;
            }
        }
        for ((run, branch), y) in &levels.branches {
            reach(&mut levels.trunks, (branch.channel, *run), *y);
        }
        for (run, y) in &levels.crossings {
            reach(&mut levels.trunks, (0, *run), *y);
            reach(&mut levels.trunks, (1, *run), *y);
        }
        levels
    }
}

fn reach(trunks: &mut BTreeMap<(usize, usize), (i32, i32)>, key: (usize, usize), y: i32) {
    let (top, bottom) = trunks.entry(key).or_insert((y, y));
    *top = y.min(*top);
    *bottom = y.max(*bottom);
}

impl Widths {
    pub(super) fn of(placing: &Placing<'_>, levels: &Levels) -> Self {
        let columns = placing.columns.len();
        let channels: Vec<_> = (0..columns.saturating_sub(1).max(1))
            .map(|channel| tracks(uprights(placing, levels, channel)))
            .collect();
        let zones = zones(placing, levels);
        let zone = |channel, right| zones.get(&(channel, right)).copied().unwrap_or(CLEAR);
        let fixed: i32 = (0..channels.len()).map(|n| zone(n, true) + zone(n, false)).sum();
        let all: usize = channels.iter().map(|(_, count)| count).sum();
        let room = WIDTH - 2 * MARGIN - FRAME * count(columns) - fixed;
        let step = (room / count(all.max(1))).clamp(NARROW, WIDE);
        let mut widths = Self::default();
        let mut x = MARGIN;
        for (n, (places, tracks)) in channels.iter().enumerate() {
            widths.columns.push(x);
            x += FRAME + zone(n, true);
            for (run, place) in places {
                widths.tracks.insert((n, *run), x + step * count(*place));
            }
            x += step * count(tracks.saturating_sub(1));
            x += if *tracks == 0 { 0 } else { zone(n, false) };
        }
        if columns > 1 {
            widths.columns.push(x);
            x += FRAME;
        }
        widths.right = x + MARGIN;
        widths
    }
}

/// The room that ports need beside each channel; `true` for its left side, where
/// cards are left to the right.
fn zones(placing: &Placing<'_>, levels: &Levels) -> BTreeMap<(usize, bool), i32> {
    let mut zones = BTreeMap::new();
    for (run, branch) in levels.branches.keys() {
        if let Some(ports) = placing.ports(*run, branch) {
            let zone: &mut i32 =
                zones.entry((branch.channel, placing.to_the_right(branch))).or_default();
            *zone = (measure::width(&ports, SMALL) + 12 + CLEAR).max(*zone);
        }
    }
    zones
}

fn uprights(placing: &Placing<'_>, levels: &Levels, channel: usize) -> Vec<Upright> {
    let trunks = levels.trunks.iter().filter(|((of, _), _)| *of == channel);
    trunks
        .map(|((_, run), (top, bottom))| {
            let sides: Vec<bool> = placing
                .runs
                .get(*run)
                .into_iter()
                .flat_map(|run| &run.branches)
                .filter(|branch| branch.channel == channel)
                .map(|branch| placing.to_the_right(branch))
                .collect();
            let leaning = match (sides.contains(&true), sides.contains(&false)) {
                (true, false) => -1,
                (false, true) => 1,
                _ => 0,
            };
            Upright { leaning, top: *top, bottom: *bottom, run: *run }
        })
        .collect()
}

fn count(many: usize) -> i32 {
    i32::try_from(many).unwrap_or(i32::MAX / 4096)
}
