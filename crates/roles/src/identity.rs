//! Who asks. A device shows its certificate in the TLS handshake, `node` puts
//! the verified name into the request, and here it is looked up with every
//! request: a blocked device is refused from its next request on, whatever its
//! certificate says. An administrator shows a bearer token.

use std::collections::{HashMap, HashSet};
use std::convert::Infallible;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};

use axum::extract::{FromRef, FromRequestParts, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use http::header::AUTHORIZATION;
use http::request::Parts;
use store::Store;
use tokio::sync::watch;
use trust::tls::Peer;
use trust::token::Token;

use crate::problem::{Refusal, printable};

/// A device of the site that may be served.
#[derive(Debug, Clone)]
pub struct Device(pub store::device::Device);

/// A device of the site that may be served, by its id: for a part that must
/// know no more of it.
#[derive(Debug, Clone)]
pub struct Visitor(pub String);

/// The device whose certificate was shown, by its id: whether it may be served
/// is for the part to see.
#[derive(Debug, Clone)]
pub struct Shown {
    pub device: String,
    pub caller: Caller,
}

/// Where devices are looked up. A part that must know who asks, and nothing
/// else of the store, is given this.
#[derive(Debug, Clone)]
pub struct Roster(Arc<Rolls>);

#[derive(Debug)]
enum Rolls {
    /// Where the site remembers its devices.
    Store {
        store: Store,
        /// Rises with every block.
        orders: watch::Receiver<u64>,
        admitted: Mutex<Admitted>,
    },
    /// On a host without a store every valid certificate counts, but of these.
    Blocked(Blocked),
}

/// Devices, by id, that the store admitted, and their names. Nothing of it
/// counts any more when the orders have changed since: a device that is blocked
/// is refused at its next request.
#[derive(Debug, Default)]
struct Admitted {
    orders: u64,
    names: HashMap<String, String>,
}

/// So many devices are remembered as admitted.
const ADMITTED: usize = 20_000;

/// The devices that are refused, by id, as the site server last said. Clones
/// are the same list.
#[derive(Debug, Clone, Default)]
pub struct Blocked(Arc<RwLock<HashSet<String>>>);

impl Blocked {
    /// These are refused from now on, and no others.
    pub fn are(&self, devices: impl IntoIterator<Item = String>) {
        let devices = devices.into_iter().collect();
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = devices;
    }

    pub(crate) fn has(&self, device: &str) -> bool {
        self.0.read().unwrap_or_else(PoisonError::into_inner).contains(device)
    }
}

impl Roster {
    /// Devices are those that the store knows.
    pub fn of(store: Store) -> Self {
        let orders = store.order_changes();
        Self(Arc::new(Rolls::Store { store, orders, admitted: Mutex::default() }))
    }

    /// Devices are all whose certificates are valid, but the blocked.
    pub fn without_store(blocked: Blocked) -> Self {
        Self(Arc::new(Rolls::Blocked(blocked)))
    }

    /// Everything about a device that may be served.
    async fn device(&self, id: &str, caller: &Caller) -> Result<store::device::Device, Refusal> {
        let Rolls::Store { store, .. } = self.0.as_ref() else { return Err(unknown(id)) };
        let found = store.device(id).await;
        let found = found.map_err(|error| Refusal::internal("look up the device", &error))?;
        let Some(device) = found else {
            caller.is(id);
            return Err(unknown(id));
        };
        caller.is(&device.name);
        if device.blocked.is_some() {
            return Err(blocked(&device.blocked_reason));
        }
        Ok(device)
    }

    /// Whether a device may be served.
    async fn admit(&self, id: &str, caller: &Caller) -> Result<(), Refusal> {
        match self.0.as_ref() {
            Rolls::Blocked(list) => {
                caller.is(id);
                if list.has(id) { Err(blocked("")) } else { Ok(()) }
            }
            Rolls::Store { orders, admitted, .. } => {
                // Before the look: a block that comes meanwhile counts.
                let orders = *orders.borrow();
                let admitted = || admitted.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(name) = admitted().find(orders, id) {
                    caller.is(name);
                    return Ok(());
                }
                let device = self.device(id, caller).await?;
                admitted().remember(orders, id, device.name);
                Ok(())
            }
        }
    }
}

impl Admitted {
    fn find(&self, orders: u64, id: &str) -> Option<&str> {
        self.names.get(id).map(String::as_str).filter(|_| orders == self.orders)
    }

    fn remember(&mut self, orders: u64, id: &str, name: String) {
        if orders < self.orders {
            return;
        }
        if orders > self.orders || self.names.len() >= ADMITTED {
            self.names.clear();
            self.orders = orders;
        }
        self.names.insert(id.to_owned(), name);
    }
}

/// The name of whoever asks, as soon as it is known; put into a request by
/// whoever traces it, filled in here.
#[derive(Debug, Clone, Default)]
pub struct Caller(Arc<OnceLock<String>>);

impl Caller {
    pub fn name(&self) -> &str {
        self.0.get().map_or("", String::as_str)
    }

    /// The first name stays.
    pub fn is(&self, name: &str) {
        let _kept = self.0.set(printable(name));
    }
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or_default())
    }
}

