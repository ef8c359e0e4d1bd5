//! The Application Identifiers of the GS1 General Specifications, section 3: format, checks and role in a Digital Link.
//!
//! Facts only: which characters, how long, which check digit or date. Lists that change by the year (countries, currencies,
//! package types, media types) and the formats of coupons and bank accounts are not checked.

use core::fmt;

/// The code of an Application Identifier: 2 to 4 digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AiCode {
    /// The digits, then zeros.
    bytes: [u8; 4],
    /// How many digits.
    len: u8,
}

impl AiCode {
    /// Reads 2 to 4 digits; whether such an AI exists is another question.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (bytes, len) = match *text.as_bytes() {
            [a, b] => ([a, b, 0, 0], 2),
            [a, b, c] => ([a, b, c, 0], 3),
            [a, b, c, d] => ([a, b, c, d], 4),
            _ => return None,
        };
        text.bytes().all(|b| b.is_ascii_digit()).then_some(Self { bytes, len })
    }

    /// The digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // ASCII digits by construction.
        self.bytes.get(..usize::from(self.len)).and_then(|b| core::str::from_utf8(b).ok()).unwrap_or_default()
    }
}

impl fmt::Display for AiCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for AiCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Characters that a part of a value may hold.
#[derive(Clone, Copy, Debug)]
enum Charset {
    /// Digits.
    Numeric,
    /// GS1 AI encodable character set 82.
    Set82,
    /// GS1 AI encodable character set 39.
    Set39,
    /// GS1 AI encodable character set 64: base64url.
    Set64,
}

impl Charset {
    const fn holds(self, byte: u8) -> bool {
        match self {
            Self::Numeric => byte.is_ascii_digit(),
            Self::Set82 => {
                byte.is_ascii_alphanumeric() || matches!(byte, b'!' | b'"' | b'%'..=b'/' | b':'..=b'?' | b'_')
            }
            Self::Set39 => byte.is_ascii_digit() || byte.is_ascii_uppercase() || matches!(byte, b'#' | b'-' | b'/'),
            Self::Set64 => byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'='),
        }
    }
}

/// What else must hold of a part.
#[derive(Clone, Copy, Debug)]
enum Check {
    Nothing,
    /// The last digit is the GS1 check digit of those before.
    Mod10,
    /// The last two characters are the check pair of a Global Model Number.
    ModelPair,
    /// YYMMDD where the day may be 00.
    DateOrMonth,
    /// YYMMDD.
    Date,
    /// YYYYMMDD.
    LongDate,
    /// HHMM.
    Time,
    /// 00 to 23.
    Hour,
    /// 00 to 59, minutes or seconds.
    Sixtieth,
    /// Two digits of piece number, two of the total: neither zero, the first no more than the second.
    PieceOfTotal,
    NotZero,
    Zero,
    NoLeadingZero,
    Hyphen,
    ZeroOrOne,
}

/// One part of a value.
#[derive(Clone, Copy, Debug)]
struct Part {
    charset: Charset,
    min: u8,
    max: u8,
    optional: bool,
    check: Check,
}

impl Part {
    const fn new(charset: Charset, min: u8, max: u8) -> Self {
        Self { charset, min, max, optional: false, check: Check::Nothing }
    }

    const fn optional(self) -> Self {
        Self { optional: true, ..self }
    }

    const fn check(self, check: Check) -> Self {
        Self { check, ..self }
    }
}

/// Exactly so many digits.
const fn n(len: u8) -> Part {
    Part::new(Charset::Numeric, len, len)
}

/// One to so many digits.
const fn n_to(max: u8) -> Part {
    Part::new(Charset::Numeric, 1, max)
}

/// Exactly so many characters of set 82.
const fn x(len: u8) -> Part {
    Part::new(Charset::Set82, len, len)
}

/// One to so many characters of set 82.
const fn x_to(max: u8) -> Part {
    Part::new(Charset::Set82, 1, max)
}

/// An Application Identifier, or a run of them with one format.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ai {
    first: &'static str,
    last: &'static str,
    parts: &'static [Part],
    /// Whether the length is predefined, so that no FNC1 need follow.
    fixed: bool,
    /// Whether it may stand in the query of a Digital Link.
    attribute: bool,
    /// The sequences of qualifiers that may follow it in a Digital Link's path, if it may be the primary key of one.
    key: Option<&'static [&'static [&'static str]]>,
}

