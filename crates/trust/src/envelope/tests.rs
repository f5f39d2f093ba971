//! What a reader must believe and what it must refuse, and that no bytes hurt.
#![allow(clippy::unwrap_used)]

use minicbor::Encoder;
use proptest::prelude::*;

use super::read::parse;
use super::*;

const NOW: i64 = 1_700_000_000_000;
const DAY: i64 = 86_400_000;
const SITE: &str = "P01";

struct Keys {
    root: SigningKey,
    map: SigningKey,
    delegation: Vec<u8>,
}

impl Keys {
    fn new() -> Self {
        let (root, map) = (SigningKey::generate().unwrap(), SigningKey::generate().unwrap());
        let delegation =
            delegate(&root, &map.public(), &[Kind::Map], SITE, 1, NOW, NOW + 365 * DAY);
        Self { root, map, delegation }
    }

    fn sign(&self, draft: &Draft<'_>) -> Vec<u8> {
        sign(draft, &self.map, std::slice::from_ref(&self.delegation))
    }

    fn open(&self, bytes: &[u8]) -> Result<Opened, Refusal> {
        self.open_as(bytes, |_| ())
    }

    fn open_as(
        &self,
        bytes: &[u8],
        change: impl FnOnce(&mut Expect<'static>),
    ) -> Result<Opened, Refusal> {
        let root = self.root.public().fingerprint();
        let mut expect = Expect {
            kind: Kind::Map,
            site: SITE,
            root: &Fingerprint([0; 32]),
            now: NOW,
            after: 0,
            expiry: Expiry::Hard,
            known: &[0],
        };
        change(&mut expect);
        open(bytes, &Expect { root: &root, ..expect })
    }
}

fn draft() -> Draft<'static> {
    Draft {
        kind: Kind::Map,
        site: SITE,
        epoch: 0,
        number: 7,
        issued: NOW,
        expires: NOW + DAY,
        body: &[0xa0],
        critical: &[],
    }
}

/// An envelope around any payload, signed as it should be.
fn wrap(payload: &[u8], key: &SigningKey) -> Vec<u8> {
    encoded(&Envelope { payload, signature: &key.sign(&signed_bytes(payload)) })
}

#[test]
fn a_document_by_a_delegate_is_believed() {
    let keys = Keys::new();
    let opened = keys.open(&keys.sign(&draft())).unwrap();
    assert_eq!(
        opened,
        Opened {
            kind: Kind::Map,
            epoch: 0,
            number: 7,
            issued: NOW,
            expires: NOW + DAY,
            expired: false,
            body: vec![0xa0],
        }
    );
}

#[test]
fn numbers_rise_and_the_same_is_accepted_again() {
    let keys = Keys::new();
    let bytes = keys.sign(&draft());
    assert!(keys.open_as(&bytes, |expect| expect.after = 7).is_ok());
    let refusal = keys.open_as(&bytes, |expect| expect.after = 8).unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "a service map with number 7, older than number 8, which was accepted before"
    );
    assert_eq!(next_number(5, 3), 6);
    assert_eq!(next_number(5, NOW), u64::try_from(NOW).unwrap());
    assert_eq!(next_number(u64::MAX, -1), u64::MAX);
}

#[test]
fn expiry_is_hard_soft_or_past_caring() {
    let keys = Keys::new();
    let bytes = keys.sign(&draft());
    let at = |now, expiry| {
        keys.open_as(&bytes, |expect| {
            expect.now = now;
            expect.expiry = expiry;
        })
    };
    assert!(matches!(at(NOW + DAY, Expiry::Hard), Err(Refusal::Expired { .. })));
    assert!(at(NOW + DAY - 1, Expiry::Hard).is_ok_and(|opened| !opened.expired));
    assert!(at(NOW + 90 * DAY, Expiry::Soft).is_ok_and(|opened| opened.expired));
    // The delegation's end is hard, except for what was accepted before it.
    let refusal = at(NOW + 367 * DAY, Expiry::Soft).unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "a delegation that expired 2 days ago; if that cannot be, look at this machine's clock"
    );
    assert!(at(NOW + 367 * DAY, Expiry::Kept).is_ok_and(|opened| opened.expired));
}

