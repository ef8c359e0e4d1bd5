//! The commands as people type them, against the real node: from an empty folder to a pack that verifies.

use std::path::Path;
use std::process::{Command, Output};

use nguon_tests::process::{Ledger, Node};
use nguon_tests::{binary, temp_dir};
use serde_json::Value;

/// Runs a command; it must succeed. Answers what it printed.
fn run(program: &str, node: &Node, arguments: &[&str]) -> String {
    let output = attempt(program, node, arguments);
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{arguments:?}: {printed}{}", String::from_utf8_lossy(&output.stderr));
    printed
}

fn attempt(program: &str, node: &Node, arguments: &[&str]) -> Output {
    Command::new(binary(program).unwrap()).env("NGUON_NODE", node.url()).args(arguments).output().unwrap()
}

/// The value after a word at the start of a printed line.
fn value<'t>(printed: &'t str, word: &str) -> &'t str {
    printed.lines().find_map(|line| line.strip_prefix(word)).unwrap().split_whitespace().next().unwrap()
}

fn new_key(node: &Node, path: &Path) -> String {
    run("nguon", node, &["key", "new", &path.display().to_string()]).trim().to_owned()
}

#[test]
fn from_an_empty_folder_to_a_pack_that_verifies() {
    let ledger = Ledger::init().unwrap();
    let node = ledger.serve().unwrap();
    let file = |name: &str| ledger.folder().join(name).display().to_string();
    let operator = ledger.operator_key().display().to_string();
    let (grower, mill) = (file("grower.pem"), file("mill.pem"));
    let grower_key = new_key(&node, Path::new(&grower));
    let mill_key = new_key(&node, Path::new(&mill));
    let nguon = |arguments: &[&str]| run("nguon", &node, arguments);

    nguon(&[
        "register",
        "actor",
        "ho-07",
        "--class",
        "person",
        "--role",
        "producer",
        "--public-key",
        &grower_key,
        "--key",
        &operator,
    ]);
    nguon(&[
        "register",
        "actor",
        "xuong",
        "--class",
        "organisation",
        "--role",
        "processor",
        "--role",
        "seller",
        "--role",
        "inspector",
        "--public-key",
        &mill_key,
        "--key",
        &operator,
    ]);
    nguon(&["register", "product", "cu", "--unit", "KGM", "--name-vi", "Canna", "--key", &operator]);
    nguon(&[
        "register",
        "product",
        "mien",
        "--unit",
        "KGM",
        "--net-content",
        "500 g",
        "--made-from",
        "cu=0.14",
        "--key",
        &operator,
    ]);
    nguon(&[
        "register",
        "place",
        "ruong",
        "--class",
        "plot",
        "--owner",
        "ho-07",
        "--name-vi",
        "Con Minh",
        "--position",
        "22.13,106.03",
        "--key",
        &operator,
    ]);

    let printed =
        nguon(&["record", "harvest", "--product", "cu", "--amount", "1,5 tan", "--place", "ruong", "--key", &grower]);
    let lot = value(&printed, "new lot").to_owned();
    nguon(&["record", "ship", "--lot", &lot, "--amount", "1500 kg", "--to", "xuong", "--key", &grower]);
    nguon(&["record", "receive", "--lot", &lot, "--amount", "1490 kg", "--from", "ho-07", "--key", &mill]);
    let input = format!("{lot}=1400 kg");
    let printed = nguon(&["record", "process", "--input", &input, "--output", "mien=196 kg", "--key", &mill]);
    let noodles = value(&printed, "new lot").to_owned();
    let input = format!("{noodles}=190 kg");
    let serials = file("serials.txt");
    let printed = nguon(&[
        "record",
        "pack",
        "--input",
        &input,
        "--output",
        "mien=190 kg",
        "--serials",
        "380",
        "--serials-file",
        &serials,
        "--key",
        &mill,
    ]);
    let packed = value(&printed, "new lot").to_owned();
    assert_eq!(std::fs::read_to_string(&serials).unwrap().lines().count(), 380);
    nguon(&[
        "record",
        "inspect",
        "--lot",
        &packed,
        "--scheme",
        "Sample",
        "--issuer",
        "Sample office",
        "--valid-to",
        "2027-06-30",
        "--key",
        &mill,
    ]);
    let printed = nguon(&["record", "lose", "--lot", &packed, "--amount", "2 kg", "--note", "torn", "--key", &mill]);
    nguon(&["record", "correct", value(&printed, "entry"), "--reason", "did_not_occur", "--key", &mill]);
    nguon(&["record", "sell", "--lot", &packed, "--amount", "10", "--key", &mill]);
    nguon(&["attest", value(&printed, "entry"), "--claim", "stands_by", "--key", &grower]);

    // Too much is refused, with the code and what there is.
    let refused = attempt("nguon", &node, &["record", "sell", "--lot", &packed, "--amount", "190 kg", "--key", &mill]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("insufficient_quantity"), "{refused:?}");

    let encoded = packed.replace(':', "%3A").replace('/', "%2F");
    let state = node.get_json(&format!("/v1/lots/{encoded}")).unwrap();
    assert_eq!(
        (state["sold"].as_str(), state["lost"].as_str(), state["quantity"].as_str()),
        (Some("5"), Some("0"), Some("190"))
    );
    let bundle = format!("{}/v1/lots/{encoded}/bundle", node.url());
    let verdict: Value = serde_json::from_str(&run("nguon-verify", &node, &["bundle", &bundle, "--json"])).unwrap();
    assert_eq!(verdict["verdict"], "passed", "{verdict}");
    let proof = node.get(&format!("/v1/entries/{}/proof", value(&printed, "entry"))).unwrap().text().unwrap();
    std::fs::write(file("entry.tlog-proof"), proof).unwrap();
    let vkey = node.get_json("/v1/ledger").unwrap()["vkey"].as_str().unwrap().to_owned();
    run(
        "nguon-verify",
        &node,
        &["proof", &file("entry.tlog-proof"), "--leaf", value(&printed, "leaf hash"), "--vkey", &vkey],
    );
    run("nguon-verify", &node, &["audit", node.url(), "--vkey", &vkey]);
}

