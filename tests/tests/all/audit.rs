//! The demo ledger as an auditor meets it: verified as it is, and not verified once any stored bit is flipped.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use nguon_ledger::hash::Hash;
use nguon_tests::{binary, rounds, temp_dir};
use serde_json::Value;

/// What a data folder holds beside the ledger, with the reason why a flipped bit there is no matter of an audit.
const NOT_THE_LEDGER: [(&str, &str); 12] = [
    ("index", "follows from the entries and is made again from them"),
    ("blobs", "named by their hashes, which whoever fetches one checks; they may be erased"),
    ("ledger.json", "says which key to believe, which this auditor is told otherwise"),
    ("log.key", "secret, and no part of what is published"),
    ("operator.key", "secret, and no part of what is published"),
    ("lock", "empty; the process that holds it owns the folder"),
    ("keys", "secret: the people of the demo, who sign elsewhere in life"),
    ("serials", "the packs' serials, of which the ledger holds the root that each is proved to lead to"),
    ("seeded", "that the demo has been told to its end"),
    ("demo.json", "which links the demo prints"),
    ("qr", "scans, reports and lists of serials that the pages keep; they prove nothing"),
    ("invitations", "who was asked to join, which is personal and can be forgotten"),
];

/// Exit code and output of an audit of a folder.
fn audit(folder: &Path, vkey: &str) -> (Option<i32>, Value) {
    let mut command = Command::new(binary("nguon-verify").unwrap());
    let output = command.args(["audit", "--json", "--vkey", vkey]).arg(folder).output().unwrap();
    (output.status.code(), serde_json::from_slice(&output.stdout).unwrap_or(Value::Null))
}

/// A file that holds the ledger.
struct Held {
    path: PathBuf,
    length: usize,
    has_entries: bool,
}

/// Every file of a data folder, sorted, but those that hold nothing of the ledger.
fn files_of_the_ledger(data: &Path) -> Vec<Held> {
    let mut found = Vec::new();
    let mut folders = vec![data.to_owned()];
    while let Some(folder) = folders.pop() {
        for item in std::fs::read_dir(folder).unwrap() {
            let path = item.unwrap().path();
            let name = path.strip_prefix(data).unwrap().to_str().unwrap().to_owned();
            if NOT_THE_LEDGER.iter().any(|(other, _)| *other == name) {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let is_segment = name.starts_with("journal/") && name.ends_with(".seg");
            let is_known = is_segment || name.starts_with("tlog/tile/") || name == "tlog/checkpoint";
            assert!(is_known, "{name}: flip its bits, or say why not");
            let has_entries = is_segment || name.starts_with("tlog/tile/entries/");
            found.push(Held { length: std::fs::read(&path).unwrap().len(), path, has_entries });
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// Numbers that look random and come again with the same seed.
struct Random {
    seed: u64,
    drawn: u64,
}

impl Random {
    /// The seed in `NGUON_SEED`, or a new one.
    fn new() -> Self {
        let given = std::env::var("NGUON_SEED").ok().and_then(|seed| seed.parse().ok());
        let now = || u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros()).unwrap();
        Self { seed: given.unwrap_or_else(now), drawn: 0 }
    }

    fn below(&mut self, end: usize) -> usize {
        self.drawn += 1;
        let hash = Hash::of(format!("{} {}", self.seed, self.drawn).as_bytes());
        let number = u64::from_be_bytes(hash.as_bytes()[..8].try_into().unwrap());
        usize::try_from(number % u64::try_from(end).unwrap()).unwrap()
    }
}

/// Flips one bit, audits, and puts it back: whether the finding names an entry.
fn flip(data: &Path, vkey: &str, file: &Held, random: &mut Random) -> bool {
    let (at, bit) = (random.below(file.length), random.below(8));
    let good = std::fs::read(&file.path).unwrap();
    let mut bad = good.clone();
    bad[at] ^= 1 << bit;
    std::fs::write(&file.path, &bad).unwrap();
    let (code, verdict) = audit(data, vkey);
    std::fs::write(&file.path, &good).unwrap();
    let place = format!("bit {bit} of byte {at} of {} (NGUON_SEED={})", file.path.display(), random.seed);
    assert_eq!((code, verdict["verdict"].as_str()), (Some(1), Some("failed")), "{place}: {verdict}");
    verdict["finding"].get("index").is_some()
}

#[test]
fn the_demo_verifies_until_a_stored_bit_is_flipped() {
    let folder = temp_dir().unwrap();
    let data = folder.path().join("demo");
    let mut seed = Command::new(binary("nguon").unwrap());
    let seed = seed.args(["demo", "--seed-only", "--listen", "127.0.0.1:0", "--data"]).arg(&data).output().unwrap();
    assert!(seed.status.success(), "{}", String::from_utf8_lossy(&seed.stderr));
    let description: Value = serde_json::from_slice(&std::fs::read(data.join("ledger.json")).unwrap()).unwrap();
    let vkey = description["vkey"].as_str().unwrap();
    let (code, verdict) = audit(&data, vkey);
    assert_eq!(code, Some(0), "{verdict}");

    let mut random = Random::new();
    let files = files_of_the_ledger(&data);
    let total: usize = files.iter().map(|file| file.length).sum();
    assert!(total > 50_000);
    // At least once in every file; all else anywhere in all bytes, so that long files have their share.
    for file in &files {
        flip(&data, vkey, file, &mut random);
    }
    let (mut with_entries, mut named) = (0, 0);
    for _ in 0..rounds(60, 1_000) {
        let mut at = random.below(total);
        let here = files.iter().find(|file| {
            let is_here = at < file.length;
            at = at.saturating_sub(file.length);
            is_here
        });
        let file = here.unwrap();
        let is_named = flip(&data, vkey, file, &mut random);
        with_entries += u32::from(file.has_entries);
        named += u32::from(file.has_entries && is_named);
    }
    // Frame heads and the journal's checkpoints belong to no entry; all else must be laid to one.
    assert!(named * 10 >= with_entries * 8, "only {named} of {with_entries} findings name an entry");
    assert_eq!(audit(&data, vkey).0, Some(0));
}
