//! What the articles say beside their tables: lists, settings, exceptions, methods,
//! the change of ports; and what is wrong in them.

use catalog::corrections::{CORRECTIONS, Correction};
use catalog::firewall::{FEATURES, Feature};
use catalog::install::{self, METHODS, Method};
use catalog::lists::{Entry, LISTS, List};
use catalog::port_change::PARTS;
use catalog::remarks::Remark;
use catalog::settings::{self, COMMUNICATIONS, SETTINGS};
use catalog::{ARTICLES, Edition, Opens, Reading, Role, Source};
use clap::Args;

use super::{Format, cited, hang, put, tell, words};
use crate::outcome::Failure;
use crate::show;

#[derive(Debug, Args)]
pub(super) struct Corrections {
    /// One of them, by its id.
    #[arg(value_parser = words::correction(), hide_possible_values = true, value_name = "ID")]
    id: Option<&'static Correction>,
}

impl Corrections {
    pub(super) fn run(self, format: Format) -> Result<(), Failure> {
        let wanted: Vec<&Correction> =
            self.id.map_or_else(|| CORRECTIONS.iter().collect(), |one| vec![one]);
        if format == Format::Table {
            for (n, one) in wanted.into_iter().enumerate() {
                if n > 0 {
                    tell(format, "");
                }
                correction(one);
            }
            return Ok(());
        }
        let columns = ["id", "editions", "says", "truth", "because", "rows", "at", "source"];
        put(
            format,
            columns,
            wanted.into_iter().map(|one| {
                let rows: Vec<String> = one.flows().map(|flow| flow.id()).collect();
                [
                    one.id.to_owned(),
                    editions(one),
                    one.says.to_owned(),
                    one.truth.to_owned(),
                    one.because.to_owned(),
                    rows.join(" "),
                    sources(one.at),
                    sources(one.source),
                ]
            }),
        )
    }
}

/// One correction, for people.
pub(super) fn correction(one: &Correction) {
    hang("", &format!("{} ({})", one.id, editions(one)));
    hang("  says     ", one.says);
    hang("  true     ", one.truth);
    hang("  because  ", one.because);
    for flow in one.flows() {
        let sign = if flow.fixes == Some(one.id) {
            "  adds     "
        } else if matches!(flow.truth, catalog::Truth::Never(_)) {
            "  removes  "
        } else {
            "  alters   "
        };
        hang(sign, &flow.id());
    }
    let listed = LISTS.iter().flat_map(|list| list.entries.iter().map(move |entry| (list, entry)));
    for (list, entry) in listed.filter(|(_, entry)| entry.fixes == Some(one.id)) {
        let from = entry.from.map_or(String::new(), |role| format!(" {role}:"));
        hang("  adds     ", &format!("to the list {}:{from} {}", list.slug, entry.what));
    }
    hang("  at       ", &cited(one.at));
    hang("  source   ", &cited(one.source));
}

fn editions(one: &Correction) -> String {
    let own: Vec<_> =
        Edition::MICROSOFT.into_iter().filter(|edition| one.editions.contains(*edition)).collect();
    if own.is_empty() {
        let article = one.at.first().and_then(Source::article);
        return article.map_or("", |article| article.name).to_owned();
    }
    own.iter().map(|edition| edition.slug()).collect::<Vec<_>>().join(" ")
}

pub(super) fn sources(all: &[Source]) -> String {
    all.iter().map(Source::to_string).collect::<Vec<_>>().join(" ")
}

#[derive(Debug, Args)]
pub(super) struct Settings {
    /// Of this edition.
    #[arg(long, value_parser = words::edition(), default_value = "2006", value_name = "EDITION")]
    edition: Edition,
}

