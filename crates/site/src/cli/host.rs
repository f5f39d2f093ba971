//! `portolan host …`: how further hosts come to the site, and how they are cut
//! off from it.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use wire::rest::{Host as Shown, HostInvitation, HostState, NewInvitation};

use crate::api::{Api, segment};
use crate::cli::{Format, Output};
use crate::outcome::{Exit, Failure};
use crate::show;

#[derive(Debug, Subcommand)]
pub(crate) enum Host {
    /// List the hosts of the site.
    List(Output),
    /// Invite a host of the site file to join.
    Invite(Invite),
    /// Refuse a host from now on: its key, its certificate, all it asks.
    Remove {
        name: String,
        #[command(flatten)]
        output: Output,
    },
}

#[derive(Debug, Args)]
#[command(
    after_help = "The file is a secret: whoever has it can join as this host, once, until it expires. Take it \
                  there by a way that you trust, and run `portolan join FILE` there.\n\n\
                  A host that was removed can be invited again; it then joins with a new key."
)]
pub(crate) struct Invite {
    /// Its key in the site file: `dp7` for [host.dp7].
    name: String,
    /// How long it can be used: 30m, 24h, 7d.
    #[arg(long, value_name = "TIME", default_value = "24h")]
    valid_for: jiff::SignedDuration,
    /// Where to write it; `-` is standard output [default: NAME.invitation].
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// How to show it. As JSON, no file is written unless --output says where.
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

impl Host {
    pub(crate) async fn run(self, site: &mut Api) -> Result<Exit, Failure> {
        match self {
            Self::List(output) => {
                let all: Vec<Shown> = site.get("/api/v1/hosts").await?;
                list(output, &all)
            }
            Self::Invite(invite) => invite.run(site).await,
            Self::Remove { name, output } => {
                let gone: Shown = site.delete(&format!("/api/v1/hosts/{}", segment(&name))).await?;
                removed(output, &gone)
            }
        }
    }
}

fn list(output: Output, all: &[Shown]) -> Result<Exit, Failure> {
    if output.format == Format::Json {
        show::json(&all)?;
        return Ok(Exit::Done);
    }
    let rows = all.iter().map(|host| {
        let here = host.state == HostState::Here;
        let seen = if here { String::new() } else { show::ago(host.last_seen) };
        let roles = host.roles.join(", ");
        let link = match host.link.as_str() {
            "site-server" => "opened by the site server",
            "host" => "opened by the host",
            _ => "",
        };
        let link = if here { "" } else { link };
        let (name, address) = (host.name.clone(), host.address.clone());
        [name, state(host.state).into(), seen, host.version.clone(), address, roles, link.into()]
    });
    show::table(["HOST", "STATE", "SEEN", "VERSION", "ADDRESS", "ROLES", "SITE LINK"], rows);
    Ok(Exit::Done)
}

fn state(state: HostState) -> &'static str {
    match state {
        HostState::Here => "this site server",
        HostState::Named => "not invited",
        HostState::Invited => "invited",
        HostState::Joined => "joined",
        HostState::Removed => "removed",
    }
}

impl Invite {
    async fn run(self, site: &mut Api) -> Result<Exit, Failure> {
        let path = format!("/api/v1/hosts/{}/invite", segment(&self.name));
        let body = NewInvitation { valid_for: self.valid_for.as_secs().unsigned_abs() };
        let made: HostInvitation = site.post(&path, &body).await?;
        if self.output.as_deref().is_some_and(|path| path.as_os_str() == "-") {
            show::line(made.file.trim_end());
            return Ok(Exit::Done);
        }
        let file = match (self.output, self.format) {
            (None, Format::Json) => None,
            (None, Format::Table) => Some(PathBuf::from(format!("{}.invitation", made.host))),
            (said, _) => said,
        };
        if let Some(file) = &file {
            node::files::write_private(file, made.file.as_bytes()).map_err(|error| {
                Failure::because("cannot keep the invitation", &error)
                    .next("invite the host again, with --output FILE")
            })?;
        }
        if self.format == Format::Json {
            show::json(&made)?;
        } else if let Some(file) = file {
            let shown = file.display();
            show::line(format!("invitation  {shown}: a secret, for {} alone", made.host));
            show::line(format!("expires     {}; it is good for once", show::moment(made.expires)));
            show::line(format!("next: take it to {} and run there, as root:", made.host));
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            show::line(format!("  portolan join {name}"));
            show::line("  systemctl enable --now portolan");
        }
        Ok(Exit::Done)
    }
}

fn removed(output: Output, gone: &Shown) -> Result<Exit, Failure> {
    if output.format == Format::Json {
        show::json(gone)?;
        return Ok(Exit::Done);
    }
    show::line(format!(
        "removed host {}: its key is refused, and clients are no longer sent to it",
        gone.name
    ));
    if !gone.address.is_empty() {
        show::line(format!("next: delete [host.{}] from the site file", gone.name));
    }
    Ok(Exit::Done)
}
