//! The requirements on a GS1-conformant resolver; `docs/conformance.md` says which test holds which.

use std::path::PathBuf;

use serde_json::Value;

use super::{PACK, PAGE, Site, header};
use crate::fixture::{HOSTILE, LATE, VERMICELLI, hostile, late_gtin, vermicelli};

const BASE: &str = "https://so.example.vn";
const VOCABULARY: &str = "https://ref.gs1.org/voc/";
const PRODUCT: &str = "/01/08931234567897";

/// Vectors whose only fault is a GTIN of fewer than 14 digits.
const SHORT: [&str; 3] =
    ["https://a/01/2112345678900", "https://a/01/02345673", "https://a/8004/9520614141234567?01=2112345678900"];

async fn site() -> Site {
    Site::start(vec![(VERMICELLI, vermicelli(false)), (LATE, late_gtin()), (HOSTILE, hostile())]).await
}

/// The folder of test material by others, which is not part of this repository.
fn shared(file: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("NGUON_SHARED_DATA")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data")), PathBuf::from);
    Some(folder.join(file)).filter(|path| path.exists())
}

async fn get_as(site: &Site, path: &str, headers: &[(&str, &str)]) -> reqwest::Response {
    let request = site.http.get(format!("{}{path}", site.base));
    headers.iter().fold(request, |request, (name, value)| request.header(*name, *value)).send().await.unwrap()
}

async fn linkset(site: &Site, path: &str) -> Value {
    let response = site.get(&format!("{path}?linkType=linkset")).await;
    assert_eq!((response.status().as_u16(), header(&response, "content-type")), (200, "application/linkset+json"));
    response.json().await.unwrap()
}

