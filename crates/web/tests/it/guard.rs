//! Who may pass.

use crate::{Asked, asked};
use std::net::Ipv4Addr;

fn check(request: Asked, expected: u16) {
    let what = format!("{} {} {:?} {}", request.method, request.path, request.headers, request.peer);
    assert_eq!(request.send().status.as_u16(), expected, "{what}");
}

#[test]
fn anybody_reads() {
    check(asked("GET", "/trang").reading_only(), 200);
    check(asked("HEAD", "/trang").reading_only(), 200);
    check(asked("GET", "/trang").from(Ipv4Addr::new(10, 0, 0, 9)), 200);
    check(asked("GET", "/khong-co"), 404);
}

#[test]
fn writing_needs_whoever_sits_at_the_machine() {
    for path in ["/ghi", "/tran"] {
        check(asked("POST", path), 200);
        check(asked("POST", path).with("host", "localhost"), 200);
        check(asked("POST", path).with("host", "[::1]:8080"), 200);
        check(asked("POST", path).with("host", "[::1]"), 200);
        check(asked("POST", path).reading_only(), 401);
        check(asked("POST", path).from(Ipv4Addr::new(10, 0, 0, 9)), 401);
        // A foreign name that points at this machine.
        check(asked("POST", path).with("host", "evil.example:8080"), 401);
    }
}

#[test]
fn nobody_behind_a_proxy_sits_at_the_machine() {
    for (name, value) in [
        ("forwarded", "for=203.0.113.7"),
        ("x-forwarded-for", "203.0.113.7"),
        ("x-forwarded-host", "127.0.0.1"),
        ("x-forwarded-proto", "https"),
        ("x-real-ip", "127.0.0.1"),
        ("via", "1.1 proxy"),
    ] {
        check(asked("POST", "/ghi").with(name, value), 401);
        check(asked("GET", "/trang").with(name, value), 200);
    }
}

#[test]
fn a_stranger_writes_nothing_and_is_told_to_log_in() {
    for path in ["/ghi", "/tran"] {
        check(asked("POST", path), 200);
        check(asked("POST", path).reading_only(), 401);
        check(asked("POST", path).reading_only().with("authorization", "Bearer nobody's"), 401);
    }
    let answer = asked("POST", "/ghi").reading_only().send();
    assert_eq!(answer.header("www-authenticate"), "Bearer");
}

#[test]
fn a_cookie_comes_from_a_browser_that_says_where_it_is() {
    let own = |request: Asked| request.with("cookie", "langso=x");
    check(own(asked("POST", "/ghi")), 403);
    check(own(asked("POST", "/ghi")).with("sec-fetch-site", "same-origin"), 200);
    check(own(asked("POST", "/ghi")).with("origin", "http://127.0.0.1:8080"), 200);
    check(own(asked("GET", "/trang")), 200);
}

#[test]
fn a_write_from_a_foreign_page_is_refused() {
    let ours = "http://127.0.0.1:8080";
    check(asked("POST", "/ghi").with("origin", ours), 200);
    check(asked("POST", "/ghi").with("origin", "http://evil.example"), 403);
    check(asked("POST", "/ghi").with("origin", "null"), 403);
    check(asked("POST", "/ghi").with("sec-fetch-site", "same-origin"), 200);
    check(asked("POST", "/ghi").with("sec-fetch-site", "same-site"), 403);
    // The browser's own word counts more than an origin.
    check(asked("POST", "/ghi").with("sec-fetch-site", "cross-site").with("origin", ours), 403);
}

#[test]
fn a_method_without_a_row_reaches_no_handler() {
    check(asked("POST", "/lac"), 405);
    check(asked("DELETE", "/trang"), 405);
    check(asked("GET", "/ghi"), 405);
}
