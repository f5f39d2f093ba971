//! The install command of `portolan token create`, on a bare Debian machine: it
//! makes the machine a client, or leaves it as it was.

use std::io::{Read as _, Write as _};
use std::process::{Child, Stdio};

use lab::{Machine, PATIENCE, Said};

use crate::Test;
use crate::estate::Estate;
use crate::packages::Packages;

pub(crate) const TESTS: &[Test] = &[
    ("install::token_typed_at_a_terminal", typed),
    ("install::token_from_a_pipe_and_only_once", piped),
    ("install::question_that_is_not_answered", unanswered),
    ("install::another_package_or_another_site", others),
    ("install::package_that_cannot_be_unpacked", undone),
];

/// Copied from the site's terminal to the machine's: the token is asked for, is
/// not shown, and the machine is a client with the package that the site has.
fn typed() {
    let estate = estate();
    let machine = estate.lab.bare("typed", &estate.north, "10.7.0.21");
    let made = Made::on(&estate);
    assert!(!made.command.contains(&made.token), "it would be in the shell's history");

    let mut terminal = Terminal::open(&machine, &made.command);
    terminal.shows("token: ");
    terminal.types(&format!("{}\n", made.token));
    let (code, said) = terminal.ends();
    println!("{said}");
    assert!(code == Some(0) && said.contains("this machine is now device"), "{said}");
    assert!(!said.contains(&made.token), "the token is shown:\n{said}");
    is_client(&estate, &machine);
}

/// Ctrl-C, and somebody who types no token.
fn unanswered() {
    let estate = estate();
    let machine = estate.lab.bare("asked", &estate.north, "10.7.0.21");
    let made = Made::on(&estate);
    for (answer, code) in [("\u{3}", 130), ("what token?\n", 2)] {
        let before = files(&machine, &[]);
        // A shell that lives on, and shows what it has got its terminal back as.
        let command = format!("trap : INT; {}; code=$?; stty -a; exit $code", made.command);
        let mut terminal = Terminal::open(&machine, &command);
        terminal.shows("token: ");
        terminal.types(answer);
        let (ended, said) = terminal.ends();
        println!("{said}");
        assert_eq!(ended, Some(code), "{said}");
        let back = !said.contains("-isig ") && !said.contains("-echo ");
        assert!(back, "the terminal shows what is typed, as before: {said}");
        same(&before, &files(&machine, &[]));
    }
    assert!(devices(&estate).is_empty());
}

/// From a pipe, as scripts do it. With the same token no second machine gets in.
fn piped() {
    let estate = estate();
    let first = estate.lab.bare("first", &estate.north, "10.7.0.21");
    let made = Made::on(&estate);
    made.carried_out_on(&first, &made.command).ok().says("this machine is now device");
    is_client(&estate, &first);

    let second = estate.lab.bare("second", &estate.north, "10.7.0.22");
    let refused = changes_nothing(&second, || made.carried_out_on(&second, &made.command));
    refused.says("already used; make another").says("nothing is left on this machine");
    assert_eq!(devices(&estate), ["first"]);
}

/// Neither a package that somebody has exchanged nor a site that says it is
/// another comes onto the machine; and neither costs the token.
fn others() {
    let estate = estate();
    let machine = estate.lab.bare("careful", &estate.north, "10.7.0.21");
    let made = Made::on(&estate);

    let command = other_digit(&made.command, "SHA256:");
    let refused = changes_nothing(&machine, || made.carried_out_on(&machine, &command));
    refused.says("Hash Sum mismatch");

    let command = other_digit(&made.command, "--root sha256:");
    let refused = changes_nothing(&machine, || made.carried_out_on(&machine, &command));
    refused.says("is not of this site").says("nothing is left on this machine");
    assert!(devices(&estate).is_empty());

    made.carried_out_on(&machine, &made.command).ok();
    is_client(&estate, &machine);
}

/// The machine is a client by then, so the site knows it. The administrator is
/// told which device to refuse; on the machine it is undone.
fn undone() {
    let estate = estate();
    let machine = estate.lab.bare("read-only", &estate.north, "10.7.0.21");
    let made = Made::on(&estate);
    let share = "/usr/share/doc";
    machine.run(&format!("mount --bind {share} {share} && mount -o remount,ro,bind {share}")).ok();
    let packages = || machine.run("dpkg-query --show").ok().out;
    let before = packages();
    let refused =
        changes_nothing_but(DPKG, &machine, || made.carried_out_on(&machine, &made.command));
    assert_eq!(packages(), before);
    refused.says("what had been done was undone").says("`portolan device block ");
    assert_eq!(devices(&estate), ["read-only"]);
}

/// Where dpkg writes down that it ran.
const DPKG: &[&str] = &[
    "/var/lib/dpkg/lock",
    "/var/lib/dpkg/lock-frontend",
    "/var/lib/dpkg/status",
    "/var/lib/dpkg/status-old",
    "/var/lib/dpkg/triggers/Lock",
    "/var/log/dpkg.log",
];

/// A site that has the agent's package.
fn estate() -> Estate {
    let estate = Estate::new();
    publish_agent(&estate);
    estate
}

pub(crate) fn publish_agent(estate: &Estate) {
    let packages = Packages::usual();
    estate.head.put(&packages.agent(), "/root/agent.deb");
    estate.portolan("agent publish /root/agent.deb").ok().says("from http://10.1.0.10");
}

