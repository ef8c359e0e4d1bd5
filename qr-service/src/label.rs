//! Labels: a lot's facts, its code and what is printed beside it, for sheets of stickers and thermal printers.
//!
//! **In scope:** which facts stand on a label and which are missing; sizes; the layout, once for all outputs; PDF, PNG, SVG, ZPL
//! and TSPL; holding serial numbers against the list that the lot committed to.
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
    Config, ConfigError, Settings,
    code::{CodeError, Modules},
    link::{ItemLink, LinkError},
    locale::Lang,
    page::Freshness,
    service::{Client, Service, TellError},
};

mod facts;
mod font;
mod layout;
mod pdf;
mod printer;
mod raster;
mod serials;
mod size;
mod svg;

use facts::Facts;
use layout::{Design, Media};
use raster::Plate;
pub(crate) use size::SIZES;
pub use size::{Dpi, DpiError, Size, SizeError};

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
}

impl Format {
    /// Every format.
    pub(crate) const ALL: [Self; 5] = [Self::Pdf, Self::Png, Self::Svg, Self::Zpl, Self::Tspl];

    /// The format's name, which is also the ending of its files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Pdf => "pdf",
            Self::Png => "png",
            Self::Svg => "svg",
            Self::Zpl => "zpl",
            Self::Tspl => "tspl",
        }
    }

    pub(crate) fn media_type(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Png => "image/png",
            Self::Svg => "image/svg+xml",
            Self::Zpl | Self::Tspl => "application/octet-stream",
        }
    }
}

/// No label has this format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no such format; there are pdf, png, svg, zpl and tspl")]
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

/// Why there are no labels.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LabelError {
    /// The service is not set up as it must be.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The lot's record cannot be had.
    #[error("the lot's record cannot be read from the node")]
    Lot(#[source] LotError),
    /// The node does not answer, and labels are not made from an old copy.
    #[error("the node does not answer, and a recall might be missed")]
    Stale,
    /// The lot is recalled.
    #[error("the lot is recalled: no labels are made for it")]
    Recalled,
    /// The address names one pack.
    #[error("the address names one pack: give the lot's address and the whole list of serial numbers")]
    SerialInLink,
    /// More labels than are made at once.
    #[error("that is none, or more than {max} at once: print in parts, with first and count")]
    TooMany {
        /// The limit.
        max: usize,
    },
    /// A picture shows one label.
    #[error("a picture shows one label: leave out count, or take pdf, zpl or tspl")]
    OnePicture,
    /// A list has fewer serial numbers.
    #[error("the list has {listed} serial numbers, so it does not reach place {first}")]
    First {
        /// Asked for.
        first: usize,
        /// There are.
        listed: usize,
    },
    /// The sheet has fewer places.
    #[error("the sheet has no place {start_at}")]
    StartAt {
        /// Asked for.
        start_at: usize,
    },
    /// Farther than a sheet can be moved.
    #[error("a sheet is moved by at most 10 mm")]
    Nudge,
    /// A line of the list is no serial number.
    #[error("line {line} of the list is no serial number")]
    SerialLine {
        /// The line, from 1.
        line: usize,
    },
    /// The same serial number twice.
    #[error("the list has {serial} twice")]
    SerialTwice {
        /// The serial number.
        serial: String,
    },
    /// The lot's packs carry no serial numbers.
    #[error("the lot's pack event committed to no serial numbers: print lot labels, or record a pack with serials")]
    NoSerials,
    /// Another list than the committed one.
    #[error(
        "these {count} serial numbers are not the {committed} that the lot's pack event committed to: give the file of that event, whole"
    )]
    OtherSerials {
        /// In the list.
        count: usize,
        /// In the ledger.
        committed: u64,
    },
    /// A serial number that cannot stand in an address.
    #[error("a serial number cannot stand in an address")]
    SerialLink(#[source] LinkError),
    /// The address has no code.
    #[error("the address cannot be put into a code")]
    Code(#[from] CodeError),
    /// The code does not fit.
    #[error(
        "the address of {length} characters needs a code of {modules} modules, and {size} has room for {modules_max} of 0.4 mm: use a shorter host, or a larger label"
    )]
    CodeTooLarge {
        /// Characters of the address.
        length: usize,
        /// Modules that it needs on a side.
        modules: usize,
        /// The label.
        size: &'static str,
        /// Modules that it has room for.
        modules_max: i32,
    },
    /// The facts that every label must carry do not fit.
    #[error("the facts do not fit on the label: take a larger one")]
    Room,
    /// The embedded font cannot be read.
    #[error("the program's font cannot be read")]
    Font,
    /// The picture cannot be written.
    #[error("the picture cannot be written")]
    Png(#[source] png::EncodingError),
    /// The system gives no random numbers.
    #[error("the system gives no random numbers")]
    Random,
    /// The work was cut short.
    #[error("the work was cut short")]
    Stopped,
}

/// Why a lot's record cannot be had.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct LotError(TellError);

