//! The law in use: the library with its overlays, the books in force, and the numbers under which the store keeps measures.

use crate::{model::Key, overlays};
use kernel::{CriterionRef, Day, Decimal, Phrase, Problem, UnitId};
use rulebook::{
    Book, Level, Library, Measure, Origin, Value,
    computed::{Outcome, compute},
    measure::Computed,
};
use std::{
    borrow::Cow,
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, PoisonError, RwLock},
};
use store::{Query, Result, StoreError, WriteTx, args};
use units::Unit;

/// Plans kept at once; beyond, all are forgotten and made anew as they are asked for. The sets of all levels and years that
/// pages offer are fewer.
const MOST_PLANS: usize = 128;

/// The law as the program uses it, as it stood when it was read: what an administrator changes meanwhile is found by
/// [`Law::current`]. Cheap to clone.
#[derive(Clone)]
pub struct Law {
    inner: Arc<Inner>,
    live: Arc<Live>,
}

/// What all clones share: the law of the program's files, and the last reading of what the store lays on it.
struct Live {
    files: Library,
    last: RwLock<Arc<Inner>>,
}

struct Inner {
    library: Library,
    /// The last change of the law in the store that this reading holds; 0 before the first.
    step: i64,
    ids: HashMap<String, i64>,
    codes: HashMap<i64, String>,
    /// By the store's number, which is small; `None` of what the library does not know.
    measures: Vec<Option<Arc<Measure>>>,
    /// At most [`MOST_PLANS`]: days come from readers' addresses.
    books: Mutex<HashMap<(String, Day), Arc<Plan>>>,
    /// Texts of combinations in the store, which keeps them for ever: by hash their number, and which transaction wrote
    /// them as long as nobody else has found them.
    texts: Mutex<HashMap<String, (i64, Option<u64>)>>,
}

/// A book with, for each of its nodes, the measure it reads.
#[derive(Debug)]
pub struct Plan {
    pub book: Book,
    /// By node; `None` for composites.
    pub measures: Vec<Option<i64>>,
    /// By node: the origins of its measure in the order in which a verdict reads them.
    pub reads: Vec<Vec<Origin>>,
    /// The nodes whose measure is computed from others.
    pub computed: Vec<usize>,
}

impl Law {
    /// Registers the library's measures in the store (new ones get a number, none is ever renumbered) and builds the law:
    /// the library, and laid on it what the store holds.
    pub async fn register(tx: &mut WriteTx, library: Library) -> Result<Law> {
        register_measures(tx, &library).await?;
        let inner = Arc::new(Inner::read(tx, &library).await?);
        let live = Live { files: library, last: RwLock::new(inner.clone()) };
        Ok(Law { inner, live: Arc::new(live) })
    }

    /// The law as the store holds it now. Cost: one row where nothing changed; else every overlay, confirmation and set
    /// that was entered.
    pub async fn current(&self, tx: &mut impl Query) -> Result<Law> {
        let step = overlays::last_step(tx).await?;
        let last = self.live.last.read().unwrap_or_else(PoisonError::into_inner).clone();
        if last.step == step {
            return Ok(Law { inner: last, live: self.live.clone() });
        }
        let read = self.reread(tx).await?;
        // A snapshot from before the last reading is right for its reader alone.
        let mut last = self.live.last.write().unwrap_or_else(PoisonError::into_inner);
        if last.step < step {
            *last = read.inner.clone();
        }
        Ok(read)
    }

    /// The law as this transaction sees it, its own uncommitted changes included; nobody else is told.
    pub async fn reread(&self, tx: &mut impl Query) -> Result<Law> {
        let inner = Arc::new(Inner::read(tx, &self.live.files).await?);
        Ok(Law { inner, live: self.live.clone() })
    }

    /// The last reading that anybody made.
    pub fn latest(&self) -> Law {
        let inner = self.live.last.read().unwrap_or_else(PoisonError::into_inner).clone();
        Law { inner, live: self.live.clone() }
    }

    /// This law with another library, for a preview; it judges, and nothing it judged can be written.
    pub(crate) fn tried(&self, library: Library) -> Law {
        let inner = Inner::new(library, self.inner.ids.clone(), -1);
        Law { inner: Arc::new(inner), live: self.live.clone() }
    }

    /// The last change in the store that this reading holds.
    pub fn step(&self) -> i64 {
        self.inner.step
    }

    /// Refuses to write what was judged by a law that has changed meanwhile. Cost: one row.
    pub(crate) async fn still_stands(&self, tx: &mut impl Query) -> Result<()> {
        if overlays::last_step(tx).await? == self.inner.step {
            return Ok(());
        }
        Err(StoreError::Refused(Box::new(Problem::conflict(Phrase::new("law-changed-meanwhile"), 409))))
    }

