//! People as a list, as files and for programs.

use crate::{
    CLOCK, ROOMS,
    pages::{send, text},
    proposals::{administrator, unit_one, waiting},
    somebody,
    tokens::by_program,
};
use anyhow::{Context, Result, ensure};
use identity::{model::NewGrant, store as people};
use kernel::{Actor, Clock, Day, Role, UnitId};
use serde_json::json;
use store::{Query, Store, args};
use testkit::each_engine;

async fn count(store: &Store, action: &str) -> Result<i64> {
    let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
    let sql = "SELECT COUNT(*) FROM store_audit WHERE action = $1";
    Ok(tx.row(sql, args![action]).await?.context("a count")?.i64(0)?)
}

#[test]
fn people_are_ordered_and_taken_away_and_each_reading_is_a_line() {
    each_engine(ROOMS, |store| async move {
        administrator(&store, "quantri").await?;
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        for (login, name) in [("z.an", "Lê Văn An"), ("b.dao", "Lê Thị Đào"), ("c.dung", "Lê Thị Dung")] {
            people::add(&mut tx, login, name, None, "vi", false).await?;
        }
        tx.commit().await?;
        let get = async |path: &str| text(send(&store, false, "GET", path, "langso=quantri", "").await?).await;
        // Given names, in Vietnamese order: An, Dung, Đào, Hoa.
        for (order, wanted) in [
            ("", ["z.an", "c.dung", "b.dao", "quantri"]),
            ("login", ["b.dao", "c.dung", "quantri", "z.an"]),
            ("newest", ["c.dung", "b.dao", "z.an", "quantri"]),
        ] {
            let csv = get(&format!("/quan-tri/nguoi.csv?sap={order}")).await?;
            let logins: Vec<&str> = csv.lines().skip(1).filter_map(|line| line.split([',', ';']).nth(1)).collect();
            ensure!(logins == wanted, "{order}: {logins:?} {csv}");
            let page = get(&format!("/quan-tri/nguoi?sap={order}")).await?;
            let at = |login: &str| page.find(&format!(">{login}<")).unwrap_or(0);
            ensure!(wanted.windows(2).all(|pair| at(pair[0]) < at(pair[1])), "{order}");
        }
        let csv = get("/quan-tri/nguoi.csv?q=dung").await?;
        ensure!(csv.lines().count() == 2, "{csv}");
        let sheet = send(&store, false, "GET", "/quan-tri/nguoi.xlsx?q=quantri", "langso=quantri", "").await?;
        let bytes = axum::body::to_bytes(sheet.into_body(), 1_000_000).await?;
        let mut book = documents::sheet_in::open(&bytes, documents::sheet_in::Limits::default())
            .map_err(|problems| anyhow::anyhow!("{problems:?}"))?;
        let first = book.sheets().into_iter().next().context("a sheet")?;
        let mut cells = Vec::new();
        let read = book.rows(&first, |row| {
            cells.extend(row.cells.into_iter().map(|cell| cell.text));
            std::ops::ControlFlow::Continue(())
        });
        read.map_err(|problems| anyhow::anyhow!("{problems:?}"))?;
        ensure!(
            cells.iter().any(|cell| cell == "quantri") && cells.iter().any(|c| c.contains("Quản trị")),
            "{cells:?}"
        );
        ensure!(count(&store, "identity.export").await? == 5 && count(&store, "identity.list").await? == 3);
        Ok(())
    });
}

