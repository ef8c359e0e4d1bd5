//! Walks through a trace index.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use nguon_ledger::amount::Amount;

use super::read::{IndexError, LotRecord, TraceIndex};
use crate::report::plus;

/// Which way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "there are two ways and both of them")]
pub enum Direction {
    /// To what it was made from.
    Back,
    /// To what was made from it.
    Forward,
    /// Both.
    Both,
}

/// A lot on the way.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TraceNode<'i> {
    /// Its number in the index.
    pub number: u32,
    /// How many steps from the lot asked about on the longest way: below zero for what it was made from.
    pub depth: i64,
    /// The lot.
    pub lot: LotRecord<'i>,
}

/// A lot became part of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct TraceEdge {
    /// The lot that went in.
    pub from: u32,
    /// The lot that came out.
    pub to: u32,
    /// The entry that says so.
    pub index: u64,
}

/// What one party has of the lot asked about and of all that was made from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Holding<'i> {
    /// The party, by number; `None` for what was sold out of the ledger.
    pub party: Option<u32>,
    /// The product, by number.
    pub product: u32,
    /// `uom` of the amounts; empty for pieces.
    pub uom: &'i str,
    /// In how many lots.
    pub lots: usize,
    /// Held, or sold.
    pub amount: Amount,
    /// On its way to the party.
    pub coming: Amount,
}

/// The way of a lot.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Trace<'i> {
    /// The lot asked about, by number.
    pub lot: u32,
    /// Which way.
    pub direction: Direction,
    /// The lots on the way, ascending by depth, then by number.
    pub nodes: Vec<TraceNode<'i>>,
    /// Which became which, ascending.
    pub edges: Vec<TraceEdge>,
}

/// Lots on the way, by number.
type Found<'i> = BTreeMap<u32, (LotRecord<'i>, i64)>;

impl<'i> TraceIndex<'i> {
    /// The way of a lot.
    ///
    /// # Errors
    /// The index is cut short.
    pub fn trace(&self, lot: u32, direction: Direction) -> Result<Trace<'i>, IndexError> {
        let mut found: Found<'i> = BTreeMap::new();
        if direction != Direction::Forward {
            self.collect(lot, &mut found, |lot| &lot.parents)?;
            // What a lot is made from was there before it and has a lower number.
            let numbers: Vec<u32> = found.keys().rev().copied().collect();
            deepen(&numbers, &mut found, -1, |lot| &lot.parents);
        }
        if direction != Direction::Back {
            let mut below: Found<'i> = BTreeMap::new();
            self.collect(lot, &mut below, |lot| &lot.children)?;
            let numbers: Vec<u32> = below.keys().copied().collect();
            deepen(&numbers, &mut below, 1, |lot| &lot.children);
            found.append(&mut below);
        }
        let mut edges = Vec::new();
        for (number, (record, _)) in &found {
            let parents = record.parents.iter().filter(|parent| found.contains_key(parent));
            edges.extend(parents.map(|parent| TraceEdge { from: *parent, to: *number, index: record.created }));
        }
        edges.sort_unstable();
        let mut nodes: Vec<_> =
            found.into_iter().map(|(number, (lot, depth))| TraceNode { number, depth, lot }).collect();
        nodes.sort_by_key(|node| (node.depth, node.number));
        Ok(Trace { lot, direction, nodes, edges })
    }

    fn collect(
        &self,
        lot: u32,
        found: &mut Found<'i>,
        next: impl for<'a> Fn(&'a LotRecord<'i>) -> &'a [u32],
    ) -> Result<(), IndexError> {
        let mut seen = BTreeSet::from([lot]);
        let mut queue = Vec::from([lot]);
        while let Some(number) = queue.pop() {
            let record = self.lot(number)?;
            queue.extend(next(&record).iter().copied().filter(|relative| seen.insert(*relative)));
            found.insert(number, (record, 0));
        }
        Ok(())
    }
}

/// Gives each lot the length of the longest way to it; `numbers` has every lot before its relatives.
fn deepen<'i>(
    numbers: &[u32],
    found: &mut Found<'i>,
    step: i64,
    next: impl for<'a> Fn(&'a LotRecord<'i>) -> &'a [u32],
) {
    for number in numbers {
        let Some((record, depth)) = found.get(number) else { continue };
        let (relatives, depth) = (next(record).to_vec(), depth.saturating_add(step));
        for relative in relatives {
            if let Some((_, other)) = found.get_mut(&relative) {
                *other = if step < 0 { depth.min(*other) } else { depth.max(*other) };
            }
        }
    }
}

impl<'i> Trace<'i> {
    /// Who has what of the lot and of all that was made from it: what a recall must find. What was sold comes last.
    #[must_use]
    pub fn holdings(&self) -> Vec<Holding<'i>> {
        type Sum = (BTreeSet<u32>, Amount, Amount);
        let mut sums: BTreeMap<(bool, u32, u32, &'i str), Sum> = BTreeMap::new();
        for TraceNode { number, lot, .. } in self.nodes.iter().filter(|node| node.depth >= 0) {
            let mut add = |party: Option<u32>, amount: Amount, coming: Amount| {
                let key = (party.is_none(), party.unwrap_or_default(), lot.product, lot.uom);
                let (lots, held, way) = sums.entry(key).or_default();
                lots.insert(*number);
                (*held, *way) = (plus(*held, amount), plus(*way, coming));
            };
            for (party, amount) in &lot.held {
                add(Some(*party), *amount, Amount::ZERO);
            }
            for (_, to, amount) in &lot.transits {
                add(Some(*to), Amount::ZERO, *amount);
            }
            if lot.sold.is_positive() {
                add(None, lot.sold, Amount::ZERO);
            }
        }
        let holding = |((is_sold, party, product, uom), (lots, amount, coming)): ((bool, u32, u32, &'i str), Sum)| {
            Holding { party: (!is_sold).then_some(party), product, uom, lots: lots.len(), amount, coming }
        };
        sums.into_iter().map(holding).collect()
    }
}
