//! Labels as a co-op prints them, from the demo ledger, read back by a decoder that shares no code with the encoder: zbar.
//! PDFs are drawn by poppler first.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Arc, Mutex, Weak};

use anyhow::Context as _;
use nguon_tests::process::Node;
use nguon_tests::{binary, temp_dir};
use tempfile::TempDir;

const BASE: &str = "https://so.example.vn";
const LOT: &str = "https://id.gs1.org/01/08938505970011/10/MD-251214";
const LOT_PATH: &str = "/01/08938505970011/10/MD-251214";

/// The demo ledger, served.
struct Demo {
    folder: TempDir,
    node: Node,
}

/// One demo for the tests that run at the same time; the last of them takes it away.
fn demo() -> Arc<Demo> {
    static RUNNING: Mutex<Weak<Demo>> = Mutex::new(Weak::new());
    // A poisoned lock only says that another test failed; what it holds is never half written.
    let mut running = RUNNING.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    if let Some(demo) = running.upgrade() {
        return demo;
    }
    let folder = temp_dir().unwrap();
    let mut command = Command::new(binary("nguon").unwrap());
    command.args(["demo", "--listen", "127.0.0.1:0", "--data"]).arg(folder.path().join("demo"));
    let demo = Arc::new(Demo { folder, node: Node::start(command).unwrap() });
    *running = Arc::downgrade(&demo);
    demo
}

impl Demo {
    fn serials(&self) -> PathBuf {
        self.folder.path().join("demo/serials/md-251214.txt")
    }

    /// The first of the lot's serial numbers.
    fn first_serials(&self, count: usize) -> Vec<String> {
        let list = std::fs::read_to_string(self.serials()).unwrap();
        list.lines().take(count).map(ToOwned::to_owned).collect()
    }

    fn attempt(&self, arguments: &[&str], out: &Path) -> Output {
        let mut command = Command::new(binary("nguon-qr").unwrap());
        command.args(["labels", LOT, "--node", self.node.url(), "--base", BASE, "--out"]).arg(out).args(arguments);
        command.output().unwrap()
    }

    /// Labels that must succeed.
    fn labels(&self, arguments: &[&str], name: &str) -> (TempDir, PathBuf) {
        let folder = temp_dir().unwrap();
        let out = folder.path().join(name);
        let output = self.attempt(arguments, &out);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        (folder, out)
    }
}

/// Shades of grey, row by row; 255 is white.
#[derive(Clone)]
struct Picture {
    width: usize,
    height: usize,
    shades: Vec<f32>,
}

impl Picture {
    /// Reads the binary form of PGM, which poppler writes.
    fn pgm(bytes: &[u8]) -> Self {
        let mut at = 0;
        let mut word = || {
            let from = at;
            at += bytes[from..].iter().position(u8::is_ascii_whitespace).unwrap() + 1;
            String::from_utf8(bytes[from..at - 1].to_vec()).unwrap()
        };
        assert_eq!(word(), "P5");
        let (width, height): (usize, usize) = (word().parse().unwrap(), word().parse().unwrap());
        assert_eq!(word(), "255");
        let shades = bytes[at..at + width * height].iter().map(|shade| f32::from(*shade)).collect();
        Self { width, height, shades }
    }

