//! Makes a site where there is none: account, folders, site file, keys, and the
//! administrator's token; and of a host that joins a site elsewhere, account and
//! folders. Everything that is there already is kept, so that it
//! can be done before each start; what was done is told in words.

use std::net::IpAddr;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use catalog::{Ports, SERVICES, Service};
use node::files;
use node::privilege::{self, Account};
use plan::Severity;

use crate::cli::NewSite;
use crate::folder::{ACCOUNT, Folder};
use crate::keys;
use crate::outcome::{Failure, Kind};
use crate::site_file::SiteFile;

/// Makes what is missing. Returns what there is to tell.
pub(crate) fn ensure(said: &NewSite, folder: &Folder) -> Result<Vec<String>, Failure> {
    let mut words = Vec::new();
    let account = if privilege::is_root() { Some(account(&mut words)?) } else { None };
    if let Some(account) = &account {
        reachable(folder.path(), account)?;
    }
    folders(folder, account.as_ref())?;
    let path = folder.site_file();
    if path.exists() {
        words.push(format!("site file {} (kept)", path.display()));
    } else {
        let text = draft(said)?;
        files::write_public(&path, text.as_bytes()).map_err(cannot)?;
        words.push(format!("site file {} (new)", path.display()));
    }
    let file = SiteFile::read(folder).and_then(SiteFile::runnable)?;
    for finding in file.findings.iter().filter(|found| found.severity == Severity::Warning) {
        words.push(format!("note      {}", finding.message));
    }
    if !keys::exist(folder) {
        words.extend(keys::create(folder, file.plan.site_code())?);
    }
    if let Some(account) = &account {
        files::chown_tree(&folder.site(), account.uid, account.gid).map_err(cannot)?;
    }
    if account.is_none() {
        words
            .push("without root: ports above 1023 only, and the agent installs no packages".into());
    }
    Ok(words)
}

/// Makes account and folders of a host that joins a site elsewhere.
pub(crate) fn for_host(folder: &Folder) -> Result<Option<Account>, Failure> {
    let mut words = Vec::new();
    let account = if privilege::is_root() { Some(account(&mut words)?) } else { None };
    if let Some(account) = &account {
        reachable(folder.path(), account)?;
    }
    files::create_folder(folder.path(), files::Folder::Public).map_err(cannot)?;
    for inner in [folder.host(), folder.host_content()] {
        files::create_folder(&inner, files::Folder::Private).map_err(cannot)?;
    }
    for word in words {
        crate::show::line(word);
    }
    Ok(account)
}

/// Gives such a host's folders to the account that its roles run as.
pub(crate) fn give(folder: &Folder, account: Option<&Account>) -> Result<(), Failure> {
    let Some(account) = account else { return Ok(()) };
    for inner in [folder.host(), folder.host_content()] {
        files::chown_tree(&inner, account.uid, account.gid).map_err(cannot)?;
    }
    Ok(())
}

fn cannot(error: impl std::error::Error) -> Failure {
    Failure::because("cannot make the site's folder", &error)
}

fn account(words: &mut Vec<String>) -> Result<Account, Failure> {
    let failed = |error| {
        Failure::because(
            "the roles need an account of their own, so that they need not be root",
            &error,
        )
    };
    if let Some(account) = privilege::lookup_user(ACCOUNT).map_err(failed)? {
        return Ok(account);
    }
    let account = privilege::create_system_user(ACCOUNT).map_err(failed)?;
    words.push(format!("account   {ACCOUNT} (new): the roles run as it, not as root"));
    Ok(account)
}

/// Every folder above must let the account through.
fn reachable(folder: &Path, account: &Account) -> Result<(), Failure> {
    for above in folder.ancestors().skip(1) {
        let Ok(metadata) = std::fs::metadata(above) else { continue };
        let execute = if metadata.uid() == account.uid {
            0o100
        } else if metadata.gid() == account.gid {
            0o010
        } else {
            0o001
        };
        if metadata.mode() & execute == 0 {
            return Err(Failure::new(format!(
                "the account {ACCOUNT} cannot reach {}, because {} is closed to it (mode {:o})",
                folder.display(),
                above.display(),
                metadata.mode() & 0o7777
            ))
            .next("name another folder with --dir; /var/lib/portolan is the usual one"));
        }
    }
    Ok(())
}

