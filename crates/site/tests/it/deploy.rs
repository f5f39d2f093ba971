//! The main job: published, deployed, installed, detected, reported, removed;
//! and the reason where it fails.

use crate::Test;
use crate::estate::{Estate, hello, installed, package};
use crate::sandbox::Sandbox;

pub(crate) const TESTS: &[Test] = &[
    ("deploy::hello_is_installed_and_removed", hello_is_installed_and_removed),
    ("deploy::a_failing_postinst_is_reported_with_its_last_lines", failing_postinst),
    ("deploy::a_script_with_detection_runs_once", script_runs_once),
    ("deploy::a_script_over_its_time_limit_has_failed", script_over_its_time),
    ("deploy::a_deadline_is_waited_for", deadline),
    ("deploy::with_every_port_changed", every_port_changed),
    ("deploy::what_happened_while_the_site_was_away_arrives_later", site_away),
    ("deploy::objects_are_listed_shown_and_deleted", objects),
];

fn hello_is_installed_and_removed() {
    walk_hello(&Estate::up());
}

/// Installs and removes the real package, by the commands of the README.
pub(crate) fn walk_hello(estate: &Estate) {
    let machine = &estate.machine;
    machine.shell("dpkg --remove hello");
    machine.portolan(&format!("app create hello --deb {}", hello())).ok();
    machine.portolan("deployment create hello --collection all").ok();
    estate.sync();
    machine.portolan("deployment watch hello").ok().says("installed");
    assert!(installed(machine, "hello"));
    machine.shell("hello").ok().says("Hello, world!");
    machine.portolan("deployment create hello --collection all --uninstall").ok();
    estate.sync();
    machine.portolan("deployment watch hello").ok().says("uninstalled");
    assert!(!installed(machine, "hello"));
}

fn failing_postinst() {
    let estate = Estate::up();
    let deb = package(
        &estate.machine,
        "grumpy",
        "#!/bin/sh\necho first\necho the disk is on fire >&2\nexit 7\n",
    );
    estate.machine.portolan(&format!("app create grumpy --deb {deb}")).ok();
    estate.machine.portolan("deployment create grumpy --collection all").ok();
    estate.sync();
    let said = estate.machine.portolan("deployment watch grumpy").ended(6);
    let said = said.says("failed").says("the disk is on fire");
    assert!(said.out.contains("exit code"), "the reason names the exit code: {}", said.out);
    let (name, _) = estate.device();
    estate.machine.portolan(&format!("device show {name}")).ok().says("the disk is on fire");
}

fn script_runs_once() {
    let estate = Estate::up();
    let machine = &estate.machine;
    machine.write("/root/install.sh", "#!/bin/sh\necho once >> /root/count\ntouch /root/there\n");
    machine.write("/root/detect.sh", "#!/bin/sh\ntest -e /root/there\n");
    machine.portolan("app create marker --script /root/install.sh --detect /root/detect.sh").ok();
    machine.portolan("deployment create marker --collection all").ok();
    estate.sync();
    machine.portolan("deployment watch marker").ok();
    estate.sync();
    // The same deployed anew: detection finds it there.
    machine.portolan("deployment create marker --collection all").ok();
    estate.sync();
    machine.portolan("deployment watch marker").ok().says("installed");
    assert_eq!(machine.shell("cat /root/count").out, "once\n");
}

fn script_over_its_time() {
    let estate = Estate::up();
    estate.machine.write("/root/long.sh", "#!/bin/sh\necho begun\nexec sleep 1000\n");
    estate.machine.portolan("app create long --script /root/long.sh --time-limit 2s").ok();
    estate.machine.portolan("deployment create long --collection all").ok();
    estate.sync();
    estate.machine.portolan("deployment watch long").ended(6).says("time limit").says("begun");
    estate.machine.shell("pgrep -x sleep").ended(1);
}

fn deadline() {
    let estate = Estate::up();
    estate.machine.write("/root/now.sh", "#!/bin/sh\ndate +%s > /root/ran\n");
    estate.machine.portolan("app create later --script /root/now.sh").ok();
    let due = "$(date -u -d '+4 seconds' +%Y-%m-%dT%H:%M:%SZ)";
    let line = format!(
        "due={due}; date -u -d $due +%s > /root/due; portolan deployment create later --collection all --deadline $due"
    );
    estate.machine.shell(&line).ok();
    estate.sync();
    estate.machine.portolan("deployment watch later").ok().says("waiting").says("installed");
    estate.machine.shell("test $(cat /root/ran) -ge $(cat /root/due)").ok();
}

