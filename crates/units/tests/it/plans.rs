//! Approved plans: they happen on their day whatever became of their job, and whoever they concern hears of it. (What a merger
//! does to figures is tried where figures are: `facts`.)

use crate::pages::Visitor;
use anyhow::{Context, Result, ensure};
use kernel::{Actor, Clock, Day, FixedClock, Moment, PersonId, Role, Scope, UnitId};
use std::sync::Arc;
use store::{
    Query, Store, args,
    jobs::{Registry, Retry},
};
use testkit::{CLOCK, each_engine};
use units::{
    plans::{self, Decision, State},
    reference::Reference,
    rules::{Correction, Move, NewUnit, Reorganisation},
};

const MIGRATIONS: &[&[store::Migration]] = &[web::notices::MIGRATIONS, units::store::MIGRATIONS];
const DAY: &str = "2027-01-01";

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

fn officer(person: i64) -> Actor {
    Actor { role: Role::Coordination, person: Some(PersonId(person)), scope: Scope::WHOLE }
}

/// A plan that 7 prepared and 8 approved: two communes become one. Its number.
async fn approved(store: &Store) -> Result<i64> {
    let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
    units::store::seed(&mut tx, &Reference::read()?).await?;
    tx.commit().await?;
    let from = [UnitId(1120), UnitId(1122)];
    let plan = Reorganisation {
        day: day(DAY),
        source: "NQ 1/2026".into(),
        confidence: "verified".into(),
        units: vec![NewUnit {
            name: "Xã Mới".into(),
            code: "99999".into(),
            level: "commune".into(),
            kind: "commune".into(),
            parent: Some(UnitId(1001)),
            point: None,
        }],
        moves: from.map(|from| Move { from, to: 0, whole: true, main: true }).to_vec(),
        versions: from.map(|from| (from, 1)).into(),
    };
    let mut tx = store.write(&officer(7), &CLOCK).await?;
    let id = plans::prepare(&mut tx, "Sáp nhập", &plan).await?;
    tx.commit().await?;
    let mut tx = store.write(&officer(8), &CLOCK).await?;
    let kept = plans::get(&mut tx, id).await?.context("the plan")?;
    let done = plans::decide(&mut tx, &kept, kept.version, Decision::Approve, "").await?;
    ensure!(done.is_ok(), "{done:?}");
    tx.commit().await?;
    Ok(id)
}

/// Does what is due at the beginning of a day.
async fn run_on(store: &Store, on: &str) -> Result<()> {
    let mut registry = Registry::default();
    registry.add(plans::JOB, |work| async move { plans::run(work, &[]).await.map_err(|e| e.to_string()) });
    registry.add(web::notices::SPREAD, |_| async { Ok(()) });
    let clock: Arc<dyn Clock> = Arc::new(FixedClock(day(on).begins()));
    while registry.run_one(store, &clock).await? {}
    Ok(())
}

async fn state(store: &Store, id: i64) -> Result<State> {
    let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
    Ok(plans::get(&mut tx, id).await?.context("the plan")?.state)
}

/// The plan's job that waits, and when it is due.
async fn waiting(store: &Store) -> Result<Option<(i64, Moment)>> {
    let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
    let sql = "SELECT id, run_at FROM store_job WHERE job = $1 AND state = 'waiting'";
    let row = tx.row(sql, args![plans::JOB]).await?;
    Ok(row.map(|row| Ok::<_, store::StoreError>((row.i64(0)?, Moment(row.i64(1)?)))).transpose()?)
}

async fn cancel_job(store: &Store) -> Result<i64> {
    let (job, _) = waiting(store).await?.context("a job")?;
    let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
    ensure!(tx.cancel_job(job).await?);
    tx.commit().await?;
    Ok(job)
}

#[test]
fn a_plan_whose_job_is_run_before_its_day_waits_for_it_anew() {
    each_engine(MIGRATIONS, |store| async move {
        let id = approved(&store).await?;
        let job = cancel_job(&store).await?;
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        ensure!(tx.retry_job(job).await? == Retry::Queued);
        tx.commit().await?;
        run_on(&store, "2026-11-25").await?;
        ensure!(state(&store, id).await? == State::Approved);
        let (again, due) = waiting(&store).await?.context("it has no job any more")?;
        ensure!(again != job && due == day(DAY).begins(), "{due:?}");
        run_on(&store, DAY).await?;
        ensure!(state(&store, id).await? == State::Done);
        Ok(())
    });
}

