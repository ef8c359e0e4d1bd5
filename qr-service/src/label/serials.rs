//! Serial numbers of packs, perhaps with the codes under their scratch layers: read from a list, drawn anew, and held against what the
//! ledger has committed to.

use nguon_ledger::{hash::Hash, tree::CompactTree};

use super::LabelError;
use crate::{
    scratch::{self, CROCKFORD, ScratchCode},
    serials::Commitment,
};

/// Length of a new serial number: 80 random bits.
const SERIAL_CHARS: usize = 16;
/// Longest list read: the serial numbers of the largest lot that a co-op packs.
const LISTED_MAX: usize = 1_000_000;

/// One line of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) serial: String,
    /// The code under the pack's scratch layer, which gives this serial.
    pub(super) scratch: Option<ScratchCode>,
}

/// Serial numbers in ascending order, none of them twice; behind each, or behind none, the code under its scratch layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Serials(Vec<Listed>);

impl Serials {
    /// Reads a list, one serial number a line, in any order; behind each, or behind none, a tab and the code under its scratch layer.
    ///
    /// # Errors
    /// [`LabelError::SerialLine`] or [`LabelError::ScratchLine`] with the line at fault, or [`LabelError::SerialTwice`].
    pub fn read(list: &str) -> Result<Self, LabelError> {
        let mut listed: Vec<Listed> = Vec::new();
        for (at, line) in list.trim_start_matches('\u{feff}').lines().enumerate() {
            let line = line.trim();
            if line.is_empty() {
                continue;
            }
            let at = at + 1;
            let (serial, scratch) = scratch::read_line(line).ok_or(LabelError::ScratchLine { line: at })?;
            let is_fit = serial.len() <= 32 && serial.bytes().all(|byte| byte.is_ascii_graphic());
            if !is_fit || listed.len() >= LISTED_MAX {
                return Err(LabelError::SerialLine { line: at });
            }
            // A code that is missing would be a label without one among others.
            if listed.first().is_some_and(|first| first.scratch.is_some() != scratch.is_some()) {
                return Err(LabelError::ScratchLine { line: at });
            }
            listed.push(Listed { serial: serial.to_owned(), scratch });
        }
        listed.sort_unstable_by(|a, b| a.serial.cmp(&b.serial));
        if let Some([twice, _]) = listed.array_windows().find(|[a, b]| a.serial == b.serial) {
            return Err(LabelError::SerialTwice { serial: twice.serial.clone() });
        }
        if listed.is_empty() { Err(LabelError::SerialLine { line: 1 }) } else { Ok(Self(listed)) }
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
        Ok(Self(drawn.into_iter().map(|serial| Listed { serial, scratch: None }).collect()))
    }

    /// Draws new codes for scratch layers, with the serial numbers that follow from them.
    ///
    /// # Errors
    /// As [`Serials::draw`].
    pub fn draw_scratch(count: usize) -> Result<Self, LabelError> {
        if !(1..=LISTED_MAX).contains(&count) {
            return Err(LabelError::TooMany { max: LISTED_MAX });
        }
        let mut drawn = std::collections::BTreeMap::new();
        while drawn.len() < count {
            let code = ScratchCode::draw().map_err(|_| LabelError::Random)?;
            drawn.insert(code.serial(), code);
        }
        Ok(Self(drawn.into_iter().map(|(serial, code)| Listed { serial, scratch: Some(code) }).collect()))
    }

    /// One a line, with the code behind it where there is one.
    #[must_use]
    pub fn to_list(&self) -> String {
        let line = |listed: &Listed| match &listed.scratch {
            Some(code) => format!("{}\t{}", listed.serial, code.print()),
            None => listed.serial.clone(),
        };
        self.0.iter().map(line).collect::<Vec<_>>().join("\n")
    }

    /// Whether it holds codes of scratch layers, which are secrets.
    #[must_use]
    pub fn has_codes(&self) -> bool {
        self.0.first().is_some_and(|first| first.scratch.is_some())
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
        for listed in &self.0 {
            tree.push(Hash::of_leaf(listed.serial.as_bytes()));
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

    /// A part of the list of at most `max`, from the place `first`, which counts from 1.
    pub(super) fn part(self, first: usize, count: Option<usize>, max: usize) -> Result<Vec<Listed>, LabelError> {
        let listed = self.0.len();
        let part: Vec<_> = self.0.into_iter().skip(first.saturating_sub(1)).take(count.unwrap_or(max + 1)).collect();
        match part.len() {
            0 => Err(LabelError::First { first, listed }),
            some if some <= max => Ok(part),
            _ => Err(LabelError::TooMany { max }),
        }
    }
}
