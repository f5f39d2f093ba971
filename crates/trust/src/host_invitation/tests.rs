//! A file that a person carries: whole, cut, or changed on the way.
#![allow(clippy::unwrap_used)]

use std::mem::discriminant;

use proptest::prelude::*;

use super::*;
use crate::host_plan::HostPlan;
use crate::site::SiteKeys;

const NOW: i64 = 1_700_000_000_000;

fn invitation(keys: &SiteKeys) -> HostInvitation {
    let text = r#"
        [site.P01]
        [network.here]
        cidr = ["10.0.0.0/8"]
        [host.head]
        address = "10.1.0.10"
        roles = ["site-server"]
        [host.dp7]
        address = "10.7.0.5"
        roles = ["distribution-point"]
    "#;
    let (plan, _) = plan::plan(&plan::read(text).unwrap()).unwrap();
    let plan = keys.sign_host_plan(&HostPlan::of(&plan, "dp7").unwrap(), 1, NOW);
    let (site, host, root) = ("P01".to_owned(), "dp7".to_owned(), keys.fingerprint());
    HostInvitation { site, host, root, token: Token::generate().unwrap(), expires: NOW, plan }
}

#[test]
fn a_carried_file_opens_the_plan() {
    let keys = SiteKeys::create("P01", NOW).unwrap().keys;
    let made = invitation(&keys);
    let text = made.to_text();
    assert!(text.lines().all(|line| line.len() <= 80), "{text}");
    let read = HostInvitation::parse(&text.replace('\n', "\r\n")).unwrap();
    assert_eq!(read.to_text(), text);
    assert_eq!((read.host.as_str(), read.expires), ("dp7", NOW));
    assert!(read.token.matches(&made.token.hash()));
    assert_eq!(read.verified_plan(NOW).unwrap().host(), "dp7");
    assert!(!format!("{read:?}").contains(&read.token.text()));
    // Whoever changes the root or the host in the file gains no plan.
    let other = SiteKeys::create("P01", NOW).unwrap().keys.fingerprint();
    for (from, to) in [
        (format!("host: {}", read.host), "host: dp8".to_owned()),
        (read.root.to_string(), other.to_string()),
        ("site: P01".to_owned(), "site: P02".to_owned()),
    ] {
        let changed = HostInvitation::parse(&text.replace(&from, &to)).unwrap();
        assert!(changed.verified_plan(NOW).is_err(), "{to}");
    }
}

#[test]
fn every_mistake_has_its_words() {
    use BadHostInvitation as Bad;
    let keys = SiteKeys::create("P01", NOW).unwrap().keys;
    let made = invitation(&keys);
    let text = made.to_text();
    let token = made.token.text();
    let other = |text: &str| text.replace("host: dp7\n", "host: DP 7\n");
    for (wrong, error) in [
        (String::new(), Bad::Head),
        (text.replace("invitation 1", "invitation 2"), Bad::Head),
        (text.replace("site: P01\n", ""), Bad::Missing("site")),
        (text.replace("site: P01", "site: P 1"), Bad::Site(String::new())),
        (other(&text), Bad::Host(String::new())),
        (text.replace("sha256:", "md5:"), Bad::Fingerprint(BadFingerprint::Prefix)),
        (text.replace(&token, "ptk_"), Bad::Token(BadToken)),
        (text.replace("expires: ", "expires: soon "), Bad::Expires),
        (text.split("plan:").next().unwrap().to_owned(), Bad::Missing("plan")),
        (text.split("plan:").next().unwrap().to_owned() + "plan:\n", Bad::Missing("plan")),
        (text.clone() + "=x\n", Bad::Plan),
        (text.clone() + &"#\n".repeat(LIMIT / 2), Bad::TooLarge { found: 0 }),
    ] {
        let found = HostInvitation::parse(&wrong).unwrap_err();
        assert_eq!(discriminant(&found), discriminant(&error), "{found}");
        assert!(!found.to_string().contains(&token), "{found}");
        if let (Bad::Missing(found), Bad::Missing(expected)) = (&found, &error) {
            assert_eq!(found, expected);
        }
    }
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(lines in prop::collection::vec("(site|host|root|token|expires|plan)?:? ?.{0,40}", 0..10)) {
        let text = format!("{HEAD}\n{}", lines.join("\n"));
        if let Ok(read) = HostInvitation::parse(&text) {
            prop_assert!(HostInvitation::parse(&read.to_text()).is_ok());
        }
    }
}
