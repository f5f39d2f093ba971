//! What the documents show of several machines, replayed: packages under systemd
//! on booted machines, command for command, and what each prints must be what
//! the document shows, but for times, ids and sizes.

use std::path::Path;

use lab::document::{Step, masked, steps};
use lab::{Lab, Machine, Router, Running, Said};

use crate::Test;
use crate::estate::until;
use crate::packages::Packages;

pub(crate) const TESTS: &[Test] = &[
    ("session::two_machines_of_the_readme", || replay("README.md")),
    ("session::the_voyage_of_the_guide", || replay("docs/voyage.md")),
];

fn replay(document: &str) {
    let text = std::fs::read_to_string(lab::repository().join(document)).unwrap();
    let steps = steps(&text);
    let steps: Vec<&Step> = steps.iter().filter(|step| step.machine.is_some()).collect();
    assert!(steps.len() >= 6, "{document} shows a session");
    let mut places = Places::new();
    for step in steps {
        let shown = masked(&step.shown);
        let mut said = String::new();
        let mut is_shown = || {
            let answer = places.act(step);
            said = format!("{}{}", answer.out, answer.err);
            masked(&said) == shown
        };
        // What is only looked at may be looked at until it is so.
        let looks = ["list", "status", "plan"].iter().any(|word| step.command.contains(word));
        if looks {
            until(&format!("`{}` shows:\n{shown}", step.command), || is_shown().then_some(()));
        } else if !is_shown() {
            assert_eq!(masked(&said), shown, "`{}` of {document} says:\n{said}", step.command);
        }
    }
}

/// The machines that the documents speak of: the site server's, and one of a
/// branch. Both have the packages in root's folder, and neither has anything of
/// them installed.
struct Places {
    head: Machine,
    dp7: Machine,
    /// What `token create` said last.
    token: String,
    _booted: [Running; 2],
    _router: Router,
    _lab: Lab,
}

impl Places {
    fn new() -> Self {
        let lab = Lab::new(&[]);
        let servers = lab.network("servers", "10.1.0.0/24");
        let branch = lab.network("branch", "10.7.0.0/24");
        let _router = lab.router("router", &[&servers, &branch]);
        let head = lab.machine("head", &servers, "10.1.0.10");
        let dp7 = lab.machine("dp7", &branch, "10.7.0.5");
        let _booted = [head.boot(), dp7.boot()];
        let packages = Packages::usual();
        let put = |machine: &Machine, from: &Path| {
            let name = from.file_name().unwrap().to_string_lossy();
            machine.put(from, &format!("/root/{name}"));
        };
        for file in [packages.portolan(), packages.agent()] {
            put(&head, &file);
            put(&dp7, &file);
        }
        let debs = std::fs::read_dir(lab::folder().join("debs")).unwrap().flatten();
        let hello =
            debs.map(|entry| entry.path()).find(|path| path.to_string_lossy().contains("/hello_"));
        head.put(&hello.expect("`cargo xtask lab` fetches it"), "/root/hello.deb");
        // A folder with all that curl needs on any machine.
        let upgrade = lab::upgrade();
        for deb in std::fs::read_dir(&upgrade.archive).unwrap().flatten() {
            let name = deb.file_name().to_string_lossy().into_owned();
            if !name.contains(&format!("_{}_", upgrade.older.version)) {
                head.put(&deb.path(), &format!("/root/curl/{name}"));
            }
        }
        Self { head, dp7, token: String::new(), _booted, _router, _lab: lab }
    }

    fn act(&mut self, step: &Step) -> Said {
        let machine = match step.machine.as_deref() {
            Some("head") => &self.head,
            Some("dp7") => &self.dp7,
            other => panic!("no machine is called {other:?}"),
        };
        let command = &step.command;
        // There is no ssh in the lab: the file is carried.
        if let Some(file) = command.strip_prefix("scp ").and_then(|rest| rest.strip_suffix(" dp7:"))
        {
            self.dp7.put(&self.head.path(&format!("/root/{file}")), &format!("/root/{file}"));
            return self.dp7.run("true");
        }
        // What the reader pastes is what was printed above, and what he types.
        let command = if command.starts_with("(set -e;") {
            let line = |start: &str| {
                self.token.lines().map(str::trim).find(|line| line.starts_with(start))
            };
            let (token, install) = (line("token ").unwrap(), line("(set -e;").unwrap());
            format!("echo {} | {install} 2>&1", token.trim_start_matches("token").trim())
        } else {
            command.clone()
        };
        let said = machine.run(&format!("cd /root; {command}"));
        if command == "portolan token create" {
            self.token.clone_from(&said.out);
        }
        said
    }
}
