//! A small ledger in memory, and statements as people would make them.

use alloc::string::{String, ToString as _};

use ed25519_dalek::SigningKey;
use serde_json::{Value, json};

use super::*;
use crate::amount::Amount;
use crate::entry::Entry;
use crate::identifier::{LotUri, Origin};
use crate::key::Signature;
use crate::state::{Balances, LotRecord, MemoryState};
use crate::statement::Statement;

mod corrections;
mod movements;
mod properties;
mod recalls;
mod refusals;
mod registrations;
mod scopes;
mod transformations;

const ORIGIN: &str = "trace.example/ledger";

// The people of the standard ledger, each the seed of a key.
const OPERATOR: u8 = 1;
/// A person of the co-op.
const REGISTRAR: u8 = 2;
/// An organisation; producer, processor, seller.
const COOP: u8 = 3;
/// A producer of the co-op.
const FARMER: u8 = 4;
/// An organisation of its own; processor, seller, registrar.
const MILL: u8 = 5;
/// A seller.
const SHOP: u8 = 6;
const INSPECTOR: u8 = 7;
/// A person of the co-op without a role that moves anything.
const CARRIER: u8 = 8;
/// Nobody.
const STRANGER: u8 = 99;

const GTIN: &str = "08931234567897";

fn origin() -> Origin {
    Origin::parse(ORIGIN).unwrap()
}

fn key_of(seed: u8) -> PublicKey {
    PublicKey::from_bytes(SigningKey::from_bytes(&[seed; 32]).verifying_key().to_bytes())
}

fn slug(who: u8) -> &'static str {
    match who {
        OPERATOR => "operator",
        REGISTRAR => "registrar",
        COOP => "coop",
        FARMER => "farmer",
        MILL => "mill",
        SHOP => "shop",
        INSPECTOR => "inspector",
        CARRIER => "carrier",
        _ => "stranger",
    }
}

fn actor_uri(who: u8) -> String {
    named_actor(slug(who))
}

fn named_actor(slug: &str) -> String {
    format!("https://{ORIGIN}/actor/{slug}")
}

fn product_uri(slug: &str) -> String {
    format!("https://{ORIGIN}/product/{slug}")
}

fn place_uri(slug: &str) -> String {
    format!("https://{ORIGIN}/place/{slug}")
}

/// A lot of the ledger by a number, or what already is a URI.
fn lot_uri(name: &str) -> String {
    if name.contains(':') { name.to_string() } else { format!("https://{ORIGIN}/lot/{name:0>12}") }
}

fn lot_key(name: &str) -> LotKey {
    LotUri::parse(&origin(), &lot_uri(name)).unwrap().key()
}

/// A statement that was accepted.
#[derive(Clone, Debug)]
struct Accepted {
    received_at: UnixMillis,
    payload: Vec<u8>,
    body: Value,
    links: Vec<LotLink>,
    flags: Vec<Flag>,
    leaf_hash: Hash,
}

impl Accepted {
    fn flags(&self) -> Vec<&'static str> {
        self.flags.iter().map(|flag| flag.as_str()).collect()
    }
}

/// A ledger, and where every signer stands.
#[derive(Clone, Debug)]
struct World {
    state: MemoryState,
    log: Vec<Accepted>,
    now: UnixMillis,
    positions: BTreeMap<PublicKey, Position>,
    events: u32,
}

impl World {
    /// A ledger without its charter.
    fn empty() -> Self {
        let now = UnixMillis::parse_rfc3339("2026-11-23T08:00:00.000+07:00").unwrap();
        Self { state: MemoryState::new(), log: Vec::new(), now, positions: BTreeMap::new(), events: 0 }
    }

    /// The standard ledger: its people, and products from canna to packed noodles.
    fn new() -> Self {
        let mut world = Self::empty();
        world.say(OPERATOR, "charter", charter());
        for (who, class, roles, under) in [
            (COOP, "organisation", &["producer", "processor", "seller"][..], None),
            (REGISTRAR, "person", &["registrar"], Some(COOP)),
            (FARMER, "person", &["producer"], Some(COOP)),
            (CARRIER, "person", &["carrier"], Some(COOP)),
            (MILL, "organisation", &["processor", "seller", "registrar"], None),
            (SHOP, "organisation", &["seller"], None),
            (INSPECTOR, "person", &["inspector"], None),
        ] {
            let body = actor(slug(who), class, roles, under.map(slug), &[who]);
            world.say(OPERATOR, "actor", body);
        }
        for body in [
            product("canna", Some("KGM"), &[]),
            product("starch", Some("KGM"), &[("canna", 0.2)]),
            product("residue", Some("KGM"), &[("canna", 0.7)]),
            product("noodle", Some("KGM"), &[("starch", 0.9)]),
            with(
                with(product("pack", Some("KGM"), &[("noodle", 1.5)]), "gtin", json!(GTIN)),
                "netContent",
                content(0.5),
            ),
            with(product("jar", None, &[("noodle", 1.0)]), "netContent", content(0.5)),
            product("egg", None, &[]),
            product("oil", Some("LTR"), &[]),
        ] {
            world.say(OPERATOR, "product", body);
        }
        world
    }

