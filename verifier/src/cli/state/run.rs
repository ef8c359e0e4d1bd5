//! Sorted runs: files of records by key, written once, searched without being read whole.
//!
//! A run is blocks of about [`BLOCK_BYTES`], each with a checksum behind it; then where each block begins, a Bloom filter over the keys, and
//! a foot with a checksum over both. In memory are the foot's parts: 10 bits for a key and 40 bytes for a block.

use std::fs::File;
use std::io::{BufReader, BufWriter, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use nguon_ledger::hash::Hash;
use nguon_ledger::state::filter::{Filter, FilterKey};

/// Length of a key: one byte for its kind and 23 of a hash. Two hashes that agree in 184 bits are not found by anybody.
pub(super) const KEY_BYTES: usize = 24;
/// A key.
pub(super) type RunKey = [u8; KEY_BYTES];

/// A block is closed when it has grown to so many bytes.
const BLOCK_BYTES: usize = 4_096;
/// Bytes of a checksum, taken from SHA-256.
const CHECK_BYTES: usize = 8;
const MAGIC: [u8; 8] = *b"nguonrun";
/// Magic, number of records, bytes of the fences, bytes of the filter, checksum.
const FOOT_BYTES: usize = 8 + 8 + 8 + 8 + CHECK_BYTES;
/// Key, offset (8) and length (4) of a block.
const FENCE_BYTES: usize = KEY_BYTES + 12;

/// Where a block stands, and its first key.
#[derive(Clone, Copy, Debug)]
struct Fence {
    first: RunKey,
    offset: u64,
    length: u32,
}

/// A run, open for reading.
#[derive(Debug)]
pub(super) struct Run {
    path: PathBuf,
    file: File,
    fences: Vec<Fence>,
    filter: Filter,
    records: u64,
}

impl Run {
    /// Opens a run and checks its foot. Blocks are checked when they are read.
    pub(super) fn open(path: &Path) -> anyhow::Result<Self> {
        let damaged = || format!("{} is damaged: remove the state folder and audit anew", path.display());
        let mut file = File::open(path).with_context(damaged)?;
        let length = file.metadata()?.len();
        let foot_at = length.checked_sub(u64::try_from(FOOT_BYTES)?).with_context(damaged)?;
        let mut foot = [0; FOOT_BYTES];
        file.read_exact_at(&mut foot, foot_at)?;
        let number =
            |at: usize| foot.get(at..at + 8).and_then(|bytes| bytes.try_into().ok()).map_or(0, u64::from_be_bytes);
        let (records, fence_bytes, filter_bytes) = (number(8), number(16), number(24));
        let start = fence_bytes.checked_add(filter_bytes).and_then(|bytes| foot_at.checked_sub(bytes));
        file.seek(SeekFrom::Start(start.with_context(damaged)?))?;
        let mut body = Vec::new();
        std::io::Read::by_ref(&mut file).take(fence_bytes.saturating_add(filter_bytes)).read_to_end(&mut body)?;
        body.extend_from_slice(foot.get(..FOOT_BYTES - CHECK_BYTES).unwrap_or_default());
        ensure!(foot.starts_with(&MAGIC) && foot.ends_with(&check(&body)), damaged());
        let (fences, rest) = body.split_at_checked(usize::try_from(fence_bytes)?).with_context(damaged)?;
        let fences = fences.chunks_exact(FENCE_BYTES).filter_map(Fence::parse).collect();
        let filter = Filter::from_bytes(rest.get(..usize::try_from(filter_bytes)?).with_context(damaged)?);
        Ok(Self { path: path.to_owned(), file, fences, filter, records })
    }

    /// How many records it has.
    pub(super) const fn records(&self) -> u64 {
        self.records
    }

    /// The value of a key.
    pub(super) fn get(&self, key: &RunKey) -> anyhow::Result<Option<Vec<u8>>> {
        if !self.filter.may_hold(&filter_key(key)) {
            return Ok(None);
        }
        let after = self.fences.partition_point(|fence| fence.first <= *key);
        let Some(fence) = after.checked_sub(1).and_then(|at| self.fences.get(at)) else { return Ok(None) };
        let mut block = vec![0; usize::try_from(fence.length)?];
        self.file.read_exact_at(&mut block, fence.offset).with_context(|| self.path.display().to_string())?;
        let records = self.checked(&block)?;
        Ok(Records(records).find(|(found, _)| *found == key).map(|(_, value)| value.to_vec()))
    }

    /// All records in the order of keys.
    pub(super) fn scan(&self) -> anyhow::Result<Scan<'_>> {
        let mut file = BufReader::with_capacity(1 << 18, self.file.try_clone()?);
        file.seek(SeekFrom::Start(0))?;
        Ok(Scan { run: self, file, next_block: 0, block: Vec::new(), at: 0 })
    }

    fn checked<'b>(&self, block: &'b [u8]) -> anyhow::Result<&'b [u8]> {
        let (records, sum) = block.split_at_checked(block.len().saturating_sub(CHECK_BYTES)).unwrap_or_default();
        ensure!(sum == check(records), "{} is damaged: remove the state folder and audit anew", self.path.display());
        Ok(records)
    }
}

impl Fence {
    fn parse(bytes: &[u8]) -> Option<Self> {
        let (first, rest) = bytes.split_first_chunk::<KEY_BYTES>()?;
        let (offset, length) = rest.split_first_chunk::<8>()?;
        Some(Self {
            first: *first,
            offset: u64::from_be_bytes(*offset),
            length: u32::from_be_bytes(length.try_into().ok()?),
        })
    }
}

