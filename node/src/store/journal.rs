//! The journal: append-only segments of frames, the record of what was acknowledged (`docs/format.md`, section 11).
//!
//! A segment is named by the index of its first entry. A commit is one write and one `fdatasync`. Only the end of the last segment
//! may be torn; everything else that is not a whole frame stops the node.

use std::collections::VecDeque;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use nguon_ledger::hash::Hash;
use nguon_ledger::journal::{Frame, FrameError, Scanned, scan};
use nguon_ledger::tree::LeafIndex;
use thiserror::Error;

use super::durable;

const SUFFIX: &str = ".seg";

/// Why a journal cannot be opened.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum JournalError {
    /// The disk refused.
    #[error("cannot read or mend {}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// There is no segment.
    #[error("{} holds no segment: the folder is no ledger, or making it was interrupted", path.display())]
    Empty {
        /// The journal's folder.
        path: PathBuf,
    },
    /// A file that is no segment, or one that does not go on where the one before ended.
    #[error("{} does not follow: a segment beginning at entry {expected} was expected", path.display())]
    Gap {
        /// The file.
        path: PathBuf,
        /// The first entry that it should hold.
        expected: u64,
    },
    /// Stored bytes were changed.
    #[error(
        "{} is damaged at byte {offset} ({}): {fault}; restore this file from a backup, `nguon-verify audit` tells whether it is right",
        path.display(),
        .entry.map_or_else(|| "no entry can be named".to_owned(), |entry| format!("entry {entry}"))
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where the frame begins.
        offset: u64,
        /// The entry at fault, when it can be told.
        entry: Option<LeafIndex>,
        /// What is wrong.
        fault: Fault,
    },
}

/// What is wrong with a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Fault {
    /// Its bytes are no frame.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// It ends too soon, though more segments follow.
    #[error("cut short")]
    CutShort,
    /// An entry does not have the hash that stands before it, or stands at another index.
    #[error("an entry differs from its hash or index")]
    Entry,
}

