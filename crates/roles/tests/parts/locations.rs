//! Where a client finds content: by where it is, and of hosts that joined.

use wire::client::{Locations, Whereabouts};

use crate::hosts::Helm;
use crate::world::{Machine, World, post, refusal};

const GROUPS: &str = r#"
[network.branch]
cidr = ["10.7.0.0/16"]
clients = "P01"
boundary-groups = ["branches"]
[boundary-group.branches]
hosts = ["dp7"]
neighbours = [{ group = "head-office", after = "2h" }]
[boundary-group.head-office]
hosts = ["keel"]
"#;

async fn points(world: &World, device: &Machine, addresses: &[&str]) -> Locations {
    let addresses = addresses.iter().map(|&address| address.to_owned()).collect();
    let request = post(wire::client::LOCATIONS, &Whereabouts { addresses });
    world.send(device.shows(request)).await.json()
}

#[tokio::test]
async fn only_hosts_that_joined_are_named() {
    let world = World::new().await;
    let device = world.device("m1").await;
    let hosts = async || {
        let found = points(&world, &device, &["127.0.0.5", "nonsense"]).await;
        found.points.into_iter().map(|point| point.host).collect::<Vec<_>>()
    };
    assert_eq!(hosts().await, ["keel"]);
    let _helm = Helm::joined(&world, "dp7").await;
    assert_eq!(hosts().await, ["dp7", "keel"]);
    let _gone: wire::rest::Host = world.admin("DELETE", "/api/v1/hosts/dp7", &()).await.json();
    assert_eq!(hosts().await, ["keel"]);
}

#[tokio::test]
async fn a_client_is_sent_to_its_own_boundary_groups_first() {
    let world = World::new().await;
    let device = world.device("m1").await;
    let _helm = Helm::joined(&world, "dp7").await;
    world.replan(|text| format!("{text}{GROUPS}"));
    let there = points(&world, &device, &["192.0.2.1", "10.7.3.4"]).await;
    assert_eq!(there.groups, ["branches"]);
    let order: Vec<_> = there.points.iter().map(|p| (p.host.as_str(), p.after)).collect();
    assert_eq!(order, [("dp7", 0), ("keel", 7200)]);

    let long = Whereabouts { addresses: vec!["10.7.3.4".into(); 10_000] };
    let refused = world.send(device.shows(post(wire::client::LOCATIONS, &long))).await;
    assert_eq!(refused.refused(), refusal(413, "body-too-large"));
}
