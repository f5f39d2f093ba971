//! The picture of a hierarchy: every site on a card, which leads to its chart.
//!
//! A frame holds a site and those below it; in a large hierarchy, primaries stand
//! together and their secondaries are words on their cards. Whoever belongs to no site, or to
//! several, is on a card of his own role.

use std::collections::BTreeMap;

use super::detail;
use super::picture::{Area, Card, Picture, Talk, Word, counted};
use super::site::{self, Site};
use crate::planned::{End, Plan};

///
/// `linked`: whether there is a chart of each site to lead to.
pub(super) fn of(plan: &Plan, sites: &[Site], linked: bool) -> Picture {
    let mut picture = Picture {
        title: plan.name().to_owned(),
        facts: format!(
            "{} · {} · {} · {}",
            counted(sites.len(), "site"),
            counted(plan.hosts().len(), "host"),
            counted(plan.networks().len(), "network"),
            counted(plan.flows().len(), "flow"),
        ),
        ..Picture::default()
    };
    let shown = site::shown(sites);
    let folded = shown.iter().enumerate().any(|(n, on)| n != *on);
    let mut cards: BTreeMap<usize, usize> = BTreeMap::new();
    for (n, site) in sites.iter().enumerate() {
        picture.areas.push(Area {
            title: site.name.clone(),
            notes: vec![site.kind.to_owned()],
            ..Area::default()
        });
        if shown.get(n) != Some(&n) {
            continue;
        }
        cards.insert(n, picture.cards.len());
        let together = folded && site.parent.is_some();
        let area = if together { sites.len() } else { frame(sites, n) };
        let mut card = Card { link: linked.then(|| site.file()), ..site.card(area) };
        if folded {
            card.crowd = site::below(sites, n).map(|site| site.small(linked)).collect();
        }
        if !card.crowd.is_empty() {
            card.name += " and those below";
        }
        picture.cards.push(card);
    }
    picture.areas.push(Area { title: "primary sites".to_owned(), ..Area::default() });
    let shared = picture.areas.len();
    picture.areas.push(Area { title: "shared".to_owned(), last: true, ..Area::default() });
    let mut others: BTreeMap<String, usize> = BTreeMap::new();
    let mut talk = Talk::default();
    for planned in plan.flows() {
        let [opener, answerer] = [planned.opener, planned.answerer].map(|end| {
            site::of(plan, end)
                .and_then(|n| cards.get(shown.get(n)?).copied())
                .unwrap_or_else(|| other(&mut picture, &mut others, plan, end, shared))
        });
        if opener != answerer {
            talk.add(opener, answerer, planned);
        } else if let Some(card) = picture.cards.get_mut(opener) {
            card.within.push(Word::of(planned));
        }
    }
    picture.spoken(talk)
}

/// The frame of a site: its own where it stands at the top, or below a site
/// that has no clients itself; else that of the site above it.
fn frame(sites: &[Site], n: usize) -> usize {
    let above = sites.get(n).and_then(|site| site.parent);
    let serves = |above: &usize| sites.get(*above).is_some_and(|site| site.networks > 0);
    above.filter(serves).unwrap_or(n)
}

/// The card of somebody who belongs to no site alone.
fn other(
    picture: &mut Picture,
    others: &mut BTreeMap<String, usize>,
    plan: &Plan,
    end: End,
    area: usize,
) -> usize {
    *others.entry(plan.party_name(end)).or_insert_with(|| {
        picture.cards.push(detail::party(plan, end, area));
        picture.cards.len() - 1
    })
}
