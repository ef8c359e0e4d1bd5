//! The demo ledger as an inspector meets it: reports in every format, traces, samples.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use calamine::{Data, Reader as _};
use nguon_ledger::hash::Hash;
use nguon_tests::{binary, temp_dir};
use serde_json::Value;
use tempfile::TempDir;

/// The demo ledger in a folder of its own.
struct Demo {
    folder: TempDir,
}

impl Demo {
    fn seed() -> Self {
        let folder = temp_dir().unwrap();
        let seed = Command::new(binary("nguon").unwrap())
            .args(["demo", "--seed-only", "--listen", "127.0.0.1:0", "--data"])
            .arg(folder.path().join("demo"))
            .output()
            .unwrap();
        assert!(seed.status.success(), "{}", String::from_utf8_lossy(&seed.stderr));
        Self { folder }
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("demo")
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn attempt(&self, arguments: &[&str]) -> Output {
        let data = self.data().display().to_string();
        let arguments = arguments.iter().map(|argument| if *argument == "DATA" { data.as_str() } else { argument });
        Command::new(binary("nguon-verify").unwrap()).args(arguments).output().unwrap()
    }

    /// What a command that must succeed prints.
    fn run(&self, arguments: &[&str]) -> String {
        let output = self.attempt(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    fn json(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.run(arguments)).unwrap()
    }
}

fn rows<'r>(report: &'r Value, table: &str) -> &'r [Value] {
    report["tables"][table].as_array().unwrap()
}

fn number(value: &Value) -> f64 {
    value.as_str().unwrap().parse().unwrap()
}

/// Every tag is closed by its own, in order, and texts hold no stray one.
fn assert_well_formed(text: &str) {
    const VOID: [&str; 3] = ["br", "meta", "!doctype"];
    let mut open: Vec<&str> = Vec::new();
    for part in text.split('<').skip(1) {
        let (tag, rest) = part.split_once('>').unwrap();
        let name = tag.trim_start_matches('/').split([' ', '/']).next().unwrap();
        if let Some(closed) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(closed), "{text}");
        } else if !tag.ends_with('/') && !VOID.contains(&name) {
            open.push(name);
        }
        assert!(name == "style" || !rest.contains('>'), "{part}");
    }
    assert!(open.is_empty(), "{open:?}");
}

fn sheets(file: &Path) -> BTreeMap<String, Vec<Vec<Data>>> {
    let mut book: calamine::Xlsx<_> = calamine::open_workbook(file).unwrap();
    let names = book.sheet_names();
    names
        .into_iter()
        .map(|name| {
            let range = book.worksheet_range(&name).unwrap();
            (name, range.rows().map(<[Data]>::to_vec).collect())
        })
        .collect()
}

#[test]
fn the_demo_is_told_alike_in_every_format() {
    let demo = Demo::seed();
    let report = demo.json(&["report", "DATA", "--format", "json"]);
    assert_eq!((&report["v"], &report["verdict"], &report["finding"]), (&1.into(), &"passed".into(), &Value::Null));
    // What every account must show: nothing comes from nowhere and nothing goes nowhere.
    for row in rows(&report, "balance") {
        let of = |key: &str| number(&row[key]);
        let sum = of("opening") + of("harvested") + of("made") - of("used") - of("sold") - of("lost") - of("short");
        assert!((sum - of("closing")).abs() < 1e-6 && row["closing"] == row["now"], "{row}");
        assert_eq!(row["difference"], "0");
    }
    // By the demo's script: 50 000 kg and more of tubers, starch within its 16 %.
    let of = |table: &str, product: &str| {
        let end = format!("/product/{product}");
        rows(&report, table).iter().find(|row| row["product"].as_str().unwrap().ends_with(&end)).unwrap().clone()
    };
    assert_eq!(of("balance", "tinh-bot-dong")["made"], "9528");
    assert_eq!(
        (&of("yields", "tinh-bot-dong")["yield"], &of("yields", "tinh-bot-dong")["yield_bound"]),
        (&"14.19".into(), &"16".into())
    );
    assert_eq!(rows(&report, "recalls").len(), 1);

    let workbook = demo.file("report.xlsx");
    demo.run(&["report", "DATA", "-o", &workbook.display().to_string()]);
    let sheets = sheets(&workbook);
    assert_eq!(sheets.len(), 14);
    assert_eq!(sheets["Report"][0][1], Data::String("Verified".into()));
    let balance = &sheets["Mass balance"];
    assert_eq!(balance.len(), rows(&report, "balance").len() + 1);
    let starch = balance.iter().find(|row| row[0] == Data::String("Canna starch".into())).unwrap();
    assert_eq!(starch[4], Data::Float(9_528.0));

    let folder = demo.file("tables");
    demo.run(&["report", "DATA", "--format", "csv", "-o", &folder.display().to_string(), "--lang", "vi"]);
    let bytes = std::fs::read(folder.join("balance.csv")).unwrap();
    assert_eq!(&bytes[..3], b"\xef\xbb\xbf");
    let text = String::from_utf8(bytes).unwrap();
    assert_eq!(text.lines().count(), rows(&report, "balance").len() + 1);
    assert!(text.contains("Mi\u{1ebf}n dong"), "{text}");

    for language in ["en", "vi"] {
        let page = demo.run(&["report", "DATA", "--lang", language]);
        assert_well_formed(&page);
        assert!(page.contains(&format!("<html lang=\"{language}\">")) && !page.contains("<script"));
        assert!(!page.contains(">report."), "a text is missing: {page}");
        assert_eq!(page, demo.run(&["report", "DATA", "--lang", language]), "the same ledger, the same report");
    }
    let narrow = demo.json(&["report", "DATA", "--format", "json", "--actor", "ho-01", "--to", "2025-11-30"]);
    assert_eq!(narrow["asked"]["to"], "2025-11-30");
    let is_theirs = |row: &Value| {
        ["party", "signed_by", "on_behalf_of"]
            .iter()
            .any(|key| row[key].as_str().is_some_and(|uri| uri.ends_with("/ho-01")))
    };
    assert!(rows(&narrow, "events").iter().all(is_theirs));
    assert!(!rows(&narrow, "events").is_empty() && rows(&narrow, "events").len() < rows(&report, "events").len());
    assert_eq!(demo.attempt(&["report", "DATA", "--actor", "nobody"]).status.code(), Some(2));
}

