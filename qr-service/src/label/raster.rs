//! A label as dots: what thermal printers burn, and a PNG shows. One bit a dot, so nothing is left to a printer's guess.

use ab_glyph_rasterizer::{Point, Rasterizer, point};
use ttf_parser::OutlineBuilder;

use super::{
    LabelError, Tag,
    font::each_glyph,
    layout::{Design, Text},
    size::Dpi,
};
use crate::code::{Modules, QUIET_MODULES};

/// From how much of its area a dot is black. Below a half, since thin strokes of small letters must not break.
const COVERED: f32 = 0.42;

/// Rows of dots, eight in a byte, the leftmost in the highest bit; a set bit is black.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bitmap {
    width: usize,
    height: usize,
    row_bytes: usize,
    bits: Vec<u8>,
}

impl Bitmap {
    /// All white.
    fn new(width: usize, height: usize) -> Self {
        let row_bytes = width.div_ceil(8);
        Self { width, height, row_bytes, bits: vec![0; row_bytes * height] }
    }

    pub(crate) fn width(&self) -> usize {
        self.width
    }

    pub(crate) fn height(&self) -> usize {
        self.height
    }

    pub(crate) fn row_bytes(&self) -> usize {
        self.row_bytes
    }

    pub(crate) fn rows(&self) -> impl Iterator<Item = &[u8]> {
        self.bits.chunks(self.row_bytes)
    }

    /// Blackens a dot; one outside the label is nobody's.
    fn blacken(&mut self, x: i32, y: i32) {
        let (Ok(x), Ok(y)) = (usize::try_from(x), usize::try_from(y)) else { return };
        if x < self.width
            && let Some(byte) = self.bits.get_mut(y * self.row_bytes + x / 8).filter(|_| y < self.height)
        {
            *byte |= 0x80 >> (x % 8);
        }
    }

    /// A PNG of one bit a pixel that states its resolution, so that it prints in its true size.
    pub(crate) fn png(&self, dpi: Dpi) -> Result<Vec<u8>, LabelError> {
        let mut file = Vec::new();
        let side = |length: usize| u32::try_from(length).map_err(|_| LabelError::Room);
        let mut encoder = png::Encoder::new(&mut file, side(self.width)?, side(self.height)?);
        encoder.set_color(png::ColorType::Grayscale);
        encoder.set_depth(png::BitDepth::One);
        let per_metre = dpi.per_metre();
        encoder.set_pixel_dims(Some(png::PixelDimensions { xppu: per_metre, yppu: per_metre, unit: png::Unit::Meter }));
        let mut writer = encoder.write_header().map_err(LabelError::Png)?;
        // In one-bit greyscale a set bit is white.
        let inverted: Vec<u8> = self.bits.iter().map(|byte| !byte).collect();
        writer.write_image_data(&inverted).and_then(|()| writer.finish()).map_err(LabelError::Png)?;
        Ok(file)
    }
}

/// A label's unchanging part, drawn once for all that carry another code or serial number.
#[derive(Debug)]
pub(crate) struct Plate<'a> {
    design: &'a Design,
    dpi: Dpi,
    ground: Bitmap,
}

impl<'a> Plate<'a> {
    pub(crate) fn new(design: &'a Design, dpi: Dpi) -> Result<Self, LabelError> {
        let side = |um: i32| usize::try_from(dpi.dots(um)).map_err(|_| LabelError::Room);
        let mut ground = Bitmap::new(side(design.width_um)?, side(design.height_um)?);
        for shape in &design.shapes {
            polygon(&mut ground, dpi, shape);
        }
        for text in &design.texts {
            write(&mut ground, dpi, text)?;
        }
        Ok(Self { design, dpi, ground })
    }

    /// One label.
    pub(crate) fn print(&self, modules: &Modules, tag: &Tag) -> Result<Bitmap, LabelError> {
        let mut bitmap = self.ground.clone();
        let (place, dpi) = (self.design.code, self.dpi);
        let module_dots = dpi.dots(place.module_um);
        let (left_dots, top_dots) = (dpi.dots(place.left_um), dpi.dots(place.top_um));
        for (x, y) in modules.dark() {
            // Counted in dots: lengths in micrometres would round some modules to other sizes than their neighbours.
            let along = |at: usize| i32::try_from(at + QUIET_MODULES).map_or(0, |at| at * module_dots);
            let (left, top) = (left_dots + along(x), top_dots + along(y));
            for dot in 0..module_dots * module_dots {
                bitmap.blacken(left + dot % module_dots, top + dot / module_dots);
            }
        }
        for text in self.design.own_texts(tag) {
            write(&mut bitmap, dpi, &text)?;
        }
        Ok(bitmap)
    }
}

