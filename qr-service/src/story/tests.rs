use chrono::NaiveDate;

use super::{Claim, Flag, Kind, Level, Step, Story, StoryError, Validity, Who};
use crate::{
    fixture::{self, Ledger, VERMICELLI, amount, lot, object, uri, vermicelli},
    locale::{Lang, Words},
};

fn today() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 3, 1).unwrap()
}

fn story(ledger: &Ledger) -> Story {
    Story::read(&ledger.bundle(VERMICELLI), VERMICELLI, today()).unwrap()
}

fn step<'a>(story: &'a Story, kind: Kind, product: &str) -> &'a Step {
    let is_it = |step: &&Step| step.kind == kind && step.product.as_ref().unwrap().en.as_deref() == Some(product);
    story.steps.iter().find(is_it).unwrap_or_else(|| panic!("{kind:?} {product}"))
}

fn name(who: &Who) -> &str {
    match who {
        Who::Named(party) => party.uri.rsplit('/').next().unwrap(),
        Who::Buyer => "buyer",
        Who::Unknown => "unknown",
    }
}

fn shown(amount: Option<&crate::quantity::Quantity>) -> String {
    amount.map(|amount| amount.show(Words::of(Lang::En)).replace('\u{a0}', " ")).unwrap_or_default()
}

#[test]
fn the_way_is_told_from_harvest_to_sale() {
    let story = story(&vermicelli(false));
    let kinds: Vec<Kind> = story.steps.iter().map(|step| step.kind).collect();
    assert_eq!(
        kinds,
        [Kind::Harvest, Kind::Deliver, Kind::Lose, Kind::Process, Kind::Process, Kind::Pack, Kind::Deliver, Kind::Sell]
    );
    assert_eq!(story.made.date_naive().to_string(), "2025-01-12");
    assert_eq!(story.best_before.unwrap().to_string(), "2026-07-06");
    assert_eq!(story.packs, Some(500));
    assert_eq!(story.maker.as_ref().unwrap().uri, uri("actor", "htx"));
    assert!(story.recalls.is_empty());
}

#[test]
fn a_harvest_outside_the_family_is_left_out() {
    let story = story(&vermicelli(false));
    let harvest = step(&story, Kind::Harvest, "canna tubers");
    assert_eq!(harvest.records.len(), 5, "the sixth lot went into nothing");
    assert_eq!(shown(harvest.total.as_ref()), "5,065 kg");
}

#[test]
fn places_carry_the_name_of_the_day_and_todays() {
    let story = story(&vermicelli(false));
    let place = step(&story, Kind::Harvest, "canna tubers").records[0].place.clone().unwrap();
    assert_eq!(place.then.unwrap().en.unwrap(), "Con Minh, Na Ri, Bac Kan");
    assert_eq!(place.today.unwrap().en.unwrap(), "Con Minh, Thai Nguyen");
    let early = NaiveDate::from_ymd_opt(2025, 6, 30).unwrap();
    let before = Story::read(&vermicelli(false).bundle(VERMICELLI), VERMICELLI, early).unwrap();
    assert_eq!(before.made_at.unwrap().today, None, "the name still held on 2025-06-30");
}

#[test]
fn who_says_so_stands_beside_each_record() {
    let story = story(&vermicelli(false));
    let harvest = &step(&story, Kind::Harvest, "canna tubers").records;
    assert_eq!(name(&harvest[0].source.signer), "ho-1");
    assert_eq!(harvest[0].source.level, Level::SelfDeclared);
    assert_eq!(name(&harvest[3].source.signer), "mai");
    assert_eq!(name(harvest[3].source.typed_for.as_ref().unwrap()), "ho-4");
    assert_eq!(name(harvest[3].source.acting_for.as_ref().unwrap()), "htx");
    let noodles = &step(&story, Kind::Process, "Con Minh canna vermicelli").records[0];
    assert_eq!((noodles.vouchers[0].claim, noodles.vouchers[0].is_inspector), (Claim::StandsBy, true));
    let [tested] = story.tests.as_slice() else { panic!("measurements have a place of their own") };
    let reading = &tested.records[0];
    assert_eq!(reading.source.level, Level::Device);
    assert_eq!(reading.readings[0].value, "31.5");
}

#[test]
fn deliveries_join_both_signatures_and_name_what_is_missing() {
    let story = story(&vermicelli(false));
    let delivery = &step(&story, Kind::Deliver, "canna tubers").records;
    assert_eq!(delivery.len(), 5);
    for record in delivery {
        assert_eq!(name(record.to.as_ref().unwrap()), "htx");
        assert_eq!(record.vouchers[0].claim, Claim::Received);
    }
    let [Flag::Shortfall(Some(missing))] = delivery[0].flags.as_slice() else { panic!("{:?}", delivery[0].flags) };
    assert_eq!(shown(Some(missing)), "9.5 kg");
    assert!(delivery[1].flags.is_empty());
}

#[test]
fn buyers_amounts_sold_and_words_to_buyers_are_not_told() {
    let story = story(&vermicelli(false));
    let delivery = &step(&story, Kind::Deliver, "Con Minh canna vermicelli").records[0];
    assert!(matches!(delivery.to, Some(Who::Buyer)));
    assert!(matches!(delivery.vouchers[0].by, Who::Buyer));
    assert_eq!((&delivery.amount, &delivery.note), (&None, &None));
    assert_eq!(delivery.flags, [Flag::Shortfall(None)], "that something was missing is told, how much is not");
    let sale = step(&story, Kind::Sell, "Con Minh canna vermicelli");
    assert_eq!(sale.records.len(), 1, "how often it is sold is not told");
    let record = &sale.records[0];
    assert!(matches!(record.source.signer, Who::Buyer));
    assert_eq!((&sale.total, &record.amount, &record.note), (&None, &None, &None));
    assert_eq!(record.place.as_ref().unwrap().name, None, "the counter's name would tell the buyer");
}

