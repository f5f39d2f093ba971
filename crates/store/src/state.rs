//! Where devices stand with their deployments: the newest word of each. What
//! a device has not spoken about yet is pending, which is never stored: it is
//! what a deployment without a state means.

use crate::change::Topic;
use crate::deployment::Deployment;
use crate::message::Origin;
use crate::statement::{Call, statements};
use crate::value::Row;
use crate::{Store, StoreError};

statements! {
    REPORT = "INSERT INTO state
            (device, deployment, phase, reason, exit_code, output, at, journal, number)
        SELECT $1, deployment.id, $3, $4, $5, $6, $7, $8, $9 FROM deployment
        WHERE deployment.id = $2
        ON CONFLICT (device, deployment) DO UPDATE SET phase = excluded.phase,
            reason = excluded.reason, exit_code = excluded.exit_code, output = excluded.output,
            at = excluded.at, journal = excluded.journal, number = excluded.number
        WHERE state.journal <> excluded.journal OR state.number < excluded.number";
    OF_APP = "SELECT device.id, device.name, newest.deployment, $1,
            state.phase, state.reason, state.exit_code, state.output, state.at
        FROM (SELECT belongs.device AS device, MAX(deployment.id) AS deployment
                FROM app JOIN deployment ON deployment.app = app.id
                    JOIN belongs ON belongs.collection = deployment.collection
                WHERE app.name = $1 GROUP BY belongs.device) AS newest
            JOIN device ON device.id = newest.device
            LEFT JOIN state ON state.device = newest.device
                AND state.deployment = newest.deployment
        ORDER BY device.name, device.id";
    OF_DEVICE = "SELECT device.id, device.name, deployment.id, app.name,
            state.phase, state.reason, state.exit_code, state.output, state.at
        FROM device CROSS JOIN deployment JOIN app ON app.id = deployment.app
            LEFT JOIN state ON state.device = device.id AND state.deployment = deployment.id
        WHERE device.id = $1 AND deployment.id IN (
            SELECT MAX(meant.id) FROM deployment AS meant
            WHERE meant.collection IN (SELECT id FROM collection WHERE built_in = 1
                UNION ALL SELECT collection FROM member WHERE member.device = $1)
            GROUP BY meant.app)
        ORDER BY app.name";
}

/// A device's word on one deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    pub deployment: u64,
    /// The phase's word, as on the wire.
    pub phase: String,
    pub reason: String,
    pub exit_code: Option<i32>,
    /// The last lines of output.
    pub output: String,
}

/// Where one device stands with one deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    pub device: String,
    pub device_name: String,
    pub deployment: u64,
    /// The application's name.
    pub app: String,
    /// None: it has not said anything yet.
    pub said: Option<Said>,
}

/// What the device said last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// The phase's word, as on the wire.
    pub phase: String,
    pub reason: String,
    pub exit_code: Option<i32>,
    pub output: String,
    /// By the client's clock, in Unix milliseconds.
    pub at: i64,
}

/// One application's deployments, and every device that they reach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// Of [`Topic::Progress`]; read before the rest, so that waiting for a
    /// later one misses nothing.
    pub version: u64,
    pub deployments: Vec<Deployment>,
    pub states: Vec<State>,
}

fn state(row: &mut Row) -> Result<State, StoreError> {
    Ok(State {
        device: row.text()?,
        device_name: row.text()?,
        deployment: row.count()?,
        app: row.text()?,
        said: match row.text_or_null()? {
            None => None,
            Some(phase) => Some(Said {
                phase,
                reason: row.text()?,
                exit_code: row.int_or_null()?.and_then(|code| i32::try_from(code).ok()),
                output: row.text()?,
                at: row.int()?,
            }),
        },
    })
}

/// The effect of a state message. A late one does not undo a newer; one about
/// a deployment that is gone has none.
pub(crate) fn report(origin: &Origin<'_>, report: &Report) -> Call {
    REPORT.with([
        origin.device.into(),
        report.deployment.into(),
        (&report.phase).into(),
        (&report.reason).into(),
        report.exit_code.map(i64::from).into(),
        (&report.output).into(),
        origin.at.into(),
        origin.journal.into(),
        origin.number.into(),
    ])
}

impl Store {
    /// An application's deployments and where each device stands with the one
    /// that counts for it.
    pub async fn progress(&self, app: &str) -> Result<Progress, StoreError> {
        Ok(Progress {
            version: self.version(Topic::Progress).await?,
            deployments: self.deployments_of(app).await?,
            states: self.list(&OF_APP, [app.into()], state).await?,
        })
    }

    /// Where a device stands with everything that is deployed to it.
    pub async fn states_of(&self, device: &str) -> Result<Vec<State>, StoreError> {
        self.list(&OF_DEVICE, [device.into()], state).await
    }
}
