//! What whoever keeps people does through the API: codes, tokens of machines, a whole file of people.

use crate::{
    CLOCK, PASSWORD, ROOMS, identity,
    pages::text,
    proposals::{administrator, unit_one},
    somebody,
    tokens::by_program,
};
use anyhow::{Context, Result, ensure};
use axum::{body::Body, http::Request};
use identity::{second, secrets, store as people};
use kernel::{Actor, Clock, PersonId, Role};
use serde_json::{Value, json};
use store::{Query, Store, args};
use testkit::each_engine;
use tower::ServiceExt;

const MOT: (&str, &str) = ("cookie", "langso=mot");

/// The letters that wait: to whom, under which template, and what they say.
async fn letters(store: &Store) -> Result<Vec<(String, String, String)>> {
    let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
    let rows = tx.rows("SELECT address, template, sealed FROM web_outbox ORDER BY id", args![]).await?;
    let key = identity(store).key;
    let mut found = Vec::new();
    for row in rows {
        let said = String::from_utf8(key.open(&row.text(2)?).context("sealed by our key")?)?;
        found.push((row.text(0)?, row.text(1)?, said));
    }
    Ok(found)
}

/// Whose code this is, while it stands.
async fn owner(store: &Store, code: &str) -> Result<Option<(String, Option<PersonId>)>> {
    let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
    Ok(people::code(&mut tx, &secrets::hash(code), CLOCK.now()).await?)
}

