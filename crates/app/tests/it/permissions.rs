//! Every endpoint as every role, inside and outside its reach, against the table that `langso permissions` prints.

use crate::program::{Answer, Served, langso, ran, request, text, well};
use anyhow::{Context, Result, ensure};
use identity::{keeper::TOKEN, model::NewGrant, secrets, store as people};
use kernel::{Actor, Clock, Moment, PersonId, Role, SystemClock, UnitId};
use std::{collections::BTreeMap, path::Path};
use store::{AuditLine, Query, Store, StoreOptions, args};

/// A row of the table as it is printed: who may, `everybody`, `own`, or roles with their reach.
struct Row {
    method: String,
    path: String,
    action: String,
    resource: String,
    who: String,
}

impl Row {
    fn read(line: &str) -> Option<Row> {
        let mut parts = line.split("  ").map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned);
        let mut next = || parts.next();
        Some(Row { method: next()?, path: next()?, action: next()?, resource: next()?, who: next()? })
    }

    /// How far a role reaches.
    fn reach(&self, role: &str) -> Option<&str> {
        self.who
            .split(' ')
            .filter_map(|one| one.split_once(':'))
            .find(|(name, _)| *name == role)
            .map(|(_, reach)| reach)
    }

    /// The address of a unit's thing. `None` where the row has no unit and another one is asked for.
    fn address(&self, unit: &str) -> String {
        let parts: Vec<&str> = self.path.split('/').collect();
        let filled = parts.iter().enumerate().map(|(at, part)| match *part {
            "{unit}" => unit,
            "{id}" if self.is_of_unit(at) => unit,
            "{year}" => "2024",
            "{measure}" => "income.per_person",
            "{set}" => "commune-2021-2025",
            "{no}" => "10",
            "{person}" => "999999",
            part if part.contains('{') => "999999",
            part => part,
        });
        filled.collect::<Vec<_>>().join("/")
    }

    fn is_of_unit(&self, at: usize) -> bool {
        at > 0 && ["xa", "don-vi", "units"].contains(&self.path.split('/').nth(at - 1).unwrap_or(""))
    }

    fn has_unit(&self) -> bool {
        let parts = self.path.split('/').enumerate();
        parts.into_iter().any(|(at, part)| part == "{unit}" || (part == "{id}" && self.is_of_unit(at)))
    }
}

fn ask(served: &Served, row: &Row, unit: &str, token: Option<&str>) -> Answer {
    let bearer = token.map(|token| format!("Bearer {token}"));
    let mut headers = vec![("Content-Type", "application/x-www-form-urlencoded")];
    headers.extend(bearer.as_deref().map(|bearer| ("Authorization", bearer)));
    let path = row.address(unit);
    request(&served.address, &row.method, &path, &headers, "").unwrap_or_else(|e| panic!("{} {path}: {e}", row.method))
}

/// All that the table has; and the one right that has no row, for every page asks it.
fn all_that_is_done(rows: &[Row]) -> Vec<String> {
    let of_rows = rows.iter().map(|row| format!("{} {}", row.action, row.resource));
    of_rows.chain(["read working figures".to_owned()]).collect()
}

/// A token for all that the table has, of each person of the demo; by the name of their role.
async fn tokens(data: &Path, rows: &[Row]) -> Result<BTreeMap<String, String>> {
    let url = format!("sqlite:{}", data.join("langso.sqlite").display());
    let store = Store::open(&url, StoreOptions::default()).await?;
    let mut tx = store.write(&Actor::LOCAL_ADMIN, &SystemClock).await?;
    let sql = "SELECT p.id, MIN(g.role) FROM identity_person p JOIN identity_grant g ON g.person = p.id GROUP BY p.id";
    let found = tx.rows(sql, args![]).await?;
    let sql = "SELECT DISTINCT g.role, u.level, g.from_day > u.to_day FROM identity_grant g JOIN units_unit u ON u.id = g.unit";
    for row in tx.rows(sql, args![]).await? {
        let (role, level) = (row.text(0)?, row.text(1)?);
        let levels = Role::from_name(&role).context("a role")?.levels();
        ensure!(levels.contains(&level.as_str()), "the demo's {role} is held in a {level}");
        let late = Role::from_name(&role).is_some_and(Role::is_of_districts) && row.opt_i64(2)? == Some(1);
        ensure!(!late, "the demo's {role} begins after its unit ended");
    }
    let only = all_that_is_done(rows);
    let ends = Moment(SystemClock.now().0 + people::HOUR);
    let mut tokens = BTreeMap::new();
    for row in found {
        let secret = format!("{TOKEN}{}", secrets::secret());
        let person = PersonId(row.i64(0)?);
        people::add_token(&mut tx, person, &secrets::hash(&secret), "matrix", &only, ends).await?;
        tokens.insert(row.text(1)?, secret);
    }
    tx.commit().await?;
    store.close().await;
    Ok(tokens)
}

