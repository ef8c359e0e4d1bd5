//! Amounts as people read them: exact decimals, mass in kilograms, volume in litres, pieces in pieces.

use std::fmt::Write as _;

use crate::locale::{Lang, Words};

/// Units below one of the base unit that are kept: nine decimals, as the ledger keeps them.
const NANO: i128 = 1_000_000_000;

/// What an amount is an amount of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Unit {
    /// Kilograms.
    Mass,
    /// Litres.
    Volume,
    /// Pieces.
    Pieces,
    /// A unit code that we do not know; shown as it is.
    Other(String),
}

/// An exact amount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Quantity {
    nano: i128,
    unit: Unit,
}

impl Quantity {
    /// Reads a decimal text and a UN/CEFACT unit code; no code means pieces.
    pub(crate) fn read(decimal: &str, uom: Option<&str>) -> Option<Self> {
        let (unit, scale) = match uom {
            None | Some("C62" | "H87" | "EA") => (Unit::Pieces, NANO),
            Some("KGM") => (Unit::Mass, NANO),
            Some("GRM") => (Unit::Mass, NANO / 1_000),
            Some("MGM") => (Unit::Mass, NANO / 1_000_000),
            Some("DTN") => (Unit::Mass, NANO * 100),
            Some("TNE") => (Unit::Mass, NANO * 1_000),
            Some("LTR") => (Unit::Volume, NANO),
            Some("MLT") => (Unit::Volume, NANO / 1_000),
            Some("MTQ") => (Unit::Volume, NANO * 1_000),
            Some(other) => (Unit::Other(other.to_owned()), NANO),
        };
        let nano = decimal_nano(decimal)?.checked_mul(scale)?.checked_div(NANO)?;
        Some(Self { nano, unit })
    }

    /// The sum, when both are of one kind.
    pub(crate) fn plus(&self, other: &Self) -> Option<Self> {
        self.combine(other, i128::checked_add)
    }

    /// The difference, when both are of one kind.
    pub(crate) fn minus(&self, other: &Self) -> Option<Self> {
        self.combine(other, i128::checked_sub)
    }

    /// Whether it is more than nothing.
    pub(crate) fn is_positive(&self) -> bool {
        self.nano > 0
    }

    fn combine(&self, other: &Self, how: fn(i128, i128) -> Option<i128>) -> Option<Self> {
        (self.unit == other.unit).then_some(())?;
        Some(Self { nano: how(self.nano, other.nano)?, unit: self.unit.clone() })
    }

    /// In words of the language: `1.500 kg`, `500 g`.
    pub(crate) fn show(&self, words: Words) -> String {
        let is_below_one = self.nano.unsigned_abs() < NANO.unsigned_abs() && self.nano != 0;
        let (nano, unit) = match &self.unit {
            Unit::Mass if is_below_one => (self.nano.saturating_mul(1_000), words.get("unit.gram")),
            Unit::Mass => (self.nano, words.get("unit.kilogram")),
            Unit::Volume if is_below_one => (self.nano.saturating_mul(1_000), words.get("unit.millilitre")),
            Unit::Volume => (self.nano, words.get("unit.litre")),
            Unit::Pieces => (self.nano, words.get("unit.piece")),
            Unit::Other(code) => (self.nano, code.as_str()),
        };
        // A no-break space, so that no line ends between a number and its unit.
        format!("{}\u{a0}{unit}", grouped(nano, words.lang()))
    }
}

/// Reads `-12.5` or `1e3` as billionths.
fn decimal_nano(text: &str) -> Option<i128> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.trim_start_matches('+').parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (sign, mantissa) = mantissa.strip_prefix('-').map_or((1, mantissa), |rest| (-1, rest));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    if digits.is_empty() || digits.len() > 30 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let shift = exponent.checked_sub(i32::try_from(fraction.len()).ok()?)?.checked_add(9)?;
    let power = 10_i128.checked_pow(shift.unsigned_abs())?;
    let value: i128 = digits.parse().ok()?;
    let nano = if shift < 0 { value.checked_div(power)? } else { value.checked_mul(power)? };
    nano.checked_mul(sign)
}

/// Groups thousands and writes at most three decimals, in the language's own signs.
fn grouped(nano: i128, lang: Lang) -> String {
    let (thousands, point) = match lang {
        Lang::Vi => ('.', ','),
        Lang::En => (',', '.'),
    };
    let milli = nano.unsigned_abs().saturating_add(500_000) / 1_000_000;
    let (whole, fraction) = ((milli / 1_000).to_string(), milli % 1_000);
    let mut out = String::new();
    if nano < 0 {
        out.push('-');
    }
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            out.push(thousands);
        }
        out.push(digit);
    }
    if fraction > 0 {
        let decimals = format!("{fraction:03}");
        // Writing to a String cannot fail.
        let _ = write!(out, "{point}{}", decimals.trim_end_matches('0'));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{Quantity, grouped};
    use crate::locale::{Lang, Words};

    fn shown(decimal: &str, uom: Option<&str>, lang: Lang) -> String {
        Quantity::read(decimal, uom).unwrap().show(Words::of(lang)).replace('\u{a0}', " ")
    }

    #[test]
    fn numbers_follow_the_language() {
        assert_eq!(shown("1500", Some("KGM"), Lang::Vi), "1.500 kg");
        assert_eq!(shown("1500.25", Some("KGM"), Lang::Vi), "1.500,25 kg");
        assert_eq!(shown("1500.25", Some("KGM"), Lang::En), "1,500.25 kg");
        assert_eq!(shown("0.5", Some("KGM"), Lang::Vi), "500 g");
        assert_eq!(shown("1.2", Some("TNE"), Lang::En), "1,200 kg");
        assert_eq!(shown("1.5e3", Some("MLT"), Lang::En), "1.5 L");
        assert_eq!(shown("7", Some("XYZ"), Lang::En), "7 XYZ");
        assert_eq!(grouped(0, Lang::Vi), "0");
        assert_eq!(grouped(-1_234_567_000_000_000, Lang::En), "-1,234,567");
    }

    #[test]
    fn sums_are_exact_and_only_of_one_kind() {
        let tenth = Quantity::read("0.1", Some("KGM")).unwrap();
        let fifth = Quantity::read("200", Some("GRM")).unwrap();
        assert_eq!(tenth.plus(&fifth), Quantity::read("0.3", Some("KGM")));
        assert_eq!(tenth.plus(&Quantity::read("1", None).unwrap()), None);
        assert!(fifth.minus(&tenth).unwrap().is_positive());
    }

    #[test]
    fn nonsense_is_no_amount() {
        for text in ["", "-", ".", "abc", "1e999999", "1.2.3", "99999999999999999999999999999999"] {
            assert_eq!(Quantity::read(text, None), None, "{text}");
        }
    }
}
