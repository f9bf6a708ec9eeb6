//! People from a spreadsheet.

use crate::{CLOCK, ROOMS};
use anyhow::{Context, Result, ensure};
use identity::{roster, secrets, store as people};
use kernel::{Actor, Clock, Place, Problem};
use store::{Query, Store, args};
use testkit::each_engine;

const HEAD: &str = "Họ và tên,Tên đăng nhập,Thư,Vai trò,Mã đơn vị,Tiêu chí,Từ ngày,Đến ngày\n";

async fn plan(store: &Store, text: &str) -> Result<roster::Plan> {
    let cells = roster::read(format!("{HEAD}{text}").as_bytes()).map_err(|p| anyhow::anyhow!("{p:?}"))?;
    let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
    Ok(roster::plan(&mut tx, &cells, CLOCK.today()).await?)
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
        let slips = roster::carry_out(&mut tx, &first).await?;
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
        let more = plan(&store, &format!("Lý Thị Hoa,hoa.tanmy,,council_chair,{code},,,\n")).await?;
        ensure!(more.gives(hoa.id), "a role to whoever sends the file");
        Ok(())
    });
}

#[test]
fn what_does_not_fit_is_said_at_its_cell() {
    each_engine(ROOMS, |store| async move {
        let code = seeded(&store).await?;
        let text = format!(
            ",x y,a@b,vua,XX99,17,31/02/2026,hôm qua\nA,aaa,,auditor,,,,\nB,aaa,,auditor,,,,\n\
             C,ccc,,commune_officer,,,,\nD,ddd,,commune_officer,{code},,2026-05-01,2026-04-01\n"
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
        ];
        ensure!(found == wanted, "{found:?}");
        for (bytes, key) in [(&b""[..], "roster-empty"), (b"\xff\xfe\n\xff", "roster-unread")] {
            let problems = roster::read(bytes).err().context("refused")?;
            ensure!(problems[0].phrase.key == key, "{problems:?}");
        }
        Ok(())
    });
}
