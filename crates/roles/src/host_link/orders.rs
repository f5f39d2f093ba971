//! Orders: a question that the site server holds until there is news. With them
//! come the devices to refuse, the content to hold and the number of the host
//! plan that counts. On the same connection the certificate is renewed.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use http::Method;
use node::http::Body;
use tokio::sync::watch;
use trust::certificate::{CertificateError, csr, is_for_host, needs_renewal};
use trust::envelope::Refusal;
use trust::host_plan::VerifiedHostPlan;
use wire::client::Renew;
use wire::limit;
use wire::link::{self, Joined, Orders};

use super::line::{ANSWER, Line, LineError, request};
use super::{KeeperError, Office};
use crate::problem::chain;

/// For orders to come: as long as they are held, and then some.
const PATIENCE: Duration = Duration::from_secs(link::WAIT + 15);

#[derive(Debug, thiserror::Error)]
enum OrderError {
    #[error(transparent)]
    Line(Box<LineError>),
    #[error("the host plan that came was refused")]
    Plan(#[from] Refusal),
    #[error("a certificate could not be asked for")]
    Request(#[from] CertificateError),
    #[error("the certificate that came is not for this host's key")]
    Certificate,
    #[error(transparent)]
    Keeper(#[from] KeeperError),
}

impl From<LineError> for OrderError {
    fn from(error: LineError) -> Self {
        Self::Line(Box::new(error))
    }
}

pub(super) async fn run(mut line: Line, tell: watch::Sender<Option<Arc<Orders>>>) {
    let stop = line.office.stop.clone();
    let mut seen = None;
    loop {
        let turn = tokio::select! {
            () = stop.stopped() => return,
            turn = turn(&mut line, seen) => turn,
        };
        match turn {
            Ok(orders) => {
                line.succeeded();
                line.office.keeper.welcome();
                seen = Some(orders.version);
                let orders = Some(Arc::new(orders));
                tell.send_if_modified(|known| {
                    let news = *known != orders;
                    *known = orders;
                    news
                });
            }
            Err(error) => {
                tracing::warn!("no orders from the site server: {}", chain(&error));
                if let OrderError::Line(why) = &error
                    && let LineError::Refused(problem) = why.as_ref()
                    && [link::HOST_REMOVED, link::HOST_KEY].contains(&problem.code.as_str())
                {
                    line.office.keeper.dismissed(problem);
                }
                if !line.pause().await {
                    return;
                }
            }
        }
    }
}

/// One question for orders, and what follows from them.
async fn turn(line: &mut Line, seen: Option<u64>) -> Result<Orders, OrderError> {
    renew(line).await?;
    let path = match seen {
        Some(seen) => format!("{}?after={seen}", link::ORDERS),
        None => link::ORDERS.to_owned(),
    };
    let orders: Orders = line.get(&path, PATIENCE, limit::ORDERS_BODY).await?;
    let office = Arc::clone(&line.office);
    office.blocked.are(orders.blocked.iter().cloned());
    office.remember(|memory| memory.blocked.clone_from(&orders.blocked));
    if orders.host_plan > office.plan().number() {
        fetch_plan(line).await?;
    }
    Ok(orders)
}

async fn fetch_plan(line: &mut Line) -> Result<(), OrderError> {
    let ask = || request(Method::GET, link::HOST_PLAN, Body::empty());
    let envelope = line.ask(ask, ANSWER, limit::HOST_PLAN_BODY).await?;
    line.office.take_plan(&envelope)
}

/// Has the certificate renewed when it has lived half its life.
async fn renew(line: &mut Line) -> Result<(), OrderError> {
    let office = Arc::clone(&line.office);
    let chain = office.chain();
    if chain.first().is_some_and(|own| !needs_renewal(own, node::clock::now())) {
        return Ok(());
    }
    let csr = BASE64.encode(csr(&office.key, office.plan().host())?);
    let answer = line.post(link::RENEW, &Renew { csr }, limit::HOST_PLAN_BODY * 2).await?;
    let joined: Joined = serde_json::from_slice(&answer).map_err(LineError::from)?;
    let decode = |text: &String| BASE64.decode(text).map_err(|_| OrderError::Certificate);
    let chain = joined.certificates.iter().map(decode).collect::<Result<Vec<_>, _>>()?;
    let plan = office.plan();
    let own = chain.first().ok_or(OrderError::Certificate)?;
    if !is_for_host(&own.as_slice().into(), plan.host(), plan.site(), &office.key.public()) {
        return Err(OrderError::Certificate);
    }
    office.keeper.certified(&chain)?;
    *office.chain.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(chain);
    tracing::info!("the host's certificate was renewed");
    // From now on, with the new one.
    line.close();
    match decode(&joined.host_plan)? {
        plan if plan.is_empty() => Ok(()),
        plan => office.take_plan(&plan),
    }
}

impl Office {
    /// A plan with a higher number than ours is ours; one with the same is.
    fn take_plan(&self, envelope: &[u8]) -> Result<(), OrderError> {
        let ours = self.plan();
        let now = node::clock::now();
        let (root, site, host) = (&self.root, ours.site(), ours.host());
        let plan = VerifiedHostPlan::open(envelope, root, site, host, now, ours.number())?;
        if plan.number() > ours.number() {
            self.keeper.planned(envelope, &plan)?;
            tracing::info!(number = plan.number(), "a new host plan");
            *self.plan.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(plan);
        }
        Ok(())
    }
}
