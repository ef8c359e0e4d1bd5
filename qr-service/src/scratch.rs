//! The code under a pack's scratch layer (`docs/format.md` section 13.1): secret until the layer is off, and the source of the pack's serial.
//!
//! The ledger commits to serials only. Whoever knows a code can show that it belongs to a serial, and nobody finds a code from a serial.

use nguon_ledger::hash::Hash;

/// Letters of codes and of new serials: Crockford's base 32, in the order of their values.
pub(crate) const CROCKFORD: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// What is hashed before the letters, so that no hash made for something else is a serial.
const DOMAIN: &str = "nguon-scratch-v1\n";
/// Letters that are drawn: 75 random bits.
const SECRET_CHARS: usize = 15;
/// Letters that are printed: those, and the check letter.
pub(crate) const CODE_CHARS: usize = SECRET_CHARS + 1;
/// Letters of a printed group.
const GROUP_CHARS: usize = 4;
/// Bits of a letter.
const LETTER_BITS: u32 = 5;
/// Longest text that is looked at: a code with a blank between any two letters, and some to spare.
const TYPED_BYTES_MAX: usize = 64;

/// A code whose check letter fits.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct ScratchCode([u8; SECRET_CHARS]);

/// Why a text is no code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ScratchError {
    /// It has another length, or a letter that stands in no code.
    Shape,
    /// The check letter is that of another code: a typing error.
    Check,
}

impl ScratchCode {
    /// Draws a new one.
    pub(crate) fn draw() -> Result<Self, getrandom::Error> {
        let mut letters = [0_u8; SECRET_CHARS];
        getrandom::fill(&mut letters)?;
        // A byte has eight times as many values as a letter, so each letter is as likely as any other.
        letters.iter_mut().for_each(|letter| *letter = letter_of(*letter & 31));
        Ok(Self(letters))
    }

    /// Reads a code as a person typed it: in either case, with blanks or hyphens as she likes, O for 0 and I or L for 1.
    pub(crate) fn parse(typed: &str) -> Result<Self, ScratchError> {
        let typed = typed.trim();
        if typed.len() > TYPED_BYTES_MAX {
            return Err(ScratchError::Shape);
        }
        let letters: Vec<u8> = plain(typed).bytes().collect();
        let letters: [u8; CODE_CHARS] = letters.try_into().map_err(|_| ScratchError::Shape)?;
        let values: Option<Vec<u8>> = letters.iter().map(|letter| value_of(*letter)).collect();
        let values = values.ok_or(ScratchError::Shape)?;
        let (secret, check) = values.split_at(SECRET_CHARS);
        if check != [check_of(secret)] {
            return Err(ScratchError::Check);
        }
        let secret = letters.first_chunk().copied().ok_or(ScratchError::Shape)?;
        Ok(Self(secret))
    }

    /// As it is printed: `XXXX-XXXX-XXXX-XXXX`.
    pub(crate) fn print(&self) -> String {
        let values: Vec<u8> = self.0.iter().filter_map(|letter| value_of(*letter)).collect();
        let mut printed = String::new();
        for (at, letter) in self.0.into_iter().chain([letter_of(check_of(&values))]).enumerate() {
            if at > 0 && at % GROUP_CHARS == 0 {
                printed.push('-');
            }
            printed.push(char::from(letter));
        }
        printed
    }

    /// The serial that follows from it: the first 80 bits of a hash.
    pub(crate) fn serial(&self) -> String {
        let mut hashed = DOMAIN.as_bytes().to_vec();
        hashed.extend(self.0);
        let hash = Hash::of(&hashed);
        let first = hash.as_bytes().first_chunk::<16>().copied().map_or(0, u128::from_be_bytes);
        let letter = |at: u32| u8::try_from(first >> (u128::BITS - LETTER_BITS * (at + 1)) & 31).unwrap_or_default();
        (0..16).map(|at| char::from(letter_of(letter(at)))).collect()
    }
}

/// Codes are secrets: no log shows one.
impl std::fmt::Debug for ScratchCode {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "ScratchCode(of {})", self.serial())
    }
}

/// A typed text without what only divides it, in the letters that were meant.
pub(crate) fn plain(typed: &str) -> String {
    let divides = |c: char| c.is_whitespace() || matches!(c, '-' | '\u{2010}'..='\u{2015}' | '.' | '_');
    let meant = |c: char| match c.to_ascii_uppercase() {
        'I' | 'L' => '1',
        'O' => '0',
        other => other,
    };
    typed.chars().filter(|c| !divides(*c)).map(meant).collect()
}

