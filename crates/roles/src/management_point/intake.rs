//! How much may be on its way in at once. A batch of messages is in memory
//! several times over while it is read; without a bound, one broken or stolen
//! client with many connections would be enough to end the site.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::header::CONTENT_LENGTH;
use http::{HeaderMap, StatusCode};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use wire::limit;

use crate::problem::Refusal;

/// Bodies of all devices together, in KiB.
const ROOM: usize = 64 * 1024;
/// Batches of one device. An agent sends one after the other; the second is
/// for the one whose connection broke without our noticing yet.
const OF_ONE: u8 = 2;
/// So long a batch waits for room.
const PATIENCE: Duration = Duration::from_secs(10);

/// The way in. Clones are the same.
#[derive(Debug, Clone)]
pub(super) struct Intake {
    room: Arc<Semaphore>,
    devices: Arc<Mutex<HashMap<String, u8>>>,
}

/// Leave to send one batch, until it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    _room: OwnedSemaphorePermit,
    _turn: Turn,
}

#[derive(Debug)]
struct Turn {
    devices: Arc<Mutex<HashMap<String, u8>>>,
    device: String,
}

impl Intake {
    pub(super) fn new() -> Self {
        Self { room: Arc::new(Semaphore::new(ROOM)), devices: Arc::default() }
    }

    /// Before the body of a request is read.
    ///
    /// # Errors
    ///
    /// 429 `too-many-batches`, 503 `messages-busy`.
    pub(super) async fn enter(&self, device: &str, asked: &HeaderMap) -> Result<Place, Refusal> {
        let turn = self.turn(device)?;
        let announced = asked.get(CONTENT_LENGTH);
        let announced = announced.and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
        // A body that does not say how long it is may be as long as any.
        let bytes = announced.unwrap_or(usize::MAX).min(limit::INVENTORY_BODY);
        let kib = u32::try_from(bytes.div_ceil(1024)).unwrap_or(u32::MAX);
        let room = Arc::clone(&self.room).acquire_many_owned(kib);
        match tokio::time::timeout(PATIENCE, room).await {
            Ok(Ok(room)) => Ok(Place { _room: room, _turn: turn }),
            _ => Err(Refusal::later("messages-busy", "many clients send messages just now")),
        }
    }

    fn turn(&self, device: &str) -> Result<Turn, Refusal> {
        let mut devices = self.devices.lock().unwrap_or_else(PoisonError::into_inner);
        let count = devices.entry(device.to_owned()).or_default();
        if *count >= OF_ONE {
            return Err(Refusal::new(
                StatusCode::TOO_MANY_REQUESTS,
                "too-many-batches",
                format!("this device is sending {OF_ONE} batches of messages already"),
                "send one after the other",
            ));
        }
        *count += 1;
        Ok(Turn { devices: Arc::clone(&self.devices), device: device.to_owned() })
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut devices = self.devices.lock().unwrap_or_else(PoisonError::into_inner);
        match devices.get_mut(&self.device) {
            Some(count) if *count > 1 => *count -= 1,
            _ => drop(devices.remove(&self.device)),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use futures_util::FutureExt as _;

    use super::*;

    #[tokio::test]
    async fn nobody_takes_the_room_of_all() {
        let intake = Intake::new();
        let endless = HeaderMap::new();
        let mut places = Vec::new();
        for device in 0..ROOM * 1024 / limit::INVENTORY_BODY {
            places.push(intake.enter(&device.to_string(), &endless).await.unwrap());
        }
        assert!(intake.enter("late", &endless).now_or_never().is_none(), "it waits");
        drop(places.pop());
        let small = HeaderMap::from_iter([(CONTENT_LENGTH, 1000.into())]);
        let one = intake.enter("late", &small).await.unwrap();
        let two = intake.enter("late", &small).await.unwrap();
        let third = intake.enter("late", &small).await.unwrap_err();
        assert_eq!(third.problem.code, "too-many-batches");
        drop((one, two, places));
        assert!(intake.devices.lock().unwrap().is_empty());
        assert_eq!(intake.room.available_permits(), ROOM);
    }
}
