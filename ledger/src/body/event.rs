//! The body of an `event` statement: a verb, an EPCIS event, and what the ledger needs beside it
//! (`docs/format.md`, section 4.6).

use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use super::fields::{self, Fields};
use super::registry::{self, Blob, words};
use crate::epcis::Event;
use crate::hash::Hash;
use crate::identifier::{ActorUri, LotUri, Origin, ProductUri};
use crate::json::{Json, Object};
use crate::limits::LOT_LINKS_MAX;
use crate::refusal::{Code, Refusal};

/// Most media of one event.
const MEDIA_MAX: usize = 8;
/// Longest note in characters.
const NOTE_CHARS_MAX: usize = 1_000;
/// Longest field of a certificate in characters.
const CERTIFICATE_CHARS_MAX: usize = 200;
/// Most packs of one lot: ten years of a factory's output, and exact in every JSON reader.
const SERIALS_MAX: u64 = 1_000_000_000;

words! {
    /// What happened, as people say it and as the rules act on it.
    Verb {
        /// Something was harvested: a lot comes into being.
        Harvest = "harvest",
        /// Inputs became something else.
        Process = "process",
        /// Lots became one.
        Merge = "merge",
        /// A lot became several.
        Split = "split",
        /// Something was packed.
        Pack = "pack",
        /// A lot was sent to somebody.
        Ship = "ship",
        /// A lot arrived.
        Receive = "receive",
        /// A lot was sold and leaves the ledger.
        Sell = "sell",
        /// Something of a lot was lost.
        Lose = "lose",
        /// A lot was inspected.
        Inspect = "inspect",
        /// A lot is called back.
        Recall = "recall",
        /// An earlier event was wrong.
        Correct = "correct",
        /// Something was noted.
        Observe = "observe",
    }
}

/// A commitment to the serials of a lot's packs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "count and root by the format")]
pub struct Serials {
    /// How many.
    pub count: u64,
    /// Root of the RFC 6962 tree over the serials in ascending order.
    pub root: Hash,
}

/// What an inspection certifies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Certificate<'j> {
    /// Under which scheme, as "VietGAP".
    pub scheme: &'j str,
    /// Its number.
    pub number: Option<&'j str>,
    /// Who issued it.
    pub issuer: &'j str,
    /// First day of validity, `YYYY-MM-DD`.
    pub valid_from: Option<&'j str>,
    /// Last day of validity.
    pub valid_to: Option<&'j str>,
    /// The certificate itself.
    pub file: Option<Blob<'j>>,
}

/// The body of an `event` statement.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct EventBody<'j> {
    /// What happened.
    pub verb: Verb,
    /// The EPCIS event.
    pub event: Event<'j>,
    /// The organisation that the signer acts for.
    pub acting_for: Option<ActorUri>,
    /// The member for whom the signer typed it in.
    pub on_behalf_of: Option<ActorUri>,
    /// The lots that the event brings into being, with their products.
    pub creates: Vec<(LotUri, ProductUri)>,
    /// Photos and papers.
    pub media: Vec<Blob<'j>>,
    /// A remark.
    pub note: Option<&'j str>,
    /// The packs' serials.
    pub serials: Option<Serials>,
    /// What an inspection certifies.
    pub certificate: Option<Certificate<'j>>,
}

