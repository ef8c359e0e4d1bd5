//! The folder of a witness: its name, its key, the logs it trusts, and what it cosigned last of each.
//!
//! | path | what |
//! |---|---|
//! | `witness.name`, `witness.key` | who it is; the key (PKCS#8 PEM, mode 0600) is what makes the folder a witness |
//! | `logs/{SHA-256 of the origin}` | a trusted log: its origin, then a key a line |
//! | `cosigned/{SHA-256 of the origin}` | the note it cosigned last; losing one lets a log show a second history |
//! | `forks/{SHA-256 of the origin}-{SHA-256 of the second note's text}` | two notes of one size with different roots, both signed by the log: proof that it lied |
//! | `lock`, `logs.lock` | one process serves; one at a time adds logs |

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _};
use nguon_ledger::cosignature::CosignatureTime;
use nguon_ledger::hash::Hash;
use nguon_ledger::key::PublicKey;
use nguon_ledger::note::{KeyName, Note, SignatureType, VerifierKey};
use nguon_verifier::witness::Cosignable;
use zeroize::Zeroizing;

use super::super::fetch::read_file;

const NAME: &str = "witness.name";
const KEY: &str = "witness.key";
const LOGS: &str = "logs";
const COSIGNED: &str = "cosigned";
const FORKS: &str = "forks";
/// Most proofs of forks that are kept of one log: one is enough, and whoever signs one can sign millions. Some 100 kilobytes.
const FORKS_MAX: usize = 64;
const LOCK: &str = "lock";
const LOGS_LOCK: &str = "logs.lock";
/// Permissions of the key file: a secret.
const SECRET: u32 = 0o600;
/// Permissions of every other file.
const SHARED: u32 = 0o644;
/// Permissions that nobody but the owner may have on the key file.
const OTHERS: u32 = 0o077;
/// Longest key file that is read, in bytes; ours have under 200.
const KEY_FILE_BYTES_MAX: u64 = 16_384;

/// A witness's folder.
pub(super) struct WitnessFolder {
    path: PathBuf,
    vkey: VerifierKey,
    key: SigningKey,
}

/// The name under which a log is filed and watched.
pub(super) fn hash_of(origin: &KeyName) -> String {
    Hash::of(origin.as_str().as_bytes()).to_string()
}

impl WitnessFolder {
    /// Makes a witness, which must not be there yet.
    pub(super) fn create(path: &Path, name: &KeyName) -> anyhow::Result<VerifierKey> {
        let io = || format!("cannot write to {}", path.display());
        fs::create_dir_all(path).with_context(io)?;
        let _lock = lock(path)?;
        if path.join(KEY).exists() {
            bail!("{} holds a witness already, whose key is never overwritten. Name another folder", path.display());
        }
        let mut seed = Zeroizing::new([0; 32]);
        getrandom::fill(seed.as_mut_slice()).map_err(io::Error::other).context("the system gives no random bytes")?;
        let key = SigningKey::from_bytes(&seed);
        let pem = key.to_pkcs8_pem(LineEnding::LF).context("the key cannot be encoded")?;
        let vkey = vkey(name, &key)?;
        for folder in [LOGS, COSIGNED] {
            fs::create_dir_all(path.join(folder)).with_context(io)?;
        }
        write(&path.join(NAME), format!("{name}\n").as_bytes(), SHARED).with_context(io)?;
        // Last, for it is what makes the folder a witness.
        write(&path.join(KEY), pem.as_bytes(), SECRET).with_context(io)?;
        Ok(vkey)
    }

    /// Opens a witness that [`WitnessFolder::create`] made.
    pub(super) fn open(path: &Path) -> anyhow::Result<Self> {
        let Some(name) = read_file(&path.join(NAME))? else {
            bail!("{} holds no witness. Make one with `nguon-verify witness init`", path.display());
        };
        let name = String::from_utf8(name).ok().and_then(|name| KeyName::new(name.trim_end()).ok());
        let name = name.with_context(|| format!("{} names no key. Restore it", path.join(NAME).display()))?;
        let key = read_key(&path.join(KEY))?;
        Ok(Self { path: path.to_owned(), vkey: vkey(&name, &key)?, key })
    }

    /// Keeps every other process from serving this folder, until the file is dropped.
    pub(super) fn lock(&self) -> anyhow::Result<File> {
        lock(&self.path)
    }

    /// The witness's public key.
    pub(super) const fn vkey(&self) -> &VerifierKey {
        &self.vkey
    }

    /// The witness's key.
    pub(super) const fn key(&self) -> &SigningKey {
        &self.key
    }

    /// Trusts a key of a log; whether it was not trusted before.
    pub(super) fn add_log(&self, origin: &KeyName, key: &VerifierKey) -> anyhow::Result<bool> {
        let io = || format!("cannot write to {}", self.path.display());
        let lock = open_lock(&self.path.join(LOGS_LOCK)).with_context(io)?;
        lock.lock().with_context(io)?;
        let mut keys = self.trusted(origin)?;
        if keys.contains(key) {
            return Ok(false);
        }
        keys.push(key.clone());
        let lines: String = keys.iter().map(|key| format!("{key}\n")).collect();
        let file = self.path.join(LOGS).join(hash_of(origin));
        write(&file, format!("{origin}\n{lines}").as_bytes(), SHARED).with_context(io)?;
        Ok(true)
    }

    /// The keys that are trusted for an origin; none if the log is unknown. Read anew each time, so that a log that was added
    /// is known at once.
    pub(super) fn trusted(&self, origin: &KeyName) -> anyhow::Result<Vec<VerifierKey>> {
        let file = self.path.join(LOGS).join(hash_of(origin));
        Ok(read_log(&file)?.map(|(_, keys)| keys).unwrap_or_default())
    }

