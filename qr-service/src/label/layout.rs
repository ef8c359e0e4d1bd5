//! Where everything stands on one label: the woven band, the facts in a column beside the code, and a strip with the code to
//! type below. All lengths are whole micrometres, so that every output says the same.

use super::{
    Field, LabelError, Tag, Warning, WarningKind,
    facts::{Fact, Facts},
    font::{Face, Weight},
    scratch::{self, Area},
    size::{Dpi, MM, SIZES, Size},
    strip::Strip,
};
use crate::{code::QUIET_MODULES, scratch::ScratchCode};

/// Least width of a module: what phones of every kind read from paper.
const MODULE_MIN_UM: i32 = 400;
/// Width of a module when there is room for it; on labels higher than two fingers it grows with them.
const MODULE_MAX_UM: i32 = 600;
/// Steps in which a module shrinks on a printer whose dots are finer than that.
const MODULE_STEP_UM: i32 = 20;
/// Smallest text, from the top of a tall letter to the bottom of a deep one: its small letters are 0.9 millimetres high.
pub(super) const EM_MIN_UM: i32 = 1_750;
/// Smallest name of the goods, which is what people look for.
const NAME_EM_MIN_UM: i32 = 2_200;
/// Advice is the first to go.
const ADVICE_RANK: u8 = 7;
/// A name that is cut can still be known by what is left.
const CUT_RANK: u8 = 4;
/// It goes before everything else becomes smaller than so many hundredths.
const ADVICE_SCALE_MIN: i32 = 90;
/// Most rows of ingredients, of how to keep the goods and of warnings: more than a small label has, so that there they are left out
/// whole, and said to be, before they are cut.
const PROSE_ROWS_MAX: usize = 24;
/// From one line to the next, in hundredths of the text's size. Vietnamese letters carry two marks above and one below.
pub(super) const LEADING: i32 = 121;
/// From the top of a line to its foot, in hundredths of the text's size.
const ASCENT: i32 = 100;
/// Free space at the edges, for sheets that go through a printer askew.
pub(super) const EDGE_UM: i32 = 1_000;
/// Narrowest column that facts can be read in.
const COLUMN_MIN_UM: i32 = 14 * MM;
/// Height of the woven band with the space below it.
const BAND_UM: i32 = 1_900;
/// Where the band itself ends, and the code's quiet zone may begin.
const BAND_FOOT_UM: i32 = 1_400;
/// Half a diamond's height.
const DIAMOND_UM: i32 = 500;
/// Sizes are tried from 100 hundredths down in such steps.
const SCALE_STEP: i32 = 4;
/// The most that a large label enlarges its text, in hundredths.
const SCALE_MAX: i32 = 180;

/// A text in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Text {
    pub(crate) left_um: i32,
    pub(crate) foot_um: i32,
    pub(crate) em_um: i32,
    pub(crate) weight: Weight,
    pub(crate) text: String,
}

/// A point, right and down from the label's upper left corner.
pub(crate) type Point = (i32, i32);

/// Where the code stands, its quiet zone included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CodePlace {
    pub(crate) left_um: i32,
    pub(crate) top_um: i32,
    pub(crate) module_um: i32,
    /// Modules on a side, without the quiet zone.
    pub(crate) modules: i32,
}

impl CodePlace {
    /// Upper left corner of a module, counted from the code's own corner.
    pub(crate) fn module_at(&self, x: usize, y: usize) -> Point {
        let along = |start: i32, at: usize| start + self.module_um * (QUIET + i32::try_from(at).unwrap_or_default());
        (along(self.left_um, x), along(self.top_um, y))
    }
}

/// The quiet zone as the same kind of number as all else here.
const QUIET: i32 = 4;
const _: () = assert!(QUIET_MODULES == 4);

/// One label, laid out.
#[derive(Debug)]
pub(crate) struct Design {
    pub(crate) width_um: i32,
    pub(crate) height_um: i32,
    pub(crate) texts: Vec<Text>,
    /// The diamonds of the woven band.
    pub(crate) shapes: Vec<Vec<Point>>,
    pub(crate) code: CodePlace,
    /// Where a pack's serial number is written, with the word before it.
    pub(crate) serial: Option<Text>,
    /// Where the code under the scratch layer is written.
    pub(crate) scratch: Option<Text>,
    pub(crate) warnings: Vec<Warning>,
}

