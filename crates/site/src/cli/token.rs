//! `portolan token create`: how another machine becomes a client.

use clap::{Args, Subcommand};
use wire::rest::{NewToken, Token as Made};

use crate::api::Api;
use crate::cli::{Format, Output};
use crate::outcome::{Exit, Failure};
use crate::show;

#[derive(Debug, Subcommand)]
pub(crate) enum Token {
    /// Make a token that enrols one machine, and print the command for it.
    Create(Create),
}

#[derive(Debug, Args)]
pub(crate) struct Create {
    /// How long it can be used: 30m, 24h, 7d.
    #[arg(long, value_name = "TIME", default_value = "24h")]
    valid_for: jiff::SignedDuration,
    #[command(flatten)]
    output: Output,
}

impl Token {
    pub(crate) async fn run(self, site: &mut Api) -> Result<Exit, Failure> {
        let Self::Create(create) = self;
        let body = NewToken { valid_for: create.valid_for.as_secs().unsigned_abs() };
        let made: Made = site.post("/api/v1/tokens", &body).await?;
        if create.output.format == Format::Json {
            show::json(&made)?;
            return Ok(Exit::Done);
        }
        show::line(format!("token     {}", made.token));
        show::line(format!("expires   {}; it enrols one machine", show::moment(made.expires)));
        show::line("");
        show::line("On the machine, as root, then type or paste the token when it asks for it:");
        show::line("");
        show::line(format!(
            "  portolan-agent enrol --site {} --code {} --root {}",
            made.management_point, made.site, made.root
        ));
        show::line("  portolan-agent run");
        show::line("");
        show::line(
            "No agent package has been published on this site (that is not built yet), so the machine needs",
        );
        show::line(
            "the program first: `cargo build --release -p agent`, then copy target/release/portolan-agent there.",
        );
        Ok(Exit::Done)
    }
}
