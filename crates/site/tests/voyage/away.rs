//! Who is away: a client that is cut off while others install, one that roams to
//! another network, and a distribution point that is dead.

use std::net::IpAddr;
use std::time::Duration;

use crate::Test;
use crate::estate::{Client, Estate, until};

pub(crate) const TESTS: &[Test] = &[
    ("away::a_client_that_was_cut_off_catches_up", catches_up),
    ("away::a_client_that_roams_takes_the_nearest", roams),
    ("away::for_a_dead_point_the_neighbour_stands_in_after_its_time", stands_in),
];

const MEGABYTE: u64 = 1_000_000;
/// How long neighbours wait, by the site file.
const NEIGHBOURS: Duration = Duration::from_secs(6);

fn catches_up() {
    let estate = Estate::new();
    let _points = estate.distribution_points();
    let near = estate.client("north-1", &estate.north, "10.7.0.21");
    let far = estate.client("north-2", &estate.north, "10.7.0.22");
    // So slow that it can be cut off in the middle.
    far.rate(20);
    estate.publish("cargo", 12);
    estate.portolan("deployment create cargo --collection all").ok();
    until("a part has arrived", || (sent(&estate, "dp7", &far) > 4 * MEGABYTE).then_some(()));
    far.cut();
    until("the other has it", || near.version_of("cargo"));
    assert_eq!(far.version_of("cargo"), None);
    estate.portolan("device show north-2").ok().says("downloading");

    let before = sent(&estate, "dp7", &far);
    far.rate(0);
    far.mend();
    estate.portolan("deployment watch cargo").ok().says("done on 2 of 2 devices");
    assert!(far.version_of("cargo").is_some());
    let after = sent(&estate, "dp7", &far) - before;
    println!("{before} bytes before the cut, {after} after it");
    assert!(after < 10 * MEGABYTE, "it went on where it was: {after} bytes more");
    rogues(&estate);
}

fn roams() {
    let estate = Estate::new();
    let _points = estate.distribution_points();
    let client = estate.client("notebook", &estate.north, "10.7.0.21");
    estate.publish("first", 3);
    estate.portolan("deployment create first --collection all").ok();
    estate.portolan("deployment watch first").ok().says("installed");
    assert!(sent(&estate, "dp7", &client) > 3 * MEGABYTE);
    assert_eq!(sent(&estate, "dp8", &client), 0);

    let before = sent(&estate, "dp7", &client);
    client.move_to(&estate.south, "10.8.0.77");
    estate.publish("second", 3);
    estate.portolan("deployment create second --collection all").ok();
    estate.portolan("deployment watch second").ok().says("installed");
    assert!(sent(&estate, "dp8", &client) > 3 * MEGABYTE);
    let old = sent(&estate, "dp7", &client) - before;
    assert!(old < MEGABYTE / 10, "{old} bytes came from where it was no more");
    rogues(&estate);
}

fn stands_in() {
    let estate = Estate::new();
    let [dp7, _dp8] = estate.distribution_points();
    let client = estate.client("north-1", &estate.north, "10.7.0.21");
    dp7.cut();
    estate.publish("cargo", 3);
    estate.portolan("deployment create cargo --collection all").ok();
    estate.portolan("deployment watch cargo").ok().says("installed");
    assert!(sent(&estate, "dp8", &client) > 3 * MEGABYTE);

    // Its own point was asked first, and the neighbour after the six seconds of
    // the site file.
    let capture = estate.lab.captured();
    let first = |point: &str| {
        let address: IpAddr = point.parse().unwrap();
        let asked = |packet: &&lab::Packet| packet.by == "north-1" && packet.to == address;
        capture.packets.iter().find(asked).map(|packet| packet.at)
    };
    let (own, neighbour) = (first("10.7.0.5").unwrap(), first("10.8.0.5").unwrap());
    let later = Duration::from_micros(u64::try_from(neighbour - own).unwrap());
    println!("the neighbour was asked {later:?} after its own point");
    assert!(later > NEIGHBOURS - Duration::from_millis(200), "{later:?}");
    rogues(&estate);
}

/// Bytes on the wire from a host to a client, repeated ones counted again.
fn sent(estate: &Estate, from: &str, to: &Client) -> u64 {
    estate.lab.captured().bytes(from, to.name())
}

fn rogues(estate: &Estate) {
    let verdict = estate.law(&[]);
    assert_eq!(verdict.rogues, [], "{verdict}");
}
