//! The lab, its networks, and the routers between them.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use plan::Cidr;

use crate::capture::Capture;
use crate::cell::{Cell, WAIT};
use crate::machine::{Machine, Make};
use crate::place;
use crate::switch::{Port, Switch, feed};

/// An estate: networks, routers and machines, with no way out. It ends when
/// the last of it is dropped, or with the test's process.
#[derive(Debug)]
pub struct Lab {
    pub(crate) switch: Arc<Switch>,
    programs: Vec<PathBuf>,
}

/// A network: one wire to which machines are connected.
#[derive(Debug, Clone)]
pub struct Network {
    pub(crate) name: String,
    pub(crate) bridge: String,
    pub(crate) prefixes: Vec<Cidr>,
}

impl Lab {
    /// A lab whose machines have these programs in /usr/bin, under their own
    /// names.
    ///
    /// # Panics
    /// Where it cannot be had; see [`crate::obstacle`].
    pub fn new(programs: &[&Path]) -> Self {
        let programs = programs.iter().map(|path| path.to_path_buf()).collect();
        Self { switch: Arc::new(Switch::new()), programs }
    }

    /// A network of these prefixes, separated by spaces: `10.1.0.0/24
    /// 2001:db8:1::/64`. Without one of IPv6 its machines have no IPv6 at all.
    ///
    /// # Panics
    /// Where a prefix is none.
    pub fn network(&self, name: &str, prefixes: &str) -> Network {
        let prefixes = prefixes.split_whitespace().map(|text| {
            Cidr::parse(text).unwrap_or_else(|why| panic!("network {name}: {text}: {why:?}"))
        });
        Network {
            name: name.to_owned(),
            bridge: self.switch.bridge(),
            prefixes: prefixes.collect(),
        }
    }

    /// A router that joins the networks. It has the first address of each
    /// prefix, which is where every machine sends what is not for its own network.
    ///
    /// # Panics
    /// Where it cannot be had.
    pub fn router(&self, name: &str, networks: &[&Network]) -> Router {
        let script = format!(
            "set -e\necho 1 > /proc/sys/net/ipv4/ip_forward\n\
             echo 1 > /proc/sys/net/ipv6/conf/all/forwarding\n{WAIT}"
        );
        let router = Router { cell: Cell::new(name, &script, &[]), _switch: self.switch.clone() };
        for (n, network) in networks.iter().enumerate() {
            let interface = format!("eth{n}");
            let addresses: Vec<IpAddr> = network.prefixes.iter().map(first_host).collect();
            let port = Port {
                machine: name.to_owned(),
                router: true,
                addresses: addresses.clone(),
                bridge: network.bridge.clone(),
                relayed: false,
            };
            self.switch.cable(&router.cell, &interface, port);
            let mut lines = network.addresses_of(&interface, &addresses);
            lines.push_str(&format!("link set {interface} up\n"));
            network.decide_ipv6(&router.cell, &interface);
            ip(&router.cell, &lines);
        }
        self.apply_loss();
        router
    }

    /// A Debian machine in a network, at these addresses (separated by spaces),
    /// with the lab's programs.
    ///
    /// # Panics
    /// Where it cannot be had.
    pub fn machine(&self, name: &str, network: &Network, addresses: &str) -> Machine {
        self.connect(name, network, addresses, &self.programs)
    }

    /// The same without the lab's programs: bare Debian, and nothing else.
    ///
    /// # Panics
    /// Where it cannot be had.
    pub fn bare(&self, name: &str, network: &Network, addresses: &str) -> Machine {
        self.connect(name, network, addresses, &[])
    }

    fn connect(
        &self,
        name: &str,
        network: &Network,
        addresses: &str,
        programs: &[PathBuf],
    ) -> Machine {
        let make = Make { name, lower: &place::debian(), programs, shows: &[] };
        let mut machine = Machine::make(&make);
        machine.plug_in(&self.switch, network, addresses);
        self.apply_loss();
        machine
    }

    /// Every frame that was sent until now.
    ///
    /// # Panics
    /// Where the capture has lost any.
    pub fn captured(&self) -> Capture {
        Capture::until_now(&self.switch)
    }
}

/// A router. It forwards until it is dropped.
#[derive(Debug)]
pub struct Router {
    pub(crate) cell: Cell,
    _switch: Arc<Switch>,
}

impl Network {
    /// The name that [`Lab::network`] gave it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Lines for `ip -batch` that give an interface its addresses.
    pub(crate) fn addresses_of(&self, interface: &str, addresses: &[IpAddr]) -> String {
        let mut lines = String::new();
        for address in addresses {
            let prefix = self.prefix_of(*address);
            let length = prefix.to_string().split('/').next_back().map(str::to_owned);
            let length = length.expect("a prefix has a length");
            // Nobody else can have it, so no time is lost with asking.
            let nodad = if address.is_ipv6() { " nodad" } else { "" };
            lines.push_str(&format!("addr add {address}/{length} dev {interface}{nodad}\n"));
        }
        lines
    }

    /// Lines for `ip -batch` that lead everything else to the router.
    pub(crate) fn default_routes(&self, addresses: &[IpAddr]) -> String {
        let routes = addresses.iter().map(|address| {
            let router = first_host(&self.prefix_of(*address));
            format!("route replace default via {router}\n")
        });
        routes.collect()
    }

    fn prefix_of(&self, address: IpAddr) -> Cidr {
        let found = self.prefixes.iter().find(|prefix| prefix.contains(address));
        *found.unwrap_or_else(|| panic!("{address} is not in the network {}", self.name))
    }

    /// Takes IPv6 from an interface, or gives it back, as the network has it.
    pub(crate) fn decide_ipv6(&self, cell: &Cell, interface: &str) {
        let off = self.prefixes.iter().all(|prefix| prefix.first().is_ipv4());
        let path = format!("/proc/sys/net/ipv6/conf/{interface}/disable_ipv6");
        // This file is that of the network in which the writing thread is.
        let written = cell.inside(|| std::fs::write(&path, if off { "1" } else { "0" }));
        written.unwrap_or_else(|error| panic!("{path}: {error}"));
    }
}

/// Lines for `ip -batch` in a cell.
pub(crate) fn ip(cell: &Cell, lines: &str) {
    feed(cell.in_network(&place::tool("ip")).args(["-batch", "-"]), lines);
}

/// The first address that a machine can have: the router's.
fn first_host(prefix: &Cidr) -> IpAddr {
    match prefix.first() {
        IpAddr::V4(v4) => std::net::Ipv4Addr::from_bits(v4.to_bits() + 1).into(),
        IpAddr::V6(v6) => std::net::Ipv6Addr::from_bits(v6.to_bits() + 1).into(),
    }
}
