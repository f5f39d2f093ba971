//! Nothing passes that no flow needs: at every corner of every rule (the first and the
//! last address of each block, the first and the last of its ports) stands a packet
//! that one of the flows it names would send. Written from the plan alone, without
//! the compiler's own tables.

use std::net::IpAddr;

use catalog::{Cast, Ports};
use plan::{End, Plan, Planned};

use super::{ESTATES, plan_of};
use crate::{Compiler, Direction, Place, Rule};

#[test]
fn no_rule_lets_pass_what_none_of_its_flows_needs() {
    let mut corners = 0;
    for text in ESTATES {
        let plan = plan_of(text);
        let compiler = Compiler::new(&plan);
        for place in compiler.places().into_iter().chain([Place::Border]) {
            let set = compiler.rules(&place).unwrap();
            for rule in set.rules.iter().filter(|rule| !rule.serves.is_empty()) {
                corners += check(&plan, &place, rule);
            }
        }
    }
    assert!(corners > 10_000, "{corners}");
}

fn check(plan: &Plan, place: &Place, rule: &Rule) -> usize {
    let ends = |ends: &crate::Ends| -> Vec<IpAddr> {
        ends.blocks.iter().flat_map(|block| [block.first(), block.last()]).collect()
    };
    let ports: Vec<u16> = rule.ports.iter().flat_map(|(first, last)| [*first, *last]).collect();
    let ports = if ports.is_empty() { vec![0] } else { ports };
    let mut corners = 0;
    for from in ends(&rule.source) {
        for to in ends(&rule.destination) {
            for port in &ports {
                let flows = rule.serves.iter().map(|n| &plan.flows()[*n as usize]);
                let needed =
                    flows.clone().any(|planned| needs(plan, rule, planned, from, to, *port));
                let ids: Vec<String> = flows.map(|planned| planned.flow.id()).collect();
                assert!(needed, "{place}: {} lets {from} to {to}:{port}, for {ids:?}", rule.id);
                corners += 1;
            }
        }
    }
    corners
}

/// Whether a flow is opened by such a packet, or answered by it from another port.
fn needs(plan: &Plan, rule: &Rule, planned: &Planned, from: IpAddr, to: IpAddr, port: u16) -> bool {
    let many = planned.flow.cast != Cast::Unicast;
    // What a machine has beside its addresses, and where all are meant.
    let beside = |address: IpAddr| match address {
        IpAddr::V4(v4) => {
            many && (v4.is_unspecified() || v4.is_multicast() || v4.octets()[3] == 255)
        }
        IpAddr::V6(v6) => {
            many && (v6.is_unspecified() || v6.is_multicast() || v6.octets()[0] == 0xfe)
        }
    };
    // An unsettled machine asks from no address where the protocol allows it.
    let is = |end: End, address: IpAddr| {
        has(plan, end, address, rule.direction == Direction::Out) || beside(address)
    };
    if rule.reply {
        return is(planned.answerer, from) && is(planned.opener, to);
    }
    let range = match (planned.ports, planned.flow.service.ports) {
        (Some(range), _) => range,
        (None, Ports::Dynamic) => catalog::port::DYNAMIC,
        (None, _) => (0, 0),
    };
    let own = is(planned.answerer, to) && (range.0..=range.1).contains(&port);
    let outer = plan.translated(planned).is_some_and(|(address, outer)| {
        address == to
            && outer.map_or_else(|| (range.0..=range.1).contains(&port), |outer| outer == port)
    });
    is(planned.opener, from) && (own || outer)
}

/// `own` where it is asked of the machine's own firewall: at home it may have a private
/// address.
fn has(plan: &Plan, end: End, address: IpAddr, own: bool) -> bool {
    let host = |n: u32| plan.hosts()[n as usize].addresses.contains(&address);
    match end {
        End::Address(n) => host(n),
        End::Network(n) => {
            let network = &plan.networks()[n as usize];
            let roams = network.cidr.is_empty() && network.zone.as_deref() == Some("internet");
            let public = match address {
                IpAddr::V4(v4) => {
                    (own || !v4.is_private()) && !v4.is_loopback() && !v4.is_multicast()
                }
                IpAddr::V6(v6) => {
                    own && v6.is_unique_local() || v6.segments()[0] & 0xe000 == 0x2000
                }
            };
            network.cidr.iter().any(|block| block.contains(address)) || (roams && public)
        }
        End::Group(n) => {
            let cluster = &plan.clusters()[n as usize];
            cluster.listener == address || cluster.hosts.iter().any(|n| host(*n))
        }
        End::Cloud(n) => plan.clouds()[n as usize].addresses.contains(&address),
        _ => false,
    }
}
