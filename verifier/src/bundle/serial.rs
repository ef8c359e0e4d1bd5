//! Whether a pack's serial is one that its lot committed to (`docs/format.md`, section 13).

use alloc::string::String;
use alloc::vec::Vec;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use nguon_ledger::body::Serials;
use nguon_ledger::hash::Hash;
use nguon_ledger::json::Json;
use nguon_ledger::tree::{InclusionError, InclusionProof, LeafIndex, TreeSize, verify_inclusion};
use thiserror::Error;

use crate::verdict::{Check, CheckName, Fault};

/// The only version of the proof's format.
const PROOF_VERSION: u64 = 1;

/// A pack, as its code names it, and what is said to prove that it is the lot's.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "callers must say all of it")]
pub struct Pack<'a> {
    /// The serial on the pack.
    pub serial: &'a str,
    /// The JSON of the proof, if somebody gave one.
    pub proof: Option<&'a [u8]>,
}

/// That a serial is in a lot's list, read but not judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SerialProof {
    lot: String,
    serial: String,
    index: LeafIndex,
    count: u64,
    hashes: InclusionProof,
}

/// Why a serial is not shown to be the lot's. Whoever made the proof is at fault, or nobody who knows the list.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SerialError {
    /// The bytes are no proof.
    #[error("not a proof of a serial")]
    Unreadable,
    /// It is about another lot or serial.
    #[error("the proof is of another pack")]
    OtherPack,
    /// It is about another number of serials than the lot committed to.
    #[error("the proof is of a list of {stated} serials, the lot committed to {committed}")]
    Count {
        /// By the proof.
        stated: u64,
        /// By the lot.
        committed: u64,
    },
    /// It does not lead to the root.
    #[error("the proof does not lead to the root that the lot committed to: {0}")]
    NotIncluded(#[from] InclusionError),
}

impl SerialProof {
    /// Reads the JSON of a proof.
    ///
    /// # Errors
    /// [`SerialError::Unreadable`].
    pub fn parse(bytes: &[u8]) -> Result<Self, SerialError> {
        read(bytes).ok_or(SerialError::Unreadable)
    }

    /// Checks that a serial of a lot is one of those that the lot committed to.
    ///
    /// # Errors
    /// [`SerialError`] says why it is not shown to be.
    pub fn verify(&self, lot: &str, serial: &str, committed: &Serials) -> Result<(), SerialError> {
        if self.lot != lot || self.serial != serial {
            return Err(SerialError::OtherPack);
        }
        if self.count != committed.count {
            return Err(SerialError::Count { stated: self.count, committed: committed.count });
        }
        let leaf = Hash::of_leaf(serial.as_bytes());
        Ok(verify_inclusion(self.index, TreeSize::new(self.count), &leaf, &self.hashes, &committed.root)?)
    }
}

fn read(bytes: &[u8]) -> Option<SerialProof> {
    let json = Json::parse(bytes).ok()?;
    let object = json.as_object()?;
    if object.unknown_key(&["v", "lot", "serial", "index", "count", "hashes"]).is_some()
        || object.get("v")?.as_u64()? != PROOF_VERSION
    {
        return None;
    }
    let hash = |json: &Json<'_>| Hash::from_slice(&STANDARD.decode(json.as_str()?).ok()?);
    let hashes: Option<Vec<Hash>> = object.get("hashes")?.as_array()?.iter().map(hash).collect();
    Some(SerialProof {
        lot: object.get("lot")?.as_str()?.into(),
        serial: object.get("serial")?.as_str()?.into(),
        index: LeafIndex::new(object.get("index")?.as_u64()?),
        count: object.get("count")?.as_u64()?,
        hashes: InclusionProof::new(hashes?).ok()?,
    })
}

/// The check of a pack against what the replay found its lot to have committed to; `None` where the replay did not reach its end.
pub(super) fn serial_included(lot: &str, pack: Pack<'_>, committed: Option<Option<Serials>>) -> Check {
    let name = CheckName::SerialIncluded;
    let Some(committed) = committed else {
        return Check::not_checked(name, "the replay did not reach the end");
    };
    let Some(committed) = committed else { return Check::not_checked(name, "the lot committed to no serials") };
    let Some(proof) = pack.proof else { return Check::not_checked(name, "no proof of the serial was given") };
    let verified = SerialProof::parse(proof).and_then(|proof| proof.verify(lot, pack.serial, &committed));
    Check::of(name, verified.map_err(|error| Fault::new(alloc::format!("{error}"))))
}
