//! Why a flow is in the plan: the text that the catalog's row rests on, and
//! the lines of the site file that brought it about.

use std::ops::Range;

use catalog::Protocol;

use crate::planned::{Cause, Plan, Planned};

/// One planned flow, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Explained {
    /// The flow's id.
    pub flow: String,
    pub opener: String,
    pub answerer: String,
    pub protocol: Protocol,
    /// As [`Planned::ports_text`].
    pub ports: String,
    /// 0 for the port to try first, 1 for the alternate.
    pub rank: u8,
    /// What the flow is for.
    pub sentence: &'static str,
    /// When it exists.
    pub condition: String,
    /// At least one.
    pub reasons: Vec<Reason>,
}

/// One reason.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reason {
    pub text: String,
    /// The line of the site file, from 1, where it is the reason.
    pub line: Option<usize>,
    /// Bytes of the site file, as `line`.
    pub at: Option<Range<usize>>,
}

impl Plan {
    /// Every planned flow with this id, explained; none where the plan has
    /// none. `text` is the site file that the plan was made from.
    pub fn explain(&self, flow_id: &str, text: &str) -> Vec<Explained> {
        let lines = Lines::of(text);
        let rows = self.flows.chunk_by(|one, other| std::ptr::eq(one.flow, other.flow));
        rows.filter(|flows| flows.iter().take(1).any(|planned| planned.flow.id() == flow_id))
            .flatten()
            .map(|planned| self.explained_by(planned, &lines))
            .collect()
    }

    /// One flow of this plan, explained.
    pub fn explained(&self, planned: &Planned, text: &str) -> Explained {
        self.explained_by(planned, &Lines::of(text))
    }

    fn explained_by(&self, planned: &Planned, lines: &Lines<'_>) -> Explained {
        // Two things that stand in one line are one reason.
        let mut reasons: Vec<Reason> = Vec::with_capacity(planned.because.len());
        for cause in planned.because.iter() {
            let reason = reason(cause, planned, lines);
            if !reasons.iter().any(|known| known.text == reason.text) {
                reasons.push(reason);
            }
        }
        Explained {
            flow: planned.flow.id(),
            opener: self.party_name(planned.opener),
            answerer: self.party_name(planned.answerer),
            protocol: planned.flow.service.protocol,
            ports: planned.ports_text(),
            rank: planned.rank,
            sentence: planned.flow.sentence,
            condition: planned.flow.when.to_string(),
            reasons,
        }
    }
}

/// A text whose lines are found without reading it from the beginning each time.
struct Lines<'a> {
    all: Vec<&'a str>,
    /// Where each begins, in bytes.
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    fn of(text: &'a str) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let starts = [0].into_iter().chain(ends.map(|(n, _)| n + 1)).collect();
        Self { all: text.lines().collect(), starts }
    }

    /// The line in which `at` begins, from 1, and what stands there.
    fn line(&self, at: usize) -> (usize, &'a str) {
        let line = self.starts.partition_point(|start| *start <= at);
        let said = self.all.get(line.saturating_sub(1)).copied().unwrap_or_default();
        (line, said.trim())
    }
}

fn reason(cause: &Cause, planned: &Planned, lines: &Lines<'_>) -> Reason {
    let elsewhere = |text| Reason { text, line: None, at: None };
    match cause {
        Cause::Row(source) => elsewhere(format!("the catalog has it, from {source}")),
        Cause::Default => elsewhere(format!(
            "nothing was said about a port for {}, so it is the default",
            planned.flow.service
        )),
        Cause::Fix(fix) => elsewhere(format!("the catalog's correction {fix}")),
        Cause::Setting(at) => {
            let (line, said) = lines.line(at.start);
            Reason {
                text: format!("line {line} of the site file says `{said}`"),
                line: Some(line),
                at: Some(at.clone()),
            }
        }
    }
}
