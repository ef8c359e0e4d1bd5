//! The rules: what a statement may do, and what it changes (`docs/format.md`, section 9).
//!
//! [`apply`] is one deterministic function from what it reads of the state and a statement to writes, flags and lot links, or a
//! refusal. The node calls it before it accepts, the auditor when it replays, so an operator who bends a rule is found out. It does
//! not look at signatures: those are checked beforehand, on all cores.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::vec::Vec;

use crate::entry::LotLink;
use crate::hash::Hash;
use crate::identifier::LotKey;
use crate::key::PublicKey;
use crate::refusal::{Code, Flag, Position, Refusal};
use crate::state::{EntryRecord, Key, ReadState, Record, SignerRecord};
use crate::statement::Kind;
use crate::time::UnixMillis;
use crate::tree::LeafIndex;

mod event;
mod marking;
mod movement;
mod parties;
mod proposal;
mod registry;
mod session;
mod transformation;

#[cfg(test)]
mod tests;

pub use proposal::Proposal;
use session::Session;

/// Which lots the rules see.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_enums, reason = "a replay sees the whole ledger or the lots of one bundle")]
pub enum Scope<'a> {
    /// All of them: the ledger itself.
    Whole,
    /// These: the replay of a proof bundle, which has every entry that links one of them. What an event does to other lots is passed
    /// over, a yield with an unseen input is not judged, a correction of an event that is not there does nothing, and a signer's
    /// sequence may have gaps.
    ///
    /// The replay agrees with the ledger's own on every lot of the set if the set holds, with a lot, its parents and whatever lots a
    /// correction that links it links besides. Without the latter a correction that the ledger did not undo, because one of those
    /// moved on, may be undone here, and later entries of the lot may then be refused. Only children are not all seen.
    Lots(&'a BTreeSet<LotKey>),
}

/// What the rules need to know beside state and statement.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "callers must say all of it")]
pub struct Context<'a> {
    /// Where the entry stands or will stand.
    pub index: LeafIndex,
    /// When the node received the statement.
    pub received_at: UnixMillis,
    /// Which lots are seen.
    pub scope: Scope<'a>,
}

/// Why a statement was not applied.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "the statement is at fault or the state's store")]
pub enum ApplyError<E> {
    /// The rules refuse it.
    Refused(Refusal),
    /// A record could not be read; nothing is known about the statement.
    State(E),
}

impl<E> From<Refusal> for ApplyError<E> {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// What an accepted statement changes.
#[derive(Clone, Debug)]
pub struct Effects {
    index: LeafIndex,
    writes: BTreeMap<Key, Record>,
    links: Vec<LotLink>,
    flags: Vec<Flag>,
}

impl Effects {
    /// The entry's lot links, ascending by lot key.
    #[must_use]
    pub fn links(&self) -> &[LotLink] {
        &self.links
    }

    /// What is odd about the statement, ascending, none twice.
    #[must_use]
    pub fn flags(&self) -> &[Flag] {
        &self.flags
    }

    /// The writes, once the entry's leaf hash is known: it becomes the head of every linked lot.
    #[must_use]
    pub fn finish(mut self, leaf_hash: Hash) -> BTreeMap<Key, Record> {
        for link in &self.links {
            if let Some(Record::Lot(lot)) = self.writes.get_mut(&Key::Lot(link.lot)) {
                lot.seq = link.seq.saturating_add(1);
                lot.head = leaf_hash;
            }
        }
        let lots = self.links.iter().map(|link| link.lot).collect();
        self.writes.insert(Key::Entry(leaf_hash), Record::Entry(EntryRecord { index: self.index, lots }));
        self.writes
    }
}

/// Applies a statement to a state: checks that it is for this ledger, that its signer is known, not revoked and goes on with its own
/// chain, then the rules of its kind.
///
/// # Errors
/// The refusal, or the state's own error.
pub fn apply<S: ReadState>(
    state: &S,
    context: &Context<'_>,
    proposal: &Proposal<'_>,
) -> Result<Effects, ApplyError<S::Error>> {
    let (origin, statement) = (proposal.origin(), proposal.statement());
    if statement.ledger() != origin.as_str() {
        return Err(Refusal::new(Code::WrongLedger, "ledger", format!("this ledger is {origin}")).into());
    }
    let mut session = Session::new(state, origin, *context);
    let key = statement.signer();
    let signer = session.signer(&key)?;
    if statement.kind() == Kind::Charter {
        registry::charter(&mut session, key, statement)?;
    } else {
        let signer = usable(signer)?;
        if session.is_whole() {
            expect_position(statement.position(), signer.position)?;
        }
        match statement.kind() {
            Kind::Charter => {}
            Kind::Actor => registry::actor(&mut session, &signer, statement)?,
            Kind::Key => registry::key(&mut session, key, &signer, statement)?,
            Kind::Product => registry::product(&mut session, &signer, statement)?,
            Kind::Place => registry::place(&mut session, &signer, statement)?,
            Kind::Event => event::event(&mut session, &signer, proposal)?,
            Kind::Attest => marking::attest(&mut session, statement)?,
        }
    }
    advance(&mut session, key, statement.position(), proposal.payload_hash())?;
    Ok(session.into_effects())
}

fn usable(signer: Option<SignerRecord>) -> Result<SignerRecord, Refusal> {
    let signer = signer.ok_or_else(|| Refusal::new(Code::UnknownSigner, "signer", "registered to nobody"))?;
    match signer.revoked {
        Some(index) => Err(Refusal::new(Code::RevokedKey, "signer", format!("revoked by entry {index}"))),
        None => Ok(signer),
    }
}

fn expect_position(found: Position, expected: Position) -> Result<(), Refusal> {
    if found == expected {
        return Ok(());
    }
    let (field, detail) = if found.seq == expected.seq {
        ("prev", format!("the next is {}", expected.prev))
    } else {
        ("seq", format!("the next is {}", expected.seq))
    };
    Err(Refusal { expected: Some(expected), ..Refusal::new(Code::WrongSequence, field, detail) })
}

/// Moves the signer's chain on. The signer is registered by now, by this statement if it is the charter.
fn advance<S: ReadState>(
    session: &mut Session<'_, S>,
    key: PublicKey,
    position: Position,
    payload_hash: Hash,
) -> Result<(), ApplyError<S::Error>> {
    if let Some(mut signer) = session.signer(&key)? {
        let seq = position.seq.checked_add(1).ok_or_else(|| Refusal::new(Code::WrongSequence, "seq", "too great"))?;
        signer.position = Position { seq, prev: payload_hash };
        session.put(Key::Signer(key), Record::Signer(signer));
    }
    Ok(())
}
