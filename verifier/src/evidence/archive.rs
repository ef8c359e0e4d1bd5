//! The container: a ZIP archive in the one form that this format allows (`docs/format.md`, section 12.1).
//!
//! Two readers that disagree about an archive can be shown two stories by one file, and what expands can fill a memory. So nothing is
//! left to choose: members are stored as they are, in the order of their names, with no dates, no comments and nothing between them.
//! An archive is read by writing it again; whatever differs is refused.

use alloc::string::String;
use alloc::vec::Vec;

use thiserror::Error;

/// Longest archive in bytes: some hundred photos and the entries of the largest bundle.
pub const ARCHIVE_BYTES_MAX: usize = 256 << 20;
/// Most members; the 16 bits of a plain archive count one more.
const MEMBERS_MAX: usize = 65_534;
/// Longest name of a member in bytes.
const NAME_BYTES_MAX: usize = 100;
/// Version 1.0 of the ZIP format: stored members, nothing else.
const VERSION: u16 = 10;
/// The first day that the format knows, 1 January 1980.
const DATE: u16 = 0x21;

const LOCAL: u32 = 0x0403_4b50;
const CENTRAL: u32 = 0x0201_4b50;
const END: u32 = 0x0605_4b50;

/// A file in an archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Member<'a> {
    /// Its name: lower- and upper-case letters, digits, `.`, `_`, `-`, and single slashes between.
    pub(super) name: &'a str,
    /// Its bytes.
    pub(super) bytes: &'a [u8],
    /// The CRC-32 that the archive states.
    crc: u32,
}

/// Why bytes are no archive of this form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ArchiveError {
    /// Longer than [`ARCHIVE_BYTES_MAX`], or more than 65,534 members.
    #[error("too large: at most {ARCHIVE_BYTES_MAX} bytes and {MEMBERS_MAX} files")]
    TooLarge,
    /// A member's name leads elsewhere, is not plain, or does not come after the one before.
    #[error("at byte {at}: a file name that is not plain or not in order")]
    Name {
        /// Where its header begins.
        at: usize,
    },
    /// Anything else that the form does not allow: compression, dates, comments, gaps, a list that differs from the files.
    #[error("at byte {at}: not in the one form of ZIP that evidence files have")]
    Form {
        /// Where it was noticed.
        at: usize,
    },
}

impl<'a> Member<'a> {
    /// A member to be written.
    pub(super) fn new(name: &'a str, bytes: &'a [u8]) -> Self {
        Self { name, bytes, crc: crc32(bytes) }
    }

    /// Whether the bytes have the CRC-32 that the archive states.
    pub(super) fn is_whole(&self) -> bool {
        crc32(self.bytes) == self.crc
    }

    /// The fields that both headers of a member share.
    fn put_common(&self, out: &mut Vec<u8>) {
        // Version needed, flags, method (stored), time.
        [VERSION, 0, 0, 0, DATE].into_iter().for_each(|field| put16(out, field));
        let length = u32::try_from(self.bytes.len()).unwrap_or(u32::MAX);
        [self.crc, length, length].into_iter().for_each(|field| put32(out, field));
        put16(out, u16::try_from(self.name.len()).unwrap_or(u16::MAX));
        // No extra field.
        put16(out, 0);
    }

    fn put_local(&self, out: &mut Vec<u8>) {
        put32(out, LOCAL);
        self.put_common(out);
        out.extend_from_slice(self.name.as_bytes());
    }

    fn put_central(&self, out: &mut Vec<u8>, offset: u32) {
        put32(out, CENTRAL);
        put16(out, VERSION);
        self.put_common(out);
        // No comment, first disk, no attributes.
        [0, 0, 0].into_iter().for_each(|field| put16(out, field));
        put32(out, 0);
        put32(out, offset);
        out.extend_from_slice(self.name.as_bytes());
    }
}

