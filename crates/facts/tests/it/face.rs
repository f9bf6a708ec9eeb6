//! What the public asks of one commune: why, what if, beside whom; and the map in its layers.

use crate::{
    figures::{COMMUNE, ROOMS, entry, save, slice},
    visitor::Visitor,
};
use anyhow::{Context, Result, ensure};
use facts::{
    choropleth::{Class, choropleth},
    measured,
};
use kernel::{Actor, Decimal, UnitId};
use rulebook::Value;
use testkit::each_engine;

const INCOME: &str = "income.per_person";

/// The communes whose incomes of 2024 are told, in Vietnamese order; the first of them is the poorest. The fourth asks for
/// no more than it has.
async fn told(store: store::Store) -> Result<(Visitor, Vec<UnitId>)> {
    let visitor = Visitor::new(store).await?;
    let mut tx = visitor.store.read(&Actor::READER.scope()).await?;
    let all = measured::over(&mut tx, &visitor.law, &slice(), INCOME).await?;
    drop(tx);
    let mut units = vec![COMMUNE];
    units.extend(all.iter().map(|m| m.commune.id).filter(|id| *id != COMMUNE).take(4));
    let number = |at: usize| Value::Number(Decimal::from(41 + 5 * at as i64));
    let entries: Vec<_> =
        units.iter().enumerate().map(|(at, &unit)| entry(&visitor.law, unit, INCOME, number(at))).collect();
    save(&visitor.store, &visitor.law, &entries, true).await?;
    Ok((visitor, units))
}

#[test]
fn a_verdict_says_why_and_where_the_commune_stands() {
    each_engine(ROOMS, |store| async move {
        let (visitor, _) = told(store).await?;
        let page = visitor.get(&format!("/xa/{COMMUNE}/chi-tieu/10.1?nam=2024"), false).await?.text();
        for wanted in ["41 triệu đồng/người/năm", "Cao thứ 5 trong 5 xã", "không đạt", "318/QĐ-TTg", "class=\"chart"]
        {
            ensure!(page.contains(wanted), "{wanted}: {page}");
        }
        let none = visitor.get(&format!("/xa/{COMMUNE}/chi-tieu/1.1?nam=2024"), false).await?.text();
        ensure!(none.contains("Chưa có số liệu") && !none.contains("Cao thứ"), "{none}");
        for address in ["/xa/250/chi-tieu/99.9?nam=2024", "/xa/99999999/chi-tieu/10.1", "/xa/206/chi-tieu/10.1"] {
            ensure!(visitor.get(address, false).await?.status == 404, "{address}");
        }
        Ok(())
    });
}

#[test]
fn another_set_is_asked_and_each_difference_explained() {
    each_engine(ROOMS, |store| async move {
        let (visitor, _) = told(store).await?;
        let address = format!("/xa/{COMMUNE}/neu-xet?nam=2024&bo=commune-2021-2025&theo=commune-advanced-2021-2025");
        let page = visitor.get(&address, false).await?.text();
        for wanted in ["nâng cao", "Không có số liệu tương ứng"] {
            ensure!(page.contains(wanted), "{wanted}: {page}");
        }
        // A set that nobody knows is another one that is known; a unit that is not there has no such page.
        let other = visitor.get(&format!("/xa/{COMMUNE}/neu-xet?theo=nothing"), false).await?;
        ensure!(other.status == 200, "{}", other.status);
        ensure!(visitor.get("/xa/99999999/neu-xet", false).await?.status == 404);
        Ok(())
    });
}

