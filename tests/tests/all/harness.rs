//! The harness must not lie to the tests that stand on it.

use std::process::Command;

use nguon_tests::{binary, temp_dir};

#[test]
fn a_binary_is_built_once_and_runs() {
    let path = binary("nguon").unwrap();
    assert_eq!(path.file_stem().unwrap(), "nguon");
    assert_eq!(binary("nguon").unwrap(), path);
    // Only that the system can start it: what it does with the argument is for others to test.
    Command::new(path).arg("--version").output().unwrap();
}

#[test]
fn a_binary_that_no_package_has_is_an_error() {
    assert!(binary("nguon-none").is_err());
}

#[test]
fn a_temporary_folder_goes_away() {
    let folder = temp_dir().unwrap();
    let path = folder.path().to_owned();
    std::fs::write(path.join("file"), "x").unwrap();
    drop(folder);
    assert!(!path.exists());
}
