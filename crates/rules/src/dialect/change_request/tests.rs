//! Laws of the change request, in both notations: nothing is left out, and no name
//! of a site file gets out of its place.
#![allow(clippy::unwrap_used)]

use std::sync::LazyLock;

use proptest::prelude::*;

use crate::dialect::Dialect;
use crate::tests::{BRANCHES, HIERARCHY, plan_of};
use crate::{Compiler, Decided, Place, RuleSet};

fn written(set: &RuleSet<'_>, site_file: &str, dialect: Dialect) -> String {
    let written = dialect.write(set, &Decided::new(site_file)).unwrap();
    let [file] = written.files.try_into().unwrap();
    file.text
}

/// The columns of each row of each table, and what begins one.
fn columns(markdown: &str) -> Vec<Vec<usize>> {
    let mut tables = vec![Vec::new()];
    for line in markdown.lines() {
        if line.starts_with('|') {
            let bare = line.replace("\\\\", "").replace("\\|", "");
            tables.last_mut().unwrap().push(bare.matches('|').count());
        } else if tables.last().is_some_and(|table| !table.is_empty()) {
            tables.push(Vec::new());
        }
    }
    tables.retain(|table| !table.is_empty());
    // A name decides where its section stands.
    tables.sort();
    tables
}

#[test]
fn every_hole_has_its_row_and_every_link_its_place() {
    for text in [BRANCHES, HIERARCHY] {
        let plan = plan_of(text);
        let compiler = Compiler::new(&plan);
        for place in compiler.places().into_iter().chain([Place::Border]) {
            let set = compiler.rules(&place).unwrap();
            let markdown = written(&set, text, Dialect::ChangeRequest);
            assert!(markdown.ends_with("|\n") && markdown.contains(&set.digest.to_string()));
            for rule in &set.rules {
                let number = format!(" `{}` ", rule.id);
                let rows = markdown.lines().filter_map(|line| line.split('|').nth(1));
                assert_eq!(
                    rows.filter(|cell| cell.ends_with(&number)).count(),
                    1,
                    "{place} {number}"
                );
            }
            for link in markdown.split("](#").skip(1) {
                let anchor = link.split(')').next().unwrap();
                let place = format!("<a id=\"{anchor}\"></a>");
                assert_eq!(markdown.matches(&place).count(), 1, "{place}");
            }
            for finding in &set.findings {
                assert!(markdown.contains(&finding.party), "{finding:?}");
            }
        }
    }
}

#[test]
fn a_row_says_what_the_plan_and_the_catalog_know() {
    let plan = plan_of(BRANCHES);
    let set = Compiler::new(&plan).rules(&Place::Border).unwrap();
    let markdown = written(&set, BRANCHES, Dialect::ChangeRequest);
    let rows = |word: &'static str| {
        markdown.lines().filter(|line| line.contains(word)).collect::<Vec<_>>()
    };
    let [content] = rows("`10.8.0.0/16` | dp7: `10.7.0.5` | tcp 9443")[..] else { panic!() };
    for part in [
        "Content, by digest and in ranges.",
        "`client>distribution-point/https` by `ARCHITECTURE.md#the-http-host`",
        "From a machine of branch-8: `nc -vz 10.7.0.5 9443`",
        "Client → Distribution point: no HTTPS.",
        "second choice: port 8443 is tried first",
        "Always. Answers pass by state.",
    ] {
        assert!(content.contains(part), "{part}: {content}");
    }
    // Seen from the internet, it is at another address and another port.
    assert_eq!(rows("From a machine of roaming: `nc -vz 203.0.113.7 443`").len(), 1);

    let plan = plan_of(HIERARCHY);
    let set = Compiler::new(&plan).rules(&Place::Border).unwrap();
    let markdown = written(&set, HIERARCHY, Dialect::ChangeRequest);
    let answer = set.rules.iter().find(|rule| rule.reply && !rule.within).unwrap();
    let own_row = format!("Answers come from another port, and need their own row: {}", answer.id);
    assert!(markdown.contains(&own_row));
    assert!(markdown.contains("`Test-NetConnection 10.0.1.12 -Port 443`"));
}

/// What a browser takes for tags, in order, with their attributes; of links, rows and
/// sections without the names in them.
fn tags(html: &str) -> Vec<String> {
    let mut tags = Vec::new();
    for rest in html.split('<').skip(1) {
        let (tag, _) = rest.split_once('>').unwrap();
        let (name, _) = tag.split_once(['=']).unwrap_or((tag, ""));
        tags.push(name.to_owned());
    }
    // Backticks in a message mark code, whoever wrote them.
    assert_eq!(html.matches("<code>").count(), html.matches("</code>").count());
    tags.retain(|tag| !tag.ends_with("code"));
    tags.sort();
    tags
}

/// The page without the chart, which other tests hold to the same.
fn without_chart(html: &str) -> String {
    let (before, rest) = html.split_once("<figure").unwrap();
    let (_, after) = rest.split_once("</figure>").unwrap();
    format!("{before}{after}")
}

