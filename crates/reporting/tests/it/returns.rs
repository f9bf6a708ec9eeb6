//! The close of a year through the site: previewed, published, closed, fixed in a snapshot with proof; carried to a second installation.
// Long because: a return goes one way from its closing to the installation that takes it, over the same few helpers.

use crate::{
    prepared::{COMMUNE, OLD_PROVINCE, ROOMS, SET, entry, passing, prepared, save},
    site::{FORM, Visitor, form},
};
use anyhow::{Context, Result, ensure};
use facts::closed;
use kernel::{Actor, Clock, PersonId, Role, Scope};
use reporting::{
    forms::Desk,
    model::Course,
    returns::{self, State, close},
};
use rulebook::Value;
use sha2::{Digest, Sha256};
use std::{
    io::{Cursor, Read, Write},
    sync::Arc,
};
use store::{Query, Store, StoreError, args, attachments::Attachments, jobs::Work};
use testkit::{CLOCK, each_engine};

/// What the page's form would send: the value of its hidden field.
pub fn hidden(page: &str, name: &str) -> Result<String> {
    let at = page.find(&format!("name=\"{name}\" value=\"")).with_context(|| format!("{name} in {page}"))?;
    let rest = &page[at..];
    let from = rest.find("value=\"").context("a value")? + 7;
    Ok(rest[from..].split('"').next().unwrap_or_default().to_owned())
}

pub async fn count(store: &Store, sql: &str) -> Result<i64> {
    let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
    Ok(tx.row(sql, args![]).await?.context("a count")?.i64(0)?)
}

