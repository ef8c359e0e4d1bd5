//! Turns the script into statements: first who and what there is, then what happened.

use std::collections::BTreeMap;

use anyhow::Context as _;
use serde_json::{Value, json};

use super::Seeding;
use super::script::{Actor, Place, Product, Step, picture};
use crate::client::amount::TypedAmount;
use crate::client::draft::{Draft, correction};
use crate::keys;

/// When the records of who and what there is were signed.
const REGISTERED_AT: &str = "2025-06-01T08:00:00.000+07:00";

/// Registers actors, products and places.
pub(super) fn register(seeding: &mut Seeding<'_>) -> anyhow::Result<()> {
    let demo = seeding.demo;
    let operator = &demo.script.operator.slug;
    for actor in &demo.script.actors {
        let body = actor_body(seeding, actor)?;
        seeding.say(actor.by.as_ref().unwrap_or(operator), "actor", &body, REGISTERED_AT)?;
    }
    for product in &demo.script.products {
        let body = product_body(seeding, product)?;
        seeding.say(&product.by, "product", &body, REGISTERED_AT)?;
    }
    for place in &demo.script.places {
        let body = place_body(seeding, place)?;
        seeding.say(&place.by, "place", &body, REGISTERED_AT)?;
    }
    Ok(())
}

fn actor_body(seeding: &Seeding<'_>, actor: &Actor) -> anyhow::Result<Value> {
    let demo = seeding.demo;
    let mut body = json!({
        "id": demo.actor(&actor.slug)?, "class": actor.class, "roles": actor.roles, "name": actor.name,
        "keys": [keys::public(&demo.key(&actor.slug)?).to_string()],
    });
    if let Some(under) = &actor.under {
        body["under"] = json!(demo.actor(under)?);
    }
    if let Some(number) = &actor.business_id {
        body["businessId"] = json!(number);
    }
    Ok(body)
}

fn product_body(seeding: &Seeding<'_>, product: &Product) -> anyhow::Result<Value> {
    let demo = seeding.demo;
    let mut body = json!({"id": demo.product(&product.slug)?, "name": product.name, "unit": product.unit});
    if let Some(gtin) = &product.gtin {
        body["gtin"] = json!(gtin);
    }
    if !product.made_from.is_empty() {
        let source = |(slug, yield_max): (&String, &Value)| -> anyhow::Result<Value> {
            Ok(json!({"product": demo.product(slug)?, "yieldMax": yield_max}))
        };
        body["madeFrom"] = product.made_from.iter().map(source).collect::<anyhow::Result<_>>()?;
    }
    if let Some((quantity, uom)) = &product.net_content {
        body["netContent"] = json!({"quantity": quantity, "uom": uom});
    }
    if let Some(days) = product.shelf_life_days {
        body["shelfLifeDays"] = json!(days);
    }
    if let Some(name) = &product.picture {
        body["picture"] = upload(seeding, &product.by, name)?;
    }
    if !product.shop_links.is_empty() {
        body["shopLinks"] = json!(product.shop_links);
    }
    let as_written = [
        ("description", &product.description),
        ("brand", &product.brand),
        ("ingredients", &product.ingredients),
        ("storage", &product.storage),
        ("warnings", &product.warnings),
        ("standards", &product.standards),
    ];
    for (key, value) in as_written {
        if let Some(value) = value {
            body[key] = value.clone();
        }
    }
    Ok(body)
}

fn place_body(seeding: &Seeding<'_>, place: &Place) -> anyhow::Result<Value> {
    let (lat, lon) = &place.position;
    Ok(json!({
        "id": seeding.demo.place(&place.slug)?, "class": place.class, "owner": seeding.demo.actor(&place.owner)?,
        "name": place.name, "names": place.names, "position": {"lat": lat, "lon": lon},
    }))
}

/// Uploads a picture and answers the reference to it.
fn upload(seeding: &Seeding<'_>, by: &str, name: &str) -> anyhow::Result<Value> {
    let bytes = picture(name).with_context(|| format!("no picture {name}"))?;
    let hash = seeding.client.put_blob(&seeding.key(by)?, bytes.to_vec())?;
    Ok(json!({"sha256": hash.to_string(), "mediaType": "image/png", "bytes": bytes.len()}))
}

