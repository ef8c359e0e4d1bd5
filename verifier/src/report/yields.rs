//! Yields against their registered bounds.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use nguon_ledger::amount::{Amount, Dimension};

use super::balance::plus;
use super::facts::{Facts, ProductNo, YieldFact};
use super::scope::Scope;

/// A part of something, in millionths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Share(u64);

impl Share {
    /// `part` of `whole`, cut off after a millionth; `None` of nothing.
    #[must_use]
    pub fn of(part: Amount, whole: Amount) -> Option<Self> {
        let whole = whole.steps();
        let scaled = part.steps().checked_mul(1_000_000)?;
        scaled.checked_div(whole).and_then(|share| u64::try_from(share).ok()).map(Self)
    }

    /// In millionths.
    #[must_use]
    pub const fn millionths(self) -> u64 {
        self.0
    }
}

/// What was made of what, added up over the transformations asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct YieldRow {
    /// What came out.
    pub product: ProductNo,
    /// What went in.
    pub sources: Vec<ProductNo>,
    /// What the amounts measure.
    pub dimension: Dimension,
    /// How many transformations.
    pub count: u64,
    /// How much went in.
    pub input: Amount,
    /// How much came out.
    pub output: Amount,
    /// The most that may have come out.
    pub allowed: Amount,
    /// The smallest and the greatest yield of one transformation.
    pub range: Option<(Share, Share)>,
}

impl YieldRow {
    /// What came out of one unit of input.
    #[must_use]
    pub fn share(&self) -> Option<Share> {
        Share::of(self.output, self.input)
    }

    /// The most that may come out of one unit of input.
    #[must_use]
    pub fn bound(&self) -> Option<Share> {
        Share::of(self.allowed, self.input)
    }
}

impl Facts {
    /// Transformations asked about that were not taken back.
    pub(super) fn yields_within(&self, scope: &Scope) -> impl Iterator<Item = &YieldFact> {
        self.yields.iter().filter(move |fact| {
            let event = self.events.get(fact.event);
            let is_product = |product| fact.product == product || fact.sources.contains(&product);
            // The event names inputs and outputs; asked about one product, only yields that involve it count.
            scope.product.is_none_or(is_product)
                && event.is_some_and(|event| !event.undone && scope.has_event(self, event))
        })
    }

    /// Yields by what came out and what went in.
    #[must_use]
    pub fn yield_rows(&self, scope: &Scope) -> Vec<YieldRow> {
        let mut rows: BTreeMap<(ProductNo, &[ProductNo], Dimension), YieldRow> = BTreeMap::new();
        for fact in self.yields_within(scope) {
            let row = rows.entry((fact.product, &fact.sources, fact.dimension)).or_insert_with(|| YieldRow {
                product: fact.product,
                sources: fact.sources.clone(),
                dimension: fact.dimension,
                count: 0,
                input: Amount::ZERO,
                output: Amount::ZERO,
                allowed: Amount::ZERO,
                range: None,
            });
            row.count = row.count.saturating_add(1);
            row.input = plus(row.input, fact.input);
            row.output = plus(row.output, fact.output);
            row.allowed = plus(row.allowed, fact.allowed);
            if let Some(share) = Share::of(fact.output, fact.input) {
                row.range = Some(row.range.map_or((share, share), |(low, high)| (low.min(share), high.max(share))));
            }
        }
        rows.into_values().collect()
    }
}
