//! Readers of the kinds of value that events are made of. Errors name the place below the value that was handed in.

use alloc::vec::Vec;

use super::context::Context;
use super::error::{EventError, EventErrorKind};
use super::vocabulary::{self, Term, Vocabulary};
use super::{BizTransaction, ErrorDeclaration, Party, PersistentDisposition, QuantityElement};
use crate::amount::{Quantity, Unit};
use crate::digital_link::is_uri_text;
use crate::json::{Json, Object};
use crate::time::UnixMillis;

/// What readers return.
pub(super) type Read<T> = Result<T, EventError>;

/// Whether this is a URI with a scheme (RFC 3986, section 3).
pub(super) fn is_uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
        && !rest.is_empty()
        && is_uri_text(rest)
}

const fn wrong(expected: &'static str) -> EventError {
    EventError::here(EventErrorKind::WrongKind { expected })
}

pub(super) fn text<'j>(json: &'j Json<'j>) -> Read<&'j str> {
    json.as_str().ok_or(wrong("a string"))
}

pub(super) fn object<'j>(json: &'j Json<'j>) -> Read<&'j Object<'j>> {
    json.as_object().ok_or(wrong("an object"))
}

pub(super) fn array<'j>(json: &'j Json<'j>) -> Read<&'j [Json<'j>]> {
    json.as_array().ok_or(wrong("an array"))
}

pub(super) fn number<'j>(json: &'j Json<'j>) -> Read<&'j str> {
    json.as_number().ok_or(wrong("a number"))
}

pub(super) fn boolean(json: &Json<'_>) -> Read<bool> {
    if let Json::Bool(value) = json { Ok(*value) } else { Err(wrong("true or false")) }
}

pub(super) fn uri<'j>(json: &'j Json<'j>) -> Read<&'j str> {
    let text = text(json)?;
    if is_uri(text) { Ok(text) } else { Err(EventError::here(EventErrorKind::Uri)) }
}

pub(super) fn time(json: &Json<'_>) -> Read<UnixMillis> {
    UnixMillis::parse_rfc3339(text(json)?).ok_or(EventError::here(EventErrorKind::Time))
}

/// `^[+-]((0[0-9]|1[0-3]):[0-5][0-9]|14:00)$`
pub(super) fn offset<'j>(json: &'j Json<'j>) -> Read<&'j str> {
    let text = text(json)?;
    let fits = matches!(
        text.as_bytes(),
        [b'+' | b'-', b'0', b'0'..=b'9', b':', b'0'..=b'5', b'0'..=b'9']
            | [b'+' | b'-', b'1', b'0'..=b'3', b':', b'0'..=b'5', b'0'..=b'9']
            | [b'+' | b'-', b'1', b'4', b':', b'0', b'0']
    );
    if fits { Ok(text) } else { Err(EventError::here(EventErrorKind::Offset)) }
}

/// Reads every value of an array.
pub(super) fn list<'j, T>(json: &'j Json<'j>, item: impl Fn(&'j Json<'j>) -> Read<T>) -> Read<Vec<T>> {
    let values = array(json)?;
    let mut read = Vec::with_capacity(values.len());
    for (at, value) in values.iter().enumerate() {
        read.push(item(value).map_err(|e| e.within_item(at))?);
    }
    Ok(read)
}

pub(super) fn uris<'j>(json: &'j Json<'j>) -> Read<Vec<&'j str>> {
    list(json, uri)
}

/// Reads an array of URIs none of which stands twice.
pub(super) fn unique_uris<'j>(json: &'j Json<'j>) -> Read<Vec<&'j str>> {
    let read = uris(json)?;
    unique(&read)?;
    Ok(read)
}

fn unique(texts: &[&str]) -> Read<()> {
    if texts.len() < 2 {
        return Ok(());
    }
    let mut sorted = texts.to_vec();
    sorted.sort_unstable();
    let Some(twice) = sorted.windows(2).find_map(|pair| (pair.first() == pair.last()).then_some(*pair.first()?)) else {
        return Ok(());
    };
    let last = texts.iter().rposition(|text| *text == twice).unwrap_or_default();
    Err(EventError::here(EventErrorKind::Repeated).within_item(last))
}

/// `certificationInfo`: a URI or an array of them.
pub(super) fn certification<'j>(json: &'j Json<'j>) -> Read<Vec<&'j str>> {
    if json.as_array().is_some() { uris(json) } else { Ok([uri(json)?].into()) }
}

/// `readPoint` or `bizLocation`: an object with an `id`.
pub(super) fn place<'j>(json: &'j Json<'j>, context: &Context<'_>) -> Read<&'j str> {
    let mut id = None;
    for (key, value) in object(json)?.iter() {
        match key {
            "id" => id = Some(uri(value).map_err(|e| e.within(key))?),
            _ => context.check_extension(key)?,
        }
    }
    id.ok_or_else(|| EventError::of("id", EventErrorKind::Missing))
}