/// Lets everything happen.
pub(super) fn happen(seeding: &mut Seeding<'_>) -> anyhow::Result<()> {
    let mut bodies: BTreeMap<&str, Value> = BTreeMap::new();
    let demo = seeding.demo;
    for (number, step) in demo.script.steps.iter().enumerate() {
        let (kind, body) = match step.verb.as_str() {
            "attest" => ("attest", attest_body(seeding, step)?),
            "correct" => {
                let original =
                    step.corrects.as_deref().and_then(|name| bodies.get(name)).context("corrects nothing")?;
                let reason = step.reason.as_deref().unwrap_or("incorrect_data");
                ("event", correction(&original["event"], reason, &step.when))
            }
            _ => ("event", event_body(seeding, number, step)?),
        };
        let body = with_remarks(seeding, step, body)?;
        let leaf_hash = seeding.say(&step.by, kind, &body, &step.when)?;
        if let Some(name) = &step.name {
            seeding.leaf_hashes.insert(name.clone(), leaf_hash);
            bodies.insert(name, body);
        }
    }
    Ok(())
}

fn attest_body(seeding: &Seeding<'_>, step: &Step) -> anyhow::Result<Value> {
    let entry = step.entry.as_deref().and_then(|name| seeding.leaf_hashes.get(name)).context("attests nothing")?;
    Ok(json!({"entry": entry, "claim": step.claim}))
}

/// Adds note, parties and pictures.
fn with_remarks(seeding: &Seeding<'_>, step: &Step, mut body: Value) -> anyhow::Result<Value> {
    if let Some(note) = &step.note {
        body["note"] = json!(note);
    }
    if let Some(slug) = &step.acting_for {
        body["for"] = json!(seeding.demo.actor(slug)?);
    }
    if let Some(slug) = &step.on_behalf_of {
        body["onBehalfOf"] = json!(seeding.demo.actor(slug)?);
    }
    if !step.media.is_empty() {
        let media = step.media.iter().map(|name| upload(seeding, &step.by, name));
        body["media"] = media.collect::<anyhow::Result<_>>()?;
    }
    Ok(body)
}

fn event_body(seeding: &Seeding<'_>, number: usize, step: &Step) -> anyhow::Result<Value> {
    let demo = seeding.demo;
    let event_id = format!("urn:uuid:{}", uuid::Builder::from_random_bytes(first_16(demo, number)).into_uuid());
    let mut draft = Draft::new(&step.verb, &step.when, &event_id);
    if let Some(place) = &step.place {
        draft.place(&demo.place(place)?);
    }
    if let (Some(lot), Some(amount)) = (&step.lot, &step.amount) {
        let (lot, amount) = (demo.lot(lot)?, TypedAmount::parse(amount)?);
        match &step.product {
            Some(product) => draft.create("quantityList", &lot, &demo.product(product)?, &amount),
            None => draft.amount("quantityList", &lot, &amount),
        }
    }
    if step.verb == "harvest" {
        let day = step.when.get(..10).unwrap_or_default();
        draft.set_event("ilmd", json!({"cbvmda:harvestStartDate": day}));
    }
    for lot in &step.lots {
        draft.push("quantityList", json!({"epcClass": demo.lot(lot)?}));
    }
    if let Some(to) = &step.to {
        draft.party("destinationList", "destination", &demo.actor(to)?);
    }
    if let Some(from) = &step.from {
        draft.party("sourceList", "source", &demo.actor(from)?);
    }
    for (lot, amount) in &step.inputs {
        draft.amount("inputQuantityList", &demo.lot(lot)?, &TypedAmount::parse(amount)?);
    }
    for (product, lot, amount) in &step.outputs {
        let amount = TypedAmount::parse(amount)?;
        draft.create("outputQuantityList", &demo.lot(lot)?, &demo.product(product)?, &amount);
        if let Some(count) = step.serials {
            let serials = demo.serials(lot, count);
            demo.write_serials(lot, &serials)?;
            draft.set("serials", crate::client::draft::serials_commitment(&serials));
        }
    }
    if let Some(certificate) = &step.certificate {
        draft.set("certificate", certificate.clone());
    }
    if !step.sensors.is_empty() {
        let report = |(kind, value, uom): &(String, Value, String)| json!({"type": kind, "value": value, "uom": uom});
        let reports: Vec<_> = step.sensors.iter().map(report).collect();
        draft.set_event("sensorElementList", json!([{"sensorReport": reports}]));
        draft.set_event("bizStep", "sensor_reporting");
    }
    Ok(draft.into_body())
}

fn first_16(demo: &super::Demo, number: usize) -> [u8; 16] {
    let drawn = demo.drawn(&format!("event {number}"));
    drawn.as_bytes().split_first_chunk().map_or([0; 16], |(head, _)| *head)
}
