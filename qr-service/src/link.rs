//! What a printed code says: a lot, perhaps one pack of it, in one of the two forms of `docs/format.md` section 1.

use std::fmt::Write as _;

use nguon_ledger::digital_link::{CANONICAL_STEM, DigitalLink, DigitalLinkError, Options};

/// Shortest serial number of a pack: 12 characters of base32 hold 60 random bits.
const SERIAL_CHARS_MIN: usize = 12;
/// Longest serial number of our own form; as long as the longest own lot id.
const SERIAL_CHARS_MAX: usize = 32;
/// Longest text that is looked at at all; a Digital Link of ours has at most some 150 bytes.
const TYPED_BYTES_MAX: usize = 400;

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

/// What an address is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Subject {
    /// A lot, or one pack of it.
    Item(ItemLink),
    /// A kind of goods; `is_named_closer` when the address names a variant or a serial without a lot.
    Product {
        /// 14 digits.
        gtin: String,
        /// Whether more than the GTIN is named.
        is_named_closer: bool,
    },
    /// Something that this resolver does not know of, by a key that is no GTIN.
    OtherKey,
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
    /// The same without what follows from it, for the page's script.
    DenseProof,
    /// The proof that the pack's serial is one of the lot's.
    SerialProof,
    /// The form to report a problem, and where it is sent.
    Report,
    /// The form for the code under the scratch layer, and where it is sent.
    Scratch,
}

/// Why an address names no lot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LinkError {
    /// Neither a Digital Link of a lot nor `/lot/{id}` stands in it.
    #[error("the address names no lot")]
    NoLot,
    /// It is no valid Digital Link.
    #[error("the address is no valid digital link")]
    DigitalLink(#[source] DigitalLinkError),
    /// The lot's id has signs or a length that no lot has.
    #[error("the lot id is not valid")]
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
        if text.len() > TYPED_BYTES_MAX {
            return Err(LinkError::NoLot);
        }
        if !text.contains('/') {
            return Ok(Self { lot: LotName::own(text)?, serial: None });
        }
        let path = text.split(['?', '#']).next().unwrap_or_default();
        let before = match (path.contains("://"), path.starts_with('/')) {
            (true, _) => "",
            (false, true) => CANONICAL_STEM,
            (false, false) => "https://",
        };
        match (Self::parse_gs1(&format!("{before}{path}")), path.rfind("/lot/").and_then(|at| path.get(at..))) {
            (Err(_), Some(path)) => Ok(Self::parse_own(path)?.0),
            (found, _) => found,
        }
    }

    fn parse_gs1(uri: &str) -> Result<Self, LinkError> {
        match Subject::parse_gs1(uri)? {
            Subject::Item(link) => Ok(link),
            Subject::Product { .. } | Subject::OtherKey => Err(LinkError::NoLot),
        }
    }

    /// `/lot/{id}[/{serial}][/view]`.
    fn parse_own(path: &str) -> Result<(Self, View), LinkError> {
        let values: Vec<&str> = path.trim_end_matches('/').split('/').skip(2).collect();
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

    /// The GTIN in the address.
    pub(crate) fn gtin(&self) -> Option<&str> {
        match &self.lot {
            LotName::Gs1 { gtin, .. } => Some(gtin),
            LotName::Own { .. } => None,
        }
    }

    /// The lot of our own whose number stands in the place of a GS1 lot's, for a product that was given a GTIN after it was made.
    pub(crate) fn own_lot(&self) -> Option<Self> {
        match &self.lot {
            LotName::Gs1 { lot, .. } => Some(Self { lot: LotName::own(lot).ok()?, serial: self.serial.clone() }),
            LotName::Own { .. } => None,
        }
    }

    /// The path of the lot's page.
    pub(crate) fn lot_path(&self) -> String {
        self.lot.path()
    }

    /// A pack of this lot.
    ///
    /// # Errors
    /// [`LinkError`] when the serial number cannot stand in an address.
    pub fn with_serial(&self, serial: &str) -> Result<Self, LinkError> {
        let (lot, serial) = (self.lot.path(), percent_encode(serial));
        match &self.lot {
            LotName::Gs1 { .. } => Self::parse(&format!("{lot}/21/{serial}")),
            LotName::Own { .. } => Self::parse(&format!("{lot}/{serial}")),
        }
    }

    /// The serial number of the pack, when one is named.
    #[must_use]
    pub fn serial(&self) -> Option<&str> {
        self.serial.as_deref()
    }

    /// The GTIN, where the lot has one, and the lot's number or id.
    pub(crate) fn lot_parts(&self) -> (Option<&str>, &str) {
        match &self.lot {
            LotName::Gs1 { gtin, lot } => (Some(gtin), lot),
            LotName::Own { id } => (None, id),
        }
    }

    /// The lot's number as it is printed for people.
    pub(crate) fn short_lot(&self) -> &str {
        match &self.lot {
            LotName::Gs1 { lot, .. } => lot,
            LotName::Own { id } => id,
        }
    }
}

impl Subject {
    /// Reads the path of a request, still percent-encoded, and what its query says under the number of an AI.
    pub(crate) fn parse(path: &str, query: &str) -> Result<(Self, View), LinkError> {
        if path.starts_with("/lot/") {
            return ItemLink::parse_own(path).map(|(link, view)| (Self::Item(link), view));
        }
        let attributes: Vec<&str> = query.split('&').filter(|pair| is_attribute(pair)).collect();
        let uri = |path: &str| match attributes.as_slice() {
            [] => format!("{CANONICAL_STEM}{path}"),
            some => format!("{CANONICAL_STEM}{path}?{}", some.join("&")),
        };
        // A lot may be called as a view is: what is a whole Digital Link is the page.
        match (Self::parse_gs1(&uri(path.trim_end_matches('/'))), path.rsplit_once('/')) {
            (Ok(subject), _) => Ok((subject, View::Page)),
            (Err(error), Some((lot, name))) => match View::from_name(name) {
                Some(view) => Ok((Self::parse_gs1(&uri(lot))?, view)),
                None => Err(error),
            },
            (Err(error), None) => Err(error),
        }
    }

    fn parse_gs1(uri: &str) -> Result<Self, LinkError> {
        let link = DigitalLink::parse(uri.trim_end_matches('/'), Options::LENIENT).map_err(LinkError::DigitalLink)?;
        let value = |ai: &str| link.in_path(ai).map(ToOwned::to_owned);
        let Some(gtin) = value("01") else { return Ok(Self::OtherKey) };
        // Printed with fewer digits, it is the same number.
        let gtin = format!("{gtin:0>14}");
        Ok(match value("10") {
            Some(lot) => Self::Item(ItemLink { lot: LotName::Gs1 { gtin, lot }, serial: value("21") }),
            None => Self::Product { gtin, is_named_closer: link.path().len() > 1 },
        })
    }
}

/// Whether a parameter of the query is one of GS1's: all others belong to somebody else.
fn is_attribute(pair: &str) -> bool {
    let name = pair.split('=').next().unwrap_or_default();
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_digit())
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
            "proof.bin" => Some(Self::DenseProof),
            "serial-proof" => Some(Self::SerialProof),
            "report" => Some(Self::Report),
            "scratch" => Some(Self::Scratch),
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

#[cfg(test)]
mod tests;
