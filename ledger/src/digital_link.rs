//! GS1 Digital Link URIs and element strings (GS1 Digital Link Standard: URI Syntax; GS1 General Specifications).
//!
//! A Digital Link writes a GS1 key as the path of a web address on any host:
//! `https://host/stem/01/{gtin}/10/{lot}/21/{serial}?17=...`. The key is the rightmost in the path, its qualifiers follow in their
//! fixed order, data attributes stand in the query.
//!
//! Not here: compressed Digital Links, and the rules about which AIs may mark one physical item together, which GS1 judges over all
//! the carriers on that item and which no single URI can be measured by.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write as _;

use thiserror::Error;

mod ai;
mod element_string;

pub(crate) use ai::check_digit;
pub use ai::{AiCode, ValueError};
pub use element_string::{ElementStringError, parse_bracketed, parse_element_string, to_element_string};

#[cfg(test)]
mod tests;

/// The resolver host of canonical Digital Links.
pub const CANONICAL_STEM: &str = "https://id.gs1.org";
/// Longest Digital Link that is read. The longest key with its qualifiers takes below 300 bytes; the rest is room for attributes.
pub const URI_BYTES_MAX: usize = 4096;

/// One AI with its value, percent-decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Element<'a> {
    /// The AI.
    pub ai: AiCode,
    /// The value: 1 to 90 characters of the AI's set.
    pub value: Cow<'a, str>,
}

/// Which spellings beyond the current standard are read. The default is none of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "options are written out by callers with ..Default::default()")]
pub struct Options {
    /// Words such as `/gtin/` and `/lot/` for AIs in the path, removed from the standard with version 1.3.
    pub convenience_words: bool,
    /// A GTIN of 8, 12 or 13 digits for AI 01 and 02, removed from the standard with version 1.4.
    pub short_gtins: bool,
    /// AIs that are in no table, as data attributes.
    pub unknown_ais: bool,
}

impl Options {
    /// Every spelling that this format brings to the canonical one (`docs/format.md`, section 1): short GTINs are padded.
    pub const LENIENT: Self = Self { convenience_words: false, short_gtins: true, unknown_ais: false };
}

/// Why a URI is no Digital Link, or elements make none. The URI's author is at fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DigitalLinkError {
    /// Longer than [`URI_BYTES_MAX`].
    #[error("longer than {URI_BYTES_MAX} bytes")]
    TooLong,
    /// Neither `http://` nor `https://`, all lower or all upper case.
    #[error("scheme is not http or https")]
    Scheme,
    /// A character that no URI holds, or a percent sign without two hexadecimal digits.
    #[error("not the characters of a uri")]
    Character,
    /// The host is missing or has characters that no host has.
    #[error("bad host")]
    Host,
    /// No primary key with a value stands at the path's end, with or without qualifiers.
    #[error("no primary key")]
    NoKey,
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
    /// The AI does not qualify the key, or not in this place.
    #[error("({ai}) does not belong after the key")]
    Qualifier {
        /// The AI.
        ai: AiCode,
    },
    /// The AI may not stand in the query of this key.
    #[error("({ai}) is no attribute of the key")]
    Attribute {
        /// The AI.
        ai: AiCode,
    },
    /// The AI stands twice: in a URI, or with different values among elements.
    #[error("({ai}) stands twice")]
    Repeated {
        /// The AI.
        ai: AiCode,
    },
}

/// A valid Digital Link: a key, its qualifiers in order, its data attributes in the order in which they were written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DigitalLink<'a> {
    /// Key, qualifiers, attributes.
    elements: Vec<Element<'a>>,
    /// How many of them stand in the path.
    path_len: usize,
}

