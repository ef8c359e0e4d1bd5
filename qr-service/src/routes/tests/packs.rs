//! Packs: whose serials they carry, how often they were scanned, what people report of them.

use std::path::Path;

use serde_json::Value;

use super::{PACK, PAGE, Site, config, header, serve};
use crate::{
    Settings,
    fixture::{VERMICELLI, node, serials, vermicelli},
};

const BROWSER: &str = "Mozilla/5.0 (Linux; Android 10)";

fn settings(data: &Path) -> Settings {
    Settings { data: Some(data.to_owned()), is_behind_proxy: true, ..Settings::default() }
}

/// A service that has the list of the lot's serials.
async fn site(data: &Path) -> Site {
    let (address, ending) = serve(node(vec![(VERMICELLI, vermicelli(false))])).await;
    let list = data.join("list.txt");
    std::fs::write(&list, serials().join("\n")).unwrap();
    let kept = crate::import_serials(&format!("http://{address}"), data, PAGE, &list, false).await.unwrap();
    assert_eq!(kept, 500);
    ending.abort();
    Site::start_with(vec![(VERMICELLI, vermicelli(false))], settings(data)).await
}

/// What a person's browser gets who comes from this address.
async fn look(site: &Site, path: &str, address: &str) -> String {
    let request = site.http.get(format!("{}{path}", site.base)).header("accept", "text/html,*/*;q=0.8");
    let request = request.header("user-agent", BROWSER).header("x-forwarded-for", format!("198.51.100.1, {address}"));
    request.send().await.unwrap().text().await.unwrap()
}

#[tokio::test]
async fn a_pack_carries_the_proof_of_its_serial() {
    let folder = tempfile::tempdir().unwrap();
    let site = site(folder.path()).await;
    let page = look(&site, &format!("{PACK}?lang=en"), "192.0.2.1").await;
    assert!(page.contains(&format!("data-serial-proof=\"{PACK}/serial-proof\"")));
    assert!(page.contains("One of the 500 packs") && page.contains("data-check=\"serial_included\""));
    let proof: Value = site.get(&format!("{PACK}/serial-proof")).await.json().await.unwrap();
    assert_eq!(
        (proof["v"].as_u64(), proof["lot"].as_str(), proof["count"].as_u64()),
        (Some(1), Some(VERMICELLI), Some(500))
    );
    assert_eq!((proof["serial"].as_str(), proof["hashes"].as_array().map(Vec::len)), (Some("0123456789ABCD"), Some(9)));
    // The lot itself has no serial to prove.
    assert_eq!(site.get(&format!("{PAGE}/serial-proof")).await.status(), 404);
    assert!(!site.text(PAGE).await.contains("serial_included"));
}

#[tokio::test]
async fn an_unknown_serial_is_said_to_be_unknown() {
    let folder = tempfile::tempdir().unwrap();
    let site = site(folder.path()).await;
    let response = site.get(&format!("{PAGE}/21/ZZZZZZZZZZZZ")).await;
    assert_eq!(response.status(), 404);
    let page = response.text().await.unwrap();
    assert!(page.contains("S\u{ea}-ri n\u{e0}y kh\u{f4}ng thu\u{1ed9}c l\u{f4}") && page.contains(PAGE));
    assert_eq!(site.get(&format!("{PAGE}/21/ZZZZZZZZZZZZ/serial-proof")).await.status(), 404);
    // A service without the list cannot know, and says neither.
    let without = Site::start(vec![(VERMICELLI, vermicelli(false))]).await;
    let page = without.text(&format!("{PAGE}/21/ZZZZZZZZZZZZ?lang=en")).await;
    assert!(page.contains("ZZZZZZZZZZZZ") && !page.contains("serial-proof") && !page.contains("One of the 500"));
}

#[tokio::test]
async fn a_list_is_taken_only_if_the_ledger_commits_to_it() {
    let (address, _ending) = serve(node(vec![(VERMICELLI, vermicelli(false))])).await;
    let (url, folder) = (format!("http://{address}"), tempfile::tempdir().unwrap());
    let list = folder.path().join("list.txt");
    std::fs::write(&list, serials()[1..].join("\n")).unwrap();
    let refused = crate::import_serials(&url, folder.path(), PAGE, &list, false).await.unwrap_err();
    assert!(refused.to_string().starts_with("these 499 serials are not those of the lot, which has 500"), "{refused}");
    let unknown = crate::import_serials(&url, folder.path(), "/lot/0123456789ABCDEF", &list, false).await.unwrap_err();
    assert!(matches!(unknown, crate::ImportError::Node(_)), "{unknown}");
}

