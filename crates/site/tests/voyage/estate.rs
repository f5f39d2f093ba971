//! The estate of most voyages: servers, and two networks of clients with a
//! distribution point each, which are boundary groups and each other's
//! neighbours. A test makes of it what its story needs.

use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use lab::law::{self, Excuse, Verdict};
use lab::{Lab, Machine, Network, PATIENCE, Router, Running, Said};
use plan::Plan;
use rules::Direction;

use crate::firewalls::Firewalls;
use crate::packages::xtask;

/// What the site file of the estate says. Networks, hosts and addresses are those
/// of [`Estate`]'s functions; the neighbours help out soon, so that a test need
/// not wait for long.
pub(crate) const SITE: &str = r#"
edition = "portolan"

[site.P01]
name = "Voyage"

[client-settings]
policy-poll = "2s"
heartbeat = "5s"

[network.servers]
cidr = ["10.1.0.0/24"]

[network.north]
cidr = ["10.7.0.0/24"]
clients = "P01"
boundary-groups = ["north"]

[network.south]
cidr = ["10.8.0.0/24"]
clients = "P01"
boundary-groups = ["south"]

[boundary-group.north]
hosts = ["dp7"]
neighbours = [{ group = "south", after = "6s" }]

[boundary-group.south]
hosts = ["dp8"]
neighbours = [{ group = "north", after = "6s" }]

[host.head]
address = "10.1.0.10"
roles = ["site-server", "management-point", "sms-provider"]

[host.mirror]
address = "10.1.0.40"
role.package-mirror = { suite = "lab", signed-by = "/etc/apt/keyrings/lab.gpg" }

[host.dp7]
address = "10.7.0.5"
roles = ["distribution-point"]

[host.dp8]
address = "10.8.0.5"
roles = ["distribution-point"]

[host.router]
address = "10.1.0.1"
roles = ["router"]
"#;

const FOLDER: &str = "/var/lib/portolan";

/// Why there can be no voyage here; nothing when there can.
pub(crate) fn obstacle() -> Option<String> {
    if let Some(why) = lab::obstacle() {
        return Some(why);
    }
    // It signs the package mirror's lists.
    if std::process::Command::new("gpg").arg("--version").output().is_err() {
        return Some("has no gpg, of the package gnupg".into());
    }
    let missing = [agent(), xtask()].into_iter().find(|program| !program.is_file())?;
    Some(format!("has no {}: run `cargo build --workspace --bins` first", missing.display()))
}

pub(crate) fn portolan() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_portolan"))
}

/// It lies beside the other, where the same profile was built.
pub(crate) fn agent() -> PathBuf {
    portolan().with_file_name("portolan-agent")
}

/// A site on its networks, with the site server's host running.
pub(crate) struct Estate {
    pub(crate) head: Server,
    pub(crate) servers: Network,
    pub(crate) north: Network,
    pub(crate) south: Network,
    _router: Router,
    pub(crate) lab: Lab,
    /// The rules of its machines, where each has a firewall.
    firewalls: Option<Firewalls>,
}

/// A host of the site that serves its roles.
pub(crate) struct Server {
    pub(crate) serve: Running,
    machine: Machine,
}

/// A machine whose agent runs.
pub(crate) struct Client {
    pub(crate) agent: Running,
    machine: Machine,
}

impl Estate {
    /// The site of [`SITE`].
    pub(crate) fn new() -> Self {
        Self::of(SITE)
    }

    /// The same, with a firewall on every machine that lets pass what the plan has,
    /// and nothing else.
    pub(crate) fn with_firewalls() -> Self {
        Self::make(SITE, Some(Firewalls::of(SITE)))
    }

    /// The site of another site file, on the same networks.
    pub(crate) fn of(site_file: &str) -> Self {
        Self::make(site_file, None)
    }

    fn make(site_file: &str, firewalls: Option<Firewalls>) -> Self {
        let lab = Lab::new(&[portolan(), &agent()]);
        let servers = lab.network("servers", "10.1.0.0/24");
        let north = lab.network("north", "10.7.0.0/24");
        let south = lab.network("south", "10.8.0.0/24");
        let _router = lab.router("router", &[&servers, &north, &south]);
        let head = lab.machine("head", &servers, "10.1.0.10");
        if let Some(firewalls) = &firewalls {
            firewalls.close(&head, &servers);
        }
        head.write(&format!("{FOLDER}/site.toml"), site_file);
        head.run("portolan create").ok();
        let head = Server::serve(head);
        Self { head, servers, north, south, _router, lab, firewalls }
    }

    /// A machine on one of the networks.
    pub(crate) fn machine(&self, name: &str, network: &Network, address: &str) -> Machine {
        let machine = self.lab.machine(name, network, address);
        self.close(&machine, network);
        machine
    }

    /// Gives a machine its firewall, where the estate has them.
    pub(crate) fn close(&self, machine: &Machine, network: &Network) {
        if let Some(firewalls) = &self.firewalls {
            firewalls.close(machine, network);
        }
    }

    /// Both distribution points.
    pub(crate) fn distribution_points(&self) -> [Server; 2] {
        [self.host("dp7", &self.north, "10.7.0.5"), self.host("dp8", &self.south, "10.8.0.5")]
    }

