//! Whole audits: the honest ledger, and every way of bending it that is consistent in itself.

use nguon_ledger::identifier::Origin;
use nguon_verifier::audit::{Auditor, Finding};

use crate::fixture::{Ledger, ORIGIN};
use crate::story::Story;

fn audit(ledger: &Ledger) -> Result<Auditor, Finding> {
    let mut auditor = Auditor::new(Origin::parse(ORIGIN).unwrap());
    for entry in &ledger.entries {
        auditor.push(entry)?;
    }
    auditor.finish(ledger.signed().checkpoint())?;
    Ok(auditor)
}

#[test]
fn an_honest_ledger_verifies() {
    let story = Story::sold();
    let auditor = audit(&story.ledger).unwrap();
    assert_eq!(auditor.root(), story.ledger.root());
}
