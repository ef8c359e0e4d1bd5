//! Proof bundles read and judged.

use nguon_verifier::bundle::{Bundle, Options, Trust, verify_bundle};

use crate::fixture::vkey;
use crate::story::{PACKS, Story};

#[test]
fn an_honest_bundle_verifies() {
    let story = Story::sold();
    let bundle = Bundle::parse(story.ledger.bundle(PACKS, story.of_packs()).to_string().as_bytes()).unwrap();
    let verdict = verify_bundle(&bundle, &Options::new(Trust::Key(&vkey())));
    assert!(verdict.is_passed(), "{}", verdict.to_json());
}
