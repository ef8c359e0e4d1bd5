//! The map: where the records say that things happened, drawn by ourselves, with nothing fetched from anywhere.
//!
//! It is a sketch. Positions in the ledger are no finer than about a kilometre, and the page rounds those of unnamed parties
//! further; the outlines are simplified to a tenth of their corners. Places that lie together become one stop.

use maud::{Markup, html};

use super::{record::verb_key, said};
use crate::{
    locale::Words,
    story::{Kind, Spot, Step, Story, Text},
};

mod outline;

/// Most stops on the map; the journey below tells the rest.
const STOPS_MAX: usize = 8;
/// Places that are closer than this, in hundredths of a degree, are one stop.
const STOP_APART: i32 = 5;
/// Size of the drawing at most, in pixels: beside it there is room for its key on the narrowest phone.
const WIDTH_MAX: f64 = 184.0;
const HEIGHT_MAX: f64 = 260.0;
/// Space around what is drawn, and the least extent of the map, in hundredths of a degree.
const MARGIN: i32 = 9;
const EXTENT_MIN: i32 = 60;
/// How much of the height the width of the map is at least.
const WIDTH_SHARE_MIN: f64 = 0.68;
/// Kilometres of a hundredth of a degree of latitude.
const KILOMETRES: f64 = 1.1057;
/// Lengths of a scale bar, in kilometres.
const SCALES: [u16; 9] = [200, 100, 50, 20, 10, 5, 2, 1, 500];
/// The part of the map's width that the scale bar takes at most.
const SCALE_SHARE_MAX: f64 = 0.45;

/// One stop of the way.
struct Stop<'a> {
    spot: Spot,
    name: Option<&'a Text>,
    kinds: Vec<Kind>,
}

/// The stops in the order in which the way first comes to each.
fn stops(steps: &[Step]) -> Vec<Stop<'_>> {
    let mut stops: Vec<Stop<'_>> = Vec::new();
    for step in steps {
        for place in step.records.iter().filter(|record| record.stands()).filter_map(|record| record.place.as_ref()) {
            let Some(spot) = place.spot else { continue };
            let is_near = |stop: &&mut Stop<'_>| {
                (stop.spot.lat - spot.lat).abs() <= STOP_APART && (stop.spot.lon - spot.lon).abs() <= STOP_APART
            };
            match stops.iter_mut().find(is_near) {
                Some(stop) if stop.kinds.contains(&step.kind) => {}
                Some(stop) => stop.kinds.push(step.kind),
                None => stops.push(Stop { spot, name: place.then.as_ref(), kinds: vec![step.kind] }),
            }
        }
    }
    stops.truncate(STOPS_MAX);
    stops
}

/// The piece of the world that is drawn, and how large.
struct View {
    top: i32,
    left: f64,
    scale: f64,
    /// How much shorter a degree of longitude is than one of latitude here.
    squeeze: f64,
    width: f64,
    height: f64,
}

