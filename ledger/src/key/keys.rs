//! Strict verification of many signatures by few keys.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use ed25519_dalek::{Verifier as _, VerifyingKey};

use super::{PublicKey, Signature};

#[cfg(test)]
mod tests;

/// Most keys that [`Keys`] holds: 16 MB.
const KEYS_MAX: usize = 1 << 16;

/// The canonical encodings of the eight points of small order.
const SMALL_ORDER: [[u8; 32]; 8] = [
    encoding(0x01, [0; 30], 0x00),
    encoding(0xec, [0xff; 30], 0x7f),
    encoding(0x00, [0; 30], 0x00),
    encoding(0x00, [0; 30], 0x80),
    encoding(0x26, ORDER_EIGHT[0], 0x05),
    encoding(0x26, ORDER_EIGHT[0], 0x85),
    encoding(0xc7, ORDER_EIGHT[1], 0x7a),
    encoding(0xc7, ORDER_EIGHT[1], 0xfa),
];

/// The inner bytes of the two y-coordinates of order eight.
const ORDER_EIGHT: [[u8; 30]; 2] = [
    [
        0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac,
        0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc,
    ],
    [
        0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53,
        0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03,
    ],
];

const fn encoding(first: u8, middle: [u8; 30], last: u8) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes[0] = first;
    let mut place = 0;
    while place < middle.len() {
        bytes[place + 1] = middle[place];
        place += 1;
    }
    bytes[31] = last;
    bytes
}

/// Public keys as they are needed to verify, so that a key is decompressed once and not for each of its signatures. One for
/// each thread.
#[derive(Clone, Debug, Default)]
pub struct Keys(BTreeMap<PublicKey, Option<VerifyingKey>>);

impl Keys {
    /// No key yet.
    #[must_use]
    pub const fn new() -> Self {
        Self(BTreeMap::new())
    }

    /// Whether all signatures verify, in one computation that costs a third of verifying each. Keys and points R of small order are refused
    /// as ever; beyond that a signer can craft a signature, of his own statement only, that this accepts and [`Keys::verifies`] does not.
    pub fn verify_all(&mut self, signed: &[(PublicKey, Vec<u8>, Signature)]) -> bool {
        if self.0.len().saturating_add(signed.len()) > KEYS_MAX {
            self.0.clear();
        }
        let mut keys = Vec::with_capacity(signed.len());
        let mut signatures = Vec::with_capacity(signed.len());
        for (key, _, signature) in signed {
            let Some(key) = self.0.entry(*key).or_insert_with(|| key.to_verifying_key()) else { return false };
            let signature = ed25519_dalek::Signature::from_bytes(signature.as_bytes());
            if SMALL_ORDER.contains(signature.r_bytes()) {
                return false;
            }
            keys.push(*key);
            signatures.push(signature);
        }
        let messages: Vec<&[u8]> = signed.iter().map(|(_, message, _)| message.as_slice()).collect();
        ed25519_dalek::verify_batch(&messages, &signatures, &keys).is_ok()
    }

    /// Accepts exactly what [`PublicKey::verifies`] accepts, a tenth quicker.
    ///
    /// Strict verification refuses keys and points R of small order and compares R with the one computed, byte by byte. The key was
    /// looked at when it was decompressed. An R that is equal to the computed one is a canonical encoding, so whether it is of small
    /// order is told by comparing it with eight encodings; to decompress it, as the general function must, costs a square root.
    pub fn verifies(&mut self, key: PublicKey, message: &[u8], signature: &Signature) -> bool {
        if self.0.len() >= KEYS_MAX {
            self.0.clear();
        }
        let Some(key) = self.0.entry(key).or_insert_with(|| key.to_verifying_key()) else { return false };
        let signature = ed25519_dalek::Signature::from_bytes(signature.as_bytes());
        !SMALL_ORDER.contains(signature.r_bytes()) && key.verify(message, &signature).is_ok()
    }
}