    /// Reads the PNG by poppler's and zbar's own means: none of them shares code with ours.
    fn png(path: &Path) -> Self {
        let mut reader = png::Decoder::new(std::io::BufReader::new(std::fs::File::open(path).unwrap()));
        reader.set_transformations(png::Transformations::EXPAND);
        let mut reader = reader.read_info().unwrap();
        let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut bytes).unwrap();
        let (width, height) = (usize::try_from(info.width).unwrap(), usize::try_from(info.height).unwrap());
        let row = |row: &[u8]| row[..width].iter().map(|shade| f32::from(*shade)).collect::<Vec<_>>();
        Self { width, height, shades: bytes.chunks(info.line_size).flat_map(row).collect() }
    }

    /// One bit a dot, in rows of whole bytes; a set bit is black.
    fn bits(width: usize, bytes: &[u8]) -> Self {
        let row_bytes = width.div_ceil(8);
        let row = |row: &[u8]| {
            (0..width).map(|x| if row[x / 8] & (0x80 >> (x % 8)) == 0 { 255.0 } else { 0.0 }).collect::<Vec<_>>()
        };
        Self { width, height: bytes.len() / row_bytes, shades: bytes.chunks(row_bytes).flat_map(row).collect() }
    }

    /// The shade at a place between pixels; white outside.
    fn at(&self, x: f32, y: f32) -> f32 {
        let pixel = |x: f32, y: f32| {
            let inside = x >= 0.0 && y >= 0.0 && x < size(self.width) && y < size(self.height);
            if inside { self.shades[whole(y) * self.width + whole(x)] } else { 255.0 }
        };
        let (left, top) = (x.floor(), y.floor());
        let (right_share, below_share) = (x - left, y - top);
        let row = |y: f32| pixel(left, y) * (1.0 - right_share) + pixel(left + 1.0, y) * right_share;
        row(top) * (1.0 - below_share) + row(top + 1.0) * below_share
    }

    fn draw(width: usize, height: usize, shade: impl Fn(usize, usize) -> f32) -> Self {
        let shades = (0..width * height).map(|at| shade(at % width, at / width)).collect();
        Self { width, height, shades }
    }

    fn crop(&self, left: usize, top: usize, width: usize, height: usize) -> Self {
        Self::draw(width, height, |x, y| self.at(size(left + x), size(top + y)))
    }

    /// Smaller or larger, each pixel the mean of nine samples.
    fn scaled(&self, factor: f32) -> Self {
        let side = |length: usize| whole(size(length) * factor);
        Self::draw(side(self.width), side(self.height), |x, y| {
            let sample =
                |n: usize| self.at((size(x) + size(n % 3) / 3.0) / factor, (size(y) + size(n / 3) / 3.0) / factor);
            (0..9).map(sample).sum::<f32>() / 9.0
        })
    }

    /// Each pixel the mean of those around it.
    fn blurred(&self, radius: usize) -> Self {
        let side = 2 * radius + 1;
        Self::draw(self.width, self.height, |x, y| {
            let sample = |n: usize| self.at(size(x + n % side) - size(radius), size(y + n / side) - size(radius));
            (0..side * side).map(sample).sum::<f32>() / size(side * side)
        })
    }

    /// Turned about its middle, on white.
    fn turned(&self, degrees: f32) -> Self {
        let (sin, cos) = degrees.to_radians().sin_cos();
        let side = self.width + self.height;
        let middle = size(side) / 2.0;
        Self::draw(side, side, |x, y| {
            let (x, y) = (size(x) - middle, size(y) - middle);
            self.at(x * cos + y * sin + size(self.width) / 2.0, y * cos - x * sin + size(self.height) / 2.0)
        })
    }

    /// What zbar reads, with a margin of white around: a label lies on something.
    fn read(&self) -> String {
        let folder = temp_dir().unwrap();
        let path = folder.path().join("label.pgm");
        let (width, height) = (self.width + 40, self.height + 40);
        let mut file = format!("P5\n{width} {height}\n255\n").into_bytes();
        let framed = Self::draw(width, height, |x, y| self.at(size(x) - 20.0, size(y) - 20.0));
        file.extend(framed.shades.iter().map(|shade| u8::try_from(whole(*shade)).unwrap()));
        std::fs::write(&path, file).unwrap();
        zbar(&path)
    }
}

#[expect(clippy::as_conversions, clippy::cast_precision_loss, reason = "pixels of a small picture")]
fn size(length: usize) -> f32 {
    length as f32
}

#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "pixels of a small picture, never below zero"
)]
fn whole(length: f32) -> usize {
    length.max(0.0) as usize
}

