//! Labels: a lot's facts, its code and what is printed beside it, for sheets of stickers and thermal printers.
//!
//! **In scope:** which facts stand on a label and which are missing; sizes; the layout, once for all outputs; PDF, PNG, SVG, ZPL
//! and TSPL; the table for a printing house; holding serial numbers against the list that the lot committed to.
//!
//! **Out of scope:** the code itself (module `code`), the address it carries (module `link`).
//!
//! Names come from whoever registered them and may be hostile. They are only ever outlines, dots, or glyph numbers in a PDF:
//! no output has a place where a name's letters could be read as a command.

use std::{
    str::FromStr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use rayon::prelude::{IntoParallelRefIterator as _, ParallelIterator as _};

use crate::{
    Config, Settings,
    code::{CodeError, Modules},
    link::ItemLink,
    locale::Lang,
    page::Freshness,
    scratch::ScratchCode,
    service::{Client, Service, TellError},
};

mod error;
mod facts;
mod font;
mod layout;
mod pdf;
mod phone;
mod printer;
mod raster;
mod scratch;
mod serials;
mod size;
mod strip;
mod svg;
mod table;

pub use error::{LabelError, LotError};
use facts::Facts;
use font::Weight;
use layout::{CodeSize, Design, Media, Own};
pub use phone::{Phone, PhoneError};
use raster::Plate;
use size::MM;
pub(crate) use size::SIZES;
pub use size::{Dpi, DpiError, Size, SizeError};

use serials::Listed;
pub use serials::Serials;

/// Most labels made at once: ten thousand packs are a day's work of many hands, and take a few seconds.
pub const LABELS_MAX: usize = 10_000;
/// Most labels with serial numbers of their own in one stream for a thermal printer, at some 12 kilobytes each.
const STREAM_LABELS_MAX: usize = 2_000;
/// Farthest that a sheet is moved to meet a printer's own margins.
const NUDGE_MAX_UM: i32 = 10_000;

/// What is told how many labels are done.
pub type Progress<'a> = &'a (dyn Fn(usize) + Sync);

/// What comes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// Sheets, or one label a page.
    Pdf,
    /// Dots of one label.
    Png,
    /// Outlines of one label.
    Svg,
    /// Commands for printers that speak ZPL II.
    Zpl,
    /// Commands for printers that speak TSPL.
    Tspl,
    /// A table for a printing house: what differs from label to label.
    Csv,
}

impl Format {
    /// Every format.
    pub(crate) const ALL: [Self; 6] = [Self::Pdf, Self::Png, Self::Svg, Self::Zpl, Self::Tspl, Self::Csv];

    /// The format's name, which is also the ending of its files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Pdf => "pdf",
            Self::Png => "png",
            Self::Svg => "svg",
            Self::Zpl => "zpl",
            Self::Tspl => "tspl",
            Self::Csv => "csv",
        }
    }

    pub(crate) fn media_type(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Png => "image/png",
            Self::Svg => "image/svg+xml",
            Self::Zpl | Self::Tspl => "application/octet-stream",
            Self::Csv => "text/csv; charset=utf-8",
        }
    }
}

/// No label has this format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no such format; there are pdf, png, svg, zpl, tspl and csv")]
pub struct FormatError;

impl FromStr for Format {
    type Err = FormatError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|format| format.name() == name).ok_or(FormatError)
    }
}

/// What is wanted, besides the lot.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Which label.
    pub size: Size,
    /// What comes out.
    pub format: Format,
    /// The printer's dots, for all but PDF and SVG.
    pub dpi: Dpi,
    /// How many labels; without a number one page of them or, with serial numbers, one for each.
    pub count: Option<usize>,
    /// With serial numbers: the place in the list to begin at, from 1.
    pub first: usize,
    /// On a sheet of which some are used up: the place to begin at, from 1.
    pub start_at: usize,
    /// How far a sheet is moved right and down, in hundredths of a millimetre.
    pub nudge: (i32, i32),
    /// Whether to show where to cut, also on sheets that are cut already.
    pub has_marks: bool,
    /// Language tag of the words, `vi` or `en`.
    pub lang: String,
    /// Whom to call, which the ledger does not know.
    pub phone: Option<Phone>,
}

