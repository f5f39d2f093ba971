//! `portolan catalog explain`: all that is known, in the order in which one asks:
//! what is it, who opens it, what does a firewall need, can it be moved, what else is
//! there to know, what is wrong about it, where to go on.

use catalog::about::About;
use catalog::explain::{Explanation, explain};
use catalog::settings::movable;
use catalog::{Cast, Edition, Flow, Opens, Ports, Proof, Reply, Service, Truth, Where};
use clap::Args;
use serde_json::{Value, json};

use super::articles::{correction, sources};
use super::{Format, cited, hang, put, tell, words};
use crate::outcome::{Failure, Kind};
use crate::show;

#[derive(Debug, Args)]
#[command(
    after_help = "For example: 10123 · 8530-8531 · udp 67 · management-point · client-notification · \
                        \"client>management-point\" · \"client>management-point/https\" · \"note 5\" · load-balancer"
)]
pub(super) struct Explain {
    /// A port, a range, a role, a service, a connection, a note, or a list.
    #[arg(value_parser = words::anything(), hide_possible_values = true, value_name = "WHAT", required = true)]
    what: Vec<String>,
}

/// More rows than this are a table; fewer are told one by one.
const FEW: usize = 6;

impl Explain {
    pub(super) fn run(self, format: Format) -> Result<(), Failure> {
        let asked = self.what.join(" ");
        let found = explain(&asked).map_err(|unknown| {
            let failure = Failure::new(unknown.message).kind(Kind::Usage);
            match unknown.near {
                Some(near) => failure.next(format!("did you mean {near}?")),
                None => failure.next("`portolan catalog connections` lists what there is"),
            }
        })?;
        match format {
            Format::Table => tell_all(&found),
            Format::Json => show::json(&as_json(&found)),
            Format::Tsv => put(format, ["kind", "what", "text", "source"], lines(&found)),
        }
    }
}

fn tell_all(found: &Explanation) -> Result<(), Failure> {
    say(&found.title);
    if !found.sentences.is_empty() {
        say("");
    }
    for sentence in &found.sentences {
        hang("  ", sentence);
    }
    if found.is_empty() && found.notes.is_empty() {
        say("No edition uses it, and no article mentions it.");
        return Ok(());
    }
    flows(found)?;
    change(found);
    known(found);
    clients(found)?;
    lists(found)?;
    if !found.corrections.is_empty() {
        heading("WRONG IN THE TEXTS");
        for (n, one) in found.corrections.iter().enumerate() {
            if n > 0 {
                say("");
            }
            correction(one);
        }
    }
    onwards(found);
    Ok(())
}

fn flows(found: &Explanation) -> Result<(), Failure> {
    if found.flows.is_empty() {
        return Ok(());
    }
    heading("WHO USES IT");
    if found.flows.len() > FEW {
        let columns = ["connection", "opens", "protocol", "port", "when", "editions"];
        return put(
            Format::Table,
            columns,
            found.flows.iter().map(|flow| {
                [
                    flow.id(),
                    openers(flow),
                    flow.service.protocol.to_string(),
                    flow.service.ports.to_string(),
                    flow.when.to_string(),
                    editions(flow),
                ]
            }),
        );
    }
    for (n, flow) in found.flows.iter().enumerate() {
        if n > 0 {
            say("");
        }
        one_flow(flow);
    }
    Ok(())
}

fn one_flow(flow: &'static Flow) {
    say(&flow.id());
    item("opens", &format!("{}; {}", openers(flow), answers(flow)));
    item("port", &format!("{} {}", flow.service.protocol, flow.service.ports));
    item("when", &condition(flow));
    item("for", flow.sentence);
    item("editions", &editions(flow));
    for number in flow.notes.iter().copied().chain(flow.reversible.then_some(5)) {
        if let Some(note) = catalog::notes::find(number).filter(|_| is_microsoft(flow)) {
            item("note", &format!("{number}: {}", note.title));
        }
    }
    item("written", &cited(flow.source));
    for line in firewall(flow) {
        item("firewall", &line);
    }
    item("proof", &proof(flow));
}

fn is_microsoft(flow: &Flow) -> bool {
    Edition::MICROSOFT.iter().any(|edition| flow.editions.contains(*edition))
}

fn openers(flow: &Flow) -> String {
    match flow.opens {
        Opens::From => flow.from.slug.to_owned(),
        Opens::To => flow.to.slug.to_owned(),
        Opens::Either => "either side".to_owned(),
    }
}

