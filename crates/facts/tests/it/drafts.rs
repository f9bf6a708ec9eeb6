//! A criteria set from a table: out and in again it is the same set; problems stand at their cell; a second person approves.

use crate::{
    figures::{COMMUNE, ROOMS, entry, judged, library, prepared, save, slice},
    visitor::{OK, Visitor, hidden},
};
use documents::sheet_out;
use facts::{drafts, setsheet, totals};
use kernel::{Actor, Clock, PersonId, Place, Role, Scope};
use locale::Lang;
use rulebook::{Measure, Origin, Value};
use serde_json::json;
use std::sync::Arc;
use store::{Store, jobs::Registry};
use testkit::{CLOCK, each_engine};

const SET: &str = "commune-2021-2025";

fn officer(person: i64) -> Actor {
    Actor { role: Role::Coordination, person: Some(PersonId(person)), scope: Scope::WHOLE }
}

#[test]
fn every_shipped_set_comes_back_from_its_workbook_as_it_was() {
    let library = library(false);
    for set in library.sets() {
        for lang in [Lang::Vi, Lang::En] {
            let bytes = setsheet::write(set, &[], lang, CLOCK.today()).expect("a workbook");
            let back = setsheet::read(&bytes, &library).unwrap_or_else(|e| panic!("{}: {e:?}", set.set));
            assert_eq!((&back.book, back.measures.len()), (&**set, 0), "{}", set.set);
            // The same text judges, so that it judges the same.
            let day = "2025-12-31".parse().unwrap();
            let hash = |l: &rulebook::Library| l.in_force(&set.set, day).expect("in force").hash;
            assert_eq!(hash(&back.on(&library)), hash(&library), "{}", set.set);
        }
    }
}

/// A workbook of a set whose cells somebody changed: by sheet, row (from 1, below the headings) and column.
fn changed(cells: &[(&str, &str, &str, &str)]) -> Vec<u8> {
    with_new(&[], cells)
}

/// The same with measures that are new.
fn with_new(new: &[Measure], cells: &[(&str, &str, &str, &str)]) -> Vec<u8> {
    let mut form = setsheet::form(library(false).set(SET).expect("the set"), new, Lang::Vi, CLOCK.today());
    for (sheet, no, column, text) in cells {
        let sheet = form.sheets.iter_mut().find(|s| s.name == *sheet).expect("the sheet");
        let at = |name: &str| sheet.columns.iter().position(|c| c.heading == name).expect("the column");
        let key = match sheet.name.as_str() {
            "bo" => "field",
            "so-lieu" => "measure",
            _ => "no",
        };
        let (key, at) = (at(key), at(column));
        let is = |row: &&mut Vec<sheet_out::Cell>| matches!(&row[key].content, sheet_out::Content::Text(t) if t == no);
        let row = sheet.rows.iter_mut().find(is).unwrap_or_else(|| panic!("row {no}"));
        row[at].content = sheet_out::Content::Text((*text).into());
    }
    sheet_out::write(&form).expect("a workbook")
}

#[test]
fn what_does_not_fit_is_said_at_its_sheet_and_cell() {
    let library = library(false);
    let check = |cell: (&str, &str, &str, &str), key: &str, column: char| {
        let found = setsheet::read(&changed(&[cell]), &library).expect_err(key);
        let (sheet, at) = match &found[0].place {
            Some(Place::Cell { sheet, cell }) => (sheet.clone(), cell.clone()),
            other => panic!("{other:?}"),
        };
        assert_eq!((found[0].phrase.key, sheet.as_str(), at.chars().next()), (key, cell.0, Some(column)), "{found:?}");
    };
    check(("chi-tieu", "2.1", "kind", "tỷ lệ"), "setsheet-not-a-word", 'H');
    check(("chi-tieu", "2.1", "measure", "no.such"), "setsheet-no-measure", 'K');
    check(("chi-tieu", "2.1", "measure", "income.per_person"), "setsheet-measure-kind", 'K');
    check(("chi-tieu", "2.1", "op", "achieved"), "setsheet-op-kind", 'L');
    check(("chi-tieu", "3.1", "value", "tám mươi"), "overlay-no-number", 'M');
    check(("chi-tieu", "3.1", "limits", "vùng = 3"), "setsheet-wrong-limits", 'N');
    check(("chi-tieu", "3.1", "text_vi", ""), "setsheet-missing", 'F');
    check(("chi-tieu", "3.1", "criterion", "77"), "setsheet-no-criterion", 'A');
    check(("chi-tieu", "2.2", "no", "2.1"), "setsheet-twice", 'B');
    check(("bo", "from", "value", "hôm qua"), "units-no-day", 'B');
    check(("bo", "set", "value", "Bộ mới"), "setsheet-id", 'B');
    check(("tieu-chi", "2", "no", "1"), "setsheet-twice", 'A');
    assert_eq!(setsheet::read(b"no workbook", &library).expect_err("refused").len(), 1);
}

