//! The pages about ports: for each edition one that is arranged as people ask, by
//! machine and by port, and one for what belongs to no edition. All of it comes from
//! the catalog's rows, and nothing is added to them.

use std::collections::{BTreeMap, BTreeSet};

use catalog::about::About;
use catalog::corrections::{CORRECTIONS, Correction};
use catalog::firewall::FEATURES;
use catalog::install::METHODS;
use catalog::lists::LISTS;
use catalog::notes::NOTES;
use catalog::port_change::PARTS;
use catalog::settings::{self, COMMUNICATIONS, SETTINGS};
use catalog::{ARTICLES, Edition, FLOWS, Flow, Opens, Reading, Role, Source, Truth, Where, table};

/// Every page: where it is, and what stands there.
fn pages() -> Vec<(&'static str, String)> {
    vec![
        ("docs/ports.md", edition(Edition::Portolan)),
        ("docs/ports-1802.md", edition(Edition::V1802)),
        ("docs/ports-2002.md", edition(Edition::V2002)),
        ("docs/ports-2006.md", edition(Edition::V2006)),
        ("docs/ports-clients.md", clients()),
    ]
}

fn edition(edition: Edition) -> String {
    let mut page = String::new();
    match edition {
        Edition::Portolan => ours(&mut page),
        _ => theirs(&mut page, edition),
    }
    contents(&mut page, edition);
    by_machine(&mut page, edition);
    by_port(&mut page, edition);
    change(&mut page, edition);
    if edition != Edition::Portolan {
        conditions(&mut page, edition);
        notes(&mut page, edition);
        lists(&mut page, edition);
        corrections(&mut page, edition);
    }
    page
}

fn line(page: &mut String, text: impl AsRef<str>) {
    page.push_str(text.as_ref());
    page.push('\n');
}

fn heading(page: &mut String, level: usize, text: &str) {
    line(page, format!("\n{} {text}\n", "#".repeat(level)));
}

fn columns(page: &mut String, names: &[&str]) {
    line(page, format!("| {} |", names.join(" | ")));
    line(page, format!("|{}", "---|".repeat(names.len())));
}

fn row(page: &mut String, cells: &[&str]) {
    let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
    line(page, format!("| {} |", cells.join(" | ")));
}

const MADE: &str =
    "*Made from the catalog by `cargo xtask gen`; a change belongs into `crates/catalog`.*\n";

fn ours(page: &mut String) {
    line(page, "# Ports of Portolan\n");
    line(page, MADE);
    line(
        page,
        "Every connection that Portolan makes or lets in, machine by machine. What a site really needs follows from its site file:",
    );
    line(
        page,
        "`portolan plan`. Rows marked *later* are declared and not yet served: nothing listens there in this version.\n",
    );
    line(
        page,
        "The same pages for Microsoft Configuration Manager: [1802](ports-1802.md), [2002](ports-2002.md), [2006](ports-2006.md), and",
    );
    line(
        page,
        "[what its clients need](ports-clients.md). Ask for one thing with `portolan catalog explain 10123`.",
    );
}

fn theirs(page: &mut String, edition: Edition) {
    let rows = table::connections(edition, Reading::Documented, false);
    let pairs: BTreeSet<_> = rows.iter().map(|flow| (flow.from, flow.to)).collect();
    let article = ARTICLES.iter().find(|article| article.edition == Some(edition));
    let date = article.map_or("", |article| article.date);
    line(page, format!("# Ports of Configuration Manager, edition {edition}\n"));
    line(page, MADE);
    line(
        page,
        format!(
            "After Microsoft's article of {date}: {} connections with {} ports, arranged by machine instead of by connection, with what is",
            pairs.len(),
            rows.len(),
        ),
    );
    line(
        page,
        "wrong in it set right. A row that is **missing in the text** was added by a correction, one that is ~~struck out~~ stands in the",
    );
    line(
        page,
        "text and is not true; the [corrections](#corrections) say how that is known. A number with a star (443\\*) is a default that can be",
    );
    line(page, "[changed](#which-ports-can-be-changed); *nN* names a [note](#notes).\n");
    match edition {
        Edition::V2002 => line(
            page,
            "Edition 2006 is the same in every row and note; only its translation is younger.",
        ),
        Edition::V2006 => line(
            page,
            "Edition 2002 is the same in every row and note; only its translation is older. What changed since 1802: `portolan catalog diff 1802 2006`.",
        ),
        _ => line(page, "What changed later: `portolan catalog diff 1802 2006`."),
    }
    line(
        page,
        "\nOther pages: [1802](ports-1802.md), [2002](ports-2002.md), [2006](ports-2006.md), [what clients need](ports-clients.md),",
    );
    line(page, "[Portolan's own ports](ports.md).");
}

