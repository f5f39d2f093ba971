//! Reading: from bytes that anybody may have sent to a document that is
//! believed, or a reason why not.

use minicbor::Decode;

use super::{
    CHAIN_LIMIT, CRITICAL_LIMIT, Delegation, Envelope, Expect, Expiry, Kind, LIMIT, LINK_LIMIT,
    Opened, Payload, Refusal, VERSION, signed_bytes,
};
use crate::Fingerprint;
use crate::key::PublicKey;

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
        return Err(too_many_links(CHAIN_LIMIT, payload.chain.len()));
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
        return Err(too_many_links(0, link.chain.len()));
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

const fn too_many_links(limit: usize, found: usize) -> Refusal {
    Refusal::TooMany { what: "delegations in a chain", limit, found }
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
        return Err(Refusal::TooMany {
            what: "critical keys",
            limit: CRITICAL_LIMIT,
            found: payload.critical.len(),
        });
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
pub(super) type Parsed<'a> = (&'a [u8], &'a [u8], Payload<'a>);

pub(super) fn parse<'a>(
    bytes: &'a [u8],
    limit: usize,
    what: &'static str,
) -> Result<Parsed<'a>, Refusal> {
    if bytes.len() > limit {
        return Err(Refusal::TooLarge { what, limit, found: bytes.len() });
    }
    let Envelope { payload: raw, signature } = decoded(bytes, what)?;
    let version = version(raw).map_err(|source| Refusal::malformed("payload", &source))?;
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

/// Decodes all of `bytes`; what follows the value is as wrong as what lacks.
pub(crate) fn decoded<'a, T: Decode<'a, ()>>(
    bytes: &'a [u8],
    what: &'static str,
) -> Result<T, Refusal> {
    let mut decoder = minicbor::Decoder::new(bytes);
    let value = decoder.decode().map_err(|source| Refusal::malformed(what, &source))?;
    if decoder.position() != bytes.len() {
        let source = minicbor::decode::Error::message("bytes after the end").at(decoder.position());
        return Err(Refusal::malformed(what, &source));
    }
    Ok(value)
}
