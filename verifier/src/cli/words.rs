//! The words for people, in two languages.

use nguon_ledger::json::Json;

use super::Language;

const EN: &str = include_str!("../../locales/en.json");
const VI: &str = include_str!("../../locales/vi.json");

/// The words of one language.
pub(super) struct Words(Json<'static>);

impl Words {
    pub(super) fn new(language: Language) -> Self {
        let text = match language {
            Language::En => EN,
            Language::Vi => VI,
        };
        // The files are part of the program; a test reads both.
        Self(Json::parse(text.as_bytes()).unwrap_or(Json::Null))
    }

    /// The words under a key, or the key where there are none.
    pub(super) fn get<'w>(&'w self, key: &'w str) -> &'w str {
        self.0.as_object().and_then(|words| words.get(key)).and_then(Json::as_str).unwrap_or(key)
    }

    /// The words under a key with `{name}` filled in.
    pub(super) fn fill(&self, key: &str, values: &[(&str, &str)]) -> String {
        let mut text = self.get(key).to_owned();
        for (name, value) in values {
            text = text.replace(&format!("{{{name}}}"), value);
        }
        text
    }

    /// What a check is called.
    pub(super) fn check(&self, name: &str) -> String {
        let key = format!("check.{name}");
        format!("{name} ({})", self.get(&key))
    }
}

#[cfg(test)]
mod tests {
    use nguon_verifier::audit::AuditCheck;
    use nguon_verifier::evidence::FileCheck;
    use nguon_verifier::verdict::CheckName;

    use super::*;

    #[test]
    fn every_check_has_a_name_in_both_languages() {
        let bundle = CheckName::ALL.iter().map(|check| check.as_str());
        let files = FileCheck::ALL.iter().map(|check| check.as_str());
        let bundle = bundle.chain([CheckName::SerialIncluded.as_str()]);
        let names: Vec<_> = bundle.chain(files).chain(AuditCheck::ALL.iter().map(|check| check.as_str())).collect();
        for words in [Words::new(Language::En), Words::new(Language::Vi)] {
            for name in &names {
                let key = format!("check.{name}");
                assert_ne!(words.get(&key), key);
            }
        }
    }
}
