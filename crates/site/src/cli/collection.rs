//! `portolan collection …`.

use clap::Subcommand;
use wire::rest::{Collection as Shown, NewCollection};

use crate::api::{Api, segment};
use crate::cli::{Format, Show};
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
        show: Show,
    },
    /// List all collections.
    List(Show),
    /// Show who is in a collection.
    Show {
        name: String,
        #[command(flatten)]
        show: Show,
    },
    /// Delete a collection that nothing is deployed to.
    Delete {
        name: String,
        #[command(flatten)]
        show: Show,
    },
}

impl Collection {
    pub(crate) async fn run(self, site: &mut Api) -> Result<Exit, Failure> {
        match self {
            Self::Create { name, devices, show } => {
                let made: Shown =
                    site.post("/api/v1/collections", &NewCollection { name, devices }).await?;
                present(show, &made, "created")
            }
            Self::List(show) => {
                let all: Vec<Shown> = site.get("/api/v1/collections").await?;
                list(show, &all)
            }
            Self::Show { name, show } => {
                let found: Shown =
                    site.get(&format!("/api/v1/collections/{}", segment(&name))).await?;
                if show.format == Format::Json {
                    show::json(&found)?;
                } else {
                    let rows = found.devices.into_iter().map(|device| [device.name, device.id]);
                    show::table(["DEVICE", "ID"], rows);
                }
                Ok(Exit::Done)
            }
            Self::Delete { name, show } => {
                let gone: Shown =
                    site.delete(&format!("/api/v1/collections/{}", segment(&name))).await?;
                present(show, &gone, "deleted")
            }
        }
    }
}

fn present(show: Show, collection: &Shown, done: &str) -> Result<Exit, Failure> {
    if show.format == Format::Json {
        show::json(collection)?;
    } else {
        let count = collection.devices.len();
        show::line(format!("{done} collection {} ({count} devices)", collection.name));
    }
    Ok(Exit::Done)
}

fn list(show: Show, all: &[Shown]) -> Result<Exit, Failure> {
    if show.format == Format::Json {
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
