//! Honest documents, as the product itself makes them: where a fuzzer begins.
#![allow(clippy::unwrap_used)]

use catalog::role::{DISTRIBUTION_POINT, MANAGEMENT_POINT};
use catalog::service::HTTPS;
use content::block;
use rustls::pki_types::CertificateDer;
use serde::Serialize;
use serde_json::json;
use trust::certificate::{self, DAY, HostNames};
use trust::envelope::{self, Expect, Expiry, Kind};
use trust::host_invitation::HostInvitation;
use trust::host_plan::HostPlan;
use trust::invitation::Invitation;
use trust::key::{Recovery, SigningKey};
use trust::map::{Row, ServiceMap, VerifiedMap};
use trust::site::SiteKeys;
use trust::token::Token;
use wire::client::{
    Batch, Body, Damaged, Disk, Dropped, Enrol, Enrolled, Heartbeat, InstalledPackage, Interface,
    Inventory, Location, Locations, Message, Phase, Receipt, Refused, Renew, State, System,
    Whereabouts,
};
use wire::link::{Held, Join, Joined, Orders, Report, Wanted};
use wire::policy::{
    Assignment, Content, Dependencies, Detection, Installer, Intent, Package, Policy, Settings,
};
use wire::rest;

use crate::document::{HOST, KEYS, Keys, NOW, SITE, draft, linked, signed};
use crate::words;

const DEVICE: &str = "0123456789abcdef0123456789abcdef";

/// The seeds of a target, by its name.
pub(crate) fn of(target: &str) -> Vec<Vec<u8>> {
    match target {
        "site_file" => site_files(),
        "document" => documents(KEYS.as_ref().unwrap()),
        "report" => reports(),
        "package_status" => package_statuses(),
        "range" => ranges(),
        "block_list" => block_lists(),
        "rule_set" => rule_sets(),
        _ => vec![],
    }
}

/// As nft lists nearly everything that it can say, as iptables-save prints a border,
/// and as people export a table.
fn rule_sets() -> Vec<Vec<u8>> {
    let nft = include_str!("seeds/rules.json");
    let saved = include_str!("../../site/tests/golden/rules-import/border.v4");
    let table = "Rule;Source;Destination;Service;Protocol;Action\n\
                 1;10.1.0.0/16, 10.2.0.1-10.2.0.9;any;tcp/1-7, udp/9;any;allow\n\
                 2;any;10.0.1.12;*;icmp;deny\n";
    [nft, saved, table].map(|text| text.as_bytes().to_vec()).to_vec()
}

fn site_files() -> Vec<Vec<u8>> {
    let draft = plan::Draft {
        code: SITE.to_owned(),
        name: "Head office".to_owned(),
        host: "keel.example.org".to_owned(),
        address: "10.7.0.5".parse().unwrap(),
        network_cidr: "10.7.0.5/16".to_owned(),
        ports: &[(&HTTPS, 18443)],
    };
    let harbour = include_str!("seeds/harbour.toml");
    let wrong = harbour.replace("10.1.0.11", "10.1.0.10").replace("console", "consul");
    let voyage = include_str!("seeds/voyage.toml");
    let mut files: Vec<Vec<u8>> =
        vec![plan::draft(&draft).into(), harbour.into(), wrong.into(), voyage.into()];
    files.extend(words::files().iter().map(|path| std::fs::read(path).unwrap()));
    files.extend(mistaken());
    files
}

/// The two hierarchies, and each with one thing changed that makes a mistake of it.
fn mistaken() -> Vec<Vec<u8>> {
    let estates = [
        include_str!("../../plan/src/tests/golden/hierarchy-2006.toml"),
        include_str!("../../plan/src/tests/golden/branches-portolan.toml"),
    ];
    let reports = include_str!("../../plan/src/tests/golden/mistakes.txt");
    let changes = reports.lines().filter_map(|line| line.strip_prefix("# ")?.split_once(" => "));
    let changed = changes.map(|(from, to)| {
        let [from, to]: [String; 2] = [from, to].map(|text| serde_json::from_str(text).unwrap());
        let estate = estates.iter().find(|text| text.contains(&from)).unwrap();
        estate.replacen(&from, &to, 1)
    });
    estates.map(str::to_owned).into_iter().chain(changed).map(String::into_bytes).collect()
}

