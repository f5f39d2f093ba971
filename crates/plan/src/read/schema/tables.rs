//! The tables of a site file, from the top to the bottom.

use std::collections::BTreeMap;

use catalog::role::{DISTRIBUTION_POINT, PACKAGE_MIRROR, SQL_SERVER, WSUS_SQL_SERVER};
use catalog::service::SITE_LINK;
use catalog::{Edition, FLOWS, Ports, Role, RunBy, Service};

use super::{Form, Key, Text, Word};
use crate::mistake::Kind;
use crate::read::{feature, role, site};

pub(super) fn root() -> Vec<Key> {
    vec![
        key("edition", "The catalog's edition; `portolan` unless said.", Form::Word(editions())),
        must(key("site", "The sites.", Form::Named(Text::Code, table(site())))),
        key("client-settings", "How often clients do what.", Form::Table(client_settings())),
        key("network", "The networks.", Form::Named(Text::Key, table(network()))),
        key(
            "boundary-group",
            "Which distribution points serve which networks.",
            Form::Named(Text::Key, table(group())),
        ),
        key("host", "The hosts, and what each is.", Form::Named(Text::Key, table(host()))),
        key(
            "cluster",
            "Several hosts behind one address.",
            Form::Named(Text::Key, table(cluster())),
        ),
        key("cloud", "Whoever is known by name only.", Form::Named(Text::Key, table(cloud()))),
        key("features", "What is switched on.", Form::Table(features())),
        key(
            "alternatives",
            "Of several ways the one that is used; the first unless said.",
            Form::Table(alternatives()),
        ),
        key(
            "silenced",
            "Findings that nobody needs to hear again, each with its reason.",
            Form::Table(silenced()),
        ),
    ]
}

fn key(name: &'static str, sentence: impl Into<String>, form: Form) -> Key {
    Key { name, sentence: sentence.into(), must: false, form }
}

fn must(key: Key) -> Key {
    Key { must: true, ..key }
}

fn table(keys: Vec<Key>) -> Box<Form> {
    Box::new(Form::Table(keys))
}

fn text(name: &'static str, sentence: &str, text: Text) -> Key {
    key(name, sentence, Form::Text(text))
}

fn list(form: Form) -> Form {
    Form::List(Box::new(form))
}

fn one_or_more(text: Text) -> Form {
    Form::Either(vec![Form::Text(text), list(Form::Text(text))])
}

fn word(word: &'static str, sentence: impl Into<String>) -> Word {
    Word { word, sentence: sentence.into() }
}

/// `sentence`, and in which editions it holds where that is not all of them.
fn in_editions(sentence: &str, has: impl Fn(Edition) -> bool) -> String {
    let having: Vec<&str> =
        Edition::ALL.into_iter().filter(|one| has(*one)).map(Edition::slug).collect();
    match having.as_slice() {
        all if all.len() == Edition::ALL.len() => sentence.to_owned(),
        [one] => format!("{sentence} Edition {one} only."),
        some => format!("{sentence} Editions {}.", some.join(", ")),
    }
}

fn editions() -> Vec<Word> {
    let sentence = |edition| match edition {
        Edition::Portolan => "Portolan's own connections: the only edition that can be run.",
        Edition::V1802 => "Microsoft's article on Configuration Manager 1802.",
        Edition::V2002 => "Microsoft's article on Configuration Manager 2002.",
        Edition::V2006 => "Microsoft's article on Configuration Manager 2006.",
    };
    Edition::ALL.map(|edition| word(edition.slug(), sentence(edition))).to_vec()
}

fn site() -> Vec<Key> {
    let kinds = vec![
        word("central", "Above primaries; it has no clients."),
        word("primary", "Clients are assigned to it."),
        word("secondary", "Serves the clients of the primary above it in one place."),
    ];
    vec![
        text("name", "What people call it.", Text::Any),
        key("ports", "Ports for the whole site, by service.", ports(site::configurable)),
        text("parent", "The code of the site above it.", Text::Any),
        key("kind", "Where its place among the others does not say so.", Form::Word(kinds)),
        key(
            "installing",
            "Whether it is being installed: some connections exist only then.",
            Form::Boolean,
        ),
    ]
}

/// The services that a place can set in any edition.
fn ports(allowed: impl Fn(Edition) -> Vec<&'static Service>) -> Form {
    let of = Edition::ALL.map(|edition| (edition, allowed(edition)));
    let mut services: BTreeMap<&'static str, &'static Service> = BTreeMap::new();
    for (key, service) in
        of.iter().flat_map(|(_, all)| all).filter_map(|one| Some((one.key()?, *one)))
    {
        services.entry(key).or_insert(service);
    }
    let setting = |(name, service): (&'static str, &'static Service)| {
        let has = |edition| {
            of.iter()
                .any(|(one, all)| *one == edition && all.iter().any(|one| one.key() == Some(name)))
        };
        let default = service.ports;
        let sentence = format!("{}: {} {default} unless said.", service.name, service.protocol);
        let mut both = vec![key("default", "Where it is found.", Form::Port)];
        if matches!(service.ports, Ports::Setting { alternate: true, .. }) {
            both.push(key("alternate", "Where it is found too.", Form::Port));
        }
        let form = Form::Either(vec![Form::Port, Form::Table(both)]);
        key(name, in_editions(&sentence, has), form)
    };
    Form::Table(services.into_iter().map(setting).collect())
}

