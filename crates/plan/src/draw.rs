//! The plan as a chart, for eyes: an SVG text that needs nothing but a viewer.
//!
//! Networks are frames, hosts are cards in them, and between two cards runs one
//! line for all that they speak, with an arrow at who answers and his ports
//! before it. Pairs that speak alike share a line as machines share a cable:
//! where every one of some openers meets every one of some answerers, there is
//! one trunk with a branch for each. It is made in steps, a file each:
//!
//! 1. [`picture`]: who is to be seen, and who speaks what with whom; every host
//!    in [`detail`], or every site of a hierarchy in [`summary`].
//! 2. [`bundle`]: pairs that share a line.
//! 3. [`column`]: which frame stands in which of at most three columns.
//! 4. [`route`]: by which channels a line gets to its cards.
//! 5. [`place`]: where everything stands, with [`stack`] from top to bottom and
//!    [`track`] from left to right; [`page`]: what stands around it.
//! 6. [`svg`]: the text, in the colours of [`theme`].
//!
//! Lines run upright only between the columns, and level only from a card
//! straight to its trunk or through the gap between two frames, each direction
//! on a grid of its own: so none passes through a card, and none lies on
//! another. The tests hold the geometry to that.

mod bundle;
mod column;
mod content;
mod detail;
mod kind;
mod measure;
mod page;
mod picture;
mod place;
mod route;
mod shape;
mod site;
mod stack;
mod summary;
mod svg;
#[cfg(test)]
mod tests;
mod theme;
mod track;

use crate::planned::Plan;
use picture::Picture;
use shape::Chart;

/// The chart of a plan: a whole SVG file, light and dark, without script.
/// The same plan gives the same bytes.
///
/// A hierarchy is drawn by site; [`pages`] shows what is in each.
pub fn draw(plan: &Plan) -> String {
    let sites = site::sites(plan);
    let picture =
        if sites.len() > 1 { summary::of(plan, &sites, false) } else { detail::whole(plan) };
    svg::text(&chart(&picture))
}

/// One of several charts that belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// What links to it call it: `P01.svg`.
    pub file: String,
    pub svg: String,
}

/// A chart of each site; where there are several, a summary by which to find
/// them comes first.
pub fn pages(plan: &Plan) -> Vec<Page> {
    let sites = site::sites(plan);
    if let [site] = sites.as_slice() {
        return vec![Page { file: site.file(), svg: draw(plan) }];
    }
    let summary = svg::text(&chart(&summary::of(plan, &sites, true)));
    let mut pages = vec![Page { file: site::SUMMARY.to_owned(), svg: summary }];
    for ((n, site), flows) in sites.iter().enumerate().zip(site::flows(plan, &sites)) {
        let picture = detail::of_site(plan, &sites, n, &flows);
        pages.push(Page { file: site.file(), svg: svg::text(&chart(&picture)) });
    }
    pages
}

fn chart(picture: &Picture) -> Chart {
    place::place(picture, &bundle::buses(&picture.pairs))
}
