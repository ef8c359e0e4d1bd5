//! The audit of a whole ledger: every entry in order, against the tree, the chains, the signatures and the rules.
//!
//! The auditor performs no IO. Work on one entry alone ([`open_all`], [`Opened::read`], [`Stated::prepare`]: the signature, hashing, reading)
//! can be spread over all cores; what depends on the entries before ([`Auditor::apply`]) goes in order.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec;
use alloc::vec::Vec;
use core::convert::Infallible;
use core::fmt;

use nguon_ledger::checkpoint::Checkpoint;
use nguon_ledger::entry::{Entry, EntryError, LotLink};
use nguon_ledger::envelope::{pae, pae_prefix};
use nguon_ledger::hash::Hash;
use nguon_ledger::identifier::Origin;
use nguon_ledger::key::{Keys, Signed};
use nguon_ledger::refusal::{Code, Refusal};
use nguon_ledger::rules::{ApplyError, Context, Proposal, Scope, apply};
use nguon_ledger::state::{Key, MemoryState, ReadState, Record};
use nguon_ledger::statement::Statement;
use nguon_ledger::time::UnixMillis;
use nguon_ledger::tree::{CompactTree, FrontierError, LeafIndex, TreeSize};

use crate::verdict::json;

mod tiles;

pub use tiles::Tile;

