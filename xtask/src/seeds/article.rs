//! An article as blocks: headings, tables and prose, each with its line.
//!
//! Not a Markdown library: the translations break Markdown in ways that a
//! library mends silently (a table's row that looks like its separator, prose
//! glued to a table), and here each of them must be seen. What has no reading
//! is an error with its line.

use std::error::Error;
use std::fmt;

/// What a line says that no rule here reads.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Misread {
    pub line: usize,
    pub what: String,
}

impl Misread {
    pub(super) fn at(line: usize, what: impl Into<String>) -> Self {
        Self { line, what: what.into() }
    }
}

impl fmt::Display for Misread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.what)
    }
}

impl Error for Misread {}

/// An article: what it says of itself, and its blocks in order.
#[derive(Debug)]
pub(super) struct Article {
    facts: Vec<(String, String)>,
    pub blocks: Vec<Block>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Block {
    Heading(Heading),
    Table(Table),
    /// A line that is neither, trimmed.
    Prose {
        line: usize,
        text: String,
    },
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Heading {
    pub line: usize,
    /// The number of `#`.
    pub level: usize,
    pub anchors: Vec<String>,
    /// Without anchors, and with `<` and `>` for what stands for them.
    pub text: String,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Table {
    pub line: usize,
    pub head: Vec<String>,
    /// Each with its line and as many cells as the head.
    pub rows: Vec<(usize, Vec<String>)>,
}

impl Article {
    pub(super) fn read(text: &str) -> Result<Self, Misread> {
        let mut lines = text.lines().enumerate().map(|(index, line)| (index + 1, line)).peekable();
        let mut facts = Vec::new();
        if lines.next_if(|(_, line)| line.trim() == "---").is_some() {
            for (number, line) in lines.by_ref().take_while(|(_, line)| line.trim() != "---") {
                let Some((key, value)) = line.split_once(':') else {
                    return Err(Misread::at(number, "no `key: value` of the front matter"));
                };
                facts.push((key.trim().to_owned(), value.trim().to_owned()));
            }
        }
        let mut blocks = Vec::new();
        // Joined to a table: a line that follows a table's line directly.
        let mut table: Vec<(usize, Vec<String>)> = Vec::new();
        for (number, line) in lines {
            let text = without_comments(number, line)?;
            if text.starts_with('|') {
                table.push((number, cells(number, &text)?));
                continue;
            }
            close(&mut table, &mut blocks)?;
            if text.contains('|') {
                return Err(Misread::at(number, "a `|` that does not begin its line"));
            }
            if text.starts_with('#') {
                blocks.push(Block::Heading(heading(number, &text)?));
            } else if !text.is_empty() {
                blocks.push(Block::Prose { line: number, text });
            }
        }
        close(&mut table, &mut blocks)?;
        Ok(Self { facts, blocks })
    }

    /// What the front matter says under this key.
    pub(super) fn fact(&self, key: &str) -> Option<&str> {
        self.facts.iter().find(|(known, _)| known == key).map(|(_, value)| value.as_str())
    }
}

/// The line trimmed, its comments cut out.
fn without_comments(number: usize, line: &str) -> Result<String, Misread> {
    let mut text = line.to_owned();
    while let Some((before, rest)) = text.split_once("<!--") {
        let Some((_, after)) = rest.split_once("-->") else {
            return Err(Misread::at(number, "a comment that does not end in its line"));
        };
        text = format!("{before}{after}");
    }
    Ok(text.trim().to_owned())
}

/// The cells of a table's line, which has a `|` at both ends.
fn cells(number: usize, text: &str) -> Result<Vec<String>, Misread> {
    let inner = text.strip_prefix('|').and_then(|rest| rest.strip_suffix('|'));
    let Some(inner) = inner else {
        return Err(Misread::at(number, "a table's line that does not end with `|`"));
    };
    Ok(inner.split('|').map(|cell| cell.trim().to_owned()).collect())
}

/// Makes a table of the lines gathered, if there are any.
///
/// The separator is the second line and no other, however a row may begin.
fn close(gathered: &mut Vec<(usize, Vec<String>)>, blocks: &mut Vec<Block>) -> Result<(), Misread> {
    let mut lines = std::mem::take(gathered).into_iter();
    let Some((line, head)) = lines.next() else {
        return Ok(());
    };
    let is_rule = |cell: &String| cell.len() >= 3 && cell.chars().all(|char| char == '-');
    match lines.next() {
        Some((_, rule)) if rule.len() == head.len() && rule.iter().all(is_rule) => {}
        _ => return Err(Misread::at(line, "a table whose second line does not divide it")),
    }
    let rows: Vec<_> = lines.collect();
    for (number, row) in &rows {
        if row.len() != head.len() {
            let what = format!("{} cells under a head of {}", row.len(), head.len());
            return Err(Misread::at(*number, what));
        }
        if row.iter().all(is_rule) {
            return Err(Misread::at(*number, "a second dividing line in one table"));
        }
    }
    if rows.is_empty() {
        return Err(Misread::at(line, "a table without rows"));
    }
    blocks.push(Block::Table(Table { line, head, rows }));
    Ok(())
}

fn heading(line: usize, text: &str) -> Result<Heading, Misread> {
    let rest = text.trim_start_matches('#');
    let level = text.len() - rest.len();
    let mut rest = rest.trim().to_owned();
    let mut anchors = Vec::new();
    while let Some((before, inside)) = rest.split_once("<a name=\"") {
        let parts = inside.split_once("\">").and_then(|(anchor, after)| {
            after.split_once("</a>").map(|(within, after)| (anchor, within, after))
        });
        let Some((anchor, within, after)) = parts else {
            return Err(Misread::at(line, "an anchor that does not end"));
        };
        anchors.push(anchor.to_owned());
        rest = format!("{before}{within}{after}");
    }
    let text = rest.replace("&lt;", "<").replace("&gt;", ">").trim().to_owned();
    Ok(Heading { line, level, anchors, text })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn tables(text: &str) -> Vec<Table> {
        let blocks = Article::read(text).unwrap().blocks;
        let table = |block| if let Block::Table(table) = block { Some(table) } else { None };
        blocks.into_iter().filter_map(table).collect()
    }

    fn refused(text: &str) -> Misread {
        Article::read(text).unwrap_err()
    }

    #[test]
    fn a_row_that_begins_like_a_rule_is_a_row() {
        let text = "|What|UDP|TCP|  \n|---|----|---|\n|-Lamp|7001|--|\n";
        let table = tables(text).remove(0);
        assert_eq!(table.head, ["What", "UDP", "TCP"]);
        assert_eq!(table.rows, [(3, vec!["-Lamp".into(), "7001".into(), "--".into()])]);
    }

    #[test]
    fn a_comment_and_glued_prose_end_no_table_wrongly() {
        let text =
            "|A|B|\n|---|---|\n|x||<!-- seen by #7 -->\n|y|1|\nglued prose\n<!-- alone -->\n";
        let blocks = Article::read(text).unwrap().blocks;
        let [Block::Table(table), Block::Prose { line: 5, text }] = blocks.as_slice() else {
            panic!("{blocks:?}");
        };
        assert_eq!(table.rows[0], (3, vec!["x".into(), String::new()]));
        assert_eq!(table.rows.len(), 2);
        assert_eq!(text, "glued prose");
    }

    #[test]
    fn a_heading_loses_its_anchors_and_keeps_its_arrow() {
        let text = "---\nms.date: 01/02/2003\n---\n###  <a name=\"one\"> </a><a name=\"two\"></a>Lamp &lt; --&gt; wall  \n";
        let article = Article::read(text).unwrap();
        assert_eq!(article.fact("ms.date"), Some("01/02/2003"));
        let heading = Heading {
            line: 4,
            level: 3,
            anchors: vec!["one".into(), "two".into()],
            text: "Lamp < --> wall".into(),
        };
        assert_eq!(article.blocks, [Block::Heading(heading)]);
    }

    #[test]
    fn what_is_no_table_is_refused_at_its_line() {
        assert_eq!(refused("x\n|A|B|\n|---|---|\n|x|1|2|\n").line, 4);
        assert_eq!(refused("|A|B|\n|x|1|\n").line, 1);
        assert_eq!(refused("|A|B|\n|---|---|\n").line, 1);
        assert_eq!(refused("|A|B|\n|---|---|\n|---|---|\n").line, 3);
        assert_eq!(refused("\n|A|B\n").line, 2);
        assert_eq!(refused("\nx | y\n").line, 2);
        assert_eq!(refused("\n\n<!-- long\n-->\n").line, 3);
        assert_eq!(refused("# <a name=\"x\n").line, 1);
    }
}
