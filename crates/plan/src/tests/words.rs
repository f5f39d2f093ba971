//! Each word that an estate can say, in a hierarchy: what follows from it, and what a
//! person reads who says it wrongly.

use super::{lines, plan};

const HIERARCHY: &str = include_str!("golden/hierarchy-2006.toml");
const BRANCHES: &str = include_str!("golden/branches-portolan.toml");

/// What a person reads of a file with one thing changed: line, column, what would be
/// underlined, and the words.
fn report(file: &str, from: &str, to: &str) -> String {
    assert!(file.contains(from), "{from} is not in the file");
    let text = file.replacen(from, to, 1);
    let all = crate::read(&text).and_then(|estate| crate::plan(&estate)).expect_err("no mistakes");
    let mut report = format!("# {from:?} => {to:?}\n");
    for mistake in all {
        let start = text[..mistake.at.start].rfind('\n').map_or(0, |end| end + 1);
        let column = text[start..mistake.at.start].chars().count() + 1;
        let span = &text[mistake.at.clone()];
        report += &format!("{}:{column} {span:?} {mistake}\n", mistake.line(&text));
    }
    report
}

/// The lines of the plan that a change adds.
fn added(file: &str, from: &str, to: &str) -> Vec<String> {
    assert!(file.contains(from), "{from} is not in the file");
    let before = lines(&plan(file).0);
    let after = lines(&plan(&file.replacen(from, to, 1)).0);
    after.into_iter().filter(|line| !before.contains(line)).collect()
}

const WRONG_SITES: &[(&str, &str)] = &[
    (
        "[site.P02]\nname = \"West\"\nparent = \"CAS\"",
        "[site.P02]\nname = \"West\"\nparent = \"CSA\"",
    ),
    ("[site.S03]\nname = \"Branch three\"\nparent = \"P02\"", "[site.S03]\nparent = \"S03\""),
    ("[site.S03]\nname = \"Branch three\"\nparent = \"P02\"", "[site.S03]\nparent = \"S01\""),
    ("[site.S03]\nname = \"Branch three\"\nparent = \"P02\"", "[site.S03]\nkind = \"secondary\""),
    ("[site.CAS]\n", "[site.CAS]\nkind = \"top\"\n"),
    ("[site.CAS]\n", "[site.CAS]\nparent = \"S01\"\n"),
    ("clients = \"P01\"", "clients = \"CAS\""),
    ("[host.p01]\nsite = \"P01\"", "[host.p01]"),
    ("[host.p01]\nsite = \"P01\"", "[host.p01]\nsite = [\"P01\", \"P01\", \"P1\"]"),
    ("hosts = [\"p01-db1\", \"p01-db2\"]", "hosts = [\"p01-db1\", \"p01-db3\"]"),
    ("hosts = [\"p01-db1\", \"p01-db2\"]", "hosts = []"),
    ("listener = \"10.0.1.40\"", "listener = \"10.0.1.41\""),
    ("listener = \"10.0.1.40\"\n", ""),
    ("role = \"sql-server\"\n", ""),
    ("[cloud.azure]", "[cloud.hq]"),
    ("role = \"azure\"", "role = \"site-server\""),
    ("\"distribution-point\", \"distribution-point-pxe\"]", "\"distribution-point-pxe\"]"),
    ("ports = { wsus-http = 80 }", "ports = { wsus-http = 80, wsus-https = 8531 }"),
    ("roles = [\"sql-server\"]", "role.sql-server = { instance = \"CM\" }"),
    (
        "roles = [\"sql-server\"]",
        "role.sql-server = [{ instance = \"A\", ports = { sql = 1500 } }, { instance = \"B\", ports = { sql = 1500 } }]",
    ),
    ("[cloud.gateway]", "[features]\nwake-up-proxi = true\nprobe = true\n[cloud.gateway]"),
    ("[cloud.gateway]", "[alternatives]\ngateway-chanel = \"gateway-https\"\n[cloud.gateway]"),
    ("[cloud.gateway]", "[alternatives]\ngateway-channel = \"https\"\n[cloud.gateway]"),
    ("[cloud.gateway]", "[silenced]\nunchosn = \"seen\"\n[cloud.gateway]"),
    ("\"asset-intelligence-synchronization-point\"", "\"package-mirror\""),
    ("addresses = \"dhcp\"", "addresses = \"dynamic\""),
    ("[host.p01-db1]\n", "[host.p01-db1]\ndynamic-ports = \"600-500\"\n"),
];

const WRONG_PARTIES: &[(&str, &str)] = &[
    ("from = \"internet\", ", ""),
    ("address = \"203.0.113.7\", ", ""),
    ("from = \"internet\"", "from = \"internat\""),
    ("dhcp-servers = [\"10.1.0.67\"]", "dhcp-servers = [\"10.1.0.68\"]"),
    ("addresses = \"dhcp\"", "addresses = \"static\""),
    ("[\"10.1.0.10\", \"2001:db8:1::10\"]", "[\"10.1.0.10\", \"10.1.0.10\"]"),
    ("[\"10.1.0.10\", \"2001:db8:1::10\"]", "[]"),
];