/// What a label is made for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Media {
    pub(crate) size: Size,
    /// The printer's dots, of which a module takes a whole number; none where lines may stand anywhere.
    pub(crate) dots: Option<Dpi>,
}

/// What differs from label to label, at its largest.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Own<'a> {
    pub(crate) code: CodeSize,
    pub(crate) serial: Option<&'a str>,
    pub(crate) scratch: Option<&'a ScratchCode>,
}

/// How large the largest code is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CodeSize {
    /// Modules on a side.
    pub(crate) modules: usize,
    /// Characters of the address in it.
    pub(crate) length: usize,
}

impl Design {
    /// Lays out a label with room for the largest of what differs.
    pub(crate) fn of(media: Media, facts: &Facts, own: Own<'_>) -> Result<Self, LabelError> {
        let Some(code) = own.scratch else { return Self::without_layer(media, facts, own) };
        Self::with_layer(media, facts, own, code).map_err(|error| {
            let is_room = matches!(error, LabelError::CodeTooLarge { .. } | LabelError::Room);
            let smallest = is_room.then(|| smallest_with_layer(media, facts, own, code)).flatten();
            smallest.map_or(error, |smallest| LabelError::ScratchRoom { size: media.size.name(), smallest })
        })
    }

    /// Lays out a label whose foot is the place for a scratch layer.
    fn with_layer(media: Media, facts: &Facts, own: Own<'_>, code: &ScratchCode) -> Result<Self, LabelError> {
        let area = Area::of(media.size, facts.scratch_word, code)?;
        let above = Media { size: media.size.without_foot(scratch::HEIGHT_UM), ..media };
        let mut design = Self::without_layer(above, facts, own)?;
        // Whoever enters the code must be able to compare the serial.
        if own.serial.is_some() && design.serial.is_none() {
            return Err(LabelError::Room);
        }
        design.height_um = media.size.height_um();
        design.texts.extend(area.words);
        design.shapes.extend(area.frame);
        design.scratch = Some(area.code);
        Ok(design)
    }

    /// With code and foot as large as there is room for or, where smaller ones leave room for more of the facts, with the largest code that does.
    fn without_layer(media: Media, facts: &Facts, own: Own<'_>) -> Result<Self, LabelError> {
        let mut best = Self::squeezed(media, facts, own, None);
        let given = facts.warnings.len();
        if matches!(&best, Ok(design) if lost(design, given).len() == 1)
            || matches!(&best, Err(error) if !matches!(error, LabelError::Room))
        {
            return best;
        }
        // One micrometre more, as a length of whole dots may have been rounded down.
        let least_um = least_module_um(media.dots) + 1;
        let tried_um = best.as_ref().map_or(MODULE_MAX_UM, |design| design.code.module_um);
        let step_um = media.dots.map_or(MODULE_STEP_UM, |dpi| dpi.um(1));
        let steps = (tried_um - least_um).max(0) / step_um;
        for step in (0..=steps).rev() {
            best = match (Self::squeezed(media, facts, own, Some(least_um + step * step_um)), best) {
                (Ok(smaller), Ok(best)) if lost(&smaller, given) <= lost(&best, given) => Ok(best),
                (smaller, best) => smaller.or(best),
            };
        }
        best
    }

