//! Everything the product knows of the law: all sets, all measures, and the overlays in use.

use crate::{
    book::Book,
    measure::{Aggregate, Measure, MeasuresFile, Similar, WrongMeasure},
    model::Rulebook,
    overlay::{NoSuchIndicator, Overlay},
    parse::{self, ParseError},
};
use indexmap::IndexMap;
use kernel::Day;
use sha2::{Digest, Sha256};
use std::{collections::HashSet, sync::Arc};

/// All criteria sets and measures, as shipped or as given.
#[derive(Clone, Debug, Default)]
pub struct Library {
    sets: IndexMap<String, Arc<Rulebook>>,
    measures: IndexMap<String, Arc<Measure>>,
    similar: Vec<Similar>,
    overlays: Vec<Arc<Overlay>>,
}

impl Library {
    /// Builds a library from files: `(path, text)`. A path ending in `measures.toml` holds the measures, one in
    /// `rulebook.toml` a set; others are ignored. All problems, each with file and line.
    pub fn from_files<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Library, Vec<ParseError>> {
        let mut library = Library::default();
        let mut problems = Vec::new();
        let mut books = Vec::new();
        for (path, text) in files {
            if path.ends_with("measures.toml") {
                match parse::measures(path, text) {
                    Ok(MeasuresFile { measure, similar }) => {
                        let ids: Vec<String> = measure.iter().map(|m| m.id.clone()).collect();
                        library.measures.extend(measure.into_iter().map(|m| (m.id.clone(), Arc::new(m))));
                        library.similar.extend(similar);
                        for id in ids {
                            problems.extend(library.wrong_measure(&id).into_iter().map(|wrong| ParseError {
                                file: path.to_owned(),
                                line: parse::line_of_definition(text, &id),
                                message: format!("`{id}`: {wrong}"),
                            }));
                        }
                    }
                    Err(e) => problems.push(e),
                }
            } else if path.ends_with("rulebook.toml") {
                match parse::rulebook(path, text) {
                    Ok(book) => books.push((path, text, book)),
                    Err(e) => problems.push(e),
                }
            }
        }
        for (path, text, book) in books {
            problems.extend(library.unknown_measures(path, text, &book));
            library.sets.insert(book.set.clone(), Arc::new(book));
        }
        for set in library.sets.values() {
            for wanted in &set.prerequisites {
                if !library.sets.contains_key(wanted) {
                    let message = format!("prerequisite `{wanted}` is no set");
                    problems.push(ParseError { file: set.set.clone(), line: 1, message });
                }
            }
        }
        library.sets.sort_keys();
        if problems.is_empty() { Ok(library) } else { Err(problems) }
    }

    /// Leaves whose measure is missing, or is of another kind.
    fn unknown_measures(&self, file: &str, text: &str, book: &Rulebook) -> Vec<ParseError> {
        let mut problems = Vec::new();
        book.walk(|_, i| {
            let named = std::iter::once((i.kind, i.measure.as_deref()))
                .chain(i.amended.iter().map(|a| (a.kind.unwrap_or(i.kind), a.measure.as_deref())));
            for (kind, id) in named.filter_map(|(kind, id)| id.map(|id| (kind, id))) {
                let message = match self.measures.get(id) {
                    None => format!("`{}`: measure `{id}` is not in measures.toml", i.no),
                    Some(m) if m.kind != kind => {
                        format!("`{}`: measure `{id}` is a {}, the indicator a {}", i.no, m.kind.name(), kind.name())
                    }
                    Some(_) => continue,
                };
                problems.push(ParseError { file: file.to_owned(), line: parse::line_of_name(text, id), message });
            }
        });
        problems
    }

    /// The same library with these overlays in use, in this order.
    pub fn with_overlays(&self, overlays: impl IntoIterator<Item = Overlay>) -> Result<Library, NoSuchIndicator> {
        let mut library = self.clone();
        for overlay in overlays {
            for set in overlay.sets() {
                let mut trial = self.sets.get(set).map(|s| (**s).clone()).ok_or_else(|| NoSuchIndicator {
                    overlay: overlay.id.clone(),
                    set: set.to_owned(),
                    no: String::new(),
                })?;
                overlay.lay_on(&mut trial, overlay.from)?;
            }
            library.overlays.push(Arc::new(overlay));
        }
        Ok(library)
    }

    /// Adds a set, as an administrator or a test enters it.
    pub fn with_set(&self, book: Rulebook) -> Library {
        let mut library = self.clone();
        library.sets.insert(book.set.clone(), Arc::new(book));
        library.sets.sort_keys();
        library
    }

