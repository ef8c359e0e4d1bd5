//! The sequencer: one thread owns the end of the log, and commits what waits in groups.
//!
//! A receipt goes out only when the entry, the tree that holds it and the signed checkpoint of that tree are durable. When the store refuses,
//! nothing of the group happened and nobody gets a receipt.

mod group;
mod proofs;
#[cfg(test)]
mod tests;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use ed25519_dalek::SigningKey;
use nguon_ledger::checkpoint::{Checkpoint, SignedCheckpoint};
use nguon_ledger::entry::Entry;
use nguon_ledger::hash::Hash;
use nguon_ledger::journal::FRAME_ENTRIES_MAX;
use nguon_ledger::note::KeyName;
use nguon_ledger::refusal::{Flag, Refusal};
use nguon_ledger::time::UnixMillis;
use nguon_ledger::tree::{CompactTree, LeafIndex, Prover};
use thiserror::Error;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};

use crate::admission::Admitted;
use crate::config::SequencerLimits;
use crate::index::Index;
use crate::metrics::Metrics;
use crate::store::{AppendError, EntryReader, Group as StoreGroup, Head, LogStore, Tiles};
use group::{End, Finished, Group, Placed};

/// Most statements that are submitted together; two such batches fit into a frame.
pub const BATCH_STATEMENTS_MAX: usize = FRAME_ENTRIES_MAX / 2;
/// A statement counts once in the queue for every so many bytes begun.
const BYTES_PER_PERMIT: usize = 4_096;
/// After a refused write the node calls itself not ready for so long; a write that works ends it at once.
const UNREADY: Duration = Duration::from_secs(10);

/// What a producer holds in her hand: her statement is in the ledger, and this proves it.
#[derive(Debug)]
#[non_exhaustive]
pub struct Receipt {
    /// Where the entry stands.
    pub index: LeafIndex,
    /// Its leaf hash.
    pub leaf_hash: Hash,
    /// When it was received.
    pub received_at: UnixMillis,
    /// The head whose checkpoint covers it.
    pub head: Arc<Head>,
    /// The inclusion proof to that head, the leaf's sibling first.
    pub proof: Vec<Hash>,
    /// What is odd about it.
    pub flags: Vec<Flag>,
}

/// What became of a statement.
#[derive(Debug)]
#[non_exhaustive]
pub enum Outcome {
    /// It is in the ledger now.
    Accepted(Receipt),
    /// It was in the ledger before, as this entry.
    Duplicate(LeafIndex),
    /// It may not enter.
    Refused(Refusal),
    /// The disk or the index refused; nothing happened, and it should be sent again later.
    Unavailable,
}

/// Why statements were not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SubmitError {
    /// Too many wait already. Answered with 503.
    #[error("too many statements wait")]
    Pushback {
        /// When to come back.
        retry_after: Duration,
    },
    /// The node is stopping, or has failed.
    #[error("the sequencer has stopped")]
    Stopped,
}

/// The way in. Cheap to share.
#[derive(Debug)]
pub struct Sequencer {
    sender: mpsc::Sender<Message>,
    queue: Arc<Semaphore>,
    limits: SequencerLimits,
    health: Arc<Health>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Debug)]
enum Message {
    Batch(Batch),
    Stop,
}

#[derive(Debug)]
struct Batch {
    statements: Vec<Admitted>,
    reply: oneshot::Sender<Vec<Outcome>>,
    /// Its places in the queue, given back when it was answered.
    _permit: OwnedSemaphorePermit,
}

/// Whether commits work.
#[derive(Debug)]
struct Health {
    started: Instant,
    /// Milliseconds since `started` until which the node is not ready.
    unready_until: AtomicU64,
    is_halted: AtomicBool,
}