    /// With a module no wider than this, and then with a small foot as well.
    fn squeezed(media: Media, facts: &Facts, own: Own<'_>, module_max_um: Option<i32>) -> Result<Self, LabelError> {
        let Own { code: size, serial, .. } = own;
        let (medium, bold) = Weight::Medium.face().zip(Weight::Bold.face()).ok_or(LabelError::Font)?;
        let is_small = module_max_um.is_some();
        let of_rows = |rows: usize| {
            let serial = serial.filter(|_| rows > 1);
            Strip::of(media.size, facts, serial, (rows, is_small), (medium, bold))
        };
        let (code, strip) = place_code(media, size, module_max_um.unwrap_or(i32::MAX), [2, 1].map(of_rows))?;
        let mut design = Self {
            width_um: media.size.width_um(),
            height_um: media.size.height_um(),
            texts: Vec::new(),
            shapes: band(media.size.width_um()),
            code,
            serial: None,
            scratch: None,
            warnings: facts.warnings.clone(),
        };
        let bottom = strip.as_ref().map_or(design.height_um - EDGE_UM, |strip| design.height_um - strip.height_um);
        let has_key = strip.as_ref().is_some_and(|strip| strip.has_key);
        let in_column = facts.lines.iter().filter(|fact| !(has_key && fact.field == Field::Key));
        let mut lines: Vec<Line> = in_column.map(Line::of).collect();
        if strip.is_none() {
            lines.push(Line::of(&facts.code));
        }
        if let Some(serial) = serial.filter(|_| strip.as_ref().is_none_or(|strip| strip.serial.is_none())) {
            let field = Field::Serial;
            lines.push(Line::of(&Fact { field, text: format!("{} {serial}", facts.serial_word), short: None }));
        }
        let width_um = code.left_um - EDGE_UM;
        let column = Column { left_um: EDGE_UM, top_um: BAND_UM, width_um, height_um: bottom - BAND_UM };
        design.fill(column, &lines)?;
        if let Some(strip) = strip {
            design.texts.push(strip.code);
            design.texts.extend(strip.rest);
            design.serial = strip.serial.or(design.serial);
        }
        Ok(design)
    }

    /// What one pack alone carries: the line with its serial number, and the code under its scratch layer, in the places of those that
    /// the label was laid out for.
    pub(crate) fn own_texts(&self, tag: &Tag) -> impl Iterator<Item = Text> {
        let serial = self.serial.as_ref().zip(tag.serial.as_ref()).and_then(|(place, serial)| {
            let (word, _) = place.text.rsplit_once(' ')?;
            Some(Text { text: format!("{word} {serial}"), ..place.clone() })
        });
        let scratch = self.scratch.as_ref().zip(tag.scratch.as_ref());
        let scratch = scratch.map(|(place, code)| Text { text: code.print(), ..place.clone() });
        serial.into_iter().chain(scratch)
    }

    /// Puts the facts into the column as large as they fit, leaving out the least needed when even the smallest does not.
    fn fill(&mut self, column: Column, lines: &[Line]) -> Result<(), LabelError> {
        let mut ranks: Vec<u8> = lines.iter().map(|line| line.rank).filter(|rank| *rank > 0).collect();
        ranks.sort_unstable();
        let mut left_out: Vec<u8> = Vec::new();
        let mut set = column.largest(lines, &left_out)?;
        while set.is_none() {
            let Some(rank) = ranks.pop() else {
                return match tightened(lines) {
                    Some(tighter) => self.fill(column, &tighter),
                    None => self.fill_without_serial(column, lines),
                };
            };
            left_out.push(rank);
            set = column.largest(lines, &left_out)?;
        }
        // What went before a longer text that went too may have room after all.
        for rank in left_out.clone().into_iter().rev().filter(|rank| *rank < ADVICE_RANK) {
            let fewer: Vec<u8> = left_out.iter().copied().filter(|other| *other != rank).collect();
            if let Some(found) = column.largest(lines, &fewer)? {
                (set, left_out) = (Some(found), fewer);
            }
        }
        let set = set.ok_or(LabelError::Room)?;
        // Of a number that is cut nothing is left that anybody could use.
        if set.cut.contains(&Field::Serial) {
            return self.fill_without_serial(column, lines);
        }
        // The lot's number stands in the code to type as well.
        let lost = lines.iter().filter(|line| left_out.contains(&line.rank) && line.field != Field::Lot);
        self.warnings.extend(lost.map(|line| Warning { kind: WarningKind::LeftOut, field: line.field }));
        self.warnings.extend(set.cut.into_iter().map(|field| Warning { kind: WarningKind::Cut, field }));
        self.place(column, set.rows);
        Ok(())
    }

    /// A serial number stands in the code to scan as well.
    fn fill_without_serial(&mut self, column: Column, lines: &[Line]) -> Result<(), LabelError> {
        let rest: Vec<Line> = lines.iter().filter(|line| line.field != Field::Serial).cloned().collect();
        if rest.len() == lines.len() {
            return Err(LabelError::Room);
        }
        self.warnings.push(Warning { kind: WarningKind::LeftOut, field: Field::Serial });
        self.fill(column, &rest)
    }

