//! The law in use: the library with its overlays, the books in force, and the numbers under which the store keeps measures.

use crate::model::Key;
use kernel::{Day, UnitId};
use rulebook::{Book, Level, Library, Origin, Value};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};
use store::{Query, Result, WriteTx, args};
use units::Unit;

/// The law as the program uses it. Cheap to clone.
#[derive(Clone)]
pub struct Law {
    inner: Arc<Inner>,
}

struct Inner {
    library: Library,
    ids: HashMap<String, i64>,
    codes: HashMap<i64, String>,
    reads: HashMap<i64, Vec<Origin>>,
    books: Mutex<HashMap<(String, Day), Arc<Plan>>>,
}

/// A book with, for each of its nodes, the measure it reads.
pub struct Plan {
    pub book: Book,
    /// By node; `None` for composites.
    pub measures: Vec<Option<i64>>,
    /// By node: the origins of its measure in the order in which a verdict reads them.
    pub reads: Vec<Vec<Origin>>,
}

impl Law {
    /// Registers the library's measures in the store (new ones get a number, none is ever renumbered) and builds the law.
    pub async fn register(tx: &mut WriteTx, library: Library) -> Result<Law> {
        let mut ids = known(tx).await?;
        let new: Vec<String> = library.measures().map(|m| m.id.clone()).filter(|id| !ids.contains_key(id)).collect();
        if !new.is_empty() {
            let numbers = tx.reserve("facts_measure", "id", new.len()).await?;
            let rows: Vec<_> = numbers.iter().zip(&new).map(|(&id, code)| args![id, code]).collect();
            tx.insert_many("facts_measure", &["id", "code"], rows.into_iter()).await?;
            ids.extend(new.into_iter().zip(numbers));
        }
        let codes = ids.iter().map(|(code, &id)| (id, code.clone())).collect();
        let reads = library.measures().map(|m| (ids[&m.id], m.reads.clone())).collect();
        Ok(Law { inner: Arc::new(Inner { library, ids, codes, reads, books: Mutex::default() }) })
    }

    pub fn library(&self) -> &Library {
        &self.inner.library
    }

    /// The store's number of a measure.
    pub fn measure_id(&self, code: &str) -> Option<i64> {
        self.inner.ids.get(code).copied()
    }

    pub fn measure_code(&self, id: i64) -> &str {
        self.inner.codes.get(&id).map_or("", String::as_str)
    }

    /// A set in force on a day, with the measures its nodes read.
    pub fn plan(&self, set: &str, day: Day) -> Option<Arc<Plan>> {
        let mut books = self.inner.books.lock().unwrap_or_else(|e| e.into_inner());
        if let Some(plan) = books.get(&(set.to_owned(), day)) {
            return Some(plan.clone());
        }
        let book = self.inner.library.in_force(set, day)?;
        let id = |code: &String| self.measure_id(code);
        let measures: Vec<_> = book.nodes.iter().map(|n| n.indicator.measure.as_ref().and_then(id)).collect();
        let read = |m: &Option<i64>| m.and_then(|m| self.inner.reads.get(&m).cloned()).unwrap_or_default();
        let plan = Arc::new(Plan { reads: measures.iter().map(read).collect(), book, measures });
        books.insert((set.to_owned(), day), plan.clone());
        Some(plan)
    }

    /// The sets that judge a unit in a year: its level's, in time; no commune set judges a ward.
    pub fn sets_for(&self, unit: &Unit, year: i16) -> Vec<String> {
        let level = match (unit.level.as_str(), unit.is_judged_commune()) {
            ("commune", true) => Level::Commune,
            ("district", _) => Level::District,
            ("province", _) => Level::Province,
            _ => return Vec::new(),
        };
        let in_time = |book: &Arc<rulebook::Rulebook>| {
            let applies = &book.applies;
            applies.level == level && applies.from.year() <= year && applies.to.is_none_or(|to| year <= to.year())
        };
        self.inner.library.sets().filter(|b| in_time(b)).map(|b| b.set.clone()).collect()
    }

    /// The value a verdict reads of a measure: the first origin of the measure's order that has a figure.
    pub fn read<'a>(
        &self,
        figures: &'a HashMap<Key, Value>,
        unit: UnitId,
        year: i16,
        measure: i64,
    ) -> Option<(Origin, &'a Value)> {
        let order = self.inner.reads.get(&measure)?;
        order.iter().find_map(|&origin| figures.get(&Key { unit, year, measure, origin }).map(|v| (origin, v)))
    }

    /// The values of a plan's nodes for a unit and year.
    pub fn values(&self, plan: &Plan, figures: &HashMap<Key, Value>, unit: UnitId, year: i16) -> Vec<Option<Value>> {
        let value =
            |measure: &Option<i64>| measure.and_then(|m| self.read(figures, unit, year, m)).map(|(_, v)| v.clone());
        plan.measures.iter().map(value).collect()
    }
}

async fn known(tx: &mut WriteTx) -> Result<HashMap<String, i64>> {
    let rows = tx.rows("SELECT id, code FROM facts_measure", args![]).await?;
    rows.iter().map(|r| Ok((r.text(1)?, r.i64(0)?))).collect()
}

/// The day on which a unit is judged for a year: 31 December, or the unit's last day where it ended before
/// (the old units of 2025 as of 30 June).
pub fn day_of_judging(unit: &Unit, year: i16) -> Day {
    let end = rulebook::values::year_end(year);
    unit.valid_to.map_or(end, |to| to.min(end))
}
