//! The sites of a hierarchy, and who belongs to which.

use super::picture::{Card, Part, Small, counted};
use crate::estate::SiteKind;
use crate::planned::{End, Plan, Planned};

/// The chart by which the others are found.
pub(super) const SUMMARY: &str = "index.svg";

/// More sites than these are too many for a card each: a secondary is a word on the
/// card of the primary above it.
const MANY: usize = 40;
/// The same on the chart of that primary.
pub(super) const FEW: usize = 12;

/// A site, as charts name it.
#[derive(Debug, Clone)]
pub(super) struct Site {
    pub(super) code: String,
    pub(super) name: String,
    /// `primary site`.
    pub(super) kind: &'static str,
    pub(super) secondary: bool,
    /// The site above, by its place in the list.
    pub(super) parent: Option<usize>,
    pub(super) hosts: usize,
    /// Those with clients of it.
    pub(super) networks: usize,
}

impl Site {
    /// The file of its own chart.
    pub(super) fn file(&self) -> String {
        format!("{}.svg", self.code)
    }

    pub(super) fn facts(&self) -> String {
        let sizes = self.sizes().join(" · ");
        format!("site {} · {} · {sizes}", self.code, self.kind)
    }

    /// A card that stands for all of it, and leads there.
    pub(super) fn card(&self, area: usize) -> Card {
        Card {
            area,
            part: if self.parent.is_none() { Part::SiteServer } else { Part::Site },
            title: self.name.clone(),
            name: format!("site {}", self.code),
            notes: vec![self.code.clone()],
            items: std::iter::once(self.kind.to_owned()).chain(self.sizes()).collect(),
            within: Vec::new(),
            link: None,
            crowd: Vec::new(),
        }
    }

    /// One of a crowd.
    pub(super) fn small(&self, linked: bool) -> Small {
        let sizes = self.sizes().join(" · ");
        Small {
            word: self.code.clone(),
            hint: format!("{}\n{} {} · {sizes}", self.name, self.kind, self.code),
            link: linked.then(|| self.file()),
        }
    }

    fn sizes(&self) -> Vec<String> {
        let networks = counted(self.networks, "client network");
        let networks = (self.networks > 0).then_some(networks);
        std::iter::once(counted(self.hosts, "host")).chain(networks).collect()
    }
}

/// In the plan's order.
pub(super) fn sites(plan: &Plan) -> Vec<Site> {
    let place = |code: &String| plan.sites().iter().position(|site| site.code == *code);
    let mut sites: Vec<Site> = plan
        .sites()
        .iter()
        .map(|site| Site {
            code: site.code.clone(),
            name: site.name.clone(),
            kind: kind(site.kind),
            secondary: site.kind == SiteKind::Secondary,
            parent: site.parent.as_ref().and_then(place),
            hosts: 0,
            networks: 0,
        })
        .collect();
    let ends = |many: usize, end: fn(u32) -> End| (0..u32::try_from(many).unwrap_or(0)).map(end);
    for end in ends(plan.hosts().len(), End::Address) {
        if let Some(site) = of(plan, end).and_then(|n| sites.get_mut(n)) {
            site.hosts += 1;
        }
    }
    for network in plan.networks().iter().filter(|network| network.clients) {
        if let Some(site) = network.site.as_ref().and_then(place).and_then(|n| sites.get_mut(n)) {
            site.networks += 1;
        }
    }
    sites
}

/// Those that belong to a primary.
pub(super) fn below(sites: &[Site], n: usize) -> impl Iterator<Item = &Site> {
    sites.iter().filter(move |site| site.secondary && site.parent == Some(n))
}

/// The site on whose card each is shown in a summary.
pub(super) fn shown(sites: &[Site]) -> Vec<usize> {
    let large = sites.len() > MANY;
    let above = |site: &Site| site.parent.filter(|_| large && site.secondary);
    sites.iter().enumerate().map(|(n, site)| above(site).unwrap_or(n)).collect()
}

fn kind(kind: SiteKind) -> &'static str {
    match kind {
        SiteKind::Central => "central site",
        SiteKind::Primary => "primary site",
        SiteKind::Secondary => "secondary site",
    }
}

/// The site that an end belongs to, if it is one and no more.
pub(super) fn of(plan: &Plan, end: End) -> Option<usize> {
    let codes: Vec<&String> = match end {
        End::Address(n) | End::Loopback(n) => host_sites(plan, n),
        End::Network(n) => plan.networks().get(n as usize)?.site.iter().collect(),
        End::Group(n) => {
            let hosts = &plan.clusters().get(n as usize)?.hosts;
            hosts.iter().flat_map(|host| host_sites(plan, *host)).collect()
        }
        End::Cloud(_) => Vec::new(),
    };
    let (first, rest) = codes.split_first()?;
    if rest.iter().any(|other| other != first) {
        return None;
    }
    plan.sites().binary_search_by(|site| site.code.cmp(first)).ok()
}

/// What each site has a part in, in the plan's order: gone through once for all.
pub(super) fn flows<'a>(plan: &'a Plan, sites: &[Site]) -> Vec<Vec<&'a Planned>> {
    let mut flows = vec![Vec::new(); sites.len()];
    for planned in plan.flows() {
        let [one, other] = [planned.opener, planned.answerer].map(|end| of(plan, end));
        let other = other.filter(|other| Some(*other) != one);
        for n in one.into_iter().chain(other) {
            if let Some(own) = flows.get_mut(n) {
                own.push(planned);
            }
        }
    }
    flows
}

fn host_sites(plan: &Plan, n: u32) -> Vec<&String> {
    plan.hosts().get(n as usize).into_iter().flat_map(|host| &host.sites).collect()
}
