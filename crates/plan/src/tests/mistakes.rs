//! What a person reads: the line, the message, the help.

use super::{HARBOUR, KEEL, VOYAGE};

/// All mistakes in `text`, those of the file's form and those of the plan.
fn mistakes(text: &str) -> Vec<String> {
    let all = crate::read(text).and_then(|estate| crate::plan(&estate)).expect_err("no mistakes");
    all.iter().map(|mistake| format!("{}: {mistake}", mistake.line(text))).collect()
}

/// KEEL with one thing changed.
#[track_caller]
fn check(from: &str, to: &str, want: &[&str]) {
    check_in(KEEL, from, to, want);
}

#[track_caller]
fn check_in(file: &str, from: &str, to: &str, want: &[&str]) {
    assert!(file.contains(from), "{from} is not in the file");
    assert_eq!(mistakes(&file.replacen(from, to, 1)), want, "{from} -> {to}");
}

#[test]
fn all_mistakes_come_in_one_run() {
    let text = r#"edition = "portolna"
colour = "blue"
[site.p01]
ports = { htp = 80, https = 70000, dns = 5353, site-database = { default = 0, alternate = 7 } }
[client-settings]
policy-poll = "often"
heartbeat = 60
[network.here]
cidr = ["127.0.0.1/8", "loopback"]
clients = "P01"
[network.Here]
[host.keel]
adress = "127.0.0.1"
roles = ["managment-point", "site-system", 7]
role.distribution-point = { ports = { site-database = 18444 } }
[features]
pxe = true
"#;
    assert_eq!(
        mistakes(text),
        [
            "1: there is no edition `portolna` (did you mean `portolan`?)",
            "2: unknown key `colour` (did you mean `cloud`?)",
            "3: `p01` is no site code (a site code is three upper-case letters or digits, such as P01)",
            "4: unknown service `htp` (did you mean `http`?)",
            "4: `site.p01.ports.https`: 70000 is no port (ports are 1 to 65535)",
            "4: dns has no port of its own to set (known are https, http, site-link, site-database, package-mirror)",
            "4: `site.p01.ports.site-database.default`: 0 is no port (ports are 1 to 65535)",
            "4: site-database has no alternate port",
            "6: `client-settings.policy-poll`: often is no interval (write a number and s, m, h or d: \"60s\", \"1h\")",
            "7: `client-settings.heartbeat` must be text in quotes, not a whole number (write \"60\")",
            "9: 127.0.0.1/8 is an address inside a network (did you mean 127.0.0.0/8?)",
            "9: loopback is no network (write address/length, such as 10.7.0.0/16)",
            "10: there is no site P01 (the site is p01)",
            "11: `Here` is no name for a network (at most 63 lower-case letters, digits, and hyphens between them)",
            "11: network Here has no `cidr` (for example cidr = [\"10.7.0.0/16\"])",
            "12: host keel has no `address` (the plan resolves no names; write its IP address)",
            "13: unknown key `host.keel.adress` (did you mean `address`?)",
            "14: unknown role `managment-point` (did you mean `management-point`?)",
            "14: the role site-system is not given to a host (site-system is: Any host that carries a role of the site.)",
            "14: `host.keel.roles` must hold texts in quotes, not a whole number",
            "15: `host.keel.role.distribution-point` does not answer site-database (known are https)",
            "17: unknown feature `pxe` (known are probe)",
        ]
    );
}

#[test]
fn a_file_that_is_no_toml_says_where() {
    assert_eq!(mistakes("edition = \"portolan\"\n[site\n").len(), 1);
    assert!(mistakes("a = 1\na = 2\n")[0].starts_with("2: this is not TOML: duplicate key"));
}

#[test]
fn an_empty_file_says_how_to_begin() {
    let begin = "begin with [site.P01]: a code of three letters or digits, and a name under it";
    assert_eq!(mistakes(""), [format!("1: the file names no site ({begin})")]);
}

#[test]
fn roles_that_must_be_there() {
    check(
        "\"site-server\", \"management-point\", ",
        "",
        &[
            "3: no host has the role site-server (add it to the `roles` of the host that decides and signs)",
            "10: there are clients, but no host has the role management-point (add it to the `roles` of \
             the host that clients shall talk to)",
        ],
    );
    check(
        "\"sms-provider\"",
        "\"sms-provider\", \"sms-provider\"",
        &["14: the role sms-provider stands here twice"],
    );
}

