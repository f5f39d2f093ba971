//! The keys that a site server keeps, as one bundle: the root, the delegates
//! that sign every day (map, host plans, policy), and the authority. Bytes in, bytes out;
//! who calls this writes the files, the secret ones readable by nobody else.
//!
//! The root is used here to delegate for a year, and again at half of it, so
//! that a key that was stolen is worth something for a year and not for ever.

use rustls::pki_types::CertificateDer;

use crate::Fingerprint;
use crate::certificate::{
    self, AUTHORITY_LIFE, Authority, CertificateError, DAY, HostIdentity, HostNames, Root,
    past_half,
};
use crate::envelope::{self, Draft, Kind, Refusal, next_number};
use crate::host_plan::HostPlan;
use crate::key::{KeyError, Recovery, SigningKey};
use crate::map::ServiceMap;

/// How long a delegation holds, in milliseconds.
pub const DELEGATION_LIFE: i64 = AUTHORITY_LIFE;
/// How long a service map is fresh, in milliseconds. After that it is a way
/// home, and no more.
pub const MAP_LIFE: i64 = 30 * DAY;
/// How long a host plan is fresh, in milliseconds; as a service map.
pub const HOST_PLAN_LIFE: i64 = 30 * DAY;
/// How long a policy is fresh, in milliseconds.
pub const POLICY_LIFE: i64 = 30 * DAY;

const ROOT_CERTIFICATE: &str = "root.crt";
const ROOT_KEY: &str = "root.key";
const AUTHORITY_CERTIFICATE: &str = "authority.crt";
const AUTHORITY_KEY: &str = "authority.key";
const MAP_KEY: &str = "map.key";
const MAP_DELEGATION: &str = "map.delegation";
const HOST_PLAN_KEY: &str = "host-plan.key";
const HOST_PLAN_DELEGATION: &str = "host-plan.delegation";
const POLICY_KEY: &str = "policy.key";
const POLICY_DELEGATION: &str = "policy.delegation";
const RECOVERY_HASH: &str = "recovery.hash";