#[test]
fn an_approved_plan_without_a_job_gets_one_again() {
    each_engine(MIGRATIONS, |store| async move {
        let id = approved(&store).await?;
        ensure!(!plans::tend(&store, &CLOCK).await?, "its job waits");
        cancel_job(&store).await?;
        ensure!(waiting(&store).await?.is_none());
        ensure!(plans::tend(&store, &CLOCK).await? && !plans::tend(&store, &CLOCK).await?, "once");
        let (job, due) = waiting(&store).await?.context("a job")?;
        ensure!(due == day(DAY).begins(), "{due:?}");
        // One that failed for good is for the administrators first.
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        let sql = "UPDATE store_job SET state = 'failed', ended_at = $2 WHERE id = $1";
        tx.execute(sql, args![job, CLOCK.now()]).await?;
        tx.commit().await?;
        ensure!(!plans::tend(&store, &CLOCK).await?, "at once");
        // Its day is over by now: it is done as soon as may be.
        let late = FixedClock(day("2027-01-05").begins());
        ensure!(plans::tend(&store, &late).await?);
        ensure!(waiting(&store).await?.is_some_and(|(_, due)| due == late.now()));
        run_on(&store, "2027-01-05").await?;
        ensure!(state(&store, id).await? == State::Done);
        ensure!(!plans::tend(&store, &late).await?, "it is done");
        Ok(())
    });
}

/// Whom it was told what became of a plan: person or role, the words, where it leads.
async fn told(store: &Store, id: i64) -> Result<Vec<(String, String, String)>> {
    let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
    let sql =
        "SELECT COALESCE(role, CAST(person AS TEXT)), text_vi, link FROM web_matter WHERE key LIKE $1 ORDER BY id";
    let rows = tx.rows(sql, args![format!("plan-ended/{id}/%")]).await?;
    rows.iter().map(|row| Ok((row.text(0)?, row.text(1)?, row.text(2)?))).collect()
}

#[test]
fn whoever_prepared_or_approved_a_plan_and_the_office_hear_what_became_of_it() {
    each_engine(MIGRATIONS, |store| async move {
        let id = approved(&store).await?;
        ensure!(told(&store, id).await?.is_empty());
        run_on(&store, DAY).await?;
        let all = told(&store, id).await?;
        ensure!(all.iter().map(|(to, ..)| to.as_str()).collect::<Vec<_>>() == ["7", "8", "coordination"], "{all:?}");
        for (_, words, link) in &all {
            ensure!(words.contains("“Sáp nhập” đã được thực hiện từ ngày 01/01/2027"), "{words}");
            ensure!(*link == format!("/quan-tri/sap-xep/{id}"), "{link}");
        }
        Ok(())
    });
}

#[test]
fn a_plan_that_no_longer_fits_on_its_day_is_told_with_the_reason() {
    each_engine(MIGRATIONS, |store| async move {
        let id = approved(&store).await?;
        let mut tx = store.write(&Actor::LOCAL_ADMIN, &CLOCK).await?;
        let other =
            Correction { name: Some("Xã Đổi Tên".into()), source: "QĐ 1".into(), ..Correction::default() };
        units::actions::correct(&mut tx, UnitId(1120), 1, other, &[]).await?;
        tx.commit().await?;
        run_on(&store, DAY).await?;
        ensure!(state(&store, id).await? == State::Failed);
        let all = told(&store, id).await?;
        ensure!(all.iter().map(|(to, ..)| to.as_str()).collect::<Vec<_>>() == ["7", "8", "coordination"], "{all:?}");
        for (_, words, _) in &all {
            ensure!(words.contains("không thực hiện được") && words.contains("Xã Đổi Tên"), "{words}");
        }
        Ok(())
    });
}

#[test]
fn what_is_wrong_with_a_plan_stands_at_the_row_it_was_typed_in() {
    each_engine(MIGRATIONS, |store| async move {
        let visitor = Visitor::new(store.clone()).await?;
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        // It ends by itself later on: no reorganisation can end it.
        let later = day("2027-06-30").epoch_days();
        tx.execute("UPDATE units_unit SET to_day = $1 WHERE id = 1120", args![later]).await?;
        let code = async |tx: &mut store::WriteTx, id: i64| -> Result<String> {
            Ok(units::store::get(tx, UnitId(id)).await?.context("the unit")?.code)
        };
        let (province, ending) = (code(&mut tx, 1001).await?, code(&mut tx, 1120).await?);
        tx.commit().await?;
        // Rows 1 and 3 of the new units, and the first two of the old ones, are left empty.
        let form = format!(
            "source=NQ+1&day={DAY}&unit%3A1%3Aname=X%C3%A3+M%E1%BB%9Bi&unit%3A1%3Acode=00700&unit%3A1%3Akind=commune\
             &unit%3A1%3Aparent={province}&move%3A2%3Afrom={ending}&move%3A2%3Ato=2&move%3A2%3Ashare=whole&key=k"
        );
        let kind = [("content-type", "application/x-www-form-urlencoded")];
        let wrong = visitor.post("/quan-tri/sap-xep/chuan-bi", &kind, form).await?;
        let page = wrong.text();
        ensure!(wrong.status.as_u16() == 422, "{page}");
        let wrong = |row: &str| page.contains(&format!("href=\"#{row}\""));
        ensure!(wrong("unit:1:code") && wrong("move:2:from"), "{page}");
        ensure!(!wrong("unit:0:code") && !wrong("move:0:from"), "{page}");
        Ok(())
    });
}
