//! Units in the store, on both engines.

use anyhow::{Context, Result, bail};
use kernel::{Actor, Day, Phrase, UnitId};
use std::collections::BTreeSet;
use store::{Query, Store, args};
use testkit::CLOCK;
use units::{
    Share, Unit,
    actions::{self, Refused},
    merger::{Change, Effect},
    reference::Reference,
    rules::{Attribute, Correction, Move, NewUnit, Reorganisation},
    store::{self as units_store, Filter},
};

const MIGRATIONS: &[&[store::Migration]] = &[units_store::MIGRATIONS];

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

async fn seeded(store: &Store) -> Result<Reference> {
    let reference = Reference::read()?;
    let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
    assert!(units_store::seed(&mut tx, &reference).await?);
    tx.commit().await?;
    Ok(reference)
}

async fn audit_lines(tx: &mut impl Query, action: &str) -> Result<i64> {
    let sql = "SELECT COUNT(*) FROM store_audit WHERE action = $1";
    Ok(tx.row(sql, args![action]).await?.context("a count")?.i64(0)?)
}

#[test]
fn units_are_read_as_of_a_day() {
    testkit::each_engine(MIGRATIONS, |store| async move {
        seeded(&store).await?;
        let mut tx = store.read(&Actor::READER.scope()).await?;
        // The same code means three units, each on its days.
        for (on, id) in [("2022-11-01", 352), ("2024-12-01", 343), ("2025-06-30", 343), ("2025-07-01", 1122)] {
            let unit = units_store::by_code(&mut tx, "02608", day(on)).await?.context(on)?;
            assert_eq!(unit.id, UnitId(id), "{on}");
        }
        let count =
            async |tx: &mut _, filter: Filter| -> Result<i64> { Ok(units_store::list(tx, &filter, 0, 1).await?.1) };
        let of = |on: &str, level: &str, kind: Option<&str>, under: Option<i64>| Filter {
            day: Some(day(on)),
            level: Some(level.into()),
            kind: kind.map(Into::into),
            under: under.map(UnitId),
            ..Filter::default()
        };
        for (filter, want) in [
            (of("2025-12-31", "province", None, None), 1),
            (of("2025-06-30", "province", None, None), 2),
            (of("2025-06-30", "district", None, Some(206)), 7),
            (of("2025-07-01", "district", None, None), 0),
            (of("2025-12-31", "commune", None, Some(1001)), 124),
            (of("2025-12-31", "commune", Some("commune"), Some(1001)), 117),
            (of("2025-12-31", "commune", Some("ward"), None), 7),
            (of("2022-11-01", "commune", None, Some(206)), 138),
            (of("2022-11-01", "commune", Some("commune"), Some(206)), 122),
            (of("2025-06-30", "commune", Some("commune"), Some(206)), 121),
        ] {
            assert_eq!(count(&mut tx, filter.clone()).await?, want, "{filter:?}");
        }
        // The plan's communes: 122, and 121 after Hồng Sơn was formed.
        for (on, want) in [("2022-11-01", 122), ("2025-06-30", 121)] {
            assert_eq!(units_store::group(&mut tx, "plan-2022", day(on)).await?.len(), want, "{on}");
            let filter = Filter { day: Some(day(on)), group: Some("plan-2022".into()), ..Filter::default() };
            assert_eq!(count(&mut tx, filter).await?, want as i64, "{on}");
        }
        // Search without diacritics; wildcards of SQL are only characters; Vietnamese order.
        let search = |q: &str| Filter { day: Some(day("2025-12-31")), q: Some(q.into()), ..Filter::default() };
        let (found, total) = units_store::list(&mut tx, &search("HONG SON"), 0, 10).await?;
        assert_eq!((found[0].id, total), (UnitId(1122), 1));
        assert_eq!(count(&mut tx, search("02608")).await?, 1);
        assert_eq!(count(&mut tx, search("%")).await?, 0);
        assert_eq!(count(&mut tx, search("_")).await?, 0);
        let (page, total) = units_store::list(&mut tx, &of("2025-12-31", "commune", None, None), 20, 20).await?;
        assert_eq!((page.len(), total), (20, 124));
        let keys: Vec<String> =
            page.iter().map(|u| kernel::text::order_key(units_store::short_name(&u.name))).collect();
        assert!(keys.is_sorted());
        // The law reads the province's region of every commune, old and new.
        let ids = [UnitId(343), UnitId(1122), UnitId(206)];
        let traits = units_store::traits(&mut tx, &ids, day("2025-06-30")).await?;
        assert!(ids.iter().all(|id| traits[id].region.as_deref() == Some("TDMNPB") && traits[id].group.is_none()));
        let line = units_store::ancestors(&mut tx, UnitId(343)).await?;
        assert_eq!(line.iter().map(|u| u.level.as_str()).collect::<Vec<_>>(), ["district", "province"]);
        assert!(units_store::agencies(&mut tx).await?.iter().any(|a| a.code == "SNN" && a.successor == Some(101)));
        Ok(())
    });
}

