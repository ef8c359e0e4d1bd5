//! The maker's telephone number for a label. It is not in the ledger, because what is there cannot be erased; whoever prints gives it.

use std::str::FromStr;

/// Longest number, as it is written.
const CHARS_MAX: usize = 20;
/// Fewest digits: the shortest numbers that people are given to call.
const DIGITS_MIN: usize = 3;

/// A telephone number: digits and what is written between them. Nothing else can be said with it, so that an address cannot make this
/// service print somebody's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phone(String);

/// That is no telephone number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a telephone number: at least {DIGITS_MIN} digits, with spaces, +, -, dots and brackets at most {CHARS_MAX} signs"
)]
pub struct PhoneError;

impl FromStr for Phone {
    type Err = PhoneError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let is_sign = |sign: char| sign.is_ascii_digit() || " +-.()".contains(sign);
        let digits = text.chars().filter(char::is_ascii_digit).count();
        if !text.chars().all(is_sign) || text.len() > CHARS_MAX || digits < DIGITS_MIN {
            return Err(PhoneError);
        }
        Ok(Self(text.to_owned()))
    }
}

impl Phone {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::Phone;

    #[test]
    fn nothing_but_a_number_is_a_number() {
        for good in ["0209 3812 345", "+84 (209) 3812-345", "1800.1234", " 113 "] {
            assert_eq!(good.parse::<Phone>().map(|phone| phone.as_str().to_owned()), Ok(good.trim().to_owned()));
        }
        for bad in [
            "",
            "12",
            "0912 000 111 x",
            "call me 0912000111",
            "\u{661}\u{662}\u{663}",
            "000000000000000000000",
            "1\n2\n3",
        ] {
            assert!(bad.parse::<Phone>().is_err(), "{bad:?}");
        }
    }
}