fn contents(page: &mut String, edition: Edition) {
    let ours = ["By machine", "By port", "Which ports can be changed"];
    let theirs = ["Worth knowing", "Notes", "Lists", "Corrections"];
    let theirs = theirs.iter().filter(|_| edition != Edition::Portolan);
    let links: Vec<String> =
        ours.iter().chain(theirs).map(|name| format!("[{name}](#{})", anchor(name))).collect();
    line(page, format!("\nOn this page: {}.", links.join(" · ")));
}

/// All rows that the edition declares or a correction adds.
fn rows(edition: Edition) -> Vec<&'static Flow> {
    let mut rows: Vec<_> =
        FLOWS.iter().copied().filter(|flow| flow.editions.declares(edition)).collect();
    let last = (u16::MAX, u16::MAX);
    rows.sort_by_key(|flow| {
        (flow.from, flow.to, flow.service.ports.usual().unwrap_or(last), flow.service)
    });
    rows
}

fn port(flow: &Flow, edition: Edition) -> String {
    let star = if settings::movable(flow.service, edition) { "\\*" } else { "" };
    let number = match flow.service.ports {
        catalog::Ports::None => flow.service.name.to_owned(),
        ports => format!("{} {ports}{star}", flow.service.protocol.slug().to_uppercase()),
    };
    match flow.truth {
        Truth::Never(_) if edition != Edition::Portolan => format!("~~{number}~~"),
        _ => number,
    }
}

fn when(flow: &Flow, edition: Edition) -> String {
    let mut words: Vec<String> = Vec::new();
    if !flow.editions.contains(edition) {
        words.push("*later*".into());
    }
    if flow.fixes.is_some() && edition != Edition::Portolan {
        words.push("**missing in the text**".into());
    }
    if flow.when != catalog::When::Always {
        words.push(flow.when.to_string());
    }
    let place = match flow.scope {
        Where::SameHost => "on the machine itself",
        Where::SameSubnet => "on one subnet",
        Where::SameSite => "within a site",
        Where::ParentOrChild => "parent and child site",
        Where::TopSite => "top site only",
        Where::BoundaryGroup | Where::Anywhere | Where::OtherHost => "",
    };
    words.extend((!place.is_empty()).then(|| place.to_owned()));
    if flow.via_proxy {
        words.push("through a proxy if there is one".into());
    }
    if edition != Edition::Portolan {
        let notes = flow.notes.iter().copied().chain(flow.reversible.then_some(5));
        words.extend(notes.map(|note| format!("*n{note}*")));
    }
    words.join(", ")
}

fn by_machine(page: &mut String, edition: Edition) {
    heading(page, 2, "By machine");
    line(
        page,
        "Of each machine: what it opens (→), what is opened to it (←), and where either side may begin (↔).",
    );
    let rows = rows(edition);
    let mut machines: BTreeMap<&'static Role, Vec<&'static Flow>> = BTreeMap::new();
    for flow in rows {
        machines.entry(flow.from).or_default().push(flow);
        if flow.to != flow.from {
            machines.entry(flow.to).or_default().push(flow);
        }
    }
    for (role, mut flows) in machines {
        heading(page, 3, role.name);
        line(page, format!("{}\n", role.sentence));
        columns(page, &["", "other side", "port", "for", "when"]);
        let sign = |flow: &Flow| match flow.opens {
            Opens::Either => "↔",
            _ if flow.from == flow.to => "↔",
            Opens::From if flow.from == role => "→",
            Opens::To if flow.to == role => "→",
            _ => "←",
        };
        flows.sort_by_key(|flow| sign(flow) == "←");
        // Ports that differ in nothing else are one line.
        let mut lines: Vec<([String; 4], Vec<String>)> = Vec::new();
        for flow in flows {
            let other = if flow.from == role { flow.to } else { flow.from };
            let link = format!("[{}](#{})", other.name, anchor(other.name));
            let rest = [sign(flow).into(), link, flow.sentence.into(), when(flow, edition)];
            match lines.iter_mut().find(|(same, _)| *same == rest) {
                Some((_, ports)) => ports.push(port(flow, edition)),
                None => lines.push((rest, vec![port(flow, edition)])),
            }
        }
        for ([sign, other, purpose, when], ports) in lines {
            row(page, &[&sign, &other, &ports.join(", "), &purpose, &when]);
        }
    }
}

