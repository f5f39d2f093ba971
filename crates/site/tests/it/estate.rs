//! What the tests set up again and again: a site that runs in a sandbox, a
//! second client beside it, and packages that behave as told.

use crate::sandbox::{Running, Said, Sandbox};

/// A site and its first client, as `portolan up` makes them.
pub(crate) struct Estate {
    pub(crate) machine: Sandbox,
    pub(crate) up: Running,
}

impl Estate {
    /// A site whose `up` has said that it is ready.
    pub(crate) fn up() -> Self {
        Self::up_in(Sandbox::new())
    }

    pub(crate) fn up_in(machine: Sandbox) -> Self {
        let mut up = machine.start("up");
        up.wait_for("ready");
        Self { machine, up }
    }

    /// Lets this machine's agent ask for policy at once, and waits for what
    /// comes of it.
    #[track_caller]
    pub(crate) fn sync(&self) {
        self.machine.portolan("agent sync --wait").ok();
    }

    /// Lets this machine's agent ask for policy at once, and does not wait.
    #[track_caller]
    pub(crate) fn sync_begins(&self) {
        self.machine.portolan("agent sync").ok();
    }

    /// Starts this test binary in the machine, as an attacker or as somebody
    /// who looks into the store ([`crate::attack`]).
    pub(crate) fn attack(&self, words: &str) -> Said {
        let program = std::env::current_exe().unwrap();
        self.machine.shell(&format!("{} --attack {words}", program.display()))
    }

    /// The machine's name as the site knows it: of its first device.
    pub(crate) fn device(&self) -> (String, String) {
        let devices = self.machine.portolan("device list --format json").json();
        let text = |key: &str| devices[0][key].as_str().expect("a device").to_owned();
        (text("name"), text("id"))
    }

    /// Where an application stands on the only device.
    pub(crate) fn phase(&self, app: &str) -> String {
        let said = self.machine.portolan(&format!("deployment watch {app} --format json"));
        let progress: serde_json::Value = serde_json::from_str(&said.out).expect("JSON");
        progress["states"][0]["phase"].as_str().expect("a phase").to_owned()
    }
}

/// The real Debian package `hello`, which `cargo xtask lab` fetched.
pub(crate) fn hello() -> String {
    let folder = lab::folder().join("debs");
    let found = std::fs::read_dir(&folder)
        .into_iter()
        .flatten()
        .flatten()
        .find(|entry| entry.file_name().to_string_lossy().starts_with("hello_"));
    match found {
        Some(entry) => {
            std::fs::canonicalize(entry.path()).expect("it is there").to_string_lossy().into_owned()
        }
        None => panic!("no hello_*.deb in {}: run `cargo xtask lab` first", folder.display()),
    }
}

/// Builds a package in the machine with this postinst, and returns its path.
pub(crate) fn package(machine: &Sandbox, name: &str, postinst: &str) -> String {
    let folder = format!("/root/build/{name}");
    machine.write(
        &format!("{folder}/DEBIAN/control"),
        &format!(
            "Package: {name}\nVersion: 1.0\nArchitecture: all\nMaintainer: Test <test@example.org>\n\
             Description: made for a test\n"
        ),
    );
    machine.write(&format!("{folder}/DEBIAN/postinst"), postinst);
    let deb = format!("/root/build/{name}.deb");
    machine
        .shell(&format!("chmod 755 {folder}/DEBIAN/postinst && dpkg-deb --build {folder} {deb}"))
        .ok();
    deb
}

/// What the machine's package database says of a package: `installed`, or
/// something else, or nothing.
pub(crate) fn installed(machine: &Sandbox, package: &str) -> bool {
    let line = format!("dpkg-query --show --showformat='${{db:Status-Status}}' {package}");
    machine.shell(&line).out == "installed"
}
