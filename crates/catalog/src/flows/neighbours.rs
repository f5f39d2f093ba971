//! What clients need of each other: waking, content from near by, and the newest
//! map. All of it stays on a subnet, and all of it asks the clients' own firewalls.

use crate::edition::Editions;
use crate::flow::{Cast, Flow, Proof, When, Where};
use crate::role::CLIENT;
use crate::service::{
    EXPRESS_UPDATES, ICMP_ECHO, NEIGHBOUR_MAP, NEIGHBOUR_MAP_TRANSFER, PEER_CACHE,
    PEER_CACHE_DISCOVERY, WAKE_ON_LAN, WAKE_UP_PROXY,
};
use crate::source::{Source, in_2020, in_all};

const AMONG_CLIENTS: Flow = Flow {
    editions: Editions::MICROSOFT.and(Editions::LATER),
    when: When::Feature("wake-up-proxy"),
    scope: Where::SameSubnet,
    source: &in_all("#BKMK_PortsClient-ClientWakeUp"),
    ..Flow::new(&CLIENT, &CLIENT, &WAKE_UP_PROXY)
};

const NEAR_BY: Flow = Flow {
    editions: Editions::SINCE_2002.and(Editions::LATER),
    when: When::Feature("peer-cache"),
    scope: Where::SameSubnet,
    source: &in_2020("#BKMK_PortsClient-ClientWakeUp"),
    ..Flow::new(&CLIENT, &CLIENT, &PEER_CACHE)
};

const MAP: Flow = Flow {
    editions: Editions::LATER,
    scope: Where::SameSubnet,
    source: &[Source::ours("#what-is-declared-and-not-yet-served")],
    ..Flow::new(&CLIENT, &CLIENT, &NEIGHBOUR_MAP)
};

pub(super) static ROWS: &[&Flow] = &[
    &Flow {
        service: &WAKE_ON_LAN,
        notes: &[2],
        proof: Proof::Observe("the machine that was asleep starts"),
        sentence: "A client that watches over a sleeping neighbour wakes it.",
        ..AMONG_CLIENTS
    },
    &Flow {
        notes: &[2],
        proof: Proof::Observe("the managers that a subnet's clients name in their logs"),
        sentence: "Clients agree who watches over whom.",
        ..AMONG_CLIENTS
    },
    &Flow {
        service: &ICMP_ECHO,
        prose: true,
        proof: Proof::Ask("an echo request"),
        sentence: "Is the neighbour awake: asked by clients that watch over each other.",
        ..AMONG_CLIENTS
    },
    &Flow {
        service: &PEER_CACHE_DISCOVERY,
        cast: Cast::Broadcast,
        proof: Proof::Ask("the broadcast for content that a neighbour holds"),
        sentence: "Who on the subnet has this content, asked from Windows PE.",
        ..NEAR_BY
    },
    &Flow { sentence: "Content from a neighbour that has it.", ..NEAR_BY },
    &Flow {
        service: &EXPRESS_UPDATES,
        when: When::Feature("express-updates"),
        scope: Where::SameHost,
        source: &[Source::other(
            "about-client-settings",
            "#port-that-clients-use-to-receive-requests-for-delta-content",
        )],
        fixes: Some("express-updates-stay-on-the-client"),
        sentence: "The machine's update agent asks the client beside it for ranges of large update files.",
        ..NEAR_BY
    },
    &Flow {
        cast: Cast::Multicast,
        proof: Proof::Ask("the number of the neighbour's map"),
        sentence: "Who holds a newer map, after a move that happened while the machine was asleep.",
        ..MAP
    },
    &Flow {
        service: &NEIGHBOUR_MAP_TRANSFER,
        sentence: "The newer map, signed by the site.",
        ..MAP
    },
];