#[test]
fn a_year_is_closed_once_in_pieces_that_go_on_after_a_crash_and_its_snapshot_is_proven() {
    each_engine(ROOMS, |store| async move {
        let law = prepared(&store).await?;
        save(&store, &law, &passing(&law), false).await?;
        let folder = tempfile::tempdir()?;
        let files = Attachments::open(&folder.path().display().to_string())?;
        let visitor = Visitor { store: store.clone(), law: law.clone(), files: files.clone() };
        let (admin, reader) = (Actor::LOCAL_ADMIN, Actor::READER);

        // Readers see no form to close with; whoever may, sees what would change.
        let page = visitor.get(reader.clone(), "/tong-hop?nam=2024").await?;
        ensure!(page.status == 200 && !page.text().contains("name=\"seen\""), "{}", page.text());
        let page = visitor.get(admin.clone(), "/tong-hop?nam=2024").await?.text();
        let (seen, key) = (hidden(&page, "seen")?, hidden(&page, "key")?);
        ensure!(page.contains("đã duyệt của 1 đơn vị"), "{page}");
        let body = |seen: &str| format!("nam=2024&cong_bo=1&seen={seen}&key={key}").into_bytes();
        let stale = visitor.post(admin.clone(), "/tong-hop", FORM, body("other")).await?;
        ensure!(stale.status == 409 && stale.text().contains("Có người vừa ghi"), "{} {}", stale.status, stale.text());
        ensure!(visitor.post(reader.clone(), "/tong-hop", FORM, body(&seen)).await?.status == 401);
        let asked = visitor.post(admin.clone(), "/tong-hop", FORM, body(&seen)).await?;
        ensure!(asked.status == 303, "{} {}", asked.status, asked.text());
        let again = visitor.post(admin.clone(), "/tong-hop", FORM, body(&seen)).await?;
        ensure!(again.location == asked.location, "sent twice, done once");
        ensure!(count(&store, "SELECT COUNT(*) FROM reporting_return").await? == 1);

        // The job dies where the files cannot be kept, and goes on behind what it did.
        let clock: Arc<dyn Clock> = Arc::new(CLOCK);
        let everybody = web::Everybody(Actor::LOCAL_ADMIN);
        let mut tx = store.write(&Actor::SYSTEM, &*clock).await?;
        let job = tx.lease(60_000_000).await?.context("a job")?;
        tx.commit().await?;
        let work = || Work { store: store.clone(), clock: clock.clone(), job: job.clone() };
        let broken = tempfile::tempdir()?;
        let nowhere = Attachments::open(&broken.path().display().to_string())?;
        std::fs::remove_dir_all(broken.path())?;
        std::fs::write(broken.path(), "a file where the folder was")?;
        ensure!(close::run(work(), &law, &everybody, &nowhere).await.is_err(), "no place for files");
        let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
        let one = returns::of_province(&mut tx, OLD_PROVINCE).await?.remove(0);
        drop(tx);
        ensure!(one.state == State::Gathering && one.done == one.total && one.number == 1, "{one:?}");
        ensure!(visitor.get(reader.clone(), &format!("/tong-hop/{}/ban-chot.json", one.id)).await?.status == 409);
        close::run(work(), &law, &everybody, &files).await?;
        close::run(work(), &law, &everybody, &files).await?;
        let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
        let one = returns::get(&mut tx, one.id).await?.context("the return")?;
        let closings = closed::closings(&mut tx, OLD_PROVINCE, Some(2024)).await?;
        drop(tx);
        let sha256 = one.sha256.clone().context("a hash")?;
        ensure!(
            one.state == State::Done && closings.len() == 1 && closings[0].snapshot == sha256,
            "{one:?} {closings:?}"
        );

        // The snapshot is canonical, is what its hash says, and holds what the public sees.
        let bytes = visitor.get(reader.clone(), &format!("/tong-hop/{}/ban-chot.json", one.id)).await?.body;
        ensure!(hex::encode(Sha256::digest(&bytes)) == sha256);
        let document: serde_json::Value = serde_json::from_slice(&bytes)?;
        ensure!(serde_json_canonicalizer::to_vec(&document)? == bytes, "RFC 8785");
        let of = |list: &str| document[list].as_array().cloned().unwrap_or_default();
        ensure!(of("figures").len() as i64 == one.figures && one.figures as usize == passing(&law).len());
        ensure!(of("units").len() as i64 == one.units && one.units > 121, "{}", one.units);
        let verdict = of("verdicts").into_iter().find(|v| v["set"] == SET).context("a verdict")?;
        ensure!(
            verdict["status"] == "passed" && verdict["unit"] == COMMUNE.0 && verdict["criteria"]["1"].is_string(),
            "{verdict}"
        );
        let schema: serde_json::Value = serde_json::from_str(include_str!("../../return.schema.json"))?;
        jsonschema::validator_for(&schema)?
            .validate(&document)
            .map_err(|e| anyhow::anyhow!("{e} at {}", e.instance_path()))?;

        // A leaf in the public ledger names it.
        let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
        let leaf = ledger::leaf::newest(&mut tx, "return", &close::subject(&one)).await?.context("a leaf")?;
        drop(tx);
        ensure!(leaf.body.contains(&sha256), "{}", leaf.body);
        let page = visitor.get(reader.clone(), &format!("/tong-hop/{}", one.id)).await?.text();
        ensure!(
            page.contains(&sha256) && page.contains("chờ chỗ trong sổ công khai") && !page.contains("name=\"reason\""),
            "{page}"
        );
        for file in ["bieu.xlsx", "bieu.docx"] {
            let answer = visitor.get(reader.clone(), &format!("/tong-hop/{}/{file}", one.id)).await?;
            ensure!(answer.status == 200 && answer.body.starts_with(b"PK"), "{file} {}", answer.status);
        }

        // Nothing of the year is written any more, until it is opened again with a reason; the snapshot stays.
        let income = || entry(&law, COMMUNE, 2024, "income.per_person", Value::Number(1.into()));
        ensure!(save(&store, &law, &[income()], false).await.is_err());
        let there = format!("/tong-hop/{}/mo-lai", one.id);
        let short = visitor.post(admin.clone(), &there, FORM, b"reason=sai&key=k1".to_vec()).await?;
        ensure!(short.status == 422 && short.text().contains(">sai</textarea>"), "{} {}", short.status, short.text());
        let opened =
            visitor.post(admin.clone(), &there, FORM, b"reason=So+lieu+thu+nhap+khai+sai&key=k2".to_vec()).await?;
        ensure!(opened.status == 303, "{} {}", opened.status, opened.text());
        save(&store, &law, &[income()], true).await?;
        let later = visitor.get(reader.clone(), &format!("/tong-hop/{}/ban-chot.json", one.id)).await?.body;
        ensure!(later == bytes, "the snapshot never changes");
        let page = visitor.get(reader, &format!("/tong-hop/{}", one.id)).await?.text();
        ensure!(page.contains("So lieu thu nhap khai sai"), "{page}");
        Ok(())
    });
}

