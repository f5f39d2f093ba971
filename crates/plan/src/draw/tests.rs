//! The geometry keeps its promises, for estates that nobody thought of: no two
//! texts overlap, no line passes through a card or over somebody else's ports,
//! no two lines lie on each other, and everything can be read.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use proptest::prelude::*;

use super::bundle::{self, Bus};
use super::kind::Kind;
use super::picture::{Area, Card, Pair, Part, Picture, Speech, Word};
use super::shape::{Chart, Rect, Text};
use super::{chart, detail, measure, site, summary, svg};
use crate::planned::Plan;

/// At which all is to be legible, and how large the smallest text then is.
const SHOWN: i32 = 1600;
const LEGIBLE: i32 = 9;

#[test]
fn the_same_estate_gives_the_same_chart() {
    let text = super::draw(&planned(SMALL));
    assert_eq!(text, super::draw(&planned(SMALL)));
    assert!(!text.contains("<script"));
    // Both directions of a pair, and all its ports, are one line.
    assert!(text.contains("network office → dp7"), "{text}");
}

const SMALL: &str = r#"
    [site.P01]
    [network.office]
    cidr = ["10.1.0.0/24", "2001:db8:1::/64"]
    clients = "P01"
    [network.branch]
    cidr = ["10.7.0.0/16"]
    [host.keel]
    address = "10.1.0.10"
    roles = ["site-server", "management-point", "distribution-point", "sms-provider"]
    [host.dp7]
    address = "10.7.0.5"
    roles = ["distribution-point"]
"#;

fn planned(text: &str) -> Plan {
    crate::plan(&crate::read(text).unwrap()).unwrap().0
}

const HIERARCHY: &str = include_str!("../tests/golden/hierarchy-2006.toml");
const BRANCHES: &str = include_str!("../tests/golden/branches-portolan.toml");

#[test]
fn every_site_of_a_hierarchy_is_found_from_its_summary() {
    let plan = planned(HIERARCHY);
    let pages = super::pages(&plan);
    let files: Vec<&str> = pages.iter().map(|page| page.file.as_str()).collect();
    let (summary, rest) = pages.split_first().unwrap();
    assert_eq!(
        files,
        ["index.svg", "CAS.svg", "P01.svg", "P02.svg", "S01.svg", "S02.svg", "S03.svg"]
    );
    for page in rest {
        assert!(summary.svg.contains(&format!("<a href=\"{}\">", page.file)), "{}", page.file);
        assert!(page.svg.contains("<a href=\"index.svg\">"), "{}", page.file);
        let links = page.svg.split("<a href=\"").skip(1).filter_map(|rest| rest.split('"').next());
        let lost: Vec<&str> = links.filter(|file| !files.contains(file)).collect();
        assert!(lost.is_empty(), "{} leads to {lost:?}", page.file);
    }
    // Alone it leads nowhere, as there is nothing beside it.
    assert!(!super::draw(&plan).contains("<a "));
}

#[test]
fn both_great_estates_are_legible() {
    let plan = planned(HIERARCHY);
    let sites = site::sites(&plan);
    assert!(sites.iter().all(|site| site.hosts > 0), "{sites:?}");
    let flows = site::flows(&plan, &sites);
    let of_sites =
        flows.iter().enumerate().map(|(n, flows)| detail::of_site(&plan, &sites, n, flows));
    let pictures = of_sites.chain([
        detail::whole(&plan),
        summary::of(&plan, &sites, true),
        detail::whole(&planned(BRANCHES)),
    ]);
    for picture in pictures {
        judge(&chart(&picture)).unwrap_or_else(|why| panic!("{why}, in {}", picture.facts));
    }
}

