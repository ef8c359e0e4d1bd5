//! The command on stored ledgers: data folders, copies of a log, a server; as they are and with any bit flipped.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use nguon_ledger::hash::Hash;
use nguon_ledger::journal::Frame;
use nguon_ledger::tile::{TileKind, TilePath, push_entry};
use nguon_ledger::tree::TreeSize;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::fixture::{Ledger, ORIGIN, log_key, root_of, sign, vkey};
use crate::story::{PACKS, Story, object};

/// The ledger of these tests: more than one bundle.
pub(crate) fn ledger() -> Ledger {
    let mut story = Story::sold();
    for number in 0..290 {
        let mut event = object("OBSERVE", "inspecting", PACKS, &json!(1));
        event["eventID"] = json!(format!("urn:test:observe:{number}"));
        story.shop_event(&json!({"verb": "observe", "event": event}), &[PACKS]);
    }
    story.ledger
}

pub(crate) fn write(path: &Path, bytes: &[u8]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

/// Writes every tile and bundle of a log, the partial ones included, and its checkpoint.
pub(crate) fn write_log(ledger: &Ledger, folder: &Path) {
    let size = TreeSize::new(ledger.len());
    let mut hashes: Vec<Hash> = ledger.entries.iter().map(|entry| Hash::of_leaf(entry)).collect();
    for level in 0.. {
        for (number, row) in (0..).zip(hashes.chunks(256)) {
            let path = TilePath::hash_tile_of(size, level, number).unwrap();
            let bytes: Vec<u8> = row.iter().flat_map(|hash| *hash.as_bytes()).collect();
            write(&folder.join(path.to_string()), &bytes);
        }
        hashes = hashes.chunks_exact(256).map(root_of).collect();
        if hashes.is_empty() {
            break;
        }
    }
    for (number, row) in (0..).zip(ledger.entries.chunks(256)) {
        let path = TilePath::of_tree(TileKind::Entries, size, number).unwrap();
        let mut bundle = Vec::new();
        row.iter().for_each(|entry| push_entry(&mut bundle, entry).unwrap());
        write(&folder.join(path.to_string()), &bundle);
    }
    write(&folder.join("checkpoint"), ledger.signed().to_string().as_bytes());
}

/// Writes frames of five entries each, in segments of a hundred, from `first` on.
fn write_journal(ledger: &Ledger, first: usize, folder: &Path) {
    for start in (first..ledger.entries.len()).step_by(100) {
        let segment_end = ledger.entries.len().min(start + 100);
        let mut bytes = Vec::new();
        for frame in (start..segment_end).step_by(5) {
            let end = segment_end.min(frame + 5);
            let entries = ledger.entries[frame..end].iter().map(|entry| (Hash::of_leaf(entry), entry.as_slice()));
            let leaves: Vec<_> = ledger.entries[..end].iter().map(|entry| Hash::of_leaf(entry)).collect();
            let checkpoint = sign(ORIGIN, end.try_into().unwrap(), root_of(&leaves), &log_key()).to_string();
            let frame = Frame { entries: entries.collect(), checkpoint: checkpoint.as_bytes() };
            bytes.extend(frame.to_bytes().unwrap());
        }
        write(&folder.join(format!("{start:016}.seg")), &bytes);
    }
}

/// A node's data folder whose journal begins with an entry.
pub(crate) fn data_folder(ledger: &Ledger, first: usize) -> TempDir {
    let folder = TempDir::new().unwrap();
    write_log(ledger, &folder.path().join("tlog"));
    write_journal(ledger, first, &folder.path().join("journal"));
    write(&folder.path().join("ledger.json"), json!({"vkey": vkey().to_string()}).to_string().as_bytes());
    folder
}

pub(crate) fn verify(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_nguon-verify")).args(arguments).output().unwrap()
}

/// Exit code and JSON of an audit.
fn audit(target: &str) -> (Option<i32>, Value) {
    let output = verify(&["audit", "--json", target]);
    (output.status.code(), serde_json::from_slice(&output.stdout).unwrap_or(Value::Null))
}

fn audit_folder(folder: &Path) -> (Option<i32>, Value) {
    audit(folder.to_str().unwrap())
}

/// Every file below a folder, sorted.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for item in fs::read_dir(folder).unwrap() {
        let path = item.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

/// Flips one bit in each of `count` places spread over all files, and expects each to be found.
fn every_flip_is_found(folder: &Path, count: usize) {
    let files: Vec<_> = files(folder).into_iter().filter(|path| !path.ends_with("ledger.json")).collect();
    for round in 0..count {
        let path = &files[round % files.len()];
        let good = fs::read(path).unwrap();
        let at = usize::from_be_bytes(Hash::of(&round.to_be_bytes()).as_bytes()[..8].try_into().unwrap()) % good.len();
        let mut bad = good.clone();
        bad[at] ^= 1 << (round / files.len() % 8);
        fs::write(path, &bad).unwrap();
        let (code, report) = audit_folder(folder);
        fs::write(path, &good).unwrap();
        assert_eq!(code, Some(1), "byte {at} of {}: {report}", path.display());
        assert_eq!(report["verdict"], "failed");
    }
    assert_eq!(audit_folder(folder).0, Some(0));
}

#[test]
fn a_data_folder_verifies_wherever_its_journal_begins() {
    let ledger = ledger();
    for first in [0, 200, 256] {
        let folder = data_folder(&ledger, first);
        let (code, report) = audit_folder(folder.path());
        assert_eq!(code, Some(0), "{report}");
        assert_eq!((report["size"].as_u64(), &report["trust"]), (Some(ledger.len()), &json!("first_use")));
        assert_eq!(report["root"], ledger.root().to_string());
    }
}

#[test]
fn a_flipped_bit_in_a_data_folder_is_found() {
    every_flip_is_found(data_folder(&ledger(), 100).path(), 60);
}

#[test]
fn a_flipped_bit_in_a_copy_is_found() {
    let folder = TempDir::new().unwrap();
    write_log(&ledger(), folder.path());
    every_flip_is_found(folder.path(), 48);
}

#[test]
fn the_entry_at_fault_is_named() {
    let ledger = ledger();
    let folder = data_folder(&ledger, 256);
    let bundle = folder.path().join("tlog/tile/entries/000");
    let mut bytes = fs::read(&bundle).unwrap();
    let before: usize = ledger.entries[..40].iter().map(|entry| 2 + entry.len()).sum();
    bytes[before + 200] ^= 4;
    fs::write(&bundle, bytes).unwrap();
    let (code, report) = audit_folder(folder.path());
    assert_eq!((code, &report["finding"]["index"]), (Some(1), &json!(40)), "{report}");
    assert_eq!(
        (&report["finding"]["check"], &report["finding"]["expected"]),
        (&json!("leaf_hash"), &json!(ledger.leaf_hash(40).to_string()))
    );
    let text = String::from_utf8(verify(&["audit", folder.path().to_str().unwrap()]).stdout).unwrap();
    assert!(text.contains("NOT VERIFIED: at entry 40: leaf_hash"), "{text}");
}

#[test]
fn missing_entries_are_found() {
    let ledger = ledger();
    let folder = data_folder(&ledger, 0);
    let last = files(&folder.path().join("journal")).pop().unwrap();
    fs::remove_file(&last).unwrap();
    let (code, report) = audit_folder(folder.path());
    assert_eq!((code, &report["finding"]["check"]), (Some(1), &json!("tree_size")), "{report}");
    let folder = data_folder(&ledger, 256);
    fs::remove_file(folder.path().join("tlog/tile/entries/000")).unwrap();
    let output = verify(&["audit", folder.path().to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("Restore the file"));
}

#[test]
fn a_torn_last_frame_is_no_fault() {
    let folder = data_folder(&ledger(), 0);
    let last = files(&folder.path().join("journal")).pop().unwrap();
    let mut bytes = fs::read(&last).unwrap();
    let frame = bytes[..500].to_vec();
    bytes.extend(frame);
    fs::write(&last, bytes).unwrap();
    let (code, report) = audit_folder(folder.path());
    assert_eq!(code, Some(0), "{report}");
}

/// Serves a folder over HTTP until the test's process ends.
fn serve(folder: PathBuf) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = String::new();
            BufReader::new(&stream).read_line(&mut request).unwrap();
            let path = request.split(' ').nth(1).unwrap().trim_start_matches('/');
            let (status, body) = match fs::read(folder.join(path)) {
                Ok(body) => ("200 OK", body),
                Err(_) => ("404 Not Found", Vec::new()),
            };
            let head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
            // The client may have gone.
            let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body));
        }
    });
    format!("http://{address}")
}

