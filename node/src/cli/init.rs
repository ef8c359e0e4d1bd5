//! `nguon init`: creates a ledger.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use nguon_ledger::envelope::Envelope;
use nguon_ledger::identifier::{ActorUri, Origin, Slug};
use nguon_ledger::note::{KeyName, SignatureType, VerifierKey};
use nguon_ledger::refusal::Position;
use serde_json::json;

use super::settings::Settings;
use crate::client::sign;
use crate::config::system_time;
use crate::keys;
use crate::store;

/// Create a ledger: log key, operator's key and charter.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  nguon init --data ./ledger --origin so.example.vn --name-vi 'So nguon goc' --name-en 'Origin ledger'"
)]
pub(super) struct Init {
    /// The ledger's name for ever: host[/path], lower case
    #[arg(long, value_name = "HOST[/PATH]")]
    origin: String,
    /// Its name in Vietnamese [default: the origin]
    #[arg(long, value_name = "NAME")]
    name_vi: Option<String>,
    /// Its name in English
    #[arg(long, value_name = "NAME")]
    name_en: Option<String>,
    /// Slug of the actor that runs it
    #[arg(long, default_value = "operator", value_name = "SLUG")]
    operator: String,
    /// The operator's key, which must be there [default: --key FILE, made if it is not there; else a new one in DIR/operator.key]
    #[arg(long, value_name = "FILE")]
    operator_key: Option<PathBuf>,
}

pub(super) fn run(settings: &Settings, command: &Init) -> anyhow::Result<()> {
    let data = settings.data()?;
    let origin = Origin::parse(&command.origin).with_context(|| format!("--origin {}", command.origin))?;
    let name = match (&command.name_vi, &command.name_en) {
        (Some(vi), Some(en)) => json!({"vi": vi, "en": en}),
        (Some(one), None) | (None, Some(one)) => json!(one),
        (None, None) => json!(origin.as_str()),
    };
    let own = data.join("operator.key");
    let key_file = command.operator_key.as_deref().or(settings.key_file()).unwrap_or(&own);
    let is_new = command.operator_key.is_none() && !key_file.exists();
    let operator = if is_new { keys::generate()? } else { settings.load_key(key_file)? };
    // A key of its own must stand in a file before the ledger knows it; one inside needs the folder, which must be empty until then.
    let is_inside = key_file.starts_with(data);
    if is_new && !is_inside {
        keys::save(key_file, &operator, None)?;
    }
    let vkey = create(data, &origin, &name, &command.operator, &operator)?;
    if is_new && is_inside {
        keys::save(key_file, &operator, None).with_context(|| {
            format!("the ledger has no operator's key; remove {} and create it again", data.display())
        })?;
    }
    println!("ledger        {} in {}", origin, data.display());
    println!("log key       {vkey}");
    println!("operator key  {} ({})", key_file.display(), keys::public(&operator));
    println!("next          nguon serve --data {}", data.display());
    Ok(())
}

/// Creates a ledger in a folder: its log key, and the charter signed by the operator.
pub(crate) fn create(
    data: &Path,
    origin: &Origin,
    name: &serde_json::Value,
    operator_slug: &str,
    operator: &ed25519_dalek::SigningKey,
) -> anyhow::Result<VerifierKey> {
    let log_key = keys::generate()?;
    let log_name = KeyName::new(origin.as_str()).context("the origin cannot name a key")?;
    let vkey = VerifierKey::new(log_name, SignatureType::Ed25519, keys::public(&log_key))?;
    let slug = Slug::parse(operator_slug).with_context(|| format!("--operator {operator_slug}"))?;
    let body = json!({
        "name": name,
        "origin": origin.as_str(),
        "vkey": vkey.to_string(),
        "rulesVersion": 1,
        "operator": {
            "id": ActorUri::new(origin, &slug).as_str(),
            "class": "organisation",
            "roles": ["operator", "registrar"],
            "name": name,
            "keys": [keys::public(operator).to_string()],
        },
    });
    let charter: Envelope = sign(origin.as_str(), operator, Position::START, "charter", &body);
    store::create(data, origin, &log_key, &charter, system_time())?;
    Ok(vkey)
}

#[cfg(test)]
mod tests {
    use super::super::Common;
    use super::*;

    fn init(folder: &Path, key: Option<&str>, operator_key: Option<&str>) -> anyhow::Result<()> {
        let path = |name: &str| folder.join(name);
        let common = Common { data: Some(path("ledger")), key: key.map(path), ..Common::default() };
        let command = Init {
            origin: "trace.test".to_owned(),
            name_vi: None,
            name_en: None,
            operator: "operator".to_owned(),
            operator_key: operator_key.map(path),
        };
        run(&Settings::load(common)?, &command)
    }

    #[test]
    fn the_operator_has_a_key_before_there_is_a_ledger() {
        for (key, made) in
            [(None, "ledger/operator.key"), (Some("mine.pem"), "mine.pem"), (Some("ledger/my.pem"), "ledger/my.pem")]
        {
            let folder = tempfile::tempdir().unwrap();
            init(folder.path(), key, None).unwrap();
            keys::load(&folder.path().join(made), || None).unwrap();
            assert!(store::DataFolder::open(&folder.path().join("ledger")).is_ok(), "{made}");
        }
    }

    #[test]
    fn a_key_that_is_there_is_used_and_one_that_is_not_stops_it() {
        let folder = tempfile::tempdir().unwrap();
        assert!(init(folder.path(), None, Some("mine.pem")).is_err());
        assert!(!folder.path().join("ledger").exists());
        let key = keys::generate().unwrap();
        keys::save(&folder.path().join("mine.pem"), &key, None).unwrap();
        init(folder.path(), Some("mine.pem"), None).unwrap();
        let kept = keys::load(&folder.path().join("mine.pem"), || None).unwrap();
        assert_eq!(keys::public(&kept), keys::public(&key));
        assert!(!folder.path().join("ledger/operator.key").exists());
    }
}
