//! `edition`, `[site.P01]`, `[client-settings]`, and `ports` wherever they stand.

use catalog::{Edition, Ports as Kind, Service};

use crate::estate::{ClientSettings, PortSetting, Ports, Said, Site, SiteKind};
use crate::mistake::Mistake;

use super::fields::{Field, Fields, did_you_mean, show};
use super::word;

const KINDS: &[(&str, SiteKind)] = &[
    ("central", SiteKind::Central),
    ("primary", SiteKind::Primary),
    ("secondary", SiteKind::Secondary),
];

/// What the file says, else ours.
pub(super) fn edition(root: &Fields<'_>, mistakes: &mut Vec<Mistake>) -> Said<Edition> {
    let ours = Said { value: Edition::Portolan, at: 0..0 };
    let Some(text) = root.text("edition", mistakes) else { return ours };
    match Edition::parse(&text.value) {
        Some(value) => Said { value, at: text.at },
        None => {
            let known = Edition::ALL.map(Edition::slug);
            let meant = catalog::nearest(&text.value, known);
            let message = format!("there is no edition `{}`", show(&text.value));
            mistakes.push(Mistake::new(text.at, message).help(did_you_mean(meant, &known)));
            ours
        }
    }
}

/// The sites, sorted by code; none where the file names none.
pub(super) fn sites(
    root: &Fields<'_>,
    edition: Edition,
    mistakes: &mut Vec<Mistake>,
) -> Option<Vec<Site>> {
    let sites = root.table("site", mistakes).map(|sites| sites.all()).unwrap_or_default();
    if sites.is_empty() {
        let message = "the file names no site";
        let help = "begin with [site.P01]: a code of three letters or digits, and a name under it";
        mistakes.push(Mistake::new(root.at.clone(), message).help(help));
        return None;
    }
    let mut sites: Vec<Site> =
        sites.iter().filter_map(|field| one(field, edition, mistakes)).collect();
    sites.sort_by(|one, other| one.code.value.cmp(&other.code.value));
    (!sites.is_empty()).then_some(sites)
}

fn one(field: &Field<'_>, edition: Edition, mistakes: &mut Vec<Mistake>) -> Option<Site> {
    if !word::is_site_code(field.key) {
        let message = format!("`{}` is no site code", show(field.key));
        mistakes.push(
            Mistake::new(field.key_at.clone(), message)
                .help("a site code is three upper-case letters or digits, such as P01"),
        );
    }
    let fields = field.table(mistakes)?;
    fields.only(&["name", "ports", "parent", "kind", "installing"], mistakes);
    let code = Said { value: field.key.to_owned(), at: field.key_at.clone() };
    let name = fields.text("name", mistakes).map_or_else(|| code.value.clone(), |name| name.value);
    let parent = fields.text("parent", mistakes);
    let kind = fields.get("kind").and_then(|field| field.word(KINDS, mistakes));
    let installing = fields.get("installing").and_then(|field| field.boolean(mistakes));
    let installing = installing.filter(|said| said.value).map(|said| said.at);
    let ports = ports(&fields, &configurable(edition), mistakes);
    Some(Site { code, name, parent, kind, ports, installing })
}

/// The services of an edition that have a port to set.
pub(super) fn configurable(edition: Edition) -> Vec<&'static Service> {
    catalog::services(edition).filter(|one| one.key().is_some()).collect()
}

pub(super) fn settings(fields: &Fields<'_>, mistakes: &mut Vec<Mistake>) -> ClientSettings {
    fields.only(&["policy-poll", "heartbeat", "inventory"], mistakes);
    let default = ClientSettings::default();
    let mut interval = |key, default| {
        fields.get(key).and_then(|field| seconds(&field, 1, mistakes)).unwrap_or(default)
    };
    ClientSettings {
        poll: interval("policy-poll", default.poll),
        heartbeat: interval("heartbeat", default.heartbeat),
        inventory: interval("inventory", default.inventory),
    }
}

/// An interval of at least `shortest` seconds, and at most 30 days.
pub(super) fn seconds(
    field: &Field<'_>,
    shortest: u32,
    mistakes: &mut Vec<Mistake>,
) -> Option<u32> {
    const LONGEST: u32 = 30 * 24 * 60 * 60;
    let text = field.text(mistakes)?;
    let (message, help) = match word::seconds(&text.value) {
        Some(seconds) if (shortest..=LONGEST).contains(&seconds) => return Some(seconds),
        Some(_) if shortest == 0 => ("is out of range", "from \"0s\" to \"30d\""),
        Some(_) => ("is out of range", "from \"1s\" to \"30d\""),
        None => ("is no interval", "write a number and s, m, h or d: \"60s\", \"1h\""),
    };
    let message = format!("`{}`: {} {message}", field.path, show(&text.value));
    mistakes.push(Mistake::new(text.at, message).help(help));
    None
}

/// The table `ports` in `fields`, for services among `allowed`.
pub(super) fn ports(
    fields: &Fields<'_>,
    allowed: &[&'static Service],
    mistakes: &mut Vec<Mistake>,
) -> Ports {
    let Some(table) = fields.table("ports", mistakes) else { return Ports::new() };
    let mut ports = Ports::new();
    for field in table.all() {
        let Some(service) = service(&field, fields.path(), allowed, mistakes) else { continue };
        if let Some(key) = service.key() {
            ports.insert(key, setting(&field, service, mistakes));
        }
    }
    ports
}

fn service(
    field: &Field<'_>,
    place: &str,
    allowed: &[&'static Service],
    mistakes: &mut Vec<Mistake>,
) -> Option<&'static Service> {
    if let Some(service) = allowed.iter().find(|service| service.key() == Some(field.key)) {
        return Some(service);
    }
    let known: Vec<&str> = allowed.iter().filter_map(|service| service.key()).collect();
    let exists = catalog::find_service(field.key);
    let message = match exists {
        Some(service) if service.key().is_none() => {
            format!("{service} has no port of its own to set")
        }
        Some(service) => format!("`{}` does not answer {service}", show(place)),
        None => format!("unknown service `{}`", show(field.key)),
    };
    let help = match (exists, known.is_empty()) {
        (_, true) => "nothing here has a port to set".to_owned(),
        (Some(_), false) => did_you_mean(None, &known),
        (None, false) => did_you_mean(catalog::nearest(field.key, known.iter().copied()), &known),
    };
    mistakes.push(Mistake::new(field.key_at.clone(), message).help(help));
    None
}

fn setting(
    field: &Field<'_>,
    service: &'static Service,
    mistakes: &mut Vec<Mistake>,
) -> PortSetting {
    if !field.is_table() {
        return PortSetting { service, default: field.port(mistakes), alternate: None };
    }
    let mut setting = PortSetting { service, default: None, alternate: None };
    let Some(fields) = field.table(mistakes) else { return setting };
    fields.only(&["default", "alternate"], mistakes);
    setting.default = fields.get("default").and_then(|field| field.port(mistakes));
    if let Some(alternate) = fields.get("alternate") {
        if matches!(service.ports, Kind::Setting { alternate: true, .. }) {
            setting.alternate = alternate.port(mistakes);
        } else {
            let message = format!("{service} has no alternate port");
            mistakes.push(Mistake::new(alternate.key_at, message));
        }
    }
    setting
}
