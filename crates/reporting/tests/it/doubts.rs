//! What quality checks doubt of a campaign's figures: asked at the sending, answered, seen by whoever reviews, with what proves them.

use crate::{
    COMMUNE, OTHER, PROVINCE, ROOMS, SET, criterion, given, opened,
    prepared::{entry, save},
    ready,
    site::{Answer, FORM, Visitor, form},
    somebody,
};
use anyhow::{Context, Result, ensure};
use facts::{
    Law,
    checks::{self, Fact, Saying},
};
use image::{ImageFormat, Rgb, RgbImage};
use kernel::{Actor, Clock, Role, UnitId};
use reporting::{
    actions::{self, Stepped, Wanted},
    campaigns,
    doubts::{self, Doubts},
    entry as values,
    model::{Action, Campaign, State},
};
use rulebook::Value;
use std::{io::Cursor, sync::Arc};
use store::{Query, Store, StoreError, args};
use testkit::{CLOCK, each_engine};

const INCOME: &str = "income.per_person";

/// A campaign in which doubts stop the sending; ten communes of the district say 40 to 44, this one ten times as much.
async fn doubted(store: &Store) -> Result<(Law, Campaign)> {
    let law = ready(store).await?;
    let one = opened(store, &law, "2024").await?;
    let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
    campaigns::change(&mut tx, &law, &Campaign { doubts_stop: true, ..one.clone() }).await?;
    let one = reporting::store::get(&mut tx, one.id).await?.context("the campaign")?;
    let sql = "SELECT n.id FROM units_unit u JOIN units_unit n ON n.parent = u.parent AND n.kind = u.kind
               WHERE u.id = $1 AND n.id <> u.id ORDER BY n.id LIMIT 10";
    let units = tx.rows(sql, args![COMMUNE]).await?;
    tx.commit().await?;
    ensure!(one.doubts_stop && units.len() == 10, "{one:?}");
    let number = |at: usize| Value::Number(format!("4{}.{at}", at % 5).parse().expect("a number"));
    let said: Result<Vec<_>> = units
        .iter()
        .enumerate()
        .map(|(at, row)| Ok(entry(&law, UnitId(row.i64(0)?), 2024, INCOME, number(at))))
        .collect();
    save(store, &law, &said?, false).await?;
    Ok((law, one))
}

/// Sends criterion 10 as the pages do: the checks first; what they find is kept where nothing is sent.
async fn send(store: &Store, law: &Law, one: &Campaign, who: &Actor) -> Result<std::result::Result<State, String>> {
    let around = doubts::around(store, law, one, COMMUNE).await?;
    let wanted = Wanted { action: Action::Send, criteria: vec![criterion("10")], reason: String::new() };
    let mut tx = store.write(who, &CLOCK).await?;
    let became = match actions::step(&mut tx, law, one, COMMUNE, &wanted, around.as_ref()).await {
        Ok(stepped) => match stepped.context("the commune is asked")? {
            Stepped::Done(acted) => Ok(acted.done[0].1),
            Stepped::Doubted(problem) => Err(locale::say(locale::Lang::Vi, &problem.phrase)),
        },
        Err(StoreError::Refused(problem)) => Err(locale::say(locale::Lang::Vi, &problem.phrase)),
        Err(other) => return Err(other.into()),
    };
    tx.commit().await?;
    Ok(became)
}

async fn seen(store: &Store, law: &Law, one: &Campaign, who: &Actor) -> Result<Doubts> {
    Ok(Doubts::of(&mut store.read(&who.scope()).await?, law, one, COMMUNE).await?)
}

fn saying(check: &str, note: &str) -> Saying {
    Saying { check: check.into(), measure: INCOME.into(), note: Some(note.into()), useless: None }
}

async fn answered(
    store: &Store,
    law: &Law,
    one: &Campaign,
    who: &Actor,
    said: &[Saying],
) -> Result<Vec<doubts::Wrong>> {
    let mut tx = store.write(who, &CLOCK).await?;
    let wrong = doubts::answer(&mut tx, law, one, COMMUNE, said).await?.context("the commune is asked")?;
    tx.commit().await?;
    Ok(wrong)
}

