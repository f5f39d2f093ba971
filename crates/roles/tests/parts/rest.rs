//! The administrators' API: what the table promises is there, each endpoint
//! does its work once, and the description that is checked in is true.

use axum::body::Body;
use http::Request;
use serde_json::json;
use wire::rest::{
    AgentPackage, App, AppDependencies, AppInstaller, Collection, Content, ContentRef,
    ContentState, Deployment, DeploymentProgress, Device, DeviceDetails, ENDPOINTS, Host,
    HostInvitation, HostState, NewAgentPackage, NewApp, NewCollection, PackageMirror, Status,
    Token,
};

use crate::world::{World, answered, get, refusal};

#[test]
fn the_routes_are_the_table() {
    let promised: Vec<_> = ENDPOINTS.iter().map(|e| (e.method, e.path)).collect();
    assert_eq!(roles::sms_provider::routes(), promised);
}

#[test]
fn the_description_that_is_checked_in_is_true() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");
    let document = wire::rest::openapi::document();
    let text = format!("{}\n", serde_json::to_string_pretty(&document).unwrap());
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(path, &text).unwrap();
    }
    let checked_in = std::fs::read_to_string(path).unwrap();
    assert!(
        checked_in == text,
        "docs/openapi.json is not in step: set UPDATE_GOLDEN=1 and run again"
    );
}

/// Goes through the whole table; fails when an endpoint was not visited.
#[tokio::test]
async fn every_endpoint_does_its_work() {
    let world = World::new().await;
    let device = world.device("m1").await;

    let status: Status = world.admin_get("/api/v1/status").await.json();
    assert!(status.ready && status.map > 0, "{status:?}");
    assert_eq!((status.devices, status.parts.len()), (1, 4));
    let token: Token =
        world.admin("POST", "/api/v1/tokens", &json!({ "valid_for": 60 })).await.json();
    assert_eq!((token.site.as_str(), token.root), ("P01", world.root.to_string()));
    let signed = async || world.store.policy_of(&device.id).await.unwrap();
    let policy = world.until("the device's policy", signed).await;
    let devices: Vec<Device> = world.admin_get("/api/v1/devices").await.json();
    assert_eq!(devices[0].policy_offered, policy.number);
    assert_eq!(devices[0].id, device.id);
    let one: DeviceDetails = world.admin_get("/api/v1/devices/m1").await.json();
    assert_eq!(one.device, devices[0]);
    let reason = json!({ "reason": "lost" });
    let lost: Device = world.admin("POST", "/api/v1/devices/m1/block", &reason).await.json();
    assert_eq!((lost.blocked, lost.blocked_reason.as_str()), (true, "lost"));
    let found: Device = world.admin("POST", "/api/v1/devices/m1/unblock", &()).await.json();
    assert!(!found.blocked);

    let content = world.publish(b"!<arch>\n", "hello.deb").await;
    let path = format!("/api/v1/content/{}", content.digest);
    assert!(world.admin_get(&path).await.json::<ContentState>().complete);
    let mut new = hello(content, AppDependencies::Present);
    let app: App = world.admin("POST", "/api/v1/apps", &new).await.json();
    assert_eq!(app.installer, new.installer);
    let content = world.publish(b"!<arch>\n2", "hello2.deb").await;
    let library = world.publish(b"library", "libc6.deb").await;
    let packages = vec![library.clone()];
    new.installer = hello(content, AppDependencies::Published { packages }).installer;
    let updated: App = world.admin("PUT", "/api/v1/apps/hello", &new).await.json();
    assert_eq!((updated.id, &updated.installer), (app.id, &new.installer));
    let app = updated;
    let contents: Vec<Content> = world.admin_get("/api/v1/content").await.json();
    let needed = contents.iter().find(|content| content.digest == library.digest).unwrap();
    assert_eq!((needed.apps.as_slice(), needed.size), (&["hello".to_owned()][..], 7));
    assert!(needed.places[0].complete && needed.places[0].host == "keel");
    let apps: Vec<App> = world.admin_get("/api/v1/apps").await.json();
    assert_eq!(apps, std::slice::from_ref(&app));
    assert_eq!(world.admin_get("/api/v1/apps/hello").await.json::<App>(), app);

    let new = NewCollection { name: "one".into(), devices: vec!["m1".into(), device.id.clone()] };
    let one: Collection = world.admin("POST", "/api/v1/collections", &new).await.json();
    assert_eq!((one.devices.len(), one.built_in), (1, false));
    let all: Vec<Collection> = world.admin_get("/api/v1/collections").await.json();
    assert_eq!(all.iter().map(|c| c.name.as_str()).collect::<Vec<_>>(), ["all", "one"]);
    assert!(world.admin_get("/api/v1/collections/all").await.json::<Collection>().built_in);

    let deployment = world.deploy("hello", "one", false).await;
    let listed: Vec<Deployment> = world.admin_get("/api/v1/deployments").await.json();
    assert_eq!(listed, std::slice::from_ref(&deployment));
    let progress: DeploymentProgress = world.admin_get("/api/v1/deployments/hello").await.json();
    assert_eq!((progress.deployments.len(), progress.states.len()), (1, 1));

    in_use_and_then_not(&world, &deployment).await;
    the_way_for_machines_and_hosts(&world).await;
    let document: serde_json::Value = world.admin_get("/api/v1/openapi.json").await.json();
    assert_eq!(document["openapi"], "3.1.0");

    let visited = world.visited.borrow();
    for endpoint in ENDPOINTS {
        let here = |(method, path): &(String, String)| {
            method == endpoint.method && fits(endpoint.path, path)
        };
        assert!(visited.iter().any(here), "not visited: {} {}", endpoint.method, endpoint.path);
    }
}