#[test]
fn sending_the_same_file_twice_records_it_once() {
    let ledger = Ledger::init().unwrap();
    let node = ledger.serve().unwrap();
    let mut operator = ledger.operator(&node).unwrap();
    let lines: Vec<_> = (1..=20)
        .map(|number| {
            let person = nguon_tests::person::Person::new(number, &format!("ho-{number:02}"));
            operator.say("actor", &nguon_tests::person::actor_body(&person, "person", &["producer"], Some("operator")))
        })
        .collect();
    let file = ledger.folder().join("outbox.ndjson");
    std::fs::write(&file, lines.join("\n")).unwrap();
    let file = file.display().to_string();
    let receipts = ledger.folder().join("receipts.ndjson");
    let receipts_name = receipts.display().to_string();
    let mut seen = Vec::new();
    for _ in 0..2 {
        let printed = run("nguon", &node, &["submit", &file, "--receipts", &receipts_name]);
        assert!(printed.contains("20 in the ledger, 0 refused"), "{printed}");
        let text = std::fs::read_to_string(&receipts).unwrap();
        let indexes: Vec<_> =
            text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["index"].clone()).collect();
        seen.push(indexes);
    }
    assert_eq!(seen[0], seen[1]);
    assert_eq!(node.get_json("/v1/ledger").unwrap()["treeSize"], 21);
}

#[test]
fn what_cannot_start_says_why() {
    let ledger = Ledger::init().unwrap();
    let node = ledger.serve().unwrap();
    let nguon = |arguments: &[&str]| {
        let output = Command::new(binary("nguon").unwrap()).args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let data = ledger.data().display().to_string();
    let taken = node.url().trim_start_matches("http://");
    let folder = temp_dir().unwrap();
    let nowhere = folder.path().join("none").display().to_string();
    assert!(nguon(&["demo", "--data", &nowhere, "--listen", taken]).contains("--listen"), "a port in use");
    assert!(!Path::new(&nowhere).exists(), "a demo that cannot listen leaves nothing behind");
    assert!(nguon(&["serve", "--data", &nowhere]).contains("init"), "no ledger there");
    assert!(nguon(&["serve", "--data", &data, "--listen", "127.0.0.1:0"]).contains("another"), "the folder is in use");
    assert!(nguon(&["init", "--data", &data, "--origin", "x.test"]).contains("empty"), "a ledger is there already");
    assert!(
        nguon(&["demo", "--fresh", "--data", &data, "--listen", "127.0.0.1:0"]).contains("not touched"),
        "no demo of ours"
    );
    assert!(
        nguon(&["demo", "--data", "/proc/none", "--listen", "127.0.0.1:0"]).contains("--data"),
        "a folder that cannot be written"
    );
}
