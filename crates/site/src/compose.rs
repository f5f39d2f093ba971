//! Which part gets what: the one page that puts the site together. A part is
//! handed what it uses and nothing else; only the site server is handed keys
//! that sign.

use std::sync::Arc;

use catalog::role::{DISTRIBUTION_POINT, MANAGEMENT_POINT, Role, SITE_SERVER, SMS_PROVIDER};
use catalog::service::HTTPS;
use node::net::Bound;
use node::stop::Stop;
use node::task::Tasks;
use plan::{Listen, Plan, PlannedHost};
use roles::content::Library;
use roles::facts::{About, SiteFacts};
use roles::http_host::{self, Mount};
use roles::identity::{AdministratorToken, Roster};
use roles::{desk, distribution_point, management_point, site_server, sms_provider};
use store::Store;
use trust::site::SiteKeys;
use trust::token::Token;
use wire::rest::ListenStatus;

use crate::certificate::{self, Certificate};
use crate::folder::Folder;
use crate::keys::Keyring;
use crate::outcome::Failure;

/// What a site stands on.
pub(crate) struct Ground<'a> {
    pub(crate) folder: &'a Folder,
    pub(crate) plan: Plan,
    pub(crate) host: PlannedHost,
    pub(crate) keys: SiteKeys,
    pub(crate) keyring: Arc<Keyring>,
    pub(crate) bound: Vec<(Bound, Listen)>,
    pub(crate) store: Store,
    pub(crate) stop: Stop,
}

/// Starts the site; it runs until the ground's stop is pulled.
pub(crate) fn start(ground: Ground<'_>) -> Result<Tasks, Failure> {
    let Ground { folder, plan, host, keys, keyring, bound, store, stop } = ground;
    let facts = facts(&plan, &host, &keys, &bound);
    let library = Library::open(folder.content())
        .map_err(|error| Failure::because("cannot open the content library", &error))?;
    let administrator = administrator(folder)?;
    let (desk, queue) = desk::open();
    let tls = node::tls::server(certificate::issue(&keys, &host)?, keys.site())
        .map_err(|error| Failure::because("cannot use the roles' certificate", &error))?;

    let mount = |role: &'static Role, router| Mount { role, router };
    let mounts = [
        mount(
            &MANAGEMENT_POINT,
            management_point::router(management_point::Uses { store: store.clone(), desk }),
        ),
        mount(
            &DISTRIBUTION_POINT,
            distribution_point::router(distribution_point::Uses {
                roster: Roster::of(store.clone()),
                library: library.clone(),
            }),
        ),
        mount(
            &SMS_PROVIDER,
            sms_provider::router(sms_provider::Uses {
                store: store.clone(),
                library: library.clone(),
                facts: facts.clone(),
                administrator,
                stop: stop.clone(),
            }),
        ),
    ];

    let mut tasks = Tasks::new();
    let certificate =
        Certificate { tls: tls.clone(), keyring: Arc::clone(&keyring), host: host.clone() };
    tasks.spawn("certificate", certificate.keep_fresh(stop.clone()));
    let site_server = site_server::Uses {
        store,
        library,
        keys,
        keeper: keyring,
        plan,
        queue,
        facts: facts.clone(),
    };
    tasks.spawn(SITE_SERVER.slug, site_server::run(site_server, stop.clone()));
    for (socket, listen) in bound {
        let router = http_host::router(&listen, &mounts);
        let doors = vec![(socket, tls.clone())];
        let served = node::http::serve(doors, router, node::http::Limits::default(), stop.clone());
        tasks.spawn(listen.to_string(), async move {
            if let Err(error) = served.await {
                tracing::error!("cannot serve {listen}: {error}");
            }
        });
    }
    for role in &host.roles {
        facts.running(role, true);
    }
    Ok(tasks)
}

fn facts(plan: &Plan, host: &PlannedHost, keys: &SiteKeys, bound: &[(Bound, Listen)]) -> SiteFacts {
    let listens = bound.iter().map(|(_, listen)| ListenStatus {
        address: listen.address().to_string(),
        port: listen.port(),
        protocol: listen.protocol().to_string(),
        flows: listen.flows().iter().map(|flow| flow.id()).collect(),
    });
    let management_point = plan.endpoints(&MANAGEMENT_POINT, &HTTPS);
    let management_point = management_point
        .first()
        .map(|endpoint| std::net::SocketAddr::new(endpoint.address, endpoint.port).to_string());
    let about = About {
        code: plan.site_code().to_owned(),
        name: plan.name().to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        root: keys.fingerprint().to_string(),
        started: node::clock::now(),
        listens: listens.collect(),
        management_point: management_point.unwrap_or_default(),
    };
    SiteFacts::new(about, &host.roles)
}

fn administrator(folder: &Folder) -> Result<AdministratorToken, Failure> {
    let bytes = node::files::read_private(&folder.administrator())
        .map_err(|error| Failure::because("cannot read the administrator's token", &error))?;
    let token = Token::parse(String::from_utf8_lossy(&bytes).trim())
        .map_err(|error| Failure::because("the administrator's token", &error))?;
    Ok(AdministratorToken(token.hash()))
}
