//! Firewalls for the machines of an estate: the rules that follow from its plan, in
//! the kernel of each.

use lab::{Machine, Network};
use plan::Plan;
use rules::dialect::nftables::{self, Form, TABLE};
use rules::{Compiler, Decided, Direction, Place, RuleSet};

pub(crate) struct Firewalls {
    site_file: String,
    plan: Plan,
}

impl Firewalls {
    pub(crate) fn of(site_file: &str) -> Self {
        let estate = plan::read(site_file).unwrap_or_else(|mistakes| panic!("{mistakes:?}"));
        let plan = plan::plan(&estate).unwrap_or_else(|mistakes| panic!("{mistakes:?}")).0;
        Self { site_file: site_file.to_owned(), plan }
    }

    /// Whose rules a machine has: a host's own, else those of its network's clients.
    pub(crate) fn place(&self, machine: &str, network: &str) -> Place {
        match self.plan.host(machine) {
            Some(host) => Place::Host(host.name.clone()),
            None => Place::Clients(network.to_owned()),
        }
    }

    pub(crate) fn rules(&self, place: &Place) -> RuleSet<'_> {
        Compiler::new(&self.plan).rules(place).expect("the plan names it")
    }

    /// Lets nothing in and out of a machine but what the plan has.
    pub(crate) fn close(&self, machine: &Machine, network: &Network) {
        let set = self.rules(&self.place(machine.name(), network.name()));
        machine.nft(&self.text(&set));
    }

    /// The flows whose rules have counted a packet at a machine, and in which direction.
    pub(crate) fn counted(&self, machine: &Machine, network: &Network) -> Vec<(Direction, String)> {
        let listed = machine.nft_says(&format!("list counters table inet {TABLE}"));
        let counters = listed.iter().filter_map(|item| item.get("counter"));
        let counters = counters.filter(|counter| counter["packets"].as_u64() > Some(0));
        let names: Vec<&str> = counters.filter_map(|counter| counter["name"].as_str()).collect();
        let set = self.rules(&self.place(machine.name(), network.name()));
        let used = set.rules.iter().filter(|rule| names.contains(&rule.id.as_str()));
        let flows = used
            .flat_map(|rule| set.connections(rule).into_iter().map(|flow| (rule.direction, flow)));
        flows.collect()
    }

    pub(crate) fn text(&self, set: &RuleSet<'_>) -> String {
        nftables::text(set, &Decided::new(&self.site_file), Form::Plain)
    }

    pub(crate) fn plan(&self) -> &Plan {
        &self.plan
    }
}