impl<'a> DigitalLink<'a> {
    /// Reads a Digital Link on any host with any stem.
    ///
    /// # Errors
    /// Why the text is none.
    pub fn parse(uri: &'a str, options: Options) -> Result<Self, DigitalLinkError> {
        if uri.len() > URI_BYTES_MAX {
            return Err(DigitalLinkError::TooLong);
        }
        let rest = strip_scheme(uri).ok_or(DigitalLinkError::Scheme)?;
        if !is_uri_text(uri) {
            return Err(DigitalLinkError::Character);
        }
        let rest = rest.split_once('#').map_or(rest, |(rest, _fragment)| rest);
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (host, path) = rest.split_at(rest.find('/').ok_or(DigitalLinkError::NoKey)?);
        if !is_host(host) {
            return Err(DigitalLinkError::Host);
        }
        let elements = read_path(path, options)?;
        let mut link = Self { path_len: elements.len(), elements };
        link.read_query(query, options)?;
        Ok(link)
    }

    /// Makes a Digital Link of elements: the first that is a primary key becomes the key, its qualifiers follow it in the path,
    /// all else becomes attributes, those of predefined length first. The same AI with the same value counts once.
    ///
    /// # Errors
    /// There is no key, an AI neither qualifies the key nor is an attribute of it, or an AI stands twice with different values.
    pub fn from_elements(elements: Vec<Element<'a>>, options: Options) -> Result<Self, DigitalLinkError> {
        let mut rest = without_repeats(elements)?;
        let key_at = rest.iter().position(|e| qualifiers_of(e).is_some()).ok_or(DigitalLinkError::NoKey)?;
        let key = rest.remove(key_at);
        let sequences = qualifiers_of(&key).unwrap_or_default();
        // Of the alternative sequences the one that takes up most; what it leaves over must be attributes, which qualifiers are not.
        let taken = |sequence: &[&str]| rest.iter().filter(|e| sequence.contains(&e.ai.as_str())).count();
        let sequence = sequences.iter().copied().max_by_key(|sequence| taken(sequence)).unwrap_or_default();
        let mut ordered = Vec::with_capacity(rest.len() + 1);
        ordered.push(key);
        for qualifier in sequence {
            if let Some(at) = rest.iter().position(|e| e.ai.as_str() == *qualifier) {
                ordered.push(rest.remove(at));
            }
        }
        let mut link = Self { path_len: ordered.len(), elements: ordered };
        let (fixed, free): (Vec<_>, Vec<_>) =
            rest.into_iter().partition(|e| ai::find(e.ai.as_str()).is_some_and(ai::Ai::is_fixed));
        for element in fixed.into_iter().chain(free) {
            link.push_attribute(element, options)?;
        }
        Ok(link)
    }

    /// Key, qualifiers and attributes.
    #[must_use]
    pub fn elements(&self) -> &[Element<'a>] {
        &self.elements
    }

    /// Key and qualifiers.
    #[must_use]
    pub fn path(&self) -> &[Element<'a>] {
        self.elements.get(..self.path_len).unwrap_or_default()
    }

    /// The value of an AI in the path.
    #[must_use]
    pub fn in_path(&self, ai: &str) -> Option<&str> {
        self.path().iter().find(|e| e.ai.as_str() == ai).map(|e| e.value.as_ref())
    }

    /// The whole link behind `stem`, for example `https://example.com/some/stem`. Values are percent-encoded but for
    /// `A-Za-z0-9-._~`.
    #[must_use]
    pub fn to_uri(&self, stem: &str) -> String {
        let mut uri = String::from(stem.trim_end_matches('/'));
        for (at, element) in self.elements.iter().enumerate() {
            let (before, between) = match at.checked_sub(self.path_len) {
                None => ('/', '/'),
                Some(0) => ('?', '='),
                Some(_) => ('&', '='),
            };
            uri.push(before);
            uri.push_str(element.ai.as_str());
            uri.push(between);
            push_encoded(&mut uri, &element.value);
        }
        uri
    }

    /// The key with its qualifiers on `id.gs1.org`: what the link is about, without attributes.
    #[must_use]
    pub fn canonical_uri(&self) -> String {
        Self { elements: self.path().to_vec(), path_len: self.path_len }.to_uri(CANONICAL_STEM)
    }

