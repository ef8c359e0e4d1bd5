//! What is kept, how long, and what happens when the node is gone or a client asks for too much.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{extract::Request, middleware::Next};

use super::{PAGE, Site, config, header, serve};
use crate::{
    Settings,
    fixture::{VERMICELLI, node, vermicelli},
    standalone,
};

/// A service, and how many bundles its node gave.
async fn counted() -> (Site, Arc<AtomicUsize>) {
    let bundles = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&bundles);
    let app = node(vec![(VERMICELLI, vermicelli(false))]).layer(axum::middleware::from_fn(
        move |request: Request, next: Next| {
            let counter = Arc::clone(&counter);
            async move {
                if request.uri().path().ends_with("/bundle") {
                    counter.fetch_add(1, Ordering::SeqCst);
                }
                next.run(request).await
            }
        },
    ));
    let (address, node) = serve(app).await;
    let (service, _) = serve(standalone(config(address), Settings::default()).unwrap()).await;
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    (Site { base: format!("http://{service}"), http, node }, bundles)
}

#[tokio::test]
async fn a_page_that_the_browser_has_is_not_sent_again() {
    let (site, bundles) = counted().await;
    let first = site.get(PAGE).await;
    let tag = header(&first, "etag").to_owned();
    assert!(tag.starts_with('"') && tag.len() > 10, "{tag}");
    let url = format!("{}{PAGE}", site.base);
    for known in [tag.clone(), format!("W/{tag}"), format!("\"x\", {tag}"), "*".to_owned()] {
        let again = site.http.get(&url).header("if-none-match", known).send().await.unwrap();
        assert_eq!((again.status().as_u16(), header(&again, "etag")), (304, tag.as_str()));
        assert!(again.bytes().await.unwrap().is_empty());
    }
    // Zipped it is another sequence of bytes, so it has another tag; either is recognised.
    let zipped = site.http.get(&url).header("accept-encoding", "gzip").send().await.unwrap();
    assert_eq!(header(&zipped, "content-encoding"), "gzip");
    assert_ne!(header(&zipped, "etag"), tag);
    for (known, lang, status) in [(tag.as_str(), "vi", 304), (tag.as_str(), "en", 200), ("\"other\"", "vi", 200)] {
        let request = site.http.get(&url).header("if-none-match", known).header("accept-language", lang);
        assert_eq!(request.send().await.unwrap().status(), status, "{known} {lang}");
    }
    let refused = site.http.get(&url).header("accept-encoding", "gzip;q=0").send().await.unwrap();
    assert_eq!(header(&refused, "content-encoding"), "");
    assert_eq!(bundles.load(Ordering::SeqCst), 1, "one bundle served them all");
}

#[tokio::test]
async fn a_crowd_asks_the_node_once() {
    let (site, bundles) = counted().await;
    let looks: Vec<_> = (0..40).map(|_| tokio::spawn(site.http.get(format!("{}{PAGE}", site.base)).send())).collect();
    for look in looks {
        assert_eq!(look.await.unwrap().unwrap().status(), 200);
    }
    assert_eq!(bundles.load(Ordering::SeqCst), 1);
    for _ in 0..5 {
        assert_eq!(site.get("/lot/0123456789ABCDEF").await.status(), 404);
    }
    assert_eq!(bundles.load(Ordering::SeqCst), 2, "what is unknown stays so for a moment");
}

#[tokio::test]
async fn pages_that_were_seen_outlive_the_node() {
    let (site, _) = counted().await;
    let before = site.text(&format!("{PAGE}?lang=en")).await;
    assert!(!before.contains("Copy from"));
    site.node.abort();
    let Err(ended) = site.node.await else { panic!("the node still runs") };
    assert!(ended.is_cancelled());
    // Once the story is no longer fresh the node is asked, aside; when that failed, the page says from when it is.
    let started = std::time::Instant::now();
    let http = reqwest::Client::new();
    let as_of = loop {
        let response = http.get(format!("{}{PAGE}?lang=en", site.base)).send().await.unwrap();
        assert_eq!(response.status(), 200, "a silent node never takes the page down");
        let page = response.text().await.unwrap();
        if page.contains("Copy from ") {
            break page;
        }
        assert!(started.elapsed() < Duration::from_secs(60), "the page never said that it is a copy");
    };
    assert!(as_of.contains("could not check for newer records") && as_of.contains("Con Minh canna vermicelli"));
    let proof = http.get(format!("{}{PAGE}/proof.json", site.base)).send().await.unwrap();
    assert_eq!(proof.status(), 200, "and the proof is there too");
    let other = http.get(format!("{}/lot/0123456789ABCDEF", site.base)).send().await.unwrap();
    assert_eq!(other.status(), 503, "what was never seen is not called unknown");
}

