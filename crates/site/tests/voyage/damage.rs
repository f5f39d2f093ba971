//! What is damaged on the way: a corrupt block on a distribution point, one in
//! the site server's own library, and a link that is cut in the middle of a large
//! content.

use std::time::Duration;

use lab::Machine;
use serde_json::Value;

use crate::Test;
use crate::estate::{Estate, until};

pub(crate) const TESTS: &[Test] = &[
    ("damage::a_corrupt_block_is_fetched_elsewhere_told_and_repaired", corrupt_block),
    ("damage::the_site_servers_copy_is_told_and_mended_by_sending_again", own_copy),
    ("damage::what_is_cut_at_half_is_resumed", cut_at_half),
    ("damage::a_host_that_is_killed_goes_on_from_its_disk", killed_at_half),
];

/// A place in the last of the eight blocks of a package of 8 megabytes.
const LAST: u64 = 7 * 1024 * 1024 + 99;

impl Estate {
    /// What `content status` says of the package of an application.
    fn content(&self, app: &str) -> Value {
        let shown = self.portolan(&format!("content status {app} --format json")).json();
        shown[0].clone()
    }

    /// What it says of one host's copy.
    fn copy(&self, app: &str, host: &str) -> Value {
        let content = self.content(app);
        let places = content["places"].as_array().expect("places");
        places.iter().find(|place| place["host"] == host).expect("the host").clone()
    }

    /// Where every host of the site has that package.
    fn file(&self, app: &str) -> String {
        let content = self.content(app);
        let digest = content["digest"].as_str().expect("a digest");
        format!("/var/lib/portolan/content/{}/{digest}", &digest[..2])
    }

    /// Whether the file on a host's disk is what was published.
    fn is_right(&self, host: &Machine, app: &str, file: &str) -> bool {
        let published = std::fs::read(self.head.path(&format!("/root/{app}.deb")));
        std::fs::read(host.path(file)).ok() == Some(published.expect("the package"))
    }
}

fn corrupt_block() {
    let mut estate = Estate::new();
    let [mut dp7, mut dp8] = estate.distribution_points();
    let mut client = estate.client("north-1", &estate.north, "10.7.0.21");
    estate.publish("chart", 8);
    estate.portolan("content status chart --watch").ok();
    let file = estate.file("chart");
    dp7.corrupt(&file, LAST);
    assert!(!estate.is_right(&dp7, "chart", &file));

    // While the site server is away nobody can repair it, so that the neighbour
    // has to help.
    client.rate(20);
    estate.portolan("deployment create chart --collection all").ok();
    until("the download has begun", || {
        (estate.lab.captured().bytes("dp7", "north-1") > 1_000_000).then_some(())
    });
    estate.head.cut();
    client.agent.wait_for("dp7 gave a damaged block of chart.deb (block 7)");
    let taken = dp8.serve.wait_for("served");
    assert!(taken.contains("first=7340032 bytes=67"), "only the last block: {taken}");
    client.agent.wait_for("chart: installed");
    assert!(client.version_of("chart").is_some());
    assert!(!estate.is_right(&dp7, "chart", &file));

    // The site is told as soon as it is there again; the distribution point looks
    // at all of its copy and fetches what is wrong from the site server.
    estate.head.mend();
    estate.head.serve.wait_for("content is damaged");
    dp7.serve.wait_for("a damaged block was fetched again");
    let copy = until("the repair is told", || {
        Some(estate.copy("chart", "dp7")).filter(|copy| copy["repaired"] == 1)
    });
    assert_eq!(copy["doubted"], false, "{copy}");
    let said = estate.portolan("content status chart").ok().says("complete, 1 block repaired");
    println!("{}", said.out);
    assert!(estate.is_right(&dp7, "chart", &file));

    // A second client has it from there, and nothing to complain of.
    let mut second = estate.client("north-2", &estate.north, "10.7.0.22");
    second.agent.wait_for("chart: installed");
    assert!(second.agent.said.iter().all(|line| !line.contains("damaged")));
    assert!(dp7.serve.wait_for("served").contains("first=0"));
    assert_eq!(dp8.serve.wait_within("served", Duration::ZERO), None);
}

