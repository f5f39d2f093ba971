//! A Microsoft hierarchy with its rules in force: stand-in listeners answer on every
//! port of the plan, and every planned flow gets through, both ways; of two thousand
//! others none does. Who drops them, the opener, the border or the answering host, is
//! shown for each by itself.

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::time::Duration;

use catalog::{Protocol, Reply};
use plan::{End, Plan, Planned};
use rules::Direction;

use crate::Test;
use crate::probe::{Attempt, Fleet, openable, tried};

pub(crate) const TESTS: &[Test] = &[("microsoft::every_planned_flow_passes_and_no_other", law)];

const HIERARCHY: &str = include_str!("../../../plan/src/tests/golden/hierarchy-2006.toml");
/// Longer than anything needs that is not dropped.
const SOON: Duration = Duration::from_secs(5);
const OTHERS: usize = 2_000;

fn law() {
    let fleet = Fleet::new(HIERARCHY);
    let plan = fleet.plan();
    let both = [Direction::In, Direction::Out];
    fleet.close(&both);
    fleet.close_border(true);
    let mut unaddressed = BTreeSet::new();
    let mut made = 0;
    for (_, planned) in openable(plan) {
        let attempts = fleet.attempts(planned, &tried(planned));
        if attempts.is_empty() && !matches!(planned.opener, End::Loopback(_)) {
            unaddressed.insert(plan.party(planned.answerer));
        }
        for attempt in &attempts {
            talk(&fleet, planned, attempt);
        }
        made += attempts.len();
    }
    println!("{made} attempts of planned flows got through, and their answers came back");
    println!("not tried, for want of an address: {unaddressed:?}");
    assert!(made > 200);

    let others = others(&fleet);
    let [_, passed] = fleet.make(&others);
    assert_eq!(passed, BTreeSet::new(), "others than the plan's");

    // The answering hosts alone: all of it comes to them, and they drop it.
    fleet.close(&[Direction::In]);
    fleet.close_border(false);
    let [arrived, passed] = fleet.make(&others);
    println!("hosts alone: {} of {} arrived, {} passed", arrived.len(), others.len(), passed.len());
    assert_eq!((arrived.len(), passed.len()), (others.len(), 0));

    // The border alone: what crosses it does not arrive; what does not cross it, does.
    fleet.close(&[]);
    fleet.close_border(true);
    let [arrived, _] = fleet.make(&others);
    let crosses =
        |one: &&Attempt| network(plan, fleet.machines[one.from].address) != network(plan, one.to);
    let crossing: BTreeSet<Attempt> = others.iter().filter(crosses).copied().collect();
    println!(
        "border alone: {} of {} arrived, of {} that cross it",
        arrived.intersection(&crossing).count(),
        others.len(),
        crossing.len()
    );
    assert_eq!(arrived.intersection(&crossing).count(), 0);
    assert_eq!(arrived.len(), others.len() - crossing.len());

    // The openers alone: they send nothing of it.
    fleet.close(&[Direction::Out]);
    fleet.close_border(false);
    let [arrived, _] = fleet.make(&others);
    println!("openers alone: {} of {} arrived", arrived.len(), others.len());
    assert_eq!(arrived.len(), 0);
}

