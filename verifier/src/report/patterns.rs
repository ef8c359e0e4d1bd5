//! Patterns that deserve a question. Each is a hint and never a proof: an honest ledger can show every one of them.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use nguon_ledger::amount::{Amount, Dimension};
use nguon_ledger::body::Verb;
use nguon_ledger::time::{HOUR_MILLIS, MINUTE_MILLIS};

use super::facts::{ActorNo, EventFact, Facts, FlowKind, LotNo, ProductNo};
use super::hectares::Area;
use super::scope::Scope;

/// What must be exceeded before a pattern is worth a question. All are judgements, chosen so that a household's season of honest
/// records stays silent; the code of a pattern stands for its meaning, the numbers may change with a release.
pub mod thresholds {
    use super::{HOUR_MILLIS, MINUTE_MILLIS};

    /// `identical_claims`: so many equal amounts of one product by one party.
    pub const IDENTICAL_MIN: usize = 5;
    /// `identical_claims`: and at least this part of all its claims for the product, in percent.
    pub const IDENTICAL_PERCENT_MIN: usize = 50;
    /// `round_numbers`: so many claims, all of them round.
    pub const ROUND_MIN: usize = 8;
    /// `round_numbers`: round is a multiple of so many base units (kilograms, litres).
    pub const ROUND_UNITS: i128 = 10;
    /// `same_minute`: so many events of one signer.
    pub const CLOCK_MIN: usize = 10;
    /// `same_minute`: on so many days.
    pub const CLOCK_DAYS_MIN: usize = 10;
    /// `same_minute`: this part of them at one minute of the day, in percent.
    pub const CLOCK_PERCENT_MIN: usize = 90;
    /// `late_burst`: so many events signed by one key ...
    pub const BURST_MIN: usize = 8;
    /// ... within this time, by the signer's clock ...
    pub const BURST_MILLIS: i64 = 10 * MINUTE_MILLIS;
    /// ... each so long after it is said to have happened ...
    pub const BURST_LATE_MILLIS: i64 = 24 * HOUR_MILLIS;
    /// ... and the times told at least so far apart.
    pub const BURST_SPAN_MILLIS: i64 = 24 * HOUR_MILLIS;
    /// `yield_at_bound`: so many transformations of one party to one product, all of them at the bound.
    pub const AT_BOUND_MIN: usize = 5;
    /// `yield_at_bound`: at the bound is from this part of it on, in thousandths.
    pub const AT_BOUND_PERMILLE_MIN: i128 = 999;
    /// `same_media`: one photo or paper with so many events of different lots.
    pub const MEDIA_MIN: usize = 3;
}

/// Which pattern. The codes are stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum PatternCode {
    /// The same amount again and again.
    IdenticalClaims,
    /// Nothing but round amounts.
    RoundNumbers,
    /// Always at the same minute of the day.
    SameMinute,
    /// Many events signed at once, long after they happened.
    LateBurst,
    /// Yields always exactly at the allowed bound.
    YieldAtBound,
    /// One photo for many events.
    SameMedia,
    /// Less or more from a hectare than it is said to bear.
    HarvestPerHectare,
}

impl PatternCode {
    /// Every code.
    pub const ALL: &'static [Self] = &[
        Self::IdenticalClaims,
        Self::RoundNumbers,
        Self::SameMinute,
        Self::LateBurst,
        Self::YieldAtBound,
        Self::SameMedia,
        Self::HarvestPerHectare,
    ];

    /// The code, as it travels.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::IdenticalClaims => "identical_claims",
            Self::RoundNumbers => "round_numbers",
            Self::SameMinute => "same_minute",
            Self::LateBurst => "late_burst",
            Self::YieldAtBound => "yield_at_bound",
            Self::SameMedia => "same_media",
            Self::HarvestPerHectare => "harvest_per_hectare",
        }
    }
}

/// A pattern found.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pattern {
    /// Which.
    pub code: PatternCode,
    /// By whom.
    pub actor: ActorNo,
    /// The product, where it is about one.
    pub product: Option<ProductNo>,
    /// The amount that is repeated, or that a hectare bore.
    pub amount: Option<(Amount, Dimension)>,
    /// The minute of the day in UTC that is repeated.
    pub minute: Option<u16>,
    /// The area that was harvested, where it is about one.
    pub area: Option<Area>,
    /// Of how many that were looked at.
    pub of: usize,
    /// The entries that show it, ascending.
    pub entries: Vec<u64>,
    /// The lots that they name, ascending.
    pub lots: Vec<LotNo>,
}

