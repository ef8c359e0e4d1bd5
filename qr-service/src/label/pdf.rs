//! Labels as PDF: text as text, in the embedded font, and codes as filled outlines, sharp at any resolution.
//!
//! What all labels share is stored once and shown on each; a page holds little more than the codes. Pages are made on all
//! cores.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use miniz_oxide::deflate::compress_to_vec_zlib;
use pdf_writer::{
    Filter, Finish as _, Name, Pdf, Rect, Ref, Str, TextStr,
    types::{CidFontType, FontFlags, SystemInfo, UnicodeCmap},
};
use rayon::prelude::{IntoParallelIterator as _, ParallelIterator as _};

use super::{
    LabelError, Tag,
    font::{Face, Weight},
    layout::{Design, Text},
    size::{MM, Size},
};
use crate::{code::Modules, scratch::CROCKFORD};

/// How hard streams are compressed: a higher level takes longer and saves little on such content.
const LEVEL: u8 = 6;
/// Length of a cut mark.
const MARK_UM: i32 = 4 * MM;
/// Between a cut mark and the label.
const MARK_CLEAR_UM: i32 = 500;
/// Width of a cut mark.
const MARK_WIDTH_UM: i32 = 100;

/// What a PDF is made of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Job<'a> {
    pub(super) size: Size,
    pub(super) design: &'a Design,
    pub(super) tags: &'a [Tag],
    /// The code of each label, or the one that all carry.
    pub(super) codes: &'a [Modules],
    /// Labels already used up on the first sheet.
    pub(super) skipped: usize,
    /// How far everything moves right and down.
    pub(super) nudge_um: (i32, i32),
    pub(super) has_marks: bool,
    pub(super) title: &'a str,
    pub(super) lang: &'static str,
}

/// Numbers of the objects that stand before the pages.
struct Refs {
    catalog: Ref,
    tree: Ref,
    label: Ref,
    next: Ref,
}

const FONT_NAMES: [&str; 2] = ["F0", "F1"];

/// Makes the file.
pub(super) fn pdf(job: Job<'_>) -> Result<Vec<u8>, LabelError> {
    let places = job.skipped + job.tags.len();
    let per_page = job.size.per_page();
    let page_count = places.div_ceil(per_page);
    let pages: Vec<Vec<u8>> = (0..page_count)
        .into_par_iter()
        .map(|page| {
            let first = (page * per_page).saturating_sub(job.skipped);
            let last = ((page + 1) * per_page).saturating_sub(job.skipped).min(job.tags.len());
            let content = page_content(job, page, job.tags.get(first..last).unwrap_or_default(), first)?;
            Ok(compress_to_vec_zlib(content.as_bytes(), LEVEL))
        })
        .collect::<Result<_, LabelError>>()?;
    assemble(job, &pages)
}

fn page_content(job: Job<'_>, page: usize, tags: &[Tag], first: usize) -> Result<String, LabelError> {
    let mut content = String::new();
    let (_, page_height_um) = job.size.page_um();
    if job.has_marks {
        marks(&mut content, job.size);
    }
    for (at, tag) in tags.iter().enumerate() {
        let place = first + at + job.skipped - page * job.size.per_page();
        let (left_um, top_um) = job.size.corner_um(place);
        let (left_um, top_um) = (left_um + job.nudge_um.0, top_um + job.nudge_um.1);
        let foot_um = page_height_um - top_um - job.size.height_um();
        // Writing to a String cannot fail.
        let _ = writeln!(content, "q 1 0 0 1 {} {} cm /L Do", Points(left_um), Points(foot_um));
        // Without serial numbers all codes are one, which is part of what all labels share.
        if let Some(modules) = job.codes.get(first + at).filter(|_| tag.serial.is_some()) {
            code(&mut content, job.design, modules);
        }
        for text in job.design.own_texts(tag) {
            write_text(&mut content, &text, job.design.height_um)?;
        }
        content.push_str("Q\n");
    }
    Ok(content)
}

/// The dark modules as one path, which is filled without seams between its rows.
fn code(content: &mut String, design: &Design, modules: &Modules) {
    let place = design.code;
    let (left, top) = place.module_at(0, 0);
    let module = Points(place.module_um);
    let _ = writeln!(content, "q {module} 0 0 -{module} {} {} cm", Points(left), Points(design.height_um - top));
    for (x, y, length) in modules.runs() {
        let _ = writeln!(content, "{x} {y} {length} 1 re");
    }
    content.push_str("f Q\n");
}

