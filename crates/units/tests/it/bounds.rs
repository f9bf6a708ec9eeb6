//! What a correction of one person does not touch: days that a merger set, what somebody else wrote at the same time.

use anyhow::{Result, bail};
use kernel::{Actor, Day, Phrase, Place, UnitId};
use std::time::Duration;
use store::Store;
use testkit::CLOCK;
use units::{
    Unit,
    actions::{self, Refused},
    reference::Reference,
    rules::{Attribute, Correction},
    store as units_store,
};

const MIGRATIONS: &[&[store::Migration]] = &[units_store::MIGRATIONS];

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

async fn seed(store: &Store) -> Result<()> {
    let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
    units_store::seed(&mut tx, &Reference::read()?).await?;
    Ok(tx.commit().await?)
}

fn ends(last: Option<&str>) -> Correction {
    Correction { valid_to: Some(last.map(day)), source: "NQ 1".into(), ..Correction::default() }
}

fn begins(first: &str) -> Correction {
    Correction { valid_from: Some(Some(day(first))), source: "NQ 1".into(), ..Correction::default() }
}

/// Why it was refused: keys of phrases with their fields.
fn refused(done: std::result::Result<(i64, Vec<Phrase>), Refused>) -> Vec<(&'static str, String)> {
    let field = |place: Option<Place>| match place {
        Some(Place::Field(field)) => field,
        _ => String::new(),
    };
    match done {
        Err(Refused::Problems(problems)) => problems.into_iter().map(|p| (p.phrase.key, field(p.place))).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn days_that_a_merger_set_are_not_corrected() {
    testkit::each_engine(MIGRATIONS, |store| async move {
        seed(&store).await?;
        let mut tx = store.write(&Actor::LOCAL_ADMIN, &CLOCK).await?;
        let of = |field: &str| ("units-days-of-succession", field.to_owned());
        // 343 went into 1122, which goes on.
        for (id, correction, field) in [
            (343, ends(None), "valid_to"),
            (343, ends(Some("2025-05-31")), "valid_to"),
            (343, begins("2025-01-01"), "valid_from"),
            (1122, ends(Some("2026-12-31")), "valid_to"),
            (1122, begins("2025-08-01"), "valid_from"),
        ] {
            let found = refused(actions::correct(&mut tx, UnitId(id), 1, correction, &[]).await);
            assert!(found.contains(&of(field)), "{id} {field}: {found:?}");
        }
        // The same days sent again change nothing, and are no objection.
        let same = Correction { name: Some("Xã Khác".into()), ..ends(Some("2025-06-30")) };
        assert_eq!(actions::correct(&mut tx, UnitId(343), 1, same, &[]).await?.0, 2);
        Ok(())
    });
}

#[test]
fn a_unit_does_not_end_before_those_under_it() {
    testkit::each_engine(MIGRATIONS, |store| async move {
        seed(&store).await?;
        let mut tx = store.write(&Actor::LOCAL_ADMIN, &CLOCK).await?;
        let unit = |id: i64, level: &str, parent: Option<i64>| Unit {
            id: UnitId(id),
            level: level.into(),
            kind: level.into(),
            code: id.to_string(),
            name: id.to_string(),
            parent: parent.map(UnitId),
            valid_from: Some(day("2000-01-01")),
            valid_to: None,
            lat: None,
            lon: None,
            confidence: "verified".into(),
            note: String::new(),
        };
        let units = [unit(2_000_000, "province", None), unit(2_000_001, "commune", Some(2_000_000))];
        units_store::insert_units(&mut tx, &units).await?;
        let (province, commune) = (UnitId(2_000_000), UnitId(2_000_001));
        let found = refused(actions::correct(&mut tx, province, 1, ends(Some("2026-06-30")), &[]).await);
        assert_eq!(found, [("units-child-goes-on", "valid_to".to_owned())]);
        assert_eq!(actions::correct(&mut tx, commune, 1, ends(Some("2026-01-31")), &[]).await?.0, 2);
        let found = refused(actions::correct(&mut tx, province, 1, ends(Some("2026-01-30")), &[]).await);
        assert_eq!(found, [("units-child-goes-on", "valid_to".to_owned())]);
        assert_eq!(actions::correct(&mut tx, province, 1, ends(Some("2026-01-31")), &[]).await?.0, 2);
        Ok(())
    });
}

/// A correction, or an attribute, of 1120 at a version, in a transaction of its own.
async fn edit(store: &Store, version: i64, attribute: bool) -> std::result::Result<i64, Refused> {
    let mut tx = store.write(&Actor::LOCAL_ADMIN, &CLOCK).await?;
    let (version, _) = if attribute {
        let said = Attribute {
            attribute: "group".into(),
            value: "1".into(),
            from: None,
            source: "QĐ 1".into(),
            confidence: "verified".into(),
        };
        actions::set_attribute(&mut tx, UnitId(1120), version, &said, &[]).await?
    } else {
        let noted = Correction { note: Some("hai".into()), source: "QĐ 1".into(), ..Correction::default() };
        actions::correct(&mut tx, UnitId(1120), version, noted, &[]).await?
    };
    tx.commit().await?;
    Ok(version)
}

#[test]
fn of_two_who_edit_a_unit_at_once_the_second_is_told() {
    testkit::each_engine(MIGRATIONS, |store| async move {
        seed(&store).await?;
        for (version, attribute) in [(1, false), (2, true)] {
            let mut first = store.write(&Actor::LOCAL_ADMIN, &CLOCK).await?;
            let note = Some(format!("một {version}"));
            let noted = Correction { note, source: "QĐ 1".into(), ..Correction::default() };
            actions::correct(&mut first, UnitId(1120), version, noted, &[]).await?;
            // On SQLite the second waits for its transaction; on PostgreSQL it reads the old version, and waits at the row.
            let end = async move {
                tokio::time::sleep(Duration::from_millis(500)).await;
                first.commit().await
            };
            let (done, ended) = tokio::join!(edit(&store, version, attribute), end);
            ended?;
            match done {
                Err(Refused::Changed(both)) => {
                    assert_eq!((both.version, both.problem.status), (version + 1, 412), "{both:?}");
                }
                other => bail!("{version}: {other:?}"),
            }
            let mut tx = store.read(&Actor::READER.scope()).await?;
            assert_eq!(units_store::version(&mut tx, UnitId(1120)).await?, version + 1);
            let stands = units_store::get(&mut tx, UnitId(1120)).await?.map(|unit| unit.note);
            assert_eq!(stands, Some(format!("một {version}")), "what the first wrote stands");
        }
        let mut tx = store.read(&Actor::READER.scope()).await?;
        let own = units_store::own_attributes(&mut tx, UnitId(1120)).await?;
        assert!(own.iter().all(|line| line.source != "QĐ 1"), "nothing of the second was kept");
        Ok(())
    });
}

#[test]
fn an_agency_whose_units_were_taken_away_gets_none_back() {
    testkit::each_engine(MIGRATIONS, |store| async move {
        seed(&store).await?;
        let reference = Reference::read()?;
        let mut tx = store.write(&Actor::LOCAL_ADMIN, &CLOCK).await?;
        let before = units_store::agencies(&mut tx).await?;
        let Some(one) = before.iter().find(|agency| agency.id == 101) else { bail!("no agency") };
        assert_eq!(one.units, [UnitId(1001)]);
        let emptied = units::agencies::Entered {
            code: one.code.clone(),
            kind: one.kind.clone(),
            name_vi: one.name_vi.clone(),
            name_en: one.name_en.clone(),
            valid_from: one.valid_from,
            source: "QĐ 1".into(),
            ..units::agencies::Entered::default()
        };
        let saved = units::agencies::save(&mut tx, Some((101, 1)), &emptied, &[]).await?;
        assert_eq!(saved, Ok(101));
        assert!(!units_store::seed(&mut tx, &reference).await?, "a start brings something back");
        // Of one that nobody touched, what is shipped since comes in.
        tx.execute("DELETE FROM units_agency_unit WHERE agency = 1", store::args![]).await?;
        assert!(units_store::seed(&mut tx, &reference).await?);
        let after = units_store::agencies(&mut tx).await?;
        for agency in after {
            let shipped = before.iter().find(|one| one.id == agency.id).map(|one| one.units.clone());
            let want = if agency.id == 101 { Some(Vec::new()) } else { shipped };
            assert_eq!(Some(agency.units), want, "{}", agency.id);
        }
        Ok(())
    });
}
