//! Forms as data: refused with file and line, filled from verdicts and figures, every number with its trace.

use crate::prepared::{COMMUNE, OLD_PROVINCE, ROOMS, SET, entry, library, passing, prepared, save};
use anyhow::{Context, Result, ensure};
use facts::{Edition, Law};
use kernel::{Actor, Decimal, UnitId};
use reporting::forms::{
    self, Cell, Filled, Forms, Held, Origin, Source,
    model::Room,
    parse::{self, parse},
};
use rulebook::{Status, Value};
use store::{Query, Store, args};
use testkit::{CLOCK, each_engine};

#[test]
fn the_shipped_forms_are_ten_to_be_confirmed_and_three_of_them_are_filled_here() {
    let forms = Forms::read(forms::shipped(), &library());
    assert_eq!(forms.refused, [], "{:?}", forms.refused.iter().map(ToString::to_string).collect::<Vec<_>>());
    let told: Vec<_> = forms.all().map(|form| (form.id.as_str(), form.is_later())).collect();
    let filled = |id: &str| ["05", "06", "10"].contains(&id);
    assert_eq!(told.len(), 10);
    assert!(told.iter().all(|(id, later)| *later != filled(id)), "{told:?}");
    assert!(forms.all().all(|form| form.confidence == rulebook::model::Confidence::Recalled));
    assert!(
        forms
            .all()
            .all(|form| forms.origin(&form.id) == Some(Origin::Shipped) && form.is_for(2026) && !form.is_for(2025))
    );
}

/// A form of one column and these rows.
fn form(rows: &str) -> String {
    format!(
        "id = \"t1\"\ncode = \"Biểu T1\"\ntitle_vi = \"Thử\"\ntitle_en = \"Trial\"\nlevel = \"province\"\nset = \"{SET}\"\nfrom = 2021\n\
         periods = [\"year\"]\nconfidence = \"recalled\"\nsource = \"test\"\n\
         [[columns]]\ntitle_vi = \"Nội dung\"\ntitle_en = \"Content\"\nholds = \"title\"\n\
         [[columns]]\ntitle_vi = \"Năm trước\"\ntitle_en = \"Before\"\nholds = \"value\"\nyear = -1\n\
         [[columns]]\ntitle_vi = \"Năm nay\"\ntitle_en = \"Now\"\nholds = \"value\"\n{rows}"
    )
}

fn row(bound: &str) -> String {
    format!("[[rows]]\ntitle_vi = \"Dòng\"\ntitle_en = \"Row\"\n{bound}\n")
}

#[test]
fn what_is_wrong_with_a_form_is_said_by_file_and_line() {
    let law = library();
    let check = |rows: &str, line: usize, key: &str| {
        let wrong = parse("forms/t1.toml", &form(rows), &law).expect_err(rows);
        let told: Vec<_> = wrong.iter().map(|bad| (bad.line, bad.why.key)).collect();
        assert_eq!(told, [(line, key)], "{rows}");
        let said = wrong[0].to_string();
        assert!(said.starts_with(&format!("forms/t1.toml:{line}: ")) && !said.contains('['), "{said}");
    };
    check("[[rows]]\ntitel_vi = \"x\"\n", 25, "forms-bad-toml");
    check(&row("figure = { measure = \"no.such\" }"), 27, "forms-no-such-measure");
    check(&row("count = { criterion = { no = \"99\" } }"), 25, "forms-no-such-criterion");
    check(&row("set = \"no-set\"\ncount = \"communes\""), 27, "forms-no-such-set");
    check(&row("count = \"communes\"\nlater = \"programme\""), 25, "forms-bound-twice");
    check(&row("id = \"a\"\nsum = [\"b\"]"), 28, "forms-no-such-row");
    check(&row("id = \"a\"\nsum = [\"a\"]"), 27, "forms-sum-circle");
    check("[[rows]]\nid = \"a\"\ncount = \"communes\"\n", 25, "forms-row-no-title");
    check(&row("each = \"village\"\ncount = \"communes\""), 25, "forms-bad-each");
    check(&row("rows_of = \"indicators\""), 25, "forms-set-of-another-level");
    check(&row("each = \"district\"\nfigure = { measure = \"income.per_person\" }"), 25, "forms-own-each");
}

#[test]
fn a_province_lays_its_form_over_a_shipped_one_and_a_bad_one_leaves_the_shipped_in_use() {
    let law = library();
    let own = |text: String| parse::Source { file: "DATA/forms/x.toml".into(), text, origin: Origin::Province };
    let over = form(&row("count = \"communes\"")).replace("\"t1\"", "\"05\"");
    let forms = Forms::read(forms::shipped().into_iter().chain([own(over.clone()), own(form(""))]), &law);
    assert_eq!((forms.origin("05"), forms.origin("t1")), (Some(Origin::Province), Some(Origin::Province)));
    assert_eq!(forms.get("05").unwrap().code, "Biểu T1");
    let forms = Forms::read(forms::shipped().into_iter().chain([own(over.replace("holds", "hold"))]), &law);
    assert_eq!(forms.origin("05"), Some(Origin::Shipped));
    assert_eq!((forms.refused.len(), forms.refused[0].line), (1, 14));
}

