//! Where an audit stands, as a file: with the runs beside it a later audit goes on from there.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, bail, ensure};
use nguon_ledger::hash::{HASH_BYTES, Hash};
use nguon_ledger::identifier::Origin;
use nguon_ledger::state::wire::{FORMAT, decode_key, decode_record, encode_key, encode_record, from_bytes, to_bytes};
use nguon_ledger::state::{Key, Record};
use nguon_ledger::time::UnixMillis;
use nguon_ledger::tree::TreeSize;
use nguon_verifier::audit::Suspended;

const MAGIC: [u8; 8] = *b"nguonaud";

/// A checkpoint that an audit ended with. The log must contain it for ever.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Promise {
    pub(crate) size: TreeSize,
    pub(crate) root: Hash,
    /// The signed note, to be shown to whoever doubts it.
    pub(crate) note: String,
}

/// Where an audit stands.
#[derive(Clone, Debug)]
pub(crate) struct Saved {
    /// The log's verifier key.
    pub(crate) vkey: String,
    pub(crate) suspended: Suspended,
    pub(crate) promise: Option<Promise>,
    /// Whether signatures were checked in batches so far.
    pub(crate) is_fast: bool,
    pub(super) runs: Vec<(u8, u64)>,
    pub(super) registry: BTreeMap<Key, Record>,
}

type Row = (u64, Vec<u8>);

/// Format, origin, key, whether fast; size, last leaf hash, time; frontier; rows; promise; runs; number of registry records.
type Head = (
    (u32, String, String, bool),
    (u64, [u8; HASH_BYTES], Option<i64>),
    Vec<[u8; HASH_BYTES]>,
    Vec<Row>,
    Option<(u64, [u8; HASH_BYTES], String)>,
    Vec<(u8, u64)>,
    u64,
);

impl Saved {
    pub(crate) const fn new(vkey: String, suspended: Suspended, promise: Option<Promise>, is_fast: bool) -> Self {
        Self { vkey, suspended, promise, is_fast, runs: Vec::new(), registry: BTreeMap::new() }
    }

    /// Reads what was saved; `None` if nothing was.
    pub(super) fn read(path: &Path, origin: &Origin) -> anyhow::Result<Option<Self>> {
        let bytes = match std::fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error).with_context(|| path.display().to_string()),
        };
        let damaged =
            || format!("{} is damaged or of another version: remove its folder and audit anew", path.display());
        let (body, sum) = bytes.split_last_chunk::<HASH_BYTES>().with_context(damaged)?;
        ensure!(Hash::of(body).as_bytes() == sum, damaged());
        let mut parts = Parts(body.strip_prefix(&MAGIC).with_context(damaged)?);
        let head: Head = from_bytes(parts.next().with_context(damaged)?).ok().with_context(damaged)?;
        let ((format, of_origin, vkey, is_fast), (size, previous, received_at), frontier, rows, promise, runs, count) =
            head;
        ensure!(format == FORMAT, damaged());
        if of_origin != origin.as_str() {
            bail!("{} is the state of another ledger, {of_origin}: give another folder", path.display());
        }
        let mut registry = BTreeMap::new();
        for _ in 0..count {
            let (key, record) = parts.next().zip(parts.next()).with_context(damaged)?;
            let record = decode_record(origin, record).with_context(damaged)?;
            registry.insert(decode_key(origin, key).with_context(damaged)?, record);
        }
        let suspended = Suspended {
            size: TreeSize::new(size),
            frontier: frontier.into_iter().map(Hash::from_bytes).collect(),
            rows,
            previous: Hash::from_bytes(previous),
            received_at: received_at.map(UnixMillis::new),
        };
        let promise =
            promise.map(|(size, root, note)| Promise { size: TreeSize::new(size), root: Hash::from_bytes(root), note });
        Ok(Some(Self { vkey, suspended, promise, is_fast, runs, registry }))
    }

    /// Writes all of it under a temporary name, makes it durable, and puts it in place.
    pub(super) fn write(
        &self,
        path: &Path,
        origin: &Origin,
        runs: Vec<(u8, u64)>,
        registry: &BTreeMap<Key, Record>,
    ) -> anyhow::Result<()> {
        let suspended = &self.suspended;
        let head: Head = (
            (FORMAT, origin.as_str().to_owned(), self.vkey.clone(), self.is_fast),
            (suspended.size.get(), *suspended.previous.as_bytes(), suspended.received_at.map(UnixMillis::get)),
            suspended.frontier.iter().map(|hash| *hash.as_bytes()).collect(),
            suspended.rows.clone(),
            self.promise.as_ref().map(|promise| (promise.size.get(), *promise.root.as_bytes(), promise.note.clone())),
            runs,
            u64::try_from(registry.len())?,
        );
        let mut bytes = MAGIC.to_vec();
        push(&mut bytes, &to_bytes(&head)?)?;
        for (key, record) in registry {
            push(&mut bytes, &encode_key(key)?)?;
            push(&mut bytes, &encode_record(record)?)?;
        }
        let sum = Hash::of(&bytes);
        bytes.extend_from_slice(sum.as_bytes());
        let writing = || format!("cannot write {}: free space or give another folder", path.display());
        let temporary = path.with_extension("tmp");
        let mut file = File::create(&temporary).with_context(writing)?;
        file.write_all(&bytes).and_then(|()| file.sync_all()).with_context(writing)?;
        std::fs::rename(&temporary, path).with_context(writing)?;
        let folder = path.parent().context("the state has no folder")?;
        File::open(folder).and_then(|folder| folder.sync_all()).with_context(writing)
    }
}

fn push(bytes: &mut Vec<u8>, part: &[u8]) -> anyhow::Result<()> {
    bytes.extend_from_slice(&u32::try_from(part.len())?.to_be_bytes());
    bytes.extend_from_slice(part);
    Ok(())
}

/// Parts of a file, each behind its length.
struct Parts<'b>(&'b [u8]);

impl<'b> Parts<'b> {
    fn next(&mut self) -> Option<&'b [u8]> {
        let (length, rest) = self.0.split_first_chunk::<4>()?;
        let (part, rest) = rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
        self.0 = rest;
        Some(part)
    }
}
