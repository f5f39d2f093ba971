//! Every site file of the plan's goldens: two estates, and one for each word.

use super::{BRANCHES, HIERARCHY};

/// `word!("nat")`.
macro_rules! word {
    ($name:literal) => {
        include_str!(concat!("../../../plan/src/tests/golden/words/", $name, ".toml"))
    };
}

pub(crate) const ESTATES: [&str; 30] = [
    BRANCHES,
    HIERARCHY,
    word!("addresses"),
    word!("alternatives"),
    word!("alternatives-unchosen"),
    word!("assigned-clients"),
    word!("boot"),
    word!("boundary-groups"),
    word!("clients-are"),
    word!("cloud"),
    word!("dhcp"),
    word!("dual-stack"),
    word!("dynamic-ports"),
    word!("either-side"),
    word!("features"),
    word!("inherited-ports"),
    word!("installing"),
    word!("link-reversed"),
    word!("load-balancer"),
    word!("loopback"),
    word!("nat"),
    word!("one-subnet"),
    word!("ours-hierarchy"),
    word!("roaming"),
    word!("silenced"),
    word!("site-server-opens"),
    word!("sql-cluster"),
    word!("sql-instances"),
    word!("top-site"),
    word!("wsus-pair"),
];
