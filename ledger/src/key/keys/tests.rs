use alloc::vec;

use curve25519_dalek::Scalar;
use curve25519_dalek::constants::EIGHT_TORSION;
use ed25519_dalek::{Signer as _, SigningKey};
use proptest::prelude::*;
use sha2::{Digest as _, Sha512};

use super::*;

#[test]
fn the_coordinates_are_those_of_small_order() {
    let mut known: Vec<_> = EIGHT_TORSION.iter().map(|point| point.compress().to_bytes()).collect();
    assert!(known.iter().all(is_of_small_order));
    for encoding in &mut known {
        encoding[31] &= 0x7f;
    }
    known.sort_unstable();
    known.dedup();
    let mut listed = SMALL_ORDER.to_vec();
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
    for r in EIGHT_TORSION.map(|point| point.compress().to_bytes()) {
        let signature = crafted(&key, r, b"m");
        let accepts = key.verify(b"m", &ed25519_dalek::Signature::from_bytes(signature.as_bytes())).is_ok();
        assert_eq!(accepts, r == SMALL_ORDER[0], "only this check stands between the identity and acceptance");
        assert!(!public.verifies(b"m", &signature) && !Keys::new().verifies(public, b"m", &signature));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    /// Good and bent signatures in one batch: together they are judged as each alone.
    #[test]
    fn together_is_as_strict_as_alone(
        batch in proptest::collection::vec((0..4_u8, any::<Vec<u8>>(), 0..2_000_usize, 0..12_usize), 1..12),
        seed: [u8; 32],
    ) {
        let mut keys = Keys::with_seed(seed);
        let made: Vec<_> = batch.iter().map(|(signer, message, bit, bend)| made(*signer, message, *bit, *bend)).collect();
        let signed: Vec<_> = made.iter().map(Made::signed).collect();
        let alone: Vec<_> = made.iter().map(|made| made.key.verifies(&made.message, &made.signature)).collect();
        prop_assert_eq!(keys.are_strict(&signed), alone.iter().all(|good| *good) && !has_moved_key(&made));
        prop_assert_eq!(keys.verify_each(&signed), alone.clone());
        prop_assert_eq!(Keys::new().verify_each(&signed), alone);
    }

    /// Changed bytes of signatures, keys and messages: both ways say the same.
    #[test]
    fn both_ways_say_the_same(seed: u8, message: Vec<u8>, place in 0..97_usize, change: u8, torsion in 0..16_usize) {
        let (key, public) = key_of(seed);
        let mut signature = key.sign(&message).to_bytes();
        let mut public = *public.as_bytes();
        match (torsion, place) {
            (0..8, _) => {
                signature = *crafted(&key, EIGHT_TORSION[torsion].compress().to_bytes(), &message).as_bytes();
            }
            (_, 0..64) => signature[place] ^= change,
            (_, 64..96) => public[place - 64] ^= change,
            _ => {}
        }
        let (public, signature) = (PublicKey::from_bytes(public), Signature::from_bytes(signature));
        prop_assert_eq!(Keys::new().verifies(public, &message, &signature), public.verifies(&message, &signature));
    }
}

/// Whether a key's point is not of prime order, so that it is never verified together with others.
fn has_moved_key(made: &[Made]) -> bool {
    let point = |made: &Made| CompressedEdwardsY(*made.key.as_bytes()).decompress();
    made.iter().any(|made| point(made).is_none_or(|point| !point.is_torsion_free()))
}

struct Made {
    key: PublicKey,
    message: Vec<u8>,
    signature: Signature,
}

impl Made {
    fn signed(&self) -> Signed<'_> {
        let (prefix, payload) = self.message.split_at(self.message.len() / 2);
        Signed { key: self.key, prefix: prefix.to_vec(), payload, signature: self.signature }
    }
}

/// A signature over what a signer likes: honest, or with R or the key moved by a point of small order, or with a bit changed.
fn made(signer: u8, message: &[u8], bit: usize, bend: usize) -> Made {
    let (key, public) = key_of(signer);
    let message = message.to_vec();
    let torsion = EIGHT_TORSION[bit % 8];
    match bend {
        0 => moved(&key, EIGHT_TORSION[0], torsion, message),
        1 => moved(&key, torsion, EIGHT_TORSION[0], message),
        2 => moved(&key, torsion, EIGHT_TORSION[bit / 8 % 8], message),
        3 => {
            let mut signature = key.sign(&message).to_bytes();
            signature[bit / 8 % 64] ^= 1 << (bit % 8);
            Made { key: public, message, signature: Signature::from_bytes(signature) }
        }
        4 => Made { key: public, signature: crafted(&key, torsion.compress().to_bytes(), &message), message },
        _ => Made { key: public, signature: Signature::from_bytes(key.sign(&message).to_bytes()), message },
    }
}

