//! What one estate costs: CPU time of this thread, which depends little on what else
//! the machine does, and memory by counting what is allocated.

use std::hint::black_box;
use std::time::Duration;

use peak_alloc::PeakAlloc;
use plan::{Estate, Only, Plan};
use rustix::time::{ClockId, clock_gettime};

use crate::file::{Kind, text};

/// Counts the bytes that are allocated and not yet given back.
#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// One estate, and what was measured with it so far.
pub(crate) struct Step {
    text: String,
    estate: Estate,
    pub(crate) sites: usize,
    pub(crate) hosts: usize,
    pub(crate) networks: usize,
    pub(crate) flows: usize,
    /// Bytes that the plan holds, and the most that were held while it was made,
    /// the estate's left out.
    pub(crate) live: usize,
    pub(crate) peak: usize,
    planning: Vec<Duration>,
    reading: Vec<Duration>,
}

impl Step {
    pub(crate) fn new(kind: Kind, parts: usize) -> Self {
        let text = text(kind, parts);
        let estate = plan::read(&text).unwrap_or_else(|mistakes| panic!("{:#?}", mistakes.first()));
        let before = MEMORY.current_usage();
        MEMORY.reset_peak_usage();
        let plan = planned(&estate);
        let (live, peak) = (MEMORY.current_usage() - before, MEMORY.peak_usage() - before);
        Self {
            sites: plan.sites().len(),
            hosts: plan.hosts().len(),
            networks: plan.networks().len(),
            flows: plan.flows().len(),
            live,
            peak,
            planning: Vec::new(),
            reading: Vec::new(),
            text,
            estate,
        }
    }

    /// Plans `times` times, of which the one in the middle counts, and reads once.
    pub(crate) fn round(&mut self, times: usize) {
        // A plan that is dropped is not timed.
        let times: Vec<_> = (0..times).map(|_| timed(|| planned(&self.estate)).0).collect();
        self.planning.push(median(&times));
        let (took, _) = timed(|| plan::read(&self.text));
        self.reading.push(took);
    }

    pub(crate) fn planning(&self) -> Duration {
        median(&self.planning)
    }

    pub(crate) fn reading(&self) -> Duration {
        median(&self.reading)
    }

    /// How fast this one was for each time that `other` was, flow by flow: the median of
    /// the rounds, in each of which both had the same machine.
    pub(crate) fn speed_beside(&self, other: &Self) -> f64 {
        let mut ratios: Vec<f64> = self
            .planning
            .iter()
            .zip(&other.planning)
            .map(|(own, others)| {
                let flows = self.flows as f64 / other.flows as f64;
                flows * others.as_secs_f64() / own.as_secs_f64()
            })
            .collect();
        ratios.sort_by(f64::total_cmp);
        ratios.get(ratios.len() / 2).copied().unwrap_or_default()
    }

    pub(crate) fn per_second(&self) -> f64 {
        self.flows as f64 / self.planning().as_secs_f64()
    }

    pub(crate) fn per_flow(&self, bytes: usize) -> f64 {
        bytes as f64 / self.flows as f64
    }

    /// What is asked of a plan, and how long each answer takes.
    pub(crate) fn questions(&self) -> Vec<(&'static str, Duration)> {
        let plan = planned(&self.estate);
        let host = plan.hosts().last().map(|host| host.name.clone()).unwrap_or_default();
        let network = plan.networks().last().map(|one| one.name.clone()).unwrap_or_default();
        let only = |host: &str| Only { host: Some(host.to_owned()), ..Only::default() };
        let between = Only { between: Some([host.clone(), network]), ..Only::default() };
        let rows = plan.rows(plan.flows());
        let cells: Vec<_> = rows.iter().map(plan::Row::cells).collect();
        let id = plan.flows().first().map(|first| first.flow.id()).unwrap_or_default();
        let service = &catalog::service::HTTPS;
        let role = &catalog::role::DISTRIBUTION_POINT;
        vec![
            ("all rows", asked(|| plan.rows(plan.flows()))),
            ("their text", asked(|| plan::show::tsv(plan::show::COLUMNS, &cells))),
            ("the flows of one host", asked(|| plan.select(&only(&host)).map(|all| all.len()))),
            ("the flows of a pair", asked(|| plan.select(&between).map(|all| all.len()))),
            ("what one host listens on", asked(|| plan.listens(&host))),
            ("the endpoints of one role", asked(|| plan.endpoints(role, service))),
            ("all that one role dials", asked(|| plan.dials_from(role))),
            ("the difference to itself", asked(|| plan::diff::diff(&plan, &plan))),
            ("one connection explained", asked(|| plan.explain(&id, &self.text))),
            ("the chart", asked(|| plan::draw::draw(&plan))),
        ]
    }
}

fn planned(estate: &Estate) -> Plan {
    match plan::plan(black_box(estate)) {
        Ok((plan, _)) => plan,
        Err(mistakes) => panic!("{:#?}", mistakes.first()),
    }
}

/// Of three times the one in the middle.
fn asked<T>(question: impl Fn() -> T) -> Duration {
    let times: Vec<_> = (0..3).map(|_| timed(&question).0).collect();
    median(&times)
}

fn timed<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let start = cpu_time();
    let done = black_box(work());
    (cpu_time().saturating_sub(start), done)
}

/// Of this thread, since it began.
fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec.unsigned_abs() as u32)
}

fn median(times: &[Duration]) -> Duration {
    let mut times = times.to_vec();
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}
