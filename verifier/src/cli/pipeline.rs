//! Audits batch after batch: every core prepares batches, each applies its own when its turn comes.
//!
//! Memory is that of a few batches for each thread, because a thread takes the next ones only when its last ones are applied.

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::thread;

use nguon_ledger::checkpoint::SignedCheckpoint;
use nguon_ledger::identifier::Origin;
use nguon_ledger::key::Keys;
use nguon_ledger::tree::LeafIndex;
use nguon_verifier::audit::{AuditCheck, Auditor, Finding, Opened, Prepared, Signatures, Suspended, open_all};

use super::journal::Acknowledged;
use super::source::{BATCH_ENTRIES, Loader, LogKeys, Plan, Source, Stored, check_length, hash_at};
use super::state::{Promise, Saved, State};
use super::trust;

/// Bundles whose signatures are verified together: 1,024 signatures. Twice as many were measured to gain nothing and to take 50 MB more.
const BUNDLES_TOGETHER: usize = 4;
/// Threads of an audit over HTTP, most of which wait for answers.
const HTTP_THREADS: usize = 8;

/// How far an audit came.
pub(super) struct Audit {
    pub(super) auditor: Auditor<State>,
    /// Where it stood before the last bundle, if that is not full.
    pub(super) parked: Option<Suspended>,
    /// What an earlier audit ended with.
    pub(super) promise: Option<Promise>,
    /// The last checkpoint that the tree agreed with.
    pub(super) checkpoint: Option<SignedCheckpoint>,
    /// The last one of these with more signatures than the log's.
    pub(super) cosigned: Option<SignedCheckpoint>,
    /// What is not as it must be.
    pub(super) finding: Option<Finding>,
}

/// How an audit is done.
pub(super) struct Options<'p> {
    /// Keys of the log whose word is taken.
    pub(super) keys: &'p LogKeys,
    pub(super) signatures: Signatures,
    /// Told the number of entries audited so far.
    pub(super) progress: &'p (dyn Fn(u64) + Sync),
    /// Set when the audit should end early.
    pub(super) is_interrupted: &'p AtomicBool,
}

/// Told of every entry that passed, in order.
pub(super) type Visit<'v> = dyn FnMut(&Prepared<'_>) + Send + 'v;

/// What goes in order.
struct Turn<'v> {
    /// The batch to be applied next.
    number: u64,
    audit: Audit,
    error: Option<anyhow::Error>,
    visit: &'v mut Visit<'v>,
}

impl Turn<'_> {
    const fn is_over(&self) -> bool {
        self.audit.finding.is_some() || self.error.is_some()
    }
}

struct Pipeline<'p> {
    origin: Origin,
    source: Mutex<Source>,
    loader: Loader,
    options: &'p Options<'p>,
    turn: Mutex<Turn<'p>>,
    changed: Condvar,
}

/// Audits a whole log from its beginning. `progress` is told the number of entries audited so far.
pub(super) fn run<'v>(
    source: Source,
    origin: Origin,
    keys: &'v LogKeys,
    progress: &'v (dyn Fn(u64) + Sync),
    visit: &'v mut Visit<'v>,
) -> anyhow::Result<Audit> {
    let auditor = Auditor::with_state(origin.clone(), State::temporary(origin));
    let is_interrupted = AtomicBool::new(false);
    let options = Options { keys, signatures: Signatures::Strict, progress, is_interrupted: &is_interrupted };
    go_on(source, Audit::new(auditor, None), &options, visit)
}

/// Audits what a log holds beyond what was audited. The source must begin there.
pub(super) fn go_on<'v>(
    source: Source,
    audit: Audit,
    options: &'v Options<'v>,
    visit: &'v mut Visit<'v>,
) -> anyhow::Result<Audit> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    // One more than cores: while a thread waits for its turn another one uses its core.
    let threads = if matches!(source, Source::Log(_)) { cores.saturating_add(1).max(HTTP_THREADS) } else { cores + 1 };
    let pipeline = Pipeline {
        origin: audit.auditor.origin().clone(),
        loader: source.loader(),
        turn: Mutex::new(Turn { number: source.number(), audit, error: None, visit }),
        source: Mutex::new(source),
        options,
        changed: Condvar::new(),
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(|| pipeline.work())).collect();
        for worker in workers {
            if let Err(panic) = worker.join() {
                resume_unwind(panic);
            }
        }
    });
    let turn = pipeline.turn.into_inner().unwrap_or_else(PoisonError::into_inner);
    match turn.error {
        Some(error) => Err(error),
        None => Ok(turn.audit),
    }
}

