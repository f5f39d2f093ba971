//! `portolan rules import` and `rules diff`: rule sets that were written by hand for an
//! estate, as an administrator would, loaded by nft itself and listed again. As they are
//! they have no fault; then ten faults are put into them, of which each is found, and
//! nothing else.

use std::path::PathBuf;

use lab::Machine;
use serde_json::{Value, json};

use super::{rules, site_file};
use crate::sandbox::repository;

const ESTATE: &str = "hierarchy-2006";

/// A rule set that is kept, and whose it is.
struct Kept {
    file: &'static str,
    place: &'static str,
}

const MANAGEMENT_POINT: Kept = Kept { file: "p01-mp.nft", place: "--host p01-mp" };
const DISTRIBUTION_POINT: Kept = Kept { file: "p01-dp.nft", place: "--host p01-dp" };
const BORDER: Kept = Kept { file: "border.nft", place: "" };
const BORDER_SAVED: Kept = Kept { file: "border.v4", place: "" };

/// An edit of a kept rule set, and the one fault that it makes.
struct Fault {
    /// The text there, and what it becomes.
    edit: (&'static str, &'static str),
    kind: &'static str,
    direction: &'static str,
    /// Connections that fail by it.
    connections: &'static [&'static str],
    lacking: &'static str,
    excess: &'static str,
}

const AT_MANAGEMENT_POINT: [Fault; 3] = [
    // A port is missing.
    Fault {
        edit: ("{ 443, 8080, 10150 }", "{ 443, 8080 }"),
        kind: "missing",
        direction: "in",
        connections: &["client>management-point/client-notification"],
        lacking: "tcp 10150 from 10.1.0.0/16, 10.11.0.0-10.12.255.255 to 10.0.1.11",
        excess: "",
    },
    // The wrong address.
    Fault {
        edit: ("define sup = 10.0.1.13", "define sup = 10.0.11.3"),
        kind: "wrong",
        direction: "out",
        connections: &[
            "cmg-connection-point>software-update-point/wsus-http",
            "cmg-connection-point>software-update-point/wsus-https",
        ],
        lacking: "tcp 8530-8531 from 10.0.1.11 to 10.0.1.13",
        excess: "tcp 8530-8531 from 10.0.1.11 to 10.0.11.3",
    },
    // UDP for TCP.
    Fault {
        edit: ("ip daddr $sql tcp dport", "ip daddr $sql udp dport"),
        kind: "wrong",
        direction: "out",
        connections: &["management-point>sql-server/sql"],
        lacking: "tcp 14330 from 10.0.1.11 to 10.0.1.40",
        excess: "udp 14330 from 10.0.1.11 to 10.0.1.40",
    },
];

const AT_DISTRIBUTION_POINT: [Fault; 4] = [
    // The port of before the change was left open.
    Fault {
        edit: ("ip saddr $clients tcp dport { 443,", "ip saddr $clients tcp dport { 80, 443,"),
        kind: "wider",
        direction: "in",
        connections: &[],
        lacking: "",
        excess: "tcp 80 from 10.1.0.0/16, 10.11.0.0-10.12.255.255 to 10.0.1.12",
    },
    // SMB for everybody.
    Fault {
        edit: (
            "elements = { 135 : accept, 445 : accept }\n\t}\n\n\tchain input {\n\t\ttype filter hook input priority 0; policy drop;",
            "elements = { 135 : accept }\n\t}\n\n\tchain input {\n\t\ttype filter hook input priority 0; policy drop;\n\t\ttcp dport 445 accept",
        ),
        kind: "wider",
        direction: "in",
        connections: &[],
        lacking: "",
        excess: "tcp 445 from 0.0.0.0-10.0.1.9, 10.0.1.11, 10.0.1.13-126.255.255.255, 128.0.0.0-223.255.255.255, 240.0.0.0-255.255.255.254 to 10.0.1.12",
    },
    // The dynamic range of long ago.
    Fault {
        edit: (
            "tcp dport 49152-65535 accept comment \"WMI\"",
            "tcp dport 1024-65535 accept comment \"WMI\"",
        ),
        kind: "wider",
        direction: "in",
        connections: &[],
        lacking: "",
        excess: "tcp 1024-49151 from 10.0.1.10 to 10.0.1.12",
    },
    // TFTP answers from a port that nobody asked.
    Fault {
        edit: (
            "\t\tip daddr $clients udp sport 49152-65535 accept comment \"TFTP answers from a port of its own\"\n",
            "",
        ),
        kind: "missing",
        direction: "out",
        connections: &["client>distribution-point-pxe/tftp"],
        lacking: "udp 0-67, 69-65535 from 10.0.1.12 to 10.1.0.0/16, 10.11.0.0-10.12.255.255 out of port 49152-65535",
        excess: "",
    },
];

/// A network too wide, a drop before an accept, a rule the wrong way round.
const WEST_TOO_WIDE: &str =
    "tcp 80, 443, 10123 from 10.3.0.0-10.10.255.255, 10.14.0.0-10.255.255.255 to 10.0.2.10";
