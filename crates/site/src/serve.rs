//! `portolan serve`: the roles that this host has for its site, until told to
//! stop. Where a site file is, that is the site server's own host; where a
//! membership is, one of a site elsewhere.
//!
//! In this order, because each step can only be done before the next: root is
//! left behind before a thread exists; every port is bound before anything is
//! served, so that a port that is taken stops the start; and the folder's lock
//! is held before the store is opened, so that no second `serve` works on it.

use std::sync::Arc;
use std::time::Duration;

use catalog::role::SITE_SERVER;
use node::hangup::Hangups;
use node::stop::Stop;
use node::task::Tasks;
use plan::{PlannedHost, Severity};
use store::Store;

use crate::folder::{ACCOUNT, Folder};
use crate::keys::Keyring;
use crate::member::{self, Member, Whose};
use crate::outcome::{Exit, Failure, Kind};
use crate::papers::Standing;
use crate::site_file::SiteFile;
use crate::{compose, compose_host, doors};

/// How long parts may take to end; requests under way have ten of these
/// seconds.
const DRAIN: Duration = Duration::from_secs(12);
/// How long work on the disk may take to end after that.
const LAST: Duration = Duration::from_secs(1);
/// After this time a host tries again to listen where it could not.
pub(crate) const SECOND_ATTEMPT: Duration = Duration::from_secs(30);
/// Requests are answered by so many threads.
const THREADS: usize = 2;

pub(crate) fn run(with_parent: bool, folder: &Folder) -> Result<Exit, Failure> {
    leave_root()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(THREADS)
        .enable_all()
        .build()
        .map_err(|error| Failure::because("cannot start", &error))?;
    let ended = runtime.block_on(async {
        let stop = node::stop::on_signals()
            .map_err(|error| Failure::because("cannot listen for signals", &error))?;
        if with_parent {
            stop.when_stdin_closes().map_err(|error| Failure::because("cannot start", &error))?;
        }
        serve(folder, stop).await
    });
    // What a thread is still reading or hashing is nobody's any more.
    runtime.shutdown_timeout(LAST);
    ended
}

/// Nothing that the roles do needs root, except low ports, and that right is
/// kept.
fn leave_root() -> Result<(), Failure> {
    if !node::privilege::is_root() {
        return Ok(());
    }
    let failed = |error: node::privilege::PrivilegeError| {
        Failure::because("cannot leave root behind", &error)
    };
    let Some(account) = node::privilege::lookup_user(ACCOUNT).map_err(failed)? else {
        return Err(Failure::new(format!("there is no account {ACCOUNT} to run the roles"))
            .next("`portolan create` makes it, and a site; `portolan join` makes it, and a host"));
    };
    node::privilege::drop_to(&account).map_err(failed)
}

/// What this folder holds: a site, or a host of a site elsewhere.
async fn serve(folder: &Folder, stop: Stop) -> Result<Exit, Failure> {
    let hangups =
        Hangups::new().map_err(|error| Failure::because("cannot listen for signals", &error))?;
    // What a service manager wants to hear. The watchdog shows that the runtime
    // is alive, and nothing of the parts.
    let told = stop.clone();
    let mut signs = Tasks::new();
    signs.spawn("service manager", async move {
        node::service::watchdog(told.clone()).await;
        told.stopped().await;
        node::service::stopping();
    });
    let ended = if member::exists(folder) && !folder.site_file().exists() {
        serve_host(folder, &stop, hangups).await
    } else {
        serve_site(folder, &stop, hangups).await
    };
    stop.stop();
    let _late = signs.join(LAST).await;
    ended
}