fn answers(flow: &Flow) -> &'static str {
    match (flow.reply, flow.cast) {
        (Reply::HighPort, _) => {
            "the answer comes from another port, so a firewall must follow the protocol"
        }
        (_, Cast::Broadcast) => "a broadcast, which no router passes on",
        (_, Cast::Directed) => "a broadcast to another subnet",
        (_, Cast::Multicast) => "to a multicast group",
        _ => "answers come back on the same ports",
    }
}

fn condition(flow: &Flow) -> String {
    let place = match flow.scope {
        Where::SameHost => ", on one machine",
        Where::OtherHost => ", between machines",
        Where::SameSubnet => ", on one subnet",
        Where::SameSite => ", within a site",
        Where::ParentOrChild => ", between a site and its parent or child",
        Where::TopSite => ", at the top site",
        Where::BoundaryGroup => ", within a boundary group",
        Where::Anywhere => "",
    };
    let proxy = if flow.via_proxy { ", through a proxy if there is one" } else { "" };
    format!("{}{place}{proxy}", flow.when)
}

fn editions(flow: &Flow) -> String {
    let own = Edition::ALL.into_iter().filter(|edition| flow.editions.contains(*edition));
    let mut words: Vec<String> = own.map(|edition| edition.to_string()).collect();
    if flow.editions.declares(Edition::Portolan) && !flow.editions.contains(Edition::Portolan) {
        words.push("portolan (not yet served)".to_owned());
    }
    let mut text = words.join(" ");
    if flow.fixes.is_some() {
        text.push_str("; corrected reading only");
    } else if matches!(flow.truth, Truth::Never(_)) {
        text.push_str("; documented reading only: not true");
    }
    text
}

/// What firewalls need, host by host.
fn firewall(flow: &Flow) -> Vec<String> {
    let port = format!("{} {}", flow.service.protocol, flow.service.ports);
    if matches!(flow.truth, Truth::Never(_)) {
        return vec!["nothing: the row is not true".to_owned()];
    }
    if flow.scope == Where::SameHost {
        return vec!["nothing: it stays on the machine".to_owned()];
    }
    let way = |opener: &str, answerer: &str| {
        vec![
            format!("on {opener}: out to {answerer}, {port}"),
            format!("on {answerer}: in from {opener}, {port}"),
        ]
    };
    let mut lines = match flow.opens {
        Opens::From => way(flow.from.slug, flow.to.slug),
        Opens::To => way(flow.to.slug, flow.from.slug),
        Opens::Either => {
            let mut both = way(flow.from.slug, flow.to.slug);
            if flow.from != flow.to {
                both.extend(way(flow.to.slug, flow.from.slug));
            }
            both
        }
    };
    match flow.reply {
        Reply::SamePort => {
            lines
                .push("between: the same way only; stateful firewalls pass the answers".to_owned());
        }
        Reply::HighPort => lines.push(
            "between: follow the protocol, or pass the high ports of both sides as well".to_owned(),
        ),
    }
    lines
}

fn proof(flow: &Flow) -> String {
    match flow.proof {
        Proof::Connect => "a connection comes about".to_owned(),
        Proof::Ask(what) => format!("ask: {what}"),
        Proof::Observe(what) => format!("see: {what}"),
    }
}

fn change(found: &Explanation) {
    let ported: Vec<&&Service> =
        found.services.iter().filter(|one| one.protocol.has_ports()).collect();
    if ported.is_empty() {
        return;
    }
    heading("CAN THE PORT BE CHANGED");
    for service in ported {
        say(&format!("{} ({} {})", service.slug, service.protocol, service.ports));
        let theirs: Vec<Edition> =
            Edition::MICROSOFT.into_iter().filter(|edition| used(service, *edition)).collect();
        if theirs.is_empty() {
            // Ours alone.
        } else if theirs.iter().any(|edition| movable(service, *edition)) {
            for setting in found.settings.iter().filter(|one| one.service == *service) {
                let alternate = if setting.alternate { "; default and alternate" } else { "" };
                item("Microsoft", &format!("{}{alternate}. {}", setting.place, setting.sentence));
            }
        } else {
            item("Microsoft", "no");
        }
        if declared(service) {
            item("Portolan", &ours(service));
        }
    }
}