/// What `token create` prints.
pub(crate) struct Made {
    token: String,
    /// The command for the machine.
    pub(crate) command: String,
}

impl Made {
    pub(crate) fn on(estate: &Estate) -> Self {
        let said = estate.portolan("token create").ok().out;
        let token = said.lines().find_map(|line| line.strip_prefix("token ")).map(str::trim);
        let command = said.lines().find(|line| line.starts_with("  (")).map(str::trim);
        let both = token.zip(command);
        let (token, command) = both.unwrap_or_else(|| panic!("no token, no command:\n{said}"));
        Self { token: token.to_owned(), command: command.to_owned() }
    }

    /// Runs a command on the machine, which gets the token from a pipe.
    #[track_caller]
    pub(crate) fn carried_out_on(&self, machine: &Machine, command: &str) -> Said {
        machine.run(&format!("echo {} | {command}", self.token))
    }
}

/// The command with another digit after these words.
fn other_digit(command: &str, after: &str) -> String {
    let at = command.find(after).expect("the command has it") + after.len();
    let other = if command[at..].starts_with('0') { "1" } else { "0" };
    format!("{}{other}{}", &command[..at], &command[at + 1..])
}

/// The names of the devices that the site knows.
fn devices(estate: &Estate) -> Vec<String> {
    let all = estate.portolan("device list --format json").json();
    let all = all.as_array().expect("a list").iter();
    all.map(|device| device["name"].as_str().expect("a name").to_owned()).collect()
}

/// The package is installed, the agent works, and the site knows the machine.
#[track_caller]
fn is_client(estate: &Estate, machine: &Machine) {
    machine
        .run("dpkg --verify portolan-agent && dpkg --status portolan-agent")
        .ok()
        .says("ok installed");
    machine.run("test -s /var/lib/portolan-agent/identity/device.key").ok();
    machine.run("ls /tmp /var/lib/portolan-agent.joining").ended(2);
    let mut agent = machine.start("portolan-agent run");
    agent.wait_for("policy");
    machine.run("portolan-agent sync --wait").ok();
    assert!(devices(estate).contains(&machine.name().to_owned()));
}

/// Sees that what is tried ends badly, and that afterwards every file of the
/// machine is as it was.
#[track_caller]
fn changes_nothing(machine: &Machine, attempt: impl FnOnce() -> Said) -> Said {
    changes_nothing_but(&[], machine, attempt)
}

/// The same, but for these files.
#[track_caller]
fn changes_nothing_but(these: &[&str], machine: &Machine, attempt: impl FnOnce() -> Said) -> Said {
    let before = files(machine, these);
    let said = attempt();
    assert_ne!(said.code, Some(0), "it went well:\n{}{}", said.out, said.err);
    println!("{}{}", said.out, said.err);
    same(&before, &files(machine, these));
    said
}

#[track_caller]
fn same(before: &[String], after: &[String]) {
    let lines = |of: &[String], but: &[String]| {
        of.iter().filter(|line| !but.contains(line)).cloned().collect::<Vec<_>>().join("\n")
    };
    let (gone, left) = (lines(before, after), lines(after, before));
    assert!(
        gone.is_empty() && left.is_empty(),
        "gone or changed:\n{gone}\nleft or changed:\n{left}"
    );
}

/// Every file of the machine but some: kind, rights, owner and name; and of what
/// is no folder size, time and target.
fn files(machine: &Machine, but: &[&str]) -> Vec<String> {
    let said = machine.run(
        r"find / /tmp /run -xdev -type d -printf '%y %m %u:%g %p\n' \
              -o -printf '%y %m %u:%g %s %T@ %p %l\n' | sort",
    );
    let is_meant = |line: &&str| !line.split(' ').any(|word| but.contains(&word));
    said.ok().out.lines().filter(is_meant).map(str::to_owned).collect()
}

/// A terminal of the machine, in which a command runs.
struct Terminal {
    child: Child,
    said: String,
}

impl Terminal {
    fn open(machine: &Machine, command: &str) -> Self {
        let mut script = machine.command("timeout");
        script.args([&PATIENCE.as_secs().to_string(), "script", "-qec", command, "/dev/null"]);
        script.env("SHELL", "/bin/sh").stdin(Stdio::piped()).stdout(Stdio::piped());
        Self { child: script.spawn().expect("nsenter starts"), said: String::new() }
    }

    /// Reads until it ends with the text.
    #[track_caller]
    fn shows(&mut self, text: &str) {
        let mut byte = [0];
        let out = self.child.stdout.as_mut().expect("piped");
        while !self.said.ends_with(text) {
            let read = out.read(&mut byte).expect("it can be read");
            assert!(read > 0, "it does not show {text:?} but:\n{}", self.said);
            self.said.push(char::from(byte[0]));
        }
    }

    fn types(&mut self, keys: &str) {
        let into = self.child.stdin.as_mut().expect("piped");
        into.write_all(keys.as_bytes()).expect("the terminal is open");
    }

    /// The command's exit code and all that was shown, when it has ended.
    fn ends(mut self) -> (Option<i32>, String) {
        let rest = self.child.stdout.as_mut().expect("piped").read_to_string(&mut self.said);
        rest.expect("what is shown is text");
        (self.child.wait().expect("it was our child").code(), self.said)
    }
}
