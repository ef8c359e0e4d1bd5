//! What an actor has and did, and entries by their codes.

use super::*;

fn movement(verb: &str, step: &str, lot: &str, kilograms: u64, ends: &[(&str, &str, &str)]) -> Value {
    let mut event = json!({
        "type": "ObjectEvent", "eventTime": "2026-11-20T12:00:00.000+07:00", "eventTimeZoneOffset": "+07:00",
        "action": "OBSERVE", "bizStep": step,
        "quantityList": [{"epcClass": lot, "quantity": kilograms, "uom": "KGM"}],
    });
    for (list, member, slug) in ends {
        event[list] = json!([{"type": "possessing_party", (*member): actor(slug)}]);
    }
    json!({"verb": verb, "event": event})
}

/// A grower who harvested three lots, sent one to the mill and sold another.
async fn rig() -> (Rig, Person) {
    let mut rig = Rig::registered().await;
    let mill = Person::new("mill");
    let register = rig.village.operator.say("actor", &actor_body(&mill, &["processor"]));
    accept(&rig.app, &[register]).await;
    accept(&rig.app, &rig.village.harvests(1..4)).await;
    let ends = [("sourceList", "source", "grower"), ("destinationList", "destination", "mill")];
    let ship = rig.village.grower.say("event", &movement("ship", "shipping", &lot(1), 40, &ends));
    accept(&rig.app, &[ship]).await;
    (rig, mill)
}

fn lots_of(page: &Value) -> Vec<&str> {
    let mut lots: Vec<_> = page["items"].as_array().unwrap().iter().map(|item| item["lot"].as_str().unwrap()).collect();
    lots.sort_unstable();
    lots
}

#[tokio::test(flavor = "multi_thread")]
async fn an_actor_is_told_what_it_has_and_what_comes() {
    let (mut rig, mut mill) = rig().await;
    let page = json(rig.get("/v1/actors/grower/lots").await).await;
    assert_eq!(lots_of(&page), [lot(1), lot(2), lot(3)]);
    let first = page["items"].as_array().unwrap().iter().find(|item| item["lot"] == lot(1)).unwrap();
    assert_eq!(first["held"], json!([{"quantity": "60", "unit": "KGM"}]));
    assert_eq!(first["outgoing"], json!([{"quantity": "40", "unit": "KGM", "to": actor("mill"), "index": 8}]));
    assert_eq!(first["time"], "2026-11-20T00:30:00.000Z");
    let coming = json(rig.get("/v1/actors/mill/lots").await).await;
    assert_eq!(lots_of(&coming), [lot(1)]);
    assert_eq!(coming["items"][0]["held"], json!([]));
    assert_eq!(
        coming["items"][0]["incoming"],
        json!([{"quantity": "40", "unit": "KGM", "from": actor("grower"), "index": 8}])
    );

    // What was all given away is told only to whoever asks for what is on its way.
    let ends = [("sourceList", "source", "grower"), ("destinationList", "destination", "mill")];
    let rest = rig.village.grower.say("event", &movement("ship", "shipping", &lot(1), 60, &ends));
    let sell = rig.village.grower.say("event", &movement("sell", "retail_selling", &lot(2), 100, &[]));
    accept(&rig.app, &[rest, sell]).await;
    assert_eq!(lots_of(&json(rig.get("/v1/actors/grower/lots").await).await), [lot(3)]);
    let sent = json(rig.get("/v1/actors/grower/lots?with=outgoing").await).await;
    assert_eq!(lots_of(&sent), [lot(1), lot(3)]);
    let receive = mill.say("event", &movement("receive", "receiving", &lot(1), 100, &[ends[1]]));
    accept(&rig.app, &[receive]).await;
    assert_eq!(lots_of(&json(rig.get("/v1/actors/grower/lots?with=outgoing").await).await), [lot(3)]);
    let held = json(rig.get("/v1/actors/mill/lots").await).await;
    assert_eq!(held["items"][0]["held"], json!([{"quantity": "100", "unit": "KGM"}]));
    for (query, status, code) in [
        ("mill/lots?after=x", 400, "malformed_request"),
        ("mill/lots?with=all", 400, "malformed_request"),
        ("mill/lots?limit=1001", 400, "malformed_request"),
        ("nobody/lots", 404, "not_found"),
        ("No%20body/lots", 404, "not_found"),
    ] {
        refused(rig.get(&format!("/v1/actors/{query}")).await, status, code).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_lots_come_in_pages_each_once() {
    let mut rig = Rig::registered().await;
    accept(&rig.app, &rig.village.harvests(0..25)).await;
    let (mut seen, mut next) = (Vec::new(), String::new());
    loop {
        let page = json(rig.get(&format!("/v1/actors/grower/lots?limit=10{next}")).await).await;
        seen.extend(lots_of(&page).into_iter().map(str::to_owned));
        let Some(after) = page["next"].as_str() else { break };
        next = format!("&after={after}");
    }
    seen.sort_unstable();
    assert_eq!(seen, (0..25).map(lot).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_actor_is_told_what_it_signed_and_what_others_said_of_it() {
    let (rig, _) = rig().await;
    let indexes = |page: &Value| -> Vec<u64> {
        page["items"].as_array().unwrap().iter().map(|item| item["index"].as_u64().unwrap()).collect()
    };
    let page = json(rig.get("/v1/actors/grower/entries").await).await;
    assert_eq!(indexes(&page), [5, 6, 7, 8]);
    let ship = &page["items"][3];
    assert_eq!((&ship["verb"], &ship["kind"], &ship["lots"]), (&json!("ship"), &json!("event"), &json!([lot(1)])));
    assert_eq!(ship["time"], "2026-11-20T05:00:00.000Z");
    assert_eq!(indexes(&json(rig.get("/v1/actors/mill/entries").await).await), [8]);
    let page = json(rig.get("/v1/actors/grower/entries?limit=2").await).await;
    assert_eq!((indexes(&page), &page["next"]), (vec![5, 6], &json!(6)));
    let page = json(rig.get("/v1/actors/grower/entries?limit=2&after=6").await).await;
    assert_eq!((indexes(&page), page.get("next")), (vec![7, 8], None));
    // All was received at the test's one moment.
    let at = "2026-11-24T00:00:00Z";
    let of = async |query: String| indexes(&json(rig.get(&format!("/v1/actors/grower/entries?{query}")).await).await);
    assert_eq!(of(format!("from={at}")).await.len(), 4);
    assert_eq!(of(format!("to={at}")).await.len(), 0);
    assert_eq!(of("from=2026-11-24T00:00:01Z".to_owned()).await.len(), 0);
    refused(rig.get("/v1/actors/grower/entries?from=yesterday").await, 400, "malformed_request").await;
    refused(rig.get("/v1/actors/grower/entries?after=-1").await, 400, "malformed_request").await;

    let code = crate::base32::encode(&Hash::from_hex(ship["leafHash"].as_str().unwrap()).unwrap().as_bytes()[..5]);
    assert_eq!(&json(rig.get(&format!("/v1/entries/by-code/{code}")).await).await, ship);
    let (start, end) = code.split_at(4);
    let typed = format!("{}-{end}", start.to_lowercase());
    assert_eq!(&json(rig.get(&format!("/v1/entries/by-code/{typed}")).await).await, ship);
    refused(rig.get("/v1/entries/by-code/00000000").await, 404, "not_found").await;
    refused(rig.get("/v1/entries/by-code/0000").await, 400, "malformed_request").await;
    refused(rig.get("/v1/entries/by-code/UUUUUUUU").await, 400, "malformed_request").await;
}
