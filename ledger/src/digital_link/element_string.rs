//! AIs with their values outside of a URI: `(01)...(10)...` as printed for people, and `^01...10...` as scanned, `^` for FNC1.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use thiserror::Error;

use super::ai::{self, AiCode, ValueError};
use super::{Element, Options};

/// FNC1 as it is written here.
const FNC1: char = '^';

/// Why a text is no element string. The text's author is at fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ElementStringError {
    /// It does not begin with a bracketed AI, or with FNC1 and one.
    #[error("does not begin with an application identifier")]
    Start,
    /// There is no such AI, or this is none at all.
    #[error("unknown application identifier")]
    UnknownAi,
    /// The value does not fit its AI.
    #[error("value of ({ai}): {error}")]
    Value {
        /// The AI.
        ai: AiCode,
        /// What is wrong with its value.
        error: ValueError,
    },
}

/// Reads `(01)12345678901231(10)ABC`; an opening bracket within a value is written `\(`.
///
/// # Errors
/// Why the text is none.
pub fn parse_bracketed(text: &str, options: Options) -> Result<Vec<Element<'_>>, ElementStringError> {
    let mut elements = Vec::new();
    let mut rest = text.strip_prefix('(').ok_or(ElementStringError::Start)?;
    loop {
        let (name, after) = rest.split_once(')').ok_or(ElementStringError::UnknownAi)?;
        let ai = AiCode::parse(name).ok_or(ElementStringError::UnknownAi)?;
        let end = after
            .char_indices()
            .find(|&(at, c)| c == '(' && !after.get(..at).is_some_and(|before| before.ends_with('\\')))
            .map_or(after.len(), |(at, _)| at);
        let (escaped, following) = after.split_at(end);
        let value =
            if escaped.contains("\\(") { Cow::Owned(escaped.replace("\\(", "(")) } else { Cow::Borrowed(escaped) };
        elements.push(checked(ai, value, options)?);
        match following.strip_prefix('(') {
            Some(next) => rest = next,
            None => return Ok(elements),
        }
    }
}

/// Reads `^0112345678901231` and so on: FNC1 at the start, FNC1 after every value of no predefined length but the last.
///
/// # Errors
/// Why the text is none.
pub fn parse_element_string(text: &str) -> Result<Vec<Element<'_>>, ElementStringError> {
    let mut elements = Vec::new();
    let mut rest = text.strip_prefix(FNC1).ok_or(ElementStringError::Start)?;
    loop {
        // No AI's code begins another's, so at most one length fits.
        let (name, known) = (2..=4)
            .filter_map(|len| rest.get(..len))
            .find_map(|name| ai::find(name).map(|known| (name, known)))
            .ok_or(ElementStringError::UnknownAi)?;
        let ai = AiCode::parse(name).ok_or(ElementStringError::UnknownAi)?;
        let after = rest.get(name.len()..).unwrap_or_default();
        let until_fnc1 = after.find(FNC1).unwrap_or(after.len());
        let end = if known.is_fixed() { until_fnc1.min(known.length()) } else { until_fnc1 };
        let value = after.get(..end).ok_or(ElementStringError::Value { ai, error: ValueError::Character })?;
        elements.push(checked(ai, Cow::Borrowed(value), Options::default())?);
        let following = after.get(end..).unwrap_or_default();
        rest = following.strip_prefix(FNC1).unwrap_or(following);
        if rest.is_empty() {
            return Ok(elements);
        }
    }
}

/// Writes elements as a scanner would report them, FNC1 as `^`.
#[must_use]
pub fn to_element_string(elements: &[Element<'_>]) -> String {
    let mut text = String::new();
    let mut needs_fnc1 = true;
    for element in elements {
        if needs_fnc1 {
            text.push(FNC1);
        }
        text.push_str(element.ai.as_str());
        text.push_str(&element.value);
        needs_fnc1 = !ai::find(element.ai.as_str()).is_some_and(ai::Ai::is_fixed);
    }
    text
}

/// An element whose value fits its AI.
fn checked<'a>(ai: AiCode, value: Cow<'a, str>, options: Options) -> Result<Element<'a>, ElementStringError> {
    let fits = match ai::find(ai.as_str()) {
        Some(known) => known.check(&value),
        None if options.unknown_ais => ai::check_unknown(&value),
        None => return Err(ElementStringError::UnknownAi),
    };
    fits.map_err(|error| ElementStringError::Value { ai, error })?;
    Ok(Element { ai, value })
}
