//! What a merger does to people: who holds a role in a unit that ends goes on with its past and needs a new one for what
//! comes after. No role moves by itself: whoever keeps people gives it.

use crate::rules::role_word;
use kernel::{Phrase, Role, UnitId};
use locale::Lang;
use std::collections::{BTreeMap, BTreeSet};
use store::{Query, Result, Row, WriteTx};
use units::{Changed, Effect, Merger};
use web::notices::{self, Kind, Notice, To};

/// How people take part in a change of units: said in the preview of a merger, told to administrators on its day.
pub fn effect() -> Effect {
    Effect::new("identity", |tx, change| Box::pin(follow(tx, change)))
}

async fn follow(tx: &mut WriteTx, change: &Changed) -> Result<Vec<Phrase>> {
    let Changed::Merged(merger) = change else { return Ok(Vec::new()) };
    let mut said = Vec::new();
    let held = held(tx, merger).await?;
    let people: BTreeSet<i64> = held.values().flatten().copied().collect();
    if !people.is_empty() {
        said.push(Phrase::new("merger-people").with("people", people.len()));
        for (role, people) in &held {
            let phrase = Phrase::new("merger-role").with("people", people.len());
            said.push(phrase.both("role", role_word(Lang::Vi, *role), role_word(Lang::En, *role)));
        }
        let phrase = Phrase::new("notice-merger-people").with("people", people.len());
        let key = format!("merger-people/{}/{}", merger.day, merger.began.first().map_or(0, |unit| unit.0));
        let (to, link) = (To::Role(Role::Administrator), "/quan-tri/nguoi?ket_thuc=1".to_owned());
        notices::tell(tx, &Notice { to, kind: Kind::Role, key, phrase, link, unit: None }).await?;
    }
    for (vi, en) in agencies(tx, merger).await? {
        said.push(Phrase::new("merger-agency").both("name", vi, en));
    }
    Ok(said)
}

/// Runs a query of the units that end, some at a time; its rows. `{}` stands for their numbers.
async fn of_ended(tx: &mut impl Query, ended: &[UnitId], sql: &str, day: i64) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for some in ended.chunks(1000) {
        // Numbers of our own, never text of a user.
        let list = some.iter().map(|unit| unit.0.to_string()).collect::<Vec<_>>().join(",");
        rows.extend(tx.rows(&sql.replace("{}", &list), vec![day.into()]).await?);
    }
    Ok(rows)
}

/// Who holds which role in a unit that ends, on the day of the merger or after. Cost: those roles, a query a thousand units.
async fn held(tx: &mut impl Query, merger: &Merger) -> Result<BTreeMap<Role, BTreeSet<i64>>> {
    let sql = "SELECT DISTINCT g.role, g.person FROM identity_grant g JOIN identity_person p ON p.id = g.person
               WHERE p.disabled = 0 AND g.ended_at IS NULL AND (g.to_day IS NULL OR g.to_day >= $1) AND g.unit IN ({})";
    let mut found: BTreeMap<Role, BTreeSet<i64>> = BTreeMap::new();
    for row in of_ended(tx, &merger.ended, sql, merger.day.epoch_days()).await? {
        if let Some(role) = Role::from_name(&row.text(0)?) {
            found.entry(role).or_default().insert(row.i64(1)?);
        }
    }
    Ok(found)
}

/// The agencies that stand on the day of the merger and are of a unit that ends, and of none that goes on: by name in both
/// languages. Cost: those rows.
async fn agencies(tx: &mut impl Query, merger: &Merger) -> Result<Vec<(String, String)>> {
    let sql = "SELECT DISTINCT a.name_vi, a.name_en FROM units_agency a JOIN units_agency_unit s ON s.agency = a.id
               WHERE a.to_day >= $1 AND s.unit IN ({}) AND NOT EXISTS
               (SELECT 1 FROM units_agency_unit o JOIN units_unit u ON u.id = o.unit
                WHERE o.agency = a.id AND u.to_day >= $1 AND u.id NOT IN ({})) ORDER BY a.name_vi";
    let rows = of_ended(tx, &merger.ended, sql, merger.day.epoch_days()).await?;
    rows.iter().map(|row| Ok((row.text(0)?, row.text(1)?))).collect()
}
