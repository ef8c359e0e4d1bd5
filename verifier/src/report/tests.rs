//! Small ledgers whose right answers were worked out by hand. Every statement passes the rules, and after each one the report's books
//! must be the rules' own.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use ed25519_dalek::SigningKey;
use nguon_ledger::amount::Amount;
use nguon_ledger::entry::Entry;
use nguon_ledger::hash::Hash;
use nguon_ledger::identifier::{ActorUri, LotUri, Origin, PlaceUri, ProductUri, Slug};
use nguon_ledger::key::{PublicKey, Signature};
use nguon_ledger::note::{KeyName, SignatureType, VerifierKey};
use nguon_ledger::refusal::Position;
use nguon_ledger::rules::{Context, Proposal, Scope as RuleScope, apply};
use nguon_ledger::state::{Key, MemoryState, Record};
use nguon_ledger::statement::Statement;
use nguon_ledger::time::UnixMillis;
use nguon_ledger::tree::LeafIndex;
use serde_json::{Value, json};

use super::*;

mod books;
mod large;
mod odd;

const ORIGIN: &str = "trace.example";
const OPERATOR: u8 = 1;
const FARMER: u8 = 2;
const MILL: u8 = 3;
const SHOP: u8 = 4;
const INSPECTOR: u8 = 5;

fn origin() -> Origin {
    Origin::parse(ORIGIN).unwrap()
}

fn slug(who: u8) -> &'static str {
    ["operator", "farmer", "mill", "shop", "inspector"][usize::from(who) - 1]
}

fn actor(who: u8) -> String {
    format!("https://{ORIGIN}/actor/{}", slug(who))
}

fn product(name: &str) -> String {
    format!("https://{ORIGIN}/product/{name}")
}

fn lot(name: &str) -> String {
    format!("https://{ORIGIN}/lot/{name:0>12}")
}

fn kilograms(text: &str) -> Amount {
    Amount::parse(text).unwrap()
}

fn key_of(seed: u8) -> PublicKey {
    PublicKey::from_bytes(SigningKey::from_bytes(&[seed; 32]).verifying_key().to_bytes())
}

fn quantities(lots: &[(&str, f64)]) -> Value {
    lots.iter().map(|(name, amount)| json!({"epcClass": lot(name), "quantity": amount, "uom": "KGM"})).collect()
}

fn object(action: &str, step: &str, lots: &[(&str, f64)]) -> Value {
    json!({"type": "ObjectEvent", "action": action, "bizStep": step, "quantityList": quantities(lots)})
}

fn party(who: u8) -> Value {
    json!([{"type": "possessing_party", "source": actor(who)}])
}

fn destination(who: u8) -> Value {
    json!([{"type": "possessing_party", "destination": actor(who)}])
}

/// A ledger under way, told both to the rules and to the report.
struct World {
    state: MemoryState,
    facts: Facts,
    positions: BTreeMap<PublicKey, Position>,
    size: u64,
    events: u32,
    last: Hash,
    /// When the next statement is received and, unless something else is said, signed and its event happens.
    now: UnixMillis,
    signed_at: Option<UnixMillis>,
    at: Option<UnixMillis>,
}

