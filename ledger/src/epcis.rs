//! EPCIS 2.0 events, read strictly from JSON (GS1 EPCIS 2.0, section 10; GS1 Core Business Vocabulary 2.0).
//!
//! Strict means: the fields of the event's type and no others, required ones present, words of the core business vocabulary or
//! full URIs, times with offsets, extensions only under a declared namespace. What is read borrows from the JSON; nothing is fetched:
//! a JSON-LD context is looked at for the prefixes that it declares and for nothing else.
//!
//! Not here: what an event does to balances (module [`crate::rules`]) and which identifiers name lots
//! ([`crate::identifier::name_of`]).

use alloc::vec::Vec;

use crate::amount::Quantity;
use crate::hash::Hash;
use crate::json::{Json, Object};
use crate::time::UnixMillis;

mod canonical;
mod context;
mod document;
mod error;
mod event;
mod fields;
mod sensor;
mod vocabulary;

pub use context::Context;
pub use document::EpcisDocument;
pub use error::{EventError, EventErrorKind};
pub use vocabulary::Term;

#[cfg(test)]
mod tests;

/// One event of any type.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Event<'j> {
    /// The JSON it was read from.
    pub json: &'j Json<'j>,
    /// What it happened to, by the event's type.
    pub what: What<'j>,
    /// `eventID`: a URI.
    pub event_id: Option<&'j str>,
    /// `eventTime`.
    pub event_time: UnixMillis,
    /// `eventTimeZoneOffset`: `+07:00` and the like.
    pub event_time_zone_offset: &'j str,
    /// `recordTime`, which a repository sets.
    pub record_time: Option<UnixMillis>,
    /// `errorDeclaration`: this event corrects an earlier one.
    pub error_declaration: Option<ErrorDeclaration<'j>>,
    /// `bizStep`.
    pub biz_step: Option<Term<'j>>,
    /// `disposition`.
    pub disposition: Option<Term<'j>>,
    /// `persistentDisposition`.
    pub persistent_disposition: Option<PersistentDisposition<'j>>,
    /// `readPoint`: the URI of the place where it happened.
    pub read_point: Option<&'j str>,
    /// `bizLocation`: the URI of the place where the things are afterwards.
    pub biz_location: Option<&'j str>,
    /// `bizTransactionList`.
    pub biz_transaction_list: Vec<BizTransaction<'j>>,
    /// `sourceList`: where the things came from.
    pub source_list: Vec<Party<'j>>,
    /// `destinationList`: where the things go.
    pub destination_list: Vec<Party<'j>>,
    /// `certificationInfo`: URIs of certificates, one or many.
    pub certification_info: Vec<&'j str>,
    /// `sensorElementList`: checked, and left as it is.
    pub sensor_element_list: &'j [Json<'j>],
    /// The namespaced fields beyond the standard.
    pub extensions: Vec<(&'j str, &'j Json<'j>)>,
}

/// What an event happened to.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_enums, reason = "EPCIS 2.0 has these five types of event")]
pub enum What<'j> {
    /// `ObjectEvent`: something happened to objects.
    Object {
        /// Whether the objects come into being, are seen, or cease.
        action: Action,
        /// `epcList`: URIs of single objects.
        epc_list: Vec<&'j str>,
        /// `quantityList`: classes of objects with amounts.
        quantity_list: Vec<QuantityElement<'j>>,
        /// `ilmd`: master data of what comes into being.
        ilmd: Option<&'j Object<'j>>,
    },
    /// `AggregationEvent`: children were put into a parent or taken out.
    Aggregation(Children<'j>),
    /// `AssociationEvent`: children were tied to a parent for good. It always has a parent.
    Association(Children<'j>),
    /// `TransactionEvent`: objects were tied to business transactions.
    Transaction {
        /// Whether the tie is made, seen or undone.
        action: Action,
        /// `parentID`.
        parent_id: Option<&'j str>,
        /// `epcList`.
        epc_list: Vec<&'j str>,
        /// `quantityList`.
        quantity_list: Vec<QuantityElement<'j>>,
    },
    /// `TransformationEvent`: inputs became outputs.
    Transformation {
        /// `inputEPCList`.
        input_epc_list: Vec<&'j str>,
        /// `inputQuantityList`.
        input_quantity_list: Vec<QuantityElement<'j>>,
        /// `outputEPCList`.
        output_epc_list: Vec<&'j str>,
        /// `outputQuantityList`.
        output_quantity_list: Vec<QuantityElement<'j>>,
        /// `transformationID`: ties several events to one transformation.
        transformation_id: Option<&'j str>,
        /// `ilmd`: master data of the outputs.
        ilmd: Option<&'j Object<'j>>,
    },
}

/// A parent and its children.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Children<'j> {
    /// Whether they come together, are seen together or part.
    pub action: Action,
    /// `parentID`.
    pub parent_id: Option<&'j str>,
    /// `childEPCs`.
    pub child_epcs: Vec<&'j str>,
    /// `childQuantityList`.
    pub child_quantity_list: Vec<QuantityElement<'j>>,
}

/// How an event relates to the life of what it happened to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "EPCIS 2.0 has these three actions")]
pub enum Action {
    /// It begins.
    Add,
    /// It goes on.
    Observe,
    /// It ends.
    Delete,
}