    /// Its criteria, as rooms that know no law name them.
    pub fn criteria(&self) -> web::Criteria {
        let pair = |vi: &str, en: &str| (vi.to_owned(), en.to_owned());
        let sets = self.library().sets().map(|set| web::CriteriaSet {
            id: set.set.clone(),
            name: pair(&set.title_vi, &set.title_en),
            criteria: set.criteria.iter().map(|one| (one.no.clone(), pair(&one.name_vi, &one.name_en))).collect(),
        });
        web::Criteria(sets.collect())
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

    /// A measure by the store's number.
    pub fn measure(&self, id: i64) -> Option<&Arc<Measure>> {
        self.inner.measures.get(usize::try_from(id).ok()?)?.as_ref()
    }

    /// The formula of a computed measure.
    fn formula(&self, id: i64) -> Option<&Computed> {
        self.measure(id)?.computed.as_ref()
    }

    /// The numbers of a measure and of everything it is computed from.
    pub fn needed(&self, code: &str) -> Vec<i64> {
        let Some(id) = self.measure_id(code) else { return Vec::new() };
        let inputs = self.formula(id).map_or(&[][..], |f| &f.of);
        std::iter::once(id).chain(inputs.iter().flat_map(|input| self.needed(input))).collect()
    }

    /// The measures that these criteria read, they and everything they are computed from.
    pub fn measures_of(&self, criteria: &[&CriterionRef]) -> BTreeSet<i64> {
        let mut found = BTreeSet::new();
        for set in self.inner.library.sets() {
            for criterion in set.criteria.iter().filter(|c| criteria.iter().any(|r| r.set == set.set && r.no == c.no)) {
                let measures = criterion.indicators.iter().flat_map(rulebook::model::Indicator::measures);
                found.extend(measures.flat_map(|code| self.needed(code)));
            }
        }
        found
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
        let read = |m: &Option<i64>| m.and_then(|m| self.measure(m)).map(|m| m.reads.clone()).unwrap_or_default();
        let reads = measures.iter().map(read).collect();
        let formula = |at: &usize| measures[*at].is_some_and(|m| self.formula(m).is_some());
        let computed = (0..measures.len()).filter(formula).collect();
        let plan = Arc::new(Plan { book, measures, reads, computed });
        if books.len() >= MOST_PLANS {
            books.clear();
        }
        books.insert((set.to_owned(), day), plan.clone());
        Some(plan)
    }

    /// The set of a level that is shown for a year where none is named: its main one, else the first in time.
    pub fn main_set(&self, level: Level, year: i16) -> Option<&Arc<rulebook::Rulebook>> {
        let in_time = |book: &&Arc<rulebook::Rulebook>| book.applies.level == level && applies(book, year);
        let mut sets: Vec<_> = self.inner.library.sets().filter(in_time).collect();
        sets.sort_by_key(|book| !book.main);
        sets.first().copied()
    }

    /// The years that pages offer: from the first in which any set applies to the one that is under way.
    pub fn years(&self, today: Day) -> std::ops::RangeInclusive<i16> {
        let first = self.inner.library.sets().map(|book| book.applies.from.year()).min();
        first.unwrap_or(today.year()).min(today.year())..=today.year()
    }

    /// The store's number of a combination's text, as far as this transaction may rely on it.
    pub(crate) fn text_id(&self, hash: &str, transaction: u64) -> Option<i64> {
        let texts = self.inner.texts.lock().unwrap_or_else(|e| e.into_inner());
        texts.get(hash).filter(|(_, by)| by.is_none_or(|by| by == transaction)).map(|(id, _)| *id)
    }

    /// Remembers the number of a text that a transaction wrote or found.
    pub(crate) fn know_text(&self, hash: &str, id: i64, written: bool, transaction: u64) {
        let mut texts = self.inner.texts.lock().unwrap_or_else(|e| e.into_inner());
        // What a transaction finds may be its own, and gone with it.
        let own = written || texts.get(hash).is_some_and(|(_, by)| *by == Some(transaction));
        texts.insert(hash.to_owned(), (id, own.then_some(transaction)));
    }

    /// The sets that judge a unit in a year, the main one first: its level's, in time; no commune set judges a ward.
    pub fn sets_for(&self, unit: &Unit, year: i16) -> Vec<String> {
        let level = match (unit.level.as_str(), unit.is_judged_commune()) {
            ("commune", true) => Level::Commune,
            ("district", _) => Level::District,
            ("province", _) => Level::Province,
            _ => return Vec::new(),
        };
        let in_time = |book: &Arc<rulebook::Rulebook>| book.applies.level == level && applies(book, year);
        let mut sets: Vec<_> = self.inner.library.sets().filter(|b| in_time(b)).collect();
        sets.sort_by_key(|book| !book.main);
        sets.into_iter().map(|b| b.set.clone()).collect()
    }

    /// The value a verdict reads of a measure: the first origin of the measure's order that has a figure. A computed
    /// measure stands in its place of that order: it has a value where its inputs have, and is never stored.
    pub fn read<'a>(
        &self,
        figures: &'a HashMap<Key, Value>,
        unit: UnitId,
        year: i16,
        measure: i64,
    ) -> Option<(Origin, Cow<'a, Value>)> {
        self.read_by(measure, &|measure, origin| figures.get(&Key { unit, year, measure, origin }))
    }

