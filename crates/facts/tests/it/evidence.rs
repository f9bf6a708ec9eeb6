//! Evidence: sent, kept once, used for figures, seen by whom it concerns, looked at by a job.

use crate::{
    figures::{COMMUNE, ROOMS, entry, save},
    visitor::{OK, Visitor},
};
use anyhow::{Context, Result, ensure};
use facts::{
    evidence::{self, Given, Said, Unlinked, Wanted},
    holds::{self, Hold},
    record,
};
use image::{ImageFormat, Rgb, RgbImage};
use kernel::{Actor, Charge, EvidenceId, PersonId, Places, Role, Scope, UnitId};
use rulebook::Value;
use std::io::Cursor;
use store::{Listing, Query, Store, args};
use testkit::{CLOCK, each_engine};

/// A neighbour of [`COMMUNE`] in another district.
const OTHER: UnitId = UnitId(330);

/// A picture that is told from others: `look` moves its parts.
pub fn picture(width: u32, height: u32, look: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        let (u, v) = (x * 64 / width, y * 64 / height);
        let field = (u / 8 * 7 + v / 8 * 13 + look * (u / 8 + 3) * (v / 8 + 5)) % 11;
        Rgb([(field * 23) as u8, (field * 20) as u8, 90])
    })
}

pub fn encoded(picture: &RgbImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Vec::new();
    picture.write_to(&mut Cursor::new(&mut bytes), format).expect("it encodes");
    bytes
}

pub fn jpeg(look: u32) -> Vec<u8> {
    encoded(&picture(320, 240, look), ImageFormat::Jpeg)
}

pub fn there(unit: UnitId) -> String {
    format!("/xa/{unit}/minh-chung/gui")
}

/// An officer of one commune.
fn officer(unit: UnitId) -> Actor {
    let places = Places::Some(vec![Charge { unit, criteria: None, until: None }]);
    let scope = Scope { working: places.clone(), writes: places };
    Actor { role: Role::CommuneOfficer, person: Some(PersonId(unit.0)), scope }
}

pub async fn pieces(store: &Store, unit: UnitId) -> Result<Vec<evidence::Piece>> {
    let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
    let list = Listing { sort: "oldest".into(), per: 100, ..Listing::default() };
    Ok(evidence::list(&mut tx, unit, Wanted::default(), &list).await?.0)
}

#[test]
fn a_form_keeps_what_is_evidence_once_and_names_what_is_not() {
    each_engine(ROOMS, |store| async move {
        let visitor = Visitor::new(store.clone()).await?;
        let fields = [("note", "Đường thôn Nà Nẻm"), ("measure", "income.per_person"), ("year", "2024")];
        let sent = visitor.send_files(&there(COMMUNE), &fields, &[("../duong.JPG", &jpeg(1))]).await?;
        ensure!(sent.leads_to() == Some("/xa/250/minh-chung?da_gui=1"), "{} {}", sent.status, sent.text());
        // The same file again, under another name, by way of a lost answer: nothing twice.
        visitor.send_files(&there(COMMUNE), &fields, &[("khac.jpg", &jpeg(1))]).await?;
        let kept = pieces(&store, COMMUNE).await?;
        let said: Vec<(&str, &str)> = kept.iter().map(|p| (p.name.as_str(), p.media_type.as_str())).collect();
        ensure!(said == [("duong.jpg", "image/jpeg")], "{said:?}");
        // One that is and several that are not.
        let svg = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>";
        let files: [(&str, &[u8]); 5] = [
            ("anh.jpg", &jpeg(2)),
            ("anh.svg", svg),
            ("trang.pdf", b"<html><body>%PDF-1.7</body></html>"),
            ("vo.png", &encoded(&picture(20, 20, 1), ImageFormat::Png)[..30]),
            ("to\u{202e}gpj.exe", b"MZ"),
        ];
        let answer = visitor.send_files(&there(COMMUNE), &[("note", "một chuyến")], &files).await?;
        let page = answer.text();
        ensure!(answer.status == 422, "{}", answer.status);
        for said in ["anh.svg", "trang.pdf", "vo.png", "togpj.exe", "một chuyến", "Đã nhận 1 tệp"] {
            ensure!(page.contains(said), "{said}: {page}");
        }
        ensure!(!page.contains('\u{202e}'), "a name turns the page around");
        ensure!(pieces(&store, COMMUNE).await?.len() == 2);
        // A field that is wrong keeps nothing, and what was typed stays.
        for (measure, year) in [("income.per_person", "2026"), ("no.such", "2024"), ("income.per_person", "x")] {
            let fields = [("note", "ghi chú còn đây"), ("measure", measure), ("year", year)];
            let answer = visitor.send_files(&there(COMMUNE), &fields, &[("a.jpg", &jpeg(3))]).await?;
            ensure!(answer.status == 422 && answer.text().contains("ghi chú còn đây"), "{measure} {year}");
        }
        ensure!(pieces(&store, COMMUNE).await?.len() == 2);
        ensure!(visitor.send_files(&there(COMMUNE), &[], &[]).await?.status == 422, "nothing was sent");
        Ok(())
    });
}

