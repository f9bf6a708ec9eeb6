//! Roles in an agency: given, shown, and how far they reach.

use crate::{
    CLOCK, ROOMS,
    pages::{send, text},
    proposals::{administrator, approve_all, post, unit_one},
    somebody,
    tokens::by_program,
    who,
};
use anyhow::{Context, Result, ensure};
use identity::{secrets, store as people};
use kernel::{Actor, Clock, Day, PersonId, Places, Role, UnitId};
use serde_json::json;
use store::{AuditLine, Store};
use testkit::each_engine;

/// The offices of the roles that somebody holds, by their session.
async fn offices(store: &Store, session: &str) -> Result<Vec<(i64, Vec<UnitId>, bool, Places)>> {
    let who = who(&crate::identity(store), session, &CLOCK).await?.context("a session")?;
    let office = |grant: &kernel::Grant| {
        let office = grant.agency.as_ref().map(|office| (office.id.0, office.units.clone()));
        office.map(|(id, units)| (id, units, grant.past, grant.places()))
    };
    Ok(who.grants.iter().filter_map(office).collect())
}

async fn session(store: &Store, person: PersonId, secret: &str) -> Result<()> {
    let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
    people::begin(&mut tx, &secrets::hash(secret), person, people::Begun::Full, "").await?;
    Ok(tx.commit().await?)
}

#[test]
fn a_role_in_an_agency_is_given_by_page_and_program_and_shown_with_its_agency() {
    each_engine(ROOMS, |store| async move {
        unit_one(&store).await?;
        administrator(&store, "mot").await?;
        administrator(&store, "hai").await?;
        let hoa = somebody(&store, "hoa", Role::FatherlandFront).await?;
        session(&store, hoa, "s1").await?;
        let path = format!("/quan-tri/nguoi/{hoa}/vai-tro");
        for (form, wanted) in [
            ("role=council_member", "Không tìm thấy đơn vị"),
            ("role=council_member&agency=KHONG-CO", "Không tìm thấy cơ quan"),
            ("role=council_member&agency=UBND-X", "chưa gắn với đơn vị nào"),
            // It ended: whoever goes on with its work is named.
            ("role=council_member&agency=SNN", "Không tìm thấy cơ quan"),
        ] {
            let (status, page) = post(&store, "mot", &path, form).await?;
            ensure!(status == 422 && page.contains(wanted), "{form}: {status} {page}");
        }
        let (status, page) = post(&store, "mot", &path, "role=council_member&agency=SNNMT").await?;
        ensure!(status == 303, "{status} {page}");
        let path = format!("/api/v1/people/{hoa}/grants");
        let cookie = ("cookie", "langso=mot");
        let refused = r#"{"role": "commune_leader", "agency": "UBND-X"}"#;
        let (status, said) = by_program(&store, "POST", &path, cookie, refused).await?;
        ensure!(status == 422 && said["place"]["field"] == "unit", "{said}");
        let new = r#"{"role": "province_leader", "agency": "VPDP"}"#;
        let (status, said) = by_program(&store, "POST", &path, cookie, new).await?;
        ensure!(status == 200 && said["proposal"].is_i64(), "{said}");
        approve_all(&store, "hai").await?;
        for (page, secret) in [(format!("/quan-tri/nguoi/{hoa}"), "mot"), ("/tai-khoan".into(), "s1")] {
            let page = text(send(&store, false, "GET", &page, &format!("langso={secret}"), "").await?).await?;
            ensure!(page.contains("Sở Nông nghiệp và Môi trường") && page.contains("Văn phòng Điều phối"), "{page}");
            ensure!(!page.contains("Toàn hệ thống"), "a role in an agency is said to be everywhere");
        }
        let (_, said) = by_program(&store, "GET", &format!("/api/v1/people/{hoa}"), cookie, "").await?;
        let held = said["grants"].as_array().context("roles")?;
        let of = |agency: i64| held.iter().any(|grant| grant["agency"] == json!(agency) && grant["unit"].is_null());
        ensure!(of(101) && of(3), "{said}");
        Ok(())
    });
}

