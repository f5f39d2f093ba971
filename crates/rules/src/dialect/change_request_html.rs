//! A change request as one page of HTML: the same [`Paper`] as in Markdown, with the
//! chart of the plan. It holds no script and loads nothing, so it can be mailed, kept
//! and printed; it says so to the browser too, which then holds it to that.
//!
//! Everything that is not a word of ours goes through [`escaped`].

use std::fmt::Write as _;

use super::Written;
use super::change_request::SIGNED;
use super::change_request::paper::{Paper, Party, Piece, Row, Section, in_one_line, is_unseen};
use crate::decided::Decided;
use crate::rule::RuleSet;

mod style;

/// No script, nothing from elsewhere.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

const COLUMNS: [&str; 6] = [
    "No.",
    "Who",
    "To whom",
    "Port",
    "Why, and what decided it",
    "How to test it, what breaks without it, how long",
];
const FEWER: [&str; 5] = ["No.", "Who", "To whom", "Port", "Why"];
const MISSING: [&str; 4] = ["What", "Who", "The missing fact", "Needed by"];

/// So many names or addresses are seen at once on a screen; of more, the rest by
/// scrolling.
const SEEN: usize = 12;
/// So many bytes of a text that lists lines.
const LONG: usize = 240;
/// What scrolls; by keys too.
const MANY: &str = " class=\"many\" tabindex=\"0\"";

pub(super) fn write(set: &RuleSet<'_>, decided: &Decided) -> Written {
    let chart = plan::draw::draw(set.plan);
    let text = text(&Paper::of(set, decided), &chart);
    Written::one(format!("{}.html", set.place.stem()), text)
}

fn text(paper: &Paper, chart: &str) -> String {
    let mut html = String::new();
    let site = escaped(&paper.site);
    put(
        &mut html,
        format_args!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n\
             <title>Change request: {site}</title>\n<style>{}</style>\n</head>\n<body>\n",
            style::style()
        ),
    );
    head(&mut html, paper, &site);
    html.push_str("<div class=\"sheet\">\n");
    contents(&mut html, paper);
    html.push_str("<main>\n");
    reading(&mut html, paper);
    before(&mut html, paper);
    drawn(&mut html, chart);
    for section in &paper.sections {
        holes(&mut html, section, "<span>to</span> ", &COLUMNS, row);
    }
    for section in &paper.apart {
        holes(&mut html, section, "", &FEWER, short);
    }
    sources(&mut html, paper);
    sign_off(&mut html);
    html.push_str("</main>\n</div>\n</body>\n</html>\n");
    html
}

fn head(html: &mut String, paper: &Paper, site: &str) {
    put(
        html,
        format_args!("<header>\n<p>Change request for firewalls</p>\n<h1>{site}</h1>\n<dl>\n"),
    );
    for (name, fact) in &paper.facts {
        let [name, fact] = [name, fact.as_str()].map(escaped);
        put(html, format_args!("<div><dt>{name}</dt><dd>{fact}</dd></div>\n"));
    }
    html.push_str("</dl>\n</header>\n");
}

fn contents(html: &mut String, paper: &Paper) {
    html.push_str(
        "<nav aria-label=\"Contents\">\n<h2>Contents</h2>\n<ul class=\"pages\">\n\
         <li><a href=\"#reading\">How to read it</a></li>\n\
         <li><a href=\"#before\">Before you approve</a></li>\n\
         <li><a href=\"#chart\">Chart</a></li>\n</ul>\n<ul>\n",
    );
    for Section { anchor, title, rows, .. } in paper.contents() {
        let (title, count) = (escaped(title), rows.len());
        put(
            html,
            format_args!("<li><a href=\"#{anchor}\">{title}</a> <small>{count}</small></li>\n"),
        );
    }
    html.push_str(
        "</ul>\n<ul class=\"pages\">\n<li><a href=\"#sources\">Sources</a></li>\n\
         <li><a href=\"#sign-off\">Sign-off</a></li>\n</ul>\n</nav>\n",
    );
}