#[test]
fn a_piece_is_served_as_what_it_is_and_nothing_else() {
    each_engine(ROOMS, |store| async move {
        let visitor = Visitor::new(store.clone()).await?;
        // A photograph that is a page and an archive, too.
        let both = [&jpeg(1)[..], b"<script>alert(1)</script>PK\x03\x04"].concat();
        visitor.send_files(&there(COMMUNE), &[], &[("trang.html", &both)]).await?;
        ensure!(visitor.work().await? == 1, "one look");
        let page = visitor.get("/tep-minh-chung/1", true).await?;
        ensure!(page.status == OK && page.text().contains("trang.html.jpg"), "{}", page.text());
        let file = visitor.get("/tep-minh-chung/1/tep", true).await?;
        ensure!(file.body == both, "the original as it came");
        for (name, wanted) in [
            ("content-type", "image/jpeg"),
            ("x-content-type-options", "nosniff"),
            ("content-security-policy", "default-src 'none'; sandbox"),
            ("cross-origin-resource-policy", "same-origin"),
            ("content-disposition", "attachment; filename*=UTF-8''trang%2Ehtml%2Ejpg"),
        ] {
            ensure!(file.header(name) == wanted, "{name}: {}", file.header(name));
        }
        let small = visitor.get("/tep-minh-chung/1/anh", true).await?;
        ensure!(
            small.header("content-type") == "image/jpeg" && small.header("content-disposition").starts_with("inline")
        );
        ensure!(!small.body.windows(8).any(|w| w == b"<script>"), "the small picture is made of pixels alone");
        // Nobody else sees any of it.
        for path in [
            "/tep-minh-chung/1",
            "/tep-minh-chung/1/tep",
            "/tep-minh-chung/1/anh",
            "/api/v1/evidence/1",
            "/id/evidence/1",
        ] {
            ensure!(visitor.get(path, false).await?.status == 404, "{path}");
        }
        let list = visitor.get("/xa/250/minh-chung", false).await?.text();
        ensure!(!list.contains("trang.html"), "{list}");
        Ok(())
    });
}

async fn public(store: &Store, law: &facts::Law) -> Result<()> {
    let mut tx = store.write(&Actor::LOCAL_ADMIN, &CLOCK).await?;
    record::publish(&mut tx, law, COMMUNE, 2024).await?;
    Ok(tx.commit().await?)
}