/// A stand-in answers, from another port where the service does, and the opener has the
/// answer.
fn talk(fleet: &Fleet, planned: &Planned, attempt: &Attempt) {
    let (opener, answerer) = (&fleet.machines[attempt.from], &fleet.machines[attempt.at]);
    let to = SocketAddr::from((attempt.to, attempt.port));
    let what = || {
        let row = fleet.plan().row(planned);
        format!("{} from {} to {to} ({})", row.connection, row.opener, row.protocol)
    };
    let fail = |error: std::io::Error| -> ! { panic!("{}: {error}", what()) };
    if attempt.protocol == Protocol::Tcp {
        let listener =
            answerer.machine.inside(|| TcpListener::bind(to)).unwrap_or_else(|e| fail(e));
        let stream = opener.machine.inside(|| TcpStream::connect_timeout(&to, SOON));
        drop(stream.unwrap_or_else(|e| fail(e)));
        drop(listener);
        return;
    }
    let stand_in = answerer.machine.inside(|| UdpSocket::bind(to)).unwrap_or_else(|e| fail(e));
    let socket = opener.machine.inside(|| UdpSocket::bind((opener.address, 0))).unwrap();
    for one in [&stand_in, &socket] {
        one.set_read_timeout(Some(SOON)).unwrap();
    }
    socket.send_to(b"question", to).unwrap_or_else(|e| fail(e));
    let (_, from) = stand_in.recv_from(&mut [0; 16]).unwrap_or_else(|e| fail(e));
    let elsewhere = (planned.flow.reply == Reply::HighPort).then(|| {
        let (first, last) = catalog::port::DYNAMIC;
        let bind = || (first..=last).find_map(|port| UdpSocket::bind((attempt.to, port)).ok());
        answerer.machine.inside(bind).expect("a free dynamic port")
    });
    let answers = elsewhere.as_ref().unwrap_or(&stand_in);
    answers.send_to(b"answer", from).unwrap_or_else(|e| fail(e));
    match socket.recv_from(&mut [0; 16]) {
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::WouldBlock => panic!("{}: no answer", what()),
        Err(error) => fail(error),
    }
}

/// Attempts that the plan has not, from other openers and to other ports, by a seed that
/// is printed; `PORTOLAN_SEED` repeats it.
fn others(fleet: &Fleet) -> Vec<Attempt> {
    let said = std::env::var("PORTOLAN_SEED").ok().and_then(|seed| seed.parse().ok());
    let chance = || {
        use std::hash::{BuildHasher as _, Hasher as _};
        std::collections::hash_map::RandomState::new().build_hasher().finish()
    };
    let seed: u64 = said.unwrap_or_else(chance);
    println!("seed {seed}");
    let mut state = seed | 1;
    let mut next = |below: usize| {
        // xorshift64*: chance enough to pick from a list.
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        usize::try_from(state.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33).unwrap() % below
    };
    let plan = fleet.plan();
    let known: Vec<u16> = openable(plan).iter().flat_map(|(_, planned)| tried(planned)).collect();
    let mut others = BTreeSet::new();
    while others.len() < OTHERS {
        let (from, at) = (next(fleet.machines.len()), next(fleet.machines.len()));
        let protocol = if next(2) == 0 { Protocol::Tcp } else { Protocol::Udp };
        // Half of them at ports that mean something to somebody.
        let port = if next(2) == 0 {
            known[next(known.len())]
        } else {
            u16::try_from(1 + next(65_535)).unwrap()
        };
        let attempt = Attempt { from, at, to: fleet.machines[at].address, protocol, port };
        if from != at
            && !Fleet::is_mark(&attempt)
            && !permitted(plan, fleet.machines[from].address, &attempt)
        {
            others.insert(attempt);
        }
    }
    others.into_iter().collect()
}

/// Whether any flow of the plan is opened so. A member of a cluster takes what is meant
/// for the cluster at its own address too.
fn permitted(plan: &Plan, from: Ipv4Addr, attempt: &Attempt) -> bool {
    openable(plan).into_iter().any(|(_, planned)| {
        let dynamic = planned.flow.service.ports == catalog::Ports::Dynamic;
        let range = planned.ports.or_else(|| dynamic.then_some(catalog::port::DYNAMIC));
        planned.flow.service.protocol == attempt.protocol
            && range.is_some_and(|(first, last)| (first..=last).contains(&attempt.port))
            && has(plan, planned.opener, from)
            && has(plan, planned.answerer, attempt.to)
    })
}

fn has(plan: &Plan, end: End, address: Ipv4Addr) -> bool {
    let address = IpAddr::V4(address);
    let host = |n: u32| plan.hosts()[n as usize].addresses.contains(&address);
    match end {
        End::Address(n) => host(n),
        End::Network(n) => {
            plan.networks()[n as usize].cidr.iter().any(|block| block.contains(address))
        }
        End::Group(n) => {
            let cluster = &plan.clusters()[n as usize];
            cluster.listener == address || cluster.hosts.iter().any(|n| host(*n))
        }
        _ => false,
    }
}

fn network(plan: &Plan, address: Ipv4Addr) -> Option<usize> {
    let holds =
        |one: &plan::PlannedNetwork| one.cidr.iter().any(|block| block.contains(address.into()));
    plan.networks().iter().position(holds)
}
