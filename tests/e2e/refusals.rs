//! The documents' rows that refuse: T3 (either toggle), D7 (before import and sync), D10 (the firewall).

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use engine::ports::World as _;
use environment::{LabWorld, Parts};
use history::Metadata;
use scenario::{Vault, people};
use vocabulary::{Outcome, Reason, ReasonCode, SsprCode, SystemClock};

use crate::support::{
    Curl, Directory, Quiet, Standing, Visitor, alone, listening_ports, plan_of, require, run_name, served,
};

const NEW_PASSWORD: &str = "Q7w-Zebra!9x-Lantern";
const QUICK: [&str; 1] = ["scenarios/quick.toml"];

fn up(toggle: &str) -> Standing {
    Standing::up(&QUICK, &["population.people=20", toggle])
}

/// T3: "Write back passwords to your on-premises directory" = No.
#[test]
fn without_writeback_nobody_resets_or_unlocks() {
    if !(require("curl") && require("openldap")) {
        return;
    }
    let _alone = alone();
    let standing = up("tenant.writeback=false");
    let (told, person) = (&standing.told, standing.residents().swap_remove(1));
    let place = &told.directories[0];
    let directory = Directory::new(&place.url, &told.ca_file);
    let kvno = || {
        let reader = (place.admin_bind_dn.as_str(), place.admin_password_file.as_path());
        directory.read(reader, &person.dn, "msDS-KeyVersionNumber")
    };
    let before = kvno();
    let refused = Reason::new(ReasonCode::WritebackDisabled).with_sspr(SsprCode::WritebackNotEnabled);
    for visit in [
        |visitor: &Visitor<'_>| visitor.reset(NEW_PASSWORD),
        |visitor: &Visitor<'_>| visitor.unlock(),
    ] {
        let curl = standing.curl();
        let ended = visit(&Visitor {
            curl: &curl,
            portal: &told.portal_url,
            inbox: &told.inbox_url,
            upn: &person.upn,
        });
        assert_eq!(
            ended.outcome,
            Some(Outcome::Rejected(refused.clone())),
            "{}",
            ended.page.body
        );
        assert_eq!(ended.step, "refused");
        assert!(
            ended.page.body.contains("SSPR_0010"),
            "the page names the code: {}",
            ended.page.body
        );
    }
    assert_eq!(kvno(), before, "the directory was not touched");
    standing.down().expect_code(0, "down");
}

/// T3: "Allow users to unlock accounts without resetting their password" = No.
#[test]
fn without_the_unlock_toggle_one_can_only_reset() {
    if !require("curl") {
        return;
    }
    let _alone = alone();
    let standing = up("tenant.unlock_without_reset=false");
    let (told, person) = (&standing.told, standing.residents().swap_remove(1));
    let visit = |password: Option<&str>| {
        let curl = standing.curl();
        let visitor = Visitor {
            curl: &curl,
            portal: &told.portal_url,
            inbox: &told.inbox_url,
            upn: &person.upn,
        };
        password.map_or_else(|| visitor.unlock(), |password| visitor.reset(password))
    };
    let unlock = visit(None);
    let Some(Outcome::Rejected(reason)) = unlock.outcome else {
        panic!("{}", unlock.page.body)
    };
    assert_eq!(reason.code, ReasonCode::UnlockDisabled);
    assert_eq!(visit(Some(NEW_PASSWORD)).outcome, Some(Outcome::Applied));
    standing.down().expect_code(0, "down");
}