impl Settings {
    pub(super) fn run(self, format: Format) -> Result<(), Failure> {
        let edition = self.edition;
        tell(format, format!("Ports that can be changed ({edition}):\n"));
        let columns = ["service", "protocol", "default", "alternate", "where", "know"];
        match (format, edition) {
            (Format::Table, Edition::Portolan) => put(format, columns, ours())?,
            (Format::Table, _) => by_place(edition),
            (_, Edition::Portolan) => return put(format, columns, ours()),
            _ => return put(format, columns, theirs(edition)),
        }
        tell(format, format!("\nPorts that cannot be changed ({edition}):\n"));
        let fixed = catalog::services(edition)
            .filter(|one| one.protocol.has_ports() && !settings::movable(one, edition));
        put(
            format,
            ["service", "protocol", "port", "what"],
            fixed.map(|one| {
                [
                    one.slug.into(),
                    one.protocol.to_string(),
                    one.ports.to_string(),
                    one.sentence.into(),
                ]
            }),
        )?;
        if edition == Edition::Portolan {
            return Ok(());
        }
        tell(format, "\nKinds of communication, as the article lists them:\n");
        let listed = COMMUNICATIONS.iter().filter(|one| one.editions.contains(edition));
        put(
            format,
            ["configurable", "from", "to", "what"],
            listed.map(|one| {
                let word = if one.configurable { "yes" } else { "no" };
                [word.into(), one.from.slug.into(), one.to.slug.into(), one.sentence.into()]
            }),
        )
    }
}

/// For people: place after place, what is set there.
fn by_place(edition: Edition) {
    let all: Vec<_> = SETTINGS.iter().filter(|one| one.editions.contains(edition)).collect();
    let mut places: Vec<&str> = Vec::new();
    for setting in &all {
        if !places.contains(&setting.place) {
            places.push(setting.place);
        }
    }
    for (n, place) in places.into_iter().enumerate() {
        if n > 0 {
            tell(Format::Table, "");
        }
        tell(Format::Table, place);
        for one in all.iter().filter(|one| one.place == place) {
            let service = one.service;
            let alternate = if one.alternate { ", and an alternate" } else { "" };
            let port = format!("{} {}{alternate}", service.protocol, service.ports);
            hang(&format!("  {:<34}", service.slug), &format!("{port}. {}", one.sentence));
        }
    }
}

fn theirs(edition: Edition) -> Vec<[String; 6]> {
    let all = SETTINGS.iter().filter(|one| one.editions.contains(edition));
    all.map(|one| {
        [
            one.service.slug.to_owned(),
            one.service.protocol.to_string(),
            one.service.ports.to_string(),
            if one.alternate { "yes" } else { "no" }.to_owned(),
            one.place.to_owned(),
            one.sentence.to_owned(),
        ]
    })
    .collect()
}

fn ours() -> Vec<[String; 6]> {
    let declared = catalog::SERVICES.iter().filter(|service| {
        let uses = |flow: &&&catalog::Flow| flow.service == **service;
        catalog::FLOWS.iter().filter(uses).any(|flow| flow.editions.declares(Edition::Portolan))
    });
    let movable = declared.filter_map(|service| Some((service, service.key()?)));
    movable
        .map(|(service, key)| {
            let alternate =
                matches!(service.ports, catalog::Ports::Setting { alternate: true, .. });
            let served = if service.served { "" } else { "not yet served" };
            [
                service.slug.to_owned(),
                service.protocol.to_string(),
                service.ports.to_string(),
                if alternate { "yes" } else { "no" }.to_owned(),
                format!("site file: ports = {{ {key} = … }}"),
                served.to_owned(),
            ]
        })
        .collect()
}

#[derive(Debug, Args)]
pub(super) struct Lists {
    /// One of them, by its name.
    #[arg(value_parser = words::list(), value_name = "LIST")]
    list: Option<&'static List>,
    /// As this edition has it.
    #[arg(long, value_parser = words::edition_of_an_article(), default_value = "2006", value_name = "EDITION")]
    edition: Edition,
    /// `documented`: what the text says; `corrected`: what is true.
    #[arg(long, value_parser = words::reading(), hide_possible_values = true, default_value = "documented", value_name = "READING")]
    reading: Reading,
}

