//! Tiles and entry bundles: how the tree lies in files and under URLs (C2SP tlog-tiles).
//!
//! Paths here are relative to the log's prefix, without a leading slash: `tile/0/x001/234.p/5`, `tile/entries/000`.

#[cfg(test)]
mod tests;

use alloc::vec::Vec;
use core::{fmt, str::FromStr};

use thiserror::Error;

use crate::hash::{HASH_BYTES, Hash};
use crate::tree::{DecimalError, LeafIndex, TreeSize, parse_decimal};

/// Levels of the tree in one tile.
pub const TILE_HEIGHT: u32 = 8;
/// Hashes in a full tile, and entries in a full bundle: 2^[`TILE_HEIGHT`].
pub const TILE_WIDTH: u16 = 1 << TILE_HEIGHT;
/// Longest entry: its length stands before it in two bytes.
pub const ENTRY_BYTES_MAX: usize = 65_535;

/// Highest tile level a path can name.
const TILE_LEVEL_MAX: u8 = 63;
/// Highest tile index: the index of its last hash still fits in 64 bits.
const TILE_INDEX_MAX: u64 = u64::MAX >> TILE_HEIGHT;
/// Each element of a tile's index holds three decimal digits.
const PATH_BASE: u64 = 1000;
/// Bytes of the length before an entry.
const ENTRY_LENGTH_BYTES: usize = 2;

/// What a tile holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(clippy::exhaustive_enums, reason = "C2SP tlog-tiles has these two and no other")]
pub enum TileKind {
    /// Hashes at this tile level: hash `i` of tile `n` is the root over the leaves from `(n * 256 + i) * 256^level` on.
    Hashes(u8),
    /// The entries themselves.
    Entries,
}

/// Name of a tile: its kind, index and width.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TilePath {
    kind: TileKind,
    index: u64,
    width: u16,
}

/// Why something is not the canonical path of a tile; answer it with 404.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TilePathError {
    /// Neither `tile/<level>/<index>` nor `tile/entries/<index>`, with or without `.p/<width>`.
    #[error("not a tile path")]
    Shape,
    /// The level is not 0..=63 in canonical form.
    #[error("no such tile level")]
    Level,
    /// The index is not in groups of three digits, has leading zeros or is too large.
    #[error("no such tile index")]
    Index,
    /// The width is not 1..=255 in a path, or 1..=256 otherwise.
    #[error("no such tile width")]
    Width,
}

impl TilePath {
    /// Names a tile of `width` hashes or entries, 1..=256.
    ///
    /// # Errors
    ///
    /// [`TilePathError`] when a number is out of range.
    pub const fn new(kind: TileKind, index: u64, width: u16) -> Result<Self, TilePathError> {
        if let TileKind::Hashes(level) = kind
            && level > TILE_LEVEL_MAX
        {
            return Err(TilePathError::Level);
        }
        if index > TILE_INDEX_MAX {
            return Err(TilePathError::Index);
        }
        if width == 0 || width > TILE_WIDTH {
            return Err(TilePathError::Width);
        }
        Ok(Self { kind, index, width })
    }

    /// The tile at this place in a tree of this size, as wide as the tree makes it; `None` if the tree does not reach it.
    #[must_use]
    pub fn of_tree(kind: TileKind, size: TreeSize, index: u64) -> Option<Self> {
        let left = hashes_at(size, kind).checked_sub(index.checked_mul(u64::from(TILE_WIDTH))?)?;
        Self::new(kind, index, u16::try_from(left).map_or(TILE_WIDTH, |left| left.min(TILE_WIDTH))).ok()
    }

    /// The hash tile at this place in a tree of this size; `None` if the tree does not reach it.
    #[must_use]
    pub fn hash_tile_of(size: TreeSize, level: u8, index: u64) -> Option<Self> {
        Self::of_tree(TileKind::Hashes(level), size, index)
    }

    /// The bundle that holds the entry at `index` in a tree of this size, and the entry's place in it.
    #[must_use]
    pub fn bundle_of(size: TreeSize, index: LeafIndex) -> Option<(Self, usize)> {
        if index.get() >= size.get() {
            return None;
        }
        let width = u64::from(TILE_WIDTH);
        let place = usize::try_from(index.get() % width).ok()?;
        Some((Self::of_tree(TileKind::Entries, size, index.get() / width)?, place))
    }

