//! Who depends on whom, what is pure, and where versions stand.

use nguon_tests::cargo;
use serde_json::Value;

use super::{File, assert_none, files, sources};

/// Each member may depend only on members before it.
const ORDER: [&str; 5] = ["nguon-ledger", "nguon-verifier", "nguon-qr", "nguon-node", "nguon-tests"];

/// Sources of the verifier's command, which may do what its library may not.
const VERIFIER_COMMAND: [&str; 3] = ["verifier/src/main.rs", "verifier/src/cli.rs", "verifier/src/cli/"];

#[test]
fn members_depend_in_one_direction() {
    let output = cargo().args(["metadata", "--no-deps", "--format-version=1", "--locked"]).output().unwrap();
    assert!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let rank = |name: &Value| ORDER.iter().position(|member| name == member);
    let mut faults = Vec::new();
    for package in metadata["packages"].as_array().unwrap() {
        let own = rank(&package["name"]);
        if own.is_none() {
            faults.push(format!("{} is no known member", package["name"]));
        }
        for dependency in package["dependencies"].as_array().unwrap() {
            let inside = !dependency["path"].is_null();
            if inside && (own.is_none() || rank(&dependency["name"]).is_none_or(|other| Some(other) >= own)) {
                faults.push(format!("{} depends on {}", package["name"], dependency["name"]));
            }
        }
    }
    assert_none(&faults, &format!("The direction is one way: {}.", ORDER.join(" <- ")));
}

#[test]
fn ledger_and_verifier_are_pure() {
    let mut faults = Vec::new();
    for file in sources().filter(|file| is_pure(file)) {
        if file.path.ends_with("/src/lib.rs") && !opens_with_no_std(&file.text) {
            faults.push(format!("{}: does not open with #![no_std]", file.path));
        }
        for (number, line) in file.lines().filter(|(_, line)| !line.trim_start().starts_with("//")) {
            let uses = line.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':'));
            if uses.map(|path| path.trim_start_matches("::")).any(|path| path.starts_with("std::")) {
                faults.push(format!("{}:{number}: {}", file.path, line.trim()));
            }
        }
    }
    assert_none(&faults, "Both libraries are no_std: take core or alloc, or move what needs more to another crate.");
}

fn is_pure(file: &File) -> bool {
    (file.path.starts_with("ledger/src/") || file.path.starts_with("verifier/src/"))
        && file.extension() == "rs"
        && !file.is_test()
        && !VERIFIER_COMMAND.iter().any(|prefix| file.path.starts_with(prefix))
}

fn opens_with_no_std(text: &str) -> bool {
    text.lines().find(|line| !line.is_empty() && !line.starts_with("//")) == Some("#![no_std]")
}

#[test]
fn versions_and_lints_stand_in_the_root_manifest_only() {
    let mut faults = Vec::new();
    for file in files().iter().filter(|file| file.path.ends_with("/Cargo.toml")) {
        let mut section = "";
        for (number, line) in file.lines() {
            let line = line.trim();
            if line.starts_with('[') {
                section = line;
                if section.contains("dependencies.") {
                    faults.push(format!("{}:{number}: a dependency as a section of its own", file.path));
                }
            } else if section.ends_with("dependencies]") && !line.is_empty() && !line.starts_with('#') {
                let elsewhere = line.contains("version") || line.contains("path =") || line.contains("git =");
                if elsewhere || !line.contains("workspace = true") {
                    faults.push(format!("{}:{number}: {line}", file.path));
                }
            }
        }
        if !file.text.contains("\n[lints]\nworkspace = true\n") {
            faults.push(format!("{}: no [lints] with workspace = true", file.path));
        }
    }
    assert_none(&faults, "Name a dependency once in the root Cargo.toml; members say `name.workspace = true`.");
}
