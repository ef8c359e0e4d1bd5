//! What somebody else was shown of the log: a node, a witness, a bundle, a proof.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context as _, anyhow};
use nguon_ledger::checkpoint::SignedCheckpoint;
use nguon_ledger::json::Json;
use nguon_ledger::note::VerifierKey;
use nguon_ledger::tile::TilePath;
use nguon_ledger::tlog_proof::TlogProof;
use nguon_ledger::tree::{Prover, TileReader, verify_consistency};

use super::super::fetch::{Fetch, get_address, is_url, read_file};
use super::super::trust;

/// A source of checkpoints.
pub(super) struct Source {
    place: String,
    last: Option<SignedCheckpoint>,
    /// A checkpoint beyond what the log has shown here, and since when.
    ahead: Option<(SignedCheckpoint, Instant)>,
}

/// What a source's checkpoint says about the log.
pub(super) enum Compared {
    Agrees,
    /// Both are signed by the log's key and cannot both be true.
    Differs(String),
    /// It is of more entries; it is compared once the log shows them here.
    Ahead {
        by: u64,
        since: Instant,
    },
}

impl Source {
    pub(super) fn new(place: &str) -> anyhow::Result<Self> {
        if !is_url(place) && !Path::new(place).exists() {
            return Err(anyhow!("{place} is neither an address nor a file: give a checkpoint, a bundle or a proof"));
        }
        Ok(Self { place: place.to_owned(), last: None, ahead: None })
    }

    pub(super) fn place(&self) -> &str {
        &self.place
    }

    /// The checkpoint last read.
    pub(super) const fn last(&self) -> Option<&SignedCheckpoint> {
        self.last.as_ref()
    }

    /// Reads the source's newest checkpoint and holds it against the log's.
    pub(super) fn compare(
        &mut self,
        log: &Fetch,
        ours: &SignedCheckpoint,
        keys: &[VerifierKey],
    ) -> anyhow::Result<Compared> {
        let note = self.read()?;
        let theirs = trust::open(&note, keys)
            .map_err(|finding| anyhow!("its checkpoint is not the log's: {}", finding.detail))?;
        self.last = Some(theirs.clone());
        // What was ahead before is looked at again, also when the source shows something else by now.
        for (other, since) in [Some((theirs, Instant::now())), self.ahead.take()].into_iter().flatten() {
            let by = other.checkpoint().size().get().saturating_sub(ours.checkpoint().size().get());
            if by > 0 {
                let is_older = self.ahead.as_ref().is_none_or(|(_, known)| since < *known);
                if is_older {
                    self.ahead = Some((other, since));
                }
            } else if let Some(detail) = differs(log, ours, &other)? {
                self.last = Some(other);
                return Ok(Compared::Differs(detail));
            }
        }
        Ok(match &self.ahead {
            Some((other, since)) => {
                let by = other.checkpoint().size().get().saturating_sub(ours.checkpoint().size().get());
                Compared::Ahead { by, since: *since }
            }
            None => Compared::Agrees,
        })
    }

    /// The bytes of a signed note: the source itself, or the checkpoint in it.
    fn read(&self) -> anyhow::Result<Vec<u8>> {
        if !is_url(&self.place) {
            let bytes = read_file(Path::new(&self.place))?.with_context(|| format!("{} is gone", self.place))?;
            return note_in(&bytes).with_context(|| format!("{} holds no checkpoint", self.place));
        }
        let itself = get_address(&self.place);
        if let Some(note) = itself.as_ref().ok().and_then(|bytes| note_in(bytes)) {
            return Ok(note);
        }
        let below = get_address(&format!("{}/checkpoint", self.place.trim_end_matches('/')))?;
        note_in(&below).with_context(|| format!("{} shows no checkpoint", self.place))
    }
}

/// The checkpoint's note in a note, a `.tlog-proof` or a proof bundle.
fn note_in(bytes: &[u8]) -> Option<Vec<u8>> {
    if let Ok(proof) = TlogProof::parse(bytes) {
        return Some(proof.checkpoint().to_string().into_bytes());
    }
    if let Ok(json) = Json::parse(bytes) {
        return Some(json.as_object()?.get("checkpoint")?.as_str()?.as_bytes().to_vec());
    }
    trust::claimed(bytes).map(|_| bytes.to_vec())
}

/// Why a checkpoint of no more entries than ours is not of the same log, if it is not.
fn differs(log: &Fetch, ours: &SignedCheckpoint, theirs: &SignedCheckpoint) -> anyhow::Result<Option<String>> {
    let (new, old) = (ours.checkpoint(), theirs.checkpoint());
    if old.size().get() == 0 {
        return Ok(None);
    }
    if old.size() == new.size() {
        let detail = format!("two roots over {} entries", new.size());
        return Ok((old.root() != new.root()).then_some(detail));
    }
    // The tiles are the log's word; the proof made of them must lead to the root that was audited.
    let tiles = Tiles { log, size: new.size().get() };
    let proof = Prover::new(&tiles, new.size()).consistency(old.size());
    let proof = proof.map_err(|error| anyhow!("no consistency proof from {} entries: {error:?}", old.size()))?;
    let result = verify_consistency(old.size(), &old.root(), new.size(), &new.root(), &proof);
    Ok(result.err().map(|error| format!("the first {} of {} entries are others: {error}", old.size(), new.size())))
}

struct Tiles<'l> {
    log: &'l Fetch,
    size: u64,
}

impl TileReader for Tiles<'_> {
    type Bytes = Vec<u8>;
    type Error = anyhow::Error;

    fn read_tile(&self, path: &TilePath) -> anyhow::Result<Vec<u8>> {
        if let Some(bytes) = self.log.get(&path.to_string())? {
            return Ok(bytes);
        }
        let full = self.log.get(&path.to_full().to_string())?;
        full.with_context(|| format!("{path} of the tree of {} entries is not there", self.size))
    }
}