/// Why a value does not fit its AI. The value's author is at fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ValueError {
    /// Empty, or shorter than the format says.
    TooShort,
    /// Longer than the format says.
    TooLong,
    /// A character outside the AI's set.
    Character,
    /// A check digit, a date or another rule of the AI's content is broken.
    Content,
}

impl fmt::Display for ValueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooShort => "too short",
            Self::TooLong => "too long",
            Self::Character => "character outside the set",
            Self::Content => "wrong check digit, date or content",
        })
    }
}

const GTIN: &[Part] = &[n(14).check(Check::Mod10)];
const GLN: &[Part] = &[n(13).check(Check::Mod10)];
const GSRN: &[Part] = &[n(18).check(Check::Mod10)];
const ITIP: &[Part] = &[n(14).check(Check::Mod10), n(4).check(Check::PieceOfTotal)];
const DATE: &[Part] = &[n(6).check(Check::DateOrMonth)];
const DAY: &[Part] = &[n(6).check(Check::Date)];
const DAY_TIME: &[Part] = &[n(6).check(Check::Date), n(4).check(Check::Time)];
const MONTH_TIME: &[Part] = &[n(6).check(Check::DateOrMonth), n(4).check(Check::Time)];
const COUNTRY: &[Part] = &[n(3)];
const COUNTRIES: &[Part] = &[n(3), n(3).optional(), n(3).optional(), n(3).optional(), n(3).optional()];
const TEMPERATURE: &[Part] = &[n(6), x(1).optional().check(Check::Hyphen)];
const FLAG: &[Part] = &[n(1).check(Check::ZeroOrOne)];
const MODEL: &[Part] = &[x_to(25).check(Check::ModelPair)];
const N4: &[Part] = &[n(4)];
const N6: &[Part] = &[n(6)];
const N15: &[Part] = &[n(15)];
const TO_N8: &[Part] = &[n_to(8)];
const TO_N15: &[Part] = &[n_to(15)];
const CURRENCY: &[Part] = &[n(3), n_to(15)];
const TO_X10: &[Part] = &[x_to(10)];
const TO_X20: &[Part] = &[x_to(20)];
const TO_X25: &[Part] = &[x_to(25)];
const TO_X30: &[Part] = &[x_to(30)];
const TO_X35: &[Part] = &[x_to(35)];
const TO_X40: &[Part] = &[x_to(40)];
const TO_X70: &[Part] = &[x_to(70)];
const TO_X90: &[Part] = &[x_to(90)];

impl Ai {
    /// A single AI that never stands in a Digital Link unless said otherwise.
    const fn only(code: &'static str, parts: &'static [Part]) -> Self {
        Self { first: code, last: code, parts, fixed: false, attribute: false, key: None }
    }

    /// A single AI that may be a data attribute.
    const fn one(code: &'static str, parts: &'static [Part]) -> Self {
        Self { attribute: true, ..Self::only(code, parts) }
    }

    /// A run of AIs that may be data attributes.
    const fn run(first: &'static str, last: &'static str, parts: &'static [Part]) -> Self {
        Self { last, ..Self::one(first, parts) }
    }

    const fn fixed(self) -> Self {
        Self { fixed: true, ..self }
    }

    const fn key(self, qualifiers: &'static [&'static [&'static str]]) -> Self {
        Self { key: Some(qualifiers), ..self }
    }

    pub(super) const fn is_fixed(&self) -> bool {
        self.fixed
    }

    pub(super) const fn is_attribute(&self) -> bool {
        self.attribute
    }

    pub(super) const fn qualifiers(&self) -> Option<&'static [&'static [&'static str]]> {
        self.key
    }

    /// The length of every value of an AI of predefined length.
    pub(super) fn length(&self) -> usize {
        self.parts.iter().map(|part| usize::from(part.max)).sum()
    }

    /// Whether the value fits.
    pub(super) fn check(&self, value: &str) -> Result<(), ValueError> {
        let mut rest = value.as_bytes();
        if rest.is_empty() {
            return Err(ValueError::TooShort);
        }
        for part in self.parts {
            if rest.is_empty() && part.optional {
                break;
            }
            let (head, tail) = rest.split_at(rest.len().min(usize::from(part.max)));
            if head.len() < usize::from(part.min) {
                return Err(ValueError::TooShort);
            }
            if !head.iter().all(|&byte| part.charset.holds(byte)) {
                return Err(ValueError::Character);
            }
            if !part.check.holds(head) {
                return Err(ValueError::Content);
            }
            rest = tail;
        }
        if rest.is_empty() { Ok(()) } else { Err(ValueError::TooLong) }
    }
}

/// Whether a value may belong to an AI of which nothing is known.
pub(super) fn check_unknown(value: &str) -> Result<(), ValueError> {
    Ai::only("", TO_X90).check(value)
}

/// Finds an AI by its code.
pub(super) fn find(code: &str) -> Option<&'static Ai> {
    let after = TABLE.partition_point(|ai| ai.first <= code);
    let ai = TABLE.get(after.checked_sub(1)?)?;
    // The fourth digit of a measure says where the point stands, 0 to 5.
    let is_measure = code.len() == 4 && matches!(code.as_bytes(), [b'3', b'1'..=b'6', ..]);
    let fits =
        code <= ai.last && code.len() == ai.first.len() && (!is_measure || code.as_bytes().last() <= Some(&b'5'));
    fits.then_some(ai)
}

