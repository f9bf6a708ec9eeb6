//! Who stands at a post: holds a role in a unit or in an agency.

use kernel::{AgencyId, Day, PersonId, Role, UnitId};
use std::collections::BTreeSet;
use store::{Query, Result, args};

/// A role in one unit, or in one agency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Post {
    Unit(Role, UnitId),
    Agency(Role, AgencyId),
}

/// The people who stand at any of these posts on a day, but for locked accounts. Cost: one query a hundred posts, those people.
pub async fn at(tx: &mut impl Query, posts: &[Post], today: Day) -> Result<BTreeSet<PersonId>> {
    let mut found = BTreeSet::new();
    for some in posts.chunks(100) {
        let mut given = args![today.epoch_days()];
        let any: Vec<String> = some
            .iter()
            .map(|post| {
                let (column, role, id) = match post {
                    Post::Unit(role, unit) => ("unit", role, unit.0),
                    Post::Agency(role, agency) => ("agency", role, agency.0),
                };
                given.extend(args![role.name(), id]);
                format!("(g.role = ${} AND g.{column} = ${})", given.len() - 1, given.len())
            })
            .collect();
        let sql = format!(
            "SELECT DISTINCT p.id FROM identity_person p JOIN identity_grant g ON g.person = p.id
             WHERE p.disabled = 0 AND g.ended_at IS NULL AND g.from_day <= $1 AND (g.to_day IS NULL OR g.to_day >= $1)
             AND ({})",
            any.join(" OR ")
        );
        for row in tx.rows(&sql, given).await? {
            found.insert(PersonId(row.i64(0)?));
        }
    }
    Ok(found)
}

/// The people who hold any of these roles in these units on a day, each with the unit, but for locked accounts. Cost: one query
/// three hundred units, those people.
pub async fn in_units(
    tx: &mut impl Query,
    roles: &[Role],
    units: &[UnitId],
    today: Day,
) -> Result<BTreeSet<(PersonId, UnitId)>> {
    let mut found = BTreeSet::new();
    for some in units.chunks(300) {
        let mut given = args![today.epoch_days()];
        given.extend(roles.iter().map(|role| role.name().into()));
        given.extend(some.iter().map(|unit| unit.0.into()));
        let sql = format!(
            "SELECT DISTINCT p.id, g.unit FROM identity_person p JOIN identity_grant g ON g.person = p.id
             WHERE p.disabled = 0 AND g.ended_at IS NULL AND g.from_day <= $1 AND (g.to_day IS NULL OR g.to_day >= $1)
             AND g.role IN ({}) AND g.unit IN ({})",
            store::places(2, roles.len()),
            store::places(2 + roles.len(), some.len())
        );
        for row in tx.rows(&sql, given).await? {
            found.insert((PersonId(row.i64(0)?), UnitId(row.i64(1)?)));
        }
    }
    Ok(found)
}

/// The people who log in with these, those there are, but for locked accounts. Cost: those people.
pub async fn by_logins(tx: &mut impl Query, logins: &[String]) -> Result<BTreeSet<PersonId>> {
    if logins.is_empty() {
        return Ok(BTreeSet::new());
    }
    let sql =
        format!("SELECT id FROM identity_person WHERE disabled = 0 AND login IN ({})", store::places(1, logins.len()));
    let given = logins.iter().map(|login| crate::store::login_key(login).into()).collect();
    tx.rows(&sql, given).await?.iter().map(|row| row.i64(0).map(PersonId)).collect()
}
