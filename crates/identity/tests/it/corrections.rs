//! Name, login and address of somebody, corrected by whoever keeps people; accounts locked by program.

use crate::{
    CLOCK, PASSWORD, ROOMS, enter, identity,
    pages::{plain, send, site, text},
    proposals::{administrator, post, unit_one, waiting},
    somebody,
    tokens::by_program,
};
use anyhow::{Context, Result, ensure};
use axum::{body::Body, http::Request};
use identity::{login::Step, model::Person, secrets, store as people, told};
use kernel::{Actor, PersonId, Role};
use serde_json::{Value, json};
use store::{Query, Store, args};
use testkit::each_engine;
use tower::ServiceExt;

const ORIGIN: &str = "https://lang.example";

async fn get(store: &Store, id: PersonId) -> Result<Person> {
    people::get(&mut store.read(&Actor::SYSTEM.scope()).await?, id).await?.context("somebody")
}

/// What the form of a person sends.
fn form(person: &Person, login: &str, name: &str, email: &str) -> String {
    format!("version={}&login={}&name={}&email={}", person.version, plain(login), plain(name), plain(email))
}

async fn texts(store: &Store, sql: &str) -> Result<Vec<String>> {
    let rows = store.read(&Actor::SYSTEM.scope()).await?.rows(sql, args![]).await?;
    Ok(rows.iter().map(|row| row.text(0)).collect::<store::Result<_>>()?)
}

const LETTERS: &str = "SELECT state FROM web_outbox ORDER BY id";
const LINES: &str = "SELECT d.details FROM store_audit a JOIN store_audit_details d ON d.seq = a.seq
                     WHERE a.action = 'identity.correct' ORDER BY a.seq";

/// A code by letter to somebody's own address.
async fn letter(store: &Store, id: PersonId) -> Result<()> {
    let person = get(store, id).await?;
    let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
    ensure!(told::code_by_mail(&mut tx, &identity(store).key, ORIGIN, &person, people::HOUR).await?, "no letter");
    Ok(tx.commit().await?)
}

async fn codes(store: &Store, id: PersonId) -> Result<i64> {
    let sql = "SELECT COUNT(*) FROM identity_code WHERE person = $1 AND used_at IS NULL";
    let row = store.read(&Actor::SYSTEM.scope()).await?.row(sql, args![id.0]).await?;
    Ok(row.context("a count")?.i64(0)?)
}

