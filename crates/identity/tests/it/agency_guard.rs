//! An agency edited while roles are held in it as a whole.

use crate::{CLOCK, ROOMS, proposals::unit_one, somebody};
use anyhow::{Context, Result, ensure};
use identity::{model::NewGrant, store as people};
use kernel::{Actor, AgencyId, Clock, Day, PersonId, Place, Role, Scope, UnitId};
use store::Store;
use testkit::each_engine;
use units::agencies::{Entered, save, version};

const ONE: UnitId = UnitId(1120);
const TWO: UnitId = UnitId(1122);
const PROVINCE: UnitId = UnitId(1001);

fn entered(name: &str, units: &[UnitId], valid_to: Option<Day>) -> Entered {
    Entered {
        code: "UBND-THU".into(),
        kind: "authority".into(),
        name_vi: name.into(),
        valid_to,
        units: units.to_vec(),
        source: "QĐ 1".into(),
        ..Entered::default()
    }
}

/// A new agency of these units, in which somebody holds a role as a whole; its number, and the role's.
async fn held(store: &Store, role: Role, units: &[UnitId]) -> Result<(i64, i64)> {
    let person = somebody(store, "hoa", Role::FatherlandFront).await?;
    let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
    let agency = save(&mut tx, None, &entered("Ủy ban", units, None), &[]).await?.ok().context("an agency")?;
    let (from, office) = (CLOCK.today(), Some(AgencyId(agency)));
    let new = NewGrant { person, role, unit: None, agency: office, criteria: None, from, to: None };
    let grant = people::grant(&mut tx, &new).await?;
    tx.commit().await?;
    Ok((agency, grant))
}

/// Edits the agency; the key and the field of what stands against it.
async fn edit(store: &Store, by: &Actor, agency: i64, to: &Entered) -> Result<Option<(&'static str, String)>> {
    let mut tx = store.write(by, &CLOCK).await?;
    let seen = version(&mut tx, agency).await?.context("the agency")?;
    let effects = [identity::agency_guard::effect()];
    let problems = match save(&mut tx, Some((agency, seen)), to, &effects).await? {
        Ok(_) => {
            tx.commit().await?;
            return Ok(None);
        }
        Err(problems) => problems,
    };
    let problem = problems.into_iter().next().context("a problem")?;
    let field = match problem.place {
        Some(Place::Field(field)) => field,
        _ => String::new(),
    };
    Ok(Some((problem.phrase.key, field)))
}

fn officer() -> Actor {
    Actor { role: Role::Coordination, person: Some(PersonId(7)), scope: Scope::WHOLE }
}

fn against(key: &'static str, field: &str) -> Option<(&'static str, String)> {
    Some((key, field.to_owned()))
}

#[test]
fn the_leader_of_a_commune_is_not_made_one_of_a_province_by_editing_their_agency() {
    each_engine(ROOMS, |store| async move {
        unit_one(&store).await?;
        let (agency, grant) = held(&store, Role::CommuneLeader, &[ONE]).await?;
        let wider = entered("Ủy ban", &[ONE, PROVINCE], None);
        for by in [&officer(), &Actor::LOCAL_ADMIN] {
            let found = edit(&store, by, agency, &wider).await?;
            ensure!(found == against("units-agency-role-level", "units"), "{found:?}");
        }
        // Another commune, another name, fewer units: what one administrator may give, one may edit.
        for to in [entered("Ủy ban xã", &[ONE, TWO], None), entered("Ủy ban xã", &[TWO], None)] {
            let found = edit(&store, &officer(), agency, &to).await?;
            ensure!(found.is_none(), "{found:?}");
        }
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        people::end_grant(&mut tx, grant, "nghỉ").await?;
        tx.commit().await?;
        let found = edit(&store, &officer(), agency, &wider).await?;
        ensure!(found.is_none(), "nobody holds a role in it: {found:?}");
        Ok(())
    });
}

#[test]
fn power_in_an_agency_does_not_reach_further_by_an_edit_of_one() {
    each_engine(ROOMS, |store| async move {
        unit_one(&store).await?;
        let (agency, grant) = held(&store, Role::Appraiser, &[ONE]).await?;
        for units in [&[ONE, TWO][..], &[TWO], &[ONE, PROVINCE]] {
            let found = edit(&store, &officer(), agency, &entered("Phòng", units, None)).await?;
            ensure!(found == against("units-agency-role-power", "units"), "{units:?}: {found:?}");
        }
        // It ended, and would come back.
        let yesterday = CLOCK.today().yesterday();
        let ended = entered("Phòng", &[ONE], Some(yesterday));
        ensure!(edit(&store, &officer(), agency, &ended).await?.is_none(), "an end takes no second person");
        for to in [None, Some(CLOCK.today())] {
            let found = edit(&store, &officer(), agency, &entered("Phòng", &[ONE], to)).await?;
            ensure!(found == against("units-agency-role-power", "valid_to"), "{to:?}: {found:?}");
        }
        let earlier = entered("Phòng", &[ONE], Some(yesterday.yesterday()));
        ensure!(edit(&store, &officer(), agency, &earlier).await?.is_none());
        // Whoever works at the machine needs nobody else.
        let found = edit(&store, &Actor::LOCAL_ADMIN, agency, &entered("Phòng", &[ONE], None)).await?;
        ensure!(found.is_none(), "{found:?}");
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        people::end_grant(&mut tx, grant, "nghỉ").await?;
        tx.commit().await?;
        let found = edit(&store, &officer(), agency, &entered("Phòng", &[ONE, TWO], None)).await?;
        ensure!(found.is_none(), "{found:?}");
        Ok(())
    });
}

#[test]
fn a_role_that_reads_drafts_of_a_province_is_not_given_by_an_edit_of_its_agency() {
    each_engine(ROOMS, |store| async move {
        unit_one(&store).await?;
        // In one commune it is no power, in a province it would be.
        let (agency, _) = held(&store, Role::FatherlandFront, &[ONE]).await?;
        let is_power = |wide| identity::proposals::is_power(Role::FatherlandFront, wide);
        ensure!(!is_power(false) && is_power(true));
        let found = edit(&store, &officer(), agency, &entered("Hội", &[ONE, TWO], None)).await?;
        ensure!(found.is_none(), "{found:?}");
        let found = edit(&store, &officer(), agency, &entered("Hội", &[ONE, PROVINCE], None)).await?;
        ensure!(found == against("units-agency-role-power", "units"), "{found:?}");
        Ok(())
    });
}
