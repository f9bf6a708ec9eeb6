//! Two officers of two communes: a job is shown to whoever asked for it, and what a handler refuses leaves a line.

use crate::{
    figures::{COMMUNE, ROOMS},
    visitor::{Answer, Visitor},
};
use anyhow::{Context, Result, ensure};
use axum::{
    body::Body,
    extract::ConnectInfo,
    http::{Request, header},
};
use futures::future::BoxFuture;
use kernel::{Actor, AgencyId, Day, Grant, Moment, Office, PersonId, Role, UnitId};
use std::{collections::HashMap, net::SocketAddr, sync::Arc};
use store::{Query, ReadTx, Store, args};
use testkit::{CLOCK, each_engine};
use tower::ServiceExt;
use web::{
    People, Who,
    people::{Claim, Contact},
};

/// Tỉnh Tuyên Quang until the districts ended.
const PROVINCE: UnitId = UnitId(206);
/// Xã Hà Lang, of the same district.
const NEIGHBOUR: UnitId = UnitId(251);

const OFFICER: &str = "1";
const SECOND: &str = "2";
const AUDITOR: &str = "3";
const EDITOR: &str = "4";
const OF_TWO: &str = "5";
const OF_PAST: &str = "6";

/// Officers of two communes, an auditor, an editor, one who verifies in the first commune and leads the second, and one who
/// coordinated in an agency that ended with the districts; each logged in by a number as their token.
struct Staff;

fn who(person: i64) -> Option<Who> {
    let roles = match person {
        1 => vec![(Role::CommuneOfficer, Some(COMMUNE))],
        2 => vec![(Role::CommuneOfficer, Some(NEIGHBOUR))],
        3 => vec![(Role::Auditor, None)],
        4 => vec![(Role::Editor, None)],
        5 => vec![(Role::DistrictVerifier, Some(COMMUNE)), (Role::CommuneLeader, Some(NEIGHBOUR))],
        6 => vec![(Role::Coordination, None)],
        _ => return None,
    };
    let office = || Office { id: AgencyId(1), units: vec![PROVINCE], last: Day::new(2025, 6, 30) };
    let agency = || (person == 6).then(office);
    let grant = |(role, unit)| Grant { id: person, role, unit, agency: agency(), criteria: None, past: person == 6 };
    let grants = roles.into_iter().map(grant).collect();
    let (person, name) = (PersonId(person), format!("Người {person}"));
    Some(Who { person, name, grants, session: String::new(), only: None, first: None })
}

type Found<'a, T> = BoxFuture<'a, store::Result<T>>;

impl People for Staff {
    fn who<'a>(&'a self, _: &'a mut ReadTx, claim: Claim<'a>, _: Moment) -> Found<'a, Option<Who>> {
        let (Claim::Bearer(token) | Claim::Cookie(token)) = claim;
        Box::pin(async { Ok(token.parse().ok().and_then(who)) })
    }

    fn person<'a>(&'a self, _: &'a mut ReadTx, person: PersonId, _: Moment) -> Found<'a, Option<Who>> {
        Box::pin(async move { Ok(who(person.0)) })
    }

    fn contacts<'a>(&'a self, _: &'a mut ReadTx, _: &'a [PersonId]) -> Found<'a, HashMap<PersonId, Contact>> {
        Box::pin(async { Ok(HashMap::new()) })
    }

    fn holders<'a>(&'a self, _: &'a mut ReadTx, _: Role, _: Moment) -> Found<'a, Vec<PersonId>> {
        Box::pin(async { Ok(Vec::new()) })
    }
}

fn site(visitor: &Visitor) -> Result<(web::Site, web::Routes)> {
    let (mut site, routes) = visitor.site(false)?;
    Arc::get_mut(&mut site.0).context("nobody else holds the site yet")?.people = Arc::new(Staff);
    Ok((site, routes))
}

async fn send(visitor: &Visitor, token: &str, method: &str, path: &str, kind: &str, body: &str) -> Result<Answer> {
    let peer: SocketAddr = ([127, 0, 0, 1], 5000).into();
    let request = Request::builder().method(method).uri(path).extension(ConnectInfo(peer));
    let request = request.header("host", "127.0.0.1:8080").header("authorization", format!("Bearer {token}"));
    let request = request.header("content-type", kind).body(Body::from(body.to_owned()))?;
    let (site, routes) = site(visitor)?;
    let answer = web::app(site, routes).oneshot(request).await?;
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    let location = headers.get(header::LOCATION).and_then(|v| v.to_str().ok()).unwrap_or("").to_owned();
    let body = axum::body::to_bytes(answer.into_body(), 10_000_000).await?.to_vec();
    Ok(Answer { status, location, headers, body })
}

