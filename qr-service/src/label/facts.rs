//! What a label says of a lot: facts of the ledger in the words of one language, and the names of those that are missing.

use chrono::{DateTime, FixedOffset, NaiveDate};
use icu_normalizer::ComposingNormalizerBorrowed;

use super::{Field, Phone, Warning, WarningKind, font::Weight};
use crate::{
    link::ItemLink,
    locale::{Lang, Words},
    node::LedgerInfo,
    short_code,
    story::{Kind, PartyClass, Story, Text},
};

/// Longest text of one fact that is looked at. The ledger has no longer ones, so none is cut without a word.
const FACT_CHARS_MAX: usize = 1_000;
/// What stands for a letter that the font does not have.
const NO_GLYPH: char = '?';

/// Units that follow a number in the names of goods.
const UNITS: [&str; 7] = ["g", "kg", "ml", "l", "L", "mg", "l\u{ed}t"];
const NO_BREAK: char = '\u{a0}';

/// The word before a fact, and a shorter one.
type Word = Option<(&'static str, Option<&'static str>)>;

/// One line of a label before it is laid out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fact {
    pub(crate) field: Field,
    pub(crate) text: String,
    /// The same in fewer letters, for a narrow column.
    pub(crate) short: Option<String>,
}

/// All that a label says besides its code.
#[derive(Debug)]
pub(crate) struct Facts {
    /// In the order in which they stand on the label.
    pub(crate) lines: Vec<Fact>,
    /// The code to type, with the word before it.
    pub(crate) code: Fact,
    /// The same without the word.
    pub(crate) short_code: String,
    /// What stands beside a scratch layer.
    pub(crate) scratch_word: &'static str,
    /// The word before a pack's serial number.
    pub(crate) serial_word: &'static str,
    /// What is said where no serial number stands.
    pub(crate) hint: &'static str,
    pub(crate) warnings: Vec<Warning>,
}

impl Facts {
    /// What the ledger knows of the lot.
    pub(crate) fn of(link: &ItemLink, story: &Story, ledger: &LedgerInfo, lang: Lang) -> Self {
        let words = Words::of(lang);
        let mut facts = Self {
            lines: Vec::new(),
            code: Fact { field: Field::Code, text: String::new(), short: None },
            short_code: short_code::print(link),
            scratch_word: words.get("label.scratch"),
            serial_word: words.get("label.serial"),
            hint: words.get("label.hint"),
            warnings: Vec::new(),
        };
        let said = |text: &Text| text.in_lang(lang).0.to_owned();
        let product = story.product.as_ref();
        facts.add(Field::Name, None, product.and_then(|product| product.name.as_ref()).map(said));
        let maker = story.maker.as_ref().filter(|maker| maker.class != PartyClass::Device);
        facts.add(Field::Maker, None, maker.and_then(|maker| maker.name.as_ref()).map(said));
        let place = story.made_at.as_ref().and_then(|place| place.today.as_ref().or(place.then.as_ref()));
        facts.add(Field::Place, Some((words.get("label.place"), None)), place.map(said));
        let net = product.and_then(|product| product.net_content).map(|net| net.show(words));
        facts.add(Field::Net, Some((words.get("label.net"), words.find("label.short.net"))), net);
        let (made, made_short) = made_keys(story);
        let made_words = (words.get(made), words.find(made_short));
        facts.add_date(Field::Made, made_words, Some(story.made.date_naive()), words);
        let best_words = (words.get("label.best_before"), words.find("label.short.best_before"));
        facts.add_date(Field::BestBefore, best_words, story.best_before, words);
        facts.add(
            Field::Lot,
            Some((words.get("label.lot"), None)),
            link.lot_parts().0.map(|_| link.short_lot().to_owned()),
        );
        let fingerprint = ledger.vkey.split('+').nth(1).map(ToOwned::to_owned);
        facts.add(Field::Key, Some((words.get("label.key"), None)), fingerprint);
        for (field, word, short, text) in [
            (
                Field::Ingredients,
                "label.ingredients",
                "label.short.ingredients",
                product.map(|product| &product.ingredients),
            ),
            (Field::Storage, "label.storage", "label.short.storage", product.map(|product| &product.storage)),
            (Field::Warnings, "label.warnings", "label.short.warnings", product.map(|product| &product.warnings)),
        ] {
            let text = text.and_then(Option::as_ref).map(said);
            facts.add(field, Some((words.get(word), words.find(short))), text);
        }
        let advice = product.and_then(|product| product.description.as_ref()).map(said);
        facts.add(Field::Advice, None, advice);
        // An own lot's id is the code without its check digits and stands there.
        let word = words.get(if link.lot_parts().0.is_some() { "label.code" } else { "label.lot_code" });
        facts.code.text = format!("{word} {}", facts.short_code);
        facts
    }

