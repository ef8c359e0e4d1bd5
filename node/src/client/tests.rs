//! The client against a real node, and against one whose answers are bent on the way.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use tokio::runtime::Runtime;

use super::*;
use crate::config::Config;
use crate::node::Node;
use crate::testing::{Village, now, product};

/// Answers that are given to submissions instead of the node's own.
type Answers = Arc<Mutex<VecDeque<(StatusCode, String)>>>;

/// A node that serves a village, and its client.
struct Rig {
    village: Village,
    client: NodeClient,
    answers: Answers,
    _runtime: Runtime,
}

async fn bend(State(answers): State<Answers>, request: Request, next: Next) -> Response {
    let bent = if request.method() == Method::POST { answers.lock().unwrap().pop_front() } else { None };
    match bent {
        Some((status, body)) => {
            (status, [("retry-after", "0"), ("content-type", "application/json")], body).into_response()
        }
        None => next.run(request).await,
    }
}

impl Rig {
    fn new() -> Self {
        let village = Village::new();
        let mut config = Config::new(village.data());
        config.clock = now;
        let answers = Answers::default();
        let runtime = Runtime::new().unwrap();
        let url = runtime.block_on(async {
            let node = Node::open(config).unwrap();
            node.ready().await.unwrap();
            let app = node.router().layer(from_fn_with_state(Arc::clone(&answers), bend));
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let url = format!("http://{}", listener.local_addr().unwrap());
            tokio::spawn(crate::http::serve(node, app, listener, std::future::pending()));
            url
        });
        Self { village, client: NodeClient::connect(&url).unwrap(), answers, _runtime: runtime }
    }

    fn answer(&self, status: StatusCode, body: &impl ToString) {
        self.answers.lock().unwrap().push_back((status, body.to_string()));
    }

    /// Why the client does not believe this receipt for the envelope.
    fn disbelieved(&self, receipt: &Value, envelope: &Envelope) -> String {
        self.answer(StatusCode::CREATED, receipt);
        match self.client.submit(envelope) {
            Err(ClientError::FalseReceipt { what, .. }) => what,
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn receipts_of_a_node_hold_one_by_one_and_as_lines_over_several_bundles() {
    let mut rig = Rig::new();
    let mut envelopes = rig.village.registrations();
    let first: Vec<_> = envelopes.iter().map(|envelope| rig.client.submit(envelope).unwrap()).collect();
    assert_eq!(first.iter().map(|receipt| receipt.index).collect::<Vec<_>>(), [1, 2, 3]);
    envelopes.extend(rig.village.harvests(1..300));
    let mut lines: Vec<_> = envelopes.iter().map(Envelope::to_json).collect();
    lines.insert(1, "{}".to_owned());
    let mut answers = Vec::new();
    rig.client.submit_lines(&lines, |answer| answers.push(answer)).unwrap();
    let refused = answers.remove(1).unwrap_err().to_string();
    assert!(refused.contains("malformed_envelope"), "{refused}");
    let receipts: Vec<_> = answers.into_iter().map(Result::unwrap).collect();
    assert_eq!(receipts.iter().map(|receipt| receipt.index).collect::<Vec<_>>(), (1..303).collect::<Vec<_>>());
    assert_eq!(receipts[0].leaf_hash, first[0].leaf_hash);
}

#[test]
fn a_receipt_for_another_statement_is_not_believed() {
    let mut rig = Rig::new();
    let [first, second, _] = <[Envelope; 3]>::try_from(rig.village.registrations()).unwrap();
    let receipt = rig.client.submit(&first).unwrap();
    assert!(rig.disbelieved(&receipt.json, &second).contains("another statement"));
    rig.answer(StatusCode::OK, &receipt.json);
    let mut told = Vec::new();
    rig.client.submit_lines(&[second.to_json()], |answer| told.push(answer.unwrap_err().to_string())).unwrap();
    assert!(told[0].contains("another statement"), "{told:?}");
}

#[test]
fn a_receipt_that_was_changed_is_not_believed() {
    let mut rig = Rig::new();
    let [first, second, _] = <[Envelope; 3]>::try_from(rig.village.registrations()).unwrap();
    rig.client.submit(&first).unwrap();
    let good = rig.client.submit(&second).unwrap().json;
    let bent = |key: &str, value: Value| {
        let mut receipt = good.clone();
        receipt[key] = value;
        rig.disbelieved(&receipt, &second)
    };
    let note = good["checkpoint"].as_str().unwrap();
    for (key, value) in [
        ("index", json!(1)),
        ("leafHash", json!(Hash::of(b"another").to_string())),
        ("leafHash", json!("no hash")),
        ("receivedAt", json!(good["receivedAt"].as_i64().unwrap() + 1)),
        ("receivedAt", Value::Null),
        ("checkpoint", json!(note.replacen("\n3\n", "\n4\n", 1))),
        ("checkpoint", json!("")),
        ("proof", json!([])),
        ("proof", json!(["?"])),
    ] {
        assert!(!bent(key, value.clone()).is_empty(), "{key} {value}");
    }
}

#[test]
fn a_busy_node_is_asked_again_but_not_for_ever() {
    let mut rig = Rig::new();
    let envelope = rig.village.registrations().remove(0);
    let busy = json!({"type": "about:blank", "title": "busy", "status": 503, "code": "overloaded"});
    for _ in 0..ATTEMPTS_MAX {
        rig.answer(StatusCode::SERVICE_UNAVAILABLE, &busy);
    }
    match rig.client.submit(&envelope) {
        Err(ClientError::Problem { problem }) => {
            assert_eq!((problem.status, problem.code.as_str()), (503, "overloaded"))
        }
        other => panic!("{other:?}"),
    }
    rig.answer(StatusCode::SERVICE_UNAVAILABLE, &busy);
    assert_eq!(rig.client.submit(&envelope).unwrap().index, 1);
}

#[test]
fn a_position_that_was_taken_meanwhile_is_asked_again_once() {
    let rig = Rig::new();
    let key = &rig.village.operator.key;
    let body = json!({"id": product("canna"), "name": "canna", "unit": "KGM"});
    let taken = json!({"type": "about:blank", "title": "taken", "status": 409, "code": "wrong_sequence"});
    rig.answer(StatusCode::CONFLICT, &taken);
    assert_eq!(rig.client.say(key, "product", &body).unwrap().index, 1);
    rig.answer(StatusCode::CONFLICT, &taken);
    rig.answer(StatusCode::CONFLICT, &taken);
    let refused = rig.client.say(key, "product", &body).unwrap_err().to_string();
    assert!(refused.contains("wrong_sequence"), "{refused}");
}

#[test]
fn times_are_read_as_people_type_them() {
    let read = |text: &str| typed_time(text);
    let is = |text: &str| Some(text.to_owned());
    assert_eq!(read("2026-11-23T08:15:00Z"), is("2026-11-23T08:15:00Z"));
    assert_eq!(read("2026-11-23T08:15:00.5-05:00"), is("2026-11-23T08:15:00.5-05:00"));
    assert_eq!(read(" 2026-11-23 08:15 "), is("2026-11-23T08:15:00+07:00"));
    assert_eq!(read("2026-11-23T08:15:30"), is("2026-11-23T08:15:30+07:00"));
    for bad in ["2026-11-23", "08:15", "2026-13-23 08:15", "yesterday", "", "2026-11-23 08:15 08:15"] {
        assert_eq!(read(bad), None, "{bad}");
    }
}
