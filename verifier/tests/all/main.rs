//! Tests of the verifier against ledgers built from bytes alone.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "everything here is a test, also what the tests share"
)]

mod audit;
mod bundles;
mod evidence;
mod fixture;
mod kept;
mod monitor;
mod serials;
mod stored;
mod story;
mod tamper;
mod vectors;