#[tokio::test]
async fn scans_are_counted_for_people_and_told_to_them() {
    let folder = tempfile::tempdir().unwrap();
    let site = site(folder.path()).await;
    let path = format!("{PACK}?lang=en");
    let told = |page: &str| {
        let before = page.split(" times, first on").next().unwrap_or_default();
        before.rsplit(' ').next().and_then(|n| n.parse::<u32>().ok())
    };
    assert_eq!(told(&look(&site, &path, "192.0.2.1").await), None, "the first scan needs no number");
    assert_eq!(told(&look(&site, &path, "192.0.2.1").await), None, "the same browser again");
    assert_eq!(told(&look(&site, &path, "192.0.2.2").await), Some(2));
    // None of these is a person who scans.
    let url = format!("{}{path}", site.base);
    for (name, value) in [
        ("sec-purpose", "prefetch;prerender"),
        ("user-agent", "Googlebot/2.1"),
        ("user-agent", "WhatsApp-preview"),
        ("accept", "application/json"),
    ] {
        let request = site.http.get(&url).header("x-forwarded-for", "192.0.2.99");
        let request = if name == "accept" { request } else { request.header("accept", "text/html") };
        assert_eq!(request.header(name, value).send().await.unwrap().status(), 200);
    }
    site.http.head(&url).header("x-forwarded-for", "192.0.2.98").header("accept", "text/html").send().await.unwrap();
    assert_eq!(told(&look(&site, &path, "192.0.2.3").await), Some(3));
    // Other packs of the lot have counts of their own, and the lot has none.
    let other = format!("{PAGE}/21/{}?lang=en", serials()[77]);
    assert_eq!(told(&look(&site, &other, "192.0.2.3").await), None);
    assert_eq!(told(&look(&site, &format!("{PAGE}?lang=en"), "192.0.2.3").await), None);
}

#[tokio::test]
async fn a_warning_stands_where_far_too_many_scan_one_pack() {
    let folder = tempfile::tempdir().unwrap();
    let site = site(folder.path()).await;
    let warning = "The label may have been copied";
    for reader in 1..=59 {
        assert!(
            !look(&site, &format!("{PACK}?lang=en"), &format!("192.0.2.{reader}")).await.contains(warning),
            "{reader}"
        );
    }
    assert!(look(&site, &format!("{PACK}?lang=en"), "192.0.2.60").await.contains(warning));
}

async fn report(site: &Site, address: &str, form: &[(&str, &str)], from: &str) -> reqwest::Response {
    let request = site.http.post(format!("{}{PACK}/report?lang=en", site.base)).header("sec-fetch-site", from);
    let text: Vec<String> =
        form.iter().map(|(name, value)| format!("{name}={}", crate::link::percent_encode(value))).collect();
    request.header("x-forwarded-for", address).body(text.join("&")).send().await.unwrap()
}

#[tokio::test]
async fn problems_reach_the_makers_and_spam_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let site = site(folder.path()).await;
    let form = site.text(&format!("{PACK}/report?lang=en")).await;
    assert!(form.contains("method=\"post\"") && form.contains("name=\"matter\"") && !form.contains("<script"));
    let good =
        [("matter", "goods"), ("text", "m\u{1ed1}c <script>alert(1)</script>"), ("contact", "0123"), ("website", "")];
    let sent = report(&site, "192.0.2.1", &good, "same-origin").await;
    assert_eq!((sent.status().as_u16(), header(&sent, "location")), (303, &*format!("{PACK}/report?sent=1&lang=en")));
    assert!(site.text(&format!("{PACK}/report?sent=1&lang=en")).await.contains("Thank you"));
    let kept = crate::reports(folder.path()).unwrap();
    assert_eq!((kept.len(), kept[0].matter.as_str(), kept[0].serial.as_deref()), (1, "goods", Some("0123456789ABCD")));
    assert_eq!(kept[0].text, "m\u{1ed1}c <script>alert(1)</script>");
    assert!(!format!("{kept:?}").contains("192.0.2.1"));
    for (form, status, from) in [
        (vec![("matter", "goods")], 403, "cross-site"),
        (vec![("matter", "bribe")], 422, "same-origin"),
        (vec![("matter", "other"), ("text", " ")], 422, "same-origin"),
        (vec![("matter", "goods"), ("website", "https://spam.example")], 303, "same-origin"),
    ] {
        assert_eq!(report(&site, "192.0.2.2", &form, from).await.status(), status, "{form:?}");
    }
    let long = "x".repeat(1_001);
    assert_eq!(report(&site, "192.0.2.2", &[("matter", "goods"), ("text", &long)], "none").await.status(), 422);
    let huge = "x".repeat(20_000);
    assert_eq!(report(&site, "192.0.2.2", &[("matter", "goods"), ("text", &huge)], "none").await.status(), 413);
    assert_eq!(crate::reports(folder.path()).unwrap().len(), 1, "none of these was kept");
    let statuses = [(); 4].map(|()| "192.0.2.3");
    let mut answers = Vec::new();
    for address in statuses {
        answers.push(report(&site, address, &good, "same-origin").await.status().as_u16());
    }
    assert_eq!(answers, [303, 303, 303, 429]);
}

#[tokio::test]
async fn without_a_folder_nothing_is_kept_or_offered() {
    let site = Site::start(vec![(VERMICELLI, vermicelli(false))]).await;
    assert!(!site.text(PACK).await.contains("/report"));
    assert_eq!(site.get(&format!("{PACK}/report")).await.status(), 404);
    assert_eq!(report(&site, "192.0.2.1", &[("matter", "goods")], "same-origin").await.status(), 404);
    let refused = crate::standalone(config("127.0.0.1:1".parse().unwrap()), settings(Path::new("/dev/null/no-folder")));
    assert!(refused.is_err());
}
