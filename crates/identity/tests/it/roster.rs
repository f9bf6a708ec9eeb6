//! People from a spreadsheet.

use crate::{CLOCK, ROOMS};
use anyhow::{Context, Result, ensure};
use identity::{proposals, roster, secrets, store as people};
use kernel::{Actor, Clock, Place, Problem, Role};
use store::{Query, Store, args};
use testkit::each_engine;

const HEAD: &str = "Họ và tên,Tên đăng nhập,Thư,Vai trò,Mã đơn vị,Tiêu chí,Từ ngày,Đến ngày\n";

async fn plan(store: &Store, text: &str) -> Result<roster::Plan> {
    let cells = roster::read(format!("{HEAD}{text}").as_bytes()).map_err(|p| anyhow::anyhow!("{p:?}"))?;
    let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
    Ok(roster::plan(&mut tx, &cells, &crate::law(), CLOCK.today()).await?)
}

async fn seeded(store: &Store) -> Result<String> {
    let reference = units::reference::Reference::read()?;
    let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
    units::store::seed(&mut tx, &reference).await?;
    let sql = "SELECT code FROM units_unit WHERE id = 250";
    let code = tx.row(sql, args![]).await?.context("a commune")?.text(0)?;
    tx.commit().await?;
    Ok(code)
}

fn cell(problem: &Problem) -> String {
    match &problem.place {
        Some(Place::Cell { cell, .. }) => format!("{cell} {}", problem.phrase.key),
        _ => String::new(),
    }
}

#[test]
fn a_spreadsheet_is_taken_once_and_gives_slips_that_work() {
    each_engine(ROOMS, |store| async move {
        let code = seeded(&store).await?;
        let text = format!(
            "Lý Thị Hoa,hoa.tanmy,hoa@example.vn,Công chức xã,{code},commune-2021-2025/17,01/01/2026,31/12/2026\n\
             Lý Thị Hoa,hoa.tanmy,,commune_leader,{code},,,\nMa Văn Sơn,son.kt,,Kiểm toán,,,2026-01-01,\n"
        );
        let first = plan(&store, &text).await?;
        ensure!((first.new_people, first.new_roles, first.unchanged) == (2, 3, 0), "{first:?}");
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        let slips = roster::carry_out(&mut tx, &first, None).await?.slips;
        tx.commit().await?;
        ensure!(slips.len() == 2, "{slips:?}");
        let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
        let hoa = people::by_login(&mut tx, "hoa.tanmy").await?.context("a person")?;
        let slip = slips.iter().find(|slip| slip.login == "hoa.tanmy").context("a slip")?;
        let owner = people::code(&mut tx, &secrets::hash(&slip.code), CLOCK.now()).await?;
        ensure!(owner == Some(("invite".into(), Some(hoa.id))), "{owner:?}");
        let held = people::held(&mut tx, hoa.id).await?;
        ensure!(held.len() == 2 && held.iter().any(|h| h.criteria.is_some() && h.to.is_some()), "{held:?}");
        let sql = "SELECT d.details FROM store_audit a JOIN store_audit_details d ON d.seq = a.seq WHERE a.action = 'identity.roster'";
        let line = tx.row(sql, args![]).await?.context("a line")?.text(0)?;
        ensure!(
            line.contains("commune_officer") && line.contains("commune_leader") && line.contains("auditor"),
            "{line}"
        );
        drop(tx);
        let again = plan(&store, &text).await?;
        ensure!((again.new_people, again.new_roles, again.unchanged) == (0, 0, 3), "{again:?}");
        ensure!(!again.gives(hoa.id), "nothing new");
        let more = plan(&store, &format!("Lý Thị Hoa,hoa.tanmy,,appraiser,{code},,,\n")).await?;
        ensure!(more.gives(hoa.id), "a role to whoever sends the file");
        Ok(())
    });
}

#[test]
fn what_does_not_fit_is_said_at_its_cell() {
    each_engine(ROOMS, |store| async move {
        let code = seeded(&store).await?;
        let district = {
            let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
            let sql = "SELECT d.code FROM units_unit d JOIN units_unit u ON u.parent = d.id WHERE u.id = 250";
            tx.row(sql, args![]).await?.context("a district")?.text(0)?
        };
        let text = format!(
            ",x y,a@b,vua,XX99,17,31/02/2026,hôm qua\nA,aaa,,auditor,,,,\nB,aaa,,auditor,,,,\n\
             C,ccc,,commune_officer,,,,\nD,ddd,,commune_officer,{code},,2026-05-01,2026-04-01\n\
             E,eee,,coordination,{code},,,\nF,fff,,district_verifier,{district},,,\n\
             G,ggg,,commune_leader,,,,,SNNMT\nH,hhh,,district_verifier,{district},,01/01/2025,\n\
             I,iii,,commune_officer,{code},commune-2021-2025/71,,\n"
        );
        let found: Vec<String> = plan(&store, &text).await?.problems.iter().map(cell).collect();
        let wanted = [
            "A2 name-missing",
            "B2 login-bad",
            "C2 email-bad",
            "D2 roster-role-unknown",
            "E2 unit-unknown",
            "F2 criteria-bad",
            "G2 day-bad",
            "H2 day-bad",
            "B4 roster-login-twice",
            "E5 unit-unknown",
            "H6 day-bad",
            "E7 role-not-there",
            "G8 role-after-unit",
            "I9 role-not-there",
            "F11 criteria-unknown",
        ];
        ensure!(found == wanted, "{found:?}");
        for (bytes, key) in [(&b""[..], "roster-empty"), (b"\xff\xfe\n\xff", "roster-unread")] {
            let problems = roster::read(bytes).err().context("refused")?;
            ensure!(problems[0].phrase.key == key, "{problems:?}");
        }
        Ok(())
    });
}

