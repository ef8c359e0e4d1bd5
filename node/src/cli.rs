//! The `nguon` command: what a person or a script types. Each subcommand has its own module; this one reads the arguments.
//!
//! Exit codes: 0 done, 1 refused or failed, 2 the command line is wrong.
#![expect(clippy::print_stdout, reason = "a command answers on standard output")]

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, CommandFactory as _, Parser, Subcommand};

mod demo;
mod init;
mod invite;
mod key;
mod record;
mod register;
mod serve;
mod settings;
mod submit;

use settings::Settings;

#[derive(Debug, Parser)]
#[command(name = "nguon", version, about = "A traceability ledger from harvest to sale", max_term_width = 100)]
#[command(
    after_help = "Example:\n  nguon demo\n  nguon init --data ./ledger --origin so.example.vn && nguon serve --data ./ledger\n\nExit codes: 0 done, 1 refused or failed, 2 the command line is wrong."
)]
struct Cli {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

/// What every command takes. Precedence: flag, then environment, then the configuration file.
#[derive(Debug, Args, Clone, Default)]
pub(crate) struct Common {
    /// Configuration file (TOML) with any of: data, listen, node, key, `passphrase_file`, `with_qr`, `base_url`, policy,
    /// `witness_interval`
    #[arg(long, global = true, env = "NGUON_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// The ledger's folder
    #[arg(long, global = true, env = "NGUON_DATA", value_name = "DIR")]
    data: Option<PathBuf>,
    /// Where to listen [default: 127.0.0.1:8080; port 0 picks one]
    #[arg(long, global = true, env = "NGUON_LISTEN", value_name = "ADDR:PORT")]
    listen: Option<String>,
    /// The node to talk to [default: <http://127.0.0.1:8080>]
    #[arg(long, global = true, env = "NGUON_NODE", value_name = "URL")]
    node: Option<String>,
    /// The key that signs
    #[arg(long, global = true, env = "NGUON_KEY", value_name = "FILE")]
    key: Option<PathBuf>,
    /// File that holds the key's passphrase (or set `NGUON_PASSPHRASE`)
    #[arg(long, global = true, env = "NGUON_PASSPHRASE_FILE", value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Create a ledger: log key, operator's key and charter
    Init(init::Init),
    /// Run the node on a ledger that exists
    Serve(serve::Serve),
    /// Make and show keys
    #[command(subcommand, after_help = "Example:\n  nguon key new ho-07.pem")]
    Key(key::Key),
    /// Register who and what there is
    #[command(
        subcommand,
        after_help = "Example:\n  nguon register product cu --name-vi Canna --unit KGM --key registrar.pem"
    )]
    Register(register::Register),
    /// Invite somebody to join with her phone
    Invite(invite::Invite),
    /// Record what happened
    #[command(
        subcommand,
        after_help = "Example:\n  nguon record harvest --product cu --amount '1200 kg' --key ho-07.pem"
    )]
    Record(record::Record),
    /// Stand by an entry of somebody else, or dispute it
    #[command(after_help = "Example:\n  nguon attest 42 --claim stands_by --key officer.pem")]
    Attest(record::Attest),
    /// Submit signed envelopes from files
    Submit(submit::Submit),
    /// Make the index anew from the entries
    #[command(after_help = "Example:\n  nguon reindex --data ./ledger")]
    Reindex,
    /// Run a believable ledger with real facts, to look at everything
    Demo(demo::DemoArgs),
    /// Print completions for a shell
    #[command(after_help = "Example:\n  nguon completions bash > /etc/bash_completion.d/nguon")]
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
}

/// Runs the command of the process's arguments.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("nguon: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    let settings = Settings::load(cli.common)?;
    match cli.command {
        Command::Init(command) => init::run(&settings, &command)?,
        Command::Serve(command) => serve::run(&settings, &command)?,
        Command::Key(command) => key::run(&settings, &command)?,
        Command::Register(command) => register::run(&settings, &command)?,
        Command::Invite(command) => invite::run(&settings, &command)?,
        Command::Record(command) => record::run(&settings, &command)?,
        Command::Attest(command) => record::attest(&settings, &command)?,
        Command::Submit(command) => return submit::run(&settings, &command),
        Command::Reindex => serve::reindex(&settings)?,
        Command::Demo(command) => demo::run(&settings, &command)?,
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "nguon", &mut std::io::stdout());
        }
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_help_with_an_example() {
        fn check(command: &mut clap::Command, path: &str) {
            let path = format!("{path} {}", command.get_name());
            let help = command.render_long_help().to_string();
            assert!(help.contains("Example"), "{path} --help has no example");
            for sub in command.get_subcommands_mut().filter(|sub| sub.get_name() != "help") {
                check(sub, &path);
            }
        }
        let mut command = Cli::command();
        command.debug_assert_and_build();
        check(&mut command, "");
    }

    trait Built {
        fn debug_assert_and_build(&mut self);
    }

    impl Built for clap::Command {
        fn debug_assert_and_build(&mut self) {
            self.build();
            self.clone().debug_assert();
        }
    }
}
