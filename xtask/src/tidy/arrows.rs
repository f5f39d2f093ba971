//! Which crate may use which (ARCHITECTURE.md).

use super::house::House;
use super::{Breach, Law};

pub(super) const LAWS: &[Law] = &[
    Law {
        name: "arrows",
        reason: "the cut of the crates is by what code may touch; one edge too many and the \
                 compiler no longer holds the border",
        way_out: "move the code to the crate that may, hand the value in as an argument, or argue \
                  for the edge in ARCHITECTURE.md and in xtask's table",
        check: arrows,
    },
    Law {
        name: "roles-apart",
        reason: "a role may become a crate, or a process on another host, in one commit",
        way_out: "meet in the store, or move what both need to a module that is no role",
        check: roles_apart,
    },
    Law {
        name: "anchors",
        reason: "a row of the catalog cites the section that argues for it; a dead anchor argues \
                 for nothing",
        way_out: "write the section in ARCHITECTURE.md, or cite the one that is there",
        check: anchors,
    },
];

/// A crate and those that it may use, for its tests too.
const ALLOWED: &[(&str, &[&str])] = &[
    ("catalog", &[]),
    ("plan", &["catalog"]),
    ("rules", &["plan", "catalog"]),
    ("wire", &[]),
    ("content", &[]),
    ("trust", &["plan", "catalog"]),
    ("reach", &["trust", "wire", "plan", "catalog"]),
    ("node", &["trust", "plan", "catalog"]),
    ("store", &["node", "plan", "catalog"]),
    ("roles", &["store", "node", "reach", "trust", "content", "wire", "plan", "catalog"]),
    ("agent", &["node", "reach", "trust", "content", "wire", "plan", "catalog"]),
    ("console", &["store", "node", "plan", "catalog"]),
    // For tests and benches alone: it knows the product's plan, and nobody is
    // linked with it (law `no-lab`).
    ("lab", &["plan", "catalog"]),
    (
        "site",
        &[
            "lab", "roles", "console", "agent", "store", "node", "reach", "trust", "content",
            "wire", "rules", "plan", "catalog",
        ],
    ),
    ("hostile", &["roles", "agent", "trust", "content", "wire", "rules", "plan", "catalog"]),
    ("xtask", &["catalog"]),
];

/// Why an edge is forbidden, most particular first. `*` stands for any crate.
const REASONS: &[(&str, &str, &str)] = &[
    ("agent", "store", "SQL would enter the endpoint's binary, which keeps a journal instead"),
    ("agent", "roles", "the endpoint's binary holds no server code"),
    ("console", "roles", "the console shows plan and store, also while a role is down"),
    ("store", "trust", "what is remembered are bytes; who is believed is decided before"),
    ("store", "wire", "bodies on the wire may change without a migration"),
    ("node", "wire", "node moves bytes and does not know what they say"),
    ("*", "lab", "the lab proves the product; only the assembly's tests know it"),
    ("lab", "*", "the lab meets the product as processes and packets"),
    ("*", "hostile", "hostile plays the stranger; the product does not know it"),
    ("*", "xtask", "xtask is not part of the product"),
    ("*", "site", "site is the assembly: it names the others, nobody names it"),
    ("catalog", "*", "the catalog is pure data, read by everybody"),
    ("wire", "*", "what the bytes are depends on no port, no host and no key"),
    ("plan", "*", "the plan follows from catalog and site file alone"),
    ("rules", "*", "a rule follows from the plan alone, or from the text of a rule set"),
    ("trust", "*", "whom to believe is decided without socket, clock and file"),
    ("reach", "*", "the ladder is simulated with 100 000 clients: no socket, no clock"),
    ("xtask", "*", "it must build and judge while the product does not build"),
    ("*", "*", "it points up the storeys"),
];

fn arrows(house: &House) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for edge in &house.packages.edges {
        let at = edge.manifest.clone();
        let allowed = ALLOWED.iter().find(|(krate, _)| *krate == edge.from);
        let what = match allowed {
            None => format!("the crate {} has no row in the table of arrows", edge.from),
            Some((_, uses)) if uses.contains(&edge.to.as_str()) => continue,
            Some(_) => {
                format!("{} must not use {}: {}", edge.from, edge.to, why(&edge.from, &edge.to))
            }
        };
        breaches.push(Breach { at, what });
    }
    breaches
}

