//! Evidence files from the real node and from its folder, checked by the real command.

use std::path::Path;
use std::process::{Command, Output};

use nguon_tests::person::{Person, actor_body, harvest, lot, product};
use nguon_tests::process::{Ledger, Node};
use nguon_tests::{ORIGIN, binary};
use serde_json::{Value, json};

fn verify(arguments: &[&str]) -> Output {
    Command::new(binary("nguon-verify").unwrap()).args(arguments).output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A ledger with one harvest of a grower, with a photo.
fn harvested(ledger: &Ledger, node: &Node, photo: &[u8]) -> String {
    let mut operator = ledger.operator(node).unwrap();
    let mut grower = Person::new(1, "ho-07");
    let mut body = actor_body(&grower, "person", &["producer"], Some("operator"));
    body["name"] = json!({"vi": "H\u{1ed9} b\u{e0} Lan", "en": "Mrs Lan"});
    node.accept(&operator.say("actor", &body)).unwrap();
    let canna = json!({"id": product("canna"), "name": {"vi": "Dong ri\u{1ec1}ng", "en": "Canna"}, "unit": "KGM"});
    node.accept(&operator.say("product", &canna)).unwrap();
    let lot = lot(1);
    let mut body = harvest(&lot, &product("canna"), 120);
    let hash = nguon_ledger::hash::Hash::of(photo);
    body["media"] = json!([{"sha256": hash.to_string(), "mediaType": "image/png", "bytes": photo.len()}]);
    node.accept(&grower.say("event", &body)).unwrap();
    upload(node, &grower, photo);
    lot
}

fn upload(node: &Node, person: &Person, bytes: &[u8]) {
    use base64::Engine as _;
    use ed25519_dalek::Signer as _;
    let hash = nguon_ledger::hash::Hash::of(bytes);
    let message = format!("nguon-blob v1\n{ORIGIN}\n{hash}\n");
    let signature = base64::prelude::BASE64_STANDARD.encode(person.key().sign(message.as_bytes()).to_bytes());
    let request = node.client().put(format!("{}/v1/blobs/{hash}", node.url())).body(bytes.to_vec());
    let request = request.header("nguon-signer", person.key_hex()).header("nguon-signature", signature);
    assert!(request.send().unwrap().status().is_success());
}

#[test]
fn evidence_is_the_same_from_the_node_and_from_its_folder() {
    let ledger = Ledger::init().unwrap();
    let node = ledger.serve().unwrap();
    let lot = harvested(&ledger, &node, b"a photo of a field");
    let vkey = node.get_json("/v1/ledger").unwrap()["vkey"].as_str().unwrap().to_owned();
    let file = |name: &str| ledger.folder().join(name).display().to_string();
    let (first, again, folder) = (file("first.zip"), file("again.zip"), file("folder.zip"));
    let code = lot.rsplit('/').next().unwrap();
    for (lot, out) in [(lot.as_str(), &first), (code, &again)] {
        let output = verify(&["evidence", lot, "--node", node.url(), "--vkey", &vkey, "-o", out]);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
    }
    let data = ledger.data().display().to_string();
    let output = verify(&["evidence", &lot, "--data", &data, "--vkey", &vkey, "-o", &folder, "--lang", "vi"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let read = |path: &str| std::fs::read(path).unwrap();
    assert_eq!(read(&first), read(&again));
    assert_eq!(read(&first), read(&folder));

    // What does not verify is evidence too: the file is written, and the exit code says so.
    let other = "trace.test+e78bdf81+AYbdoAucg9Ssn1lsCUeRINxxhRdx507TKWr1YNBhpoWX";
    let output = verify(&["evidence", &lot, "--node", node.url(), "--vkey", other, "-o", &again]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert_eq!(verify(&["check", &again]).status.code(), Some(1));

    // The node is gone: the file is enough.
    assert!(node.stop().unwrap());
    let output = verify(&["check", &first, "--vkey", &vkey, "--json"]);
    let verdict: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!((output.status.code(), &verdict["verdict"]), (Some(0), &json!("passed")), "{verdict}");
    let results: Vec<_> = verdict["files"].as_array().unwrap().iter().map(|check| check["result"].clone()).collect();
    assert_eq!(results, vec!["passed"; 5], "{verdict}");
    assert!(stdout(&verify(&["check", &first])).contains("put there by whoever made the file"));
    assert_eq!(verify(&["check", &first, "--vkey", other]).status.code(), Some(1));
    summaries_tell(Path::new(&first));
    changes_are_found(&read(&first), &file("changed.zip"), &vkey);
}

fn summaries_tell(file: &Path) {
    let bytes = std::fs::read(file).unwrap();
    let text = String::from_utf8_lossy(&bytes);
    for told in ["120 kg Dong ri\u{1ec1}ng", "H\u{1ed9} b\u{e0} Lan", "120 kg Canna", "said and signed by: Mrs Lan"] {
        assert!(text.contains(told), "{told}");
    }
}

fn changes_are_found(good: &[u8], path: &str, vkey: &str) {
    let at = |text: &[u8]| good.windows(text.len()).position(|window| window == text).unwrap();
    for (place, code) in [(at(b"a photo of a field"), 1), (at(b"said and signed by"), 1), (10, 2), (good.len() - 1, 2)]
    {
        let mut changed = good.to_vec();
        changed[place] ^= 1;
        std::fs::write(path, changed).unwrap();
        let output = verify(&["check", path, "--vkey", vkey]);
        assert_eq!(output.status.code(), Some(code), "at {place}: {output:?}");
    }
}

#[test]
fn evidence_that_cannot_be_had_says_why() {
    let ledger = Ledger::init().unwrap();
    let node = ledger.serve().unwrap();
    let out = ledger.folder().join("x.zip").display().to_string();
    let data = ledger.data().display().to_string();
    let nobody = lot(9);
    for arguments in [
        ["evidence", nobody.as_str(), "--node", node.url(), "-o", &out],
        ["evidence", nobody.as_str(), "--data", &data, "-o", &out],
        ["evidence", "no lot", "--node", node.url(), "-o", &out],
    ] {
        let output = verify(&arguments);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("lot"), "{output:?}");
    }
    assert!(!Path::new(&out).exists());
}
