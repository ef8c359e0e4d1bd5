//! The verdict: one line, the reason behind one tap, and every check in plain words with its technical name small.

use maud::{Markup, html};

use super::{
    icon::{self, Sign},
    lot::{Freshness, LotPage},
};

/// The checks of `docs/format.md` section 8.1, in its order, and the words for each.
const CHECKS: [(&str, &str); 11] = [
    ("checkpoint_signed", "check.checkpoint_signed"),
    ("witness_quorum", "check.witness_quorum"),
    ("entries_included", "check.entries_included"),
    ("entry_chain", "check.entry_chain"),
    ("lot_chain_complete", "check.lot_chain_complete"),
    ("signatures", "check.signatures"),
    ("signer_registered", "check.signer_registered"),
    ("signer_chain", "check.signer_chain"),
    ("rules", "check.rules"),
    ("recall", "check.recall"),
    ("freshness", "check.freshness"),
];

/// The check that is made besides where the code names a pack.
const SERIAL_CHECK: (&str, &str) = ("serial_included", "check.serial_included");

/// What the server can say before the browser has checked. The script puts the verdict in its place.
pub(super) fn verdict(page: &LotPage<'_>) -> Markup {
    let words = page.frame.words;
    let (line, why) = match page.freshness {
        Freshness::Fresh => (words.get("verdict.server_only").to_owned(), words.get("verdict.why_server_only")),
        Freshness::Stale(fetched) => {
            (words.fill("verdict.stale", &[("d", &words.date_time(fetched))]), words.get("script.why_stale"))
        }
    };
    let since = words.date(page.story.proof.first_received.date_naive());
    html! {
        section #verdict.verdict.mind aria-label=(words.get("verdict.title")) {
            div.signs {
                span.only-mind { (icon::sign(Sign::Mind)) }
                span.only-tick { (icon::sign(Sign::Tick)) }
                span.only-stop { (icon::sign(Sign::Stop)) }
            }
            div.words {
                p #verdict-line.line role="status" { (line) }
                p.small {
                    span #verdict-by {}
                    (words.fill("verdict.since", &[("d", &since)]))
                    span #verdict-witness {}
                }
                details #checks-box {
                    summary { (words.get("verdict.why")) }
                    p #verdict-why { (why) }
                    ol #checks.checks {
                        @for (name, key) in CHECKS.into_iter().chain(page.link.serial().map(|_| SERIAL_CHECK)) {
                            li data-check=(name) {
                                span.check-name { (words.get(key)) } " "
                                span.check-result { (words.get("script.not_checked")) }
                                span.check-detail lang="en" {}
                                code.check-id { (name) }
                            }
                        }
                    }
                    p { a href="#check" { (words.get("verdict.see_check")) } }
                }
            }
        }
    }
}
