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
use trust::certificate::{CertificateError, csr, device_name, needs_renewal};
use trust::key::{KeyError, SigningKey};
use trust::seal::{SealError, SealingKey};

/// Certificates in a chain; the device's, the authority's and one to spare.
const CHAIN: usize = 4;

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
    #[error("the site's answer holds no usable certificates")]
    Certificates,
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
        let signing = match read(&folder.join("device.key"))? {
            Some(bytes) => SigningKey::from_pkcs8(&bytes)?,
            None => {
                let key = SigningKey::generate()?;
                files::write_private(&folder.join("device.key"), key.to_pkcs8())?;
                key
            }
        };
        let sealing = match read(&folder.join("sealing.key"))? {
            Some(bytes) => SealingKey::from_bytes(&bytes)?,
            None => {
                let key = SealingKey::generate()?;
                files::write_private(&folder.join("sealing.key"), key.to_bytes())?;
                key
            }
        };
        Ok(Self { signing, sealing })
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
            keys: Keys::load_or_make(folder)?,
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
        let identity = Self { site, root, device, chain: decode(certificates)?, keys };
        identity.save(folder)?;
        Ok(identity)
    }

    /// The same machine with fresh certificates, kept.
    pub fn renewed(&self, folder: &Path, certificates: &[String]) -> Result<Self, IdentityError> {
        let fresh = Self {
            site: self.site.clone(),
            root: self.root,
            device: self.device.clone(),
            chain: decode(certificates)?,
            keys: Keys::load_or_make(folder)?,
        };
        fresh.save(folder)?;
        Ok(fresh)
    }

    /// Whether half of the certificate's life is over, or all of it.
    pub fn needs_renewal(&self, now: i64) -> bool {
        self.chain.first().is_none_or(|leaf| needs_renewal(leaf, now))
    }

    /// Whether the certificate can be shown: an expired one would be refused.
    pub fn is_valid(&self, now: i64) -> bool {
        let validity = self.chain.first().and_then(|leaf| trust::certificate::validity(leaf));
        validity.is_some_and(|(from, until)| (from..until).contains(&now))
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

    #[test]
    fn keys_are_made_once_and_the_identity_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Identity::load(folder.path()).unwrap().is_none());
        let keys = Keys::load_or_make(folder.path()).unwrap();
        let (public, sealing) = (keys.signing.public(), keys.sealing.public());
        let root = public.fingerprint();
        let device = "0".repeat(32);
        let certificates = [BASE64.encode(b"leaf"), BASE64.encode(b"authority")];
        Identity::create(folder.path(), keys, "P01".into(), root, device, &certificates).unwrap();

        let identity = Identity::load(folder.path()).unwrap().unwrap();
        assert_eq!(identity.keys.signing.public(), public);
        assert_eq!(identity.keys.sealing.public(), sealing);
        assert_eq!(identity.chain, [b"leaf".to_vec(), b"authority".to_vec()]);
        assert!(identity.needs_renewal(0), "what is no certificate is renewed");
        let renewed = identity.renewed(folder.path(), &certificates[..1]).unwrap();
        assert_eq!(renewed.chain.len(), 1);
        assert!(identity.renewed(folder.path(), &[]).is_err());
    }
}
