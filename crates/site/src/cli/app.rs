//! `portolan app …`: what can be installed. Publishing is a file of its own, and
//! so is what a package depends on.

use clap::Subcommand;
use wire::rest::{App as Shown, AppDependencies, AppInstaller, ContentRef};

use crate::api::{Api, segment};
use crate::cli::{Format, Output};
use crate::outcome::{Exit, Failure};
use crate::show;

mod apt;
mod closure;
mod control;
mod publish;

#[derive(Debug, Subcommand)]
pub(crate) enum App {
    /// Publish an application: a Debian package, or a script.
    Create(publish::Create),
    /// Give an application a new installer; its deployments go on with that.
    Update(publish::Update),
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

impl App {
    pub(crate) async fn run(self, site: &mut Api) -> Result<Exit, Failure> {
        match self {
            Self::Create(create) => create.run(site).await,
            Self::Update(update) => update.run(site).await,
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

fn summary(installer: &AppInstaller) -> String {
    match installer {
        AppInstaller::Deb { package, version, architecture, content, dependencies } => {
            let size = show::size(content.size);
            let more = match dependencies {
                AppDependencies::Present => String::new(),
                AppDependencies::Published { packages } => {
                    let size = show::size(packages.iter().map(|one| one.size).sum());
                    let count = show::counted(packages.len() as u64, "package");
                    format!(", with {count} that it needs ({size})")
                }
                AppDependencies::Sources => ", and what it needs from the client's sources".into(),
            };
            format!("package {package} {version} ({architecture}), {size}{more}")
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
    let content: Vec<&ContentRef> = match &app.installer {
        AppInstaller::Deb { content, dependencies, .. } => {
            let more = match dependencies {
                AppDependencies::Published { packages } => packages.as_slice(),
                AppDependencies::Present | AppDependencies::Sources => &[],
            };
            std::iter::once(content).chain(more).collect()
        }
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
