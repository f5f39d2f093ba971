//! Whether a packet goes from a planned flow's opener to its answerer.

use std::net::IpAddr;

use catalog::role::ROUTER;
use catalog::{Cast, Where};
use plan::{Cidr, End, Plan, Planned};

use crate::capture::Capture;
use crate::packet::{Packet, is_nobody};

/// Whether its sender is the flow's opener.
pub(super) fn opens(plan: &Plan, planned: &Planned, packet: &Packet, capture: &Capture) -> bool {
    let all = || capture.machines.get(&packet.by).into_iter().flatten().copied();
    let holds = |address: IpAddr| contains(plan, planned.opener, address);
    // A router answers with the address nearest to who is told, and the plan
    // knows one of them. Who says nothing of itself is known by its cable.
    if planned.flow.from == &ROUTER || is_nobody(packet.from) {
        return all().any(holds);
    }
    holds(packet.from)
}

/// Whether its receiver is the flow's answerer, or among those whom the flow
/// addresses all at once.
pub(super) fn answers(plan: &Plan, planned: &Planned, packet: &Packet, capture: &Capture) -> bool {
    let to = packet.to;
    let several = match planned.flow.cast {
        Cast::Unicast => false,
        Cast::Broadcast => is_broadcast(plan, planned, to),
        Cast::Directed => blocks(plan, planned.answerer).any(|block| block.last() == to),
        Cast::Multicast => to.is_multicast(),
    };
    // Such an address is of the sender's own subnet, whoever has it.
    let beside = planned.flow.scope == Where::SameSubnet && is_nobody(to);
    // A router that a flow reaches has more addresses than the plan knows.
    let all = || {
        let who = capture.who(to).and_then(|name| capture.machines.get(name));
        who.into_iter().flatten().copied()
    };
    let router = planned.flow.to == &ROUTER
        && all().any(|address| contains(plan, planned.answerer, address));
    several || beside || router || contains(plan, planned.answerer, to)
}

fn is_broadcast(plan: &Plan, planned: &Planned, to: IpAddr) -> bool {
    let limited = matches!(to, IpAddr::V4(v4) if v4.is_broadcast());
    let both = [planned.opener, planned.answerer];
    limited || both.iter().any(|end| blocks(plan, *end).any(|block| block.last() == to))
}

fn contains(plan: &Plan, end: End, address: IpAddr) -> bool {
    match end {
        End::Address(n) => plan.hosts().get(n as usize).is_some_and(|host| host.address == address),
        End::Network(_) => blocks(plan, end).any(|block| block.contains(address)),
        // What a host says to itself is on no wire.
        _ => false,
    }
}

fn blocks(plan: &Plan, end: End) -> impl Iterator<Item = Cidr> {
    let network = match end {
        End::Network(n) => plan.networks().get(n as usize),
        _ => None,
    };
    network.into_iter().flat_map(|network| network.cidr.iter().copied())
}