/// Whether a path is one of a template.
fn fits(template: &str, path: &str) -> bool {
    let (template, path): (Vec<_>, Vec<_>) =
        (template.split('/').collect(), path.split('/').collect());
    template.len() == path.len()
        && template.iter().zip(path).all(|(t, p)| t.starts_with('{') || *t == p)
}

fn hello(content: ContentRef, dependencies: AppDependencies) -> NewApp {
    let installer = AppInstaller::Deb {
        content,
        package: "hello".into(),
        version: "2.10-3".into(),
        architecture: "amd64".into(),
        dependencies,
    };
    NewApp { name: "hello".into(), installer, time_limit: 60, success_codes: vec![0] }
}

/// The agent's package, invitations and mirrors.
async fn the_way_for_machines_and_hosts(world: &World) {
    let none = world.admin_get("/api/v1/agent-package").await;
    assert_eq!(none.refused(), refusal(404, "not-found"));
    let content = world.publish(b"agent", "portolan-agent_1_amd64.deb").await;
    // sha256sum of "agent".
    let sha256 = "d4f0bc5a29de06b510f9aa428f1eedba926012b591fef7a518e776a7c9bd1824";
    let mut new = NewAgentPackage {
        content,
        sha256: "0".repeat(64),
        version: "1".into(),
        architecture: "amd64".into(),
    };
    let path = "/api/v1/agent-package";
    let wrong = world.admin("PUT", path, &new).await;
    assert_eq!(wrong.refused(), refusal(400, "package-digest"));
    new.sha256 = sha256.into();
    let package: AgentPackage = world.admin("PUT", path, &new).await.json();
    assert_eq!((package.size, package.sha256.as_str()), (5, sha256));
    assert_eq!(world.admin_get(path).await.json::<AgentPackage>(), package);
    let token: Token =
        world.admin("POST", "/api/v1/tokens", &json!({ "valid_for": 60 })).await.json();
    assert_eq!(token.package.as_ref(), Some(&package));
    let place = package.url.strip_prefix("http://127.0.0.1:").unwrap();
    let (_port, place) = place.split_once('/').unwrap();
    // Before it is a client, a machine has plain HTTP, and nothing else on it.
    let place = format!("/{place}");
    assert_eq!(answered(&world.plain, get(&place)).await.body, b"agent");
    assert_eq!(world.send(get(&place)).await.body, b"agent");
    for path in ["/mp/v1/map", "/api/v1/status", "/mp/v1/agent/..%2Fsite.db"] {
        let refused = answered(&world.plain, get(path)).await;
        assert_eq!(refused.refused(), refusal(404, "not-found"), "{path}");
    }

    let hosts: Vec<Host> = world.admin_get("/api/v1/hosts").await.json();
    let states: Vec<_> = hosts.iter().map(|host| (host.name.as_str(), host.state)).collect();
    let (here, named) = (HostState::Here, HostState::Named);
    assert_eq!(states, [("dp7", named), ("dp8", named), ("keel", here)]);
    let invite = json!({ "valid_for": 60 });
    let path = "/api/v1/hosts/dp7/invite";
    let invited: HostInvitation = world.admin("POST", path, &invite).await.json();
    assert_eq!(invited.host, "dp7");
    let removed: Host = world.admin("DELETE", "/api/v1/hosts/dp7", &()).await.json();
    assert_eq!(removed.state, HostState::Named);
    let mirrors: Vec<PackageMirror> = world.admin_get("/api/v1/package-mirrors").await.json();
    assert!(mirrors.is_empty());
}