/// What stands against what the table says, of one row.
fn against(served: &Served, row: &Row, role: &str, token: &str) -> Vec<String> {
    let refused = |answer: &Answer| matches!(answer.status, 401 | 403);
    let may = row.who == "everybody" || row.who == "own" || row.reach(role).is_some();
    let mut found = Vec::new();
    let mut check = |unit: &str, wanted: bool| {
        let answer = ask(served, row, unit, Some(token));
        if refused(&answer) == wanted || answer.status >= 500 {
            found.push(format!("{role} {} {}: {}", row.method, row.address(unit), answer.status));
        }
    };
    check(INSIDE, may);
    let bounded = matches!(row.reach(role), Some("units" | "criteria"));
    if row.has_unit() && bounded {
        // The whole province is inside of whoever is of the province; another province is not.
        check("999999", false);
        if ["commune_officer", "commune_leader", "district_verifier", "district_leader", "interviewer"].contains(&role)
        {
            check(OUTSIDE, false);
        }
    }
    found
}

/// Xã Tân Mỹ, and a commune of another district of that time.
const INSIDE: &str = "250";
const OUTSIDE: &str = "330";

#[test]
fn every_endpoint_lets_in_whom_the_table_names_and_nobody_else() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("demo");
    let made = ran(langso(&["demo", "--only-create", "--data", text(&data)]).output().unwrap());
    assert_eq!(made.code, 0, "{}", made.err);
    let rows: Vec<Row> = well(&["permissions"]).lines().filter_map(Row::read).collect();
    assert!(rows.len() > 120, "{} rows", rows.len());
    let without: Vec<&str> = rows.iter().filter(|row| row.who == "nobody").map(|row| row.path.as_str()).collect();
    assert!(without.is_empty(), "routes without a rule: {without:?}");
    let tokens = testkit::block_on(tokens(&data, &rows)).unwrap();
    assert!(tokens.len() >= 18, "{:?}", tokens.keys());
    let served = Served::start(&["--data", text(&data), "--api-limit", "0"]);
    let mut found = Vec::new();
    for row in &rows {
        let stranger = ask(&served, row, INSIDE, None);
        let led = stranger.status == 303 && stranger.body.is_empty();
        let sent_away = matches!(stranger.status, 401 | 403) || (led && row.who != "everybody");
        let let_in = !sent_away;
        if let_in != (row.who == "everybody") || stranger.status >= 500 {
            found.push(format!("a stranger {} {}: {}", row.method, row.path, stranger.status));
        }
        for (role, token) in &tokens {
            found.extend(against(&served, row, role, token));
        }
    }
    assert!(found.is_empty(), "{} of {} rows:\n{}", found.len(), rows.len(), found.join("\n"));
}

/// A number as the metadata of tus write it (RFC 4648).
fn base64(text: &str) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let four = |three: &[u8]| {
        let bits = (0..3).fold(0, |bits, at| bits << 8 | usize::from(*three.get(at).unwrap_or(&0)));
        let letter = |at: usize| if at > three.len() { '=' } else { char::from(LETTERS[bits >> (18 - 6 * at) & 63]) };
        (0..4).map(letter).collect::<String>()
    };
    text.as_bytes().chunks(3).map(four).collect()
}

