//! Reads entries into the tables: registrations, keys and attestations here, events in `happen`.

use alloc::boxed::Box;
use core::fmt;

use nguon_ledger::body::{ActorBody, Attest, Charter, EventBody, KeyBody, KeyChange, PlaceBody, ProductBody};
use nguon_ledger::entry::Entry;
use nguon_ledger::hash::Hash;
use nguon_ledger::json::{Json, Object};
use nguon_ledger::key::PublicKey;
use nguon_ledger::refusal::Refusal;
use nguon_ledger::statement::{Kind, Statement};

use super::facts::{ActorFact, ActorNo, AttestFact, Facts, KeyFact, Name, PlaceFact, ProductFact};

/// Why an entry could not be taken in: it cannot have passed an audit.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReadError {
    /// A body that is not as the format says.
    Refused(Refusal),
    /// It names something that the entries before did not register.
    Unknown(&'static str),
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refusal) => refusal.fmt(f),
            Self::Unknown(what) => write!(f, "the entry names {what} that is not registered"),
        }
    }
}

impl core::error::Error for ReadError {}

impl From<Refusal> for ReadError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// The first eight bytes of a hash.
fn prefix(hash: &Hash) -> u64 {
    hash.as_bytes().first_chunk::<8>().map_or(0, |bytes| u64::from_be_bytes(*bytes))
}

impl Facts {
    /// Takes in the next entry, which has passed the audit.
    ///
    /// # Errors
    /// It cannot have passed: its body does not read or names what is not there.
    pub fn push(&mut self, leaf_hash: &Hash, entry: &Entry<'_>, statement: &Statement<'_>) -> Result<(), ReadError> {
        let index = entry.index.get();
        let body = statement.body();
        match statement.kind() {
            Kind::Charter => {
                let origin = self.origin.clone();
                let charter = Charter::parse(&origin, body)?;
                self.name = Name::of(charter.name);
                self.take_actor(index, &charter.operator);
            }
            Kind::Actor => {
                let origin = self.origin.clone();
                self.take_actor(index, &ActorBody::parse(&origin, body)?);
            }
            Kind::Key => self.take_key(index, body)?,
            Kind::Product => self.take_product(body)?,
            Kind::Place => self.take_place(body)?,
            Kind::Event | Kind::Attest => {}
        }
        let key = self.key_no.get(&entry.signer).copied().ok_or(ReadError::Unknown("a signer"))?;
        if let Some(key) = self.keys.get_mut(key) {
            key.statements = key.statements.saturating_add(1);
            key.used = Some((key.used.map_or(entry.received_at, |(first, _)| first), entry.received_at));
        }
        match statement.kind() {
            Kind::Event => {
                let origin = self.origin.clone();
                self.take_event(entry, statement, key, &EventBody::parse(&origin, body)?)?;
            }
            Kind::Attest => self.take_attest(entry, key, body)?,
            Kind::Charter | Kind::Actor | Kind::Key | Kind::Product | Kind::Place => {}
        }
        self.entry_no.insert(prefix(leaf_hash), index);
        self.size = index.saturating_add(1);
        self.as_of = Some(entry.received_at);
        Ok(())
    }

    fn take_actor(&mut self, index: u64, body: &ActorBody<'_>) {
        let known = self.actor_no.get(&body.id).copied();
        let no = known.unwrap_or(self.actors.len());
        let registered = self.actors.get(no).map_or(index, |actor| actor.registered);
        let actor = ActorFact {
            uri: body.id.clone(),
            class: body.class,
            roles: body.roles.clone(),
            under: body.under.clone(),
            name: body.name.map(Name::of),
            registered,
        };
        match self.actors.get_mut(no) {
            Some(slot) => *slot = actor,
            None => {
                self.actors.push(actor);
                self.actor_no.insert(body.id.clone(), no);
            }
        }
        for key in &body.keys {
            self.add_key(index, *key, no);
        }
    }

    fn add_key(&mut self, index: u64, key: PublicKey, actor: ActorNo) {
        if !self.key_no.contains_key(&key) {
            self.key_no.insert(key, self.keys.len());
            self.keys.push(KeyFact { key, actor, registered: index, revoked: None, statements: 0, used: None });
        }
    }

    fn take_key(&mut self, index: u64, body: &Object<'_>) -> Result<(), ReadError> {
        let body = KeyBody::parse(&self.origin, body)?;
        let actor = self.actor(&body.actor).ok_or(ReadError::Unknown("an actor"))?;
        match body.change {
            KeyChange::Add(key) => self.add_key(index, key, actor),
            KeyChange::Revoke(key) => {
                let no = self.key_no.get(&key).copied().ok_or(ReadError::Unknown("a key"))?;
                if let Some(key) = self.keys.get_mut(no) {
                    key.revoked = Some(index);
                }
            }
        }
        Ok(())
    }

    fn take_product(&mut self, body: &Object<'_>) -> Result<(), ReadError> {
        let body = ProductBody::parse(&self.origin, body)?;
        let no = self.product(&body.id).unwrap_or(self.products.len());
        let product = ProductFact {
            uri: body.id.clone(),
            name: Name::of(body.name),
            dimension: body.dimension,
            net_content: body.net_content.map(|content| content.quantity),
            made_from: body.made_from,
        };
        match self.products.get_mut(no) {
            Some(slot) => *slot = product,
            None => {
                self.products.push(product);
                self.product_no.insert(body.id, no);
            }
        }
        Ok(())
    }

    fn take_place(&mut self, body: &Object<'_>) -> Result<(), ReadError> {
        let parsed = PlaceBody::parse(&self.origin, body)?;
        let no = self.place(&parsed.id).unwrap_or(self.places.len());
        let name = parsed.name.map(Name::of).or_else(|| administrative(body));
        let place = PlaceFact { uri: parsed.id.clone(), name, owner: parsed.owner };
        match self.places.get_mut(no) {
            Some(slot) => *slot = place,
            None => {
                self.places.push(place);
                self.place_no.insert(parsed.id, no);
            }
        }
        Ok(())
    }

    fn take_attest(&mut self, entry: &Entry<'_>, key: usize, body: &Object<'_>) -> Result<(), ReadError> {
        let attest = Attest::parse(body)?;
        let spoken_of = self.entry_no.get(&prefix(&attest.entry)).copied().ok_or(ReadError::Unknown("an entry"))?;
        let author = self.keys.get(key).map(|key| key.actor).ok_or(ReadError::Unknown("a signer"))?;
        self.attests.push(AttestFact {
            index: entry.index.get(),
            received_at: entry.received_at,
            author,
            entry: spoken_of,
            claim: attest.claim,
            note: attest.note.map(Box::from),
        });
        Ok(())
    }
}

/// The last of a place's administrative names, which is the one that holds the longest.
fn administrative(body: &Object<'_>) -> Option<Name> {
    let name = body.get("names").and_then(Json::as_array)?.last()?.as_object()?;
    let text = |key: &str| name.get(key).and_then(Json::as_str);
    Some(Name { vi: text("vi")?.into(), en: text("en").map(Into::into) })
}
