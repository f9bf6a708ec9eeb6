//! Personal data: seen, taken away, erased, forgotten in time.

use crate::{
    CLOCK, PASSWORD, ROOMS, enter, identity,
    pages::{hooks, plain, send, text},
    proposals::{administrator, post},
    somebody,
    tokens::by_program,
};
use anyhow::{Context, Result, ensure};
use identity::{secrets, store as people};
use kernel::{Actor, Clock, FixedClock, Moment, Role};
use serde_json::Value;
use std::sync::Arc;
use store::{Query, Store, args, audit, jobs::Registry};
use testkit::each_engine;

const NAME: &str = "Nông Thị Bưởi";
const EMAIL: &str = "buoi@example.vn";

/// Every text of these tables that holds one of some words.
async fn holding(store: &Store, words: &[&str]) -> Result<Vec<String>> {
    let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
    let mut found = Vec::new();
    for sql in [
        "SELECT login || ' ' || name || ' ' || search || ' ' || ord || ' ' || COALESCE(email, '') FROM identity_person",
        "SELECT COALESCE(reason, '') FROM identity_grant",
        "SELECT label FROM identity_session",
        "SELECT name FROM identity_token",
        "SELECT details || ' ' || COALESCE(reason, '') FROM identity_proposal",
        "SELECT COALESCE(details, '') FROM store_audit_details",
        "SELECT body FROM store_idempotency",
    ] {
        for row in tx.rows(sql, args![]).await? {
            let text = row.text(0)?;
            if words.iter().any(|word| text.contains(word)) {
                found.push(format!("{sql}: {text}"));
            }
        }
    }
    Ok(found)
}

async fn count(store: &Store, sql: &str) -> Result<i64> {
    let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
    Ok(tx.row(sql, args![]).await?.context("a count")?.i64(0)?)
}

#[test]
fn everybody_sees_and_takes_away_what_is_kept_of_them_and_why() {
    each_engine(ROOMS, |store| async move {
        let person = somebody(&store, "tanmy", Role::CommuneOfficer).await?;
        let other = somebody(&store, "khac", Role::CommuneOfficer).await?;
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        people::begin(&mut tx, &secrets::hash("s1"), person, people::Begun::Full, "Firefox · Linux").await?;
        tx.commit().await?;
        let get = async |path: &str| send(&store, false, "GET", path, "langso=s1", "").await;
        let page = text(get("/tai-khoan/du-lieu").await?).await?;
        ensure!(page.contains("Firefox · Linux") && page.contains("commune_officer"), "{page}");
        let answer = get("/tai-khoan/du-lieu.json").await?;
        let read: Value = serde_json::from_str(&text(answer).await?)?;
        ensure!(read["data"]["account"][0]["login"] == "tanmy" && read["person"] == person.0, "{read}");
        ensure!(read["data"]["roles"][0]["role"] == "commune_officer" && !read.to_string().contains("khac"), "{read}");
        ensure!(!read.to_string().contains("argon2"), "the hash of a password goes out");
        ensure!(get(&format!("/quan-tri/nguoi/{other}/du-lieu")).await?.status() == 403, "another's");
        let public = text(send(&store, false, "GET", "/du-lieu-ca-nhan", "", "").await?).await?;
        ensure!(
            public.contains("cần xác nhận") && public.contains("Nhật ký") && public.contains("730 ngày"),
            "{public}"
        );
        let read = count(&store, "SELECT COUNT(*) FROM store_audit WHERE action = 'identity.data'").await?;
        let taken = count(&store, "SELECT COUNT(*) FROM store_audit WHERE action = 'identity.data-exported'").await?;
        ensure!((read, taken) == (1, 1), "{read} {taken}");
        Ok(())
    });
}

