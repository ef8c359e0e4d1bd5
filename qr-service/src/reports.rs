//! What people report: one JSON object a line in `reports.jsonl`, durable before they are thanked.

use std::{
    fs::File,
    io::{self, Read as _, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use nguon_ledger::hash::Hash;

use serde_json::{Value, json};

use crate::{
    data::write_durably,
    limit::{ClientKey, Limit, Rate, TooMany},
};

/// Longest text and way to be reached, in characters.
pub(crate) const TEXT_CHARS_MAX: usize = 1_000;
pub(crate) const CONTACT_CHARS_MAX: usize = 120;
/// Largest file: some 8,000 of the longest reports. Somebody must read and remove them before there can be more.
const FILE_BYTES_MAX: u64 = 16 << 20;
/// One client may report three things at once, then one an hour.
const CLIENT_RATE: Rate = Rate { burst: 3, every: Duration::from_secs(3_600) };
/// All together thirty at once, then one in five minutes: more than a co-op can read is no help to it.
const OVERALL_RATE: Rate = Rate { burst: 30, every: Duration::from_secs(300) };

/// Name of the file.
const FILE: &str = "reports.jsonl";

/// What is wrong, to choose from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Matter {
    /// Torn, mouldy, a strange smell.
    Goods,
    /// The pack and the page say different things.
    Differs,
    /// It looks like a copy.
    Copy,
    /// Something else.
    Other,
}

impl Matter {
    /// All of them, in the order of the form.
    pub(crate) const ALL: [Self; 4] = [Self::Goods, Self::Differs, Self::Copy, Self::Other];

    /// Its name in the form and the file.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Goods => "goods",
            Self::Differs => "differs",
            Self::Copy => "copy",
            Self::Other => "other",
        }
    }
}

/// One report. Of its sender nothing is kept but what he wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Report {
    pub(crate) lot: String,
    pub(crate) serial: Option<String>,
    pub(crate) matter: Matter,
    pub(crate) text: String,
    pub(crate) contact: String,
}