/// Somebody of the demo's own commune, and an officer of its neighbour.
struct Neighbours {
    own: i64,
    other: i64,
    campaign: i64,
    officer: String,
    stranger: String,
    job: i64,
}

/// A token for all that the table has, of the first officer of the demo and of one of the neighbouring commune; a job of the first.
async fn neighbours(data: &Path, rows: &[Row]) -> Result<Neighbours> {
    let url = format!("sqlite:{}", data.join("langso.sqlite").display());
    let store = Store::open(&url, StoreOptions::default()).await?;
    let mut tx = store.write(&Actor::LOCAL_ADMIN, &SystemClock).await?;
    // The demo's officer holds the commune of before July 2025 and the one it went into, the later of the two.
    let sql = "SELECT person, unit FROM identity_grant WHERE role = 'commune_officer' ORDER BY id DESC LIMIT 1";
    let row = tx.row(sql, args![]).await?.context("an officer")?;
    let (officer, own) = (PersonId(row.i64(0)?), row.i64(1)?);
    let sql = "SELECT o.unit, o.campaign FROM reporting_unit o JOIN reporting_unit m ON m.campaign = o.campaign
               WHERE m.unit = $1 AND o.unit <> $1 ORDER BY o.unit LIMIT 1";
    let row = tx.row(sql, args![own]).await?.context("a neighbour")?;
    let (other, campaign) = (row.i64(0)?, row.i64(1)?);
    let stranger = people::add(&mut tx, "hangxom", "Người hàng xóm", None, "vi", false).await?;
    let (role, from) = (Role::CommuneOfficer, SystemClock.today());
    let unit = Some(UnitId(other));
    people::grant(&mut tx, &NewGrant { person: stranger, role, unit, agency: None, criteria: None, from, to: None })
        .await?;
    let only = all_that_is_done(rows);
    let ends = Moment(SystemClock.now().0 + people::HOUR);
    let mut secrets_of = Vec::new();
    for person in [officer, stranger] {
        let secret = format!("{TOKEN}{}", secrets::secret());
        people::add_token(&mut tx, person, &secrets::hash(&secret), "neighbours", &only, ends).await?;
        secrets_of.push(secret);
    }
    tx.commit().await?;
    let actor = Actor { person: Some(officer), ..Actor::LOCAL_ADMIN };
    let mut tx = store.write(&actor, &SystemClock).await?;
    let job = tx.enqueue_at("nobody.knows", None, &serde_json::json!({}), Moment(ends.0)).await?;
    let details = serde_json::json!({});
    tx.audit_quietly(AuditLine { action: "test", kind: "job", subject: job.to_string(), unit: None, details }).await?;
    tx.commit().await?;
    store.close().await;
    let [officer, stranger] = <[String; 2]>::try_from(secrets_of).expect("two");
    Ok(Neighbours { own, other, campaign, officer, stranger, job })
}

/// What indicator 4.1 of the communes' set of today asks for.
const MEASURE: &str = "c2026_rural_human_resource_trainin.trained_workers_degree_certificate_share";