/// What a signer can make who moves its key and its R by points of small order: the equation holds but for a multiple of these.
fn moved(key: &SigningKey, of_key: EdwardsPoint, of_r: EdwardsPoint, message: Vec<u8>) -> Made {
    let secret = key.to_scalar();
    let public = (EdwardsPoint::mul_base(&secret) + of_key).compress().to_bytes();
    let nonce = Scalar::from_bytes_mod_order_wide(&Sha512::digest(&message).into());
    let r = (EdwardsPoint::mul_base(&nonce) + of_r).compress().to_bytes();
    let hash = Sha512::new().chain_update(r).chain_update(public).chain_update(&message).finalize();
    let s = nonce + Scalar::from_bytes_mod_order_wide(&hash.into()) * secret;
    let signature = Signature::from_slice(&[r, s.to_bytes()].concat()).unwrap();
    Made { key: PublicKey::from_bytes(public), message, signature }
}

/// Signatures whose points of small order add up to nothing, which the sum alone cannot tell from good ones.
#[test]
fn small_orders_that_cancel_are_found() {
    let (key, _) = key_of(9);
    let mut loosely = 0_u32;
    for round in 0..200_u8 {
        let order = 1 + usize::from(round) % 7;
        let nothing = EIGHT_TORSION[0];
        let pair = [
            moved(&key, nothing, EIGHT_TORSION[order], vec![round, 1]),
            moved(&key, nothing, EIGHT_TORSION[8 - order], vec![round, 2]),
        ];
        let signed: Vec<_> = pair.iter().map(Made::signed).collect();
        assert!(!Keys::with_seed([round; 32]).are_strict(&signed), "round {round}");
        loosely += u32::from(Keys::with_seed([round; 32]).verify_loosely(&signed));
    }
    assert!(loosely > 20, "the sum alone let only {loosely} of 200 pass: these signatures test nothing");
}

/// The subsets find what is of small order at every place of a batch whose length is no multiple of the points taken together.
#[test]
fn a_moved_r_is_found_at_every_place() {
    let (key, _) = key_of(3);
    let count = 13;
    for place in 0..count {
        for (order, small) in EIGHT_TORSION.into_iter().enumerate().skip(1) {
            let torsion = |at: usize| if at == place { small } else { EIGHT_TORSION[0] };
            let made: Vec<_> =
                (0..count).map(|at| moved(&key, EIGHT_TORSION[0], torsion(at), at.to_be_bytes().to_vec())).collect();
            let signed: Vec<_> = made.iter().map(Made::signed).collect();
            let sum = Keys::with_seed([u8::try_from(place * 8 + order).unwrap(); 32]).sum(&signed).unwrap();
            assert!(!sum.has_only_prime_order(), "place {place}, order {order}");
        }
    }
}

#[test]
fn a_key_with_a_part_of_small_order_is_verified_alone() {
    let (key, _) = key_of(4);
    let made: Vec<_> = (0..64_u8).map(|n| moved(&key, EIGHT_TORSION[1], EIGHT_TORSION[0], vec![n])).collect();
    let alone: Vec<_> = made.iter().map(|made| made.key.verifies(&made.message, &made.signature)).collect();
    assert!(alone.contains(&true) && alone.contains(&false), "of 64, about 8 hold by chance");
    let signed: Vec<_> = made.iter().map(Made::signed).collect();
    assert!(!Keys::with_seed([1; 32]).are_strict(&signed[..1]));
    let many: Vec<_> = signed.iter().cycle().take(TOGETHER_MIN).cloned().collect();
    let each: Vec<_> = alone.iter().copied().cycle().take(TOGETHER_MIN).collect();
    assert_eq!(Keys::with_seed([1; 32]).verify_each(&many), each);
}

/// One that is bad among many is found, and only it.
#[test]
fn a_bad_one_among_many_is_told_apart() {
    for bend in [0, 3, 4] {
        let made: Vec<_> = (0..TOGETHER_MIN)
            .map(|at| made(u8::try_from(at % 5).unwrap(), &at.to_be_bytes(), 9, if at == 77 { bend } else { 9 }))
            .collect();
        let signed: Vec<_> = made.iter().map(Made::signed).collect();
        let expected: Vec<_> = (0..TOGETHER_MIN).map(|at| at != 77).collect();
        assert_eq!(Keys::with_seed([2; 32]).verify_each(&signed), expected, "bend {bend}");
    }
}

#[test]
fn debugging_output_does_not_tell_the_seed() {
    let text = alloc::format!("{:?}", Keys::with_seed([0xab; 32]));
    assert!(!text.contains("171") && !text.contains("ab, ab"), "{text}");
}