/// The site server's copy is what everybody else has theirs from. Where it is
/// damaged, there is nothing to do but to send the file again.
fn own_copy() {
    let mut estate = Estate::new();
    let mut dp7 = estate.host("dp7", &estate.north, "10.7.0.5");
    estate.publish("chart", 8);
    estate.portolan("content status chart --watch").ok();
    let file = estate.file("chart");
    estate.head.corrupt(&file.replace("/portolan/", "/portolan/site/"), LAST);

    // It shows when the next one wants it.
    let mut dp8 = estate.host("dp8", &estate.south, "10.8.0.5");
    dp8.serve.wait_for("the site server's own copy is damaged in block 7");
    estate.head.serve.wait_for("our copy is damaged");
    estate.head.serve.wait_for("the content library holds 1 damaged blocks; send the file again");
    let status = until("it is told", || {
        let status = estate.portolan("content status chart").ok();
        status.out.contains("send the file again").then_some(status)
    });
    println!("{}", status.out);

    estate.portolan("app update chart --deb /root/chart.deb").ok();
    dp8.serve.wait_for("content is here");
    estate.portolan("content status chart --watch").ok();
    assert!(estate.is_right(&dp8, "chart", &file));
    let own = estate.copy("chart", "head");
    assert!(own["complete"] == true && own["trouble"] == "", "{own}");
    assert_eq!(dp7.serve.wait_within("damaged", Duration::ZERO), None);
}

/// Megabytes of a large content; `PORTOLAN_LARGE` says how many, and 500 are what
/// is promised. A busy machine does not do that in a moment.
fn large() -> u32 {
    let said = std::env::var("PORTOLAN_LARGE").ok();
    said.and_then(|megabytes| megabytes.parse().ok()).unwrap_or(100)
}

/// What a cut may cost in bytes: one in a hundred of 500 megabytes. It is what was
/// on its way, and so no more where there is more to come.
const COST: u64 = 5_000_000;

/// Waits, in the machine, until so much of a file is there.
fn grown(machine: &Machine, file: &str, bytes: u64) {
    let size = format!("$(stat --format=%s {file} 2>/dev/null || echo 0)");
    machine.run(&format!("until [ {size} -ge {bytes} ]; do sleep 0.05; done")).ok();
}

/// The cable is cut and mended, and no connection survives it.
fn cut(machine: &Machine) {
    machine.cut();
    assert!(machine.reset_connections() > 0);
    machine.mend();
}

/// What was sent beyond the content's size, counted on the wire: what was sent
/// twice or lost, and the little that packets and TLS need for themselves.
fn tell(estate: &Estate, what: &str, size: u64, (from, to): (&str, &str)) {
    let sent = estate.lab.captured().bytes(from, to);
    println!("{what}: {sent} bytes sent for {size}, {} more", sent - size);
    assert!(sent - size <= COST, "{what}: {sent} bytes for {size}");
}

fn cut_at_half() {
    let estate = Estate::new();
    let dp7 = estate.host("dp7", &estate.north, "10.7.0.5");
    let client = estate.client("north-1", &estate.north, "10.7.0.21");
    dp7.rate(200);
    estate.publish("atlas", large());
    let file = estate.file("atlas");
    let size = estate.content("atlas")["size"].as_u64().expect("a size");

    // The site link.
    grown(&dp7, &format!("{file}.part"), size / 2);
    cut(&dp7);
    estate.portolan("content status atlas --watch").ok();
    tell(&estate, "the link, cut at half", size, ("head", "dp7"));
    assert!(estate.is_right(&dp7, "atlas", &file));

    // A client's way to its distribution point.
    let digest = file.rsplit('/').next().expect("a digest");
    client.rate(200);
    estate.portolan("deployment create atlas --collection all").ok();
    grown(&client, &format!("/var/lib/portolan-agent/content/{digest}.part"), size / 2);
    cut(&client);
    estate.portolan("deployment watch atlas").ok().says("installed");
    tell(&estate, "the client, cut at half", size, ("dp7", "north-1"));
    assert!(client.version_of("atlas").is_some());
}

fn killed_at_half() {
    let estate = Estate::new();
    let mut dp7 = estate.host("dp7", &estate.north, "10.7.0.5");
    dp7.rate(100);
    estate.publish("atlas", 40);
    let file = estate.file("atlas");
    let size = estate.content("atlas")["size"].as_u64().expect("a size");
    grown(&dp7, &format!("{file}.part"), size / 2);
    assert!(dp7.kill_all("portolan serve") > 0);
    dp7.serve = dp7.start("portolan serve");
    dp7.serve.wait_for("content is here");
    estate.portolan("content status atlas --watch").ok();
    tell(&estate, "the host, killed at half", size, ("head", "dp7"));
    assert!(estate.is_right(&dp7, "atlas", &file));
}
