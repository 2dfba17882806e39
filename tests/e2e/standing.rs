//! A world that stays: one body for both worlds, with clients that nobody here wrote.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use vocabulary::Outcome;

use crate::support::{Curl, Directory, Standing, Visitor, alone, require, text_of};

const NEW_PASSWORD: &str = "Q7w-Zebra!9x-Lantern";

/// Every field of the contract.
const FIELDS: [&str; 17] = [
    "run_dir",
    "ca_file",
    "tenant_id",
    "authority",
    "cloud_url",
    "portal_url",
    "graph_url",
    "token_url",
    "inbox_url",
    "lab_token_file",
    "client_id",
    "client_secret_file",
    "admin_upn",
    "admin_password_file",
    "helpdesk_upn",
    "helpdesk_password_file",
    "people_file",
];
const RELAY_FIELDS: [&str; 5] = ["namespace", "host", "port", "path", "connection_string_file"];
const DIRECTORY_FIELDS: [&str; 13] = [
    "forest",
    "domain",
    "realm",
    "sid",
    "dc",
    "fqdn",
    "address",
    "url",
    "base_dn",
    "admin_bind_dn",
    "admin_password_file",
    "agent_bind_dn",
    "agent_password_file",
];

fn expect_fields(value: &Value, fields: &[&str]) {
    for field in fields {
        let found = &value[field];
        assert!(
            found.is_u64() || found.as_str().is_some_and(|text| !text.is_empty()),
            "{field} is {found}"
        );
    }
}

