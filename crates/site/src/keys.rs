//! The site's keys as files: `DIR/site/keys/`, each secret one for its owner
//! alone; beside them the administrator's token and the root's fingerprint. And
//! once, when the site is made, the recovery key.
//!
//! Several files belong together, and a site whose halves do not fit does not
//! start. So renewed keys are written beside the old ones first; then a file
//! says that they are complete, and from there on they count, whatever happens.

use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use node::files;
use roles::site_server::{KeeperError, KeyKeeper};
use trust::site::SiteKeys;

use crate::folder::Folder;
use crate::outcome::Failure;

/// Whether a site was made here. The token is written last.
pub(crate) fn exist(folder: &Folder) -> bool {
    folder.administrator().exists()
}

/// Makes the site's identity. Returns what there is to tell.
pub(crate) fn create(folder: &Folder, site: &str) -> Result<Vec<String>, Failure> {
    let made = SiteKeys::create(site, node::clock::now())
        .map_err(|error| Failure::because("cannot make the site's keys", &error))?;
    save(folder, &made.keys)?;
    let fingerprint = made.keys.fingerprint().to_string();
    let mut words = vec![format!("identity  new, root {fingerprint}")];
    words.push(hand_over(folder, &made.recovery)?);
    files::write_private(&folder.fingerprint(), fingerprint.as_bytes()).map_err(cannot_write)?;
    let token = trust::token::Token::generate()
        .map_err(|error| Failure::because("cannot make the administrator's token", &error))?;
    files::write_private(&folder.administrator(), token.text().as_bytes()).map_err(cannot_write)?;
    Ok(words)
}

/// The recovery key goes to a person who is looking, and otherwise to a file.
fn hand_over(folder: &Folder, recovery: &trust::key::Recovery) -> Result<String, Failure> {
    if std::io::stdout().is_terminal() {
        return Ok(format!(
            "recovery  {}\n          shown this once: write it down and keep it off this machine; it \
             replaces the site's root should that be stolen",
            recovery.text()
        ));
    }
    let path = folder.site().join("recovery.key");
    files::write_private(&path, recovery.text().as_bytes()).map_err(cannot_write)?;
    Ok(format!("recovery  {}: move it off this machine", path.display()))
}

/// The keys' files, for those parts of a running site that need them.
#[derive(Debug)]
pub(crate) struct Keyring {
    folder: Folder,
    site: String,
    /// Nobody reads while somebody writes.
    turn: Mutex<()>,
}

impl Keyring {
    /// Of the site with this code.
    pub(crate) fn new(folder: &Folder, site: &str) -> Self {
        Self { folder: folder.clone(), site: site.to_owned(), turn: Mutex::new(()) }
    }

    pub(crate) fn load(&self) -> Result<SiteKeys, Failure> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        load(&self.folder, &self.site)
    }

    /// The keys, after what has lived half its life was renewed and kept.
    pub(crate) fn fresh(&self, now: i64) -> Result<SiteKeys, Failure> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let mut keys = load(&self.folder, &self.site)?;
        let renewed = keys.renew(now);
        if renewed.map_err(|error| Failure::because("cannot renew the site's keys", &error))? {
            save(&self.folder, &keys)?;
        }
        Ok(keys)
    }
}

impl KeyKeeper for Keyring {
    fn renewed(&self, now: i64) -> Result<SiteKeys, KeeperError> {
        self.fresh(now).map_err(|failure| KeeperError(failure.to_string()))
    }
}

/// Writes the keys; also after some of them were renewed.
fn save(folder: &Folder, keys: &SiteKeys) -> Result<(), Failure> {
    // What was complete before must not be mixed with what comes now.
    take_over(folder)?;
    for file in keys.files() {
        let write = if file.secret { files::write_private } else { files::write_public };
        write(&next(folder, file.name), &file.bytes).map_err(cannot_write)?;
    }
    files::write_public(&complete(folder), b"").map_err(cannot_write)?;
    take_over(folder)
}