/// Why a frame was not appended.
#[derive(Debug, Error)]
pub(crate) enum WriteError {
    /// Nothing was written; it may work later.
    #[error("the journal cannot be written")]
    Refused(#[source] io::Error),
    /// Nobody knows what is on the disk until the journal is opened again.
    #[error("the journal cannot be made durable")]
    Unknown(#[source] io::Error),
}

#[derive(Debug)]
struct Segment {
    first: u64,
    path: PathBuf,
}

/// The journal, open for appending. The caller serialises access.
#[derive(Debug)]
pub(crate) struct Journal {
    folder: PathBuf,
    segments: VecDeque<Segment>,
    /// The last segment.
    file: File,
    /// Its bytes that are durable.
    length: u64,
    segment_bytes: u64,
}

impl Journal {
    /// Makes the journal of a new ledger from its first frame.
    pub(crate) fn create(folder: &Path, frame: &[u8]) -> io::Result<()> {
        durable::create_folders(folder)?;
        durable::write(&segment_path(folder, 0), frame, durable::Access::Shared)
    }

    /// Opens the journal and hands every whole frame to `visit` with the index of its first entry, which is given first to `begin`.
    /// A torn last frame is dropped.
    pub(crate) fn open<V: Visit>(folder: &Path, segment_bytes: u64, visit: &mut V) -> Result<Self, V::Error> {
        let segments = list(folder)?;
        let Some((last, first)) = segments.back().zip(segments.front()) else {
            return Err(JournalError::Empty { path: folder.to_owned() }.into());
        };
        visit.begin(first.first)?;
        let mut next = first.first;
        let mut tail = Tail::default();
        for segment in &segments {
            if segment.first != next {
                return Err(JournalError::Gap { path: segment.path.clone(), expected: next }.into());
            }
            let is_last = segment.first == last.first;
            (next, tail) = read_segment(segment, is_last, visit)?;
        }
        let io = |source| JournalError::Io { path: last.path.clone(), source };
        let file = OpenOptions::new().read(true).write(true).open(&last.path).map_err(io)?;
        tail.settle(&file).map_err(io)?;
        Ok(Self { folder: folder.to_owned(), file, length: tail.end, segments, segment_bytes })
    }

    /// Appends one frame, whose first entry is `first`, and makes it durable.
    pub(crate) fn append(&mut self, first: u64, frame: &[u8]) -> Result<(), WriteError> {
        if self.length >= self.segment_bytes {
            return self.append_to_new_segment(first, frame);
        }
        if let Err(error) = self.file.write_all_at(frame, self.length) {
            // A full disk may hold half of the frame: it is cut off, so that the next one stands where it should.
            return match self.file.set_len(self.length) {
                Ok(()) => Err(WriteError::Refused(error)),
                Err(second) => Err(WriteError::Unknown(second)),
            };
        }
        self.file.sync_data().map_err(WriteError::Unknown)?;
        self.length += u64::try_from(frame.len()).unwrap_or_default();
        Ok(())
    }

    fn append_to_new_segment(&mut self, first: u64, frame: &[u8]) -> Result<(), WriteError> {
        let path = segment_path(&self.folder, first);
        durable::write_unsynced_folder(&path, frame, durable::Access::Shared).map_err(WriteError::Refused)?;
        // From here on the segment may be found after a crash, so a failure leaves it unknown.
        durable::sync_folder(&self.folder).map_err(WriteError::Unknown)?;
        self.file = OpenOptions::new().read(true).write(true).open(&path).map_err(WriteError::Unknown)?;
        self.length = u64::try_from(frame.len()).unwrap_or_default();
        self.segments.push_back(Segment { first, path });
        Ok(())
    }

    /// Removes the segments all of whose entries lie below `index`; the last one stays, for it holds the newest checkpoint.
    pub(crate) fn remove_below(&mut self, index: u64) -> io::Result<()> {
        while let Some(end) = self.segments.get(1).map(|second| second.first) {
            if end > index {
                break;
            }
            if let Some(segment) = self.segments.front() {
                fs::remove_file(&segment.path)?;
            }
            self.segments.pop_front();
        }
        Ok(())
    }
}

/// Whoever is told what the journal holds.
pub(crate) trait Visit {
    /// Its own errors, and the journal's.
    type Error: From<JournalError>;

    /// The journal begins with this entry.
    fn begin(&mut self, first: u64) -> Result<(), Self::Error>;

    /// A whole frame, whose entries have the hashes that it says.
    fn frame(&mut self, frame: &Frame<'_>) -> Result<(), Self::Error>;
}

/// The end of the last segment.
#[derive(Debug, Default)]
struct Tail {
    /// Where the last whole frame ends.
    end: u64,
    /// The last whole frame.
    frame: Vec<u8>,
    /// Whether bytes follow that are no whole frame.
    torn: bool,
}

impl Tail {
    /// Cuts a torn frame off and writes the last whole one once more. (When an fsync has failed, its pages may be in memory, marked clean,
    /// and not on the disk; written again they are dirty, and the fsync tells the truth.)
    fn settle(&self, file: &File) -> io::Result<()> {
        if self.torn {
            file.set_len(self.end)?;
        }
        let length = u64::try_from(self.frame.len()).unwrap_or_default();
        file.write_all_at(&self.frame, self.end.saturating_sub(length))?;
        file.sync_all()
    }
}

fn read_segment<V: Visit>(segment: &Segment, is_last: bool, visit: &mut V) -> Result<(u64, Tail), V::Error> {
    let bytes = fs::read(&segment.path)
        .map_err(|source| V::Error::from(JournalError::Io { path: segment.path.clone(), source }))?;
    let (mut next, mut at) = (segment.first, 0);
    let mut last_frame: &[u8] = &[];
    let damaged = |at: usize, entry, fault| {
        let offset = u64::try_from(at).unwrap_or(u64::MAX);
        V::Error::from(JournalError::Damaged { path: segment.path.clone(), offset, entry, fault })
    };
    let torn = loop {
        let rest = bytes.get(at..).unwrap_or_default();
        match scan(rest) {
            Scanned::Frame { frame, bytes: length } => {
                if let Some(entry) = entry_at_fault(&frame, next) {
                    return Err(damaged(at, Some(entry), Fault::Entry));
                }
                visit.frame(&frame)?;
                next += u64::try_from(frame.entries.len()).unwrap_or_default();
                last_frame = rest.get(..length).unwrap_or_default();
                at += length;
            }
            Scanned::End => break false,
            Scanned::Torn if is_last => break true,
            Scanned::Torn => return Err(damaged(at, None, Fault::CutShort)),
            Scanned::Damaged { fault, readable } => {
                let entry = readable.and_then(|(frame, _)| entry_at_fault(&frame, next));
                return Err(damaged(at, entry, fault.into()));
            }
        }
    };
    if torn {
        let dropped = bytes.len().saturating_sub(at);
        tracing::warn!(file = %segment.path.display(), offset = at, dropped, "dropped a torn frame that was never acknowledged");
    }
    Ok((next, Tail { end: u64::try_from(at).unwrap_or_default(), frame: last_frame.to_vec(), torn }))
}

/// The first entry of a frame that does not have the hash before it, or does not say that it stands where it does.
fn entry_at_fault(frame: &Frame<'_>, first: u64) -> Option<LeafIndex> {
    let indexes = (first..).map(LeafIndex::new);
    frame.entries.iter().zip(indexes).find_map(|((leaf_hash, entry), index)| {
        let stated = entry.get(1..9).and_then(|bytes| bytes.try_into().ok()).map(u64::from_be_bytes);
        (Hash::of_leaf(entry) != *leaf_hash || stated != Some(index.get())).then_some(index)
    })
}

fn segment_path(folder: &Path, first: u64) -> PathBuf {
    folder.join(format!("{first:016}{SUFFIX}"))
}

/// The segments by first entry. Left-over temporary files are removed; any other file is not ours.
fn list(folder: &Path) -> Result<VecDeque<Segment>, JournalError> {
    let io = |source| JournalError::Io { path: folder.to_owned(), source };
    let mut segments = Vec::new();
    for item in fs::read_dir(folder).map_err(io)? {
        let path = item.map_err(io)?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if name.ends_with(".tmp") {
            fs::remove_file(&path).map_err(io)?;
            continue;
        }
        let first =
            name.strip_suffix(SUFFIX).filter(|digits| digits.len() == 16).and_then(|digits| digits.parse().ok());
        match first {
            Some(first) => segments.push(Segment { first, path }),
            None => tracing::warn!(file = %path.display(), "not a segment of the journal; passed over"),
        }
    }
    segments.sort_by_key(|segment| segment.first);
    Ok(segments.into())
}
