//! What a hectare is said to have borne. The ledger holds no areas: whoever asks brings them.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use nguon_ledger::amount::{Amount, Dimension};

use super::balance::plus;
use super::facts::{ActorNo, EventFact, Facts, FlowKind, LotNo, PlaceNo, ProductNo};
use super::patterns::{Pattern, PatternCode};
use super::scope::{Scope, When};

/// How much of a place bears a product, and how much of it that should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "callers say all of it")]
pub struct Area {
    /// Where.
    pub place: PlaceNo,
    /// What grows there.
    pub product: ProductNo,
    /// On how many hectares; more than none.
    pub hectares: Amount,
    /// The least that a hectare bears in the time asked about, in kilograms.
    pub least: Amount,
    /// The most.
    pub most: Amount,
}

impl Area {
    /// So much on the whole area, as so much a hectare, rounded down; `None` where the numbers are too great to say.
    fn per_hectare(&self, harvested: Amount) -> Option<Amount> {
        let one = Amount::from_whole(1).steps();
        // A ton on a hectare is 10^18 steps of a kilogram: divided first, nothing that a field bears overflows.
        let hectares = self.hectares.steps();
        let (whole, rest) = (harvested.steps().checked_div(hectares)?, harvested.steps().checked_rem(hectares)?);
        let rest = rest.checked_mul(one).and_then(|rest| rest.checked_div(hectares)).unwrap_or(0);
        Some(Amount::from_steps(whole.checked_mul(one)?.checked_add(rest)?))
    }
}

impl Facts {
    /// The areas on which less or more was harvested, in the time asked about, than a hectare is said to bear. Where nothing was harvested nothing
    /// was claimed.
    #[must_use]
    pub fn hectares_out_of_range(&self, scope: &Scope, areas: &[Area]) -> Vec<Pattern> {
        areas.iter().filter_map(|area| self.out_of_range(scope, *area)).collect()
    }

    fn out_of_range(&self, scope: &Scope, area: Area) -> Option<Pattern> {
        let mut sum = Amount::from_whole(0);
        let (mut entries, mut lots) = (BTreeSet::<u64>::new(), BTreeSet::<LotNo>::new());
        let mut actor: Option<ActorNo> = None;
        for flow in self.flows.iter().filter(|flow| flow.kind == FlowKind::Harvested) {
            let (Some(event), Some(lot)) = (self.events.get(flow.event), self.lots.get(flow.lot)) else { continue };
            let is_here = |event: &EventFact| event.place == Some(area.place) && scope.when(event.at) == When::Within;
            let is_this = lot.product == area.product && lot.dimension == Dimension::Mass;
            if is_this && is_here(event) && scope.has_flow(self, event, flow) {
                sum = plus(sum, flow.amount);
                entries.insert(event.index);
                lots.insert(flow.lot);
                actor.get_or_insert(event.party);
            }
        }
        let borne = area.per_hectare(sum)?;
        (borne < area.least || borne > area.most).then_some(())?;
        Some(Pattern {
            code: PatternCode::HarvestPerHectare,
            actor: actor?,
            product: Some(area.product),
            amount: Some((borne, Dimension::Mass)),
            minute: None,
            area: Some(area),
            of: entries.len(),
            entries: entries.into_iter().collect(),
            lots: lots.into_iter().collect(),
        })
    }
}