/// `ilmd`: an object whose keys are all namespaced.
pub(super) fn ilmd<'j>(json: &'j Json<'j>, context: &Context<'_>) -> Read<&'j Object<'j>> {
    let members = object(json)?;
    members.iter().try_for_each(|(key, _)| context.check_extension(key))?;
    Ok(members)
}

/// `quantityElement`.
pub(super) fn quantity_element<'j>(json: &'j Json<'j>) -> Read<QuantityElement<'j>> {
    let (mut epc_class, mut amount, mut uom) = (None, None, None);
    for (key, value) in object(json)?.iter() {
        let read = match key {
            "epcClass" => uri(value).map(|uri| epc_class = Some(uri)),
            "quantity" => number(value).map(|number| amount = Some(number)),
            "uom" => text(value).map(|code| uom = Some(code)),
            _ => return Err(EventError::of(key, EventErrorKind::UnknownField)),
        };
        read.map_err(|e| e.within(key))?;
    }
    let unit = Unit::parse(uom).map_err(|_| EventError::of("uom", EventErrorKind::Unit))?;
    let quantity = amount.map(|number| Quantity::parse(number, unit)).transpose();
    Ok(QuantityElement {
        epc_class: epc_class.ok_or_else(|| EventError::of("epcClass", EventErrorKind::Missing))?,
        quantity: quantity.map_err(|e| EventError::of("quantity", EventErrorKind::Amount(e)))?,
    })
}

/// An object of a `type` from a vocabulary and a URI under `name`, and nothing else.
fn typed_uri<'j>(json: &'j Json<'j>, name: &str, words: &Vocabulary) -> Read<(Option<Term<'j>>, &'j str)> {
    let (mut kind, mut id) = (None, None);
    for (key, value) in object(json)?.iter() {
        let read = match key {
            "type" => words.term(value).map(|term| kind = Some(term)),
            _ if key == name => uri(value).map(|uri| id = Some(uri)),
            _ => return Err(EventError::of(key, EventErrorKind::UnknownField)),
        };
        read.map_err(|e| e.within(key))?;
    }
    Ok((kind, id.ok_or_else(|| EventError::of(name, EventErrorKind::Missing))?))
}

/// An entry of `bizTransactionList`.
pub(super) fn biz_transaction<'j>(json: &'j Json<'j>) -> Read<BizTransaction<'j>> {
    let (kind, id) = typed_uri(json, "bizTransaction", &vocabulary::BIZ_TRANSACTION_TYPE)?;
    Ok(BizTransaction { kind, id })
}

/// An entry of `sourceList` or `destinationList`, whose URI stands under `name`.
pub(super) fn party<'j>(json: &'j Json<'j>, name: &str) -> Read<Party<'j>> {
    let (kind, id) = typed_uri(json, name, &vocabulary::SOURCE_DEST_TYPE)?;
    Ok(Party { kind: kind.ok_or_else(|| EventError::of("type", EventErrorKind::Missing))?, id })
}

/// `persistentDisposition`: `set`, `unset` or both.
pub(super) fn persistent_disposition<'j>(json: &'j Json<'j>) -> Read<PersistentDisposition<'j>> {
    let dispositions = |value: &'j Json<'j>| {
        let terms = list(value, |item| vocabulary::DISPOSITION.term(item))?;
        let words: Vec<&str> = terms.iter().map(Term::as_str).collect();
        unique(&words)?;
        if terms.is_empty() { Err(EventError::here(EventErrorKind::Empty)) } else { Ok(terms) }
    };
    let (mut set, mut unset) = (None, None);
    for (key, value) in object(json)?.iter() {
        let read = match key {
            "set" => dispositions(value).map(|terms| set = Some(terms)),
            "unset" => dispositions(value).map(|terms| unset = Some(terms)),
            _ => return Err(EventError::of(key, EventErrorKind::UnknownField)),
        };
        read.map_err(|e| e.within(key))?;
    }
    if set.is_none() && unset.is_none() {
        return Err(EventError::here(EventErrorKind::Empty));
    }
    Ok(PersistentDisposition { set: set.unwrap_or_default(), unset: unset.unwrap_or_default() })
}

/// `errorDeclaration`.
pub(super) fn error_declaration<'j>(json: &'j Json<'j>, context: &Context<'_>) -> Read<ErrorDeclaration<'j>> {
    let (mut declaration_time, mut reason, mut corrective_event_ids) = (None, None, Vec::new());
    for (key, value) in object(json)?.iter() {
        let read = match key {
            "declarationTime" => time(value).map(|time| declaration_time = Some(time)),
            "reason" => vocabulary::ERROR_REASON.term(value).map(|term| reason = Some(term)),
            "correctiveEventIDs" => uris(value).map(|ids| corrective_event_ids = ids),
            _ => {
                context.check_extension(key)?;
                continue;
            }
        };
        read.map_err(|e| e.within(key))?;
    }
    let declaration_time =
        declaration_time.ok_or_else(|| EventError::of("declarationTime", EventErrorKind::Missing))?;
    Ok(ErrorDeclaration { declaration_time, reason, corrective_event_ids })
}
