//! Whatever people say, in whatever order: the books balance, nothing comes of nothing, and a replay agrees.

use proptest::prelude::*;

use super::*;
use crate::amount::Dimension;
use crate::identifier::ActorUri;

/// One more thing that somebody tries to say. The numbers are choices among what there is.
#[derive(Clone, Debug)]
struct Attempt {
    verb: usize,
    who: usize,
    lots: [usize; 2],
    /// How much of what there is, in per cent.
    part: u64,
    choice: usize,
    /// Whether it comes from whom it may come; amounts may be wrong all the same.
    is_honest: bool,
}

const PEOPLE: [u8; 7] = [COOP, FARMER, MILL, SHOP, OPERATOR, INSPECTOR, CARRIER];

/// What each product may be made of, and its yield in thousandths.
const RECIPES: [(&str, &str, u64); 6] = [
    ("canna", "starch", 200),
    ("canna", "residue", 700),
    ("starch", "noodle", 900),
    ("noodle", "pack", 1_000),
    ("noodle", "jar", 1_000),
    ("canna", "canna", 1_000),
];

fn attempt() -> impl Strategy<Value = Attempt> {
    let part = prop_oneof![4 => Just(100_u64), 6 => 1..100_u64, 1 => 100..140_u64];
    let lots = [0..64_usize, 0..64_usize];
    (0..24_usize, 0..PEOPLE.len(), lots, part, 0..64_usize, prop::bool::weighted(0.85))
        .prop_map(|(verb, who, lots, part, choice, is_honest)| Attempt { verb, who, lots, part, choice, is_honest })
}

/// A ledger and the names of the lots in it.
struct Play {
    world: World,
    lots: Vec<String>,
}

impl Play {
    fn new() -> Self {
        let mut world = World::new();
        let pack = with(product("pack", Some("KGM"), &[("noodle", 1.0)]), "gtin", json!(GTIN));
        world.say(OPERATOR, "product", with(pack, "netContent", content(0.5)));
        Self { world, lots: Vec::new() }
    }

    fn pick(&self, number: usize) -> Option<(String, LotRecord)> {
        let name = self.lots.get(number.checked_rem(self.lots.len())?)?;
        Some((name.clone(), self.world.lot(name)))
    }

    fn fresh(&self, nth: usize) -> String {
        format!("{:0>12}", 1_000 + self.lots.len() + nth)
    }

    /// A part of an amount of a lot as an EPCIS quantity: grams, or pieces.
    fn element(name: &str, lot: &LotRecord, amount: Amount, part: u64) -> Value {
        if lot.dimension == Dimension::Pieces {
            return amount_element(name, whole(amount, 15) * part / 100, "");
        }
        amount_element(name, whole(amount, 12) * part / 100, "GRM")
    }

    /// Who says what, as far as there is something to say.
    fn statement(&self, attempt: &Attempt) -> Option<(u8, &'static str, Value)> {
        let anybody = PEOPLE[attempt.who];
        let name = self.fresh(0);
        if attempt.verb < 3 || self.lots.is_empty() {
            let of = ["canna", "starch", "noodle", "jar"][attempt.choice % 4];
            let body = if of == "jar" { harvest(&name, of, 40.0, "") } else { harvest(&name, of, 100.0, "KGM") };
            return Some((if attempt.is_honest { COOP } else { anybody }, "event", body));
        }
        let (lot_name, lot) = self.pick(attempt.lots[0])?;
        let holders: Vec<(u8, Amount)> = lot
            .balances
            .holdings
            .iter()
            .filter(|(_, amount)| amount.is_positive())
            .filter_map(|(uri, amount)| Some((seed_of(uri.slug())?, *amount)))
            .collect();
        let holder = holders.get(attempt.choice % holders.len().max(1)).copied();
        let (who, held) = if attempt.is_honest { holder? } else { (anybody, lot.quantity) };
        let element = Self::element(&lot_name, &lot, held, attempt.part);
        let to = PEOPLE[attempt.choice % PEOPLE.len()];
        let body = match attempt.verb {
            3..=5 => {
                let other = self
                    .pick(attempt.lots[1])
                    .filter(|(other, _)| *other != lot_name && attempt.choice.is_multiple_of(2));
                let other = other.map(|(name, lot)| Self::element(&name, &lot, lot.quantity, attempt.part / 3 + 1));
                let body = object("ship", "OBSERVE", "shipping", [element].into_iter().chain(other).collect());
                with_event(body, "destinationList", possessing("destination", &actor_uri(to)))
            }
            6..=9 => return self.arrival(attempt, &lot_name, &lot),
            10 => object("sell", "OBSERVE", "retail_selling", [element].into()),
            11 => object("lose", "OBSERVE", "destroying", [element].into()),
            12..=16 => return self.transformation(attempt, who, (&lot_name, &lot), element),
            17 => return Some((if attempt.is_honest { INSPECTOR } else { anybody }, "event", inspect(&lot_name))),
            18 => return Some((who, "event", recall(&[&lot_name]))),
            19..=21 => return self.correction(attempt),
            22 => observed("observe", &[(&lot_name, 1.0), (&name, 1.0)]),
            _ => {
                let entry = &self.world.log[attempt.choice % self.world.log.len()];
                return Some((who, "attest", json!({ "entry": entry.leaf_hash.to_string(), "claim": "disputes" })));
            }
        };
        Some((who, "event", body))
    }