#[test]
fn a_second_installation_takes_the_figures_of_a_return_and_judges_as_the_first() {
    each_engine(ROOMS, |store| async move {
        let law = prepared(&store).await?;
        save(&store, &law, &passing(&law), true).await?;
        let folder = tempfile::tempdir()?;
        let files = Attachments::open(&folder.path().display().to_string())?;
        let clock: Arc<dyn Clock> = Arc::new(CLOCK);
        let mut tx = store.write(&Actor::LOCAL_ADMIN, &*clock).await?;
        let id = returns::ask(&mut tx, OLD_PROVINCE, 2024, false).await?;
        let job = tx.lease(60_000_000).await?.context("a job")?;
        tx.commit().await?;
        let everybody = web::Everybody(Actor::LOCAL_ADMIN);
        close::run(Work { store: store.clone(), clock: clock.clone(), job }, &law, &everybody, &files).await?;
        let first = Visitor { store: store.clone(), law: law.clone(), files: files.clone() };
        let table = first.get(Actor::READER, &format!("/tong-hop/{id}/nhap/{SET}.csv")).await?;
        ensure!(table.status == 200, "{}", table.text());

        let url = format!("sqlite:{}", folder.path().join("second.sqlite").display());
        let second = Store::open(&url, store::StoreOptions::default()).await?;
        second.migrate(ROOMS, &CLOCK).await?;
        let law = prepared(&second).await?;
        let visitor = Visitor { store: second.clone(), law, files };
        let ask = format!("/api/v1/figures?set={SET}&origin=imported&publish=true&source=return");
        let dry =
            visitor.post(Actor::LOCAL_ADMIN, &format!("{ask}&dry_run=true"), "text/csv", table.body.clone()).await?;
        ensure!(dry.status == 200 && count(&second, "SELECT COUNT(*) FROM facts_figure").await? == 0, "{}", dry.text());
        let taken = visitor.post(Actor::LOCAL_ADMIN, &ask, "text/csv", table.body).await?;
        ensure!(taken.status == 200, "{} {}", taken.status, taken.text());
        let mut tx = second.read(&Actor::READER.scope()).await?;
        let sql = "SELECT verdict, criteria FROM facts_verdict WHERE unit = $1 AND set_id = $2 AND period = '2024' AND edition = 1";
        let there = tx.row(sql, args![COMMUNE, SET]).await?.context("a verdict")?;
        // A store waits for its readers before it closes.
        drop(tx);
        let mut tx = store.read(&Actor::READER.scope()).await?;
        let here = tx.row(sql, args![COMMUNE, SET]).await?.context("a verdict")?;
        ensure!(
            (here.text(0)?, here.text(1)?) == (there.text(0)?, there.text(1)?),
            "{} {} / {} {}",
            here.text(0)?,
            here.text(1)?,
            there.text(0)?,
            there.text(1)?
        );
        let origins = "SELECT COUNT(*) FROM facts_history WHERE origin <> 4";
        ensure!(
            count(&second, origins).await? == 0 && count(&second, "SELECT COUNT(*) FROM facts_history").await? > 40
        );
        second.close().await;
        Ok(())
    });
}

/// A template as Word leaves one behind: every run of the shipped one split in two with marks between, and `change` made to its text.
fn by_word(change: impl Fn(String) -> String) -> Result<Vec<u8>> {
    let mut shipped = zip::ZipArchive::new(Cursor::new(documents::official::template()))?;
    let mut out = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for at in 0..shipped.len() {
        let mut part = shipped.by_index(at)?;
        let name = part.name().to_owned();
        let mut text = String::new();
        part.read_to_string(&mut text)?;
        if name == "word/document.xml" {
            let split = "</w:t></w:r><w:proofErr w:type=\"spellStart\"/><w:r w:rsidR=\"00A1\"><w:t>…</w:t></w:r></w:sdtContent>";
            text = change(text.replace("</w:t></w:r></w:sdtContent>", split));
        }
        out.start_file(&name, zip::write::SimpleFileOptions::default())?;
        out.write_all(text.as_bytes())?;
    }
    Ok(out.finish()?.into_inner())
}

