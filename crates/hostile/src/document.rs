//! What leads to trust, or must not: envelopes, service maps, host plans,
//! policies, invitations of machines and of hosts, requests for certificates,
//! certificates, tokens.
//!
//! A fuzzer cannot forge a signature, so most of what lies behind one would
//! never be reached. Therefore the parts of a document are also taken
//! unsigned, and signed here with keys that everybody knows.

use std::fmt::Display;
use std::sync::LazyLock;

use catalog::Role;
use catalog::flows::CLIENT_TO_MANAGEMENT_POINT_HTTPS;
use catalog::role::SITE_SYSTEM;
use minicbor::{Decode, Decoder, Encode, Encoder};
use rustls::pki_types::CertificateDer;
use trust::Fingerprint;
use trust::certificate;
use trust::envelope::{self, Draft, Expect, Expiry, Kind};
use trust::host_invitation::HostInvitation;
use trust::host_plan::{HostPlan, VerifiedHostPlan};
use trust::invitation::Invitation;
use trust::key::{Recovery, SigningKey};
use trust::map::{ServiceMap, VerifiedMap};
use trust::seal::SealingKey;
use trust::tls::{Peer, peer_of};
use trust::token::Token;
use trust::way::Ground;
use wire::policy::Policy;

pub(crate) const SITE: &str = "P01";
pub(crate) const HOST: &str = "dp7";
/// Unix milliseconds, in 2027.
pub(crate) const NOW: i64 = 1_800_000_000_000;
const KINDS: [Kind; 5] = [Kind::Delegation, Kind::Map, Kind::HostPlan, Kind::Policy, Kind::Command];

/// The keys of a site that never was.
pub(crate) struct Keys {
    pub root: SigningKey,
    /// Signs maps, host plans and policies.
    pub delegate: SigningKey,
    /// The root's word for it.
    pub delegation: Vec<u8>,
    pub device: SealingKey,
}

pub(crate) static KEYS: LazyLock<Option<Keys>> = LazyLock::new(|| {
    let (root, delegate) = (key(1)?, key(2)?);
    let (kinds, until) = ([Kind::Map, Kind::HostPlan, Kind::Policy], NOW + certificate::DAY);
    let delegation = envelope::delegate(&root, &delegate.public(), &kinds, SITE, 7, NOW, until);
    Some(Keys { root, delegate, delegation, device: SealingKey::from_bytes(&[3; 32]).ok()? })
});

/// An Ed25519 key of one byte thirty-two times, in PKCS #8 (RFC 8410).
fn key(byte: u8) -> Option<SigningKey> {
    let head = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
    SigningKey::from_pkcs8(&[&head[..], &[byte; 32]].concat()).ok()
}

/// The first byte says what the others are.
pub fn document(data: &[u8]) {
    let (Some((what, bytes)), Some(keys)) = (data.split_first(), KEYS.as_ref()) else { return };
    let text = || std::str::from_utf8(bytes).unwrap_or_default();
    match what {
        b'e' => envelope(bytes, keys),
        // A payload that the root signed, or its delegate.
        b'r' => envelope(&signed(bytes, &keys.root), keys),
        b'd' => envelope(&signed(bytes, &keys.delegate), keys),
        b'l' => envelope(&linked(bytes, keys), keys),
        b'm' => map(bytes, keys),
        b'h' => host_plan(bytes, keys),
        b'p' => policy(bytes),
        b's' => shown(keys.device.open(b"device", bytes)),
        b'c' => request(bytes),
        b'x' => certificate(bytes),
        b'i' => invitation(text()),
        b'j' => host_invitation(text()),
        b't' => words(text()),
        _ => {}
    }
}

/// An envelope around a payload, with a good signature.
pub(crate) fn signed(payload: &[u8], key: &SigningKey) -> Vec<u8> {
    let signature = key.sign(&[b"portolan document\n", payload].concat());
    let mut envelope = Encoder::new(Vec::new());
    // Memory takes whatever is written to it.
    let _infallible =
        envelope.array(2).and_then(|envelope| envelope.bytes(payload)?.bytes(&signature));
    envelope.into_writer()
}

/// A map whose chain is a delegation that the root signed: these bytes.
pub(crate) fn linked(delegation: &[u8], keys: &Keys) -> Vec<u8> {
    let link = signed(delegation, &keys.root);
    envelope::sign(&draft(Kind::Map, &[0xa0]), &keys.delegate, &[link])
}

