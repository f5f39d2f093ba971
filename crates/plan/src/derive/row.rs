//! Rows of the catalog while a plan is made of them: what is known of a row before
//! anybody is asked, and what has come of it so far.
//!
//! Rows between the same two roles are taken together, so that who meets whom is
//! asked once for all of them, and flows of one pair that have the same causes can
//! share them: causes are most of what a plan weighs.

use std::sync::Arc;

use catalog::role::{DHCP_SERVER, SITE_SERVER};
use catalog::service::{WSUS_HTTP, WSUS_HTTPS};
use catalog::{Edition, Flow, Opens, Role};

use crate::planned::{Cause, Planned};

use super::port::Place;
use super::when::runs_wsus;

/// One row.
pub(super) struct Row {
    pub(super) flow: &'static Flow,
    /// On what it rests, whoever meets on it: its texts, and its correction.
    pub(super) because: Vec<Cause>,
    /// The first of the rows beside it that rests on the same.
    pub(super) class: usize,
    /// Whether its ports are those of whoever runs WSUS, whichever side opens.
    pub(super) of_wsus: bool,
    pub(super) flows: Vec<Planned>,
    /// Of each who answers it, where he is found, once somebody has asked.
    pub(super) places: Vec<Vec<Place>>,
}

/// Rows that are alike in everything that decides who meets whom.
pub(super) struct Alike {
    pub(super) first: &'static Flow,
    pub(super) rows: Vec<Row>,
    pub(super) ends: Ends,
}

/// What there is to know of the two roles.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ends {
    pub(super) to_site_server: bool,
    /// Which of the two runs WSUS.
    pub(super) wsus: Option<Side>,
    /// Whether one of the two gives the other its address.
    pub(super) leases: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    From,
    To,
}

/// Whether the same parties meet on both.
pub(super) fn alike(one: &Flow, other: &Flow) -> bool {
    let decides = |flow: &Flow| (flow.opens, flow.scope, flow.reversible);
    one.from == other.from && one.to == other.to && decides(one) == decides(other)
}

impl Alike {
    /// Of at least one row.
    pub(super) fn of(rows: &[&'static Flow], edition: Edition) -> Option<Self> {
        let first = *rows.first()?;
        let wsus = match (runs_wsus(first.to), runs_wsus(first.from)) {
            (true, _) => Some(Side::To),
            (false, true) => Some(Side::From),
            (false, false) => None,
        };
        Some(Self {
            first,
            rows: Row::of_all(rows, edition),
            ends: Ends {
                to_site_server: *first.to == SITE_SERVER,
                wsus,
                leases: [first.from, first.to].contains(&&DHCP_SERVER),
            },
        })
    }

    /// Who opens to whom, and whether that is the other way round than the rows say.
    pub(super) fn ways(&self) -> Vec<(&'static Role, &'static Role, bool)> {
        let (from, to) = (self.first.from, self.first.to);
        match self.first.opens {
            Opens::From => vec![(from, to, false)],
            Opens::To => vec![(to, from, true)],
            // Two of the same role are each other's opener anyway.
            Opens::Either if from == to => vec![(from, to, false)],
            Opens::Either => vec![(from, to, false), (to, from, true)],
        }
    }

    /// Before others answer: nobody's places are known.
    pub(super) fn forget_places(&mut self, answerers: usize) {
        for row in &mut self.rows {
            row.places.clear();
            row.places.resize_with(answerers, Vec::new);
        }
    }
}

impl Row {
    fn of_all(flows: &[&'static Flow], edition: Edition) -> Vec<Self> {
        let mut rows: Vec<Self> = flows.iter().map(|flow| Self::of(flow, edition)).collect();
        for n in 0..rows.len() {
            let same = |row: &Self| rows.get(n).is_some_and(|one| one.because == row.because);
            let class = rows.iter().position(same).unwrap_or(n);
            if let Some(row) = rows.get_mut(n) {
                row.class = class;
            }
        }
        rows
    }

    fn of(flow: &'static Flow, edition: Edition) -> Self {
        let mut because = Vec::new();
        let texts = flow.sources(edition).map(Cause::Row);
        for cause in texts.chain(flow.fixes.map(Cause::Fix)) {
            add(&mut because, cause);
        }
        let of_wsus = [&WSUS_HTTP, &WSUS_HTTPS].contains(&flow.service);
        Self { flow, because, class: 0, of_wsus, flows: Vec::new(), places: Vec::new() }
    }
}

/// Adds a cause, once.
pub(super) fn add(causes: &mut Vec<Cause>, cause: Cause) {
    if !causes.contains(&cause) {
        causes.push(cause);
    }
}

/// The causes of one pair's flows.
#[derive(Default)]
pub(super) struct Shared {
    /// Each with the class of its row.
    known: Vec<(usize, Arc<[Cause]>)>,
}

impl Shared {
    pub(super) fn next_pair(&mut self) {
        self.known.clear();
    }

    /// `causes` begin with those of the row, `own` by number.
    pub(super) fn share(&mut self, class: usize, own: usize, causes: &[Cause]) -> Arc<[Cause]> {
        let same = |(one, known): &&(usize, Arc<[Cause]>)| {
            *one == class && known.get(own..) == causes.get(own..)
        };
        if let Some((_, known)) = self.known.iter().find(same) {
            return Arc::clone(known);
        }
        let new: Arc<[Cause]> = causes.into();
        self.known.push((class, Arc::clone(&new)));
        new
    }
}