fn zbar(path: &Path) -> String {
    let mut command = Command::new("zbarimg");
    command.args(["--quiet", "--raw", "-Sdisable", "-Sqrcode.enable"]).arg(path);
    let output = command.output().context("zbarimg is missing: install zbar-tools, or run tests/run").unwrap();
    String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
}

/// The first page of a PDF, at so many dots an inch.
fn page(pdf: &Path, dpi: u32) -> Picture {
    let out = pdf.with_extension("");
    let mut command = Command::new("pdftoppm");
    command.args(["-gray", "-singlefile", "-f", "1", "-l", "1", "-r", &dpi.to_string()]).arg(pdf).arg(&out);
    let output = command.output().context("pdftoppm is missing: install poppler-utils, or run tests/run").unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Picture::pgm(&std::fs::read(out.with_extension("pgm")).unwrap())
}

fn address(serial: Option<&str>) -> String {
    serial.map_or_else(|| format!("{BASE}{LOT_PATH}"), |serial| format!("{BASE}{LOT_PATH}/21/{serial}"))
}

#[test]
fn thermal_labels_are_read_back_small_blurred_and_turned() {
    let demo = demo();
    let serials = demo.serials().display().to_string();
    let serial = demo.first_serials(1).remove(0);
    for size in ["50x30", "40x30"] {
        for dpi in ["203", "300"] {
            let with_serial = ["--size", size, "--dpi", dpi, "--serials", &serials];
            for (arguments, serial) in [(&with_serial[..4], None), (&with_serial[..], Some(serial.as_str()))] {
                let (_folder, out) = demo.labels(arguments, "label.png");
                assert_eq!(zbar(&out), address(serial), "{arguments:?}");
                let label = Picture::png(&out);
                let turned =
                    [17.0, 45.0, 90.0, 180.0].map(|degrees| (format!("turned by {degrees}"), label.turned(degrees)));
                let damaged = [
                    ("smaller".to_owned(), label.scaled(0.62)),
                    ("larger".to_owned(), label.scaled(1.7)),
                    ("blurred".to_owned(), label.blurred(1)),
                    ("smaller and blurred".to_owned(), label.scaled(0.75).blurred(1)),
                    ("turned and blurred".to_owned(), label.turned(8.0).blurred(1)),
                ];
                for (how, picture) in damaged.into_iter().chain(turned) {
                    assert_eq!(picture.read(), address(serial), "{arguments:?} {how}");
                }
            }
        }
    }
}

/// The sheet as its maker states it: columns, rows, label, pitch and margin in micrometres.
struct Sheet {
    name: &'static str,
    grid: (usize, usize),
    label: (usize, usize),
    pitch: (usize, usize),
    margin: (usize, usize),
    has_serials: bool,
}

const fn sheet(
    name: &'static str,
    grid: (usize, usize),
    label: (usize, usize),
    gap: usize,
    margin: (usize, usize),
) -> Sheet {
    Sheet { name, grid, label, pitch: (label.0 + gap, label.1), margin, has_serials: true }
}

const SHEETS: [Sheet; 7] = [
    // No room for the longer code of a pack.
    Sheet { has_serials: false, ..sheet("a4-65", (5, 13), (38_100, 21_200), 2_500, (4_750, 10_700)) },
    sheet("a4-24", (3, 8), (63_500, 33_900), 2_500, (7_250, 12_900)),
    sheet("a4-24-wide", (3, 8), (70_000, 37_000), 0, (0, 500)),
    sheet("a4-21", (3, 7), (63_500, 38_100), 2_500, (7_250, 15_150)),
    sheet("a4-14", (2, 7), (99_100, 38_100), 2_500, (4_650, 15_150)),
    sheet("a4-8", (2, 4), (99_100, 67_700), 2_500, (4_650, 13_100)),
    sheet("a4-36", (4, 9), (50_000, 30_000), 0, (5_000, 13_500)),
];

