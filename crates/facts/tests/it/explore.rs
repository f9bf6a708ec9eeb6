//! Explore as a reader and as a program see it.

use crate::{
    figures::{COMMUNE, ROOMS, save, slice},
    visitor::{OK, Visitor},
};
use anyhow::{Context, Result, ensure};
use facts::{
    Entry, Key, Law,
    totals::{self, CommuneRow, Listing, Slice},
};
use kernel::{Actor, UnitId};
use rulebook::{Origin, Value};
use serde_json::{Value as Json, json};
use store::Store;
use testkit::each_engine;

fn figure(law: &Law, unit: UnitId, year: i16, measure: &str, value: &str) -> Entry {
    let measure = law.measure_id(measure).unwrap_or_else(|| panic!("no measure {measure}"));
    let value = match value {
        "yes" => Value::Yes(true),
        "no" => Value::Yes(false),
        number => Value::Number(number.parse().expect("a number")),
    };
    Entry::new(Key { unit, year, measure, origin: Origin::Declared }, value)
}

const INCOME: &str = "income.per_person";

/// A second old commune of the same district, one of another district, and a new one.
async fn others(store: &Store) -> Result<(CommuneRow, CommuneRow, CommuneRow)> {
    let mut tx = store.read(&Actor::READER.scope()).await?;
    let all = Listing { per: 1000, ..Listing::default() };
    let (old, _) = totals::communes(&mut tx, &slice(), &all).await?;
    let own = old.iter().find(|c| c.id == COMMUNE).context("the commune")?.district.clone();
    let beside = old.iter().find(|c| c.id != COMMUNE && c.district == own).context("a neighbour")?;
    let away = old.iter().find(|c| c.district != own).context("one of another district")?;
    let day = "2025-12-31".parse().map_err(|_| anyhow::anyhow!("a day"))?;
    let provinces = units::store::provinces(&mut tx, day).await?;
    let province = units::home().province(&provinces, None).context("the province")?.id;
    let now = Slice { ancestor: province, set: String::new(), year: 2025, day };
    let (new, _) = totals::communes(&mut tx, &now, &all).await?;
    Ok((beside.clone(), away.clone(), new.first().context("a new commune")?.clone()))
}

async fn visited(store: &Store) -> Result<(Visitor, [CommuneRow; 3])> {
    let visitor = Visitor::new(store.clone()).await?;
    let (beside, away, new) = others(store).await?;
    let law = &visitor.law;
    let published = [
        figure(law, COMMUNE, 2024, INCOME, "40"),
        figure(law, COMMUNE, 2024, "population", "100"),
        figure(law, COMMUNE, 2024, "electricity.electricity_system_meets_standard", "yes"),
        figure(law, beside.id, 2024, INCOME, "60"),
        figure(law, beside.id, 2024, "population", "300"),
        figure(law, beside.id, 2024, "electricity.electricity_system_meets_standard", "no"),
        figure(law, COMMUNE, 2025, INCOME, "44"),
        figure(law, new.id, 2025, INCOME, "80"),
    ];
    save(store, law, &published, true).await?;
    // Recorded, not published: nobody outside may count it.
    save(store, law, &[figure(law, away.id, 2024, INCOME, "1000")], false).await?;
    Ok((visitor, [beside, away, new]))
}

async fn asked(visitor: &Visitor, query: &str) -> Result<Json> {
    let answer = visitor.ask(&format!("/kham-pha.json?{query}"), &[]).await?;
    ensure!(answer.status == OK, "{query}: {} {}", answer.status, answer.text());
    answer.json()
}

/// The row of a name: its values by column.
fn row<'a>(told: &'a Json, name: &str) -> Result<&'a Json> {
    let rows = told["rows"].as_array().context("rows")?;
    Ok(&rows.iter().find(|r| r["name"] == name).with_context(|| format!("{name} in {told}"))?["values"])
}

#[test]
fn years_gather_published_figures_exactly_and_the_sides_of_a_reorganisation_apart() {
    each_engine(ROOMS, |store| async move {
        let (visitor, _) = visited(&store).await?;
        let told = asked(&visitor, &format!("sl={INCOME}&hang=nam&tu=2024&den=2025")).await?;
        let columns = [
            "Trung bình có trọng số",
            "Trung vị",
            "Trung bình, mỗi xã tính như nhau",
            "Thấp nhất",
            "Cao nhất",
            "Số xã có số liệu",
        ];
        ensure!(told["columns"] == json!(columns), "{told}");
        // (40·100 + 60·300) / 400; the figure that is not published is nowhere.
        ensure!(row(&told, "2024, xã cũ")? == &json!(["55", "50", "50", "40", "60", "2"]), "{told}");
        // Without a weight no weighted mean.
        ensure!(row(&told, "2025, xã cũ")? == &json!([null, "44", "44", "44", "44", "1"]), "{told}");
        ensure!(row(&told, "2025, xã mới")? == &json!([null, "80", "80", "80", "80", "1"]), "{told}");
        let notes = told["notes"].to_string();
        ensure!(notes.contains("không chuyển sang xã mới") && notes.contains("Dân số"), "{notes}");
        Ok(())
    });
}

