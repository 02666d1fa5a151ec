use std::collections::BTreeSet;

use axum::body::Body;
use http::Request;
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

use super::*;

const MEDIA: &str = "http://127.0.0.1:4566";

async fn get(path: &str) -> (u16, String, String, String) {
    let request = Request::builder().uri(path).body(Body::empty()).unwrap();
    let answer = router(MEDIA).oneshot(request).await.unwrap();
    let header = |name: &HeaderName| {
        let value = answer.headers().get(name);
        value.map_or("", |value| value.to_str().unwrap()).to_owned()
    };
    let (kind, policy) = (
        header(&header::CONTENT_TYPE),
        header(&header::CONTENT_SECURITY_POLICY),
    );
    let status = answer.status().as_u16();
    let bytes = answer.into_body().collect().await.unwrap().to_bytes();
    (
        status,
        kind,
        policy,
        String::from_utf8(bytes.to_vec()).unwrap(),
    )
}

/// The files of the folder, by their paths below it.
fn on_disk() -> BTreeSet<String> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("console");
    let mut folders = vec![root.clone()];
    let mut found = BTreeSet::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(&root).unwrap();
                found.insert(name.to_str().unwrap().to_owned());
            }
        }
    }
    found
}

#[tokio::test]
async fn every_file_of_the_folder_is_served_as_what_it_is() {
    let listed: BTreeSet<String> = FILES.iter().map(|file| file.name.to_owned()).collect();
    assert_eq!(listed, on_disk());
    for (path, expected) in [
        ("/console", "text/html; charset=utf-8"),
        ("/console/", "text/html; charset=utf-8"),
        ("/console/console.css", "text/css; charset=utf-8"),
        ("/console/icon.svg", "image/svg+xml"),
        (
            "/console/actions/medicine.js",
            "text/javascript; charset=utf-8",
        ),
    ] {
        let (status, kind, policy, body) = get(path).await;
        assert_eq!((status, kind.as_str()), (200, expected), "{path}");
        assert!(policy.starts_with("default-src 'self';"), "{policy}");
        assert!(!body.is_empty());
    }
    for nothing in [
        "/console/x.js",
        "/console/../Cargo.toml",
        "/console/%2e%2e/Cargo.toml",
    ] {
        assert_eq!(get(nothing).await.0, 404, "{nothing}");
    }
}

#[tokio::test]
async fn the_policy_lets_the_page_speak_to_its_own_host_alone() {
    let (_, _, policy, _) = get("/console").await;
    assert!(policy.contains("connect-src 'self';"), "{policy}");
    assert!(
        policy.contains(&format!("img-src 'self' blob: {MEDIA};")),
        "{policy}"
    );
    assert!(!policy.contains("unsafe"), "{policy}");
    assert!(!policy.contains("https:"), "{policy}");
}

#[tokio::test]
async fn a_deployed_stack_is_let_in_by_its_two_origins() {
    let (_, _, policy, _) =
        get("/console?api=https://api.example.com/x&socket=wss://socket.example.com/prod").await;
    assert!(
        policy.contains("connect-src 'self' https://api.example.com wss://socket.example.com;"),
        "{policy}"
    );
}

#[test]
fn what_is_no_origin_says_nothing_in_the_policy() {
    for url in [
        "",
        "example.com",
        "javascript:alert(1)",
        "ftp://example.com",
        "https://user@example.com",
        "https://*",
        "https://*.example.com",
        "https://example.com; script-src *",
        "https://example.com,https://other.example",
    ] {
        assert_eq!(origin(url), None, "{url}");
    }
    let local = origin("http://127.0.0.1:8000/dev?x=y");
    assert_eq!(local.as_deref(), Some("http://127.0.0.1:8000"));
}

/// What others wrote is put into the page as text, and nothing is fetched from elsewhere.
#[test]
fn no_file_makes_markup_of_text_or_names_another_host() {
    for file in FILES {
        for forbidden in [
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
            "new Function",
            "srcdoc",
        ] {
            assert!(
                !file.text.contains(forbidden),
                "{forbidden} in {}",
                file.name
            );
        }
        let named = file.text.match_indices("://").filter(|(at, _)| {
            let host = &file.text[at + 3..];
            // The names of SVG's and RFC 2606's own.
            !host.starts_with("www.w3.org/2000/svg")
                && !host
                    .split(['/', '"', '`'])
                    .next()
                    .is_some_and(|host| host.ends_with("example.com"))
                && host.starts_with(|letter: char| letter.is_ascii_alphanumeric())
        });
        assert_eq!(named.count(), 0, "a host is named in {}", file.name);
    }
}