/// Defines the checks once: variant and the name that travels.
macro_rules! checks {
    ($($(#[$doc:meta])* $variant:ident = $text:literal;)*) => {
        /// The checks of an audit. Those that a bundle's verdict has too are named alike.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum AuditCheck {
            $($(#[$doc])* $variant,)*
        }

        impl AuditCheck {
            /// Every check.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The name, as it travels.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),* }
            }
        }
    };
}

checks! {
    /// The log signed the checkpoint.
    CheckpointSigned = "checkpoint_signed";
    /// Enough witnesses cosigned it.
    WitnessQuorum = "witness_quorum";
    /// The entry is in the checkpoint's tree.
    EntriesIncluded = "entries_included";
    /// The stored bytes are an entry.
    EntryBytes = "entry_bytes";
    /// The entry hashes to what is stored beside it.
    LeafHash = "leaf_hash";
    /// The entry stands where it says, after the one it names, no earlier.
    EntryChain = "entry_chain";
    /// The statement was signed by whom it names.
    Signatures = "signatures";
    /// The signer was registered, and not revoked, at the time.
    SignerRegistered = "signer_registered";
    /// The statement follows its signer's last one.
    SignerChain = "signer_chain";
    /// The rules refuse nothing.
    Rules = "rules";
    /// The entry links the lots that its statement names, each to the lot's last entry.
    LotLinks = "lot_links";
    /// The entries add up to the checkpoint's root.
    TreeRoot = "tree_root";
    /// The log still holds what an earlier checkpoint of it promised.
    Consistency = "consistency";
    /// There are as many entries as the checkpoint says.
    TreeSize = "tree_size";
    /// A stored hash tile holds the tree's hashes.
    Tile = "tile";
    /// The journal holds what was acknowledged.
    Journal = "journal";
}

impl fmt::Display for AuditCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The first thing that is not as it must be.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// Which check failed.
    pub check: AuditCheck,
    /// The entry at fault, where it can be told.
    pub index: Option<LeafIndex>,
    /// The rules' code, where they refuse.
    pub code: Option<Code>,
    /// What should be there.
    pub expected: Option<String>,
    /// What is there.
    pub found: Option<String>,
    /// More about it, in English.
    pub detail: String,
}

impl Finding {
    /// A finding by a check, about no single entry.
    pub fn new(check: AuditCheck, detail: impl Into<String>) -> Self {
        Self { check, index: None, code: None, expected: None, found: None, detail: detail.into() }
    }

    /// Names the entry at fault.
    #[must_use]
    pub fn at(self, index: LeafIndex) -> Self {
        Self { index: Some(index), ..self }
    }

    /// Names what should be there and what is.
    #[must_use]
    pub fn between(self, expected: impl fmt::Display, found: impl fmt::Display) -> Self {
        Self { expected: Some(expected.to_string()), found: Some(found.to_string()), ..self }
    }

    /// The finding as JSON: `{"check","index"?,"code"?,"expected"?,"found"?,"detail"}`.
    #[must_use]
    pub fn to_json(&self) -> String {
        let optional = [
            ("index", self.index.map(|index| index.to_string())),
            ("code", self.code.map(|code| json::text(code.as_str()))),
            ("expected", self.expected.as_deref().map(json::text)),
            ("found", self.found.as_deref().map(json::text)),
        ];
        let optional: String = optional
            .into_iter()
            .filter_map(|(name, value)| value.map(|value| format!(r#","{name}":{value}"#)))
            .collect();
        format!(r#"{{"check":"{}"{optional},"detail":{}}}"#, self.check, json::text(&self.detail))
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.index {
            Some(index) => write!(f, "{} at entry {index}: {}", self.check, self.detail),
            None => write!(f, "{}: {}", self.check, self.detail),
        }
    }
}

/// An entry, taken apart, of which is known who signed it.
#[derive(Clone, Debug)]
pub struct Opened<'a> {
    bytes: &'a [u8],
    entry: Result<Entry<'a>, EntryError>,
    is_authentic: bool,
}

/// An entry with its statement.
#[derive(Clone, Debug)]
pub struct Stated<'a> {
    opened: Opened<'a>,
    leaf_hash: Hash,
    /// `None` where the entry itself cannot be read.
    statement: Option<Result<Statement<'a>, Refusal>>,
}

/// An entry with all that can be found out from it alone.
#[derive(Clone, Debug)]
pub struct Prepared<'s> {
    stated: &'s Stated<'s>,
    proposal: Option<Proposal<'s>>,
}

/// How signatures are verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "there are these two ways")]
pub enum Signatures {
    /// By the strict rules.
    Strict,
    /// In one sum and no more. Nobody but a key's owner can make a signature that this accepts, yet its owner can make one
    /// that this accepts and strict verification refuses.
    Batch,
}

/// Takes entries apart and verifies their signatures. Verified together they cost the less, the more they are, whereas to read what
/// they say is quickest for a few at a time, right before they are applied, while the memory is near.
#[must_use]
pub fn open_all<'a>(entries: &[&'a [u8]], keys: &mut Keys, signatures: Signatures) -> Vec<Opened<'a>> {
    let open = |bytes: &&'a [u8]| Opened { bytes, entry: Entry::parse(bytes), is_authentic: false };
    let mut opened: Vec<_> = entries.iter().map(open).collect();
    let signed: Vec<_> = opened.iter().filter_map(|opened| Some(signed(opened.entry.as_ref().ok()?))).collect();
    let are_good = if signatures == Signatures::Batch && keys.verify_loosely(&signed) {
        vec![true; signed.len()]
    } else {
        keys.verify_each(&signed)
    };
    for (opened, is_good) in opened.iter_mut().filter(|opened| opened.entry.is_ok()).zip(are_good) {
        opened.is_authentic = is_good;
    }
    opened
}

impl<'a> Opened<'a> {
    /// Takes one entry apart and verifies its signature strictly.
    #[must_use]
    pub fn new(bytes: &'a [u8], keys: &mut Keys) -> Self {
        let entry = Entry::parse(bytes);
        let verifies = |entry: &Entry<'_>| keys.verifies(entry.signer, &pae(entry.payload), &entry.signature);
        let is_authentic = entry.as_ref().is_ok_and(verifies);
        Self { bytes, entry, is_authentic }
    }

    /// Hashes the entry and reads its statement.
    #[must_use]
    pub fn read(self) -> Stated<'a> {
        let leaf_hash = Hash::of_leaf(self.bytes);
        let statement = self.entry.as_ref().ok().map(|entry| Statement::parse(entry.payload));
        Stated { opened: self, leaf_hash, statement }
    }
}