/// Every sticker of a printed sheet is read where the sheet has it, also from a coarse and blurred print.
#[test]
fn every_sticker_of_every_sheet_is_read_back() {
    let demo = demo();
    let serials = demo.serials().display().to_string();
    for sheet in SHEETS {
        let count = sheet.grid.0 * sheet.grid.1;
        let arguments = ["--size", sheet.name, "--serials", &serials, "--count", &count.to_string()];
        let (_folder, out) = demo.labels(if sheet.has_serials { &arguments } else { &arguments[..2] }, "labels.pdf");
        let expected: Vec<_> =
            demo.first_serials(count).iter().map(|serial| address(sheet.has_serials.then_some(serial))).collect();
        let page = page(&out, 203);
        let dots = |um: usize| um * 8 / 1_000;
        for (at, expected) in expected.iter().enumerate() {
            let (column, row) = (at % sheet.grid.0, at / sheet.grid.0);
            let left = dots(sheet.margin.0 + column * sheet.pitch.0);
            let top = dots(sheet.margin.1 + row * sheet.pitch.1);
            let label = page.crop(left, top, dots(sheet.label.0), dots(sheet.label.1));
            assert_eq!(&label.read(), expected, "{} {at}", sheet.name);
            if at == 0 {
                assert_eq!(&label.scaled(0.75).read(), expected, "{} smaller", sheet.name);
                assert_eq!(&label.blurred(1).read(), expected, "{} blurred", sheet.name);
                assert_eq!(&label.turned(17.0).read(), expected, "{} turned", sheet.name);
            }
        }
    }
}

#[test]
fn single_labels_as_pdf_and_outlines_are_read_back() {
    let demo = demo();
    let (_folder, out) = demo.labels(&["--size", "a4-8", "--count", "2", "--phone", "0209 3812 345"], "label.pdf");
    let words = Command::new("pdftotext").arg(&out).arg("-").output().unwrap().stdout;
    assert_eq!(String::from_utf8(words).unwrap().matches("\u{110}T: 0209 3812 345").count(), 2);
    let (_folder, out) = demo.labels(&["--size", "40x30", "--count", "2"], "label.pdf");
    assert_eq!(page(&out, 203).read(), address(None));
    let mut text = Command::new("pdftotext");
    let words = text.arg(&out).arg("-").output().unwrap().stdout;
    let words = String::from_utf8(words).unwrap();
    assert!(words.contains("Mi\u{1ebf}n dong C\u{f4}n"), "the text of the PDF is text: {words}");
    assert!(words.matches("MD-251214 42").count() == 2, "the code to type stands on both pages: {words}");
}

/// A large label says all that the law asks of one; whatever a small one leaves out is named.
#[test]
fn ingredients_storage_and_warnings_are_on_the_label_or_named() {
    let demo = demo();
    let facts = [
        ("ingredients", "Th\u{e0}nh ph\u{1ea7}n: Tinh b\u{1ed9}t dong ri\u{1ec1}ng"),
        ("storage", "B\u{1ea3}o qu\u{1ea3}n: \u{110}\u{1ec3} n\u{1a1}i kh\u{f4} r\u{e1}o"),
        ("warnings", "C\u{1ea3}nh b\u{e1}o: Kh\u{f4}ng \u{103}n khi \u{111}\u{e3} m\u{1ed1}c"),
    ];
    let shorts = ["TP: Tinh b\u{1ed9}t", "BQ: \u{110}\u{1ec3} n\u{1a1}i", "CB: Kh\u{f4}ng"];
    for size in ["a4-8", "50x30", "40x30"] {
        let folder = temp_dir().unwrap();
        let out = folder.path().join("label.pdf");
        let output = demo.attempt(&["--size", size, "--count", "1"], &out);
        let warned = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{size}: {warned}");
        let printed = Command::new("pdftotext").arg(&out).arg("-").output().unwrap().stdout;
        let printed = String::from_utf8(printed).unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(page(&out, 203).read(), address(None), "{size}");
        for ((field, text), short) in facts.iter().zip(shorts) {
            let is_printed = printed.contains(text) || printed.contains(short);
            let is_named = warned.contains(&format!("no room for the {field}"));
            assert!(is_printed != is_named, "{size} {field}: {printed}; {warned}");
            assert!(is_printed || size != "a4-8", "{printed}");
        }
    }
}

