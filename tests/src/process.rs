//! The real node as a child process, and requests to it.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use reqwest::blocking::{Client, Response};
use serde_json::Value;
use tempfile::TempDir;

use crate::person::Person;
use crate::{ORIGIN, binary, temp_dir};

/// Longer than any answer of a healthy node.
const REQUEST_TIME_MAX: Duration = Duration::from_secs(60);

/// A ledger in a folder of its own, and its operator.
#[derive(Debug)]
pub struct Ledger {
    folder: TempDir,
    data: PathBuf,
    operator_at_charter: Person,
}

impl Ledger {
    /// Makes a ledger with `nguon init`.
    ///
    /// # Errors
    /// When the command fails.
    pub fn init() -> anyhow::Result<Self> {
        let folder = temp_dir()?;
        let data = folder.path().join("data");
        Self::init_at(folder, data)
    }

    /// The same with the data folder somewhere else, on another disk perhaps.
    ///
    /// # Errors
    /// When the command fails.
    pub fn init_in(data: &Path) -> anyhow::Result<Self> {
        Self::init_at(temp_dir()?, data.to_owned())
    }

    /// A ledger that [`Ledger::init_in`] made earlier.
    ///
    /// # Errors
    /// When no temporary folder can be made.
    pub fn found(data: &Path) -> anyhow::Result<Self> {
        let operator_at_charter = Person::new(0, "operator");
        Ok(Self { folder: temp_dir()?, data: data.to_owned(), operator_at_charter })
    }

    fn init_at(folder: TempDir, data: PathBuf) -> anyhow::Result<Self> {
        let operator = Person::new(0, "operator");
        let key_file = folder.path().join("operator.pem");
        write_key_file(&key_file, &operator.key_pem()?)?;
        let output = Command::new(binary("nguon")?)
            .args(["init", "--origin", ORIGIN, "--operator", "operator", "--operator-key"])
            .arg(&key_file)
            .arg("--data")
            .arg(&data)
            .output()?;
        if !output.status.success() {
            bail!("nguon init: {}", String::from_utf8_lossy(&output.stderr));
        }
        Ok(Self { folder, data, operator_at_charter: operator })
    }

    /// The data folder.
    #[must_use]
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// The key file of the operator.
    #[must_use]
    pub fn operator_key(&self) -> PathBuf {
        self.folder.path().join("operator.pem")
    }

    /// The folder that holds the data folder and goes away with this value.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Starts the node on it.
    ///
    /// # Errors
    /// When it does not come up.
    pub fn serve(&self) -> anyhow::Result<Node> {
        Node::serve(&self.data, &[])
    }

    /// The operator, as the node knows its chain now.
    ///
    /// # Errors
    /// When the node does not answer.
    pub fn operator(&self, node: &Node) -> anyhow::Result<Person> {
        node.caught_up(&self.operator_at_charter)
    }
}

/// Writes a key file that only its owner reads.
///
/// # Errors
/// When the file cannot be written.
pub fn write_key_file(path: &Path, text: &str) -> anyhow::Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    Ok(file.write_all(text.as_bytes())?)
}

/// A running node.
#[derive(Debug)]
pub struct Node {
    child: Child,
    url: String,
    client: Client,
}

impl Node {
    /// Starts `nguon serve` on a folder, on a port of the system's choice, and waits until it is ready.
    ///
    /// # Errors
    /// When it ends before that; with what it printed.
    pub fn serve(data: &Path, arguments: &[&str]) -> anyhow::Result<Self> {
        let mut command = Command::new(binary("nguon")?);
        command.arg("serve").arg("--data").arg(data).args(["--listen", "127.0.0.1:0"]).args(arguments);
        Self::start(command)
    }

    /// Starts a command that prints `ready http://...` once it serves.
    ///
    /// # Errors
    /// When it ends before that.
    pub fn start(mut command: Command) -> anyhow::Result<Self> {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn()?;
        let stdout = child.stdout.take().context("no standard output")?;
        let mut lines = BufReader::new(stdout).lines();
        let url = loop {
            let Some(line) = lines.next() else { bail!("ended before it was ready: {}", child.wait()?) };
            if let Some(url) = line?.strip_prefix("ready ") {
                break url.trim_end_matches('/').to_owned();
            }
        };
        // The pipe is read to its end so that the child never waits for a reader.
        std::thread::spawn(move || lines.for_each(drop));
        // One provider per process; a second installation changes nothing.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder().timeout(REQUEST_TIME_MAX).no_proxy().build()?;
        Ok(Self { child, url, client })
    }

    /// Where it listens.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The client of this node's requests.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The process.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// `GET` of a path.
    ///
    /// # Errors
    /// When there is no answer.
    pub fn get(&self, path: &str) -> anyhow::Result<Response> {
        Ok(self.client.get(format!("{}{path}", self.url)).send()?)
    }

    /// `GET` of a path that answers 200 with JSON.
    ///
    /// # Errors
    /// When it does not.
    pub fn get_json(&self, path: &str) -> anyhow::Result<Value> {
        Ok(self.get(path)?.error_for_status()?.json()?)
    }

    /// Submits one envelope: status and body.
    ///
    /// # Errors
    /// When there is no answer, or none in JSON.
    pub fn submit(&self, envelope: &str) -> anyhow::Result<(u16, Value)> {
        let request = self.client.post(format!("{}/v1/statements", self.url));
        let response = request.header("content-type", "application/json").body(envelope.to_owned()).send()?;
        Ok((response.status().as_u16(), response.json()?))
    }

    /// Submits one envelope that must be accepted; the receipt.
    ///
    /// # Errors
    /// When it is not accepted.
    pub fn accept(&self, envelope: &str) -> anyhow::Result<Value> {
        let (status, body) = self.submit(envelope)?;
        if status != 201 {
            bail!("{status}: {body}");
        }
        Ok(body)
    }

    /// A person whose chain stands where the node says.
    ///
    /// # Errors
    /// When the node does not know the key.
    pub fn caught_up(&self, person: &Person) -> anyhow::Result<Person> {
        let signer = self.get_json(&format!("/v1/signers/{}", person.key_hex()))?;
        let seq = signer["seq"].as_u64().context("no seq")?;
        let prev = signer["prev"].as_str().and_then(nguon_ledger::hash::Hash::from_hex).context("no prev")?;
        Ok(person.clone().at(seq, prev))
    }

    /// Ends it without warning (SIGKILL) and waits until it is gone.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn kill(mut self) -> anyhow::Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Asks it to end (SIGTERM) and waits; whether it ended well.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn stop(mut self) -> anyhow::Result<bool> {
        Command::new("kill").arg(self.child.id().to_string()).status()?;
        Ok(self.child.wait()?.success())
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // A test that failed half-way leaves no process behind; one that is gone already is no fault.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Longest wait for what must come about.
const WAIT_MAX: Duration = Duration::from_secs(60);
/// Pause between two looks.
const LOOK_AGAIN: Duration = Duration::from_millis(30);

/// Looks again and again until there is something to be seen.
///
/// # Errors
/// When it does not come about within a minute; names what was waited for.
pub fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> anyhow::Result<T> {
    let end = Instant::now() + WAIT_MAX;
    loop {
        if let Some(seen) = look() {
            return Ok(seen);
        }
        if Instant::now() > end {
            bail!("waited in vain for {what}");
        }
        std::thread::park_timeout(LOOK_AGAIN);
    }
}
