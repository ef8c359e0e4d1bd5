//! Witnesses as child processes, and what they are asked over raw HTTP.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use nguon_ledger::hash::Hash;
use nguon_ledger::note::VerifierKey;
use nguon_ledger::tree::TreeSize;
use reqwest::blocking::Response;

use crate::binary;
use crate::process::Node;

/// A witness's folder.
#[derive(Debug)]
pub struct Witness {
    data: PathBuf,
    vkey: VerifierKey,
}

impl Witness {
    /// Makes a witness with `nguon-verify witness init` that trusts a log.
    ///
    /// # Errors
    /// When a command fails.
    pub fn init(data: &Path, name: &str, log: &str) -> anyhow::Result<Self> {
        let vkey = witness(&["init", "--name", name], data)?;
        witness(&["add-log", log], data)?;
        Ok(Self { data: data.to_owned(), vkey: vkey.trim().parse()? })
    }

    /// Its folder.
    #[must_use]
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// Its verifier key.
    #[must_use]
    pub const fn vkey(&self) -> &VerifierKey {
        &self.vkey
    }

    /// Starts it on an address, `127.0.0.1:0` for any.
    ///
    /// # Errors
    /// When it does not come up.
    pub fn serve(&self, listen: &str) -> anyhow::Result<Node> {
        let mut command = Command::new(binary("nguon-verify")?);
        command.args(["witness", "serve", "--listen", listen, "--data"]).arg(&self.data);
        Node::start(command)
    }
}

/// Runs a command on a witness's folder; what it printed.
///
/// # Errors
/// When it fails, with what it printed.
pub fn witness(arguments: &[&str], data: &Path) -> anyhow::Result<String> {
    let mut command = Command::new(binary("nguon-verify")?);
    let output = command.arg("witness").args(arguments).arg("--data").arg(data).output()?;
    if !output.status.success() {
        bail!("nguon-verify witness {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// The body of `add-checkpoint`.
#[must_use]
pub fn request(old: u64, proof: &[Hash], note: &str) -> String {
    let hashes: String = proof.iter().map(|hash| STANDARD.encode(hash.as_bytes()) + "\n").collect();
    format!("old {old}\n{hashes}\n{note}")
}

/// Sends a body to `add-checkpoint` of a witness.
///
/// # Errors
/// When there is no answer.
pub fn add_checkpoint(witness: &Node, body: impl Into<reqwest::blocking::Body>) -> anyhow::Result<Response> {
    Ok(witness.client().post(format!("{}/add-checkpoint", witness.url())).body(body).send()?)
}

/// The path of a log's checkpoint at a witness.
#[must_use]
pub fn monitoring_path(origin: &str) -> String {
    format!("/{}/checkpoint", Hash::of(origin.as_bytes()))
}

/// The size that a checkpoint's note claims.
///
/// # Errors
/// When it is none.
pub fn claimed_size(note: &str) -> anyhow::Result<TreeSize> {
    Ok(note.lines().nth(1).context("no size")?.parse()?)
}