fn every_port_changed() {
    let machine = Sandbox::new();
    machine.write(
        "/var/lib/portolan/site.toml",
        r#"
edition = "portolan"

[site.P07]
name = "Elsewhere"
ports = { https = 7443, http = 7442 } # not a port: this test changes them all

[network.here]
cidr = ["127.0.0.0/8"]
clients = "P07"

[host.keel]
address = "127.0.0.1"
roles = ["site-server", "management-point"]
role.distribution-point = { ports = { https = 7444 } } # not a port: this test changes them all
role.sms-provider = { ports = { https = 7445 } } # not a port: this test changes them all
"#,
    );
    let estate = Estate::up_in(machine);
    let status = estate.machine.portolan("status --format json").json();
    let mut ports: Vec<_> = status["listens"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["port"].as_u64().unwrap())
        .collect();
    ports.sort_unstable();
    assert_eq!(ports, [7442, 7443, 7444, 7445]);
    walk_hello(&estate);
}

/// The agent goes on without its site, for longer than its patience, and tells
/// afterwards what it did.
fn site_away() {
    let estate = Estate::up();
    assert_eq!(estate.up.stop().0, Some(0));
    let machine = estate.machine;
    let mut roles = machine.start("serve");
    roles.wait_for("listening");
    let agent = machine.start("agent run");
    machine.write(
        "/root/go.sh",
        "#!/bin/sh\necho done >> /root/count\nmkfifo /root/ran\necho > /root/ran\n",
    );
    machine.portolan("app create patient --script /root/go.sh").ok();
    machine.portolan("deployment create patient --collection all --deadline 3s").ok();
    // The content is there before its time has come.
    machine.shell("until portolan agent sync --wait; do :; done").ok();
    assert_eq!(roles.stop().0, Some(0));
    machine.shell("until test -p /root/ran; do :; done; cat /root/ran").ok();
    for _ in 0..5 {
        let said = machine.portolan("agent sync");
        assert_ne!(said.code, Some(0), "{}", said.out);
        said.says("127.0.0.1");
    }
    let waiting = machine.portolan("agent status --format json").json();
    assert!(waiting["spool"].as_u64() >= Some(1), "{waiting}");
    let roles = machine.start("serve");
    machine.shell("until portolan agent sync; do :; done").ok();
    machine.portolan("deployment watch patient").ok().says("installed");
    assert_eq!(machine.shell("cat /root/count").out, "done\n");
    assert_eq!(agent.stop().0, Some(0));
    assert_eq!(roles.stop().0, Some(0));
}

fn objects() {
    let estate = Estate::up();
    let machine = &estate.machine;
    let (name, id) = estate.device();
    machine.write("/root/a.sh", "#!/bin/sh\n");
    machine.portolan("app create a --script /root/a.sh").ok();
    machine.portolan("app create a --script /root/a.sh").ended(4).says("already");
    machine.portolan("app list").ok().says("a ");
    machine.portolan("app show a").ok().says("a.sh");
    machine.portolan(&format!("collection create one --devices {name}")).ok();
    machine.portolan("collection show one").ok().says(&id);
    machine.portolan("collection create two --devices nobody").ended(4).says("nobody");
    machine.portolan("deployment create a --collection one").ok();
    machine.portolan("app delete a").ended(4).says("deployed");
    machine.portolan("collection delete one").ended(4).says("deployed");
    let all = machine.portolan("deployment list --format json").json();
    machine.portolan(&format!("deployment delete {}", all[0]["id"])).ok();
    machine.portolan("app delete a").ok();
    machine.portolan("collection delete one").ok();
    machine.portolan("collection delete all").ended(4);
    machine.portolan("app show a").ended(4).says("a");
    let details = machine.portolan(&format!("device show {id} --format json")).json();
    let packages = details["inventory"]["packages"].as_array().unwrap();
    assert!(packages.iter().any(|package| package["name"] == "dpkg"), "the inventory is real");
    machine.portolan(&format!("device show {id}")).ok().says("packages");
    for shell in ["bash", "zsh", "fish"] {
        machine.portolan(&format!("completions {shell}")).ok().says("portolan");
    }
}
