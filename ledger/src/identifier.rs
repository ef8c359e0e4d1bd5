//! Names of things: ledgers, actors, places, products, lots and packs (`docs/format.md`, section 1).
//!
//! Every type holds the canonical text, so that equal things have equal text, equal hashes and equal order. Texts are shared: a
//! clone copies no characters.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use core::fmt;

use thiserror::Error;

use crate::digital_link::{self, CANONICAL_STEM, DigitalLink, Options};
use crate::hash::Hash;

#[cfg(test)]
mod tests;

/// Longest origin: a host of 63 bytes with port and a short path fits, and every URI made of it stays below 200 bytes.
pub const ORIGIN_BYTES_MAX: usize = 128;
/// Longest slug of an actor, place or product.
pub const SLUG_CHARS_MAX: usize = 40;
/// Shortest id of an own lot and serial of an own pack: 12 characters of base 32 are 60 bits.
pub const ID_CHARS_MIN: usize = 12;
/// Longest id of an own lot and serial of an own pack: 160 bits.
pub const ID_CHARS_MAX: usize = 32;
/// Digits of a GTIN in its full form.
pub const GTIN_DIGITS: usize = 14;

/// The host of GS1's resolver, which is never a ledger's.
const GS1_HOST: &str = "id.gs1.org";
/// What stands before the GTIN of a GS1 lot.
const GS1_LOT_PREFIX: &str = "https://id.gs1.org/01/";
/// What stands before the company prefix of a lot as an EPC URN (EPC Tag Data Standard, section 6.4.1).
const LGTIN_PREFIX: &str = "urn:epc:class:lgtin:";

/// The name of a ledger: `host[:port][/path]`, lower case, without a slash at the end; also the name of its log.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin(Arc<str>);

/// The text is no origin. The operator's configuration is at fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum OriginError {
    /// Longer than [`ORIGIN_BYTES_MAX`].
    #[error("longer than {ORIGIN_BYTES_MAX} bytes")]
    TooLong,
    /// The host is not labels of `a-z0-9-` with dots between them.
    #[error("bad host")]
    Host,
    /// The host is GS1's: its URIs would be taken for GS1 Digital Links.
    #[error("the host {GS1_HOST} belongs to GS1")]
    ReservedHost,
    /// The port is not 1 to 65535 without leading zeros.
    #[error("bad port")]
    Port,
    /// The path is not segments of `a-z0-9-._~` with one slash before each.
    #[error("bad path")]
    Path,
}

impl Origin {
    /// Reads an origin.
    ///
    /// # Errors
    /// Why the text is none.
    pub fn parse(text: &str) -> Result<Self, OriginError> {
        if text.len() > ORIGIN_BYTES_MAX {
            return Err(OriginError::TooLong);
        }
        let (authority, path) = text.find('/').map_or((text, ""), |at| text.split_at(at));
        let (host, port) = authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port)));
        let is_label = |label: &str| {
            !label.is_empty()
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        };
        if !host.split('.').all(is_label) {
            return Err(OriginError::Host);
        }
        if host == GS1_HOST {
            return Err(OriginError::ReservedHost);
        }
        if let Some(port) = port {
            let is_canonical = port.bytes().all(|b| b.is_ascii_digit()) && !port.starts_with('0');
            if !is_canonical || port.parse::<u16>().is_err() {
                return Err(OriginError::Port);
            }
        }
        let is_segment = |segment: &str| {
            !matches!(segment, "" | "." | "..")
                && segment
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'.' | b'_' | b'~'))
        };
        if path.strip_prefix('/').is_some_and(|path| !path.split('/').all(is_segment)) {
            return Err(OriginError::Path);
        }
        Ok(Self(text.into()))
    }

    /// The origin.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `https://{origin}`, before which all the ledger's URIs begin.
    #[must_use]
    pub fn base(&self) -> String {
        format!("https://{}", self.0)
    }

    /// What follows `https://{origin}/` in a URI of this ledger.
    fn strip_base<'t>(&self, uri: &'t str) -> Option<&'t str> {
        uri.strip_prefix("https://")?.strip_prefix(self.as_str())?.strip_prefix('/')
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The last part of an actor's, place's or product's URI: 1 to 40 of `a-z0-9-`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slug(Arc<str>);

