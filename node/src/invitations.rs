//! Invitations to join an organisation of the ledger: a small store beside the log (`docs/format.md`, section 10.1).
//!
//! One file each, written whole or not at all. They hold names that people typed, so they never enter the log and can be removed. Of a token
//! only the hash is kept: whoever reads the folder cannot join with it.

mod wire;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use nguon_ledger::body::Role;
use nguon_ledger::hash::Hash;
use nguon_ledger::identifier::{ActorUri, Origin};
use nguon_ledger::key::PublicKey;
use nguon_ledger::time::{HOUR_MILLIS, UnixMillis};
use thiserror::Error;

use crate::base32;
use crate::store::durable::{self, Access};

/// How long an invitation holds when nothing else is asked for.
pub const LIFE_DEFAULT_MILLIS: i64 = 7 * 24 * HOUR_MILLIS;
/// How long it holds at most.
pub const LIFE_MAX_MILLIS: i64 = 30 * 24 * HOUR_MILLIS;
/// Longest name in characters.
pub const NAME_CHARS_MAX: usize = 80;
/// Invitations of all organisations together: with at most 1 KiB each, 8 MiB in memory and on disk.
const INVITATIONS_MAX: usize = 8_192;
/// Of one organisation, so that none can take the place of the others: the members of the largest cooperative, twice over.
const ORGANISATION_MAX: usize = 2_048;
/// An invitation that nobody took is removed so long after its end.
const KEPT_MILLIS: i64 = 30 * 24 * HOUR_MILLIS;
/// Random bytes of a token: 128 bits, 26 letters.
const TOKEN_BYTES: usize = 16;
/// Letters of a token.
const TOKEN_CHARS: usize = 26;
/// What files end with.
const SUFFIX: &str = "json";

/// An invitation's public name, which is no secret: half of its token's hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct InvitationId(u128);

impl InvitationId {
    fn of(token: &Hash) -> Self {
        Self(token.as_bytes().first_chunk::<16>().map_or(0, |half| u128::from_be_bytes(*half)))
    }

    /// Reads 32 lower-case hexadecimal digits.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let is_hex = text.len() == 32 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        is_hex.then(|| u128::from_str_radix(text, 16).ok().map(Self)).flatten()
    }
}

impl std::fmt::Display for InvitationId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// The secret that invites. Only its hash is kept.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Token([u8; TOKEN_BYTES]);

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token")
    }
}

impl Token {
    fn new() -> Result<Self, InvitationError> {
        let mut bytes = [0; TOKEN_BYTES];
        getrandom::fill(&mut bytes).map_err(|error| io::Error::other(error.to_string()))?;
        Ok(Self(bytes))
    }

    /// Reads the 26 letters, as they are printed or as they are typed by hand.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        // Nobody types longer than this.
        let (bytes, letters) = base32::decode(text.get(..text.len().min(64))?)?;
        let token = Self(bytes.try_into().ok()?);
        (letters == TOKEN_CHARS).then_some(token)
    }

    /// The 26 letters.
    pub(crate) fn letters(&self) -> String {
        base32::encode(&self.0)
    }

    fn hash(&self) -> Hash {
        Hash::of(self.letters().as_bytes())
    }
}

/// Who took an invitation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Claim {
    pub(crate) key: PublicKey,
    /// As she calls herself; empty once forgotten.
    pub(crate) name: String,
    pub(crate) at: UnixMillis,
}

/// An invitation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Invitation {
    pub(crate) token_hash: Hash,
    pub(crate) organisation: ActorUri,
    pub(crate) roles: Vec<Role>,
    /// What the registrar calls her.
    pub(crate) name: Option<String>,
    pub(crate) created_at: UnixMillis,
    pub(crate) expires_at: UnixMillis,
    /// The key that asked for it.
    pub(crate) by: PublicKey,
    /// Hash of what that key signed, so that the same request twice makes one invitation.
    pub(crate) request: Hash,
    pub(crate) is_revoked: bool,
    pub(crate) claim: Option<Claim>,
}

impl Invitation {
    pub(crate) fn id(&self) -> InvitationId {
        InvitationId::of(&self.token_hash)
    }
}

