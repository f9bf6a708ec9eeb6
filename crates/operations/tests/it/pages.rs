//! Pages of those who run the site, and their API.

use crate::{ROOMS, key, read, send, text, write};
use anyhow::{Result, ensure};
use store::{
    Query, Store, args,
    jobs::{self, LEASE},
};
use testkit::each_engine;
use web::{
    notices::outbox::{self, Mail},
    people::Contact,
};

async fn job(store: &Store, name: &str) -> Result<i64> {
    let mut tx = write(store).await?;
    let id = tx.enqueue(name, Some(name), &serde_json::json!({})).await?;
    tx.commit().await?;
    Ok(id)
}

async fn state(store: &Store, id: i64) -> Result<String> {
    Ok(jobs::find(&mut read(store).await?, id).await?.expect("kept").state)
}

async fn lines(store: &Store, action: &str) -> Result<i64> {
    let sql = "SELECT COUNT(*) FROM store_audit WHERE action = $1";
    Ok(read(store).await?.row(sql, args![action]).await?.expect("a count").i64(0)?)
}

#[test]
fn jobs_are_listed_cancelled_and_done_again_each_with_its_line() {
    each_engine(ROOMS, |store| async move {
        let id = job(&store, "facts.rejudge").await?;
        for (person, path) in [(2, "/quan-tri/viec"), (2, "/api/v1/jobs"), (9, "/api/v1/jobs")] {
            let answer = send(&store, person, "GET", path, "").await?;
            ensure!(matches!(answer.status().as_u16(), 401 | 403), "{person} {path}: {answer:?}");
        }
        for lang in ["", "/en"] {
            let page = text(send(&store, 1, "GET", &format!("{lang}/quan-tri/viec"), "").await?).await?;
            ensure!(page.contains("facts.rejudge") && page.contains(&format!("/quan-tri/viec/{id}/huy")), "{page}");
            ensure!(!page.contains("[j") && !page.contains(&format!("/quan-tri/viec/{id}/lai")), "{page}");
        }
        let none = text(send(&store, 1, "GET", "/quan-tri/viec?tt=failed", "").await?).await?;
        ensure!(none.contains("Không có việc nào như thế") && !none.contains("facts.rejudge"), "{none}");
        let cancelled = send(&store, 1, "POST", &format!("/quan-tri/viec/{id}/huy"), "").await?;
        ensure!(cancelled.status() == 303 && state(&store, id).await? == "cancelled");
        let twice = send(&store, 1, "POST", &format!("/quan-tri/viec/{id}/huy"), "").await?;
        ensure!(twice.status() == 409, "{twice:?}");
        let again = send(&store, 1, "POST", &format!("/api/v1/jobs/{id}/retry"), "").await?;
        ensure!(again.status() == 200 && state(&store, id).await? == "waiting", "{again:?}");
        // A running one hears of it at its next sign of progress.
        let mut tx = write(&store).await?;
        let leased = tx.lease(LEASE).await?.expect("due");
        tx.commit().await?;
        let stopped = send(&store, 1, "POST", &format!("/api/v1/jobs/{id}/cancel"), "").await?;
        ensure!(stopped.status() == 200);
        let mut tx = write(&store).await?;
        ensure!(matches!(tx.progress(&leased, 1, 2, None).await, Err(store::StoreError::LostJob(_))), "it goes on");
        drop(tx);
        ensure!(send(&store, 1, "POST", "/api/v1/jobs/999/retry", "").await?.status() == 404);
        ensure!(lines(&store, "store.job-cancel").await? == 2 && lines(&store, "store.job-retry").await? == 1);
        let csv = text(send(&store, 1, "GET", "/quan-tri/viec.csv", "").await?).await?;
        ensure!(csv.lines().count() == 2 && csv.contains("Đã hủy"), "{csv}");
        let xlsx = send(&store, 1, "GET", "/quan-tri/viec.xlsx", "").await?;
        ensure!(xlsx.status() == 200);
        let api = text(send(&store, 1, "GET", "/api/v1/jobs?tt=cancelled", "").await?).await?;
        ensure!(api.contains("\"job\":\"facts.rejudge\"") && api.contains("\"count\":1"), "{api}");
        Ok(())
    });
}