#[test]
fn a_server_is_audited_with_every_kind_of_trust() {
    let ledger = ledger();
    let folder = TempDir::new().unwrap();
    write_log(&ledger, folder.path());
    let url = serve(folder.path().to_owned());
    let (code, report) = audit(&url);
    assert_eq!((code, &report["trust"]), (Some(0), &json!("first_use")), "{report}");

    let vkey = vkey().to_string();
    assert_eq!(verify(&["audit", &url, "--vkey", &vkey]).status.code(), Some(0));
    let other =
        crate::fixture::vkey_of(ORIGIN, nguon_ledger::note::SignatureType::Ed25519, &crate::fixture::signing_key(77));
    let output = verify(&["audit", &url, "--vkey", &other.to_string()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stdout).unwrap().contains("checkpoint_signed"));

    let policy = folder.path().join("policy");
    fs::write(&policy, format!("log {vkey}\nquorum none\n")).unwrap();
    assert_eq!(verify(&["audit", &url, "--policy", policy.to_str().unwrap()]).status.code(), Some(0));

    fs::remove_file(folder.path().join("tile/entries/000")).unwrap();
    assert_eq!(audit(&url).0, Some(2));
}

#[test]
fn what_cannot_be_read_is_said_with_what_to_do() {
    let folder = TempDir::new().unwrap();
    for target in [folder.path().to_str().unwrap(), "no-such-folder", "http://127.0.0.1:1"] {
        let output = verify(&["audit", target]);
        assert_eq!(output.status.code(), Some(2), "{target}");
        assert!(!output.stderr.is_empty() && output.stdout.is_empty(), "{target}");
    }
}