#[test]
fn people_are_filtered_by_unit_by_role_and_by_units_that_ended_everywhere_alike() {
    each_engine(ROOMS, |store| async move {
        unit_one(&store).await?;
        administrator(&store, "quantri").await?;
        let today = CLOCK.today();
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        let sql = "SELECT id FROM units_unit WHERE kind = 'commune' AND to_day < $1 ORDER BY id LIMIT 1";
        let ended = UnitId(tx.row(sql, args![today.epoch_days()]).await?.context("a unit that ended")?.i64(0)?);
        let sql = "SELECT id FROM units_unit WHERE kind = 'commune' AND to_day > $1 ORDER BY id LIMIT 1";
        let stands = UnitId(tx.row(sql, args![today.epoch_days()]).await?.context("a unit that stands")?.i64(0)?);
        let yesterday = Day::from_epoch_days(today.epoch_days() - 1);
        for (login, held) in [
            ("an.old", vec![(Role::CommuneOfficer, ended, None)]),
            ("binh.both", vec![(Role::CommuneOfficer, ended, None), (Role::CommuneLeader, stands, None)]),
            ("chi.now", vec![(Role::CommuneOfficer, stands, None)]),
            ("dung.was", vec![(Role::CommuneOfficer, stands, Some(yesterday))]),
        ] {
            let person = people::add(&mut tx, login, login, None, "vi", false).await?;
            for (role, unit, to) in held {
                let (unit, from) = (Some(unit), yesterday);
                let new = NewGrant { person, role, unit, agency: None, criteria: None, from, to };
                people::grant(&mut tx, &new).await?;
            }
        }
        tx.commit().await?;
        let get = async |path: &str| text(send(&store, false, "GET", path, "langso=quantri", "").await?).await;
        let cookie = ("cookie", "langso=quantri");
        for (asked, wanted) in [
            (format!("don_vi={stands}"), vec!["binh.both", "chi.now"]),
            (format!("don_vi={stands}&vai_tro=commune_officer"), vec!["chi.now"]),
            ("vai_tro=commune_officer".to_owned(), vec!["an.old", "binh.both", "chi.now"]),
            ("ket_thuc=1".to_owned(), vec!["an.old", "binh.both"]),
            // All of it of one role: the leader's unit goes on.
            ("ket_thuc=1&vai_tro=commune_leader".to_owned(), vec![]),
            (format!("ket_thuc=1&don_vi={ended}&q=binh"), vec!["binh.both"]),
            ("vai_tro=administrator".to_owned(), vec!["quantri"]),
        ] {
            let csv = get(&format!("/quan-tri/nguoi.csv?sap=login&{asked}")).await?;
            let logins: Vec<&str> = csv.lines().skip(1).filter_map(|line| line.split([',', ';']).nth(1)).collect();
            ensure!(logins == wanted, "{asked}: {csv}");
            let page = get(&format!("/quan-tri/nguoi?sap=login&{asked}")).await?;
            ensure!(page.contains(&format!("{} người", wanted.len())), "{asked}: {page}");
            for login in &wanted {
                ensure!(page.contains(&format!(">{login}</td>")), "{asked}: {login} {page}");
            }
            let path = format!("/api/v1/people?fields=login&{asked}");
            let (status, listed) = by_program(&store, "GET", &path, cookie, "").await?;
            let logins: Vec<&str> =
                listed["people"].as_array().into_iter().flatten().filter_map(|p| p["login"].as_str()).collect();
            ensure!(status == 200 && logins == wanted, "{asked}: {listed}");
        }
        let page = get("/quan-tri/nguoi?sap=login&ket_thuc=1&vai_tro=commune_officer").await?;
        ensure!(page.contains("Công chức xã") && page.contains("đơn vị đã kết thúc)"), "roles of a row: {page}");
        ensure!(page.contains("nguoi.csv?vai_tro=commune%5Fofficer&amp;ket_thuc=1"), "files take the filters: {page}");
        // The second page of programs goes on with the filters.
        let (_, first) = by_program(&store, "GET", "/api/v1/people?per=1&ket_thuc=1&fields=login", cookie, "").await?;
        let next = first["next"].as_str().context("more")?.to_owned();
        let (_, second) = by_program(&store, "GET", &next, cookie, "").await?;
        ensure!(second["people"] == json!([{"login": "binh.both"}]) && second["next"].is_null(), "{second}");
        for (asked, field) in [("don_vi=KHONG-CO", "don_vi"), ("vai_tro=vua", "vai_tro")] {
            let answer = send(&store, false, "GET", &format!("/quan-tri/nguoi?{asked}"), "langso=quantri", "").await?;
            ensure!(answer.status() == 422, "{asked}");
            let (status, said) = by_program(&store, "GET", &format!("/api/v1/people?{asked}"), cookie, "").await?;
            ensure!(status == 422 && said["place"]["field"] == field, "{said}");
        }
        Ok(())
    });
}

