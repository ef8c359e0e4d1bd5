//! A proof bundle without what can be worked out, for the page's own script: about half of the bundle's bytes when compressed.
//!
//! Hashes do not compress, and most hashes of a bundle follow from its entries: the leaf hash of the entry before, the links of a lot,
//! the signer's statement before, and every inner hash of the tree below which lie entries of the bundle. They are left out here and worked out by
//! `verifier/web/dense.js`, which puts the same entries and the same inclusion proofs together, byte for byte, and believes none of them.
//! What follows from nothing stands apart from the text that compresses well.
//!
//! Four bytes say how long the text is (big-endian); the text follows, then the raw bytes in the order in which the text asks for them.
//! The text's first line is JSON: lot, key, checkpoint, size of the tree. One line for each entry follows:
//!
//! - numbers, each followed by a comma: how far its index and its time are from those of the entry before (index from -1, time from 0), the place of its signer's key among the
//!   hexadecimal values, and for each link the place of the lot's chain;
//! - its payload. In it U+0001 stands for the hash of the signer's payload before; U+0002 for 32 raw bytes in hexadecimal, which
//!   become the next of the values (the first is 64 zeros); U+0003, a number and `;` for the value in that place; U+0004 for 16 raw bytes as a UUID.
//!
//! Raw after those of its payload: the leaf hash of the entry before, where that is not in the bundle; for each link to a chain that is new, the lot's key,
//! the number in its chain and the hash before; the signature. After all entries: the hashes of the tree's parts that hold none of them, from
//! the left, each after those that lie to its left.

use std::collections::HashMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use nguon_ledger::{
    entry::{Entry, LotLink},
    hash::{HASH_BYTES, Hash},
    identifier::LotKey,
};
use serde_json::{Value, json};

/// Signs of the payload's text.
const PREVIOUS: char = '\u{1}';
const NEW_VALUE: char = '\u{2}';
const VALUE: char = '\u{3}';
const UUID: char = '\u{4}';
/// Where the hyphens of a UUID stand.
const HYPHENS: [usize; 4] = [8, 13, 18, 23];
const UUID_CHARS: usize = 36;
const HASH_CHARS: usize = 2 * HASH_BYTES;
/// The greatest number that a script counts exactly.
const NUMBER_MAX: u64 = (1 << 53) - 1;

/// An entry with the path that leads from it to the root.
struct Leaf<'a> {
    index: u64,
    hash: Hash,
    entry: Entry<'a>,
    path: Vec<Hash>,
}

/// The bundle in its dense form. `None` where it is none, or where the dense form would not give the same back: nothing but the page's first visit
/// is slower then, since it reads the bundle itself.
pub(crate) fn dense(bundle: &[u8]) -> Option<Vec<u8>> {
    let bundle: Value = serde_json::from_slice(bundle).ok()?;
    let text = |key: &str| bundle.get(key)?.as_str();
    let (lot, vkey, checkpoint) = (text("lot")?, text("vkey")?, text("checkpoint")?);
    let size: u64 = checkpoint.lines().nth(1)?.parse().ok().filter(|size| *size <= NUMBER_MAX)?;
    let stored: Vec<(u64, Vec<u8>, Vec<Hash>)> =
        bundle.get("entries")?.as_array()?.iter().map(stored).collect::<Option<_>>()?;
    let leaves: Vec<Leaf<'_>> = stored
        .iter()
        .map(|(index, bytes, path)| {
            let entry = Entry::parse(bytes).ok().filter(|entry| entry.index.get() == *index)?;
            Some(Leaf { index: *index, hash: Hash::of_leaf(bytes), entry, path: path.clone() })
        })
        .collect::<Option<_>>()?;
    let is_in_order =
        leaves.is_sorted_by(|a, b| a.index < b.index) && leaves.last().is_some_and(|last| last.index < size);
    if !is_in_order {
        return None;
    }
    let mut writer = Writer::new(json!([lot, vkey, checkpoint, size]).to_string());
    for (at, leaf) in leaves.iter().enumerate() {
        writer.entry(leaf, at.checked_sub(1).and_then(|before| leaves.get(before)))?;
    }
    writer.tree(0, size, &leaves, 0)?;
    let mut out = u32::try_from(writer.text.len()).ok()?.to_be_bytes().to_vec();
    out.extend_from_slice(writer.text.as_bytes());
    out.extend_from_slice(&writer.raw);
    Some(out)
}