fn why(from: &str, to: &str) -> &'static str {
    let fits = |pattern: &str, name: &str| pattern == "*" || pattern == name;
    REASONS
        .iter()
        .find(|(a, b, _)| fits(a, from) && fits(b, to))
        .map_or("it is not in the table", |(_, _, why)| why)
}

/// A module of `roles` is a role's where its name is a role's slug.
fn roles_apart(house: &House) -> Vec<Breach> {
    let module = |path: &str| {
        let name = path.strip_prefix("crates/roles/src/")?.split('/').next()?;
        Some(name.trim_end_matches(".rs").to_owned())
    };
    let is_role = |name: &str| house.roles.iter().any(|role| role.replace('-', "_") == name);
    let mut breaches = Vec::new();
    for source in &house.sources {
        let Some(own) = module(&source.path).filter(|name| is_role(name)) else {
            continue;
        };
        let depth = source.path.matches('/').count() - "crates/roles/src".matches('/').count();
        for (line, path) in source.paths() {
            let other = named_module(path, depth);
            if let Some(other) = other.filter(|name| *name != own && is_role(name)) {
                let what = format!("the role {own} imports the role {other}");
                breaches.push(Breach { at: source.at(line), what });
            }
        }
    }
    breaches
}

/// The top module that a path names, seen from a module at the given depth.
fn named_module(path: &str, depth: usize) -> Option<&str> {
    let mut parts = path.split("::");
    let mut first = parts.next()?;
    let mut up = 0;
    while first == "super" {
        up += 1;
        first = parts.next()?;
    }
    match first {
        "crate" => parts.next(),
        _ if up >= depth => Some(first),
        _ => None,
    }
}

fn anchors(house: &House) -> Vec<Breach> {
    let headings: Vec<String> = house.map.lines().filter_map(anchor_of).collect();
    let dead = house.cited.iter().filter(|cited| !headings.iter().any(|anchor| anchor == **cited));
    dead.map(|cited| Breach {
        at: "ARCHITECTURE.md".to_owned(),
        what: format!("the catalog cites {cited}, which is no heading here"),
    })
    .collect()
}

/// The anchor that a heading of Markdown gets.
fn anchor_of(line: &str) -> Option<String> {
    let heading =
        line.trim_start_matches('#').strip_prefix(' ').filter(|_| line.starts_with('#'))?;
    let kept = heading.trim().to_lowercase();
    let kept = kept.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    Some(format!("#{}", kept.collect::<String>().replace(' ', "-")))
}

#[cfg(test)]
mod tests {
    use super::super::packages::Edge;
    use super::*;

    fn edge(from: &str, to: &str) -> House {
        let mut house = House::of(&[]);
        let manifest = format!("crates/{from}/Cargo.toml");
        house.packages.edges = vec![Edge { from: from.into(), to: to.into(), manifest }];
        house
    }

    #[test]
    fn an_arrow_upwards_is_refused_with_its_reason() {
        let breaches = arrows(&edge("agent", "store"));
        assert!(breaches.iter().any(|breach| breach.what.contains("SQL would enter")));
        assert_eq!(arrows(&edge("plan", "node")).len(), 1);
        assert_eq!(arrows(&edge("newcomer", "node")).len(), 1);
        assert!(arrows(&edge("store", "node")).is_empty());
    }

    #[test]
    fn every_allowed_arrow_points_down_and_the_crates_stand_in_order() {
        for (index, (krate, uses)) in ALLOWED.iter().enumerate() {
            for used in *uses {
                let at = ALLOWED.iter().position(|(name, _)| name == used);
                assert!(at.is_some_and(|at| at < index), "{krate} → {used}");
            }
        }
    }

    #[test]
    fn a_role_that_imports_another_is_found() {
        let path = "crates/roles/src/management_point/policy.rs";
        let breaches = |text: &str| roles_apart(&House::of(&[(path, text)])).len();
        assert_eq!(breaches("use crate::site_server::sign;"), 1);
        assert_eq!(breaches("fn f() { super::super::site_server::sign() }"), 1);
        assert_eq!(
            breaches("use super::inventory; use crate::content; use crate::management_point;"),
            0
        );
    }

    #[test]
    fn a_dead_anchor_is_found() {
        let mut house = House::of(&[]);
        house.map = "# Map\n### The HTTP host, `roles`\n".to_owned();
        house.cited = vec!["#the-http-host-roles"];
        assert!(anchors(&house).is_empty());
        house.cited.push("#the-moon");
        assert_eq!(anchors(&house).len(), 1);
    }
}