    fn arrival(&self, attempt: &Attempt, name: &str, lot: &LotRecord) -> Option<(u8, &'static str, Value)> {
        let transits = &lot.balances.transits;
        let transit = transits.get(attempt.choice.checked_rem(transits.len())?)?;
        let who = if attempt.is_honest { seed_of(transit.to.slug())? } else { PEOPLE[attempt.who] };
        let element = Self::element(name, lot, transit.amount, attempt.part);
        let body = object("receive", "OBSERVE", "receiving", [element].into());
        let source = possessing("source", transit.from.as_str());
        Some((
            who,
            "event",
            if attempt.choice.is_multiple_of(3) { with_event(body, "sourceList", source) } else { body },
        ))
    }

    fn transformation(
        &self,
        attempt: &Attempt,
        who: u8,
        (name, lot): (&str, &LotRecord),
        element: Value,
    ) -> Option<(u8, &'static str, Value)> {
        let verb = ["process", "process", "merge", "split", "pack"][attempt.verb - 12];
        let mut inputs = [(lot.clone(), element)].to_vec();
        if let Some((other_name, other)) =
            self.pick(attempt.lots[1]).filter(|(other, _)| other != name && verb != "split")
        {
            let uri = ActorUri::parse(&origin(), &actor_uri(who)).unwrap();
            if let Some(held) = other.balances.holdings.get(&uri) {
                let element = Self::element(&other_name, &other, *held, attempt.part);
                inputs.push((other, element));
            }
        }
        let grams: u64 = inputs.iter().map(|(_, element)| grams_of(element)).sum();
        let recipes: Vec<_> = RECIPES.iter().filter(|recipe| recipe.0 == lot.product.slug()).collect();
        let (mut of, mut yields) = (lot.product.slug(), 1_000);
        if let Some(recipe) =
            recipes.get(attempt.choice % recipes.len().max(1)).filter(|_| matches!(verb, "process" | "pack"))
        {
            (of, yields) = (recipe.1, recipe.2);
        }
        // Once in a while a little more than there can be.
        let made = grams * yields / 1_000 * if attempt.is_honest { 100 } else { 101 } / 100;
        let count = if verb == "merge" || attempt.choice.is_multiple_of(2) { 1 } else { 2 };
        let names = [self.fresh(0), self.fresh(1)];
        let outputs = names.iter().take(count).map(|name| match of {
            "jar" => amount_element(name, made / 500 / u64::try_from(count).unwrap(), ""),
            _ => amount_element(name, made / u64::try_from(count).unwrap(), "GRM"),
        });
        let lots: Vec<(&str, &str)> = names.iter().take(count).map(|name| (name.as_str(), of)).collect();
        let body = transform(verb, &[], &[]);
        let body = with_event(body, "inputQuantityList", inputs.into_iter().map(|(_, element)| element).collect());
        Some((who, "event", with(with_event(body, "outputQuantityList", outputs.collect()), "creates", creates(&lots))))
    }

    fn correction(&self, attempt: &Attempt) -> Option<(u8, &'static str, Value)> {
        // The latest come first, for they can be undone.
        let mut events = self.world.log.iter().rev().filter(|entry| entry.body["event"]["eventID"].is_string());
        let original = events.nth(attempt.choice % 8)?;
        let statement: Value = serde_json::from_slice(&original.payload).unwrap();
        let author = PEOPLE.into_iter().find(|who| statement["signer"] == key_of(*who).to_string())?;
        Some((if attempt.is_honest { author } else { PEOPLE[attempt.who] }, "event", correct(original)))
    }

    fn play(&mut self, attempt: &Attempt) {
        let Some((who, kind, body)) = self.statement(attempt) else { return };
        let before = self.world.state.clone();
        match self.world.try_say(who, kind, body) {
            Err(_) => assert!(self.world.state == before, "a refusal changed the state"),
            Ok(said) => {
                check_yield(&self.world, &said.body);
                let created = said.body["creates"].as_object().into_iter().flatten().map(|(uri, _)| uri.clone());
                self.lots.extend(created.filter(|_| said.body["verb"] != "correct"));
                check_mass(&self.world);
            }
        }
    }
}