#[test]
fn a_province_s_own_template_is_used_or_what_is_wrong_with_it_is_named() {
    each_engine(ROOMS, |store| async move {
        let law = prepared(&store).await?;
        let folder = tempfile::tempdir()?;
        let files = Attachments::open(&folder.path().display().to_string())?;
        let visitor = Visitor { store, law, files };
        let page = visitor.get(Actor::READER, "/bieu/mau").await?.text();
        ensure!(page.contains("mẫu kèm chương trình, theo") && page.contains("<code>co_quan</code>"), "{page}");
        let shipped = visitor.get(Actor::READER, "/bieu/mau.docx").await?;
        ensure!(shipped.status == 200 && shipped.body == documents::official::template());
        let mark = "<w:p><w:r><w:t>MẪU CỦA TỈNH</w:t></w:r></w:p>";
        let table: [(Vec<u8>, &[&str]); 4] = [
            (by_word(|text| text.replacen("<w:body>", &format!("<w:body>{mark}"), 1))?, &[]),
            (by_word(|text| text.replace("w:val=\"so_ky_hieu\"", "w:val=\"so_hieu\""))?, &["so_hieu", "so_ky_hieu"]),
            (by_word(|text| text.replace("w:val=\"nguoi_ky\"", "w:val=\"\""))?, &["nguoi_ky"]),
            (b"no DOCX".to_vec(), &["không đọc được"]),
        ];
        std::fs::create_dir(folder.path().join("mau"))?;
        for (template, named) in table {
            std::fs::write(folder.path().join("mau/bao-cao.docx"), &template)?;
            let own = async |path: &str| visitor.get_with(Desk::of(folder.path())?, Actor::READER, path).await;
            let (page, made) = (own("/bieu/mau").await?.text(), own("/bieu/06/tep.docx?nam=2026").await?);
            ensure!(page.contains("mau/bao-cao.docx"), "{page}");
            if named.is_empty() {
                ensure!(page.contains("Mẫu đủ thẻ") && made.status == 200, "{} {page}", made.status);
                let mut text = String::new();
                zip::ZipArchive::new(Cursor::new(made.body))?
                    .by_name("word/document.xml")?
                    .read_to_string(&mut text)?;
                ensure!(
                    text.contains("MẪU CỦA TỈNH") && text.contains("ỦY BAN NHÂN DÂN") && !text.contains('…'),
                    "{text}"
                );
                continue;
            }
            ensure!(made.status == 409, "{named:?}: {}", made.status);
            for name in named {
                ensure!(page.contains(name) && made.text().contains(name), "{name}: {} {page}", made.text());
            }
        }
        Ok(())
    });
}

#[test]
fn pages_of_forms_show_each_number_with_what_it_is_made_from_and_give_the_files() {
    each_engine(ROOMS, |store| async move {
        let law = prepared(&store).await?;
        let folder = tempfile::tempdir()?;
        let files = Attachments::open(&folder.path().display().to_string())?;
        let visitor = Visitor { store, law, files };
        let page = async |path: &str| -> Result<String> {
            let answer = visitor.get(Actor::READER, path).await?;
            ensure!(answer.status == 200, "{path}: {} {}", answer.status, answer.text());
            Ok(answer.text())
        };
        let list = page("/bieu").await?;
        ensure!(list.contains("Biểu 05") && list.contains("cần xác nhận") && list.contains("phần sau lập"), "{list}");
        ensure!(page("/en/bieu?q=criteria").await?.contains("to be confirmed"));
        let six = page("/bieu/06?nam=2026").await?;
        let why =
            six.split("href=\"").find(|part| part.starts_with("/bieu/06/vi-sao")).context("a link to the sources")?;
        let why = why.split('"').next().unwrap_or_default().replace("&amp;", "&");
        ensure!(page(&why).await?.contains("Xã "), "{why}");
        for later in ["/bieu/07", "/bieu/10", "/en/bieu/05?nam=2026"] {
            page(later).await?;
        }
        for (file, begins) in [("tep.xlsx", &b"PK"[..]), ("tep.docx", b"PK"), ("tep.pdf", b"%PDF"), ("tep.toml", b"# ")]
        {
            let answer = visitor.get(Actor::READER, &format!("/bieu/06/{file}?nam=2026")).await?;
            ensure!(answer.status == 200 && answer.body.starts_with(begins), "{file} {}", answer.status);
        }
        ensure!(visitor.get(Actor::READER, "/bieu/99").await?.status == 404);
        Ok(())
    });
}

fn office() -> Actor {
    Actor { role: Role::Coordination, person: Some(PersonId(1)), scope: Scope::WHOLE }
}

/// Asks for a year to be closed; the key with which it was refused, or the return's number.
async fn asked(store: &Store, year: i16) -> Result<std::result::Result<i64, String>> {
    let mut tx = store.write(&Actor::LOCAL_ADMIN, &CLOCK).await?;
    match returns::ask(&mut tx, OLD_PROVINCE, year, false).await {
        Ok(id) => {
            tx.commit().await?;
            Ok(Ok(id))
        }
        Err(StoreError::Refused(problem)) => Ok(Err(locale::say(locale::Lang::Vi, &problem.phrase))),
        Err(other) => Err(other.into()),
    }
}

