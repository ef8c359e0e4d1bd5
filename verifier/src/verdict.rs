//! Verdicts: each check by its name with its result, never a lone boolean (`docs/format.md`, section 8.1).

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use nguon_ledger::hash::Hash;
use nguon_ledger::note::VerifierKey;
use nguon_ledger::tree::{LeafIndex, TreeSize};

pub(crate) mod json;

/// Defines the checks once: variant and the name that travels.
macro_rules! checks {
    (bundle { $($(#[$doc:meta])* $variant:ident = $text:literal;)* } pack { $(#[$other_doc:meta])* $other:ident = $other_text:literal; }) => {
        /// The checks of a proof bundle, in the order of a verdict, and of a pack.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum CheckName {
            $($(#[$doc])* $variant,)*
            $(#[$other_doc])* $other,
        }

        impl CheckName {
            /// Every check of a bundle, in the order of a verdict.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The name, as it travels.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* Self::$other => $other_text }
            }
        }
    };
}

checks! { bundle {
    /// The log signed the checkpoint.
    CheckpointSigned = "checkpoint_signed";
    /// Enough witnesses cosigned it.
    WitnessQuorum = "witness_quorum";
    /// Every entry is in the checkpoint's tree.
    EntriesIncluded = "entries_included";
    /// Every entry stands where it says, after the one it names.
    EntryChain = "entry_chain";
    /// No entry of the lot or of what it was made from is missing up to the last one shown.
    LotChainComplete = "lot_chain_complete";
    /// Every statement was signed by whom it says.
    Signatures = "signatures";
    /// Every signer was registered, and not revoked, at the time.
    SignerRegistered = "signer_registered";
    /// Every signer's statements follow one another.
    SignerChain = "signer_chain";
    /// The rules refuse nothing.
    Rules = "rules";
    /// The lot is not recalled.
    Recall = "recall";
    /// There is no newer checkpoint that should have been used.
    Freshness = "freshness";
} pack {
    /// The serial is one that the lot committed to. Made only where a pack is asked about.
    SerialIncluded = "serial_included";
}}

impl fmt::Display for CheckName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How a check came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "the format has these three results")]
pub enum Outcome {
    /// It holds.
    Passed,
    /// It does not hold.
    Failed,
    /// It could not be checked; this says nothing about whether it holds.
    NotChecked,
}

impl Outcome {
    /// The result, as it travels.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::NotChecked => "not_checked",
        }
    }
}

/// One check and its result.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a check is these four by the format")]
pub struct Check {
    /// Which.
    pub name: CheckName,
    /// How it came out.
    pub outcome: Outcome,
    /// Why it failed or was not checked, in English, for developers.
    pub detail: Option<String>,
    /// The entry at fault, where it is one.
    pub index: Option<LeafIndex>,
}

impl Check {
    pub(crate) const fn passed(name: CheckName) -> Self {
        Self { name, outcome: Outcome::Passed, detail: None, index: None }
    }

    pub(crate) fn not_checked(name: CheckName, detail: impl Into<String>) -> Self {
        Self { name, outcome: Outcome::NotChecked, detail: Some(detail.into()), index: None }
    }

    /// Turns the first fault of a check into its result.
    pub(crate) fn of(name: CheckName, result: Result<(), Fault>) -> Self {
        match result {
            Ok(()) => Self::passed(name),
            Err(Fault { detail, index }) => Self { name, outcome: Outcome::Failed, detail: Some(detail), index },
        }
    }
}

/// What made a check fail.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    pub(crate) detail: String,
    pub(crate) index: Option<LeafIndex>,
}

impl Fault {
    pub(crate) fn new(detail: impl Into<String>) -> Self {
        Self { detail: detail.into(), index: None }
    }

    pub(crate) fn at(index: LeafIndex, detail: impl Into<String>) -> Self {
        Self { detail: detail.into(), index: Some(index) }
    }
}

/// What was found about a proof bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verdict {
    /// The lot that the bundle is about, as it says.
    pub lot: String,
    /// Size of the checkpoint's tree, if there is a checkpoint. Nothing to rely on unless it is signed.
    pub size: Option<TreeSize>,
    /// Root of the checkpoint's tree.
    pub root: Option<Hash>,
    /// The log key that the checkpoint was held against, if one was.
    pub vkey: Option<VerifierKey>,
    /// Every check, in the order of [`CheckName::ALL`], and last that of the pack where one is asked about.
    pub checks: Vec<Check>,
}

impl Verdict {
    /// Whether no check failed. Checks that could not be made do not make a verdict fail: show them.
    #[must_use]
    pub fn is_passed(&self) -> bool {
        self.checks.iter().all(|check| check.outcome != Outcome::Failed)
    }

    /// One check.
    #[must_use]
    pub fn check(&self, name: CheckName) -> Option<&Check> {
        self.checks.iter().find(|check| check.name == name)
    }

    /// The verdict as JSON: `{"v":1,"verdict":"passed|failed","lot","size","root","vkey","checks":[{"name","result","detail"?,
    /// "index"?}]}`; root in hexadecimal; size, root and vkey are `null` when unknown. The browser's verifier writes the same.
    #[must_use]
    pub fn to_json(&self) -> String {
        let verdict = if self.is_passed() { Outcome::Passed } else { Outcome::Failed };
        let mut checks = String::new();
        for check in &self.checks {
            if !checks.is_empty() {
                checks.push(',');
            }
            checks.push_str(&format!(r#"{{"name":"{}","result":"{}""#, check.name, check.outcome.as_str()));
            if let Some(detail) = &check.detail {
                checks.push_str(&format!(r#","detail":{}"#, json::text(detail)));
            }
            if let Some(index) = check.index {
                checks.push_str(&format!(r#","index":{index}"#));
            }
            checks.push('}');
        }
        format!(
            r#"{{"v":1,"verdict":"{}","lot":{},"size":{},"root":{},"vkey":{},"checks":[{checks}]}}"#,
            verdict.as_str(),
            json::text(&self.lot),
            json::or_null(self.size.map(|size| format!("{size}"))),
            json::or_null(self.root.map(|root| json::text(&format!("{root}")))),
            json::or_null(self.vkey.as_ref().map(|vkey| json::text(&format!("{vkey}")))),
        )
    }
}