/// Every file that the line names, with its name.
fn files(value: &Value) -> Vec<(String, PathBuf)> {
    let Value::Object(fields) = value else {
        return Vec::new();
    };
    let own = fields
        .iter()
        .filter(|(name, _)| name.ends_with("_file") || *name == "krb5_conf");
    let own = own.map(|(name, path)| (name.clone(), PathBuf::from(path.as_str().unwrap())));
    let inner = ["relays", "directories"].map(|list| fields.get(list).and_then(Value::as_array).cloned());
    let inner = inner.into_iter().flatten().flatten().flat_map(|inner| files(&inner));
    own.chain(inner).collect()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn stands_serves_and_goes(world: &str, scenario: &str) {
    let standing = Standing::up(&[scenario, "--world", world], &["population.people=40"]);
    expect_fields(&standing.line, &FIELDS);
    expect_fields(&standing.line["relays"][0], &RELAY_FIELDS);
    expect_fields(&standing.line["directories"][0], &DIRECTORY_FIELDS);
    assert_eq!(standing.line.get("krb5_conf").is_some(), world == "docker");
    let secrets = files(&standing.line);
    assert!(secrets.len() >= 9, "{secrets:?}");
    for (name, path) in &secrets {
        assert_eq!((mode(path), mode(path.parent().unwrap())), (0o600, 0o700), "{name}");
        assert!(
            !path.starts_with(&standing.told.run_dir),
            "{name} stands outside the run folder"
        );
    }
    reset_reaches_the_directory(&standing);
    graph_knows_everyone(&standing);
    if world == "docker" {
        on_premises_has_no_way_out(&standing);
    }
    let folder = secrets[0].1.parent().unwrap().to_owned();
    let pid = standing.pid();
    let finished = standing
        .down()
        .expect_code(0, "a world that was asked to go ends in order");
    finished.expect_nothing_left();
    assert!(!folder.exists(), "{} is left", folder.display());
    if world == "docker" {
        crate::docker_job::expect_no_leftovers(pid);
    }
}

/// T4: the password that is set in the cloud is the password on-premises when the page says so.
fn reset_reaches_the_directory(standing: &Standing) {
    let (told, person) = (&standing.told, standing.residents().swap_remove(3));
    let place = &told.directories[0];
    let directory = Directory::new(&place.url, &told.ca_file);
    let reader = (place.admin_bind_dn.as_str(), place.admin_password_file.as_path());
    let kvno = || {
        directory
            .read(reader, &person.dn, "msDS-KeyVersionNumber")
            .parse::<u32>()
            .unwrap()
    };
    let before = kvno();
    assert!(
        directory.binds(&person.dn, &person.password),
        "the initial password binds"
    );
    let curl = standing.curl();
    let visitor = Visitor {
        curl: &curl,
        portal: &told.portal_url,
        inbox: &told.inbox_url,
        upn: &person.upn,
    };
    let ended = visitor.reset(NEW_PASSWORD);
    assert_eq!(ended.outcome, Some(Outcome::Applied), "{}", ended.page.body);
    assert_eq!(kvno(), before + 1, "one reset is one version");
    assert!(directory.binds(&person.dn, NEW_PASSWORD), "the new password binds");
    assert!(!directory.binds(&person.dn, &person.password), "the old one does not");
    let service = (place.agent_bind_dn.as_str(), place.agent_password_file.as_path());
    assert!(
        directory.read(service, &person.dn, "sAMAccountName") == person.sam,
        "the agent's account reads"
    );
    let stranger = Curl::trusting(&text_of(Path::new("/etc/ssl/certs/ca-certificates.crt")));
    assert!(
        stranger.distrusts(&told.portal_url),
        "nobody else vouches for this world"
    );
    let system = Path::new("/etc/ssl/certs/ca-certificates.crt");
    assert!(
        directory.is_refused_by(system, reader.0, reader.1),
        "nor for its directory"
    );
}

fn graph_knows_everyone(standing: &Standing) {
    let told = &standing.told;
    let curl = standing.curl();
    let secret = text_of(&told.client_secret_file);
    let fields = [
        ("grant_type", "client_credentials"),
        ("client_id", told.client_id.as_str()),
        ("client_secret", secret.as_str()),
        ("scope", "https://graph.wblab.test/.default"),
    ];
    let token: Value = serde_json::from_str(&curl.post(&told.token_url, &fields).body).unwrap();
    let bearer = format!("Bearer {}", token["access_token"].as_str().unwrap());
    let page = standing
        .curl()
        .header("authorization", &bearer)
        .get(&format!("{}/users", told.graph_url));
    let users: Value = serde_json::from_str(&page.body).unwrap();
    assert_eq!(users["value"].as_array().map(Vec::len), Some(40), "{}", page.body);
}

fn docker(arguments: &[&str]) -> (bool, String) {
    let answer = Command::new("docker").args(arguments).output().unwrap();
    (
        answer.status.success(),
        String::from_utf8_lossy(&answer.stdout).trim().to_owned(),
    )
}

/// D10 and the interlock: the agent and the domain controller reach nothing outside, and nothing reaches in.
fn on_premises_has_no_way_out(standing: &Standing) {
    let owner = format!("label=wblab.pid={}", standing.pid());
    let (_, names) = docker(&["ps", "--filter", &owner, "--format", "{{.Names}}"]);
    let named = |end: &str| {
        names
            .lines()
            .find(|name| name.ends_with(end))
            .unwrap_or_else(|| panic!("{end}: {names}"))
            .to_owned()
    };
    let (_, networks) = docker(&["network", "ls", "--filter", &owner, "--format", "{{.Name}}"]);
    let onprem = networks.lines().find(|name| name.ends_with("onprem")).unwrap();
    assert_eq!(docker(&["network", "inspect", "-f", "{{.Internal}}", onprem]).1, "true");
    let (agent, controller, cloud, gateway) = (named("-agent"), named("-dc1"), named("-cloud"), named("-gateway"));
    let address = "{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}";
    let (_, cloud_address) = docker(&["inspect", "-f", address, &cloud]);
    let inside = format!("{{{{(index .NetworkSettings.Networks \"{onprem}\").IPAddress}}}}");
    let (_, gateway_address) = docker(&["inspect", "-f", &inside, &gateway]);
    let reaches = |part: &str, target: &str| {
        let dial = format!("exec 3<>/dev/tcp/{target}/443");
        docker(&["exec", part, "timeout", "3", "bash", "-c", &dial]).0
    };
    for part in [&agent, &controller] {
        // What is not reached below is so because the network says no, not because the dial cannot work.
        assert!(
            reaches(part, &gateway_address),
            "{part} reaches the gateway at {gateway_address}"
        );
        for target in ["1.1.1.1", cloud_address.as_str()] {
            assert!(!reaches(part, target), "{part} reaches {target}");
        }
        assert_eq!(docker(&["port", part]).1, "", "{part} publishes nothing");
    }
    let (_, listening) = docker(&["exec", &agent, "cat", "/proc/net/tcp", "/proc/net/tcp6"]);
    assert!(listening.contains("local_address"), "the table reads: {listening}");
    // Docker's own resolver listens on 127.0.0.11 (0B00007F) in every container of a named network.
    let own = listening
        .lines()
        .filter(|line| line.contains(" 0A ") && !line.contains("0B00007F"));
    assert_eq!(own.count(), 0, "the agent listens nowhere: {listening}");
}

#[test]
fn an_embedded_world_stands_serves_and_goes() {
    if require("curl") && require("openldap") {
        let _alone = alone();
        stands_serves_and_goes("embedded", "scenarios/quick.toml");
    }
}

#[test]
fn a_docker_world_stands_serves_and_goes() {
    if require("docker") && require("curl") && require("openldap") {
        let _alone = alone();
        stands_serves_and_goes("docker", "scenarios/samba-smoke.toml");
    }
}
