//! One run: sorted pairs in blocks, each a value of sled, and guides that tell which block a key would be in.
//!
//! A block is pairs one after the other, each as the length of its key (2 bytes), the length of its value (4), key and value. A guide covers
//! [`GUIDE_BLOCKS`] blocks: the first key of each, and a Bloom filter over all their keys.

use std::sync::Arc;

use nguon_ledger::hash::Hash;
use nguon_ledger::state::filter::{Filter, FilterKey};
use nguon_ledger::state::wire::{from_bytes, to_bytes};

use crate::index::IndexError;
use crate::index::codec::CodecError;
use crate::index::sled_tree::{Pair, SledTree};

/// A block is closed when it has grown to so many bytes. sled keeps 16 values on a page and a page in one segment of 512 KiB, so a block must stay
/// well below 32 KiB; a longer value than that makes a block of its own.
const BLOCK_BYTES: usize = 4_096;
/// Blocks under one guide: with some 60 pairs in each, the filter is 2.5 KiB and the keys 1 KiB.
const GUIDE_BLOCKS: usize = 32;

/// What sled's keys begin with; a manifest stands before them all.
const BLOCK: u8 = 1;
const GUIDE: u8 = 2;

/// A run as the manifest knows it: number, how many times its pairs were merged, blocks, guides.
pub(super) type Entry = (u64, u8, u32, u32);

/// A key with its value, where they lie.
pub(super) type PairRef<'b> = (&'b [u8], &'b [u8]);

/// A run, as far as it is in memory: a key for each guide, which is a byte for some fifty pairs.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) number: u64,
    /// How many times its pairs were merged.
    pub(super) level: u8,
    blocks: u32,
    /// The first key under each guide.
    firsts: Vec<Box<[u8]>>,
}

/// What a guide says.
#[derive(Debug)]
pub(super) struct Guide {
    /// The first key of each block.
    firsts: Vec<Vec<u8>>,
    filter: Filter,
    /// Its own length in sled.
    pub(super) bytes: usize,
}

/// What the filters see of a key.
pub(super) fn filter_key(key: &[u8]) -> FilterKey {
    Hash::of(key).as_bytes().first_chunk().copied().unwrap_or_default()
}

/// sled's keys of a run's blocks or guides begin with this.
fn prefix(kind: u8, run: u64) -> Vec<u8> {
    [&[kind], run.to_be_bytes().as_slice()].concat()
}

fn sled_key(kind: u8, run: u64, number: u32) -> Vec<u8> {
    [prefix(kind, run).as_slice(), &number.to_be_bytes()].concat()
}

/// Removes what sled holds of a run.
pub(super) fn remove(tree: &SledTree, run: u64) -> Result<(), IndexError> {
    tree.remove(&prefix(GUIDE, run))?;
    tree.remove(&prefix(BLOCK, run))?;
    Ok(())
}

impl Run {
    /// The run of an entry of the manifest.
    pub(super) fn open(tree: &SledTree, (number, level, blocks, guides): Entry) -> Result<Self, IndexError> {
        let mut firsts = Vec::new();
        for at in 0..guides {
            let guide = Guide::read(tree, number, at)?;
            firsts.push(guide.firsts.into_iter().next().ok_or(CodecError)?.into());
        }
        Ok(Self { number, level, blocks, firsts })
    }

    /// What the manifest says of it.
    pub(super) fn entry(&self) -> Entry {
        (self.number, self.level, self.blocks, u32::try_from(self.firsts.len()).unwrap_or(u32::MAX))
    }

    /// The guide under which a key would be.
    pub(super) fn guide_of(&self, key: &[u8]) -> Option<u32> {
        place(&self.firsts, key)
    }
}

/// The last of ascending first keys that is not above a key.
fn place<K: AsRef<[u8]>>(firsts: &[K], key: &[u8]) -> Option<u32> {
    let after = firsts.partition_point(|first| first.as_ref() <= key);
    u32::try_from(after.checked_sub(1)?).ok()
}