#[test]
fn the_shipped_succession_leaves_nobody_out() {
    testkit::each_engine(MIGRATIONS, |store| async move {
        let reference = seeded(&store).await?;
        let mut tx = store.read(&Actor::READER.scope()).await?;
        let history = units_store::history(&mut tx).await?;
        assert_eq!(history.check(), []);
        let today = day("2025-12-31");
        for unit in
            reference.units.iter().filter(|u| u.valid_to.is_some() && units_store::stored(u).level != "district")
        {
            let after = history.successors(unit.id, today);
            assert!(
                !after.is_empty() && after.iter().all(|(to, _)| *to != unit.id),
                "{} has no successor",
                unit.name_vi
            );
        }
        for unit in reference.units.iter().filter(|u| u.valid_from == Some(day("2025-07-01"))) {
            assert!(!history.before(unit.id).is_empty(), "{} comes from nothing", unit.name_vi);
        }
        // What is asked for one unit is the same as from the whole.
        for id in [352, 343, 1122, 111, 1043, 216, 1] {
            let (id, then) = (UnitId(id), day("2022-11-01"));
            let own = units_store::history_of(&mut tx, id).await?;
            assert_eq!(own.successors(id, today), history.successors(id, today), "{id}");
            assert_eq!(own.predecessors(id, then), history.predecessors(id, then), "{id}");
        }
        let hong_son = history.predecessors(UnitId(1122), day("2022-11-01"));
        assert!(hong_son.contains(&(UnitId(351), Share::Whole)) && hong_son.contains(&(UnitId(352), Share::Whole)));
        Ok(())
    });
}

#[test]
fn seeding_again_adds_what_is_new_and_keeps_what_was_corrected() {
    testkit::each_engine(MIGRATIONS, |store| async move {
        let mut reference = seeded(&store).await?;
        let mut tx = store.write(&Actor::LOCAL_ADMIN, &CLOCK).await?;
        assert!(!units_store::seed(&mut tx, &reference).await?, "nothing is new");
        let correction = Correction { code: Some("02609".into()), source: "01/QĐ".into(), ..Correction::default() };
        assert_eq!(actions::correct(&mut tx, UnitId(343), 1, correction, &[]).await?.0, 2);
        for unit in &mut reference.units {
            if [343, 1122].contains(&unit.id.0) {
                unit.name_vi = "Xã Khác".into();
            }
        }
        let mut new = reference.units.last().context("a unit")?.clone();
        (new.id, new.code) = (UnitId(999_999), "99999".into());
        reference.units.push(new);
        assert!(units_store::seed(&mut tx, &reference).await?);
        let name =
            async |tx: &mut _, id| -> Result<Unit> { units_store::get(tx, UnitId(id)).await?.context("the unit") };
        assert_eq!(name(&mut tx, 343).await?.name, "Xã Hồng Sơn");
        assert_eq!(name(&mut tx, 343).await?.code, "02609");
        assert_eq!(name(&mut tx, 1122).await?.name, "Xã Khác");
        assert_eq!(units_store::ancestors(&mut tx, UnitId(999_999)).await?.len(), 1);
        assert_eq!(audit_lines(&mut tx, "units.seed").await?, 2);
        tx.commit().await?;
        Ok(())
    });
}

