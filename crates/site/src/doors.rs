//! The sockets of this host and what answers at each. More may be opened while
//! the site runs; none is closed before the end.

use catalog::service::{HTTP, SITE_LINK};
use node::http::{Limits, serve, serve_plain};
use node::net::{BindError, Bound};
use node::stop::Stop;
use node::task::Tasks;
use node::tls;
use plan::Listen;
use roles::facts::SiteFacts;
use roles::http_host::{self, Mount};
use wire::rest::ListenStatus;

/// What every door needs.
pub(crate) struct Doors {
    pub(crate) tls: tls::Server,
    pub(crate) mounts: Vec<Mount>,
    pub(crate) facts: SiteFacts,
    pub(crate) stop: Stop,
}

/// Binds each of them, or none: what was bound is let go when one fails.
pub(crate) fn bind(listens: Vec<Listen>) -> Result<Vec<(Bound, Listen)>, BindError> {
    listens
        .into_iter()
        .map(|listen| Ok((node::net::listen(&node::net::Listen::planned(&listen))?, listen)))
        .collect()
}

impl Doors {
    /// Answers at these sockets, too.
    pub(crate) fn open(&self, bound: Vec<(Bound, Listen)>, tasks: &mut Tasks) {
        let mut known = self.facts.listens();
        known.extend(bound.iter().map(|(_, listen)| status(listen)));
        self.facts.listening(known);
        for (socket, listen) in bound {
            let router = http_host::router(&listen, &self.mounts);
            let (tls, stop) = (self.tls.clone(), self.stop.clone());
            let has = |service| listen.flows().iter().any(|flow| flow.service == service);
            let (plain, link) = (has(&HTTP), has(&SITE_LINK));
            tasks.spawn(listen.to_string(), async move {
                // With TLS, but where the plan has plain HTTP.
                let served = if plain {
                    serve_plain(vec![socket], router, Limits::default(), stop).await
                } else {
                    let limits = if link { Limits::link() } else { Limits::default() };
                    serve(vec![(socket, tls)], router, limits, stop).await
                };
                if let Err(error) = served {
                    tracing::error!("cannot serve {listen}: {error}");
                }
            });
        }
    }
}

fn status(listen: &Listen) -> ListenStatus {
    ListenStatus {
        address: listen.address().to_string(),
        port: listen.port(),
        protocol: listen.protocol().to_string(),
        flows: listen.flows().iter().map(|flow| flow.id()).collect(),
    }
}
