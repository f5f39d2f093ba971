//! A table of firewall rules, as people export it: a header that names the columns,
//! then a line for each rule. Our own CSV dialect is one such table.
//!
//! A table says nothing of what goes without saying. It is taken for a firewall that
//! keeps state, asks its rules in their order, and drops what none of them decides; a
//! note says so.

use crate::read::packets::{Field, Packets, State, one, protocol};
use crate::read::{
    Base, Chain, Foreign, ForeignRule, Format, Hook, Unreadable, Verdict, address, digests,
};
use crate::rule::Version;
use crate::space::Space;

/// A column that means something here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    Name,
    Direction,
    Source,
    SourcePorts,
    Destination,
    Protocol,
    Ports,
    Action,
    Enabled,
    /// The digest of a plan.
    Plan,
}

/// What people call them, in small letters, with one space between words. Of several
/// names for one column the first that is there counts.
const NAMES: [(Column, &[&str]); 10] = [
    (
        Column::Name,
        &["id", "name", "rule", "rule name", "number", "no", "#", "description", "comment"],
    ),
    (Column::Direction, &["direction", "dir"]),
    (
        Column::Source,
        &[
            "source addresses",
            "source address",
            "source ip",
            "source network",
            "source",
            "src address",
            "src ip",
            "src",
            "from",
            "saddr",
        ],
    ),
    (Column::SourcePorts, &["source ports", "source port", "src port", "src ports", "sport"]),
    (
        Column::Destination,
        &[
            "destination addresses",
            "destination address",
            "destination ip",
            "destination network",
            "destination",
            "dst address",
            "dst ip",
            "dst",
            "dest",
            "to",
            "daddr",
        ],
    ),
    (Column::Protocol, &["protocol", "proto", "protocols", "ip protocol"]),
    (
        Column::Ports,
        &[
            "destination ports",
            "destination port",
            "ports",
            "port",
            "port(s)",
            "dst port",
            "dst ports",
            "dport",
            "service",
            "services",
        ],
    ),
    (Column::Action, &["action", "verdict", "permission", "decision", "policy"]),
    (Column::Enabled, &["enabled", "active", "status", "state"]),
    (Column::Plan, &["plan"]),
];

fn plain(text: &str) -> String {
    let text = text.trim_start_matches('\u{feff}').to_lowercase().replace(['-', '_'], " ");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Where each column is.
struct Columns(Vec<(Column, usize)>);

impl Columns {
    fn of<'h>(header: impl Iterator<Item = &'h str>) -> Self {
        let header: Vec<String> = header.map(plain).collect();
        let place = |names: &[&str]| {
            names.iter().find_map(|name| header.iter().position(|one| one == name))
        };
        Self(NAMES.iter().filter_map(|(column, names)| Some((*column, place(names)?))).collect())
    }

    fn has(&self, column: Column) -> bool {
        self.0.iter().any(|(one, _)| *one == column)
    }

    /// What a line says in a column; nothing where there is none.
    fn cell<'r>(&self, record: &'r csv::StringRecord, column: Column) -> &'r str {
        let place = self.0.iter().find(|(one, _)| *one == column).map(|(_, place)| *place);
        place.and_then(|place| record.get(place)).unwrap_or_default().trim()
    }
}

/// Spreadsheets write whichever their country likes.
fn separator(header: &str) -> u8 {
    let count = |separator: &u8| header.bytes().filter(|byte| byte == separator).count();
    *[b',', b';', b'\t']
        .iter()
        .max_by_key(|separator| (count(separator), **separator == b','))
        .unwrap_or(&b',')
}

/// Whether a line names the columns that a rule cannot do without.
pub(super) fn is_header(line: &str) -> bool {
    let by = char::from(separator(line));
    let columns = Columns::of(line.split(by).map(|cell| cell.trim_matches(['"', ' '])));
    [Column::Source, Column::Destination].into_iter().all(|column| columns.has(column))
}