    fn index(&self) -> LeafIndex {
        LeafIndex::new(self.log.len().try_into().unwrap())
    }

    fn position(&self, who: u8) -> Position {
        self.positions.get(&key_of(who)).copied().unwrap_or(Position::START)
    }

    /// The payload of a statement. An event that does not say when it happened happens now and gets an `eventID`.
    fn payload(&mut self, who: u8, kind: &str, body: &mut Value) -> Vec<u8> {
        if kind == "event" && body["event"].is_object() {
            let event = body["event"].as_object_mut().unwrap();
            event.entry("eventTime").or_insert_with(|| self.now.to_rfc3339().into());
            event.entry("eventTimeZoneOffset").or_insert_with(|| "+07:00".into());
            self.events += 1;
            event.entry("eventID").or_insert_with(|| format!("urn:x-event:{}", self.events).into());
        }
        let Position { seq, prev } = self.position(who);
        let statement = json!({
            "v": 1, "ledger": ORIGIN, "signer": key_of(who).to_string(), "seq": seq, "prev": prev.to_string(),
            "signedAt": "2026-11-23T08:00:00.000+07:00", "kind": kind, "body": body,
        });
        statement.to_string().into_bytes()
    }

    fn context(&self) -> Context<'static> {
        Context { index: self.index(), received_at: self.now, scope: Scope::Whole }
    }

    /// Says it, and holds the books to account afterwards; refused, nothing changes.
    fn try_say(&mut self, who: u8, kind: &str, mut body: Value) -> Result<Accepted, Refusal> {
        self.now = UnixMillis::new(self.now.get() + 1_000);
        let payload = self.payload(who, kind, &mut body);
        self.try_payload(payload, body)
    }

    fn try_payload(&mut self, payload: Vec<u8>, body: Value) -> Result<Accepted, Refusal> {
        let origin = origin();
        let statement = Statement::parse(&payload)?;
        let effects = match apply(&self.state, &self.context(), &Proposal::new(&origin, &statement, &payload)) {
            Ok(effects) => effects,
            Err(ApplyError::Refused(refusal)) => return Err(refusal),
            Err(ApplyError::State(never)) => match never {},
        };
        let (links, flags) = (effects.links().to_vec(), effects.flags().to_vec());
        let entry = Entry {
            index: self.index(),
            previous: self.log.last().map_or(Hash::ZERO, |last| last.leaf_hash),
            received_at: self.now,
            links: links.clone(),
            signer: statement.signer(),
            signature: Signature::from_bytes([0; 64]),
            payload: &payload,
        };
        let leaf_hash = Hash::of_leaf(&entry.to_bytes().unwrap());
        self.positions
            .insert(statement.signer(), Position { seq: statement.position().seq + 1, prev: Hash::of(&payload) });
        self.state.write(effects.finish(leaf_hash));
        let accepted = Accepted { received_at: self.now, payload, body, links, flags, leaf_hash };
        self.log.push(accepted.clone());
        self.check(&accepted);
        Ok(accepted)
    }

    #[track_caller]
    fn say(&mut self, who: u8, kind: &str, body: Value) -> Accepted {
        self.try_say(who, kind, body).unwrap()
    }

    #[track_caller]
    fn refuse(&mut self, who: u8, kind: &str, body: Value) -> Refusal {
        let before = self.state.clone();
        let refusal = self.try_say(who, kind, body).map(|said| said.links).expect_err("accepted");
        assert!(self.state == before);
        refusal
    }

    /// An event that is accepted.
    #[track_caller]
    fn event(&mut self, who: u8, body: Value) -> Accepted {
        self.say(who, "event", body)
    }

    /// The code and field with which an event is refused.
    #[track_caller]
    fn refused(&mut self, who: u8, body: Value) -> (Code, String) {
        let refusal = self.refuse(who, "event", body);
        (refusal.code, refusal.field)
    }

    fn lot(&self, name: &str) -> LotRecord {
        match self.state.read(&Key::Lot(lot_key(name))) {
            Ok(Some(Record::Lot(lot))) => *lot,
            other => panic!("{name}: {other:?}"),
        }
    }

    /// Where all of a lot is, in words: `coop 3, mill -> shop 2, sold 1`.
    fn books(&self, name: &str) -> String {
        let balances = self.lot(name).balances;
        let mut parts: Vec<String> = Vec::new();
        for (holder, amount) in balances.holdings.iter().filter(|(_, amount)| !amount.is_zero()) {
            parts.push(format!("{} {amount}", holder.slug()));
        }
        for transit in &balances.transits {
            parts.push(format!("{} -> {} {}", transit.from.slug(), transit.to.slug(), transit.amount));
        }
        for (what, amount) in [("sold", balances.sold), ("lost", balances.lost), ("consumed", balances.consumed)] {
            if !amount.is_zero() {
                parts.push(format!("{what} {amount}"));
            }
        }
        parts.join(", ")
    }

    /// What must hold after every statement: no amount below zero, all of every lot accounted for, chains without gaps.
    fn check(&self, last: &Accepted) {
        for (_, record) in self.state.iter() {
            if let Record::Lot(lot) = record {
                check_books(lot);
            }
        }
        for link in &last.links {
            let Some(Record::Lot(lot)) = self.state.read(&Key::Lot(link.lot)).unwrap() else { panic!("no such lot") };
            assert_eq!((lot.seq, lot.head), (link.seq + 1, last.leaf_hash));
            let before = self.log.iter().rev().skip(1).find_map(|entry| {
                let found = entry.links.iter().find(|other| other.lot == link.lot)?;
                Some((found.seq + 1, entry.leaf_hash))
            });
            assert_eq!((link.seq, link.previous), before.unwrap_or((0, Hash::ZERO)));
        }
        assert!(last.links.is_sorted_by(|a, b| a.lot < b.lot));
        assert!(last.flags.is_sorted_by(|a, b| a < b));
    }
}

