//! A failed handshake in words that lead somewhere. Libraries report it as an
//! error inside an error inside an error; what an administrator needs is which
//! side refused, and why.

use std::error::Error;
use std::io;
use std::time::Duration;

use rustls::AlertDescription;
use trust::tls::{PeerRefusal, refusal_of};

/// Why TLS did not come about, or broke off.
#[derive(Debug, thiserror::Error)]
pub enum TlsFailure {
    /// We do not accept the other side's certificate.
    #[error("certificate refused: {}", with_source(.0))]
    Peer(PeerRefusal),
    /// The session that the client resumed is older than its certificate.
    #[error("certificate refused: it has expired since the session began")]
    Outlived,
    /// The other side has refused us.
    #[error("the other side refused: {}", alert_words(*.0))]
    Refused(AlertDescription),
    /// What answers is no TLS.
    #[error("the other side does not speak TLS on this port")]
    NotTls,
    /// The handshake took too long.
    #[error("the handshake was not finished within {} s", .0.as_secs_f32())]
    TimedOut(Duration),
    /// The other side closed the connection in the middle of it.
    #[error("the other side closed the connection during the handshake ({0})")]
    Closed(io::Error),
    /// Anything else that TLS says.
    #[error("TLS failed: {0}")]
    Other(rustls::Error),
}

impl TlsFailure {
    pub(crate) fn of(error: io::Error) -> Self {
        Self::within(&error).unwrap_or(Self::Closed(error))
    }

    /// The TLS failure at the bottom of another error, if there is one.
    pub(crate) fn within(error: &(dyn Error + 'static)) -> Option<Self> {
        let mut next = Some(error);
        while let Some(error) = next {
            if let Some(tls) = rustls_error(error) {
                return Some(Self::from_tls(tls));
            }
            next = error.source();
        }
        None
    }

    fn from_tls(error: &rustls::Error) -> Self {
        if let Some(refusal) = refusal_of(error) {
            return Self::Peer(refusal.clone());
        }
        match error {
            rustls::Error::AlertReceived(alert) => Self::Refused(*alert),
            rustls::Error::InvalidMessage(_) => Self::NotTls,
            other => Self::Other(other.clone()),
        }
    }
}

/// An `io::Error` hides what it carries from `source()`.
fn rustls_error<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    error.downcast_ref::<rustls::Error>().or_else(|| {
        let carried = error.downcast_ref::<io::Error>()?.get_ref()?;
        carried.downcast_ref::<rustls::Error>()
    })
}

/// A refusal and what lies behind it: this is where its text ends up.
fn with_source(refusal: &PeerRefusal) -> String {
    match refusal.source() {
        Some(source) => format!("{refusal}: {source}"),
        None => refusal.to_string(),
    }
}

fn alert_words(alert: AlertDescription) -> String {
    use AlertDescription as A;
    match alert {
        A::BadCertificate | A::CertificateUnknown | A::UnsupportedCertificate | A::DecryptError => {
            "it does not accept our certificate".to_owned()
        }
        A::CertificateExpired => "it says that our certificate is expired".to_owned(),
        A::CertificateRevoked => "it says that our certificate is revoked".to_owned(),
        A::UnknownCA => "it does not know our site's root".to_owned(),
        A::CertificateRequired => "it demands a certificate, and we have none".to_owned(),
        A::ProtocolVersion => "it does not speak TLS 1.3".to_owned(),
        A::NoApplicationProtocol => "it does not speak HTTP/1.1 over TLS here".to_owned(),
        other => format!("{other:?}"),
    }
}