const FORM: &str = "application/x-www-form-urlencoded";
const CSV: &str = "text/csv";

/// Runs every job that waits.
async fn work(visitor: &Visitor) -> Result<()> {
    let (site, _) = site(visitor)?;
    let mut registry = store::jobs::Registry::default();
    (facts::pages::room().jobs)(&mut registry, &site);
    let clock: Arc<dyn kernel::Clock> = Arc::new(CLOCK);
    while registry.run_one(&visitor.store, &clock).await? {}
    Ok(())
}

/// Lines of the trail of an action: person, subject, details.
async fn lines(store: &Store, action: &str) -> Result<Vec<(Option<i64>, String, String)>> {
    let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
    let sql = "SELECT a.person, a.subject, d.details FROM store_audit a JOIN store_audit_details d ON d.seq = a.seq
               WHERE a.action = $1 ORDER BY a.seq";
    let rows = tx.rows(sql, args![action]).await?;
    rows.iter().map(|row| Ok((row.opt_i64(0)?, row.text(1)?, row.text(2)?))).collect()
}

#[test]
fn a_job_is_shown_to_whoever_asked_for_it_and_to_whoever_runs_the_site() {
    each_engine(ROOMS, |store| async move {
        let visitor = Visitor::new(store).await?;
        // The second row has a problem, which the job names.
        let table = "unit_code,period,indicator,value\n02308,2024,10.1,41.2\n02308,2024,8.1,maybe\n";
        let mut tx = visitor.store.write(&Actor::LOCAL_ADMIN, &CLOCK).await?;
        let upload = facts::uploads::Upload { name: "rieng-cua-xa.csv".into(), bytes: table.into() };
        facts::uploads::keep(&mut tx, "h1", upload, 30_000).await?;
        tx.commit().await?;
        // Asked for with its wrong row, the file is refused as a whole, and the job says so and is done.
        let refused =
            send(&visitor, OFFICER, "POST", "/nhap-so-lieu/ghi", FORM, "hash=h1&set=commune-2021-2025&key=k0").await?;
        if refused.status == 303 {
            work(&visitor).await?;
            let path = refused.location.replace("/viec/", "/api/v1/jobs/");
            let told = send(&visitor, OFFICER, "GET", &path, "", "").await?.text();
            ensure!(told.contains("\"refused\":true") && told.contains("maybe"), "{told}");
            let mut tx = visitor.store.write(&Actor::LOCAL_ADMIN, &CLOCK).await?;
            let upload = facts::uploads::Upload { name: "rieng-cua-xa.csv".into(), bytes: table.into() };
            facts::uploads::keep(&mut tx, "h1", upload, 30_000).await?;
            tx.commit().await?;
        }
        let asked = "hash=h1&set=commune-2021-2025&key=k1&partly=1";
        let queued = send(&visitor, OFFICER, "POST", "/nhap-so-lieu/ghi", FORM, asked).await?;
        ensure!(queued.status == 303 && queued.location.starts_with("/viec/"), "{} {}", queued.status, queued.text());
        let id = queued.location.trim_start_matches("/viec/").to_owned();
        for done in [false, true] {
            if done {
                work(&visitor).await?;
            }
            for path in [format!("/viec/{id}"), format!("/api/v1/jobs/{id}")] {
                for (token, status) in [(OFFICER, 200), (AUDITOR, 200), (SECOND, 404)] {
                    let answer = send(&visitor, token, "GET", &path, "", "").await?;
                    ensure!(answer.status == status, "{token} {path}: {} {}", answer.status, answer.text());
                    let told = answer.text().contains("\"problems\"") || answer.text().contains("rieng-cua-xa");
                    ensure!(told == (done && status == 200), "{token} {path}: {}", answer.text());
                }
            }
        }
        Ok(())
    });
}