impl<'a> Stated<'a> {
    /// Reads what the statement says, for the ledger of this origin.
    #[must_use]
    pub fn prepare<'s>(&'s self, origin: &'s Origin) -> Prepared<'s> {
        let proposal = self.parts().map(|(entry, statement)| Proposal::new(origin, statement, entry.payload));
        Prepared { stated: self, proposal }
    }

    /// The entry's leaf hash.
    #[must_use]
    pub const fn leaf_hash(&self) -> Hash {
        self.leaf_hash
    }

    /// The entry and its statement, if its bytes are an entry and the payload a statement.
    #[must_use]
    pub fn parts(&self) -> Option<(&Entry<'a>, &Statement<'a>)> {
        let entry = self.opened.entry.as_ref().ok()?;
        Some((entry, self.statement.as_ref()?.as_ref().ok()?))
    }
}

impl<'s> Prepared<'s> {
    /// The entry's bytes.
    #[must_use]
    pub const fn bytes(&self) -> &'s [u8] {
        self.stated.opened.bytes
    }

    /// The entry's leaf hash.
    #[must_use]
    pub const fn leaf_hash(&self) -> Hash {
        self.stated.leaf_hash
    }

    /// The entry and its statement, if its bytes are an entry and the payload a statement.
    #[must_use]
    pub fn parts(&self) -> Option<(&'s Entry<'s>, &'s Statement<'s>)> {
        self.stated.parts()
    }

    /// Compares the entry with the leaf hash that a tile or a journal holds for it.
    ///
    /// # Errors
    /// They differ: one of both was changed.
    pub fn expect_leaf_hash(&self, index: LeafIndex, stored: Hash, place: &str) -> Result<(), Finding> {
        if self.leaf_hash() == stored {
            return Ok(());
        }
        let detail = format!("the entry does not hash to what {place} holds for it: one of both was changed");
        Err(Finding::new(AuditCheck::LeafHash, detail).at(index).between(stored, self.leaf_hash()))
    }
}

fn signed<'a>(entry: &Entry<'a>) -> Signed<'a> {
    let prefix = pae_prefix(entry.payload);
    Signed { key: entry.signer, prefix, payload: entry.payload, signature: entry.signature }
}

/// Where an auditor keeps the state that follows from the entries.
pub trait AuditState: ReadState {
    /// Makes the writes of one entry part of the state.
    ///
    /// # Errors
    /// The state is not to be used any more.
    fn write(&mut self, writes: BTreeMap<Key, Record>) -> Result<(), Self::Error>;
}

impl AuditState for MemoryState {
    fn write(&mut self, writes: BTreeMap<Key, Record>) -> Result<(), Infallible> {
        self.write(writes);
        Ok(())
    }
}

/// Where an audit stands, beside its state: all that is needed to go on later.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "whoever keeps it must keep all of it")]
pub struct Suspended {
    /// How many entries were audited.
    pub size: TreeSize,
    /// [`CompactTree::frontier`] of their tree.
    pub frontier: Vec<Hash>,
    /// Per level of tiles: how many are full, and the hashes of the next one.
    pub rows: Vec<(u64, Vec<u8>)>,
    /// Leaf hash of the last entry.
    pub previous: Hash,
    /// When it was received.
    pub received_at: Option<UnixMillis>,
}

/// Why an entry does not pass.
enum Fault<E> {
    Finding(Finding),
    State(E),
}

impl<E> From<Finding> for Fault<E> {
    fn from(finding: Finding) -> Self {
        Self::Finding(finding)
    }
}

/// Replays a ledger. After a finding it must not be used further: what follows would be judged by a state that is not the
/// ledger's.
#[derive(Clone, Debug)]
pub struct Auditor<S = MemoryState> {
    origin: Origin,
    tree: CompactTree,
    tiles: tiles::Rows,
    previous: Hash,
    received_at: Option<UnixMillis>,
    state: S,
}

