//! Labels made of hand-made ledgers: what stands on them, that codes are read back, that hostile names command nothing.

use chrono::NaiveDate;

use super::{
    Dpi, Field, Format, LabelError, SIZES, Serials, Size, Tag, Wanted, WarningKind,
    facts::Facts,
    layout::{CodeSize, Design, Media, Own},
    make,
};
use crate::{
    fixture::{self, ATTACK, HOSTILE, LATE, Ledger, VERMICELLI, VKEY, hostile, late_gtin, vermicelli},
    link::ItemLink,
    locale::Lang,
    node::LedgerInfo,
    scratch::ScratchCode,
    serials::Commitment,
    story::Story,
};

const BASE: &str = "https://so.example.vn";

fn facts(ledger: &Ledger, lot: &str, lang: Lang) -> (ItemLink, Facts) {
    let today = NaiveDate::from_ymd_opt(2026, 3, 1).unwrap();
    let story = Story::read(&ledger.bundle(lot), lot, today).unwrap();
    let info = LedgerInfo { origin: fixture::ORIGIN.to_owned(), vkey: VKEY.to_owned(), policy: String::new() };
    let link = ItemLink::parse(lot).unwrap();
    let facts = Facts::of(&link, &story, &info, lang);
    (link, facts)
}

fn wanted(size: &str, format: Format) -> Wanted {
    Wanted {
        size: size.parse().unwrap(),
        format,
        dpi: Dpi::D203,
        count: None,
        first: 1,
        start_at: 1,
        nudge: (0, 0),
        has_marks: false,
        lang: "vi".to_owned(),
        phone: None,
    }
}

fn tag(base: &str, link: &ItemLink, serial: Option<&str>) -> Tag {
    let item = serial.map_or_else(|| link.clone(), |serial| link.with_serial(serial).unwrap());
    Tag { address: format!("{base}{}", item.page_path()), serial: serial.map(ToOwned::to_owned), scratch: None }
}

fn one(lot: &str, ledger: &Ledger, wanted: &Wanted) -> Result<super::Made, LabelError> {
    let (link, facts) = facts(ledger, lot, Lang::Vi);
    make(wanted, Lang::Vi, &facts, &[tag(BASE, &link, None)], &|_| {})
}

/// A PNG as rows of dots that are black.
fn dots(png: &[u8]) -> Vec<Vec<bool>> {
    let mut reader = png::Decoder::new(std::io::Cursor::new(png)).read_info().unwrap();
    let mut bits = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut bits).unwrap();
    let width = usize::try_from(info.width).unwrap();
    let row = |bytes: &[u8]| (0..width).map(|x| bytes[x / 8] & (0x80 >> (x % 8)) == 0).collect();
    bits.chunks(info.line_size).map(row).collect()
}

fn decode(dots: &[Vec<bool>]) -> String {
    let (width, height) = (dots[0].len(), dots.len());
    let mut image = rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| if dots[y][x] { 0 } else { 255 });
    image.detect_grids()[0].decode().unwrap().1
}

#[test]
fn a_label_says_what_the_ledger_knows() {
    let (_, facts) = facts(&vermicelli(false), VERMICELLI, Lang::En);
    let said = |field: Field| facts.lines.iter().find(|line| line.field == field).map(|line| line.text.as_str());
    assert_eq!(said(Field::Made), Some("Packed: 12 January 2025"));
    assert_eq!(said(Field::BestBefore), Some("Best before: 6 July 2026"));
    assert_eq!(said(Field::Lot), Some("Lot: MD-250112"));
    assert_eq!(said(Field::Net), Some("Net weight: 500\u{a0}g"));
    assert_eq!(said(Field::Key), Some("Ledger key: 0a1b2c3d"));
    assert!(said(Field::Maker).is_some() && said(Field::Place).is_some() && said(Field::Name).is_some());
    assert!(facts.code.text.starts_with("Code 8931234567897 MD-250112 "), "{}", facts.code.text);
    assert_eq!(said(Field::Ingredients), Some("Ingredients: Canna starch, water"));
    assert_eq!(said(Field::Storage), Some("Storage: Keep out of the sun"));
    assert_eq!(said(Field::Warnings), Some("Warning: Do not eat raw"));
    assert!(said(Field::Advice).is_some_and(|text| text.starts_with("Keep dry and cool")));
    assert!(facts.warnings.is_empty(), "{:?}", facts.warnings);
}

