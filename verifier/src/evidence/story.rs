//! What a bundle tells, in the order in which it is said to have happened, each with who says so: for people, without words of any
//! language and without judging any of it.

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use nguon_ledger::entry::Entry;
use nguon_ledger::hash::Hash;
use nguon_ledger::json::{Json, Object};
use nguon_ledger::statement::{Kind, Statement};
use nguon_ledger::time::UnixMillis;
use nguon_ledger::tree::LeafIndex;

use crate::bundle::Bundle;

/// The people of the ledger live seven hours ahead of UTC: times without an offset of their own are shown so.
const HOME_OFFSET_MILLIS: i64 = 7 * 3_600 * 1_000;
/// Date, hour and minute of an RFC 3339 text.
const MINUTE_CHARS: usize = 16;
const DATE_CHARS: usize = 10;

/// A name in one or two languages.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "the format has these two languages")]
pub struct Name {
    /// In Vietnamese, or in whatever language it was written in.
    pub vi: String,
    /// In English.
    pub en: Option<String>,
}

/// So much of a lot.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Portion {
    /// The lot as the event names it.
    pub lot: String,
    /// What it is of.
    pub product: Option<Name>,
    /// How much, as it was written.
    pub quantity: Option<String>,
    /// The code of its unit; none for pieces.
    pub uom: Option<String>,
}

/// Somebody: by name where one is public, else by URI or key.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Who {
    /// The actor's URI, or the key of somebody not registered.
    pub uri: String,
    /// Its public name.
    pub name: Option<Name>,
}

/// One thing that was said.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Fact {
    /// Where its entry stands.
    pub index: LeafIndex,
    /// When it happened, `YYYY-MM-DD hh:mm` where it happened.
    pub when: String,
    /// The verb of the event, or the claim of an attestation.
    pub deed: String,
    /// What went in.
    pub inputs: Vec<Portion>,
    /// What came out, or what it is about.
    pub outputs: Vec<Portion>,
    /// Where, as the place was called on the day.
    pub place: Option<Name>,
    /// Whose key signed.
    pub signer: Who,
    /// For which organisation.
    pub acting_for: Option<Who>,
    /// For whom it was typed in.
    pub on_behalf_of: Option<Who>,
    /// To whom goods went.
    pub to: Option<Who>,
    /// The entry that an attestation speaks of.
    pub about: Option<LeafIndex>,
    /// A remark.
    pub note: Option<String>,
    at: i64,
}

/// The whole story.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Story {
    /// What the lot is of.
    pub product: Option<Name>,
    /// What was said, oldest first.
    pub facts: Vec<Fact>,
}

/// Whom, what and where the statements name.
#[derive(Default)]
struct Registry {
    actors: BTreeMap<PublicKeyHex, String>,
    names: BTreeMap<String, Name>,
    /// Per place, its names with the days they hold.
    places: BTreeMap<String, Vec<HeldName>>,
    /// Product by lot.
    lots: BTreeMap<String, String>,
    leaves: BTreeMap<Hash, LeafIndex>,
}

type PublicKeyHex = String;
/// A name with the first and the last day on which it holds.
type HeldName = (Option<String>, Option<String>, Name);

impl Story {
    /// Reads the story out of a bundle. What cannot be read is left out; the checks say so.
    #[must_use]
    pub fn read(bundle: &Bundle) -> Self {
        let items: Vec<_> = bundle
            .entries()
            .filter_map(|(index, bytes)| {
                let entry = Entry::parse(bytes).ok()?;
                let statement = Statement::parse(entry.payload).ok()?;
                Some((index, Hash::of_leaf(bytes), entry, statement))
            })
            .collect();
        let mut registry = Registry::default();
        for (index, leaf_hash, _, statement) in &items {
            registry.leaves.insert(*leaf_hash, *index);
            registry.learn(statement);
        }
        let facts = items.iter().filter_map(|(index, _, entry, statement)| registry.fact(*index, entry, statement));
        let mut facts: Vec<_> = facts.collect();
        facts.sort_by_key(|fact| (fact.at, fact.index));
        let product = registry.lots.get(bundle.lot()).and_then(|product| registry.names.get(product)).cloned();
        Self { product, facts }
    }
}

impl Registry {
    fn learn(&mut self, statement: &Statement<'_>) {
        let body = statement.body();
        let id = text(body, "id").unwrap_or_default();
        match statement.kind() {
            Kind::Charter => {
                if let Some(operator) = object(body, "operator") {
                    self.learn_actor(operator);
                }
            }
            Kind::Actor => self.learn_actor(body),
            Kind::Key => {
                if let (Some(key), Some(actor)) = (text(body, "add"), text(body, "actor")) {
                    self.actors.entry(key).or_insert(actor);
                }
            }
            Kind::Product => self.learn_name(id, body),
            Kind::Place => {
                let names = list(body, "names").iter().filter_map(Json::as_object);
                let names = names.filter_map(|name| Some((text(name, "from"), text(name, "to"), both(name)?)));
                self.places.insert(id.clone(), names.collect());
                self.learn_name(id, body);
            }
            Kind::Event => {
                for (lot, made) in object(body, "creates").into_iter().flat_map(Object::iter) {
                    if let Some(product) = made.as_object().and_then(|made| text(made, "product")) {
                        self.lots.insert(lot.to_string(), product);
                    }
                }
            }
            Kind::Attest => {}
        }
    }

