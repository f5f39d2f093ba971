//! What a certificate is good for, written in its DNS names under a domain that
//! exists nowhere:
//!
//! - `management-point.p01.portolan.internal`: this key plays that role;
//! - `dp7.host.p01.portolan.internal`: this key is that host of the site, and
//!   with it goes `site-system.p01.portolan.internal`, for whatever it does;
//! - `<32 digits>.device.p01.portolan.internal`: this key is that device.
//!
//! Reading them proves nothing: it is for certificates that were verified.

use catalog::role::{ROLES, Role};
use rustls::pki_types::CertificateDer;

use super::{CertificateError, ed25519_key_of};
use crate::hex;
use crate::key::PublicKey;

/// Reserved by ICANN for private use.
pub(super) const DOMAIN: &str = "portolan.internal";

/// The name by which a role's certificate counts for that role:
/// `management-point.p01.portolan.internal`.
pub fn role_name(role: &Role, site: &str) -> String {
    format!("{}.{}.{DOMAIN}", role.slug, site.to_ascii_lowercase())
}

/// The name in a host's certificate: `dp7.host.p01.portolan.internal`.
pub fn host_name(host: &str, site: &str) -> String {
    format!("{host}.host.{}.{DOMAIN}", site.to_ascii_lowercase())
}

/// The name in a device's certificate: `<id>.device.p01.portolan.internal`.
pub fn device_name(id: &str, site: &str) -> String {
    format!("{id}.device.{}.{DOMAIN}", site.to_ascii_lowercase())
}

/// Which device a certificate names; nothing here says that it is valid.
pub fn device_id_of(certificate: &CertificateDer<'_>, site: &str) -> Option<String> {
    let suffix = device_name("", site);
    let mut ids = dns_names(certificate)
        .into_iter()
        .filter_map(|name| name.strip_suffix(&suffix).map(str::to_owned))
        .filter(|id| hex::is_device_id(id));
    let id = ids.next()?;
    // Two devices in one certificate are none.
    ids.next().is_none().then_some(id)
}

/// Which host a certificate names; nothing here says that it is valid.
pub fn host_of(certificate: &CertificateDer<'_>, site: &str) -> Option<String> {
    let suffix = host_name("", site);
    let mut hosts = dns_names(certificate)
        .into_iter()
        .filter_map(|name| name.strip_suffix(&suffix).map(str::to_owned))
        .filter(|host| is_host(host));
    let host = hosts.next()?;
    // Two hosts in one certificate are none.
    hosts.next().is_none().then_some(host)
}

/// Whether a certificate is for this host's key; nothing here says that it is
/// valid.
pub fn is_for_host(
    certificate: &CertificateDer<'_>,
    host: &str,
    site: &str,
    key: &PublicKey,
) -> bool {
    host_of(certificate, site).as_deref() == Some(host)
        && ed25519_key_of(certificate).as_ref() == Some(key)
}

/// Whether a certificate is for this device's key; nothing here says that it
/// is valid.
pub fn is_for_device(
    certificate: &CertificateDer<'_>,
    id: &str,
    site: &str,
    key: &PublicKey,
) -> bool {
    device_id_of(certificate, site).as_deref() == Some(id)
        && ed25519_key_of(certificate).as_ref() == Some(key)
}

/// Which roles a certificate names; nothing here says that it is valid.
pub fn roles_of(certificate: &CertificateDer<'_>, site: &str) -> Vec<&'static Role> {
    let names = dns_names(certificate);
    ROLES.iter().copied().filter(|role| names.contains(&role_name(role, site))).collect()
}

pub(crate) fn dns_names(certificate: &CertificateDer<'_>) -> Vec<String> {
    let Ok(certificate) = webpki::EndEntityCert::try_from(certificate) else {
        return Vec::new();
    };
    certificate.valid_dns_names().map(str::to_ascii_lowercase).collect()
}

/// A host's key in the site file: one label of a DNS name, in lower case.
pub(crate) fn is_host(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    (1..=63).contains(&text.len())
        && text.bytes().all(|byte| plain(byte) || byte == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}

/// A name for browsers, which must not be one of ours.
pub(super) fn public(name: &str) -> Result<&str, CertificateError> {
    let bare = name.trim_end_matches('.').to_ascii_lowercase();
    if bare.is_empty()
        || bare.contains('*')
        || bare == DOMAIN
        || bare.ends_with(".portolan.internal")
    {
        return Err(CertificateError::HostName(name.chars().take(64).collect()));
    }
    Ok(name)
}
