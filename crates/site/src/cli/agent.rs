//! `portolan agent publish`: the agent's package, for machines that are no
//! clients yet. (The rest of `portolan agent` is the agent's own command line.)

use std::path::PathBuf;

use clap::Args;
use wire::rest::{AgentPackage, NewAgentPackage};

use crate::api::{Api, upload};
use crate::cli::{Format, Output};
use crate::deb::Deb;
use crate::outcome::{Exit, Failure};
use crate::show;

/// What the package must be called.
const PACKAGE: &str = "portolan-agent";

#[derive(Debug, Args)]
#[command(
    after_help = "The package is served by plain HTTP to whoever asks; the install command of `portolan token \
                  create` names its digest, so that a machine takes nothing else.\n\n\
                  `cargo xtask dist` makes the package, in target/dist."
)]
pub(crate) struct Publish {
    /// portolan-agent_VERSION_ARCHITECTURE.deb
    file: PathBuf,
    #[command(flatten)]
    output: Output,
}

impl Publish {
    pub(crate) async fn run(self, site: &mut Api) -> Result<Exit, Failure> {
        let deb = Deb::read(&self.file)?;
        if deb.package != PACKAGE {
            return Err(Failure::new(format!(
                "{} is the package {}, not {PACKAGE}",
                self.file.display(),
                deb.package
            ))
            .next("`cargo xtask dist` makes the agent's package, in target/dist"));
        }
        let new = NewAgentPackage {
            sha256: deb.sha256()?,
            content: upload::file(site, &self.file).await?,
            version: deb.version,
            architecture: deb.architecture,
        };
        let made: AgentPackage = site.replace("/api/v1/agent-package", &new).await?;
        if self.output.format == Format::Json {
            show::json(&made)?;
        } else {
            let AgentPackage { version, architecture, size, url, sha256 } = made;
            let size = show::size(size);
            show::line(format!("published {PACKAGE} {version} ({architecture}), {size}"));
            show::line(format!("fetched   from {url}"));
            show::line(format!("checked   by SHA256:{sha256}"));
            show::line("next: portolan token create");
        }
        Ok(Exit::Done)
    }
}