impl Auditor {
    /// Begins with the empty ledger of this origin.
    #[must_use]
    pub fn new(origin: Origin) -> Self {
        Self::with_state(origin, MemoryState::new())
    }
}

impl<S: AuditState> Auditor<S> {
    /// Begins with the empty ledger of this origin and an empty state.
    #[must_use]
    pub fn with_state(origin: Origin, state: S) -> Self {
        Self {
            origin,
            tree: CompactTree::new(),
            tiles: tiles::Rows::default(),
            previous: Hash::ZERO,
            received_at: None,
            state,
        }
    }

    /// Goes on where an audit stood, with the state that it left.
    ///
    /// # Errors
    /// The hashes are no frontier of a tree of that size.
    pub fn resume(origin: Origin, suspended: Suspended, state: S) -> Result<Self, FrontierError> {
        let Suspended { size, frontier, rows, previous, received_at } = suspended;
        let tree = CompactTree::from_frontier(size, frontier)?;
        Ok(Self { origin, tree, tiles: tiles::Rows::resume(rows), previous, received_at, state })
    }

    /// Where the audit stands.
    #[must_use]
    pub fn suspend(&self) -> Suspended {
        Suspended {
            size: self.size(),
            frontier: self.tree.frontier().to_vec(),
            rows: self.tiles.rows().to_vec(),
            previous: self.previous,
            received_at: self.received_at,
        }
    }

    /// The ledger.
    #[must_use]
    pub const fn origin(&self) -> &Origin {
        &self.origin
    }

    /// How many entries were audited.
    #[must_use]
    pub const fn size(&self) -> TreeSize {
        self.tree.size()
    }

    /// The root over them.
    #[must_use]
    pub fn root(&self) -> Hash {
        self.tree.root()
    }

    /// The state that follows from them.
    #[must_use]
    pub const fn state(&self) -> &S {
        &self.state
    }

    /// The state, to be written down. Its records must not be changed.
    pub const fn state_mut(&mut self) -> &mut S {
        &mut self.state
    }

    /// Audits the next entry, prepared for the same ledger: the first check that fails, if one does.
    ///
    /// # Errors
    /// The state could not be read or written; nothing is said about the entry, and the audit must end.
    pub fn try_apply(&mut self, prepared: &Prepared<'_>) -> Result<Result<(), Finding>, S::Error> {
        let index = LeafIndex::new(self.size().get());
        match self.check(index, prepared) {
            Ok(()) => {}
            Err(Fault::Finding(finding)) => return Ok(Err(finding.at(index))),
            Err(Fault::State(error)) => return Err(error),
        }
        self.tree.push(prepared.leaf_hash());
        self.tiles.push(prepared.leaf_hash());
        self.previous = prepared.leaf_hash();
        Ok(Ok(()))
    }

