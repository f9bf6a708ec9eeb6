//! What pages tell machines: descriptions, languages, schema.org, the map of all pages, robots.

use crate::{
    figures::ROOMS,
    visitor::{OK, Visitor},
};
use anyhow::{Context, ensure};
use serde_json::Value;
use std::collections::{BTreeSet, HashMap};

const ORIGIN: &str = "https://lang.example";

/// Pages, the schema.org types each is about, and whether a way leads to it.
const PAGES: [(&str, &[&str]); 10] = [
    ("/", &["Dataset", "WebSite"]),
    ("/xa", &["Dataset", "BreadcrumbList"]),
    ("/xa/1117", &["Dataset", "AdministrativeArea", "BreadcrumbList"]),
    ("/xa/250?nam=2024", &["Dataset", "AdministrativeArea", "BreadcrumbList"]),
    ("/don-vi/320", &["AdministrativeArea", "BreadcrumbList"]),
    ("/bo-tieu-chi/commune-2021-2025", &["Dataset", "Legislation", "BreadcrumbList"]),
    ("/tu-dien-so-lieu", &["Dataset", "BreadcrumbList"]),
    ("/ban-do", &["Dataset"]),
    ("/bo-tieu-chi/commune-2021-2025/17.1", &["Dataset", "BreadcrumbList"]),
    ("/co-quan", &[]),
];

/// What schema.org and those who read it ask of a thing.
fn required(kind: &str) -> &'static [&'static str] {
    match kind {
        "Dataset" => &["name", "description", "url", "distribution"],
        "WebSite" => &["name", "url", "potentialAction"],
        "AdministrativeArea" => &["name", "url", "identifier"],
        "Legislation" => &["name", "url", "legislationDate", "legislationIdentifier", "legislationPassedBy"],
        "BreadcrumbList" => &["itemListElement"],
        _ => &["not a type that pages use"],
    }
}

/// Texts between two marks.
fn between<'a>(text: &'a str, from: &str, to: &str) -> Vec<&'a str> {
    text.split(from).skip(1).filter_map(|rest| rest.split_once(to).map(|(inside, _)| inside)).collect()
}

/// Every address in a thing.
fn addresses(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) if text.starts_with("http") && !text.starts_with("https://schema.org") => {
            found.push(text.clone())
        }
        Value::Array(list) => list.iter().for_each(|v| addresses(v, found)),
        Value::Object(map) => map.values().for_each(|v| addresses(v, found)),
        _ => {}
    }
}

