//! Tables from outside: every problem at its place and nothing written; previews; correct rows only; templates.

use crate::{
    figures::{COMMUNE, ROOMS},
    visitor::{OK, Visitor, hidden},
    workbooks::{filled, formula, part, row, workbook},
};
use anyhow::{Context, Result};
use kernel::Actor;
use serde_json::{Value, json};
use std::sync::Arc;
use store::{Query, Store, args};
use testkit::{CLOCK, each_engine};

const API: &str = "/api/v1/figures?set=commune-2021-2025";
const CSV: &str = "text/csv";
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
const JSON: &str = "application/json";
const LINES: &str = "application/x-ndjson";

/// A bad input: what it is sent as, its bytes, and each problem wanted: its place in short, and its key.
struct Bad {
    kind: &'static str,
    bytes: Vec<u8>,
    wants: Vec<(&'static str, &'static str)>,
}

fn bad(kind: &'static str, bytes: impl Into<Vec<u8>>, wants: &[(&'static str, &'static str)]) -> Bad {
    Bad { kind, bytes: bytes.into(), wants: wants.to_vec() }
}

/// Rows beneath the usual header.
fn table(rows: &str) -> String {
    format!("unit_code,period,indicator,value\n{rows}\n")
}

/// A place in short: a line, a cell, a field.
fn place(problem: &Value) -> String {
    let place = &problem["place"];
    let text = |key: &str| place[key].as_str().unwrap_or("").to_owned();
    match place {
        Value::Null => String::new(),
        _ if place["line"].is_u64() => place["line"].to_string(),
        _ => text("cell") + &text("field"),
    }
}

fn bad_tables() -> Vec<Bad> {
    vec![
        bad(CSV, b"unit_code,period,indicator,value\n02308,2024,8.1,\xff\n".to_vec(), &[("2", "values-not-utf8")]),
        bad(CSV, "unit_code|period|indicator|value\n02308|2024|8.1|x\n", &[("1", "values-separator")]),
        bad(CSV, "unit_code,period,value\n", &[("1", "values-heading-missing")]),
        bad(CSV, "", &[("1", "values-no-header")]),
        bad(
            CSV,
            table("99999,2024,8.1,true\n02308,2024,99.1,true"),
            &[("2", "values-unit-unknown"), ("3", "values-indicator-unknown")],
        ),
        bad(CSV, table("02308,2024,8.1,true\n02308,2024,8.1,false"), &[("3", "values-duplicate")]),
        bad(
            CSV,
            table("02308,2024,2.1,100.01\n02308,2024,households,-3\n02308,2024,households2,3"),
            &[("2", "values-percent"), ("3", "values-negative"), ("4", "values-indicator-unknown")],
        ),
        bad(
            CSV,
            table("02308,2024,10.1,41.200\n02308,45658,8.1,true"),
            &[("2", "values-ambiguous"), ("3", "values-period")],
        ),
        bad(CSV, table("02308,2024,held:commune-2021-2025,true"), &[("2", "values-held-self")]),
        bad(CSV, table("02308,2024,8.1,\"true"), &[("2", "values-open-quote")]),
    ]
}

fn bad_workbooks() -> Vec<Bad> {
    let good = ["02308", "2024", "8.1", "true"];
    let mut ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec();
    ole.extend([0; 512]);
    vec![
        bad(
            XLSX,
            workbook(|s| {
                row(s, 1, good);
                formula(s, 1);
            }),
            &[("D2", "sheet-formula"), ("D2", "values-not-yes-no")],
        ),
        bad(
            XLSX,
            workbook(|s| {
                row(s, 1, good);
                s.merge_range(3, 0, 4, 1, "02308", &rust_xlsxwriter::Format::new()).unwrap();
            }),
            &[("A4", "sheet-merged")],
        ),
        bad(
            XLSX,
            workbook(|s| {
                row(s, 1, good);
                s.write(1, 1, 45658).unwrap();
                row(s, 2, ["02308", "2024", "2.1", ""]);
                s.write(2, 3, 120.5).unwrap();
                row(s, 3, ["02308", "2024", "10.1", "41.200"]);
            }),
            &[("B2", "values-period"), ("D3", "values-percent"), ("D4", "values-ambiguous")],
        ),
        bad(
            XLSX,
            workbook(|s| {
                row(s, 1, good);
                s.write(1, 0, 2308).unwrap();
                s.write(1, 4, 45838).unwrap();
            }),
            &[("E2", "values-as-of")],
        ),
        bad(XLSX, ole, &[("", "sheet-old-format")]),
        bad(XLSX, b"PK\x03\x04 and nothing more".to_vec(), &[("", "sheet-broken")]),
    ]
}