impl Lists {
    pub(super) fn run(self, format: Format) -> Result<(), Failure> {
        let wanted: Vec<&'static List> = self.list.map_or_else(|| LISTS.to_vec(), |one| vec![one]);
        let columns = ["list", "from", "to", "initiator", "protocol", "port", "what"];
        if format != Format::Table {
            return put(format, columns, wanted.into_iter().flat_map(|list| self.rows(list)));
        }
        let [_, columns @ ..] = columns;
        for list in wanted {
            let count = list.entries(self.edition, self.reading).count() as u64;
            let size = show::counted(count, "line");
            tell(format, format!("{} ({}, {}: {size})", list.name, list.slug, self.edition));
            tell(format, list.sentence);
            tell(format, "");
            put(format, columns, self.rows(list).into_iter().map(|[_, rest @ ..]| rest))?;
            for remark in catalog::remarks::all().filter(|remark| self.concerns(remark, list)) {
                hang("• ", remark.text);
            }
            hang("  ", &cited(list.source));
            tell(format, "");
        }
        Ok(())
    }

    fn concerns(&self, remark: &Remark, list: &List) -> bool {
        let about = remark.about.iter().any(|about| about.word() == list.slug);
        about && remark.editions.contains(self.edition)
    }

    fn rows(&self, list: &'static List) -> Vec<[String; 7]> {
        let entries = list.entries(self.edition, self.reading);
        entries.flat_map(|entry| self.lines(list, entry)).collect()
    }

    /// An entry as a line; one that names a connection, as a line for each of its rows.
    fn lines(&self, list: &List, entry: &Entry) -> Vec<[String; 7]> {
        let side = |role: Option<&Role>| role.map_or("-", |role| role.slug).to_owned();
        let initiator = match (entry.from, entry.opens) {
            (None, _) => "-",
            (_, Opens::Either) => "either",
            _ => "from",
        };
        let line = |[protocol, port]: [String; 2]| {
            [
                list.slug.to_owned(),
                side(entry.from),
                side(entry.to),
                initiator.to_owned(),
                protocol,
                port,
                entry.what.to_owned(),
            ]
        };
        let flows = entry.flows(self.edition, self.reading);
        if flows.is_empty() {
            return vec![line(entry.cells())];
        }
        let cells = flows
            .iter()
            .map(|flow| [flow.service.protocol.to_string(), flow.service.ports.to_string()]);
        cells.map(line).collect()
    }
}

#[derive(Debug, Args)]
pub(super) struct FirewallExceptions {
    /// Of this feature only.
    #[arg(long, value_parser = words::feature(), value_name = "FEATURE")]
    feature: Option<&'static Feature>,
    /// `documented`: what the text says; `corrected`: what is true.
    #[arg(long, value_parser = words::reading(), hide_possible_values = true, default_value = "documented", value_name = "READING")]
    reading: Reading,
}

impl FirewallExceptions {
    pub(super) fn run(self, format: Format) -> Result<(), Failure> {
        let wanted: Vec<&Feature> =
            self.feature.map_or_else(|| FEATURES.iter().collect(), |one| vec![one]);
        dated(format, "client-firewall");
        let rows = wanted.iter().flat_map(|feature| {
            feature.exceptions(self.reading).map(|one| {
                [
                    feature.slug.to_owned(),
                    one.host.text().to_owned(),
                    one.direction.text().to_owned(),
                    one.allows.text(),
                    one.sentence.to_owned(),
                ]
            })
        });
        put(format, ["feature", "firewall of", "direction", "allow", "for"], rows)?;
        tell(format, "");
        for (feature, fact) in
            wanted.iter().flat_map(|one| one.facts.iter().map(|it| (one.slug, it)))
        {
            bullet(format, &format!("{feature}: {fact}"));
        }
        let word = |one: &&Correction| {
            wanted.iter().any(|feature| one.about.iter().any(|about| about.word() == feature.slug))
        };
        for one in CORRECTIONS.iter().filter(word).filter(|one| one.at.iter().any(is_firewall)) {
            bullet(format, &format!("Wrong in the text: {} In truth: {}", one.says, one.truth));
        }
        Ok(())
    }
}