#[test]
fn letters_are_listed_without_what_they_say_and_each_reading_is_a_line() {
    each_engine(ROOMS, |store| async move {
        let bad = send(&store, 1, "POST", "/quan-tri/thu/thu-nghiem", "address=hoa%0d%0aBcc:x&key=k").await?;
        ensure!(bad.status() == 422);
        let page = text(bad).await?;
        ensure!(page.contains("aria-invalid") && page.contains("không phải là một địa chỉ"), "{page}");
        for _ in 0..2 {
            let sent = send(&store, 1, "POST", "/quan-tri/thu/thu-nghiem", "address=hoa%40xa.example&key=k").await?;
            ensure!(sent.status() == 303, "{sent:?}");
        }
        let before = lines(&store, "web.mail-read").await?;
        let page = text(send(&store, 1, "GET", "/quan-tri/thu", "").await?).await?;
        ensure!(page.contains("hoa@xa.example") && page.contains("thư thử") && page.contains(">1 thư ·"), "{page}");
        ensure!(page.contains("Chưa nêu máy chủ thư") && lines(&store, "web.mail-read").await? == before + 1);
        ensure!(send(&store, 2, "GET", "/quan-tri/thu", "").await?.status() == 403);
        let mut tx = write(&store).await?;
        let to = Contact { name: "Anh".into(), email: Some("anh@xa.example".into()), lang: "en".into() };
        let values = vec![("code", kernel::Arg::from("SECRET"))];
        let letter = Mail { key: "c".into(), person: None, to: &to, template: "invite", values, ends: None };
        outbox::mail(&mut tx, &key(), &letter).await?;
        tx.commit().await?;
        for path in ["/quan-tri/thu?q=anh", "/en/quan-tri/thu", "/api/v1/mail", "/quan-tri/thu.csv"] {
            let page = text(send(&store, 1, "GET", path, "").await?).await?;
            ensure!(page.contains("anh@xa.example") && !page.contains("SECRET"), "{path}: {page}");
        }
        // What was typed to find a letter is an address, which an erasure does not reach in the trail.
        ensure!(send(&store, 1, "GET", "/quan-tri/thu?q=anh%40xa.example", "").await?.status() == 200);
        let sql = "SELECT COUNT(*) FROM store_audit a JOIN store_audit_details d ON d.seq = a.seq
                   WHERE a.action LIKE 'web.mail-%' AND d.details LIKE '%anh%'";
        let typed = read(&store).await?.row(sql, store::args![]).await?.map(|row| row.i64(0)).transpose()?;
        ensure!(typed == Some(0), "{typed:?} lines keep what was typed");
        let id =
            outbox::list(&mut read(&store).await?, &store::Listing { per: 1, ..Default::default() }).await?.0[0].id;
        ensure!(send(&store, 1, "POST", &format!("/quan-tri/thu/{id}/lai"), "").await?.status() == 409);
        ensure!(send(&store, 1, "POST", &format!("/quan-tri/thu/{id}/huy"), "").await?.status() == 303);
        ensure!(send(&store, 1, "POST", &format!("/api/v1/mail/{id}/cancel"), "").await?.status() == 409);
        ensure!(lines(&store, "web.mail-cancel").await? == 1);
        Ok(())
    });
}

#[test]
fn a_site_without_a_backup_says_so_until_there_is_one() {
    each_engine(ROOMS, |store| async move {
        let page = text(send(&store, 1, "GET", "/quan-tri/tinh-trang", "").await?).await?;
        ensure!(page.contains("chưa có bản sao lưu nào") && page.contains("role=\"alert\""), "{page}");
        let folder = std::env::temp_dir().join(format!("langso-{}", uuid::Uuid::new_v4()));
        let manifest = store::backup::write(&store, &testkit::CLOCK, None, &[], &folder).await?;
        store::backup::note(&store, &testkit::CLOCK, &manifest, std::path::Path::new("/x/hom-nay.zip")).await?;
        std::fs::remove_file(&folder)?;
        for lang in ["", "/en"] {
            let page = text(send(&store, 1, "GET", &format!("{lang}/quan-tri/tinh-trang"), "").await?).await?;
            ensure!(page.contains("hom-nay.zip") && !page.contains("role=\"alert\""), "{page}");
            ensure!(!page.contains("/x/"), "where it lies is nobody's business: {page}");
        }
        let api = text(send(&store, 1, "GET", "/api/v1/health", "").await?).await?;
        ensure!(api.contains("\"backup_late\":false") && api.contains("\"mail_server\":null"), "{api}");
        ensure!(send(&store, 2, "GET", "/api/v1/health", "").await?.status() == 403);
        Ok(())
    });
}