    /// Puts the telephone number behind the maker's name and address.
    pub(crate) fn set_phone(&mut self, phone: Option<&Phone>, lang: Lang) {
        let Some(phone) = phone else { return };
        let at = self.lines.partition_point(|line| line.field <= Field::Place);
        let text = format!("{} {}", Words::of(lang).get("label.phone"), phone.as_str());
        self.lines.insert(at, Fact { field: Field::Phone, text, short: Some(phone.as_str().to_owned()) });
    }

    /// What the file is called in a viewer: the goods and their lot.
    pub(crate) fn title(&self) -> String {
        let name = self.lines.iter().find(|line| line.field == Field::Name).map(|line| line.text.as_str());
        format!("{} {}", name.unwrap_or_default(), self.code.text).trim().to_owned()
    }

    /// Gives the goods another name, as if the ledger had it.
    #[cfg(test)]
    pub(crate) fn rename(&mut self, name: &str) {
        self.lines.retain(|line| line.field != Field::Name);
        self.add(Field::Name, None, Some(name.to_owned()));
    }

    /// A day, whose month is written in fewer letters where the word before it is.
    fn add_date(
        &mut self,
        field: Field,
        (word, short): (&'static str, Option<&str>),
        day: Option<NaiveDate>,
        words: Words,
    ) {
        self.add(field, Some((word, None)), day.map(|day| words.date(day)));
        let brief = day.map(|day| format!("{} {}", short.unwrap_or(word), words.brief_date(day)));
        if let Some(fact) = self.lines.last_mut().filter(|fact| fact.field == field) {
            fact.short = brief;
        }
    }

    fn add(&mut self, field: Field, word: Word, text: Option<String>) {
        let cleaned = text.map(|text| clean(&text)).filter(|(text, _)| !text.is_empty());
        let Some((text, is_whole)) = cleaned else {
            // An own lot has no other number than its code; and not all goods need warnings or a description.
            if !matches!(field, Field::Lot | Field::Warnings | Field::Advice) {
                self.warnings.push(Warning { kind: WarningKind::Missing, field });
            }
            return;
        };
        if !is_whole {
            self.warnings.push(Warning { kind: WarningKind::Unprintable, field });
        }
        let after = |word: &str| format!("{word} {text}");
        self.lines.push(Fact {
            field,
            short: word.and_then(|(_, short)| short).map(after),
            text: word.map_or_else(|| text.clone(), |(word, _)| after(word)),
        });
    }
}

/// The word before the day on which the lot came into being: it was harvested, packed, or made.
fn made_keys(story: &Story) -> (&'static str, &'static str) {
    let is_birth = |when: DateTime<FixedOffset>| when == story.made;
    let births = story.steps.iter().filter(|step| step.records.iter().any(|record| is_birth(record.when)));
    let last = births.map(|step| step.kind).rfind(|kind| matches!(kind, Kind::Harvest | Kind::Pack));
    match last {
        Some(Kind::Harvest) => ("label.harvested", "label.short.harvested"),
        Some(Kind::Pack) => ("label.packed", "label.short.packed"),
        _ => ("label.made", "label.short.made"),
    }
}

/// A text as the font can write it, in composed letters, and whether nothing was lost.
fn clean(text: &str) -> (String, bool) {
    let face = Weight::Medium.face();
    let mut is_whole = true;
    let mut out = String::new();
    let composed = ComposingNormalizerBorrowed::new_nfc().normalize(text);
    for letter in composed.chars().take(FACT_CHARS_MAX) {
        let is_known = face.is_some_and(|face| face.has(letter));
        match letter {
            _ if letter.is_whitespace() => {
                if !out.ends_with(char::is_whitespace) && !out.is_empty() {
                    // The space between a number and its unit stays one where no line ends.
                    out.push(if letter == NO_BREAK { letter } else { ' ' });
                }
            }
            _ if letter.is_control() => is_whole = false,
            _ if is_known => out.push(letter),
            _ => {
                is_whole = false;
                if !out.ends_with(NO_GLYPH) {
                    out.push(NO_GLYPH);
                }
            }
        }
    }
    (keep_units(out.trim_end()), is_whole)
}

/// Keeps a number and its unit in one row.
fn keep_units(text: &str) -> String {
    let mut kept = String::new();
    for word in text.split(' ') {
        let is_unit = UNITS.contains(&word.trim_end_matches([',', '.', ')']));
        if !kept.is_empty() {
            kept.push(if is_unit && kept.ends_with(|c: char| c.is_ascii_digit()) { NO_BREAK } else { ' ' });
        }
        kept.push_str(word);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::clean;

    #[test]
    fn letters_are_composed_and_what_cannot_be_printed_is_named() {
        assert_eq!(clean("Mie\u{302}\u{301}n do\u{31b}\u{323}i"), ("Mi\u{1ebf}n d\u{1ee3}i".to_owned(), true));
        assert_eq!(clean("  a\t\u{a0} b\u{a0}g\n"), ("a b\u{a0}g".to_owned(), true));
        assert_eq!(clean("a\u{202e}\u{1f984}b\u{7}"), ("a?b".to_owned(), false));
        assert_eq!(clean("^XA~JA\"\\&"), ("^XA~JA\"\\&".to_owned(), true));
    }
}