/// The text is not 1 to 40 of `a-z0-9-`. Its author is at fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("not 1 to {SLUG_CHARS_MAX} of a-z, 0-9 and -")]
#[non_exhaustive]
pub struct SlugError;

impl Slug {
    /// Reads a slug.
    ///
    /// # Errors
    /// The text is none.
    pub fn parse(text: &str) -> Result<Self, SlugError> {
        if is_slug(text) { Ok(Self(text.into())) } else { Err(SlugError) }
    }

    /// The slug.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_slug(text: &str) -> bool {
    let is_slug_byte = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    (1..=SLUG_CHARS_MAX).contains(&text.len()) && text.bytes().all(is_slug_byte)
}

/// The text is not the URI of such a record of this ledger. The producer's software is at fault; answered with 400.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("not the uri of such a record of this ledger")]
#[non_exhaustive]
pub struct RecordUriError;

/// Defines the URI type of one kind of record: `https://{origin}/{kind}/{slug}`.
macro_rules! record_uri {
    ($(#[$doc:meta])* $name:ident, $kind:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The URI of a slug.
            #[must_use]
            pub fn new(origin: &Origin, slug: &Slug) -> Self {
                Self(format!(concat!("https://{}/", $kind, "/{}"), origin, slug).into())
            }

            /// Reads the URI.
            ///
            /// # Errors
            /// It is no such URI of this ledger.
            pub fn parse(origin: &Origin, uri: &str) -> Result<Self, RecordUriError> {
                let slug = origin.strip_base(uri).and_then(|rest| rest.strip_prefix(concat!($kind, "/")));
                if slug.is_some_and(is_slug) { Ok(Self(uri.into())) } else { Err(RecordUriError) }
            }

            /// The URI.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The slug at its end.
            #[must_use]
            pub fn slug(&self) -> &str {
                self.0.rsplit_once('/').map_or("", |(_, slug)| slug)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

record_uri!(
    /// An actor: `https://{origin}/actor/{slug}`.
    ActorUri,
    "actor"
);
record_uri!(
    /// A place: `https://{origin}/place/{slug}`.
    PlaceUri,
    "place"
);
record_uri!(
    /// A product: `https://{origin}/product/{slug}`.
    ProductUri,
    "product"
);

/// A Global Trade Item Number in its full form of 14 digits, the last of which is its check digit.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Gtin([u8; GTIN_DIGITS]);

/// Why a text is no GTIN. Its author is at fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum GtinError {
    /// Not 8, 12, 13 or 14 digits.
    #[error("not 8, 12, 13 or 14 digits")]
    Digits,
    /// The last digit is not the check digit of those before.
    #[error("wrong check digit")]
    CheckDigit,
}

impl Gtin {
    /// Reads 8, 12, 13 or 14 digits and pads them with zeros before the first.
    ///
    /// # Errors
    /// Other lengths, other characters, a wrong check digit.
    pub fn parse(text: &str) -> Result<Self, GtinError> {
        let given = text.as_bytes();
        if !matches!(given.len(), 8 | 12..=14) || !given.iter().all(u8::is_ascii_digit) {
            return Err(GtinError::Digits);
        }
        let mut digits = [b'0'; GTIN_DIGITS];
        digits.iter_mut().rev().zip(given.iter().rev()).for_each(|(to, from)| *to = *from);
        let [body @ .., last] = &digits;
        if digital_link::check_digit(body) == *last { Ok(Self(digits)) } else { Err(GtinError::CheckDigit) }
    }

    /// The 14 digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // ASCII digits by construction.
        core::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for Gtin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Gtin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// SHA-256 of a lot's canonical URI: how the log and the state call a lot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LotKey(Hash);

impl LotKey {
    /// Takes a hash that is a lot key already.
    #[must_use]
    pub const fn from_hash(hash: Hash) -> Self {
        Self(hash)
    }

    /// The hash.
    #[must_use]
    pub const fn hash(&self) -> &Hash {
        &self.0
    }
}

impl fmt::Display for LotKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// A lot by its canonical URI: `https://{origin}/lot/{id}` or `https://id.gs1.org/01/{gtin}/10/{lot}`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LotUri(Arc<str>);

/// The text names no lot. The producer's software is at fault; answered with 400.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("names no lot")]
#[non_exhaustive]
pub struct LotUriError;

/// The text names no single pack. The producer's software is at fault; answered with 400.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("names no item")]
#[non_exhaustive]
pub struct ItemUriError;

impl LotUri {
    /// Reads any spelling of a lot's name, see [`name_of`], and keeps the canonical one.
    ///
    /// # Errors
    /// The text names an item, or something else, or nothing.
    pub fn parse(origin: &Origin, text: &str) -> Result<Self, LotUriError> {
        match name_of(origin, text) {
            Named::Lot(lot) => Ok(lot),
            Named::Item(_) | Named::Other => Err(LotUriError),
        }
    }

    /// The lot of a ledger by its id.
    ///
    /// # Errors
    /// The id is not 12 to 32 of the upper-case Crockford base 32 characters.
    pub fn own(origin: &Origin, id: &str) -> Result<Self, LotUriError> {
        if is_id(id) { Ok(Self(format!("https://{origin}/lot/{id}").into())) } else { Err(LotUriError) }
    }

    /// The lot of a GTIN by its batch number.
    ///
    /// # Errors
    /// The batch number is not 1 to 20 characters of GS1's set 82.
    pub fn gs1(gtin: Gtin, lot: &str) -> Result<Self, LotUriError> {
        // The Digital Link reader is the one judge of values.
        let link = gs1_lot_text(gtin.as_str(), lot);
        let is_valid = DigitalLink::parse(&link, Options::default()).is_ok_and(|link| link.in_path("10").is_some());
        if is_valid { Ok(Self(link.into())) } else { Err(LotUriError) }
    }

    /// The canonical URI.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The GTIN of a GS1 lot.
    #[must_use]
    pub fn gtin(&self) -> Option<Gtin> {
        // No origin has GS1's host, so no own lot begins like this.
        let gtin = self.0.strip_prefix(GS1_LOT_PREFIX)?.get(..GTIN_DIGITS)?;
        Gtin::parse(gtin).ok()
    }

    /// SHA-256 of the canonical URI.
    #[must_use]
    pub fn key(&self) -> LotKey {
        LotKey(Hash::of(self.0.as_bytes()))
    }
}

impl fmt::Display for LotUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One pack by its canonical URI: the lot's and `/{serial}` (own) or `/21/{serial}` (GS1).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ItemUri {
    /// The lot it belongs to.
    lot: LotUri,
    /// The whole URI.
    uri: Arc<str>,
}

impl ItemUri {
    /// Reads any spelling of a pack's name, see [`name_of`], and keeps the canonical one.
    ///
    /// # Errors
    /// The text names no single pack of a lot.
    pub fn parse(origin: &Origin, text: &str) -> Result<Self, ItemUriError> {
        match name_of(origin, text) {
            Named::Item(item) => Ok(item),
            Named::Lot(_) | Named::Other => Err(ItemUriError),
        }
    }

    /// The canonical URI.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.uri
    }

    /// The lot it belongs to.
    #[must_use]
    pub const fn lot(&self) -> &LotUri {
        &self.lot
    }

    /// The serial as it is printed, without percent-encoding.
    #[must_use]
    pub fn serial(&self) -> Cow<'_, str> {
        let encoded = self.uri.rsplit_once('/').map_or("", |(_, serial)| serial);
        digital_link::percent_decode(encoded).unwrap_or_default()
    }
}

impl fmt::Display for ItemUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.uri)
    }
}

