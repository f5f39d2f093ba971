//! Why a flow is in the plan, or why it is not.

use clap::Args;
use plan::Explained;
use serde_json::{Value, json};

use super::{Format, no_such_form};
use crate::outcome::Failure;
use crate::show;
use crate::site_file::SiteFile;

#[derive(Debug, Args)]
pub(super) struct Explain {
    /// As `portolan plan` names it: client>management-point/https.
    #[arg(value_name = "FLOW")]
    flow: String,
}

impl Explain {
    pub(super) fn run(self, format: Format, file: &SiteFile) -> Result<(), Failure> {
        let found = file.plan.explain(&self.flow, &file.text);
        if found.is_empty() {
            return Err(absent(file, &self.flow));
        }
        match format {
            Format::Table => found.iter().for_each(tell),
            Format::Json => return show::json(&found.iter().map(as_json).collect::<Vec<_>>()),
            Format::Tsv | Format::Markdown => return Err(no_such_form("an explanation", format)),
        }
        Ok(())
    }
}

fn tell(one: &Explained) {
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

fn as_json(one: &Explained) -> Value {
    let reasons: Vec<_> = one
        .reasons
        .iter()
        .map(|reason| json!({ "text": reason.text, "line": reason.line }))
        .collect();
    json!({
        "id": one.flow, "opener": one.opener, "answerer": one.answerer,
        "protocol": one.protocol.to_string(), "ports": one.ports, "rank": one.rank,
        "purpose": one.sentence, "condition": one.condition, "reasons": reasons,
    })
}

fn absent(file: &SiteFile, flow: &str) -> Failure {
    let failure = Failure::new(format!("the plan holds no flow {flow}"));
    if let Some(row) = catalog::find_flow(flow) {
        let missing = [row.from, row.to].map(|role| role.slug).join(" and ");
        return failure.next(format!(
            "the catalog has it between {missing} ({}); `portolan catalog explain '{flow}'` tells more",
            row.when
        ));
    }
    let ids: Vec<String> = file.plan.flows().iter().map(|planned| planned.flow.id()).collect();
    match catalog::nearest(flow, ids.iter().map(String::as_str)) {
        Some(near) => failure.next(format!("did you mean {near}?")),
        None => failure.next("`portolan plan` lists them"),
    }
}