impl Pipeline<'_> {
    fn work(&self) {
        // Without randomness of the system's, signatures are verified one by one.
        let mut seed = [0; 32];
        let mut keys = getrandom::fill(&mut seed).map_or_else(|_| Keys::new(), |()| Keys::with_seed(seed));
        loop {
            let loaded: Vec<_> = self.take().into_iter().map(|(number, plan)| self.load(number, plan)).collect();
            if loaded.is_empty() {
                return;
            }
            for (loaded, (batch, opened)) in loaded.iter().zip(open_together(&loaded, self.options, &mut keys)) {
                if !self.apply_in_turn(loaded, batch, opened) {
                    return;
                }
            }
        }
    }

    /// The next batches to be loaded; none when there is none or all is over.
    fn take(&self) -> Vec<(u64, anyhow::Result<Plan>)> {
        let mut source = self.source.lock().unwrap_or_else(PoisonError::into_inner);
        let is_over = self.turn.lock().unwrap_or_else(PoisonError::into_inner).is_over();
        if is_over || self.options.is_interrupted.load(Ordering::Relaxed) {
            return Vec::new();
        }
        let mut plans = Vec::with_capacity(BUNDLES_TOGETHER);
        while plans.len() < BUNDLES_TOGETHER {
            match source.next() {
                Ok(None) => break,
                Ok(Some(plan)) => plans.push((plan.number, Ok(plan))),
                Err(error) => {
                    plans.push((source.number(), Err(error)));
                    break;
                }
            }
        }
        plans
    }

    fn load(&self, number: u64, plan: anyhow::Result<Plan>) -> Loaded {
        match plan.and_then(|plan| Ok((self.loader.load(&plan)?, plan))) {
            Ok(stored) => Loaded { number, stored: Some(stored), error: Mutex::new(None) },
            Err(error) => Loaded { number, stored: None, error: Mutex::new(Some(error)) },
        }
    }

    /// Applies a batch when all before it are applied; whether the audit goes on.
    fn apply_in_turn(&self, loaded: &Loaded, batch: Option<Batch<'_>>, opened: Vec<Opened<'_>>) -> bool {
        let stated: Vec<_> = opened.into_iter().map(Opened::read).collect();
        let entries: Vec<_> = stated.iter().map(|stated| stated.prepare(&self.origin)).collect();
        let mut turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        while turn.number != loaded.number && !turn.is_over() {
            turn = self.changed.wait(turn).unwrap_or_else(PoisonError::into_inner);
        }
        if turn.is_over() {
            return false;
        }
        let result = match batch {
            Some(batch) => {
                let Turn { audit, visit, .. } = &mut *turn;
                batch.apply(&entries, audit, &self.loader, visit).and_then(|result| match result {
                    Ok(()) => audit.settle(self.options).map(Ok),
                    Err(finding) => Ok(Err(finding)),
                })
            }
            None => loaded.error.lock().unwrap_or_else(PoisonError::into_inner).take().map_or(Ok(Ok(())), Err),
        };
        match result {
            Ok(Ok(())) => {}
            Ok(Err(finding)) => turn.audit.finding = Some(finding),
            Err(error) => turn.error = Some(error),
        }
        turn.number = turn.number.saturating_add(1);
        (self.options.progress)(turn.audit.auditor.size().get());
        let goes_on = !turn.is_over();
        drop(turn);
        self.changed.notify_all();
        goes_on
    }
}

/// A batch with its bytes, or why it has none.
struct Loaded {
    number: u64,
    stored: Option<(Stored, Plan)>,
    error: Mutex<Option<anyhow::Error>>,
}

/// Takes several batches apart: signatures verified together cost the less, the more they are.
fn open_together<'a>(
    loaded: &'a [Loaded],
    options: &Options<'_>,
    keys: &mut Keys,
) -> Vec<(Option<Batch<'a>>, Vec<Opened<'a>>)> {
    let read = |loaded: &'a Loaded| loaded.stored.as_ref().map(|(stored, plan)| Batch::read(stored, plan, options));
    let (batches, bytes): (Vec<_>, Vec<_>) = loaded
        .iter()
        .map(|loaded| read(loaded).map_or((None, Vec::new()), |(batch, bytes)| (Some(batch), bytes)))
        .unzip();
    let mut opened = open_all(&bytes.concat(), keys, options.signatures).into_iter();
    batches.into_iter().zip(&bytes).map(|(batch, bytes)| (batch, opened.by_ref().take(bytes.len()).collect())).collect()
}