/// Something that a label says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Field {
    /// The goods' name.
    Name,
    /// Who made them.
    Maker,
    /// Where.
    Place,
    /// Whom to call.
    Phone,
    /// How much is in a pack.
    Net,
    /// When they were harvested, made or packed.
    Made,
    /// Until when they are at their best.
    BestBefore,
    /// The lot's number.
    Lot,
    /// The first digits of the ledger key's fingerprint.
    Key,
    /// What is in them.
    Ingredients,
    /// How to keep and use them.
    Storage,
    /// What to beware of.
    Warnings,
    /// What they are, in a few words.
    Advice,
    /// The code to type.
    Code,
    /// The pack's serial number.
    Serial,
}

/// What happened to something that a label should say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum WarningKind {
    /// The ledger does not know it.
    Missing,
    /// The label has no room for it.
    LeftOut,
    /// The label has no room for all of it.
    Cut,
    /// It has letters that the font does not have.
    Unprintable,
}

/// What a person should know before she prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Warning {
    /// What happened.
    pub kind: WarningKind,
    /// To what.
    pub field: Field,
}

impl Warning {
    /// A stable code such as `missing-net`.
    #[must_use]
    pub fn code(&self) -> String {
        format!("{}-{}", self.kind_code(), self.field_code())
    }

    pub(crate) fn kind_code(self) -> &'static str {
        match self.kind {
            WarningKind::Missing => "missing",
            WarningKind::LeftOut => "left_out",
            WarningKind::Cut => "cut",
            WarningKind::Unprintable => "unprintable",
        }
    }

    pub(crate) fn field_code(self) -> &'static str {
        match self.field {
            Field::Name => "name",
            Field::Maker => "maker",
            Field::Place => "place",
            Field::Phone => "phone",
            Field::Net => "net",
            Field::Made => "made",
            Field::BestBefore => "best_before",
            Field::Lot => "lot",
            Field::Key => "key",
            Field::Ingredients => "ingredients",
            Field::Storage => "storage",
            Field::Warnings => "warnings",
            Field::Advice => "advice",
            Field::Code => "code",
            Field::Serial => "serial",
        }
    }
}

impl std::fmt::Display for Warning {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let field = self.field_code().replace('_', " ");
        match self.kind {
            WarningKind::Missing => write!(formatter, "the ledger does not know the {field}: it is left out"),
            WarningKind::LeftOut => write!(formatter, "no room for the {field}: take a larger label"),
            WarningKind::Cut => write!(formatter, "no room for the whole {field}: it is cut"),
            WarningKind::Unprintable => write!(formatter, "the {field} has letters that cannot be printed"),
        }
    }
}

/// Labels, made.
#[derive(Debug)]
pub struct Made {
    /// The file.
    pub bytes: Vec<u8>,
    /// How many labels.
    pub count: usize,
    /// What a person should know before she prints.
    pub warnings: Vec<Warning>,
}

/// What one label alone carries.
#[derive(Debug, Clone)]
struct Tag {
    address: String,
    serial: Option<String>,
    /// What is printed under the scratch layer.
    scratch: Option<ScratchCode>,
}

/// Labels of a lot, with what the node at `config.node_url` tells of it and codes that begin with `config.base`.
///
/// # Errors
/// [`LabelError`] says what to do instead.
pub async fn print(
    config: Config,
    link: &ItemLink,
    wanted: Wanted,
    serials: Option<Serials>,
    progress: Arc<dyn Fn(usize) + Send + Sync>,
) -> Result<Made, LabelError> {
    let nobody = Client { address: None, key: None };
    Service::new(config, Settings::default())?.labels(link, wanted, serials, nobody, progress).await
}

