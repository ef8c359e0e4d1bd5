//! What came, went, was lost and stands: by product, by lot, and harvests by place.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use nguon_ledger::amount::{Amount, Dimension};

use super::facts::{ActorNo, Facts, FlowKind, LotNo, PlaceNo, ProductNo, Standing};
use super::scope::{Scope, When};

/// The sum of two amounts. An amount's type holds the sum of a hundred thousand million of the greatest that a text can say.
#[must_use]
pub fn plus(one: Amount, other: Amount) -> Amount {
    Amount::from_steps(one.steps().saturating_add(other.steps()))
}

fn minus(one: Amount, other: Amount) -> Amount {
    Amount::from_steps(one.steps().saturating_sub(other.steps()))
}

/// The books of one product in one unit: `opening + harvested + made + received - used - sent - sold - lost - short = closing`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BalanceRow {
    /// The product.
    pub product: ProductNo,
    /// What the amounts measure.
    pub dimension: Dimension,
    /// What stood when the time asked about began.
    pub opening: Amount,
    /// Harvested.
    pub harvested: Amount,
    /// Made from other lots.
    pub made: Amount,
    /// Sent by others and arrived, what was missing included; nothing when all parties are asked about.
    pub received: Amount,
    /// Went into other lots.
    pub used: Amount,
    /// Sent to others; nothing when all parties are asked about.
    pub sent: Amount,
    /// Sold.
    pub sold: Amount,
    /// Declared lost.
    pub lost: Amount,
    /// Missing when it arrived.
    pub short: Amount,
    /// What stood when the time asked about ended, by the events.
    pub closing: Amount,
    /// What stands now: held, and of all parties on its way. `None` when a place is asked about: nobody books what stands where.
    pub now: Option<Amount>,
    /// What all events ever add up to, less `now`: zero, or the books are wrong.
    pub difference: Option<Amount>,
}

impl BalanceRow {
    const fn new(product: ProductNo, dimension: Dimension) -> Self {
        const NONE: Amount = Amount::ZERO;
        Self {
            product,
            dimension,
            opening: NONE,
            harvested: NONE,
            made: NONE,
            received: NONE,
            used: NONE,
            sent: NONE,
            sold: NONE,
            lost: NONE,
            short: NONE,
            closing: NONE,
            now: None,
            difference: None,
        }
    }

    fn book(&mut self, kind: FlowKind, amount: Amount, is_of_all: bool) {
        let sum = match kind {
            FlowKind::Harvested => &mut self.harvested,
            FlowKind::Made => &mut self.made,
            FlowKind::Used => &mut self.used,
            FlowKind::Sent => &mut self.sent,
            FlowKind::Received { short } => {
                self.short = plus(self.short, short);
                if is_of_all {
                    return;
                }
                &mut self.received
            }
            FlowKind::Sold => &mut self.sold,
            FlowKind::Lost => &mut self.lost,
        };
        *sum = plus(*sum, amount);
    }
}

/// What a flow adds to what stands, or takes from it.
fn net(kind: FlowKind, amount: Amount, is_of_all: bool) -> Amount {
    match kind {
        FlowKind::Harvested | FlowKind::Made => amount,
        FlowKind::Received { short } if is_of_all => minus(Amount::ZERO, short),
        FlowKind::Received { short } => minus(amount, short),
        FlowKind::Used | FlowKind::Sent | FlowKind::Sold | FlowKind::Lost => minus(Amount::ZERO, amount),
    }
}

/// The books of one lot.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct LotRow {
    /// The lot.
    pub lot: LotNo,
    /// Held by all parties.
    pub held: Amount,
    /// On its way.
    pub on_the_way: Amount,
    /// Whether a recall that holds reaches it.
    pub is_recalled: bool,
}

/// What was harvested at one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PlaceRow {
    /// The place; `None` where none was told.
    pub place: Option<PlaceNo>,
    /// The product.
    pub product: ProductNo,
    /// What the amount measures.
    pub dimension: Dimension,
    /// How many harvests.
    pub harvests: u64,
    /// How much.
    pub amount: Amount,
}

/// What parties hold of a lot.
pub(super) fn held(standing: &Standing, party: Option<ActorNo>) -> Amount {
    let of = |(holder, amount): (&ActorNo, &Amount)| party.is_none_or(|party| *holder == party).then_some(*amount);
    standing.held.iter().filter_map(of).fold(Amount::ZERO, plus)
}