/// The matrix asks for things that are not there; here they are: what an officer brings is given to that officer, and to one of
/// another commune it is as if it were not there, or refused.
#[test]
fn what_an_officer_brings_is_not_given_to_one_of_another_commune() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("demo");
    well(&["demo", "--only-create", "--data", text(&data)]);
    let rows: Vec<Row> = well(&["permissions"]).lines().filter_map(Row::read).collect();
    let all = testkit::block_on(neighbours(&data, &rows))?;
    let Neighbours { own, other, campaign, job, .. } = all;
    let served = Served::start(&["--data", text(&data), "--api-limit", "0"]);
    let send = |token: &str, method: &str, path: &str, more: &[(&str, &str)], body: &str| {
        let bearer = format!("Bearer {token}");
        let headers = [&[("Authorization", bearer.as_str()), ("Tus-Resumable", "1.0.0")], more].concat();
        request(&served.address, method, path, &headers, body).with_context(|| path.to_owned())
    };
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    // A piece, one that is half there, a draft, a comment.
    let metadata = format!("unit {},filename YS5wZGY=", base64(&own.to_string()));
    for length in ["9", "99"] {
        let part = ("Content-Type", "application/offset+octet-stream");
        let headers = [("Upload-Length", length), ("Upload-Metadata", metadata.as_str()), part];
        let begun = send(&all.officer, "POST", "/api/v1/uploads", &headers, "%PDF-1.7\n")?;
        ensure!(begun.status == 201, "{}: {}", begun.status, begun.body);
    }
    let trail = rusqlite::Connection::open(data.join("langso.sqlite"))?;
    let one = |sql: &str| trail.query_row(sql, [], |row| row.get::<_, String>(0)).with_context(|| sql.to_owned());
    let piece = one("SELECT CAST(MAX(id) AS TEXT) FROM facts_evidence")?;
    let upload = one("SELECT id FROM facts_incoming WHERE evidence IS NULL")?;
    let year = one(&format!("SELECT SUBSTR(period, 1, 4) FROM reporting_campaign WHERE id = {campaign}"))?;
    let code = one(&format!("SELECT code FROM units_unit WHERE id = {own}"))?;
    let draft = format!("unit_code,period,indicator,value\n{code},{year},4.1,73.19\n");
    let set = one(&format!("SELECT sets FROM reporting_campaign WHERE id = {campaign}"))?;
    let set = set.trim_matches(|c: char| "[]\"".contains(c)).to_owned();
    let sent =
        send(&all.officer, "POST", &format!("/api/v1/figures?set={set}"), &[("Content-Type", "text/csv")], &draft)?;
    ensure!(sent.status == 200, "{}: {}", sent.status, sent.body);
    let page = format!("/bao-cao/{campaign}/xa/{own}");
    let said = send(
        &all.officer,
        "POST",
        &format!("{page}/trao-doi"),
        &form,
        &format!("measure={MEASURE}&text=rieng+cua+xa&key=k"),
    )?;
    ensure!(said.status == 303, "{}: {}", said.status, said.body);
    let comment = one("SELECT CAST(MAX(id) AS TEXT) FROM reporting_comment")?;
    // What only its own people are given.
    let figure = format!("{own}/{MEASURE}/{year}");
    for path in [
        format!("/viec/{job}"),
        format!("/api/v1/jobs/{job}"),
        format!("/tep-minh-chung/{piece}"),
        format!("/tep-minh-chung/{piece}/tep"),
        format!("/api/v1/evidence/{piece}"),
        format!("/api/v1/uploads/{upload}"),
        page.clone(),
        format!("{page}/bang"),
        format!("{page}/{set}/10"),
        format!("/api/v1/campaigns/{campaign}/units/{own}"),
    ] {
        let given = send(&all.officer, "GET", &path, &[], "")?;
        ensure!(given.status < 300, "{path} of their own: {} {}", given.status, given.body);
        let refused = send(&all.stranger, "GET", &path, &[], "")?;
        ensure!(matches!(refused.status, 403 | 404), "{path}: {} {}", refused.status, refused.body);
    }
    // Pages that everybody may read show the draft to its own people alone.
    for path in [format!("/so-lieu/{figure}"), format!("/api/v1/units/{own}/figures"), format!("/xa/{own}?nam={year}")]
    {
        let shows = |token: &str| {
            send(token, "GET", &path, &[], "").map(|answer| answer.body.replace(',', ".").contains("73.19"))
        };
        ensure!(!shows(&all.stranger)?, "{path} shows a draft of others");
    }
    let own_page = send(&all.officer, "GET", &format!("/so-lieu/{figure}"), &[], "")?;
    ensure!(own_page.body.contains("73,19"), "their own draft is not shown: {}", own_page.body);
    // Nor do they touch it, whichever commune the address names.
    for (method, path, body) in [
        ("DELETE", format!("/api/v1/uploads/{upload}"), ""),
        ("POST", format!("/tep-minh-chung/{piece}/dung"), "measure=income.per_person&year=2026"),
        ("POST", format!("/so-lieu/{figure}/sua"), "value=1&origin=declared&key=x"),
        ("POST", format!("{page}/trao-doi/{comment}"), "to=closed"),
        ("POST", format!("/bao-cao/{campaign}/xa/{other}/trao-doi/{comment}"), "to=closed"),
    ] {
        let answer = send(&all.stranger, method, &path, &form, body)?;
        // A comment that is not of the unit is passed over: the page is shown again.
        let passed_over = answer.status == 303 && path.contains(&format!("/xa/{other}/"));
        ensure!(
            matches!(answer.status, 403 | 404) || passed_over,
            "{method} {path}: {} {}",
            answer.status,
            answer.body
        );
    }
    let untouched =
        "SELECT CAST(COUNT(*) AS TEXT) FROM reporting_comment WHERE closed_at IS NULL AND text = 'rieng cua xa'";
    ensure!(one(untouched)? == "1" && one("SELECT id FROM facts_incoming WHERE evidence IS NULL")? == upload);
    Ok(())
}

