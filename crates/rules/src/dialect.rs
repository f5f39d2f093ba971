//! The ways to write rules down. One renderer in one file, and none decides
//! anything: what is let through stands in the [`RuleSet`].

use std::fmt;

use crate::decided::Decided;
use crate::rule::{Finding, Place, RuleSet};

mod aerleon;
mod change_request;
mod change_request_html;
mod cloud;
mod csv;
mod firewalld;
mod ipsec;
mod iptables;
pub mod nftables;
mod powershell;
mod terraform;
mod windows;
mod words;

/// A way to write rules down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Dialect {
    Nftables,
    Iptables,
    Firewalld,
    Windows,
    Ipsec,
    Aerleon,
    TerraformAws,
    TerraformAzure,
    TerraformGcp,
    Csv,
    ChangeRequest,
    ChangeRequestHtml,
}

/// For whom a dialect is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// A machine's own firewall, or a border that runs the same program: a file for
    /// each.
    Machines,
    /// Who looks at the whole estate: one file, of what passes borders.
    Estate,
}

/// Rules, written down.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Written {
    pub files: Vec<File>,
    /// What the dialect cannot say.
    pub findings: Vec<Finding>,
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// `head.nft`.
    pub name: String,
    pub text: String,
}

/// A dialect has nothing for such a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotThere {
    pub dialect: Dialect,
    pub place: Place,
}

impl fmt::Display for NotThere {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { dialect, place } = self;
        write!(f, "{} writes no rules for {place}", dialect.slug())
    }
}

impl std::error::Error for NotThere {}

impl Dialect {
    pub const ALL: [Self; 12] = [
        Self::Nftables,
        Self::Iptables,
        Self::Firewalld,
        Self::Windows,
        Self::Ipsec,
        Self::Aerleon,
        Self::TerraformAws,
        Self::TerraformAzure,
        Self::TerraformGcp,
        Self::Csv,
        Self::ChangeRequest,
        Self::ChangeRequestHtml,
    ];

    /// What people type.
    pub fn slug(self) -> &'static str {
        match self {
            Self::Nftables => "nftables",
            Self::Iptables => "iptables",
            Self::Firewalld => "firewalld",
            Self::Windows => "windows",
            Self::Ipsec => "ipsec",
            Self::Aerleon => "aerleon",
            Self::TerraformAws => "terraform-aws",
            Self::TerraformAzure => "terraform-azure",
            Self::TerraformGcp => "terraform-gcp",
            Self::Csv => "csv",
            Self::ChangeRequest => "change-request",
            Self::ChangeRequestHtml => "change-request-html",
        }
    }

    /// What it is, and whether it has been run where it counts.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Nftables => "A table of its own, replaced at once, with a counter for each rule.",
            Self::Iptables => "Chains of their own, for iptables-restore and ip6tables-restore.",
            Self::Firewalld => {
                "A zone, policies and services of their own, for firewalld 1.0 and later."
            }
            Self::Windows => {
                "PowerShell for Windows Firewall, a group for each role. Not run on Windows."
            }
            Self::Ipsec => {
                "PowerShell for IPsec between the ends of each flow; opens nothing. Not run on Windows."
            }
            Self::Aerleon => {
                "Policy and definitions for Aerleon, which writes them for Cisco, Juniper, Palo Alto, \
                 FortiGate and Google."
            }
            Self::TerraformAws => "A security group and its rules for Amazon, as Terraform's JSON.",
            Self::TerraformAzure => "A network security group for Azure, as Terraform's JSON.",
            Self::TerraformGcp => "Firewall rules for Google's cloud, as Terraform's JSON.",
            Self::Csv => "One line for each hole, for spreadsheets and ticket systems.",
            Self::ChangeRequest => {
                "Markdown for those who approve: why each hole, how to test it, what breaks without it."
            }
            Self::ChangeRequestHtml => {
                "The same as a page of HTML that needs nothing beside it, with the chart; for paper too."
            }
        }
    }

    pub fn takes(self) -> Takes {
        match self {
            Self::Nftables
            | Self::Iptables
            | Self::Firewalld
            | Self::Windows
            | Self::Ipsec
            | Self::TerraformAws
            | Self::TerraformAzure
            | Self::TerraformGcp => Takes::Machines,
            Self::Aerleon | Self::Csv | Self::ChangeRequest | Self::ChangeRequestHtml => {
                Takes::Estate
            }
        }
    }

    /// The dialect with this slug.
    pub fn parse(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|dialect| dialect.slug() == slug)
    }

    /// Writes the rules down. `decided` knows the site file that the plan was made from.
    pub fn write(self, set: &RuleSet<'_>, decided: &Decided) -> Result<Written, NotThere> {
        match self {
            Self::Nftables => Ok(nftables::write(set, decided)),
            Self::Iptables => Ok(iptables::write(set, decided)),
            Self::Firewalld => Ok(firewalld::write(set, decided)),
            Self::Windows
            | Self::Ipsec
            | Self::TerraformAws
            | Self::TerraformAzure
            | Self::TerraformGcp
                if set.place == Place::Border =>
            {
                Err(NotThere { dialect: self, place: set.place.clone() })
            }
            Self::Windows => Ok(windows::write(set, decided)),
            Self::Ipsec => Ok(ipsec::write(set, decided)),
            Self::Aerleon => Ok(aerleon::write(set, decided)),
            Self::TerraformAws => Ok(terraform::aws::write(set, decided)),
            Self::TerraformAzure => Ok(terraform::azure::write(set, decided)),
            Self::TerraformGcp => Ok(terraform::gcp::write(set, decided)),
            Self::Csv => Ok(csv::write(set, decided)),
            Self::ChangeRequest => Ok(change_request::write(set, decided)),
            Self::ChangeRequestHtml => Ok(change_request_html::write(set, decided)),
        }
    }
}

impl Written {
    /// One file, of which everything could be said.
    fn one(name: String, text: String) -> Self {
        Self { files: vec![File { name, text }], findings: Vec::new() }
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.slug())
    }
}
