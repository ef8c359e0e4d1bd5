//! Why a statement may not enter the ledger: a stable code, the field at fault, and what was found
//! (`docs/format.md`, section 9).

use alloc::string::String;
use core::fmt;

use crate::hash::Hash;

/// A refusal. Nothing was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The stable code.
    pub code: Code,
    /// The JSON path of the field at fault, from the statement's root, as `body.event.quantityList[0].quantity`.
    pub field: String,
    /// What was found, for the log and for developers; people are told by code.
    pub detail: String,
    /// With [`Code::WrongSequence`]: what the signer's next statement must carry.
    pub expected: Option<Position>,
}

impl Refusal {
    /// A refusal with its field and detail.
    pub fn new(code: Code, field: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { code, field: field.into(), detail: detail.into(), expected: None }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}: {}", self.code, self.field, self.detail)
    }
}

impl core::error::Error for Refusal {}

/// A signer's place in its own chain: what its next statement must carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "the two fields of a statement that chain it (format, section 3)")]
pub struct Position {
    /// How many statements of this signer the ledger holds.
    pub seq: u64,
    /// SHA-256 of the signer's last payload; zeros when there is none.
    pub prev: Hash,
}

impl Position {
    /// Before the first statement.
    pub const START: Self = Self { seq: 0, prev: Hash::ZERO };
}

/// Defines the codes once: variant, text, HTTP status.
macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $text:literal, $status:literal;)*) => {
        /// The stable codes of refusals, each with the HTTP status that answers it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Code {
            $($(#[$doc])* $variant,)*
        }

        impl Code {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The code's text, as it travels.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),* }
            }

            /// The HTTP status that answers it.
            #[must_use]
            pub const fn status(self) -> u16 {
                match self { $(Self::$variant => $status),* }
            }
        }
    };
}

codes! {
    /// The envelope is not a DSSE envelope with one signature.
    MalformedEnvelope = "malformed_envelope", 400;
    /// The statement, or a body other than an event's, is not as the format says.
    MalformedStatement = "malformed_statement", 400;
    /// The body of an event, or its EPCIS event, is not as the format says.
    MalformedEvent = "malformed_event", 400;
    /// The signature does not verify, or the key is unusable.
    BadSignature = "bad_signature", 401;
    /// The key is registered to nobody.
    UnknownSigner = "unknown_signer", 401;
    /// The key was revoked.
    RevokedKey = "revoked_key", 401;
    /// The actor may not do this.
    RoleMissing = "role_missing", 403;
    /// The statement is for another ledger.
    WrongLedger = "wrong_ledger", 422;
    /// `seq` or `prev` is not the signer's next.
    WrongSequence = "wrong_sequence", 409;
    /// The event's identifier was used before.
    EventExists = "event_exists", 409;
    /// The event was corrected before.
    AlreadyCorrected = "already_corrected", 409;
    /// The ledger has its charter.
    CharterExists = "charter_exists", 409;
    /// The key belongs to an actor already.
    KeyInUse = "key_in_use", 409;
    /// The GTIN belongs to another product.
    GtinInUse = "gtin_in_use", 409;
    /// The lot was created before.
    LotExists = "lot_exists", 422;
    /// No such lot.
    UnknownLot = "unknown_lot", 422;
    /// No such actor.
    UnknownActor = "unknown_actor", 422;
    /// No such product.
    UnknownProduct = "unknown_product", 422;
    /// No such place.
    UnknownPlace = "unknown_place", 422;
    /// No event with this identifier.
    UnknownEvent = "unknown_event", 422;
    /// No entry with this leaf hash.
    UnknownEntry = "unknown_entry", 422;
    /// The actor has no such key.
    UnknownKey = "unknown_key", 422;
    /// The acting party holds nothing of the lot.
    NotHolder = "not_holder", 422;
    /// Nothing of the lot is on its way to the acting party.
    NotAddressee = "not_addressee", 422;
    /// More than there is.
    InsufficientQuantity = "insufficient_quantity", 422;
    /// Outputs exceed what the inputs can yield.
    YieldExceeded = "yield_exceeded", 422;
    /// The unit is not of the lot's or product's dimension.
    UnitMismatch = "unit_mismatch", 422;
    /// The lot's GTIN is not its product's.
    ProductMismatch = "product_mismatch", 422;
    /// `for` is no organisation above the signer's actor.
    NotAbove = "not_above", 422;
    /// The correction comes from somebody else than the event.
    NotAuthor = "not_author", 422;
    /// The corrected event differs from the original.
    CorrectionMismatch = "correction_mismatch", 422;
    /// The event lies more than 24 hours ahead.
    TimeInFuture = "time_in_future", 422;
    /// The lot is recalled.
    Recalled = "recalled", 422;
    /// Serials times net content exceed the packed lot.
    SerialsExceedLot = "serials_exceed_lot", 422;
    /// The event names more than 48 lots.
    TooManyLots = "too_many_lots", 422;
    /// Revoking it would leave the ledger without an operator.
    LastOperatorKey = "last_operator_key", 422;
    /// The payload is longer than a statement may be.
    TooLarge = "too_large", 413;
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What is odd about an accepted statement; shown to people, never a reason to refuse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Flag {
    /// `eventTime` is more than 10 minutes after `receivedAt`.
    ClockAhead,
    /// `receivedAt` is more than 72 hours after `eventTime`.
    Late,
    /// The event says it happened before the lot it moves came into being.
    TimeBeforeCreation,
    /// The correction could not undo what it corrects, because something later depends on it.
    CorrectionNotUndone,
    /// Less was received than was shipped.
    Shortfall,
}

impl Flag {
    /// The flag's text, as it travels.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ClockAhead => "clock_ahead",
            Self::Late => "late",
            Self::TimeBeforeCreation => "time_before_creation",
            Self::CorrectionNotUndone => "correction_not_undone",
            Self::Shortfall => "shortfall",
        }
    }
}

impl fmt::Display for Flag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
