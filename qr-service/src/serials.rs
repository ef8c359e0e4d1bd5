//! The serials of a lot's packs: which belong to it, and the proof of it for each (`docs/format.md` section 13).
//!
//! The ledger holds only how many there are and the root of their tree. Whoever packed keeps the list and gives it to this service, which
//! never shows it: who knew unused serials could print them.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use nguon_ledger::hash::Hash;
use serde_json::{Value, json};

use crate::{cache::Cache, data::write_durably, scratch};

/// Most serials of one lot. With their tree they take some 130 bytes each.
pub const SERIALS_MAX: usize = 200_000;
/// Longest serial, that of GS1 (AI 21) being shorter still.
const SERIAL_BYTES_MAX: usize = 32;
/// Largest file of serials, which may hold the codes of the scratch layers too.
const FILE_BYTES_MAX: u64 = 16 << 20;
/// Memory for lists with their trees: one of the largest, or very many small ones.
const TREES_BYTES_MAX: usize = 48 << 20;
/// What one serial takes in memory: its text and place, and two hashes.
const BYTES_PER_SERIAL: usize = 130;

const _: () =
    assert!(SERIALS_MAX * (SERIAL_BYTES_MAX + 1 + 20) < 16 << 20, "the longest list fits into the largest file");
const _: () = assert!(SERIALS_MAX * BYTES_PER_SERIAL < 48 << 20, "the largest tree fits into the cache");

/// What the ledger holds of a lot's serials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Commitment {
    /// How many there are.
    pub count: u64,
    /// The root of their tree.
    pub root: Hash,
}

/// Why a list of serials cannot be used. Whoever brought it is at fault.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SerialsError {
    /// A line is no serial.
    #[error("line {line} is no serial: 1 to {SERIAL_BYTES_MAX} printable characters without blanks")]
    NotASerial {
        /// Counted from 1.
        line: usize,
    },
    /// What stands behind a serial is not the code under its scratch layer.
    #[error("line {line} has a scratch code that is none, or that is not of the serial before it")]
    NotItsCode {
        /// Counted from 1.
        line: usize,
    },
    /// Longer than [`SERIALS_MAX`].
    #[error("there are more than {SERIALS_MAX} serials; give fewer packs to one lot")]
    TooMany,
    /// The same serial stands twice.
    #[error("serial {serial} stands twice")]
    Twice {
        /// Which.
        serial: String,
    },
    /// The list is not the one that the lot committed to.
    #[error(
        "these {found} serials are not those of the lot, which has {expected}; check that it is the file that was written when the lot was packed"
    )]
    OtherSerials {
        /// In the list.
        found: u64,
        /// In the ledger.
        expected: u64,
    },
    /// The file cannot be read or written.
    #[error("the list cannot be read or written")]
    File(#[from] io::Error),
}

/// A lot's serials in ascending order with their Merkle tree (RFC 6962, section 2.1).
#[derive(Debug)]
pub(crate) struct SerialTree {
    serials: Vec<String>,
    /// Leaf hashes first, the root last. A node without a neighbour rises as it is.
    levels: Vec<Vec<Hash>>,
    /// Whether the list had the codes of scratch layers beside them, of which nothing is kept here.
    has_codes: bool,
}

