//! Power takes two administrators.

use crate::{
    CLOCK, PASSWORD, ROOMS, enter, identity, later,
    pages::{plain, send, text},
    somebody,
};
use anyhow::{Context, Result, ensure};
use identity::{login::Step, proposals, second, secrets, store as people};
use kernel::{Actor, Clock, PersonId, Role};
use store::{Query, Store, args};
use testkit::each_engine;

/// An administrator with a second factor and a session under their login name.
pub async fn administrator(store: &Store, login: &str) -> Result<PersonId> {
    let person = somebody(store, login, Role::Administrator).await?;
    let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
    let sealed = identity(store).key.seal(&second::secret());
    people::set_totp(&mut tx, person, Some(&sealed), 0, None).await?;
    people::begin(&mut tx, &secrets::hash(login), person, people::Begun::Full, "").await?;
    tx.commit().await?;
    Ok(person)
}

pub async fn post(store: &Store, who: &str, path: &str, form: &str) -> Result<(u16, String)> {
    let answer = send(store, false, "POST", path, &format!("langso={who}"), form).await?;
    Ok((answer.status().as_u16(), text(answer).await?))
}

pub async fn waiting(store: &Store) -> Result<Vec<i64>> {
    let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
    Ok(proposals::waiting(&mut tx, CLOCK.now()).await?.iter().map(|one| one.id).collect())
}

pub async fn unit_one(store: &Store) -> Result<()> {
    let reference = units::reference::Reference::read()?;
    let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
    units::store::seed(&mut tx, &reference).await?;
    Ok(tx.commit().await?)
}

/// Lets whatever waits pass.
pub async fn approve_all(store: &Store, who: &str) -> Result<()> {
    for id in waiting(store).await? {
        let (status, page) = post(store, who, &format!("/quan-tri/cho-duyet/{id}"), "decision=approve").await?;
        ensure!(status == 303, "{status} {page}");
    }
    Ok(())
}

/// The one code that a page shows.
fn code(page: &str) -> Result<String> {
    let (_, rest) = page.split_once("<p class=\"lead\"><code>").context("a code")?;
    Ok(rest.split('<').next().context("a code")?.to_owned())
}

#[test]
fn a_role_with_power_is_given_by_two_administrators() {
    each_engine(ROOMS, |store| async move {
        unit_one(&store).await?;
        administrator(&store, "mot").await?;
        let target = somebody(&store, "hoa", Role::CommuneOfficer).await?;
        let path = format!("/quan-tri/nguoi/{target}/vai-tro");
        let grant = "role=coordination&unit=1001";
        let (status, page) = post(&store, "mot", &path, grant).await?;
        ensure!(status == 422 && page.contains("langso person grant"), "alone: {status} {page}");
        ensure!(waiting(&store).await?.is_empty());
        let two = administrator(&store, "hai").await?;
        ensure!(post(&store, "mot", &path, grant).await?.0 == 303);
        let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
        let told = tx.rows("SELECT role, link FROM web_matter WHERE kind = 'decision'", args![]).await?;
        ensure!(told.len() == 1 && told[0].text(0)? == "administrator" && told[0].text(1)? == "/quan-tri/cho-duyet");
        drop(tx);
        ensure!(post(&store, "mot", &path, grant).await?.0 == 303, "asked twice");
        let asked = waiting(&store).await?;
        ensure!(asked.len() == 1, "asked twice waits once: {asked:?}");
        let held = async || -> Result<usize> {
            let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
            Ok(people::held(&mut tx, target).await?.iter().filter(|h| h.role == Role::Coordination && !h.ended).count())
        };
        ensure!(held().await? == 0, "power by one");
        let decide = format!("/quan-tri/cho-duyet/{}", asked[0]);
        ensure!(post(&store, "mot", &decide, "decision=approve").await?.0 == 403, "whoever asked approves");
        let page = text(send(&store, false, "GET", "/quan-tri/cho-duyet", "langso=hai", "").await?).await?;
        ensure!(page.contains("value=\"approve\"") && page.contains("Văn phòng điều phối"), "{page}");
        // Found by whom it is for and by where, without accents; taken away as the search has it.
        for (words, found) in [("ly+thi", true), ("dieu+phoi", true), ("tuyen+quang", true), ("khong-co", false)] {
            let list = format!("/quan-tri/cho-duyet?q={words}");
            let page = text(send(&store, false, "GET", &list, "langso=hai", "").await?).await?;
            ensure!(page.contains("value=\"approve\"") == found, "{words}: {page}");
            let list = format!("/quan-tri/cho-duyet.csv?q={words}");
            let file = text(send(&store, false, "GET", &list, "langso=hai", "").await?).await?;
            ensure!(file.lines().count() == 1 + usize::from(found), "{words}: {file}");
        }
        ensure!(post(&store, "hai", &decide, "decision=approve").await?.0 == 303 && held().await? == 1);
        ensure!(post(&store, "hai", &decide, "decision=approve").await?.0 == 404, "twice");
        // A role without power is one administrator's.
        let plain_role = post(&store, "mot", &path, "role=editor").await?;
        ensure!(plain_role.0 == 303 && waiting(&store).await?.is_empty());
        // Declined, it is not given; and nobody approves what is for themselves.
        post(&store, "mot", &path, "role=auditor").await?;
        let decline = format!("/quan-tri/cho-duyet/{}", waiting(&store).await?[0]);
        ensure!(post(&store, "hai", &decline, "decision=decline&reason=khong").await?.0 == 303);
        post(&store, "mot", &format!("/quan-tri/nguoi/{two}/vai-tro"), "role=auditor").await?;
        ensure!(waiting(&store).await?.is_empty(), "asked for although nobody but its owner could approve");
        let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
        let sql =
            "SELECT COUNT(*) FROM store_audit WHERE action IN ('identity.grant-asked', 'identity.proposal-decided')";
        ensure!(tx.row(sql, args![]).await?.context("a count")?.i64(0)? == 4);
        Ok(())
    });
}

