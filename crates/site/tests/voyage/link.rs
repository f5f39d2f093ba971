//! The site link where the site server opens it, and the site file that is edited
//! while the site runs.

use crate::Test;
use crate::estate::{Estate, SITE, Server, until};

pub(crate) const TESTS: &[Test] = &[
    ("link::the_site_server_opens_it_where_the_site_file_says_so", reversed),
    ("link::a_host_is_added_while_the_site_runs", added),
    ("link::an_edit_that_cannot_be_had_is_refused_and_the_plan_goes_on", edits),
    ("link::a_management_point_elsewhere_needs_a_database", elsewhere),
    ("link::invitations_are_for_one_host_once_and_for_a_while", invitations),
];

/// Where the site server's host has the site file.
const FILE: &str = "/var/lib/portolan/site.toml";

/// How the site file has dp7.
const DP7: &str = r#"[host.dp7]
address = "10.7.0.5"
roles = ["distribution-point"]
"#;

impl Estate {
    /// The site file as it is, edited.
    fn edit(&self, from: &str, to: &str) {
        let text = std::fs::read_to_string(self.head.path(FILE)).expect("the site file");
        assert!(text.contains(from), "{text}");
        self.head.write(FILE, &text.replace(from, to));
    }
}

fn reversed() {
    let reversed = "[host.dp7]\naddress = \"10.7.0.5\"\n\
                    role.distribution-point = { site-link = \"site-server-opens\" }\n";
    let estate = Estate::of(&SITE.replace(DP7, reversed));
    // It waits until the site server comes for it.
    let machine = estate.lab.machine("dp7", &estate.north, "10.7.0.5");
    estate.invite("dp7", &machine);
    let mut join = machine.start("portolan join /root/invitation");
    println!("{}", join.wait_for("for the site server, which opens the link"));
    println!("{}", join.wait_for("joined"));
    assert_eq!(join.ended().0, Some(0));
    let _dp7 = Server::serve(machine);
    let _dp8 = estate.host("dp8", &estate.south, "10.8.0.5");
    let client = estate.client("north-1", &estate.north, "10.7.0.21");

    estate.publish("cargo", 3);
    estate.portolan("content status --watch").ok();
    estate.portolan("deployment create cargo --collection all").ok();
    estate.portolan("deployment watch cargo").ok().says("installed");
    assert!(client.version_of("cargo").is_some());
    let hosts = estate.portolan("host list").ok();
    println!("{}", hosts.out);
    hosts.says("opened by the site server").says("opened by the host");

    // Nothing that the plan lacks; and it lacks a link that dp7 opens.
    let verdict = estate.law(&[]);
    println!("{verdict}");
    assert!(verdict.rogues.is_empty(), "{verdict}");
    let capture = estate.lab.captured();
    let opened = |from: &str, to: &str| {
        let begins =
            |packet: &&lab::Packet| matches!(packet.what, lab::What::Tcp { begins: true, .. });
        let between =
            |packet: &&lab::Packet| packet.by == from && capture.who(packet.to) == Some(to);
        capture.packets.iter().filter(begins).filter(between).count()
    };
    println!("head to dp7 {}, dp7 to head {}", opened("head", "dp7"), opened("dp7", "head"));
    println!("head to dp8 {}, dp8 to head {}", opened("head", "dp8"), opened("dp8", "head"));
    assert!(opened("head", "dp7") >= 2 && opened("dp7", "head") == 0);
    assert!(opened("dp8", "head") >= 2 && opened("head", "dp8") == 0);
}

fn added() {
    let mut estate = Estate::of(&SITE.replace(DP7, "").replace("hosts = [\"dp7\"]", "hosts = []"));
    estate
        .portolan("host invite dp7")
        .ended(4)
        .says("the site file names no host dp7; add [host.dp7]");
    let group = "\n[boundary-group.more]\nhosts = [\"dp7\"]\n";
    estate.edit("hosts = []", "hosts = [\"dp7\"]");
    let text = std::fs::read_to_string(estate.head.path(FILE)).unwrap();
    estate.head.write(FILE, &format!("{text}\n{DP7}{group}"));
    println!("{}", estate.head.serve.wait_for("is applied"));
    let _dp7 = estate.host("dp7", &estate.north, "10.7.0.5");
    estate.publish("cargo", 3);
    println!("{}", estate.portolan("content status --watch").ok().out);
    let client = estate.client("north-1", &estate.north, "10.7.0.21");
    estate.portolan("deployment create cargo --collection all").ok();
    estate.portolan("deployment watch cargo").ok().says("installed");
    assert!(estate.lab.captured().bytes("dp7", client.name()) > 3_000_000);
}

