//! The command line: arguments, exit codes, and what is printed.

mod audit;
mod bundle;
mod data;
mod evidence;
mod fetch;
mod journal;
mod monitor;
mod opening;
mod pipeline;
mod proof;
mod report;
mod sample;
mod source;
mod state;
mod trace;
mod trust;
mod witness;
mod words;

use std::io::{IsTerminal as _, Write as _};
use std::net::SocketAddr;
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
  nguon-verify audit https://trace.example --vkey '...' --state ~/audits/trace.example

TARGET is the address of a node or of any tlog-tiles server, a node's data folder (also while the node runs), or a
folder with a copy of the log's files (checkpoint, tile/...). Ctrl-C ends an audit early; with --state nothing is lost by it.

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

const WITNESS_EXAMPLES: &str = "Examples:
  nguon-verify witness init --data /var/lib/witness --name witness.example.vn/nguon
  nguon-verify witness add-log --data /var/lib/witness 'trace.example+5eb4abab+AYqI...'
  nguon-verify witness serve --data /var/lib/witness --listen 127.0.0.1:8090";
const REPORT_EXAMPLES: &str = "Examples:
  nguon-verify report https://trace.example --vkey 'trace.example+5eb4abab+AYqI...' -o report.html
  nguon-verify report /var/lib/nguon --actor htx-con-minh --from 2025-10-01 --to 2026-03-31 -o season.xlsx
  nguon-verify report /var/lib/nguon --product mien-dong --format csv -o tables/ --lang vi
  nguon-verify report /var/lib/nguon --from 2025-10-01 --to 2026-01-31 --areas areas.csv -o harvests.html

The ledger is audited first; the report says the verdict on top. For PDF open the HTML file and print it to a file: its pages
are made for A4. Days are those of Vietnam (UTC+7); a time with an offset is taken as it is.

Exit codes: 0 verified, 1 not verified (the report is written all the same and says so), 2 could not read.";

const TRACE_EXAMPLES: &str = "Examples:
  nguon-verify trace https://trace.example/lot/7Q2M4K9XNP3R https://trace.example
  nguon-verify trace 7Q2M4K9XNP3R /var/lib/nguon --forward --index trace.index
  nguon-verify trace 7Q2M4K9XNP3R /var/lib/nguon --format svg > lot.svg

LOT is a lot's URI, its id in this ledger, or the URI of a pack. With --index the audited ledger is kept in a file: the next call only
checks that the file fits the ledger's checkpoint, and answers at once.

Exit codes: 0 verified, 1 not verified, 2 could not read, or no such lot.";

const SAMPLE_EXAMPLES: &str = "Examples:
  nguon-verify sample https://trace.example --count 10
  nguon-verify sample /var/lib/nguon --count 20 --of packs --salt 'dice 4 2 6 6 1' --json

The sample follows from the checkpoint's root alone (and the salt), so nobody chooses it and anybody can draw it again;
docs/report.md says how. Whoever runs the ledger could add entries until a draw pleases: agree on the checkpoint before, or throw
dice together and give what they show with --salt.

Exit codes: 0 verified and drawn, 1 not verified (nothing is drawn), 2 could not read.";

const COMPLETIONS_EXAMPLES: &str = "Example:
  nguon-verify completions bash > ~/.local/share/bash-completion/completions/nguon-verify";

const MONITOR_EXAMPLES: &str = "Examples:
  nguon-verify monitor https://trace.example --vkey '...' --state ~/audits/trace.example \\
      --also https://witness.example/2f5c.../checkpoint --also pack.json --webhook https://chat.example/hook
  nguon-verify monitor https://trace.example --state ~/audits/trace.example --once

Prints one JSON object a line: {v, time, level, event, over, target, source?, detail, finding?, checkpoints}. Events:
  verified            all that is new was audited
  broken, rollback    the audit failed; the log lost or changed what it held
  split_view          the log's key signed two histories: both checkpoints are in the line
  withheld, silence   others were shown more than the log shows here; the log does not grow
  unreachable, source_unreadable

Exit codes: 0 nothing was wrong, 1 an alarm was raised, 2 could not read.";

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
    /// Follow a ledger: audit what is new, compare what others were shown, and call out when something is wrong.
    #[command(after_help = MONITOR_EXAMPLES)]
    Monitor(MonitorArgs),
    /// Be a witness: cosign the checkpoints of logs that only grow.
    #[command(subcommand, after_help = WITNESS_EXAMPLES)]
    Witness(witness::WitnessCommand),
    /// Report what a ledger says: amounts, yields, losses, recalls, certificates, keys, corrections, odd patterns.
    #[command(after_help = REPORT_EXAMPLES)]
    Report(ReportArgs),
    /// Show where a lot came from and where it went.
    #[command(after_help = TRACE_EXAMPLES)]
    Trace(TraceArgs),
    /// Draw a random sample to inspect, which neither side can choose.
    #[command(after_help = SAMPLE_EXAMPLES)]
    Sample(SampleArgs),
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
    /// Keep what was audited in this folder, and go on from there the next time: only what is new is read then, and the log must still
    /// contain what it contained.
    #[arg(long, value_name = "FOLDER", env = "NGUON_AUDIT_STATE")]
    state: Option<PathBuf>,
    /// Verify signatures less strictly, a sixth quicker. A signer could then make a signature of her own statement that this
    /// accepts and the strict rules refuse; nobody else's signature can be forged. The verdict says that it was done.
    #[arg(long)]
    fast: bool,
    /// Print one JSON object instead of text.
    #[arg(long)]
    json: bool,
    /// Print nothing but the result.
    #[arg(long)]
    quiet: bool,
}

