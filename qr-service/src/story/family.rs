//! The lot and everything that it was made from.

use std::collections::{BTreeMap, BTreeSet};

use super::event::Event;

/// A lot with its ancestors, and the event that brought each into being.
pub(super) struct Family<'a> {
    births: BTreeMap<&'a str, &'a Event>,
    members: BTreeSet<&'a str>,
}

impl<'a> Family<'a> {
    /// Walks back from `lot` over the inputs of the events that created it and them.
    pub(super) fn of(lot: &str, events: &'a [Event]) -> Self {
        let mut births: BTreeMap<&'a str, &'a Event> = BTreeMap::new();
        for event in events.iter().filter(|event| event.verb.creates()) {
            for made in event.creates.keys() {
                births.entry(made).or_insert(event);
            }
        }
        let mut family = Self { births, members: BTreeSet::new() };
        family.members = family.ancestry(lot);
        family
    }

    /// `lot` and all that it was made from, as far as the bundle tells.
    pub(super) fn ancestry(&self, lot: &str) -> BTreeSet<&'a str> {
        let mut found = BTreeSet::new();
        let mut open: Vec<&'a str> = self.births.get_key_value(lot).map(|(lot, _)| *lot).into_iter().collect();
        while let Some(lot) = open.pop() {
            if found.insert(lot) {
                open.extend(self.birth(lot).into_iter().flat_map(|event| event.inputs.keys().map(String::as_str)));
            }
        }
        found
    }

    /// The event that brought `lot` into being.
    pub(super) fn birth(&self, lot: &str) -> Option<&'a Event> {
        self.births.get(lot).copied()
    }

    /// Whether `lot` is the lot itself or one that it was made from.
    pub(super) fn has(&self, lot: &str) -> bool {
        self.members.contains(lot)
    }

    /// The event that created each member, oldest first, each once.
    pub(super) fn births(&self) -> Vec<&'a Event> {
        let mut events: Vec<&Event> = self.members.iter().filter_map(|lot| self.birth(lot)).collect();
        events.sort_by_key(|event| event.index);
        events.dedup_by_key(|event| event.index);
        events
    }
}
