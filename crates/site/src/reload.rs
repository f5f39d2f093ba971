//! The site file, while the site runs: what an edit adds is applied, and what it
//! would close or move here waits for a start.
//!
//! A site file says where clients find the site. One that is saved half done
//! must not shut anybody out, so only that is done at once which cannot: other
//! hosts, networks, groups and settings, and further sockets of this host. What
//! would take away a socket of this host, or make it answer to somebody else,
//! is refused aloud, and the plan that was goes on.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use catalog::role::SITE_SERVER;
use node::hangup::Hangups;
use node::task::Tasks;
use plan::{Listen, Plan, Severity};
use tokio::sync::watch;

use crate::doors::{self, Doors};
use crate::folder::Folder;
use crate::outcome::Failure;
use crate::site_file::SiteFile;

/// Between two looks at the file.
const LOOK: Duration = Duration::from_secs(1);
/// How long what was opened may take to end.
const DRAIN: Duration = Duration::from_secs(11);

/// What is kept in step with the site file.
pub(crate) struct Reload {
    pub(crate) folder: Folder,
    /// The site server's own host, by its key in the site file.
    pub(crate) host: String,
    pub(crate) plan: watch::Sender<Arc<Plan>>,
    pub(crate) doors: Doors,
    /// The text that the plan was made of.
    pub(crate) text: String,
}

impl Reload {
    /// Looks every second, and when asked by SIGHUP, until the stop.
    pub(crate) async fn run(mut self, mut hangups: Hangups) {
        let stop = self.doors.stop.clone();
        let mut tasks = Tasks::new();
        // Not as it is now: it may have been edited since it was read.
        let mut stamp = None;
        let mut tried = self.text.clone();
        self.keep();
        loop {
            let asked = tokio::select! {
                biased;
                () = stop.stopped() => break,
                () = hangups.next() => true,
                () = node::clock::sleep(LOOK) => false,
                // A door that was opened here has closed by itself.
                Some(ended) = tasks.ended() => {
                    tracing::error!("{} ended before it was told to", ended.name);
                    continue;
                }
            };
            let now = self::stamp(&self.folder);
            if now == stamp && !asked {
                continue;
            }
            stamp = now;
            let text = match std::fs::read_to_string(self.folder.site_file()) {
                Ok(text) => text,
                // Between two steps of an editor it may be gone.
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                Err(error) => {
                    let failure = Failure::because("cannot read the site file", &error);
                    self.report(Err(&failure));
                    continue;
                }
            };
            if text == tried && !asked {
                continue;
            }
            tried.clone_from(&text);
            let applied = self.apply(text, &mut tasks);
            self.report(applied.as_ref());
        }
        let _late = tasks.join(DRAIN).await;
    }

    /// Says what there is to tell; nothing where nothing follows.
    fn apply(&mut self, text: String, tasks: &mut Tasks) -> Result<Option<String>, Failure> {
        if text == self.text {
            return Ok(None);
        }
        let file = SiteFile::parse(text, &self.folder.site_file())?.runnable()?;
        let old = Arc::clone(&self.plan.borrow());
        let new = additional(&old, &file.plan, &self.host).map_err(|why| {
            Failure::new(format!("the site file was changed, but {why}")).next(AGAIN)
        })?;
        let bound = doors::bind(new).map_err(|error| {
            Failure::because("the site file was changed, but not applied", &error)
        })?;
        for finding in file.findings.iter().filter(|one| one.severity == Severity::Warning) {
            tracing::warn!("{}", finding.message);
        }
        let opened: Vec<String> = bound.iter().map(|(_, listen)| listen.to_string()).collect();
        self.doors.open(bound, tasks);
        self.text = file.text;
        self.keep();
        self.plan.send_replace(Arc::new(file.plan));
        Ok(Some(match opened.as_slice() {
            [] => "the site file was changed, and is applied".to_owned(),
            new => format!("the site file was changed, and is applied; new: {}", new.join(", ")),
        }))
    }

    /// Tells the command line where this site answers.
    fn keep(&self) {
        let kept = node::files::write_public(&self.folder.applied(), self.text.as_bytes());
        if let Err(error) = kept {
            tracing::warn!("the site file as it is applied: {}", wire::problem::chain(&error));
        }
    }

