//! `nguon key`: makes and shows keys.

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::Subcommand;

use super::settings::Settings;
use crate::keys::{self, Passphrase};

/// Make and show keys.
#[derive(Debug, Subcommand)]
pub(super) enum Key {
    /// Make a key in a new file that only you can read, and print its public half
    #[command(after_help = "Example:\n  nguon key new ho-07.pem\n  nguon key new ho-07.pem --passphrase")]
    New {
        /// The new file
        file: PathBuf,
        /// Protect it with a passphrase
        #[arg(long)]
        passphrase: bool,
    },
    /// Print the public half of a key
    #[command(after_help = "Example:\n  nguon key show ho-07.pem")]
    Show {
        /// The key file
        file: PathBuf,
    },
}

pub(super) fn run(settings: &Settings, command: &Key) -> anyhow::Result<()> {
    match command {
        Key::New { file, passphrase } => {
            let passphrase = if *passphrase { Some(new_passphrase(settings, file)?) } else { None };
            let key = keys::generate()?;
            keys::save(file, &key, passphrase.as_ref())?;
            println!("{}", keys::public(&key));
        }
        Key::Show { file } => println!("{}", keys::public(&settings.load_key(file)?)),
    }
    Ok(())
}

fn new_passphrase(settings: &Settings, file: &std::path::Path) -> anyhow::Result<Passphrase> {
    use std::io::IsTerminal as _;
    let given =
        settings.passphrase(file)?.context("no passphrase: give --passphrase-file FILE or set NGUON_PASSPHRASE")?;
    let typed = !settings.has_passphrase() && std::io::stdin().is_terminal();
    if typed && rpassword::prompt_password("The same again: ").ok().is_none_or(|again| !given.is(&again)) {
        bail!("the two passphrases differ; no key was made");
    }
    Ok(given)
}