    /// Takes the rules of a flow away from a machine's firewall.
    pub(crate) fn without(&self, machine: &Machine, network: &Network, flow: &str) {
        let firewalls = self.firewalls.as_ref().expect("an estate with firewalls");
        let mut set = firewalls.rules(&firewalls.place(machine.name(), network.name()));
        let before = set.rules.len();
        let serves = |rule: &rules::Rule| set.connections(rule).iter().any(|id| id == flow);
        let gone: Vec<String> =
            set.rules.iter().filter(|rule| serves(rule)).map(|rule| rule.id.clone()).collect();
        set.rules.retain(|rule| !gone.contains(&rule.id));
        assert!(set.rules.len() < before, "{flow} has a rule at {}", machine.name());
        machine.nft(&firewalls.text(&set));
    }

    /// The flows whose rules have counted a packet at a machine, and in which
    /// direction.
    pub(crate) fn counted(&self, machine: &Machine) -> Vec<(Direction, String)> {
        let firewalls = self.firewalls.as_ref().expect("an estate with firewalls");
        let network = if machine.name().starts_with("south") { &self.south } else { &self.north };
        firewalls.counted(machine, network)
    }

    /// A host of the site file, joined and serving.
    pub(crate) fn host(&self, name: &str, network: &Network, address: &str) -> Server {
        let machine = self.machine(name, network, address);
        self.invite(name, &machine);
        machine.run("portolan join /root/invitation").ok();
        Server::serve(machine)
    }

    /// Carries an invitation to the machine, as an administrator would.
    pub(crate) fn invite(&self, name: &str, machine: &Machine) {
        let said = self.portolan(&format!("host invite {name} --output -")).ok();
        machine.write("/root/invitation", &said.out);
    }

    /// A machine that is enrolled, and whose agent runs.
    pub(crate) fn client(&self, name: &str, network: &Network, address: &str) -> Client {
        let machine = self.machine(name, network, address);
        self.enrol(&machine);
        let agent = machine.start("portolan-agent run");
        Client { agent, machine }
    }

    /// Makes the machine a client of the site.
    pub(crate) fn enrol(&self, machine: &Machine) {
        self.try_enrol(machine, "").ok();
    }

    /// What the agent says to it; `before` stands before the command.
    pub(crate) fn try_enrol(&self, machine: &Machine, before: &str) -> Said {
        let made = self.portolan("token create --format json").json();
        let text = |key: &str| made[key].as_str().expect("a text").to_owned();
        machine.write("/root/token", &text("token"));
        let (at, code, root) = (text("management_point"), text("site"), text("root"));
        let whom = format!("--site {at} --code {code} --root {root}");
        machine.run(&format!("{before} portolan-agent enrol {whom} --token-file /root/token"))
    }

    /// `portolan` with these words, on the site server's host.
    #[track_caller]
    pub(crate) fn portolan(&self, words: &str) -> Said {
        self.head.run(&format!("portolan {words}"))
    }

    /// Publishes a package with so many megabytes in it that cannot be compressed,
    /// as an application of the same name.
    #[track_caller]
    pub(crate) fn publish(&self, name: &str, megabytes: u32) {
        let folder = format!("/root/{name}");
        self.head.write(
            &format!("{folder}/DEBIAN/control"),
            &format!(
                "Package: {name}\nVersion: 1\nArchitecture: all\n\
                 Maintainer: Test <test@example.org>\nDescription: made for a test\n"
            ),
        );
        let fill = format!("head --bytes={megabytes}MB /dev/urandom > {folder}/opt/{name}");
        let build = format!("dpkg-deb -Znone --root-owner-group --build {folder} {folder}.deb");
        self.head.run(&format!("mkdir -p {folder}/opt && {fill} && {build}")).ok();
        self.portolan(&format!("app create {name} --deb {folder}.deb")).ok();
    }

    /// The site server's plan, as its site file is now.
    pub(crate) fn plan(&self) -> Plan {
        let path = self.head.path(&format!("{FOLDER}/site.toml"));
        let text = std::fs::read_to_string(path).expect("the site file");
        let estate = plan::read(&text).unwrap_or_else(|mistakes| panic!("{mistakes:?}"));
        plan::plan(&estate).unwrap_or_else(|mistakes| panic!("{mistakes:?}")).0
    }

    /// What the capture of all that happened says of the plan.
    pub(crate) fn law(&self, excused: &[Excuse<'_>]) -> Verdict {
        law::judge(&[&self.plan()], &self.lab.captured(), excused)
    }
}

impl Server {
    pub(crate) fn serve(machine: Machine) -> Self {
        let mut serve = machine.start_shell("PORTOLAN_LOG=info,served=debug exec portolan serve");
        serve.wait_for("is up");
        Self { serve, machine }
    }
}

impl Client {
    /// Whether a package is installed, and in which version.
    pub(crate) fn version_of(&self, package: &str) -> Option<String> {
        let show = "dpkg-query --show --showformat='${db:Status-Status} ${Version}'";
        let said = self.run(&format!("{show} {package}"));
        said.out.strip_prefix("installed ").map(str::to_owned)
    }
}

impl Deref for Server {
    type Target = Machine;

    fn deref(&self) -> &Machine {
        &self.machine
    }
}

impl Deref for Client {
    type Target = Machine;

    fn deref(&self) -> &Machine {
        &self.machine
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        last_words(self.machine.name(), &mut self.serve);
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        last_words(self.machine.name(), &mut self.agent);
    }
}

/// A test that fails shows what the programs said.
fn last_words(name: &str, program: &mut Running) {
    if std::thread::panicking() {
        program.wait_within("\0", Duration::ZERO);
        let from = program.said.len().saturating_sub(60);
        eprintln!("--- {name}:\n{}", program.said[from..].join("\n"));
    }
}

/// Asks again and again until the answer is there.
#[track_caller]
pub(crate) fn until<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < end, "in vain waited until {what}");
        std::thread::park_timeout(Duration::from_millis(20));
    }
}
