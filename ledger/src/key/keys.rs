//! Strict verification of many signatures by few keys.

mod together;

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::fmt;

use curve25519_dalek::EdwardsPoint;
use curve25519_dalek::edwards::CompressedEdwardsY;
use ed25519_dalek::{Verifier as _, VerifyingKey};

use super::{PublicKey, Signature, is_canonical};
use together::{Chance, Sum, has_prime_order};

#[cfg(test)]
mod tests;

/// Fewer signatures are verified one by one: what is done once for all of them would cost more than it saves.
const TOGETHER_MIN: usize = 128;
/// Most keys that [`Keys`] holds: 28 MB at about 420 bytes.
const KEYS_MAX: usize = 1 << 16;

/// The y-coordinates of the eight points of small order, each of which has one or two of them: 1, -1, 0 and the two of order eight.
const SMALL_ORDER: [[u8; 32]; 5] = [
    encoding(0x01, [0; 30], 0x00),
    encoding(0xec, [0xff; 30], 0x7f),
    encoding(0x00, [0; 30], 0x00),
    encoding(0x26, ORDER_EIGHT[0], 0x05),
    encoding(0xc7, ORDER_EIGHT[1], 0x7a),
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

/// Whether a canonical encoding is one of a point of small order. Of both signs of x: the points come in pairs, and x = 0 with the sign
/// bit set encodes nothing that a strict verifier takes.
fn is_of_small_order(encoding: &[u8; 32]) -> bool {
    let [y @ .., last] = encoding;
    SMALL_ORDER.iter().any(|small| small[..31] == *y && small[31] == last & 0x7f)
}

/// A signature with what it is over: `prefix` followed by `payload`.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "that is all that a signature is about")]
pub struct Signed<'a> {
    /// The key that is said to have signed.
    pub key: PublicKey,
    /// The first bytes of what is signed.
    pub prefix: Vec<u8>,
    /// The others.
    pub payload: &'a [u8],
    /// The signature.
    pub signature: Signature,
}

/// A key as it is needed to verify.
#[derive(Clone, Debug)]
struct Usable {
    key: VerifyingKey,
    /// Its point, if that lies in the group of prime order, as every honestly made one does.
    point: Option<EdwardsPoint>,
}

impl Usable {
    fn new(public: PublicKey) -> Option<Self> {
        let key = public.to_verifying_key()?;
        let point = CompressedEdwardsY(*public.as_bytes()).decompress().filter(has_prime_order);
        Some(Self { key, point })
    }
}

/// Public keys as they are needed to verify, so that a key is decompressed once and not for each of its signatures. One for
/// each thread.
#[derive(Clone)]
pub struct Keys {
    known: BTreeMap<PublicKey, Option<Usable>>,
    chance: Option<Chance>,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The seed must stay unknown.
        f.debug_struct("Keys").field("known", &self.known.len()).finish_non_exhaustive()
    }
}

impl Default for Keys {
    fn default() -> Self {
        Self::new()
    }
}

impl Keys {
    /// No key yet, and signatures are verified one by one.
    #[must_use]
    pub const fn new() -> Self {
        Self { known: BTreeMap::new(), chance: None }
    }

    /// No key yet; signatures are verified together. Nobody who can make signatures may foresee the seed: it must be new and
    /// come from the system's own randomness.
    #[must_use]
    pub const fn with_seed(seed: [u8; 32]) -> Self {
        Self { known: BTreeMap::new(), chance: Some(Chance::new(seed)) }
    }

    fn usable(&mut self, key: PublicKey) -> Option<&Usable> {
        if self.known.len() >= KEYS_MAX {
            self.known.clear();
        }
        self.known.entry(key).or_insert_with(|| Usable::new(key)).as_ref()
    }

    /// For each signature whether [`PublicKey::verifies`] accepts it. With a seed they are verified together where all are good, several times as
    /// quick; that a signature is accepted which strict verification refuses then has a chance of 2^-64.
    pub fn verify_each(&mut self, signed: &[Signed<'_>]) -> Vec<bool> {
        if signed.len() >= TOGETHER_MIN && self.are_strict(signed) {
            return alloc::vec![true; signed.len()];
        }
        // One that is wrong is found by trying each.
        signed.iter().map(|signed| self.verifies(signed.key, &signed.message(), &signed.signature)).collect()
    }

    fn are_strict(&mut self, signed: &[Signed<'_>]) -> bool {
        self.sum(signed).is_some_and(|sum| sum.is_identity() && sum.has_only_prime_order())
    }

    /// Whether all signatures verify together, a little quicker still. Keys and points R of small order are refused as ever; beyond that a signer
    /// can craft a signature, of his own statement only, that this accepts and [`PublicKey::verifies`] does not. Without a seed, none does.
    pub fn verify_loosely(&mut self, signed: &[Signed<'_>]) -> bool {
        self.sum(signed).is_some_and(|sum| sum.is_identity())
    }

    /// `None` when a signature is not good, which can be told at once, or cannot be verified together with others.
    fn sum(&mut self, signed: &[Signed<'_>]) -> Option<Sum> {
        let mut chance = self.chance.take()?;
        let sum = self.sum_by(signed, &mut chance);
        self.chance = Some(chance);
        sum
    }

    fn sum_by(&mut self, signed: &[Signed<'_>], chance: &mut Chance) -> Option<Sum> {
        let mut sum = Sum::with_capacity(signed.len());
        let mut places = BTreeMap::new();
        for signed in signed {
            let place = match places.get(&signed.key) {
                Some(place) => *place,
                None => {
                    let place = sum.add_key(self.usable(signed.key)?.point?);
                    places.insert(signed.key, place);
                    place
                }
            };
            sum.add(place, signed, chance)?;
        }
        Some(sum)
    }

    /// Accepts exactly what [`PublicKey::verifies`] accepts, a tenth quicker.
    ///
    /// Strict verification refuses keys and points R of small order and compares R with the one computed, byte by byte. The key was
    /// looked at when it was decompressed. An R that is equal to the computed one is a canonical encoding, so whether it is of small
    /// order is told by comparing it with five coordinates; to decompress it, as the general function must, costs a square root.
    pub fn verifies(&mut self, key: PublicKey, message: &[u8], signature: &Signature) -> bool {
        let Some(usable) = self.usable(key) else { return false };
        let signature = ed25519_dalek::Signature::from_bytes(signature.as_bytes());
        !is_of_small_order(signature.r_bytes()) && usable.key.verify(message, &signature).is_ok()
    }
}

impl Signed<'_> {
    fn message(&self) -> Vec<u8> {
        [&self.prefix, self.payload].concat()
    }
}
