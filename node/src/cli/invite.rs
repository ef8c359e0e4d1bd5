//! `nguon invite`: makes an invitation and shows it as a link and as a code to scan.

use clap::Args;
use qrcode::QrCode;
use qrcode::render::unicode;
use serde_json::json;

use super::record::uri;
use super::settings::Settings;

/// Invite somebody to join an organisation with a key of her own phone.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  nguon invite --organisation htx-con-minh --name 'Ho 07' --key registrar.pem\n  nguon invite --organisation htx-con-minh --role registrar --key operator.pem"
)]
pub(super) struct Invite {
    /// The organisation to join
    #[arg(long, value_name = "ACTOR")]
    organisation: String,
    /// What you call her; kept beside the ledger, never in it
    #[arg(long)]
    name: Option<String>,
    /// What she may do [default: producer]; may be given several times
    #[arg(long = "role", value_name = "ROLE")]
    roles: Vec<String>,
    /// When it ends, RFC 3339 [default: in 7 days, at most 30]
    #[arg(long, value_name = "TIME")]
    expires: Option<String>,
    /// What the link begins with [default: the node's address]
    #[arg(long, env = "NGUON_BASE_URL", value_name = "URL")]
    base_url: Option<String>,
}

pub(super) fn run(settings: &Settings, command: &Invite) -> anyhow::Result<()> {
    let client = settings.client()?;
    let roles = if command.roles.is_empty() { vec!["producer".to_owned()] } else { command.roles.clone() };
    let mut body =
        json!({"organisation": uri(&client.ledger().origin, "actor", &command.organisation), "roles": roles});
    for (key, value) in [("name", &command.name), ("expiresAt", &command.expires)] {
        if let Some(value) = value {
            body[key] = json!(value);
        }
    }
    let made = client.post_signed(&settings.signing_key()?, "/v1/invitations", &body)?;
    let told = |key: &str| made[key].as_str().unwrap_or_default();
    let base = settings.base_url(command.base_url.as_deref()).unwrap_or_else(|| client.url().to_owned());
    let link = format!("{}/app/#join={}", base.trim_end_matches('/'), told("token"));
    let code = QrCode::with_error_correction_level(&link, qrcode::EcLevel::M)?;
    println!("{}", code.render::<unicode::Dense1x2>().build());
    println!("link      {link}");
    println!("holds     until {}", told("expiresAt"));
    println!("next      she opens it on her phone; then approve her at {}/app/coop", base.trim_end_matches('/'));
    Ok(())
}
