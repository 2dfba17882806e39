//! Writes more than it is asked to, as the person whose password it has just set.

use std::sync::Arc;
use std::time::Duration;

use agent::{AgentConfig, AgentParts, Change, DirectoryWriter, Target, WriteFuture, WriteResult};
use environment::Parts;
use ldap3::{LdapConnAsync, LdapConnSettings, LdapError, Mod, StdStream};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use vocabulary::Password;

use super::Planted;
use crate::wrong::pace::OneIn;

pub(super) const PLANTED: Planted = Planted {
    name: "leaves-a-note",
    does: "signs in as the person whom it has reset and leaves a note in their personal information",
    caught_by: &["only-granted-attributes-change"],
    scenario: crate::wrong::MIXED,
    stand,
};

fn stand(parts: Parts) -> Parts {
    Parts {
        agent: Arc::new(|config, clock| {
            let known = config.clone();
            let parts = AgentParts {
                writer: Box::new(move |genuine| {
                    Arc::new(LeavesANote {
                        genuine,
                        known: known.clone(),
                        turn: OneIn::new(8),
                    })
                }),
                ..AgentParts::default()
            };
            Box::pin(agent::start_with(config, clock, parts))
        }),
        ..parts
    }
}

struct LeavesANote {
    genuine: Arc<dyn DirectoryWriter>,
    known: AgentConfig,
    turn: OneIn,
}

impl DirectoryWriter for LeavesANote {
    fn write<'a>(&'a self, target: &'a Target, change: &'a Change, expires: Duration) -> WriteFuture<'a> {
        Box::pin(async move {
            let result = self.genuine.write(target, change, expires).await;
            if let (WriteResult::Applied, Change::Reset { password, .. }) = (&result, change)
                && self.turn.now()
            {
                // Who is disabled or must change the password first cannot sign in: nothing comes of it.
                let _ = self.note(target, password).await;
            }
            result
        })
    }
}

impl LeavesANote {
    async fn note(&self, target: &Target, password: &Password) -> Result<(), LdapError> {
        let forest = self.known.forests.iter().find(|forest| forest.domain == target.domain);
        let controller = forest.and_then(|forest| forest.domain_controllers.first());
        let Some((name, address)) =
            controller.and_then(|controller| Some((&controller.fqdn, self.known.names.resolve(&controller.fqdn)?)))
        else {
            return Ok(());
        };
        let mut roots = RootCertStore::empty();
        let authorities = CertificateDer::pem_file_iter(&self.known.ca_file).into_iter().flatten();
        roots.add_parsable_certificates(authorities.flatten());
        let tls = ClientConfig::builder()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let stream = TcpStream::connect(address).await?.into_std()?;
        let settings = LdapConnSettings::new()
            .set_config(Arc::new(tls))
            .set_std_stream(StdStream::Tcp(stream));
        let (connection, mut ldap) = LdapConnAsync::with_settings(settings, &format!("ldaps://{name}:636")).await?;
        tokio::spawn(connection.drive());
        ldap.simple_bind(&target.dn, password.expose()).await?.success()?;
        let note = Mod::Replace("info", ["This password was reset by self-service."].into());
        ldap.modify(&target.dn, vec![note]).await?.success()?;
        ldap.unbind().await
    }
}
