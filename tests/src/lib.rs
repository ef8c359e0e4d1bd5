//! The harness of the end-to-end tests: where things lie, built binaries, temporary folders, long rounds.
//!
//! **In scope:** what tests of more than one module need. The tests themselves are one binary, `tests/all`, so that
//! the workspace links once.
//!
//! **Out of scope:** browser tests (`tests/web`) and tests of a single crate, which stand beside the code.

use std::collections::BTreeMap;
use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;

use anyhow::{Context as _, bail};
use tempfile::TempDir;

pub mod disk;
pub mod load;
pub mod person;
pub mod process;
pub mod witness;

/// The origin of every test ledger.
pub const ORIGIN: &str = "trace.test";

/// The workspace's root folder.
#[must_use]
pub fn root() -> &'static Path {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().unwrap_or(package)
}

/// A new empty folder that goes away with the returned value.
///
/// # Errors
/// When the system's temporary folder cannot be written.
pub fn temp_dir() -> anyhow::Result<TempDir> {
    tempfile::Builder::new().prefix("nguon-test-").tempdir().context("no temporary folder")
}

/// The folder with test material by others, which is not part of this repository: `NGUON_SHARED_DATA` if set, else
/// `../shared/data` beside the workspace. A test that gets `None` returns at once; the reason is printed here.
#[must_use]
pub fn shared_data() -> Option<PathBuf> {
    let folder =
        env::var_os("NGUON_SHARED_DATA").map_or_else(|| root().join("..").join("shared").join("data"), PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("skipped: no test material at {}", folder.display());
    None
}

/// How many rounds a randomised test runs: `quick` by default, `long` under `tests/run --long`.
#[must_use]
pub fn rounds(quick: u32, long: u32) -> u32 {
    if env::var_os("NGUON_LONG").is_some_and(|value| value == "1") { long } else { quick }
}

/// The Cargo that runs this test, or the one on the path.
#[must_use]
pub fn cargo() -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root()).stdin(Stdio::null());
    // Cargo tells a test which package it is of. Told that, the Cargo started here would build anew all that depends on it, as `ring` does.
    let of_this_package = |name: &str| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_");
    for (name, _) in env::vars_os().filter(|(name, _)| name.to_str().is_some_and(of_this_package)) {
        command.env_remove(name);
    }
    command
}

/// The path of one of the workspace's binaries (`nguon`, `nguon-verify`, `nguon-qr`), built from the present source
/// in the profile of the running test, at most once per process.
///
/// Cargo offers `CARGO_BIN_EXE_*` only to tests of the same package, so this asks Cargo itself.
///
/// # Errors
/// When Cargo does not run, the build fails, or no package has a binary of that name.
pub fn binary(name: &str) -> anyhow::Result<PathBuf> {
    static BUILT: Mutex<BTreeMap<String, PathBuf>> = Mutex::new(BTreeMap::new());
    // A poisoned lock only says that another test failed; the map is never half written.
    let mut built = BUILT.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    if let Some(path) = built.get(name) {
        return Ok(path.clone());
    }
    let path = build(name)?;
    built.insert(name.to_owned(), path.clone());
    Ok(path)
}

fn build(name: &str) -> anyhow::Result<PathBuf> {
    let mut command = cargo();
    command.args(["build", "--locked", "--quiet", "--workspace", "--bin", name]);
    command.arg("--message-format=json-render-diagnostics");
    if !cfg!(debug_assertions) {
        command.arg("--release");
    }
    let output = command.stderr(Stdio::inherit()).output().context("cargo does not run")?;
    if !output.status.success() {
        bail!("cargo could not build the binary {name}: {}", output.status);
    }
    for line in String::from_utf8(output.stdout).context("cargo printed something odd")?.lines() {
        let message: serde_json::Value = serde_json::from_str(line).context("cargo printed something odd")?;
        let of_binary = message.pointer("/target/name").is_some_and(|target| target == name);
        if let Some(path) = message.pointer("/executable").and_then(|path| path.as_str()).filter(|_| of_binary) {
            return Ok(PathBuf::from(path));
        }
    }
    bail!("cargo built no binary {name}")
}