/// A class of objects, and how much of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct QuantityElement<'j> {
    /// `epcClass`: the class's URI, for us a lot.
    pub epc_class: &'j str,
    /// `quantity` in its `uom`, when it is known.
    pub quantity: Option<Quantity>,
}

/// An entry of `sourceList` or `destinationList`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Party<'j> {
    /// `possessing_party`, `owning_party`, `location`, or a URI.
    pub kind: Term<'j>,
    /// The URI of the party or place.
    pub id: &'j str,
}

/// An entry of `bizTransactionList`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BizTransaction<'j> {
    /// `po`, `inv` and the like, or a URI.
    pub kind: Option<Term<'j>>,
    /// The URI of the transaction.
    pub id: &'j str,
}

/// Dispositions that hold until they are taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PersistentDisposition<'j> {
    /// Those that hold from now on.
    pub set: Vec<Term<'j>>,
    /// Those that no longer hold.
    pub unset: Vec<Term<'j>>,
}

/// The declaration that an earlier event with the same `eventID` was wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ErrorDeclaration<'j> {
    /// `declarationTime`.
    pub declaration_time: UnixMillis,
    /// `did_not_occur`, `incorrect_data`, or a URI.
    pub reason: Option<Term<'j>>,
    /// `correctiveEventIDs`: the events that stand in its place.
    pub corrective_event_ids: Vec<&'j str>,
}

impl<'j> Event<'j> {
    /// Reads an event that stands alone. The prefixes of the standard context count as declared; its own `@context` may declare more.
    ///
    /// # Errors
    /// The first field at fault, by its path within the event.
    pub fn parse(json: &'j Json<'j>) -> Result<Self, EventError> {
        event::parse(json, &Context::STANDARD)
    }

    /// Reads an event of a document that declares prefixes for it.
    ///
    /// # Errors
    /// As [`Event::parse`].
    pub fn parse_within(json: &'j Json<'j>, context: &Context<'_>) -> Result<Self, EventError> {
        event::parse(json, context)
    }

    /// The action, of all types but the transformation.
    #[must_use]
    pub const fn action(&self) -> Option<Action> {
        match &self.what {
            What::Object { action, .. } | What::Transaction { action, .. } => Some(*action),
            What::Aggregation(children) | What::Association(children) => Some(children.action),
            What::Transformation { .. } => None,
        }
    }

    /// The parent's URI, of the types that have one.
    #[must_use]
    pub const fn parent_id(&self) -> Option<&'j str> {
        match &self.what {
            What::Transaction { parent_id, .. } => *parent_id,
            What::Aggregation(children) | What::Association(children) => children.parent_id,
            What::Object { .. } | What::Transformation { .. } => None,
        }
    }

    /// Every identifier that may name a lot or a pack: parent, single objects, classes of objects; inputs before outputs.
    pub fn identifiers(&self) -> impl Iterator<Item = &'j str> + '_ {
        let (epcs, quantities): ([&[&'j str]; 2], [&[QuantityElement<'j>]; 2]) = match &self.what {
            What::Object { epc_list, quantity_list, .. } | What::Transaction { epc_list, quantity_list, .. } => {
                ([epc_list, &[]], [quantity_list, &[]])
            }
            What::Aggregation(children) | What::Association(children) => {
                ([&children.child_epcs, &[]], [&children.child_quantity_list, &[]])
            }
            What::Transformation {
                input_epc_list, input_quantity_list, output_epc_list, output_quantity_list, ..
            } => ([input_epc_list, output_epc_list], [input_quantity_list, output_quantity_list]),
        };
        let classes = quantities.into_iter().flatten().map(|element| element.epc_class);
        self.parent_id().into_iter().chain(epcs.into_iter().flatten().copied()).chain(classes)
    }

    /// SHA-256 of the event's content, by which a correction is compared with the event that it corrects. `errorDeclaration` and
    /// `recordTime` do not count, nor does the way in which the same JSON is written.
    ///
    /// It is taken of this text in UTF-8, without any white space between its parts:
    ///
    /// - `null`, `true` and `false` as they are;
    /// - a number as `0` when it is zero, however written; else `D` + `e` + `E`, where `D` holds its significant digits without leading and
    ///   trailing zeros, after a `-` if it is negative, and `E` is the decimal exponent of the last of them, without leading zeros and
    ///   without `+`, so that the number is `D` times ten to the `E`: `12.50` is `125e-1`, `100` is `1e2`, `-3` is `-3e0`. A number other than
    ///   zero whose exponent is written with more than 18 digits, leading zeros aside, stands as it was written;
    /// - a string as ECMAScript's `JSON.stringify` writes it: in quotes; `"` and `\` after a `\`; U+0008, U+0009, U+000A, U+000C and U+000D
    ///   as `\b`, `\t`, `\n`, `\f` and `\r`; other characters below U+0020 as `\u00` and two lower-case hexadecimal digits; all others
    ///   as they are;
    /// - an array as `[`, its values in order with `,` between, `]`;
    /// - an object as `{`, its members in ascending order of their keys' UTF-8 bytes (that is, by code points, not by UTF-16 units) with `,`
    ///   between, each as its key like a string, `:` and its value, `}`. Of the event itself, and of no object inside it, the members
    ///   `errorDeclaration` and `recordTime` are left out.
    #[must_use]
    pub fn digest(&self) -> Hash {
        Hash::of(canonical::event_text(self.json).as_bytes())
    }
}
