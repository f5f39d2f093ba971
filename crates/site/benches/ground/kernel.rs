//! What nft and the kernel make of our rules, by the clock.

use std::time::Instant;

use ::rules::{Compiler, Decided, Dialect, Place, RuleSet};
use lab::Machine;

use super::{Estate, is_needed, say};

/// The rules of the largest machines of an estate, and those of a border.
pub(super) fn load(estate: &Estate, border: (&str, &RuleSet<'_>, &Decided)) {
    let compiler = Compiler::new(&estate.plan);
    let places = compiler.places().into_iter().filter(|place| matches!(place, Place::Host(_)));
    let sets: Vec<RuleSet<'_>> = places.filter_map(|place| compiler.rules(&place)).collect();
    let blocks = |set: &&RuleSet<'_>| {
        let ends = set.rules.iter().flat_map(|rule| [&rule.source, &rule.destination]);
        ends.map(|ends| ends.blocks.len()).sum::<usize>()
    };
    let rules = |set: &&RuleSet<'_>| set.rules.iter().filter(is_needed).count();
    let machine = Machine::alone(&[], &[&lab::folder()]);
    say(&format!(
        "{:<44} {:>7} {:>9} {:>9} {:>10} {:>10}",
        "nft, by the clock", "rules", "blocks", "kB", "-c -f ms", "-f ms"
    ));
    let most_rules = sets.iter().max_by_key(|set| (rules(set), blocks(set)));
    let most_blocks = sets.iter().max_by_key(blocks);
    let (what, border, decided) = border;
    let hosts = [("most rules", most_rules), ("most addresses", most_blocks)];
    let hosts = hosts.into_iter().filter_map(|(what, set)| Some((what, set?, &estate.decided)));
    for (what, set, decided) in hosts.chain([(what, border, decided)]) {
        let written = Dialect::Nftables.write(set, decided).expect("it writes every place");
        let text: String = written.files.into_iter().map(|file| file.text).collect();
        machine.write("/tmp/rules.nft", &text);
        let nft = lab::folder().join("bin/nft");
        let [check, load] = ["-c -f", "-f"].map(|words| {
            let start = Instant::now();
            machine.run(&format!("{} {words} /tmp/rules.nft", nft.display())).ok();
            start.elapsed().as_secs_f64() * 1e3
        });
        say(&format!(
            "{:<44} {:>7} {:>9} {:>9.1} {check:>10.1} {load:>10.1}",
            format!("{}, {what}", set.place),
            rules(&set),
            blocks(&set),
            text.len() as f64 / 1e3
        ));
    }
}
