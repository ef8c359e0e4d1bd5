//! Reads a node's journal frame by frame, in order, in memory of one frame.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{BufReader, Read, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use nguon_ledger::hash::Hash;
use nguon_ledger::journal::{BODY_BYTES_MAX, Frame, Scanned, scan};
use nguon_ledger::tree::LeafIndex;
use nguon_verifier::audit::{AuditCheck, Finding};

/// Magic (4), length (8) and the check of both (4) before a frame's body.
const HEAD_BYTES: usize = 16;
/// The hash after the body.
const HASH_BYTES: u64 = 32;

/// What the journal holds, in order.
pub(super) enum Acknowledged {
    Entry {
        index: u64,
        leaf_hash: Hash,
        bytes: Vec<u8>,
    },
    /// The checkpoint over the first `size` entries.
    Checkpoint {
        size: u64,
        note: Vec<u8>,
    },
    /// The journal cannot be read further.
    Fault(Finding),
}

/// The journal, as it was when it was opened.
pub(super) struct Journal {
    segments: VecDeque<Segment>,
    /// Index of the entry that the next frame begins with.
    next: u64,
    expected: u64,
    pending: VecDeque<Acknowledged>,
}

struct Segment {
    first: u64,
    path: PathBuf,
    reader: BufReader<std::io::Take<File>>,
    offset: u64,
}

impl Journal {
    /// Opens all segments of a folder at once, so that none can go while they are read.
    pub(super) fn open(folder: &Path) -> anyhow::Result<Self> {
        let reading = || format!("the journal {}", folder.display());
        let mut segments = Vec::new();
        for item in std::fs::read_dir(folder).with_context(reading)? {
            let path = item.with_context(reading)?.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let Some(first) = name.strip_suffix(".seg").and_then(|digits| digits.parse().ok()) else { continue };
            let file = match File::open(&path) {
                Ok(file) => file,
                // The node removes what stands in full bundles by now.
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                Err(error) => return Err(error).with_context(|| format!("{}", path.display())),
            };
            let length = file.metadata().with_context(reading)?.len();
            segments.push(Segment { first, path, reader: BufReader::new(file.take(length)), offset: 0 });
        }
        segments.sort_by_key(|segment| segment.first);
        let expected = segments.last().map_or(0, |last| last.first.saturating_add(count_entries(&last.path)));
        let next = segments.first().map_or(0, |segment| segment.first);
        Ok(Self { segments: segments.into(), next, expected, pending: VecDeque::new() })
    }

    /// How many entries the log has by a quick look at frame heads.
    pub(super) const fn expected(&self) -> u64 {
        self.expected
    }

    /// Reads on until the entries before `index` are known. Answers where the entries known end.
    pub(super) fn read_to(&mut self, index: u64) -> anyhow::Result<u64> {
        while self.next < index {
            let Some(segment) = self.segments.front_mut() else { break };
            if segment.offset == 0 && segment.first != self.next {
                let detail = format!("{} does not follow on what is before it", segment.path.display());
                let finding = Finding::new(AuditCheck::Journal, detail).between(
                    format!("a segment that begins with entry {}", self.next),
                    format!("entry {}", segment.first),
                );
                self.give_up(finding);
                break;
            }
            let bytes = segment.read_frame()?;
            match scan(&bytes) {
                Scanned::Frame { frame, bytes } => self.take(&frame, bytes),
                Scanned::End => {
                    self.segments.pop_front();
                }
                // A frame that was being written when the power went or while we read.
                Scanned::Torn if self.segments.len() == 1 => self.segments.clear(),
                Scanned::Torn => self.damaged("the segment ends inside a frame", None),
                Scanned::Damaged { fault, readable } => {
                    let at_fault = readable.and_then(|(frame, _)| self.entry_at_fault(&frame));
                    self.damaged(&fault.to_string(), at_fault);
                }
            }
        }
        Ok(self.next)
    }

    /// What is known and belongs to the entries before `end`.
    pub(super) fn take_before(&mut self, end: u64) -> Vec<Acknowledged> {
        let mut taken = Vec::new();
        while let Some(item) = self.pending.pop_front_if(|item| match item {
            Acknowledged::Entry { index, .. } => *index < end,
            Acknowledged::Checkpoint { size, .. } => *size <= end,
            Acknowledged::Fault(_) => true,
        }) {
            taken.push(item);
        }
        taken
    }