impl<'j> EventBody<'j> {
    /// Reads the body of an `event` statement. Whether the event has the shape of its verb is for [`crate::rules`].
    ///
    /// # Errors
    /// [`Code::MalformedEvent`] with the field at fault.
    pub fn parse(origin: &Origin, body: &'j Object<'j>) -> Result<Self, Refusal> {
        let known = ["verb", "event", "for", "onBehalfOf", "creates", "media", "note", "serials", "certificate"];
        let fields = Fields::of_body(body, Code::MalformedEvent, &known)?;
        let verb = fields
            .read("verb", |json| json.as_str().and_then(Verb::parse).ok_or_else(|| "no such verb".to_string()))?;
        let event = Event::parse(fields.required("event")?).map_err(|error| {
            let path = if error.path.is_empty() { "event".to_string() } else { format!("event.{}", error.path) };
            fields.fault(&path, error.kind.to_string())
        })?;
        let certificate = certificate(&fields)?;
        if certificate.is_some() && verb != Verb::Inspect {
            return Err(fields.fault("certificate", "only an inspection certifies"));
        }
        Ok(Self {
            verb,
            event,
            acting_for: fields.read_optional("for", registry::actor_uri(origin))?,
            on_behalf_of: fields.read_optional("onBehalfOf", registry::actor_uri(origin))?,
            creates: creates(origin, &fields)?,
            media: registry::blobs(&fields, "media", MEDIA_MAX)?,
            note: fields.optional_text("note", NOTE_CHARS_MAX)?,
            serials: serials(&fields)?,
            certificate,
        })
    }
}

fn creates(origin: &Origin, fields: &Fields<'_>) -> Result<Vec<(LotUri, ProductUri)>, Refusal> {
    let Some(object) =
        fields.read_optional("creates", |json| json.as_object().ok_or_else(|| "not an object".to_string()))?
    else {
        return Ok(Vec::new());
    };
    if object.len() > LOT_LINKS_MAX {
        return Err(Refusal::new(Code::TooManyLots, fields.path_of("creates"), format!("more than {LOT_LINKS_MAX}")));
    }
    let mut lots: Vec<(LotUri, ProductUri)> = Vec::with_capacity(object.len());
    for (key, value) in object.iter() {
        let path = format!("creates[{key:?}]");
        let lot = LotUri::parse(origin, key).map_err(|_| fields.fault(&path, "not the uri of a lot"))?;
        let named = value.as_object().filter(|named| named.unknown_key(&["product"]).is_none());
        let product: Result<ProductUri, String> = named
            .and_then(|named| named.get("product"))
            .ok_or_else(|| "not an object with a product".to_string())
            .and_then(registry::product_uri(origin));
        let product = product.map_err(|detail| fields.fault(&path, detail))?;
        if lots.iter().any(|(other, _)| *other == lot) {
            return Err(fields.fault(&path, "the same lot twice"));
        }
        lots.push((lot, product));
    }
    Ok(lots)
}

fn serials(fields: &Fields<'_>) -> Result<Option<Serials>, Refusal> {
    let Some(object) = fields.object("serials", &["count", "root"])? else { return Ok(None) };
    let count = object.read("count", |json: &Json<'_>| {
        json.as_u64().filter(|count| (1..=SERIALS_MAX).contains(count)).ok_or_else(|| format!("not 1 to {SERIALS_MAX}"))
    })?;
    Ok(Some(Serials { count, root: object.read("root", fields::hash)? }))
}

fn certificate<'j>(fields: &Fields<'j>) -> Result<Option<Certificate<'j>>, Refusal> {
    let known = ["scheme", "number", "issuer", "validFrom", "validTo", "file"];
    let Some(object) = fields.object("certificate", &known)? else { return Ok(None) };
    let day = |key: &str| -> Result<Option<&'j str>, Refusal> {
        object.read_optional(key, |json| -> Result<&'j str, String> { registry::date(json) })
    };
    let (valid_from, valid_to) = (day("validFrom")?, day("validTo")?);
    if let (Some(from), Some(to)) = (valid_from, valid_to)
        && from > to
    {
        return Err(object.fault("validTo", "before validFrom"));
    }
    Ok(Some(Certificate {
        scheme: object.text("scheme", CERTIFICATE_CHARS_MAX)?,
        number: object.optional_text("number", CERTIFICATE_CHARS_MAX)?,
        issuer: object.text("issuer", CERTIFICATE_CHARS_MAX)?,
        valid_from,
        valid_to,
        file: registry::optional_blob(&object, "file")?,
    }))
}
