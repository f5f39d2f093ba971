//! Wrappers in target/lab/bin for programs that were unpacked elsewhere.
//!
//! A wrapper gives an unpacked program its libraries, so that nobody has to
//! set LD_LIBRARY_PATH for everything else as well. PostgreSQL's also takes it
//! out of root's hands: the server refuses to run as root, and in a user
//! namespace it is not root and still reaches folders that only root may enter.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use crate::Outcome;

/// A program, and how it is started.
pub(crate) struct Program {
    /// Its name in target/lab/bin.
    pub name: &'static str,
    /// Where it is under the unpacked root; `*` stands for one folder's name.
    pub path: &'static str,
    pub never_as_root: bool,
}

/// Under the same name everywhere.
const fn plain(name: &'static str, path: &'static str) -> Program {
    Program { name, path, never_as_root: false }
}

const fn mingw(name: &'static str, path: &'static str) -> Program {
    Program { name, path, never_as_root: false }
}

const fn postgresql(name: &'static str, path: &'static str) -> Program {
    Program { name, path, never_as_root: true }
}

pub(super) const MINGW: &[Program] = &[
    mingw("x86_64-w64-mingw32-gcc", "usr/bin/x86_64-w64-mingw32-gcc-win32"),
    mingw("x86_64-w64-mingw32-ar", "usr/bin/x86_64-w64-mingw32-ar"),
    mingw("x86_64-w64-mingw32-dlltool", "usr/bin/x86_64-w64-mingw32-dlltool"),
    mingw("x86_64-w64-mingw32-windres", "usr/bin/x86_64-w64-mingw32-windres"),
];

pub(super) const POSTGRESQL: &[Program] = &[
    postgresql("initdb", "usr/lib/postgresql/*/bin/initdb"),
    postgresql("postgres", "usr/lib/postgresql/*/bin/postgres"),
    postgresql("pg_ctl", "usr/lib/postgresql/*/bin/pg_ctl"),
    postgresql("createdb", "usr/lib/postgresql/*/bin/createdb"),
    postgresql("psql", "usr/lib/postgresql/*/bin/psql"),
];

pub(super) const NETWORK: &[Program] = &[
    plain("tcpdump", "usr/bin/tcpdump"),
    plain("nft", "usr/sbin/nft"),
    plain("ip", "bin/ip"),
    plain("ss", "bin/ss"),
    plain("tc", "sbin/tc"),
    plain("ethtool", "sbin/ethtool"),
];

pub(super) const NAMES: &[Program] = &[plain("dnsmasq", "usr/sbin/dnsmasq")];

pub(super) const CONTAINERS: &[Program] = &[
    plain("systemd-nspawn", "usr/bin/systemd-nspawn"),
    plain("apt-ftparchive", "usr/bin/apt-ftparchive"),
];

pub(super) const NGINX: &[Program] = &[plain("nginx", "usr/sbin/nginx")];

impl Program {
    /// Writes the wrapper for the program under `root` into `bin`.
    ///
    /// # Errors
    /// Where the program is not there, or the wrapper cannot be written.
    pub(super) fn place(&self, root: &Path, bin: &Path) -> Outcome {
        let program = find(root, self.path)
            .ok_or_else(|| format!("{} is not under {}", self.path, root.display()))?;
        let wrapper = bin.join(self.name);
        std::fs::write(&wrapper, self.script(root, &program))?;
        Ok(std::fs::set_permissions(&wrapper, std::fs::Permissions::from_mode(0o755))?)
    }

    fn script(&self, root: &Path, program: &Path) -> String {
        let mut script = "#!/bin/sh\n".to_owned();
        if root != Path::new("/") {
            let (root, arch) = (root.display(), std::env::consts::ARCH);
            script.push_str(&format!(
                "LD_LIBRARY_PATH='{root}/usr/lib/{arch}-linux-gnu:{root}/lib/{arch}-linux-gnu:\
                 {root}/usr/lib/{arch}-linux-gnu/systemd'\n\
                 export LD_LIBRARY_PATH\n"
            ));
        }
        let program = program.display();
        if self.never_as_root {
            script.push_str(&format!(
                "[ \"$(id -u)\" != 0 ] ||\n    \
                 exec unshare --user --map-user=1000 --map-group=1000 -- '{program}' \"$@\"\n"
            ));
        }
        script.push_str(&format!("exec '{program}' \"$@\"\n"));
        script
    }
}

/// The path with its `*` filled in; of several folders the last by number.
fn find(root: &Path, pattern: &str) -> Option<PathBuf> {
    let Some((before, after)) = pattern.split_once("/*/") else {
        return Some(root.join(pattern)).filter(|path| path.is_file());
    };
    let mut found: Vec<(u32, PathBuf)> = std::fs::read_dir(root.join(before))
        .ok()?
        .flatten()
        .map(|entry| {
            let number = entry.file_name().to_str().and_then(|name| name.parse().ok());
            (number.unwrap_or(0), entry.path().join(after))
        })
        .filter(|(_, path)| path.is_file())
        .collect();
    found.sort();
    found.pop().map(|(_, path)| path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_unpacked_program_gets_libraries_and_only_a_server_leaves_root() {
        let server = postgresql("initdb", "");
        let unpacked = server.script(Path::new("/lab/pg"), Path::new("/lab/pg/initdb"));
        assert!(unpacked.contains("LD_LIBRARY_PATH='/lab/pg/usr/lib"));
        assert!(unpacked.contains("unshare --user"));
        let installed = mingw("gcc", "").script(Path::new("/"), Path::new("/usr/bin/gcc"));
        assert_eq!(installed, "#!/bin/sh\nexec '/usr/bin/gcc' \"$@\"\n");
    }
}
