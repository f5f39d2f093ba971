//! What the dialects of packet filters say about a rule in their comments.

use crate::decided::Decided;
use crate::rule::{Ends, Rule, RuleSet};

/// `branch-7, cloud update to head; client>management-point/https; site file line 6`.
pub(super) fn about(set: &RuleSet<'_>, rule: &Rule, decided: &Decided) -> String {
    let connections = set.connections(rule).join(", ");
    let mut text = format!("{} to {}; {connections}", who(&rule.source), who(&rule.destination));
    let decided = decided.of(set, rule);
    if !decided.is_empty() {
        text.push_str("; ");
        text.push_str(&decided);
    }
    text
}

/// Nobody in particular needs what IP itself does.
fn who(ends: &Ends) -> String {
    if ends.parties.is_empty() { "neighbours".to_owned() } else { ends.parties.join(", ") }
}

/// Why a firewall that keeps state has no rule for a hole of the plan; none where it
/// has one.
pub(super) fn not_needed(rule: &Rule) -> Option<&'static str> {
    match (rule.by_state, rule.within) {
        (true, _) => Some("errors about what has passed: the state lets them pass"),
        (false, true) => Some("inside one network: this firewall never sees it"),
        (false, false) => None,
    }
}

/// As much of a text as a place for comments holds, in bytes. Names and connections
/// are ASCII; what is not ends the text, so that no character is cut.
pub(super) fn shortened(text: &str, bytes: usize) -> String {
    const MARK: &str = "...";
    if text.len() <= bytes {
        return text.to_owned();
    }
    let room = bytes.saturating_sub(MARK.len());
    let end = (0..=room).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    format!("{}{MARK}", text.get(..end).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::shortened;

    #[test]
    fn a_text_is_cut_between_characters_and_says_so() {
        assert_eq!(shortened("abcdef", 6), "abcdef");
        assert_eq!(shortened("abcdefg", 6), "abc...");
        assert_eq!(shortened("aéééé", 6), "aé...");
        assert_eq!(shortened("ééé", 4), "...");
    }
}
