//! What the log must not hold.

use std::io::Write;
use std::sync::{Arc, Mutex};

use tracing_subscriber::fmt::MakeWriter;
use vocabulary::Outcome;

use crate::browser::Browser;
use crate::lab::{LAB_TOKEN, Lab};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn no_secret_is_logged_at_any_level() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(log.clone())
        .finish();
    // For the whole process: what a thread alone subscribes to may be switched off by what another one hit first.
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let lab = Lab::ready().await;
    let browser = Browser::new(&lab);
    let page = browser.reset("Must-not-be-seen-1").await;
    assert_eq!(page.outcome(), Some(Outcome::Applied));
    let code = browser.code().await;
    let request = lab.relays[0].seen().pop().unwrap();
    let sas = request.headers["servicebusauthorization"].to_str().unwrap().to_owned();
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(text.contains("operation ended"), "the log is really read");
    for secret in [
        "Must-not-be-seen-1",
        "admin password",
        "key-send",
        LAB_TOKEN,
        sas.as_str(),
    ] {
        assert!(!text.contains(secret), "{secret} is in the log");
    }
    let coded =
        |line: &&str| line.contains("cloud") && line.split(|c: char| !c.is_ascii_digit()).any(|part| part == code);
    assert_eq!(text.lines().find(coded), None);
}
