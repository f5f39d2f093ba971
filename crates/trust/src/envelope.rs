//! The one form of everything a site signs (TRUST.md §2).
//!
//! An envelope is a CBOR array of two byte strings: payload and signature. The
//! signature covers the payload **as received**; nothing is ever encoded again
//! to be checked, because two encoders need not agree. The payload is a CBOR map
//! with integer keys, the version first, so that a program that meets a newer
//! version can say just that, whatever else has changed.
//!
//! Who signed is settled by a chain of delegations. The root signs delegations
//! and nothing else; a delegation names a key and the kinds of document that it
//! may sign, until the delegation expires. [`open`] follows the chain from the
//! pinned fingerprint and then asks the questions of a reader who has been lied
//! to before: is it for this site, of this kind, not older than what I have
//! seen, not expired, and do I understand everything I must?

use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};

use crate::Fingerprint;
use crate::key::{PublicKey, SigningKey};

mod refusal;
#[cfg(test)]
mod tests;

pub use refusal::Refusal;

/// The version of the envelope that this program writes and reads.
pub const VERSION: u16 = 1;
/// An envelope is at most this long, in bytes; a service has smaller limits of
/// its own for what it takes from strangers.
pub const LIMIT: usize = 1024 * 1024;
/// A delegation within a chain is at most this long, in bytes.
const LINK_LIMIT: usize = 4 * 1024;
/// Delegations in one chain. Two are in use (root, delegate); the rest is room
/// for rotated roots.
const CHAIN_LIMIT: usize = 4;
/// Keys that a document may mark critical.
const CRITICAL_LIMIT: usize = 64;
/// What is signed begins with this, so that no signature over anything else
/// (a certificate, a handshake) can pass for one over a payload.
const CONTEXT: &[u8] = b"portolan document\n";

/// What a document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Lets a key sign documents of some kinds.
    Delegation,
    /// Where every service of the site is.
    Map,
    /// What one role host listens on and dials.
    HostPlan,
    /// What one client is told to do.
    Policy,
    /// Something to be done now.
    Command,
}

impl Kind {
    const ALL: [Self; 5] =
        [Self::Delegation, Self::Map, Self::HostPlan, Self::Policy, Self::Command];

    /// The number on the wire; never reused.
    const fn number(self) -> u16 {
        match self {
            Self::Delegation => 1,
            Self::Map => 2,
            Self::HostPlan => 3,
            Self::Policy => 4,
            Self::Command => 5,
        }
    }

    fn of(number: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.number() == number)
    }
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Delegation => "delegation",
            Self::Map => "service map",
            Self::HostPlan => "host plan",
            Self::Policy => "policy",
            Self::Command => "command",
        })
    }
}

/// A document that is about to be signed. Times are Unix milliseconds.
#[derive(Debug, Clone, Copy)]
pub struct Draft<'a> {
    pub kind: Kind,
    /// The site's code.
    pub site: &'a str,
    /// 0 until a site has been restored from a backup; then rising.
    pub epoch: u64,
    /// From [`next_number`].
    pub number: u64,
    pub issued: i64,
    pub expires: i64,
    /// A CBOR map with integer keys, or sealed bytes.
    pub body: &'a [u8],
    /// Keys of the body that a reader must understand or else refuse the
    /// whole; at most 64.
    pub critical: &'a [u32],
}

/// What a reader expects of a document.
#[derive(Debug, Clone, Copy)]
pub struct Expect<'a> {
    pub kind: Kind,
    /// The site's code.
    pub site: &'a str,
    /// The pinned root.
    pub root: &'a Fingerprint,
    /// Unix milliseconds.
    pub now: i64,
    /// The highest number accepted so far of this kind (0 for none). Lower is
    /// refused, the same again is accepted.
    pub after: u64,
    pub expiry: Expiry,
    /// The keys of the body that this reader understands, for a document that
    /// marks some of them critical.
    pub known: &'a [u32],
}