    fn learn_actor(&mut self, body: &Object<'_>) {
        let id = text(body, "id").unwrap_or_default();
        for key in list(body, "keys").iter().filter_map(Json::as_str) {
            self.actors.entry(key.to_string()).or_insert_with(|| id.clone());
        }
        self.learn_name(id, body);
    }

    fn learn_name(&mut self, id: String, body: &Object<'_>) {
        if let Some(name) = body.get("name").and_then(name_of) {
            self.names.insert(id, name);
        }
    }

    fn who(&self, uri: String) -> Who {
        Who { name: self.names.get(&uri).cloned(), uri }
    }

    fn fact(&self, index: LeafIndex, entry: &Entry<'_>, statement: &Statement<'_>) -> Option<Fact> {
        let body = statement.body();
        let signer = entry.signer.to_string();
        let signer = self.who(self.actors.get(&signer).cloned().unwrap_or(signer));
        let received = entry.received_at.get();
        let home = UnixMillis::new(received.saturating_add(HOME_OFFSET_MILLIS)).to_rfc3339();
        let mut fact = Fact {
            index,
            when: minute(&home),
            deed: String::new(),
            inputs: Vec::new(),
            outputs: Vec::new(),
            place: None,
            signer,
            acting_for: text(body, "for").map(|uri| self.who(uri)),
            on_behalf_of: text(body, "onBehalfOf").map(|uri| self.who(uri)),
            to: None,
            about: None,
            note: text(body, "note"),
            at: received,
        };
        match statement.kind() {
            Kind::Event => self.tell_event(&mut fact, body)?,
            Kind::Attest => {
                fact.deed = text(body, "claim")?;
                fact.about = text(body, "entry").and_then(|hash| self.leaves.get(&Hash::from_hex(&hash)?)).copied();
            }
            Kind::Charter | Kind::Actor | Kind::Key | Kind::Product | Kind::Place => return None,
        }
        Some(fact)
    }

    fn tell_event(&self, fact: &mut Fact, body: &Object<'_>) -> Option<()> {
        let event = object(body, "event")?;
        let time = text(event, "eventTime")?;
        fact.deed = text(body, "verb")?;
        fact.at = UnixMillis::parse_rfc3339(&time)?.get();
        fact.when = minute(&time);
        fact.inputs = self.portions(event, &["inputQuantityList"]);
        fact.outputs = self.portions(event, &["outputQuantityList", "quantityList", "childQuantityList"]);
        let place = object(event, "readPoint").or_else(|| object(event, "bizLocation"));
        fact.place = place.and_then(|place| self.place(&text(place, "id")?, &fact.when));
        let destinations = list(event, "destinationList").iter().filter_map(Json::as_object);
        fact.to = destinations.filter_map(|item| text(item, "destination")).next().map(|uri| self.who(uri));
        Some(())
    }

    fn portions(&self, event: &Object<'_>, keys: &[&str]) -> Vec<Portion> {
        let elements = keys.iter().flat_map(|key| list(event, key)).filter_map(Json::as_object);
        elements
            .filter_map(|element| {
                let lot = text(element, "epcClass")?;
                let product = self.lots.get(&lot).and_then(|product| self.names.get(product)).cloned();
                let quantity = element.get("quantity").and_then(Json::as_number).map(ToString::to_string);
                Some(Portion { lot, product, quantity, uom: text(element, "uom") })
            })
            .collect()
    }

    /// The place's own name, else the administrative one that held on the day.
    fn place(&self, uri: &str, when: &str) -> Option<Name> {
        let day: String = when.chars().take(DATE_CHARS).collect();
        let holds = |(from, to, _): &&HeldName| {
            from.as_ref().is_none_or(|from| *from <= day) && to.as_ref().is_none_or(|to| day <= *to)
        };
        let held = self.places.get(uri)?.iter().find(holds).map(|(_, _, name)| name);
        match (self.names.get(uri), held) {
            (Some(own), Some(held)) => Some(Name {
                vi: [own.vi.as_str(), held.vi.as_str()].join(", "),
                en: Some([own.en(), held.en()].join(", ")),
            }),
            (own, held) => own.or(held).cloned(),
        }
    }
}

impl Name {
    /// In English, where there is such a name.
    #[must_use]
    pub fn en(&self) -> &str {
        self.en.as_deref().unwrap_or(&self.vi)
    }
}

fn minute(time: &str) -> String {
    time.chars().take(MINUTE_CHARS).map(|c| if matches!(c, 'T' | 't') { ' ' } else { c }).collect()
}

fn text(object: &Object<'_>, key: &str) -> Option<String> {
    object.get(key).and_then(Json::as_str).map(ToString::to_string)
}

fn object<'o, 'j>(object: &'o Object<'j>, key: &str) -> Option<&'o Object<'j>> {
    object.get(key).and_then(Json::as_object)
}

fn list<'o, 'j>(object: &'o Object<'j>, key: &str) -> &'o [Json<'j>] {
    object.get(key).and_then(Json::as_array).unwrap_or_default()
}

fn name_of(json: &Json<'_>) -> Option<Name> {
    match json.as_str() {
        Some(plain) => Some(Name { vi: plain.to_string(), en: None }),
        None => json.as_object().and_then(both),
    }
}

fn both(object: &Object<'_>) -> Option<Name> {
    Some(Name { vi: text(object, "vi")?, en: text(object, "en") })
}
