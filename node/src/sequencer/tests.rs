//! Groups, duplicates, and a store that fails at every point.

use std::io;
use std::sync::atomic::AtomicI64;

use nguon_ledger::envelope::Envelope;
use nguon_ledger::refusal::Code;
use nguon_ledger::tile::TilePath;
use nguon_ledger::tree::{InclusionProof, TreeSize, verify_inclusion};
use proptest::prelude::*;

use super::*;
use crate::config::{IndexLimits, StoreLimits};
use crate::store::{DataFolder, FileStore};
use crate::testing::{NOW, Village, admitted, now};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn proofs_of_a_group_prove_every_leaf(old in 0_u64..600, new in 0_u64..300) {
        let leaf = |index: u64| Hash::of_leaf(&index.to_be_bytes());
        let mut tree = CompactTree::new();
        (0..old).for_each(|index| tree.push(leaf(index)));
        let before = tree.clone();
        let leaves: Vec<_> = (old..old + new).map(leaf).collect();
        leaves.iter().for_each(|leaf| tree.push(*leaf));
        let proofs = proofs::of_group(&before, &leaves);
        prop_assert_eq!(proofs.len(), leaves.len());
        for ((index, leaf), proof) in (old..).zip(&leaves).zip(proofs) {
            let proof = InclusionProof::new(proof).unwrap();
            verify_inclusion(LeafIndex::new(index), tree.size(), leaf, &proof, &tree.root()).unwrap();
        }
    }
}

/// What a store does to the next append.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// It refuses; nothing is written.
    Full,
    /// It writes, and then says that it does not know.
    WrittenButUnknown,
    /// It does not write, and says that it does not know.
    LostAndUnknown,
}

/// The real store with a fault before the next append.
#[derive(Debug)]
struct Faulty {
    store: FileStore,
    fault: Mutex<Option<Fault>>,
    is_halted: AtomicBool,
}

impl LogStore for Faulty {
    fn head(&self) -> Arc<Head> {
        self.store.head()
    }

    fn append(&self, expected: TreeSize, group: &StoreGroup) -> Result<(), AppendError> {
        if self.is_halted.load(Ordering::SeqCst) {
            return Err(AppendError::Halted(io::Error::other("halted before")));
        }
        let Some(fault) = self.fault.lock().unwrap().take() else { return self.store.append(expected, group) };
        if fault == Fault::Full {
            return Err(AppendError::Unavailable(io::Error::from(io::ErrorKind::StorageFull)));
        }
        if fault == Fault::WrittenButUnknown {
            self.store.append(expected, group)?;
        }
        self.is_halted.store(true, Ordering::SeqCst);
        Err(AppendError::Halted(io::Error::other("fsync failed")))
    }

    fn cosigned(&self) -> Option<Arc<Head>> {
        self.store.cosigned()
    }

    fn keep_cosigned(&self, head: Arc<Head>) -> io::Result<()> {
        self.store.keep_cosigned(head)
    }

    fn read(&self, path: &TilePath) -> io::Result<Option<bytes::Bytes>> {
        self.store.read(path)
    }
}

/// A sequencer over a store that can be made to fail. Fields drop in order: the folder's lock goes last.
struct Rig {
    sequencer: Sequencer,
    index: Arc<Index>,
    store: Arc<Faulty>,
    runtime: tokio::runtime::Runtime,
    _folder: DataFolder,
}

impl Rig {
    fn new(village: &Village) -> Self {
        Self::with_clock(village, now)
    }

    fn with_clock(village: &Village, clock: fn() -> UnixMillis) -> Self {
        let folder = DataFolder::open(&village.data()).unwrap();
        let store = FileStore::open(&folder.journal(), &folder.tlog(), folder.vkey(), StoreLimits::default()).unwrap();
        let store = Arc::new(Faulty { store, fault: Mutex::new(None), is_halted: AtomicBool::new(false) });
        let index =
            Index::open(&folder.index(), folder.origin(), store.as_ref(), IndexLimits::default(), &|_, _| {}).unwrap();
        let index = Arc::new(index);
        let metrics = Arc::new(Metrics::new().unwrap());
        let log: Arc<dyn LogStore> = Arc::<Faulty>::clone(&store);
        let key = folder.log_key().clone();
        let limits = SequencerLimits::default();
        let sequencer = Sequencer::start(log, Arc::clone(&index), key, limits, (clock, metrics)).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        Self { sequencer, index, store, runtime, _folder: folder }
    }

    fn submit(&self, envelopes: &[Envelope]) -> Vec<Outcome> {
        let batch = envelopes.iter().map(|envelope| admitted(self.index.reader(), envelope)).collect();
        self.runtime.block_on(async { self.sequencer.submit_in_order(batch).await.unwrap().await.unwrap() })
    }

    fn size(&self) -> u64 {
        self.store.head().size().get()
    }

    fn fail_next(&self, fault: Fault) {
        *self.store.fault.lock().unwrap() = Some(fault);
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        self.sequencer.stop();
    }
}

fn accepted(outcome: &Outcome) -> &Receipt {
    let Outcome::Accepted(receipt) = outcome else { panic!("not accepted: {outcome:?}") };
    receipt
}

#[test]
fn a_group_is_one_checkpoint_and_every_receipt_proves_itself() {
    let mut village = Village::new();
    let rig = Rig::new(&village);
    let mut statements = village.registrations();
    statements.extend(village.harvests(0..300));
    let outcomes = rig.submit(&statements);
    let head = rig.store.head();
    assert_eq!(head.size().get(), 304);
    for outcome in &outcomes {
        let receipt = accepted(outcome);
        assert_eq!(receipt.head.note, head.note);
        let proof = InclusionProof::new(receipt.proof.clone()).unwrap();
        verify_inclusion(receipt.index, head.size(), &receipt.leaf_hash, &proof, &head.root()).unwrap();
        assert_eq!(receipt.received_at, NOW);
    }
}

