//! The site's keys as files: `DIR/site/keys/`, each secret one for its owner
//! alone; beside them the administrator's token and the root's fingerprint. And
//! once, when the site is made, the recovery key.

use std::io::IsTerminal as _;

use node::files;
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

/// Writes the keys; also after some of them were renewed.
pub(crate) fn save(folder: &Folder, keys: &SiteKeys) -> Result<(), Failure> {
    for file in keys.files() {
        let path = folder.keys().join(file.name);
        let write = if file.secret { files::write_private } else { files::write_public };
        write(&path, &file.bytes).map_err(cannot_write)?;
    }
    Ok(())
}

/// Reads the keys of the site with this code.
pub(crate) fn load(folder: &Folder, site: &str) -> Result<SiteKeys, Failure> {
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

fn cannot_write(error: files::FileError) -> Failure {
    Failure::because("cannot keep the site's keys", &error)
}