/// What an invitation is asked for with.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) organisation: ActorUri,
    pub(crate) roles: Vec<Role>,
    pub(crate) name: Option<String>,
    pub(crate) expires_at: Option<UnixMillis>,
    pub(crate) by: PublicKey,
    pub(crate) request: Hash,
}

/// Why something was not done with an invitation.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum InvitationError {
    /// There is none.
    #[error("no such invitation")]
    Unknown,
    /// Another key took it.
    #[error("somebody else took this invitation; ask for a new one")]
    Used,
    /// It is over.
    #[error("this invitation has expired; ask for a new one")]
    Expired,
    /// It was taken back.
    #[error("this invitation was taken back; ask for a new one")]
    Revoked,
    /// The same request was answered before.
    #[error("this request was answered before; sign a new one")]
    Replayed,
    /// There are too many.
    #[error("too many invitations; remove some that are done with")]
    TooMany,
    /// It would end before it begins, or hold too long.
    #[error("not between now and 30 days from now")]
    Life,
    /// The disk refused.
    #[error("the disk refused")]
    Io(#[from] io::Error),
}

/// The invitations of one ledger.
#[derive(Debug)]
pub(crate) struct InvitationStore {
    folder: PathBuf,
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    invitations: BTreeMap<InvitationId, Invitation>,
    /// Requests whose invitation was removed, until nobody can send them again.
    removed_requests: BTreeMap<Hash, UnixMillis>,
}

impl InvitationStore {
    /// Reads the invitations in a folder, which is made when the first one comes. A file that cannot be read is passed over.
    ///
    /// # Errors
    /// The disk refused.
    pub(crate) fn open(folder: PathBuf, origin: &Origin) -> io::Result<Self> {
        let mut held = Held::default();
        let items = match fs::read_dir(&folder) {
            Ok(items) => items,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(Self { folder, held: Mutex::new(held) });
            }
            Err(error) => return Err(error),
        };
        for item in items {
            let path = item?.path();
            if path.extension().is_none_or(|suffix| suffix != SUFFIX) {
                continue;
            }
            match wire::decode(origin, &fs::read(&path)?) {
                Some(invitation) => drop(held.invitations.insert(invitation.id(), invitation)),
                None => tracing::warn!(file = %path.display(), "an invitation cannot be read and is passed over"),
            }
        }
        Ok(Self { folder, held: Mutex::new(held) })
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes an invitation. It is durable on return.
    ///
    /// # Errors
    /// [`InvitationError`].
    pub(crate) fn create(&self, asked: Asked, now: UnixMillis) -> Result<(Token, Invitation), InvitationError> {
        let expires_at = asked.expires_at.unwrap_or_else(|| UnixMillis::new(now.get() + LIFE_DEFAULT_MILLIS));
        if !(1..=LIFE_MAX_MILLIS).contains(&expires_at.since(now)) {
            return Err(InvitationError::Life);
        }
        let mut held = self.lock();
        self.remove_old(&mut held, now)?;
        let is_answered = held.invitations.values().any(|known| known.request == asked.request);
        if is_answered || held.removed_requests.contains_key(&asked.request) {
            return Err(InvitationError::Replayed);
        }
        let of_organisation = held.invitations.values().filter(|known| known.organisation == asked.organisation);
        if held.invitations.len() >= INVITATIONS_MAX || of_organisation.count() >= ORGANISATION_MAX {
            return Err(InvitationError::TooMany);
        }
        let token = Token::new()?;
        let invitation = Invitation {
            token_hash: token.hash(),
            organisation: asked.organisation,
            roles: asked.roles,
            name: asked.name,
            created_at: now,
            expires_at,
            by: asked.by,
            request: asked.request,
            is_revoked: false,
            claim: None,
        };
        self.write(&mut held, invitation.clone())?;
        Ok((token, invitation))
    }

    /// The invitation of a token.
    pub(crate) fn find(&self, token: &Token) -> Option<Invitation> {
        let hash = token.hash();
        // The whole hash, not only the half that names it.
        self.lock().invitations.get(&InvitationId::of(&hash)).filter(|known| known.token_hash == hash).cloned()
    }

