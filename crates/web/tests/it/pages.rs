//! How answers look, and what a browser may keep.

use crate::asked;

fn check(text: &str, wanted: &[&str]) {
    for part in wanted {
        assert!(text.contains(part), "{part:?} is missing in:\n{text}");
    }
}

#[test]
fn the_language_is_in_the_address() {
    let vi = asked("GET", "/trang?q=1").send().text();
    check(
        &vi,
        &["<html lang=\"vi\">", "hreflang=\"en\"", "en&#x2f;trang?q=1", "<h1>A &lt; B</h1>", "Số liệu minh họa"],
    );
    let en = asked("GET", "/en/trang").send().text();
    check(&en, &["<html lang=\"en\">", "hreflang=\"vi\"", "Skip to"]);
    // `/english` is an address of its own, not a language.
    assert_eq!(asked("GET", "/english").send().status, 404);
}

#[test]
fn problems_say_what_to_do_next_in_either_language_and_form() {
    let page = asked("GET", "/khong-co").send();
    check(&page.text(), &["Không có trang này", "kiểm tra lại địa chỉ"]);
    let page = asked("POST", "/en/ghi").reading_only().send();
    check(&page.text(), &["<html lang=\"en\">", "Please log in and try again"]);
    let page = asked("POST", "/ghi").with("origin", "http://evil.example").send();
    check(&page.text(), &["gửi từ một trang khác", "gửi lại từ đó"]);
    let json = asked("POST", "/ghi").reading_only().with("accept", "application/json").send();
    assert_eq!(json.header("content-type"), "application/problem+json");
    let body: serde_json::Value = serde_json::from_slice(&json.body).expect("JSON");
    assert_eq!((&body["status"], &body["type"]), (&401.into(), &"/api/problems#problem-not-logged-in".into()));
}

#[test]
fn our_own_fault_is_a_page_with_a_number_and_without_details() {
    let page = asked("GET", "/en/hong").send();
    assert_eq!(page.status, 500);
    let id = page.header("x-request-id");
    assert!(id.len() >= 32, "{id:?}");
    check(&page.text(), &["The server failed while answering", id]);
    let json = asked("GET", "/api/v1/lost").send();
    assert_eq!((json.status.as_u16(), json.header("content-type")), (500, "application/problem+json"));
    assert!(!json.text().contains("secret"), "{}", json.text());
}

#[test]
fn whatever_does_not_read_is_a_problem_in_either_language_and_form() {
    let kind = ("content-type", "application/x-www-form-urlencoded");
    for (method, path, status, vi, en) in [
        ("GET", "/so/abc?page=1", 404, "Không có trang này", "There is no such page"),
        ("GET", "/so/1?page=abc", 422, "page", "field page"),
        ("GET", "/so/1", 422, "chưa có giá trị", "has no value"),
        ("POST", "/so", 422, "chưa có giá trị", "has no value"),
        ("GET", "/khong-byte", 422, "ký tự", "character"),
        ("GET", "/nga", 500, "Máy chủ gặp lỗi", "The server failed"),
    ] {
        for (prefix, words) in [("", vi), ("/en", en)] {
            let path: &str = format!("{prefix}{path}").leak();
            let page = asked(method, path).with(kind.0, kind.1).send();
            assert_eq!(
                (page.status.as_u16(), page.header("content-type")),
                (status, "text/html; charset=utf-8"),
                "{path}"
            );
            check(&page.text(), &["<h1", words]);
            assert!(!page.text().contains("secret"), "{path}");
            let json = asked(method, path).with(kind.0, kind.1).with("accept", "application/json").send();
            assert_eq!(
                (json.status.as_u16(), json.header("content-type")),
                (status, "application/problem+json"),
                "{path}"
            );
        }
    }
    let field = asked("GET", "/so/1?page=abc").with("accept", "application/json").send();
    let body: serde_json::Value = serde_json::from_slice(&field.body).expect("JSON");
    assert_eq!(body["place"]["field"], "page");
    assert_eq!(asked("POST", "/so").send().status, 415);
}