pub(crate) const fn draft(kind: Kind, body: &[u8]) -> Draft<'_> {
    let (issued, expires) = (NOW, NOW + certificate::DAY);
    Draft { kind, site: SITE, epoch: 0, number: 7, issued, expires, body, critical: &[] }
}

/// What is believed is as expected; what was believed once can be recalled.
fn envelope(bytes: &[u8], keys: &Keys) {
    let root = &keys.root.public().fingerprint();
    for kind in KINDS {
        let expect = Expect {
            kind,
            site: SITE,
            root,
            now: NOW,
            after: 7,
            expiry: Expiry::Hard,
            known: &[0, 1, 2, 3],
        };
        let hard = envelope::open(bytes, &expect);
        let soft = envelope::open(bytes, &Expect { expiry: Expiry::Soft, ..expect });
        let kept = envelope::open(bytes, &Expect { expiry: Expiry::Kept, ..expect });
        if let Ok(opened) = &hard {
            assert!(opened.kind == kind && opened.number >= 7 && !opened.expired);
            assert!(opened.expires > NOW && soft.as_ref() == Ok(opened));
            assert!(opened.body.len() < bytes.len());
        }
        assert!(soft.is_err() || kept == soft, "believed and then forgotten");
        assert!(kept.is_err() || keys.signed_somewhere(bytes), "nobody signed this");
        shown(hard);
        shown(kept);
    }
    shown(VerifiedMap::open(bytes, root, SITE, NOW, 7).map(|map| rows(&map)));
}

impl Keys {
    /// Whether a good signature by one of these keys is around the bytes.
    fn signed_somewhere(&self, bytes: &[u8]) -> bool {
        let mut envelope = Decoder::new(bytes);
        let parts = envelope.array().and_then(|_| Ok((envelope.bytes()?, envelope.bytes()?)));
        parts.is_ok_and(|(payload, signature)| {
            let message = [b"portolan document\n", payload].concat();
            let by = |key: &SigningKey| key.public().verifies(&message, signature);
            by(&self.root) || by(&self.delegate)
        })
    }
}

/// The body of a service map.
fn map(body: &[u8], keys: &Keys) {
    let chain = std::slice::from_ref(&keys.delegation);
    let bytes = envelope::sign(&draft(Kind::Map, body), &keys.delegate, chain);
    let root = keys.root.public().fingerprint();
    let opened = VerifiedMap::open(&bytes, &root, SITE, NOW, 0);
    if let Ok(map) = &opened {
        rows(map);
        assert!(map.number() == 7 && !map.expired() && map.site() == SITE);
        assert!(VerifiedMap::recall(&bytes, &root, SITE, i64::MAX).is_ok());
        if let Ok(said) = minicbor::decode::<ServiceMap>(body) {
            assert_eq!(said.rows.len(), map.entries().len() + map.skipped());
        }
    }
    shown(opened);
    again::<ServiceMap>(body);
}

/// No way leads to where nothing can be.
fn rows(map: &VerifiedMap) {
    let flow = &CLIENT_TO_MANAGEMENT_POINT_HTTPS;
    for way in map.ways(flow) {
        assert!(way.port() != 0 && way.flow() == flow);
    }
    for entry in map.entries() {
        assert!(entry.candidates().all(|(address, port)| port != 0 && address == entry.address()));
    }
}

/// The body of a host plan. Whatever it says, no post and no way is for what
/// this host's roles do not do, and none is where nothing can be.
fn host_plan(body: &[u8], keys: &Keys) {
    let chain = std::slice::from_ref(&keys.delegation);
    let bytes = envelope::sign(&draft(Kind::HostPlan, body), &keys.delegate, chain);
    let root = &keys.root.public().fingerprint();
    let opened = VerifiedHostPlan::open(&bytes, root, SITE, HOST, NOW, 0);
    if let Ok(plan) = &opened {
        assert!(plan.number() == 7 && !plan.expired() && plan.site() == SITE);
        assert!(plan.host() == HOST && plan.roles().is_sorted());
        for post in plan.posts() {
            assert!(post.port() != 0 && post.host() == HOST && !post.flows().is_empty());
            for role in post.roles() {
                assert!(role == &SITE_SYSTEM || plan.roles().contains(&role), "{post}");
            }
        }
        for flow in catalog::FLOWS {
            let reversed = flow.reversible.then_some(flow.to);
            let ours = |role: &Role| *role == SITE_SYSTEM || plan.roles().contains(&role);
            for way in plan.ways(flow) {
                assert!(way.port() != 0 && way.ground() == Ground::Ordered);
                assert!(ours(flow.from) || reversed.is_some_and(ours), "{way}");
            }
        }
        assert!(VerifiedHostPlan::recall(&bytes, root, SITE, HOST, i64::MAX).is_ok());
        assert!(VerifiedHostPlan::open(&bytes, root, SITE, "dp8", NOW, 0).is_err());
    }
    shown(opened);
    again::<HostPlan>(body);
}

