//! A ledger made of bytes, without the rules: it links, chains, hashes and signs whatever it is told to, also what no honest
//! node would.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use curve25519_dalek::Scalar;
use ed25519_dalek::{Signer as _, SigningKey};
use nguon_ledger::checkpoint::{Checkpoint, SignedCheckpoint};
use nguon_ledger::entry::{Entry, LotLink};
use nguon_ledger::envelope::pae;
use nguon_ledger::hash::Hash;
use nguon_ledger::identifier::{LotKey, LotUri, Origin};
use nguon_ledger::key::{PublicKey, Signature};
use nguon_ledger::note::{KeyName, SignatureType, VerifierKey};
use nguon_ledger::time::UnixMillis;
use nguon_ledger::tree::{LeafIndex, TreeSize, empty_root};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha512};

pub(crate) const ORIGIN: &str = "trace.test";
/// 2026-11-20T08:00:00+07:00; each entry comes a minute after the one before.
pub(crate) const START_MILLIS: i64 = 1_795_136_400_000;

pub(crate) fn signing_key(number: u32) -> SigningKey {
    SigningKey::from_bytes(Hash::of(format!("verifier test key {number}").as_bytes()).as_bytes())
}

pub(crate) fn public_key(key: &SigningKey) -> PublicKey {
    PublicKey::from_bytes(key.verifying_key().to_bytes())
}

pub(crate) fn log_key() -> SigningKey {
    signing_key(1_000)
}

pub(crate) fn vkey_of(name: &str, signature_type: SignatureType, key: &SigningKey) -> VerifierKey {
    VerifierKey::new(KeyName::new(name).unwrap(), signature_type, public_key(key)).unwrap()
}

pub(crate) fn vkey() -> VerifierKey {
    vkey_of(ORIGIN, SignatureType::Ed25519, &log_key())
}

/// What a signer who knows the key can make: R is the neutral element, and s fits it by the equation of RFC 8032. Strict
/// verification refuses it.
pub(crate) fn sign_with_neutral_r(key: &SigningKey, payload: &[u8]) -> Signature {
    let mut r = [0; 32];
    r[0] = 1;
    let hash = Sha512::new().chain_update(r).chain_update(key.verifying_key().to_bytes()).chain_update(pae(payload));
    let k = Scalar::from_bytes_mod_order_wide(&hash.finalize().into());
    Signature::from_slice(&[r, (k * key.to_scalar()).to_bytes()].concat()).unwrap()
}

/// Somebody who signs.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) key: SigningKey,
    pub(crate) slug: String,
    pub(crate) seq: u64,
    pub(crate) prev: Hash,
}

impl Person {
    pub(crate) fn new(number: u32, slug: &str) -> Self {
        Self { key: signing_key(number), slug: slug.into(), seq: 0, prev: Hash::ZERO }
    }

    pub(crate) fn hex(&self) -> String {
        public_key(&self.key).to_string()
    }

    pub(crate) fn uri(&self) -> String {
        format!("https://{ORIGIN}/actor/{}", self.slug)
    }

    /// The payload of the next statement; the chain moves on.
    pub(crate) fn say(&mut self, kind: &str, body: &Value) -> Vec<u8> {
        let payload = self.draft(kind, body);
        self.seq += 1;
        self.prev = Hash::of(&payload);
        payload
    }

    pub(crate) fn draft(&self, kind: &str, body: &Value) -> Vec<u8> {
        json!({
            "v": 1, "ledger": ORIGIN, "signer": self.hex(), "seq": self.seq, "prev": self.prev.to_string(),
            "signedAt": "2026-11-20T07:59:00.000+07:00", "kind": kind, "body": body,
        })
        .to_string()
        .into_bytes()
    }
}

pub(crate) fn lot_key(lot: &str) -> LotKey {
    LotUri::parse(&Origin::parse(ORIGIN).unwrap(), lot).unwrap().key()
}

/// What of an entry the operator cannot make anew: who said what. Index, hashes and places in chains are the operator's to write.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) received_at: UnixMillis,
    pub(crate) lots: Vec<LotKey>,
    pub(crate) signer: PublicKey,
    pub(crate) signature: Signature,
    pub(crate) payload: Vec<u8>,
}

/// The ledger.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ledger {
    pub(crate) entries: Vec<Vec<u8>>,
    /// Per lot: next lot seq and leaf hash of the last entry.
    heads: BTreeMap<LotKey, (u32, Hash)>,
}

impl Ledger {
    pub(crate) fn len(&self) -> u64 {
        self.entries.len().try_into().unwrap()
    }

    /// Adds a statement with links to these lots; gives its index.
    pub(crate) fn add(&mut self, who: &mut Person, kind: &str, body: &Value, lots: &[&str]) -> u64 {
        let payload = who.say(kind, body);
        self.add_payload(&who.key, &payload, lots)
    }

    /// Adds a payload signed by a key.
    pub(crate) fn add_payload(&mut self, key: &SigningKey, payload: &[u8], lots: &[&str]) -> u64 {
        self.add_changed(key, payload, lots, |_| {})
    }