#[test]
fn what_is_missing_is_named_and_left_out() {
    let (_, facts) = facts(&hostile(), HOSTILE, Lang::Vi);
    let missing: Vec<Field> = facts
        .warnings
        .iter()
        .filter(|warning| warning.kind == WarningKind::Missing)
        .map(|warning| warning.field)
        .collect();
    assert_eq!(missing, [Field::Net, Field::BestBefore]);
    assert!(!facts.lines.iter().any(|line| missing.contains(&line.field)));
    let (_, facts) = self::facts(&late_gtin(), LATE, Lang::Vi);
    let codes: Vec<String> = facts.warnings.iter().map(super::Warning::code).collect();
    // Not all goods need warnings or a description.
    assert_eq!(codes, ["missing-net", "missing-best_before", "missing-ingredients", "missing-storage"]);
}

/// What the law asks for stays the longest, and everything that goes is named.
#[test]
fn a_small_label_gives_up_the_description_first() {
    let ledger = vermicelli(false);
    let (link, facts) = facts(&ledger, VERMICELLI, Lang::Vi);
    let left_out = |facts: &Facts, size: &str| -> Vec<String> {
        let made = make(&wanted(size, Format::Png), Lang::Vi, facts, &[tag(BASE, &link, None)], &|_| {}).unwrap();
        made.warnings.iter().map(super::Warning::code).collect()
    };
    assert_eq!(left_out(&facts, "a4-8"), [""; 0]);
    assert_eq!(left_out(&facts, "50x30")[..1], ["left_out-advice"]);
    let small = left_out(&facts, "40x30");
    assert!(small.contains(&"left_out-advice".to_owned()), "{small:?}");
    assert!(small.iter().all(|code| code.starts_with("left_out-")), "{small:?}");
}

/// The number to call stands behind the address, and where there is no room for it, that is said.
#[test]
fn a_telephone_number_is_printed_for_whoever_gives_one() {
    let (_, mut facts) = facts(&vermicelli(false), VERMICELLI, Lang::Vi);
    facts.set_phone(Some(&"0209 3812 345".parse().unwrap()), Lang::Vi);
    let at = facts.lines.iter().position(|line| line.field == Field::Phone).unwrap();
    assert_eq!(facts.lines[at - 1].field, Field::Place);
    assert_eq!(facts.lines[at].text, "\u{110}T: 0209 3812 345");
    let laid_out = |size: &str| {
        let media = Media { size: size.parse().unwrap(), dots: None };
        let own = Own { code: CodeSize { modules: 33, length: 52 }, serial: None, scratch: None };
        Design::of(media, &facts, own).unwrap()
    };
    assert!(laid_out("a4-24").texts.iter().any(|text| text.text.ends_with("0209 3812 345")));
    let small = laid_out("a4-65");
    assert!(!small.texts.iter().any(|text| text.text.ends_with("0209 3812 345")));
    assert!(small.warnings.iter().any(|warning| warning.code() == "left_out-phone"));
}