/// ZPL's shorthand for repeated digits and rows, undone.
fn zpl_dots(graphic: &str, row_bytes: usize) -> Vec<u8> {
    let mut rows: Vec<Vec<u8>> = Vec::new();
    let (mut row, mut times) = (Vec::new(), 0);
    for sign in graphic.chars() {
        match sign {
            ':' => rows.push(rows.last().unwrap().clone()),
            ',' => row.resize(row_bytes * 2, 0),
            'G'..='Y' => times += u32::from(sign) - u32::from('F'),
            'g'..='z' => times += (u32::from(sign) - u32::from('f')) * 20,
            digit => {
                let digit = u8::try_from(digit.to_digit(16).unwrap()).unwrap();
                (0..times.max(1)).for_each(|_| row.push(digit));
                times = 0;
            }
        }
        if row.len() == row_bytes * 2 {
            rows.push(row.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect());
            row.clear();
        }
    }
    assert!(row.is_empty() && times == 0, "the graphic ends with a whole row");
    rows.concat()
}

#[test]
fn the_dots_in_a_printers_commands_are_the_label() {
    let demo = demo();
    let serials = demo.serials().display().to_string();
    for (size, dpi, width) in
        [("50x30", "203", 400), ("40x30", "203", 320), ("50x30", "300", 591), ("40x30", "300", 472)]
    {
        let arguments = ["--size", size, "--dpi", dpi, "--serials", &serials, "--count", "3"];
        let (_folder, zpl) = demo.labels(&arguments, "labels.zpl");
        let zpl = std::fs::read_to_string(zpl).unwrap();
        let (_other, tspl) = demo.labels(&arguments, "labels.tspl");
        let tspl = std::fs::read(tspl).unwrap();
        let mut rest = tspl.as_slice();
        for (label, serial) in zpl.lines().zip(demo.first_serials(3)) {
            let graphic = label.split_once("^GFA,").unwrap().1.split_once("^FS").unwrap().0;
            let mut parts = graphic.splitn(4, ',');
            let mut number = || parts.next().unwrap().parse::<usize>().unwrap();
            let (total, again, row_bytes) = (number(), number(), number());
            let dots = zpl_dots(parts.next().unwrap(), row_bytes);
            assert_eq!((dots.len(), again), (total, total));
            let picture = Picture::bits(width, &dots);
            assert_eq!(picture.read(), address(Some(&serial)), "{size} {dpi} zpl");

            let bitmap = b"BITMAP 0,0,";
            let from = rest.windows(bitmap.len()).position(|window| window == bitmap).unwrap() + bitmap.len();
            let head = String::from_utf8_lossy(&rest[from..from + 12]).into_owned();
            let mut numbers = head.split(',');
            let mut number = || numbers.next().unwrap().parse::<usize>().unwrap();
            let (tspl_row_bytes, height, mode) = (number(), number(), number());
            let data = from + format!("{tspl_row_bytes},{height},{mode},").len();
            let burnt: Vec<u8> = rest[data..data + tspl_row_bytes * height].iter().map(|byte| !byte).collect();
            assert_eq!(burnt, dots, "{size} {dpi}: both languages print the same");
            rest = &rest[data + tspl_row_bytes * height..];
            assert!(rest.starts_with(b"\r\nPRINT 1,1\r\n"));
        }
    }
}

