//! `portolan device …`.

use clap::Subcommand;
use wire::client::Inventory;
use wire::rest::{Block, Device as Shown, DeviceDetails};

use crate::api::{Api, segment};
use crate::cli::{Format, Output};
use crate::outcome::{Exit, Failure};
use crate::show;

#[derive(Debug, Subcommand)]
pub(crate) enum Device {
    /// List all devices.
    List(Output),
    /// Show one device: what it is, what it holds, what is deployed to it.
    Show {
        /// Its name or id.
        device: String,
        #[command(flatten)]
        output: Output,
    },
    /// Refuse a device from its next request on.
    Block {
        device: String,
        /// Why; the device is told.
        #[arg(long, default_value = "")]
        reason: String,
        #[command(flatten)]
        output: Output,
    },
    /// Accept a blocked device again.
    Unblock {
        device: String,
        #[command(flatten)]
        output: Output,
    },
}

impl Device {
    pub(crate) async fn run(self, site: &mut Api) -> Result<Exit, Failure> {
        match self {
            Self::List(output) => {
                let all: Vec<Shown> = site.get("/api/v1/devices").await?;
                list(output, &all)
            }
            Self::Show { device, output } => {
                let found: DeviceDetails =
                    site.get(&format!("/api/v1/devices/{}", segment(&device))).await?;
                details(output, &found)
            }
            Self::Block { device, reason, output } => {
                let path = format!("/api/v1/devices/{}/block", segment(&device));
                let blocked: Shown = site.post(&path, &Block { reason }).await?;
                changed(output, &blocked, "blocked")
            }
            Self::Unblock { device, output } => {
                let path = format!("/api/v1/devices/{}/unblock", segment(&device));
                let unblocked: Shown = site.post(&path, &()).await?;
                changed(output, &unblocked, "unblocked")
            }
        }
    }
}

fn changed(output: Output, device: &Shown, done: &str) -> Result<Exit, Failure> {
    if output.format == Format::Json {
        show::json(device)?;
    } else {
        show::line(format!("{done} {} ({})", device.name, device.id));
    }
    Ok(Exit::Done)
}

fn list(output: Output, all: &[Shown]) -> Result<Exit, Failure> {
    if output.format == Format::Json {
        show::json(&all)?;
        return Ok(Exit::Done);
    }
    let rows = all.iter().map(|device| {
        [
            device.name.clone(),
            device.id.clone(),
            condition(device),
            show::ago(device.last_seen),
            device.agent_version.clone(),
            device.addresses.join(" "),
        ]
    });
    show::table(["DEVICE", "ID", "STATE", "SEEN", "AGENT", "ADDRESSES"], rows);
    Ok(Exit::Done)
}

fn condition(device: &Shown) -> String {
    let word = if device.blocked {
        "blocked"
    } else if !device.refused.is_empty() {
        "refused a document"
    } else if device.limits.is_empty() {
        "managed"
    } else {
        "managed, with limits"
    };
    word.into()
}

fn details(output: Output, found: &DeviceDetails) -> Result<Exit, Failure> {
    if output.format == Format::Json {
        show::json(found)?;
        return Ok(Exit::Done);
    }
    let device = &found.device;
    show::line(format!("device    {} ({}), {}", device.name, device.id, condition(device)));
    if device.blocked {
        show::line(format!("blocked   {}", or_dash(&device.blocked_reason)));
    }
    show::line(format!("enrolled  {}", show::moment(device.enrolled)));
    show::line(format!(
        "seen      {}, agent {}",
        show::ago(device.last_seen),
        device.agent_version
    ));
    let behind =
        if device.policy == device.policy_offered { "current" } else { "a newer one waits" };
    show::line(format!("policy    {} ({behind})", device.policy));
    for limit in &device.limits {
        show::line(format!("limit     {limit}"));
    }
    if !device.refused.is_empty() {
        show::line(format!("refused   {}", device.refused));
    }
    if let Some(inventory) = &found.inventory {
        self::inventory(inventory, found.inventory_at);
    }
    for state in &found.states {
        let phase = show::phase(state.phase);
        let why =
            if state.reason.is_empty() { String::new() } else { format!(": {}", state.reason) };
        show::line(format!("app       {} {phase}{why}", state.app));
        show::quoted(&state.output);
    }
    Ok(Exit::Done)
}

fn inventory(inventory: &Inventory, at: i64) {
    let system = &inventory.system;
    show::line(format!("inventory {}", show::ago(at)));
    show::line(format!("system    {}, {}, {}", system.os, system.kernel, system.architecture));
    show::line(format!(
        "hardware  {} × {}, {} memory",
        system.cpus,
        system.cpu,
        show::size(system.memory)
    ));
    for disk in &inventory.disks {
        show::line(format!(
            "disk      {} on {}, {} of {} free",
            disk.mount,
            disk.device,
            show::size(disk.free),
            show::size(disk.size)
        ));
    }
    for interface in &inventory.interfaces {
        show::line(format!("interface {} {}", interface.name, interface.addresses.join(" ")));
    }
    show::line(format!("packages  {} installed", inventory.packages.len()));
}

fn or_dash(text: &str) -> &str {
    if text.is_empty() { "without a reason" } else { text }
}
