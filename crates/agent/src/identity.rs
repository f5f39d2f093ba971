//! Who this machine is: two keys that never leave it, and the certificates that
//! the site has given for one of them. The key is the identity; a certificate
//! only says so for a while, and a fresh one is asked for with the same key at
//! half of its life, or at any age after it.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use node::files::{self, FileError};
use serde::{Deserialize, Serialize};
use trust::Fingerprint;
use trust::certificate::{CertificateError, csr, device_name, is_for_device, needs_renewal};
use trust::key::{KeyError, SigningKey};
use trust::seal::{SealError, SealingKey};

/// Certificates in a chain; the device's, the authority's and one to spare.
const CHAIN: usize = 4;
const DEVICE_KEY: &str = "device.key";
const SEALING_KEY: &str = "sealing.key";

/// Why the identity cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    #[error(transparent)]
    File(#[from] FileError),
    #[error("a key could not be made or read")]
    Key(#[from] KeyError),
    #[error("the sealing key could not be read")]
    Seal(#[from] SealError),
    #[error("no certificate could be asked for")]
    Request(#[from] CertificateError),
    #[error("{0} is damaged; remove the folder and enrol again")]
    Damaged(PathBuf),
    #[error("the site's answer holds no certificate for this device")]
    Certificates,
    #[error("{0} is missing, and nothing can take its place; remove the folder and enrol again")]
    KeyMissing(PathBuf),
}

/// The keys, made once.
#[derive(Debug)]
pub struct Keys {
    pub signing: SigningKey,
    pub sealing: SealingKey,
}

impl Keys {
    /// Reads the keys, or makes them. They are on disk before they are used,
    /// so that an enrolment that was cut off goes on with the same.
    pub fn load_or_make(folder: &Path) -> Result<Self, IdentityError> {
        files::create_folder(folder, files::Folder::Private)?;
        let signing = match read(&folder.join(DEVICE_KEY))? {
            Some(bytes) => SigningKey::from_pkcs8(&bytes)?,
            None => {
                let key = SigningKey::generate()?;
                files::write_private(&folder.join(DEVICE_KEY), key.to_pkcs8())?;
                key
            }
        };
        let sealing = match read(&folder.join(SEALING_KEY))? {
            Some(bytes) => SealingKey::from_bytes(&bytes)?,
            None => {
                let key = SealingKey::generate()?;
                files::write_private(&folder.join(SEALING_KEY), key.to_bytes())?;
                key
            }
        };
        Ok(Self { signing, sealing })
    }

    /// Reads the keys of an enrolled machine: others would not be its own.
    fn load(folder: &Path) -> Result<Self, IdentityError> {
        for key in [DEVICE_KEY, SEALING_KEY] {
            let path = folder.join(key);
            if !path.exists() {
                return Err(IdentityError::KeyMissing(path));
            }
        }
        Self::load_or_make(folder)
    }

    /// A certificate signing request, DER in base64. The name in it is for
    /// people: the site gives the certificate's.
    pub fn request(&self, name: &str) -> Result<String, IdentityError> {
        Ok(BASE64.encode(csr(&self.signing, name)?))
    }
}

/// An enrolled machine.
#[derive(Debug)]
pub struct Identity {
    /// The site's code.
    pub site: String,
    /// The pinned root.
    pub root: Fingerprint,
    /// 32 hexadecimal digits.
    pub device: String,
    /// DER: the device's certificate, then the authority's.
    pub chain: Vec<Vec<u8>>,
    pub keys: Keys,
}

/// `identity.json`.
#[derive(Serialize, Deserialize)]
struct Card {
    site: String,
    root: String,
    device: String,
    certificates: Vec<String>,
}

impl Identity {
    /// Reads the identity; none if the machine is not enrolled.
    pub fn load(folder: &Path) -> Result<Option<Self>, IdentityError> {
        let path = folder.join("identity.json");
        let Some(json) = read(&path)? else { return Ok(None) };
        let damaged = || IdentityError::Damaged(path.clone());
        let card: Card = serde_json::from_slice(&json).map_err(|_| damaged())?;
        Ok(Some(Self {
            root: card.root.parse().map_err(|_| damaged())?,
            chain: decode(&card.certificates)?,
            site: card.site,
            device: card.device,
            keys: Keys::load(folder)?,
        }))
    }

    /// Makes and keeps the identity of a machine that was enrolled just now.
    pub fn create(
        folder: &Path,
        keys: Keys,
        site: String,
        root: Fingerprint,
        device: String,
        certificates: &[String],
    ) -> Result<Self, IdentityError> {
        Self { site, root, device, chain: decode(certificates)?, keys }.keep(folder)
    }

    /// The same machine with fresh certificates, kept.
    pub fn renewed(&self, folder: &Path, certificates: &[String]) -> Result<Self, IdentityError> {
        let fresh = Self {
            site: self.site.clone(),
            root: self.root,
            device: self.device.clone(),
            chain: decode(certificates)?,
            keys: Keys::load(folder)?,
        };
        fresh.keep(folder)
    }

    /// Keeps it, if its certificate is ours: with another no connection could
    /// be opened any more, and so no better one be asked for.
    fn keep(self, folder: &Path) -> Result<Self, IdentityError> {
        let leaf = self.chain.first().map(|leaf| leaf.as_slice().into());
        let key = self.keys.signing.public();
        if !leaf.is_some_and(|leaf| is_for_device(&leaf, &self.device, &self.site, &key)) {
            return Err(IdentityError::Certificates);
        }
        self.save(folder)?;
        Ok(self)
    }

    /// Whether half of the certificate's life is over, or all of it.
    pub fn needs_renewal(&self, now: i64) -> bool {
        self.chain.first().is_none_or(|leaf| needs_renewal(leaf, now))
    }

    /// Until when the certificate can be shown: an expired one would be refused.
    /// (Whether one is valid already is for the server's clock to say.)
    pub fn until(&self) -> Option<i64> {
        trust::certificate::validity(self.chain.first()?).map(|(_, until)| until)
    }

    /// A request for fresh certificates.
    pub fn request(&self) -> Result<String, IdentityError> {
        self.keys.request(&device_name(&self.device, &self.site))
    }

    fn save(&self, folder: &Path) -> Result<(), IdentityError> {
        let path = folder.join("identity.json");
        let card = Card {
            site: self.site.clone(),
            root: self.root.to_string(),
            device: self.device.clone(),
            certificates: self.chain.iter().map(|der| BASE64.encode(der)).collect(),
        };
        let json =
            serde_json::to_vec_pretty(&card).map_err(|_| IdentityError::Damaged(path.clone()))?;
        Ok(files::write_private(&path, &json)?)
    }
}

fn decode(certificates: &[String]) -> Result<Vec<Vec<u8>>, IdentityError> {
    if certificates.is_empty() || certificates.len() > CHAIN {
        return Err(IdentityError::Certificates);
    }
    let decode = |text: &String| BASE64.decode(text).map_err(|_| IdentityError::Certificates);
    certificates.iter().map(decode).collect()
}

fn read(path: &Path) -> Result<Option<Vec<u8>>, FileError> {
    match files::read_private(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.is_missing() => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    use trust::certificate::{Authority, DAY, Root};

    const NOW: i64 = 1_800_000_000_000;

    #[test]
    fn keys_are_made_once_and_the_identity_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let root = Root::create("P01", NOW).unwrap();
        let authority = Authority::create(&root, "P01", NOW).unwrap();
        let device = "0".repeat(32);
        let issue = |device: &str, keys: &Keys, now| {
            let csr = BASE64.decode(keys.request("name").unwrap()).unwrap();
            let chain = authority.issue_device("P01", device, &csr, now).unwrap();
            chain.iter().map(|certificate| BASE64.encode(certificate)).collect::<Vec<_>>()
        };
        let alive = |identity: &Identity, now| identity.until().is_some_and(|until| now < until);
        assert!(Identity::load(folder.path()).unwrap().is_none());
        let keys = Keys::load_or_make(folder.path()).unwrap();
        let (public, sealing) = (keys.signing.public(), keys.sealing.public());
        let first = issue(&device, &keys, NOW);
        let site = "P01".to_owned();
        Identity::create(folder.path(), keys, site, root.fingerprint(), device.clone(), &first)
            .unwrap();

        let identity = Identity::load(folder.path()).unwrap().unwrap();
        assert_eq!(identity.keys.signing.public(), public);
        assert_eq!(identity.keys.sealing.public(), sealing);
        assert!(!identity.needs_renewal(NOW) && alive(&identity, NOW));
        let late = NOW + 60 * DAY;
        assert!(identity.needs_renewal(late) && !alive(&identity, late));

        let fresh = issue(&device, &identity.keys, late);
        assert!(alive(&identity.renewed(folder.path(), &fresh).unwrap(), late));
        // Whatever is not ours takes nothing from us.
        let stranger = Keys::load_or_make(&folder.path().join("stranger")).unwrap();
        let other = issue(&"1".repeat(32), &identity.keys, late);
        let garbage = vec![BASE64.encode("garbage")];
        for certificates in [vec![], garbage, other, issue(&device, &stranger, late)] {
            assert!(identity.renewed(folder.path(), &certificates).is_err());
        }
        assert!(alive(&Identity::load(folder.path()).unwrap().unwrap(), late));

        std::fs::remove_file(folder.path().join(SEALING_KEY)).unwrap();
        let missing = Identity::load(folder.path()).unwrap_err().to_string();
        assert!(missing.contains("sealing.key is missing"), "{missing}");
    }
}
