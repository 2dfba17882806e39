//! Where the programs are.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The root of the repository: tests run there, as people do.
pub fn root() -> &'static Path {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().unwrap()
}

/// A folder of cargo's for what tests write.
pub fn scratch() -> &'static Path {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR"));
    std::fs::create_dir_all(path).unwrap();
    path
}

/// The shipped program, built when it is first asked for: cargo builds only the programs of a test's own package.
pub fn wblab() -> Command {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    at_home(Command::new(BUILT.get_or_init(build)))
}

/// The program with a wrong part; `none` has none.
pub fn wrong(which: &str) -> Command {
    let mut command = at_home(Command::new(env!("CARGO_BIN_EXE_wblab-wrong")));
    command.arg(which);
    command
}

fn at_home(mut command: Command) -> Command {
    command.current_dir(root());
    command
}

fn build() -> PathBuf {
    let programs = Path::new(env!("CARGO_BIN_EXE_wblab-wrong")).parent().unwrap();
    let profile = match programs.file_name().and_then(|name| name.to_str()) {
        Some("debug") | None => "dev",
        Some(other) => other,
    };
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(root());
    cargo.args([
        "build",
        "--quiet",
        "--offline",
        "-p",
        "wblab",
        "--bin",
        "wblab",
        "--profile",
        profile,
    ]);
    // Cargo tells a test about its package; a build script that asks for that would run again for every test.
    for (name, _) in std::env::vars_os() {
        let told = name.to_str().is_some_and(|name| {
            ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_"]
                .iter()
                .any(|start| name.starts_with(start))
        });
        if told || name == "LD_LIBRARY_PATH" {
            cargo.env_remove(name);
        }
    }
    let built = cargo.status().unwrap();
    assert!(built.success(), "wblab does not build");
    let path = programs.join("wblab");
    assert!(path.is_file(), "{} is not there after the build", path.display());
    path
}
