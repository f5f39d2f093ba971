//! How a lab begins and ends.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use lab::{Lab, PATIENCE};

use crate::Test;
use crate::talk::Path;

pub(crate) const TESTS: &[Test] = &[
    ("life::ten_machines_in_about_a_second", ten_machines),
    ("life::nothing_is_left_of_a_killed_test", killed),
    ("life::each_machine_is_a_debian_of_its_own", of_its_own),
    ("life::systemd_boots", boots),
    ("life::a_package_is_installed_and_upgraded", upgraded),
    ("life::an_orphan_leaves_no_zombie", orphan),
];

fn ten_machines() {
    let begin = Instant::now();
    let lab = Lab::new(&[]);
    let servers = lab.network("servers", "10.1.0.0/24");
    let branch = lab.network("branch", "10.7.0.0/24");
    let _router = lab.router("router", &[&servers, &branch]);
    let networks = [&servers, &branch];
    let machines: Vec<_> = (0..10_usize)
        .map(|n| {
            let net = if n % 2 == 0 { "10.1.0" } else { "10.7.0" };
            lab.machine(&format!("m{n}"), networks[n % 2], &format!("{net}.{}", 10 + n))
        })
        .collect();
    let made = begin.elapsed();
    let begin = Instant::now();
    drop((machines, lab));
    println!("ten machines: made in {made:?}, gone in {:?}", begin.elapsed());
    // On a machine with nothing else to do it is one second.
    assert!(made < Duration::from_secs(10), "ten machines took {made:?}");
}

/// The word with which this binary becomes a test that waits for its end.
pub(crate) const VICTIM: &str = "--wait-for-the-end";

pub(crate) fn victim() -> ExitCode {
    let path = Path::new();
    path.server.start("sleep 1000");
    let space = std::fs::read_link(path.server.path("/proc/1/ns/pid")).unwrap();
    println!("up {}", space.display());
    std::thread::park();
    ExitCode::FAILURE
}

fn killed() {
    let mut victim = Command::new(std::env::current_exe().unwrap())
        .arg(VICTIM)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(victim.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.starts_with("up "), "the victim said {line:?}");
    let family = descendants(victim.id());
    // Four cells and a capture, each with the processes that hold it.
    assert!(family.len() >= 9, "the victim has {} processes", family.len());
    victim.kill().unwrap();
    victim.wait().unwrap();
    let end = Instant::now() + PATIENCE;
    let lives = |pid: &&u32| std::path::Path::new(&format!("/proc/{pid}/ns/net")).exists();
    while let Some(left) = family.iter().find(lives) {
        assert!(Instant::now() < end, "process {left} outlived its test");
        std::thread::yield_now();
    }
}

fn descendants(of: u32) -> Vec<u32> {
    let mut all = vec![of];
    let mut next = 0;
    while let Some(pid) = all.get(next).copied() {
        next += 1;
        for thread in std::fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten() {
            let children = thread.unwrap().path().join("children");
            let text = std::fs::read_to_string(children).unwrap_or_default();
            all.extend(text.split_whitespace().filter_map(|pid| pid.parse::<u32>().ok()));
        }
    }
    all.remove(0);
    all
}

fn of_its_own() {
    let path = Path::new();
    path.server.write("/etc/only-here", "yes");
    path.server
        .run("cat /etc/only-here && dpkg --status bash && test \"$(hostname)\" = server")
        .ok();
    path.client.run("test ! -e /etc/only-here && test \"$(hostname)\" = client").ok();
    assert!(!path.server.path("/usr/bin/curl").exists(), "the root is not bare");
    let ids =
        [&path.server, &path.client].map(|machine| machine.run("cat /etc/machine-id").ok().out);
    assert_ne!(ids[0], ids[1]);
}

fn boots() {
    let lab = Lab::new(&[]);
    let network = lab.network("network", "10.1.0.0/24");
    let machine = lab.machine("booted", &network, "10.1.0.10");
    let begin = Instant::now();
    let _systemd = machine.boot();
    println!("systemd was up after {:?}", begin.elapsed());
    let unit = "[Service]\nType=oneshot\nExecStart=/usr/bin/touch /root/by-systemd\n";
    machine.write("/etc/systemd/system/mark.service", unit);
    machine.run("systemctl start mark && test -e /root/by-systemd").ok();
    machine.run("ip -4 -o addr show eth0").ok().says("10.1.0.10/24");
}

/// The package of the archive works in the bare root, with what was fetched
/// beside it and nothing else.
fn upgraded() {
    let upgrade = lab::upgrade();
    let path = Path::new();
    for (name, release) in [("older", &upgrade.older), ("newer", &upgrade.newer)] {
        for deb in &release.debs {
            let file = deb.file_name().unwrap().to_string_lossy();
            path.client.put(deb, &format!("/root/{name}/{file}"));
        }
        path.client.run(&format!("dpkg --install /root/{name}/*.deb")).ok();
        let show = format!("dpkg-query --show --showformat='${{Version}}' {}", upgrade.package);
        assert_eq!(path.client.run(&show).ok().out, release.version);
    }
}

fn orphan() {
    let path = Path::new();
    path.server.run("sh -c 'true & exec true'; sh -c 'sleep 0.1 & exit'").ok();
    let states = "until ! grep -l sleep /proc/[0-9]*/comm; do :; done 2>/dev/null; grep -h State /proc/[0-9]*/status";
    let said = path.server.run(states).out;
    assert!(!said.contains("zombie"), "{said}");
}