/// A narrow label writes the month in three letters before it gives up the address; and where a name is too long for the smallest
/// sticker, the name is cut, and said to be, rather than no label made.
#[test]
fn a_small_label_says_it_shorter_before_it_says_less() {
    let ledger = vermicelli(false);
    let (link, facts) = facts(&ledger, VERMICELLI, Lang::En);
    let laid_out = |size: &str, dots: Option<Dpi>, facts: &Facts| {
        let address = tag(BASE, &link, None).address;
        let code = CodeSize { modules: 33, length: address.len() };
        let media = Media { size: size.parse().unwrap(), dots };
        let design = Design::of(media, facts, Own { code, serial: None, scratch: None }).unwrap();
        let texts: Vec<String> = design.texts.into_iter().map(|text| text.text).collect();
        let codes: Vec<String> = design.warnings.iter().map(super::Warning::code).collect();
        (texts.join("\n"), codes)
    };
    // The code gives way too, to the narrowest module.
    for dots in [None, Some(Dpi::D300)] {
        let (texts, codes) = laid_out("40x30", dots, &facts);
        assert!(texts.contains("Packed: 12 Jan 2025\nBest by: 6 Jul 2026"), "{texts}");
        assert!(!codes.contains(&"left_out-place".to_owned()), "{codes:?}");
    }
    // The address outlasts what is less needed.
    let (_, codes) = laid_out("50x30", None, &facts);
    assert_eq!(codes, ["left_out-advice"]);
    let (texts, codes) = laid_out("a4-8", None, &facts);
    assert!(
        texts.contains("Packed: 12 January 2025\nBest before: 6 July 2026") && codes.is_empty(),
        "{texts} {codes:?}"
    );
    let mut long = facts;
    long.rename(
        "Vermicelli of the starch of canna as it is made by hand in the hills around the lake, five hundred grams",
    );
    let (texts, codes) = laid_out("a4-65", None, &long);
    assert!(codes.contains(&"cut-name".to_owned()) && texts.contains('\u{2026}'), "{texts} {codes:?}");
    assert!(texts.contains("Packed: 12 Jan 2025\nBest by: 6 Jul 2026"), "{texts}");
}

/// A list of ingredients as long as the ledger takes one stands whole where there is room, and else not at all; a shorter
/// text beside it does not go with it.
#[test]
fn long_ingredients_stand_whole_or_not_at_all() {
    let ledger = vermicelli(false);
    let (link, mut facts) = facts(&ledger, VERMICELLI, Lang::Vi);
    let long = format!("Ingredients: {}", "canna starch ".repeat(77).trim_end());
    facts.lines.retain(|line| !matches!(line.field, Field::Advice | Field::Warnings));
    for line in facts.lines.iter_mut().filter(|line| line.field == Field::Ingredients) {
        (line.text, line.short) = (long.clone(), None);
    }
    let codes = |size: &str| -> Vec<String> {
        let made = make(&wanted(size, Format::Png), Lang::Vi, &facts, &[tag(BASE, &link, None)], &|_| {}).unwrap();
        made.warnings.iter().map(super::Warning::code).collect()
    };
    assert_eq!(codes("a4-8"), [""; 0]);
    assert_eq!(codes("a4-24"), ["left_out-ingredients"]);
}

#[test]
fn every_size_and_resolution_is_read_back() {
    let ledger = vermicelli(false);
    let (link, facts) = facts(&ledger, VERMICELLI, Lang::Vi);
    for size in SIZES {
        for dpi in [Dpi::D203, Dpi::D300, Dpi::D600] {
            for serial in [None, Some("0123456789ABCDEF")] {
                let tag = tag(BASE, &link, serial);
                let wanted = Wanted { dpi, ..wanted(size.name(), Format::Png) };
                let made = make(&wanted, Lang::Vi, &facts, std::slice::from_ref(&tag), &|_| {});
                // Whole dots make modules too wide for the smallest sticker, whose sheets are printed from PDF.
                if size.name() == "a4-65" {
                    assert!(matches!(made, Err(LabelError::CodeTooLarge { .. } | LabelError::Room)));
                    continue;
                }
                let made = made.unwrap_or_else(|error| panic!("{} {dpi:?} {serial:?}: {error}", size.name()));
                assert_eq!(decode(&dots(&made.bytes)), tag.address, "{} {dpi:?}", size.name());
            }
        }
    }
}