impl SerialTree {
    /// Reads one serial a line, in any order; behind each may stand the code under its scratch layer.
    pub(crate) fn read(text: &str) -> Result<Self, SerialsError> {
        let (mut serials, mut has_codes) = (Vec::new(), false);
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() {
                continue;
            }
            let (serial, code) = scratch::read_line(line).ok_or(SerialsError::NotItsCode { line: number + 1 })?;
            has_codes |= code.is_some();
            if serial.len() > SERIAL_BYTES_MAX || !serial.bytes().all(|b| b.is_ascii_graphic()) {
                return Err(SerialsError::NotASerial { line: number + 1 });
            }
            if serials.len() == SERIALS_MAX {
                return Err(SerialsError::TooMany);
            }
            serials.push(serial.to_owned());
        }
        serials.sort_unstable();
        if let Some([twice, _]) = serials.windows(2).find(|pair| matches!(pair, [a, b] if a == b)) {
            return Err(SerialsError::Twice { serial: twice.clone() });
        }
        let leaves: Vec<Hash> = serials.iter().map(|serial| Hash::of_leaf(serial.as_bytes())).collect();
        let mut levels = vec![leaves];
        while let Some(below) = levels.last().filter(|level| level.len() > 1) {
            let pair = |pair: &[Hash]| match pair {
                [left, right] => Hash::of_node(left, right),
                [alone, ..] => *alone,
                [] => Hash::ZERO,
            };
            levels.push(below.chunks(2).map(pair).collect());
        }
        Ok(Self { serials, levels, has_codes })
    }

    /// What a ledger would hold of it.
    pub(crate) fn commitment(&self) -> Commitment {
        let root = self.levels.last().and_then(|level| level.first()).copied();
        Commitment {
            count: u64::try_from(self.serials.len()).unwrap_or(u64::MAX),
            root: root.unwrap_or_else(nguon_ledger::tree::empty_root),
        }
    }

    /// The proof that a serial is in the tree, if it is.
    pub(crate) fn prove(&self, serial: &str) -> Option<SerialProof> {
        let index = self.serials.binary_search_by(|other| other.as_str().cmp(serial)).ok()?;
        let mut at = index;
        let mut hashes = Vec::new();
        for level in &self.levels {
            hashes.extend(level.get(at ^ 1).filter(|_| level.len() > 1));
            at /= 2;
        }
        Some(SerialProof { serial: serial.to_owned(), index, count: self.serials.len(), hashes })
    }

    fn bytes(&self) -> usize {
        self.serials.len().saturating_mul(BYTES_PER_SERIAL)
    }
}

/// That one serial is the lot's, as `serial-proof` hands it out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SerialProof {
    serial: String,
    index: usize,
    count: usize,
    hashes: Vec<Hash>,
}

impl SerialProof {
    pub(crate) fn to_json(&self, lot: &str) -> Value {
        let hashes: Vec<String> = self.hashes.iter().map(|hash| STANDARD.encode(hash.as_bytes())).collect();
        json!({"v": 1, "lot": lot, "serial": self.serial, "index": self.index, "count": self.count, "hashes": hashes})
    }
}

/// What the service can say of a serial.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It is one of the lot's.
    Proven(SerialProof),
    /// It is none of the lot's: the list is the one that the ledger commits to, and it is not in it.
    Unknown,
    /// Nobody can say: the lot committed to no serials, or nobody gave the list to this service.
    Unchecked,
}

/// The lists that were brought.
#[derive(Debug)]
pub(crate) struct SerialLists {
    folder: PathBuf,
    trees: Cache<Arc<SerialTree>>,
}

impl SerialLists {
    /// The lists in a data folder.
    pub(crate) fn new(data: &Path) -> Self {
        Self { folder: data.join("serials"), trees: Cache::new(TREES_BYTES_MAX) }
    }

    fn path(&self, lot: &str) -> PathBuf {
        self.folder.join(format!("{}.txt", Hash::of(lot.as_bytes())))
    }

    /// The mark that a lot's packs have scratch layers.
    fn mark(&self, lot: &str) -> PathBuf {
        self.path(lot).with_extension("scratch")
    }

    /// Keeps the serials of a list, if it is the one that the lot committed to, and whether its packs have scratch layers.
    pub(crate) fn import(
        &self,
        lot: &str,
        text: &str,
        committed: Commitment,
        has_scratch: bool,
    ) -> Result<usize, SerialsError> {
        let tree = SerialTree::read(text)?;
        let found = tree.commitment();
        if found != committed {
            return Err(SerialsError::OtherSerials { found: found.count, expected: committed.count });
        }
        fs::create_dir_all(&self.folder)?;
        write_durably(&self.path(lot), tree.serials.join("\n").as_bytes())?;
        if has_scratch || tree.has_codes {
            write_durably(&self.mark(lot), format!("{} {}", committed.count, committed.root).as_bytes())?;
        } else if let Err(error) = fs::remove_file(self.mark(lot))
            && error.kind() != io::ErrorKind::NotFound
        {
            return Err(error.into());
        }
        Ok(tree.serials.len())
    }

