//! What a printed code says: a lot, perhaps one pack of it, in one of the two forms of `docs/format.md` section 1.

use std::fmt::Write as _;

/// Longest lot or serial number of GS1 (application identifiers 10 and 21).
const GS1_VALUE_CHARS_MAX: usize = 20;
/// Shortest serial number of a pack: 12 characters of base32 hold 60 random bits.
const SERIAL_CHARS_MIN: usize = 12;
/// Longest serial number of our own form; as long as the longest own lot id.
const SERIAL_CHARS_MAX: usize = 32;
/// Longest text that is looked at at all; a Digital Link of ours has at most some 150 characters.
const TYPED_CHARS_MAX: usize = 400;

/// A lot, or one pack of it when it carries a serial number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemLink {
    lot: LotName,
    serial: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum LotName {
    Gs1 { gtin: String, lot: String },
    Own { id: String },
}

/// What is asked for under the address of a lot or pack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum View {
    /// The page for people.
    Page,
    /// The QR code as SVG.
    QrSvg,
    /// The QR code as PNG.
    QrPng,
    /// The proof bundle, byte for byte as the node gave it.
    Proof,
}

/// Why an address names no lot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LinkError {
    /// Neither `/01/{gtin}/10/{lot}` nor `/lot/{id}` stands in it.
    #[error("the address names no lot")]
    NoLot,
    /// The GTIN has a wrong length, other signs than digits, or a wrong check digit.
    #[error("the GTIN is not valid")]
    BadGtin,
    /// The lot's number has signs or a length that no lot has.
    #[error("the lot number is not valid")]
    BadLot,
    /// The serial number has signs or a length that no serial has.
    #[error("the serial number is not valid")]
    BadSerial,
}

impl ItemLink {
    /// Reads what a person typed or pasted, or any address that names a lot: a Digital Link on any host, a lot's URI, or
    /// a bare lot id.
    ///
    /// # Errors
    /// [`LinkError`] says which part is not as it must be.
    pub fn parse(text: &str) -> Result<Self, LinkError> {
        let text = text.trim();
        if text.len() > TYPED_CHARS_MAX {
            return Err(LinkError::NoLot);
        }
        let path = text.split(['?', '#']).next().unwrap_or_default();
        let found = path.rfind("/01/").or_else(|| path.rfind("/lot/"));
        match found.and_then(|at| path.get(at..)) {
            Some(path) => Ok(Self::parse_path(path)?.0),
            None => Ok(Self { lot: LotName::own(path)?, serial: None }),
        }
    }

    /// Reads the path of a request: `/01/…` or `/lot/…`, still percent-encoded.
    pub(crate) fn parse_path(path: &str) -> Result<(Self, View), LinkError> {
        let mut parts = path.trim_matches('/').split('/');
        let key = parts.next().unwrap_or_default();
        let values: Vec<&str> = parts.collect();
        match key {
            "01" => Self::parse_gs1(&values),
            "lot" => Self::parse_own(&values),
            _ => Err(LinkError::NoLot),
        }
    }

    /// `{gtin}/10/{lot}[/21/{serial}][/view]`; qualifiers that we do not use (22, 235) are passed over.
    fn parse_gs1(values: &[&str]) -> Result<(Self, View), LinkError> {
        let (gtin, mut rest) = values.split_first().ok_or(LinkError::NoLot)?;
        let gtin = gtin14(gtin)?;
        let (mut lot, mut serial) = (None, None);
        while let [identifier, value, tail @ ..] = rest {
            let value = percent_decode(value).ok_or(LinkError::BadLot)?;
            match *identifier {
                "10" => lot = Some(value),
                "21" => serial = Some(value),
                _ => {}
            }
            rest = tail;
        }
        let view = rest.first().map_or(Some(View::Page), |name| View::from_name(name)).ok_or(LinkError::NoLot)?;
        let lot = lot.ok_or(LinkError::NoLot)?;
        if !is_gs1_value(&lot) {
            return Err(LinkError::BadLot);
        }
        if serial.as_deref().is_some_and(|serial| !is_gs1_value(serial)) {
            return Err(LinkError::BadSerial);
        }
        Ok((Self { lot: LotName::Gs1 { gtin, lot }, serial }, view))
    }