/// What follows from a date that has passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expiry {
    /// An expired document is refused: commands, secrets.
    Hard,
    /// An expired document is accepted and says so: a client that was off for
    /// long must still find its way. Its delegation must hold.
    Soft,
    /// For a document that this reader accepted in its time and has kept where
    /// nobody else can write: neither its own nor its delegation's date counts.
    Kept,
}

/// A document that was believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    pub kind: Kind,
    pub epoch: u64,
    pub number: u64,
    /// Unix milliseconds.
    pub issued: i64,
    /// Unix milliseconds.
    pub expires: i64,
    /// `expires` has passed (only with [`Expiry::Soft`] or [`Expiry::Kept`]).
    pub expired: bool,
    pub body: Vec<u8>,
}

/// The number of the next document of a kind: above the last one, and above
/// every one that a backup may have forgotten.
pub fn next_number(last: u64, now: i64) -> u64 {
    last.saturating_add(1).max(u64::try_from(now).unwrap_or(0))
}

/// Signs a document. `chain` leads from the root to `key`, each link an
/// envelope that [`delegate`] made; it is empty for the root itself.
pub fn sign(draft: &Draft<'_>, key: &SigningKey, chain: &[Vec<u8>]) -> Vec<u8> {
    let payload = encoded(&Payload {
        version: VERSION,
        kind: draft.kind.number(),
        site: draft.site,
        epoch: draft.epoch,
        number: draft.number,
        issued: draft.issued,
        expires: draft.expires,
        body: draft.body,
        chain: chain.iter().cloned().map(ByteVec::from).collect(),
        signer: key.public().0,
        critical: draft.critical.to_vec(),
    });
    let signature = key.sign(&signed_bytes(&payload));
    encoded(&Envelope { payload: &payload, signature: &signature })
}

/// Lets `to` sign documents of some kinds for a site, until `expires`. Only a
/// root's delegation is believed, or one by a delegate that may itself delegate.
pub fn delegate(
    by: &SigningKey,
    to: &PublicKey,
    kinds: &[Kind],
    site: &str,
    number: u64,
    issued: i64,
    expires: i64,
) -> Vec<u8> {
    let body =
        encoded(&Delegation { to: to.0, kinds: kinds.iter().map(|kind| kind.number()).collect() });
    let draft = Draft {
        kind: Kind::Delegation,
        site,
        epoch: 0,
        number,
        issued,
        expires,
        body: &body,
        critical: &[],
    };
    sign(&draft, by, &[])
}

/// Believes a document, or refuses it and says why. Nothing that arrives can
/// make it panic, recurse or allocate more than a small multiple of its length.
pub fn open(bytes: &[u8], expect: &Expect<'_>) -> Result<Opened, Refusal> {
    let (raw, signature, payload) = parse(bytes, LIMIT, "envelope")?;
    let kind = known_kind(payload.kind)?;
    if kind != expect.kind {
        return Err(Refusal::Kind { expected: expect.kind, found: kind });
    }
    let granted = follow(&payload, expect)?;
    if granted.key.0 != payload.signer || !granted.kinds.contains(&kind) {
        return Err(Refusal::NotDelegated { kind });
    }
    if !granted.key.verifies(&signed_bytes(raw), signature) {
        return Err(Refusal::Signature { what: kind });
    }
    settle(&payload, kind, expect)
}

/// A delegation that a site server keeps beside its key, as it reads itself.
pub(crate) struct Delegated {
    pub(crate) to: PublicKey,
    pub(crate) kinds: Vec<Kind>,
    pub(crate) issued: i64,
    pub(crate) expires: i64,
}

