//! What a witness adds to a checkpoint: a time and a signature over both (C2SP tlog-cosignature, `cosignature/v1`, type
//! 0x04). The newer ML-DSA-44 cosignatures (0x06) are carried on notes as unknown lines.

#[cfg(test)]
mod tests;

use alloc::{format, string::String};
use core::fmt;

use ed25519_dalek::{Signer as _, SigningKey};
use thiserror::Error;

use crate::checkpoint::Checkpoint;
use crate::key::{PublicKey, Signature};
use crate::note::{KeyId, KeyName, NoteSignature, SignatureType};

/// Latest time a cosignature can name: 2^63 - 1 seconds.
const SECONDS_MAX: u64 = u64::MAX >> 1;
/// Bytes of the time before the signature.
const TIME_BYTES: usize = 8;

/// When a witness signed, in seconds since 1970-01-01T00:00:00Z; its own claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CosignatureTime(u64);

impl CosignatureTime {
    /// Takes seconds since 1970-01-01T00:00:00Z; `None` above 2^63 - 1.
    #[must_use]
    pub const fn from_seconds(seconds: u64) -> Option<Self> {
        if seconds > SECONDS_MAX { None } else { Some(Self(seconds)) }
    }

    /// Seconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn seconds(self) -> u64 {
        self.0
    }
}

impl fmt::Display for CosignatureTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Why bytes are not a cosignature of a checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CosignatureError {
    /// Not 8 bytes of time and 64 of signature.
    #[error("a cosignature has 72 bytes, not {got}")]
    Length {
        /// Bytes given.
        got: usize,
    },
    /// The time is beyond 2^63 - 1 seconds.
    #[error("the cosignature's time is out of range")]
    Time,
    /// The signature is not the key's over this time and text.
    #[error("the cosignature is not valid")]
    Signature,
}

/// What the witness signs.
fn message(text: &str, time: CosignatureTime) -> String {
    format!("cosignature/v1\ntime {time}\n{text}")
}

/// Cosigns a checkpoint. The caller vouches that it is consistent with every one this key cosigned before.
#[must_use]
pub fn cosign(checkpoint: &Checkpoint, name: &KeyName, key: &SigningKey, time: CosignatureTime) -> NoteSignature {
    let signature = key.sign(message(&format!("{checkpoint}"), time).as_bytes()).to_bytes();
    let key_id = KeyId::of(name, SignatureType::CosignatureV1, &key.verifying_key().to_bytes());
    NoteSignature::of_signer(name.clone(), key_id, [time.0.to_be_bytes().as_slice(), &signature].concat())
}

/// Verifies the bytes of a type 0x04 line over a checkpoint's text and gives the time they name.
///
/// # Errors
///
/// [`CosignatureError`].
pub fn verify_cosignature(text: &str, key: &PublicKey, bytes: &[u8]) -> Result<CosignatureTime, CosignatureError> {
    let length = || CosignatureError::Length { got: bytes.len() };
    let (time, signature) = bytes.split_first_chunk::<TIME_BYTES>().ok_or_else(length)?;
    let signature = Signature::from_slice(signature).ok_or_else(length)?;
    let time = CosignatureTime::from_seconds(u64::from_be_bytes(*time)).ok_or(CosignatureError::Time)?;
    if key.verifies(message(text, time).as_bytes(), &signature) { Ok(time) } else { Err(CosignatureError::Signature) }
}
