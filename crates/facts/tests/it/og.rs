//! The pictures of pages: as those get them who name a page elsewhere.

use crate::{
    figures::{COMMUNE, ROOMS, judged},
    visitor::{OK, Visitor},
};
use anyhow::{Context, Result, ensure};
use documents::paper::{Paper, print};
use facts::{
    pages::paper::picture::{TEMPLATE, strip},
    story,
};
use kernel::{Actor, Day};
use locale::Lang;
use std::collections::BTreeSet;
use testkit::each_engine;

const ORIGIN: &str = "https://lang.example";

/// The content of a page's `<meta>`.
fn said<'a>(page: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = page.split_once(&format!("=\"{name}\" content=\""))?;
    Some(rest.split_once('"')?.0)
}

/// Width and height as a PNG's first chunk says them.
fn size(png: &[u8]) -> Result<(u32, u32)> {
    ensure!(png.starts_with(b"\x89PNG\r\n\x1a\n") && png.get(12..16) == Some(b"IHDR"), "not a PNG");
    let number = |at: usize| Some(u32::from_be_bytes(png.get(at..at + 4)?.try_into().ok()?));
    number(16).zip(number(20)).context("a size")
}

#[test]
fn pages_name_a_picture_that_is_there_in_their_language() {
    each_engine(ROOMS, |store| async move {
        let visitor = Visitor::new(store.clone()).await?;
        judged(&store, &visitor.law, true).await?;
        let mut all = BTreeSet::new();
        for path in ["/?nam=2024", "/en?nam=2024", "/xa/250?nam=2024", "/en/xa/250?nam=2024"] {
            let page = visitor.ask(path, &[]).await?.text();
            let address = said(&page, "og:image").with_context(|| format!("{path} names no picture"))?;
            let address = address.strip_prefix(ORIGIN).context("the site's own address")?.replace("&amp;", "&");
            ensure!(address.starts_with("/en/") == path.starts_with("/en"), "{address}");
            ensure!(said(&page, "og:image:alt").is_some_and(|alt| alt.contains("2024")), "{path}");
            ensure!(said(&page, "twitter:card") == Some("summary_large_image"), "{path}");
            let picture = visitor.ask(&address, &[]).await?;
            ensure!(
                picture.status == OK && picture.header("content-type") == "image/png",
                "{address}: {}",
                picture.status
            );
            let (width, height) = size(&picture.body)?;
            ensure!(said(&page, "og:image:width") == Some(&width.to_string()) && width == 1200, "{width}");
            ensure!(said(&page, "og:image:height") == Some(&height.to_string()) && height == 630, "{height}");
            ensure!(picture.body.len() < 100_000, "{address}: {} bytes", picture.body.len());
            // A site of its own has nothing kept: made again, to the same bytes.
            let again = visitor.ask(&address, &[("accept-encoding", "br")]).await?;
            ensure!(again.body == picture.body && again.header("content-encoding").is_empty(), "{address}");
            let tag = picture.header("etag");
            ensure!(!tag.is_empty() && !picture.header("cache-control").is_empty(), "{address}");
            let same = visitor.ask(&address, &[("if-none-match", tag)]).await?;
            ensure!(same.status == 304 && same.body.is_empty(), "{address}: {}", same.status);
            all.insert(picture.body);
        }
        ensure!(all.len() == 4, "two pictures are the same");
        Ok(())
    });
}

#[test]
fn what_has_no_picture_names_none() {
    each_engine(ROOMS, |store| async move {
        let visitor = Visitor::new(store).await?;
        for path in ["/xa", "/bo-tieu-chi", "/xa/206"] {
            let page = visitor.ask(path, &[]).await?;
            ensure!(page.status == OK && said(&page.text(), "og:image").is_none(), "{path}: {}", page.status);
        }
        for path in ["/og/xa/99999999.png", "/og/xa/206.png", "/og/xa/250", "/og/xa/x.png", "/og/huyen.png"] {
            let answer = visitor.ask(path, &[]).await?;
            ensure!(answer.status == 404, "{path}: {}", answer.status);
        }
        Ok(())
    });
}

#[test]
fn the_longest_names_stay_within_the_picture() {
    each_engine(ROOMS, |store| async move {
        let law = crate::figures::prepared(&store, true).await?;
        let mut tx = store.read(&Actor::READER.scope()).await?;
        let mut story =
            story::story(&mut tx, &law, COMMUNE, "commune-advanced-2021-2025", 2024).await?.context("a story")?;
        let mut above = units::store::ancestors(&mut tx, COMMUNE).await?;
        story.unit.name = "Thị trấn Nông trường Nghĩa Thượng Trường Sơn Đoàn Kết Xuân Phương Hồng Ngưỡng".into();
        above[0].name = "Huyện Nguyễn Trường Thượng Đường Quảng Nghĩa Đông".into();
        let day: Day = "2026-11-26".parse().context("a day")?;
        for lang in Lang::ALL {
            let words = ["og-illustrative", "og-illustrative-law"].map(|key| locale::word(lang, key));
            let data = strip(lang, &story, &above, (words.to_vec(), Some("x".into())));
            let text = data.to_string();
            // The same page as text: it goes on to a second one where the first has no room.
            let printed = print(&Paper { template: TEMPLATE, data: &text, pictures: &[], name: "x", day })?;
            ensure!(printed.pages == 1, "{} pages", printed.pages);
            let said: String = pdf_extract::extract_text_from_mem(&printed.bytes)?.split_whitespace().collect();
            let legend = data["legend"].as_array().context("a legend")?.iter().map(|l| &l["word"]);
            let said_of = [&data["name"], &data["place"], &data["kind"], &data["count"], &data["said"]];
            for wanted in said_of.into_iter().chain(legend) {
                let wanted: String = wanted.as_str().context("a text")?.split_whitespace().collect();
                ensure!(said.contains(&wanted), "{wanted} in {said}");
            }
        }
        Ok(())
    });
}
