//! The return of a year between two programs: one closes its year, another with a database of its own takes the snapshot over the API.

use crate::program::{SET, Served, request, run, text, well};
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::{path::Path, time::Duration};
use testkit::each_url;

const TABLE: &str =
    "unit_code,period,indicator,value\n02503,2024,8.4,đạt\n02506,2024,8.4,không đạt\n02503,2024,10.1,45\n";

/// What the page's form would send: the value of its hidden field.
fn hidden(page: &str, name: &str) -> Result<String> {
    let at = page.find(&format!("name=\"{name}\" value=\"")).with_context(|| format!("{name} in {page}"))?;
    let rest = &page[at..];
    Ok(rest[rest.find("value=\"").context("a value")? + 7..].split('"').next().unwrap_or_default().to_owned())
}

/// A token of the coordination office for these actions; the office is there already.
fn token(at: &[&str], only: &str) -> String {
    well(&[&["token", "new", "vanphong", "thử", "--only", only], at].concat()).trim().to_owned()
}

fn office(at: &[&str]) {
    well(&[&["person", "add", "vanphong", "Nông Thị Phương"], at].concat());
    well(&[&["person", "grant", "vanphong", "coordination"], at].concat());
}

/// A data folder with an office and published figures of 2024; the token of whoever closes its years, as a request bears it.
fn published(folder: &Path, data: &Path) -> Result<String> {
    let table = folder.join("t.csv");
    std::fs::write(&table, TABLE)?;
    let at = ["--data", text(data)];
    office(&at);
    well(&[&["import", "--publish", "--rulebook", SET, text(&table)], &at[..]].concat());
    Ok(format!("Bearer {}", token(&at, "close years,read receivers")))
}

/// Asks until the answer is 200: a job and the ledger's round come a moment later.
fn once_there(served: &Served, path: &str) -> Result<String> {
    for _ in 0..600 {
        let answer = served.get(path);
        match answer.status {
            200 => return Ok(answer.body),
            404 | 409 => std::thread::sleep(Duration::from_millis(100)),
            other => anyhow::bail!("{path}: {other} {}", answer.body),
        }
    }
    anyhow::bail!("{path} in vain")
}

/// Closes 2024 at a site, by the page's form; the number of the return.
fn closed(served: &Served, bearer: &str) -> Result<String> {
    let page = request(&served.address, "GET", "/tong-hop?nam=2024", &[("Authorization", bearer)], "")?.body;
    let (seen, key) = (hidden(&page, "seen")?, hidden(&page, "key")?);
    let asked = press(served, bearer, "/tong-hop", &format!("nam=2024&cong_bo=1&seen={seen}&key={key}"))?;
    ensure!(asked.status == 303, "{} {}", asked.status, asked.body);
    // The only return of this site.
    Ok("1".to_owned())
}

fn problem(answer: &crate::program::Answer) -> String {
    let told: Value = serde_json::from_str(&answer.body).unwrap_or_default();
    let first = told["problems"][0]["type"].as_str().or(told["type"].as_str()).unwrap_or_default();
    first.rsplit('#').next().unwrap_or_default().to_owned()
}

