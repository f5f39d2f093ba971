//! firewalld's own check of the files that are kept for it, and what the kernel has
//! when its core has loaded them.

use std::collections::BTreeMap;

use lab::Machine;

use super::golden;

/// Loads /etc/firewalld into the kernel as the daemon does, without the bus.
const LOAD: &str = "python3 -c 'from firewall.core.fw import Firewall; Firewall().start()'";
/// What `firewall-cmd --set-default-zone` writes: a zone in use is loaded, no other.
const DEFAULT: &str =
    "sed -i 's/^DefaultZone=.*/DefaultZone=portolan/' /etc/firewalld/firewalld.conf";

/// The kernel's rules for a text: one for each port of a service, else one.
fn in_kernel(files: &BTreeMap<String, String>, text: &str) -> usize {
    let rules = text.split("<rule ").skip(1).map(|rule| {
        let service = rule.split_once("<service name=\"").map(|(_, after)| after);
        let name = service.and_then(|after| after.split('"').next());
        name.map_or(1, |name| files[&format!("services/{name}.xml")].matches("<port ").count())
    });
    rules.sum()
}

pub(super) fn checks_and_loads_what_the_files_say() {
    let libraries = format!("firewalls/lib/{}-linux-gnu", std::env::consts::ARCH);
    let libraries = lab::folder().join(libraries);
    let mut folders: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    for (path, text) in golden("firewalld") {
        let mut parts = path.rsplitn(3, '/');
        let (file, kind, folder) =
            (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap());
        folders.entry(folder.to_owned()).or_default().insert(format!("{kind}/{file}"), text);
    }
    let mut all = 0;
    for (folder, files) in &folders {
        // One machine for each: what another folder left behind must not help.
        let machine = Machine::unpacked("firewalls");
        let run = |line: &str| {
            let said = machine.run(&format!("LD_LIBRARY_PATH={} {line}", libraries.display()));
            assert_eq!(said.code, Some(0), "{folder}: {line}: {}{}", said.out, said.err);
        };
        for (path, text) in files {
            machine.write(&format!("/etc/firewalld/{path}"), text);
        }
        run("firewall-offline-cmd --check-config");
        if files.contains_key("zones/portolan.xml") {
            machine.run(DEFAULT).ok();
        }
        run(LOAD);
        let nft = lab::folder().join("bin/nft");
        let said = machine.run(&format!("{} list table inet firewalld", nft.display())).ok().out;
        // It skips a rule that it does not understand, so they are counted.
        let allowing = said.split("\tchain ").filter(|chain| {
            chain.starts_with("filter_") && chain.contains("portolan") && chain.contains("_allow {")
        });
        let accepts = allowing.flat_map(str::lines).filter(|line| line.ends_with(" accept"));
        let kernel = accepts.count();
        let wholes = files.iter().filter(|(path, _)| !path.starts_with("services/"));
        let written: usize = wholes.map(|(_, text)| in_kernel(files, text)).sum();
        assert_eq!(kernel, written, "{folder}:\n{said}");
        all += kernel;
    }
    assert!(all > 0);
}