#[test]
fn a_code_is_given_on_a_slip_or_by_letter_and_of_power_by_halves() {
    each_engine(ROOMS, |store| async move {
        administrator(&store, "mot").await?;
        administrator(&store, "hai").await?;
        let hoa = somebody(&store, "hoa", Role::CommuneOfficer).await?;
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        let moi = people::add(&mut tx, "moi", "Người Mới", Some("moi@example.vn"), "vi", false).await?;
        tx.commit().await?;
        let ask = async |person: PersonId, body: &str| {
            by_program(&store, "POST", &format!("/api/v1/people/{person}/code"), MOT, body).await
        };
        for (person, body, field) in [(hoa, r#"{"by": "letter"}"#, "email"), (hoa, r#"{"by": "fax"}"#, "by")] {
            let (status, said) = ask(person, body).await?;
            ensure!(status == 422 && said["place"]["field"] == field, "{body}: {said}");
        }
        ensure!(ask(PersonId(999_999), r#"{"by": "slip"}"#).await?.0 == 404);
        let (status, said) = ask(hoa, r#"{"by": "slip"}"#).await?;
        let code = said["code"].as_str().context("a code")?;
        ensure!(status == 200 && owner(&store, code).await? == Some(("reset".into(), Some(hoa))), "{said}");
        let (status, said) = ask(moi, r#"{"by": "letter"}"#).await?;
        ensure!(status == 200 && said == json!({"person": moi, "by": "letter"}), "the code is in the answer: {said}");
        let sent = letters(&store).await?;
        ensure!(sent.len() == 1 && sent[0].0 == "moi@example.vn" && sent[0].1 == "invite", "{sent:?}");
        let code = sent[0].2.split("ma=").nth(1).and_then(|rest| rest.split_whitespace().next()).context("a link")?;
        ensure!(owner(&store, code).await? == Some(("invite".into(), Some(moi))), "{sent:?}");
        // Of somebody with power whoever asks gets a half, and no letter.
        let two = people::by_login(&mut store.read(&Actor::SYSTEM.scope()).await?, "hai").await?.context("hai")?.id;
        let third = administrator(&store, "ba").await?;
        let (status, said) = ask(third, r#"{"by": "slip"}"#).await?;
        let half = said["half"].as_str().context("a half")?;
        ensure!(status == 200 && half.len() < 20 && said["code"].is_null() && owner(&store, half).await?.is_none());
        let (status, said) = ask(two, r#"{"by": "letter"}"#).await?;
        ensure!(status == 422 && said["place"]["field"] == "code", "{said}");
        Ok(())
    });
}

#[test]
fn a_token_of_a_machine_is_made_listed_and_revoked_by_program() {
    each_engine(ROOMS, |store| async move {
        administrator(&store, "mot").await?;
        let officer = somebody(&store, "tanmy", Role::CommuneOfficer).await?;
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        let machine = people::add(&mut tx, "kho", "Kho dữ liệu", None, "vi", false).await?;
        let (role, from) = (Role::Machine, CLOCK.today());
        let new = identity::model::NewGrant {
            person: machine,
            role,
            unit: None,
            agency: None,
            criteria: None,
            from,
            to: None,
        };
        people::grant(&mut tx, &new).await?;
        let me = people::by_login(&mut tx, "mot").await?.context("me")?;
        tx.commit().await?;
        let key = identity(&store).key.open(&me.totp.context("a second factor")?).context("a secret")?;
        let code = second::code(&key, CLOCK.now());
        let path = |person: PersonId| format!("/api/v1/people/{person}/tokens");
        let body = |password: &str| {
            json!({"name": "Kho", "only": ["import figures"], "to": "2027-06-30", "password": password, "code": code})
                .to_string()
        };
        let (status, said) = by_program(&store, "POST", &path(machine), MOT, &body("sai")).await?;
        ensure!(status == 422 && said["secret"].is_null(), "without the password: {said}");
        let (status, said) = by_program(&store, "POST", &path(officer), MOT, &body(PASSWORD)).await?;
        ensure!(status == 422 && said["place"]["field"] == "name", "a token in somebody else's name: {said}");
        let (status, said) = by_program(&store, "POST", &path(machine), MOT, &body(PASSWORD)).await?;
        let secret = said["secret"].as_str().context("a secret")?.to_owned();
        ensure!(status == 200 && secret.starts_with("langso_"), "{said}");
        let (_, listed) = by_program(&store, "GET", &path(machine), MOT, "").await?;
        ensure!(listed["tokens"][0]["name"] == "Kho" && !listed.to_string().contains(&secret), "{listed}");
        let bearer = format!("Bearer {secret}");
        // It is let in by what it was made for and by nothing else; then it is revoked.
        let people = by_program(&store, "GET", "/api/v1/people", ("authorization", &bearer), "").await?;
        ensure!(people.0 == 403, "{people:?}");
        let revoke = format!("{}/{}/revocation", path(machine), said["id"]);
        ensure!(by_program(&store, "POST", &revoke.replace(&path(machine), &path(officer)), MOT, "").await?.0 == 404);
        ensure!(by_program(&store, "POST", &revoke, MOT, "").await?.0 == 200);
        let people = by_program(&store, "GET", "/api/v1/people", ("authorization", &bearer), "").await?;
        ensure!(people.0 == 401, "{people:?}");
        Ok(())
    });
}

/// Sends a file of people; the status and what came.
async fn roster(store: &Store, query: &str, key: Option<&str>, file: &str) -> Result<(u16, Value)> {
    let (site, routes) = crate::pages::site(store, false, false)?;
    let mut request = Request::builder().method("POST").uri(format!("/api/v1/people-roster{query}"));
    request = request.header("host", "lang.example").header(MOT.0, MOT.1).header("sec-fetch-site", "same-origin");
    if let Some(key) = key {
        request = request.header("idempotency-key", key);
    }
    let request = request.header("content-type", "text/csv").body(Body::from(file.to_owned()))?;
    let answer = web::app(site, routes).oneshot(request).await?;
    let status = answer.status().as_u16();
    Ok((status, serde_json::from_str(&text(answer).await?)?))
}

#[test]
fn a_file_of_people_is_tried_and_taken_by_program_and_whoever_has_an_address_is_invited_by_letter() {
    each_engine(ROOMS, |store| async move {
        unit_one(&store).await?;
        administrator(&store, "mot").await?;
        let count = async || -> Result<i64> {
            let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
            Ok(tx.row("SELECT COUNT(*) FROM identity_person", args![]).await?.context("a count")?.i64(0)?)
        };
        let head = "name,login,email,role,unit,criteria,from,to,agency\n";
        let file =
            format!("{head}Lý Thị Hoa,hoa.so,hoa@example.vn,editor,,,,,SNNMT\nMa Văn Sơn,son.so,,editor,,,,,VPDP\n");
        let wrong = format!("{head}Lý Thị Hoa,h,hoa,council_member,,,,,UBND-X\n");
        let (status, said) = roster(&store, "", None, &wrong).await?;
        let cells: Vec<&str> = said["problems"]
            .as_array()
            .context("problems")?
            .iter()
            .filter_map(|p| p["place"]["cell"].as_str())
            .collect();
        ensure!(status == 422 && said["count"] == 3 && cells == ["B2", "C2", "E2"], "{said}");
        let (status, said) = roster(&store, "?dry_run=true", None, &file).await?;
        ensure!(status == 200 && said["written"] == false && said["people"] == 2 && said["roles"] == 2, "{said}");
        ensure!(count().await? == 1, "a trial writes");
        let (status, said) = roster(&store, "?letters=true", Some("k1"), &file).await?;
        ensure!(status == 200 && said["written"] == true && said["letters"] == 1, "{said}");
        let slips = said["slips"].as_array().context("slips")?;
        ensure!(slips.len() == 1 && slips[0]["login"] == "son.so", "a code goes by letter and on a slip: {said}");
        let code = slips[0]["code"].as_str().context("a code")?;
        ensure!(owner(&store, code).await?.is_some_and(|(kind, _)| kind == "invite"));
        let sent = letters(&store).await?;
        ensure!(sent.len() == 1 && sent[0].0 == "hoa@example.vn" && sent[0].1 == "invite", "{sent:?}");
        ensure!(sent[0].2.contains("hoa.so") && !said.to_string().contains("hoa@"), "{sent:?}");
        let code = sent[0].2.split("ma=").nth(1).and_then(|rest| rest.split_whitespace().next()).context("a link")?;
        let hoa = people::by_login(&mut store.read(&Actor::SYSTEM.scope()).await?, "hoa.so").await?.context("hoa")?;
        ensure!(owner(&store, code).await? == Some(("invite".into(), Some(hoa.id))), "the letter's code is another's");
        // The same request again is answered without its codes, and writes nothing.
        let (status, said) = roster(&store, "?letters=true", Some("k1"), &file).await?;
        ensure!(status == 200 && said["slips"].is_null() && said["people"] == 2, "{said}");
        ensure!(count().await? == 3 && letters(&store).await?.len() == 1);
        Ok(())
    });
}
