//! The code under a scratch layer: entered first, again, wrongly, and while the node is down.

use std::path::Path;

use super::{PACK, PAGE, Site, config, header, serve};
use crate::{
    Settings,
    fixture::{SCRATCHED, VERMICELLI, node, serials, vermicelli},
};

const BROWSER: &str = "Mozilla/5.0 (Linux; Android 10)";
const FIRST: &str = "nobody had entered it before";
const AGAIN: &str = "the pack may be a copy";
const WRONG: &str = "This is not this pack's code";

fn settings(data: &Path) -> Settings {
    Settings { data: Some(data.to_owned()), is_behind_proxy: true, ..Settings::default() }
}

/// A folder with the list of the lot's serials, two of them with their codes.
async fn folder(has_scratch: bool) -> tempfile::TempDir {
    let data = tempfile::tempdir().unwrap();
    let (address, ending) = serve(node(vec![(VERMICELLI, vermicelli(false))])).await;
    let list = tempfile::NamedTempFile::new().unwrap();
    let code = |serial: &str| SCRATCHED.into_iter().find(|(known, _)| *known == serial);
    let line = |serial: String| match code(&serial).filter(|_| has_scratch) {
        Some((_, code)) => format!("{serial}\t{code}"),
        None => serial,
    };
    std::fs::write(list.path(), serials().into_iter().map(line).collect::<Vec<_>>().join("\n")).unwrap();
    let url = format!("http://{address}");
    assert_eq!(crate::import_serials(&url, data.path(), PAGE, list.path(), false).await.unwrap(), 500);
    ending.abort();
    data
}

async fn site(data: &Path) -> Site {
    Site::start_with(vec![(VERMICELLI, vermicelli(false))], settings(data)).await
}

fn pack(number: usize) -> String {
    format!("{PAGE}/21/{}", SCRATCHED[number].0)
}

/// What somebody at this address is answered who types this.
async fn sent(site: &Site, pack: &str, typed: &str, address: &str) -> reqwest::Response {
    let request = site.http.post(format!("{}{pack}/scratch?lang=en", site.base)).header("user-agent", BROWSER);
    let request = request.header("sec-fetch-site", "same-origin").header("x-forwarded-for", address);
    request.body(format!("code={}", crate::link::percent_encode(typed))).send().await.unwrap()
}

async fn told(site: &Site, typed: &str, address: &str) -> String {
    sent(site, &pack(0), typed, address).await.text().await.unwrap()
}

#[tokio::test]
async fn the_first_who_enters_a_code_is_told_so_and_all_others_that_they_are_not() {
    let folder = folder(true).await;
    let site = site(folder.path()).await;
    let form = site.text(&format!("{}/scratch?lang=en", pack(0))).await;
    assert!(form.contains("method=\"post\"") && form.contains("name=\"code\"") && !form.contains("<script"));
    let code = SCRATCHED[0].1;
    let first = sent(&site, &pack(0), code, "192.0.2.1").await;
    assert_eq!((first.status().as_u16(), header(&first, "cache-control")), (200, "no-store"));
    let first = first.text().await.unwrap();
    assert!(first.contains(FIRST) && !first.contains(AGAIN) && first.contains("does not prove"), "{first}");
    // Loaded again, or typed again as people type.
    assert_eq!(told(&site, code, "192.0.2.1").await, first);
    assert!(told(&site, &code.to_lowercase().replace('-', " "), "192.0.2.1").await.contains(FIRST));
    let second = told(&site, code, "192.0.2.2").await;
    assert!(second.contains(AGAIN) && second.contains("was entered 2 times, first on") && !second.contains(FIRST));
    assert!(second.contains(&format!("{}/report?lang=en", pack(0))), "where to report it");
    assert!(told(&site, code, "192.0.2.3").await.contains("was entered 3 times"));
    // The other pack has a first time of its own.
    let other = sent(&site, &pack(1), SCRATCHED[1].1, "192.0.2.2").await.text().await.unwrap();
    assert!(other.contains(FIRST));
}

#[tokio::test]
async fn what_is_not_the_packs_code_is_said_and_not_recorded() {
    let folder = folder(true).await;
    let site = site(folder.path()).await;
    let code = SCRATCHED[0].1;
    let mistyped = code.replace("7Q4M", "7Q4N");
    for (typed, words) in [
        (SCRATCHED[1].1, WRONG),
        (mistyped.as_str(), "A letter is mistyped"),
        (code.strip_suffix('K').unwrap(), "The code has 16 letters and digits"),
        ("", "The code has 16 letters and digits"),
        (SCRATCHED[0].0, "This is the serial, which anybody can see"),
        ("\"><script>alert(1)</script>", "The code has 16 letters and digits"),
    ] {
        let response = sent(&site, &pack(0), typed, "192.0.2.1").await;
        assert_eq!((response.status().as_u16(), header(&response, "cache-control")), (422, "no-store"), "{typed}");
        let page = response.text().await.unwrap();
        assert!(page.contains(words) && !page.contains("<script"), "{typed}: {page}");
    }
    assert!(told(&site, code, "192.0.2.1").await.contains(FIRST), "none of these was a use");
    let cross = site.http.post(format!("{}{}/scratch", site.base, pack(0))).header("sec-fetch-site", "cross-site");
    assert_eq!(cross.body(format!("code={code}")).send().await.unwrap().status(), 403);
    assert_eq!(sent(&site, &pack(0), &"7".repeat(2_000), "192.0.2.1").await.status(), 413);
}

