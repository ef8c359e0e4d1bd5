//! The latest copies of what was read of the node, so that the pages also outlive a restart of this service while the node is down.
//!
//! A copy is written aside and moved into its place. Nobody waits for a disk: one that a power cut spoilt cannot be read, which is as if there were none.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant, SystemTime},
};

use chrono::{DateTime, FixedOffset};
use lru::LruCache;
use nguon_ledger::hash::Hash;
use serde_json::{Value, json};

use crate::node::LedgerInfo;

const FOLDER: &str = "copies";
const LEDGER: &str = "ledger.json";
/// Room on the disk; the copies that were written longest ago make way.
const BYTES_MAX: u64 = 512 << 20;
/// Most copies, however small they are: what is known of one takes some 200 bytes of memory, of all 13 MB.
const FILES_MAX: usize = 65_536;
/// How long a copy of the same entries is good enough: only its date is older than it could be.
const SAME_FOR: Duration = Duration::from_secs(600);

/// The folder of copies.
#[derive(Debug)]
pub(crate) struct Copies {
    folder: PathBuf,
    kept: Mutex<Kept>,
}

#[derive(Debug)]
struct Kept {
    /// By the hash of the lot's name, in hexadecimal the file's name; oldest first.
    files: LruCache<Hash, Copy>,
    bytes: u64,
    ledger: Option<LedgerInfo>,
}

/// What is known of a copy.
#[derive(Debug, Clone, Copy)]
struct Copy {
    bytes: u64,
    /// Of which entries, and when it was written by this process.
    written: Option<(Hash, Instant)>,
}

impl Kept {
    /// Removes the oldest copies until the rest has room.
    fn make_way(&mut self, folder: &Path) -> io::Result<()> {
        while self.bytes > BYTES_MAX || self.files.len() > FILES_MAX {
            let Some((name, oldest)) = self.files.pop_lru() else { break };
            self.bytes = self.bytes.saturating_sub(oldest.bytes);
            fs::remove_file(folder.join(name.to_string()))?;
        }
        Ok(())
    }
}