/// As Markdown makes it out of a heading.
fn anchor(text: &str) -> String {
    let word = |c: char| c.is_alphanumeric() || c == ' ' || c == '-';
    text.to_lowercase().chars().filter(|c| word(*c)).collect::<String>().replace(' ', "-")
}

fn by_port(page: &mut String, edition: Edition) {
    heading(page, 2, "By port");
    columns(page, &["port", "service", "from → to"]);
    let mut services: BTreeMap<_, Vec<&'static Flow>> = BTreeMap::new();
    for flow in rows(edition).into_iter().filter(|flow| flow.service.protocol.has_ports()) {
        let first = flow.service.ports.usual().unwrap_or((u16::MAX, u16::MAX));
        services.entry((first, flow.service.protocol, flow.service.slug)).or_default().push(flow);
    }
    for flows in services.into_values() {
        let Some(first) = flows.first() else { continue };
        let mut openers: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for flow in &flows {
            openers.entry(flow.to.name).or_default().push(flow.from.name);
        }
        // Who is asked by the same ones is named with them.
        let mut asked: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for (to, from) in openers {
            asked.entry(from.join(", ")).or_default().push(to);
        }
        let ends: Vec<String> =
            asked.into_iter().map(|(from, to)| format!("{from} → {}", to.join(", "))).collect();
        let service = format!("{} (`{}`)", first.service.name, first.service.slug);
        row(page, &[&port(first, edition), &service, &ends.join("; ")]);
    }
}

fn change(page: &mut String, edition: Edition) {
    heading(page, 2, "Which ports can be changed");
    if edition == Edition::Portolan {
        line(
            page,
            "All with a star, in the site file, under `ports`, by the service's name: for the whole site or for one role of one host. *http* and",
        );
        line(
            page,
            "*https* may have an alternate beside the default; of a range the first can be moved, and the others follow. The ports without a",
        );
        line(page, "star were chosen by the operating system or by firmware.");
        return;
    }
    columns(page, &["service", "default", "where", "know"]);
    for one in SETTINGS.iter().filter(|one| one.editions.contains(edition)) {
        let number =
            format!("{} {}", one.service.protocol.slug().to_uppercase(), one.service.ports);
        let number = if one.alternate { format!("{number}, and an alternate") } else { number };
        row(page, &[one.service.name, &number, one.place, one.sentence]);
    }
    line(
        page,
        "\nThe article itself lists kinds of communication; some are no connection of its tables.\n",
    );
    columns(page, &["configurable", "from", "to", ""]);
    for one in COMMUNICATIONS.iter().filter(|one| one.editions.contains(edition)) {
        let word = if one.configurable { "yes" } else { "no" };
        row(page, &[word, one.from.name, one.to.name, one.sentence]);
    }
}

fn cited(all: &[Source], edition: Edition) -> String {
    let own = all.iter().filter(|source| source.speaks_for(edition));
    own.map(|source| format!("`{source}`")).collect::<Vec<_>>().join(" ")
}

fn conditions(page: &mut String, edition: Edition) {
    heading(page, 2, "Worth knowing");
    line(page, "What the tables leave out, by subject.");
    for (subject, remarks) in catalog::remarks::SUBJECTS {
        heading(page, 3, subject);
        for remark in remarks.iter().filter(|remark| remark.editions.contains(edition)) {
            let about: Vec<String> = remark.about.iter().map(About::name).collect();
            let source = cited(remark.source, edition);
            line(page, format!("- *{}.* {} {source}", about.join(" · "), remark.text));
        }
    }
}

fn notes(page: &mut String, edition: Edition) {
    heading(page, 2, "Notes");
    for note in NOTES {
        line(page, format!("**{}. {}**\n", note.number, note.title));
        for fact in note.facts(edition) {
            line(page, format!("- {}", fact.text));
        }
        line(page, "");
    }
}

