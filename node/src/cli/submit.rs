//! `nguon submit`: sends signed envelopes from files.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use super::settings::Settings;

/// Submit signed envelopes from files: one JSON envelope each, or one a line (NDJSON). Sending twice is harmless.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  nguon submit from-the-village.ndjson --receipts receipts.ndjson\n  cat outbox.ndjson | nguon submit -"
)]
pub(super) struct Submit {
    /// Files; - reads standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Write the receipts here, one a line
    #[arg(long, value_name = "FILE")]
    receipts: Option<PathBuf>,
}

pub(super) fn run(settings: &Settings, command: &Submit) -> anyhow::Result<ExitCode> {
    use std::io::Write as _;
    let client = settings.client()?;
    let (mut lines, mut places) = (Vec::new(), Vec::new());
    for file in &command.files {
        for (number, line) in read_envelopes(file)? {
            places.push(format!("{}:{number}", file.display()));
            lines.push(line);
        }
    }
    let mut receipts = match &command.receipts {
        Some(path) => Some(std::fs::File::create(path).with_context(|| format!("cannot write {}", path.display()))?),
        None => None,
    };
    let total = lines.len();
    // The bar hides itself where there is no terminal.
    let bar = ProgressBar::new(u64::try_from(total)?);
    bar.set_style(ProgressStyle::with_template("{bar:40} {pos}/{len} {per_sec} {eta} left")?);
    let (mut accepted, mut refused, mut failure) = (0, Vec::new(), None);
    let mut unanswered = places.iter();
    let sent = client.submit_lines(&lines, |answer| {
        let place = unanswered.next().map_or("", String::as_str);
        bar.inc(1);
        match answer {
            Ok(receipt) => {
                accepted += 1;
                if let Some(file) = &mut receipts
                    && let Err(error) = writeln!(file, "{}", receipt.json)
                {
                    failure = Some(error);
                }
            }
            Err(error) => refused.push(format!("{place}: {error}")),
        }
    });
    bar.finish_and_clear();
    for line in &refused {
        eprintln!("{line}");
    }
    if let Some(error) = failure {
        return Err(error).context("the statements are in the ledger, but not all receipts could be written");
    }
    println!("{accepted} in the ledger, {} refused, of {total}", refused.len());
    let unanswered = unanswered.len();
    if unanswered > 0 {
        eprintln!("{unanswered} were not answered; send the same file again, what is in the ledger stays there once");
    }
    sent?;
    Ok(if accepted == total { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Reads a file of one envelope, however it is laid out, or of one a line, each with the number of its line.
fn read_envelopes(file: &Path) -> anyhow::Result<Vec<(usize, String)>> {
    let mut text = String::new();
    if file.as_os_str() == "-" {
        std::io::stdin().read_to_string(&mut text).context("cannot read standard input")?;
    } else {
        text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    }
    if let Ok(one) = serde_json::from_str::<serde_json::Value>(&text) {
        return Ok(vec![(1, one.to_string())]);
    }
    let numbered = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    Ok(numbered.map(|(at, line)| (at + 1, line.to_owned())).collect())
}
