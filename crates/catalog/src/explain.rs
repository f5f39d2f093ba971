//! Everything that is known about one thing: a port, a range, a role, a service, a
//! connection, a flow, a note, or any other word of the catalog.
//!
//! It only gathers; it adds nothing to the rows. A word that means several things
//! (`remote-control` is a service and a feature of the clients' firewall) is
//! answered with all of them.

mod asked;

use asked::{Subject, subject};
pub use asked::{Unknown, edition, port, role};

use crate::about::About;
use crate::corrections::{self, CORRECTIONS, Correction};
use crate::edition::Edition;
use crate::firewall::{self, Exception, FEATURES, Feature};
use crate::flow::Flow;
use crate::flows::FLOWS;
use crate::install::{self, METHODS, Method, Need};
use crate::lists::{Entry, LISTS, List};
use crate::notes::{NOTES, Note};
use crate::port::Protocol;
use crate::remarks::{self, Remark};
use crate::role::{ROLES, Role};
use crate::service::{SERVICES, Service};
use crate::settings::{COMMUNICATIONS, Communication, SETTINGS, Setting};
use crate::{find_role, find_service, nearest};

/// Of more rows than this no remarks on whole connections are told: nobody would
/// read them all.
const MANY: usize = 30;
/// Of more rows than this between two roles none on single services.
const FEW: usize = 12;

/// What is known.
#[derive(Debug, Default)]
pub struct Explanation {
    pub title: String,
    /// What it is, in a sentence each.
    pub sentences: Vec<&'static str>,
    /// The rows, of every edition and both readings.
    pub flows: Vec<&'static Flow>,
    /// What is spoken there.
    pub services: Vec<&'static Service>,
    /// Where Configuration Manager sets the port.
    pub settings: Vec<&'static Setting>,
    pub notes: Vec<&'static Note>,
    pub remarks: Vec<&'static Remark>,
    pub corrections: Vec<&'static Correction>,
    pub exceptions: Vec<(&'static Feature, &'static Exception)>,
    pub needs: Vec<(&'static Method, &'static Need)>,
    pub entries: Vec<(&'static List, &'static Entry)>,
    /// Kinds of communication that the articles call configurable or not.
    pub communications: Vec<&'static Communication>,
}

/// Everything about `asked`.
///
/// # Errors
/// Where the catalog has no such word, or the number is no port.
pub fn explain(asked: &str) -> Result<Explanation, Unknown> {
    match subject(asked)? {
        Subject::Ports { protocol, first, last } => Ok(of_ports(protocol, first, last)),
        Subject::Connection { from, to, service } => of_connection(from, to, service),
        Subject::Note(note) => Ok(of_note(note)),
        Subject::Words(word) => of_word(&word),
    }
}

/// Every word that can be asked for, beside ports and connections.
pub fn words() -> impl Iterator<Item = &'static str> {
    let roles = ROLES.iter().map(|role| role.slug);
    let services = SERVICES.iter().map(|service| service.slug);
    let lists = LISTS.iter().map(|list| list.slug);
    let features = FEATURES.iter().map(|feature| feature.slug);
    let methods = METHODS.iter().map(|method| method.slug);
    let corrections = CORRECTIONS.iter().map(|correction| correction.id);
    roles.chain(services).chain(lists).chain(features).chain(methods).chain(corrections).chain([
        "note-1",
        "note-2",
        "note-3",
        "note-4",
        "note-5",
        "note-6",
        "everything",
    ])
}

/// The services with a port in the range.
fn spoken_at(protocol: Option<Protocol>, first: u16, last: u16) -> Vec<&'static Service> {
    let at = |service: &&&'static Service| {
        let usual = service.ports.usual();
        protocol.is_none_or(|protocol| protocol == service.protocol)
            && usual.is_some_and(|(from, to)| from <= last && first <= to)
    };
    SERVICES.iter().filter(at).copied().collect()
}

fn of_ports(protocol: Option<Protocol>, first: u16, last: u16) -> Explanation {
    let services = spoken_at(protocol, first, last);
    let mut found = of_services(&services);
    let number = if first == last { first.to_string() } else { format!("{first}-{last}") };
    let names: Vec<&str> = services.iter().map(|service| service.slug).collect();
    let protocol = protocol.map_or_else(
        || {
            let mut all: Vec<_> = services.iter().map(|one| one.protocol.slug()).collect();
            all.sort_unstable();
            all.dedup();
            all.join(" and ").to_uppercase()
        },
        |protocol| protocol.slug().to_uppercase(),
    );
    let what = if names.is_empty() { "no service of the catalog".into() } else { names.join(", ") };
    let port = if protocol.is_empty() { "port".to_owned() } else { protocol };
    found.title = format!("{port} {number}: {what}");
    found.entries = entries(|entry| (first..=last).any(|port| entry.has_port(port)));
    let about_port =
        |about: &About| matches!(about, About::Port(port) if (first..=last).contains(port));
    found.remarks.extend(remarks::all().filter(|one| one.about.iter().any(about_port)));
    found.once();
    found
}

