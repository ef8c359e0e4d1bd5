//! Serial numbers of packs: read from a list, drawn anew, and held against what the ledger has committed to.

use nguon_ledger::{hash::Hash, tree::CompactTree};

use super::{LABELS_MAX, LabelError};
use crate::serials::Commitment;

/// Letters of serial numbers: Crockford's base 32.
const CROCKFORD: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Length of a new serial number: 80 random bits.
const SERIAL_CHARS: usize = 16;
/// Longest list read: the serial numbers of the largest lot that a co-op packs.
const LISTED_MAX: usize = 1_000_000;

/// Serial numbers in ascending order, none of them twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Serials(Vec<String>);

impl Serials {
    /// Reads a list, one serial number a line, in any order.
    ///
    /// # Errors
    /// [`LabelError::SerialLine`] with the line at fault, or [`LabelError::SerialTwice`].
    pub fn read(list: &str) -> Result<Self, LabelError> {
        let mut serials = Vec::new();
        for (at, line) in list.trim_start_matches('\u{feff}').lines().enumerate() {
            let serial = line.trim();
            if serial.is_empty() {
                continue;
            }
            let is_fit = serial.len() <= 32 && serial.bytes().all(|byte| byte.is_ascii_graphic());
            if !is_fit || serials.len() >= LISTED_MAX {
                return Err(LabelError::SerialLine { line: at + 1 });
            }
            serials.push(serial.to_owned());
        }
        serials.sort_unstable();
        if let Some([twice, _]) = serials.array_windows().find(|[a, b]| a == b) {
            return Err(LabelError::SerialTwice { serial: twice.clone() });
        }
        if serials.is_empty() { Err(LabelError::SerialLine { line: 1 }) } else { Ok(Self(serials)) }
    }

    /// Draws new ones.
    ///
    /// # Errors
    /// [`LabelError::TooMany`], or [`LabelError::Random`] when the system gives no randomness.
    pub fn draw(count: usize) -> Result<Self, LabelError> {
        if !(1..=LISTED_MAX).contains(&count) {
            return Err(LabelError::TooMany { max: LISTED_MAX });
        }
        let mut drawn = std::collections::BTreeSet::new();
        while drawn.len() < count {
            let mut random = [0_u8; SERIAL_CHARS];
            getrandom::fill(&mut random).map_err(|_| LabelError::Random)?;
            let letter = |byte: &u8| CROCKFORD.get(usize::from(byte % 32)).map(|letter| char::from(*letter));
            drawn.insert(random.iter().filter_map(letter).collect::<String>());
        }
        Ok(Self(drawn.into_iter().collect()))
    }

    /// One a line.
    #[must_use]
    pub fn to_list(&self) -> String {
        self.0.join("\n")
    }

    /// How many.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// Root of the tree over them (RFC 6962), which a pack event commits to.
    #[must_use]
    pub fn root(&self) -> Hash {
        let mut tree = CompactTree::new();
        for serial in &self.0 {
            tree.push(Hash::of_leaf(serial.as_bytes()));
        }
        tree.root()
    }

    /// Only the list that the lot committed to gives labels: with any other, honest packs would look like forged ones.
    pub(super) fn held_against(self, committed: Option<Commitment>) -> Result<Self, LabelError> {
        let committed = committed.ok_or(LabelError::NoSerials)?;
        let (count, root) = (self.count(), self.root());
        if usize::try_from(committed.count) == Ok(count) && committed.root == root {
            return Ok(self);
        }
        Err(LabelError::OtherSerials { count, committed: committed.count })
    }

    /// A part of the list, from the place `first`, which counts from 1.
    pub(super) fn part(self, first: usize, count: Option<usize>) -> Result<Vec<String>, LabelError> {
        let listed = self.0.len();
        let part: Vec<_> =
            self.0.into_iter().skip(first.saturating_sub(1)).take(count.unwrap_or(LABELS_MAX + 1)).collect();
        match part.len() {
            0 => Err(LabelError::First { first, listed }),
            1..=LABELS_MAX => Ok(part),
            _ => Err(LabelError::TooMany { max: LABELS_MAX }),
        }
    }
}