#[test]
fn pages_say_what_they_are_in_both_languages() {
    testkit::each_engine(ROOMS, |store| async move {
        let visitor = Visitor::new(store).await?;
        let mut described: HashMap<String, String> = HashMap::new();
        let mut linked = BTreeSet::new();
        for (path, kinds) in PAGES {
            for prefix in ["", "/en"] {
                let address = if prefix.is_empty() || path != "/" { format!("{prefix}{path}") } else { prefix.into() };
                let page = visitor.get(&address, false).await?;
                ensure!(page.status == OK, "{address}: {}", page.status);
                let text = page.text();
                let own = address.split('?').next().unwrap_or("");
                let (vi, en) = (
                    path.split('?').next().unwrap_or(""),
                    if path == "/" { "/en".into() } else { format!("/en{}", path.split('?').next().unwrap_or("")) },
                );
                for wanted in [
                    format!("<link rel=\"canonical\" href=\"{ORIGIN}{own}\">"),
                    format!("hreflang=\"vi\" href=\"{ORIGIN}{vi}\""),
                    format!("hreflang=\"en\" href=\"{ORIGIN}{en}\""),
                    format!("hreflang=\"x-default\" href=\"{ORIGIN}{vi}\""),
                    format!("<meta property=\"og:url\" content=\"{ORIGIN}{own}\">"),
                    format!("og:locale\" content=\"{}\"", if prefix.is_empty() { "vi_VN" } else { "en_GB" }),
                ] {
                    ensure!(text.contains(&wanted), "{address} lacks {wanted}");
                }
                let description = between(&text, "<meta name=\"description\" content=\"", "\"").concat();
                ensure!(description.chars().count() >= 40, "{address}: {description:?}");
                if !kinds.is_empty() {
                    let before = described.insert(description, address.clone());
                    ensure!(
                        before.is_none_or(|b| b.split('/').nth_back(1) == address.split('/').nth_back(1)),
                        "{address}"
                    );
                }
                let mut said = Vec::new();
                for block in between(&text, "<script type=\"application/ld+json\">", "</script>") {
                    let thing: Value = serde_json::from_str(block).with_context(|| format!("{address}: {block}"))?;
                    let kind = thing["@type"].as_str().unwrap_or("").to_owned();
                    ensure!(thing["@context"] == "https://schema.org", "{thing}");
                    for field in required(&kind) {
                        let empty = thing[field].is_null() || thing[field] == "";
                        ensure!(!empty, "{address}: {kind} has no {field}: {thing}");
                    }
                    if kind == "Dataset" {
                        let long = thing["description"].as_str().map_or(0, |d| d.chars().count());
                        ensure!((50..=5000).contains(&long), "{thing}");
                    }
                    let mut found = Vec::new();
                    addresses(&thing, &mut found);
                    ensure!(found.iter().all(|url| url.starts_with(ORIGIN)), "{found:?}");
                    linked.extend(found);
                    said.push(kind);
                }
                said.sort();
                let mut wanted = kinds.to_vec();
                wanted.sort_unstable();
                ensure!(said == wanted, "{address}: {said:?}");
            }
        }
        // Whatever they name is there.
        for url in linked {
            let path = url.trim_start_matches(ORIGIN).replace("{search_term_string}", "tan");
            let answer = visitor.get(if path.is_empty() { "/" } else { &path }, false).await?;
            ensure!(answer.status == OK, "{url}: {}", answer.status);
        }
        Ok(())
    });
}

#[test]
fn the_map_of_the_site_names_every_page_once_in_both_languages() {
    testkit::each_engine(ROOMS, |store| async move {
        let visitor = Visitor::new(store).await?;
        let robots = visitor.get("/robots.txt", false).await?.text();
        ensure!(robots.contains(&format!("Sitemap: {ORIGIN}/sitemap.xml")), "{robots}");
        let index = visitor.get("/sitemap.xml", false).await?.text();
        let parts: Vec<String> = between(&index, "<loc>", "</loc>").into_iter().map(String::from).collect();
        ensure!(index.contains("<sitemapindex") && !parts.is_empty(), "{index}");
        let (mut pages, mut all) = (Vec::new(), String::new());
        for part in &parts {
            let answer = visitor.get(part.trim_start_matches(ORIGIN), false).await?;
            let text = answer.text();
            let locs = between(&text, "<loc>", "</loc>");
            // What the protocol allows in one file.
            ensure!(answer.status == OK && text.len() < 50_000_000 && locs.len() <= 50_000, "{part}");
            ensure!(locs.len() * 3 == text.matches("<xhtml:link rel=\"alternate\" hreflang=").count(), "{part}");
            pages.extend(locs.into_iter().map(String::from));
            all += &text;
        }
        let once: BTreeSet<&String> = pages.iter().collect();
        ensure!(once.len() == pages.len(), "a page stands twice");
        for wanted in ["/xa/1117", "/en/xa/1117", "/don-vi/320", "/bo-tieu-chi/commune-2026-2030", "/en", "/"] {
            ensure!(once.contains(&format!("{ORIGIN}{wanted}")), "{wanted} is missing");
        }
        for (at, url) in pages.iter().enumerate().filter(|(at, _)| at % 29 == 0) {
            let path = url.trim_start_matches(ORIGIN);
            ensure!(visitor.get(path, false).await?.status == OK, "{at} {url}");
            // Each stands as the alternate of itself, too.
            ensure!(all.contains(&format!("href=\"{url}\"/>")), "{url}");
        }
        for path in ["/sitemap.xml?phan=0", "/sitemap.xml?phan=999999"] {
            ensure!(visitor.get(path, false).await?.status == 404, "{path}");
        }
        Ok(())
    });
}
