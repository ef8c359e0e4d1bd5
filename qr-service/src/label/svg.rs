//! A label as SVG for designers: outlines instead of text, so that it looks the same without the font.

use std::fmt::Write as _;

use ttf_parser::OutlineBuilder;

use super::{
    LabelError, Tag,
    font::each_glyph,
    layout::{Design, Text},
};
use crate::code::Modules;

/// One label. Its user unit is a micrometre; its size is stated in millimetres.
pub(crate) fn svg(design: &Design, modules: &Modules, tag: &Tag) -> Result<String, LabelError> {
    let mut path = String::new();
    for shape in &design.shapes {
        for (at, (x, y)) in shape.iter().enumerate() {
            // Writing to a String cannot fail.
            let _ = write!(path, "{}{x} {y}", if at == 0 { 'M' } else { 'L' });
        }
        path.push('Z');
    }
    for text in design.texts.iter().cloned().chain(design.own_texts(tag)) {
        outlines(&mut path, &text)?;
    }
    let mut code = String::new();
    let module = design.code.module_um;
    for (x, y, length) in modules.runs() {
        let ((left, top), width) = (design.code.module_at(x, y), i32::try_from(length).unwrap_or_default() * module);
        let _ = write!(code, "M{left} {top}h{width}v{module}h-{width}z");
    }
    let (width, height) = (design.width_um, design.height_um);
    Ok(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{}.{:03}mm\" height=\"{}.{:03}mm\" viewBox=\"0 0 {width} {height}\">\
         <path fill=\"#fff\" d=\"M0 0h{width}v{height}H0z\"/><path d=\"{path}\"/>\
         <path shape-rendering=\"crispEdges\" d=\"{code}\"/></svg>",
        width / 1_000,
        width % 1_000,
        height / 1_000,
        height % 1_000,
    ))
}

fn outlines(path: &mut String, text: &Text) -> Result<(), LabelError> {
    let face = text.weight.face().ok_or(LabelError::Font)?;
    let mut glyphs = Vec::new();
    each_glyph(face, &text.text, |glyph, units| glyphs.push((glyph, units)));
    for (glyph, units) in glyphs {
        let left = text.left_um + face.scaled_um(units, text.em_um);
        let length = |um: i32| f32::from(i16::try_from(um / 10).unwrap_or_default()) * 10.0;
        let scale = length(text.em_um) / f32::from(i16::try_from(face.units_per_em()).unwrap_or(i16::MAX));
        let mut pen = Pen { path, left: length(left), foot: length(text.foot_um), scale };
        face.outline(glyph, &mut pen);
    }
    Ok(())
}

struct Pen<'a> {
    path: &'a mut String,
    left: f32,
    foot: f32,
    scale: f32,
}

impl Pen<'_> {
    fn add(&mut self, command: char, points: &[(f32, f32)]) {
        self.path.push(command);
        for (at, (x, y)) in points.iter().enumerate() {
            let space = if at == 0 { "" } else { " " };
            let (x, y) = (self.left + x * self.scale, self.foot - y * self.scale);
            // Writing to a String cannot fail.
            let _ = write!(self.path, "{space}{x:.0} {y:.0}");
        }
    }
}

impl OutlineBuilder for Pen<'_> {
    fn move_to(&mut self, x: f32, y: f32) {
        self.add('M', &[(x, y)]);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.add('L', &[(x, y)]);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        self.add('Q', &[(x1, y1), (x, y)]);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        self.add('C', &[(x1, y1), (x2, y2), (x, y)]);
    }

    fn close(&mut self) {
        self.path.push('Z');
    }
}