async fn course(store: &Store, id: i64) -> Result<(Course, Option<i64>)> {
    let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
    let one = reporting::store::get(&mut tx, id).await?.context("the campaign")?;
    Ok((one.course, one.closed_with))
}

async fn run_job(store: &Store, law: &facts::Law, files: &Attachments) -> Result<()> {
    let clock: Arc<dyn Clock> = Arc::new(CLOCK);
    let mut tx = store.write(&Actor::SYSTEM, &*clock).await?;
    while let Some(job) = tx.lease(60_000_000).await? {
        if job.job == close::JOB {
            tx.commit().await?;
            let everybody = web::Everybody(Actor::LOCAL_ADMIN);
            close::run(Work { store: store.clone(), clock, job }, law, &everybody, files).await?;
            return Ok(());
        }
    }
    anyhow::bail!("no closing waits")
}

#[test]
fn a_year_is_closed_with_its_campaigns_or_says_which_criteria_wait() {
    each_engine(crate::ROOMS, |store| async move {
        let law = crate::ready(&store).await?;
        let whole = crate::opened(&store, &law, "2024").await?;
        let quarter = crate::opened(&store, &law, "2024Q4").await?;
        let other = crate::opened(&store, &law, "2024Q3").await?;
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        tx.execute(
            "UPDATE reporting_campaign SET period = '2023', name = 'Báo cáo 2023' WHERE id = $1",
            args![other.id],
        )
        .await?;
        tx.commit().await?;
        let folder = tempfile::tempdir()?;
        let files = Attachments::open(&folder.path().display().to_string())?;
        let visitor = Visitor { store: store.clone(), law: law.clone(), files: files.clone() };
        // Criteria wait: which campaigns and how many criteria is said, nothing is closed, and the page has no form to close with.
        let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
        let running = returns::campaigns::running(&mut tx, OLD_PROVINCE, 2024).await?;
        drop(tx);
        ensure!(
            running.len() == 2 && running.iter().all(|one| one.open == one.criteria && one.open > 0),
            "{running:?}"
        );
        let why = asked(&store, 2024).await?.expect_err("criteria wait");
        ensure!(why.contains(&format!("Báo cáo 2024 ({})", running[0].open)), "{why}");
        ensure!(why.contains("Báo cáo 2024Q4") && !why.contains("Báo cáo 2023"), "{why}");
        let page = visitor.get(Actor::LOCAL_ADMIN, "/tong-hop?nam=2024").await?.text();
        ensure!(page.contains("Chưa chốt được") && !page.contains("name=\"seen\""), "{page}");
        ensure!(page.contains(&format!("/bao-cao/{}\"", whole.id)), "{page}");
        ensure!(
            course(&store, whole.id).await? == (Course::Open, None)
                && count(&store, "SELECT COUNT(*) FROM reporting_return").await? == 0
        );
        // All accepted but one criterion: still refused. All accepted: closed with the year.
        let sql = "UPDATE reporting_item SET state = 'accepted' WHERE campaign IN ($1, $2) AND NOT (unit = $3 AND criterion = '10' AND campaign = $1)";
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        tx.execute(sql, args![whole.id, quarter.id, COMMUNE]).await?;
        tx.commit().await?;
        let why = asked(&store, 2024).await?.expect_err("one criterion waits");
        ensure!(why.ends_with("Báo cáo 2024 (1)"), "{why}");
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        tx.execute(
            "UPDATE reporting_item SET state = 'locked' WHERE campaign = $1 AND state <> 'accepted'",
            args![whole.id],
        )
        .await?;
        tx.commit().await?;
        let id = asked(&store, 2024).await?.map_err(anyhow::Error::msg)?;
        for campaign in [whole.id, quarter.id] {
            ensure!(course(&store, campaign).await? == (Course::Closed, Some(id)), "{campaign}");
        }
        ensure!(course(&store, other.id).await? == (Course::Open, None), "another year's");
        // While the year is being closed and afterwards no campaign of it is opened.
        let refused = async || -> Result<bool> {
            let mut tx = store.write(&office(), &CLOCK).await?;
            let one = reporting::store::get(&mut tx, whole.id).await?.context("it")?;
            let turned = reporting::campaigns::turn(&mut tx, &law, &one, Course::Open).await;
            Ok(matches!(turned, Err(StoreError::Refused(problem)) if problem.phrase.key == "reporting-year-closed"))
        };
        ensure!(refused().await?, "being closed");
        run_job(&store, &law, &files).await?;
        ensure!(refused().await?, "closed");
        // Both pages say so.
        let page = visitor.get(Actor::LOCAL_ADMIN, &format!("/tong-hop/{id}")).await?.text();
        ensure!(page.contains(&format!("/bao-cao/{}\"", quarter.id)), "{page}");
        let page = visitor.get(Actor::LOCAL_ADMIN, &format!("/bao-cao/{}", whole.id)).await?.text();
        ensure!(page.contains("Đóng cùng năm 2024") && page.contains(&format!("/tong-hop/{id}\"")), "{page}");
        // Opened again with a reason: the campaigns that were closed with it, for corrections.
        let sent = b"reason=So+lieu+thu+nhap+khai+sai&key=k9".to_vec();
        let opened = visitor.post(Actor::LOCAL_ADMIN, &format!("/tong-hop/{id}/mo-lai"), FORM, sent).await?;
        ensure!(opened.status == 303, "{} {}", opened.status, opened.text());
        for campaign in [whole.id, quarter.id] {
            ensure!(course(&store, campaign).await? == (Course::Open, None), "{campaign}");
        }
        Ok(())
    });
}

