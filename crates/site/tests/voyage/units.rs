//! Both programs as packages under systemd, on booted machines: they say when
//! they are ready, are confined, come back when they hang or die, and neither a
//! restart nor an upgrade of the agent disturbs what it is installing.

use lab::{Lab, Machine};

use crate::Test;
use crate::estate::{Estate, until};
use crate::install::{Made, publish_agent};
use crate::packages::Packages;

pub(crate) const TESTS: &[Test] = &[
    ("units::site", site),
    ("units::joined_host", joined_host),
    ("units::restart_and_upgrade_of_an_agent_that_installs", busy_agent),
];

/// A site of one host, with a second one that is a comment yet.
const ALONE: &str = r#"
edition = "portolan"

[site.P01]
name = "Head office"

[network.here]
cidr = ["10.1.0.0/24"]
clients = "P01"

[host.head]
address = "10.1.0.10"
roles = ["site-server", "management-point", "distribution-point", "sms-provider"]

#[host.dp7]
#address = "10.1.0.7"
#roles = ["distribution-point"]
"#;

const SITE_FILE: &str = "/var/lib/portolan/site.toml";

fn site() {
    let lab = Lab::new(&[]);
    let network = lab.network("here", "10.1.0.0/24");
    let machine = lab.bare("head", &network, "10.1.0.10");
    let _systemd = machine.boot();
    install(&machine);
    machine.write(SITE_FILE, ALONE);
    machine.run("portolan create").ok().says("next: systemctl enable --now portolan");
    let unit = Unit::enabled(&machine, "portolan");
    // systemctl waits for READY=1, and from then on the site answers.
    machine.run("portolan status").ok();
    unit.is_confined();

    // Of the same length and the same time: only who is told notices.
    let edit = "cp --preserve site.toml old && sed -i 's/^#/ /' site.toml \
                && touch --reference=old site.toml && rm old";
    machine.run(&format!("cd /var/lib/portolan && {edit}")).ok();
    machine.run("systemctl reload portolan").ok();
    let told = unit.says("the site file was changed, and is applied; new: tcp ");
    let opened = told.split(' ').next_back().expect("the last word is the socket");
    machine.run("ss --listening --tcp --numeric").ok().says(opened);

    unit.is_impatient();
    machine.run("systemctl restart portolan").ok();
    let hangs = unit.pid();
    machine.run(&format!("kill -STOP {hangs}")).ok();
    unit.is_back_after(&hangs);
    unit.says("Watchdog timeout");

    let dies = unit.pid();
    machine.run(&format!("kill -KILL {dies}")).ok();
    unit.is_back_after(&dies);
    machine.run("portolan status").ok();

    machine.run("systemctl stop portolan").ok();
    assert_eq!(unit.show(&["ActiveState", "Result", "ExecMainStatus"]), "inactive success 0");
    println!("{}", machine.run("systemd-analyze security --no-pager portolan | tail -1").ok().out);
}

/// A host of a site elsewhere: the same package, and another way to begin.
fn joined_host() {
    let estate = Estate::new();
    let machine = estate.lab.bare("dp7", &estate.north, "10.7.0.5");
    let _systemd = machine.boot();
    install(&machine);
    // There is nothing to run yet, and no failure in that.
    machine.run("systemctl start portolan").ok();
    assert_eq!(Unit { machine: &machine, name: "portolan" }.show(&["ActiveState"]), "inactive");

    estate.invite("dp7", &machine);
    machine
        .run("portolan join /root/invitation")
        .ok()
        .says("next: systemctl enable --now portolan");
    let unit = Unit::enabled(&machine, "portolan");
    unit.is_confined();
    println!("{}", estate.portolan("host list").ok().out);

    let dies = unit.pid();
    machine.run(&format!("kill -KILL {dies}")).ok();
    unit.is_back_after(&dies);
    let client = estate.client("north-1", &estate.north, "10.7.0.21");
    let deb = package(&estate.head, "probe", "#!/bin/sh\n");
    estate.portolan(&format!("app create probe --deb {deb}")).ok();
    estate.portolan("deployment create probe --collection all").ok();
    estate.portolan("deployment watch probe").ok().says("installed");
    assert_eq!(client.version_of("probe").as_deref(), Some("1.0"));

    machine.run("systemctl stop portolan").ok();
    assert_eq!(unit.show(&["ActiveState", "Result", "ExecMainStatus"]), "inactive success 0");
}

