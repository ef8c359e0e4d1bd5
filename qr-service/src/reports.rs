//! What people report: one JSON object a line in `reports.jsonl`, durable before they are thanked.

use std::{
    fs::File,
    io::{self, Write as _},
    path::Path,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::limit::{ClientKey, Limit, Rate, TooMany};

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

/// The file of reports.
#[derive(Debug)]
pub(crate) struct Reports {
    file: Mutex<File>,
    by_client: Limit,
    overall: Limit,
}

impl Reports {
    pub(crate) fn open(data: &Path) -> io::Result<Self> {
        let file = File::options().create(true).append(true).open(data.join(FILE))?;
        Ok(Self { file: Mutex::new(file), by_client: Limit::new(CLIENT_RATE), overall: Limit::new(OVERALL_RATE) })
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
        // A line that was cut short by a crash is skipped by whoever reads.
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        if file.metadata()?.len() > FILE_BYTES_MAX {
            return Err(ReportError::Full);
        }
        file.write_all(format!("{json}\n").as_bytes())?;
        file.sync_data()?;
        Ok(json)
    }
}

/// The reports in a data folder, oldest first. Lines that are none are left out.
///
/// # Errors
/// The file cannot be read.
pub(crate) fn list(data: &Path) -> io::Result<Vec<Value>> {
    match std::fs::read(data.join(FILE)) {
        Ok(bytes) => Ok(bytes.split(|b| *b == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
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
        file.write_all(b"{\"at\":\"20\n").unwrap();
        Reports::open(folder.path()).unwrap().add(&report("two"), None, at).unwrap();
        let found = list(folder.path()).unwrap();
        let texts: Vec<_> = found.iter().map(|report| report["text"].as_str().unwrap()).collect();
        assert_eq!(texts, ["m\u{1ed1}c\n\"x\"", "two"]);
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