/// A snapshot of the prepared commune's year, with its return's number.
pub async fn snapshot_of(store: &Store, law: &facts::Law, files: &Attachments) -> Result<(i64, Vec<u8>)> {
    let mut tx = store.write(&Actor::LOCAL_ADMIN, &CLOCK).await?;
    let id = returns::ask(&mut tx, OLD_PROVINCE, 2024, false).await?;
    tx.commit().await?;
    run_job(store, law, files).await?;
    let visitor = Visitor { store: store.clone(), law: law.clone(), files: files.clone() };
    let answer = visitor.get(Actor::READER, &format!("/tong-hop/{id}/ban-chot.json")).await?;
    ensure!(answer.status == 200, "{}", answer.text());
    Ok((id, answer.body))
}

/// A form of parts, as a browser sends it.
fn parts(fields: &[(&str, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, bytes) in fields {
        let file = if matches!(*name, "file" | "proof") { "; filename=\"f.json\"" } else { "" };
        body.extend(format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n").bytes());
        body.extend(*bytes);
        body.extend(b"\r\n");
    }
    body.extend(b"--b--\r\n");
    body
}

const PARTS: &str = "multipart/form-data; boundary=b";

#[test]
fn a_second_installation_takes_the_snapshot_itself_and_judges_as_the_first() {
    each_engine(ROOMS, |store| async move {
        let law = prepared(&store).await?;
        save(&store, &law, &passing(&law), true).await?;
        let folder = tempfile::tempdir()?;
        let files = Attachments::open(&folder.path().display().to_string())?;
        let (id, bytes) = snapshot_of(&store, &law, &files).await?;
        let sha256 = hex::encode(Sha256::digest(&bytes));
        // The first ledger's word for it.
        let keys = ledger::Keys::of_folder(&folder.path().join("first"), "https://first.example");
        ledger::round(&store, &CLOCK, &keys).await?;
        let first = Visitor { store: store.clone(), law: law.clone(), files: files.clone() };
        let proof = first.get(Actor::READER, &format!("/tong-hop/{id}/bang-chung.json")).await?;
        ensure!(proof.status == 200, "{}", proof.text());
        let told: serde_json::Value = serde_json::from_slice(&proof.body)?;
        let vkey = told["keys"][0].as_str().context("a key")?.to_owned();
        let dhis2 = first.get(Actor::READER, &format!("/tong-hop/{id}/dhis2.json?idScheme=code")).await?;
        ensure!(dhis2.status == 200, "{}", dhis2.text());

        let url = format!("sqlite:{}", folder.path().join("second.sqlite").display());
        let second = Store::open(&url, store::StoreOptions::default()).await?;
        second.migrate(ROOMS, &CLOCK).await?;
        let law = prepared(&second).await?;
        let visitor = Visitor { store: second.clone(), law, files };
        let admin = Actor::LOCAL_ADMIN;
        ensure!(visitor.get(Actor::READER, "/tong-hop/nhan").await?.status == 401);
        ensure!(visitor.get(admin.clone(), "/tong-hop/nhan").await?.text().contains("name=\"file\""));
        let check = async |fields: &[(&str, &[u8])]| {
            visitor.post(admin.clone(), "/tong-hop/nhan/kiem-tra", PARTS, parts(fields)).await
        };
        // A proof of another file, a hash that is another, a key that is not the ledger's: each is said, what was typed stays.
        let mut altered = bytes.clone();
        let at = bytes.windows(10).position(|w| w == b"\"revision\"").context("a revision")? + 11;
        altered[at] = if altered[at] == b'9' { b'8' } else { b'9' };
        for (fields, wanted) in [
            (
                vec![("file", &bytes[..]), ("sha256", &b"00ff"[..]), ("sender", "Tỉnh \"A\"".as_bytes())],
                sha256.as_str(),
            ),
            (vec![("file", &altered[..]), ("proof", &proof.body[..])], "Bằng chứng là của tệp khác"),
            (vec![("file", &bytes[..]), ("keys", vkey.as_bytes())], "chưa có tệp bằng chứng"),
            (vec![("file", &bytes[..20])], "Không đọc được bản chốt"),
            (vec![("file", &b" {\"format\":\"langso-return/9\"}"[..])], "langso-return/9"),
        ] {
            let answer = check(&fields).await?;
            ensure!(
                answer.status == 422 && answer.text().contains(wanted),
                "{wanted}: {} {}",
                answer.status,
                answer.text()
            );
        }
        let typed = check(&[("file", &bytes[..]), ("sha256", &b"00ff"[..]), ("sender", &b"So NN"[..])]).await?.text();
        ensure!(typed.contains("value=\"00ff\"") && typed.contains("value=\"So NN\""), "{typed}");
        ensure!(count(&second, "SELECT COUNT(*) FROM facts_figure").await? == 0, "nothing in part");

        // Proven, previewed, taken by an explicit act, once.
        let good: [(&str, &[u8]); 4] =
            [("file", &bytes[..]), ("proof", &proof.body[..]), ("keys", vkey.as_bytes()), ("sender", &b"So NN"[..])];
        let page = check(&good).await?;
        ensure!(page.status == 200, "{} {}", page.status, page.text());
        let page = page.text();
        ensure!(page.contains("chữ ký đúng với khóa đã ghi") && page.contains(&sha256), "{page}");
        ensure!(count(&second, "SELECT COUNT(*) FROM facts_figure").await? == 0, "a preview writes no figure");
        let (seen, key) = (hidden(&page, "seen")?, hidden(&page, "key")?);
        let form =
            form(&[("hash", sha256.as_str()), ("seen", &seen), ("key", &key), ("publish", "1"), ("sender", "So NN")]);
        for _ in 0..2 {
            let taken = visitor.post(admin.clone(), "/tong-hop/nhan/ghi", FORM, form.clone()).await?;
            ensure!(
                taken.status == 200 && taken.text().contains("Đã nhận bản chốt"),
                "{} {}",
                taken.status,
                taken.text()
            );
            ensure!(taken.text().contains(" 0 khác"), "{}", taken.text());
        }
        let lines = count(&second, "SELECT COUNT(*) FROM facts_history").await?;
        ensure!(lines > 40 && count(&second, "SELECT COUNT(*) FROM facts_history WHERE origin <> 4").await? == 0);
        let named = "SELECT COUNT(*) FROM facts_history WHERE source LIKE 'So NN%' AND source LIKE '%SHA-256%'";
        ensure!(count(&second, named).await? == lines, "the sender is the source");
        let sql = "SELECT verdict, criteria FROM facts_verdict WHERE unit = $1 AND set_id = $2 AND period = '2024' AND edition = 1";
        let mut tx = second.read(&Actor::READER.scope()).await?;
        let there = tx.row(sql, args![COMMUNE, SET]).await?.context("a verdict")?;
        drop(tx);
        let mut tx = store.read(&Actor::READER.scope()).await?;
        let here = tx.row(sql, args![COMMUNE, SET]).await?.context("a verdict")?;
        drop(tx);
        ensure!((here.text(0)?, here.text(1)?) == (there.text(0)?, there.text(1)?));

        // By program: a dry run, then once more the same: nothing new; DHIS2's values of the return are what stands there now.
        let dry =
            visitor.post(admin.clone(), "/api/v1/returns?dry_run=true", "application/json", bytes.clone()).await?;
        let told: serde_json::Value = serde_json::from_slice(&dry.body)?;
        ensure!(dry.status == 200 && told["outcome"]["unchanged"] == lines && told["outcome"]["new"] == 0, "{told}");
        let again =
            visitor.post(admin.clone(), "/api/v1/returns?publish=true", "application/json", bytes.clone()).await?;
        let told: serde_json::Value = serde_json::from_slice(&again.body)?;
        ensure!(told["verdicts"]["different"] == 0 && told["verdicts"]["same"].as_i64() > Some(0), "{told}");
        ensure!(count(&second, "SELECT COUNT(*) FROM facts_history").await? == lines);
        let values = "/api/v1/dhis2/dataValueSets?idScheme=code&dryRun=true";
        let sent = visitor.post(admin.clone(), values, "application/json", dhis2.body).await?;
        let told: serde_json::Value = serde_json::from_slice(&sent.body)?;
        ensure!(
            told["response"]["importCount"]["ignored"] == lines && told["response"]["importCount"]["imported"] == 0,
            "{told}"
        );

        // Closed here, too: said before anything is tried.
        let mut tx = second.write(&Actor::LOCAL_ADMIN, &CLOCK).await?;
        closed::close_year(&mut tx, OLD_PROVINCE, 2024, "x").await?;
        tx.commit().await?;
        let late = check(&[("file", &bytes[..])]).await?;
        ensure!(late.status == 409 && late.text().contains("Năm 2024 đã chốt"), "{} {}", late.status, late.text());
        second.close().await;
        Ok(())
    });
}

#[test]
fn a_snapshot_that_says_something_wrong_is_refused_with_each_place() {
    each_engine(ROOMS, |store| async move {
        let law = prepared(&store).await?;
        save(&store, &law, &passing(&law)[..3], true).await?;
        let folder = tempfile::tempdir()?;
        let files = Attachments::open(&folder.path().display().to_string())?;
        let (_, bytes) = snapshot_of(&store, &law, &files).await?;
        let visitor = Visitor { store: store.clone(), law, files };
        let good: serde_json::Value = serde_json::from_slice(&bytes)?;
        type Change = fn(&mut serde_json::Value);
        let table: [(&str, &str, Change); 12] = [
            ("returns-no-unit", "figures/0/unit", |d| {
                let id = d["figures"][0]["unit"].clone();
                for unit in d["units"].as_array_mut().into_iter().flatten().filter(|unit| unit["id"] == id) {
                    unit["code"] = "99999".into();
                }
            }),
            ("returns-no-measure", "figures/1/measure", |d| d["figures"][1]["measure"] = "no.such".into()),
            ("returns-misfit", "figures/0/value", |d| {
                let yes = d["figures"][0]["value"]["yes"].is_boolean();
                d["figures"][0]["value"] =
                    if yes { serde_json::json!({"number": "1"}) } else { serde_json::json!({"yes": true}) };
            }),
            ("returns-unread", "figures/0/value", |d| d["figures"][0]["value"] = serde_json::json!({"number": 1})),
            ("returns-unread", "figures/2", |d| d["figures"][2]["extra"] = 1.into()),
            ("returns-unread", "units/0", |d| {
                d["units"][0].as_object_mut().map(|unit| unit.remove("parent"));
            }),
            ("returns-bad-value", "number", |d| d["number"] = 0.into()),
            ("returns-bad-value", "verdicts/0/status", |d| d["verdicts"][0]["status"] = "good".into()),
            ("returns-bad-value", "year", |d| d["year"] = 1900.into()),
            ("returns-unit-not-listed", "figures/0/unit", |d| d["figures"][0]["unit"] = 99_999_999.into()),
            ("returns-twice", "figures/1", |d| d["figures"][1] = d["figures"][0].clone()),
            ("returns-other-format", "format", |d| d["format"] = "langso-return/2".into()),
        ];
        let ask = async |body: Vec<u8>| -> Result<serde_json::Value> {
            let answer = visitor.post(Actor::LOCAL_ADMIN, "/api/v1/returns", "application/json", body).await?;
            ensure!(answer.status == 422, "{} {}", answer.status, answer.text());
            Ok(serde_json::from_slice(&answer.body)?)
        };
        for (key, place, change) in table {
            let mut document = good.clone();
            change(&mut document);
            let told = ask(serde_json_canonicalizer::to_vec(&document)?).await?;
            let problems = told["problems"].as_array().context("problems")?;
            let found = problems.iter().any(|p| {
                p["type"] == format!("/api/problems#{key}")
                    && p["place"]["field"].as_str().is_some_and(|at| at.starts_with(place))
            });
            ensure!(found, "{key} at {place}: {told}");
        }
        // Written again by another program: the same numbers, other bytes.
        let told = ask(serde_json::to_vec_pretty(&good)?).await?;
        ensure!(told["problems"][0]["type"] == "/api/problems#returns-not-canonical", "{told}");
        ensure!(told["problems"][0]["place"]["line"] == 1, "{told}");
        Ok(())
    });
}
