//! A site's keys survive being kept, and are renewed in time.
use std::collections::BTreeMap;

use super::*;
use crate::envelope::{Expect, Expiry, open};

const NOW: i64 = 1_700_000_000_000;

fn kept(keys: &SiteKeys) -> BTreeMap<&'static str, Vec<u8>> {
    keys.files().into_iter().map(|file| (file.name, file.bytes)).collect()
}

fn load(files: &BTreeMap<&'static str, Vec<u8>>) -> Result<SiteKeys, SiteKeysError> {
    SiteKeys::load("P01", |name| files.get(name).cloned())
}

fn accepts(keys: &SiteKeys, root: &Fingerprint, now: i64) -> bool {
    let policy = keys.sign_policy(b"sealed", next_number(0, now), now);
    let expect = Expect {
        kind: Kind::Policy,
        site: "P01",
        root,
        now,
        after: 0,
        expiry: Expiry::Hard,
        known: &[],
    };
    open(&policy, &expect).is_ok_and(|opened| opened.body == b"sealed")
}

#[test]
fn kept_keys_sign_like_new_ones() {
    let NewSite { keys, recovery } = SiteKeys::create("P01", NOW).unwrap();
    let files = kept(&keys);
    let read = load(&files).unwrap();
    assert_eq!(kept(&read), files);
    assert_eq!(read.fingerprint(), keys.fingerprint());
    assert_eq!(read.recovery(), recovery.hash());
    assert!(accepts(&read, &keys.fingerprint(), NOW));
    // The recovery key is nowhere among the files, and private keys are secret.
    let text = recovery.text();
    for file in keys.files() {
        assert!(!String::from_utf8_lossy(&file.bytes).contains(&text), "{}", file.name);
        assert_eq!(file.secret, file.name.ends_with(".key"), "{}", file.name);
    }
}

#[test]
fn a_missing_or_exchanged_file_is_named() {
    let files = kept(&SiteKeys::create("P01", NOW).unwrap().keys);
    let other = kept(&SiteKeys::create("P01", NOW).unwrap().keys);
    for name in files.keys() {
        let mut less = files.clone();
        less.remove(name);
        assert_eq!(
            load(&less).unwrap_err().to_string(),
            format!("{name} is missing; restore it from the backup of this site")
        );
        let mut mixed = files.clone();
        mixed.insert(name, other.get(name).unwrap().clone());
        // A hash has nothing that it could contradict.
        assert_eq!(load(&mixed).is_ok(), *name == RECOVERY_HASH, "{name}");
        mixed.insert(name, b"nonsense".to_vec());
        assert!(load(&mixed).is_err(), "{name}");
    }
    assert!(SiteKeys::load("P02", |name| files.get(name).cloned()).is_err());
}

#[test]
fn a_site_from_before_host_plans_has_their_delegate_at_once() {
    let keys = SiteKeys::create("P01", NOW).unwrap().keys;
    let mut files = kept(&keys);
    files.retain(|name, _| !name.starts_with("host-plan"));
    let mut read = load(&files).unwrap();
    assert_eq!(kept(&read).len(), files.len() + 2);
    assert!(!read.needs_renewal(NOW) && read.renew(NOW + DELEGATION_LIFE / 2).unwrap());
}

#[test]
fn what_is_half_over_is_renewed_and_the_old_stays_good() {
    let mut keys = SiteKeys::create("P01", NOW).unwrap().keys;
    let root = keys.fingerprint();
    let half = NOW + DELEGATION_LIFE / 2;
    assert!(!keys.needs_renewal(half - 2000) && !keys.renew(half - 2000).unwrap());
    let old = load(&kept(&keys)).unwrap();
    assert!(keys.renew(half).unwrap());
    assert!(!keys.needs_renewal(half));
    assert_eq!(keys.fingerprint(), root);
    let changed =
        kept(&old).iter().filter(|(name, bytes)| kept(&keys).get(*name) != Some(bytes)).count();
    assert_eq!(changed, 8, "map, host plan, policy, authority: two files each");
    assert!(accepts(&old, &root, half) && accepts(&keys, &root, half));
    let year = NOW + DELEGATION_LIFE;
    assert!(!accepts(&old, &root, year) && accepts(&keys, &root, year));
}