#[test]
fn codes_and_dates_are_corrected_ids_never() {
    testkit::each_engine(MIGRATIONS, |store| async move {
        seeded(&store).await?;
        let mut tx = store.write(&Actor::LOCAL_ADMIN, &CLOCK).await?;
        let cited = |c: Correction| Correction { source: "Nghị quyết 1/NQ".into(), ..c };
        // Each refusal names its field.
        for (correction, field, key) in [
            (Correction { code: Some("02602".into()), ..Correction::default() }, "code", "units-code-taken"),
            (Correction { name: Some(" ".into()), ..Correction::default() }, "name", "units-name-empty"),
            (Correction { kind: Some("province".into()), ..Correction::default() }, "kind", "units-kind-unknown"),
            (
                Correction { valid_to: Some(Some(day("2024-01-01"))), ..Correction::default() },
                "valid_to",
                "units-ends-before-it-begins",
            ),
            (
                Correction { parent: Some(Some(UnitId(1001))), ..Correction::default() },
                "parent",
                "units-parent-not-in-force",
            ),
            (Correction { parent: Some(Some(UnitId(343))), ..Correction::default() }, "parent", "units-parent-level"),
            (Correction { point: Some((210.0, 10.0)), ..Correction::default() }, "point", "units-point-outside"),
        ] {
            let sent = cited(correction);
            let Err(Refused::Problems(problems)) = actions::correct(&mut tx, UnitId(343), 1, sent, &[]).await else {
                bail!("{key} was not refused");
            };
            assert_eq!(problems[0].phrase.key, key);
            assert_eq!(problems[0].place, Some(kernel::Place::Field(field.into())));
        }
        let sent = Correction::default();
        let Err(Refused::Problems(problems)) = actions::correct(&mut tx, UnitId(343), 1, sent, &[]).await else {
            bail!("a correction without a source was not refused");
        };
        assert_eq!(problems[0].phrase.key, "units-source-empty");
        // A unit of which no step is known that set its days.
        tx.execute("DELETE FROM units_succession WHERE from_unit = 343 OR to_unit = 343", args![]).await?;
        // The day that was to be confirmed is corrected: the day as of which the code is read moves with it.
        let from = Correction {
            valid_from: Some(Some(day("2025-01-01"))),
            confidence: Some("verified".into()),
            ..Correction::default()
        };
        assert_eq!(actions::correct(&mut tx, UnitId(343), 1, cited(from.clone()), &[]).await?.0, 2);
        assert_eq!(units_store::by_code(&mut tx, "02608", day("2024-12-15")).await?, None);
        let filter = Filter {
            day: Some(day("2024-12-15")),
            under: Some(UnitId(206)),
            q: Some("hong son".into()),
            ..Filter::default()
        };
        assert_eq!(units_store::list(&mut tx, &filter, 0, 9).await?.1, 0, "the tree follows");
        // Somebody else who saw the first version is told.
        let Err(Refused::Changed(both)) = actions::correct(&mut tx, UnitId(343), 1, cited(from), &[]).await else {
            bail!("an edit of an old version was not refused");
        };
        assert_eq!((both.problem.status, both.problem.phrase.key, both.version), (412, "units-changed", 2));
        assert_eq!(both.now, serde_json::json!({"valid_from": "2025-01-01", "confidence": "verified"}));
        assert_eq!(both.yours, both.now, "only what was sent is shown");
        assert_eq!(audit_lines(&mut tx, "units.correct").await?, 1);
        // What the law reads is dated: the verdict of an earlier day reads the earlier value.
        let said = |attribute: &str, value: &str, from: Option<&str>| Attribute {
            attribute: attribute.into(),
            value: value.into(),
            from: from.map(day),
            source: "QĐ 1".into(),
            confidence: "verified".into(),
        };
        actions::set_attribute(&mut tx, UnitId(343), 2, &said("group", "1", None), &[]).await?;
        let later = said("group", "2", Some("2025-03-01"));
        let Err(Refused::Changed(both)) = actions::set_attribute(&mut tx, UnitId(343), 2, &later, &[]).await else {
            bail!("an attribute over an old version was not refused");
        };
        assert_eq!((&both.now["value"], &both.yours["value"]), (&serde_json::json!("1"), &serde_json::json!("2")));
        assert_eq!(actions::set_attribute(&mut tx, UnitId(343), 3, &later, &[]).await?.0, 4);
        assert_eq!(units_store::own_attributes(&mut tx, UnitId(343)).await?.len(), 2);
        for (on, want) in [("2025-02-28", "1"), ("2025-03-01", "2")] {
            let traits = units_store::traits(&mut tx, &[UnitId(343)], day(on)).await?;
            assert_eq!(traits[&UnitId(343)].group.as_deref(), Some(want), "{on}");
        }
        for (wrong, key) in [
            (said("colour", "red", None), "units-attribute-unknown"),
            (said("special_difficulty", "x", None), "units-value-yes-no"),
        ] {
            let Err(Refused::Problems(problems)) = actions::set_attribute(&mut tx, UnitId(343), 4, &wrong, &[]).await
            else {
                bail!("{key} was not refused");
            };
            assert_eq!(problems[0].phrase.key, key);
        }
        Ok(())
    });
}

