//! Tests of the verifier against ledgers built from bytes alone.

mod audit;
mod bundles;
mod fixture;
mod stored;
mod story;
mod vectors;
