//! Site file in, plan out.

use catalog::flows::{CLIENT_TO_MANAGEMENT_POINT_HTTPS, SITE_SERVER_TO_SITE_DATABASE};
use catalog::role::{CONSOLE, DISTRIBUTION_POINT, MANAGEMENT_POINT, SITE_SERVER};
use catalog::service::{HTTP, HTTPS, PACKAGE_MIRROR, SITE_DATABASE, SITE_LINK};

use super::{HARBOUR, KEEL, lines, plan};
use crate::{Draft, End, Kind, draft};

#[test]
fn one_machine_speaks_to_itself() {
    let (plan, findings) = plan(KEEL);
    assert_eq!(
        lines(&plan),
        [
            "client>distribution-point/https keel -> keel 18444",
            "client>management-point/http keel -> keel 18080",
            "client>management-point/https keel -> keel 18443",
            "console>sms-provider/https keel -> keel 18443",
        ]
    );
    assert!(plan.flows().iter().all(|planned| planned.opener == End::Loopback(0)));
    assert_eq!(findings, []);
    assert_eq!((plan.site_code(), plan.name()), ("P01", "Head office"));
    assert_eq!(plan.settings().poll, 5);
    assert_eq!(plan.settings().heartbeat, 60 * 60);
    assert_eq!(plan.hosts()[0].dns.as_deref(), Some("keel.example.org"));
}

#[test]
fn roles_share_the_http_host_unless_they_were_parted() {
    let (plan, _) = plan(KEEL);
    let listens = plan.listens("keel");
    let shown: Vec<String> = listens.iter().map(ToString::to_string).collect();
    assert_eq!(shown, ["tcp 127.0.0.1:18080", "tcp 127.0.0.1:18443", "tcp 127.0.0.1:18444"]);
    let roles: Vec<&str> = listens[1].roles().iter().map(|role| role.slug).collect();
    assert_eq!(roles, ["management-point", "sms-provider"]);
    assert_eq!(listens[2].roles(), [&DISTRIBUTION_POINT]);
    assert_eq!(plan.listens("nobody"), []);
}

#[test]
fn a_harbour_holds_every_flow_between_its_parties() {
    let (plan, findings) = plan(HARBOUR);
    let ours: Vec<String> = lines(&plan)
        .into_iter()
        .filter(|line| line.contains("https") || line.contains("database") || line.contains("dns "))
        .collect();
    assert_eq!(
        ours,
        [
            "client>distribution-point/https network branch-7 -> dp7 18444",
            "client>distribution-point/https network branch-7 -> dp7 19443",
            "client>distribution-point/https dp7 -> dp7 18444",
            "client>distribution-point/https dp7 -> dp7 19443",
            "client>dns-server/dns network branch-7 -> ns 53",
            "client>management-point/https network branch-7 -> mp1 18443",
            "client>management-point/https network branch-7 -> mp1 19443",
            "console>sms-provider/https desk -> head 18443",
            "console>sms-provider/https desk -> head 19443",
            "console>sms-provider/https head -> head 18443",
            "console>sms-provider/https head -> head 19443",
            "management-point>site-database-server/site-database mp1 -> db 15432",
            "site-server>site-database-server/site-database head -> db 15432",
            "site-system>dns-server/dns dp7 -> ns 53",
            "site-system>dns-server/dns head -> ns 53",
            "site-system>dns-server/dns mp1 -> ns 53",
            "sms-provider>site-database-server/site-database head -> db 15432",
        ]
    );
    let kinds: Vec<Kind> = findings.iter().map(|finding| finding.kind).collect();
    let expected = [Kind::NotServed, Kind::PlatformUnknown];
    assert_eq!(kinds, expected, "mp1 beside its database, no dhcp-server: {findings:?}");
    assert_eq!(plan.listens("db"), [], "others run the database");
}

#[test]
fn neighbours_are_of_one_subnet_and_one_family() {
    let (plan, _) = plan(HARBOUR);
    let lines = lines(&plan);
    for there in [
        "site-system>neighbour/arp mp1 -> network servers -",
        "site-system>neighbour/arp network servers -> mp1 -",
        "client>neighbour/arp network branch-7 -> network branch-7 -",
    ] {
        assert!(lines.iter().any(|line| line == there), "{there} is not in {lines:#?}");
    }
    for absent in ["arp mp1 -> network branch-7", "discovery mp1", "discovery network branch-7"] {
        assert!(!lines.iter().any(|line| line.contains(absent)), "{absent} is in {lines:#?}");
    }
}

