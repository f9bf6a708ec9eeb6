//! An agency edited while roles are held in it as a whole: they reach where it does, so that whoever edits its units gives them
//! other places. What would take two administrators to give is not given that way.

use crate::{proposals, rules::role_word};
use kernel::{Phrase, Problem, Role, UnitId};
use locale::Lang;
use std::collections::BTreeSet;
use store::{Query, Result, StoreError, WriteTx, args};
use units::{AgencyEdit, Changed, Effect, Unit};

/// How people take part in an edit of an agency: they refuse what widens roles that stand.
pub fn effect() -> Effect {
    Effect::new("identity", |tx, change| Box::pin(follow(tx, change)))
}

async fn follow(tx: &mut WriteTx, change: &Changed) -> Result<Vec<Phrase>> {
    let Changed::Agency(edit) = change else { return Ok(Vec::new()) };
    let today = tx.now().day();
    let roles = standing(tx, edit.before.id, today.epoch_days()).await?;
    // Whoever works at the machine needs nobody else; a role is held in its own levels whoever says so.
    let alone = proposals::is_alone(tx.actor());
    match misplaced(edit, &roles).or_else(|| if alone { None } else { widened(edit, &roles, today.epoch_days()) }) {
        Some(problem) => Err(StoreError::Refused(Box::new(problem))),
        None => Ok(Vec::new()),
    }
}

/// The roles that are held in an agency as a whole, on a day or after. Cost: the roles in it.
async fn standing(tx: &mut impl Query, agency: i64, today: i64) -> Result<BTreeSet<Role>> {
    let sql = "SELECT DISTINCT role FROM identity_grant WHERE agency = $1 AND unit IS NULL AND ended_at IS NULL
               AND (to_day IS NULL OR to_day >= $2)";
    let rows = tx.rows(sql, args![agency, today]).await?;
    let names = rows.iter().map(|row| row.text(0)).collect::<Result<Vec<_>>>()?;
    Ok(names.iter().filter_map(|name| Role::from_name(name)).collect())
}

fn added(edit: &AgencyEdit) -> Vec<&Unit> {
    let before: BTreeSet<UnitId> = edit.before.units.iter().copied().collect();
    edit.units.iter().filter(|unit| !before.contains(&unit.id)).collect()
}

fn said(phrase: Phrase, role: Role, field: &str) -> Problem {
    Problem::input(phrase.both("role", role_word(Lang::Vi, role), role_word(Lang::En, role))).at_field(field)
}

/// A unit that is new to the agency, of a level in which a role that stands is not held.
fn misplaced(edit: &AgencyEdit, roles: &BTreeSet<Role>) -> Option<Problem> {
    let added = added(edit);
    roles.iter().find_map(|role| {
        let unit = added.iter().find(|unit| !role.levels().contains(&unit.level.as_str()))?;
        let phrase = Phrase::new("units-agency-role-level").with("unit", unit.name.as_str());
        Some(said(phrase, *role, "units"))
    })
}

/// A role with power that would reach further, or again.
fn widened(edit: &AgencyEdit, roles: &BTreeSet<Role>, today: i64) -> Option<Problem> {
    let last = edit.before.valid_to.map(|last| last.epoch_days());
    let ended = last.filter(|last| *last < today);
    let revived = ended.is_some_and(|last| edit.valid_to.is_none_or(|to| to.epoch_days() > last));
    let field = match (added(edit).is_empty(), revived) {
        (false, _) => "units",
        (true, true) => "valid_to",
        (true, false) => return None,
    };
    let wide = edit.units.iter().any(|unit| proposals::is_wide(Some(unit)));
    let role = roles.iter().find(|role| proposals::is_power(**role, wide))?;
    Some(said(Phrase::new("units-agency-role-power"), *role, field))
}