/// Why the keys of a site could not be made, read or used.
#[derive(Debug, thiserror::Error)]
pub enum SiteKeysError {
    #[error("{0} is missing; restore it from the backup of this site")]
    Missing(&'static str),
    #[error("{file} cannot be used; restore it from the backup of this site")]
    Key { file: &'static str, source: KeyError },
    #[error("{file} cannot be used; restore it from the backup of this site")]
    Certificate { file: &'static str, source: CertificateError },
    #[error("{file} cannot be used; restore it from the backup of this site")]
    Delegation { file: &'static str, source: Refusal },
    #[error("{key} and {delegation} do not belong together; restore both from the same backup")]
    Apart { key: &'static str, delegation: &'static str },
    #[error("{RECOVERY_HASH} holds no fingerprint; restore it from the backup of this site")]
    RecoveryHash,
    #[error(transparent)]
    Make(#[from] CertificateError),
    #[error(transparent)]
    Generate(#[from] KeyError),
}

/// One file to be kept.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyFile {
    pub name: &'static str,
    /// To be readable by nobody else.
    pub secret: bool,
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for KeyFile {
    /// Without the bytes.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "KeyFile({})", self.name)
    }
}

/// A site that has just been made.
#[derive(Debug)]
pub struct NewSite {
    pub keys: SiteKeys,
    /// To be shown to a person once, and kept nowhere on the site.
    pub recovery: Recovery,
}

/// The keys of a site.
#[derive(Debug)]
pub struct SiteKeys {
    site: String,
    root: Root,
    authority: Authority,
    map: Delegate,
    host_plan: Delegate,
    policy: Delegate,
    recovery: Fingerprint,
}

/// A key that signs documents of one kind, and the root's word for it.
#[derive(Debug)]
struct Delegate {
    key: SigningKey,
    delegation: Vec<u8>,
    issued: i64,
    expires: i64,
}

impl SiteKeys {
    /// Makes a site: root, recovery key, authority and delegates.
    pub fn create(site: &str, now: i64) -> Result<NewSite, SiteKeysError> {
        let root = Root::create(site, now)?;
        let recovery = Recovery::generate()?;
        let keys = Self {
            site: site.to_owned(),
            authority: Authority::create(&root, site, now)?,
            map: Delegate::create(&root, Kind::Map, site, now)?,
            host_plan: Delegate::create(&root, Kind::HostPlan, site, now)?,
            policy: Delegate::create(&root, Kind::Policy, site, now)?,
            recovery: recovery.hash(),
            root,
        };
        Ok(NewSite { keys, recovery })
    }

    /// The site's keys out of what [`Self::files`] gave. `read` returns the
    /// bytes of a file by its name, and `None` where there is no such file.
    pub fn load(
        site: &str,
        mut read: impl FnMut(&'static str) -> Option<Vec<u8>>,
    ) -> Result<Self, SiteKeysError> {
        let plans = (read(HOST_PLAN_KEY), read(HOST_PLAN_DELEGATION));
        let mut file = |name| read(name).ok_or(SiteKeysError::Missing(name));
        let root = Root::load(file(ROOT_CERTIFICATE)?, &file(ROOT_KEY)?)
            .map_err(|source| SiteKeysError::Certificate { file: ROOT_KEY, source })?;
        let authority =
            Authority::load(file(AUTHORITY_CERTIFICATE)?, &root.certificate, &file(AUTHORITY_KEY)?)
                .map_err(|source| SiteKeysError::Certificate { file: AUTHORITY_KEY, source })?;
        let recovery = String::from_utf8(file(RECOVERY_HASH)?)
            .ok()
            .and_then(|text| text.trim().parse().ok())
            .ok_or(SiteKeysError::RecoveryHash)?;
        let mut delegate = |key, delegation, kind| {
            Delegate::load((key, file(key)?), (delegation, file(delegation)?), kind, &root, site)
        };
        let map = delegate(MAP_KEY, MAP_DELEGATION, Kind::Map)?;
        let policy = delegate(POLICY_KEY, POLICY_DELEGATION, Kind::Policy)?;
        let host_plan = match plans {
            (Some(key), Some(delegation)) => Delegate::load(
                (HOST_PLAN_KEY, key),
                (HOST_PLAN_DELEGATION, delegation),
                Kind::HostPlan,
                &root,
                site,
            )?,
            // A site from before there were host plans: the delegate is as old
            // as the map's, and is kept when they are renewed together.
            (None, None) => Delegate::create(&root, Kind::HostPlan, site, map.issued)?,
            (None, _) => return Err(SiteKeysError::Missing(HOST_PLAN_KEY)),
            (_, None) => return Err(SiteKeysError::Missing(HOST_PLAN_DELEGATION)),
        };
        Ok(Self { site: site.to_owned(), map, host_plan, policy, root, authority, recovery })
    }

    /// Everything to be kept. The recovery key is not among it.
    pub fn files(&self) -> Vec<KeyFile> {
        let secret = |name, bytes: &[u8]| KeyFile { name, secret: true, bytes: bytes.to_vec() };
        let open = |name, bytes: &[u8]| KeyFile { name, secret: false, bytes: bytes.to_vec() };
        vec![
            open(ROOT_CERTIFICATE, &self.root.certificate),
            secret(ROOT_KEY, self.root.key.to_pkcs8()),
            open(AUTHORITY_CERTIFICATE, self.authority.certificate()),
            secret(AUTHORITY_KEY, self.authority.key()),
            secret(MAP_KEY, self.map.key.to_pkcs8()),
            open(MAP_DELEGATION, &self.map.delegation),
            secret(HOST_PLAN_KEY, self.host_plan.key.to_pkcs8()),
            open(HOST_PLAN_DELEGATION, &self.host_plan.delegation),
            secret(POLICY_KEY, self.policy.key.to_pkcs8()),
            open(POLICY_DELEGATION, &self.policy.delegation),
            open(RECOVERY_HASH, self.recovery.to_string().as_bytes()),
        ]
    }

    /// The site's code.
    pub fn site(&self) -> &str {
        &self.site
    }

    /// What clients pin.
    pub fn fingerprint(&self) -> Fingerprint {
        self.root.fingerprint()
    }

    /// The recovery key's hash, for [`ServiceMap::recovery`].
    pub const fn recovery(&self) -> Fingerprint {
        self.recovery
    }

    pub const fn authority(&self) -> &Authority {
        &self.authority
    }

    /// Whether anything that the root signed for a year has lived half of it.
    pub fn needs_renewal(&self, now: i64) -> bool {
        self.map.is_half_over(now)
            || self.host_plan.is_half_over(now)
            || self.policy.is_half_over(now)
            || certificate::needs_renewal(self.authority.certificate(), now)
    }

    /// Replaces what has lived half its life, with new keys. Whether there was
    /// anything to replace; then [`Self::files`] must be kept anew. What the old
    /// keys signed stays good for the rest of their year.
    pub fn renew(&mut self, now: i64) -> Result<bool, SiteKeysError> {
        let needed = self.needs_renewal(now);
        if self.map.is_half_over(now) {
            self.map = Delegate::create(&self.root, Kind::Map, &self.site, now)?;
        }
        if self.host_plan.is_half_over(now) {
            self.host_plan = Delegate::create(&self.root, Kind::HostPlan, &self.site, now)?;
        }
        if self.policy.is_half_over(now) {
            self.policy = Delegate::create(&self.root, Kind::Policy, &self.site, now)?;
        }
        if certificate::needs_renewal(self.authority.certificate(), now) {
            self.authority = Authority::create(&self.root, &self.site, now)?;
        }
        Ok(needed)
    }

    /// Signs a service map. `number` comes from [`next_number`].
    pub fn sign_map(&self, map: &ServiceMap, number: u64, now: i64) -> Vec<u8> {
        self.map.sign(Kind::Map, &self.site, &map.encode(), number, now, MAP_LIFE)
    }

    /// Signs the plan of one host. Numbers rise for each host.
    pub fn sign_host_plan(&self, plan: &HostPlan, number: u64, now: i64) -> Vec<u8> {
        self.host_plan.sign(Kind::HostPlan, &self.site, &plan.encode(), number, now, HOST_PLAN_LIFE)
    }

    /// Signs the sealed policy of one device. Numbers rise for each device.
    pub fn sign_policy(&self, sealed: &[u8], number: u64, now: i64) -> Vec<u8> {
        self.policy.sign(Kind::Policy, &self.site, sealed, number, now, POLICY_LIFE)
    }

    /// Key and certificates for the site server's own host.
    pub fn host_identity(
        &self,
        names: &HostNames<'_>,
        now: i64,
    ) -> Result<HostIdentity, CertificateError> {
        self.authority.host_identity(&self.site, names, now)
    }

    /// Certificates for another host of this site, which holds its key: the
    /// host's, the authority's, the root's.
    pub fn issue_host(
        &self,
        names: &HostNames<'_>,
        csr: &[u8],
        now: i64,
    ) -> Result<Vec<CertificateDer<'static>>, CertificateError> {
        self.authority.issue_host(&self.site, names, csr, now)
    }

    /// Certificates for a device of this site.
    pub fn issue_device(
        &self,
        device: &str,
        csr: &[u8],
        now: i64,
    ) -> Result<Vec<CertificateDer<'static>>, CertificateError> {
        self.authority.issue_device(&self.site, device, csr, now)
    }
}

impl Delegate {
    fn create(root: &Root, kind: Kind, site: &str, now: i64) -> Result<Self, KeyError> {
        let key = SigningKey::generate()?;
        let expires = now.saturating_add(DELEGATION_LIFE);
        let number = next_number(0, now);
        let delegation =
            envelope::delegate(&root.key, &key.public(), &[kind], site, number, now, expires);
        Ok(Self { key, delegation, issued: now, expires })
    }

    fn load(
        (key_file, key): (&'static str, Vec<u8>),
        (file, delegation): (&'static str, Vec<u8>),
        kind: Kind,
        root: &Root,
        site: &str,
    ) -> Result<Self, SiteKeysError> {
        let key = SigningKey::from_pkcs8(&key)
            .map_err(|source| SiteKeysError::Key { file: key_file, source })?;
        let read = envelope::read_delegation(&delegation, &root.fingerprint(), site)
            .map_err(|source| SiteKeysError::Delegation { file, source })?;
        if read.to != key.public() || !read.kinds.contains(&kind) {
            return Err(SiteKeysError::Apart { key: key_file, delegation: file });
        }
        Ok(Self { key, delegation, issued: read.issued, expires: read.expires })
    }

    const fn is_half_over(&self, now: i64) -> bool {
        past_half(self.issued, self.expires, now)
    }

    fn sign(
        &self,
        kind: Kind,
        site: &str,
        body: &[u8],
        number: u64,
        now: i64,
        life: i64,
    ) -> Vec<u8> {
        let expires = now.saturating_add(life);
        let draft =
            Draft { kind, site, epoch: 0, number, issued: now, expires, body, critical: &[] };
        envelope::sign(&draft, &self.key, std::slice::from_ref(&self.delegation))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
