//! What decided a rule: the lines of the site file, the defaults and the
//! corrections that its flows come from, in few words.

use std::collections::BTreeSet;

use plan::{Cause, Planned};

use crate::rule::{Rule, RuleSet};

/// A site file whose lines can be looked up quickly: a rule may serve thousands of
/// flows.
#[derive(Debug, Clone)]
pub struct Decided {
    /// Where each line begins, in bytes.
    lines: Vec<usize>,
}

impl Decided {
    /// `text` is the site file that the plan was made from.
    pub fn new(text: &str) -> Self {
        let after = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(n, _)| n + 1);
        Self { lines: [0].into_iter().chain(after).collect() }
    }

    /// `site file lines 6, 25; default port; correction wsus-https-is-http-plus-one`.
    pub fn of(&self, set: &RuleSet<'_>, rule: &Rule) -> String {
        self.of_flows(set.flows(rule))
    }

    /// The same, of any flows.
    pub fn of_flows<'a>(&self, flows: impl IntoIterator<Item = &'a Planned>) -> String {
        let (mut starts, mut fixes, mut default) = (Vec::new(), BTreeSet::new(), false);
        for planned in flows {
            for cause in planned.because.iter() {
                match cause {
                    Cause::Setting(at) => starts.push(at.start),
                    Cause::Default => default = true,
                    Cause::Fix(id) => {
                        fixes.insert(id);
                    }
                    Cause::Row(_) => {}
                }
            }
        }
        // Many flows of a rule come from the same few lines, which are looked up once.
        starts.sort_unstable();
        starts.dedup();
        let mut lines: Vec<usize> = starts.into_iter().map(|start| self.line(start)).collect();
        lines.dedup();
        let lines: Vec<String> = lines.iter().map(usize::to_string).collect();
        let said = match lines.as_slice() {
            [] => None,
            [one] => Some(format!("site file line {one}")),
            several => Some(format!("site file lines {}", several.join(", "))),
        };
        let fixes = fixes.into_iter().map(|id| format!("correction {id}"));
        let default = default.then(|| "default port".to_owned());
        said.into_iter().chain(fixes).chain(default).collect::<Vec<_>>().join("; ")
    }

    /// The article and section of each flow that a rule serves; sorted, each once.
    pub fn sources(set: &RuleSet<'_>, rule: &Rule) -> Vec<String> {
        let causes = set.flows(rule).flat_map(|planned| planned.because.iter());
        let rows = causes.filter_map(|cause| match cause {
            Cause::Row(source) => Some(source.to_string()),
            _ => None,
        });
        rows.collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// The line, from 1, in which a byte stands.
    fn line(&self, at: usize) -> usize {
        self.lines.partition_point(|start| *start <= at)
    }
}
