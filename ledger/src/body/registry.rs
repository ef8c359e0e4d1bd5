//! Bodies of the statements that register who and what there is: charter, actor, key, product, place
//! (`docs/format.md`, sections 4.1 to 4.5).

use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use super::fields::{self, Fields};
use crate::amount::{Dimension, Quantity, Ratio, Unit};
use crate::hash::Hash;
use crate::identifier::{ActorUri, Gtin, Origin, PlaceUri, ProductUri};
use crate::json::{Json, Object};
use crate::key::PublicKey;
use crate::refusal::{Code, Refusal};
use crate::time::is_date;

/// Longest name in characters.
const NAME_CHARS_MAX: usize = 200;
/// Longest text about a product in characters: description, ingredients, storage, warnings.
const PROSE_CHARS_MAX: usize = 1_000;
/// Longest identifier of a business in characters.
const BUSINESS_ID_CHARS_MAX: usize = 60;
/// Longest link in characters.
const LINK_CHARS_MAX: usize = 500;
/// Most keys that one statement gives to an actor.
const KEYS_MAX: usize = 16;
/// There are eight roles.
const ROLES_MAX: usize = 8;
/// Most products that one product may be made from.
const MADE_FROM_MAX: usize = 32;
/// Most names of one place: a commune that was renamed each decade for a century and a half.
const PLACE_NAMES_MAX: usize = 16;
/// Most shops that a product links to.
const SHOP_LINKS_MAX: usize = 8;
/// Most standards that a producer declares of a product.
const STANDARDS_MAX: usize = 8;
/// Most digits after the point of a position: about a kilometre, so that no home can be told.
const POSITION_DECIMALS_MAX: usize = 2;
/// Longest shelf life in days: ten years.
const SHELF_LIFE_DAYS_MAX: u64 = 3_653;
/// The only version of the rules.
const RULES_VERSION: u64 = 1;

/// A text in Vietnamese and, if it has one, English.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a text is these two languages by the format")]
pub struct Text<'j> {
    /// Vietnamese, or what serves both languages.
    pub vi: &'j str,
    /// English.
    pub en: Option<&'j str>,
}

fn text(fields: &Fields<'_>, key: &str, json: &Json<'_>, chars_max: usize) -> Result<(), Refusal> {
    if json.as_str().is_some() {
        return fields.text(key, chars_max).map(|_| ());
    }
    let object = fields.object(key, &["vi", "en"])?.ok_or_else(|| fields.fault(key, "missing"))?;
    object.text("vi", chars_max)?;
    object.optional_text("en", chars_max).map(|_| ())
}

/// Reads an optional text.
pub(super) fn optional_text<'j>(fields: &Fields<'j>, key: &str, chars_max: usize) -> Result<Option<Text<'j>>, Refusal> {
    let Some(json) = fields.optional(key) else { return Ok(None) };
    text(fields, key, json, chars_max)?;
    Ok(match json {
        Json::String(both) => Some(Text { vi: both, en: None }),
        Json::Object(object) => {
            object.get("vi").and_then(Json::as_str).map(|vi| Text { vi, en: object.get("en").and_then(Json::as_str) })
        }
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::Array(_) => None,
    })
}

fn required_text<'j>(fields: &Fields<'j>, key: &str) -> Result<Text<'j>, Refusal> {
    optional_text(fields, key, NAME_CHARS_MAX)?.ok_or_else(|| fields.fault(key, "missing"))
}

/// A reference to a file beside the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a blob reference is these three fields by the format")]
pub struct Blob<'j> {
    /// SHA-256 of the file.
    pub sha256: Hash,
    /// Its media type.
    pub media_type: &'j str,
    /// Its length in bytes.
    pub bytes: u64,
}

const BLOB_KEYS: [&str; 3] = ["sha256", "mediaType", "bytes"];

/// Reads a blob reference.
pub(super) fn blob<'j>(fields: &Fields<'j>) -> Result<Blob<'j>, Refusal> {
    let media_type = fields.text("mediaType", 100)?;
    let is_media_type = media_type.split_once('/').is_some_and(|(kind, sub)| {
        let is_name =
            |name: &str| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-._".contains(&b));
        is_name(kind) && is_name(sub)
    });
    if !is_media_type {
        return Err(fields.fault("mediaType", "not type/subtype"));
    }
    let bytes = fields.read("bytes", |json| json.as_u64().ok_or_else(|| "not a whole number".to_string()))?;
    Ok(Blob { sha256: fields.read("sha256", fields::hash)?, media_type, bytes })
}