#[test]
fn dials_try_the_default_first_and_endpoints_know_both() {
    let (plan, _) = plan(HARBOUR);
    let targets = plan.dial_targets(&CLIENT_TO_MANAGEMENT_POINT_HTTPS);
    let ways: Vec<_> =
        targets.iter().map(|target| (target.host(), target.port(), target.rank())).collect();
    assert_eq!(ways, [("mp1", 18443, 0), ("mp1", 19443, 1)]);
    let endpoints = plan.endpoints(&MANAGEMENT_POINT, &HTTPS);
    assert_eq!(endpoints.len(), 1);
    assert_eq!((endpoints[0].port, endpoints[0].alternate), (18443, Some(19443)));
    let database = plan.dial_targets(&SITE_SERVER_TO_SITE_DATABASE);
    assert_eq!(
        database[0].to_string(),
        "tcp 10.1.0.30:15432 (site-server>site-database-server/site-database)"
    );
    assert!(plan.dials_from(&SITE_SERVER).contains(&database[0]));
    assert_eq!(plan.dials_from(&CONSOLE).len(), 2);
    assert_eq!(plan.host_at(&["10.1.0.11".parse().unwrap()]).unwrap().name, "mp1");
    assert_eq!(plan.host_at(&["192.0.2.1".parse().unwrap()]), None);
}

#[test]
fn explain_names_the_row_the_lines_and_the_default() {
    let (plan, _) = plan(KEEL);
    let explained = plan.explain("client>distribution-point/https", KEEL);
    assert_eq!(explained.len(), 1);
    let reasons: Vec<&str> =
        explained[0].reasons.iter().map(|reason| reason.text.as_str()).collect();
    assert_eq!(
        reasons,
        [
            "the catalog has it, from ARCHITECTURE.md#the-http-host",
            "line 10 of the site file says `clients = \"P01\"`",
            "line 14 of the site file says `roles = [\"site-server\", \"management-point\", \
             \"distribution-point\", \"sms-provider\"]`",
            "line 15 of the site file says `role.distribution-point = { ports = { https = 18444 } }`",
        ]
    );
    let silent = KEEL.replace("ports = { https = 18443, http = 18080 }", "");
    let explained = super::plan(&silent).0.explain("client>management-point/https", &silent);
    assert_eq!(explained[0].ports, HTTPS.default_port().unwrap().to_string());
    assert!(explained[0].reasons.iter().any(|reason| reason.text.contains("default")));
    assert_eq!(plan.explain("client>nobody/https", KEEL), []);
}

#[test]
fn what_cannot_work_is_said() {
    let text = KEEL.replace(
        "[network.here]",
        "[network.branch-7]\ncidr = [\"10.7.0.0/16\"]\nclients = \"P01\"\n[network.here]",
    );
    let (plan, findings) = plan(&text);
    assert_eq!(findings[0].kind, Kind::Unreachable);
    assert_eq!(
        findings[0].message,
        "host keel cannot be reached from network branch-7: 127.0.0.1 is a loopback address; \
         client>distribution-point/https is not in the plan"
    );
    assert!(!lines(&plan).iter().any(|line| line.contains("network branch-7 -> keel")));

    let alone = KEEL
        .replace("clients = \"P01\"", "")
        .replace("\"distribution-point\", ", "")
        .replace("role.distribution-point = { ports = { https = 18444 } }", "");
    let alone = alone.replace("http = 18080", "site-database = 15432");
    let kinds: Vec<Kind> = super::plan(&alone).1.iter().map(|finding| finding.kind).collect();
    assert_eq!(kinds, [Kind::NoClients, Kind::NoRole, Kind::UnusedPort]);
}

#[test]
fn two_loopback_addresses_are_one_machine() {
    let text =
        format!("{KEEL}[host.db]\naddress = \"127.0.0.2\"\nroles = [\"site-database-server\"]\n");
    let (plan, findings) = plan(&text);
    assert_eq!(findings, []);
    let targets = plan.dial_targets(&SITE_SERVER_TO_SITE_DATABASE);
    assert_eq!(targets[0].address(), plan.host("db").unwrap().address);
}