/// Reads a delegation by the root itself, whatever its date.
pub(crate) fn read_delegation(
    bytes: &[u8],
    root: &Fingerprint,
    site: &str,
) -> Result<Delegated, Refusal> {
    let opened = open(
        bytes,
        &Expect {
            kind: Kind::Delegation,
            site,
            root,
            now: 0,
            after: 0,
            expiry: Expiry::Kept,
            known: &[],
        },
    )?;
    let body: Delegation = decoded(&opened.body, "delegation")?;
    Ok(Delegated {
        to: PublicKey(body.to),
        kinds: body.kinds.into_iter().filter_map(Kind::of).collect(),
        issued: opened.issued,
        expires: opened.expires,
    })
}

#[derive(Encode, Decode)]
struct Envelope<'a> {
    #[cbor(n(0), with = "minicbor::bytes")]
    payload: &'a [u8],
    #[cbor(n(1), with = "minicbor::bytes")]
    signature: &'a [u8],
}

#[derive(Encode, Decode)]
#[cbor(map)]
struct Payload<'a> {
    #[n(0)]
    version: u16,
    #[n(1)]
    kind: u16,
    #[n(2)]
    site: &'a str,
    #[n(3)]
    epoch: u64,
    #[n(4)]
    number: u64,
    #[n(5)]
    issued: i64,
    #[n(6)]
    expires: i64,
    #[cbor(n(7), with = "minicbor::bytes")]
    body: &'a [u8],
    #[n(8)]
    chain: Vec<ByteVec>,
    #[cbor(n(9), with = "minicbor::bytes")]
    signer: [u8; 32],
    #[n(10)]
    critical: Vec<u32>,
}

#[derive(Encode, Decode)]
#[cbor(map)]
struct Delegation {
    #[cbor(n(0), with = "minicbor::bytes")]
    to: [u8; 32],
    #[n(1)]
    kinds: Vec<u16>,
}

/// The key that may sign next, and what.
struct Grant {
    key: PublicKey,
    kinds: Vec<Kind>,
    /// The root gives what it does not itself sign; a delegate that may
    /// delegate gives no more than it has.
    root: bool,
}

/// Follows the chain from the pinned root.
fn follow(payload: &Payload<'_>, expect: &Expect<'_>) -> Result<Grant, Refusal> {
    if payload.chain.len() > CHAIN_LIMIT {
        return Err(Refusal::Chain { limit: CHAIN_LIMIT, found: payload.chain.len() });
    }
    let mut grant: Option<Grant> = None;
    for bytes in &payload.chain {
        let (raw, signature, link) = parse(bytes, LINK_LIMIT, "delegation")?;
        let grant_so_far = match grant {
            Some(grant) => grant,
            None => root_grant(link.signer, expect.root)?,
        };
        grant = Some(follow_link(raw, signature, &link, &grant_so_far, expect)?);
    }
    match grant {
        Some(grant) => Ok(grant),
        None => root_grant(payload.signer, expect.root),
    }
}

/// A root may delegate; it signs nothing else.
fn root_grant(signer: [u8; 32], root: &Fingerprint) -> Result<Grant, Refusal> {
    let found = Fingerprint::of(&signer);
    if found != *root {
        return Err(Refusal::WrongRoot { expected: *root, found });
    }
    Ok(Grant { key: PublicKey(signer), kinds: vec![Kind::Delegation], root: true })
}

fn follow_link(
    raw: &[u8],
    signature: &[u8],
    link: &Payload<'_>,
    by: &Grant,
    expect: &Expect<'_>,
) -> Result<Grant, Refusal> {
    let kind = known_kind(link.kind)?;
    if kind != Kind::Delegation {
        return Err(Refusal::Kind { expected: Kind::Delegation, found: kind });
    }
    if by.key.0 != link.signer || !by.kinds.contains(&Kind::Delegation) {
        return Err(Refusal::NotDelegated { kind });
    }
    // A link carries no chain of its own: the chain is flat, and so is this code.
    if !link.chain.is_empty() {
        return Err(Refusal::Chain { limit: 0, found: link.chain.len() });
    }
    if !by.key.verifies(&signed_bytes(raw), signature) {
        return Err(Refusal::Signature { what: kind });
    }
    let expiry = if expect.expiry == Expiry::Kept { Expiry::Kept } else { Expiry::Hard };
    settle(link, kind, &Expect { kind, after: 0, expiry, known: &[0, 1], ..*expect })?;
    let body: Delegation = decoded(link.body, "delegation")?;
    let kinds = body
        .kinds
        .into_iter()
        .filter_map(Kind::of)
        .filter(|kind| by.root || by.kinds.contains(kind))
        .collect();
    Ok(Grant { key: PublicKey(body.to), kinds, root: false })
}

