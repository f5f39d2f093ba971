//! Firewall rules in force: the whole voyage on machines that let pass what the plan
//! has and nothing else; each rule taken away once; and the switch that brings the
//! former rules back when new ones cut their administrator off.

use std::collections::BTreeSet;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use catalog::Protocol;
use lab::{Lab, Machine, Said};
use rules::dialect::nftables::TABLE;
use rules::{Direction, Rule};

use crate::Test;
use crate::estate::{self, Estate, Server, portolan, until};
use crate::mirror::Mirror;
use crate::probe::{Attempt, Fleet, openable, tried};
use crate::roll_out;

pub(crate) const TESTS: &[Test] = &[
    ("rules::the_voyage_passes_with_nothing_but_its_rules", voyage),
    ("rules::without_a_rule_fails_what_it_names_and_nothing_else", each_away),
    ("rules::without_a_rule_the_voyage_fails_where_it_is_needed", five),
    ("rules::rules_that_cut_the_administrator_off_go_by_themselves", switch),
];

/// The roll-out, with a firewall on every machine that drops whatever the plan lacks,
/// in and out.
fn voyage() {
    let estate = Estate::with_firewalls();
    let mut counted = [BTreeSet::new(), BTreeSet::new()];
    let seen = roll_out::sail(&estate, |machines| {
        for machine in machines {
            for (direction, flow) in estate.counted(machine) {
                counted[usize::from(direction == Direction::Out)].insert(flow);
            }
        }
    });
    // Of everything that was seen on the wire, the openers' and the answerers' rules have
    // counted; what the router sends, and what only state lets pass, has no counter.
    for flow in seen.keys() {
        let both = counted.iter().all(|counted| counted.contains(flow));
        println!("{flow}: {}", if both { "counted at both ends" } else { "not counted" });
        let without = flow.ends_with("/arp") || flow.ends_with("/icmp-errors");
        assert!(both || without, "{flow}");
    }
}

/// Every rule of every machine of the voyage is taken away once: then exactly the flows
/// that it names can be opened no more.
fn each_away() {
    let fleet = Fleet::new(estate::SITE);
    fleet.close(&[Direction::In, Direction::Out]);
    fleet.close_border(true);
    let flows: Vec<(u32, Vec<Attempt>)> = openable(fleet.plan())
        .into_iter()
        .map(|(n, planned)| (n, fleet.attempts(planned, &tried(planned))))
        .filter(|(_, attempts)| !attempts.is_empty())
        .collect();
    let failing = |concerned: &dyn Fn(&Attempt) -> bool| -> BTreeSet<u32> {
        let attempts = flows.iter().flat_map(|(_, attempts)| attempts).copied();
        let attempts: Vec<Attempt> = attempts.filter(concerned).collect();
        let [_, passed] = fleet.make(&attempts);
        let failed =
            |made: &Vec<Attempt>| made.iter().any(|one| concerned(one) && !passed.contains(one));
        flows.iter().filter(|(_, made)| failed(made)).map(|(n, _)| *n).collect()
    };
    assert_eq!(failing(&|_| true), BTreeSet::new(), "with all rules every flow can be opened");
    let mut away = 0;
    for (place, member) in fleet.machines.iter().enumerate() {
        let whole = fleet.firewalls.rules(&member.place);
        let concerned = |one: &Attempt| one.from == place || one.at == place;
        for rule in whole.rules.iter().filter(|rule| tells(rule)) {
            let mut set = whole.clone();
            set.rules.retain(|one| one.id != rule.id);
            fleet.load(member, &set);
            let tried = |n: &u32| flows.iter().any(|(one, _)| one == n);
            let named: BTreeSet<u32> = rule.serves.iter().copied().filter(tried).collect();
            assert!(!named.is_empty(), "{} of {} can be tried", rule.id, member.place);
            assert_eq!(failing(&concerned), named, "{} of {}", rule.id, member.place);
            away += 1;
        }
        fleet.load(member, &whole);
    }
    let machines = fleet.machines.len();
    println!(
        "{away} rules on {machines} machines, each taken away once; {} flows tried",
        flows.len()
    );
    assert!(away > 10);
}

