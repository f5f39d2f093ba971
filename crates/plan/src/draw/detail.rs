//! The picture of an estate, or of one site of a hierarchy: every host on a card
//! of its own.
//!
//! Of other sites there is one card each, which leads to their own charts.

use std::collections::BTreeMap;

use catalog::role::{NEIGHBOUR, SITE_SERVER};
use catalog::{Role, RunBy, Where};

use super::picture::{Area, Card, Part, Picture, Small, Talk, Word, counted};
use super::site::{self, Site};
use crate::planned::{End, Plan, Planned, PlannedHost, PlannedNetwork};

/// All of the plan.
pub(super) fn whole(plan: &Plan) -> Picture {
    let mut picture = Maker::new(plan, &[], None).picture(plan.flows().iter());
    picture.title = plan.name().to_owned();
    picture.facts = format!(
        "site {} · {} · {} · {}",
        plan.site_code(),
        counted(plan.hosts().len(), "host"),
        counted(plan.networks().len(), "network"),
        counted(plan.flows().len(), "flow"),
    );
    picture
}

/// One of several sites, and whom it has to do with: by what it speaks.
pub(super) fn of_site(plan: &Plan, sites: &[Site], n: usize, flows: &[&Planned]) -> Picture {
    let mut picture = Maker::new(plan, sites, Some(n)).picture(flows.iter().copied());
    if let Some(site) = sites.get(n) {
        picture.title = site.name.clone();
        picture.facts = site.facts();
    }
    picture.up = Some(site::SUMMARY.to_owned());
    picture
}

struct Maker<'a> {
    plan: &'a Plan,
    sites: &'a [Site],
    /// The site that is shown; all, where there is none.
    only: Option<usize>,
    picture: Picture,
    /// The card of each end, and of each other site.
    of: BTreeMap<End, usize>,
    of_site: BTreeMap<usize, usize>,
}

impl<'a> Maker<'a> {
    fn new(plan: &'a Plan, sites: &'a [Site], only: Option<usize>) -> Self {
        let mut made = Self {
            plan,
            sites,
            only,
            picture: Picture::default(),
            of: BTreeMap::new(),
            of_site: BTreeMap::new(),
        };
        made.frames();
        made
    }

    fn picture(mut self, flows: impl Iterator<Item = &'a Planned>) -> Picture {
        let mut talk = Talk::default();
        for planned in flows {
            if self.keeps_within(planned) {
                continue;
            }
            let [opener, answerer] = [planned.opener, planned.answerer].map(|end| self.card(end));
            talk.add(opener, answerer, planned);
        }
        self.picture.spoken(talk)
    }

    /// Whether an end has to be in the picture, whatever it speaks.
    fn shows(&self, end: End) -> bool {
        self.only.is_none() || site::of(self.plan, end) == self.only
    }

    /// A frame for each network, and one for whoever is in none; cards for hosts
    /// and for the networks' clients.
    fn frames(&mut self) {
        for (n, network) in self.plan.networks().iter().enumerate() {
            let zone = network.zone.iter().map(|zone| format!("zone {zone}"));
            self.picture.areas.push(Area {
                title: network.name.clone(),
                notes: zone.chain(network.cidr.iter().map(ToString::to_string)).collect(),
                ..Area::default()
            });
            let end = End::Network(place(n));
            let elsewhere = !network.cidr.iter().all(crate::Cidr::is_loopback);
            if network.clients && elsewhere && self.shows(end) {
                self.network_card(network, end, n);
            }
        }
        for title in ["elsewhere", "other sites"] {
            let title = title.to_owned();
            self.picture.areas.push(Area { title, last: true, ..Area::default() });
        }
        for (n, host) in self.plan.hosts().iter().enumerate() {
            if self.shows(End::Address(place(n))) {
                self.host_card(host, place(n));
            }
        }
    }

    fn elsewhere(&self) -> usize {
        self.plan.networks().len()
    }

    fn network_card(&mut self, network: &PlannedNetwork, end: End, area: usize) {
        self.of.insert(end, self.picture.cards.len());
        let (title, items) = if network.clients {
            let groups = network.groups.iter().map(|group| format!("group {group}"));
            ("clients", groups.collect())
        } else {
            ("machines", Vec::new())
        };
        self.picture.cards.push(Card {
            area,
            part: Part::Clients,
            title: title.to_owned(),
            name: format!("network {}", network.name),
            notes: vec![format!("any machine of {}", network.name)],
            items,
            within: Vec::new(),
            link: None,
            crowd: Vec::new(),
        });
    }

    fn host_card(&mut self, host: &PlannedHost, n: u32) {
        let area = home(self.plan, host).unwrap_or_else(|| self.elsewhere());
        self.of.insert(End::Address(n), self.picture.cards.len());
        self.of.insert(End::Loopback(n), self.picture.cards.len());
        let part = if host.roles.contains(&&SITE_SERVER) {
            Part::SiteServer
        } else if host.roles.iter().any(|role| role.run_by == RunBy::Site) {
            Part::Site
        } else {
            Part::Other
        };
        let elsewhere = host.nat.iter().map(|nat| format!("{} from {}", nat.address, nat.zone));
        self.picture.cards.push(Card {
            area,
            part,
            title: host.name.clone(),
            name: host.name.clone(),
            notes: std::iter::once(host.address.to_string()).chain(host.dns.clone()).collect(),
            items: host.roles.iter().map(|role| in_a_list(role)).chain(elsewhere).collect(),
            within: Vec::new(),
            link: None,
            crowd: Vec::new(),
        });
    }

