//! From a cause to lists and letters.

use crate::{ANH, Few, HOA, ROOMS, key, later, read, said, send, text, work, write};
use anyhow::{Context, Result, ensure};
use axum::http::header;
use kernel::{Clock, Phrase, Role};
use operations::Post;
use store::{Engine, Query, Store, WriteTx, args};
use testkit::{CLOCK, each_engine};
use web::notices::{self, Kind, Notice, To, Way, outbox, spread};

fn report(id: i64) -> Notice {
    let phrase = Phrase::new("notice-report").with("id", id.to_string()).with("page", "/xa/250");
    let (key, link) = (format!("report/{id}"), format!("/bao-sai/so/{id}"));
    Notice { to: To::Role(Role::Coordination), kind: Kind::Report, key, phrase, link, unit: None }
}

async fn tell(store: &Store, notice: &Notice) -> Result<bool> {
    let mut tx = write(store).await?;
    let new = notices::tell(&mut tx, notice).await?;
    tx.commit().await?;
    Ok(new)
}

async fn letters(store: &Store) -> Result<Vec<(String, String, String)>> {
    let (mut tx, now) = (read(store).await?, later(10_000).now());
    let mut found = Vec::new();
    for id in outbox::due(&mut tx, now, 100).await? {
        let due = outbox::open(&mut tx, &key(), now, id).await?.context("it is due")?;
        found.push((due.address, due.subject, due.text));
    }
    Ok(found)
}

async fn choose(store: &Store, way: Way) -> Result<()> {
    let mut tx = write(store).await?;
    notices::choose(&mut tx, ANH, &[(Kind::Report, way)]).await?;
    Ok(tx.commit().await?)
}

#[test]
fn a_matter_stands_once_in_the_list_of_each_whom_it_concerns() {
    each_engine(ROOMS, |store| async move {
        let mut tx = write(&store).await?;
        ensure!(notices::tell(&mut tx, &report(1)).await?);
        drop(tx);
        ensure!(work(&store, later(0), Post(None)).await? == 0, "a cause that was given up told all the same");
        ensure!(tell(&store, &report(1)).await? && !tell(&store, &report(1)).await?, "told twice");
        work(&store, later(0), Post(None)).await?;
        // Told again after it was spread, and the job run again.
        ensure!(!tell(&store, &report(1)).await?);
        let mut tx = write(&store).await?;
        tx.enqueue(notices::SPREAD, None, &serde_json::json!({})).await?;
        tx.commit().await?;
        work(&store, later(0), Post(None)).await?;
        let mut tx = read(&store).await?;
        let lines = tx.rows("SELECT person FROM web_notice ORDER BY person", args![]).await?;
        let people: Vec<i64> = lines.iter().map(|row| row.i64(0)).collect::<store::Result<_>>()?;
        ensure!(people == [2, 3], "{people:?}");
        ensure!(notices::unread(&mut tx, ANH).await? == 1 && notices::unread(&mut tx, HOA).await? == 0);
        Ok(())
    });
}

