//! Writing the table in memory to a run, on a thread of its own: to sort and write a quarter of a million records takes as long as to audit
//! thousands of entries.

use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use super::run::{self, Run, Writer};
use super::{Table, run_name, run_path};

/// So many runs of one size are merged into one of the next.
pub(super) const RUNS_MERGED: usize = 8;

/// How many times a run was merged, its number, and the run; the newest first.
pub(super) type Runs = Vec<(u8, u64, Arc<Run>)>;

/// A table that is being written, and can be read meanwhile.
pub(super) struct Flush {
    table: Arc<Table>,
    writing: JoinHandle<anyhow::Result<(Runs, u64)>>,
}

impl Flush {
    /// Begins to write a table to a new run in `folder`, before `runs`. `next` is the first number that is free.
    pub(super) fn start(table: Table, folder: PathBuf, runs: Runs, next: u64, is_kept: bool) -> Self {
        let table = Arc::new(table);
        let written = Arc::clone(&table);
        let writing = thread::spawn(move || {
            let mut job = Job { folder: &folder, runs, next, is_kept };
            job.write(&written)?;
            job.merge()?;
            Ok((job.runs, job.next))
        });
        Self { table, writing }
    }

    /// What is being written.
    pub(super) fn table(&self) -> &Table {
        &self.table
    }

    /// Waits until it is written: all runs, and the next number.
    pub(super) fn finish(self) -> anyhow::Result<(Runs, u64)> {
        self.writing.join().unwrap_or_else(|panic| resume_unwind(panic))
    }
}

struct Job<'f> {
    folder: &'f Path,
    runs: Runs,
    next: u64,
    is_kept: bool,
}

impl Job<'_> {
    fn write(&mut self, table: &Table) -> anyhow::Result<()> {
        // The keys themselves are sorted: to look each up where the table has it takes longer than the sorting.
        let mut records: Vec<_> = table.iter().map(|(key, value)| (*key, value)).collect();
        records.sort_unstable_by_key(|(key, _)| *key);
        let (number, path) = self.next_run();
        let mut writer = Writer::create(&path, u64::try_from(records.len())?)?;
        for (key, value) in records {
            writer.push(&key, value)?;
        }
        self.runs.insert(0, (0, number, Arc::new(writer.finish(self.is_kept)?)));
        Ok(())
    }

    fn merge(&mut self) -> anyhow::Result<()> {
        while let Some(level) = self.runs.first().map(|(level, _, _)| *level) {
            let count = self.runs.iter().take_while(|(other, _, _)| *other == level).count();
            if count < RUNS_MERGED {
                break;
            }
            let (number, path) = self.next_run();
            let (old_numbers, old): (Vec<_>, Vec<_>) =
                self.runs.drain(..count).map(|(_, number, run)| (number, run)).unzip();
            let merged = run::merge(&old, &path, self.is_kept)?;
            self.runs.insert(0, (level.saturating_add(1), number, Arc::new(merged)));
            if !self.is_kept {
                // Whoever still reads them holds them open.
                for number in old_numbers {
                    std::fs::remove_file(path.with_file_name(run_name(number)))?;
                }
            }
        }
        Ok(())
    }

    fn next_run(&mut self) -> (u64, PathBuf) {
        let number = self.next;
        self.next = number.saturating_add(1);
        (number, run_path(self.folder, number))
    }
}