#[test]
fn a_name_a_login_and_an_address_are_corrected_and_the_old_mailbox_gets_nothing() {
    each_engine(ROOMS, |store| async move {
        administrator(&store, "mot").await?;
        somebody(&store, "khac", Role::CommuneOfficer).await?;
        let id = somebody(&store, "tanmy", Role::CommuneOfficer).await?;
        let path = format!("/quan-tri/nguoi/{id}");
        let person = get(&store, id).await?;
        for (login, name, email, wanted) in [
            ("ab", "Lý Thị Hoa", "", "ít nhất 3 ký tự"),
            ("khac", "Lý Thị Hoa", "", "đã có người dùng"),
            ("tanmy", " ", "", "Chưa có họ tên"),
            ("tanmy", "Lý Thị Hoa", "không phải thư", "Địa chỉ thư không đúng"),
        ] {
            let (status, page) = post(&store, "mot", &path, &form(&person, login, name, email)).await?;
            ensure!(status == 422 && page.contains(wanted), "{wanted}: {status} {page}");
            ensure!(email.is_empty() || page.contains(&format!("value=\"{email}\"")), "what was typed is gone: {page}");
        }
        ensure!(get(&store, id).await? == person, "refused, and written");
        let wanted = form(&person, " TanMy2 ", "Lý Thị Hòa", "cu@xa.example");
        ensure!(post(&store, "mot", &path, &wanted).await?.0 == 303);
        let page = text(send(&store, false, "GET", &format!("{path}?sua=1"), "langso=mot", "").await?).await?;
        ensure!(page.contains("tanmy2 · cu@xa.example") && page.contains("Đã ghi."), "{page}");
        ensure!(matches!(enter(&identity(&store), "tanmy2", PASSWORD, &CLOCK).await, Ok(Step::In(_))));
        ensure!(enter(&identity(&store), "tanmy", PASSWORD, &CLOCK).await == Err(422));
        let found = text(send(&store, false, "GET", "/quan-tri/nguoi?q=hoa+tanmy2", "langso=mot", "").await?).await?;
        ensure!(found.contains(">tanmy2<"), "found by what it was: {found}");
        // The same once more names a version that stands no more, and is shown both.
        let stale = form(&person, "tanmy2", "Lý Thị Hoa", "cu@xa.example");
        let (status, page) = post(&store, "mot", &path, &stale).await?;
        ensure!(status == 412 && page.contains("hiện nay là “Lý Thị Hòa”, bạn gửi “Lý Thị Hoa”"), "{status} {page}");
        // A code on its way to the old mailbox opens nothing and goes nowhere.
        letter(&store, id).await?;
        ensure!(codes(&store, id).await? == 1 && texts(&store, LETTERS).await? == ["waiting"]);
        let person = get(&store, id).await?;
        let moved = form(&person, "tanmy2", "Lý Thị Hòa", "moi@xa.example");
        ensure!(post(&store, "mot", &path, &moved).await?.0 == 303);
        ensure!(codes(&store, id).await? == 0 && texts(&store, LETTERS).await? == ["cancelled"]);
        let lines = texts(&store, LINES).await?;
        let second: Value = serde_json::from_str(lines.get(1).context("a line")?)?;
        ensure!(second["before"] == json!({"email": "cu@xa.example"}), "{lines:?}");
        ensure!(second["after"] == json!({"email": "moi@xa.example"}) && second["codes_ended"] == 1, "{lines:?}");
        let trail = text(send(&store, false, "GET", "/nhat-ky?viec=identity.correct", "langso=mot", "").await?).await?;
        ensure!(trail.contains("cu@xa.example") && trail.contains("moi@xa.example"), "{trail}");
        let told = texts(&store, "SELECT text_vi FROM web_matter WHERE key LIKE 'account/%' ORDER BY id").await?;
        ensure!(told.len() == 2 && told[1].contains("Thư điện tử") && !told[1].contains('@'), "{told:?}");
        // Whoever does not keep people corrects nobody.
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        people::begin(&mut tx, &secrets::hash("hoa"), id, people::Begun::Full, "").await?;
        tx.commit().await?;
        ensure!(post(&store, "hoa", &path, &moved).await?.0 == 403);
        // With the person goes what the trail says of them.
        let gone = format!("login=tanmy2&reason={}", plain("nghỉ việc"));
        ensure!(post(&store, "mot", &format!("{path}/xoa"), &gone).await?.0 == 303);
        let left = "SELECT COALESCE(details, '') FROM store_audit_details
                    WHERE details LIKE '%xa.example%' OR details LIKE '%tanmy2%'";
        ensure!(texts(&store, left).await?.is_empty(), "{:?}", texts(&store, left).await?);
        let person = get(&store, id).await?;
        ensure!(post(&store, "mot", &path, &form(&person, "tanmy2", "Ai", "")).await?.0 == 404, "made anew");
        Ok(())
    });
}

