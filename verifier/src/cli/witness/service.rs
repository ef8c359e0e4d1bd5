//! A witness at work: it decides, keeps what it decided, and only then answers.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Context as _;
use nguon_ledger::cosignature::CosignatureTime;
use nguon_ledger::note::KeyName;
use nguon_verifier::witness::{AddCheckpoint, Cosignable, Cosigned, Refusal};

use super::folder::{WitnessFolder, hash_of};
use super::say;

/// A cosignature older than this is made anew for whoever watches the log, who is promised one of the last hour.
const TIME_OLD: Duration = Duration::from_secs(30 * 60);

/// Why there is no cosignature.
pub(super) enum Failure {
    /// The protocol says so.
    Refused(Refusal),
    /// The disk, the clock or a damaged file.
    Internal(anyhow::Error),
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::Internal(error)
    }
}

/// A witness that serves. Its methods read and write the disk.
pub(super) struct Service {
    folder: WitnessFolder,
    /// One lock for each log that was asked about and is trusted, by the hash of its origin.
    logs: Mutex<BTreeMap<String, Arc<Mutex<()>>>>,
    /// Keeps other processes out.
    _lock: File,
}

impl Service {
    pub(super) fn open(path: &Path) -> anyhow::Result<Self> {
        let folder = WitnessFolder::open(path)?;
        let lock = folder.lock()?;
        // Damage is told before anybody is served, not when the log asks.
        for (origin, _) in folder.logs()? {
            folder.kept(&origin)?;
        }
        Ok(Self { folder, logs: Mutex::new(BTreeMap::new()), _lock: lock })
    }

    /// Answers the body of `add-checkpoint` with the line to send back.
    pub(super) fn add_checkpoint(&self, body: &[u8]) -> Result<String, Failure> {
        let request = AddCheckpoint::parse(body).map_err(Refusal::Malformed)?;
        let origin = request.origin().clone();
        let authentic = request.authenticate(&self.folder.trusted(&origin)?)?;
        let log = self.log(&hash_of(&origin));
        // Nothing of this log comes between reading what was cosigned and keeping what is cosigned now. The lock holds no
        // value that a panic could spoil.
        let _turn = log.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = self.folder.kept_note(&hash_of(&origin))?;
        if let Some((kept, _, note)) = &kept
            && authentic.contradicts(kept.checkpoint())
        {
            let file = self.folder.keep_fork(&origin, note, authentic.note()).context("the fork cannot be kept")?;
            if let Some(file) = file {
                say(&format!(
                    "{origin} signed two histories: both checkpoints are in {}. Publish them",
                    file.display()
                ));
            }
        }
        let cosignable = authentic.extend(kept.as_ref().map(|(kept, _, _)| kept.checkpoint()))?;
        let cosigned = self.cosign_and_keep(&origin, cosignable)?;
        Ok(format!("{}\n", cosigned.line))
    }

    /// The note that was cosigned last of the log whose origin has this hash, with a cosignature of the last hour.
    pub(super) fn checkpoint(&self, hash: &str) -> anyhow::Result<Option<Vec<u8>>> {
        let Some((kept, time, note)) = self.folder.kept_note(hash)? else { return Ok(None) };
        if !is_old(time)? {
            return Ok(Some(note));
        }
        drop(kept);
        let log = self.log(hash);
        let _turn = log.lock().unwrap_or_else(PoisonError::into_inner);
        // It may have grown while we waited.
        let Some((kept, time, note)) = self.folder.kept_note(hash)? else { return Ok(None) };
        if !is_old(time)? {
            return Ok(Some(note));
        }
        let origin = kept.checkpoint().origin().clone();
        let cosigned = self.cosign_and_keep(&origin, kept)?;
        Ok(Some(cosigned.note.to_string().into()))
    }

    fn log(&self, hash: &str) -> Arc<Mutex<()>> {
        let mut logs = self.logs.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(logs.entry(hash.to_owned()).or_default())
    }

    /// Whoever calls this holds the log's lock.
    fn cosign_and_keep(&self, origin: &KeyName, cosignable: Cosignable) -> anyhow::Result<Cosigned> {
        let cosigned = cosignable.cosign(self.folder.vkey().name(), self.folder.key(), now()?);
        let cosigned = cosigned.context("the checkpoint takes no cosignature")?;
        self.folder.keep(origin, &cosigned.note).context("the cosignature cannot be kept")?;
        Ok(cosigned)
    }
}

fn is_old(time: CosignatureTime) -> anyhow::Result<bool> {
    Ok(now()?.seconds().saturating_sub(time.seconds()) > TIME_OLD.as_secs())
}

fn now() -> anyhow::Result<CosignatureTime> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).ok();
    let time = since.and_then(|since| CosignatureTime::from_seconds(since.as_secs()));
    time.context("the system's clock is wrong: set it")
}