fn of_services(services: &[&'static Service]) -> Explanation {
    let spoken = |service: &'static Service| services.contains(&service);
    let flows: Vec<_> = FLOWS.iter().copied().filter(|flow| spoken(flow.service)).collect();
    let mut found = of_flows(flows);
    found.sentences = services.iter().map(|service| service.sentence).collect();
    found.services = services.to_vec();
    found.settings = SETTINGS.iter().filter(|one| spoken(one.service)).collect();
    found.exceptions = exceptions(|one| one.service().is_some_and(spoken));
    found.needs = needs(|need| spoken(need.service));
    found.entries = entries(|entry| entry.service().is_some_and(spoken));
    let about = |about: &About| matches!(about, About::Service(service) if spoken(service));
    found.remarks.extend(remarks::all().filter(|one| one.about.iter().any(about)));
    found.corrections.extend(CORRECTIONS.iter().filter(|one| one.about.iter().any(about)));
    found.once();
    found
}

/// The rows, and what concerns them. Remarks on whole connections only where these
/// are few: else nobody would read them.
fn of_flows(flows: Vec<&'static Flow>) -> Explanation {
    let concerns = |about: &[About]| {
        flows.iter().any(|flow| {
            about.iter().any(|one| match one {
                About::Connection(..) => flows.len() <= MANY && one.concerns(flow, Edition::V2006),
                _ => false,
            })
        })
    };
    let notes = NOTES.iter().filter(|note| {
        let about = About::Note(note.number);
        flows.iter().any(|flow| {
            Edition::MICROSOFT.iter().any(|edition| flow.editions.contains(*edition))
                && about.concerns(flow, Edition::V2006)
        })
    });
    let corrections = CORRECTIONS.iter().filter(|correction| {
        flows.iter().any(|flow| flow.corrections().any(|id| id == correction.id))
            || concerns(correction.about)
    });
    Explanation {
        notes: notes.collect(),
        remarks: remarks::all().filter(|remark| concerns(remark.about)).collect(),
        corrections: corrections.collect(),
        flows,
        ..Explanation::default()
    }
}

fn of_connection(
    from: &'static Role,
    to: &'static Role,
    service: Option<&'static Service>,
) -> Result<Explanation, Unknown> {
    let title = match service {
        Some(service) => format!("{from}>{to}/{service}"),
        None => format!("{from}>{to}"),
    };
    let wanted = |flow: &&'static Flow| service.is_none_or(|service| flow.service == service);
    let between = |from: &Role, to: &Role| -> Vec<&'static Flow> {
        let both = |flow: &&'static Flow| flow.from == from && flow.to == to;
        FLOWS.iter().copied().filter(both).filter(wanted).collect()
    };
    let flows = between(from, to);
    if flows.is_empty() {
        let turned = between(to, from);
        let near = turned.first().map(|flow| match service {
            Some(service) => format!("{to}>{from}/{service}"),
            None => format!("{}>{}", flow.from, flow.to),
        });
        let near = near.or_else(|| others(from, to, service)).or_else(|| who_asks(to));
        return Err(Unknown { message: format!("no edition has a flow {title}"), near });
    }
    let mut found = of_flows(flows);
    found.title = title;
    let spoken: Vec<&'static Service> = found.flows.iter().map(|flow| flow.service).collect();
    found.settings = SETTINGS.iter().filter(|one| spoken.contains(&one.service)).collect();
    let joins = |one: Option<&'static Role>, other: Option<&'static Role>| {
        one == Some(from) && other == Some(to)
    };
    found.entries = entries(|entry| joins(entry.from, entry.to));
    found.communications =
        COMMUNICATIONS.iter().filter(|one| joins(Some(one.from), Some(one.to))).collect();
    found.needs =
        needs(|need| spoken.contains(&need.service) && (joins(Some(need.from), Some(need.to))));
    let few = spoken.len() <= FEW;
    let about = |about: &About| few && matches!(about, About::Service(one) if spoken.contains(one));
    found.remarks.extend(remarks::all().filter(|one| one.about.iter().any(about)));
    found.corrections.extend(CORRECTIONS.iter().filter(|one| one.about.iter().any(about)));
    found.services = spoken;
    found.once();
    Ok(found)
}

/// The same connection with another service, where there is one.
fn others(from: &Role, to: &Role, service: Option<&Service>) -> Option<String> {
    service?;
    FLOWS.iter().find(|flow| flow.from == from && flow.to == to).map(|_| format!("{from}>{to}"))
}

/// Who else asks this role, where these two have nothing to do with each other.
fn who_asks(to: &Role) -> Option<String> {
    FLOWS.iter().find(|flow| flow.to == to).map(|flow| format!("{}>{to}", flow.from))
}