fn documents(keys: &Keys) -> Vec<Vec<u8>> {
    let chain = std::slice::from_ref(&keys.delegation);
    let map = service_map().encode();
    let of_map = envelope::sign(&draft(Kind::Map, &map), &keys.delegate, chain);
    let sealed = trust::seal::seal(&keys.device.public(), b"device", &policy()).unwrap();
    let of_policy = envelope::sign(&draft(Kind::Policy, &sealed), &keys.delegate, chain);
    let key = SigningKey::generate().unwrap();
    let request = certificate::csr(&key, "keel").unwrap();
    let site = SiteKeys::create(SITE, NOW).unwrap().keys;
    let device = site.issue_device(DEVICE, &request, NOW).unwrap();
    let (dns, ips) = (["mp.example.org".to_owned()], ["10.7.0.5".parse().unwrap()]);
    let roles = [&MANAGEMENT_POINT, &DISTRIBUTION_POINT];
    let names = HostNames { host: "keel", roles: &roles, dns: &dns, ips: &ips };
    let role = site.host_identity(&names, NOW).unwrap();
    let der = |der: Option<&CertificateDer<'static>>| der.unwrap().to_vec();
    let root = site.fingerprint();
    let invitation = |address: &str| {
        let address = address.parse().unwrap();
        Invitation { site: SITE.to_owned(), address, port: 18443, root }.to_text().into_bytes()
    };
    let seeds: Vec<(u8, Vec<u8>)> = vec![
        (b'e', of_map.clone()),
        (b'e', of_policy),
        (b'e', keys.delegation.clone()),
        (b'r', payload(&keys.delegation)),
        (b'd', payload(&of_map)),
        (b'l', payload(&keys.delegation)),
        (b'm', map),
        (b'h', host_plan().encode()),
        (b'p', policy()),
        (b's', sealed),
        (b'c', request),
        (b'x', der(device.first())),
        (b'x', der(role.chain.first())),
        (b'x', der(role.chain.get(1))),
        (b'x', der(role.chain.get(2))),
        (b'i', invitation("10.7.0.5")),
        (b'i', invitation("2001:db8::5")),
        (b'j', host_invitation(keys)),
        (b't', Token::generate().unwrap().text().into_bytes()),
        (b't', root.to_string().into_bytes()),
        (b't', Recovery::generate().unwrap().text().into_bytes()),
    ];
    seeds.into_iter().map(|(what, bytes)| [vec![what], bytes].concat()).collect()
}

fn payload(envelope: &[u8]) -> Vec<u8> {
    let mut envelope = minicbor::Decoder::new(envelope);
    envelope.array().unwrap();
    envelope.bytes().unwrap().to_vec()
}

fn service_map() -> ServiceMap {
    let row = |role, address: &str, alternate| {
        Row::new(role, &HTTPS, SITE, "keel", address.parse().unwrap(), 18443, alternate)
    };
    ServiceMap {
        site: SITE.to_owned(),
        rows: vec![
            row(&MANAGEMENT_POINT, "10.7.0.5", Some(19443)),
            row(&DISTRIBUTION_POINT, "2001:db8::5", None),
        ],
        next_root: Some([4; 32]),
        recovery: [5; 32],
    }
}

fn host_plan() -> HostPlan {
    let voyage = include_str!("seeds/voyage.toml");
    let (plan, _) = plan::plan(&plan::read(voyage).unwrap()).unwrap();
    HostPlan::of(&plan, HOST).unwrap()
}

fn host_invitation(keys: &Keys) -> Vec<u8> {
    let chain = std::slice::from_ref(&keys.delegation);
    let body = host_plan().encode();
    let plan = envelope::sign(&draft(Kind::HostPlan, &body), &keys.delegate, chain);
    let (root, token) = (keys.root.public().fingerprint(), Token::generate().unwrap());
    let (site, host) = (SITE.to_owned(), HOST.to_owned());
    HostInvitation { site, host, root, token, expires: NOW, plan }.to_text().into_bytes()
}

