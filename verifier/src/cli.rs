//! The command line: arguments, exit codes, and what is printed.

mod audit;
mod bundle;
mod data;
mod evidence;
mod fetch;
mod journal;
mod pipeline;
mod proof;
mod source;
mod state;
mod trust;
mod words;

use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, CommandFactory as _, Parser, Subcommand, ValueEnum};

use words::Words;

const EXIT_CODES: &str = "Exit codes:
  0  verified: every check that could be made holds
  1  not verified: the output says which check failed, and at which entry where that can be told
  2  could not read: nothing is said about the ledger; the output says what to do next";

const AUDIT_EXAMPLES: &str = "Examples:
  nguon-verify audit https://trace.example --vkey 'trace.example+5eb4abab+AYqI...'
  nguon-verify audit /var/lib/nguon --policy trust.policy

TARGET is the address of a node or of any tlog-tiles server, a node's data folder (also while the node runs), or a
folder with a copy of the log's files (checkpoint, tile/...).

Exit codes: 0 verified, 1 not verified, 2 could not read.";

const BUNDLE_EXAMPLES: &str = "Examples:
  nguon-verify bundle pack.json --vkey 'trace.example+5eb4abab+AYqI...'
  nguon-verify bundle https://trace.example/v1/lots/https%3A%2F%2Ftrace.example%2Flot%2F7Q2M4K9XNP3R/bundle

Exit codes: 0 verified, 1 not verified, 2 could not read.";

const EVIDENCE_EXAMPLES: &str = "Examples:
  nguon-verify evidence 7Q2M4K9XNP3R --node https://trace.example -o lot.zip --vkey 'trace.example+5eb4abab+AYqI...'
  nguon-verify evidence https://id.gs1.org/01/08931234567897/10/A-1 --data /var/lib/nguon -o lot.zip --policy trust.policy

The file is written also when the lot does not verify, for that is evidence too; the output and the exit code say so. The same
ledger and the same options always give the same bytes.

A timestamp of the checkpoint is got elsewhere, from a file that an earlier run has written:
  unzip lot.zip checkpoint
  openssl ts -query -data checkpoint -sha256 -cert -out checkpoint.tsq
  curl -H 'Content-Type: application/timestamp-query' --data-binary @checkpoint.tsq ADDRESS > checkpoint.tsr
  ots stamp checkpoint
and then put into the file with --rfc3161 checkpoint.tsr or --ots checkpoint.ots.

Exit codes: 0 written and verified, 1 written but not verified, 2 could not read or write.";

const CHECK_EXAMPLES: &str = "Examples:
  nguon-verify check lot.zip --vkey 'trace.example+5eb4abab+AYqI...'
  nguon-verify check lot.zip --policy trust.policy --json

No network is needed. Without --vkey and --policy the policy in the file is believed, which is the word of whoever made the file.

Exit codes: 0 verified, 1 not verified, 2 could not read.";

const PROOF_EXAMPLES: &str = "Examples:
  nguon-verify proof 17.tlog-proof --entry 17.entry --vkey 'trace.example+5eb4abab+AYqI...'
  nguon-verify proof 17.tlog-proof --leaf 43a7babb8e86c762fd535e467c482b45dc45f9aea0500df3f075c1c536d05ed7 --policy trust.policy

Exit codes: 0 verified, 1 not verified, 2 could not read.";

const COMPLETIONS_EXAMPLES: &str = "Example:
  nguon-verify completions bash > ~/.local/share/bash-completion/completions/nguon-verify";

/// Checks a traceability ledger without trusting whoever runs it.
#[derive(Debug, Parser)]
#[command(name = "nguon-verify", version, after_help = EXIT_CODES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// Language of what is printed for people.
    #[arg(long, value_enum, global = true, default_value_t = Language::En, env = "NGUON_LANG")]
    lang: Language,
}

/// The languages of the output.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Language {
    /// English
    En,
    /// Vietnamese
    Vi,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check a whole ledger: every byte, signature, chain and rule, from the first entry.
    #[command(after_help = AUDIT_EXAMPLES)]
    Audit(AuditArgs),
    /// Check the proof bundle of one lot.
    #[command(after_help = BUNDLE_EXAMPLES)]
    Bundle(BundleArgs),
    /// Check that one entry is in the log, from its `.tlog-proof` file.
    #[command(after_help = PROOF_EXAMPLES)]
    Proof(ProofArgs),
    /// Write an evidence file about one lot: what was said, what proves it, the photos, and a page that checks it offline.
    #[command(after_help = EVIDENCE_EXAMPLES)]
    Evidence(EvidenceArgs),
    /// Check an evidence file without a network.
    #[command(after_help = CHECK_EXAMPLES)]
    Check(CheckArgs),
    /// Print a completion script for a shell.
    #[command(after_help = COMPLETIONS_EXAMPLES)]
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

