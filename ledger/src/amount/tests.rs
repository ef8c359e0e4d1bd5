use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use proptest::prelude::*;

use super::*;

/// An independent reading: digits moved about as text, then one integer parse.
fn oracle(text: &str) -> Option<i128> {
    let lower = text.to_lowercase();
    let (mantissa, exponent) = lower.split_once('e').unwrap_or((&lower, "0"));
    let exponent: i64 = exponent.parse().ok()?;
    let (sign, mantissa) = mantissa.strip_prefix('-').map_or(("", mantissa), |rest| ("-", rest));
    let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let mut digits = format!("{whole}{part}");
    let mut power = exponent - i64::try_from(part.len()).unwrap() + 15;
    while power > 0 {
        digits.push('0');
        power -= 1;
    }
    while power < 0 {
        if digits.pop().unwrap_or('0') != '0' {
            return None;
        }
        power += 1;
    }
    let value: i128 = format!("{sign}{}", if digits.is_empty() { "0" } else { &digits }).parse().ok()?;
    (value % 1_000_000 == 0 && value.abs() < 10_i128.pow(24)).then_some(value)
}

fn kg(text: &str) -> Amount {
    Amount::parse(text).unwrap()
}

#[test]
fn reads_decimals_by_value() {
    for (text, steps) in [
        ("0", 0),
        ("-0", 0),
        ("-0.0e5", 0),
        ("0e99999999999999999999999999", 0),
        ("1", ONE),
        ("12.50", 12_500_000_000_000_000),
        ("1.50e1", 15 * ONE),
        ("15E-1", 1_500_000_000_000_000),
        ("0.000000001", 1_000_000),
        ("1e-9", 1_000_000),
        ("100e-11", 1_000_000),
        ("1.0000000000000000000", ONE),
        ("999999999.999999999", 999_999_999_999_999_999_000_000),
        ("-999999999.999999999", -999_999_999_999_999_999_000_000),
        ("0.00000000000000000000000000001e29", ONE),
    ] {
        assert_eq!(Amount::parse(text), Ok(Amount(steps)), "{text}");
    }
}

#[test]
fn refuses_what_is_no_amount() {
    for text in [
        "", "-", "+1", "01", "1.", ".5", "1e", "1e+", "1e1.5", " 1", "1 ", "0x1", "1_0", "NaN", "--1", "-01", "1.e1",
        "1e1e1",
    ] {
        assert_eq!(Amount::parse(text), Err(AmountError::NotANumber), "{text}");
    }
    for text in [
        "1000000000",
        "1e9",
        "-1e9",
        "0.1e10",
        "1e99999999999999999999999999",
        "1e9223372036854775807",
        "12345678901234567890",
    ] {
        assert_eq!(Amount::parse(text), Err(AmountError::TooLarge), "{text}");
    }
    for text in
        ["0.0000000001", "1e-10", "1.2e-9", "1e-99999999999999999999999999", "1e-9223372036854775808", "1.0000000001"]
    {
        assert_eq!(Amount::parse(text), Err(AmountError::TooPrecise { most: 9 }), "{text}");
    }
}

#[test]
fn converts_units_exactly() {
    for (text, code, shown, dimension) in [
        ("1.5", "KGM", "1.5", Dimension::Mass),
        ("1", "GRM", "0.001", Dimension::Mass),
        ("0.000000001", "MGM", "0.000000000000001", Dimension::Mass),
        ("1", "DTN", "100", Dimension::Mass),
        ("999999999.999999999", "TNE", "999999999999.999999", Dimension::Mass),
        ("2", "LTR", "2", Dimension::Volume),
        ("2", "MLT", "0.002", Dimension::Volume),
        ("2", "MTQ", "2000", Dimension::Volume),
        ("7", "C62", "7", Dimension::Pieces),
        ("7", "H87", "7", Dimension::Pieces),
        ("7", "EA", "7", Dimension::Pieces),
        ("7", "MTR", "7", Dimension::Other(UnitCode::parse("MTR").unwrap())),
        ("7", "5B", "7", Dimension::Other(UnitCode::parse("5B").unwrap())),
    ] {
        let quantity = Quantity::parse(text, Unit::parse(Some(code)).unwrap()).unwrap();
        assert_eq!(quantity.amount().to_string(), shown, "{text} {code}");
        assert_eq!(quantity.dimension(), dimension, "{code}");
    }
    assert_eq!(Unit::parse(None).unwrap().dimension(), Dimension::Pieces);
    assert_eq!(Dimension::Mass.base_code(), Some("KGM"));
    assert_eq!(Dimension::Volume.base_code(), Some("LTR"));
    assert_eq!(Dimension::Pieces.base_code(), None);
    assert_eq!(Unit::parse(Some("5B")).unwrap().dimension().base_code(), Some("5B"));
    for code in ["", "K", "KGMS", "kgm", "K M", "K\u{e9}"] {
        assert_eq!(Unit::parse(Some(code)), Err(UnitError), "{code}");
    }
}

