//! What must be refused, with a clear message on both sides, while others are
//! served.

use crate::Test;
use crate::estate::Estate;
use crate::sandbox::{Running, Said, Sandbox};

pub(crate) const TESTS: &[Test] = &[
    ("refuse::a_forged_certificate", forged_certificate),
    ("refuse::a_spent_token", spent_token),
    ("refuse::a_tampered_and_an_older_policy", tampered_policy),
    ("refuse::a_replayed_message", replayed_message),
    ("refuse::an_oversized_body", oversized_body),
    ("refuse::a_blocked_device_while_another_completes", blocked_device),
    ("refuse::a_certificate_of_another_role", another_role),
];

/// The agent's folder in an estate, and where its identity lies.
const IDENTITY: &str = "/var/lib/portolan/agent/identity";

impl Estate {
    /// The site's invitation, as one line.
    fn invitation(&self) -> String {
        let token = self.machine.portolan("token create --format json").json();
        let text = |key: &str| token[key].as_str().unwrap().to_owned();
        format!("'portolan:{}@{}#{}'", text("site"), text("management_point"), text("root"))
    }
}

/// Enrols a second client on the same machine, in a folder of its own.
fn second(machine: &Sandbox) -> Running {
    enrol(machine, "/srv/second").ok();
    machine.start("--dir /srv/second agent run")
}

fn enrol(machine: &Sandbox, folder: &str) -> Said {
    let token = machine.portolan("token create --format json").json();
    enrol_with(machine, folder, &token)
}

fn enrol_with(machine: &Sandbox, folder: &str, token: &serde_json::Value) -> Said {
    let text = |key: &str| token[key].as_str().unwrap().to_owned();
    machine.shell(&format!(
        "mkdir -p {folder} && echo {} | portolan --dir {folder} agent enrol --site {} --code {} --root {} --token-file -",
        text("token"),
        text("management_point"),
        text("site"),
        text("root")
    ))
}

fn forged_certificate() {
    let mut estate = Estate::up();
    let device = estate.device().1;
    let said = estate.attack(&format!("forged {} {device}", estate.invitation())).ok();
    assert!(!said.out.starts_with("200"), "{}", said.out);
    said.says("certificate");
    estate.up.wait_for("client certificate");
    crate::deploy::walk_hello(&estate);
}

fn spent_token() {
    let mut estate = Estate::up();
    let token = estate.machine.portolan("token create --format json").json();
    enrol_with(&estate.machine, "/srv/second", &token).ok();
    let third = enrol_with(&estate.machine, "/srv/third", &token);
    assert_ne!(third.code, Some(0));
    third.says("used").says("token create");
    estate.up.wait_for("token-spent");
    assert_eq!(
        estate.machine.portolan("device list --format json").json().as_array().unwrap().len(),
        2
    );
}

/// Somebody with the store in his hands, but without the keys, changes a policy
/// and brings back an old one.
fn tampered_policy() {
    let estate = Estate::up();
    let (name, id) = estate.device();
    estate.attack(&format!("keep-policy {id}")).ok();
    estate.machine.write("/root/a.sh", "#!/bin/sh\necho ran >> /root/count\n");
    estate.machine.portolan("app create a --script /root/a.sh").ok();
    estate.machine.portolan("deployment create a --collection all").ok();
    estate.sync();
    estate.machine.portolan("deployment watch a").ok();

    estate.attack(&format!("tamper-policy {id}")).ok();
    let said = estate.machine.portolan("agent sync --wait");
    assert_ne!(said.code, Some(0), "{}{}", said.out, said.err);
    estate.machine.portolan(&format!("device show {name}")).ok().says("refused").says("signature");

    estate.attack(&format!("bring-back-policy {id}")).ok();
    let said = estate.machine.portolan("agent sync --wait");
    assert_ne!(said.code, Some(0), "{}{}", said.out, said.err);
    estate.machine.portolan(&format!("device show {name}")).ok().says("refused").says("older");

    // What the site signs next is believed again.
    estate.machine.portolan("deployment create a --collection all").ok();
    estate.sync();
    estate.machine.portolan("deployment watch a").ok();
    assert_eq!(estate.machine.shell("cat /root/count").out, "ran\nran\n");
}