fn write_text(content: &mut String, text: &Text, height_um: i32) -> Result<(), LabelError> {
    let face = text.weight.face().ok_or(LabelError::Font)?;
    let font = if text.weight == Weight::Bold { "F1" } else { "F0" };
    let (left, foot) = (Points(text.left_um), Points(height_um - text.foot_um));
    let _ = write!(content, "BT /{font} {} Tf {left} {foot} Td <", Points(text.em_um));
    for letter in text.text.chars() {
        let _ = write!(content, "{:04X}", face.glyph(letter).0);
    }
    content.push_str("> Tj ET\n");
    Ok(())
}

/// Where to cut: short lines at the edge of the paper, in line with the edges of the labels.
fn marks(content: &mut String, size: Size) {
    if size.sheet().is_none() {
        return;
    }
    let (width, height) = size.page_um();
    let mut across = BTreeSet::new();
    let mut down = BTreeSet::new();
    for place in 0..size.per_page() {
        let (left, top) = size.corner_um(place);
        across.extend([left, left + size.width_um()]);
        down.extend([top, top + size.height_um()]);
    }
    let _ = writeln!(content, "{} w", Points(MARK_WIDTH_UM));
    // They keep clear of the labels and, where the margin is wide enough, of the paper's very edge.
    let length = |margin: i32| MARK_UM.min(margin - 2 * MARK_CLEAR_UM).max(0);
    let (side, end) = size.corner_um(0);
    let mut line = |x: i32, y: i32, right: i32, up: i32| {
        let _ = writeln!(content, "{} {} m {} {} l S", Points(x), Points(y), Points(x + right), Points(y + up));
    };
    for x in across {
        line(x, end - MARK_CLEAR_UM - length(end), 0, length(end));
        line(x, height - end + MARK_CLEAR_UM, 0, length(end));
    }
    for y in down.into_iter().map(|y| height - y) {
        line(side - MARK_CLEAR_UM - length(side), y, length(side), 0);
        line(width - side + MARK_CLEAR_UM, y, length(side), 0);
    }
}

fn assemble(job: Job<'_>, pages: &[Vec<u8>]) -> Result<Vec<u8>, LabelError> {
    let mut pdf = Pdf::new();
    let mut next = Ref::new(1);
    let refs = Refs { catalog: next.bump(), tree: next.bump(), label: next.bump(), next };
    let mut next = refs.next;
    let fonts: Vec<(Weight, Ref)> = Weight::ALL.into_iter().map(|weight| (weight, next.bump())).collect();
    for (weight, id) in &fonts {
        embed(&mut pdf, *weight, *id, &mut next, &letters(job, *weight))?;
    }
    let page_refs: Vec<(Ref, Ref)> = pages.iter().map(|_| (next.bump(), next.bump())).collect();
    let info = next.bump();

    let mut catalog = pdf.catalog(refs.catalog);
    catalog.pages(refs.tree);
    catalog.lang(TextStr(job.lang));
    // Fitted to the page, a label would miss its place and a code its size.
    catalog.viewer_preferences().display_doc_title(true).pair(Name(b"PrintScaling"), Name(b"None"));
    catalog.finish();
    pdf.document_info(info).title(TextStr(job.title)).producer(TextStr("nguon-qr"));

    let count = i32::try_from(pages.len()).map_err(|_| LabelError::Room)?;
    let (width, height) = job.size.page_um();
    let mut tree = pdf.pages(refs.tree);
    tree.kids(page_refs.iter().map(|(page, _)| *page)).count(count);
    tree.media_box(Rect::new(0.0, 0.0, points(width), points(height)));
    let mut resources = tree.resources();
    resources.x_objects().pair(Name(b"L"), refs.label);
    fonts_of(&mut resources, &fonts);
    resources.finish();
    tree.finish();
    for ((page, content), bytes) in page_refs.into_iter().zip(pages) {
        pdf.page(page).parent(refs.tree).contents(content);
        pdf.stream(content, bytes).filter(Filter::FlateDecode);
    }
    plate(&mut pdf, refs.label, job, &fonts)?;
    Ok(pdf.finish())
}

fn fonts_of(resources: &mut pdf_writer::writers::Resources<'_>, fonts: &[(Weight, Ref)]) {
    let mut named = resources.fonts();
    for (name, (_, id)) in FONT_NAMES.iter().zip(fonts) {
        named.pair(Name(name.as_bytes()), *id);
    }
}

/// What all labels share.
fn plate(pdf: &mut Pdf, id: Ref, job: Job<'_>, fonts: &[(Weight, Ref)]) -> Result<(), LabelError> {
    let (mut content, design) = (String::new(), job.design);
    if let Some(modules) = job.codes.first().filter(|_| job.tags.iter().all(|tag| tag.serial.is_none())) {
        code(&mut content, design, modules);
    }
    for shape in &design.shapes {
        for (at, (x, y)) in shape.iter().enumerate() {
            let command = if at == 0 { 'm' } else { 'l' };
            let _ = write!(content, "{} {} {command} ", Points(*x), Points(design.height_um - y));
        }
        content.push_str("h f\n");
    }
    for text in &design.texts {
        write_text(&mut content, text, design.height_um)?;
    }
    let compressed = compress_to_vec_zlib(content.as_bytes(), LEVEL);
    let mut form = pdf.form_xobject(id, &compressed);
    form.filter(Filter::FlateDecode);
    form.bbox(Rect::new(0.0, 0.0, points(design.width_um), points(design.height_um)));
    fonts_of(&mut form.resources(), fonts);
    Ok(())
}

