//! How often one address may ask the API.

use crate::{site, templates};
use axum::{body::Body, extract::ConnectInfo, http::Request};
use std::{
    net::{Ipv4Addr, SocketAddr},
    num::NonZeroU32,
};
use tower::ServiceExt;

/// Asks one site again and again, each time from where it says; the statuses, and the headers of the last answer.
fn asked(asks: &[(&str, Ipv4Addr, Option<&str>)]) -> (Vec<u16>, Vec<(String, String)>) {
    testkit::block_on(async {
        let (site, routes) = site(templates(), false, NonZeroU32::new(3)).await;
        let app = web::app(site, routes);
        let (mut statuses, mut headers) = (Vec::new(), Vec::new());
        for (path, peer, handed_on) in asks {
            let mut request = Request::builder().uri(*path).header("host", "lang.example");
            if let Some(from) = handed_on {
                request = request.header("x-forwarded-for", *from);
            }
            let request = request.extension(ConnectInfo(SocketAddr::from((*peer, 5000)))).body(Body::empty());
            let answer = app.clone().oneshot(request.expect("a request")).await.expect("an answer");
            statuses.push(answer.status().as_u16());
            let told = answer.headers().iter().map(|(n, v)| (n.to_string(), v.to_str().unwrap_or("").to_owned()));
            headers = told.collect();
        }
        (statuses, headers)
    })
}

fn header<'a>(headers: &'a [(String, String)], name: &str) -> &'a str {
    headers.iter().find(|(n, _)| n == name).map_or("", |(_, value)| value)
}

const FAR: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 7);
const HERE: Ipv4Addr = Ipv4Addr::LOCALHOST;

#[test]
fn an_address_is_told_what_is_left_and_refused_when_nothing_is() {
    let ask = ("/api/v1/number/1?page=1", FAR, None);
    let (statuses, headers) = asked(&[ask]);
    assert_eq!(statuses, [200]);
    assert_eq!(header(&headers, "ratelimit-policy"), "\"minute\";q=3;w=60");
    assert_eq!(header(&headers, "ratelimit"), "\"minute\";r=2;t=20");
    let (statuses, headers) = asked(&[ask, ask, ask, ask]);
    assert_eq!(statuses, [200, 200, 200, 429]);
    assert_eq!(header(&headers, "content-type"), "application/problem+json");
    assert_eq!((header(&headers, "retry-after"), header(&headers, "ratelimit")), ("20", "\"minute\";r=0;t=60"));
}

#[test]
fn each_address_has_its_own() {
    let path = "/api/v1/number/1?page=1";
    let near = Ipv4Addr::new(198, 51, 100, 8);
    let (statuses, _) =
        asked(&[(path, FAR, None), (path, FAR, None), (path, FAR, None), (path, near, None), (path, FAR, None)]);
    assert_eq!(statuses, [200, 200, 200, 200, 429]);
    // Of a proxy on this machine the last address counts, which the proxy itself wrote; one far away may say what it likes.
    let by = |from| (path, HERE, Some(from));
    let (statuses, _) = asked(&[
        by("203.0.113.1, 198.51.100.1"),
        by("203.0.113.2, 198.51.100.1"),
        by("198.51.100.1"),
        by("198.51.100.1"),
        by("198.51.100.2"),
    ]);
    assert_eq!(statuses, [200, 200, 200, 429, 200]);
    let (statuses, _) = asked(&[
        (path, FAR, Some("1.1.1.1")),
        (path, FAR, Some("1.1.1.2")),
        (path, FAR, Some("1.1.1.3")),
        (path, FAR, Some("1.1.1.4")),
    ]);
    assert_eq!(statuses, [200, 200, 200, 429]);
    // A network of IPv6 is one address.
    let (statuses, _) =
        asked(&[by("2001:db8::1"), by("2001:db8::2"), by("2001:db8::3"), by("2001:db8::4"), by("2001:db8:1::1")]);
    assert_eq!(statuses, [200, 200, 200, 429, 200]);
}

#[test]
fn pages_and_whoever_sits_at_the_machine_are_not_counted() {
    let (statuses, headers) = asked(&[("/trang", FAR, None); 5]);
    assert_eq!((statuses, header(&headers, "ratelimit")), (vec![200; 5], ""));
    let (statuses, headers) = asked(&[("/api/v1/number/1?page=1", HERE, None); 5]);
    assert_eq!((statuses, header(&headers, "ratelimit")), (vec![200; 5], ""));
}