#[test]
fn login_and_address_of_somebody_with_power_take_two_administrators() {
    each_engine(ROOMS, |store| async move {
        unit_one(&store).await?;
        administrator(&store, "mot").await?;
        let id = somebody(&store, "dieuphoi", Role::Coordination).await?;
        let path = format!("/quan-tri/nguoi/{id}");
        let person = get(&store, id).await?;
        let mine = form(&person, "dieuphoi", "Lý Thị Hòa", "mot@xa.example");
        let (status, page) = post(&store, "mot", &path, &mine).await?;
        ensure!(status == 422 && page.contains("người quản trị thứ hai"), "alone: {status} {page}");
        ensure!(get(&store, id).await? == person && waiting(&store).await?.is_empty());
        let two = administrator(&store, "hai").await?;
        ensure!(post(&store, "mot", &path, &mine).await?.0 == 303);
        let person = get(&store, id).await?;
        ensure!(person.name == "Lý Thị Hòa" && person.email.is_none(), "{person:?}");
        // Nothing opens the account on the way: no letter, and codes come in halves.
        let (status, _) = post(&store, "mot", &format!("{path}/thu-ma"), "").await?;
        ensure!(status == 422 && codes(&store, id).await? == 0);
        let first = waiting(&store).await?;
        ensure!(post(&store, "mot", &path, &form(&person, "dieuphoi", "Lý Thị Hòa", "mot@xa.example")).await?.0 == 303);
        ensure!(waiting(&store).await? == first && first.len() == 1, "asked twice waits once");
        let other = form(&person, "dieuphoi2", "Lý Thị Hòa", "hoa@xa.example");
        ensure!(post(&store, "mot", &path, &other).await?.0 == 303);
        let asked = waiting(&store).await?;
        ensure!(asked.len() == 1 && asked != first, "another takes its place: {asked:?}");
        let decide = format!("/quan-tri/cho-duyet/{}", asked[0]);
        ensure!(post(&store, "mot", &decide, "decision=approve").await?.0 == 403, "whoever asked");
        let page = text(send(&store, false, "GET", "/quan-tri/cho-duyet", "langso=hai", "").await?).await?;
        ensure!(page.contains("dieuphoi → dieuphoi2") && page.contains("– → hoa@xa.example"), "{page}");
        let cookie = ("cookie", "langso=hai");
        let (_, listed) = by_program(&store, "GET", "/api/v1/people-proposals", cookie, "").await?;
        ensure!(listed["proposals"][0]["account"]["email"] == "hoa@xa.example", "{listed}");
        // An administrator's own data hold what they asked for, not what it says of another.
        let own = text(send(&store, false, "GET", "/tai-khoan/du-lieu.json", "langso=mot", "").await?).await?;
        let own: Value = serde_json::from_str(&own)?;
        ensure!(own["data"]["proposals"][0]["kind"] == "account", "{own}");
        ensure!(!own["data"]["proposals"].to_string().contains("xa.example"), "{own}");
        ensure!(post(&store, "hai", &decide, "decision=approve").await?.0 == 303);
        let person = get(&store, id).await?;
        ensure!(person.login == "dieuphoi2" && person.email.as_deref() == Some("hoa@xa.example"), "{person:?}");
        ensure!(matches!(enter(&identity(&store), "dieuphoi2", PASSWORD, &CLOCK).await, Ok(Step::In(_))));
        // A login that was taken meanwhile is not given twice.
        ensure!(post(&store, "mot", &path, &form(&person, "moi", "Lý Thị Hòa", "hoa@xa.example")).await?.0 == 303);
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        people::add(&mut tx, "moi", "Người Khác", None, "vi", false).await?;
        tx.commit().await?;
        let decide = format!("/quan-tri/cho-duyet/{}", waiting(&store).await?[0]);
        ensure!(post(&store, "hai", &decide, "decision=approve").await?.0 == 409);
        ensure!(post(&store, "mot", &decide, "decision=decline").await?.0 == 303);
        // One's own is another's to approve, too; of whom power is only asked for, already.
        let me = get(&store, two).await?;
        let (own, officer) = (format!("/quan-tri/nguoi/{two}"), somebody(&store, "tanmy", Role::CommuneOfficer).await?);
        ensure!(post(&store, "hai", &own, &form(&me, "hai-moi", &me.name, "")).await?.0 == 303);
        ensure!(get(&store, two).await?.login == "hai" && waiting(&store).await?.len() == 1);
        post(&store, "mot", &format!("/quan-tri/nguoi/{officer}/vai-tro"), "role=coordination&unit=1").await?;
        let person = get(&store, officer).await?;
        let path = format!("/quan-tri/nguoi/{officer}");
        ensure!(post(&store, "mot", &path, &form(&person, "tanmy3", &person.name, "")).await?.0 == 303);
        ensure!(get(&store, officer).await?.login == "tanmy" && waiting(&store).await?.len() == 3);
        Ok(())
    });
}