/// The check digit that belongs after these digits: weights 3, 1, 3, ... from the right.
pub(crate) fn check_digit(digits: &[u8]) -> u8 {
    let sum: u32 = digits
        .iter()
        .rev()
        .zip([3, 1].iter().cycle())
        .map(|(&digit, weight)| u32::from(digit.saturating_sub(b'0')) * weight % 10)
        .fold(0, |sum, term| (sum + term) % 10);
    // 0 to 9.
    b'0' + u8::try_from((10 - sum) % 10).unwrap_or(0)
}

impl Check {
    fn holds(self, text: &[u8]) -> bool {
        let two = |at: usize| match text.get(at..at + 2) {
            Some(&[tens, ones]) if tens.is_ascii_digit() && ones.is_ascii_digit() => {
                u32::from(tens - b'0') * 10 + u32::from(ones - b'0')
            }
            _ => u32::MAX,
        };
        match self {
            Self::Nothing => true,
            Self::Mod10 => text.split_last().is_some_and(|(last, digits)| *last == check_digit(digits)),
            Self::ModelPair => is_model_number(text),
            Self::DateOrMonth => two(4) <= days_in_month(two(0), two(2)),
            Self::Date => two(4) >= 1 && two(4) <= days_in_month(two(0), two(2)),
            Self::LongDate => {
                let year = two(0).saturating_mul(100).saturating_add(two(2));
                two(6) >= 1 && two(6) <= days_in_month(if year % 100 == 0 { year / 100 } else { year }, two(4))
            }
            Self::Time => two(0) < 24 && two(2) < 60,
            Self::Hour => two(0) < 24,
            Self::Sixtieth => two(0) < 60,
            Self::PieceOfTotal => two(0) >= 1 && two(0) <= two(2),
            Self::NotZero => text.iter().any(|&b| b != b'0'),
            Self::Zero => text.iter().all(|&b| b == b'0'),
            Self::NoLeadingZero => text.first() != Some(&b'0') || text.len() == 1,
            Self::Hyphen => text == b"-",
            Self::ZeroOrOne => matches!(text, b"0" | b"1"),
        }
    }
}

/// Days of a month; 0 when there is no such month. Every fourth year is a leap year: of the two-digit years, 00 is 2000.
fn days_in_month(year: u32, month: u32) -> u32 {
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) => 29,
        2 => 28,
        _ => 0,
    }
}

/// Whether the last two characters are the check pair of a Global Model Number (GS1 General Specifications, section 7.9.5): the
/// characters' ranks in set 82 times the primes from the right, modulo 1021, in two digits of base 32.
fn is_model_number(text: &[u8]) -> bool {
    const PRIMES: [u32; 23] = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83];
    const PAIR: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
    let Some((body, pair)) = text.split_last_chunk::<2>() else { return false };
    let rank = |byte: u8| (b'!'..byte).filter(|&b| Charset::Set82.holds(b)).fold(0_u32, |count, _| count + 1);
    let sum = body.iter().rev().zip(PRIMES).map(|(&byte, prime)| rank(byte) * prime).sum::<u32>() % 1021;
    let digit = |value: u32| usize::try_from(value).ok().and_then(|at| PAIR.get(at)).copied();
    !body.is_empty() && body.len() <= PRIMES.len() && [digit(sum / 32), digit(sum % 32)] == pair.map(Some)
}

