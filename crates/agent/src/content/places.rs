//! In which order distribution points are asked. The service map says which
//! there are; the management point's answer puts them into order and says which
//! of them are somebody else's, to be asked only after a while. It cannot add a
//! place.

use catalog::flows::CLIENT_TO_DISTRIBUTION_POINT_HTTPS;
use trust::map::VerifiedMap;
use trust::way::Way;
use wire::client::Locations;

/// One distribution point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The host's name in the service map.
    pub host: String,
    /// Milliseconds after content was first wanted, from which on this place
    /// may be asked for it.
    pub after: i64,
    /// The default port first.
    pub ways: Vec<Way>,
}

/// The places that a map has, in the order of an answer; without one all of
/// them, at once. Among places that may be asked at the same time each device
/// begins with another.
pub fn order(map: &VerifiedMap, answer: Option<&Locations>, device: &str) -> Vec<Place> {
    let mut places = match answer {
        Some(answer) => answer
            .points
            .iter()
            .filter_map(|point| place(map, &point.host, i64::from(point.after) * 1000))
            .collect(),
        None => all(map),
    };
    // Stable: what may be asked at the same time stays in the answer's order.
    places.sort_by_key(|place: &Place| place.after);
    let turn = device
        .bytes()
        .fold(0_usize, |turn, byte| turn.wrapping_mul(31).wrapping_add(usize::from(byte)));
    for equals in places.chunk_by_mut(|one, other| one.after == other.after) {
        equals.rotate_left(turn % equals.len());
    }
    places
}

fn all(map: &VerifiedMap) -> Vec<Place> {
    let entries = map.entries_for(&CLIENT_TO_DISTRIBUTION_POINT_HTTPS);
    let mut hosts: Vec<&str> = entries.map(trust::map::Entry::host).collect();
    hosts.sort_unstable();
    hosts.dedup();
    hosts.into_iter().filter_map(|host| place(map, host, 0)).collect()
}

fn place(map: &VerifiedMap, host: &str, after: i64) -> Option<Place> {
    let flow = &CLIENT_TO_DISTRIBUTION_POINT_HTTPS;
    let entries = || map.entries_for(flow).filter(|entry| entry.host() == host);
    let ways: Vec<Way> = entries()
        .filter_map(|entry| entry.way(flow))
        .chain(entries().filter_map(|entry| entry.alternate_way(flow)))
        .collect();
    (!ways.is_empty()).then(|| Place { host: host.to_owned(), after, ways })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use catalog::role::DISTRIBUTION_POINT;
    use catalog::service::HTTPS;
    use std::collections::HashSet;
    use trust::map::{Row, ServiceMap};
    use trust::site::SiteKeys;
    use wire::client::Location;

    fn map(hosts: &[&str]) -> VerifiedMap {
        let site = SiteKeys::create("P01", 0).unwrap().keys;
        let port = HTTPS.default_port().unwrap();
        let rows = (1..).zip(hosts).map(|(number, host)| {
            let address = [10, 0, 0, number].into();
            Row::new(&DISTRIBUTION_POINT, &HTTPS, "P01", host, address, port, None)
        });
        let recovery = site.recovery().0;
        let map =
            ServiceMap { site: "P01".into(), rows: rows.collect(), next_root: None, recovery };
        let bytes = site.sign_map(&map, 1, 0);
        VerifiedMap::open(&bytes, &site.fingerprint(), "P01", 0, 0).unwrap()
    }

    fn answer(points: &[(&str, u32)]) -> Locations {
        let points =
            points.iter().map(|(host, after)| Location { host: (*host).into(), after: *after });
        Locations { groups: vec![], points: points.collect() }
    }

    fn names(places: &[Place]) -> Vec<(&str, i64)> {
        places.iter().map(|place| (place.host.as_str(), place.after)).collect()
    }

    #[test]
    fn an_answer_orders_and_adds_nothing() {
        let map = map(&["a", "b", "c"]);
        let answer = answer(&[("b", 7200), ("stranger", 0), ("a", 0)]);
        let places = order(&map, Some(&answer), "d");
        assert_eq!(names(&places), [("a", 0), ("b", 7_200_000)], "c is for others");
        assert_eq!(names(&order(&map, None, "c")).len(), 3);
        assert!(order(&map, Some(&Locations::default()), "d").is_empty());
    }

    #[test]
    fn devices_spread_over_equals_and_keep_the_neighbours_last() {
        let map = map(&["a", "b", "c", "n"]);
        let answer = answer(&[("a", 0), ("b", 0), ("c", 0), ("n", 60)]);
        let places = |device: u32| order(&map, Some(&answer), &format!("{device:032x}"));
        let first: HashSet<String> = (0..50).map(|device| places(device)[0].host.clone()).collect();
        assert_eq!(first.len(), 3);
        assert!((0..50).all(|device| places(device)[3].host == "n"));
        assert_eq!(places(7), places(7), "a device does not change its mind");
    }
}
