//! The certificate that this host's roles show: issued by the site's own
//! authority at the start and made anew every day, long before it expires. Its
//! key is never on the disk.

use std::sync::Arc;
use std::time::Duration;

use node::stop::Stop;
use node::tls::{Identity, Server};
use plan::PlannedHost;
use trust::certificate::HostNames;
use trust::site::SiteKeys;

use crate::keys::Keyring;
use crate::outcome::Failure;

/// A certificate that names this host's roles, and counts for those alone.
pub(crate) fn issue(keys: &SiteKeys, host: &PlannedHost) -> Result<Identity, Failure> {
    let names: Vec<String> = host.dns.iter().cloned().collect();
    let issued = keys
        .host_identity(
            &HostNames { host: &host.name, roles: &host.roles, dns: &names, ips: &[host.address] },
            node::clock::now(),
        )
        .map_err(|error| Failure::because("cannot certify this host's roles", &error))?;
    Ok(Identity::new(issued.chain, issued.key))
}

/// What keeps it fresh.
pub(crate) struct Certificate {
    pub(crate) tls: Server,
    pub(crate) keyring: Arc<Keyring>,
    pub(crate) host: PlannedHost,
}

impl Certificate {
    /// Renews the certificate every day, until the stop is pulled.
    pub(crate) async fn keep_fresh(self, stop: Stop) {
        const DAY: Duration = Duration::from_secs(24 * 60 * 60);
        loop {
            tokio::select! {
                () = stop.stopped() => return,
                () = node::clock::sleep(DAY) => {}
            }
            if let Err(failure) = self.renew() {
                tracing::error!("the roles' certificate was not renewed: {failure}");
            }
        }
    }

    fn renew(&self) -> Result<(), Failure> {
        let keys = self.keyring.load()?;
        self.tls
            .renew(issue(&keys, &self.host)?)
            .map_err(|error| Failure::because("cannot use the new certificate", &error))
    }
}