fn check_books(lot: &LotRecord) {
    let Balances { holdings, transits, sold, lost, consumed } = &lot.balances;
    let amounts = holdings.values().chain(transits.iter().map(|transit| &transit.amount));
    let mut sum = Amount::ZERO;
    for amount in amounts.chain([sold, lost, consumed]) {
        assert!(!amount.is_negative(), "{lot:?}");
        sum = sum.checked_add(*amount).unwrap();
    }
    assert_eq!(sum, lot.quantity, "{lot:?}");
    assert!(lot.recalls.is_sorted_by(|a, b| a < b));
}

fn charter() -> Value {
    let vectors: Value = serde_json::from_str(include_str!("../../tests/vectors/nguon.json")).unwrap();
    json!({
        "name": "A ledger", "origin": ORIGIN, "vkey": vectors["vkey"], "rulesVersion": 1,
        "operator": actor("operator", "organisation", &["operator"], None, &[OPERATOR]),
    })
}

fn actor(slug: &str, class: &str, roles: &[&str], under: Option<&str>, keys: &[u8]) -> Value {
    let keys: Vec<String> = keys.iter().map(|seed| key_of(*seed).to_string()).collect();
    let mut body = json!({ "id": named_actor(slug), "class": class, "roles": roles, "keys": keys });
    if let Some(under) = under {
        body["under"] = named_actor(under).into();
    }
    body
}

fn key_change(actor: &str, change: &str, seed: u8) -> Value {
    json!({ "actor": named_actor(actor), change: key_of(seed).to_string() })
}

fn product(slug: &str, unit: Option<&str>, made_from: &[(&str, f64)]) -> Value {
    let sources = made_from.iter().map(|(slug, most)| json!({ "product": product_uri(slug), "yieldMax": most }));
    let mut body = json!({ "id": product_uri(slug), "name": slug, "madeFrom": sources.collect::<Vec<_>>() });
    if let Some(unit) = unit {
        body["unit"] = unit.into();
    }
    body
}

fn content(kilograms: f64) -> Value {
    json!({ "quantity": kilograms, "uom": "KGM" })
}

fn place(slug: &str, owner: u8) -> Value {
    json!({
        "id": place_uri(slug), "class": "plot", "names": [{ "vi": "Here" }], "owner": actor_uri(owner),
        "position": { "lat": 22.14, "lon": 106.05 },
    })
}

/// Sets a member.
fn with(mut body: Value, key: &str, value: Value) -> Value {
    body[key] = value;
    body
}

/// Sets a member of the event.
fn with_event(mut body: Value, key: &str, value: Value) -> Value {
    body["event"][key] = value;
    body
}

/// Acting for an organisation.
fn acting_for(body: Value, who: u8) -> Value {
    with(body, "for", actor_uri(who).into())
}

