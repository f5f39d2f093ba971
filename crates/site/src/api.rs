//! The administrators' side of the REST API: one connection to the SMS
//! provider that the site file names, pinned to the site's root, with the
//! administrator's token of the site's folder.

use std::time::Duration;

use bytes::Bytes;
use catalog::flows::CONSOLE_TO_SMS_PROVIDER_HTTPS;
use http::{Method, Request, StatusCode, header};
use node::http::{Body, Connection};
use node::net::Dial;
use serde::Serialize;
use serde::de::DeserializeOwned;
use trust::tls::PinnedServer;
use wire::problem::Problem;

use crate::folder::Folder;
use crate::outcome::{Failure, Kind};
use crate::site_file::SiteFile;

pub(crate) mod upload;

/// How long the site may take to be reached.
const REACH: Duration = Duration::from_secs(5);
/// How long it may take to answer; long polls end after 25 s.
const ANSWER: Duration = Duration::from_secs(60);
/// Larger than any answer of the API.
const ANSWER_BODY: usize = 64 * 1024 * 1024;

pub(crate) struct Api {
    /// Where the running site answers, and where it would after a start.
    dials: Vec<Dial>,
    tls: node::tls::Client,
    token: String,
    open: Option<Connection>,
}

impl Api {
    /// The site that is kept in this folder.
    pub(crate) fn of(folder: &Folder) -> Result<Self, Failure> {
        let files: Vec<SiteFile> = match (SiteFile::applied(folder), SiteFile::read(folder)) {
            (applied, Ok(file)) => applied.into_iter().chain([file]).collect(),
            // It was edited, and is not in force.
            (Some(applied), Err(_)) => vec![applied],
            (None, Err(failure)) => return Err(failure),
        };
        let mut dials: Vec<Dial> = Vec::new();
        for file in &files {
            let targets = file.plan.dial_targets(&CONSOLE_TO_SMS_PROVIDER_HTTPS);
            let dial = targets.first().map(Dial::planned);
            let known = |dial: &Dial| dials.iter().any(|one| one.address() == dial.address());
            dials.extend(dial.filter(|dial| !known(dial)));
        }
        let (Some(dial), Some(file)) = (dials.first(), files.first()) else {
            return Err(Failure::new("no host of the site file has the role sms-provider")
                .kind(Kind::SiteFile));
        };
        let pin = PinnedServer::new(fingerprint(folder)?, dial.flow().to, file.plan.site_code());
        let tls = node::tls::client(pin, None)
            .map_err(|error| Failure::because("cannot speak TLS", &error))?;
        let token = secret(folder, &folder.administrator())?;
        Ok(Self { dials, tls, token, open: None })
    }

    pub(crate) async fn get<T: DeserializeOwned>(&mut self, path: &str) -> Result<T, Failure> {
        self.ask(Method::GET, path, "application/json", Bytes::new()).await
    }

    pub(crate) async fn post<T: DeserializeOwned>(
        &mut self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, Failure> {
        let body = serde_json::to_vec(body)
            .map_err(|error| Failure::because("cannot write the request", &error))?;
        self.ask(Method::POST, path, "application/json", body.into()).await
    }

    /// Puts a body in place of what is there.
    pub(crate) async fn replace<T: DeserializeOwned>(
        &mut self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, Failure> {
        let body = serde_json::to_vec(body)
            .map_err(|error| Failure::because("cannot write the request", &error))?;
        self.ask(Method::PUT, path, "application/json", body.into()).await
    }

    /// Puts bytes.
    pub(crate) async fn put<T: DeserializeOwned>(
        &mut self,
        path: &str,
        bytes: Bytes,
    ) -> Result<T, Failure> {
        self.ask(Method::PUT, path, "application/octet-stream", bytes).await
    }

    pub(crate) async fn delete<T: DeserializeOwned>(&mut self, path: &str) -> Result<T, Failure> {
        self.ask(Method::DELETE, path, "application/json", Bytes::new()).await
    }

    async fn reach(&self) -> Result<Connection, Failure> {
        let mut failure = Failure::new("the site file says nowhere to ask");
        for dial in &self.dials {
            match Connection::open(dial, &self.tls, REACH).await {
                Ok(connection) => return Ok(connection),
                Err(error) => failure = unreachable(&error),
            }
        }
        Err(failure)
    }

    async fn ask<T: DeserializeOwned>(
        &mut self,
        method: Method,
        path: &str,
        content_type: &str,
        body: Bytes,
    ) -> Result<T, Failure> {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::AUTHORIZATION, format!("Bearer {}", self.token))
            .header(header::CONTENT_TYPE, content_type)
            .body(Body::from(body))
            .map_err(|error| Failure::because("cannot write the request", &error))?;
        let mut connection = match self.open.take().filter(|open| !open.is_closed()) {
            Some(open) => open,
            None => self.reach().await?,
        };
        let response =
            connection.send(request, ANSWER).await.map_err(|error| unreachable(&error))?;
        let status = response.status();
        let body = node::http::read_limited(response.into_body(), ANSWER_BODY).await;
        let body = body.map_err(|error| unreachable(&error))?;
        self.open = Some(connection);
        understand(status, &body)
    }
}

fn understand<T: DeserializeOwned>(status: StatusCode, body: &[u8]) -> Result<T, Failure> {
    if status.is_success() {
        return serde_json::from_slice(body)
            .map_err(|error| Failure::because("the site's answer is not understood", &error));
    }
    match serde_json::from_slice::<Problem>(body) {
        Ok(problem) => Err(problem.into()),
        Err(_) => Err(Failure::new(format!("the site answers {status}")).kind(Kind::Refused)),
    }
}

fn unreachable(error: &dyn std::error::Error) -> Failure {
    Failure::because("the site does not answer", error)
        .kind(Kind::Unreachable)
        .next("is it running? `portolan up` starts it")
}

/// The root of the site that is kept in this folder.
pub(crate) fn fingerprint(folder: &Folder) -> Result<trust::Fingerprint, Failure> {
    secret(folder, &folder.fingerprint())?
        .parse()
        .map_err(|error| Failure::because("the folder's root.fingerprint", &error))
}

/// A line of text that only this folder's owner may read.
fn secret(folder: &Folder, path: &std::path::Path) -> Result<String, Failure> {
    match node::files::read_private(path) {
        Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).trim().to_owned()),
        Err(error) if error.is_missing() => {
            Err(Failure::new(format!("there is no site in {}", folder.path().display()))
                .kind(Kind::Unreachable)
                .next("`portolan up` makes one; --dir names another folder"))
        }
        Err(error) => Err(Failure::because("cannot act as administrator", &error)
            .next("run this as root, or as the user who runs the site")),
    }
}

/// A name as one segment of a path.
pub(crate) fn segment(name: &str) -> String {
    let mut segment = String::with_capacity(name.len());
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            segment.push(char::from(byte));
        } else {
            segment.push_str(&format!("%{byte:02X}"));
        }
    }
    segment
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_name_stays_one_segment() {
        assert_eq!(super::segment("a-1.0"), "a-1.0");
        assert_eq!(super::segment("../x y"), "..%2Fx%20y");
    }
}
