//! The communes that a unit is compared with.

use super::{Figures, asked_of};
use crate::{
    checks::{Circle, CircleKind},
    law::{Law, day_of_judging},
};
use kernel::{Day, Decimal, UnitId};
use std::collections::{BTreeSet, HashMap};
use store::{Query, Result, args};
use units::Unit;

/// What the communes of a province say in a year, as the scope that asked saw it; for every unit of that province, so that many
/// are checked with one reading.
#[derive(Clone, Debug)]
pub struct Around {
    day: Day,
    province: UnitId,
    units: Vec<Unit>,
    /// The groups that each is in.
    groups: HashMap<UnitId, BTreeSet<String>>,
    /// By measure, in the order of units.
    numbers: HashMap<String, Vec<(UnitId, Decimal)>>,
}

impl Around {
    /// The communes around a unit, with what they say of what these sets ask for; `None` of a unit in no province. Whoever reads
    /// with the scope of an officer compares with what is public alone: to compare, read as the house. Cost: one row of history a
    /// figure of the sets in the communes of the province, some 122 times 70; those communes and their groups.
    pub async fn of(
        tx: &mut impl Query,
        law: &Law,
        unit: UnitId,
        year: i16,
        sets: &[String],
    ) -> Result<Option<Around>> {
        let Some(unit) = units::store::get(tx, unit).await? else { return Ok(None) };
        let day = day_of_judging(&unit, year);
        let above = units::store::ancestors(tx, unit.id).await?;
        let Some(province) = above.iter().rfind(|one| one.level == "province" && one.valid_on(day)) else {
            return Ok(None);
        };
        let units = units::store::under(tx, province.id, &unit.level, day).await?;
        let sql = "SELECT g.unit, g.code FROM units_tree t JOIN units_group g ON g.unit = t.unit
                   WHERE t.ancestor = $1 AND t.from_day <= $2 AND t.to_day >= $2 AND g.from_day <= $2 AND g.to_day >= $2";
        let mut groups: HashMap<UnitId, BTreeSet<String>> = HashMap::new();
        for row in tx.rows(sql, args![province.id, day]).await? {
            groups.entry(UnitId(row.i64(0)?)).or_default().insert(row.text(1)?);
        }
        let asked = asked_of(law, sets, day);
        let needed = asked.iter().flat_map(|id| law.needed(law.measure_code(*id))).collect();
        let ids: Vec<UnitId> = units.iter().map(|one| one.id).collect();
        let figures = Figures::of(tx, &ids, year, &needed).await?;
        let of = |id: &i64| {
            let all = ids.iter().filter_map(|&one| Some((one, figures.number(law, one, year, *id)?))).collect();
            (law.measure_code(*id).to_owned(), all)
        };
        let numbers = asked.iter().map(of).collect();
        Ok(Some(Around { day, province: province.id, units, groups, numbers }))
    }

    /// The units similar to one on a day: of its district, of its groups, of its province, each without itself, the narrowest
    /// first; none for a day of other communes. Cost: the numbers of the province.
    pub(super) fn circles(&self, unit: &Unit, day: Day) -> Vec<Circle> {
        if day != self.day || !self.units.iter().any(|one| one.id == unit.id) {
            return Vec::new();
        }
        let others = || self.units.iter().filter(|one| one.id != unit.id && one.kind == unit.kind);
        let circle = |kind, holds: &dyn Fn(&Unit) -> bool| {
            let within: BTreeSet<UnitId> = others().filter(|one| holds(one)).map(|one| one.id).collect();
            let of =
                |all: &Vec<(UnitId, Decimal)>| all.iter().filter(|(one, _)| within.contains(one)).cloned().collect();
            let numbers = self.numbers.iter().map(|(code, all)| (code.clone(), of(all))).collect();
            Circle { kind, numbers }
        };
        let mut found = Vec::new();
        if unit.parent.is_some_and(|parent| parent != self.province) {
            found.push(circle(CircleKind::District, &|one| one.parent == unit.parent));
        }
        if let Some(own) = self.groups.get(&unit.id) {
            let shares = |one: &Unit| self.groups.get(&one.id).is_some_and(|theirs| !theirs.is_disjoint(own));
            found.push(circle(CircleKind::Group, &shares));
        }
        found.push(circle(CircleKind::Province, &|_| true));
        found
    }
}
