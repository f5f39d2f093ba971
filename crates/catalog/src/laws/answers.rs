//! Questions that a network engineer asks, and what the answers must hold.

use crate::explain::{self, Explanation, explain, words};
use crate::flows::FLOWS;
use crate::remarks;
use crate::role::ROLES;
use crate::service::SERVICES;

fn ask(word: &str) -> Explanation {
    explain(word).unwrap_or_else(|unknown| panic!("{word}: {unknown:?}"))
}

fn near(word: &str) -> Option<String> {
    explain(word).err().unwrap_or_else(|| panic!("{word} is known")).near
}

#[test]
fn everything_can_be_asked_for() {
    for word in words() {
        assert!(!ask(word).is_empty() || word.starts_with("note-"), "{word}");
    }
    for flow in FLOWS {
        let found = ask(&flow.id());
        assert_eq!(found.flows, vec![*flow]);
        assert!(ask(&format!("{}>{}", flow.from, flow.to)).flows.contains(flow));
    }
    for role in ROLES {
        assert!(ask(role.slug).sentences.contains(&role.sentence));
    }
    for service in SERVICES {
        assert!(ask(service.slug).services.contains(service));
        for port in service.ports.usual().into_iter().flat_map(|(first, last)| [first, last]) {
            assert!(ask(&port.to_string()).services.contains(service), "{service} at {port}");
        }
    }
}

#[test]
fn every_remark_and_every_correction_is_found_by_what_it_is_about() {
    for remark in remarks::all() {
        for about in remark.about {
            let found = ask_about(&about.word());
            assert!(
                found.is_none_or(|found| found.remarks.contains_by(remark.text)),
                "{about:?}: {}",
                remark.text
            );
        }
    }
    for correction in crate::corrections::CORRECTIONS {
        for about in correction.about {
            let found = ask_about(&about.word());
            let has = found
                .is_none_or(|found| found.corrections.iter().any(|one| one.id == correction.id));
            assert!(has, "{about:?}: {}", correction.id);
        }
    }
}

/// `port-change` is a command of its own; and a remark about a connection that has
/// no row (site server and any site system) is found by its list.
fn ask_about(word: &str) -> Option<Explanation> {
    let elsewhere = ["port-change", "site-server>site-system"];
    (!elsewhere.contains(&word)).then(|| ask(word))
}

trait Texts {
    fn contains_by(&self, text: &str) -> bool;
}

impl Texts for Vec<&'static remarks::Remark> {
    fn contains_by(&self, text: &str) -> bool {
        self.iter().any(|remark| remark.text == text)
    }
}

#[test]
fn ports_are_asked_for_in_every_usual_way() {
    assert_eq!(ask("10123").flows.len(), 1);
    assert_eq!(ask("67/udp").flows, ask("udp 67").flows);
    assert!(ask("tcp 636").flows.iter().all(|flow| flow.service.slug == "ldaps"));
    assert_eq!(ask("8530-8531").services.len(), 2);
    assert!(ask("10150").title.contains("gateway-channel"));
    assert!(ask("1434").flows.is_empty() && !ask("1434").remarks.is_empty());
    assert!(ask("2").is_empty());
    for wrong in ["0", "65536", "70000", "99999999999999999999", "443-80", "note 7"] {
        assert!(explain(wrong).is_err(), "{wrong}");
    }
    assert_eq!(ask("client → management-point").flows, ask("client>management-point").flows);
    assert_eq!(near("managment-point").as_deref(), Some("management-point"));
    assert_eq!(near("client>managment-point").as_deref(), Some("management-point"));
    assert_eq!(near("management-point>client").as_deref(), Some("client>management-point"));
    assert_eq!(near("443-80").as_deref(), Some("80-443"));
    assert_eq!(near("client>sms-provider").as_deref(), Some("console>sms-provider"));
}

#[test]
fn a_wrong_edition_or_port_is_answered_with_the_nearest_right_one() {
    let edition = |slug| explain::edition(slug).err().and_then(|unknown| unknown.near);
    for (wrong, right) in [
        ("1902", "1802"),
        ("1910", "2002"),
        ("2010", "2006"),
        ("2403", "2006"),
        ("portlan", "portolan"),
    ] {
        assert_eq!(edition(wrong).as_deref(), Some(right), "{wrong}");
    }
    assert_eq!(explain::port("443"), Ok(443));
    assert_eq!(explain::port("https").err().and_then(|one| one.near).as_deref(), Some("443"));
    for wrong in ["", "0", "65536", "-1", "http/tcp"] {
        assert!(explain::port(wrong).is_err(), "{wrong}");
    }
}
