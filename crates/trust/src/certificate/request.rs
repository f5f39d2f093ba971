//! Certificate signing requests: how a device or a host shows that it holds a
//! key. The request's signature is the proof; whatever else it asks for is
//! ignored.

use rcgen::{
    CertificateParams, CertificateSigningRequestParams, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, IsCa, KeyUsagePurpose, PKCS_ED25519, PublicKeyData,
};
use rustls::pki_types::{CertificateDer, CertificateSigningRequestDer};

use super::{CertificateError, DAY, params, rcgen_key};
use crate::key::{PublicKey, SigningKey};

/// A request is at most this long, in bytes; ours are a tenth of it.
const LIMIT: usize = 4 * 1024;

/// A request, DER, for a certificate on this key. `name` is for people who
/// look at the request; the site does not use it.
pub fn csr(key: &SigningKey, name: &str) -> Result<Vec<u8>, CertificateError> {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    let request = params.serialize_request(&rcgen_key(key)?).map_err(CertificateError::Make)?;
    Ok(request.der().to_vec())
}

/// What a host shows that waits to be dialled by the site server and has no
/// certificate yet: its own key, signed by itself. It names nobody and proves
/// nothing, and is good for that one connection
/// ([`AnyServerForPendingJoin`](crate::tls::AnyServerForPendingJoin)).
pub fn joining(key: &SigningKey, now: i64) -> Result<CertificateDer<'static>, CertificateError> {
    let mut params = params("a host that joins", now, now.saturating_add(30 * DAY))?;
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    Ok(params.self_signed(&rcgen_key(key)?).map_err(CertificateError::Make)?.into())
}

/// The key that a request is for, once the request's signature has shown that
/// whoever sent it holds the private half.
pub fn csr_public_key(csr: &[u8]) -> Result<PublicKey, CertificateError> {
    parse(csr)?.der_bytes().try_into().map(PublicKey).map_err(|_| CertificateError::RequestKey)
}

/// Checks the signature, and that the key is of the one kind devices and hosts have.
pub(super) fn parse(csr: &[u8]) -> Result<rcgen::PublicKey, CertificateError> {
    if csr.len() > LIMIT {
        return Err(CertificateError::RequestSize { limit: LIMIT, found: csr.len() });
    }
    let request =
        CertificateSigningRequestParams::from_der(&CertificateSigningRequestDer::from(csr))
            .map_err(CertificateError::Request)?;
    let key = request.public_key;
    if *key.algorithm() != PKCS_ED25519 || key.der_bytes().len() != 32 {
        return Err(CertificateError::RequestKey);
    }
    Ok(key)
}
