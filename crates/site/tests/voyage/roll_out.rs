//! A package of Debian's archive, with all that it needs, goes to those who
//! shall have it: from the distribution point of their own group, upgraded when
//! there is something newer, and removed again. Nothing else crosses the
//! network.

use std::collections::BTreeMap;

use lab::{Machine, Release};

use crate::Test;
use crate::estate::{Client, Estate};
use crate::law;
use crate::mirror::Mirror;

pub(crate) const TESTS: &[Test] =
    &[("roll_out::a_package_of_the_archive_reaches_its_members_only", archive)];

fn archive() {
    sail(&Estate::new(), |_| ());
}

/// The whole of it, on an estate whose site server's host is up, and nothing else yet.
/// Gives the flows that were seen; `home` looks at the machines when all is done.
pub(crate) fn sail(estate: &Estate, home: impl FnOnce(&[&Machine])) -> BTreeMap<String, u64> {
    let upgrade = lab::upgrade();
    let mirror = Mirror::new(estate, &upgrade.older);
    let points = estate.distribution_points();
    let north = [("north-1", "10.7.0.21"), ("north-2", "10.7.0.22")];
    let south = [("south-1", "10.8.0.21"), ("south-2", "10.8.0.22")];
    let [north_1, north_2] = north.map(|(name, at)| estate.client(name, &estate.north, at));
    let [south_1, south_2] = south.map(|(name, at)| estate.client(name, &estate.south, at));
    let (members, others) = ([&north_1, &south_1], [&north_2, &south_2]);
    let before = members.map(packages);

    let deb = carry(estate, &upgrade.older);
    estate.portolan(&format!("app create curl --deb {deb} --dependencies mirror")).ok();
    estate.portolan("collection create pilots --devices north-1,south-1").ok();
    estate.portolan("deployment create curl --collection pilots").ok();
    estate.portolan("deployment watch curl").ok().says("done on 2 of 2 devices");
    for (member, before) in members.into_iter().zip(before) {
        assert_eq!(member.version_of("curl"), Some(upgrade.older.version.clone()));
        member.run("curl --version").ok();
        let more = packages(member) - before;
        assert!(more > 5, "curl came with {more} packages, of which one is itself");
    }
    each_from_its_own(estate, &upgrade.older);

    // The archive moves on, and the application with it.
    mirror.shows(&upgrade.newer);
    let deb = carry(estate, &upgrade.newer);
    estate.portolan(&format!("app update curl --deb {deb} --dependencies mirror")).ok();
    estate.portolan("deployment watch curl").ok().says("done on 2 of 2 devices");
    for member in members {
        assert_eq!(member.version_of("curl"), Some(upgrade.newer.version.clone()));
    }

    estate.portolan("deployment create curl --collection pilots --uninstall").ok();
    estate.portolan("deployment watch curl").ok().says("uninstalled");
    for (member, before) in members.into_iter().zip(before) {
        assert_eq!(member.version_of("curl"), None);
        assert_eq!(packages(member), before, "nothing stays of what came with it");
    }
    for other in others {
        assert_eq!(other.version_of("curl"), None);
    }

    let [dp7, dp8] = &points;
    let head: &Machine = &estate.head;
    home(&[head, dp7, dp8, &mirror.machine, &north_1, &north_2, &south_1, &south_2]);
    let verdict = estate.law(law::EXCUSED);
    println!("{} flows were seen", verdict.seen.len());
    verdict.keeps();
    verdict.seen
}

/// Carries a package to where it is published, as an administrator would.
fn carry(estate: &Estate, release: &Release) -> String {
    let path = format!("/root/{}.deb", release.version);
    estate.head.put(&release.deb, &path);
    path
}

fn packages(client: &Client) -> usize {
    client.run("dpkg-query --show").ok().out.lines().count()
}

/// What was sent by whom to whom, in bytes on the wire.
fn each_from_its_own(estate: &Estate, release: &Release) {
    let content: u64 = release.debs.iter().map(|deb| deb.metadata().unwrap().len()).sum();
    let capture = estate.lab.captured();
    let sent = |from: &str, to: &str| {
        let bytes = capture.bytes(from, to);
        println!("{from} to {to}: {bytes} bytes");
        bytes
    };
    assert!(sent("dp7", "north-1") > content, "all came from its own group: {content} bytes");
    assert!(sent("dp8", "south-1") > content, "all came from its own group: {content} bytes");
    for (point, stranger) in
        [("dp7", "south-1"), ("dp8", "north-1"), ("dp7", "north-2"), ("dp8", "south-2")]
    {
        assert_eq!(sent(point, stranger), 0);
    }
    for member in ["north-1", "south-1"] {
        assert!(sent("head", member) < content / 4, "the management point sends no content");
        assert_eq!(sent("mirror", member), 0, "a client needs no mirror");
    }
}
