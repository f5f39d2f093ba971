//! `portolan collection …`.

use clap::Subcommand;
use wire::rest::{Collection as Shown, NewCollection};

use crate::api::{Api, segment};
use crate::cli::{Format, Output};
use crate::outcome::{Exit, Failure};
use crate::show;

#[derive(Debug, Subcommand)]
pub(crate) enum Collection {
    /// Make a collection of devices. (`all` is there already, and holds every device.)
    Create {
        name: String,
        /// Names or ids, separated by commas.
        #[arg(long, value_delimiter = ',', value_name = "A,B")]
        devices: Vec<String>,
        #[command(flatten)]
        output: Output,
    },
    /// List all collections.
    List(Output),
    /// Show who is in a collection.
    Show {
        name: String,
        #[command(flatten)]
        output: Output,
    },
    /// Delete a collection that nothing is deployed to.
    Delete {
        name: String,
        #[command(flatten)]
        output: Output,
    },
}

impl Collection {
    pub(crate) async fn run(self, site: &mut Api) -> Result<Exit, Failure> {
        match self {
            Self::Create { name, devices, output } => {
                let made: Shown =
                    site.post("/api/v1/collections", &NewCollection { name, devices }).await?;
                present(output, &made, "created")
            }
            Self::List(output) => {
                let all: Vec<Shown> = site.get("/api/v1/collections").await?;
                list(output, &all)
            }
            Self::Show { name, output } => {
                let found: Shown =
                    site.get(&format!("/api/v1/collections/{}", segment(&name))).await?;
                if output.format == Format::Json {
                    show::json(&found)?;
                } else {
                    let rows = found.devices.into_iter().map(|device| [device.name, device.id]);
                    show::table(["DEVICE", "ID"], rows);
                }
                Ok(Exit::Done)
            }
            Self::Delete { name, output } => {
                let gone: Shown =
                    site.delete(&format!("/api/v1/collections/{}", segment(&name))).await?;
                present(output, &gone, "deleted")
            }
        }
    }
}

fn present(output: Output, collection: &Shown, done: &str) -> Result<Exit, Failure> {
    if output.format == Format::Json {
        show::json(collection)?;
    } else {
        let devices = show::counted(collection.devices.len() as u64, "device");
        show::line(format!("{done} collection {} ({devices})", collection.name));
    }
    Ok(Exit::Done)
}

fn list(output: Output, all: &[Shown]) -> Result<Exit, Failure> {
    if output.format == Format::Json {
        show::json(&all)?;
    } else {
        let rows = all.iter().map(|collection| {
            let kind = if collection.built_in { "built in" } else { "" };
            [collection.name.clone(), collection.devices.len().to_string(), kind.to_owned()]
        });
        show::table(["COLLECTION", "DEVICES", ""], rows);
    }
    Ok(Exit::Done)
}
