//! The API over a real node, request by request.

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response, StatusCode, header};
use http_body_util::BodyExt as _;
use nguon_ledger::envelope::Envelope;
use serde_json::Value;
use tower::ServiceExt as _;

use crate::config::Config;
use crate::node::Node;
use crate::testing::{Village, lot, now, process};

async fn node_of(village: &Village) -> Node {
    let mut config = Config::new(village.data());
    config.clock = now;
    let node = Node::open(config).unwrap();
    node.ready().await.unwrap();
    node
}

async fn send(app: &Router, request: Request<Body>) -> Response<Body> {
    app.clone().oneshot(request).await.unwrap()
}

async fn bytes(response: Response<Body>) -> Vec<u8> {
    response.into_body().collect().await.unwrap().to_bytes().to_vec()
}

async fn json(response: Response<Body>) -> Value {
    serde_json::from_slice(&bytes(response).await).unwrap()
}

fn get(path: &str) -> Request<Body> {
    Request::get(path).body(Body::empty()).unwrap()
}

fn post(envelope: &Envelope) -> Request<Body> {
    let request = Request::post("/v1/statements").header(header::CONTENT_TYPE, "application/json");
    request.body(Body::from(envelope.to_json())).unwrap()
}

async fn accept(app: &Router, envelopes: &[Envelope]) -> Vec<Value> {
    let mut receipts = Vec::new();
    for envelope in envelopes {
        let response = send(app, post(envelope)).await;
        let (status, body) = (response.status(), json(response).await);
        assert_eq!(status, StatusCode::CREATED, "{body}");
        receipts.push(body);
    }
    receipts
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lot_is_told_from_harvest_to_starch() {
    let mut village = Village::new();
    let node = node_of(&village).await;
    let app = node.router();
    let registrations = village.registrations();
    accept(&app, &registrations).await;
    let harvests = village.harvests(1..3);
    let receipts = accept(&app, &harvests).await;
    assert_eq!(receipts[1]["index"], 5);
    let starch = village.grower.say("event", &process(&[(&lot(1), 100), (&lot(2), 50)], &lot(9), 20));
    accept(&app, &[starch]).await;

    let escaped = lot(9).replace(':', "%3A").replace('/', "%2F");
    let told = json(send(&app, get(&format!("/v1/lots/{escaped}"))).await).await;
    assert_eq!(told["quantity"], "20");
    assert_eq!(told["parents"], serde_json::json!([lot(1), lot(2)]));
    let bundle = json(send(&app, get(&format!("/v1/lots/{escaped}/bundle"))).await).await;
    let indexes: Vec<_> =
        bundle["entries"].as_array().unwrap().iter().map(|entry| entry["index"].as_u64().unwrap()).collect();
    assert_eq!(indexes, [0, 1, 2, 3, 4, 5, 6]);
    let trace = json(send(&app, get(&format!("/v1/lots/{escaped}/trace"))).await).await;
    assert_eq!(trace["edges"].as_array().unwrap().len(), 2, "{trace}");
    drop(app);
    node.close().await;
}