    /// What the tile holds.
    #[must_use]
    pub const fn kind(&self) -> TileKind {
        self.kind
    }

    /// The tile's number among those of its kind and level, from zero.
    #[must_use]
    pub const fn index(&self) -> u64 {
        self.index
    }

    /// Hashes or entries in the tile, 1..=256.
    #[must_use]
    pub const fn width(&self) -> u16 {
        self.width
    }

    /// Whether the tile is as wide as tiles get and so will never change.
    #[must_use]
    pub const fn is_full(&self) -> bool {
        self.width == TILE_WIDTH
    }

    /// The full tile at the same place.
    #[must_use]
    pub const fn to_full(self) -> Self {
        Self { width: TILE_WIDTH, ..self }
    }

    /// Whether a tree of this size holds all of the tile.
    #[must_use]
    pub fn is_within(&self, size: TreeSize) -> bool {
        Self::of_tree(self.kind, size, self.index).is_some_and(|tile| tile.width >= self.width)
    }

    /// Exact length in bytes if this is a hash tile; entries vary.
    #[must_use]
    pub fn hash_bytes(&self) -> Option<usize> {
        match self.kind {
            TileKind::Hashes(_) => Some(usize::from(self.width) * HASH_BYTES),
            TileKind::Entries => None,
        }
    }
}

/// Number of hashes of a tree at this tile level, or of its entries.
fn hashes_at(size: TreeSize, kind: TileKind) -> u64 {
    match kind {
        TileKind::Hashes(level) => size.get().checked_shr(u32::from(level) * TILE_HEIGHT).unwrap_or(0),
        TileKind::Entries => size.get(),
    }
}

/// The tiles of one kind that a tree of `new` leaves has and one of `old` leaves had not, in order; the last may be partial.
fn tiles_of_kind(kind: TileKind, old: TreeSize, new: TreeSize) -> impl Iterator<Item = TilePath> {
    let width = u64::from(TILE_WIDTH);
    let (had, has) = (hashes_at(old, kind), hashes_at(new, kind));
    let tiles = if has > had { had / width..has.div_ceil(width) } else { 0..0 };
    tiles.filter_map(move |index| TilePath::of_tree(kind, new, index))
}

/// The hash tiles, full and partial, that appear when a tree grows from `old` to `new` leaves: lowest level first, ascending
/// within a level. From an empty tree, these are all its tiles.
pub fn hash_tiles_between(old: TreeSize, new: TreeSize) -> impl Iterator<Item = TilePath> {
    (0..=TILE_LEVEL_MAX)
        .map(TileKind::Hashes)
        .take_while(move |&kind| hashes_at(new, kind) > 0)
        .flat_map(move |kind| tiles_of_kind(kind, old, new))
}

/// The entry bundles, full and partial, that appear when a tree grows from `old` to `new` leaves, ascending.
pub fn entry_bundles_between(old: TreeSize, new: TreeSize) -> impl Iterator<Item = TilePath> {
    tiles_of_kind(TileKind::Entries, old, new)
}

impl fmt::Display for TilePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            TileKind::Hashes(level) => write!(f, "tile/{level}/")?,
            TileKind::Entries => f.write_str("tile/entries/")?,
        }
        let mut scale = 1;
        while self.index / scale >= PATH_BASE {
            scale *= PATH_BASE;
        }
        while scale > 1 {
            write!(f, "x{:03}/", self.index / scale % PATH_BASE)?;
            scale /= PATH_BASE;
        }
        write!(f, "{:03}", self.index % PATH_BASE)?;
        if self.is_full() { Ok(()) } else { write!(f, ".p/{}", self.width) }
    }
}

impl FromStr for TilePath {
    type Err = TilePathError;

