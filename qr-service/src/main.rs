//! Placeholder entry point until the command line stands.

fn main() {}
