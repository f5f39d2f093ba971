//! Every device's policy: what the store says is deployed to it, sealed to the
//! device and signed. The plain text's digest is kept beside the document, so
//! that a look that finds nothing new signs nothing.

use std::collections::HashMap;
use std::sync::Arc;

use plan::{ClientSettings, Plan};
use store::StoreError;
use store::change::Topic;
use store::deployment;
use store::device::Device;
use store::policy::{Policy as Signed, PolicySummary};
use trust::envelope::next_number;
use trust::seal::{SealError, seal};
use trust::site::POLICY_LIFE;
use wire::limit;
use wire::policy::{
    Assignment, Content, Dependencies, Detection, Installer, Intent, Package, Policy, Settings,
};
use wire::rest::{AppDependencies, AppInstaller, ContentRef};

use super::{Office, Pace, half_over};
use crate::content::Digest;

#[derive(Debug, thiserror::Error)]
enum PolicyError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the policy of device {device} cannot be made: {why}")]
    Device { device: String, why: Why },
}

#[derive(Debug, thiserror::Error)]
enum Why {
    #[error("it has {found} bytes, and {} are allowed; fewer deployments fit", limit::POLICY_BODY)]
    TooLarge { found: usize },
    #[error("application {app} is damaged in the store")]
    App { app: String },
    #[error("{0}")]
    Seal(#[from] SealError),
    #[error("it cannot be encoded")]
    Encode,
}

/// So many policies are written together, because each alone waits for the disk.
const TOGETHER: usize = 64;

pub(super) async fn run(office: Arc<Office>) {
    let mut pace = Pace::new("policy", office.store.policy_changes(), &office);
    let (mut seen, mut plan) = (None, office.plan());
    loop {
        let now_planned = office.plan();
        if !Arc::ptr_eq(&plan, &now_planned) {
            // It says how agents behave: everybody is looked at again.
            (seen, plan) = (None, now_planned);
        }
        let looked = office.sign_policies(seen, &plan, node::clock::now()).await;
        seen = looked.as_ref().ok().copied();
        if !pace.next(looked.map(|_version| false)).await {
            return;
        }
    }
}

impl Office {
    /// Signs for every device whose policy changed or is half over, and says
    /// which version of what devices are told it has seen. Where that is the
    /// one of the last look, only time can make a policy wrong, and nothing
    /// else is asked. A device that cannot be served does not keep the others
    /// from theirs.
    async fn sign_policies(
        &self,
        seen: Option<u64>,
        plan: &Plan,
        now: i64,
    ) -> Result<u64, PolicyError> {
        let version = self.store.version(Topic::Policy).await?;
        let summaries = self.store.policies().await?;
        let signed: HashMap<_, _> = summaries.iter().map(|last| (&last.device, last)).collect();
        let mut looked = Ok(version);
        let (mut names, mut fresh) = (Vec::new(), Vec::new());
        for device in self.store.devices().await? {
            if self.stop.is_stopped() {
                break;
            }
            let last = signed.get(&device.id).copied();
            if seen == Some(version) && last.is_some_and(|last| is_fresh(last, now)) {
                continue;
            }
            let assigned = self.store.assignments_for(&device.id).await?;
            match self.policy_for(plan.settings(), &device, &assigned, last, now) {
                Ok(None) => {}
                Ok(Some(policy)) => {
                    names.push(device.name);
                    fresh.push((device.id, policy));
                }
                Err(why) => looked = Err(PolicyError::Device { device: device.name, why }),
            }
            if fresh.len() >= TOGETHER {
                self.put(&std::mem::take(&mut names), &std::mem::take(&mut fresh)).await?;
            }
        }
        self.put(&names, &fresh).await?;
        looked
    }

    /// Hands policies to those who hand them out.
    async fn put(&self, names: &[String], fresh: &[(String, Signed)]) -> Result<(), StoreError> {
        let put = self.store.put_policies(fresh).await?;
        for ((device, (_, Signed { number, .. })), newer) in names.iter().zip(fresh).zip(put) {
            if newer {
                tracing::info!(device, number, "signed a policy");
            }
        }
        Ok(())
    }

