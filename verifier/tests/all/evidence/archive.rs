//! Archives written by hand, also such as no honest program writes.

use std::collections::BTreeMap;

use nguon_ledger::hash::Hash;
use nguon_verifier::evidence::Evidence;

use super::{Made, is_good};

/// How to write a ZIP archive. The form allowed has zeros wherever this has a field.
#[derive(Clone, Copy, Default)]
pub(crate) struct Style {
    flags: u16,
    method: u16,
    time: u16,
    /// Added to the lengths that are stated for the first member.
    longer: u32,
    extra: &'static [u8],
    comment: &'static [u8],
    prefix: &'static [u8],
    /// The directory calls the first member otherwise.
    listed: Option<&'static str>,
    /// The directory leaves the last member out.
    unlisted: bool,
}

impl Style {
    pub(crate) fn write(self, members: &[(&str, &[u8])]) -> Vec<u8> {
        let mut out = self.prefix.to_vec();
        let mut directory = Vec::new();
        for (place, (name, bytes)) in members.iter().enumerate() {
            let offset = u32::try_from(out.len()).unwrap();
            let longer = if place == 0 { self.longer } else { 0 };
            let header = |name: &str| {
                let mut fields = Vec::new();
                for field in [10, self.flags, self.method, self.time, 0x21] {
                    fields.extend(u16::to_le_bytes(field));
                }
                let length = u32::try_from(bytes.len()).unwrap() + longer;
                for field in [crc32(bytes), length, length] {
                    fields.extend(u32::to_le_bytes(field));
                }
                fields.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
                fields.extend(u16::try_from(self.extra.len()).unwrap().to_le_bytes());
                fields
            };
            out.extend([b"PK\x03\x04".as_slice(), &header(name), name.as_bytes(), self.extra, bytes].concat());
            let name = self.listed.filter(|_| place == 0).unwrap_or(name);
            if !(self.unlisted && place + 1 == members.len()) {
                directory.extend([b"PK\x01\x02\x0a\x00".as_slice(), &header(name), &[0; 10]].concat());
                directory.extend([&offset.to_le_bytes(), name.as_bytes(), self.extra].concat());
            }
        }
        let count = u16::try_from(members.len() - usize::from(self.unlisted)).unwrap();
        let (start, length) = (u32::try_from(out.len()).unwrap(), u32::try_from(directory.len()).unwrap());
        out.extend(directory);
        out.extend([b"PK\x05\x06\0\0\0\0".as_slice(), &count.to_le_bytes(), &count.to_le_bytes()].concat());
        out.extend([length.to_le_bytes(), start.to_le_bytes()].concat());
        out.extend([&u16::try_from(self.comment.len()).unwrap().to_le_bytes(), self.comment].concat());
        out
    }
}

/// Bit by bit, as the standard says it.
fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
    !bytes.iter().fold(u32::MAX, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), step))
}

/// The same file with one member replaced, added or left out, and a list of hashes that agrees.
pub(crate) fn with(evidence: &Evidence<'_>, name: &str, bytes: Option<&[u8]>) -> Vec<u8> {
    let mut files: BTreeMap<&str, &[u8]> = evidence.files().collect();
    files.remove("SHA256SUMS");
    match bytes {
        Some(bytes) => files.insert(name, bytes),
        None => files.remove(name),
    };
    let sums: String = files.iter().map(|(name, bytes)| format!("{}  {name}\n", Hash::of(bytes))).collect();
    files.insert("SHA256SUMS", sums.as_bytes());
    Style::default().write(&files.into_iter().collect::<Vec<_>>())
}

#[test]
fn only_the_one_form_is_read() {
    let good = Made::good().write();
    let evidence = Evidence::read(&good).unwrap();
    let files: Vec<_> = evidence.files().collect();
    assert_eq!(Style::default().write(&files), good, "the form is the one written down in the tests, too");
    let plain = Style::default();
    let styles = [
        ("names in another encoding", Style { flags: 0x800, ..plain }),
        ("encrypted", Style { flags: 1, ..plain }),
        ("lengths after the member", Style { flags: 8, ..plain }),
        ("compressed", Style { method: 8, ..plain }),
        ("with a time", Style { time: 1, ..plain }),
        ("longer than it is", Style { longer: 1, ..plain }),
        ("longer than anything", Style { longer: u32::MAX - 100_000, ..plain }),
        ("an extra field", Style { extra: b"\x01\x00\x00\x00", ..plain }),
        ("a comment", Style { comment: b"hello", ..plain }),
        ("something before it", Style { prefix: b"#!/bin/sh\n", ..plain }),
        ("another name in the directory", Style { listed: Some("SUMS256SHA"), ..plain }),
        ("a member that the directory hides", Style { unlisted: true, ..plain }),
    ];
    for (what, style) in styles {
        assert!(Evidence::read(&style.write(&files)).is_err(), "{what}");
    }
    for end in 0..good.len().min(4_000) {
        assert!(Evidence::read(&good[..end]).is_err(), "cut at {end}");
        assert!(Evidence::read(&good[..good.len() - 1 - end]).is_err(), "cut {end} before the end");
    }
    assert!(Evidence::read(&[good.as_slice(), b"\0"].concat()).is_err(), "something after it");
    assert!(Evidence::read(&[good.as_slice(), &good].concat()).is_err(), "twice");
}

#[test]
fn names_stay_where_they_are_put_and_stand_once() {
    let read = |names: &[&str]| {
        let files: Vec<_> = names.iter().map(|name| (*name, b"x".as_slice())).collect();
        Evidence::read(&Style::default().write(&files)).is_ok()
    };
    assert!(read(&["a", "b/c-d_e.txt"]));
    let bad = [
        "", "/a", "a/", "../a", "a/../b", "a/./b", ".a", "a//b", "a\\b", "C:a", "a b", "a\0b", "\u{1ed5}", "a\nb",
        "~a", "con:", "a*", "a?", "-/../a",
    ];
    for name in bad {
        assert!(!read(&[name]), "{name:?}");
    }
    assert!(!read(&[&"a".repeat(101)]) && read(&[&"a".repeat(100)]));
    assert!(!read(&["a", "a"]), "twice");
    assert!(!read(&["b", "a"]), "out of order");
    assert!(Evidence::read(b"").is_err() && Evidence::read(b"PK").is_err());
    // An archive of nothing has the form, and proves nothing.
    assert!(!is_good(&Style::default().write(&[])));
}