/// Every letter that is written in one weight.
fn letters(job: Job<'_>, weight: Weight) -> BTreeSet<char> {
    let texts = job.design.texts.iter().chain(&job.design.serial).filter(|text| text.weight == weight);
    let mut letters: BTreeSet<char> = texts.flat_map(|text| text.text.chars()).collect();
    if job.design.serial.as_ref().is_some_and(|text| text.weight == weight) {
        letters.extend(job.tags.iter().filter_map(|tag| tag.serial.as_deref()).flat_map(str::chars));
    }
    if job.design.scratch.as_ref().is_some_and(|text| text.weight == weight) {
        letters.extend(CROCKFORD.iter().copied().map(char::from).chain(['-']));
    }
    letters
}

/// Embeds a font whole, with the widths and the meaning of the letters that are used.
fn embed(pdf: &mut Pdf, weight: Weight, id: Ref, next: &mut Ref, letters: &BTreeSet<char>) -> Result<(), LabelError> {
    let face = weight.face().ok_or(LabelError::Font)?;
    let (cid, descriptor, file, to_unicode) = (next.bump(), next.bump(), next.bump(), next.bump());
    let name = Name(weight.postscript_name().as_bytes());
    pdf.type0_font(id)
        .base_font(name)
        .encoding_predefined(Name(b"Identity-H"))
        .descendant_font(cid)
        .to_unicode(to_unicode);

    let system = SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"Identity"), supplement: 0 };
    let glyphs: BTreeMap<u16, char> = letters.iter().map(|letter| (face.glyph(*letter).0, *letter)).collect();
    let mut font = pdf.cid_font(cid);
    font.subtype(CidFontType::Type2).base_font(name).system_info(system).font_descriptor(descriptor);
    font.default_width(0.0).cid_to_gid_map_predefined(Name(b"Identity"));
    let mut widths = font.widths();
    for glyph in glyphs.keys() {
        widths.consecutive(*glyph, [thousandths(face, face.advance(ttf_parser::GlyphId(*glyph)))]);
    }
    widths.finish();
    font.finish();

    let parsed = face.parsed();
    let of_em = |units: i16| thousandths(face, i32::from(units));
    let bounds = parsed.global_bounding_box();
    pdf.font_descriptor(descriptor)
        .name(name)
        .flags(FontFlags::NON_SYMBOLIC)
        .bbox(Rect::new(of_em(bounds.x_min), of_em(bounds.y_min), of_em(bounds.x_max), of_em(bounds.y_max)))
        .italic_angle(0.0)
        .ascent(of_em(parsed.ascender()))
        .descent(of_em(parsed.descender()))
        .cap_height(of_em(parsed.capital_height().unwrap_or(parsed.ascender())))
        .stem_v(if weight == Weight::Bold { 140.0 } else { 95.0 })
        .font_file2(file);
    pdf.stream(file, &compress_to_vec_zlib(weight.bytes(), LEVEL)).filter(Filter::FlateDecode);

    let mut cmap = UnicodeCmap::new(Name(b"Custom"), system);
    for (glyph, letter) in &glyphs {
        cmap.pair(*glyph, *letter);
    }
    pdf.stream(to_unicode, cmap.finish().as_slice());
    Ok(())
}

/// Font units in thousandths of the text's size.
fn thousandths(face: &Face, units: i32) -> f32 {
    let scaled = units.saturating_mul(1_000) / face.units_per_em();
    i16::try_from(scaled).map_or(0.0, f32::from)
}

/// A length in points, with three decimals.
#[derive(Clone, Copy)]
struct Points(i32);

impl std::fmt::Display for Points {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let thousandths = thousandths_of_point(self.0);
        let sign = if thousandths < 0 { "-" } else { "" };
        let size = thousandths.unsigned_abs();
        write!(formatter, "{sign}{}.{:03}", size / 1_000, size % 1_000)
    }
}

/// 72 points are an inch of 25,400 micrometres.
fn thousandths_of_point(um: i32) -> i64 {
    i64::from(um) * 72_000 / 25_400
}

/// The same as a number.
fn points(um: i32) -> f32 {
    let thousandths = thousandths_of_point(um);
    let part = |n: i64| i16::try_from(n).map_or(0.0, f32::from);
    part(thousandths / 1_000) + part(thousandths % 1_000) / 1_000.0
}
