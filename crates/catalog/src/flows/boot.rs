//! Booting from the network, and one image to many machines.

use crate::edition::Editions;
use crate::flow::{Cast, Flow, Opens, Proof, Reply, Truth, Where};
use crate::role::{
    CLIENT, DISTRIBUTION_POINT_MULTICAST, DISTRIBUTION_POINT_PXE, NETWORK_BOOT_FIRMWARE,
};
use crate::service::{BINL, DHCP, DHCP_REPLY, MULTICAST, SMB, TFTP};
use crate::source::in_all;

const PXE: Flow = Flow {
    editions: Editions::MICROSOFT,
    source: &in_all("#BKMK_PortsClient-DP3"),
    ..Flow::new(&CLIENT, &DISTRIBUTION_POINT_PXE, &DHCP)
};

const PXE_OFFER: Flow = Flow {
    service: &DHCP_REPLY,
    cast: Cast::Broadcast,
    proof: Proof::Observe("an offer without an address arrives"),
    sentence: OFFER,
    ..PXE
};

/// Ours says who really asks: no client runs yet.
const FIRMWARE: Flow = Flow { editions: Editions::LATER, from: &NETWORK_BOOT_FIRMWARE, ..PXE };

const TO_MANY: Flow = Flow {
    editions: Editions::MICROSOFT,
    scope: Where::BoundaryGroup,
    source: &in_all("#BKMK_PortsClient-DP2"),
    ..Flow::new(&CLIENT, &DISTRIBUTION_POINT_MULTICAST, &MULTICAST)
};

const ASK_DHCP: Proof = Proof::Ask("a discover with the option of a machine that boots");
const ASK_TFTP: Proof = Proof::Ask("a read request for the boot file");
const ASK_BINL: Proof = Proof::Ask("a request to the boot server alone");

const DISCOVER: &str = "A machine that boots asks for an address, and for a boot server.";
const OFFER: &str = "The boot server's answer, to the port of machines without an address.";
const FETCH: &str = "The boot files: asked for on this port, answered from another.";
const NEGOTIATE: &str = "Which file to boot, asked of the boot server once the address is known.";

pub(super) static ROWS: &[&Flow] = &[
    &Flow { cast: Cast::Broadcast, proof: ASK_DHCP, sentence: DISCOVER, ..PXE },
    &Flow {
        truth: Truth::Instead(&Flow {
            opens: Opens::To,
            fixes: Some("pxe-offer-goes-to-the-client"),
            ..PXE_OFFER
        }),
        ..PXE_OFFER
    },
    &Flow {
        service: &TFTP,
        reply: Reply::HighPort,
        notes: &[4],
        proof: ASK_TFTP,
        sentence: FETCH,
        ..PXE
    },
    &Flow { service: &BINL, proof: ASK_BINL, sentence: NEGOTIATE, ..PXE },
    &Flow { cast: Cast::Broadcast, proof: ASK_DHCP, sentence: DISCOVER, ..FIRMWARE },
    &Flow {
        opens: Opens::To,
        service: &DHCP_REPLY,
        cast: Cast::Broadcast,
        proof: Proof::Observe("an offer without an address arrives"),
        sentence: OFFER,
        ..FIRMWARE
    },
    &Flow {
        service: &TFTP,
        reply: Reply::HighPort,
        notes: &[4],
        proof: ASK_TFTP,
        sentence: FETCH,
        ..FIRMWARE
    },
    &Flow { service: &BINL, proof: ASK_BINL, sentence: NEGOTIATE, ..FIRMWARE },
    &Flow {
        service: &SMB,
        sentence: "The image's description and what is not sent to all.",
        ..TO_MANY
    },
    &Flow {
        editions: Editions::MICROSOFT.and(Editions::LATER),
        cast: Cast::Multicast,
        proof: Proof::Observe("packets of a session reach the members of its group"),
        sentence: "One image, to all machines that joined.",
        ..TO_MANY
    },
];