    /// The card of an end; one is made for whoever has none yet.
    fn card(&mut self, end: End) -> usize {
        if let Some(card) = self.of.get(&end) {
            return *card;
        }
        let site =
            site::of(self.plan, end).filter(|site| self.only.is_some_and(|own| own != *site));
        if let Some((site, shown)) = site.and_then(|n| Some((n, self.sites.get(n)?))) {
            let next = self.picture.cards.len();
            let crowd = self.crowd(shown);
            let key = if crowd.is_empty() { Some(site) } else { self.only };
            let card = *self.of_site.entry(key.unwrap_or(site)).or_insert(next);
            if card == next {
                let card = shown.card(self.elsewhere() + 1);
                self.picture.cards.push(match crowd.len() {
                    0 => Card { link: Some(shown.file()), ..card },
                    many => Card {
                        title: counted(many, "secondary site"),
                        name: "the secondary sites".to_owned(),
                        notes: Vec::new(),
                        items: Vec::new(),
                        crowd,
                        ..card
                    },
                });
            }
            self.of.insert(end, card);
            return card;
        }
        let plan = self.plan;
        if let End::Network(n) = end
            && let Some(network) = plan.networks().get(n as usize)
        {
            self.network_card(network, end, n as usize);
        } else if let End::Address(n) | End::Loopback(n) = end
            && let Some(host) = plan.hosts().get(n as usize)
        {
            self.host_card(host, n);
        } else {
            self.of.insert(end, self.picture.cards.len());
            self.picture.cards.push(party(plan, end, self.elsewhere()));
        }
        self.picture.cards.len() - 1
    }

    /// All secondaries of the site that is shown, where `site` is one of too many.
    fn crowd(&self, site: &Site) -> Vec<Small> {
        let below = |own| site::below(self.sites, own).map(|site| site.small(true)).collect();
        let own = self.only.filter(|own| site.secondary && site.parent == Some(*own));
        let crowd: Vec<Small> = own.map(below).unwrap_or_default();
        if crowd.len() > site::FEW { crowd } else { Vec::new() }
    }

    /// Notes what passes within one card or one frame, if this does.
    fn keeps_within(&mut self, planned: &Planned) -> bool {
        let subnet = matches!(planned.flow.scope, Where::SameSubnet)
            || [planned.opening(), planned.answering()].contains(&&NEIGHBOUR);
        if subnet && let Some(area) = self.area(planned) {
            area.within.push(Word::of(planned));
            return true;
        }
        if planned.opener == planned.answerer
            && let Some(card) = self.of.get(&planned.opener)
            && let Some(card) = self.picture.cards.get_mut(*card)
        {
            card.within.push(Word::of(planned));
            return true;
        }
        false
    }

    /// The frame of the subnet that a flow stays in.
    fn area(&mut self, planned: &Planned) -> Option<&mut Area> {
        let area = [planned.opener, planned.answerer].into_iter().find_map(|end| {
            if let End::Network(n) = end {
                Some(n as usize)
            } else {
                home(self.plan, self.plan.host_of(end)?)
            }
        });
        self.picture.areas.get_mut(area?)
    }
}

/// The card of whoever is neither a host nor a network of the picture.
pub(super) fn party(plan: &Plan, end: End, area: usize) -> Card {
    let (role, notes): (Option<&Role>, Vec<String>) = match end {
        End::Group(n) => plan.clusters().get(n as usize).map_or((None, Vec::new()), |cluster| {
            let listener = cluster.listener.to_string();
            (Some(cluster.role), std::iter::once(listener).chain(cluster.dns.clone()).collect())
        }),
        End::Cloud(n) => plan
            .clouds()
            .get(n as usize)
            .map_or((None, Vec::new()), |cloud| (Some(cloud.role), cloud.names.clone())),
        End::Address(n) | End::Loopback(n) => plan
            .hosts()
            .get(n as usize)
            .map_or((None, Vec::new()), |host| (None, vec![host.address.to_string()])),
        End::Network(_) => (None, Vec::new()),
    };
    Card {
        area,
        part: Part::Other,
        title: plan.party_name(end),
        name: plan.party_name(end),
        notes,
        items: role.into_iter().map(in_a_list).collect(),
        within: Vec::new(),
        link: None,
        crowd: Vec::new(),
    }
}

/// The frame of the network that the host is in: the one with the narrowest
/// prefix.
fn home(plan: &Plan, host: &PlannedHost) -> Option<usize> {
    let blocks = plan.networks().iter().enumerate().flat_map(|(n, network)| {
        network
            .cidr
            .iter()
            .filter(|block| block.contains(host.address))
            .map(move |block| (block, n))
    });
    blocks.max_by_key(|(block, _)| block.first()).map(|(_, n)| n)
}

fn place(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// `site server`, but `SMS provider`.
fn in_a_list(role: &Role) -> String {
    let mut letters = role.name.chars();
    match (letters.next(), letters.next()) {
        (Some(first), Some(second)) if second.is_lowercase() => {
            format!("{}{second}{}", first.to_lowercase(), letters.as_str())
        }
        _ => role.name.to_owned(),
    }
}
