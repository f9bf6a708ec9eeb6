//! The people of the demo: one for each role, made up, each where a visitor finds something to do.

use anyhow::{Context as _, Result, bail};
use identity::{
    model::NewGrant,
    store::{add, grant},
};
use kernel::{Actor, AgencyId, Clock, Role, SystemClock, UnitId};
use store::{Query, Store, WriteTx, args};

/// Xã Tân Mỹ, huyện Chiêm Hóa, as it was until 30/06/2025.
const COMMUNE: UnitId = UnitId(250);

/// The department of agriculture until 30/06/2025 and the one that goes on with its work.
const DEPARTMENTS: [AgencyId; 2] = [AgencyId(2), AgencyId(101)];

/// Name, login, role. Given names and family names are common ones; nobody is meant.
const PEOPLE: &str = include_str!("../data/demo-people.csv");

async fn one(tx: &mut WriteTx, sql: &str, id: UnitId) -> Result<Option<UnitId>> {
    let row = tx.row(sql, args![id]).await?;
    Ok(row.map(|row| row.opt_i64(0)).transpose()?.flatten().map(UnitId))
}

/// Makes them. Whoever is of a province is of the one that was and of the one that it became: a role on a unit that ended
/// goes on for its past and reaches nothing of its successor. The commune of today in which the demo's officer works.
pub async fn make(store: &Store) -> Result<UnitId> {
    const PARENT: &str = "SELECT parent FROM units_unit WHERE id = $1";
    const NEXT: &str = "SELECT to_unit FROM units_succession WHERE from_unit = $1 ORDER BY main DESC LIMIT 1";
    let mut tx = store.write(&Actor::SYSTEM, &SystemClock).await?;
    let district = one(&mut tx, PARENT, COMMUNE).await?.context("a district")?;
    let province = one(&mut tx, PARENT, district).await?.context("a province")?;
    let successor = one(&mut tx, NEXT, COMMUNE).await?.context("a successor")?;
    let province_now = one(&mut tx, PARENT, successor).await?.unwrap_or(province);
    let today = SystemClock.today();
    // Whoever had a district in their charge had it while there was one.
    let last = units::store::get(&mut tx, district).await?.and_then(|unit| unit.valid_to);
    for line in PEOPLE.lines().skip(1) {
        let [name, login, role] = line.split(',').collect::<Vec<_>>()[..] else { bail!("{line}") };
        let role = Role::from_name(role).with_context(|| role.to_owned())?;
        let from = if role.is_of_districts() { last.unwrap_or(today) } else { today };
        // A program comes by a token; the login page has a button for each of the others.
        let person = add(&mut tx, login, name, None, "vi", role != Role::Machine).await?;
        let mut units = match role {
            Role::Machine => vec![Some(province), Some(province_now)],
            _ if role.is_of_house() => vec![None],
            Role::CommuneOfficer | Role::CommuneLeader | Role::FatherlandFront | Role::Interviewer => {
                vec![Some(COMMUNE), Some(successor)]
            }
            Role::DistrictVerifier | Role::DistrictLeader => vec![Some(district)],
            _ => vec![Some(province), Some(province_now)],
        };
        // A department's people work where their department does: in the one of today, and for its past in the one before.
        let agencies = if role == Role::Appraiser { DEPARTMENTS.map(Some).to_vec() } else { vec![None] };
        if agencies != [None] {
            units = vec![None];
        }
        units.dedup();
        for (unit, &agency) in units.iter().flat_map(|&unit| agencies.iter().map(move |agency| (unit, agency))) {
            grant(&mut tx, &NewGrant { person, role, unit, agency, criteria: None, from, to: None }).await?;
        }
    }
    tx.commit().await?;
    Ok(successor)
}