#[test]
fn addresses_and_networks() {
    check(
        "address = \"127.0.0.1\"",
        "address = \"10.0.0.1\"",
        &["13: host keel: no network holds 10.0.0.1 (add a [network.…] whose cidr holds it)"],
    );
    check(
        "address = \"127.0.0.1\"",
        "address = \"keel.example.org\"",
        &[
            "13: `keel.example.org` is no IP address (for example 10.1.0.10 or 2001:db8::10; the plan \
           resolves no names)",
        ],
    );
    check(
        "address = \"127.0.0.1\"",
        "address = \"0.0.0.0\"",
        &["13: no host can have 0.0.0.0: it stands for every address of a machine"],
    );
    check(
        "cidr = [\"127.0.0.0/8\"]",
        "cidr = [\"127.0.0.0/8\", \"127.1.0.0/16\"]",
        &[
            "9: network here: 127.1.0.0/16 overlaps 127.0.0.0/8 of network here (an address can be in \
           one network only)",
        ],
    );
    check(
        "[host.keel]",
        "[host.twin]\naddress = \"127.0.0.1\"\n[host.keel]",
        &[
            "15: host keel has the address 127.0.0.1 of host twin (one machine is one [host.…] with \
           all its roles)",
        ],
    );
}

#[test]
fn ports_that_cannot_be_so() {
    check(
        "https = 18443",
        "https = { default = 18443, alternate = 18443 }",
        &[
            "5: https: the alternate port is the default, 18443 (leave the alternate out, or choose \
           another port)",
        ],
    );
    check(
        "ports = { https = 18444 }",
        "ports = { https = { alternate = 18443 } }",
        &[
            "15: https: the alternate port is the default, 18443 (leave the alternate out, or choose \
           another port)",
        ],
    );
    check(
        "\"sms-provider\"]",
        "\"sms-provider\", \"site-database-server\"]\nrole.site-database-server.ports.site-database = 18443",
        &[
            "15: host keel: https (management-point) and site-database (site-database-server) both want \
           tcp port 18443 of 127.0.0.1 (give one of them another port, or another host)",
        ],
    );
}

#[test]
fn roles_that_share_a_database_need_a_server_for_it() {
    let text = HARBOUR.replace("roles = [\"site-database-server\"]", "");
    assert_eq!(
        mistakes(&text),
        ["19: host mp1: management-point needs the site's database, which is a file on host head \
          (give a host with PostgreSQL the role site-database-server, or put management-point on head)"]
    );
}

#[test]
fn boundary_groups_that_cannot_be_so() {
    let check = |from: &str, to: &str, want: &[&str]| check_in(VOYAGE, from, to, want);
    check(
        r#"boundary-groups = ["branches"]"#,
        r#"boundary-groups = ["branchs", "head-office", "head-office"]"#,
        &[
            "16: network branch: there is no boundary group branchs (did you mean \
             `branches`?)",
            "16: network branch: the boundary group head-office stands here twice",
        ],
    );
    check(
        r#"hosts = ["dp7", "dp8"]"#,
        r#"hosts = ["dp9", "mirror", "dp7", "dp7"]"#,
        &[
            "26: boundary group branches: there is no host dp9 (did you mean `dp7`?)",
            "26: boundary group branches: host mirror is no distribution-point (a boundary \
             group names the hosts that hand out content)",
            "26: boundary group branches: the host dp7 stands here twice",
        ],
    );
    check(
        r#"[{ group = "head-office", after = "1h" }]"#,
        r#"[{ group = "branches", after = "soon" }, { after = "31d", group = "harbour" }, { before = "1h" }, 7]"#,
        &[
            "27: boundary group branches is its own neighbour (a neighbour is another group, \
             which helps out after a time)",
            "27: `boundary-group.branches.neighbours.after`: soon is no interval (write a \
             number and s, m, h or d: \"60s\", \"1h\")",
            "27: `boundary-group.branches.neighbours.after`: 31d is out of range (from \"0s\" \
             to \"30d\")",
            "27: boundary group branches: there is no boundary group harbour (known are \
             head-office, branches)",
            "27: `boundary-group.branches.neighbours` names no `group` (for example { group = \
             \"head-office\", after = \"2h\" })",
            "27: unknown key `boundary-group.branches.neighbours.before` (known are group, \
             after)",
            "27: `boundary-group.branches.neighbours` must hold tables, not a whole number",
        ],
    );
    check(
        "[boundary-group.head-office]",
        "[boundary-group.Head]",
        &[
            "11: network office: there is no boundary group head-office (known are Head, \
             branches)",
            "22: `Head` is no name for a boundary group (at most 63 lower-case letters, \
             digits, and hyphens between them)",
            "27: boundary group branches: there is no boundary group head-office (known are \
             Head, branches)",
        ],
    );
}