/// Reads an optional blob reference.
pub(super) fn optional_blob<'j>(fields: &Fields<'j>, key: &str) -> Result<Option<Blob<'j>>, Refusal> {
    fields.object(key, &BLOB_KEYS)?.map(|object| blob(&object)).transpose()
}

/// Reads a list of blob references.
pub(super) fn blobs<'j>(fields: &Fields<'j>, key: &str, max: usize) -> Result<Vec<Blob<'j>>, Refusal> {
    fields.objects(key, max, &BLOB_KEYS)?.iter().map(blob).collect()
}

/// Defines a closed list of words.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)*
        }

        impl $name {
            /// Every word of the list.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The word, as it travels.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),* }
            }

            /// Reads the word.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|word| word.as_str() == text)
            }
        }
    };
}
pub(super) use words;

words! {
    /// What an actor may do.
    Role {
        /// Runs the ledger.
        Operator = "operator",
        /// Registers members of its organisation.
        Registrar = "registrar",
        /// Grows and harvests.
        Producer = "producer",
        /// Processes, merges, splits, packs.
        Processor = "processor",
        /// Carries.
        Carrier = "carrier",
        /// Sells.
        Seller = "seller",
        /// Inspects and certifies.
        Inspector = "inspector",
        /// A machine that measures.
        Device = "device",
    }
}

words! {
    /// What an actor is.
    ActorClass {
        /// A co-operative, a company, an office.
        Organisation = "organisation",
        /// A person.
        Person = "person",
        /// A machine.
        Device = "device",
    }
}

words! {
    /// What a place is.
    PlaceClass {
        /// Land where something grows.
        Plot = "plot",
        /// A mill, a packing house, a store.
        Facility = "facility",
        /// A shop.
        Shop = "shop",
    }
}

/// An actor's record.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ActorBody<'j> {
    /// Its URI.
    pub id: ActorUri,
    /// What it is.
    pub class: ActorClass,
    /// What it may do; no role twice.
    pub roles: Vec<Role>,
    /// The organisation above it.
    pub under: Option<ActorUri>,
    /// Its public name.
    pub name: Option<Text<'j>>,
    /// Its profile, stored beside the log.
    pub profile: Option<Blob<'j>>,
    /// Keys that it gains; no key twice.
    pub keys: Vec<PublicKey>,
    /// The number that the state or GS1 knows an organisation by.
    pub business_id: Option<&'j str>,
}

const ACTOR_KEYS: [&str; 8] = ["id", "class", "roles", "under", "name", "profile", "keys", "businessId"];

fn uri<T, E>(parse: impl Fn(&str) -> Result<T, E>, what: &'static str) -> impl Fn(&Json<'_>) -> Result<T, String> {
    move |json| {
        json.as_str().and_then(|text| parse(text).ok()).ok_or_else(|| format!("not the uri of a {what} of this ledger"))
    }
}

/// Reads an actor's URI.
pub(super) fn actor_uri(origin: &Origin) -> impl Fn(&Json<'_>) -> Result<ActorUri, String> {
    uri(|text| ActorUri::parse(origin, text), "actor")
}

/// Reads a product's URI.
pub(super) fn product_uri(origin: &Origin) -> impl Fn(&Json<'_>) -> Result<ProductUri, String> {
    uri(|text| ProductUri::parse(origin, text), "product")
}

fn word<T>(parse: impl Fn(&str) -> Option<T>) -> impl Fn(&Json<'_>) -> Result<T, String> {
    move |json| json.as_str().and_then(&parse).ok_or_else(|| "not a word of the list".into())
}

fn without_repeats<T: Ord + Copy>(fields: &Fields<'_>, key: &str, values: Vec<T>) -> Result<Vec<T>, Refusal> {
    let mut sorted = values.clone();
    sorted.sort_unstable();
    sorted.dedup();
    if sorted.len() == values.len() { Ok(values) } else { Err(fields.fault(key, "the same value twice")) }
}

impl<'j> ActorBody<'j> {
    /// Reads the body of an `actor` statement.
    ///
    /// # Errors
    /// [`Code::MalformedStatement`] with the field at fault.
    pub fn parse(origin: &Origin, body: &'j Object<'j>) -> Result<Self, Refusal> {
        Self::read(origin, &Fields::of_body(body, Code::MalformedStatement, &ACTOR_KEYS)?)
    }

