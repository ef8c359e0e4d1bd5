//! The door: what is checked of a statement before it waits for the sequencer, on whatever core is free.

use std::cell::RefCell;

use nguon_ledger::envelope::Envelope;
use nguon_ledger::hash::Hash;
use nguon_ledger::key::{Keys, PublicKey, Signature};
use nguon_ledger::refusal::{Code, Refusal};
use nguon_ledger::state::{Key, Record};
use nguon_ledger::statement::{Kind, Statement};

use crate::index::{IndexError, Reader};

/// A statement whose form is right and whose signature is its signer's. Only [`admit`] makes one.
#[derive(Debug)]
pub struct Admitted {
    payload: Vec<u8>,
    payload_hash: Hash,
    signer: PublicKey,
    signature: Signature,
}

impl Admitted {
    /// The payload, exactly as signed.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// SHA-256 of the payload.
    #[must_use]
    pub const fn payload_hash(&self) -> Hash {
        self.payload_hash
    }

    /// Who signed.
    #[must_use]
    pub const fn signer(&self) -> PublicKey {
        self.signer
    }

    /// The signature.
    #[must_use]
    pub const fn signature(&self) -> Signature {
        self.signature
    }
}

thread_local! {
    /// Each thread of the pool keeps the keys that it has seen: to decompress one costs a seventh of a verification. Without randomness
    /// of the system's, signatures are verified one by one.
    static KEYS: RefCell<Keys> = RefCell::new({
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_or_else(|_| Keys::new(), |()| Keys::with_seed(seed))
    });
}

/// Why a statement is not let in.
#[derive(Debug)]
#[expect(clippy::exhaustive_enums, reason = "the statement is at fault or the index")]
pub enum NotAdmitted {
    /// The statement is at fault.
    Refused(Refusal),
    /// Nothing is known about the statement.
    Index(IndexError),
}

impl From<Refusal> for NotAdmitted {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// Reads an envelope and its statement and verifies the signature, strictly.
///
/// # Errors
/// The first fault in the order of `docs/format.md`, section 9, as far as the signature.
pub fn admit(reader: &Reader, envelope: &[u8]) -> Result<Admitted, NotAdmitted> {
    let envelope = read(envelope)?;
    let is_authentic = KEYS.with_borrow_mut(|keys| keys.verify_each(&[envelope.signed()])) == [true];
    judge(reader, envelope, is_authentic)
}

/// The same for several, whose signatures are verified together.
pub fn admit_all<E: From<NotAdmitted>>(
    reader: &Reader,
    envelopes: Vec<Result<Vec<u8>, E>>,
) -> Vec<Result<Admitted, E>> {
    let read: Vec<_> =
        envelopes.into_iter().map(|bytes| read(&bytes?).map_err(|refusal| E::from(refusal.into()))).collect();
    let signed: Vec<_> = read.iter().flatten().map(Envelope::signed).collect();
    let mut are_authentic = KEYS.with_borrow_mut(|keys| keys.verify_each(&signed)).into_iter();
    read.into_iter().map(|envelope| Ok(judge(reader, envelope?, are_authentic.next() == Some(true))?)).collect()
}

/// An envelope whose statement was read, and names the envelope's key.
fn read(bytes: &[u8]) -> Result<Envelope, Refusal> {
    let envelope = Envelope::parse(bytes)?;
    let statement = Statement::parse(envelope.payload())?;
    if statement.signer() != envelope.key() {
        let detail = "not the statement's signer";
        return Err(Refusal::new(Code::MalformedEnvelope, "signatures[0].keyid", detail));
    }
    Ok(envelope)
}

fn judge(reader: &Reader, envelope: Envelope, is_authentic: bool) -> Result<Admitted, NotAdmitted> {
    if !is_authentic {
        return Err(refuse_unsigned(reader, &Statement::parse(envelope.payload())?));
    }
    let (payload, signer, signature) = envelope.into_parts();
    Ok(Admitted { payload_hash: Hash::of(&payload), payload, signer, signature })
}

/// Which refusal comes first for a statement whose signature is wrong: ledger and signer are looked at before the signature.
fn refuse_unsigned(reader: &Reader, statement: &Statement<'_>) -> NotAdmitted {
    if statement.ledger() != reader.origin().as_str() {
        return Refusal::new(Code::WrongLedger, "ledger", format!("this ledger is {}", reader.origin())).into();
    }
    let bad = || Refusal::new(Code::BadSignature, "signatures[0].sig", "not the signer's over the payload").into();
    if statement.kind() == Kind::Charter {
        return bad();
    }
    match registered(reader, &statement.signer()) {
        Ok(()) => bad(),
        Err(refused) => refused,
    }
}

/// Whether a key is registered and not revoked.
///
/// # Errors
/// [`Code::UnknownSigner`] or [`Code::RevokedKey`].
pub(crate) fn registered(reader: &Reader, signer: &PublicKey) -> Result<(), NotAdmitted> {
    match reader.record(&Key::Signer(*signer)).map_err(NotAdmitted::Index)? {
        Some(Record::Signer(record)) => match record.revoked {
            None => Ok(()),
            Some(index) => Err(Refusal::new(Code::RevokedKey, "signer", format!("revoked by entry {index}")).into()),
        },
        _ => Err(Refusal::new(Code::UnknownSigner, "signer", "registered to nobody").into()),
    }
}