/// What is asked once the signature holds.
fn settle(payload: &Payload<'_>, kind: Kind, expect: &Expect<'_>) -> Result<Opened, Refusal> {
    if payload.site != expect.site {
        return Err(Refusal::site(kind, expect.site, payload.site));
    }
    if payload.number < expect.after {
        return Err(Refusal::Older { kind, number: payload.number, highest: expect.after });
    }
    let expired = payload.expires <= expect.now;
    if expired && expect.expiry == Expiry::Hard {
        return Err(Refusal::Expired { kind, expires: payload.expires, now: expect.now });
    }
    if payload.critical.len() > CRITICAL_LIMIT {
        return Err(Refusal::Critical { kind, key: u32::MAX });
    }
    if let Some(key) = payload.critical.iter().find(|key| !expect.known.contains(key)) {
        return Err(Refusal::Critical { kind, key: *key });
    }
    Ok(Opened {
        kind,
        epoch: payload.epoch,
        number: payload.number,
        issued: payload.issued,
        expires: payload.expires,
        expired,
        body: payload.body.to_vec(),
    })
}

/// The payload's bytes, the signature, and the payload as read.
type Parsed<'a> = (&'a [u8], &'a [u8], Payload<'a>);

fn parse<'a>(bytes: &'a [u8], limit: usize, what: &'static str) -> Result<Parsed<'a>, Refusal> {
    if bytes.len() > limit {
        return Err(Refusal::TooLarge { what, limit, found: bytes.len() });
    }
    let Envelope { payload: raw, signature } = decoded(bytes, what)?;
    let version = version(raw).map_err(|source| Refusal::malformed("payload", source))?;
    if version != VERSION {
        return Err(Refusal::NewerVersion { what, found: version, known: VERSION });
    }
    let payload = decoded(raw, "payload")?;
    Ok((raw, signature, payload))
}

/// The version is the first key of a payload, now and in every later version.
fn version(raw: &[u8]) -> Result<u16, minicbor::decode::Error> {
    let mut decoder = minicbor::Decoder::new(raw);
    decoder.map()?;
    if decoder.u8()? != 0 {
        return Err(minicbor::decode::Error::message("the first key is not the version").at(1));
    }
    decoder.u16()
}

fn known_kind(number: u16) -> Result<Kind, Refusal> {
    Kind::of(number).ok_or(Refusal::UnknownKind { number })
}

fn signed_bytes(payload: &[u8]) -> Vec<u8> {
    [CONTEXT, payload].concat()
}

/// Decodes all of `bytes`; what follows the value is as wrong as what lacks.
pub(crate) fn decoded<'a, T: Decode<'a, ()>>(
    bytes: &'a [u8],
    what: &'static str,
) -> Result<T, Refusal> {
    let mut decoder = minicbor::Decoder::new(bytes);
    let value = decoder.decode().map_err(|source| Refusal::malformed(what, source))?;
    if decoder.position() != bytes.len() {
        let source = minicbor::decode::Error::message("bytes after the end").at(decoder.position());
        return Err(Refusal::malformed(what, source));
    }
    Ok(value)
}

/// Encodes into memory, which cannot fail with the encoders used here; were it
/// to, the empty bytes would be refused by every reader.
pub(crate) fn encoded<T: Encode<()>>(value: &T) -> Vec<u8> {
    minicbor::to_vec(value).unwrap_or_default()
}
