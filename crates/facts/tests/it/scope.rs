//! Everybody sees and writes exactly what is theirs, whatever a handler asks the store for: tried by asking for more.

use crate::figures::{COMMUNE, ROOMS, how, prepared, save};
use anyhow::{Context, Result, ensure};
use facts::{Entry, Key, Law, record};
use kernel::{Actor, AgencyId, Charge, CriterionRef, Day, Grant, Office, PersonId, Places, Role, Scope, UnitId};
use rulebook::{Origin, Value};
use store::{AuditLine, Query, Store, StoreError, args};
use testkit::{CLOCK, each_engine};

/// Somebody whose role reaches these units, all criteria or these.
fn somebody(role: Role, units: &[UnitId], criteria: Option<Vec<CriterionRef>>) -> Actor {
    let places = |criteria: &Option<Vec<CriterionRef>>| {
        Places::Some(units.iter().map(|&unit| Charge { unit, criteria: criteria.clone(), until: None }).collect())
    };
    Actor { role, person: Some(PersonId(7)), scope: Scope { working: places(&None), writes: places(&criteria) } }
}

fn income(law: &Law, unit: UnitId, year: i16, value: &str) -> Entry {
    let measure = law.measure_id("income.per_person").expect("a measure");
    Entry::new(Key { unit, year, measure, origin: Origin::Declared }, Value::Number(value.parse().expect("a number")))
}

/// The district of the commune, its successor, and a commune of another district of that time.
async fn around(store: &Store) -> Result<(UnitId, UnitId, UnitId)> {
    let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
    let mut one = async |sql: &str, id: UnitId| -> Result<UnitId> {
        Ok(UnitId(tx.row(sql, args![id]).await?.context("a row")?.i64(0)?))
    };
    let district = one("SELECT parent FROM units_unit WHERE id = $1", COMMUNE).await?;
    let successor = one("SELECT to_unit FROM units_succession WHERE from_unit = $1", COMMUNE).await?;
    let other = "SELECT MIN(u.id) FROM units_unit u JOIN units_unit d ON d.id = u.parent
                 WHERE u.level = 'commune' AND u.kind = 'commune' AND d.level = 'district' AND d.id <> $1";
    let other = one(other, district).await?;
    Ok((district, successor, other))
}

/// How many unpublished figures, lines of history and verdicts a handler would get by asking for all there are.
async fn seen(store: &Store, scope: &Scope) -> Result<[i64; 4]> {
    let mut tx = store.read(scope).await?;
    let mut found = [0; 4];
    for (at, sql) in [
        "SELECT COUNT(*) FROM facts_figure WHERE working <> COALESCE(published, 0)",
        "SELECT COUNT(*) FROM facts_history h LEFT JOIN facts_publication p ON p.revision = h.revision
         WHERE h.stage <> 'published' AND p.revision IS NULL",
        "SELECT COUNT(*) FROM (SELECT v.unit FROM units_unit u JOIN facts_verdict v ON v.unit = u.id WHERE v.edition = 0) x",
        "SELECT COUNT(*) FROM facts_figure f JOIN facts_history h ON h.revision = f.working WHERE h.stage = 'accepted' AND f.published IS NULL",
    ]
    .into_iter()
    .enumerate()
    {
        found[at] = tx.row(sql, args![]).await?.context("a count")?.i64(0)?;
    }
    Ok(found)
}

#[test]
fn a_handler_that_asks_for_everything_gets_what_its_reader_may_see() {
    each_engine(ROOMS, |store| async move {
        let law = prepared(&store, true).await?;
        let (district, successor, other) = around(&store).await?;
        for (unit, year) in [(COMMUNE, 2024), (other, 2024), (successor, 2026)] {
            save(&store, &law, &[income(&law, unit, year, "41")], false).await?;
        }
        let everything = seen(&store, &Actor::SYSTEM.scope()).await?;
        ensure!(everything[0] == 3 && everything[1] == 3 && everything[3] == 3 && everything[2] >= 3, "{everything:?}");
        ensure!(seen(&store, &Actor::READER.scope()).await? == [0; 4], "a reader sees drafts");
        let of = async |units: &[UnitId]| {
            let scope = somebody(Role::CommuneOfficer, units, None).scope();
            anyhow::Ok(
                seen(&store, &scope).await?.map(|n| n > 0).iter().filter(|n| **n).count() as i64 * 100
                    + seen(&store, &scope).await?[0],
            )
        };
        // A commune sees its own, its district of the time too, its successor not; and the other way round.
        ensure!(of(&[COMMUNE]).await? == 401, "a commune");
        ensure!(of(&[district]).await? == 401, "the district it was in");
        ensure!(of(&[successor]).await? == 401, "the successor sees its own alone");
        ensure!(of(&[COMMUNE, other]).await? == 402, "two roles");
        ensure!(of(&[UnitId(999_999)]).await? == 0, "no such unit");
        let mut tx = store.read(&somebody(Role::DistrictVerifier, &[district], None).scope()).await?;
        let row =
            tx.row("SELECT unit FROM facts_figure WHERE working IS NOT NULL AND published IS NULL", args![]).await?;
        ensure!(row.context("a figure")?.i64(0)? == COMMUNE.0);
        Ok(())
    });
}

