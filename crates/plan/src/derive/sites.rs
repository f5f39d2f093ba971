//! The hierarchy: which sites there are, who is above whom, and which of a site's
//! ports a site below takes over.

use std::collections::BTreeSet;

use catalog::role::{REMOTE_CONTENT_LIBRARY, SITE_DATABASE_SERVER, SQL_SERVER, WSUS_SQL_SERVER};
use catalog::{Edition, Role, RunBy, Service, settings};

use crate::estate::{Estate, PortSetting, Said, Site, SiteKind};

/// The sites of an estate, by their places in its table.
pub(crate) struct Sites<'a> {
    all: &'a [Site],
    parents: Vec<Option<usize>>,
    /// The sites next below each; sorted.
    below: Vec<Vec<usize>>,
    /// The sites that none is above.
    tops: Member,
    kinds: Vec<SiteKind>,
    edition: Edition,
}

/// To which sites somebody belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Member {
    /// Serves whoever asks.
    All,
    /// Sorted, each once.
    Of(Vec<usize>),
}

impl<'a> Sites<'a> {
    pub(crate) fn of(estate: &'a Estate) -> Self {
        let all = estate.sites.as_slice();
        let place = |code: &str| all.binary_search_by(|one| one.code.value.as_str().cmp(code)).ok();
        let parents: Vec<Option<usize>> = all
            .iter()
            .enumerate()
            .map(|(n, site)| place(&site.parent.as_ref()?.value).filter(|parent| *parent != n))
            .collect();
        let mut below = vec![Vec::new(); all.len()];
        for (n, parent) in parents.iter().enumerate() {
            if let Some(below) = parent.and_then(|parent| below.get_mut(parent)) {
                below.push(n);
            }
        }
        let tops = parents.iter().enumerate().filter(|(_, parent)| parent.is_none());
        let tops = Member::Of(tops.map(|(n, _)| n).collect());
        let kinds = (0..all.len()).map(|n| kind(all, &parents, &below, n)).collect();
        Self { all, parents, below, tops, kinds, edition: estate.edition.value }
    }

    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }

    pub(crate) fn get(&self, n: usize) -> Option<&'a Site> {
        self.all.get(n)
    }

    pub(crate) fn place(&self, code: &str) -> Option<usize> {
        self.all.binary_search_by(|one| one.code.value.as_str().cmp(code)).ok()
    }

    pub(crate) fn parent(&self, n: usize) -> Option<usize> {
        self.parents.get(n).copied().flatten()
    }

    pub(crate) fn kind(&self, n: usize) -> SiteKind {
        self.kinds.get(n).copied().unwrap_or(SiteKind::Primary)
    }

    /// The sites next above and below.
    pub(crate) fn related(&self, n: usize) -> impl Iterator<Item = usize> + '_ {
        let below = self.below.get(n).into_iter().flatten().copied();
        self.parent(n).into_iter().chain(below)
    }

    /// The sites that none is above.
    pub(super) fn tops(&self) -> &Member {
        &self.tops
    }

    /// Whose port counts for `service` in a site: its own, else its parent's where
    /// it takes that over.
    pub(super) fn setting<T>(
        &self,
        n: usize,
        service: &Service,
        part: impl Fn(&'a PortSetting) -> Option<&'a Said<T>>,
    ) -> Option<&'a Said<T>> {
        let key = service.key()?;
        let said = |n: usize| part(self.all.get(n)?.ports.get(key)?);
        let above = self.parent(n).filter(|_| self.inherits(n, service));
        said(n).or_else(|| said(above?))
    }

    /// A secondary site takes over what is set once for all of a primary's site
    /// systems; not what is set on a server.
    fn inherits(&self, n: usize, service: &Service) -> bool {
        self.kind(n) == SiteKind::Secondary && settings::of_the_site(service, self.edition)
    }

    /// The sites that these codes name. Where there is but one site, it is meant by
    /// silence; where there are several, a role that no site owns serves all.
    pub(crate) fn member(&self, said: &[Said<String>]) -> Member {
        let named: BTreeSet<usize> = said.iter().filter_map(|one| self.place(&one.value)).collect();
        match named.is_empty() {
            true if self.len() == 1 => Member::Of(vec![0]),
            true => Member::All,
            false => Member::Of(named.into_iter().collect()),
        }
    }

    /// The sites of clients who live in a site: those of a secondary are assigned
    /// to the primary above it.
    pub(crate) fn of_clients(&self, said: &Said<String>) -> Member {
        let Some(n) = self.place(&said.value) else { return Member::Of(Vec::new()) };
        let above = self.parent(n).filter(|_| self.kind(n) == SiteKind::Secondary);
        let mut sites: Vec<usize> = [Some(n), above].into_iter().flatten().collect();
        sites.sort_unstable();
        Member::Of(sites)
    }
}

/// What was said, else what its place says: above a primary is a central site, below
/// one a secondary.
fn kind(all: &[Site], parents: &[Option<usize>], below: &[Vec<usize>], n: usize) -> SiteKind {
    let said = |n: usize| Some(all.get(n)?.kind.as_ref()?.value);
    let parent = |n: usize| parents.get(n).copied().flatten();
    let below = |n: usize| below.get(n).map(Vec::as_slice).unwrap_or_default();
    let at_the_top = |n: usize| {
        let mut children = below(n).iter();
        let central =
            children.any(|one| said(*one) == Some(SiteKind::Primary) || !below(*one).is_empty());
        if central { SiteKind::Central } else { SiteKind::Primary }
    };
    let silent = || match parent(n) {
        None => at_the_top(n),
        Some(above) => {
            let silent = || parent(above).is_none().then(|| at_the_top(above));
            match said(above).or_else(silent) {
                Some(SiteKind::Central) => SiteKind::Primary,
                _ => SiteKind::Secondary,
            }
        }
    };
    said(n).unwrap_or_else(silent)
}

/// Whether a host that plays `role` plays it for certain sites.
pub(crate) fn belongs_to_a_site(role: &Role) -> bool {
    let databases = [&SITE_DATABASE_SERVER, &SQL_SERVER, &WSUS_SQL_SERVER, &REMOTE_CONTENT_LIBRARY];
    role.run_by == RunBy::Site || databases.contains(&role)
}

impl Member {
    pub(crate) fn meets(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Of(one), Self::Of(other)) => one.iter().any(|site| other.contains(site)),
            (Self::All, _) | (_, Self::All) => true,
        }
    }

    pub(crate) fn sites(&self) -> &[usize] {
        match self {
            Self::All => &[],
            Self::Of(sites) => sites,
        }
    }
}