#[test]
fn a_doubt_is_answered_before_the_sending_and_read_at_the_review() {
    each_engine(ROOMS, |store| async move {
        let (law, one) = doubted(&store).await?;
        let officer = somebody(Role::CommuneOfficer, 11, COMMUNE, None);
        let leader = somebody(Role::CommuneLeader, 20, COMMUNE, None);
        let reviewer = somebody(Role::Appraiser, 30, PROVINCE, Some(&["10"]));
        let mut tx = store.write(&officer, &CLOCK).await?;
        values::save(&mut tx, &law, &one, COMMUNE, &[given(INCOME, "412,5", 0)]).await?;
        tx.commit().await?;
        let none = seen(&store, &law, &one, &leader).await?;
        ensure!(none.ran.is_none() && none.all.is_empty(), "a save asks no check");

        // Not sent: what is doubted is kept, counted, and names the neighbours, not what they have not published.
        let refused = send(&store, &law, &one, &leader).await?.expect_err("it is doubted");
        let found = seen(&store, &law, &one, &leader).await?;
        let of_income: Vec<&str> = found.of_measure(INCOME).map(|doubt| doubt.hit.check.as_str()).collect();
        ensure!(of_income == ["range", "outlier", "evidence-missing"], "{of_income:?}");
        ensure!(refused.contains("còn 3 nghi vấn chưa trả lời ở tiêu chí 10"), "{refused}");
        let outlier = found.of_measure(INCOME).nth(1).context("it")?;
        let said = found.reason(locale::Lang::Vi, &law, outlier);
        ensure!(said.contains("10 xã cùng huyện có trung vị 42"), "{said}");
        let near = |doubt: &checks::Doubt| match &doubt.hit.facts["near"] {
            Fact::Units(near) => near.iter().filter(|(_, number)| number.is_some()).count(),
            _ => 0,
        };
        ensure!(outlier.hit.units().count() == 5 && near(outlier) == 0, "drafts of others: {outlier:?}");

        // Answers are the unit's while it may change the figure; too long is wrong at its place, and nothing is kept.
        let long = "x".repeat(doubts::LONGEST + 1);
        let wrong =
            answered(&store, &law, &one, &officer, &[saying("range", "Đúng"), saying("outlier", &long)]).await?;
        ensure!(wrong.len() == 1 && wrong[0].0 == "outlier", "{wrong:?}");
        ensure!(seen(&store, &law, &one, &leader).await?.all.iter().all(checks::Doubt::is_open), "all or none");
        let all = ["range", "outlier", "evidence-missing"].map(|check| saying(check, "Có mỏ đá mới mở"));
        ensure!(answered(&store, &law, &one, &officer, &all).await?.is_empty());
        ensure!(send(&store, &law, &one, &leader).await? == Ok(State::Sent));
        let late = answered(&store, &law, &one, &leader, &[saying("range", "Thêm")]).await?;
        ensure!(late.first().is_some_and(|(.., phrase)| phrase.key == "reporting-doubt-not-now"), "{late:?}");

        // Whoever reviews sees answers with who gave them, and the neighbours' figures, which are theirs to see.
        let review = seen(&store, &law, &one, &reviewer).await?;
        let outlier = review.of_measure(INCOME).nth(1).context("it stands")?;
        let answer = outlier.answer.as_ref().context("it is answered")?;
        ensure!(answer.note == "Có mỏ đá mới mở" && answer.actor == "commune_officer:11", "{answer:?}");
        ensure!(near(outlier) == 5, "{outlier:?}");
        let useless = Saying {
            useless: Some(true), ..saying("outlier", "Xã có mỏ đá, không so với xã khác được")
        };
        ensure!(answered(&store, &law, &one, &reviewer, &[useless]).await?.is_empty());
        let water = somebody(Role::Appraiser, 31, PROVINCE, Some(&["17"]));
        let foreign = answered(&store, &law, &one, &water, &[saying("outlier", "x")]).await?;
        ensure!(foreign.first().is_some_and(|(.., phrase)| phrase.key == "record-not-in-charge"), "{foreign:?}");
        let mut tx = store.read(&reviewer.scope()).await?;
        let counts = checks::counts(&mut tx).await?;
        let count = counts.iter().find(|count| count.check == "outlier").context("it is counted")?;
        ensure!((count.standing, count.answered, count.useless) == (1, 1, 1), "{count:?}");
        // Another commune's people see nothing of it.
        let stranger = somebody(Role::CommuneOfficer, 14, OTHER, None);
        ensure!(seen(&store, &law, &one, &stranger).await?.all.is_empty());
        Ok(())
    });
}