#[tokio::test]
async fn only_packs_with_a_layer_have_the_form_and_no_invented_ones() {
    let folder = folder(true).await;
    let with = site(folder.path()).await;
    assert!(with.text(&format!("{}?lang=en", pack(0))).await.contains(&format!("{}/scratch?lang=en", pack(0))));
    assert!(!with.text(PAGE).await.contains("/scratch"), "a lot has no layer");
    assert_eq!(with.get(&format!("{PAGE}/scratch")).await.status(), 404);
    let invented = format!("{PAGE}/21/ZZZZZZZZZZZZ");
    for response in
        [with.get(&format!("{invented}/scratch")).await, sent(&with, &invented, SCRATCHED[0].1, "::1").await]
    {
        assert_eq!(response.status(), 404);
        assert!(response.text().await.unwrap().contains(&format!("{PAGE}?lang=")), "to the lot's page");
    }
    // The same lot, of whose packs nobody said that they have layers.
    let plain = self::folder(false).await;
    let without = site(plain.path()).await;
    assert!(!without.text(PACK).await.contains("/scratch"));
    assert_eq!(without.get(&format!("{}/scratch", pack(0))).await.status(), 404);
    assert_eq!(sent(&without, &pack(0), SCRATCHED[0].1, "192.0.2.1").await.status(), 404);
}

#[tokio::test]
async fn the_first_time_outlives_the_service_and_no_code_is_kept() {
    let folder = folder(true).await;
    let code = SCRATCHED[0].1;
    {
        let site = site(folder.path()).await;
        assert!(told(&site, code, "192.0.2.1").await.contains(FIRST));
        assert_eq!(sent(&site, &pack(1), SCRATCHED[1].1, "192.0.2.1").await.status(), 200);
    }
    let entered = |name: &str| std::fs::read(folder.path().join(name)).unwrap();
    assert!(entered("layers.db").iter().filter(|byte| **byte != 0).count() > 64, "on the disk before the answer");
    let mut folders = vec![folder.path().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let kept = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).to_uppercase();
            for (_, code) in SCRATCHED {
                let plain = code.replace('-', "");
                assert!(!kept.contains(code) && !kept.contains(plain.split_at(15).0), "a code in {}", path.display());
            }
            assert!(!kept.contains("192.0.2.1"), "an address in {}", path.display());
        }
    }
    // A copy of the folder: what another process finds after this one was killed.
    let copy = tempfile::tempdir().unwrap();
    for name in ["serials", "copies"] {
        std::fs::create_dir(copy.path().join(name)).unwrap();
        for entry in std::fs::read_dir(folder.path().join(name)).unwrap() {
            let entry = entry.unwrap();
            std::fs::copy(entry.path(), copy.path().join(name).join(entry.file_name())).unwrap();
        }
    }
    std::fs::write(copy.path().join("layers.db"), entered("layers.db")).unwrap();
    let again = site(copy.path()).await;
    let page = told(&again, code, "192.0.2.9").await;
    assert!(page.contains("was entered 2 times, first on") && page.contains(AGAIN), "{page}");
}

#[tokio::test]
async fn it_works_while_the_node_is_down_even_for_a_lot_that_nobody_looked_at() {
    let folder = folder(true).await;
    // Nothing listens on port 1, and no copy of the lot was ever made.
    let app = crate::standalone(config("127.0.0.1:1".parse().unwrap()), settings(folder.path())).unwrap();
    let (address, node) = serve(app).await;
    let http = reqwest::Client::new();
    let site = Site { base: format!("http://{address}"), http, node };
    assert_eq!(site.get(&pack(0)).await.status(), 503);
    assert_eq!(site.get(&format!("{}/scratch", pack(0))).await.status(), 200);
    assert!(told(&site, SCRATCHED[1].1, "192.0.2.1").await.contains(WRONG));
    assert!(told(&site, SCRATCHED[0].1, "192.0.2.1").await.contains(FIRST));
    assert!(told(&site, SCRATCHED[0].1, "192.0.2.2").await.contains(AGAIN));
    assert_eq!(sent(&site, &format!("{PAGE}/21/ZZZZZZZZZZZZ"), SCRATCHED[0].1, "192.0.2.1").await.status(), 404);
}

#[tokio::test]
async fn nobody_tries_many_codes() {
    let folder = folder(true).await;
    let site = site(folder.path()).await;
    let mut refused = 0;
    for _ in 0..22 {
        let response = sent(&site, &pack(0), SCRATCHED[1].1, "192.0.2.66").await;
        refused += u32::from(response.status() == 429 && response.headers().contains_key("retry-after"));
    }
    assert_eq!(refused, 2);
    // A letter mistyped is no try, and other people are not held up.
    assert_eq!(sent(&site, &pack(0), "7Q4N-X2AB-CDEF-GH1K", "192.0.2.66").await.status(), 422);
    assert!(told(&site, SCRATCHED[0].1, "192.0.2.67").await.contains(FIRST));
}