    /// Adds measures, as an administrator or a test enters them. One that is there stays: an id never changes its meaning.
    pub fn with_measures(&self, measures: impl IntoIterator<Item = Measure>) -> Library {
        let mut library = self.clone();
        for measure in measures {
            library.measures.entry(measure.id.clone()).or_insert_with(|| Arc::new(measure));
        }
        library
    }

    /// A set as shipped, nothing laid on.
    pub fn set(&self, id: &str) -> Option<&Arc<Rulebook>> {
        self.sets.get(id)
    }

    /// All sets, by id.
    pub fn sets(&self) -> impl Iterator<Item = &Arc<Rulebook>> {
        self.sets.values()
    }

    pub fn measure(&self, id: &str) -> Option<&Arc<Measure>> {
        self.measures.get(id)
    }

    /// All measures, in the order of `measures.toml`.
    pub fn measures(&self) -> impl Iterator<Item = &Arc<Measure>> {
        self.measures.values()
    }

    /// What does not fit in how a measure is joined or computed: a weight or an input that is none, a formula with too few or
    /// too many inputs, one that leads back to itself. Nothing of a measure that there is not.
    pub fn wrong_measure(&self, id: &str) -> Vec<WrongMeasure> {
        let Some(measure) = self.measures.get(id) else { return Vec::new() };
        let mut wrong = Vec::new();
        if let Aggregate::Weighted(by) = &measure.aggregate
            && !self.measures.contains_key(by)
        {
            wrong.push(WrongMeasure::Weight(by.clone()));
        }
        let Some(formula) = &measure.computed else { return wrong };
        let unknown = formula.of.iter().filter(|input| !self.measures.contains_key(*input));
        wrong.extend(unknown.map(|input| WrongMeasure::Input(input.clone())));
        if !formula.op.takes(formula.of.len()) {
            wrong.push(WrongMeasure::Inputs(formula.of.len()));
        }
        if self.is_circular(id) {
            wrong.push(WrongMeasure::Circular);
        }
        wrong
    }

    /// Whether a measure's formula leads back to it.
    fn is_circular(&self, id: &str) -> bool {
        let inputs = |id: &str| self.measures.get(id).and_then(|m| m.computed.as_ref()).map_or(&[][..], |f| &f.of);
        let (mut waiting, mut seen) = (vec![id], HashSet::new());
        while let Some(at) = waiting.pop() {
            for input in inputs(at) {
                if input == id {
                    return true;
                }
                if seen.insert(input.as_str()) {
                    waiting.push(input);
                }
            }
        }
        false
    }

    /// Measures that only look alike.
    pub fn similar(&self) -> &[Similar] {
        &self.similar
    }

    pub fn overlays(&self) -> &[Arc<Overlay>] {
        &self.overlays
    }

    /// The same library without what only illustrates: the law as far as it is known.
    pub fn without_illustrations(&self) -> Library {
        self.only_overlays(|overlay| !overlay.illustrative)
    }

    /// The same library with these of its overlays, in their order. Cost: a copy of its lists.
    pub fn only_overlays(&self, kept: impl Fn(&Overlay) -> bool) -> Library {
        let mut library = self.clone();
        library.overlays.retain(|overlay| kept(overlay));
        library
    }

    /// The sets that a set asks to be held besides, and those that they ask for.
    pub fn prerequisites(&self, id: &str) -> Vec<String> {
        let of = |id: &str| self.sets.get(id).map_or(&[][..], |set| &set.prerequisites);
        let mut all: Vec<String> = Vec::new();
        let mut waiting: Vec<&str> = vec![id];
        while let Some(at) = waiting.pop() {
            for wanted in of(at) {
                if !all.contains(wanted) {
                    all.push(wanted.clone());
                    waiting.push(wanted);
                }
            }
        }
        all
    }

    /// What this law is known by: the SHA-256, in hexadecimal digits, of everything that may change a verdict (sets,
    /// measures, overlays in their order).
    pub fn fingerprint(&self) -> String {
        let overlays: Vec<&Overlay> = self.overlays.iter().map(|o| &**o).collect();
        let sets: Vec<&Rulebook> = self.sets.values().map(|s| &**s).collect();
        let measures: Vec<&Measure> = self.measures.values().map(|m| &**m).collect();
        let text = serde_json_canonicalizer::to_vec(&(sets, measures, overlays)).unwrap_or_default();
        hex::encode(Sha256::digest(text))
    }

    /// The set in force on `day`: shipped text, overlays and confirmations laid on, amendments of the day applied.
    pub fn in_force(&self, id: &str, day: Day) -> Option<Book> {
        let mut book = (**self.sets.get(id)?).clone();
        for overlay in &self.overlays {
            // Checked by `with_overlays`. Where another set has taken the place of the checked one and lacks something that
            // the overlay names, nothing of the overlay is laid on.
            let _ = overlay.lay_on(&mut book, day);
        }
        Some(Book::new(book, day))
    }
}
