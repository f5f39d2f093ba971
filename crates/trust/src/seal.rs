//! Secrets for one device: HPKE (RFC 9180, base mode, X25519, HKDF-SHA256,
//! ChaCha20-Poly1305), so that a management point can carry what it cannot
//! read. Sealing proves nothing about the sender: the envelope around it does.

use std::fmt;

use aws_lc_rs::agreement::{PrivateKey, X25519};
use rustls::crypto::aws_lc_rs::hpke::DH_KEM_X25519_HKDF_SHA256_CHACHA20_POLY1305 as SUITE;
use rustls::crypto::hpke::{EncapsulatedSecret, Hpke, HpkePrivateKey, HpkePublicKey};

use crate::key::KeyError;

/// Binds what is sealed to this product, and to this version of the form.
const INFO: &[u8] = b"portolan sealed 1";
/// The first byte of everything sealed.
const VERSION: u8 = 1;
/// Bytes of an X25519 key, and of an encapsulated secret.
const KEY: usize = 32;

/// Why something could not be sealed or opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    #[error("these bytes are no X25519 key")]
    Key,
    #[error("sealed in version {0}, which is newer than this program; update it")]
    NewerVersion(u8),
    #[error("sealed bytes are cut off")]
    Short,
    #[error("sealed for another key or another purpose, or changed on its way")]
    Open,
}

/// The private half of a device's sealing key.
pub struct SealingKey {
    secret: HpkePrivateKey,
    public: [u8; KEY],
}

impl SealingKey {
    /// A new key.
    pub fn generate() -> Result<Self, KeyError> {
        let (_, secret) = SUITE.generate_key_pair().map_err(|_| KeyError::Random)?;
        Self::from_bytes(secret.secret_bytes()).map_err(|_| KeyError::Random)
    }

    /// A key that was kept: 32 bytes.
    pub fn from_bytes(secret: &[u8]) -> Result<Self, SealError> {
        let key = PrivateKey::from_private_key(&X25519, secret).map_err(|_| SealError::Key)?;
        let public = key.compute_public_key().map_err(|_| SealError::Key)?;
        let public = public.as_ref().try_into().map_err(|_| SealError::Key)?;
        Ok(Self { secret: HpkePrivateKey::from(secret.to_vec()), public })
    }

    /// The 32 bytes to be kept. Secret.
    pub fn to_bytes(&self) -> &[u8] {
        self.secret.secret_bytes()
    }

    /// What others seal to: 32 bytes.
    pub fn public(&self) -> [u8; KEY] {
        self.public
    }

    /// Opens what was sealed to this key for the purpose that `aad` names.
    pub fn open(&self, aad: &[u8], sealed: &[u8]) -> Result<Vec<u8>, SealError> {
        let (version, rest) = sealed.split_first().ok_or(SealError::Short)?;
        if *version != VERSION {
            return Err(SealError::NewerVersion(*version));
        }
        let (secret, cipher) = rest.split_at_checked(KEY).ok_or(SealError::Short)?;
        SUITE
            .open(&EncapsulatedSecret(secret.to_vec()), INFO, aad, cipher, &self.secret)
            .map_err(|_| SealError::Open)
    }
}

impl fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealingKey(secret)")
    }
}

/// Seals `plain` to a device's public key. `aad` says for which purpose, and
/// must be given again to open it.
pub fn seal(to_public: &[u8], aad: &[u8], plain: &[u8]) -> Result<Vec<u8>, SealError> {
    if to_public.len() != KEY {
        return Err(SealError::Key);
    }
    let (secret, cipher) = SUITE
        .seal(INFO, aad, plain, &HpkePublicKey(to_public.to_vec()))
        .map_err(|_| SealError::Key)?;
    let mut sealed = Vec::with_capacity(1 + KEY + cipher.len());
    sealed.push(VERSION);
    sealed.extend_from_slice(&secret.0);
    sealed.extend_from_slice(&cipher);
    Ok(sealed)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_the_right_key_for_the_right_purpose_opens() {
        let (key, other) = (SealingKey::generate().unwrap(), SealingKey::generate().unwrap());
        let sealed = seal(&key.public(), b"policy", b"secret").unwrap();
        let kept = SealingKey::from_bytes(key.to_bytes()).unwrap();
        assert_eq!(kept.public(), key.public());
        assert_eq!(kept.open(b"policy", &sealed).unwrap(), b"secret");
        assert_eq!(key.open(b"other", &sealed), Err(SealError::Open));
        assert_eq!(other.open(b"policy", &sealed), Err(SealError::Open));
        assert_ne!(sealed, seal(&key.public(), b"policy", b"secret").unwrap());
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            if let Some(byte) = changed.get_mut(at) {
                *byte ^= 1;
            }
            assert!(key.open(b"policy", &changed).is_err(), "byte {at}");
            assert!(key.open(b"policy", sealed.get(..at).unwrap()).is_err(), "cut at {at}");
        }
        // Keys that are none, and the point of small order that would make every
        // secret the same.
        for wrong in [vec![], vec![1; 31], vec![0; 32]] {
            assert_eq!(seal(&wrong, b"", b"x"), Err(SealError::Key), "{wrong:?}");
        }
        assert!(matches!(SealingKey::from_bytes(b"short"), Err(SealError::Key)));
    }

    proptest! {
        #[test]
        fn anything_comes_back(plain in prop::collection::vec(any::<u8>(), 0..4096)) {
            let key = SealingKey::generate().unwrap();
            let sealed = seal(&key.public(), b"", &plain).unwrap();
            prop_assert_eq!(key.open(b"", &sealed).unwrap(), plain);
        }
    }
}