/// What of a lot is on its way.
pub(super) fn on_the_way(standing: &Standing) -> Amount {
    standing.transits.iter().map(|transit| transit.amount).fold(Amount::ZERO, plus)
}

impl Facts {
    /// The books by product and unit.
    #[must_use]
    pub fn balances(&self, scope: &Scope) -> Vec<BalanceRow> {
        let is_of_all = scope.is_of_all();
        let mut rows: BTreeMap<(ProductNo, Dimension), (BalanceRow, Amount)> = BTreeMap::new();
        let mut row_of = |lot: LotNo, change: &mut dyn FnMut(&mut BalanceRow, &mut Amount)| {
            let Some(lot) = self.lots.get(lot) else { return };
            let new = || (BalanceRow::new(lot.product, lot.dimension), Amount::ZERO);
            let (row, ever) = rows.entry((lot.product, lot.dimension)).or_insert_with(new);
            change(row, ever);
        };
        for flow in &self.flows {
            let Some(event) = self.events.get(flow.event) else { continue };
            if !scope.has_flow(self, event, flow) {
                continue;
            }
            let net = net(flow.kind, flow.amount, is_of_all);
            row_of(flow.lot, &mut |row, ever| {
                *ever = plus(*ever, net);
                match scope.when(event.at) {
                    When::Before => row.opening = plus(row.opening, net),
                    When::Within => row.book(flow.kind, flow.amount, is_of_all),
                    When::After => return,
                }
                row.closing = plus(row.closing, net);
            });
        }
        if scope.place.is_none() {
            for (no, lot) in self.lots.iter().enumerate() {
                let is_asked = scope.product.is_none_or(|product| lot.product == product);
                let way = if is_of_all { on_the_way(&lot.standing) } else { Amount::ZERO };
                let stands = plus(held(&lot.standing, scope.party), way);
                // A party that never had anything of a product gets no row for it.
                if is_asked && (is_of_all && !lot.voided || !stands.is_zero()) {
                    row_of(no, &mut |row, _| row.now = Some(plus(row.now.unwrap_or_default(), stands)));
                }
            }
            for (row, ever) in rows.values_mut() {
                let now = row.now.unwrap_or_default();
                (row.now, row.difference) = (Some(now), Some(minus(*ever, now)));
            }
        }
        rows.into_values().map(|(row, _)| row).collect()
    }

    /// The books lot by lot: all lots that an event asked about names, or that stand with the party asked about.
    #[must_use]
    pub fn lot_rows(&self, scope: &Scope) -> Vec<LotRow> {
        let mut is_asked = alloc::vec![false; self.lots.len()];
        for event in self.events.iter().filter(|event| scope.has_event(self, event)) {
            for lot in &event.lots {
                if let Some(asked) = is_asked.get_mut(*lot) {
                    *asked = true;
                }
            }
        }
        let recalled = self.recalled_lots();
        let rows = self.lots.iter().zip(is_asked).enumerate().filter(|(_, (lot, is_asked))| {
            let is_held = scope.party.is_some_and(|party| held(&lot.standing, Some(party)).is_positive());
            scope.product.is_none_or(|product| lot.product == product) && (*is_asked || is_held)
        });
        rows.map(|(no, (lot, _))| LotRow {
            lot: no,
            held: held(&lot.standing, None),
            on_the_way: on_the_way(&lot.standing),
            is_recalled: recalled.contains(&no),
        })
        .collect()
    }

    /// Harvests by place and product.
    #[must_use]
    pub fn harvests_by_place(&self, scope: &Scope) -> Vec<PlaceRow> {
        let mut rows: BTreeMap<(Option<PlaceNo>, ProductNo, Dimension), (u64, Amount)> = BTreeMap::new();
        for flow in self.flows.iter().filter(|flow| flow.kind == FlowKind::Harvested) {
            let (Some(event), Some(lot)) = (self.events.get(flow.event), self.lots.get(flow.lot)) else { continue };
            if scope.has_flow(self, event, flow) && scope.when(event.at) == When::Within {
                let (harvests, sum) = rows.entry((event.place, lot.product, lot.dimension)).or_default();
                *harvests = harvests.saturating_add(1);
                *sum = plus(*sum, flow.amount);
            }
        }
        let row = |((place, product, dimension), (harvests, amount))| PlaceRow {
            place,
            product,
            dimension,
            harvests,
            amount,
        };
        rows.into_iter().map(row).collect()
    }
}
