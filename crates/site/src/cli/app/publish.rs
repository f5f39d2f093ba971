//! `portolan app create` and `app update`: the files are read here and sent,
//! and then the application is made of content that is already there.

use std::path::{Path, PathBuf};

use clap::{ArgGroup, Args};
use wire::rest::{App, AppDependencies, AppInstaller, ContentRef, NewApp};

use super::closure::{self, Dependencies};
use super::{path, summary};
use crate::api::{Api, upload};
use crate::cli::{Format, Output};
use crate::deb::Deb;
use crate::outcome::{Exit, Failure};
use crate::show;

/// Seconds after which an installer is ended, where nothing else is said.
const TIME_LIMIT: u32 = 30 * 60;

#[derive(Debug, Args)]
#[command(
    group = ArgGroup::new("what").args(["deb", "script"]).required(true),
    after_help = "A package is installed by dpkg, and whether it is there is read from the package database.\n\n\
                  What the package depends on comes\n  \
                  none     from nowhere: it must be installed already\n  \
                  mirror   from the package mirror of the site file, now; it is published with the package\n  \
                  FOLDER   from the .deb files in this folder, now; it is published with the package\n  \
                  sources  from each client's own package sources, when it installs\n\n\
                  From a mirror comes all that the package needs, except what every Debian has (packages that \
                  are essential, or of the priority `required`). From a folder comes what is in it; what this \
                  machine has of the same kind is taken to be everywhere.\n\n\
                  A script runs as the agent does (as root), in a folder of its own. A detection script \
                  answers whether the application is there: exit code 0 is yes, 1 is no. Without one, a \
                  script that is cut off ends as `unknown` and is never repeated by itself."
)]
pub(crate) struct Create {
    /// Letters, digits, `.`, `_`, `+` and `-`.
    name: String,
    #[command(flatten)]
    files: Files,
    #[command(flatten)]
    limits: Limits,
    #[command(flatten)]
    output: Output,
}

#[derive(Debug, Args)]
#[command(
    after_help = "What is not said stays as it is. Clients with a deployment of the application install the new \
                  package over the old one; where they have the new version already, nothing happens."
)]
pub(crate) struct Update {
    name: String,
    #[command(flatten)]
    files: Files,
    #[command(flatten)]
    limits: Limits,
    #[command(flatten)]
    output: Output,
}

