//! The command `nguon-verify`. What it does stands in `cli`.

mod cli;

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// Freed blocks go back to their own small page: many threads that pass statements on to one another pay little for it.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    cli::run()
}