#[test]
fn the_same_statement_again_is_the_same_entry() {
    let mut village = Village::new();
    let rig = Rig::new(&village);
    let registrations = village.registrations();
    // Twice in one group, then in another.
    let twice = [registrations.clone(), registrations.clone()].concat();
    for outcomes in [&rig.submit(&twice)[3..], &rig.submit(&registrations)] {
        let indexes: Vec<_> = outcomes
            .iter()
            .map(|outcome| if let Outcome::Duplicate(index) = outcome { index.get() } else { panic!("{outcome:?}") })
            .collect();
        assert_eq!(indexes, [1, 2, 3]);
    }
    assert_eq!(rig.size(), 4);
    // Another statement at a place that is taken is no duplicate.
    let mut other = village.operator.clone();
    (other.seq, other.prev) = (2, Hash::ZERO);
    let refused =
        rig.submit(&[other.say("product", &serde_json::json!({"id": crate::testing::product("x"), "name": "x"}))]);
    assert!(matches!(&refused[0], Outcome::Refused(refusal) if refusal.code == Code::WrongSequence), "{refused:?}");
}

#[test]
fn a_refused_statement_stops_no_other() {
    let mut village = Village::new();
    let rig = Rig::new(&village);
    rig.submit(&village.registrations());
    let harvests = village.harvests(0..3);
    let stranger = crate::testing::Person::new("stranger").say("event", &crate::testing::harvest("x", 1));
    let outcomes = rig.submit(&[harvests[0].clone(), stranger, harvests[1].clone(), harvests[2].clone()]);
    assert!(matches!(&outcomes[1], Outcome::Refused(refusal) if refusal.code == Code::UnknownSigner));
    assert_eq!(accepted(&outcomes[3]).index.get(), 6);
}

#[test]
fn a_full_disk_takes_nothing_and_loses_nothing() {
    let mut village = Village::new();
    let rig = Rig::new(&village);
    let mut statements = village.registrations();
    statements.extend(village.harvests(0..5));
    rig.fail_next(Fault::Full);
    let outcomes = rig.submit(&statements);
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Unavailable)), "{outcomes:?}");
    assert_eq!(rig.size(), 1);
    assert!(!rig.sequencer.is_well());
    // The same again works, for nothing of it happened.
    let outcomes = rig.submit(&statements);
    assert_eq!(accepted(&outcomes[7]).index.get(), 8);
    assert!(rig.sequencer.is_well());
    // In a group that fails, what was in the log before is still answered.
    rig.fail_next(Fault::Full);
    let more = village.harvests(5..6);
    let outcomes = rig.submit(&[statements[0].clone(), more[0].clone(), more[0].clone()]);
    assert!(
        matches!(outcomes[..], [Outcome::Duplicate(_), Outcome::Unavailable, Outcome::Unavailable]),
        "{outcomes:?}"
    );
}

#[test]
fn an_unknown_end_halts_until_restart_and_then_goes_on_from_what_is_there() {
    for fault in [Fault::WrittenButUnknown, Fault::LostAndUnknown] {
        let mut village = Village::new();
        let rig = Rig::new(&village);
        let statements = village.registrations();
        rig.fail_next(fault);
        for _ in 0..2 {
            let outcomes = rig.submit(&statements);
            assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Unavailable)), "{fault:?} {outcomes:?}");
            assert!(!rig.sequencer.is_well());
        }
        drop(rig);
        let rig = Rig::new(&village);
        let outcomes = rig.submit(&statements);
        let was_there = outcomes.iter().all(|outcome| matches!(outcome, Outcome::Duplicate(_)));
        assert_eq!(was_there, fault == Fault::WrittenButUnknown, "{outcomes:?}");
        assert_eq!(rig.size(), 4);
    }
}

static CLOCK: AtomicI64 = AtomicI64::new(0);

#[test]
fn time_never_runs_back() {
    let mut village = Village::new();
    let rig = Rig::with_clock(&village, || UnixMillis::new(CLOCK.load(Ordering::SeqCst)));
    let mut told = Vec::new();
    let statements = village.registrations();
    for (statement, clock) in statements.into_iter().zip([NOW.get() + 5, NOW.get() - 90_000, NOW.get() + 6]) {
        CLOCK.store(clock, Ordering::SeqCst);
        told.push(accepted(&rig.submit(&[statement])[0]).received_at.get() - NOW.get());
    }
    assert_eq!(told, [5, 5, 6]);
}

#[test]
fn a_full_queue_pushes_back_and_a_stopped_sequencer_says_so() {
    let mut village = Village::new();
    let rig = Rig::new(&village);
    let statements = village.registrations();
    let places = Arc::clone(&rig.sequencer.queue).try_acquire_many_owned(4_096).unwrap();
    let refused = rig.runtime.block_on(rig.sequencer.submit(admitted(rig.index.reader(), &statements[0])));
    assert!(matches!(refused, Err(SubmitError::Pushback { .. })), "{refused:?}");
    drop(places);
    accepted(&rig.runtime.block_on(rig.sequencer.submit(admitted(rig.index.reader(), &statements[0]))).unwrap());
    rig.sequencer.stop();
    let refused = rig.runtime.block_on(rig.sequencer.submit(admitted(rig.index.reader(), &statements[1])));
    assert!(matches!(refused, Err(SubmitError::Stopped)), "{refused:?}");
}
