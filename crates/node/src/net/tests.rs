//! Sockets as an administrator meets them: what opens, and what the errors say.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::net::{IpAddr, Ipv4Addr};

use super::{BindError, Cause, Dial, ask, dial, free_port, listen};
use crate::holder::Holder;
use crate::sample::{SOON, Sample};

#[test]
fn a_taken_port_names_its_holder_and_the_flows() {
    let sample = Sample::new();
    let bound = listen(&sample.listen()).unwrap();
    assert_eq!(bound.address().port(), sample.port);
    assert!(!bound.flows().is_empty());

    let refused = listen(&sample.listen()).unwrap_err();
    let text = refused.to_string();
    let BindError::InUse { holder, .. } = refused else { panic!("{text}") };
    if cfg!(target_os = "linux") {
        let own = std::process::id();
        assert!(matches!(holder, Some(Holder::Process { pid, .. }) if pid == own), "{text}");
        assert!(text.contains(&format!("process {own} (")), "{text}");
    }
    assert!(text.contains("client>management-point/https"), "{text}");

    drop(bound);
    // A program that another test is just starting holds a copy until it runs.
    let again = || {
        std::thread::park_timeout(SOON / 500);
        listen(&sample.listen()).ok()
    };
    assert!((0..500).any(|_| again().is_some()), "the port is free again"); // bounded wait: for exec
}

#[test]
fn an_address_of_another_host_is_told_as_such() {
    // TEST-NET-1, RFC 5737: nobody has it.
    let elsewhere = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
    let refused = listen(&Sample::new().listen_at(elsewhere)).unwrap_err();
    assert!(matches!(refused, BindError::NotHere { .. }), "{refused}");
}

#[test]
fn a_free_port_is_the_first_that_is_free() {
    let sample = Sample::new();
    let other = Sample::new();
    assert_eq!(free_port(sample.address, &[sample.port, other.port]).unwrap(), sample.port);
    let _held = listen(&sample.listen()).unwrap();
    assert_eq!(free_port(sample.address, &[sample.port, other.port]).unwrap(), other.port);
    assert_ne!(free_port(sample.address, &[sample.port]).unwrap(), sample.port);
}

#[tokio::test]
async fn a_dial_without_an_answer_says_why() {
    let sample = Sample::new();
    let error = dial(&sample.dial(), SOON).await.unwrap_err();
    assert_eq!(error.cause, Cause::Refused);
    let text = error.to_string();
    assert!(text.starts_with("client>management-point/https: no connection to 127.77."), "{text}");
    assert!(text.contains("nothing listens there"), "{text}");
    // Said once is enough.
    assert!(std::error::Error::source(&error).is_none());
}

#[tokio::test]
async fn a_question_without_an_answer_says_why() {
    let sample = Sample::new();
    let server = Dial::name_server(sample.address).unwrap();
    let error = ask(&server, b"?", |_| true, SOON).await.unwrap_err();
    assert_eq!(error.cause, Cause::Refused);
    let text = error.to_string();
    assert!(text.starts_with("site-system>dns-server/dns: no connection to 127.77."), "{text}");
}
