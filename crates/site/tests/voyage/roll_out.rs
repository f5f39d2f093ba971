//! A package of Debian's archive goes to those who shall have it, from the
//! distribution point of their own group, and nothing else crosses the network.

use crate::Test;
use crate::estate::{Estate, until};
use crate::mirror::Mirror;

pub(crate) const TESTS: &[Test] = &[("roll_out::smoke", smoke)];

fn smoke() {
    let t = std::time::Instant::now();
    let estate = Estate::new();
    println!("site {:?}", t.elapsed());
    let _mirror = Mirror::new(&estate, &lab::upgrade().older);
    println!("mirror {:?}", t.elapsed());
    let dps = estate.distribution_points();
    println!("dps {:?}", t.elapsed());
    let a = estate.client("north-1", &estate.north, "10.7.0.21");
    let b = estate.client("north-2", &estate.north, "10.7.0.22");
    let c = estate.client("south-1", &estate.south, "10.8.0.21");
    let d = estate.client("south-2", &estate.south, "10.8.0.22");
    println!("clients {:?}", t.elapsed());
    println!("{}", estate.portolan("host list").ok().out);
    println!("{}", estate.portolan("device list").ok().out);
    println!("{}", estate.portolan("status").ok().out);
    let up = lab::upgrade();
    estate.head.put(&up.older.deb, "/root/older.deb");
    let said = estate.portolan("app create curl --deb /root/older.deb --dependencies mirror");
    println!("{} {}", said.out, said.err);
    said.ok();
    println!("published {:?}", t.elapsed());
    println!("{}", estate.portolan("content status --watch").ok().out);
    println!("{:?}", t.elapsed());
    estate.portolan("deployment create curl --collection all").ok();
    println!("{}", estate.portolan("deployment watch curl").ok().out);
    println!("{:?}", t.elapsed());
    println!("{:?}", a.version_of("curl"));
    println!("{}", estate.law(&[]));
    let _ = (b, c, d, dps, until("x", || Some(1)));
}
