//! What moves nothing: certificates, corrections, recalls, and who signed with which key.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use nguon_ledger::amount::{Amount, Dimension};
use nguon_ledger::time::UnixMillis;

use super::balance::plus;
use super::facts::{ActorNo, AttestFact, CorrectionFact, Facts, InspectionFact, LotNo, ProductNo};
use super::scope::{Scope, When};

/// Whether a certificate holds on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a day lies before, within or after a term")]
pub enum Validity {
    /// It does not hold yet.
    NotYet,
    /// It holds, as far as days were told.
    Valid,
    /// It holds no longer.
    Expired,
}

impl Validity {
    /// The word, as it travels.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotYet => "not_yet",
            Self::Valid => "valid",
            Self::Expired => "expired",
        }
    }

    /// Of a term on a day, all as `YYYY-MM-DD`, which compare as texts.
    #[must_use]
    pub fn on(day: &str, from: Option<&str>, to: Option<&str>) -> Self {
        if from.is_some_and(|from| day < from) {
            Self::NotYet
        } else if to.is_some_and(|to| day > to) {
            Self::Expired
        } else {
            Self::Valid
        }
    }
}

/// An inspection asked about.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct InspectionRow<'f> {
    /// It.
    pub inspection: &'f InspectionFact,
    /// When it happened.
    pub at: UnixMillis,
}

/// A correction asked about.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct CorrectionRow<'f> {
    /// It.
    pub correction: &'f CorrectionFact,
}

/// A recall asked about, and what it reaches.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RecallRow {
    /// The event, by its place in [`Facts::events`].
    pub event: usize,
    /// The lots that it names.
    pub named: Vec<LotNo>,
    /// They and all that was made from them.
    pub reached: Vec<LotNo>,
    /// Who has how much of that now, by party, product and unit; what is on its way counts with its addressee.
    pub held: Vec<(ActorNo, ProductNo, Dimension, Amount)>,
    /// What of it was sold, by product and unit.
    pub sold: Vec<(ProductNo, Dimension, Amount)>,
    /// The entry that took it back.
    pub taken_back: Option<u64>,
}

/// A key, and what it signed in the time asked about.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct KeyRow {
    /// The key, by its place in [`Facts::keys`].
    pub key: usize,
    /// How many events it signed among those asked about.
    pub events: u64,
    /// How many of them for a member who did not sign.
    pub on_behalf: u64,
}

impl Facts {
    /// Lots and all that was made from them, ascending.
    #[must_use]
    pub fn descendants(&self, lots: &[LotNo]) -> BTreeSet<LotNo> {
        let mut reached: BTreeSet<LotNo> = lots.iter().copied().collect();
        let mut queue: Vec<LotNo> = lots.to_vec();
        while let Some(lot) = queue.pop() {
            for child in self.lots.get(lot).map_or(&[][..], |lot| lot.children.as_slice()) {
                if reached.insert(*child) {
                    queue.push(*child);
                }
            }
        }
        reached
    }

    /// The lots that a recall which holds reaches.
    #[must_use]
    pub fn recalled_lots(&self) -> BTreeSet<LotNo> {
        let holding = self.recalls.iter().filter_map(|recall| self.events.get(recall.event));
        let named: Vec<LotNo> =
            holding.filter(|event| event.corrected.is_none()).flat_map(|event| event.lots.iter().copied()).collect();
        self.descendants(&named)
    }

    /// The recalls asked about.
    #[must_use]
    pub fn recall_rows(&self, scope: &Scope) -> Vec<RecallRow> {
        let asked = self.recalls.iter().filter_map(|recall| Some((recall.event, self.events.get(recall.event)?)));
        let asked = asked.filter(|(_, event)| scope.has_event(self, event));
        asked
            .map(|(no, event)| {
                let reached = self.descendants(&event.lots);
                let (held, sold) = self.whereabouts(&reached);
                RecallRow {
                    event: no,
                    named: event.lots.clone(),
                    reached: reached.into_iter().collect(),
                    held,
                    sold,
                    taken_back: event.corrected,
                }
            })
            .collect()
    }

