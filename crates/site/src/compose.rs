//! Which part gets what: the one page that puts the site together. A part is
//! handed what it uses and nothing else; only the site server is handed keys
//! that sign. (A host of a site elsewhere has a page of its own,
//! `compose_host.rs`.)

use std::sync::Arc;

use catalog::role::{DISTRIBUTION_POINT, MANAGEMENT_POINT, SITE_SERVER, SMS_PROVIDER};
use catalog::service::{HTTP, HTTPS, SITE_LINK};
use node::hangup::Hangups;
use node::net::Bound;
use node::stop::Stop;
use node::task::Tasks;
use plan::{Listen, PlannedHost};
use roles::content::Library;
use roles::facts::{About, SiteFacts};
use roles::http_host::Mount;
use roles::identity::{AdministratorToken, Roster};
use roles::site_server::SiteServer;
use roles::{desk, distribution_point, management_point, site_server, sms_provider};
use store::Store;
use tokio::sync::watch;
use trust::site::SiteKeys;
use trust::token::Token;

use crate::certificate::{self, Certificate};
use crate::doors::Doors;
use crate::folder::Folder;
use crate::keys::Keyring;
use crate::outcome::Failure;
use crate::reload::Reload;
use crate::reversed::Reversed;
use crate::site_file::SiteFile;

/// What a site stands on.
pub(crate) struct Ground<'a> {
    pub(crate) folder: &'a Folder,
    pub(crate) file: SiteFile,
    pub(crate) host: PlannedHost,
    pub(crate) keys: SiteKeys,
    pub(crate) keyring: Arc<Keyring>,
    pub(crate) bound: Vec<(Bound, Listen)>,
    pub(crate) store: Store,
    pub(crate) hangups: Hangups,
    pub(crate) stop: Stop,
}

/// Starts the site; it runs until the ground's stop is pulled.
pub(crate) fn start(ground: Ground<'_>) -> Result<Tasks, Failure> {
    let Ground { folder, file, host, keys, keyring, bound, store, hangups, stop } = ground;
    let SiteFile { text, plan, .. } = file;
    let facts = facts(plan.site_code(), plan.name(), &host, &keys);
    let library = Library::open(folder.content())
        .map_err(|error| Failure::because("cannot open the content library", &error))?;
    let administrator = administrator(folder)?;
    let (desk, queue) = desk::open();
    let tls = node::tls::server(certificate::issue(&keys, &host)?, keys.site())
        .map_err(|error| Failure::because("cannot use the roles' certificate", &error))?;
    let (replan, plan) = watch::channel(Arc::new(plan));
    let here = host.name.clone();

    let management = management_point::Uses {
        store: store.clone(),
        desk: desk.clone(),
        library: library.clone(),
        plan: plan.clone(),
        host: here.clone(),
    };
    let provider = sms_provider::Uses {
        store: store.clone(),
        library: library.clone(),
        desk,
        plan: plan.clone(),
        host: here.clone(),
        facts: facts.clone(),
        administrator,
        stop: stop.clone(),
    };
    let roster = Roster::of(store.clone());
    let point = distribution_point::Uses { roster, library: library.clone() };
    let server = SiteServer::new(site_server::Uses {
        store: store.clone(),
        library,
        keys,
        keeper: Arc::clone(&keyring) as _,
        plan: plan.clone(),
        host: here.clone(),
        queue,
        facts: facts.clone(),
        stop: stop.clone(),
    });
    let mount = |role, service, router| Mount { role, service, router };
    let link = mount(&SITE_SERVER, &SITE_LINK, server.link());
    let mounts = vec![
        mount(&MANAGEMENT_POINT, &HTTPS, management_point::router(management.clone())),
        mount(&MANAGEMENT_POINT, &HTTP, management_point::public(management)),
        mount(&DISTRIBUTION_POINT, &HTTPS, distribution_point::router(point)),
        mount(&SMS_PROVIDER, &HTTPS, sms_provider::router(provider)),
        link.clone(),
    ];

    let mut tasks = Tasks::new();
    tasks.spawn(SITE_SERVER.slug, server.run());
    let doors = Doors { tls: tls.clone(), mounts, facts: facts.clone(), stop: stop.clone() };
    doors.open(bound, &mut tasks);
    let keys = Arc::clone(&keyring);
    let certificate = Certificate { tls, keyring: keys, host: host.clone() };
    tasks.spawn("certificate", certificate.keep_fresh(stop.clone()));
    let reversed = Reversed { plan, store, keyring, host: host.clone(), link, stop };
    tasks.spawn("site links", reversed.run());
    let reload = Reload { folder: folder.clone(), host: here, plan: replan, doors, text };
    tasks.spawn("site file", reload.run(hangups));
    for role in &host.roles {
        facts.running(role, true);
    }
    Ok(tasks)
}

fn facts(code: &str, name: &str, host: &PlannedHost, keys: &SiteKeys) -> SiteFacts {
    let about = About {
        code: code.to_owned(),
        name: name.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        root: keys.fingerprint().to_string(),
        started: node::clock::now(),
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
