//! What a statement says, as far as no state is needed to read it.

use crate::body::EventBody;
use crate::hash::Hash;
use crate::identifier::Origin;
use crate::refusal::Refusal;
use crate::statement::{Kind, Statement};

/// A statement as it is proposed to one ledger. All that takes time and no state is done here, so that it may be done on any core, before the
/// statement's turn comes; what is found wrong with the body is told in its turn, after what is wrong with the signer.
#[derive(Clone, Debug)]
pub struct Proposal<'s> {
    origin: &'s Origin,
    statement: &'s Statement<'s>,
    payload_hash: Hash,
    event: Option<Result<Told<'s>, Refusal>>,
}

/// An event, and under what it is kept.
#[derive(Clone, Debug)]
pub(super) struct Told<'s> {
    pub(super) body: EventBody<'s>,
    /// Of an event with an `eventID`.
    pub(super) identity: Option<Identity<'s>>,
}

/// What makes an event the one that a correction speaks of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Identity<'s> {
    pub(super) id: &'s str,
    /// SHA-256 of the `eventID`.
    pub(super) key: Hash,
    pub(super) digest: Hash,
}

impl<'s> Proposal<'s> {
    /// Proposes a statement to the ledger of this origin. `payload` is what the statement was parsed from.
    #[must_use]
    pub fn new(origin: &'s Origin, statement: &'s Statement<'s>, payload: &[u8]) -> Self {
        let event = (statement.kind() == Kind::Event).then(|| Told::read(origin, statement));
        Self { origin, statement, payload_hash: Hash::of(payload), event }
    }

    /// The ledger.
    #[must_use]
    pub const fn origin(&self) -> &'s Origin {
        self.origin
    }

    /// The statement.
    #[must_use]
    pub const fn statement(&self) -> &'s Statement<'s> {
        self.statement
    }

    /// SHA-256 of the payload.
    #[must_use]
    pub const fn payload_hash(&self) -> Hash {
        self.payload_hash
    }

    /// The event of an `event` statement.
    pub(super) fn event(&self) -> Result<&Told<'s>, Refusal> {
        match &self.event {
            Some(told) => told.as_ref().map_err(Clone::clone),
            None => Err(super::event::malformed("body", "not an event")),
        }
    }
}

impl<'s> Told<'s> {
    fn read(origin: &Origin, statement: &'s Statement<'s>) -> Result<Self, Refusal> {
        let body = EventBody::parse(origin, statement.body())?;
        let identity =
            body.event.event_id.map(|id| Identity { id, key: Hash::of(id.as_bytes()), digest: body.event.digest() });
        Ok(Self { body, identity })
    }
}
