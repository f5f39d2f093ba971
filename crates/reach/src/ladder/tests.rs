//! The order of the rungs, and what news does to it.
#![allow(clippy::unwrap_used)]

use catalog::flows::CLIENT_TO_DISTRIBUTION_POINT_HTTPS;
use catalog::service::HTTPS;
use proptest::prelude::*;

use super::*;
use crate::backoff::{LONGEST, SHORTEST};
use crate::simulation::Site;

fn port() -> u16 {
    HTTPS.default_port().unwrap()
}

fn alternate() -> u16 {
    HTTPS.unprivileged_port().unwrap()
}

fn address(last: u8) -> IpAddr {
    IpAddr::from([192, 0, 2, last])
}

fn tried(ladder: &mut Ladder, now: i64) -> Candidate {
    match ladder.next(now) {
        Step::Try(candidate) => candidate,
        Step::Wait(until) => panic!("waits until {until}"),
    }
}

/// All candidates of one climb, each of which fails.
fn climb(ladder: &mut Ladder, now: i64) -> Vec<(IpAddr, u16, Rung)> {
    let mut places = Vec::new();
    while let Step::Try(candidate) = ladder.next(now) {
        places.push((candidate.address(), candidate.port(), candidate.rung));
        ladder.failed(&candidate, now);
    }
    places
}

#[test]
fn last_good_then_defaults_then_alternates_and_nothing_twice() {
    let map = Site::new().map(1, &[(address(1), port(), Some(alternate()))]);
    let mut ladder = Ladder::new(1);
    ladder.set_map(&map);
    let (default, other) = (port(), alternate());
    let both = [(address(1), default, Rung::Map), (address(1), other, Rung::Map)];
    assert_eq!(climb(&mut ladder, 0), both);
    ladder.set_last_good(map.remembered(ladder.flow, address(9), default).unwrap());
    let mut three = vec![(address(9), default, Rung::LastGood)];
    three.extend(both);
    assert_eq!(climb(&mut ladder, LONGEST), three);
    ladder.set_last_good(map.remembered(ladder.flow, address(1), other).unwrap());
    assert_eq!(
        climb(&mut ladder, 2 * LONGEST),
        [(address(1), other, Rung::LastGood), (address(1), default, Rung::Map)]
    );
}

#[test]
fn a_success_is_remembered_and_ends_the_waiting() {
    let map = Site::new().map(1, &[(address(1), port(), Some(alternate()))]);
    let mut ladder = Ladder::new(1);
    ladder.set_map(&map);
    climb(&mut ladder, 0);
    assert!(matches!(ladder.next(0), Step::Wait(until) if (SHORTEST..=LONGEST).contains(&until)));
    assert_eq!(ladder.failures(), 1);
    let first = tried(&mut ladder, LONGEST);
    ladder.failed(&first, LONGEST);
    let second = tried(&mut ladder, LONGEST);
    ladder.succeeded(&second, LONGEST);
    assert_eq!(ladder.failures(), 0);
    assert_eq!(ladder.last_good(), Some(&second.way));
    assert_eq!(tried(&mut ladder, LONGEST).way, second.way);
    // Late news of a place that is not being tried changes nothing.
    ladder.failed(&first, LONGEST);
    assert_eq!(tried(&mut ladder, LONGEST).way, second.way);
}

#[test]
fn a_newer_map_moves_clients_and_keeps_the_old_place_as_a_last_resort() {
    let site = Site::new();
    let mut ladder = Ladder::new(1);
    ladder.set_map(&site.map(1, &[(address(1), port(), None)]));
    let candidate = tried(&mut ladder, 0);
    ladder.succeeded(&candidate, 0);
    // The same map again is no news; a newer one is, even while waiting.
    ladder.set_map(&site.map(1, &[(address(1), port(), None)]));
    assert_eq!(tried(&mut ladder, 0).rung, Rung::LastGood);
    climb(&mut ladder, 0);
    ladder.set_map(&site.map(2, &[(address(2), port(), Some(alternate()))]));
    assert_eq!(
        climb(&mut ladder, 0),
        [
            (address(2), port(), Rung::Map),
            (address(2), alternate(), Rung::Map),
            (address(1), port(), Rung::LastGood),
        ]
    );
    // A newer map that still has the place by default changes nothing for it.
    let mut ladder = Ladder::new(1);
    ladder.set_map(&site.map(1, &[(address(1), port(), None)]));
    let candidate = tried(&mut ladder, 0);
    ladder.succeeded(&candidate, 0);
    ladder.set_map(&site.map(2, &[(address(2), port(), None), (address(1), port(), None)]));
    assert_eq!(tried(&mut ladder, 0).way.address(), address(1));
}

#[test]
fn many_places_are_shared_out_among_clients() {
    let places: Vec<_> = (0..40).map(|last| (address(last), port(), None)).collect();
    let map = Site::new().map(1, &places);
    let mut first = [0_u32; 40];
    for seed in 0..4000 {
        let mut ladder = Ladder::new(seed);
        ladder.set_map(&map);
        let climbed = climb(&mut ladder, 0);
        assert_eq!(climbed.len(), MAP_LIMIT);
        if let Some((IpAddr::V4(address), ..)) = climbed.first() {
            first[usize::from(address.octets()[3])] += 1;
        }
    }
    assert!(first.iter().all(|count| (50..200).contains(count)), "{first:?}");
}

#[test]
fn with_nothing_to_try_it_waits_and_goes_on() {
    let mut ladder = Ladder::new(1);
    let mut now = 0;
    for _ in 0..100 {
        let Step::Wait(until) = ladder.next(now) else { panic!("there is nothing to try") };
        assert!(until > now && until <= now + LONGEST);
        now = until;
    }
    // A way for another flow is not taken; one for this flow is, when its time comes.
    let map = Site::new().map(1, &[(address(1), port(), None)]);
    let mut content = Ladder::towards(&CLIENT_TO_DISTRIBUTION_POINT_HTTPS, 1);
    content.set_last_good(map.remembered(ladder.flow, address(1), port()).unwrap());
    assert_eq!(content.last_good(), None);
    ladder.set_last_good(map.remembered(ladder.flow, address(1), port()).unwrap());
    assert_eq!(tried(&mut ladder, now + LONGEST).address(), address(1));
}

proptest! {
    /// However long, and whatever the clock does: a wait is never past the
    /// longest, and the whole ladder is climbed again and again.
    #[test]
    fn it_never_stops(seed in any::<u64>(), start in any::<i64>(), back in any::<bool>()) {
        let mut ladder = Ladder::new(seed);
        ladder.set_map(&Site::new().map(1, &[(address(1), port(), Some(alternate()))]));
        let mut now = start.clamp(i64::MIN / 2, i64::MAX / 2);
        for _ in 0..50 {
            prop_assert_eq!(climb(&mut ladder, now).len(), 2);
            let Step::Wait(until) = ladder.next(now) else { panic!("a climb is over") };
            prop_assert!((SHORTEST..=LONGEST).contains(&(until - now)));
            prop_assert_eq!(ladder.next(now), Step::Wait(until));
            // A clock that is set back by more than a wait does not prolong it.
            now = if back { now - 2 * LONGEST } else { until };
        }
    }
}