#[test]
fn a_threshold_that_cannot_be_right_is_said_at_its_cell() {
    let library = library(false);
    let check = |cell: (&str, &str, &str, &str), key: &str, column: char| {
        let found = setsheet::read(&changed(&[cell]), &library).expect_err(key);
        let at = |place: &Option<Place>| match place {
            Some(Place::Cell { sheet, cell }) => (sheet.clone(), cell.chars().next()),
            other => panic!("{other:?}"),
        };
        let said: Vec<_> = found.iter().map(|p| (p.phrase.key, at(&p.place))).collect();
        assert_eq!(said, [(key, (cell.0.to_owned(), Some(column)))], "{cell:?}");
    };
    check(("chi-tieu", "3.1", "value", "800"), "overlay-over-hundred", 'M');
    check(("chi-tieu", "3.1", "value", "-5"), "overlay-negative", 'M');
    check(("chi-tieu", "3.1", "value", "1.000"), "values-ambiguous", 'M');
    check(("chi-tieu", "3.1", "value", ""), "setsheet-no-limit", 'M');
    check(("chi-tieu", "3.1", "limits", "region TDMNPB = 800"), "overlay-over-hundred", 'N');
    check(("chi-tieu", "3.1", "limits", "region DBHS = 80; region DBSH = 90"), "setsheet-no-region", 'N');
    check(("chi-tieu", "3.1", "limits", "year 2024 region DBHS = 80"), "setsheet-no-region", 'N');
    check(("chi-tieu", "3.1", "limits", "group 9 = 70"), "overlay-no-group", 'N');
    check(("chi-tieu", "3.1", "limits", "year 25 = 48"), "setsheet-no-year", 'N');
    check(("chi-tieu", "10.1", "limits", "region DBSH = 1.000"), "values-ambiguous", 'N');
    check(("bo", "to", "value", "2020-01-01"), "overlay-ends-before", 'B');
    // Several are said at once, each in its own words.
    let both = [("chi-tieu", "3.1", "limits", "year 25 = 48; group 9 = 70")];
    assert_eq!(setsheet::read(&changed(&both), &library).expect_err("two").len(), 2);
    // What somebody else lays down, or nobody has seen, is left out; three places behind the point come back as they were.
    let cells = [("chi-tieu", "3.1", "value", ""), ("chi-tieu", "3.1", "delegated_to", "province")];
    assert!(setsheet::read(&changed(&cells), &library).is_ok());
    let cells = [("chi-tieu", "3.1", "value", ""), ("chi-tieu", "3.1", "confidence", "unknown")];
    assert!(setsheet::read(&changed(&cells), &library).is_ok());
    let cells = [("chi-tieu", "3.1", "value", "12,1250"), ("chi-tieu", "10.1", "limits", "region DBSH = 45,1250")];
    let book = setsheet::read(&changed(&cells), &library).expect("one reading").book;
    let again = setsheet::write(&book, &[], Lang::Vi, CLOCK.today()).expect("a workbook");
    assert_eq!(setsheet::read(&again, &library).expect("it reads back").book, book);
}

/// Three measures that nobody has: counted twice, and the share of the one in the other.
fn new_measures() -> Vec<Measure> {
    let counted = |id: &str, name: &str| -> Measure {
        let text = json!({"id": id, "name_vi": name, "name_en": id, "kind": "count", "unit": "hộ", "aggregate": "sum",
            "reads": ["verified", "declared"], "background": true, "confidence": "recalled", "source": "phụ lục thử"});
        serde_json::from_value(text).expect("a measure")
    };
    let share: Measure =
        serde_json::from_value(json!({"id": "trial.solar_share", "name_vi": "Tỷ lệ hộ có điện mặt trời",
        "name_en": "Households with solar power", "kind": "percent", "unit": "%", "decimals": 2,
        "aggregate": "weighted:trial.households", "over_time": "mean", "reads": ["computed", "declared"],
        "computed": {"op": "share", "of": ["trial.solar", "trial.households"], "missing": "incomplete"},
        "confidence": "recalled", "source": "phụ lục thử", "note": "một ghi chú"}))
        .expect("a measure");
    vec![counted("trial.solar", "Hộ có điện mặt trời"), counted("trial.households", "Hộ được đếm"), share]
}