/// Why a report was not taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReportError {
    /// The sender, or all together, sent too many.
    #[error(transparent)]
    TooMany(#[from] TooMany),
    /// The file is full.
    #[error("nobody reads the reports: {FILE} is full")]
    Full,
    /// The disk refuses.
    #[error("the report cannot be written")]
    Write(#[from] io::Error),
}

/// A report as it was kept.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[non_exhaustive]
pub struct KeptReport {
    /// Names it: the first 16 hex digits of the hash of its line.
    #[serde(skip_deserializing)]
    pub id: String,
    /// When it came, RFC 3339.
    pub at: String,
    /// URI of the lot.
    pub lot: String,
    /// The pack's serial number, where its own page was open.
    pub serial: Option<String>,
    /// `goods`, `differs`, `copy` or `other`.
    pub matter: String,
    /// What the sender wrote, at most 1,000 characters.
    pub text: String,
    /// How the sender can be reached, at most 120 characters; may be empty.
    pub contact: String,
}

impl KeptReport {
    fn read(line: &[u8]) -> Option<Self> {
        let id = Hash::of(line).to_string().chars().take(16).collect();
        serde_json::from_slice(line).ok().map(|report| Self { id, ..report })
    }
}

/// What shoppers reported: a file in the service's folder.
#[derive(Debug)]
pub struct Reports {
    path: PathBuf,
    /// Held by whoever reads or writes the file, which is opened each time: it is another one after a report was removed.
    turn: Mutex<()>,
    by_client: Limit,
    overall: Limit,
}

impl Reports {
    pub(crate) fn open(data: &Path) -> io::Result<Self> {
        let path = data.join(FILE);
        // A file that cannot be written is told at the start, not to the first shopper.
        File::options().create(true).append(true).open(&path)?;
        Ok(Self { path, turn: Mutex::new(()), by_client: Limit::new(CLIENT_RATE), overall: Limit::new(OVERALL_RATE) })
    }

    /// Keeps a report; it is durable when this returns. `at` is an RFC 3339 time.
    pub(crate) fn add(&self, report: &Report, client: Option<ClientKey>, at: &str) -> Result<Value, ReportError> {
        let now = Instant::now();
        if let Some(client) = client {
            self.by_client.take(client, now)?;
        }
        self.overall.take(ClientKey::EVERYBODY, now)?;
        let Report { lot, serial, matter, text, contact } = report;
        let json =
            json!({"at": at, "lot": lot, "serial": serial, "matter": matter.name(), "text": text, "contact": contact});
        let _turn = self.lock();
        let mut file = File::options().create(true).append(true).read(true).open(&self.path)?;
        if file.metadata()?.len() > FILE_BYTES_MAX {
            return Err(ReportError::Full);
        }
        // A crash or a full disk may have cut the last line short. Whoever reads skips it; it must not take this one with it.
        let gap = if ends_a_line(&mut file)? { "" } else { "\n" };
        file.write_all(format!("{gap}{json}\n").as_bytes())?;
        file.sync_data()?;
        Ok(json)
    }

    /// All reports, oldest first.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn list(&self) -> io::Result<Vec<KeptReport>> {
        let _turn = self.lock();
        read(&self.path)
    }

    /// Removes a report for good, as it was dealt with and has what people wrote of themselves in it; whether it was there. It is gone
    /// from the disk when this returns.
    ///
    /// # Errors
    /// The file cannot be read or written.
    pub fn remove(&self, id: &str) -> io::Result<bool> {
        let _turn = self.lock();
        let bytes = std::fs::read(&self.path)?;
        let is_it = |line: &&[u8]| KeptReport::read(line).is_some_and(|report| report.id == id);
        let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        let (gone, kept): (Vec<&[u8]>, Vec<&[u8]>) = lines.partition(is_it);
        if gone.is_empty() {
            return Ok(false);
        }
        let kept: Vec<u8> = kept.iter().flat_map(|line| line.iter().chain(b"\n")).copied().collect();
        write_durably(&self.path, &kept)?;
        Ok(true)
    }

    fn lock(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether what is written next begins a line.
fn ends_a_line(file: &mut File) -> io::Result<bool> {
    if file.metadata()?.len() == 0 {
        return Ok(true);
    }
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}

fn read(path: &Path) -> io::Result<Vec<KeptReport>> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(bytes.split(|byte| *byte == b'\n').filter_map(KeptReport::read).collect()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// The reports in a data folder, oldest first. Lines that are none are left out.
///
/// # Errors
/// The file cannot be read.
pub(crate) fn list(data: &Path) -> io::Result<Vec<KeptReport>> {
    read(&data.join(FILE))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::{CLIENT_RATE, Matter, OVERALL_RATE, Report, ReportError, Reports, list};
    use crate::limit::ClientKeys;

    fn report(text: &str) -> Report {
        Report {
            lot: "https://so.example.vn/lot/0123456789ABCDEF".to_owned(),
            serial: None,
            matter: Matter::Goods,
            text: text.to_owned(),
            contact: String::new(),
        }
    }

    #[test]
    fn reports_outlive_the_process_and_a_torn_line() {
        let folder = tempfile::tempdir().unwrap();
        let at = "2026-11-24T08:00:00+07:00";
        Reports::open(folder.path()).unwrap().add(&report("m\u{1ed1}c\n\"x\""), None, at).unwrap();
        let path = folder.path().join(super::FILE);
        let mut file = std::fs::File::options().append(true).open(path).unwrap();
        file.write_all(b"{\"at\":\"20\n{\"at\":\"2026-1").unwrap();
        Reports::open(folder.path()).unwrap().add(&report("two"), None, at).unwrap();
        let found = list(folder.path()).unwrap();
        let texts: Vec<_> = found.iter().map(|report| report.text.as_str()).collect();
        assert_eq!(texts, ["m\u{1ed1}c\n\"x\"", "two"]);
    }

    #[test]
    fn what_was_dealt_with_is_gone_from_the_disk_and_the_rest_stays() {
        let folder = tempfile::tempdir().unwrap();
        let reports = Reports::open(folder.path()).unwrap();
        assert_eq!(reports.list().unwrap(), []);
        for text in ["one", "two", "three"] {
            reports.add(&report(text), None, "2026-11-24T08:00:00+07:00").unwrap();
        }
        let second = reports.list().unwrap()[1].clone();
        assert_eq!((second.text.as_str(), second.id.len()), ("two", 16));
        assert!(reports.remove(&second.id).unwrap());
        assert!(!reports.remove(&second.id).unwrap(), "it is gone");
        let file = std::fs::read_to_string(folder.path().join(super::FILE)).unwrap();
        assert!(!file.contains("two"), "{file}");
        // What comes after the file was written anew is in the new one.
        reports.add(&report("four"), None, "2026-11-24T08:00:00+07:00").unwrap();
        let texts: Vec<_> = list(folder.path()).unwrap().into_iter().map(|report| report.text).collect();
        assert_eq!(texts, ["one", "three", "four"]);
    }

    #[test]
    fn neither_one_nor_all_together_can_fill_the_box() {
        let folder = tempfile::tempdir().unwrap();
        let reports = Reports::open(folder.path()).unwrap();
        let keys = ClientKeys::default();
        let mut taken = 0;
        for client in 1..=20_u8 {
            let client = Some(keys.of([192, 0, 2, client].into()));
            let accepted = (0..10).filter(|_| reports.add(&report("x"), client, "").is_ok()).count();
            assert!(accepted <= usize::try_from(CLIENT_RATE.burst).unwrap());
            taken += accepted;
        }
        assert_eq!(taken, usize::try_from(OVERALL_RATE.burst).unwrap());
        assert!(matches!(reports.add(&report("x"), None, ""), Err(ReportError::TooMany(_))));
    }
}
