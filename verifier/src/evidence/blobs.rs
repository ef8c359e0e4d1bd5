//! The photos and papers that the statements of a bundle name.

use alloc::collections::BTreeMap;

use nguon_ledger::entry::Entry;
use nguon_ledger::hash::Hash;
use nguon_ledger::json::{Json, Object};
use nguon_ledger::statement::{Kind, Statement};
use nguon_ledger::tree::LeafIndex;

use crate::bundle::Bundle;

/// Longest blob (`docs/format.md`, section 10).
pub const BLOB_BYTES_MAX: usize = 10 << 20;

/// A blob as a statement names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NamedBlob {
    /// The first entry that names it.
    pub entry: LeafIndex,
    /// Its length in bytes, as stated there.
    pub bytes: u64,
}

/// Every photo, picture and paper that an entry of the bundle names, by its hash. Profiles and polygons are personal and may have to be
/// erased one day, so they are not copied into files that travel.
#[must_use]
pub fn named_blobs(bundle: &Bundle) -> BTreeMap<Hash, NamedBlob> {
    let mut found = BTreeMap::new();
    for (index, bytes) in bundle.entries() {
        let Ok(entry) = Entry::parse(bytes) else { continue };
        let Ok(statement) = Statement::parse(entry.payload) else { continue };
        let body = statement.body();
        match statement.kind() {
            Kind::Event => {
                let media = body.get("media").and_then(Json::as_array).unwrap_or_default();
                media.iter().for_each(|blob| note(&mut found, index, blob));
                let certificate = body.get("certificate").and_then(Json::as_object);
                if let Some(file) = certificate.and_then(|certificate| certificate.get("file")) {
                    note(&mut found, index, file);
                }
            }
            Kind::Product => {
                if let Some(picture) = body.get("picture") {
                    note(&mut found, index, picture);
                }
            }
            Kind::Charter | Kind::Actor | Kind::Key | Kind::Place | Kind::Attest => {}
        }
    }
    found
}

fn note(found: &mut BTreeMap<Hash, NamedBlob>, entry: LeafIndex, json: &Json<'_>) {
    let read = |object: &Object<'_>| {
        let sha256 = Hash::from_hex(object.get("sha256")?.as_str()?)?;
        Some((sha256, object.get("bytes")?.as_u64()?))
    };
    if let Some((sha256, bytes)) = json.as_object().and_then(read) {
        found.entry(sha256).or_insert(NamedBlob { entry, bytes });
    }
}
