//! The one form of everything a site signs.
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

mod read;
mod refusal;
#[cfg(test)]
mod tests;

pub use read::open;
pub(crate) use read::{decoded, read_delegation};
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

fn signed_bytes(payload: &[u8]) -> Vec<u8> {
    [CONTEXT, payload].concat()
}

/// Encodes into memory, which cannot fail with the encoders used here; were it
/// to, the empty bytes would be refused by every reader.
pub(crate) fn encoded<T: Encode<()>>(value: &T) -> Vec<u8> {
    minicbor::to_vec(value).unwrap_or_default()
}