    fn from_str(path: &str) -> Result<Self, TilePathError> {
        let rest = path.strip_prefix("tile/").ok_or(TilePathError::Shape)?;
        let (kind, rest) = rest.split_once('/').ok_or(TilePathError::Shape)?;
        let kind = match kind {
            "entries" => TileKind::Entries,
            level => parse_decimal(level)
                .ok()
                .and_then(|level| u8::try_from(level).ok())
                .map(TileKind::Hashes)
                .ok_or(TilePathError::Level)?,
        };
        let (index, width) = match rest.split_once(".p/") {
            None => (rest, TILE_WIDTH),
            Some((index, width)) => {
                let width = parse_decimal(width).map_err(|_: DecimalError| TilePathError::Width)?;
                let partial = u16::try_from(width).ok().filter(|&width| width < TILE_WIDTH);
                (index, partial.ok_or(TilePathError::Width)?)
            }
        };
        Self::new(kind, parse_tile_index(index)?, width)
    }
}

/// Reads `x001/x234/067`.
fn parse_tile_index(text: &str) -> Result<u64, TilePathError> {
    let mut index: u64 = 0;
    let mut groups = text.split('/').peekable();
    while let Some(group) = groups.next() {
        let digits = match groups.peek() {
            None => group,
            Some(_) => group.strip_prefix('x').ok_or(TilePathError::Index)?,
        };
        if digits.len() != 3 || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(TilePathError::Index);
        }
        // A first group of zeros before others would be a second spelling of the same number.
        if index == 0 && digits == "000" && groups.peek().is_some() {
            return Err(TilePathError::Index);
        }
        let value: u64 = digits.parse().map_err(|_| TilePathError::Index)?;
        index = index.checked_mul(PATH_BASE).and_then(|n| n.checked_add(value)).ok_or(TilePathError::Index)?;
    }
    Ok(index)
}

/// Root over the hashes of a tile, whole or a part of it. `None` if the bytes are not 1..=256 whole hashes.
#[must_use]
pub fn tile_root(tile: &[u8]) -> Option<Hash> {
    let (hashes, rest) = tile.as_chunks::<HASH_BYTES>();
    if hashes.is_empty() || hashes.len() > usize::from(TILE_WIDTH) || !rest.is_empty() {
        return None;
    }
    let mut nodes: Vec<Hash> = hashes.iter().map(|&bytes| Hash::from_bytes(bytes)).collect();
    // Pairing neighbours and carrying an odd last one up gives exactly the tree of RFC 6962.
    while nodes.len() > 1 {
        nodes = nodes
            .chunks(2)
            .filter_map(|pair| match pair {
                [left, right] => Some(Hash::of_node(left, right)),
                [last] => Some(*last),
                _ => None,
            })
            .collect();
    }
    nodes.first().copied()
}

/// An entry is longer than [`ENTRY_BYTES_MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("an entry of {bytes} bytes is too long for a bundle")]
pub struct EntryTooLong {
    /// Length of the entry in bytes.
    pub bytes: usize,
}

/// Writes an entry at the end of a bundle.
///
/// # Errors
///
/// [`EntryTooLong`]; the bundle is then as it was.
pub fn push_entry(bundle: &mut Vec<u8>, entry: &[u8]) -> Result<(), EntryTooLong> {
    let length = u16::try_from(entry.len()).map_err(|_| EntryTooLong { bytes: entry.len() })?;
    bundle.extend_from_slice(&length.to_be_bytes());
    bundle.extend_from_slice(entry);
    Ok(())
}

/// Why bytes are no bundle of the width asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum EntryBundleError {
    /// The bytes end before or within this entry.
    #[error("entry {place} of the bundle is cut short")]
    CutShort {
        /// Place of the entry in the bundle, from zero.
        place: u16,
    },
    /// Bytes follow the last entry.
    #[error("{bytes} bytes follow the last entry of the bundle")]
    TrailingBytes {
        /// How many.
        bytes: usize,
    },
}

/// Takes a bundle of exactly `width` entries apart.
///
/// # Errors
///
/// [`EntryBundleError`].
pub fn split_entry_bundle(bundle: &[u8], width: u16) -> Result<Vec<&[u8]>, EntryBundleError> {
    let mut rest = bundle;
    let mut entries = Vec::new();
    for place in 0..width {
        let (entry, after) = take_entry(rest).ok_or(EntryBundleError::CutShort { place })?;
        entries.push(entry);
        rest = after;
    }
    if rest.is_empty() { Ok(entries) } else { Err(EntryBundleError::TrailingBytes { bytes: rest.len() }) }
}

fn take_entry(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<ENTRY_LENGTH_BYTES>()?;
    rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))
}
