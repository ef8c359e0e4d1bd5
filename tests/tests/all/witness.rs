//! Witnesses: cosigned checkpoints, a fork that is found out, and every answer of the protocol over raw HTTP.

mod foreign;
mod protocol;

use std::path::{Path, PathBuf};
use std::process::Command;

use nguon_ledger::note::Note;
use nguon_ledger::policy::Policy;
use nguon_tests::person::{Person, actor_body, harvest, lot, product};
use nguon_tests::process::{Ledger, Node, wait_for};
use nguon_tests::witness::{Witness, claimed_size, monitoring_path};
use nguon_tests::{ORIGIN, binary};
use serde_json::{Value, json};

/// The log's verifier key.
fn vkey(data: &Path) -> String {
    let description: Value = serde_json::from_slice(&std::fs::read(data.join("ledger.json")).unwrap()).unwrap();
    description["vkey"].as_str().unwrap().to_owned()
}

/// Writes a policy that asks for all of these witnesses.
fn write_policy(path: &Path, log: &str, witnesses: &[(&Witness, &Node)]) -> Policy {
    let mut text = format!("# Who watches the test ledger.\nlog {log}\n");
    for (number, (witness, serving)) in witnesses.iter().enumerate() {
        text += &format!("witness w{number} {} {}\n", witness.vkey(), serving.url());
    }
    let names: Vec<_> = (0..witnesses.len()).map(|number| format!("w{number}")).collect();
    text += &format!("group everybody all {}\nquorum everybody\n", names.join(" "));
    std::fs::write(path, &text).unwrap();
    Policy::parse(text.as_bytes()).unwrap()
}

fn serve(data: &Path, policy: &Path) -> Node {
    Node::serve(data, &["--policy", policy.to_str().unwrap(), "--witness-interval", "1"]).unwrap()
}

fn grower() -> Person {
    Person::new(7, "ho-07")
}

fn register(ledger: &Ledger, node: &Node) {
    let mut operator = ledger.operator(node).unwrap();
    let canna = json!({"id": product("cu-dong"), "name": "canna", "unit": "KGM"});
    node.accept(&operator.say("product", &canna)).unwrap();
    let body = actor_body(&grower(), "person", &["producer"], Some("operator"));
    node.accept(&operator.say("actor", &body)).unwrap();
}

/// Harvests lots and answers the tree's size after the last.
fn grow(node: &Node, lots: std::ops::Range<u64>) -> u64 {
    let mut grower = node.caught_up(&grower()).unwrap();
    let mut size = 0;
    for number in lots {
        let receipt = node.accept(&grower.say("event", &harvest(&lot(number), &product("cu-dong"), 100))).unwrap();
        size = receipt["index"].as_u64().unwrap() + 1;
    }
    size
}

fn checkpoint(node: &Node) -> String {
    node.get("/checkpoint").unwrap().error_for_status().unwrap().text().unwrap()
}

/// Waits until the checkpoint that a node shows meets the policy and has this size.
fn wait_until_cosigned(node: &Node, policy: &Policy, size: u64) -> String {
    let cosigned = || {
        let note = checkpoint(node);
        let (accepted, _) = policy.accept(Note::parse(note.as_bytes()).unwrap()).ok()?;
        (accepted.checkpoint().size().get() == size).then_some(note)
    };
    wait_for(&format!("a cosigned checkpoint of {size} entries"), cosigned).unwrap()
}

fn lot_path(number: u64) -> String {
    format!("/v1/lots/{}/bundle", lot(number).replace(':', "%3A").replace('/', "%2F"))
}