impl<S> FromRequestParts<S> for Device
where
    S: Send + Sync,
    Roster: FromRef<S>,
{
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let (id, caller) = shown_by(parts)?;
        Roster::from_ref(state).device(&id, &caller).await.map(Self)
    }
}

impl<S> FromRequestParts<S> for Visitor
where
    S: Send + Sync,
    Roster: FromRef<S>,
{
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let (id, caller) = shown_by(parts)?;
        Roster::from_ref(state).admit(&id, &caller).await.map(|()| Self(id))
    }
}

impl<S: Sync> FromRequestParts<S> for Shown {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Refusal> {
        let (device, caller) = shown_by(parts)?;
        Ok(Self { device, caller })
    }
}

/// The device whose certificate was shown.
fn shown_by(parts: &Parts) -> Result<(String, Caller), Refusal> {
    let id = match parts.extensions.get::<Peer>() {
        Some(Peer::Device(id)) => id.clone(),
        Some(Peer::Host { .. }) => return Err(wrong_role()),
        None => return Err(no_certificate()),
    };
    Ok((id, parts.extensions.get::<Caller>().cloned().unwrap_or_default()))
}

/// 403 `device-blocked`, with the administrator's reason where there is one.
pub fn blocked(reason: &str) -> Refusal {
    let mut message = "this device is blocked".to_owned();
    if !reason.is_empty() {
        message = format!("{message}: {}", printable(reason));
    }
    let next = "an administrator can unblock it";
    Refusal::new(StatusCode::FORBIDDEN, "device-blocked", message, next)
}

/// 403 `device-unknown`.
pub fn unknown(id: &str) -> Refusal {
    let message = format!("the site knows no device {}", printable(id));
    Refusal::new(StatusCode::FORBIDDEN, "device-unknown", message, "enrol it with a new token")
}

fn no_certificate() -> Refusal {
    Refusal::new(
        StatusCode::UNAUTHORIZED,
        "certificate-missing",
        "this needs a device's certificate, and none was shown",
        "enrol the device, or renew its certificate",
    )
}

fn wrong_role() -> Refusal {
    Refusal::new(
        StatusCode::FORBIDDEN,
        "wrong-role",
        "this needs a device's certificate, and a host's was shown",
        "show the certificate that the machine was enrolled with",
    )
}

/// SHA-256 of the administrator's token.
#[derive(Clone, Copy)]
pub struct AdministratorToken(pub [u8; 32]);

impl std::fmt::Debug for AdministratorToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AdministratorToken(…)")
    }
}

/// Middleware: lets only an administrator through.
pub async fn administrator(
    State(expected): State<AdministratorToken>,
    request: Request,
    next: Next,
) -> Response {
    match shown(&request, expected) {
        Ok(()) => {
            if let Some(caller) = request.extensions().get::<Caller>() {
                caller.is("administrator");
            }
            next.run(request).await
        }
        Err(refusal) => refusal.into_response(),
    }
}

fn shown(request: &Request, expected: AdministratorToken) -> Result<(), Refusal> {
    let next = "`portolan` on the site's host finds the token by itself";
    let refused = |code, message| Refusal::new(StatusCode::UNAUTHORIZED, code, message, next);
    let header = request.headers().get(AUTHORIZATION);
    let header =
        header.ok_or_else(|| refused("token-missing", "no administrator's token was shown"))?;
    let wrong = || refused("token-wrong", "the token is not this site's administrator's token");
    let (scheme, text) = header.to_str().ok().and_then(|h| h.split_once(' ')).ok_or_else(wrong)?;
    let token = Token::parse(text.trim()).ok().filter(|_| scheme.eq_ignore_ascii_case("bearer"));
    token.filter(|token| token.matches(&expected.0)).map(|_| ()).ok_or_else(wrong)
}
