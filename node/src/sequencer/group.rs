//! One group in the making: a pure step from the log's end and statements to entries, tree and writes. No clock and no disk.

use std::collections::BTreeMap;

use nguon_ledger::entry::Entry;
use nguon_ledger::hash::Hash;
use nguon_ledger::key::PublicKey;
use nguon_ledger::refusal::{Flag, Refusal};
use nguon_ledger::rules::{self, ApplyError, Context, Proposal, Scope};
use nguon_ledger::state::{Key, Overlay, ReadState as _, Record};
use nguon_ledger::statement::Statement;
use nguon_ledger::time::UnixMillis;
use nguon_ledger::tree::{CompactTree, LeafIndex};

use crate::admission::Admitted;
use crate::index::{Applied, AppliedEntry, CodecError, IndexError, Reader, Stamp};
use crate::store::{EntryReader, LogStore};

/// Where the log ends: all that the next entry depends on beside the state.
#[derive(Clone, Debug)]
pub(super) struct End {
    pub(super) tree: CompactTree,
    /// Leaf hash of the last entry.
    pub(super) previous: Hash,
    /// When the last entry was received.
    pub(super) received_at: UnixMillis,
}

/// What became of a statement, if the group is committed.
#[derive(Debug)]
pub(super) enum Placed {
    /// It is the group's so-manieth entry.
    Entry {
        place: usize,
        flags: Vec<Flag>,
    },
    /// It stands in the log already, or earlier in this group.
    Duplicate(LeafIndex),
    Refused(Refusal),
    /// The index failed; nothing is known about the statement.
    Unknown(IndexError),
}

/// A group that is ready to be committed.
#[derive(Debug)]
pub(super) struct Finished {
    pub(super) entries: Vec<(Hash, Vec<u8>)>,
    pub(super) applied: Applied,
    /// The end after it.
    pub(super) end: End,
}

/// Entries to be committed together.
#[derive(Debug)]
pub(super) struct Group<'r> {
    reader: &'r Reader,
    store: &'r dyn LogStore,
    received_at: UnixMillis,
    /// The end after the group.
    pub(super) end: End,
    overlay: Overlay<&'r Reader>,
    applied: Applied,
    pub(super) entries: Vec<(Hash, Vec<u8>)>,
    /// The group's statements, so that one sent twice in a moment is found too.
    statements: BTreeMap<(PublicKey, u64), (LeafIndex, Hash)>,
}

impl<'r> Group<'r> {
    /// An empty group at the end of the log. Time never runs back.
    pub(super) fn new(reader: &'r Reader, store: &'r dyn LogStore, end: End, now: UnixMillis) -> Self {
        Self {
            reader,
            store,
            received_at: now.max(end.received_at),
            end,
            overlay: Overlay::new(reader),
            applied: Applied::default(),
            entries: Vec::new(),
            statements: BTreeMap::new(),
        }
    }

    /// When the group's entries are received.
    pub(super) const fn received_at(&self) -> UnixMillis {
        self.received_at
    }

    /// Applies a statement.
    pub(super) fn add(&mut self, admitted: &Admitted) -> Placed {
        match self.try_add(admitted) {
            Ok(placed) => placed,
            Err(ApplyError::Refused(refusal)) => Placed::Refused(refusal),
            Err(ApplyError::State(error)) => Placed::Unknown(error),
        }
    }

    fn try_add(&mut self, admitted: &Admitted) -> Result<Placed, ApplyError<IndexError>> {
        let payload = admitted.payload();
        let statement = Statement::parse(payload)?;
        if let Some(index) = self.duplicate_of(admitted, &statement).map_err(ApplyError::State)? {
            return Ok(Placed::Duplicate(index));
        }
        let index = LeafIndex::new(self.end.tree.size().get());
        let context = Context { index, received_at: self.received_at, scope: Scope::Whole };
        let proposal = Proposal::new(self.reader.origin(), &statement, payload);
        let effects = rules::apply(&self.overlay, &context, &proposal)?;
        let entry = Entry {
            index,
            previous: self.end.previous,
            received_at: self.received_at,
            links: effects.links().to_vec(),
            signer: admitted.signer(),
            signature: admitted.signature(),
            payload,
        };
        // The statement was parsed and the rules bound the links, so only a clock before 1970 could make this fail.
        let codec = |_| ApplyError::State(IndexError::Codec(CodecError));
        let bytes = entry.to_bytes().map_err(codec)?;
        let leaf_hash = Hash::of_leaf(&bytes);
        let flags = effects.flags().to_vec();
        let writes: BTreeMap<Key, Record> = effects.finish(leaf_hash);
        let applied = AppliedEntry { index, statement: &statement, flags: &flags, writes: &writes };
        self.applied.add(self.reader, &applied).map_err(ApplyError::State)?;
        self.overlay.write(writes);
        self.statements.insert((admitted.signer(), statement.position().seq), (index, admitted.payload_hash()));
        self.end.tree.push(leaf_hash);
        self.end.previous = leaf_hash;
        self.end.received_at = self.received_at;
        let place = self.entries.len();
        self.entries.push((leaf_hash, bytes));
        Ok(Placed::Entry { place, flags })
    }

    /// The entry that holds exactly this payload already.
    fn duplicate_of(&self, admitted: &Admitted, statement: &Statement<'_>) -> Result<Option<LeafIndex>, IndexError> {
        let (signer, seq) = (admitted.signer(), statement.position().seq);
        let Some(Record::Signer(record)) = self.overlay.read(&Key::Signer(signer))? else { return Ok(None) };
        if seq >= record.position.seq {
            return Ok(None);
        }
        if let Some((index, payload_hash)) = self.statements.get(&(signer, seq)) {
            return Ok((*payload_hash == admitted.payload_hash()).then_some(*index));
        }
        let Some(index) = self.reader.statement(&signer, seq)? else { return Ok(None) };
        // Rare enough to read the entry itself. What cannot be read is judged as if it were another statement.
        let entry = EntryReader::new(self.store).read(index).ok().flatten();
        let is_same =
            entry.is_some_and(|bytes| Entry::parse(&bytes).is_ok_and(|entry| entry.payload == admitted.payload()));
        Ok(is_same.then_some(index))
    }

    /// The entries, and what the index learns from them.
    pub(super) fn finish(self) -> Result<Finished, CodecError> {
        let mut applied = self.applied;
        applied.add_records(self.overlay.into_writes())?;
        applied.finish(&Stamp { size: self.end.tree.size(), root: self.end.tree.root() })?;
        Ok(Finished { entries: self.entries, applied, end: self.end })
    }
}
