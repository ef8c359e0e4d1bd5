//! Exact amounts: decimals, units of measure and yield limits (`docs/format.md`, sections 2 and 9).
//!
//! No binary fraction is used anywhere: what a person wrote is what is added, compared and shown. Every amount is a whole
//! number of 10^-15 of its dimension's base unit, because a text has at most 9 digits after the point and the smallest unit,
//! the milligram, is 10^-6 of the base unit, the kilogram.

use core::fmt;

use thiserror::Error;

#[cfg(test)]
mod tests;

/// Most digits after the point that the text of an amount may need, trailing zeros aside.
pub const DECIMALS_MAX: u32 = 9;
/// An amount's text stands for less than 10 to this power, whatever its unit.
pub const INTEGER_DIGITS_MAX: u32 = 9;
/// Digits after the point that are kept: [`DECIMALS_MAX`] and the 6 of the milligram.
const SCALE_DIGITS: u32 = 15;
/// How many steps of 10^-15 make one.
const ONE: i128 = 10_i128.pow(SCALE_DIGITS);
/// Digits after the point of a [`Ratio`].
const RATIO_DIGITS: u32 = 6;
/// How many steps of 10^-6 make a ratio of one.
const RATIO_ONE: i128 = 10_i128.pow(RATIO_DIGITS);
/// The greatest ratio, 100, in steps of 10^-6.
const RATIO_MAX: i128 = 100 * RATIO_ONE;

/// An exact decimal, positive, zero or negative: a whole number of 10^-15.
///
/// Within a [`Quantity`] it counts the dimension's base unit: kilograms, litres or pieces. A text read with
/// [`Amount::parse`] and converted from any unit stays below 10^12 of the base unit, 10^27 steps, so an `i128` (1.7 * 10^38)
/// holds the sum of 10^11 such amounts; arithmetic is checked all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Amount(i128);

/// Why a text is no amount. The producer's software is at fault; answered with 400.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum AmountError {
    /// The text is not in the grammar of a JSON number (RFC 8259, section 6).
    #[error("not a number")]
    NotANumber,
    /// The value needs more digits after the point than the `most` allowed.
    #[error("more than {most} digits after the point")]
    TooPrecise {
        /// How many are allowed.
        most: u32,
    },
    /// The absolute value is 10^9 or more.
    #[error("absolute value of 10^{INTEGER_DIGITS_MAX} or more")]
    TooLarge,
}

/// An exponent of more than 18 digits is not read: it lies beyond every use, and sums with lengths of texts stay within an `i64`.
const EXPONENT_LIMIT: i64 = 10_i64.pow(18);

/// The parts of a decimal number text: value = (-1)^negative * `digits` * 10^`exponent`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Decimal<'a> {
    /// Whether a minus sign stands before it.
    pub(crate) negative: bool,
    /// The digits before the point, as written.
    integer: &'a [u8],
    /// The digits after the point, as written.
    fraction: &'a [u8],
    /// The exponent as written, with its sign; `None` when it has more than 18 digits, leading zeros aside.
    exponent: Option<i64>,
}

impl<'a> Decimal<'a> {
    /// Takes a number text apart by the grammar of RFC 8259, section 6.
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let bytes = text.as_bytes();
        let (negative, rest) = bytes.strip_prefix(b"-").map_or((false, bytes), |rest| (true, rest));
        let (integer, rest) = split_digits(rest);
        if integer.is_empty() || (integer.len() > 1 && integer.first() == Some(&b'0')) {
            return None;
        }
        let (fraction, rest) = match rest.strip_prefix(b".") {
            None => (<&[u8]>::default(), rest),
            Some(rest) => {
                let (fraction, rest) = split_digits(rest);
                if fraction.is_empty() {
                    return None;
                }
                (fraction, rest)
            }
        };
        let exponent = match rest {
            [] => Some(0),
            [b'e' | b'E', rest @ ..] => {
                let (sign, rest) = match rest {
                    [b'-', rest @ ..] => (-1, rest),
                    [b'+', rest @ ..] | rest => (1, rest),
                };
                let (digits, rest) = split_digits(rest);
                if digits.is_empty() || !rest.is_empty() {
                    return None;
                }
                digits
                    .iter()
                    .try_fold(0_i64, |sum, digit| sum.checked_mul(10)?.checked_add(i64::from(digit - b'0')))
                    .filter(|&size| size < EXPONENT_LIMIT)
                    .map(|size| sign * size)
            }
            _ => return None,
        };
        Some(Self { negative, integer, fraction, exponent })
    }

    /// The digits without leading and trailing zeros and the power of ten of the last of them; no digits for zero.
    /// `None` when the exponent is beyond every use.
    pub(crate) fn significant(&self) -> Option<(impl Iterator<Item = u8> + Clone + use<'a>, usize, i64)> {
        let length = self.integer.len() + self.fraction.len();
        let digits = self.integer.iter().chain(self.fraction).copied();
        let leading = digits.clone().take_while(|&digit| digit == b'0').count();
        if leading == length {
            return Some((digits.skip(length).take(0), 0, 0));
        }
        let trailing =
            self.fraction.iter().rev().chain(self.integer.iter().rev()).take_while(|&&digit| digit == b'0').count();
        let last = self
            .exponent?
            .checked_sub(i64::try_from(self.fraction.len()).ok()?)?
            .checked_add(i64::try_from(trailing).ok()?)?;
        let count = length - leading - trailing;
        Some((digits.skip(leading).take(count), count, last))
    }
}

