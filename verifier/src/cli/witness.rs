//! `nguon-verify witness`: cosigns the checkpoints of logs that only grow.

mod folder;
mod server;
mod service;

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use nguon_ledger::note::{KeyName, VerifierKey};

use super::words::Words;
use super::{Answer, print};
use folder::WitnessFolder;

const INIT_EXAMPLES: &str = "Example:
  nguon-verify witness init --data /var/lib/witness --name witness.example.vn/nguon

Give the key that it prints to whoever writes trust policies: `witness NAME VKEY URL`.";

const ADD_LOG_EXAMPLES: &str = "Examples:
  nguon-verify witness add-log --data /var/lib/witness 'trace.example+5eb4abab+AYqI...'
  nguon-verify witness add-log --data /var/lib/witness 'old-key+1f2e3d4c+AYqI...' --origin trace.example

A witness that is serving knows the log at once.";

const LIST_EXAMPLES: &str = "Example:
  nguon-verify witness list --data /var/lib/witness";

const SERVE_EXAMPLES: &str = "Example:
  nguon-verify witness serve --data /var/lib/witness --listen 127.0.0.1:8090

Answers POST /add-checkpoint and GET /<SHA-256 of the origin>/checkpoint (c2sp.org/tlog-witness). Put a web server with
HTTPS in front.";

/// What a witness can be told to do.
#[derive(Debug, Subcommand)]
pub(super) enum WitnessCommand {
    /// Make a witness: its key and its folder.
    #[command(after_help = INIT_EXAMPLES)]
    Init(InitArgs),
    /// Trust a log's key. A log may have several.
    #[command(after_help = ADD_LOG_EXAMPLES)]
    AddLog(AddLogArgs),
    /// Show the witness's key, the logs it trusts, and what it cosigned last of each.
    #[command(after_help = LIST_EXAMPLES)]
    List(DataArgs),
    /// Answer those who ask for cosignatures.
    #[command(after_help = SERVE_EXAMPLES)]
    Serve(ServeArgs),
}

#[derive(Debug, Args)]
pub(super) struct DataArgs {
    /// The witness's folder.
    #[arg(long, value_name = "DIR", env = "NGUON_WITNESS_DATA")]
    data: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct InitArgs {
    #[command(flatten)]
    folder: DataArgs,
    /// The witness's name for ever: best an address without https://, without spaces and plus signs.
    #[arg(long)]
    name: KeyName,
}

#[derive(Debug, Args)]
pub(super) struct AddLogArgs {
    #[command(flatten)]
    folder: DataArgs,
    /// The log's verifier key: name+8 hex digits+base64.
    vkey: VerifierKey,
    /// The first line of the log's checkpoints, where it is not the key's name.
    #[arg(long)]
    origin: Option<KeyName>,
}

#[derive(Debug, Args)]
pub(super) struct ServeArgs {
    #[command(flatten)]
    folder: DataArgs,
    /// Where to listen; port 0 takes any free one.
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:8090", env = "NGUON_WITNESS_LISTEN")]
    listen: String,
}

pub(super) fn run(command: &WitnessCommand, words: &Words) -> anyhow::Result<Answer> {
    match command {
        WitnessCommand::Init(args) => init(args, words)?,
        WitnessCommand::AddLog(args) => add_log(args, words)?,
        WitnessCommand::List(args) => list(args, words)?,
        WitnessCommand::Serve(args) => server::run(&args.folder.data, &args.listen)?,
    }
    Ok(Answer::Verified)
}

fn init(args: &InitArgs, words: &Words) -> anyhow::Result<()> {
    let vkey = WitnessFolder::create(&args.folder.data, &args.name)?;
    print(&vkey.to_string())?;
    let folder = args.folder.data.display().to_string();
    // The key alone is on standard output, for scripts; standard error may be closed.
    let _ = writeln!(std::io::stderr(), "{}", words.fill("witness.made", &[("folder", &folder)]));
    Ok(())
}

fn add_log(args: &AddLogArgs, words: &Words) -> anyhow::Result<()> {
    let folder = WitnessFolder::open(&args.folder.data)?;
    if args.vkey.public_key() == folder.vkey().public_key() {
        bail!("this is the witness's own key. Give the log's, as its operator publishes it");
    }
    let origin = args.origin.as_ref().unwrap_or_else(|| args.vkey.name());
    let is_new = folder.add_log(origin, &args.vkey)?;
    let key = if is_new { "witness.log_added" } else { "witness.log_known" };
    print(&words.fill(key, &[("origin", origin.as_str()), ("vkey", &args.vkey.to_string())]))
}

fn list(args: &DataArgs, words: &Words) -> anyhow::Result<()> {
    let folder = WitnessFolder::open(&args.data)?;
    print(&folder.vkey().to_string())?;
    for (origin, keys) in folder.logs()? {
        let kept = folder.kept(&origin).with_context(|| format!("what was cosigned of {origin}"))?;
        let line = match kept {
            None => words.fill("witness.log_unseen", &[("origin", origin.as_str())]),
            Some((kept, time)) => {
                let size = kept.checkpoint().size().to_string();
                let root = kept.checkpoint().root().to_string();
                let values =
                    [("origin", origin.as_str()), ("size", &size), ("root", &root), ("time", &time.to_string())];
                words.fill("witness.log_seen", &values)
            }
        };
        print(&line)?;
        for fork in folder.forks(&origin)? {
            print(&words.fill("witness.fork", &[("file", &fork.display().to_string())]))?;
        }
        for key in keys {
            print(&format!("  {key}"))?;
        }
    }
    Ok(())
}

/// Tells the witness's operator.
fn say(text: &str) {
    // Standard error may be closed; there is nowhere left to say so.
    let _ = writeln!(std::io::stderr(), "witness: {text}");
}
