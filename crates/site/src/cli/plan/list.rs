//! The whole plan, or what concerns some parties, in four forms.

use ::rules::Place;
use clap::Args;
use plan::show::{COLUMNS, markdown, tsv};
use plan::{Only, Plan, Planned, Row, UnknownParty};
use serde_json::{Value, json};

use super::Format;
use crate::outcome::{Failure, Kind};
use crate::show;
use crate::site_file::{self, SiteFile};

#[derive(Debug, Args)]
pub(crate) struct OnlyArgs {
    /// Only what this host opens or answers.
    #[arg(long, value_name = "HOST")]
    host: Option<String>,
    /// Only what the machines of this network open or answer.
    #[arg(long, value_name = "NETWORK", conflicts_with = "host")]
    clients: Option<String>,
    /// Only what passes between these two, whichever opens.
    #[arg(long, num_args = 2, value_names = ["A", "B"])]
    between: Option<Vec<String>>,
}

impl OnlyArgs {
    pub(crate) fn is_said(&self) -> bool {
        self.host.is_some() || self.clients.is_some() || self.between.is_some()
    }

    fn only(&self) -> Only {
        let between = self.between.clone().map(<[String; 2]>::try_from);
        let between = between.transpose().unwrap_or_default();
        Only { host: self.host.clone(), clients: self.clients.clone(), between }
    }

    /// The two between which something passes.
    pub(crate) fn ends(&self) -> Option<[&str; 2]> {
        let [one, other] = self.between.as_deref()? else { return None };
        Some([one, other])
    }

    /// The one firewall that is meant, if it is a host's or that of a network's
    /// machines.
    pub(crate) fn place(&self, plan: &Plan) -> Result<Option<Place>, Failure> {
        plan.select(&self.only()).map_err(unknown)?;
        let host = self.host.clone().map(Place::Host);
        Ok(host.or_else(|| self.clients.clone().map(Place::Clients)))
    }

    /// The flows that are meant, by their places in the plan.
    pub(crate) fn places(&self, plan: &Plan) -> Result<Vec<u32>, Failure> {
        plan.select_places(&self.only()).map_err(unknown)
    }

    pub(super) fn run(self, format: Format, file: &SiteFile) -> Result<(), Failure> {
        let whole = !self.is_said();
        let flows = file.plan.select(&self.only()).map_err(unknown)?;
        let rows = file.plan.rows(flows.iter().copied());
        let cells: Vec<_> = rows.iter().map(Row::cells).collect();
        match format {
            Format::Table => table(file, &flows, whole),
            Format::Tsv => show::line(tsv(COLUMNS, &cells).trim_end()),
            Format::Json => return show::json(&as_json(file, &flows)),
            Format::Markdown => {
                let (code, name) = (file.plan.site_code(), file.plan.name());
                let title = if code == name { code.to_owned() } else { format!("{name} ({code})") };
                show::line(format!("# Connections of {title}\n"));
                show::line(markdown(COLUMNS, &cells).trim_end());
                let notes = if whole { file.findings.as_slice() } else { &[] };
                for (n, finding) in notes.iter().enumerate() {
                    let gap = if n == 0 { "\n" } else { "" };
                    show::line(format!("{gap}- {}: {}", finding.severity.slug(), finding.message));
                }
                if let Some(line) = silenced(file).filter(|_| whole) {
                    show::line(format!("\n{line}"));
                }
            }
        }
        Ok(())
    }
}

/// For people: one look, and what the lint has to say of the whole.
fn table(file: &SiteFile, flows: &[&Planned], whole: bool) {
    let plan = &file.plan;
    let rows = flows.iter().map(|planned| {
        [
            planned.flow.id(),
            plan.party_name(planned.opener),
            plan.party_name(planned.answerer),
            planned.flow.service.protocol.to_string(),
            planned.ports_text(),
        ]
    });
    show::table(["FLOW", "OPENER", "ANSWERER", "PROTOCOL", "PORT"], rows);
    if flows.is_empty() {
        show::line("note: no connection of the plan is meant by that");
    }
    for finding in file.findings.iter().filter(|_| whole) {
        show::line(format!("note: {}", finding.message));
    }
    if let Some(line) = silenced(file).filter(|_| whole) {
        show::line(line);
    }
}

/// How many findings nobody hears, where there are any.
fn silenced(file: &SiteFile) -> Option<String> {
    let count = file.silenced.len();
    (count > 0).then(|| format!("{} silenced", show::counted(count as u64, "finding")))
}

fn as_json(file: &SiteFile, flows: &[&Planned]) -> Value {
    let plan = &file.plan;
    let flow = |planned: &&Planned| {
        let Row { opener, answerer, protocol, port, connection } = plan.row(planned);
        json!({
            "id": connection, "opener": opener, "answerer": answerer, "protocol": protocol, "ports": port,
            "rank": planned.rank, "purpose": planned.flow.sentence,
        })
    };
    let finding = |finding| site_file::finding(&file.name, &file.text, finding);
    let silenced = |one| site_file::silenced(&file.name, &file.text, one);
    json!({
        "site": plan.site_code(), "name": plan.name(),
        "flows": flows.iter().map(flow).collect::<Vec<_>>(),
        "findings": file.findings.iter().map(finding).collect::<Vec<_>>(),
        "silenced": file.silenced.iter().map(silenced).collect::<Vec<_>>(),
    })
}

fn unknown(error: UnknownParty) -> Failure {
    let failure = Failure::new(error.to_string()).kind(Kind::Usage);
    match error.nearest {
        Some(near) => failure.next(format!("did you mean {near}?")),
        None if error.known.is_empty() => failure.next("it names none"),
        None => failure.next(format!("it names {}", error.known.join(", "))),
    }
}