#[test]
fn a_campaign_without_the_rule_sends_and_keeps_what_is_doubted() {
    each_engine(ROOMS, |store| async move {
        let (law, one) = doubted(&store).await?;
        let leader = somebody(Role::CommuneLeader, 20, COMMUNE, None);
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        campaigns::change(&mut tx, &law, &Campaign { doubts_stop: false, ..one.clone() }).await?;
        let one = reporting::store::get(&mut tx, one.id).await?.context("the campaign")?;
        tx.commit().await?;
        let mut tx = store.write(&leader, &CLOCK).await?;
        values::save(&mut tx, &law, &one, COMMUNE, &[given(INCOME, "412,5", 0)]).await?;
        tx.commit().await?;
        ensure!(send(&store, &law, &one, &leader).await? == Ok(State::Sent));
        let found = seen(&store, &law, &one, &leader).await?;
        ensure!(found.of_measure(INCOME).count() == 3 && found.ran.is_some(), "{found:?}");
        Ok(())
    });
}

#[test]
fn a_page_says_what_is_doubted_and_one_press_answers_and_sends() {
    each_engine(ROOMS, |store| async move {
        let (law, one) = doubted(&store).await?;
        let folder = tempfile::tempdir()?;
        let site = Visitor::new(&store, &law, &folder)?;
        let admin = Actor::LOCAL_ADMIN;
        let unit = format!("/bao-cao/{}/xa/{COMMUNE}", one.id);
        let page = format!("{unit}/{SET}/10");
        let post = async |path: &str, fields: &[(&str, &str)]| -> Result<Answer> {
            site.post(Actor::LOCAL_ADMIN, path, FORM, form(fields)).await
        };
        let mut tx = store.write(&admin, &CLOCK).await?;
        values::save(&mut tx, &law, &one, COMMUNE, &[given(INCOME, "412,5", 0)]).await?;
        tx.commit().await?;
        let plain = site.get(admin.clone(), &page).await?.text();
        ensure!(plain.contains("Số liệu chưa được kiểm tra") && !plain.contains("nv."), "{plain}");
        let tc = format!("tc.{SET}|10");
        let step = [("viec", "send"), (tc.as_str(), "1"), ("ve", page.as_str())];
        let refused = post(&format!("{unit}/gui"), &step).await?;
        let text = refused.text();
        ensure!(refused.status == 409 && text.contains("còn 3 nghi vấn chưa trả lời ở tiêu chí 10"), "{text}");
        for said in
            ["href=\"#nv-outlier-income.per_person\"", "10 xã cùng huyện", "name=\"nv.range|income.per_person\""]
        {
            ensure!(text.contains(said), "{said}: {text}");
        }
        // The unit's page lists them by check, with one answer for all of a check.
        let whole = site.get(admin.clone(), &unit).await?.text();
        ensure!(whole.contains("3 nghi vấn, 3 chưa trả lời") && whole.contains("name=\"chung.outlier\""), "{whole}");
        let common = post(&format!("{unit}/nghi-van"), &[("viec", "answer"), ("chung.outlier", "Có mỏ đá")]).await?;
        ensure!(common.status == 303, "{}", common.text());
        // What is typed and wrong stays, beside why.
        let long = "dài ".repeat(600);
        let asked = [("viec", "answer"), ("ve", page.as_str()), ("nv.range|income.per_person", long.as_str())];
        let wrong = post(&format!("{unit}/nghi-van"), &asked).await?;
        ensure!(wrong.status == 422 && wrong.text().contains("w-nv-range-income.per_person"), "{}", wrong.text());
        ensure!(wrong.text().contains(long.trim()), "what was typed is gone");
        // Answered and sent by one button.
        let answers =
            [("nv.range|income.per_person", "Đã xem lại"), ("nv.evidence-missing|income.per_person", "Số 12/BC-UBND")];
        let sent = post(&format!("{unit}/gui"), &[&step[..], &answers[..]].concat()).await?;
        ensure!(sent.status == 303, "{} {}", sent.status, sent.text());
        // Many at once, the page of the criterion, the API.
        let many = site.get(admin.clone(), &format!("/bao-cao/{}/cho-duyet", one.id)).await?.text();
        ensure!(many.contains("3 nghi vấn, đã trả lời hết"), "{many}");
        let csv = site.get(admin.clone(), &format!("/bao-cao/{}/cho-duyet.csv", one.id)).await?.text();
        ensure!(csv.lines().nth(1).is_some_and(|line| line.trim_end().ends_with(",3,0")), "{csv}");
        let read = site.get(admin.clone(), &page).await?.text();
        for said in ["Có mỏ đá", "Số 12/BC-UBND", "Xã trả lời", "name=\"sai.outlier|income.per_person\""] {
            ensure!(read.contains(said), "{said}: {read}");
        }
        let useless = [
            ("viec", "answer"),
            ("ve", page.as_str()),
            ("ds.outlier|income.per_person", "1"),
            ("sai.outlier|income.per_person", "1"),
        ];
        ensure!(post(&format!("{unit}/nghi-van"), &useless).await?.status == 303);
        let api = format!("/api/v1/campaigns/{}/units/{COMMUNE}", one.id);
        let told: serde_json::Value = serde_json::from_slice(&site.get(admin.clone(), &api).await?.body)?;
        ensure!(told["doubts"] == 3 && told["open_doubts"] == 0, "{told}");
        let mut fields =
            told["criteria"].as_array().context("criteria")?.iter().flat_map(|c| c["fields"].as_array()).flatten();
        let field = fields.find(|field| field["measure"] == INCOME).context("the field")?;
        ensure!(field["doubts"][1]["check"] == "outlier" && field["doubts"][1]["useless"] == true, "{field}");
        let counted = site.get(admin.clone(), "/quan-tri/kiem-tra?sap=useless").await?.text();
        ensure!(counted.contains("Bị bảo là không đúng"), "{counted}");
        // A program asks again and takes back what it called wrong.
        let asks =
            br#"{"check": true, "answers": [{"check": "outlier", "measure": "income.per_person", "useless": false}]}"#;
        let again = site.post(admin, &format!("{api}/doubts"), "application/json", asks.to_vec()).await?;
        let told: serde_json::Value = serde_json::from_slice(&again.body).with_context(|| again.text())?;
        ensure!(
            told["doubts"]
                .as_array()
                .is_some_and(|all| all.len() == 3 && all.iter().all(|one| one["useless"] == false)),
            "{told}"
        );
        Ok(())
    });
}