/// The part of the operating rules that the program prints: who may do what, in short and address by address.
fn document_of(printed: &str) -> String {
    let rows: Vec<Row> = printed.lines().filter_map(Row::read).collect();
    let mut short: Vec<(String, String)> = Vec::new();
    for row in rows.iter().filter(|row| row.who != "everybody") {
        let what = format!("| {} | {} |", row.action, row.resource);
        if !short.iter().any(|(known, _)| *known == what) {
            short.push((what, row.who.replace(' ', ", ")));
        }
    }
    short.sort();
    let mut text = String::from("| hành động | đối tượng | ai |\n|---|---|---|\n");
    for (what, who) in short {
        text += &format!("{what} {who} |\n");
    }
    text += "\n## Từng địa chỉ\n\n```text\n";
    for line in printed.lines() {
        text += line.trim_end();
        text.push('\n');
    }
    text + "```\n"
}

/// Whoever changes the table writes the document anew: `LANGSO_BLESS=1 cargo test -p app the_operating_rules`.
#[test]
fn the_operating_rules_have_the_table_that_the_program_prints() {
    const BEGIN: &str = "<!-- in ra bằng langso permissions -->\n";
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/van-hanh/vai-tro.md");
    let kept = std::fs::read_to_string(path).unwrap();
    let (prose, table) = kept.split_once(BEGIN).expect("the place of the table");
    let printed = well(&["permissions"]);
    let wanted = document_of(&printed);
    if std::env::var_os("LANGSO_BLESS").is_some() {
        std::fs::write(path, format!("{prose}{BEGIN}{wanted}")).unwrap();
    } else {
        assert!(table == wanted, "the table changed: run this test with LANGSO_BLESS=1");
    }
    let roles = printed.lines().filter_map(Row::read).flat_map(|row| {
        let names = row.who.split(' ').filter_map(|one| Some(one.split_once(':')?.0.to_owned()));
        names.collect::<Vec<_>>()
    });
    let unsaid: Vec<String> = roles.filter(|role| !prose.contains(&format!("| `{role}` |"))).collect();
    assert!(unsaid.is_empty(), "roles without words: {unsaid:?}");
    for role in Role::ALL.iter().filter(|role| role.is_held()) {
        let row = prose.lines().find(|line| line.starts_with(&format!("| `{}` |", role.name())));
        let word = |level: &&str| match *level {
            "commune" => "xã",
            "district" => "huyện",
            _ => "tỉnh",
        };
        let mut held = role.levels().iter().map(word).collect::<Vec<_>>().join(", ");
        if role.is_of_house() {
            held += " hoặc toàn hệ thống";
        }
        assert!(row.is_some_and(|row| row.contains(&format!(" | {held} | "))), "{role:?} {held}: {row:?}");
    }
}