#[tokio::test]
async fn pages_that_were_seen_outlive_a_restart_while_the_node_is_down() {
    let folder = tempfile::tempdir().unwrap();
    let settings = || Settings { data: Some(folder.path().to_owned()), ..Settings::default() };
    let (node_address, node) = serve(node(vec![(VERMICELLI, vermicelli(false))])).await;
    let (address, first) = serve(standalone(config(node_address), settings()).unwrap()).await;
    let http = reqwest::Client::new();
    let page = http.get(format!("http://{address}{PAGE}?lang=en")).send().await.unwrap();
    assert_eq!(page.status(), 200);
    // The copy is written aside; it is there when its file is.
    let copies = folder.path().join("copies");
    let is_written = || std::fs::read_dir(&copies).unwrap().any(|file| file.unwrap().file_name().len() == 64);
    while !is_written() {
        tokio::task::yield_now().await;
    }
    for task in [node, first] {
        task.abort();
        assert!(task.await.unwrap_err().is_cancelled());
    }
    // The folder is free once the last connection of the first service has ended.
    drop(http);
    let second = loop {
        match standalone(config(node_address), settings()) {
            Ok(service) => break service,
            Err(_) => tokio::task::yield_now().await,
        }
    };
    let (address, _) = serve(second).await;
    for path in [PAGE.to_owned(), format!("{PAGE}/proof.json")] {
        let answer = reqwest::get(format!("http://{address}{path}?lang=en")).await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        let text = answer.text().await.unwrap();
        assert!(path != PAGE || (text.contains("Copy from ") && text.contains("Con Minh canna vermicelli")), "{path}");
    }
    let other = reqwest::get(format!("http://{address}/lot/0123456789ABCDEF")).await.unwrap();
    assert_eq!(other.status(), 503, "what was never seen is not called unknown");
}

#[tokio::test]
async fn who_asks_for_too_much_is_refused_and_nobody_else() {
    let settings = Settings { is_behind_proxy: true, ..Settings::default() };
    let site = Site::start_with(vec![(VERMICELLI, vermicelli(false))], settings).await;
    let ask = async |path: String, address: &str| {
        let request = site.http.get(format!("{}{path}", site.base)).header("x-forwarded-for", address);
        request.send().await.unwrap()
    };
    let mut refused = None;
    for guess in 0..2_000 {
        let response = ask(format!("/lot/000000000{guess:05}"), "192.0.2.1").await;
        if response.status() == 429 {
            refused = Some(response);
            break;
        }
        assert_eq!(response.status(), 404);
    }
    let refused = refused.expect("guessing codes is limited");
    assert!(header(&refused, "retry-after").parse::<u64>().is_ok_and(|seconds| seconds >= 1));
    // Until a token comes back: the picture of a code is refused as a program expects it.
    let mut problem = None;
    for guess in 0..2_000 {
        let response = ask(format!("/lot/111111111{guess:05}/qr.svg"), "192.0.2.1").await;
        if response.status() == 429 {
            problem = Some(response.json::<serde_json::Value>().await.unwrap());
            break;
        }
    }
    assert_eq!(problem.unwrap()["code"], "rate_limited");
    assert_eq!(ask(PAGE.to_owned(), "192.0.2.2").await.status(), 200, "somebody else");
    // A page from memory costs nothing and is never refused.
    assert_eq!(ask(PAGE.to_owned(), "192.0.2.1").await.status(), 200);
}
