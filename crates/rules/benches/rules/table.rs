//! What was measured, for people.

use crate::measure::{DIALECTS, Estate, Figures, Work};

pub(crate) fn figures(estate: &Estate, figures: &Figures) -> String {
    let (hosts, networks) = (estate.plan.hosts().len(), estate.plan.networks().len());
    let flows = estate.plan.flows().len();
    let looking = figures.looking.as_secs_f64();
    let (name, most) = &figures.largest;
    let mut text = format!(
        "{flows} flows, {hosts} hosts, {networks} networks; most rules: {name}, {most}\n\
         a look through the plan: {:.1} ms, {:.1} M flows/s, {:.0} bytes/flow\n\n\
         {:<24} {:>9} {:>9} {:>9} {:>11} {:>11}\n",
        looking * 1e3,
        flows as f64 / looking / 1e6,
        figures.held as f64 / flows as f64,
        "",
        "firewalls",
        "rules",
        "ms",
        "rules/s",
        "bytes/rule"
    );
    text.push_str(&line("rules of all machines", &figures.machines));
    for (dialect, work) in DIALECTS.iter().zip(&figures.written) {
        text.push_str(&line(&format!("  as {dialect}"), work));
    }
    text.push_str(&line("rules of the border", &figures.border));
    for (dialect, work) in DIALECTS.iter().zip(&figures.border_written) {
        text.push_str(&line(&format!("  as {dialect}"), work));
    }
    text
}

fn line(what: &str, work: &Work) -> String {
    format!(
        "{what:<24} {:>9} {:>9} {:>9.1} {:>11.0} {:>11.0}\n",
        work.firewalls,
        work.rules,
        work.took.as_secs_f64() * 1e3,
        work.per_second(),
        work.per_rule()
    )
}
