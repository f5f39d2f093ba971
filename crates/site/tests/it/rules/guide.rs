//! The guide, from an empty site file to loaded rules: every command of it is run, in
//! its order, on the files that it shows.

use lab::document::blocks;

use crate::sandbox::{Sandbox, repository};

/// Where the lab's `nft` is found.
fn path() -> String {
    format!("PATH=$PATH:{}", lab::folder().join("bin").display())
}

pub(super) fn its_commands_work() {
    let text = std::fs::read_to_string(repository().join("docs/open-exactly-what-you-need.md"));
    let text = text.unwrap();
    let shown = |language: &str| blocks(&text, language).join("\n") + "\n";
    let machine = Sandbox::new();
    machine.write("/etc/portolan/local-in.nft", &shown("nft"));
    machine.write("/root/hierarchy.toml", &shown("toml"));
    machine.write("/root/existing.v4", &shown("iptables"));
    let commands = blocks(&text, "sh");
    assert!(commands.len() > 14, "the guide shows commands");
    for command in &commands {
        // A login that comes in after the trial began.
        let new_login = if command.ends_with("rules confirm") { "setsid --wait " } else { "" };
        let line = format!("cd /root; {}; {new_login}{command}", path());
        let said = machine.shell(&line);
        match command.split_whitespace().nth(2) {
            // The one has rules of the administrator's own, the other forgets a site.
            Some("diff" | "import") => said.ended(7),
            _ => said.ok(),
        };
        if command.ends_with("rules confirm") {
            machine.shell(&format!("cd /root; {}; nft -j list ruleset > head.json", path())).ok();
        }
    }
    let made = machine.shell("cd /root; ls rules/*.nft request/*.html windows/*.ps1 aerleon").ok();
    println!("{}", made.out);
    let rules = machine.shell(&format!("{}; nft list ruleset", path())).ok();
    assert!(!rules.out.contains("portolan"), "{}", rules.out);
}