    /// Every trusted log with its keys, by origin.
    pub(super) fn logs(&self) -> anyhow::Result<Vec<(KeyName, Vec<VerifierKey>)>> {
        let folder = self.path.join(LOGS);
        let mut logs = Vec::new();
        for item in fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
            let path = item?.path();
            // What a crash left half-written is none.
            if path.extension().is_none() {
                logs.extend(read_log(&path)?);
            }
        }
        logs.sort();
        Ok(logs)
    }

    /// The checkpoint of a log that was cosigned last, and when. A file that does not hold one is an error and never nothing:
    /// otherwise the log could start over.
    pub(super) fn kept(&self, origin: &KeyName) -> anyhow::Result<Option<(Cosignable, CosignatureTime)>> {
        Ok(self.kept_note(&hash_of(origin))?.map(|(kept, time, _)| (kept, time)))
    }

    /// As [`WitnessFolder::kept`], by the hash of the origin, and the note itself.
    pub(super) fn kept_note(&self, hash: &str) -> anyhow::Result<Option<(Cosignable, CosignatureTime, Vec<u8>)>> {
        let file = self.path.join(COSIGNED).join(hash);
        let Some(bytes) = read_file(&file)? else { return Ok(None) };
        let kept = Note::parse(&bytes).ok().and_then(|note| Cosignable::kept(&note, &self.vkey));
        let kept = kept.filter(|(kept, _)| hash_of(kept.checkpoint().origin()) == hash);
        let (kept, time) = kept.with_context(|| {
            format!("{} holds no checkpoint that this witness cosigned. Restore it from a backup", file.display())
        })?;
        Ok(Some((kept, time, bytes)))
    }

    /// Keeps the proof that a log signed two histories, durably: the note that was cosigned, an empty line, the other note. The new file, or
    /// none where it is kept already or there are enough.
    pub(super) fn keep_fork(&self, origin: &KeyName, cosigned: &[u8], other: &Note) -> anyhow::Result<Option<PathBuf>> {
        let folder = self.path.join(FORKS);
        let file = folder.join(format!("{}-{}", hash_of(origin), Hash::of(other.text().as_bytes())));
        let known = self.forks(origin)?;
        if known.contains(&file) || known.len() >= FORKS_MAX {
            return Ok(None);
        }
        fs::create_dir_all(&folder)?;
        write(&file, &[cosigned, b"\n", other.to_string().as_bytes()].concat(), SHARED)?;
        Ok(Some(file))
    }

    /// The files that prove forks of a log.
    pub(super) fn forks(&self, origin: &KeyName) -> anyhow::Result<Vec<PathBuf>> {
        let folder = self.path.join(FORKS);
        let found = match fs::read_dir(&folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            found => found.with_context(|| folder.display().to_string())?,
        };
        let start = format!("{}-", hash_of(origin));
        let mut forks = Vec::new();
        for item in found {
            let path = item?.path();
            let is_of_log = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(&start));
            // What a crash left half-written is none.
            if is_of_log && path.extension().is_none() {
                forks.push(path);
            }
        }
        forks.sort();
        Ok(forks)
    }

    /// Keeps a note that was cosigned, durably. One caller at a time for each log.
    pub(super) fn keep(&self, origin: &KeyName, note: &Note) -> io::Result<()> {
        write(&self.path.join(COSIGNED).join(hash_of(origin)), note.to_string().as_bytes(), SHARED)
    }
}

fn vkey(name: &KeyName, key: &SigningKey) -> anyhow::Result<VerifierKey> {
    let public = PublicKey::from_bytes(key.verifying_key().to_bytes());
    VerifierKey::new(name.clone(), SignatureType::CosignatureV1, public).context("the key cannot be used. Make another")
}

/// Reads the key. The permissions are those of the file that was opened, not of the name.
fn read_key(path: &Path) -> anyhow::Result<SigningKey> {
    let shown = path.display();
    let file = File::open(path).with_context(|| format!("{shown}. Restore the witness's key"))?;
    let mode = file.metadata()?.mode() & 0o777;
    if mode & OTHERS != 0 {
        bail!("{shown} can be read by others (mode {mode:03o}). Make it yours alone: chmod 600 {shown}");
    }
    let mut pem = Zeroizing::new(String::new());
    file.take(KEY_FILE_BYTES_MAX).read_to_string(&mut pem).with_context(|| shown.to_string())?;
    SigningKey::from_pkcs8_pem(&pem).ok().with_context(|| format!("{shown} holds no Ed25519 key. Restore it"))
}

fn read_log(file: &Path) -> anyhow::Result<Option<(KeyName, Vec<VerifierKey>)>> {
    let Some(bytes) = read_file(file)? else { return Ok(None) };
    let parse = || {
        let text = std::str::from_utf8(&bytes).ok()?;
        let (origin, keys) = text.split_once('\n')?;
        let keys: Option<Vec<VerifierKey>> = keys.lines().map(|key| key.parse().ok()).collect();
        Some((KeyName::new(origin).ok()?, keys?))
    };
    parse().map(Some).with_context(|| format!("{} names no log. Remove it and add the log again", file.display()))
}

fn lock(path: &Path) -> anyhow::Result<File> {
    let file = path.join(LOCK);
    let lock = open_lock(&file).with_context(|| file.display().to_string())?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => {
            bail!("{} is in use: another process serves this witness. Stop it first", path.display())
        }
        Err(TryLockError::Error(error)) => Err(error).with_context(|| file.display().to_string()),
    }
}

fn open_lock(file: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).write(true).truncate(false).mode(SHARED).open(file)
}

/// Writes a file that is whole or not there, also after a power cut.
fn write(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let temporary = path.with_extension("tmp");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(mode).open(&temporary)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&temporary, path)?;
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}
