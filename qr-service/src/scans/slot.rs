//! One slot of the table, 64 bytes, big-endian: pack (16), first and last scan in seconds since 1970 (8 each), scans, readers, days with
//! scans, most readers of one day, readers of the last day (4 each), the last day (4), the first 8 bytes of SHA-256 of all before. A slot of zeros is empty.

use nguon_ledger::hash::Hash;

use super::{DAY_SECONDS, ODD_DAYS, ODD_READERS, ODD_READERS_A_DAY, ODD_SPAN_DAYS, PackKey, Scans};

/// Length of a slot, and of the header before the first.
pub(super) const SLOT_BYTES: usize = 64;
pub(super) const BYTES: u64 = 64;
const CHECKED_BYTES: usize = 56;

/// What is known of one pack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Slot {
    pub(super) pack: PackKey,
    first: u64,
    last: u64,
    scans: u32,
    /// Different readers, each counted anew on every day.
    readers: u32,
    days: u32,
    peak: u32,
    today: u32,
    last_day: u32,
}

/// What stands in a slot.
#[derive(Debug)]
pub(super) enum Found {
    Empty,
    Slot(Slot),
    Damaged,
}

impl Slot {
    pub(super) fn new(pack: PackKey, now: u64) -> Self {
        Self { pack, first: now, last: now, scans: 0, readers: 0, days: 0, peak: 0, today: 0, last_day: 0 }
    }

    /// Counts one scan; `is_new` when this reader did not look at this pack before today.
    pub(super) fn count(&mut self, now: u64, day: u64, is_new: bool) {
        let day = u32::try_from(day).unwrap_or(u32::MAX);
        self.last = self.last.max(now);
        self.scans = self.scans.saturating_add(1);
        if self.days == 0 || day != self.last_day {
            self.days = self.days.saturating_add(1);
            (self.last_day, self.today) = (day, 0);
        }
        if is_new {
            self.readers = self.readers.saturating_add(1);
            self.today = self.today.saturating_add(1);
            self.peak = self.peak.max(self.today);
        }
    }

    pub(super) fn told(&self) -> Scans {
        let span_days = self.last.saturating_sub(self.first) / DAY_SECONDS;
        let is_steady = self.readers >= ODD_READERS && self.days >= ODD_DAYS && span_days >= ODD_SPAN_DAYS;
        Scans { count: self.scans, first_seconds: self.first, is_odd: is_steady || self.peak >= ODD_READERS_A_DAY }
    }

    pub(super) fn to_bytes(self) -> [u8; SLOT_BYTES] {
        let mut bytes = Vec::with_capacity(SLOT_BYTES);
        bytes.extend(self.pack.0);
        bytes.extend(self.first.to_be_bytes());
        bytes.extend(self.last.to_be_bytes());
        for number in [self.scans, self.readers, self.days, self.peak, self.today, self.last_day] {
            bytes.extend(number.to_be_bytes());
        }
        bytes.extend(check(&bytes));
        bytes.try_into().unwrap_or([0; SLOT_BYTES])
    }
}

fn check(bytes: &[u8]) -> [u8; 8] {
    Hash::of(bytes).as_bytes().first_chunk().copied().unwrap_or_default()
}

pub(super) fn read(bytes: &[u8; SLOT_BYTES]) -> Found {
    if bytes.iter().all(|b| *b == 0) {
        return Found::Empty;
    }
    match parse(bytes) {
        Some(slot) => Found::Slot(slot),
        None => Found::Damaged,
    }
}

fn parse(bytes: &[u8; SLOT_BYTES]) -> Option<Slot> {
    let (fields, stated) = bytes.split_at_checked(CHECKED_BYTES)?;
    if check(fields) != stated {
        return None;
    }
    let long = |at: usize| Some(u64::from_be_bytes(fields.get(at..at + 8)?.try_into().ok()?));
    let short = |at: usize| Some(u32::from_be_bytes(fields.get(at..at + 4)?.try_into().ok()?));
    Some(Slot {
        pack: PackKey(fields.get(..16)?.try_into().ok()?),
        first: long(16)?,
        last: long(24)?,
        scans: short(32)?,
        readers: short(36)?,
        days: short(40)?,
        peak: short(44)?,
        today: short(48)?,
        last_day: short(52)?,
    })
}