#[tokio::test]
async fn get_head_and_options_are_answered_and_open_to_other_hosts() {
    let site = site().await;
    for path in [PAGE, PACK, PRODUCT, "/lot/1ATEGT1N00000000", "/.well-known/gs1resolver"] {
        let url = format!("{}{path}", site.base);
        let get = site.get(path).await;
        let head = site.http.head(&url).send().await.unwrap();
        assert_eq!((get.status().as_u16(), head.status().as_u16()), (200, 200), "{path}");
        assert_eq!(header(&get, "content-type"), header(&head, "content-type"));
        let options = site.http.request(reqwest::Method::OPTIONS, &url).header("origin", "https://else.example").send();
        let options = options.await.unwrap();
        assert_eq!((options.status().as_u16(), header(&options, "allow")), (204, "GET, HEAD, OPTIONS"), "{path}");
        for response in [&get, &head, &options] {
            assert_eq!(header(response, "access-control-allow-origin"), "*", "{path}");
        }
        assert!(head.bytes().await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn syntax_errors_are_400_and_nothing_wrong_is_200() {
    let site = site().await;
    for (path, status) in [
        ("/01/08931234567896/10/A", 400),
        ("/01/08931234567897/10/123456789012345678901", 400),
        ("/01/08931234567897/21/S/10/A", 400),
        ("/01/08931234567897/99/A", 400),
        ("/01/ABC", 400),
        (&format!("{PAGE}?17=991332"), 400),
        ("/414/0614141123453", 400),
        ("/00/006141411234567890", 404),
        ("/01/08930000000057", 404),
        ("/01/08931234567897/10/NOSUCHLOT", 404),
        ("/lot/0123456789ABCDE!", 400),
        (&format!("{PAGE}?17=271231&utm_source=x"), 200),
        ("/01/08931234567897/22/2A/10/MD-250112", 200),
    ] {
        assert_eq!(site.get(path).await.status(), status, "{path}");
    }
}

#[tokio::test]
async fn the_vectors_of_the_syntax_engine_are_judged_alike() {
    let Some(path) = shared("gs1-syntax/vectors.json") else { return };
    let vectors: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let site = site().await;
    let mut judged = 0;
    for vector in vectors["parse_dl_uri"].as_array().unwrap() {
        let uri = vector["uri"].as_str().unwrap();
        let Some((host, path)) = uri.split_once("://").and_then(|(_, rest)| rest.split_once('/')) else { continue };
        let key = path.split('/').next().unwrap();
        if host.contains('[') || key != "01" && !super::super::OTHER_KEYS.contains(&key) {
            // A stem before the key, a word in its place or an address as the host: another resolver's.
            continue;
        }
        let options = vector["options"].as_object();
        if options.is_some_and(|options| options.contains_key("PermitUnknownAIs")) {
            continue;
        }
        // This resolver takes GTINs of fewer digits, as printed codes have them; the engine only when told to.
        let is_short = SHORT.contains(&uri);
        let is_good = vector["should_succeed"] == true || is_short;
        let response = site.get(&format!("/{path}")).await;
        assert_eq!(response.status() != 400, is_good, "{uri}");
        judged += 1;
    }
    assert!(judged > 50, "{judged}");
}

#[tokio::test]
async fn trailing_slashes_and_short_gtins_are_tolerated() {
    let site = site().await;
    for path in [format!("{PAGE}/"), format!("{PRODUCT}/"), "/01/8931234567897/10/MD-250112".to_owned()] {
        assert_eq!(site.get(&path).await.status(), 200, "{path}");
    }
}

#[tokio::test]
async fn compressed_links_are_answered_and_name_what_they_stand_for() {
    let site = site().await;
    // All of it, AI by AI and with both AIs as one pair; then the lot alone behind a key that is not compressed.
    for path in ["/ARA-7iCtsiDSYH9tzprrs", "/CxA-7iCtstJgf23Omuuw", "/01/08931234567897/EGkwP7bnTXXY"] {
        let response = site.get(path).await;
        let links: Vec<&str> = response.headers().get_all("link").iter().map(|link| link.to_str().unwrap()).collect();
        assert!(links.contains(&format!("<{BASE}{PAGE}>; rel=\"owl:sameAs\"").as_str()), "{path}: {links:?}");
        assert_eq!(response.status(), 200, "no way round over the uncompressed address");
        assert!(response.text().await.unwrap().contains("MD-250112"));
        let set = linkset(&site, path).await;
        assert_eq!(set["linkset"][0]["anchor"], format!("{BASE}{PAGE}"), "the subject is the uncompressed address");
    }
}

#[tokio::test]
async fn all_links_up_to_the_key_are_listed_with_target_type_and_title() {
    let site = site().await;
    let anchors = |set: &Value| -> Vec<String> {
        set["linkset"].as_array().unwrap().iter().map(|level| level["anchor"].as_str().unwrap().to_owned()).collect()
    };
    let pack = linkset(&site, PACK).await;
    assert_eq!(anchors(&pack), [format!("{BASE}{PACK}"), format!("{BASE}{PAGE}"), format!("{BASE}{PRODUCT}")]);
    assert_eq!(anchors(&linkset(&site, "/lot/1ATEGT1N00000000").await), [format!("{BASE}/lot/1ATEGT1N00000000")]);
    assert_eq!(anchors(&linkset(&site, PRODUCT).await), [format!("{BASE}{PRODUCT}")]);
    for level in pack["linkset"].as_array().unwrap() {
        assert!(level["itemDescription"].as_str().is_some_and(|text| !text.is_empty()));
        let rels = level.as_object().unwrap().iter().filter(|(name, _)| name.starts_with("http"));
        let mut types = Vec::new();
        for (rel, links) in rels {
            types.push(rel.strip_prefix(VOCABULARY).expect("a word of GS1's vocabulary"));
            for link in links.as_array().unwrap() {
                assert!(link["href"].as_str().is_some_and(|href| href.starts_with("https://")), "{link}");
                assert!(link["title"].as_str().is_some_and(|title| title.len() > 3), "{link}");
            }
        }
        // One default, without attributes, described by a type of its own too.
        let default = &level[format!("{VOCABULARY}defaultLink")];
        assert_eq!(default.as_array().unwrap().len(), 1);
        assert_eq!(default[0].as_object().unwrap().len(), 2, "href and title: {default}");
        assert_eq!(default[0]["href"], level["anchor"]);
        assert!(types.contains(&"traceability") || types.contains(&"pip"), "{types:?}");
    }
}

#[tokio::test]
async fn linksets_are_valid_by_the_published_schemas() {
    let (Some(gs1), Some(plain)) =
        (shared("gs1-linkset/gs1-linkset-schema.json"), shared("gs1-linkset/linkset-schema.json"))
    else {
        return;
    };
    let schema = |path: PathBuf| {
        let json: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        jsonschema::validator_for(&json).unwrap()
    };
    let gs1 = schema(gs1);
    let invalid = std::fs::read(shared("gs1-linkset/invalid-gs1-example.json").unwrap()).unwrap();
    assert!(!gs1.is_valid(&serde_json::from_slice(&invalid).unwrap()), "the schema refuses something");
    let site = site().await;
    for path in [PACK, PAGE, PRODUCT, "/lot/1ATEGT1N00000000", super::HOSTILE_PAGE] {
        for lang in ["vi", "en"] {
            let set: Value = site.get(&format!("{path}?linkType=all&lang={lang}")).await.json().await.unwrap();
            let faults: Vec<String> = gs1.iter_errors(&set).map(|error| error.to_string()).collect();
            assert!(faults.is_empty(), "{path}: {faults:?} {set}");
        }
    }
    // The schema of RFC 9264 alone knows no description of the item.
    let mut set = linkset(&site, PAGE).await;
    for level in set["linkset"].as_array_mut().unwrap() {
        level.as_object_mut().unwrap().remove("itemDescription");
    }
    assert!(schema(plain).is_valid(&set));
}

#[tokio::test]
async fn a_linkset_is_given_for_the_header_too_and_in_other_json() {
    let site = site().await;
    let by_header = get_as(&site, PAGE, &[("accept", "application/linkset+json")]).await;
    assert_eq!(header(&by_header, "content-type"), "application/linkset+json");
    let context = header(&by_header, "link").to_owned();
    assert!(
        context.contains("rel=\"http://www.w3.org/ns/json-ld#context\"; type=\"application/ld+json\""),
        "{context}"
    );
    assert_eq!(by_header.json::<Value>().await.unwrap(), linkset(&site, PAGE).await);
    let ld = get_as(&site, &format!("{PAGE}?linkType=all"), &[("accept", "application/ld+json")]).await;
    assert_eq!(header(&ld, "content-type"), "application/ld+json");
    assert_eq!(ld.json::<Value>().await.unwrap()["@context"]["href"]["@id"], "@id");
    let json = get_as(&site, &format!("{PAGE}?linkType=all"), &[("accept", "application/json")]).await;
    assert_eq!(header(&json, "content-type"), "application/json");
    let browser = get_as(&site, PAGE, &[("accept", "text/html,application/xhtml+xml,*/*;q=0.8")]).await;
    assert!(header(&browser, "content-type").starts_with("text/html"));
    let served = site.get("/.well-known/linkset-context.jsonld").await;
    assert_eq!(header(&served, "content-type"), "application/ld+json");
}

#[tokio::test]
async fn a_type_of_link_is_led_to_or_not_found() {
    let site = site().await;
    for (query, accept, language, location) in [
        ("linkType=gs1:pip&x=1", "*/*", "en", format!("{BASE}{PRODUCT}?lang=en&linkType=gs1:pip&x=1")),
        ("linkType=gs1:pip", "*/*", "vi", format!("{BASE}{PRODUCT}?lang=vi&linkType=gs1:pip")),
        (
            "linkType=https://gs1.org/voc/hasRetailers&a=b",
            "*/*",
            "vi",
            "https://cho.example.vn/mien-dong?linkType=https://gs1.org/voc/hasRetailers&a=b".to_owned(),
        ),
        (
            "linkType=gs1:traceability",
            "application/json",
            "vi",
            format!("{BASE}{PAGE}/proof.json?linkType=gs1:traceability"),
        ),
    ] {
        let headers = [("accept", accept), ("accept-language", language)];
        let response = get_as(&site, &format!("{PAGE}?{query}"), &headers).await;
        assert_eq!((response.status().as_u16(), header(&response, "location")), (307, location.as_str()), "{query}");
        // All links and where the linkset is, also where it leads on.
        let links = header(&response, "link");
        assert!(links.starts_with(&format!("<{BASE}{PAGE}?linkType=linkset>; rel=\"linkset\"")), "{links}");
        for word in ["defaultLink", "pip", "traceability", "hasRetailers", "recallStatus"] {
            assert!(links.contains(&format!("rel=\"{VOCABULARY}{word}\"; title*=UTF-8''")), "{word}: {links}");
        }
    }
    // What is here already is given without leading anywhere.
    for query in ["linkType=gs1:traceability", "linkType=gs1:defaultLink", "linkType=gs1:recallStatus"] {
        let response = site.get(&format!("{PAGE}?{query}")).await;
        assert_eq!(response.status(), 200, "{query}");
        assert!(header(&response, "link").contains("rel=\"linkset\""));
    }
    for query in ["linkType=gs1:epil", "linkType=gs1:nonsense", "linkType=", "linkType=https://evil.example/"] {
        assert_eq!(site.get(&format!("{PAGE}?{query}")).await.status(), 404, "{query}");
    }
    assert_eq!(site.get("/lot/1ATEGT1N00000000?linkType=gs1:hasRetailers").await.status(), 404);
}

#[tokio::test]
async fn every_address_has_a_default_here_or_above() {
    let site = site().await;
    for (path, location) in [
        ("/01/08931234567897/21/S1?a=b", format!("{PRODUCT}?a=b")),
        ("/01/08931234567897/22/2A", PRODUCT.to_owned()),
        ("/01/08931234567897/235/XYZ", PRODUCT.to_owned()),
    ] {
        let response = site.get(path).await;
        assert_eq!((response.status().as_u16(), header(&response, "location")), (307, location.as_str()), "{path}");
    }
    let page = site.text(&format!("{PRODUCT}?lang=en")).await;
    assert!(page.contains("Con Minh canna vermicelli") && page.contains("https://cho.example.vn/mien-dong"));
    assert!(!page.contains("javascript:"));
}

#[tokio::test]
async fn the_description_file_names_keys_and_link_types() {
    let site = site().await;
    let file: Value = site.get("/.well-known/gs1resolver").await.json().await.unwrap();
    assert_eq!(file["resolverRoot"], BASE);
    assert_eq!(file["supportedPrimaryKeys"], serde_json::json!(["01"]));
    assert_eq!(file["supportedLinkType"][0]["namespace"], VOCABULARY);
    let context = file["linksetContext"].as_str().and_then(|url| url.strip_prefix(BASE)).unwrap();
    assert_eq!(site.get(context).await.status(), 200);
}

#[tokio::test]
async fn a_printed_code_outlives_the_gtin_that_came_later() {
    let site = site().await;
    let printed = "/lot/1ATEGT1N00000000";
    assert_eq!(site.get(printed).await.status(), 200);
    // The GTIN given first, and the one given later, both lead to the lot that was made before either.
    for gtin in ["08930000000019", "08930000000026"] {
        for (behind, lead) in
            [("?a=b", "?a=b"), ("/proof.json", "/proof.json"), ("/21/AAAABBBBCCCCD", "/AAAABBBBCCCCD")]
        {
            let response = site.get(&format!("/01/{gtin}/10/1ATEGT1N00000000{behind}")).await;
            let location = header(&response, "location").to_owned();
            assert_eq!((response.status().as_u16(), location), (307, format!("{printed}{lead}")));
        }
    }
    // A GTIN of another product does not.
    assert_eq!(site.get("/01/08931234567897/10/1ATEGT1N00000000").await.status(), 404);
}

#[tokio::test]
async fn no_request_can_name_where_it_leads() {
    let site = site().await;
    for path in [
        "/find?code=https%3A%2F%2Fevil.example%2Flot%2F0123456789ABCDEF",
        "/find?code=//evil.example/lot/0123456789ABCDEF",
        "/01/08931234567897/21/S1?linkType=gs1:pip&url=https://evil.example",
        "/01/08930000000019/10/1ATEGT1N00000000?next=//evil.example",
        "/01/08931234567897/10/MD-250112?linkType=gs1:hasRetailers&//evil.example",
        "//evil.example/01/08931234567897",
    ] {
        let response = site.get(path).await;
        let location = header(&response, "location");
        let target = location.split('?').next().unwrap();
        let is_own = target.starts_with("/01/") || target.starts_with("/lot/") || target.starts_with(BASE);
        assert!(location.is_empty() || is_own || target == "https://cho.example.vn/mien-dong", "{path} -> {location}");
    }
}

/// `docs/conformance.md` has a row for every line of the requirements, and names only tests that exist.
#[test]
fn the_conformance_table_is_whole_and_names_real_tests() {
    let root = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let table = std::fs::read_to_string(root.join("docs/conformance.md")).unwrap();
    let rows: Vec<Vec<&str>> = table
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| requirement") && !line.starts_with("|---"))
        .map(|line| line.split('|').map(str::trim).collect())
        .collect();
    assert!(rows.len() > 25);
    let sources = [
        include_str!("resolver.rs"),
        include_str!("keeping.rs"),
        include_str!("packs.rs"),
        include_str!("../tests.rs"),
    ];
    let mut named = std::collections::BTreeSet::new();
    for row in &rows {
        let [_, _, places, _, tests, _] = row.as_slice() else { panic!("{row:?}") };
        named.extend(places.split(", ").map(ToOwned::to_owned));
        for test in tests.split('`').skip(1).step_by(2) {
            let function = format!("fn {test}(");
            assert!(sources.iter().any(|source| source.contains(&function)), "no test {test}");
        }
        assert!(tests.contains('`') || tests.starts_with("not tested: "), "{row:?}");
    }
    for (letter, file) in [("A", "Conformance.txt"), ("B", "Conformance1_2.txt"), ("C", "ConformantResolver1_0.txt")] {
        let Some(path) = shared(&format!("gs1-resolver-requirements/{file}")) else { return };
        let text = std::fs::read_to_string(path).unwrap();
        let requirements = text
            .lines()
            .enumerate()
            .filter(|(_, line)| ["SHALL", "SHOULD", "MAY"].iter().any(|word| line.contains(word)));
        for (at, line) in requirements {
            let place = format!("{letter}{}", at + 1);
            assert!(named.contains(&place), "no row for {place}: {line}");
        }
    }
}
