//! Faults of certificates, keys and tokens.

use std::net::{IpAddr, SocketAddr};

use engine::ports::{Healed, Injected};
use scenario::{Fault, FaultKind, PartName};

use super::{Made, Undo as Whole, unwired};
use crate::EnvironmentError;
use crate::blueprint::RelayPlace;
use crate::clock::breathe;
use crate::flaw::{Flaw, handshake};
use crate::names::{CLIENT_ID, CLOUD_ROLES, cloud_host, dc_part, relay_host};
use crate::site::Site;
use crate::world::LabWorld;

/// Looks until what was put into a file shows: a part looks at its files five times a second.
const LOOKS: u32 = 100;

/// What is needed to end a fault of this group.
#[derive(Clone)]
pub(crate) enum Undo {
    /// A server shows a flawed certificate.
    Certificate(Server),
    /// The tenant is disturbed.
    Tenant(super::cloud::Undo),
}

/// A server with its certificate.
#[derive(Debug, Clone)]
pub(crate) struct Server {
    part: String,
    /// The names that its certificate carries.
    names: Vec<String>,
    /// The address that its certificate carries.
    address: Option<IpAddr>,
    /// Where it is reached from here.
    outside: SocketAddr,
}

impl LabWorld {
    pub(super) async fn make_identity(&mut self, fault: &Fault) -> Result<Made, EnvironmentError> {
        match &fault.what {
            FaultKind::ExpireCertificate(of) => self.flaw(of.part, Flaw::Expired).await,
            FaultKind::WrongNameCertificate(of) => self.flaw(of.part, Flaw::WrongName).await,
            FaultKind::UnknownAuthority(of) => self.flaw(of.part, Flaw::UnknownAuthority).await,
            FaultKind::ExpireTokens => self.expire_tokens().await.map(Made::at_once),
            FaultKind::RotateListenKey => self.rotate("listen").await.map(Made::at_once),
            FaultKind::RotateSendKey => self.rotate("send").await.map(Made::at_once),
            FaultKind::RollAgentKey => self.roll_agent_key(fault).await.map(Made::at_once),
            FaultKind::LoseAgentKey => {
                let made = self.disturb_tenant(fault, "the agent's key").await?;
                let undo = match made.undo {
                    Some(Whole::Cloud(undo)) => Some(Whole::Identity(Undo::Tenant(undo))),
                    other => other,
                };
                Ok(Made { undo, ..made })
            }
            _ => unwired(fault),
        }
    }

    pub(super) async fn heal_identity(&mut self, fault: &Fault, undo: Undo) -> Result<Healed, EnvironmentError> {
        match undo {
            Undo::Certificate(server) => self.show_sound(&server).await,
            Undo::Tenant(undo) => self.heal_cloud(fault, undo).await,
        }
    }

    /// A server shows another certificate, and everybody must connect to it anew. It bit when a client that trusts the run's own
    /// authority was shown the flaw.
    async fn flaw(&mut self, part: PartName, flaw: Flaw) -> Result<Made, EnvironmentError> {
        let server = self.server(part)?;
        let issued = self.standing()?.blueprint.flawed(&server.names, server.address, flaw)?;
        self.show(&server, &issued.certificate, &issued.key).await?;
        let bit = self.seen(&server, |seen| flaw.shows(seen)).await?;
        Ok(Made {
            injected: Injected {
                target: format!("the certificate of {}", server.part),
                bit: Some(bit),
                touched: Vec::new(),
            },
            undo: Some(Whole::Identity(Undo::Certificate(server))),
        })
    }

    async fn show_sound(&mut self, server: &Server) -> Result<Healed, EnvironmentError> {
        let issued = self.standing()?.blueprint.sound(&server.names, server.address)?;
        self.show(server, &issued.certificate, &issued.key).await?;
        match self.seen(server, Result::is_ok).await? {
            true => Ok(Healed { bit: None }),
            false => Err(EnvironmentError::NotReady {
                part: server.part.clone(),
                cause: "it does not show its new certificate".to_owned(),
            }),
        }
    }

