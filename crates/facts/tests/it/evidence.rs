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

fn there(unit: UnitId) -> String {
    format!("/xa/{unit}/minh-chung/gui")
}

/// An officer of one commune.
fn officer(unit: UnitId) -> Actor {
    let places = Places::Some(vec![Charge { unit, criteria: None, until: None }]);
    let scope = Scope { working: places.clone(), writes: places };
    Actor { role: Role::CommuneOfficer, person: Some(PersonId(unit.0)), scope }
}

async fn pieces(store: &Store, unit: UnitId) -> Result<Vec<evidence::Piece>> {
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

const TUS: (&str, &str) = ("tus-resumable", "1.0.0");
const PART: (&str, &str) = ("content-type", "application/offset+octet-stream");

fn metadata(pairs: &[(&str, &str)]) -> String {
    use base64::prelude::{BASE64_STANDARD, Engine};
    let one = |(name, value): &(&str, &str)| format!("{name} {}", BASE64_STANDARD.encode(value));
    pairs.iter().map(one).collect::<Vec<_>>().join(",")
}

/// Begins an upload of so many bytes; its address.
async fn begun(visitor: &Visitor, size: u64, pairs: &[(&str, &str)]) -> Result<String> {
    let (size, pairs) = (size.to_string(), metadata(pairs));
    let headers = [TUS, ("upload-length", size.as_str()), ("upload-metadata", pairs.as_str())];
    let answer = visitor.ask_by("POST", "/api/v1/uploads", &headers, "").await?;
    ensure!(answer.status == 201, "{}: {}", answer.status, answer.text());
    ensure!(answer.header("tus-resumable") == "1.0.0" && !answer.header("upload-expires").is_empty());
    Ok(answer.location)
}

async fn part(visitor: &Visitor, there: &str, offset: usize, bytes: &[u8]) -> Result<crate::visitor::Answer> {
    let offset = offset.to_string();
    visitor.ask_by("PATCH", there, &[TUS, PART, ("upload-offset", &offset)], bytes.to_vec()).await
}

async fn offset(visitor: &Visitor, there: &str) -> Result<String> {
    let answer = visitor.ask_by("HEAD", there, &[TUS], "").await?;
    ensure!(answer.status == OK && answer.header("cache-control") == "no-store", "{}", answer.status);
    Ok(answer.header("upload-offset").to_owned())
}

#[test]
fn a_piece_comes_part_by_part_and_a_lost_answer_makes_no_second() {
    each_engine(ROOMS, |store| async move {
        let visitor = Visitor::new(store.clone()).await?;
        let offers = visitor.ask_by("OPTIONS", "/api/v1/uploads", &[], "").await?;
        ensure!(offers.status == 204 && offers.header("tus-version") == "1.0.0");
        ensure!(offers.header("tus-extension").contains("creation-with-upload"));
        ensure!(offers.header("tus-max-size") == (20 << 20).to_string());
        let bytes = jpeg(1);
        let half = bytes.len() / 2;
        let pairs = [
            ("unit", "250"),
            ("filename", "đường.jpg"),
            ("figures", "income.per_person:2024,income.per_person:2023"),
            ("taken", "2025-10-12 08:31"),
            ("covered", "2"),
        ];
        let there = begun(&visitor, bytes.len() as u64, &pairs).await?;
        ensure!(offset(&visitor, &there).await? == "0");
        let first = part(&visitor, &there, 0, &bytes[..half]).await?;
        ensure!(first.status == 204 && first.header("upload-offset") == half.to_string(), "{}", first.text());
        ensure!(first.header("langso-evidence").is_empty() && offset(&visitor, &there).await? == half.to_string());
        // Wrong places are named, and nothing is written.
        for (at, piece) in [(0, &bytes[..half]), (half + 1, &bytes[half + 1..]), (half - 1, &bytes[half - 1..])] {
            let answer = part(&visitor, &there, at, piece).await?;
            ensure!(
                answer.status == 409 && answer.header("upload-offset") == half.to_string(),
                "{at}: {}",
                answer.status
            );
        }
        let long = [&bytes[half..], b"more"].concat();
        ensure!(part(&visitor, &there, half, &long).await?.status == 413);
        ensure!(offset(&visitor, &there).await? == half.to_string());
        let last = part(&visitor, &there, half, &bytes[half..]).await?;
        ensure!(last.status == 204 && last.header("langso-evidence") == "1", "{} {}", last.status, last.text());
        // The answer was lost: it is asked how far it came, and the last part is sent again.
        ensure!(offset(&visitor, &there).await? == bytes.len().to_string());
        let again = part(&visitor, &there, bytes.len(), b"").await?;
        ensure!(again.status == 204 && again.header("langso-evidence") == "1");
        // A client that forgot everything begins anew: the same piece.
        let anew = begun(&visitor, bytes.len() as u64, &pairs).await?;
        ensure!(anew != there && part(&visitor, &anew, 0, &bytes).await?.header("langso-evidence") == "1");
        let kept = pieces(&store, COMMUNE).await?;
        ensure!(kept.len() == 1 && kept[0].name == "đường.jpg" && kept[0].covered == 2, "{kept:?}");
        visitor.work().await?;
        let told = visitor.get("/api/v1/evidence/1", true).await?.json()?;
        ensure!(told["taken"] == "2025-10-12 08:31" && told["told_by_sender"] == true, "{told}");
        ensure!(told["uses"].as_array().map(Vec::len) == Some(2), "{told}");
        let page = visitor.get("/tep-minh-chung/1", true).await?.text();
        ensure!(page.contains("chụp 12/10/2025 08:31 (theo máy của người gửi)"), "{page}");
        let left: Vec<_> = std::fs::read_dir(&visitor.means.incoming)?.flatten().map(|e| e.file_name()).collect();
        ensure!(left.is_empty(), "{left:?}");
        Ok(())
    });
}

#[test]
fn a_part_is_held_to_its_checksum_and_an_upload_can_be_ended() {
    each_engine(ROOMS, |store| async move {
        use base64::prelude::{BASE64_STANDARD, Engine};
        use sha1::{Digest, Sha1};
        let visitor = Visitor::new(store.clone()).await?;
        let bytes = jpeg(1);
        let there = begun(&visitor, bytes.len() as u64, &[("unit", "250"), ("filename", "a.jpg")]).await?;
        let right = format!("sha1 {}", BASE64_STANDARD.encode(Sha1::digest(&bytes)));
        let wrong = format!("sha1 {}", BASE64_STANDARD.encode(Sha1::digest(b"other")));
        for (said, status) in [("md5 AAAA", 400), ("sha1 AAAA", 400), (wrong.as_str(), 460), (right.as_str(), 204)] {
            let headers = [TUS, PART, ("upload-offset", "0"), ("upload-checksum", said)];
            let answer = visitor.ask_by("PATCH", &there, &headers, bytes.clone()).await?;
            ensure!(answer.status == status, "{said}: {} {}", answer.status, answer.text());
            ensure!(status == 204 || offset(&visitor, &there).await? == "0", "{said}");
        }
        // By way of POST, for those who can send no other; what it became stays.
        let headers = [TUS, ("x-http-method-override", "DELETE")];
        ensure!(visitor.ask_by("POST", &there, &headers, "").await?.status == 204);
        ensure!(visitor.ask_by("HEAD", &there, &[TUS], "").await?.status == 404);
        ensure!(pieces(&store, COMMUNE).await?.len() == 1);
        // With its first part at once.
        let (size, pairs) = (bytes.len().to_string(), metadata(&[("unit", "330"), ("filename", "b.jpg")]));
        let headers = [TUS, PART, ("upload-length", &size), ("upload-metadata", &pairs)];
        let whole = visitor.ask_by("POST", "/api/v1/uploads", &headers, bytes.clone()).await?;
        ensure!(whole.status == 201 && whole.header("upload-offset") == size, "{}", whole.text());
        ensure!(whole.header("langso-evidence") == "2", "{:?}", whole.headers);
        Ok(())
    });
}

#[test]
fn an_upload_that_is_none_is_refused_in_words() {
    each_engine(ROOMS, |store| async move {
        let visitor = Visitor::new(store.clone()).await?.with(|means| means.bounds.unfinished = 3);
        let good = metadata(&[("unit", "250")]);
        let ten_gigabytes = (10_u64 << 30).to_string();
        let table: [(&str, &str, &str, u16); 10] = [
            ("0.2.2", "5", &good, 412),
            ("1.0.0", "", &good, 400),
            ("1.0.0", "-5", &good, 400),
            ("1.0.0", "+5", &good, 400),
            ("1.0.0", &ten_gigabytes, &good, 413),
            ("1.0.0", "99999999999999999999999", &good, 400),
            ("1.0.0", "5", "unit", 422),
            ("1.0.0", "5", "unit !!!", 422),
            ("1.0.0", "5", &metadata(&[("unit", "999999")]), 404),
            ("1.0.0", "5", &metadata(&[("unit", "250"), ("figures", "income.per_person:2026")]), 422),
        ];
        for (version, length, told, status) in table {
            let headers = [("tus-resumable", version), ("upload-length", length), ("upload-metadata", told)];
            let answer = visitor.ask_by("POST", "/api/v1/uploads", &headers, "").await?;
            ensure!(answer.status == status, "{version} {length} {told}: {} {}", answer.status, answer.text());
            ensure!(answer.json()?["title"].as_str().is_some_and(|t| !t.starts_with('[')), "{}", answer.text());
        }
        // So many at a time and no more, whatever their names are.
        let mut there = Vec::new();
        for name in ["../../x\0.jpg", &"ả".repeat(5_00), "b.jpg"] {
            there.push(begun(&visitor, 12, &[("unit", "250"), ("filename", name)]).await?);
        }
        let headers = [TUS, ("upload-length", "12"), ("upload-metadata", good.as_str())];
        ensure!(visitor.ask_by("POST", "/api/v1/uploads", &headers, "").await?.status == 429, "a fourth");
        // What came in whole and is no evidence becomes none, and is said to be none from then on.
        let refused = part(&visitor, &there[0], 0, b"<svg></svg> ").await?;
        ensure!(refused.status == 422 && refused.text().contains("không phải JPEG"), "{}", refused.text());
        ensure!(visitor.ask_by("HEAD", &there[0], &[TUS], "").await?.status == 410);
        ensure!(part(&visitor, &there[0], 12, b"").await?.status == 410);
        ensure!(pieces(&store, COMMUNE).await?.is_empty());
        // A stranger has no uploads, nor begins one.
        for (method, path) in
            [("POST", "/api/v1/uploads"), ("PATCH", &there[1]), ("HEAD", &there[1]), ("DELETE", &there[1])]
        {
            let answer = visitor.ask_as_reader(method, path, &[TUS, PART, ("upload-offset", "0")], "x").await?;
            ensure!(answer.status == 401, "{method} {path}: {}", answer.status);
        }
        Ok(())
    });
}

#[test]
fn many_tiny_parts_and_many_pieces_come_to_an_end() {
    each_engine(ROOMS, |store| async move {
        let visitor = Visitor::new(store.clone()).await?.with(|means| {
            means.bounds.parts = 20;
            means.bounds.pieces = 4;
        });
        let there = begun(&visitor, 100_000, &[("unit", "250")]).await?;
        let mut statuses = Vec::new();
        for at in 0..22 {
            statuses.push(part(&visitor, &there, at.min(20), b"x").await?.status);
        }
        ensure!(statuses[..20].iter().all(|s| *s == 204) && statuses[20..] == [413, 413], "{statuses:?}");
        for n in 0..4 {
            let answer = visitor.send_files(&self::there(COMMUNE), &[], &[("a.jpg", &jpeg(n))]).await?;
            ensure!(answer.status == 303, "{n}");
        }
        let answer = visitor.send_files(&self::there(COMMUNE), &[], &[("a.jpg", &jpeg(9))]).await?;
        ensure!(answer.status == 429, "{}", answer.status);
        ensure!(pieces(&store, COMMUNE).await?.len() == 4);
        Ok(())
    });
}

/// A body that gives some bytes and then breaks, or waits until it is told to go on.
fn broken(bytes: &[u8]) -> axum::body::Body {
    let parts = [Ok(bytes::Bytes::copy_from_slice(bytes)), Err(std::io::Error::other("the line was cut"))];
    axum::body::Body::from_stream(futures::stream::iter(parts))
}

#[test]
fn a_cut_line_goes_on_from_what_came_and_two_clients_are_kept_apart() {
    each_engine(ROOMS, |store| async move {
        let visitor = Visitor::new(store.clone()).await?;
        let bytes = jpeg(1);
        let third = bytes.len() / 3;
        let there = begun(&visitor, bytes.len() as u64, &[("unit", "250"), ("filename", "a.jpg")]).await?;
        let cut =
            visitor.ask_by("PATCH", &there, &[TUS, PART, ("upload-offset", "0")], broken(&bytes[..third])).await?;
        ensure!(cut.status == 400 && offset(&visitor, &there).await? == third.to_string(), "{}", cut.status);
        // One client sends slowly; meanwhile another one comes.
        let (sender, receiver) = futures::channel::mpsc::unbounded::<std::io::Result<bytes::Bytes>>();
        let slow = axum::body::Body::from_stream(receiver);
        let at = third.to_string();
        let headers = [TUS, PART, ("upload-offset", at.as_str())];
        let first = visitor.ask_by("PATCH", &there, &headers, slow);
        let second = async {
            sender.unbounded_send(Ok(bytes::Bytes::copy_from_slice(&bytes[third..2 * third])))?;
            let mut seen = 0;
            while seen != 423 {
                // Until the first has it: a moment.
                tokio::task::yield_now().await;
                let other = part(&visitor, &there, third + 1, b"x").await?;
                ensure!([409, 423].contains(&other.status), "{}", other.status);
                seen = other.status;
            }
            ensure!(visitor.ask_by("DELETE", &there, &[TUS], "").await?.status == 423, "dropped under its hands");
            drop(sender);
            anyhow::Ok(())
        };
        let (first, second) = tokio::join!(first, second);
        second?;
        ensure!(first?.header("upload-offset") == (2 * third).to_string());
        // A program that was killed left more on the disk than it told anybody: that is cut off.
        let id = there.rsplit('/').next().context("an id")?;
        let path = visitor.means.incoming.join(format!("{id}.part"));
        let mut file = std::fs::OpenOptions::new().append(true).open(&path)?;
        std::io::Write::write_all(&mut file, b"garbage that nobody was told of")?;
        drop(file);
        let last = part(&visitor, &there, 2 * third, &bytes[2 * third..]).await?;
        ensure!(last.header("langso-evidence") == "1", "{} {}", last.status, last.text());
        ensure!(visitor.get("/tep-minh-chung/1/tep", true).await?.body == bytes, "byte by byte");
        Ok(())
    });
}

#[test]
fn what_came_in_whole_before_the_program_was_killed_becomes_a_piece_when_it_is_asked_for() {
    each_engine(ROOMS, |store| async move {
        let visitor = Visitor::new(store.clone()).await?;
        let bytes = jpeg(1);
        let there = begun(&visitor, bytes.len() as u64, &[("unit", "250"), ("filename", "a.jpg")]).await?;
        // All is on the disk and noted; what follows was not done.
        let id = there.rsplit('/').next().context("an id")?;
        let body = futures::stream::iter([Ok::<_, std::io::Error>(bytes::Bytes::from(bytes.clone()))]);
        evidence::incoming::append(&visitor.means, &store, &CLOCK, (id, 0), body, None).await?;
        ensure!(pieces(&store, COMMUNE).await?.is_empty());
        let asked = visitor.ask_by("HEAD", &there, &[TUS], "").await?;
        ensure!(asked.header("langso-evidence") == "1" && asked.header("upload-offset") == bytes.len().to_string());
        ensure!(pieces(&store, COMMUNE).await?.len() == 1);
        // What nobody came back for is forgotten, with its bytes; a finished piece is not.
        let forgotten = begun(&visitor, 50, &[("unit", "250")]).await?;
        part(&visitor, &forgotten, 0, b"some").await?;
        let later = kernel::FixedClock(kernel::Moment(kernel::Clock::now(&CLOCK).0 + 3 * 86_400_000_000));
        ensure!(evidence::incoming::expire(&visitor.means, &store, &CLOCK).await? == 0, "too early");
        ensure!(evidence::incoming::expire(&visitor.means, &store, &later).await? == 2);
        ensure!(std::fs::read_dir(&visitor.means.incoming)?.next().is_none());
        ensure!(pieces(&store, COMMUNE).await?.len() == 1);
        Ok(())
    });
}