/// Splits off the leading decimal digits.
fn split_digits(bytes: &[u8]) -> (&[u8], &[u8]) {
    let end = bytes.iter().position(|b| !b.is_ascii_digit()).unwrap_or(bytes.len());
    bytes.split_at(end)
}

/// Reads a decimal as a whole number of 10^-`scale`, with at most `decimals` digits after the point.
fn parse_scaled(text: &str, decimals: u32, scale: u32) -> Result<i128, AmountError> {
    let decimal = Decimal::parse(text).ok_or(AmountError::NotANumber)?;
    let Some((digits, count, last)) = decimal.significant() else {
        // An exponent of more than 18 digits is out of bounds on the side of its sign; a text long enough to make up for it
        // cannot be held in memory.
        return Err(if text.contains("e-") || text.contains("E-") {
            AmountError::TooPrecise { most: decimals }
        } else {
            AmountError::TooLarge
        });
    };
    if count == 0 {
        return Ok(0);
    }
    // The first digit's power of ten is `last + count - 1`.
    let above = i64::try_from(count).ok().and_then(|count| last.checked_add(count)).ok_or(AmountError::TooLarge)?;
    if above > i64::from(INTEGER_DIGITS_MAX) {
        return Err(AmountError::TooLarge);
    }
    if last < -i64::from(decimals) {
        return Err(AmountError::TooPrecise { most: decimals });
    }
    // Now -decimals <= last and last + count <= 9: at most 18 digits, and the shift is between 0 and 24.
    let shift =
        last.checked_add(i64::from(scale)).and_then(|shift| u32::try_from(shift).ok()).ok_or(AmountError::TooLarge)?;
    let size = digits.fold(0_i128, |sum, digit| sum * 10 + i128::from(digit - b'0')) * 10_i128.pow(shift);
    Ok(if decimal.negative { -size } else { size })
}

impl Amount {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// Reads the text of a JSON number by its value: `1.50`, `15e-1` and `0.15E+1` are one amount, and trailing zeros do not count
    /// as digits after the point.
    ///
    /// # Errors
    /// The text is no number, needs more than 9 digits after the point, or is 10^9 or more in absolute value.
    pub fn parse(text: &str) -> Result<Self, AmountError> {
        parse_scaled(text, DECIMALS_MAX, SCALE_DIGITS).map(Self)
    }

    /// A whole number.
    #[must_use]
    pub fn from_whole(count: u64) -> Self {
        // 2^64 * 10^15 is below 2 * 10^34.
        Self(i128::from(count) * ONE)
    }

    /// Takes a number of 10^-15 steps, as [`Amount::steps`] gave it.
    #[must_use]
    pub const fn from_steps(steps: i128) -> Self {
        Self(steps)
    }

    /// The number of 10^-15 steps, for storing.
    #[must_use]
    pub const fn steps(self) -> i128 {
        self.0
    }

    /// Whether this is nothing.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// Whether this is more than nothing.
    #[must_use]
    pub const fn is_positive(self) -> bool {
        self.0 > 0
    }