/// A picture that is told from others by `look`.
fn picture(width: u32, height: u32, look: u32) -> Vec<u8> {
    let picture = RgbImage::from_fn(width, height, |x, y| {
        let (u, v) = (x * 64 / width, y * 64 / height);
        let field = (u / 8 * 7 + v / 8 * 13 + look * (u / 8 + 3) * (v / 8 + 5)) % 11;
        Rgb([(field * 23) as u8, (field * 20) as u8, 90])
    });
    let mut bytes = Vec::new();
    picture.write_to(&mut Cursor::new(&mut bytes), ImageFormat::Jpeg).expect("it encodes");
    bytes
}

async fn attach(site: &Visitor, unit: UnitId, name: &str, bytes: &[u8]) -> Result<()> {
    let mut body = Vec::new();
    for (field, value) in [("measure", INCOME), ("year", "2024")] {
        body.extend(format!("--x\r\ncontent-disposition: form-data; name=\"{field}\"\r\n\r\n{value}\r\n").bytes());
    }
    body.extend(format!("--x\r\ncontent-disposition: form-data; name=\"files\"; filename=\"{name}\"\r\n\r\n").bytes());
    body.extend_from_slice(bytes);
    body.extend_from_slice(b"\r\n--x--\r\n");
    let path = format!("/xa/{unit}/minh-chung/gui");
    let answer = site.post(Actor::LOCAL_ADMIN, &path, "multipart/form-data; boundary=x", body).await?;
    ensure!(answer.status == 303, "{} {}", answer.status, answer.text());
    Ok(())
}