#[test]
fn a_code_for_somebody_with_power_comes_in_two_halves() {
    each_engine(ROOMS, |store| async move {
        administrator(&store, "mot").await?;
        administrator(&store, "hai").await?;
        let target = somebody(&store, "dieuphoi", Role::Coordination).await?;
        let (status, page) = post(&store, "mot", &format!("/quan-tri/nguoi/{target}/ma"), "").await?;
        let first = code(&page)?;
        ensure!(status == 200 && first.len() == 11, "{first}");
        let reset = |code: &str| format!("code={code}&password={}", plain("sáu con trâu uống trà"));
        ensure!(post(&store, "x", "/dat-mat-khau", &reset(&first)).await?.0 == 422, "half a code does");
        let id = waiting(&store).await?[0];
        ensure!(post(&store, "mot", &format!("/quan-tri/cho-duyet/{id}"), "decision=approve").await?.0 == 403);
        let (status, page) = post(&store, "hai", &format!("/quan-tri/cho-duyet/{id}"), "decision=approve").await?;
        let second = code(&page)?;
        ensure!(status == 200 && second.len() == 11 && !page.contains(&first), "{page}");
        ensure!(post(&store, "x", "/dat-mat-khau", &reset(&second)).await?.0 == 422, "the other half does");
        let whole = format!("{first}-{second}");
        ensure!(post(&store, "x", "/dat-mat-khau", &reset(&whole)).await?.0 == 200);
        ensure!(enter(&identity(&store), "dieuphoi", PASSWORD, &CLOCK).await.is_err());
        let entered = enter(&identity(&store), "dieuphoi", "sáu con trâu uống trà", &later(60)).await;
        ensure!(matches!(entered, Ok(Step::In(_))));
        // Of whom has no power one administrator is enough.
        let officer = somebody(&store, "tanmy", Role::CommuneOfficer).await?;
        let (_, page) = post(&store, "mot", &format!("/quan-tri/nguoi/{officer}/ma"), "").await?;
        ensure!(code(&page)?.len() == 23);
        Ok(())
    });
}

/// Two administrators, and somebody new to whom they give roles.
async fn two_and_somebody_new(store: &Store) -> Result<PersonId> {
    unit_one(store).await?;
    administrator(store, "mot").await?;
    administrator(store, "hai").await?;
    let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
    let new = people::add(&mut tx, "hoa", "Lý Thị Hoa", None, "vi", false).await?;
    tx.commit().await?;
    Ok(new)
}

