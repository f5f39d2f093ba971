//! Who may touch what: sockets, the clock, files, processes, SQL, `unsafe`.

use super::house::House;
use super::packages::PURE;
use super::source::{Kind, Source};
use super::{Breach, Law};

pub(super) const LAWS: &[Law] = &[
    Law {
        name: "pure-code",
        reason: "catalog, plan, wire, trust and reach are tested as values: what they need comes \
                 in as an argument",
        way_out: "take the time, the bytes or the address as an argument; in tests `include_str!`",
        check: pure_code,
    },
    Law {
        name: "sockets",
        reason: "nothing opens a socket but for a declared flow (ARCHITECTURE.md#who-may-open-a-socket)",
        way_out: "node::net::listen for a Listen of the plan, node::net::dial for a Dial",
        check: sockets,
    },
    Law {
        name: "clock",
        reason: "time that comes in as an argument can be tested; time that is read cannot",
        way_out: "take `now: i64`, or ask node::clock at the edge",
        check: clock,
    },
    Law {
        name: "processes",
        reason: "who starts programs is a short list: it is where an attacker would look",
        way_out: "ask node to start it, or let the agent do it",
        check: processes,
    },
    Law {
        name: "sql",
        reason: "a statement outside the store is run on one database only, and tested on none",
        way_out: "give the store a function named by what is asked",
        check: sql,
    },
    Law {
        name: "unsafe",
        reason: "`unsafe` stands where the operating system is spoken to, and nowhere else",
        way_out: "use rustix, or put the call behind a safe function in node",
        check: unsafe_code,
    },
];

const UNIX_SOCKETS: &[&str] = &["UnixListener", "UnixStream", "UnixDatagram"];

fn judge(
    house: &House,
    applies: fn(&Source) -> bool,
    judge: fn(&str) -> Option<&'static str>,
) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for source in house.sources.iter().filter(|source| applies(source)) {
        for (line, path) in source.paths() {
            if let Some(what) = judge(path) {
                breaches.push(Breach { at: source.at(line), what: format!("`{path}` {what}") });
            }
        }
    }
    breaches
}

fn pure_code(house: &House) -> Vec<Breach> {
    let mut breaches = judge(house, |source| is_pure(source) && !is_bench(source), impure);
    // What is measured must be: by the clock, and as often as the command line says.
    breaches.extend(judge(
        house,
        |source| is_pure(source) && is_bench(source),
        |path| impure(path).filter(|_| !measures(path)),
    ));
    breaches
}

fn is_pure(source: &Source) -> bool {
    PURE.contains(&source.krate())
}

fn is_bench(source: &Source) -> bool {
    source.path.split('/').any(|part| part == "benches")
}

fn impure(path: &str) -> Option<&'static str> {
    let forbidden = [
        "std::fs",
        "std::process",
        "std::thread",
        "std::env",
        "tokio",
        "hyper",
        "rustix",
        "socket2",
    ];
    let within = |prefix: &str| path == prefix || path.starts_with(&format!("{prefix}::"));
    if forbidden.iter().any(|prefix| within(prefix)) {
        return Some("does not belong into a pure crate");
    }
    if path.starts_with("std::os::unix::net") || path == "std::net::*" {
        return Some("brings sockets into a pure crate");
    }
    if is_socket_type(path) || reads_clock(path) {
        return Some("touches the machine in a pure crate");
    }
    None
}

fn measures(path: &str) -> bool {
    path == "std::env::args" || path.starts_with("rustix::time::")
}

fn is_socket_type(path: &str) -> bool {
    ["TcpListener", "TcpStream", "UdpSocket", "ToSocketAddrs"]
        .iter()
        .any(|name| path.starts_with("std::net::") && path.split("::").any(|part| part == *name))
}

fn sockets(house: &House) -> Vec<Breach> {
    let mut breaches = judge(
        house,
        |source| !may_open_sockets(source),
        |path| opens_socket(path).then_some("opens a socket, or asks a name server through one"),
    );
    // tokio-postgres dials by itself where it is not given a stream.
    for source in house.sources.iter().filter(|source| source.krate() == "store") {
        for (index, token) in source.tokens.iter().enumerate() {
            let called = source.punct(index.wrapping_sub(1), '.')
                && matches!(source.kind(index + 1), Some(Kind::Open(_)));
            if called && token.kind == Kind::Ident("connect".to_owned()) {
                let what = "`.connect(..)` lets the library dial: use `connect_raw`".to_owned();
                breaches.push(Breach { at: source.at(token.line), what });
            }
        }
    }
    breaches
}

