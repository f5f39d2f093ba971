//! Site file → estate: all of its mistakes in one run, each where it was made.
//!
//! The spanned TOML tree is walked by hand rather than by a derive, which would
//! stop at the first mistake and know nothing of what was meant.

mod cloud;
mod feature;
mod fields;
mod group;
mod host;
mod mirror;
mod name;
mod network;
mod role;
pub mod schema;
mod silence;
mod site;
mod word;

use toml_edit::{Document, TomlError};

use crate::check;
use crate::estate::{ClientSettings, Estate};
use crate::lock::Lock;
use crate::mistake::Mistake;

use fields::Fields;
pub(crate) use word::is_dns_name;
pub use word::unfit;

const KEYS: &[&str] = &[
    "edition",
    "site",
    "client-settings",
    "network",
    "boundary-group",
    "host",
    "cluster",
    "cloud",
    "features",
    "alternatives",
    "silenced",
];

/// Reads a site file, and reports all its mistakes at once, in the order of
/// the file.
pub fn read(text: &str) -> Result<Estate, Vec<Mistake>> {
    read_with(text, &Lock::default())
}

/// As [`read`]; what has a name and no address is at those that the lock has for it.
pub fn read_with(text: &str, lock: &Lock) -> Result<Estate, Vec<Mistake>> {
    let document = match Document::parse(text) {
        Ok(document) => document,
        Err(error) => return Err(vec![not_toml(text, &error)]),
    };
    let mut mistakes = Vec::new();
    let estate = estate(&Fields::root(document.as_table()), lock, &mut mistakes);
    match estate {
        Some(estate) if mistakes.is_empty() => Ok(estate),
        _ => {
            mistakes.sort_by_key(|mistake| mistake.at.start);
            Err(mistakes)
        }
    }
}

fn not_toml(text: &str, error: &TomlError) -> Mistake {
    let at = error.span().unwrap_or(text.len()..text.len());
    let at = at.start.min(text.len())..at.end.min(text.len());
    Mistake::new(at, format!("this is not TOML: {}", error.message()))
}

/// None where there is no site, so that nothing else can be judged.
fn estate(root: &Fields<'_>, lock: &Lock, mistakes: &mut Vec<Mistake>) -> Option<Estate> {
    root.only(KEYS, mistakes);
    let said = site::edition(root, mistakes);
    let edition = said.value;
    let sites = site::sites(root, edition, mistakes);
    let settings = root
        .table("client-settings", mistakes)
        .map_or_else(ClientSettings::default, |fields| site::settings(&fields, mistakes));
    let networks = network::networks(root, mistakes);
    let (hosts, of_hosts) = host::hosts(root, edition, lock, mistakes);
    let groups = group::groups(root, mistakes);
    let (clusters, of_clusters) = cloud::clusters(root, edition, lock, mistakes);
    let (clouds, of_clouds) = cloud::clouds(root, edition, lock, mistakes);
    let features = feature::features(root, edition, mistakes);
    let alternatives = feature::alternatives(root, edition, mistakes);
    let silenced = silence::silenced(root, mistakes);
    // Read to the end first: a file without a site may hold other mistakes too.
    let estate = Estate {
        edition: said,
        sites: sites?,
        settings,
        networks,
        hosts,
        groups,
        clusters,
        clouds,
        features,
        alternatives,
        silenced,
    };
    check::check(&estate, of_hosts && of_clusters && of_clouds, mistakes);
    Some(estate)
}