    fn take(&mut self, frame: &Frame<'_>, length: usize) {
        for (leaf_hash, entry) in &frame.entries {
            let entry = Acknowledged::Entry { index: self.next, leaf_hash: *leaf_hash, bytes: entry.to_vec() };
            self.pending.push_back(entry);
            self.next = self.next.saturating_add(1);
        }
        self.pending.push_back(Acknowledged::Checkpoint { size: self.next, note: frame.checkpoint.to_vec() });
        if let Some(segment) = self.segments.front_mut() {
            segment.offset = segment.offset.saturating_add(u64::try_from(length).unwrap_or(u64::MAX));
        }
    }

    /// The first entry of a damaged frame that does not have the hash beside it.
    fn entry_at_fault(&self, frame: &Frame<'_>) -> Option<Finding> {
        (self.next..).zip(&frame.entries).find_map(|(index, (leaf_hash, entry))| {
            let found = Hash::of_leaf(entry);
            let detail = "the entry in the journal does not hash to what stands beside it: one of both was changed";
            let finding = || Finding::new(AuditCheck::LeafHash, detail).at(LeafIndex::new(index));
            (found != *leaf_hash).then(|| finding().between(leaf_hash, found))
        })
    }

    fn damaged(&mut self, fault: &str, at_fault: Option<Finding>) {
        let Some(segment) = self.segments.front() else { return };
        let place = format!("byte {} of {}", segment.offset, segment.path.display());
        let detail = format!("the frame at {place}, which begins with entry {}: {fault}", self.next);
        let finding = at_fault.unwrap_or_else(|| Finding::new(AuditCheck::Journal, detail));
        self.give_up(finding);
    }

    fn give_up(&mut self, finding: Finding) {
        self.pending.push_back(Acknowledged::Fault(finding));
        self.segments.clear();
    }
}

impl Segment {
    /// The bytes of the next frame, by the length it says, or as many as there are.
    fn read_frame(&mut self) -> anyhow::Result<Vec<u8>> {
        let mut bytes = Vec::with_capacity(HEAD_BYTES);
        self.read(u64::try_from(HEAD_BYTES).unwrap_or_default(), &mut bytes)?;
        if let Some(length) = frame_length(&bytes) {
            // A length that lies costs no more memory than the file has bytes.
            let buffered = u64::try_from(self.reader.buffer().len()).unwrap_or_default();
            let left = self.reader.get_ref().limit().saturating_add(buffered);
            bytes.reserve_exact(usize::try_from(length.min(left)).unwrap_or_default());
            self.read(length, &mut bytes)?;
        }
        Ok(bytes)
    }

    fn read(&mut self, count: u64, bytes: &mut Vec<u8>) -> anyhow::Result<()> {
        let read = (&mut self.reader).take(count).read_to_end(bytes);
        read.map(|_| ()).with_context(|| format!("{}: mend the disk or the permissions", self.path.display()))
    }
}

/// How many bytes follow a frame's head, unless that is more than any frame has.
fn frame_length(head: &[u8]) -> Option<u64> {
    let length = u64::from_be_bytes(head.get(4..12)?.try_into().ok()?);
    usize::try_from(length).is_ok_and(|length| length <= BODY_BYTES_MAX).then(|| length.saturating_add(HASH_BYTES))
}

/// How many entries the frames of a segment say they have. Wrong for a damaged one: for telling the time left only.
fn count_entries(path: &Path) -> u64 {
    let count = || -> std::io::Result<u64> {
        let mut reader = BufReader::new(File::open(path)?);
        let mut total: u64 = 0;
        let mut head = [0; HEAD_BYTES + 4];
        while reader.read_exact(&mut head).is_ok() {
            let [.., a, b, c, d] = head;
            let Some(length) = frame_length(&head) else { break };
            total = total.saturating_add(u64::from(u32::from_be_bytes([a, b, c, d])));
            reader.seek(SeekFrom::Current(i64::try_from(length.saturating_sub(4)).unwrap_or(i64::MAX)))?;
        }
        Ok(total)
    };
    count().unwrap_or_default()
}