#[test]
fn whoever_reviews_sees_where_photographs_were_taken_and_where_else_they_are_used() {
    each_engine(ROOMS, |store| async move {
        let (law, one) = doubted(&store).await?;
        let folder = tempfile::tempdir()?;
        let site = Visitor::new(&store, &law, &folder)?;
        let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
        let place = units::store::get(&mut tx, COMMUNE).await?.context("the commune")?;
        let (lat, lon) = place.lat.zip(place.lon).context("where it is")?;
        drop(tx);
        let shot = |look, at| testkit::photo::taken_at(&picture(320, 240, look), "2024:10:12 08:31:07", at);
        attach(&site, COMMUNE, "trong-xa.jpg", &shot(1, (lat, lon))).await?;
        attach(&site, COMMUNE, "ngoai-xa.jpg", &shot(5, (lat - 0.9, lon))).await?;
        let smaller = testkit::photo::taken_at(&picture(160, 120, 5), "2024:10:12 08:31:07", (lat, lon));
        attach(&site, OTHER, "xa-khac.jpg", &smaller).await?;
        let mut registry = store::jobs::Registry::default();
        facts::jobs::register_evidence(&mut registry, site.means());
        let clock: Arc<dyn Clock> = Arc::new(CLOCK);
        while registry.run_one(&store, &clock).await? {}
        let mut tx = store.write(&Actor::LOCAL_ADMIN, &CLOCK).await?;
        values::save(&mut tx, &law, &one, COMMUNE, &[given(INCOME, "45,5", 0)]).await?;
        let wanted = Wanted { action: Action::Send, criteria: vec![criterion("10")], reason: String::new() };
        let around = doubts::around(&store, &law, &one, COMMUNE).await?;
        doubts::ask(&mut tx, &law, &one, COMMUNE, around.as_ref()).await?;
        let found = Doubts::of(&mut tx, &law, &one, COMMUNE).await?;
        ensure!(found.of_measure(INCOME).next().is_none(), "it has evidence and is like the others: {found:?}");
        actions::act(&mut tx, &law, &one, COMMUNE, &wanted).await?;
        tx.commit().await?;
        let page = site.get(Actor::LOCAL_ADMIN, &format!("/bao-cao/{}/xa/{COMMUNE}/{SET}/10", one.id)).await?.text();
        let piece = |name: &str| -> Result<String> {
            let from = page.split("<li>").find(|one| one.contains(name)).with_context(|| format!("{name}: {page}"))?;
            Ok(from.split("</li>").next().unwrap_or_default().to_owned())
        };
        let inside = piece("trong-xa.jpg")?;
        ensure!(inside.contains("chụp 12/10/2024 08:31") && inside.contains("trong Xã Tân Mỹ"), "{inside}");
        ensure!(!inside.contains("giống") && inside.contains("/tep-minh-chung/1/anh"), "{inside}");
        let outside = piece("ngoai-xa.jpg")?;
        ensure!(outside.contains("ngoài Xã Tân Mỹ, cách ranh giới") && outside.contains(" km"), "{outside}");
        ensure!(
            outside.contains("Ảnh này giống ảnh của") && outside.contains("href=\"/tep-minh-chung/3\""),
            "{outside}"
        );
        Ok(())
    });
}