#[test]
fn everybody_sees_a_piece_only_where_it_was_shown_and_a_published_figure_uses_it() {
    each_engine(ROOMS, |store| async move {
        let visitor = Visitor::new(store.clone()).await?;
        let fields = [("measure", "income.per_person"), ("year", "2024"), ("lat", "22.25"), ("lon", "105.1")];
        visitor.send_files(&there(COMMUNE), &fields, &[("a.jpg", &jpeg(1))]).await?;
        visitor.work().await?;
        let seen = async || visitor.get("/tep-minh-chung/1/tep", false).await.map(|answer| answer.status == OK);
        ensure!(!seen().await?);
        let figure = entry(&visitor.law, COMMUNE, "income.per_person", Value::Number("50".parse()?));
        save(&store, &visitor.law, &[figure], false).await?;
        let form = "application/x-www-form-urlencoded";
        let shown = visitor.post("/tep-minh-chung/1/cong-khai", form, "public=1").await?;
        ensure!(shown.status == 303 && !seen().await?, "shown, but its figure is not public");
        public(&store, &visitor.law).await?;
        ensure!(seen().await?, "shown and used by a published figure");
        let told = visitor.get("/api/v1/evidence/1", false).await?.json()?;
        ensure!(told["latitude"].is_null() && told["sha256"].is_string(), "where exactly is nobody's: {told}");
        ensure!(visitor.get("/api/v1/evidence/1", true).await?.json()?["latitude"] == 22.25);
        let page = visitor.get("/so-lieu/250/income.per_person/2024", false).await?.text();
        ensure!(page.contains("/tep-minh-chung/1"), "the figure names it: {page}");
        visitor.post("/tep-minh-chung/1/cong-khai", form, "public=0").await?;
        ensure!(!seen().await?, "no longer shown");
        Ok(())
    });
}

#[test]
fn a_use_ends_with_a_reason_where_somebody_relied_on_it_and_never_vanishes() {
    each_engine(ROOMS, |store| async move {
        let visitor = Visitor::new(store.clone()).await?;
        let law = &visitor.law;
        visitor.send_files(&there(COMMUNE), &[], &[("a.jpg", &jpeg(1))]).await?;
        let income = law.measure_id("income.per_person").context("a measure")?;
        let form = "application/x-www-form-urlencoded";
        for year in [2023, 2024, 2024] {
            let wish = format!("measure=income.per_person&year={year}");
            ensure!(visitor.post("/tep-minh-chung/1/dung", form, wish).await?.status == 303);
        }
        let of = async |year| -> Result<usize> {
            let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
            Ok(evidence::of_figures(&mut tx, COMMUNE, year).await?.get(&income).map_or(0, Vec::len))
        };
        ensure!((of(2023).await?, of(2024).await?, of(2022).await?) == (1, 1, 0), "one piece, two years");
        let end = async |year: i16, why: &str| -> Result<Unlinked> {
            let mut tx = store.write(&Actor::LOCAL_ADMIN, &CLOCK).await?;
            let piece = evidence::find(&mut tx, EvidenceId(1)).await?.context("a piece")?;
            let became = evidence::unlink(&mut tx, law, &piece, (income, year), why).await?;
            tx.commit().await?;
            Ok(became)
        };
        // Nobody relied on it yet.
        ensure!(end(2023, "").await? == Unlinked::Done && end(2023, "").await? == Unlinked::Unused);
        let figure = entry(law, COMMUNE, "income.per_person", Value::Number("50".parse()?));
        save(&store, law, &[figure], true).await?;
        ensure!(end(2024, " ").await? == Unlinked::NeedsReason);
        let refused = visitor.post("/tep-minh-chung/1/thoi-dung", form, "measure=income.per_person&year=2024").await?;
        ensure!(refused.status == 422 && refused.text().contains("w-why"), "{}", refused.text());
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        holds::lay(&mut tx, COMMUNE, 2024, &[income], Hold::Locked).await?;
        tx.commit().await?;
        ensure!(end(2024, "nhầm ảnh").await? == Unlinked::Locked);
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        holds::lift(&mut tx, COMMUNE, 2024, &[income]).await?;
        tx.commit().await?;
        ensure!(end(2024, "nhầm ảnh").await? == Unlinked::Done && of(2024).await? == 0);
        let page = visitor.get("/tep-minh-chung/1", true).await?.text();
        ensure!(page.contains("nhầm ảnh"), "the reason stays: {page}");
        let told = visitor.get("/api/v1/evidence/1", true).await?.json()?;
        let ended: Vec<_> = told["uses"].as_array().context("uses")?.iter().map(|u| u["ended_why"].clone()).collect();
        ensure!(ended == ["nhầm ảnh", ""], "{told}");
        // Taken up again.
        visitor.post("/tep-minh-chung/1/dung", form, "measure=income.per_person&year=2024").await?;
        ensure!(of(2024).await? == 1);
        let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
        let rows = tx.rows("SELECT action FROM store_audit WHERE kind = 'evidence' ORDER BY seq", args![]).await?;
        let lines: Vec<String> = rows.iter().map(|row| row.text(0)).collect::<store::Result<_>>()?;
        let (used, unused) = ("facts.evidence_used", "facts.evidence_unused");
        ensure!(lines == ["facts.evidence_kept", used, used, unused, unused, used], "{lines:?}");
        Ok(())
    });
}