    /// Reads the query: parameters whose name is all digits are AIs, others belong to somebody else.
    fn read_query(&mut self, query: &'a str, options: Options) -> Result<(), DigitalLinkError> {
        for parameter in query.split('&') {
            let Some((name, value)) = parameter.split_once('=') else { continue };
            if name.is_empty() || !name.bytes().all(|b| b.is_ascii_digit()) {
                continue;
            }
            let ai = AiCode::parse(name).ok_or(DigitalLinkError::UnknownAi)?;
            // In a query a plus sign stands for a space, which no AI's value holds.
            if value.contains('+') {
                return Err(DigitalLinkError::Value { ai, error: ValueError::Character });
            }
            let element = read_element(ai, value, options)?;
            self.push_attribute(element, options)?;
        }
        Ok(())
    }

    /// Adds a data attribute.
    fn push_attribute(&mut self, element: Element<'a>, options: Options) -> Result<(), DigitalLinkError> {
        let ai = element.ai;
        if self.elements.iter().any(|e| e.ai == ai) {
            return Err(DigitalLinkError::Repeated { ai });
        }
        let is_attribute = ai::find(ai.as_str()).map_or(options.unknown_ais, ai::Ai::is_attribute);
        let sequences = self.elements.first().and_then(qualifiers_of).unwrap_or_default();
        if !is_attribute || sequences.iter().any(|sequence| sequence.contains(&ai.as_str())) {
            return Err(DigitalLinkError::Attribute { ai });
        }
        self.elements.push(element);
        Ok(())
    }
}

/// Drops elements that say again what was said; fails on those that contradict it.
fn without_repeats(elements: Vec<Element<'_>>) -> Result<Vec<Element<'_>>, DigitalLinkError> {
    let mut kept = Vec::<Element<'_>>::with_capacity(elements.len());
    for element in elements {
        match kept.iter().find(|e| e.ai == element.ai) {
            None => kept.push(element),
            Some(same) if same.value == element.value => {}
            Some(_) => return Err(DigitalLinkError::Repeated { ai: element.ai }),
        }
    }
    Ok(kept)
}

/// The sequences of qualifiers of an element that may be a primary key.
fn qualifiers_of(element: &Element<'_>) -> Option<&'static [&'static [&'static str]]> {
    ai::find(element.ai.as_str()).and_then(ai::Ai::qualifiers)
}

/// Reads key and qualifiers, from the path's end back to the rightmost key.
fn read_path(path: &str, options: Options) -> Result<Vec<Element<'_>>, DigitalLinkError> {
    let mut elements = Vec::with_capacity(4);
    let mut rest = path;
    loop {
        let (before, value) = rest.rsplit_once('/').ok_or(DigitalLinkError::NoKey)?;
        let (before, name) = before.rsplit_once('/').ok_or(DigitalLinkError::NoKey)?;
        let name = if options.convenience_words { ai_of_word(name).unwrap_or(name) } else { name };
        let ai = ai::find(name).ok_or(DigitalLinkError::UnknownAi)?;
        let code = AiCode::parse(name).ok_or(DigitalLinkError::UnknownAi)?;
        elements.push(read_element(code, value, options)?);
        rest = before;
        let Some(sequences) = ai.qualifiers() else { continue };
        elements.reverse();
        return match first_out_of_order(elements.get(1..).unwrap_or_default(), sequences) {
            None => Ok(elements),
            Some(ai) => Err(DigitalLinkError::Qualifier { ai }),
        };
    }
}