impl Service {
    /// Labels of a lot. The work is done off the threads that answer requests.
    pub(crate) async fn labels(
        self: &Arc<Self>,
        link: &ItemLink,
        wanted: Wanted,
        serials: Option<Serials>,
        client: Client,
        progress: Arc<dyn Fn(usize) + Send + Sync>,
    ) -> Result<Made, LabelError> {
        if link.serial().is_some() {
            return Err(LabelError::SerialInLink);
        }
        let told = self.tell(link, client).await?;
        if matches!(told.freshness, Freshness::Stale(_)) {
            return Err(LabelError::Stale);
        }
        if !told.story.recalls.is_empty() {
            return Err(LabelError::Recalled);
        }
        let serials = match serials {
            None => None,
            Some(serials) => {
                let committed = self.node.serials(&told.story.lot).await.map_err(TellError::Node)?;
                Some(serials.held_against(committed)?.part(
                    wanted.first,
                    wanted.count_of_listed(),
                    wanted.labels_max(),
                )?)
            }
        };
        let tags = self.tags(link, &wanted, serials)?;
        let lang = Lang::from_tag(&wanted.lang).unwrap_or(Lang::Vi);
        let mut facts = Facts::of(link, &told.story, &told.ledger, lang);
        facts.set_phone(wanted.phone.as_ref(), lang);
        let making = tokio::task::spawn_blocking(move || make(&wanted, lang, &facts, &tags, &*progress));
        making.await.unwrap_or(Err(LabelError::Stopped))
    }

    fn tags(&self, link: &ItemLink, wanted: &Wanted, serials: Option<Vec<Listed>>) -> Result<Vec<Tag>, LabelError> {
        let Some(serials) = serials else {
            let tag = Tag { address: self.address(link), serial: None, scratch: None };
            return Ok(vec![tag; wanted.lot_labels()?]);
        };
        let item = |Listed { serial, scratch }: Listed| {
            let address = self.address(&link.with_serial(&serial).map_err(LabelError::SerialLink)?);
            Ok(Tag { address, serial: Some(serial), scratch })
        };
        serials.into_iter().map(item).collect()
    }
}

impl Wanted {
    /// How many of a list are wanted; a picture shows one of them.
    fn count_of_listed(&self) -> Option<usize> {
        if self.is_picture() { Some(self.count.unwrap_or(1)) } else { self.count }
    }

    /// Rows of a table are no work.
    fn labels_max(&self) -> usize {
        if self.format == Format::Csv { crate::serials::SERIALS_MAX } else { LABELS_MAX }
    }

    fn is_picture(&self) -> bool {
        matches!(self.format, Format::Png | Format::Svg)
    }

    /// How many labels without serial numbers.
    fn lot_labels(&self) -> Result<usize, LabelError> {
        let page = match self.format {
            Format::Pdf => self.size.per_page().saturating_sub(self.start_at.saturating_sub(1)).max(1),
            Format::Png | Format::Svg | Format::Zpl | Format::Tspl | Format::Csv => 1,
        };
        let count = self.count.unwrap_or(page);
        if (1..=LABELS_MAX).contains(&count) { Ok(count) } else { Err(LabelError::TooMany { max: LABELS_MAX }) }
    }

    fn check(&self, labels: usize) -> Result<(), LabelError> {
        if self.is_picture() && labels > 1 {
            return Err(LabelError::OnePicture);
        }
        if !(1..=self.size.per_page()).contains(&self.start_at) {
            return Err(LabelError::StartAt { start_at: self.start_at });
        }
        if self.nudge_um().0.abs().max(self.nudge_um().1.abs()) > NUDGE_MAX_UM {
            return Err(LabelError::Nudge);
        }
        Ok(())
    }

    fn nudge_um(&self) -> (i32, i32) {
        (self.nudge.0.saturating_mul(10), self.nudge.1.saturating_mul(10))
    }
}

/// Makes labels that carry the same facts and differ in their tags.
fn make(wanted: &Wanted, lang: Lang, facts: &Facts, tags: &[Tag], progress: Progress<'_>) -> Result<Made, LabelError> {
    wanted.check(tags.len())?;
    let done = |bytes: Vec<u8>, design: Design| Ok(Made { bytes, count: tags.len(), warnings: design.warnings });
    match wanted.format {
        Format::Csv => {
            Ok(Made { bytes: table::table(&facts.short_code, tags), count: tags.len(), warnings: Vec::new() })
        }
        Format::Pdf => {
            let (design, codes) = lay_out(wanted, None, facts, tags, progress)?;
            let bytes = pdf::pdf(pdf::Job {
                size: wanted.size,
                design: &design,
                tags,
                codes: &codes,
                skipped: wanted.start_at - 1,
                nudge_um: wanted.nudge_um(),
                has_marks: wanted.has_marks || wanted.size.sheet().is_some_and(|sheet| sheet.is_plain),
                title: &facts.title(),
                lang: lang.code(),
            })?;
            done(bytes, design)
        }
        Format::Svg => {
            let (design, codes) = lay_out(wanted, None, facts, tags, progress)?;
            let (tag, code) = only(tags, &codes)?;
            done(svg::svg(&design, code, tag)?.into(), design)
        }
        Format::Png => {
            let (design, codes) = lay_out(wanted, Some(wanted.dpi), facts, tags, progress)?;
            let (tag, code) = only(tags, &codes)?;
            done(Plate::new(&design, wanted.dpi)?.print(code, tag)?.png(wanted.dpi)?, design)
        }
        Format::Zpl | Format::Tspl => {
            let (design, codes) = lay_out(wanted, Some(wanted.dpi), facts, tags, progress)?;
            done(stream(wanted, &design, tags, &codes)?, design)
        }
    }
}