    fn place(&mut self, column: Column, rows: Vec<Row>) {
        let mut top_um = column.top_um;
        for row in rows {
            let text = Text {
                left_um: column.left_um,
                foot_um: top_um + row.em_um * ASCENT / 100,
                em_um: row.em_um,
                weight: row.weight,
                text: row.text,
            };
            top_um += row.em_um * LEADING / 100;
            if row.field == Field::Serial {
                self.serial = Some(text);
            } else {
                self.texts.push(text);
            }
        }
    }
}

/// What a design has no room for, the most needed first; the greater of two such lists is the better one. `given` warnings were there
/// before.
fn lost(design: &Design, given: usize) -> Vec<u8> {
    let rank = |warning: &Warning| if warning.kind == WarningKind::Cut { CUT_RANK } else { rank(warning.field) };
    let mut ranks: Vec<u8> = design.warnings.iter().skip(given).map(rank).filter(|rank| *rank < ADVICE_RANK).collect();
    ranks.sort_unstable();
    // Where one list goes on, the shorter one has lost less.
    ranks.push(u8::MAX);
    ranks
}

/// The lines with one row less where that leaves enough to know the thing by: of the maker's name, and then of the goods'. What does not
/// fit is cut, and said to be.
fn tightened(lines: &[Line]) -> Option<Vec<Line>> {
    let mut lines = lines.to_vec();
    let tight = [(Field::Maker, 1), (Field::Name, 2)];
    let (field, rows) = tight
        .into_iter()
        .find(|(field, rows)| lines.iter().any(|line| line.field == *field && line.rows_max > *rows))?;
    lines.iter_mut().filter(|line| line.field == field).for_each(|line| line.rows_max = rows);
    Some(lines)
}

