//! Quality checks over a real store: what they find of a commune beside its neighbours, what is kept of it and said to it.

use crate::{
    figures::{COMMUNE, ROOMS, entry, prepared, save},
    visitor::Visitor,
};
use anyhow::{Context, Result, ensure};
use facts::{
    Law,
    checks::{self, Around, Fact, Hit, Saying, Side},
};
use kernel::{Actor, Charge, PersonId, Places, Role, Scope, UnitId};
use rulebook::Value;
use store::{Query, Store, args};
use testkit::{CLOCK, each_engine};

fn sets() -> [String; 1] {
    ["commune-2021-2025".to_owned()]
}

fn number(text: &str) -> Value {
    Value::Number(text.parse().expect("a number"))
}

async fn found(store: &Store, law: &Law, scope: &Scope) -> Result<Vec<Hit>> {
    let mut tx = store.read(scope).await?;
    let around = Around::of(&mut tx, law, COMMUNE, 2024, &sets()).await?.context("a province")?;
    Ok(checks::run(&mut tx, law, COMMUNE, 2024, &sets(), Some(&around)).await?)
}

fn of<'h>(hits: &'h [Hit], check: &str, measure: &str) -> Option<&'h Hit> {
    hits.iter().find(|hit| hit.check == check && hit.measure == measure)
}

/// Ten communes of its district have 40 to 44, four of them exactly 41.25; this one has ten times as much.
async fn neighbours(store: &Store, law: &Law) -> Result<()> {
    let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
    let sql = "SELECT n.id FROM units_unit u JOIN units_unit n ON n.parent = u.parent AND n.kind = u.kind
               WHERE u.id = $1 AND n.id <> u.id ORDER BY n.id LIMIT 10";
    let units = tx.rows(sql, args![COMMUNE]).await?;
    drop(tx);
    ensure!(units.len() == 10, "a district of more than ten communes");
    let mut entries = Vec::new();
    for (at, row) in units.iter().enumerate() {
        let value = if at < 4 { "41.25".to_owned() } else { format!("4{}.{at}", at % 5) };
        entries.push(entry(law, UnitId(row.i64(0)?), "income.per_person", number(&value)));
    }
    save(store, law, &entries, true).await?;
    Ok(())
}

/// Runs the checks and counts what they found, as whoever saves does.
async fn kept(store: &Store, law: &Law) -> Result<Vec<checks::Count>> {
    let hits = found(store, law, &Actor::SYSTEM.scope()).await?;
    let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
    checks::keep(&mut tx, law, COMMUNE, 2024, &sets(), &hits).await?;
    let counts = checks::counts(&mut tx).await?;
    tx.commit().await?;
    Ok(counts)
}

fn saying(check: &str) -> Saying {
    Saying { check: check.to_owned(), measure: "income.per_person".to_owned(), ..Saying::default() }
}

fn count(counts: &[checks::Count], check: &str) -> Option<[i64; 4]> {
    let one = counts.iter().find(|count| count.check == check && count.year == 2024)?;
    Some([one.standing, one.answered, one.gone, one.units])
}

