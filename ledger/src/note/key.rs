use alloc::{string::String, vec::Vec};
use core::{fmt, str::FromStr};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use sha2::{Digest as _, Sha256};
use thiserror::Error;

use super::{KEY_ID_BYTES, has_control_character};
use crate::key::PublicKey;

/// Name of a key, best a URL without scheme. A log's is its origin.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyName(String);

/// Text cannot name a key: it is empty or holds a space of any script, a plus sign or a control character.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a key name is not empty and has no space, plus sign or control character")]
pub struct KeyNameError;

impl KeyName {
    /// Checks a name.
    ///
    /// # Errors
    ///
    /// [`KeyNameError`].
    pub fn new(name: &str) -> Result<Self, KeyNameError> {
        let is_bad = name.is_empty()
            || name.contains('+')
            || name.chars().any(char::is_whitespace)
            || has_control_character(name);
        if is_bad { Err(KeyNameError) } else { Ok(Self(name.into())) }
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for KeyName {
    type Err = KeyNameError;

    fn from_str(name: &str) -> Result<Self, KeyNameError> {
        Self::new(name)
    }
}

/// The four bytes that tell keys of one name apart. Not a hash to rely on: anyone can make a key with a given id.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId([u8; KEY_ID_BYTES]);

impl KeyId {
    /// Takes the bytes of an id.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; KEY_ID_BYTES]) -> Self {
        Self(bytes)
    }

    /// The id of a key: the beginning of SHA-256(name, line feed, type, key).
    #[must_use]
    pub fn of(name: &KeyName, signature_type: SignatureType, key: &[u8]) -> Self {
        let hash: [u8; 32] = Sha256::new()
            .chain_update(name.as_str())
            .chain_update([b'\n', signature_type.byte()])
            .chain_update(key)
            .finalize()
            .into();
        let [a, b, c, d, ..] = hash;
        Self([a, b, c, d])
    }

    /// The bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; KEY_ID_BYTES] {
        &self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", u32::from_be_bytes(self.0))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What a key's signatures look like and cover. Lines of other types are carried and passed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum SignatureType {
    /// 0x01: Ed25519 over the note's text; what a log signs with.
    Ed25519,
    /// 0x04: Ed25519 with a time, over the time and a checkpoint (C2SP tlog-cosignature); what a witness signs with.
    CosignatureV1,
}

impl SignatureType {
    /// The byte that stands for the type.
    #[must_use]
    pub const fn byte(self) -> u8 {
        match self {
            Self::Ed25519 => 1,
            Self::CosignatureV1 => 4,
        }
    }
}

/// A public key with its name and type, written `name+id+base64` (a vkey).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VerifierKey {
    name: KeyName,
    id: KeyId,
    signature_type: SignatureType,
    public_key: PublicKey,
}

/// Why something is not a verifier key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum VerifierKeyError {
    /// Not a name, eight lower-case hexadecimal digits and base64, joined by plus signs.
    #[error("not a verifier key")]
    Shape,
    /// The name cannot name a key.
    #[error("the verifier key has no proper name")]
    Name(#[source] KeyNameError),
    /// A type this program cannot verify.
    #[error("signature type {byte:#04x} is not supported")]
    UnsupportedType {
        /// The type.
        byte: u8,
    },
    /// Not 32 bytes, no point of the curve in canonical form, or a weak one.
    #[error("not a usable Ed25519 key")]
    Key,
    /// The id written is not that of name, type and key: a slip in copying.
    #[error("the key id is {written}, not {computed}")]
    WrongId {
        /// As written.
        written: KeyId,
        /// As it should be.
        computed: KeyId,
    },
}

impl VerifierKey {
    /// Names a key.
    ///
    /// # Errors
    ///
    /// [`VerifierKeyError::Key`].
    pub fn new(name: KeyName, signature_type: SignatureType, public_key: PublicKey) -> Result<Self, VerifierKeyError> {
        if public_key.to_verifying_key().is_none() {
            return Err(VerifierKeyError::Key);
        }
        let id = KeyId::of(&name, signature_type, public_key.as_bytes());
        Ok(Self { name, id, signature_type, public_key })
    }

    /// The key's name.
    #[must_use]
    pub const fn name(&self) -> &KeyName {
        &self.name
    }

    /// The key's id.
    #[must_use]
    pub const fn id(&self) -> KeyId {
        self.id
    }

    /// What the key's signatures are.
    #[must_use]
    pub const fn signature_type(&self) -> SignatureType {
        self.signature_type
    }

    /// The key itself.
    #[must_use]
    pub const fn public_key(&self) -> PublicKey {
        self.public_key
    }
}

impl FromStr for VerifierKey {
    type Err = VerifierKeyError;

    fn from_str(text: &str) -> Result<Self, VerifierKeyError> {
        // Base64 may hold plus signs of its own, so only the first two separate.
        let (name, rest) = text.split_once('+').ok_or(VerifierKeyError::Shape)?;
        let (id, encoded) = rest.split_once('+').ok_or(VerifierKeyError::Shape)?;
        let name = KeyName::new(name).map_err(VerifierKeyError::Name)?;
        let mut written = [0; KEY_ID_BYTES];
        if id.bytes().any(|b| b.is_ascii_uppercase()) || hex::decode_to_slice(id, &mut written).is_err() {
            return Err(VerifierKeyError::Shape);
        }
        let decoded: Vec<u8> = BASE64_STANDARD.decode(encoded).map_err(|_| VerifierKeyError::Shape)?;
        let (&byte, key) = decoded.split_first().ok_or(VerifierKeyError::Shape)?;
        let signature_type = [SignatureType::Ed25519, SignatureType::CosignatureV1]
            .into_iter()
            .find(|known| known.byte() == byte)
            .ok_or(VerifierKeyError::UnsupportedType { byte })?;
        let key = Self::new(name, signature_type, PublicKey::from_slice(key).ok_or(VerifierKeyError::Key)?)?;
        let written = KeyId(written);
        if written == key.id { Ok(key) } else { Err(VerifierKeyError::WrongId { written, computed: key.id }) }
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [&[self.signature_type.byte()], self.public_key.as_bytes().as_slice()].concat();
        write!(f, "{}+{}+{}", self.name, self.id, BASE64_STANDARD.encode(bytes))
    }
}