/// What installs, finds and removes the application.
#[derive(Debug, Args)]
struct Files {
    /// A Debian package.
    #[arg(long, value_name = "FILE", conflicts_with = "script")]
    deb: Option<PathBuf>,
    /// Where what the package depends on comes from [default: none].
    #[arg(long, value_name = "mirror|FOLDER|sources|none", requires = "deb")]
    dependencies: Option<Dependencies>,
    /// A script that installs.
    #[arg(long, value_name = "FILE")]
    script: Option<PathBuf>,
    /// A script that finds out whether it is installed.
    #[arg(long, value_name = "FILE", requires = "script")]
    detect: Option<PathBuf>,
    /// A script that removes it again.
    #[arg(long, value_name = "FILE", requires = "script")]
    uninstall_script: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct Limits {
    /// Exit codes that mean success [default: 0].
    #[arg(long, value_delimiter = ',', value_name = "CODES")]
    exit_codes: Option<Vec<i32>>,
    /// After this time the installer is ended and has failed [default: 30m].
    #[arg(long, value_name = "TIME", value_parser = seconds)]
    time_limit: Option<u32>,
}

fn seconds(text: &str) -> Result<u32, String> {
    let time: jiff::SignedDuration =
        text.parse().map_err(|error: jiff::Error| error.to_string())?;
    u32::try_from(time.as_secs())
        .ok()
        .filter(|seconds| *seconds > 0)
        .ok_or_else(|| "it must be at least one second".to_owned())
}

impl Create {
    pub(super) async fn run(self, site: &mut Api) -> Result<Exit, Failure> {
        let dependencies = self.files.dependencies.clone().unwrap_or_default();
        let Some(installer) = self.files.publish(site, dependencies).await? else {
            return Err(Failure::new("there is nothing to install")
                .next("name a package with --deb, or a script with --script"));
        };
        let new = NewApp {
            name: self.name,
            installer,
            time_limit: self.limits.time_limit.unwrap_or(TIME_LIMIT),
            success_codes: self.limits.exit_codes.unwrap_or_else(|| vec![0]),
        };
        let app: App = site.post("/api/v1/apps", &new).await?;
        tell(self.output, &app, "created", "deployment create", " --collection all")
    }
}

impl Update {
    pub(super) async fn run(self, site: &mut Api) -> Result<Exit, Failure> {
        let old: App = site.get(&path(&self.name)).await?;
        let dependencies = match &self.files.dependencies {
            Some(said) => said.clone(),
            None if self.files.deb.is_some() => as_before(&old)?,
            None => Dependencies::None,
        };
        let installer = self.files.publish(site, dependencies).await?;
        if installer.is_none()
            && self.limits.time_limit.is_none()
            && self.limits.exit_codes.is_none()
        {
            return Err(Failure::new("there is nothing to change")
                .next("`portolan app update --help` says what can be said"));
        }
        let new = NewApp {
            name: old.name,
            installer: installer.unwrap_or(old.installer),
            time_limit: self.limits.time_limit.unwrap_or(old.time_limit),
            success_codes: self.limits.exit_codes.unwrap_or(old.success_codes),
        };
        let app: App = site.replace(&path(&self.name), &new).await?;
        tell(self.output, &app, "updated", "deployment watch", "")
    }
}

/// The new version's dependencies come from where the old one's came, as far
/// as the site knows that.
fn as_before(old: &App) -> Result<Dependencies, Failure> {
    let AppInstaller::Deb { dependencies, .. } = &old.installer else {
        return Ok(Dependencies::None);
    };
    match dependencies {
        AppDependencies::Present => Ok(Dependencies::None),
        AppDependencies::Sources => Ok(Dependencies::Sources),
        AppDependencies::Published { .. } => Err(Failure::new(format!(
            "{} was published with what it depends on, and the new version may depend on something else",
            old.name
        ))
        .next("say where that comes from: --dependencies mirror, or a folder, or none")),
    }
}

fn tell(output: Output, app: &App, done: &str, next: &str, more: &str) -> Result<Exit, Failure> {
    if output.format == Format::Json {
        show::json(app)?;
    } else {
        show::line(format!("{done} application {}: {}", app.name, summary(&app.installer)));
        show::line(format!("next: portolan {next} {}{more}", app.name));
    }
    Ok(Exit::Done)
}

impl Files {
    /// Sends the files; nothing where none were named.
    async fn publish(
        &self,
        site: &mut Api,
        dependencies: Dependencies,
    ) -> Result<Option<AppInstaller>, Failure> {
        if let Some(deb) = &self.deb {
            return package(site, deb, &dependencies).await.map(Some);
        }
        let Some(script) = &self.script else { return Ok(None) };
        Ok(Some(AppInstaller::Script {
            install: upload::file(site, script).await?,
            uninstall: optional(site, self.uninstall_script.as_deref()).await?,
            detect: optional(site, self.detect.as_deref()).await?,
        }))
    }
}

async fn optional(site: &mut Api, file: Option<&Path>) -> Result<Option<ContentRef>, Failure> {
    match file {
        Some(file) => Ok(Some(upload::file(site, file).await?)),
        None => Ok(None),
    }
}

/// Nothing is sent before it is sure that nothing is missing.
async fn package(
    site: &mut Api,
    file: &Path,
    dependencies: &Dependencies,
) -> Result<AppInstaller, Failure> {
    let deb = Deb::read(file)?;
    let found = closure::find(site, &deb, dependencies).await?;
    let content = upload::file(site, file).await?;
    let dependencies = found.publish(site).await?;
    Ok(AppInstaller::Deb {
        package: deb.package,
        version: deb.version,
        architecture: deb.architecture,
        content,
        dependencies,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_limit_is_at_least_a_second() {
        assert_eq!(seconds("2m"), Ok(120));
        assert_eq!(seconds("1h30m"), Ok(5400));
        for bad in ["0s", "-2m", "soon", "100ms", "200y"] {
            assert!(seconds(bad).is_err(), "{bad}");
        }
    }
}