/// An indicator asks for the new share; the measure must be of its kind.
const ASKED: (&str, &str, &str, &str) = ("chi-tieu", "2.1", "measure", "trial.solar_share");

#[test]
fn a_set_brings_the_measures_that_nobody_had_before_it() {
    let library = library(false);
    let new = new_measures();
    let back = setsheet::read(&with_new(&new, &[ASKED]), &library).expect("it fits");
    assert_eq!(back.measures, new);
    let on = back.on(&library);
    assert_eq!(on.measure("trial.solar_share").map(|m| (**m).clone()), Some(new[2].clone()));
    // Whoever has one of them with another meaning is not passed over.
    let other = Measure { decimals: 5, ..new[0].clone() };
    assert_eq!(setsheet::taken(&back.measures, &library.with_measures([other])), ["trial.solar"]);
    assert_eq!(setsheet::taken(&back.measures, &on), [""; 0]);

    let check = |cells: &[(&str, &str, &str, &str)], key: &str, at: &str| {
        let found = setsheet::read(&with_new(&new, cells), &library).expect_err(key);
        let place = Some(Place::Cell { sheet: "so-lieu".into(), cell: at.into() });
        assert!(found.iter().any(|p| p.phrase.key == key && p.place == place), "{key} at {at}: {found:?}");
    };
    let cell = |no, column, text| [ASKED, ("so-lieu", no, column, text)];
    check(&[], "setsheet-measure-unused", "A4");
    check(&cell("trial.solar", "measure", "households"), "setsheet-measure-there", "A2");
    check(&cell("trial.solar", "measure", "trial.solar_share"), "setsheet-twice", "A4");
    check(&cell("trial.solar", "measure", "Điện mặt trời"), "setsheet-measure-id", "A2");
    check(&cell("trial.solar", "measure", "trial.others"), "setsheet-no-measure", "J4");
    check(&cell("trial.solar", "name_vi", ""), "setsheet-missing", "B2");
    check(&cell("trial.solar", "kind", "composite"), "setsheet-measure-composite", "D2");
    check(&cell("trial.solar", "decimals", "7"), "overlay-no-number", "F2");
    check(&cell("trial.solar", "aggregate", "count"), "setsheet-aggregate-kind", "G2");
    check(&cell("trial.solar", "aggregate", "weighted:no.such"), "setsheet-no-measure", "G2");
    check(&cell("trial.solar", "aggregate", "cộng"), "setsheet-not-a-word", "G2");
    check(&cell("trial.solar", "reads", "declared, nói"), "setsheet-not-a-word", "I2");
    check(&cell("trial.solar_share", "over_time", "thường"), "setsheet-not-a-word", "H4");
    check(&cell("trial.solar_share", "formula", "chia trial.solar"), "setsheet-formula-wrong", "J4");
    check(&cell("trial.solar_share", "formula", "share trial.solar"), "setsheet-formula-inputs", "J4");
    check(&cell("trial.solar_share", "formula", "sum trial.solar_share"), "setsheet-formula-circular", "J4");
    check(&cell("trial.solar_share", "if_missing", ""), "setsheet-missing", "K4");
}

