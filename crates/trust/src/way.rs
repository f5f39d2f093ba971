//! Where a client or a host may go, and on what ground. The crate that opens
//! sockets takes a [`Way`] and nothing less; it cannot be made out of thin air,
//! only out of a verified service map, a verified host plan or an invitation. An address alone is a guess;
//! a way is an address for which somebody trusted has answered.
//!
//! ```compile_fail,E0624
//! let flow = &catalog::flows::CLIENT_TO_MANAGEMENT_POINT_HTTPS;
//! let port = flow.service.default_port().unwrap();
//! let anywhere = std::net::IpAddr::from([203, 0, 113, 7]);
//! trust::way::Way::new(flow, anywhere, port, trust::way::Ground::Mapped);
//! ```

use std::fmt;
use std::net::IpAddr;

use catalog::flow::Flow;

/// Why a way may be gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ground {
    /// An entry of a verified service map names it.
    Mapped,
    /// It worked before, for a service that the verified service map still has.
    Remembered,
    /// An invitation names it: to the management point, to enrol.
    Invited,
    /// A verified host plan names it: what the roles of a host may dial.
    Ordered,
}

/// One address and port to dial for one flow.
#[derive(Clone, Copy)]
pub struct Way {
    flow: &'static Flow,
    address: IpAddr,
    port: u16,
    ground: Ground,
}

impl Way {
    /// Only `map`, `invitation` and `host_plan` call this: they are the grounds.
    pub(crate) const fn new(
        flow: &'static Flow,
        address: IpAddr,
        port: u16,
        ground: Ground,
    ) -> Self {
        Self { flow, address, port, ground }
    }

    pub const fn flow(&self) -> &'static Flow {
        self.flow
    }

    pub const fn address(&self) -> IpAddr {
        self.address
    }

    pub const fn port(&self) -> u16 {
        self.port
    }

    pub const fn ground(&self) -> Ground {
        self.ground
    }

    /// Whether both lead to the same place for the same flow, on whatever
    /// ground.
    pub fn same_place(&self, other: &Self) -> bool {
        self.address == other.address
            && self.port == other.port
            && std::ptr::eq(self.flow, other.flow)
    }
}

impl PartialEq for Way {
    fn eq(&self, other: &Self) -> bool {
        self.same_place(other) && self.ground == other.ground
    }
}

impl Eq for Way {}

impl fmt::Display for Way {
    /// `client>management-point/https at 10.1.0.10 port …`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {} port {}", self.flow.id(), self.address, self.port)
    }
}

impl fmt::Debug for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Way({self}, {:?})", self.ground)
    }
}