/// The smallest larger label that has room for a scratch layer.
fn smallest_with_layer(media: Media, facts: &Facts, own: Own<'_>, code: &ScratchCode) -> Option<&'static str> {
    let mut larger: Vec<Size> = SIZES.into_iter().filter(|size| size.area() > media.size.area()).collect();
    larger.sort_by_key(Size::area);
    let fits = |size: &Size| Design::with_layer(Media { size: *size, ..media }, facts, own, code).is_ok();
    larger.iter().find(|size| fits(size)).map(Size::name)
}

fn scales() -> impl Iterator<Item = i32> {
    let steps = (SCALE_MAX - 60) / SCALE_STEP;
    (0..=steps).map(|step| SCALE_MAX - step * SCALE_STEP)
}

/// The code as large as it fits: above the strip, else beside it; and the strip, if it still has a place of its own.
fn place_code(
    media: Media,
    size: CodeSize,
    module_max_um: i32,
    strips: [Strip; 2],
) -> Result<(CodePlace, Option<Strip>), LabelError> {
    let modules = i32::try_from(size.modules).map_err(|_| LabelError::Room)?;
    let side = modules + 2 * QUIET;
    let (width, height) = (media.size.width_um(), media.size.height_um());
    // The quiet zone is white already, so the code needs no further edge.
    let widest = width - COLUMN_MIN_UM - EDGE_UM;
    // Half of a wide label is enough for the code.
    let wanted = widest.min((width / 2).max(21 * MM));
    let whole_height = (widest.min(height - BAND_FOOT_UM), BAND_FOOT_UM, None);
    let above = |strip: Strip| (wanted.min(height - BAND_FOOT_UM - strip.height_um), BAND_FOOT_UM, Some(strip));
    let rooms = strips.map(above).into_iter().chain([whole_height]);
    for (room, top, strip) in rooms {
        if let Some(module_um) =
            module_um(media.dots, (room / side).min(MODULE_MAX_UM.max(height / 70)).min(module_max_um))
        {
            let right_um = width - if media.size.sheet().is_some() { 400 } else { 0 };
            // Counted in dots, so that the last of the quiet zone is still on the label.
            let (left_um, top_um) = match media.dots {
                Some(dpi) => {
                    let left = dpi.dots_within(right_um) - dpi.dots(module_um) * side;
                    (dpi.um(left), dpi.um(dpi.dots(top)))
                }
                None => (right_um - module_um * side, top),
            };
            let code = CodePlace { left_um, top_um, module_um, modules };
            return Ok((code, strip));
        }
    }
    let modules_max = modules_max(media.dots, widest.min(height - BAND_FOOT_UM));
    let CodeSize { modules, length } = size;
    Err(LabelError::CodeTooLarge { length, modules, size: media.size.name(), modules_max })
}

/// The widest module within `room_um` that the printer can make of whole dots.
fn module_um(dots: Option<Dpi>, room_um: i32) -> Option<i32> {
    let found = match dots {
        Some(dpi) => dpi.um(dpi.dots_within(room_um)),
        None => room_um / MODULE_STEP_UM * MODULE_STEP_UM,
    };
    (found >= MODULE_MIN_UM).then_some(found)
}

/// The narrowest module that may be printed.
fn least_module_um(dots: Option<Dpi>) -> i32 {
    match dots {
        Some(dpi) => dpi.um(dpi.dots_within(MODULE_MIN_UM - 1) + 1),
        None => MODULE_MIN_UM,
    }
}

/// Most modules on a side of a code that fits into `room_um`.
fn modules_max(dots: Option<Dpi>, room_um: i32) -> i32 {
    let least = least_module_um(dots);
    // Codes have 21 modules, 25, 29 and so on.
    let modules = room_um / least - 2 * QUIET;
    modules - (modules - 21).rem_euclid(4)
}

/// A row of diamonds across the top, like the border of a woven skirt.
fn band(width_um: i32) -> Vec<Vec<Point>> {
    let (wide, high) = (DIAMOND_UM * 9 / 5, DIAMOND_UM);
    let count = (width_um - 2 * EDGE_UM) / (wide * 2);
    let left = (width_um - count * wide * 2) / 2;
    let middle = high + 300;
    (0..count)
        .map(|at| {
            let x = left + at * wide * 2 + wide;
            // Every third is a small one, so that the row reads as a pattern.
            let (w, h) = if at % 3 == 2 { (wide / 2, high / 2) } else { (wide, high) };
            vec![(x - w, middle), (x, middle - h), (x + w, middle), (x, middle + h)]
        })
        .collect()
}

/// The largest size up to `largest_um` in which a text of one line fits. What does not fit in the smallest runs on to the
/// edge: codes are never cut.
pub(super) fn fitting_em(face: &Face, text: &str, largest_um: i32, room_um: i32) -> i32 {
    let at_largest = face.width_um(text, largest_um).max(1);
    let fitting = i64::from(largest_um) * i64::from(room_um) / i64::from(at_largest);
    i32::try_from(fitting).unwrap_or(largest_um).clamp(EM_MIN_UM * 4 / 5, largest_um)
}

/// A fact on its way into the column.
#[derive(Clone)]
struct Line {
    field: Field,
    text: String,
    /// The same in fewer letters, taken where it saves a row.
    short: Option<String>,
    weight: Weight,
    em_um: i32,
    em_min_um: i32,
    rows_max: usize,
    rank: u8,
}

impl Line {
    fn of(fact: &Fact) -> Self {
        let (weight, em_um, rows_max) = match fact.field {
            Field::Name => (Weight::Bold, 2_900, 3),
            Field::Maker => (Weight::Medium, 2_200, 2),
            Field::Place => (Weight::Medium, 2_100, 3),
            Field::Warnings | Field::Ingredients | Field::Storage => (Weight::Medium, 2_000, PROSE_ROWS_MAX),
            Field::Phone | Field::Serial => (Weight::Medium, 2_000, 1),
            Field::Advice => (Weight::Medium, 2_000, 4),
            Field::Code => (Weight::Bold, 2_100, 3),
            Field::Lot | Field::Key | Field::Net | Field::Made | Field::BestBefore => (Weight::Medium, 2_200, 2),
        };
        let em_min_um = if fact.field == Field::Name { NAME_EM_MIN_UM } else { EM_MIN_UM };
        Self {
            field: fact.field,
            text: fact.text.clone(),
            short: fact.short.clone(),
            weight,
            em_um,
            em_min_um,
            rows_max,
            rank: rank(fact.field),
        }
    }
}

/// How soon a fact goes when there is no room: 0 for what must stand on every label; the highest goes first.
fn rank(field: Field) -> u8 {
    match field {
        Field::Name
        | Field::Maker
        | Field::Net
        | Field::Made
        | Field::BestBefore
        | Field::Key
        | Field::Code
        | Field::Serial => 0,
        // What the law asks for goes after all that it does not.
        Field::Place => 1,
        Field::Warnings => 2,
        Field::Ingredients => 3,
        Field::Storage => 4,
        Field::Phone => 5,
        // Where there is a line for it, its number stands in the code to type as well.
        Field::Lot => 6,
        Field::Advice => ADVICE_RANK,
    }
}

#[derive(Debug, Clone, Copy)]
struct Column {
    left_um: i32,
    top_um: i32,
    width_um: i32,
    height_um: i32,
}

/// Lines broken into rows.
struct Set {
    rows: Vec<Row>,
    cut: Vec<Field>,
}

struct Row {
    field: Field,
    text: String,
    em_um: i32,
    weight: Weight,
}

impl Column {
    /// The lines but those of some ranks, as large as they fit.
    fn largest(self, lines: &[Line], left_out: &[u8]) -> Result<Option<Set>, LabelError> {
        let kept: Vec<&Line> = lines.iter().filter(|line| !left_out.contains(&line.rank)).collect();
        let has_advice = kept.iter().any(|line| line.rank == ADVICE_RANK);
        for scale in scales().filter(|scale| !has_advice || *scale >= ADVICE_SCALE_MIN) {
            if let Some(set) = self.set(&kept, scale)? {
                return Ok(Some(set));
            }
        }
        Ok(None)
    }

    /// The lines at one scale, if they fit.
    fn set(self, lines: &[&Line], scale: i32) -> Result<Option<Set>, LabelError> {
        let mut set = Set { rows: Vec::new(), cut: Vec::new() };
        let mut height_um = 0;
        let is_smallest = scale - SCALE_STEP < 60;
        for line in lines {
            let em_um = (line.em_um * scale / 100).clamp(line.em_min_um, line.em_um * SCALE_MAX / 100);
            let face = line.weight.face().ok_or(LabelError::Font)?;
            let mut rows = wrap(face, &line.text, em_um, (self.width_um, line.rows_max));
            if let Some(short) = line.short.as_ref().filter(|_| rows.len() > 1) {
                rows = wrap(face, short, em_um, (self.width_um, line.rows_max));
            }
            if rows.len() > line.rows_max {
                // Only a text that is too long in the smallest size is cut.
                if !is_smallest {
                    return Ok(None);
                }
                rows.truncate(line.rows_max);
                if let Some(last) = rows.last_mut() {
                    shorten(face, last, em_um, self.width_um);
                }
                set.cut.push(line.field);
            }
            height_um += em_um * LEADING / 100 * i32::try_from(rows.len()).unwrap_or(i32::MAX / MM / MM);
            set.rows.extend(rows.into_iter().map(|text| Row { field: line.field, text, em_um, weight: line.weight }));
        }
        Ok((height_um <= self.height_um).then_some(set))
    }
}

/// Breaks a text at spaces, and inside a word that is wider than the column. Of more rows than there may be, not all are made.
pub(super) fn wrap(face: &Face, text: &str, em_um: i32, (width_um, rows_max): (i32, usize)) -> Vec<String> {
    let fits = |text: &str| face.width_um(text, em_um) <= width_um;
    let mut rows: Vec<String> = Vec::new();
    let mut row = String::new();
    for word in text.split(' ') {
        if rows.len() > rows_max {
            return rows;
        }
        let joined = if row.is_empty() { word.to_owned() } else { format!("{row} {word}") };
        if fits(&joined) {
            row = joined;
            continue;
        }
        if !row.is_empty() {
            rows.push(std::mem::take(&mut row));
        }
        for letter in word.chars() {
            row.push(letter);
            if !fits(&row) && row.chars().count() > 1 {
                row.pop();
                rows.push(std::mem::replace(&mut row, letter.to_string()));
            }
        }
    }
    if !row.is_empty() {
        rows.push(row);
    }
    rows
}

/// Ends a row with an ellipsis within the width.
fn shorten(face: &Face, row: &mut String, em_um: i32, width_um: i32) {
    row.push('\u{2026}');
    while face.width_um(row, em_um) > width_um && row.chars().count() > 1 {
        row.pop();
        row.pop();
        row.push('\u{2026}');
    }
}
