//! Starting and stopping: as root and as anybody, again and again, and with a
//! site file that was there before.

use crate::Test;
use crate::estate::Estate;
use crate::sandbox::Sandbox;

pub(crate) const TESTS: &[Test] = &[
    ("start::as_root", as_root),
    ("start::as_an_ordinary_user", as_an_ordinary_user),
    ("start::again_and_again", again_and_again),
    ("start::a_port_that_is_taken_is_named_with_its_holder", port_taken),
    ("start::a_folder_that_the_account_cannot_reach_is_refused", folder_out_of_reach),
    ("start::mistakes_in_the_site_file_come_in_one_run", mistakes),
    ("start::a_client_on_the_same_host_follows_a_changed_port", changed_port),
    ("start::children_that_die_are_started_again", children_die),
];

fn as_root() {
    let estate = Estate::up();
    let machine = &estate.machine;
    let status = machine.portolan("status --format json").json();
    assert_eq!(status["ready"], true);
    assert_eq!(status["devices"], 1);
    let hostname = machine.shell("hostname").out;
    assert_eq!(estate.device().0, hostname.trim());
    // The roles have left root behind, but for the right to bind low ports.
    let caps = machine
        .shell("grep -E '^(Uid|CapEff|CapPrm)' /proc/$(pgrep -f '[p]ortolan serve')/status")
        .out;
    let user = machine.shell("id -u portolan").out;
    assert!(caps.contains(&format!("Uid:\t{}", user.trim())), "{caps}");
    for line in caps.lines().filter(|line| line.starts_with("Cap")) {
        assert!(line.ends_with("0000000000000400"), "{line}");
    }
    let plan = machine.portolan("plan --format json").json();
    let flows = plan["flows"].as_array().unwrap();
    assert!(flows.iter().any(|flow| flow["id"] == "client>management-point/https"));
    machine.portolan("plan").ok().says("management-point");
    machine.portolan("plan explain 'client>management-point/https'").ok().says("ARCHITECTURE.md");
    machine
        .portolan("plan explain 'client>managment-point/https'")
        .ended(1)
        .says("management-point");
}

fn as_an_ordinary_user() {
    let machine = Sandbox::new();
    machine.shell("useradd --create-home --uid 4242 sailor").ok();
    let sailor = "setpriv --reuid=4242 --regid=4242 --clear-groups env HOME=/home/sailor";
    let mut up = machine.start_shell(&format!("exec {sailor} portolan up"));
    up.wait_for("ready");
    let portolan = |words: &str| machine.shell(&format!("{sailor} portolan {words}"));
    assert_eq!(portolan("status --format json").json()["ready"], true);
    let devices = portolan("device list --format json").json();
    let limits = devices[0]["limits"].to_string();
    assert!(limits.contains("root"), "it says what it cannot do: {limits}");
    for listen in portolan("status --format json").json()["listens"].as_array().unwrap() {
        assert!(listen["port"].as_u64() >= Some(1024), "{listen}");
    }
    // A package cannot be installed, and the reason is plain.
    let deb = crate::estate::hello();
    portolan(&format!("app create hello --deb {deb}")).ok();
    portolan("deployment create hello --collection all").ok();
    portolan("agent sync").ok();
    portolan("deployment watch hello").ended(6).says("root");
    // A script can run.
    machine.write("/home/sailor/a.sh", "#!/bin/sh\nid -u > /home/sailor/ran\n");
    portolan("app create a --script /home/sailor/a.sh").ok();
    portolan("deployment create a --collection all").ok();
    portolan("agent sync").ok();
    portolan("deployment watch a").ok();
    assert_eq!(machine.shell("cat /home/sailor/ran").out, "4242\n");
    assert_eq!(up.stop().0, Some(0));
}

fn again_and_again() {
    let mut machine = Sandbox::new();
    let mut first = None;
    for _ in 0..3 {
        let estate = Estate::up_in(machine);
        let devices = estate.machine.portolan("device list --format json").json();
        assert_eq!(devices.as_array().unwrap().len(), 1, "the machine is enrolled once");
        let id = estate.device().1;
        assert_eq!(first.get_or_insert_with(|| id.clone()), &id);
        let (code, said) = estate.up.stop();
        assert_eq!(code, Some(0), "{said}");
        estate.machine.shell("pgrep portolan").ended(1);
        machine = estate.machine;
        machine.portolan("status").ended(3).says("portolan up");
    }
}

fn port_taken() {
    let estate = Estate::up();
    estate.machine.shell("mkdir /srv/second && cp /var/lib/portolan/site.toml /srv/second/").ok();
    estate
        .machine
        .portolan("--dir /srv/second up")
        .ended(1)
        .says("client>management-point/http")
        .says("portolan")
        .says("process");
}

fn folder_out_of_reach() {
    let machine = Sandbox::new();
    machine.shell("chmod 700 /root").ok();
    machine.portolan("--dir /root/site up").ended(1).says("/root").says("portolan");
    assert!(!machine.path("/root/site/site.toml").exists(), "nothing is left behind");
}

fn mistakes() {
    let machine = Sandbox::new();
    machine.write(
        "/var/lib/portolan/site.toml",
        "edition = \"portolan\"\n\n[site.P01]\nname = 7\n\n[host.a]\naddress = \"10.0.0.300\"\nroles = [\"managment-point\"]\n",
    );
    machine.portolan("up").ended(5).says("name").says("10.0.0.300").says("management-point");
}

/// A port that moves between two runs: the machine's own client is handed the
/// new map by `up`, for the old one leads nowhere.
fn changed_port() {
    let estate = Estate::up();
    let before = estate.device().1;
    assert_eq!(estate.up.stop().0, Some(0));
    let machine = estate.machine;
    machine.shell("sed -i 's/^\\[site\\.P01\\]/&\\nports = { https = 7999 }/' /var/lib/portolan/site.toml").ok();
    let estate = Estate::up_in(machine);
    assert_eq!(estate.device().1, before);
    crate::deploy::walk_hello(&estate);
}

fn children_die() {
    let mut estate = Estate::up();
    estate.machine.shell("pkill -KILL -f '[p]ortolan serve'").ok();
    estate.up.wait_for(" back");
    estate.machine.shell("pkill -KILL -f '[p]ortolan agent run'").ok();
    estate.up.wait_for(" back");
    crate::deploy::walk_hello(&estate);
}
