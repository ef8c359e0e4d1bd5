//! The strip at a label's foot: the code to type, and what fits beside it.

use super::{
    Field,
    facts::Facts,
    font::{Face, Weight},
    layout::{EDGE_UM, EM_MIN_UM, LEADING, Text, fitting_em},
    size::{MM, Size},
};

/// What stands below column and code: the code to type, and in a second row what still fits of the pack's serial number, the
/// key and a word to the reader.
pub(super) struct Strip {
    pub(super) height_um: i32,
    pub(super) code: Text,
    pub(super) serial: Option<Text>,
    pub(super) rest: Option<Text>,
    /// Whether the key stands here and not in the column.
    pub(super) has_key: bool,
}

/// Size of the code to type on a low label, and where room is short.
const SMALL_UM: i32 = 2_100;
/// Between two texts of a row, in hundredths of their size.
const SPACE: i32 = 160;

impl Strip {
    pub(super) fn of(
        size: Size,
        facts: &Facts,
        serial: Option<&str>,
        (rows, is_small): (usize, bool),
        (medium, bold): (&Face, &Face),
    ) -> Self {
        let room_um = size.width_um() - 2 * EDGE_UM;
        let is_tall = size.height_um() >= 30 * MM;
        let largest_um = if is_tall && !is_small { (size.height_um() / 16).max(2_600) } else { SMALL_UM };
        let code_em = fitting_em(bold, &facts.code.text, largest_um, room_um);
        let serial = serial.map(|serial| format!("{} {serial}", facts.serial_word));
        let key = facts.lines.iter().find(|fact| fact.field == Field::Key).map(|fact| fact.text.as_str());
        let key = key.filter(|_| rows > 1);
        let hint = (is_tall && rows > 1 && serial.is_none()).then_some(facts.hint);
        let fits = |texts: &[&str], em_um: i32| {
            let gaps = i32::try_from(texts.len().saturating_sub(1)).unwrap_or_default();
            let width: i32 = texts.iter().map(|text| medium.width_um(text, em_um)).sum();
            width + gaps * em_um * SPACE / 100 <= room_um
        };
        let all = [serial.as_deref(), key, hint];
        // The key may stand in the column instead, and the hint may be left out; a serial number is never cut.
        let choices = [all, [serial.as_deref(), key, None], [serial.as_deref(), None, None]];
        let chosen = choices.iter().find(|choice| fits(&present(choice.as_slice()), EM_MIN_UM)).unwrap_or(&choices[2]);
        let texts = present(chosen);
        let em_um = (EM_MIN_UM * 4 / 5..=largest_um * 4 / 5).rev().step_by(25).find(|em_um| fits(&texts, *em_um));
        let em_um = if texts.is_empty() { 0 } else { em_um.unwrap_or(EM_MIN_UM * 4 / 5) };

        let foot_um = size.height_um() - 700 - em_um * 25 / 100;
        let code_foot = if em_um > 0 { foot_um - em_um * 116 / 100 } else { foot_um - code_em / 5 };
        let set =
            |left_um: i32, text: &str| Text { left_um, foot_um, em_um, weight: Weight::Medium, text: text.to_owned() };
        let after = serial.as_deref().map_or(0, |serial| medium.width_um(serial, em_um) + em_um * SPACE / 100);
        let rest = texts.iter().skip(usize::from(serial.is_some())).copied().collect::<Vec<_>>().join("  \u{b7}  ");
        Self {
            height_um: code_em * LEADING / 100 + em_um * LEADING / 100 + 700,
            code: Text {
                left_um: EDGE_UM,
                foot_um: code_foot,
                em_um: code_em,
                weight: Weight::Bold,
                text: facts.code.text.clone(),
            },
            rest: (!rest.is_empty()).then(|| set(EDGE_UM + after, &rest)),
            has_key: chosen[1].is_some(),
            serial: serial.as_deref().map(|serial| set(EDGE_UM, serial)),
        }
    }
}

fn present<'a>(texts: &[Option<&'a str>]) -> Vec<&'a str> {
    texts.iter().flatten().copied().collect()
}
