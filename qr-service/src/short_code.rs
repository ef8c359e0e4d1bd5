//! The code that a person types when no camera reads the label (`docs/format.md` section 4.5.1).
//!
//! It names a lot: an own lot's id in groups of four, or a GTIN and a lot number, and two check digits at the end. Any one
//! character mistyped and any two neighbours swapped are found; in a lot number with small letters, which may be typed in either
//! case, all but one in 97.

use crate::link::{ItemLink, LinkError};

/// The modulus of the check digits: a prime above every character's value, of which 10 is a primitive root.
const MODULUS: u32 = 97;
/// Length of an own lot's id as every tool of ours makes it; such a text without any separator is the bare id.
const OWN_ID_CHARS: usize = 16;
/// Characters of a group when an own lot's id is printed.
const GROUP_CHARS: usize = 4;
/// Longest text that can be a code: the longest own id in groups, or a GTIN with a lot number of 20.
const CODE_CHARS_MAX: usize = 64;

/// Why a text is no code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ShortCodeError {
    /// It is not built as a code is.
    #[error("the text is not a short code")]
    Shape,
    /// The check digits are those of another code: a typing error.
    #[error("the check digits do not fit the code")]
    Check,
    /// It names no lot.
    #[error("the code names no lot")]
    Link(#[source] LinkError),
}

/// The code of a lot, as it is printed.
#[must_use]
pub fn print(link: &ItemLink) -> String {
    let (gtin, lot) = link.lot_parts();
    let check = check_digits(&checked_text(gtin, lot));
    match gtin {
        Some(gtin) => format!("{} {lot} {check}", gtin.strip_prefix('0').unwrap_or(gtin)),
        None => {
            let mut code = grouped(lot);
            code.push('-');
            code.push_str(&check);
            code
        }
    }
}

/// Reads a code as a person typed it: in either case, with spaces or hyphens as she likes.
///
/// # Errors
/// [`ShortCodeError::Check`] when it is built as a code but has a typing error, [`ShortCodeError::Shape`] when it is
/// something else.
pub fn parse(typed: &str) -> Result<ItemLink, ShortCodeError> {
    let typed = typed.trim();
    if typed.is_empty() || typed.len() > CODE_CHARS_MAX || !typed.bytes().all(|b| b == b' ' || b.is_ascii_graphic()) {
        return Err(ShortCodeError::Shape);
    }
    match parse_gs1(typed) {
        Err(ShortCodeError::Shape) => parse_own(typed),
        found => found,
    }
}

fn parse_own(typed: &str) -> Result<ItemLink, ShortCodeError> {
    let is_grouped = typed.contains(['-', ' ']);
    let plain: String = typed.chars().filter(|c| !matches!(c, '-' | ' ')).map(as_meant).collect();
    if !is_grouped && plain.len() == OWN_ID_CHARS {
        return Err(ShortCodeError::Shape);
    }
    let (id, check) = plain.split_at_checked(plain.len().saturating_sub(2)).ok_or(ShortCodeError::Shape)?;
    // A separator typed instead of a letter, or a GTIN with a typing error, must not pass for an id of another length.
    let groups =
        |text: &str| text.split(['-', ' ']).filter(|group| !group.is_empty()).map(str::len).collect::<Vec<_>>();
    let mut as_printed = groups(&grouped(id));
    as_printed.push(check.len());
    if is_grouped && groups(typed) != as_printed && groups(typed) != [id.len(), check.len()] {
        return Err(ShortCodeError::Shape);
    }
    let is_code = id.bytes().all(|b| b.is_ascii_alphanumeric()) && check.bytes().all(|b| b.is_ascii_digit());
    let link = ItemLink::parse(id).map_err(|_| ShortCodeError::Shape)?;
    match (is_code, check_digits(id) == check, is_grouped) {
        (true, true, _) => Ok(link),
        // Without separators it may also be a bare id of another length.
        (_, _, false) => Err(ShortCodeError::Shape),
        (_, _, true) => Err(ShortCodeError::Check),
    }
}

/// Letters that Crockford's alphabet leaves out because they look like digits.
fn as_meant(typed: char) -> char {
    match typed.to_ascii_uppercase() {
        'I' | 'L' => '1',
        'O' => '0',
        other => other,
    }
}