    /// The key goes first: a certificate without its key is shown by nobody.
    async fn show(&mut self, server: &Server, certificate: &str, key: &str) -> Result<(), EnvironmentError> {
        let site = self.site()?;
        site.replace(&server.part, "server.key", key.as_bytes()).await?;
        site.replace(&server.part, "server.pem", certificate.as_bytes()).await
    }

    /// Looks at a server's certificate until it is as wanted; tells whether it came to be.
    async fn seen(
        &self,
        server: &Server,
        wanted: impl Fn(&Result<(), rustls::Error>) -> bool,
    ) -> Result<bool, EnvironmentError> {
        let client = self.standing()?.blueprint.authority.client()?;
        let name = server.names.first().map_or("", String::as_str);
        for _ in 0..LOOKS {
            let seen = handshake(server.outside, name, client.clone()).await;
            if seen.is_some_and(|seen| wanted(&seen)) {
                return Ok(true);
            }
            breathe().await;
        }
        Ok(false)
    }

    fn server(&self, part: PartName) -> Result<Server, EnvironmentError> {
        let standing = self.standing()?;
        match part {
            PartName::Cloud => Ok(Server {
                part: "cloud".to_owned(),
                names: CLOUD_ROLES.iter().map(|role| cloud_host(role)).collect(),
                address: None,
                outside: standing.cloud.outside,
            }),
            PartName::Relay(number) => {
                let mut relays = standing.relays.iter();
                let (_, address) = relays
                    .find(|(own, _)| *own == number)
                    .ok_or(EnvironmentError::NotStanding)?;
                Ok(Server {
                    part: format!("relay{number}"),
                    names: vec![relay_host(number)],
                    address: Some(address.inside.ip()),
                    outside: address.outside,
                })
            }
            PartName::Dc(dc) => {
                let forest = usize::try_from(dc.forest).unwrap_or_default().saturating_sub(1);
                let controller = standing.controller(forest, dc.number)?;
                Ok(Server {
                    part: dc_part(forest, dc.number),
                    names: vec![controller.fqdn.clone()],
                    address: Some(controller.address.inside.ip()),
                    outside: controller.address.outside,
                })
            }
            PartName::Agent | PartName::Gateway => Err(EnvironmentError::NotStanding),
        }
    }

    /// Every token of the cloud is void at once. It bit when one that was good a moment ago was refused.
    async fn expire_tokens(&mut self) -> Result<Injected, EnvironmentError> {
        let lab = self.standing()?.lab()?;
        let token = self.token().await?;
        let good = self.takes(&token).await?;
        lab.expire_tokens().await?;
        let bit = good && !self.takes(&token).await?;
        Ok(Injected {
            target: "every token of the cloud".to_owned(),
            bit: Some(bit),
            touched: Vec::new(),
        })
    }

