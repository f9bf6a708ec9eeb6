//! Every endpoint as every role, inside and outside its reach, against the table that `langso permissions` prints.

use crate::program::{Answer, Served, langso, ran, request, text, well};
use anyhow::{Context, Result, ensure};
use identity::{keeper::TOKEN, secrets, store as people};
use kernel::{Actor, Clock, Moment, PersonId, SystemClock};
use std::{collections::BTreeMap, path::Path};
use store::{Query, Store, StoreOptions, args};

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

/// A token for all that the table has, of each person of the demo; by the name of their role.
async fn tokens(data: &Path, rows: &[Row]) -> Result<BTreeMap<String, String>> {
    let url = format!("sqlite:{}", data.join("langso.sqlite").display());
    let store = Store::open(&url, StoreOptions::default()).await?;
    let mut tx = store.write(&Actor::LOCAL_ADMIN, &SystemClock).await?;
    let sql = "SELECT p.id, MIN(g.role) FROM identity_person p JOIN identity_grant g ON g.person = p.id GROUP BY p.id";
    let found = tx.rows(sql, args![]).await?;
    let only: Vec<String> = rows.iter().map(|row| format!("{} {}", row.action, row.resource)).collect();
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
