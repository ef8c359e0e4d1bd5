//! Many signatures in one computation.
//!
//! For each signature (R, s) of a key A over a message M let k = SHA-512(R, A, M) and D = s*B - R - k*A. Strict verification of RFC 8032
//! means that D is the identity *and* that nothing in it has a small order. With coefficients z that nobody could foresee,
//! the sum of all z*D is the identity only if every D is, but for a chance of 2^-128, as long as every D lies in the group of prime
//! order. B does; A does or is not taken; so it remains to see that every R does.
//!
//! To multiply each R by the group's order would cost as much as verifying its signature. Instead the R are added up in [`SUBSETS`] random
//! subsets, and only the sums are multiplied: an R with a part of small order changes each sum with a chance of one half at least, whatever the
//! others hold, so that all sums lie in the group of prime order with a chance of 2^-64 at most.

use alloc::vec::Vec;

use curve25519_dalek::EdwardsPoint;
use curve25519_dalek::constants::ED25519_BASEPOINT_POINT;
use curve25519_dalek::edwards::CompressedEdwardsY;
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::{Identity as _, IsIdentity as _, VartimeMultiscalarMul as _};
use sha2::{Digest as _, Sha512};

use super::{Signed, is_canonical, is_of_small_order};

/// Sums of points that are looked at: what is no point of prime order passes them all with a chance of 2^-64.
const SUBSETS: usize = 64;
/// Points whose 2^5 sums are made once and then used for every subset: that makes 6 additions a point and 13 for 64 subsets; 4 or 6 points
/// would make 19 or 21 instead of 19, and 5 keeps the sums (5 kB) in the nearest cache.
const POINTS_TOGETHER: usize = 5;

/// Where coefficients come from. Whoever could foresee them could make false signatures that pass together.
#[derive(Clone)]
pub(super) struct Chance {
    seed: [u8; 32],
    drawn: u64,
    /// The second half of the last hash, when only the first was used.
    rest: Option<[u8; DRAW_BYTES]>,
}

/// Bytes of a hash that serve one signature: half of it, of which 24 are used.
const DRAW_BYTES: usize = 32;

/// What one signature needs of chance: its coefficient, and in which subsets its R is.
struct Draw {
    coefficient: Scalar,
    subsets: u64,
}

impl Chance {
    pub(super) const fn new(seed: [u8; 32]) -> Self {
        Self { seed, drawn: 0, rest: None }
    }

    fn bytes(&mut self) -> [u8; DRAW_BYTES] {
        if let Some(rest) = self.rest.take() {
            return rest;
        }
        let hash = Sha512::new().chain_update(self.seed).chain_update(self.drawn.to_be_bytes()).finalize();
        self.drawn = self.drawn.wrapping_add(1);
        let (first, rest) = halves(&hash.into());
        self.rest = Some(rest);
        first
    }

    fn draw(&mut self) -> Draw {
        let drawn = self.bytes();
        let mut coefficient = [0; 16];
        let mut subsets = [0; 8];
        for (byte, drawn) in coefficient.iter_mut().chain(&mut subsets).zip(drawn) {
            *byte = drawn;
        }
        Draw { coefficient: Scalar::from(u128::from_le_bytes(coefficient)), subsets: u64::from_le_bytes(subsets) }
    }
}

/// A key's place among the terms of the sum.
struct Term {
    point: EdwardsPoint,
    coefficient: Scalar,
}

/// The sum in the making.
pub(super) struct Sum {
    base: Scalar,
    keys: Vec<Term>,
    coefficients: Vec<Scalar>,
    points: Vec<EdwardsPoint>,
    subsets: Vec<u64>,
}

impl Sum {
    /// Room for so many signatures.
    pub(super) fn with_capacity(count: usize) -> Self {
        Self {
            base: Scalar::ZERO,
            keys: Vec::new(),
            coefficients: Vec::with_capacity(count),
            points: Vec::with_capacity(count),
            subsets: Vec::with_capacity(count),
        }
    }

