//! The index can be lost, cut short or overwritten at any moment, and is the same again after the next start.

use std::fs::{self, OpenOptions};
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use nguon_ledger::envelope::Envelope;
use nguon_ledger::hash::Hash;
use nguon_ledger::identifier::{ActorUri, PlaceUri, Slug};
use nguon_ledger::state::{Key, PlaceRecord, Record};
use nguon_ledger::tree::LeafIndex;

use super::{Applied, Index, OpenIndexError};
use crate::config::{IndexLimits, SequencerLimits, StoreLimits};
use crate::index::sled_tree::Pair;
use crate::metrics::Metrics;
use crate::sequencer::{Outcome, Sequencer};
use crate::store::{DataFolder, FileStore, LogStore};
use crate::testing::{Village, admitted, lot, now, process};

fn open_store(village: &Village) -> (DataFolder, Arc<dyn LogStore>) {
    let folder = DataFolder::open(&village.data()).unwrap();
    let store = FileStore::open(&folder.journal(), &folder.tlog(), folder.vkey(), StoreLimits::default()).unwrap();
    (folder, Arc::new(store))
}

fn open(folder: &DataFolder, store: &dyn LogStore) -> Result<Index, OpenIndexError> {
    Index::open(&folder.index(), folder.origin(), store, IndexLimits::default(), &|_, _| {})
}

/// A ledger with some of everything, and its index as it was when it was closed.
fn ledger(count: u64) -> (Village, Vec<Pair>) {
    let mut village = Village::new();
    let mut statements = village.registrations();
    statements.extend(village.harvests(1..count));
    statements.push(village.grower.say("event", &process(&[(&lot(1), 100), (&lot(2), 50)], &lot(0), 20)));
    submit(&village, &statements);
    let dump = reopened(&village);
    (village, dump)
}

/// The index after the next start.
fn reopened(village: &Village) -> Vec<Pair> {
    let (folder, store) = open_store(village);
    open(&folder, store.as_ref()).unwrap().dump()
}

fn sled_file(village: &Village) -> PathBuf {
    village.data().join("index").join("sled").join("db")
}

fn broken(village: &Village) -> PathBuf {
    village.data().join("index.broken-1")
}

#[test]
fn a_deleted_index_is_made_again() {
    let (village, dump) = ledger(50);
    assert!(dump.len() > 150);
    fs::remove_dir_all(village.data().join("index")).unwrap();
    assert_eq!(reopened(&village), dump);
    fs::remove_dir_all(village.data().join("index").join("sled")).unwrap();
    assert_eq!(reopened(&village), dump);
}

#[test]
fn a_truncated_index_is_made_again() {
    let (village, dump) = ledger(600);
    let length = sled_file(&village).metadata().unwrap().len();
    for part in 0..6 {
        OpenOptions::new().write(true).open(sled_file(&village)).unwrap().set_len(length * part / 6).unwrap();
        assert_eq!(reopened(&village), dump, "cut to {part} sixths");
    }
}

fn overwrite(path: &Path, at: u64, bytes: &[u8]) {
    let mut file = OpenOptions::new().write(true).open(path).unwrap();
    file.seek(SeekFrom::Start(at)).unwrap();
    file.write_all(bytes).unwrap();
}

#[test]
fn an_overwritten_index_is_made_again() {
    let (village, dump) = ledger(600);
    for part in 0..12 {
        let length = sled_file(&village).metadata().unwrap().len();
        overwrite(&sled_file(&village), length * part / 12, &[0xa5; 4_096]);
        assert_eq!(reopened(&village), dump, "overwritten at {part} twelfths");
    }
    for item in fs::read_dir(village.data().join("index").join("sled")).unwrap() {
        let path = item.unwrap().path();
        if path.is_file() {
            fs::write(&path, [0xff; 8_192]).unwrap();
            assert_eq!(reopened(&village), dump, "overwritten {}", path.display());
        }
    }
    assert!(broken(&village).is_dir(), "what was broken is kept aside");
}

#[test]
fn an_index_that_is_behind_goes_on_where_it_stands() {
    let (mut village, _) = ledger(50);
    let index = village.data().join("index");
    let older = village.data().join("older");
    fs::rename(&index, &older).unwrap();
    append(&mut village, 50..60);
    let dump = reopened(&village);
    fs::remove_dir_all(&index).unwrap();
    fs::rename(&older, &index).unwrap();
    assert_eq!(reopened(&village), dump);
    assert!(!broken(&village).exists(), "it was used, not made again");
}

#[test]
fn an_index_that_is_ahead_is_made_again() {
    let (mut village, dump) = ledger(50);
    let backup = village.data().join("backup");
    copy(&village.data().join("journal"), &backup);
    append(&mut village, 50..60);
    assert_ne!(reopened(&village), dump);
    // The truth goes back to an older backup, published copy included.
    fs::remove_dir_all(village.data().join("journal")).unwrap();
    fs::remove_dir_all(village.data().join("tlog")).unwrap();
    copy(&backup, &village.data().join("journal"));
    assert_eq!(reopened(&village), dump);
    assert!(broken(&village).is_dir());
}

#[test]
fn a_record_that_was_read_and_is_written_again_is_read_as_it_is_now() {
    let village = Village::new();
    let (folder, store) = open_store(&village);
    let index = open(&folder, store.as_ref()).unwrap();
    let owner = ActorUri::new(folder.origin(), &Slug::parse("owner").unwrap());
    let place = PlaceUri::new(folder.origin(), &Slug::parse("place").unwrap());
    // The index does not look into records, so one kind serves under every key.
    for key in [Key::Place(place), Key::Event(Hash::of(b"event")), Key::Entry(Hash::of(b"entry"))] {
        for number in 0..3 {
            let record = Record::Place(PlaceRecord { index: LeafIndex::new(number), owner: owner.clone() });
            let mut applied = Applied::default();
            applied.add_records([(key.clone(), record.clone())].into()).unwrap();
            index.publish(applied);
            assert_eq!(index.reader().record(&key).unwrap(), Some(record.clone()));
            assert_eq!(index.reader().record(&key).unwrap(), Some(record));
        }
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for item in fs::read_dir(from).unwrap() {
        let item = item.unwrap();
        fs::copy(item.path(), to.join(item.file_name())).unwrap();
    }
}

fn append(village: &mut Village, numbers: std::ops::Range<u64>) {
    let harvests = village.harvests(numbers);
    submit(village, &harvests);
}

/// Submits statements through a sequencer of its own, all of which must be accepted.
fn submit(village: &Village, statements: &[Envelope]) {
    let (folder, store) = open_store(village);
    let index = Arc::new(open(&folder, store.as_ref()).unwrap());
    let (key, metrics) = (folder.log_key().clone(), Arc::new(Metrics::new().unwrap()));
    let limits = SequencerLimits::default();
    let sequencer = Sequencer::start(store, Arc::clone(&index), key, limits, (now, metrics)).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for batch in statements.chunks(100) {
        let batch = batch.iter().map(|envelope| admitted(index.reader(), envelope)).collect();
        let outcomes = runtime.block_on(async { sequencer.submit_in_order(batch).await.unwrap().await.unwrap() });
        assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Accepted(_))), "{outcomes:?}");
    }
    sequencer.stop();
}