/// A correction by a program that saw a version.
async fn corrected(store: &Store, id: PersonId, seen: Option<i64>, key: &str, body: &str) -> Result<(u16, Value)> {
    let (site, routes) = site(store, false, false)?;
    let mut request = Request::builder().method("POST").uri(format!("/api/v1/people/{id}"));
    if let Some(seen) = seen {
        request = request.header("if-match", format!("\"{seen}\""));
    }
    let request = request.header("host", "lang.example").header("cookie", "langso=mot").header("idempotency-key", key);
    let request = request.header("content-type", "application/json").header("sec-fetch-site", "same-origin");
    let answer = web::app(site, routes).oneshot(request.body(Body::from(body.to_owned()))?).await?;
    let status = answer.status().as_u16();
    Ok((status, serde_json::from_str(&text(answer).await?).unwrap_or_default()))
}

#[test]
fn a_program_corrects_what_it_names_of_the_version_it_saw() {
    each_engine(ROOMS, |store| async move {
        administrator(&store, "mot").await?;
        administrator(&store, "hai").await?;
        let id = somebody(&store, "tanmy", Role::CommuneOfficer).await?;
        let cookie = ("cookie", "langso=mot");
        let (_, one) = by_program(&store, "GET", &format!("/api/v1/people/{id}"), cookie, "").await?;
        let seen = one["version"].as_i64();
        ensure!(seen.is_some(), "{one}");
        let body = r#"{"email": "hoa@xa.example"}"#;
        ensure!(corrected(&store, id, None, "k0", body).await?.0 == 428);
        let (status, done) = corrected(&store, id, seen, "k1", body).await?;
        ensure!(status == 200 && done["changed"] == json!(["email"]) && done["proposal"].is_null(), "{done}");
        let (status, again) = corrected(&store, id, seen, "k1", body).await?;
        ensure!(status == 200 && again == done, "repeated: {again}");
        ensure!(!texts(&store, "SELECT body FROM store_idempotency").await?.concat().contains("xa.example"));
        let person = get(&store, id).await?;
        ensure!(person.login == "tanmy" && person.name == "Lý Thị Hoa" && done["version"] == person.version, "{done}");
        let (status, both) = corrected(&store, id, seen, "k2", r#"{"name": "Khác"}"#).await?;
        ensure!(status == 412 && both["now"]["name"] == "Lý Thị Hoa" && both["yours"]["name"] == "Khác", "{both}");
        let now = Some(person.version);
        let (status, said) = corrected(&store, id, now, "k3", r#"{"login": "hai"}"#).await?;
        ensure!(status == 422 && said["place"]["field"] == "login", "{said}");
        let (_, none) = corrected(&store, id, now, "k4", r#"{"email": "", "name": "Lý Hoa"}"#).await?;
        ensure!(none["changed"] == json!(["name", "email"]) && get(&store, id).await?.email.is_none(), "{none}");
        let (_, nothing) = corrected(&store, id, none["version"].as_i64(), "k5", "{}").await?;
        ensure!(nothing["changed"] == json!([]) && nothing["version"] == none["version"], "{nothing}");
        ensure!(corrected(&store, PersonId(99_999), now, "k6", "{}").await?.0 == 404);
        let chief = somebody(&store, "dieuphoi", Role::Coordination).await?;
        let seen = Some(get(&store, chief).await?.version);
        let (_, asked) = corrected(&store, chief, seen, "k7", r#"{"login": "khac"}"#).await?;
        ensure!(asked["changed"] == json!([]), "{asked}");
        ensure!(waiting(&store).await? == [asked["proposal"].as_i64().context("it waits")?], "{asked}");
        let decide = format!("/api/v1/people-proposals/{}/decision", asked["proposal"]);
        let hai = ("cookie", "langso=hai");
        let (status, decided) = by_program(&store, "POST", &decide, hai, r#"{"approve": true}"#).await?;
        ensure!(
            status == 200 && decided["corrected"] == true && get(&store, chief).await?.login == "khac",
            "{decided}"
        );
        Ok(())
    });
}

#[test]
fn a_program_locks_an_account_and_lets_it_in_again_with_a_reason() {
    each_engine(ROOMS, |store| async move {
        administrator(&store, "mot").await?;
        let id = somebody(&store, "tanmy", Role::CommuneOfficer).await?;
        let (mot, path) = (("cookie", "langso=mot"), format!("/api/v1/people/{id}/lock"));
        let (status, said) = by_program(&store, "POST", &path, mot, r#"{"locked": true}"#).await?;
        ensure!(status == 422 && said["place"]["field"] == "reason", "{said}");
        ensure!(by_program(&store, "POST", &path, mot, r#"{"reason": "nghỉ"}"#).await?.0 == 422, "whether, is said");
        let (status, done) = by_program(&store, "POST", &path, mot, r#"{"locked": true, "reason": "nghỉ"}"#).await?;
        ensure!(status == 200 && done["locked"] == true && get(&store, id).await?.disabled, "{done}");
        ensure!(enter(&identity(&store), "tanmy", PASSWORD, &CLOCK).await == Err(422));
        let (_, done) = by_program(&store, "POST", &path, mot, r#"{"locked": false, "reason": "về"}"#).await?;
        ensure!(done["locked"] == false && !get(&store, id).await?.disabled, "{done}");
        ensure!(matches!(enter(&identity(&store), "tanmy", PASSWORD, &CLOCK).await, Ok(Step::In(_))));
        let nobody = by_program(&store, "POST", "/api/v1/people/99999/lock", mot, r#"{"locked": true, "reason": "x"}"#);
        ensure!(nobody.await?.0 == 404);
        let lines = "SELECT d.details FROM store_audit a JOIN store_audit_details d ON d.seq = a.seq
                     WHERE a.action = 'identity.disable' ORDER BY a.seq";
        let lines = texts(&store, lines).await?;
        ensure!(lines.len() == 2 && lines[0].contains("nghỉ") && lines[1].contains("về"), "{lines:?}");
        Ok(())
    });
}

#[test]
fn an_administrator_logs_somebody_out_everywhere_and_their_account_stays_open() {
    each_engine(ROOMS, |store| async move {
        administrator(&store, "mot").await?;
        let id = somebody(&store, "tanmy", Role::CommuneOfficer).await?;
        let identity = identity(&store);
        let here = async |secret: &str| Ok::<_, anyhow::Error>(crate::who(&identity, secret, &CLOCK).await?.is_some());
        let login = async || match enter(&identity, "tanmy", PASSWORD, &CLOCK).await {
            Ok(Step::In(secret)) => Ok(secret),
            other => anyhow::bail!("{other:?}"),
        };
        let (phone, desk) = (login().await?, login().await?);
        let page = format!("/quan-tri/nguoi/{id}/dang-xuat");
        let (status, said) = post(&store, "mot", &page, "reason=").await?;
        ensure!(status == 422 && said.contains("lý do") && here(&phone).await?, "{status} {said}");
        let (status, _) = post(&store, "mot", &page, &format!("reason={}", plain("mất máy"))).await?;
        ensure!(status == 303 && !here(&phone).await? && !here(&desk).await?, "{status}");
        let shown =
            text(send(&store, false, "GET", &format!("/quan-tri/nguoi/{id}?ra=1"), "langso=mot", "").await?).await?;
        ensure!(shown.contains("đã kết thúc") && shown.contains("/dang-xuat"), "{shown}");
        // By a program, and only its own.
        let again = login().await?;
        let (mot, path) = (("cookie", "langso=mot"), format!("/api/v1/people/{id}/logout"));
        ensure!(by_program(&store, "POST", &path, mot, "{}").await?.0 == 422 && here(&again).await?);
        let (status, done) = by_program(&store, "POST", &path, mot, r#"{"reason": "mất máy"}"#).await?;
        ensure!(status == 200 && done["sessions"] == 1 && !here(&again).await?, "{done}");
        ensure!(here("mot").await?, "somebody else is logged out, too");
        let nobody = by_program(&store, "POST", "/api/v1/people/99999/logout", mot, r#"{"reason": "x"}"#);
        ensure!(nobody.await?.0 == 404);
        let lines = "SELECT d.details FROM store_audit a JOIN store_audit_details d ON d.seq = a.seq
                     WHERE a.action = 'identity.sessions-ended' ORDER BY a.seq";
        let lines = texts(&store, lines).await?;
        ensure!(lines.len() == 2 && lines[0].contains("mất máy") && lines[0].contains('2'), "{lines:?}");
        Ok(())
    });
}