fn used(service: &Service, edition: Edition) -> bool {
    catalog::FLOWS.iter().any(|flow| flow.service == service && flow.editions.contains(edition))
}

fn declared(service: &Service) -> bool {
    let uses = |flow: &&&Flow| flow.service == service;
    catalog::FLOWS.iter().filter(uses).any(|flow| flow.editions.declares(Edition::Portolan))
}

fn ours(service: &Service) -> String {
    match service.ports {
        Ports::Series { key, .. } => {
            format!("site file: ports = {{ {key} = … }}, the first of them; the others follow")
        }
        Ports::Setting { key, alternate, .. } => {
            let alternate = if alternate { ", with an alternate if wanted" } else { "" };
            format!("site file: ports = {{ {key} = … }}{alternate}")
        }
        _ => "no: others chose it".to_owned(),
    }
}

fn known(found: &Explanation) {
    if !found.remarks.is_empty() {
        heading("WORTH KNOWING");
        for remark in &found.remarks {
            bullet(remark.text);
            let about: Vec<String> = remark.about.iter().map(About::word).collect();
            hang("    ", &format!("about {}; {}", about.join(", "), cited(remark.source)));
        }
    }
    if !found.notes.is_empty() {
        heading("NOTES OF THE PORT ARTICLES");
        for note in &found.notes {
            say(&format!("{}  {}", note.number, note.title));
            for fact in note.facts {
                let only =
                    if fact.editions.contains(Edition::V1802) { "" } else { " (since 2002)" };
                bullet(&format!("{}{only}", fact.text));
            }
        }
    }
    if !found.communications.is_empty() {
        heading("WHAT THE ARTICLES CALL CONFIGURABLE");
        for one in &found.communications {
            let word = if one.configurable { "yes" } else { "no" };
            item(word, &format!("{} → {}: {}", one.from, one.to, one.sentence));
        }
    }
}

fn clients(found: &Explanation) -> Result<(), Failure> {
    if !found.exceptions.is_empty() {
        heading("THE CLIENT'S OWN FIREWALL");
        let rows = found.exceptions.iter().map(|(feature, one)| {
            let lacks = if one.fixes.is_some() { " (the text lacks it)" } else { "" };
            [
                feature.slug.to_owned(),
                one.direction.text().to_owned(),
                one.allows.text(),
                format!("{}{lacks}", one.sentence),
            ]
        });
        put(Format::Table, ["feature", "direction", "allow", "for"], rows)?;
    }
    if !found.needs.is_empty() {
        heading("INSTALLATION OF CLIENTS");
        let rows = found.needs.iter().map(|(method, need)| {
            let between = if need.directed { "→" } else { "and" };
            [
                method.slug.to_owned(),
                format!("{} {between} {}", need.from, need.to),
                format!("{} {}", need.service.protocol, need.service.ports),
                need.when.to_owned(),
            ]
        });
        put(Format::Table, ["method", "between", "port", "when"], rows)?;
    }
    Ok(())
}

fn lists(found: &Explanation) -> Result<(), Failure> {
    if found.entries.is_empty() {
        return Ok(());
    }
    heading("IN THE ARTICLES' LISTS");
    let rows = found.entries.iter().map(|(list, entry)| {
        let side = |role: Option<&catalog::Role>| role.map_or("-", |role| role.slug).to_owned();
        let [protocol, port] = entry.cells();
        let own =
            Edition::MICROSOFT.into_iter().filter(|edition| entry.editions.contains(*edition));
        let own: Vec<&str> = own.map(Edition::slug).collect();
        [
            list.slug.to_owned(),
            side(entry.from),
            side(entry.to),
            protocol,
            port,
            entry.what.to_owned(),
            own.join(" "),
        ]
    });
    put(Format::Table, ["list", "from", "to", "protocol", "port", "what", "editions"], rows)
}