impl Health {
    fn millis(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn is_well(&self) -> bool {
        !self.is_halted.load(Ordering::Acquire) && self.millis() >= self.unready_until.load(Ordering::Acquire)
    }

    fn failed(&self) {
        let wait = u64::try_from(UNREADY.as_millis()).unwrap_or_default();
        self.unready_until.store(self.millis().saturating_add(wait), Ordering::Release);
    }

    fn worked(&self) {
        self.unready_until.store(0, Ordering::Release);
    }
}

/// Why a sequencer cannot start. The store is at fault.
#[derive(Debug, Error)]
#[error("the end of the log cannot be read: {detail}")]
#[non_exhaustive]
pub struct StartError {
    /// Why.
    pub detail: String,
}

impl Sequencer {
    /// Starts at the store's head. The index must stand there too.
    ///
    /// # Errors
    /// The end of the log cannot be read.
    pub(crate) fn start(
        store: Arc<dyn LogStore>,
        index: Arc<Index>,
        log_key: SigningKey,
        limits: SequencerLimits,
        (clock, metrics): (fn() -> UnixMillis, Arc<Metrics>),
    ) -> Result<Self, StartError> {
        let health = Arc::new(Health {
            started: Instant::now(),
            unready_until: AtomicU64::new(0),
            is_halted: AtomicBool::new(false),
        });
        let permits = usize::try_from(limits.queue_statements).unwrap_or(Semaphore::MAX_PERMITS);
        let (sender, receiver) = mpsc::channel(permits);
        let end = read_end(store.as_ref())?;
        let name =
            KeyName::new(index.reader().origin().as_str()).map_err(|error| StartError { detail: error.to_string() })?;
        let health_of_worker = Arc::clone(&health);
        let worker = Worker { store, index, log_key, name, end, health: health_of_worker, clock, metrics };
        let thread = thread::Builder::new()
            .name("sequencer".to_owned())
            .spawn(move || worker.run(receiver))
            .map_err(|error| StartError { detail: error.to_string() })?;
        let queue = Arc::new(Semaphore::new(permits));
        Ok(Self { sender, queue, limits, health, thread: Mutex::new(Some(thread)) })
    }

    /// Submits one statement; pushes back when too many wait.
    ///
    /// # Errors
    /// [`SubmitError`].
    pub async fn submit(&self, statement: Admitted) -> Result<Outcome, SubmitError> {
        let weight = self.weight(std::slice::from_ref(&statement));
        let permit = Arc::clone(&self.queue).try_acquire_many_owned(weight);
        let permit = permit.map_err(|_| SubmitError::Pushback { retry_after: self.limits.retry_after })?;
        let outcomes = self.send(vec![statement], permit).await?.await;
        outcomes.ok().and_then(|mut outcomes| outcomes.pop()).ok_or(SubmitError::Stopped)
    }

    /// Submits statements in order and waits for room rather than being pushed back. The answer comes in the same order, once awaited.
    ///
    /// # Errors
    /// [`SubmitError::Stopped`].
    pub async fn submit_in_order(
        &self,
        statements: Vec<Admitted>,
    ) -> Result<oneshot::Receiver<Vec<Outcome>>, SubmitError> {
        let weight = self.weight(&statements);
        let permit = Arc::clone(&self.queue).acquire_many_owned(weight).await.map_err(|_| SubmitError::Stopped)?;
        self.send(statements, permit).await
    }

    async fn send(
        &self,
        statements: Vec<Admitted>,
        permit: OwnedSemaphorePermit,
    ) -> Result<oneshot::Receiver<Vec<Outcome>>, SubmitError> {
        let (reply, receiver) = oneshot::channel();
        let batch = Batch { statements, reply, _permit: permit };
        self.sender.send(Message::Batch(batch)).await.map_err(|_| SubmitError::Stopped)?;
        Ok(receiver)
    }

    /// Places that statements take in the queue; no more than it has.
    fn weight(&self, statements: &[Admitted]) -> u32 {
        let places = statements.iter().map(|statement| statement.payload().len() / BYTES_PER_PERMIT + 1).sum::<usize>();
        u32::try_from(places).unwrap_or(u32::MAX).min(self.limits.queue_statements)
    }

    /// Places taken in the queue.
    #[must_use]
    pub fn queued(&self) -> usize {
        let places = usize::try_from(self.limits.queue_statements).unwrap_or(usize::MAX);
        places.saturating_sub(self.queue.available_permits())
    }

