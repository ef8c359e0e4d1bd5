//! A strict reader of JSON for what is signed (`docs/format.md`, section 2).
//!
//! General readers lose what matters here: which digits a number was written with, whether a key stood twice, and how
//! deep a stranger may nest. This one keeps numbers as text, refuses duplicate keys and unpaired surrogates, bounds depth,
//! and borrows from its input wherever a string holds no escape, because the auditor reads millions of these.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use thiserror::Error;

#[cfg(test)]
mod tests;

/// Deepest nesting of arrays and objects. An EPCIS event inside a body inside a statement with sensor reports needs 9.
pub const DEPTH_MAX: usize = 32;

/// A JSON value; numbers stay text, object members stay in the order in which they were written.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "JSON has these six kinds of value for ever (RFC 8259, section 3)")]
pub enum Json<'a> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// The number's text, in the grammar of RFC 8259, section 6.
    Number(&'a str),
    /// The string without its escapes.
    String(Cow<'a, str>),
    /// The values in order.
    Array(Vec<Json<'a>>),
    /// The members in order.
    Object(Object<'a>),
}

/// The members of a JSON object, in the order in which they were written, no key twice.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Object<'a>(Vec<(Cow<'a, str>, Json<'a>)>);

/// Why bytes are not the strict JSON of this format. The producer's software is at fault; answered with 400.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{kind} at byte {offset}")]
pub struct JsonError {
    /// Where in the input, in bytes from its start.
    pub offset: usize,
    /// What is wrong there.
    pub kind: JsonErrorKind,
}

/// What is wrong with the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum JsonErrorKind {
    /// The bytes are not UTF-8.
    InvalidUtf8,
    /// Something else than JSON's grammar allows here.
    Unexpected,
    /// The text ends inside a value.
    UnexpectedEnd,
    /// The object holds this key already.
    DuplicateKey,
    /// Nested deeper than [`DEPTH_MAX`].
    TooDeep,
    /// An escape that is none, or half of a surrogate pair.
    BadEscape,
    /// More text after the value.
    TrailingText,
}

impl fmt::Display for JsonErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::InvalidUtf8 => "invalid utf-8",
            Self::Unexpected => "unexpected character",
            Self::UnexpectedEnd => "unexpected end",
            Self::DuplicateKey => "duplicate key",
            Self::TooDeep => "nested too deeply",
            Self::BadEscape => "bad escape",
            Self::TrailingText => "text after the value",
        })
    }
}

impl<'a> Json<'a> {
    /// Reads one value that fills the input, white space aside.
    ///
    /// # Errors
    /// The first place at which the input is not strict JSON.
    pub fn parse(input: &'a [u8]) -> Result<Self, JsonError> {
        let text = core::str::from_utf8(input)
            .map_err(|e| JsonError { offset: e.valid_up_to(), kind: JsonErrorKind::InvalidUtf8 })?;
        let mut reader = Reader { text, at: 0 };
        reader.skip_space();
        let value = reader.value(0)?;
        reader.skip_space();
        if reader.at == text.len() { Ok(value) } else { Err(reader.error(JsonErrorKind::TrailingText)) }
    }

    /// The string, if this is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        if let Self::String(text) = self { Some(text) } else { None }
    }

    /// The number's text, if this is one.
    #[must_use]
    pub const fn as_number(&self) -> Option<&'a str> {
        if let Self::Number(text) = self { Some(text) } else { None }
    }

    /// The number as an integer without fraction or exponent, if it is one that fits.
    #[must_use]
    pub fn as_u64(&self) -> Option<u64> {
        self.as_number()?.parse().ok()
    }

    /// The object, if this is one.
    #[must_use]
    pub const fn as_object(&self) -> Option<&Object<'a>> {
        if let Self::Object(object) = self { Some(object) } else { None }
    }

    /// The array's values, if this is one.
    #[must_use]
    pub fn as_array(&self) -> Option<&[Self]> {
        if let Self::Array(values) = self { Some(values) } else { None }
    }
}