fn stored(value: &Value) -> Option<(u64, Vec<u8>, Vec<Hash>)> {
    let index = value.get("index")?.as_u64().filter(|index| *index <= NUMBER_MAX)?;
    let bytes = STANDARD.decode(value.get("entry")?.as_str()?).ok()?;
    let hash = |value: &Value| Hash::from_slice(&STANDARD.decode(value.as_str()?).ok()?);
    Some((index, bytes, value.get("proof")?.as_array()?.iter().map(hash).collect::<Option<_>>()?))
}

/// The chain of a lot as the reader of the dense form knows it.
struct Chain {
    lot: LotKey,
    seq: u32,
    head: Hash,
}

struct Writer {
    text: String,
    raw: Vec<u8>,
    /// Hexadecimal values and their places.
    values: HashMap<String, usize>,
    /// The hash of each signer's latest payload, by the place of its key.
    payloads: HashMap<usize, String>,
    chains: Vec<Chain>,
    time: i64,
}

impl Writer {
    fn new(head: String) -> Self {
        let values = HashMap::from([("0".repeat(HASH_CHARS), 0)]);
        Self { text: head, raw: Vec::new(), values, payloads: HashMap::new(), chains: Vec::new(), time: 0 }
    }

    fn entry(&mut self, leaf: &Leaf<'_>, before: Option<&Leaf<'_>>) -> Option<()> {
        let entry = &leaf.entry;
        let payload = std::str::from_utf8(entry.payload).ok().filter(|text| text.starts_with('{'))?;
        // A control character would read as one of the signs or end the line; strict JSON holds none.
        if payload.bytes().any(|byte| byte < b' ') {
            return None;
        }
        let signer = hex_of(entry.signer.as_bytes());
        let previous = self.values.get(&signer).and_then(|place| self.payloads.get(place)).cloned();
        let template = self.template(payload, previous.as_deref());
        let signer = *self.values.get(&signer)?;
        self.payloads.insert(signer, Hash::of(entry.payload).to_string());
        let step = leaf.index - before.map_or(0, |before| before.index) + u64::from(before.is_none());
        let expected = before.map_or(Hash::ZERO, |before| before.hash);
        match step {
            1 if entry.previous != expected => return None,
            1 => {}
            _ => self.raw.extend_from_slice(entry.previous.as_bytes()),
        }
        let chains: Vec<usize> = entry.links.iter().map(|link| self.link(link, leaf.hash)).collect();
        self.raw.extend_from_slice(entry.signature.as_bytes());
        let millis = entry.received_at.get();
        self.text.push_str(&format!("\n{step},{},{signer},", millis - self.time));
        self.time = millis;
        for place in chains {
            self.text.push_str(&format!("{place},"));
        }
        self.text.push_str(&template);
        u64::try_from(millis).ok().filter(|millis| *millis <= NUMBER_MAX).map(drop)
    }

    /// The place of the chain that the link goes on with; a new one where the link does not follow from those before.
    fn link(&mut self, link: &LotLink, leaf: Hash) -> usize {
        let follows = |chain: &Chain| chain.lot == link.lot && chain.seq == link.seq && chain.head == link.previous;
        let place = self.chains.iter().position(follows).unwrap_or_else(|| {
            self.raw.extend_from_slice(link.lot.hash().as_bytes());
            self.raw.extend_from_slice(&link.seq.to_be_bytes());
            self.raw.extend_from_slice(link.previous.as_bytes());
            self.chains.push(Chain { lot: link.lot, seq: link.seq, head: link.previous });
            self.chains.len() - 1
        });
        if let Some(chain) = self.chains.get_mut(place) {
            (chain.seq, chain.head) = (link.seq.wrapping_add(1), leaf);
        }
        place
    }

