//! The summary in plain words. It follows from the bundle and the policy in the file alone, so that a verifier can write it anew and
//! compare.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use nguon_ledger::hash::Hash;
use nguon_verifier::bundle::Bundle;
use nguon_verifier::evidence::story::{Fact, Name, Portion, Story, Who};
use nguon_verifier::evidence::{Timestamps, named_blobs};
use nguon_verifier::verdict::{CheckName, Outcome, Verdict};

use crate::cli::Language;
use crate::cli::words::Words;

/// Writes the summary in one language.
pub(super) fn write(
    bundle: &Bundle,
    verdict: &Verdict,
    held: &BTreeSet<Hash>,
    timestamps: Timestamps<'_>,
    language: Language,
) -> String {
    let teller = Teller { words: Words::new(language), language };
    let story = Story::read(bundle);
    let mut text = String::new();
    teller.head(&mut text, bundle, &story, verdict);
    teller.story(&mut text, &story);
    teller.checks(&mut text, verdict);
    teller.files(&mut text, bundle, held, timestamps);
    text
}

struct Teller {
    words: Words,
    language: Language,
}

/// Adds a line. Writing to a string does not fail.
fn line(text: &mut String, line: &str) {
    let _ = writeln!(text, "{line}");
}

impl Teller {
    fn word(&self, key: &str) -> String {
        self.words.get(&format!("summary.{key}")).to_owned()
    }

    fn title(&self, text: &mut String, key: &str) {
        let title = self.word(key);
        let rule = "-".repeat(title.chars().count());
        line(text, &format!("\n{title}\n{rule}"));
    }

