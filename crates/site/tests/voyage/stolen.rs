//! A stolen distribution point: what an attacker with all its keys can do, which is
//! nothing that the site did not allow it.

use std::time::Duration;

use agent::identity::{Identity as Device, Keys};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use catalog::flows::{
    CLIENT_TO_MANAGEMENT_POINT_HTTPS as POLICY, CONSOLE_TO_SMS_PROVIDER_HTTPS as REST,
    SITE_SYSTEM_TO_SITE_SERVER_LINK as LINK,
};
use catalog::role;
use http::Request;
use lab::{Machine, Packet, What};
use node::http::{Body, Connection};
use node::net::Dial;
use node::tls::Identity;
use trust::certificate::{Authority, Root, csr};
use trust::envelope::{self, Draft, Expect, Expiry, Kind};
use trust::host_plan::{HostPlan, VerifiedHostPlan};
use trust::key::SigningKey;
use trust::map::{Row, ServiceMap, VerifiedMap};
use trust::seal::SealingKey;
use trust::tls::PinnedServer;
use wire::client::{self, Enrol, Renew};
use wire::link;

use self::thief::{Ask, Thief, runtime};
use crate::Test;
use crate::estate::{Estate, Server};

mod thief;

pub(crate) const TESTS: &[Test] = &[
    ("stolen::it_cannot_pose_as_another", poses),
    ("stolen::it_can_sign_nothing", signs),
    ("stolen::it_can_read_no_policy", reads),
    ("stolen::it_is_given_nothing_but_its_own", asks),
    ("stolen::once_removed_it_is_refused_by_everybody", removed),
];

const SITE: &str = "P01";
const WITHIN: Duration = Duration::from_secs(10);

/// It takes the site server's address while that is away, and answers there.
fn poses() {
    let estate = Estate::new();
    let [dp7, mut dp8] = estate.distribution_points();
    let mut client = estate.client("south-1", &estate.south, "10.8.0.21");
    client.agent.wait_for("accepted");
    let thief = estate.stolen_from(&dp7);
    estate.head.cut();
    thief.machine.move_to(&estate.servers, "10.1.0.10");
    thief.poses(|| {
        dp8.reset_connections();
        client.reset_connections();
        // A client wants a management point, a host the site server.
        println!("{}", client.agent.wait_for("does not count for management-point"));
        println!("{}", dp8.serve.wait_for("does not count for site-server"));
        let said = client.run("portolan-agent status").ok();
        said.says("does not count for management-point; it names dp7.host.p01");
    });
}

fn signs() {
    let estate = Estate::new();
    let dp7 = estate.host("dp7", &estate.north, "10.7.0.5");
    let client = estate.client("north-1", &estate.north, "10.7.0.21");
    let thief = estate.stolen_from(&dp7);
    let device = device_of(&client);
    let now = node::clock::now();
    let number = envelope::next_number(0, now);
    let expires = now + 86_400_000; // not a port: milliseconds

    // A map that leads clients to it, a plan that opens a port on another host, a
    // policy: signed with the host's key as if it were the root, and by a
    // delegation that it made itself.
    let map = ServiceMap {
        site: SITE.into(),
        rows: vec![Row::new(
            &role::MANAGEMENT_POINT,
            POLICY.service,
            SITE,
            "head",
            thief.machine.address(),
            POLICY.service.default_port().unwrap(),
            None,
        )],
        next_root: None,
        recovery: [7; 32],
    };
    let host_plan = HostPlan::of(&thief.plan, "dp8").unwrap();
    let own = envelope::delegate(
        &thief.key,
        &thief.key.public(),
        &[Kind::Map, Kind::HostPlan, Kind::Policy],
        SITE,
        number,
        now,
        expires,
    );
    for chain in [vec![], vec![own]] {
        let sign = |kind, body: &[u8]| {
            let draft = Draft {
                kind,
                site: SITE,
                epoch: 0,
                number,
                issued: now,
                expires,
                body,
                critical: &[],
            };
            envelope::sign(&draft, &thief.key, &chain)
        };
        let map = sign(Kind::Map, &map.encode());
        let map = VerifiedMap::open(&map, &device.root, SITE, now, 0).unwrap_err();
        let plan = sign(Kind::HostPlan, &host_plan.encode());
        let plan = VerifiedHostPlan::open(&plan, &device.root, SITE, "dp8", now, 0).unwrap_err();
        let policy = sign(Kind::Policy, b"policy");
        let policy = agent::policy::open(&policy, &device, 0, now).unwrap_err();
        for said in [map.to_string(), plan.to_string(), policy.to_string()] {
            assert!(said.contains("and this site's root is sha256:"), "{said}");
        }
    }
    // Its own plan, which the site server did sign, is nobody else's; and it
    // cannot be changed.
    let open = |plan: &[u8]| VerifiedHostPlan::open(plan, &device.root, SITE, "dp8", now, 0);
    let said = open(&thief.host_plan).unwrap_err().to_string();
    assert_eq!(said, "a host plan for host \"dp7\", and this is host \"dp8\"");
    let at = thief.host_plan.windows(3).position(|word| word == b"dp7").unwrap();
    let mut changed = thief.host_plan.clone();
    changed[at + 2] = b'8';
    let said = open(&changed).unwrap_err().to_string();
    assert!(said.contains("signature"), "{said}");
}

