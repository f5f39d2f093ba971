//! A machine: a cell with a root file system and at most one cable. What is
//! installed in it is really installed, by the real package database, and gone
//! with it.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use crate::PATIENCE;
use crate::boot::Group;
use crate::cell::{Cell, WAIT};
use crate::delay::Relay;
use crate::network::{Network, ip};
use crate::place;
use crate::running::Running;
use crate::said::Said;
use crate::switch::{Port, Switch};

/// The upper layer is memory, so nothing is left on the disk.
const SET_UP: &str = r#"
set -e
ip link set lo up
hostname "$LAB_NAME"
mount -t tmpfs -o size=8g machine /mnt
mkdir /mnt/upper /mnt/work /mnt/root
mount -t overlay overlay -o "lowerdir=$LAB_LOWER,upperdir=/mnt/upper,workdir=/mnt/work" /mnt/root
mount -t proc proc /mnt/root/proc
mount --rbind /dev /mnt/root/dev
mount -t sysfs sysfs /mnt/root/sys
mount -t tmpfs tmp /mnt/root/tmp
mount -t tmpfs run /mnt/root/run
chmod 1777 /mnt/root/tmp
for path in $LAB_SHOWS; do
    mkdir -p "/mnt/root$path"
    mount --rbind "$path" "/mnt/root$path"
done
for path in $LAB_PROGRAMS; do
    at="/mnt/root/usr/bin/${path##*/}"
    touch "$at"
    mount --bind "$path" "$at"
done
tr -d - < /proc/sys/kernel/random/uuid > /mnt/root/etc/machine-id
"#;

/// What a machine is made of.
pub(crate) struct Make<'a> {
    pub(crate) name: &'a str,
    /// The file system below its own.
    pub(crate) lower: &'a Path,
    /// Programs for its /usr/bin.
    pub(crate) programs: &'a [PathBuf],
    /// Folders of this machine that it sees in the same place.
    pub(crate) shows: &'a [PathBuf],
}

/// A machine. It ends, with all that runs in it, when it is dropped.
#[derive(Debug)]
pub struct Machine {
    name: String,
    pub(crate) cell: Cell,
    /// Whose namespaces a command enters: the first process's, or systemd's.
    pub(crate) enter: AtomicU32,
    pub(crate) cable: Option<Cable>,
    /// Dropped after the cell: it can be removed only when nobody is in it.
    pub(crate) group: Mutex<Option<Group>>,
}

/// What connects a machine to the switch.
#[derive(Debug)]
pub(crate) struct Cable {
    /// Before the switch, so that it ends before the switch does.
    pub(crate) relay: Mutex<Option<Relay>>,
    pub(crate) switch: Arc<Switch>,
    pub(crate) port: u32,
    pub(crate) addresses: Mutex<Vec<IpAddr>>,
}

impl Machine {
    /// A machine whose system is this machine's own, with `lo` for a network,
    /// these programs, and these folders of this machine.
    ///
    /// # Panics
    /// Where it cannot be had; see [`crate::obstacle_to_alone`].
    pub fn alone(programs: &[&Path], shows: &[&Path]) -> Self {
        let owned = |paths: &[&Path]| paths.iter().map(|path| path.to_path_buf()).collect();
        let (programs, shows): (Vec<PathBuf>, Vec<PathBuf>) = (owned(programs), owned(shows));
        let lower = Path::new("/");
        Self::make(&Make { name: "alone", lower, programs: &programs, shows: &shows })
    }

    /// A machine with `lo` for a network, whose system is the bare Debian root and
    /// what is unpacked in this folder of target/lab: for programs that look for their
    /// own files at fixed places. It sees target/lab where it is.
    ///
    /// # Panics
    /// Where it cannot be had; see [`crate::obstacle_to_unpacked`].
    pub fn unpacked(tool: &str) -> Self {
        // The root is first: what is a link there and a folder below stays a link.
        let layers =
            format!("{}:{}", place::debian().display(), place::folder().join(tool).display());
        let (lower, shows) = (Path::new(&layers), [place::folder()]);
        Self::make(&Make { name: "alone", lower, programs: &[], shows: &shows })
    }

    pub(crate) fn make(make: &Make<'_>) -> Self {
        let lower = make.lower.display().to_string();
        let (programs, shows) = (joined(make.programs), joined(make.shows));
        let variables = [
            ("LAB_NAME", make.name),
            ("LAB_LOWER", &lower),
            ("LAB_PROGRAMS", &programs),
            ("LAB_SHOWS", &shows),
        ];
        let script = format!("{SET_UP}exec chroot /mnt/root sh -c \"{WAIT}\"");
        let cell = Cell::new(make.name, &script, &variables);
        let enter = AtomicU32::new(cell.pid());
        let machine =
            Self { name: make.name.to_owned(), cell, enter, cable: None, group: Mutex::default() };
        machine.write("/etc/hosts", &format!("127.0.0.1 localhost {0}\n::1 {0}\n", make.name));
        machine
    }

