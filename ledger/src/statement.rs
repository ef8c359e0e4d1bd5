//! Statements: what a person or a device signs (`docs/format.md`, section 3).

use alloc::borrow::Cow;
use alloc::format;
use core::fmt;

use crate::hash::Hash;
use crate::json::{Json, Object};
use crate::key::PublicKey;
use crate::limits::PAYLOAD_BYTES_MAX;
use crate::refusal::{Code, Position, Refusal};
use crate::time::UnixMillis;

/// The DSSE payload type of a statement.
pub const PAYLOAD_TYPE: &str = "application/vnd.nguon.statement+json";

/// The only version of the statement format.
const STATEMENT_VERSION: u64 = 1;

const KEYS: [&str; 8] = ["v", "ledger", "signer", "seq", "prev", "signedAt", "kind", "body"];

/// The kinds of statement (`docs/format.md`, section 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(clippy::exhaustive_enums, reason = "a new kind is a new version of the format")]
pub enum Kind {
    /// The ledger's constitution; entry 0.
    Charter,
    /// Registers an actor or replaces its record.
    Actor,
    /// Adds or revokes a key of an actor.
    Key,
    /// Registers a product or replaces its record.
    Product,
    /// Registers a place or replaces its record.
    Place,
    /// Something happened to lots.
    Event,
    /// A second person stands by an entry or disputes it.
    Attest,
}

impl Kind {
    /// The kind as it travels.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Charter => "charter",
            Self::Actor => "actor",
            Self::Key => "key",
            Self::Product => "product",
            Self::Place => "place",
            Self::Event => "event",
            Self::Attest => "attest",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Self::Charter, Self::Actor, Self::Key, Self::Product, Self::Place, Self::Event, Self::Attest]
            .into_iter()
            .find(|kind| kind.as_str() == text)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A statement read from its payload. It borrows from the payload, which stays the truth.
#[derive(Clone, Debug)]
pub struct Statement<'a> {
    ledger: Cow<'a, str>,
    signer: PublicKey,
    position: Position,
    signed_at: UnixMillis,
    kind: Kind,
    body: Object<'a>,
}

impl<'a> Statement<'a> {
    /// Reads a payload.
    ///
    /// # Errors
    /// [`Code::TooLarge`], or [`Code::MalformedStatement`] with the field at fault.
    pub fn parse(payload: &'a [u8]) -> Result<Self, Refusal> {
        if payload.len() > PAYLOAD_BYTES_MAX {
            let detail = format!("{} bytes, at most {PAYLOAD_BYTES_MAX}", payload.len());
            return Err(Refusal::new(Code::TooLarge, "payload", detail));
        }
        let json = Json::parse(payload).map_err(|e| malformed("payload", format!("{e}")))?;
        let Json::Object(object) = json else { return Err(malformed("payload", "not an object")) };
        if let Some(key) = object.unknown_key(&KEYS) {
            return Err(malformed(key, "no such field in a statement"));
        }
        let field = |key: &'static str| object.get(key).ok_or_else(|| malformed(key, "missing"));
        if field("v")?.as_u64() != Some(STATEMENT_VERSION) {
            return Err(malformed("v", "not 1"));
        }
        let ledger = text(field("ledger")?, "ledger")?;
        let signer = text(field("signer")?, "signer")?;
        let signer = PublicKey::from_hex(signer).ok_or_else(|| malformed("signer", "not 64 lower-case hex digits"))?;
        let seq = field("seq")?.as_u64().ok_or_else(|| malformed("seq", "not a whole number"))?;
        let prev = Hash::from_hex(text(field("prev")?, "prev")?)
            .ok_or_else(|| malformed("prev", "not 64 lower-case hex digits"))?;
        let signed_at = UnixMillis::parse_rfc3339(text(field("signedAt")?, "signedAt")?)
            .ok_or_else(|| malformed("signedAt", "not an RFC 3339 date-time with offset"))?;
        let kind = Kind::parse(text(field("kind")?, "kind")?).ok_or_else(|| malformed("kind", "no such kind"))?;
        let Json::Object(_) = field("body")? else { return Err(malformed("body", "not an object")) };
        let ledger = Cow::Owned(ledger.into());
        let Some(body) = object.take_object("body") else { return Err(malformed("body", "not an object")) };
        Ok(Self { ledger, signer, position: Position { seq, prev }, signed_at, kind, body })
    }

    /// The origin of the ledger that it is meant for.
    #[must_use]
    pub fn ledger(&self) -> &str {
        &self.ledger
    }

    /// Who signed.
    #[must_use]
    pub const fn signer(&self) -> PublicKey {
        self.signer
    }

    /// Its place in the signer's own chain.
    #[must_use]
    pub const fn position(&self) -> Position {
        self.position
    }

    /// When it was signed, by the signer's clock.
    #[must_use]
    pub const fn signed_at(&self) -> UnixMillis {
        self.signed_at
    }

    /// What kind of statement it is.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// The body, not yet read.
    #[must_use]
    pub const fn body(&self) -> &Object<'a> {
        &self.body
    }
}

fn malformed(field: &str, detail: impl Into<alloc::string::String>) -> Refusal {
    Refusal::new(Code::MalformedStatement, field, detail)
}

fn text<'j>(json: &'j Json<'_>, field: &str) -> Result<&'j str, Refusal> {
    json.as_str().ok_or_else(|| malformed(field, "not a string"))
}