pub(super) fn read(text: &str) -> Result<Foreign, Unreadable> {
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(separator(first))
        .flexible(true)
        .from_reader(text.as_bytes());
    let no_csv = |error: csv::Error| {
        let line = error.position().map_or_else(|| 1, csv::Position::line);
        Unreadable::new(format!("line {line}"), "it is no CSV", "save it as CSV in UTF-8")
    };
    let columns = Columns::of(reader.headers().map_err(no_csv)?.iter());
    for (column, name) in [
        (Column::Source, "source"),
        (Column::Destination, "destination"),
        (Column::Protocol, "protocol"),
        (Column::Ports, "ports"),
    ] {
        if !columns.has(column) {
            let problem = format!("the header names no column `{name}`");
            let next =
                "the first line names the columns: source, destination, protocol, ports, action";
            return Err(Unreadable::new("line 1", problem, next));
        }
    }
    let mut foreign = empty();
    for record in reader.records() {
        let record = record.map_err(no_csv)?;
        let line = record.position().map_or(0, csv::Position::line);
        if record.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        foreign.digests.extend(digests(columns.cell(&record, Column::Plan)));
        let wrong = |(problem, next): (String, &str)| {
            Unreadable::new(format!("line {line}"), problem, next)
        };
        if is_off(columns.cell(&record, Column::Enabled)) {
            foreign.notes.push(format!("line {line} is switched off, and was left"));
            continue;
        }
        let (rule, hooks) =
            Line { columns: &columns, record: &record, line }.rule().map_err(wrong)?;
        for base in foreign.bases.iter().filter(|base| hooks.contains(&base.hook)) {
            if let Some(chain) = foreign.chains.get_mut(base.chain) {
                chain.rules.push(rule.clone());
            }
        }
    }
    Ok(foreign)
}

/// Three chains that let answers pass, and drop what is not said.
fn empty() -> Foreign {
    let hooks = [("in", Hook::Input), ("out", Hook::Output), ("through", Hook::Forward)];
    let states = State::Established.space().union(&State::Related.space());
    let answers = ForeignRule {
        at: "the firewall".to_owned(),
        text: "lets answers pass (taken for granted)".to_owned(),
        packets: Packets::any()
            .into_iter()
            .map(|all| all.with(Field::State, states.clone()))
            .collect(),
        unknown: Vec::new(),
        interfaces: Vec::new(),
        verdict: Verdict::Accept,
    };
    let chain =
        |(name, _): &(&str, Hook)| Chain { name: (*name).to_owned(), rules: vec![answers.clone()] };
    let base = |(n, (_, hook)): (usize, &(&str, Hook))| Base {
        chain: n,
        hook: *hook,
        priority: 0,
        accepts: false,
        versions: Version::ALL.to_vec(),
    };
    let note = "taken for granted of a CSV: the first line that fits decides, what none fits is dropped, and answers pass";
    Foreign {
        format: Format::Csv,
        versions: Version::ALL.to_vec(),
        chains: hooks.iter().map(chain).collect(),
        bases: hooks.iter().enumerate().map(base).collect(),
        notes: vec![note.to_owned()],
        digests: Vec::new(),
    }
}

fn is_off(text: &str) -> bool {
    matches!(plain(text).as_str(), "no" | "false" | "0" | "off" | "disabled" | "inactive")
}

/// Words that mean all there are.
fn is_any(text: &str) -> bool {
    matches!(plain(text).as_str(), "any" | "all" | "*" | "any any" | "ip" | "0.0.0.0/0 ::/0")
}

/// Protocols, and which ports or types of them.
type Service = (Space, (Field, Space));

struct Line<'r> {
    columns: &'r Columns,
    record: &'r csv::StringRecord,
    line: u64,
}