#[test]
fn a_harvest_is_held_against_the_areas_that_the_auditor_brings() {
    let demo = Demo::seed();
    let report = demo.json(&["report", "DATA", "--format", "json"]);
    let is_weighed = |row: &&Value| row["unit"] == "KGM" && row["place"].is_string();
    let harvest = rows(&report, "harvests").iter().find(is_weighed).unwrap();
    let text = |key: &str| harvest[key].as_str().unwrap();
    let file = demo.file("areas.csv");
    let path = file.display().to_string();
    let told = |text: &str, language: &str| {
        std::fs::write(&file, text).unwrap();
        let report = demo.json(&["report", "DATA", "--format", "json", "--lang", language, "--areas", &path]);
        let patterns = rows(&report, "patterns").iter();
        patterns.filter(|row| row["pattern"] == "harvest_per_hectare").cloned().collect::<Vec<_>>()
    };
    let table = |hectares: &str| {
        let (place, product, most) = (text("place"), text("product"), text("amount"));
        format!("place,product,hectares,least,most\n{place},{product},{hectares},0,{most}\n")
    };
    assert!(told(&table("1"), "en").is_empty());
    for language in ["vi", "en"] {
        let found = told(&table("0.5"), language);
        assert_eq!((found.len(), &found[0]["product"]), (1, &harvest["product"]));
        let says = found[0]["says"].as_str().unwrap();
        assert!(!says.contains('{') && says.contains("ha"), "{says}");
    }
    for (bad, why) in [
        ("place;product\n".to_owned(), "the first line must be"),
        (table("1").replace("/place/", "/place/no-"), "line 2"),
        (table("0"), "hectares: more than 0"),
    ] {
        std::fs::write(&file, bad).unwrap();
        let refused = demo.attempt(&["report", "DATA", "--areas", &path]);
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(refused.status.code() == Some(2) && said.contains(why), "{said}");
    }
}

