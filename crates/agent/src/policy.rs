//! Policy as it arrives: an envelope that the site server signed, sealed to
//! this device. It is believed only if it leads to the pinned root, is not
//! older than one that was accepted, and is for this device.
//!
//! Its date is soft: a client that was away for long keeps doing what it was
//! told last, and says that it is stale. (Hard expiry is for secrets and
//! commands, which policy does not carry yet.)

use trust::envelope::{self, Expect, Expiry, Kind, Refusal};
use trust::seal::SealError;
use wire::policy::Policy;

use crate::identity::Identity;

/// The keys of the body that this agent understands.
const KNOWN: &[u32] = &[0, 1, 2];
/// Assignments of one policy; a document of 1 MiB cannot hold many more.
const ASSIGNMENTS: usize = 10_000;

/// Why a policy is not followed.
#[derive(Debug, thiserror::Error)]
pub enum PolicyRefusal {
    #[error(transparent)]
    Envelope(#[from] Refusal),
    #[error("the policy cannot be unsealed: {0}")]
    Seal(#[from] SealError),
    #[error("the policy is malformed: {0}")]
    Malformed(#[from] minicbor::decode::Error),
    #[error("the policy is for device {0}, not for this one")]
    Device(String),
    #[error("the policy has more than {ASSIGNMENTS} assignments")]
    TooMany,
}

/// A policy that was believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    pub number: u64,
    /// Its date has passed.
    pub stale: bool,
    pub policy: Policy,
}

/// Believes a policy that arrived, or refuses it. `after` is the highest number
/// accepted so far.
pub fn open(
    envelope: &[u8],
    identity: &Identity,
    after: u64,
    now: i64,
) -> Result<Accepted, PolicyRefusal> {
    read(envelope, identity, after, now, Expiry::Soft)
}

/// Reads a policy that was accepted in its time and kept in the journal.
pub fn recall(envelope: &[u8], identity: &Identity, now: i64) -> Result<Accepted, PolicyRefusal> {
    read(envelope, identity, 0, now, Expiry::Kept)
}

fn read(
    envelope: &[u8],
    identity: &Identity,
    after: u64,
    now: i64,
    expiry: Expiry,
) -> Result<Accepted, PolicyRefusal> {
    let (site, root) = (identity.site.as_str(), &identity.root);
    let expect = Expect { kind: Kind::Policy, site, root, now, after, expiry, known: KNOWN };
    let opened = envelope::open(envelope, &expect)?;
    let body = identity.keys.sealing.open(identity.device.as_bytes(), &opened.body)?;
    let policy: Policy = minicbor::decode(&body)?;
    if policy.device != identity.device {
        return Err(PolicyRefusal::Device(policy.device.chars().take(32).collect()));
    }
    if policy.assignments.len() > ASSIGNMENTS {
        return Err(PolicyRefusal::TooMany);
    }
    Ok(Accepted { number: opened.number, stale: opened.expired, policy })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use crate::identity::Keys;
    use trust::site::SiteKeys;
    use wire::policy::Settings;

    const NOW: i64 = 1_800_000_000_000;

    struct World {
        site: SiteKeys,
        identity: Identity,
        _folder: tempfile::TempDir,
    }

    fn world() -> World {
        let site = SiteKeys::create("P01", NOW).unwrap().keys;
        let folder = tempfile::tempdir().unwrap();
        let identity = Identity {
            site: "P01".into(),
            root: site.fingerprint(),
            device: "ab".repeat(16),
            chain: vec![],
            keys: Keys::load_or_make(folder.path()).unwrap(),
        };
        World { site, identity, _folder: folder }
    }

    impl World {
        fn policy(&self, device: &str, number: u64) -> Vec<u8> {
            let policy = Policy {
                device: device.into(),
                settings: Settings::default(),
                assignments: vec![],
            };
            let body = minicbor::to_vec(&policy).unwrap();
            let public = self.identity.keys.sealing.public();
            let sealed =
                trust::seal::seal(&public, self.identity.device.as_bytes(), &body).unwrap();
            self.site.sign_policy(&sealed, number, NOW)
        }
    }

    #[test]
    fn a_policy_is_believed_or_refused_with_the_reason() {
        let world = world();
        let device = world.identity.device.clone();
        let good = world.policy(&device, 7);
        let accepted = open(&good, &world.identity, 7, NOW).unwrap();
        assert_eq!((accepted.number, accepted.stale), (7, false));

        let older = open(&good, &world.identity, 8, NOW).unwrap_err();
        assert!(older.to_string().contains("older than number 8"), "{older}");
        let other = open(&world.policy(&"cd".repeat(16), 9), &world.identity, 7, NOW).unwrap_err();
        assert!(matches!(other, PolicyRefusal::Device(_)), "{other}");

        let mut changed = good.clone();
        *changed.last_mut().unwrap() ^= 1;
        assert!(open(&changed, &world.identity, 7, NOW).is_err());
        let stranger = self::world();
        assert!(open(&good, &stranger.identity, 7, NOW).is_err());
    }

    #[test]
    fn an_old_policy_is_stale_and_still_followed() {
        let world = world();
        let policy = world.policy(&world.identity.device, 7);
        let late = NOW + 60 * trust::certificate::DAY;
        assert!(open(&policy, &world.identity, 7, late).unwrap().stale);
        let later = NOW + 4000 * trust::certificate::DAY;
        assert_eq!(recall(&policy, &world.identity, later).unwrap().number, 7);
    }
}
