//! Key files: Ed25519 keys as PKCS#8 PEM (RFC 8410), readable by their owner alone, under a passphrase if wanted.
//!
//! A passphrase makes it an encrypted PKCS#8 (PBES2: scrypt and AES-256, RFC 8018) and not a format of some tool's own, so that OpenSSL and any
//! other program that reads keys can open it without us.
//!
//! Who can lose one and what that costs stands in `docs/threat-model.md`.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use ed25519_dalek::SigningKey;
use nguon_ledger::key::PublicKey;
use pkcs8::der::pem::LineEnding;
use pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _};
use zeroize::Zeroizing;

#[cfg(test)]
mod tests;

/// Permissions of a key file.
const KEY_FILE_MODE: u32 = 0o600;
/// Permissions that nobody but the owner may have.
const OTHERS_MODE: u32 = 0o077;
/// Longest key file that is read, in bytes; ours have under 500.
const KEY_FILE_BYTES_MAX: u64 = 16_384;
/// First line of a key under a passphrase.
const ENCRYPTED_LABEL: &str = "ENCRYPTED PRIVATE KEY";

/// What opens a key under a passphrase. Its text is never shown.
#[derive(Clone)]
pub struct Passphrase(Zeroizing<String>);

impl Passphrase {
    /// Takes the text.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// Whether it is this text.
    #[must_use]
    pub fn is(&self, text: &str) -> bool {
        self.0.as_str() == text
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passphrase(..)")
    }
}

/// Why a key file cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyFileError {
    /// The system refused.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's word.
        source: io::Error,
    },
    /// Others than the owner may read it.
    #[error("{} can be read by others (mode {mode:03o}); make it yours alone: chmod 600 {}", path.display(), path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// It is there already; a key is never overwritten.
    #[error("{} exists already; a key is never overwritten, choose another name", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// It is no Ed25519 key in PKCS#8 PEM.
    #[error("{} is no Ed25519 key file (PKCS#8 PEM); make one with: nguon key new FILE", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
    },
    /// It needs a passphrase and none was given.
    #[error("{} needs a passphrase; give --passphrase-file FILE or set NGUON_PASSPHRASE", path.display())]
    PassphraseNeeded {
        /// The file.
        path: PathBuf,
    },
    /// The passphrase does not open it.
    #[error("the passphrase does not open {}", path.display())]
    WrongPassphrase {
        /// The file.
        path: PathBuf,
    },
}

/// A new key from the system's source of randomness.
///
/// # Errors
/// When the system has none.
pub fn generate() -> io::Result<SigningKey> {
    let mut seed = Zeroizing::new([0; 32]);
    getrandom::fill(seed.as_mut_slice()).map_err(io::Error::other)?;
    Ok(SigningKey::from_bytes(&seed))
}

/// The public key.
#[must_use]
pub fn public(key: &SigningKey) -> PublicKey {
    PublicKey::from_bytes(key.verifying_key().to_bytes())
}

/// Writes a new key file, under a passphrase if one is given, durable when this returns.
///
/// # Errors
/// The file exists, or the system refused.
pub fn save(path: &Path, key: &SigningKey, passphrase: Option<&Passphrase>) -> Result<(), KeyFileError> {
    let io = |source: io::Error| KeyFileError::Io { path: path.to_owned(), source };
    let pem = match passphrase {
        None => key.to_pkcs8_pem(LineEnding::LF),
        Some(Passphrase(text)) => key.to_pkcs8_encrypted_pem(text.as_bytes(), LineEnding::LF),
    };
    let pem = pem.map_err(|e| io(io::Error::other(e.to_string())))?;
    let file = OpenOptions::new().write(true).create_new(true).mode(KEY_FILE_MODE).open(path);
    let mut file = match file {
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
            return Err(KeyFileError::Exists { path: path.to_owned() });
        }
        other => other.map_err(io)?,
    };
    file.write_all(pem.as_bytes()).and_then(|()| file.sync_all()).map_err(io)?;
    // The name must last too: a ledger may be created for a key that stands nowhere else.
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(io)
}

/// Reads a key file. `passphrase` is asked only for a key that needs one.
///
/// # Errors
/// Others may read the file, it is no key, or the passphrase is missing or wrong.
pub fn load(path: &Path, passphrase: impl FnOnce() -> Option<Passphrase>) -> Result<SigningKey, KeyFileError> {
    let text = read_private(path)?;
    let malformed = || KeyFileError::Malformed { path: path.to_owned() };
    if !text.contains(ENCRYPTED_LABEL) {
        return SigningKey::from_pkcs8_pem(&text).map_err(|_| malformed());
    }
    let Some(Passphrase(passphrase)) = passphrase() else {
        return Err(KeyFileError::PassphraseNeeded { path: path.to_owned() });
    };
    SigningKey::from_pkcs8_encrypted_pem(&text, passphrase.as_bytes())
        .map_err(|_| KeyFileError::WrongPassphrase { path: path.to_owned() })
}

/// Reads a file that only its owner may read. The permissions are those of the file that was opened, not of the name.
fn read_private(path: &Path) -> Result<Zeroizing<String>, KeyFileError> {
    let io = |source| KeyFileError::Io { path: path.to_owned(), source };
    let file = File::open(path).map_err(io)?;
    let metadata = file.metadata().map_err(io)?;
    let mode = metadata.mode() & 0o777;
    if mode & OTHERS_MODE != 0 {
        return Err(KeyFileError::Open { path: path.to_owned(), mode });
    }
    let mut text = Zeroizing::new(String::new());
    let read = file.take(KEY_FILE_BYTES_MAX).read_to_string(&mut text);
    if read.as_ref().is_err_and(|e| e.kind() == io::ErrorKind::InvalidData) {
        return Err(KeyFileError::Malformed { path: path.to_owned() });
    }
    read.map_err(io)?;
    Ok(text)
}
