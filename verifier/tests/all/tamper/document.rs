//! The table in `docs/reliability.md`, which is that of the tests.

use std::fs;

use super::{How, matrix};

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/reliability.md");
const BEGIN: &str = "<!-- The table is written by verifier/tests/all/tamper; NGUON_BLESS=1 writes it anew. -->\n";
const END: &str = "<!-- End of the table. -->\n";

fn table() -> String {
    let mut text = String::new();
    let mut number = 0;
    for (heading, lies) in matrix() {
        text.push_str(&format!("\n### {heading}\n\n| | the operator ... | found by | code |\n|---|---|---|---|\n"));
        for lie in lies {
            number += 1;
            let found_in = match lie.how {
                How::Entries(_) | How::Copy(_) | How::Data(_) | How::Journal(_) => "audit",
                How::Kept(_) => "audit that goes on from a kept state",
                How::Witnessed(_) => "audit, with a policy",
                How::Bundle(_) => "bundle",
                How::Proof(_) => "proof",
            };
            let check = lie.check().replace(", ", "`, `");
            let code = lie.code.map(|code| format!("`{code}`")).unwrap_or_default();
            text.push_str(&format!("| {number} | {} | `{check}` ({found_in}) | {code} |\n", lie.lie));
        }
    }
    text.push('\n');
    text
}

/// `NGUON_BLESS=1` writes the table anew.
#[test]
fn the_document_shows_the_matrix() {
    let golden = fs::read_to_string(PATH).unwrap();
    let (head, rest) = golden.split_once(BEGIN).unwrap();
    let (_, tail) = rest.split_once(END).unwrap();
    let now = format!("{head}{BEGIN}{}{END}{tail}", table());
    if std::env::var_os("NGUON_BLESS").is_some() {
        fs::write(PATH, &now).unwrap();
    }
    assert!(
        fs::read_to_string(PATH).unwrap() == now,
        "docs/reliability.md does not show the matrix of the tests; NGUON_BLESS=1 cargo test -p nguon-verifier tamper"
    );
}