#[test]
fn an_officer_reaches_the_evidence_of_their_commune_alone() {
    each_engine(ROOMS, |store| async move {
        let visitor = Visitor::new(store.clone()).await?;
        for unit in [COMMUNE, OTHER] {
            visitor.send_files(&there(unit), &[], &[("a.jpg", &jpeg(unit.0 as u32))]).await?;
        }
        let own = officer(COMMUNE);
        let mut tx = store.read(&own.scope()).await?;
        let list = Listing { per: 10, ..Listing::default() };
        ensure!(evidence::list(&mut tx, COMMUNE, Wanted::default(), &list).await?.1 == 1);
        ensure!(evidence::list(&mut tx, OTHER, Wanted::default(), &list).await?.1 == 0, "beyond reach");
        ensure!(evidence::find(&mut tx, EvidenceId(2)).await?.is_none());
        drop(tx);
        let blob = pieces(&store, COMMUNE).await?.remove(0);
        let blob = store::attachments::Blob { sha256: blob.sha256, size: blob.size.unsigned_abs() };
        let measured = evidence::measured(&visitor.means.files, &blob).await?.expect("a picture");
        let given = |unit, uses| {
            let (name, note, said) = ("b.jpg".to_owned(), String::new(), Said::default());
            Given { unit, blob: blob.clone(), measured, name, note, uses, said, covered: 0 }
        };
        let mut tx = store.write(&own, &CLOCK).await?;
        let refused = evidence::keep(&mut tx, &visitor.law, &given(OTHER, Vec::new())).await;
        ensure!(matches!(refused, Err(store::StoreError::OutOfReach { .. })), "{refused:?}");
        drop(tx);
        // Of a criterion that is not theirs.
        let criteria = vec![kernel::CriterionRef { set: "commune-2021-2025".into(), no: "1".into() }];
        let narrow =
            Places::Some(vec![Charge { unit: COMMUNE, criteria: Some(criteria.into_iter().collect()), until: None }]);
        let narrow = Actor { scope: Scope { working: own.scope().working, writes: narrow }, ..own };
        let income = visitor.law.measure_id("income.per_person").context("a measure")?;
        let mut tx = store.write(&narrow, &CLOCK).await?;
        let refused = evidence::keep(&mut tx, &visitor.law, &given(COMMUNE, vec![(income, 2024)])).await;
        ensure!(matches!(refused, Err(store::StoreError::Refused(_))), "{refused:?}");
        Ok(())
    });
}

