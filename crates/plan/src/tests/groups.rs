//! Several networks, several distribution points: who goes where, and who opens.

use catalog::flows::{CLIENT_TO_PACKAGE_MIRROR, SITE_SYSTEM_TO_SITE_SERVER_LINK};
use catalog::role::{SITE_SERVER, SITE_SYSTEM};
use catalog::service::SITE_LINK;
use std::net::IpAddr;

use super::{VOYAGE, lines, plan};
use crate::{Kind, Plan};

fn located(plan: &Plan, addresses: &[&str]) -> Vec<(String, u32)> {
    let addresses: Vec<IpAddr> = addresses.iter().map(|one| one.parse().unwrap()).collect();
    let points = plan.locations(&addresses).points;
    points.into_iter().map(|place| (place.host, place.after)).collect()
}

fn of(places: &[(&str, u32)]) -> Vec<(String, u32)> {
    places.iter().map(|(host, after)| ((*host).to_owned(), *after)).collect()
}

#[test]
fn a_client_is_sent_to_its_own_group_and_later_to_the_neighbours() {
    let (plan, findings) = plan(VOYAGE);
    let warnings: Vec<_> =
        findings.iter().filter(|one| one.kind != Kind::PlatformUnknown).collect();
    assert!(warnings.is_empty(), "{warnings:?}");
    let branch = of(&[("dp7", 0), ("dp8", 0), ("head", 3600)]);
    assert_eq!(located(&plan, &["10.7.3.4"]), branch);
    assert_eq!(located(&plan, &["10.8.3.4", "fe80::1"]), branch);
    assert_eq!(plan.locations(&["10.7.3.4".parse().unwrap()]).groups, ["branches"]);
    assert_eq!(located(&plan, &["10.2.3.4"]), of(&[("head", 0)]));
    // In both: whatever is near anywhere is near.
    let both = of(&[("dp7", 0), ("dp8", 0), ("head", 0)]);
    assert_eq!(located(&plan, &["10.2.3.4", "10.7.3.4"]), both);
    // In none, and every distribution point is in a group: all of them.
    for nowhere in [&["10.9.1.1"][..], &["192.0.2.1"], &[]] {
        assert_eq!(located(&plan, nowhere), both);
    }
    // As soon as one is in no group, it serves those in none.
    let text = VOYAGE.replace(r#"hosts = ["dp7", "dp8"]"#, r#"hosts = ["dp7"]"#);
    assert_eq!(located(&super::plan(&text).0, &["10.9.1.1"]), of(&[("dp8", 0)]));
}

#[test]
fn client_flows_go_where_clients_are_sent() {
    let (plan, _) = plan(VOYAGE);
    let content: Vec<String> =
        lines(&plan).into_iter().filter(|line| line.starts_with("client>distribution")).collect();
    let port = catalog::service::HTTPS.default_port().unwrap();
    assert_eq!(
        content,
        [
            "network branch -> dp7",
            "network branch -> dp8",
            "network branch -> head",
            "network office -> head",
            "network roaming -> dp7",
            "network roaming -> dp8",
            "network roaming -> head",
            "dp7 -> dp7",
            "dp8 -> dp8",
        ]
        .map(|ends| format!("client>distribution-point/https {ends} {port}"))
    );
}

#[test]
fn the_site_file_says_who_opens_the_link() {
    let (plan, _) = plan(VOYAGE);
    let link = &SITE_SYSTEM_TO_SITE_SERVER_LINK;
    let port = SITE_LINK.default_port().unwrap();
    let links: Vec<String> =
        lines(&plan).into_iter().filter(|line| line.contains("/site-link")).collect();
    assert_eq!(
        links,
        [
            format!("site-system>site-server/site-link dp7 -> head {port}"),
            "site-system>site-server/site-link head -> dp8 18100".to_owned(),
        ]
    );
    let answers = |host: &str| {
        let all = plan.listens(host);
        all.into_iter().find(|listen| listen.flows().contains(&link)).map(|one| one.roles())
    };
    assert_eq!(answers("head"), Some(vec![&SITE_SERVER]));
    assert_eq!(answers("dp7"), None);
    assert_eq!(answers("dp8"), Some(vec![&SITE_SYSTEM]));
    let dialled = |host: &str| -> Vec<String> {
        let all = plan.dials_of(host);
        all.iter().filter(|to| to.flow() == link).map(|to| to.host().to_owned()).collect()
    };
    assert_eq!(
        ["head", "dp7", "dp8"].map(dialled),
        [vec!["dp8".to_owned()], vec!["head".to_owned()], vec![]]
    );
    assert_eq!(plan.endpoints(&SITE_SERVER, &SITE_LINK).len(), 1);
    assert_eq!(plan.dials_from(&SITE_SERVER).iter().filter(|to| to.flow() == link).count(), 1);
    let why = plan.explain(&link.id(), VOYAGE);
    let reasons = why.iter().flat_map(|one| &one.reasons).map(|reason| &reason.text);
    assert!(reasons.into_iter().any(|text| text.contains("site-server-opens")));
    // Where the site server opens every link, it waits for none.
    let text = VOYAGE.replace(
        r#"roles = ["distribution-point"]"#,
        r#"role.distribution-point = { site-link = "site-server-opens" }"#,
    );
    let (plan, _) = super::plan(&text);
    assert!(!plan.listens("head").iter().any(|listen| listen.flows().contains(&link)));
}

#[test]
fn only_mirrors_that_are_open_to_clients_are_planned_for_them() {
    let (plan, _) = plan(VOYAGE);
    let [archive, mirror] = plan.package_mirrors() else { panic!("two mirrors") };
    assert_eq!(
        (archive.host.as_str(), archive.url().as_str()),
        ("archive", "http://10.1.0.41/archive")
    );
    assert_eq!(archive.components, ["main", "contrib"]);
    assert_eq!((archive.clients, archive.signed_by.as_deref()), (false, Some("/etc/archive.gpg")));
    assert_eq!(mirror.url(), "http://10.1.0.40:18200/debian");
    assert_eq!(
        (mirror.clients, mirror.components.len(), mirror.suite.as_str()),
        (true, 1, "bookworm")
    );
    let targets = plan.dial_targets(&CLIENT_TO_PACKAGE_MIRROR);
    assert!(targets.iter().all(|target| target.host() == "mirror") && !targets.is_empty());
    assert_eq!(plan.listens("mirror"), [], "others run it");
    let closed = VOYAGE.replace(", clients = true", "");
    assert_eq!(super::plan(&closed).0.dial_targets(&CLIENT_TO_PACKAGE_MIRROR), []);
    let v6 = VOYAGE
        .replace("10.1.0.41", "2001:db8::41")
        .replace(r#"["10.1.0.0/24"]"#, r#"["10.1.0.0/24", "2001:db8::/64"]"#);
    assert_eq!(super::plan(&v6).0.package_mirrors()[0].url(), "http://[2001:db8::41]/archive");
}

#[test]
fn what_helps_nobody_is_said() {
    let said = |from: &str, to: &str| -> Vec<String> {
        assert!(VOYAGE.contains(from), "{from}");
        let (_, findings) = plan(&VOYAGE.replace(from, to));
        let said = findings.into_iter().filter(|one| one.kind != Kind::PlatformUnknown);
        said.map(|one| one.message).collect()
    };
    assert_eq!(
        said(r#"hosts = ["dp7", "dp8"]"#, ""),
        [
            "boundary group branches has no distribution-point: its clients wait 3600 s for boundary \
          group head-office"
        ]
    );
    assert_eq!(
        said("hosts = [\"head\"]", ""),
        [
            "boundary group head-office has no distribution-point: its clients can install no content"
        ]
    );
    let alone = VOYAGE
        .replace("[network.roaming]\ncidr = [\"10.9.0.0/16\"]\nclients = \"P01\"\n", "")
        .replace(r#"boundary-groups = ["branches"]"#, r#"boundary-groups = ["head-office"]"#);
    let (_, findings) = plan(&alone);
    let forsaken: Vec<_> = findings
        .iter()
        .filter(|one| one.kind == Kind::NobodyComes)
        .map(|one| one.message.split(':').next().unwrap())
        .collect();
    assert_eq!(forsaken, ["host dp7", "host dp8"]);
}
