//! What a ledger says, for people who inspect: amounts that came, went, were lost and stand; yields; certificates; keys;
//! corrections; recalls; patterns that deserve a question.
//!
//! [`Facts`] is told every entry in order and keeps compact tables; a [`Scope`] says what is asked about; the answers are rows
//! with numbers and places in the log, never prose.
//!
//! The entries must have passed the audit ([`crate::audit`]): nothing here judges whether they were allowed. What an event does to
//! a lot is told by the rules (`nguon_ledger::rules`); here it is booked a second time, party by party, and a test holds
//! both books together.

mod balance;
mod facts;
mod happen;
mod hectares;
mod marks;
mod patterns;
mod read;
mod scope;
mod yields;

#[cfg(test)]
mod tests;

pub use balance::{BalanceRow, LotRow, PlaceRow, plus};
pub use facts::{
    ActorFact, ActorNo, AttestFact, Certificate, CorrectionFact, EventFact, Facts, Flow, FlowKind, InspectionFact,
    KeyFact, LotFact, LotNo, Name, PlaceFact, PlaceNo, ProductFact, ProductNo, RecallFact, Standing, Transit,
    YieldFact,
};
pub use hectares::Area;
pub use marks::{CorrectionRow, InspectionRow, KeyRow, RecallRow, Validity};
pub use patterns::{Pattern, PatternCode, thresholds};
pub use read::ReadError;
pub use scope::Scope;
pub use yields::{Share, YieldRow};
