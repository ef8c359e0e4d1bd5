//! The app's files over a router of their own.

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, Response, StatusCode, header};
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

use super::{code_of, compressed, find, paths, takes_brotli};

async fn ask(path: &str, tag: Option<&str>) -> Response<Body> {
    let mut request = Request::get(path);
    if let Some(tag) = tag {
        request = request.header(header::IF_NONE_MATCH, tag);
    }
    let app: Router = super::routes();
    app.oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
}

async fn text(response: Response<Body>) -> String {
    String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap()
}

#[tokio::test]
async fn every_file_that_a_phone_keeps_is_served_with_its_type_and_policy() {
    let files: serde_json::Value = serde_json::from_str(&text(ask("/app/files.json", None).await).await).unwrap();
    let paths: Vec<_> = files["files"].as_array().unwrap().iter().map(|path| path.as_str().unwrap()).collect();
    assert!(paths.contains(&"index.html") && paths.contains(&"verifier/verify.js"), "{paths:?}");
    assert!(!paths.contains(&"verifier/verify.html"), "the page for auditors is no part of the app");
    for path in paths {
        let response = ask(&format!("/app/{path}"), None).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        let headers = response.headers();
        assert!(headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap().contains("script-src 'self'"), "{path}");
        assert_ne!(headers[header::CONTENT_TYPE], "application/octet-stream", "{path} has no type");
        assert!(!path.contains("LICENSE") && !path.ends_with(".d.ts"), "{path}");
    }
}

#[tokio::test]
async fn what_a_phone_already_has_is_not_sent_again() {
    let first = ask("/app/", None).await;
    let tag = first.headers()[header::ETAG].to_str().unwrap().to_owned();
    assert_eq!(ask("/app/", Some(&tag)).await.status(), StatusCode::NOT_MODIFIED);
    assert_eq!(ask("/app/", Some("\"older\"")).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn the_worker_names_the_version_of_all_files() {
    let files: serde_json::Value = serde_json::from_str(&text(ask("/app/files.json", None).await).await).unwrap();
    let worker = text(ask("/app/sw.js", None).await).await;
    assert!(worker.ends_with(&format!("// version {}\n", files["version"].as_str().unwrap())), "{worker}");
}

#[tokio::test]
async fn nothing_outside_the_app_is_served() {
    for path in ["/app/../Cargo.toml", "/app/%2e%2e/Cargo.toml", "/app/verifier/../../Cargo.toml", "/app/no-such-file"]
    {
        assert_eq!(ask(path, None).await.status(), StatusCode::NOT_FOUND, "{path}");
    }
}

#[test]
fn only_comments_and_empty_lines_are_left_out() {
    let text = "/** Says.\n * @param {string} x\n */\nexport const say = (x) => {\n  // Why.\n\n  return `${x} // no`; \n};\n/** One. */\nsay('/* no */');\n";
    assert_eq!(code_of(text), "export const say = (x) => {\n  return `${x} // no`; \n};\nsay('/* no */');\n");
}

/// What is left out by line must be no more than comments: no code stands behind one that begins a line, or inside one.
#[test]
fn no_module_has_code_beside_a_comment() {
    let modules = paths().into_iter().filter(|path| path.ends_with(".js") && !path.contains("vendor/"));
    for path in modules {
        let text = String::from_utf8(find(&path).unwrap().data.into_owned()).unwrap();
        assert_eq!(text.matches('`').count() % 2, 0, "{path}: a template may hold what looks like a comment");
        let mut is_comment = false;
        for line in text.lines().map(str::trim) {
            if is_comment || line.starts_with("/*") {
                is_comment = !line.contains("*/");
                assert!(is_comment || line.ends_with("*/"), "{path}: {line}");
            }
        }
        assert!(!is_comment, "{path}: a comment does not end");
    }
}

#[test]
fn brotli_goes_to_those_who_take_it() {
    let asked = |text: &str| {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_ENCODING, text.parse().unwrap());
        takes_brotli(&headers)
    };
    assert!(asked("gzip, deflate, br, zstd") && asked("br"));
    assert!(!asked("gzip, deflate") && !takes_brotli(&HeaderMap::new()));
    let bytes = "the same words again and again, ".repeat(100);
    let brotli = compressed(bytes.as_bytes()).unwrap();
    assert!(brotli.len() < bytes.len() / 10);
}
