//! What a site issues, and what it refuses to.
#![allow(clippy::unwrap_used)]

use catalog::role::{DISTRIBUTION_POINT, DNS_SERVER, MANAGEMENT_POINT};
use proptest::prelude::*;

use super::name::dns_names;
use super::*;

const NOW: i64 = 1_700_000_000_000;
const SITE: &str = "P01";
const DEVICE: &str = "0123456789abcdef0123456789abcdef";

const fn names<'a>(roles: &'a [&'a Role], dns: &'a [String]) -> HostNames<'a> {
    HostNames { host: "keel", roles, dns, ips: &[] }
}

fn authority() -> (Root, Authority) {
    let root = Root::create(SITE, NOW).unwrap();
    let authority = Authority::create(&root, SITE, NOW).unwrap();
    (root, authority)
}

#[test]
fn host_and_device_certificates_name_what_they_are_for() {
    let (root, authority) = authority();
    let role = authority
        .host_identity(
            SITE,
            &HostNames {
                ips: &["192.0.2.1".parse().unwrap(), "2001:db8::1".parse().unwrap()],
                ..names(
                    &[&MANAGEMENT_POINT, &DISTRIBUTION_POINT, &DNS_SERVER],
                    &["keel.example.org".to_owned()],
                )
            },
            NOW,
        )
        .unwrap();
    let [leaf, above, top] = role.chain.as_slice() else { panic!("three certificates") };
    assert_eq!(roles_of(leaf, SITE), [&MANAGEMENT_POINT, &DISTRIBUTION_POINT, &SITE_SYSTEM]);
    assert_eq!(host_of(leaf, SITE).as_deref(), Some("keel"));
    assert_eq!(host_of(leaf, "P02"), None);
    assert_eq!(roles_of(leaf, "P02"), Vec::<&Role>::new());
    assert_eq!(device_id_of(leaf, SITE), None);
    assert!(dns_names(leaf).contains(&"keel.example.org".to_owned()));
    assert_eq!((above, top), (authority.certificate(), &root.certificate));
    assert_eq!(ed25519_key_of(top), Some(root.key.public()));
    assert_eq!(ed25519_key_of(leaf), None);

    let key = SigningKey::generate().unwrap();
    let request = csr(&key, "a laptop").unwrap();
    assert_eq!(csr_public_key(&request).unwrap(), key.public());
    let chain = authority.issue_device(SITE, DEVICE, &request, NOW).unwrap();
    let [leaf, _] = chain.as_slice() else { panic!("two certificates") };
    assert_eq!(device_id_of(leaf, SITE), Some(DEVICE.to_owned()));
    assert_eq!(device_id_of(leaf, "P02"), None);
    assert!(roles_of(leaf, SITE).is_empty());
    assert_eq!(ed25519_key_of(leaf), Some(key.public()));
}

