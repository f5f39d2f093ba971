//! `portolan status`.

use wire::rest::Status;

use crate::api::Api;
use crate::cli::{Format, Output};
use crate::outcome::{Exit, Failure};
use crate::show;

pub(crate) async fn run(output: Output, site: &mut Api) -> Result<Exit, Failure> {
    let status: Status = site.get("/api/v1/status").await?;
    if output.format == Format::Json {
        show::json(&status)?;
        return Ok(Exit::Done);
    }
    let ready = if status.ready { "ready" } else { "not ready" };
    show::line(format!(
        "site      {} {:?}, {ready}, Portolan {}",
        status.site, status.name, status.version
    ));
    show::line(format!("root      {}", status.root));
    show::line(format!("running   since {}", show::moment(status.started)));
    show::line(format!(
        "holds     {} ({} blocked), {}, {}",
        show::counted(status.devices, "device"),
        status.blocked,
        show::counted(status.apps, "application"),
        show::counted(status.deployments, "deployment")
    ));
    for listen in &status.listens {
        show::line(format!(
            "listens   {} {}:{} for {}",
            listen.protocol,
            listen.address,
            listen.port,
            listen.flows.join(", ")
        ));
    }
    for part in &status.parts {
        let state = if part.running { "running" } else { "not running" };
        let trouble =
            if part.trouble.is_empty() { String::new() } else { format!(": {}", part.trouble) };
        show::line(format!("part      {} {state}{trouble}", part.role));
    }
    Ok(Exit::Done)
}
