//! The demo ledger as an auditor meets it: verified as it is, and not verified once any stored byte is changed.

use std::path::{Path, PathBuf};
use std::process::Command;

use nguon_tests::{binary, rounds, temp_dir};
use serde_json::Value;

/// Exit code and output of an audit of a folder.
fn audit(folder: &Path) -> (Option<i32>, Value) {
    let output = Command::new(binary("nguon-verify").unwrap()).args(["audit", "--json"]).arg(folder).output().unwrap();
    (output.status.code(), serde_json::from_slice(&output.stdout).unwrap_or(Value::Null))
}

/// Every file that holds entries, with its length.
fn files_with_entries(folder: &Path) -> Vec<(PathBuf, usize)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.join("journal"), folder.join("tlog").join("tile").join("entries")];
    while let Some(folder) = folders.pop() {
        let Ok(listing) = std::fs::read_dir(folder) else { continue };
        for item in listing {
            let path = item.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let length = usize::try_from(path.metadata().unwrap().len()).unwrap();
                found.push((path, length));
            }
        }
    }
    found.sort();
    found
}

#[test]
fn the_demo_verifies_until_a_stored_byte_is_changed() {
    let folder = temp_dir().unwrap();
    let data = folder.path().join("demo");
    let seed = Command::new(binary("nguon").unwrap())
        .args(["demo", "--seed-only", "--listen", "127.0.0.1:0", "--data"])
        .arg(&data)
        .output()
        .unwrap();
    assert!(seed.status.success(), "{}", String::from_utf8_lossy(&seed.stderr));
    let (code, verdict) = audit(&data);
    assert_eq!(code, Some(0), "{verdict}");

    let files = files_with_entries(&data);
    let total: usize = files.iter().map(|(_, length)| length).sum();
    assert!(total > 50_000, "{files:?}");
    let flips = usize::try_from(rounds(40, 1_000)).unwrap();
    let mut named = 0;
    for flip in 0..flips {
        // Spread over all bytes, at a different place of the byte each time.
        let mut at = total / flips * flip + flip * 31 % (total / flips);
        let (path, _) = files
            .iter()
            .find(|(_, length)| {
                let here = at < *length;
                if !here {
                    at -= length;
                }
                here
            })
            .unwrap();
        let good = std::fs::read(path).unwrap();
        let mut bad = good.clone();
        bad[at] ^= 1 << (flip % 8);
        std::fs::write(path, &bad).unwrap();
        let (code, verdict) = audit(&data);
        std::fs::write(path, &good).unwrap();
        assert_eq!(code, Some(1), "byte {at} of {}: {verdict}", path.display());
        named += usize::from(verdict.to_string().contains("\"index\":"));
    }
    // Frame heads and checkpoints belong to no entry; all else must be laid to one.
    assert!(named * 10 >= flips * 8, "only {named} of {flips} findings name an entry");
    assert_eq!(audit(&data).0, Some(0));
}
