//! Plan → rules of one firewall.
//!
//! A flow becomes one or two holes (one for each version of IP that both ends
//! have). Where it is translated on the way, whoever stands before the translation
//! sees the outer address and port, and the answering host its own. Then holes
//! that are the same are made one ([`merge`]).

use std::sync::Arc;

use catalog::service::{DHCP, IGMP, MLD, NEIGHBOUR_DISCOVERY};
use catalog::{Cast, Protocol, Reply, Service, Where};
use plan::{End, Plan, Planned, PlannedHost};

use crate::digest::Digest;
use crate::rule::{Direction, Finding, Kind, Place, RuleSet, Version};
use crate::space::{Space, version_of};

mod addresses;
mod hole;
mod merge;

use addresses::Addresses;
use hole::{Hole, Kind as Packets};

/// Every ICMP type that is an error about something that was sent (RFC 792; RFC 4443,
/// section 2.1: below 128).
fn is_error(service: &Service) -> bool {
    let error = |kind: &u8| match service.protocol {
        Protocol::Icmp => matches!(kind, 3 | 11 | 12),
        _ => *kind < 128,
    };
    !service.types.is_empty() && service.types.iter().all(error)
}

/// Whether a service exists on a version of IP.
fn carries(service: &Service, version: Version) -> bool {
    let family = match service.family {
        catalog::Family::Any => true,
        catalog::Family::V4 => version == Version::V4,
        catalog::Family::V6 => version == Version::V6,
    };
    let protocol = match service.protocol {
        Protocol::Icmp | Protocol::Igmp => version == Version::V4,
        Protocol::Icmpv6 => version == Version::V6,
        _ => true,
    };
    family && protocol
}

/// Makes the rules of any firewall of an estate. It looks through the plan once, so
/// that the rules of all hosts cost as much as the plan has flows.
#[derive(Debug)]
pub struct Compiler<'p> {
    plan: &'p Plan,
    digest: Digest,
    addresses: Addresses<'p>,
    /// By host, the flows that it opens or answers, behind a cluster too.
    of_hosts: Vec<Vec<u32>>,
    /// By network, the flows that its machines open or answer.
    of_networks: Vec<Vec<u32>>,
}

impl<'p> Compiler<'p> {
    pub fn new(plan: &'p Plan) -> Self {
        let mut of_hosts = vec![Vec::new(); plan.hosts().len()];
        let mut of_networks = vec![Vec::new(); plan.networks().len()];
        let members = |n: u32| plan.clusters().get(n as usize).map(|one| one.hosts.as_slice());
        for (n, planned) in (0u32..).zip(plan.flows()) {
            for end in [planned.opener, planned.answerer] {
                let (table, places): (&mut Vec<Vec<u32>>, &[u32]) = match &end {
                    End::Address(host) => (&mut of_hosts, std::slice::from_ref(host)),
                    End::Group(cluster) => (&mut of_hosts, members(*cluster).unwrap_or_default()),
                    End::Network(network) => (&mut of_networks, std::slice::from_ref(network)),
                    _ => continue,
                };
                for place in places {
                    if let Some(list) = table.get_mut(*place as usize)
                        && list.last() != Some(&n)
                    {
                        list.push(n);
                    }
                }
            }
        }
        let addresses = Addresses::of(plan);
        Self { plan, digest: Digest::of(plan), addresses, of_hosts, of_networks }
    }

    /// Everybody who has a firewall of his own and something to pass it: hosts, then
    /// networks of clients.
    pub fn places(&self) -> Vec<Place> {
        let hosts = self.plan.hosts().iter().zip(&self.of_hosts);
        let networks = self.plan.networks().iter().zip(&self.of_networks);
        let hosts = hosts.map(|(host, flows)| (Place::Host(host.name.clone()), flows));
        let networks = networks
            .filter(|(network, _)| network.clients)
            .map(|(network, flows)| (Place::Clients(network.name.clone()), flows));
        let used = hosts.chain(networks).filter(|(_, flows)| !flows.is_empty());
        used.map(|(place, _)| place).collect()
    }

