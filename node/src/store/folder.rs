//! The data folder: whose ledger it is, its lock and its key; making a new one.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _};
use nguon_ledger::body::Charter;
use nguon_ledger::checkpoint::{Checkpoint, SignedCheckpoint};
use nguon_ledger::entry::Entry;
use nguon_ledger::envelope::Envelope;
use nguon_ledger::hash::Hash;
use nguon_ledger::identifier::Origin;
use nguon_ledger::journal::Frame;
use nguon_ledger::key::PublicKey;
use nguon_ledger::note::{KeyName, SignatureType, VerifierKey};
use nguon_ledger::refusal::{Code, Refusal};
use nguon_ledger::rules::{self, ApplyError, Context, Proposal, Scope};
use nguon_ledger::state::MemoryState;
use nguon_ledger::statement::{Kind, Statement};
use nguon_ledger::time::UnixMillis;
use nguon_ledger::tree::{CompactTree, LeafIndex};
use serde_json::{Value, json};
use thiserror::Error;

use super::durable::{self, Access};
use super::journal::Journal;

const DESCRIPTION: &str = "ledger.json";
const KEY: &str = "log.key";
const LOCK: &str = "lock";
const JOURNAL: &str = "journal";
const TLOG: &str = "tlog";
const BLOBS: &str = "blobs";
const INVITATIONS: &str = "invitations";
const INDEX: &str = "index";
/// The only version of the folder's layout.
const LAYOUT_VERSION: u64 = 1;

/// Why a new ledger was not made.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CreateError {
    /// Something is there already.
    #[error("{} is not empty; name a new folder", path.display())]
    NotEmpty {
        /// The folder.
        path: PathBuf,
    },
    /// The charter is not in order.
    #[error("the charter is refused")]
    Charter(#[source] Refusal),
    /// The charter names another log key than the one given.
    #[error("the charter names the log key {named}, not {given}")]
    OtherKey {
        /// In the charter.
        named: String,
        /// Of the key given.
        given: String,
    },
    /// The log key cannot be used.
    #[error("the log key cannot be used")]
    Key,
    /// The disk refused.
    #[error("cannot write to {}", path.display())]
    Io {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// Why a data folder cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum OpenFolderError {
    /// It holds no ledger.
    #[error("{} holds no ledger; make one with `nguon init`", path.display())]
    NoLedger {
        /// The folder.
        path: PathBuf,
    },
    /// Another process owns it.
    #[error("{} is in use by another process", path.display())]
    InUse {
        /// The folder.
        path: PathBuf,
    },
    /// `ledger.json` is not as this version writes it.
    #[error("{} is damaged or of another version; restore it from a backup", path.display())]
    Description {
        /// The file.
        path: PathBuf,
    },
    /// The key file cannot be used, or is of another log.
    #[error("{} does not hold the key of log {vkey}; restore it from a backup", path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// The log's verifier key.
        vkey: String,
    },
    /// The disk refused.
    #[error("cannot use {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// The folder of one ledger, owned by this process until dropped.
pub struct DataFolder {
    path: PathBuf,
    origin: Origin,
    vkey: VerifierKey,
    log_key: SigningKey,
    /// Holds the lock.
    _lock: File,
}

impl std::fmt::Debug for DataFolder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DataFolder").field("path", &self.path).field("vkey", &self.vkey).finish_non_exhaustive()
    }
}

impl DataFolder {
    /// Takes ownership of a folder that [`create`] made.
    ///
    /// # Errors
    /// It is none, or another process owns it.
    pub fn open(path: &Path) -> Result<Self, OpenFolderError> {
        let file = path.join(DESCRIPTION);
        let text = fs::read(&file).map_err(|source| {
            if source.kind() == io::ErrorKind::NotFound {
                return OpenFolderError::NoLedger { path: path.to_owned() };
            }
            OpenFolderError::Io { path: file.clone(), source }
        })?;
        let lock = lock(path)?;
        let (origin, vkey) = read_description(&text).ok_or(OpenFolderError::Description { path: file })?;
        let key_file = path.join(KEY);
        let pem =
            fs::read_to_string(&key_file).map_err(|source| OpenFolderError::Io { path: key_file.clone(), source })?;
        let log_key = SigningKey::from_pkcs8_pem(&pem)
            .ok()
            .filter(|key| key.verifying_key().to_bytes() == *vkey.public_key().as_bytes())
            .ok_or_else(|| OpenFolderError::Key { path: key_file, vkey: vkey.to_string() })?;
        Ok(Self { path: path.to_owned(), origin, vkey, log_key, _lock: lock })
    }

    /// The ledger's origin.
    #[must_use]
    pub const fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The log's verifier key.
    #[must_use]
    pub const fn vkey(&self) -> &VerifierKey {
        &self.vkey
    }

    /// The key that signs checkpoints.
    #[must_use]
    pub const fn log_key(&self) -> &SigningKey {
        &self.log_key
    }

    /// Where the journal lies.
    #[must_use]
    pub fn journal(&self) -> PathBuf {
        self.path.join(JOURNAL)
    }

    /// Where the tlog-tiles files lie.
    #[must_use]
    pub fn tlog(&self) -> PathBuf {
        self.path.join(TLOG)
    }

    /// Where the blobs lie.
    #[must_use]
    pub fn blobs(&self) -> PathBuf {
        self.path.join(BLOBS)
    }