    /// The same over figures of one unit and year that `find` looks up.
    pub fn read_by<'a>(
        &self,
        measure: i64,
        find: &dyn Fn(i64, Origin) -> Option<&'a Value>,
    ) -> Option<(Origin, Cow<'a, Value>)> {
        let about = self.measure(measure)?;
        about.reads.iter().find_map(|&origin| {
            if let Some(value) = find(measure, origin) {
                return Some((origin, Cow::Borrowed(value)));
            }
            let formula = about.computed.as_ref().filter(|_| origin == Origin::Computed)?;
            Some((origin, Cow::Owned(self.computed(formula, find)?)))
        })
    }

    /// What a formula gives; `None` where an input is missing and its policy asks for it. The library refuses formulas
    /// that need each other in a circle.
    fn computed<'a>(&self, formula: &Computed, find: &dyn Fn(i64, Origin) -> Option<&'a Value>) -> Option<Value> {
        let input = |code: &str| Some(self.read_by(self.measure_id(code)?, find)?.1.into_owned());
        let inputs: HashMap<&str, Value> =
            formula.of.iter().filter_map(|code| Some((code.as_str(), input(code)?))).collect();
        match compute(formula, |code| inputs.get(code)) {
            Outcome::Value(value) => Some(value),
            Outcome::Incomplete(_) | Outcome::NoDenominator => None,
        }
    }

    /// What the formula of a computed measure gives from a unit's other figures, whatever is declared of it.
    pub fn computed_of(&self, figures: &HashMap<Key, Value>, unit: UnitId, year: i16, measure: i64) -> Option<Decimal> {
        let formula = self.formula(measure)?;
        self.computed(formula, &|measure, origin| figures.get(&Key { unit, year, measure, origin }))?.shown()
    }

    /// The values of a plan's nodes for a unit and year.
    pub fn values(&self, plan: &Plan, figures: &HashMap<Key, Value>, unit: UnitId, year: i16) -> Vec<Option<Value>> {
        let value = |measure: &Option<i64>| {
            measure.and_then(|m| self.read(figures, unit, year, m)).map(|(_, v)| v.into_owned())
        };
        plan.measures.iter().map(value).collect()
    }
}

/// Whether a set is for a year.
pub fn applies(book: &rulebook::Rulebook, year: i16) -> bool {
    book.applies.from.year() <= year && book.applies.to.is_none_or(|to| year <= to.year())
}

impl Inner {
    async fn read(tx: &mut impl Query, files: &Library) -> Result<Inner> {
        let step = overlays::last_step(tx).await?;
        let library = overlays::laid_on(tx, files).await?;
        Ok(Inner::new(library, known(tx).await?, step))
    }

    fn new(library: Library, ids: HashMap<String, i64>, step: i64) -> Inner {
        let codes = ids.iter().map(|(code, &id)| (id, code.clone())).collect();
        let mut measures: Vec<Option<Arc<Measure>>> = Vec::new();
        for one in library.measures() {
            let Some(at) = ids.get(&one.id).and_then(|&id| usize::try_from(id).ok()) else { continue };
            measures.resize(measures.len().max(at + 1), None);
            measures[at] = Some(one.clone());
        }
        Inner { library, step, ids, codes, measures, books: Mutex::default(), texts: Mutex::default() }
    }
}

/// Gives the measures of a library that are new to the store their numbers.
pub(crate) async fn register_measures(tx: &mut WriteTx, library: &Library) -> Result<()> {
    let ids = known(tx).await?;
    let new: Vec<String> = library.measures().map(|m| m.id.clone()).filter(|id| !ids.contains_key(id)).collect();
    if !new.is_empty() {
        let numbers = tx.reserve("facts_measure", "id", new.len()).await?;
        let rows: Vec<_> = numbers.iter().zip(&new).map(|(&id, code)| args![id, code]).collect();
        tx.insert_many("facts_measure", &["id", "code"], rows.into_iter()).await?;
    }
    Ok(())
}

async fn known(tx: &mut impl Query) -> Result<HashMap<String, i64>> {
    let rows = tx.rows("SELECT id, code FROM facts_measure", args![]).await?;
    rows.iter().map(|r| Ok((r.text(1)?, r.i64(0)?))).collect()
}

/// The day on which a unit is judged for a year: 31 December, or the unit's last day where it ended before
/// (the old units of 2025 as of 30 June).
pub fn day_of_judging(unit: &Unit, year: i16) -> Day {
    let end = rulebook::values::year_end(year);
    unit.valid_to.map_or(end, |to| to.min(end))
}