    /// The invitation of a public name.
    pub(crate) fn get(&self, id: InvitationId) -> Option<Invitation> {
        self.lock().invitations.get(&id).cloned()
    }

    /// The invitations of an organisation, newest first.
    pub(crate) fn of_organisation(&self, organisation: &ActorUri) -> Vec<Invitation> {
        let held = self.lock();
        let of_it = held.invitations.values().filter(|known| known.organisation == *organisation);
        let mut list: Vec<_> = of_it.cloned().collect();
        list.sort_by_key(|known| std::cmp::Reverse((known.created_at, known.id())));
        list
    }

    /// Takes an invitation for a key; the same key again changes nothing. It is durable on return.
    ///
    /// # Errors
    /// [`InvitationError`].
    pub(crate) fn claim(
        &self,
        token: &Token,
        key: PublicKey,
        name: String,
        now: UnixMillis,
    ) -> Result<(), InvitationError> {
        let mut invitation = self.find(token).ok_or(InvitationError::Unknown)?;
        let mut held = self.lock();
        // It may have changed since.
        invitation = held.invitations.get(&invitation.id()).cloned().ok_or(InvitationError::Unknown)?;
        if invitation.is_revoked {
            return Err(InvitationError::Revoked);
        }
        match &invitation.claim {
            Some(claim) if claim.key == key => return Ok(()),
            Some(_) => return Err(InvitationError::Used),
            None => {}
        }
        if now >= invitation.expires_at {
            return Err(InvitationError::Expired);
        }
        invitation.claim = Some(Claim { key, name, at: now });
        self.write(&mut held, invitation)
    }

    /// Takes an invitation back. Names in it are forgotten.
    ///
    /// # Errors
    /// [`InvitationError`].
    pub(crate) fn revoke(&self, id: InvitationId) -> Result<Invitation, InvitationError> {
        let mut held = self.lock();
        let mut invitation = held.invitations.get(&id).cloned().ok_or(InvitationError::Unknown)?;
        invitation.is_revoked = true;
        invitation.name = None;
        if let Some(claim) = &mut invitation.claim {
            claim.name.clear();
        }
        self.write(&mut held, invitation.clone())?;
        Ok(invitation)
    }

    /// Removes an invitation with all that was in it.
    ///
    /// # Errors
    /// [`InvitationError`].
    pub(crate) fn forget(&self, id: InvitationId, now: UnixMillis) -> Result<(), InvitationError> {
        let mut held = self.lock();
        let invitation = held.invitations.get(&id).cloned().ok_or(InvitationError::Unknown)?;
        self.remove(&mut held, &invitation)?;
        held.removed_requests.insert(invitation.request, now);
        Ok(())
    }

    fn remove_old(&self, held: &mut Held, now: UnixMillis) -> io::Result<()> {
        let is_old = |known: &&Invitation| known.claim.is_none() && now.since(known.expires_at) > KEPT_MILLIS;
        let old: Vec<_> = held.invitations.values().filter(is_old).cloned().collect();
        for invitation in old {
            self.remove(held, &invitation)?;
        }
        held.removed_requests.retain(|_, removed_at| now.since(*removed_at) <= HOUR_MILLIS);
        Ok(())
    }

    fn remove(&self, held: &mut Held, invitation: &Invitation) -> io::Result<()> {
        match fs::remove_file(self.path(invitation.id())) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        durable::sync_folder(&self.folder)?;
        held.invitations.remove(&invitation.id());
        Ok(())
    }

    /// The disk first: what was not written did not happen.
    fn write(&self, held: &mut Held, invitation: Invitation) -> Result<(), InvitationError> {
        durable::create_folders(&self.folder)?;
        durable::write(&self.path(invitation.id()), &wire::encode(&invitation)?, Access::Owner)?;
        held.invitations.insert(invitation.id(), invitation);
        Ok(())
    }

    fn path(&self, id: InvitationId) -> PathBuf {
        self.folder.join(format!("{id}.{SUFFIX}"))
    }
}

/// Whether this can be somebody's name: something to read, on one line.
pub(crate) fn is_name(text: &str) -> bool {
    let is_short = text.chars().count() <= NAME_CHARS_MAX;
    !text.trim().is_empty() && is_short && !text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests;
