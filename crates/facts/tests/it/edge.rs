//! Addresses that nobody should type: each gets an answer of ours, in its language, and nothing falls.

use crate::{figures::ROOMS, visitor::Visitor};
use anyhow::{Context, Result, ensure};
use std::{fs, path::Path};
use testkit::each_engine;

/// Addresses, with the status of their answer.
const ADDRESSES: [(&str, u16); 31] = [
    ("/xa/abc", 404),
    ("/xa/99999999999999999999", 404),
    ("/xa/250?nam=30000", 200),
    ("/xa/250?nam=-32768", 200),
    ("/xa/250/ke-thua?nam=30000", 200),
    ("/xa?trang=9223372036854775807", 200),
    ("/xa?trang=-9223372036854775808&nam=99999", 200),
    ("/xa.csv?trang=9223372036854775807&nam=32767", 200),
    ("/?nam=30000&tinh=9223372036854775807", 200),
    ("/ban-do?nam=-1", 200),
    ("/cham-lai?trang=-9223372036854775808", 200),
    ("/cham-lai?trang=9223372036854775807", 200),
    ("/don-vi?trang=9223372036854775807&q=a", 200),
    ("/don-vi/abc", 404),
    ("/don-vi?ngay=abc", 422),
    ("/so-lieu/abc/households/2024", 404),
    ("/so-lieu/250/households/99999", 404),
    ("/so-lieu/250/households/32767", 404),
    ("/nhap-so-lieu/mau.xlsx?nam=30000", 404),
    ("/tep/abc", 404),
    ("/viec/abc", 401),
    ("/api/v1/units/abc", 404),
    ("/api/v1/units/250/figures?nam=30000", 200),
    ("/api/v1/units/250/carried?nam=30000", 200),
    ("/api/v1/measures/households/carried?nam=30000", 422),
    ("/api/v1/communes?page=abc", 422),
    ("/api/v1/communes?page=9223372036854775807&per=9223372036854775807", 200),
    ("/api/v1/units/search?page=9223372036854775807&per=-1", 200),
    ("/api/v1/rejudgements?page=-9223372036854775808", 200),
    ("/api/v1/boundaries.geojson?under=abc", 422),
    ("/api/v1/dhis2/dataValueSets?period=-999&orgUnit=08&dataSet=commune-2021-2025", 409),
];

#[test]
fn every_address_gets_an_answer_of_ours() {
    each_engine(ROOMS, |store| async move {
        let visitor = Visitor::new(store).await?;
        for (path, status) in ADDRESSES {
            for english in [false, true] {
                let api = path.starts_with("/api/");
                let address = if english && !api { format!("/en{path}") } else { path.to_owned() };
                let headers = if english { &[("accept-language", "en")][..] } else { &[] };
                let answer = visitor.ask(&address, headers).await?;
                ensure!(answer.status == status, "{address}: {} {}", answer.status, answer.text());
                if status == 200 || path.contains("dhis2") {
                    continue;
                }
                if api {
                    let told = answer.json()?;
                    ensure!(told["status"] == status && told["type"].is_string(), "{address}: {told}");
                } else {
                    let lang = if english { "<html lang=\"en\">" } else { "<html lang=\"vi\">" };
                    ensure!(answer.text().contains(lang), "{address}: {}", answer.text());
                }
            }
        }
        let kind = "application/x-www-form-urlencoded";
        for path in ["/nhap-so-lieu/ghi", "/don-vi/ranh-gioi/ghi"] {
            let answer = visitor.post(path, kind, "key=1").await?;
            ensure!(answer.status == 422 && answer.text().contains("hash"), "{path}: {}", answer.text());
        }
        let answer = visitor.post("/nhap-so-lieu/kiem-tra", "text/plain", "x").await?;
        ensure!(answer.status == 415 && answer.text().contains("<html"), "{}", answer.text());
        Ok(())
    });
}

/// Keys of problems that sources name where they make them.
fn named(folder: &Path, keys: &mut Vec<String>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            named(&path, keys)?;
        } else if path.extension().is_some_and(|e| e == "rs") {
            let text = fs::read_to_string(&path)?;
            for made in ["input", "not_found", "forbidden", "conflict"] {
                let start = format!("Problem::{made}(Phrase::new(\"");
                keys.extend(text.split(&start).skip(1).filter_map(|rest| Some(rest.split_once('"')?.0.to_owned())));
            }
        }
    }
    Ok(())
}

#[test]
fn the_type_of_every_problem_leads_to_its_words() {
    each_engine(ROOMS, |store| async move {
        let visitor = Visitor::new(store).await?;
        let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("crates")?;
        let mut keys = Vec::new();
        for room in ["web", "units", "facts", "documents", "rulebook", "reporting"] {
            named(&crates.join(room).join("src"), &mut keys)?;
        }
        ensure!(keys.len() > 20, "{keys:?}");
        keys.extend(["units", "intake", "figure", "store-busy", "values-percent"].map(str::to_owned));
        for path in ["/api/problems", "/en/api/problems"] {
            let page = visitor.ask(path, &[]).await?.text();
            for key in &keys {
                ensure!(page.contains(&format!(" id=\"{key}\"")), "{path}: {key}");
            }
            ensure!(!page.contains("<dd>["), "a key without words: {page}");
        }
        Ok(())
    });
}