fn effect() -> Effect {
    Effect::new("test", |tx, change| {
        Box::pin(async move {
            let Change::Merged(merger) = change else { panic!("{change:?}") };
            let new = tx.row("SELECT id FROM units_unit WHERE id = $1", args![merger.began[0]]).await?;
            assert!(new.is_some(), "the new unit is there");
            Ok(vec![Phrase::new("test-effect").with("ended", merger.ended.len())])
        })
    })
}

#[test]
fn a_unit_inherits_from_the_parent_of_the_day_alone() {
    testkit::each_engine(MIGRATIONS, |store| async move {
        seeded(&store).await?;
        let mut tx = store.write(&Actor::LOCAL_ADMIN, &CLOCK).await?;
        let unit = |id: i64, level: &str, parent: Option<i64>, from: &str, to: Option<&str>| Unit {
            id: UnitId(id),
            level: level.into(),
            kind: if level == "district" { "rural_district".into() } else { level.into() },
            code: id.to_string(),
            name: id.to_string(),
            parent: parent.map(UnitId),
            valid_from: Some(day(from)),
            valid_to: to.map(day),
            lat: None,
            lon: None,
            confidence: "verified".into(),
            note: String::new(),
        };
        // The commune stands under a district until the end of 2010; its province goes on.
        let units = [
            unit(2_000_000, "province", None, "2000-01-01", None),
            unit(2_000_001, "district", Some(2_000_000), "2000-01-01", Some("2010-12-31")),
            unit(2_000_002, "commune", Some(2_000_001), "2000-01-01", None),
        ];
        units_store::insert_units(&mut tx, &units).await?;
        units_store::set_attribute(&mut tx, UnitId(2_000_001), "group", "1", "QĐ").await?;
        for (on, want) in [("2010-12-31", Some("1")), ("2011-01-01", None)] {
            let traits = units_store::traits(&mut tx, &[UnitId(2_000_002)], day(on)).await?;
            assert_eq!(traits[&UnitId(2_000_002)].group.as_deref(), want, "{on}");
            let shown = units_store::attributes(&mut tx, UnitId(2_000_002), day(on)).await?;
            assert_eq!(shown.len(), want.iter().len(), "{on}");
        }
        Ok(())
    });
}