/// A package's script waits in the middle, and then a script of the site's. The
/// agent is restarted, dies, hangs and is upgraded; what is under way goes on,
/// is done once, and is told by the agent that came after.
fn busy_agent() {
    let estate = Estate::new();
    let _dp7 = estate.host("dp7", &estate.north, "10.7.0.5");
    publish_agent(&estate);
    let machine = estate.lab.bare("busy", &estate.north, "10.7.0.21");
    let _systemd = machine.boot();
    let made = Made::on(&estate);
    made.carried_out_on(&machine, &made.command).ok().says("its agent is running");
    let unit = Unit { machine: &machine, name: "portolan-agent" };
    assert_eq!(unit.show(&["ActiveState", "UnitFileState"]), "active enabled");

    unit.is_impatient();

    let deb = package(&estate.head, "slow", &waits("slow", &machine));
    estate.portolan(&format!("app create slow --deb {deb}")).ok();
    estate.portolan("deployment create slow --collection all").ok();
    has_begun("slow", &machine);
    // Each with its process; some of the others end meanwhile.
    let dpkg = || machine.run("grep -s --line-regexp dpkg /proc/[0-9]*/comm").out;
    let installs = dpkg();
    assert!(installs.contains("dpkg"));
    let stops = unit.pid();
    machine.run("systemctl restart portolan-agent").ok();
    unit.is_back_after(&stops);
    let dies = unit.pid();
    machine.run(&format!("kill -KILL {dies}")).ok();
    unit.is_back_after(&dies);
    let hangs = unit.pid();
    machine.run(&format!("kill -STOP {hangs}")).ok();
    unit.is_back_after(&hangs);
    unit.says("Watchdog timeout");
    assert_eq!(dpkg(), installs);
    may_end("slow", &estate, &machine);

    estate.head.write("/root/slow.sh", &waits("script", &machine));
    estate.portolan("app create script --script /root/slow.sh").ok();
    estate.portolan("deployment create script --collection all").ok();
    has_begun("script", &machine);
    let old = unit.pid();
    machine.put(&Packages::of("99.0").agent(), "/root/newer.deb");
    machine.run("dpkg --install /root/newer.deb").ok();
    unit.is_back_after(&old);
    may_end("script", &estate, &machine);
}

/// A script that waits in the middle until it may go on.
fn waits(name: &str, on: &Machine) -> String {
    on.run(&format!("mkfifo /root/{name}.gate")).ok();
    format!(
        "#!/bin/sh\nset -e\necho begun >> /root/{name}.did\n\
         cat /root/{name}.gate > /dev/null\necho ended >> /root/{name}.did\n"
    )
}

fn has_begun(name: &str, on: &Machine) {
    let did = on.path(&format!("/root/{name}.did"));
    until("the script has begun", || did.exists().then_some(()));
}

/// Lets it end, and sees that it ran once and that the site knows.
#[track_caller]
fn may_end(name: &str, estate: &Estate, on: &Machine) {
    on.run(&format!("test $(cat /root/{name}.did) = begun && echo > /root/{name}.gate")).ok();
    estate.portolan(&format!("deployment watch {name}")).ok().says("installed");
    assert_eq!(on.run(&format!("cat /root/{name}.did")).ok().out, "begun\nended\n");
}

/// Makes a package with this postinst in the machine; its path there.
fn package(machine: &Machine, name: &str, postinst: &str) -> String {
    let folder = format!("/root/{name}");
    let control = format!(
        "Package: {name}\nVersion: 1.0\nArchitecture: all\nMaintainer: Test <test@example.org>\n\
         Description: made for a test\n"
    );
    machine.write(&format!("{folder}/DEBIAN/control"), &control);
    machine.write(&format!("{folder}/DEBIAN/postinst"), postinst);
    machine.run(&format!("chmod 755 {folder}/DEBIAN/postinst && dpkg-deb --build {folder}")).ok();
    format!("{folder}.deb")
}