fn host_invitation(text: &str) {
    if let Ok(read) = HostInvitation::parse(text) {
        let again = HostInvitation::parse(&read.to_text());
        assert!(again.is_ok_and(|again| again.to_text() == read.to_text()));
        assert!(!format!("{read:?}").contains(&read.token.text()));
        shown(read.verified_plan(NOW));
    } else {
        shown(HostInvitation::parse(text));
    }
}

fn policy(bytes: &[u8]) {
    again::<Policy>(bytes);
    if let Ok(policy) = minicbor::decode::<Policy>(bytes) {
        // A list of n things needs n bytes at least: no short text fills memory.
        assert!(policy.assignments.len() <= bytes.len());
    }
}

/// What was read is written so that the next reader sees the same.
fn again<T>(bytes: &[u8])
where
    T: Encode<()> + for<'b> Decode<'b, ()> + PartialEq + std::fmt::Debug,
{
    match minicbor::decode::<T>(bytes) {
        Ok(value) => {
            let bytes = minicbor::to_vec(&value).unwrap_or_default();
            assert!(minicbor::decode::<T>(&bytes).is_ok_and(|again| again == value), "{value:?}");
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

fn request(der: &[u8]) {
    if let Ok(key) = certificate::csr_public_key(der) {
        let again = certificate::csr_public_key(der);
        assert!(again.is_ok_and(|again| again == key), "two keys in one request");
    } else {
        shown(certificate::csr_public_key(der));
    }
}

fn certificate(der: &[u8]) {
    let certificate = CertificateDer::from(der);
    let device = certificate::device_id_of(&certificate, SITE);
    let hex = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f');
    assert!(device.iter().all(|id| id.len() == 32 && id.bytes().all(hex)), "{device:?}");
    let host = certificate::host_of(&certificate, SITE);
    let roles = certificate::roles_of(&certificate, SITE);
    match peer_of(&certificate, SITE) {
        Some(Peer::Device(id)) => assert!(device == Some(id) && host.is_none() && roles.is_empty()),
        Some(Peer::Host { host: name, roles: names, .. }) => {
            assert!(device.is_none() && host == Some(name) && !names.is_empty());
        }
        None => {}
    }
    if certificate::validity(der).is_none() {
        assert!(certificate::needs_renewal(der, NOW), "unreadable, and to be kept");
    }
    assert!(certificate::needs_renewal(der, i64::MAX), "good for ever");
}

fn invitation(text: &str) {
    if let Ok(invitation) = Invitation::parse(text) {
        let line = invitation.to_text();
        assert!(line.len() < 256 && !line.contains(char::is_whitespace), "{line:?}");
        assert_eq!(Invitation::parse(&line), Ok(invitation));
    } else {
        shown(Invitation::parse(text));
    }
}

/// Tokens, fingerprints and recovery keys: what a person copies.
fn words(text: &str) {
    shown(Token::parse(text).map(|token| {
        assert!(Token::parse(&token.text()).is_ok_and(|again| again.matches(&token.hash())));
    }));
    shown(
        text.parse::<Fingerprint>().map(|print| assert_eq!(print.to_string().parse(), Ok(print))),
    );
    shown(Recovery::parse(text).map(|key| {
        assert!(Recovery::parse(&key.text()).is_ok_and(|again| again.hash() == key.hash()));
    }));
}

/// A refusal can be shown to a person, however long the bytes were.
fn shown<T, E: Display>(result: Result<T, E>) {
    if let Err(refusal) = result {
        let said = refusal.to_string();
        assert!(!said.is_empty() && said.len() < 1024, "{} bytes", said.len());
        assert!(!said.chars().any(char::is_control), "{said:?} would upset a terminal");
    }
}