#[test]
fn what_a_new_set_measures_is_entered_and_judged_once_it_is_approved() {
    each_engine(ROOMS, |store| async move {
        let visitor = Visitor::new(store.clone()).await?;
        judged(&store, &visitor.law, true).await?;
        let id = kept(&store, &officer(7), &with_new(&new_measures(), &[ASKED]), &visitor.law).await?;
        let page = visitor.get(&format!("/quan-tri/bo-tieu-chi/{id}"), true).await?.text();
        assert!(page.contains("Tỷ lệ hộ có điện mặt trời") && page.contains("trial.solar_share"), "{page}");
        assert_eq!(visitor.get("/api/v1/measures/trial.solar", true).await?.status, 404, "a draft is no dictionary");
        let decision = r#"{"decision": "approve", "version": "1"}"#;
        let json = [("content-type", "application/json")];
        let done = visitor.give(&format!("/api/v1/rulebook-drafts/{id}/decision"), &json, decision).await?;
        assert_eq!(done.status, OK, "{}", done.text());
        assert_eq!(visitor.get("/api/v1/measures/trial.solar", true).await?.status, OK);

        // Another draft of the same measure with another meaning is not taken; nor is it judged by.
        let other: Vec<Measure> = new_measures().into_iter().map(|m| Measure { decimals: 1, ..m }).collect();
        let before = visitor.law.clone();
        let id = kept(&store, &officer(7), &with_new(&other, &[ASKED]), &before).await?;
        let clash = visitor.give(&format!("/api/v1/rulebook-drafts/{id}/decision"), &json, decision).await?;
        assert_eq!(clash.status, 409, "{}", clash.text());

        // What it measures is written and judged: 20 of 80 households are 25 %.
        let mut tx = store.read(&Actor::READER.scope()).await?;
        let law = before.current(&mut tx).await?;
        drop(tx);
        let number = |measure: &str, n: i64| entry(&law, COMMUNE, measure, Value::Number(n.into()));
        save(&store, &law, &[number("trial.solar", 20), number("trial.households", 80)], true).await?;
        let mut tx = store.read(&Actor::READER.scope()).await?;
        let told = facts::story::story(&mut tx, &law, COMMUNE, SET, 2024).await?.expect("a story");
        let at = told.plan.book.node("2.1").expect("indicator 2.1");
        assert_eq!(told.values[at], Some(Value::Fraction(20.into(), 80.into())));
        assert_eq!(told.read_origins[at], Some(Origin::Computed));
        Ok(())
    });
}

async fn kept(store: &Store, by: &Actor, bytes: &[u8], law: &facts::Law) -> store::Result<i64> {
    let book = setsheet::read(bytes, law.library()).expect("it fits");
    let mut tx = store.write(by, &CLOCK).await?;
    let id = drafts::keep(&mut tx, "bo.xlsx", &book).await?;
    tx.commit().await?;
    Ok(id)
}

#[test]
fn a_draft_judges_nobody_until_a_second_person_approves_it() {
    each_engine(ROOMS, |store| async move {
        let law = prepared(&store, true).await?;
        judged(&store, &law, true).await?;
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        facts::rejudge::if_changed(&mut tx, &law).await?;
        tx.commit().await?;
        let stricter = changed(&[("chi-tieu", "3.1", "value", "100")]);
        let id = kept(&store, &officer(7), &stricter, &law).await?;
        let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
        assert_eq!(crate::plans::told(&store, &format!("draft/{id}")).await?, ["coordination", "council_chair"]);
        assert_eq!(law.current(&mut tx).await?.step(), 0, "a draft is no law");
        let draft = drafts::get(&mut tx, id).await?.expect("the draft");
        drop(tx);

        let decide = |by: Actor, version: i64, approve: bool, why: &'static str| {
            let (store, law, draft) = (store.clone(), law.clone(), draft.clone());
            async move {
                let mut tx = store.write(&by, &CLOCK).await?;
                let decision = drafts::Decision { version, seen: None, approve, why };
                let done = drafts::decide(&mut tx, &law, &draft, decision).await?;
                if done.is_ok() {
                    tx.commit().await?;
                }
                store::Result::Ok(done.err().map(|p| (p.phrase.key, p.status)))
            }
        };
        assert_eq!(decide(officer(7), 1, true, "").await?, Some(("draft-second-person", 403)), "never who drafted it");
        assert_eq!(decide(officer(8), 2, true, "").await?, Some(("draft-changed", 412)));
        assert_eq!(decide(officer(8), 1, false, " ").await?, Some(("overlay-why-missing", 422)));
        assert_eq!(decide(officer(8), 1, true, "").await?, None);

        let mut registry = Registry::default();
        facts::jobs::register(&mut registry, Arc::new(law.clone()), Arc::new(web::Everybody(Actor::READER)));
        let clock: Arc<dyn Clock> = Arc::new(CLOCK);
        while registry.run_one(&store, &clock).await? {}
        let mut tx = store.read(&Actor::READER.scope()).await?;
        let after = totals::totals(&mut tx, &slice()).await?;
        assert_eq!((after.passed_unconfirmed, after.failed), (0, 1), "by the new text");
        let now = law.current(&mut tx).await?;
        assert!(now.library().set(SET).expect("the set").main, "and shown as before");
        let decided = drafts::get(&mut tx, id).await?.expect("the draft");
        assert_eq!((decided.state, decided.version), (drafts::State::Approved, 2));
        Ok(())
    });
}