    /// The rules of one firewall; none where the plan names no such host or network.
    pub fn rules(&self, place: &Place) -> Option<RuleSet<'p>> {
        match place {
            Place::Host(name) => {
                let host = self.plan.hosts().iter().position(|host| host.name == *name)?;
                Some(self.of_host(host))
            }
            Place::Clients(name) => {
                let named = |network: &plan::PlannedNetwork| network.name == *name;
                let network = self.plan.networks().iter().position(named)?;
                Some(self.of_clients(network))
            }
            Place::Border => Some(self.of_border(0..u32::try_from(self.plan.flows().len()).ok()?)),
        }
    }

    /// What stands between the parties of these flows, by their places in
    /// [`Plan::flows`], must let pass.
    pub fn of_border(&self, flows: impl IntoIterator<Item = u32>) -> RuleSet<'p> {
        let mut making = Making::default();
        for n in flows {
            let Some(planned) = self.plan.flows().get(n as usize) else { continue };
            if matches!(planned.opener, End::Loopback(_)) {
                continue;
            }
            self.holes(n, planned, Direction::Through, None, &mut making);
        }
        self.finish(Place::Border, making)
    }

    fn of_host(&self, host: usize) -> RuleSet<'p> {
        let mut making = Making::default();
        let me = u32::try_from(host).ok();
        for n in self.of_hosts.get(host).into_iter().flatten().copied() {
            let Some(planned) = self.plan.flows().get(n as usize) else { continue };
            for (end, direction) in
                [(planned.opener, Direction::Out), (planned.answerer, Direction::In)]
            {
                let mine = match end {
                    End::Address(n) => Some(n) == me,
                    End::Group(n) => {
                        let cluster = self.plan.clusters().get(n as usize);
                        cluster.is_some_and(|one| one.hosts.iter().any(|n| Some(*n) == me))
                    }
                    _ => false,
                };
                if mine {
                    self.holes(n, planned, direction, me, &mut making);
                }
            }
        }
        let place = self.plan.hosts().get(host).map(|host| host.name.clone()).unwrap_or_default();
        self.finish(Place::Host(place), making)
    }

    fn of_clients(&self, network: usize) -> RuleSet<'p> {
        let mut making = Making::default();
        let mine = u32::try_from(network).ok().map(End::Network);
        for n in self.of_networks.get(network).into_iter().flatten().copied() {
            let Some(planned) = self.plan.flows().get(n as usize) else { continue };
            if Some(planned.opener) == mine {
                self.holes(n, planned, Direction::Out, None, &mut making);
            }
            if Some(planned.answerer) == mine {
                self.holes(n, planned, Direction::In, None, &mut making);
            }
        }
        let found = self.plan.networks().get(network);
        self.finish(
            Place::Clients(found.map(|network| network.name.clone()).unwrap_or_default()),
            making,
        )
    }

    /// What one flow needs of one firewall: of the opener's (`Out`), of the
    /// answerer's (`In`), or of one between. `me` is the host whose firewall it is.
    fn holes(
        &self,
        n: u32,
        planned: &Planned,
        direction: Direction,
        me: Option<u32>,
        making: &mut Making,
    ) {
        let service = planned.flow.service;
        if service.protocol == Protocol::Arp {
            return;
        }
        let translated = self.plan.translated(planned);
        let outer = translated.filter(|_| direction != Direction::In);
        let ports = outer.and_then(|(_, port)| port).map(|port| (port, port)).or(planned.ports);
        let ports = ports.or_else(|| self.usual_range(n, planned, making));
        let mut made = false;
        for version in Version::ALL {
            // Addresses are translated to such of the same version.
            let elsewhere = translated.is_some_and(|(seen, _)| version_of(seen) != version);
            if elsewhere || !carries(service, version) {
                continue;
            }
            let source = self.addresses.opening(planned.opener, version);
            let destination = match (outer, direction, me) {
                (Some((address, _)), ..) => addresses::one(address, version),
                // A host takes what was sent to itself, or to the cluster it is in.
                (None, Direction::In, Some(host)) => self
                    .addresses
                    .answering(planned.answerer, version)
                    .union(&self.addresses.opening(End::Address(host), version)),
                _ => self.addresses.answering(planned.answerer, version),
            };
            let source = match (direction, me) {
                (Direction::Out, Some(host)) => self.addresses.opening(End::Address(host), version),
                (Direction::Out, None) => self.addresses.own(planned.opener, version),
                _ => source,
            };
            if source.is_empty() || destination.is_empty() {
                continue;
            }
            made = true;
            let kind = Packets {
                direction,
                version,
                protocol: service.protocol,
                source_ports: None,
                ports: ports.into_iter().collect(),
                types: service.types.to_vec(),
                reply: false,
                by_state: is_error(service),
                within: direction == Direction::Through && self.within(planned, version),
            };
            let hole = Hole {
                kind,
                source: source.union(&unsettled(service, version)),
                destination: self.heard(planned, version, destination),
                from: Some(planned.opener),
                to: Some(planned.answerer),
                flow: Some(n),
            };
            if planned.flow.reply == Reply::HighPort {
                making.holes.push(hole.answered_from(self.own_range(planned.answerer)));
            }
            making.holes.push(hole);
        }
        if !made {
            self.lacking(n, planned, making);
        }
    }

    /// To whom the packets are addressed, where they are for many.
    fn heard(&self, planned: &Planned, version: Version, one: Space) -> Space {
        let service = planned.flow.service;
        let neighbours = [&NEIGHBOUR_DISCOVERY, &MLD].contains(&service);
        match (planned.flow.cast, version) {
            (Cast::Unicast | Cast::Directed, _) => one,
            (Cast::Broadcast, Version::V4) => {
                one.union(&addresses::EVERYBODY).union(&self.addresses.broadcasts(planned.answerer))
            }
            (Cast::Multicast, Version::V4) => one.union(&addresses::GROUPS_V4),
            (Cast::Multicast, Version::V6) if neighbours => {
                one.union(&addresses::ON_LINK).union(&addresses::GROUPS_ON_LINK)
            }
            (Cast::Multicast | Cast::Broadcast, Version::V6) => one.union(&addresses::GROUPS_V6),
        }
    }

    /// Whether no border sees the packets: both ends are in one network, which is one
    /// wire. Between the blocks of a network there may be a border.
    fn within(&self, planned: &Planned, version: Version) -> bool {
        let home = |end| self.addresses.home(end);
        let (Some(one), Some(other)) = (home(planned.opener), home(planned.answerer)) else {
            return false;
        };
        let blocks = || {
            let network = self.plan.networks().get(one as usize).into_iter();
            let blocks = network.flat_map(|network| &network.cidr);
            blocks.filter(|block| version_of(block.first()) == version).count()
        };
        one == other && (planned.flow.scope == Where::SameSubnet || blocks() == 1)
    }

    fn own_range(&self, end: End) -> (u16, u16) {
        self.host(end).and_then(|host| host.dynamic).unwrap_or(catalog::port::DYNAMIC)
    }

    fn host(&self, end: End) -> Option<&'p PlannedHost> {
        match end {
            End::Address(n) | End::Loopback(n) => self.plan.hosts().get(n as usize),
            _ => None,
        }
    }

    /// The range of a service with dynamic ports, where the host's was not said.
    fn usual_range(&self, n: u32, planned: &Planned, making: &mut Making) -> Option<(u16, u16)> {
        if planned.flow.service.ports != catalog::Ports::Dynamic {
            return None;
        }
        let party = self.plan.party(planned.answerer);
        let (first, last) = catalog::port::DYNAMIC;
        let message = format!(
            "{party} answers on dynamic ports, and the site file does not say which: {first}-{last}, \
             the usual range, is opened (narrow it there with `netsh int ipv4 set dynamicport tcp`, and say \
             `dynamic-ports` for the host)"
        );
        making.find(Kind::UsualRange, party, message, n);
        Some((first, last))
    }

    /// There is no rule for a flow, for want of an address.
    fn lacking(&self, n: u32, planned: &Planned, making: &mut Making) {
        for end in [planned.opener, planned.answerer] {
            if let Some(fact) = self.addresses.lacking(end) {
                making.find(Kind::NoAddress, self.plan.party(end), fact, n);
            }
        }
    }

    fn finish(&self, place: Place, mut making: Making) -> RuleSet<'p> {
        if place != Place::Border {
            let neighbours = self.neighbours(&making.holes);
            making.holes.extend(neighbours);
        }
        making.findings.sort();
        let rules = merge::merge(making.holes, self.plan);
        let directions = match place {
            Place::Border => vec![Direction::Through],
            Place::Host(_) | Place::Clients(_) => vec![Direction::In, Direction::Out],
        };
        let findings = making.findings;
        let wires = Arc::clone(&self.addresses.wires);
        RuleSet { plan: self.plan, digest: self.digest, place, directions, rules, findings, wires }
    }

    /// IPv6 needs its neighbours to say where they are. Our own edition has that as
    /// flows; the others leave it out, and without it no rule for IPv6 would pass
    /// anything.
    fn neighbours(&self, holes: &[Hole]) -> Vec<Hole> {
        let found = holes.iter().any(|hole| hole.kind.types == NEIGHBOUR_DISCOVERY.types);
        let v6 = holes.iter().filter(|hole| hole.kind.version == Version::V6);
        let own = v6.map(|hole| match hole.kind.direction {
            Direction::In => &hole.destination,
            Direction::Out | Direction::Through => &hole.source,
        });
        let own = own.fold(Space::default(), |all, one| all.union(one));
        if found || own.is_empty() {
            return Vec::new();
        }
        let near = own.union(&unsettled(&NEIGHBOUR_DISCOVERY, Version::V6));
        let hole = |direction| Hole {
            kind: Packets {
                direction,
                version: Version::V6,
                protocol: NEIGHBOUR_DISCOVERY.protocol,
                source_ports: None,
                ports: Vec::new(),
                types: NEIGHBOUR_DISCOVERY.types.to_vec(),
                reply: false,
                by_state: false,
                within: false,
            },
            source: near.clone(),
            destination: own.union(&addresses::ON_LINK).union(&addresses::GROUPS_ON_LINK),
            from: None,
            to: None,
            flow: None,
        };
        vec![hole(Direction::In), hole(Direction::Out)]
    }
}

/// What a machine sends from while it has no address, or beside the one it has.
fn unsettled(service: &Service, version: Version) -> Space {
    match version {
        Version::V4 if [&DHCP, &IGMP].contains(&service) => addresses::NOBODY_V4.clone(),
        Version::V6 if [&NEIGHBOUR_DISCOVERY, &MLD].contains(&service) => {
            addresses::NOBODY_V6.union(&addresses::ON_LINK)
        }
        _ => Space::default(),
    }
}

/// Rules in the making.
#[derive(Debug, Default)]
struct Making {
    holes: Vec<Hole>,
    findings: Vec<Finding>,
}

impl Making {
    fn find(&mut self, kind: Kind, party: String, message: String, flow: u32) {
        let known = |one: &&mut Finding| one.kind == kind && one.party == party;
        match self.findings.iter_mut().find(known) {
            Some(one) => {
                if one.flows.last() != Some(&flow) {
                    one.flows.push(flow);
                }
            }
            None => self.findings.push(Finding { kind, party, message, flows: vec![flow] }),
        }
    }
}