#[test]
fn the_page_says_what_the_markdown_says() {
    for text in [BRANCHES, HIERARCHY] {
        let plan = plan_of(text);
        let set = Compiler::new(&plan).rules(&Place::Border).unwrap();
        let html = written(&set, text, Dialect::ChangeRequestHtml);
        assert!(html.starts_with("<!doctype html>") && html.ends_with("</html>\n"));
        for rule in &set.rules {
            assert_eq!(html.matches(&format!("<tr id=\"{}\">", rule.id)).count(), 1, "{}", rule.id);
        }
        for link in html.split("<a href=\"#").skip(1) {
            let anchor = link.split('"').next().unwrap();
            assert_eq!(html.matches(&format!(" id=\"{anchor}\"")).count(), 1, "{anchor}");
        }
        // One page, which loads nothing and runs nothing.
        for stranger in ["<script", "<link", "<img", "<iframe", "src=", "url(", "@import", "onload"]
        {
            assert!(!html.contains(stranger), "{stranger}");
        }
        let page = without_chart(&html);
        assert!(!page.contains("http://") && !page.contains("https://"));
        // Rows have as many cells as the head of their table.
        for table in page.split("<table").skip(1) {
            let (head, body) = table.split_once("<tbody>").unwrap();
            let (body, _) = body.split_once("</tbody>").unwrap();
            let columns = head.matches("<th ").count();
            assert_eq!(body.matches("<td>").count(), columns * body.matches("<tr").count());
        }
        // All that opens is closed.
        for tag in
            ["section", "table", "tr", "td", "p", "b", "i", "code", "cite", "ul", "li", "div"]
        {
            let opened = page.matches(&format!("<{tag}>")).count()
                + page.matches(&format!("<{tag} ")).count();
            assert_eq!(opened, page.matches(&format!("</{tag}>")).count(), "{tag}");
        }
    }
}

#[test]
fn the_chart_keeps_its_style_to_itself() {
    let plan = plan_of(BRANCHES);
    let set = Compiler::new(&plan).rules(&Place::Border).unwrap();
    let html = written(&set, BRANCHES, Dialect::ChangeRequestHtml);
    let styles: Vec<&str> =
        html.split("<style>").skip(1).map(|rest| rest.split("</style>").next().unwrap()).collect();
    let [page, chart] = styles[..] else { panic!("{}", styles.len()) };
    assert!(chart.starts_with(".chart{") && chart.ends_with('}'));
    for style in [page, chart] {
        assert_eq!(style.matches('{').count(), style.matches('}').count());
    }
    // And the chart has no places of its own that a link could hit.
    let (_, drawn) = html.split_once("<figure").unwrap();
    assert!(!drawn.split("</figure>").next().unwrap().contains(" id="));
}

/// Names that try to get out of their place.
fn hostile() -> impl Strategy<Value = String> {
    let parts = [
        "<script>alert(1)</script>",
        "</td></tr>",
        "<!--",
        "|",
        "\\",
        "\\|",
        "`",
        "``",
        "*",
        "_",
        "\n",
        "\r\n",
        "\u{2028}",
        "\u{202e}",
        "[x](javascript:x)",
        "![x](y)",
        "&lt;",
        "\"",
        "'",
        "=1+1",
        "# ",
        "- ",
        "\t",
        "a",
        "head",
        "</style>",
        "<svg onload=x>",
        "--",
        "<a id=\"x\">",
        "$",
        "~~",
    ];
    prop::collection::vec(prop::sample::select(parts.to_vec()), 1..6)
        .prop_map(|parts| parts.concat())
}

/// A set with these names for its site, its parties and what is missing.
fn with_names(name: &str, check: impl FnOnce(&RuleSet<'_>, &str)) {
    // No control character can be in the name of a site.
    let seen: String = format!("Head {name}.").chars().filter(|c| !c.is_control()).collect();
    let quoted = serde_json::to_string(&seen).unwrap();
    let text = HIERARCHY.replace("\"Central administration site\"", &quoted);
    let plan = plan_of(&text);
    let mut set = Compiler::new(&plan).rules(&Place::Border).unwrap();
    for rule in &mut set.rules {
        let ends = [&mut rule.source, &mut rule.destination];
        ends.into_iter().flat_map(|ends| &mut ends.parties).for_each(|party| party.push_str(name));
    }
    for finding in &mut set.findings {
        finding.party.push_str(name);
        finding.message.push_str(name);
    }
    check(&set, &text);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn no_name_gets_out_of_its_place_in_markdown(name in hostile()) {
        static HARMLESS: LazyLock<String> = LazyLock::new(|| {
            let mut harmless = String::new();
            with_names("x", |set, text| harmless = written(set, text, Dialect::ChangeRequest));
            harmless
        });
        with_names(&name, |set, text| {
            let markdown = written(set, text, Dialect::ChangeRequest);
            assert_eq!(columns(&markdown), columns(&HARMLESS));
            assert_eq!(markdown.lines().count(), HARMLESS.lines().count());
            for table in columns(&markdown) {
                assert!(table.windows(2).all(|two| two[0] == two[1]), "{table:?}");
            }
            let tags = markdown.matches("<a id=\"").count() + markdown.matches("</a>").count();
            assert_eq!(markdown.matches('<').count(), tags);
            for bare in ["[x](", "![", "\u{202e}", "\u{2028}", "<script"] {
                assert!(!markdown.contains(bare), "{bare}");
            }
            // Outside of code, no mark of theirs works: ours come in pairs.
            let bare = markdown.replace("\\\\", "").replace("\\`", "");
            assert!(bare.lines().all(|line| line.matches('`').count() % 2 == 0));
        });
    }

    #[test]
    fn no_name_gets_out_of_its_place_in_html(name in hostile()) {
        static HARMLESS: LazyLock<Vec<String>> = LazyLock::new(|| {
            let mut harmless = Vec::new();
            with_names("x", |set, text| {
                harmless = tags(&without_chart(&written(set, text, Dialect::ChangeRequestHtml)));
            });
            harmless
        });
        with_names(&name, |set, text| {
            let html = written(set, text, Dialect::ChangeRequestHtml);
            assert!(!html.contains("<script") && !html.contains("<svg onload"));
            let page = without_chart(&html);
            assert!(!html.contains('\u{202e}') && !page.contains('\u{2028}'));
            assert!(tags(&page) == *HARMLESS, "{name}");
        });
    }
}