    fn read(origin: &Origin, fields: &Fields<'j>) -> Result<Self, Refusal> {
        fields.required("roles")?;
        fields.required("keys")?;
        let roles = fields.read_list("roles", ROLES_MAX, word(Role::parse))?;
        let keys = fields.read_list("keys", KEYS_MAX, fields::key)?;
        let class = fields.read("class", word(ActorClass::parse))?;
        Ok(Self {
            id: fields.read("id", actor_uri(origin))?,
            class,
            roles: without_repeats(fields, "roles", roles)?,
            under: fields.read_optional("under", actor_uri(origin))?,
            name: optional_text(fields, "name", NAME_CHARS_MAX)?,
            profile: optional_blob(fields, "profile")?,
            keys: without_repeats(fields, "keys", keys)?,
            business_id: fields.read_optional("businessId", |json| business_id(json, class))?,
        })
    }
}

/// Reads the identifier of a business. A person's number is personal, and what stands in the log stands for ever.
fn business_id<'j>(json: &'j Json<'_>, class: ActorClass) -> Result<&'j str, String> {
    if class != ActorClass::Organisation {
        return Err("only an organisation has one: a person's number does not belong in the ledger".into());
    }
    let text = fields::text_within(json, BUSINESS_ID_CHARS_MAX)?;
    if text.contains('\n') { Err("holds a line feed".into()) } else { Ok(text) }
}

/// The ledger's constitution.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Charter<'j> {
    /// The ledger's name.
    pub name: Text<'j>,
    /// The log's verifier key, as text.
    pub vkey: &'j str,
    /// Who runs it.
    pub operator: ActorBody<'j>,
}

impl<'j> Charter<'j> {
    /// Reads the body of a `charter` statement.
    ///
    /// # Errors
    /// [`Code::MalformedStatement`] with the field at fault.
    pub fn parse(origin: &Origin, body: &'j Object<'j>) -> Result<Self, Refusal> {
        let fields =
            Fields::of_body(body, Code::MalformedStatement, &["name", "origin", "vkey", "rulesVersion", "operator"])?;
        if fields.text("origin", NAME_CHARS_MAX)? != origin.as_str() {
            return Err(fields.fault("origin", "not this ledger's origin"));
        }
        if fields.required("rulesVersion")?.as_u64() != Some(RULES_VERSION) {
            return Err(fields.fault("rulesVersion", "not 1"));
        }
        let vkey = fields.text("vkey", LINK_CHARS_MAX)?;
        let is_ours = vkey.parse::<crate::note::VerifierKey>().is_ok_and(|key| key.name().as_str() == origin.as_str());
        if !is_ours {
            return Err(fields.fault("vkey", "not a verifier key named by the origin"));
        }
        let Some(operator) = fields.object("operator", &ACTOR_KEYS)? else {
            return Err(fields.fault("operator", "missing"));
        };
        Ok(Self { name: required_text(&fields, "name")?, vkey, operator: ActorBody::read(origin, &operator)? })
    }
}

/// A change to an actor's keys.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeyBody {
    /// Whose keys.
    pub actor: ActorUri,
    /// What changes.
    pub change: KeyChange,
}

/// What changes about an actor's keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a key is added or revoked; a third thing is a new format")]
pub enum KeyChange {
    /// The actor gains this key.
    Add(PublicKey),
    /// The actor loses this key; what it signed before stands.
    Revoke(PublicKey),
}

impl KeyBody {
    /// Reads the body of a `key` statement.
    ///
    /// # Errors
    /// [`Code::MalformedStatement`] with the field at fault.
    pub fn parse(origin: &Origin, body: &Object<'_>) -> Result<Self, Refusal> {
        let fields = Fields::of_body(body, Code::MalformedStatement, &["actor", "add", "revoke", "reason"])?;
        fields.optional_text("reason", NAME_CHARS_MAX)?;
        let change = match (fields.optional("add"), fields.optional("revoke")) {
            (Some(_), None) => KeyChange::Add(fields.read("add", fields::key)?),
            (None, Some(_)) => KeyChange::Revoke(fields.read("revoke", fields::key)?),
            _ => return Err(fields.fault("add", "exactly one of add and revoke is needed")),
        };
        Ok(Self { actor: fields.read("actor", actor_uri(origin))?, change })
    }
}