#[test]
fn pages_and_programs_take_a_workbook_and_show_it_beside_the_set_in_use() {
    each_engine(ROOMS, |store| async move {
        let visitor = Visitor::new(store.clone()).await?;
        judged(&store, &visitor.law, true).await?;
        let template = visitor.get(&format!("/quan-tri/bo-tieu-chi/mau.xlsx?bo={SET}"), true).await?;
        assert_eq!(template.status, OK);
        assert_eq!(setsheet::read(&template.body, visitor.law.library()).expect("it reads back").book.set, SET);
        let form = |bytes: &[u8]| {
            let head = "--x\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\nk1\r\n--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"bo.xlsx\"\r\n\r\n";
            [head.as_bytes(), bytes, b"\r\n--x--\r\n"].concat()
        };
        let kind = "multipart/form-data; boundary=x";
        let wrong = changed(&[("chi-tieu", "2.1", "measure", "no.such")]);
        let refused = visitor.post("/quan-tri/bo-tieu-chi/nhap", kind, form(&wrong)).await?;
        assert_eq!(refused.status, 422);
        assert!(refused.text().contains("no.such") && refused.text().contains("K"), "{}", refused.text());
        let good = changed(&[("chi-tieu", "3.1", "value", "100")]);
        let taken = visitor.post("/quan-tri/bo-tieu-chi/nhap", kind, form(&good)).await?;
        assert_eq!(taken.leads_to(), Some("/quan-tri/bo-tieu-chi/1"), "{}", taken.text());
        for path in
            ["/quan-tri/bo-tieu-chi", "/quan-tri/bo-tieu-chi/1", "/en/quan-tri/bo-tieu-chi/1?voi=commune-2026-2030"]
        {
            assert_eq!(visitor.get(path, true).await?.status, OK, "{path}");
            assert!(visitor.get(path, false).await?.status >= 300, "{path} is not for everybody");
        }
        let page = visitor.get("/quan-tri/bo-tieu-chi/1", true).await?.text();
        assert!(page.contains("Chặt hơn") && page.contains("Tân Mỹ"), "{page}");
        // Who drafted it at the machine is nobody in particular, and no second person.
        let decision = r#"{"decision": "approve", "version": "1"}"#;
        let json = [("content-type", "application/json")];
        let own = visitor.give("/api/v1/rulebook-drafts/1/decision", &json, decision).await?;
        assert_eq!(own.status, 403, "{}", own.text());
        let id = kept(&store, &officer(7), &good, &visitor.law).await?;
        let would = visitor.get(&format!("/api/v1/rulebook-drafts/{id}"), true).await?.json()?;
        assert!(would["would"]["changed"].as_u64() >= Some(1), "{would}");
        let done = visitor.give(&format!("/api/v1/rulebook-drafts/{id}/decision"), &json, decision).await?;
        assert_eq!((done.status, done.json()?["state"].as_str()), (OK, Some("approved")));
        let sent = visitor.give("/api/v1/rulebook-drafts", &json[..0], wrong).await?;
        assert_eq!(sent.status, 422);
        assert_eq!(visitor.get("/api/v1/rulebook-drafts", true).await?.json()?["count"], 2);
        assert_eq!(visitor.get("/quan-tri/bo-tieu-chi/99", true).await?.status, 404);
        // The list is searched by what is written on a set, put in order, taken away.
        let list = |query: &str| format!("/quan-tri/bo-tieu-chi?{query}");
        let found = visitor.get(&list("q=318&sap=title"), true).await?.text();
        assert!(found.contains("/quan-tri/bo-tieu-chi/1\""), "by the number of its decision: {found}");
        let nothing = visitor.get(&list("q=khong-co"), true).await?.text();
        assert!(!nothing.contains("/quan-tri/bo-tieu-chi/1\""), "{nothing}");
        for kind in ["csv", "xlsx"] {
            let file = visitor.get(&format!("/quan-tri/bo-tieu-chi.{kind}?q=318"), true).await?;
            assert_eq!(file.status, OK, "{kind}");
            assert!(visitor.get(&format!("/quan-tri/bo-tieu-chi.{kind}"), false).await?.status >= 300, "{kind}");
        }
        Ok(())
    });
}