impl Guide {
    pub(super) fn read(tree: &SledTree, run: u64, number: u32) -> Result<Self, IndexError> {
        let bytes = tree.get(&sled_key(GUIDE, run, number))?.ok_or(CodecError)?;
        let (firsts, filter): (Vec<Vec<u8>>, Vec<u8>) = from_bytes(&bytes)?;
        Ok(Self { firsts, filter: Filter::from_bytes(&filter), bytes: bytes.len() })
    }

    pub(super) fn may_hold(&self, key: &FilterKey) -> bool {
        self.filter.may_hold(key)
    }

    /// The block under the guide in which a key would be.
    fn block_of(&self, number: u32, key: &[u8]) -> Option<u32> {
        let guides_before = number.checked_mul(u32::try_from(GUIDE_BLOCKS).ok()?)?;
        guides_before.checked_add(place(&self.firsts, key)?)
    }
}

/// The value of a key in the block that a guide names.
pub(super) fn get(
    tree: &SledTree,
    run: u64,
    (number, guide): (u32, &Guide),
    key: &[u8],
) -> Result<Option<Vec<u8>>, IndexError> {
    let Some(block) = guide.block_of(number, key) else { return Ok(None) };
    let block = tree.get(&sled_key(BLOCK, run, block))?.ok_or(CodecError)?;
    let mut rest = block.as_slice();
    while !rest.is_empty() {
        let ((found, value), after) = split_pair(rest)?;
        if found >= key {
            return Ok((found == key).then(|| value.to_vec()));
        }
        rest = after;
    }
    Ok(None)
}

/// The first pair of a block, and what follows it.
fn split_pair(block: &[u8]) -> Result<(PairRef<'_>, &[u8]), CodecError> {
    let (key_length, rest) = block.split_first_chunk::<2>().ok_or(CodecError)?;
    let (length, rest) = rest.split_first_chunk::<4>().ok_or(CodecError)?;
    let (key, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*key_length))).ok_or(CodecError)?;
    let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| CodecError)?;
    let (value, rest) = rest.split_at_checked(length).ok_or(CodecError)?;
    Ok(((key, value), rest))
}

/// Goes through a run's pairs, ascending.
#[derive(Debug)]
pub(super) struct Cursor<'t> {
    tree: &'t SledTree,
    run: Arc<Run>,
    /// The block after this one.
    next_block: u32,
    block: Vec<u8>,
    /// Where in the block the pair begins that is shown.
    at: usize,
}

impl<'t> Cursor<'t> {
    /// At the first pair.
    pub(super) fn first(tree: &'t SledTree, run: &Arc<Run>) -> Result<Self, IndexError> {
        Self::at_block(tree, run, 0)
    }

    /// At the first pair whose key is not below this one. `guide` is the one under which the key would be, with its number.
    pub(super) fn seek(
        tree: &'t SledTree,
        run: &Arc<Run>,
        guide: Option<(u32, &Guide)>,
        key: &[u8],
    ) -> Result<Self, IndexError> {
        let block = guide.and_then(|(number, guide)| guide.block_of(number, key)).unwrap_or(0);
        let mut cursor = Self::at_block(tree, run, block)?;
        while let Some((found, _)) = cursor.pair()?
            && found < key
        {
            cursor.advance()?;
        }
        Ok(cursor)
    }

    fn at_block(tree: &'t SledTree, run: &Arc<Run>, next_block: u32) -> Result<Self, IndexError> {
        let mut cursor = Self { tree, run: Arc::clone(run), next_block, block: Vec::new(), at: 0 };
        cursor.load()?;
        Ok(cursor)
    }

    /// Reads the next block if this one has ended.
    fn load(&mut self) -> Result<(), IndexError> {
        if self.at >= self.block.len() && self.next_block < self.run.blocks {
            let key = sled_key(BLOCK, self.run.number, self.next_block);
            self.block = self.tree.get(&key)?.ok_or(CodecError)?;
            self.at = 0;
            self.next_block += 1;
        }
        Ok(())
    }

