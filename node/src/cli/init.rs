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
    /// The operator's key [default: a new one in DIR/operator.key]
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
    let given = command.operator_key.as_deref().or(settings.key_file());
    let operator = match given {
        Some(path) => settings.load_key(path)?,
        None => keys::generate()?,
    };
    let vkey = create(data, &origin, &name, &command.operator, &operator)?;
    let key_file = match given {
        Some(path) => path.to_owned(),
        None => {
            let path = data.join("operator.key");
            keys::save(&path, &operator, None)?;
            path
        }
    };
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