/// Five parts of the voyage itself, each without the one rule that it needs, and with it
/// again.
fn five() {
    let estate = Estate::with_firewalls();
    let head: &Machine = &estate.head;

    // A host joins by the site link.
    let dp7 = estate.machine("dp7", &estate.north, "10.7.0.5");
    estate.invite("dp7", &dp7);
    estate.without(head, &estate.servers, "site-system>site-server/site-link");
    assert!(fails(&dp7.run("timeout --preserve-status 15 portolan join /root/invitation")));
    estate.close(head, &estate.servers);
    dp7.run("portolan join /root/invitation").ok();
    let dp7 = Server::serve(dp7);
    let _dp8 = estate.host("dp8", &estate.south, "10.8.0.5");

    // A client enrols at the management point.
    let client = estate.machine("north-1", &estate.north, "10.7.0.21");
    estate.without(&client, &estate.north, "client>management-point/https");
    assert!(fails(&estate.try_enrol(&client, "timeout --preserve-status 15")));
    estate.close(&client, &estate.north);
    estate.enrol(&client);

    // What is public comes over HTTP.
    let fetch = "timeout --preserve-status 15 /usr/lib/apt/apt-helper -o Acquire::Retries=0 download-file \
                 http://10.1.0.10/none /tmp/none";
    let said = |machine: &Machine| {
        let said = machine.run(fetch);
        format!("{}{}", said.out, said.err)
    };
    assert!(said(&client).contains("404"), "{}", said(&client));
    estate.without(head, &estate.servers, "client>management-point/http");
    assert!(!said(&client).contains("404"), "{}", said(&client));
    estate.close(head, &estate.servers);

    // Content comes from the own group's distribution point, and else from the neighbour's.
    estate.without(&dp7, &estate.north, "client>distribution-point/https");
    let _agent = client.start("portolan-agent run");
    estate.publish("chart", 1);
    estate.portolan("deployment create chart --collection all").ok();
    estate.portolan("deployment watch chart").ok().says("done on 1 of 1 device");
    let capture = estate.lab.captured();
    let [own, neighbour] = ["dp7", "dp8"].map(|point| capture.bytes(point, "north-1"));
    println!("without its rule: {own} bytes from dp7, {neighbour} from dp8");
    // The own point answers who has its address, and sends nothing else.
    assert!(own < 1_000 && neighbour > 1_000_000);

    // Dependencies come from the package mirror.
    let upgrade = lab::upgrade();
    let _mirror = Mirror::new(&estate, &upgrade.older);
    estate.head.put(&upgrade.older.deb, "/root/curl.deb");
    let create = "app create curl --deb /root/curl.deb --dependencies mirror";
    estate.without(head, &estate.servers, "site-server>package-mirror/package-mirror");
    assert!(fails(&head.run(&format!("timeout --preserve-status 15 portolan {create}"))));
    estate.close(head, &estate.servers);
    estate.portolan(create).ok();
}

fn fails(said: &Said) -> bool {
    println!("ended with {:?}: {}{}", said.code, said.out.trim(), said.err.trim());
    said.code != Some(0)
}

/// Whether a small attempt tells if a rule is there.
fn tells(rule: &Rule) -> bool {
    matches!(rule.protocol, Protocol::Tcp | Protocol::Udp) && !rule.reply
}

const SITE: &str = r#"
edition = "portolan"

[site.P01]

[network.servers]
cidr = ["10.1.0.0/24"]
clients = "P01"

[host.head]
address = "10.1.0.10"
roles = ["site-server", "management-point", "distribution-point", "sms-provider"]
"#;