impl LotError {
    pub(crate) fn tell(&self) -> &TellError {
        &self.0
    }
}

impl From<TellError> for LabelError {
    fn from(error: TellError) -> Self {
        Self::Lot(LotError(error))
    }
}

/// What one label alone carries.
#[derive(Debug, Clone)]
struct Tag {
    address: String,
    serial: Option<String>,
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
                Some(serials.held_against(committed)?.part(wanted.first, wanted.count_of_listed())?)
            }
        };
        let tags = self.tags(link, &wanted, serials)?;
        let lang = Lang::from_tag(&wanted.lang).unwrap_or(Lang::Vi);
        let facts = Facts::of(link, &told.story, &told.ledger, lang);
        let making = tokio::task::spawn_blocking(move || make(&wanted, lang, &facts, &tags, &*progress));
        making.await.unwrap_or(Err(LabelError::Stopped))
    }

    fn tags(&self, link: &ItemLink, wanted: &Wanted, serials: Option<Vec<String>>) -> Result<Vec<Tag>, LabelError> {
        let Some(serials) = serials else {
            let tag = Tag { address: self.address(link), serial: None };
            return Ok(vec![tag; wanted.lot_labels()?]);
        };
        let item = |serial: String| {
            let address = self.address(&link.with_serial(&serial).map_err(LabelError::SerialLink)?);
            Ok(Tag { address, serial: Some(serial) })
        };
        serials.into_iter().map(item).collect()
    }
}

impl LabelError {
    /// A stable code, under which the words for people stand.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Config(_) | Self::Font | Self::Png(_) | Self::Random | Self::Stopped => "internal",
            Self::Lot(_) => "no_lot",
            Self::Stale => "node_down",
            Self::Recalled => "recalled",
            Self::SerialInLink => "serial_in_link",
            Self::TooMany { .. } => "too_many",
            Self::OnePicture => "one_picture",
            Self::First { .. } => "first",
            Self::StartAt { .. } => "start_at",
            Self::Nudge => "nudge",
            Self::SerialLine { .. } => "serial_line",
            Self::SerialTwice { .. } => "serial_twice",
            Self::NoSerials => "no_serials",
            Self::OtherSerials { .. } => "other_serials",
            Self::SerialLink(_) => "serial_link",
            Self::Code(_) | Self::CodeTooLarge { .. } => "code_too_large",
            Self::Room => "no_room",
        }
    }
}

impl Wanted {
    /// How many of a list are wanted; a picture shows one of them.
    fn count_of_listed(&self) -> Option<usize> {
        if self.is_picture() { Some(self.count.unwrap_or(1)) } else { self.count }
    }

    fn is_picture(&self) -> bool {
        matches!(self.format, Format::Png | Format::Svg)
    }

    /// How many labels without serial numbers.
    fn lot_labels(&self) -> Result<usize, LabelError> {
        let page = match self.format {
            Format::Pdf => self.size.per_page().saturating_sub(self.start_at.saturating_sub(1)).max(1),
            Format::Png | Format::Svg | Format::Zpl | Format::Tspl => 1,
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
    let codes = codes(tags, progress)?;
    let (first, code) = tags.first().zip(codes.first()).ok_or(LabelError::TooMany { max: LABELS_MAX })?;
    let modules = code.width();
    let longest = tags.iter().filter_map(|tag| tag.serial.as_deref()).max_by_key(|serial| serial.len());
    let dots = match wanted.format {
        Format::Pdf | Format::Svg => None,
        Format::Png | Format::Zpl | Format::Tspl => Some(wanted.dpi),
    };
    let length = tags.iter().map(|tag| tag.address.chars().count()).max().unwrap_or_default();
    let design = Design::of(Media { size: wanted.size, dots }, facts, layout::CodeSize { modules, length }, longest)?;
    let bytes = match wanted.format {
        Format::Pdf => pdf::pdf(pdf::Job {
            size: wanted.size,
            design: &design,
            tags,
            codes: &codes,
            skipped: wanted.start_at - 1,
            nudge_um: wanted.nudge_um(),
            has_marks: wanted.has_marks || wanted.size.sheet().is_some_and(|sheet| sheet.is_plain),
            title: &facts.title(),
            lang: lang.code(),
        })?,
        Format::Svg => svg::svg(&design, code, first.serial.as_deref())?.into(),
        Format::Png => Plate::new(&design, wanted.dpi)?.print(code, first.serial.as_deref())?.png(wanted.dpi)?,
        Format::Zpl | Format::Tspl => stream(wanted, &design, tags, &codes)?,
    };
    Ok(Made { bytes, count: tags.len(), warnings: design.warnings })
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
        let bitmap = plate.print(code, tag.serial.as_deref())?;
        match wanted.format {
            Format::Tspl => printer::tspl(&mut out, &bitmap, copies),
            Format::Zpl | Format::Pdf | Format::Png | Format::Svg => printer::zpl(&mut out, &bitmap, copies),
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests;
