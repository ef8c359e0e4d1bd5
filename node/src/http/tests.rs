//! The API over a real node, request by request.

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response, StatusCode, header};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use ed25519_dalek::Signer as _;
use http_body_util::BodyExt as _;
use nguon_ledger::checkpoint::SignedCheckpoint;
use nguon_ledger::envelope::Envelope;
use nguon_ledger::hash::Hash;
use nguon_ledger::policy::Policy;
use nguon_ledger::tile::{entry_bundles_between, hash_tiles_between};
use nguon_ledger::tlog_proof::TlogProof;
use nguon_ledger::tree::TreeSize;
use serde_json::{Value, json};
use tower::ServiceExt as _;

mod activity;
mod invitations;

use super::openapi;
use crate::config::Config;
use crate::node::Node;
use crate::testing::{ORIGIN, Person, Village, actor, actor_body, harvest, lot, now, process, vkey};

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

/// A running API, and what was said to it.
struct Rig {
    village: Village,
    node: Node,
    app: Router,
}

impl Rig {
    async fn new() -> Self {
        let village = Village::new();
        let node = node_of(&village).await;
        let app = node.router();
        Self { village, node, app }
    }

    /// With products and a grower.
    async fn registered() -> Self {
        let mut rig = Self::new().await;
        accept(&rig.app, &rig.village.registrations()).await;
        rig
    }

    async fn get(&self, path: &str) -> Response<Body> {
        send(&self.app, get(path)).await
    }

    async fn lines(&self, text: impl Into<Body>) -> Vec<Value> {
        let request = Request::post("/v1/statements").header(header::CONTENT_TYPE, "application/x-ndjson");
        let response = send(&self.app, request.body(text.into()).unwrap()).await;
        assert_eq!(response.status(), StatusCode::OK);
        let bytes = bytes(response).await;
        bytes
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty())
            .map(|line| serde_json::from_slice(line).unwrap())
            .collect()
    }
}

async fn refused(response: Response<Body>, status: u16, code: &str) {
    assert_eq!(response.headers()[header::CONTENT_TYPE], "application/problem+json");
    assert_eq!(response.headers()[header::ACCESS_CONTROL_ALLOW_ORIGIN], "*");
    let (found, problem) = (response.status().as_u16(), json(response).await);
    assert_eq!((found, problem["code"].as_str()), (status, Some(code)), "{problem}");
    assert_eq!(problem["status"], status);
}