#[test]
fn a_merger_ends_units_names_successors_and_touches_nothing_else() {
    testkit::each_engine(MIGRATIONS, |store| async move {
        seeded(&store).await?;
        let mut tx = store.write(&Actor::LOCAL_ADMIN, &CLOCK).await?;
        let new = |name: &str, code: &str| NewUnit {
            name: name.into(),
            code: code.into(),
            level: "commune".into(),
            kind: "commune".into(),
            parent: Some(UnitId(1001)),
            point: Some((22.0, 105.0)),
        };
        let step = |from, to, whole, main| Move { from: UnitId(from), to, whole, main };
        let plan = |units: Vec<NewUnit>, moves: Vec<Move>| Reorganisation {
            day: day("2027-01-01"),
            source: "Nghị quyết 9/NQ".into(),
            confidence: "verified".into(),
            units,
            moves,
            versions: Default::default(),
        };
        // 1120 goes over whole, 1122 is divided; one new unit keeps the code of an old one.
        let good = plan(
            vec![new("Xã Một", "02608"), new("Xã Hai", "77777")],
            vec![step(1120, 0, true, true), step(1122, 0, false, false), step(1122, 1, false, true)],
        );
        for (bad, key) in [
            (plan(good.units.clone(), vec![step(1120, 0, true, true), step(1120, 1, true, true)]), "units-whole-twice"),
            (
                plan(good.units.clone(), vec![step(1120, 0, true, true), step(1122, 1, false, true)]),
                "units-shares-incomplete",
            ),
            (plan(good.units.clone(), vec![step(1120, 0, true, true)]), "units-from-nothing"),
            (plan(vec![new("Xã Một", "02608")], vec![step(343, 0, true, true)]), "units-ended-already"),
            (plan(vec![new("Xã Một", "1")], vec![step(5_000, 0, true, true)]), "units-unknown"),
            (plan(vec![new("Xã Một", "1")], vec![step(1120, 3, true, true)]), "units-no-such-new"),
            (plan(vec![new("Xã Một", "00700")], vec![step(1120, 0, true, true)]), "units-code-taken"),
            (plan(vec![new("Xã Một", "1")], vec![step(1001, 0, true, true)]), "units-other-level"),
            (plan(vec![], vec![]), "units-nothing-moves"),
        ] {
            let Err(Refused::Problems(problems)) = actions::reorganise(&mut tx, &bad, &[]).await else {
                bail!("{key} was not refused");
            };
            assert!(problems.iter().any(|p| p.phrase.key == key), "{key}: {problems:?}");
        }
        let mut late = good.clone();
        late.versions.extend([(UnitId(1120), 1), (UnitId(1122), 7)]);
        let Err(Refused::Problems(problems)) = actions::reorganise(&mut tx, &late, &[]).await else {
            bail!("a reorganisation of an edited unit was not refused");
        };
        let place = Some(kernel::Place::Field("versions/1122".into()));
        assert_eq!((problems.len(), problems[0].status, &problems[0].place), (1, 412, &place));
        let before = units_store::history(&mut tx).await?;
        let (merger, said) = actions::reorganise(&mut tx, &good, &[effect()]).await?;
        assert_eq!(merger.ended, [UnitId(1120), UnitId(1122)]);
        assert_eq!(merger.began, [UnitId(1_000_000), UnitId(1_000_001)]);
        assert_eq!(said, [Phrase::new("test-effect").with("ended", 2usize)]);
        assert_eq!(audit_lines(&mut tx, "units.reorganise").await?, 2);
        for (on, want) in [("2026-12-31", 1122), ("2027-01-01", 1_000_000)] {
            assert_eq!(units_store::by_code(&mut tx, "02608", day(on)).await?.context("a unit")?.id, UnitId(want));
        }
        let of = |on: &str| Filter {
            day: Some(day(on)),
            level: Some("commune".into()),
            under: Some(UnitId(1001)),
            ..Filter::default()
        };
        for on in ["2026-12-31", "2027-01-01"] {
            assert_eq!(units_store::list(&mut tx, &of(on), 0, 1).await?.1, 124, "{on}");
        }
        let history = units_store::history(&mut tx).await?;
        assert_eq!(history.check(), []);
        let became: BTreeSet<_> = history.successors(UnitId(351), day("2027-01-01")).into_iter().collect();
        let part = |main| Share::Part { main };
        assert_eq!(became, BTreeSet::from([(UnitId(1_000_000), part(false)), (UnitId(1_000_001), part(true))]));
        assert_eq!(
            history.successors(UnitId(351), day("2026-12-31")),
            before.successors(UnitId(351), day("2026-12-31"))
        );
        // An ended unit cannot end again, and a new one gets an id of its own.
        assert!(actions::reorganise(&mut tx, &good, &[]).await.is_err());
        assert_eq!(units_store::next_id(&mut tx).await?, 1_000_002);
        tx.commit().await?;
        Ok(())
    });
}