/// What one piece of a product holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "net content is a quantity and nothing else")]
pub struct NetContent {
    /// Mass or volume of one piece; above zero.
    pub quantity: Quantity,
}

/// What a product may be made from, and how much of it can come of that.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "two fields by the format")]
pub struct MadeFrom {
    /// The input.
    pub product: ProductUri,
    /// The most that may come of one unit of input.
    pub yield_max: Ratio,
}

/// A product's record.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProductBody<'j> {
    /// Its URI.
    pub id: ProductUri,
    /// Its GTIN.
    pub gtin: Option<Gtin>,
    /// Its name.
    pub name: Text<'j>,
    /// What its amounts measure.
    pub dimension: Dimension,
    /// What one piece holds.
    pub net_content: Option<NetContent>,
    /// What it may be made from; no product twice.
    pub made_from: Vec<MadeFrom>,
    /// How long it keeps.
    pub shelf_life_days: Option<u64>,
    /// A picture.
    pub picture: Option<Blob<'j>>,
    /// What it is, in a few words.
    pub description: Option<Text<'j>>,
    /// The brand under which it is sold.
    pub brand: Option<&'j str>,
    /// What is in it.
    pub ingredients: Option<Text<'j>>,
    /// How to keep and use it.
    pub storage: Option<Text<'j>>,
    /// What to beware of.
    pub warnings: Option<Text<'j>>,
    /// Standards that the producer declares it to meet.
    pub standards: Vec<&'j str>,
}

impl<'j> ProductBody<'j> {
    /// Reads the body of a `product` statement.
    ///
    /// # Errors
    /// [`Code::MalformedStatement`] with the field at fault.
    pub fn parse(origin: &Origin, body: &'j Object<'j>) -> Result<Self, Refusal> {
        let known = [
            "id",
            "gtin",
            "name",
            "unit",
            "netContent",
            "madeFrom",
            "shelfLifeDays",
            "picture",
            "shopLinks",
            "description",
            "brand",
            "ingredients",
            "storage",
            "warnings",
            "standards",
        ];
        let fields = Fields::of_body(body, Code::MalformedStatement, &known)?;
        let unit = fields.optional_text("unit", 3)?;
        let unit = Unit::parse(unit).map_err(|e| fields.fault("unit", e.to_string()))?;
        fields.read_list("shopLinks", SHOP_LINKS_MAX, |json| {
            let link = fields::text_within(json, LINK_CHARS_MAX)?;
            if link.starts_with("https://") { Ok(()) } else { Err("not an https link".to_string()) }
        })?;
        let gtin = fields.read_optional("gtin", |json| {
            let text = json.as_str().filter(|text| text.len() == 14).ok_or("not 14 digits")?;
            Gtin::parse(text).map_err(|e| e.to_string())
        })?;
        let id = fields.read("id", product_uri(origin))?;
        let made_from = made_from(origin, &fields, &id)?;
        let shelf_life_days = fields.read_optional("shelfLifeDays", |json| {
            json.as_u64()
                .filter(|days| (1..=SHELF_LIFE_DAYS_MAX).contains(days))
                .ok_or_else(|| "not 1 to 3653 days".to_string())
        })?;
        let prose = |key: &str| optional_text(&fields, key, PROSE_CHARS_MAX);
        Ok(Self {
            id,
            gtin,
            name: required_text(&fields, "name")?,
            dimension: unit.dimension(),
            net_content: net_content(&fields)?,
            made_from,
            shelf_life_days,
            picture: optional_blob(&fields, "picture")?,
            description: prose("description")?,
            brand: fields.optional_text("brand", NAME_CHARS_MAX)?,
            ingredients: prose("ingredients")?,
            storage: prose("storage")?,
            warnings: prose("warnings")?,
            standards: fields
                .read_list("standards", STANDARDS_MAX, |json| fields::text_within(json, NAME_CHARS_MAX))?,
        })
    }
}

