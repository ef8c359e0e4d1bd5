//! Each pattern: a ledger that shows it and one that does not.

use nguon_ledger::amount::Dimension;
use nguon_ledger::time::{HOUR_MILLIS, MINUTE_MILLIS};

use super::*;

fn codes(world: &World) -> Vec<&'static str> {
    world.facts.patterns(&Scope::default()).iter().map(|pattern| pattern.code.as_str()).collect()
}

/// Lets days pass; the time of the day wanders as a person's does.
fn days(world: &mut World, days: i64) {
    world.now = UnixMillis::new(world.now.get() + days * 24 * HOUR_MILLIS + 7 * MINUTE_MILLIS);
}

/// Harvests of these amounts, a day apart.
fn harvests(amounts: &[f64]) -> World {
    let mut world = World::new();
    for (number, amount) in amounts.iter().enumerate() {
        days(&mut world, 1);
        world.harvest(FARMER, &format!("{}", number + 1), *amount);
    }
    world
}

#[test]
fn identical_amounts_are_told() {
    let world = harvests(&[412.5, 412.5, 412.5, 300.1, 412.5, 412.5]);
    assert_eq!(codes(&world), ["identical_claims"]);
    let pattern = &world.facts.patterns(&Scope::default())[0];
    assert_eq!((pattern.entries.len(), pattern.of, pattern.lots.len()), (5, 6, 5));
    assert_eq!(pattern.amount.unwrap().0, kilograms("412.5"));
    assert!(codes(&harvests(&[412.5, 412.5, 412.5, 300.1, 412.5, 411.0])).is_empty(), "four are too few");
}

#[test]
fn nothing_but_round_amounts_is_told() {
    let round = [10.0, 20.0, 340.0, 150.0, 60.0, 70.0, 80.0, 1_200.0];
    assert_eq!(codes(&harvests(&round)), ["round_numbers"]);
    let mut once = round;
    once[3] = 151.0;
    assert!(codes(&harvests(&once)).is_empty());
}

#[test]
fn the_same_minute_every_day_is_told() {
    let ledger = |wanders: i64| {
        let mut world = World::new();
        let first = world.now.get() + HOUR_MILLIS;
        for day in 0..12 {
            let at = UnixMillis::new(first + day * (24 * HOUR_MILLIS + wanders * MINUTE_MILLIS));
            (world.now, world.at) = (UnixMillis::new(at.get() + 20 * MINUTE_MILLIS), Some(at));
            world.harvest(FARMER, &format!("{}", day + 1), 100.5 + f64::from(u8::try_from(day).unwrap()));
        }
        world
    };
    assert_eq!(codes(&ledger(0)), ["same_minute"]);
    assert_eq!(ledger(0).facts.patterns(&Scope::default())[0].minute, Some(60 + 12));
    assert!(codes(&ledger(3)).is_empty());
}

#[test]
fn a_burst_long_after_is_told_but_not_a_phone_without_signal() {
    let ledger = |signed_late: bool| {
        let mut world = World::new();
        let first = world.now.get();
        let late = first + 20 * 24 * HOUR_MILLIS;
        for number in 0..9 {
            let at = UnixMillis::new(first + number * 25 * HOUR_MILLIS);
            // All come in within minutes; what differs is when they were signed.
            world.now = UnixMillis::new(late + number * 30_000);
            world.at = Some(at);
            world.signed_at = Some(if signed_late { world.now } else { UnixMillis::new(at.get() + MINUTE_MILLIS) });
            world.harvest(FARMER, &format!("{}", number + 1), 100.5 + f64::from(u8::try_from(number).unwrap()));
        }
        world
    };
    assert_eq!(codes(&ledger(true)), ["late_burst"]);
    assert!(codes(&ledger(false)).is_empty());
}

#[test]
fn yields_always_at_the_bound_are_told() {
    let ledger = |last: f64| {
        let mut world = World::new();
        for number in 1..=5 {
            days(&mut world, 1);
            let (tubers, starch) = (format!("{number}"), format!("1{number}"));
            let amount = 100.0 * f64::from(number) + 25.0;
            world.harvest(MILL, &tubers, amount);
            let share = if number == 5 { last } else { 0.16 };
            world.process(&[(&tubers, amount)], (&starch, (amount * share * 100.0).round() / 100.0), "starch");
        }
        world
    };
    assert_eq!(codes(&ledger(0.16)), ["yield_at_bound"]);
    assert!(codes(&ledger(0.15)).is_empty());
}

#[test]
fn one_photo_for_many_lots_is_told() {
    let ledger = |photos: [u8; 3]| {
        let mut world = World::new();
        for (number, photo) in photos.into_iter().enumerate() {
            days(&mut world, 1);
            let name = format!("{}", number + 1);
            let media =
                json!({"media": [{"sha256": Hash::of(&[photo]).to_string(), "mediaType": "image/jpeg", "bytes": 9}]});
            let event = object("ADD", "commissioning", &[(&name, 10.5)]);
            world.event(FARMER, "harvest", event, &[(&name, "canna")], &media);
        }
        world
    };
    assert_eq!(codes(&ledger([1, 1, 1])), ["same_media"]);
    assert!(codes(&ledger([1, 1, 2])).is_empty());
}

#[test]
fn an_honest_season_is_silent() {
    assert!(codes(&harvests(&[812.5, 640.0, 790.0, 455.5, 1_020.0, 333.0, 700.0, 512.0, 498.0])).is_empty());
}

#[test]
fn a_harvest_out_of_range_for_its_area_is_told() {
    let world = harvests(&[1_000.0, 500.5]);
    let area = |hectares: &str, least: &str, most: &str| Area {
        place: world.place(),
        product: world.facts.product(&ProductUri::new(&origin(), &Slug::parse("canna").unwrap())).unwrap(),
        hectares: Amount::parse(hectares).unwrap(),
        least: kilograms(least),
        most: kilograms(most),
    };
    let told = |area: Area, scope: &Scope| world.facts.hectares_out_of_range(scope, &[area]);
    // 1,500.5 kg on 0.04 ha are 37,512.5 kg a hectare.
    let usual = Scope::default();
    assert!(told(area("0.04", "37512.5", "37512.5"), &usual).is_empty());
    let more = &told(area("0.04", "20000", "37512.4"), &usual)[0];
    assert_eq!(
        (more.code.as_str(), more.amount),
        ("harvest_per_hectare", Some((kilograms("37512.5"), Dimension::Mass)))
    );
    assert_eq!((more.entries.len(), more.lots.len(), more.of), (2, 2, 2));
    assert_eq!(told(area("0.04", "37512.6", "80000"), &usual).len(), 1, "less than the least");
    // Of the time asked about only.
    let second = Scope { from: Some(UnixMillis::new(world.now.get() - 12 * HOUR_MILLIS)), ..usual };
    assert_eq!(told(area("0.04", "0", "12512.4"), &second)[0].amount, Some((kilograms("12512.5"), Dimension::Mass)));
    let after = Scope { from: Some(UnixMillis::new(world.now.get() + 1)), ..usual };
    assert!(told(area("0.04", "1", "2"), &after).is_empty(), "nothing was harvested");
    assert_eq!(told(area("0.00001", "1", "2"), &usual)[0].amount, Some((kilograms("150050000"), Dimension::Mass)));
}