/// The label that a picture shows.
fn only<'a>(tags: &'a [Tag], codes: &'a [Modules]) -> Result<(&'a Tag, &'a Modules), LabelError> {
    tags.first().zip(codes.first()).ok_or(LabelError::TooMany { max: LABELS_MAX })
}

/// The code under a scratch layer that takes the most room.
fn widest(tags: &[Tag]) -> Result<Option<&ScratchCode>, LabelError> {
    let face = Weight::Bold.face().ok_or(LabelError::Font)?;
    let width = |code: &&ScratchCode| face.width_um(&code.print(), MM);
    Ok(tags.iter().filter_map(|tag| tag.scratch.as_ref()).max_by_key(width))
}

/// Draws the codes, and lays out a label with room for the largest of everything.
fn lay_out(
    wanted: &Wanted,
    dots: Option<Dpi>,
    facts: &Facts,
    tags: &[Tag],
    progress: Progress<'_>,
) -> Result<(Design, Vec<Modules>), LabelError> {
    let codes = codes(tags, progress)?;
    let (_, code) = only(tags, &codes)?;
    let length = tags.iter().map(|tag| tag.address.chars().count()).max().unwrap_or_default();
    let own = Own {
        code: CodeSize { modules: code.width(), length },
        serial: tags.iter().filter_map(|tag| tag.serial.as_deref()).max_by_key(|serial| serial.len()),
        scratch: widest(tags)?,
    };
    Ok((Design::of(Media { size: wanted.size, dots }, facts, own)?, codes))
}

/// The code of every label or, without serial numbers, the one that all carry; all of the same width. This is most of the work, so
/// `progress` hears of each.
fn codes(tags: &[Tag], progress: Progress<'_>) -> Result<Vec<Modules>, LabelError> {
    let distinct = match tags {
        [first, ..] if first.serial.is_none() => std::slice::from_ref(first),
        listed => listed,
    };
    let done = AtomicUsize::new(0);
    let draw = |tag: &Tag| {
        let code = Modules::of(&tag.address);
        progress(done.fetch_add(1, Ordering::Relaxed) + 1);
        code
    };
    let mut codes = distinct.par_iter().map(draw).collect::<Result<Vec<_>, CodeError>>()?;
    let width = codes.iter().map(Modules::width).max().unwrap_or_default();
    for (code, tag) in codes.iter_mut().zip(distinct).filter(|(code, _)| code.width() < width) {
        *code = Modules::of_width(&tag.address, width)?;
    }
    Ok(codes)
}

/// Commands for a thermal printer; labels that are alike are sent once.
fn stream(wanted: &Wanted, design: &Design, tags: &[Tag], codes: &[Modules]) -> Result<Vec<u8>, LabelError> {
    let plate = Plate::new(design, wanted.dpi)?;
    let mut out = Vec::new();
    if wanted.format == Format::Tspl {
        printer::tspl_head(&mut out, wanted.size);
    }
    if codes.len() > STREAM_LABELS_MAX {
        return Err(LabelError::TooMany { max: STREAM_LABELS_MAX });
    }
    let copies = if codes.len() == 1 { tags.len() } else { 1 };
    for (tag, code) in tags.iter().zip(codes) {
        let bitmap = plate.print(code, tag)?;
        match wanted.format {
            Format::Tspl => printer::tspl(&mut out, &bitmap, copies),
            Format::Zpl | Format::Pdf | Format::Png | Format::Svg | Format::Csv => {
                printer::zpl(&mut out, &bitmap, copies)
            }
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests;
