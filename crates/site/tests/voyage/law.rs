//! The law of the capture, for the whole of a voyage: nothing is on a wire that
//! the plan lacks, and of what the plan has, nothing is missing there but this.

use std::net::{TcpStream, UdpSocket};
use std::time::Duration;

use lab::law::Excuse;

use crate::Test;
use crate::estate::Estate;

pub(crate) const TESTS: &[Test] = &[("law::a_rogue_is_named", rogue)];

/// Flows that an ordinary roll-out does not show, and why. One that it shows
/// after all makes the law fail, so that this list cannot grow old.
pub(crate) const EXCUSED: &[Excuse<'_>] = &[
    ("client>management-point/http", "only the install command uses it: see install.rs"),
    ("client>neighbour/igmp", "nobody joins a multicast group, so the kernel reports none"),
    ("site-system>neighbour/igmp", "nobody joins a multicast group, so the kernel reports none"),
    ("router>client/icmp-errors", "everybody can be reached: see away.rs for who cannot"),
    ("router>site-system/icmp-errors", "everybody can be reached: see away.rs for who cannot"),
];

/// What runs on a host and is in no plan is found, with its name.
fn rogue() {
    let estate = Estate::new();
    let client = estate.client("north-1", &estate.north, "10.7.0.21");
    let verdict = estate.law(EXCUSED);
    assert_eq!(verdict.rogues, [], "{verdict}");

    // The web of the site server is open to clients at one more port, and a
    // program of a client phones home.
    let open = estate.head.inside(|| std::net::TcpListener::bind("10.1.0.10:0")).unwrap();
    let at = open.local_addr().unwrap();
    client.inside(|| TcpStream::connect_timeout(&at, Duration::from_secs(10))).unwrap();
    client.inside(|| UdpSocket::bind("10.7.0.21:0")?.send_to(b"?", "192.0.2.1:53")).unwrap(); // not a port: any will do

    let verdict = estate.law(EXCUSED);
    let said = verdict.to_string();
    println!("{said}");
    assert!(said.contains("on the wire, and in no plan"), "{said}");
    let opened = format!("north-1 (10.7.0.21) to head (10.1.0.10): tcp {}", at.port());
    assert!(said.contains(&opened), "{said}");
    assert!(said.contains("north-1 (10.7.0.21) to nobody in the lab (192.0.2.1): udp"), "{said}");
    assert!(std::panic::catch_unwind(|| verdict.keeps()).is_err(), "the law fails");
}