/// What an identifier of an EPCIS event names, as far as a lot can be told from it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "callers must treat every kind of name, and there are no others")]
pub enum Named {
    /// A lot.
    Lot(LotUri),
    /// A single pack whose lot is part of its name.
    Item(ItemUri),
    /// Something else: a container, a trade item without its lot, a thing of another system.
    Other,
}

impl Named {
    /// The lot that is named, by itself or by one of its packs.
    #[must_use]
    pub fn into_lot(self) -> Option<LotUri> {
        match self {
            Self::Lot(lot) => Some(lot),
            Self::Item(item) => Some(item.lot),
            Self::Other => None,
        }
    }
}

/// Says whether an identifier names a lot or a pack:
/// 1. `https://{origin}/lot/{id}` and `https://{origin}/lot/{id}/{serial}`, exactly, id and serial 12 to 32 upper-case Crockford base 32
///    characters;
/// 2. a GS1 Digital Link on any host, with a GTIN of 8, 12, 13 or 14 digits as key and a batch number (AI 10), and for a pack a serial
///    (AI 21), as qualifiers; a product variant (AI 22), stem, attributes and fragment are dropped;
/// 3. the EPC URN `urn:epc:class:lgtin:...` of a GTIN with batch number. (The URN of a serialised item names no lot.)
///
/// All else is [`Named::Other`].
#[must_use]
pub fn name_of(origin: &Origin, text: &str) -> Named {
    if let Some(named) = name_of_own(origin, text) {
        return named;
    }
    if let Some(rest) = text.strip_prefix(LGTIN_PREFIX) {
        return name_of_lgtin(rest).map_or(Named::Other, Named::Lot);
    }
    let Ok(link) = DigitalLink::parse(text, Options::LENIENT) else { return Named::Other };
    let (Some(gtin), Some(lot)) = (link.in_path("01"), link.in_path("10")) else { return Named::Other };
    let mut uri = gs1_lot_text(gtin, lot);
    let lot = LotUri(uri.as_str().into());
    let Some(serial) = link.in_path("21") else { return Named::Lot(lot) };
    uri.push_str("/21/");
    digital_link::push_encoded(&mut uri, serial);
    Named::Item(ItemUri { lot, uri: uri.into() })
}