    pub(crate) fn plug_in(&mut self, switch: &Arc<Switch>, network: &Network, addresses: &str) {
        let addresses = parse(addresses);
        let port = Port {
            machine: self.name.clone(),
            router: false,
            addresses: addresses.clone(),
            bridge: network.bridge.clone(),
            relayed: false,
        };
        let port = switch.cable(&self.cell, "eth0", port);
        self.take(network, &addresses);
        let addresses = Mutex::new(addresses);
        self.cable =
            Some(Cable { relay: Mutex::default(), switch: switch.clone(), port, addresses });
    }

    /// Gives its interface, which is down, the addresses and routes.
    pub(crate) fn take(&self, network: &Network, addresses: &[IpAddr]) {
        network.decide_ipv6(&self.cell, "eth0");
        let mut lines = network.addresses_of("eth0", addresses);
        lines.push_str("link set eth0 up\n");
        lines.push_str(&network.default_routes(addresses));
        ip(&self.cell, &lines);
    }

    /// Its name in the lab, and its host name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The first of its addresses.
    ///
    /// # Panics
    /// Where it has no cable.
    pub fn address(&self) -> IpAddr {
        let addresses = self.cable().addresses.lock().expect("nobody failed with it");
        *addresses.first().expect("a machine with a cable has an address")
    }

    pub(crate) fn cable(&self) -> &Cable {
        self.cable.as_ref().unwrap_or_else(|| panic!("{} has no cable", self.name))
    }

    /// A command in the machine, as its root.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new("nsenter");
        self.enters(&mut command).arg(program);
        command
    }

    fn enters<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        let pid = self.enter.load(Ordering::Relaxed).to_string();
        command
            .args(["--target", &pid, "--all", "--root", "--wd", "--"])
            .env_remove("XDG_DATA_HOME")
            .env_remove("PORTOLAN_DIR")
            .env("HOME", "/root")
            .env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
            .env("NO_COLOR", "1")
            .stdin(Stdio::null())
    }

    /// Runs a command line in the machine, by its shell, to its end.
    ///
    /// # Panics
    /// Where it does not end within [`PATIENCE`].
    #[track_caller]
    pub fn run(&self, line: &str) -> Said {
        let mut command = Command::new("timeout");
        command.args(["--kill-after=5", &PATIENCE.as_secs().to_string(), "nsenter"]);
        self.enters(&mut command).args(["sh", "-c", line]);
        let said = Said::of(&command.output().expect("timeout runs"), line);
        // What `timeout` ends with.
        assert!(
            !matches!(said.code, Some(124 | 137)),
            "`{line}` on {} did not end, but said:\n{}{}",
            self.name,
            said.out,
            said.err
        );
        said
    }

    /// Starts one program with its words, and leaves it running.
    ///
    /// # Panics
    /// Where nothing can be started.
    pub fn start(&self, line: &str) -> Running {
        self.start_shell(&format!("exec {line}"))
    }

    /// Starts a command line, by the machine's shell, and leaves it running.
    ///
    /// # Panics
    /// Where nothing can be started.
    pub fn start_shell(&self, line: &str) -> Running {
        let mut command = self.command("sh");
        command.args(["-c", line]).stdout(Stdio::piped()).stderr(Stdio::piped());
        Running::new(command.spawn().expect("nsenter starts"))
    }

    /// Runs a closure of the test in the machine's network: the sockets that it
    /// opens are the machine's, and stay so.
    ///
    /// # Panics
    /// Where the closure does.
    pub fn inside<T: Send>(&self, act: impl FnOnce() -> T + Send) -> T {
        self.cell.inside(act)
    }

    /// Writes a file in the machine.
    ///
    /// # Panics
    /// Where it cannot be written.
    pub fn write(&self, path: &str, text: &str) {
        self.make_room(path);
        std::fs::write(self.path(path), text).expect("a file in the machine");
    }

    /// Copies a file of this machine into the lab's, with its permissions.
    ///
    /// # Panics
    /// Where it cannot be copied.
    pub fn put(&self, from: &Path, path: &str) {
        self.make_room(path);
        let copied = std::fs::copy(from, self.path(path));
        copied.unwrap_or_else(|error| panic!("{} to {path}: {error}", from.display()));
    }

    fn make_room(&self, path: &str) {
        if let Some(parent) = self.path(path).parent() {
            std::fs::create_dir_all(parent).expect("a folder in the machine");
        }
    }

    /// A path of the machine, from outside.
    pub fn path(&self, path: &str) -> PathBuf {
        let root = format!("/proc/{}/root", self.enter.load(Ordering::Relaxed));
        Path::new(&root).join(path.trim_start_matches('/'))
    }
}

fn joined(paths: &[PathBuf]) -> String {
    let absolute = paths.iter().map(|path| {
        let path = std::fs::canonicalize(path);
        path.unwrap_or_else(|error| panic!("a program of the lab: {error}")).display().to_string()
    });
    absolute.collect::<Vec<_>>().join(" ")
}

pub(crate) fn parse(addresses: &str) -> Vec<IpAddr> {
    let addresses = addresses.split_whitespace();
    addresses.map(|text| text.parse().unwrap_or_else(|_| panic!("{text} is no address"))).collect()
}