    /// The pair that it stands at; none at the end.
    pub(super) fn pair(&self) -> Result<Option<PairRef<'_>>, CodecError> {
        let rest = self.block.get(self.at..).unwrap_or_default();
        if rest.is_empty() { Ok(None) } else { split_pair(rest).map(|(pair, _)| Some(pair)) }
    }

    /// Goes on to the next pair.
    pub(super) fn advance(&mut self) -> Result<(), IndexError> {
        let rest = self.block.get(self.at..).unwrap_or_default();
        if !rest.is_empty() {
            let (_, after) = split_pair(rest)?;
            self.at = self.block.len() - after.len();
        }
        self.load()
    }
}

/// Makes a run of pairs that come ascending.
#[derive(Debug)]
pub(super) struct Writer {
    run: Run,
    block: Vec<u8>,
    /// First keys of the blocks under the guide in the making, the open block among them.
    firsts: Vec<Vec<u8>>,
    filter_keys: Vec<FilterKey>,
    /// What sled is to hold of it, as far as nobody took it.
    ready: Vec<Pair>,
}

impl Writer {
    /// Begins a run.
    pub(super) const fn new(number: u64, level: u8) -> Self {
        let run = Run { number, level, blocks: 0, firsts: Vec::new() };
        Self { run, block: Vec::new(), firsts: Vec::new(), filter_keys: Vec::new(), ready: Vec::new() }
    }

    /// Adds a pair.
    pub(super) fn push(&mut self, key: &[u8], value: &[u8]) -> Result<(), CodecError> {
        if self.block.is_empty() {
            self.firsts.push(key.to_vec());
        }
        let key_length = u16::try_from(key.len()).map_err(|_| CodecError)?;
        self.block.extend_from_slice(&key_length.to_be_bytes());
        self.block.extend_from_slice(&u32::try_from(value.len()).map_err(|_| CodecError)?.to_be_bytes());
        self.block.extend_from_slice(key);
        self.block.extend_from_slice(value);
        self.filter_keys.push(filter_key(key));
        if self.block.len() >= BLOCK_BYTES {
            self.end_block()?;
        }
        Ok(())
    }

    fn end_block(&mut self) -> Result<(), CodecError> {
        let key = sled_key(BLOCK, self.run.number, self.run.blocks);
        let room = Vec::with_capacity(self.block.len());
        self.ready.push((key, std::mem::replace(&mut self.block, room)));
        self.run.blocks = self.run.blocks.checked_add(1).ok_or(CodecError)?;
        if self.firsts.len() >= GUIDE_BLOCKS { self.end_guide() } else { Ok(()) }
    }

    fn end_guide(&mut self) -> Result<(), CodecError> {
        let mut filter = Filter::for_keys(u64::try_from(self.filter_keys.len()).map_err(|_| CodecError)?);
        self.filter_keys.drain(..).for_each(|key| filter.insert(&key));
        let firsts = std::mem::take(&mut self.firsts);
        let number = u32::try_from(self.run.firsts.len()).map_err(|_| CodecError)?;
        let first: Box<[u8]> = firsts.first().ok_or(CodecError)?.as_slice().into();
        self.ready.push((sled_key(GUIDE, self.run.number, number), to_bytes(&(firsts, filter.to_bytes()))?));
        self.run.firsts.push(first);
        Ok(())
    }

    /// How many values wait to be taken.
    pub(super) const fn ready(&self) -> usize {
        self.ready.len()
    }

    /// What is ready to be written to sled.
    pub(super) fn take(&mut self) -> Vec<Pair> {
        std::mem::take(&mut self.ready)
    }

    /// Ends the run: the run, and what is still to be written to sled.
    pub(super) fn finish(mut self) -> Result<(Run, Vec<Pair>), CodecError> {
        if !self.block.is_empty() {
            self.end_block()?;
        }
        if !self.firsts.is_empty() {
            self.end_guide()?;
        }
        Ok((self.run, self.ready))
    }
}
