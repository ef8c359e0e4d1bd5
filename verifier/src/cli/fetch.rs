//! Reads a log's resources by their paths: over HTTP or from a folder.

use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, bail};
use reqwest::StatusCode;
use reqwest::blocking::Client;

/// Longer than any answer of a healthy server takes, also on a slow line.
const REQUEST_TIME_MAX: Duration = Duration::from_secs(60);
/// Attempts at one resource, the first included.
const ATTEMPTS: u32 = 4;
/// Wait before the second attempt; it doubles each time.
const RETRY_WAIT: Duration = Duration::from_millis(500);

/// Where a log is read from.
#[derive(Clone, Debug)]
pub(super) enum Fetch {
    Http { client: Client, base: String },
    Folder(PathBuf),
}

/// Whether a target on the command line is an address.
pub(super) fn is_url(target: &str) -> bool {
    target.starts_with("http://") || target.starts_with("https://")
}

impl Fetch {
    /// A log at an address, or in a folder: a copy of its files or a node's data folder.
    pub(super) fn of(target: &str) -> anyhow::Result<Self> {
        if is_url(target) {
            return Self::http(target);
        }
        let below = Path::new(target).join("tlog");
        Ok(Self::Folder(if below.is_dir() { below } else { PathBuf::from(target) }))
    }

    pub(super) fn http(base: &str) -> anyhow::Result<Self> {
        let client = Client::builder().timeout(REQUEST_TIME_MAX).build()?;
        Ok(Self::Http { client, base: base.trim_end_matches('/').to_owned() })
    }

    /// The resource at a path below the log's prefix; `None` if there is none.
    pub(super) fn get(&self, path: &str) -> anyhow::Result<Option<Vec<u8>>> {
        match self {
            Self::Http { client, base } => get_url(client, &format!("{base}/{path}")),
            Self::Folder(folder) => read_file(&folder.join(path)),
        }
    }

    /// The paths of the files in a folder below the log's prefix; none over HTTP.
    pub(super) fn list(&self, path: &str) -> Vec<String> {
        let Self::Folder(folder) = self else { return Vec::new() };
        let Ok(items) = std::fs::read_dir(folder.join(path)) else { return Vec::new() };
        items.flatten().filter_map(|item| Some(format!("{path}/{}", item.file_name().to_str()?))).collect()
    }

    /// The resource, which must be there.
    pub(super) fn require(&self, path: &str) -> anyhow::Result<Vec<u8>> {
        self.get(path)?.with_context(|| match self {
            Self::Http { base, .. } => {
                format!(
                    "{base}/{path} is not there. Is this the address of a ledger? Try {base}/checkpoint in a browser"
                )
            }
            Self::Folder(folder) => {
                format!(
                    "{} is not there. Get a whole copy of the log, or audit its server",
                    folder.join(path).display()
                )
            }
        })
    }
}

/// The bytes of a file; `None` if there is none.
pub(super) fn read_file(path: &Path) -> anyhow::Result<Option<Vec<u8>>> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(None),
        Err(error) => Err(error).with_context(|| format!("{}: mend the disk or the permissions", path.display())),
    }
}

/// What stands under an address.
pub(super) fn get_address(address: &str) -> anyhow::Result<Vec<u8>> {
    let client = Client::builder().timeout(REQUEST_TIME_MAX).build()?;
    get_url(&client, address)?.with_context(|| format!("{address} is not there. Check the address"))
}

fn get_url(client: &Client, url: &str) -> anyhow::Result<Option<Vec<u8>>> {
    let mut wait = RETRY_WAIT;
    for attempt in 1.. {
        let is_last = attempt >= ATTEMPTS;
        match client.get(url).send().and_then(|answer| {
            let status = answer.status();
            answer.bytes().map(|bytes| (status, bytes))
        }) {
            Ok((StatusCode::OK, bytes)) => return Ok(Some(bytes.into())),
            Ok((StatusCode::NOT_FOUND | StatusCode::GONE, _)) => return Ok(None),
            Ok((status, _)) if is_last || !may_pass(status) => {
                bail!("{url} answered {status}. Try again later, or ask who runs it");
            }
            Err(error) if is_last => {
                return Err(error).context("no answer. Check the address and the network, then try again");
            }
            _ => {}
        }
        thread::sleep(wait);
        wait = wait.saturating_mul(2);
    }
    Ok(None)
}

/// Whether the same request may be answered otherwise a moment later.
fn may_pass(status: StatusCode) -> bool {
    status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS || status == StatusCode::REQUEST_TIMEOUT
}