#[test]
fn a_code_seen_before_opens_no_account_that_got_power() {
    each_engine(ROOMS, |store| async move {
        let target = two_and_somebody_new(&store).await?;
        let (_, page) = post(&store, "mot", &format!("/quan-tri/nguoi/{target}/ma"), "").await?;
        let seen = code(&page)?;
        ensure!(seen.len() == 23, "{seen}");
        post(&store, "mot", &format!("/quan-tri/nguoi/{target}/vai-tro"), "role=coordination&unit=1001").await?;
        let page = text(send(&store, false, "GET", "/quan-tri/cho-duyet", "langso=hai", "").await?).await?;
        ensure!(page.contains("chưa có mật khẩu"), "{page}");
        let id = waiting(&store).await?[0];
        ensure!(post(&store, "hai", &format!("/quan-tri/cho-duyet/{id}"), "decision=approve").await?.0 == 303);
        let form = format!("code={seen}&password={}", plain("mười con nai uống suối"));
        let (status, _) = post(&store, "x", "/dat-mat-khau", &form).await?;
        ensure!(status == 422, "one administrator enters as whom two gave power: {status}");
        Ok(())
    });
}

#[test]
fn what_reads_drafts_of_a_whole_province_is_given_by_two_administrators() {
    each_engine(ROOMS, |store| async move {
        let target = two_and_somebody_new(&store).await?;
        let path = format!("/quan-tri/nguoi/{target}/vai-tro");
        let power = async || -> Result<bool> {
            let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
            Ok(proposals::has_power(&mut tx, target, CLOCK.today()).await?)
        };
        // Nothing but what is published, or the drafts of a commune: one administrator's.
        for form in ["role=editor", "role=fatherland_front&unit=250", "role=commune_leader&unit=250"] {
            let (status, page) = post(&store, "mot", &path, form).await?;
            ensure!(status == 303 && waiting(&store).await?.is_empty() && !power().await?, "{form}: {status} {page}");
        }
        let wide = [
            "role=province_leader&unit=1001",
            "role=council_member&unit=1001",
            "role=ministry_reader",
            "role=fatherland_front&unit=1001",
            "role=fatherland_front&agency=MTTQ",
        ];
        for (at, form) in wide.iter().enumerate() {
            let (status, page) = post(&store, "mot", &path, form).await?;
            ensure!(status == 303 && waiting(&store).await?.len() == at + 1, "{form}: {status} {page}");
        }
        ensure!(!power().await?, "asked for is not given");
        approve_all(&store, "hai").await?;
        ensure!(power().await?, "a code of theirs would be seen by one administrator");
        Ok(())
    });
}

#[test]
fn a_role_is_given_in_a_unit_of_its_level_alone() {
    each_engine(ROOMS, |store| async move {
        let target = two_and_somebody_new(&store).await?;
        let path = format!("/quan-tri/nguoi/{target}/vai-tro");
        let there = ("Vai trò này không giữ ở đây", "unit");
        let past = ("Không ngày nào của vai trò", "from");
        for (form, (wanted, field)) in [
            ("role=commune_leader&unit=1001", there),
            ("role=commune_officer&unit=247", there),
            ("role=interviewer&unit=1001", there),
            ("role=coordination&unit=250", there),
            ("role=district_verifier&unit=1001", there),
            ("role=commune_leader&agency=SNNMT", (there.0, "agency")),
            ("role=district_verifier&unit=247", past),
            ("role=district_leader&unit=247&from=2025-07-01", past),
        ] {
            let (status, page) = post(&store, "mot", &path, form).await?;
            let at_field = page.contains(&format!("id=\"{field}\"")) && page.contains("aria-invalid");
            ensure!(status == 422 && page.contains(wanted) && at_field, "{form}: {status} {page}");
        }
        let body = r#"{"role": "commune_leader", "unit": "1001"}"#;
        let cookie = ("cookie", "langso=mot");
        let grants = format!("/api/v1/people/{target}/grants");
        let (status, said) = crate::tokens::by_program(&store, "POST", &grants, cookie, body).await?;
        ensure!(status == 422 && said["place"]["field"] == "unit", "{said}");
        let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
        ensure!(people::held(&mut tx, target).await?.is_empty(), "given elsewhere");
        drop(tx);
        for form in ["role=commune_leader&unit=250", "role=district_verifier&unit=247&from=2025-01-01"] {
            let (status, page) = post(&store, "mot", &path, form).await?;
            ensure!(status == 303, "{form}: {status} {page}");
        }
        ensure!(waiting(&store).await?.len() == 1, "who verifies has power");
        Ok(())
    });
}
