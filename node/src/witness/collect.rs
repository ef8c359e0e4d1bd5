//! Gathers cosignatures until a checkpoint has enough of them.

use std::collections::VecDeque;
use std::sync::{Arc, PoisonError};

use nguon_ledger::checkpoint::SignedCheckpoint;
use nguon_ledger::note::{Note, NoteSignature};
use nguon_ledger::policy::{Policy, Quorum};

use super::{Shared, Witness};
use crate::store::Head;

/// Checkpoints for which cosignatures are still taken: a witness that is slower than the interval is late by a few.
const RECENT_MAX: usize = 16;

/// Recent checkpoints with the cosignatures that they have.
#[derive(Debug)]
pub(super) struct Collected(VecDeque<SignedCheckpoint>);

impl Collected {
    pub(super) fn new(kept: Option<&Head>) -> Self {
        Self(kept.map(|kept| kept.checkpoint.clone()).into_iter().collect())
    }

    /// Adds a witness's lines to a checkpoint; older lines of the same key go. Answers the checkpoint with all its lines.
    fn add(&mut self, head: &Head, witness: &Witness, lines: Vec<NoteSignature>) -> Option<SignedCheckpoint> {
        let tree = head.checkpoint.checkpoint();
        let at = self.0.iter().position(|known| known.checkpoint() == tree).unwrap_or_else(|| {
            if self.0.len() == RECENT_MAX {
                self.0.pop_front();
            }
            self.0.push_back(head.checkpoint.clone());
            self.0.len() - 1
        });
        let known = self.0.get_mut(at)?;
        let is_other = |line: &&NoteSignature| line.name() != witness.key.name() || line.key_id() != witness.key.id();
        let others = known.note().signatures().iter().filter(is_other).cloned();
        let note = Note::with_signatures(known.note().text(), others.chain(lines))?;
        *known = SignedCheckpoint::from_note(note, [head.checkpoint.log()]).ok()?;
        Some(known.clone())
    }
}

/// Whether a checkpoint has the policy's quorum, and some cosignature where the policy asks for none.
pub(super) fn is_enough(policy: &Policy, checkpoint: &SignedCheckpoint) -> bool {
    policy.evaluate(checkpoint).is_ok_and(|word| word.quorum() != Quorum::NotMet && !word.cosignatures().is_empty())
}

impl Shared {
    /// A witness cosigned a checkpoint: it is kept and shown once it has enough.
    pub(super) fn collect(&self, head: &Head, witness: &Witness, lines: Vec<NoteSignature>) {
        let checkpoint = {
            let mut collected = self.collected.lock().unwrap_or_else(PoisonError::into_inner);
            collected.add(head, witness, lines)
        };
        let Some(checkpoint) = checkpoint.filter(|checkpoint| is_enough(&self.policy, checkpoint)) else { return };
        let cosigned = Arc::new(Head::new(checkpoint));
        if self.cosigned().is_some_and(|shown| shown.size() > cosigned.size()) {
            return;
        }
        if let Err(error) = self.store.keep_cosigned(Arc::clone(&cosigned)) {
            // It is shown all the same; the witnesses are asked again after a restart.
            tracing::error!(%error, "a cosigned checkpoint cannot be kept");
        }
        self.metrics.cosigned(cosigned.size().get());
        *self.cosigned.lock().unwrap_or_else(PoisonError::into_inner) = Some(cosigned);
    }
}