/// Puts the next keys in place of the last, if they are complete.
fn take_over(folder: &Folder) -> Result<(), Failure> {
    let failed = |error: std::io::Error| Failure::because("cannot keep the site's keys", &error);
    if !complete(folder).try_exists().map_err(failed)? {
        return Ok(());
    }
    for entry in std::fs::read_dir(folder.keys()).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.extension().is_some_and(|extension| extension == NEXT) {
            files::rename(&path, &path.with_extension("")).map_err(cannot_write)?;
        }
    }
    std::fs::remove_file(complete(folder)).map_err(failed)
}

/// What a key file is called before it counts: `map.key.next`.
const NEXT: &str = "next";

fn next(folder: &Folder, name: &str) -> PathBuf {
    folder.keys().join(format!("{name}.{NEXT}"))
}

/// There while the next keys are complete and not all in place.
fn complete(folder: &Folder) -> PathBuf {
    folder.keys().join("complete")
}

/// Reads the keys of the site with this code.
fn load(folder: &Folder, site: &str) -> Result<SiteKeys, Failure> {
    take_over(folder)?;
    let mut trouble = None;
    let loaded = SiteKeys::load(site, |name| {
        let path = folder.keys().join(name);
        // Certificates and delegations are public.
        let read = if name.ends_with(".key") {
            files::read_private(&path)
                .map_err(|error| Failure::because("cannot read the site's keys", &error))
        } else {
            std::fs::read(&path).map_err(|error| {
                Failure::because(format!("cannot read {}", path.display()), &error)
            })
        };
        read.map_err(|failure| trouble = Some(failure)).ok()
    });
    loaded.map_err(|error| {
        trouble.unwrap_or_else(|| Failure::because("cannot use the site's keys", &error))
    })
}

#[allow(clippy::needless_pass_by_value, reason = "it is handed to map_err")]
fn cannot_write(error: files::FileError) -> Failure {
    Failure::because("cannot keep the site's keys", &error)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use trust::site::DELEGATION_LIFE;

    use super::*;

    /// Cut off anywhere, a renewal leaves the old keys or the new ones.
    #[test]
    fn a_renewal_that_is_cut_off_leaves_keys_that_fit() {
        let dir = std::env::temp_dir().join(format!("portolan-keys-{}", std::process::id()));
        let folder = Folder::at(Some(dir.clone())).unwrap();
        std::fs::create_dir_all(folder.keys()).unwrap();
        let mut keys = SiteKeys::create("P01", 1).unwrap().keys;
        save(&folder, &keys).unwrap();
        let ring = Keyring::new(&folder, "P01");
        let old = ring.load().unwrap().files();
        assert_eq!(old, keys.files());

        // Cut off while they are written: as if nothing had been.
        assert!(keys.renew(DELEGATION_LIFE / 2 + 1).unwrap());
        for file in keys.files().into_iter().take(5) {
            files::write_private(&next(&folder, file.name), &file.bytes).unwrap();
        }
        assert_eq!(ring.load().unwrap().files(), old);

        // Cut off while they take their places: as if all had been done.
        for file in keys.files() {
            files::write_private(&next(&folder, file.name), &file.bytes).unwrap();
        }
        files::write_public(&complete(&folder), b"").unwrap();
        files::rename(&next(&folder, "map.key"), &folder.keys().join("map.key")).unwrap();
        assert_eq!(ring.load().unwrap().files(), keys.files());
        assert_eq!(std::fs::read_dir(folder.keys()).unwrap().count(), keys.files().len());

        let year = ring.fresh(DELEGATION_LIFE + 1).unwrap();
        assert_eq!(ring.load().unwrap().files(), year.files());
        assert_ne!(year.files(), keys.files());
        std::fs::remove_dir_all(dir).unwrap();
    }
}
