//! JSON-LD contexts, as far as they declare the prefixes of extension fields.

use super::error::{EventError, EventErrorKind};
use super::fields::{Read, is_uri};
use crate::json::{Json, Object};

/// Most definitions in one `@context`, so that looking up prefixes stays cheap.
const DEFINITIONS_MAX: usize = 256;

/// The prefixes that the standard context declares: `https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld`.
const STANDARD_PREFIXES: [&str; 8] = ["epcis", "cbv", "cbvmda", "gs1", "rdfs", "owl", "xsd", "dcterms"];

/// What is declared around an event: by the standard, by a document, by the event itself.
#[derive(Clone, Copy, Debug)]
pub struct Context<'j> {
    /// The value of `@context`, if there is one.
    json: Option<&'j Json<'j>>,
    /// What is declared further out.
    outer: Option<&'j Context<'j>>,
}

impl<'j> Context<'j> {
    /// The prefixes of the standard context and no others.
    pub const STANDARD: Context<'static> = Context { json: None, outer: None };

    /// Reads the `@context` of an object, if it has one, inside of what is declared around it.
    pub(super) fn of(object: &'j Object<'j>, outer: &'j Self) -> Read<Self> {
        let json = object.get("@context");
        if let Some(json) = json {
            check(json).map_err(|e| e.within("@context"))?;
        }
        Ok(Self { json, outer: Some(outer) })
    }

    /// Whether a field that no standard names may stand here: its key is a full URI or has a declared prefix.
    pub(super) fn check_extension(&self, key: &str) -> Read<()> {
        let Some((prefix, local)) = key.split_once(':') else {
            return Err(EventError::of(key, EventErrorKind::UnknownField));
        };
        if local.starts_with("//") || prefix == "urn" {
            return if is_uri(key) { Ok(()) } else { Err(EventError::of(key, EventErrorKind::Uri)) };
        }
        if local.is_empty() || !self.declares(prefix) {
            return Err(EventError::of(key, EventErrorKind::UndeclaredPrefix));
        }
        Ok(())
    }

    fn declares(&self, prefix: &str) -> bool {
        let here = || match self.json {
            Some(Json::Array(parts)) => parts.iter().any(|part| defines(part, prefix)),
            Some(json) => defines(json, prefix),
            None => false,
        };
        STANDARD_PREFIXES.contains(&prefix) || here() || self.outer.is_some_and(|outer| outer.declares(prefix))
    }
}

/// Whether one part of a context defines a prefix.
fn defines(part: &Json<'_>, prefix: &str) -> bool {
    part.as_object().and_then(|definitions| definitions.get(prefix)).is_some_and(|iri| *iri != Json::Null)
}

/// Checks that a context is a URI, an object of definitions, or an array of these.
fn check(json: &Json<'_>) -> Read<()> {
    let mut definitions = 0;
    let mut check_part = |part: &Json<'_>| match part {
        Json::String(uri) if is_uri(uri) => Ok(()),
        Json::String(_) => Err(EventError::here(EventErrorKind::Uri)),
        Json::Object(object) => {
            definitions += object.len();
            if definitions > DEFINITIONS_MAX {
                return Err(EventError::here(EventErrorKind::TooMany { most: DEFINITIONS_MAX }));
            }
            Ok(())
        }
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::Array(_) => {
            Err(EventError::here(EventErrorKind::WrongKind { expected: "a uri or an object" }))
        }
    };
    match json.as_array() {
        Some(parts) => {
            parts.iter().enumerate().try_for_each(|(at, part)| check_part(part).map_err(|e| e.within_item(at)))
        }
        None => check_part(json),
    }
}