const WRONG_VALUES: &[(&str, &str)] = &[
    ("edition = \"portolan\"", "edition = \"2004\""),
    ("[host.dp8]\naddress = \"10.8.0.5\"", "[host.dp8]\naddress = \"10.8.0.500\""),
    ("[host.dp8]\naddress = \"10.8.0.5\"", "[host.dp8]\naddress = \"10.7.0.5\""),
    ("[host.dp8]\naddress = \"10.8.0.5\"", "[host.dp8]\nadress = \"10.8.0.5\""),
    ("[host.dp8]\naddress = \"10.8.0.5\"", "[host.dp8]\naddress = \"10.9.0.5\""),
    ("cidr = [\"10.8.0.0/16\"]", "cidr = [\"10.7.128.0/17\"]"),
    ("cidr = [\"10.8.0.0/16\"]", "cidr = [\"10.8.0.5/16\"]"),
    ("cidr = [\"10.8.0.0/16\"]", "cidr = [\"10.8.0.0/33\"]"),
    ("roles = [\"dhcp-server\"]", "roles = [\"dhcp-servr\"]"),
    ("roles = [\"dhcp-server\"]", "roles = [\"distribution-point-pxe\"]"),
    ("default = 8443, alternate = 9443", "default = 8443, alternate = 8443"),
    ("default = 8443, alternate = 9443", "default = 8443, alternate = 10180"),
    ("https = { default = 8443, alternate = 9443 }", "https = 70000"),
    ("https = { default = 8443, alternate = 9443 }", "htps = 8443"),
    ("boundary-groups = [\"head-office\"]", "boundary-groups = [\"headoffice\"]"),
    ("after = \"2h\"", "after = \"2 hours\""),
    ("\"management-point\", ", ""),
    ("suite = \"bookworm\", ", ""),
    ("[network.roaming]", "[netwrk.roaming]"),
    ("clients = \"P01\"\nboundary-groups = [\"head-office\"]", "clients = P01"),
    // Three in one file come in one run.
    (
        "[host.dp8]\naddress = \"10.8.0.5\"\nroles = [\"distribution-point\"]",
        "[host.dp8]\naddress = \"10.8.0\"\nroles = [\"distribution-pont\"]\nport = 80",
    ),
];

#[test]
fn what_is_said_wrongly_is_told() {
    let sites = WRONG_SITES.iter().map(|(from, to)| report(HIERARCHY, from, to));
    let parties = WRONG_PARTIES.iter().map(|(from, to)| report(BRANCHES, from, to));
    let values = WRONG_VALUES.iter().map(|(from, to)| report(BRANCHES, from, to));
    let have: String = sites.chain(parties).chain(values).collect();
    assert!(have == include_str!("golden/mistakes.txt"), "{have}");
}

#[test]
fn features_choices_and_ranges_add_what_they_say() {
    let before = "[cloud.gateway]";
    let on = format!("[features]\nwake-up-proxy = true\n{before}");
    let woken = added(HIERARCHY, before, &on);
    assert_eq!(woken.len(), 15, "{woken:#?}");
    assert!(woken.iter().all(|line| line.starts_with("client>client/")), "{woken:#?}");
    assert!(!woken.iter().any(|line| line.contains("roaming")), "nobody's neighbour: {woken:#?}");
    let installing = added(HIERARCHY, "name = \"West\"\n", "name = \"West\"\ninstalling = true\n");
    let services = ["rpc", "rpc-endpoint-mapper", "rpc-endpoint-mapper-udp", "smb"];
    let begin = services.map(|service| format!("site-server>sql-server/{service} p02 -> p02 "));
    assert_eq!(installing.len(), begin.len());
    assert!(installing.iter().zip(&begin).all(|(line, begin)| line.starts_with(begin)));
    let chosen = format!("[alternatives]\ngateway-channel = \"gateway-https\"\n{before}");
    let [channel] = &added(HIERARCHY, before, &chosen)[..] else { panic!("one way") };
    assert!(channel.contains("/gateway-https p01-mp -> cloud gateway "), "{channel}");
    let point = "[host.p01-dp]\n";
    let range = added(HIERARCHY, point, &format!("{point}dynamic-ports = \"50000-50999\"\n"));
    assert_eq!(range, ["site-server>distribution-point/rpc p01 -> p01-dp 50000-50999"]);
}

#[test]
fn a_host_is_found_at_each_address_and_behind_its_translation() {
    let (plan, _) = plan(BRANCHES);
    let host = plan.host("head").unwrap();
    assert_eq!(host.addresses.len(), 2);
    let listens: std::collections::BTreeSet<_> =
        plan.listens("head").iter().map(crate::Listen::address).collect();
    assert_eq!(listens.into_iter().collect::<Vec<_>>(), host.addresses);
    let roaming = plan.networks().iter().position(|one| one.name == "roaming").unwrap();
    let opener = crate::End::Network(u32::try_from(roaming).unwrap());
    let seen: Vec<_> = plan.flows().iter().filter(|flow| flow.opener == opener).collect();
    assert!(!seen.is_empty());
    for planned in seen {
        let (address, port) = plan.translated(planned).unwrap();
        assert_eq!(address.to_string(), "203.0.113.7");
        assert_ne!(port.zip(planned.ports).map(|(port, (own, _))| port == own), Some(true));
    }
    let v4 = BRANCHES.replace(r#"["10.1.0.10", "2001:db8:1::10"]"#, r#""10.1.0.10""#);
    let alone = v4.replace("nat = [", "# nat = [");
    let findings = super::plan(&alone).1;
    assert!(findings.iter().any(|one| one.kind == crate::Kind::Stranded), "{findings:?}");
    let silent = alone + "\n[silenced]\nstranded = \"they come home\"\n";
    let findings = super::plan(&silent).1;
    assert!(!findings.iter().any(|one| one.kind == crate::Kind::Stranded), "{findings:?}");
}

#[test]
fn what_is_planned_only_says_so() {
    assert!(plan(HIERARCHY).0.only_planned().unwrap().contains("2006"));
    assert_eq!(plan(BRANCHES).0.only_planned(), None);
}
