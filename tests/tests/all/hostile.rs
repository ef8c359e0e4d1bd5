//! Bytes from strangers: answered with 4xx and a code, never with 5xx, and the node goes on.

use nguon_ledger::hash::Hash;
use nguon_tests::person::{Person, actor_body};
use nguon_tests::process::{Ledger, Node};
use nguon_tests::rounds;
use serde_json::{Value, json};

fn post(node: &Node, content_type: &str, body: Vec<u8>) -> (u16, Value) {
    let request = node.client().post(format!("{}/v1/statements", node.url())).header("content-type", content_type);
    let answer = request.body(body).send().unwrap();
    let status = answer.status().as_u16();
    let text = answer.text().unwrap();
    (status, text.lines().next().map_or(Value::Null, |line| serde_json::from_str(line).unwrap()))
}

fn expect_refused(node: &Node, content_type: &str, body: Vec<u8>) {
    let shown = String::from_utf8_lossy(&body[..body.len().min(60)]).into_owned();
    let (status, problem) = post(node, content_type, body);
    assert!((400..500).contains(&status), "{status} for {shown:?}: {problem}");
    assert!(problem["code"].is_string(), "no code for {shown:?}: {problem}");
}

/// Bytes that look random and are the same in every run.
fn noise(seed: u32, length: usize) -> Vec<u8> {
    (0..).flat_map(|n: u32| *Hash::of(format!("{seed} {n}").as_bytes()).as_bytes()).take(length).collect()
}

#[test]
fn hostile_bodies_are_refused_and_do_no_harm() {
    let ledger = Ledger::init().unwrap();
    let node = ledger.serve().unwrap();
    let json = "application/json";
    let mut operator = ledger.operator(&node).unwrap();
    let good =
        operator.draft("actor", &actor_body(&Person::new(1, "ho-01"), "person", &["producer"], Some("operator")));

    for seed in 0..rounds(60, 600) {
        expect_refused(&node, json, noise(seed, usize::try_from(seed).unwrap() * 7));
    }
    // Cut short anywhere, and with one byte changed anywhere.
    for at in (0..good.len()).step_by(7) {
        expect_refused(&node, json, good.as_bytes()[..at].to_vec());
        let mut changed = good.clone().into_bytes();
        changed[at] ^= 1;
        expect_refused(&node, json, changed);
    }
    for open in ["[", "{\"a\":", "[{\"a\":"] {
        expect_refused(&node, json, open.repeat(20_000).into_bytes());
    }
    expect_refused(&node, json, vec![b' '; 200_000]);
    expect_refused(&node, json, vec![b'{'; 20 << 20]);
    for content_type in ["text/plain", "application/xml", "application/x-www-form-urlencoded", "nonsense"] {
        let (status, problem) = post(&node, content_type, good.clone().into_bytes());
        assert_eq!((status, problem["code"].as_str()), (415, Some("unsupported_media_type")), "{content_type}");
    }
    // Nothing of this was taken in, and a good statement still is.
    assert_eq!(node.get_json("/v1/ledger").unwrap()["treeSize"], 1);
    let body = actor_body(&Person::new(1, "ho-01"), "person", &["producer"], Some("operator"));
    node.accept(&operator.say("actor", &body)).unwrap();
}

#[test]
fn one_bad_line_stops_no_other() {
    let ledger = Ledger::init().unwrap();
    let node = ledger.serve().unwrap();
    let mut operator = ledger.operator(&node).unwrap();
    let line = |number: u32, operator: &mut Person| {
        let person = Person::new(number, &format!("ho-{number:02}"));
        operator.say("actor", &actor_body(&person, "person", &["producer"], Some("operator")))
    };
    let lines =
        [line(1, &mut operator), "nonsense".into(), line(2, &mut operator), "{}".into(), line(3, &mut operator)];
    let request = node.client().post(format!("{}/v1/statements", node.url()));
    let answer = request.header("content-type", "application/x-ndjson").body(lines.join("\n")).send().unwrap();
    assert_eq!(answer.status().as_u16(), 200);
    let answers: Vec<Value> = answer.text().unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let told: Vec<_> = answers.iter().map(|answer| answer["index"].as_u64().ok_or(answer["code"].as_str())).collect();
    assert_eq!(told, [Ok(1), Err(Some("malformed_envelope")), Ok(2), Err(Some("malformed_envelope")), Ok(3)]);
}

#[test]
fn unknown_paths_and_methods_get_problems() {
    let ledger = Ledger::init().unwrap();
    let node = ledger.serve().unwrap();
    let paths = [
        "/nothing",
        "/v1/entries/99",
        "/v1/entries/x",
        "/v1/entries/0/proof/x",
        "/v1/lots/x",
        "/v1/signers/zz",
        "/tile/0/0",
        "/tile/0/000",
        "/tile/00/000",
        "/tile/entries/x000/000",
        "/tile/0/000.p/0",
        "/v1/actors/UPPER",
        "/v1/blobs/00",
        "/v1/lots/https%3A%2F%2Ftrace.test%2Flot%2FTEST000000000001",
    ];
    for path in paths {
        let answer = node.get(path).unwrap();
        let status = answer.status().as_u16();
        assert!(matches!(status, 400 | 404), "{status} for {path}");
        let problem: Value = answer.json().unwrap();
        assert!(problem["code"].is_string(), "{path}: {problem}");
    }
    let answer = node.client().delete(format!("{}/v1/statements", node.url())).send().unwrap();
    assert_eq!(answer.status().as_u16(), 405);
    assert_eq!(answer.json::<Value>().unwrap()["code"], json!("method_not_allowed"));
}
