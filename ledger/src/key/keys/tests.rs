use curve25519_dalek::Scalar;
use curve25519_dalek::constants::EIGHT_TORSION;
use ed25519_dalek::{Signer as _, SigningKey};
use proptest::prelude::*;
use sha2::{Digest as _, Sha512};

use super::*;

#[test]
fn the_eight_encodings_are_those_of_small_order() {
    let mut known: Vec<_> = EIGHT_TORSION.iter().map(|point| point.compress().to_bytes()).collect();
    let mut listed = SMALL_ORDER.to_vec();
    known.sort_unstable();
    listed.sort_unstable();
    assert_eq!(known, listed);
}

fn key_of(seed: u8) -> (SigningKey, PublicKey) {
    let key = SigningKey::from_bytes(&[seed; 32]);
    let public = PublicKey::from_bytes(key.verifying_key().to_bytes());
    (key, public)
}

/// What a signer who knows the key can make: R of small order, and an s that the equation of RFC 8032 accepts if R is the identity.
fn crafted(key: &SigningKey, r: [u8; 32], message: &[u8]) -> Signature {
    let hash = Sha512::new().chain_update(r).chain_update(key.verifying_key().to_bytes()).chain_update(message);
    let k = Scalar::from_bytes_mod_order_wide(&hash.finalize().into());
    let s = (k * key.to_scalar()).to_bytes();
    Signature::from_slice(&[r, s].concat()).unwrap()
}

#[test]
fn an_r_of_small_order_is_refused() {
    let (key, public) = key_of(7);
    for r in SMALL_ORDER {
        let signature = crafted(&key, r, b"m");
        let accepts = key.verify(b"m", &ed25519_dalek::Signature::from_bytes(signature.as_bytes())).is_ok();
        assert_eq!(accepts, r == SMALL_ORDER[0], "only this check stands between the identity and acceptance");
        assert!(!public.verifies(b"m", &signature) && !Keys::new().verifies(public, b"m", &signature));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    /// Changed bytes of signatures, keys and messages: both ways say the same.
    #[test]
    fn both_ways_say_the_same(seed: u8, message: Vec<u8>, place in 0..97_usize, change: u8, torsion in 0..16_usize) {
        let (key, public) = key_of(seed);
        let mut signature = key.sign(&message).to_bytes();
        let mut public = *public.as_bytes();
        match (torsion, place) {
            (0..8, _) => signature = *crafted(&key, SMALL_ORDER[torsion], &message).as_bytes(),
            (_, 0..64) => signature[place] ^= change,
            (_, 64..96) => public[place - 64] ^= change,
            _ => {}
        }
        let (public, signature) = (PublicKey::from_bytes(public), Signature::from_bytes(signature));
        prop_assert_eq!(Keys::new().verifies(public, &message, &signature), public.verifies(&message, &signature));
    }
}
