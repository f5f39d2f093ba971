//! Planning on the command line: charts as files, comparisons and findings as exit
//! codes and JSON, and names that a real name server answers for.

use std::collections::BTreeSet;

use crate::Test;
use crate::sandbox::{Running, Said, Sandbox, repository};

pub(crate) const TESTS: &[Test] = &[
    ("plan::a_chart_is_drawn_to_all_the_places_that_can_be_named", charts),
    ("plan::a_hierarchy_is_drawn_as_pages_that_lead_to_each_other", pages),
    ("plan::a_comparison_ends_as_scripts_want_it", comparison),
    ("plan::silenced_findings_are_counted_and_listed_with_their_reasons", silenced),
    ("plan::names_are_looked_up_and_kept_in_the_lock", names),
    ("plan::a_name_that_nobody_knows_leaves_the_lock_alone", unknown_names),
    ("plan::an_answer_that_no_datagram_holds_comes_over_a_connection", long_answer),
];

const SITE: &str = r#"edition = "portolan"

[site.P01]
name = "Head office"

[network.office]
cidr = ["10.1.0.0/24"]
clients = "P01"

[host.keel]
address = "10.1.0.10"
roles = ["site-server", "management-point", "distribution-point", "sms-provider"]
"#;

fn sandbox() -> Sandbox {
    let machine = Sandbox::new();
    machine.write("/root/site.toml", SITE);
    machine
}

fn charts() {
    let machine = sandbox();
    let drawn = machine.shell("cd /root && portolan plan draw --site site.toml").ok().out;
    assert!(drawn.starts_with("<svg ") && drawn.trim_end().ends_with("</svg>"), "{drawn}");
    assert!(!drawn.contains("<script"));
    let line = "cd /root && portolan plan draw --site site.toml --output chart.svg";
    machine.shell(line).ok().says("wrote chart.svg");
    assert_eq!(machine.shell("cat /root/chart.svg").ok().out, drawn);
    machine.shell("cd /root && portolan plan draw --site nobody.toml").ended(1);
    machine.write("/root/wrong.toml", &SITE.replace("sms-provider", "sms-provder"));
    let wrong = "cd /root && portolan plan draw --site wrong.toml --output wrong.svg";
    machine.shell(wrong).ended(5).says("did you mean `sms-provider`?");
    machine.shell("test -e /root/wrong.svg").ended(1);
    machine.shell("cd /root && portolan plan draw --site site.toml --out x --output y").ended(2);
}

fn pages() {
    let machine = Sandbox::new();
    let golden = repository().join("crates/plan/src/tests/golden/hierarchy-2006.toml");
    machine.put(&golden, "/root/site.toml");
    machine.shell("cd /root && portolan plan draw --site site.toml --out charts").ok();
    let files = machine.shell("ls /root/charts").ok().out;
    let files: BTreeSet<&str> = files.lines().collect();
    assert!(files.len() > 6 && files.contains("index.svg"), "{files:?}");
    let mut met = BTreeSet::from(["index.svg".to_owned()]);
    for file in &files {
        let svg = machine.shell(&format!("cat /root/charts/{file}")).ok().out;
        assert!(svg.starts_with("<svg ") && !svg.contains("<script"), "{file}");
        let links = svg.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
        for link in links {
            assert!(files.contains(link), "{file} leads to {link}, which is not there");
            met.insert(link.to_owned());
        }
    }
    let all: BTreeSet<String> = files.iter().map(|file| (*file).to_owned()).collect();
    assert_eq!(met, all, "every page is led to");
}

fn comparison() {
    let machine = sandbox();
    let moved = SITE.replace("\"Head office\"", "\"Head office\"\nports = { https = 8443 }");
    machine.write("/root/moved.toml", &format!("# the same, elsewhere\n{moved}"));
    machine.write("/root/noted.toml", &format!("# a comment changes nothing\n{SITE}"));
    let diff = |words: &str| machine.shell(&format!("cd /root && portolan plan diff {words}"));
    diff("site.toml noted.toml").ok().says("the plans are the same");
    diff("site.toml moved.toml").ended(7).says("none opened").says("moved").says("8443");
    let told = diff("site.toml moved.toml --format json").ended(7).out;
    let told: serde_json::Value = serde_json::from_str(&told).expect("JSON");
    assert_eq!(told["same"], false);
    let moved = told["moved"].as_array().unwrap();
    let has = |id: &str| moved.iter().any(|one| one["id"] == id && one["ports"] == "8443");
    assert!(has("client>management-point/https"), "{told}");
    let tsv = diff("site.toml moved.toml --format tsv").ended(7).out;
    assert!(tsv.starts_with("change\topener\t"), "{tsv}");
    diff("site.toml@docmented site.toml").ended(2).says("did you mean documented?");
}