fn is_firewall(source: &Source) -> bool {
    source.document == "client-firewall"
}

#[derive(Debug, Args)]
pub(super) struct InstallPorts {
    /// Of this method only.
    #[arg(long, value_parser = words::method(), value_name = "METHOD")]
    method: Option<&'static Method>,
    /// With the row that stands in the article's prose, not in a table.
    #[arg(long)]
    with_prose: bool,
}

impl InstallPorts {
    pub(super) fn run(self, format: Format) -> Result<(), Failure> {
        let wanted: Vec<&Method> =
            self.method.map_or_else(|| METHODS.iter().collect(), |one| vec![one]);
        if format == Format::Tsv {
            let rows = wanted.iter().flat_map(|method| method.lines(self.with_prose));
            return put(format, install::COLUMNS, rows);
        }
        dated(format, "client-firewall");
        let rows = wanted.iter().flat_map(|method| {
            let needs = method.needs.iter().filter(|need| self.with_prose || !need.prose);
            method.lines(self.with_prose).zip(needs).map(|(line, need)| {
                let [group, protocol, port, initiator, from, to, note] = line;
                [group, from, to, initiator, protocol, port, note, need.when.to_owned()]
            })
        });
        put(
            format,
            ["group", "from", "to", "initiator", "protocol", "port", "note", "when"],
            rows,
        )?;
        tell(
            format,
            "\nInitiator -: the text says “between”. Note 1: another port can be set. Note 2: WSUS has pairs of ports (note 3 of the port articles).",
        );
        if !self.with_prose {
            tell(
                format,
                "Push also sends ICMP echo requests, which stand in prose: `--with-prose`.",
            );
        }
        for (method, fact) in
            wanted.iter().flat_map(|one| one.facts.iter().map(|it| (one.slug, it)))
        {
            bullet(format, &format!("{method}: {fact}"));
        }
        let about_them = |one: &&Correction| {
            wanted.iter().any(|method| one.about.iter().any(|about| about.word() == method.slug))
        };
        for one in
            CORRECTIONS.iter().filter(about_them).filter(|one| one.at.iter().any(is_firewall))
        {
            bullet(format, &format!("Wrong in the text: {} In truth: {}", one.says, one.truth));
        }
        Ok(())
    }
}

pub(super) fn port_change(format: Format) -> Result<(), Failure> {
    dated(format, "client-ports");
    if format != Format::Table {
        let rows = PARTS.iter().flat_map(|part| {
            part.answers
                .iter()
                .map(|answer| [part.slug.to_owned(), (*answer).to_owned(), part.source.to_string()])
        });
        return put(format, ["part", "answer", "source"], rows);
    }
    for part in PARTS {
        tell(format, part.question);
        for answer in part.answers {
            bullet(format, answer);
        }
        tell(format, "");
    }
    for one in CORRECTIONS.iter().filter(|one| {
        one.about.iter().any(|about| matches!(about, catalog::about::About::PortChange))
    }) {
        tell(format, format!("Wrong in the text: {} In truth: {}", one.says, one.truth));
    }
    Ok(())
}

/// Which article, of which day.
fn dated(format: Format, name: &str) {
    if let Some(article) = ARTICLES.iter().find(|article| article.name == name) {
        tell(format, format!("{}: {}, {}\n", article.name, article.title, article.date));
    }
}

/// A fact, for people only.
fn bullet(format: Format, text: &str) {
    if format == Format::Table {
        hang("  • ", text);
    }
}