#[test]
fn multiplies_exactly_or_not_at_all() {
    assert_eq!(kg("40").checked_mul(kg("0.5")), Some(kg("20")));
    assert_eq!(kg("-3.5").checked_mul(kg("0.2")), Some(kg("-0.7")));
    assert_eq!(kg("0.000000001").checked_mul(kg("0.000000001")), None);
    assert_eq!(Amount(i128::MAX).checked_mul(kg("2")), None);
    assert_eq!(Amount(i128::MIN).checked_mul(Amount(i128::MIN)), None);
    assert_eq!(Amount(i128::MAX).checked_add(Amount(1)), None);
    assert_eq!(Amount(i128::MIN).checked_sub(Amount(1)), None);
    assert_eq!(Amount::from_whole(u64::MAX).to_string(), u64::MAX.to_string());
}

#[test]
fn reads_ratios_in_their_range() {
    assert_eq!(Ratio::parse("0.16").unwrap().millionths(), 160_000);
    assert_eq!(Ratio::parse("100").unwrap().to_string(), "100");
    assert_eq!(Ratio::parse("1e-6").unwrap().to_string(), "0.000001");
    assert_eq!(Ratio::parse("1"), Ok(Ratio::ONE));
    for text in ["0", "-1", "100.000001", "999999999"] {
        assert_eq!(Ratio::parse(text), Err(RatioError::OutOfRange), "{text}");
    }
    assert_eq!(Ratio::parse("0.0000001"), Err(RatioError::Amount(AmountError::TooPrecise { most: 6 })));
    assert_eq!(Ratio::parse("x"), Err(RatioError::Amount(AmountError::NotANumber)));
}

#[test]
fn yield_limit_holds_the_greatest_event() {
    let greatest = Quantity::parse("999999999.999999999", Unit::parse(Some("TNE")).unwrap()).unwrap().amount();
    let hundred = Ratio::parse("100").unwrap();
    let limit = (0..48).try_fold(YieldLimit::ZERO, |sum, _| sum.checked_add(greatest, hundred)).unwrap();
    let outputs = (0..48 * 100).try_fold(Amount::ZERO, |sum, _| sum.checked_add(greatest)).unwrap();
    assert!(limit.allows(outputs));
    assert!(!limit.allows(outputs.checked_add(Amount(1)).unwrap()));
    assert!(!limit.allows(Amount(i128::MAX)));
    assert_eq!(limit.checked_add(Amount(i128::MAX), hundred), None);
}

#[test]
fn yield_limit_is_exact_at_the_edge() {
    let limit = YieldLimit::ZERO.checked_add(kg("0.000000001"), Ratio::parse("0.333333").unwrap()).unwrap();
    assert!(limit.allows(Amount(333_333)));
    assert!(!limit.allows(Amount(333_334)));
    let limit = limit.checked_add(kg("62.5"), Ratio::parse("0.16").unwrap()).unwrap();
    assert!(limit.allows(kg("10")));
    assert!(!limit.allows(kg("10.000000001")));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn agrees_with_the_oracle(text in "-?(0|[1-9][0-9]{0,10})(\\.[0-9]{1,12})?([eE][+-]?[0-9]{1,2})?") {
        prop_assert_eq!(Amount::parse(&text).ok().map(Amount::steps), oracle(&text));
    }

    #[test]
    fn any_text_is_read_or_refused(text in "[-+0-9.eE]{0,24}") {
        let is_json = serde_json::from_str::<serde_json::Value>(&text).is_ok();
        match Amount::parse(&text) {
            Ok(_) => prop_assert!(is_json),
            Err(AmountError::NotANumber) => prop_assert!(!is_json),
            // Too large for an amount may be too large for a float as well.
            Err(_) => {}
        }
    }

    #[test]
    fn shown_text_reads_back(steps in -999_999_999_999_999_999_i128..=999_999_999_999_999_999) {
        let amount = Amount(steps * 1_000_000);
        let text = amount.to_string();
        prop_assert_eq!(Amount::parse(&text), Ok(amount));
        prop_assert!(!text.contains('.') || !text.ends_with('0'));
    }

    #[test]
    fn shown_steps_are_exact(steps in any::<i128>()) {
        let text = Amount(steps).to_string();
        let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
        let zeros: String = "0".repeat(15 - part.len());
        prop_assert_eq!(format!("{whole}{part}{zeros}").parse::<i128>().unwrap(), steps);
    }

    #[test]
    fn products_agree_with_halves(a in -1_000_000_000_i128..1_000_000_000, b in -1_000_000_000_i128..1_000_000_000) {
        // Millionths times millionths never needs more than 12 decimals.
        let product = Amount(a * 1_000_000_000).checked_mul(Amount(b * 1_000_000_000));
        prop_assert_eq!(product, Some(Amount(a * b * 1000)));
    }

    #[test]
    fn sums_do_not_depend_on_order(steps in proptest::collection::vec(-10_i128.pow(27)..10_i128.pow(27), 0..20)) {
        let sum = |amounts: &[i128]| amounts.iter().try_fold(Amount::ZERO, |sum, &a| sum.checked_add(Amount(a)));
        let reversed: Vec<i128> = steps.iter().rev().copied().collect();
        prop_assert_eq!(sum(&steps), sum(&reversed));
        prop_assert_eq!(sum(&steps), Some(Amount(steps.iter().sum())));
    }
}
