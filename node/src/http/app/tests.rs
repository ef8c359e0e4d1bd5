//! The app's files over a router of their own.

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response, StatusCode, header};
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

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
