//! Attempts: packets that begin something, sent from where a flow would be opened, and
//! counted where it would be answered. They are counted twice there, as they come in
//! from the cable and after the machine's own rules, so that it is known who dropped
//! what is missing.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4, UdpSocket};
use std::os::fd::OwnedFd;

use catalog::Protocol;
use lab::{Lab, Machine, Network, Router};
use plan::{End, Plan, Planned};
use rules::{Direction, Place, RuleSet};
use rustix::net::{AddressFamily, SocketFlags, SocketType};

use crate::estate::until;
use crate::firewalls::Firewalls;

/// Both counts, apart from our table, at the first and the last moment that a machine
/// has to look at a packet.
const WATCH: &str = "table inet watch {}
delete table inet watch
table inet watch {
	set arrived { type ipv4_addr . ipv4_addr . inet_proto . inet_service; size 262144; flags dynamic; }
	set passed { type ipv4_addr . ipv4_addr . inet_proto . inet_service; size 262144; flags dynamic; }
	chain first { type filter hook prerouting priority -250; iifname != \"lo\" meta l4proto { tcp, udp } \\
add @arrived { ip saddr . ip daddr . meta l4proto . th dport }; }
	chain last { type filter hook input priority 300; iifname != \"lo\" meta l4proto { tcp, udp } \\
add @passed { ip saddr . ip daddr . meta l4proto . th dport }; }
}
";

/// A machine for every host, and one for every network of clients, each watched.
pub(crate) struct Fleet {
    pub(crate) firewalls: Firewalls,
    pub(crate) machines: Vec<Member>,
    pub(crate) router: Router,
    _networks: Vec<Network>,
    _lab: Lab,
}

pub(crate) struct Member {
    pub(crate) place: Place,
    pub(crate) machine: Machine,
    pub(crate) address: Ipv4Addr,
}

/// From, to, protocol and port of what was counted.
type Seen = BTreeSet<(Ipv4Addr, Ipv4Addr, String, u16)>;

/// One attempt, by places in [`Fleet::machines`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Attempt {
    pub(crate) from: usize,
    pub(crate) at: usize,
    /// Where it goes: an address of `at`.
    pub(crate) to: Ipv4Addr,
    pub(crate) protocol: Protocol,
    pub(crate) port: u16,
}

/// The first of a round, so that everybody knows the way before it counts, and the
/// last: nobody drops them.
const MARKS: [u16; 2] = [7, 9]; // not a port: RFC 862's and 863's, which no plan has

impl Fleet {
    pub(crate) fn new(site_file: &str) -> Self {
        let firewalls = Firewalls::of(site_file);
        let plan = firewalls.plan();
        let lab = Lab::new(&[]);
        let used = plan.networks().iter().filter(|network| !network.cidr.is_empty());
        let networks: Vec<Network> = used
            .map(|network| {
                let v4 = network.cidr.iter().find(|block| block.first().is_ipv4()).expect("IPv4");
                lab.network(&network.name, &v4.to_string())
            })
            .collect();
        let router = lab.router("router", &networks.iter().collect::<Vec<_>>());
        let mut machines = Vec::new();
        for host in plan.hosts() {
            if !host.roles.iter().any(|role| role.slug == "router") {
                machines.push(Member::host(&lab, &networks, plan, &host.name));
            }
        }
        for network in plan.networks().iter().filter(|one| one.clients && !one.cidr.is_empty()) {
            machines.push(Member::client(&lab, &networks, plan, &network.name));
        }
        machines.iter().for_each(|member| member.machine.nft(WATCH));
        Self { firewalls, machines, router, _networks: networks, _lab: lab }
    }

    pub(crate) fn plan(&self) -> &Plan {
        self.firewalls.plan()
    }

    /// Loads every machine's rules of these directions; of none, takes them away.
    pub(crate) fn close(&self, directions: &[Direction]) {
        for member in &self.machines {
            let mut set = self.firewalls.rules(&member.place);
            set.only(directions);
            self.load(member, &set);
        }
    }

    pub(crate) fn load(&self, member: &Member, set: &RuleSet<'_>) {
        member.machine.nft(&self.text(set));
    }

    /// The router's rules, or none.
    pub(crate) fn close_border(&self, closed: bool) {
        let mut set = self.firewalls.rules(&Place::Border);
        if !closed {
            set.only(&[]);
        }
        self.router.nft(&self.text(&set));
    }