fn replayed_message() {
    let mut estate = Estate::up();
    let said = estate.attack(&format!("replayed {} {IDENTITY}", estate.invitation())).ok();
    let answers: Vec<serde_json::Value> = said
        .out
        .lines()
        .map(|line| serde_json::from_str(line.strip_prefix("200 OK ").expect(line)).unwrap())
        .collect();
    assert_eq!(answers[0]["stored"], serde_json::json!([1]));
    assert_eq!(answers[1]["duplicates"], serde_json::json!([1]));
    assert_eq!(answers[2]["refused"], serde_json::json!([1]));
    estate.up.wait_for("replayed");
    // Only the first had an effect.
    let (name, _) = estate.device();
    estate.machine.portolan(&format!("device show {name}")).ok().says("once");
}

fn oversized_body() {
    let mut estate = Estate::up();
    let said = estate.attack(&format!("oversized {} {IDENTITY}", estate.invitation())).ok();
    for answer in said.out.lines() {
        assert!(answer.contains("body-too-large"), "{answer}");
    }
    assert_eq!(said.out.lines().count(), 2);
    estate.up.wait_for("body-too-large");
}

fn blocked_device() {
    let mut estate = Estate::up();
    let machine = &estate.machine;
    let (_, id) = estate.device();
    let mut other = second(machine);
    machine.portolan(&format!("device block {id} --reason stolen")).ok();
    let said = machine.portolan("agent sync --wait");
    assert_ne!(said.code, Some(0), "{}{}", said.out, said.err);
    said.says("blocked").says("stolen");
    machine.write("/root/a.sh", "#!/bin/sh\necho $PPID >> /root/count\n");
    machine.portolan("app create a --script /root/a.sh").ok();
    let devices = machine.portolan("device list --format json").json();
    let second =
        devices.as_array().unwrap().iter().find(|device| device["id"] != id.as_str()).unwrap();
    let second = second["id"].as_str().unwrap();
    machine.portolan(&format!("collection create other --devices {second}")).ok();
    machine.portolan("deployment create a --collection other").ok();
    machine.portolan("--dir /srv/second agent sync --wait").ok();
    machine.portolan("deployment watch a").ok();
    assert_eq!(machine.shell("wc -l < /root/count").out.trim(), "1");
    estate.up.wait_for("device-blocked");
    estate.machine.portolan(&format!("device unblock {id}")).ok();
    estate.sync();
    other.wait_within("blocked", std::time::Duration::ZERO);
    assert_eq!(other.stop().0, Some(0));
}

fn another_role() {
    let mut estate = Estate::up();
    let said = estate.attack(&format!("wrong-role {}", estate.invitation())).ok();
    assert!(said.out.starts_with("403"), "{}", said.out);
    said.says("wrong-role");
    estate.up.wait_for("wrong-role");
    // And the other way round: it poses as a management point.
    estate.machine.write(
        "/root/pose.toml",
        "edition = \"portolan\"\n[site.P01]\nname = \"x\"\nports = { https = 7999 }\n[network.n]\ncidr = [\"127.0.0.0/8\"]\nclients = \"P01\"\n\
         [host.x]\naddress = \"127.0.0.1\"\nroles = [\"site-server\", \"management-point\", \"distribution-point\", \"sms-provider\"]\n",
    );
    let program = std::env::current_exe().unwrap();
    let mut posing = estate
        .machine
        .start_shell(&format!("exec {} --attack pose /root/pose.toml", program.display()));
    posing.wait_for("posing");
    let mut token = estate.machine.portolan("token create --format json").json();
    let site = token["management_point"].take();
    token["management_point"] = "127.0.0.1:7999".into(); // not a port: the impostor's, from its site file above
    let said = enrol_with(&estate.machine, "/srv/second", &token);
    assert_ne!(said.code, Some(0));
    said.says("management-point");
    posing.kill();
    // The token was not shown to the impostor: it is good still.
    token["management_point"] = site;
    enrol_with(&estate.machine, "/srv/second", &token).ok();
}