#[test]
fn whoever_reads_what_is_kept_of_another_person_leaves_a_line_that_says_of_whom() {
    each_engine(ROOMS, |store| async move {
        let me = administrator(&store, "mot").await?;
        let person = somebody(&store, "tanmy", Role::CommuneOfficer).await?;
        let lines = async || -> Result<Vec<String>> {
            let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
            let sql = "SELECT a.action, a.subject, d.details FROM store_audit a
                       JOIN store_audit_details d ON d.seq = a.seq WHERE a.person = $1 ORDER BY a.seq";
            let said = |row: &store::Row| {
                let details = row.opt_text(2)?.unwrap_or_default();
                Ok(format!("{} {} {details}", row.text(0)?, row.text(1)?))
            };
            Ok(tx.rows(sql, args![me.0]).await?.iter().map(said).collect::<store::Result<_>>()?)
        };
        let mut before = lines().await?.len();
        for (path, wanted) in [
            (format!("/quan-tri/nguoi/{person}"), format!("identity.read {person} {{}}")),
            (format!("/quan-tri/nguoi/{person}/du-lieu"), format!("identity.data {person} {{\"own\":false}}")),
            (
                format!("/quan-tri/nguoi/{person}/du-lieu.json"),
                format!("identity.data-exported {person} {{\"own\":false}}"),
            ),
            (format!("/api/v1/people/{person}"), format!("identity.read {person} {{}}")),
            (format!("/api/v1/people/{person}/data"), format!("identity.data-exported {person} {{\"own\":false}}")),
            (format!("/quan-tri/nguoi/{person}/khoa-chuong-trinh"), format!("identity.read {person} {{\"tokens\":0}}")),
        ] {
            let answer = send(&store, false, "GET", &path, "langso=mot", "").await?;
            ensure!(answer.status() == 200, "{path}: {answer:?}");
            let found = lines().await?;
            ensure!(found.len() == before + 1 && found[before] == wanted, "{path}: {:?}", &found[before..]);
            before += 1;
        }
        Ok(())
    });
}

#[test]
fn an_erasure_leaves_a_number_a_reason_and_a_chain_that_holds() {
    each_engine(ROOMS, |store| async move {
        administrator(&store, "quantri").await?;
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        let person = people::add(&mut tx, "buoi.nong", NAME, Some(EMAIL), "vi", false).await?;
        let hash = identity::password::hashed(PASSWORD).await.ok().context("a hash")?;
        people::set_password(&mut tx, person, &hash, people::Kept::default()).await?;
        people::begin(&mut tx, &secrets::hash("s1"), person, people::Begun::Full, "Bưởi's Firefox").await?;
        let ends = Moment(CLOCK.now().0 + people::HOUR);
        people::add_token(&mut tx, person, "h", "máy của Bưởi", &["read jobs".into()], ends).await?;
        tx.commit().await?;
        // Whoever looks for somebody types their name; the line of it holds whom they found.
        let found = format!("/quan-tri/nguoi?q={}", plain(NAME));
        ensure!(text(send(&store, false, "GET", &found, "langso=quantri", "").await?).await?.contains(NAME));
        send(&store, false, "GET", &found.replace("nguoi?", "nguoi.csv?"), "langso=quantri", "").await?;
        let ids = format!("SELECT COUNT(*) FROM store_audit_details WHERE details = '{{\"people\":[{person}]}}'");
        ensure!(count(&store, &ids).await? == 1, "whose data were read");
        audit::seal(&store, &CLOCK).await?;
        let words = [NAME, EMAIL, "buoi.nong", "Bưởi", "buoi", "nong thi"];
        ensure!(holding(&store, &words).await?.len() >= 4, "nothing to erase");
        let path = format!("/quan-tri/nguoi/{person}/xoa");
        let reason = format!("reason={}", plain("nghỉ việc, có đơn"));
        for (form, wanted) in
            [("login=buoi.nong".to_owned(), "Cần ghi lý do"), (format!("{reason}&login=nham"), "không khớp")]
        {
            let (status, page) = post(&store, "quantri", &path, &form).await?;
            ensure!(status == 422 && page.contains(wanted), "{form}: {status} {page}");
        }
        let (status, _) = post(&store, "quantri", &path, &format!("{reason}&login=buoi.nong")).await?;
        ensure!(status == 303, "{status}");
        let left = holding(&store, &words).await?;
        ensure!(left.is_empty(), "what is left: {left:#?}");
        ensure!(enter(&identity(&store), "buoi.nong", PASSWORD, &CLOCK).await == Err(422));
        ensure!(enter(&identity(&store), &format!("#{person}"), PASSWORD, &CLOCK).await == Err(422));
        let (status, _) = post(&store, "quantri", &path, &format!("{reason}&login=buoi.nong")).await?;
        ensure!(status == 404, "twice: {status}");
        audit::seal(&store, &CLOCK).await?;
        let report = audit::verify(&store).await?;
        ensure!(report.findings.is_empty(), "{:?}", report.findings);
        let kept = "SELECT COUNT(*) FROM store_audit_details WHERE details IS NULL AND erased_reason LIKE 'nghỉ việc%'";
        ensure!(count(&store, kept).await? >= 4, "lines without their reason");
        let trail = text(send(&store, false, "GET", "/nhat-ky?viec=identity.add", "langso=quantri", "").await?).await?;
        ensure!(trail.contains("nghỉ việc, có đơn"), "{trail}");
        Ok(())
    });
}

