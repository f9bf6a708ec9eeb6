//! The sheet of all criteria, and values in units that people use: what a page, a program and a table read is the same.

use crate::{
    COMMUNE, ROOMS, SET, opened, ready,
    site::{FORM, Visitor, form},
    somebody,
};
use anyhow::{Context, Result, ensure};
use facts::{Key, Law, intake, published};
use kernel::{Actor, Role};
use rulebook::Origin;
use store::Store;
use testkit::each_engine;

const INCOME: &str = "income.per_person";

/// The commune's figure of a measure as it is worked on: value, note, version.
async fn stands(store: &Store, law: &Law, who: &Actor, origin: Origin) -> Result<(String, String, i64)> {
    let measure = law.measure_id(INCOME).context("a measure")?;
    let mut tx = store.read(&who.scope()).await?;
    let key = Key { unit: COMMUNE, year: 2024, measure, origin };
    let figure = published::current(&mut tx, key).await?.context("a figure")?;
    let value = figure.value.shown().map(|n| n.to_string()).unwrap_or_default();
    Ok((value, figure.note.unwrap_or_default(), figure.revision.0))
}

#[test]
fn the_sheet_saves_what_is_right_and_keeps_what_is_wrong_in_its_cell() {
    each_engine(ROOMS, |store| async move {
        let law = ready(&store).await?;
        let one = opened(&store, &law, "2024").await?;
        let folder = tempfile::tempdir()?;
        let visitor = Visitor::new(&store, &law, &folder)?;
        let officer = somebody(Role::CommuneOfficer, 11, COMMUNE, None);
        let sheet = format!("/bao-cao/{}/xa/{COMMUNE}/bang", one.id);

        let page = visitor.get(officer.clone(), &sheet).await?;
        let text = page.text();
        ensure!(page.status == 200, "{} {text}", page.status);
        let inputs = |text: &str| text.matches(" name=\"s.").count();
        let rows = inputs(&text);
        ensure!(rows > 40, "a row a value: {rows}");
        for wanted in [
            "data-field=\"income.per_person\" data-no=\"10.1\"",
            "đồng/người/năm (× 0,000001)",
            "mau.xlsx?bo=commune-2021-2025",
        ] {
            ensure!(text.contains(wanted), "{wanted}: {text}");
        }

        let sent = form(&[
            ("key", "a"),
            ("s.income.per_person", "0"),
            ("v.income.per_person", "45.600.000 đồng"),
            ("g.income.per_person", "theo niên giám"),
            ("s.poverty.multidimensional_rate", "0"),
            ("v.poverty.multidimensional_rate", "5 hộ"),
        ]);
        let answer = visitor.post(officer.clone(), &sheet, FORM, sent).await?;
        let text = answer.text();
        ensure!(
            answer.status == 422 && text.contains("value=\"5 hộ\""),
            "what was typed stays: {} {text}",
            answer.status
        );
        ensure!(text.contains("đơn vị \"hộ\" không được khai"), "said at the cell: {text}");
        let (value, note, seen) = stands(&store, &law, &officer, Origin::Declared).await?;
        ensure!(
            (value.as_str(), note.as_str()) == ("45.6", "theo niên giám [nhập 45.600.000 đồng/người/năm]"),
            "{value} {note}"
        );

        // The same sent again keeps what was typed; another value loses it; somebody who saw nothing is asked.
        let seen_text = seen.to_string();
        for (key, at, value, typed, wanted) in [
            ("b", seen_text.as_str(), "45,6", note.as_str(), (303, "45.6", note.as_str())),
            ("c", "0", "50", "", (409, "45.6", note.as_str())),
            ("d", seen_text.as_str(), "50", note.as_str(), (303, "50", "theo niên giám")),
        ] {
            let fields = [
                ("key", key),
                ("s.income.per_person", at),
                ("v.income.per_person", value),
                ("g.income.per_person", typed),
            ];
            let answer = visitor.post(officer.clone(), &sheet, FORM, form(&fields)).await?;
            let (value, note, _) = stands(&store, &law, &officer, Origin::Declared).await?;
            ensure!(
                (answer.status, value.as_str(), note.as_str()) == wanted,
                "{key}: {} {value} {note}",
                answer.status
            );
        }

        // Who only looks sees no cells, and writes none.
        let verifier = somebody(Role::Appraiser, 21, COMMUNE, None);
        let page = visitor.get(verifier.clone(), &sheet).await?;
        ensure!(page.status == 200 && inputs(&page.text()) == 0, "{}", page.status);
        ensure!(visitor.post(verifier, &sheet, FORM, form(&[("key", "e")])).await?.status == 403);
        Ok(())
    });
}

#[test]
fn a_program_and_a_table_read_units_as_the_page_does() {
    each_engine(ROOMS, |store| async move {
        let law = ready(&store).await?;
        let one = opened(&store, &law, "2024").await?;
        let folder = tempfile::tempdir()?;
        let visitor = Visitor::new(&store, &law, &folder)?;
        let officer = somebody(Role::CommuneOfficer, 11, COMMUNE, None);
        let api = format!("/api/v1/campaigns/{}/units/{COMMUNE}/entries", one.id);
        let body =
            |value: &str| serde_json::json!({"entries": [{"measure": INCOME, "value": value, "seen": 0}]}).to_string();
        let wrong = visitor.post(officer.clone(), &api, "application/json", body("45 tỷ đồng").into_bytes()).await?;
        ensure!(wrong.text().contains("\"wrong\"") && wrong.text().contains("tỷ đồng"), "{}", wrong.text());
        let right =
            visitor.post(officer.clone(), &api, "application/json", body("45600 nghìn đồng").into_bytes()).await?;
        ensure!(right.status == 200, "{}", right.text());
        let (value, note, _) = stands(&store, &law, &officer, Origin::Declared).await?;
        ensure!((value.as_str(), note.as_str()) == ("45.6", "[nhập 45.600 nghìn đồng/người/năm]"), "{value} {note}");

        let table =
            "unit_code,period,indicator,value,evidence\nCODE,2024,10.1,45600 nghìn đồng,CV 12\nCODE,2024,11.1,5 hộ,\n";
        let mut tx = store.write(&Actor::LOCAL_ADMIN, &testkit::CLOCK).await?;
        let unit = units::store::get(&mut tx, COMMUNE).await?.context("the commune")?;
        let table = table.replace("CODE", &unit.code);
        let what = intake::Intake { set: SET.into(), origin: Origin::Imported, publish: false, source: "a.csv".into() };
        let how = documents::values_in::How::default();
        let checked = intake::check(&mut tx, &law, table.as_bytes(), how, &what).await?.context("the set")?;
        let faults: Vec<_> = checked.wrong.faults.iter().map(|fault| (fault.line, fault.what.key)).collect();
        ensure!(faults == [(3, "values-unit")], "{faults:?}");
        intake::commit(&mut tx, &law, &checked.entries, &what, table.as_bytes()).await?;
        tx.commit().await?;
        let (value, note, _) = stands(&store, &law, &Actor::LOCAL_ADMIN, Origin::Imported).await?;
        ensure!(
            (value.as_str(), note.as_str()) == ("45.6", "CV 12 [nhập 45.600 nghìn đồng/người/năm]"),
            "{value} {note}"
        );
        Ok(())
    });
}