#[test]
fn one_program_closes_its_year_and_another_takes_the_return_over_the_api() {
    each_url(|url| async move {
        let folder = tempfile::tempdir()?;
        let (first, second) = (folder.path().join("first"), folder.path().join("second"));
        let closer = published(folder.path(), &first)?;
        let sender = Served::start(&["--data", text(&first)]);
        let id = closed(&sender, &closer)?;
        let snapshot = once_there(&sender, &format!("/tong-hop/{id}/ban-chot.json"))?;
        let proof = once_there(&sender, &format!("/tong-hop/{id}/bang-chung.json"))?;
        proven(folder.path(), &snapshot, &proof)?;

        // Another program with another database: what its token does not say is refused, and one that was taken back.
        let at_second = ["--database", &url, "--data", text(&second)];
        office(&at_second);
        let (narrow, gone, good) = (
            token(&at_second, "read working figures"),
            token(&at_second, "import figures,publish figures"),
            token(&at_second, "import figures,publish figures"),
        );
        well(&[&["token", "revoke", "vanphong", "2"], &at_second[..]].concat());
        let receiver = Served::start(&at_second);
        let send = |token: &str, key: &str, query: &str, body: &str| {
            let bearer = format!("Bearer {token}");
            let headers = [("Authorization", &*bearer), ("Idempotency-Key", key), ("Content-Type", "application/json")];
            request(&receiver.address, "POST", &format!("/api/v1/returns?sender=first{query}"), &headers, body)
        };
        for (token, status) in [(&narrow, 403), (&gone, 401)] {
            let answer = send(token, "k0", "&publish=true", &snapshot)?;
            ensure!(answer.status == status, "{} {}", answer.status, answer.body);
        }
        // Altered on the way: refused, with the hash that the sender named; nothing is written in part.
        let told: Value = serde_json::from_str(&proof)?;
        let leaf: Value = serde_json::from_str(told["leaf"].as_str().context("a leaf")?)?;
        let sha256 = leaf["sha256"].as_str().context("its hash")?.to_owned();
        let altered = snapshot.replacen("\"45\"", "\"54\"", 1);
        ensure!(altered != snapshot, "{snapshot}");
        let answer = send(&good, "k1", &format!("&sha256={sha256}"), &altered)?;
        ensure!(answer.status == 422 && problem(&answer) == "returns-other-sha", "{} {}", answer.status, answer.body);
        let dry = send(&good, "k2", &format!("&sha256={sha256}&dry_run=true"), &snapshot)?.json();
        ensure!(dry["outcome"]["new"] == 3 && dry["outcome"]["unchanged"] == 0, "{dry}");

        // Taken once, however often it is sent; judged there as here.
        let taken = send(&good, "k3", &format!("&publish=true&sha256={sha256}"), &snapshot)?.json();
        ensure!(taken["outcome"]["new"] == 3 && taken["sha256"] == *sha256, "{taken}");
        ensure!(taken["verdicts"]["different"] == 0 && taken["verdicts"]["same"].as_i64() > Some(1), "{taken}");
        let again = send(&good, "k3", &format!("&publish=true&sha256={sha256}"), &snapshot)?.json();
        ensure!(again == taken, "{again}");
        let other = send(&good, "k3", "&publish=true", &altered)?;
        ensure!(other.status == 409, "a key of another request: {} {}", other.status, other.body);
        let anew = send(&good, "k4", "&publish=true", &snapshot)?.json();
        ensure!(anew["outcome"]["new"] == 0 && anew["outcome"]["unchanged"] == 3, "{anew}");
        let unit = sender.json("/api/v1/units?as_of=2024-12-31&level=commune")["units"]
            .as_array()
            .and_then(|all| all.iter().find(|unit| unit["code"] == "02503").cloned())
            .context("the commune")?["id"]
            .clone();
        let verdicts = |served: &Served| -> Vec<Value> {
            let told = served.json(&format!("/api/v1/units/{unit}/verdicts"));
            let all = told["verdicts"].as_array().cloned().unwrap_or_default();
            all.iter().map(|one| serde_json::json!([one["set"], one["year"], one["status"], one["verdict"]])).collect()
        };
        ensure!(!verdicts(&sender).is_empty() && verdicts(&sender) == verdicts(&receiver), "{:?}", verdicts(&receiver));
        drop(receiver);
        // By command the same file is no news.
        let file = folder.path().join("ban-chot.json");
        let said = well(&[&["import", "--dry-run", text(&file)], &at_second[..]].concat());
        ensure!(serde_json::from_str::<Value>(&said)?["outcome"]["unchanged"] == 3, "{said}");
        Ok(())
    });
}

/// The proof is whole without the site, names this file, and is refused with another leaf; `langso import` holds the file against it.
fn proven(folder: &Path, snapshot: &str, proof: &str) -> Result<()> {
    let (file, kept) = (folder.join("bang-chung.json"), folder.join("ban-chot.json"));
    std::fs::write(&file, proof)?;
    std::fs::write(&kept, snapshot)?;
    let told: Value = serde_json::from_str(proof)?;
    let key = told["keys"][0].as_str().context("a key")?;
    well(&["audit", "verify", "--proof", text(&file), "--key", key]);
    let data = folder.join("third");
    let ask = |what: &Path| {
        let beside = ["--dry-run", "--proof", text(&file), "--ledger", key];
        run(&[&["import", text(what), "--data", text(&data)], &beside[..]].concat())
    };
    let good = ask(&kept);
    ensure!(good.code == 0 && good.out.contains("\"by_key\":true"), "{} {}", good.out, good.err);
    let other = folder.join("other.json");
    std::fs::write(&other, snapshot.replacen("\"45\"", "\"46\"", 1))?;
    let bad = ask(&other);
    ensure!(bad.code == 2 && bad.err.contains("Bằng chứng là của tệp khác"), "{} {}", bad.out, bad.err);
    std::fs::write(folder.join("false.json"), proof.replacen("sha256", "sha257", 1))?;
    let bad = run(&["audit", "verify", "--proof", text(&folder.join("false.json")), "--key", key]);
    ensure!(bad.code == 1, "{} {}", bad.code, bad.out);
    Ok(())
}

/// Presses a form of the sender's pages as a program of the office does.
fn press(served: &Served, bearer: &str, path: &str, form: &str) -> Result<crate::program::Answer> {
    let headers = [("Authorization", bearer), ("Content-Type", "application/x-www-form-urlencoded")];
    Ok(request(&served.address, "POST", path, &headers, form)?)
}