#[test]
fn nobody_with_power_and_nobody_themselves_is_erased_by_one() {
    each_engine(ROOMS, |store| async move {
        let me = administrator(&store, "mot").await?;
        let other = administrator(&store, "hai").await?;
        let cookie = ("cookie", "langso=mot");
        for (person, login, field) in [(me, "mot", "login"), (other, "hai", "login")] {
            let body = format!(r#"{{"reason": "x", "login": "{login}"}}"#);
            let path = format!("/api/v1/people/{person}/erasure");
            let (status, said) = by_program(&store, "POST", &path, cookie, &body).await?;
            ensure!(status == 422 && said["place"]["field"] == field, "{login}: {status} {said}");
        }
        let (status, read) = by_program(&store, "GET", &format!("/api/v1/people/{other}/data"), cookie, "").await?;
        ensure!(status == 200 && read["data"]["account"][0]["login"] == "hai", "{read}");
        Ok(())
    });
}

#[test]
fn what_was_kept_long_enough_is_forgotten_by_a_job_once_a_day() {
    each_engine(ROOMS, |store| async move {
        let person = somebody(&store, "tanmy", Role::CommuneOfficer).await?;
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        people::begin(&mut tx, &secrets::hash("s1"), person, people::Begun::Full, "Firefox").await?;
        people::add_code(&mut tx, "reset", Some(person), "c", people::HOUR).await?;
        let ends = Moment(CLOCK.now().0 + people::HOUR);
        people::add_token(&mut tx, person, "h", "máy", &["read jobs".into()], ends).await?;
        tx.commit().await?;
        audit::seal(&store, &CLOCK).await?;
        web::personal::begin(&store, &CLOCK).await?;
        web::personal::begin(&store, &CLOCK).await?;
        ensure!(
            count(&store, "SELECT COUNT(*) FROM store_job WHERE job = 'web.retention'").await? == 1,
            "queued twice"
        );
        let rows = async || -> Result<[i64; 4]> {
            Ok([
                count(&store, "SELECT COUNT(*) FROM identity_session").await?,
                count(&store, "SELECT COUNT(*) FROM identity_code").await?,
                count(&store, "SELECT COUNT(*) FROM identity_token").await?,
                count(&store, "SELECT COUNT(*) FROM store_audit_details WHERE details LIKE '%Firefox%'").await?,
            ])
        };
        let run = async |days: i64| -> Result<[i64; 4]> {
            let (site, _) = crate::pages::site(&store, false, false)?;
            let mut registry = Registry::default();
            web::personal::jobs(&mut registry, &site);
            let clock: Arc<dyn Clock> = Arc::new(FixedClock(Moment(CLOCK.now().0 + days * 24 * people::HOUR)));
            // Other rooms' jobs wait beside it.
            let mut ran = 0;
            while registry.run_one(&store, &clock).await? {
                ran += 1;
                ensure!(ran < 10, "due again and again on one day");
            }
            ensure!(ran > 0, "nothing was due after {days} days");
            rows().await
        };
        ensure!(run(0).await? == [1, 1, 1, 1], "too early");
        ensure!(run(2).await? == [0, 1, 1, 1]);
        ensure!(run(32).await? == [0, 0, 1, 1]);
        ensure!(run(367).await? == [0, 0, 0, 1]);
        ensure!(run(732).await? == [0, 0, 0, 0]);
        let lines = count(&store, "SELECT COUNT(*) FROM store_audit WHERE action = 'web.retention'").await?;
        ensure!(lines == 5, "{lines} lines");
        ensure!(hooks().retention.codes == 30);
        let report = audit::verify(&store).await?;
        ensure!(report.findings.is_empty(), "{:?}", report.findings);
        Ok(())
    });
}