#[test]
fn dates_begin_a_day_early_and_end_with_the_authority() {
    let (root, authority) = authority();
    let whole = |time: i64| time / 1000 * 1000;
    let life = |chain: &[CertificateDer<'_>]| validity(chain.first().unwrap()).unwrap();
    let at = |now| authority.host_identity(SITE, &names(&[&MANAGEMENT_POINT], &[]), now).unwrap();
    assert_eq!(life(&at(NOW).chain), (whole(NOW - DAY), whole(NOW + HOST_LIFE)));
    let late = NOW + AUTHORITY_LIFE - 10 * DAY;
    assert_eq!(life(&at(late).chain), (whole(late - DAY), whole(NOW + AUTHORITY_LIFE)));
    assert_eq!(validity(&root.certificate), Some((whole(NOW - DAY), whole(NOW + ROOT_LIFE))));
    let leaf = at(NOW).chain;
    let due = |now| needs_renewal(leaf.first().unwrap(), now);
    assert!(!due(NOW) && !due(NOW + HOST_LIFE / 2 - DAY) && due(NOW + HOST_LIFE / 2));
    assert!(needs_renewal(b"nonsense", NOW));
    assert!(!due(NOW - DAY) && due(NOW - DAY - 1000), "made while a clock was ahead");
    // However wrong the clock, there is a certificate and no panic.
    for now in [i64::MIN / 2, 0, i64::MAX / 2] {
        assert!(Root::create(SITE, now).is_ok());
    }
}

#[test]
fn host_names_cannot_claim_a_role() {
    let (_, authority) = authority();
    for dns in [
        "management-point.p01.portolan.internal",
        "MANAGEMENT-POINT.P01.PORTOLAN.INTERNAL.",
        "portolan.internal",
        "*.p01.portolan.internal",
        "*.example.org",
        "",
        "höst",
    ] {
        let dns = [dns.to_owned()];
        let issued = authority.host_identity(SITE, &names(&[&DISTRIBUTION_POINT], &dns), NOW);
        assert!(matches!(issued, Err(CertificateError::HostName(_))), "{dns:?}");
    }
    let request = csr(&SigningKey::generate().unwrap(), "").unwrap();
    for id in ["", "x", "0123456789ABCDEF0123456789ABCDEF", "a.device.p01.portolan.internal"] {
        let issued = authority.issue_device(SITE, id, &request, NOW);
        assert!(matches!(issued, Err(CertificateError::DeviceId(_))), "{id}");
    }
}

#[test]
fn a_request_must_prove_an_ed25519_key() {
    let key = SigningKey::generate().unwrap();
    let request = csr(&key, "a laptop").unwrap();
    for at in 0..request.len() {
        let mut changed = request.clone();
        if let Some(byte) = changed.get_mut(at) {
            *byte ^= 1;
        }
        // A few bytes stand outside what is signed; none of them is the key.
        assert!(csr_public_key(&changed).ok().is_none_or(|read| read == key.public()), "byte {at}");
        assert!(csr_public_key(request.get(..at).unwrap()).is_err(), "cut at {at}");
    }
    let ecdsa = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
    let request = CertificateParams::default().serialize_request(&ecdsa).unwrap();
    assert!(matches!(csr_public_key(request.der()), Err(CertificateError::RequestKey)));
    assert!(matches!(csr_public_key(&[0; 5000]), Err(CertificateError::RequestSize { .. })));
}

#[test]
fn a_request_decides_nothing_but_the_key() {
    let (_, authority) = authority();
    let key = SigningKey::generate().unwrap();
    let mut greedy = CertificateParams::new(vec![role_name(&MANAGEMENT_POINT, SITE)]).unwrap();
    greedy.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    greedy.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let request = greedy.serialize_request(&rcgen_key(&key).unwrap()).unwrap();
    let chain = authority.issue_device(SITE, DEVICE, request.der(), NOW).unwrap();
    let leaf = chain.first().unwrap();
    assert_eq!(dns_names(leaf), [device_name(DEVICE, SITE)]);
    let (_, read) = x509_parser::parse_x509_certificate(leaf).unwrap();
    assert!(!read.is_ca());
    assert!(!read.extended_key_usage().unwrap().unwrap().value.server_auth);
}

#[test]
fn a_host_that_asks_is_what_the_site_says_and_never_the_site_server() {
    let (root, authority) = authority();
    let key = SigningKey::generate().unwrap();
    let mut greedy = CertificateParams::new(vec![host_name("mp1", SITE)]).unwrap();
    greedy.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let request = greedy.serialize_request(&rcgen_key(&key).unwrap()).unwrap();
    let issue = |names: &HostNames<'_>| authority.issue_host(SITE, names, request.der(), NOW);
    let chain = issue(&names(&[&DISTRIBUTION_POINT], &[])).unwrap();
    let [leaf, _, top] = chain.as_slice() else { panic!("three certificates") };
    assert_eq!(top, &root.certificate);
    assert_eq!(
        dns_names(leaf),
        [
            "keel.host.p01.portolan.internal",
            "site-system.p01.portolan.internal",
            "distribution-point.p01.portolan.internal"
        ]
    );
    assert!(is_for_host(leaf, "keel", SITE, &key.public()));
    assert!(!is_for_host(leaf, "mp1", SITE, &key.public()));
    assert!(!is_for_host(leaf, "keel", SITE, &root.key.public()));
    assert!(device_id_of(leaf, SITE).is_none());
    let server = issue(&names(&[&DISTRIBUTION_POINT, &SITE_SERVER], &[]));
    assert!(matches!(server, Err(CertificateError::SiteServer)));
    for host in ["", "Keel", "keel.host", "-keel", "*", "höst"] {
        let issued = issue(&HostNames { host, ..names(&[], &[]) });
        assert!(matches!(issued, Err(CertificateError::Host(_))), "{host}");
    }
    // While it has none, it shows one that names nobody.
    let own = joining(&key, NOW).unwrap();
    assert_eq!((ed25519_key_of(&own), dns_names(&own)), (Some(key.public()), vec![]));
}

#[test]
fn root_and_authority_come_back_and_do_not_mix() {
    let (root, authority) = authority();
    let (other_root, other) = self::authority();
    let load = |key: &[u8]| {
        Authority::load(authority.certificate().to_vec(), &root.certificate, key).map(|_| ())
    };
    assert!(load(authority.key()).is_ok());
    assert!(matches!(load(other.key()), Err(CertificateError::Mismatch { what: "authority" })));
    let load = |key: &[u8]| Root::load(root.certificate.to_vec(), key).map(|_| ());
    assert!(load(root.key.to_pkcs8()).is_ok());
    assert!(matches!(
        load(other_root.key.to_pkcs8()),
        Err(CertificateError::Mismatch { what: "root" })
    ));
    let serials: std::collections::BTreeSet<Vec<u8>> =
        (0..50).map(|_| serial().unwrap().to_bytes()).collect();
    assert_eq!(serials.len(), 50);
}

proptest! {
    #[test]
    fn any_bytes_are_no_certificate_and_no_request(
        bytes in prop::collection::vec(any::<u8>(), 0..512),
    ) {
        let certificate = CertificateDer::from(bytes.clone());
        prop_assert!(csr_public_key(&bytes).is_err());
        prop_assert_eq!(device_id_of(&certificate, SITE), None);
        prop_assert_eq!(ed25519_key_of(&certificate), None);
        prop_assert_eq!(validity(&bytes), None);
    }
}
