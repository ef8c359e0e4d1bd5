//! Amounts as people type them: `1200 kg`, `1,5` of a unit of 100 kg, `200` pieces. The words stand in `node/data/units.json`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::Value;

/// Most digits that a typed amount may have, so that every JSON reader keeps it exactly.
const DIGITS_MAX: usize = 15;

/// Unit words: UN/CEFACT code (none for pieces) and the power of ten that comes with it.
static UNITS: LazyLock<BTreeMap<String, (Option<String>, usize)>> = LazyLock::new(|| {
    // The file is part of the program and read by a test; an unreadable one would leave no unit known.
    serde_json::from_str(include_str!("../../data/units.json")).unwrap_or_default()
});

/// An amount that was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TypedAmount {
    /// The number, as JSON writes it.
    pub quantity: String,
    /// The unit; none for pieces.
    pub uom: Option<String>,
}

/// Why a typed amount is not understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TypedAmountError {
    /// It does not begin with a number.
    #[error("{0:?} does not begin with a number; write for example: 1200 kg")]
    NoNumber(String),
    /// It can be read in two ways.
    #[error("{0:?} can mean thousands or a fraction; write 1500, or 1,5")]
    Ambiguous(String),
    /// The unit is unknown.
    #[error("unknown unit {0:?}; known are kg, g, yen, ta, tan, lit, ml, or nothing for pieces")]
    Unit(String),
    /// It has too many digits.
    #[error("{0:?} has more than 15 digits")]
    TooLong(String),
}

impl TypedAmount {
    /// Reads what was typed.
    ///
    /// # Errors
    /// It is not understood, or could be understood in two ways.
    pub fn parse(text: &str) -> Result<Self, TypedAmountError> {
        let text = text.trim();
        let end = text.find(|c: char| !c.is_ascii_digit() && c != ',' && c != '.').unwrap_or(text.len());
        let (number, unit) = text.split_at(end);
        let unit = unit.trim().to_lowercase();
        let (whole, fraction) = split_number(number).ok_or_else(|| TypedAmountError::NoNumber(text.to_owned()))?;
        // In Vietnam 1.500 is fifteen hundred, elsewhere one and a half: nobody guesses with somebody else's harvest.
        if fraction.len() == 3 {
            return Err(TypedAmountError::Ambiguous(text.to_owned()));
        }
        if whole.len() + fraction.len() > DIGITS_MAX {
            return Err(TypedAmountError::TooLong(text.to_owned()));
        }
        let (uom, power) = UNITS.get(&unit).cloned().ok_or(TypedAmountError::Unit(unit))?;
        Ok(Self { quantity: shifted(whole, fraction, power), uom })
    }

    /// The members of a quantity element for a lot.
    #[must_use]
    pub fn element(&self, lot: &str) -> Value {
        let mut element = serde_json::json!({"epcClass": lot, "quantity": self.number()});
        if let Some(uom) = &self.uom {
            element["uom"] = uom.as_str().into();
        }
        element
    }

    /// The number as JSON.
    #[must_use]
    pub fn number(&self) -> Value {
        serde_json::from_str(&self.quantity).unwrap_or_default()
    }
}

/// Digits before and after the one separator, comma or point.
fn split_number(number: &str) -> Option<(&str, &str)> {
    let (whole, fraction) = number.split_once([',', '.']).unwrap_or((number, "0"));
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    (is_digits(whole) && is_digits(fraction)).then_some((whole, fraction))
}

/// The number times a power of ten, as JSON writes it.
fn shifted(whole: &str, fraction: &str, power: usize) -> String {
    let (moved, rest) = fraction.split_at(fraction.len().min(power));
    let zeros = "0".repeat(power - moved.len());
    let whole = format!("{whole}{moved}{zeros}");
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    match rest.trim_end_matches('0') {
        "" => whole.to_owned(),
        rest => format!("{whole}.{rest}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn understands_what_people_type() {
        let read = |text: &str| TypedAmount::parse(text).map(|amount| (amount.quantity, amount.uom));
        let is = |quantity: &str, uom: &str| Ok((quantity.to_owned(), (!uom.is_empty()).then(|| uom.to_owned())));
        assert_eq!(read("1200 kg"), is("1200", "KGM"));
        assert_eq!(read("1,5 t\u{1ea1}"), is("1.5", "DTN"));
        assert_eq!(read("1.5 T\u{1ea0}"), is("1.5", "DTN"));
        assert_eq!(read("12 y\u{1ebf}n"), is("120", "KGM"));
        assert_eq!(read("1,25yen"), is("12.5", "KGM"));
        assert_eq!(read("40kg"), is("40", "KGM"));
        assert_eq!(read("0,50 kg"), is("0.5", "KGM"));
        assert_eq!(read("200"), is("200", ""));
        assert_eq!(read("007 g"), is("7", "GRM"));
        assert_eq!(UNITS.get("t\u{1ea5}n"), Some(&(Some("TNE".to_owned()), 0)));
    }

    #[test]
    fn refuses_what_is_unclear() {
        assert!(matches!(TypedAmount::parse("1.500 kg"), Err(TypedAmountError::Ambiguous(_))));
        assert!(matches!(TypedAmount::parse("1,500 kg"), Err(TypedAmountError::Ambiguous(_))));
        assert!(matches!(TypedAmount::parse("1.2.3 kg"), Err(TypedAmountError::NoNumber(_))));
        assert!(matches!(TypedAmount::parse("kg"), Err(TypedAmountError::NoNumber(_))));
        assert!(matches!(TypedAmount::parse("5 stone"), Err(TypedAmountError::Unit(_))));
        assert!(matches!(TypedAmount::parse("-5 kg"), Err(TypedAmountError::NoNumber(_))));
        assert!(matches!(TypedAmount::parse("1234567890123456 kg"), Err(TypedAmountError::TooLong(_))));
    }
}
