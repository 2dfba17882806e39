//! `wblab doctor`: what this machine can do, and what earlier runs left.

use std::path::Path;

use serde::Serialize;

use crate::args::DoctorArguments;
use crate::error::{CliError, Exit};
use crate::progress::print;

#[derive(Debug, Serialize)]
struct Finding {
    name: &'static str,
    ok: bool,
    told: String,
}

fn finding(name: &'static str, ok: bool, told: impl Into<String>) -> Finding {
    Finding {
        name,
        ok,
        told: told.into(),
    }
}

pub(crate) async fn doctor(arguments: &DoctorArguments) -> Result<Exit, CliError> {
    let mut findings = machine();
    findings.extend(docker(arguments.prune).await);
    if arguments.json {
        print(&serde_json::to_string(&findings).map_err(|error| CliError::Usage(error.to_string()))?);
    } else {
        for finding in &findings {
            let mark = if finding.ok { "ok  " } else { "lack" };
            print(&format!("{mark}  {:<18} {}", finding.name, finding.told));
        }
    }
    Ok(Exit::Pass)
}

/// What the embedded world needs, and what makes it better.
fn machine() -> Vec<Finding> {
    let host = engine::fingerprint();
    let relay = std::net::TcpListener::bind("127.0.0.2:443");
    let relay_told = match &relay {
        Ok(_) => "relays listen on 443 of loopback addresses of their own".to_owned(),
        Err(error) => format!("relays take other ports, which some clients do not know: {error}"),
    };
    vec![
        finding("processor", host.cores >= 2, format!("{} x {}", host.cores, host.cpu)),
        finding("memory", host.memory_mib >= 2048, format!("{} MiB", host.memory_mib)),
        finding("port 443", relay.is_ok(), relay_told),
        program(
            "chromium",
            "tests look at the report in it",
            &["chromium", "chromium-browser", "google-chrome"],
        ),
        program("ldapsearch", "tests read the directory with it", &["ldapsearch"]),
        program("kinit", "tests sign in to Samba with it", &["kinit"]),
        program("smbclient", "tests look at Samba's shares with it", &["smbclient"]),
        program("curl", "tests use the portal with it", &["curl"]),
        program(
            "debootstrap",
            "makes the base image where none can be pulled",
            &["debootstrap"],
        ),
    ]
}

fn program(name: &'static str, why: &str, names: &[&str]) -> Finding {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path)
        .chain([Path::new("/usr/sbin").to_owned()])
        .flat_map(|folder| names.iter().map(move |name| folder.join(name)))
        .find(|candidate| candidate.is_file());
    match found {
        Some(found) => finding(name, true, found.display().to_string()),
        None => finding(name, false, format!("not installed; {why}")),
    }
}

async fn docker(prune: bool) -> Vec<Finding> {
    let engine = match environment::engine_version().await {
        Ok(version) => finding(
            "docker",
            true,
            format!("engine {}, API {}", version.engine, version.api),
        ),
        Err(error) => return vec![finding("docker", false, error.to_string())],
    };
    let mut findings = vec![engine];
    if prune {
        findings.push(told(
            "swept",
            environment::sweep()
                .await
                .map(|runs| list(&runs, "no dead run left anything")),
        ));
        findings.push(told("pruned", pruned().await));
    }
    let images = environment::cached_images().await;
    findings.push(told(
        "images",
        images.map(|images| {
            let names: Vec<String> = images
                .iter()
                .map(|image| format!("{} ({} MiB)", image.name, image.bytes / (1 << 20)))
                .collect();
            list(&names, "none cached; the first docker world makes them")
        }),
    ));
    let snapshots = environment::cached_snapshots().await;
    findings.push(told(
        "snapshots",
        snapshots.map(|snapshots| {
            let names: Vec<String> = snapshots.iter().map(snapshot).collect();
            list(
                &names,
                "none kept; a docker world keeps its domain once it is populated",
            )
        }),
    ));
    let leftovers = environment::leftovers(None).await;
    findings.push(told(
        "left by runs",
        leftovers.map(|left| {
            format!(
                "{} containers, {} networks, {} volumes",
                left.containers, left.networks, left.volumes
            )
        }),
    ));
    findings
}

fn snapshot(kept: &environment::CachedSnapshot) -> String {
    let mib = kept.bytes / (1 << 20);
    format!("{} ({} people, {mib} MiB)", kept.name, kept.people)
}

/// Removes snapshots and images; what is in use stays.
async fn pruned() -> Result<String, environment::EnvironmentError> {
    let snapshots = environment::prune_snapshots().await?;
    let images = environment::prune().await?;
    let names = snapshots.into_iter().map(|snapshot| snapshot.name);
    let names: Vec<String> = names.chain(images.into_iter().map(|image| image.name)).collect();
    Ok(list(&names, "nothing was cached"))
}

fn told(name: &'static str, result: Result<String, environment::EnvironmentError>) -> Finding {
    match result {
        Ok(text) => finding(name, true, text),
        Err(error) => finding(name, false, error.to_string()),
    }
}

fn list(names: &[String], none: &str) -> String {
    if names.is_empty() {
        none.to_owned()
    } else {
        names.join(", ")
    }
}