    /// The payload with signs in the place of what does not compress.
    fn template(&mut self, payload: &str, previous: Option<&str>) -> String {
        let mut out = String::with_capacity(payload.len());
        let mut rest = payload;
        while let Some(next) = rest.chars().next() {
            if let Some((value, after)) = rest.split_at_checked(HASH_CHARS).filter(|(value, _)| is_hex(value)) {
                self.value(&mut out, value, previous);
                rest = after;
            } else if let Some((uuid, after)) = rest.split_at_checked(UUID_CHARS).filter(|(text, _)| is_uuid(text)) {
                self.raw.extend(bytes_of(&uuid.replace('-', "")));
                out.push(UUID);
                rest = after;
            } else {
                out.push(next);
                rest = rest.split_at_checked(next.len_utf8()).map_or("", |(_, after)| after);
            }
        }
        out
    }

    fn value(&mut self, out: &mut String, value: &str, previous: Option<&str>) {
        if previous == Some(value) {
            out.push(PREVIOUS);
        } else if let Some(place) = self.values.get(value) {
            out.push_str(&format!("{VALUE}{place};"));
        } else {
            self.values.insert(value.to_owned(), self.values.len());
            self.raw.extend(bytes_of(value));
            out.push(NEW_VALUE);
        }
    }

    /// Hash of the part of the tree with so many leaves from one on, in which these lie. The paths must say of each part beside them what follows
    /// from the leaves there; of a part without any of them they are believed.
    fn tree(&mut self, from: u64, count: u64, here: &[Leaf<'_>], depth: usize) -> Option<Hash> {
        if count == 1 {
            return here.first().filter(|leaf| leaf.path.len() == depth).map(|leaf| leaf.hash);
        }
        let half = (count - 1).checked_ilog2().map_or(1, |bits| 1 << bits);
        let (lefts, rights) = here.split_at(here.partition_point(|leaf| leaf.index < from + half));
        let beside = |leaf: &Leaf<'_>| leaf.path.len().checked_sub(depth + 1).and_then(|at| leaf.path.get(at)).copied();
        let left = match (lefts, rights.first()) {
            ([], Some(leaf)) => self.given(beside(leaf)?),
            _ => self.tree(from, half, lefts, depth + 1)?,
        };
        let right = match (rights, lefts.first()) {
            ([], Some(leaf)) => self.given(beside(leaf)?),
            _ => self.tree(from + half, count - half, rights, depth + 1)?,
        };
        let agree = lefts.iter().all(|leaf| beside(leaf) == Some(right))
            && rights.iter().all(|leaf| beside(leaf) == Some(left));
        agree.then(|| Hash::of_node(&left, &right))
    }

    fn given(&mut self, hash: Hash) -> Hash {
        self.raw.extend_from_slice(hash.as_bytes());
        hash
    }
}

fn is_hex(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn is_uuid(text: &str) -> bool {
    text.bytes().enumerate().all(|(at, byte)| match byte {
        b'-' => HYPHENS.contains(&at),
        byte => !HYPHENS.contains(&at) && matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
    })
}

fn hex_of(bytes: &[u8; HASH_BYTES]) -> String {
    Hash::from_bytes(*bytes).to_string()
}

/// The bytes of hexadecimal digits that were looked at before.
fn bytes_of(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> =
        hex.chars().filter_map(|digit| digit.to_digit(16)).filter_map(|digit| u8::try_from(digit).ok()).collect();
    digits.chunks_exact(2).map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit)).collect()
}

#[cfg(test)]
mod tests;