    fn head(&self, text: &mut String, bundle: &Bundle, story: &Story, verdict: &Verdict) {
        line(text, &self.word("title"));
        line(text, &"=".repeat(self.word("title").chars().count()));
        line(text, "");
        let product = story.product.as_ref().map_or_else(|| self.word("nameless"), |name| self.name(name));
        line(text, &format!("{}: {product}", self.word("product")));
        line(text, &format!("{}: {}", self.word("lot"), clean(bundle.lot())));
        line(text, &format!("{}: {}", self.word("verdict"), self.word(verdict_key(verdict))));
        let key = verdict.vkey.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string);
        line(text, &format!("{}: {key}", self.word("key")));
        line(text, &self.word("key_from"));
        let size = verdict.size.map_or_else(|| "?".to_owned(), |size| size.to_string());
        line(text, &format!("{}: {size}", self.word("size")));
    }

    fn story(&self, text: &mut String, story: &Story) {
        self.title(text, "story");
        line(text, &self.word("story_hint"));
        for fact in &story.facts {
            line(text, "");
            line(text, &self.deed(fact));
            line(text, &format!("    {}", self.source(fact)));
            if let Some(note) = &fact.note {
                line(text, &format!("    \"{}\"", clean(note)));
            }
        }
    }

    fn deed(&self, fact: &Fact) -> String {
        let verb = format!("deed.{}", fact.deed);
        let key = format!("summary.{verb}");
        let word = self.words.get(&key);
        // A word that this version does not know is shown as it was written.
        let word = if word == key { clean(&fact.deed) } else { word.to_owned() };
        let mut told = format!("{}  {word}", clean(&fact.when));
        if let Some(about) = fact.about {
            let _ = write!(told, " {} {about}", self.word("of_entry"));
        }
        if !fact.outputs.is_empty() {
            let _ = write!(told, ": {}", self.portions(&fact.outputs));
        }
        if !fact.inputs.is_empty() {
            let _ = write!(told, "; {}: {}", self.word("from"), self.portions(&fact.inputs));
        }
        if let Some(to) = &fact.to {
            let _ = write!(told, "; {} {}", self.word("to"), self.who(to));
        }
        if let Some(place) = &fact.place {
            let _ = write!(told, "; {} {}", self.word("at"), self.name(place));
        }
        told
    }

    fn portions(&self, portions: &[Portion]) -> String {
        portions.iter().map(|portion| self.portion(portion)).collect::<Vec<_>>().join(", ")
    }

    fn portion(&self, portion: &Portion) -> String {
        let mut told = String::new();
        if let Some(quantity) = &portion.quantity {
            let key = format!("summary.unit.{}", portion.uom.as_deref().unwrap_or("pieces"));
            let unit = self.words.get(&key);
            let unit = if unit == key { portion.uom.as_deref().unwrap_or_default() } else { unit };
            let _ = write!(told, "{} {} ", self.amount(quantity), clean(unit));
        }
        if let Some(product) = &portion.product {
            let _ = write!(told, "{} ", self.name(product));
        }
        let code = portion.lot.rsplit('/').next().unwrap_or(&portion.lot);
        told + &format!("({} {})", self.word("lot_short"), clean(code))
    }

    /// A number with the language's decimal sign, without zeros that say nothing.
    fn amount(&self, quantity: &str) -> String {
        let is_plain = quantity.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        let plain = match quantity.split_once('.') {
            Some(_) if is_plain => quantity.trim_end_matches('0').trim_end_matches('.'),
            _ => quantity,
        };
        match self.language {
            Language::Vi => plain.replace('.', ","),
            Language::En => plain.to_owned(),
        }
    }

    fn source(&self, fact: &Fact) -> String {
        let mut told = format!("{}: {}", self.word("says"), self.who(&fact.signer));
        if let Some(organisation) = &fact.acting_for {
            let _ = write!(told, ", {} {}", self.word("for"), self.who(organisation));
        }
        if let Some(member) = &fact.on_behalf_of {
            let _ = write!(told, ", {} {}", self.word("behalf"), self.who(member));
        }
        told + &format!(" [{} {}]", self.word("entry"), fact.index)
    }

    fn checks(&self, text: &mut String, verdict: &Verdict) {
        self.title(text, "checks");
        for check in &verdict.checks {
            let result = self.words.get(&format!("result.{}", check.outcome.as_str())).to_owned();
            let index = check.index.map(|index| format!(" [{} {index}]", self.word("entry"))).unwrap_or_default();
            let name = self.words.get(&format!("check.{}", check.name)).to_owned();
            line(text, &format!("{result:<12} {name}{index}"));
        }
        self.title(text, "limits");
        for key in ["limit_bag", "limit_words", "limit_key", "limit_new"] {
            line(text, &format!("* {}", self.word(key)));
        }
    }

    fn files(&self, text: &mut String, bundle: &Bundle, held: &BTreeSet<Hash>, timestamps: Timestamps<'_>) {
        self.title(text, "files");
        let named = named_blobs(bundle);
        let missing: Vec<_> = named.keys().filter(|hash| !held.contains(hash)).collect();
        let values = [("held", (named.len() - missing.len()).to_string()), ("named", named.len().to_string())];
        let values: Vec<_> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
        line(text, &self.words.fill("summary.blobs", &values));
        for hash in missing {
            line(text, &format!("  {} {hash}", self.word("withheld")));
        }
        if timestamps.rfc3161.is_some() {
            line(text, &self.word("rfc3161"));
        }
        if timestamps.ots.is_some() {
            line(text, &self.word("ots"));
        }
        line(text, &self.word("how"));
    }

    fn name(&self, name: &Name) -> String {
        clean(match self.language {
            Language::Vi => &name.vi,
            Language::En => name.en(),
        })
    }

    fn who(&self, who: &Who) -> String {
        match &who.name {
            Some(name) => self.name(name),
            // A person without a public name is called by the last part of the address that the statements use.
            None => clean(who.uri.rsplit('/').next().unwrap_or(&who.uri)),
        }
    }
}

/// The one line that the verdict comes to, as the consumer page says it.
fn verdict_key(verdict: &Verdict) -> &'static str {
    let outcome = |name| verdict.check(name).map(|check| check.outcome);
    let is_bad = verdict.checks.iter().any(|check| {
        check.outcome == Outcome::Failed && !matches!(check.name, CheckName::Recall | CheckName::Freshness)
    });
    if is_bad {
        "bad"
    } else if outcome(CheckName::Recall) == Some(Outcome::Failed) {
        "recalled"
    } else if outcome(CheckName::WitnessQuorum) == Some(Outcome::Passed) {
        "ok"
    } else {
        "ok_unwitnessed"
    }
}

/// What a stranger wrote, without what could pass for more than words: no line breaks, no control or direction characters.
fn clean(text: &str) -> String {
    let is_odd = |c: char| {
        c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().map(|c| if is_odd(c) { ' ' } else { c }).collect()
}