fn client_settings() -> Vec<Key> {
    vec![
        text("policy-poll", "How often they ask for policy: `30s`, `5m`, `1h`.", Text::Interval),
        text("heartbeat", "How often they say that they are there.", Text::Interval),
        text("inventory", "How often they tell what they are made of.", Text::Interval),
    ]
}

fn network() -> Vec<Key> {
    let addresses = vec![
        word("static", "Each machine has its own."),
        word("dhcp", "A DHCP server gives them out."),
        word("any", "Either."),
    ];
    let members = vec![
        word("domain", "Members of a domain."),
        word("workgroup", "Members of none."),
        word("internet-only", "Managed over the internet alone."),
    ];
    vec![
        key(
            "cidr",
            "Its prefixes. Without them only in the zone `internet`.",
            list(Form::Text(Text::Cidr)),
        ),
        text("clients", "The site whose clients live here.", Text::Any),
        key(
            "boundary-groups",
            "The boundary groups that clients here are in.",
            list(Form::Text(Text::Any)),
        ),
        text(
            "zone",
            "A word for networks between which addresses are translated. In `internet` nobody can be reached, and reaches only public addresses.",
            Text::Any,
        ),
        key("addresses", "How its machines get their addresses.", Form::Word(addresses)),
        key(
            "dhcp-servers",
            "Who gives out its addresses; every dhcp-server unless said.",
            one_or_more(Text::Address),
        ),
        key(
            "clients-are",
            "What its clients are; members of a domain unless said.",
            Form::Word(members),
        ),
    ]
}

fn group() -> Vec<Key> {
    let neighbour = vec![
        must(text("group", "The other group.", Text::Any)),
        text(
            "after",
            "How long a client looks in its own groups first; two hours unless said.",
            Text::Interval,
        ),
    ];
    vec![
        key("hosts", "Its distribution points.", list(Form::Text(Text::Any))),
        key("neighbours", "Groups that help out.", list(Form::Table(neighbour))),
    ]
}

fn host() -> Vec<Key> {
    let nat = vec![
        must(text("from", "The zone from which it is seen so.", Text::Any)),
        must(text("address", "How it is seen from there.", Text::Address)),
        key(
            "ports",
            "Where any is said, what is not named does not pass.",
            ports(site::configurable),
        ),
    ];
    vec![
        text("name", "Its DNS name, for its certificate.", Text::Dns),
        key(
            "address",
            "Where it is reached, or a list of all its addresses. Needed, unless its name is in site.lock.",
            one_or_more(Text::Address),
        ),
        key("roles", "What it is.", list(Form::Word(roles(|_| true)))),
        key("role", "Roles with settings of their own.", Form::Table(role_tables())),
        key(
            "site",
            "The site, or the sites, that its roles belong to; needed where there are several.",
            one_or_more(Text::Any),
        ),
        key("nat", "How it is seen from other zones.", list(Form::Table(nat))),
        text(
            "dynamic-ports",
            "The range from which its system takes dynamic ports: `50000-50999`.",
            Text::PortRange,
        ),
    ]
}

/// The roles that some edition can give, in the order of the catalog.
fn roles(wanted: impl Fn(&Role) -> bool) -> Vec<Word> {
    let given = |role: &Role| Edition::ALL.into_iter().any(|edition| is_given(role, edition));
    let wanted = catalog::ROLES.iter().filter(|role| wanted(role) && given(role));
    let said = |role: &&Role| {
        word(role.slug, in_editions(role.sentence, |edition| is_given(role, edition)))
    };
    wanted.map(said).collect()
}

fn is_given(role: &Role, edition: Edition) -> bool {
    role::known(edition).contains(&role.slug)
}

