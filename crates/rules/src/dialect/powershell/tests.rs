//! Whatever a site file calls things, nothing of it is run; and the checker that says so
//! sees what is wrong.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::check::{Value, check};
use super::{list, quoted, remark, table};

/// The one call of this text, or its faults.
fn faults(text: &str) -> Vec<String> {
    check(text).err().unwrap_or_default()
}

#[test]
fn a_right_call_is_read_as_it_is_meant() {
    let text = "$always = @{\n    Profile = 'Any'\n    Action  = 'Allow'\n}\n\
                $rules = @(\n    @{\n        DisplayName = 'it''s'\n        Protocol    = 'TCP'\n        \
                LocalPort   = @('7', '9-11')\n    }\n)\n\
                foreach ($rule in $rules) {\n    New-NetFirewallRule @always @rule\n}\n";
    let calls = check(text).unwrap();
    assert_eq!(calls.len(), 1);
    assert_eq!(calls[0].parameters["DisplayName"], Value::Texts(vec!["it's".into()]));
    assert_eq!(calls[0].parameters["LocalPort"], Value::Texts(vec!["7".into(), "9-11".into()]));
    assert_eq!(calls[0].parameters["Profile"], Value::Texts(vec!["Any".into()]));
}

#[test]
fn the_checker_sees_what_is_wrong() {
    let rule = "New-NetFirewallRule -DisplayName 'x'";
    let wrong = [
        (format!("{rule} -Bogus 'y'\n"), "no parameter -Bogus"),
        (format!("{rule} -Direction 'Sideways'\n"), "does not take \"Sideways\""),
        (format!("{rule} -Profile 'Domain','Home'\n"), "does not take \"Home\""),
        (format!("{rule} -Enabled\n"), "a value is missing"),
        (format!("{rule} -Protocol 'TCP','UDP'\n"), "takes one value"),
        (format!("{rule} -Protocol 'TCP' -LocalPort '443,80'\n"), "does not take \"443,80\""),
        (format!("{rule} -Protocol 'TCP' -LocalPort '11-9'\n"), "does not take \"11-9\""),
        (format!("{rule} -Protocol 'TCP' -LocalPort '65536'\n"), "does not take \"65536\""),
        (format!("{rule} -Protocol 'ICMPv4' -LocalPort '7'\n"), "does not go with"),
        (format!("{rule} -Protocol 'TCP' -IcmpType '8'\n"), "does not go with"),
        (format!("{rule} -Protocol 'ICMPv4' -IcmpType '256'\n"), "does not take"),
        (format!("{rule} -RemoteAddress '10.0.0.0/0'\n"), "does not take"),
        (format!("{rule} -RemoteAddress 'Any'\n"), "does not take \"Any\""),
        (format!("{rule} -RemoteAddress '10.0.0.1','fe80::1'\n"), "both versions"),
        (format!("{rule} -DisplayName 'y'\n"), "given twice"),
        (format!("{rule} 'y'\n"), "belongs to no parameter"),
        (format!("{rule} @table\n"), "holds no table"),
        ("New-NetFirewallRule -Direction 'Inbound'\n".to_owned(), "without -DisplayName"),
        ("New-NetIPsecRule -DisplayName 'x' -InboundSecurity 'Demand'\n".to_owned(), "Demand"),
        ("New-NetIPsecRule -DisplayName 'x' -IcmpType '8'\n".to_owned(), "no parameter -IcmpType"),
        ("Remove-Item -Path 'x'\n".to_owned(), "none of the cmdlets"),
        ("$rule = @{\n    A = 'x'\n    A = 'y'\n}\n".to_owned(), "stands twice"),
        ("New-NetFirewallRule -DisplayName 'x\n".to_owned(), "no PowerShell"),
        ("New-NetFirewallRule -DisplayName 'it's'\n".to_owned(), ""),
        ("try {\n    throw\n".to_owned(), "no PowerShell"),
        ("$x = @('a', 'b'\n".to_owned(), "no PowerShell"),
        ("$x = \"$(Get-Date)\"\n".to_owned(), "may run something"),
        ("$x = 'a\u{2019}b'\n".to_owned(), "another code page"),
    ];
    for (text, what) in wrong {
        let found = faults(&text);
        assert!(found.iter().any(|fault| fault.contains(what)), "{text}: {found:?}");
    }
}

/// A text of whatever might get out of its quotes, or of anything.
fn hostile() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "'",
        "''",
        "\"",
        "`",
        "$",
        "$(",
        ")",
        "@(",
        "}",
        "{",
        ";",
        "|",
        "&",
        "#",
        "<#",
        "#>",
        "\n",
        "\r",
        "\0",
        "\u{2018}",
        "\u{2019}",
        "\u{201a}",
        "\u{201b}",
        "\u{201c}",
        "\u{452}",
        "\u{85}",
        "\u{2028}",
        "\u{feff}",
        "Remove-Item",
        " -Force ",
        "%{",
        "--%",
        "'@",
        "@'",
        "\\",
    ]);
    prop_oneof![
        prop::collection::vec(pieces, 0..12).prop_map(|pieces| pieces.concat()),
        any::<String>(),
    ]
}

/// What a person reads again of a text.
fn readable(text: &str) -> String {
    text.chars()
        .map(
            |c| {
                if (' '..='~').contains(&c) {
                    c.to_string()
                } else {
                    c.escape_unicode().to_string()
                }
            },
        )
        .collect()
}

proptest! {
    #[test]
    fn whatever_is_quoted_stays_one_string(one in hostile(), other in hostile()) {
        let rule = table("", &[("DisplayName", quoted("x")), ("Owner", quoted(&one)), ("Platform", list(&[&one, &other]))]);
        let text = format!("{}$rule = {rule}\nNew-NetFirewallRule @rule\n{}", remark(&one), remark(&other));
        let calls = check(&text).map_err(|faults| TestCaseError::fail(format!("{text}: {faults:?}")))?;
        prop_assert_eq!(calls.len(), 1);
        let texts = |name: &str| calls[0].parameters[name].clone();
        prop_assert_eq!(texts("Owner"), Value::Texts(vec![readable(&one)]));
        prop_assert_eq!(texts("Platform"), Value::Texts(vec![readable(&one), readable(&other)]));
    }

    #[test]
    fn a_remark_is_one_line_and_runs_nothing(text in hostile()) {
        let line = remark(&text);
        prop_assert_eq!(line.lines().count(), 1);
        prop_assert!(line.starts_with('#') && line.ends_with('\n'));
        let file = format!("{line}Set-StrictMode -Version 'Latest'\n");
        prop_assert_eq!(check(&file).map(|calls| calls.len()), Ok(1), "{}", file);
    }
}
