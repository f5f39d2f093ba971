//! The law of the lab: whatever starts something on a wire is a flow of the
//! plan. And the other way round: every flow of the plan that Portolan serves
//! was seen, less a list with reasons.
//!
//! Considered and rejected: to look at connections that came about only. A SYN
//! that nobody answers is a hole that somebody would have to open.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::IpAddr;

use catalog::Flow;
use plan::{End, Plan, Planned};

use crate::capture::Capture;
use crate::packet::{Packet, What};

mod carries;
mod ends;
mod starts;

/// What the law found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verdict {
    /// What no plan holds, in the order in which it was first seen.
    pub rogues: Vec<Rogue>,
    /// How often each of the plan's flows was started, by its id.
    pub seen: BTreeMap<String, u64>,
    /// Flows of served services that were never seen and are not excused.
    pub unseen: Vec<String>,
    /// Excuses for what was seen after all, or is in no plan.
    pub stale: Vec<String>,
}

/// Something on the wire that no plan holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rogue {
    /// The machine out of whose cable it came.
    pub by: String,
    pub from: IpAddr,
    pub to: IpAddr,
    /// The machine that has or had that address.
    pub towards: Option<String>,
    pub what: What,
    /// When it was first seen, in Unix microseconds.
    pub at: i64,
    pub times: u64,
    /// What else is wrong with it.
    pub note: Option<&'static str>,
}

/// A flow's id, and why a run of the lab need not show it.
pub type Excuse<'a> = (&'a str, &'a str);

/// Holds a capture against the plans that were in force while it was made.
pub fn judge(plans: &[&Plan], capture: &Capture, excused: &[Excuse<'_>]) -> Verdict {
    let mut verdict = Verdict::default();
    let mut rogues: BTreeMap<(String, IpAddr, What), Rogue> = BTreeMap::new();
    let mut starts = starts::Starts::default();
    for packet in capture.packets.iter().filter(|packet| packet.own) {
        let note = match starts.judge(packet, capture) {
            starts::Start::No => continue,
            starts::Start::Yes => None,
            starts::Start::Wrong(note) => Some(note),
        };
        let flows: BTreeSet<&Flow> =
            plans.iter().flat_map(|plan| planned(plan, packet, capture)).collect();
        if flows.is_empty() || note.is_some() {
            let key = (packet.by.clone(), packet.to, packet.what.without_source());
            let rogue = rogues.entry(key).or_insert_with(|| Rogue::of(packet, capture, note));
            rogue.times += 1;
            continue;
        }
        for flow in flows {
            *verdict.seen.entry(flow.id()).or_default() += 1;
        }
    }
    verdict.rogues = rogues.into_values().collect();
    verdict.rogues.sort_by_key(|rogue| rogue.at);
    let expected: BTreeSet<String> =
        plans.iter().flat_map(|plan| on_a_wire(plan)).map(|planned| planned.flow.id()).collect();
    let excuses: BTreeSet<&str> = excused.iter().map(|(flow, _)| *flow).collect();
    let missed = expected.iter().filter(|flow| !verdict.seen.contains_key(*flow));
    verdict.unseen = missed.filter(|flow| !excuses.contains(flow.as_str())).cloned().collect();
    let stale = excuses
        .iter()
        .filter(|excuse| !expected.contains(**excuse) || verdict.seen.contains_key(**excuse));
    verdict.stale = stale.map(|excuse| (*excuse).to_owned()).collect();
    verdict
}

/// What a run can show: flows of served services that leave their host.
fn on_a_wire(plan: &Plan) -> impl Iterator<Item = &Planned> {
    plan.flows().iter().filter(|planned| {
        planned.flow.service.served && !matches!(planned.opener, End::Loopback(_))
    })
}

/// The flows of the plan to which the packet can belong: roles of one host may
/// share a socket, and then nobody can tell from outside which was asked.
fn planned<'a>(
    plan: &'a Plan,
    packet: &'a Packet,
    capture: &'a Capture,
) -> impl Iterator<Item = &'static Flow> + 'a {
    let fits = plan.flows().iter().filter(|planned| {
        carries::carries(planned, &packet.what)
            && ends::opens(plan, planned, packet, capture)
            && ends::answers(plan, planned, packet, capture)
    });
    fits.map(|planned| planned.flow)
}

impl Verdict {
    /// # Panics
    /// Unless the law was kept in both directions; with names.
    #[track_caller]
    pub fn keeps(&self) {
        let kept = self.rogues.is_empty() && self.unseen.is_empty() && self.stale.is_empty();
        assert!(kept, "{self}");
    }
}

impl Rogue {
    fn of(packet: &Packet, capture: &Capture, note: Option<&'static str>) -> Self {
        Self {
            by: packet.by.clone(),
            from: packet.from,
            to: packet.to,
            towards: capture.who(packet.to).map(str::to_owned),
            what: packet.what.clone(),
            at: packet.at,
            times: 0,
            note,
        }
    }
}

impl What {
    /// The same for every connection to one place: the opener's port is chance.
    fn without_source(&self) -> Self {
        match self {
            Self::Tcp { to, .. } => Self::Tcp { from: 0, to: *to, begins: true },
            Self::Udp { to, .. } => Self::Udp { from: 0, to: *to },
            other => other.clone(),
        }
    }
}

impl fmt::Display for Rogue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.at.div_euclid(1_000_000);
        let (hours, minutes) = (seconds.div_euclid(3600) % 24, seconds.div_euclid(60) % 60);
        let millis = self.at.div_euclid(1000) % 1000;
        write!(f, "{hours:02}:{minutes:02}:{:02}.{millis:03} UTC: ", seconds % 60)?;
        let towards = self.towards.as_deref().unwrap_or("nobody in the lab");
        write!(f, "{} ({}) to {towards} ({}): {}", self.by, self.from, self.to, self.what)?;
        if let Some(note) = self.note {
            write!(f, ", {note}")?;
        }
        if self.times > 1 {
            write!(f, ", {} times", self.times)?;
        }
        Ok(())
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lists: [(&str, Vec<String>); 3] = [
            ("on the wire, and in no plan", self.rogues.iter().map(Rogue::to_string).collect()),
            ("in the plan, and never seen", self.unseen.clone()),
            ("excused, though seen or in no plan", self.stale.clone()),
        ];
        for (title, lines) in lists.iter().filter(|(_, lines)| !lines.is_empty()) {
            writeln!(f, "{title}:")?;
            for line in lines {
                writeln!(f, "  {line}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