#[test]
fn a_refusal_of_a_handler_is_a_line_as_one_of_the_guard_is() {
    each_engine(ROOMS, |store| async move {
        let visitor = Visitor::new(store).await?;
        let own = "unit_code,period,indicator,value\n02308,2024,10.1,41.2\n";
        let path = "/api/v1/figures?set=commune-2021-2025&source=Nguyen+Van+An";
        let mut noted = 0;
        for (token, query, status) in [(OFFICER, "", 200), (OFFICER, "&publish=true", 403), (SECOND, "", 403)] {
            let answer = send(&visitor, token, "POST", &format!("{path}{query}"), CSV, own).await?;
            ensure!(answer.status == status, "{token} {query}: {} {}", answer.status, answer.text());
            noted += usize::from(status == 403);
            ensure!(lines(&visitor.store, "web.refused").await?.len() == noted, "{token} {query}");
        }
        // What the guard itself refuses is one line as before.
        let answer = send(&visitor, OFFICER, "GET", "/bao-sai/danh-sach", "", "").await?;
        ensure!(answer.status == 403, "{}", answer.status);
        let refused = lines(&visitor.store, "web.refused").await?;
        let persons: Vec<Option<i64>> = refused.iter().map(|(person, ..)| *person).collect();
        ensure!(persons == [Some(1), Some(2), Some(1)], "{refused:?}");
        let (_, subject, details) = &refused[1];
        ensure!(subject == "2" && details.contains("/api/v1/figures") && details.contains("import"), "{details}");
        ensure!(refused.iter().all(|(.., details)| !details.contains("Nguyen") && !details.contains("source=")));
        // Where the address names a unit, the line is found by it.
        ensure!(send(&visitor, OFFICER, "GET", "/quan-tri/don-vi/324", "", "").await?.status == 403);
        let sql = "SELECT unit FROM store_audit WHERE action = 'web.refused' ORDER BY seq DESC LIMIT 1";
        let line = visitor.store.read(&Actor::SYSTEM.scope()).await?.row(sql, args![]).await?.context("a line")?;
        ensure!(line.opt_i64(0)? == Some(324));
        Ok(())
    });
}

