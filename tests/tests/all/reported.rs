//! What shoppers report reaches the registrar of those who made the goods, and nobody else.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use ed25519_dalek::Signer as _;
use nguon_ledger::hash::Hash;
use nguon_ledger::time::UnixMillis;
use nguon_tests::ORIGIN;
use nguon_tests::person::{Person, actor, actor_body, harvest, lot, product};
use nguon_tests::process::{Ledger, Node};
use serde_json::{Value, json};

/// A request under a person's key; its status and its answer.
fn signed(node: &Node, person: &Person, method: &str, path: &str) -> (u16, Value) {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
    let time = UnixMillis::new(i64::try_from(now).unwrap()).to_rfc3339();
    let message = format!("nguon-request v1\n{ORIGIN}\n{method}\n{path}\n{}\n{time}\n", Hash::of(b""));
    let signature = BASE64_STANDARD.encode(person.key().sign(message.as_bytes()).to_bytes());
    let url = format!("{}{path}", node.url());
    let request = node.client().request(method.parse().unwrap(), url).header("nguon-signer", person.key_hex());
    let answer = request.header("nguon-signature", signature).header("nguon-time", time).send().unwrap();
    let status = answer.status().as_u16();
    (status, answer.json().unwrap_or(Value::Null))
}

fn path(what: &str, organisation: &str) -> String {
    format!("/v1/reports{what}?organisation={}", actor(organisation).replace(':', "%3A").replace('/', "%2F"))
}

/// The texts that a person is told for an organisation.
fn told(node: &Node, person: &Person, organisation: &str) -> Vec<String> {
    let (status, answer) = signed(node, person, "GET", &path("", organisation));
    assert_eq!(status, 200, "{answer}");
    answer["items"].as_array().unwrap().iter().map(|item| item["text"].as_str().unwrap().to_owned()).collect()
}

fn report(node: &Node, lot: &str, text: &str) {
    let page = lot.strip_prefix(&format!("https://{ORIGIN}")).unwrap();
    let form = format!("matter=goods&contact=&website=&text={text}");
    let request = node.client().post(format!("{}{page}/report", node.url()));
    let answer = request.header("content-type", "application/x-www-form-urlencoded").body(form).send().unwrap();
    assert!(answer.status().is_success() || answer.status().is_redirection(), "{}", answer.status());
}

#[test]
fn reports_reach_the_makers_registrar_and_nobody_else() {
    let ledger = Ledger::init().unwrap();
    let node = Node::serve(ledger.data(), &["--with-qr"]).unwrap();
    let mut operator = ledger.operator(&node).unwrap();
    let [registrar, other, mut grower, mut neighbour] =
        [(1, "ban-so"), (2, "ban-so-hai"), (3, "ho-01"), (4, "ho-02")].map(|(number, slug)| Person::new(number, slug));
    let coop = |slug: &str| json!({"id": actor(slug), "class": "organisation", "name": slug, "roles": ["processor"], "keys": []});
    let mut statements = vec![operator.say("product", &json!({"id": product("cu"), "name": "canna", "unit": "KGM"}))];
    statements.extend(["htx", "htx-hai"].map(|slug| operator.say("actor", &coop(slug))));
    for (person, role, under) in [
        (&registrar, "registrar", "htx"),
        (&other, "registrar", "htx-hai"),
        (&grower, "producer", "htx"),
        (&neighbour, "producer", "htx-hai"),
    ] {
        statements.push(operator.say("actor", &actor_body(person, "person", &[role], Some(under))));
    }
    statements.push(grower.say("event", &harvest(&lot(1), &product("cu"), 100)));
    statements.push(neighbour.say("event", &harvest(&lot(2), &product("cu"), 100)));
    for statement in &statements {
        node.accept(statement).unwrap();
    }

    report(&node, &lot(1), "mould");
    report(&node, &lot(2), "torn");
    assert_eq!(told(&node, &registrar, "htx"), ["mould"]);
    assert_eq!(told(&node, &other, "htx-hai"), ["torn"]);
    assert_eq!(told(&node, &operator, "htx"), ["torn", "mould"], "the newest first");
    for (person, organisation, status, code) in [
        (&other, "htx", 403, "role_missing"),
        (&grower, "htx", 403, "role_missing"),
        (&Person::new(9, "nobody"), "htx", 401, "unknown_signer"),
        (&registrar, "no-such", 422, "unknown_actor"),
    ] {
        let (refused, answer) = signed(&node, person, "GET", &path("", organisation));
        assert_eq!((refused, answer["code"].as_str()), (status, Some(code)), "{organisation}");
    }
    let unsigned = node.get(&path("", "htx")).unwrap();
    assert_eq!(unsigned.status(), 401);

    let (_, answer) = signed(&node, &registrar, "GET", &path("", "htx"));
    let item = &answer["items"][0];
    assert_eq!((item["lot"].as_str(), item["matter"].as_str()), (Some(lot(1).as_str()), Some("goods")));
    let done = format!("/{}/done", item["id"].as_str().unwrap());
    assert_eq!(signed(&node, &other, "POST", &path(&done, "htx-hai")).0, 404, "it is not about hers");
    assert_eq!(signed(&node, &registrar, "POST", &path(&done, "htx")).0, 204);
    assert_eq!(signed(&node, &registrar, "POST", &path(&done, "htx")).0, 404, "it is gone");
    assert_eq!(told(&node, &operator, "htx"), ["torn"]);
    assert!(node.stop().unwrap());

    // What stands on the disk outlives the node; and one without pages has no reports.
    let node = Node::serve(ledger.data(), &["--with-qr"]).unwrap();
    assert_eq!(told(&node, &other, "htx-hai"), ["torn"]);
    assert!(node.stop().unwrap());
    let node = ledger.serve().unwrap();
    assert_eq!(signed(&node, &registrar, "GET", &path("", "htx")).0, 404);
    assert!(node.stop().unwrap());
}