impl View {
    fn of(stops: &[Stop<'_>], is_home: bool) -> Option<Self> {
        let mut spots: Vec<Spot> = stops.iter().map(|stop| stop.spot).collect();
        if is_home {
            spots.extend(outline::BAC_KAN.iter().map(|(lon, lat)| Spot { lat: *lat, lon: *lon }));
        }
        let (south, north) = extent(spots.iter().map(|spot| spot.lat))?;
        let (west, east) = extent(spots.iter().map(|spot| spot.lon))?;
        let squeeze = (f64::from(north + south) / 200.0).to_radians().cos().max(0.2);
        let (tall, wide) = (f64::from(north - south), f64::from(east - west) * squeeze);
        let scale = (HEIGHT_MAX / tall).min(WIDTH_MAX / wide);
        let height = tall * scale;
        let width = (wide * scale).max(height * WIDTH_SHARE_MIN).min(WIDTH_MAX);
        // A map that is wider than what it shows shows it in the middle.
        let left = f64::from(east + west) / 2.0 - width / scale / squeeze / 2.0;
        Some(Self { top: north, left, scale, squeeze, width, height })
    }

    fn place(&self, lon: i32, lat: i32) -> (f64, f64) {
        ((f64::from(lon) - self.left) * self.squeeze * self.scale, f64::from(self.top - lat) * self.scale)
    }

    fn path(&self, corners: &[(i32, i32)]) -> String {
        let mut path = String::from("M");
        for (lon, lat) in corners {
            let (x, y) = self.place(*lon, *lat);
            path.push_str(&format!("{x:.0} {y:.0} "));
        }
        path
    }

    /// The scale bar's kilometres and pixels.
    fn scale_bar(&self) -> (u16, f64) {
        let pixels = |kilometres: u16| f64::from(kilometres) / KILOMETRES * self.scale;
        let fits = |kilometres: &u16| pixels(*kilometres) <= self.width * SCALE_SHARE_MAX;
        let kilometres = SCALES.into_iter().find(fits).unwrap_or(1);
        (kilometres, pixels(kilometres))
    }
}

/// Least and greatest with the margin, and no less than the least extent apart.
fn extent(values: impl Iterator<Item = i32> + Clone) -> Option<(i32, i32)> {
    let (least, greatest) = (values.clone().min()? - MARGIN, values.max()? + MARGIN);
    let missing = (EXTENT_MIN - (greatest - least)).max(0);
    Some((least - missing / 2, greatest + missing / 2))
}

/// The map with its key; nothing when the records name no positions.
pub(super) fn map(story: &Story, words: Words) -> Markup {
    let stops = stops(&story.steps);
    let is_home = stops.iter().any(|stop| outline::is_near_home(stop.spot));
    // One dot alone, with nothing known around it, tells nothing.
    let view = if is_home || stops.len() > 1 { View::of(&stops, is_home) } else { None };
    let Some(view) = view else { return html! {} };
    html! {
        figure.map {
            (drawing(&view, &stops, is_home, words))
            figcaption {
                ol {
                    @for stop in &stops {
                        li {
                            @match stop.name {
                                Some(name) => strong { (said(name, words.lang())) },
                                None => strong { (words.get("map.somewhere")) },
                            }
                            span.doing {
                                @for (at, kind) in stop.kinds.iter().enumerate() {
                                    @if at > 0 { ", " }
                                    (words.get(verb_key(*kind)))
                                }
                            }
                        }
                    }
                }
            }
            p.hint { (words.get("map.hint")) }
        }
    }
}

fn drawing(view: &View, stops: &[Stop<'_>], is_home: bool, words: Words) -> Markup {
    let (width, height) = (format!("{:.0}", view.width), format!("{:.0}", view.height));
    let way: Vec<(i32, i32)> = stops.iter().map(|stop| (stop.spot.lon, stop.spot.lat)).collect();
    let label = words.fill("map.alt", &[("n", &stops.len().to_string())]);
    html! {
        svg role="img" aria-label=(label) viewBox={ "0 0 " (width) " " (height) } width=(width) height=(height) {
            @if is_home {
                path.land d=(view.path(&outline::HA_NOI)) {}
                path.land d=(view.path(&outline::THAI_NGUYEN)) {}
                path.land.home d=(view.path(&outline::BAC_KAN)) {}
                @for (name, (lon, lat)) in outline::NAMES {
                    @let (x, y) = view.place(lon, lat);
                    @if y > 8.0 && y < view.height - 30.0 {
                        text.name x=(format!("{x:.0}")) y=(format!("{y:.0}")) { (words.get(name)) }
                    }
                }
            }
            @if stops.len() > 1 { path.way d=(view.path(&way)) {} }
            @for (number, stop) in (1..).zip(stops) {
                @let (x, y) = view.place(stop.spot.lon, stop.spot.lat);
                circle cx=(format!("{x:.0}")) cy=(format!("{y:.0}")) r="9" {}
                text.number x=(format!("{x:.0}")) y=(format!("{:.0}", y + 4.0)) { (number) }
            }
            (rose(view, words))
        }
    }
}

/// North, and how long some kilometres are.
fn rose(view: &View, words: Words) -> Markup {
    let (kilometres, pixels) = view.scale_bar();
    let x = view.width - 12.0;
    let y = view.height - 8.0;
    html! {
        path.rose d=(format!("M{x:.0} 22V6l-4 7m4-7l4 7")) {}
        text.north x=(format!("{x:.0}")) y="34" { (words.get("map.north")) }
        path.rose d=(format!("M8 {:.0}v5h{pixels:.0}v-5", y - 5.0)) {}
        text.scale x="8" y=(format!("{:.0}", y - 9.0)) { (words.fill("map.km", &[("n", &kilometres.to_string())])) }
    }
}

#[cfg(test)]
mod tests;
