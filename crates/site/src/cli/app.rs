//! `portolan app …`: publishing reads the file here, sends its bytes, and then
//! creates the application from content that is already there.

use std::path::{Path, PathBuf};
use std::process::Command;

use clap::{Args, Subcommand};
use wire::rest::{App as Shown, AppDependencies, AppInstaller, ContentRef, NewApp};

use crate::api::upload;
use crate::api::{Api, segment};
use crate::cli::{Format, Output};
use crate::outcome::{Exit, Failure};
use crate::show;

#[derive(Debug, Subcommand)]
pub(crate) enum App {
    /// Publish an application: a Debian package, or a script.
    Create(Create),
    /// List all applications.
    List(Output),
    /// Show one application.
    Show {
        name: String,
        #[command(flatten)]
        output: Output,
    },
    /// Delete an application that is not deployed.
    Delete {
        name: String,
        #[command(flatten)]
        output: Output,
    },
}

#[derive(Debug, Args)]
#[command(
    after_help = "A script runs as the agent does (as root), in a folder of its own. A detection script \
                  answers whether the application is there: exit code 0 is yes, 1 is no. Without one, a \
                  script that is cut off ends as `unknown` and is never repeated by itself."
)]
pub(crate) struct Create {
    /// Letters, digits, `.`, `_`, `+` and `-`.
    name: String,
    /// A Debian package; whether it is there is read from the package database.
    #[arg(
        long,
        value_name = "FILE",
        required_unless_present = "script",
        conflicts_with = "script"
    )]
    deb: Option<PathBuf>,
    /// A script that installs.
    #[arg(long, value_name = "FILE")]
    script: Option<PathBuf>,
    /// A script that finds out whether it is installed.
    #[arg(long, value_name = "FILE", requires = "script")]
    detect: Option<PathBuf>,
    /// A script that removes it again.
    #[arg(long, value_name = "FILE", requires = "script")]
    uninstall_script: Option<PathBuf>,
    /// Exit codes that mean success.
    #[arg(long, value_delimiter = ',', default_value = "0", value_name = "CODES")]
    exit_codes: Vec<i32>,
    /// After this time the installer is ended and has failed.
    #[arg(long, default_value = "30m", value_name = "TIME")]
    time_limit: jiff::SignedDuration,
    #[command(flatten)]
    output: Output,
}

impl App {
    pub(crate) async fn run(self, site: &mut Api) -> Result<Exit, Failure> {
        match self {
            Self::Create(create) => create.run(site).await,
            Self::List(output) => {
                let all: Vec<Shown> = site.get("/api/v1/apps").await?;
                list(output, &all)
            }
            Self::Show { name, output } => {
                let app: Shown = site.get(&path(&name)).await?;
                details(output, &app)
            }
            Self::Delete { name, output } => {
                let app: Shown = site.delete(&path(&name)).await?;
                if output.format == Format::Json {
                    show::json(&app)?;
                } else {
                    show::line(format!("deleted application {}", app.name));
                }
                Ok(Exit::Done)
            }
        }
    }
}

fn path(name: &str) -> String {
    format!("/api/v1/apps/{}", segment(name))
}

impl Create {
    async fn run(self, site: &mut Api) -> Result<Exit, Failure> {
        let installer = match (&self.deb, &self.script) {
            (Some(deb), _) => package(site, deb).await?,
            (None, Some(script)) => AppInstaller::Script {
                install: upload::file(site, script).await?,
                uninstall: optional(site, self.uninstall_script.as_deref()).await?,
                detect: optional(site, self.detect.as_deref()).await?,
            },
            (None, None) => return Err(Failure::new("either --deb or --script is needed")),
        };
        let time_limit = u32::try_from(self.time_limit.as_secs())
            .ok()
            .filter(|seconds| *seconds > 0)
            .ok_or_else(|| Failure::new("--time-limit must be at least one second"))?;
        let new = NewApp { name: self.name, installer, time_limit, success_codes: self.exit_codes };
        let app: Shown = site.post("/api/v1/apps", &new).await?;
        if self.output.format == Format::Json {
            show::json(&app)?;
        } else {
            show::line(format!("created application {}: {}", app.name, summary(&app.installer)));
            show::line(format!("next: portolan deployment create {} --collection all", app.name));
        }
        Ok(Exit::Done)
    }
}

async fn optional(site: &mut Api, file: Option<&Path>) -> Result<Option<ContentRef>, Failure> {
    match file {
        Some(file) => Ok(Some(upload::file(site, file).await?)),
        None => Ok(None),
    }
}

/// What the package says of itself is asked of `dpkg-deb`, which also finds a
/// file that is no package before a byte of it is sent.
async fn package(site: &mut Api, file: &Path) -> Result<AppInstaller, Failure> {
    let output = Command::new("dpkg-deb")
        .arg("--show")
        .arg("--showformat=${Package}\n${Version}\n${Architecture}\n")
        .arg(file)
        .output()
        .map_err(|error| {
            Failure::because("cannot run dpkg-deb to read the package", &error)
                .next("publish from a machine that has dpkg (every Debian has it)")
        })?;
    let text = String::from_utf8_lossy(&output.stdout);
    let mut fields = text.lines();
    let (Some(package), Some(version), Some(architecture), true) =
        (fields.next(), fields.next(), fields.next(), output.status.success())
    else {
        let why = String::from_utf8_lossy(&output.stderr);
        return Err(Failure::new(format!(
            "{} is not a Debian package: {}",
            file.display(),
            why.trim()
        )));
    };
    Ok(AppInstaller::Deb {
        package: package.to_owned(),
        version: version.to_owned(),
        architecture: architecture.to_owned(),
        content: upload::file(site, file).await?,
        dependencies: AppDependencies::Present,
    })
}

fn summary(installer: &AppInstaller) -> String {
    match installer {
        AppInstaller::Deb { package, version, architecture, content, .. } => {
            format!("package {package} {version} ({architecture}), {}", show::size(content.size))
        }
        AppInstaller::Script { install, uninstall, detect } => {
            let detection = if detect.is_some() { "with detection" } else { "without detection" };
            let removal = if uninstall.is_some() { ", can be removed" } else { "" };
            format!("script {}, {detection}{removal}", install.name)
        }
    }
}

fn list(output: Output, all: &[Shown]) -> Result<Exit, Failure> {
    if output.format == Format::Json {
        show::json(&all)?;
    } else {
        let rows = all
            .iter()
            .map(|app| [app.name.clone(), summary(&app.installer), show::ago(app.created)]);
        show::table(["APPLICATION", "WHAT", "CREATED"], rows);
    }
    Ok(Exit::Done)
}

fn details(output: Output, app: &Shown) -> Result<Exit, Failure> {
    if output.format == Format::Json {
        show::json(app)?;
        return Ok(Exit::Done);
    }
    show::line(format!("application {}", app.name));
    show::line(format!("what        {}", summary(&app.installer)));
    show::line(format!("created     {}", show::moment(app.created)));
    show::line(format!("time limit  {} s", app.time_limit));
    let codes: Vec<String> = app.success_codes.iter().map(i32::to_string).collect();
    show::line(format!("success     exit code {}", codes.join(" or ")));
    let content = match &app.installer {
        AppInstaller::Deb { content, .. } => vec![content],
        AppInstaller::Script { install, uninstall, detect } => {
            [Some(install), uninstall.as_ref(), detect.as_ref()].into_iter().flatten().collect()
        }
    };
    for content in content {
        show::line(format!(
            "content     {} {} {}",
            content.digest,
            show::size(content.size),
            content.name
        ));
    }
    Ok(Exit::Done)
}
