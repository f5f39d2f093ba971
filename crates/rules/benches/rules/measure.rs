//! What the rules of one estate cost: CPU time of this thread, which depends little on
//! what else the machine does, and memory by counting what is allocated.

use std::hint::black_box;
use std::time::Duration;

use peak_alloc::PeakAlloc;
use plan::Plan;
use rules::{Compiler, Decided, Dialect, Place, RuleSet};
use rustix::time::{ClockId, clock_gettime};

use crate::file::{Kind, text};

/// Counts the bytes that are allocated and not yet given back.
#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// What is written: what a machine loads, what people sort, and what another program
/// reads.
pub(crate) const DIALECTS: [Dialect; 3] = [Dialect::Nftables, Dialect::Csv, Dialect::Aerleon];

pub(crate) struct Estate {
    pub(crate) plan: Plan,
    decided: Decided,
}

/// What was done for one or more firewalls.
#[derive(Debug, Default)]
pub(crate) struct Work {
    pub(crate) firewalls: usize,
    pub(crate) rules: usize,
    pub(crate) took: Duration,
    /// That the rules hold, or that their text has.
    pub(crate) bytes: usize,
}

impl Work {
    pub(crate) fn per_second(&self) -> f64 {
        self.rules as f64 / self.took.as_secs_f64()
    }

    pub(crate) fn per_rule(&self) -> f64 {
        self.bytes as f64 / self.rules as f64
    }

    fn add(&mut self, rules: usize, took: Duration, bytes: usize) {
        self.firewalls += 1;
        self.rules += rules;
        self.took += took;
        self.bytes += bytes;
    }
}

/// Making rules, and writing them down in each of [`DIALECTS`].
#[derive(Debug, Default)]
pub(crate) struct Figures {
    /// The look through the plan, and the bytes that it leaves.
    pub(crate) looking: Duration,
    pub(crate) held: usize,
    /// Those of all machines.
    pub(crate) machines: Work,
    pub(crate) written: [Work; DIALECTS.len()],
    pub(crate) border: Work,
    pub(crate) border_written: [Work; DIALECTS.len()],
    /// Who has the most rules, and how many.
    pub(crate) largest: (String, usize),
}

impl Estate {
    pub(crate) fn new(kind: Kind, parts: usize) -> Self {
        let text = text(kind, parts);
        let estate = plan::read(&text).unwrap_or_else(|mistakes| panic!("{:#?}", mistakes.first()));
        let plan = match plan::plan(&estate) {
            Ok((plan, _)) => plan,
            Err(mistakes) => panic!("{:#?}", mistakes.first()),
        };
        Self { plan, decided: Decided::new(&text) }
    }

    pub(crate) fn measure(&self, rounds: usize) -> Figures {
        let mut all: Vec<Figures> = (0..rounds).map(|_| self.round()).collect();
        let mut figures = all.pop().unwrap_or_default();
        // Only times differ from round to round.
        for part in PARTS {
            let mut times: Vec<Duration> = all.iter_mut().map(|one| *part(one)).collect();
            times.push(*part(&mut figures));
            *part(&mut figures) = median(times);
        }
        figures
    }

    fn round(&self) -> Figures {
        let mut figures = Figures::default();
        let before = MEMORY.current_usage();
        let (looking, compiler) = timed(|| Compiler::new(black_box(&self.plan)));
        figures.looking = looking;
        figures.held = MEMORY.current_usage() - before;
        for place in compiler.places() {
            let set = made(&compiler, &place, &mut figures.machines);
            if set.rules.len() > figures.largest.1 {
                figures.largest = (place.to_string(), set.rules.len());
            }
            self.write(&set, &mut figures.written);
        }
        let set = made(&compiler, &Place::Border, &mut figures.border);
        self.write(&set, &mut figures.border_written);
        figures
    }

    fn write(&self, set: &RuleSet<'_>, work: &mut [Work; DIALECTS.len()]) {
        for (dialect, work) in DIALECTS.into_iter().zip(work) {
            let (took, written) = timed(|| dialect.write(set, &self.decided));
            let files = written.map(|written| written.files).unwrap_or_default();
            let bytes = files.iter().map(|file| file.text.len()).sum();
            work.add(set.rules.len(), took, bytes);
        }
    }
}

/// Every time among the figures.
const PARTS: [fn(&mut Figures) -> &mut Duration; 9] = [
    |all| &mut all.looking,
    |all| &mut all.machines.took,
    |all| &mut all.border.took,
    |all| &mut all.written[0].took,
    |all| &mut all.written[1].took,
    |all| &mut all.written[2].took,
    |all| &mut all.border_written[0].took,
    |all| &mut all.border_written[1].took,
    |all| &mut all.border_written[2].took,
];

fn made<'p>(compiler: &Compiler<'p>, place: &Place, work: &mut Work) -> RuleSet<'p> {
    let before = MEMORY.current_usage();
    let (took, set) = timed(|| compiler.rules(place));
    let set = set.expect("the plan names it");
    work.add(set.rules.len(), took, MEMORY.current_usage() - before);
    set
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

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}
