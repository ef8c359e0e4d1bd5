//! Compressed Digital Links (GS1 Digital Link: Compression): bits in the URI-safe base64 alphabet, read back into AIs and their values.
//!
//! An AI is written as its decimal digits of four bits each, or several that often stand together as one pair of hexadecimal digits. Its value
//! follows part by part: numbers in binary, as many bits as their number of digits needs; text in the narrowest of five encodings. Parameters
//! of the query that are no AIs begin with the bits of `F`.

/// Longest text that is read: the longest key with its qualifiers and some attributes.
const TEXT_BYTES_MAX: usize = 400;
/// The alphabet, whose place in it is a sign's value.
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// What a compressed link says, in its order.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Decompressed {
    /// AIs with their values; neither is judged yet.
    pub(crate) elements: Vec<(String, String)>,
    /// Other parameters of the query.
    pub(crate) others: Vec<(String, String)>,
}

/// A part of an AI's value: digits or text, of one length or up to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Digits(usize),
    DigitsTo(usize),
    TextTo(usize),
}

/// The parts of an AI's value, as the compression's own table has them.
fn parts(ai: &str) -> Option<&'static [Part]> {
    use Part::{Digits, DigitsTo, TextTo};
    Some(match ai {
        "00" | "8006" | "8017" | "8018" | "8026" => &[Digits(18)],
        "01" | "02" | "8001" => &[Digits(14)],
        "11" | "12" | "13" | "15" | "16" | "17" | "7006" | "8005" => &[Digits(6)],
        "20" => &[Digits(2)],
        "10" | "21" | "22" | "243" | "254" | "420" | "7020" | "7021" | "7022" | "710" | "711" | "712" | "713"
        | "714" | "8002" | "8012" => &[TextTo(20)],
        "240" | "241" | "250" | "251" | "400" | "401" | "403" | "7002" | "7023" | "8004" | "8010" | "8013" | "90" => {
            &[TextTo(30)]
        }
        "242" => &[DigitsTo(6)],
        "253" => &[Digits(13), TextTo(17)],
        "255" => &[Digits(13), DigitsTo(12)],
        "30" | "37" => &[DigitsTo(8)],
        "402" => &[Digits(17)],
        "410" | "411" | "412" | "413" | "414" | "415" | "416" | "7001" => &[Digits(13)],
        "421" => &[Digits(3), TextTo(9)],
        "422" | "424" | "426" => &[Digits(3)],
        "423" | "425" => &[Digits(3), DigitsTo(12)],
        "427" | "7008" => &[TextTo(3)],
        "7003" => &[Digits(10)],
        "7004" => &[DigitsTo(4)],
        "7005" => &[TextTo(12)],
        "7007" => &[Digits(6), DigitsTo(6)],
        "7009" => &[TextTo(10)],
        "7010" => &[TextTo(2)],
        "8003" => &[Digits(14), TextTo(16)],
        "8007" => &[TextTo(24)],
        "8008" => &[Digits(8), DigitsTo(4)],
        "8009" => &[TextTo(50)],
        "8011" => &[DigitsTo(12)],
        "8019" => &[DigitsTo(10)],
        "8020" => &[TextTo(25)],
        "8110" | "8112" | "8200" => &[TextTo(70)],
        "8111" => &[Digits(4)],
        _ => return parts_of_run(ai),
    })
}

/// The same for runs of AIs with one format.
fn parts_of_run(ai: &str) -> Option<&'static [Part]> {
    use Part::{Digits, DigitsTo, TextTo};
    Some(match ai.as_bytes() {
        [b'3', b'1'..=b'6', _, b'0'..=b'5'] => &[Digits(6)],
        [b'3', b'9', b'0' | b'2', _] => &[DigitsTo(15)],
        [b'3', b'9', b'1' | b'3', _] => &[Digits(3), DigitsTo(15)],
        [b'3', b'9', b'4', b'0'..=b'3'] => &[Digits(4)],
        [b'7', b'0', b'3', _] => &[Digits(3), TextTo(27)],
        [b'7', b'2', b'3', _] => &[TextTo(30)],
        [b'9', b'1'..=b'9'] => &[TextTo(90)],
        _ => return None,
    })
}