/// What is wrong, and what to do about it.
type Wrong = (String, &'static str);

impl Line<'_> {
    fn cell(&self, column: Column) -> &str {
        self.columns.cell(self.record, column)
    }

    fn rule(&self) -> Result<(ForeignRule, &'static [Hook]), Wrong> {
        let verdict = match plain(self.cell(Column::Action)).as_str() {
            "" if !self.columns.has(Column::Action) => Verdict::Accept,
            "allow" | "accept" | "permit" | "pass" | "yes" | "allowed" | "open" => Verdict::Accept,
            "deny" | "drop" | "block" | "reject" | "no" | "denied" | "discard" => Verdict::Drop,
            other => return Err((format!("`{other}` is no action"), "say allow or deny")),
        };
        let hooks: &[Hook] = match plain(self.cell(Column::Direction)).as_str() {
            "in" | "inbound" | "ingress" | "input" => &[Hook::Input],
            "out" | "outbound" | "egress" | "output" => &[Hook::Output],
            "through" | "forward" => &[Hook::Forward],
            "" | "any" | "both" => &[Hook::Input, Hook::Output, Hook::Forward],
            other => return Err((format!("`{other}` is no direction"), "say in, out or through")),
        };
        let services = self.services()?;
        let [source, destination] =
            [self.addresses(Column::Source)?, self.addresses(Column::Destination)?];
        let source_ports = ports(self.cell(Column::SourcePorts))?;
        let mut packets = Vec::new();
        for (version, source, destination) in
            Version::ALL.iter().zip(source).zip(destination).map(|((v, s), d)| (*v, s, d))
        {
            let ends = Packets::all(version).with(Field::SourcePorts, source_ports.clone());
            let ends = ends
                .narrowed(Field::Source, &source)
                .and_then(|ends| ends.narrowed(Field::Destination, &destination));
            let both = |one: &Packets| {
                services
                    .iter()
                    .filter_map(|(field, space)| {
                        one.clone().narrowed(Field::Protocol, field)?.narrowed(space.0, &space.1)
                    })
                    .collect::<Vec<_>>()
            };
            packets.extend(ends.iter().flat_map(both));
        }
        if packets.is_empty() {
            let next = "give both in one version of IP, or leave the line out";
            return Err((
                "the source and the destination have no version of IP in common".to_owned(),
                next,
            ));
        }
        let cells = [
            Column::Name,
            Column::Source,
            Column::Destination,
            Column::Protocol,
            Column::Ports,
            Column::Action,
        ];
        let text: Vec<&str> =
            cells.iter().map(|column| self.cell(*column)).filter(|cell| !cell.is_empty()).collect();
        let rule = ForeignRule {
            at: format!("line {}", self.line),
            text: text.join(", "),
            packets,
            unknown: Vec::new(),
            interfaces: Vec::new(),
            verdict,
        };
        Ok((rule, hooks))
    }

    /// By version.
    fn addresses(&self, column: Column) -> Result<[Space; 2], Wrong> {
        let (name, text) =
            (if column == Column::Source { "source" } else { "destination" }, self.cell(column));
        if text.is_empty() {
            return Err((
                format!("it says no {name}"),
                "say an address, a prefix, a range or `any`",
            ));
        }
        let mut found = [Space::default(), Space::default()];
        for part in parts(text) {
            let both = match is_any(part) {
                true => Version::ALL.map(|version| (version, Space::all(version))).to_vec(),
                false => address::addresses(part).into_iter().collect(),
            };
            if both.is_empty() {
                let next = "say an address, a prefix, a range or `any`: names are not looked up";
                return Err((format!("`{part}` is no address ({name})"), next));
            }
            for (version, space) in both {
                let [v4, v6] = &mut found;
                let all = if version == Version::V4 { v4 } else { v6 };
                *all = all.union(&space);
            }
        }
        Ok(found)
    }

    /// Protocols, and which ports (or types) of them.
    fn services(&self) -> Result<Vec<Service>, Wrong> {
        let (named, text) = (self.cell(Column::Protocol), self.cell(Column::Ports));
        if let Some(types) = text.strip_prefix("type ") {
            let types =
                types.split(',').map(|kind| Some(u128::from(kind.trim().parse::<u8>().ok()?)));
            let types: Option<Vec<u128>> = types.collect();
            let wrong =
                || (format!("`{text}` names no types of ICMP"), "say for example: type 0,8");
            let types = Space::new(types.ok_or_else(wrong)?.into_iter().map(|kind| (kind, kind)));
            return Ok(vec![(protocols(named)?, (Field::Type, types))]);
        }
        // `tcp/443, udp/53`: each port with its own protocol.
        if text.contains('/') {
            let each = parts(text).map(|part| {
                let (protocol, number) = match part.split_once('/') {
                    Some((one, other)) if one.starts_with(|c: char| c.is_ascii_digit()) => {
                        (other, one)
                    }
                    Some(both) => both,
                    None => (named, part),
                };
                Ok((protocols(protocol)?, (Field::Ports, ports(number)?)))
            });
            return each.collect();
        }
        Ok(vec![(protocols(named)?, (Field::Ports, ports(text)?))])
    }
}

/// A cell may hold several.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    let by = |c: char| c.is_whitespace() || matches!(c, ',' | ';' | '|');
    text.split(by).filter(|part| !part.is_empty())
}

/// `tcp`, `tcp/udp`, `6`, `any`.
fn protocols(text: &str) -> Result<Space, Wrong> {
    let next = "say tcp, udp, icmp, a number or `any`";
    if is_any(text) {
        return Ok(Field::Protocol.all(Version::V4));
    }
    let wrong = || (format!("`{text}` is no protocol"), next);
    let all = parts(text)
        .flat_map(|part| part.split(['/', '+']))
        .map(|name| protocol(name).map(|n| one(n.into())));
    let all: Vec<Space> = all.collect::<Option<_>>().ok_or_else(wrong)?;
    if all.is_empty() {
        return Err(("it says no protocol".to_owned(), next));
    }
    Ok(all.iter().fold(Space::default(), |all, one| all.union(one)))
}

/// No word is all of them, as for protocols that have none.
fn ports(text: &str) -> Result<Space, Wrong> {
    if text.is_empty() || is_any(text) {
        return Ok(Field::Ports.all(Version::V4));
    }
    let wrong = || {
        (format!("`{text}` is no port, range or list of ports"), "say for example: 443, 8530-8531")
    };
    // A range may have spaces around its dash.
    let text = text.replace(" - ", "-");
    let all: Option<Vec<(u16, u16)>> = parts(&text).map(address::ports).collect();
    all.map(Space::of_ports).ok_or_else(wrong)
}