impl World {
    fn new() -> Self {
        let now = UnixMillis::parse_rfc3339("2026-11-02T07:03:00.000+07:00").unwrap();
        let mut world = Self {
            state: MemoryState::new(),
            facts: Facts::new(origin()),
            positions: BTreeMap::new(),
            size: 0,
            events: 0,
            last: Hash::ZERO,
            now,
            signed_at: None,
            at: None,
        };
        let vkey =
            VerifierKey::new(KeyName::new(ORIGIN).unwrap(), SignatureType::Ed25519, key_of(200)).unwrap().to_string();
        let body = |who: u8, roles: &[&str]| {
            json!({"id": actor(who), "class": "organisation", "roles": roles, "keys": [key_of(who).to_string()],
                "name": {"vi": slug(who)}})
        };
        let charter = json!({"name": "Test", "origin": ORIGIN, "vkey": vkey, "rulesVersion": 1,
            "operator": body(OPERATOR, &["operator"])});
        world.say(OPERATOR, "charter", &charter);
        world.say(OPERATOR, "actor", &body(FARMER, &["producer"]));
        world.say(OPERATOR, "actor", &body(MILL, &["processor", "producer", "seller"]));
        world.say(OPERATOR, "actor", &body(SHOP, &["seller"]));
        world.say(OPERATOR, "actor", &body(INSPECTOR, &["inspector"]));
        for (name, from) in [("canna", None), ("starch", Some(("canna", 0.16))), ("noodle", Some(("starch", 0.9)))] {
            let from: Vec<_> =
                from.into_iter().map(|(of, most)| json!({"product": product(of), "yieldMax": most})).collect();
            let body = json!({"id": product(name), "name": name, "unit": "KGM", "madeFrom": from,
                "netContent": {"quantity": 0.5, "uom": "KGM"}});
            world.say(OPERATOR, "product", &body);
        }
        let place = json!({"id": format!("https://{ORIGIN}/place/field"), "class": "plot", "owner": actor(FARMER),
            "names": [{"vi": "X\u{e3} C\u{f4}n Minh"}]});
        world.say(OPERATOR, "place", &place);
        world
    }

    /// Says something; answers the entry.
    fn say(&mut self, who: u8, kind: &str, body: &Value) -> u64 {
        let position = self.positions.get(&key_of(who)).copied().unwrap_or(Position::START);
        let signed_at = self.signed_at.unwrap_or(self.now).to_rfc3339();
        let payload = json!({"v": 1, "ledger": ORIGIN, "signer": key_of(who).to_string(), "seq": position.seq,
            "prev": position.prev.to_string(), "signedAt": signed_at, "kind": kind, "body": body});
        let payload = payload.to_string().into_bytes();
        let statement = Statement::parse(&payload).unwrap();
        let origin = origin();
        let index = LeafIndex::new(self.size);
        let context = Context { index, received_at: self.now, scope: RuleScope::Whole };
        let effects = apply(&self.state, &context, &Proposal::new(&origin, &statement, &payload)).unwrap();
        let entry = Entry {
            index,
            previous: self.last,
            received_at: self.now,
            links: effects.links().to_vec(),
            signer: statement.signer(),
            signature: Signature::from_bytes([0; 64]),
            payload: &payload,
        };
        let leaf_hash = Hash::of_leaf(&entry.to_bytes().unwrap());
        self.facts.push(&leaf_hash, &entry, &statement).unwrap();
        let next = Position { seq: position.seq + 1, prev: Hash::of(&payload) };
        self.positions.insert(statement.signer(), next);
        self.state.write(effects.finish(leaf_hash));
        self.last = leaf_hash;
        self.size += 1;
        self.now = UnixMillis::new(self.now.get() + 61_000);
        self.compare();
        index.get()
    }

    /// An event; answers its entry.
    fn event(&mut self, who: u8, verb: &str, mut event: Value, creates: &[(&str, &str)], more: &Value) -> u64 {
        self.events += 1;
        let fields = event.as_object_mut().unwrap();
        fields.entry("eventTime").or_insert_with(|| self.at.unwrap_or(self.now).to_rfc3339().into());
        fields.insert("eventTimeZoneOffset".into(), "+07:00".into());
        fields.entry("eventID").or_insert_with(|| format!("urn:x-event:{}", self.events).into());
        let mut body = json!({"verb": verb, "event": event});
        if !creates.is_empty() {
            let creates = creates.iter().map(|(name, of)| (lot(name), json!({"product": product(of)})));
            body["creates"] = Value::Object(creates.collect());
        }
        for (key, value) in more.as_object().into_iter().flatten() {
            body[key] = value.clone();
        }
        self.say(who, "event", &body)
    }