    /// A place for a key, whose point has prime order.
    pub(super) fn add_key(&mut self, point: EdwardsPoint) -> usize {
        self.keys.push(Term { point, coefficient: Scalar::ZERO });
        self.keys.len() - 1
    }

    /// Adds a signature by the key at `place`; `None` when it can be told from itself that it is not good.
    pub(super) fn add(&mut self, place: usize, signed: &Signed<'_>, chance: &mut Chance) -> Option<()> {
        let (r, s) = halves(signed.signature.as_bytes());
        if !is_canonical(&r) || is_of_small_order(&r) {
            return None;
        }
        let point = CompressedEdwardsY(r).decompress()?;
        let s = Option::<Scalar>::from(Scalar::from_canonical_bytes(s))?;
        let hash = Sha512::new().chain_update(r).chain_update(signed.key.as_bytes());
        let hash = hash.chain_update(&signed.prefix).chain_update(signed.payload).finalize();
        let k = Scalar::from_bytes_mod_order_wide(&hash.into());
        let Draw { coefficient, subsets } = chance.draw();
        self.base += coefficient * s;
        self.keys.get_mut(place)?.coefficient += coefficient * k;
        self.coefficients.push(coefficient);
        self.points.push(point);
        self.subsets.push(subsets);
        Some(())
    }

    /// Whether the sum of all is the identity: nobody but a key's owner can make a signature for which it is.
    pub(super) fn is_identity(&self) -> bool {
        let scalars = core::iter::once(-self.base)
            .chain(self.keys.iter().map(|term| term.coefficient))
            .chain(self.coefficients.iter().copied());
        let points = core::iter::once(&ED25519_BASEPOINT_POINT)
            .chain(self.keys.iter().map(|term| &term.point))
            .chain(&self.points);
        EdwardsPoint::vartime_multiscalar_mul(scalars, points).is_identity()
    }

    /// Whether every R lies in the group of prime order.
    pub(super) fn has_only_prime_order(&self) -> bool {
        let mut sums = [EdwardsPoint::identity(); SUBSETS];
        for (points, subsets) in self.points.chunks(POINTS_TOGETHER).zip(self.subsets.chunks(POINTS_TOGETHER)) {
            let of = sums_of(points);
            for (place, sum) in sums.iter_mut().enumerate() {
                let chosen = subsets.iter().rev().fold(0, |chosen, subsets| chosen << 1 | (subsets >> place & 1));
                if let Some(part) = usize::try_from(chosen).ok().filter(|chosen| *chosen != 0).and_then(|at| of.get(at))
                {
                    *sum += part;
                }
            }
        }
        sums.iter().all(has_prime_order)
    }
}

/// Whether the group's order times the point is the identity: (order - 1) times the point is its negative. Nothing here is secret, so this may
/// take as long as the point wants.
pub(super) fn has_prime_order(point: &EdwardsPoint) -> bool {
    EdwardsPoint::vartime_double_scalar_mul_basepoint(&-Scalar::ONE, point, &Scalar::ZERO) == -point
}

/// The sums of all subsets of a few points: bit i of the place tells whether point i is in it.
fn sums_of(points: &[EdwardsPoint]) -> [EdwardsPoint; 1 << POINTS_TOGETHER] {
    let mut sums = [EdwardsPoint::identity(); 1 << POINTS_TOGETHER];
    for (bit, point) in points.iter().enumerate().take(POINTS_TOGETHER) {
        let (without, with) = sums.split_at_mut(1 << bit);
        for (sum, with) in without.iter().zip(with) {
            *with = sum + point;
        }
    }
    sums
}

fn halves(bytes: &[u8; 64]) -> ([u8; 32], [u8; 32]) {
    let mut halves = ([0; 32], [0; 32]);
    for (byte, given) in halves.0.iter_mut().chain(&mut halves.1).zip(bytes) {
        *byte = *given;
    }
    halves
}
