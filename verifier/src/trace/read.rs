//! Reads a trace index, record by record, where it stands.

use alloc::vec::Vec;

use nguon_ledger::amount::Amount;
use nguon_ledger::hash::{HASH_BYTES, Hash};
use nguon_ledger::identifier::LotKey;
use nguon_ledger::time::UnixMillis;
use thiserror::Error;

use super::index::{MAGIC, RECALLED, VOIDED};

/// Bytes of one lot in the table of keys.
const KEY_ROW: usize = HASH_BYTES + 4;

/// Why bytes are no trace index. Make it anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum IndexError {
    /// They begin otherwise.
    #[error("not a trace index of this version")]
    Magic,
    /// The hash at the end is another.
    #[error("the trace index was damaged")]
    Damaged,
    /// They end inside a field.
    #[error("the trace index is cut short")]
    CutShort,
}

/// Somebody or something by its URI and names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Called<'i> {
    /// Its URI.
    pub uri: &'i str,
    /// Its name in Vietnamese, empty if it has none.
    pub vi: &'i str,
    /// Its name in English, empty if it has none.
    pub en: &'i str,
}

/// A lot as the index has it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LotRecord<'i> {
    /// Its canonical URI.
    pub uri: &'i str,
    /// Its product, by number.
    pub product: u32,
    /// The entry that created it.
    pub created: u64,
    /// When it came into being, by what was told.
    pub created_at: UnixMillis,
    /// The party that created it, by number.
    pub created_by: u32,
    /// Whether its creation was taken back.
    pub voided: bool,
    /// Whether a recall that holds reaches it.
    pub recalled: bool,
    /// `uom` of its amounts; empty for pieces.
    pub uom: &'i str,
    /// What it came into being with.
    pub quantity: Amount,
    /// What was sold.
    pub sold: Amount,
    /// What was lost, shortfalls included.
    pub lost: Amount,
    /// What went into other lots.
    pub used: Amount,
    /// How many packs have serials.
    pub packs: u64,
    /// The lots it was made from.
    pub parents: Vec<u32>,
    /// The lots made from it.
    pub children: Vec<u32>,
    /// What parties hold.
    pub held: Vec<(u32, Amount)>,
    /// What is on its way: from, to, how much.
    pub transits: Vec<(u32, u32, Amount)>,
}

/// An index.
#[derive(Clone, Debug)]
pub struct TraceIndex<'i> {
    bytes: &'i [u8],
    size: u64,
    root: Hash,
    origin: &'i str,
    parties: Vec<Called<'i>>,
    products: Vec<Called<'i>>,
    lots: usize,
    keys_at: usize,
    starts_at: usize,
}

/// Bytes not yet read.
struct Reader<'i>(&'i [u8]);

impl<'i> Reader<'i> {
    fn array<const N: usize>(&mut self) -> Result<[u8; N], IndexError> {
        let (head, rest) = self.0.split_first_chunk::<N>().ok_or(IndexError::CutShort)?;
        self.0 = rest;
        Ok(*head)
    }

    fn number(&mut self) -> Result<u32, IndexError> {
        self.array().map(u32::from_be_bytes)
    }

    fn count(&mut self) -> Result<usize, IndexError> {
        usize::try_from(self.number()?).map_err(|_| IndexError::CutShort)
    }

    fn text(&mut self) -> Result<&'i str, IndexError> {
        let length = usize::from(u16::from_be_bytes(self.array()?));
        let (text, rest) = self.0.split_at_checked(length).ok_or(IndexError::CutShort)?;
        self.0 = rest;
        core::str::from_utf8(text).map_err(|_| IndexError::Damaged)
    }

    fn amount(&mut self) -> Result<Amount, IndexError> {
        self.array().map(|bytes| Amount::from_steps(i128::from_be_bytes(bytes)))
    }

    fn called(&mut self) -> Result<Called<'i>, IndexError> {
        Ok(Called { uri: self.text()?, vi: self.text()?, en: self.text()? })
    }

    fn list<T>(&mut self, read: impl Fn(&mut Self) -> Result<T, IndexError>) -> Result<Vec<T>, IndexError> {
        let count = self.count()?;
        (0..count).map(|_| read(self)).collect()
    }

    fn lot(&mut self) -> Result<LotRecord<'i>, IndexError> {
        let uri = self.text()?;
        let product = self.number()?;
        let created = u64::from_be_bytes(self.array()?);
        let created_at = UnixMillis::new(i64::from_be_bytes(self.array()?));
        let created_by = self.number()?;
        let [flags] = self.array()?;
        Ok(LotRecord {
            uri,
            product,
            created,
            created_at,
            created_by,
            voided: flags & VOIDED != 0,
            recalled: flags & RECALLED != 0,
            uom: self.text()?,
            quantity: self.amount()?,
            sold: self.amount()?,
            lost: self.amount()?,
            used: self.amount()?,
            packs: u64::from_be_bytes(self.array()?),
            parents: self.list(Self::number)?,
            children: self.list(Self::number)?,
            held: self.list(|reader| Ok((reader.number()?, reader.amount()?)))?,
            transits: self.list(|reader| Ok((reader.number()?, reader.number()?, reader.amount()?)))?,
        })
    }
}