    /// What a lot committed to whose packs have scratch layers, as the ledger said when its list was given; nothing of any other lot.
    pub(crate) fn scratch(&self, lot: &str) -> Option<Commitment> {
        let mark = fs::read_to_string(self.mark(lot)).ok()?;
        let (count, root) = mark.split_once(' ')?;
        Some(Commitment { count: count.parse().ok()?, root: Hash::from_hex(root)? })
    }

    /// How a serial stands to a lot. Reads a file and hashes its lines where the tree is not in memory.
    pub(crate) fn standing(&self, lot: &str, serial: &str, committed: Commitment) -> Standing {
        match self.tree(lot, committed) {
            Some(tree) => tree.prove(serial).map_or(Standing::Unknown, Standing::Proven),
            None => Standing::Unchecked,
        }
    }

    /// The tree with the root that the ledger holds: a list is never believed without it.
    fn tree(&self, lot: &str, committed: Commitment) -> Option<Arc<SerialTree>> {
        let key = format!("{lot} {} {}", committed.count, committed.root);
        if let Some(tree) = self.trees.get(&key) {
            return Some(tree);
        }
        let path = self.path(lot);
        let text = match read_bounded(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
            Err(error) => {
                tracing::warn!(path = %path.display(), %error, "no list of serials");
                return None;
            }
        };
        match SerialTree::read(&text) {
            Ok(tree) if tree.commitment() == committed => {
                let tree = Arc::new(tree);
                self.trees.put(&key, Arc::clone(&tree), tree.bytes());
                Some(tree)
            }
            Ok(_) => {
                tracing::warn!(path = %path.display(), "the list of serials is not the one in the ledger");
                None
            }
            Err(error) => {
                tracing::warn!(path = %path.display(), %error, "no list of serials");
                None
            }
        }
    }
}

/// Reads a file of serials.
pub(crate) fn read_bounded(path: &Path) -> io::Result<String> {
    if fs::metadata(path)?.len() > FILE_BYTES_MAX {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "no list of serials is that long"));
    }
    fs::read_to_string(path)
}

#[cfg(test)]
mod tests {
    use nguon_ledger::{
        hash::Hash,
        tree::{CompactTree, InclusionProof, LeafIndex, TreeSize, verify_inclusion},
    };

    use super::{Commitment, SerialLists, SerialTree, SerialsError, Standing};
    use crate::scratch::ScratchCode;

    fn serials(count: usize) -> Vec<String> {
        (0..count).map(|n| Hash::of(&n.to_be_bytes()).to_string().to_uppercase().chars().take(16).collect()).collect()
    }

    #[test]
    fn every_serial_is_proven_against_the_root_that_the_ledger_computes() {
        for count in [1, 2, 3, 5, 8, 33, 100] {
            let serials = serials(count);
            let tree = SerialTree::read(&serials.join("\r\n")).unwrap();
            let mut sorted = serials.clone();
            sorted.sort_unstable();
            let mut expected = CompactTree::new();
            sorted.iter().for_each(|serial| expected.push(Hash::of_leaf(serial.as_bytes())));
            let Commitment { count: size, root } = tree.commitment();
            assert_eq!((size, root), (u64::try_from(count).unwrap(), expected.root()));
            for serial in &serials {
                let proof = tree.prove(serial).unwrap();
                let index = LeafIndex::new(u64::try_from(proof.index).unwrap());
                let hashes = InclusionProof::new(proof.hashes.clone()).unwrap();
                let leaf = Hash::of_leaf(serial.as_bytes());
                verify_inclusion(index, TreeSize::new(size), &leaf, &hashes, &root).unwrap();
            }
            assert_eq!(tree.prove("0123456789ABCDEF"), None);
        }
    }