    /// The device's next policy; `None` if the last one is still right.
    fn policy_for(
        &self,
        said: &ClientSettings,
        device: &Device,
        assigned: &[deployment::Assignment],
        last: Option<&PolicySummary>,
        now: i64,
    ) -> Result<Option<Signed>, Why> {
        let settings =
            Settings { poll: said.poll, heartbeat: said.heartbeat, inventory: said.inventory };
        let assignments = assigned.iter().map(assignment).collect::<Result<_, _>>()?;
        let policy = Policy { device: device.id.clone(), settings, assignments };
        let plain = minicbor::to_vec(&policy).map_err(|_| Why::Encode)?;
        let digest = digest(&plain, &device.sealing_key);
        if last.is_some_and(|last| last.digest == digest && is_fresh(last, now)) {
            return Ok(None);
        }
        let number = next_number(last.map_or(0, |last| last.number), now);
        let sealed = seal(&device.sealing_key, device.id.as_bytes(), &plain)?;
        let envelope = self.keys().sign_policy(&sealed, number, now);
        if envelope.len() > limit::POLICY_BODY {
            return Err(Why::TooLarge { found: envelope.len() });
        }
        let expires = now.saturating_add(POLICY_LIFE);
        Ok(Some(Signed { number, digest, envelope, issued: now, expires }))
    }
}

fn is_fresh(last: &PolicySummary, now: i64) -> bool {
    !half_over(last.issued, last.expires, now)
}

/// Of the plain text, and of whom it is sealed to.
fn digest(plain: &[u8], sealing_key: &[u8]) -> Vec<u8> {
    let mut hasher = blake3::Hasher::new();
    hasher.update(sealing_key);
    hasher.update(plain);
    hasher.finalize().as_bytes().to_vec()
}

fn assignment(assigned: &deployment::Assignment) -> Result<Assignment, Why> {
    let app = &assigned.app;
    let damaged = || Why::App { app: app.name.clone() };
    let said: AppInstaller = serde_json::from_str(&app.installer).map_err(|_| damaged())?;
    let (installer, detection) = installer(&said).ok_or_else(damaged)?;
    Ok(Assignment {
        deployment: assigned.deployment,
        app: app.id,
        name: app.name.clone(),
        intent: if assigned.uninstall { Intent::Uninstall } else { Intent::Install },
        deadline: assigned.deadline,
        installer,
        detection,
        time_limit: app.time_limit,
        success_codes: app.success_codes.clone(),
    })
}

fn installer(said: &AppInstaller) -> Option<(Installer, Detection)> {
    Some(match said {
        AppInstaller::Deb { content: deb, package, version, architecture, dependencies } => {
            let package = Package {
                name: package.clone(),
                version: version.clone(),
                architecture: architecture.clone(),
            };
            let dependencies = match dependencies {
                AppDependencies::Present => Dependencies::Present,
                AppDependencies::Published { packages } => {
                    Dependencies::Published(packages.iter().map(content).collect::<Option<_>>()?)
                }
                AppDependencies::Sources => Dependencies::Sources,
            };
            let installer = Installer::Deb(content(deb)?, package.clone(), dependencies);
            (installer, Detection::Package(package))
        }
        AppInstaller::Script { install, uninstall, detect } => {
            let uninstall = match uninstall {
                Some(script) => Some(content(script)?),
                None => None,
            };
            let detection = match detect {
                Some(script) => Detection::Script(content(script)?),
                None => Detection::Absent,
            };
            (Installer::Script(content(install)?, uninstall), detection)
        }
    })
}

fn content(said: &ContentRef) -> Option<Content> {
    let Digest(digest) = said.digest.parse().ok()?;
    Some(Content { digest, size: said.size, name: said.name.clone() })
}