/// All AIs, in the lexical order of their codes.
static TABLE: &[Ai] = &[
    Ai::one("00", GSRN).fixed().key(&[]),
    Ai::one("01", GTIN).fixed().key(&[&["22", "10", "21"], &["235"]]),
    Ai::one("02", GTIN).fixed(),
    Ai::only("03", GTIN).fixed(),
    Ai::one("10", TO_X20),
    Ai::run("11", "13", DATE).fixed(),
    Ai::run("15", "17", DATE).fixed(),
    Ai::one("20", &[n(2)]).fixed(),
    Ai::only("21", TO_X20),
    Ai::only("22", TO_X20),
    Ai::only("235", &[x_to(28)]),
    Ai::run("240", "241", TO_X30),
    Ai::one("242", &[n_to(6)]),
    Ai::one("243", TO_X20),
    Ai::run("250", "251", TO_X30),
    Ai::one("253", &[n(13).check(Check::Mod10), x_to(17).optional()]).key(&[]),
    Ai::only("254", TO_X20),
    Ai::one("255", &[n(13).check(Check::Mod10), n_to(12).optional()]).key(&[]),
    Ai::one("30", TO_N8),
    Ai::run("3100", "3165", N6).fixed(),
    Ai::run("3200", "3375", N6).fixed(),
    Ai::run("3400", "3575", N6).fixed(),
    Ai::run("3600", "3695", N6).fixed(),
    Ai::one("37", TO_N8),
    Ai::run("3900", "3909", TO_N15),
    Ai::run("3910", "3919", CURRENCY),
    Ai::run("3920", "3929", TO_N15),
    Ai::run("3930", "3939", CURRENCY),
    Ai::run("3940", "3943", N4),
    Ai::run("3950", "3955", N6),
    Ai::one("400", TO_X30),
    Ai::one("401", TO_X30).key(&[]),
    Ai::one("402", &[n(17).check(Check::Mod10)]).key(&[]),
    Ai::one("403", TO_X30),
    Ai::run("410", "413", GLN).fixed(),
    Ai::one("414", GLN).fixed().key(&[&["254"], &["7040"]]),
    Ai::one("415", GLN).fixed().key(&[&["8020"]]),
    Ai::one("416", GLN).fixed(),
    Ai::one("417", GLN).fixed().key(&[&["7040"]]),
    Ai::one("420", TO_X20),
    Ai::one("421", &[n(3), x_to(9)]),
    Ai::one("422", COUNTRY),
    Ai::one("423", COUNTRIES),
    Ai::one("424", COUNTRY),
    Ai::one("425", COUNTRIES),
    Ai::one("426", COUNTRY),
    Ai::one("427", &[x_to(3)]),
    Ai::run("4300", "4301", TO_X35),
    Ai::run("4302", "4306", TO_X70),
    Ai::one("4307", &[x(2)]),
    Ai::one("4308", TO_X30),
    Ai::one("4309", &[n(10), n(10)]),
    Ai::run("4310", "4311", TO_X35),
    Ai::run("4312", "4316", TO_X70),
    Ai::one("4317", &[x(2)]),
    Ai::one("4318", TO_X20),
    Ai::one("4319", TO_X30),
    Ai::one("4320", TO_X35),
    Ai::run("4321", "4323", FLAG),
    Ai::run("4324", "4325", MONTH_TIME),
    Ai::one("4326", DAY),
    Ai::run("4330", "4333", TEMPERATURE),
    Ai::one("7001", &[n(13)]),
    Ai::one("7002", TO_X30),
    Ai::one("7003", DAY_TIME),
    Ai::one("7004", &[n_to(4)]),
    Ai::one("7005", &[x_to(12)]),
    Ai::one("7006", DAY),
    Ai::one("7007", &[n(6).check(Check::Date), n(6).optional().check(Check::Date)]),
    Ai::one("7008", &[x_to(3)]),
    Ai::one("7009", TO_X10),
    Ai::one("7010", &[x_to(2)]),
    Ai::one("7011", &[n(6).check(Check::Date), n(4).optional().check(Check::Time)]),
    Ai::run("7020", "7022", TO_X20),
    Ai::one("7023", TO_X30),
    Ai::run("7030", "7039", &[n(3), x_to(27)]),
    Ai::only("7040", &[n(1), x(1), x(1), x(1)]),
    Ai::only("7041", &[x_to(4)]),
    Ai::run("710", "717", TO_X20),
    Ai::run("7230", "7239", &[x(2), x_to(28)]),
    Ai::one("7240", TO_X20),
    Ai::one("7241", &[n(2)]),
    Ai::one("7242", TO_X25),
    Ai::one("7250", &[n(8).check(Check::LongDate)]),
    Ai::one("7251", &[n(8).check(Check::LongDate), n(4).check(Check::Time)]),
    Ai::one("7252", &[n(1)]),
    Ai::run("7253", "7254", TO_X40),
    Ai::one("7255", TO_X10),
    Ai::one("7256", TO_X90),
    Ai::one("7257", TO_X70),
    Ai::one("7258", &[x(3)]),
    Ai::one("7259", TO_X40),
    Ai::one("8001", &[n(4).check(Check::NotZero), n(5).check(Check::NotZero), n(3).check(Check::NotZero), n(1), n(1)]),
    Ai::one("8002", TO_X20),
    Ai::one("8003", &[n(1).check(Check::Zero), n(13).check(Check::Mod10), x_to(16).optional()]).key(&[]),
    Ai::one("8004", TO_X30).key(&[&["7040"]]),
    Ai::one("8005", N6),
    Ai::one("8006", ITIP).key(&[&["22", "10", "21"]]),
    Ai::one("8007", &[x_to(34)]),
    Ai::one("8008", &[n(6).check(Check::Date), n(2).check(Check::Hour), SIXTIETH, SIXTIETH]),
    Ai::one("8009", &[x_to(50)]),
    Ai::one("8010", &[Part::new(Charset::Set39, 1, 30)]).key(&[&["8011"]]),
    Ai::only("8011", &[n_to(12).check(Check::NoLeadingZero)]),
    Ai::one("8012", TO_X20),
    Ai::one("8013", MODEL).key(&[]),
    Ai::only("8014", MODEL),
    Ai::run("8017", "8018", GSRN).key(&[&["8019"]]),
    Ai::only("8019", &[n_to(10)]),
    Ai::only("8020", TO_X25),
    Ai::one("8026", ITIP),
    Ai::one("8030", &[Part::new(Charset::Set64, 1, 90)]),
    Ai::only("8040", N15),
    Ai::only("8041", N15),
    Ai::only("8042", &[n(32)]),
    Ai::only("8043", &[n(18), n_to(2).optional()]),
    Ai::one("8110", TO_X70),
    Ai::one("8111", N4),
    Ai::one("8112", TO_X70),
    Ai::only("8200", TO_X70),
    Ai::one("90", TO_X30),
    Ai::run("91", "99", TO_X90),
];

