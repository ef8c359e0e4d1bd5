//! What is set, from flags, environment and file, in that order of precedence.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use ed25519_dalek::SigningKey;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::Common;
use crate::client::NodeClient;
use crate::keys::{self, Passphrase};

/// Where a node listens when nothing is said.
const LISTEN: &str = "127.0.0.1:8080";
/// Which node is asked when nothing is said.
const NODE: &str = "http://127.0.0.1:8080";
/// The configuration file that is read when it is there and none is named.
const FILE: &str = "nguon.toml";

/// The configuration file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    data: Option<PathBuf>,
    listen: Option<String>,
    node: Option<String>,
    key: Option<PathBuf>,
    passphrase_file: Option<PathBuf>,
    with_qr: Option<bool>,
    base_url: Option<String>,
    policy: Option<PathBuf>,
    witness_interval: Option<std::num::NonZeroU32>,
}

/// What is set.
#[derive(Debug)]
pub(super) struct Settings {
    common: Common,
    file: File,
}

impl Settings {
    pub(super) fn load(common: Common) -> anyhow::Result<Self> {
        let file = match &common.config {
            Some(path) => read(path)?,
            None if Path::new(FILE).is_file() => read(Path::new(FILE))?,
            None => File::default(),
        };
        Ok(Self { common, file })
    }

    /// The folder that was named, if one was.
    pub(super) fn named_data(&self) -> Option<&Path> {
        self.common.data.as_deref().or(self.file.data.as_deref())
    }

    pub(super) fn data(&self) -> anyhow::Result<&Path> {
        self.named_data()
            .context("which folder? give --data DIR, set NGUON_DATA, or write data = \"DIR\" in nguon.toml")
    }

    pub(super) fn listen(&self) -> &str {
        self.common.listen.as_deref().or(self.file.listen.as_deref()).unwrap_or(LISTEN)
    }

    pub(super) fn key_file(&self) -> Option<&Path> {
        self.common.key.as_deref().or(self.file.key.as_deref())
    }

    pub(super) fn with_qr(&self, flag: Option<bool>) -> bool {
        flag.or(self.file.with_qr).unwrap_or(false)
    }

    pub(super) fn base_url(&self, flag: Option<&str>) -> Option<String> {
        flag.map(str::to_owned).or_else(|| self.file.base_url.clone())
    }

    pub(super) fn policy(&self, flag: Option<&Path>) -> anyhow::Result<Option<String>> {
        let Some(path) = flag.or(self.file.policy.as_deref()) else { return Ok(None) };
        std::fs::read_to_string(path).map(Some).with_context(|| format!("cannot read the policy {}", path.display()))
    }

    pub(super) fn witness_interval(&self, flag: Option<u64>) -> Option<Duration> {
        let seconds = flag.or_else(|| self.file.witness_interval.map(|seconds| seconds.get().into()));
        seconds.map(Duration::from_secs)
    }

    /// Asks the node who it is.
    pub(super) fn client(&self) -> anyhow::Result<NodeClient> {
        let url = self.common.node.as_deref().or(self.file.node.as_deref()).unwrap_or(NODE);
        Ok(NodeClient::connect(url)?)
    }

    /// The key that signs.
    pub(super) fn signing_key(&self) -> anyhow::Result<SigningKey> {
        let path = self.key_file().context("which key signs? give --key FILE or set NGUON_KEY")?;
        self.load_key(path)
    }

    pub(super) fn load_key(&self, path: &Path) -> anyhow::Result<SigningKey> {
        let mut failure = None;
        let key = keys::load(path, || {
            self.passphrase(path).unwrap_or_else(|error| {
                failure = Some(error);
                None
            })
        });
        failure.map_or_else(|| Ok(key?), Err)
    }

    /// Whether the passphrase is set, so that nobody is asked for it.
    pub(super) fn has_passphrase(&self) -> bool {
        self.common.passphrase_file.is_some()
            || self.file.passphrase_file.is_some()
            || std::env::var_os("NGUON_PASSPHRASE").is_some()
    }

    /// The passphrase from its file, the environment, or the person at the terminal.
    pub(super) fn passphrase(&self, path: &Path) -> anyhow::Result<Option<Passphrase>> {
        use std::io::IsTerminal as _;
        if let Some(file) = self.common.passphrase_file.as_ref().or(self.file.passphrase_file.as_ref()) {
            let text = std::fs::read_to_string(file).map(Zeroizing::new);
            let text = text.with_context(|| format!("cannot read the passphrase in {}", file.display()))?;
            return Ok(Some(Passphrase::new(text.trim_end_matches(['\r', '\n']).to_owned())));
        }
        if let Ok(text) = std::env::var("NGUON_PASSPHRASE") {
            return Ok(Some(Passphrase::new(text)));
        }
        if !std::io::stdin().is_terminal() {
            return Ok(None);
        }
        let typed = rpassword::prompt_password(format!("Passphrase of {}: ", path.display()))?;
        Ok(Some(Passphrase::new(typed)))
    }
}

fn read(path: &Path) -> anyhow::Result<File> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    toml::from_str(&text).with_context(|| format!("{} is no configuration of nguon", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(flag: Option<&str>, file: &str) -> anyhow::Result<Settings> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("nguon.toml");
        std::fs::write(&path, file)?;
        let common = Common { config: Some(path), listen: flag.map(str::to_owned), ..Common::default() };
        Settings::load(common)
    }

    #[test]
    fn a_flag_or_environment_comes_before_the_file_and_the_file_before_the_default() {
        // What clap read from flag or environment is one value here; that clap prefers the flag is its own promise.
        assert_eq!(settings(Some("a:1"), "listen = 'b:2'").unwrap().listen(), "a:1");
        assert_eq!(settings(None, "listen = 'b:2'").unwrap().listen(), "b:2");
        assert_eq!(settings(None, "").unwrap().listen(), LISTEN);
        assert!(settings(None, "").unwrap().data().unwrap_err().to_string().contains("--data"));
    }

    #[test]
    fn a_flag_that_says_no_comes_before_a_file_that_says_yes() {
        let settings = settings(None, "with_qr = true").unwrap();
        assert_eq!([None, Some(false), Some(true)].map(|flag| settings.with_qr(flag)), [true, false, true]);
    }

    #[test]
    fn a_passphrase_file_that_cannot_be_read_is_named_and_nothing_else_is_tried() {
        let settings = settings(None, "passphrase_file = '/nowhere/words'").unwrap();
        let error = settings.passphrase(Path::new("key.pem")).unwrap_err();
        assert!(error.to_string().contains("/nowhere/words"), "{error}");
    }

    #[test]
    fn a_file_with_an_unknown_word_is_refused() {
        let error = settings(None, "lisen = 'b:2'").unwrap_err();
        assert!(format!("{error:#}").contains("lisen"), "{error:#}");
    }
}