    /// Adds a payload in an entry changed as told. The entries after it chain to the changed one.
    pub(crate) fn add_changed(
        &mut self,
        key: &SigningKey,
        payload: &[u8],
        lots: &[&str],
        change: impl FnOnce(&mut Entry<'_>),
    ) -> u64 {
        let index = self.len();
        let told = Told {
            received_at: UnixMillis::new(START_MILLIS + 60_000 * i64::try_from(index).unwrap()),
            lots: lots.iter().map(|lot| lot_key(lot)).collect(),
            signer: public_key(key),
            signature: Signature::from_bytes(key.sign(&pae(payload)).to_bytes()),
            payload: payload.to_vec(),
        };
        self.add_told(&told, change);
        index
    }

    fn add_told(&mut self, told: &Told, change: impl FnOnce(&mut Entry<'_>)) {
        let mut links: Vec<_> = told
            .lots
            .iter()
            .map(|lot| {
                let (seq, previous) = self.heads.get(lot).copied().unwrap_or((0, Hash::ZERO));
                LotLink { lot: *lot, seq, previous }
            })
            .collect();
        links.sort_by_key(|link| link.lot);
        let mut entry = Entry {
            index: LeafIndex::new(self.len()),
            previous: self.entries.last().map_or(Hash::ZERO, |entry| Hash::of_leaf(entry)),
            received_at: told.received_at,
            links,
            signer: told.signer,
            signature: told.signature,
            payload: &told.payload,
        };
        change(&mut entry);
        let links = entry.links.clone();
        self.add_bytes(entry.to_bytes().unwrap(), &links);
    }

    /// Adds an entry as it is. The lots go on from it as the links say.
    pub(crate) fn add_bytes(&mut self, bytes: Vec<u8>, links: &[LotLink]) {
        let leaf_hash = Hash::of_leaf(&bytes);
        for link in links {
            self.heads.insert(link.lot, (link.seq + 1, leaf_hash));
        }
        self.entries.push(bytes);
    }

    /// Tells the ledger again, changed: every index, hash and link is made anew, so that all fits together.
    pub(crate) fn retold(&self, change: impl FnOnce(&mut Vec<Told>)) -> Self {
        let mut told: Vec<_> = self
            .entries
            .iter()
            .map(|bytes| {
                let Entry { received_at, links, signer, signature, payload, .. } = Entry::parse(bytes).unwrap();
                let lots = links.iter().map(|link| link.lot).collect();
                Told { received_at, lots, signer, signature, payload: payload.to_vec() }
            })
            .collect();
        change(&mut told);
        let (mut ledger, mut earliest) = (Self::default(), UnixMillis::new(0));
        for told in &told {
            earliest = earliest.max(told.received_at);
            ledger.add_told(told, |entry| entry.received_at = earliest);
        }
        ledger
    }

    pub(crate) fn leaf_hash(&self, index: u64) -> Hash {
        Hash::of_leaf(&self.entries[usize::try_from(index).unwrap()])
    }

    pub(crate) fn leaves(&self) -> Vec<Hash> {
        self.entries.iter().map(|entry| Hash::of_leaf(entry)).collect()
    }

    pub(crate) fn root(&self) -> Hash {
        root_of(&self.leaves())
    }

    pub(crate) fn signed(&self) -> SignedCheckpoint {
        sign(ORIGIN, self.len(), self.root(), &log_key())
    }

    /// The proof bundle of a lot with these entries.
    pub(crate) fn bundle(&self, lot: &str, indexes: impl IntoIterator<Item = u64>) -> Value {
        let leaves = self.leaves();
        let entries: Vec<_> = indexes
            .into_iter()
            .map(|index| {
                let place = usize::try_from(index).unwrap();
                let proof: Vec<_> = path(&leaves, place).iter().map(|hash| STANDARD.encode(hash.as_bytes())).collect();
                json!({"index": index, "entry": STANDARD.encode(&self.entries[place]), "proof": proof})
            })
            .collect();
        json!({
            "v": 1, "lot": lot, "vkey": vkey().to_string(), "checkpoint": self.signed().to_string(), "entries": entries,
        })
    }
}

pub(crate) fn sign(origin: &str, size: u64, root: Hash, key: &SigningKey) -> SignedCheckpoint {
    let checkpoint = Checkpoint::new(KeyName::new(origin).unwrap(), TreeSize::new(size), root);
    SignedCheckpoint::sign(checkpoint, key).unwrap()
}

/// RFC 6962, section 2.1, word for word.
pub(crate) fn root_of(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => empty_root(),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(split(leaves.len()));
            Hash::of_node(&root_of(left), &root_of(right))
        }
    }
}

/// RFC 6962, section 2.1.2, word for word: that the first `size` leaves were there before.
pub(crate) fn consistency(leaves: &[Hash], size: usize) -> Vec<Hash> {
    fn part(leaves: &[Hash], size: usize, is_whole: bool) -> Vec<Hash> {
        if size == leaves.len() {
            return if is_whole { Vec::new() } else { vec![root_of(leaves)] };
        }
        let middle = split(leaves.len());
        let (left, right) = leaves.split_at(middle);
        let (mut hashes, other) = if size <= middle {
            (part(left, size, is_whole), root_of(right))
        } else {
            (part(right, size - middle, false), root_of(left))
        };
        hashes.push(other);
        hashes
    }
    part(leaves, size, true)
}

/// RFC 6962, section 2.1.1, word for word.
pub(crate) fn path(leaves: &[Hash], index: usize) -> Vec<Hash> {
    if leaves.len() <= 1 {
        return Vec::new();
    }
    let middle = split(leaves.len());
    let (left, right) = leaves.split_at(middle);
    let (mut hashes, other) =
        if index < middle { (path(left, index), root_of(right)) } else { (path(right, index - middle), root_of(left)) };
    hashes.push(other);
    hashes
}

fn split(length: usize) -> usize {
    length.next_power_of_two() / 2
}