fn seed_of(slug_of: &str) -> Option<u8> {
    PEOPLE.into_iter().find(|who| slug(*who) == slug_of)
}

/// An amount in whole steps of 10^-(15 - `digits`) of its base unit.
fn whole(amount: Amount, digits: u32) -> u64 {
    u64::try_from(amount.steps() / 10_i128.pow(digits)).unwrap()
}

fn amount_element(lot: &str, quantity: u64, unit: &str) -> Value {
    let mut element = json!({ "epcClass": lot_uri(lot), "quantity": quantity });
    if !unit.is_empty() {
        element["uom"] = unit.into();
    }
    element
}

/// The grams of an element in grams or in pieces of half a kilogram.
fn grams_of(element: &Value) -> u64 {
    let quantity = element["quantity"].as_u64().unwrap();
    if element.get("uom").is_some() { quantity } else { quantity * 500 }
}

/// What an accepted transformation brought forth is within its recipes, reckoned from the statement alone.
fn check_yield(world: &World, body: &Value) {
    if body["verb"] == "correct" || body["event"]["type"] != "TransformationEvent" {
        return;
    }
    let elements = |key: &str| body["event"][key].as_array().unwrap().clone();
    let of = |element: &Value| world.lot(element["epcClass"].as_str().unwrap()).product.slug().to_string();
    let inputs: Vec<(String, u64)> =
        elements("inputQuantityList").iter().map(|element| (of(element), grams_of(element))).collect();
    let mut made: BTreeMap<String, u64> = BTreeMap::new();
    for element in elements("outputQuantityList") {
        *made.entry(of(&element)).or_default() += grams_of(&element);
    }
    for (product, grams) in &made {
        let yields = |input: &str| {
            let declared =
                RECIPES.iter().find(|recipe| recipe.0 == input && recipe.1 == product).map(|recipe| recipe.2);
            if input == product { 1_000 } else { declared.unwrap_or(0) }
        };
        let most: u64 = inputs.iter().map(|(input, grams)| grams * yields(input)).sum();
        // Canna declares nothing that it is made of.
        assert!(grams * 1_000 <= most || product == "canna", "{body}");
    }
    assert!(made.values().sum::<u64>() <= inputs.iter().map(|(_, grams)| grams).sum::<u64>(), "{body}");
}

/// With no yield above one, all that there is and was sold or lost weighs no more than what was harvested.
fn check_mass(world: &World) {
    let (mut harvested, mut left) = (0, 0);
    for (_, record) in world.state.iter() {
        let Record::Lot(lot) = record else { continue };
        let in_pieces = lot.dimension == Dimension::Pieces;
        let grams = |amount: Amount| amount.steps() / if in_pieces { 2 } else { 1 };
        if lot.parents.is_empty() {
            harvested += grams(lot.quantity);
        }
        left += grams(lot.quantity) - grams(lot.balances.consumed);
    }
    assert!(left <= harvested);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn whatever_is_said_the_books_balance(attempts in prop::collection::vec(attempt(), 1..90)) {
        let mut play = Play::new();
        for attempt in &attempts {
            play.play(attempt);
        }
        let world = play.world;
        prop_assert!(scopes::replay(&world, Scope::Whole).unwrap() == world.state);
        scopes::check_scopes(&world);
    }
}

#[test]
fn the_attempts_reach_every_verb() {
    use proptest::strategy::ValueTree as _;
    use proptest::test_runner::TestRunner;

    let mut runner = TestRunner::deterministic();
    let (mut accepted, mut flags, mut attempts) = (BTreeMap::<String, u32>::new(), BTreeSet::new(), 0);
    for _ in 0..12 {
        let mut play = Play::new();
        let start = play.world.log.len();
        for attempt in prop::collection::vec(attempt(), 90).new_tree(&mut runner).unwrap().current() {
            play.play(&attempt);
            attempts += 1;
        }
        for entry in &play.world.log[start..] {
            *accepted.entry(entry.body["verb"].as_str().unwrap_or("attest").to_string()).or_default() += 1;
            flags.extend(entry.flags());
        }
    }
    let verbs =
        ["harvest", "process", "merge", "split", "pack", "ship", "receive", "sell", "lose", "inspect", "recall"];
    for verb in verbs.into_iter().chain(["correct", "observe", "attest"]) {
        assert!(accepted.get(verb).is_some_and(|count| *count >= 3), "{verb}: {accepted:?}");
    }
    assert!(accepted.values().sum::<u32>() < attempts * 9 / 10, "too few are refused: {accepted:?}");
    assert!(flags.contains("correction_not_undone") && flags.contains("shortfall"), "{flags:?}");
}