    /// Where the invitations lie.
    #[must_use]
    pub fn invitations(&self) -> PathBuf {
        self.path.join(INVITATIONS)
    }

    /// Where the index lies.
    #[must_use]
    pub fn index(&self) -> PathBuf {
        self.path.join(INDEX)
    }
}

fn lock(path: &Path) -> Result<File, OpenFolderError> {
    let file = path.join(LOCK);
    let io = |source| OpenFolderError::Io { path: file.clone(), source };
    let lock = OpenOptions::new().create(true).write(true).truncate(false).open(&file).map_err(io)?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(OpenFolderError::InUse { path: path.to_owned() }),
        Err(TryLockError::Error(source)) => Err(io(source)),
    }
}

fn read_description(text: &[u8]) -> Option<(Origin, VerifierKey)> {
    let value: Value = serde_json::from_slice(text).ok()?;
    if value.get("v")?.as_u64() != Some(LAYOUT_VERSION) {
        return None;
    }
    let origin = Origin::parse(value.get("origin")?.as_str()?).ok()?;
    let vkey: VerifierKey = value.get("vkey")?.as_str()?.parse().ok()?;
    (vkey.name().as_str() == origin.as_str()).then_some((origin, vkey))
}

/// Makes the folder of a new ledger whose entry 0 is `charter`.
///
/// # Errors
/// The folder is not empty, the charter is not in order or names another log key, or the disk refused; what was written is then not a ledger.
pub fn create(
    path: &Path,
    origin: &Origin,
    log_key: &SigningKey,
    charter: &Envelope,
    received_at: UnixMillis,
) -> Result<(), CreateError> {
    let vkey = KeyName::new(origin.as_str())
        .ok()
        .and_then(|name| {
            let public = PublicKey::from_bytes(log_key.verifying_key().to_bytes());
            VerifierKey::new(name, SignatureType::Ed25519, public).ok()
        })
        .ok_or(CreateError::Key)?;
    let (leaf_hash, entry) = first_entry(origin, &vkey, charter, received_at)?;
    let mut tree = CompactTree::new();
    tree.push(leaf_hash);
    let checkpoint = Checkpoint::new(vkey.name().clone(), tree.size(), tree.root());
    let note = SignedCheckpoint::sign(checkpoint, log_key).map_err(|_| CreateError::Key)?.to_string();
    let frame = Frame { entries: vec![(leaf_hash, &entry)], checkpoint: note.as_bytes() };
    let frame = frame.to_bytes().map_err(|_| CreateError::Key)?;
    let pem = log_key.to_pkcs8_pem(LineEnding::LF).map_err(|_| CreateError::Key)?;
    let description = json!({"v": LAYOUT_VERSION, "origin": origin.as_str(), "vkey": vkey.to_string()});

    let write = || -> io::Result<bool> {
        durable::create_folders(path)?;
        if fs::read_dir(path)?.next().is_some() {
            return Ok(false);
        }
        durable::write(&path.join(KEY), pem.as_bytes(), Access::Owner)?;
        Journal::create(&path.join(JOURNAL), &frame)?;
        // Last, for it is what makes the folder a ledger.
        durable::write(&path.join(DESCRIPTION), format!("{description}\n").as_bytes(), Access::Shared)?;
        Ok(true)
    };
    match write() {
        Ok(true) => Ok(()),
        Ok(false) => Err(CreateError::NotEmpty { path: path.to_owned() }),
        Err(source) => Err(CreateError::Io { path: path.to_owned(), source }),
    }
}

fn first_entry(
    origin: &Origin,
    vkey: &VerifierKey,
    charter: &Envelope,
    received_at: UnixMillis,
) -> Result<(Hash, Vec<u8>), CreateError> {
    let payload = charter.payload();
    let refused = |code, field: &str, detail: &str| CreateError::Charter(Refusal::new(code, field, detail));
    let statement = Statement::parse(payload).map_err(CreateError::Charter)?;
    if statement.kind() != Kind::Charter {
        return Err(refused(Code::MalformedStatement, "kind", "not a charter"));
    }
    if statement.signer() != charter.key() || !charter.is_authentic() {
        return Err(refused(Code::BadSignature, "signatures[0]", "not the signer's over the payload"));
    }
    let index = LeafIndex::new(0);
    let context = Context { index, received_at, scope: Scope::Whole };
    let proposal = Proposal::new(origin, &statement, payload);
    let effects = rules::apply(&MemoryState::new(), &context, &proposal).map_err(|error| match error {
        ApplyError::Refused(refusal) => CreateError::Charter(refusal),
        ApplyError::State(never) => match never {},
    })?;
    let named = Charter::parse(origin, statement.body()).map_err(CreateError::Charter)?.vkey;
    if named != vkey.to_string() {
        return Err(CreateError::OtherKey { named: named.to_owned(), given: vkey.to_string() });
    }
    let entry = Entry {
        index,
        previous: Hash::ZERO,
        received_at,
        links: effects.links().to_vec(),
        signer: charter.key(),
        signature: charter.signature(),
        payload,
    };
    let entry =
        entry.to_bytes().map_err(|error| refused(Code::MalformedStatement, "receivedAt", &error.to_string()))?;
    Ok((Hash::of_leaf(&entry), entry))
}