/// What is compared with a batch's entries.
struct Batch<'a> {
    plan: &'a Plan,
    stored: &'a Stored,
    /// Why the bundle is not just these entries.
    end: Result<(), &'static str>,
    copies: Vec<(&'a str, Vec<&'a [u8]>)>,
    copies_end: Result<(), Finding>,
    checkpoints: Vec<(u64, Result<SignedCheckpoint, Finding>)>,
}

impl<'a> Batch<'a> {
    /// Takes a batch apart, into its entries and what is compared with them.
    fn read(stored: &'a Stored, plan: &'a Plan, options: &Options<'_>) -> (Self, Vec<&'a [u8]>) {
        let (entries, end) = match &stored.bundle {
            Some(bundle) => bundle.split(plan.count),
            None => (plan.entries().map(|(_, _, bytes)| bytes).collect(), Ok(())),
        };
        let checkpoints = plan.journal.iter().filter_map(|item| match item {
            Acknowledged::Checkpoint { size, note } => Some((*size, trust::open(note, options.keys))),
            Acknowledged::Entry { .. } | Acknowledged::Fault(_) => None,
        });
        // The copy of the newest one comes last and may be of any size.
        let mut checkpoints: Vec<_> = checkpoints.collect();
        checkpoints.sort_by_key(|(size, _)| *size);
        let mut copies = Vec::new();
        let mut copies_end = Ok(());
        for copy in &stored.copies {
            let width = copy.width.min(plan.count);
            let (entries, end) = copy.split(width);
            // Entries that differ are told first, for they can be named.
            let fault = |detail| Err(Finding::new(AuditCheck::EntryBytes, format!("{}: {detail}", copy.name)));
            copies_end = copies_end.and_then(|()| end.or_else(fault));
            copies.push((copy.name.as_str(), entries));
        }
        (Self { plan, stored, end, copies, copies_end, checkpoints }, entries)
    }

