use chrono::NaiveDate;

use super::{map, stops};
use crate::{
    fixture::{self, HOSTILE, VERMICELLI},
    locale::{Lang, Words},
    story::{Kind, Spot, Story},
};

fn story(ledger: &fixture::Ledger, lot: &str) -> Story {
    Story::read(&ledger.bundle(lot), lot, NaiveDate::from_ymd_opt(2026, 3, 1).unwrap()).unwrap()
}

#[test]
fn places_close_together_are_one_stop_and_an_unnamed_partys_is_rounded() {
    let story = story(&fixture::vermicelli(false), VERMICELLI);
    let stops = stops(&story.steps);
    let spots: Vec<Spot> = stops.iter().map(|stop| stop.spot).collect();
    assert_eq!(
        spots,
        [Spot { lat: 2_213, lon: 10_603 }, Spot { lat: 2_100, lon: 10_590 }],
        "the shop is at 21.03, 105.85"
    );
    assert_eq!(stops.first().unwrap().kinds.first(), Some(&Kind::Harvest));
}

#[test]
fn the_drawing_stays_small_and_inside_its_frame() {
    let story = story(&fixture::vermicelli(false), VERMICELLI);
    let drawn = map(&story, Words::of(Lang::En)).into_string();
    assert!(drawn.len() < 4_000, "{}", drawn.len());
    assert!(!drawn.contains("22.1") && !drawn.contains("106.0"), "no position in words");
    for axis in ["cx=\"", "cy=\""] {
        for rest in drawn.split(axis).skip(1) {
            let at: i32 = rest.split('"').next().unwrap().parse().unwrap();
            assert!((9..=260).contains(&at), "{at}");
        }
    }
}

#[test]
fn hostile_names_stay_text() {
    let story = story(&fixture::hostile(), HOSTILE);
    let drawn = map(&story, Words::of(Lang::Vi)).into_string();
    assert!(drawn.contains("&lt;script&gt;") && !drawn.contains("<script>") && drawn.contains("class=\"land"));
}

#[test]
fn far_away_there_are_no_outlines_and_one_place_alone_is_no_map() {
    let mut story = story(&fixture::vermicelli(false), VERMICELLI);
    for record in story.steps.iter_mut().flat_map(|step| &mut step.records) {
        let Some(spot) = record.place.as_mut().and_then(|place| place.spot.as_mut()) else { continue };
        *spot = Spot { lat: spot.lat - 5_600, lon: spot.lon - 8_700 };
    }
    let drawn = map(&story, Words::of(Lang::En)).into_string();
    assert!(drawn.contains("<circle") && !drawn.contains("class=\"land"));
    for record in story.steps.iter_mut().flat_map(|step| &mut step.records) {
        if let Some(place) = record.place.as_mut() {
            place.spot = Some(Spot { lat: -3_390, lon: 1_842 });
        }
    }
    assert!(map(&story, Words::of(Lang::En)).into_string().is_empty());
}