fn edits() {
    let mut estate = Estate::new();
    // It would move where clients find the site.
    let moved = "name = \"Voyage\"\nports = { https = 8443 }"; // not a port: an edit's
    estate.edit("name = \"Voyage\"", moved);
    println!("{}", estate.head.serve.wait_for("the plan that was goes on"));
    let status = until("it is shown", || {
        Some(estate.portolan("status").ok()).filter(|said| said.out.contains("would be closed"))
    });
    println!("{}", status.out);
    estate.edit(moved, "name = \"Voyage\"");
    until("it is well again", || {
        Some(estate.portolan("status").ok()).filter(|said| !said.out.contains("would be closed"))
    });

    // It cannot be read.
    estate.edit("[host.dp7]", "[hots.dp7]");
    println!("{}", estate.head.serve.wait_for("the plan that was goes on"));
    let status = until("it is shown", || {
        Some(estate.portolan("status").ok()).filter(|said| said.out.contains("mistake"))
    });
    println!("{}", status.out);
    // The site has the plan that it had.
    let _dp7 = estate.host("dp7", &estate.north, "10.7.0.5");
    estate.edit("[hots.dp7]", "[host.dp7]");
}

fn invitations() {
    let mut estate = Estate::new();
    let machine = estate.lab.machine("dp7", &estate.north, "10.7.0.5");
    let other = estate.lab.machine("dp8", &estate.south, "10.8.0.5");

    // Expired.
    let said = estate.portolan("host invite dp7 --valid-for 1s --output -").ok();
    machine.write("/root/expired", &said.out);
    until("it has expired", || {
        let listed = estate.portolan("host list --format json").json();
        let dp7 = listed.as_array().unwrap().iter().find(|host| host["name"] == "dp7").unwrap();
        (dp7["state"] == "named").then_some(())
    });
    let said = machine.run("portolan join /root/expired");
    println!("{} {:?}", said.err, said.code);
    said.says("expired");

    // Withdrawn by another.
    estate.invite("dp7", &machine);
    machine.run("mv /root/invitation /root/first").ok();
    estate.invite("dp7", &machine);
    let said = machine.run("portolan join /root/first");
    println!("{} {:?}", said.err, said.code);
    said.says("another has taken its place");

    // Spent.
    machine.run("portolan join /root/invitation").ok();
    std::fs::copy(machine.path("/root/invitation"), other.path("/root/invitation")).unwrap();
    let said = other.run("portolan join /root/invitation");
    println!("{} {:?}", said.err, said.code);
    said.says("already used");
    println!("{}", estate.head.serve.wait_for("invitation-spent"));

    // For another host than the folder is.
    estate.invite("dp8", &machine);
    let said = machine.run("portolan join /root/invitation");
    println!("{} {:?}", said.err, said.code);
    said.says("is host dp7 of site P01");

    // Whoever has joined is not invited again.
    estate.portolan("host invite dp7").ended(4).says("remove it first");
}

/// Roles that share a database cannot be had elsewhere yet.
fn elsewhere() {
    let mut estate = Estate::new();
    let text = std::fs::read_to_string(estate.head.path(FILE)).expect("the site file");
    let second = "[host.second]\naddress = \"10.1.0.20\"\nroles = [\"management-point\"]\n";
    estate.head.write(FILE, &format!("{text}\n{second}"));
    let said = estate.portolan("plan").ended(5);
    said.says("management-point needs the site's database").says("PostgreSQL");
    println!("{}", estate.head.serve.wait_for("the plan that was goes on"));

    let database = "[host.data]\naddress = \"10.1.0.21\"\nroles = [\"site-database-server\"]\n";
    estate.head.write(FILE, &format!("{text}\n{second}\n{database}"));
    estate
        .portolan("plan")
        .ok()
        .says("second: management-point beside the site server needs PostgreSQL");
    estate.head.serve.wait_for("is applied");
    estate.portolan("host invite second").ended(4).says("(PostgreSQL), and this version has none");
}
