//! nftables (`nft -f`): one table of our own, `inet portolan`, that is replaced as a
//! whole in one transaction, so that no packet ever meets half of it.
//!
//! Whoever keeps a machine needs a way in that no plan knows. No other table can give
//! it, for what one table drops no other can save; and what is added to our table is
//! gone at the next load. So each chain jumps to one of the administrator's own, whose
//! rules are read from a file of his each time.

use super::Written;
use super::words::{about, not_needed, shortened};
use crate::decided::Decided;
use crate::rule::{Direction, Ends, Rule, RuleSet, Version, range_text};
use catalog::Protocol;
use plan::Cidr;

/// The table of the rules that hold, of family `inet`.
pub const TABLE: &str = "portolan";
/// The table of rules on trial. [`TABLE`] stays loaded beside it until they are
/// confirmed.
pub const TRIAL_TABLE: &str = "portolan-trial";
/// Where the rules of a machine's administrator are read from: `local-in*.nft` and so
/// on. nft takes no offence at a pattern that nothing fits.
pub const LOCAL: &str = "/etc/portolan/local-";
/// The most bytes of a comment in the kernel, one less than NFTNL_UDATA_COMMENT_MAXLEN
/// with its closing zero.
const COMMENT: usize = 127;

/// Where a line of a comment is broken, in bytes. nft reads a line in the square of its
/// length: ten seconds for those who ask a domain controller of a large hierarchy.
const LINE: usize = 1000;

/// For how long rules hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Until they are replaced.
    Plain,
    /// In [`TRIAL_TABLE`], and for so long only: then the kernel itself makes the table
    /// let everything pass, so that the former one decides alone, with no process alive.
    /// While they last the former table would still drop what only the new rules let
    /// pass: [`stand_aside`] takes care of that in the same transaction.
    Trial { seconds: u32 },
}

pub(super) fn write(set: &RuleSet<'_>, decided: &Decided) -> Written {
    Written::one(format!("{}.nft", set.place.stem()), text(set, decided, Form::Plain))
}

/// The table as `nft -f` takes it. A direction that the set is not of is left alone.
pub fn text(set: &RuleSet<'_>, decided: &Decided, form: Form) -> String {
    let table = match form {
        Form::Plain => TABLE,
        Form::Trial { .. } => TRIAL_TABLE,
    };
    let mut text = head(set, table);
    text.push_str(&format!(
        "table inet {table} {{}}\ndelete table inet {table}\ntable inet {table} {{\n"
    ));
    let comment = shortened(&format!("plan {} of {}", set.digest, set.place), COMMENT);
    text.push_str(&format!("\tcomment \"{comment}\"\n\n"));
    if let Form::Trial { seconds } = form {
        text.push_str(&timed_set("trial", seconds));
    }
    for rule in set.rules.iter().filter(|rule| not_needed(rule).is_none()) {
        text.push_str(&format!("\tcounter {} {{}}\n", rule.id));
    }
    for direction in &set.directions {
        text.push_str(&format!("\tcounter dropped-{} {{}}\n", direction.slug()));
    }
    for direction in &set.directions {
        chain(set, decided, *direction, form, &mut text);
    }
    text.push_str("}\n");
    text
}

/// Makes the chains of [`TABLE`] let everything pass for so long, beside rules on
/// trial: commands to load with them. `chains` are those that the loaded table has, of
/// `input`, `output` and `forward`; `again` where it stood aside before. The next load of
/// the table takes all of it away.
pub fn stand_aside(chains: &[&str], seconds: u32, again: bool) -> String {
    if again {
        return format!(
            "flush set inet {TABLE} stand-aside\nadd element inet {TABLE} stand-aside {{ {} }}\n",
            both(seconds)
        );
    }
    let set = timed_set("stand-aside", seconds);
    let mut text = format!("table inet {TABLE} {{\n{set}}}\n");
    for chain in chains {
        let rule = format!("insert rule inet {TABLE} {chain} meta nfproto @stand-aside accept\n");
        text.push_str(&rule);
    }
    text
}

/// Both versions of IP, for so long.
fn both(seconds: u32) -> String {
    format!("ipv4 timeout {seconds}s, ipv6 timeout {seconds}s")
}

/// Holds both versions of IP, until it holds nothing.
fn timed_set(name: &str, seconds: u32) -> String {
    format!(
        "\tset {name} {{\n\t\ttype nf_proto\n\t\tflags timeout\n\t\telements = {{ {} }}\n\t}}\n\n",
        both(seconds)
    )
}

/// The base chain of a direction, which is also the name of its hook.
fn hook(direction: Direction) -> &'static str {
    match direction {
        Direction::In => "input",
        Direction::Out => "output",
        Direction::Through => "forward",
    }
}