async fn serve_site(folder: &Folder, stop: &Stop, hangups: Hangups) -> Result<Exit, Failure> {
    let file = SiteFile::read(folder).and_then(SiteFile::runnable)?;
    for finding in file.findings.iter().filter(|one| one.severity == Severity::Warning) {
        tracing::warn!("{}", finding.message);
    }
    let host = this_host(&file)?.clone();
    let _lock = node::files::lock(&folder.lock())
        .map_err(|error| Failure::because("cannot take the site's folder", &error))?;
    let keyring = Arc::new(Keyring::new(folder, file.plan.site_code()));
    let keys = keyring.fresh(node::clock::now())?;
    let bound = doors::bind(file.plan.listens(&host.name))
        .map_err(|error| Failure::because("cannot open the site's ports", &error))?;
    let store = Store::sqlite(&folder.database())
        .await
        .map_err(|error| Failure::because("cannot open the site's store", &error))?;
    let stop = stop.clone();
    let up = format!("host {} of site {} is up", host.name, file.plan.site_code());
    let ground = compose::Ground {
        folder,
        file,
        host,
        keys,
        keyring,
        bound,
        store,
        hangups,
        stop: stop.clone(),
    };
    let tasks = compose::start(ground)?;
    node::service::ready();
    tracing::info!("{up}");
    until_stopped(tasks, &stop).await.map(|()| Exit::Done)
}

/// Begins anew where the site has told the host something that changes where it
/// listens, with what was kept of it.
async fn serve_host(folder: &Folder, stop: &Stop, mut hangups: Hangups) -> Result<Exit, Failure> {
    let _lock = node::files::lock(&folder.host_lock())
        .map_err(|error| Failure::because("cannot take the host's folder", &error))?;
    let standing = Standing::default();
    while !stop.is_stopped() {
        let member = Member::load(folder)?;
        let Whose { site, host, .. } = &member.whose;
        let up = format!("host {host} of site {site} is up");
        let anew = Stop::new();
        let ground =
            compose_host::Ground { folder, member, standing: standing.clone(), anew: anew.clone() };
        let tasks = compose_host::start(ground)?;
        node::service::ready();
        if !standing.is_dismissed() {
            tracing::info!("{up}");
        }
        let end = anew.clone();
        let relayed = async {
            loop {
                tokio::select! {
                    () = stop.stopped() => break end.stop(),
                    // It has no file to read again: what it does comes by the link.
                    () = hangups.next() => tracing::info!("SIGHUP received: nothing to read"),
                }
            }
        };
        tokio::select! {
            ended = until_stopped(tasks, &anew) => ended?,
            // Only after `anew` was pulled, which the other side sees first.
            () = async { relayed.await; std::future::pending().await } => {}
        }
    }
    Ok(Exit::Done)
}

/// Waits until told to stop, and until the parts have ended. Parts end as soon
/// as they are told to, so both can be seen at once.
async fn until_stopped(mut tasks: Tasks, stop: &Stop) -> Result<(), Failure> {
    let early = tokio::select! {
        biased;
        () = stop.stopped() => None,
        ended = tasks.ended() => ended.filter(|_| !stop.is_stopped()),
    };
    stop.stop();
    let joined = tasks.join(DRAIN).await;
    for name in &joined.unfinished {
        tracing::warn!("{name} did not end within {DRAIN:?} and was cut off");
    }
    match early {
        None => Ok(()),
        Some(part) => Err(Failure::new(format!("{} ended before it was told to", part.name))),
    }
}

/// The host that this machine is: where the site file is, there is the site
/// server.
fn this_host(file: &SiteFile) -> Result<&PlannedHost, Failure> {
    let host = file.plan.hosts().iter().find(|host| host.roles.contains(&&SITE_SERVER));
    let Some(host) = host else {
        return Err(
            Failure::new("no host of the site file has the role site-server").kind(Kind::SiteFile)
        );
    };
    let addresses = node::interfaces::addresses()
        .map_err(|error| Failure::because("cannot tell this machine's addresses", &error))?;
    if addresses.contains(&host.address) || host.address.is_loopback() {
        return Ok(host);
    }
    let known: Vec<String> = addresses.iter().map(ToString::to_string).collect();
    Err(Failure::new(format!(
        "the site server's host {} has the address {}, and this machine has {}",
        host.name,
        host.address,
        known.join(", ")
    ))
    .kind(Kind::SiteFile)
    .next("correct the host's address in the site file"))
}