/// Runs `nguon-verify` with the policy; its output, which must be a verdict that everything holds.
fn verify(arguments: &[&str], policy: &Path) -> Value {
    let mut command = Command::new(binary("nguon-verify").unwrap());
    let output = command.args(arguments).arg("--json").arg("--policy").arg(policy).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{arguments:?}: {text}{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_str(&text).unwrap()
}

/// Checks a bundle, a proof and the whole ledger against the policy, over HTTP and in the folder.
fn verify_all(ledger: &Ledger, node: &Node, policy: &Path, number: u64, index: u64) {
    let verdict = verify(&["bundle", &format!("{}{}", node.url(), lot_path(number)), "--newest", node.url()], policy);
    for name in ["witness_quorum", "freshness"] {
        let check = verdict["checks"].as_array().unwrap().iter().find(|check| check["name"] == name).unwrap();
        assert_eq!(check["result"], "passed", "{check}");
    }
    let file = |name: &str, path: &str| -> PathBuf {
        let file = ledger.folder().join(name);
        std::fs::write(&file, node.get(path).unwrap().error_for_status().unwrap().bytes().unwrap()).unwrap();
        file
    };
    let proof = file("entry.tlog-proof", &format!("/v1/entries/{index}/proof"));
    let entry = file("entry", &format!("/v1/entries/{index}"));
    verify(&["proof", proof.to_str().unwrap(), "--entry", entry.to_str().unwrap()], policy);
    verify(&["audit", node.url()], policy);
    verify(&["audit", ledger.data().to_str().unwrap()], policy);
}

#[test]
fn two_witnesses_cosign_what_the_node_shows_also_after_one_was_killed() {
    let ledger = Ledger::init().unwrap();
    let log = vkey(ledger.data());
    let [one, two] = ["one", "two"].map(|name| Witness::init(&ledger.folder().join(name), name, &log).unwrap());
    let (serving_one, serving_two) = (one.serve("127.0.0.1:0").unwrap(), two.serve("127.0.0.1:0").unwrap());
    let path = ledger.folder().join("trust.policy");
    let policy = write_policy(&path, &log, &[(&one, &serving_one), (&two, &serving_two)]);

    let node = serve(ledger.data(), &path);
    assert_eq!(node.get("/v1/policy").unwrap().text().unwrap(), std::fs::read_to_string(&path).unwrap());
    register(&ledger, &node);
    let size = grow(&node, 0..20);
    wait_until_cosigned(&node, &policy, size);
    verify_all(&ledger, &node, &path, 19, size - 1);

    // One of two is gone without warning: entries are taken all the same, and what is shown stays what both have seen.
    let address = serving_two.url().strip_prefix("http://").unwrap().to_owned();
    serving_two.kill().unwrap();
    let beyond = grow(&node, 20..30);
    let one_saw = || {
        let note = serving_one.get(&monitoring_path(ORIGIN)).unwrap().text().unwrap();
        (claimed_size(&note).unwrap().get() == beyond).then_some(())
    };
    wait_for("the witness that is left", one_saw).unwrap();
    assert_eq!(claimed_size(&checkpoint(&node)).unwrap().get(), size);
    verify_all(&ledger, &node, &path, 19, size - 1);
    // What both have not seen is proven to the newest checkpoint, and is not called witnessed.
    let newest: Value = node.get_json(&lot_path(29)).unwrap();
    assert_eq!(claimed_size(newest["checkpoint"].as_str().unwrap()).unwrap().get(), beyond);
    assert_eq!(node.get("/readyz").unwrap().status(), 200);

    // It comes back and goes on from where it was, never from before.
    let serving_two = two.serve(&address).unwrap();
    let kept = serving_two.get(&monitoring_path(ORIGIN)).unwrap().text().unwrap();
    assert!(claimed_size(&kept).unwrap().get() >= size);
    let note = wait_until_cosigned(&node, &policy, beyond);
    verify_all(&ledger, &node, &path, 29, beyond - 1);

    // Without any witness, a restart still shows what they cosigned, and so does the folder.
    assert!(serving_one.stop().unwrap() && serving_two.stop().unwrap() && node.stop().unwrap());
    let node = serve(ledger.data(), &path);
    assert_eq!(checkpoint(&node), note);
    assert_eq!(std::fs::read_to_string(ledger.data().join("tlog/checkpoint.cosigned")).unwrap(), note);
    let metrics = node.get("/metrics").unwrap().text().unwrap();
    assert!(metrics.contains(&format!("nguon_cosigned_size {beyond}\n")), "{metrics}");
    assert!(node.stop().unwrap());
    assert_eq!(std::fs::read_to_string(ledger.data().join("tlog/checkpoint")).unwrap(), note);
}

/// Copies a folder with all that is in it.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for item in std::fs::read_dir(from).unwrap() {
        let item = item.unwrap();
        let target = to.join(item.file_name());
        if item.file_type().unwrap().is_dir() {
            copy(&item.path(), &target);
        } else {
            std::fs::copy(item.path(), target).unwrap();
        }
    }
}

