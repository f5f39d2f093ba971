//! Certificates: the root's, the authority's, and those of hosts and devices.
//!
//! The root (Ed25519) signs one authority (ECDSA P-256) for a year; the
//! authority signs hosts' certificates for 90 days and devices' for 30. What a
//! certificate is good for is written in its DNS names ([`name`]), so ordinary
//! name checking is what keeps a distribution point from posing as a management
//! point, and no library had to be taught anything. Names and addresses stand
//! beside them for browsers. All certificates are valid from a day before they
//! were made, for machines whose clocks are behind.
//!
//! The site server's own host shows ECDSA P-256, because browsers look at it,
//! and its key lives as long as its process. Every other host makes a key like a
//! device's (Ed25519) where it stays, and asks with a [`csr`].

use std::net::IpAddr;
use std::time::Duration;

use aws_lc_rs::rand;
use catalog::role::{Role, RunBy, SITE_SERVER, SITE_SYSTEM};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, PKCS_ED25519, SanType, SerialNumber,
};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};

use crate::Fingerprint;
use crate::key::{KeyError, PublicKey, SigningKey};

pub mod name;
mod request;
#[cfg(test)]
mod tests;

pub use name::{
    device_id_of, device_name, host_name, host_of, is_for_device, is_for_host, role_name, roles_of,
};
pub use request::{csr, csr_public_key, joining};

/// A day, in milliseconds.
pub const DAY: i64 = 24 * 60 * 60 * 1000;
/// How long a root's certificate is valid. The root is pinned by its key, and
/// nothing asks for this date.
const ROOT_LIFE: i64 = 25 * 365 * DAY;
/// How long an authority's certificate is valid.
pub const AUTHORITY_LIFE: i64 = 365 * DAY;
/// How long a host's certificate is valid.
pub const HOST_LIFE: i64 = 90 * DAY;
/// How long a device's certificate is valid.
pub const DEVICE_LIFE: i64 = 30 * DAY;

/// Why a certificate could not be made or read.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error("the certificate could not be made")]
    Make(#[source] rcgen::Error),
    #[error("these bytes are no certificate of a site's {what}")]
    Read { what: &'static str },
    #[error("the private key does not belong to the {what}'s certificate")]
    Mismatch { what: &'static str },
    #[error("this is no valid certificate signing request")]
    Request(#[source] rcgen::Error),
    #[error("a certificate signing request must be for an Ed25519 key")]
    RequestKey,
    #[error("a certificate signing request of {found} bytes, and {limit} are allowed")]
    RequestSize { limit: usize, found: usize },
    #[error("{0:?} is no device id: 32 lower-case hexadecimal digits")]
    DeviceId(String),
    #[error("{0:?} is no host: 1 to 63 lower-case letters and digits, with hyphens between them")]
    Host(String),
    #[error("the site server's key is made where it is used; no request can ask for its role")]
    SiteServer,
    #[error(
        "{0:?} cannot be a host's name in a certificate: names under {domain} say which role a key plays, and a wildcard would cover them",
        domain = name::DOMAIN
    )]
    HostName(String),
}

/// From when and until when a certificate is valid, in Unix milliseconds.
pub fn validity(certificate: &[u8]) -> Option<(i64, i64)> {
    let (_, certificate) = x509_parser::parse_x509_certificate(certificate).ok()?;
    let validity = certificate.validity();
    Some((
        validity.not_before.timestamp().checked_mul(1000)?,
        validity.not_after.timestamp().checked_mul(1000)?,
    ))
}

/// Whether a certificate has lived half its life or more, cannot be read, or is
/// not valid yet (it was made while a clock was ahead): time for the next.
pub fn needs_renewal(certificate: &[u8], now: i64) -> bool {
    validity(certificate)
        .is_none_or(|(from, until)| now < from || past_half(from.saturating_add(DAY), until, now))
}

pub(crate) const fn past_half(from: i64, until: i64, now: i64) -> bool {
    now >= from.saturating_add(until.saturating_sub(from) / 2)
}

/// The root: the key that clients pin, and its certificate.
#[derive(Debug)]
pub struct Root {
    pub certificate: CertificateDer<'static>,
    pub key: SigningKey,
}

impl Root {
    /// A new root for a site.
    pub fn create(site: &str, now: i64) -> Result<Self, CertificateError> {
        let key = SigningKey::generate()?;
        let mut params = params(&format!("Portolan root {site}"), now, now + ROOT_LIFE)?;
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(1));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let certificate =
            params.self_signed(&rcgen_key(&key)?).map_err(CertificateError::Make)?.into();
        Ok(Self { certificate, key })
    }

    /// A root that was kept.
    pub fn load(certificate: Vec<u8>, key: &[u8]) -> Result<Self, CertificateError> {
        let certificate = CertificateDer::from(certificate);
        let key = SigningKey::from_pkcs8(key)?;
        let public = ed25519_key_of(&certificate).ok_or(CertificateError::Read { what: "root" })?;
        if public != key.public() {
            return Err(CertificateError::Mismatch { what: "root" });
        }
        Ok(Self { certificate, key })
    }

    /// What clients pin.
    pub fn fingerprint(&self) -> Fingerprint {
        self.key.public().fingerprint()
    }
}

