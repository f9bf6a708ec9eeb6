//! Evidence that comes part by part (tus): goes on after a cut, ends, is bounded, makes nothing twice.

use crate::{
    evidence::{jpeg, pieces},
    figures::{COMMUNE, ROOMS},
    visitor::{OK, Visitor},
};
use anyhow::{Context, Result, ensure};
use facts::evidence;
use testkit::{CLOCK, each_engine};

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
            let answer = visitor.send_files(&crate::evidence::there(COMMUNE), &[], &[("a.jpg", &jpeg(n))]).await?;
            ensure!(answer.status == 303, "{n}");
        }
        let answer = visitor.send_files(&crate::evidence::there(COMMUNE), &[], &[("a.jpg", &jpeg(9))]).await?;
        ensure!(answer.status == 429, "{}", answer.status);
        ensure!(pieces(&store, COMMUNE).await?.len() == 4);
        // Those of a day ago keep nobody out.
        let mut tx = store.write(&kernel::Actor::SYSTEM, &testkit::CLOCK).await?;
        tx.execute("UPDATE facts_evidence SET at = at - $1", store::args![86_400_000_000_i64]).await?;
        tx.commit().await?;
        let answer = visitor.send_files(&crate::evidence::there(COMMUNE), &[], &[("a.jpg", &jpeg(9))]).await?;
        ensure!(answer.status == 303, "{}", answer.status);
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
        let (sender, mut receiver) = futures::channel::mpsc::unbounded::<std::io::Result<bytes::Bytes>>();
        let reading = std::sync::Arc::new(tokio::sync::Notify::new());
        let told = reading.clone();
        let slow = axum::body::Body::from_stream(futures::stream::poll_fn(move |context| {
            told.notify_one();
            futures::StreamExt::poll_next_unpin(&mut receiver, context)
        }));
        let at = third.to_string();
        let headers = [TUS, PART, ("upload-offset", at.as_str())];
        let first = visitor.ask_by("PATCH", &there, &headers, slow);
        let second = async {
            sender.unbounded_send(Ok(bytes::Bytes::copy_from_slice(&bytes[third..2 * third])))?;
            // Until the first has it: whoever comes before would have it first.
            reading.notified().await;
            let other = part(&visitor, &there, third, b"x").await?;
            ensure!(other.status == 423, "{}", other.status);
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

#[test]
fn an_upload_is_begun_once_under_its_key() {
    each_engine(ROOMS, |store| async move {
        let visitor = Visitor::new(store.clone()).await?;
        let bytes = jpeg(1);
        let (size, half) = (bytes.len().to_string(), bytes.len() / 2);
        let told = metadata(&[("unit", "250"), ("filename", "a.jpg"), ("figures", "income.per_person:2024")]);
        let begin = async |key: &str, told: &str| {
            let headers = [TUS, ("upload-length", &*size), ("upload-metadata", told), ("idempotency-key", key)];
            visitor.ask_by("POST", "/api/v1/uploads", &headers, "").await
        };
        let first = begin("phone-1", &told).await?;
        ensure!(first.status == 201 && first.header("upload-offset") == "0", "{}", first.text());
        // The answer was lost: the same upload, and how far it came.
        let again = begin("phone-1", &told).await?;
        ensure!((again.status, &again.location) == (201, &first.location), "{} {}", again.status, again.location);
        part(&visitor, &first.location, 0, &bytes[..half]).await?;
        let again = begin("phone-1", &told).await?;
        ensure!((again.status, again.header("upload-offset")) == (201, &*half.to_string()), "{}", again.text());
        part(&visitor, &first.location, half, &bytes[half..]).await?;
        let again = begin("phone-1", &told).await?;
        ensure!((again.status, again.header("langso-evidence")) == (201, "1"), "{}", again.text());
        // Another file under the same key is none of it; another key begins another.
        let other = metadata(&[("unit", "250"), ("filename", "b.jpg")]);
        ensure!(begin("phone-1", &other).await?.status == 409);
        ensure!(begin("phone-2", &told).await?.location != first.location);
        // Ended: there is none under that key any more.
        visitor.ask_by("DELETE", &first.location, &[TUS], "").await?;
        ensure!(begin("phone-1", &told).await?.status == 404);
        ensure!(pieces(&store, COMMUNE).await?.len() == 1);
        Ok(())
    });
}

#[test]
fn a_figure_that_is_held_takes_no_evidence_by_any_door() {
    each_engine(ROOMS, |store| async move {
        let visitor = Visitor::new(store.clone()).await?;
        let income = visitor.law.measure_id("income.per_person").context("a measure")?;
        let bytes = jpeg(1);
        let pairs = [("unit", "250"), ("filename", "a.jpg"), ("figures", "income.per_person:2024")];
        // One is used already, one is on its way when the figure is locked, one lies with the unit.
        let used = begun(&visitor, bytes.len() as u64, &pairs).await?;
        part(&visitor, &used, 0, &bytes).await?;
        let late = begun(&visitor, jpeg(2).len() as u64, &pairs).await?;
        visitor.send_files(&crate::evidence::there(COMMUNE), &[], &[("c.jpg", &jpeg(3))]).await?;
        let mut tx = store.write(&kernel::Actor::SYSTEM, &CLOCK).await?;
        facts::holds::lay(&mut tx, COMMUNE, 2024, &[income], facts::holds::Hold::Locked).await?;
        tx.commit().await?;
        let told = metadata(&pairs);
        let headers = [TUS, ("upload-length", "10"), ("upload-metadata", &*told)];
        let refused = visitor.ask_by("POST", "/api/v1/uploads", &headers, "").await?;
        ensure!(refused.status == 409 && refused.text().contains("đã khóa"), "{} {}", refused.status, refused.text());
        let last = part(&visitor, &late, 0, &jpeg(2)).await?;
        ensure!(last.status == 409 && last.text().contains("đã khóa"), "{} {}", last.status, last.text());
        ensure!(visitor.ask_by("GET", &late, &[TUS], "").await?.status == 410, "said once more, never tried again");
        let fields = [("note", "ghi chú còn đây"), ("measure", "income.per_person"), ("year", "2024")];
        let form = visitor.send_files(&crate::evidence::there(COMMUNE), &fields, &[("d.jpg", &jpeg(4))]).await?;
        let page = form.text();
        ensure!(form.status == 422 && page.contains("đã khóa") && page.contains("ghi chú còn đây"), "{page}");
        let wish = r#"{"measure": "income.per_person", "year": 2024}"#;
        ensure!(visitor.post("/api/v1/evidence/2/uses", "application/json", wish).await?.status == 409);
        let form = "application/x-www-form-urlencoded";
        let linked = visitor.post("/tep-minh-chung/2/dung", form, "measure=income.per_person&year=2024").await?;
        ensure!(linked.status == 422 && linked.text().contains("đã khóa"), "{} {}", linked.status, linked.text());
        // What is used already may be said again: an answer was lost.
        ensure!(visitor.post("/api/v1/evidence/1/uses", "application/json", wish).await?.status == OK);
        ensure!(part(&visitor, &used, bytes.len(), b"").await?.header("langso-evidence") == "1");
        let mut tx = store.read(&kernel::Actor::SYSTEM.scope()).await?;
        let proofs = evidence::of_figures(&mut tx, COMMUNE, 2024).await?;
        ensure!(proofs.get(&income).map(Vec::len) == Some(1), "{proofs:?}");
        ensure!(pieces(&store, COMMUNE).await?.len() == 2, "what was refused is not kept either");
        Ok(())
    });
}
