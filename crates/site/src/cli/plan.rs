//! `portolan plan`: what follows from the site file, before anything runs.

use clap::{Args, Subcommand};
use plan::Explained;
use serde_json::{Value, json};

use crate::cli::{Format, Output};
use crate::folder::Folder;
use crate::outcome::{Exit, Failure};
use crate::show;
use crate::site_file::SiteFile;

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct PlanArgs {
    #[command(subcommand)]
    command: Option<Explain>,
    #[command(flatten)]
    output: Output,
}

#[derive(Debug, Subcommand)]
enum Explain {
    /// Say why a flow is in the plan: which row, which line of the site file.
    Explain {
        /// As `portolan plan` names it: client>management-point/https.
        flow: String,
        #[command(flatten)]
        output: Output,
    },
}

impl PlanArgs {
    pub(crate) fn run(self, folder: &Folder) -> Result<Exit, Failure> {
        let file = SiteFile::read(folder)?;
        match self.command {
            None => whole(self.output, &file),
            Some(Explain::Explain { flow, output }) => explain(output, &file, &flow),
        }
        .map(|()| Exit::Done)
    }
}

fn whole(output: Output, file: &SiteFile) -> Result<(), Failure> {
    let plan = &file.plan;
    let flows = plan.flows().iter().map(|planned| {
        [
            planned.flow.id(),
            plan.party_name(planned.opener),
            plan.party_name(planned.answerer),
            planned.flow.service.protocol.to_string(),
            planned.ports_text(),
        ]
    });
    if output.format == Format::Json {
        let flows: Vec<Value> = flows
            .map(|[id, opener, answerer, protocol, ports]| {
                json!({ "id": id, "opener": opener, "answerer": answerer, "protocol": protocol, "ports": ports })
            })
            .collect();
        let findings: Vec<_> =
            file.findings.iter().map(|finding| finding.message.as_str()).collect();
        return show::json(
            &json!({ "site": plan.site_code(), "flows": flows, "findings": findings }),
        );
    }
    show::table(["FLOW", "OPENER", "ANSWERER", "PROTOCOL", "PORT"], flows);
    for finding in &file.findings {
        show::line(format!("note: {}", finding.message));
    }
    Ok(())
}

fn explain(output: Output, file: &SiteFile, flow: &str) -> Result<(), Failure> {
    let found = file.plan.explain(flow, &file.text);
    if found.is_empty() {
        return Err(absent(file, flow));
    }
    if output.format == Format::Json {
        return show::json(&found.iter().map(as_json).collect::<Vec<_>>());
    }
    for one in &found {
        show::line(format!(
            "{} from {} to {}: {} {}",
            one.flow, one.opener, one.answerer, one.protocol, one.ports
        ));
        show::line(format!("  what     {}", one.sentence));
        show::line(format!("  when     {}", one.condition));
        for reason in &one.reasons {
            show::line(format!("  because  {}", reason.text));
        }
    }
    Ok(())
}

fn as_json(one: &Explained) -> Value {
    let reasons: Vec<_> = one
        .reasons
        .iter()
        .map(|reason| json!({ "text": reason.text, "line": reason.line }))
        .collect();
    json!({
        "id": one.flow, "opener": one.opener, "answerer": one.answerer,
        "protocol": one.protocol.to_string(), "ports": one.ports, "purpose": one.sentence,
        "condition": one.condition, "reasons": reasons,
    })
}

fn absent(file: &SiteFile, flow: &str) -> Failure {
    let ids: Vec<String> = file.plan.flows().iter().map(|planned| planned.flow.id()).collect();
    let failure = Failure::new(format!("the plan holds no flow {flow}"));
    match catalog::nearest(flow, ids.iter().map(String::as_str)) {
        Some(near) => failure.next(format!("did you mean {near}?")),
        None => failure.next("`portolan plan` lists them"),
    }
}