/// How many digits an AI has that begins with these two.
fn ai_digits(first_two: u8) -> Option<usize> {
    match first_two {
        0..=2 | 10..=13 | 15..=17 | 20..=22 | 30 | 37 | 90..=99 => Some(2),
        23..=25 | 40..=42 | 71 => Some(3),
        31..=36 | 39 | 70 | 72 | 80..=82 => Some(4),
        _ => None,
    }
}

/// The AIs for which a pair of hexadecimal digits stands.
fn together(pair: u8) -> Option<Vec<String>> {
    let all = |ais: &[&str]| Some(ais.iter().map(|ai| (*ai).to_owned()).collect());
    let low = pair & 0x0f;
    match pair {
        0x0a => all(&["01", "22"]),
        0x0b => all(&["01", "10"]),
        0x0c => all(&["01", "21"]),
        0x0d => all(&["01", "17"]),
        0x0e => all(&["01", "7003"]),
        0x0f => all(&["01", "30"]),
        0x1a => all(&["01", "10", "21", "17"]),
        0x1b => all(&["01", "15"]),
        0x1c => all(&["01", "11"]),
        0x1d => all(&["01", "16"]),
        0x1e => all(&["01", "91"]),
        0x1f => all(&["01", "10", "15"]),
        0x2a..=0x2f => all(&["01", &format!("310{}", low - 10)]),
        0x3a..=0x3f => all(&["01", &format!("320{}", low - 10)]),
        0x9a => all(&["8010", "8011"]),
        0x9b => all(&["8017", "8019"]),
        0x9c => all(&["8018", "8019"]),
        0x9d => all(&["414", "254"]),
        0xa0..=0xa9 => all(&["01", &format!("392{low}")]),
        0xc0..=0xc9 => all(&["255", &format!("390{low}")]),
        0xca..=0xcd => all(&["255", &format!("394{}", low - 10)]),
        _ => None,
    }
}

/// The bits of the text, taken from the left.
struct Bits<'a> {
    text: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    fn left(&self) -> usize {
        (self.text.len() * 6).saturating_sub(self.at)
    }

    fn bit(&mut self) -> Option<u8> {
        let sign = self.text.get(self.at / 6)?;
        let value = ALPHABET.iter().position(|known| known == sign).and_then(|value| u8::try_from(value).ok())?;
        let bit = value >> (5 - self.at % 6) & 1;
        self.at += 1;
        Some(bit)
    }

    /// At most eight bits.
    fn small(&mut self, count: usize) -> Option<u8> {
        (0..count).try_fold(0_u8, |number, _| Some(number << 1 | self.bit()?))
    }

    /// A number of up to so many digits, without zeros in front.
    fn number(&mut self, digits: usize) -> Option<String> {
        // Least digit first; every bit doubles the number.
        let mut number = vec![0_u8];
        for _ in 0..digits_to_bits(digits) {
            let mut carry = self.bit()?;
            for digit in &mut number {
                let doubled = *digit * 2 + carry;
                (*digit, carry) = (doubled % 10, doubled / 10);
            }
            if carry > 0 {
                number.push(carry);
            }
        }
        Some(number.iter().rev().map(|digit| char::from(b'0' + digit)).collect())
    }

    /// Text of so many characters in the encoding that three bits name.
    fn text(&mut self, encoding: u8, length: usize) -> Option<String> {
        let one = |bits: &mut Self, width: usize| -> Option<char> {
            let value = bits.small(width)?;
            let digit = char::from_digit(u32::from(value), 16);
            match encoding {
                1 => digit,
                2 => digit.map(|digit| digit.to_ascii_uppercase()),
                3 => ALPHABET.get(usize::from(value)).copied().map(char::from),
                _ => Some(char::from(value)).filter(char::is_ascii_graphic),
            }
        };
        let width = match encoding {
            0 => return self.number(length).map(|number| format!("{number:0>length$}")),
            1 | 2 => 4,
            3 => 6,
            4 => 7,
            _ => return None,
        };
        (0..length).map(|_| one(self, width)).collect()
    }

    fn value(&mut self, ai: &str) -> Option<String> {
        let mut value = String::new();
        for part in parts(ai)? {
            match *part {
                Part::Digits(length) => value.push_str(&self.text(0, length)?),
                Part::DigitsTo(max) => {
                    let length = usize::from(self.small(length_to_bits(max))?);
                    value.push_str(&self.text(0, length)?);
                }
                Part::TextTo(max) => {
                    let encoding = self.small(3)?;
                    let length = usize::from(self.small(length_to_bits(max))?);
                    value.push_str(&self.text(encoding, length)?);
                }
            }
        }
        Some(value)
    }

    /// A parameter of the query: the length of its name in seven bits after the `F`, the name, the value.
    fn other(&mut self, low: u8) -> Option<(String, String)> {
        let length = usize::from(low << 3 | self.small(3)?);
        let name = self.text(3, length)?;
        let encoding = self.small(3)?;
        let length = usize::from(self.small(7)?);
        Some((name, self.text(encoding, length)?))
    }
}

