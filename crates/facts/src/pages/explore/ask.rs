//! What an address asks for, made into a view that holds together, and the form that asks for another.

use crate::{
    explore::{Cell, Columns, MOST_YEARS, Name, Picture, Row, Rows, Side, Statistic, View},
    law::Law,
    pages::choice::default_year,
};
use kernel::{Decimal, UnitId, text};
use locale::Lang;
use minijinja::{Value, context};
use rulebook::{Level, Measure, values::year_end};
use serde::Deserialize;
use std::{cmp::Ordering, collections::HashMap, sync::Arc};
use store::{Query, Result};
use units::Unit;
use web::Ctx;

/// The words of an address, all optional.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    /// The measure, by id or name; a second one beside it.
    pub sl: String,
    pub sl2: String,
    /// Rows: `xa`, `huyen`, `nam`. Columns: `nam`, `huyen`, `thong-ke`.
    pub hang: String,
    pub cot: String,
    /// How figures are gathered.
    pub gop: String,
    /// From which year to which.
    pub tu: String,
    pub den: String,
    /// `cu`, `moi`, `ca-hai`: units of before or after a reorganisation.
    pub dv: String,
    pub tinh: String,
    pub huyen: String,
    pub nhom: String,
    pub q: String,
    /// The picture.
    pub hinh: String,
    /// `ten`, `tang`, `giam`.
    pub sap: String,
    pub trang: String,
}

/// A view with what the form around it shows.
pub struct Prepared {
    pub view: View,
    pub picture: Picture,
    /// Measures that were asked for and that nobody knows.
    pub unknown: Vec<String>,
    /// Where all of it is: the province or a district of it.
    pub place: String,
    measures: Vec<Arc<Measure>>,
    years: std::ops::RangeInclusive<i16>,
    provinces: Vec<Unit>,
    province: UnitId,
    districts: Vec<Unit>,
    groups: Vec<String>,
}

/// The measure that words name: by its id, its name, else the first whose name has them. Diacritics do not matter.
fn named<'a>(measures: &'a [Arc<Measure>], words: &str) -> Option<&'a Arc<Measure>> {
    let inside = words.rsplit_once('(').and_then(|(_, id)| id.strip_suffix(')'));
    let key = text::search_key(words);
    let is = |m: &&Arc<Measure>| m.id == words || inside == Some(m.id.as_str());
    let has =
        |of: &dyn Fn(&str) -> bool, m: &Measure| of(&text::search_key(&m.name_vi)) || of(&text::search_key(&m.name_en));
    measures
        .iter()
        .find(is)
        .or_else(|| measures.iter().find(|m| has(&|name| name == key, m)))
        .or_else(|| measures.iter().find(|m| has(&|name| name.contains(&key), m)))
}

/// The first number that the commune set of a year asks for.
fn first(law: &Law, year: i16, measures: &[Arc<Measure>]) -> Option<Arc<Measure>> {
    let set = law.main_set(Level::Commune, year)?;
    let plan = law.plan(&set.set, year_end(year))?;
    let numbers = plan.book.nodes.iter().filter(|n| n.is_leaf() && n.indicator.kind.is_numeric());
    let found = numbers.filter_map(|n| n.indicator.measure.as_deref()).next()?;
    measures.iter().find(|m| m.id == found).cloned()
}