/// A site file with so many primaries, and so many secondaries below each.
fn hierarchy(primaries: usize, secondaries: usize) -> String {
    let mut text = "edition = \"2006\"\n[cloud.azure]\nrole = \"azure\"\n".to_owned();
    let mut site = |code: &str, parent: &str, block: usize, roles: &str| {
        let parent =
            if parent.is_empty() { String::new() } else { format!("parent = \"{parent}\"\n") };
        let clients = if code == "CAS" { String::new() } else { format!("clients = \"{code}\"\n") };
        let (name, two, three) = (code.to_lowercase(), block / 250, block % 250);
        text += &format!(
            "[site.{code}]\n{parent}[network.n-{name}]\n{clients}cidr = [\"10.{two}.{three}.0/24\"]\n\
             [host.h-{name}]\nsite = \"{code}\"\naddress = \"10.{two}.{three}.10\"\nroles = [{roles}]\n"
        );
    };
    let central = if primaries > 1 { "CAS" } else { "" };
    if primaries > 1 {
        site("CAS", "", 0, "\"site-server\", \"sql-server\", \"service-connection-point\"");
    }
    let serves = "\"site-server\", \"sql-server\", \"management-point\", \"distribution-point\"";
    for one in 1..=primaries {
        let primary = format!("P{one:02}");
        site(&primary, central, one * 251, serves);
        for other in 1..=secondaries {
            let number = (one - 1) * secondaries + other;
            // Three letters or digits are enough for all of them.
            let code = format!("{}{:02}", char::from(b'A' + (number / 100) as u8), number % 100);
            let code = if code.starts_with('P') { code.replacen('P', "Z", 1) } else { code };
            site(&code, &primary, one * 251 + other, serves);
        }
    }
    text
}

#[test]
fn a_hierarchy_of_hundreds_of_sites_is_one_page_that_leads_to_each() {
    for (primaries, secondaries) in [(25, 9), (1, 249), (4, 60)] {
        let plan = planned(&hierarchy(primaries, secondaries));
        let sites = site::sites(&plan);
        let summary = chart(&summary::of(&plan, &sites, true));
        let flows = site::flows(&plan, &sites);
        let page = |n: usize| chart(&detail::of_site(&plan, &sites, n, &flows[n]));
        let pages = [0, 1, sites.len() - 1].map(page);
        for chart in [&summary].into_iter().chain(&pages) {
            judge(chart).unwrap_or_else(|why| panic!("{why}, in {}", chart.facts.text));
            assert!(chart.height < 3000, "{} of {}", chart.height, chart.facts.text);
        }
        let text = svg::text(&summary);
        for site in &sites {
            let link = format!("<a href=\"{}\">", site.file());
            assert_eq!(text.matches(&link).count(), 1, "{link}");
        }
    }
}

#[test]
fn pairs_share_a_line_only_where_all_meet_all() {
    let pairs = [(0, 2), (0, 3), (1, 2), (1, 3), (1, 4)].map(|ends| pair(ends, 1, 0));
    let mut met: Vec<(usize, usize)> = Vec::new();
    for Bus { openers, answerers, .. } in bundle::buses(&pairs) {
        met.extend(openers.iter().flat_map(|one| answerers.iter().map(|other| (*one, *other))));
    }
    met.sort_unstable();
    assert_eq!(met, [(0, 2), (0, 3), (1, 2), (1, 3), (1, 4)]);
}

fn pair((opener, answerer): (usize, usize), there: u16, back: u16) -> Pair {
    let words = |many: u16| (0..many).map(|n| Word::sample(100 + 1111 * n)).collect();
    let kind = Kind::ALL[usize::from(there + back) % Kind::ALL.len()];
    Pair { opener, answerer, speech: Speech { kind, there: words(there), back: words(back) } }
}