#[test]
fn reading_what_residents_wrote_is_a_line_and_says_nothing_of_it() {
    each_engine(ROOMS, |store| async move {
        let visitor = Visitor::new(store).await?;
        for (n, contact) in [(1, "0912+345+678"), (2, "")] {
            let form = format!("trang=/ban-do&text=sai+so+lieu+{n}&contact={contact}&key=k{n}");
            ensure!(visitor.tell("/bao-sai/gui", &form).await?.status == 303);
        }
        let read = "/bao-sai/danh-sach?q=sai";
        for (path, action, subject, details) in [
            (read, "facts.reports-read", "list", r#"{"contacts":1,"reports":2}"#),
            ("/bao-sai/danh-sach.csv", "facts.reports-exported", "list", r#"{"contacts":1,"reports":2}"#),
            ("/bao-sai/danh-sach.xlsx?tt=answered", "facts.reports-exported", "list", r#"{"contacts":0,"reports":0}"#),
            ("/bao-sai/so/1", "facts.report-read", "1", r#"{"contacts":1,"reports":1}"#),
        ] {
            let before = lines(&visitor.store, action).await?.len();
            let answer = send(&visitor, AUDITOR, "GET", path, "", "").await?;
            ensure!(answer.status == 200, "{path}: {}", answer.status);
            let lines = lines(&visitor.store, action).await?;
            ensure!(lines.len() == before + 1, "{path}: {lines:?}");
            ensure!(lines[before] == (Some(3), subject.to_owned(), details.to_owned()), "{path}: {lines:?}");
        }
        Ok(())
    });
}

#[test]
fn a_contact_is_erased_by_whoever_has_the_receipt_or_answers_and_the_report_stays() {
    each_engine(ROOMS, |store| async move {
        let visitor = Visitor::new(store).await?;
        let mut receipts = Vec::new();
        for n in 1..=2 {
            let form = format!("trang=/ban-do&text=sai+so+lieu+{n}&contact=0912+345+678&key=k{n}");
            receipts.push(visitor.tell("/bao-sai/gui", &form).await?.location);
        }
        let own = format!("{}/xoa-lien-he", receipts[0]);
        let receipt = visitor.ask(&receipts[0], &[]).await?.text();
        ensure!(receipt.contains("Xóa liên hệ của tôi") && receipt.contains(&own), "{receipt}");
        ensure!(visitor.tell("/bao-sai/phieu/1/xoa-lien-he", "").await?.status == 404);
        // Again changes nothing.
        for _ in 0..2 {
            let erased = visitor.tell(&own, "").await?;
            ensure!(erased.status == 303 && erased.location == receipts[0], "{}", erased.text());
        }
        let receipt = visitor.ask(&receipts[0], &[]).await?.text();
        ensure!(receipt.contains("không giữ cách liên hệ") && !receipt.contains("Xóa liên hệ"), "{receipt}");
        // Inside: by whoever answers, with a reason; whoever only reads has no form and may not.
        let page = send(&visitor, EDITOR, "GET", "/bao-sai/so/2", "", "").await?.text();
        ensure!(page.contains("0912 345 678") && page.contains("/bao-sai/so/2/xoa-lien-he"), "{page}");
        let page = send(&visitor, AUDITOR, "GET", "/bao-sai/so/2", "", "").await?.text();
        ensure!(!page.contains("xoa-lien-he"), "{page}");
        for (token, reason, status) in
            [(AUDITOR, "x", 403), (EDITOR, "+", 422), (EDITOR, "nguoi+gui+xin", 303), (EDITOR, "nua", 303)]
        {
            let form = format!("reason={reason}");
            let answer = send(&visitor, token, "POST", "/bao-sai/so/2/xoa-lien-he", FORM, &form).await?;
            ensure!(answer.status == status, "{token} {reason}: {} {}", answer.status, answer.text());
        }
        ensure!(send(&visitor, EDITOR, "POST", "/bao-sai/so/9/xoa-lien-he", FORM, "reason=x").await?.status == 404);
        let lines = lines(&visitor.store, "facts.contact-erased").await?;
        let told: Vec<(Option<i64>, &str)> = lines.iter().map(|(who, subject, _)| (*who, subject.as_str())).collect();
        ensure!(told == [(None, "1"), (Some(4), "2")], "{lines:?}");
        ensure!(lines[1].2 == r#"{"reason":"nguoi gui xin"}"#, "{lines:?}");
        let mut tx = visitor.store.read(&Actor::SYSTEM.scope()).await?;
        let left = "SELECT COUNT(*), SUM(CASE WHEN contact = '' THEN 1 ELSE 0 END) FROM facts_report WHERE text <> ''";
        let row = tx.row(left, args![]).await?.context("a count")?;
        ensure!((row.i64(0)?, row.i64(1)?) == (2, 2));
        Ok(())
    });
}

#[test]
fn whoever_holds_two_roles_does_in_each_place_what_the_role_there_does() {
    each_engine(ROOMS, |store| async move {
        let visitor = Visitor::new(store).await?;
        let edit = async |unit: UnitId, origin: &str| -> Result<u16> {
            let (site, routes) = site(&visitor)?;
            let path = format!("/api/v1/units/{unit}/figures/income.per_person/2024/edits");
            let peer: SocketAddr = ([127, 0, 0, 1], 5000).into();
            let request = Request::builder().method("POST").uri(path).extension(ConnectInfo(peer));
            let request = request.header("host", "127.0.0.1:8080").header("authorization", format!("Bearer {OF_TWO}"));
            let request = request.header("content-type", "application/json").header("if-match", "\"0\"");
            let body = serde_json::json!({"value": "41.2", "origin": origin, "source": "thử"}).to_string();
            Ok(web::app(site, routes).oneshot(request.body(Body::from(body))?).await?.status().as_u16())
        };
        // The leader of one commune declares nothing of the commune that they verify, and verifies nothing of their own.
        for (unit, origin, status) in [
            (COMMUNE, "declared", 403),
            (COMMUNE, "verified", 200),
            (NEIGHBOUR, "verified", 403),
            (NEIGHBOUR, "declared", 200),
        ] {
            let found = edit(unit, origin).await?;
            ensure!(found == status, "{origin} of {unit}: {found}");
        }
        let mut tx = visitor.store.read(&Actor::SYSTEM.scope()).await?;
        let sql = "SELECT role, unit FROM store_audit WHERE person = 5 AND unit IS NOT NULL AND action <> 'web.refused' ORDER BY seq";
        let rows = tx.rows(sql, args![]).await?;
        let lines: Vec<(String, i64)> =
            rows.iter().map(|row| Ok((row.text(0)?, row.i64(1)?))).collect::<store::Result<_>>()?;
        let wanted = [("district_verifier".to_owned(), COMMUNE.0), ("commune_leader".to_owned(), NEIGHBOUR.0)];
        ensure!(lines == wanted, "a line names the role by which it was done: {lines:?}");
        Ok(())
    });
}

#[test]
fn whoever_worked_in_an_agency_that_ended_has_its_past_at_addresses_without_a_year_and_no_day_after() {
    each_engine(ROOMS, |store| async move {
        let visitor = Visitor::new(store).await?;
        // The address names no year: let in where the agency's units are.
        let after = successor(&visitor.store).await?;
        for (unit, status) in [(COMMUNE.0, 200), (after, 403)] {
            let answer = send(&visitor, OF_PAST, "GET", &format!("/xa/{unit}/cong-bo?nam=2024"), "", "").await?;
            ensure!(answer.status == status, "{unit}: {} {}", answer.status, answer.text());
        }
        // What is done is held against its day: of a commune that ended with it, its last.
        for (unit, year, may) in [(COMMUNE.0, 2024, true), (COMMUNE.0, 2025, true), (after, 2025, false)] {
            let path = format!("/xa/{unit}/cong-bo/{year}");
            let answer = send(&visitor, OF_PAST, "POST", &path, FORM, "seen=&key=k").await?;
            ensure!((answer.status != 403) == may, "{unit} {year}: {} {}", answer.status, answer.text());
        }
        Ok(())
    });
}

/// A commune of the days after.
async fn successor(store: &Store) -> Result<i64> {
    let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
    let sql = "SELECT id FROM units_unit WHERE level = 'commune' AND from_day >= $1 ORDER BY id LIMIT 1";
    tx.row(sql, args![Day::new(2025, 7, 1).context("a day")?.epoch_days()])
        .await?
        .context("a commune")?
        .i64(0)
        .map_err(Into::into)
}

/// A file of figures on each road that takes one in: by program, on the page, by a job. Whether it was taken.
async fn file(visitor: &Visitor, road: &str, origin: &str, rows: &str) -> Result<bool> {
    let table = format!("unit_code,period,indicator,value\n{rows}");
    if road == "program" {
        let path = format!("/api/v1/figures?set=commune-2021-2025&origin={origin}");
        return Ok(send(visitor, OF_TWO, "POST", &path, CSV, &table).await?.status == 200);
    }
    let figures = if road == "job" { 30_000 } else { 1 };
    let (hash, mut tx) = (hex::encode(&table), visitor.store.write(&Actor::LOCAL_ADMIN, &CLOCK).await?);
    let upload = facts::uploads::Upload { name: "a.csv".into(), bytes: table.into() };
    facts::uploads::keep(&mut tx, &hash, upload, figures).await?;
    tx.commit().await?;
    let form = format!("hash={hash}&set=commune-2021-2025&origin={origin}&key={road}{hash}{origin}");
    let answer = send(visitor, OF_TWO, "POST", "/nhap-so-lieu/ghi", FORM, &form).await?;
    if road != "job" {
        return Ok(answer.status == 200);
    }
    work(visitor).await?;
    let mut tx = visitor.store.read(&Actor::SYSTEM.scope()).await?;
    let job = tx.row("SELECT state FROM store_job ORDER BY id DESC LIMIT 1", args![]).await?.context("a job")?;
    Ok(job.text(0)? == "done")
}

#[test]
fn whoever_holds_two_roles_brings_a_file_by_the_one_that_may_record_all_of_it() {
    each_engine(ROOMS, |store| async move {
        let visitor = Visitor::new(store).await?;
        for (at, road) in ["program", "page", "job"].into_iter().enumerate() {
            let led = format!("02311,2024,10.1,41.{at}\n");
            let verified = format!("02308,2024,10.1,42.{at}\n");
            for (origin, rows, taken) in [
                ("declared", led.clone(), true),
                ("verified", verified.clone(), true),
                // What neither may do alone is done by neither.
                ("declared", verified.clone(), false),
                ("verified", led.clone(), false),
                ("declared", format!("{led}{verified}"), false),
            ] {
                let found = file(&visitor, road, origin, &rows).await?;
                ensure!(found == taken, "{road} {origin} {rows}: {found}");
            }
        }
        let mut tx = visitor.store.read(&Actor::SYSTEM.scope()).await?;
        let sql = "SELECT DISTINCT role, unit FROM store_audit WHERE action = 'facts.record' ORDER BY unit";
        let rows = tx.rows(sql, args![]).await?;
        let found: Vec<(String, i64)> =
            rows.iter().map(|row| Ok((row.text(0)?, row.i64(1)?))).collect::<store::Result<_>>()?;
        let wanted = [("district_verifier".to_owned(), COMMUNE.0), ("commune_leader".to_owned(), NEIGHBOUR.0)];
        ensure!(found == wanted, "a line names the role by which it was done: {found:?}");
        Ok(())
    });
}