fn reading(html: &mut String, paper: &Paper) {
    html.push_str("<section id=\"reading\">\n<h2>How to read it</h2>\n<ul>\n");
    for words in &paper.reading {
        put(html, format_args!("<li>{}</li>\n", spoken(words)));
    }
    html.push_str("</ul>\n</section>\n");
}

fn before(html: &mut String, paper: &Paper) {
    html.push_str("<section id=\"before\">\n<h2>Before you approve</h2>\n");
    if paper.missing.is_empty() {
        html.push_str(
            "<p>Nothing is missing: every party has its addresses, and every port is known.</p>\n",
        );
    } else {
        table(html, "missing", &MISSING);
        for one in &paper.missing {
            let more = (one.more > 0).then(|| format!(" and {} more", one.more));
            put(
                html,
                format_args!(
                    "<tr><td>{}</td><td><p{}>{}</p></td><td>{}</td><td>{}{}</td></tr>\n",
                    escaped(one.what),
                    many(&one.parties),
                    bold(&one.parties),
                    spoken(&one.message),
                    codes(&one.connections),
                    more.unwrap_or_default()
                ),
            );
        }
        html.push_str("</tbody></table>\n");
    }
    html.push_str("</section>\n");
}

/// The chart keeps its own colours: its rules are nested, so that they hold for nothing
/// else here.
fn drawn(html: &mut String, chart: &str) {
    let mut chart =
        chart.replacen("<style>", "<style>.chart{", 1).replacen("</style>", "}</style>", 1);
    chart.retain(|c| !is_unseen(c));
    put(
        html,
        format_args!(
            "<section id=\"chart\">\n<h2>Chart</h2>\n<p>Of the whole plan. <code>portolan plan \
             draw</code> writes it to a file, of a hierarchy one for each site.</p>\n\
             <figure class=\"chart\">\n{chart}</figure>\n</section>\n"
        ),
    );
}

fn holes(
    html: &mut String,
    section: &Section,
    to: &str,
    columns: &[&str],
    write: impl Fn(&mut String, &Row),
) {
    let Section { anchor, title, about, rows } = section;
    put(
        html,
        format_args!("<section id=\"{anchor}\" class=\"part\">\n<h2>{to}{}</h2>\n", escaped(title)),
    );
    if !about.is_empty() {
        put(html, format_args!("<p>{}</p>\n", escaped(about)));
    }
    table(html, if columns.len() == FEWER.len() { "holes fewer" } else { "holes" }, columns);
    rows.iter().for_each(|row| write(html, row));
    html.push_str("</tbody></table>\n</section>\n");
}

/// The head of a table, up to its first row.
fn table(html: &mut String, class: &str, columns: &[&str]) {
    put(html, format_args!("<table class=\"{class}\"><thead><tr>"));
    for column in columns {
        put(html, format_args!("<th scope=\"col\">{}</th>", escaped(column)));
    }
    html.push_str("</tr></thead>\n<tbody>\n");
}

fn row(html: &mut String, row: &Row) {
    begin(html, row);
    if !row.decided.is_empty() {
        let long = if row.decided.len() > LONG { MANY } else { "" };
        put(html, format_args!("<p{long}><i>Decided by</i> {}</p>", escaped(&row.decided)));
    }
    html.push_str("</td><td>");
    for words in &row.tests {
        put(html, format_args!("<p><i>Test</i> {}</p>", spoken(words)));
    }
    for (n, line) in row.refused.iter().enumerate() {
        let label = if n == 0 { "<i>Without it</i> " } else { "" };
        put(html, format_args!("<p>{label}{}</p>", escaped(line)));
    }
    let [needed, state] = [&row.needed, &row.state].map(|text| escaped(text));
    put(html, format_args!("<p><i>Needed</i> {needed} {state}</p></td></tr>\n"));
}

fn short(html: &mut String, row: &Row) {
    begin(html, row);
    html.push_str("</td></tr>\n");
}