/// The least module is 0.4 mm, the quiet zone four modules, and both are whole dots.
#[test]
fn modules_are_whole_dots_and_wide_enough() {
    for (size, dpi, dots_per_mm) in [("40x30", Dpi::D203, 8.0), ("50x30", Dpi::D203, 8.0), ("40x30", Dpi::D300, 11.81)]
    {
        let png = one(VERMICELLI, &vermicelli(false), &Wanted { dpi, ..wanted(size, Format::Png) }).unwrap().bytes;
        let rows = dots(&png);
        let half = rows[0].len() / 2;
        // The first row with a run longer than a diamond of the band is the upper edge of the finder patterns: seven modules.
        let run = |row: &[bool], at: usize| row[at..].iter().take_while(|dot| **dot).count();
        let starts = |y: usize| (half..rows[y].len()).map(move |x| (x, y));
        let is_edge = |&(x, y): &(usize, usize)| run(&rows[y], x) > 26;
        let (left, top) = (0..rows.len()).flat_map(starts).find(is_edge).unwrap();
        let seven = run(&rows[top], left);
        assert_eq!(seven % 7, 0, "{size} {dpi:?}");
        let module = seven / 7;
        assert!(f64::from(u32::try_from(module).unwrap()) / dots_per_mm >= 0.4, "{size} {dpi:?}: {module} dots");
        let width = module * 33;
        let quiet = module * 4;
        for (y, row) in rows.iter().enumerate().take(top + width + quiet).skip(top - quiet) {
            for (x, dot) in row.iter().enumerate().take(left + width + quiet).skip(left - quiet) {
                let is_code = (top..top + width).contains(&y) && (left..left + width).contains(&x);
                assert!(is_code || !dot, "{size} {dpi:?}: black at {x},{y} in the quiet zone");
            }
        }
        assert!(left + width + quiet <= rows[0].len(), "{size} {dpi:?}: the quiet zone ends on the label");
    }
}

#[test]
fn an_address_too_long_for_a_label_is_refused_with_the_way_out() {
    let (link, facts) = facts(&vermicelli(false), VERMICELLI, Lang::Vi);
    let long = format!("https://{}.example.vn", "truy-xuat-nguon-goc-".repeat(4));
    let error = make(&wanted("40x30", Format::Png), Lang::Vi, &facts, &[tag(&long, &link, None)], &|_| {}).unwrap_err();
    assert!(matches!(error, LabelError::CodeTooLarge { modules_max: 41, .. }), "{error}");
    assert!(error.to_string().contains("shorter host, or a larger label"), "{error}");
    assert!(make(&wanted("a4-8", Format::Pdf), Lang::Vi, &facts, &[tag(&long, &link, None)], &|_| {}).is_ok());
}

#[test]
fn hostile_names_command_no_printer() {
    let ledger = hostile();
    // Control signs of both languages, in the place of the goods' name, beside the fixture's own.
    for name in [ATTACK, "^XZ^XA^FO0,0^A0N,50,50^FDGIA^FS^XZ~JA", "A\"\r\nCLS\r\nPRINT 99,1\r\n\u{0}\u{1b}@"] {
        let (link, mut facts) = facts(&ledger, HOSTILE, Lang::Vi);
        facts.rename(name);
        let tags = [tag(BASE, &link, None)];
        let made = |format: Format| make(&wanted("50x30", format), Lang::Vi, &facts, &tags, &|_| {}).unwrap().bytes;

        let zpl = made(Format::Zpl);
        let text = std::str::from_utf8(&zpl).unwrap();
        let (head, rest) = text.split_once("^GFA,12000,12000,50,").unwrap();
        let (graphic, tail) = rest.split_once('^').unwrap();
        assert_eq!((head, tail), ("^XA^PW400^LL240^LH0,0^FO0,0", "FS^PQ1^XZ\n"));
        assert!(
            graphic.bytes().all(|b| b.is_ascii_alphanumeric() || b":,".contains(&b)),
            "only the graphic's own signs"
        );

        let tspl = made(Format::Tspl);
        let head =
            b"SIZE 50.0 mm,30.0 mm\r\nGAP 2 mm,0 mm\r\nDIRECTION 1\r\nREFERENCE 0,0\r\nCLS\r\nBITMAP 0,0,50,240,0,";
        let tail = b"\r\nPRINT 1,1\r\n";
        assert!(tspl.starts_with(head) && tspl.ends_with(tail));
        assert_eq!(tspl.len(), head.len() + 50 * 240 + tail.len(), "the printer counts the dots and then goes on");

        let svg = String::from_utf8(made(Format::Svg)).unwrap();
        assert_eq!(svg.matches('<').count(), 5, "the outlines and nothing else");
        let pdf = made(Format::Pdf);
        assert!(!pdf.windows(9).any(|window| window == b"alert(1)<"));
    }
}

