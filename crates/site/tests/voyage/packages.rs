//! Both programs as Debian packages, as `cargo xtask dist` packs them: made anew
//! for the tests, so that no package of yesterday's programs is tested.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tempfile::TempDir;

use crate::estate::portolan;

/// The packages, in a folder that is gone with the last test that has them.
pub(crate) struct Packages {
    folder: TempDir,
    version: String,
}

static MADE: Mutex<Weak<Packages>> = Mutex::new(Weak::new());

/// It lies beside the programs that it packs.
pub(crate) fn xtask() -> PathBuf {
    portolan().with_file_name("xtask")
}

impl Packages {
    /// Of the programs' own version; made once for all tests that run now.
    pub(crate) fn usual() -> Arc<Self> {
        let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(packages) = made.upgrade() {
            return packages;
        }
        let packages = Arc::new(Self::of(env!("CARGO_PKG_VERSION")));
        *made = Arc::downgrade(&packages);
        packages
    }

    /// The same programs in packages of another version.
    pub(crate) fn of(version: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut pack = Command::new(xtask());
        pack.env("CARGO_MANIFEST_DIR", lab::repository().join("xtask"))
            .args(["dist", "--version", version])
            .arg("--binaries")
            .arg(portolan().parent().expect("a program lies in a folder"))
            .arg("--output")
            .arg(folder.path());
        let packed = pack.output().expect("it starts");
        let said = String::from_utf8_lossy(&packed.stderr);
        assert!(packed.status.success(), "{pack:?}: {said}");
        Self { folder, version: version.to_owned() }
    }

    pub(crate) fn portolan(&self) -> PathBuf {
        self.deb("portolan")
    }

    pub(crate) fn agent(&self) -> PathBuf {
        self.deb("portolan-agent")
    }

    fn deb(&self, program: &str) -> PathBuf {
        let start = format!("{program}_{}_", self.version);
        let is_it = |path: &PathBuf| name(path).starts_with(&start);
        let found = std::fs::read_dir(self.folder.path()).expect("a folder").flatten();
        found.map(|entry| entry.path()).find(is_it).expect("xtask has packed it")
    }
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