/// Makes a view of an address. Cost: the provinces of two days, the districts, the groups.
pub async fn prepare(ctx: &Ctx, tx: &mut impl Query, law: &Law, asked: &Asked) -> Result<Prepared> {
    let today = ctx.site.clock.today();
    let years = law.years(today);
    let within = |text: &str| kernel::year(text).filter(|y| years.contains(y));
    let to = match within(&asked.den) {
        Some(year) => year,
        None => default_year(tx, law, today).await?.clamp(*years.start(), *years.end()),
    };
    let measures: Vec<Arc<Measure>> = law.library().measures().cloned().collect();
    let mut unknown = Vec::new();
    let mut find = |words: &str| {
        let found = named(&measures, words).filter(|_| !words.trim().is_empty()).cloned();
        if found.is_none() && !words.trim().is_empty() {
            unknown.push(words.to_owned());
        }
        found
    };
    let (wanted, second) = (find(&asked.sl), find(&asked.sl2));
    let known = wanted.or_else(|| first(law, to, &measures)).or_else(|| measures.first().cloned());
    let measure = known.ok_or_else(|| store::StoreError::Corrupt("a library without measures".into()))?;
    let rows = match asked.hang.as_str() {
        "huyen" => Rows::Districts,
        "nam" => Rows::Years,
        _ => Rows::Communes,
    };
    let number = |m: &Arc<Measure>| !m.kind.is_yes_no();
    let second = second.filter(|m| rows == Rows::Communes && m.id != measure.id && number(m) && number(&measure));
    let columns = match (rows, asked.cot.as_str()) {
        (Rows::Communes, _) if second.is_some() => Columns::Measures,
        (Rows::Communes, _) => Columns::Years,
        (Rows::Districts, "thong-ke") => Columns::Statistics,
        (Rows::Districts, _) => Columns::Years,
        (Rows::Years, "huyen") => Columns::Districts,
        (Rows::Years, _) => Columns::Statistics,
    };
    // Two measures, and all statistics of districts, stand for one year.
    let one = columns == Columns::Measures || (rows, columns) == (Rows::Districts, Columns::Statistics);
    // Years as rows mean nothing with one of them.
    let default = if rows == Rows::Years { to - 4 } else { to };
    let from = within(&asked.tu).unwrap_or(default).clamp((to - MOST_YEARS + 1).max(*years.start()), to);
    let from = if one { to } else { from };
    let (begin, end) = (year_end(from - 1).tomorrow(), year_end(to));
    let (before, after) = (units::store::provinces(tx, begin).await?, units::store::provinces(tx, end).await?);
    let wanted = asked.tinh.parse().ok().map(UnitId);
    let chosen = units::home().province(&after, wanted).cloned();
    // A province that was formed anew under its old code is the same one to whoever chooses it.
    let same = |p: &&Unit| chosen.as_ref().is_some_and(|c| c.code == p.code);
    let mut provinces: Vec<UnitId> = before.iter().chain(&after).filter(same).map(|p| p.id).collect();
    provinces.sort_unstable();
    provinces.dedup();
    let mut districts: Vec<Unit> = Vec::new();
    if let Some(old) = before.iter().find(same) {
        districts = units::store::under(tx, old.id, "district", begin).await?;
    }
    let groups = units::store::groups(tx, end).await?;
    let district = districts.iter().find(|d| d.id.to_string() == asked.huyen);
    let group = groups.iter().find(|g| **g == asked.nhom).cloned().unwrap_or_default();
    let view = View {
        provinces,
        statistic: Statistic::named(&asked.gop, &measure),
        side: match asked.dv.as_str() {
            "cu" => Side::Old,
            "moi" => Side::New,
            // In one year a picture would count them together.
            "ca-hai" if from < to => Side::Both,
            _ => Side::Either,
        },
        measure,
        second,
        rows,
        columns,
        from,
        to,
        district: district.map(|d| d.id),
        group,
        search: asked.q.clone(),
    };
    let place = district.or(chosen.as_ref()).map_or_else(String::new, |p| p.name.clone());
    let province = chosen.map_or(UnitId(0), |p| p.id);
    let picture = Picture::named(&asked.hinh, &view);
    Ok(Prepared { view, picture, unknown, place, measures, years, provinces: after, province, districts, groups })
}

/// The number by which a row is ordered: that of the statistic chosen, else of the last column.
fn weight(row: &Row, view: &View, columns: &[Name]) -> Option<Decimal> {
    let chosen = columns.iter().position(|c| *c == Name::Statistic(view.statistic));
    let cell: &Cell = row.cells.get(chosen.unwrap_or(columns.len().saturating_sub(1)))?;
    match cell.value.as_ref()? {
        rulebook::Value::Yes(yes) => Some(Decimal::from(i64::from(*yes))),
        other => other.shown(),
    }
}

/// Orders rows as an address asks; what has no number comes last. Years keep their order.
pub fn sort(rows: &mut [Row], view: &View, columns: &[Name], by: &str) {
    let falling = match by {
        "tang" => false,
        "giam" => true,
        _ => return,
    };
    if view.rows == Rows::Years {
        return;
    }
    rows.sort_by(|a, b| match (weight(a, view, columns), weight(b, view, columns)) {
        (Some(a), Some(b)) if falling => b.cmp(&a),
        (Some(a), Some(b)) => a.cmp(&b),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => Ordering::Equal,
    });
}

/// An option of a form.
fn option(id: impl ToString, word: impl Into<String>, chosen: bool) -> Value {
    let (id, word) = (id.to_string(), word.into());
    context! { id, word, chosen }
}