#[test]
fn programs_read_and_keep_people_and_the_trail() {
    each_engine(ROOMS, |store| async move {
        administrator(&store, "mot").await?;
        administrator(&store, "hai").await?;
        let officer = somebody(&store, "tanmy", Role::CommuneOfficer).await?;
        let (mot, hai) = (("cookie", "langso=mot"), ("cookie", "langso=hai"));
        let (status, page) = by_program(&store, "GET", "/api/v1/people?per=2&fields=login", mot, "").await?;
        ensure!(status == 200 && page["people"] == json!([{"login": "mot"}, {"login": "hai"}]), "{page}");
        let next = page["next"].as_str().context("more")?.to_owned();
        let (_, page) = by_program(&store, "GET", &next, mot, "").await?;
        ensure!(page["people"] == json!([{"login": "tanmy"}]) && page["next"].is_null(), "{page}");
        let new = r#"{"login": "moi", "name": "Người Mới"}"#;
        let (status, made) = by_program(&store, "POST", "/api/v1/people", mot, new).await?;
        ensure!(status == 200, "{made}");
        let (status, said) = by_program(&store, "POST", "/api/v1/people", mot, new).await?;
        ensure!(status == 422 && said["place"]["field"] == "login", "{said}");
        let path = format!("/api/v1/people/{}", made["id"]);
        let (status, said) =
            by_program(&store, "POST", &format!("{path}/grants"), mot, r#"{"role": "editor", "to": "x"}"#).await?;
        ensure!(status == 422 && said["place"]["field"] == "to", "{said}");
        let (_, given) = by_program(&store, "POST", &format!("{path}/grants"), mot, r#"{"role": "editor"}"#).await?;
        ensure!(given["grant"].is_i64(), "{given}");
        let (_, asked) = by_program(&store, "POST", &format!("{path}/grants"), mot, r#"{"role": "auditor"}"#).await?;
        ensure!(waiting(&store).await? == [asked["proposal"].as_i64().context("it waits")?], "{asked}");
        let (_, listed) = by_program(&store, "GET", "/api/v1/people-proposals", hai, "").await?;
        ensure!(listed["proposals"][0]["grant"]["role"] == "auditor", "{listed}");
        let decide = format!("/api/v1/people-proposals/{}/decision", asked["proposal"]);
        ensure!(by_program(&store, "POST", &decide, mot, r#"{"approve": true}"#).await?.0 == 403, "whoever asked");
        let (_, decided) = by_program(&store, "POST", &decide, hai, r#"{"approve": true}"#).await?;
        ensure!(decided["grant"].is_i64(), "{decided}");
        let (_, one) = by_program(&store, "GET", &path, mot, "").await?;
        let roles: Vec<&str> =
            one["grants"].as_array().into_iter().flatten().filter_map(|g| g["role"].as_str()).collect();
        ensure!(roles.len() == 2 && roles.contains(&"auditor"), "{one}");
        let end = format!("{path}/grants/{}/end", given["grant"]);
        ensure!(by_program(&store, "POST", &end, mot, "{}").await?.0 == 422, "without a reason");
        ensure!(by_program(&store, "POST", &end, mot, r#"{"reason": "thôi"}"#).await?.0 == 200);
        let other = format!("/api/v1/people/{officer}/grants/{}/end", decided["grant"]);
        ensure!(by_program(&store, "POST", &other, mot, r#"{"reason": "x"}"#).await?.0 == 404, "another person's role");
        ensure!(count(&store, "identity.read").await? == 1);
        // The trail, page by page, the newest first.
        let (_, page) =
            by_program(&store, "GET", "/api/v1/audit?viec=identity.grant&per=2&fields=seq,action", mot, "").await?;
        let first = page["lines"].as_array().context("lines")?.clone();
        let next = page["next"].as_str().context("more")?.to_owned();
        let (_, page) = by_program(&store, "GET", &next, mot, "").await?;
        let seq = |line: &serde_json::Value| line["seq"].as_i64().unwrap_or(0);
        ensure!(first.len() == 2 && first.iter().all(|line| seq(line) > seq(&page["lines"][0])), "{first:?} {page}");
        let sheet = send(&store, false, "GET", "/nhat-ky.xlsx?viec=identity.", "langso=mot", "").await?;
        ensure!(axum::body::to_bytes(sheet.into_body(), 1_000_000).await?.starts_with(b"PK"));
        ensure!(count(&store, "audit.export").await? == 1 && count(&store, "audit.read").await? == 2);
        Ok(())
    });
}

#[test]
fn the_api_of_people_is_described() {
    let described = serde_json::to_value(identity::pages::description()).expect("JSON");
    let table = (identity::room().routes)().table;
    let rows = table.iter().filter(|row| row.path.starts_with("/api/"));
    let missing: Vec<_> = rows
        .filter(|row| described["paths"][row.path][row.method.to_lowercase()].is_null())
        .map(|row| (row.method, row.path))
        .collect();
    assert!(missing.is_empty(), "not described: {missing:?}");
    assert!(table.iter().filter(|row| row.path.starts_with("/api/")).count() >= 13);
}