/// The first byte is the kind; the hash follows.
fn filter_key(key: &RunKey) -> FilterKey {
    key.get(1..).and_then(|hash| hash.first_chunk()).copied().unwrap_or_default()
}

fn check(bytes: &[u8]) -> [u8; CHECK_BYTES] {
    Hash::of(bytes).as_bytes().first_chunk().copied().unwrap_or_default()
}

/// The records of a block: key, length (4), value.
struct Records<'b>(&'b [u8]);

impl<'b> Iterator for Records<'b> {
    type Item = (&'b RunKey, &'b [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (key, rest) = self.0.split_first_chunk::<KEY_BYTES>()?;
        let (length, rest) = rest.split_first_chunk::<4>()?;
        let (value, rest) = rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
        self.0 = rest;
        Some((key, value))
    }
}

/// Goes through a run from its beginning to its end.
pub(super) struct Scan<'r> {
    run: &'r Run,
    file: BufReader<File>,
    next_block: usize,
    block: Vec<u8>,
    /// Where in the block the record begins that is shown.
    at: usize,
}

impl Scan<'_> {
    /// The record that it stands at; none at the end.
    pub(super) fn record(&self) -> Option<(&RunKey, &[u8])> {
        Records(self.block.get(self.at..).unwrap_or_default()).next()
    }

    /// Goes on to the next record, from before the first one to that.
    pub(super) fn advance(&mut self) -> anyhow::Result<()> {
        let mut records = Records(self.block.get(self.at..).unwrap_or_default());
        if records.next().is_some() {
            self.at = self.block.len() - records.0.len();
        }
        while self.record().is_none()
            && let Some(fence) = self.run.fences.get(self.next_block)
        {
            self.next_block += 1;
            self.block.resize(usize::try_from(fence.length)?, 0);
            self.file.read_exact(&mut self.block)?;
            let length = self.run.checked(&self.block)?.len();
            self.block.truncate(length);
            self.at = 0;
        }
        Ok(())
    }
}

/// Writes a run, record after record in the order of keys.
pub(super) struct Writer {
    path: PathBuf,
    file: BufWriter<File>,
    block: Vec<u8>,
    block_first: RunKey,
    offset: u64,
    fences: Vec<u8>,
    filter: Filter,
    records: u64,
}

impl Writer {
    /// Begins a run of at most so many records.
    pub(super) fn create(path: &Path, records: u64) -> anyhow::Result<Self> {
        let file = File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
        Ok(Self {
            path: path.to_owned(),
            file: BufWriter::with_capacity(1 << 18, file),
            block: Vec::new(),
            block_first: [0; KEY_BYTES],
            offset: 0,
            fences: Vec::new(),
            filter: Filter::for_keys(records),
            records: 0,
        })
    }

    pub(super) fn push(&mut self, key: &RunKey, value: &[u8]) -> anyhow::Result<()> {
        if self.block.is_empty() {
            self.block_first = *key;
        }
        self.block.extend_from_slice(key);
        self.block.extend_from_slice(&u32::try_from(value.len())?.to_be_bytes());
        self.block.extend_from_slice(value);
        self.filter.insert(&filter_key(key));
        self.records += 1;
        if self.block.len() >= BLOCK_BYTES { self.end_block() } else { Ok(()) }
    }

    fn end_block(&mut self) -> anyhow::Result<()> {
        let sum = check(&self.block);
        self.block.extend_from_slice(&sum);
        let length = u32::try_from(self.block.len())?;
        self.file.write_all(&self.block).with_context(|| format!("cannot write {}", self.path.display()))?;
        self.fences.extend_from_slice(&self.block_first);
        self.fences.extend_from_slice(&self.offset.to_be_bytes());
        self.fences.extend_from_slice(&length.to_be_bytes());
        self.offset += u64::from(length);
        self.block.clear();
        Ok(())
    }

    /// Ends the run and opens it. It is durable only if `is_kept`.
    pub(super) fn finish(mut self, is_kept: bool) -> anyhow::Result<Run> {
        if !self.block.is_empty() {
            self.end_block()?;
        }
        let filter = self.filter.to_bytes();
        let lengths = [self.records, u64::try_from(self.fences.len())?, u64::try_from(filter.len())?];
        let mut body = [self.fences, filter].concat();
        body.extend_from_slice(&MAGIC);
        lengths.iter().for_each(|length| body.extend_from_slice(&length.to_be_bytes()));
        let sum = check(&body);
        body.extend_from_slice(&sum);
        let writing = || format!("cannot write {}", self.path.display());
        self.file.write_all(&body).with_context(writing)?;
        let file = self.file.into_inner().with_context(writing)?;
        if is_kept {
            file.sync_all().with_context(writing)?;
        }
        drop(file);
        Run::open(&self.path)
    }
}

/// Makes one run of several, the newest first: where a key stands in more than one, the newest says what it is.
pub(super) fn merge(runs: &[Arc<Run>], path: &Path, is_kept: bool) -> anyhow::Result<Run> {
    let mut writer = Writer::create(path, runs.iter().map(|run| run.records()).sum())?;
    let mut scans = runs.iter().map(|run| run.scan()).collect::<Result<Vec<_>, _>>()?;
    scans.iter_mut().try_for_each(Scan::advance)?;
    // Of equal keys the first is the least, and that is the newest one's.
    while let Some((key, value)) = scans.iter().filter_map(Scan::record).min_by_key(|(key, _)| *key) {
        writer.push(key, value)?;
        let key = *key;
        for scan in &mut scans {
            if scan.record().is_some_and(|(found, _)| *found == key) {
                scan.advance()?;
            }
        }
    }
    writer.finish(is_kept)
}