#[test]
fn serials_that_are_not_the_lots_are_refused() {
    let demo = demo();
    let folder = temp_dir().unwrap();
    let out = folder.path().join("labels.pdf");
    let list = std::fs::read_to_string(demo.serials()).unwrap();
    let refused = |name: &str, list: &str, words: &str| {
        let file = folder.path().join(name);
        std::fs::write(&file, list).unwrap();
        let output = demo.attempt(&["--serials", &file.display().to_string()], &out);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && said.contains(words), "{name}: {said}");
        assert!(!out.exists(), "{name}: no file is written");
    };
    let shorter = list.rsplit_once('\n').unwrap().0;
    refused("shorter", shorter, "these 3999 serial numbers are not the 4000");
    let other = format!("{shorter}\n0123456789ABCDEF");
    refused("other", &other, "these 4000 serial numbers are not the 4000");
    refused("twice", &format!("{list}\n{}", demo.first_serials(1)[0]), "twice");

    // New ones are drawn for a pack event to come; they are not those of this lot.
    let drawn = folder.path().join("new.txt");
    let draw = || {
        let mut command = Command::new(binary("nguon-qr").unwrap());
        command.args(["labels", "--new-serials", "4000", "--out-serials"]).arg(&drawn).output().unwrap()
    };
    let printed = String::from_utf8(draw().stdout).unwrap();
    assert!(
        printed.starts_with("count 4000\nroot ") && printed.trim_end().len() == "count 4000\nroot ".len() + 64,
        "{printed}"
    );
    refused("new", &std::fs::read_to_string(&drawn).unwrap(), "these 4000 serial numbers are not the 4000");
    assert!(!draw().status.success(), "an older list is never written over");
}

/// The service that the demo runs gives the same labels as the command.
#[test]
fn labels_over_http_are_read_back_and_faults_are_named() {
    let demo = demo();
    let get = |path: &str| demo.node.get(path).unwrap();
    let response = get(&format!("{LOT_PATH}/label.png?size=40x30&dpi=300"));
    assert_eq!(response.headers()["content-type"], "image/png");
    assert_eq!(response.headers()["nguon-label-warnings"], "left_out-ingredients, left_out-storage");
    let folder = temp_dir().unwrap();
    let file = folder.path().join("label.png");
    std::fs::write(&file, response.bytes().unwrap()).unwrap();
    assert_eq!(zbar(&file), format!("{}{LOT_PATH}", demo.node.url()));

    let post = |query: &str, list: String| {
        let url = format!("{}{LOT_PATH}/label.{query}", demo.node.url());
        demo.node.client().post(url).body(list).send().unwrap()
    };
    let list = std::fs::read_to_string(demo.serials()).unwrap();
    let response = post("png?first=2", list.clone());
    std::fs::write(&file, response.bytes().unwrap()).unwrap();
    assert_eq!(zbar(&file), format!("{}{LOT_PATH}/21/{}", demo.node.url(), demo.first_serials(2)[1]));
    let response = post("pdf", "0123456789ABCDEF".to_owned());
    assert_eq!(
        (response.status().as_u16(), response.json::<serde_json::Value>().unwrap()["code"].as_str()),
        (422, Some("other_serials"))
    );

    for (path, status) in [
        ("/01/08938505970011/10/NO-SUCH/label.pdf".to_owned(), 404),
        (format!("{LOT_PATH}/label.pdf?size=7x7"), 400),
        (format!("{LOT_PATH}/label.pdf?count=10001"), 400),
        (format!("{LOT_PATH}/label.gif"), 400),
        (format!("{LOT_PATH}/label.pdf?phone=call%20me"), 400),
        (format!("{LOT_PATH}/21/{}/label.png", demo.first_serials(1)[0]), 422),
    ] {
        let response = get(&path);
        assert_eq!(response.status().as_u16(), status, "{path}");
        assert_eq!(response.headers()["content-type"], "application/problem+json", "{path}");
    }
    let found = get("/find?code=8938505970011%20md-251214%2042");
    assert!(
        found.url().path() == LOT_PATH
            || found.headers().get("location").is_some_and(|to| to.to_str().unwrap().starts_with(LOT_PATH))
    );
    assert_eq!(get("/find?code=8938505970011%20md-251215%2042").status().as_u16(), 400, "a typing error is found");
}