    /// Rules, with a way for the marks.
    fn text(&self, set: &RuleSet<'_>) -> String {
        let mut text = self.firewalls.text(set);
        for chain in ["input", "output", "forward"] {
            if text.contains(&format!("chain {chain} ")) {
                text.push_str(&format!(
                    "insert rule inet portolan {chain} udp dport {{ {}, {} }} accept\n",
                    MARKS[0], MARKS[1]
                ));
            }
        }
        text
    }

    /// What would open a flow of the plan: one attempt for each opener, answerer and
    /// port that is tried. None where an end has no address here.
    pub(crate) fn attempts(&self, planned: &Planned, ports: &[u16]) -> Vec<Attempt> {
        let protocol = planned.flow.service.protocol;
        let mut attempts = Vec::new();
        for from in self.members(planned.opener) {
            for (at, to) in self.answerers(planned.answerer) {
                let made = ports.iter().map(|port| Attempt { from, at, to, protocol, port: *port });
                attempts.extend(made.filter(|_| from != at));
            }
        }
        attempts
    }

    pub(crate) fn is_mark(attempt: &Attempt) -> bool {
        MARKS.contains(&attempt.port)
    }

    fn members(&self, end: End) -> Vec<usize> {
        let places: Vec<Place> = match end {
            End::Address(n) => vec![Place::Host(self.plan().hosts()[n as usize].name.clone())],
            End::Network(n) => {
                vec![Place::Clients(self.plan().networks()[n as usize].name.clone())]
            }
            End::Group(n) => {
                let hosts = &self.plan().clusters()[n as usize].hosts;
                let name = |host: &u32| self.plan().hosts()[*host as usize].name.clone();
                hosts.iter().map(name).map(Place::Host).collect()
            }
            _ => Vec::new(),
        };
        let at = |place: Place| self.machines.iter().position(|member| member.place == place);
        places.into_iter().filter_map(at).collect()
    }

    fn answerers(&self, end: End) -> Vec<(usize, Ipv4Addr)> {
        if let End::Group(n) = end {
            // The first member has the listener's address.
            let IpAddr::V4(listener) = self.plan().clusters()[n as usize].listener else {
                return Vec::new();
            };
            return self.members(end).first().map(|at| (*at, listener)).into_iter().collect();
        }
        self.members(end).into_iter().map(|at| (at, self.machines[at].address)).collect()
    }

    /// Makes attempts, and says which of them arrived at the machine, and which passed
    /// its rules.
    pub(crate) fn make(&self, attempts: &[Attempt]) -> [BTreeSet<Attempt>; 2] {
        for member in &self.machines {
            member.machine.nft("flush set inet watch arrived\nflush set inet watch passed\n");
        }
        let pairs: BTreeSet<(usize, usize)> =
            attempts.iter().map(|one| (one.from, one.at)).collect();
        self.mark(&pairs, MARKS[0]);
        let open: Vec<OwnedFd> =
            (0..self.machines.len()).flat_map(|from| self.send(from, attempts)).collect();
        let listed = self.mark(&pairs, MARKS[1]);
        drop(open);
        [0, 1].map(|count| {
            let here = |one: &&Attempt| {
                listed.get(&one.at).is_some_and(|both| both[count].contains(&self.key(one)))
            };
            attempts.iter().filter(here).copied().collect()
        })
    }

    /// Sends the attempts of one machine.
    fn send(&self, from: usize, attempts: &[Attempt]) -> Vec<OwnedFd> {
        let member = &self.machines[from];
        let mine: Vec<&Attempt> = attempts.iter().filter(|one| one.from == from).collect();
        member.machine.inside(|| {
            mine.iter().enumerate().filter_map(|(n, one)| send(member, one, n)).collect()
        })
    }

    /// Sends a mark from each to each, and waits until all are there: what every
    /// receiver has seen by then, as it arrived and as it passed.
    fn mark(&self, pairs: &BTreeSet<(usize, usize)>, mark: u16) -> BTreeMap<usize, [Seen; 2]> {
        for (from, at) in pairs {
            let (member, to) = (&self.machines[*from], self.machines[*at].address);
            member.machine.inside(|| {
                let socket = UdpSocket::bind((member.address, 0)).unwrap();
                socket.send_to(b"mark", (to, mark)).unwrap();
            });
        }
        let receivers: BTreeSet<usize> = pairs.iter().map(|(_, at)| *at).collect();
        let seen = |at: usize| {
            let senders = pairs.iter().filter(|pair| pair.1 == at);
            let senders: Vec<Ipv4Addr> =
                senders.map(|pair| self.machines[pair.0].address).collect();
            until("every mark has arrived", || {
                let both = ["arrived", "passed"].map(|set| self.listed(at, set));
                let there =
                    |from: &Ipv4Addr| both[1].iter().any(|one| one.0 == *from && one.3 == mark);
                senders.iter().all(there).then_some(both)
            })
        };
        receivers.into_iter().map(|at| (at, seen(at))).collect()
    }

