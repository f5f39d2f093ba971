//! What was measured, for people.

use std::time::Duration;

use crate::measure::Step;

/// Goals: flows for each second and core, and how much of the smallest plan's speed
/// the largest must have.
const PER_SECOND: f64 = 1e6;
const RATIO: f64 = 0.7;

/// How wide the curve may be.
const WIDTH: f64 = 60.0;

pub(crate) fn steps(steps: &[Step]) -> String {
    let mut text = format!(
        "{:>6} {:>6} {:>9} {:>9} {:>9} {:>9} {:>12} {:>11} {:>11}\n",
        "sites",
        "hosts",
        "networks",
        "flows",
        "read ms",
        "plan ms",
        "flows/s/core",
        "bytes/flow",
        "peak/flow"
    );
    for step in steps {
        text.push_str(&format!(
            "{:>6} {:>6} {:>9} {:>9} {:>9.2} {:>9.2} {:>12.0} {:>11.0} {:>11.0}\n",
            step.sites,
            step.hosts,
            step.networks,
            step.flows,
            milliseconds(step.reading()),
            milliseconds(step.planning()),
            step.per_second(),
            step.per_flow(step.live),
            step.per_flow(step.peak)
        ));
    }
    text
}

/// Flows for each second and core by the number of flows: level where the cost of a
/// plan grows with them.
pub(crate) fn curve(steps: &[Step]) -> String {
    let most = steps.iter().map(Step::per_second).fold(PER_SECOND, f64::max);
    let mut text = format!("million flows/s/core, up to {:.2}; | is the goal\n", most / 1e6);
    for step in steps {
        let place = |speed: f64| (speed / most * WIDTH) as usize;
        let (long, goal) = (place(step.per_second()), place(PER_SECOND));
        let bar: String = (0..=WIDTH as usize)
            .map(|n| match n {
                n if n == goal => '|',
                n if n < long => '=',
                _ => ' ',
            })
            .collect();
        let bar = bar.trim_end();
        text.push_str(&format!("{:>9} {bar} {:.2}\n", step.flows, step.per_second() / 1e6));
    }
    text
}

pub(crate) fn verdict(first: &Step, last: &Step) -> String {
    let ratio = last.speed_beside(first);
    let reached = |yes: bool| if yes { "reached" } else { "MISSED" };
    format!(
        "largest: {:.2} M flows/s/core, goal >= {:.0} M: {}\n\
         largest to smallest: {ratio:.2}, goal >= {RATIO}: {}\n",
        last.per_second() / 1e6,
        PER_SECOND / 1e6,
        reached(last.per_second() >= PER_SECOND),
        reached(ratio >= RATIO),
    )
}

/// What a plan is asked, at the smallest and at the largest.
pub(crate) fn questions(first: &Step, last: &Step) -> String {
    let mut text = format!(
        "{:<28} {:>12} {:>12}   times as long for {:.1} times the flows\n",
        "asked of the plan",
        format!("{} flows", first.flows),
        format!("{} flows", last.flows),
        last.flows as f64 / first.flows as f64
    );
    for ((what, small), (_, large)) in first.questions().into_iter().zip(last.questions()) {
        text.push_str(&format!(
            "{what:<28} {:>9.2} ms {:>9.2} ms   {:.1}\n",
            milliseconds(small),
            milliseconds(large),
            large.as_secs_f64() / small.as_secs_f64()
        ));
    }
    text
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
