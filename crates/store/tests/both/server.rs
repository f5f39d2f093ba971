//! A PostgreSQL server of our own, in a folder that goes with it.
//!
//! A shell script makes it, keeps it and removes it; the script lives until
//! its standard input ends, which is when this process does, however it ends.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use store::{Login, OpenError, Store};

const ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// $1: where the programs are, $2: address, $3: port, $4: more options.
const KEEP: &str = r#"
    trap '' INT TERM
    dir=$(mktemp -d "${TMPDIR:-/tmp}/portolan-pg.XXXXXX") || exit 1
    if "$1/initdb" -D "$dir/data" -A trust -U postgres --no-sync -E UTF8 --locale=C >"$dir/log" 2>&1 &&
        "$1/pg_ctl" -D "$dir/data" -l "$dir/log" -w \
            -o "-h $2 -p $3 -k $dir -c max_connections=200 $4" start >>"$dir/log" 2>&1
    then
        echo ready
        read -r _
        "$1/pg_ctl" -D "$dir/data" -m immediate -w stop >/dev/null 2>&1
    else
        tail -n 20 "$dir/log"
    fi
    rm -rf "$dir"
"#;

pub(crate) struct Server {
    programs: PathBuf,
    port: u16,
    databases: AtomicU32,
    /// Its standard input keeps the script, and so the server, alive.
    _keeper: Child,
}

impl Server {
    // The keeper ends when this process does, and needs nobody to wait for it.
    #[allow(clippy::zombie_processes)]
    pub(crate) fn start(options: &str) -> Option<Self> {
        let programs = programs()?;
        let mut log = String::new();
        // The port was free a moment ago, and may be taken by now: try again.
        let started = (0..3).find_map(|_| {
            let port = node::net::free_port(ADDRESS, &[]).expect("a free port");
            let mut keeper = keeper()
                .args(["-c", KEEP, "keep"])
                .arg(&programs)
                .args([&ADDRESS.to_string(), &port.to_string(), options])
                .current_dir("/")
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn()
                .expect("a shell");
            let mut said = BufReader::new(keeper.stdout.take().expect("piped"));
            let mut line = String::new();
            said.read_line(&mut line).expect("a line");
            if line == "ready\n" {
                return Some((port, keeper));
            }
            said.read_to_string(&mut log).expect("the rest");
            None
        });
        let Some((port, keeper)) = started else {
            panic!("PostgreSQL is installed and does not start:\n{log}");
        };
        Some(Self { programs, port, databases: AtomicU32::new(0), _keeper: keeper })
    }

    /// An empty database; its name.
    pub(crate) fn database(&self) -> String {
        let name = format!("t{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.run("createdb", &[&name]);
        name
    }

    /// One of PostgreSQL's programs, as its superuser.
    pub(crate) fn run(&self, program: &str, arguments: &[&str]) {
        let output = Command::new(self.programs.join(program))
            .args(["-h", &ADDRESS.to_string(), "-p", &self.port.to_string(), "-U", "postgres"])
            .args(arguments)
            .output()
            .expect("a program of PostgreSQL");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    pub(crate) async fn open(&self, database: &str) -> Result<Store, OpenError> {
        let dial = self.dial();
        let login = Login { user: "postgres".into(), database: database.into(), password: None };
        let dial = move || async move {
            node::net::dial(&dial, Duration::from_secs(10)).await.map_err(std::io::Error::other)
        };
        Store::postgres(dial, login).await
    }

    /// The way to the database that a site file with this server gives to a
    /// site server.
    fn dial(&self) -> node::net::Dial {
        let file = format!(
            r#"
            edition = "portolan"
            [site.P01]
            name = "Test"
            ports = {{ site-database = {port} }}
            [network.here]
            cidr = ["127.0.0.0/8"]
            [host.keel]
            address = "{ADDRESS}"
            roles = ["site-server", "site-database-server"]
            "#,
            port = self.port
        );
        let estate = plan::read(&file).expect("a site file");
        let (plan, _findings) = plan::plan(&estate).expect("a plan");
        let targets = plan.dial_targets(&catalog::flows::SITE_SERVER_TO_SITE_DATABASE);
        node::net::Dial::planned(targets.first().expect("a target"))
    }
}

/// PostgreSQL refuses to run as root; in a user namespace nobody is, and
/// folders that only root may enter can still be reached.
fn keeper() -> Command {
    let root = Command::new("id").arg("-u").output().is_ok_and(|id| id.stdout == b"0\n");
    if !root {
        return Command::new("sh");
    }
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-user=1000", "--map-group=1000", "--", "sh"]);
    command
}

/// Where PostgreSQL's programs are: as the environment says, or where Debian
/// has its newest, or as its own `pg_config` says.
fn programs() -> Option<PathBuf> {
    let is_there = |programs: &PathBuf| programs.join("initdb").is_file();
    if let Some(said) = std::env::var_os("PORTOLAN_PG_BIN") {
        return Some(PathBuf::from(said)).filter(is_there);
    }
    let config = || {
        let output = Command::new("pg_config").arg("--bindir").output().ok()?;
        Some(PathBuf::from(String::from_utf8(output.stdout).ok()?.trim()))
    };
    debian().into_iter().chain(config()).find(is_there)
}

fn debian() -> Option<PathBuf> {
    let version = |entry: &std::fs::DirEntry| entry.file_name().to_str()?.parse::<u32>().ok();
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?.flatten();
    versions.max_by_key(version).map(|newest| newest.path().join("bin"))
}
