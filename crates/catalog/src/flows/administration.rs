//! What an administrator needs: one API, whatever the tool.

use crate::flow::Flow;
use crate::role::{CONSOLE, SMS_PROVIDER};
use crate::service::HTTPS;
use crate::source::Source;

pub static CONSOLE_TO_SMS_PROVIDER_HTTPS: Flow = Flow {
    source: &[Source::ours("#the-http-host")],
    sentence: "Every act of an administrator, by command line, browser or script.",
    ..Flow::new(&CONSOLE, &SMS_PROVIDER, &HTTPS)
};
