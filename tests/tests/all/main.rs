//! Every test that needs more than one crate, as one binary.
#![expect(clippy::unwrap_used, reason = "everything here is a test, also what the tests share")]

mod audit;
mod commands;
mod crash;
mod evidence;
mod full_disk;
mod harness;
mod hostile;
mod labels;
mod refusals;
mod report;
mod reported;
mod scratch;
mod tidy;
mod witness;