#[test]
fn a_page_that_the_browser_has_is_not_sent_again() {
    let first = asked("GET", "/trang").send();
    let tag = first.header("etag").to_owned();
    assert!(tag.starts_with('"'), "{tag:?}");
    for (sent, status) in [(tag.as_str(), 304), (&format!("W/{tag}, \"x\""), 304), ("\"x\"", 200)] {
        let again = asked("GET", "/trang").with("if-none-match", sent).send();
        assert_eq!(again.status, status, "{sent}");
        assert_eq!(again.body.is_empty(), status == 304, "{sent}");
    }
    // Another language is another page.
    assert_ne!(asked("GET", "/en/trang").send().header("etag"), tag);
}

#[test]
fn every_answer_carries_the_headers_that_protect() {
    for path in ["/trang", "/khong-co", "/hong", "/healthz"] {
        let answer = asked("GET", path).send();
        let policy = answer.header("content-security-policy");
        check(policy, &["default-src 'self'", "frame-ancestors 'none'", "object-src 'none'"]);
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("cross-origin-opener-policy"), "same-origin", "{path}");
        assert_eq!(answer.header("referrer-policy"), "strict-origin-when-cross-origin", "{path}");
        assert_eq!(answer.header("strict-transport-security"), "max-age=31536000; includeSubDomains", "{path}");
    }
}

#[test]
fn health_and_metrics_answer() {
    assert_eq!(asked("GET", "/healthz").send().text(), "ok\n");
    check(
        &asked("GET", "/metrics").send().text(),
        &["langso_requests_total ", "langso_responses_total{class=\"5xx\"} "],
    );
    let outside = [
        asked("GET", "/metrics").from([203, 0, 113, 7].into()),
        asked("GET", "/metrics").with("x-forwarded-for", "203.0.113.7"),
    ];
    for one in outside {
        assert_eq!(one.send().status, 403, "counts are for whoever runs the site");
    }
}

/// Islands may not be built where these tests run alone; then there is nothing to keep.
#[test]
fn assets_are_kept_under_their_hash_and_come_compressed() {
    if web::asset("style.css").is_none() {
        assert_eq!(asked("GET", "/assets/style.css").send().status, 404);
        return;
    }
    let page = asked("GET", "/trang").send().text();
    let from =
        page.find("&#x2f;assets&#x2f;style.css?v=").or_else(|| page.find("/assets/style.css?v=")).expect("a style");
    let address: String = page[from..].split('"').next().expect("an address").replace("&#x2f;", "/");
    let get = |path: String| asked("GET", path.leak());
    let kept = get(address).with("accept-encoding", "gzip, br").send();
    assert_eq!(kept.header("content-encoding"), "br");
    check(kept.header("cache-control"), &["immutable"]);
    let packed = web::asset("style.css.br").expect("compressed when built");
    assert_eq!(kept.body, packed, "sent as it lies");
    let refused = get("/assets/style.css".into()).with("accept-encoding", "br;q=0, gzip").send();
    assert_eq!((refused.header("content-encoding"), refused.header("cache-control")), ("gzip", "no-cache"));
    assert_eq!(get("/assets/style.css?v=0".into()).send().header("cache-control"), "no-cache");
    assert_eq!(get("/assets/style.css.br".into()).send().status, 404);
}

#[test]
fn a_template_that_is_being_edited_shows_at_the_next_click() {
    let folder = tempfile::tempdir().expect("a folder");
    let templates = folder.path().join("room/templates");
    std::fs::create_dir_all(&templates).expect("a folder");
    for text in ["<p>first {{ title }}</p>", "<p>second {{ t(\"search\") }}</p>"] {
        std::fs::write(templates.join("page.html"), text).expect("a template");
        let mut request = asked("GET", "/trang");
        request.templates = Some(folder.path().to_owned());
        let word = if text.contains("first") { "first A &lt; B" } else { "second Tìm" };
        check(&request.send().text(), &[word]);
    }
}