/// What is deployed stays; what is not may go.
async fn in_use_and_then_not(world: &World, deployment: &Deployment) {
    let busy = world.admin("DELETE", "/api/v1/apps/hello", &()).await;
    assert_eq!(busy.refused(), refusal(409, "app-deployed"));
    let busy = world.admin("DELETE", "/api/v1/collections/one", &()).await;
    assert_eq!(busy.refused(), refusal(409, "collection-deployed"));
    let path = format!("/api/v1/deployments/{}", deployment.id);
    let ended: Deployment = world.admin("DELETE", &path, &()).await.json();
    assert_eq!(ended, *deployment);
    assert_eq!(world.admin("DELETE", &path, &()).await.refused(), refusal(404, "not-found"));
    let gone: App = world.admin("DELETE", "/api/v1/apps/hello", &()).await.json();
    assert_eq!(gone.name, "hello");
    let gone: Collection = world.admin("DELETE", "/api/v1/collections/one", &()).await.json();
    assert_eq!(gone.name, "one");
    let stays = world.admin("DELETE", "/api/v1/collections/all", &()).await;
    assert_eq!(stays.refused(), refusal(409, "collection-built-in"));
}

#[tokio::test]
async fn what_cannot_be_is_refused_in_words() {
    let world = World::new().await;
    let (_m1, _m2) = (world.device("twin").await, world.device("twin").await);
    let _app = world.app("hello").await;
    let script = |digest: &str, size: u64| {
        let install = json!({ "digest": digest, "size": size, "name": "install.sh" });
        json!({ "kind": "script", "install": install, "uninstall": null, "detect": null })
    };
    let app = |name: &str, limit: u32, installer: serde_json::Value| json!({ "name": name, "installer": installer, "time_limit": limit, "success_codes": [0] });
    let absent = script(&"0".repeat(64), 1);
    let there = world.publish(b"x", "x").await.digest;
    let deploy = |app: &str, to: &str| json!({ "app": app, "collection": to, "uninstall": false });
    let apps = "/api/v1/apps";
    let collections = "/api/v1/collections";
    for (path, body, status, code) in [
        (apps, app("new", 60, absent), 409, "content-missing"),
        (apps, app("new", 60, script(&there, 2)), 400, "content-size"),
        (apps, app("new", 60, script("x", 1)), 400, "digest-malformed"),
        (apps, app("a b", 60, script(&there, 1)), 400, "name-invalid"),
        (apps, app("new", 0, script(&there, 1)), 400, "time-limit-invalid"),
        (apps, app("hello", 60, script(&there, 1)), 409, "name-taken"),
        (apps, json!({ "name": "new" }), 400, "json-malformed"),
        (collections, json!({ "name": "all", "devices": [] }), 409, "name-taken"),
        (collections, json!({ "name": "c", "devices": ["twin"] }), 409, "name-ambiguous"),
        (collections, json!({ "name": "c", "devices": ["nobody"] }), 404, "not-found"),
        ("/api/v1/deployments", deploy("hello", "nowhere"), 404, "not-found"),
        ("/api/v1/deployments", deploy("nothing", "all"), 404, "not-found"),
        ("/api/v1/tokens", json!({ "valid_for": 0 }), 400, "validity-invalid"),
        ("/api/v1/devices/nobody/block", json!({}), 404, "not-found"),
        ("/api/v1/hosts/dp7/invite", json!({ "valid_for": 0 }), 400, "validity-invalid"),
        ("/api/v1/hosts/nobody/invite", json!({ "valid_for": 9 }), 404, "not-found"),
        ("/api/v1/hosts/keel/invite", json!({ "valid_for": 9 }), 409, "host-here"),
    ] {
        let answer = world.admin("POST", path, &body).await;
        assert_eq!(answer.refused(), refusal(status, code), "{body}");
    }
    for (method, path, body, status, code) in [
        ("PUT", "/api/v1/apps/nothing", app("nothing", 60, script(&there, 1)), 404, "not-found"),
        ("PUT", "/api/v1/apps/hello", app("other", 60, script(&there, 1)), 400, "name-invalid"),
        ("DELETE", "/api/v1/hosts/nobody", json!({}), 404, "not-found"),
        ("DELETE", "/api/v1/hosts/keel", json!({}), 409, "host-here"),
        ("DELETE", "/api/v1/hosts/dp7", json!({}), 409, "host-not-joined"),
    ] {
        let answer = world.admin(method, path, &body).await;
        assert_eq!(answer.refused(), refusal(status, code), "{method} {path}");
    }
    let odd = world.admin_get("/api/v1/deployments/nothing").await;
    assert_eq!(odd.refused(), refusal(404, "not-found"));
    let odd = world.admin_get("/api/v1/deployments/hello?after=soon").await;
    assert_eq!(odd.refused(), refusal(400, "query-malformed"));
}