    /// Whether commits work, as far as is known.
    #[must_use]
    pub fn is_well(&self) -> bool {
        self.health.is_well() && !self.sender.is_closed()
    }

    /// Commits what waits, then stops. Blocks until that is done.
    pub fn stop(&self) {
        // When the thread is gone already there is nothing to stop.
        let _ = self.sender.blocking_send(Message::Stop);
        if let Some(thread) = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take() {
            // A panic was printed, and whoever waited was told by the closed channel.
            let _ = thread.join();
        }
    }
}

/// The end of the log, from the store.
fn read_end(store: &dyn LogStore) -> Result<End, StartError> {
    let detail = |error: &dyn std::fmt::Display| StartError { detail: error.to_string() };
    let size = store.head().size();
    let tree = Prover::new(&Tiles::new(store), size).compact_tree().map_err(|error| detail(&error))?;
    let last = LeafIndex::new(size.get().saturating_sub(1));
    let bytes = EntryReader::new(store).read(last).map_err(|error| detail(&error))?;
    let bytes = bytes.ok_or_else(|| StartError { detail: "the log is empty".to_owned() })?;
    let entry = Entry::parse(&bytes).map_err(|error| detail(&error))?;
    Ok(End { tree, previous: Hash::of_leaf(&bytes), received_at: entry.received_at })
}

/// What the thread owns.
struct Worker {
    store: Arc<dyn LogStore>,
    index: Arc<Index>,
    log_key: SigningKey,
    name: KeyName,
    end: End,
    health: Arc<Health>,
    clock: fn() -> UnixMillis,
    metrics: Arc<Metrics>,
}

/// Why a group was not committed; the type says whether the log goes on.
#[derive(Debug, Error)]
enum SequenceError {
    /// Nothing was written; the next group may work.
    #[error("the group was not committed, nothing of it happened")]
    Batch(#[source] AppendError),
    /// The log takes nothing more until the node is restarted.
    #[error("the log is halted until the node is restarted")]
    Halt(#[source] AppendError),
    /// A checkpoint or a record could not be made, which no input should cause.
    #[error("the group could not be made")]
    Internal,
}

impl From<AppendError> for SequenceError {
    fn from(error: AppendError) -> Self {
        match error {
            AppendError::Unavailable(_) => Self::Batch(error),
            AppendError::Halted(_) | AppendError::StaleHead { .. } => Self::Halt(error),
        }
    }
}

impl Worker {
    fn run(mut self, mut receiver: mpsc::Receiver<Message>) {
        let mut held_over = None;
        let mut is_stopping = false;
        loop {
            let first = match held_over.take() {
                Some(batch) => batch,
                None if is_stopping => match receiver.try_recv() {
                    Ok(Message::Batch(batch)) => batch,
                    Ok(Message::Stop) => continue,
                    Err(_) => return,
                },
                None => match receiver.blocking_recv() {
                    Some(Message::Batch(batch)) => batch,
                    Some(Message::Stop) => {
                        receiver.close();
                        is_stopping = true;
                        continue;
                    }
                    None => return,
                },
            };
            let mut count = first.statements.len();
            let mut batches = vec![first];
            while let Ok(message) = receiver.try_recv() {
                let Message::Batch(batch) = message else {
                    receiver.close();
                    is_stopping = true;
                    continue;
                };
                if count + batch.statements.len() > FRAME_ENTRIES_MAX {
                    held_over = Some(batch);
                    break;
                }
                count += batch.statements.len();
                batches.push(batch);
            }
            self.sequence(batches);
        }
    }

    /// Applies and commits a group, then answers.
    fn sequence(&mut self, batches: Vec<Batch>) {
        let started = Instant::now();
        let (index, store) = (Arc::clone(&self.index), Arc::clone(&self.store));
        let mut group = Group::new(index.reader(), store.as_ref(), self.end.clone(), (self.clock)());
        let placed: Vec<Vec<Placed>> = batches
            .iter()
            .map(|batch| batch.statements.iter().map(|statement| group.add(statement)).collect())
            .collect();
        let received_at = group.received_at();
        let committed = if group.entries.is_empty() {
            None
        } else if index.reader().is_broken() {
            Some(Err(()))
        } else {
            let committed = self.commit(group).inspect_err(|error| self.note_failure(error));
            self.metrics.committed(committed.as_ref().map_or(0, |committed| committed.leaves.len()), started.elapsed());
            Some(committed.map_err(drop))
        };
        let base = committed.as_ref().and_then(|committed| committed.as_ref().ok());
        let mut proofs = base.map_or(Vec::new(), |committed| proofs::of_group(&committed.before, &committed.leaves));
        let answer = Answer { committed: base, received_at, log_size: self.end.tree.size().get() };
        for (batch, placed) in batches.into_iter().zip(placed) {
            let outcomes = placed.into_iter().map(|placed| answer.outcome(placed, &mut proofs)).collect();
            // Whoever asked may have gone; what was committed stays.
            let _ = batch.reply.send(outcomes);
        }
    }

    fn commit(&mut self, group: Group<'_>) -> Result<Committed, SequenceError> {
        let before = self.end.tree.clone();
        let Finished { entries, applied, end } = group.finish().map_err(|_| SequenceError::Internal)?;
        let checkpoint = Checkpoint::new(self.name.clone(), end.tree.size(), end.tree.root());
        let checkpoint = SignedCheckpoint::sign(checkpoint, &self.log_key).map_err(|_| SequenceError::Internal)?;
        let head = Arc::new(Head::new(checkpoint));
        let group = StoreGroup { entries, head: Arc::clone(&head) };
        self.store.append(before.size(), &group)?;
        self.end = end;
        self.health.worked();
        self.index.publish(applied);
        let leaves = group.entries.iter().map(|(leaf_hash, _)| *leaf_hash).collect();
        Ok(Committed { before, leaves, head })
    }

    fn note_failure(&self, error: &SequenceError) {
        let cause = std::error::Error::source(error).map(ToString::to_string);
        let disk = std::error::Error::source(error).and_then(std::error::Error::source).map(ToString::to_string);
        tracing::error!(%error, cause, disk, "nobody got a receipt; free space or mend the disk");
        match error {
            SequenceError::Halt(_) => self.health.is_halted.store(true, Ordering::Release),
            SequenceError::Batch(_) | SequenceError::Internal => self.health.failed(),
        }
    }
}

/// A group that is durable.
struct Committed {
    before: CompactTree,
    leaves: Vec<Hash>,
    head: Arc<Head>,
}

/// What is needed to answer the statements of a group.
struct Answer<'c> {
    committed: Option<&'c Committed>,
    received_at: UnixMillis,
    /// Entries in the log now.
    log_size: u64,
}

impl Answer<'_> {
    fn outcome(&self, placed: Placed, proofs: &mut [Vec<Hash>]) -> Outcome {
        match placed {
            Placed::Refused(refusal) => Outcome::Refused(refusal),
            Placed::Unknown(error) => {
                tracing::error!(%error, "a statement could not be judged");
                Outcome::Unavailable
            }
            // One that stands in a group that failed stands nowhere.
            Placed::Duplicate(index) if index.get() < self.log_size => Outcome::Duplicate(index),
            Placed::Duplicate(_) => Outcome::Unavailable,
            Placed::Entry { place, flags } => {
                let Some(committed) = self.committed else { return Outcome::Unavailable };
                let (leaf_hash, proof) = (committed.leaves.get(place), proofs.get_mut(place));
                let Some((leaf_hash, proof)) = leaf_hash.zip(proof) else { return Outcome::Unavailable };
                let before = committed.before.size().get();
                Outcome::Accepted(Receipt {
                    index: LeafIndex::new(before + u64::try_from(place).unwrap_or_default()),
                    leaf_hash: *leaf_hash,
                    received_at: self.received_at,
                    head: Arc::clone(&committed.head),
                    proof: std::mem::take(proof),
                    flags,
                })
            }
        }
    }
}