fn write(bitmap: &mut Bitmap, dpi: Dpi, text: &Text) -> Result<(), LabelError> {
    let face = text.weight.face().ok_or(LabelError::Font)?;
    let em = short(dpi.dots(text.em_um));
    let scale = em / short(face.units_per_em());
    let foot = dpi.dots(text.foot_um);
    let mut at = Vec::new();
    each_glyph(face, &text.text, |glyph, units| at.push((glyph, units)));
    for (glyph, units) in at {
        let left = dpi.dots(text.left_um + face.scaled_um(units, text.em_um));
        let mut pen = Pen::new(scale);
        let Some(bounds) = face.outline(glyph, &mut pen) else { continue };
        let below = i32::from(bounds.y_min).min(0);
        let reach = |units: i32| face.scaled_um(units.abs(), dpi.dots(text.em_um)) + 2;
        let (width, height) = (reach(i32::from(bounds.x_max)) + PAD, reach(i32::from(bounds.y_max)) + reach(below));
        let (Ok(wide), Ok(high)) = (usize::try_from(width + PAD), usize::try_from(height)) else { continue };
        let mut raster = Rasterizer::new(wide, high);
        let top = reach(i32::from(bounds.y_max));
        pen.draw(&mut raster, short(PAD), short(top));
        blacken(bitmap, &raster, left - PAD, foot - top);
    }
    Ok(())
}

/// Free dots left of a glyph, since some reach left of where they begin.
const PAD: i32 = 8;

/// A length in dots or font units, all of which are far below the limit.
fn short(length: i32) -> f32 {
    i16::try_from(length).map_or(0.0, f32::from)
}

fn blacken(bitmap: &mut Bitmap, raster: &Rasterizer, left: i32, top: i32) {
    raster.for_each_pixel_2d(|x, y, covered| {
        if covered >= COVERED
            && let (Ok(x), Ok(y)) = (i32::try_from(x), i32::try_from(y))
        {
            bitmap.blacken(left + x, top + y);
        }
    });
}

/// Draws within the box around the corners: a frame has a hundred small ones.
fn polygon(bitmap: &mut Bitmap, dpi: Dpi, corners: &[(i32, i32)]) {
    let dots = || corners.iter().map(|(x, y)| (dpi.dots(*x), dpi.dots(*y)));
    let (left, right) = (dots().map(|dot| dot.0).min().unwrap_or(0), dots().map(|dot| dot.0).max().unwrap_or(0));
    let (top, foot) = (dots().map(|dot| dot.1).min().unwrap_or(0), dots().map(|dot| dot.1).max().unwrap_or(0));
    let (Ok(wide), Ok(high)) = (usize::try_from(right - left + 1), usize::try_from(foot - top + 1)) else { return };
    let mut raster = Rasterizer::new(wide, high);
    let at = |(x, y): (i32, i32)| point(short(x - left), short(y - top));
    for (from, to) in dots().zip(dots().cycle().skip(1)) {
        raster.draw_line(at(from), at(to));
    }
    blacken(bitmap, &raster, left, top);
}

/// Gathers an outline in dots, with the foot of the letter at zero and up as positive.
struct Pen {
    scale: f32,
    start: Point,
    last: Point,
    strokes: Vec<Stroke>,
}

enum Stroke {
    Line(Point, Point),
    Quad(Point, Point, Point),
    Cubic(Point, Point, Point, Point),
}

impl Pen {
    fn new(scale: f32) -> Self {
        Self { scale, start: point(0.0, 0.0), last: point(0.0, 0.0), strokes: Vec::new() }
    }

    fn at(&self, x: f32, y: f32) -> Point {
        point(x * self.scale, -y * self.scale)
    }

    fn draw(&self, raster: &mut Rasterizer, right: f32, down: f32) {
        let moved = |p: &Point| point(p.x + right, p.y + down);
        for stroke in &self.strokes {
            match stroke {
                Stroke::Line(a, b) => raster.draw_line(moved(a), moved(b)),
                Stroke::Quad(a, b, c) => raster.draw_quad(moved(a), moved(b), moved(c)),
                Stroke::Cubic(a, b, c, d) => raster.draw_cubic(moved(a), moved(b), moved(c), moved(d)),
            }
        }
    }
}

impl OutlineBuilder for Pen {
    fn move_to(&mut self, x: f32, y: f32) {
        self.start = self.at(x, y);
        self.last = self.start;
    }

    fn line_to(&mut self, x: f32, y: f32) {
        let to = self.at(x, y);
        self.strokes.push(Stroke::Line(self.last, to));
        self.last = to;
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let (control, to) = (self.at(x1, y1), self.at(x, y));
        self.strokes.push(Stroke::Quad(self.last, control, to));
        self.last = to;
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        let (first, second, to) = (self.at(x1, y1), self.at(x2, y2), self.at(x, y));
        self.strokes.push(Stroke::Cubic(self.last, first, second, to));
        self.last = to;
    }

    fn close(&mut self) {
        self.strokes.push(Stroke::Line(self.last, self.start));
        self.last = self.start;
    }
}