impl Copies {
    pub(crate) fn open(data: &Path) -> io::Result<Self> {
        let folder = data.join(FOLDER);
        fs::create_dir_all(&folder)?;
        let mut found: Vec<(SystemTime, Hash, u64)> = Vec::new();
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            let (name, about) = (entry.file_name(), entry.metadata()?);
            if let Some(name) = name.to_str().and_then(Hash::from_hex) {
                found.push((about.modified()?, name, about.len()));
            }
        }
        found.sort();
        let mut kept = Kept { files: LruCache::unbounded(), bytes: 0, ledger: None };
        for (_, name, bytes) in found {
            kept.bytes = kept.bytes.saturating_add(bytes);
            kept.files.put(name, Copy { bytes, written: None });
        }
        kept.make_way(&folder)?;
        Ok(Self { folder, kept: Mutex::new(kept) })
    }

    /// Keeps the bundle of a lot, fetched at this time; `entries` changes with any of its entries.
    pub(crate) fn put(
        &self,
        lot: &str,
        entries: Hash,
        fetched: DateTime<FixedOffset>,
        bundle: &[u8],
    ) -> io::Result<()> {
        let name = Hash::of(lot.as_bytes());
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let last = kept.files.peek(&name).and_then(|copy| copy.written);
        if last.is_some_and(|(same, since)| same == entries && since.elapsed() < SAME_FOR) {
            return Ok(());
        }
        let mut file = format!("{}\n", fetched.to_rfc3339()).into_bytes();
        file.extend_from_slice(bundle);
        self.write(&name.to_string(), &file)?;
        let bytes = u64::try_from(file.len()).unwrap_or(u64::MAX);
        let before = kept.files.put(name, Copy { bytes, written: Some((entries, Instant::now())) });
        kept.bytes = kept.bytes.saturating_sub(before.map_or(0, |before| before.bytes)).saturating_add(bytes);
        kept.make_way(&self.folder)
    }

    /// The bundle of a lot and when it was fetched, if there is a copy.
    pub(crate) fn get(&self, lot: &str) -> Option<(DateTime<FixedOffset>, Vec<u8>)> {
        let mut file = fs::read(self.folder.join(Hash::of(lot.as_bytes()).to_string())).ok()?;
        let end = file.iter().position(|byte| *byte == b'\n')?;
        let fetched = DateTime::parse_from_rfc3339(std::str::from_utf8(file.get(..end)?).ok()?).ok()?;
        Some((fetched, file.split_off(end + 1)))
    }

    /// Keeps the ledger's name, key and policy.
    pub(crate) fn put_ledger(&self, ledger: &LedgerInfo) -> io::Result<()> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.ledger.as_ref() != Some(ledger) {
            let LedgerInfo { origin, vkey, policy } = ledger;
            self.write(LEDGER, json!({"origin": origin, "vkey": vkey, "policy": policy}).to_string().as_bytes())?;
            kept.ledger = Some(ledger.clone());
        }
        Ok(())
    }

    /// The ledger's name, key and policy as they were kept.
    pub(crate) fn ledger(&self) -> Option<LedgerInfo> {
        let value: Value = serde_json::from_slice(&fs::read(self.folder.join(LEDGER)).ok()?).ok()?;
        let text = |key: &str| value.get(key).and_then(Value::as_str).map(ToOwned::to_owned);
        Some(LedgerInfo { origin: text("origin")?, vkey: text("vkey")?, policy: text("policy")? })
    }

    fn write(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let aside = self.folder.join(format!("{name}.new"));
        fs::write(&aside, bytes)?;
        fs::rename(aside, self.folder.join(name))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use nguon_ledger::hash::Hash;

    use super::{BYTES_MAX, Copies, Copy, FILES_MAX};
    use crate::{node::LedgerInfo, service::now};

    #[test]
    fn copies_are_there_after_opening_anew_and_the_oldest_make_way() {
        let folder = tempfile::tempdir().unwrap();
        let copies = Copies::open(folder.path()).unwrap();
        let (fetched, entries) = (now(), Hash::of(b"entries"));
        let ledger = LedgerInfo { origin: "trace.test".to_owned(), vkey: "key".to_owned(), policy: String::new() };
        copies.put_ledger(&ledger).unwrap();
        copies.put("lot", entries, fetched, b"one\ntwo").unwrap();
        copies.put("other", entries, fetched, b"three").unwrap();
        // The same entries with another checkpoint are not written again at once, other entries are.
        copies.put("lot", entries, fetched, b"newer").unwrap();
        assert_eq!(copies.get("lot").unwrap().1, b"one\ntwo");
        copies.put("lot", Hash::ZERO, fetched, b"newer").unwrap();
        drop(copies);
        let copies = Copies::open(folder.path()).unwrap();
        let (when, bundle) = copies.get("lot").unwrap();
        assert_eq!((when.timestamp_millis(), bundle.as_slice()), (fetched.timestamp_millis(), b"newer".as_slice()));
        assert_eq!((copies.ledger(), copies.get("a lot that nobody saw")), (Some(ledger), None));
        {
            let mut kept = copies.kept.lock().unwrap();
            assert_eq!(kept.files.len(), 2);
            kept.bytes = BYTES_MAX;
            kept.files.promote(&Hash::of(b"lot"));
        }
        copies.put("third", entries, fetched, b"four").unwrap();
        assert!(copies.get("other").is_none() && copies.get("third").is_some(), "the oldest made way");
        {
            // So many that each takes no room on the disk, but all of them in memory.
            let mut kept = copies.kept.lock().unwrap();
            for number in kept.files.len()..FILES_MAX {
                kept.files.put(Hash::of(&number.to_be_bytes()), Copy { bytes: 0, written: None });
            }
            kept.bytes = 0;
        }
        copies.put("fourth", entries, fetched, b"five").unwrap();
        assert_eq!(copies.kept.lock().unwrap().files.len(), FILES_MAX);
        assert!(copies.get("third").is_some() && copies.get("fourth").is_some());
        // What a crash left half written is no copy.
        fs::write(folder.path().join("copies").join(Hash::of(b"lot").to_string()), b"2026-").unwrap();
        assert!(copies.get("lot").is_none());
    }
}