fn device_of(client: &Machine) -> Device {
    Device::load(&client.path("/var/lib/portolan-agent/identity")).unwrap().unwrap()
}

/// Policy is for devices; and where it got hold of one, it is sealed.
fn reads() {
    let estate = Estate::new();
    let dp7 = estate.host("dp7", &estate.north, "10.7.0.5");
    let client = estate.client("north-1", &estate.north, "10.7.0.21");
    let thief = estate.stolen_from(&dp7);
    let device = device_of(&client);
    let now = node::clock::now();
    let said = thief.ask(Ask::get(&POLICY, client::POLICY, Some(thief.host())));
    assert!(said.starts_with("403") && said.contains("wrong-role"), "{said}");
    let shown = Identity::from_der(device.chain.clone(), device.keys.signing.to_pkcs8().to_vec());
    let captured = captured_policy(&client, &thief, shown);
    let root = &device.root;
    let expect = Expect {
        kind: Kind::Policy,
        site: SITE,
        root,
        now,
        after: 0,
        expiry: Expiry::Soft,
        known: &[0, 1, 2],
    };
    let sealed = envelope::open(&captured, &expect).unwrap().body;
    let aad = device.device.as_bytes();
    assert!(device.keys.sealing.open(aad, &sealed).is_ok(), "the device can");
    // PKCS #8 holds the 32 bytes of an Ed25519 key here.
    let seed = &thief.key.to_pkcs8()[16..48];
    let refused = SealingKey::from_bytes(seed).unwrap().open(aad, &sealed).unwrap_err();
    assert!(refused.to_string().starts_with("sealed for another key"), "{refused}");
}

/// A policy, as somebody saw it who sits at the management point.
fn captured_policy(client: &Machine, thief: &Thief, device: Identity) -> Vec<u8> {
    client.inside(|| {
        runtime().block_on(async {
            let target = thief.plan.dial_targets(&POLICY).remove(0);
            let pin = PinnedServer::new(thief.root, POLICY.to, SITE);
            let tls = node::tls::client(pin, Some(device)).unwrap();
            let mut at = Connection::open(&Dial::planned(&target), &tls, WITHIN).await.unwrap();
            let request = Request::get(client::POLICY).body(Body::empty()).unwrap();
            let answer = at.send(request, WITHIN).await.unwrap().into_body();
            node::http::read_limited(answer, wire::limit::POLICY_BODY).await.unwrap().to_vec()
        })
    })
}