/// An administrator's way in, which the plan does not know: a program that listens, as
/// sshd would.
struct WayIn {
    listener: TcpListener,
    at: SocketAddr,
}

impl WayIn {
    fn new(machine: &Machine) -> Self {
        let address = machine.address();
        let listener = machine.inside(|| TcpListener::bind((address, 0))).unwrap();
        let at = listener.local_addr().unwrap();
        Self { listener, at }
    }

    /// Whether somebody comes in, by a new connection.
    fn lets_in(&self, from: &Machine) -> bool {
        let at = self.at;
        let came = from.inside(|| TcpStream::connect_timeout(&at, Duration::from_millis(400)));
        came.is_ok() && self.listener.accept().is_ok()
    }
}

fn switch() {
    let lab = Lab::new(&[portolan()]);
    let servers = lab.network("servers", "10.1.0.0/24");
    let head = lab.machine("head", &servers, "10.1.0.10");
    let desk = lab.machine("desk", &servers, "10.1.0.99");
    head.give_nft();
    head.write("/root/site.toml", SITE);
    let way = WayIn::new(&head);
    let own = format!("ip saddr 10.1.0.99 tcp dport {} accept\n", way.at.port());
    let apply = "portolan rules apply --site /root/site.toml";

    // Rules that let the administrator in, confirmed from a login that came after them.
    head.write("/etc/portolan/local-in.nft", &own);
    head.run(&format!("{apply} --check")).ok().says("would take");
    head.run(&format!("{apply} --no-wait")).ok().says("on trial for 60 s");
    assert!(way.lets_in(&desk));
    head.run("setsid --wait portolan rules confirm").ok().says("confirmed");
    let [kept, trial] = tables(&head);
    assert!(kept && !trial, "the new rules are the only ones");
    let live = "portolan rules diff --site /root/site.toml --host head --live";
    head.run(live).ended(7).says("superfluous").says("1 fault");
    assert!(way.lets_in(&desk));
    head.run("setsid --wait portolan rules confirm").ended(4).says("no rules are on trial");

    // A login that was there before proves nothing.
    let old = format!("setsid --wait sh -c '{apply} --no-wait; portolan rules confirm'");
    head.run(&old).ended(4).says("this login was there before the rules");

    // Rules that cut him off: they are gone after their time, and the former ones hold.
    head.run("rm /etc/portolan/local-in.nft").ok();
    let waiting = head.start(&format!("{apply} --confirm-within 10s"));
    let began = Instant::now();
    until("the administrator is cut off", || (!way.lets_in(&desk)).then_some(()));
    until("he is let in again", || way.lets_in(&desk).then_some(()));
    let first = began.elapsed();
    let (code, said) = waiting.ended();
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("the former ones hold again"), "{said}");
    head.run("setsid --wait portolan rules confirm").ended(4);

    // The same with nobody left alive who could bring them back.
    let mut waiting = head.start(&format!("{apply} --confirm-within 10s"));
    waiting.wait_for("on trial");
    let began = Instant::now();
    waiting.kill();
    assert!(!way.lets_in(&desk), "the new rules hold though their loader was killed");
    until("he is let in again", || way.lets_in(&desk).then_some(()));
    println!(
        "cut off, and let in again after {first:.1?}, and with kill -9 after {:.1?}; the trials were of 10 s",
        began.elapsed()
    );
    head.run("setsid --wait portolan rules confirm").ended(4).says("the trial is over");

    head.run("portolan rules remove").ok().says("removed");
    assert_eq!(tables(&head), [false, false]);
    head.run(live).ended(7).says("unfiltered");
}

/// Whether the kernel has our table, and one on trial.
fn tables(machine: &Machine) -> [bool; 2] {
    let listed = machine.nft_says("list tables inet");
    let there = |name: &str| listed.iter().any(|item| item["table"]["name"] == name);
    [there(TABLE), there(rules::dialect::nftables::TRIAL_TABLE)]
}
