//! The agent comes onto a machine: it becomes a client first, in a folder beside
//! the usual one, and only then is the package installed, the identity put in
//! its place and the agent started. So a wrong root or a spent token costs the
//! machine nothing; and whatever fails later is undone, to the last file.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use node::files::{FileError, Folder, create_folder, sync_folder};
use node::process::{End, Program};
use node::stop::Stop;
use trust::invitation::Invitation;
use trust::token::Token;
use wire::policy::Package;

use crate::action::child::plain;
use crate::dpkg::{self, DpkgError, Presence};
use crate::enrol::{EnrolError, enrol};
use crate::folder::AgentFolder;
use crate::identity::{Identity, IdentityError};
use crate::journal::{Bounds, Journal, JournalError};
use crate::platform;
use crate::words::chain;

/// The package's name, and the unit's.
const NAME: &str = "portolan-agent";
/// For another package tool to finish: a fresh machine often updates itself.
const PATIENCE: Duration = Duration::from_secs(120);
/// For dpkg, and for the service manager.
const WITHIN: Duration = Duration::from_secs(600);

/// Bytes of a tool's output that are told: the last ones.
const LAST_WORDS: usize = 800;

/// Why the machine has no agent now.
#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    #[error("only root can install; run it as root, or with sudo")]
    NotRoot,
    #[error(
        "{0} is not the agent's package; fetch it again with the command that `portolan token create` prints"
    )]
    NotAgent(PathBuf),
    #[error(
        "this machine is device {device} of site {site} already; to begin anew, run: dpkg --purge {NAME}"
    )]
    Enrolled { device: String, site: String },
    #[error("another program is using dpkg, for two minutes now; try again when it has finished")]
    Busy,
    #[error("the machine did not become a client")]
    Enrol(#[source] Box<EnrolError>),
    #[error("{program} {end}: {output}")]
    Failed { program: String, end: End, output: String },
    #[error("{program} could not be run")]
    Run { program: String, source: io::Error },
    #[error("it was told to stop")]
    Stopped,
    #[error("the identity could not be put in its place")]
    Move(#[source] io::Error),
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    Dpkg(#[from] DpkgError),
    #[error(transparent)]
    Identity(#[from] IdentityError),
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// Why it failed, and what became of what had been done.
#[derive(Debug, thiserror::Error)]
#[error("{}; {undone}{}", chain(error), known(device.as_deref()))]
pub struct Undone {
    pub error: InstallError,
    /// For people: that nothing is left, or what is.
    pub undone: String,
    /// The device that the site has made of this machine, where it came so far.
    pub device: Option<String>,
}

fn known(device: Option<&str>) -> String {
    device.map_or_else(String::new, |device| {
        format!(
            ". The token is spent, and the site knows the machine as device {device}: refuse it \
             with `portolan device block {device}`, and make another token"
        )
    })
}

/// Where it is installed.
#[derive(Debug, Clone)]
pub struct Ground {
    /// The agent's folder.
    pub folder: AgentFolder,
    pub dpkg: PathBuf,
    /// None where no service manager runs.
    pub systemctl: Option<PathBuf>,
}

impl Ground {
    /// This machine.
    pub fn usual(folder: AgentFolder) -> Self {
        let systemd = Path::new("/run/systemd/system").is_dir();
        Self { folder, dpkg: "dpkg".into(), systemctl: systemd.then(|| "systemctl".into()) }
    }
}

/// A machine that became a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installed {
    pub device: String,
    pub site: String,
    /// The service manager has started the agent.
    pub running: bool,
}

/// An installation that may be begun.
#[derive(Debug)]
pub struct Installation {
    ground: Ground,
    package: PathBuf,
    /// The package was installed before, so it stays whatever happens.
    was_there: bool,
    /// Where the machine becomes a client.
    draft: AgentFolder,
}

impl Installation {
    /// Looks whether it can be, and changes nothing.
    pub async fn prepare(ground: Ground, package: &Path) -> Result<Self, InstallError> {
        if !node::privilege::is_root() {
            return Err(InstallError::NotRoot);
        }
        if let Some(Identity { device, site, .. }) = Identity::load(&ground.folder.identity())? {
            return Err(InstallError::Enrolled { device, site });
        }
        let package = std::path::absolute(package).unwrap_or_else(|_| package.to_owned());
        let fields = ["--field".into(), package.clone().into(), "Package".into()];
        let named = run(Path::new("dpkg-deb"), &fields).await;
        if named.ok().is_none_or(|name| name.trim() != NAME) {
            return Err(InstallError::NotAgent(package));
        }
        let agent = Package { name: NAME.into(), version: "0".into(), architecture: "all".into() };
        let was_there = dpkg::presence(&agent).await? != Presence::Absent;
        let draft = draft_beside(&ground.folder);
        Ok(Self { ground, package, was_there, draft })
    }

    /// Does it, or undoes what it has done.
    pub async fn carry_out(
        self,
        invitation: &Invitation,
        token: &Token,
        stop: &Stop,
    ) -> Result<Installed, Undone> {
        let undone = "nothing is left on this machine".to_owned();
        let enrolled = tokio::select! {
            () = stop.stopped() => Err(InstallError::Stopped),
            enrolled = self.become_client(invitation, token) => enrolled,
        };
        match enrolled {
            Ok(identity) => self.settle(&identity, stop).await,
            Err(error) => {
                let undone = self.remove_draft().map_or_else(|left| left, |()| undone);
                Err(Undone { error, undone, device: None })
            }
        }
    }

    async fn become_client(
        &self,
        invitation: &Invitation,
        token: &Token,
    ) -> Result<Identity, InstallError> {
        // Before the token is spent.
        if !platform::unlocked(&dpkg::LOCKS.map(Path::new), PATIENCE).await {
            return Err(InstallError::Busy);
        }
        // Left by a machine that was switched off meanwhile.
        let _absent = fs::remove_dir_all(self.draft.root());
        create_folder(self.draft.root(), Folder::Private)?;
        let journal = Journal::open(&self.draft.journal(), Bounds::default())?;
        let enrolled = enrol(&self.draft, &journal, invitation, token).await;
        enrolled.map_err(|error| InstallError::Enrol(Box::new(error)))
    }

    /// The package, the identity, the start; or nothing of them.
    async fn settle(&self, identity: &Identity, stop: &Stop) -> Result<Installed, Undone> {
        match self.try_to_settle(stop).await {
            Ok(running) => {
                let (device, site) = (identity.device.clone(), identity.site.clone());
                Ok(Installed { device, site, running })
            }
            Err(error) => {
                let undone = self.undo().await;
                Err(Undone { error, undone, device: Some(identity.device.clone()) })
            }
        }
    }

    async fn try_to_settle(&self, stop: &Stop) -> Result<bool, InstallError> {
        let arguments: Vec<OsString> =
            dpkg::install(&self.package).into_iter().map(Into::into).collect();
        run(&self.ground.dpkg, &arguments).await?;
        // dpkg is not broken off in the middle; now it can be undone.
        if stop.is_stopped() {
            return Err(InstallError::Stopped);
        }
        self.move_in()?;
        let Some(systemctl) = &self.ground.systemctl else { return Ok(false) };
        run(systemctl, &["start".into(), format!("{NAME}.service").into()]).await?;
        Ok(true)
    }

    /// What the draft holds becomes the agent's; the identity last, because
    /// with it the machine is a client.
    fn move_in(&self) -> Result<(), InstallError> {
        let (from, to) = (self.draft.root(), self.ground.folder.root());
        create_folder(to, Folder::Private)?;
        for part in [self.draft.journal(), self.draft.identity()] {
            let name = part.file_name().unwrap_or_default();
            fs::rename(&part, to.join(name)).map_err(InstallError::Move)?;
        }
        sync_folder(to)?;
        fs::remove_dir_all(from).map_err(InstallError::Move)
    }

    /// Says what is left.
    async fn undo(&self) -> String {
        let mut left = Vec::new();
        left.extend(self.remove_draft().err());
        if self.was_there {
            for part in [self.ground.folder.identity(), self.ground.folder.journal()] {
                left.extend(remove(&part).err());
            }
            left.push("the package was there before, and stays".to_owned());
        } else {
            // It ends the agent, and takes its folder along.
            let purged = run(&self.ground.dpkg, &["--purge".into(), NAME.into()]).await;
            left.extend(purged.err().map(|error| chain(&error)));
            left.extend(remove(self.ground.folder.root()).err());
        }
        match left.is_empty() {
            true => "what had been done was undone".to_owned(),
            false => left.join("; "),
        }
    }

    fn remove_draft(&self) -> Result<(), String> {
        remove(self.draft.root())
    }
}

/// Removes a file or a folder, if it is there; or says that it is left.
fn remove(path: &Path) -> Result<(), String> {
    let removed = match path.is_dir() {
        true => fs::remove_dir_all(path),
        false => fs::remove_file(path),
    };
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(format!("{} is left, remove it: {error}", path.display()))
        }
        _ => Ok(()),
    }
}

/// On the same file system as the folder that it will be.
fn draft_beside(folder: &AgentFolder) -> AgentFolder {
    let mut name = folder.root().file_name().unwrap_or_default().to_owned();
    name.push(".joining");
    AgentFolder::at(Some(folder.root().with_file_name(name)))
}

/// Runs a program to its end; its output, if that is a success.
async fn run(program: &Path, arguments: &[OsString]) -> Result<String, InstallError> {
    let name = program.display().to_string();
    let question = Program {
        program: program.to_owned(),
        arguments: arguments.to_vec(),
        environment: dpkg::environment(NAME, "install"),
        folder: "/".into(),
        within: WITHIN,
        tail: LAST_WORDS,
    };
    let outcome = node::process::run(&question).await;
    let outcome = outcome.map_err(|source| InstallError::Run { program: name.clone(), source })?;
    let output = plain(&outcome.output).trim().to_owned();
    if !outcome.end.is_success() {
        return Err(InstallError::Failed { program: name, end: outcome.end, output });
    }
    Ok(output)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use crate::identity::Keys;

    /// A machine on which dpkg and the service manager only write down what they
    /// were asked, and fail where they should.
    struct Machine {
        folder: tempfile::TempDir,
        identity: Identity,
    }

    fn machine() -> Machine {
        let folder = tempfile::tempdir().unwrap();
        let draft = draft_beside(&AgentFolder::at(Some(folder.path().join("agent"))));
        create_folder(draft.root(), Folder::Private).unwrap();
        let keys = Keys::load_or_make(&draft.identity()).unwrap();
        fs::write(draft.journal(), "journal").unwrap();
        let root = keys.signing.public().fingerprint();
        let device = "0".repeat(32);
        let identity = Identity { site: "P01".into(), root, device, chain: vec![], keys };
        Machine { folder, identity }
    }

    impl Machine {
        fn tool(&self, name: &str, fails_at: &str) -> PathBuf {
            let (path, log) = (self.folder.path().join(name), self.folder.path().join("log"));
            let script = format!(
                "#!/bin/sh\necho {name} \"$@\" >>'{}'\ncase \"$*\" in *{fails_at}*) echo no; exit 1;; esac\n",
                log.display()
            );
            fs::write(&path, script).unwrap();
            platform::make_executable(&path).unwrap();
            path
        }

        /// What came of it, and what the tools were asked.
        async fn settle(
            &self,
            fails_at: &str,
            was_there: bool,
        ) -> (Result<Installed, Undone>, String) {
            let ground = Ground {
                folder: AgentFolder::at(Some(self.folder.path().join("agent"))),
                dpkg: self.tool("dpkg", fails_at),
                systemctl: Some(self.tool("systemctl", fails_at)),
            };
            let draft = draft_beside(&ground.folder);
            let package = "/agent.deb".into();
            let installation = Installation { ground, package, was_there, draft };
            let settled = installation.settle(&self.identity, &Stop::new()).await;
            (settled, fs::read_to_string(self.folder.path().join("log")).unwrap())
        }

        fn left(&self) -> Vec<String> {
            let name = |entry: io::Result<fs::DirEntry>| entry.unwrap().file_name().into_string();
            let mut names: Vec<String> =
                fs::read_dir(&self.folder).unwrap().map(|entry| name(entry).unwrap()).collect();
            names.retain(|name| !["log", "dpkg", "systemctl"].contains(&name.as_str()));
            names
        }
    }

    const INSTALL: &str = "dpkg --force-confdef --force-confold --install /agent.deb\n";
    const START: &str = "systemctl start portolan-agent.service\n";
    const PURGE: &str = "dpkg --purge portolan-agent\n";

    #[tokio::test]
    async fn the_package_then_the_identity_then_the_start() {
        let machine = machine();
        let (settled, log) = machine.settle("nothing-fails", false).await;
        assert!(settled.unwrap().running);
        assert_eq!(log, format!("{INSTALL}{START}"));
        assert_eq!(machine.left(), ["agent"]);
        let agent = machine.folder.path().join("agent");
        assert!(agent.join("identity/device.key").exists() && agent.join("journal.redb").exists());
    }

    #[tokio::test]
    async fn whatever_fails_leaves_nothing_and_says_so() {
        for (fails_at, asked) in [
            ("install", format!("{INSTALL}{PURGE}")),
            ("start", format!("{INSTALL}{START}{PURGE}")),
        ] {
            let machine = machine();
            let (settled, log) = machine.settle(fails_at, false).await;
            let undone = settled.unwrap_err().to_string();
            assert!(undone.contains(": no; what had been done was undone. The token"), "{undone}");
            assert_eq!(log, asked);
            assert!(machine.left().is_empty(), "{:?}", machine.left());
        }
    }

    #[tokio::test]
    async fn what_was_there_before_stays_and_what_is_left_is_told() {
        let machine = machine();
        let (settled, log) = machine.settle("start", true).await;
        let undone = settled.unwrap_err().to_string();
        assert!(undone.contains("was there before, and stays"), "{undone}");
        assert_eq!(log, format!("{INSTALL}{START}"));
        assert!(!machine.folder.path().join("agent/identity").exists());

        let machine = self::machine();
        let (settled, _) = machine.settle("-", false).await;
        let undone = settled.unwrap_err().to_string();
        assert!(
            undone.contains("dpkg ended with code 1: no; ")
                && undone.matches("code 1").count() == 2,
            "{undone}"
        );
    }
}