#[test]
fn what_is_not_ours_is_refused() {
    let keys = Keys::new();
    let good = keys.sign(&draft());
    let other = Keys::new();
    assert!(matches!(other.open(&good), Err(Refusal::WrongRoot { .. })));
    assert!(matches!(
        keys.open_as(&good, |expect| expect.site = "P02"),
        Err(Refusal::Site { kind: Kind::Delegation, .. })
    ));
    assert!(matches!(
        keys.open_as(&good, |expect| expect.kind = Kind::Policy),
        Err(Refusal::Kind { expected: Kind::Policy, found: Kind::Map })
    ));
    // For another site, by a delegate of this one.
    let elsewhere = keys.sign(&Draft { site: "P02", ..draft() });
    assert!(matches!(keys.open(&elsewhere), Err(Refusal::Site { kind: Kind::Map, .. })));
    // A stranger with the delegate's delegation, and with the root's name.
    let stranger = SigningKey::generate().unwrap();
    let borrowed = sign(&draft(), &stranger, std::slice::from_ref(&keys.delegation));
    assert_eq!(keys.open(&borrowed), Err(Refusal::NotDelegated { kind: Kind::Map }));
    let posing = delegate(&stranger, &stranger.public(), &[Kind::Map], SITE, 1, NOW, NOW + DAY);
    let posing = sign(&draft(), &stranger, &[posing]);
    assert!(matches!(keys.open(&posing), Err(Refusal::WrongRoot { .. })));
}

#[test]
fn the_root_only_delegates_and_nobody_gives_more_than_they_have() {
    let keys = Keys::new();
    let direct = sign(&draft(), &keys.root, &[]);
    assert_eq!(keys.open(&direct), Err(Refusal::NotDelegated { kind: Kind::Map }));
    let policy = keys.sign(&Draft { kind: Kind::Policy, ..draft() });
    assert_eq!(
        keys.open_as(&policy, |expect| expect.kind = Kind::Policy),
        Err(Refusal::NotDelegated { kind: Kind::Policy })
    );

    let (middle, last) = (SigningKey::generate().unwrap(), SigningKey::generate().unwrap());
    let give = |by: &SigningKey, to: &SigningKey, kinds: &[Kind]| {
        delegate(by, &to.public(), kinds, SITE, 1, NOW, NOW + DAY)
    };
    let try_chain = |first: &[Kind], second: &[Kind]| {
        let chain = [give(&keys.root, &middle, first), give(&middle, &last, second)];
        keys.open(&sign(&draft(), &last, &chain))
    };
    assert!(try_chain(&[Kind::Delegation, Kind::Map], &[Kind::Map]).is_ok());
    assert_eq!(
        try_chain(&[Kind::Map], &[Kind::Map]),
        Err(Refusal::NotDelegated { kind: Kind::Delegation })
    );
    assert_eq!(
        try_chain(&[Kind::Delegation], &[Kind::Map]),
        Err(Refusal::NotDelegated { kind: Kind::Map })
    );

    let long = vec![keys.delegation.clone(); 5];
    let refusal = keys.open(&sign(&draft(), &keys.map, &long)).unwrap_err();
    assert_eq!(refusal, Refusal::TooMany { what: "delegations in a chain", limit: 4, found: 5 });
    // A delegation that carries a chain of its own would be a way to recurse.
    let body = encoded(&Delegation { to: keys.map.public().0, kinds: vec![2] });
    let nested = Draft { kind: Kind::Delegation, body: &body, ..draft() };
    let nested = sign(&nested, &keys.root, std::slice::from_ref(&keys.delegation));
    let refusal = keys.open(&sign(&draft(), &keys.map, &[nested])).unwrap_err();
    assert_eq!(refusal, Refusal::TooMany { what: "delegations in a chain", limit: 0, found: 1 });
}

#[test]
fn what_must_not_be_overlooked_is_not() {
    let keys = Keys::new();
    assert!(keys.open(&keys.sign(&Draft { critical: &[0], ..draft() })).is_ok());
    let refusal = keys.open(&keys.sign(&Draft { critical: &[0, 9], ..draft() })).unwrap_err();
    assert_eq!(refusal, Refusal::Critical { kind: Kind::Map, key: 9 });
    let refusal = keys.open(&keys.sign(&Draft { critical: &[0; 65], ..draft() })).unwrap_err();
    assert_eq!(refusal, Refusal::TooMany { what: "critical keys", limit: 64, found: 65 });
}

