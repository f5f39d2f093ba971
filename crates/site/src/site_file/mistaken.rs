//! A site file with mistakes: drawn for people, each with the line it stands on
//! and a suggestion, and listed for editors.

use std::ops::Range;

use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteDiagnostic, NamedSource, Severity,
};
use plan::{Finding, Mistake};
use serde_json::{Value, json};

use crate::outcome::{Exit, Failure, Kind};

/// At least one mistake.
#[derive(Debug)]
pub(crate) struct Mistaken {
    /// What reports call the file.
    pub(crate) name: String,
    pub(crate) text: String,
    pub(crate) mistakes: Vec<Mistake>,
}

impl Mistaken {
    /// As JSON on standard output, or as the failure that it is.
    pub(crate) fn shown(self, json: bool) -> Result<Exit, Failure> {
        if json {
            crate::show::json(&self.as_json()).map(|()| Exit::Mistaken)
        } else {
            Err(self.into())
        }
    }

    /// For editors.
    pub(crate) fn as_json(&self) -> Value {
        let one = |mistake: &Mistake| {
            let mut value = placed(&self.name, &self.text, Some(&mistake.at));
            value["severity"] = "error".into();
            value["message"] = mistake.message.clone().into();
            value["help"] = mistake.help.clone().into();
            value
        };
        json!({ "mistakes": self.mistakes.iter().map(one).collect::<Vec<_>>() })
    }
}

impl From<Mistaken> for Failure {
    fn from(mistaken: Mistaken) -> Self {
        let Mistaken { name, text, mistakes } = mistaken;
        let theme = if crate::show::colour() {
            GraphicalTheme::unicode()
        } else {
            GraphicalTheme::unicode_nocolor()
        };
        let handler = GraphicalReportHandler::new_themed(theme).without_syntax_highlighting();
        let counted = crate::show::counted(mistakes.len() as u64, "mistake");
        let mut shown = format!("{counted} in {name}");
        for mistake in mistakes {
            let mut diagnostic = MietteDiagnostic::new(mistake.message)
                .with_severity(Severity::Error)
                .with_label(LabeledSpan::underline(mistake.at));
            if let Some(help) = mistake.help {
                diagnostic = diagnostic.with_help(help);
            }
            let source = NamedSource::new(&name, text.clone());
            let report = miette::Report::from(diagnostic).with_source_code(source);
            shown.push('\n');
            // A report goes into a String, which takes everything.
            let _infallible = handler.render_report(&mut shown, report.as_ref());
        }
        Self::new(shown.trim_end()).kind(Kind::SiteFile)
    }
}

/// A finding, for editors.
pub(crate) fn finding(name: &str, text: &str, finding: &Finding) -> Value {
    let mut value = placed(name, text, finding.at.as_ref());
    value["severity"] = finding.severity.slug().into();
    value["kind"] = finding.kind.slug().into();
    value["message"] = finding.message.clone().into();
    value
}

/// One that the file silences, with its reason.
pub(crate) fn silenced(name: &str, text: &str, (one, reason): &(Finding, String)) -> Value {
    let mut value = finding(name, text, one);
    value["reason"] = reason.clone().into();
    value
}

/// Where something is: lines and columns from 1, columns in characters; the end
/// is behind the last of them. What has no place stands at the beginning.
fn placed(name: &str, text: &str, at: Option<&Range<usize>>) -> Value {
    let at = at.cloned().unwrap_or_default();
    let (start, end) = (position(text, at.start), position(text, at.end.max(at.start)));
    let show = |(line, column)| json!({ "line": line, "column": column });
    json!({ "file": name, "start": show(start), "end": show(end) })
}

fn position(text: &str, byte: usize) -> (usize, usize) {
    let before = text.get(..byte).unwrap_or(text);
    let line = before.rsplit('\n').next().unwrap_or_default();
    (before.matches('\n').count() + 1, line.chars().count() + 1)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use catalog::Reading;

    use super::*;
    use crate::site_file::SiteFile;

    #[test]
    fn every_mistake_is_told_with_its_place_in_one_run() {
        let text = "edition = \"portolan\"\n# ä\n[site.P01]\nnmae = \"x\"\n[host.a]\naddress = \"10.1.0.300\"\nroles = [\"managment-point\"]\n";
        let mistaken = SiteFile::planned(text.to_owned(), "site.toml", Reading::Corrected, None)
            .err()
            .unwrap();
        let listed = mistaken.as_json();
        let places: Vec<_> = listed["mistakes"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| (one["start"]["line"].as_u64().unwrap(), one["start"]["column"].clone()))
            .collect();
        assert_eq!(places, [(4, 1.into()), (6, 11.into()), (7, 10.into())]);
        assert_eq!(listed["mistakes"][0]["end"]["column"], 5);
        assert_eq!(listed["mistakes"][0]["help"], "did you mean `name`?");
        let drawn = Failure::from(mistaken).to_string();
        for words in ["3 mistakes in site.toml", "site.toml:4:1", "site.toml:6:11", "did you mean"]
        {
            assert!(drawn.contains(words), "{words}:\n{drawn}");
        }
    }

    #[test]
    fn columns_count_characters() {
        assert_eq!(position("ä = 1\nöx", "ä = 1\nö".len()), (2, 2));
        assert_eq!(position("", 7), (1, 1));
    }
}
