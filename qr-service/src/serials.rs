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

use crate::{cache::Cache, data::write_durably};

/// Most serials of one lot. With their tree they take some 130 bytes each.
pub const SERIALS_MAX: usize = 200_000;
/// Longest serial, that of GS1 (AI 21) being shorter still.
const SERIAL_BYTES_MAX: usize = 32;
/// Largest file of serials.
const FILE_BYTES_MAX: u64 = 8 << 20;
/// Memory for lists with their trees: one of the largest, or very many small ones.
const TREES_BYTES_MAX: usize = 48 << 20;
/// What one serial takes in memory: its text and place, and two hashes.
const BYTES_PER_SERIAL: usize = 130;

const _: () = assert!(SERIALS_MAX * (SERIAL_BYTES_MAX + 1) < 8 << 20, "the longest list fits into the largest file");
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
}

impl SerialTree {
    /// Reads one serial a line, in any order.
    pub(crate) fn read(text: &str) -> Result<Self, SerialsError> {
        let mut serials = Vec::new();
        for (number, line) in text.lines().enumerate() {
            let serial = line.trim();
            if serial.is_empty() {
                continue;
            }
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
        Ok(Self { serials, levels })
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

    /// Keeps a list, if it is the one that the lot committed to.
    pub(crate) fn import(&self, lot: &str, text: &str, committed: Commitment) -> Result<usize, SerialsError> {
        let tree = SerialTree::read(text)?;
        let found = tree.commitment();
        if found != committed {
            return Err(SerialsError::OtherSerials { found: found.count, expected: committed.count });
        }
        fs::create_dir_all(&self.folder)?;
        write_durably(&self.path(lot), tree.serials.join("\n").as_bytes())?;
        Ok(tree.serials.len())
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
            lists.import(lot, &other, committed),
            Err(SerialsError::OtherSerials { found: 19, expected: 20 })
        ));
        assert_eq!(lists.import(lot, &text, committed).unwrap(), 20);
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
    fn what_is_no_list_is_refused_by_line() {
        assert!(matches!(SerialTree::read("A\nB C\n"), Err(SerialsError::NotASerial { line: 2 })));
        assert!(matches!(SerialTree::read("A\nB\nA"), Err(SerialsError::Twice { serial }) if serial == "A"));
        assert!(matches!(SerialTree::read(&"A".repeat(33)), Err(SerialsError::NotASerial { line: 1 })));
    }
}