    /// `{id}[/{serial}][/view]`.
    fn parse_own(values: &[&str]) -> Result<(Self, View), LinkError> {
        let (id, rest) = values.split_first().ok_or(LinkError::NoLot)?;
        let lot = LotName::own(id)?;
        let (serial, view) = match rest {
            [] => (None, View::Page),
            [name] => match View::from_name(name) {
                Some(view) => (None, view),
                None => (Some(own_serial(name)?), View::Page),
            },
            [serial, name] => (Some(own_serial(serial)?), View::from_name(name).ok_or(LinkError::NoLot)?),
            _ => return Err(LinkError::NoLot),
        };
        Ok((Self { lot, serial }, view))
    }

    /// The lot's canonical URI in the ledger with this origin.
    #[must_use]
    pub fn lot_uri(&self, origin: &str) -> String {
        match &self.lot {
            LotName::Gs1 { .. } => format!("https://id.gs1.org{}", self.lot.path()),
            LotName::Own { .. } => format!("https://{origin}{}", self.lot.path()),
        }
    }

    /// The path of the page about this lot or pack, with a slash first and none last.
    #[must_use]
    pub fn page_path(&self) -> String {
        let lot = self.lot.path();
        match (&self.lot, &self.serial) {
            (_, None) => lot,
            (LotName::Gs1 { .. }, Some(serial)) => format!("{lot}/21/{}", percent_encode(serial)),
            (LotName::Own { .. }, Some(serial)) => format!("{lot}/{serial}"),
        }
    }

    /// The same without the serial number.
    pub(crate) fn lot_path(&self) -> String {
        self.lot.path()
    }

    /// The serial number of the pack, when one is named.
    #[must_use]
    pub fn serial(&self) -> Option<&str> {
        self.serial.as_deref()
    }

    /// The lot's number as it is printed for people.
    pub(crate) fn short_lot(&self) -> &str {
        match &self.lot {
            LotName::Gs1 { lot, .. } => lot,
            LotName::Own { id } => id,
        }
    }
}

impl LotName {
    /// 12 to 32 characters of upper-case Crockford base32; lower case is taken as typed by hand.
    fn own(id: &str) -> Result<Self, LinkError> {
        let id = id.to_ascii_uppercase();
        let is_base32 = id.bytes().all(|b| b.is_ascii_digit() || (b.is_ascii_uppercase() && !b"ILOU".contains(&b)));
        if (12..=32).contains(&id.len()) && is_base32 { Ok(Self::Own { id }) } else { Err(LinkError::BadLot) }
    }

    fn path(&self) -> String {
        match self {
            Self::Gs1 { gtin, lot } => format!("/01/{gtin}/10/{}", percent_encode(lot)),
            Self::Own { id } => format!("/lot/{id}"),
        }
    }
}

impl View {
    fn from_name(name: &str) -> Option<Self> {
        match name {
            "" => Some(Self::Page),
            "qr.svg" => Some(Self::QrSvg),
            "qr.png" => Some(Self::QrPng),
            "proof.json" => Some(Self::Proof),
            _ => None,
        }
    }
}

fn own_serial(text: &str) -> Result<String, LinkError> {
    let is_safe = text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~'));
    if is_safe && (SERIAL_CHARS_MIN..=SERIAL_CHARS_MAX).contains(&text.len()) {
        Ok(text.to_owned())
    } else {
        Err(LinkError::BadSerial)
    }
}

/// Pads a GTIN of 8, 12, 13 or 14 digits to 14 and checks its last digit (weights 3, 1, 3 … from the right).
fn gtin14(text: &str) -> Result<String, LinkError> {
    if !matches!(text.len(), 8 | 12 | 13 | 14) || !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(LinkError::BadGtin);
    }
    let padded = format!("{text:0>14}");
    let weighted =
        padded.bytes().zip([3, 1].into_iter().cycle()).map(|(digit, weight)| u32::from(digit - b'0') * weight);
    if weighted.sum::<u32>() % 10 == 0 { Ok(padded) } else { Err(LinkError::BadGtin) }
}

/// One to twenty characters of GS1's character set 82.
fn is_gs1_value(text: &str) -> bool {
    let is_allowed = |b: u8| b.is_ascii_alphanumeric() || b"!\"%&'()*+,-./:;<=>?_".contains(&b);
    (1..=GS1_VALUE_CHARS_MAX).contains(&text.len()) && text.bytes().all(is_allowed)
}

/// Writes everything but `A-Za-z0-9-._~` as upper-case hexadecimal escapes, as the canonical form wants it.
pub(crate) fn percent_encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

fn percent_decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let mut digit = || char::from(rest.next()?).to_digit(16).and_then(|d| u8::try_from(d).ok());
            bytes.push(digit()? * 16 + digit()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests;