fn policy() -> Vec<u8> {
    let content = Content { digest: [6; 32], size: 1024, name: "hello.deb".to_owned() };
    let package = Package {
        name: "hello".to_owned(),
        version: "2.10-5".to_owned(),
        architecture: "amd64".to_owned(),
    };
    let deb = Assignment {
        deployment: 3,
        app: 2,
        name: "hello".to_owned(),
        intent: Intent::Install,
        deadline: Some(NOW),
        installer: Installer::Deb(
            content.clone(),
            package.clone(),
            Dependencies::Published(vec![content.clone()]),
        ),
        detection: Detection::Package(package),
        time_limit: 3600,
        success_codes: vec![0, 3010],
    };
    let script = Assignment {
        intent: Intent::Uninstall,
        deadline: None,
        installer: Installer::Script(content.clone(), Some(content.clone())),
        detection: Detection::Script(content.clone()),
        ..deb.clone()
    };
    let blind = Assignment {
        installer: Installer::Script(content, None),
        detection: Detection::Absent,
        ..deb.clone()
    };
    let (settings, assignments) = (Settings::default(), vec![deb, script, blind]);
    minicbor::to_vec(Policy { device: DEVICE.to_owned(), settings, assignments }).unwrap()
}

fn reports() -> Vec<Vec<u8>> {
    let text = || "keel".to_owned();
    let state = State {
        deployment: 3,
        app: 2,
        phase: Phase::Failed,
        reason: "exit code 1".to_owned(),
        exit_code: Some(1),
        output: "E: no\n".to_owned(),
    };
    let heartbeat = Heartbeat {
        name: text(),
        agent_version: "0.1.0".to_owned(),
        addresses: vec!["10.7.0.5".to_owned()],
        limits: vec![text()],
        policy: 7,
    };
    let refused = Refused { what: "policy".to_owned(), why: text() };
    let dropped = Dropped { class: "log".to_owned(), count: 1 };
    let batch = |bodies: Vec<Body>| {
        let message = |(number, body)| Message { number, at: NOW, body };
        let messages = (1..).zip(bodies).map(message).collect();
        json(&Batch { journal: DEVICE.to_owned(), messages })
    };
    let (few, inventory) = (
        vec![
            Body::Heartbeat(heartbeat),
            Body::State(state),
            Body::Refused(refused),
            Body::Dropped(dropped),
            Body::Damaged(Damaged { host: text(), digest: DEVICE.repeat(2), block: 7 }),
        ],
        vec![Body::Inventory(Box::new(inventory()))],
    );
    let mut seeds = vec![
        batch(few),
        batch(inventory),
        json(&Enrol {
            token: text(),
            csr: text(),
            sealing_key: text(),
            name: text(),
            agent_version: text(),
        }),
        json(&Enrolled { device: text(), site: text(), certificates: vec![text()], map: text() }),
        json(&Renew { csr: text() }),
        json(&Receipt { stored: vec![1], duplicates: vec![2], refused: vec![3] }),
    ];
    seeds.extend(hosts());
    seeds.extend(administrators());
    seeds
}

/// What hosts and the site server say to each other, and where clients are
/// sent.
fn hosts() -> Vec<Vec<u8>> {
    let text = || "keel".to_owned();
    let (digest, trouble) = (DEVICE.repeat(2), "no space".to_owned());
    let wanted = Wanted { digest: digest.clone(), size: 9, name: text(), doubt: 1 };
    let held = Held {
        digest,
        have: 7,
        complete: false,
        looked: 1,
        repaired: 2,
        trouble,
        source_damaged: Some(4),
    };
    vec![
        json(&Whereabouts { addresses: vec!["10.7.0.5".to_owned(), "fe80::1".to_owned()] }),
        json(&Locations {
            groups: vec![text()],
            points: vec![Location { host: text(), after: 9 }],
        }),
        json(&Join { token: text(), csr: text(), version: "0.1.0".to_owned() }),
        json(&Joined { certificates: vec![text()], host_plan: text() }),
        json(&Orders {
            version: 3,
            host_plan: 7,
            blocked: vec![DEVICE.to_owned()],
            contents: vec![wanted],
        }),
        json(&Report { version: "0.1.0".to_owned(), contents: vec![held] }),
    ]
}