#[test]
fn a_letter_goes_at_once_or_in_the_morning_or_not_as_each_chose() {
    each_engine(ROOMS, |store| async move {
        choose(&store, Way::Now).await?;
        tell(&store, &report(1)).await?;
        work(&store, later(0), Post(None)).await?;
        let at_once = letters(&store).await?;
        ensure!(at_once.len() == 1 && at_once[0].0 == "anh@tinh.example", "{at_once:?}");
        ensure!(at_once[0].1 == "Làng Số: There is report 1 of a mistake on the page /xa/250.", "{at_once:?}");
        ensure!(at_once[0].2.contains("https://lang.example/en/bao-sai/so/1"), "{at_once:?}");
        choose(&store, Way::Page).await?;
        tell(&store, &report(2)).await?;
        work(&store, later(0), Post(None)).await?;
        ensure!(letters(&store).await?.len() == 1, "a letter that nobody wanted");
        choose(&store, Way::Digest).await?;
        for id in 3..6 {
            tell(&store, &report(id)).await?;
        }
        work(&store, later(0), Post(None)).await?;
        ensure!(letters(&store).await?.len() == 1, "before the morning");
        // One was read meanwhile. The next morning is 7:00; it is 10:42.
        let mut tx = write(&store).await?;
        let line = tx.row("SELECT n.id FROM web_notice n JOIN web_matter m ON m.id = n.matter WHERE n.person = 2 AND m.key = 'report/4'", args![]);
        let line = line.await?.context("the line")?.i64(0)?;
        notices::list::mark_read(&mut tx, ANH, Some(line)).await?;
        tx.commit().await?;
        let morning = 20 * 60 + 18;
        work(&store, later(morning - 1), Post(None)).await?;
        ensure!(letters(&store).await?.len() == 1, "before seven");
        work(&store, later(morning), Post(None)).await?;
        let all = letters(&store).await?;
        ensure!(all.len() == 2 && all[1].1.contains("2 new notices"), "{all:?}");
        ensure!(all[1].2.contains("so/3") && all[1].2.contains("so/5") && !all[1].2.contains("so/4"), "{all:?}");
        ensure!(!all[1].2.contains("so/1\n") && !all[1].2.contains("so/2\n"), "what was told before: {all:?}");
        let mut tx = write(&store).await?;
        tx.enqueue(notices::DIGEST, None, &serde_json::json!({})).await?;
        tx.commit().await?;
        work(&store, later(morning + 1), Post(None)).await?;
        ensure!(letters(&store).await?.len() == 2, "told twice");
        // At once or in the morning, a letter of notices is of use for a week.
        let mut tx = read(&store).await?;
        let ends = tx.rows("SELECT ends_at - at FROM web_outbox", args![]).await?;
        let ends: Vec<Option<i64>> = ends.iter().map(|row| row.opt_i64(0)).collect::<store::Result<_>>()?;
        ensure!(ends == [Some(outbox::OF_USE); 2], "{ends:?}");
        Ok(())
    });
}

/// A transaction that wrote a matter and goes on.
async fn begun(store: &Store) -> Result<WriteTx> {
    let mut tx = write(store).await?;
    let sql = "INSERT INTO web_matter (key, at, person, role, kind, text_vi, text_en, link, unit, search, spread)
               VALUES ('slow', $1, NULL, $2, 'report', 'chậm', 'slow', '/xa', NULL, 'cham slow', 0)";
    tx.execute_one(sql, args![CLOCK.now(), Role::Coordination.name()]).await?;
    Ok(tx)
}

#[test]
fn a_matter_that_commits_while_later_ones_are_spread_is_spread_by_the_next_run() {
    each_engine(ROOMS, |store| async move {
        // On SQLite, where writers wait for each other, numbers are drawn as transactions commit.
        let early = if store.engine() == Engine::Postgres { Some(begun(&store).await?) } else { None };
        tell(&store, &report(1)).await?;
        let found = spread::look(&mut read(&store).await?, &Few, CLOCK.now()).await?.context("one that waits")?;
        let mut slow = match early {
            Some(tx) => tx,
            None => begun(&store).await?,
        };
        slow.enqueue_once(notices::SPREAD).await?;
        slow.commit().await?;
        let mut tx = write(&store).await?;
        spread::take(&mut tx, &found, &key(), "https://lang.example").await?;
        tx.commit().await?;
        ensure!(notices::unread(&mut read(&store).await?, ANH).await? == 1, "what was not found is spread");
        work(&store, later(0), Post(None)).await?;
        ensure!(notices::unread(&mut read(&store).await?, ANH).await? == 2, "a notice is lost for good");
        // What was found and spread by another worker meanwhile is spread no more.
        let mut tx = write(&store).await?;
        spread::take(&mut tx, &found, &key(), "https://lang.example").await?;
        tx.commit().await?;
        ensure!(notices::unread(&mut read(&store).await?, ANH).await? == 2, "told twice");
        Ok(())
    });
}