fn may_open_sockets(source: &Source) -> bool {
    let doors = ["net.rs", "net/", "net_", "os.rs", "os/", "probe.rs", "probe/"];
    let in_node = source.path.strip_prefix("crates/node/src/");
    in_node.is_some_and(|path| doors.iter().any(|door| path.starts_with(door)))
        || source.is_integration_test()
        || (source.krate() == "node" && source.all_test)
}

fn opens_socket(path: &str) -> bool {
    let parts: Vec<&str> = path.split("::").collect();
    if parts.iter().any(|part| UNIX_SOCKETS.contains(part)) {
        return false;
    }
    match parts.as_slice() {
        ["socket2", "Socket", call] => call.starts_with("new"),
        ["tokio_postgres", "connect"] | ["tokio", "net", "lookup_host" | "TcpSocket", ..] => true,
        ["rustix", "net", call, ..] => {
            ["socket", "socket_with", "bind", "connect", "listen", "accept"].contains(call)
        }
        [.., "ToSocketAddrs"] => true,
        [.., "TcpListener" | "UdpSocket" | "TcpSocket", call] => {
            *call == "bind" || call.starts_with("new")
        }
        [.., "TcpStream", call] => call.starts_with("connect"),
        ["hyper_util", "client", "legacy", ..] => true,
        _ => false,
    }
}

fn clock(house: &House) -> Vec<Breach> {
    // The project's own commands time themselves, and integration tests and
    // their lab bound their patience.
    let applies = |source: &Source| {
        !["node", "lab", "xtask"].contains(&source.krate()) && !source.is_integration_test()
    };
    judge(house, applies, |path| reads_clock(path).then_some("reads the clock"))
}

fn reads_clock(path: &str) -> bool {
    let parts: Vec<&str> = path.split("::").collect();
    match parts.as_slice() {
        [
            ..,
            "SystemTime" | "Instant" | "Timestamp" | "Zoned" | "UtcDateTime" | "OffsetDateTime",
            "now" | "now_utc",
        ] => true,
        ["rustix", "time", call, ..] => call.starts_with("clock_gettime"),
        _ => false,
    }
}

fn processes(house: &House) -> Vec<Breach> {
    let applies =
        |source: &Source| !["node", "agent", "site", "lab", "xtask"].contains(&source.krate());
    let mut breaches = judge(house, applies, |path| {
        let starts = path.ends_with("process::Command") || path.contains("process::Command::");
        starts.then_some("starts a program")
    });
    // Tests may start what they test against, such as a database server.
    let is_test = |breach: &Breach| {
        house.sources.iter().any(|source| {
            let line = breach.at.strip_prefix(&format!("{}:", source.path));
            line.and_then(|line| line.parse().ok()).is_some_and(|line| source.is_test(line))
        })
    };
    breaches.retain(|breach| !is_test(breach));
    breaches
}

fn sql(house: &House) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for source in
        house.sources.iter().filter(|source| !["store", "xtask"].contains(&source.krate()))
    {
        for (line, text) in source.texts().filter(|(_, text)| is_sql(text)) {
            let start: String = text.trim().chars().take(40).collect();
            breaches.push(Breach { at: source.at(line), what: format!("SQL: \"{start}\"") });
        }
    }
    breaches
}

/// A statement's two keywords and a sign of syntax: prose has not all three.
fn is_sql(text: &str) -> bool {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ").to_ascii_lowercase();
    let shapes = [
        ("select ", " from "),
        ("insert into ", "("),
        ("update ", " set "),
        ("delete from ", " where "),
        ("create table ", "("),
        ("create index ", " on "),
        ("create unique index ", " on "),
        ("alter table ", " "),
        ("drop table ", ""),
        ("with ", " as (select "),
    ];
    let syntax = ['$', '=', '*', '(', ';', '_'];
    shapes.iter().any(|(first, second)| words.starts_with(first) && words.contains(second))
        && words.contains(syntax)
}