#[test]
fn long_names_are_cut_and_said_so() {
    let (link, facts) = facts(&hostile(), HOSTILE, Lang::Vi);
    let made = make(&wanted("40x30", Format::Png), Lang::Vi, &facts, &[tag(BASE, &link, None)], &|_| {}).unwrap();
    let codes: Vec<String> = made.warnings.iter().map(super::Warning::code).collect();
    assert!(codes.contains(&"cut-name".to_owned()) && codes.contains(&"missing-net".to_owned()), "{codes:?}");
    assert_eq!(decode(&dots(&made.bytes)), format!("{BASE}/lot/0000H0ST11E00000"));
}

#[test]
fn limits_are_kept() {
    let ledger = vermicelli(false);
    let (link, facts) = facts(&ledger, VERMICELLI, Lang::Vi);
    let two = vec![tag(BASE, &link, None); 2];
    let try_with = |wanted: &Wanted| make(wanted, Lang::Vi, &facts, &two, &|_| {});
    assert!(matches!(try_with(&wanted("50x30", Format::Png)), Err(LabelError::OnePicture)));
    let start_at = 25;
    assert!(matches!(
        try_with(&Wanted { start_at, ..wanted("a4-24", Format::Pdf) }),
        Err(LabelError::StartAt { start_at: 25 })
    ));
    assert!(matches!(try_with(&Wanted { nudge: (1_001, 0), ..wanted("a4-24", Format::Pdf) }), Err(LabelError::Nudge)));
    for count in [0, super::LABELS_MAX + 1] {
        let wanted = Wanted { count: Some(count), ..wanted("a4-24", Format::Pdf) };
        assert!(matches!(wanted.lot_labels(), Err(LabelError::TooMany { .. })), "{count}");
    }
    assert_eq!(wanted("a4-24", Format::Pdf).lot_labels().unwrap(), 24);
    assert_eq!(Wanted { start_at: 21, ..wanted("a4-24", Format::Pdf) }.lot_labels().unwrap(), 4);
    assert!("a4-7".parse::<Size>().unwrap_err().to_string().contains("50x30"));
}

#[test]
fn a_list_of_serials_is_read_and_held_against_the_ledger() {
    let serials = Serials::read("\u{feff}B23456789012\r\nA23456789012\n\n").unwrap();
    assert_eq!(serials.to_list(), "A23456789012\nB23456789012");
    let committed = Commitment { count: 2, root: serials.root() };
    assert!(serials.clone().held_against(Some(committed)).is_ok());
    assert!(matches!(serials.clone().held_against(None), Err(LabelError::NoSerials)));
    let other = Serials::read("A23456789012\nB23456789013").unwrap();
    assert!(matches!(other.held_against(Some(committed)), Err(LabelError::OtherSerials { count: 2, committed: 2 })));
    let part = |first, count| serials.clone().part(first, count, super::LABELS_MAX);
    assert_eq!(part(2, None).unwrap()[0].serial, "B23456789012");
    assert!(matches!(part(3, None), Err(LabelError::First { first: 3, listed: 2 })));
    assert!(matches!(Serials::read("A B"), Err(LabelError::SerialLine { line: 1 })));
    assert!(matches!(Serials::read("A\nB\nA"), Err(LabelError::SerialTwice { serial }) if serial == "A"));
    assert!(matches!(Serials::read(" \n"), Err(LabelError::SerialLine { .. })));
}

#[test]
fn new_serials_are_many_random_bits_and_all_different() {
    let drawn = Serials::draw(2_000).unwrap();
    assert_eq!(Serials::read(&drawn.to_list()).unwrap(), drawn);
    let link = ItemLink::parse(VERMICELLI).unwrap();
    for serial in drawn.to_list().lines() {
        assert_eq!(serial.len(), 16);
        assert_eq!(link.with_serial(serial).unwrap().serial(), Some(serial));
    }
    // Five bits a letter: each letter of the alphabet comes about a thousand times among 32,000.
    for letter in "0123456789ABCDEFGHJKMNPQRSTVWXYZ".chars() {
        let times = drawn.to_list().matches(letter).count();
        assert!((800..1_200).contains(&times), "{letter}: {times}");
    }
    assert!(Serials::draw(0).is_err());
}