    #[test]
    fn a_list_is_believed_only_with_the_root_of_the_ledger() {
        let folder = tempfile::tempdir().unwrap();
        let lists = SerialLists::new(folder.path());
        let text = serials(20).join("\n");
        let committed = SerialTree::read(&text).unwrap().commitment();
        let (first, lot) = (&serials(1)[0], "https://so.example.vn/lot/0123456789ABCDEF");
        assert_eq!(lists.standing(lot, first, committed), Standing::Unchecked);
        let other = serials(19).join("\n");
        assert!(matches!(
            lists.import(lot, &other, committed, false),
            Err(SerialsError::OtherSerials { found: 19, expected: 20 })
        ));
        assert_eq!(lists.import(lot, &text, committed, false).unwrap(), 20);
        assert!(matches!(lists.standing(lot, first, committed), Standing::Proven(_)));
        assert_eq!(lists.standing(lot, "0123456789ABCDEF", committed), Standing::Unknown);
        // A list that was changed afterwards, or a commitment that is another one, is no list.
        let fresh = SerialLists::new(folder.path());
        std::fs::write(fresh.path(lot), other).unwrap();
        assert_eq!(fresh.standing(lot, first, committed), Standing::Unchecked);
        let wrong = Commitment { root: Hash::ZERO, ..committed };
        assert_eq!(lists.standing(lot, first, wrong), Standing::Unchecked);
    }

    #[test]
    fn of_a_list_with_codes_only_the_serials_and_a_mark_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let (lists, lot) = (SerialLists::new(folder.path()), "https://so.example.vn/lot/0123456789ABCDEF");
        let codes: Vec<ScratchCode> = (0..30).map(|_| ScratchCode::draw().unwrap()).collect();
        let line = |code: &ScratchCode| format!("{}\t{}", code.serial(), code.print());
        let text = codes.iter().map(line).collect::<Vec<_>>().join("\n");
        let plain = codes.iter().map(ScratchCode::serial).collect::<Vec<_>>().join("\n");
        let committed = SerialTree::read(&text).unwrap().commitment();
        assert_eq!(committed, SerialTree::read(&plain).unwrap().commitment(), "codes change nothing of the commitment");
        assert_eq!(lists.import(lot, &text, committed, false).unwrap(), 30);
        assert_eq!(lists.scratch(lot), Some(committed));
        assert!(matches!(lists.standing(lot, &codes[0].serial(), committed), Standing::Proven(_)));
        for file in std::fs::read_dir(folder.path().join("serials")).unwrap() {
            let kept = std::fs::read_to_string(file.unwrap().path()).unwrap();
            for code in &codes {
                let printed = code.print();
                assert!(!kept.contains(&printed) && !kept.contains(printed.replace('-', "").split_at(15).0));
            }
        }
        // The list that is given last says whether there are layers; who has only the serials may say so.
        lists.import(lot, &plain, committed, false).unwrap();
        assert_eq!(lists.scratch(lot), None);
        lists.import(lot, &plain, committed, true).unwrap();
        assert_eq!(lists.scratch(lot), Some(committed));
        let swapped = format!("{}\t{}", codes[0].serial(), codes[1].print());
        assert!(matches!(SerialTree::read(&format!("A\n{swapped}")), Err(SerialsError::NotItsCode { line: 2 })));
    }

    #[test]
    fn what_is_no_list_is_refused_by_line() {
        assert!(matches!(SerialTree::read("A\nB C\n"), Err(SerialsError::NotASerial { line: 2 })));
        assert!(matches!(SerialTree::read("A\nB\nA"), Err(SerialsError::Twice { serial }) if serial == "A"));
        assert!(matches!(SerialTree::read(&"A".repeat(33)), Err(SerialsError::NotASerial { line: 1 })));
    }
}
