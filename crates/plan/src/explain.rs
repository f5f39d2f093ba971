//! Why a flow is in the plan: the text that the catalog's row rests on, and
//! the lines of the site file that brought it about.

use std::ops::Range;

use catalog::Protocol;

use crate::mistake::line_of;
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
        self.flows
            .iter()
            .filter(|planned| planned.flow.id() == flow_id)
            .map(|planned| self.explained(planned, text))
            .collect()
    }

    /// One flow of this plan, explained.
    pub fn explained(&self, planned: &Planned, text: &str) -> Explained {
        // Two things that stand in one line are one reason.
        let mut reasons: Vec<Reason> = Vec::with_capacity(planned.because.len());
        for cause in planned.because.iter() {
            let reason = reason(cause, planned, text);
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

fn reason(cause: &Cause, planned: &Planned, text: &str) -> Reason {
    let elsewhere = |text| Reason { text, line: None, at: None };
    match cause {
        Cause::Row(source) => elsewhere(format!("the catalog has it, from {source}")),
        Cause::Default => elsewhere(format!(
            "nothing was said about a port for {}, so it is the default",
            planned.flow.service
        )),
        Cause::Fix(fix) => elsewhere(format!("the catalog's correction {fix}")),
        Cause::Setting(at) => {
            let line = line_of(text, at);
            let said = text.lines().nth(line.saturating_sub(1)).unwrap_or_default().trim();
            Reason {
                text: format!("line {line} of the site file says `{said}`"),
                line: Some(line),
                at: Some(at.clone()),
            }
        }
    }
}
