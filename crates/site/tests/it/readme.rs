//! The README's session, replayed: every line after `$ ` in its `console`
//! blocks is run in a sandbox, in order, and what it prints must be what the
//! README shows, but for times, ids, sizes and the machine's own name.

use lab::document::{blocks, masked, steps};

use crate::Test;
use crate::estate::{Estate, hello};
use crate::sandbox::{Running, Sandbox, repository};

pub(crate) const TESTS: &[Test] = &[
    ("readme::the_session_is_true", session),
    ("readme::the_commands_of_the_operating_guide_work", operating_guide),
    ("readme::the_commands_of_the_planning_guide_work", planning_guide),
    ("readme::the_example_site_file_is_accepted", example_site_file),
];

fn session() {
    let text = std::fs::read_to_string(repository().join("README.md")).unwrap();
    // Those on one machine; the others are the voyage's.
    let steps: Vec<_> = steps(&text).into_iter().filter(|step| step.machine.is_none()).collect();
    assert!(steps.len() >= 6, "the README shows a session");
    let machine = Sandbox::new();
    machine.shell("dpkg --remove hello; hostname keel").ok();
    machine.shell(&format!("cp {} /root/hello.deb", hello())).ok();
    let mut running: Option<Running> = None;
    for step in &steps {
        // The first command goes by cargo for a reader; here it is built already.
        let command = step.command.replace("cargo run --release --", "portolan");
        let said = if command.ends_with(" up") {
            let up = running.insert(machine.start_shell(&format!("cd /root; exec {command}")));
            up.wait_for("ready");
            // What it shows ends with the advice below that line.
            up.wait_for("Ctrl-C");
            up.said
                .iter()
                .filter(|line| !line.contains(" INFO "))
                .cloned()
                .collect::<Vec<_>>()
                .join("\n")
        } else {
            let said = machine.shell(&format!("cd /root; {command}"));
            format!("{}{}", said.out, said.err)
        };
        assert_eq!(masked(&said), masked(&step.shown), "the README's `{}`", step.command);
    }
}

/// Every command of the guide, in its order, on the files that it speaks of.
fn operating_guide() {
    let text = std::fs::read_to_string(repository().join("docs/operating.md")).unwrap();
    let estate = Estate::up();
    let machine = &estate.machine;
    machine.shell("dpkg --remove hello");
    machine.shell(&format!("cp {} /root/hello.deb", hello())).ok();
    machine.write("/root/install.sh", "#!/bin/sh\ntouch /root/motd\n");
    machine.write("/root/detect.sh", "#!/bin/sh\ntest -e /root/motd\n");
    machine.write("/root/remove.sh", "#!/bin/sh\nrm /root/motd\n");
    let commands = blocks(&text, "sh");
    assert!(commands.len() > 15, "the guide shows commands");
    for command in commands.iter().map(|line| line.replace("DEVICE", &estate.device().0)) {
        machine.shell(&format!("cd /root; {command}")).ok();
    }
}

/// The same of the guide to planning, which needs no site.
fn planning_guide() {
    let text = std::fs::read_to_string(repository().join("docs/plan.md")).unwrap();
    let machine = Sandbox::new();
    machine.write("/root/servers.csv", &(blocks(&text, "csv").join("\n") + "\n"));
    let commands = blocks(&text, "sh");
    assert!(commands.len() > 8, "the guide shows commands");
    for command in &commands {
        let said = machine.shell(&format!("cd /root; {command}"));
        // Only a comparison of two different files ends in another way.
        if command.contains("diff") && command.contains("branches") {
            said.ended(7).says("opened").says("closed");
        } else {
            said.ok();
        }
    }
}

fn example_site_file() {
    let text = std::fs::read_to_string(repository().join("docs/site-file.md")).unwrap();
    let examples: Vec<&str> =
        text.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(examples.len() > 1, "one for a host, one for several");
    for example in examples {
        let estate = plan::read(example).expect("the example holds no mistake");
        plan::plan(&estate).expect("it can be planned");
    }
}
