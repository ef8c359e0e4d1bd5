//! What is asked about.

use nguon_ledger::time::UnixMillis;

use super::facts::{ActorNo, EventFact, Facts, Flow, FlowKind, PlaceNo, ProductNo};

/// What is asked about; nothing named asks about everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[expect(clippy::exhaustive_structs, reason = "callers say all of it or take the default")]
pub struct Scope {
    /// What this party did and holds.
    pub party: Option<ActorNo>,
    /// What happened at this place.
    pub place: Option<PlaceNo>,
    /// What happened to this product.
    pub product: Option<ProductNo>,
    /// From this time on, by the time that events tell.
    pub from: Option<UnixMillis>,
    /// Before this time.
    pub until: Option<UnixMillis>,
}

/// Where a time lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    Before,
    Within,
    After,
}

impl Scope {
    pub(super) fn when(&self, at: UnixMillis) -> When {
        if self.from.is_some_and(|from| at < from) {
            When::Before
        } else if self.until.is_some_and(|until| at >= until) {
            When::After
        } else {
            When::Within
        }
    }

    /// Whether an event is asked about.
    #[must_use]
    pub fn has_event(&self, facts: &Facts, event: &EventFact) -> bool {
        let is_party = |party| event.party == party || event.author == party || event.on_behalf_of == Some(party);
        let is_product =
            |product| event.lots.iter().filter_map(|lot| facts.lots.get(*lot)).any(|lot| lot.product == product);
        self.when(event.at) == When::Within
            && self.party.is_none_or(is_party)
            && self.place.is_none_or(|place| event.place == Some(place))
            && self.product.is_none_or(is_product)
    }

    /// Whether a flow is asked about, whenever it was. Of all parties together nothing is sent or received: it stays among them.
    pub(super) fn has_flow(&self, facts: &Facts, event: &EventFact, flow: &Flow) -> bool {
        let is_product = |product| facts.lots.get(flow.lot).is_some_and(|lot| lot.product == product);
        !event.undone
            && self.party.is_none_or(|party| event.party == party)
            && self.place.is_none_or(|place| event.place == Some(place))
            && self.product.is_none_or(is_product)
            && !(self.is_of_all() && flow.kind == FlowKind::Sent)
    }

    /// Whether the books are those of all parties together, what is on its way included.
    pub(super) const fn is_of_all(&self) -> bool {
        self.party.is_none() && self.place.is_none()
    }
}