impl Prepared {
    /// The address of this view: every part of it that is not its default.
    pub fn query(&self, asked: &Asked) -> String {
        let view = &self.view;
        let rows = match view.rows {
            Rows::Communes => "",
            Rows::Districts => "huyen",
            Rows::Years => "nam",
        };
        let columns = match (view.rows, view.columns) {
            (Rows::Districts, Columns::Statistics) => "thong-ke",
            (Rows::Years, Columns::Districts) => "huyen",
            _ => "",
        };
        let side = match view.side {
            Side::Either => "",
            Side::Old => "cu",
            Side::New => "moi",
            Side::Both => "ca-hai",
        };
        let (from, to, province) = (view.from.to_string(), view.to.to_string(), self.province.to_string());
        let district = view.district.map_or_else(String::new, |d| d.to_string());
        let gathers = view.rows != Rows::Communes;
        let several = self.provinces.len() > 1;
        let pairs = [
            ("sl", view.measure.id.as_str()),
            ("sl2", view.second.as_ref().map_or("", |m| m.id.as_str())),
            ("hang", rows),
            ("cot", columns),
            ("gop", if gathers { view.statistic.name() } else { "" }),
            ("tu", &from),
            ("den", &to),
            ("dv", side),
            ("tinh", if several { &province } else { "" }),
            ("huyen", &district),
            ("nhom", &view.group),
            ("q", &view.search),
            ("hinh", self.picture.name()),
            ("sap", &asked.sap),
        ];
        let named = pairs.into_iter().filter(|(_, value)| !value.is_empty());
        form_urlencoded::Serializer::new(String::new()).extend_pairs(named).finish()
    }

    /// The form.
    pub fn form(&self, lang: Lang, asked: &Asked) -> Value {
        let view = &self.view;
        let name = |m: &Measure| lang.pick(&m.name_vi, &m.name_en).clone();
        let mut often: HashMap<String, usize> = HashMap::new();
        for measure in &self.measures {
            *often.entry(name(measure)).or_default() += 1;
        }
        // A name that several measures have is told apart by their ids.
        let label = |m: &Measure| match often.get(&name(m)) {
            Some(1) => name(m),
            _ => format!("{} ({})", name(m), m.id),
        };
        let word = |key: String| locale::say_key(lang, &key, &[]);
        let years =
            |chosen: i16| -> Vec<Value> { self.years.clone().map(|y| option(y, y.to_string(), y == chosen)).collect() };
        let rows = [("xa", Rows::Communes), ("huyen", Rows::Districts), ("nam", Rows::Years)]
            .map(|(id, rows)| option(id, word(format!("explore-rows-{id}")), rows == view.rows));
        let columns = [("nam", Columns::Years), ("thong-ke", Columns::Statistics), ("huyen", Columns::Districts)]
            .map(|(id, columns)| option(id, word(format!("explore-columns-{id}")), columns == view.columns));
        let statistics: Vec<Value> = Statistic::of_measure(&view.measure)
            .into_iter()
            .map(|s| option(s.name(), word(format!("explore-stat-{}", s.name())), s == view.statistic))
            .collect();
        let pictures: Vec<Value> = Picture::of_view(view)
            .into_iter()
            .map(|p| option(p.name(), word(format!("explore-picture-{}", p.name())), p == self.picture))
            .collect();
        let orders = ["ten", "giam", "tang"].map(|o| option(o, word(format!("explore-order-{o}")), o == asked.sap));
        let sides = [("", Side::Either), ("cu", Side::Old), ("moi", Side::New), ("ca-hai", Side::Both)];
        let sides = sides.map(|(id, side)| {
            option(id, word(format!("explore-side-{}", if id.is_empty() { "either" } else { id })), side == view.side)
        });
        let unit = |u: &Unit, chosen: bool| option(u.id, u.name.as_str(), chosen);
        context! {
            measures => self.measures.iter().map(|m| label(m)).collect::<Vec<_>>(),
            sl => label(&view.measure), sl2 => view.second.as_ref().map_or_else(String::new, |m| label(m)),
            from => years(view.from), to => years(view.to), rows => rows.to_vec(), columns => columns.to_vec(),
            statistics => statistics, pictures => pictures, orders => orders.to_vec(), sides => sides.to_vec(), open => asked.sl.is_empty(),
            provinces => self.provinces.iter().map(|p| unit(p, p.id == self.province)).collect::<Vec<_>>(),
            districts => self.districts.iter().map(|d| unit(d, Some(d.id) == view.district)).collect::<Vec<_>>(),
            groups => self.groups.iter().map(|g| option(g, crate::pages::communes::group_word(lang, g), *g == view.group)).collect::<Vec<_>>(),
            q => view.search,
        }
    }
}