fn of_note(note: &'static Note) -> Explanation {
    let about = About::Note(note.number);
    let concerned = |flow: &&'static Flow| {
        Edition::MICROSOFT.iter().any(|edition| flow.editions.contains(*edition))
            && about.concerns(flow, Edition::V2006)
    };
    let on = |one: &About| matches!(one, About::Note(number) if *number == note.number);
    let mut found = Explanation {
        title: format!("Note {}: {}", note.number, note.title),
        flows: FLOWS.iter().copied().filter(concerned).collect(),
        notes: vec![note],
        remarks: remarks::all().filter(|remark| remark.about.iter().any(on)).collect(),
        corrections: CORRECTIONS.iter().filter(|one| one.about.iter().any(on)).collect(),
        ..Explanation::default()
    };
    found.once();
    found
}

fn of_word(word: &str) -> Result<Explanation, Unknown> {
    let mut found =
        find_service(word).map_or_else(Explanation::default, |service| of_services(&[service]));
    found.title = word.to_owned();
    let mut known = !found.services.is_empty() || word == "everything";
    if let Some(role) = find_role(word) {
        known = true;
        found.add_role(role);
    }
    if let Some(list) = LISTS.iter().find(|list| list.slug == word) {
        known = true;
        found.sentences.push(list.sentence);
        found.entries.extend(list.entries.iter().map(|entry| (*list, entry)));
    }
    if let Some(feature) = firewall::find(word) {
        known = true;
        found.exceptions.extend(feature.exceptions.iter().map(|one| (feature, one)));
        found.sentences.extend(feature.facts);
    }
    if let Some(method) = install::find(word) {
        known = true;
        found.needs.extend(method.needs.iter().map(|need| (method, need)));
        found.sentences.extend(method.facts);
    }
    if let Some(correction) = corrections::find(word) {
        known = true;
        found.corrections.push(correction);
        found.flows.extend(correction.flows());
    }
    if !known {
        let near = nearest(word, words()).map(str::to_owned);
        return Err(Unknown { message: format!("the catalog has no `{word}`"), near });
    }
    let about = |about: &About| about.word() == word;
    found.remarks.extend(remarks::all().filter(|remark| remark.about.iter().any(about)));
    found.corrections.extend(CORRECTIONS.iter().filter(|one| one.about.iter().any(about)));
    found.once();
    Ok(found)
}

fn entries(wanted: impl Fn(&Entry) -> bool) -> Vec<(&'static List, &'static Entry)> {
    let all = LISTS.iter().flat_map(|list| list.entries.iter().map(move |entry| (*list, entry)));
    all.filter(|(_, entry)| wanted(entry)).collect()
}

fn needs(wanted: impl Fn(&Need) -> bool) -> Vec<(&'static Method, &'static Need)> {
    let all = METHODS.iter().flat_map(|method| method.needs.iter().map(move |need| (method, need)));
    all.filter(|(_, need)| wanted(need)).collect()
}

fn exceptions(wanted: impl Fn(&Exception) -> bool) -> Vec<(&'static Feature, &'static Exception)> {
    let all = FEATURES.iter().flat_map(|one| one.exceptions.iter().map(move |it| (one, it)));
    all.filter(|(_, exception)| wanted(exception)).collect()
}

impl Explanation {
    fn add_role(&mut self, role: &'static Role) {
        let flows = FLOWS.iter().copied().filter(|flow| flow.from == role || flow.to == role);
        let Self { flows, notes, remarks, corrections, .. } = of_flows(flows.collect());
        self.sentences.insert(0, role.sentence);
        self.flows.extend(flows);
        self.notes.extend(notes);
        self.remarks.extend(remarks);
        self.corrections.extend(corrections);
        self.entries.extend(entries(|entry| entry.from == Some(role) || entry.to == Some(role)));
        self.needs.extend(needs(|need| need.from == role || need.to == role));
        let of_role = |one: &&Communication| one.from == role || one.to == role;
        self.communications.extend(COMMUNICATIONS.iter().filter(of_role));
    }

    /// Says nothing twice, and rows in the order of their ids.
    fn once(&mut self) {
        self.flows.sort();
        self.flows.dedup();
        once(&mut self.remarks, |one| std::ptr::from_ref(*one).addr());
        once(&mut self.corrections, |one| std::ptr::from_ref(*one).addr());
        once(&mut self.notes, |one| std::ptr::from_ref(*one).addr());
        once(&mut self.entries, |(_, one)| std::ptr::from_ref(*one).addr());
        once(&mut self.needs, |(_, one)| std::ptr::from_ref(*one).addr());
        once(&mut self.exceptions, |(_, one)| std::ptr::from_ref(*one).addr());
    }

    /// Whether there is anything to say.
    pub fn is_empty(&self) -> bool {
        self.flows.is_empty()
            && self.remarks.is_empty()
            && self.entries.is_empty()
            && self.needs.is_empty()
            && self.exceptions.is_empty()
            && self.corrections.is_empty()
            && self.communications.is_empty()
    }
}

fn once<T, K: Ord>(all: &mut Vec<T>, key: impl Fn(&T) -> K) {
    let mut seen = std::collections::BTreeSet::new();
    all.retain(|one| seen.insert(key(one)));
}
