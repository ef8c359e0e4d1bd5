//! How often each pack's code was scanned, and how often the code under its scratch layer was entered: counted without knowing by whom.
//!
//! Each of the two is a table of slots of 64 bytes, found by a hash of the pack, changed in place and made durable about every second. Memory does
//! not grow with it. Of a reader nothing is stored; in memory stands a hash of address and browser with a secret that changes every day and is
//! written nowhere, so that one person's second look is not a second scan.

use std::{
    collections::hash_map::RandomState,
    fs::{self, File},
    hash::BuildHasher as _,
    io::{self, Read as _, Seek as _, SeekFrom, Write as _},
    net::IpAddr,
    num::NonZeroUsize,
    path::{Path, PathBuf},
};

use lru::LruCache;
use nguon_ledger::hash::Hash;

mod slot;

use slot::{SLOT_BYTES, Slot};

/// First bytes of the file.
const MAGIC: &[u8; 8] = b"NGSCAN1\0";
/// Slots of a new file.
const SLOTS_MIN: u64 = 4_096;
/// Most slots: a gibibyte. Packs beyond three quarters of them are not counted.
const SLOTS_MAX: u64 = 1 << 24;
/// Looks remembered: pairs of pack and reader. When more come within half an hour, some second looks count as scans.
const LOOKS_MAX: usize = 65_536;
/// How long the same browser's next look at the same pack is no new scan.
const LOOK_SECONDS: u64 = 1_800;
/// Seconds of a day. Days are those of UTC; nothing hangs on when they begin.
const DAY_SECONDS: u64 = 86_400;

/// From so many different readers, on so many days, over so many days a code is scanned as only a copied one is. Reasons and
/// what they cannot know: `docs/threat-model.md`.
const ODD_READERS: u32 = 30;
const ODD_DAYS: u32 = 8;
const ODD_SPAN_DAYS: u64 = 14;
/// Or from so many on one day.
const ODD_READERS_A_DAY: u32 = 60;

const _: () = assert!(SLOTS_MAX.is_power_of_two() && SLOTS_MIN.is_power_of_two());

/// What the page tells of a pack's scans.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Scans {
    /// How many, this one included.
    pub(crate) count: u32,
    /// When the first was, in seconds since 1970.
    pub(crate) first_seconds: u64,
    /// Whether the pattern is that of a copied label.
    pub(crate) is_odd: bool,
}

/// One pack, as the table knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct PackKey([u8; 16]);

impl PackKey {
    /// The key of a serial of a lot.
    pub(crate) fn of(lot: &str, serial: &str) -> Self {
        let hash = Hash::of(format!("{lot}\n{serial}").as_bytes());
        let mut key = [0; 16];
        key.copy_from_slice(hash.as_bytes().get(..16).unwrap_or(&[0; 16]));
        Self(key)
    }
}

/// The table.
#[derive(Debug)]
pub(crate) struct ScanStore {
    path: PathBuf,
    file: File,
    slots: u64,
    used: u64,
    is_dirty: bool,
    /// When the same reader looked last, in seconds since 1970.
    looks: LruCache<(PackKey, u64), u64>,
    day: u64,
    secret: RandomState,
}