#[derive(Debug, Args)]
struct MonitorArgs {
    /// Address or folder of the ledger.
    target: String,
    #[command(flatten)]
    trust: TrustArgs,
    /// Keep what was audited in this folder (see `audit --state`).
    #[arg(long, value_name = "FOLDER", env = "NGUON_AUDIT_STATE")]
    state: PathBuf,
    /// Compare with what is shown here: the address of a node or a witness's checkpoint, or a file with a checkpoint, a proof bundle or a
    /// `.tlog-proof`. May be given many times.
    #[arg(long, value_name = "URL|FILE")]
    also: Vec<String>,
    /// Look so often, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    every: u64,
    /// Call out when the ledger did not grow, or showed others more than here, for so long.
    #[arg(long, value_name = "SECONDS", default_value_t = 86_400)]
    silence: u64,
    /// Look once and end.
    #[arg(long)]
    once: bool,
    /// Send each alarm there too, as an HTTP POST of the same JSON.
    #[arg(long, value_name = "URL")]
    webhook: Option<String>,
    /// Serve figures for Prometheus under /metrics.
    #[arg(long, value_name = "ADDR:PORT")]
    metrics: Option<SocketAddr>,
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
    /// Also check that this serial is one that the lot committed to.
    #[arg(long, value_name = "SERIAL")]
    serial: Option<String>,
    /// The proof of the serial: a file, or the address of a pack's `serial-proof`.
    #[arg(long, value_name = "FILE|URL", requires = "serial")]
    serial_proof: Option<String>,
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

/// The formats of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ReportFormat {
    /// One page to read and print
    Html,
    /// A folder with one file a table
    Csv,
    /// One object
    Json,
    /// A workbook with one sheet a table
    Xlsx,
}

#[derive(Debug, Args)]
struct ReportArgs {
    /// Address or folder of the ledger.
    target: String,
    #[command(flatten)]
    trust: TrustArgs,
    /// Only what this actor did and holds: its URI or slug.
    #[arg(long, value_name = "ID")]
    actor: Option<String>,
    /// Only what happened at this place.
    #[arg(long, value_name = "ID")]
    place: Option<String>,
    /// Only what happened to this product.
    #[arg(long, value_name = "ID")]
    product: Option<String>,
    /// From the beginning of this day on, by the time that events tell.
    #[arg(long, value_name = "DATE")]
    from: Option<String>,
    /// To the end of this day.
    #[arg(long, value_name = "DATE")]
    to: Option<String>,
    /// A table of areas (CSV: place,product,hectares,least,most, the last two in kilograms a hectare): harvests out of that range are told.
    #[arg(long, value_name = "FILE")]
    areas: Option<PathBuf>,
    /// Which format; without it that of the file's ending, else HTML.
    #[arg(long, value_enum)]
    format: Option<ReportFormat>,
    /// Where to write; for CSV a folder. Without it HTML and JSON go to standard output.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// The formats of a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum TraceFormat {
    /// Indented lines
    Tree,
    /// One object
    Json,
    /// For Graphviz
    Dot,
    /// A drawing
    Svg,
}

#[derive(Debug, Args)]
struct TraceArgs {
    /// The lot: its URI or id, or the URI of a pack.
    lot: String,
    /// Address or folder of the ledger.
    target: String,
    #[command(flatten)]
    trust: TrustArgs,
    /// Only to what it was made from.
    #[arg(long, conflicts_with = "forward")]
    back: bool,
    /// Only to what was made from it.
    #[arg(long)]
    forward: bool,
    /// How to show it.
    #[arg(long, value_enum, default_value_t = TraceFormat::Tree)]
    format: TraceFormat,
    /// Keep what the audit found in this file, and use it as long as it fits the ledger.
    #[arg(long, value_name = "FILE")]
    index: Option<PathBuf>,
}

/// What a sample is drawn from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum SampleOf {
    /// Lots whose creation was not taken back
    Lots,
    /// Entries
    Entries,
    /// Single packs with serials
    Packs,
}

#[derive(Debug, Args)]
struct SampleArgs {
    /// Address or folder of the ledger.
    target: String,
    #[command(flatten)]
    trust: TrustArgs,
    /// How many.
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    count: u64,
    /// Of what.
    #[arg(long, value_enum, default_value_t = SampleOf::Lots)]
    of: SampleOf,
    /// A text that neither side could choose, as dice thrown together.
    #[arg(long, default_value = "")]
    salt: String,
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
    /// Ended early, so nothing is said.
    Interrupted,
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
        Command::Monitor(args) => monitor::run(&args),
        Command::Witness(command) => witness::run(&command, &words),
        Command::Report(args) => report::run(&args, &words, cli.lang),
        Command::Trace(args) => trace::run(&args, &words, cli.lang),
        Command::Sample(args) => sample::run(&args, &words),
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
        Ok(Answer::Interrupted) => ExitCode::from(2),
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