#[test]
fn late_records_are_flagged_and_corrections_take_the_amount_back() {
    let story = story(&vermicelli(false));
    assert_eq!(step(&story, Kind::Harvest, "canna tubers").records[1].flags, [Flag::Late]);
    let loss = step(&story, Kind::Lose, "canna tubers");
    let record = &loss.records[0];
    assert!(!record.stands());
    assert!(!record.correction.as_ref().unwrap().did_not_occur);
    assert_eq!((shown(record.amount.as_ref()).as_str(), &loss.total), ("12 kg", &None));
}

#[test]
fn a_correction_after_the_goods_moved_on_leaves_the_amount() {
    let mut ledger = vermicelli(false);
    let mut event = object("thu-2", "2024-11-02T07:30:00+07:00", "commissioning", "doi", &[amount(&lot(2), 1_012.0)]);
    event["errorDeclaration"] =
        serde_json::json!({"declarationTime": "2025-02-01T00:00:00Z", "reason": "did_not_occur"});
    ledger.add("ho-2", "2025-02-01T00:00:00Z", "event", &serde_json::json!({"verb": "correct", "event": event}));
    let story = story(&ledger);
    let harvest = step(&story, Kind::Harvest, "canna tubers");
    assert!(harvest.records[1].flags.contains(&Flag::NotUndone));
    assert!(harvest.records[1].correction.as_ref().unwrap().did_not_occur);
    assert_eq!(shown(harvest.total.as_ref()), "5,065 kg");
}

#[test]
fn certificates_are_held_against_the_days_of_harvest() {
    let story = story(&vermicelli(false));
    let told: Vec<_> =
        story.certificates.iter().map(|c| (c.scheme.as_str(), c.at_harvest, c.is_over, name(&c.entered_by))).collect();
    assert_eq!(
        told,
        [("VietGAP", Validity::AtHarvest, true, "can-bo"), ("OCOP 4 sao", Validity::NotAtHarvest, false, "can-bo")]
    );
    assert!(story.steps.iter().all(|step| step.kind != Kind::Inspect), "certificates have a place of their own");
}

#[test]
fn a_recall_of_the_starch_reaches_the_noodles_until_it_is_withdrawn() {
    let mut ledger = vermicelli(true);
    let recalled = story(&ledger);
    assert_eq!(name(&recalled.recalls[0].by), "can-bo");
    assert_eq!(recalled.recalls[0].of_input.as_ref().unwrap().as_ref().unwrap().en.as_deref(), Some("canna starch"));
    let mut event = object("thu-hoi", "2025-02-01T09:00:00+07:00", "holding", "xuong", &[amount(&lot(100), 720.5)]);
    event["errorDeclaration"] = serde_json::json!({"declarationTime": "2025-02-03T00:00:00Z"});
    ledger.add("can-bo", "2025-02-03T00:00:00Z", "event", &serde_json::json!({"verb": "correct", "event": event}));
    assert!(story(&ledger).recalls.is_empty());
}

#[test]
fn a_bundle_about_another_lot_is_refused() {
    let bundle = vermicelli(false).bundle(VERMICELLI);
    assert_eq!(Story::read(&bundle, &lot(1), today()).unwrap_err(), StoryError::OtherLot);
    assert_eq!(Story::read(b"{}", VERMICELLI, today()).unwrap_err(), StoryError::Malformed);
    assert_eq!(Story::read(b"\xff", VERMICELLI, today()).unwrap_err(), StoryError::Malformed);
    let empty = Ledger::default().bundle(VERMICELLI);
    assert_eq!(Story::read(&empty, VERMICELLI, today()).unwrap_err(), StoryError::OtherLot);
}

#[test]
fn the_sale_of_an_input_is_not_part_of_the_way() {
    let mut ledger = vermicelli(false);
    let event = object("ban-cu", "2025-01-20T10:00:00+07:00", "retail_selling", "xuong", &[amount(&lot(1), 3.0)]);
    ledger.add("ho-1", "2025-01-20T10:00:00+07:00", "event", &serde_json::json!({"verb": "sell", "event": event}));
    assert_eq!(story(&ledger).steps.iter().filter(|step| step.kind == Kind::Sell).count(), 1);
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(48))]

    /// Whatever bytes stand in an entry, the story is told without it or not at all.
    #[test]
    fn damaged_entries_never_panic(at in 0_usize..60_000, with in proptest::prelude::any::<u8>(), cut in 0_usize..60_000) {
        let mut bundle = vermicelli(true).bundle(VERMICELLI);
        let length = bundle.len();
        bundle[at % length] = with;
        let _ = Story::read(&bundle, VERMICELLI, today());
        bundle.truncate(cut % length);
        let _ = Story::read(&bundle, VERMICELLI, today());
    }

    #[test]
    fn entries_of_any_bytes_never_panic(entry in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..400)) {
        use base64::Engine as _;
        let text = base64::engine::general_purpose::STANDARD.encode(entry);
        let bundle = serde_json::json!({"lot": VERMICELLI, "checkpoint": "a\n1\nb\n", "entries": [{"entry": text}]});
        proptest::prop_assert_eq!(Story::read(bundle.to_string().as_bytes(), VERMICELLI, today()).unwrap_err(), StoryError::OtherLot);
    }
}

#[test]
fn the_hostile_example_is_read_too() {
    let story = Story::read(&fixture::hostile().bundle(fixture::HOSTILE), fixture::HOSTILE, today()).unwrap();
    assert_eq!(story.steps.len(), 1);
    assert_eq!(story.steps[0].records[0].vouchers[0].claim, Claim::Disputes);
}