impl ScanStore {
    /// Opens a table in a data folder, making it where there is none.
    pub(crate) fn open(data: &Path, name: &str) -> io::Result<Self> {
        let path = data.join(name);
        let mut file = match File::options().read(true).write(true).open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => create(&path, SLOTS_MIN)?,
            Err(error) => return Err(error),
        };
        let mut header = [0; SLOT_BYTES];
        file.rewind()?;
        file.read_exact(&mut header)?;
        let slots = read_header(&header)
            .filter(|slots| file.metadata().is_ok_and(|found| found.len() == (slots + 1) * slot::BYTES));
        let slots = slots.ok_or_else(|| {
            let message = format!("{name} is damaged; move it away to begin the counts anew");
            io::Error::new(io::ErrorKind::InvalidData, message)
        })?;
        let looks = LruCache::new(NonZeroUsize::new(LOOKS_MAX).unwrap_or(NonZeroUsize::MIN));
        let mut store = Self { path, file, slots, used: 0, is_dirty: false, looks, day: 0, secret: RandomState::new() };
        store.used = store.all()?.count_used();
        Ok(store)
    }

    /// Counts a look at a pack's page by somebody at `address` with this browser, and says how often it was scanned. `now` is in
    /// seconds since 1970. Nobody's look is counted whose address is unknown.
    pub(crate) fn scan(
        &mut self,
        pack: PackKey,
        reader: Option<(IpAddr, &str)>,
        now: u64,
    ) -> io::Result<Option<Scans>> {
        let Some(reader) = reader else { return Ok(self.find(pack)?.1.map(|slot| slot.told())) };
        let last = self.last_look(pack, reader, now);
        self.count(pack, last, now)
    }

    /// Counts that the code under a pack's scratch layer was entered, and makes it durable before it says how often that was. Counted is also
    /// an entry by somebody whose address is unknown: it must not pass for the first again.
    pub(crate) fn enter(
        &mut self,
        pack: PackKey,
        reader: Option<(IpAddr, &str)>,
        now: u64,
    ) -> io::Result<Option<Scans>> {
        let last = reader.and_then(|reader| self.last_look(pack, reader, now));
        let told = self.count(pack, last, now)?;
        self.sync()?;
        Ok(told)
    }

    /// When this reader looked at this pack before, as far as it is remembered. From now on it is now.
    fn last_look(&mut self, pack: PackKey, reader: (IpAddr, &str), now: u64) -> Option<u64> {
        let day = now / DAY_SECONDS;
        if day != self.day {
            // What was remembered under yesterday's secret cannot be recognised any more.
            (self.day, self.secret) = (day, RandomState::new());
            self.looks.clear();
        }
        self.looks.put((pack, self.secret.hash_one(reader)), now)
    }

    /// Counts unless the same reader looked a moment ago.
    fn count(&mut self, pack: PackKey, last: Option<u64>, now: u64) -> io::Result<Option<Scans>> {
        let (at, found) = self.find(pack)?;
        if let (Some(slot), Some(last)) = (found, last)
            && now.saturating_sub(last) < LOOK_SECONDS
        {
            return Ok(Some(slot.told()));
        }
        if found.is_none() && self.used.saturating_add(1).saturating_mul(4) > self.slots.saturating_mul(3) {
            if self.slots >= SLOTS_MAX {
                tracing::warn!("the table of scans is full; this pack is not counted");
                return Ok(None);
            }
            self.grow()?;
            return self.count(pack, last, now);
        }
        let mut slot = found.unwrap_or_else(|| Slot::new(pack, now));
        slot.count(now, now / DAY_SECONDS, last.is_none());
        self.write(at, &slot)?;
        self.used += u64::from(found.is_none());
        Ok(Some(slot.told()))
    }

    /// Makes what was counted durable.
    pub(crate) fn sync(&mut self) -> io::Result<()> {
        if self.is_dirty {
            self.file.sync_data()?;
            self.is_dirty = false;
        }
        Ok(())
    }

    /// Whether anything was counted that is not durable yet.
    pub(crate) fn is_dirty(&self) -> bool {
        self.is_dirty
    }

    /// Where a pack stands or would stand. Damaged slots are passed over: their packs begin anew.
    fn find(&mut self, pack: PackKey) -> io::Result<(u64, Option<Slot>)> {
        let mut at = u64::from_be_bytes(pack.0.first_chunk().copied().unwrap_or_default());
        for _ in 0..self.slots {
            at &= self.slots - 1;
            match self.read(at)? {
                slot::Found::Empty => return Ok((at, None)),
                slot::Found::Slot(slot) if slot.pack == pack => return Ok((at, Some(slot))),
                slot::Found::Slot(_) | slot::Found::Damaged => at = at.wrapping_add(1),
            }
        }
        Err(io::Error::new(io::ErrorKind::StorageFull, "the table of scans is full"))
    }

    fn read(&mut self, at: u64) -> io::Result<slot::Found> {
        let mut bytes = [0; SLOT_BYTES];
        self.file.seek(SeekFrom::Start((at + 1) * slot::BYTES))?;
        self.file.read_exact(&mut bytes)?;
        Ok(slot::read(&bytes))
    }

    fn write(&mut self, at: u64, slot: &Slot) -> io::Result<()> {
        self.file.seek(SeekFrom::Start((at + 1) * slot::BYTES))?;
        self.file.write_all(&slot.to_bytes())?;
        self.is_dirty = true;
        Ok(())
    }

    /// All slots, read in order.
    fn all(&mut self) -> io::Result<Slots> {
        self.file.seek(SeekFrom::Start(slot::BYTES))?;
        Ok(Slots(io::BufReader::with_capacity(1 << 16, self.file.try_clone()?)))
    }

    /// Doubles the table, in a new file that takes the old one's place.
    fn grow(&mut self) -> io::Result<()> {
        let aside = self.path.with_extension("new");
        let mut larger = Self {
            path: aside.clone(),
            file: create(&aside, self.slots * 2)?,
            slots: self.slots * 2,
            used: 0,
            is_dirty: false,
            looks: LruCache::new(NonZeroUsize::MIN),
            day: 0,
            secret: RandomState::new(),
        };
        for found in self.all()? {
            if let slot::Found::Slot(slot) = found? {
                let (at, _) = larger.find(slot.pack)?;
                larger.write(at, &slot)?;
                larger.used += 1;
            }
        }
        larger.file.sync_all()?;
        fs::rename(&aside, &self.path)?;
        if let Some(folder) = self.path.parent() {
            File::open(folder)?.sync_all()?;
        }
        (self.file, self.slots, self.used, self.is_dirty) = (larger.file, larger.slots, larger.used, false);
        Ok(())
    }
}

/// The slots of a table in their order.
struct Slots(io::BufReader<File>);

impl Slots {
    fn count_used(self) -> u64 {
        self.map(|found| u64::from(!matches!(found, Ok(slot::Found::Empty)))).sum()
    }
}

impl Iterator for Slots {
    type Item = io::Result<slot::Found>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut bytes = [0; SLOT_BYTES];
        match self.0.read_exact(&mut bytes) {
            Ok(()) => Some(Ok(slot::read(&bytes))),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => None,
            Err(error) => Some(Err(error)),
        }
    }
}

/// A new table of empty slots, durable under its name only once it is renamed or its folder is synced.
fn create(path: &Path, slots: u64) -> io::Result<File> {
    let mut file = File::options().read(true).write(true).create(true).truncate(true).open(path)?;
    let mut header = [0; SLOT_BYTES];
    header[..8].copy_from_slice(MAGIC);
    header[8..16].copy_from_slice(&slots.to_be_bytes());
    file.write_all(&header)?;
    file.set_len((slots + 1) * slot::BYTES)?;
    file.sync_all()?;
    if let Some(folder) = path.parent() {
        File::open(folder)?.sync_all()?;
    }
    Ok(file)
}

fn read_header(header: &[u8; SLOT_BYTES]) -> Option<u64> {
    let slots = u64::from_be_bytes(header.get(8..16)?.try_into().ok()?);
    let is_good = header.starts_with(MAGIC) && slots.is_power_of_two() && (SLOTS_MIN..=SLOTS_MAX).contains(&slots);
    is_good.then_some(slots)
}

#[cfg(test)]
mod tests;