impl<'a> Object<'a> {
    /// The value of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Json<'a>> {
        self.0.iter().find(|(k, _)| k == key).map(|(_, value)| value)
    }

    /// Takes a member that is an object out of this one.
    #[must_use]
    pub fn take_object(self, key: &str) -> Option<Self> {
        self.0
            .into_iter()
            .find(|(k, _)| k == key)
            .and_then(|(_, value)| if let Json::Object(object) = value { Some(object) } else { None })
    }

    /// The members in the order in which they were written.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Json<'a>)> {
        self.0.iter().map(|(key, value)| (key.as_ref(), value))
    }

    /// How many members.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no member.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The first key that is not among `known`.
    #[must_use]
    pub fn unknown_key(&self, known: &[&str]) -> Option<&str> {
        self.iter().map(|(key, _)| key).find(|key| !known.contains(key))
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    const fn error(&self, kind: JsonErrorKind) -> JsonError {
        JsonError { offset: self.at, kind }
    }

    fn unexpected(&self) -> JsonError {
        let at_end = self.at >= self.text.len();
        self.error(if at_end { JsonErrorKind::UnexpectedEnd } else { JsonErrorKind::Unexpected })
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn take(&mut self, byte: u8) -> Result<(), JsonError> {
        if self.peek() == Some(byte) {
            self.at += 1;
            Ok(())
        } else {
            Err(self.unexpected())
        }
    }

    /// The text since `start`. Positions only ever stand before or after ASCII bytes, so the range is on boundaries.
    fn since(&self, start: usize) -> &'a str {
        self.text.get(start..self.at).unwrap_or_default()
    }

    fn value(&mut self, depth: usize) -> Result<Json<'a>, JsonError> {
        match self.peek() {
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b'"') => Ok(Json::String(self.string()?)),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.literal("true", Json::Bool(true)),
            Some(b'f') => self.literal("false", Json::Bool(false)),
            Some(b'n') => self.literal("null", Json::Null),
            _ => Err(self.unexpected()),
        }
    }

    fn literal(&mut self, word: &str, value: Json<'a>) -> Result<Json<'a>, JsonError> {
        for byte in word.bytes() {
            self.take(byte)?;
        }
        Ok(value)
    }

    fn enter(&mut self, depth: usize) -> Result<(), JsonError> {
        if depth >= DEPTH_MAX {
            return Err(self.error(JsonErrorKind::TooDeep));
        }
        self.at += 1;
        self.skip_space();
        Ok(())
    }

    fn object(&mut self, depth: usize) -> Result<Json<'a>, JsonError> {
        self.enter(depth)?;
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Json::Object(Object::default()));
        }
        let mut members: Vec<(Cow<'a, str>, Json<'a>)> = Vec::with_capacity(MEMBERS_EXPECTED);
        loop {
            let key_at = self.at;
            let key = self.string()?;
            self.skip_space();
            self.take(b':')?;
            self.skip_space();
            let value = self.value(depth + 1)?;
            members.push((key, value));
            if has_duplicate(&members) {
                return Err(JsonError { offset: key_at, kind: JsonErrorKind::DuplicateKey });
            }
            self.skip_space();
            if self.peek() == Some(b'}') {
                self.at += 1;
                break;
            }
            self.take(b',')?;
            self.skip_space();
        }
        // Large objects were not searched member by member (a hostile one would cost the square of its size).
        if members.len() > LINEAR_SEARCH_MAX {
            let mut keys: Vec<&str> = members.iter().map(|(key, _)| key.as_ref()).collect();
            keys.sort_unstable();
            if keys.windows(2).any(|pair| matches!(pair, [a, b] if a == b)) {
                return Err(self.error(JsonErrorKind::DuplicateKey));
            }
        }
        Ok(Json::Object(Object(members)))
    }

    fn array(&mut self, depth: usize) -> Result<Json<'a>, JsonError> {
        self.enter(depth)?;
        let mut values = Vec::new();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(Json::Array(values));
        }
        loop {
            values.push(self.value(depth + 1)?);
            self.skip_space();
            if self.peek() == Some(b']') {
                self.at += 1;
                return Ok(Json::Array(values));
            }
            self.take(b',')?;
            self.skip_space();
        }
    }

    fn digits(&mut self) -> Result<(), JsonError> {
        if !matches!(self.peek(), Some(b'0'..=b'9')) {
            return Err(self.unexpected());
        }
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        Ok(())
    }

    fn number(&mut self) -> Result<Json<'a>, JsonError> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(Json::Number(self.since(start)))
    }

    fn string(&mut self) -> Result<Cow<'a, str>, JsonError> {
        self.take(b'"')?;
        let start = self.at;
        self.plain_run();
        if self.peek() == Some(b'"') {
            let text = self.since(start);
            self.at += 1;
            return Ok(Cow::Borrowed(text));
        }
        let mut owned = String::from(self.since(start));
        loop {
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(Cow::Owned(owned));
                }
                Some(b'\\') => {
                    self.at += 1;
                    owned.push(self.escape()?);
                }
                // A control character, which strings may hold only escaped, or the end.
                _ => return Err(self.unexpected()),
            }
            let run = self.at;
            self.plain_run();
            owned.push_str(self.since(run));
        }
    }

    /// Moves past everything that a string may hold as it is.
    fn plain_run(&mut self) {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        let run = rest.iter().position(|&b| b == b'"' || b == b'\\' || b < 0x20);
        self.at += run.unwrap_or(rest.len());
    }

    fn escape(&mut self) -> Result<char, JsonError> {
        let byte = self.peek().ok_or_else(|| self.unexpected())?;
        self.at += 1;
        Ok(match byte {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.unicode_escape(),
            _ => {
                self.at -= 1;
                return Err(self.error(JsonErrorKind::BadEscape));
            }
        })
    }

    fn unicode_escape(&mut self) -> Result<char, JsonError> {
        let first = self.hex4()?;
        let code = if (0xd800..0xdc00).contains(&first) {
            self.take(b'\\').and_then(|()| self.take(b'u')).map_err(|_| self.error(JsonErrorKind::BadEscape))?;
            let second = self.hex4()?;
            if !(0xdc00..0xe000).contains(&second) {
                return Err(self.error(JsonErrorKind::BadEscape));
            }
            0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00)
        } else {
            first
        };
        // A lone low surrogate is no character either.
        char::from_u32(code).ok_or_else(|| self.error(JsonErrorKind::BadEscape))
    }

    fn hex4(&mut self) -> Result<u32, JsonError> {
        let mut code = 0;
        for _ in 0..4 {
            let digit = self.peek().and_then(|b| char::from(b).to_digit(16));
            code = code * 16 + digit.ok_or_else(|| self.error(JsonErrorKind::BadEscape))?;
            self.at += 1;
        }
        Ok(code)
    }
}

/// Room for most objects of a statement, so that they are not moved while they grow. Objects nest no deeper than [`DEPTH_MAX`] and each holds a
/// member, which is text of its own, so a hostile text gains nothing by it.
const MEMBERS_EXPECTED: usize = 8;
/// Up to so many members, each new key is compared with all before it.
const LINEAR_SEARCH_MAX: usize = 32;

/// Whether the newest member's key stood before, in an object small enough to be searched.
fn has_duplicate(members: &[(Cow<'_, str>, Json<'_>)]) -> bool {
    match members.split_last() {
        Some(((newest, _), before)) if before.len() < LINEAR_SEARCH_MAX => before.iter().any(|(key, _)| key == newest),
        _ => false,
    }
}
