//! What a host believes, and what it then may do.
#![allow(clippy::unwrap_used)]

use catalog::flows::{
    CLIENT_TO_DISTRIBUTION_POINT_HTTPS, CLIENT_TO_MANAGEMENT_POINT_HTTPS,
    SITE_SERVER_TO_SITE_DATABASE, SITE_SYSTEM_TO_SITE_SERVER_LINK,
};
use catalog::service::{HTTPS, SITE_LINK};
use proptest::prelude::*;

use super::*;
use crate::certificate::DAY;
use crate::envelope::{Draft, sign};
use crate::key::SigningKey;
use crate::site::{DELEGATION_LIFE, HOST_PLAN_LIFE, SiteKeys};

const NOW: i64 = 1_700_000_000_000;

const ESTATE: &str = r#"
[site.P01]
name = "Harbour"
[network.here]
cidr = ["10.0.0.0/8"]
clients = "P01"
[host.head]
address = "10.1.0.10"
roles = ["site-server", "management-point", "sms-provider"]
[host.dp7]
name = "dp7.example.org"
address = "10.7.0.5"
roles = ["distribution-point", "dns-server"]
[host.ns]
address = "10.1.0.53"
roles = ["dns-server"]
"#;

fn planned(text: &str) -> Plan {
    plan::plan(&plan::read(text).unwrap()).unwrap().0
}

fn body() -> HostPlan {
    HostPlan::of(&planned(ESTATE), "dp7").unwrap()
}

fn believed(body: &HostPlan) -> Result<VerifiedHostPlan, Refusal> {
    let keys = SiteKeys::create("P01", NOW).unwrap().keys;
    let bytes = keys.sign_host_plan(body, 5, NOW);
    VerifiedHostPlan::open(&bytes, &keys.fingerprint(), "P01", "dp7", NOW, 5)
}

#[test]
fn a_host_listens_and_dials_as_the_plan_says() {
    let plan = believed(&body()).unwrap();
    assert_eq!((plan.site(), plan.site_name(), plan.host()), ("P01", "Harbour", "dp7"));
    assert_eq!((plan.number(), plan.expired(), plan.skipped()), (5, false, 0));
    assert_eq!(plan.dns(), Some("dp7.example.org"));
    assert_eq!(plan.roles(), [&DISTRIBUTION_POINT], "who serves names is not ours");
    let [post] = plan.posts() else { panic!("one listener: {:?}", plan.posts()) };
    assert_eq!(post.flows(), [&CLIENT_TO_DISTRIBUTION_POINT_HTTPS]);
    assert_eq!((post.roles(), post.host()), (vec![&DISTRIBUTION_POINT], "dp7"));
    assert_eq!((post.address(), Some(post.port())), (plan.address(), HTTPS.default_port()));
    let ways = plan.ways(&SITE_SYSTEM_TO_SITE_SERVER_LINK);
    let [way] = ways.as_slice() else { panic!("one way: {ways:?}") };
    assert_eq!((way.address().to_string(), way.ground()), ("10.1.0.10".into(), Ground::Ordered));
    assert_eq!(Some(way.port()), SITE_LINK.default_port());
    assert!(plan.ways(&CLIENT_TO_MANAGEMENT_POINT_HTTPS).is_empty());
}

