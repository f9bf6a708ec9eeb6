//! Whom a comment is told: whoever it names, besides those who are in it already.

use crate::{COMMUNE, PROVINCE, ROOMS, opened, ready, somebody};
use anyhow::{Context, Result, ensure};
use identity::store as people;
use kernel::{Actor, PersonId, Role};
use reporting::{comments, model::Campaign};
use store::{AuditLine, Query, Store, args};
use testkit::{CLOCK, each_engine};
use web::personal::Whom;

async fn account(store: &Store, login: &str) -> Result<PersonId> {
    let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
    let person = people::add(&mut tx, login, "Ma Thị Lan", None, "vi", false).await?;
    tx.commit().await?;
    Ok(person)
}

/// Who was told of a comment, with what and where it leads.
async fn told(store: &Store, one: &Campaign, comment: i64) -> Result<Vec<(PersonId, String, String)>> {
    let sql = "SELECT person, text_vi, link FROM web_matter WHERE kind = 'reporting' AND key LIKE $1 ORDER BY person";
    let key = format!("reporting/{}/{COMMUNE}/comment/{comment}/%", one.id);
    let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
    let rows = tx.rows(sql, args![key]).await?;
    rows.iter().map(|row| Ok((PersonId(row.i64(0)?), row.text(1)?, row.text(2)?))).collect()
}

#[test]
fn whoever_a_comment_names_is_told_and_nobody_else() {
    each_engine(ROOMS, |store| async move {
        let law = ready(&store).await?;
        let one = opened(&store, &law, "2024").await?;
        let (lan, minh) = (account(&store, "lan").await?, account(&store, "minh.tran").await?);
        let (hoa, locked) = (account(&store, "hoa").await?, account(&store, "nghi").await?);
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        people::disable(&mut tx, locked, true, "nghỉ").await?;
        tx.commit().await?;
        let measure = law.measure_id("income.per_person").context("a measure")?;
        let say = async |writer: PersonId, text: &str, answers: Option<i64>| -> Result<i64> {
            let mut tx = store.write(&somebody(Role::Appraiser, writer.0, PROVINCE, None), &CLOCK).await?;
            let place = units::store::get(&mut tx, COMMUNE).await?.context("the commune")?;
            let id = comments::add(&mut tx, &one, &place, measure, text, answers).await?;
            tx.commit().await?;
            Ok(id)
        };
        let people = async |comment| -> Result<Vec<PersonId>> {
            Ok(told(&store, &one, comment).await?.into_iter().map(|(person, ..)| person).collect())
        };
        // Nobody entered the value yet: nobody is in it but who is named; not a locked account, nor one there is not.
        let text = "@Lan xem giúp số này, @nghi và @khong-co cũng vậy";
        let first = say(hoa, text, None).await?;
        let notices = told(&store, &one, first).await?;
        let [(person, said, link)] = &notices[..] else { anyhow::bail!("{notices:?}") };
        ensure!(
            *person == lan && !said.contains("xem giúp"),
            "what is erased with its writer stands nowhere else: {notices:?}"
        );
        let sql = "SELECT d.details FROM store_audit a JOIN store_audit_details d ON d.seq = a.seq
                   WHERE a.action = 'reporting.comment'";
        let lines = store.read(&Actor::SYSTEM.scope()).await?.rows(sql, args![]).await?;
        ensure!(lines.len() == 1 && !lines[0].text(0)?.contains("xem giúp"), "{}", lines[0].text(0)?);
        ensure!(*link == format!("/bao-cao/{}/xa/{COMMUNE}?so={measure}#c{first}", one.id), "{link}");
        // Who names themselves is told nothing; a text that names nobody tells nobody.
        let own = say(hoa, "@hoa nhớ hỏi lại", None).await?;
        let plain = say(hoa, "Số này cao quá, gửi về hoa@example.vn", None).await?;
        ensure!(people(own).await?.is_empty() && people(plain).await?.is_empty());
        // An answer tells who asked, and whom it names.
        let answer = say(lan, "Hỏi @minh.tran.", Some(first)).await?;
        let mut wanted = [minh, hoa];
        wanted.sort_unstable();
        ensure!(people(answer).await? == wanted, "{:?}", told(&store, &one, answer).await?);
        Ok(())
    });
}

#[test]
fn what_earlier_programs_said_of_a_comment_elsewhere_is_erased_with_its_writer() {
    each_engine(ROOMS, |store| async move {
        let law = ready(&store).await?;
        let one = opened(&store, &law, "2024").await?;
        let (lan, hoa) = (account(&store, "lan").await?, account(&store, "hoa").await?);
        let measure = law.measure_id("income.per_person").context("a measure")?;
        let mut tx = store.write(&somebody(Role::Appraiser, hoa.0, PROVINCE, None), &CLOCK).await?;
        let place = units::store::get(&mut tx, COMMUNE).await?.context("the commune")?;
        let id = comments::add(&mut tx, &one, &place, measure, "@lan gọi tôi số 0912", None).await?;
        tx.commit().await?;
        // As they wrote it: the words in the line and in the notice.
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        let (subject, details) = (id.to_string(), serde_json::json!({"text": "số 0912"}));
        let line = AuditLine { action: "reporting.comment", kind: "comment", subject, unit: Some(COMMUNE), details };
        tx.audit(line).await?;
        let said = tx.execute("UPDATE web_matter SET text_vi = 'số 0912', text_en = 'số 0912'", args![]).await?;
        ensure!(said > 0 && told(&store, &one, id).await?.iter().any(|(person, ..)| *person == lan));
        tx.commit().await?;
        let whom = Whom { person: hoa, login: "hoa".into(), email: None };
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        ensure!((reporting::personal::PERSONAL.erase)(&mut tx, &whom, "xin xóa").await? > 0);
        let (subject, details) = (hoa.to_string(), serde_json::json!({}));
        tx.audit(AuditLine { action: "identity.erased", kind: "person", subject, unit: None, details }).await?;
        tx.commit().await?;
        let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
        let sql = "SELECT (SELECT COUNT(*) FROM store_audit_details WHERE details LIKE '%0912%'),
                   (SELECT COUNT(*) FROM web_matter WHERE text_vi LIKE '%0912%'),
                   (SELECT COUNT(*) FROM reporting_comment WHERE text LIKE '%0912%')";
        let row = tx.row(sql, args![]).await?.context("counts")?;
        ensure!((row.i64(0)?, row.i64(1)?, row.i64(2)?) == (0, 0, 0));
        drop(tx);
        let report = store::audit::verify(&store).await?;
        ensure!(report.findings.is_empty(), "{:?}", report.findings);
        Ok(())
    });
}