fn folders(folder: &Folder, account: Option<&Account>) -> Result<(), Failure> {
    use files::Folder::{Private, Public};
    files::create_folder(folder.path(), Public).map_err(cannot)?;
    for inner in [folder.site(), folder.keys(), folder.content(), folder.agent()] {
        files::create_folder(&inner, Private).map_err(cannot)?;
    }
    if let Some(account) = account {
        files::chown_tree(&folder.site(), account.uid, account.gid).map_err(cannot)?;
    }
    Ok(())
}

/// The first site file: this host, its first address, ports that are free.
fn draft(said: &NewSite) -> Result<String, Failure> {
    let unknown = |error| Failure::because("cannot tell this machine's addresses", &error);
    let interfaces = node::interfaces::all().map_err(unknown)?;
    let address = match said.address {
        Some(address) => address,
        None => first(&node::interfaces::addresses().map_err(unknown)?)?,
    };
    let prefix = interfaces.iter().find(|one| one.address == address).map(|one| one.prefix);
    let prefix = prefix.ok_or_else(|| {
        Failure::new(format!("this machine does not have the address {address}"))
            .next("choose one of its own with --address")
            .kind(Kind::SiteFile)
    })?;
    let host = node::interfaces::hostname();
    let ports = ports(address)?;
    Ok(plan::draft(&plan::Draft {
        code: said.code.to_uppercase(),
        name: said.name.clone().unwrap_or_else(|| host.clone()),
        host,
        address,
        network_cidr: network(address, prefix),
        ports: &ports,
    }))
}

/// An address that other machines can use, if there is one.
fn first(addresses: &[IpAddr]) -> Result<IpAddr, Failure> {
    addresses
        .iter()
        .min_by_key(|address| (address.is_loopback(), address.is_ipv6()))
        .copied()
        .ok_or_else(|| Failure::new("no network interface of this machine is up, not even lo"))
}

/// Where each service that a site's own roles answer can be had on this
/// machine: its usual port, the one for ordinary users, or any that is free.
fn ports(address: IpAddr) -> Result<Vec<(&'static Service, u16)>, Failure> {
    let mut ports = Vec::new();
    for service in SERVICES.iter().filter(|service| service.served) {
        let Ports::Setting { default, unprivileged, .. } = service.ports else { continue };
        let candidates: Vec<u16> =
            [default, unprivileged].into_iter().filter(|port| privilege::may_bind(*port)).collect();
        let port = node::net::free_port(address, &candidates)
            .map_err(|error| Failure::because(format!("no free port on {address}"), &error))?;
        ports.push((*service, port));
    }
    Ok(ports)
}

/// The network that holds the address.
fn network(address: IpAddr, prefix: u8) -> String {
    match address {
        IpAddr::V4(address) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(prefix.min(32))).unwrap_or(0);
            format!("{}/{prefix}", std::net::Ipv4Addr::from(u32::from(address) & mask))
        }
        IpAddr::V6(address) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(prefix.min(128))).unwrap_or(0);
            format!("{}/{prefix}", std::net::Ipv6Addr::from(u128::from(address) & mask))
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_network_is_the_prefix_alone() {
        assert_eq!(network("10.1.2.3".parse().unwrap(), 16), "10.1.0.0/16");
        assert_eq!(network("127.0.0.1".parse().unwrap(), 8), "127.0.0.0/8");
        assert_eq!(network("10.1.2.3".parse().unwrap(), 0), "0.0.0.0/0");
        assert_eq!(network("10.1.2.3".parse().unwrap(), 32), "10.1.2.3/32");
        assert_eq!(network("2001:db8::7".parse().unwrap(), 64), "2001:db8::/64");
    }

    #[test]
    fn an_address_for_others_comes_before_loopback() {
        let addresses =
            ["127.0.0.1", "::1", "2001:db8::1", "10.0.0.1"].map(|text| text.parse().unwrap());
        assert_eq!(first(&addresses).unwrap(), addresses[3]);
        assert_eq!(first(&addresses[..2]).unwrap(), addresses[0]);
        assert!(first(&[]).is_err());
    }
}