#[test]
fn communes_of_one_year_are_of_one_side() {
    each_engine(ROOMS, |store| async move {
        let (visitor, [beside, away, new]) = visited(&store).await?;
        for (side, there, gone, value) in [
            ("", "Xã Tân Mỹ", false, "44"),
            ("&dv=ca-hai", "Xã Tân Mỹ", false, "44"),
            ("&dv=moi", new.name.as_str(), true, "80"),
        ] {
            let told = asked(&visitor, &format!("sl={INCOME}&tu=2025&den=2025{side}")).await?;
            let rows = told["rows"].as_array().context("rows")?;
            ensure!(rows.iter().all(|r| r["ended"] == json!(!gone)), "{side}: one side");
            let own = rows.iter().find(|r| r["name"] == there && r["values"] == json!([value]));
            ensure!(own.is_some(), "{side}: {there} {value}");
        }
        let several = asked(&visitor, &format!("sl={INCOME}&tu=2024&den=2025&dv=ca-hai&q={}", new.code)).await?;
        ensure!(several["rows"].as_array().is_some_and(|r| r.iter().any(|r| r["values"] == json!([null, "80"]))));
        // By name, without diacritics; what nobody published is no figure.
        let name = kernel::text::search_key(&away.name).replace(' ', "+");
        let one = asked(&visitor, &format!("sl={INCOME}&tu=2024&den=2024&q={name}")).await?;
        ensure!(row(&one, &away.name)? == &json!([null]), "{one}");
        let order = asked(&visitor, &format!("sl={INCOME}&tu=2024&den=2024&sap=giam")).await?;
        ensure!(order["rows"][0]["name"] == json!(beside.name) && order["rows"][1]["unit"] == json!(COMMUNE.0));
        let two = asked(&visitor, &format!("sl={INCOME}&sl2=population&den=2024")).await?;
        ensure!(row(&two, "Xã Tân Mỹ")? == &json!(["40", "100"]), "{two}");
        Ok(())
    });
}

#[test]
fn only_what_a_measure_allows_is_gathered() {
    each_engine(ROOMS, |store| async move {
        let (visitor, _) = visited(&store).await?;
        for (measure, statistic, wanted) in [
            ("population", "sum", json!("400")),
            // Incomes are not added up: the statistic that says most stands in its place.
            (INCOME, "sum", json!("55")),
            (INCOME, "max", json!("60")),
            ("electricity.electricity_system_meets_standard", "mean", json!("50")),
        ] {
            let told = asked(&visitor, &format!("sl={measure}&hang=huyen&den=2024&gop={statistic}")).await?;
            ensure!(row(&told, "Huyện Chiêm Hóa")? == &json!([wanted]), "{measure} {statistic}: {told}");
            ensure!(told["statistic"] != "sum" || measure == "population");
        }
        Ok(())
    });
}

#[test]
fn every_view_is_a_page_with_its_picture_its_table_and_files() {
    each_engine(ROOMS, |store| async move {
        let (visitor, _) = visited(&store).await?;
        let svg = "<svg class=\"chart\"";
        for (query, drawn) in [
            ("", true),
            ("sl=income.per_person&tu=2024&den=2024", true),
            ("sl=income.per_person&tu=2024&den=2024&hinh=bar", true),
            ("sl=income.per_person&tu=2021&den=2024", false),
            ("sl=income.per_person&tu=2021&den=2024&hinh=line", true),
            ("sl=income.per_person&sl2=population&den=2024", true),
            ("sl=electricity.electricity_system_meets_standard&tu=2023&den=2024", true),
            ("hang=huyen&tu=2021&den=2025", true),
            ("hang=huyen&cot=thong-ke&den=2024", true),
            ("sl=income.per_person&hang=nam&cot=huyen&tu=2021&den=2024&hinh=heat", false),
            ("hang=nam&tu=2021&den=2025", true),
            (
                "tu=9999&den=-1&tinh=9223372036854775807&huyen=x&hang=y&cot=z&gop=w&hinh=v&sap=u&trang=999999999999",
                true,
            ),
        ] {
            for root in ["", "/en"] {
                let page = visitor.ask(&format!("{root}/kham-pha?{query}"), &[]).await?;
                let text = page.text();
                ensure!(page.status == OK, "{query}: {} {text}", page.status);
                ensure!(text.contains(svg) == drawn, "{query}: a picture where one can be");
                ensure!(drawn || text.contains("heat-") || !query.contains("hinh=heat"), "{query}: a shaded table");
                ensure!(text.contains("<caption>") && !text.contains("[explore"), "{query}");
            }
        }
        let unknown = visitor.ask("/kham-pha?sl=khong-ai-biet", &[]).await?.text();
        ensure!(unknown.contains("Không có số liệu nào tên là “khong-ai-biet”"), "{unknown}");
        let by_name = asked(&visitor, "sl=THU+NHAP+binh+quan&den=2024").await?;
        ensure!(by_name["measure"]["id"] == INCOME, "{by_name}");
        let csv = visitor.ask(&format!("/kham-pha.csv?sl={INCOME}&tu=2024&den=2024&sap=giam"), &[]).await?.text();
        let mut lines = csv.lines();
        let head = lines.next().unwrap_or_default();
        ensure!(head.contains("Huyện") && head.contains("2024"), "{head}");
        ensure!(
            lines.next().is_some_and(|l| l.ends_with(",60")) && lines.next().is_some_and(|l| l.ends_with(",40")),
            "{csv}"
        );
        ensure!(visitor.ask("/kham-pha.xlsx", &[]).await?.body.starts_with(b"PK"));
        Ok(())
    });
}