/// What a site file says, of so many hosts and networks.
fn estate(hosts: usize, networks: usize, groups: bool) -> String {
    let mut text = String::from("[site.P01]\n[network.servers]\ncidr = [\"10.1.0.0/16\"]\n");
    for n in 0..networks {
        text += &format!("[network.n{n}]\ncidr = [\"10.{}.0.0/16\"]\nclients = \"P01\"\n", 100 + n);
        if groups {
            text += &format!("boundary-groups = [\"g{n}\"]\n[boundary-group.g{n}]\nhosts = [");
            let own = (4..hosts).filter(|host| host % networks == n);
            text += &own.map(|host| format!("\"h{host}\",")).collect::<String>();
            text += "]\n";
        }
    }
    for host in 0..hosts {
        let (roles, net) = match host {
            0 => (r#""site-server", "management-point", "sms-provider", "distribution-point""#, 1),
            1 => (r#""router""#, 1),
            2 => (r#""dns-server", "dhcp-server""#, 1),
            3 => (r#""time-server""#, 1),
            _ if networks == 0 => (r#""distribution-point""#, 1),
            _ => (r#""distribution-point""#, 100 + host % networks),
        };
        text +=
            &format!("[host.h{host}]\naddress = \"10.{net}.0.{}\"\nroles = [{roles}]\n", host + 1);
    }
    text
}

#[test]
fn every_estate_up_to_sixty_hosts_is_legible() {
    for hosts in 1..=60 {
        for (networks, groups) in [(0, false), (1, false), (hosts / 5 + 1, true), (3, false)] {
            let text = estate(hosts, networks, groups);
            let chart = chart(&detail::whole(&planned(&text)));
            judge(&chart).unwrap_or_else(|why| panic!("{why}, in\n{text}"));
        }
    }
}

prop_compose! {
    /// Pictures of more than any catalog holds.
    fn pictures()(cards in 1_usize..60)(
        areas in 1_usize..14,
        cards in prop::collection::vec((0_usize..14, 0_u8..4, "[a-zäß.W]{1,40}", 0_usize..5), cards),
        pairs in prop::collection::btree_map((0..cards, 0..cards), (1_u16..6, 0_u16..3), 0..90),
    ) -> Picture {
        let area = |n| Area { title: format!("network {n}"), notes: vec!["10.0.0.0/8".into(); n], ..Area::default() };
        let cards = cards.into_iter().map(|(area, part, title, items)| Card {
            area: area % areas,
            part: [Part::Clients, Part::SiteServer, Part::Site, Part::Other][usize::from(part)],
            name: title.clone(),
            notes: vec!["2001:db8:1234:5678:9abc:def0:1234:5678".into()],
            items: (0..items).map(|n| format!("{title} {n}")).collect(),
            title,
            within: Vec::new(),
            link: None,
        crowd: Vec::new(),
        });
        let both = |(one, other): &(usize, usize)| one < other;
        let pairs = pairs.into_iter().filter(|(ends, _)| both(ends));
        Picture {
            title: "W".repeat(100),
            facts: "facts ".repeat(60),
            up: None,
            areas: (0..areas).map(area).collect(),
            cards: cards.collect(),
            pairs: pairs.map(|(ends, (there, back))| pair(ends, there, back)).collect(),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]
    #[test]
    fn every_picture_is_clear(picture in pictures()) {
        let chart = chart(&picture);
        prop_assert_eq!(clear(&chart), Ok(()));
        prop_assert!(svg::text(&chart).ends_with("</svg>\n"));
    }
}

/// Clear, and legible at the width that it is made for.
fn judge(chart: &Chart) -> Result<(), String> {
    for text in texts(chart) {
        if text.size * SHOWN < LEGIBLE * chart.width {
            return Err(format!("too small at a width of {}: {text:?}", chart.width));
        }
    }
    clear(chart)
}

fn clear(chart: &Chart) -> Result<(), String> {
    let all = Rect { x: 0, y: 0, w: chart.width, h: chart.height };
    let boxes: Vec<(Rect, String)> =
        texts(chart).map(|text| (extent(text), text.text.clone())).collect();
    for (n, (one, text)) in boxes.iter().enumerate() {
        if !within(one, &all) {
            return Err(format!("`{text}` is outside"));
        }
        if let Some((_, other)) = boxes.iter().skip(n + 1).find(|(other, _)| meet(one, other)) {
            return Err(format!("`{text}` overlaps `{other}`"));
        }
    }
    for (n, node) in chart.nodes.iter().enumerate() {
        if chart.nodes.iter().skip(n + 1).any(|other| meet(&node.rect, &other.rect)) {
            return Err(format!("cards overlap: {}", node.hint));
        }
        if !chart.frames.iter().any(|frame| within(&node.rect, &frame.rect)) {
            return Err(format!("card outside of its frame: {}", node.hint));
        }
        if let Some(chip) = node.chips.iter().find(|chip| {
            !within(&chip.rect, &node.rect) || !within(&extent(&chip.text), &chip.rect)
        }) {
            return Err(format!("one of a crowd is outside: {}", chip.hint));
        }
        let inside = |text: &&Text| !within(&extent(text), &node.rect);
        if let Some(text) = node.texts.iter().find(inside) {
            return Err(format!("text outside of its card: {}", text.text));
        }
    }
    lines(chart)
}

fn lines(chart: &Chart) -> Result<(), String> {
    let drawn: Vec<(usize, Rect)> = segments(chart);
    for (line, one) in &drawn {
        if let Some(node) = chart.nodes.iter().find(|node| meet(&node.rect, one)) {
            return Err(format!("{one:?} passes through {}", node.hint));
        }
        let foreign = chart.lines.iter().enumerate().filter(|(n, _)| n != line);
        let mut ports =
            foreign.flat_map(|(_, other)| &other.stubs).filter_map(|stub| stub.ports.as_ref());
        if let Some((_, ports)) = ports.find(|(rect, _)| meet(rect, one)) {
            return Err(format!("{one:?} passes over the ports {}", ports.text));
        }
        let along = |(other_line, other): &&(usize, Rect)| {
            let same_way = (one.w > one.h) == (other.w > other.h);
            line != other_line && same_way && meet(one, other)
        };
        if let Some((_, other)) = drawn.iter().find(along) {
            return Err(format!("{one:?} and {other:?} lie on each other"));
        }
    }
    Ok(())
}

/// Every straight piece, as thin boxes with the line that they belong to.
fn segments(chart: &Chart) -> Vec<(usize, Rect)> {
    let level = |from: i32, to: i32, y| Rect { x: from.min(to), y, w: (to - from).abs(), h: 1 };
    let mut segments = Vec::new();
    for (n, line) in chart.lines.iter().enumerate() {
        assert!(!line.stubs.is_empty() && !line.trunks.is_empty(), "{}", line.hint);
        let trunks = line.trunks.iter();
        segments
            .extend(trunks.map(|it| (n, Rect { x: it.x, y: it.top, w: 1, h: it.bottom - it.top })));
        segments.extend(line.stubs.iter().map(|it| (n, level(it.from, it.to, it.y))));
        segments.extend(line.crossing.map(|(from, to, y)| (n, level(from, to, y))));
    }
    segments
}

fn texts(chart: &Chart) -> impl Iterator<Item = &Text> {
    let around = [&chart.title, &chart.facts].into_iter().chain(&chart.notes);
    let frames = chart.frames.iter().flat_map(|frame| &frame.texts);
    let nodes = chart.nodes.iter().flat_map(|node| &node.texts);
    let chips = chart.nodes.iter().flat_map(|node| &node.chips).map(|chip| &chip.text);
    let ports =
        chart.lines.iter().flat_map(|line| &line.stubs).filter_map(|stub| stub.ports.as_ref());
    let legend = chart.legend.iter().map(|sample| &sample.text);
    around.chain(frames).chain(nodes).chain(chips).chain(ports.map(|(_, text)| text)).chain(legend)
}

/// The room that a text takes, from its highest letter to its lowest.
fn extent(text: &Text) -> Rect {
    let w = if text.bold {
        measure::bold(&text.text, text.size)
    } else {
        measure::width(&text.text, text.size)
    };
    Rect { x: text.x, y: text.y - text.size * 4 / 5, w, h: text.size * 21 / 20 }
}

fn meet(one: &Rect, other: &Rect) -> bool {
    one.x < other.x + other.w
        && other.x < one.x + one.w
        && one.y < other.y + other.h
        && other.y < one.y + one.h
}

fn within(one: &Rect, all: &Rect) -> bool {
    all.x <= one.x
        && all.y <= one.y
        && one.x + one.w <= all.x + all.w
        && one.y + one.h <= all.y + all.h
}