const SIXTIETH: Part = n(2).optional().check(Check::Sixtieth);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_is_in_order_and_its_runs_do_not_meet() {
        for pair in TABLE.windows(2) {
            assert!(pair[0].last < pair[1].first, "{} {}", pair[0].last, pair[1].first);
        }
        for ai in TABLE {
            assert!(ai.first <= ai.last && ai.first.len() == ai.last.len());
            assert!(find(ai.first).is_some_and(|found| found.first == ai.first));
            assert!(find(ai.last).is_some_and(|found| found.first == ai.first));
            for qualifier in ai.key.unwrap_or_default().iter().copied().flatten() {
                assert!(find(qualifier).is_some());
            }
        }
        for code in [
            "", "0", "1", "04", "001", "14", "18", "23", "89", "3106", "3170", "3380", "3956", "310", "31000", "999",
            "a", "4334",
        ] {
            assert!(find(code).is_none(), "{code}");
        }
    }

    #[test]
    fn set_82_has_82_characters() {
        let count = |set: Charset| (0..=u8::MAX).filter(|&b| set.holds(b)).count();
        assert_eq!(count(Charset::Set82), 82);
        assert_eq!(count(Charset::Set39), 39);
        // Base64url and its padding.
        assert_eq!(count(Charset::Set64), 65);
    }

    #[test]
    fn model_numbers_carry_a_check_pair() {
        // The example of the General Specifications.
        assert!(is_model_number(b"1987654Ad4X4bL5ttr2310c2K"));
        assert!(!is_model_number(b"1987654Ad4X4bL5ttr2310c2L"));
        assert!(!is_model_number(b"2K"));
    }

    #[test]
    fn dates_are_days_of_the_calendar() {
        let date = find("17").unwrap();
        for (value, fits) in [
            ("260228", true),
            ("260229", false),
            ("240229", true),
            ("260200", true),
            ("261301", false),
            ("000229", true),
        ] {
            assert_eq!(date.check(value).is_ok(), fits, "{value}");
        }
        let long = find("7250").unwrap();
        for (value, fits) in
            [("19000229", false), ("20000229", true), ("20260430", true), ("20260431", false), ("20260400", false)]
        {
            assert_eq!(long.check(value).is_ok(), fits, "{value}");
        }
        assert_eq!(find("8008").unwrap().check("26112324"), Err(ValueError::Content));
        assert_eq!(find("8008").unwrap().check("2611232359"), Ok(()));
    }
}