/// A row up to why, where more may follow.
fn begin(html: &mut String, row: &Row) {
    let id = escaped(&row.id);
    put(
        html,
        format_args!(
            "<tr id=\"{id}\"><td><a href=\"#{id}\">{}</a> <code>{id}</code></td><td>{}</td>\
             <td>{}</td><td><b>{}</b></td><td>",
            row.number,
            party(&row.from),
            party(&row.to),
            escaped(&row.port)
        ),
    );
    for why in &row.why {
        put(html, format_args!("<p>{}", escaped(why.sentence)));
        for (id, sources) in &why.connections {
            put(html, format_args!(" <code>{}</code>", escaped(id)));
            for source in sources {
                put(html, format_args!(" <cite>{}</cite>", escaped(source)));
            }
        }
        html.push_str("</p>");
    }
}

fn party(party: &Party) -> String {
    let ports = party.ports.as_ref();
    let ports = ports.map(|ports| format!("<p>from its ports {}</p>", escaped(ports)));
    format!(
        "{}<p{}>{}</p>{}<p{}>{}</p>{}",
        counted(&party.names, "parties"),
        many(&party.names),
        bold(&party.names),
        counted(&party.addresses, "addresses and blocks"),
        many(&party.addresses),
        codes(&party.addresses),
        ports.unwrap_or_default()
    )
}

/// One after the other, with commas between them.
fn bold(names: &[String]) -> String {
    let last = names.len().saturating_sub(1);
    let names = names.iter().enumerate().map(|(n, name)| {
        let comma = if n < last { "," } else { "" };
        format!("<b>{}{comma}</b>", escaped(name))
    });
    names.collect::<Vec<_>>().join(" ")
}

/// How many there are, where not all are seen.
fn counted(texts: &[String], what: &str) -> String {
    let many = texts.len() > SEEN;
    if many { format!("<p><small>{} {what}</small></p>", texts.len()) } else { String::new() }
}

fn many(texts: &[String]) -> &'static str {
    if texts.len() > SEEN { MANY } else { "" }
}

fn sources(html: &mut String, paper: &Paper) {
    html.push_str("<section id=\"sources\">\n<h2>Sources</h2>\n<ul>\n");
    for (name, article) in &paper.articles {
        put(html, format_args!("<li><code>{}</code> {}</li>\n", escaped(name), escaped(article)));
    }
    html.push_str(
        "<li><code>ARCHITECTURE.md</code> is Portolan’s own; of it, and of an RFC, the section is \
         named.</li>\n</ul>\n",
    );
    if !paper.corrections.is_empty() {
        table(html, "corrections", &["Correction", "The article says", "True is"]);
        for one in &paper.corrections {
            let [id, says, truth] = [one.id, one.says, one.truth].map(escaped);
            put(
                html,
                format_args!(
                    "<tr><td><code>{id}</code></td><td>{says}</td><td>{truth}</td></tr>\n"
                ),
            );
        }
        html.push_str("</tbody></table>\n");
    }
    html.push_str("</section>\n");
}

fn sign_off(html: &mut String) {
    html.push_str("<section id=\"sign-off\">\n<h2>Sign-off</h2>\n");
    table(html, "signed", &SIGNED);
    for _ in 0..2 {
        put(html, format_args!("<tr>{}</tr>\n", "<td></td>".repeat(SIGNED.len())));
    }
    html.push_str("</tbody></table>\n</section>\n");
}

fn codes(texts: &[String]) -> String {
    let texts = texts.iter().map(|text| format!("<code>{}</code>", escaped(text)));
    texts.collect::<Vec<_>>().join(" ")
}

fn spoken(words: &[Piece]) -> String {
    let pieces = words.iter().map(|piece| match piece {
        Piece::Plain(text) => escaped(text),
        Piece::Code(text) => format!("<code>{}</code>", escaped(text)),
    });
    pieces.collect()
}

/// A `String` takes everything.
fn put(html: &mut String, what: std::fmt::Arguments<'_>) {
    let _infallible = html.write_fmt(what);
}

/// As HTML shows it letter by letter, in an element or between double quotes.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in in_one_line(text) {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c => safe.push(c),
        }
    }
    safe
}
