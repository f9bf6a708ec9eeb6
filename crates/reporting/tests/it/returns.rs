//! The close of a year through the site: previewed, published, closed, fixed in a snapshot with proof; carried to a second installation.

use crate::{
    prepared::{COMMUNE, OLD_PROVINCE, ROOMS, SET, entry, passing, prepared, save},
    site::Visitor,
};
use anyhow::{Context, Result, ensure};
use facts::closed;
use kernel::{Actor, Clock};
use reporting::returns::{self, State, close};
use rulebook::Value;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use store::{Query, Store, args, attachments::Attachments, jobs::Work};
use testkit::{CLOCK, each_engine};

const FORM: &str = "application/x-www-form-urlencoded";

/// What the page's form would send: the value of its hidden field.
fn hidden(page: &str, name: &str) -> Result<String> {
    let at = page.find(&format!("name=\"{name}\" value=\"")).with_context(|| format!("{name} in {page}"))?;
    let rest = &page[at..];
    let from = rest.find("value=\"").context("a value")? + 7;
    Ok(rest[from..].split('"').next().unwrap_or_default().to_owned())
}

async fn count(store: &Store, sql: &str) -> Result<i64> {
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