#[test]
fn a_role_that_ends_is_lost_in_the_next_request_and_a_token_does_only_its_own() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let at = ["--data", text(folder.path())];
    let served = Served::start(&at);
    let call = |args: &[&str]| well(&[args, &at[..]].concat());
    call(&["person", "add", "vanphong", "Người của văn phòng"]);
    call(&["person", "grant", "vanphong", "coordination"]);
    let token = call(&["token", "new", "vanphong", "thử", "--only", "read reports,read jobs"]);
    let token = token.trim();
    ensure!(token.starts_with(TOKEN) && token.len() == TOKEN.len() + 64, "{token}");
    let get = |path: &str, token: &str| {
        let bearer = format!("Bearer {token}");
        request(&served.address, "GET", path, &[("Authorization", &bearer)], "").map(|answer| answer.status)
    };
    ensure!(get("/bao-sai/danh-sach", token)? == 200);
    ensure!(get("/xa/250/cong-bo", token)? == 403, "a token does what it was not made for");
    ensure!(get("/bao-sai/danh-sach", "langso_00")? == 401);
    call(&["person", "end", "1", "thôi việc"]);
    ensure!(get("/bao-sai/danh-sach", token)? == 403, "a role that ended goes on");
    call(&["person", "grant", "vanphong", "coordination"]);
    ensure!(get("/bao-sai/danh-sach", token)? == 200);
    call(&["token", "revoke", "vanphong", "1"]);
    ensure!(get("/bao-sai/danh-sach", token)? == 401, "a revoked token goes on");
    let trail = folder.path().join("langso.sqlite");
    let db = rusqlite::Connection::open(trail)?;
    let refused: i64 =
        db.query_row("SELECT COUNT(*) FROM store_audit WHERE action = 'web.refused'", [], |r| r.get(0))?;
    ensure!(refused == 2, "{refused} refusals noted");
    Ok(())
}

#[test]
fn the_command_line_gives_a_role_in_a_unit_of_its_level_alone() {
    let folder = tempfile::tempdir().unwrap();
    let at = ["--data", text(folder.path())];
    drop(Served::start(&at));
    well(&[&["person", "add", "hoa", "Lý Thị Hoa"], &at[..]].concat());
    let grant = |args: &[&str]| ran(langso(&[&["person", "grant", "hoa"], args, &at].concat()).output().unwrap());
    for (args, wanted) in [
        (&["commune_leader", "--unit", "1001"][..], "không giữ ở đây"),
        (&["commune_leader", "--agency", "101"], "không giữ ở đây"),
        (&["commune_leader"], "không giữ ở đây"),
        (&["district_verifier", "--unit", "247"], "ngày bắt đầu"),
    ] {
        let said = grant(args);
        assert!(said.code != 0 && said.err.contains(wanted), "{args:?}: {} {}", said.code, said.err);
    }
    for args in [
        &["commune_leader", "--unit", "250"][..],
        &["coordination"],
        &["appraiser", "--agency", "101"],
        &["district_verifier", "--unit", "247", "--from", "2025-01-01"],
    ] {
        let said = grant(args);
        assert_eq!(said.code, 0, "{args:?}: {}", said.err);
    }
}

#[test]
fn the_first_administrator_comes_by_a_code_of_the_console() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let served = Served::start(&["--data", text(folder.path())]);
    let post = |path: &str, body: &str| {
        request(&served.address, "POST", path, &[("Content-Type", "application/x-www-form-urlencoded")], body)
    };
    let form = "code=ABCDE-ABCDE-ABCDE-ABCDE&login=quantri&name=Nga&password=mot-cau-rat-dai-va-la";
    ensure!(post("/thiet-lap", form)?.status == 422, "any code does");
    ensure!(post("/dang-nhap", "login=admin&password=admin")?.status == 422);
    ensure!(served.get("/thiet-lap").status == 200);
    well(&["person", "add", "ai-do", "Ai đó", "--data", text(folder.path())]);
    ensure!(served.get("/thiet-lap").status == 404, "somebody is there, the door still is");
    post("/dang-nhap/demo", "person=1").context("an answer").and_then(|answer| {
        ensure!(answer.status == 422, "the door of the demo is open elsewhere: {}", answer.status);
        Ok(())
    })
}
