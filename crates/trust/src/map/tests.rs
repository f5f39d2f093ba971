//! What becomes an entry, and where it lets a client go.
#![allow(clippy::unwrap_used)]

use catalog::flows::{CLIENT_TO_DISTRIBUTION_POINT_HTTPS, CLIENT_TO_MANAGEMENT_POINT_HTTPS};
use catalog::role::{DISTRIBUTION_POINT, MANAGEMENT_POINT};
use catalog::service::HTTPS;

use super::*;
use crate::certificate::DAY;
use crate::site::{DELEGATION_LIFE, MAP_LIFE, NewSite, SiteKeys};

const NOW: i64 = 1_700_000_000_000;

fn row(role: &Role, address: &str, alternate: Option<u16>) -> Row {
    let port = HTTPS.default_port().unwrap();
    Row::new(role, &HTTPS, "P01", "keel", address.parse().unwrap(), port, alternate)
}

fn body(rows: Vec<Row>) -> ServiceMap {
    ServiceMap { site: "P01".to_owned(), rows, next_root: None, recovery: [7; 32] }
}

#[test]
fn ways_are_defaults_first_and_only_for_the_flow() {
    let keys = SiteKeys::create("P01", NOW).unwrap().keys;
    let other = HTTPS.unprivileged_port();
    let rows = vec![
        row(&MANAGEMENT_POINT, "192.0.2.1", other),
        row(&DISTRIBUTION_POINT, "192.0.2.9", None),
        row(&MANAGEMENT_POINT, "2001:db8::1", None),
    ];
    let bytes = keys.sign_map(&body(rows), 5, NOW);
    let map = VerifiedMap::open(&bytes, &keys.fingerprint(), "P01", NOW, 5).unwrap();
    assert_eq!((map.number(), map.site(), map.expired(), map.skipped()), (5, "P01", false, 0));
    assert_eq!(map.recovery(), &Fingerprint([7; 32]));
    let mp = &CLIENT_TO_MANAGEMENT_POINT_HTTPS;
    let places: Vec<(String, Option<u16>)> =
        map.ways(mp).iter().map(|way| (way.address().to_string(), Some(way.port()))).collect();
    let default = HTTPS.default_port();
    assert_eq!(
        places,
        [
            ("192.0.2.1".to_owned(), default),
            ("2001:db8::1".to_owned(), default),
            ("192.0.2.1".to_owned(), other),
        ]
    );
    let dp = map.entries_for(&CLIENT_TO_DISTRIBUTION_POINT_HTTPS).next().unwrap();
    assert_eq!(dp.certificate(), "distribution-point.p01.portolan.internal");
    assert!(dp.way(mp).is_none() && dp.alternate_way(mp).is_none());
    assert_eq!(dp.candidates().count(), 1);
}

#[test]
fn what_worked_before_needs_a_map_that_still_has_the_service() {
    let keys = SiteKeys::create("P01", NOW).unwrap().keys;
    let bytes = keys.sign_map(&body(vec![row(&MANAGEMENT_POINT, "192.0.2.1", None)]), 1, NOW);
    let map = VerifiedMap::open(&bytes, &keys.fingerprint(), "P01", NOW, 0).unwrap();
    let (address, port) = ("198.51.100.1".parse().unwrap(), HTTPS.default_port().unwrap());
    let mp = &CLIENT_TO_MANAGEMENT_POINT_HTTPS;
    let way = map.remembered(mp, address, port).unwrap();
    assert_eq!((way.ground(), way.address(), way.port()), (Ground::Remembered, address, port));
    assert_eq!(map.remembered(mp, address, 0), None);
    assert_eq!(map.remembered(&CLIENT_TO_DISTRIBUTION_POINT_HTTPS, address, port), None);
}

#[test]
fn a_newer_site_does_not_confuse_an_older_client() {
    let keys = SiteKeys::create("P01", NOW).unwrap().keys;
    let mut strange_role = row(&MANAGEMENT_POINT, "192.0.2.1", None);
    strange_role.role = "harbour-master".to_owned();
    let mut strange_service = row(&MANAGEMENT_POINT, "192.0.2.1", None);
    strange_service.service = "semaphore".to_owned();
    let mut nowhere = row(&MANAGEMENT_POINT, "192.0.2.1", None);
    nowhere.port = 0;
    let rows =
        vec![strange_role, strange_service, nowhere, row(&MANAGEMENT_POINT, "192.0.2.2", Some(0))];
    let bytes = keys.sign_map(&body(rows), 1, NOW);
    let map = VerifiedMap::open(&bytes, &keys.fingerprint(), "P01", NOW, 0).unwrap();
    assert_eq!((map.entries().len(), map.skipped()), (1, 3));
    assert_eq!(map.entries().first().unwrap().alternate(), None);
}

#[test]
fn an_old_map_is_a_way_home() {
    let NewSite { keys, .. } = SiteKeys::create("P01", NOW).unwrap();
    let root = keys.fingerprint();
    let bytes = keys.sign_map(&body(vec![]), 1, NOW);
    let open = |now| VerifiedMap::open(&bytes, &root, "P01", now, 0);
    assert!(open(NOW + MAP_LIFE).is_ok_and(|map| map.expired()));
    let late = NOW + DELEGATION_LIFE + DAY;
    assert!(matches!(open(late), Err(Refusal::Expired { kind: Kind::Delegation, .. })));
    assert!(VerifiedMap::recall(&bytes, &root, "P01", late).is_ok_and(|map| map.expired()));
}

#[test]
fn a_body_for_another_site_or_too_long_is_refused() {
    let keys = SiteKeys::create("P01", NOW).unwrap().keys;
    let open = |body: &ServiceMap| {
        let bytes = keys.sign_map(body, 1, NOW);
        VerifiedMap::open(&bytes, &keys.fingerprint(), "P01", NOW, 0).map(|_| ())
    };
    let foreign = ServiceMap { site: "P02".to_owned(), ..body(vec![]) };
    assert!(matches!(open(&foreign), Err(Refusal::Site { .. })));
    let long = body(vec![row(&MANAGEMENT_POINT, "192.0.2.1", None); ROW_LIMIT + 1]);
    assert!(matches!(open(&long), Err(Refusal::TooMany { .. })));
}