fn inventory() -> Inventory {
    let text = || "keel".to_owned();
    Inventory {
        system: System {
            hostname: text(),
            os: "Debian".to_owned(),
            kernel: text(),
            architecture: text(),
            cpu: text(),
            cpus: 2,
            memory: 1 << 34,
            booted: NOW,
            manufacturer: text(),
            model: text(),
            serial: text(),
        },
        disks: vec![Disk {
            mount: "/".to_owned(),
            device: text(),
            file_system: "ext4".to_owned(),
            size: 2,
            free: 1,
        }],
        interfaces: vec![Interface { name: text(), mac: text(), addresses: vec![text()] }],
        packages: vec![InstalledPackage { name: text(), version: text(), architecture: text() }],
    }
}

fn administrators() -> Vec<Vec<u8>> {
    let content = json!({ "digest": DEVICE.repeat(2), "size": 9, "name": "hello.deb" });
    let deb = json!({
        "kind": "deb", "content": content, "package": "hello", "version": "2", "architecture": "all",
        "dependencies": { "kind": "published", "packages": [content] },
    });
    let script = json!({ "kind": "script", "install": content, "uninstall": content });
    let device = json!({ "id": DEVICE, "name": "keel" });
    let deployment = json!({
        "id": 3, "app": "hello", "collection": "all", "uninstall": false, "deadline": NOW,
        "created": NOW,
    });
    let state = json!({
        "device": device, "deployment": 3, "app": "hello", "phase": "installed", "at": NOW,
    });
    let known = json!({
        "id": DEVICE, "name": "keel", "enrolled": 1, "last_seen": 2, "blocked": false,
        "agent_version": "0.1.0", "addresses": ["10.7.0.5"], "limits": [], "policy": 7,
        "policy_offered": 8,
    });
    let app = |installer: &serde_json::Value| {
        json!({ "id": 1, "name": "hello", "created": NOW, "installer": installer,
                "time_limit": 60, "success_codes": [0, 3010] })
    };
    let status = json!({
        "ready": true, "site": SITE, "name": "Head office", "version": "0.1.0", "root": "sha256:",
        "started": NOW, "devices": 1, "blocked": 0, "apps": 1, "deployments": 1, "map": 7,
        "parts": [{ "role": "management-point", "running": true }],
        "listens": [{ "address": "::", "port": 1, "protocol": "tcp", "flows": ["a>b/https"] }],
    });
    let package = json!({
        "url": "http://10.7.0.5/", "sha256": "", "version": "0.1.0", "architecture": "amd64",
        "size": 9,
    });
    let (devices, apps) = (json!(["keel"]), json!([app(&deb), app(&script)]));
    vec![
        honest::<rest::Status>(&status),
        honest::<rest::DeviceDetails>(&json!({
            "device": known, "inventory": inventory(), "inventory_at": NOW, "states": [state],
        })),
        honest::<rest::Block>(&json!({ "reason": "stolen" })),
        honest::<rest::NewToken>(&json!({ "valid_for": 3600 })),
        honest::<rest::Token>(&json!({
            "token": "ptk_", "expires": NOW, "management_point": "10.7.0.5", "root": "", "site": SITE,
        })),
        honest::<rest::AgentPackage>(&package),
        honest::<Vec<rest::Host>>(&json!([{
            "name": "keel", "address": "10.7.0.5", "roles": ["distribution-point"],
            "state": "joined", "joined": NOW, "last_seen": NOW, "version": "", "link": "host",
        }])),
        honest::<Vec<rest::PackageMirror>>(&json!([{
            "host": "keel", "url": "http://10.7.0.5/debian", "suite": "bookworm",
            "components": ["main"], "signed_by": "", "clients": true,
        }])),
        honest::<Vec<rest::Content>>(&json!([{
            "digest": "", "size": 9, "name": "hello.deb", "apps": ["hello"], "places": [{
                "host": "keel", "have": 9, "complete": true, "doubted": true, "repaired": 1,
                "at": NOW,
            }],
        }])),
        honest::<rest::NewApp>(&app(&script)),
        honest::<Vec<rest::App>>(&apps),
        honest::<rest::ContentState>(&json!({ "digest": "", "have": 1, "complete": false })),
        honest::<rest::NewCollection>(&json!({ "name": "pilot", "devices": devices })),
        honest::<Vec<rest::Collection>>(&json!([
            { "id": 1, "name": "all", "built_in": true, "devices": [device] },
        ])),
        honest::<rest::NewDeployment>(&json!({
            "app": "hello", "collection": "all", "uninstall": true, "deadline": null,
        })),
        honest::<rest::DeploymentProgress>(&json!({
            "version": 1, "deployments": [deployment], "states": [state],
        })),
    ]
}

