//! The form for the code under a scratch layer, and what is said of a code. It works without script.

use chrono::{DateTime, FixedOffset};
use maud::{Markup, html};

use super::{
    Frame, document,
    icon::{self, Sign},
};
use crate::{link::ItemLink, scans::Scans, service::at_home, story::Story};

/// Longest text that the field takes: a code with a blank between any two letters.
const TYPED_CHARS_MAX: usize = 40;

/// What is said of what was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ScratchState {
    /// Nothing was.
    Empty,
    /// It is the code of this pack, entered so often.
    Right(Scans),
    /// It is a code, and not of this pack.
    Wrong,
    /// It has a letter that is mistyped.
    Mistyped,
    /// It is not built as a code.
    Shape,
    /// It is the serial.
    Serial,
    /// It is the code, and that could not be recorded.
    NotKept,
}

impl ScratchState {
    /// Sign, words and further words, but for the right code and where nothing was typed.
    fn fault(self) -> Option<(Sign, &'static str, &'static str)> {
        match self {
            Self::Empty | Self::Right(_) => None,
            Self::Wrong => Some((Sign::Stop, "scratch.wrong", "scratch.wrong_help")),
            Self::Mistyped => Some((Sign::Mind, "scratch.mistyped", "scratch.mistyped_help")),
            Self::Shape => Some((Sign::Mind, "scratch.shape", "scratch.shape_help")),
            Self::Serial => Some((Sign::Mind, "scratch.serial", "scratch.serial_help")),
            Self::NotKept => Some((Sign::Mind, "scratch.not_kept", "scratch.not_kept_help")),
        }
    }
}

/// What the page is made of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ScratchPage<'a> {
    pub(crate) frame: Frame<'a>,
    pub(crate) link: &'a ItemLink,
    /// What is told of the lot, where the node or a copy tells it.
    pub(crate) story: Option<&'a Story>,
    pub(crate) state: ScratchState,
    pub(crate) typed: &'a str,
}

/// The page.
pub(crate) fn scratch_page(page: ScratchPage<'_>) -> Markup {
    let words = page.frame.words;
    let lang = words.lang();
    let name = page.story.and_then(|story| story.product.as_ref()).and_then(|product| product.name.as_ref());
    let is_recalled = page.story.is_some_and(|story| !story.recalls.is_empty());
    let pack = format!("{}?lang={}", page.link.page_path(), lang.code());
    let main = html! {
        main #main.plain {
            @if let ScratchState::Right(scans) = page.state {
                (page.right(scans))
            } @else if let Some((sign, line, help)) = page.state.fault() {
                (box_of(sign, words.get(line), words.get(help)))
            }
            h1 { (words.get("scratch.title")) }
            p {
                @if let Some(name) = name { strong { (name.in_lang(lang).0) } " \u{b7} " }
                (words.get("lot.pack")) " " span.lot { (page.link.serial().unwrap_or_default()) }
            }
            @if is_recalled { p.flag { (icon::sign(Sign::Stop)) (words.get("verdict.recalled")) } }
            @if !matches!(page.state, ScratchState::Right(_)) { (page.form()) }
            @if page.can_report() { p { a.button href={ (page.link.page_path()) "/report?lang=" (lang.code()) } { (words.get("report.open")) } } }
            p { a.button.quiet href=(pack) { (words.get("report.back")) } }
            section aria-labelledby="limits" {
                h2 #limits { (words.get("limits.title")) }
                p { (words.get("scratch.limits")) }
                p.hint { (words.get("scratch.privacy")) }
            }
        }
    };
    // The title is what is read aloud first.
    let title = if let ScratchState::Right(scans) = page.state {
        page.right_line(scans)
    } else {
        words.get(page.state.fault().map_or("scratch.title", |(_, line, _)| line)).to_owned()
    };
    document(page.frame, &title, None, &main)
}

impl ScratchPage<'_> {
    /// The first time, or that somebody had the code before.
    fn right(&self, scans: Scans) -> Markup {
        let words = self.frame.words;
        let line = self.right_line(scans);
        if scans.count > 1 {
            return box_of(Sign::Mind, &line, words.get("scratch.again_help"));
        }
        let time = words.date_time(first_time(scans.first_seconds));
        box_of(Sign::Held, &line, &words.fill("scratch.first_help", &[("t", &time)]))
    }

    fn right_line(&self, scans: Scans) -> String {
        let words = self.frame.words;
        if scans.count <= 1 {
            return words.get("scratch.first").to_owned();
        }
        let time = words.date_time(first_time(scans.first_seconds));
        words.fill("scratch.again", &[("n", &scans.count.to_string()), ("t", &time)])
    }

    /// Whether the words above are such as the makers should hear of.
    fn can_report(&self) -> bool {
        matches!(self.state, ScratchState::Wrong | ScratchState::Right(Scans { count: 2.., .. }))
    }

    fn form(&self) -> Markup {
        let words = self.frame.words;
        html! {
            form.find action={ (self.frame.path) "?lang=" (words.lang().code()) } method="post" {
                p { (words.get("scratch.lead")) }
                label for="code" { (words.get("scratch.field")) }
                div.row {
                    input #code.lot name="code" type="text" required maxlength=(TYPED_CHARS_MAX) autocomplete="off" autocapitalize="characters"
                        spellcheck="false" placeholder="XXXX-XXXX-XXXX-XXXX" aria-describedby="code-hint" value=(self.typed);
                }
                p #code-hint.hint { (words.get("scratch.hint")) }
                p { button.button type="submit" { (words.get("scratch.send")) } }
            }
        }
    }
}

fn box_of(sign: Sign, line: &str, help: &str) -> Markup {
    // Green is what the reader's own device has checked; this is the service's word.
    let class = match sign {
        Sign::Held | Sign::Tick => "held",
        Sign::Mind => "mind",
        Sign::Stop => "stop quiet",
    };
    html! {
        section class={ "verdict " (class) } role="status" {
            (icon::sign(sign))
            div.words { p.line { (line) } p { (help) } }
        }
    }
}

/// When a code was entered first, by the clocks of the ledger's people.
fn first_time(seconds: u64) -> DateTime<FixedOffset> {
    let utc = i64::try_from(seconds).ok().and_then(|seconds| DateTime::<chrono::Utc>::from_timestamp(seconds, 0));
    at_home(utc.unwrap_or_default())
}
