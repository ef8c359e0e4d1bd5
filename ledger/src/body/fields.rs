//! Reading the members of a body's objects, with the path of the field at fault.

use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use crate::hash::Hash;
use crate::json::{Json, Object};
use crate::key::PublicKey;
use crate::refusal::{Code, Refusal};

/// An object of a body, where it stands, and the code that its faults get.
#[derive(Clone, Debug)]
pub(super) struct Fields<'j> {
    object: &'j Object<'j>,
    path: String,
    code: Code,
}

impl<'j> Fields<'j> {
    /// The body itself. `known` are the keys that it may hold.
    pub(super) fn of_body(body: &'j Object<'j>, code: Code, known: &[&str]) -> Result<Self, Refusal> {
        Self { object: body, path: "body".to_string(), code }.only(known)
    }

    fn only(self, known: &[&str]) -> Result<Self, Refusal> {
        match self.object.unknown_key(known) {
            Some(key) => Err(self.fault(key, "no such field here")),
            None => Ok(self),
        }
    }

    /// The path of a member.
    pub(super) fn path_of(&self, key: &str) -> String {
        format!("{}.{key}", self.path)
    }

    /// A refusal that names a member.
    pub(super) fn fault(&self, key: &str, detail: impl Into<String>) -> Refusal {
        Refusal::new(self.code, self.path_of(key), detail)
    }

    /// A member, if it is there.
    pub(super) fn optional(&self, key: &str) -> Option<&'j Json<'j>> {
        self.object.get(key)
    }

    /// A member that must be there.
    pub(super) fn required(&self, key: &str) -> Result<&'j Json<'j>, Refusal> {
        self.optional(key).ok_or_else(|| self.fault(key, "missing"))
    }

    /// Reads an optional member with `read`, which says what is wrong with it.
    pub(super) fn read_optional<T>(
        &self,
        key: &str,
        read: impl FnOnce(&'j Json<'j>) -> Result<T, String>,
    ) -> Result<Option<T>, Refusal> {
        self.optional(key).map(read).transpose().map_err(|detail| self.fault(key, detail))
    }

    /// Reads a required member with `read`, which says what is wrong with it.
    pub(super) fn read<T>(
        &self,
        key: &str,
        read: impl FnOnce(&'j Json<'j>) -> Result<T, String>,
    ) -> Result<T, Refusal> {
        read(self.required(key)?).map_err(|detail| self.fault(key, detail))
    }

    /// A string of 1 to `chars_max` characters.
    pub(super) fn text(&self, key: &str, chars_max: usize) -> Result<&'j str, Refusal> {
        self.read(key, |json| text_within(json, chars_max))
    }

    /// The same, if it is there.
    pub(super) fn optional_text(&self, key: &str, chars_max: usize) -> Result<Option<&'j str>, Refusal> {
        self.read_optional(key, |json| text_within(json, chars_max))
    }

    /// The values of an array of at most `max`; none when it is not there.
    pub(super) fn list(&self, key: &str, max: usize) -> Result<&'j [Json<'j>], Refusal> {
        let list = self.read_optional(key, |json| {
            let values = json.as_array().ok_or("not an array")?;
            if values.len() > max { Err(format!("more than {max}")) } else { Ok(values) }
        })?;
        Ok(list.unwrap_or_default())
    }

    /// Reads each value of an array of at most `max`.
    pub(super) fn read_list<T>(
        &self,
        key: &str,
        max: usize,
        read: impl Fn(&'j Json<'j>) -> Result<T, String>,
    ) -> Result<Vec<T>, Refusal> {
        let place = |(at, json)| read(json).map_err(|detail| self.fault(&format!("{key}[{at}]"), detail));
        self.list(key, max)?.iter().enumerate().map(place).collect()
    }

    /// A member that is an object holding only `known`.
    pub(super) fn object(&self, key: &str, known: &[&str]) -> Result<Option<Self>, Refusal> {
        self.read_optional(key, |json| json.as_object().ok_or_else(|| "not an object".to_string()))?
            .map(|object| Self { object, path: self.path_of(key), code: self.code }.only(known))
            .transpose()
    }

    /// The objects of an array, each holding only `known`.
    pub(super) fn objects(&self, key: &str, max: usize, known: &[&str]) -> Result<Vec<Self>, Refusal> {
        let place = |(at, json): (usize, &'j Json<'j>)| {
            let key = format!("{key}[{at}]");
            let object = json.as_object().ok_or_else(|| self.fault(&key, "not an object"))?;
            Self { object, path: self.path_of(&key), code: self.code }.only(known)
        };
        self.list(key, max)?.iter().enumerate().map(place).collect()
    }
}

/// A string of 1 to `chars_max` characters, none of them a control character but line feeds.
pub(super) fn text_within<'j>(json: &'j Json<'_>, chars_max: usize) -> Result<&'j str, String> {
    let text = json.as_str().ok_or("not a string")?;
    if text.is_empty() {
        return Err("empty".into());
    }
    if text.chars().count() > chars_max {
        return Err(format!("longer than {chars_max} characters"));
    }
    if text.chars().any(|c| c.is_control() && c != '\n') {
        return Err("holds a control character".into());
    }
    Ok(text)
}

/// A SHA-256 in hexadecimal.
pub(super) fn hash(json: &Json<'_>) -> Result<Hash, String> {
    json.as_str().and_then(Hash::from_hex).ok_or_else(|| "not 64 lower-case hex digits".into())
}

/// A public key that every engine treats alike.
pub(super) fn key(json: &Json<'_>) -> Result<PublicKey, String> {
    let key = json.as_str().and_then(PublicKey::from_hex).ok_or("not 64 lower-case hex digits")?;
    if key.to_verifying_key().is_none() {
        return Err("not a usable Ed25519 key (not canonical, or of small order)".into());
    }
    Ok(key)
}