#[test]
fn newer_versions_say_so_and_unknown_keys_are_ignored() {
    let keys = Keys::new();
    // Of version 2 nothing is known but that the version comes first.
    let mut newer = Encoder::new(Vec::new());
    newer.map(2).unwrap().u8(0).unwrap().u16(2).unwrap().str("new").unwrap().null().unwrap();
    let refusal = keys.open(&wrap(newer.writer(), &keys.map)).unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "this envelope is of version 2, and this program reads version 1; update the program"
    );

    let (raw, _, _) = parse(&keys.sign(&draft()), LIMIT, "envelope")
        .map(|(raw, signature, _)| (raw.to_vec(), signature.to_vec(), ()))
        .unwrap();
    assert_eq!(raw.first(), Some(&0xab), "a map of 11 keys");
    let mut more = raw;
    if let Some(head) = more.first_mut() {
        *head += 1;
    }
    more.extend_from_slice(&[0x18, 99, 0x82, 1, 0x61, b'x']);
    assert!(keys.open(&wrap(&more, &keys.map)).is_ok(), "key 99 is new and is ignored");

    let unknown = Payload {
        version: VERSION,
        kind: 77,
        site: SITE,
        epoch: 0,
        number: 1,
        issued: 0,
        expires: 0,
        body: &[],
        chain: vec![],
        signer: keys.map.public().0,
        critical: vec![],
    };
    let refusal = keys.open(&wrap(&encoded(&unknown), &keys.map)).unwrap_err();
    assert_eq!(refusal, Refusal::UnknownKind { number: 77 });
}

#[test]
fn a_malformed_document_says_where() {
    let keys = Keys::new();
    let bytes = keys.sign(&draft());
    let mut longer = bytes.clone();
    longer.push(0);
    assert_eq!(
        keys.open(&longer),
        Err(Refusal::Malformed {
            what: "envelope",
            at: Some(bytes.len()),
            problem: format!("decode error at position {}: bytes after the end", bytes.len()),
        })
    );
    assert!(matches!(
        keys.open(&wrap(&[0xa1, 0x07, 0x01], &keys.map)),
        Err(Refusal::Malformed { what: "payload", at: Some(1), .. })
    ));
    let huge = vec![0; LIMIT + 1];
    assert!(matches!(keys.open(&huge), Err(Refusal::TooLarge { .. })));
}

#[test]
fn no_byte_can_be_changed_and_none_left_out() {
    let keys = Keys::new();
    let bytes = keys.sign(&draft());
    for at in 0..bytes.len() {
        for flip in [1, 0x80, 0xff] {
            let mut changed = bytes.clone();
            if let Some(byte) = changed.get_mut(at) {
                *byte ^= flip;
            }
            assert!(keys.open(&changed).is_err(), "byte {at} ^ {flip}");
        }
        assert!(keys.open(bytes.get(..at).unwrap()).is_err(), "cut at {at}");
    }
}

#[test]
fn nesting_and_promised_lengths_cost_nothing() {
    let keys = Keys::new();
    // Arrays in arrays, maps in maps, and an array of 2^64 - 1 elements.
    for start in [vec![0x81; LIMIT], vec![0x9f; LIMIT], vec![0xa1; LIMIT], vec![0xbf; LIMIT]] {
        assert!(keys.open(&start).is_err());
        let mut payload = vec![0xa2, 0x00, 0x01, 0x18, 99];
        payload.extend_from_slice(start.get(..LIMIT / 2).unwrap());
        assert!(keys.open(&wrap(&payload, &keys.map)).is_err());
    }
    let mut payload = vec![0xa2, 0x00, 0x01, 0x08, 0x9b];
    payload.extend_from_slice(&[0xff; 8]);
    assert!(keys.open(&wrap(&payload, &keys.map)).is_err());
}

proptest! {
    #[test]
    fn any_bytes_are_refused_quietly(bytes in prop::collection::vec(any::<u8>(), 0..512)) {
        let keys = Keys::new();
        prop_assert!(keys.open(&bytes).is_err());
        // And as a payload, behind a signature that holds.
        prop_assert!(keys.open(&wrap(&bytes, &keys.map)).is_err());
        let mut payload = vec![0xab, 0x00, 0x01];
        payload.extend_from_slice(&bytes);
        prop_assert!(keys.open(&wrap(&payload, &keys.map)).is_err());
    }

    #[test]
    fn any_draft_comes_back(
        number in any::<u64>(),
        epoch in any::<u64>(),
        expires in (NOW + 1)..i64::MAX,
        body in prop::collection::vec(any::<u8>(), 0..2048),
    ) {
        let keys = Keys::new();
        let bytes = keys.sign(&Draft { number, epoch, expires, body: &body, ..draft() });
        let opened = keys.open(&bytes).unwrap();
        prop_assert_eq!((opened.number, opened.epoch, opened.expires), (number, epoch, expires));
        prop_assert_eq!(opened.body, body);
    }
}