async fn filled(store: &Store, law: &Law, text: &str, unit: UnitId, year: i16, edition: Edition) -> Result<Filled> {
    let form = parse("t1.toml", text, law.library()).map_err(|bad| anyhow::anyhow!("{}", bad[0]))?;
    let mut tx = store.read(&Actor::LOCAL_ADMIN.scope()).await?;
    let unit = units::store::get(&mut tx, unit).await?.context("a unit")?;
    let reading = forms::gather(&mut tx, law, &[&form], &unit, year, edition).await?;
    Ok(forms::fill(&form, &reading, law))
}

fn number(n: i64) -> Held {
    Held::Number(n.into())
}

fn last(filled: &Filled, at: usize) -> &Cell {
    filled.rows[at].cells.last().expect("a cell")
}

#[test]
fn counts_sums_and_figures_are_those_of_the_store_and_say_which_lines_they_are_made_from() {
    each_engine(ROOMS, |store| async move {
        let law = prepared(&store).await?;
        save(&store, &law, &passing(&law), true).await?;
        let other = UnitId(251);
        let income =
            |unit, value: &str| entry(&law, unit, 2024, "income.per_person", Value::Number(value.parse().unwrap()));
        save(&store, &law, &[income(other, "30.5")], true).await?;
        save(&store, &law, &[income(other, "31.5")], false).await?;
        let rows = [
            "id = \"all\"\ncount = \"communes\"",
            "id = \"ok\"\ncount = { verdict = { status = \"passed\" } }",
            "id = \"few\"\ncount = { passed = { from = 0, to = 18 } }",
            "sum = [\"ok\", \"few\"]",
            "count = { criterion = { no = \"10\" } }",
            "figure = { measure = \"income.per_person\", join = \"sum\" }",
            "figure = { measure = \"income.per_person\", join = \"mean\" }",
            "later = \"programme\"",
            "",
            "each = \"district\"\ncount = { verdict = { status = \"passed\" } }",
        ];
        let text = form(&rows.map(row).concat());
        let told = filled(&store, &law, &text, OLD_PROVINCE, 2024, Edition::Published).await?;
        let held: Vec<&Held> = (0..9).map(|at| &last(&told, at).held).collect();
        let passed = passing(&law).into_iter().find(|e| Some(e.key.measure) == law.measure_id("income.per_person"));
        let own = passed.and_then(|e| e.value.shown()).context("the commune's income")?;
        let both = &own + &"30.5".parse::<Decimal>().unwrap();
        ensure!(*held[0] == number(121) && *held[1] == number(1) && *held[2] == number(1), "{held:?}");
        ensure!(*held[3] == number(2) && *held[4] == number(1), "{held:?}");
        ensure!(*held[5] == Held::Number(both.clone()), "{held:?}");
        ensure!(*held[6] == Held::Number(both.checked_div_rounded(&2.into(), 6).unwrap()), "{held:?}");
        ensure!(*held[7] == Held::Later(Room::Programme) && *held[8] == Held::Empty);
        ensure!(last(&told, 1).without == 119, "{}", last(&told, 1).without);
        // Each district of the time; the commune's own is the only one with a number.
        let districts: Vec<&Held> = told.rows[9..].iter().map(|row| &row.cells[2].held).collect();
        ensure!(districts.len() == 7 && districts.iter().filter(|h| ***h == number(1)).count() == 1, "{districts:?}");
        ensure!(districts.iter().filter(|h| ***h == number(0)).count() == 6, "{districts:?}");

        // The trace is what the store holds.
        let mut tx = store.read(&Actor::LOCAL_ADMIN.scope()).await?;
        let sql = "SELECT v.revision, r.sha256 FROM facts_verdict v JOIN facts_ruletext r ON r.id = v.ruletext
                   WHERE v.unit = $1 AND v.set_id = $2 AND v.period = '2024' AND v.edition = 1";
        let stored = tx.row(sql, args![COMMUNE, SET]).await?.context("a verdict")?;
        let [Source::Verdict { unit, revision, ruletext, status, confirmed, .. }] = &last(&told, 1).sources[..] else {
            anyhow::bail!("{:?}", last(&told, 1).sources)
        };
        ensure!((*unit, revision.0, ruletext.clone()) == (COMMUNE, stored.i64(0)?, stored.text(1)?));
        ensure!((*status, *confirmed) == (Status::Passed, false), "passed on a number to be confirmed");
        let of_other = |source: &&Source| matches!(source, Source::Figure { unit, .. } if *unit == other);
        let sources = &last(&told, 5).sources;
        let Some(Source::Figure { measure, revision, value, .. }) = sources.iter().find(of_other) else {
            anyhow::bail!("{sources:?}")
        };
        ensure!(sources.len() == 2 && measure == "income.per_person", "{sources:?}");
        ensure!(*value == Value::Number("30.5".parse().unwrap()), "{value:?}");
        let sql = "SELECT published, working FROM facts_figure WHERE unit = $1 AND measure = $2";
        let row = tx.row(sql, args![other, law.measure_id("income.per_person").unwrap()]).await?.context("a figure")?;
        ensure!(revision.0 == row.i64(0)? && row.i64(0)? != row.i64(1)?);
        drop(tx);

        // What is worked on is another number, for those who may see it.
        let told = filled(&store, &law, &text, OLD_PROVINCE, 2024, Edition::Working).await?;
        ensure!(last(&told, 5).held == Held::Number(&both + &1.into()), "{:?}", last(&told, 5).held);
        // A year before the set: it does not count as nobody passed.
        let told = filled(&store, &law, &text, OLD_PROVINCE, 2021, Edition::Published).await?;
        ensure!(
            told.rows[1].cells[1].held == Held::NoSet && told.rows[3].cells[1].held == Held::NoSet,
            "{:?}",
            told.rows[1].cells
        );
        Ok(())
    });
}

