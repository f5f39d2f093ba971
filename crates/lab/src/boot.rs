//! A machine with systemd in it, booted by systemd-nspawn inside the machine's
//! own namespaces.
//!
//! systemd needs a control group to itself. That is the one thing of a lab with
//! a name in the kernel: it is removed with its machine, or by the next boot
//! where the test was killed.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::Instant;

use crate::machine::Machine;
use crate::running::Running;
use crate::{PATIENCE, place};

/// nspawn mounts these itself, and has its own records in /run.
const SET_UP: &str = r#"
set -e
umount --lazy /mnt/root/dev /mnt/root/proc /mnt/root/sys /mnt/root/tmp /mnt/root/run
mount -t tmpfs run /run
for group in $LAB_GROUPS; do echo 0 > "$group/cgroup.procs"; done
exec "$LAB_NSPAWN" --quiet --directory=/mnt/root --machine="$LAB_NAME" --boot --register=no \
    --keep-unit --network-namespace-path=/proc/self/ns/net --console=pipe
"#;

impl Machine {
    /// Boots systemd in the machine, and waits until it is up. From then on
    /// commands run in what systemd has booted, with its own /run and /tmp.
    ///
    /// # Panics
    /// Where it does not come up, or a unit of it fails.
    pub fn boot(&self) -> Running {
        let group = Group::new(self.cell.pid());
        let mut nspawn = self.cell.within(Path::new("sh"));
        nspawn
            .args(["-c", SET_UP])
            .env("LAB_GROUPS", group.list())
            .env("LAB_NSPAWN", place::tool("systemd-nspawn"))
            .env("LAB_NAME", self.name())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        *self.group.lock().unwrap_or_else(PoisonError::into_inner) = Some(group);
        let mut nspawn = Running::new(nspawn.spawn().expect("nsenter starts"));
        let Some(systemd) = systemd_of(nspawn.pid()) else {
            nspawn.wait_within("\0", PATIENCE);
            panic!("nspawn did not start systemd, but said:\n{}", nspawn.said.join("\n"));
        };
        self.enter.store(systemd, Ordering::Relaxed);
        // systemctl cannot wait for a systemd that does not answer yet.
        self.run("until systemctl is-system-running --wait; do :; done").ok().says("running");
        nspawn
    }
}

/// The child of nspawn that has become systemd; nothing where nspawn ends.
fn systemd_of(nspawn: u32) -> Option<u32> {
    let end = Instant::now() + PATIENCE;
    while Instant::now() < end {
        let path = format!("/proc/{nspawn}/task/{nspawn}/children");
        let children = std::fs::read_to_string(path).ok()?;
        let found = children.split_whitespace().find(|child| {
            let name = std::fs::read_to_string(format!("/proc/{child}/comm"));
            name.is_ok_and(|name| name.trim() == "systemd")
        });
        if let Some(systemd) = found {
            return systemd.parse().ok();
        }
        std::thread::yield_now();
    }
    None
}

/// A control group of a machine's own, in each hierarchy that systemd uses.
#[derive(Debug)]
pub(crate) struct Group {
    folders: Vec<PathBuf>,
}

const PREFIX: &str = "portolan-lab-";

impl Group {
    fn new(machine: u32) -> Self {
        let hierarchies =
            ["systemd", "unified", ""].map(|name| Path::new("/sys/fs/cgroup").join(name));
        let used = hierarchies.iter().filter(|folder| folder.join("cgroup.procs").is_file());
        let folders = used.map(|hierarchy| {
            sweep(hierarchy);
            let folder = hierarchy.join(format!("{PREFIX}{machine}"));
            std::fs::create_dir(&folder)
                .unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
            folder
        });
        Self { folders: folders.collect() }
    }

    fn list(&self) -> String {
        let folders = self.folders.iter().map(|folder| folder.display().to_string());
        folders.collect::<Vec<_>>().join(" ")
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.folders.iter().for_each(|folder| remove(folder));
    }
}

/// Removes what killed tests have left: groups of machines that are gone.
fn sweep(hierarchy: &Path) {
    for entry in std::fs::read_dir(hierarchy).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let machine = name.strip_prefix(PREFIX);
        if machine.is_some_and(|pid| !Path::new("/proc").join(pid).exists()) {
            remove(&entry.path());
        }
    }
}

fn remove(folder: &Path) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            remove(&entry.path());
        }
    }
    // Somebody may be in it still; then the next boot removes it.
    let _busy = std::fs::remove_dir(folder);
}
