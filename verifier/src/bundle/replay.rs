//! Replays a bundle's entries with the rules, seeing only its own lots.

use alloc::format;
use alloc::string::String;

use nguon_ledger::body::Serials;
use nguon_ledger::rules::{ApplyError, Context, Proposal, Scope, apply};
use nguon_ledger::state::{Key, MemoryState, ReadState as _, Record};

use super::reading::{Item, Reading};
use crate::verdict::{Check, CheckName, Fault};

/// The state after the replay, which ends at the first fault.
pub(super) struct Replay {
    state: MemoryState,
    /// `None` if nothing could be replayed.
    result: Option<Result<(), Fault>>,
}

impl Replay {
    pub(super) fn run(reading: &Reading<'_>) -> Self {
        let mut state = MemoryState::new();
        let result = reading.lot.map(|_| {
            reading
                .items
                .iter()
                .try_for_each(|item| step(reading, &mut state, item).map_err(|detail| Fault::at(item.index, detail)))
        });
        Self { state, result }
    }

    pub(super) fn rules(&self) -> Check {
        match &self.result {
            Some(result) => Check::of(CheckName::Rules, result.clone()),
            None => Check::not_checked(CheckName::Rules, "ledger or lot is unknown"),
        }
    }

    /// What the lot committed to of its packs' serials; `None` where the replay did not reach its end.
    pub(super) fn serials(&self, reading: &Reading<'_>) -> Option<Option<Serials>> {
        let (Some(lot), Some(Ok(()))) = (reading.lot, &self.result) else { return None };
        match self.state.read(&Key::Lot(lot)) {
            Ok(Some(Record::Lot(record))) => Some(record.serials),
            Ok(Some(_) | None) => None,
            Err(never) => match never {},
        }
    }

    pub(super) fn recall(&self, reading: &Reading<'_>) -> Check {
        let name = CheckName::Recall;
        let Ok(record) = match reading.lot {
            Some(lot) => self.state.read(&Key::Lot(lot)),
            None => Ok(None),
        };
        match (record, &self.result) {
            (Some(Record::Lot(lot)), result) => match (lot.recalls.first(), result) {
                (Some(index), _) => Check::of(name, Err(Fault::at(*index, "recalled"))),
                (None, Some(Ok(()))) => Check::passed(name),
                (None, _) => Check::not_checked(name, "the replay did not reach the end"),
            },
            _ => Check::not_checked(name, "the replay did not reach the lot"),
        }
    }
}

fn step(reading: &Reading<'_>, state: &mut MemoryState, item: &Item<'_>) -> Result<(), String> {
    let Some(origin) = reading.origin else { return Err("the ledger's origin is unknown".into()) };
    let entry = item.entry.as_ref().map_err(|error| format!("not an entry: {error}"))?;
    let statement = match &item.statement {
        Some(Ok(statement)) => statement,
        Some(Err(refusal)) => return Err(format!("{refusal}")),
        None => return Err("the statement cannot be read".into()),
    };
    let scope = Scope::Lots(&reading.lots);
    let context = Context { index: entry.index, received_at: entry.received_at, scope };
    let effects = match apply(state, &context, &Proposal::new(origin, statement, entry.payload)) {
        Ok(effects) => effects,
        Err(ApplyError::Refused(refusal)) => return Err(format!("{refusal}")),
        Err(ApplyError::State(never)) => match never {},
    };
    let links = entry.links.iter().filter(|link| reading.lots.contains(&link.lot));
    if !effects.links().iter().eq(links) {
        return Err("links other lots than its statement names".into());
    }
    state.write(effects.finish(item.leaf_hash));
    Ok(())
}