fn head(set: &RuleSet<'_>, table: &str) -> String {
    let (place, digest, stem) = (&set.place, set.digest, set.place.stem());
    let locals: Vec<String> =
        set.directions.iter().map(|one| format!("{LOCAL}{}*.nft", one.slug())).collect();
    format!(
        "# Portolan: firewall rules of {place}, from plan {digest}.\n\
         #\n\
         # Load, as root:  nft -f {stem}.nft     (check only: nft -c -f {stem}.nft)\n\
         # Look:           nft list table inet {table}\n\
         # Remove:         nft delete table inet {table}\n\
         #\n\
         # Loading replaces the table inet {table} in one transaction and touches no other table.\n\
         # What no rule names is dropped. Each rule has a counter with its id.\n\
         # Rules of your own, such as for ssh, go into {}: one rule\n\
         # a line (`ip saddr 192.0.2.0/24 tcp dport ssh accept`). They are read at each load.\n\n",
        locals.join(" and "),
    )
}

fn chain(
    set: &RuleSet<'_>,
    decided: &Decided,
    direction: Direction,
    form: Form,
    text: &mut String,
) {
    let (slug, hook) = (direction.slug(), hook(direction));
    text.push_str(&format!(
        "\n\tchain local-{slug} {{\n\t\tinclude \"{LOCAL}{slug}*.nft\"\n\t}}\n\n\
         \tchain {hook} {{\n\t\ttype filter hook {hook} priority filter; policy drop;\n"
    ));
    if form != Form::Plain {
        text.push_str("\t\t# When the time is over, this table lets everything pass.\n");
        text.push_str("\t\tmeta nfproto != @trial accept\n");
    }
    match direction {
        Direction::In => text.push_str("\t\tiifname \"lo\" accept\n"),
        Direction::Out => text.push_str("\t\toifname \"lo\" accept\n"),
        Direction::Through => {}
    }
    text.push_str("\t\tct state established,related accept\n\t\tct state invalid drop\n");
    text.push_str(&format!("\t\tjump local-{slug}\n"));
    for rule in set.rules.iter().filter(|rule| rule.direction == direction) {
        text.push_str(&remark(&format!("{}: {}", rule.id, about(set, rule, decided))));
        match not_needed(rule) {
            Some(why) => text.push_str(&format!("\t\t# no rule: {why}\n")),
            None => text.push_str(&line(set, rule)),
        }
    }
    // `nft -j` of 1.0 leaves out a table's comment and prints a rule's, by which drift is seen.
    let digest = set.digest;
    text.push_str(&format!(
        "\t\tcounter name \"dropped-{slug}\" comment \"plan {digest}\"\n\
         \t\tlimit rate 6/minute log prefix \"portolan dropped-{slug}: \" level info\n\t}}\n"
    ));
}

/// A comment in the file, on as many lines as it takes.
fn remark(text: &str) -> String {
    let mut lines = "\t\t# ".to_owned();
    let mut bytes = 0;
    for word in text.split_inclusive(' ') {
        if bytes >= LINE {
            lines.truncate(lines.trim_end().len());
            lines.push_str("\n\t\t#   ");
            bytes = 0;
        }
        lines.push_str(word);
        bytes += word.len();
    }
    lines.push('\n');
    lines
}

fn line(set: &RuleSet<'_>, rule: &Rule) -> String {
    let ip = match rule.version {
        Version::V4 => "ip",
        Version::V6 => "ip6",
    };
    let mut parts = vec![
        format!("{ip} saddr {}", blocks(&rule.source)),
        format!("{ip} daddr {}", blocks(&rule.destination)),
    ];
    let protocol = rule.protocol_text();
    match rule.protocol {
        Protocol::Icmp | Protocol::Icmpv6 if !rule.types.is_empty() => {
            let types: Vec<String> = rule.types.iter().map(u8::to_string).collect();
            parts.push(format!("{protocol} type {}", one_or_set(&types)));
        }
        Protocol::Tcp | Protocol::Udp if !rule.ports.is_empty() => {
            if let Some(range) = rule.source_ports {
                parts.push(format!("{protocol} sport {}", range_text(range)));
            }
            let ports: Vec<String> = rule.ports.iter().map(|range| range_text(*range)).collect();
            parts.push(format!("{protocol} dport {}", one_or_set(&ports)));
        }
        _ => parts.push(format!("meta l4proto {protocol}")),
    }
    let comment = shortened(&set.connections(rule).join(" "), COMMENT);
    let id = &rule.id;
    format!("\t\t{} counter name \"{id}\" accept comment \"{comment}\"\n", parts.join(" "))
}

fn blocks(ends: &Ends) -> String {
    one_or_set(&ends.blocks.iter().map(plain).collect::<Vec<_>>())
}

/// As nft lists it: an address alone without its length.
fn plain(block: &Cidr) -> String {
    if block.first() == block.last() { block.first().to_string() } else { block.to_string() }
}

fn one_or_set(items: &[String]) -> String {
    match items {
        [one] => one.clone(),
        several => format!("{{ {} }}", several.join(", ")),
    }
}

#[cfg(test)]
mod tests;