fn parse_gs1(typed: &str) -> Result<ItemLink, ShortCodeError> {
    let is_separator = |c: char| matches!(c, ' ' | '-');
    let (gtin, rest) = typed.split_once(is_separator).ok_or(ShortCodeError::Shape)?;
    let (lot, check) = rest.rsplit_once(is_separator).ok_or(ShortCodeError::Shape)?;
    let lot = lot.trim_matches(' ');
    let is_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let is_gtin = matches!(gtin.len(), 8 | 12 | 13 | 14) && is_digits(gtin);
    if !is_gtin || check.len() != 2 || !is_digits(check) || lot.is_empty() || lot.contains(' ') {
        return Err(ShortCodeError::Shape);
    }
    let gtin = format!("{gtin:0>14}");
    let upper = lot.to_ascii_uppercase();
    // Most lots are in capitals and many people type small letters; the check digits tell which was meant.
    let folded = if lot.bytes().any(|b| b.is_ascii_uppercase()) { lot } else { upper.as_str() };
    let meant = [lot, folded].into_iter().find(|lot| check_digits(&checked_text(Some(&gtin), lot)) == check);
    let lot = meant.ok_or(ShortCodeError::Check)?;
    let path = format!("/01/{gtin}/10/{}", crate::link::percent_encode(lot));
    ItemLink::parse(&path).map_err(ShortCodeError::Link)
}

fn checked_text(gtin: Option<&str>, lot: &str) -> String {
    format!("{}{lot}", gtin.unwrap_or_default())
}

/// Two digits: the characters' ASCII codes less 33, as digits of a number to the base 10, times 100, modulo 97.
fn check_digits(text: &str) -> String {
    let value = text.bytes().fold(0, |sum, byte| (sum * 10 + u32::from(byte.saturating_sub(b'!'))) % MODULUS);
    format!("{:02}", value * 100 % MODULUS)
}

/// Groups of four; a rest of one or two joins the group before it.
fn grouped(id: &str) -> String {
    let mut code = String::new();
    for (at, sign) in id.chars().enumerate() {
        if at > 0 && at % GROUP_CHARS == 0 && id.len() - at > 2 {
            code.push('-');
        }
        code.push(sign);
    }
    code
}

#[cfg(test)]
mod tests {
    use super::{ShortCodeError, parse, print};
    use crate::link::ItemLink;

    const LOTS: [&str; 4] = [
        "/lot/7Q4MX2ABCDEFGH12",
        "/lot/00000000000000",
        "/01/08938505970011/10/MD-251214",
        "/01/08938505970011/10/LO%2F7",
    ];

    fn link(path: &str) -> ItemLink {
        ItemLink::parse(path).unwrap()
    }

    #[test]
    fn a_printed_code_leads_to_its_lot() {
        for path in LOTS {
            let link = link(path);
            assert_eq!(parse(&print(&link)), Ok(link), "{path}");
        }
        assert_eq!(print(&link(LOTS[0])), "7Q4M-X2AB-CDEF-GH12-72");
        assert_eq!(print(&link(LOTS[2])), "8938505970011 MD-251214 42");
    }

    #[test]
    fn it_may_be_typed_as_people_type() {
        let own = link(LOTS[0]);
        let check = print(&own).split_off(20);
        for typed in [
            format!("7q4m x2ab cdef gh12 {check}"),
            format!("7Q4MX2ABCDEFGH12{check}"),
            format!(" 7Q4M-X2AB-CDEF-GHl2-{check} "),
        ] {
            assert_eq!(parse(&typed), Ok(own.clone()), "{typed}");
        }
        let gs1 = print(&link(LOTS[2])).to_lowercase().replace(' ', "-");
        assert_eq!(parse(&gs1), Ok(link(LOTS[2])));
        assert_eq!(parse("7Q4MX2ABCDEFGH12"), Err(ShortCodeError::Shape), "a bare id is no code");
        for other in ["", "https://so.example.vn/lot/7Q4MX2ABCDEFGH12", "\u{1f984}", &"7-".repeat(40)] {
            assert!(parse(other).is_err(), "{other}");
        }
    }

    /// Every typing error must fail or, where the letter is one that only looks alike, mean the same lot.
    fn must_be_found(wrong: &str, path: &str) {
        let found = parse(wrong);
        assert!(found.is_err() || found == Ok(link(path)), "{wrong} for {path} gives {found:?}");
    }

    #[test]
    fn every_single_substitution_is_found() {
        for path in LOTS {
            let code = print(&link(path));
            for at in 0..code.len() {
                for other in (b'!'..=b'~').filter(|b| !code.as_bytes()[at].eq_ignore_ascii_case(b)) {
                    let mut wrong = code.clone().into_bytes();
                    wrong[at] = other;
                    must_be_found(&String::from_utf8(wrong).unwrap(), path);
                }
            }
        }
    }

    #[test]
    fn every_swap_of_neighbours_is_found() {
        for path in LOTS {
            let code = print(&link(path));
            let letters: Vec<usize> = (0..code.len()).filter(|at| !b"- ".contains(&code.as_bytes()[*at])).collect();
            for pair in letters.windows(2) {
                let mut wrong = code.clone().into_bytes();
                wrong.swap(pair[0], pair[1]);
                if wrong != code.as_bytes() {
                    must_be_found(&String::from_utf8(wrong).unwrap(), path);
                }
            }
        }
    }
}
