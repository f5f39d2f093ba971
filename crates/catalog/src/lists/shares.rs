//! What clients fetch from shares.

use super::{Entry, List, Stated};
use crate::role::{CLIENT, FILE_SERVER};
use crate::service::SMB;
use crate::source::in_all;

const FETCHES: Entry = Entry {
    from: Some(&CLIENT),
    to: Some(&FILE_SERVER),
    source: &in_all("#BKMK_ClientShares"),
    ..Entry::new(
        "Installation by hand with `/source`: the client's own installation files",
        Stated::Service(&SMB),
    )
};

pub static CLIENT_SHARES: List = List {
    slug: "client-shares",
    name: "Clients and shares",
    sentence: "When a client is given a path to a share, it fetches by SMB. The article names two examples.",
    source: &in_all("#BKMK_ClientShares"),
    entries: &[
        FETCHES,
        Entry { what: "Endpoint Protection: definitions from a path on the network", ..FETCHES },
    ],
};
