//! The `nguon` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    nguon_node::cli::main()
}
