//! A package mirror: Debian's own packages in a repository as Debian's archive is
//! one, signed, and served by nginx.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use lab::{Machine, Release, Running};
use tempfile::TempDir;

use crate::estate::Estate;

/// The key ring that the site file names.
const KEYS: &str = "/etc/apt/keyrings/lab.gpg";

/// A mirror that answers. The machine's drop ends it.
pub(crate) struct Mirror {
    pub(crate) machine: Machine,
    _nginx: Running,
    /// Made outside: its tools resolve their paths, which those of a machine do
    /// not survive.
    made: TempDir,
}

impl Mirror {
    /// A mirror as it was when this release was the newest. Its key is put on the
    /// site server's host.
    pub(crate) fn new(estate: &Estate, release: &Release) -> Self {
        let machine = estate.lab.bare("mirror", &estate.servers, "10.1.0.40");
        estate.close(&machine, &estate.servers);
        // nginx and its libraries, as their packages would put them.
        copy(&lab::folder().join("nginx"), &machine.path("/opt/nginx"));
        machine.write("/etc/nginx.conf", &nginx_conf(estate));
        machine.run("mkdir -p /srv /var/log/nginx /var/lib/nginx").ok();
        let mut nginx = machine.start_shell(
            "export LD_LIBRARY_PATH=/opt/nginx/usr/lib/x86_64-linux-gnu:/opt/nginx/lib/x86_64-linux-gnu\n\
             set -e -- /opt/nginx/usr/sbin/nginx -c /etc/nginx.conf; \"$@\" -t; exec \"$@\"",
        );
        nginx.wait_for("test is successful");
        let made = tempfile::tempdir().expect("a temporary folder");
        let mirror = Self { machine, _nginx: nginx, made };
        let gnupg = mirror.gnupg();
        std::fs::create_dir(&gnupg).expect("a folder");
        std::fs::set_permissions(&gnupg, std::fs::Permissions::from_mode(0o700)).expect("a mode");
        mirror.gpg(&["--quick-generate-key", "lab@example.org", "ed25519", "sign", "never"]);
        let key = mirror.made.path().join("key.gpg");
        std::fs::write(&key, mirror.gpg(&["--export"])).expect("the key");
        estate.head.put(&key, KEYS);
        mirror.shows(release);
        mirror
    }

    /// The archive has moved on, or back: from now on this release is the newest.
    pub(crate) fn shows(&self, release: &Release) {
        let upgrade = lab::upgrade();
        let other = if *release == upgrade.newer { &upgrade.older } else { &upgrade.newer };
        let root = self.made.path().join("debian");
        let _none = std::fs::remove_dir_all(&root);
        let (pool, lists) = (root.join("pool/main"), root.join("dists/lab/main/binary-amd64"));
        for folder in [&pool, &lists] {
            std::fs::create_dir_all(folder).expect("a folder");
        }
        for entry in std::fs::read_dir(upgrade.archive).expect("the archive").flatten() {
            let name = entry.file_name();
            if !name.to_string_lossy().contains(&format!("_{}_", other.version)) {
                std::fs::copy(entry.path(), pool.join(name)).expect("a package");
            }
        }
        let packages = said(ftparchive().args(["packages", "pool"]).current_dir(&root));
        std::fs::write(lists.join("Packages"), packages).expect("the list of packages");
        let dist = root.join("dists/lab");
        let mut about = ftparchive();
        for line in ["Suite=lab", "Codename=lab", "Components=main", "Architectures=amd64"] {
            about.args(["-o", &format!("APT::FTPArchive::Release::{line}")]);
        }
        let about = said(about.args(["release", "."]).current_dir(&dist));
        std::fs::write(dist.join("Release"), about).expect("the release");
        let (plain, signed) = (dist.join("Release"), dist.join("InRelease"));
        let (plain, signed) = (plain.display().to_string(), signed.display().to_string());
        self.gpg(&["--clearsign", "--output", &signed, &plain]);
        self.machine.run("rm -rf /srv/debian").ok();
        copy(&root, &self.machine.path("/srv/debian"));
    }

    fn gnupg(&self) -> PathBuf {
        self.made.path().join("gnupg")
    }

    fn gpg(&self, words: &[&str]) -> Vec<u8> {
        let mut gpg = Command::new("gpg");
        gpg.arg("--homedir").arg(self.gnupg()).args(["--batch", "--quiet", "--passphrase", ""]);
        said(gpg.args(words))
    }
}

impl Drop for Mirror {
    fn drop(&mut self) {
        // gpg leaves a helper behind, which ends when it is told to.
        let mut end = Command::new("gpgconf");
        let _none = end.arg("--homedir").arg(self.gnupg()).args(["--kill", "all"]).output();
    }
}

/// Where the plan has it, and nothing else.
fn nginx_conf(estate: &Estate) -> String {
    let plan = estate.plan();
    let mirror = plan.package_mirrors().first().expect("the site file names a mirror").clone();
    format!(
        "daemon off; user root; events {{}}\n\
         http {{ access_log off; server {{ listen {}:{}; root /srv; }} }}\n",
        mirror.address, mirror.port
    )
}

fn copy(from: &Path, to: &Path) {
    said(Command::new("cp").args(["--archive", "--no-target-directory"]).args([from, to]));
}

fn ftparchive() -> Command {
    Command::new(lab::folder().join("bin/apt-ftparchive"))
}

#[track_caller]
fn said(command: &mut Command) -> Vec<u8> {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {complaint}");
    output.stdout
}
