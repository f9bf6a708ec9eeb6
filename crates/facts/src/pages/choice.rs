//! What a page is about: year, set, old or new units, province. From the address, every part with a default.

use crate::{Edition, Law, law::applies, totals::Slice};
use kernel::{Day, UnitId};
use locale::Lang;
use minijinja::{Value, context};
use rulebook::{Level, values::year_end};
use serde::Deserialize;
use std::sync::Arc;
use store::{Query, Result, Value as Arg, args};
use units::Unit;

/// The words of an address, all optional.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    pub nam: String,
    #[serde(default)]
    pub bo: String,
    /// `cu` (as the units were) or `moi` (as they are now).
    #[serde(default)]
    pub dv: String,
    #[serde(default)]
    pub tinh: String,
}

/// A choice that holds together.
pub struct Choice {
    pub year: i16,
    pub set: String,
    pub old: bool,
    pub provinces: Vec<Unit>,
    pub slice: Slice,
    years: std::ops::RangeInclusive<i16>,
    /// The last day of the old units, where a reorganisation fell within the year.
    last_old: Option<Day>,
    title: (String, String),
    sets: Vec<(String, String, String)>,
}

/// The year that is shown where none is named: the last complete one with published verdicts, else the last complete one.
/// Cost: one entry of an index for each main set.
pub async fn default_year(tx: &mut impl Query, law: &Law, today: Day) -> Result<i16> {
    let complete = today.year() - 1;
    let sets: Vec<Arg> = law.library().sets().filter(|s| s.main).map(|s| Arg::from(s.set.as_str())).collect();
    let last = |n: usize| {
        format!(
            "SELECT (SELECT period FROM facts_verdict WHERE set_id = ${n} AND edition = $1 AND period <= $2
             ORDER BY period DESC LIMIT 1) AS period"
        )
    };
    let each: Vec<String> = (3..sets.len() + 3).map(last).collect();
    if each.is_empty() {
        return Ok(complete);
    }
    let mut args = args![Edition::Published.number(), format!("{complete:04}")];
    args.extend(sets);
    let row = tx.row(&format!("SELECT MAX(period) FROM ({}) AS lasts", each.join(" UNION ALL ")), args).await?;
    let year = row.map(|row| row.opt_text(0)).transpose()?.flatten();
    Ok(year.and_then(|year| year.parse().ok()).unwrap_or(complete))
}

/// The provinces of a year's end, and the last day of the units that a reorganisation of the chosen one ended in it.
/// Cost: the provinces, the communes that ended.
async fn reorganised(tx: &mut impl Query, year: i16, wanted: Option<UnitId>) -> Result<(Vec<Unit>, Option<Day>)> {
    let (end, eve) = (year_end(year), year_end(year - 1));
    let (after, before) = (units::store::provinces(tx, end).await?, units::store::provinces(tx, eve).await?);
    let all: Vec<Unit> = after.iter().chain(&before).cloned().collect();
    let chosen = units::home().province(&all, wanted).map(|p| (p.id, p.code.clone()));
    // A province that was formed anew under its old code is the same one to whoever chooses it.
    let same = |p: &&Unit| chosen.as_ref().is_some_and(|(id, code)| p.id == *id || p.code == *code);
    let under: Vec<UnitId> = all.iter().filter(same).map(|p| p.id).collect();
    let days = units::store::last_days(tx, &under, eve.tomorrow(), end.yesterday()).await?;
    Ok((after, days.first().copied().filter(|_| !under.is_empty())))
}

impl Choice {
    pub async fn make(tx: &mut impl Query, law: &Arc<Law>, asked: &Asked, today: Day) -> Result<Choice> {
        let years = law.years(today);
        let year = match kernel::year(&asked.nam).filter(|y| years.contains(y)) {
            Some(year) => year,
            None => default_year(tx, law, today).await?,
        };
        let wanted = asked.tinh.parse().ok().map(UnitId);
        let (after, last_old) = reorganised(tx, year, wanted).await?;
        let old = last_old.is_some() && asked.dv != "moi";
        let (provinces, day) = match last_old.filter(|_| old) {
            Some(day) => (units::store::provinces(tx, day).await?, day),
            None => (after, year_end(year)),
        };
        let province = units::home().province(&provinces, wanted).map_or(UnitId(0), |p| p.id);
        let in_time: Vec<_> = law
            .library()
            .sets()
            .filter(|s| s.applies.level == Level::Commune && applies(s, year))
            .map(|s| (s.set.clone(), s.title_vi.clone(), s.title_en.clone()))
            .collect();
        let main = law.main_set(Level::Commune, year).map_or("", |s| s.set.as_str());
        let found =
            in_time.iter().find(|(id, ..)| *id == asked.bo).or_else(|| in_time.iter().find(|(id, ..)| id == main));
        let (set, vi, en) = found.cloned().unwrap_or_default();
        let slice = Slice { ancestor: province, set: set.clone(), year, day };
        Ok(Choice { year, set, old, provinces, slice, years, last_old, title: (vi, en), sets: in_time })
    }

    /// The address part that keeps this choice.
    pub fn query(&self) -> String {
        self.query_of(&self.set)
    }

    /// The same under another set.
    pub fn query_of(&self, set: &str) -> String {
        let side = if self.old { "cu" } else { "moi" };
        format!("nam={}&bo={set}&dv={side}&tinh={}", self.year, self.slice.ancestor)
    }

    pub fn set_title(&self, lang: Lang) -> &str {
        lang.pick(&self.title.0, &self.title.1)
    }

    /// What the form of the choice shows.
    pub fn form(&self, lang: Lang) -> Value {
        let sets: Vec<Value> = self
            .sets
            .iter()
            .map(|(id, vi, en)| context! { id => id, title => lang.pick(vi, en), chosen => *id == self.set })
            .collect();
        let provinces: Vec<Value> = self
            .provinces
            .iter()
            .map(|p| context! { id => p.id.0, name => p.name, chosen => p.id == self.slice.ancestor })
            .collect();
        context! {
            years => self.years.clone().collect::<Vec<_>>(),
            year => self.year,
            sets => sets,
            set => self.set,
            set_title => lang.pick(&self.title.0, &self.title.1),
            old => self.old,
            both_sides => self.last_old.is_some(),
            since => self.last_old.map(|day| locale::date(day.tomorrow())),
            provinces => provinces,
            day => locale::date(self.slice.day),
            query => self.query(),
        }
    }
}