fn silenced() {
    let machine = sandbox();
    let plan = |words: &str| machine.shell(&format!("cd /root && portolan plan {words}")).ok();
    let loud = plan("--site site.toml");
    assert!(loud.out.contains("note: ") && !loud.out.contains("silenced"), "{}", loud.out);
    let told = plan("--site site.toml --format json").json();
    let findings = told["findings"].as_array().unwrap();
    assert_eq!(told["silenced"], serde_json::json!([]));
    let reason = "names and time are ruled elsewhere";
    let quiet = format!("{SITE}\n[silenced]\nplatform-unknown = \"{reason}\"\n");
    machine.write("/root/quiet.toml", &quiet);
    let quiet = plan("--site quiet.toml --format json").json();
    let silenced = quiet["silenced"].as_array().unwrap();
    assert!(!silenced.is_empty(), "{quiet}");
    assert_eq!(silenced.len() + quiet["findings"].as_array().unwrap().len(), findings.len());
    for one in silenced {
        assert_eq!((&one["kind"], &one["reason"]), (&"platform-unknown".into(), &reason.into()));
        assert!(findings.iter().any(|loud| loud["message"] == one["message"]), "{one}");
    }
    let count = silenced.len();
    let words = if count == 1 { "1 finding".to_owned() } else { format!("{count} findings") };
    plan("--site quiet.toml").says(&format!("{words} silenced"));
    plan("--site quiet.toml --format markdown").says(&format!("{words} silenced"));
}

/// Hosts and a cloud that say their names and not their addresses.
const NAMES: &str = r#"edition = "2006"

[site.P01]

[network.servers]
cidr = ["10.1.0.0/24"]
clients = "P01"

[host.cm1]
address = "10.1.0.10"
roles = ["site-server", "management-point", "distribution-point", "cmg-connection-point", "sql-server"]

[host.sp1]
name = "sp1.example.org"
roles = ["sms-provider"]

[cloud.gateway]
role = "cloud-management-gateway"
names = ["cmg.example.net"]
"#;

/// A name server for `example.org` and `example.net` that knows these.
fn name_server(machine: &Sandbox, records: &str) -> Running {
    let program = lab::folder().join("bin/dnsmasq");
    let program = std::fs::canonicalize(program).expect("run `cargo xtask lab` first");
    let mut server = machine.start_shell(&format!(
        "exec {} --keep-in-foreground --log-facility=- --conf-file=/dev/null --pid-file= --user=root \
         --no-resolv --no-hosts --listen-address=127.0.0.1 --bind-interfaces \
         --local=/example.org/ --local=/example.net/ {records}",
        program.display()
    ));
    server.wait_for("started");
    server
}

const RECORDS: &str = "--host-record=sp1.example.org,10.1.0.11 \
                       --host-record=gate.example.net,203.0.113.7,2001:db8::7 --cname=cmg.example.net,gate.example.net";

fn resolve(machine: &Sandbox, words: &str) -> Said {
    machine.shell(&format!("cd /root && portolan plan resolve --site site.toml {words}"))
}

