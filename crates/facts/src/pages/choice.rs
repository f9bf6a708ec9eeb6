//! What a page is about: year, set, old or new units, province. From the address, every part with a default.

use crate::{Law, totals::Slice};
use kernel::{Day, UnitId};
use locale::Lang;
use minijinja::{Value, context};
use serde::Deserialize;
use std::sync::Arc;
use store::{Query, Result};
use units::Unit;

/// The day on which districts ended and the province's communes were merged (Law 72/2025/QH15; resolution of 2025).
pub fn last_old_day() -> Day {
    Day::new(2025, 6, 30).expect("a day")
}

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
    title: (String, String),
    sets: Vec<(String, String, String)>,
}

pub const YEARS: std::ops::RangeInclusive<i16> = 2021..=2026;

impl Choice {
    pub async fn make(tx: &mut impl Query, law: &Arc<Law>, asked: &Asked) -> Result<Choice> {
        let year = kernel::year(&asked.nam).filter(|y| YEARS.contains(y)).unwrap_or(2025);
        // Before 2025 there are only the old units, after it only the new ones.
        let old = year < 2025 || (year == 2025 && asked.dv != "moi");
        let day =
            if old { rulebook::values::year_end(year).min(last_old_day()) } else { rulebook::values::year_end(year) };
        let provinces = units::store::provinces(tx, day).await?;
        let wanted = asked.tinh.parse().ok().map(UnitId);
        // The province of the plan comes first: its code stayed 08 through the merger.
        let default = provinces.iter().find(|p| p.code == "08").or(provinces.first());
        let province = provinces.iter().find(|p| Some(p.id) == wanted).or(default).map_or(UnitId(0), |p| p.id);
        let communal = law.library().sets().filter(|s| s.applies.level == rulebook::Level::Commune);
        let in_time: Vec<_> = communal
            .filter(|s| s.applies.from.year() <= year && s.applies.to.is_none_or(|to| year <= to.year()))
            .map(|s| (s.set.clone(), s.title_vi.clone(), s.title_en.clone()))
            .collect();
        let main = if year <= 2025 { "commune-2021-2025" } else { "commune-2026-2030" };
        let found =
            in_time.iter().find(|(id, ..)| *id == asked.bo).or_else(|| in_time.iter().find(|(id, ..)| id == main));
        let (set, vi, en) = found.cloned().unwrap_or_else(|| (main.to_owned(), String::new(), String::new()));
        let slice = Slice { ancestor: province, set: set.clone(), year, day };
        Ok(Choice { year, set, old, provinces, slice, title: (vi, en), sets: in_time })
    }

    /// The address part that keeps this choice.
    pub fn query(&self) -> String {
        let side = if self.old { "cu" } else { "moi" };
        format!("nam={}&bo={}&dv={side}&tinh={}", self.year, self.set, self.slice.ancestor)
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
            years => YEARS.collect::<Vec<_>>(),
            year => self.year,
            sets => sets,
            set => self.set,
            set_title => lang.pick(&self.title.0, &self.title.1),
            old => self.old,
            both_sides => self.year == 2025,
            provinces => provinces,
            day => locale::date(self.slice.day),
            query => self.query(),
        }
    }
}