/// The authority: signs hosts' and devices' certificates.
#[derive(Debug)]
pub struct Authority {
    certificate: CertificateDer<'static>,
    root: CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
    until: i64,
}

/// What a host's certificate says of it.
#[derive(Debug, Clone, Copy)]
pub struct HostNames<'a> {
    /// Its key in the site file.
    pub host: &'a str,
    /// What it does for the site; roles that others run are left out.
    pub roles: &'a [&'a Role],
    /// For browsers: its own names.
    pub dns: &'a [String],
    /// For browsers: its addresses.
    pub ips: &'a [IpAddr],
}

/// A host's certificates (its own, the authority's, the root's) and key.
#[derive(Debug)]
pub struct HostIdentity {
    pub chain: Vec<CertificateDer<'static>>,
    /// PKCS #8. Secret.
    pub key: PrivatePkcs8KeyDer<'static>,
}

impl Authority {
    /// A new authority, signed by the root.
    pub fn create(root: &Root, site: &str, now: i64) -> Result<Self, CertificateError> {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(CertificateError::Make)?;
        let mut params = params(&format!("Portolan authority {site}"), now, now + AUTHORITY_LIFE)?;
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.use_authority_key_identifier_extension = true;
        let issuer = Issuer::from_ca_cert_der(&root.certificate, rcgen_key(&root.key)?)
            .map_err(CertificateError::Make)?;
        let certificate: CertificateDer<'static> =
            params.signed_by(&key, &issuer).map_err(CertificateError::Make)?.into();
        Self::assemble(certificate, root.certificate.clone(), key)
    }

    /// An authority that was kept, with the root's certificate above it.
    pub fn load(
        certificate: Vec<u8>,
        root: &CertificateDer<'static>,
        key: &[u8],
    ) -> Result<Self, CertificateError> {
        let certificate = CertificateDer::from(certificate);
        let key = KeyPair::from_pkcs8_der_and_sign_algo(
            &PrivatePkcs8KeyDer::from(key),
            &PKCS_ECDSA_P256_SHA256,
        )
        .map_err(|_| CertificateError::Mismatch { what: "authority" })?;
        let (_, read) = x509_parser::parse_x509_certificate(&certificate)
            .map_err(|_| CertificateError::Read { what: "authority" })?;
        if *read.public_key().subject_public_key.data != *key.public_key_raw() {
            return Err(CertificateError::Mismatch { what: "authority" });
        }
        Self::assemble(certificate, root.clone(), key)
    }