fn bad_json() -> Vec<Bad> {
    let figure = |value: &str| format!(r#"{{"unit_code":"02308","period":2024,"indicator":"2.1","value":{value}}}"#);
    let list = |items: &[String]| format!(r#"{{"figures":[{}]}}"#, items.join(","));
    vec![
        bad(JSON, "{\"figures\":[", &[("1", "json-broken")]),
        bad(JSON, "[]", &[("1", "json-no-figures")]),
        bad(JSON, "{\"rows\":[]}", &[("figures", "json-no-figures")]),
        bad(JSON, b"{\"figures\":[\"\xff\"]}".to_vec(), &[("1", "values-not-utf8")]),
        bad(
            JSON,
            list(&[figure("120"), "7".into(), figure("[1]"), figure("1e1"), figure("-1")]),
            &[
                ("figures/0/value", "values-percent"),
                ("figures/1", "json-no-object"),
                ("figures/2/value", "json-not-plain"),
                ("figures/3/indicator", "values-duplicate"),
                ("figures/3/value", "values-not-number"),
                ("figures/4/indicator", "values-duplicate"),
                ("figures/4/value", "values-percent"),
            ],
        ),
        bad(
            JSON,
            list(&[r#"{"unit_code":"02308","period":"2024","indicator":"10.1","valeu":1}"#.into()]),
            &[("figures/0", "json-unknown-field")],
        ),
        bad(
            JSON,
            list(&[r#"{"unit_code":"02308","period":"2024","indicator":"10.1","value":"41.200"}"#.into()]),
            &[("figures/0/value", "values-ambiguous")],
        ),
        bad(
            LINES,
            format!("{}\n\n{{\n{}\n", figure("50"), figure("51")),
            &[("3", "json-broken"), ("4", "values-duplicate")],
        ),
    ]
}

/// Sends a bad input to the API: refused with exactly these problems, nothing written; correct rows beside are told.
async fn check(visitor: &Visitor, bad: &Bad) -> Result<()> {
    let answer = visitor.post(API, bad.kind, bad.bytes.clone()).await?;
    let body = answer.json()?;
    let shown = String::from_utf8_lossy(&bad.bytes[..bad.bytes.len().min(300)]).into_owned();
    assert_eq!(answer.status, 422, "{shown}: {body}");
    let problems = body["problems"].as_array().context("a list")?;
    let mut got: Vec<(String, String)> = problems
        .iter()
        .map(|p| (place(p), p["type"].as_str().unwrap_or("").replace("/api/problems#", "").replace("-item", "")))
        .collect();
    got.sort();
    let mut wants: Vec<(String, String)> = bad.wants.iter().map(|(p, k)| ((*p).into(), (*k).into())).collect();
    wants.sort();
    assert_eq!(got, wants, "{shown}");
    assert!(problems.iter().all(|p| !p["title"].as_str().unwrap_or("[").contains('[')), "{body}");
    assert_eq!(visitor.written().await?, 0, "{shown}");
    Ok(())
}

#[test]
fn bad_input_is_refused_at_its_place_and_nothing_is_written() {
    each_engine(ROOMS, |store| async move {
        let visitor = Visitor::new(store).await?;
        for bad in bad_tables().iter().chain(&bad_workbooks()).chain(&bad_json()) {
            check(&visitor, bad).await?;
        }
        // What is too large is refused: by its length before it is read, by its size before it is unpacked.
        let too_long = visitor.post(API, CSV, vec![b' '; 51_000_001]).await?;
        assert_eq!((too_long.status, too_long.json()?["status"].clone()), (413, json!(413)));
        let large = visitor.post(API, CSV, vec![b' '; 50_000_001]).await?;
        assert!(large.text().contains("values-too-large"), "{}", large.text());
        assert_eq!(visitor.post(&format!("{API}&origin=computed"), CSV, table("")).await?.status, 422);
        assert_eq!(visitor.post("/api/v1/figures?set=none", CSV, table("")).await?.status, 422);
        Ok(())
    });
}

#[test]
fn figures_come_in_as_any_form_and_the_same_again_changes_nothing() {
    each_engine(ROOMS, |store| async move {
        let visitor = Visitor::new(store).await?;
        let outcome =
            |new: i64, unchanged: i64| json!({"new": new, "changed": 0, "unchanged": unchanged, "units": new.min(1)});
        let csv = "unit_code;period;indicator;value;numerator;denominator;evidence\n02308;2024;households;1650;;;NGTK 2024\n\
                   02308;2024;10.1;41,2;;;\n02308;2024;2.1;;3;4;\n";
        assert_eq!(visitor.post(API, CSV, csv).await?.json()?, outcome(3, 0));
        // A number of JSON is exact and has one reading; the same figures in three forms are unchanged.
        let figures = [
            r#"{"unit_code":"02308","period":2024,"indicator":"households","value":1650}"#,
            r#"{"unit_code":"02308","period":"2024","indicator":"10.1","value":41.200}"#,
            r#"{"unit_code":"02308","period":"2024","indicator":"2.1","numerator":3,"denominator":"4","value":null}"#,
        ];
        let list = format!(r#"{{"source":"x","figures":[{}]}}"#, figures.join(","));
        assert_eq!(visitor.post(API, JSON, list).await?.json()?, outcome(0, 3));
        assert_eq!(visitor.post(API, LINES, figures.join("\n")).await?.json()?, outcome(0, 3));
        // Another origin is another figure.
        let verified = format!("{API}&origin=verified");
        assert_eq!(visitor.post(&verified, LINES, figures.join("\n")).await?.json()?, outcome(3, 0));
        let mut tx = visitor.store.read(&Actor::SYSTEM.scope()).await?;
        let sql = "SELECT h.note FROM facts_history h JOIN facts_measure m ON m.id = h.measure WHERE m.code = $1 ORDER BY revision";
        let notes = tx.rows(sql, args!["households"]).await?;
        assert_eq!(notes[0].opt_text(0)?.as_deref(), Some("NGTK 2024"));
        assert_eq!(notes[1].opt_text(0)?, None);
        Ok(())
    });
}

/// Two good rows; one out of range; one that stands twice; two that read a code at different days.
const MIXED: &str = "unit_code,period,indicator,value,unit_as_of\n02308,2024,10.1,41.2,\n02308,2024,8.1,true,\n\
                     02308,2024,2.1,120,\n02308,2024,2.2,50,\n02308,2024,2.2,60,\n\
                     02308,2023,2.1,50,\n02308,2023,2.2,50,2023-06-30\n";

#[test]
fn correct_rows_alone_are_recorded_when_asked_for() {
    each_engine(ROOMS, |store| async move {
        let visitor = Visitor::new(store).await?;
        assert_eq!(visitor.post(API, CSV, MIXED).await?.status, 422);
        let dry = visitor.post(&format!("{API}&partial=true&dry_run=true"), CSV, MIXED).await?.json()?;
        assert_eq!((&dry["new"], &dry["refused"], &dry["count"]), (&json!(2), &json!(5), &json!(3)));
        assert_eq!(visitor.written().await?, 0);
        let answer = visitor.post(&format!("{API}&partial=true"), CSV, MIXED).await?;
        assert_eq!((answer.status, &answer.json()?["new"]), (OK, &json!(2)));
        assert_eq!(answer.json()?["problems"].as_array().map(Vec::len), Some(3));
        assert_eq!(visitor.written().await?, 2);
        // Nothing correct: refused all the same.
        let none = visitor.post(&format!("{API}&partial=true"), CSV, table("x,2024,8.1,true")).await?;
        assert_eq!(none.status, 422);
        Ok(())
    });
}

#[test]
fn a_page_previews_and_records_the_correct_rows_once() {
    each_engine(ROOMS, |store| async move {
        let visitor = Visitor::new(store).await?;
        visitor.post(&format!("{API}&publish=true"), CSV, table("02308,2024,10.1,39")).await?;
        let checked = visitor.upload("so-lieu.csv", MIXED.as_bytes()).await?;
        let page = checked.text();
        assert_eq!(checked.status, 422);
        for wanted in [
            "Ghi 2 dòng đúng, bỏ 5 dòng lỗi",
            "dòng 4:",
            "dòng 6: trùng với dòng 5",
            "1 số mới, 1 số thay đổi",
            "39",
            "41,2",
        ] {
            assert!(page.contains(wanted), "no {wanted}: {page}");
        }
        let (hash, key) = (hidden(&page, "hash"), hidden(&page, "key"));
        let form = |more: &str| format!("hash={hash}&set=commune-2021-2025&origin=declared&key={key}{more}");
        let kind = "application/x-www-form-urlencoded";
        for _ in 0..2 {
            let done = visitor.post("/nhap-so-lieu/ghi", kind, form("&partly=1")).await?;
            assert!(done.status == OK && done.text().contains("1 số mới, 1 số thay đổi"), "{}", done.text());
        }
        assert_eq!(visitor.written().await?, 3);
        // The key with another request is refused; another key finds the file gone.
        assert_eq!(visitor.post("/nhap-so-lieu/ghi", kind, form("")).await?.status, 409);
        let other = form("").replace(&key, "other");
        assert_eq!(visitor.post("/nhap-so-lieu/ghi", kind, other).await?.status, 404);
        // Nothing correct: nothing to be recorded is offered.
        let page = visitor.upload("x.csv", table("x,2024,8.1,true").as_bytes()).await?.text();
        assert!(page.contains("1 lỗi") && !page.contains("name=\"hash\""), "{page}");
        Ok(())
    });
}

#[test]
fn a_preview_that_somebody_overtook_is_shown_again_and_nothing_is_lost() {
    each_engine(ROOMS, |store| async move {
        let visitor = Visitor::new(store).await?;
        let publish = format!("{API}&publish=true");
        visitor.post(&publish, CSV, table("02308,2024,10.1,50")).await?;
        let page = visitor.upload("so-lieu.csv", table("02308,2024,10.1,52").as_bytes()).await?.text();
        let form = |page: &str| {
            let of = |name| hidden(page, name);
            format!("hash={}&seen={}&set=commune-2021-2025&origin=declared&key={}", of("hash"), of("seen"), of("key"))
        };
        let kind = "application/x-www-form-urlencoded";
        // Another program writes between preview and commit.
        visitor.post(&publish, CSV, table("02308,2024,10.1,61.5")).await?;
        let again = visitor.post("/nhap-so-lieu/ghi", kind, form(&page)).await?;
        assert_eq!((again.status, visitor.written().await?), (409, 2));
        assert!(again.text().contains("61,5"), "both values: {}", again.text());
        let done = visitor.post("/nhap-so-lieu/ghi", kind, form(&again.text())).await?;
        assert_eq!((done.status, visitor.written().await?), (OK, 3));
        // The same over the API: what a dry run saw is named.
        let dry = visitor.post(&format!("{API}&dry_run=true"), CSV, table("02308,2024,10.1,53")).await?.json()?;
        let seen = dry["seen"].as_str().unwrap_or("").to_owned();
        visitor.post(&publish, CSV, table("02308,2024,10.1,54")).await?;
        let headers = [("if-match", seen.as_str()), ("content-type", CSV)];
        let refused = visitor.give(API, &headers, table("02308,2024,10.1,53")).await?;
        assert_eq!((refused.status, refused.json()?["changes"][0]["from"]["value"].clone()), (412, json!("54")));
        Ok(())
    });
}

async fn run_jobs(visitor: &Visitor) -> Result<()> {
    let (site, _) = visitor.site(true)?;
    let mut registry = store::jobs::Registry::default();
    (facts::pages::room().jobs)(&mut registry, &site);
    let clock: Arc<dyn kernel::Clock> = Arc::new(CLOCK);
    while registry.run_one(&visitor.store, &clock).await? {}
    Ok(())
}

/// Keeps a file as if it were large.
async fn keep(store: &Store, hash: &str, text: &str) -> Result<()> {
    let mut tx = store.write(&Actor::LOCAL_ADMIN, &CLOCK).await?;
    let upload = facts::uploads::Upload { name: "lon.csv".into(), bytes: text.into() };
    facts::uploads::keep(&mut tx, hash, upload, 30_000).await?;
    Ok(tx.commit().await?)
}

#[test]
fn a_large_file_is_recorded_by_a_job_that_says_how_far_it_is() {
    each_engine(ROOMS, |store| async move {
        let visitor = Visitor::new(store).await?;
        keep(&visitor.store, "h1", &table("02308,2024,10.1,41.2\n02308,2024,8.1,true")).await?;
        let kind = "application/x-www-form-urlencoded";
        let form = "hash=h1&set=commune-2021-2025&key=k1&publish=1";
        let queued = visitor.post("/nhap-so-lieu/ghi", kind, form).await?;
        assert_eq!(queued.status, 303);
        let again = visitor.post("/nhap-so-lieu/ghi", kind, form).await?;
        assert_eq!((again.status, &again.location), (303, &queued.location));
        // The same file asked for in another way changes nothing of what waits.
        let unpublished = form.replace("k1", "k3").replace("&publish=1", "");
        let other = visitor.post("/nhap-so-lieu/ghi", kind, unpublished).await?;
        assert!(other.status == 303 && other.location != queued.location, "{}", other.location);
        let waits = visitor.get(&queued.location, true).await?.text();
        assert!(waits.contains("Đang chờ") && waits.contains("http-equiv=\"refresh\""), "{waits}");
        assert_eq!(visitor.get(&queued.location, false).await?.status, 401);
        run_jobs(&visitor).await?;
        let done = visitor.get(&queued.location, true).await?.text();
        for wanted in ["Xong", "lon.csv", "2 số mới", "Đã công bố"] {
            assert!(done.contains(wanted), "no {wanted}: {done}");
        }
        assert!(!done.contains("http-equiv=\"refresh\""));
        let id = queued.location.rsplit('/').next().unwrap_or("");
        let told = visitor.get(&format!("/api/v1/jobs/{id}"), true).await?.json()?;
        assert_eq!((&told["state"], &told["answer"]["outcome"]["new"]), (&json!("done"), &json!(2)));
        assert_eq!(visitor.written().await?, 2);
        // A file with problems writes nothing and says which; a file that is gone says so.
        keep(&visitor.store, "h2", MIXED).await?;
        let refused = visitor.post("/nhap-so-lieu/ghi", kind, "hash=h2&set=commune-2021-2025&key=k2").await?;
        run_jobs(&visitor).await?;
        let page = visitor.get(&refused.location, true).await?.text();
        assert!(page.contains("dòng 4:") && page.contains("Chưa ghi gì"), "{page}");
        assert_eq!(visitor.written().await?, 2);
        assert_eq!(visitor.get("/viec/9999", true).await?.status, 404);
        Ok(())
    });
}

/// An answer without what names the lines it was compared with.
fn unseen(mut answer: serde_json::Value) -> serde_json::Value {
    let seen = answer.as_object_mut().and_then(|o| o.remove("seen"));
    assert!(seen.is_some_and(|s| s.as_str().is_some_and(|s| s.len() == 32)));
    answer
}

#[test]
fn a_template_comes_back_unchanged_and_filled_in() {
    each_engine(ROOMS, |store| async move {
        let visitor = Visitor::new(store).await?;
        let figures = "unit_code,period,indicator,value,numerator,denominator\n02308,2024,households,1650,,\n\
                       02308,2024,10.1,41.2,,\n02308,2024,2.1,,3,4\n02308,2024,8.1,true,,\n02308,2023,10.1,38.7,,\n";
        visitor.post(API, CSV, figures).await?;
        let path = format!("/nhap-so-lieu/mau.xlsx?bo=commune-2021-2025&nam=2024&xa={COMMUNE}");
        let template = visitor.get(&path, true).await?;
        assert_eq!(template.status, OK);
        let sheet = part(&template.body, "xl/worksheets/sheet1.xml");
        for wanted in
            ["<sheetProtection", "<dataValidations", "type=\"list\"", "<autoFilter", "state=\"frozen\"", "không đạt"]
        {
            assert!(sheet.contains(wanted), "no {wanted}");
        }
        // Headings are the machine's and show the reader's words.
        assert!(part(&template.body, "xl/styles.xml").contains("Giá trị"));
        let texts = part(&template.body, "xl/sharedStrings.xml");
        for wanted in ["unit_code", "Xã Tân Mỹ", "Số hộ", "triệu đồng"] {
            assert!(texts.contains(wanted), "no {wanted}");
        }
        let dry = format!("{API}&dry_run=true");
        let same = visitor.post(&dry, XLSX, template.body.clone()).await?.json()?;
        assert_eq!(unseen(same), json!({"new": 0, "changed": 0, "unchanged": 4, "units": 1, "changes": []}));
        let last = filled(&template.body, "xl/worksheets/sheet2.xml", &[("I3", "5210")]);
        let more = visitor.post(&dry, XLSX, last.clone()).await?.json()?;
        assert_eq!(unseen(more), json!({"new": 1, "changed": 0, "unchanged": 4, "units": 1, "changes": []}));
        let change = visitor.post(&dry, CSV, table("02308,2024,2.1,75.5")).await?.json()?;
        let from = json!({"value": "75", "numerator": "3", "denominator": "4"});
        assert_eq!((&change["changes"][0]["from"], &change["changes"][0]["to"]), (&from, &json!({"value": "75.5"})));
        // A problem of the second sheet is told there.
        let wrong = filled(&template.body, "xl/worksheets/sheet2.xml", &[("I3", "-1")]);
        let told = visitor.post(API, XLSX, wrong).await?.json()?;
        assert_eq!(told["problems"][0]["place"], json!({"sheet": "Số liệu nền", "cell": "I3"}));
        // A reader's template holds what is published only.
        let public = visitor.get(&path, false).await?;
        assert_eq!(visitor.post(&dry, XLSX, public.body).await?.json()?["unchanged"], json!(0));
        let english = visitor.get(&format!("/en{path}"), true).await?;
        let same = visitor.post(&dry, XLSX, english.body.clone()).await?.json()?;
        assert_eq!(same["unchanged"], json!(4));
        assert!(part(&english.body, "xl/styles.xml").contains("Numerator"));
        Ok(())
    });
}

#[test]
fn a_template_of_a_province_asks_every_commune() {
    each_engine(ROOMS, |store| async move {
        let visitor = Visitor::new(store).await?;
        for (query, communes, refused) in [
            ("nam=2024", 121, false),
            ("nam=2025&ngay=2025-06-30", 121, false),
            ("nam=2025", 117, false),
            ("nam=x", 0, true),
            ("bo=none", 0, true),
            ("nam=2025&ngay=x", 0, true),
        ] {
            let answer = visitor.get(&format!("/nhap-so-lieu/mau.xlsx?{query}"), false).await?;
            assert_eq!(answer.status != OK, refused, "{query}");
            if refused {
                continue;
            }
            let background = part(&answer.body, "xl/worksheets/sheet2.xml");
            // Each of the eight background measures once a commune, beneath the header.
            assert_eq!(background.matches("<row ").count(), 1 + 8 * communes, "{query}");
            let blank = visitor.post(&format!("{API}&dry_run=true"), XLSX, answer.body).await?;
            assert_eq!(
                unseen(blank.json()?),
                json!({"new": 0, "changed": 0, "unchanged": 0, "units": 0, "changes": []}),
                "{query}"
            );
        }
        Ok(())
    });
}