/// Packs with layers, ascending by their serials.
fn scratched(link: &ItemLink, count: usize) -> Vec<Tag> {
    let list = Serials::draw_scratch(count).unwrap();
    let line = |line: &str| {
        let (serial, code) = line.split_once('\t').unwrap();
        Tag { scratch: Some(ScratchCode::parse(code).unwrap()), ..tag(BASE, link, Some(serial)) }
    };
    list.to_list().lines().map(line).collect()
}

#[test]
fn a_scratch_code_stands_on_every_label_that_has_room_and_nothing_goes_missing_for_it() {
    let (link, facts) = facts(&vermicelli(false), VERMICELLI, Lang::Vi);
    let tags = scratched(&link, 1);
    for size in SIZES {
        for dpi in [Dpi::D203, Dpi::D300] {
            let wanted = Wanted { dpi, ..wanted(size.name(), Format::Png) };
            let made = match make(&wanted, Lang::Vi, &facts, &tags, &|_| {}) {
                Ok(made) => made,
                Err(LabelError::ScratchRoom { size: refused, smallest }) => {
                    assert!(refused == size.name() && smallest.parse::<Size>().unwrap().area() > size.area());
                    assert!(size.area() < 64_000_000 * 34, "{} has room", size.name());
                    continue;
                }
                Err(other) => panic!("{}: {other}", size.name()),
            };
            assert_eq!(decode(&dots(&made.bytes)), tags[0].address, "{} {dpi:?}", size.name());
            let is_serial_lost = made.warnings.iter().any(|warning| warning.field == Field::Serial);
            assert!(!is_serial_lost, "{} {dpi:?}: the serial stands beside the code", size.name());
        }
    }
    let made = |format, tags: &[Tag]| make(&wanted("a4-24", format), Lang::Vi, &facts, tags, &|_| {}).unwrap().bytes;
    let bare = Tag { scratch: None, ..tags[0].clone() };
    for format in [Format::Svg, Format::Png, Format::Zpl, Format::Tspl, Format::Pdf] {
        assert_ne!(made(format, &tags), made(format, std::slice::from_ref(&bare)), "{format:?} shows the code");
    }
}

#[test]
fn a_table_for_a_printing_house_has_a_row_for_each_pack() {
    let (link, facts) = facts(&vermicelli(false), VERMICELLI, Lang::Vi);
    let tags = scratched(&link, 3);
    // The smallest label has no room for any of this, and a table needs none.
    let made = make(&wanted("a4-65", Format::Csv), Lang::Vi, &facts, &tags, &|_| {}).unwrap();
    let mut expected = "\u{feff}url,serial,code,scratch\r\n".to_owned();
    for tag in &tags {
        let (serial, code) = (tag.serial.as_ref().unwrap(), tag.scratch.as_ref().unwrap().print());
        let short = crate::short_code::print(&link);
        expected.push_str(&format!("\"{}\",\"{serial}\",\"{short}\",\"{code}\"\r\n", tag.address));
    }
    assert_eq!((String::from_utf8(made.bytes).unwrap(), made.count), (expected, 3));
    let lot = make(&wanted("a4-65", Format::Csv), Lang::Vi, &facts, &[tag(BASE, &link, None)], &|_| {}).unwrap();
    assert!(String::from_utf8(lot.bytes).unwrap().ends_with(",\"\"\r\n"), "no serial and no code");
}

#[test]
fn a_list_with_codes_commits_to_the_same_and_is_refused_where_a_code_is_missing_or_anothers() {
    let drawn = Serials::draw_scratch(50).unwrap();
    let list = drawn.to_list();
    assert!(drawn.has_codes() && Serials::read(&list).unwrap() == drawn);
    let plain: Vec<&str> = list.lines().map(|line| line.split('\t').next().unwrap()).collect();
    let bare = Serials::read(&plain.join("\n")).unwrap();
    assert!(!bare.has_codes() && (bare.count(), bare.root()) == (50, drawn.root()));
    let lines: Vec<&str> = list.lines().collect();
    let code = |line: usize| lines[line].split('\t').nth(1).unwrap();
    for second in [plain[1].to_owned(), format!("{}\t{}", plain[1], code(0)), format!("{}\tAAAA", plain[1])] {
        let list = format!("{}\n{second}", lines[0]);
        assert!(matches!(Serials::read(&list), Err(LabelError::ScratchLine { line: 2 })), "{list}");
    }
}