#[test]
fn only_distribution_points_are_elsewhere() {
    let why = |text: &str, host: &str| HostPlan::of(&planned(text), host).unwrap_err();
    assert_eq!(why(ESTATE, "dp8"), NoHostPlan::NoSuchHost("dp8".to_owned()));
    assert_eq!(why(ESTATE, "head"), NoHostPlan::SiteServer("head".to_owned()));
    assert_eq!(why(ESTATE, "ns"), NoHostPlan::NoRole("ns".to_owned()));
    let shared = ESTATE
        .replace(r#"["distribution-point", "dns-server"]"#, r#"["management-point"]"#)
        .replace(r#"["dns-server"]"#, r#"["site-database-server"]"#);
    let role = "management-point";
    assert_eq!(why(&shared, "dp7"), NoHostPlan::NeedsDatabase { host: "dp7".to_owned(), role });
}

#[test]
fn forged_older_or_foreign_plans_are_refused() {
    let keys = SiteKeys::create("P01", NOW).unwrap().keys;
    let root = keys.fingerprint();
    let open = |bytes: &[u8], host: &str, after| {
        VerifiedHostPlan::open(bytes, &root, "P01", host, NOW, after).map(|_| ()).unwrap_err()
    };
    let bytes = keys.sign_host_plan(&body(), 5, NOW);
    assert!(matches!(open(&bytes, "dp7", 6), Refusal::Older { number: 5, highest: 6, .. }));
    assert_eq!(
        open(&bytes, "dp8", 0).to_string(),
        r#"a host plan for host "dp7", and this is host "dp8""#
    );
    for at in (0..bytes.len()).step_by(7) {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        open(&changed, "dp7", 0);
        open(&bytes[..at], "dp7", 0);
    }
    // Another site's, with the same names in it.
    let other = SiteKeys::create("P01", NOW).unwrap().keys;
    let foreign = other.sign_host_plan(&body(), 5, NOW);
    assert!(matches!(open(&foreign, "dp7", 0), Refusal::WrongRoot { .. }));
    // The right bytes as another kind of document, and signed by who may not.
    let policy = keys.sign_policy(&body().encode(), 5, NOW);
    assert!(matches!(open(&policy, "dp7", 0), Refusal::Kind { found: Kind::Policy, .. }));
    let draft = Draft {
        kind: Kind::HostPlan,
        site: "P01",
        epoch: 0,
        number: 9,
        issued: NOW,
        expires: NOW + DAY,
        body: &body().encode(),
        critical: &[],
    };
    let thief = sign(&draft, &SigningKey::generate().unwrap(), &[]);
    assert!(matches!(open(&thief, "dp7", 0), Refusal::WrongRoot { .. }));
    let foreign = HostPlan { site: "P02".to_owned(), ..body() };
    let signed = keys.sign_host_plan(&foreign, 5, NOW);
    assert!(matches!(open(&signed, "dp7", 0), Refusal::Site { .. }));
}

#[test]
fn an_old_plan_still_counts_and_a_kept_one_always() {
    let keys = SiteKeys::create("P01", NOW).unwrap().keys;
    let root = keys.fingerprint();
    let bytes = keys.sign_host_plan(&body(), 5, NOW);
    let open = |now| VerifiedHostPlan::open(&bytes, &root, "P01", "dp7", now, 0);
    assert!(open(NOW + HOST_PLAN_LIFE).is_ok_and(|plan| plan.expired()));
    let late = NOW + DELEGATION_LIFE;
    assert!(matches!(open(late), Err(Refusal::Expired { kind: Kind::Delegation, .. })));
    assert!(VerifiedHostPlan::recall(&bytes, &root, "P01", "dp7", late).is_ok());
    assert!(VerifiedHostPlan::recall(&bytes, &root, "P01", "dp8", late).is_err());
}

#[test]
fn what_is_unknown_or_not_the_hosts_is_left_out() {
    let address = body().address;
    let listening = |flows: &[&str], port| Listening {
        flows: flows.iter().map(|flow| (*flow).to_owned()).collect(),
        address,
        port,
    };
    let dialling =
        |flow: String, port| Dialling { flow, host: "head".into(), address, port, rank: 0 };
    let port = HTTPS.default_port().unwrap();
    let link = SITE_SYSTEM_TO_SITE_SERVER_LINK.id();
    let dp = CLIENT_TO_DISTRIBUTION_POINT_HTTPS.id();
    let strange = HostPlan {
        roles: vec!["distribution-point".into(), "harbour-master".into(), "dns-server".into()],
        listens: vec![
            listening(&["client>distribution-point/semaphore", &dp], port),
            listening(&[&CLIENT_TO_MANAGEMENT_POINT_HTTPS.id()], port),
            listening(&[&dp], 0),
            listening(&[&link], port),
            listening(&[], port),
        ],
        dials: vec![
            dialling(SITE_SERVER_TO_SITE_DATABASE.id(), port),
            dialling("a>b/c".to_owned(), port),
            dialling(link.clone(), 0),
            Dialling { rank: 1, ..dialling(link.clone(), port) },
            dialling(link, port + 1),
        ],
        ..body()
    };
    let plan = believed(&strange).unwrap();
    assert_eq!(plan.roles(), [&DISTRIBUTION_POINT]);
    let answered: Vec<_> = plan.posts().iter().map(|post| (post.flows(), post.roles())).collect();
    assert_eq!(
        answered,
        [
            (vec![&CLIENT_TO_DISTRIBUTION_POINT_HTTPS], vec![&DISTRIBUTION_POINT]),
            // The site server opens this link, and a site system answers.
            (vec![&SITE_SYSTEM_TO_SITE_SERVER_LINK], vec![&SITE_SYSTEM]),
        ]
    );
    let ways: Vec<u16> =
        plan.ways(&SITE_SYSTEM_TO_SITE_SERVER_LINK).iter().map(Way::port).collect();
    assert_eq!(ways, [port + 1, port], "the default first");
    assert_eq!(plan.skipped(), 8);
    let many = HostPlan { listens: vec![listening(&[], 0); ROW_LIMIT + 1], ..body() };
    assert!(matches!(believed(&many), Err(Refusal::TooMany { .. })));
    let long = HostPlan { name: "x".repeat(LIMIT), ..body() };
    assert!(matches!(believed(&long), Err(Refusal::TooLarge { .. })));
}

proptest! {
    #[test]
    fn what_is_written_is_read(
        name in ".{0,40}",
        rows in prop::collection::vec((".{0,20}", any::<[u8; 16]>(), any::<u16>(), any::<u8>()), 0..8),
    ) {
        let dials = rows
            .into_iter()
            .map(|(flow, address, port, rank)| Dialling {
                host: flow.clone(), flow, address: address.into(), port, rank,
            })
            .collect();
        let body = HostPlan { name, dials, ..body() };
        let again: HostPlan = minicbor::decode(&body.encode()).unwrap();
        prop_assert_eq!(again, body);
    }

    #[test]
    fn arbitrary_bytes_are_no_host_plan(bytes in prop::collection::vec(any::<u8>(), 0..256)) {
        let root = Fingerprint([0; 32]);
        prop_assert!(VerifiedHostPlan::open(&bytes, &root, "P01", "dp7", NOW, 0).is_err());
        let _any: Result<HostPlan, _> = minicbor::decode(&bytes);
    }
}