/// Tries to record, as this actor; whether it was refused with 403, and nothing of it stands.
async fn refused(store: &Store, law: &Law, actor: &Actor, entry: Entry, publish: bool) -> Result<bool> {
    let mut tx = store.write(actor, &CLOCK).await?;
    let done = record::record(&mut tx, law, &[entry], &how(publish)).await;
    match done {
        Err(error) => {
            ensure!(error.problem().status == 403, "{error}");
            drop(tx);
            Ok(true)
        }
        Ok(_) => {
            tx.commit().await?;
            Ok(false)
        }
    }
}

#[test]
fn nobody_records_what_is_not_theirs() {
    each_engine(ROOMS, |store| async move {
        let law = prepared(&store, true).await?;
        let (district, successor, other) = around(&store).await?;
        let check = async |role, units: &[UnitId], entry: Entry, publish, no: bool| -> Result<()> {
            let actor = somebody(role, units, None);
            let what = format!("{role:?} {units:?} {:?} {publish}", entry.key);
            ensure!(refused(&store, &law, &actor, entry, publish).await? == no, "{what}");
            Ok(())
        };
        let own = |year| income(&law, COMMUNE, year, "40");
        check(Role::CommuneOfficer, &[COMMUNE], own(2024), false, false).await?;
        check(Role::CommuneOfficer, &[COMMUNE], own(2023), true, true).await?;
        check(Role::CommuneOfficer, &[other], own(2023), false, true).await?;
        check(Role::CommuneLeader, &[successor], own(2023), false, true).await?;
        check(Role::CommuneLeader, &[COMMUNE], income(&law, successor, 2026, "1"), false, true).await?;
        check(Role::CommuneLeader, &[district], own(2022), false, false).await?;
        // Who verifies does not declare.
        check(Role::DistrictVerifier, &[district], own(2021), false, true).await?;
        let verified = |mut entry: Entry| {
            entry.key.origin = Origin::Verified;
            entry
        };
        check(Role::DistrictVerifier, &[district], verified(own(2021)), false, false).await?;
        check(Role::DistrictVerifier, &[district], verified(income(&law, other, 2021, "1")), false, true).await?;
        check(Role::DistrictVerifier, &[district], verified(income(&law, successor, 2026, "1")), false, true).await?;
        check(Role::Coordination, &[UnitId(1)], own(2025), true, true).await?;

        // The province of that time reaches its own past, the one it became what came after.
        let above = async |unit: UnitId| -> Result<UnitId> {
            let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
            let row = tx.row("SELECT parent FROM units_unit WHERE id = $1", args![unit]).await?;
            Ok(UnitId(row.context("a province")?.i64(0)?))
        };
        let (then, now) = (above(district).await?, above(successor).await?);
        check(Role::Coordination, &[then], own(2025), true, false).await?;
        check(Role::Coordination, &[then], income(&law, successor, 2026, "1"), true, true).await?;
        check(Role::Coordination, &[now], income(&law, successor, 2026, "1"), true, false).await
    });
}

#[test]
fn what_a_person_takes_in_has_a_line_even_where_nothing_changes() {
    each_engine(ROOMS, |store| async move {
        let law = prepared(&store, true).await?;
        let officer = somebody(Role::CommuneLeader, &[COMMUNE], None);
        let entries = [income(&law, COMMUNE, 2024, "44")];
        let intake = facts::intake::Intake {
            set: "commune-2021-2025".into(),
            origin: Origin::Declared,
            publish: false,
            source: "bang.csv".into(),
        };
        for changed in [1, 0] {
            let mut tx = store.write(&officer, &CLOCK).await?;
            let upload = facts::uploads::Upload { name: "bang.csv".into(), bytes: b"x".to_vec() };
            facts::uploads::keep(&mut tx, "abc", upload, 1).await?;
            tx.commit().await?;
            let mut tx = store.write(&officer, &CLOCK).await?;
            let outcome = facts::intake::commit(&mut tx, &law, &entries, &intake, b"x").await?;
            facts::uploads::forget(&mut tx, "abc").await?;
            tx.commit().await?;
            ensure!(outcome.new + outcome.changed == changed, "{outcome:?}");
        }
        Ok(())
    });
}