/// Whose word is taken.
#[derive(Clone, Debug, Args)]
struct TrustArgs {
    /// The log's verifier key, got from a source that you trust. Without it and without a policy the key is taken from what is
    /// checked, and the output says so.
    #[arg(long, conflicts_with = "policy")]
    vkey: Option<String>,
    /// A trust policy (C2SP tlog-policy): logs, witnesses, and how many of them must have cosigned.
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct AuditArgs {
    /// Address or folder of the ledger.
    target: String,
    #[command(flatten)]
    trust: TrustArgs,
    /// Print one JSON object instead of text.
    #[arg(long)]
    json: bool,
    /// Print nothing but the result.
    #[arg(long)]
    quiet: bool,
}

#[derive(Debug, Args)]
struct BundleArgs {
    /// File or address of the bundle.
    target: String,
    #[command(flatten)]
    trust: TrustArgs,
    /// Compare with the newest checkpoint of this log: its address, or a file with the checkpoint.
    #[arg(long, value_name = "URL|FILE")]
    newest: Option<String>,
    /// A tree of so many entries is fresh enough.
    #[arg(long, value_name = "SIZE")]
    size_min: Option<u64>,
    /// Print the verdict as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct ProofArgs {
    /// The `.tlog-proof` file.
    file: PathBuf,
    /// A file with the entry's bytes.
    #[arg(long, value_name = "FILE", conflicts_with = "leaf", required_unless_present = "leaf")]
    entry: Option<PathBuf>,
    /// The entry's leaf hash, 64 hexadecimal digits.
    #[arg(long, value_name = "HEX")]
    leaf: Option<String>,
    #[command(flatten)]
    trust: TrustArgs,
    /// Print one JSON object instead of text.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct EvidenceArgs {
    /// The lot: its address in any spelling, that of one of its packs, or the code on the label.
    lot: String,
    /// Address of a node.
    #[arg(long, value_name = "URL", required_unless_present = "data", conflicts_with = "data")]
    node: Option<String>,
    /// A node's data folder, also while the node runs, or a copy of a log's files.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Where the file is written.
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    #[command(flatten)]
    trust: TrustArgs,
    /// A token of RFC 3161 over the checkpoint, got elsewhere. Put into the file, not checked.
    #[arg(long, value_name = "FILE")]
    rfc3161: Option<PathBuf>,
    /// An OpenTimestamps proof of the checkpoint, got elsewhere. Put into the file, not checked.
    #[arg(long, value_name = "FILE")]
    ots: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct CheckArgs {
    /// The evidence file.
    file: PathBuf,
    #[command(flatten)]
    trust: TrustArgs,
    /// Print the verdict as JSON.
    #[arg(long)]
    json: bool,
}

/// What a command found out.
enum Answer {
    /// Every check that could be made holds.
    Verified,
    /// One does not.
    NotVerified,
}

/// Runs the command line.
pub(crate) fn run() -> ExitCode {
    let cli = Cli::parse();
    // Another provider can only be there if somebody put it there on purpose.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let words = Words::new(cli.lang);
    let answer = match cli.command {
        Command::Audit(args) => audit::run(&args, &words),
        Command::Bundle(args) => bundle::run(&args, &words),
        Command::Proof(args) => proof::run(&args, &words),
        Command::Evidence(args) => evidence::run(&args, &words),
        Command::Check(args) => evidence::check(&args, &words),
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "nguon-verify", &mut std::io::stdout());
            return ExitCode::SUCCESS;
        }
    };
    match answer {
        Ok(Answer::Verified) => ExitCode::SUCCESS,
        Ok(Answer::NotVerified) => ExitCode::from(1),
        Err(error) => {
            // Standard error may be closed; there is nowhere left to say so.
            let _ = writeln!(std::io::stderr(), "{}: {error:#}", words.get("unreadable"));
            ExitCode::from(2)
        }
    }
}

/// Prints lines to standard output.
fn print(text: &str) -> anyhow::Result<()> {
    let mut stdout = std::io::stdout().lock();
    match writeln!(stdout, "{text}").and_then(|()| stdout.flush()) {
        // Whoever read through a pipe has seen enough; the exit code still tells.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        result => Ok(result?),
    }
}

/// Whether somebody watches standard error.
fn is_watched() -> bool {
    std::io::stderr().is_terminal()
}