/// Writes an archive. Members come in the order of their names.
///
/// # Errors
/// [`ArchiveError`] when it would be too large, or for a name that is not plain or stands twice.
pub(super) fn write(members: &[Member<'_>]) -> Result<Vec<u8>, ArchiveError> {
    let mut sorted = members.to_vec();
    sorted.sort_by_key(|member| member.name);
    if sorted.len() > MEMBERS_MAX {
        return Err(ArchiveError::TooLarge);
    }
    let mut out = Vec::new();
    let mut offsets = Vec::new();
    let mut before = "";
    for member in &sorted {
        if !is_plain(member.name) || member.name <= before {
            return Err(ArchiveError::Name { at: out.len() });
        }
        before = member.name;
        offsets.push(u32::try_from(out.len()).map_err(|_| ArchiveError::TooLarge)?);
        member.put_local(&mut out);
        out.extend_from_slice(member.bytes);
        if out.len() > ARCHIVE_BYTES_MAX {
            return Err(ArchiveError::TooLarge);
        }
    }
    let directory = directory(out.len(), &sorted, &offsets);
    out.extend_from_slice(&directory);
    if out.len() > ARCHIVE_BYTES_MAX { Err(ArchiveError::TooLarge) } else { Ok(out) }
}

/// The list of the members and the end, which begin at `start`.
fn directory(start: usize, members: &[Member<'_>], offsets: &[u32]) -> Vec<u8> {
    let mut out = Vec::new();
    let narrow = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let count = u16::try_from(members.len()).unwrap_or(u16::MAX);
    for (member, offset) in members.iter().zip(offsets) {
        member.put_central(&mut out, *offset);
    }
    let length = out.len();
    put32(&mut out, END);
    [0, 0, count, count].into_iter().for_each(|field| put16(&mut out, field));
    [narrow(length), narrow(start)].into_iter().for_each(|field| put32(&mut out, field));
    put16(&mut out, 0);
    out
}

/// Reads an archive: its members in the order of their names. Whether they are whole is for [`Member::is_whole`].
///
/// # Errors
/// [`ArchiveError`] for everything but the one form.
pub(super) fn read(bytes: &[u8]) -> Result<Vec<Member<'_>>, ArchiveError> {
    if bytes.len() > ARCHIVE_BYTES_MAX {
        return Err(ArchiveError::TooLarge);
    }
    let mut members: Vec<Member<'_>> = Vec::new();
    let mut offsets = Vec::new();
    let mut rest = bytes;
    while rest.starts_with(&LOCAL.to_le_bytes()) {
        let at = bytes.len().saturating_sub(rest.len());
        if members.len() >= MEMBERS_MAX {
            return Err(ArchiveError::TooLarge);
        }
        let (member, after) = read_member(rest).ok_or(ArchiveError::Form { at })?;
        let is_after = members.last().is_none_or(|before| before.name < member.name);
        if !is_plain(member.name) || !is_after {
            return Err(ArchiveError::Name { at });
        }
        offsets.push(u32::try_from(at).map_err(|_| ArchiveError::TooLarge)?);
        members.push(member);
        rest = after;
    }
    let at = bytes.len().saturating_sub(rest.len());
    if directory(at, &members, &offsets) == rest { Ok(members) } else { Err(ArchiveError::Form { at }) }
}

/// The first member, and what follows it.
fn read_member(bytes: &[u8]) -> Option<(Member<'_>, &[u8])> {
    const CRC_AT: usize = 14;
    const LENGTH_AT: usize = 18;
    const NAME_LENGTH_AT: usize = 26;
    const HEADER_BYTES: usize = 30;
    let crc = u32::from_le_bytes(*bytes.get(CRC_AT..)?.first_chunk()?);
    let length = u32::from_le_bytes(*bytes.get(LENGTH_AT..)?.first_chunk()?);
    let name_length = u16::from_le_bytes(*bytes.get(NAME_LENGTH_AT..)?.first_chunk()?);
    let (name, after) = bytes.get(HEADER_BYTES..)?.split_at_checked(usize::from(name_length))?;
    let (content, after) = after.split_at_checked(usize::try_from(length).ok()?)?;
    let member = Member { name: core::str::from_utf8(name).ok()?, bytes: content, crc };
    // Everything else of the header must be as it would be written.
    let mut header = Vec::new();
    member.put_local(&mut header);
    bytes.starts_with(&header).then_some((member, after))
}

/// Whether a name is a relative path of plain words that stays where it is put.
fn is_plain(name: &str) -> bool {
    let is_word = |word: &str| {
        let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        !word.is_empty() && !word.starts_with('.') && word.bytes().all(is_letter)
    };
    name.len() <= NAME_BYTES_MAX && name.split('/').all(is_word)
}

fn put16(out: &mut Vec<u8>, value: u16) {
    out.extend_from_slice(&value.to_le_bytes());
}

fn put32(out: &mut Vec<u8>, value: u32) {
    out.extend_from_slice(&value.to_le_bytes());
}

/// The CRC-32 of each byte value.
const CRC_TABLE: [u32; 256] = crc_table();

const fn crc_table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut value: u32 = 0;
    let mut place = 0;
    while place < table.len() {
        let mut crc = value;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
            bit += 1;
        }
        table[place] = crc;
        place += 1;
        value += 1;
    }
    table
}

/// The CRC-32 of ZIP: against chance, not against people, for whom the hashes are.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        let [low, ..] = crc.to_le_bytes();
        let step = CRC_TABLE.get(usize::from(low ^ byte)).copied().unwrap_or_default();
        (crc >> 8) ^ step
    })
}

/// The text that `sha256sum -c` reads.
pub(super) fn sums<'a>(members: impl Iterator<Item = (&'a str, &'a [u8])>) -> String {
    use core::fmt::Write as _;
    let mut text = String::new();
    for (name, bytes) in members {
        // Writing to a string does not fail.
        let _ = writeln!(text, "{}  {name}", nguon_ledger::hash::Hash::of(bytes));
    }
    text
}
