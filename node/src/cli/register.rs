//! `nguon register`: registers actors, products, places and keys.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use nguon_ledger::time::is_date;
use serde_json::{Value, json};

use super::record::{print_receipt, uri};
use super::settings::Settings;
use crate::client::amount::TypedAmount;
use crate::client::draft::file_reference;

/// Register who and what there is.
#[derive(Debug, Subcommand)]
pub(super) enum Register {
    /// A cooperative, a person, a device
    #[command(
        after_help = "Example:\n  nguon register actor htx-con-minh --class organisation --role processor --name-vi 'HTX Con Minh' --business-id 0000000000 --key operator.pem\n  nguon register actor ho-07 --class person --role producer --under htx-con-minh --public-key $(nguon key new ho-07.pem) --key registrar.pem"
    )]
    Actor(Actor),
    /// What lots can be of
    #[command(
        after_help = "Example:\n  nguon register product mien-dong --name-vi 'Mien dong' --unit KGM --made-from tinh-bot=0.9 --key registrar.pem\n  nguon register product mien-goi --name-vi 'Mien dong, goi 500 g' --net-content '500 g' --made-from mien-dong=1 --brand 'Con Minh' --ingredients-vi 'Tinh bot dong' --storage-vi 'De noi kho' --warnings-vi 'Khong an khi da moc' --standard 'TCCS 01:2026' --key registrar.pem"
    )]
    Product(Box<Product>),
    /// A plot, a mill, a shop
    #[command(
        after_help = "Example:\n  nguon register place xuong --class facility --owner htx-con-minh --name-vi 'xa Con Minh, tinh Thai Nguyen' --from 2025-07-01 --formerly 2025-06-30='xa Con Minh, tinh Bac Kan' --key registrar.pem"
    )]
    Place(Place),
    /// A further key of an actor, or the end of one
    #[command(
        after_help = "Example:\n  nguon register key --actor ho-07 --add $(nguon key new new.pem) --key registrar.pem\n  nguon register key --actor ho-07 --revoke 8139...b394 --reason lost --key registrar.pem"
    )]
    Key(KeyChange),
}

#[derive(Debug, Args)]
pub(super) struct Names {
    /// Name in Vietnamese
    #[arg(long)]
    name_vi: Option<String>,
    /// Name in English
    #[arg(long)]
    name_en: Option<String>,
}

impl Names {
    fn text(&self) -> Option<Value> {
        text(self.name_vi.as_ref(), self.name_en.as_ref())
    }
}

/// A text in one or both languages.
fn text(vi: Option<&String>, en: Option<&String>) -> Option<Value> {
    match (vi, en) {
        (Some(vi), Some(en)) => Some(json!({"vi": vi, "en": en})),
        (Some(one), None) | (None, Some(one)) => Some(json!(one)),
        (None, None) => None,
    }
}