#[test]
fn a_draft_on_which_a_document_in_force_no_longer_lies_names_it_and_waits_until_it_is_ended() {
    each_engine(ROOMS, |store| async move {
        let visitor = Visitor::new(store.clone()).await?;
        judged(&store, &visitor.law, true).await?;
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        facts::rejudge::if_changed(&mut tx, &visitor.law).await?;
        tx.commit().await?;
        let json = [("content-type", "application/json")];
        let document = |kind: &str, number: &str, thresholds: serde_json::Value| {
            let (from, issuer) = (if kind == "thresholds" { "2024-03-01" } else { "" }, "UBND tỉnh Tuyên Quang");
            json!({"kind": kind, "set": SET, "number": number, "date": "2024-02-01", "issuer": issuer, "from": from,
                "thresholds": thresholds})
            .to_string()
        };
        let laid = [
            document(
                "thresholds",
                "12/2024/QĐ-UBND",
                json!([{"no": "2.1", "value": "99"}, {"no": "2.2", "value": "99"}]),
            ),
            document("confirmation", "15/2024/QĐ-TTg", json!([{"no": "10.1"}])),
            document("thresholds", "16/2024/QĐ-UBND", json!([{"no": "2.1", "value": "1"}])),
        ];
        let mut ids = Vec::new();
        for body in laid {
            let answer = visitor.give("/api/v1/overlays", &json, body).await?;
            assert_eq!(answer.status, OK, "{}", answer.text());
            ids.push(answer.json()?["id"].as_i64().unwrap_or(0));
        }
        let renamed = changed(&[("chi-tieu", "2.2", "no", "2.9"), ("chi-tieu", "10.1", "no", "10.9")]);
        let id = kept(&store, &officer(7), &renamed, &visitor.law).await?;
        let (page, api) = (format!("/quan-tri/bo-tieu-chi/{id}"), format!("/api/v1/rulebook-drafts/{id}"));
        let shown = visitor.get(&page, true).await?.text();
        assert!(shown.contains("12/2024/QĐ-UBND") && shown.contains("15/2024/QĐ-TTg"), "{shown}");
        assert!(!shown.contains("16/2024/QĐ-UBND"), "what it names is there: {shown}");
        assert!(shown.contains("không có chỉ tiêu 2.2") && !shown.contains("value=\"approve\""), "{shown}");
        let told = visitor.get(&api, true).await?.json()?;
        let unfit = told["documents_unfit"].as_array().cloned().unwrap_or_default();
        let blocking: Vec<_> = unfit.iter().filter(|one| one["blocks"] == true).map(|one| one["id"].as_i64()).collect();
        assert_eq!(blocking, [Some(ids[0]), Some(ids[1])], "{told}");
        assert!(unfit.iter().any(|one| one["id"].is_null() && one["blocks"] == false), "the illustration: {told}");

        let decision = r#"{"decision": "approve", "version": "1"}"#;
        let decide = format!("{api}/decision");
        for (at, number) in ["12/2024/QĐ-UBND (2.2)", "15/2024/QĐ-TTg (10.1)"].into_iter().enumerate() {
            let refused = visitor.give(&decide, &json, decision).await?;
            assert!(refused.status == 409 && refused.text().contains(number), "{}", refused.text());
            let end = format!("/api/v1/overlays/{}/end", ids[at]);
            let ended = visitor.give(&end, &json, r#"{"why": "chỉ tiêu đánh số lại"}"#).await?;
            assert_eq!(ended.status, OK, "{}", ended.text());
        }
        crate::overlays::run_jobs(&store, &visitor.law).await?;
        // What the preview says is what the approval then changes.
        let told = visitor.get(&api, true).await?.json()?;
        let verdicts = told["would"]["verdicts"].as_array().cloned().unwrap_or_default();
        let public = verdicts.iter().filter(|v| v["published"] == true);
        let would: Vec<_> = public.map(|v| json!([v["unit"], v["set"], v["period"]])).collect();
        assert!(!would.is_empty(), "{told}");
        let done = visitor.give(&decide, &json, decision).await?;
        assert_eq!((done.status, done.json()?["state"].as_str()), (OK, Some("approved")), "{}", done.text());
        crate::overlays::run_jobs(&store, &visitor.law).await?;
        let mut tx = store.read(&Actor::READER.scope()).await?;
        let (_, list, _) = facts::rejudge::last(&mut tx, 0, 100).await?;
        let did: Vec<_> = list.iter().map(|r| json!([r.unit, r.set, r.period])).collect();
        assert_eq!(did, would);
        Ok(())
    });
}

#[test]
fn a_draft_is_not_approved_beside_another_law_than_the_one_that_was_seen() {
    each_engine(ROOMS, |store| async move {
        let visitor = Visitor::new(store.clone()).await?;
        judged(&store, &visitor.law, true).await?;
        let corrected = |text| changed(&[("chi-tieu", "3.1", "value", text)]);
        let first = kept(&store, &officer(7), &corrected("100"), &visitor.law).await?;
        let second = kept(&store, &officer(7), &corrected("90"), &visitor.law).await?;
        let page = format!("/quan-tri/bo-tieu-chi/{second}");
        let api = |id: i64| format!("/api/v1/rulebook-drafts/{id}");
        let open = visitor.get(&page, true).await?.text();
        let told = visitor.get(&api(second), true).await?.json()?;
        let seen = hidden(&open, "seen");
        assert_eq!((seen.as_str(), told["seen"].as_str()), ("0", Some("0")), "{open}");

        let json = [("content-type", "application/json")];
        let approve = |seen: &str| json!({"decision": "approve", "version": "1", "seen": seen}).to_string();
        let done = visitor.give(&format!("{}/decision", api(first)), &json, approve(&seen)).await?;
        assert_eq!(done.status, OK, "{}", done.text());

        // The page that was open before is shown again, beside the law of now.
        let kind = "application/x-www-form-urlencoded";
        let form = |page: &str| {
            let (seen, key) = (hidden(page, "seen"), hidden(page, "key"));
            format!("decision=approve&version=1&why=&seen={seen}&key={key}")
        };
        let late = visitor.post(&format!("{page}/quyet-dinh"), kind, form(&open)).await?;
        let again = late.text();
        assert_eq!(late.status, 409, "{again}");
        assert!(again.contains("Quy định đang áp dụng vừa được thay đổi"), "{again}");
        assert_eq!(hidden(&again, "seen"), "1", "{again}");
        let unsaid = visitor.post(&format!("{page}/quyet-dinh"), kind, "decision=approve&version=1&key=k0").await?;
        assert_eq!(unsaid.status, 409, "a form always says what it saw");
        let late = visitor.give(&format!("{}/decision", api(second)), &json, approve(&seen)).await?;
        assert_eq!(late.status, 409, "{}", late.text());
        let waits = visitor.get(&api(second), true).await?.json()?;
        assert_eq!((waits["draft"]["state"].as_str(), waits["seen"].as_str()), (Some("waiting"), Some("1")));
        let sent = visitor.post(&format!("{page}/quyet-dinh"), kind, form(&again)).await?;
        assert_eq!(sent.leads_to(), Some(page.as_str()), "{}", sent.text());
        Ok(())
    });
}

#[test]
fn whoever_administers_or_only_reads_has_no_power_over_the_law_or_over_mergers() {
    use web::permissions::{Holders, rule_of};
    let all = [
        ("check", "law"),
        ("overlay", "law"),
        ("draft", "law"),
        ("approve", "law"),
        ("prepare", "reorganisations"),
        ("approve", "reorganisations"),
    ];
    for (action, resource) in all {
        let rule = rule_of(action, resource).unwrap_or_else(|| panic!("no rule: {action} {resource}"));
        let Holders::Roles(roles) = rule.who else { panic!("{action} {resource} is nobody's own") };
        let roles: Vec<Role> = roles.iter().map(|(role, _)| *role).collect();
        let chair = action == "approve";
        assert_eq!(roles.contains(&Role::CouncilChair), chair, "{action} {resource}");
        assert!(
            roles.iter().all(|r| matches!(r, Role::Coordination | Role::CouncilChair)),
            "{action} {resource}: {roles:?}"
        );
    }
}