    /// Whether this is less than nothing.
    #[must_use]
    pub const fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// The sum; `None` on overflow.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// The difference; `None` on overflow.
    #[must_use]
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }

    /// The exact product, for pieces times net content; `None` on overflow or where it needs more than 15 digits after the point.
    #[must_use]
    pub fn checked_mul(self, other: Self) -> Option<Self> {
        // With a = A + a' and b = B + b' (whole and fractional part), a * b = AB + Ab' + a'B + a'b'; only the last may be inexact,
        // and it is below 10^30.
        let (whole, part) = (self.0 / ONE, self.0 % ONE);
        let (other_whole, other_part) = (other.0 / ONE, other.0 % ONE);
        let parts = part * other_part;
        if parts % ONE != 0 {
            return None;
        }
        whole.checked_mul(other.0)?.checked_add(part.checked_mul(other_whole)?)?.checked_add(parts / ONE).map(Self)
    }
}

impl fmt::Display for Amount {
    /// The shortest exact decimal: no exponent, no trailing zeros, no point without a digit after it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let size = self.0.unsigned_abs();
        let one = ONE.unsigned_abs();
        let (whole, mut part) = (size / one, size % one);
        if self.0 < 0 {
            f.write_str("-")?;
        }
        write!(f, "{whole}")?;
        if part == 0 {
            return Ok(());
        }
        let mut width = 15;
        while part % 10 == 0 {
            part /= 10;
            width -= 1;
        }
        write!(f, ".{part:0width$}")
    }
}

/// A UN/ECE Recommendation 20 code: 2 or 3 of `A-Z0-9`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnitCode {
    /// The characters; a code of two is filled up with a space.
    bytes: [u8; 3],
}

/// The text is no unit code: 2 or 3 of `A-Z0-9`. The producer's software is at fault; answered with 400.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("not a unit code of 2 or 3 upper-case letters or digits")]
#[non_exhaustive]
pub struct UnitError;

impl UnitCode {
    /// Reads `^[A-Z0-9]{2,3}$`.
    ///
    /// # Errors
    /// The text is anything else.
    pub fn parse(text: &str) -> Result<Self, UnitError> {
        let is_code = |byte: &u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
        match text.as_bytes() {
            code if !code.iter().all(is_code) => Err(UnitError),
            &[a, b] => Ok(Self { bytes: [a, b, b' '] }),
            &[a, b, c] => Ok(Self { bytes: [a, b, c] }),
            _ => Err(UnitError),
        }
    }

    /// The code.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // The bytes are ASCII by construction.
        core::str::from_utf8(&self.bytes).unwrap_or_default().trim_end()
    }
}

impl fmt::Display for UnitCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for UnitCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What an amount measures. Amounts of one dimension add up; amounts of different ones never meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Dimension {
    /// Mass; base unit kilogram.
    Mass,
    /// Volume; base unit litre.
    Volume,
    /// A count; base unit one piece.
    Pieces,
    /// Whatever this unit measures; the base unit is the unit itself.
    Other(UnitCode),
}

impl Dimension {
    /// The `uom` code of the base unit; `None` for pieces, which carry none in EPCIS.
    #[must_use]
    pub fn base_code(&self) -> Option<&str> {
        match self {
            Self::Mass => Some("KGM"),
            Self::Volume => Some("LTR"),
            Self::Pieces => None,
            Self::Other(code) => Some(code.as_str()),
        }
    }
}

/// A unit of measure: a dimension and the power of ten by which the unit is greater than the base unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Unit {
    /// What it measures.
    dimension: Dimension,
    /// One of this unit is 10^`power` of the base unit.
    power: i8,
}

impl Unit {
    /// Reads an optional `uom` code; none stands for pieces.
    ///
    /// # Errors
    /// The code is not 2 or 3 of `A-Z0-9`.
    pub fn parse(code: Option<&str>) -> Result<Self, UnitError> {
        let Some(text) = code else { return Ok(Self { dimension: Dimension::Pieces, power: 0 }) };
        let code = UnitCode::parse(text)?;
        let (dimension, power) = match text {
            "KGM" => (Dimension::Mass, 0),
            "GRM" => (Dimension::Mass, -3),
            "MGM" => (Dimension::Mass, -6),
            "DTN" => (Dimension::Mass, 2),
            "TNE" => (Dimension::Mass, 3),
            "LTR" => (Dimension::Volume, 0),
            "MLT" => (Dimension::Volume, -3),
            "MTQ" => (Dimension::Volume, 3),
            "C62" | "H87" | "EA" => (Dimension::Pieces, 0),
            _ => (Dimension::Other(code), 0),
        };
        Ok(Self { dimension, power })
    }

