//! Documents that carry events: a capture document, the answer to a query, or a single event with its own context.

use alloc::vec::Vec;

use super::Event;
use super::context::Context;
use super::error::{EventError, EventErrorKind};
use super::event::{self, Type};
use super::fields::{self, Read};
use crate::json::{Json, Object};
use crate::time::UnixMillis;

/// The events of a document.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct EpcisDocument<'j> {
    /// `creationDate`, if the document states it.
    pub creation_date: Option<UnixMillis>,
    /// The events in the document's order.
    pub events: Vec<Event<'j>>,
}

impl<'j> EpcisDocument<'j> {
    /// Reads an `EPCISDocument`, an `EPCISQueryDocument`, or a single event that has an `@context`.
    ///
    /// # Errors
    /// The first field at fault, by its path within the document.
    pub fn parse(json: &'j Json<'j>) -> Result<Self, EventError> {
        let object = fields::object(json)?;
        let standard = Context::STANDARD;
        let context = Context::of(object, &standard)?;
        if object.get("@context").is_none() {
            return Err(EventError::of("@context", EventErrorKind::Missing));
        }
        match object.get("type").and_then(Json::as_str) {
            Some("EPCISDocument") => capture(object, &context),
            Some("EPCISQueryDocument") => query(object, &context),
            _ => {
                Type::of(object)?;
                Ok(Self { creation_date: None, events: [event::parse(json, &Context::STANDARD)?].into() })
            }
        }
    }
}

/// Reads an `EPCISDocument`.
fn capture<'j>(object: &'j Object<'j>, context: &Context<'_>) -> Read<EpcisDocument<'j>> {
    let (mut creation_date, mut events, mut has_version) = (None, None, false);
    for (key, value) in object.iter() {
        let read = match key {
            "type" | "@context" => Ok(()),
            "id" => check_id(value),
            "schemaVersion" => {
                has_version = true;
                check_version(value)
            }
            "creationDate" => fields::time(value).map(|time| creation_date = Some(time)),
            "instanceIdentifier" | "sender" | "receiver" => fields::text(value).map(drop),
            "epcisHeader" => check_header(value, context),
            "epcisBody" => event_list(value, &[], context).map(|list| events = Some(list)),
            _ => {
                context.check_extension(key)?;
                Ok(())
            }
        };
        read.map_err(|e| e.within(key))?;
    }
    for (key, is_there) in [("schemaVersion", has_version), ("creationDate", creation_date.is_some())] {
        if !is_there {
            return Err(EventError::of(key, EventErrorKind::Missing));
        }
    }
    let events = events.ok_or_else(|| EventError::of("epcisBody", EventErrorKind::Missing))?;
    Ok(EpcisDocument { creation_date, events })
}

/// Reads an `EPCISQueryDocument`.
fn query<'j>(object: &'j Object<'j>, context: &Context<'_>) -> Read<EpcisDocument<'j>> {
    let (mut creation_date, mut events) = (None, None);
    for (key, value) in object.iter() {
        let read = match key {
            "type" | "@context" => Ok(()),
            "id" => check_id(value),
            "schemaVersion" => check_version(value),
            "creationDate" => fields::time(value).map(|time| creation_date = Some(time)),
            "epcisBody" => query_body(value, context).map(|list| events = Some(list)),
            _ => {
                context.check_extension(key)?;
                Ok(())
            }
        };
        read.map_err(|e| e.within(key))?;
    }
    let events = events.ok_or_else(|| EventError::of("epcisBody", EventErrorKind::Missing))?;
    Ok(EpcisDocument { creation_date, events })
}

/// The events within `queryResults` within a query document's body.
fn query_body<'j>(json: &'j Json<'j>, context: &Context<'_>) -> Read<Vec<Event<'j>>> {
    let results = member(json, "queryResults", &[], context)?;
    let read = || {
        let name = member(results, "queryName", &["subscriptionID", "resultsBody"], context)?;
        fields::text(name).map_err(|e| e.within("queryName"))?;
        let body = member(results, "resultsBody", &["subscriptionID", "queryName"], context)?;
        event_list(body, &["vocabularyList"], context).map_err(|e| e.within("resultsBody"))
    };
    read().map_err(|e| e.within("queryResults"))
}

/// The events in the `eventList` of an object.
fn event_list<'j>(json: &'j Json<'j>, others: &[&str], context: &Context<'_>) -> Read<Vec<Event<'j>>> {
    let events = member(json, "eventList", others, context)?;
    fields::list(events, |item| event::parse(item, context)).map_err(|e| e.within("eventList"))
}

/// A required member of an object that may hold `others` and extensions besides.
fn member<'j>(json: &'j Json<'j>, name: &str, others: &[&str], context: &Context<'_>) -> Read<&'j Json<'j>> {
    let object = fields::object(json)?;
    for (key, _) in object.iter() {
        if key != name && !others.contains(&key) {
            context.check_extension(key)?;
        }
    }
    object.get(name).ok_or_else(|| EventError::of(name, EventErrorKind::Missing))
}

/// Checks an `epcisHeader`; master data in it is somebody's claim in passing and is not read.
fn check_header(json: &Json<'_>, context: &Context<'_>) -> Read<()> {
    for (key, value) in fields::object(json)?.iter() {
        if key == "epcisMasterData" {
            fields::object(value).map_err(|e| e.within(key))?;
        } else {
            context.check_extension(key)?;
        }
    }
    Ok(())
}

/// Checks a document's `id`: a URI, or a JSON-LD blank node.
fn check_id(json: &Json<'_>) -> Read<()> {
    if fields::text(json)?.starts_with("_:") { Ok(()) } else { fields::uri(json).map(drop) }
}

/// Checks a version: numbers with points between them.
fn check_version(json: &Json<'_>) -> Read<()> {
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if fields::text(json)?.split('.').all(is_number) {
        Ok(())
    } else {
        Err(EventError::here(EventErrorKind::WrongKind { expected: "a version" }))
    }
}