#[test]
fn the_province_forms_count_each_group_and_the_commune_form_shows_every_indicator() {
    each_engine(ROOMS, |store| async move {
        let law = prepared(&store).await?;
        let forms = Forms::read(forms::shipped(), law.library());
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        let provinces = units::store::provinces(&mut tx, "2026-12-31".parse().unwrap()).await?;
        let province = provinces.first().context("a province")?.clone();
        let mut communes = units::store::under(&mut tx, province.id, "commune", "2026-12-31".parse().unwrap()).await?;
        communes.retain(units::Unit::is_judged_commune);
        for (commune, group) in communes.iter().zip(["1", "1", "3"]) {
            units::store::set_attribute(&mut tx, commune.id, "group", group, "test").await?;
        }
        tx.commit().await?;
        let plan = law.plan("commune-2026-2030", "2026-12-31".parse().unwrap()).context("the set in force")?;
        let measure = plan.book.nodes.iter().find_map(|n| n.indicator.measure.clone()).context("a measure")?;
        let value = if law.library().measure(&measure).unwrap().kind.is_yes_no() {
            Value::Yes(true)
        } else {
            Value::Number(99.into())
        };
        save(&store, &law, &[entry(&law, communes[0].id, 2026, &measure, value.clone())], true).await?;

        let read = |id: &str, unit: UnitId| {
            let text = forms.text(id).unwrap().to_owned();
            let (store, law) = (store.clone(), law.clone());
            async move { filled(&store, &law, &text, unit, 2026, Edition::Published).await }
        };
        let six = read("06", province.id).await?;
        let of = |no: &str, title: &str| {
            let row = six.rows.iter().find(|row| row.no == no && row.title.0.starts_with(title));
            row.map(|row| &row.cells[3].held).with_context(|| no.to_owned())
        };
        ensure!(*of("1", "Tổng số")? == number(communes.len() as i64));
        ensure!(
            *of("1.1", "Xã nhóm 1")? == number(2)
                && *of("1.2", "Xã nhóm 2")? == number(0)
                && *of("1.3", "Xã nhóm 3")? == number(1)
        );
        ensure!(*of("4", "Số xã đạt dưới 5")? == number(1) && *of("2", "Số xã đạt 10")? == number(0));
        ensure!(*of("2.1", "Số xã có quyết định")? == Held::Later(Room::Recognition));
        // Before 2026 the set was not in force: not zero.
        let before = six.rows.iter().find(|row| row.no == "2").map(|row| &row.cells[2].held);
        ensure!(before == Some(&Held::NoSet), "{before:?}");
        let five = read("05", province.id).await?;
        ensure!(five.rows.len() == 10 && five.rows.iter().all(|row| row.cells.len() == 13));

        let ten = read("10", communes[0].id).await?;
        ensure!(ten.rows.len() > 10, "{}", ten.rows.len());
        let with: Vec<_> = ten.rows.iter().filter(|row| row.cells[5].held == Held::Value(value.clone())).collect();
        ensure!(!with.is_empty() && with.iter().all(|row| matches!(row.cells[5].sources[..], [Source::Figure { .. }])));
        ensure!(ten.rows.iter().all(|row| matches!(row.cells[6].held, Held::Judged(..))), "every row has a verdict");
        Ok(())
    });
}
