//! Joining, from the invitation to the approved key, and everybody who should not be let in.

use ed25519_dalek::Signer as _;

use super::*;
use crate::testing::NOW;

/// A request as its signer sends it.
#[derive(Clone)]
struct Ask {
    method: &'static str,
    path: String,
    body: String,
    time: String,
    origin: &'static str,
}

impl Ask {
    fn new(method: &'static str, path: impl Into<String>, body: impl Into<String>) -> Self {
        Self { method, path: path.into(), body: body.into(), time: at(0), origin: ORIGIN }
    }

    fn by(&self, person: &Person) -> Request<Body> {
        let hash = Hash::of(self.body.as_bytes());
        let Self { method, path, time, origin, .. } = self;
        let signed = format!("nguon-request v1\n{origin}\n{method}\n{path}\n{hash}\n{time}\n");
        let signature = BASE64_STANDARD.encode(person.key.sign(signed.as_bytes()).to_bytes());
        let request = Request::builder().method(self.method).uri(&self.path).header("nguon-signer", person.hex());
        let request = request.header("nguon-signature", signature).header("nguon-time", &self.time);
        request.body(Body::from(self.body.clone())).unwrap()
    }
}

fn at(millis: i64) -> String {
    nguon_ledger::time::UnixMillis::new(NOW.get() + millis).to_rfc3339()
}

fn wanted() -> Value {
    json!({"organisation": actor("coop"), "name": "Household 7", "roles": ["producer"]})
}

struct Coop {
    rig: Rig,
    registrar: Person,
    other: Person,
}

/// Two cooperatives, each with a registrar.
async fn coop() -> Coop {
    let mut rig = Rig::registered().await;
    let (registrar, other) = (Person::new("registrar"), Person::new("other-registrar"));
    let organisation = |slug: &str| {
        json!({"id": actor(slug), "class": "organisation", "name": {"vi": slug, "en": slug},
        "roles": ["processor"], "under": actor("operator"), "keys": []})
    };
    let person = |person: &Person, under: &str| {
        json!({"id": actor(&person.slug), "class": "person", "roles": ["registrar"],
        "under": actor(under), "keys": [person.hex()]})
    };
    let operator = &mut rig.village.operator;
    let statements = [
        operator.say("actor", &organisation("coop")),
        operator.say("actor", &organisation("other")),
        operator.say("actor", &person(&registrar, "coop")),
        operator.say("actor", &person(&other, "other")),
    ];
    accept(&rig.app, &statements).await;
    Coop { rig, registrar, other }
}

impl Coop {
    async fn send(&self, request: Request<Body>) -> Response<Body> {
        send(&self.rig.app, request).await
    }

    async fn invite(&self, body: &Value) -> Value {
        let response = self.send(Ask::new("POST", "/v1/invitations", body.to_string()).by(&self.registrar)).await;
        assert_eq!(response.status(), StatusCode::CREATED);
        json(response).await
    }

    async fn claim(&self, token: &Value, person: &Person) -> Response<Body> {
        self.send(claim(token.as_str().unwrap(), person, "Ms Hoa")).await
    }

    async fn state(&self, token: &Value) -> Value {
        json(self.rig.get(&format!("/v1/invitations/{}", token.as_str().unwrap())).await).await["state"].clone()
    }

    async fn list(&self) -> Value {
        let path = format!("/v1/invitations?organisation={}", escape(&actor("coop")));
        json(self.send(Ask::new("GET", path, "").by(&self.registrar)).await).await["items"].clone()
    }
}

fn claim_body(token: &str, person: &Person, name: &str) -> Value {
    let signed = format!("nguon-claim v1\n{ORIGIN}\n{token}\n{}\n", person.hex());
    let signature = BASE64_STANDARD.encode(person.key.sign(signed.as_bytes()).to_bytes());
    json!({"key": person.hex(), "name": name, "signature": signature})
}