fn names() {
    let machine = Sandbox::new();
    machine.write("/root/site.toml", NAMES);
    let plan =
        |words: &str| machine.shell(&format!("cd /root && portolan plan --site site.toml {words}"));
    plan("").ended(5).says("host sp1 has no `address`").says("portolan plan resolve");
    let server = name_server(&machine, RECORDS);
    machine.shell("rm -f /etc/resolv.conf; echo nameserver 127.0.0.1 > /etc/resolv.conf").ok();
    resolve(&machine, "--check").ended(7).says("+ cmg.example.net 203.0.113.7").says("left alone");
    machine.shell("test -e /root/site.lock").ended(1);
    resolve(&machine, "")
        .ok()
        .says("+ cmg.example.net 2001:db8::7")
        .says("2 names found by 127.0.0.1");
    let lock = machine.shell("cat /root/site.lock").ok();
    for words in [
        "\n\"cmg.example.net\" = [\"203.0.113.7\", \"2001:db8::7\"]\n\"sp1.example.org\" = [\"10.1.0.11\"]\n",
        "server = \"127.0.0.1\"",
        "`portolan plan resolve`",
    ] {
        assert!(lock.out.contains(words), "{}", lock.out);
    }
    plan("--format tsv").ok().says("cm1\tsp1\t");
    let told = plan("--format json").ok().json();
    let stale = |told: &serde_json::Value| {
        told["findings"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|one| one["kind"] == "stale-lock")
            .count()
    };
    assert_eq!(stale(&told), 0, "{told}");
    resolve(&machine, "--check").ok().says("as before");

    // A name moves: said, and written when it is wanted.
    server.kill();
    let elsewhere = RECORDS.replace("203.0.113.7", "203.0.113.8");
    let _server = name_server(&machine, &elsewhere);
    resolve(&machine, "--check").ended(7).says("- cmg.example.net 203.0.113.7");
    assert_eq!(machine.shell("cat /root/site.lock").out, lock.out);
    let told = resolve(&machine, "--format json").ok().json();
    assert_eq!(
        told["gone"],
        serde_json::json!([{ "name": "cmg.example.net", "address": "203.0.113.7" }])
    );
    assert_eq!((&told["server"], &told["written"]), (&"127.0.0.1".into(), &true.into()));
    resolve(&machine, "--check").ok();

    // The file asks for another name: the lock is stale until somebody asks.
    machine.write("/root/site.toml", &NAMES.replace("cmg.example.net", "gate.example.net"));
    plan("").ok().says("site.lock has no address of gate.example.net");
    assert_eq!(stale(&plan("--format json").ok().json()), 2);
    resolve(&machine, "").ok();
    assert_eq!(stale(&plan("--format json").ok().json()), 0);
    // Who spoils it learns where.
    machine.shell("sed -i 's/\"10.1.0.11\"/\"10.1.0.300\"/' /root/site.lock").ok();
    plan("").ended(5).says("site.lock:").says("no host can have this address");
}

fn unknown_names() {
    let machine = Sandbox::new();
    machine.write("/root/site.toml", NAMES);
    let _server = name_server(&machine, RECORDS);
    resolve(&machine, "--server 127.0.0.1").ok();
    let lock = machine.shell("cat /root/site.lock").ok().out;
    let other = NAMES.replace("sp1.example.org", "sp2.example.org").replace("cmg.e", "cmh.e");
    machine.write("/root/site.toml", &other);
    let said = resolve(&machine, "--server 127.0.0.1").ended(1);
    said.says("127.0.0.1 has no address for")
        .says("sp2.example.org: no such name")
        .says("cmh.example.net: no such name")
        .says("the lock is as it was");
    machine.write("/root/site.toml", &NAMES.replace("sp1.example.org", "sp1.example.com"));
    let said = resolve(&machine, "--server 127.0.0.1").ended(3);
    said.says("no name server answers for sp1.example.com")
        .says("127.0.0.1: it does not answer the question");
    machine.write("/root/site.toml", NAMES);
    let said = resolve(&machine, "--server 127.0.0.2").ended(3);
    said.says("127.0.0.2").says("nothing listens there").says("--server");
    machine.shell("rm -f /etc/resolv.conf; echo search example.org > /etc/resolv.conf").ok();
    resolve(&machine, "").ended(2).says("/etc/resolv.conf names no name server");
    assert_eq!(machine.shell("cat /root/site.lock").ok().out, lock, "nothing is lost");
    // Mistakes of the file are told before anybody is asked.
    machine.write("/root/site.toml", &NAMES.replace("sms-provider", "sms-provder"));
    resolve(&machine, "--server 127.0.0.2").ended(5).says("did you mean `sms-provider`?");
}

fn long_answer() {
    let machine = Sandbox::new();
    machine.write("/root/site.toml", NAMES);
    let many: String = (1..=200).map(|n| format!("203.0.113.{n} cmg.example.net\n")).collect();
    machine.write("/root/many", &format!("10.1.0.11 sp1.example.org\n{many}"));
    let _server = name_server(&machine, "--addn-hosts=/root/many");
    let told = resolve(&machine, "--server 127.0.0.1 --format json").ok().json();
    assert_eq!(told["added"].as_array().unwrap().len(), 201, "{told}");
}