/// What came into being by one event, as its signer weighed it.
struct Claim {
    event: usize,
    amount: Amount,
}

fn is_part(part: usize, of: usize, percent_min: usize) -> bool {
    part.saturating_mul(100) >= of.saturating_mul(percent_min)
}

impl Facts {
    /// The patterns among the events asked about that need nothing but the ledger.
    #[must_use]
    pub fn patterns(&self, scope: &Scope) -> Vec<Pattern> {
        let mut found = Vec::new();
        self.claims(scope, &mut found);
        self.clocks(scope, &mut found);
        self.bounds(scope, &mut found);
        self.same_media(scope, &mut found);
        found.sort_by_key(|pattern| pattern.code);
        found
    }

    fn event_within(&self, no: usize, scope: &Scope) -> Option<&EventFact> {
        self.events.get(no).filter(|event| !event.undone && scope.has_event(self, event))
    }

    fn pattern(&self, code: PatternCode, actor: ActorNo, of: usize, events: impl Iterator<Item = usize>) -> Pattern {
        let events: BTreeSet<usize> = events.collect();
        let facts = || events.iter().filter_map(|no| self.events.get(*no));
        let lots: BTreeSet<LotNo> = facts().flat_map(|event| event.lots.iter().copied()).collect();
        Pattern {
            code,
            actor,
            product: None,
            amount: None,
            minute: None,
            area: None,
            of,
            entries: facts().map(|event| event.index).collect(),
            lots: lots.into_iter().collect(),
        }
    }

    /// Equal and round amounts. Only what was weighed counts: packs and counted pieces are equal by their nature.
    fn claims(&self, scope: &Scope, found: &mut Vec<Pattern>) {
        let mut claims: BTreeMap<(ActorNo, ProductNo, Dimension), Vec<Claim>> = BTreeMap::new();
        for flow in self.flows.iter().filter(|flow| matches!(flow.kind, FlowKind::Harvested | FlowKind::Made)) {
            let (Some(event), Some(lot)) = (self.event_within(flow.event, scope), self.lots.get(flow.lot)) else {
                continue;
            };
            let is_product = scope.product.is_none_or(|product| lot.product == product);
            if is_product && matches!(event.verb, Verb::Harvest | Verb::Process) && lot.dimension != Dimension::Pieces {
                let key = (event.party, lot.product, lot.dimension);
                claims.entry(key).or_default().push(Claim { event: flow.event, amount: flow.amount });
            }
        }
        for ((party, product, dimension), claims) in &claims {
            let mut equal: BTreeMap<Amount, Vec<usize>> = BTreeMap::new();
            for claim in claims {
                equal.entry(claim.amount).or_default().push(claim.event);
            }
            for (amount, events) in equal {
                let is_many = events.len() >= thresholds::IDENTICAL_MIN;
                if is_many && is_part(events.len(), claims.len(), thresholds::IDENTICAL_PERCENT_MIN) {
                    let pattern = self.pattern(PatternCode::IdenticalClaims, *party, claims.len(), events.into_iter());
                    let amount = Some((amount, *dimension));
                    found.push(Pattern { product: Some(*product), amount, ..pattern });
                }
            }
            let unit = Amount::from_whole(1).steps().saturating_mul(thresholds::ROUND_UNITS);
            let is_round = |claim: &Claim| claim.amount.steps().checked_rem(unit) == Some(0);
            if claims.len() >= thresholds::ROUND_MIN && claims.iter().all(is_round) {
                let events = claims.iter().map(|claim| claim.event);
                let pattern = self.pattern(PatternCode::RoundNumbers, *party, claims.len(), events);
                found.push(Pattern { product: Some(*product), ..pattern });
            }
        }
    }

    /// Times of the day and bursts, key by key: a habit is a person's.
    fn clocks(&self, scope: &Scope, found: &mut Vec<Pattern>) {
        let mut by_key: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for no in 0..self.events.len() {
            if let Some(event) = self.event_within(no, scope) {
                // A correction repeats the time of the event that it corrects.
                if event.verb != Verb::Correct {
                    by_key.entry(event.key).or_default().push(no);
                }
            }
        }
        for events in by_key.values() {
            self.same_minute(events, found);
            self.late_burst(events, found);
        }
    }