fn net_content(fields: &Fields<'_>) -> Result<Option<NetContent>, Refusal> {
    let Some(object) = fields.object("netContent", &["quantity", "uom"])? else { return Ok(None) };
    let unit = Unit::parse(Some(object.text("uom", 3)?)).map_err(|e| object.fault("uom", e.to_string()))?;
    if unit.dimension() == Dimension::Pieces {
        return Err(object.fault("uom", "a piece holds mass or volume, not pieces"));
    }
    let quantity = object.read("quantity", |json| {
        let quantity = Quantity::parse(json.as_number().ok_or("not a number")?, unit).map_err(|e| e.to_string())?;
        if quantity.amount().is_positive() { Ok(quantity) } else { Err("not above zero".into()) }
    })?;
    Ok(Some(NetContent { quantity }))
}

fn made_from(origin: &Origin, fields: &Fields<'_>, id: &ProductUri) -> Result<Vec<MadeFrom>, Refusal> {
    let mut sources: Vec<MadeFrom> = Vec::new();
    for object in fields.objects("madeFrom", MADE_FROM_MAX, &["product", "yieldMax"])? {
        let product = object.read("product", product_uri(origin))?;
        if product == *id || sources.iter().any(|source| source.product == product) {
            return Err(object.fault("product", "the product itself, or named twice"));
        }
        let yield_max = object.read("yieldMax", |json| {
            Ratio::parse(json.as_number().ok_or("not a number")?).map_err(|e| e.to_string())
        })?;
        sources.push(MadeFrom { product, yield_max });
    }
    Ok(sources)
}

/// A place's record.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PlaceBody<'j> {
    /// Its URI.
    pub id: PlaceUri,
    /// What it is.
    pub class: PlaceClass,
    /// What people call it.
    pub name: Option<Text<'j>>,
    /// Whose it is.
    pub owner: ActorUri,
}

impl<'j> PlaceBody<'j> {
    /// Reads the body of a `place` statement.
    ///
    /// # Errors
    /// [`Code::MalformedStatement`] with the field at fault.
    pub fn parse(origin: &Origin, body: &'j Object<'j>) -> Result<Self, Refusal> {
        let known = ["id", "class", "name", "names", "owner", "position", "polygon"];
        let fields = Fields::of_body(body, Code::MalformedStatement, &known)?;
        let names = fields.objects("names", PLACE_NAMES_MAX, &["vi", "en", "from", "to"])?;
        if names.is_empty() {
            return Err(fields.fault("names", "at least one administrative name is needed"));
        }
        for name in names {
            name.text("vi", NAME_CHARS_MAX)?;
            name.optional_text("en", NAME_CHARS_MAX)?;
            for key in ["from", "to"] {
                name.read_optional(key, date)?;
            }
        }
        if let Some(position) = fields.object("position", &["lat", "lon"])? {
            position.read("lat", |json| coordinate(json, 90))?;
            position.read("lon", |json| coordinate(json, 180))?;
        }
        optional_blob(&fields, "polygon")?;
        Ok(Self {
            id: fields.read("id", uri(|text| PlaceUri::parse(origin, text), "place"))?,
            class: fields.read("class", word(PlaceClass::parse))?,
            name: optional_text(&fields, "name", NAME_CHARS_MAX)?,
            owner: fields.read("owner", actor_uri(origin))?,
        })
    }
}

/// Reads a calendar date.
pub(super) fn date<'j>(json: &'j Json<'_>) -> Result<&'j str, String> {
    // The calendar's reader takes signs and single digits too; and only in this form do dates compare as texts.
    let has_form = |text: &&str| {
        let place = |(at, byte): (usize, u8)| if matches!(at, 4 | 7) { byte == b'-' } else { byte.is_ascii_digit() };
        text.bytes().enumerate().all(place)
    };
    json.as_str().filter(has_form).filter(|text| is_date(text)).ok_or_else(|| "not a date YYYY-MM-DD".into())
}

/// Reads a coarse coordinate in degrees.
fn coordinate(json: &Json<'_>, bound: i32) -> Result<(), String> {
    let text = json.as_number().ok_or("not a number")?;
    let magnitude = text.strip_prefix('-').unwrap_or(text);
    let (whole, decimals) = magnitude.split_once('.').unwrap_or((magnitude, ""));
    if decimals.len() > POSITION_DECIMALS_MAX || magnitude.contains(['e', 'E']) {
        return Err(format!("more than {POSITION_DECIMALS_MAX} digits after the point"));
    }
    let whole: i32 = whole.parse().map_err(|_| "out of range")?;
    let at_bound = whole == bound && decimals.bytes().all(|b| b == b'0');
    if whole < bound || at_bound { Ok(()) } else { Err("out of range".into()) }
}
