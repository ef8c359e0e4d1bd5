//! Who and what the statements of a bundle register: actors, keys, products, places.

use std::{collections::BTreeMap, sync::Arc};

use chrono::NaiveDate;
use serde_json::Value;

use super::{
    Party, PartyClass, Place, Product, Spot, Text,
    entry::{Entry, blob, both, day, list, quantity, text},
    event::Event,
};

/// Most shop links shown.
const SHOP_LINKS_MAX: usize = 3;

/// The newest record of each thing that the bundle registers.
pub(super) struct Registry {
    today: NaiveDate,
    parties: BTreeMap<String, Arc<Party>>,
    /// Actor by key; a key belongs to one actor for ever.
    keys: BTreeMap<String, String>,
    products: BTreeMap<String, Product>,
    places: BTreeMap<String, PlaceNames>,
}

struct PlaceNames {
    spot: Option<Spot>,
    name: Option<Text>,
    names: Vec<(Option<NaiveDate>, Option<NaiveDate>, Text)>,
}

/// Every GTIN that statements about a product gave it.
pub(super) fn gtins(entries: &[Entry], product: &str) -> Vec<String> {
    let mut gtins: Vec<String> = Vec::new();
    for body in entries.iter().filter(|entry| entry.kind == "product").map(|entry| &entry.body) {
        if let Some(gtin) = text(body, "gtin").filter(|_| text(body, "id") == Some(product))
            && !gtins.iter().any(|known| known == gtin)
        {
            gtins.push(gtin.to_owned());
        }
    }
    gtins
}

impl Registry {
    pub(super) fn read(entries: &[Entry], today: NaiveDate) -> Self {
        let mut actors: BTreeMap<String, &Value> = BTreeMap::new();
        let mut registry = Self {
            today,
            parties: BTreeMap::new(),
            keys: BTreeMap::new(),
            products: BTreeMap::new(),
            places: BTreeMap::new(),
        };
        for entry in entries {
            let body = &entry.body;
            let id = text(body, "id").unwrap_or_default().to_owned();
            match entry.kind.as_str() {
                "charter" => {
                    if let Some((id, operator)) = body.get("operator").and_then(|body| Some((text(body, "id")?, body)))
                    {
                        registry.learn_keys(id, operator);
                        actors.insert(id.to_owned(), operator);
                    }
                }
                "actor" => {
                    registry.learn_keys(&id, body);
                    actors.insert(id, body);
                }
                "key" => {
                    if let (Some(actor), Some(key)) = (text(body, "actor"), text(body, "add")) {
                        registry.keys.insert(key.to_owned(), actor.to_owned());
                    }
                }
                "product" => {
                    registry.products.insert(id, product(body));
                }
                "place" => {
                    registry.places.insert(id, place(body));
                }
                _ => {}
            }
        }
        registry.parties = actors.iter().map(|(id, body)| (id.clone(), Arc::new(party(id, body, &actors)))).collect();
        registry
    }

    fn learn_keys(&mut self, actor: &str, body: &Value) {
        for key in list(body, "keys").filter_map(Value::as_str) {
            self.keys.insert(key.to_owned(), actor.to_owned());
        }
    }

    /// The actor with this URI.
    pub(super) fn party(&self, uri: &str) -> Option<&Arc<Party>> {
        self.parties.get(uri)
    }

    /// The actor whose key this is.
    pub(super) fn signer(&self, key: &str) -> Option<&Arc<Party>> {
        self.party(self.keys.get(key)?)
    }

    /// The organisation that the signer acted for, else the signer.
    pub(super) fn acting_party(&self, event: &Event) -> Option<Arc<Party>> {
        match &event.acting_for {
            Some(uri) => self.party(uri).cloned(),
            None => self.signer(&event.signer).cloned(),
        }
    }

    pub(super) fn product(&self, uri: &str) -> Option<&Product> {
        self.products.get(uri)
    }

    /// The place with the name that held on `date` and, when it is another one, the name that holds today.
    pub(super) fn place(&self, uri: &str, date: NaiveDate) -> Option<Place> {
        let place = self.places.get(uri)?;
        let holding = |date: NaiveDate| {
            let holds = |(from, to, _): &&(Option<NaiveDate>, Option<NaiveDate>, Text)| {
                from.is_none_or(|from| from <= date) && to.is_none_or(|to| date <= to)
            };
            place.names.iter().find(holds).map(|(_, _, name)| name.clone())
        };
        let then = holding(date);
        let today = holding(self.today).filter(|today| Some(today) != then.as_ref());
        Some(Place { name: place.name.clone(), then, today, spot: place.spot })
    }

    /// The current day.
    pub(super) fn today(&self) -> NaiveDate {
        self.today
    }
}

fn party(id: &str, body: &Value, actors: &BTreeMap<String, &Value>) -> Party {
    let class = match text(body, "class") {
        Some("organisation") => PartyClass::Organisation,
        Some("device") => PartyClass::Device,
        _ => PartyClass::Person,
    };
    let under = text(body, "under").and_then(|uri| both(actors.get(uri)?, "name"));
    let has = |wanted: &[&str]| list(body, "roles").filter_map(Value::as_str).any(|role| wanted.contains(&role));
    Party {
        uri: id.to_owned(),
        name: both(body, "name"),
        class,
        has_public_role: has(&["operator", "registrar", "carrier", "inspector", "device"]),
        is_inspector: has(&["inspector"]),
        under,
        business_id: text(body, "businessId").filter(|_| class == PartyClass::Organisation).map(ToOwned::to_owned),
    }
}

pub(super) fn product(body: &Value) -> Product {
    let is_web = |link: &&str| link.starts_with("https://");
    Product {
        name: both(body, "name"),
        description: both(body, "description"),
        picture: body.get("picture").and_then(blob).filter(super::Blob::is_picture),
        net_content: body.get("netContent").and_then(quantity),
        gtin: text(body, "gtin").map(ToOwned::to_owned),
        shelf_life_days: body.get("shelfLifeDays").and_then(Value::as_u64),
        shop_links: list(body, "shopLinks")
            .filter_map(Value::as_str)
            .filter(is_web)
            .take(SHOP_LINKS_MAX)
            .map(ToOwned::to_owned)
            .collect(),
        brand: text(body, "brand").map(ToOwned::to_owned),
        ingredients: both(body, "ingredients"),
        storage: both(body, "storage"),
        warnings: both(body, "warnings"),
        standards: list(body, "standards").filter_map(Value::as_str).map(ToOwned::to_owned).collect(),
    }
}

fn place(body: &Value) -> PlaceNames {
    let names = list(body, "names").filter_map(|name| {
        let text = Text { vi: text(name, "vi")?.to_owned(), en: text(name, "en").map(ToOwned::to_owned) };
        Some((day(name, "from"), day(name, "to"), text))
    });
    let position = body.get("position");
    let part = |key: &str| hundredths(&position?.get(key)?.to_string());
    let spot = part("lat").zip(part("lon")).map(|(lat, lon)| Spot { lat, lon });
    PlaceNames { name: both(body, "name"), names: names.collect(), spot }
}

/// Degrees in hundredths, cut off behind the second decimal.
fn hundredths(degrees: &str) -> Option<i32> {
    let (sign, digits) = degrees.strip_prefix('-').map_or((1, degrees), |digits| (-1, digits));
    let (whole, decimals) = digits.split_once('.').unwrap_or((digits, ""));
    let whole: i32 = whole.parse().ok().filter(|whole| *whole <= 180)?;
    let decimals: i32 = format!("{decimals:0<2}").get(..2)?.parse().ok()?;
    Some(sign * (whole * 100 + decimals))
}