/// One line of a list: a serial, or a serial and its code with a tab between. `None` where the code is none, or gives another serial.
pub(crate) fn read_line(line: &str) -> Option<(&str, Option<ScratchCode>)> {
    let Some((serial, typed)) = line.split_once('\t') else { return Some((line, None)) };
    let code = ScratchCode::parse(typed).ok()?;
    (code.serial() == serial).then_some((serial, Some(code)))
}

fn letter_of(value: u8) -> u8 {
    CROCKFORD.get(usize::from(value)).copied().unwrap_or(b'0')
}

fn value_of(letter: u8) -> Option<u8> {
    CROCKFORD.iter().position(|other| *other == letter).and_then(|at| u8::try_from(at).ok())
}

/// The check letter's value: the letters as coefficients of a polynomial over the field of 32 elements, at a generator of it. Each of the
/// sixteen places has a weight of its own that is not zero, so any one letter changed and any two swapped are found.
fn check_of(values: &[u8]) -> u8 {
    values.iter().fold(0, |sum, value| times_generator(sum ^ value))
}

/// Multiplies by x modulo x^5 + x^2 + 1, of which x has the order 31.
fn times_generator(value: u8) -> u8 {
    let doubled = value << 1;
    if value & 16 == 0 { doubled } else { (doubled ^ 0b10_0101) & 31 }
}

#[cfg(test)]
mod tests {
    use super::{CROCKFORD, ScratchCode, ScratchError, read_line};

    /// The worked example of `docs/format.md` section 13.1.
    const CODE: &str = "7Q4M-X2AB-CDEF-GH1K";
    const SERIAL: &str = "FG2JM8KT8ZG47CQM";

    fn drawn(count: usize) -> impl Iterator<Item = ScratchCode> {
        (0..count).map(|_| ScratchCode::draw().unwrap())
    }

    #[test]
    fn the_example_of_the_format_holds() {
        let code = ScratchCode::parse(CODE).unwrap();
        assert_eq!((code.print().as_str(), code.serial().as_str()), (CODE, SERIAL));
    }

    #[test]
    fn any_code_is_read_as_it_is_printed_or_as_people_type() {
        for code in drawn(500) {
            let printed = code.print();
            assert_eq!((printed.len(), printed.matches('-').count()), (19, 3), "{printed}");
            let careless = printed.to_lowercase().replace('0', "o").replace('1', "l").replace('-', " ");
            for typed in [printed.clone(), careless, printed.replace('-', ""), printed.replace('1', "I")] {
                assert_eq!(ScratchCode::parse(&typed), Ok(code.clone()), "{typed}");
            }
            assert_eq!(code.serial().len(), 16);
            assert!(code.serial().bytes().all(|letter| CROCKFORD.contains(&letter)));
            assert!(!format!("{code:?}").contains(&printed), "codes are shown nowhere");
        }
    }

    #[test]
    fn any_single_letter_changed_is_found_and_any_two_swapped() {
        for code in drawn(50) {
            let plain = code.print().replace('-', "").into_bytes();
            let read = |letters: &[u8]| ScratchCode::parse(std::str::from_utf8(letters).unwrap());
            for at in 0..plain.len() {
                for other in CROCKFORD.iter().filter(|other| **other != plain[at]) {
                    let mut wrong = plain.clone();
                    wrong[at] = *other;
                    assert_eq!(read(&wrong), Err(ScratchError::Check), "{at}");
                }
                for to in (at + 1..plain.len()).filter(|to| plain[*to] != plain[at]) {
                    let mut wrong = plain.clone();
                    wrong.swap(at, to);
                    assert_eq!(read(&wrong), Err(ScratchError::Check), "{at} and {to}");
                }
            }
        }
    }

    #[test]
    fn what_is_no_code_is_told_from_what_is_mistyped() {
        let code = ScratchCode::parse(CODE).unwrap().print();
        let (short, long) = (code.split_at(18).0, format!("{code}0"));
        for other in ["", "-", short, &long, &code.replace('Q', "U"), &"7-".repeat(40), "\u{1f984}"] {
            assert_eq!(ScratchCode::parse(other), Err(ScratchError::Shape), "{other}");
        }
    }

    #[test]
    fn a_line_with_the_code_of_another_serial_is_none() {
        assert_eq!(read_line("A23456789012"), Some(("A23456789012", None)));
        let code = ScratchCode::parse(CODE).unwrap();
        assert_eq!(read_line(&format!("{SERIAL}\t{CODE}")), Some((SERIAL, Some(code))));
        for wrong in [format!("A23456789012\t{CODE}"), format!("{SERIAL}\t"), format!("{SERIAL}\t{CODE}\tx")] {
            assert_eq!(read_line(&wrong), None, "{wrong}");
        }
    }
}