    /// A token of the harness's own, by client credentials.
    async fn token(&self) -> Result<String, EnvironmentError> {
        let standing = self.standing()?;
        let blueprint = &standing.blueprint;
        let path = protocol::service::path(protocol::service::TOKEN_PATH, blueprint.tenant_id);
        let url = format!(
            "https://{}:{}{path}",
            cloud_host("login"),
            standing.cloud.outside.port()
        );
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", CLIENT_ID),
            ("scope", "https://graph.microsoft.com/.default"),
            ("client_secret", blueprint.client_secret.expose()),
        ];
        let failed = |error: reqwest::Error| failed("take a token", &error);
        let answer = standing
            .lab()?
            .client()
            .post(url)
            .form(&form)
            .send()
            .await
            .map_err(failed)?;
        let answer: protocol::service::TokenResponse = answer.json().await.map_err(failed)?;
        Ok(answer.access_token)
    }

    /// Whether the cloud takes a token.
    async fn takes(&self, token: &str) -> Result<bool, EnvironmentError> {
        let standing = self.standing()?;
        let port = standing.cloud.outside.port();
        let url = format!("https://{}:{port}/v1.0/users?$top=1", cloud_host("graph"));
        let sent = standing.lab()?.client().get(url).bearer_auth(token).send().await;
        let status = sent.map_err(|error| failed("show a token", &error))?.status();
        Ok(status.is_success())
    }

    /// Another key for one right on every relay. The cloud has the one for senders a moment after the relay. It bit when every relay refuses
    /// the old one.
    async fn rotate(&mut self, right: &'static str) -> Result<Injected, EnvironmentError> {
        let relays = self.standing()?.relays.clone();
        let mut bit = true;
        for (number, address) in &relays {
            let place = RelayPlace {
                number: *number,
                address: address.inside,
            };
            let standing = self.standing.as_mut().ok_or(EnvironmentError::NotStanding)?;
            let before = standing.blueprint.connection_string(&place, right);
            let fresh = standing.blueprint.rekey(*number, right)?;
            let after = standing.blueprint.connection_string(&place, right);
            let (Some(before), Some(after)) = (before, after) else {
                return Err(EnvironmentError::NotStanding);
            };
            let site = self.site()?;
            site.replace(
                &format!("relay{number}"),
                &format!("{right}.key"),
                fresh.expose().as_bytes(),
            )
            .await?;
            let file = format!("relay{number}.{right}");
            let token = before.token((self.clock.unix().as_secs()).saturating_add(600));
            if right == "listen" {
                // The cloud gives it to whoever onboards; it has nothing to find out by itself.
                self.site()?.replace("cloud", &file, after.expose().as_bytes()).await?;
            }
            bit &= self.relay_refuses(*number, address.outside, right, &token).await?;
            self.site()?.replace("cloud", &file, after.expose().as_bytes()).await?;
        }
        Ok(Injected {
            target: format!("the {right} key of {} relays", relays.len()),
            bit: Some(bit),
            touched: Vec::new(),
        })
    }

    /// Waits until a relay calls a token's signature wrong. It is shown where its right does not suffice, so that it never opens
    /// anything.
    async fn relay_refuses(
        &self,
        number: u32,
        outside: SocketAddr,
        right: &str,
        token: &str,
    ) -> Result<bool, EnvironmentError> {
        let host = relay_host(number);
        let client = self.standing()?.client_of(&host, outside)?;
        let base = format!("https://{host}:{}", outside.port());
        for _ in 0..LOOKS {
            let request = if right == "send" {
                let url = format!("{base}/$hc/{}?sb-hc-action=listen", crate::names::ENTITY);
                client
                    .get(url)
                    .header("connection", "upgrade")
                    .header("upgrade", "websocket")
                    .header("sec-websocket-version", "13")
                    .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
            } else {
                client.post(format!("{base}/{}", crate::names::ENTITY))
            };
            let sent = request.header("servicebusauthorization", token).send().await;
            let status = sent
                .map_err(|error| failed("show a token to a relay", &error))?
                .status();
            if status == reqwest::StatusCode::UNAUTHORIZED {
                return Ok(true);
            }
            breathe().await;
        }
        Ok(false)
    }

    /// The agent onboards anew and takes another key. It bit when the cloud seals for another.
    async fn roll_agent_key(&mut self, fault: &Fault) -> Result<Injected, EnvironmentError> {
        let lab = self.standing()?.lab()?;
        let before = lab.status().await?.agent_key;
        let Site::Embedded(site) = self.site()? else {
            return unwired(fault).map(|made| made.injected);
        };
        site.agent()?.renew();
        let mut bit = false;
        for _ in 0..LOOKS {
            bit = lab.status().await?.agent_key != before;
            if bit {
                break;
            }
            breathe().await;
        }
        Ok(Injected {
            target: "the agent's key".to_owned(),
            bit: Some(bit),
            touched: Vec::new(),
        })
    }
}

fn failed(doing: &str, error: &reqwest::Error) -> EnvironmentError {
    EnvironmentError::Lab {
        doing: doing.to_owned(),
        cause: error.to_string(),
    }
}