#[derive(Debug, Args)]
pub(super) struct Actor {
    /// Slug, as in .../actor/{slug}
    slug: String,
    /// organisation, person or device
    #[arg(long)]
    class: String,
    /// operator, registrar, producer, processor, carrier, seller, inspector, device; may be given several times
    #[arg(long = "role")]
    roles: Vec<String>,
    /// The organisation above
    #[arg(long, value_name = "ACTOR")]
    under: Option<String>,
    #[command(flatten)]
    names: Names,
    /// Public key (64 hex digits); may be given several times
    #[arg(long = "public-key", value_name = "HEX")]
    keys: Vec<String>,
    /// Profile file, uploaded beside the log
    #[arg(long, value_name = "FILE")]
    profile: Option<PathBuf>,
    /// Tax or registration number, or GLN, of an organisation; it is public and cannot be erased
    #[arg(long, value_name = "NUMBER")]
    business_id: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct Product {
    /// Slug, as in .../product/{slug}
    slug: String,
    /// GTIN, 14 digits
    #[arg(long)]
    gtin: Option<String>,
    #[command(flatten)]
    names: Names,
    /// Unit of its amounts, as KGM; none for pieces
    #[arg(long, value_name = "CODE")]
    unit: Option<String>,
    /// What one piece holds, as '500 g'
    #[arg(long, value_name = "AMOUNT")]
    net_content: Option<String>,
    /// What it is made from and the most that can come of it, as tinh-bot=0.9; may be given several times
    #[arg(long = "made-from", value_name = "PRODUCT=YIELD")]
    made_from: Vec<String>,
    /// How many days it keeps
    #[arg(long, value_name = "DAYS")]
    shelf_life_days: Option<u64>,
    /// Picture, uploaded beside the log
    #[arg(long, value_name = "FILE")]
    picture: Option<PathBuf>,
    /// Where it is sold; may be given several times
    #[arg(long = "shop-link", value_name = "URL")]
    shop_links: Vec<String>,
    /// What the shopper should know, in Vietnamese
    #[arg(long, value_name = "TEXT")]
    description_vi: Option<String>,
    /// The same in English
    #[arg(long, value_name = "TEXT")]
    description_en: Option<String>,
    /// Brand under which it is sold
    #[arg(long, value_name = "NAME")]
    brand: Option<String>,
    /// What is in it, in Vietnamese
    #[arg(long, value_name = "TEXT")]
    ingredients_vi: Option<String>,
    /// The same in English
    #[arg(long, value_name = "TEXT")]
    ingredients_en: Option<String>,
    /// How to keep and use it, in Vietnamese
    #[arg(long, value_name = "TEXT")]
    storage_vi: Option<String>,
    /// The same in English
    #[arg(long, value_name = "TEXT")]
    storage_en: Option<String>,
    /// What to beware of, in Vietnamese
    #[arg(long, value_name = "TEXT")]
    warnings_vi: Option<String>,
    /// The same in English
    #[arg(long, value_name = "TEXT")]
    warnings_en: Option<String>,
    /// Standard that the producer declares it to meet, as 'TCCS 01:2026'; may be given several times
    #[arg(long = "standard", value_name = "NAME")]
    standards: Vec<String>,
}

#[derive(Debug, Args)]
pub(super) struct Place {
    /// Slug, as in .../place/{slug}
    slug: String,
    /// plot, facility or shop
    #[arg(long)]
    class: String,
    /// Whose it is
    #[arg(long, value_name = "ACTOR")]
    owner: String,
    /// What people call it
    #[arg(long, value_name = "NAME")]
    called: Option<String>,
    #[command(flatten)]
    names: Names,
    /// First day on which the administrative name holds
    #[arg(long, value_name = "YYYY-MM-DD")]
    from: Option<String>,
    /// Last day on which it holds
    #[arg(long, value_name = "YYYY-MM-DD")]
    to: Option<String>,
    /// A former administrative name with its last day, as 2025-06-30='xa Con Minh, tinh Bac Kan'; may be given several times, oldest first
    #[arg(long = "formerly", value_name = "YYYY-MM-DD=NAME")]
    former: Vec<String>,
    /// Outline (GeoJSON), uploaded beside the log
    #[arg(long, value_name = "FILE")]
    polygon: Option<PathBuf>,
    /// Coarse latitude and longitude, at most 2 decimals
    #[arg(long, value_name = "LAT,LON")]
    position: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct KeyChange {
    /// Whose key
    #[arg(long, value_name = "ACTOR")]
    actor: String,
    /// Public key to add (64 hex digits)
    #[arg(long, value_name = "HEX", conflicts_with = "revoke", required_unless_present = "revoke")]
    add: Option<String>,
    /// Public key to revoke
    #[arg(long, value_name = "HEX")]
    revoke: Option<String>,
    /// Why, in a word
    #[arg(long)]
    reason: Option<String>,
}

pub(super) fn run(settings: &Settings, command: &Register) -> anyhow::Result<()> {
    let client = settings.client()?;
    let key = settings.signing_key()?;
    let origin = &client.ledger().origin;
    let upload = |file: &std::path::Path| file_reference(&client, &key, file);
    let (kind, body) = match command {
        Register::Actor(actor) => {
            let mut body = json!({
                "id": uri(origin, "actor", &actor.slug), "class": actor.class, "roles": actor.roles, "keys": actor.keys,
            });
            put(&mut body, "under", actor.under.as_ref().map(|under| json!(uri(origin, "actor", under))));
            put(&mut body, "name", actor.names.text());
            put(&mut body, "businessId", actor.business_id.clone().map(Value::from));
            put(&mut body, "profile", actor.profile.as_deref().map(upload).transpose()?);
            ("actor", body)
        }
        Register::Product(product) => {
            let mut body = product_body(origin, product)?;
            put(&mut body, "picture", product.picture.as_deref().map(upload).transpose()?);
            ("product", body)
        }
        Register::Place(place) => {
            let mut body = place_body(origin, place)?;
            put(&mut body, "polygon", place.polygon.as_deref().map(upload).transpose()?);
            ("place", body)
        }
        Register::Key(change) => {
            let mut body = json!({"actor": uri(origin, "actor", &change.actor)});
            put(&mut body, "add", change.add.clone().map(Value::from));
            put(&mut body, "revoke", change.revoke.clone().map(Value::from));
            put(&mut body, "reason", change.reason.clone().map(Value::from));
            ("key", body)
        }
    };
    print_receipt(&client.say(&key, kind, &body)?);
    Ok(())
}

fn put(body: &mut Value, key: &str, value: Option<Value>) {
    if let Some(value) = value {
        body[key] = value;
    }
}

fn product_body(origin: &str, product: &Product) -> anyhow::Result<Value> {
    let mut body = json!({"id": uri(origin, "product", &product.slug)});
    put(&mut body, "name", Some(product.names.text().unwrap_or_else(|| json!(product.slug))));
    put(&mut body, "gtin", product.gtin.clone().map(Value::from));
    put(&mut body, "unit", product.unit.clone().map(Value::from));
    put(&mut body, "shelfLifeDays", product.shelf_life_days.map(Value::from));
    let texts = [
        ("description", &product.description_vi, &product.description_en),
        ("ingredients", &product.ingredients_vi, &product.ingredients_en),
        ("storage", &product.storage_vi, &product.storage_en),
        ("warnings", &product.warnings_vi, &product.warnings_en),
    ];
    for (key, vi, en) in texts {
        put(&mut body, key, text(vi.as_ref(), en.as_ref()));
    }
    put(&mut body, "brand", product.brand.clone().map(Value::from));
    if !product.standards.is_empty() {
        body["standards"] = json!(product.standards);
    }
    if !product.shop_links.is_empty() {
        body["shopLinks"] = json!(product.shop_links);
    }
    if let Some(text) = &product.net_content {
        let amount = TypedAmount::parse(text)?;
        body["netContent"] = json!({"quantity": amount.number(), "uom": amount.uom});
    }
    if !product.made_from.is_empty() {
        let source = |text: &String| -> anyhow::Result<Value> {
            let (name, ratio) =
                text.split_once('=').ok_or_else(|| anyhow::anyhow!("--made-from {text}: write PRODUCT=YIELD"))?;
            let ratio: Value = serde_json::from_str(ratio)
                .map_err(|_| anyhow::anyhow!("--made-from {text}: the yield is no number"))?;
            Ok(json!({"product": uri(origin, "product", name), "yieldMax": ratio}))
        };
        body["madeFrom"] = product.made_from.iter().map(source).collect::<anyhow::Result<_>>()?;
    }
    Ok(body)
}

fn place_body(origin: &str, place: &Place) -> anyhow::Result<Value> {
    let mut name = json!({"vi": place.names.name_vi.as_ref().or(place.names.name_en.as_ref()).unwrap_or(&place.slug)});
    put(&mut name, "en", place.names.name_en.clone().map(Value::from));
    put(&mut name, "from", place.from.clone().map(Value::from));
    put(&mut name, "to", place.to.clone().map(Value::from));
    let mut names = former_names(&place.former)?;
    names.push(name);
    let mut body = json!({
        "id": uri(origin, "place", &place.slug), "class": place.class, "owner": uri(origin, "actor", &place.owner), "names": names,
    });
    put(&mut body, "name", place.called.clone().map(Value::from));
    if let Some(text) = &place.position {
        let numbers: Option<(Value, Value)> = text.split_once(',').and_then(|(lat, lon)| {
            Some((serde_json::from_str(lat.trim()).ok()?, serde_json::from_str(lon.trim()).ok()?))
        });
        let (lat, lon) = numbers.ok_or_else(|| anyhow::anyhow!("--position {text}: write LAT,LON, as 22.14,106.05"))?;
        body["position"] = json!({"lat": lat, "lon": lon});
    }
    Ok(body)
}

/// Former administrative names, each with its last day.
fn former_names(former: &[String]) -> anyhow::Result<Vec<Value>> {
    former
        .iter()
        .map(|text| {
            let (to, name) = text
                .split_once('=')
                .filter(|(to, _)| is_date(to))
                .with_context(|| format!("--formerly {text}: write LAST-DAY=NAME, as 2025-06-30='tinh Bac Kan'"))?;
            Ok(json!({"vi": name, "to": to}))
        })
        .collect()
}