/// An amount of a lot: kilograms unless the unit says otherwise; an empty unit stands for pieces.
fn amount_in(lot: &str, quantity: f64, unit: &str) -> Value {
    let mut element = json!({ "epcClass": lot_uri(lot), "quantity": quantity });
    if !unit.is_empty() {
        element["uom"] = unit.into();
    }
    element
}

fn object(verb: &str, action: &str, step: &str, quantities: Vec<Value>) -> Value {
    let body = json!({ "verb": verb, "event": { "type": "ObjectEvent", "action": action, "bizStep": step } });
    with_event(body, "quantityList", quantities.into())
}

fn creates(lots: &[(&str, &str)]) -> Value {
    Value::Object(lots.iter().map(|(lot, slug)| (lot_uri(lot), json!({ "product": product_uri(slug) }))).collect())
}

fn harvest(lot: &str, of: &str, quantity: f64, unit: &str) -> Value {
    let body = object("harvest", "ADD", "commissioning", [amount_in(lot, quantity, unit)].into());
    with(body, "creates", creates(&[(lot, of)]))
}

/// A transformation in kilograms: inputs as (lot, amount), outputs as (lot, product, amount).
fn transform(verb: &str, inputs: &[(&str, f64)], outputs: &[(&str, &str, f64)]) -> Value {
    let inputs: Vec<Value> = inputs.iter().map(|(lot, quantity)| amount_in(lot, *quantity, "KGM")).collect();
    let made: Vec<Value> = outputs.iter().map(|(lot, _, quantity)| amount_in(lot, *quantity, "KGM")).collect();
    let lots: Vec<(&str, &str)> = outputs.iter().map(|(lot, of, _)| (*lot, *of)).collect();
    json!({ "verb": verb, "creates": creates(&lots), "event": {
        "type": "TransformationEvent", "bizStep": if verb == "pack" { "packing" } else { "commissioning" },
        "inputQuantityList": inputs, "outputQuantityList": made,
    } })
}

fn observed(verb: &str, lots: &[(&str, f64)]) -> Value {
    let step = match verb {
        "ship" => "shipping",
        "receive" => "receiving",
        "sell" => "retail_selling",
        "lose" => "destroying",
        "inspect" => "inspecting",
        _ => "holding",
    };
    object(verb, "OBSERVE", step, lots.iter().map(|(lot, quantity)| amount_in(lot, *quantity, "KGM")).collect())
}

fn possessing(list: &str, who: &str) -> Value {
    json!([{ "type": "possessing_party", list: who }])
}

fn ship(lot: &str, quantity: f64, to: u8) -> Value {
    ship_all(&[(lot, quantity)], to)
}

fn ship_all(lots: &[(&str, f64)], to: u8) -> Value {
    with_event(observed("ship", lots), "destinationList", possessing("destination", &actor_uri(to)))
}

fn receive(lot: &str, quantity: f64) -> Value {
    observed("receive", &[(lot, quantity)])
}

fn receive_from(lot: &str, quantity: f64, from: u8) -> Value {
    with_event(receive(lot, quantity), "sourceList", possessing("source", &actor_uri(from)))
}

fn sell(lot: &str, quantity: f64) -> Value {
    observed("sell", &[(lot, quantity)])
}

fn lose(lot: &str, quantity: f64) -> Value {
    observed("lose", &[(lot, quantity)])
}

fn inspect(lot: &str) -> Value {
    without_amounts(observed("inspect", &[(lot, 1.0)]))
}

fn recall(lots: &[&str]) -> Value {
    let lots: Vec<(&str, f64)> = lots.iter().map(|lot| (*lot, 1.0)).collect();
    with_event(without_amounts(observed("recall", &lots)), "disposition", "recalled".into())
}

fn without_amounts(mut body: Value) -> Value {
    for element in body["event"]["quantityList"].as_array_mut().unwrap() {
        *element = json!({ "epcClass": element["epcClass"] });
    }
    body
}

/// The correction of an accepted event.
fn correct(original: &Accepted) -> Value {
    let declaration = json!({ "declarationTime": "2026-11-23T08:00:00+07:00", "reason": "incorrect_data" });
    let body = with(original.body.clone(), "verb", "correct".into());
    with_event(body, "errorDeclaration", declaration)
}

/// Items of a lot of the ledger, numbered from 0.
fn packs(lot: &str, count: u32) -> Value {
    (0..count).map(|number| Value::from(format!("{}/{number:0>12}", lot_uri(lot)))).collect()
}

fn without_creates(mut body: Value) -> Value {
    body.as_object_mut().unwrap().remove("creates");
    body
}