#[test]
fn a_webhook_is_added_once_its_secret_shown_once_and_its_pages_speak_both_languages() {
    each_engine(ROOMS, |store| async move {
        let path = "/quan-tri/webhook";
        for (form, word) in [
            ("name=&url=https%3A%2F%2Fhook.example&report.told=1", "Tên không để trống"),
            ("name=a&url=https%3A%2F%2F10.0.0.1&report.told=1", "mạng nội bộ"),
            ("name=a&url=http%3A%2F%2Fhook.example&report.told=1", "https://"),
            ("name=a&url=https%3A%2F%2Fhook.example", "ít nhất một chuyện"),
        ] {
            let wrong = send(&store, 1, "POST", path, form).await?;
            ensure!(wrong.status() == 422, "{form}: {wrong:?}");
            let page = text(wrong).await?;
            ensure!(page.contains(word) && page.contains("aria-invalid"), "{form}: {page}");
        }
        let form = "name=S%E1%BB%9F&url=https%3A%2F%2Fhook.example%2Fin&report.told=1&figures.published=1&key=k1";
        let made = text(send(&store, 1, "POST", path, form).await?).await?;
        let secret = made.split("whsec_").nth(1).and_then(|rest| rest.split('<').next()).expect("a secret").to_owned();
        let again = text(send(&store, 1, "POST", path, form).await?).await?;
        ensure!(!again.contains("whsec_") && again.contains(">1 địa chỉ ·"), "{again}");
        let mut tx = read(&store).await?;
        let row = tx.row("SELECT sealed FROM web_webhook", args![]).await?.expect("one");
        ensure!(!row.text(0)?.contains(&secret), "the secret lies open");
        drop(tx);
        ensure!(send(&store, 2, "GET", path, "").await?.status() == 403);
        let list = text(send(&store, 1, "GET", "/quan-tri/webhook.csv?q=hook", "").await?).await?;
        ensure!(list.lines().count() == 2 && list.contains("hook.example") && !list.contains("whsec_"), "{list}");
        ensure!(send(&store, 2, "GET", "/quan-tri/webhook.xlsx", "").await?.status() == 403);
        let mut tx = write(&store).await?;
        let data = serde_json::json!({"unit": 250});
        web::notices::hooks::happened(&mut tx, web::notices::hooks::Event::Answered, &data).await?;
        web::notices::hooks::happened(&mut tx, web::notices::hooks::Event::Published, &data).await?;
        web::notices::hooks::spread(&mut tx).await?;
        tx.commit().await?;
        for lang in ["", "/en"] {
            for path in ["/quan-tri/webhook", "/quan-tri/webhook/1"] {
                let page = text(send(&store, 1, "GET", &format!("{lang}{path}"), "").await?).await?;
                ensure!(page.contains("hook.example") && !page.contains("[hook") && !page.contains("whsec_"), "{page}");
            }
        }
        let calls = text(send(&store, 1, "GET", "/api/v1/webhooks/1/calls", "").await?).await?;
        ensure!(calls.contains("figures.published") && calls.contains("\"count\":1"), "what was not chosen: {calls}");
        ensure!(send(&store, 1, "POST", "/quan-tri/webhook/1/goi/1/lai", "").await?.status() == 409);
        ensure!(send(&store, 1, "POST", "/quan-tri/webhook/1/bat", "on=0").await?.status() == 303);
        ensure!(send(&store, 1, "POST", "/api/v1/webhooks/1/trial", "").await?.status() == 409, "it is off");
        ensure!(send(&store, 1, "GET", "/quan-tri/webhook/9", "").await?.status() == 404);
        Ok(())
    });
}

#[test]
fn what_is_kept_of_somebody_is_exported_erased_and_forgotten_in_time() {
    each_engine(ROOMS, |store| async move {
        use web::{
            notices::{self, Kind, Notice, To, personal::NOTICES},
            personal::{Retention, Whom},
        };
        let phrase = kernel::Phrase::new("notice-role-given").both("role", "Biên tập", "Editor");
        let (to, link) = (To::Person(crate::HOA), "/tai-khoan".to_owned());
        let mut tx = write(&store).await?;
        let notice = Notice { to, kind: Kind::Role, key: "r".into(), phrase, link, unit: None };
        notices::tell(&mut tx, &notice).await?;
        notices::choose(&mut tx, crate::HOA, &[(Kind::Role, notices::Way::Now)]).await?;
        tx.commit().await?;
        crate::work(&store, crate::later(0), operations::Post(None)).await?;
        let whom = Whom { person: crate::HOA, login: "hoa".into(), email: Some("hoa@tinh.example".into()) };
        let of = async |whom: &Whom| -> Result<Vec<usize>> {
            let mut tx = read(&store).await?;
            Ok((NOTICES.export)(&mut tx, whom).await?.iter().map(|part| part.rows.len()).collect())
        };
        ensure!(of(&whom).await? == [2, 1, 0], "{:?}", of(&whom).await?);
        // Nothing is due yet.
        let mut tx = write(&store).await?;
        ensure!((NOTICES.retain)(&mut tx, &Retention::default()).await? == 0);
        tx.commit().await?;
        let year = kernel::FixedClock(kernel::Moment(kernel::Clock::now(&testkit::CLOCK).0 + 366 * 86_400_000_000));
        let mut tx = store.write(&kernel::Actor::SYSTEM, &year).await?;
        let gone = (NOTICES.retain)(&mut tx, &Retention::default()).await?;
        ensure!(gone == 3, "the notice, its matter, the letter that waited in vain: {gone}");
        ensure!(notices::unread(&mut tx, crate::HOA).await? == 0, "the bell counts what is gone");
        drop(tx);
        let mut tx = write(&store).await?;
        ensure!((NOTICES.erase)(&mut tx, &whom, "").await? == 5);
        tx.commit().await?;
        ensure!(of(&whom).await? == [0, 0, 0]);
        Ok(())
    });
}