/// There the other networks come by that rule too.
const WEST_TOO_WIDE_SAVED: &str = "tcp 80, 443, 10123 from 10.1.0.0/16, 10.3.0.0-10.12.255.255, 10.14.0.0-10.255.255.255 to 10.0.2.10";
const NO_PXE: &str = "udp 67, 69, 4011 from 10.12.0.0/16 to 10.0.1.12";

fn at_border(edits: [(&'static str, &'static str); 3], too_wide: &'static str) -> [Fault; 3] {
    let [wide, dropped, turned] = edits;
    [
        Fault {
            edit: dropped,
            kind: "dropped",
            direction: "through",
            connections: &[
                "client>distribution-point-pxe/binl",
                "client>distribution-point-pxe/dhcp",
                "client>distribution-point-pxe/tftp",
            ],
            lacking: NO_PXE,
            excess: "",
        },
        Fault {
            edit: turned,
            kind: "wrong",
            direction: "through",
            connections: &["client>fallback-status-point/http"],
            lacking: "",
            excess: "",
        },
        Fault {
            edit: wide,
            kind: "wider",
            direction: "through",
            connections: &[],
            lacking: "",
            excess: too_wide,
        },
    ]
}

/// As `nft -j list ruleset` prints it, or as it is.
fn listed(machine: &Machine, kept: &Kept, text: &str) -> String {
    if !kept.file.ends_with(".nft") {
        return text.to_owned();
    }
    let nft = lab::folder().join("bin/nft");
    let nft = nft.display();
    machine.write("/tmp/kept.nft", text);
    let said = machine.run(&format!("{nft} -f /tmp/kept.nft"));
    assert_eq!(said.code, Some(0), "{}: {}", kept.file, said.err);
    machine.run(&format!("{nft} -j list ruleset")).ok().out
}

fn imported(words: &str, kept: &Kept, listed: &str) -> (Option<i32>, Value) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rules");
    std::fs::write(&file, listed).unwrap();
    let (site, place) = (site_file(ESTATE), kept.place);
    let line = format!("{words} --site {} {place} --format json", site.display());
    let line = line.replace("FILE", &file.display().to_string());
    let said = rules(&line);
    let error = String::from_utf8_lossy(&said.stderr);
    let value = serde_json::from_slice(&said.stdout);
    (said.status.code(), value.unwrap_or_else(|_| panic!("{line}: {error}")))
}

fn kept(file: &str) -> String {
    let path: PathBuf = repository().join("crates/site/tests/golden/rules-import").join(file);
    std::fs::read_to_string(path).unwrap()
}

fn found(value: &Value) -> Vec<&Value> {
    value["faults"].as_array().unwrap().iter().collect()
}

#[track_caller]
fn is(have: &Value, want: &Fault) {
    assert_eq!(have["kind"], want.kind, "{have:#}");
    assert_eq!(have["direction"], want.direction, "{have:#}");
    assert_eq!(have["connections"], json!(want.connections), "{have:#}");
    for (key, text) in [("lacking", want.lacking), ("excess", want.excess)] {
        if !(want.kind == "wrong" && text.is_empty()) {
            assert_eq!(have[key], text, "{have:#}");
        }
    }
    let rules = have["there"].as_array().unwrap();
    assert_eq!(rules.is_empty(), want.kind == "missing", "{have:#}");
}