#[test]
fn a_second_history_is_refused_by_the_witness_and_the_node_that_shows_it_says_so() {
    let ledger = Ledger::init().unwrap();
    let log = vkey(ledger.data());
    let witness = Witness::init(&ledger.folder().join("witness"), "w.test", &log).unwrap();
    let serving = witness.serve("127.0.0.1:0").unwrap();
    let path = ledger.folder().join("trust.policy");
    let policy = write_policy(&path, &log, &[(&witness, &serving)]);

    let node = ledger.serve().unwrap();
    register(&ledger, &node);
    assert!(node.stop().unwrap());
    let forked = ledger.folder().join("forked");
    copy(ledger.data(), &forked);

    let node = serve(ledger.data(), &path);
    let size = grow(&node, 0..5);
    wait_until_cosigned(&node, &policy, size);
    let seen = serving.get(&monitoring_path(ORIGIN)).unwrap().text().unwrap();

    // The same key, the same beginning, other entries: first fewer, then as many as the witness saw, then more.
    let fork = serve(&forked, &path);
    for lots in [100..103, 103..105, 105..108] {
        grow(&fork, lots);
        let alarm = || {
            let answer = fork.get("/readyz").unwrap();
            (answer.status() == 503).then(|| answer.json::<Value>().unwrap())
        };
        let readiness = wait_for("the alarm", alarm).unwrap();
        assert_eq!(readiness["reasons"], json!(["possible_fork"]), "{readiness}");
        assert!(readiness["alarms"][0].as_str().unwrap().starts_with("w0: "), "{readiness}");
    }
    let metrics = fork.get("/metrics").unwrap().text().unwrap();
    assert!(metrics.contains("nguon_witness_alarm{witness=\"w0\"} 1\n"), "{metrics}");
    // Nothing of the fork was cosigned; the log that the witness knows goes on.
    let now = serving.get(&monitoring_path(ORIGIN)).unwrap().text().unwrap();
    assert_eq!(now, seen);
    let size = grow(&node, 5..8);
    wait_until_cosigned(&node, &policy, size);
    assert_eq!(node.get("/readyz").unwrap().status(), 200);
}

#[test]
fn a_policy_of_no_use_keeps_the_node_from_starting_and_says_why() {
    let ledger = Ledger::init().unwrap();
    let log = vkey(ledger.data());
    let witness = "w.test+7f3b1e3c+BHUrAzWxcQGkS1sQnRO7YF4UnWWOdGNhSV5kB0XxGm4E";
    let cases = [
        ("quorum nobody\n".to_owned(), "cannot be read"),
        ("quorum none\n".to_owned(), "does not name this log"),
        (format!("log {log}\nwitness w {witness} ftp://w.test\nquorum none\n"), "policy"),
    ];
    for (text, said) in cases {
        let path = ledger.folder().join("bad.policy");
        std::fs::write(&path, &text).unwrap();
        let mut command = Command::new(binary("nguon").unwrap());
        command.args(["serve", "--listen", "127.0.0.1:0", "--policy"]).arg(&path).arg("--data").arg(ledger.data());
        let output = command.output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && error.contains(said), "{text}: {error}");
    }
}