/// Where to go on.
fn onwards(found: &Explanation) {
    let mut next: Vec<(String, &str)> = Vec::new();
    let mut go = |command: &str, why| next.push((format!("portolan catalog {command}"), why));
    match found.flows.as_slice() {
        [flow] if more_between(flow) => go(
            &format!("explain \"{}>{}\"", flow.from, flow.to),
            "what else passes between the two",
        ),
        [flow, ..] if found.flows.len() > FEW => {
            go(&format!("explain \"{}\"", flow.id()), "one of them, with sources and rules");
        }
        _ => {}
    }
    if found.settings.iter().any(|one| one.place.contains("› Ports")) {
        go("port-change", "who learns of a changed port, and who does not");
    }
    if !found.exceptions.is_empty() {
        go("firewall-exceptions", "all of the client's exceptions");
    }
    if let Some((list, _)) = found.entries.first() {
        go(&format!("lists {}", list.slug), "the whole list");
    }
    let widest = next.iter().map(|(command, _)| command.chars().count()).max();
    if let Some(widest) = widest {
        heading("GO ON WITH");
        for (command, why) in next {
            // Commands are copied, so they stay whole however long they are.
            show::line(format!("  {command:<widest$}  {why}"));
        }
    }
}

/// Whether the two have more to do with each other than this.
fn more_between(flow: &Flow) -> bool {
    catalog::FLOWS.iter().any(|one| one.from == flow.from && one.to == flow.to && *one != flow)
}

fn heading(text: &str) {
    say("");
    say(text);
}

fn say(text: &str) {
    tell(Format::Table, text);
}

/// A label, and text that is set in after it.
fn item(label: &str, text: &str) {
    hang(&format!("  {label:<11}"), text);
}

fn bullet(text: &str) {
    hang("  • ", text);
}

fn lines(found: &Explanation) -> Vec<[String; 4]> {
    let line = |kind: &str, what: String, text: &str, source: String| {
        [kind.to_owned(), what, text.to_owned(), source]
    };
    let mut all: Vec<[String; 4]> = Vec::new();
    all.extend(
        found.flows.iter().map(|one| line("flow", one.id(), one.sentence, sources(one.source))),
    );
    all.extend(
        found
            .settings
            .iter()
            .map(|one| line("setting", one.service.to_string(), one.place, sources(one.source))),
    );
    all.extend(found.remarks.iter().map(|one| {
        let about: Vec<String> = one.about.iter().map(About::word).collect();
        line("remark", about.join(" "), one.text, sources(one.source))
    }));
    all.extend(found.notes.iter().flat_map(|note| {
        note.facts.iter().map(|fact| {
            line("note", format!("note-{}", note.number), fact.text, sources(fact.source))
        })
    }));
    all.extend(
        found
            .corrections
            .iter()
            .map(|one| line("correction", one.id.to_owned(), one.truth, sources(one.source))),
    );
    all.extend(found.exceptions.iter().map(|(feature, one)| {
        let text = format!("{} {}: {}", one.direction.text(), one.allows.text(), one.sentence);
        line("exception", feature.slug.to_owned(), &text, feature.source.to_string())
    }));
    all.extend(found.needs.iter().map(|(method, need)| {
        let text = format!(
            "{} {} {} {}: {}",
            need.from, need.to, need.service.protocol, need.service.ports, need.when
        );
        line("installation", method.slug.to_owned(), &text, method.source.to_string())
    }));
    all.extend(found.entries.iter().map(|(list, entry)| {
        let [protocol, port] = entry.cells();
        let text = format!("{protocol} {port}: {}", entry.what);
        line("list", list.slug.to_owned(), &text, sources(entry.source))
    }));
    all.extend(found.communications.iter().map(|one| {
        line("communication", format!("{}>{}", one.from, one.to), one.sentence, sources(one.source))
    }));
    all
}

fn as_json(found: &Explanation) -> Value {
    let flows: Vec<Value> = found
        .flows
        .iter()
        .map(|flow| {
            json!({
                "id": flow.id(), "opens": openers(flow), "protocol": flow.service.protocol.slug(),
                "port": flow.service.ports.to_string(), "service": flow.service.slug,
                "condition": condition(flow), "purpose": flow.sentence, "editions": editions(flow),
                "notes": flow.notes, "reversible": flow.reversible, "firewall": firewall(flow),
                "proof": proof(flow), "corrections": flow.corrections().collect::<Vec<_>>(),
                "sources": flow.source.iter().map(ToString::to_string).collect::<Vec<_>>(),
            })
        })
        .collect();
    let known: Vec<Value> = lines(found)
        .into_iter()
        .filter(|[kind, ..]| kind != "flow")
        .map(|[kind, what, text, source]| json!({ "kind": kind, "what": what, "text": text, "source": source }))
        .collect();
    json!({ "title": found.title, "sentences": found.sentences, "flows": flows, "known": known })
}
