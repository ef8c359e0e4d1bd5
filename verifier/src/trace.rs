//! Where a lot came from and where it went: an index made once from audited facts, and walks through it.
//!
//! The index is bytes that can be kept in a file. It says for which tree it was made, so that it can be held against a
//! checkpoint, and ends with a hash of itself, so that a damaged one is found out. It proves nothing by itself: whoever keeps it
//! keeps the result of an audit of their own.

mod index;
mod read;
mod walk;

pub use index::build;
pub use read::{Called, IndexError, LotRecord, TraceIndex, check};
pub use walk::{Direction, Holding, Trace, TraceEdge, TraceNode};