/// The page of the only return, once nothing of it is being sent any more.
fn sent(served: &Served, bearer: &str, word: &str) -> Result<String> {
    for _ in 0..600 {
        let page = request(&served.address, "GET", "/tong-hop/1", &[("Authorization", bearer)], "")?.body;
        if page.contains(word) {
            return Ok(page);
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    anyhow::bail!("nobody said {word}")
}

#[test]
fn a_return_is_sent_on_from_its_page_and_taken_as_often_as_it_is_pressed_once() {
    each_url(|url| async move {
        let folder = tempfile::tempdir()?;
        let (first, second) = (folder.path().join("first"), folder.path().join("second"));
        let closer = published(folder.path(), &first)?;
        let sender = Served::start(&["--data", text(&first), "--webhook-loopback"]);
        closed(&sender, &closer)?;
        once_there(&sender, "/tong-hop/1/bang-chung.json")?;
        let at_second = ["--database", &url, "--data", text(&second)];
        office(&at_second);
        let (narrow, good) =
            (token(&at_second, "read working figures"), token(&at_second, "import figures,publish figures"));
        let receiver = Served::start(&at_second);
        let there = format!("http://{}", receiver.address);

        // What is wrong is said at its field, what was typed stays, but for the token.
        for (kind, url, token, field) in [
            ("langso", "http://10.0.0.7", "t", "url-wrong"),
            ("langso", "https://10.0.0.7", "t", "url-wrong"),
            ("post", &there, "t", "kind-wrong"),
            ("dhis2", &there, "", "token-wrong"),
            ("dhis2", &there, "two words", "token-wrong"),
        ] {
            let form = format!("name=So+X&kind={kind}&url={url}&token={token}");
            let answer = press(&sender, &closer, "/tong-hop/noi-nhan", &form)?;
            ensure!(
                answer.status == 422 && answer.body.contains(&format!("id=\"{field}\"")),
                "{} {}",
                answer.status,
                answer.body
            );
            ensure!(answer.body.contains("value=\"So X\"") && !answer.body.contains("two words"), "{}", answer.body);
        }
        let dhis2 = format!("{there}/api/v1/dhis2");
        for (name, kind, url, token) in [
            ("narrow", "langso", &there, &narrow),
            ("good", "langso", &there, &good),
            ("dhis2", "dhis2", &dhis2, &good),
        ] {
            let form = format!("name={name}&kind={kind}&url={url}&token={token}&publish=1");
            let answer = press(&sender, &closer, "/tong-hop/noi-nhan", &form)?;
            ensure!(answer.status == 303, "{} {}", answer.status, answer.body);
        }
        let list = request(&sender.address, "GET", "/tong-hop/noi-nhan", &[("Authorization", &closer)], "")?.body;
        ensure!(
            list.contains("narrow") && list.contains("&#x2f;api&#x2f;v1&#x2f;dhis2<") && !list.contains(&good),
            "{list}"
        );
        for nobody in [sender.get("/tong-hop/noi-nhan").status, sender.get("/tong-hop/noi-nhan.csv").status] {
            ensure!(nobody == 401 || nobody == 303, "anybody reads the receivers: {nobody}");
        }
        ensure!(!sender.get("/tong-hop/1").body.contains("receiver"), "anybody may send it");

        // Refused there: said so, with its answer.
        let answer = press(&sender, &closer, "/tong-hop/1/gui", "receiver=1&key=a")?;
        ensure!(answer.status == 303, "{} {}", answer.status, answer.body);
        let page = sent(&sender, &closer, "bị từ chối")?;
        ensure!(page.contains("403"), "{page}");
        // Taken with its proof, once, however often the button was pressed.
        for _ in 0..2 {
            press(&sender, &closer, "/tong-hop/1/gui", "receiver=2&key=b")?;
        }
        let page = sent(&sender, &closer, "đã nhận")?;
        ensure!(page.matches("đã nhận").count() == 1, "{page}");
        for said in ["&quot;new&quot;:3", "&quot;different&quot;:0", "&quot;position&quot;:"] {
            ensure!(page.contains(said), "{said} in {page}");
        }
        let units = receiver.json("/api/v1/units?as_of=2024-12-31&level=commune");
        let units = units["units"].as_array().context("units")?.clone();
        let unit = units.iter().find(|unit| unit["code"] == "02503").context("the commune")?["id"].clone();
        let verdicts = receiver.json(&format!("/api/v1/units/{unit}/verdicts"));
        ensure!(verdicts["verdicts"].as_array().is_some_and(|all| !all.is_empty()), "{verdicts}");
        // The same as data values, by the door that a DHIS2 has.
        press(&sender, &closer, "/tong-hop/1/gui", "receiver=3&key=c")?;
        let mut page = String::new();
        for _ in 0..600 {
            page = sent(&sender, &closer, "đã nhận")?;
            if page.matches("đã nhận").count() == 2 {
                break;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        ensure!(page.matches("đã nhận").count() == 2 && page.contains("SUCCESS"), "{page}");

        // Nobody answers: it is tried again, and meanwhile says why; a receiver that was taken off the list is sent nothing.
        drop(receiver);
        press(&sender, &closer, "/tong-hop/1/gui", "receiver=2&key=d")?;
        let page = sent(&sender, &closer, "Connection refused")?;
        ensure!(page.contains("đang gửi"), "{page}");
        ensure!(press(&sender, &closer, "/tong-hop/noi-nhan/2/bo", "")?.status == 303, "it stays");
        let gone = press(&sender, &closer, "/tong-hop/1/gui", "receiver=2&key=e")?;
        ensure!(gone.status == 409, "{} {}", gone.status, gone.body);
        Ok(())
    });
}