#[test]
fn criteria_of_a_role_are_chosen_among_those_of_the_law_and_said_in_words() {
    each_engine(ROOMS, |store| async move {
        unit_one(&store).await?;
        administrator(&store, "mot").await?;
        let hoa = somebody(&store, "hoa", Role::FatherlandFront).await?;
        session(&store, hoa, "s1").await?;
        let person = format!("/quan-tri/nguoi/{hoa}");
        let chosen = r#"value="commune-2021-2025&#x2f;17" checked"#;
        let page = text(send(&store, false, "GET", &person, "langso=mot", "").await?).await?;
        ensure!(page.contains(r#"value="commune-2021-2025&#x2f;17""#) && !page.contains(chosen), "{page}");
        let path = format!("{person}/vai-tro");
        // What no box offers is refused, and what was chosen besides stands.
        let form = "role=commune_officer&unit=250&criteria=commune-2021-2025/17&criteria=commune-2021-2025/71";
        let (status, page) = post(&store, "mot", &path, form).await?;
        ensure!(status == 422 && page.contains("Luật không có tiêu chí này") && page.contains(chosen), "{page}");
        let (status, page) =
            post(&store, "mot", &path, "role=commune_officer&unit=250&criteria=commune-2021-2025/17").await?;
        ensure!(status == 303, "{status} {page}");
        for (page, secret) in [(&*person, "mot"), ("/tai-khoan", "s1")] {
            let page = text(send(&store, false, "GET", page, &format!("langso={secret}"), "").await?).await?;
            ensure!(page.contains("Xã nông thôn mới: 17 Môi trường"), "{page}");
        }
        let path = format!("/api/v1/people/{hoa}/grants");
        let unknown = r#"{"role": "commune_officer", "unit": "250", "criteria": "commune-2021-2025/71"}"#;
        let (status, said) = by_program(&store, "POST", &path, ("cookie", "langso=mot"), unknown).await?;
        ensure!(status == 422 && said["place"]["field"] == "criteria", "{said}");
        Ok(())
    });
}

#[test]
fn a_role_in_an_agency_reaches_where_the_agency_does_and_its_past_when_it_ended() {
    each_engine(ROOMS, |store| async move {
        unit_one(&store).await?;
        administrator(&store, "mot").await?;
        administrator(&store, "hai").await?;
        let hoa = somebody(&store, "hoa", Role::FatherlandFront).await?;
        session(&store, hoa, "s1").await?;
        let form = "role=council_member&agency=SNNMT";
        ensure!(post(&store, "mot", &format!("/quan-tri/nguoi/{hoa}/vai-tro"), form).await?.0 == 303);
        approve_all(&store, "hai").await?;
        let reach =
            |until: Option<Day>| Places::Some(vec![kernel::Charge { until, ..kernel::Charge::of(UnitId(1001)) }]);
        ensure!(offices(&store, "s1").await? == [(101, vec![UnitId(1001)], false, reach(None))]);
        // The agency ends; a successor begins, and the role goes on for the days until then alone.
        let yesterday = Day::from_epoch_days(CLOCK.today().epoch_days() - 1);
        let entered = |code: &str, from, to, successor, units| units::agencies::Entered {
            code: format!("{code}-MOI"),
            kind: "department".into(),
            name_vi: "Sở mới".into(),
            valid_from: from,
            valid_to: to,
            successor,
            units,
            source: "Quyết định 1".into(),
            ..units::agencies::Entered::default()
        };
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        let unknown = entered("X", None, None, None, vec![UnitId(999_999)]);
        let refused = units::agencies::save(&mut tx, None, &unknown, &[]).await?;
        ensure!(refused.is_err_and(|p| p[0].phrase.key == "units-agency-no-unit"));
        let next = entered("A", Some(CLOCK.today()), None, None, vec![UnitId(1001)]);
        let next = units::agencies::save(&mut tx, None, &next, &[]).await?.ok().context("a new one")?;
        let ended = entered("B", None, Some(yesterday), Some(next), vec![UnitId(206), UnitId(1001)]);
        units::agencies::save(&mut tx, Some((101, 1)), &ended, &[]).await?.ok().context("it ended")?;
        tx.commit().await?;
        let found = offices(&store, "s1").await?;
        ensure!(found.len() == 1, "a row a unit is a role a unit, or the successor got it: {found:?}");
        let (id, units, past, places) = &found[0];
        ensure!(*id == 101 && *past && *units == [UnitId(206), UnitId(1001)], "{found:?}");
        let until = |charge: &kernel::Charge| charge.until == Some(yesterday);
        ensure!(
            matches!(places, Places::Some(charges) if charges.len() == 2 && charges.iter().all(until)),
            "{places:?}"
        );
        Ok(())
    });
}

#[test]
fn a_code_that_begins_with_zero_is_no_number_of_another_unit() {
    each_engine(ROOMS, |store| async move {
        unit_one(&store).await?;
        administrator(&store, "mot").await?;
        // The province of the code 08 has the number 1001; what has the number 8 is another unit.
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        for (unit, subject) in [(1001, "cua-tinh"), (8, "cua-noi-khac")] {
            let (subject, unit) = (subject.to_owned(), Some(UnitId(unit)));
            let line = AuditLine { action: "test.change", kind: "thing", subject, unit, details: json!({}) };
            tx.audit(line).await?;
        }
        tx.commit().await?;
        for (asked, found) in [("08", "cua-tinh"), ("1001", "cua-tinh"), ("8", "cua-noi-khac")] {
            let path = format!("/nhat-ky?viec=test.&don_vi={asked}");
            let page = text(send(&store, false, "GET", &path, "langso=mot", "").await?).await?;
            ensure!(page.contains(found), "{asked}: {page}");
            ensure!(page.matches("test.change").count() == 1, "{asked}: {page}");
        }
        Ok(())
    });
}