    #[expect(clippy::type_complexity, reason = "two lists of amounts, named where they are kept")]
    fn whereabouts(
        &self,
        lots: &BTreeSet<LotNo>,
    ) -> (Vec<(ActorNo, ProductNo, Dimension, Amount)>, Vec<(ProductNo, Dimension, Amount)>) {
        let mut held: BTreeMap<(ActorNo, ProductNo, Dimension), Amount> = BTreeMap::new();
        let mut sold: BTreeMap<(ProductNo, Dimension), Amount> = BTreeMap::new();
        for lot in lots.iter().filter_map(|lot| self.lots.get(*lot)) {
            let standing = &lot.standing;
            let coming = standing.transits.iter().map(|transit| (transit.to, transit.amount));
            for (party, amount) in standing.held.iter().map(|(party, amount)| (*party, *amount)).chain(coming) {
                if amount.is_positive() {
                    let sum = held.entry((party, lot.product, lot.dimension)).or_default();
                    *sum = plus(*sum, amount);
                }
            }
            if standing.sold.is_positive() {
                let sum = sold.entry((lot.product, lot.dimension)).or_default();
                *sum = plus(*sum, standing.sold);
            }
        }
        let held = held.into_iter().map(|((party, product, dimension), sum)| (party, product, dimension, sum));
        let sold = sold.into_iter().map(|((product, dimension), sum)| (product, dimension, sum));
        (held.collect(), sold.collect())
    }

    /// The inspections asked about.
    #[must_use]
    pub fn inspection_rows(&self, scope: &Scope) -> Vec<InspectionRow<'_>> {
        let event = |row: &InspectionFact| self.events.get(row.event).filter(|event| scope.has_event(self, event));
        let rows = self.inspections.iter().filter_map(|row| Some((row, event(row)?.at)));
        rows.map(|(inspection, at)| InspectionRow { inspection, at }).collect()
    }

    /// The corrections asked about.
    #[must_use]
    pub fn correction_rows(&self, scope: &Scope) -> Vec<CorrectionRow<'_>> {
        let is_asked = |no: usize| self.events.get(no).is_some_and(|event| scope.has_event(self, event));
        let rows = self.corrections.iter().filter(|row| is_asked(row.event) || is_asked(row.original));
        rows.map(|correction| CorrectionRow { correction }).collect()
    }

    /// The attestations of events asked about; of everything when nothing is named.
    #[must_use]
    pub fn attest_rows(&self, scope: &Scope) -> Vec<&AttestFact> {
        let is_asked = |attest: &AttestFact| {
            let found = self.events.binary_search_by_key(&attest.entry, |event| event.index).ok();
            match found.and_then(|no| self.events.get(no)) {
                Some(event) => scope.has_event(self, event),
                None => {
                    *scope == Scope::default() || scope.when(attest.received_at) == When::Within && scope.is_of_all()
                }
            }
        };
        self.attests.iter().filter(|attest| is_asked(attest)).collect()
    }

    /// Every key, or those of the party asked about and those that signed an event asked about.
    #[must_use]
    pub fn key_rows(&self, scope: &Scope) -> Vec<KeyRow> {
        let mut rows: Vec<KeyRow> = (0..self.keys.len()).map(|key| KeyRow { key, events: 0, on_behalf: 0 }).collect();
        for event in self.events.iter().filter(|event| scope.has_event(self, event)) {
            if let Some(row) = rows.get_mut(event.key) {
                row.events = row.events.saturating_add(1);
                row.on_behalf = row.on_behalf.saturating_add(u64::from(event.on_behalf_of.is_some()));
            }
        }
        let is_whole = scope.is_of_all() && scope.product.is_none();
        let of_party = |key: usize| self.keys.get(key).map(|key| key.actor) == scope.party && scope.party.is_some();
        rows.retain(|row| is_whole || row.events > 0 || of_party(row.key));
        rows
    }
}