#[test]
fn a_role_that_ran_out_is_given_anew_and_changed_days_are_shown() {
    each_engine(ROOMS, |store| async move {
        let code = seeded(&store).await?;
        let row = |days: &str| format!("Lý Thị Hoa,hoa.tanmy,,commune_officer,{code},,{days}\n");
        let take = async |text: &str| -> Result<roster::Plan> {
            let plan = plan(&store, text).await?;
            let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
            roster::carry_out(&mut tx, &plan, None).await?;
            tx.commit().await?;
            Ok(plan)
        };
        take(&row("2026-01-01,2026-03-31")).await?;
        let renewed = take(&row("2026-07-01,2026-12-31")).await?;
        ensure!((renewed.new_roles, renewed.moved.len()) == (1, 0), "a role that ran out is not renewed: {renewed:?}");
        let same = take(&row(",2026-12-31")).await?;
        ensure!((same.unchanged, same.moved.len()) == (1, 0), "the same again: {same:?}");
        let moved = take(&row(",2027-06-30")).await?;
        ensure!(moved.new_roles == 0 && moved.moved.len() == 1, "{moved:?}");
        let (before, after) = (moved.moved[0].before, moved.moved[0].after);
        ensure!(before.0 == after.0 && before.1 != after.1, "{before:?} {after:?}");
        let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
        let hoa = people::by_login(&mut tx, "hoa.tanmy").await?.context("a person")?;
        let today = CLOCK.today();
        let held = people::held(&mut tx, hoa.id).await?;
        let standing: Vec<_> = held.iter().filter(|h| !h.ended && h.to.is_none_or(|to| to >= today)).collect();
        ensure!(standing.len() == 1 && standing[0].to == after.1 && standing[0].from == before.0, "{held:?}");
        Ok(())
    });
}

#[test]
fn power_by_a_spreadsheet_waits_for_a_second_administrator() {
    each_engine(ROOMS, |store| async move {
        let code = seeded(&store).await?;
        let first = crate::somebody(&store, "quantri", Role::Administrator).await?;
        let second = crate::somebody(&store, "quantri2", Role::Administrator).await?;
        let text = format!("Lý Thị Hoa,hoa.sy,,appraiser,{code},,,\nMa Văn Sơn,son.tanmy,,commune_officer,{code},,,\n");
        let would = plan(&store, &text).await?;
        ensure!((would.new_roles, would.power) == (2, 1), "{would:?}");
        let actor = |person| Actor { role: Role::Administrator, person: Some(person), scope: Actor::SYSTEM.scope() };
        let mut tx = store.write(&actor(first), &CLOCK).await?;
        let carried = roster::carry_out(&mut tx, &would, None).await?;
        tx.commit().await?;
        ensure!(carried.waits == 1 && carried.slips.len() == 1 && carried.slips[0].login == "son.tanmy", "{carried:?}");
        let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
        let hoa = people::by_login(&mut tx, "hoa.sy").await?.context("a person")?.id;
        ensure!(people::held(&mut tx, hoa).await?.is_empty(), "power by one administrator");
        let waiting = proposals::waiting(&mut tx, CLOCK.now()).await?;
        ensure!(waiting.len() == 1 && waiting[0].person == hoa && waiting[0].by == Some(first), "{waiting:?}");
        let told = "SELECT role, link FROM web_matter WHERE key LIKE 'proposals/%'";
        let told = tx.rows(told, args![]).await?;
        ensure!(told.len() == 1 && told[0].text(0)? == "administrator", "nobody hears of what waits");
        drop(tx);
        ensure!(plan(&store, &text).await?.unchanged == 2, "asked for twice");
        let key = crate::identity(&store).key;
        let mut tx = store.write(&actor(second), &CLOCK).await?;
        let decided = proposals::decide(&mut tx, &key, waiting[0].id, true, "", people::HOUR).await?;
        tx.commit().await?;
        ensure!(matches!(decided, Some(proposals::Decided::Given(_))), "{decided:?}");
        let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
        ensure!(people::held(&mut tx, hoa).await?.len() == 1);
        Ok(())
    });
}

#[test]
fn the_people_of_every_commune_come_from_one_file() {
    each_engine(ROOMS, |store| async move {
        seeded(&store).await?;
        let codes: Vec<String> = {
            let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
            let sql = "SELECT code FROM units_unit WHERE level = 'commune' AND to_day < $1 ORDER BY id";
            let ended = CLOCK.today().epoch_days();
            tx.rows(sql, args![ended]).await?.iter().map(|row| row.text(0)).collect::<store::Result<_>>()?
        };
        ensure!(codes.len() >= 122, "{} communes", codes.len());
        let mut text = String::new();
        for (at, code) in codes.iter().enumerate() {
            for (who, role) in [("a", "commune_officer"), ("b", "commune_leader"), ("c", "fatherland_front")] {
                text += &format!("Người {who} {at},xa{at}.{who},,{role},{code},,2025-01-01,\n");
            }
            text += &format!("Người a {at},xa{at}.a,,interviewer,{code},,,\n");
        }
        let would = plan(&store, &text).await?;
        ensure!(would.problems.is_empty(), "{:?}", would.problems.first());
        let (people, roles) = (codes.len() * 3, codes.len() * 4);
        ensure!(
            (would.new_people, would.new_roles, would.power) == (people, roles, 0),
            "{} {}",
            would.new_people,
            would.new_roles
        );
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        let carried = roster::carry_out(&mut tx, &would, None).await?;
        tx.commit().await?;
        ensure!(carried.slips.len() == people);
        let again = plan(&store, &text).await?;
        ensure!((again.new_people, again.new_roles, again.unchanged) == (0, 0, roles), "{again:?}");
        Ok(())
    });
}