    /// The authority's own certificate.
    pub fn certificate(&self) -> &CertificateDer<'static> {
        &self.certificate
    }

    /// The key, to be kept: PKCS #8. Secret.
    pub fn key(&self) -> &[u8] {
        self.issuer.key().serialized_der()
    }

    /// A key and certificates for the site server's own host.
    pub fn host_identity(
        &self,
        site: &str,
        names: &HostNames<'_>,
        now: i64,
    ) -> Result<HostIdentity, CertificateError> {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(CertificateError::Make)?;
        let chain = self.certify_host(site, names, &key, now)?;
        Ok(HostIdentity { chain, key: PrivatePkcs8KeyDer::from(key.serialize_der()) })
    }

    /// Certificates for a host's own key: the host's, the authority's, the
    /// root's. Of the request only the key is used; the site decides what the
    /// host is called and what it may do.
    pub fn issue_host(
        &self,
        site: &str,
        names: &HostNames<'_>,
        csr: &[u8],
        now: i64,
    ) -> Result<Vec<CertificateDer<'static>>, CertificateError> {
        if names.roles.contains(&&SITE_SERVER) {
            return Err(CertificateError::SiteServer);
        }
        self.certify_host(site, names, &request::parse(csr)?, now)
    }

    /// A certificate for a device's own key: the device's, then the
    /// authority's. Of the request only the key is used; the site decides what
    /// the device is called.
    pub fn issue_device(
        &self,
        site: &str,
        device: &str,
        csr: &[u8],
        now: i64,
    ) -> Result<Vec<CertificateDer<'static>>, CertificateError> {
        if !crate::hex::is_device_id(device) {
            return Err(CertificateError::DeviceId(device.chars().take(40).collect()));
        }
        let key = request::parse(csr)?;
        let mut params = params(device, now, self.limit(now + DEVICE_LIFE))?;
        params.subject_alt_names = vec![dns_san(&device_name(device, site))?];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        Ok(vec![self.sign_leaf(params, &key)?, self.certificate.clone()])
    }

    fn certify_host(
        &self,
        site: &str,
        names: &HostNames<'_>,
        key: &impl rcgen::PublicKeyData,
        now: i64,
    ) -> Result<Vec<CertificateDer<'static>>, CertificateError> {
        if !name::is_host(names.host) {
            return Err(CertificateError::Host(names.host.chars().take(64).collect()));
        }
        let ours =
            names.roles.iter().filter(|role| role.run_by == RunBy::Site && **role != &SITE_SYSTEM);
        let mut said =
            vec![dns_san(&host_name(names.host, site))?, dns_san(&role_name(&SITE_SYSTEM, site))?];
        for role in ours {
            said.push(dns_san(&role_name(role, site))?);
        }
        for dns in names.dns {
            said.push(dns_san(name::public(dns)?)?);
        }
        said.extend(names.ips.iter().copied().map(SanType::IpAddress));
        let mut params = params(names.host, now, self.limit(now + HOST_LIFE))?;
        params.subject_alt_names = said;
        params.extended_key_usages =
            vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        let certificate = self.sign_leaf(params, key)?;
        Ok(vec![certificate, self.certificate.clone(), self.root.clone()])
    }

    fn assemble(
        certificate: CertificateDer<'static>,
        root: CertificateDer<'static>,
        key: KeyPair,
    ) -> Result<Self, CertificateError> {
        let (_, until) =
            validity(&certificate).ok_or(CertificateError::Read { what: "authority" })?;
        let issuer = Issuer::from_ca_cert_der(&certificate, key)
            .map_err(|_| CertificateError::Read { what: "authority" })?;
        Ok(Self { certificate, root, issuer, until })
    }

    /// Nothing outlives the authority that signed it.
    fn limit(&self, until: i64) -> i64 {
        until.min(self.until)
    }

    fn sign_leaf(
        &self,
        mut params: CertificateParams,
        key: &impl rcgen::PublicKeyData,
    ) -> Result<CertificateDer<'static>, CertificateError> {
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.use_authority_key_identifier_extension = true;
        Ok(params.signed_by(key, &self.issuer).map_err(CertificateError::Make)?.into())
    }
}

/// The Ed25519 key in a certificate: a root's, a device's, or a host's that was
/// certified by request. `None` for any other kind of key; nothing here says
/// that the certificate is valid.
pub fn ed25519_key_of(certificate: &CertificateDer<'_>) -> Option<PublicKey> {
    /// `SEQUENCE { SEQUENCE { 1.3.101.112 } BIT STRING (256 bits) }`, RFC 8410.
    const SPKI: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
    let certificate = webpki::EndEntityCert::try_from(certificate).ok()?;
    let spki = certificate.subject_public_key_info();
    let key = spki.strip_prefix(&SPKI)?;
    key.try_into().ok().map(PublicKey)
}

/// What all certificates have in common.
fn params(name: &str, now: i64, until: i64) -> Result<CertificateParams, CertificateError> {
    let mut params = CertificateParams::default();
    let epoch = rcgen::date_time_ymd(1970, 1, 1);
    params.not_before = epoch + since_epoch(now.saturating_sub(DAY));
    params.not_after = epoch + since_epoch(until);
    params.serial_number = Some(serial()?);
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    Ok(params)
}

/// 128 random bits.
fn serial() -> Result<SerialNumber, CertificateError> {
    let mut bytes = [0; 16];
    rand::fill(&mut bytes).map_err(|_| KeyError::Random)?;
    Ok(SerialNumber::from_slice(&bytes))
}

/// Whole seconds, between 1970 and 9999: X.509 knows nothing finer, and the
/// calendar nothing later.
fn since_epoch(milliseconds: i64) -> Duration {
    const LATEST: u64 = 253_402_300_799;
    Duration::from_secs(u64::try_from(milliseconds / 1000).unwrap_or(0).min(LATEST))
}

fn rcgen_key(key: &SigningKey) -> Result<KeyPair, CertificateError> {
    KeyPair::from_pkcs8_der_and_sign_algo(&PrivatePkcs8KeyDer::from(key.to_pkcs8()), &PKCS_ED25519)
        .map_err(CertificateError::Make)
}

fn dns_san(name: &str) -> Result<SanType, CertificateError> {
    let name =
        name.try_into().map_err(|_| CertificateError::HostName(name.chars().take(64).collect()))?;
    Ok(SanType::DnsName(name))
}
