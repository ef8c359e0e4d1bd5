//! Crockford's base 32: what people read out and type. <https://www.crockford.com/base32.html>

const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// The letters of so many bytes; the last one is filled up with zero bits.
pub(crate) fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(5) * 8);
    let (mut held, mut bits) = (0_u32, 0_u32);
    let mut push = |value: u32| {
        let letter = usize::try_from(value % 32).ok().and_then(|value| LETTERS.get(value));
        text.push(char::from(*letter.unwrap_or(&b'0')));
    };
    for byte in bytes {
        held = (held << 8) | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            push(held >> bits);
            held &= (1 << bits) - 1;
        }
    }
    if bits > 0 {
        push(held << (5 - bits));
    }
    text
}

/// Bytes and number of letters of a text; bits that fill no byte must be zero, so that the letters have one spelling. Lower case, blanks, hyphens, and `O`, `I`, `L` for the digits that
/// they look like are taken as typed by hand.
pub(crate) fn decode(text: &str) -> Option<(Vec<u8>, usize)> {
    let (mut bytes, mut letters) = (Vec::new(), 0);
    let (mut held, mut bits) = (0_u32, 0_u32);
    for letter in text.bytes().filter(|letter| !matches!(letter, b'-' | b' ')) {
        let letter = match letter.to_ascii_uppercase() {
            b'O' => b'0',
            b'I' | b'L' => b'1',
            letter => letter,
        };
        let value = LETTERS.iter().position(|known| *known == letter)?;
        letters += 1;
        held = (held << 5) | u32::try_from(value).ok()?;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(held >> bits).ok()?);
            held &= (1 << bits) - 1;
        }
    }
    (held == 0).then_some((bytes, letters))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_back_as_people_type_them() {
        assert_eq!(encode(&[]), "");
        assert_eq!(encode(&[0xff, 0x00, 0x11, 0x22, 0x33]), "ZW0128HK");
        assert_eq!(decode("zw-ol 28hk"), Some((vec![0xff, 0x00, 0x11, 0x22, 0x33], 8)));
        assert_eq!(decode("U"), None);
        assert_eq!(decode("01"), None, "bits that fill no byte");
        assert_eq!(decode("\u{1ec7}"), None);
        for length in 0..40_u8 {
            let bytes: Vec<u8> = (0..length).map(|byte| byte.wrapping_mul(37)).collect();
            assert_eq!(decode(&encode(&bytes)).unwrap().0, bytes);
        }
        assert_eq!(encode(&[7; 16]).len(), 26);
    }
}
