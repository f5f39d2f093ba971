//! The capture and its law, on a site whose plan is read as the product reads it.

use std::net::{TcpStream, UdpSocket};
use std::time::Duration;

use lab::law;

use crate::Test;
use crate::talk::{Path, echo};

pub(crate) const TESTS: &[Test] = &[
    ("caught::what_is_planned_passes_and_a_rogue_is_named", rogue),
    ("caught::what_is_lost_on_the_way_was_sent", lost),
];

/// The server answers HTTPS at the port that the test found free.
fn plan(port: u16) -> plan::Plan {
    let text = format!(
        "edition = \"portolan\"\n\
         [site.P01]\nname = \"Lab\"\nports = {{ https = {port} }}\n\
         [network.servers]\ncidr = [\"10.1.0.0/24\"]\n\
         [network.branch]\ncidr = [\"10.7.0.0/24\", \"2001:db8:7::/64\"]\nclients = \"P01\"\n\
         [host.server]\naddress = \"10.1.0.10\"\n\
         roles = [\"site-server\", \"management-point\", \"distribution-point\", \"sms-provider\"]\n\
         [host.router]\naddress = \"10.1.0.1\"\nroles = [\"router\"]\n"
    );
    let estate = plan::read(&text).unwrap_or_else(|mistakes| panic!("{mistakes:?}"));
    plan::plan(&estate).unwrap_or_else(|mistakes| panic!("{mistakes:?}")).0
}

const SOON: Duration = Duration::from_millis(300);

fn rogue() {
    let path = Path::to_ipv4();
    let at = echo(&path.server, "10.1.0.10");
    let plan = plan(at.port());
    path.ping(at, SOON * 10).unwrap();
    let verdict = law::judge(&[&plan], &path.lab.captured(), &[]);
    assert_eq!(verdict.rogues, [], "{verdict}");
    assert!(verdict.seen.contains_key("client>management-point/https"), "{verdict:?}");
    assert!(verdict.seen.contains_key("site-system>neighbour/arp"), "{verdict:?}");
    assert!(!verdict.unseen.is_empty(), "not everything was shown");

    // A connection that is not planned, and one to where nobody is.
    let other = echo(&path.client, "10.7.0.20");
    path.server.inside(|| TcpStream::connect(other)).unwrap();
    path.client.inside(|| {
        let socket = UdpSocket::bind("10.7.0.20:0").unwrap();
        socket.send_to(b"?", (at.ip(), 5).to_owned()).unwrap();
    });
    let verdict = law::judge(&[&plan], &path.lab.captured(), &[]);
    let found: Vec<String> = verdict.rogues.iter().map(ToString::to_string).collect();
    println!("{}", found.join("\n"));
    let names = format!("server (10.1.0.10) to client (10.7.0.20): tcp {}", other.port());
    assert!(found.iter().any(|line| line.ends_with(&names)), "{verdict}");
    let names = "client (10.7.0.20) to server (10.1.0.10): udp 5";
    assert!(found.iter().any(|line| line.ends_with(names)), "{verdict}");
}

/// A client that is cut off, on a network that loses everything, still shows
/// what it tried.
fn lost() {
    let path = Path::new();
    let at = echo(&path.server, "10.1.0.10");
    path.client.cut();
    path.ping(at, SOON).unwrap_err();
    let cut = path.lab.captured();
    assert!(cut.packets.iter().any(|packet| packet.by == "client" && packet.own));
    assert_eq!(cut.bytes("server", "client"), 0);
}