#[test]
fn bundles_and_proofs_are_judged_from_files() {
    let story = Story::sold();
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let bundle = story.ledger.bundle(PACKS, story.of_packs());
    fs::write(path("good.json"), bundle.to_string()).unwrap();
    let vkey = vkey().to_string();
    let output = verify(&["bundle", &path("good.json"), "--vkey", &vkey, "--json"]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(serde_json::from_slice::<Value>(&output.stdout).unwrap()["verdict"], "passed");
    let output = verify(&["bundle", &path("good.json"), "--lang", "vi"]);
    assert!(String::from_utf8(output.stdout).unwrap().starts_with("\u{110}\u{e3} ki\u{1ec3}m ch\u{1ee9}ng"));

    fs::write(path("bad.json"), bundle.to_string().replace("\"index\":3", "\"index\":4")).unwrap();
    assert_eq!(verify(&["bundle", &path("bad.json"), "--vkey", &vkey]).status.code(), Some(1));
    fs::write(path("none.json"), "{}").unwrap();
    assert_eq!(verify(&["bundle", &path("none.json")]).status.code(), Some(2));

    let hashes: Vec<_> =
        bundle["entries"][3]["proof"].as_array().unwrap().iter().map(|hash| hash.as_str().unwrap()).collect();
    let proof = format!("c2sp.org/tlog-proof@v1\nindex 3\n{}\n\n{}", hashes.join("\n"), story.ledger.signed());
    fs::write(path("3.tlog-proof"), proof).unwrap();
    fs::write(path("3.entry"), &story.ledger.entries[3]).unwrap();
    let proof = path("3.tlog-proof");
    assert_eq!(verify(&["proof", &proof, "--entry", &path("3.entry"), "--vkey", &vkey]).status.code(), Some(0));
    let leaf = story.ledger.leaf_hash(3).to_string();
    assert_eq!(verify(&["proof", &proof, "--leaf", &leaf, "--vkey", &vkey]).status.code(), Some(0));
    let other = story.ledger.leaf_hash(4).to_string();
    assert_eq!(verify(&["proof", &proof, "--leaf", &other, "--vkey", &vkey]).status.code(), Some(1));
    assert_eq!(verify(&["proof", &proof, "--leaf", &leaf]).status.code(), Some(2));
}
