//! Whether a packet can go from one party to another, and as which ends of a flow
//! they then stand in the plan.

use std::net::IpAddr;

use catalog::role::{CLIENT, DHCP_SERVER};
use catalog::{Flow, Where};

use crate::estate::{Addresses, Host, INTERNET, Nat, Network};
use crate::planned::End;

use super::party::{Parties, Who};
use super::spoken::Spoken;

/// What becomes of an opener and an answerer.
pub(super) enum Meeting {
    /// They meet as these; by an entry of the answering host's translations, where
    /// one stands between.
    Ends(End, End, Option<u16>),
    /// The row does not join these two.
    Never,
    /// The row joins them, but no packet could.
    Apart(String),
}

impl Parties<'_> {
    /// Whether, and as which ends, `opener` and `answerer` meet on `flow`. `leases`:
    /// whether one end of it is a DHCP server.
    pub(super) fn meeting(&self, flow: &Flow, leases: bool, opener: Who, answerer: Who) -> Meeting {
        if leases && !self.leases(flow, opener, answerer) {
            return Meeting::Never;
        }
        if let (Who::Host(a) | Who::Own(a), Who::Host(b) | Who::Own(b)) = (opener, answerer)
            && a == b
        {
            let end = End::Loopback(opener.place());
            return match flow.scope {
                Where::SameSubnet | Where::OtherHost => Meeting::Never,
                _ => Meeting::Ends(end, end, None),
            };
        }
        let alone = [opener, answerer].iter().any(|who| matches!(who, Who::Own(_)));
        // Client to client exists within a subnet only, and a cluster needs no wire
        // to itself.
        let networks = matches!((opener, answerer), (Who::Network(_), Who::Network(_)));
        let elsewhere = networks && flow.scope != Where::SameSubnet;
        let itself = opener == answerer && !networks;
        if alone || elsewhere || itself || flow.scope == Where::SameHost {
            return Meeting::Never;
        }
        let nat = match self.passage(flow, opener, answerer) {
            Passage::Direct => None,
            Passage::By(nat) => Some(nat),
            Passage::None => return Meeting::Never,
        };
        let seen = nat.and_then(|n| self.seen_by(answerer, n));
        let from = self.voices.of_party(opener);
        let to = seen.map(|nat| Spoken::of([nat.address.value]));
        let to = to.unwrap_or_else(|| self.voices.of_party(answerer));
        let family = flow.service.family;
        if !from.speaks(family) || !to.speaks(family) {
            return Meeting::Never;
        }
        if nat.is_some() {
            return Meeting::Ends(opener.end(), answerer.end(), nat);
        }
        match self.apart(opener, answerer).or_else(|| self.strangers(opener, answerer)) {
            Some(why) => Meeting::Apart(why),
            None => Meeting::Ends(opener.end(), answerer.end(), None),
        }
    }

    /// Whether a DHCP server gives out the addresses of a client's network.
    fn leases(&self, flow: &Flow, opener: Who, answerer: Who) -> bool {
        let (client, server) = match (flow.from, flow.to) {
            (from, to) if *from == CLIENT && *to == DHCP_SERVER => (opener, answerer),
            (from, to) if *from == DHCP_SERVER && *to == CLIENT => (answerer, opener),
            _ => return true,
        };
        let (Some(network), Some(server)) = (self.network(client), self.host(server)) else {
            return true;
        };
        let fixed = network.addresses.as_ref().is_some_and(|said| said.value == Addresses::Static);
        let named = |said: &crate::estate::Said<IpAddr>| {
            server.addresses().any(|address| address.value == said.value)
        };
        !fixed && (network.dhcp.is_empty() || network.dhcp.iter().any(named))
    }

    /// How packets of the opener's zone get to the answerer.
    fn passage(&self, flow: &Flow, opener: Who, answerer: Who) -> Passage {
        // Nobody reaches into the internet, but for what stands there in public.
        if let Who::Network(n) = answerer
            && self.networks.get(n).is_some_and(|network| network.roams())
        {
            return Passage::None;
        }
        let home = self.network(opener);
        let zone = match opener {
            Who::Cloud(_) => Some(INTERNET),
            _ => home.and_then(|home| Some(home.zone.as_ref()?.value.as_str())),
        };
        let Some(zone) = zone else { return Passage::Direct };
        let nat = self.host(answerer).and_then(|host| nat(host, zone));
        if let Some((n, nat)) = nat {
            let passes = nat.ports.is_empty()
                || flow.service.key().is_some_and(|key| nat.ports.contains_key(key));
            return if passes { Passage::By(n) } else { Passage::None };
        }
        let there = self.network(answerer).is_some_and(Network::roams);
        let ours = matches!(answerer, Who::Host(_) | Who::Group(_));
        if zone == INTERNET && ours && !there && self.voices.of_party(answerer).private {
            return Passage::None;
        }
        Passage::Direct
    }

    /// A host's translation, by its place in the plan's sorted list.
    pub(super) fn seen_by(&self, who: Who, n: u16) -> Option<&Nat> {
        sorted_nat(self.host(who)?).get(usize::from(n)).copied()
    }

    /// Why no packet can go from one to the other: one is on loopback alone.
    fn apart(&self, opener: Who, answerer: Who) -> Option<String> {
        for (one, other) in [(opener, answerer), (answerer, opener)] {
            if let Some(address) = self.loopback(one)
                && self.loopback(other).is_none()
            {
                let (one, other) = (self.name(one), self.name(other));
                return Some(format!(
                    "{one} cannot be reached from {other}: {address} is a loopback address"
                ));
            }
        }
        None
    }

    /// The same, for want of a common version of IP.
    fn strangers(&self, opener: Who, answerer: Who) -> Option<String> {
        let [from, to] = [opener, answerer].map(|who| self.voices.of_party(who));
        (!from.meets(to)).then(|| {
            let (from, to) = (self.name(opener), self.name(answerer));
            format!("{to} cannot be reached from {from}: one has IPv4, the other IPv6")
        })
    }

    /// The address of a host that only its own machine can reach. Two such hosts
    /// are on one machine.
    fn loopback(&self, who: Who) -> Option<IpAddr> {
        let host = self.host(who)?;
        self.voices.of_party(who).loopback.then_some(host.address.value)
    }
}

enum Passage {
    Direct,
    /// By this entry of the host's translations.
    By(u16),
    None,
}

/// A host's translations in the order that the plan has them in.
pub(super) fn sorted_nat(host: &Host) -> Vec<&Nat> {
    let mut nat: Vec<&Nat> = host.nat.iter().collect();
    nat.sort_by(|one, other| {
        (&one.from.value, one.address.value).cmp(&(&other.from.value, other.address.value))
    });
    nat
}

fn nat<'a>(host: &'a Host, zone: &str) -> Option<(u16, &'a Nat)> {
    let found = sorted_nat(host).into_iter().enumerate().find(|(_, nat)| nat.from.value == zone);
    found.and_then(|(n, nat)| Some((u16::try_from(n).ok()?, nat)))
}