#[test]
fn a_look_finds_the_same_and_nearly_the_same_elsewhere() {
    each_engine(ROOMS, |store| async move {
        let visitor = Visitor::new(store.clone()).await?;
        let fields = [("measure", "income.per_person"), ("year", "2023")];
        visitor.send_files(&there(OTHER), &fields, &[("goc.jpg", &jpeg(1))]).await?;
        let smaller = encoded(&picture(160, 120, 1), ImageFormat::Png);
        let files: [(&str, &[u8]); 3] = [("nho.png", &smaller), ("khac.jpg", &jpeg(5)), ("chinh.jpg", &jpeg(1))];
        visitor.send_files(&there(COMMUNE), &[], &files).await?;
        ensure!(visitor.work().await? == 4);
        let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
        let ids: Vec<EvidenceId> = (1..=4).map(EvidenceId).collect();
        let alike = evidence::alike(&mut tx, &ids).await?;
        let of = |id: i64| -> Vec<i64> {
            let mut found: Vec<i64> = alike.get(&EvidenceId(id)).into_iter().flatten().map(|a| a.other.0).collect();
            found.sort_unstable();
            found
        };
        ensure!(of(1) == [2, 4] && of(2) == [1, 4] && of(4) == [1, 2], "{alike:?}");
        ensure!(of(3).is_empty(), "another picture is like none: {alike:?}");
        let first = &alike[&EvidenceId(4)][0];
        ensure!((first.other, first.distance, &first.years[..]) == (EvidenceId(1), None, &[2023][..]), "{first:?}");
        drop(tx);
        // An officer of the commune is told of it, and does not see the other's photograph.
        let mut tx = store.read(&officer(COMMUNE).scope()).await?;
        let told = evidence::alike(&mut tx, &[EvidenceId(4)]).await?;
        ensure!(told[&EvidenceId(4)].iter().any(|a| a.unit == OTHER), "{told:?}");
        ensure!(evidence::find(&mut tx, EvidenceId(1)).await?.is_none());
        drop(tx);
        let page = visitor.get("/tep-minh-chung/4", true).await?.text();
        ensure!(page.contains("Chính tệp này đã dùng ở") && page.contains("2023"), "{page}");
        let list = visitor.get("/xa/250/minh-chung", true).await?.text();
        ensure!(list.contains("Ảnh này giống ảnh của"), "{list}");
        ensure!(
            !visitor.get("/xa/250/minh-chung", false).await?.text().contains("giống"),
            "the public is told nothing"
        );
        Ok(())
    });
}

#[test]
fn lists_are_searched_ordered_paged_and_taken_away() {
    each_engine(ROOMS, |store| async move {
        let visitor = Visitor::new(store.clone()).await?;
        for n in 0..30 {
            let fields = [("note", if n == 7 { "cầu treo" } else { "" })];
            let name = format!("anh-{n:02}.jpg");
            visitor
                .send_files(&there(COMMUNE), &fields, &[(&name, &encoded(&picture(100 + n, 80, 1), ImageFormat::Jpeg))])
                .await?;
        }
        let names = async |query: &str| -> Result<Vec<String>> {
            let page = visitor.get(&format!("/xa/250/minh-chung?{query}"), true).await?.text();
            let rows = page.split("<tr>").skip(2);
            Ok(rows.filter_map(|r| Some(r.split_once("anh-")?.1.get(..2)?.to_owned())).collect())
        };
        ensure!(names("").await?.len() == 24 && names("trang=2").await?.len() == 6);
        ensure!(names("").await?[0] == "29" && names("sap=oldest").await?[0] == "00");
        ensure!(names("q=CAU%20TREO").await? == ["07"], "{:?}", names("q=CAU%20TREO").await?);
        ensure!(names("dung=chua-dung&quet=waiting&q=anh-1").await?.len() == 10);
        ensure!(names("nam=2024").await?.is_empty());
        let csv = visitor.get("/xa/250/minh-chung.csv?q=anh-1", true).await?.text();
        ensure!(csv.lines().count() == 11 && csv.contains("anh-15.jpg"), "{csv}");
        ensure!(visitor.get("/xa/250/minh-chung.csv", false).await?.text().lines().count() == 1, "the public has none");
        ensure!(visitor.get("/en/xa/250/minh-chung.xlsx", true).await?.body.starts_with(b"PK"));
        let told = visitor.get("/api/v1/units/250/evidence?per=5&page=1&sort=oldest", true).await?.json()?;
        ensure!(told["count"] == 30 && told["evidence"][0]["name"] == "anh-05.jpg", "{told}");
        for path in ["/xa/250/minh-chung?trang=99999999999", "/xa/250/minh-chung?nam=x&chi_so=y&sap=z&quet=w"] {
            ensure!(visitor.get(path, true).await?.status == OK, "{path}");
        }
        Ok(())
    });
}

