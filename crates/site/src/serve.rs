//! `portolan serve`: the roles that the site file gives to this host, until
//! told to stop.
//!
//! In this order, because each step can only be done before the next: root is
//! left behind before a thread exists; every port is bound before anything is
//! served, so that a port that is taken stops the start; and the folder's lock
//! is held before the store is opened, so that no second `serve` works on it.

use std::sync::Arc;
use std::time::Duration;

use node::stop::Stop;
use plan::{Listen, PlannedHost};
use store::Store;

use crate::compose::{self, Ground};
use crate::folder::{ACCOUNT, Folder};
use crate::keys::Keyring;
use crate::outcome::{Exit, Failure};
use crate::site_file::SiteFile;

/// How long parts may take to end; requests under way have ten of these
/// seconds.
const DRAIN: Duration = Duration::from_secs(12);
/// How long work on the disk may take to end after that.
const LAST: Duration = Duration::from_secs(1);
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
            .next("`portolan up` makes it"));
    };
    node::privilege::drop_to(&account).map_err(failed)
}

async fn serve(folder: &Folder, stop: Stop) -> Result<Exit, Failure> {
    let file = SiteFile::read(folder)?;
    let host = this_host(&file)?.clone();
    let _lock = node::files::lock(&folder.lock())
        .map_err(|error| Failure::because("cannot take the site's folder", &error))?;
    let keyring = Arc::new(Keyring::new(folder, file.plan.site_code()));
    let keys = keyring.fresh(node::clock::now())?;
    let listens: Vec<Listen> = file.plan.listens(&host.name);
    let bound = listens
        .into_iter()
        .map(|listen| Ok((node::net::listen(&node::net::Listen::planned(&listen))?, listen)))
        .collect::<Result<Vec<_>, node::net::BindError>>()
        .map_err(|error| Failure::because("cannot open the site's ports", &error))?;
    let store = Store::sqlite(&folder.database())
        .await
        .map_err(|error| Failure::because("cannot open the site's store", &error))?;
    let ground =
        Ground { folder, plan: file.plan, host, keys, keyring, bound, store, stop: stop.clone() };
    let mut tasks = compose::start(ground)?;
    // Parts end as soon as they are told to, so both can be seen at once.
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
        None => Ok(Exit::Done),
        Some(part) => Err(Failure::new(format!("{} ended before it was told to", part.name))),
    }
}

/// The host of the site file that this machine is.
fn this_host(file: &SiteFile) -> Result<&PlannedHost, Failure> {
    let addresses = node::interfaces::addresses()
        .map_err(|error| Failure::because("cannot tell this machine's addresses", &error))?;
    file.plan.host_at(&addresses).ok_or_else(|| {
        let known: Vec<String> = addresses.iter().map(ToString::to_string).collect();
        Failure::new(format!(
            "no host of the site file has an address of this machine ({})",
            known.join(", ")
        ))
        .next("correct the host's address in the site file")
    })
}