pub(super) fn ten_faults_are_found_and_nothing_else() {
    let machine = Machine::alone(&[], &[&lab::folder()]);
    let nft = at_border(
        [
            ("ip saddr 10.2.0.0/16 ip daddr 10.0.2.10", "ip saddr 10.0.0.0/8 ip daddr 10.0.2.10"),
            (
                "\t\tct state invalid drop\n",
                "\t\tct state invalid drop\n\t\tip saddr 10.12.0.0/16 ip daddr 10.0.1.12 meta l4proto udp drop\n",
            ),
            (
                "\t\tip daddr 10.0.1.14 tcp dport 8080 accept\n\t}\n\n\tchain sites {\n",
                "\t}\n\n\tchain sites {\n\t\tip saddr 10.0.1.14 ip daddr @p01_clients tcp dport 8080 accept\n",
            ),
        ],
        WEST_TOO_WIDE,
    );
    let saved = at_border(
        [
            ("-s 10.2.0.0/16 -d 10.0.2.10/32", "-s 10.0.0.0/8 -d 10.0.2.10/32"),
            (
                "-A FORWARD -s 10.1.0.0/16 -j P01\n",
                "-A FORWARD -s 10.12.0.0/16 -d 10.0.1.12/32 -p udp -j DROP\n-A FORWARD -s 10.1.0.0/16 -j P01\n",
            ),
            (
                "-A P01 -d 10.0.1.14/32 -p tcp -m tcp --dport 8080 -j ACCEPT",
                "-A FORWARD -s 10.0.1.14/32 -p tcp -m tcp --dport 8080 -j ACCEPT",
            ),
        ],
        WEST_TOO_WIDE_SAVED,
    );
    let mut all = 0;
    for (kept_set, faults, counts) in [
        (MANAGEMENT_POINT, AT_MANAGEMENT_POINT.as_slice(), true),
        (DISTRIBUTION_POINT, AT_DISTRIBUTION_POINT.as_slice(), true),
        (BORDER, nft.as_slice(), true),
        (BORDER_SAVED, saved.as_slice(), false),
    ] {
        let right = kept(kept_set.file);
        let (code, value) =
            imported("import FILE", &kept_set, &listed(&machine, &kept_set, &right));
        assert_eq!((code, found(&value).len()), (Some(0), 0), "{}: {value:#}", kept_set.file);
        // One by one, and then all of them.
        let mut wrong = right.clone();
        for fault in faults {
            let (from, to) = fault.edit;
            assert_eq!(right.matches(from).count(), 1, "{from}");
            wrong = wrong.replace(from, to);
            let text = listed(&machine, &kept_set, &right.replace(from, to));
            let (code, value) = imported("import FILE", &kept_set, &text);
            let [one] = found(&value)[..] else {
                panic!("{}: {from}: {:#}", kept_set.file, value["faults"])
            };
            is(one, fault);
            assert_eq!(code, Some(7));
        }
        let (_, value) = imported("import FILE", &kept_set, &listed(&machine, &kept_set, &wrong));
        let have = found(&value);
        assert_eq!(have.len(), faults.len(), "{}: {:#}", kept_set.file, value["faults"]);
        for fault in faults {
            let same = |one: &&&Value| {
                one["kind"] == fault.kind
                    && one["connections"] == json!(fault.connections)
                    && (fault.excess.is_empty() || one["excess"] == fault.excess)
            };
            is(have.iter().find(same).unwrap_or_else(|| panic!("{have:#?}")), fault);
        }
        all += if counts { faults.len() } else { 0 };
    }
    assert_eq!(all, 10);
}

pub(super) fn our_own_rules_are_no_difference_and_another_plan_is_drift() {
    let machine = Machine::alone(&[], &[&lab::folder()]);
    let own = Kept { file: "own.nft", place: "--host p01-dp" };
    let site = site_file(ESTATE);
    let line = format!("--site {} --dialect nftables {}", site.display(), own.place);
    let text = String::from_utf8(rules(&line).stdout).unwrap();
    let has = listed(&machine, &own, &text);
    let (code, value) = imported("diff --has FILE", &own, &has);
    assert_eq!((code, &value["same"]), (Some(0), &json!(true)), "{value:#}");
    // One hole is closed, and one that nothing needs is there.
    let lines: Vec<&str> = text.lines().collect();
    let at = lines
        .iter()
        .position(|line| {
            line.contains("client>distribution-point/https") && line.contains(" accept ")
        })
        .unwrap();
    let wider = lines[at].replace("10.1.0.0/16", "10.0.0.0/14");
    let edited = text.replace(lines[at], &wider);
    let (code, value) = imported("diff --has FILE", &own, &listed(&machine, &own, &edited));
    let [one] = found(&value)[..] else { panic!("{value:#}") };
    assert_eq!((code, &one["kind"]), (Some(7), &json!("wider")), "{one:#}");
    // The rules are as needed, and say that they were made from another plan.
    let digest = value["plan"].as_str().unwrap();
    let other = "0123456789abcdef0123456789abcdef";
    let edited = text.replace(digest, other);
    let (code, value) = imported("diff --has FILE", &own, &listed(&machine, &own, &edited));
    assert_eq!((code, &value["drift"]), (Some(7), &json!([other])), "{value:#}");
    assert!(found(&value).is_empty());
}

pub(super) fn two_plans_differ_as_their_rules_do() {
    let site = site_file(ESTATE);
    let text = std::fs::read_to_string(&site).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let next = folder.path().join("next.toml");
    std::fs::write(
        &next,
        text.replace("client-notification = 10150", "client-notification = 10151"),
    )
    .unwrap();
    let diff = |with: &std::path::Path| {
        let line =
            format!("diff --site {} --with {} --format json", site.display(), with.display());
        let said = rules(&line);
        let value: Value = serde_json::from_slice(&said.stdout).unwrap();
        (said.status.code(), value)
    };
    assert_eq!(diff(&site), (Some(0), json!({ "same": true, "changes": [] })));
    let (code, value) = diff(&next);
    assert_eq!(code, Some(7));
    let changes = value["changes"].as_array().unwrap();
    // At three management points, at each of their networks of clients, and between them.
    let places: Vec<&str> = changes.iter().map(|one| one["place"].as_str().unwrap()).collect();
    assert_eq!(places.len(), 7, "{value:#}");
    for change in changes {
        assert_eq!(change["change"], "changed", "{change:#}");
        assert_eq!(change["connections"], json!(["client>management-point/client-notification"]));
        assert!(change["opens"].as_str().unwrap().starts_with("tcp 10151 from "), "{change:#}");
        assert!(change["closes"].as_str().unwrap().starts_with("tcp 10150 from "), "{change:#}");
    }
}