/// How many bits a length of up to `max` takes.
fn length_to_bits(max: usize) -> usize {
    usize::try_from(max.ilog2()).map_or(0, |bits| bits + 1)
}

/// How many bits a number of so many digits takes: the next whole number after `digits` times the binary logarithm of 10.
fn digits_to_bits(digits: usize) -> usize {
    digits * 3_321_929 / 1_000_000 + 1
}

/// Reads a compressed link; `None` for what is none.
pub(crate) fn decompress(text: &str) -> Option<Decompressed> {
    if text.len() > TEXT_BYTES_MAX {
        return None;
    }
    let mut bits = Bits { text: text.as_bytes(), at: 0 };
    let mut read = Decompressed::default();
    // What is left at the end to fill up the last sign is less than an AI.
    while bits.left() > 8 {
        let pair = bits.small(8)?;
        let (high, low) = (pair >> 4, pair & 0x0f);
        if high == 0xf {
            read.others.push(bits.other(low)?);
            continue;
        }
        let ais = match (high < 10 && low < 10, together(pair)) {
            (true, _) => {
                let mut ai = format!("{high}{low}");
                for _ in 2..ai_digits(high * 10 + low)? {
                    ai.push(char::from_digit(u32::from(bits.small(4)?), 10)?);
                }
                vec![ai]
            }
            (false, ais) => ais?,
        };
        for ai in ais {
            let value = bits.value(&ai)?;
            read.elements.push((ai, value));
        }
    }
    (!read.elements.is_empty()).then_some(read)
}

#[cfg(test)]
mod tests {
    use super::{decompress, digits_to_bits, length_to_bits};

    fn read(text: &str) -> Option<String> {
        let read = decompress(text)?;
        let pairs = read.elements.into_iter().chain(read.others);
        Some(pairs.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn links_that_others_compressed_are_read() {
        for (text, expected) in [
            ("ARHKVAdpQg", "01=09780345418913"),
            ("AQnYUc1gmiERBhQ0ytiyZuAGOLc1TXgpNWCv1", "01=05412345000013 10=ABC&+123 7003=1903061658 k1=v1"),
            ("ABeRcNWtKMPA", "00=106141412345678908"),
            ("QUCO_anbfA", "414=0614141123452"),
            ("JAaasHt_dNNt4ADESMALumsUfMAm34", "240=qwe390023 8003=09421012301014f9804dbf"),
        ] {
            assert_eq!(read(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn lengths_take_the_bits_that_the_standard_states() {
        for (digits, bits) in [(1, 4), (2, 7), (3, 10), (6, 20), (13, 44), (14, 47), (18, 60), (90, 299)] {
            assert_eq!(digits_to_bits(digits), bits, "{digits}");
        }
        for (max, bits) in
            [(3, 2), (4, 3), (8, 4), (9, 4), (12, 4), (15, 4), (16, 5), (20, 5), (30, 5), (50, 6), (90, 7)]
        {
            assert_eq!(length_to_bits(max), bits, "{max}");
        }
    }

    #[test]
    fn what_is_none_is_none() {
        for text in ["", "A", "healthz", "favicon.ico", "____", "////////////", &"A".repeat(500)] {
            assert_eq!(decompress(text), None, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[A-Za-z0-9_-]{0,120}") {
            let _ = decompress(&text);
        }
    }
}
