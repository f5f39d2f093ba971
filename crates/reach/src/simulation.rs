//! Ten thousand clients, one management point that fails, changes its port and
//! then its address, and nobody who helps: do all of them come back, and is the
//! site still standing when they do?
#![allow(clippy::unwrap_used)]

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::net::IpAddr;

use catalog::role::MANAGEMENT_POINT;
use catalog::service::HTTPS;
use trust::map::{Row, ServiceMap, VerifiedMap};
use trust::site::{NewSite, SiteKeys};

use crate::backoff::LONGEST;
use crate::interval::spread;
use crate::ladder::{Ladder, Step};
use crate::random::{Random, between};

const CLIENTS: usize = 10_000;
const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const POLL: i64 = MINUTE;
/// How long a client waits for an answer from nobody.
const TIMEOUT: i64 = SECOND;

const FAILS: i64 = 10 * MINUTE;
const BACK_ON_ALTERNATE: i64 = 40 * MINUTE;
const MOVES: i64 = 60 * MINUTE;
const OLD_CLOSED: i64 = 80 * MINUTE;
const END: i64 = 100 * MINUTE;

/// A site that writes maps.
pub(crate) struct Site(SiteKeys);

impl Site {
    pub(crate) fn new() -> Self {
        let NewSite { keys, .. } = SiteKeys::create("P01", 0).unwrap();
        Self(keys)
    }

    /// A map of management points: address, port, alternate port.
    pub(crate) fn map(&self, number: u64, places: &[(IpAddr, u16, Option<u16>)]) -> VerifiedMap {
        let row = |(address, port, alternate): &(IpAddr, u16, Option<u16>)| {
            Row::new(&MANAGEMENT_POINT, &HTTPS, "P01", "mp", *address, *port, *alternate)
        };
        let rows = places.iter().map(row).collect();
        let body = ServiceMap { site: "P01".to_owned(), rows, next_root: None, recovery: [0; 32] };
        let bytes = self.0.sign_map(&body, number, 0);
        VerifiedMap::open(&bytes, &self.0.fingerprint(), "P01", 0, 0).unwrap()
    }
}

/// Where the management point is, as time goes by.
struct World {
    old: IpAddr,
    new: IpAddr,
    port: u16,
    alternate: u16,
}

impl World {
    fn answers(&self, (address, port): (IpAddr, u16), now: i64) -> bool {
        if address == self.new {
            return port == self.port && now >= MOVES;
        }
        let default = port == self.port && now < FAILS;
        let alternate = port == self.alternate && (BACK_ON_ALTERNATE..OLD_CLOSED).contains(&now);
        default || alternate
    }
}

/// One client in four hundred sleeps from the first failure until after the move.
const fn wakes(client: usize) -> Option<i64> {
    if client.is_multiple_of(400) { Some(MOVES + 5 * MINUTE) } else { None }
}

/// What happened, by second.
struct Tally {
    attempts: Vec<usize>,
    answers: Vec<usize>,
    /// When each client was last answered, and where.
    last: Vec<Option<(i64, IpAddr)>>,
}

fn run(world: &World, maps: &[VerifiedMap; 2]) -> Tally {
    let seconds = usize::try_from(END / SECOND).unwrap();
    let mut tally =
        Tally { attempts: vec![0; seconds], answers: vec![0; seconds], last: vec![None; CLIENTS] };
    let mut random = Random::new(1);
    let mut ladders: Vec<Ladder> = (0..CLIENTS).map(|_| Ladder::new(random.next_u64())).collect();
    let mut events = BinaryHeap::new();
    for (client, ladder) in ladders.iter_mut().enumerate() {
        ladder.set_map(&maps[0]);
        events.push(Reverse((between(0, POLL, random.next_u64()), client)));
    }
    while let Some(Reverse((now, client))) = events.pop() {
        if now >= END {
            break;
        }
        if let Some(wakes) = wakes(client).filter(|wakes| (FAILS / 2..*wakes).contains(&now)) {
            events.push(Reverse((wakes, client)));
            continue;
        }
        let second = usize::try_from(now / SECOND).unwrap();
        let ladder = &mut ladders[client];
        let next = match ladder.next(now) {
            Step::Wait(until) => until,
            Step::Try(candidate) => {
                tally.attempts[second] += 1;
                if world.answers((candidate.address(), candidate.port()), now) {
                    tally.answers[second] += 1;
                    tally.last[client] = Some((now, candidate.address()));
                    ladder.succeeded(&candidate, now);
                    ladder.set_map(&maps[usize::from(now >= MOVES)]);
                    now + spread(POLL, random.next_u64())
                } else {
                    ladder.failed(&candidate, now + TIMEOUT);
                    now + TIMEOUT
                }
            }
        };
        events.push(Reverse((next, client)));
    }
    tally
}

#[test]
fn ten_thousand_come_home_and_do_not_trample() {
    let world = World {
        old: "192.0.2.1".parse().unwrap(),
        new: "2001:db8::1".parse().unwrap(),
        port: HTTPS.default_port().unwrap(),
        alternate: HTTPS.unprivileged_port().unwrap(),
    };
    let site = Site::new();
    let first = site.map(1, &[(world.old, world.port, Some(world.alternate))]);
    let second = site
        .map(2, &[(world.new, world.port, None), (world.old, world.alternate, Some(world.port))]);
    let tally = run(&world, &[first, second]);
    let at = |from: i64, until: i64| {
        usize::try_from(from / SECOND).unwrap()..usize::try_from(until / SECOND).unwrap()
    };

    // All are back, at the new address, and were heard within one interval.
    for (client, last) in tally.last.iter().enumerate() {
        let (when, address) = last.unwrap();
        assert_eq!(address, world.new, "client {client}");
        assert!(when > END - POLL * 6 / 5 - TIMEOUT, "client {client} was last heard at {when}");
    }
    // Everybody who was awake was back as soon as the longest wait was over.
    let back: usize = tally.answers
        [at(BACK_ON_ALTERNATE, BACK_ON_ALTERNATE + LONGEST + 3 * TIMEOUT)]
    .iter()
    .sum();
    assert!(back >= CLIENTS - CLIENTS / 400, "{back}");

    // 10,000 clients a minute are 167 a second. Nothing that happens makes that
    // double for the management point, or three times as much for the network
    // once the first minute of the outage is over.
    let usual = CLIENTS / usize::try_from(POLL / SECOND).unwrap();
    let most = |counts: &[usize]| counts.iter().copied().max().unwrap();
    assert!(most(&tally.answers) < 2 * usual, "{} answers a second", most(&tally.answers));
    let attempts = &tally.attempts[at(FAILS + 2 * MINUTE, END)];
    assert!(most(attempts) < 3 * usual, "{} attempts a second", most(attempts));
    // And in that first minute, while waits are short, no second sees as many
    // as a quarter of them.
    assert!(most(&tally.attempts) < CLIENTS / 4, "{} attempts", most(&tally.attempts));
    // They never gave up: in every second of the outage somebody tried.
    assert!(tally.attempts[at(FAILS, BACK_ON_ALTERNATE)].iter().all(|count| *count > 0));
}