#[test]
fn links_and_mirrors_that_cannot_be_so() {
    let check = |from: &str, to: &str, want: &[&str]| check_in(VOYAGE, from, to, want);
    check(
        r#"site-link = "site-server-opens","#,
        r#"site-link = "server-opens","#,
        &["39: `host.dp8.role.distribution-point.site-link` cannot be `server-opens` (did \
             you mean `site-server-opens`?)"],
    );
    check(
        r#"{ suite = "bookworm", clients = true, ports = { package-mirror = 18200 } }"#,
        r#"{ path = "debian", components = [], signed-by = "/etc/a b.gpg", clients = "yes" }"#,
        &[
            "43: a package-mirror has no `suite` (write role.package-mirror = { suite = \
             \"bookworm\" }, as its clients have it)",
            "43: `host.mirror.role.package-mirror.path`: debian does not begin with / (did \
             you mean /debian?)",
            "43: `host.mirror.role.package-mirror.components` names none (for example \
             [\"main\"])",
            "43: `host.mirror.role.package-mirror.signed-by`: /etc/a b.gpg is no such name \
             (only letters, digits and / . _ - + ~, and no `..`)",
            "43: `host.mirror.role.package-mirror.clients` must be true or false, not a text",
        ],
    );
    check(
        r#"role.package-mirror = { suite = "bookworm", clients"#,
        r#"role.package-mirror = { suite = "bookworm [trusted=yes]", path = "/../etc", client"#,
        &[
            "43: `host.mirror.role.package-mirror.suite`: bookworm [trusted=yes] is no such \
             name (only letters, digits and / . _ - + ~, and no `..`)",
            "43: `host.mirror.role.package-mirror.path`: /../etc is no such name (only \
             letters, digits and / . _ - + ~, and no `..`)",
            "43: unknown key `host.mirror.role.package-mirror.client` (did you mean \
             `clients`?)",
        ],
    );
    check(
        r#"role.package-mirror = { suite = "bookworm", path"#,
        "roles = [\"package-mirror\"]\n# ",
        &["47: a package-mirror has no `suite` (write role.package-mirror = { suite = \
             \"bookworm\" }, as its clients have it)"],
    );
    check(
        r#"roles = ["distribution-point"]"#,
        r#"roles = ["distribution-point", "fallback-status-point"]"#,
        &["35: this edition has no role fallback-status-point (known are site-server, \
             management-point, distribution-point, sms-provider, client, console, \
             site-database-server, package-mirror, dns-server, time-server, dhcp-server, \
             router)"],
    );
    // The link has a socket of its own where it is listened for, and only there.
    check(
        "ports = { site-link = 18100 }",
        "ports = { site-link = 18100, https = 18100 }",
        &["39: host dp8: https (distribution-point) and site-link (distribution-point) both \
             want tcp port 18100 of 10.8.0.5 (give one of them another port, or another host)"],
    );
    let moved = VOYAGE.replacen(
        "[site.P01]",
        "[site.P01]\nports = { https = 18101, site-link = 18101 }",
        1,
    );
    assert_eq!(
        mistakes(&moved),
        [
            "3: host head: https (distribution-point) and site-link (site-server) both want tcp port \
          18101 of 10.1.0.10 (give one of them another port, or another host)"
        ]
    );
    let alone = moved
        .replace(r#"roles = ["distribution-point"]"#, r#"role.distribution-point = { site-link = "site-server-opens", ports = { site-link = 18100 } }"#);
    assert!(crate::read(&alone).and_then(|estate| crate::plan(&estate)).is_ok());
}