    /// Does what depends on the batches before. An error is one of reading; a finding is about the log.
    fn apply(
        self,
        entries: &[Prepared<'_>],
        audit: &mut Audit,
        loader: &Loader,
        visit: &mut Visit<'_>,
    ) -> anyhow::Result<Result<(), Finding>> {
        if self.plan.count < BATCH_ENTRIES && audit.auditor.state().is_kept() {
            audit.auditor.state_mut().park()?;
            audit.parked = Some(audit.auditor.suspend());
        }
        match self.apply_entries(entries, audit, visit) {
            Ok(()) => {}
            Err(Stop::Finding(finding)) => return Ok(Err(finding)),
            Err(Stop::Error(error)) => return Err(error),
        }
        for tile in audit.auditor.take_full_tiles() {
            // Level 0 was compared entry by entry.
            if tile.path().kind() != nguon_ledger::tile::TileKind::Hashes(0)
                && let Err(finding) = loader.compare(&tile)?
            {
                return Ok(Err(finding));
            }
        }
        Ok(Ok(()))
    }

    fn apply_entries(self, entries: &[Prepared<'_>], audit: &mut Audit, visit: &mut Visit<'_>) -> Result<(), Stop> {
        let first = self.plan.first();
        if let Some(hashes) = &self.stored.leaf_hashes {
            check_length(hashes, self.plan.count, first)?;
        }
        let mut acknowledged = self.plan.entries().peekable();
        let mut checkpoints = self.checkpoints.into_iter().peekable();
        agree(audit, &mut checkpoints)?;
        for (place, index) in (first..first.saturating_add(self.plan.count)).enumerate() {
            let index = LeafIndex::new(index);
            let Some(entry) = entries.get(place) else {
                let detail = self.end.err().unwrap_or("the entry is missing");
                let finding = Finding::new(AuditCheck::EntryBytes, format!("{detail}: {}", self.stored.name()));
                return Err(finding.at(index).into());
            };
            let tiles = self.stored.leaf_hashes.iter().chain(&self.stored.hash_copies);
            for hash in tiles.filter_map(|tile| hash_at(tile, place)) {
                entry.expect_leaf_hash(index, hash, "the hash tile")?;
            }
            if let Some((_, leaf_hash, bytes)) = acknowledged.next_if(|(at, _, _)| *at == index.get()) {
                entry.expect_leaf_hash(index, leaf_hash, "the journal")?;
                same_bytes(entry.bytes(), bytes, index, "the journal")?;
            }
            for (name, copy) in &self.copies {
                copy.get(place).map_or(Ok(()), |copy| same_bytes(entry.bytes(), copy, index, name))?;
            }
            audit.auditor.try_apply(entry).map_err(Stop::Error)??;
            visit(entry);
            agree(audit, &mut checkpoints)?;
        }
        self.copies_end?;
        self.end.map_err(|detail| Finding::new(AuditCheck::EntryBytes, format!("{detail}: {}", self.stored.name())))?;
        if let Some((size, opened)) = checkpoints.next() {
            // Checkpoints come at the size that they are for, so this one is for none.
            let opened = opened?;
            let finding = Finding::new(AuditCheck::TreeSize, "a checkpoint in the journal is of another size");
            return Err(finding.between(size, opened.checkpoint().size()).into());
        }
        self.plan.journal.iter().try_for_each(|item| match item {
            Acknowledged::Fault(finding) => Err(finding.clone().into()),
            Acknowledged::Entry { .. } | Acknowledged::Checkpoint { .. } => Ok(()),
        })
    }
}

/// Why a batch is not applied to its end.
enum Stop {
    Finding(Finding),
    Error(anyhow::Error),
}

impl From<Finding> for Stop {
    fn from(finding: Finding) -> Self {
        Self::Finding(finding)
    }
}

impl Audit {
    pub(super) const fn new(auditor: Auditor<State>, promise: Option<Promise>) -> Self {
        Self { auditor, parked: None, promise, checkpoint: None, cosigned: None, finding: None }
    }

    /// Writes the state down when there is much of it. Called between batches.
    fn settle(&mut self, options: &Options<'_>) -> anyhow::Result<()> {
        if !self.auditor.state().is_full() {
            return Ok(());
        }
        if self.parked.is_some() || !self.auditor.state().is_kept() {
            return self.auditor.state_mut().flush();
        }
        self.save(options, self.promise.clone())
    }

    /// Saves how far the audit came, so that a later one goes on from there.
    pub(super) fn save(&mut self, options: &Options<'_>, promise: Option<Promise>) -> anyhow::Result<()> {
        let key = options.keys.first().map(ToString::to_string).unwrap_or_default();
        let suspended = self.parked.clone().unwrap_or_else(|| self.auditor.suspend());
        let saved = Saved::new(key, suspended, promise, options.signatures == Signatures::Batch);
        self.auditor.state_mut().save(&saved)
    }

    /// Holds the tree as it is now against what an earlier audit ended with.
    fn keep_promise(&self) -> Result<(), Finding> {
        let Some(promise) = self.promise.as_ref().filter(|promise| promise.size == self.auditor.size()) else {
            return Ok(());
        };
        if promise.root == self.auditor.root() {
            return Ok(());
        }
        let detail = "entries that an earlier audit saw were changed since: the checkpoint that it ended with, kept in the state's folder, \
                      and the log's own entries are signed by one key and cannot both be true";
        Err(Finding::new(AuditCheck::Consistency, detail).between(promise.root, self.auditor.root()))
    }
}

/// Compares the tree as it is now with the checkpoints that are for it.
fn agree(
    audit: &mut Audit,
    checkpoints: &mut std::iter::Peekable<impl Iterator<Item = (u64, Result<SignedCheckpoint, Finding>)>>,
) -> Result<(), Finding> {
    let size = audit.auditor.size().get();
    while let Some((_, opened)) = checkpoints.next_if(|(at, _)| *at == size) {
        let opened = opened?;
        audit.auditor.finish(opened.checkpoint())?;
        if opened.note().signatures().len() > 1 {
            audit.cosigned = Some(opened.clone());
        }
        audit.checkpoint = Some(opened);
    }
    audit.keep_promise()
}

fn same_bytes(one: &[u8], other: &[u8], index: LeafIndex, place: &str) -> Result<(), Finding> {
    if one == other {
        return Ok(());
    }
    let finding = Finding::new(AuditCheck::LeafHash, format!("{place} holds other bytes for this entry")).at(index);
    let hash = nguon_ledger::hash::Hash::of_leaf;
    Err(finding.between(hash(one), hash(other)))
}