#[tokio::test]
async fn what_is_not_there_says_so() {
    let world = World::new().await;
    let nothing = world.send(get("/wp-login.php")).await;
    assert_eq!(nothing.refused(), refusal(404, "not-found"));
    assert_eq!(nothing.header("x-content-type-options"), "nosniff");
    let put = Request::put("/mp/v1/map").body(Body::empty()).unwrap();
    assert_eq!(world.send(put).await.refused(), refusal(405, "method-not-allowed"));
    let map = world.send(get("/mp/v1/map")).await;
    assert_eq!(map.header("content-type"), "application/cbor");
    assert_eq!(map.header("cache-control"), "no-store");
}

#[tokio::test]
async fn packages_that_are_published_together_fit_into_one_folder() {
    let world = World::new().await;
    let deb = world.publish(b"deb", "hello.deb").await;
    let (one, two) = (world.publish(b"1", "l.deb").await, world.publish(b"2", "l.deb").await);
    let absent = ContentRef { digest: "0".repeat(64), ..one.clone() };
    let many = vec![one.clone(); wire::limit::DEPENDENCIES + 1];
    for (packages, status, code) in [
        (vec![one.clone(), two], 400, "dependencies-invalid"),
        (vec![ContentRef { name: "hello.deb".into(), ..one.clone() }], 400, "dependencies-invalid"),
        (many, 400, "dependencies-invalid"),
        (vec![absent], 409, "content-missing"),
        (vec![ContentRef { name: "../x".into(), ..one.clone() }], 400, "file-name-invalid"),
    ] {
        let new = hello(deb.clone(), AppDependencies::Published { packages });
        let refused = world.admin("POST", "/api/v1/apps", &new).await;
        assert_eq!(refused.refused(), refusal(status, code));
    }
    let new = hello(deb, AppDependencies::Published { packages: vec![one.clone(), one] });
    let _made: App = world.admin("POST", "/api/v1/apps", &new).await.json();
}
