//! Which part gets what on a host of a site elsewhere: the other page. Such a
//! host has no site file, no store and no key that signs; what it may do it
//! knows from its signed plan, and whom to refuse from the site link.

use std::sync::Arc;

use catalog::flows::{
    CLIENT_TO_DISTRIBUTION_POINT_HTTPS as CONTENT, SITE_SYSTEM_TO_SITE_SERVER_LINK as LINK,
};
use catalog::role::DISTRIBUTION_POINT;
use catalog::service::HTTPS;
use node::http::Limits;
use node::net::{Bound, Listen};
use node::stop::Stop;
use node::task::Tasks;
use roles::content::Library;
use roles::http_host::{self, Mount};
use roles::identity::{Blocked, Roster};
use roles::{distribution_point, host_link};
use tokio::sync::mpsc;
use trust::host_plan::Post;

use crate::folder::Folder;
use crate::member::Member;
use crate::outcome::Failure;
use crate::papers::{Papers, Standing};

/// Connections that the site server opened and nobody has taken yet.
const WAITING: usize = 4;

/// What a host stands on.
pub(crate) struct Ground<'a> {
    pub(crate) folder: &'a Folder,
    pub(crate) member: Member,
    pub(crate) standing: Standing,
    /// Pulled to begin anew, with what was kept meanwhile.
    pub(crate) anew: Stop,
}

/// Starts the host; it runs until the stop is pulled, or `anew`, which is the
/// same to it.
pub(crate) fn start(ground: Ground<'_>) -> Result<Tasks, Failure> {
    let Ground { folder, member, standing, anew } = ground;
    let library = Library::open(folder.host_content())
        .map_err(|error| Failure::because("cannot open the content library", &error))?;
    let blocked = Blocked::default();
    let roster = Roster::without_store(blocked.clone());
    let point = distribution_point::Uses { roster, library: library.clone() };
    let mount = Mount {
        role: &DISTRIBUTION_POINT,
        service: &HTTPS,
        router: distribution_point::router(point),
    };
    let cannot = |error: &dyn std::error::Error| {
        Failure::because("cannot use this host's certificate", error)
    };
    let site = &member.whose.site;
    let for_clients = node::tls::server(member.identity(), site).map_err(|e| cannot(&e))?;
    let for_site_server = node::tls::host_server(member.identity(), member.whose.root, site)
        .map_err(|e| cannot(&e))?;

    let mut tasks = Tasks::new();
    let mut links = Vec::new();
    for (socket, post) in bound(&member, &standing, &anew, &mut tasks) {
        if post.flows().contains(&&LINK) {
            links.push((socket, for_site_server.clone()));
        } else {
            let router = http_host::over(&mount, &CONTENT);
            let doors = vec![(socket, for_clients.clone())];
            let served = node::http::serve(doors, router, Limits::default(), anew.clone());
            tasks.spawn(post.to_string(), async move {
                if let Err(error) = served.await {
                    tracing::error!("cannot serve {post}: {error}");
                }
            });
        }
    }
    // A plan without a way to the site server has it come here.
    let reversed = member.plan.ways(&LINK).is_empty().then(|| {
        let (taken, streams) = mpsc::channel(WAITING);
        let took = node::http::take(links, Limits::link(), anew.clone(), taken);
        let stop = anew.clone();
        tasks.spawn("site link, coming in", async move {
            if let Err(error) = took.await {
                tracing::error!("cannot wait for the site server: {error}");
            }
            // Where no port could be had there is nobody to wait for.
            stop.stopped().await;
        });
        streams
    });
    let Member { whose, key, chain, plan } = member;
    let papers = Papers {
        folder: folder.clone(),
        posts: plan.posts().to_vec(),
        key: key.to_pkcs8().to_vec(),
        tls: vec![for_clients, for_site_server],
        standing,
        anew: anew.clone(),
    };
    let link = host_link::Uses {
        plan,
        root: whose.root,
        key: Arc::new(key),
        chain,
        memory: papers.memory(),
        keeper: Arc::new(papers),
        library,
        blocked,
        reversed,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        stop: anew,
    };
    tasks.spawn("site link", host_link::run(link));
    Ok(tasks)
}

/// The posts of the plan that can be had. A host that did not start because of
/// one could never be given a better plan, so it starts with the others, says
/// so, and tries again.
fn bound(
    member: &Member,
    standing: &Standing,
    anew: &Stop,
    tasks: &mut Tasks,
) -> Vec<(Bound, Post)> {
    let mut bound = Vec::new();
    let mut missing = false;
    for post in member.plan.posts() {
        // Whom the site has dismissed, its clients must not find.
        if standing.is_dismissed() && !post.flows().contains(&&LINK) {
            continue;
        }
        match node::net::listen(&Listen::ordered(post)) {
            Ok(socket) => bound.push((socket, post.clone())),
            Err(error) => {
                missing = true;
                tracing::error!("{error}");
            }
        }
    }
    if missing {
        let anew = anew.clone();
        tasks.spawn("second attempt", async move {
            tokio::select! {
                () = anew.stopped() => {}
                () = node::clock::sleep(crate::serve::SECOND_ATTEMPT) => anew.stop(),
            }
        });
    }
    bound
}