fn escape(uri: &str) -> String {
    uri.replace(':', "%3A").replace('/', "%2F")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lot_is_told_from_harvest_to_starch() {
    let mut rig = Rig::registered().await;
    let receipts = accept(&rig.app, &rig.village.harvests(1..3)).await;
    assert_eq!(receipts[1]["index"], 5);
    let starch = rig.village.grower.say("event", &process(&[(&lot(1), 100), (&lot(2), 50)], &lot(9), 20));
    accept(&rig.app, &[starch]).await;

    let path = format!("/v1/lots/{}", escape(&lot(9)));
    let told = json(rig.get(&path).await).await;
    assert_eq!(told["quantity"], "20");
    assert_eq!(told["uom"], "KGM");
    assert_eq!(told["parents"], json!([lot(1), lot(2)]));
    assert_eq!(told["dispositions"], json!(["active"]));
    assert_eq!(told["createdAt"], "2026-11-20T03:30:00.000Z");
    // A pack's name names its lot.
    let pack = format!("/v1/lots/{}", escape(&format!("{}/0123456789AB", lot(9))));
    assert_eq!(json(rig.get(&pack).await).await, told);

    let response = rig.get(&format!("{path}/bundle")).await;
    let tag = response.headers()[header::ETAG].clone();
    let bundle = json(response).await;
    let entries = bundle["entries"].as_array().unwrap();
    let indexes: Vec<_> = entries.iter().map(|entry| entry["index"].as_u64().unwrap()).collect();
    assert_eq!(indexes, [0, 1, 2, 3, 4, 5, 6]);
    let again = Request::get(format!("{path}/bundle")).header(header::IF_NONE_MATCH, tag).body(Body::empty()).unwrap();
    assert_eq!(send(&rig.app, again).await.status(), StatusCode::NOT_MODIFIED);

    let back = json(rig.get(&format!("{path}/trace")).await).await;
    let edge = |from: u64| json!({"from": lot(from), "to": lot(9), "index": 6});
    assert_eq!(back["edges"], json!([edge(1), edge(2)]));
    let forward = json(rig.get(&format!("/v1/lots/{}/trace?direction=forward", escape(&lot(1)))).await).await;
    assert_eq!(forward["edges"], json!([edge(1)]));
    assert_eq!(forward["nodes"][1]["depth"], 1);
    refused(rig.get(&format!("{path}/trace?direction=up")).await, 400, "malformed_request").await;
    refused(rig.get(&format!("/v1/lots/{}", escape(&lot(77)))).await, 404, "not_found").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_statement_again_gets_the_same_receipt() {
    let mut rig = Rig::registered().await;
    let harvest = rig.village.harvests(1..2).remove(0);
    let first = json(send(&rig.app, post(&harvest)).await).await;
    accept(&rig.app, &rig.village.harvests(2..4)).await;
    let response = send(&rig.app, post(&harvest)).await;
    assert_eq!(response.status(), StatusCode::OK);
    let second = json(response).await;
    for field in ["index", "leafHash", "receivedAt", "flags"] {
        assert_eq!(first[field], second[field], "{field}");
    }
    assert_ne!(first["checkpoint"], second["checkpoint"], "the proof leads to the newest checkpoint");
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_have_their_status_and_code() {
    let rig = Rig::registered().await;
    let (app, grower) = (&rig.app, &rig.village.grower);
    let with_type = |kind: &str| Request::post("/v1/statements").header(header::CONTENT_TYPE, kind);
    let body = |request: axum::http::request::Builder, bytes: Vec<u8>| request.body(Body::from(bytes)).unwrap();
    refused(send(app, body(with_type("application/json"), b"{}".to_vec())).await, 400, "malformed_envelope").await;
    refused(send(app, body(with_type("text/plain"), b"{}".to_vec())).await, 415, "unsupported_media_type").await;
    refused(send(app, body(Request::post("/v1/statements"), b"{}".to_vec())).await, 415, "unsupported_media_type")
        .await;
    let too_long = send(app, body(with_type("application/json"), vec![b' '; 200_000])).await;
    assert_eq!(too_long.headers()[header::CONNECTION], "close", "the rest of it is not read");
    refused(too_long, 413, "too_large").await;
    let good = grower.clone().say("event", &harvest(&lot(1), 1));
    let other = Envelope::sign(b"x".to_vec(), &grower.key).signature();
    let bad = Envelope::new(good.payload().to_vec(), good.key(), other);
    refused(send(app, post(&bad)).await, 401, "bad_signature").await;
    let other_key =
        Envelope::new(good.payload().to_vec(), rig.village.operator.clone().say("event", &json!({})).key(), other);
    refused(send(app, post(&other_key)).await, 400, "malformed_envelope").await;
    let mut stranger = Person::new("stranger");
    refused(send(app, post(&stranger.say("event", &harvest(&lot(1), 1)))).await, 401, "unknown_signer").await;
    // An unknown signer is told so also when the signature is wrong: that check comes first.
    let unsigned = stranger.say("event", &harvest(&lot(1), 1));
    let unsigned = Envelope::new(unsigned.payload().to_vec(), unsigned.key(), other);
    refused(send(app, post(&unsigned)).await, 401, "unknown_signer").await;
    let mut late = grower.clone();
    late.seq = 7;
    let response = send(app, post(&late.say("event", &harvest(&lot(1), 1)))).await;
    assert_eq!(response.status(), StatusCode::CONFLICT);
    let problem = json(response).await;
    assert_eq!((&problem["expectedSeq"], &problem["field"]), (&json!(0), &json!("seq")));
    assert_eq!(problem["expectedPrev"], "0".repeat(64));

    refused(rig.get("/nothing").await, 404, "not_found").await;
    refused(rig.get("/v1/entries/99").await, 404, "not_found").await;
    refused(rig.get("/v1/entries/007").await, 404, "not_found").await;
    refused(rig.get("/v1/actors?limit=0").await, 400, "malformed_request").await;
    refused(rig.get("/v1/actors?limit=1&limit=2").await, 400, "malformed_request").await;
    let delete = Request::delete("/v1/statements").body(Body::empty()).unwrap();
    refused(send(app, delete).await, 405, "method_not_allowed").await;
    assert_eq!(json(rig.get("/v1/ledger").await).await["treeSize"], 4, "nothing of this was taken in");
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_are_answered_in_order_and_one_bad_line_stops_no_other() {
    let mut rig = Rig::registered().await;
    let harvests = rig.village.harvests(0..2_000);
    let mut text = String::from("\r\n");
    for (number, harvest) in harvests.iter().enumerate() {
        text.push_str(&harvest.to_json());
        text.push_str(if number % 2 == 0 { "\n" } else { "\r\n\n" });
        if number == 1_000 {
            text.push_str("nonsense\n");
            text.push_str(&"x".repeat(100_000));
            text.push('\n');
            text.push_str(&harvest.to_json());
            text.push('\n');
        }
    }
    // The last line has no end.
    let answers = rig.lines(text.trim_end().to_owned()).await;
    let told: Vec<_> = answers.iter().map(|answer| answer["index"].as_u64().ok_or(answer["code"].as_str())).collect();
    let mut expected: Vec<_> = (4..2_004).map(Ok).collect();
    expected.splice(1_001..1_001, [Err(Some("malformed_envelope")), Err(Some("too_large")), Ok(1_004)]);
    assert_eq!(told, expected);
    assert!(rig.lines("").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_come_while_lines_still_do() {
    let mut rig = Rig::registered().await;
    let harvests = rig.village.harvests(0..2);
    let (sender, receiver) = tokio::sync::mpsc::channel::<Result<String, std::io::Error>>(1);
    let body = futures_util::stream::unfold(receiver, |mut receiver| async {
        receiver.recv().await.map(|line| (line, receiver))
    });
    let request = Request::post("/v1/statements").header(header::CONTENT_TYPE, "application/x-ndjson");
    let response = send(&rig.app, request.body(Body::from_stream(body)).unwrap()).await;
    let mut answers = response.into_body();
    for (index, harvest) in (4..).zip(&harvests) {
        sender.send(Ok(harvest.to_json() + "\n")).await.unwrap();
        let line = answers.frame().await.unwrap().unwrap().into_data().unwrap();
        assert_eq!(serde_json::from_slice::<Value>(&line).unwrap()["index"], index);
    }
    drop(sender);
    assert!(answers.frame().await.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_read_as_tlog_tiles() {
    let mut rig = Rig::registered().await;
    let text: String = rig.village.harvests(0..300).iter().map(|harvest| harvest.to_json() + "\n").collect();
    rig.lines(text).await;
    let response = rig.get("/checkpoint").await;
    assert_eq!(response.headers()[header::CONTENT_TYPE], "text/plain; charset=utf-8");
    assert_eq!(response.headers()[header::CACHE_CONTROL], "no-cache");
    let checkpoint = SignedCheckpoint::open(&bytes(response).await, &vkey()).unwrap();
    let size = checkpoint.checkpoint().size();
    assert_eq!(size.get(), 304);
    for path in hash_tiles_between(TreeSize::ZERO, size).chain(entry_bundles_between(TreeSize::ZERO, size)) {
        let response = rig.get(&format!("/{path}")).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/octet-stream");
        assert_eq!(response.headers()[header::CACHE_CONTROL], "public, max-age=31536000, immutable");
        assert_eq!(response.headers()[header::ACCESS_CONTROL_ALLOW_ORIGIN], "*");
    }
    for path in [
        "0/0",
        "00/000",
        "0/000.p/256",
        "0/000.p/0",
        "0/x000/000",
        "0/%30%30%30",
        "entries/002",
        "9/000",
        "entries/001.p/60",
    ] {
        refused(rig.get(&format!("/tile/{path}")).await, 404, "not_found").await;
    }

    let entry = bytes(rig.get("/v1/entries/17").await).await;
    let proof = TlogProof::parse(&bytes(rig.get("/v1/entries/17/proof").await).await).unwrap();
    let ledger = json(rig.get("/v1/ledger").await).await;
    let policy = Policy::parse(ledger["policy"].as_str().unwrap().as_bytes()).unwrap();
    proof.verify(&Hash::of_leaf(&entry), &policy).unwrap();
    let request =
        Request::get("/v1/entries/17").header(header::ACCEPT, "application/json").body(Body::empty()).unwrap();
    let told = json(send(&rig.app, request).await).await;
    assert_eq!(told["leafHash"], Hash::of_leaf(&entry).to_string());
    assert_eq!(told["statement"]["kind"], "event");
    assert_eq!(told["flags"], json!(["late"]));
    assert_eq!(told["links"][0]["seq"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn records_are_shown_as_they_were_signed() {
    let rig = Rig::registered().await;
    let ledger = json(rig.get("/v1/ledger").await).await;
    assert_eq!((&ledger["name"]["en"], &ledger["operator"]), (&json!("Ledger"), &json!(actor("operator"))));
    let signer = json(rig.get(&format!("/v1/signers/{}", rig.village.operator.hex())).await).await;
    assert_eq!((&signer["seq"], &signer["revoked"]), (&json!(4), &json!(false)));
    assert_eq!(signer["prev"], rig.village.operator.prev.to_string());
    let operator = json(rig.get("/v1/actors/operator").await).await;
    assert_eq!((&operator["index"], &operator["class"]), (&json!(0), &json!("organisation")));
    assert_eq!(operator["keys"], json!([{"key": rig.village.operator.hex(), "revoked": false}]));
    let starch = json(rig.get("/v1/products/starch").await).await;
    assert_eq!(starch["madeFrom"][0]["yieldMax"], json!(0.2));
    let list = json(rig.get("/v1/actors?limit=1").await).await;
    assert_eq!((list["items"].as_array().unwrap().len(), &list["next"]), (1, &json!("grower")));
    let rest = json(rig.get("/v1/actors?after=grower").await).await;
    assert_eq!((&rest["items"][0]["id"], rest.get("next")), (&json!(actor("operator")), None));
    assert_eq!(json(rig.get("/v1/places").await).await, json!({"items": []}));
    refused(rig.get("/v1/products/none").await, 404, "not_found").await;
    refused(rig.get("/v1/actors/UPPER").await, 404, "not_found").await;
}

fn put_blob(person: &Person, hash: &Hash, bytes: &[u8], range: Option<&str>) -> Request<Body> {
    let signed = format!("nguon-blob v1\n{ORIGIN}\n{hash}\n");
    let signature = BASE64_STANDARD.encode(person.key.sign(signed.as_bytes()).to_bytes());
    let mut request = Request::put(format!("/v1/blobs/{hash}"))
        .header("Nguon-Signer", person.hex())
        .header("Nguon-Signature", signature);
    if let Some(range) = range {
        request = request.header(header::CONTENT_RANGE, range);
    }
    request.body(Body::from(bytes.to_vec())).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn blobs_are_uploaded_by_signers_and_read_by_all() {
    let rig = Rig::registered().await;
    let grower = &rig.village.grower;
    let picture = b"\x89PNG\r\n\x1a\n and so on".to_vec();
    let hash = Hash::of(&picture);
    let path = format!("/v1/blobs/{hash}");
    refused(send(&rig.app, put_blob(&Person::new("stranger"), &hash, &picture, None)).await, 401, "unknown_signer")
        .await;
    refused(send(&rig.app, put_blob(grower, &hash, b"other", None)).await, 422, "hash_mismatch").await;
    refused(send(&rig.app, put_blob(grower, &hash, b"x", Some("bytes 5-3/9"))).await, 400, "malformed_request").await;
    let mut forged = put_blob(grower, &hash, &picture, None);
    *forged.uri_mut() = format!("/v1/blobs/{}", Hash::of(b"x")).parse().unwrap();
    refused(send(&rig.app, forged).await, 401, "bad_signature").await;

    let total = picture.len();
    let response = send(&rig.app, put_blob(grower, &hash, &picture[..5], Some(&format!("bytes 0-4/{total}")))).await;
    assert_eq!((response.status(), response.headers()["upload-offset"].to_str().unwrap()), (StatusCode::ACCEPTED, "5"));
    let head = send(&rig.app, Request::head(&path).body(Body::empty()).unwrap()).await;
    assert_eq!((head.status(), head.headers()["upload-offset"].to_str().unwrap()), (StatusCode::NOT_FOUND, "5"));
    let rest = format!("bytes 5-{}/{total}", total - 1);
    assert_eq!(send(&rig.app, put_blob(grower, &hash, &picture[5..], Some(&rest))).await.status(), StatusCode::CREATED);
    assert_eq!(send(&rig.app, put_blob(grower, &hash, &picture, None)).await.status(), StatusCode::OK);

    let response = rig.get(&path).await;
    assert_eq!(response.headers()[header::CONTENT_TYPE], "image/png");
    assert_eq!(response.headers()[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
    assert!(response.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap().contains("sandbox"));
    assert!(!response.headers().contains_key(header::CONTENT_DISPOSITION));
    assert_eq!(bytes(response).await, picture);
    let page = b"<script>alert(1)</script>".to_vec();
    let hash = Hash::of(&page);
    assert_eq!(send(&rig.app, put_blob(grower, &hash, &page, None)).await.status(), StatusCode::CREATED);
    let response = rig.get(&format!("/v1/blobs/{hash}")).await;
    assert_eq!(response.headers()[header::CONTENT_TYPE], "application/octet-stream");
    assert_eq!(response.headers()[header::CONTENT_DISPOSITION], "attachment");
    refused(rig.get(&format!("/v1/blobs/{}", Hash::of(b"none"))).await, 404, "not_found").await;
    refused(send(&rig.app, put_blob(grower, &hash, &vec![0; 11 << 20], None)).await, 413, "too_large").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn health_readiness_and_metrics_are_told() {
    let rig = Rig::registered().await;
    assert_eq!(rig.get("/healthz").await.status(), StatusCode::OK);
    assert_eq!(json(rig.get("/readyz").await).await, json!({"ready": true, "reasons": [], "treeSize": 4}));
    send(&rig.app, post(&Person::new("stranger").say("event", &json!({})))).await;
    let text = String::from_utf8(bytes(rig.get("/metrics").await).await).unwrap();
    for line in [
        "nguon_statements_total{result=\"accepted\"} 3",
        "nguon_statements_total{result=\"unknown_signer\"} 1",
        "nguon_tree_size 4",
        "nguon_ready 1",
        "nguon_group_entries_count 3",
    ] {
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }
    let preflight =
        Request::options("/v1/statements").header(header::ORIGIN, "https://x.test").body(Body::empty()).unwrap();
    let response = send(&rig.app, preflight).await;
    assert_eq!(response.status(), StatusCode::NO_CONTENT);
    assert!(response.headers()[header::ACCESS_CONTROL_ALLOW_HEADERS].to_str().unwrap().contains("nguon-signature"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_node_opens_again_as_it_was() {
    let mut rig = Rig::registered().await;
    accept(&rig.app, &rig.village.harvests(0..5)).await;
    let before = json(rig.get(&format!("/v1/lots/{}", escape(&lot(3)))).await).await;
    let Rig { village, node, app } = rig;
    drop(app);
    node.close().await;
    let rig = Rig { node: node_of(&village).await, village, app: Router::new() };
    let app = rig.node.router();
    assert_eq!(json(send(&app, get(&format!("/v1/lots/{}", escape(&lot(3))))).await).await, before);
    assert_eq!(json(send(&app, get("/v1/ledger")).await).await["treeSize"], 9);
}

/// `NGUON_BLESS=1` writes the file anew.
#[test]
fn the_description_of_the_api_is_the_golden_one() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json");
    let now = openapi().unwrap();
    if std::env::var_os("NGUON_BLESS").is_some() {
        std::fs::write(path, &now).unwrap();
    }
    let golden = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        golden == now,
        "node/openapi.json is not what the code says; look at the change, then NGUON_BLESS=1 cargo test"
    );
    let described: Value = serde_json::from_str(&now).unwrap();
    assert!(described["openapi"].as_str().unwrap().starts_with("3.1"));
    assert!(described["paths"].as_object().unwrap().contains_key("/tile/{path}"));
}