fn unsafe_code(house: &House) -> Vec<Breach> {
    let allowed = |source: &Source| {
        source.krate() == "node" || source.path.starts_with("crates/agent/src/platform")
    };
    let mut breaches = Vec::new();
    for source in house.sources.iter().filter(|source| !allowed(source)) {
        for token in source.tokens.iter().filter(|token| token.kind == Kind::Ident("unsafe".into()))
        {
            breaches.push(Breach { at: source.at(token.line), what: "`unsafe`".to_owned() });
        }
    }
    breaches
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(law: fn(&House) -> Vec<Breach>, path: &str, text: &str) -> usize {
        law(&House::of(&[(path, text)])).len()
    }

    #[test]
    fn a_pure_crate_that_touches_the_machine_is_found() {
        for text in [
            "use std::fs;",
            "use tokio::sync::mpsc;",
            "fn f() { std::time::Instant::now(); }",
            "use std::time::SystemTime; fn f() { SystemTime::now(); }",
            "use std::net::{IpAddr, TcpStream};",
            "use std::net::*;",
            "#[cfg(test)] mod tests { fn f() { std::fs::read(\"a\"); } }",
        ] {
            assert!(count(pure_code, "crates/wire/src/a.rs", text) > 0, "{text}");
        }
        let fine = "use std::net::IpAddr; use std::time::{Duration, SystemTime};";
        assert_eq!(count(pure_code, "crates/wire/src/a.rs", fine), 0);
        assert_eq!(count(pure_code, "crates/node/src/a.rs", "use std::fs;"), 0);
    }

    #[test]
    fn the_bench_of_a_pure_crate_measures_and_does_nothing_else() {
        let text = "use rustix::time::clock_gettime; fn f() { std::env::args(); }";
        assert!(count(pure_code, "crates/plan/src/a.rs", text) > 0);
        assert_eq!(count(pure_code, "crates/plan/benches/a.rs", text), 0);
        for text in ["use std::fs;", "use std::net::TcpStream;", "fn f() { std::env::var(a); }"] {
            assert!(count(pure_code, "crates/plan/benches/a.rs", text) > 0, "{text}");
        }
    }

    #[test]
    fn a_socket_outside_of_node_is_found() {
        for text in [
            "fn f() { std::net::TcpListener::bind(a); }",
            "use tokio::net::TcpStream as Stream; fn f() { Stream::connect(a); }",
            "fn f() { socket2::Socket::new(a, b, c); }",
            "use std::net::ToSocketAddrs;",
        ] {
            assert!(count(sockets, "crates/roles/src/a.rs", text) > 0, "{text}");
            assert_eq!(count(sockets, "crates/node/src/net.rs", text), 0, "{text}");
        }
        assert_eq!(
            count(sockets, "crates/node/src/http.rs", "fn f() { std::net::UdpSocket::bind(a); }"),
            1
        );
        assert_eq!(
            count(
                sockets,
                "crates/agent/src/a.rs",
                "fn f() { tokio::net::UnixListener::bind(a); }"
            ),
            0
        );
        assert_eq!(count(sockets, "crates/store/src/a.rs", "fn f() { config.connect(NoTls); }"), 1);
    }

    #[test]
    fn a_clock_read_outside_of_node_is_found() {
        assert_eq!(
            count(clock, "crates/agent/src/a.rs", "fn f() { tokio::time::Instant::now(); }"),
            1
        );
        assert_eq!(
            count(
                clock,
                "crates/site/src/a.rs",
                "use jiff::Timestamp; fn f() { Timestamp::now(); }"
            ),
            1
        );
        assert_eq!(
            count(clock, "crates/node/src/a.rs", "fn f() { std::time::Instant::now(); }"),
            0
        );
    }

    #[test]
    fn a_program_started_by_a_role_is_found() {
        let text = "use std::process::Command; fn f() { Command::new(\"id\"); }";
        assert!(count(processes, "crates/roles/src/a.rs", text) > 0);
        assert_eq!(count(processes, "crates/agent/src/a.rs", text), 0);
        let test = format!("#[cfg(test)] mod tests {{ {text} }}");
        assert_eq!(count(processes, "crates/store/src/a.rs", &test), 0);
    }

    #[test]
    fn sql_outside_of_the_store_is_found_and_prose_is_not() {
        for text in [
            "SELECT a FROM b WHERE c = $1",
            "insert into device\\n (id) values ($1)",
            "DELETE FROM app WHERE id=$1",
        ] {
            assert_eq!(
                count(sql, "crates/roles/src/a.rs", &format!("const A: &str = \"{text}\";")),
                1,
                "{text}"
            );
        }
        for text in
            ["select a device from the list", "update the site file", "delete from the console"]
        {
            assert_eq!(
                count(sql, "crates/roles/src/a.rs", &format!("const A: &str = \"{text}\";")),
                0,
                "{text}"
            );
        }
        assert_eq!(count(sql, "crates/store/src/a.rs", "const A: &str = \"SELECT * FROM b\";"), 0);
    }

    #[test]
    fn unsafe_outside_of_node_and_platform_is_found() {
        let text = "fn f() { unsafe { g() } }";
        assert_eq!(count(unsafe_code, "crates/roles/src/a.rs", text), 1);
        assert_eq!(count(unsafe_code, "crates/agent/src/platform/windows.rs", text), 0);
    }
}
