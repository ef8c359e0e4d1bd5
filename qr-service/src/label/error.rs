//! Why there are no labels, in words and under stable codes.

use crate::{ConfigError, code::CodeError, link::LinkError, service::TellError};

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
    /// A line of the list has no code of a scratch layer where others have one, or one that does not give its serial number.
    #[error("line {line} of the list has not the scratch code that belongs to its serial number")]
    ScratchLine {
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
    /// No room for the code under the scratch layer.
    #[error(
        "{size} has no room for a scratch code with all that a label must say: the smallest size that has is {smallest}"
    )]
    ScratchRoom {
        /// The label.
        size: &'static str,
        /// A larger one.
        smallest: &'static str,
    },
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
            Self::ScratchLine { .. } => "scratch_line",
            Self::SerialTwice { .. } => "serial_twice",
            Self::NoSerials => "no_serials",
            Self::OtherSerials { .. } => "other_serials",
            Self::SerialLink(_) => "serial_link",
            Self::Code(_) | Self::CodeTooLarge { .. } => "code_too_large",
            Self::Room => "no_room",
            Self::ScratchRoom { .. } => "no_room_for_scratch",
        }
    }
}