/// D10: the firewall lets the documented names through and nothing else; only it, cloud, relay and directory listen.
#[test]
fn the_firewall_allows_by_name_alone() {
    if !require("openssl") {
        return;
    }
    let _alone = alone();
    let standing = up("world.relays=1");
    let ca_file = &standing.told.ca_file;
    let places = listening_ports(standing.pid());
    let greets = |place: SocketAddr, name: &str| handshake(place, name, Some(ca_file));
    // The relay's name is answered behind the gateway, and by the relay itself, which has an address of its own.
    let passes_both = |place: &SocketAddr| {
        let documented = ["relay1.servicebus.wblab.test", "login.wblab.test"];
        documented.iter().all(|name| greets(*place, name))
    };
    let gateways: Vec<_> = places.iter().copied().filter(passes_both).collect();
    let [gateway] = gateways[..] else {
        panic!("one gateway: {gateways:?} of {places:?}")
    };
    for name in ["sync.wblab.test", "passwordreset.wblab.test"] {
        assert!(greets(gateway, name), "{name} is let through");
    }
    for name in ["portal.wblab.test", "graph.wblab.test", "evil.example", "localhost"] {
        // Everybody else finishes a handshake for any name, so that a gateway which let it through would be seen here.
        let refusing = places.iter().copied().filter(|place| !handshake(*place, name, None));
        assert_eq!(
            refusing.collect::<Vec<_>>(),
            [gateway],
            "only the gateway refuses {name}"
        );
    }
    assert_eq!(
        places.len(),
        5,
        "cloud, relay, gateway with its lab's own door, and directory listen; the agent does not: {places:?}"
    );
    standing.down().expect_code(0, "down");
}

/// Whether a TLS handshake for this name ends well; with an authority, only if that vouches for the name.
fn handshake(place: SocketAddr, name: &str, authority: Option<&Path>) -> bool {
    let mut openssl = Command::new("openssl");
    openssl.args(["s_client", "-connect", &place.to_string(), "-servername", name]);
    if let Some(authority) = authority {
        openssl.args(["-verify_hostname", name, "-verify_return_error", "-CAfile"]);
        openssl.arg(authority);
    }
    openssl.stdin(Stdio::null()).output().unwrap().status.success()
}

/// D7: a full import and a full sync come before writeback.
#[test]
fn before_import_and_sync_nobody_can_reset() {
    if !require("curl") {
        return;
    }
    let _alone = alone();
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let plan = plan_of(QUICK[0], &["population.people=12"]);
        let (everyone, vault) = (people(&plan), Vault::new(plan.seed));
        let logs = tempfile::tempdir().unwrap();
        let mut world = LabWorld::new(&run_name(), Parts::genuine(served()), SystemClock::shared());
        world.stand_up(&plan, PathBuf::from(logs.path()), &Quiet).await.unwrap();
        world.populate(&everyone, &vault, &Quiet).await.unwrap();
        let before = kvnos(&mut world).await;
        let target = world.target().unwrap();
        let visit = |upn: &str| visit_at(&target, upn);
        for person in &everyone {
            let refused = Outcome::rejected(ReasonCode::UnknownUser);
            assert_eq!(visit(&person.upn), Some(refused), "{} is not known yet", person.upn);
        }
        assert_eq!(kvnos(&mut world).await, before, "the directory was not touched");
        world.synchronise(plan.population.people).await.unwrap();
        let person = everyone
            .iter()
            .find(|person| person.persona == scenario::Persona::Forgot)
            .unwrap();
        assert_eq!(
            visit(&person.upn),
            Some(Outcome::Applied),
            "after import and sync the same person resets"
        );
        world.tear_down().await.unwrap();
    });
}

fn visit_at(target: &engine::ports::Target, upn: &str) -> Option<Outcome> {
    let (name, address) = target
        .names
        .iter()
        .find(|(name, _)| name.starts_with("portal."))
        .unwrap();
    let curl = Curl::trusting(&target.ca_pem)
        .resolving(name, address)
        .header("lab-token", target.lab_token.expose());
    let (portal, inbox) = (
        format!("{}/passwordreset", target.portal_url),
        format!("{}/lab/inbox", target.portal_url),
    );
    Visitor {
        curl: &curl,
        portal: &portal,
        inbox: &inbox,
        upn,
    }
    .reset(NEW_PASSWORD)
    .outcome
}

async fn kvnos(world: &mut LabWorld) -> Vec<(uuid::Uuid, u32)> {
    let seen = world.metadata().await.unwrap();
    let mut kvnos: Vec<_> = seen.into_iter().map(|seen| (seen.user, kvno(seen.metadata))).collect();
    kvnos.sort_unstable();
    kvnos
}

fn kvno(metadata: Metadata) -> u32 {
    metadata.kvno
}