    /// What the unit measures.
    #[must_use]
    pub const fn dimension(self) -> Dimension {
        self.dimension
    }
}

/// An amount of something, in the base unit of its dimension.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Quantity {
    /// How much, in the base unit.
    amount: Amount,
    /// Of what.
    dimension: Dimension,
}

impl Quantity {
    /// Reads the text of a JSON number that counts `unit`, and converts it exactly to the base unit.
    ///
    /// # Errors
    /// As [`Amount::parse`].
    pub fn parse(text: &str, unit: Unit) -> Result<Self, AmountError> {
        let amount = parse_scaled(text, DECIMALS_MAX, SCALE_DIGITS)?;
        // The text has at most 9 decimals, so its number of 10^-15 is a multiple of 10^6 and divides by that of any unit; and it is below
        // 10^24, so a factor of 1000 cannot overflow.
        let factor = 10_i128.pow(u32::from(unit.power.unsigned_abs()));
        let amount = if unit.power < 0 { amount / factor } else { amount * factor };
        Ok(Self { amount: Amount(amount), dimension: unit.dimension })
    }

    /// An amount that counts the dimension's base unit already.
    #[must_use]
    pub const fn from_base(amount: Amount, dimension: Dimension) -> Self {
        Self { amount, dimension }
    }

    /// How much, in the dimension's base unit.
    #[must_use]
    pub const fn amount(self) -> Amount {
        self.amount
    }

    /// What it measures.
    #[must_use]
    pub const fn dimension(self) -> Dimension {
        self.dimension
    }
}

/// The greatest part of an input that may come out of a transformation (`yieldMax`): above 0, at most 100, at most 6
/// digits after the point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ratio {
    /// In steps of 10^-6, from 1 to 10^8.
    millionths: i128,
}

/// Why a text is no yield ratio. The producer's software is at fault; answered with 400.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RatioError {
    /// The text is no number, or has too many digits.
    #[error(transparent)]
    Amount(#[from] AmountError),
    /// The value is not above 0 and at most 100.
    #[error("not above 0 and at most 100")]
    OutOfRange,
}

impl Ratio {
    /// All of the input: mass is conserved.
    pub const ONE: Self = Self { millionths: RATIO_ONE };

    /// Reads the text of a JSON number.
    ///
    /// # Errors
    /// It is no number, needs more than 6 digits after the point, or is not above 0 and at most 100.
    pub fn parse(text: &str) -> Result<Self, RatioError> {
        let millionths = parse_scaled(text, RATIO_DIGITS, RATIO_DIGITS)?;
        if millionths > 0 && millionths <= RATIO_MAX { Ok(Self { millionths }) } else { Err(RatioError::OutOfRange) }
    }

    /// The ratio in steps of 10^-6.
    #[must_use]
    pub fn millionths(self) -> u32 {
        // At most 10^8 by construction.
        u32::try_from(self.millionths).unwrap_or(u32::MAX)
    }
}

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&Amount(self.millionths * 10_i128.pow(SCALE_DIGITS - RATIO_DIGITS)), f)
    }
}

/// The most that a transformation's outputs may amount to: the sum of inputs times ratios, exactly.
///
/// It counts 10^-21 of the base unit. An input read from a text is at most 10^27 steps of 10^-15 (10^9 tonnes), a ratio at
/// most 10^8 steps of 10^-6: one product is at most 10^35, and 48 of them, the most lots that an entry links, 4.8 * 10^36, below
/// the 1.7 * 10^38 of an `i128`. Pieces turned into mass can be greater; for them the sum is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct YieldLimit(i128);

impl YieldLimit {
    /// Nothing may come out.
    pub const ZERO: Self = Self(0);

    /// Adds an input times its ratio; `None` on overflow.
    #[must_use]
    pub fn checked_add(self, input: Amount, ratio: Ratio) -> Option<Self> {
        self.0.checked_add(input.0.checked_mul(ratio.millionths)?).map(Self)
    }

    /// Whether `outputs` are no more than what was added up. An amount too great to be compared is not.
    #[must_use]
    pub fn allows(self, outputs: Amount) -> bool {
        outputs.0.checked_mul(RATIO_ONE).is_some_and(|outputs| outputs <= self.0)
    }
}
