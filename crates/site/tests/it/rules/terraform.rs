//! Terraform's own check of what is kept for Amazon. For the other clouds, whose
//! providers are not at hand, every argument is held against a list out of their
//! documentation. What is JSON needs no check of HCL's syntax.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::golden;

/// Folders that a machine may have Terraform's providers in, beside those that
/// Terraform looks into by itself.
const MIRRORS: [&str; 3] =
    ["/opt/tf-plugins", "/usr/local/share/terraform/plugins", "/usr/share/terraform/plugins"];

/// A type of resource: the arguments that it must have (of those with a bar one), and
/// those that it may have.
type Arguments = (&'static str, &'static [&'static str], &'static [&'static str]);

/// As the providers' documentation has them: hashicorp/aws 5.100 and hashicorp/azurerm,
/// hashicorp/google (pages `vpc_security_group_ingress_rule`, `network_security_rule`,
/// `compute_firewall` and so on).
const RESOURCES: &[Arguments] = &[
    ("aws_security_group", &[], &["name", "description", "vpc_id", "tags"]),
    ("aws_vpc_security_group_ingress_rule", AWS_RULE.0, AWS_RULE.1),
    ("aws_vpc_security_group_egress_rule", AWS_RULE.0, AWS_RULE.1),
    ("azurerm_network_security_group", &["name", "resource_group_name", "location"], &["tags"]),
    (
        "azurerm_network_security_rule",
        &[
            "name",
            "resource_group_name",
            "network_security_group_name",
            "protocol",
            "source_port_range|source_port_ranges",
            "destination_port_range|destination_port_ranges",
            "source_address_prefix|source_address_prefixes",
            "destination_address_prefix|destination_address_prefixes",
            "access",
            "priority",
            "direction",
        ],
        &["description"],
    ),
    (
        "google_compute_firewall",
        &["name", "network", "allow|deny", "source_ranges|destination_ranges"],
        &["description", "direction", "priority", "target_tags"],
    ),
];

type Both = (&'static [&'static str], &'static [&'static str]);
const AWS_RULE: Both = (
    &["security_group_id", "ip_protocol", "cidr_ipv4|cidr_ipv6", "from_port", "to_port"],
    &["description", "tags"],
);

/// Words that an argument may have, where they are few.
const WORDS: &[(&str, &[&str])] = &[
    ("ip_protocol", &["tcp", "udp", "icmp", "icmpv6"]),
    ("access", &["Allow", "Deny"]),
    ("direction", &["Inbound", "Outbound", "INGRESS", "EGRESS"]),
];

fn kept(cloud: &str) -> Vec<(String, Value)> {
    let files = golden(&format!("terraform-{cloud}")).into_iter();
    files.map(|(path, text)| (path, serde_json::from_str(&text).unwrap())).collect()
}

pub(super) fn every_argument_is_one_of_the_provider() {
    let mut checked: BTreeMap<&str, usize> = BTreeMap::new();
    for (path, file) in ["aws", "azure", "gcp"].into_iter().flat_map(kept) {
        for (kind, resources) in file["resource"].as_object().unwrap() {
            let listed = RESOURCES.iter().find(|(name, ..)| name == kind);
            let (name, must, may) = listed.unwrap_or_else(|| panic!("{path}: no list for {kind}"));
            for (id, body) in resources.as_object().unwrap() {
                let mut left = body.as_object().unwrap().clone();
                left.remove("//");
                for one in *must {
                    let said = one.split('|').filter(|word| left.remove(*word).is_some()).count();
                    assert_eq!(said, 1, "{path}: {kind}.{id}: {one}");
                }
                left.retain(|word, _| !may.contains(&word.as_str()));
                assert!(left.is_empty(), "{path}: {kind}.{id} has {left:?}");
                for (argument, words) in WORDS {
                    let said = body.get(*argument).and_then(Value::as_str);
                    assert!(
                        said.is_none_or(|said| words.contains(&said)),
                        "{path}: {id}: {said:?}"
                    );
                }
                *checked.entry(name).or_default() += 1;
            }
        }
        let whole = file.to_string();
        for (n, _) in whole.match_indices("${") {
            let name = whole[n + 2..].split('}').next().unwrap();
            let mut words = name.split('.');
            let there = match words.next().unwrap() {
                "var" => &file["variable"][words.next().unwrap()],
                kind => &file["resource"][kind][words.next().unwrap()],
            };
            assert!(there.is_object(), "{path}: ${{{name}}} is nothing");
        }
    }
    assert_eq!(checked.len(), RESOURCES.len(), "{checked:?}");
}

/// All machines as modules of one configuration, so that the provider starts once.
///
/// Terraform's registry is not among what target/lab is fetched from, so that without
/// Terraform and its provider this is left out wherever that is, and aloud.
pub(super) fn terraform_finds_no_fault_with_amazons() {
    let provider = "registry.terraform.io/hashicorp/aws";
    let mirror = MIRRORS.into_iter().find(|mirror| Path::new(mirror).join(provider).is_dir());
    let (Ok(_), Some(mirror)) = (Command::new("terraform").arg("version").output(), mirror) else {
        eprintln!("skipped: needs terraform, and its provider for AWS in one of {MIRRORS:?}");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let mut modules = serde_json::Map::new();
    for (path, text) in golden("terraform-aws") {
        let file = folder.path().join(&path);
        let module = Path::new(&path).parent().unwrap().display().to_string();
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, text).unwrap();
        let source = json!({"source": format!("./{module}"), "vpc_id": "vpc-0123456789abcdef0"});
        modules.insert(module.replace('/', "_"), source);
    }
    assert!(modules.len() > 5);
    let root = json!({"module": modules}).to_string();
    std::fs::write(folder.path().join("main.tf.json"), root).unwrap();
    let settings =
        format!("provider_installation {{\n filesystem_mirror {{ path = \"{mirror}\" }}\n}}\n");
    let rc = folder.path().join("terraform.rc");
    std::fs::write(&rc, settings).unwrap();
    for words in [["init", "-no-color", "-input=false"], ["validate", "-no-color", "-json"]] {
        let mut terraform = Command::new("terraform");
        terraform.args(words).current_dir(folder.path()).env("TF_CLI_CONFIG_FILE", &rc);
        let said = terraform.env("CHECKPOINT_DISABLE", "1").output().unwrap();
        let text = String::from_utf8_lossy(&said.stdout);
        let error = String::from_utf8_lossy(&said.stderr);
        assert!(said.status.success(), "terraform {}: {text}{error}", words[0]);
        if words[0] == "validate" {
            let verdict: Value = serde_json::from_str(&text).unwrap();
            assert_eq!(verdict["diagnostics"], json!([]), "{verdict:#}");
        }
    }
}