fn lists(page: &mut String, edition: Edition) {
    heading(page, 2, "Lists");
    for list in LISTS {
        heading(page, 3, list.name);
        line(page, format!("{}\n", list.sentence));
        columns(page, &["from", "to", "port", "what"]);
        for entry in list.entries(edition, Reading::Corrected) {
            let side = |role: Option<&Role>| role.map_or("", |role| role.name);
            let flows = entry.flows(edition, Reading::Corrected);
            let ports = if flows.is_empty() {
                match entry.cells() {
                    [protocol, port] if protocol == port => protocol,
                    [protocol, port] if protocol == "not stated" => {
                        format!("{port}, no transport stated")
                    }
                    [protocol, port] => format!("{} {port}", protocol.to_uppercase()),
                }
            } else {
                let mut all: Vec<String> = flows.iter().map(|flow| port(flow, edition)).collect();
                all.dedup();
                all.join(", ")
            };
            let lacks = if entry.fixes.is_some() { " **missing in this list**" } else { "" };
            let what = format!("{}{lacks}", entry.what);
            row(page, &[side(entry.from), side(entry.to), &ports, &what]);
        }
    }
}

fn corrections(page: &mut String, edition: Edition) {
    heading(page, 2, "Corrections");
    let own = CORRECTIONS.iter().filter(|one| one.editions.contains(edition));
    own.for_each(|one| correction(page, one));
}

fn correction(page: &mut String, one: &Correction) {
    let evidence: Vec<String> = one.source.iter().map(|source| format!("`{source}`")).collect();
    line(
        page,
        format!(
            "- **{}** The text: {} **In truth:** {} {} {}",
            one.id,
            one.says,
            one.truth,
            one.because,
            evidence.join(" ")
        ),
    );
}

fn clients() -> String {
    let mut made = String::new();
    let page = &mut made;
    line(page, "# Ports of Configuration Manager's clients\n");
    line(page, MADE);
    line(
        page,
        "What a client's own firewall has to allow, what installing a client needs, and how the ports of clients are changed: after two",
    );
    line(page, "articles that belong to no edition.\n");
    for article in ARTICLES.iter().filter(|article| article.edition.is_none()) {
        line(page, format!("- `{}`: {}, {}", article.name, article.title, article.date));
    }
    heading(page, 2, "What the firewall has to allow");
    columns(page, &["feature", "firewall of", "direction", "allow", "for"]);
    for feature in FEATURES {
        for one in feature.exceptions(Reading::Corrected) {
            let lacks = if one.fixes.is_some() { " **missing in the text**" } else { "" };
            let what = format!("{}{lacks}", one.sentence);
            row(
                page,
                &[feature.name, one.host.text(), one.direction.text(), &one.allows.text(), &what],
            );
        }
    }
    line(page, "");
    for (feature, fact) in FEATURES.iter().flat_map(|one| one.facts.iter().map(move |it| (one, it)))
    {
        line(page, format!("- {}: {fact}", feature.name));
    }
    heading(page, 2, "What installation needs");
    columns(page, &["method", "from", "to", "port", "when"]);
    for method in METHODS {
        for need in method.needs {
            let number = match need.service.ports {
                catalog::Ports::None => need.service.name.to_owned(),
                ports => format!("{} {ports}", need.service.protocol.slug().to_uppercase()),
            };
            let number =
                if need.directed { number } else { format!("{number}, either side by the text") };
            row(page, &[method.name, need.from.name, need.to.name, &number, need.when]);
        }
    }
    line(page, "");
    for (method, fact) in METHODS.iter().flat_map(|one| one.facts.iter().map(move |it| (one, it))) {
        line(page, format!("- {}: {fact}", method.name));
    }
    heading(page, 2, "How ports are changed");
    for part in PARTS {
        line(page, format!("**{}**\n", part.question));
        part.answers.iter().for_each(|answer| line(page, format!("- {answer}")));
        line(page, "");
    }
    heading(page, 2, "Corrections");
    let own =
        |one: &&Correction| Edition::ALL.iter().all(|edition| !one.editions.contains(*edition));
    CORRECTIONS.iter().filter(own).for_each(|one| correction(page, one));
    made
}

#[test]
fn the_pages_about_ports_are_true() {
    let write = std::env::var_os("UPDATE_GOLDEN").is_some();
    for (file, page) in pages() {
        let path = crate::place::root().join(file);
        if write {
            std::fs::write(&path, &page).unwrap_or_else(|error| panic!("{file}: {error}"));
        }
        let have = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(have == page, "{file} is out of date: `cargo xtask gen` makes it");
    }
}