#[test]
fn an_officer_of_some_criteria_records_those_alone() {
    each_engine(ROOMS, |store| async move {
        let law = prepared(&store, true).await?;
        let set = law.library().sets().find(|set| set.set == "commune-2021-2025").context("the set")?.clone();
        let reads =
            |c: &rulebook::model::Criterion| c.indicators.iter().any(|i| i.measures().contains(&"income.per_person"));
        let own = set.criteria.iter().find(|c| reads(c)).context("a criterion of income")?;
        let foreign = set.criteria.iter().find(|c| !reads(c)).context("another")?;
        for (no, no_entry) in [(&own.no, false), (&foreign.no, true)] {
            let criteria = vec![CriterionRef { set: set.set.clone(), no: no.clone() }];
            let actor = somebody(Role::CommuneOfficer, &[COMMUNE], Some(criteria));
            let refused = refused(&store, &law, &actor, income(&law, COMMUNE, 2024, "39"), false).await?;
            ensure!(refused == no_entry, "criterion {no}");
        }
        Ok(())
    });
}

#[test]
fn a_write_of_a_person_names_a_unit_in_reach_or_is_not_committed() {
    each_engine(ROOMS, |store| async move {
        prepared(&store, true).await?;
        let (.., other) = around(&store).await?;
        let officer = somebody(Role::CommuneOfficer, &[COMMUNE], None);
        let touch = "UPDATE units_unit SET note = 'x' WHERE id = $1";
        let line = |unit| AuditLine {
            action: "test.touch",
            kind: "unit",
            subject: "1".into(),
            unit,
            details: serde_json::json!({}),
        };
        let mut tx = store.write(&officer, &CLOCK).await?;
        tx.execute_one(touch, args![COMMUNE]).await?;
        ensure!(matches!(tx.commit().await, Err(StoreError::Unaudited)), "without a line");
        for unit in [None, Some(other)] {
            let mut tx = store.write(&officer, &CLOCK).await?;
            tx.execute_one(touch, args![other]).await?;
            let refused = tx.audit(line(unit)).await;
            ensure!(refused.is_err_and(|e| e.problem().status == 403), "{unit:?}");
        }
        let mut tx = store.write(&officer, &CLOCK).await?;
        tx.execute_one(touch, args![COMMUNE]).await?;
        tx.audit(line(Some(COMMUNE))).await?;
        tx.commit().await?;
        Ok(())
    });
}

#[test]
fn a_role_in_an_agency_reaches_its_units_until_the_agency_ends_and_its_successor_has_its_own() {
    each_engine(ROOMS, |store| async move {
        let law = prepared(&store, true).await?;
        let (_, successor, _) = around(&store).await?;
        let agencies = {
            let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
            units::store::agencies(&mut tx).await?
        };
        // As who works in an agency, without a unit of their own; `last`: of an agency that would end then.
        let of = |code: &str, last: Option<&str>| -> Result<Actor> {
            let agency = agencies.iter().find(|a| a.code == code).context("an agency")?;
            let last = last.map(str::parse::<Day>).transpose().ok().flatten().or(agency.valid_to);
            let office = Office { id: AgencyId(agency.id), units: agency.units.clone(), last };
            let (id, role) = (1, Role::Coordination);
            let grant = Grant { id, role, unit: None, agency: Some(office), criteria: None, past: last.is_some() };
            let scope = Scope { working: grant.places(), writes: grant.charges() };
            Ok(Actor { role, person: Some(PersonId(7)), scope })
        };
        for (unit, year) in [(COMMUNE, 2024), (COMMUNE, 2025), (successor, 2025), (successor, 2026)] {
            save(&store, &law, &[income(&law, unit, year, "41")], false).await?;
        }
        let sees = async |actor: &Actor| -> Result<i64> { Ok(seen(&store, &actor.scope()).await?[0]) };
        // The office was there before the merger and after it; a department that ended with the old province, and the one
        // after it, see what is theirs; one of no unit sees nothing.
        for (code, last, wanted) in [
            ("VPDP", None, 4),
            ("SNN", None, 2),
            ("SNNMT", None, 2),
            ("SNNMT", Some("2025-12-31"), 1),
            ("SNNMT", Some("2025-08-01"), 0),
            ("VPDP", Some("2024-12-31"), 1),
            ("UBND-X", None, 0),
        ] {
            let found = sees(&of(code, last)?).await?;
            ensure!(found == wanted, "{code} {last:?}: {found}");
        }
        let check = async |code, last, unit, year, no: bool| -> Result<()> {
            let entry = income(&law, unit, year, "42");
            ensure!(refused(&store, &law, &of(code, last)?, entry, true).await? == no, "{code} {last:?} {unit} {year}");
            Ok(())
        };
        check("VPDP", None, COMMUNE, 2024, false).await?;
        check("VPDP", None, successor, 2026, false).await?;
        check("SNN", None, COMMUNE, 2023, false).await?;
        check("SNN", None, successor, 2026, true).await?;
        check("SNNMT", None, COMMUNE, 2024, true).await?;
        check("SNNMT", None, successor, 2026, false).await?;
        check("SNNMT", Some("2025-12-31"), successor, 2025, false).await?;
        check("SNNMT", Some("2025-12-31"), successor, 2026, true).await?;
        check("UBND-X", None, COMMUNE, 2024, true).await
    });
}