/// A scanner that calls infected what has a mark in it, and says nothing to whoever comes before it is `open`.
async fn scanner(open: std::sync::Arc<std::sync::atomic::AtomicBool>) -> Result<String> {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = format!("tcp://{}", listener.local_addr()?);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            if !open.load(std::sync::atomic::Ordering::Relaxed) {
                continue;
            }
            let (mut word, mut file) = ([0; 10], Vec::new());
            stream.read_exact(&mut word).await?;
            loop {
                let length = stream.read_u32().await? as usize;
                if length == 0 {
                    break;
                }
                let from = file.len();
                file.resize(from + length, 0);
                stream.read_exact(&mut file[from..]).await?;
            }
            let bad = file.windows(7).any(|w| w == b"ma doc!");
            stream.write_all(if bad { b"stream: Thu.Ma FOUND\0" } else { b"stream: OK\0" }).await?;
        }
        std::io::Result::Ok(())
    });
    Ok(address)
}

#[test]
fn what_a_scanner_calls_infected_goes_to_nobody_and_what_it_has_not_seen_is_not_public() {
    each_engine(ROOMS, |store| async move {
        let open = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
        let address = scanner(open.clone()).await?;
        let visitor = Visitor::new(store.clone()).await?;
        let visitor = visitor.with(|means| means.scanner = ::scanner::Scanner::read(&address));
        let bad = [&jpeg(2)[..], b"ma doc!"].concat();
        let fields = [("measure", "income.per_person"), ("year", "2024")];
        visitor.send_files(&there(COMMUNE), &fields, &[("a.jpg", &jpeg(1)), ("b.jpg", &bad)]).await?;
        let figure = entry(&visitor.law, COMMUNE, "income.per_person", Value::Number("50".parse()?));
        save(&store, &visitor.law, &[figure], true).await?;
        let form = "application/x-www-form-urlencoded";
        for id in [1, 2] {
            visitor.post(&format!("/tep-minh-chung/{id}/cong-khai"), form, "public=1").await?;
        }
        let status = async |id: i64, inside: bool| -> Result<u16> {
            Ok(visitor.get(&format!("/tep-minh-chung/{id}/tep"), inside).await?.status)
        };
        // The scanner says nothing: looked at, waiting, to be asked again; nobody outside sees any of it.
        visitor.work().await?;
        let states = async || -> Result<Vec<&'static str>> {
            Ok(pieces(&store, COMMUNE).await?.iter().map(|p| p.scan.name()).collect())
        };
        ensure!(states().await? == ["waiting", "waiting"] && pieces(&store, COMMUNE).await?[0].looked);
        ensure!((status(1, true).await?, status(1, false).await?) == (OK, 404));
        open.store(true, std::sync::atomic::Ordering::Relaxed);
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        tx.execute("UPDATE store_job SET run_at = 0", args![]).await?;
        tx.commit().await?;
        visitor.work().await?;
        ensure!(states().await? == ["clean", "infected"], "{:?}", states().await?);
        ensure!((status(1, true).await?, status(1, false).await?) == (OK, OK));
        ensure!((status(2, true).await?, status(2, false).await?) == (403, 404), "an infected file goes out");
        let page = visitor.get("/tep-minh-chung/2", true).await?.text();
        ensure!(page.contains("Thu.Ma") && !page.contains("/tep-minh-chung/2/anh"), "{page}");
        Ok(())
    });
}