/// Installs the package of the roles.
#[track_caller]
fn install(machine: &Machine) {
    machine.put(&Packages::usual().portolan(), "/root/portolan.deb");
    machine.run("dpkg --install /root/portolan.deb && rm /root/portolan.deb").ok();
}

/// A unit of systemd on a booted machine.
struct Unit<'a> {
    machine: &'a Machine,
    name: &'static str,
}

impl<'a> Unit<'a> {
    /// Enabled and started; so it has said that it is ready.
    #[track_caller]
    fn enabled(machine: &'a Machine, name: &'static str) -> Self {
        let unit = Self { machine, name };
        let started = machine.run(&format!("systemctl enable --now {name}"));
        assert_eq!(started.code, Some(0), "{}{}", started.err, unit.journal());
        assert_eq!(unit.show(&["Type", "ActiveState"]), "notify active");
        unit
    }

    /// Some of its properties, with a space between.
    #[track_caller]
    fn show(&self, properties: &[&str]) -> String {
        let one = |property: &&str| {
            let line = format!("systemctl show --value --property={property} {}", self.name);
            self.machine.run(&line).ok().out.trim().to_owned()
        };
        properties.iter().map(one).collect::<Vec<_>>().join(" ")
    }

    #[track_caller]
    fn pid(&self) -> String {
        self.show(&["MainPID"])
    }

    fn journal(&self) -> String {
        self.machine.run(&format!("journalctl --no-pager --output=cat --unit={}", self.name)).out
    }

    /// Waits until a line of its journal holds the text.
    #[track_caller]
    fn says(&self, text: &str) -> String {
        let line = || self.journal().lines().find(|line| line.contains(text)).map(str::to_owned);
        until(text, line)
    }

    /// From its next start on systemd waits for a sign of life no longer than two
    /// seconds, and starts it again at once.
    #[track_caller]
    fn is_impatient(&self) {
        let path = format!("/etc/systemd/system/{}.service.d/sooner.conf", self.name);
        self.machine.write(&path, "[Service]\nWatchdogSec=2\nRestartSec=0\n");
        self.machine.run("systemctl daemon-reload").ok();
    }

    /// Waits until systemd has started it again, and it is ready.
    #[track_caller]
    fn is_back_after(&self, pid: &str) {
        until("it is back", || {
            let is = self.show(&["ActiveState", "MainPID"]);
            is.strip_prefix("active ").filter(|now| *now != pid).map(drop)
        });
    }

    /// What the kernel says of the process: its account, one right of root's, no
    /// way to others, a filter for system calls; and a file system that it reads.
    #[track_caller]
    fn is_confined(&self) {
        let pid = self.pid();
        let status = self.machine.run(&format!("cat /proc/{pid}/status")).ok().out;
        let uid = self.machine.run("id --user portolan").ok().out;
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            line.unwrap_or_default().trim().to_owned()
        };
        let uid = uid.trim();
        assert_eq!(field("Uid:"), [uid; 4].join("\t"), "{status}");
        const BIND_LOW_PORTS: &str = "0000000000000400";
        for set in ["CapEff:", "CapPrm:", "CapBnd:"] {
            assert_eq!(field(set), BIND_LOW_PORTS, "{status}");
        }
        assert_eq!([field("NoNewPrivs:"), field("Seccomp:")], ["1", "2"], "{status}");
        let within = format!("nsenter --target {pid} --mount --");
        for path in ["/etc", "/usr/bin", "/var/lib/dpkg", "/root"] {
            let tried = self.machine.run(&format!("{within} touch {path}/mark"));
            assert_ne!(tried.code, Some(0), "{path} can be written");
        }
    }
}

impl Drop for Unit<'_> {
    /// A test that fails shows what the program said.
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("--- {} on {}:\n{}", self.name, self.machine.name(), self.journal());
        }
    }
}