/// Reads a lot or pack of the ledger itself.
fn name_of_own(origin: &Origin, text: &str) -> Option<Named> {
    let rest = origin.strip_base(text)?.strip_prefix("lot/")?;
    match rest.split_once('/') {
        None => is_id(rest).then(|| Named::Lot(LotUri(text.into()))),
        Some((id, serial)) if is_id(id) && is_id(serial) => {
            let lot = text.strip_suffix(serial)?.strip_suffix('/')?;
            Some(Named::Item(ItemUri { lot: LotUri(lot.into()), uri: text.into() }))
        }
        Some(_) => None,
    }
}

/// Reads `{company prefix}.{indicator and item reference}.{lot}` (EPC Tag Data Standard, section 7.1.1): together 13 digits, the
/// indicator moves to the front, the check digit is left out.
fn name_of_lgtin(text: &str) -> Option<LotUri> {
    let (company, rest) = text.split_once('.')?;
    let (item, lot) = rest.split_once('.')?;
    if !(6..=12).contains(&company.len()) || company.len() + item.len() != GTIN_DIGITS - 1 {
        return None;
    }
    let (indicator, reference) = item.split_at_checked(1)?;
    let body = format!("{indicator}{company}{reference}");
    if !body.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let check = char::from(digital_link::check_digit(body.as_bytes()));
    let gtin = Gtin::parse(&format!("{body}{check}")).ok()?;
    LotUri::gs1(gtin, &digital_link::percent_decode(lot)?).ok()
}

/// `https://id.gs1.org/01/{gtin}/10/{lot}`.
fn gs1_lot_text(gtin: &str, lot: &str) -> String {
    let mut uri = String::with_capacity(GS1_LOT_PREFIX.len() + GTIN_DIGITS + 4 + lot.len());
    uri.push_str(CANONICAL_STEM);
    uri.push_str("/01/");
    uri.push_str(gtin);
    uri.push_str("/10/");
    digital_link::push_encoded(&mut uri, lot);
    uri
}

/// Whether this is 12 to 32 upper-case Crockford base 32 characters: digits and letters without I, L, O and U.
fn is_id(text: &str) -> bool {
    let is_digit = |b: u8| b.is_ascii_digit() || (b.is_ascii_uppercase() && !matches!(b, b'I' | b'L' | b'O' | b'U'));
    (ID_CHARS_MIN..=ID_CHARS_MAX).contains(&text.len()) && text.bytes().all(is_digit)
}
