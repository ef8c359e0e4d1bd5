//! Lots, what they were made from, and what was made from them.

use std::collections::{BTreeSet, VecDeque};

use nguon_ledger::identifier::{LotKey, LotUri, Named, name_of};
use nguon_ledger::state::{Key, LotRecord, Record};
use nguon_ledger::tree::LeafIndex;

use super::{QueryError, View};

/// Most lots of one trace or bundle: ten years of a valley's harvests merged into one lot.
pub(super) const LOTS_MAX: usize = 10_000;

/// Which way a trace goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    /// To what it was made from.
    Back,
    /// To what was made from it.
    Forward,
}

/// A lot on a trace.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) record: Box<LotRecord>,
    /// Steps from the lot that was asked for.
    pub(crate) depth: u32,
}

/// A step on a trace: `to` was made from `from` by an entry.
#[derive(Debug)]
pub(crate) struct Edge {
    pub(crate) from: LotUri,
    pub(crate) to: LotUri,
    pub(crate) index: LeafIndex,
}

/// The lots that one was made from, or that were made from it; nearest first.
#[derive(Debug)]
pub(crate) struct Trace {
    pub(crate) nodes: Vec<Node>,
    pub(crate) edges: Vec<Edge>,
}

/// Finds the lot that a text names, in whatever spelling; the text of one of its packs will do.
pub(crate) fn find_lot(view: View<'_>, text: &str) -> Result<Box<LotRecord>, QueryError> {
    let uri = match name_of(view.origin(), text) {
        Named::Lot(uri) => uri,
        Named::Item(item) => item.lot().clone(),
        Named::Other => {
            return Err(QueryError::Malformed { field: "uri", detail: "not the uri of a lot".to_owned() });
        }
    };
    lot(view, uri.key())?.ok_or(QueryError::NotFound { what: "lot" })
}

/// The record of a lot.
pub(super) fn lot(view: View<'_>, key: LotKey) -> Result<Option<Box<LotRecord>>, QueryError> {
    match view.reader.record(&Key::Lot(key))? {
        Some(Record::Lot(record)) => Ok(Some(record)),
        _ => Ok(None),
    }
}

/// Walks from a lot in one direction, every lot once.
pub(crate) fn trace(view: View<'_>, start: Box<LotRecord>, direction: Direction) -> Result<Trace, QueryError> {
    let mut seen = BTreeSet::from([start.uri.key()]);
    let mut queue = VecDeque::from([Node { record: start, depth: 0 }]);
    let mut trace = Trace { nodes: Vec::new(), edges: Vec::new() };
    while let Some(node) = queue.pop_front() {
        for key in neighbours(view, &node.record, direction)? {
            let Some(other) = lot(view, key)? else { continue };
            let (from, to) = match direction {
                Direction::Back => (&other, &node.record),
                Direction::Forward => (&node.record, &other),
            };
            trace.edges.push(Edge { from: from.uri.clone(), to: to.uri.clone(), index: to.created });
            if seen.insert(key) {
                queue.push_back(Node { record: other, depth: node.depth + 1 });
            }
        }
        trace.nodes.push(node);
        if seen.len() > LOTS_MAX {
            return Err(QueryError::TooLarge { limit: LOTS_MAX, what: "lots" });
        }
    }
    Ok(trace)
}

fn neighbours(view: View<'_>, lot: &LotRecord, direction: Direction) -> Result<Vec<LotKey>, QueryError> {
    if direction == Direction::Back {
        return Ok(lot.parents.clone());
    }
    let key = lot.uri.key();
    let mut children = Vec::new();
    for number in 0..lot.children {
        if let Some(Record::Child(child)) = view.reader.record(&Key::Child { lot: key, number })? {
            children.push(child);
        }
        if children.len() > LOTS_MAX {
            return Err(QueryError::TooLarge { limit: LOTS_MAX, what: "lots" });
        }
    }
    Ok(children)
}