#[test]
fn communes_stand_beside_each_other_and_beside_the_mean() {
    each_engine(ROOMS, |store| async move {
        let (visitor, units) = told(store).await?;
        let names = format!("{},{},hoang", units[1], units[2]);
        let page = visitor.get(&format!("/xa/{COMMUNE}/so-sanh?nam=2024&tb=tinh&voi={names}"), false).await?.text();
        // 41, 46, 51, 56, 61: without a weight told, no mean is; what is no commune's name is said.
        for wanted in ["41", "46", "51", "Bình quân", "Không có xã nào tên: hoang."] {
            ensure!(page.contains(wanted), "{wanted}: {page}");
        }
        let population = |unit: &UnitId| entry(&visitor.law, *unit, "population", Value::Number(Decimal::from(unit.0)));
        let weights: Vec<_> = units.iter().map(population).collect();
        save(&visitor.store, &visitor.law, &weights, true).await?;
        let weight: i64 = units.iter().map(|u| u.0).sum();
        let sum: i64 = units.iter().enumerate().map(|(at, u)| (41 + 5 * at as i64) * u.0).sum();
        let mean = Decimal::from(sum).checked_div_rounded(&Decimal::from(weight), 3).context("a mean")?;
        let mean = locale::rounded(locale::Lang::Vi, &mean, 1);
        let page = visitor.get(&format!("/xa/{COMMUNE}/so-sanh?nam=2024&tb=tinh"), false).await?.text();
        ensure!(page.contains(&format!(">{mean}</td>")), "{mean}: {page}");
        Ok(())
    });
}

#[test]
fn a_map_classes_every_commune_once() {
    each_engine(ROOMS, |store| async move {
        let (visitor, units) = told(store).await?;
        let mut tx = visitor.store.read(&Actor::READER.scope()).await?;
        for layer in ["", "tc-10", "ct-10.1", "ct-1.1", "ct-nothing"] {
            let map = choropleth(&mut tx, &visitor.law, &slice(), layer).await?.context("a map")?;
            let counted: usize = map.classes.iter().map(|(_, count)| count).sum();
            ensure!(counted == map.communes.len() && counted > 100, "{layer}: {counted}");
            ensure!(map.communes.iter().all(|p| p.class < map.classes.len()), "{layer}");
        }
        let map = choropleth(&mut tx, &visitor.law, &slice(), "ct-10.1").await?.context("a map")?;
        let class = |unit: UnitId| {
            let painted = map.communes.iter().find(|p| p.commune.id == unit).context("a commune")?;
            anyhow::Ok(map.classes[painted.class].0.clone())
        };
        ensure!(matches!(class(units[0])?, Class::Between(None, Some(_), 1)), "{:?}", class(units[0])?);
        ensure!(matches!(class(units[4])?, Class::Between(Some(_), None, 5)), "{:?}", class(units[4])?);
        let without = map.classes.iter().find(|(class, _)| *class == Class::Without).context("communes without")?;
        ensure!(without.1 == map.communes.len() - units.len(), "{without:?}");
        drop(tx);

        let answer = visitor.get("/api/v1/map.geojson?nam=2024&lop=ct-10.1", false).await?;
        // A province's map stays within what a phone on a weak line takes.
        ensure!(answer.body.len() <= 150_000, "{} bytes", answer.body.len());
        let json = answer.json()?;
        let features = json["features"].as_array().context("features")?;
        let poorest = features.iter().find(|f| f["id"] == COMMUNE.0).context("the poorest")?;
        ensure!(poorest["properties"]["class"] == "level-1" && poorest["properties"]["value"] == "41", "{poorest}");
        let page = visitor.get("/ban-do?nam=2024&lop=ct-10.1", false).await?.text();
        ensure!(page.contains("thấp nhất là 41") && page.contains("<path d=\"M"), "{page}");
        Ok(())
    });
}

#[test]
fn a_communes_figures_are_taken_away() {
    each_engine(ROOMS, |store| async move {
        let (visitor, _) = told(store).await?;
        let csv = visitor.get(&format!("/xa/{COMMUNE}/so-lieu.csv?nam=2024"), false).await?.text();
        let line = csv.lines().find(|l| l.contains(";10.1;") || l.contains(",10.1,")).context("a line of 10.1")?;
        ensure!(line.contains("41 triệu đồng/người/năm") && line.contains("không đạt"), "{line}");
        let xlsx = visitor.get(&format!("/xa/{COMMUNE}/so-lieu.xlsx?nam=2024"), false).await?;
        ensure!(xlsx.status == 200 && xlsx.body.starts_with(b"PK"), "{}", xlsx.status);
        Ok(())
    });
}