    fn harvest(&mut self, who: u8, name: &str, amount: f64) -> u64 {
        let mut event = object("ADD", "commissioning", &[(name, amount)]);
        event["readPoint"] = json!({"id": format!("https://{ORIGIN}/place/field")});
        self.event(who, "harvest", event, &[(name, "canna")], &json!({}))
    }

    fn process(&mut self, from: &[(&str, f64)], to: (&str, f64), of: &str) -> u64 {
        let event = json!({"type": "TransformationEvent", "bizStep": "commissioning",
            "inputQuantityList": quantities(from), "outputQuantityList": quantities(&[to])});
        self.event(MILL, "process", event, &[(to.0, of)], &json!({}))
    }

    fn ship(&mut self, from: u8, to: u8, what: (&str, f64)) -> u64 {
        let mut event = object("OBSERVE", "shipping", &[what]);
        event["destinationList"] = destination(to);
        self.event(from, "ship", event, &[], &json!({}))
    }

    fn receive(&mut self, to: u8, from: u8, what: (&str, f64)) -> u64 {
        let mut event = object("OBSERVE", "receiving", &[what]);
        event["sourceList"] = party(from);
        self.event(to, "receive", event, &[], &json!({}))
    }

    /// The report's books of every lot against the rules' own.
    fn compare(&self) {
        let mut seen = 0;
        for (key, record) in self.state.iter() {
            let (Key::Lot(key), Record::Lot(lot)) = (key, record) else { continue };
            let fact = &self.facts.lots[self.facts.lot(key).unwrap()];
            seen += 1;
            assert_eq!((&fact.uri, fact.created, fact.quantity), (&lot.uri, lot.created.get(), lot.quantity));
            assert_eq!((fact.voided, fact.dimension), (lot.voided, lot.dimension));
            let uri = |no: &ActorNo| self.facts.actors[*no].uri.clone();
            let held: BTreeMap<ActorUri, Amount> =
                fact.standing.held.iter().map(|(no, amount)| (uri(no), *amount)).collect();
            assert_eq!(held, lot.balances.holdings);
            let ours = fact.standing.transits.iter().map(|way| (uri(&way.from), uri(&way.to), way.amount));
            let theirs = lot.balances.transits.iter().map(|way| (way.from.clone(), way.to.clone(), way.amount));
            assert!(ours.eq(theirs));
            let Standing { sold, lost, used, .. } = fact.standing;
            assert_eq!((sold, lost, used), (lot.balances.sold, lot.balances.lost, lot.balances.consumed));
        }
        assert_eq!(seen, self.facts.lots.len());
        let recalled = self.state.iter().filter_map(|(_, record)| {
            let Record::Lot(lot) = record else { return None };
            if lot.recalls.is_empty() { None } else { self.facts.lot(&lot.uri.key()) }
        });
        assert_eq!(recalled.collect::<alloc::collections::BTreeSet<_>>(), self.facts.recalled_lots());
        assert!(self.facts.balances(&Scope::default()).iter().all(|row| row.difference == Some(Amount::ZERO)));
    }

    fn actor(&self, who: u8) -> ActorNo {
        self.facts.actor(&ActorUri::new(&origin(), &Slug::parse(slug(who)).unwrap())).unwrap()
    }

    fn product(&self, name: &str) -> ProductNo {
        self.facts.product(&ProductUri::new(&origin(), &Slug::parse(name).unwrap())).unwrap()
    }

    fn lot(&self, name: &str) -> LotNo {
        self.facts.lot(&LotUri::parse(&origin(), &lot(name)).unwrap().key()).unwrap()
    }

    fn place(&self) -> PlaceNo {
        self.facts.place(&PlaceUri::new(&origin(), &Slug::parse("field").unwrap())).unwrap()
    }
}