/// The services with a port to set that `role` answers, where a host can have it.
fn answers(role: &'static Role, edition: Edition) -> Vec<&'static Service> {
    if is_given(role, edition) { role::answers(role, edition) } else { Vec::new() }
}

/// A table for each role, or a list of them where a host plays it for several sites
/// and not alike.
fn role_tables() -> Vec<Key> {
    roles(|_| true)
        .into_iter()
        .filter_map(|Word { word, sentence }| {
            let settings = Form::Table(role_settings(catalog::find_role(word)?));
            Some(key(word, sentence, Form::Either(vec![settings.clone(), list(settings)])))
        })
        .collect()
}

fn role_settings(role: &'static Role) -> Vec<Key> {
    let mut keys = vec![
        key("ports", "Ports of this role on this host, by service.", {
            ports(|edition| {
                let mut services = answers(role, edition);
                if role == &DISTRIBUTION_POINT && edition == Edition::Portolan {
                    services.push(&SITE_LINK);
                }
                services
            })
        }),
        key("site", "The site that it belongs to, where not the host's.", one_or_more(Text::Any)),
    ];
    if role == &SQL_SERVER || role == &WSUS_SQL_SERVER {
        keys.push(text(
            "instance",
            "The name of an instance, which needs a port of its own.",
            Text::Any,
        ));
    }
    let turns = |edition| is_given(role, edition) && role::turns(role, edition);
    if Edition::ALL.into_iter().any(turns) {
        let openers = vec![
            word("host-opens", "The host opens it; so it is unless said."),
            word("site-server-opens", "The site server opens it."),
        ];
        let sentence = "Who opens the connection between this host and the site server.";
        keys.push(key("site-link", in_editions(sentence, turns), Form::Word(openers)));
    }
    if role == &PACKAGE_MIRROR {
        keys.extend(mirror());
    }
    keys
}

fn mirror() -> Vec<Key> {
    vec![
        text("path", "Where on the host; `/debian` unless said.", Text::Path),
        must(text("suite", "The release that it has, such as `bookworm`.", Text::AptWord)),
        key(
            "components",
            "Which parts of the release; `main` unless said.",
            list(Form::Text(Text::AptWord)),
        ),
        text(
            "signed-by",
            "The key ring that its lists are signed with, on the machines that use it; apt's own unless said.",
            Text::Path,
        ),
        key("clients", "Whether clients may use it by themselves.", Form::Boolean),
    ]
}

/// What clusters and clouds have in common.
fn played(wanted: impl Fn(&Role) -> bool + Copy) -> [Key; 3] {
    let all: Vec<&'static Role> =
        roles(wanted).iter().filter_map(|one| catalog::find_role(one.word)).collect();
    [
        must(key("role", "What it is.", Form::Word(roles(wanted)))),
        key("site", "The site, or the sites, that it belongs to.", one_or_more(Text::Any)),
        key(
            "ports",
            "Its ports, by service.",
            ports(|edition| all.iter().flat_map(|role| answers(role, edition)).collect()),
        ),
    ]
}

fn cluster() -> Vec<Key> {
    let mut keys = vec![
        text("name", "Its DNS name.", Text::Dns),
        must(key(
            "hosts",
            "The hosts; they do not have its role themselves.",
            one_or_more(Text::Any),
        )),
        text(
            "listener",
            "The address at which it answers. Needed, unless its name is in site.lock.",
            Text::Address,
        ),
    ];
    keys.extend(played(|_| true));
    keys
}

fn cloud() -> Vec<Key> {
    let mut keys = vec![
        key("names", "Its DNS names.", one_or_more(Text::Dns)),
        key(
            "addresses",
            "Its addresses, where they are known; else those of site.lock.",
            one_or_more(Text::Address),
        ),
    ];
    keys.extend(played(|role| role.run_by == RunBy::Others));
    keys
}

fn features() -> Vec<Key> {
    let of = Edition::ALL.map(|edition| (edition, feature::known(edition)));
    let mut known: Vec<&'static str> = of.iter().flat_map(|(_, known)| known).copied().collect();
    known.sort_unstable();
    known.dedup();
    let feature = |name: &'static str| {
        let has = |edition| of.iter().any(|(one, known)| *one == edition && known.contains(&name));
        let rows = FLOWS.iter().filter(|flow| feature::needed(flow).contains(&name));
        let mut sentences: Vec<&str> = rows.map(|flow| flow.sentence).collect();
        sentences.dedup();
        let form = Form::Either(vec![Form::Boolean, list(Form::Text(Text::Any))]);
        key(name, in_editions(&sentences.join(" "), has), form)
    };
    known.into_iter().map(feature).collect()
}

fn alternatives() -> Vec<Key> {
    let mut ways: BTreeMap<&'static str, Vec<&'static Service>> = BTreeMap::new();
    let of = Edition::ALL.map(|edition| (edition, feature::ways(edition)));
    for (group, services) in of.iter().flat_map(|(_, ways)| ways) {
        let known = ways.entry(group).or_default();
        for (service, _) in services {
            if !known.contains(service) {
                known.push(service);
            }
        }
    }
    let group = |(group, services): (&'static str, Vec<&'static Service>)| {
        let has =
            |edition| of.iter().any(|(one, ways)| *one == edition && ways.contains_key(group));
        let words = services.iter().map(|service| word(service.slug, service.sentence)).collect();
        key(group, in_editions("The one that is used.", has), Form::Word(words))
    };
    ways.into_iter().map(group).collect()
}

fn silenced() -> Vec<Key> {
    Kind::ALL.map(|kind| key(kind.slug(), kind.sentence(), Form::Text(Text::Any))).to_vec()
}
