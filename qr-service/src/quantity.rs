//! Amounts as people read them: mass in kilograms, volume in litres, pieces in pieces, in the language's own signs.

use std::fmt::Write as _;

use nguon_ledger::amount::{self, Dimension, Unit};

use crate::locale::{Lang, Words};

/// Steps of a ledger's amount in one of the base unit.
const STEPS: i128 = 1_000_000_000_000_000;
/// Steps in a thousandth, the least that is shown.
const MILLI_STEPS: u128 = 1_000_000_000_000;

/// An exact amount, in the base unit of its dimension.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Quantity(amount::Quantity);

impl Quantity {
    /// Reads a decimal text and a UN/CEFACT unit code; no code means pieces.
    pub(crate) fn read(decimal: &str, uom: Option<&str>) -> Option<Self> {
        amount::Quantity::parse(decimal, Unit::parse(uom).ok()?).ok().map(Self)
    }

    /// The sum, when both are of one dimension.
    pub(crate) fn plus(self, other: Self) -> Option<Self> {
        self.combine(other, amount::Amount::checked_add)
    }

    /// The difference, when both are of one dimension.
    pub(crate) fn minus(self, other: Self) -> Option<Self> {
        self.combine(other, amount::Amount::checked_sub)
    }

    /// Whether it is more than nothing.
    pub(crate) fn is_positive(self) -> bool {
        self.0.amount().is_positive()
    }

    fn combine(self, other: Self, how: fn(amount::Amount, amount::Amount) -> Option<amount::Amount>) -> Option<Self> {
        (self.0.dimension() == other.0.dimension()).then_some(())?;
        Some(Self(amount::Quantity::from_base(how(self.0.amount(), other.0.amount())?, self.0.dimension())))
    }

    /// In words of the language: `1.500 kg`, `500 g`.
    pub(crate) fn show(self, words: Words) -> String {
        let steps = self.0.amount().steps();
        let is_small = steps != 0 && steps.unsigned_abs() < STEPS.unsigned_abs();
        let dimension = self.0.dimension();
        let (steps, unit) = match &dimension {
            Dimension::Mass if is_small => (steps.saturating_mul(1_000), words.get("unit.gram")),
            Dimension::Mass => (steps, words.get("unit.kilogram")),
            Dimension::Volume if is_small => (steps.saturating_mul(1_000), words.get("unit.millilitre")),
            Dimension::Volume => (steps, words.get("unit.litre")),
            Dimension::Pieces => (steps, words.get("unit.piece")),
            Dimension::Other(code) => (steps, code.as_str()),
            _ => (steps, ""),
        };
        // A no-break space, so that no line ends between a number and its unit.
        format!("{}\u{a0}{unit}", grouped(steps, words.lang()))
    }
}

/// Groups thousands and writes at most three decimals, in the language's own signs.
fn grouped(steps: i128, lang: Lang) -> String {
    let (thousands, point) = match lang {
        Lang::Vi => ('.', ','),
        Lang::En => (',', '.'),
    };
    let milli = steps.unsigned_abs().saturating_add(MILLI_STEPS / 2) / MILLI_STEPS;
    let (whole, fraction) = ((milli / 1_000).to_string(), milli % 1_000);
    let mut out = String::new();
    if steps < 0 {
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
    use super::{Quantity, STEPS, grouped};
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
        assert_eq!(grouped(-1_234_567 * STEPS, Lang::En), "-1,234,567");
    }

    #[test]
    fn sums_are_exact_and_only_of_one_kind() {
        let tenth = Quantity::read("0.1", Some("KGM")).unwrap();
        let fifth = Quantity::read("200", Some("GRM")).unwrap();
        assert_eq!(tenth.plus(fifth), Quantity::read("0.3", Some("KGM")));
        assert_eq!(tenth.plus(Quantity::read("1", None).unwrap()), None);
        assert!(fifth.minus(tenth).unwrap().is_positive());
    }

    #[test]
    fn nonsense_is_no_amount() {
        for text in ["", "-", ".", "abc", "1e999999", "1.2.3", "99999999999999999999999999999999"] {
            assert_eq!(Quantity::read(text, None), None, "{text}");
        }
    }
}
