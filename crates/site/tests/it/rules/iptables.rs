//! iptables-restore and ip6tables-restore themselves, on the rules that are kept for
//! them: both checks, and what the kernel has after two loads.

use lab::Machine;

use super::golden;

/// The lines that add rules to chains of ours.
fn ours(text: &str) -> Vec<&str> {
    text.lines().filter(|line| line.starts_with("-A PORTOLAN-")).collect()
}

/// A command line out of the head of a file, whose program is that for nftables, which
/// Debian has behind the plain name.
fn command(text: &str, word: &str) -> String {
    let line = text.lines().find(|line| line.starts_with(&format!("# {word}"))).unwrap();
    let (_, line) = line.split_once(':').unwrap();
    let line = line.split("     (").next().unwrap().trim();
    line.replace("tables-restore", "tables-nft-restore")
}

pub(super) fn the_kernel_has_what_the_file_says() {
    let machine = Machine::unpacked("firewalls");
    machine.run("mkdir -p /tmp/rules").ok();
    for (path, text) in golden("iptables") {
        let name = path.rsplit('/').next().unwrap();
        machine.write(&format!("/tmp/rules/{name}"), &text);
        let six = if name.ends_with(".v6") { "6" } else { "" };
        for program in ["nft", "legacy"] {
            let line = format!("ip{six}tables-{program}-restore --test --noflush {name}");
            let said = machine.run(&format!("cd /tmp/rules && {line}"));
            assert_eq!(said.code, Some(0), "{path}: {line}: {}", said.err);
        }
        for word in ["Load, as root", "Load once more"] {
            let said = machine.run(&format!("cd /tmp/rules && {}", command(&text, word)));
            assert_eq!(said.code, Some(0), "{path}: {word}: {}", said.err);
        }
        let saved = machine.run(&format!("ip{six}tables-nft-save -t filter")).ok().out;
        assert!(!ours(&text).is_empty());
        // Where /etc/protocols is, a protocol is saved by its name; and every port goes
        // without saying.
        let text = text.replace(" -p 2 ", " -p igmp ").replace(" --dport 0:65535", "");
        assert_eq!(ours(&saved), ours(&text), "{path}");
        let jumps = |text: &str| text.lines().filter(|line| line.contains(" -j PORTOLAN-")).count();
        assert_eq!(jumps(&saved), jumps(&text), "{path}: one jump for each built-in chain");
        machine
            .run(&format!("ip{six}tables-nft -t filter -F && ip{six}tables-nft -t filter -X"))
            .ok();
    }
}