    fn report(&self, applied: Result<&Option<String>, &Failure>) {
        match applied {
            Ok(said) => {
                self.doors.facts.trouble(&SITE_SERVER, "");
                if let Some(said) = said {
                    tracing::info!("{said}");
                }
            }
            Err(failure) => {
                tracing::error!("the plan that was goes on: {failure}");
                let first = failure.to_string().lines().next().unwrap_or_default().to_owned();
                self.doors.facts.trouble(&SITE_SERVER, &first);
            }
        }
    }
}

const AGAIN: &str = "start the site again (`systemctl restart portolan`), or take the change back";

/// When the file was last written, and how long it is.
fn stamp(folder: &Folder) -> Option<(SystemTime, u64)> {
    let metadata = std::fs::metadata(folder.site_file()).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}

/// What this host listens on by the new plan and not by the old one; or why
/// the new one cannot be had without a start.
fn additional(old: &Plan, new: &Plan, host: &str) -> Result<Vec<Listen>, String> {
    if new.site_code() != old.site_code() {
        return Err(format!("a running site cannot become {}", new.site_code()));
    }
    let (Some(was), Some(is)) = (old.host(host), new.host(host)) else {
        return Err(format!("it has no host {host}, which this is"));
    };
    if was.roles != is.roles || was.dns != is.dns {
        return Err(format!(
            "the roles and the name of this host, {host}, count from the next start"
        ));
    }
    let mut listens = new.listens(host);
    for before in old.listens(host) {
        let Some(at) = listens.iter().position(|after| is_same_socket(&before, after)) else {
            return Err(format!("{before} of this host would be closed"));
        };
        if answers(&before) != answers(&listens.remove(at)) {
            return Err(format!("{before} of this host would answer to others"));
        }
    }
    Ok(listens)
}

fn is_same_socket(one: &Listen, other: &Listen) -> bool {
    (one.protocol(), one.address(), one.port()) == (other.protocol(), other.address(), other.port())
}

/// Which parts answer there: what a socket's router is made of.
fn answers(listen: &Listen) -> Vec<(&'static str, &'static str)> {
    let mut answers: Vec<_> =
        listen.flows().iter().map(|flow| (flow.to.slug, flow.service.slug)).collect();
    answers.sort_unstable();
    answers.dedup();
    answers
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    const BEFORE: &str = r#"
edition = "portolan"

[site.P01]
name = "Test"

[network.here]
cidr = ["10.1.0.0/24"]
clients = "P01"

[host.keel]
address = "10.1.0.10"
roles = ["site-server", "management-point", "distribution-point", "sms-provider"]
"#;

    fn plan(text: &str) -> Plan {
        plan::plan(&plan::read(text).expect("it can be read")).expect("it can be planned").0
    }

    fn after(change: impl Fn(&str) -> String) -> Result<Vec<Listen>, String> {
        additional(&plan(BEFORE), &plan(&change(BEFORE)), "keel")
    }

    #[test]
    fn what_only_opens_is_applied() {
        assert_eq!(after(str::to_owned), Ok(Vec::new()));
        let network = "\n[network.there]\ncidr = [\"10.2.0.0/24\"]\nclients = \"P01\"\n";
        assert_eq!(after(|text| text.to_owned() + network), Ok(Vec::new()));
        // The first host elsewhere: the site link opens here.
        let host = "\n[host.dp7]\naddress = \"10.1.0.7\"\nroles = [\"distribution-point\"]\n";
        let opened = after(|text| text.to_owned() + host).unwrap();
        assert_eq!(opened.len(), 1);
        assert_eq!(answers(&opened[0]), [("site-server", "site-link")]);
    }

    #[test]
    fn what_closes_or_moves_a_socket_here_is_refused() {
        let moved = "name = \"Test\"\nports = { https = 7443 }"; // not a port: a test's own
        let refused = after(|text| text.replace("name = \"Test\"", moved)).unwrap_err();
        assert!(refused.contains("would be closed"), "{refused}");
        let refused = after(|text| text.replace(", \"distribution-point\"", "")).unwrap_err();
        assert!(refused.contains("roles"), "{refused}");
        let refused = after(|text| text.replace("P01", "P02")).unwrap_err();
        assert!(refused.contains("P02"), "{refused}");
        let refused = after(|text| text.replace("keel", "kiel")).unwrap_err();
        assert!(refused.contains("no host keel"), "{refused}");
        let refused = after(|text| text.replace("10.1.0.10", "10.1.0.11")).unwrap_err();
        assert!(refused.contains("would be closed"), "{refused}");
    }
}