#[test]
fn a_changed_ledger_is_reported_as_not_verified_up_to_the_fault() {
    let demo = Demo::seed();
    let segment = std::fs::read_dir(demo.data().join("journal")).unwrap().next().unwrap().unwrap().path();
    let mut bytes = std::fs::read(&segment).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&segment, &bytes).unwrap();
    let page = demo.attempt(&["report", "DATA"]);
    assert_eq!(page.status.code(), Some(1));
    let text = String::from_utf8(page.stdout).unwrap();
    assert!(text.contains("NOT VERIFIED") && text.contains("entries passed before the fault"), "{text}");
    assert_well_formed(&text);
    let output = demo.attempt(&["sample", "DATA", "--count", "3", "--json"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(!String::from_utf8_lossy(&output.stdout).contains("items"));
    assert_eq!(demo.attempt(&["trace", "000000000000", "DATA"]).status.code(), Some(1));
}

#[test]
fn a_lot_is_traced_both_ways_with_and_without_an_index() {
    let demo = Demo::seed();
    let report = demo.json(&["report", "DATA", "--format", "json"]);
    let lots = rows(&report, "lots");
    let recall = &rows(&report, "recalls")[0];
    let named = recall["named"][0].as_str().unwrap();
    let forward = demo.json(&["trace", named, "DATA", "--forward", "--format", "json"]);
    let reached = |trace: &Value| {
        let nodes = trace["nodes"].as_array().unwrap().iter();
        nodes.map(|node| node["lot"].as_str().unwrap().to_owned()).collect::<std::collections::BTreeSet<_>>()
    };
    let expected = recall["reached"].as_array().unwrap().iter().map(|lot| lot.as_str().unwrap().to_owned()).collect();
    assert_eq!(reached(&forward), expected);
    assert!(forward["nodes"].as_array().unwrap().iter().all(|node| node["recalled"] == true));

    let packed = lots.iter().find(|lot| lot["packs"].as_u64() > Some(0)).unwrap()["lot"].as_str().unwrap();
    let index = demo.file("trace.index").display().to_string();
    let plain = demo.run(&["trace", packed, "DATA", "--format", "json"]);
    let first = demo.run(&["trace", packed, "DATA", "--format", "json", "--index", &index]);
    let second = demo.run(&["trace", packed, "DATA", "--format", "json", "--index", &index]);
    assert_eq!((&plain, &plain), (&first, &second));
    // A damaged index is made anew and never believed.
    let mut bytes = std::fs::read(&index).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&index, &bytes).unwrap();
    assert_eq!(demo.run(&["trace", packed, "DATA", "--format", "json", "--index", &index]), plain);
    for language in ["en", "vi"] {
        let drawing = demo.run(&["trace", packed, "DATA", "--format", "svg", "--lang", language]);
        assert_well_formed(&drawing);
        assert!(drawing.matches("<title").count() > reached(&serde_json::from_str(&plain).unwrap()).len());
    }
    assert!(demo.run(&["trace", packed, "DATA"]).contains(packed));
    assert!(demo.run(&["trace", packed, "DATA", "--format", "dot"]).starts_with("digraph"));
    assert_eq!(demo.attempt(&["trace", "ZZZZZZZZZZZZ", "DATA"]).status.code(), Some(2));
}

/// The draw, written a second time from `docs/report.md`.
fn draw(root: &[u8], salt: &str, population: u64, count: usize) -> Vec<u64> {
    let mut drawn = Vec::new();
    for counter in 0_u64.. {
        if drawn.len() == count {
            break;
        }
        let bytes = [root, salt.as_bytes(), &counter.to_be_bytes()].concat();
        let x = u64::from_be_bytes(Hash::of(&bytes).as_bytes()[..8].try_into().unwrap());
        let below = u128::from(x) < (1_u128 << 64) / u128::from(population) * u128::from(population);
        if below && !drawn.contains(&(x % population)) {
            drawn.push(x % population);
        }
    }
    drawn
}

#[test]
fn a_sample_can_be_drawn_again_by_anybody() {
    let demo = Demo::seed();
    let report = demo.json(&["report", "DATA", "--format", "json"]);
    let root = hex::decode(report["root"].as_str().unwrap()).unwrap();
    for (of, salt) in [("lots", ""), ("entries", "4 2 6"), ("packs", "d\u{1ed1}c")] {
        let sample = demo.json(&["sample", "DATA", "--count", "7", "--of", of, "--salt", salt, "--json"]);
        assert_eq!(sample["root"], report["root"]);
        let population = sample["population"].as_u64().unwrap();
        let numbers: Vec<u64> =
            sample["items"].as_array().unwrap().iter().map(|item| item["number"].as_u64().unwrap()).collect();
        assert_eq!(numbers, draw(&root, salt, population, 7), "{of}");
        if of == "lots" {
            let sound: Vec<_> = rows(&report, "lots").iter().filter(|lot| lot["state"] != "voided").collect();
            assert_eq!(sound.len(), usize::try_from(population).unwrap());
            for item in sample["items"].as_array().unwrap() {
                let number = usize::try_from(item["number"].as_u64().unwrap()).unwrap();
                assert_eq!(item["lot"], sound[number]["lot"]);
            }
        }
        assert_eq!(sample, demo.json(&["sample", "DATA", "--count", "7", "--of", of, "--salt", salt, "--json"]));
    }
}
