//! A world that stays: one body for both worlds, with clients that nobody here wrote.

use std::fs;
use std::net::IpAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

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
    for (list, inner) in [("relays", &RELAY_FIELDS[..]), ("directories", &DIRECTORY_FIELDS[..])] {
        let members = standing.line[list].as_array().unwrap();
        assert!(!members.is_empty(), "{list} is empty");
        members.iter().for_each(|member| expect_fields(member, inner));
    }
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
    assert!(directory.is_refused_by(system, reader), "nor for its directory");
}

fn graph_knows_everyone(standing: &Standing) {
    let told = &standing.told;
    assert!(told.graph_url.ends_with("/v1.0"), "{}", told.graph_url);
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

/// How a dial ends that an engine forbids: bash's own end where there is no route, timeout(1)'s where packets are dropped,
/// as engine 20.10 does. A lack of either program ends with 126 or 127, which is no answer.
const OUT_OF_REACH: [i32; 2] = [1, 124];

/// How a dial of port 443 from inside a container ends.
fn dial(part: &str, target: &str) -> i32 {
    let line = format!("exec 3<>/dev/tcp/{target}/443");
    let mut docker = Command::new("docker");
    docker.args(["exec", part, "timeout", "3", "bash", "-c", &line]);
    docker.output().unwrap().status.code().unwrap()
}

/// The same for several at once, since a dial that hangs takes its time.
fn dial_all<'a>(part: &str, targets: [&'a str; 3]) -> [(&'a str, i32); 3] {
    thread::scope(|scope| {
        let dials = targets.map(|target| (target, scope.spawn(move || dial(part, target))));
        dials.map(|(target, dialling)| (target, dialling.join().unwrap()))
    })
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
    let network = |end: &str| networks.lines().find(|name| name.ends_with(end)).unwrap();
    let (onprem, internet) = (network("onprem"), network("internet"));
    assert_eq!(docker(&["network", "inspect", "-f", "{{.Internal}}", onprem]).1, "true");
    let (agent, controller, cloud, gateway) = (named("-agent"), named("-dc1"), named("-cloud"), named("-gateway"));
    let address_in = |network: &str, part: &str| {
        let path = format!("{{{{(index .NetworkSettings.Networks \"{network}\").IPAddress}}}}");
        let (_, address) = docker(&["inspect", "-f", &path, part]);
        // An address that could not be read must not pass for one that cannot be reached.
        address.parse::<IpAddr>().unwrap().to_string()
    };
    let inside = address_in(onprem, &gateway);
    let (gateway_outside, cloud_outside) = (address_in(internet, &gateway), address_in(internet, &cloud));
    // What is not reached below is so because the network says no, not because nobody answers or the dial cannot work.
    assert_eq!(dial(&cloud, &gateway_outside), 0, "the gateway answers outside");
    assert_eq!(dial(&gateway, &cloud_outside), 0, "the cloud answers outside");
    let outside = [gateway_outside.as_str(), cloud_outside.as_str(), "1.1.1.1"];
    for part in [&agent, &controller] {
        assert_eq!(dial(part, &inside), 0, "{part} reaches the gateway at {inside}");
        for (target, end) in dial_all(part, outside) {
            assert!(OUT_OF_REACH.contains(&end), "{part} dials {target}: {end}");
        }
        assert_eq!(docker(&["port", part]).1, "", "{part} publishes nothing");
    }
    let (_, exposed) = docker(&["inspect", "-f", "{{len .Config.ExposedPorts}}", &agent]);
    assert_eq!(exposed, "0", "the agent exposes nothing");
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