#[test]
fn a_figure_is_doubted_answered_and_doubted_again_when_it_changes() {
    each_engine(ROOMS, |store| async move {
        let law = prepared(&store, true).await?;
        neighbours(&store, &law).await?;
        let income = |value: &str| entry(&law, COMMUNE, "income.per_person", number(value));
        let poor = |value: &str| entry(&law, COMMUNE, "poor_households", number(value));
        let households = entry(&law, COMMUNE, "households", number("900"));
        save(&store, &law, &[income("412.5"), poor("950"), households], false).await?;

        let hits = found(&store, &law, &Actor::SYSTEM.scope()).await?;
        let outlier = of(&hits, "outlier", "income.per_person").context("an outlier")?;
        ensure!(outlier.facts["circle"] == Fact::Circle(checks::CircleKind::District), "{outlier:?}");
        ensure!(outlier.units().count() == 5, "its neighbours are named");
        let said =
            outlier.reason(locale::Lang::Vi, |code| law.library().measure(code).map(|m| &**m), |unit| unit.to_string());
        ensure!(said.contains("412,5") && said.contains("10 xã cùng huyện"), "{said}");
        for (check, measure) in [("range", "income.per_person"), ("whole", "poor_households")] {
            ensure!(of(&hits, check, measure).is_some(), "{check}: {hits:?}");
        }
        ensure!(of(&hits, "evidence-missing", "income.per_person").is_some(), "{hits:?}");
        ensure!(of(&hits, "jump", "income.per_person").is_none(), "nothing is known of last year");
        ensure!(found(&store, &law, &Actor::READER.scope()).await?.is_empty(), "the public sees no drafts, nor doubts");

        ensure!(count(&kept(&store, &law).await?, "outlier") == Some([1, 0, 0, 1]));
        let says = |note: &str| Saying { note: Some(note.to_owned()), ..saying("outlier") };
        let mut tx = store.write(&Actor::LOCAL_ADMIN, &CLOCK).await?;
        ensure!(checks::answer(&mut tx, &law, COMMUNE, 2024, Side::Unit, &[says("Có mỏ đá mới")]).await? == 1);
        ensure!(
            checks::answer(&mut tx, &law, COMMUNE, 2024, Side::Unit, &[says("Có mỏ đá mới")]).await? == 0,
            "as it was"
        );
        ensure!(checks::answer(&mut tx, &law, COMMUNE, 2023, Side::Unit, &[says("x")]).await? == 0, "no such hit");
        tx.commit().await?;
        ensure!(
            count(&kept(&store, &law).await?, "outlier") == Some([1, 1, 0, 1]),
            "the same value: the answer stands"
        );
        let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
        let stands = checks::standing(&mut tx, &law, COMMUNE, 2024).await?;
        let doubt = stands.iter().find(|doubt| doubt.hit.check == "outlier").context("it stands")?;
        ensure!(doubt.answer.as_ref().is_some_and(|said| said.note == "Có mỏ đá mới"), "{doubt:?}");
        ensure!(&doubt.hit == outlier, "kept with all it said: {doubt:?}");
        let tally = checks::tallies(&mut tx, &[COMMUNE], 2024).await?
            [&(COMMUNE, law.measure_id("income.per_person").context("it")?)];
        let of_income = stands.iter().filter(|doubt| doubt.hit.measure == "income.per_person").count() as i64;
        ensure!((tally.standing, tally.open) == (of_income, of_income - 1), "{tally:?}");
        drop(tx);
        // An officer of the commune alone is told the neighbours' names, not what they have not published.
        let own = Places::Some(vec![Charge { unit: COMMUNE, criteria: None, until: None }]);
        let officer = Scope { working: own.clone(), writes: own };
        let told = checks::standing(&mut store.read(&officer).await?, &law, COMMUNE, 2024).await?;
        let veiled = told.iter().find(|doubt| doubt.hit.check == "outlier").context("it stands")?;
        let Fact::Units(near) = &veiled.hit.facts["near"] else { anyhow::bail!("{veiled:?}") };
        ensure!(near.len() == 5 && near.iter().all(|(_, number)| number.is_none()), "{near:?}");
        // Whoever reviews calls it wrong: that is counted.
        let wrong = Saying { useless: Some(true), ..saying("outlier") };
        let mut tx = store.write(&Actor::LOCAL_ADMIN, &CLOCK).await?;
        ensure!(
            checks::answer(&mut tx, &law, COMMUNE, 2024, Side::Unit, std::slice::from_ref(&wrong)).await? == 0,
            "not the unit's to say"
        );
        ensure!(checks::answer(&mut tx, &law, COMMUNE, 2024, Side::Review, &[wrong]).await? == 1);
        let counts = checks::counts(&mut tx).await?;
        ensure!(counts.iter().any(|one| one.check == "outlier" && (one.useless, one.answered) == (1, 1)), "{counts:?}");
        tx.commit().await?;

        // Another value is doubted anew; the value of four neighbours is one too many.
        save(&store, &law, &[income("400.5")], false).await?;
        ensure!(count(&kept(&store, &law).await?, "outlier") == Some([1, 0, 0, 1]), "an answer outlives its value");
        save(&store, &law, &[income("41.25"), poor("90")], false).await?;
        let counts = kept(&store, &law).await?;
        ensure!(count(&counts, "outlier") == Some([0, 0, 1, 1]) && count(&counts, "whole") == Some([0, 0, 1, 1]));
        ensure!(count(&counts, "pasted") == Some([1, 0, 0, 1]), "{counts:?}");

        // Who reaches another unit alone sees nothing of it; the page counts for who sees all.
        let places = Places::Some(vec![Charge { unit: UnitId(1), criteria: None, until: None }]);
        let scope = Scope { working: places.clone(), writes: places };
        let other = Actor { role: Role::Appraiser, person: Some(PersonId(7)), scope };
        ensure!(checks::counts(&mut store.read(&other.scope()).await?).await?.is_empty(), "out of reach");
        let visitor = Visitor::of(&store, &law);
        let page = visitor.get("/quan-tri/kiem-tra?sap=hits", true).await?.text();
        ensure!(page.contains("Một giá trị lặp lại ở nhiều xã") && page.contains("2024"), "{page}");
        let csv = visitor.get("/quan-tri/kiem-tra.csv?q=lap+lai", true).await?.text();
        ensure!(csv.lines().count() == 2 && csv.contains("2024") && csv.trim_end().ends_with("1,0,0,0,1"), "{csv}");
        ensure!(visitor.get("/quan-tri/kiem-tra", false).await?.status == 401, "not for everybody");
        Ok(())
    });
}