#[test]
fn a_job_that_failed_for_good_is_told_to_the_administrators() {
    each_engine(ROOMS, |store| async move {
        let mut tx = write(&store).await?;
        tx.enqueue("nobody.knows", None, &serde_json::json!({})).await?;
        tx.commit().await?;
        for tries in 0..store::jobs::MOST_TRIES {
            let mut tx = read(&store).await?;
            ensure!(notices::unread(&mut tx, HOA).await? == 0, "told before it was given up");
            drop(tx);
            work(&store, later(tries * 60), Post(None)).await?;
        }
        let page = text(send(&store, 1, "GET", "/thong-bao", "").await?).await?;
        ensure!(page.contains("Việc nobody.knows (số 1) không xong"), "{page}");
        let letters = letters(&store).await?;
        ensure!(letters.len() == 1 && letters[0].0 == "hoa@tinh.example", "{letters:?}");
        Ok(())
    });
}

#[test]
fn the_bell_counts_and_a_notice_that_was_opened_leads_on() {
    each_engine(ROOMS, |store| async move {
        for id in 1..4 {
            tell(&store, &report(id)).await?;
        }
        work(&store, later(0), Post(None)).await?;
        let page = text(send(&store, 2, "GET", "/thong-bao?sap=oldest", "").await?).await?;
        ensure!(page.contains("3 thông báo chưa đọc"), "{page}");
        let id =
            page.split_once("name=\"id\" value=\"").context("a line")?.1.split('"').next().context("its number")?;
        let theirs = send(&store, 3, "POST", "/thong-bao/da-doc", &format!("id={id}")).await?;
        ensure!(theirs.status() == 404, "somebody else's notice is opened: {theirs:?}");
        let opened = send(&store, 2, "POST", "/thong-bao/da-doc", &format!("id={id}")).await?;
        ensure!(opened.status() == 303 && said(&opened, header::LOCATION) == "/bao-sai/so/1", "{opened:?}");
        let page = text(send(&store, 2, "GET", "/thong-bao?tt=unread", "").await?).await?;
        ensure!(page.contains("2 thông báo chưa đọc") && !page.contains("số 1 "), "{page}");
        let all = send(&store, 2, "POST", "/thong-bao/da-doc", "").await?;
        ensure!(all.status() == 303, "{all:?}");
        let page = text(send(&store, 2, "GET", "/thong-bao", "").await?).await?;
        ensure!(!page.contains("thông báo chưa đọc") && page.contains("3 thông báo"), "{page}");
        let mut tx = read(&store).await?;
        ensure!(notices::unread(&mut tx, kernel::PersonId(3)).await? == 3, "another's were marked, too");
        drop(tx);
        let csv = text(send(&store, 2, "GET", "/thong-bao.csv", "").await?).await?;
        ensure!(csv.lines().count() == 4 && csv.contains("https://lang.example/bao-sai/so/2"), "{csv}");
        let api = text(send(&store, 2, "GET", "/api/v1/notices?q=so%203&fields=link,read_at", "").await?).await?;
        ensure!(api.contains("\"link\":\"/bao-sai/so/3\"") && api.contains("\"count\":1"), "{api}");
        Ok(())
    });
}

#[test]
fn how_to_hear_of_a_kind_is_chosen_on_the_page() {
    each_engine(ROOMS, |store| async move {
        let wrong = send(&store, 2, "POST", "/thong-bao/cach-bao", "report=telegraph").await?;
        ensure!(wrong.status() == 422);
        let chosen = send(&store, 2, "POST", "/thong-bao/cach-bao", "report=now&job=page&role=digest").await?;
        ensure!(chosen.status() == 303, "{chosen:?}");
        let page = text(send(&store, 2, "GET", "/en/thong-bao", "").await?).await?;
        ensure!(page.contains("anh@tinh.example") && page.contains("<option value=\"now\" selected>"), "{page}");
        let mut tx = read(&store).await?;
        let choices = notices::choices(&mut tx, &[ANH, HOA]).await?;
        ensure!(choices.get(&(ANH, Kind::Report)) == Some(&Way::Now) && choices.len() == 3, "{choices:?}");
        Ok(())
    });
}