fn asks() {
    let estate = Estate::new();
    let [dp7, _dp8] = estate.distribution_points();
    estate.publish("kept", 2);
    estate.publish("gone", 2);
    estate.portolan("content status --watch").ok();
    let digest = |app: &str| {
        let shown = estate.portolan(&format!("content status {app} --format json")).json();
        shown[0]["digest"].as_str().unwrap().to_owned()
    };
    let (kept, gone) = (digest("kept"), digest("gone"));
    let thief = estate.stolen_from(&dp7);
    let host = || Some(thief.host());

    // The link gives it what it is to hold, and its own plan, as the site meant.
    let said = thief.ask(Ask::get(&LINK, &format!("{}{kept}/blocks", link::CONTENT), host()));
    assert!(said.starts_with("200"), "{said}");
    let orders = thief.ask(Ask::get(&LINK, link::ORDERS, host()));
    assert!(orders.contains(&kept), "{orders}");
    let plan = thief.ask(Ask::get(&LINK, link::HOST_PLAN, host()));
    assert!(plan.starts_with("200"), "{plan}");
    // Nothing that it was not told to hold, although the library has it.
    estate.portolan("app delete gone").ok();
    for path in [format!("{}{gone}", link::CONTENT), format!("{}{gone}/blocks", link::CONTENT)] {
        let said = thief.ask(Ask::get(&LINK, &path, host()));
        assert!(said.starts_with("404"), "{said}");
    }
    // And nothing without the certificate.
    for path in [link::ORDERS, link::HOST_PLAN] {
        let said = thief.ask(Ask::get(&LINK, path, None));
        assert!(said.starts_with("401"), "{said}");
    }

    // It enrols nobody: tokens are the administrator's to make, and so is all of
    // the REST API.
    let new = tempfile::tempdir().unwrap();
    let keys = Keys::load_or_make(new.path()).unwrap();
    let enrol = Enrol {
        token: trust::token::Token::generate().unwrap().text().to_string(),
        csr: keys.request("mole").unwrap(),
        sealing_key: BASE64.encode(keys.sealing.public()),
        name: "mole".into(),
        agent_version: "1".into(),
    };
    let said = thief.ask(Ask { identity: host(), ..Ask::post(&POLICY, client::ENROL, &enrol) });
    assert!(said.starts_with("401"), "{said}");
    let said = thief.ask(Ask::get(&REST, "/api/v1/devices", host()));
    assert!(said.starts_with("401") && said.contains("token-missing"), "{said}");
    let token = Some(enrol.token.as_str());
    let said = thief.ask(Ask { token, ..Ask::get(&REST, "/api/v1/devices", host()) });
    assert!(said.starts_with("401") && said.contains("token-wrong"), "{said}");

    // A device's certificate that it issued itself, its own being no authority's.
    let now = node::clock::now();
    let root = Root::load(thief.chain[0].clone(), thief.key.to_pkcs8()).unwrap();
    let authority = Authority::create(&root, SITE, now).unwrap();
    let key = SigningKey::generate().unwrap();
    let id = "ab".repeat(16);
    let issued = authority.issue_device(SITE, &id, &csr(&key, "x").unwrap(), now).unwrap();
    let chain = issued.iter().map(|der| der.to_vec()).chain(thief.chain.clone()).take(4).collect();
    let forged = Identity::from_der(chain, key.to_pkcs8().to_vec());
    let said = thief.ask(Ask::get(&POLICY, client::POLICY, Some(forged)));
    assert!(!said.starts_with("200") && said.contains("certificate"), "{said}");
    estate.portolan("device list --format json").ok().says("[]");
}

fn removed() {
    let estate = Estate::new();
    let [mut dp7, mut dp8] = estate.distribution_points();
    let mut client = estate.client("north-1", &estate.north, "10.7.0.21");
    estate.publish("before", 2);
    estate.portolan("deployment create before --collection all").ok();
    client.agent.wait_for("before: installed");
    assert_eq!(visits(&estate, "dp8"), 0);
    let visited = visits(&estate, "dp7");
    assert!(visited > 0);
    let thief = estate.stolen_from(&dp7);

    estate.portolan("host remove dp7").ok().says("its key is refused");
    let said = thief.ask(Ask::get(&LINK, link::ORDERS, Some(thief.host())));
    assert!(said.starts_with("403") && said.contains(link::HOST_REMOVED), "{said}");
    let renew = Renew { csr: thief.request() };
    let said = thief.ask(Ask::post(&LINK, link::RENEW, &renew));
    assert!(said.starts_with("403") && said.contains(link::HOST_REMOVED), "{said}");
    println!("{}", dp7.serve.wait_for("the site has dismissed this host"));

    // Clients are not sent there any more, although its certificate is good for
    // months; the others go on.
    estate.publish("after", 2);
    estate.portolan("deployment create after --collection all").ok();
    client.agent.wait_for("after: installed");
    assert_eq!(visits(&estate, "dp7"), visited);
    assert!(visits(&estate, "dp8") > 0);
    dp8.serve.wait_for("served");

    // Another machine takes its place, with a key of its own; the old key stays
    // refused.
    drop(dp7);
    let machine = estate.lab.machine("new", &estate.north, "10.7.0.5");
    estate.invite("dp7", &machine);
    machine.run("portolan join /root/invitation").ok();
    let said = thief.ask(Ask::get(&LINK, link::ORDERS, Some(thief.host())));
    assert!(said.starts_with("403") && said.contains(link::HOST_KEY), "{said}");
    let said = thief.ask(Ask::post(&LINK, link::RENEW, &renew));
    assert!(said.starts_with("403") && said.contains("host-unknown"), "{said}");
    let _new = Server::serve(machine);
    estate.portolan("content status --watch").ok();
}

/// How often the client has gone to a distribution point.
fn visits(estate: &Estate, point: &str) -> usize {
    let capture = estate.lab.captured();
    let begins = |packet: &&Packet| matches!(packet.what, What::Tcp { begins: true, .. });
    let to = |packet: &&Packet| packet.by == "north-1" && capture.who(packet.to) == Some(point);
    capture.packets.iter().filter(begins).filter(to).count()
}