fn claim(token: &str, person: &Person, name: &str) -> Request<Body> {
    let body = claim_body(token, person, name).to_string();
    Request::post(format!("/v1/invitations/{token}/claim")).body(Body::from(body)).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_is_invited_asks_and_is_approved() {
    let mut coop = coop().await;
    let made = coop.invite(&wanted()).await;
    let token = &made["token"];
    assert_eq!(token.as_str().unwrap().len(), 26);
    assert_eq!(made["expiresAt"], at(7 * 24 * 3_600_000));
    let shown = json(coop.rig.get(&format!("/v1/invitations/{}", token.as_str().unwrap())).await).await;
    assert_eq!(
        shown,
        json!({"state": "open", "organisation": actor("coop"), "organisationName": {"vi": "coop", "en": "coop"},
            "ledger": ORIGIN, "ledgerName": {"vi": "So", "en": "Ledger"}, "roles": ["producer"], "expiresAt": made["expiresAt"]})
    );
    let member = Person::new("hoa");
    let claimed = coop.claim(token, &member).await;
    assert_eq!((claimed.status(), json(claimed).await), (StatusCode::OK, json!({"state": "claimed"})));
    // Her phone lost the answer and asks again; somebody else comes with the same link.
    assert_eq!(coop.claim(token, &member).await.status(), StatusCode::OK);
    refused(coop.claim(token, &Person::new("thief")).await, 409, "invitation_used").await;
    assert_eq!(coop.state(token).await, "claimed");
    let listed = coop.list().await;
    assert_eq!(listed[0]["claim"], json!({"key": member.hex(), "name": "Ms Hoa", "at": at(0)}));
    assert_eq!((&listed[0]["id"], &listed[0]["name"]), (&made["id"], &json!("Household 7")));

    let register = json!({"id": actor("hoa"), "class": "person", "roles": ["producer"], "under": actor("coop"), "keys": [member.hex()]});
    accept(&coop.rig.app, &[coop.registrar.say("actor", &register)]).await;
    assert_eq!(coop.state(token).await, "approved");
    refused(
        coop.claim(
            &coop.invite(&json!({"organisation": actor("coop"), "roles": ["producer"]})).await["token"],
            &member,
        )
        .await,
        409,
        "key_in_use",
    )
    .await;
    // The phone is lost: the key is revoked, the invitation serves nobody again.
    let revoke = json!({"actor": actor("hoa"), "revoke": member.hex(), "reason": "lost"});
    accept(&coop.rig.app, &[coop.registrar.say("key", &revoke)]).await;
    assert_eq!(coop.state(token).await, "used");
    refused(coop.claim(token, &Person::new("thief")).await, 409, "invitation_used").await;
    assert!(!json(coop.rig.get("/v1/ledger").await).await.to_string().contains("Hoa"));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_organisations_registrar_and_the_operator_invite() {
    let coop = coop().await;
    let ask = Ask::new("POST", "/v1/invitations", wanted().to_string());
    refused(coop.send(ask.by(&coop.other)).await, 403, "role_missing").await;
    refused(coop.send(ask.by(&coop.rig.village.grower)).await, 403, "role_missing").await;
    refused(coop.send(ask.by(&Person::new("stranger"))).await, 401, "unknown_signer").await;
    let registrar = json!({"organisation": actor("coop"), "roles": ["registrar"]}).to_string();
    let registrar = Ask { body: registrar, ..ask.clone() };
    refused(coop.send(registrar.by(&coop.registrar)).await, 403, "role_missing").await;
    assert_eq!(coop.send(registrar.by(&coop.rig.village.operator)).await.status(), StatusCode::CREATED);
    for (organisation, status, code) in [
        (actor("nobody"), 422, "unknown_actor"),
        (actor("grower"), 422, "unknown_actor"),
        ("x".to_owned(), 400, "malformed_request"),
    ] {
        let body = json!({"organisation": organisation, "roles": ["producer"]}).to_string();
        refused(coop.send(Ask { body, ..ask.clone() }.by(&coop.rig.village.operator)).await, status, code).await;
    }

    let made = coop.invite(&wanted()).await;
    let revoke = Ask::new("POST", format!("/v1/invitations/{}/revoke", made["id"].as_str().unwrap()), "");
    refused(coop.send(revoke.by(&coop.other)).await, 403, "role_missing").await;
    let list = Ask::new("GET", format!("/v1/invitations?organisation={}", escape(&actor("coop"))), "");
    refused(coop.send(list.by(&coop.other)).await, 403, "role_missing").await;
    refused(coop.rig.get(&list.path).await, 401, "bad_signature").await;
    refused(coop.send(Ask::new("GET", "/v1/invitations", "").by(&coop.registrar)).await, 400, "malformed_request")
        .await;
    let unknown = Ask::new("POST", format!("/v1/invitations/{}/revoke", "0".repeat(32)), "");
    refused(coop.send(unknown.by(&coop.registrar)).await, 404, "not_found").await;
    let told = json(coop.send(revoke.by(&coop.registrar)).await).await;
    assert_eq!((told["state"].as_str(), told.get("name")), (Some("revoked"), None));
    assert_eq!(coop.send(revoke.by(&coop.registrar)).await.status(), StatusCode::OK, "the same again does no harm");
    refused(coop.claim(&made["token"], &Person::new("hoa")).await, 410, "invitation_revoked").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_request_serves_once_here_and_now() {
    let coop = coop().await;
    let ask = Ask::new("POST", "/v1/invitations", wanted().to_string());
    for millis in [-300_001, 300_001] {
        let late = Ask { time: at(millis), ..ask.clone() };
        let response = coop.send(late.by(&coop.registrar)).await;
        refused(response, 401, "stale_request").await;
    }
    refused(coop.send(Ask { time: "now".to_owned(), ..ask.clone() }.by(&coop.registrar)).await, 401, "bad_signature")
        .await;
    refused(coop.send(Ask { origin: "other.test", ..ask.clone() }.by(&coop.registrar)).await, 401, "bad_signature")
        .await;
    for (name, value) in
        [("nguon-signer", coop.other.hex()), ("nguon-signature", "AAAA".to_owned()), ("nguon-time", at(1))]
    {
        let mut request = ask.by(&coop.registrar);
        request.headers_mut().insert(name, value.parse().unwrap());
        refused(coop.send(request).await, 401, "bad_signature").await;
    }
    let mut elsewhere = ask.by(&coop.registrar);
    *elsewhere.uri_mut() = "/v1/invitations?x=1".parse().unwrap();
    refused(coop.send(elsewhere).await, 401, "bad_signature").await;
    let (parts, _) = ask.by(&coop.registrar).into_parts();
    let other_body = Request::from_parts(parts, Body::from(wanted().to_string() + " "));
    refused(coop.send(other_body).await, 401, "bad_signature").await;

    assert_eq!(coop.send(ask.by(&coop.registrar)).await.status(), StatusCode::CREATED);
    refused(coop.send(ask.by(&coop.registrar)).await, 409, "request_replayed").await;
    // Also when what it made was removed.
    let id = coop.list().await[0]["id"].as_str().unwrap().to_owned();
    let forget = Ask::new("POST", format!("/v1/invitations/{id}/forget"), "");
    assert_eq!(coop.send(forget.by(&coop.registrar)).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(coop.list().await, json!([]));
    refused(coop.send(ask.by(&coop.registrar)).await, 409, "request_replayed").await;
    assert_eq!(coop.send(Ask { time: at(1), ..ask }.by(&coop.registrar)).await.status(), StatusCode::CREATED);
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_invitations_and_claims_are_refused() {
    let coop = coop().await;
    let with = |field: &str, value: Value| {
        let mut body = wanted();
        body[field] = value;
        body.to_string()
    };
    let bodies = [
        String::new(),
        "null".to_owned(),
        "[".repeat(5_000),
        with("name", json!("")),
        with("name", json!("a\nb")),
        with("name", json!("x".repeat(81))),
        with("roles", json!([])),
        with("roles", json!(["king"])),
        with("roles", json!(["producer", "producer"])),
        with("expiresAt", json!("tomorrow")),
        with("expiresAt", json!(at(-1))),
        with("expiresAt", json!(at(31 * 24 * 3_600_000))),
        with("admin", json!(true)),
        format!("{{\"organisation\":\"x\",{}", wanted().to_string().trim_start_matches('{')),
    ];
    for body in bodies {
        let ask = Ask::new("POST", "/v1/invitations", body);
        refused(coop.send(ask.by(&coop.registrar)).await, 400, "malformed_request").await;
    }
    let long = Ask::new("POST", "/v1/invitations", " ".repeat(9_000));
    refused(coop.send(long.by(&coop.registrar)).await, 413, "too_large").await;

    let token =
        coop.invite(&with("expiresAt", json!(at(1))).parse().unwrap()).await["token"].as_str().unwrap().to_owned();
    let member = Person::new("hoa");
    let good = claim_body(&token, &member, "Ms Hoa");
    let post = |token: &str, body: &Value| {
        Request::post(format!("/v1/invitations/{token}/claim")).body(Body::from(body.to_string())).unwrap()
    };
    for (field, value, status, code) in [
        ("key", json!("00"), 400, "malformed_request"),
        // A point of small order signs everything.
        ("key", json!(format!("01{}", "00".repeat(31))), 401, "bad_signature"),
        ("key", json!(Person::new("thief").hex()), 401, "bad_signature"),
        ("name", json!("\u{7}"), 400, "malformed_request"),
        ("name", json!(" "), 400, "malformed_request"),
        ("signature", json!("AAAA"), 400, "malformed_request"),
        ("signature", json!(BASE64_STANDARD.encode([0; 64])), 401, "bad_signature"),
        ("roles", json!(["registrar"]), 400, "malformed_request"),
    ] {
        let mut body = good.clone();
        body[field] = value;
        refused(coop.send(post(&token, &body)).await, status, code).await;
    }
    let unknown = "0".repeat(26);
    refused(coop.send(claim(&unknown, &member, "x")).await, 404, "not_found").await;
    refused(coop.rig.get(&format!("/v1/invitations/{unknown}")).await, 404, "not_found").await;
    refused(coop.rig.get("/v1/invitations/short").await, 404, "not_found").await;
    // A signature for one invitation is none for another.
    let second = coop.invite(&wanted()).await["token"].as_str().unwrap().to_owned();
    refused(coop.send(post(&second, &good)).await, 401, "bad_signature").await;
    assert_eq!(coop.state(&json!(token)).await, "open");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_expired_is_over_and_too_many_questions_have_to_wait() {
    let coop = coop().await;
    let body = json!({"organisation": actor("coop"), "roles": ["producer"], "expiresAt": at(1)});
    let token = coop.invite(&body).await["token"].clone();
    // The same folder a second later.
    let Coop { rig, registrar: _, other: _ } = coop;
    let Rig { village, node, app } = rig;
    drop(app);
    node.close().await;
    let mut config = Config::new(village.data());
    config.clock = || nguon_ledger::time::UnixMillis::new(NOW.get() + 1_000);
    config.rate.burst = 3;
    config.rate.interval = std::time::Duration::from_secs(3_600);
    let node = Node::open(config).unwrap();
    node.ready().await.unwrap();
    let app = node.router();
    let path = format!("/v1/invitations/{}", token.as_str().unwrap());
    assert_eq!(json(send(&app, get(&path)).await).await["state"], "expired");
    refused(send(&app, claim(token.as_str().unwrap(), &Person::new("hoa"), "x")).await, 410, "invitation_expired")
        .await;
    assert_eq!(send(&app, get(&path)).await.status(), StatusCode::OK);
    let response = send(&app, get(&path)).await;
    assert!(response.headers()[header::RETRY_AFTER].to_str().unwrap().parse::<u64>().unwrap() > 3_000);
    refused(response, 429, "rate_limited").await;
    assert_eq!(send(&app, get("/v1/ledger")).await.status(), StatusCode::OK, "nothing else is limited");
}