    fn check(&mut self, index: LeafIndex, prepared: &Prepared<'_>) -> Result<(), Fault<S::Error>> {
        let Opened { entry, is_authentic, .. } = &prepared.stated.opened;
        let entry = entry.as_ref().map_err(|error| Finding::new(AuditCheck::EntryBytes, error.to_string()))?;
        let chain = |detail: &str| Finding::new(AuditCheck::EntryChain, detail);
        if entry.index != index {
            return Err(chain("the entry's own index").between(index, entry.index).into());
        }
        if entry.previous != self.previous {
            return Err(chain("the leaf hash of the entry before").between(self.previous, entry.previous).into());
        }
        if let Some(earliest) = self.received_at.filter(|earliest| entry.received_at < *earliest) {
            let found = chain("received before the entry before it");
            return Err(found.between(format!("{earliest} or later"), entry.received_at).into());
        }
        if !is_authentic {
            let found = Finding::new(AuditCheck::Signatures, "the signature does not verify");
            return Err(found.between(format!("a signature by {}", entry.signer), "another").into());
        }
        if let Some(Err(refusal)) = &prepared.stated.statement {
            return Err(refused(refusal).into());
        }
        let Some(proposal) = prepared.proposal.as_ref().filter(|proposal| *proposal.origin() == self.origin) else {
            return Err(Finding::new(AuditCheck::Rules, "the entry was prepared for another ledger").into());
        };
        let statement = proposal.statement();
        if statement.signer() != entry.signer {
            let found = Finding::new(AuditCheck::Signatures, "the statement names another signer than the entry");
            return Err(found.between(statement.signer(), entry.signer).into());
        }
        let context = Context { index, received_at: entry.received_at, scope: Scope::Whole };
        let effects = match apply(&self.state, &context, proposal) {
            Ok(effects) => effects,
            Err(ApplyError::Refused(refusal)) => return Err(refused(&refusal).into()),
            Err(ApplyError::State(error)) => return Err(Fault::State(error)),
        };
        if effects.links() != entry.links.as_slice() {
            let found =
                Finding::new(AuditCheck::LotLinks, "the lots that the statement names, each with its last entry");
            return Err(found.between(links(effects.links()), links(&entry.links)).into());
        }
        self.state.write(effects.finish(prepared.leaf_hash())).map_err(Fault::State)?;
        self.received_at = Some(entry.received_at);
        Ok(())
    }

    /// The tiles that the entries audited since the last call have filled, with the hashes that they must hold.
    pub fn take_full_tiles(&mut self) -> Vec<Tile> {
        self.tiles.take_full()
    }

    /// The partial tiles of the tree as it is now.
    #[must_use]
    pub fn partial_tiles(&self) -> Vec<Tile> {
        self.tiles.partial()
    }

    /// Compares the tree as it is now with a checkpoint. Whether somebody signed that is another question.
    ///
    /// # Errors
    /// Size or root differ.
    pub fn finish(&self, checkpoint: &Checkpoint) -> Result<(), Finding> {
        if checkpoint.size() != self.size() {
            let found = Finding::new(AuditCheck::TreeSize, "entries found and entries in the checkpoint");
            return Err(found.between(checkpoint.size(), self.size()));
        }
        if checkpoint.root() != self.root() {
            let found = Finding::new(AuditCheck::TreeRoot, "the root over all entries and the checkpoint's");
            return Err(found.between(checkpoint.root(), self.root()));
        }
        Ok(())
    }
}

impl<S: AuditState<Error = Infallible>> Auditor<S> {
    /// Audits the next entry.
    ///
    /// # Errors
    /// The first check that fails.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), Finding> {
        let (stated, origin) = (Opened::new(bytes, &mut Keys::new()).read(), self.origin.clone());
        self.apply(&stated.prepare(&origin))
    }

    /// Audits the next entry, prepared for the same ledger.
    ///
    /// # Errors
    /// The first check that fails.
    pub fn apply(&mut self, prepared: &Prepared<'_>) -> Result<(), Finding> {
        match self.try_apply(prepared) {
            Ok(result) => result,
            Err(never) => match never {},
        }
    }
}

/// A refusal by the rules as a finding.
#[expect(clippy::wildcard_enum_match_arm, reason = "whatever else is refused is refused by the rules")]
fn refused(refusal: &Refusal) -> Finding {
    let check = match refusal.code {
        Code::UnknownSigner | Code::RevokedKey => AuditCheck::SignerRegistered,
        Code::WrongSequence => AuditCheck::SignerChain,
        _ => AuditCheck::Rules,
    };
    let expected = refusal.expected.map(|next| format!("seq {} prev {}", next.seq, next.prev));
    Finding { code: Some(refusal.code), expected, ..Finding::new(check, refusal.to_string()) }
}

fn links(links: &[LotLink]) -> String {
    let texts: Vec<String> =
        links.iter().map(|link| format!("lot {} seq {} after {}", link.lot, link.seq, link.previous)).collect();
    if texts.is_empty() { "none".into() } else { texts.join(", ") }
}