    fn same_minute(&self, events: &[usize], found: &mut Vec<Pattern>) {
        const DAY_MINUTES: i64 = 24 * 60;
        let mut minutes: BTreeMap<i64, (Vec<usize>, BTreeSet<i64>)> = BTreeMap::new();
        for no in events {
            let Some(event) = self.events.get(*no) else { continue };
            let minute = event.at.get().div_euclid(MINUTE_MILLIS);
            let (events, days) = minutes.entry(minute.rem_euclid(DAY_MINUTES)).or_default();
            events.push(*no);
            days.insert(minute.div_euclid(DAY_MINUTES));
        }
        for (minute, (same, days)) in minutes {
            let is_many = same.len() >= thresholds::CLOCK_MIN && days.len() >= thresholds::CLOCK_DAYS_MIN;
            if is_many && is_part(same.len(), events.len(), thresholds::CLOCK_PERCENT_MIN) {
                let actor = self.author(&same);
                let pattern = self.pattern(PatternCode::SameMinute, actor, events.len(), same.into_iter());
                found.push(Pattern { minute: u16::try_from(minute).ok(), ..pattern });
            }
        }
    }

    fn author(&self, events: &[usize]) -> ActorNo {
        events.first().and_then(|no| self.events.get(*no)).map_or(0, |event| event.author)
    }

    /// A phone that was offline sends much at once, but it signed each when it was typed in: only the signing times count.
    fn late_burst(&self, events: &[usize], found: &mut Vec<Pattern>) {
        let late = events.iter().filter_map(|no| Some((*no, self.events.get(*no)?)));
        let late = late.filter(|(_, event)| event.signed_at.since(event.at) >= thresholds::BURST_LATE_MILLIS);
        let mut late: Vec<_> = late.map(|(no, event)| (event.signed_at, no, event.at)).collect();
        late.sort_unstable();
        let mut burst: Vec<(usize, nguon_ledger::time::UnixMillis)> = Vec::new();
        let mut began = None;
        let mut end = |burst: &mut Vec<(usize, nguon_ledger::time::UnixMillis)>| {
            let earliest = burst.iter().map(|(_, at)| *at).min();
            let span = earliest.zip(burst.iter().map(|(_, at)| *at).max()).map_or(0, |(low, high)| high.since(low));
            if burst.len() >= thresholds::BURST_MIN && span >= thresholds::BURST_SPAN_MILLIS {
                let numbers: Vec<usize> = burst.iter().map(|(no, _)| *no).collect();
                let actor = self.author(&numbers);
                found.push(self.pattern(PatternCode::LateBurst, actor, events.len(), numbers.into_iter()));
            }
            burst.clear();
        };
        for (signed_at, no, at) in late {
            if began.is_none_or(|began| signed_at.since(began) > thresholds::BURST_MILLIS) {
                end(&mut burst);
                began = Some(signed_at);
            }
            burst.push((no, at));
        }
        end(&mut burst);
    }

    fn bounds(&self, scope: &Scope, found: &mut Vec<Pattern>) {
        let mut yields: BTreeMap<(ActorNo, ProductNo), (Vec<usize>, bool)> = BTreeMap::new();
        for fact in self.yields_within(scope).filter(|fact| fact.is_bounded) {
            let Some(event) = self.events.get(fact.event) else { continue };
            let reached = fact.output.steps().saturating_mul(1_000);
            let is_at = reached >= fact.allowed.steps().saturating_mul(thresholds::AT_BOUND_PERMILLE_MIN);
            let (events, all) = yields.entry((event.party, fact.product)).or_insert((Vec::new(), true));
            events.push(fact.event);
            *all = *all && is_at;
        }
        for ((party, product), (events, all)) in yields {
            if all && events.len() >= thresholds::AT_BOUND_MIN {
                let pattern = self.pattern(PatternCode::YieldAtBound, party, events.len(), events.into_iter());
                found.push(Pattern { product: Some(product), ..pattern });
            }
        }
    }

    fn same_media(&self, scope: &Scope, found: &mut Vec<Pattern>) {
        for events in self.media.values() {
            let within = events.iter().copied().filter(|no| self.event_within(*no, scope).is_some());
            // The same photo at each step of one lot's way is only natural.
            let mut lots = BTreeSet::new();
            let mut shown = Vec::new();
            for no in within {
                let Some(event) = self.events.get(no) else { continue };
                if event.lots.iter().all(|lot| !lots.contains(lot)) {
                    shown.push(no);
                }
                lots.extend(event.lots.iter().copied());
            }
            if shown.len() >= thresholds::MEDIA_MIN {
                let actor = self.author(&shown);
                found.push(self.pattern(PatternCode::SameMedia, actor, events.len(), shown.into_iter()));
            }
        }
    }
}
