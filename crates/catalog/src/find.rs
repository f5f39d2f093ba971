//! Looking things up by what people type, and guessing what they meant.

use crate::flow::Flow;
use crate::flows::FLOWS;
use crate::role::{ROLES, Role};
use crate::service::{SERVICES, Service};

/// The role with this slug.
pub fn find_role(slug: &str) -> Option<&'static Role> {
    ROLES.iter().copied().find(|role| role.slug == slug)
}

/// The service with this slug.
pub fn find_service(slug: &str) -> Option<&'static Service> {
    SERVICES.iter().copied().find(|service| service.slug == slug)
}

/// The flow with this id, as [`Flow::id`] writes it.
pub fn find_flow(id: &str) -> Option<&'static Flow> {
    let (from, rest) = id.split_once('>')?;
    let (to, service) = rest.split_once('/')?;
    FLOWS
        .iter()
        .copied()
        .find(|flow| [flow.from.slug, flow.to.slug, flow.service.slug] == [from, to, service])
}

/// What was probably meant by `word`: the candidate with the fewest typing
/// slips, if there are few enough for its length; else one with a part like it,
/// as `push` is of `client-push`. The first of equals wins.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Nobody misspells a word of this length; and the work is its square.
    const LONGEST: usize = 64;
    let word: Vec<char> = word.chars().take(LONGEST + 1).collect();
    if word.len() > LONGEST {
        return None;
    }
    let candidates: Vec<&str> = candidates.into_iter().collect();
    let slipped = candidates
        .iter()
        .map(|candidate| (slips(&word, candidate), *candidate))
        .filter(|(slips, candidate)| *slips <= candidate.len().max(word.len()).div_ceil(3))
        .min_by_key(|(slips, _)| *slips);
    let (_, found) = slipped.or_else(|| {
        let parts = candidates.iter().filter_map(|one| Some((part_slips(&word, one)?, *one)));
        parts.min_by_key(|(slips, _)| *slips)
    })?;
    Some(found)
}

/// The slips in a word that stands for one part of the candidate, or for its
/// beginning; none where it stands for neither.
fn part_slips(word: &[char], candidate: &str) -> Option<usize> {
    const SHORTEST: usize = 3;
    if word.len() < SHORTEST {
        return None;
    }
    let begins = word.iter().copied().eq(candidate.chars().take(word.len()));
    let parts = candidate.split('-').map(|part| slips(word, part));
    let closest = parts.chain(begins.then_some(0)).min()?;
    (closest <= word.len() / 4).then_some(closest)
}

/// Levenshtein's distance.
fn slips(word: &[char], candidate: &str) -> usize {
    let mut row: Vec<usize> = (0..=word.len()).collect();
    for (above, letter) in candidate.chars().enumerate() {
        let mut diagonal = above;
        let mut left = above + 1;
        let mut next = vec![left];
        for (have, up) in word.iter().zip(row.iter().skip(1)) {
            left = (diagonal + usize::from(*have != letter)).min(left + 1).min(up + 1);
            diagonal = *up;
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_found_by_its_own_name() {
        for flow in FLOWS {
            assert_eq!(find_flow(&flow.id()), Some(*flow));
        }
        for role in ROLES {
            assert_eq!(find_role(role.slug), Some(*role));
        }
        for service in SERVICES {
            assert_eq!(find_service(service.slug), Some(*service));
        }
        for wrong in ["", ">", ">/", "client", "client>management-point", "a>b/c"] {
            assert_eq!(find_flow(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn slips_are_forgiven_and_strangers_are_not() {
        let roles = || ROLES.iter().map(|role| role.slug);
        assert_eq!(nearest("managment-point", roles()), Some("management-point"));
        assert_eq!(nearest("dns_server", roles()), Some("dns-server"));
        assert_eq!(nearest("http", ["https", "site-database"]), Some("https"));
        assert_eq!(nearest("push", ["all-methods", "client-push"]), Some("client-push"));
        assert_eq!(nearest("externl", ["migration", "external-lists"]), Some("external-lists"));
        assert_eq!(nearest("corr", ["documented", "corrected"]), Some("corrected"));
        assert_eq!(nearest("banana", roles()), None);
        assert_eq!(nearest(&"x".repeat(100_000), roles()), None);
        assert_eq!(nearest("", roles()), None);
    }

    #[test]
    fn slips_are_counted() {
        for (one, other, count) in
            [("", "", 0), ("", "abc", 3), ("abc", "", 3), ("kitten", "sitting", 3), ("ä", "a", 1)]
        {
            let word: Vec<char> = one.chars().collect();
            assert_eq!(slips(&word, other), count, "{one} {other}");
        }
    }
}