/// Checks that bytes which were kept are a whole index: by the hash at their end.
///
/// # Errors
/// They are not.
pub fn check(bytes: &[u8]) -> Result<(), IndexError> {
    let (content, hash) = bytes.split_last_chunk::<HASH_BYTES>().ok_or(IndexError::CutShort)?;
    if !content.starts_with(MAGIC) {
        return Err(IndexError::Magic);
    }
    if Hash::of(content).as_bytes() == hash { Ok(()) } else { Err(IndexError::Damaged) }
}

impl<'i> TraceIndex<'i> {
    /// Opens an index that was just made, or that [`check`] found whole: reads its names; the lots are read when they are asked for.
    ///
    /// # Errors
    /// The bytes are no index, or not a whole one.
    pub fn open(bytes: &'i [u8]) -> Result<Self, IndexError> {
        let body = bytes.strip_prefix(MAGIC).ok_or(IndexError::Magic)?;
        let mut reader = Reader(body);
        let size = u64::from_be_bytes(reader.array()?);
        let root = Hash::from_bytes(reader.array()?);
        let (parties, products, lots) = (reader.count()?, reader.count()?, reader.count()?);
        let origin = reader.text()?;
        let parties = (0..parties).map(|_| reader.called()).collect::<Result<_, _>>()?;
        let products = (0..products).map(|_| reader.called()).collect::<Result<_, _>>()?;
        let keys_at = bytes.len().saturating_sub(reader.0.len());
        let starts_at = lots.checked_mul(KEY_ROW).and_then(|keys| keys.checked_add(keys_at));
        let starts_at = starts_at.ok_or(IndexError::CutShort)?;
        Ok(Self { bytes, size, root, origin, parties, products, lots, keys_at, starts_at })
    }

    /// Size of the tree that it was made for.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Root of the tree that it was made for.
    #[must_use]
    pub const fn root(&self) -> Hash {
        self.root
    }

    /// Origin of the ledger.
    #[must_use]
    pub const fn origin(&self) -> &'i str {
        self.origin
    }

    /// How many lots there are.
    #[must_use]
    pub const fn lots(&self) -> usize {
        self.lots
    }

    /// A party.
    #[must_use]
    pub fn party(&self, number: u32) -> Option<Called<'i>> {
        self.parties.get(usize::try_from(number).ok()?).copied()
    }

    /// A product.
    #[must_use]
    pub fn product(&self, number: u32) -> Option<Called<'i>> {
        self.products.get(usize::try_from(number).ok()?).copied()
    }

    fn at(&self, start: usize) -> Result<Reader<'i>, IndexError> {
        self.bytes.get(start..).map(Reader).ok_or(IndexError::CutShort)
    }

    /// The number of a lot, if there is such a lot.
    ///
    /// # Errors
    /// The index is cut short.
    pub fn find(&self, key: &LotKey) -> Result<Option<u32>, IndexError> {
        let (mut low, mut high) = (0_usize, self.lots);
        while low < high {
            let middle = low.midpoint(high);
            let mut reader = self.at(self.keys_at.saturating_add(middle.saturating_mul(KEY_ROW)))?;
            let found: [u8; HASH_BYTES] = reader.array()?;
            match found.cmp(key.hash().as_bytes()) {
                core::cmp::Ordering::Equal => return reader.number().map(Some),
                core::cmp::Ordering::Less => low = middle.saturating_add(1),
                core::cmp::Ordering::Greater => high = middle,
            }
        }
        Ok(None)
    }

    /// A lot by its number.
    ///
    /// # Errors
    /// There is none, or the index is cut short.
    pub fn lot(&self, number: u32) -> Result<LotRecord<'i>, IndexError> {
        let number = usize::try_from(number).map_err(|_| IndexError::CutShort)?;
        let mut reader = self.at(self.starts_at.saturating_add(number.saturating_mul(8)))?;
        let start = usize::try_from(u64::from_be_bytes(reader.array()?)).map_err(|_| IndexError::CutShort)?;
        self.at(start)?.lot()
    }
}