/// The text of a body, which is what its type would have written.
fn honest<T: Serialize + serde::de::DeserializeOwned>(body: &serde_json::Value) -> Vec<u8> {
    json(&serde_json::from_value::<T>(body.clone()).unwrap())
}

fn json(body: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(body).unwrap()
}

fn package_statuses() -> Vec<Vec<u8>> {
    let long =
        format!("Package: a\nDepends: {}\nStatus: install ok installed\n", "x, ".repeat(1400));
    let sample = "\
Package: adduser
Status: install ok installed
Architecture: all
Version: 3.152
Conffiles:
 /etc/adduser.conf 3a7ab0ac

Package: gone
Status: deinstall ok config-files
Version: 1:2.0-1

\r
Package: hello
Status: install ok installed";
    vec![sample.into(), long.into()]
}

fn ranges() -> Vec<Vec<u8>> {
    let size = |size: u64| size.to_le_bytes().to_vec();
    let with = |bytes: u64, headers: &str| [size(bytes), headers.into()].concat();
    vec![
        with(10_000, "bytes=500-999\n\"d1ge57\""),
        with(10_000, "bytes=-500"),
        with(u64::MAX, "bytes=18446744073709551615-"),
        with(1, "Bytes=0-0,-1\nW/\"d1ge57\""),
        with(0, "lines=5-4\nSat, 21 Nov 2026 09:00:00 GMT"),
    ]
}

fn block_lists() -> Vec<Vec<u8>> {
    let size = block::SIZE as usize;
    let lists = [0, 1, size, size + 1, 3 * size - 1].map(|size| {
        let (digest, list) = block::BlockList::of(&vec![7; size]);
        [&(size as u64).to_le_bytes()[..], &digest.0, &list.to_bytes()].concat()
    });
    lists.into()
}

/// Were the keys wrong, the signature would keep the fuzzer out.
#[test]
fn what_is_signed_here_is_believed() {
    let keys = KEYS.as_ref().unwrap();
    let chain = std::slice::from_ref(&keys.delegation);
    let map = service_map().encode();
    let sent = envelope::sign(&draft(Kind::Map, &map), &keys.delegate, chain);
    let forged = signed(&payload(&sent), &keys.delegate);
    assert_eq!(forged, sent);
    let root = &keys.root.public().fingerprint();
    let opened = VerifiedMap::open(&forged, root, SITE, NOW + DAY / 2, 7).unwrap();
    assert_eq!(opened.entries().len(), 2);
    let invitation = String::from_utf8(host_invitation(keys)).unwrap();
    let plan = HostInvitation::parse(&invitation).unwrap().verified_plan(NOW).unwrap();
    assert_eq!((plan.posts().len(), plan.skipped()), (1, 0));
    let delegation = payload(&keys.delegation);
    let link = (linked(&delegation, keys), Kind::Map);
    for (bytes, kind) in [link, (signed(&delegation, &keys.root), Kind::Delegation)] {
        let (after, expiry, known) = (7, Expiry::Hard, &[][..]);
        let expect = Expect { kind, site: SITE, root, now: NOW, after, expiry, known };
        assert!(envelope::open(&bytes, &expect).is_ok(), "{kind}");
    }
}
