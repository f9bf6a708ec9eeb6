//! Figures that are held: while others review them the unit that declared them does not change them, and once they are
//! locked nobody does. Rooms lay holds and take them away; [`crate::record`] asks for them before it writes.

use crate::{Stage, rules};
use kernel::{Role, UnitId};
use std::collections::HashMap;
use store::{Query, Result, StoreError, WriteTx, args};

/// How firmly a figure is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hold {
    /// The unit's own people do not change it.
    Review,
    /// Nobody does, until it is opened again.
    Locked,
}

impl Hold {
    fn number(self) -> i64 {
        match self {
            Hold::Review => 1,
            Hold::Locked => 2,
        }
    }

    fn of(number: i64) -> Hold {
        if number >= 2 { Hold::Locked } else { Hold::Review }
    }

    /// Whether it keeps a role from writing. A commune's people are kept out while it is reviewed; the program itself never is.
    pub(crate) fn keeps_out(self, role: Role) -> bool {
        match self {
            Hold::Review => matches!(role, Role::CommuneOfficer | Role::CommuneLeader),
            Hold::Locked => role != Role::System,
        }
    }
}

/// What is held of units and years, by unit, year and measure.
pub(crate) type Held = HashMap<(UnitId, i16, i64), Hold>;

/// Lays a hold on measures of a unit and year, or makes it another. Cost: a row a measure.
pub async fn lay(tx: &mut WriteTx, unit: UnitId, year: i16, measures: &[i64], hold: Hold) -> Result<()> {
    let period = format!("{year:04}");
    let rows = measures.iter().map(|&measure| args![unit, period.as_str(), measure, hold.number()]);
    let columns = ["unit", "period", "measure", "strength"];
    tx.upsert_many("facts_hold", &columns[..3], &columns, rows.collect::<Vec<_>>().into_iter()).await?;
    Ok(())
}

/// Takes the holds of measures of a unit and year away. Cost: a row a measure.
pub async fn lift(tx: &mut WriteTx, unit: UnitId, year: i16, measures: &[i64]) -> Result<()> {
    if measures.is_empty() {
        return Ok(());
    }
    let sql = format!("DELETE FROM facts_hold WHERE unit = $1 AND period = $2 AND measure IN ({})", numbers(measures));
    tx.execute(&sql, args![unit, format!("{year:04}")]).await?;
    Ok(())
}

/// Moves the working figures of measures of a unit and year to a stage, as far as they are not public; values stay. Cost: a
/// row a figure.
pub async fn advance(tx: &mut WriteTx, unit: UnitId, year: i16, measures: &[i64], stage: Stage) -> Result<()> {
    if measures.is_empty() {
        return Ok(());
    }
    let sql = format!(
        "UPDATE facts_figure SET stage = $3 WHERE unit = $1 AND period = $2 AND measure IN ({})
         AND (published IS NULL OR published <> working)",
        numbers(measures)
    );
    tx.execute(&sql, args![unit, format!("{year:04}"), stage.name()]).await?;
    Ok(())
}

/// Numbers of our own as a list.
fn numbers(list: &[i64]) -> String {
    list.iter().map(i64::to_string).collect::<Vec<_>>().join(",")
}

/// What is held of these units in these years. Cost: those rows; one query a thousand units.
pub(crate) async fn of(tx: &mut impl Query, units: &[UnitId], years: &[i16]) -> Result<Held> {
    let mut found = Held::new();
    for some in units.chunks(1000) {
        let sql = format!(
            "SELECT unit, period, measure, strength FROM facts_hold WHERE unit IN ({}) AND period IN ({})",
            store::places(1, some.len()),
            store::places(some.len() + 1, years.len())
        );
        let given = some.iter().map(|&unit| unit.into());
        let given = given.chain(years.iter().map(|year| format!("{year:04}").into())).collect();
        for row in tx.rows(&sql, given).await? {
            let year = row.text(1)?.parse().unwrap_or(0);
            found.insert((UnitId(row.i64(0)?), year, row.i64(2)?), Hold::of(row.i64(3)?));
        }
    }
    Ok(found)
}

/// Refuses where one of these is held against the role. Cost: none beyond [`of`].
pub(crate) fn check(
    held: &Held,
    role: Role,
    keys: impl Iterator<Item = crate::Key>,
    code: impl Fn(i64) -> String,
) -> Result<()> {
    for key in keys {
        match held.get(&(key.unit, key.year, key.measure)) {
            Some(hold) if hold.keeps_out(role) => {
                return Err(StoreError::Refused(Box::new(rules::held(*hold, &code(key.measure)))));
            }
            _ => {}
        }
    }
    Ok(())
}