#[test]
fn without_a_database_server_nobody_speaks_to_one() {
    let (plan, _) = plan(KEEL);
    assert_eq!(plan.dial_targets(&SITE_SERVER_TO_SITE_DATABASE), []);
}

#[test]
fn a_draft_is_a_site_file() {
    let moved = [
        (&HTTPS, 18443),
        (&HTTP, 18444),
        (&SITE_LINK, 18445),
        (&PACKAGE_MIRROR, 18446),
        (&SITE_DATABASE, SITE_DATABASE.default_port().unwrap()),
    ];
    for (host, key, address, network) in [
        ("keel", "keel", "127.0.0.1", "127.0.0.0/8"),
        ("Keel_1.example.org", "keel-1", "10.7.0.5", "10.7.0.5/16"),
        ("\u{1b}[31m", "31m", "2001:db8::5", "2001:db8::/32"),
        ("…", "here", "::1", "::1/128"),
    ] {
        for ports in [&moved[..], &[]] {
            let text = draft(&Draft {
                code: "P01".to_owned(),
                name: "Tom's \"harbour\" \\ \u{7}".to_owned(),
                host: host.to_owned(),
                address: address.parse().unwrap(),
                network_cidr: network.to_owned(),
                ports,
            });
            let (plan, _) = plan(&text);
            assert_eq!(plan.name(), "Tom's \"harbour\" \\ ");
            let at = plan.host_at(&[address.parse().unwrap()]).unwrap();
            assert_eq!((at.name.as_str(), at.roles.len()), (key, 4));
            let taken: Vec<_> = plan.listens(key).iter().map(crate::Listen::port).collect();
            let usual = [&HTTP, &HTTPS].map(|service| service.default_port().unwrap());
            assert_eq!(taken, if ports.is_empty() { usual } else { [18443, 18444] });
            assert_eq!(text.contains("ports ="), !ports.is_empty(), "{text}");
            for other in ["site-database", "site-link", "package-mirror"] {
                assert!(!text.contains(other), "nobody comes for {other}: {text}");
            }
        }
    }
}

/// The reference is read by people who copy from it.
#[test]
fn the_documented_files_can_be_planned_and_every_key_is_documented() {
    let text = include_str!("../../../../docs/site-file.md");
    let examples: Vec<&str> =
        text.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(examples.len() > 1);
    for example in examples {
        assert_eq!(plan(example).1.iter().find(|one| one.kind == Kind::NobodyComes), None);
    }
    let documented: Vec<&str> =
        text.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
    let said = |table: &str, key: &str| {
        let path = format!("{table}{key}");
        documented.iter().any(|known| *known == path || known.starts_with(&format!("{path}.")))
    };
    // What a reader knows, it says when it meets what it does not know.
    for (table, toml) in [
        ("", "qqqqqqqqqqqqqqqqqqq = 1"),
        ("site.CODE.", "[site.P01]\nqqqqqqqqqqqqqqqqqqq = 1"),
        ("network.NAME.", "[network.a]\nqqqqqqqqqqqqqqqqqqq = 1"),
        ("boundary-group.NAME.", "[boundary-group.a]\nqqqqqqqqqqqqqqqqqqq = 1"),
        ("host.NAME.", "[host.a]\nqqqqqqqqqqqqqqqqqqq = 1"),
        ("client-settings.", "[client-settings]\nqqqqqqqqqqqqqqqqqqq = 1"),
        ("cluster.NAME.", "[cluster.a]\nqqqqqqqqqqqqqqqqqqq = 1"),
        ("cloud.NAME.", "[cloud.a]\nqqqqqqqqqqqqqqqqqqq = 1"),
        ("host.NAME.role.package-mirror.", "[host.a]\nrole.package-mirror.x = 1"),
        ("host.NAME.role.distribution-point.", "[host.a]\nrole.distribution-point.x = 1"),
    ] {
        let mistakes = crate::read(toml).unwrap_err();
        let known = mistakes
            .iter()
            .filter(|mistake| mistake.message.starts_with("unknown key"))
            .find_map(|mistake| mistake.help.as_deref()?.strip_prefix("known are "))
            .unwrap();
        for key in known.split(", ").filter(|key| *key != "ports" || table == "site.CODE.") {
            assert!(said(table, key), "docs/site-file.md does not have {table}{key}");
        }
    }
}