/// The first qualifier that fits none of the sequences, if any does not.
fn first_out_of_order(qualifiers: &[Element<'_>], sequences: &[&[&str]]) -> Option<AiCode> {
    let fits = |sequence: &&[&str]| {
        let mut allowed = sequence.iter();
        qualifiers.iter().all(|e| allowed.any(|ai| *ai == e.ai.as_str()))
    };
    if qualifiers.is_empty() || sequences.iter().any(fits) {
        return None;
    }
    let known = |e: &&Element<'_>| sequences.iter().any(|sequence| sequence.contains(&e.ai.as_str()));
    qualifiers.iter().find(|e| !known(e)).or_else(|| qualifiers.last()).map(|e| e.ai)
}

/// Decodes and checks one value.
fn read_element(ai: AiCode, encoded: &str, options: Options) -> Result<Element<'_>, DigitalLinkError> {
    let fail = |error| DigitalLinkError::Value { ai, error };
    let mut value = percent_decode(encoded).ok_or_else(|| fail(ValueError::Character))?;
    if options.short_gtins && matches!(ai.as_str(), "01" | "02") && matches!(value.len(), 8 | 12 | 13) {
        let mut padded = String::with_capacity(14);
        (value.len()..14).for_each(|_| padded.push('0'));
        padded.push_str(&value);
        value = Cow::Owned(padded);
    }
    match ai::find(ai.as_str()) {
        Some(known) => known.check(&value).map_err(fail)?,
        None if options.unknown_ais => ai::check_unknown(&value).map_err(fail)?,
        None => return Err(DigitalLinkError::UnknownAi),
    }
    Ok(Element { ai, value })
}

/// The AI of a word that stood for it in the path before version 1.3.
fn ai_of_word(word: &str) -> Option<&'static str> {
    Some(match word {
        "sscc" => "00",
        "gtin" => "01",
        "lot" => "10",
        "ser" => "21",
        "cpv" => "22",
        "gdti" => "253",
        "glnx" => "254",
        "gcn" => "255",
        "ginc" => "401",
        "gsin" => "402",
        "gln" => "414",
        "payTo" => "415",
        "party" => "417",
        "grai" => "8003",
        "giai" => "8004",
        "itip" => "8006",
        "cpid" => "8010",
        "cpsn" => "8011",
        "gmn" => "8013",
        "gsrnp" => "8017",
        "gsrn" => "8018",
        "srin" => "8019",
        "refno" => "8020",
        _ => return None,
    })
}

/// What follows the scheme, which is never of mixed case.
fn strip_scheme(uri: &str) -> Option<&str> {
    ["https://", "http://", "HTTPS://", "HTTP://"].iter().find_map(|scheme| uri.strip_prefix(scheme))
}

/// Whether all characters may stand in a URI (RFC 3986, section 2) and every percent sign begins an encoded byte.
pub(crate) fn is_uri_text(text: &str) -> bool {
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let fits = match byte {
            b'%' => [bytes.next(), bytes.next()].iter().all(|b| b.is_some_and(|b| b.is_ascii_hexdigit())),
            b'-' | b'.' | b'_' | b'~' | b':' | b'/' | b'?' | b'#' | b'[' | b']' | b'@' => true,
            b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b';' | b'=' => true,
            _ => byte.is_ascii_alphanumeric(),
        };
        if !fits {
            return false;
        }
    }
    true
}

/// Whether this is `name[:port]` or `[v6][:port]`.
fn is_host(text: &str) -> bool {
    let is_port = |port: &str| port.strip_prefix(':').is_some_and(|digits| digits.parse::<u16>().is_ok());
    if let Some(rest) = text.strip_prefix('[') {
        return rest.split_once(']').is_some_and(|(v6, port)| {
            !v6.is_empty()
                && v6.bytes().all(|b| b.is_ascii_hexdigit() || matches!(b, b':' | b'.'))
                && (port.is_empty() || is_port(port))
        });
    }
    let (name, port) = text.find(':').map_or((text, ""), |at| text.split_at(at));
    !name.is_empty()
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.'))
        && (port.is_empty() || is_port(port))
}

/// Decodes `%XX`; `None` when the result is not UTF-8 or a percent sign stands alone.
pub(crate) fn percent_decode(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains('%') {
        return Some(Cow::Borrowed(text));
    }
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        decoded.push(if byte == b'%' { hex_value(bytes.next()?)? << 4 | hex_value(bytes.next()?)? } else { byte });
    }
    String::from_utf8(decoded).ok().map(Cow::Owned)
}

const fn hex_value(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

/// Appends the text, percent-encoded in upper-case hexadecimal but for `A-Za-z0-9-._~`.
pub(crate) fn push_encoded(uri: &mut String, text: &str) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            uri.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _infallible = write!(uri, "%{byte:02X}");
        }
    }
}
