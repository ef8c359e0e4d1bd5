//! Who acts, for whom, and with which roles.

use alloc::vec::Vec;

use super::session::{Session, Step};
use crate::body::{ActorClass, Role};
use crate::identifier::ActorUri;
use crate::refusal::{Code, Refusal};
use crate::state::{ActorRecord, ReadState, SignerRecord};

/// Most organisations one above the other.
pub(super) const LEVELS_MAX: usize = 8;

/// Who acts.
pub(super) struct Party {
    /// The signer's actor.
    pub(super) author: ActorUri,
    /// For whom it acts: itself or an organisation above it. This one holds, ships and receives.
    pub(super) party: ActorUri,
    /// The roles of either.
    pub(super) roles: Vec<Role>,
}

impl Party {
    /// Refuses unless there is one of `roles`.
    pub(super) fn needs(&self, roles: &[Role]) -> Result<(), Refusal> {
        if roles.iter().any(|role| self.roles.contains(role)) {
            return Ok(());
        }
        let names: Vec<&str> = roles.iter().map(|role| role.as_str()).collect();
        Err(Refusal::new(Code::RoleMissing, "signer", alloc::format!("needs the role {}", names.join(" or "))))
    }
}

/// The party that an event's signer acts for.
pub(super) fn acting<S: ReadState>(
    session: &Session<'_, S>,
    signer: &SignerRecord,
    acting_for: Option<ActorUri>,
) -> Step<Party, S> {
    let author = signer.actor.clone();
    let record = session.known_actor(&author, "signer")?;
    let mut roles = record.roles.clone();
    let Some(party) = acting_for.filter(|party| *party != author) else {
        return Ok(Party { party: author.clone(), author, roles });
    };
    let above = session.known_actor(&party, "body.for")?;
    if above.class != ActorClass::Organisation || !is_below(session, &record, &party)? {
        return Err(Refusal::new(Code::NotAbove, "body.for", party.as_str()).into());
    }
    roles.extend(above.roles);
    Ok(Party { author, party, roles })
}

/// Whether an actor stands below another, at any level.
pub(super) fn is_below<S: ReadState>(session: &Session<'_, S>, actor: &ActorRecord, above: &ActorUri) -> Step<bool, S> {
    let mut under = actor.under.clone();
    for _ in 0..LEVELS_MAX {
        let Some(uri) = under else { return Ok(false) };
        if uri == *above {
            return Ok(true);
        }
        under = session.actor(&uri)?.and_then(|record| record.under);
    }
    Ok(false)
}

/// What a signer may register.
pub(super) enum Authority {
    /// Everything.
    Operator,
    /// What belongs to this organisation.
    Registrar(ActorUri),
    /// Nothing but what is its own.
    Own,
}

/// The authority of a signer.
pub(super) fn authority<S: ReadState>(session: &Session<'_, S>, signer: &SignerRecord) -> Step<Authority, S> {
    let record = session.known_actor(&signer.actor, "signer")?;
    if record.has(Role::Operator) {
        return Ok(Authority::Operator);
    }
    if !record.has(Role::Registrar) {
        return Ok(Authority::Own);
    }
    let organisation = if record.class == ActorClass::Organisation { Some(signer.actor.clone()) } else { record.under };
    Ok(organisation.map_or(Authority::Own, Authority::Registrar))
}