    fn key(&self, one: &Attempt) -> (Ipv4Addr, Ipv4Addr, String, u16) {
        (self.machines[one.from].address, one.to, one.protocol.slug().to_owned(), one.port)
    }

    fn listed(&self, at: usize, set: &str) -> Seen {
        let listed = self.machines[at].machine.nft_says(&format!("list set inet watch {set}"));
        let sets = listed.iter().filter_map(|item| item["set"]["elem"].as_array());
        let elements = sets.flatten().map(|one| {
            one["concat"].as_array().or_else(|| one["elem"]["val"]["concat"].as_array())
        });
        elements
            .map(|parts| {
                let parts = parts.expect("a concatenation");
                let text = |n: usize| match &parts[n] {
                    serde_json::Value::String(text) => text.clone(),
                    other => other.to_string(),
                };
                let address = |n: usize| text(n).parse().expect("an address");
                (address(0), address(1), text(2), text(3).parse().expect("a port"))
            })
            .collect()
    }
}

/// Sends one packet that begins something. A machine whose own rules drop it says so,
/// or says nothing: both are no arrival.
fn send(member: &Member, one: &Attempt, n: usize) -> Option<OwnedFd> {
    let to = SocketAddrV4::new(one.to, one.port);
    if one.protocol == Protocol::Udp {
        // Below the ports that answers come from, which a rule may let in.
        let own = 10_000 + u16::try_from(n % 20_000).unwrap(); // not a port: any low one will do
        let socket = UdpSocket::bind((member.address, own))
            .or_else(|_| UdpSocket::bind((member.address, 0)));
        let _dropped = socket.unwrap().send_to(b"?", to);
        return None;
    }
    let socket = rustix::net::socket_with(
        AddressFamily::INET,
        SocketType::STREAM,
        SocketFlags::NONBLOCK,
        None,
    )
    .unwrap();
    rustix::net::bind(&socket, &SocketAddr::from((member.address, 0))).unwrap();
    let _under_way = rustix::net::connect(&socket, &SocketAddr::V4(to));
    Some(socket)
}

impl Member {
    fn host(lab: &Lab, networks: &[Network], plan: &Plan, name: &str) -> Self {
        let host = plan.host(name).unwrap();
        let IpAddr::V4(address) = host.address else { panic!("{name} has no IPv4 address") };
        let mut addresses = vec![address.to_string()];
        for cluster in plan.clusters() {
            if cluster.hosts.first().is_some_and(|n| plan.hosts()[*n as usize].name == name) {
                addresses.push(cluster.listener.to_string());
            }
        }
        let home = |one: &&plan::PlannedNetwork| {
            one.cidr.iter().any(|block| block.contains(address.into()))
        };
        let home =
            plan.networks().iter().find(home).unwrap_or_else(|| panic!("{name} is in no network"));
        let network = networks.iter().find(|network| network.name() == home.name).unwrap();
        let machine = lab.machine(name, network, &addresses.join(" "));
        Self { place: Place::Host(name.to_owned()), machine, address }
    }

    fn client(lab: &Lab, networks: &[Network], plan: &Plan, name: &str) -> Self {
        let planned = plan.networks().iter().find(|network| network.name == name).unwrap();
        let IpAddr::V4(first) = planned.cidr[0].first() else {
            panic!("{name} has no IPv4 prefix")
        };
        // No host of a golden has it.
        let address = Ipv4Addr::from_bits(first.to_bits() + 200);
        let network = networks.iter().find(|network| network.name() == name).unwrap();
        let machine = lab.machine(&format!("{name}-1"), network, &address.to_string());
        Self { place: Place::Clients(name.to_owned()), machine, address }
    }
}

/// The ports of a flow that are tried: of a range the first, the last and one between.
pub(crate) fn tried(planned: &Planned) -> Vec<u16> {
    let dynamic = planned.flow.service.ports == catalog::Ports::Dynamic;
    let range = planned.ports.or_else(|| dynamic.then_some(catalog::port::DYNAMIC));
    let Some((first, last)) = range else { return Vec::new() };
    let mut ports = vec![first, first + (last - first) / 3, last];
    ports.dedup();
    ports
}

/// The flows of a plan that a small attempt can open, by their places in it.
pub(crate) fn openable(plan: &Plan) -> Vec<(u32, &Planned)> {
    let flows = (0u32..).zip(plan.flows());
    flows.filter(|(_, planned)| planned.flow.service.protocol.has_ports()).collect()
}
