//! The flow without sockets: every refusal, and what surrounds a good one.

mod gates;
mod steps;

use std::sync::LazyLock;
use std::time::Duration;

use protocol::envelope::{OpeningKey, SealingKey};
use protocol::service::{Heartbeat, OnboardRequest, SyncExport, SyncObject};

use vocabulary::{Reason, SsprCode};

use super::*;
use crate::secret::RunSecret;
use crate::tenant::{Licence, SettingsPatch, TenantSettings};

const ANN: &str = "ann@corp.test";
const SECRET: &str = "Sunny-Morning-7";
const HEARTBEAT_S: u64 = 300;

/// One key for all tests: making one takes longer than the rest together.
static KEY: LazyLock<Vec<u8>> = LazyLock::new(|| OpeningKey::generate("k").unwrap().to_pkcs8().unwrap().to_vec());

fn keys(agent: &str) -> Keys {
    let cloud = OpeningKey::from_pkcs8("cloud", &KEY).unwrap();
    Keys {
        agent: SealingKey::new(agent, &cloud.public().unwrap()).unwrap(),
        cloud,
    }
}

fn person(upn: &str, mail: Option<&str>) -> SyncObject {
    SyncObject {
        source_anchor: format!("anchor of {upn}"),
        upn: upn.into(),
        sam: "sam".into(),
        display_name: "Name".into(),
        dn: "CN=Name".into(),
        domain: "corp.test".into(),
        mail: mail.map(str::to_owned),
        enabled: true,
    }
}

struct World {
    tenant: Tenant,
    now: Now,
    session: Option<String>,
}

impl World {
    /// Nobody has onboarded, nobody is known.
    fn bare() -> Self {
        let now = Now {
            monotonic: Duration::from_secs(10),
            unix: Duration::from_secs(1_800_000_000),
        };
        let tenant = Tenant::new(TenantSettings::default(), HEARTBEAT_S, RunSecret::new(b"run"), now);
        Self {
            tenant,
            now,
            session: None,
        }
    }

    /// An agent is there, and so are Ann and Bob, who has no mail.
    fn ready() -> Self {
        let mut world = Self::bare();
        world.onboard("agent-1");
        world.export(true, true);
        world
    }

    fn onboard(&mut self, key: &str) {
        let asked = OnboardRequest {
            agent_version: "2.0.0.0".into(),
            key_id: key.into(),
            public_key: String::new(),
            journal: None,
        };
        self.tenant.onboard(&asked, keys(key), self.now);
    }

    fn export(&mut self, full: bool, last: bool) {
        let objects = vec![
            person(ANN, Some("ann.private@mail.test")),
            person("bob@corp.test", None),
        ];
        self.tenant
            .export(SyncExport { full, last, objects }, self.now)
            .unwrap();
    }

    fn heartbeat(&mut self, key: &str) -> bool {
        let heartbeat = Heartbeat {
            agent_version: "2.0.0.0".into(),
            key_id: key.into(),
            listening: 2,
            served: 0,
        };
        self.tenant.heard(&heartbeat, self.now)
    }

    fn set(&mut self, patch: SettingsPatch) {
        self.tenant.patch(patch, self.now);
    }

    fn pass(&mut self, seconds: u64) {
        self.now.monotonic += Duration::from_secs(seconds);
        self.now.unix += Duration::from_secs(seconds);
    }

    /// Takes a step as a browser would, keeping the cookie.
    fn step(&mut self, event: PortalEvent) -> Vec<Effect> {
        self.step_as(None, event)
    }

    fn step_as(&mut self, operation: Option<Uuid>, event: PortalEvent) -> Vec<Effect> {
        let session = self.session.clone();
        let effects = self.tenant.portal(session.as_deref(), operation, event, self.now);
        for effect in &effects {
            match effect {
                Effect::OpenSession(id) => self.session = Some(id.clone()),
                Effect::CloseSession => self.session = None,
                _ => {}
            }
        }
        effects
    }

    fn identify(&mut self, userid: &str) -> Vec<Effect> {
        self.step(PortalEvent::Identify { userid: userid.into() })
    }

    fn verify(&mut self, code: &str) -> Vec<Effect> {
        self.step(PortalEvent::Verify { code: code.into() })
    }

    /// Ann, up to the code in her hand.
    fn with_code(&mut self) -> String {
        self.identify(ANN);
        let effects = self.step(PortalEvent::SendCode);
        let code = effects.iter().find_map(|effect| match effect {
            Effect::SendCode(message) => Some(message.code.clone()),
            _ => None,
        });
        code.unwrap_or_else(|| panic!("no code: {effects:?}"))
    }

    /// Ann, up to the choice.
    fn proven(&mut self) {
        let code = self.with_code();
        let effects = self.verify(&code);
        assert!(
            matches!(effects.as_slice(), [Effect::Show(Page::Choose { problem: None, .. })]),
            "{effects:?}"
        );
    }
}

fn reset(password: &str, confirmed: &str) -> PortalEvent {
    let (password, confirmed) = (Password::new(password.into()), Password::new(confirmed.into()));
    PortalEvent::Finish(Choice::Reset { password, confirmed })
}

fn good_reset() -> PortalEvent {
    reset(SECRET, SECRET)
}

#[track_caller]
fn order(effects: Vec<Effect>) -> Order {
    let orders = effects.into_iter().filter_map(|effect| match effect {
        Effect::Writeback(order) => Some(order),
        _ => None,
    });
    orders.last().expect("an order")
}

/// The outcome on the page that ends the flow.
#[track_caller]
fn ended(effects: &[Effect]) -> Outcome {
    match effects {
        [Effect::CloseSession, Effect::Show(Page::End(ending))] => ending.outcome.clone(),
        other => panic!("not an ending: {other:?}"),
    }
}

fn refused(code: ReasonCode, sspr: Option<SsprCode>) -> Outcome {
    Outcome::Rejected(Reason {
        sspr,
        ..Reason::new(code)
    })
}

fn down() -> Outcome {
    Outcome::Failed(Reason::new(ReasonCode::NoListener).with_sspr(SsprCode::OnPremisesConnectivityError))
}
