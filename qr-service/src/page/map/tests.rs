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
fn hostile_names_stay_text_and_far_places_are_drawn_without_outlines() {
    let story = story(&fixture::hostile(), HOSTILE);
    let drawn = map(&story, Words::of(Lang::Vi)).into_string();
    assert!(drawn.contains("&lt;script&gt;") && !drawn.contains("<script>"));
    assert!(drawn.contains("<svg") && !drawn.contains("class=\"land"));
}
