//! Enrolment tokens. The text is in the answer and nowhere else: the store
//! keeps its hash.

use axum::Json;
use axum::extract::State;
use catalog::role::MANAGEMENT_POINT;
use catalog::service::HTTPS;
use trust::token::Token;
use wire::limit;
use wire::rest::{self, NewToken};

use super::{Uses, package};
use crate::problem::Refusal;
use crate::request;

/// A token may be good for at most 30 days. Seconds.
const LONGEST: u64 = 30 * 24 * 60 * 60;

pub(super) async fn create(
    State(uses): State<Uses>,
    request::Json(new): request::Json<NewToken, { limit::REST_BODY }>,
) -> Result<Json<rest::Token>, Refusal> {
    let valid_for = i64::try_from(new.valid_for).unwrap_or(i64::MAX);
    if !(1..=LONGEST).contains(&new.valid_for) {
        let message = format!("a token is valid for 1 to {LONGEST} seconds, which is 30 days");
        return Err(Refusal::bad("validity-invalid", message, ""));
    }
    let token = Token::generate();
    let token = token.map_err(|error| Refusal::internal("make a token", &error))?;
    let now = node::clock::now();
    let expires = now.saturating_add(valid_for.saturating_mul(1000));
    let kept = uses.store.create_token(&token.hash(), now, expires).await;
    kept.map_err(|error| Refusal::internal("keep the token", &error))?;
    let about = uses.facts.about();
    let endpoints = uses.plan().endpoints(&MANAGEMENT_POINT, &HTTPS);
    Ok(Json(rest::Token {
        token: token.text(),
        expires,
        management_point: endpoints.first().map(package::socket).unwrap_or_default(),
        root: about.root.clone(),
        site: about.code.clone(),
        package: package::newest(&uses).await?,
    }))
}
